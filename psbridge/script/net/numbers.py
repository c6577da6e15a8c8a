"""Numbers: their own members, Boolean, Math and BigInteger."""

from __future__ import annotations

import enum
import math
import re
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Any

from psbridge.binding import nettypes
from psbridge.binding.digits import digits_of, whole
from psbridge.binding.errors import InvalidCast, NetError
from psbridge.binding.nettypes import NetType
from psbridge.binding.numbers import bad_format, parse_integer, wrapped
from psbridge.binding.objects import type_of
from psbridge.binding.text import net_text
from psbridge.binding.values import Int64, Single
from psbridge.script.semantics.casts import cast_value
from psbridge.script.semantics.culturenumbers import plain_number
from psbridge.script.semantics.cultures import formats, formats_of
from psbridge.script.semantics.errors import NetFault
from psbridge.script.semantics.text import format_value
from psbridge.script.semantics.values import BigInteger, NetRef

from . import NetClass, describe
from .faults import out_of_range

_DOUBLE_FUNCTIONS = {
    "Sin": math.sin,
    "Cos": math.cos,
    "Tan": math.tan,
    "Asin": math.asin,
    "Acos": math.acos,
    "Atan": math.atan,
    "Sinh": math.sinh,
    "Cosh": math.cosh,
    "Tanh": math.tanh,
    "Sqrt": math.sqrt,
    "Exp": math.exp,
    "Cbrt": lambda number: _cube_root(number),
    "Log10": lambda number: _log(number, 10),
    "Log2": lambda number: _log(number, 2),
}


def _cube_root(number: float) -> float:
    root = abs(number) ** (1 / 3)
    if math.isfinite(root) and float(round(root)) ** 3 == abs(number):
        root = round(root)  # a whole number's power may lie just beside it
    return math.copysign(root, number)


def _log(number: float, base: float | None = None) -> float:
    if base is not None and (base < 0 or base in (0, 1) or base != base):
        return -0.0 if number == 1 and base == 0 else math.nan
    if number == 0:
        return -math.inf
    if number < 0 or number != number:
        return math.nan
    if math.isinf(number):
        return number
    if base == 10:
        return math.log10(number)
    if base == 2:
        return math.log2(number)
    return math.log(number) if base is None else math.log(number) / math.log(base)


def _safe(function: Any) -> Any:
    def wrapped(number: float) -> float:
        try:
            return float(function(number))
        except ValueError:
            return math.nan
        except OverflowError:
            return -math.inf if function is math.sinh and number < 0 else math.inf

    return wrapped


def _floor(number: float) -> float:
    return float(math.floor(number)) if math.isfinite(number) else number


def _ceiling(number: float) -> float:
    return float(math.ceil(number)) or math.copysign(0.0, number) if math.isfinite(number) else number


def _truncate(number: float) -> float:
    return float(math.trunc(number)) if math.isfinite(number) else number


_ROUNDINGS = {0: ROUND_HALF_EVEN, 1: ROUND_HALF_UP, 2: ROUND_DOWN, 3: ROUND_FLOOR, 4: ROUND_CEILING}


def _round(number: Any, digits: int = 0, mode: Any = 0) -> Any:
    if digits < 0 or digits > (28 if isinstance(number, Decimal) else 15):
        raise out_of_range(
            "decimals" if isinstance(number, Decimal) else "digits",
            "Decimal can only round to between 0 and 28 digits of precision."
            if isinstance(number, Decimal)
            else "Rounding digits must be between 0 and 15, inclusive.",
        )
    rounding = _ROUNDINGS[int(mode)]
    if isinstance(number, Decimal):
        if -min(int(number.as_tuple().exponent), 0) <= digits:
            return number
        return number.quantize(Decimal(1).scaleb(-digits), rounding=rounding)
    if not math.isfinite(number) or abs(number) >= 1e16:
        return number
    power = 10.0**digits
    scaled = number * power
    whole = Decimal(scaled).quantize(Decimal(1), rounding=rounding)
    return float(whole) / power


def _power(base: float, exponent: float) -> float:
    try:
        result = base**exponent
    except (ZeroDivisionError, OverflowError):
        return -math.inf if math.copysign(1, base) < 0 and exponent % 2 == 1 else math.inf
    return math.nan if isinstance(result, complex) else float(result)


