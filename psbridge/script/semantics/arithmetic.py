"""PowerShell's arithmetic: the left operand decides, integers widen to double, strings and arrays join.

Each public function is one operator. What it cannot do is a ScriptError with PowerShell's id.
"""

from __future__ import annotations

import datetime
import enum
import math
import re
from collections.abc import Callable
from decimal import Decimal, DivisionByZero, InvalidOperation, localcontext
from typing import Any

from psbridge.binding import nettypes
from psbridge.binding.dates import datetime_from_ticks, ticks_of, timespan_from_ticks
from psbridge.binding.errors import InvalidCast, NetError
from psbridge.binding.numbers import fit_decimal, scan
from psbridge.binding.objects import elements, is_dictionary, is_list, type_of
from psbridge.binding.text import to_text
from psbridge.binding.values import Char, Int64, Literal, Switch, UInt32, UInt64

from . import dateformat
from .casts import cast, cast_failure, cast_value
from .errors import ExceptionObject, ScriptError, runtime_error
from .values import Bag, BigInteger, Hashtable, NetList, NetQueue, Ordered, TypedArray, Wrapped

LOW, HIGH = -(1 << 31), (1 << 31) - 1
LOW64, HIGH64 = -(1 << 63), (1 << 63) - 1
_SPECIAL = {
    nettypes.UINT32: 2,
    nettypes.INT64: 3,
    nettypes.UINT64: 4,
    nettypes.SINGLE: 5,
    nettypes.DOUBLE: 6,
    nettypes.DECIMAL: 7,
}


def as_number(value: Any) -> Any:
    """An operand as a number: what PowerShell makes of it for arithmetic.

    Raises:
        ScriptError: it is not one.
    """
    if isinstance(value, Literal):
        value = value.value
    if value is None:
        return 0
    if isinstance(value, (bool, Switch)):
        return int(bool(value))
    if isinstance(value, Char):
        return ord(value)
    if isinstance(value, str):
        return number_of(value)
    if isinstance(value, enum.Enum):
        return int(value.value)
    return value


def number_of(text: str) -> Any:
    """A string as the number an arithmetic operator reads it as.

    Raises:
        ScriptError: InvalidCastFromStringToInteger.
    """
    if not text.strip():
        return 0
    scanned = scan(text.strip())
    if scanned is not None:
        return scanned
    try:
        return cast_value(text, nettypes.INT32)
    except InvalidCast as error:
        try:
            return cast_value(text, nettypes.DOUBLE)
        except InvalidCast:
            raise cast_failure(text, nettypes.INT32, str(error)) from None


def rank_of(value: Any) -> int:
    """1 to 3 for integers up to Int64, then UInt64, Single, Double, Decimal, BigInteger; 0 for no number."""
    cls = type(value)
    if cls is int:
        return 1 if LOW <= value <= HIGH else 3
    if cls is float:
        return 6
    if cls is BigInteger:
        return 8
    if not isinstance(value, (int, float, Decimal)) or isinstance(value, enum.Enum):
        return 0
    return _SPECIAL.get(type_of(value), 1)


def _product(one: int, other: int) -> Any:
    """A product of two integers; one of 64 bits that does not fit loses its last bits, and is not rounded."""
    rank = max(rank_of(one), rank_of(other))
    product = sized(int(one) * int(other), rank)
    if rank in (3, 4) and type(product) is float:
        excess = abs(one * other).bit_length() - 53
        return float((abs(one * other) >> excess << excess) * (1 if product > 0 else -1))
    return product


def sized(result: int, rank: int) -> Any:
    """An integer result in the type its operands ask for; a Double when it does not fit."""
    if rank <= 1:
        return result if LOW <= result <= HIGH else float(result)
    if rank == 2:
        return UInt32(result) if 0 <= result <= 0xFFFFFFFF else float(result)
    if rank == 3:
        if LOW <= result <= HIGH:
            return Int64(result)
        return result if LOW64 <= result <= HIGH64 else float(result)
    if rank == 4:
        return UInt64(result) if 0 <= result < 1 << 64 else float(result)
    return BigInteger(result)


