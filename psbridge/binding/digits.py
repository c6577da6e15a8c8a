"""Integers from decimal digits and back, however many: Python's own reading and writing have a limit."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

_LONG: Final = 4000  # digits; below this Python has no limit


def whole(digits: str) -> int:
    """The integer of these digits, with a sign or without."""
    return int(digits) if len(digits) < _LONG else int(Decimal(digits))


def digits_of(value: int) -> str:
    """The decimal digits of an integer."""
    return str(int(value)) if abs(value) < 1 << 3 * _LONG else format(Decimal(value), "f")
