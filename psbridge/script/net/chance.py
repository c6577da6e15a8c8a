"""System.Random."""

from __future__ import annotations

import random

from psbridge.binding.nettypes import NetType
from psbridge.binding.values import Int64

from . import (
    describe,
)
from .faults import out_of_range

RANDOM = describe("System.Random", NetType("Random", "System.Random"))


class Random(random.Random):
    """System.Random; a seed gives a repeatable sequence, though not .NET's."""

    net_type = RANDOM.type


def _next(source: Random, *bounds: int) -> int:
    low, high = (0, 2147483647) if not bounds else (0, bounds[0]) if len(bounds) == 1 else bounds
    if low > high:
        raise out_of_range("minValue", "'minValue' cannot be greater than maxValue.")
    return low if low == high else source.randrange(low, high)


RANDOM.new({"()": Random, "(int Seed)": Random})


RANDOM.constant({"Shared": Random()})


RANDOM.method(
    {
        "Next()": _next,
        "Next(int maxValue)": _next,
        "Next(int minValue, int maxValue)": _next,
        "NextDouble()": lambda source: source.random(),
        "NextInt64(long minValue, long maxValue)": lambda source, low, high: Int64(
            source.randrange(low, high)
        ),
    }
)
