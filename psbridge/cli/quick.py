"""A plain command line read without typer's checks, which load pydantic: a fifth of a short run, and 8 MiB.

Only what leaves no doubt is read here: known options by their whole names, each once, with a value of its
type. Everything else is typer's to read, or to refuse in its words: nothing is seen of this but the time.
"""

from __future__ import annotations

import os
import re
import typing
from collections.abc import Callable, Sequence
from pathlib import Path
from types import UnionType
from typing import Any

import typer

_WHOLE = re.compile(r"[0-9]{1,15}", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,15})?", re.ASCII)
_READERS: dict[Any, Callable[[str], Any]] = {
    str: str,
    Path: Path,
    int: lambda word: int(word) if _WHOLE.fullmatch(word) else None,
    float: lambda word: float(word) if _NUMBER.fullmatch(word) else None,
}


_EXPANDED = re.compile(r"[*?\[~$%]" if os.name == "nt" else r"(?!)")  # what typer makes of words on Windows


def do(command: Callable[..., Any], words: Sequence[str]) -> int | None:
    """Do a command; its exit code, or None where typer has to read the words, and nothing was done."""
    given = read(command, words)
    if given is None:
        return None
    try:
        command(**given)
    except typer.Exit as end:
        return end.exit_code
    return 0


def read(command: Callable[..., Any], words: Sequence[str]) -> dict[str, Any] | None:
    """A typer command's arguments by name, from its words; None where typer has to read them."""
    options, arguments = _declared(command)
    given: dict[str, Any] = {}
    rest = iter(words)
    for word in rest:
        if _EXPANDED.search(word):
            return None
        name, kind = arguments[0] if arguments else ("", str)
        value: str | None = word
        if word.startswith("-") and word != "-":
            option, equals, behind = word.partition("=")
            name, kind = options.get(option, ("", str))
            if kind is bool and not equals:
                if name in given:
                    return None
                given[name] = True
                continue
            value = behind if equals else next(rest, None)
        elif arguments:
            del arguments[0]
        reader = _READERS.get(kind)
        if not name or name in given or reader is None or value is None:
            return None
        if (value.startswith("-") and value != "-") or _EXPANDED.search(value):
            return None
        given[name] = reader(value)
        if given[name] is None:
            return None
    return None if arguments else given


def _declared(command: Callable[..., Any]) -> tuple[dict[str, tuple[str, Any]], list[tuple[str, Any]]]:
    """(options by their names on the line, arguments in order), each its parameter's name and type."""
    options: dict[str, tuple[str, Any]] = {}
    arguments: list[tuple[str, Any]] = []
    for name, hint in typing.get_type_hints(command, include_extras=True).items():
        if typing.get_origin(hint) is typing.Union:  # Python 3.10 makes it optional where the default is None
            whole = (one for one in typing.get_args(hint) if typing.get_origin(one) is typing.Annotated)
            hint = next(whole, hint)
        if typing.get_origin(hint) is not typing.Annotated:
            continue  # what it returns
        kind, info = typing.get_args(hint)
        if typing.get_origin(kind) in (UnionType, typing.Union):
            kind = next(one for one in typing.get_args(kind) if one is not type(None))
        if type(info).__name__ == "ArgumentInfo":
            arguments.append((name, kind))
            continue
        limited = info.min is not None or info.max is not None or info.callback is not None
        # In an annotation the first of its names stands where a default would.
        stated = [one for one in (info.default, *(info.param_decls or ())) if str(one).startswith("-")]
        for flag in stated or (f"--{name.replace('_', '-')}",):
            options[flag] = (name, None if limited else kind)
    return options, arguments
