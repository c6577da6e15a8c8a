"""A script beside its Python: both run, each in a folder of its own, and what they did is compared.

Each run is a process of its own, in a copy of the script's folder, against an offline server of its own.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .parsing import parse
from .translate import Ported
from .translate.lookups import resolved
from .translate.nodes import aliases_of

MOST_FILES = 2000
"""How many files a script's folder may have to be copied."""
TIMEOUT = 120.0
"""Seconds that a run may take."""


@dataclass
class Did:
    """What a run did: its streams, exit code, the files it wrote, and the requests it sent."""

    output: str = ""
    errors: str = ""
    code: int = 0
    files: dict[str, bytes] = field(default_factory=dict)
    requests: list[Any] = field(default_factory=list)


def compared(
    path: Path,
    text: str,
    ported: Ported,
    words: Sequence[str] = (),
    *,
    server: Any,
    powershell: str | None = None,
) -> list[tuple[str, str]]:
    """Run a script, its Python, and where there is one a PowerShell; what differs.

    Args:
        path: the script's file; a copy of its folder is what each run finds.
        text: its PowerShell, of a page the page's.
        ported: its Python.
        words: the script's arguments, as `pwsh -File` takes them.
        server: gives an offline server as a context manager, with `base_url` and `requests`.
        powershell: a PowerShell, to be compared as well.

    Returns:
        Pairs of what differs (`output`, `exit code`, `files`, `requests`) and a sentence that says how, each
        against `psbridge run-script`; empty if all agree.

    Raises:
        OSError: the folder cannot be copied.
    """
    name = f"{path.stem}.ps1"
    ours = [sys.executable, "-m", "psbridge", "run-script", name, *words]
    python = [sys.executable, "_ported_.py", *command_line(words, ported.text, text)]
    files = {"_ported_.py": ported.text, **ported.modules}
    script = _run(path, {name: text}, ours, server)
    sides = {"the Python": _run(path, files, python, server)}
    if powershell is not None:
        command = [powershell, "-NoProfile", "-NonInteractive", "-File", name, *words]
        sides["PowerShell"] = _run(path, {name: text}, command, server)
    return [one for side, did in sides.items() for one in _differences(side, script, did)]


def option(word: str) -> str:
    """A script's argument as its Python takes it: `-OutPath` is `--out-path`.

    >>> option("-OutPath"), option("-5")
    ('--out-path', '-5')
    """
    if not re.fullmatch(r"-[A-Za-z]\w*:?", word):
        return word
    return "--" + re.sub(r"([a-z0-9])([A-Z])", r"\1-\2", word[1:].rstrip(":")).lower()


def _parts(word: str) -> list[str]:
    """`-Depth:2` as the name and its value; a switch is there or not."""
    match = re.fullmatch(r"(-[A-Za-z]\w*):(.+)", word, re.DOTALL)
    if match is None:
        return [word]
    value = match[2].lower().removeprefix("$")
    if value in ("true", "false"):
        return [match[1]] if value == "true" else []
    return [match[1], match[2]]


def _full(words: Sequence[str], script: str) -> list[str]:
    """The arguments with the whole names of the parameters, which may be given by aliases or prefixes."""
    block = parse(script).tree.param_block if script else None
    names: dict[str, tuple[str, bool]] = {}
    for parameter in block.parameters if block is not None else []:
        name = parameter.name.variable_path
        names |= {one.lower(): (name, False) for one in (name, *aliases_of(parameter))}

    def full(match: re.Match[str]) -> str:
        return f"-{resolved(match[1].lower(), names, match[1])[0]}"

    return [re.sub(r"\A-([A-Za-z]\w*)(?=:|\Z)", full, word) for word in words]


def _declared(python: str) -> tuple[list[str], list[str], bool]:
    """What a script's Python takes: by place, by name with a value, and whether a place takes many."""
    places, named, many = [], [], False
    for node in ast.walk(ast.parse(python)):
        if not isinstance(node, ast.Call) or getattr(node.func, "attr", "") != "add_argument":
            continue
        options = {one.arg: getattr(one.value, "value", None) for one in node.keywords}
        name = getattr(node.args[0], "value", "")
        if not name.startswith("-"):
            places.append(name)
            many = many or options.get("nargs") in ("*", "+")
        elif options.get("action") != "store_true":
            named.append(name.removeprefix("--"))
    return places, named, many