def _abs(number: Any) -> Any:
    if type(number) is int or isinstance(number, Int64):
        bounds = type_of(number).bounds or (0, 0)
        if number == bounds[0]:
            raise NetFault(
                "OverflowException", "Negating the minimum value of a twos complement number is invalid."
            )
    result = abs(number)
    return type(number)(result) if type(number) not in (int, float, Decimal) else result


def _larger(one: Any, other: Any) -> Any:
    return one if one >= other or one != one else other


def _smaller(one: Any, other: Any) -> Any:
    return one if one <= other or one != one else other


def _clamp(value: Any, low: Any, high: Any) -> Any:
    if low > high:
        raise NetFault("ArgumentException", f"'{net_text(low)}' cannot be greater than {net_text(high)}.")
    return max(low, min(value, high))


def _div_rem(one: int, other: int, rest: NetRef | None = None) -> Any:
    if other == 0:
        raise NetFault("DivideByZeroException", "Attempted to divide by zero.")
    quotient = abs(one) // abs(other) * (1 if (one < 0) == (other < 0) else -1)
    left = one - quotient * other
    if rest is not None:
        rest.write(left)
        return quotient
    from .tuples import value_tuple_of

    return value_tuple_of([quotient, left])


MATH = describe("System.Math")

MATH.constant({"PI": math.pi, "E": math.e, "Tau": math.tau})

MATH.static({f"{name}(double d)": _safe(function) for name, function in _DOUBLE_FUNCTIONS.items()})

# The first of those that fit equally well is taken: a Double for a string.
_SIZES = (
    "double",
    "decimal",
    "sbyte",
    "int16",
    "int",
    "long",
    "single",
    "byte",
    "uint16",
    "uint32",
    "uint64",
)

MATH.static(
    {
        "Floor(double d)": _floor,
        "Floor(decimal d)": lambda number: number.to_integral_value(ROUND_FLOOR),
        "Ceiling(double a)": _ceiling,
        "Ceiling(decimal d)": lambda number: number.to_integral_value(ROUND_CEILING),
        "Truncate(double d)": _truncate,
        "Truncate(decimal d)": lambda number: number.to_integral_value(ROUND_DOWN),
        "Round(double a)": _round,
        "Round(decimal d)": _round,
        "Round(double value, int digits)": _round,
        "Round(decimal d, int decimals)": _round,
        "Round(double value, System.MidpointRounding mode)": lambda number, mode: _round(number, 0, mode),
        "Round(decimal d, System.MidpointRounding mode)": lambda number, mode: _round(number, 0, mode),
        "Round(double value, int digits, System.MidpointRounding mode)": _round,
        "Round(decimal d, int decimals, System.MidpointRounding mode)": _round,
        "Pow(double x, double y)": _power,
        "Log(double d)": _log,
        "Log(double a, double newBase)": _log,
        "Atan2(double y, double x)": math.atan2,
        "IEEERemainder(double x, double y)": lambda one, other: (
            math.remainder(one, other) if other and math.isfinite(one) else math.nan
        ),
        "Sign(double value)": lambda number: (number > 0) - (number < 0),
        "Sign(decimal value)": lambda number: (number > 0) - (number < 0),
        "BigMul(int a, int b)": lambda one, other: Int64(one * other),
        "DivRem(int a, int b)": _div_rem,
        "DivRem(long a, long b)": _div_rem,
        "DivRem(int a, int b, ref result)": _div_rem,
    }
)

for _size in _SIZES:
    MATH.static(
        {
            f"Max({_size} val1, {_size} val2)": _larger,
            f"Min({_size} val1, {_size} val2)": _smaller,
            f"Clamp({_size} value, {_size} min, {_size} max)": _clamp,
        }
    )
    if _size not in ("byte", "uint16", "uint32", "uint64"):
        MATH.static({f"Abs({_size} value)": _abs})


_PLAIN_DECIMAL = re.compile(r"\s*[+-]?[0-9]{1,28}(?:\.[0-9]{1,20})?\s*", re.ASCII)


_HEXADECIMAL = 512  # NumberStyles.AllowHexSpecifier


def _usual_style(type_: NetType) -> int:
    """The NumberStyles of a `Parse` that is given none: Integer, Number, or Float and AllowThousands."""
    if type_.bounds is not None:
        return 7
    return 111 if type_ is nettypes.DECIMAL else 231


