r"""A .NET regular expression as Python's re has it, and .NET's words for what is wrong with one.

`compile_net` is the entrance; `net_pattern` gives back the text a compiled one was made from. What Python's
re cannot say is put in its nearest words: an atomic group is a plain one before Python 3.11, `\G` the start
of the text.
"""

from __future__ import annotations

import re
import sys
import unicodedata
import weakref
from functools import cache
from typing import Final, NoReturn

from psbridge.binding import messages
from psbridge.binding.digits import whole
from psbridge.binding.errors import NetError

_TEXTS: weakref.WeakKeyDictionary[re.Pattern[str], str] = weakref.WeakKeyDictionary()
_SAME: Final = frozenset("aAbBdDfnrsStvwW")
_OTHER: Final = {"e": "\\x1b", "z": "\\Z", "Z": "(?=\\n?\\Z)", "G": "\\A"}
_PLAIN_GROUPS: Final = ("?:", "?=", "?!", "?<=", "?<!")
_QUANTIFIER: Final = re.compile(r"[*+?]|\{\d+(?:,\d*)?\}", re.ASCII)
_NAMED: Final = re.compile(r"\?(?:<(\w+)>|'(\w+)')")
_OPTIONS: Final = re.compile(r"\?([imnsx]*)(?:-([imnsx]*))?([:)])")
_CONDITION: Final = re.compile(r"\?\((\w+)\)")
_NUMBER: Final = re.compile(r"\d+", re.ASCII)
# What opens no group: what is escaped, a set of characters, a comment, a group that is not numbered.
_NO_GROUP: Final = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?#[^)]*\)|\(\?", re.DOTALL)
_BLANKS: Final = frozenset("\t\n\v\f\r #")  # with what begins a comment
_OF_WORDS: Final = frozenset(("Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Nd", "Pc"))
_CATEGORIES: Final = frozenset(
    (
        *("L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc", "Pd"),
        *("Ps", "Pe", "Pi", "Pf", "Po", "S", "Sm", "Sc", "Sk", "So", "Z", "Zs", "Zl", "Zp", "C", "Cc", "Cf"),
        *("Cs", "Co", "Cn"),
    )
)


def compile_net(text: str, flags: int = 0) -> re.Pattern[str]:
    """The regular expression this .NET pattern means, with these flags of Python's re.

    Raises:
        NetError: .NET refuses the pattern; the text is its message.
    """
    translated = _Reader(text, extended=bool(flags & re.VERBOSE)).read()
    try:
        compiled = re.compile(translated, flags)
    except (re.error, OverflowError) as error:
        raise NetError(messages.BAD_PATTERN.format(text, len(text), f"{error}.")) from None
    _TEXTS[compiled] = text
    return compiled


def net_pattern(value: re.Pattern[str]) -> str:
    """The text a regular expression was made from."""
    return _TEXTS.get(value, str(value.pattern))


@cache
def _category(name: str) -> str:
    """The characters of a Unicode category, below U+10000, as the inside of a character set."""
    ranges: list[list[int]] = []
    for code in range(0x10000):
        if unicodedata.category(chr(code)).startswith(name):
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
    return "".join(f"\\u{first:04x}-\\u{last:04x}" for first, last in ranges)


