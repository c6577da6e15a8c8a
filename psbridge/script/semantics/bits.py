"""Operators on bits: `-band`, `-bor`, `-bxor`, `-bnot`, `-shl`, `-shr`."""

from __future__ import annotations

import enum
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from psbridge.binding import nettypes
from psbridge.binding.text import to_text

from .arithmetic import as_number, bare, no_operator, rank_of, sized
from .casts import cast
from .errors import runtime_error
from .types import type_of

_TARGETS = (nettypes.INT32, nettypes.UINT32, nettypes.INT64, nettypes.UINT64)
"""What a number with a fraction becomes before its bits are used: the first that it fits."""


def _integer_operand(value: Any) -> Any:
    number = as_number(bare(value))
    if isinstance(number, (float, Decimal)):
        fitting = (one for one in _TARGETS if one.bounds and one.bounds[0] <= round(number) <= one.bounds[1])
        target = next(fitting, None)
        if target is None:
            message = f'Cannot convert value "{to_text(number)}" to type "System.UInt64".'
            raise runtime_error(message, "ConvertToFinalInvalidCastException", kind="PSInvalidCastException")
        return cast(number, target)
    if not isinstance(number, int):
        raise no_operator(number, None, "op_BitwiseAnd")
    return number


def _bitwise(left: Any, right: Any, work: Callable[[int, int], int]) -> Any:
    plain = bare(left)
    for enumeration, text in ((plain, bare(right)), (bare(right), plain)):
        if isinstance(enumeration, enum.Enum) and isinstance(text, str):
            # The text names members of the other one's type.
            named = cast(text, type_of(enumeration))
            return _bitwise(enumeration, named, work)
    pair = (plain, bare(right))
    if any(isinstance(one, (float, Decimal)) for one in pair) and any(isinstance(one, list) for one in pair):
        # PowerShell's own failure, by its id.
        raise runtime_error(
            "Object reference not set to an instance of an object.",
            "System.NullReferenceException",
            kind="NullReferenceException",
        )
    one, other = _integer_operand(left), _integer_operand(right)
    rank = max(rank_of(one), rank_of(other), 1)
    if any(isinstance(as_number(each), (float, Decimal)) for each in pair):
        rank = 3 if min(int(one), int(other)) < 0 else 4
    result = work(int(one), int(other))
    if rank == 4 or (rank == 2 and result < 0):
        result &= (1 << 64) - 1 if rank == 4 else 0xFFFFFFFF
    made = sized(result, rank)
    return type(plain)(result) if isinstance(plain, enum.Enum) else made


def bit_and(left: Any, right: Any) -> Any:
    """`left -band right`."""
    return _bitwise(left, right, lambda one, other: one & other)


def bit_or(left: Any, right: Any) -> Any:
    """`left -bor right`."""
    return _bitwise(left, right, lambda one, other: one | other)


def bit_xor(left: Any, right: Any) -> Any:
    """`left -bxor right`."""
    return _bitwise(left, right, lambda one, other: one ^ other)


def bit_not(value: Any) -> Any:
    """`-bnot value`."""
    plain = as_number(bare(value))
    # Its one operand is converted, where the binary operators look for an operator of the type.
    is_number = isinstance(plain, (int, float, Decimal))
    number = _integer_operand(plain) if is_number else cast(value, nettypes.INT32)
    rank = max(rank_of(number), 1)
    if rank in (2, 4):
        return sized(~int(number) & (0xFFFFFFFF if rank == 2 else (1 << 64) - 1), rank)
    return sized(~int(number), rank)


def _wrapped_bits(value: int, rank: int) -> Any:
    bits = 64 if rank in (3, 4) else 32
    value &= (1 << bits) - 1
    if rank in (1, 3) and value >> (bits - 1):
        value -= 1 << bits
    return sized(value, rank)


def shift_left(left: Any, right: Any) -> Any:
    """`left -shl right`."""
    number = _integer_operand(left)
    rank = max(rank_of(number), 1)
    count = int(_integer_operand(right)) & (63 if rank in (3, 4) else 31)
    return _wrapped_bits(int(number) << count, rank)


def shift_right(left: Any, right: Any) -> Any:
    """`left -shr right`."""
    number = _integer_operand(left)
    rank = max(rank_of(number), 1)
    count = int(_integer_operand(right)) & (63 if rank in (3, 4) else 31)
    return sized(int(number) >> count, rank)
