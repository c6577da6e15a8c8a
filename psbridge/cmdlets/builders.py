"""The builders: `Initialize-*` and `ConvertFrom-JsonTo*`, from bound parameters to a checked model.

Values are first tried as they are, which is the fast and usual way. Only when a model refuses them are they
looked at more kindly: PowerShell's property bags and models of another name become plain members, a
hashtable's keys are taken in any case, as PowerShell takes them, a text where messages are meant is what the
user says, and the lines of a file are one text. A member that must be there and has one value has it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache, lru_cache
from typing import Annotated, Any, get_args, get_origin

from .. import models
from ..models.base import PLAIN, Model, union_value
from ..models.problems import InvalidValueError
from ..naming import parameter_name
from .table import TableEntry
from .turns import turn, with_turns
from .unset import UNSET
from .warning import warn

Bound = dict[str, Any]
Builder = Callable[[Bound, "frozenset[str]"], Any]


def builder(entry: TableEntry) -> Builder:
    """What a builder cmdlet does with its bound parameters and the names that were left open on purpose."""
    return {"object": _object, "union": _union, "value": _value, "json": _json}[entry.kind](entry)


def _object(entry: TableEntry) -> Builder:
    model: type[Model] = getattr(models, entry.output)
    wires = {parameter.name: parameter.wire for parameter in entry.parameters}
    # A member that the model demands and the table does not is filled in when the object is sent.
    later = [p.name for p in entry.parameters if p.wire in model.__required__ and not p.required]
    only = {
        parameter.name: parameter.values[0]
        for parameter in entry.parameters
        if parameter.required and len(parameter.values) == 1
    }

    wraps, special = entry.special

    def build(bound: Bound, left_open: frozenset[str]) -> Any:
        members = {wires[name]: value for name, value in bound.items()}
        for wire in special:
            if wire in members:
                _fit(members, wire, wraps)
        for name, value in only.items():
            if name not in bound and name not in left_open:
                members[wires[name]] = value
        if later:
            left_open = left_open.union(name for name in later if name not in bound)
        return built(model, members, [wires[name] for name in left_open])

    return build


def fitted(entry: TableEntry, members: dict[str, Any]) -> dict[str, Any]:
    """Members by JSON name as an object's builder takes them: a lone object where an array of one is meant,
    [decimal]s as numbers.
    """
    wraps, special = entry.special
    for wire in special & members.keys():
        _fit(members, wire, wraps)
    return members


def _fit(members: dict[str, Any], wire: str, wraps: frozenset[str]) -> None:
    value = members[wire]
    if value.__class__ not in PLAIN and value.__class__ is not list:
        members[wire] = _lone(value) if wire in wraps else _number(value)
    elif value.__class__ is list and wire not in wraps:
        members[wire] = _number(value)


def built(model: type[Model], members: dict[str, Any], left_open: list[str]) -> Model:
    """`model` from members by JSON name, tried as given, then with PowerShell's objects unwrapped."""
    members = with_turns(members)
    try:
        return model.build(members, left_open)
    except InvalidValueError as refused:
        kinder = {
            wire: unwrapped(value, _models_at(model, wire), _texts_at(model, wire))
            for wire, value in members.items()
        }
        try:
            return model.build(kinder, left_open)
        except InvalidValueError as still:
            raise (still if still.path != refused.path else refused) from None


def remade(name: str, members: dict[str, Any]) -> Model | None:
    """The model `name` that was given out and came back: required members it never had stay open.

    Returns:
        None where there is no such model, or where the members do not make it any more: whoever takes them
        then says what is wrong, by its whole path.
    """
    kind = getattr(models, name, None) if name in models.__all__ else None
    if not (isinstance(kind, type) and issubclass(kind, Model)):
        return None
    try:
        return built(kind, members, [wire for wire in kind.__required__ if wire not in members])
    except InvalidValueError:
        return None


