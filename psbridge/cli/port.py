"""`psbridge port`: PowerShell scripts as Python; a line of standard error for each line left to do."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from . import WrongUsageError

if TYPE_CHECKING:
    from ..script.pages import Script
    from ..script.translate import Ported


@dataclass(frozen=True)
class Wanted:
    """What the command line asks for."""

    out: Path | None = None
    strict: bool = False
    explain: bool = False
    check: bool = False
    arguments: Sequence[str] = ()


def run(files: Sequence[Path], wanted: Wanted) -> int:
    """Port the files; 1 if a line could not be ported, or what was compared differs, else 0.

    Raises:
        WrongUsageError: there is no such file, or several have no folder to go to.
        psbridge.PSBridgeError: a script cannot be parsed.
    """
    for file in files:
        if not file.is_file():
            kind = "a folder" if file.is_dir() else "no such file"
            raise WrongUsageError(f"The script '{file}' cannot be ported: {kind}.")
    if len(files) > 1 and not wanted.check:
        if wanted.out is None or wanted.out.is_file() or wanted.out.suffix:
            raise WrongUsageError("Several scripts go to a folder: --out FOLDER.")
        names = [_target(file, wanted.out, wanted).name for file in files]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise WrongUsageError(f"Two of the scripts would be written to '{twice}': port them one by one.")
    return max([_one(file, wanted, len(files) > 1) for file in files], default=0)


def _one(file: Path, wanted: Wanted, several: bool) -> int:
    from ..script.pages import read_script
    from ..script.translate import port
    from ..script.translate.code import module_name

    script = read_script(file)
    folder = wanted.out if wanted.out is not None and (several or wanted.out.is_dir()) else None
    target = wanted.out if folder is None else _target(file, folder, wanted)
    module = target.stem if target is not None else module_name(file.stem)
    apart = (target is not None or wanted.check) and not wanted.explain
    ported = port(script.text, path=file, module=module if apart else None)
    _report(file, script, ported)
    code = 1 if ported.report or (wanted.strict and script.mendings) else 0
    if wanted.check:
        return max(code, _check(file, script, ported, wanted.arguments))
    if wanted.strict and code:
        return code
    _write(file, ported, target, wanted.explain)
    return code


def _target(file: Path, folder: Path, wanted: Wanted) -> Path:
    from ..script.translate.code import module_name

    return folder / f"{module_name(file.stem)}{'.md' if wanted.explain else '.py'}"


def _report(file: Path, script: Script, ported: Ported) -> None:
    for mending in script.mendings:
        sys.stderr.write(f"{file}:{mending.line}:{mending.column}: {mending.sentence}\n")
    for note in ported.report:
        hint = f" ({note.hint})" if note.hint else ""
        column = note.column if note.file else script.column(note.line, note.column)
        sys.stderr.write(f"{note.file or file}:{note.line}:{column}: {note.reason}{hint}\n")


def _write(file: Path, ported: Ported, target: Path | None, explain: bool) -> None:
    text = ported.text
    if explain:
        from ..script.translate.explain import html, markdown

        as_html = target is not None and target.suffix.lower() in (".html", ".htm")
        text = (html if as_html else markdown)(ported, file.name)
    if target is None:
        sys.stdout.write(text)
        return
    if target.suffix == ".py" and target.stem in sys.stdlib_module_names:
        sys.stderr.write(f"{target}: a module of Python's own has this name, and is hidden by it.\n")
    target.parent.mkdir(parents=True, exist_ok=True)
    for name, content in {target.name: text, **ported.modules}.items():
        (target.parent / name).write_text(content, encoding="utf-8", newline="\n")


def _check(file: Path, script: Script, ported: Ported, words: Sequence[str]) -> int:
    """Say on standard output what can be ported, and whether script and Python do the same."""
    done = len(ported.pieces) - len({(note.file, note.line, note.column) for note in ported.report})
    sys.stdout.write(f"{file}: {max(done, 0)} of {len(ported.pieces)} statements are ported.\n")
    if ported.report:
        return 1
    from ..offline import OfflineServer
    from ..script.comparing import compared

    powershell = os.environ.get("PSBRIDGE_PWSH") or shutil.which("pwsh")
    try:
        differences = compared(file, script.text, ported, words, server=OfflineServer, powershell=powershell)
    except OSError as error:
        raise WrongUsageError(f"The script '{file}' cannot be compared: {error}.") from None
    for what, how in differences:
        sys.stdout.write(f"{file}: {what}: {how}.\n")
    if not differences:
        sides = "the script, its Python and PowerShell" if powershell else "the script and its Python"
        sys.stdout.write(f"{file}: output, exit code, files and requests of {sides} agree.\n")
    return 1 if differences else 0
