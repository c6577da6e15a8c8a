"""JSON as Newtonsoft's reader takes it: bare and single-quoted names, comments, gaps; its words for the rest.

Used when a text is not plain JSON. Its sentences, places and paths are measured ones.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Callable
from typing import Any

from psbridge.binding.digits import digits_of

_NUMBER = re.compile(r"[-+0-9.a-fA-FxX]*")
_DECIMAL = re.compile(r"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_NAME = re.compile(r"[A-Za-z0-9_$]+")
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "\\": "\\", "/": "/", '"': '"', "'": "'"}
_WORDS = {"true": True, "false": False, "null": None, "undefined": None}
_REAL = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_PLAIN_NAME = re.compile(r"[^ '.\[\]()\"\\/\t\r\n]*")


class JsonFault(ValueError):
    """The text is not JSON; as a sentence."""


class _Ended(Exception):
    """The text ended between the values of an array at the top: what there is counts."""


class JsonReader:
    """Reads one text."""

    def __init__(
        self,
        text: str,
        pairs: Callable[[list[tuple[str, Any]]], Any],
        integer: Callable[[str], Any],
        depth: int,
    ) -> None:
        self.text = text
        self.size = len(text)
        self.at = 0
        self.pairs = pairs
        self.integer = integer
        self.depth = depth
        self.path: list[str | int] = []
        self.level = 0
        self.top_is_list = False

    def read(self) -> Any:
        """The value.

        Raises:
            JsonFault: it is not JSON.
        """
        self.blank()
        if self.at >= self.size:
            return None
        value = self.value()
        self.blank()
        if self.at < self.size:
            self.path = []
            raise self.fault(
                f"Additional text encountered after finished reading JSON content: {self.text[self.at]}."
            )
        return value

    # Where reading is

    def shown_path(self) -> str:
        """The path as a message has it: `a.b[1]['with blank']`."""
        shown = ""
        for part in self.path:
            if isinstance(part, int):
                shown += f"[{part}]" if part >= 0 else ""
            elif _PLAIN_NAME.fullmatch(part):
                shown += f".{part}" if shown else part
            else:
                shown += f"['{part}']"
        return shown

    def fault(self, sentence: str, at: int | None = None) -> JsonFault:
        """An error here."""
        at = self.at if at is None else at
        start = self.text.rfind("\n", 0, at) + 1
        line, position = self.text.count("\n", 0, at) + 1, at - start
        if at == 0:
            line = 0
        return JsonFault(f"{sentence} Path '{self.shown_path()}', line {line}, position {position}.")

    def ended(self) -> Exception:
        """The end of the text, where something is missing."""
        if self.level <= 1 and not self.top_is_list:
            return self.fault("Unexpected end when deserializing object.", self.size)
        if self.path and isinstance(self.path[-1], (int, str)):
            self.path = self.path[:-1]
        return JsonFault(f"Unexpected end when reading token. Path '{self.shown_path()}'.")

    def blank(self) -> None:
        """Skip white space and comments."""
        while self.at < self.size:
            if self.text[self.at].isspace():
                self.at += 1
            elif self.text[self.at] == "/":
                self.comment()
            else:
                return

    def comment(self) -> None:
        """Skip a comment."""
        opening = self.text[self.at : self.at + 2]
        if opening == "//":
            end = self.text.find("\n", self.at)
            self.at = self.size if end < 0 else end
            return
        end = self.text.find("*/", self.at + 2) if opening == "/*" else -1
        if opening not in ("/*", "/"):
            raise self.fault(f"Error parsing comment. Expected: *, got {opening[1:]}.", self.at + 1)
        if end < 0:
            raise self.fault("Unexpected end while parsing comment.", self.size)
        self.at = end + 2

    # Values

    def value(self) -> Any:
        """The value that begins here."""
        character = self.text[self.at]
        if character == "{":
            return self.object()
        if character == "[":
            if not self.level:
                self.top_is_list = True
            return self.array()
        if character in "\"'":
            return self.string()
        if character in "tfnuNI" or self.text.startswith("-I", self.at):
            return self.word()
        if character.isdigit() or character in "-.":
            return self.number()
        if character == "]":
            raise self.fault("JsonToken EndArray is not valid for closing JsonType None.", self.at + 1)
        raise self.fault(f"Unexpected character encountered while parsing value: {character}.")

    def word(self) -> Any:
        """`true`, `null`, `NaN`, or `new Date(0)`."""
        found = re.compile(r"-?[A-Za-z]+").match(self.text, self.at)
        text = found.group() if found is not None else ""
        start, end = self.at, self.at + len(text)
        if text in _WORDS or text in _REAL:
            self.at = end
            return _WORDS[text] if text in _WORDS else _REAL[text]
        made = re.compile(r"new\s+Date\((-?\d+)\)").match(self.text, self.at)
        if made is not None:
            self.at = made.end()
            moment = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
            return moment + datetime.timedelta(milliseconds=int(made[1]))
        if end >= self.size and any(word.startswith(text) for word in (*_WORDS, *_REAL, "new")):
            raise self.fault("Unexpected end when reading JSON.", self.size)
        kinds = {"t": ("true", "boolean"), "f": ("false", "boolean"), "n": ("null", "null")}
        wanted, kind = kinds.get(text[:1], (text, "undefined"))
        if text[:2] == "ne":
            raise self.fault("Unexpected content while parsing JSON.", start + 2)
        if text[:1] == "n" and text[1:2] != "u":
            raise self.fault(f"Unexpected character encountered while parsing value: {text[0]}.")
        same = 0
        while same < min(len(text), len(wanted)) and text[same] == wanted[same]:
            same += 1
        raise self.fault(f"Error parsing {kind} value.", start + same)

    def number(self) -> Any:
        """A number."""
        found = _NUMBER.match(self.text, self.at)
        text = found.group() if found is not None else ""
        self.at += len(text)
        if self.at < self.size and self.text[self.at] not in " \t\r\n,}]):/":
            raise self.fault(f"Unexpected character encountered while parsing number: {self.text[self.at]}.")
        if re.fullmatch(r"-?0[xX][0-9a-fA-F]+", text):
            return self.integer(digits_of(int(text, 16)))
        if re.fullmatch(r"-?[0-9]+", text):
            octal = re.fullmatch(r"-?0[0-7]+", text)
            return self.integer(digits_of(int(text, 8)) if octal else text)
        if _DECIMAL.fullmatch(text):
            return float(text)
        raise self.fault(f"Input string '{text}' is not a valid number.")

    def string(self) -> str:
        """A text between quotes of either kind."""
        quote = self.text[self.at]
        self.at += 1
        parts: list[str] = []
        while True:
            if self.at >= self.size:
                raise self.fault(f"Unterminated string. Expected delimiter: {quote}.", self.size)
            character = self.text[self.at]
            self.at += 1
            if character == quote:
                return "".join(parts).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            parts.append(self.escape(quote) if character == "\\" else character)

    def escape(self, quote: str) -> str:
        """What stands after a backslash."""
        letter = self.text[self.at : self.at + 1]
        if not letter:
            raise self.fault(f"Unterminated string. Expected delimiter: {quote}.", self.size)
        self.at += 1
        if letter == "u":
            digits = self.text[self.at : self.at + 4]
            if len(digits) < 4:
                raise self.fault("Unexpected end while parsing Unicode escape sequence.")
            if not re.fullmatch("[0-9a-fA-F]{4}", digits):
                raise self.fault(f"Invalid Unicode escape sequence: \\u{digits}.")
            self.at += 4
            return chr(int(digits, 16))
        if letter not in _ESCAPES:
            raise self.fault(f"Bad JSON escape sequence: \\{letter}.")
        return _ESCAPES[letter]

    def deeper(self) -> None:
        """One container further in."""
        self.level += 1
        if self.level > self.depth:
            raise self.fault(f"The reader's MaxDepth of {self.depth} has been exceeded.", self.at + 1)

    def array(self) -> list[Any]:
        """`[...]`; a gap between commas is a null."""
        self.deeper()
        self.path.append(-1)
        self.at += 1
        items: list[Any] = []
        try:
            while True:
                self.blank()
                if self.at >= self.size:
                    raise self.ended()
                if self.text[self.at] == "]":
                    break
                if self.text[self.at] == ",":
                    self.path[-1] = len(items)
                    items.append(None)
                    self.at += 1
                    continue
                if self.text[self.at] not in "{[\"'tfnuNI-." and not self.text[self.at].isdigit():
                    self.value()
                before = self.path[-1]
                self.path[-1] = len(items)
                items.append(None)
                items[-1] = self.element(before)
                if self.after_value("]"):
                    break
            self.at += 1
        except _Ended:
            if self.level > 1:
                self.level -= 1
                self.path.pop()
                raise _Partial(self.pairs, items) from None
        except _Partial as partial:
            items[-1] = partial.value
            if self.level > 1:
                self.level -= 1
                self.path.pop()
                raise _Partial(self.pairs, items) from None
        self.level -= 1
        self.path.pop()
        return items

    def element(self, before: str | int) -> Any:
        """An element; until a simple one is read, the path is that of the one before."""
        place = self.path[-1]
        if self.text[self.at] not in "{[":
            self.path[-1] = before
        value = self.value()
        self.path[-1] = place
        return value

    def object(self) -> Any:
        """`{...}`."""
        self.deeper()
        self.at += 1
        found: list[tuple[str, Any]] = []
        named = False
        try:
            while True:
                self.blank()
                if self.at >= self.size:
                    if not named:
                        self.path.append(-1)
                    if self.level == 1 and not named:
                        raise self.fault("Unexpected end when reading JSON.", self.size)
                    raise self.ended()
                if self.text[self.at] == "}":
                    break
                name = self.name()
                if named:
                    self.path.pop()
                self.path.append(name)
                named = True
                self.blank()
                if self.at >= self.size:
                    raise self.ended()
                if self.text[self.at] == ",":  # nothing between colon and comma
                    found.append((name, None))
                    self.at += 1
                    continue
                found.append((name, None))
                found[-1] = (name, self.value())
                if self.after_value("}"):
                    break
            self.at += 1
        except (_Ended, _Partial) as stopped:
            if isinstance(stopped, _Partial):
                found[-1] = (found[-1][0], stopped.value)
            self.level -= 1
            self.path.pop()
            raise _Partial(self.pairs, found, True) from None
        if named:
            self.path.pop()
        self.level -= 1
        return self.pairs(found)

    def name(self) -> str:
        """A property's name and its colon."""
        character = self.text[self.at]
        if character in "\"'":
            name = self.string()
        else:
            bare = _NAME.match(self.text, self.at)
            if bare is None:
                raise self.fault(f"Invalid property identifier character: {character}.")
            self.at = bare.end()
            name = bare.group()
            if self.at >= self.size:
                raise self.fault("Unexpected end while parsing unquoted property name.")
        self.blank()
        following = self.text[self.at : self.at + 1] or "\0"
        if following != ":":
            raise self.fault(
                f"Invalid character after parsing property name. Expected ':' but got: {following}."
            )
        self.at += 1
        return name

    def after_value(self, closing: str) -> bool:
        """Go past a comma; whether the container ends here instead."""
        self.blank()
        if self.at >= self.size:
            if self.top_is_list:
                raise _Ended
            raise self.fault("Unexpected end when deserializing object.", self.size)
        character = self.text[self.at]
        if character == ",":
            self.at += 1
            return False
        if character == closing:
            return True
        if character in "]}":
            token, kind = ("EndArray", "Object") if character == "]" else ("EndObject", "Array")
            self.path.pop()
            raise self.fault(f"JsonToken {token} is not valid for closing JsonType {kind}.", self.at + 1)
        raise self.fault(f"After parsing a value an unexpected character was encountered: {character}.")


class _Partial(Exception):
    """A container that the end of the text cut off, inside an array at the top."""

    def __init__(self, pairs: Callable[[Any], Any], items: Any, is_object: bool = False) -> None:
        super().__init__()
        self.value = pairs(items) if is_object else items
