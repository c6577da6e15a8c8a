"""What every generated model is built on: three states for a member, unknowns kept, errors in a sentence.

A member is unset, null or a value. Unset reads as None and is never written out; `model_fields_set` (or
`name in model.model_fields_set`) tells it from null, and `del model.name` makes a member unset again.
This module knows pydantic and JSON, and nothing of HTTP, cmdlets or any particular model.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterable
from typing import Annotated, Any, NoReturn, TypeVar, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Strict, TypeAdapter
from pydantic import ValidationError as PydanticError
from pydantic._internal._model_construction import ModelMetaclass
from pydantic_core import PydanticCustomError, SchemaValidator

from ..naming import folded, parameter_name
from .plain import plain
from .problems import InvalidValueError, explain, invalid

__all__ = [
    "Bool",
    "Int",
    "InvalidValueError",
    "Json",
    "Key",
    "Map",
    "Model",
    "Number",
    "Str",
    "best_of",
    "choice",
]

Str = Annotated[str, Strict()]
Int = Annotated[int, Strict()]
Bool = Annotated[bool, Strict()]
Number = Annotated[float, Strict(), Field(allow_inf_nan=False)]
Json = Annotated[Any, BeforeValidator(plain)]

_Self = TypeVar("_Self", bound="Model")


def _key(value: object) -> object:
    # PowerShell's @{50256 = -100} has an integer key; JSON knows strings only.
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Key = Annotated[Str, BeforeValidator(_key)]
_Value = TypeVar("_Value")
Map = dict[Key, _Value]


def choice(*values: str) -> BeforeValidator:
    """An enum that stays open: a listed value in any case goes out as listed, any other as it came."""
    table = {value.lower(): value for value in values}
    exact = frozenset(values)

    def settle(value: object) -> object:
        if value in exact or not isinstance(value, str):
            return value
        return table.get(value.lower(), value)

    def hashable(value: object) -> object:
        return settle(value) if value.__hash__ is not None else value

    return BeforeValidator(hashable)


class _Lenient:
    """Validation context for what a server sent: a required member may be missing."""


class _Open:
    """Validation context for a builder whose caller left required members open on purpose."""

    def __init__(self, model: type[Model], names: Iterable[str]) -> None:
        self.model = model
        self.names = frozenset(names)


LENIENT = _Lenient()


class _Meta(ModelMetaclass):
    """Lets required members be absent at run time (see `_check_required`) yet required for type checkers."""

    def __new__(mcs, name: str, bases: tuple[type, ...], members: dict[str, Any], **more: Any) -> Any:
        required = members.get("__required__", ())
        for wire in required:
            members.setdefault(wire, None)
        if required:
            members["model_post_init"] = _check_required
        with warnings.catch_warnings():
            # `schema` is the API's name for a member and wins over pydantic's deprecated method.
            warnings.filterwarnings("ignore", message='Field name "schema"', category=UserWarning)
            return super().__new__(mcs, name, bases, members, **more)


def _check_required(self: Model, context: Any) -> None:
    given = self.__pydantic_fields_set__
    for wire in self.__required__:
        if wire not in given:
            if context is LENIENT:
                return
            if isinstance(context, _Open) and context.model is type(self) and wire in context.names:
                continue
            raise PydanticCustomError("missing_member", "missing", {"name": wire})


class Model(BaseModel, metaclass=_Meta):
    """Base of the models. Members are checked when built and when assigned; unknown members are kept.

    `model_dump()` and `model_dump_json()` leave out what is unset unless told otherwise.

    Raises:
        InvalidValueError: from the constructor, from `model_validate*` and from assignment.
    """

    model_config = ConfigDict(
        extra="allow",
        validate_assignment=True,
        defer_build=True,
        protected_namespaces=(),
        use_attribute_docstrings=False,
        hide_input_in_errors=True,
    )
    __required__: tuple[str, ...] = ()
    __pydantic_extra__: dict[str, Json]

    def __init__(self, /, **members: Any) -> None:
        try:
            self.__pydantic_validator__.validate_python(members, self_instance=self)
        except PydanticError as error:
            raise explain(error, members, type(self).__name__) from None

    # Tells pydantic that this constructor adds nothing to validation, so nested models skip it.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    @classmethod
    def model_validate(cls: type[_Self], obj: Any, **options: Any) -> _Self:
        try:
            return super().model_validate(obj, **options)
        except PydanticError as error:
            raise explain(error, obj, cls.__name__) from None

    @classmethod
    def model_validate_json(cls: type[_Self], json_data: str | bytes | bytearray, **options: Any) -> _Self:
        try:
            return super().model_validate_json(json_data, **options)
        except PydanticError as error:
            _explain_json(error, json_data, cls.__name__)

    @classmethod
    def build(cls: type[_Self], members: dict[str, Any], open_members: Iterable[str] = ()) -> _Self:
        """A model from members by JSON name, where `open_members` may be missing though required.

        A caller who passes an unset value for a required member (an empty `Initialize-...Model`) leaves it
        open on purpose; the model is then completed or refused when it is sent.
        """
        context = _Open(cls, open_members) if open_members else None
        try:
            return cast(_Self, cls.__pydantic_validator__.validate_python(members, context=context))
        except PydanticError as error:
            raise explain(error, members, cls.__name__) from None

    @classmethod
    def from_reply(cls: type[_Self], text: str | bytes) -> _Self:
        """A model from what a server sent, taking servers as they are.

        Missing required members stay unset, and a member of a type that the description does not have is
        kept as it came; only text that is not a JSON object is refused.

        Raises:
            InvalidValueError: when `text` is not JSON, or not an object.
        """
        try:
            return cast(_Self, cls.__pydantic_validator__.validate_json(text, context=LENIENT))
        except PydanticError:
            pass
        try:
            return cast(_Self, _loose_validator(cls).validate_json(text, context=LENIENT))
        except PydanticError as error:
            _explain_json(error, text, cls.__name__)

    def model_dump(self, *, exclude_unset: bool = True, **options: Any) -> dict[str, Any]:
        return super().model_dump(exclude_unset=exclude_unset, **options)

    def model_dump_json(self, *, exclude_unset: bool = True, **options: Any) -> str:
        return super().model_dump_json(exclude_unset=exclude_unset, **options)

    def __ps_properties__(self) -> dict[str, Any]:
        """The members that are set, by JSON name: what a PowerShell property bag would hold."""
        members = {
            name: self.__dict__[name] for name in type(self).model_fields if name in self.model_fields_set
        }
        members.update(self.__pydantic_extra__ or {})
        return members

    def __getattr__(self, name: str) -> Any:
        own = _spelling(type(self), name)
        if own is not None and own != name:
            return getattr(self, own)
        return super().__getattr__(name)  # type: ignore[misc]

    def __setattr__(self, name: str, value: Any) -> None:
        if not name.startswith("_"):
            name = _spelling(type(self), name) or name
        try:
            super().__setattr__(name, value)
        except PydanticError as error:
            raise explain(error, {name: value}, type(self).__name__) from None

    def __delattr__(self, name: str) -> None:
        own = _spelling(type(self), name)
        if own is None:
            super().__delattr__(name)
            return
        self.__dict__[own] = None
        self.__pydantic_fields_set__.discard(own)

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        return iter(self.__ps_properties__().items())


def _explain_json(error: PydanticError, text: str | bytes | bytearray, model: str) -> NoReturn:
    try:
        data = json.loads(text)
    except RecursionError:
        raise invalid("Json", "must not be nested so deeply", model=model) from None
    except ValueError as problem:
        raise invalid("Json", f"must be JSON text: {problem}", model=model) from None
    if not isinstance(data, dict):
        raise invalid(
            "Json", f"must be a JSON object for {model}, not {_json_kind(data)}", model=model
        ) from None
    raise explain(error, data, model) from None


def _json_kind(data: object) -> str:
    return "null" if data is None else "an array" if isinstance(data, list) else "a single value"


_spellings: dict[type[Model], dict[str, str]] = {}


def _spelling(model: type[Model], name: str) -> str | None:
    """A member's JSON name from any way of writing it (`TopP`, `topp`, `top_p`), or None."""
    table = _spellings.get(model)
    if table is None:
        table = _spellings[model] = {}
        for wire in model.model_fields:
            table.setdefault(folded(parameter_name(wire)), wire)
        for wire in model.model_fields:
            table[folded(wire)] = wire
            table[wire] = wire
    return table.get(name) or table.get(folded(name))


