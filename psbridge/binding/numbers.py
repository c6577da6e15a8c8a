"""Numbers as .NET and PowerShell read, convert and print them (invariant culture).

`read` is PowerShell's string to number; `change_type` is `Convert.ChangeType` between numbers; `text_of` and
`net_text_of` are the two ways a number becomes a string: PowerShell's (15 digits) and .NET's (shortest).
"""

from __future__ import annotations

import decimal
import math
import re
import struct
from decimal import Decimal
from typing import Final

from psbridge.binding import messages, nettypes
from psbridge.binding.digits import digits_of, whole
from psbridge.binding.errors import NetError
from psbridge.binding.nettypes import NetType
from psbridge.binding.values import Byte, Int16, Int64, SByte, Single, UInt16, UInt32, UInt64

Number = bool | int | float | Decimal

OVERFLOW: Final = {
    "SByte": "a signed byte",
    "Byte": "an unsigned byte",
    "Int16": "an Int16",
    "UInt16": "a UInt16",
    "Int32": "an Int32",
    "UInt32": "a UInt32",
    "Int64": "an Int64",
    "UInt64": "a UInt64",
    "Decimal": "a Decimal",
    "Char": "a character",
}
_WRAPPERS: Final = {
    nettypes.SBYTE: SByte,
    nettypes.BYTE: Byte,
    nettypes.INT16: Int16,
    nettypes.UINT16: UInt16,
    nettypes.UINT32: UInt32,
    nettypes.INT64: Int64,
    nettypes.UINT64: UInt64,
}
DECIMAL_MAX: Final = (1 << 96) - 1
_WIDE: Final = decimal.Context(prec=400, rounding=decimal.ROUND_HALF_EVEN, Emax=999999, Emin=-999999)

_DASHES: Final = "-\u2013\u2014\u2015"
_LITERAL: Final = re.compile(
    r"(?P<sign>[+\-\u2013\u2014\u2015]?)"
    r"(?:0(?P<base>[xX])(?P<hex>[0-9a-fA-F]*)|0[bB](?P<bin>[01]*)"
    r"|(?P<dec>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+\-\u2013\u2014\u2015]?[0-9]+)?))"
    r"(?P<suffix>[uU][lsyLSY]|[usldynUSLDYN])?"
    r"(?:(?P<multiplier>[kmgtpKMGTP])[bB])?"
)
_MULTIPLIERS: Final = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40, "p": 1 << 50}
_SUFFIX_TYPES: Final = {
    "y": nettypes.SBYTE,
    "uy": nettypes.BYTE,
    "s": nettypes.INT16,
    "us": nettypes.UINT16,
    "l": nettypes.INT64,
    "ul": nettypes.UINT64,
}
_DOUBLE: Final = re.compile(
    r"[\t-\r ]*[+-]?(?:[0-9][0-9,]*\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[\t-\r ]*\0*", re.ASCII
)
_DECIMAL: Final = re.compile(
    r"[\t-\r ]*(?P<sign>[+-]?)[\t-\r ]*"
    r"(?P<digits>[0-9][0-9,]*\.?[0-9]*|\.[0-9]+)[\t-\r ]*(?P<tail>[+-]?)[\t-\r ]*\0*",
    re.ASCII,
)
_INTEGER: Final = re.compile(r"[\t-\r ]*[+-]?[0-9]+[\t-\r ]*\0*", re.ASCII)
# What .NET's String.Trim takes off.
SPACES: Final = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029"
    "\u202f\u205f\u3000"
)


def trim(text: str) -> str:
    """`String.Trim()`."""
    return text.strip(SPACES)


def bad_format(text: str) -> NetError:
    """The FormatException of the number parsers."""
    return NetError(messages.BAD_NUMBER.format(text), format=True)


def overflow(type_: NetType) -> NetError:
    """The OverflowException of the integer and decimal conversions."""
    return NetError(messages.OUT_OF_RANGE.format(OVERFLOW[type_.name]))


def as_integer(value: int, type_: NetType) -> int:
    """An integer of this .NET type, as a plain int when the type is Int32.

    Raises:
        NetError: out of the type's range.
    """
    low, high = type_.bounds or (0, 0)
    if not low <= value <= high:
        raise overflow(type_)
    wrapper = _WRAPPERS.get(type_)
    return int(value) if wrapper is None else wrapper(value)


