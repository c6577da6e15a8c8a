"""What .NET's objects have as attributes in a ported script: their properties, spelt as .NET spells them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any


class NetAttributes:
    """An object whose properties can be read by .NET's names: `error.Exception.Message`."""

    __slots__ = ()

    if not TYPE_CHECKING:  # a type checker goes on telling of attributes that are not there

        def __getattr__(self, name: str) -> Any:
            if name[:1].isupper():
                from .members import lookup

                found, value = lookup(self, name)
                if found:
                    return value
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
