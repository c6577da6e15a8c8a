r"""Documentation pages: their PowerShell blocks as one script, and the places that a generator left broken.

Knows the parser's errors; nothing of running and porting. Every line of a page's script keeps its number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from .net.place import read_text
from .parsing import ParseError, parse

_FENCE = re.compile(r"([ \t]*)(`{3,}|~{3,})[ \t]*\{?\.?(\w*)")
_LANGUAGES = ("powershell", "ps1", "pwsh", "posh", "ps")
_CUT = re.compile(r"(?:^|[\s)}\"'])(-[A-Za-z]\w*)[ \t]*$")


@dataclass(frozen=True)
class Mending:
    """A broken place of a page that was mended: where, and what was done."""

    line: int
    column: int
    sentence: str


@dataclass(frozen=True)
class Script:
    """A script to run or to port.

    Attributes:
        text: PowerShell; of a page, its blocks, and an empty line for each other line.
        mendings: what was mended, in the order of the lines; always empty for a script that is no page.
        indents: how far the lines of a page's block are indented in the page, by line.
    """

    text: str
    mendings: list[Mending] = field(default_factory=list)
    indents: dict[int, int] = field(default_factory=dict)

    def column(self, line: int, column: int) -> int:
        """A column of the text as a column of the file."""
        return column + self.indents.get(line, 0)


def is_page(path: Path) -> bool:
    """Whether a file is a Markdown page, by its name."""
    return path.suffix.lower() in (".md", ".markdown")


def read_script(path: Path) -> Script:
    """A script's file, or a page's blocks with what is broken in them mended.

    Raises:
        OSError: it cannot be read.
    """
    text = read_text(str(path))
    return script_of_page(text) if is_page(path) else Script(text)


def script_of_page(page: str) -> Script:
    r"""A Markdown page's PowerShell blocks as one script, mended.

    >>> script_of_page("Hi\n```powershell\n@{ a = }\n```\n").text
    '\n\n@{ a = $null }\n'
    """
    text, indents = _blocks(page)
    text, mendings = mended(text)
    placed = [
        Mending(one.line, one.column + indents.get(one.line, 0), one.sentence)
        for one in sorted(mendings, key=lambda one: (one.line, one.column))
    ]
    return Script(text, placed, indents)


def _blocks(page: str) -> tuple[str, dict[int, int]]:
    lines: list[str] = []
    indents: dict[int, int] = {}
    fence, indent, inside = "", "", False
    for number, line in enumerate(page.splitlines(), 1):
        found = _FENCE.match(line)
        if found and not fence:
            indent, fence = found[1], found[2]
            inside = found[3].lower() in _LANGUAGES
            lines.append("")
        elif found and found[2].startswith(fence) and not line[found.end(2) :].strip():
            fence, inside = "", False
            lines.append("")
        elif inside:
            taken = len(indent) if line.startswith(indent) else 0
            if taken:
                indents[number] = taken
            lines.append(line[taken:])
        else:
            lines.append("")
    return "\n".join(lines), indents


def mended(text: str) -> tuple[str, list[Mending]]:
    """A script with the broken places of generated pages mended; what is broken otherwise stays.

    Two kinds have one way that makes sense. An entry of a hash literal without a value gets `$null`. A
    command that ends with a parameter, and whose value stands with the rest of the command at the start of a
    later line, is put together again; lines between the two that repeat earlier ones are left out, others
    come first.
    """
    mendings: list[Mending] = []
    for _ in range(text.count("\n") + text.count("=") + 1):
        for error in parse(text).errors:
            mend = _STEPS.get(error.id)
            step = mend(text, error) if mend is not None else None
            if step is not None:
                text, mending = step
                mendings.append(mending)
                break
        else:
            break
    return text, mendings


def _without_value(text: str, error: ParseError) -> tuple[str, Mending] | None:
    """`@{ key = }`: the error is behind the `=`."""
    lines = text.split("\n")
    line, column = error.line - 1, error.column - 1
    while line >= 0:
        head = lines[line][:column].rstrip()
        if head:
            break
        line, column = line - 1, 1 << 30
    else:
        return None
    if not head.endswith("="):
        return None
    lines[line] = f"{head} $null{lines[line][len(head) :] or ''}"
    key = head[:-1].rstrip()
    name = re.search(r"([^\s;{(]+)$", key)
    shown = name.group() if name else "the key"
    return "\n".join(lines), Mending(
        line + 1, len(head), f"the entry {shown} of the hash literal has no value: $null was put there."
    )


def _cut_in_two(text: str, error: ParseError) -> tuple[str, Mending] | None:
    """A line that begins with a value and goes on with a parameter: the rest of a command further up."""
    lines = text.split("\n")
    rest = error.line - 1
    behind = lines[rest][max(error.column - 2, 0) :]
    if not re.match(r"\s?\s?-?[A-Za-z]", behind) or not re.match(r"""\s*(["'$@(\[]|[\d.]+)""", lines[rest]):
        return None
    for first in range(rest - 1, -1, -1):
        cut = None if lines[first].lstrip().startswith("#") else _CUT.search(lines[first])
        if cut is not None:
            break
    else:
        return None
    between = [line.strip() for line in lines[first + 1 : rest] if line.strip()]
    whole = f"{lines[first].rstrip()} {lines[rest].lstrip()}"
    earlier = {line.strip() for line in lines[:first]}
    if all(line in earlier for line in between):
        lines[first] = whole
        lines[first + 1 : rest + 1] = [""] * (rest - first)
        how = "the lines between, which repeat earlier ones, were left out" if between else ""
    else:
        lines[rest], lines[first] = whole, ""
        how = "the lines between come first now"
    sentence = f"the command is cut in two: the value of {cut[1]} and what follows it, on line {rest + 1}, "
    sentence += "were joined to it" + (f"; {how}." if how else ".")
    return "\n".join(lines), Mending(first + 1, cut.start(1) + 1, sentence)


_STEPS = {"MissingStatementInHashLiteral": _without_value, "UnexpectedToken": _cut_in_two}
