"""A string that matches a regular expression, for schemas that demand one.

Reads literals, classes, escapes, groups, alternations and quantifiers; the result is checked with `re`, so an
expression beyond this (look-arounds, back-references) is an error and never a wrong string.
"""

from __future__ import annotations

import re
import string

from .checks import SchemaError
from .expressions import TooSlow, first

_USUAL = (
    "offline",
    "0",
    "1",
    "a",
    "A",
    "2025-01-01",
    "offline@example.com",
    "https://example.com/",
    "+15550100",
)
_CLASSES = {
    "d": string.digits,
    "w": string.ascii_lowercase + string.digits + "_" + string.ascii_uppercase,
    "s": " ",
}
_ALL = string.ascii_lowercase + string.digits + string.ascii_uppercase + string.punctuation + " "
_LARGEST = 100_000
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v"}


def matching(pattern: str, least: int = 0, most: int | None = None, variant: int = 0) -> str:
    """A string of `least`..`most` characters in which `re.search(pattern)` finds a match.

    Raises:
        SchemaError: not a regular expression, or none was found.
    """
    try:
        re.compile(pattern)
        candidates: list[str] = [*(() if variant else _USUAL), *_made(pattern, least, variant)]
        fitting = tuple(one for one in candidates if least <= len(one) and (most is None or len(one) <= most))
        place = first(pattern, fitting)
    except (re.error, TypeError, OverflowError) as error:
        raise SchemaError(f"its pattern is no regular expression ({error})") from None
    except TooSlow:
        raise SchemaError("its pattern takes too long to match") from None
    if place < 0:
        raise SchemaError(f"no string was found that matches the pattern {pattern!r}")
    return fitting[place]


def _made(pattern: str, least: int, variant: int) -> list[str]:
    """Candidates with repetitions at their least, then stretched one by one until `least` is reached."""
    made: list[str] = []
    for extra in (0, 1, 2, 4, 8, 16, 32, 64, least):
        try:
            text = _Reader(pattern, extra, variant).read()
        except (IndexError, ValueError):
            return made
        made += [text, text + "x" * max(least - len(text), 0), "x" * max(least - len(text), 0) + text]
    return made


class _Reader:
    """One pass over the expression, writing the shortest match with repetitions stretched by `extra`."""

    def __init__(self, pattern: str, extra: int, variant: int) -> None:
        self.pattern = pattern
        self.at = 0
        self.extra = extra
        self.variant = variant

    def read(self) -> str:
        """The first alternative of the expression from here to its end or the closing parenthesis."""
        options = [self._sequence()]
        while self.at < len(self.pattern) and self.pattern[self.at] == "|":
            self.at += 1
            options.append(self._sequence())
        return options[self.variant % len(options)]

    def _sequence(self) -> str:
        written: list[str] = []
        while self.at < len(self.pattern) and self.pattern[self.at] not in "|)":
            start = self.at
            atom = self._atom()
            low, high = self._repeat()
            count = low + self.extra if high is None else min(low + self.extra, high)
            if count > _LARGEST or count * len(atom) > _LARGEST:
                raise ValueError("a repetition out of all proportion")
            for _ in range(count):
                if self.variant and count > 1 and self.pattern[start] in "[\\." and not written:
                    written.append(self._again(start, self.variant))
                else:
                    written.append(atom)
        return "".join(written)

    def _again(self, start: int, variant: int) -> str:
        """The atom at `start` once more, with another member of its class."""
        inner = _Reader(self.pattern, self.extra, variant)
        inner.at = start
        return inner._atom()

    def _atom(self) -> str:
        mark = self.pattern[self.at]
        self.at += 1
        if mark in "^$":
            return ""
        if mark == ".":
            return self._pick(_ALL)
        if mark == "[":
            return self._pick(self._class())
        if mark == "\\":
            return self._pick(self._escape())
        if mark == "(":
            if self.pattern[self.at] == "?":
                head = re.match(r"\?(?::|P?<[A-Za-z_]\w*>)", self.pattern[self.at :])
                if head is None:
                    raise ValueError("a group beyond what is read here")
                self.at += head.end()
            inner = self.read()
            self.at += 1
            return inner
        return mark

    def _pick(self, members: str) -> str:
        return members[self.variant % len(members)] if members else ""

    def _escape(self) -> str:
        mark = self.pattern[self.at]
        self.at += 1
        if mark in _CLASSES:
            return _CLASSES[mark]
        if mark.lower() in _CLASSES:
            return "".join(sign for sign in _ALL if sign not in _CLASSES[mark.lower()])
        if mark in "bBAZzG":
            return ""
        if mark.isdigit():
            raise ValueError("a back-reference")
        if mark in "xu":
            width = 2 if mark == "x" else 4
            self.at += width
            return chr(int(self.pattern[self.at - width : self.at], 16))
        return _ESCAPES.get(mark, mark)

    def _class(self) -> str:
        negated = self.pattern[self.at] == "^"
        self.at += negated
        members = ""
        first = True
        while first or self.pattern[self.at] != "]":
            first = False
            mark = self.pattern[self.at]
            self.at += 1
            some = self._escape() if mark == "\\" else mark
            if len(some) == 1 and self.pattern[self.at] == "-" and self.pattern[self.at + 1] != "]":
                self.at += 1
                end = self.pattern[self.at]
                self.at += 1
                end = self._escape() if end == "\\" else end
                some = "".join(map(chr, range(ord(some), min(ord(end), ord(some) + 127) + 1)))
            members += some
        self.at += 1
        return "".join(sign for sign in _ALL if sign not in members) if negated else members

    def _repeat(self) -> tuple[int, int | None]:
        """(least, most) times the atom just read; most is None without a bound."""
        rest = self.pattern[self.at :]
        found = re.match(r"(?:([*+?])|\{(\d*)(,?)(\d*)\})[?+]?", rest)
        if found is None or rest.startswith(("{}", "{,}")):
            return 1, 1
        self.at += found.end()
        if found[1]:
            return {"*": (0, None), "+": (1, None), "?": (0, 1)}[found[1]]
        least = int(found[2] or 0)
        if not found[3]:
            return least, least
        return least, int(found[4]) if found[4] else None
