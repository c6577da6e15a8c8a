"""System.String, System.Char, and what every object can do."""

from __future__ import annotations

import enum
import re
import unicodedata
from typing import Any

from psbridge.binding import nettypes
from psbridge.binding.conversion import convert
from psbridge.binding.numbers import SPACES
from psbridge.binding.objects import is_dictionary, is_list
from psbridge.binding.ordinal import folded
from psbridge.binding.text import net_text, to_text
from psbridge.binding.values import Char
from psbridge.script.semantics import collation
from psbridge.script.semantics.comparison import same
from psbridge.script.semantics.cultures import formats_of
from psbridge.script.semantics.errors import NetFault
from psbridge.script.semantics.text import NEWLINE, composite, format_value
from psbridge.script.semantics.types import net_enum, type_of
from psbridge.script.semantics.values import TypedArray

from . import describe
from .faults import negative, out_of_range, too_large
from .letters import lower, upper


def _chars(text: str) -> TypedArray:
    return TypedArray([Char(item) if ord(item) < 0x10000 else item for item in text], nettypes.CHAR)


def strings(items: list[str]) -> TypedArray:
    """A string[]."""
    return TypedArray(items, nettypes.STRING)


def substring(text: str, start: int, length: int | None = None) -> str:
    """`Substring`."""
    if start < 0:
        raise negative("startIndex", start)
    if start > len(text):
        raise out_of_range("startIndex", "startIndex cannot be larger than length of string.")
    if length is None:
        return text[start:]
    if length < 0:
        raise negative("length", length)
    if start + length > len(text):
        raise out_of_range("length", "Index and length must refer to a location within the string.")
    return text[start : start + length]


def remove(text: str, start: int, count: int | None = None) -> str:
    """`Remove`."""
    if start < 0:
        raise out_of_range("startIndex", "StartIndex cannot be less than zero.")
    if start > len(text):
        raise out_of_range("startIndex", "startIndex cannot be larger than length of string.")
    if count is None:
        return text[:start]
    if count < 0:
        raise negative("count", count)
    if start + count > len(text):
        raise too_large("count", count, len(text) - start)
    return text[:start] + text[start + count :]


def insert(text: str, start: int, value: str) -> str:
    """`Insert`."""
    if not 0 <= start <= len(text):
        raise too_large("startIndex", start & 0xFFFFFFFF, len(text))
    return text[:start] + value + text[start:]


def _char_at(text: str, place: int) -> Char:
    if not 0 <= place < len(text):
        raise NetFault("IndexOutOfRangeException", "Index was outside the bounds of the array.")
    return Char(text[place])


def _ignores_case(comparison: Any) -> bool:
    return "IgnoreCase" in comparison.name


def _folded(text: str, comparison: Any) -> str:
    return text.lower() if _ignores_case(comparison) else text


def _index_of(text: str, value: str, start: int = 0, count: int | None = None) -> int:
    if start < 0 or start > len(text):
        raise out_of_range(
            "startIndex",
            "Index was out of range. Must be non-negative and less than or equal to the size of "
            "the collection.",
        )
    return text.find(value, start, None if count is None else start + count)


def _any_of(text: str, characters: list[str], last: bool = False) -> int:
    places = range(len(text) - 1, -1, -1) if last else range(len(text))
    return next((place for place in places if text[place] in characters), -1)


def _split(text: str, separators: Any, options: Any = None, limit: int | None = None) -> TypedArray:
    chosen = (
        [item for item in separators if item] if is_list(separators) else [separators] if separators else []
    )
    pattern = "|".join(re.escape(item) for item in sorted(chosen, key=len, reverse=True)) if chosen else r"\s"
    bits = int(options) if options is not None else 0
    if limit is not None and limit < 0:
        raise negative("count", limit)
    if limit == 0:
        return strings([])
    drops, trims = bool(bits & 1), bool(bits & 2)
    pieces: list[str] = []
    position = 0
    for match in re.finditer(pattern, text):
        piece = text[position : match.start()]
        piece = piece.strip(SPACES) if trims else piece
        if limit is not None and len(pieces) >= limit - 1:
            break
        if piece or not drops:
            pieces.append(piece)
        position = match.end()
    last = text[position:]
    if limit is not None and drops:
        leading = re.match(f"(?:{pattern})*", last)
        last = last[leading.end() :] if leading else last
    last = last.strip(SPACES) if trims else last
    if last or not drops:
        pieces.append(last)
    return strings(pieces)


