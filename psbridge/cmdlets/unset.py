"""UNSET: an argument that says nothing was given, where None would say null."""

from __future__ import annotations

from typing import Any, Final


class _Unset:
    """What an empty union builder returns; passed on, it leaves the parameter out."""

    _only: _Unset | None = None

    def __new__(cls) -> _Unset:
        if cls._only is None:
            cls._only = super().__new__(cls)
        return cls._only

    def __repr__(self) -> str:
        return "UNSET"

    def __bool__(self) -> bool:
        return False

    def __reduce__(self) -> str:
        return "UNSET"

    def __ps_properties__(self) -> dict[str, object]:
        return {}


# Any to type checkers: it may stand wherever a value may.
UNSET: Final[Any] = _Unset()
