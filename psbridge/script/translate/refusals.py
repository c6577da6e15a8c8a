"""What stays to be done by hand: a visible `raise NotPorted`, and the lines around it are ported."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .code import Code, Refused, quoted
from .nodes import path_of, targets_of
from .variables import Variables


class Refusals(Variables):
    """Writes the lines that say what is not ported."""

    def refuse(self, node: Any, refusal: Refused) -> None:
        """The line that stays to be done."""
        if not refusal.is_placed:
            refusal.node = node  # what was refused has no place of its own
        self.refusals.append(refusal)
        name = self.posh("NotPorted")
        self.write(f"raise {name}({quoted(f'line {node.line}: {refusal.reason}')})")

    def head(self, node: Any, write: Callable[[Any], Code]) -> Code:
        """The value that a statement with blocks asks or goes through: where it is refused, its blocks stay.

        Args:
            node: the condition, as the script has it.
            write: translates it.
        """
        length, reported = len(self.lines), len(self.refusals)
        try:
            return write(node)
        except Refused as refusal:
            if not refusal.is_placed:
                raise
            del self.lines[length:], self.refusals[reported:]
            self.set_by_hand(node)
            self.refuse(node, refusal)
            return Code("None")

    def set_by_hand(self, node: Any) -> None:
        """The variables that something refused sets are there for the statements after it."""
        for one in node.walk():
            for target in targets_of(one):
                if target.variable_path.isidentifier():
                    self._widen((self.scope, path_of(target)), "any")


__all__ = ["Refusals"]
