"""What every generated model is built on: three states for a member, unknowns kept, errors in a sentence.

A member is unset, null or a value. Unset reads as None and is never written out; `model_fields_set` (or
`name in model.model_fields_set`) tells it from null, and `del model.name` makes a member unset again.
This module knows pydantic and JSON, and nothing of HTTP, cmdlets or any particular model.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Annotated, Any, TypeVar, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Strict, TypeAdapter
from pydantic import ValidationError as PydanticError
from pydantic._internal._model_construction import ModelMetaclass
from pydantic_core import PydanticCustomError

from ..forks import new_reentrant_lock
from ..naming import folded, parameter_name
from .plain import free_form
from .problems import MEMBER_NAMES, InvalidValueError, explain
from .reading import LENIENT, refuse, taken, without_mark
from .writing import as_json

__all__ = [
    "PLAIN",
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

PLAIN: frozenset[type] = frozenset((str, int, float, bool, type(None)))
"""Types of values that hold no others."""

# A length is checked so that the text is, too: half a surrogate pair cannot be sent as UTF-8.
Str = Annotated[str, Strict(), Field(min_length=0)]
Int = Annotated[int, Strict()]
Bool = Annotated[bool, Strict()]
Number = Annotated[float, Strict(), Field(allow_inf_nan=False)]
Json = Annotated[Any, BeforeValidator(free_form)]

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
        if not isinstance(value, str) or value in exact:
            return value
        return table.get(value.lower(), value)

    return BeforeValidator(settle)


class _Open:
    """Validation context for a builder whose caller left required members open on purpose."""

    def __init__(self, model: type[Model], names: Iterable[str]) -> None:
        self.model = model
        self.names = frozenset(names)


class _Meta(ModelMetaclass):
    """Lets required members be absent at run time (see `_check_required`) yet required for type checkers."""

    def __new__(mcs, name: str, bases: tuple[type, ...], members: dict[str, Any], **more: Any) -> Any:
        required = members.get("__required__", ())
        named = members.get("__annotations__", {})  # those that are no names in Python have no default yet
        for wire in (*required, *(one for one in named if not one.isidentifier())):
            members.setdefault(wire, None)
        if required:
            members["model_post_init"] = _check_required
        # `schema` is the API's name for a member and wins over pydantic's deprecated method. No other model
        # is made with warnings caught: while one thread catches them, no other's come where they belong.
        with _schema_allowed() if "schema" in named else nullcontext():
            made: Any = super().__new__(mcs, name, bases, members, **more)
        MEMBER_NAMES.update(made.__pydantic_fields__)
        return made


@contextmanager
def _schema_allowed() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message='Field name "schema"', category=UserWarning)
        yield


def _check_required(self: Model, context: Any) -> None:
    given = self.__pydantic_fields_set__
    if given.issuperset(self.__required__):
        return
    for wire in self.__required__:
        if wire not in given:
            if context is LENIENT:
                return
            if isinstance(context, _Open) and context.model is type(self) and wire in context.names:
                continue
            raise PydanticCustomError("missing_member", "missing", {"name": wire})


# pydantic builds a model by taking it apart first, so that a thread may not see another's half.
_building = new_reentrant_lock()


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

    @classmethod
    def model_rebuild(cls, *, force: bool = False, **options: Any) -> bool | None:
        """Build the model's validators, as pydantic does on first use: one thread at a time."""
        with _building:
            if cls.__pydantic_complete__ and not force:
                return None
            options["_parent_namespace_depth"] = options.get("_parent_namespace_depth", 2) + 1
            return super().model_rebuild(force=force, **options)

    def __init__(self, /, **members: Any) -> None:
        try:
            self.__pydantic_validator__.validate_python(members, self_instance=self)
        except PydanticError as error:
            raise explain(error, members, type(self).__name__) from None

    # Tells pydantic that this constructor adds nothing to validation, so nested models skip it.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    @classmethod
    def model_validate(cls: type[_Self], obj: Any, **options: Any) -> _Self:
        """A model of a mapping or another model; InvalidValueError names what cannot be used."""
        try:
            return super().model_validate(obj, **options)
        except PydanticError as error:
            raise explain(error, obj, cls.__name__) from None

    @classmethod
    def model_validate_json(cls: type[_Self], json_data: str | bytes | bytearray, **options: Any) -> _Self:
        """A model of UTF-8 JSON, with or without a byte order mark; errors as in `model_validate`."""
        text = without_mark(json_data)
        try:
            return super().model_validate_json(text, **options)
        except PydanticError as error:
            refuse(error, text, cls.__name__)

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

        Missing required members stay unset, and a member or an array's item of a type that the description
        does not have is kept as it came. Text that is half a character reads as U+FFFD. NaN and infinities
        are kept as floats and written out again as null. Only text that is not a JSON object is refused.

        Raises:
            InvalidValueError: when `text` is not JSON, not an object, or nested deeper than 200.
        """
        try:
            return cast(_Self, cls.__pydantic_validator__.validate_json(text, context=LENIENT))
        except PydanticError:
            return cast(_Self, taken(cls, text))

    # A reply's odd values are no news when it is written out, and pydantic's warnings would quote them.
    def model_dump(
        self, *, exclude_unset: bool = True, warnings: Any = False, **options: Any
    ) -> dict[str, Any]:
        """The members as a dict, without those that are unset unless `exclude_unset` is False."""
        return super().model_dump(exclude_unset=exclude_unset, warnings=warnings, **options)

    def model_dump_json(self, *, exclude_unset: bool = True, warnings: Any = False, **options: Any) -> str:
        """The members as JSON, likewise."""
        return as_json(self, exclude_unset=exclude_unset, warnings=warnings, **options).decode()

    def __ps_properties__(self) -> dict[str, Any]:
        """The members that are set, by JSON name: what a PowerShell property bag would hold."""
        values, given = self.__dict__, self.__pydantic_fields_set__
        members = {name: values[name] for name in self.__pydantic_fields__ if name in given}
        if self.__pydantic_extra__:
            members.update(self.__pydantic_extra__)
        return members

    def __eq__(self, other: Any) -> bool:
        """Same model, same members set, same values: unset and null differ."""
        if not isinstance(other, Model):
            return NotImplemented
        differ = self.__pydantic_fields_set__ ^ other.__pydantic_fields_set__
        return bool(super().__eq__(other)) and differ.isdisjoint(type(self).model_fields)

    __hash__ = None  # type: ignore[assignment]

    def __iter__(self) -> Iterator[tuple[str, Any]]:  # type: ignore[override]
        return iter(self.__ps_properties__().items())

    def __getattr__(self, name: str) -> Any:
        own = _spelling(type(self), name)
        if own is not None and own != name:
            return getattr(self, own)
        return super().__getattr__(name)  # type: ignore[misc]

    def __setattr__(self, name: str, value: Any) -> None:
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

    def __dir__(self) -> list[str]:
        """The members, unknown ones included, and what scripts do with a model: what an editor offers."""
        return [*self.__pydantic_fields__, *(self.__pydantic_extra__ or ()), *_SHOWN]

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        return iter(self.__ps_properties__().items())


_SHOWN = ("model_copy", "model_dump", "model_dump_json", "model_fields_set")


_spellings: dict[type[Model], dict[str, str]] = {}


def _spelling(model: type[Model], name: str) -> str | None:
    """A member's JSON name from any way of writing it (`TopP`, `topp`, `top_p`), or None.

    Python's own names (`__name__`, `_private`) are never a member's.
    """
    if name.startswith("_"):
        return None
    table = _spellings.get(model)
    if table is None:
        table = _spellings[model] = {}
        for wire in model.model_fields:
            table.setdefault(folded(parameter_name(wire)), wire)
        for wire in model.model_fields:
            table[folded(wire)] = wire
            table[wire] = wire
    return table.get(name) or table.get(folded(name))


def best_of(member: str, kinds: dict[str, type[Model]], *others: type[Model]) -> Discriminator:
    """Chooses among object alternatives: by `member` where it says so, else by the best match.

    The best match has the fewest required members missing, then the fewest unknown, then the most known;
    ties go to the first. The same data always gives the same choice. A kind that `member` states and no
    alternative has, with members that complete none of them, is newer than the models: it is kept as a bare
    `Model`, which knows no member and keeps them all.
    """
    alternatives = [*dict.fromkeys(kinds.values()), *others]
    by_kind = {kind.lower(): model.__name__ for kind, model in kinds.items()}
    everything: list[type[Model]] = [*alternatives, Model]
    by_class: dict[object, str] = {model: model.__name__ for model in everything}

    def choose(value: Any) -> str | None:
        known = by_class.get(value.__class__)
        if known is not None:
            return known
        if value.__class__ is dict or isinstance(value, Mapping):
            stated = value.get(member)
            if isinstance(stated, str):
                name = by_kind.get(stated) or by_kind.get(stated.lower())
                if name is not None:
                    return name
            best = min(alternatives, key=lambda model: _misfit(model, value))
            newer = isinstance(stated, str) and any(name not in value for name in best.__required__)
            return "Model" if newer else best.__name__
        return next((model.__name__ for model in alternatives if isinstance(value, model)), None)

    return Discriminator(choose)


def _misfit(model: type[Model], value: Mapping[str, Any]) -> tuple[int, int, int]:
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
    if text:
        value = without_mark(value)
    try:
        return adapter.validate_json(value) if text else adapter.validate_python(value)
    except PydanticError as error:
        if text:
            refuse(error, value, name, objects_only=False)
        raise explain(error, value, name) from None
