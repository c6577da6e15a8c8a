"""Help beyond PowerShell's messages: which parameters a command has, and which one a typo may mean."""

from __future__ import annotations

import difflib

from psbridge.binding.metadata import Metadata


def unknown_name(name: str, metadata: Metadata) -> str:
    """One sentence for a parameter name that does not exist."""
    declared = [entry.parameter for entry in metadata.entries if not entry.parameter.common]
    known = {
        spelling.casefold().replace("_", ""): parameter.name
        for parameter in declared
        for spelling in (parameter.name, *parameter.aliases, parameter.wire_name or parameter.name)
    }
    near = difflib.get_close_matches(name.casefold().replace("_", ""), known, n=3, cutoff=0.6)
    names = ", ".join(f"-{parameter.name}" for parameter in declared) or "none"
    suggestion = " or ".join(dict.fromkeys(f"-{known[item]}" for item in near))
    meant = f"Did you mean {suggestion}? " if suggestion else ""
    return f"{meant}{metadata.command} has these parameters: {names}."