def _numbers(left: Any, right: Any) -> tuple[Any, Any, int]:
    """Both operands as numbers of one kind, and its rank."""
    one, other = rank_of(left), rank_of(right)
    if one == 2 or other == 2:
        signed = right if one == 2 else left
        if min(one, other) <= 1 and signed < 0:
            return left, right, 3
    if {one, other} == {3, 4} or {one, other} == {1, 4}:
        signed = left if one != 4 else right
        if signed < 0:
            return float(left), float(right), 6
    rank = max(one, other)
    if rank == 8:
        return int(left), int(right), 8
    if rank == 7:
        try:
            return cast_value(left, nettypes.DECIMAL), cast_value(right, nettypes.DECIMAL), 7
        except InvalidCast:
            return float(left), float(right), 6
    if rank >= 5:
        return float(left), float(right), 6 if rank == 5 and one != other else rank
    return int(left), int(right), rank


def _arithmetic(left: Any, right: Any, name: str, work: Callable[[Any, Any], Any]) -> Any:
    kind = type_of(left) if isinstance(left, enum.Enum) else None
    left, right = as_number(left), as_number(right)
    if not rank_of(left) or not rank_of(right):
        raise no_operator(right if rank_of(left) else left, right, name)
    if kind is not None:
        result = _arithmetic(left, right, name, work)
        try:
            return cast_value(result, kind)
        except InvalidCast:
            return result
    one, other, rank = _numbers(left, right)
    if rank == 7:
        return _decimal(one, other, work)
    try:
        result = work(one, other)
    except OverflowError:
        return math.inf
    # Integers that do not divide evenly give a Double.
    return result if rank == 6 or isinstance(result, float) else sized(result, rank)


def _decimal(one: Decimal, other: Decimal, work: Callable[[Any, Any], Any]) -> Any:
    with localcontext() as context:
        context.prec = 60
        try:
            return fit_decimal(work(one, other))
        except NetError as error:
            raise runtime_error(
                str(error), "RuntimeException", inner=ExceptionObject("OverflowException", str(error))
            ) from None
        except (DivisionByZero, InvalidOperation):
            raise divided_by_zero() from None


_SYMBOLS = {
    "op_Addition": "+",
    "op_Subtraction": "-",
    "op_Multiply": "*",
    "op_Division": "/",
    "op_Modulus": "%",
}


def no_operator(left: Any, right: Any, name: str) -> ScriptError:
    """Neither PowerShell nor the type has such an operator."""
    shown = "null" if left is None else type_of(left).full_name
    if isinstance(left, (list, tuple)) or is_dictionary(left):
        shown = type_of(left).full_name
    return runtime_error(
        f"Method invocation failed because [{shown}] does not contain a method named '{name}'.",
        "MethodNotFound",
        target=name,
    )


def divided_by_zero() -> ScriptError:
    """1 / 0."""
    message = "Attempted to divide by zero."
    return runtime_error(
        message,
        "RuntimeException",
        category="NotSpecified",
        inner=ExceptionObject("DivideByZeroException", message),
    )


def add(left: Any, right: Any) -> Any:
    """`left + right`.

    >>> add(1, "2"), add("1", 2), add([1], 2), add(2147483647, 1)
    (3, '12', [1, 2], 2147483648.0)
    """
    if type(left) is int and type(right) is int:
        result = left + right
        if LOW <= result <= HIGH and LOW <= left <= HIGH and LOW <= right <= HIGH:
            return result
        return sized(result, max(rank_of(left), rank_of(right)))
    if type(left) is float and (type(right) is int or type(right) is float):
        return left + right
    if type(left) is str:
        return left + (right if type(right) is str else to_text(right))
    return _add(left, right)


def _add(left: Any, right: Any) -> Any:
    left, right = bare(left), bare(right)
    if left is None:
        return right
    if isinstance(left, str):
        return str(left) + to_text(right)
    if is_list(left) or isinstance(left, NetQueue):
        items = elements(left) if is_list(left) else list(left)
        return items + (elements(right) if is_list(right) else [right])
    if is_dictionary(left):
        return _add_dictionaries(left, right)
    if isinstance(left, (datetime.datetime, datetime.timedelta)):
        return _add_times(left, right, 1)
    return _arithmetic(left, right, "op_Addition", lambda one, other: one + other)


def bare(value: Any) -> Any:
    """An operand without the text it was written as, and without added members."""
    if isinstance(value, Literal):
        return value.value
    return value.value if isinstance(value, Wrapped) else value


def _add_dictionaries(left: Any, right: Any) -> Any:
    if not is_dictionary(right):
        raise runtime_error(
            "A hash table can only be added to another hash table.", "AddHashTableToNonHashTable"
        )
    made = Ordered(left) if isinstance(left, Ordered) else Hashtable(left)
    for key, value in right.items():
        if key in made:
            message = (
                f"Item has already been added. Key in dictionary: '{to_text(key)}'  Key being added: "
                f"'{to_text(key)}'"
            )
            raise runtime_error(
                message,
                "System.ArgumentException",
                category="OperationStopped",
                kind="ArgumentException",
            )
        made[key] = value
    return made


