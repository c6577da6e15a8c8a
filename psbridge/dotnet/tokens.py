"""One text for a whole tree of values: how one crosses between Python and .NET in a single call.

The text is tokens with U+0000 between them. A token is a letter and what belongs to it:

| letter | stands for | what belongs to it |
|---|---|---|
| A | null | |
| one of `LETTERS` | String, Int32, ... | its text; a Char's number; a float's 64 bits as an Int64 |
| x | the next of the objects beside the text | to Python: how deep in the tree it lies |
| l | a list: Object[] | how many of the values next to it are its items |
| h, o, p | a table: Hashtable, OrderedDictionary, PSObject | the same: all keys, then all values |
| m | an object of a model, to Python | the same, and last its type's name; of a kept one, what was set |
| u | UNSET | 0 |
| ! | a tree that is too deep, alone | |

Either side writes in the order that comes easily to it: to .NET a list or table follows its items, to Python
it comes before them. What has no letter goes beside the text, and so does a string that is long or has U+0000
in it. This module knows the format and Python's values; .NET's side is in `build` and `flatten`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from .. import binding

END = "\0"
MAX_DEPTH = 100
NULL, BESIDE, LIST, HASHTABLE, ORDERED, BAG, MODEL, UNSET_MARK, TOO_DEEP = "Axlhopmu!"

# Longer texts go beside, since every step from value to value copies the whole tree's text.
LONG = 4096

# The type name of the objects that stand for UNSET in PowerShell.
UNSET_TYPE = "PSBridge.Unset"

# What the type names of the objects of models begin with.
MODEL_TYPES = "PSBridge."

# What stands before that where CLIXML brought the object back.
KEPT = "Deserialized."

# The TypeCode of a simple value; its letter is as many after A.
CODES = {
    "Boolean": 3,
    "Char": 4,
    "SByte": 5,
    "Byte": 6,
    "Int16": 7,
    "UInt16": 8,
    "Int32": 9,
    "UInt32": 10,
    "Int64": 11,
    "UInt64": 12,
    "Single": 13,
    "Double": 14,
    "String": 18,
}
LETTERS = {name: chr(ord(NULL) + code) for name, code in CODES.items()}
NAMES = {letter: name for name, letter in LETTERS.items()}


def _int64(value: int) -> int:
    """An Int64 that no Int32 could hold is a plain int, as it is to the binder."""
    return value if value.bit_length() > 31 and value != -(1 << 31) else binding.Int64(value)


# What pythonnet makes a plain int, float or str of -> the value that says which type it was.
WRAP: dict[str, Callable[[Any], Any]] = {
    "Char": binding.Char,
    "SByte": binding.SByte,
    "Byte": binding.Byte,
    "Int16": binding.Int16,
    "UInt16": binding.UInt16,
    "UInt32": binding.UInt32,
    "Int64": _int64,
    "UInt64": binding.UInt64,
    "Single": binding.Single,
}

_LONG, _DOUBLE = struct.Struct("<q"), struct.Struct("<d")


def bits(number: float) -> int:
    """The 64 bits of a float, as an Int64."""
    found: int = _LONG.unpack(_DOUBLE.pack(number))[0]
    return found


def _float(bits: str) -> float:
    found: float = _DOUBLE.unpack(_LONG.pack(int(bits)))[0]
    return found


def _reading(name: str) -> Callable[[str], Any]:
    parse: Callable[[str], Any] = _PARSE.get(name, int)
    wrap = WRAP.get(name)
    return parse if wrap is None else lambda text: wrap(parse(text))


_PARSE: dict[str, Callable[[str], Any]] = {
    "Boolean": "True".__eq__,
    "Char": lambda text: chr(int(text)),
    "Single": _float,
    "Double": _float,
    "String": str,
}

# What belongs to a simple value's letter -> the Python value.
READ: dict[str, Callable[[str], Any]] = {
    NULL: lambda text: None,
    **{letter: _reading(name) for name, letter in LETTERS.items()},
}
