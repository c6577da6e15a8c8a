"""The exceptions that .NET's own argument checks raise."""

from __future__ import annotations

from psbridge.script.semantics.errors import NetFault


def out_of_range(
    parameter: str, message: str = "Specified argument was out of the range of valid values."
) -> NetFault:
    """ArgumentOutOfRangeException."""
    return NetFault("ArgumentOutOfRangeException", f"{message} (Parameter '{parameter}')")


def negative(parameter: str, value: int) -> NetFault:
    """ArgumentOutOfRangeException of a number below zero."""
    return NetFault(
        "ArgumentOutOfRangeException",
        f"{parameter} ('{value}') must be a non-negative value. (Parameter '{parameter}')\n"
        f"Actual value was {value}.",
    )


def too_large(parameter: str, value: int, most: int) -> NetFault:
    """ArgumentOutOfRangeException of a number above what fits."""
    return NetFault(
        "ArgumentOutOfRangeException",
        f"{parameter} ('{value}') must be less than or equal to '{most}'. (Parameter '{parameter}')\n"
        f"Actual value was {value}.",
    )


def null_argument(parameter: str) -> NetFault:
    """ArgumentNullException."""
    return NetFault("ArgumentNullException", f"Value cannot be null. (Parameter '{parameter}')")
