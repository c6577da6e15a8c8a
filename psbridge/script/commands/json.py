"""ConvertTo-Json and ConvertFrom-Json, with PowerShell's types, depth and spellings."""

from __future__ import annotations

import datetime
import enum
import json
import math
import re
import uuid
from decimal import Decimal
from typing import Any

from psbridge.binding.dates import datetime_from_ticks
from psbridge.binding.digits import digits_of, whole
from psbridge.binding.errors import NetError
from psbridge.binding.numbers import net_text_of
from psbridge.binding.objects import bag_of, is_dictionary, is_list
from psbridge.binding.text import net_text, to_text
from psbridge.binding.values import DateTimeOffset, Int64, Uri
from psbridge.script.semantics import dateformat, members
from psbridge.script.semantics.text import NEWLINE
from psbridge.script.semantics.types import type_of
from psbridge.script.semantics.values import Bag, BigInteger, OrderedHashtable, Wrapped

from .calculated import listed_names
from .cmdlet import Cmdlet
from .jsonreader import JsonFault, JsonReader

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_CONTROL = re.compile(r'["\\\x00-\x1f\x85\u2028\u2029]')
_NON_ASCII = re.compile(r'["\\\x00-\x1f\x7f-\U0010ffff]')
_HTML = re.compile(r'["\\\x00-\x1f\x85\u2028\u2029<>&\']')


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    if character in _ESCAPES and character != "'":
        return _ESCAPES[character]
    code = ord(character)
    if code > 0xFFFF:
        code -= 0x10000
        return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"
    return f"\\u{code:04x}"


def _escape_html(match: re.Match[str]) -> str:
    character = match.group()
    return "\\u0022" if character == '"' else _escape(match)


class Writer:
    """Writes values as JSON."""

    def __init__(self, depth: int, *, compress: bool, enums: bool, handling: str) -> None:
        self.depth = depth
        self.compress = compress
        self.enums = enums
        self.truncated = False
        self.pattern = {"EscapeNonAscii": _NON_ASCII, "EscapeHtml": _HTML}.get(handling, _CONTROL)

    def text(self, value: str) -> str:
        return f'"{self.pattern.sub(_escape, value)}"'

    def write(self, value: Any, level: int = 0) -> str:
        """A value as JSON; `level` is how deep it lies."""
        if isinstance(value, Wrapped):
            return self._wrapped(value, level)
        simple = self._simple(value)
        if simple is not None:
            return simple
        if level > self.depth:
            self.truncated = True
            return self.text(to_text(value))
        if is_dictionary(value):
            return self._object([(_key(key), item) for key, item in value.items()], level)
        if is_list(value) or not isinstance(members.enumerate_value(value), tuple):
            return self._array(list(members.enumerate_value(value)), level)
        pairs = [(name, members.lookup(value, name)[1]) for name in _json_names(value)]
        return self._object(pairs, level)

    def _wrapped(self, value: Wrapped, level: int) -> str:
        added = [(one.name, one.read(value)) for one in value.members.values() if one.is_property]
        if not added or self._simple(value.value) is None:
            return self.write(value.value, level)
        return self._object([("value", value.value), *added], level)

    def _simple(self, value: Any) -> str | None:
        if value is None:
            return "null"
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, Uri):
            return self.text(str(value))
        if isinstance(value, str):
            return self.text(str(value))
        if isinstance(value, enum.Enum):
            return self.text(net_text(value)) if self.enums else str(int(value.value))
        if isinstance(value, int):
            return digits_of(value)
        if isinstance(value, float):
            return _number(value)
        if isinstance(value, Decimal):
            text = format(value, "f")
            return text if "." in text else f"{text}.0"
        if isinstance(value, datetime.datetime):
            return f'"{iso_text(value)}"'
        if isinstance(value, uuid.UUID):
            return f'"{value}"'
        if type_of(value).full_name == "System.DBNull":
            return "null"
        if type_of(value).full_name == "System.DateTimeOffset":
            return (
                f'"{iso_text(value.value.replace(tzinfo=None))}{dateformat.format_date(value.value, "zzz")}"'
            )
        return None

    def _array(self, items: list[Any], level: int) -> str:
        return self._joined([self.write(item, level + 1) for item in items], level, "[", "]")

    def _object(self, pairs: list[tuple[str, Any]], level: int) -> str:
        space = "" if self.compress else " "
        return self._joined(
            [f"{self.text(name)}:{space}{self.write(item, level + 1)}" for name, item in pairs],
            level,
            "{",
            "}",
        )

    def _joined(self, parts: list[str], level: int, opening: str, closing: str) -> str:
        if not parts:
            return opening + closing
        if self.compress:
            return f"{opening}{','.join(parts)}{closing}"
        inner = "  " * (level + 1)
        joined = f",{NEWLINE}{inner}".join(parts)
        return f"{opening}{NEWLINE}{inner}{joined}{NEWLINE}{'  ' * level}{closing}"


