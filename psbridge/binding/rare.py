"""Conversions to the types that parameters seldom have; loaded when a value is first converted to one.

Source: System.Management.Automation 7.6's LanguagePrimitives, and the parsers and constructors of .NET 10.
Knows nothing of lists, Nullable and null.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from psbridge.binding import dates, messages, nettypes, numbers
from psbridge.binding.errors import InvalidCast, NetError
from psbridge.binding.nettypes import NetType
from psbridge.binding.objects import bag_of, is_dictionary, is_list
from psbridge.binding.values import (
    ArrayList,
    BigInteger,
    CultureInfo,
    DateTimeOffset,
    IPAddress,
    MailAddress,
    Point,
    RuntimeType,
    SemanticVersion,
    XmlDocument,
)


class NoRule(Exception):
    """No rule of this type takes the value."""


def convert(value: Any, source: NetType, type_: NetType, spelt: str) -> object:
    """The value as one of a rare type.

    Raises:
        NoRule: nothing leads there from a value of this type.
        NetError: .NET's own parser or constructor refuses it.
        InvalidCast: a property of a new object cannot be set.
    """
    rule = _RULES.get(type_)
    if rule is None:
        raise NoRule
    return rule(value, source, spelt)


def _big_integer(value: Any, source: NetType, spelt: str) -> object:
    if source.bounds is not None:
        return BigInteger(int(value))
    if source in nettypes.NUMERIC:
        if value != value or value in (float("inf"), float("-inf")):
            raise NetError("BigInteger cannot represent NaN." if value != value else _NO_INFINITY)
        return BigInteger(int(value))
    if source is not nettypes.STRING:
        raise NoRule
    text = numbers.trim(value)
    number = numbers.scan(text)
    if isinstance(number, int | float | Decimal):
        return BigInteger(int(number))
    if re.fullmatch(r"[+-]?\d[\d,]*", text, re.ASCII):
        return BigInteger(int(text.replace(",", "")))
    raise NetError("The value could not be parsed.")


_NO_INFINITY: Final = "BigInteger cannot represent infinity."
_BAD_ADDRESS: Final = "An invalid IP address was specified."


def _ip_address(value: Any, source: NetType, spelt: str) -> object:
    if source.bounds is not None:
        number = int(value)
        if not 0 <= number <= 0xFFFFFFFF:
            raise NetError(messages.OUT_OF_VALID_RANGE.format("newAddress"))
        return IPAddress(".".join(str(number >> shift & 255) for shift in (0, 8, 16, 24)))
    if source is not nettypes.STRING:
        raise NoRule
    if ":" in value:
        return _ip6(value)
    parts = value.split(".")
    if not 1 <= len(parts) <= 4:
        raise NetError(_BAD_ADDRESS)
    try:
        fields = [_address_part(part) for part in parts]
    except ValueError:
        raise NetError(_BAD_ADDRESS) from None
    *heads, last = fields
    if any(head > 255 for head in heads) or last >= 1 << 8 * (5 - len(fields)):
        raise NetError(_BAD_ADDRESS)
    whole = last
    for index, head in enumerate(heads):
        whole |= head << 8 * (3 - index)
    return IPAddress(str(ipaddress.IPv4Address(whole)))


def _address_part(text: str) -> int:
    if re.fullmatch("0[xX][0-9a-fA-F]+", text):
        return int(text, 16)
    if re.fullmatch("0[0-7]+", text):
        return int(text, 8)
    if re.fullmatch("0|[1-9][0-9]*", text):
        return int(text)
    raise ValueError(text)


def _ip6(text: str) -> IPAddress:
    bare = text
    if text.startswith("["):
        bare = text[1:].partition("]")[0]
    address, percent, scope = bare.partition("%")
    try:
        parsed = ipaddress.IPv6Address(address)
    except ValueError:
        raise NetError(_BAD_ADDRESS) from None
    shown = str(parsed)
    if parsed.ipv4_mapped is not None:
        shown = f"::ffff:{parsed.ipv4_mapped}"
    return IPAddress(f"{shown}%{scope}" if percent and scope not in ("", "0") else shown)


_BAD_MAIL: Final = "The specified string is not in the form required for an e-mail address."
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\uffff-]+"
_MAIL: Final = re.compile(
    rf"(?:{_ATOM}(?:\.{_ATOM})*|\"[^\"\r\n]*\")@(?:{_ATOM}(?:\.{_ATOM})*|\[[^\]\r\n]*\])"
)


def _mail(value: Any, source: NetType, spelt: str) -> object:
    if source is not nettypes.STRING:
        raise NoRule
    text = value.strip()
    if not text:
        if not value:
            raise NetError(messages.EMPTY_ARGUMENT.format("address"))
        raise NetError(_BAD_MAIL)
    named = re.fullmatch(r"(?:\"([^\"]*)\"|([^<>\"@]*?))\s*<([^<>]+)>", text)
    address = named[3].strip() if named else text
    if not _MAIL.fullmatch(address):
        raise NetError(_BAD_MAIL)
    name = (named[1] or named[2] or "").strip() if named else ""
    return MailAddress(f'"{name}" <{address}>' if name else address)


def _type(value: Any, source: NetType, spelt: str) -> object:
    if source is not nettypes.STRING:
        raise NoRule
    text = value.strip().removeprefix("[").removesuffix("]") if value.startswith("[") else value.strip()
    try:
        return RuntimeType(nettypes.net_type(text).full_name)
    except ValueError:
        raise NoRule from None


_CULTURES: Final = {
    4: "zh-Hans", 127: "", 1025: "ar-SA", 1028: "zh-TW", 1029: "cs-CZ", 1030: "da-DK", 1031: "de-DE",
    1032: "el-GR", 1033: "en-US", 1035: "fi-FI", 1036: "fr-FR", 1037: "he-IL", 1038: "hu-HU", 1040: "it-IT",
    1041: "ja-JP", 1042: "ko-KR", 1043: "nl-NL", 1044: "nb-NO", 1045: "pl-PL", 1046: "pt-BR", 1049: "ru-RU",
    1053: "sv-SE", 1055: "tr-TR", 2052: "zh-CN", 2055: "de-CH", 2057: "en-GB", 2058: "es-MX", 2070: "pt-PT",
    3079: "de-AT", 3081: "en-AU", 3082: "es-ES", 3084: "fr-CA", 4105: "en-CA", 7: "de", 9: "en", 10: "es",
    12: "fr", 16: "it", 17: "ja",
}  # fmt: skip


def _culture(value: Any, source: NetType, spelt: str) -> object:
    if source.bounds is not None:
        if int(value) < 0:
            raise NetError(messages.POSITIVE.format("culture"))
        name = _CULTURES.get(int(value))
        if name is None:
            number = f"{int(value)} (0x{int(value):04x})"
            raise NetError(messages.NO_CULTURE.format("culture", number))
        return CultureInfo(name)
    if source is not nettypes.STRING:
        raise NoRule
    parts = re.split("[-_]", value)
    if value and not all(re.fullmatch("[A-Za-z0-9]{1,8}", part) for part in parts):
        raise NetError(messages.NO_CULTURE.format("name", value))
    return CultureInfo("-".join([parts[0].lower(), *map(_subtag, parts[1:])]))


def _subtag(part: str) -> str:
    return part.capitalize() if len(part) == 4 else part.upper() if len(part) < 4 else part


_NO_XML: Final = "Data at the root level is invalid. Line {}, position {}."


def _xml(value: Any, source: NetType, spelt: str) -> object:
    if source is not nettypes.STRING:
        raise NoRule
    from xml.parsers import expat

    if not value.strip():
        raise NetError("Root element is missing.")
    parser = expat.ParserCreate()
    open_elements: list[tuple[str, int, int]] = []

    def opened(name: str, attributes: Mapping[str, str]) -> None:
        open_elements.append((name, parser.CurrentLineNumber, parser.CurrentColumnNumber + 2))

    parser.StartElementHandler = opened
    parser.EndElementHandler = lambda name: open_elements.pop()
    try:
        parser.Parse(value.encode("utf-8", "surrogatepass"), True)
    except expat.ExpatError as error:
        raise NetError(_xml_problem(value, error, open_elements)) from None
    return XmlDocument(value)


def _xml_problem(text: str, error: Any, open_elements: list[tuple[str, int, int]]) -> str:
    kind = error.code
    if kind == 7 and open_elements:  # mismatched tag
        closing = re.compile(r"</\s*([^\s>]*)").search(text, _place(text, error.lineno, error.offset))
        closing = closing or re.search(r"</\s*([^\s>]*)(?!.*</)", text, re.S)
        name, line, column = open_elements[-1]
        if closing is not None:
            row, position = _line_and_column(text, closing.start() + 2)
            return (
                f"The '{name}' start tag on line {line} position {column} does not match the end tag of "
                f"'{closing[1]}'. Line {row}, position {position}."
            )
    if kind == 3 and open_elements:  # no element found, at the end
        names = ", ".join(name for name, _, _ in reversed(open_elements))
        row, position = _line_and_column(text, len(text))
        return (
            f"Unexpected end of file has occurred. The following elements are not closed: {names}. "
            f"Line {row}, position {position}."
        )
    return _NO_XML.format(1, 1)


def _place(text: str, line: int, column: int) -> int:
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    return max(starts[min(line, len(starts)) - 1] + column - 2, 0)


def _line_and_column(text: str, place: int) -> tuple[int, int]:
    before = text[:place]
    return before.count("\n") + 1, place - (before.rfind("\n") + 1) + 1


_SEMANTIC: Final = re.compile(
    r"(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-([A-Za-z0-9.\-]+))?(?:\+([A-Za-z0-9.\-]+))?", re.ASCII
)


def _semantic_version(value: Any, source: NetType, spelt: str) -> object:
    if source is nettypes.VERSION:
        numbers_ = [*value, 0, 0][:3]
        return SemanticVersion(".".join(str(max(number, 0)) for number in numbers_))
    if source is nettypes.INT32:
        if value < 0:
            raise NetError(messages.NOT_NEGATIVE.format("major"))
        return SemanticVersion(f"{value}.0.0")
    if source is not nettypes.STRING:
        raise NoRule
    match = _SEMANTIC.fullmatch(value)
    if match is None or any(int(part or 0) > 2147483647 for part in match.groups()[:3]):
        raise NetError(messages.BAD_NUMBER.format(""))
    text = ".".join(part or "0" for part in match.groups()[:3])
    text += f"-{match[4]}" if match[4] else ""
    return SemanticVersion(text + (f"+{match[5]}" if match[5] else ""))


_POINT: Final = ("X", "Y")


def _point(value: Any, source: NetType, spelt: str) -> object:
    bag = bag_of(type(value))
    if is_dictionary(value) or bag is not None:
        fields = {"X": 0, "Y": 0}
        for key, item in (bag(value) if bag is not None else value).items():
            name = next((one for one in _POINT if one.lower() == str(key).lower()), None)
            if name is None:
                settable = "The settable properties are: [X <System.Int32>], [Y <System.Int32>]."
                raise InvalidCast(messages.CANNOT_CREATE.format("System.Drawing.Point", key, settable))
            fields[name] = _coordinate(item)
        return Point((fields["X"], fields["Y"]))
    if source is nettypes.INT32:
        return Point((_short(value), _short(value >> 16)))
    if source is not nettypes.STRING:
        raise NoRule
    parts = value.strip().split(",")
    if len(parts) != 2:
        raise NetError(f'Text "{value.strip()}" cannot be parsed. The expected text format is "x, y".')
    return Point((_coordinate(parts[0].strip()), _coordinate(parts[1].strip())))


def _coordinate(value: Any) -> int:
    number = numbers.read(value, nettypes.INT32) if isinstance(value, str) else value
    if isinstance(number, float | Decimal):
        return int(numbers.change_type(number, nettypes.INT32))
    return int(number)


def _short(value: int) -> int:
    value &= 0xFFFF
    return value - 0x10000 if value & 0x8000 else value


def _array_list(value: Any, source: NetType, spelt: str) -> object:
    if is_list(value):
        return ArrayList(value)
    if source is nettypes.CHAR or source.enum is not None:
        return ArrayList()  # they widen to an Int32, which the constructor takes for a capacity
    raise NoRule


def _array(value: Any, source: NetType, spelt: str) -> object:
    return value if is_list(value) and not isinstance(value, ArrayList) else [value]


def _dictionary(value: Any, source: NetType, spelt: str) -> object:
    if is_dictionary(value):
        return value
    raise NoRule


def _offset(value: Any, source: NetType, spelt: str) -> object:
    if source is nettypes.DATETIME:
        return DateTimeOffset.of(value)
    if source is not nettypes.STRING:
        raise NoRule
    return dates.parse_offset(value)


_Rule = Callable[[Any, NetType, str], object]
_RULES: Final[dict[NetType, _Rule]] = {
    nettypes.BIGINTEGER: _big_integer,
    nettypes.IPADDRESS: _ip_address,
    nettypes.MAILADDRESS: _mail,
    nettypes.TYPE: _type,
    nettypes.CULTURE: _culture,
    nettypes.XML: _xml,
    nettypes.SEMVER: _semantic_version,
    nettypes.POINT: _point,
    nettypes.ARRAYLIST: _array_list,
    nettypes.ARRAY: _array,
    nettypes.IDICTIONARY: _dictionary,
    nettypes.DATETIMEOFFSET: _offset,
}


def null_of(type_: NetType) -> object:
    """What null becomes where it does not stay null.

    Raises:
        NoRule: it is refused.
    """
    if type_ is nettypes.BIGINTEGER:
        return BigInteger(0)
    raise NoRule


__all__ = ["NoRule", "convert", "null_of"]