def _add_times(left: Any, right: Any, sign: int) -> Any:
    name = "op_Addition" if sign > 0 else "op_Subtraction"
    if isinstance(left, datetime.datetime):
        if sign < 0 and (isinstance(right, (datetime.datetime, str))):
            other = right if isinstance(right, datetime.datetime) else cast(right, nettypes.DATETIME)
            return timespan_from_ticks(dateformat.ticks(left) - dateformat.ticks(other))
        span = right if isinstance(right, datetime.timedelta) else _as_span(right)
        return add_ticks(left, sign * ticks_of(span))
    if isinstance(right, (datetime.timedelta, str)):
        return timespan_from_ticks(ticks_of(left) + sign * ticks_of(_as_span(right)))
    raise no_operator(left, right, name)


def _as_span(value: Any) -> datetime.timedelta:
    span: datetime.timedelta = cast(value, nettypes.TIMESPAN)
    return span


def add_ticks(moment: datetime.datetime, count: int) -> datetime.datetime:
    """The moment so many ticks later, of the same kind."""
    try:
        later = datetime_from_ticks(dateformat.ticks(moment) + count)
    except NetError:
        raise runtime_error(
            "The added or subtracted value results in an un-representable DateTime. (Parameter 't')",
            "ArgumentOutOfRangeException",
            kind="ArgumentOutOfRangeException",
        ) from None
    kind = dateformat.kind_of(moment)
    if kind == "Unspecified":
        return later
    zone = moment.tzinfo if kind == "Utc" else later.replace(tzinfo=None).astimezone().tzinfo
    rest = getattr(later, "rest", 0)
    return dateformat.with_rest(later.replace(tzinfo=zone), rest)


def subtract(left: Any, right: Any) -> Any:
    """`left - right`."""
    if type(left) is int and type(right) is int:
        result = left - right
        if LOW <= result <= HIGH and LOW <= left <= HIGH and LOW <= right <= HIGH:
            return result
        return sized(result, max(rank_of(left), rank_of(right)))
    if type(left) is float and (type(right) is int or type(right) is float):
        return left - right
    left, right = bare(left), bare(right)
    if isinstance(left, (datetime.datetime, datetime.timedelta)):
        return _add_times(left, right, -1)
    return _arithmetic(left, right, "op_Subtraction", lambda one, other: one - other)


def multiply(left: Any, right: Any) -> Any:
    """`left * right`: repeats a string or an array."""
    if type(left) is int and type(right) is int:
        result = left * right
        if LOW <= result <= HIGH and LOW <= left <= HIGH and LOW <= right <= HIGH:
            return result
        return _product(left, right)
    if type(left) is float and (type(right) is int or type(right) is float):
        return left * right
    left, right = bare(left), bare(right)
    if left is None:
        return None
    if (isinstance(left, str) and not isinstance(left, Char)) or is_list(left):
        return _repeated(left, right)
    if isinstance(left, (bool, Char)):
        raise runtime_error(
            f"The operation '[{type_of(left).full_name}] * [{type_of(right).full_name}]' is not defined.",
            "NotADefinedOperationForType",
        )
    if isinstance(left, datetime.timedelta):
        return timespan_from_ticks(round(ticks_of(left) * as_number(right)))
    return _arithmetic(left, right, "op_Multiply", lambda one, other: one * other)


def _repeated(left: Any, right: Any) -> Any:
    # An array takes no negative number; a text says so itself.
    times = cast(right, nettypes.INT32)
    if times < 0 and not isinstance(left, str):
        times = cast(times, nettypes.UINT32)
    if times < 0:
        raise runtime_error(
            f"times ('{times}') must be a non-negative value. (Parameter 'times')\nActual value was {times}.",
            "System.ArgumentOutOfRangeException",
            category="OperationStopped",
            kind="ArgumentOutOfRangeException",
        )
    if isinstance(left, str):
        return str(left) * times
    items = elements(left) * times
    return TypedArray(items, left.element) if isinstance(left, TypedArray) else items


