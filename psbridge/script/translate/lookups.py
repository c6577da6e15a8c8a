"""Names of commands and parameters, as a script may shorten or misspell them."""

from __future__ import annotations


def resolved(name: str, parameters: dict[str, tuple[str, bool]], spelt: str = "") -> tuple[str, bool]:
    """A parameter's whole name, spelt as it was asked for, and whether it is a switch."""
    if name in parameters:
        full, switch = parameters[name]
    else:
        matching = {parameters[one] for one in parameters if one.startswith(name)}
        full, switch = matching.pop() if len(matching) == 1 else (spelt or name, False)
    return (full if spelt else full.lower()), switch


def nearest(name: str) -> str:
    """A hint at the commands whose names are close to this one; empty if none is."""
    from difflib import get_close_matches

    from psbridge.script.commands.table import command_names

    known = {one.lower(): one for one in command_names()}
    close = get_close_matches(name.lower(), known, n=2, cutoff=0.7)
    return f"did you mean {' or '.join(known[one] for one in close)}?" if close else ""
