"""Write-Host as `print`."""

from __future__ import annotations

from typing import Any

from psbridge.binding.text import to_text

from .. import syntax as s
from .code import Code
from .expressions import or_empty
from .loops import Loops
from .nodes import expression_of, path_of

_LOOKS = {"foregroundcolor", "backgroundcolor"}
_IDLE = {"verbose", "debug", "erroraction", "warningaction"}
"""Common parameters: Write-Host has nothing to say in these streams, and does not fail."""
_KNOWN = {"object", "nonewline", "separator", *_LOOKS, *_IDLE}
_PRINTED = ("str", "int", "bool")
"""Kinds that `print` writes as PowerShell does."""


class HostWriting(Loops):
    """Writes Write-Host."""

    def write_host(self, node: s.Command) -> bool:
        """Write-Host as print; False where its arguments want more, or where the script may hear it."""
        if self.hears_host and len(self.frames) > 1:
            return False
        if any(isinstance(one, s.VariableExpression) and one.splatted for one in node.command_elements):
            return False
        named, values = self.arguments(node)
        if set(named) - _KNOWN or ("object" in named and values):
            return False
        ends = _switch(named["nonewline"]) if "nonewline" in named else False
        apart = self.expression(named["separator"]) if "separator" in named else Code('" "', "str")
        if ends is None or apart.kind != "str":
            return False
        pieces = self._printed([named["object"]] if "object" in named else values)
        if pieces is None:
            return False
        if pieces == ['""'] and not ends:
            pieces = []
        several = len(pieces) > 1 or any(one.startswith("*") for one in pieces)
        pieces += [f"sep={apart.text}"] if several and apart.text != '" "' else []
        pieces += ['end=""'] if ends else []
        pieces += ["flush=True"] if self.known.shows else []  # it does not wait for a table
        self.write(f"{self.host}({', '.join(pieces)})")
        return True

    def generic(self, node: s.Command, name: str, piped: Code | None) -> Code:
        """A command that the session runs; Write-Host's numbers as they are spelt."""
        if name == "write-host":
            first, *rest = node.command_elements
            made = s.Command([first, *map(_spelt, rest)], node.redirections, node.invocation_operator)
            made.start, made.end, made.line = node.start, node.end, node.line
            node = made
        return super().generic(node, name, piped)

    def _printed(self, values: list[Any]) -> list[str] | None:
        """The arguments of `print` for these objects; None where one is not plainly one text."""
        values = [_spelt(one) for one in values]
        if len(values) == 1:
            inner = values[0]
            while isinstance(inner, s.ParenExpression):
                inner = expression_of(inner.pipeline)
            values = list(inner.elements) if isinstance(inner, s.ArrayLiteral) else values
        if not values:
            return ['""']
        codes = [self.as_value(self.expression(one)) for one in values]
        if len(codes) == 1 and codes[0].is_list and codes[0].item in _PRINTED:
            return [f"*{codes[0].text}"]
        codes = [Code('""', "str") if one.kind == "none" else one for one in codes]
        if any(one.base not in (*_PRINTED, "str?", "reply", "float", "object") for one in codes):
            return None
        if len(codes) > 1 and any(one.kind not in _PRINTED for one in codes):
            return None
        return [self._as_printed(one) for one in codes]

    def _as_printed(self, value: Code) -> str:
        if value.kind == "str?":
            return value.text if value.text.endswith(".content") else or_empty(value)
        return value.text if value.kind in _PRINTED else self.as_text(value)


def _spelt(node: Any) -> Any:
    """A number among the arguments is printed as it is spelt; anything else as it is."""
    if not isinstance(node, s.ConstantExpression) or to_text(node.value) == node.text:
        return node
    return s.StringConstantExpression(node.text)


def _switch(node: Any) -> bool | None:
    """Whether a switch is on; None where that is known only when it runs."""
    if node is None:
        return True
    known = isinstance(node, s.VariableExpression) and path_of(node) in ("true", "false")
    return path_of(node) == "true" if known else None


__all__ = ["HostWriting"]
