"""`psbridge run-script`: a script file as `pwsh -File` runs it, its exit code, and what it shows."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from psbridge.binding.arguments import Argument

from .display import Screen
from .host import Host
from .interpreter.caught import locate, record_of
from .interpreter.engine import Options, Runtime
from .interpreter.flow import Flow
from .pages import read_script
from .parsing import parse


class StandardInput:
    """`$input` of a script: the lines of standard input, read when they are asked for."""

    def __net_iterate__(self) -> Iterator[str]:
        for line in sys.stdin:
            yield line.rstrip("\n").removesuffix("\r")


def _uses_input(text: str) -> bool:
    """Whether a script itself reads `$input`, not only blocks in it: `pwsh -File` hands on no input else."""
    if "input" not in text.lower():
        return False
    inner: list[tuple[int, int]] = []
    for node in parse(text).walk():
        if node.kind in ("FunctionDefinition", "ScriptBlockExpression", "TypeDefinition"):
            inner.append((node.start, node.end))
        name = getattr(node, "variable_path", "").lower() if node.kind == "VariableExpression" else ""
        if name == "input" and not any(start <= node.start < end for start, end in inner):
            return True
    return False


def file_arguments(words: Sequence[str]) -> list[Any]:
    """The words after a script's name, as `pwsh -File` takes them: names, and texts."""
    made: list[Any] = []
    for word in words:
        if len(word) > 1 and word[0] == "-" and (word[1].isalpha() or word[1] in "_?"):
            name, colon, value = word[1:].partition(":")
            if colon and value:
                known = {"true": True, "false": False}.get(value.lower().removeprefix("$"), value)
                made.append(Argument(name, known, text=word))
            else:
                made.append(Argument(name, text=word))
        else:
            made.append(word)
    return made


def run_file(path: Path, words: Sequence[str], options: Options, *, strict: bool = False) -> int:
    """Run a script file, or a page's PowerShell; its exit code.

    Errors that end it are shown on standard error, and the code is 1. So is what was mended in a page; with
    `strict`, such a page is not run, and the code is 1 as well.
    """
    script = read_script(path)
    for mending in script.mendings:
        sys.stderr.write(f"{path}:{mending.line}:{mending.column}: {mending.sentence}\n")
    if strict and script.mendings:
        return 1
    host = Host()
    session = host.runtime = Runtime(host, options)
    screen = host.screen = Screen(host.write, host.width - 1)
    code = 1
    try:
        piped = sys.stdin is not None and not sys.stdin.isatty() and _uses_input(script.text)
        code = session.run_text(
            script.text,
            screen.put,
            file=str(path.resolve()),
            arguments=file_arguments(words),
            input_=StandardInput() if piped else None,
        )
    except (KeyboardInterrupt, BrokenPipeError, SystemExit):
        raise
    except Flow:
        code = 0
    except Exception as error:
        session.left = True
        screen.flush(left=True)
        record = record_of(error)
        locate(record, error, (0, 1), None)
        host.error_record(record)
        code = 1
    screen.flush(left=session.left)
    host.flush()
    return code & 0xFF if code >= 0 else code & 0xFFFFFFFF