def parser(type_: NetType) -> Any:
    """The `Parse` of a number type; what follows the text is a NumberStyles, a format provider, or both."""

    def parse(text: str | None, *rest: Any) -> Any:
        culture = formats_of(rest[-1]) if rest else None
        if text is None:
            raise NetFault("ArgumentNullException", "Value cannot be null. (Parameter 's')")
        style = int(rest[0].value) if rest and isinstance(rest[0], enum.Enum) else 0
        try:
            if style & _HEXADECIMAL:
                if re.fullmatch("[0-9a-fA-F]+", text.strip()) is None:
                    raise bad_format(text)
                return wrapped(int(text.strip(), 16), type_)
            if culture is not None or (style and text.strip()):
                text = plain_number(text, culture or formats(""), style or _usual_style(type_), type_)
            if type_.bounds is not None:
                return parse_integer(text, type_)
            if type_ is nettypes.DECIMAL and _PLAIN_DECIMAL.fullmatch(text):
                return Decimal(text.strip())
            if not text.strip():
                raise bad_format(text)
            return cast_value(text, type_)
        except NetError as error:
            kind = "FormatException" if error.format else "OverflowException"
            raise NetFault(kind, str(error)) from None
        except InvalidCast as error:
            why = str(error).partition('. Error: "')[2].removesuffix('"') or str(error)
            raise NetFault("FormatException", why) from None

    return parse


def _tries(type_: NetType) -> Any:
    parse = parser(type_)

    def attempt(text: Any, *rest: Any) -> bool:
        reference = rest[-1]
        for one in rest[:-1]:
            formats_of(one)  # one that is not known is no mere text that cannot be read
        try:
            reference.write(parse(None if text is None else str(text), *rest[:-1]))
        except NetFault:
            reference.write(cast_value(0, type_))
            return False
        return True

    return attempt


def _number_class(full_name: str, type_: NetType) -> NetClass:
    described = describe(full_name, type_)
    parse, attempt = parser(type_), _tries(type_)
    described.static(
        {
            "Parse(string s)": parse,
            "Parse(string s, System.Globalization.NumberStyles style)": parse,
            "Parse(string s, IFormatProvider p)": parse,
            "Parse(string s, System.Globalization.NumberStyles style, IFormatProvider p)": parse,
            "TryParse(string s, ref result)": attempt,
            "TryParse(string s, System.Globalization.NumberStyles style, IFormatProvider p, ref result)": (
                attempt
            ),
            "TryParse(string s, IFormatProvider p, ref result)": attempt,
            "Max(object x, object y)": _larger,
            "Min(object x, object y)": _smaller,
            "Abs(object value)": _abs,
        }
    )
    described.method(
        {
            "ToString()": net_text,
            "ToString(string format)": format_value,
            "ToString(IFormatProvider p)": lambda value, provider: format_value(
                value, "", formats_of(provider)
            ),
            "ToString(string format, IFormatProvider p)": lambda value, spec, provider: format_value(
                value, spec or "", formats_of(provider)
            ),
            "CompareTo(object value)": lambda value, other: (value > other) - (value < other),
            "Equals(object obj)": lambda value, other: (
                other is not None and type_of(other) is type_of(value) and value == other
            ),
        }
    )
    if type_.bounds is not None:
        low, high = type_.bounds
        described.constant({"MinValue": cast_value(low, type_), "MaxValue": cast_value(high, type_)})
    return described


for _name, _type in (
    *(("Int32", nettypes.INT32), ("Int64", nettypes.INT64), ("Int16", nettypes.INT16)),
    *(("Byte", nettypes.BYTE), ("SByte", nettypes.SBYTE), ("UInt16", nettypes.UINT16)),
    *(("UInt32", nettypes.UINT32), ("UInt64", nettypes.UINT64)),
):
    _number_class(f"System.{_name}", _type)

_DOUBLE = _number_class("System.Double", nettypes.DOUBLE)
_SINGLE = _number_class("System.Single", nettypes.SINGLE)
_DECIMAL = _number_class("System.Decimal", nettypes.DECIMAL)

_DOUBLE.constant(
    {
        "MaxValue": 1.7976931348623157e308,
        "MinValue": -1.7976931348623157e308,
        "Epsilon": 5e-324,
        "NaN": math.nan,
        "PositiveInfinity": math.inf,
        "NegativeInfinity": -math.inf,
    }
)

