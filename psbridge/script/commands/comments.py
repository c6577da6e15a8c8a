"""Comment-based help of a function, as Get-Help shows it."""

from __future__ import annotations

import re
from typing import Any

from psbridge.script.semantics.values import Bag

_SECTION = re.compile(r"^\s*\.([A-Z]+)(?:[ \t]+(\S+))?[ \t]*$", re.MULTILINE)


def sections(text: str) -> dict[str, str]:
    """The sections of a block's help comment, by name in capitals."""
    block = re.search(r"<#(.*?)#>", text, re.DOTALL)
    if block is None:
        return {}
    found = list(_SECTION.finditer(block[1]))
    made: dict[str, str] = {}
    for number, match in enumerate(found):
        end = found[number + 1].start() if number + 1 < len(found) else len(block[1])
        made.setdefault(match[1], block[1][match.end() : end].strip())
    return made


def help_of(info: Any) -> Bag:
    """What Get-Help puts out for a command."""
    code = getattr(info, "code", None)
    found = sections(code.text) if code is not None else {}
    return Bag(
        {
            "Name": info.name,
            "Synopsis": found.get("SYNOPSIS", info.name),
            "Description": found.get("DESCRIPTION", ""),
            "Category": getattr(info, "kind", ""),
        }
    )
