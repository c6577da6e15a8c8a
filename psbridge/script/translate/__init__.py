"""`port`: a PowerShell script as the Python that does the same.

Knows the syntax tree and the names of the semantics' helpers; nothing of the interpreter. What it writes
imports `psbridge` and `psbridge.script.semantics.porting` alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from .module import written
from .sourced import gathered, modules_of


@dataclass(frozen=True)
class Note:
    """A line of the script that stays to be done by hand: where, why, and a hint.

    `file` is the dot-sourced file that the line is in; None for the script itself.
    """

    line: int
    column: int
    reason: str
    hint: str = ""
    file: Path | None = None


@dataclass(frozen=True)
class Ported:
    """What a script became.

    Attributes:
        text: the Python text.
        report: what of the script is not in it.
        modules: the texts of the modules beside it, by file name: one for each dot-sourced file of functions.
        pieces: the script and its Python side by side, statement by statement.
        host: the calls of `print` in a single text that write for the reader alone, as Write-Host does: line
            and column of each, as `ast` counts them. All others print what the script puts out.
    """

    text: str
    report: list[Note] = field(default_factory=list)
    modules: dict[str, str] = field(default_factory=dict)
    pieces: list[Pair] = field(default_factory=list)
    host: frozenset[tuple[int, int]] = frozenset()


@dataclass(frozen=True)
class Pair:
    """A statement with the comments before it, and the Python lines it became."""

    line: int
    powershell: str
    python: str
    file: Path | None = None


def port(text: str, *, path: Path | None = None, module: str | None = None) -> Ported:
    """Port a script.

    Args:
        text: PowerShell.
        path: where the script lies: the files that it dot-sources are looked for beside it, and ported too.
        module: the name that the script's module will have; given, files of functions become modules beside
            it. Without it everything is in one text.

    Returns:
        Python in which every statement that could not be ported is a visible `raise NotPorted(...)`, and the
        report of those.

    Raises:
        psbridge.PSBridgeError: the script, or a file that it dot-sources, cannot be parsed.

    >>> print(port("$n = 2; $n + 3").text, end="")
    n = 2
    print(n + 3)
    """
    whole = gathered(text, path)
    made = written(whole.text, whole.tree)
    notes = [
        Note(one.node.line, one.node.column, one.reason, one.hint, whole.file(one.node.start))
        for one in made.refusals
    ]
    pairs = [
        Pair(
            piece.node.line,
            whole.text[piece.start : piece.end].strip("\r\n"),
            piece.text,
            whole.file(piece.node.start),
        )
        for piece in made.pieces
    ]
    if module is None:
        return Ported(made.text, notes, {}, pairs, made.host)
    own, modules = modules_of(whole, made, module)
    return Ported(own, notes, modules, pairs)


__all__ = ["Note", "Pair", "Ported", "port"]