def _key(key: Any) -> str:
    return key if type(key) is str else to_text(key)


def _json_names(value: Any) -> list[str]:
    bag = bag_of(type(value))
    if bag is not None:
        return list(bag(value))
    return listed_names(value)


def _number(value: float) -> str:
    if not math.isfinite(value):
        return f'"{net_text_of(value)}"'
    text = net_text_of(value)
    if "E" in text or "." in text:
        return text
    return f"{text}.0"


def iso_text(value: datetime.datetime) -> str:
    """A DateTime as JSON has it."""
    text = dateformat.format_date(value, "yyyy-MM-ddTHH:mm:ss")
    fraction = f"{value.microsecond:06d}{getattr(value, 'rest', 0)}".rstrip("0")
    text += f".{fraction}" if fraction else ""
    return text + dateformat.format_date(value, "%K")


class ConvertToJson(Cmdlet):
    """ConvertTo-Json."""

    def start(self) -> None:
        self.items: list[Any] = []
        depth = self.get("Depth", 2)
        if depth > 100 or depth < 0:
            raise self.fatal(
                "InvalidOperationException",
                f"Cannot validate argument on parameter 'Depth'. The {depth} argument is greater "
                f"than the maximum allowed range of 100. Supply an argument that is less than or "
                f"equal to 100 and then try the command again.",
                "ReachedMaximumDepthAllowed",
                "InvalidOperation",
            )

    def record(self) -> None:
        value = self.get("InputObject")
        if self.has_input and isinstance(value, uuid.UUID):
            # What comes through the pipeline shows the property that PowerShell adds to it.
            value = Bag({"value": value, "Guid": str(value)})
        self.items.append(value)

    def finish(self) -> None:
        if not self.items:
            return
        value: Any = self.items
        if len(self.items) == 1 and not self.on("AsArray"):
            value = self.items[0]
        depth = self.get("Depth", 2)
        writer = Writer(
            depth,
            compress=self.on("Compress"),
            enums=self.on("EnumsAsStrings"),
            handling=self.text("EscapeHandling", "Default"),
        )
        _check_keys(self, value)
        try:
            text = writer.write(value)
        except RecursionError:
            raise self.fatal(
                "InvalidOperationException", "The object refers to itself.", "JsonDepth"
            ) from None
        if writer.truncated:
            self.warn(f"Resulting JSON is truncated as serialization has exceeded the set depth of {depth}.")
        self.write(text)


def _check_keys(cmdlet: Cmdlet, value: Any, level: int = 0) -> None:
    if level > 20:
        return
    if is_dictionary(value):
        for key, item in value.items():
            if not isinstance(key, str):
                raise cmdlet.fatal(
                    "InvalidOperationException",
                    f"The type '{type_of(value).full_name}' is not supported for serialization or "
                    f"deserialization of a "
                    "dictionary. Keys must be strings.",
                    "NonStringKeyInDictionary",
                    "InvalidOperation",
                    value,
                )
            _check_keys(cmdlet, item, level + 1)
    elif type(value) is list:
        for item in value:
            _check_keys(cmdlet, item, level + 1)


_DATE = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.(\d{1,7})\d*)?(Z|[+-]\d{2}:\d{2})?")
_MICROSOFT = re.compile(r"/Date\((-?\d+)(?:[+-]\d{4})?\)/")