_loose: dict[type[Model], SchemaValidator] = {}


def _loose_validator(model: type[Model]) -> SchemaValidator:
    """The model's validator with every member allowed to be anything, built on first need."""
    if model not in _loose:
        model.model_rebuild()
        _loose[model] = SchemaValidator(_loosen(model.__pydantic_core_schema__), _use_prebuilt=False)
    return _loose[model]


def _loosen(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_loosen(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    changed = {key: value if key == "metadata" else _loosen(value) for key, value in schema.items()}
    if schema.get("type") == "model-field":
        member = changed["schema"]
        home = member if member["type"] == "default" else changed  # the default stays outermost
        choices = [home["schema"], {"type": "any"}]
        home["schema"] = {"type": "union", "mode": "left_to_right", "choices": choices}
    return changed


def best_of(member: str, kinds: dict[str, type[Model]], *others: type[Model]) -> Discriminator:
    """Chooses among object alternatives: by `member` where it says so, else by the best match.

    The best match has the fewest required members missing, then the fewest unknown, then the most known;
    ties go to the first. The same data always gives the same choice.
    """
    alternatives = [*dict.fromkeys(kinds.values()), *others]
    by_kind = {kind.lower(): model.__name__ for kind, model in kinds.items()}
    by_class = {model: model.__name__ for model in alternatives}

    def choose(value: Any) -> str | None:
        known = by_class.get(value.__class__)
        if known is not None:
            return known
        if isinstance(value, dict):
            stated = value.get(member)
            if isinstance(stated, str):
                name = by_kind.get(stated) or by_kind.get(stated.lower())
                if name is not None:
                    return name
            return min(alternatives, key=lambda model: _misfit(model, value)).__name__
        return None

    return Discriminator(choose)


def _misfit(model: type[Model], value: dict[str, Any]) -> tuple[int, int, int]:
    known = sum(name in model.model_fields for name in value)
    missing = sum(name not in value for name in model.__required__)
    return missing, len(value) - known, -known


_adapters: dict[str, TypeAdapter[Any]] = {}


def union_value(name: str, alternatives: Any, value: Any, *, text: bool = False) -> Any:
    """`value` (or JSON `text`) checked against a union type that has a name but no class of its own.

    Raises:
        InvalidValueError: when no alternative fits.
    """
    adapter = _adapters.get(name)
    if adapter is None:
        adapter = _adapters[name] = TypeAdapter(alternatives)
    try:
        return adapter.validate_json(value) if text else adapter.validate_python(value)
    except PydanticError as error:
        if text:
            try:
                value = json.loads(value)
            except RecursionError:
                raise invalid("Json", "must not be nested so deeply", model=name) from None
            except ValueError as problem:
                raise invalid("Json", f"must be JSON text: {problem}", model=name) from None
        raise explain(error, value, name) from None