def scan(text: str) -> Number | None:
    """The value of a PowerShell number literal (`0x1F`, `1kb`, `-2.5e3`, `7L`), or None when it is not one.

    Surrounding blanks do not count, and nothing at all is 0, as in PowerShell's own string conversion.
    """
    text = trim(text)
    if not text:
        return 0
    match = _LITERAL.fullmatch(text)
    if match is None:
        return None
    suffix = (match["suffix"] or "").lower()
    multiplier = _MULTIPLIERS[match["multiplier"].lower()] if match["multiplier"] else 1
    negative = match["sign"] != "" and match["sign"] in _DASHES
    digits = match["dec"]
    if digits is not None and not digits.isdigit():
        return _scan_real(("-" if negative else "") + digits, suffix, multiplier)
    if digits is not None:
        value = whole(digits)
    elif match["base"]:
        hexadecimal = match["hex"]
        value = int(hexadecimal or "0", 16)
        width = {"y": 2, "s": 4, "l": 16}.get(suffix, 8 if len(hexadecimal) < 15 else 16)
        if "u" not in suffix and len(hexadecimal) == width and value >> (4 * width - 1):
            value -= 1 << (4 * width)
        if len(hexadecimal) in (15, 16) and suffix in ("", "u"):
            suffix += "l"
    else:
        bits = match["bin"]
        if not bits:
            return None
        value = int(bits, 2)
        if "u" not in suffix and bits[0] == "1" and (len(bits) in (8, 16, 32, 64, 96) or len(bits) >= 128):
            value -= 1 << len(bits)
        if len(bits) == 64 and suffix in ("", "u"):
            suffix += "l"
    value = (-value if negative else value) * multiplier
    return _typed(value, suffix, decimal_notation=digits is not None)


def _scan_real(digits: str, suffix: str, multiplier: int) -> Number | None:
    digits = re.sub("[\u2013\u2014\u2015]", "-", digits)
    if suffix == "d":
        try:
            return fit_decimal(_WIDE.multiply(fit_decimal(Decimal(digits)), Decimal(multiplier)))
        except NetError:
            return None
    value = float(digits) * multiplier
    if not suffix:
        return value
    if not math.isfinite(value):
        return None
    return _typed(round(value), suffix, decimal_notation=False)


def _typed(value: int, suffix: str, *, decimal_notation: bool) -> Number | None:
    """An integer literal's value in the type its suffix and size give it."""
    if suffix == "n":
        return value
    if suffix == "d":
        return Decimal(value) if abs(value) <= DECIMAL_MAX else None
    if suffix == "u":
        for unsigned in (nettypes.UINT32, nettypes.UINT64):
            if 0 <= value <= (unsigned.bounds or (0, 0))[1]:
                return as_integer(value, unsigned)
        return None
    type_ = _SUFFIX_TYPES.get(suffix)
    if type_ is not None:
        low, high = type_.bounds or (0, 0)
        return as_integer(value, type_) if low <= value <= high else None
    if -(1 << 63) <= value < 1 << 63:
        return value
    if not decimal_notation:
        return None
    return Decimal(value) if abs(value) <= DECIMAL_MAX else change_type(value, nettypes.DOUBLE)


def parse_double(text: str) -> float:
    """`Double.Parse` of a string in the invariant culture.

    Raises:
        NetError: not a number.
    """
    if _DOUBLE.fullmatch(text):
        return float(text.rstrip("\0").replace(",", ""))
    name = trim(text).lower()
    if name in ("nan", "+nan", "-nan"):
        return math.nan
    if name in ("infinity", "+infinity", "-infinity"):
        return float(name)
    raise bad_format(text)


def parse_decimal(text: str) -> Decimal:
    """`Decimal.Parse` of a string in the invariant culture.

    Raises:
        NetError: not a number, or out of range.
    """
    match = _DECIMAL.fullmatch(text)
    if match is None or (match["sign"] and match["tail"]):
        raise bad_format(text)
    sign = match["sign"] or match["tail"]
    return fit_decimal(Decimal(sign + match["digits"].replace(",", "")))


