"""Patterns of .NET as those of Python's `re`, where both mean the same. Knows nothing of statements."""

from __future__ import annotations

import re

from .code import quoted

_REFUSED = re.compile(
    r"\\[pPGeckKxXzZ]|\(\?>|\(\?\(|\(\?<\w+-|\(\?'|\{,|-\[|\[\[|\(\?[a-z]*n|[*+?}][+]|\(\?[a-z-]+:"
)
_GROUP = re.compile(r"\(\?<(?![=!])")
_NAME = re.compile(r"\(\?P?<\w+>|\\.|\(\?[a-z]+\)")
_DOLLAR = re.compile(r"\$(\$|&|\d{1,2}|\{\w+\})")


def python_pattern(text: str) -> str | None:
    r"""The pattern as Python has it; None where it would mean something else.

    >>> python_pattern(r"(?<year>\d{4})-\d\d")
    '(?P<year>\\d{4})-\\d\\d'
    """
    if _REFUSED.search(text):
        return None
    made = _GROUP.sub("(?P<", text)
    try:
        re.compile(made)
    except (re.error, OverflowError):
        return None
    return made


def minds_case(text: str) -> bool:
    """Whether a pattern has letters that stand for themselves."""
    return any(letter.isalpha() for letter in _NAME.sub("", text))


def groups_of(pattern: str) -> dict[str, tuple[str, bool]]:
    """The groups of a pattern of Python's by their name in lower case: its index, and whether it is set.

    A group that may be left out of a match is none that is surely set.
    """
    compiled = re.compile(pattern)
    sure = not re.search(r"\||\)[?*]|\)\{0", pattern)
    names = {name.lower(): (quoted(name), sure) for name in compiled.groupindex}
    named = set(compiled.groupindex.values())
    unnamed = [number for number in range(1, compiled.groups + 1) if number not in named]
    numbered = {str(place): (str(number), sure) for place, number in enumerate(unnamed, 1)}
    return {"0": ("0", True), **numbered, **names}


def python_replacement(text: str, pattern: str) -> str | None:
    """A replacement as Python has it; None where it would mean something else."""
    compiled = re.compile(pattern)
    rest = _DOLLAR.sub("", text)
    if "$" in rest or (compiled.groupindex and re.search(r"\$\d", text)):
        return None

    def one(found: re.Match[str]) -> str:
        name = found.group(1)
        if name == "$":
            return "$"
        return rf"\g<{'0' if name == '&' else name.strip('{}')}>"

    for found in _DOLLAR.finditer(text):
        name = found.group(1).strip("{}")
        if name.isdigit() and int(name) > compiled.groups:
            return None
        if not name.isdigit() and name not in ("$", "&", *compiled.groupindex):
            return None
    return _DOLLAR.sub(one, text.replace("\\", "\\\\"))


def raw(text: str) -> str:
    """A pattern as a literal, raw where it has backslashes."""
    if "\\" in text and '"' not in text and not text.endswith("\\") and text.isprintable():
        return f'r"{text}"'
    return quoted(text)


__all__ = ["groups_of", "minds_case", "python_pattern", "python_replacement", "raw"]