def replace(text: str, old: str, new: str | None, comparison: Any = None, _: Any = None) -> str:
    """`Replace`."""
    if not old:
        raise NetFault("ArgumentException", "The value cannot be an empty string. (Parameter 'oldValue')")
    if comparison is True or (comparison and _ignores_case(comparison)):
        return re.sub(re.escape(old), lambda match: new or "", text, flags=re.IGNORECASE)
    return text.replace(old, new or "")


def _pad(text: str, width: int, filler: str = " ", left: bool = True) -> str:
    if width < 0:
        raise negative("totalWidth", width)
    return text.rjust(width, filler) if left else text.ljust(width, filler)


def _trim(text: str, characters: list[str] | None, side: str) -> str:
    chosen = "".join(characters) if characters else SPACES
    return {"both": text.strip, "start": text.lstrip, "end": text.rstrip}[side](chosen)


def _normalized(form: Any, text: str) -> str:
    return unicodedata.normalize(form, text)


def _hash(value: Any) -> int:
    if isinstance(value, int) and -0x80000000 <= value < 0x80000000:
        return int(value)
    return (hash(value if not isinstance(value, (list, dict)) else id(value)) & 0xFFFFFFFF) - 0x80000000


def _enumerator(value: Any) -> Any:
    from .lists import Enumerator

    return Enumerator(value)


def utf16_length(text: str) -> int:
    """`Length`: how many UTF-16 code units a text has."""
    return len(text) + sum(character > "\uffff" for character in text)


def ordinal(one: str, other: str) -> int:
    """The difference of the first characters that differ, or of the lengths."""
    for left, right in zip(one, other, strict=False):
        if left != right:
            return ord(left) - ord(right)
    return len(one) - len(other)


STRING = describe("System.String", nettypes.STRING)

STRING.new(
    {
        "(char c, int count)": lambda c, count: c * count,
        "(char[] value)": lambda value: "".join(value),
        "(char[] value, int startIndex, int length)": lambda value, start, length: "".join(
            value[start : start + length]
        ),
    }
)


def _formatted(template: str, arguments: list[Any] | None) -> str:
    if arguments is None:
        raise NetFault("ArgumentNullException", "Value cannot be null. (Parameter 'args')")
    return composite(template, arguments)


STRING.constant({"Empty": ""})

STRING.property({"Length": utf16_length})

STRING.static(
    {
        "IsNullOrEmpty(string value)": lambda value: not value,
        "IsNullOrWhiteSpace(string value)": lambda value: not (value or "").strip(SPACES),
        "Format(string format, params object[] args)": _formatted,
        "Format(IFormatProvider p, string format, params object[] args)": lambda provider, text, args: (
            composite(text, args, formats_of(provider))
        ),
        "Join(string separator, params object[] value)": lambda separator, items: separator.join(
            map(net_text, spread(items))
        ),
        "Join(char separator, params object[] value)": lambda separator, items: separator.join(
            map(net_text, spread(items))
        ),
        "Join(string separator, string[] value, int startIndex, int count)": (
            lambda separator, items, start, count: separator.join(items[start : start + count])
        ),
        "Concat(params object[] args)": lambda items: "".join(map(net_text, spread(items))),
        "Compare(string strA, string strB)": lambda one, other: collation.compare(
            one, other, ignore_case=False
        ),
        "Compare(string strA, string strB, bool ignoreCase)": lambda one, other, ignore: collation.compare(
            one, other, ignore_case=ignore
        ),
        "Compare(string strA, string strB, System.StringComparison comparisonType)": lambda one, other, how: (
            _compare(one, other, how)
        ),
        "CompareOrdinal(string strA, string strB)": ordinal,
        "Equals(string a, string b)": lambda one, other: one == other,
        "Equals(string a, string b, System.StringComparison comparisonType)": lambda one, other, how: (
            _folded(one, how) == _folded(other, how)
        ),
        "Copy(string str)": lambda text: text,
        "Intern(string str)": lambda text: text,
    }
)