_DOUBLE.static(
    {
        "IsNaN(double d)": math.isnan,
        "IsInfinity(double d)": math.isinf,
        "IsFinite(double d)": math.isfinite,
        "IsPositiveInfinity(double d)": lambda number: number == math.inf,
        "IsNegativeInfinity(double d)": lambda number: number == -math.inf,
    }
)

_SINGLE.constant(
    {
        "MaxValue": Single(3.4028234663852886e38),
        "MinValue": Single(-3.4028234663852886e38),
        "NaN": Single(math.nan),
    }
)

_DECIMAL.constant(
    {
        "MaxValue": Decimal("79228162514264337593543950335"),
        "MinValue": Decimal("-79228162514264337593543950335"),
        "Zero": Decimal(0),
        "One": Decimal(1),
        "MinusOne": Decimal(-1),
    }
)

_DECIMAL.static(
    {
        "Round(decimal d)": _round,
        "Round(decimal d, int decimals)": _round,
        "Round(decimal d, int decimals, System.MidpointRounding mode)": _round,
        "Floor(decimal d)": lambda number: number.to_integral_value(ROUND_FLOOR),
        "Ceiling(decimal d)": lambda number: number.to_integral_value(ROUND_CEILING),
        "Truncate(decimal d)": lambda number: number.to_integral_value(ROUND_DOWN),
    }
)


def parse_bool(text: str) -> bool:
    """Boolean.Parse."""
    folded = text.strip().lower()
    if folded not in ("true", "false"):
        raise NetFault("FormatException", f"String '{text}' was not recognized as a valid Boolean.")
    return folded == "true"


def _try_bool(text: str, reference: NetRef) -> bool:
    try:
        reference.write(parse_bool(text))
    except NetFault:
        reference.write(False)
        return False
    return True


BOOLEAN = describe("System.Boolean", nettypes.BOOLEAN)

BOOLEAN.static({"Parse(string value)": parse_bool, "TryParse(string value, ref result)": _try_bool})

BOOLEAN.constant({"TrueString": "True", "FalseString": "False"})

BIG = describe("System.Numerics.BigInteger", BigInteger.net_type)


def _big(text: str, style: int, provider: Any) -> Any:
    try:
        plain = plain_number(text, formats_of(provider) or formats(""), style, nettypes.INT64)
    except NetError:
        raise NetFault("FormatException", "The value could not be parsed.") from None
    return BigInteger(whole(plain))


BIG.static(
    {
        "Pow(bigint value, int exponent)": lambda value, exponent: BigInteger(int(value) ** exponent),
        "Parse(string value)": lambda text: cast_value(text, BigInteger.net_type),
        "Parse(string value, IFormatProvider provider)": lambda text, provider: _big(text, 7, provider),
        "Parse(string value, System.Globalization.NumberStyles style, IFormatProvider provider)": (
            lambda text, style, provider: _big(text, int(style), provider)
        ),
        "Add(bigint left, bigint right)": lambda one, other: BigInteger(int(one) + int(other)),
        "Multiply(bigint left, bigint right)": lambda one, other: BigInteger(int(one) * int(other)),
        "Subtract(bigint left, bigint right)": lambda one, other: BigInteger(int(one) - int(other)),
        "ModPow(bigint value, bigint exponent, bigint modulus)": lambda value, exponent, modulus: BigInteger(
            pow(int(value), int(exponent), int(modulus))
        ),
        "GreatestCommonDivisor(bigint left, bigint right)": lambda one, other: BigInteger(
            math.gcd(one, other)
        ),
        "Abs(bigint value)": lambda value: BigInteger(abs(int(value))),
        "Log10(bigint value)": lambda value: math.log10(int(value)),
    }
)

BIG.constant({"One": BigInteger(1), "Zero": BigInteger(0), "MinusOne": BigInteger(-1)})

BIG.new({"(object value)": lambda value: cast_value(value, BigInteger.net_type)})

BIG.property(
    {
        "IsZero": lambda value: value == 0,
        "IsEven": lambda value: value % 2 == 0,
        "Sign": lambda v: (v > 0) - (v < 0),
    }
)

BIG.method(
    {
        "ToString()": digits_of,
        "ToString(string format)": format_value,
        "ToString(IFormatProvider p)": lambda value, provider: format_value(value, "", formats_of(provider)),
        "ToString(string format, IFormatProvider p)": lambda value, spec, provider: format_value(
            value, spec or "", formats_of(provider)
        ),
    }
)
