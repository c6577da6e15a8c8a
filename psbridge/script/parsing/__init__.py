"""PowerShell's grammar by recursive descent: `parse` is the entrance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .. import syntax as s
from .source import ParseError


@dataclass
class Parsed:
    """A parsed text: the tree, and what was wrong with it."""

    tree: s.ScriptBlock
    errors: list[ParseError]

    def walk(self) -> Iterator[s.Node]:
        """Every node in the order of the text."""
        return self.tree.walk()


def parse(text: str) -> Parsed:
    """Parse a script.

    Returns:
        The tree, and errors with `id`, `message`, `line` and `column`; never raises for what the text holds.
    """
    from .statements import Parser

    parser = Parser(text)
    tree = parser.script()
    return Parsed(tree, parser.errors or parser.deferred)


__all__ = ["ParseError", "Parsed", "parse"]
