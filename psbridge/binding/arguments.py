"""The arguments of one call, as a script's tokens say them."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Final

from psbridge.binding.values import Char, ParameterName


class _Missing(enum.Enum):
    MISSING = enum.auto()

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing.MISSING


class Argument:
    """One token: a value, a `-Name`, or both at once (`-Name:value`).

    `-Name value` is two of them, for only the binder can tell whether the value belongs to the name: after a
    switch it does not.

    Attributes:
        name: the parameter name as typed, without its dash, or None.
        value: the value, or MISSING.
        text: what was typed for the name, dash included; a parameter may take it as its value.
        from_splat: came out of a splatted hashtable, so that an explicit argument wins over it.
    """

    __slots__ = ("from_splat", "name", "text", "value")

    def __init__(
        self,
        name: str | None = None,
        value: object = MISSING,
        *,
        text: str | None = None,
        from_splat: bool = False,
    ) -> None:
        self.name = name
        self.value = value
        self.text = text if text is not None else f"-{name}"
        self.from_splat = from_splat

    def remaining(self, parameter: str) -> str:
        """This name among the remaining arguments: a text, in `$args` one that is a name when splatted."""
        if self.name is None or not parameter.startswith("\0"):
            return self.text
        return ParameterName(self.text, self.name)

    def __repr__(self) -> str:
        value = "" if self.value is MISSING else f" {type(self.value).__name__}"
        return f"<Argument {self.text if self.name else ''}{value}>"


def _of_list(value: object) -> Argument:
    if isinstance(value, ParameterName):
        return Argument(value.name, text=str(value))
    return Argument(value=value)


def splatted(values: object) -> list[Argument]:
    """The arguments of `@values`: by name from a hashtable, by position from a list or a text."""
    if isinstance(values, Mapping):
        return [
            Argument(str(name), value, text=f"-{name}:", from_splat=True) for name, value in values.items()
        ]
    if isinstance(values, str) and not isinstance(values, Char):  # a text is a list of its characters
        units = values.encode("utf-16-le", "surrogatepass")
        pairs = (units[place : place + 2] for place in range(0, len(units), 2))
        return [Argument(value=Char(pair.decode("utf-16-le", "surrogatepass"))) for pair in pairs]
    if isinstance(values, (list, tuple)):
        return [_of_list(value) for value in values]
    return [Argument(value=values)]


def next_positional(
    arguments: list[Argument], left: list[Argument], index: int
) -> tuple[Argument | None, int]:
    """The next argument without a name; an unknown name and the value after it are left over together."""
    while index < len(arguments):
        argument = arguments[index]
        index += 1
        if argument.name is None:
            return argument, index
        left.append(argument)
        if index < len(arguments) and arguments[index].name is None:
            left.append(arguments[index])
            index += 1
    return None, index
