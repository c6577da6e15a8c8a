"""A request as it can be sent: what was left open on purpose is filled in, left out, or refused.

A builder of a plain value that is called with nothing leaves its parameter open. A
request without a model takes the configuration's; an optional object that misses a required member is left
out with a warning; anything else that is incomplete is an error, before anything is sent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ..models.base import PLAIN, Model
from ..models.problems import InvalidValueError, invalid
from ..naming import parameter_name
from .warning import warn

_Model = TypeVar("_Model", bound=Model)


def completed(request: _Model, *, model: Callable[[], str | None] | None = None) -> _Model:
    """`request` ready to be sent; itself when nothing is open, else a changed copy.

    Args:
        request: what was built.
        model: gives what fills in a `model` that was left open, and is asked only then; None for nothing.

    Raises:
        InvalidValueError: when a required member is missing that nothing can fill in.
    """
    if (
        model is not None
        and "model" in request.__pydantic_fields__
        and "model" not in request.__pydantic_fields_set__
    ):
        name = model()
        if name is not None:
            request = request.model_copy(update={"model": name})
    if _is_whole(request):
        return request
    ready, missing = _ready(request, "")
    if missing is not None:
        raise _cannot_be_null(missing, type(request).__name__)
    return ready  # type: ignore[return-value]


def _is_whole(value: Model) -> bool:
    """Whether nothing is open in it: the usual case, told sooner than what it would be without."""
    given, values = value.__pydantic_fields_set__, value.__dict__
    if not given.issuperset(value.__required__):
        return False
    for wire in given:
        member = values.get(wire)
        if member.__class__ in PLAIN:
            continue
        for item in member if isinstance(member, list) else (member,):
            if item.__class__ not in PLAIN and isinstance(item, Model) and not _is_whole(item):
                return False
    return True


def _ready(value: Model, path: str) -> tuple[Model, str | None]:
    """The value without incomplete optional objects, and the path of a required member that is missing."""
    given = value.__pydantic_fields_set__
    for wire in value.__required__:
        if wire not in given:
            return value, _joined(path, wire)
    changes: dict[str, Any] = {}
    dropped: list[str] = []
    for wire in given:
        member = value.__dict__.get(wire)
        if isinstance(member, Model):
            where = _joined(path, wire)
            inner, missing = _ready(member, where)
            if missing is not None:
                if wire in value.__required__:
                    return value, missing
                warn(f"'{where}' is not sent: '{missing}' was left unset.")
                dropped.append(wire)
            elif inner is not member:
                changes[wire] = inner
        elif isinstance(member, list):
            where = _joined(path, wire)
            items = [
                _ready(item, f"{where}[{i}]") if isinstance(item, Model) else (item, None)
                for i, item in enumerate(member)
            ]
            for _, missing in items:
                if missing is not None:
                    raise _cannot_be_null(missing, type(value).__name__)
            if any(ready is not item for (ready, _), item in zip(items, member, strict=True)):
                changes[wire] = [ready for ready, _ in items]
    if changes or dropped:
        value = value.model_copy(update=changes)
        for wire in dropped:
            delattr(value, wire)
    return value, None


def _joined(path: str, wire: str) -> str:
    return f"{path}.{parameter_name(wire)}" if path else parameter_name(wire)


def _cannot_be_null(path: str, model: str) -> InvalidValueError:
    return invalid(path, f"'{path}' cannot be null", model=model)
