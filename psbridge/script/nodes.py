"""What every node of the syntax tree is: a place, and a way through what it holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


class Node:
    """Any node: where it is, and how to go through what it holds."""

    line = 1
    column = 1
    end_line = 1
    end_column = 1
    start = 0
    end = 0

    @property
    def kind(self) -> str:
        """PowerShell's class name without `Ast`."""
        return type(self).__name__

    def children(self) -> Iterator[Node]:
        """The nodes directly below."""
        for name in getattr(self, "__dataclass_fields__", ()):
            yield from nodes_of(getattr(self, name))

    def below(self) -> Iterator[Node]:
        """The nodes directly below that PowerShell's own tree has: names of types are none of them."""
        return (one for one in self.children() if not isinstance(one, TypeName))

    def walk(self) -> Iterator[Node]:
        """This node and everything below it, as PowerShell's FindAll goes through its tree."""
        stack: list[Node] = [self]
        while stack:
            node = stack.pop()
            yield node
            stack += reversed(list(node.below()))


def nodes_of(value: Any) -> Iterator[Node]:
    """The nodes in a field: itself, or those of its lists."""
    if isinstance(value, Node):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from nodes_of(item)


class Expression(Node):
    """What has a value."""


class Statement(Node):
    """What stands on its own."""


@dataclass(eq=False, repr=False)
class TypeName(Node):
    """The name between brackets. `name` is without generic arguments and array brackets."""

    full_name: str
    name: str = ""