def parse_integer(text: str, type_: NetType) -> int:
    """What the system's type converter for this integer type makes of a string.

    Raises:
        NetError: not a number, or out of range.
    """
    text = trim(text)
    lower = text.lower()
    if text.startswith("#") or lower.startswith(("0x", "&h")):
        return _parse_hexadecimal(text[1:] if text.startswith("#") else text[2:], type_)
    if not _INTEGER.fullmatch(text):
        raise bad_format(text)
    return as_integer(whole(text.rstrip("\0")), type_)


def _parse_hexadecimal(digits: str, type_: NetType) -> int:
    if not digits:
        raise NetError(messages.INDEX)
    match = re.match("[0-9a-fA-F]*", digits)
    read = match.group() if match else ""
    if not read:
        raise NetError(messages.NO_DIGITS, format=True)
    if read != digits:
        raise NetError(messages.MORE_THAN_DIGITS, format=True)
    return wrapped(int(digits, 16), type_)


def wrapped(value: int, type_: NetType) -> int:
    """The bits of an integer type read as its value: the highest one is a signed type's sign.

    Raises:
        NetError: there are more bits than the type has.
    """
    low, high = type_.bounds or (0, 0)
    return as_integer(value - 2 * (high + 1) if low < 0 and value > high else value, type_)


def fit_decimal(value: Decimal) -> Decimal:
    """The nearest value a System.Decimal can hold: 96 bits, at most 28 decimals, half to even.

    Raises:
        NetError: out of range.
    """
    if _fits(value):
        return value
    if not value.is_finite():
        raise overflow(nettypes.DECIMAL)
    if value and value.adjusted() > 28:
        raise overflow(nettypes.DECIMAL)
    if not value or value.adjusted() < -29:
        return Decimal(0) if value.as_tuple().exponent > 0 else Decimal((0, (0,), -28))  # type: ignore[operator]
    sign, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    mantissa = int(Decimal((0, digits, 0)))
    if exponent > 0:
        mantissa, exponent = mantissa * 10**exponent, 0
    while mantissa > DECIMAL_MAX or exponent < -28:
        if exponent == 0:
            raise overflow(nettypes.DECIMAL)
        excess = max(Decimal(mantissa).adjusted() - 28, -28 - exponent, 1)
        excess = min(excess, -exponent)
        scaled, rest = divmod(mantissa, 10**excess)
        half = 10**excess // 2
        mantissa = scaled + (rest > half or (rest == half and scaled % 2 == 1))
        exponent += excess
    return Decimal((sign if mantissa else 0, tuple(map(int, str(mantissa))), exponent))


def decimal_from_double(value: float, digits: int = 15) -> Decimal:
    """`new Decimal(double)`: 15 significant digits (7 from a Single), trailing zeros dropped.

    Raises:
        NetError: out of range, infinite or not a number.
    """
    if not math.isfinite(value) or abs(value) >= 7.922816251426434e28:
        raise overflow(nettypes.DECIMAL)
    rounded = Decimal(f"{value:.{digits}g}")
    if not rounded:
        return Decimal(0)
    if _fits(rounded):
        return rounded
    result = fit_decimal(rounded).normalize(_WIDE)
    return result if _fits(result) else result.quantize(Decimal(1), context=_WIDE)


def _fits(value: Decimal) -> bool:
    """Whether a System.Decimal surely holds this value digit by digit."""
    _, digits, exponent = value.as_tuple()
    return isinstance(exponent, int) and -28 <= exponent <= 0 and len(digits) <= 28


def change_type(value: Number, type_: NetType) -> Number:
    """`Convert.ChangeType` from one number, or bool, to another number type.

    Raises:
        NetError: out of range.
    """
    if type_.bounds is not None:
        if isinstance(value, (bool, int)):
            return as_integer(int(value), type_)
        if isinstance(value, float):
            return _integer_from_double(value, type_)
        rounded = value.to_integral_value(decimal.ROUND_HALF_EVEN)
        return as_integer(int(rounded), type_)
    if type_ is nettypes.DECIMAL:
        if isinstance(value, float):
            return decimal_from_double(value, 7 if isinstance(value, Single) else 15)
        return fit_decimal(value if isinstance(value, Decimal) else Decimal(int(value)))
    try:
        number = float(value)
    except OverflowError:
        number = math.inf if value > 0 else -math.inf
    return Single(number) if type_ is nettypes.SINGLE else number


