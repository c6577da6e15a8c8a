"""What the numbers of a script become in 32 bits. Knows nothing of syntax."""

from __future__ import annotations

import re

_SMALL = 10_000


def leaves_32_bits(operator: str, left: str, right: str) -> bool:
    """Whether the result for two whole numbers may leave the 32 bits: it does for literals, and products may.

    >>> leaves_32_bits("Plus", "2147483647", "1"), leaves_32_bits("Plus", "count", "1")
    (True, False)
    """
    one, other = _literal(left), _literal(right)
    if one is not None and other is not None:
        results = {"Plus": one + other, "Minus": one - other, "Multiply": one * other}
        return not -(1 << 31) <= results[operator] < 1 << 31
    small = any(number is not None and abs(number) <= _SMALL for number in (one, other))
    return operator == "Multiply" and not small


def _literal(text: str) -> int | None:
    return int(text) if re.fullmatch(r"-?[0-9]+", text) else None


__all__ = ["leaves_32_bits"]
