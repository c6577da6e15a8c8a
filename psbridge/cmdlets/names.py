"""The order in which `dir(psbridge)` and `help(psbridge)` show names: what users want comes first."""

from __future__ import annotations

from collections.abc import Iterable


class Name(str):
    """A name that sorts by what it names: cmdlets, other names, builders, readers of JSON, Python's own."""

    __slots__ = ()

    def __lt__(self, other: str) -> bool:
        return _place(self) < _place(other)

    def __gt__(self, other: str) -> bool:
        return _place(self) > _place(other)


def _place(name: str) -> tuple[int, str]:
    if name.startswith("__"):
        rank = 4
    elif name.startswith("ConvertFrom_JsonTo"):
        rank = 3
    elif name.startswith("Initialize_"):
        rank = 2
    else:
        rank = 0 if "_" in name and name[:1].isupper() and not name.isupper() else 1
    return rank, str.__str__(name)


def ordered(names: Iterable[str]) -> list[str]:
    """The names in that order; sorting them again keeps it."""
    return sorted(map(Name, names))