def command_line(words: Sequence[str], python: str, script: str = "") -> list[str]:
    """A script's arguments as its Python takes them: options by name, and what has a place in its place.

    PowerShell gives any parameter a value by name or by place; the Python has a place for what is mandatory,
    and names for the rest.

    Args:
        words: the arguments, as after the name of the script.
        python: the text of the script's Python.
        script: its PowerShell, whose parameters may have other names too.

    >>> text = 'parser.add_argument("word", type=str)' + chr(10) + 'parser.add_argument("--times", type=int)'
    >>> command_line(["-Times", "3", "-Word", "hi"], text), command_line(["hi", "3"], text)
    (['hi', '--times', '3'], ['hi', '--times', '3'])
    >>> command_line(["-Set", "a=1"], 'parser.add_argument("set_", type=str)' + chr(10) + 'import argparse')
    ['a=1']
    >>> command_line(["-Word", "hi", "3", "stray"], text)
    ['hi', 'stray', '--times', '3']
    >>> command_line(["-q", "hi"], text, "param([Alias('q')][string]$Word, [int]$Times)")
    ['hi']
    """
    words = _full(words, script)
    if "add_argument" not in python:
        return list(words)
    places, named, many = _declared(python)
    given: dict[str, str] = {}
    options: list[str] = []
    rest: list[str] = []
    waiting = [part for word in words for part in _parts(word)]
    while waiting:
        word = waiting.pop(0)
        plain = option(word)
        if plain == word or not plain.startswith("--"):
            rest.append(word)
            continue
        name = plain[2:].replace("-", "_")
        place = next((one for one in places if one.rstrip("_") == name), None)
        if place is not None and waiting:
            given[place] = waiting.pop(0)
            continue
        options.append(plain)
        close = [one for one in named if one == plain[2:]] or [
            one for one in named if one.startswith(plain[2:])
        ]
        if close and waiting:
            named.remove(close[0])
            options.append(waiting.pop(0))
    free = [name for name in places if name not in given]
    if not many:
        for name, word in zip(named, rest[len(free) :], strict=False):
            options += [f"--{name}", word]
        rest = rest[: len(free)] + rest[len(free) + len(named) :]
    in_place = [given[name] if name in given else rest.pop(0) for name in places if name in given or rest]
    return [*in_place, *rest, *options]


def _run(path: Path, files: Mapping[str, str], command: list[str], server: Any) -> Did:
    with tempfile.TemporaryDirectory() as name, server() as service:
        folder = Path(name) / "work"
        _copy(path.resolve().parent, folder)
        for file, text in files.items():
            (folder / file).write_text(text, encoding="utf-8", newline="")
        before = _contents(folder)
        kept = {key: value for key, value in os.environ.items() if not key.upper().startswith("OPENAI")}
        environment = {
            **kept,
            "OPENAI_BASE_URL": service.base_url,
            "OPENAI_API_KEY": "sk-offline",
            "NO_COLOR": "1",
            "PYTHONWARNINGS": "ignore",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        try:
            ran = subprocess.run(
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=TIMEOUT,
            )
            output, errors, code = ran.stdout, ran.stderr, ran.returncode
        except subprocess.TimeoutExpired as late:
            output, errors, code = late.stdout or b"", late.stderr or b"", -1
        after = _contents(folder)
        place = str(folder).encode()
        return Did(
            output.replace(place, b".").decode("utf-8", "replace").replace("\r\n", "\n"),
            errors.decode("utf-8", "replace"),
            code,
            {key: data.replace(place, b".") for key, data in after.items() if before.get(key) != data},
            [_asked(request) for request in service.requests],
        )


def _copy(source: Path, target: Path) -> None:
    count = 0
    for folder, folders, names in os.walk(source):
        folders[:] = [one for one in folders if not one.startswith(".") and one != "__pycache__"]
        count += len(names)
        if count > MOST_FILES:
            raise OSError(f"the folder {source} has more than {MOST_FILES} files: compare in a smaller one")
        inside = target / Path(folder).relative_to(source)
        inside.mkdir(parents=True, exist_ok=True)
        for name in names:
            shutil.copy2(Path(folder) / name, inside / name)


def _contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def _asked(request: Any) -> tuple[str, str, Any]:
    try:
        body = json.loads(request.body) if request.body else None
    except ValueError:
        body = request.body
    return request.method, request.path, body


def _differences(side: str, script: Did, other: Did) -> list[tuple[str, str]]:
    made = []
    if script.code != other.code:
        why = other.errors.strip().splitlines()[-1:] if other.code else []
        said = f": {why[0]}" if why else ""
        made.append(("exit code", f"{script.code} of the script, {other.code} of {side}{said}"))
    if script.output != other.output:
        made.append(("output", f"{side} {_first(script.output.splitlines(), other.output.splitlines())}"))
    for name in sorted(script.files.keys() | other.files.keys()):
        one, two = script.files.get(name), other.files.get(name)
        if one != two:
            how = "is not written" if two is None else "is written as well" if one is None else "differs"
            made.append(("files", f"{name} {how} by {side}"))
    if script.requests != other.requests:
        counts = len(script.requests), len(other.requests)
        how = f"{counts[0]} of the script, {counts[1]} of {side}" if counts[0] != counts[1] else "differ"
        made.append(("requests", how if counts[0] != counts[1] else f"those of {side} {how}"))
    return made


def _first(one: list[str], other: list[str]) -> str:
    for number, (left, right) in enumerate(zip(one, other, strict=False), 1):
        if left != right:
            return f"puts out {right!r} where the script has {left!r}, line {number}"
    return f"puts out {len(other)} lines where the script has {len(one)}"


__all__ = ["Did", "command_line", "compared", "option"]