def from_big(value: int, type_: NetType) -> Number:
    """`(type)bigInteger`, the operators of System.Numerics.BigInteger.

    Those of the small integers go through an Int32; what has no more bits, and no place, overflows.

    Raises:
        NetError: out of range.
    """
    if type_.bounds is None:
        if type_ is nettypes.DECIMAL and abs(value) > DECIMAL_MAX:
            raise overflow(type_)
        return change_type(value, type_)
    low, high = type_.bounds
    if low <= value <= high:
        return as_integer(value, type_)
    through = type_ if type_ in _OWN_OPERATOR else nettypes.INT32
    small = -(1 << 31) < value < 0 if through is not nettypes.INT32 else abs(value) < 1 << 32
    if small and through is not nettypes.INT64:
        raise NetError(messages.ARITHMETIC)
    raise overflow(through)


_OWN_OPERATOR: Final = (nettypes.UINT32, nettypes.INT64, nettypes.UINT64)


def _integer_from_double(value: float, type_: NetType) -> int:
    low, high = type_.bounds or (0, 0)
    if math.isfinite(value):
        rounded = round(value)
        if low <= rounded <= high:
            return as_integer(rounded, type_)
    if type_ in (nettypes.INT64, nettypes.UINT64):
        raise NetError(messages.ARITHMETIC)
    small = type_ not in (nettypes.INT32, nettypes.UINT32)
    if small and not (math.isfinite(value) and -(1 << 31) <= round(value) < 1 << 31):
        raise overflow(nettypes.INT32)
    raise overflow(type_)


def read(text: str, type_: NetType) -> Number:
    """PowerShell's string to number: a literal, else what .NET parses, else through System.Double.

    Raises:
        NetError: not a number, or out of range; carries the first failure's message.
    """
    if not text:
        return change_type(0, type_)
    scanned = scan(text)
    if scanned is not None:
        try:
            return change_type(scanned, type_)
        except NetError:
            pass
    if type_ in (nettypes.DOUBLE, nettypes.SINGLE):
        return change_type(parse_double(text), type_)
    try:
        return parse_decimal(text) if type_ is nettypes.DECIMAL else parse_integer(text, type_)
    except NetError as error:
        if not error.format:
            raise
        try:
            return change_type(parse_double(text), type_)
        except NetError:
            raise error from None


def net_text_of(value: Number) -> str:
    """`value.ToString()` in the invariant culture: the shortest digits that read back as the same number."""
    if isinstance(value, Single):
        return _laid_out(_shortest_single(value), 9)
    if isinstance(value, float):
        return _laid_out(repr(float(value)), 17)
    return text_of(value)


def text_of(value: Number) -> str:
    """What PowerShell makes of a number as a string: 15 digits of a Double, 7 of a Single."""
    if isinstance(value, bool):
        return "True" if value else "False"
    if isinstance(value, float):
        precision = 7 if isinstance(value, Single) else 15
        return _laid_out(f"{float(value):.{precision - 1}e}", precision)
    if isinstance(value, Decimal):
        return format(fit_decimal(value), "f")
    return digits_of(value)


def _shortest_single(value: float) -> str:
    if not math.isfinite(value):
        return repr(float(value))
    for precision in range(9):
        text = f"{float(value):.{precision}e}"
        if struct.pack("f", float(text)) == struct.pack("f", value):
            return text
    return text


def _laid_out(text: str, widest: int) -> str:
    """Digits in .NET's layout: scientific when the point lies beyond `widest` digits or below 0.0001."""
    if text in ("nan", "-nan"):
        return "NaN"
    if text in ("inf", "-inf"):
        return "-Infinity" if text[0] == "-" else "Infinity"
    sign, digits, exponent = Decimal(text).as_tuple()
    assert isinstance(exponent, int)
    written = "".join(map(str, digits)).lstrip("0")
    point = len(written) + exponent
    written = written.rstrip("0")
    minus = "-" if sign else ""
    if not written:
        return f"{minus}0"
    if point > widest or point < -3:
        mantissa = written[0] + (f".{written[1:]}" if len(written) > 1 else "")
        power = point - 1
        return f"{minus}{mantissa}E{'-' if power < 0 else '+'}{abs(power):02d}"
    if point <= 0:
        return f"{minus}0.{'0' * -point}{written}"
    if len(written) <= point:
        return f"{minus}{written}{'0' * (point - len(written))}"
    return f"{minus}{written[:point]}.{written[point:]}"
