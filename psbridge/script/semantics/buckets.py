"""The order in which .NET's Hashtable gives keys whose hash codes are the same in every process.

A string's hash code differs from process to process, and so does the order of string keys: those stay in the
order of their insertion here.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Any

from psbridge.binding.values import Char, Int64

_PRIMES = (
    *(3, 7, 11, 17, 23, 29, 37, 47, 59, 71, 89, 107, 131, 163, 197, 239, 293, 353, 431, 521, 631, 761, 919),
    *(1103, 1327, 1597, 1931, 2333, 2801, 3371, 4049, 4861, 5839, 7013, 8419, 10103, 12143, 14591, 17519),
    *(21023, 25229, 30293, 36353, 43627, 52361, 62851, 75431, 90523, 108631, 130363, 156437, 187751, 225307),
    *(270371, 324449, 389357, 467237, 560689, 672827, 807403, 968897, 1162687, 1395263, 1674319, 2009191),
)
_LOAD = 0.72


def _prime(least: int) -> int:
    return next((prime for prime in _PRIMES if prime >= least), least | 1)


def _hash(key: Any) -> int | None:
    """The key's hash code; None where it is another one in the next process."""
    if isinstance(key, Char):
        return ord(key) | ord(key) << 16
    if isinstance(key, bool):
        return int(key)
    if isinstance(key, Int64):
        return int(key) ^ int(key) >> 32
    if isinstance(key, int):
        return int(key)
    if type(key) is float:
        bits = struct.unpack("<q", struct.pack("<d", key))[0]
        return int(bits ^ bits >> 32)
    return None


def bucket_order(keys: Iterable[Any], capacity: int) -> list[Any]:
    """The keys as a Hashtable made for so many entries gives them, having got them in this order."""
    keys = list(keys)
    codes = [_hash(key) for key in keys]
    if None in codes:
        return keys
    raw = capacity / _LOAD
    size = _prime(int(raw)) if raw > 3 else 3
    table: dict[int, tuple[int, Any]] = {}
    for key, code in zip(keys, codes, strict=True):
        assert code is not None
        if len(table) >= min(int(_LOAD * size), size - 1):
            old, table, size = table, {}, _prime(2 * size)
            for place in sorted(old):
                _put(table, size, *old[place])
        _put(table, size, code & 0x7FFFFFFF, key)
    return [table[place][1] for place in sorted(table, reverse=True)]


def _put(table: dict[int, tuple[int, Any]], size: int, code: int, key: Any) -> None:
    place = code % size
    step = 1 + code * 101 % 2**32 % (size - 1)
    while place in table:
        place = (place + step) % size
    table[place] = (code, key)
