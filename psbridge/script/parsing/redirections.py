"""Redirections of a command's streams: into files, and into one another."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .. import syntax as s
from .expressions import _NUMBER, Expressions

_STREAMS = {
    "": "Output",
    "1": "Output",
    "2": "Error",
    "3": "Warning",
    "4": "Verbose",
    "5": "Debug",
    "6": "Information",
    "*": "All",
}
_NUMBERS = {name: number for number, name in enumerate("All Output Error Warning Verbose Debug".split())}
_NUMBERS["Information"] = 6
_REDIRECTION = re.compile(r"([1-6*]?)(>>|>&([12])|>)")


class Redirections(Expressions):
    """Reads them."""

    if TYPE_CHECKING:

        def _single_argument(self, *, first: bool = False, invoked: bool = False) -> Any: ...

    def _redirections(self) -> list[Any]:
        listed: list[Any] = []
        while True:
            mark = self.at
            self.blank()
            one = self._redirection()
            if one is None:
                self.at = mark
                return in_order(listed)
            listed.append(one)

    def _redirection(self) -> Any:
        start = self.at
        if self.peek() == "<":
            raise self.fail("RedirectionNotSupported", "The '<' operator is reserved for future use.")
        found = _REDIRECTION.match(self.text, self.at)
        if found is None:
            return None
        self.at = found.end()
        source = _STREAMS[found[1]]
        if found[3] and not found[1] and self.text[start - 1 : start] not in tuple("123456*"):
            message = "Missing file specification after redirection operator."
            raise self.fail("MissingFileSpecification", message, start + 1)
        if found[3]:
            return self.done(s.MergingRedirection(source, _STREAMS[found[3]]), start)
        self.blank()
        number = _NUMBER.match(self.text, self.at)
        target = self._single_argument(first=number is None)
        if target is None:
            raise self.fail(
                "MissingFileSpecification",
                "Missing file specification after redirection operator.",
                self.behind(),
            )
        return self.done(s.FileRedirection(source, target, found[2] == ">>"), start)


def in_order(redirections: list[Any]) -> list[Any]:
    """By the number of the stream that is redirected, as PowerShell's tree has them."""
    return sorted(redirections, key=lambda one: _NUMBERS[one.from_stream])
