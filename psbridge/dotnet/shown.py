"""What the views of replies show, as hidden members that scripts of a hosted session can read: `$reply.Text`.

The members are the module's own (`powershell/src/calls/22-shown.ps1`), read from its text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from ..install_module import source
from . import edge

_RUNSPACES = "System.Management.Automation.Runspaces"


@cache
def members() -> dict[str, dict[str, str]]:
    """The script of every member, by its name, by the name of its type.

    Raises:
        InstallError: this installation came without the PowerShell module.
    """
    text = (source() / "PSBridge.Calls.ps1").read_text(encoding="ascii")
    table = _block(text, text.index("$script:Shown = @{"))
    return {
        found[1]: dict(_entries(table[found.end() :]))
        for found in re.finditer(r"'(PSBridge\.\w+)'\s*=\s*@", table)
    }


def _entries(text: str) -> Iterator[tuple[str, str]]:
    """The entries of the table that `text` begins with: their names, and what stands in their braces."""
    table, at = _block(text, 0), 0
    while (found := re.compile(r"(\w+)\s*=\s*(?=\{)").search(table, at)) is not None:
        script = _block(table, found.end())
        at = found.end() + len(script)
        yield found[1], script


def _block(text: str, start: int) -> str:
    """What stands in the first braces from `start` on; none of the texts in it has a brace of its own."""
    begin = text.index("{", start)
    depth = 0
    for place in range(begin, len(text)):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if not depth:
            return text[begin + 1 : place]
    raise ValueError("The module's table of shown members has no end.")


def type_entries() -> Iterator[Any]:
    """An entry for a session's types for each type, and for what comes back of it from a file or a job."""
    script_block = edge.power_shell_type("ScriptBlock")
    entry = edge.net(f"{_RUNSPACES}.SessionStateTypeEntry")
    data_of, property_of = edge.net(f"{_RUNSPACES}.TypeData"), edge.net(f"{_RUNSPACES}.ScriptPropertyData")
    for kind, scripts in members().items():
        for name in (kind, f"Deserialized.{kind}"):
            data = data_of(name)
            for member, script in scripts.items():
                read = property_of(member, script_block.Create(script))
                read.IsHidden = True
                data.Members.Add(member, read)
            yield entry(data, False)
