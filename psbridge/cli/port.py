"""`psbridge port`: a PowerShell script as Python; a line of standard error for each line left to do."""

from __future__ import annotations

import sys
from pathlib import Path

from . import WrongUsageError


def run(file: Path, out: Path | None, *, strict: bool) -> int:
    """Port the file; 1 if a line could not be ported, else 0. With `strict`, nothing is written then.

    Raises:
        WrongUsageError: there is no such file.
        psbridge.PSBridgeError: the script cannot be parsed.
    """
    if not file.is_file():
        kind = "a folder" if file.is_dir() else "no such file"
        raise WrongUsageError(f"The script '{file}' cannot be ported: {kind}.")
    from ..script.pages import read_script
    from ..script.translate import port

    script = read_script(file)
    ported = port(script.text)
    for mending in script.mendings:
        sys.stderr.write(f"{file}:{mending.line}:{mending.column}: {mending.sentence}\n")
    for note in ported.report:
        hint = f" ({note.hint})" if note.hint else ""
        sys.stderr.write(f"{file}:{note.line}:{script.column(note.line, note.column)}: {note.reason}{hint}\n")
    if not (strict and (ported.report or script.mendings)):
        if out is None:
            sys.stdout.write(ported.text)
        else:
            out.write_text(ported.text, encoding="utf-8", newline="\n")
    return 1 if ported.report or (strict and script.mendings) else 0
