"""`typing.TypedDict`s as pydantic can read them: before Python 3.12 it only takes those of typing_extensions.

Source: https://docs.pydantic.dev/latest/errors/usage_errors/#typed-dict-version.
"""

from __future__ import annotations

import sys
import types
import typing
from typing import Any

_REQUIRED_SINCE_3_11 = tuple(
    getattr(typing, name) for name in ("Required", "NotRequired") if hasattr(typing, name)
)


def readable(hint: Any) -> Any:
    """A type hint with each `typing.TypedDict` in it, at any depth, made one that pydantic reads.

    A hint without one comes back as it is, as any does from Python 3.12 on.
    """
    if sys.version_info >= (3, 12):
        return hint
    return _readable(hint, ())


def _readable(hint: Any, outer: tuple[Any, ...]) -> Any:
    if typing.is_typeddict(hint) and type(hint).__module__ == "typing":
        return hint if hint in outer else _like(hint, (*outer, hint))
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is None or origin is typing.Literal:
        return hint
    if hasattr(hint, "__metadata__"):
        annotated: Any = typing.Annotated
        inner = _readable(arguments[0], outer)
        parts = (inner, *hint.__metadata__)
        return hint if inner is arguments[0] else annotated[parts]
    made = [_readable(one, outer) for one in arguments]
    if all(one is other for one, other in zip(made, arguments, strict=True)):
        return hint
    if origin in (typing.Union, types.UnionType):
        return typing.Union[tuple(made)]  # noqa: UP007  # there is no other way to write one of a tuple
    return origin[tuple(made)]


def _like(kind: Any, outer: tuple[Any, ...]) -> Any:
    """A TypedDict of typing_extensions with the same members."""
    import typing_extensions

    typed_dict: Any = typing_extensions.TypedDict
    members: dict[str, Any] = {}
    for name, hint in typing_extensions.get_type_hints(kind, include_extras=True).items():
        origin = typing_extensions.get_origin(hint)
        wanted = (
            typing_extensions.Required if name in kind.__required_keys__ else typing_extensions.NotRequired
        )
        if origin in (typing_extensions.Required, typing_extensions.NotRequired, *_REQUIRED_SINCE_3_11):
            wanted = typing_extensions.Required if "Not" not in str(origin) else typing_extensions.NotRequired
            (hint,) = typing.get_args(hint)
        members[name] = wanted[_readable(hint, outer)]
    made = typed_dict(kind.__name__, members)
    made.__doc__, made.__module__, made.__qualname__ = kind.__doc__, kind.__module__, kind.__qualname__
    if hasattr(kind, "__pydantic_config__"):
        made.__pydantic_config__ = kind.__pydantic_config__
    return made
