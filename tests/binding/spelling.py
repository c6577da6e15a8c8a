"""How a measured call spells its arguments.

A measured line's neutral JSON has the arguments' values; PowerShell also sees how the script spells them.
A bare `1.0` keeps its text, a bare `5` is a number even where a word could stand, while a bare `-5` and
`[type]::member` are words. This reads that much, and no more, from the script's text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from psbridge.binding import Argument, Literal, net_text
from psbridge.binding.numbers import scan

_NUMBER = re.compile(r"(?:\d|\.\d)[\w.+-]*")
_SIGNED = re.compile(r"[-+]\.?\d[\w.]*")


def words(script: str, command: str) -> list[str]:
    """The words after the command's name, quotes and brackets kept."""
    start = script.rfind(f"{command} ")
    if start < 0:
        return []
    found = [""]
    depth = 0
    quote = ""
    for character in script[start + len(command) :].strip():
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        if character == " " and not depth and not quote:
            if found[-1] and not found[-1].endswith(","):
                found.append("")
        else:
            found[-1] += character
    return [word for word in found if word and not word.startswith("@splat")]


def spelt(value: object, word: str) -> Iterator[object]:
    """The value, or values, that PowerShell makes of this word."""
    if word.startswith("["):
        head, bracket, rest = word.partition("(")
        yield head
        if bracket:
            inner = [item.strip() for item in rest.removesuffix(")").split(",")]
            numbers = [scan(item) if _NUMBER.fullmatch(item) else item for item in inner]
            yield numbers
        return
    number = scan(word) if _NUMBER.fullmatch(word) else None
    if _SIGNED.fullmatch(word):
        yield word
    elif number is None:
        yield value
    else:
        yield number if net_text(number) == word else Literal(number, word)


Described = tuple[str | None, bool, bool, object]


def tokens(arguments: list[Described], script: str, command: str) -> list[Argument]:
    """The call's tokens, spelt as the script does.

    Args:
        arguments: each one's name, whether it has a value, whether a colon joins the two, and the value.
        script: the script's text.
        command: the command it calls.
    """
    spelling = words(script, command)
    found: list[Argument] = []
    index = 0
    for name, has_value, colon, value in arguments:
        if name is not None and not has_value:
            found.append(Argument(name))
            index += 1
            continue
        if name is not None and colon:
            word = spelling[index].partition(":")[2] if index < len(spelling) else "'"
            index += 1
            found.append(Argument(name, next(iter(spelt(value, word))), text=f"-{name}:"))
            continue
        if name is not None:
            found.append(Argument(name))
            index += 1
        word = spelling[index] if index < len(spelling) else "'"
        index += 1
        found += [Argument(value=item) for item in spelt(value, word)]
    return found