def _union(entry: TableEntry) -> Builder:
    alternatives = _objects_in(getattr(models, entry.output))
    wires = {parameter.name: parameter.wire for parameter in entry.parameters}
    wraps = frozenset(parameter.wire for parameter in entry.parameters if parameter.wraps)
    value_of = _value(entry)
    # The member that tells the alternatives apart has one listed value in each; the union's choice reads it.
    telling = next((parameter for parameter in entry.parameters if parameter.values), None)

    def build(bound: Bound, left_open: frozenset[str]) -> Any:
        if "Value" in bound:
            if len(bound) > 1:
                other = next(name for name in bound if name != "Value")
                raise InvalidValueError(
                    f"invalid value for 'Value', must not be given together with '{other}'.",
                    parameter="Value",
                    path="Value",
                    model=entry.output,
                )
            return value_of(bound, left_open)
        if not bound:
            return UNSET
        members = {wires[name]: value for name, value in bound.items()}
        for wire in wraps & members.keys():
            members[wire] = _lone(members[wire])
        model = alternatives[0]
        if len(alternatives) > 1:
            if telling is not None and telling.wire not in members:
                raise InvalidValueError(
                    f"invalid value for '{telling.name}', must be one of {', '.join(telling.values)}.",
                    parameter=telling.name,
                    path=telling.name,
                    model=entry.output,
                )
            model = _chosen(entry.output, members, alternatives)
        foreign = [name for name in bound if wires[name] not in model.model_fields]
        if foreign:
            listed = ", ".join(f"-{name}" for name in foreign)
            warn(f"{entry.name}: {model.__name__} defines no {listed}; kept and sent as given.")
        return built(model, members, [wires[name] for name in left_open])

    return build


def _chosen(union: str, members: dict[str, Any], alternatives: tuple[type[Model], ...]) -> type[Model]:
    choose = _chooser(union)
    name = choose(members)
    return next(model for model in alternatives if model.__name__ == name)


@cache
def _chooser(union: str) -> Callable[[Any], Any]:
    """The union's own choice among its objects (its `Discriminator`)."""
    pending = [getattr(models, union)]
    while pending:
        alternative = pending.pop()
        for data in getattr(alternative, "__metadata__", ()):
            if hasattr(data, "discriminator"):
                choose: Callable[[Any], Any] = data.discriminator
                return choose
        pending.extend(get_args(alternative))
    raise TypeError(f"{union} has nothing to choose by")


def _value(entry: TableEntry) -> Builder:
    alternatives = getattr(models, entry.output)
    kinds = _objects_in(alternatives)
    wraps = any(parameter.wraps for parameter in entry.parameters)

    def build(bound: Bound, left_open: frozenset[str]) -> Any:
        if "Value" not in bound:
            return UNSET
        value = _lone(bound["Value"]) if wraps else bound["Value"]
        try:
            return union_value(entry.output, alternatives, value)
        except InvalidValueError as refused:
            try:
                return union_value(entry.output, alternatives, unwrapped(value, kinds))
            except InvalidValueError:
                raise _renamed(refused, entry.output) from None

    return build


def _renamed(error: InvalidValueError, model: str) -> InvalidValueError:
    """A union's own complaint speaks of its one parameter, Value."""
    within = error.path if error.path.startswith("[") else ""
    message = error.message.replace(f"'{within or model}'", f"'Value{within}'")
    path = f"Value{within}" if within else error.path or "Value"
    return InvalidValueError(message, parameter="Value", path=path, model=model)


def _json(entry: TableEntry) -> Builder:
    target = getattr(models, entry.output)
    is_model = isinstance(target, type) and issubclass(target, Model)

    def build(bound: Bound, left_open: frozenset[str]) -> Any:
        text = bound.get("Json")
        if not text:
            raise InvalidValueError(
                "invalid value for 'Json', must be JSON text, not an empty string.",
                parameter="Json",
                path="Json",
                model=entry.output,
            )
        return (
            target.model_validate_json(text)
            if is_model
            else union_value(entry.output, target, text, text=True)
        )

    return build


def _number(value: Any) -> Any:
    """PowerShell's [decimal] as the JSON number it stands for: 1 stays whole, 0.7 stays 0.7."""
    if isinstance(value, Decimal):
        return float(value)
    return [_number(item) for item in value] if isinstance(value, list) else value


