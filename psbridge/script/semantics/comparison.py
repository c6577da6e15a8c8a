"""PowerShell's comparisons and the operators built on them: -eq to -ge, -contains, -in, -like, truth.

With a collection on the left the comparing operators filter it. Each public function is one operator; `case`
asks for the case-sensitive form.
"""

from __future__ import annotations

import datetime
import enum
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from psbridge.binding import nettypes
from psbridge.binding.conversion import is_true as _is_true
from psbridge.binding.dates import ticks_of
from psbridge.binding.errors import InvalidCast
from psbridge.binding.nettypes import NetType
from psbridge.binding.objects import bag_of, elements, is_dictionary, is_list
from psbridge.binding.text import to_text
from psbridge.binding.values import Char, Literal, PSCustomObject, Switch, Version

from . import collation, dateformat
from .arithmetic import number_of
from .casts import cast_value
from .errors import ErrorRecord, ExceptionObject, ScriptError
from .types import type_of
from .values import NetQueue, NetSet, Wrapped

_NUMBERS = (int, float, Decimal)


def truth(value: Any) -> bool:
    """What `if ($value)` sees: $null, 0, '', an empty list and a list of one false element are false.

    >>> truth([0]), truth([0, 0]), truth("False"), truth({})
    (False, True, True, True)
    """
    if value is True or value is False:
        return value
    if type(value) is Wrapped:
        value = value.value
    return _is_true(value)


def _bare(value: Any) -> Any:
    cls = type(value)
    return value.value if cls is Literal or cls is Wrapped else value


def _is_number(value: Any) -> bool:
    return isinstance(value, _NUMBERS) and not isinstance(value, (bool, enum.Enum))


def same(left: Any, right: Any, case: bool = False) -> bool:
    """Whether two single values are equal, as -eq compares elements."""
    left, right = _bare(left), _bare(right)
    if left is None or right is None:
        return left is None and right is None
    if type(left) is str and type(right) is str:
        if left == right or (not case and left.lower() == right.lower()):
            return True
        if left.isascii() and right.isascii() and left.isprintable() and right.isprintable():
            return False
        return collation.same(left, right, ignore_case=not case)
    if isinstance(left, bool) and type(right) is bool:
        return left == right
    if _is_number(left) and _is_number(right):
        return _same_numbers(left, right)
    return _same(left, right, case)


def _same_numbers(left: Any, right: Any) -> bool:
    if isinstance(left, Decimal) and isinstance(right, float):
        return bool(left == Decimal(repr(right))) if right == right and abs(right) < 1e28 else False
    if isinstance(left, float) and isinstance(right, Decimal):
        return _same_numbers(right, left)
    return bool(left == right)


def _same(left: Any, right: Any, case: bool) -> bool:
    if isinstance(left, str):
        if isinstance(left, Char) and _is_number(right):
            return bool(ord(left) == right)
        return same(str(left), to_text(right), case)
    if isinstance(left, (bool, Switch)):
        return bool(left) == truth(right)
    if _is_number(left):
        return _same_as_number(left, right)
    if isinstance(left, enum.Enum):
        try:
            return bool(cast_value(right, type_of(left)) == left)
        except InvalidCast:
            return False
    if isinstance(left, datetime.datetime):
        try:
            return dateformat.ticks(left) == dateformat.ticks(cast_value(right, nettypes.DATETIME))
        except InvalidCast:
            return False
    if isinstance(left, NetType):
        if isinstance(right, str):
            return right.lower() in (left.full_name.lower(), left.name.lower())
        return left is right or (isinstance(right, NetType) and left.full_name == right.full_name)
    own = getattr(left, "__net_equals__", None)
    if own is not None:
        return bool(own(right))
    if bag_of(type(left)) is not None or is_dictionary(left) or is_list(left):
        return left is right
    try:
        converted = cast_value(right, type_of(left))
    except InvalidCast:
        return False
    return bool(left == converted)


def _same_as_number(left: Any, right: Any) -> bool:
    if isinstance(right, str) and not isinstance(right, Char):
        try:
            return _same_numbers(left, number_of(right) if right.strip() else 0)
        except ScriptError:
            return False
    try:
        return _same_numbers(left, _as_number_operand(right))
    except InvalidCast:
        return False


def _as_number_operand(right: Any) -> Any:
    if isinstance(right, (bool, Switch)):
        return int(bool(right))
    if isinstance(right, Char):
        return ord(right)
    if isinstance(right, enum.Enum):
        return right.value
    if _is_number(right):
        return right
    return cast_value(right, nettypes.INT32)


def order(left: Any, right: Any, case: bool = False) -> int:
    """-1, 0 or 1, as -lt and Sort-Object compare two values.

    Raises:
        ScriptError: they cannot be compared.
    """
    left, right = _bare(left), _bare(right)
    if type(left) is str and type(right) is str:
        return collation.compare(left, right, ignore_case=not case)
    if _is_number(left) and _is_number(right):
        return _sign(left, right)
    if left is None or right is None:
        return _order_null(left, right)
    try:
        return _order(left, right, case)
    except InvalidCast as error:
        raise _not_comparable(left, right, str(error)) from None
    except ScriptError as error:
        if _is_number(left) and error.error_id.startswith("InvalidCast"):
            raise
        raise _not_comparable(left, right, error.message) from None


