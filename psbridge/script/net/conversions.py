"""Bytes and texts of numbers: System.Convert, System.BitConverter."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from psbridge.binding import messages, nettypes
from psbridge.binding.digits import whole
from psbridge.binding.errors import NetError
from psbridge.binding.nettypes import NetType
from psbridge.binding.numbers import as_integer, wrapped
from psbridge.binding.objects import type_of
from psbridge.binding.text import net_text
from psbridge.binding.values import Byte, Int64
from psbridge.script.semantics.casts import cast_value
from psbridge.script.semantics.cultures import formats_of
from psbridge.script.semantics.errors import NetFault
from psbridge.script.semantics.text import format_value
from psbridge.script.semantics.values import TypedArray

from . import describe
from .dates import _parse
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


_DIGITS = {2: "[01]*", 8: "[0-7]*", 10: "[0-9]*", 16: "[0-9a-fA-F]*"}


def _from_base(type_: NetType) -> Any:
    """`ToInt32(text, 16)` and its like: digits alone, which in other bases than ten are the number's bits."""
    signed = type_.bounds is not None and type_.bounds[0] < 0
    whole_type = nettypes.INT64 if type_ in (nettypes.INT64, nettypes.UINT64) else nettypes.INT32
    unsigned = nettypes.UINT64 if whole_type is nettypes.INT64 else nettypes.UINT32

    def parse(text: str | None, base: int) -> Any:
        if base not in _DIGITS:
            raise NetFault("ArgumentException", "Invalid Base.")
        if text is None:
            return as_integer(0, type_)
        if not text:
            raise NetFault("ArgumentOutOfRangeException", messages.INDEX)
        negative = text.startswith("-")
        if negative and base != 10:
            raise NetFault("ArgumentException", "String cannot contain a minus sign if the base is not 10.")
        if negative and not signed:
            raise NetFault(
                "OverflowException",
                "The string was being parsed as an unsigned number and could not have a negative sign.",
            )
        digits = text[1:] if text[0] in "+-" else text
        if base == 16 and digits[:2].lower() == "0x":
            digits = digits[2:]
        read = re.match(_DIGITS[base], digits)
        if read is None or not read.group():
            raise NetFault("FormatException", messages.NO_DIGITS)
        if read.group() != digits:
            raise NetFault("FormatException", messages.MORE_THAN_DIGITS)
        number = whole(digits) if base == 10 else int(digits, base)
        try:
            as_integer(number, whole_type if base == 10 and signed else unsigned)
            return (
                as_integer(-number if negative else number, type_) if base == 10 else wrapped(number, type_)
            )
        except NetError as error:
            raise NetFault("OverflowException", str(error)) from None

    return parse


def _from_hexadecimal(text: str) -> TypedArray:
    why = "its length is not a multiple of 2" if len(text) % 2 else "it contains a non-hex character"
    if len(text) % 2 or not re.fullmatch("[0-9a-fA-F]*", text):
        raise NetFault("FormatException", f"The input is not a valid hex string as {why}.")
    return byte_array(bytes.fromhex(text))


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
        "FromHexString(string s)": _from_hexadecimal,
        "ToString(int value, int toBase)": _to_base,
        "ToString(long value, int toBase)": _to_base,
        "ToString(object value)": lambda value: "" if value is None else net_text(value),
        "ToBoolean(string value)": parse_bool,
        "ToBoolean(object value)": lambda value: cast_value(value, nettypes.BOOLEAN),
        "ChangeType(object value, type conversionType)": cast_value,
        "ToString(object value, IFormatProvider p)": lambda value, provider: format_value(
            value, "", formats_of(provider)
        ),
        "ToDateTime(string value, IFormatProvider p)": _parse,
        "ToDateTime(string value)": lambda text: cast_value(text, nettypes.DATETIME),
    }
)


def _wrapped(text: str, options: int) -> list[str]:
    return [text[place : place + 76] for place in range(0, len(text), 76)] if options else [text]


for _name, _type in (
    *(("Int32", nettypes.INT32), ("Int64", nettypes.INT64), ("Int16", nettypes.INT16)),
    *(("Byte", nettypes.BYTE), ("UInt32", nettypes.UINT32), ("UInt64", nettypes.UINT64)),
    *(("SByte", nettypes.SBYTE), ("UInt16", nettypes.UINT16)),
    *(("Double", nettypes.DOUBLE), ("Decimal", nettypes.DECIMAL), ("Single", nettypes.SINGLE)),
):
    if _type.bounds is not None:
        CONVERT.static({f"To{_name}(string value, int fromBase)": _from_base(_type)})
    CONVERT.static(
        {
            f"To{_name}(string value)": parser(_type),
            f"To{_name}(string value, IFormatProvider p)": parser(_type),
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