def _lone(value: Any) -> Any:
    """An object where only a string or an array can be meant is an array of one."""
    return [value] if isinstance(value, (Mapping, Model)) or _is_bag(value) else value


def _is_bag(value: object) -> bool:
    return hasattr(value, "__ps_properties__") and value is not UNSET


def unwrapped(value: Any, targets: tuple[type[Model], ...], texts: bool = False) -> Any:
    """A value with property bags and foreign models opened, and keys spelled as `targets` spell them.

    A list of texts where objects are meant is the lines of one text, unless `texts` says that a list of texts
    may be meant as well.
    """
    kind = value.__class__
    if kind in PLAIN:
        return value
    if kind is not dict and kind is not list:
        if isinstance(value, Model) and (not targets or kind in targets):
            return value
        definition = getattr(value, "definition", None)
        if definition is not None:  # a tool: what of it goes into a request
            value = definition
        elif _is_bag(value):
            value = value.__ps_properties__()
    if kind is dict or isinstance(value, Mapping):
        opened = {}
        for key, item in value.items():
            wire, inner, listed = _place(targets, key)
            plain = item.__class__ in PLAIN
            opened[key if wire is None else wire] = item if plain else unwrapped(item, inner, listed)
        return opened
    if isinstance(value, (list, tuple)):
        role = _speaker(targets)
        if role is not None:
            value = [
                item
                if item.__class__ is dict
                else {"role": role, "content": str(item)}
                if isinstance(item, str)
                else turn(item)
                for item in value
            ]
        elif targets and not texts and value and all(isinstance(item, str) for item in value):
            return "\n".join(value)  # what Get-Content without -Raw makes of a file
        return [unwrapped(item, targets) for item in value]
    return _number(value)


@cache
def _speaker(targets: tuple[type[Model], ...]) -> str | None:
    """Who says a text where `targets` are meant: the user, where one of them is a user's message."""
    return "user" if any(model.__name__.endswith("UserMessage") for model in targets) else None


@lru_cache(4096)
def _place(targets: tuple[type[Model], ...], key: object) -> tuple[str | None, tuple[type[Model], ...], bool]:
    """A key as the first of `targets` that knows it spells it, the models that its value may be, and whether
    that may be a list of texts.
    """
    wire = next((found for found in (_wire(model, key) for model in targets) if found), None)
    named = wire or key
    kinds = tuple(found for model in targets for found in _models_at(model, named))
    return wire, kinds, any(_texts_at(model, named) for model in targets)


def _wire(model: type[Model], key: object) -> str | None:
    if not isinstance(key, str):
        return None
    for wire in model.model_fields:
        if key.lower() in (wire.lower(), parameter_name(wire).lower()):
            return wire
    return None


@cache
def _models_at(model: type[Model], wire: object) -> tuple[type[Model], ...]:
    """The models a member's annotation leads to; none for free-form members, whose keys stay as they are."""
    field = model.model_fields.get(wire) if isinstance(wire, str) else None
    annotation: Any = field.annotation if field is not None else None
    return _objects_in(annotation)


@cache
def _texts_at(model: type[Model], wire: object) -> bool:
    """Whether a list of texts is one of the things that a member takes."""
    field = model.model_fields.get(wire) if isinstance(wire, str) else None
    pending: list[Any] = [field.annotation if field is not None else None]
    while pending:
        one = pending.pop()
        if get_origin(one) is list:
            item = get_args(one)[0]
            while get_origin(item) is Annotated:
                item = get_args(item)[0]
            if item is str:
                return True
        else:
            pending.extend(get_args(one))
    return False


@cache
def _objects_in(annotation: Any) -> tuple[type[Model], ...]:
    found: list[type[Model]] = []
    pending = [annotation]
    while pending:
        one = pending.pop(0)
        # Before 3.11, list[X] passes for a class too.
        if get_origin(one) is None and isinstance(one, type) and issubclass(one, Model):
            found.append(one)
        else:
            pending.extend(get_args(one))
    return tuple(dict.fromkeys(found))
