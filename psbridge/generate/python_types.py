"""Shapes as Python source: the annotations of the models' members and the union aliases."""

from __future__ import annotations

from .shapes import Api, Array, Limits, Map, Ref, Scalar, Shape, UnionDef

# What the module of models takes from the base; no model may have such a name.
BASE_NAMES = ("Bool", "Int", "Json", "Map", "Model", "Number", "Str", "best_of", "choice")


def class_name(name: str) -> str:
    """A definition's name in Python: its own, unless the base of the models needs that one."""
    return f"OpenAI{name}" if name in BASE_NAMES else name


_SCALARS = {"string": "Str", "integer": "Int", "number": "Number", "boolean": "Bool", "any": "Json"}


def annotation(shape: Shape, *, optional: bool = False) -> str:
    """A member's annotation. Null is allowed wherever the member may be left out: it is kept if given."""
    text = _core(shape)
    return f"{text} | None" if (shape.nullable or optional) and text != "Json" else text


def _core(shape: Shape) -> str:
    if isinstance(shape, Ref):
        return class_name(shape.name)
    if isinstance(shape, Map):
        return f"Map[{annotation(shape.values)}]"
    if isinstance(shape, Array):
        return _limited(f"list[{annotation(shape.items)}]", shape.limits)
    if shape.values:
        return f"Annotated[Str, choice({', '.join(_quoted(value) for value in shape.values)})]"
    return _limited(_SCALARS[shape.kind], shape.limits)


def _limited(text: str, limits: Limits) -> str:
    named = (
        ("ge", limits.minimum),
        ("le", limits.maximum),
        ("min_length", limits.min_length),
        ("max_length", limits.max_length),
    )
    given = [f"{name}={limit}" for name, limit in named if limit is not None]
    return f"Annotated[{text}, Field({', '.join(given)})]" if given else text


def union_annotation(api: Api, union: UnionDef) -> str:
    """A union's alternatives as source: plain ones first, then the objects with what tells them apart."""
    plain: list[str] = []
    for alternative in union.alternatives:
        if isinstance(alternative, Ref) and api.objects_of_shape(alternative):
            continue
        plain.append(_core(alternative))
    if "Str" in plain:
        # An open text makes the listed ones suggestions: they stay in the tables.
        plain = [text for text in plain if not text.startswith("Annotated[Str, choice")]
    plain = list(dict.fromkeys(plain))
    objects = [class_name(definition.name) for definition in api.objects_of(union)]
    null = ["None"] if any(alternative.nullable for alternative in union.alternatives) else []
    if len(objects) < 2:
        return " | ".join([*plain, *objects, *null])
    kinds = []
    for definition in api.objects_of(union):
        shape = next((one.shape for one in definition.members if one.wire == union.discriminator), None)
        if isinstance(shape, Scalar) and len(shape.values) == 1:
            kinds.append(f"{_quoted(shape.values[0])}: {class_name(definition.name)}")
    tagged = " | ".join(f'Annotated[{name}, Tag("{name}")]' for name in [*objects, "Model"])
    chosen = f"best_of({_quoted(union.discriminator or '')}, {{{', '.join(kinds)}}})"
    return " | ".join([*plain, f"Annotated[{tagged}, {chosen}]", *null])


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