def spread(items: list[Any]) -> list[Any]:
    """The items of a `params` array: those of the one list that was given, if it was only that."""
    return list(items[0]) if len(items) == 1 and is_list(items[0]) else items


def _compare(one: str, other: str, how: Any) -> int:
    if "Ordinal" in how.name:
        return ordinal(folded(one), folded(other)) if _ignores_case(how) else ordinal(one, other)
    return collation.compare(one, other, ignore_case=_ignores_case(how))


_COMPARED = "System.StringComparison comparisonType"


STRING.method(
    {
        "ToUpper()": upper,
        "ToLower()": lower,
        "ToUpper(any culture)": upper,
        "ToLower(any culture)": lower,
        "ToUpperInvariant()": upper,
        "ToLowerInvariant()": lower,
        "Substring(int startIndex)": substring,
        "Substring(int startIndex, int length)": substring,
        "IndexOf(char value)": _index_of,
        "IndexOf(string value)": _index_of,
        "IndexOf(string value, int startIndex)": _index_of,
        "IndexOf(char value, int startIndex)": _index_of,
        "IndexOf(string value, int startIndex, int count)": _index_of,
        f"IndexOf(string value, {_COMPARED})": lambda text, value, how: _folded(text, how).find(
            _folded(value, how)
        ),
        "LastIndexOf(char value)": lambda text, value: text.rfind(value),
        "LastIndexOf(string value)": lambda text, value: text.rfind(value),
        "LastIndexOf(string value, int startIndex)": lambda text, value, start: text.rfind(
            value, 0, start + 1
        ),
        f"LastIndexOf(string value, {_COMPARED})": lambda text, value, how: _folded(text, how).rfind(
            _folded(value, how)
        ),
        "IndexOfAny(char[] anyOf)": _any_of,
        "LastIndexOfAny(char[] anyOf)": lambda text, characters: _any_of(text, characters, True),
        "Contains(string value)": lambda text, value: value in text,
        "Contains(char value)": lambda text, value: value in text,
        f"Contains(string value, {_COMPARED})": lambda text, value, how: (
            _folded(value, how) in _folded(text, how)
        ),
        "StartsWith(string value)": lambda text, value: text.startswith(value),
        "StartsWith(char value)": lambda text, value: text.startswith(value),
        f"StartsWith(string value, {_COMPARED})": lambda text, value, how: _folded(text, how).startswith(
            _folded(value, how)
        ),
        "Replace(string oldValue, string newValue, bool ignoreCase, any culture)": replace,
        "StartsWith(string value, bool ignoreCase, any culture)": lambda text, value, ignore, _: (
            text.lower().startswith(value.lower()) if ignore else text.startswith(value)
        ),
        "EndsWith(string value, bool ignoreCase, any culture)": lambda text, value, ignore, _: (
            text.lower().endswith(value.lower()) if ignore else text.endswith(value)
        ),
        "EndsWith(string value)": lambda text, value: text.endswith(value),
        "EndsWith(char value)": lambda text, value: text.endswith(value),
        f"EndsWith(string value, {_COMPARED})": lambda text, value, how: _folded(text, how).endswith(
            _folded(value, how)
        ),
        "Trim()": lambda text: text.strip(SPACES),
        "Trim(params char[] trimChars)": lambda text, characters: _trim(text, characters, "both"),
        "TrimStart()": lambda text: text.lstrip(SPACES),
        "TrimStart(params char[] trimChars)": lambda text, characters: _trim(text, characters, "start"),
        "TrimEnd()": lambda text: text.rstrip(SPACES),
        "TrimEnd(params char[] trimChars)": lambda text, characters: _trim(text, characters, "end"),
        "PadLeft(int totalWidth)": _pad,
        "PadLeft(int totalWidth, char paddingChar)": _pad,
        "PadRight(int totalWidth)": lambda text, width: _pad(text, width, left=False),
        "PadRight(int totalWidth, char paddingChar)": lambda text, width, filler: _pad(
            text, width, filler, False
        ),
        "Replace(string oldValue, string newValue)": replace,
        "Replace(char oldChar, char newChar)": lambda text, old, new: text.replace(old, new),
        f"Replace(string oldValue, string newValue, {_COMPARED})": replace,
        "ReplaceLineEndings()": lambda text: re.sub(r"\r\n?|\n|\f|\x85|\u2028|\u2029", NEWLINE, text),
        "ReplaceLineEndings(string replacementText)": lambda text, new: re.sub(
            r"\r\n?|\n", lambda _: new, text
        ),
        "Split(params char[] separator)": _split,
        "Split(char separator, int count)": lambda text, by, count: _split(text, by, None, count),
        "Split(string separator)": _split,
        "Split(char separator, System.StringSplitOptions options)": _split,
        "Split(string separator, System.StringSplitOptions options)": _split,
        "Split(char[] separator, int count)": lambda text, by, count: _split(text, by, None, count),
        "Split(char[] separator, System.StringSplitOptions options)": _split,
        "Split(string[] separator, System.StringSplitOptions options)": _split,
        "Split(string separator, int count)": lambda text, by, count: _split(text, by, None, count),
        "Split(char separator, int count, System.StringSplitOptions options)": (
            lambda text, by, count, options: _split(text, by, options, count)
        ),
        "Split(string separator, int count, System.StringSplitOptions options)": (
            lambda text, by, count, options: _split(text, by, options, count)
        ),
        "Split(string[] separator, int count, System.StringSplitOptions options)": (
            lambda text, by, count, options: _split(text, by, options, count)
        ),
        "Split(char[] separator, int count, System.StringSplitOptions options)": (
            lambda text, by, count, options: _split(text, by, options, count)
        ),
        "ToCharArray()": _chars,
        "ToCharArray(int startIndex, int length)": lambda text, start, length: _chars(
            substring(text, start, length)
        ),
        "Remove(int startIndex)": remove,
        "Remove(int startIndex, int count)": remove,
        "Insert(int startIndex, string value)": insert,
        "CompareTo(string strB)": lambda text, other: collation.compare(text, other, ignore_case=False),
        "Equals(string value)": lambda text, other: text == other,
        f"Equals(string value, {_COMPARED})": lambda text, other, how: (
            _folded(text, how) == _folded(other, how)
        ),
        "GetEnumerator()": lambda text: _enumerator(_chars(text)),
        "IsNormalized()": lambda text: unicodedata.is_normalized("NFC", text),
        "Normalize()": lambda text: unicodedata.normalize("NFC", text),
        "Normalize(any form)": lambda text, form: _normalized(
            {"formd": "NFD", "formkc": "NFKC", "formkd": "NFKD"}.get(to_text(form).lower(), "NFC"), text
        ),
        "ToString()": str,
        "ToString(IFormatProvider p)": lambda text, _: str(text),
        "GetHashCode()": _hash,
        "GetTypeCode()": lambda text: net_enum("System.TypeCode")(18),
        "get_Chars(int index)": _char_at,
        "Chars(int index)": _char_at,
        "get_Length()": utf16_length,
        "Clone()": lambda text: text,
        "EnumerateRunes()": _chars,
    }
)