class Reader:
    """Reads JSON as Newtonsoft's reader does for PowerShell."""

    def __init__(self, *, as_table: bool, dates: str, depth: int = 1024) -> None:
        self.as_table = as_table
        self.depth = depth
        self.dates = dates

    def read(self, text: str) -> Any:
        """The value of a JSON text.

        Raises:
            ValueError: it is not JSON, or its keys cannot be properties of one object.
        """
        try:
            if self.depth >= 1024 or text.count("{") + text.count("[") <= self.depth:
                return json.loads(text, object_pairs_hook=self._pairs, parse_int=_integer, strict=False)
        except json.JSONDecodeError:
            pass
        return JsonReader(text, self._pairs, _integer, self.depth).read()

    def _pairs(self, pairs: list[tuple[str, Any]]) -> Any:
        pairs = [(key, self._value(value)) for key, value in pairs]
        if self.as_table:
            table = OrderedHashtable()
            for key, value in pairs:
                table[key] = value
            return table
        made = Bag()
        for key, value in pairs:
            if key == "":
                raise ValueError(
                    "The provided JSON includes a property whose name is an empty string, this "
                    "is only supported using "
                    "the -AsHashTable switch."
                )
            if key in made and key not in made._properties:
                raise ValueError(
                    f"Cannot convert the JSON string because it contains keys with different "
                    f"casing. Please use the "
                    f"-AsHashTable switch instead. The key that was attempted to be added to the "
                    f"existing key "
                    f"'{next(k for k in made if k.lower() == key.lower())}' was '{key}'."
                )
            made[key] = value
        return made

    def _value(self, value: Any) -> Any:
        if type(value) is str:
            return self._text(value)
        if type(value) is list:
            return [self._value(item) for item in value]
        return value

    def top(self, value: Any) -> Any:
        """The outermost value."""
        return self._value(value)

    def _text(self, text: str) -> Any:
        if self.dates == "String":
            return text
        microsoft = _MICROSOFT.fullmatch(text)
        if microsoft is not None:
            return dateformat.utc_from_ticks(dateformat.UNIX_EPOCH + whole(microsoft[1]) * 10_000)
        match = _DATE.fullmatch(text)
        if match is None:
            return text
        try:
            moment = datetime.datetime.fromisoformat(text[:19])
        except ValueError:
            return text
        fraction = (match[1] or "").ljust(7, "0")
        moment = dateformat.with_rest(moment.replace(microsecond=int(fraction[:6])), int(fraction[6]))
        return self._zoned(moment, match[2])

    def _zoned(self, moment: datetime.datetime, zone: str | None) -> Any:
        rest = getattr(moment, "rest", 0)
        if zone == "Z":
            moment = dateformat.with_rest(moment.replace(tzinfo=datetime.timezone.utc), rest)
        elif zone:
            offset = (int(zone[1:3]) * 60 + int(zone[4:])) * 600_000_000
            moment = _local(dateformat.ticks(moment) + (offset if zone[0] == "-" else -offset))
        if self.dates == "Offset":
            return DateTimeOffset.of(moment)
        if self.dates == "Utc":
            return dateformat.to_universal(moment) if zone else moment.replace(tzinfo=datetime.timezone.utc)
        if self.dates == "Local":
            return dateformat.local_zone(moment if moment.tzinfo else moment.astimezone())
        return moment


def _local(ticks: int) -> datetime.datetime:
    """A time of UTC as a local one; what lies before the first or after the last there is becomes it."""
    try:
        return dateformat.local_zone(dateformat.utc_from_ticks(ticks))
    except (NetError, OverflowError):
        edge = datetime_from_ticks(0 if ticks < dateformat.UNIX_EPOCH else dateformat.LAST)
        zone = datetime.timezone(datetime.timedelta(0), "UTC")
        return dateformat.with_rest(edge.replace(tzinfo=zone), getattr(edge, "rest", 0))


def _integer(text: str) -> Any:
    if len(text) > _MOST_DIGITS:
        raise JsonFault(f"JSON integer {text} is too large to parse.")
    value = int(text)
    if -(1 << 63) <= value < 1 << 63:
        return Int64(value) if -(1 << 31) <= value < 1 << 31 else value
    return BigInteger(value)


_MOST_DIGITS = 380  # of an integer that Newtonsoft's reader takes


class ConvertFromJson(Cmdlet):
    """ConvertFrom-Json."""

    def start(self) -> None:
        self.texts: list[str] = []

    def record(self) -> None:
        self.texts.append(self.text("InputObject"))

    def finish(self) -> None:
        if not self.texts:
            return
        if len(self.texts) == 1:
            self._convert(self.texts[0])
            return
        try:
            self._read(self.texts[0])
            whole = False
        except ValueError:
            whole = True
        if whole:
            self._convert("\n".join(self.texts))
        else:
            for text in self.texts:
                self._convert(text)

    def _read(self, text: str) -> Any:
        reader = Reader(
            as_table=self.on("AsHashtable"),
            dates=self.text("DateKind", "Default"),
            depth=int(self.get("Depth", 1024)),
        )
        return reader.top(reader.read(text))

    def _convert(self, text: str) -> None:
        if not text.strip():
            self.write(None)
            return
        try:
            value = self._read(text)
        except NetError as error:
            kind = "ArgumentOutOfRangeException"
            raise self.fatal(kind, str(error), f"System.{kind}") from None
        except ValueError as error:
            message = str(error)
            if isinstance(error, JsonFault):
                message = f"Conversion from JSON failed with error: {message}"
                raise self.fatal("ArgumentException", message, "System.ArgumentException") from None
            raise self.fatal(
                "InvalidOperationException",
                message,
                "KeysWithDifferentCasingInJsonString" if "casing" in message else "EmptyKeyInJsonString",
                "InvalidOperation",
            ) from None
        except RecursionError:
            raise self.fatal(
                "ArgumentException", "The JSON is nested too deeply.", "System.ArgumentException"
            ) from None
        if is_list(value) and not self.on("NoEnumerate"):
            self.write_all(value)
        else:
            self.write(value)


class TestJson(Cmdlet):
    """Test-Json."""

    def record(self) -> None:
        text = self.text("Json")
        if self.has("Path") or self.has("LiteralPath"):
            from psbridge.script.net.place import full, read_text

            text = read_text(full(self.text("Path") or self.text("LiteralPath")))
        try:
            json.loads(text)
        except ValueError:
            self.error("Exception", "Cannot parse the JSON.", "InvalidJson", "InvalidData", text)
            self.write(False)
            return
        self.write(True)
