"""System.Text.StringBuilder."""

from __future__ import annotations

from typing import Any

from psbridge.binding import nettypes
from psbridge.binding.conversion import convert
from psbridge.binding.text import net_text
from psbridge.binding.values import Char
from psbridge.script.semantics.text import NEWLINE, composite
from psbridge.script.semantics.values import TypedArray

from . import describe
from .text import insert, remove, replace, spread, substring, utf16_length


class StringBuilder:
    """System.Text.StringBuilder."""

    net_type = nettypes.NetType("StringBuilder", "System.Text.StringBuilder")

    def __init__(self, text: str = "", capacity: int = 16) -> None:
        self.capacity = capacity or 16
        self.parts = [text] if text else []

    def text(self) -> str:
        if len(self.parts) > 1:
            self.parts = ["".join(self.parts)]
        return self.parts[0] if self.parts else ""

    def put(self, text: str) -> StringBuilder:
        self.parts.append(text)
        return self

    def become(self, text: str) -> StringBuilder:
        self.parts = [text]
        return self

    def __net_index__(self, place: Any) -> Any:
        return Char(self.text()[int(place)])

    __str__ = text


def _appended(value: Any) -> str:
    if isinstance(value, TypedArray) and value.element is nettypes.CHAR:
        return "".join(value)
    return "" if value is None else net_text(value)


BUILDER = describe("System.Text.StringBuilder", StringBuilder.net_type)


BUILDER.new(
    {
        "()": StringBuilder,
        "(string value)": StringBuilder,
        "(int capacity)": lambda capacity: StringBuilder(capacity=capacity),
        "(string value, int capacity)": StringBuilder,
    }
)


BUILDER.property(
    {
        "Length": lambda builder: utf16_length(builder.text()),
        "Capacity": lambda builder: max(builder.capacity, len(builder.text())),
        "MaxCapacity": lambda builder: 2147483647,
    }
)


BUILDER.setter(
    {
        "Length": lambda builder, size: builder.become(
            builder.text()[: convert(size, nettypes.INT32)].ljust(convert(size, nettypes.INT32), "\0")
        ),
        "Capacity": lambda builder, size: None,
    }
)


BUILDER.method(
    {
        "Append(string value)": lambda builder, text: builder.put(text or ""),
        "Append(object value)": lambda builder, value: builder.put(_appended(value)),
        "Append(char value, int repeatCount)": lambda builder, c, count: builder.put(c * count),
        "Append(string value, int startIndex, int count)": lambda builder, text, start, count: builder.put(
            text[start : start + count]
        ),
        "AppendLine()": lambda builder: builder.put(NEWLINE),
        "AppendLine(string value)": lambda builder, text: builder.put(f"{text or ''}{NEWLINE}"),
        "AppendFormat(string format, params object[] args)": lambda builder, text, args: builder.put(
            composite(text, args)
        ),
        "AppendJoin(string separator, params object[] values)": lambda builder, separator, items: builder.put(
            separator.join(map(net_text, spread(items)))
        ),
        "Insert(int index, object value)": lambda builder, at, value: builder.become(
            insert(builder.text(), at, _appended(value))
        ),
        "Remove(int startIndex, int length)": lambda builder, start, length: builder.become(
            remove(builder.text(), start, length)
        ),
        "Replace(string oldValue, string newValue)": lambda builder, old, new: builder.become(
            replace(builder.text(), old, new)
        ),
        "Clear()": lambda builder: builder.become(""),
        "ToString()": lambda builder: builder.text(),
        "ToString(int startIndex, int length)": lambda builder, start, length: substring(
            builder.text(), start, length
        ),
        "EnsureCapacity(int capacity)": lambda builder, capacity: capacity,
    }
)