CHAR = describe("System.Char", nettypes.CHAR)

_TESTS = {
    "IsDigit": str.isdecimal,
    "IsNumber": str.isnumeric,
    "IsLetter": str.isalpha,
    "IsLetterOrDigit": lambda c: c.isalpha() or c.isdecimal(),
    "IsUpper": str.isupper,
    "IsLower": str.islower,
    "IsWhiteSpace": lambda c: c in SPACES,
    "IsPunctuation": lambda c: unicodedata.category(c).startswith("P"),
    "IsSymbol": lambda c: unicodedata.category(c).startswith("S"),
    "IsControl": lambda c: unicodedata.category(c) == "Cc",
    "IsSeparator": lambda c: unicodedata.category(c).startswith("Z"),
    "IsSurrogate": lambda c: 0xD800 <= ord(c) < 0xE000,
    "IsAscii": str.isascii,
}

CHAR.static({f"{name}(char c)": test for name, test in _TESTS.items()})

CHAR.static(
    {
        f"{name}(string s, int index)": lambda text, place, test=test: test(text[place])
        for name, test in _TESTS.items()
    }
)

CHAR.static(
    {
        "ToUpper(char c)": lambda c: Char(upper(c)),
        "ToLower(char c)": lambda c: Char(lower(c)),
        "ToUpper(char c, IFormatProvider culture)": lambda c, culture: Char(upper(c, culture)),
        "ToLower(char c, IFormatProvider culture)": lambda c, culture: Char(lower(c, culture)),
        "ToUpperInvariant(char c)": lambda c: Char(upper(c)),
        "ToLowerInvariant(char c)": lambda c: Char(lower(c)),
        "ToString(char c)": str,
        "GetNumericValue(char c)": lambda c: float(unicodedata.numeric(c, -1.0)),
        "ConvertFromUtf32(int utf32)": chr,
        "ConvertToUtf32(string s, int index)": lambda text, place: ord(text[place]),
        "Parse(string s)": lambda text: convert(text, nettypes.CHAR),
    }
)