def divide(left: Any, right: Any) -> Any:
    """`left / right`: an integer when it comes out even, else a Double."""
    left, right = bare(left), bare(right)
    if isinstance(left, datetime.timedelta):
        if isinstance(right, datetime.timedelta):
            return ticks_of(left) / ticks_of(right)
        return timespan_from_ticks(round(ticks_of(left) / as_number(right)))
    big = BigInteger in (type(left), type(right))
    return _arithmetic(left, right, "op_Division", _whole_quotient if big else _quotient)


def _whole_quotient(one: Any, other: Any) -> Any:
    """A BigInteger's quotient has no fraction."""
    if not isinstance(one, int) or not isinstance(other, int) or other == 0:
        return _quotient(one, other)
    quotient = abs(one) // abs(other)
    return quotient if (one < 0) == (other < 0) else -quotient


def _quotient(one: Any, other: Any) -> Any:
    if isinstance(one, int) and isinstance(other, int):
        if other == 0:
            raise divided_by_zero()
        whole, rest = divmod(one, other)
        return whole if rest == 0 else one / other
    if isinstance(one, Decimal):
        return one / other
    if other == 0:
        negative = math.copysign(1, one) * math.copysign(1, other) < 0
        return math.nan if one == 0 or one != one else -math.inf if negative else math.inf
    return one / other


def modulo(left: Any, right: Any) -> Any:
    """`left % right`: the sign is the left operand's."""
    if (
        type(left) is int
        and type(right) is int
        and left >= 0
        and right > 0
        and left <= HIGH
        and right <= HIGH
    ):
        return left % right
    left, right = bare(left), bare(right)
    return _arithmetic(left, right, "op_Modulus", _remainder)


def _remainder(one: Any, other: Any) -> Any:
    if isinstance(one, int) and isinstance(other, int):
        if other == 0:
            raise divided_by_zero()
        rest = abs(one) % abs(other)
        return -rest if one < 0 else rest
    if isinstance(one, Decimal):
        return one % other
    return math.fmod(one, other) if other else math.nan


def negate(value: Any) -> Any:
    """`-value`."""
    value = bare(value)
    if isinstance(value, datetime.timedelta):
        return timespan_from_ticks(-ticks_of(value))
    number = as_number(value)
    if type(number) is float or isinstance(number, Decimal):
        return -number
    return subtract(0, number)


def plus(value: Any) -> Any:
    """`+value`."""
    return add(0, as_number(bare(value)))


def increment(value: Any, step: int) -> Any:
    """What `++` and `--` put in place of a value."""
    if value is None:
        return step
    if not rank_of(bare(value)):
        name = "++" if step > 0 else "--"
        raise runtime_error(
            f"The '{name}' operator works only on numbers. The operand is a '{type_of(value).full_name}'.",
            "OperatorRequiresNumber",
        )
    return add(value, step)


def value_range(low: Any, high: Any) -> list[Any]:
    """`low..high`: integers, or characters when both are."""
    low, high = bare(low), bare(high)
    if (
        isinstance(low, str)
        and isinstance(high, str)
        and len(low) == 1
        and len(high) == 1
        and not (low.isdigit() and high.isdigit() and type(low) is str and type(high) is str)
    ):
        return [Char(chr(code)) for code in _span(ord(low), ord(high))]
    first, last = (_bound(item) for item in (low, high))
    return list(_span(first, last))


def _bound(value: Any) -> int:
    """One end of a range of integers, which .NET converts and says of what it cannot."""
    if type(value) is str:
        if not re.fullmatch(r"\s*[+-]?[0-9]+\s*", value):
            raise _range_error("FormatException", f"The input string '{value}' was not in a correct format.")
        value = int(value)
    number = as_number(value)
    if not isinstance(number, (int, float, Decimal)) or isinstance(number, BigInteger):
        own = isinstance(value, Bag)
        shown = "System.Management.Automation.PSObject" if own else type_of(value).full_name
        raise _range_error(
            "InvalidCastException",
            f"Unable to cast object of type '{shown}' to type 'System.IConvertible'.",
        )
    if not LOW - 0.5 <= number < HIGH + 0.5:
        raise _range_error("OverflowException", "Value was either too large or too small for an Int32.")
    return int(cast(number, nettypes.INT32))


def _range_error(kind: str, message: str) -> ScriptError:
    return runtime_error(message, f"System.{kind}", category="OperationStopped", kind=kind)


def _span(first: int, last: int) -> range:
    return range(first, last + 1) if first <= last else range(first, last - 1, -1)


def list_of(value: Any) -> Any:
    """A list that a NetList can be joined with."""
    return NetList(value)