class _Reader:
    """One pattern, read from left to right."""

    def __init__(self, text: str, *, extended: bool) -> None:
        self.text = text
        self.at = 0
        self.extended = extended  # white space and comments are left out where the pattern is read
        self.groups = [match[1] or match[2] for match in _NAMED.finditer(text)]
        self.count = _NO_GROUP.sub("", text).count("(") + len(self.groups)

    def fail(self, why: str, offset: int | None = None) -> NoReturn:
        raise NetError(messages.BAD_PATTERN.format(self.text, self.at if offset is None else offset, why))

    def read(self) -> str:
        """The whole pattern, translated."""
        out = self._alternatives(nested=False)
        if self.at < len(self.text):
            self.fail("Too many )'s.", self.at + 1)
        return out

    def _alternatives(self, *, nested: bool) -> str:
        out: list[str] = []
        options: list[str] = []  # that hold to the end of the group, over its alternatives
        repeatable = quantified = False
        while self.at < len(self.text):
            character = self.text[self.at]
            if character == ")":
                break
            if self.extended and character in _BLANKS:
                self._skip(character)
                continue
            quantifier = _QUANTIFIER.match(self.text, self.at)
            if quantifier is not None:
                out.append(self._quantifier(quantifier, repeatable, quantified))
                quantified = True
                continue
            repeatable, quantified = character != "|", False
            if character == "(":
                out.append(self._group(options))
            elif character == "[":
                out.append(self._set())
            elif character == "\\":
                out.append(self._escape())
            elif character == "|":
                self.at += 1
                out.append(f"{')' * len(options)}|{''.join(options)}")
            else:
                self.at += 1
                out.append(f"\\{character}" if character in "{" or character in _BLANKS else character)
        if nested and self.at >= len(self.text):
            self.fail("Not enough )'s.", len(self.text))
        return "".join(out) + ")" * len(options)

    def _skip(self, character: str) -> None:
        """Go past a blank, or a comment to the end of its line."""
        end = self.text.find("\n", self.at) if character == "#" else self.at
        self.at = end + 1 if end >= 0 else len(self.text)

    def _quantifier(self, match: re.Match[str], repeatable: bool, quantified: bool) -> str:
        first = match.group()[0]
        if quantified:
            self.fail(f"Nested quantifier '{first}'.", match.start() + 1)
        if not repeatable:
            self.fail(f"Quantifier '{first}' following nothing.", match.start() + 1)
        self.at = match.end()
        low, _, high = match.group().strip("{}").partition(",")
        for bound in (low, high):
            if bound.isdigit() and whole(bound) > 2147483647:
                self.fail(
                    "Quantifier and capture group numbers must be less than or equal to Int32.MaxValue.",
                    match.start() + 11,
                )
        if high.isdigit() and int(low) > int(high):
            self.fail("Illegal {x,y} with x > y.")
        if self.text.startswith("?", self.at):
            self.at += 1
            return match.group() + "?"
        return match.group()

    def _group(self, options: list[str]) -> str:
        """A group, or an inline option whose scope ends with the group it stands in: `options` takes it."""
        start = self.at + 1
        opening = "("
        self.at = start
        extended = self.extended
        if self.text.startswith("?#", start):
            end = self.text.find(")", start)
            if end < 0:
                self.fail("Unterminated (?#...) comment.", len(self.text))
            self.at = end + 1
            return ""
        if self.text.startswith("?", start):
            inline = _OPTIONS.match(self.text, start)
            named = _NAMED.match(self.text, start)
            condition = _CONDITION.match(self.text, start)
            plain = next((item for item in _PLAIN_GROUPS if self.text.startswith(item, start)), None)
            if named is not None:
                self.at = named.end()
                opening = f"(?P<{named[1] or named[2]}>"
            elif plain is not None:
                self.at += len(plain)
                opening += plain
            elif self.text.startswith("?>", start):
                self.at += 2
                opening += "?>" if sys.version_info >= (3, 11) else "?:"
            elif inline is not None:
                self.at = inline.end()
                self.extended = "x" in inline[1] or (self.extended and "x" not in (inline[2] or ""))
                on, off = (re.sub("[nx]", "", item or "") for item in inline.group(1, 2))
                opening = f"(?{on}{'-' + off if off else ''}:" if on or off else "(?:"
                if inline[3] == ")":
                    options.append(opening)
                    return opening
            elif condition is not None:
                opening = self._condition(condition)
            elif self.text.startswith("?(", start):
                opening += "?:"
                self.at += 1
            else:
                self.fail(
                    "Unrecognized grouping construct.",
                    min(start + 2, len(self.text))
                    if not self.text.startswith("?<", start)
                    else min(start + 3, len(self.text)),
                )
        inner = self._alternatives(nested=True)
        self.at += 1
        self.extended = extended
        return f"{opening}{inner})"

    def _condition(self, match: re.Match[str]) -> str:
        name = match[1]
        self.at = match.end()
        numbered = _NUMBER.fullmatch(name) is not None
        if numbered and whole(name) > self.count:
            why = f"Conditional alternation refers to an undefined group number {name}."
            self.fail(why, match.end())
        return f"(?({name})" if numbered or name in self.groups else f"(?:(?={name})"

    def _escape(self) -> str:
        start = self.at
        if start + 1 >= len(self.text):
            self.fail("Illegal \\ at end of pattern.", len(self.text))
        character = self.text[start + 1]
        self.at = start + 2
        if character in _SAME:
            return f"\\{character}"
        if character in _OTHER:
            return _OTHER[character]
        if _NUMBER.fullmatch(character):
            return self._back_reference()
        if character == "k":
            return self._named_reference()
        if character in "xuc":
            return self._code(character)
        if character in "pP":
            inside = self._property()
            return f"[{'^' if character == 'P' else ''}{inside}]"
        if unicodedata.category(character) in _OF_WORDS:
            self.fail(f"Unrecognized escape sequence \\{character}.")
        return re.escape(character)

    def _back_reference(self) -> str:
        match = _NUMBER.match(self.text, self.at - 1)
        assert match is not None
        number = match.group()
        if number[0] == "0":
            octal = re.compile("[0-7]{1,3}").match(self.text, self.at - 1)
            assert octal is not None
            self.at = octal.end()
            return f"\\x{int(octal.group(), 8):02x}"
        self.at = match.end()
        if whole(number) > self.count:
            self.fail(f"Reference to undefined group number {number}.")
        return f"(?:\\{number})"

    def _named_reference(self) -> str:
        match = re.compile(r"<(\w+)>|'(\w+)'").match(self.text, self.at)
        if match is None:
            self.fail("Malformed \\k<...> named back reference.")
        self.at = match.end()
        name = match[1] or match[2]
        numbered = _NUMBER.fullmatch(name) is not None
        if name not in self.groups and not (numbered and whole(name) <= self.count):
            self.fail(f"Reference to undefined group name '{name}'.")
        return f"(?:\\{name})" if numbered else f"(?P={name})"

    def _code(self, kind: str) -> str:
        if kind == "c":
            if self.at >= len(self.text):
                self.fail("Missing control character.")
            self.at += 1
            code = ord(self.text[self.at - 1].upper()) - 64
            if not 0 <= code < 32:
                self.fail("Unrecognized control character.")
            return f"\\x{code:02x}"
        length = 2 if kind == "x" else 4
        digits = self.text[self.at : self.at + length]
        if not re.fullmatch(f"[0-9a-fA-F]{{{length}}}", digits):
            self.fail("Insufficient or invalid hexadecimal digits.")
        self.at += length
        return f"\\{kind}{digits}"

    def _property(self) -> str:
        match = re.compile(r"\{([\w-]+)\}").match(self.text, self.at)
        if match is None:
            self.fail(
                "Incomplete \\p{X} character escape."
                if self.at >= len(self.text) - 1
                else "Malformed \\p{X} character escape."
            )
        self.at = match.end()
        if match[1] not in _CATEGORIES:
            self.fail(f"Unknown property '{match[1]}'.")
        return _category(match[1])

    def _set(self) -> str:
        """A character set; one set subtracted from it becomes a lookahead."""
        self.at += 1
        negated = self.text.startswith("^", self.at)
        self.at += negated
        inside: list[str] = []
        first = True
        without = ""
        previous: str | None = None
        while True:
            if self.at >= len(self.text):
                self.fail("Unterminated [] set.", len(self.text))
            if self.text[self.at] == "]" and not first:
                self.at += 1
                break
            if self.text.startswith("-[", self.at) and not first:
                self.at += 1
                without = f"(?!{self._set()})"
                continue
            first = False
            range_ = self.text[self.at] == "-" and previous is not None
            if range_ and self.text[self.at + 1 : self.at + 2] not in ("]", ""):
                self.at += 1
                last = self._member()
                self._check_order(previous, last)
                inside.append(f"-{last}" if len(last) < 7 and not _is_class(last) else f"\\-{last}")
                previous = None
                continue
            member = self._member()
            inside.append(member)
            previous = None if _is_class(member) else member
        return f"{without}[{'^' if negated else ''}{''.join(inside)}]"

    def _check_order(self, low: str | None, high: str) -> None:
        if low is not None and not _is_class(high) and _code_of(low) > _code_of(high):
            self.fail("[x-y] range in reverse order.")

    def _member(self) -> str:
        """One character, or one class, inside a set."""
        character = self.text[self.at]
        if character != "\\":
            self.at += 1
            return character if character.isalnum() else re.escape(character)
        if self.at + 1 >= len(self.text):
            self.fail("Illegal \\ at end of pattern.", len(self.text))
        following = self.text[self.at + 1]
        if following in "pP":
            self.at += 2
            return self._property()
        if following == "b":
            self.at += 2
            return "\\x08"
        if following in "AzZBGk":
            self.at += 2
            self.fail(f"Unrecognized escape sequence \\{following}.")
        return self._escape()


def _is_class(member: str) -> bool:
    return len(member) > 6 or (len(member) == 2 and member[0] == "\\" and member[1] in "dDsSwW")


def _code_of(member: str) -> int:
    if len(member) == 1:
        return ord(member)
    if member[1] in "xu" and len(member) > 2:
        return int(member[2:], 16)
    return ord({"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}.get(member[1], member[1]))