def _sign(left: Any, right: Any) -> int:
    if isinstance(left, Decimal) and isinstance(right, float):
        right = Decimal(repr(right))
    elif isinstance(left, float) and isinstance(right, Decimal):
        left = Decimal(repr(left))
    return int((left > right) - (left < right))


def _order_null(left: Any, right: Any) -> int:
    if left is None and right is None:
        return 0
    value, sign = (right, -1) if left is None else (left, 1)
    if _is_number(value):
        return sign if value >= 0 else -sign
    return sign


def _order(left: Any, right: Any, case: bool) -> int:
    if isinstance(left, str):
        return collation.compare(str(left), to_text(right), ignore_case=not case)
    if isinstance(left, (bool, Switch)):
        return _sign(int(bool(left)), int(truth(right)))
    if _is_number(left):
        if isinstance(right, str) and not isinstance(right, Char):
            return _sign(left, number_of(right))
        return _sign(left, _as_number_operand(right))
    if isinstance(left, enum.Enum):
        other = cast_value(right, type_of(left))
        return _sign(left.value, other.value)
    if isinstance(left, datetime.datetime):
        return _sign(dateformat.ticks(left), dateformat.ticks(cast_value(right, nettypes.DATETIME)))
    if isinstance(left, datetime.timedelta):
        return _sign(ticks_of(left), ticks_of(cast_value(right, nettypes.TIMESPAN)))
    if isinstance(left, Version):
        other = cast_value(right, nettypes.VERSION)
        return _sign((*left, -1, -1)[:4], (*other, -1, -1)[:4])
    own = getattr(left, "__net_compare__", None)
    if own is not None:
        return int(own(right))
    if is_list(left) or is_dictionary(left) or bag_of(type(left)) is not None:
        raise InvalidCast("")
    try:
        return _sign(left, cast_value(right, type_of(left)))
    except TypeError:
        raise InvalidCast("") from None


def _not_comparable(left: Any, right: Any, why: str) -> ScriptError:
    one, other = to_text(left), to_text(right)
    if why:
        message = f'Could not compare "{one}" to "{other}". Error: "{why}"'
        error_id = "ComparisonFailure"
    else:
        message = (
            f'Cannot compare "{one}" to "{other}" because the objects are not the same type or '
            f'the object "{one}" does not implement "IComparable".'
        )
        error_id = "PSObjectCompareTo"
    category = "InvalidOperation" if why or not isinstance(left, PSCustomObject) else "NotSpecified"
    error = ScriptError(ErrorRecord(ExceptionObject("RuntimeException", message), error_id, category))
    error.statement_only = True
    return error


def members_of(value: Any) -> list[Any] | None:
    """The elements of a collection that an operator filters; None for a single value."""
    if type(value) is Wrapped:
        value = value.value
    if is_list(value):
        return elements(value)
    if isinstance(value, NetQueue):
        return list(value)
    if isinstance(value, NetSet):
        return value.members()
    own = getattr(value, "__net_iterate__", None)
    return None if own is None else list(own())


def _filtering(test: Callable[[Any, Any, bool], bool]) -> Callable[..., Any]:
    def operator(left: Any, right: Any, case: bool = False) -> Any:
        items = members_of(left)
        if items is not None:
            return [item for item in items if test(item, right, case)]
        return test(left, right, case)

    return operator


equals = _filtering(same)
not_equals = _filtering(lambda left, right, case: not same(left, right, case))
_greater = _filtering(lambda left, right, case: order(left, right, case) > 0)
_greater_or_equal = _filtering(lambda left, right, case: order(left, right, case) >= 0)
_less = _filtering(lambda left, right, case: order(left, right, case) < 0)
_less_or_equal = _filtering(lambda left, right, case: order(left, right, case) <= 0)


def greater(left: Any, right: Any, case: bool = False) -> Any:
    """`left -gt right`."""
    if type(left) is int and type(right) is int:
        return left > right
    return _greater(left, right, case)


def greater_or_equal(left: Any, right: Any, case: bool = False) -> Any:
    """`left -ge right`."""
    if type(left) is int and type(right) is int:
        return left >= right
    return _greater_or_equal(left, right, case)


def less(left: Any, right: Any, case: bool = False) -> Any:
    """`left -lt right`."""
    if type(left) is int and type(right) is int:
        return left < right
    return _less(left, right, case)


def less_or_equal(left: Any, right: Any, case: bool = False) -> Any:
    """`left -le right`."""
    if type(left) is int and type(right) is int:
        return left <= right
    return _less_or_equal(left, right, case)


def contains(left: Any, right: Any, case: bool = False) -> bool:
    """`left -contains right`."""
    items = members_of(left)
    return any(same(item, right, case) for item in (items if items is not None else [left]))


def contained(left: Any, right: Any, case: bool = False) -> bool:
    """`left -in right`."""
    items = members_of(right)
    return any(same(item, left, case) for item in (items if items is not None else [right]))


def negated(value: Any) -> bool:
    """`-not value`."""
    return not truth(value)


def exclusive_or(left: Any, right: Any) -> bool:
    """`left -xor right`."""
    return truth(left) != truth(right)
