"""Bytes and texts of numbers: System.Convert, System.BitConverter."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from psbridge.binding import nettypes
from psbridge.binding.objects import type_of
from psbridge.binding.text import net_text
from psbridge.binding.values import Byte, Int64
from psbridge.script.semantics.arithmetic import sized
from psbridge.script.semantics.casts import cast_value
from psbridge.script.semantics.errors import NetFault
from psbridge.script.semantics.values import TypedArray

from . import describe
from .numbers import parse_bool, parser


def _from_base64(text: str) -> TypedArray:
    try:
        stripped = "".join(text.split())
        return TypedArray(map(Byte, base64.b64decode(stripped, validate=True)), nettypes.BYTE)
    except (binascii.Error, ValueError):
        raise NetFault(
            "FormatException",
            "The input is not a valid Base-64 string as it contains a non-base 64 character, "
            "more than two padding "
            "characters, or an illegal character among the padding characters.",
        ) from None


def as_bytes(value: Any) -> bytes:
    """A byte array, in whatever shape it is here, as bytes."""
    return bytes(value) if isinstance(value, (bytes, bytearray)) else bytes(int(item) for item in value)


def byte_array(data: bytes) -> TypedArray:
    """Bytes as a [byte[]]."""
    return TypedArray(map(Byte, data), nettypes.BYTE)


def _to_base(value: int, base: int) -> str:
    if base not in (2, 8, 10, 16):
        raise NetFault("ArgumentException", "Invalid Base.")
    if value < 0:
        value += 1 << (32 if type_of(value) is nettypes.INT32 else 64)
    return {2: f"{value:b}", 8: f"{value:o}", 10: str(value), 16: f"{value:x}"}[base]


def _from_base(bits: int) -> Any:
    def parse(text: str, base: int) -> Any:
        try:
            number = int(text, base)
        except ValueError:
            raise NetFault("FormatException", "Could not find any recognizable digits.") from None
        if number >> (bits - 1) == 1 and base != 10:
            number -= 1 << bits
        return sized(number, 1 if bits == 32 else 3)

    return parse


CONVERT = describe("System.Convert")

CONVERT.static(
    {
        "ToBase64String(byte[] inArray)": lambda data: base64.b64encode(as_bytes(data)).decode("ascii"),
        "ToBase64String(byte[] inArray, System.Base64FormattingOptions options)": lambda data, options: (
            "\r\n".join(_wrapped(base64.b64encode(as_bytes(data)).decode("ascii"), int(options)))
        ),
        "FromBase64String(string s)": _from_base64,
        "ToHexString(byte[] inArray)": lambda data: as_bytes(data).hex().upper(),
        "ToHexStringLower(byte[] inArray)": lambda data: as_bytes(data).hex(),
        "FromHexString(string s)": lambda text: byte_array(bytes.fromhex(text)),
        "ToString(int value, int toBase)": _to_base,
        "ToString(long value, int toBase)": _to_base,
        "ToString(object value)": lambda value: "" if value is None else net_text(value),
        "ToInt32(string value, int fromBase)": _from_base(32),
        "ToInt64(string value, int fromBase)": _from_base(64),
        "ToByte(string value, int fromBase)": lambda text, base: Byte(int(text, base)),
        "ToBoolean(string value)": parse_bool,
        "ToBoolean(object value)": lambda value: cast_value(value, nettypes.BOOLEAN),
        "ChangeType(object value, type conversionType)": cast_value,
        "ToDateTime(string value)": lambda text: cast_value(text, nettypes.DATETIME),
    }
)


def _wrapped(text: str, options: int) -> list[str]:
    return [text[place : place + 76] for place in range(0, len(text), 76)] if options else [text]


for _name, _type in (
    *(("Int32", nettypes.INT32), ("Int64", nettypes.INT64), ("Int16", nettypes.INT16)),
    *(("Byte", nettypes.BYTE), ("UInt32", nettypes.UINT32), ("UInt64", nettypes.UINT64)),
    *(("Double", nettypes.DOUBLE), ("Decimal", nettypes.DECIMAL), ("Single", nettypes.SINGLE)),
):
    CONVERT.static(
        {
            f"To{_name}(string value)": parser(_type),
            f"To{_name}(object value)": lambda value, type_=_type: cast_value(value, type_),
        }
    )

CONVERT.static({"ToChar(object value)": lambda value: cast_value(value, nettypes.CHAR)})

BITS = describe("System.BitConverter")

BITS.constant({"IsLittleEndian": True})

BITS.static(
    {
        "ToString(byte[] value)": lambda data: "-".join(f"{item:02X}" for item in as_bytes(data)),
        "GetBytes(int value)": lambda value: byte_array(int(value).to_bytes(4, "little", signed=True)),
        "GetBytes(long value)": lambda value: byte_array(int(value).to_bytes(8, "little", signed=True)),
        "ToInt32(byte[] value, int startIndex)": lambda data, start: int.from_bytes(
            as_bytes(data)[start : start + 4], "little", signed=True
        ),
        "ToUInt32(byte[] value, int startIndex)": lambda data, start: cast_value(
            int.from_bytes(as_bytes(data)[start : start + 4], "little"), nettypes.UINT32
        ),
        "ToInt64(byte[] value, int startIndex)": lambda data, start: Int64(
            int.from_bytes(as_bytes(data)[start : start + 8], "little", signed=True)
        ),
    }
)
