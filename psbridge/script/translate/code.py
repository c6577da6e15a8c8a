"""Pieces of Python being written: an expression with its kind, the names of variables, and refusals.

A kind is what is known of a value: `str`, `int`, `float`, `bool`, `none`, `dict`, `reply` (an answer of the
chat API or a part of one), `list:KIND`, or `any`. Knows nothing of statements and commands.
"""

from __future__ import annotations

import builtins
import keyword
import re
from dataclasses import dataclass

from .. import syntax as s

ATOM, UNARY, TERM, SUM, COMPARE, NOT, AND, OR, CONDITION = range(9)
"""How tightly an expression binds, tightest first."""


@dataclass(frozen=True)
class Code:
    """A Python expression: its text, what kind of value it has, and how tightly it binds."""

    text: str
    kind: str = "any"
    rank: int = ATOM

    def within(self, rank: int) -> str:
        """The text, in parentheses where an operand of `rank` needs them."""
        return self.text if self.rank <= rank else f"({self.text})"

    @property
    def item(self) -> str:
        """The kind of a list's items."""
        return self.kind.removeprefix("list:") if self.kind.startswith("list:") else "any"

    @property
    def is_list(self) -> bool:
        return self.kind.startswith("list:")


class Refused(Exception):
    """A node that is not ported, why, and what a reader can do about it."""

    def __init__(self, node: s.Node, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.node, self.reason, self.hint = node, reason, hint


def join_kinds(one: str, other: str) -> str:
    """The kind of a value that is of one kind or the other."""
    return one if one == other else "any"


def python_name(name: str) -> str:
    """A variable's or function's name in Python's manner: `$maxTokens` is `max_tokens`.

    >>> python_name("maxTokens"), python_name("Get-Label"), python_name("class")
    ('max_tokens', 'get_label', 'class_')
    """
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", re.sub(r"\W+", "_", name))
    plain = words.lower().strip("_") or "value"
    if plain[0].isdigit():
        plain = f"value_{plain}"
    reserved = (
        keyword.iskeyword(plain) or hasattr(builtins, plain) or plain in {"ps", "argparse", "os", "sys"}
    )
    return f"{plain}_" if reserved else plain


def quoted(text: str) -> str:
    """A Python literal in double quotes where it may be."""
    literal = repr(text)
    if literal.startswith("'") and '"' not in text:
        return '"' + literal[1:-1].replace("\\'", "'") + '"'
    return literal