CHAR.constant({"MaxValue": Char("\uffff"), "MinValue": Char("\0")})

CHAR.method(
    {
        "ToString()": str,
        "Equals(char obj)": lambda c, other: c == other,
        "CompareTo(char value)": lambda c, other: ord(c) - ord(other),
    }
)


def _equals(one: Any, other: Any) -> bool:
    if type(one) is str or type(other) is str:
        return type(one) is type(other) and one == other
    if is_list(one) or is_dictionary(one):
        return one is other
    return type_of(one) is (type_of(other) if other is not None else None) and same(one, other, True)


def _order(value: Any, other: Any) -> int:
    from psbridge.script.semantics.comparison import order

    return order(value, other, True)


OBJECT = describe("System.Object", nettypes.OBJECT)

OBJECT.method(
    {
        "GetType()": lambda value: type_of(value),
        "ToString()": net_text,
        "ToString(string format)": format_value,
        "ToString(IFormatProvider p)": lambda value, provider: format_value(value, "", formats_of(provider)),
        "ToString(string format, IFormatProvider p)": lambda value, spec, provider: format_value(
            value, spec or "", formats_of(provider)
        ),
        "Equals(object obj)": _equals,
        "GetHashCode()": _hash,
        "CompareTo(object value)": lambda value, other: _order(value, other),
        "GetEnumerator()": lambda value: _enumerator(value),
    }
)

OBJECT.static(
    {
        "Equals(object objA, object objB)": _equals,
        "ReferenceEquals(object objA, object objB)": lambda one, other: one is other,
    }
)

OBJECT.method(
    {
        "HasFlag(object flag)": lambda value, flag: (
            (int(value.value) & int(convert(flag, type_of(value)).value))
            == int(convert(flag, type_of(value)).value)
            if isinstance(value, enum.Enum)
            else False
        )
    }
)
