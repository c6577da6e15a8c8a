"""What the web cmdlets make of an error's body: JSON on lines of its own, as System.Text.Json writes it."""

from __future__ import annotations

import json
import re
from typing import Any

_PLAIN = re.compile(r"[^ !#-%(-*,-;=?-\[\]-_a-~]")
_SHORT = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", "\\": "\\\\"}


class _Number(str):
    """A number as the body spells it."""


def readable(text: str, content_type: str) -> str:
    """The body as `$_.ErrorDetails.Message` has it: indented JSON, or text without its tags."""
    if "json" in content_type.lower():
        try:
            return f"\n{_indented(json.loads(text, parse_int=_Number, parse_float=_Number))}"
        except (ValueError, RecursionError):  # not JSON, or too deep to be laid out
            pass
    return re.sub(r"<[^>]*>", "", text)


def _indented(value: Any, margin: str = "") -> str:
    inner = f"{margin}  "
    if isinstance(value, dict) and value:
        parts = [f"{inner}{_quoted(name)}: {_indented(item, inner)}" for name, item in value.items()]
        return "{\n" + ",\n".join(parts) + f"\n{margin}}}"
    if isinstance(value, list) and value:
        parts = [f"{inner}{_indented(item, inner)}" for item in value]
        return "[\n" + ",\n".join(parts) + f"\n{margin}]"
    if isinstance(value, _Number):
        return str(value)
    return _quoted(value) if isinstance(value, str) else json.dumps(value)


def _quoted(text: str) -> str:
    return f'"{_PLAIN.sub(lambda match: _escaped(match.group()), text)}"'


def _escaped(character: str) -> str:
    if character in _SHORT:
        return _SHORT[character]
    units = character.encode("utf-16-be")
    return "".join(f"\\u{units[at]:02X}{units[at + 1]:02X}" for at in range(0, len(units), 2))
