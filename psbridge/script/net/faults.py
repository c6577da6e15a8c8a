"""The exceptions that .NET's own argument checks raise."""

from __future__ import annotations

from psbridge.script.semantics.errors import NetFault


def out_of_range(
    parameter: str,
    message: str = "Specified argument was out of the range of valid values.",
    actual: int | None = None,
) -> NetFault:
    """ArgumentOutOfRangeException; `actual` is the value, where the message tells it."""
    told = "" if actual is None else f"\nActual value was {actual}."
    return NetFault("ArgumentOutOfRangeException", f"{message} (Parameter '{parameter}'){told}")


def negative(parameter: str, value: int) -> NetFault:
    """ArgumentOutOfRangeException of a number below zero."""
    return out_of_range(parameter, f"{parameter} ('{value}') must be a non-negative value.", value)


def too_large(parameter: str, value: int, most: int) -> NetFault:
    """ArgumentOutOfRangeException of a number above what fits."""
    return out_of_range(parameter, f"{parameter} ('{value}') must be less than or equal to '{most}'.", value)


def null_argument(parameter: str) -> NetFault:
    """ArgumentNullException."""
    return NetFault("ArgumentNullException", f"Value cannot be null. (Parameter '{parameter}')")
