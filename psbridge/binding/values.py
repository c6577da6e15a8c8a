"""Values that PowerShell has and Python has no type for.

Everywhere else a .NET value is its Python equivalent: `int` (Int32, or Int64 when it does not fit), `float`
(Double), `Decimal`, `str`, `list`, `dict` (Hashtable), `datetime`, `timedelta`, `UUID`, `re.Pattern`.
"""

from __future__ import annotations

import datetime
import math
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import ClassVar, NoReturn

from psbridge.binding import messages, nettypes
from psbridge.binding.digits import digits_of
from psbridge.binding.nettypes import NetType


class _Integer(int):
    """An integer whose .NET type is not the one its size would give it."""

    net_type: ClassVar[NetType]
    __slots__ = ()

    def __new__(cls, value: int = 0) -> _Integer:
        low, high = cls.net_type.bounds or (0, 0)
        if not low <= value <= high:
            raise ValueError(f"{cls.__name__} holds {low} to {high}")
        return super().__new__(cls, value)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({int(self)})"

    __str__ = int.__repr__

    def __reduce__(self) -> tuple[object, tuple[int]]:
        return (type(self), (int(self),))


class SByte(_Integer):
    """System.SByte."""

    net_type = nettypes.SBYTE
    __slots__ = ()


class Byte(_Integer):
    """System.Byte."""

    net_type = nettypes.BYTE
    __slots__ = ()


class Int16(_Integer):
    """System.Int16."""

    net_type = nettypes.INT16
    __slots__ = ()


class UInt16(_Integer):
    """System.UInt16."""

    net_type = nettypes.UINT16
    __slots__ = ()


class UInt32(_Integer):
    """System.UInt32."""

    net_type = nettypes.UINT32
    __slots__ = ()


class Int64(_Integer):
    """System.Int64, also for values an Int32 could hold."""

    net_type = nettypes.INT64
    __slots__ = ()


class UInt64(_Integer):
    """System.UInt64."""

    net_type = nettypes.UINT64
    __slots__ = ()


class Single(float):
    """System.Single: a float rounded to 32 bits."""

    net_type = nettypes.SINGLE
    __slots__ = ()

    def __new__(cls, value: float = 0.0) -> Single:
        """A number rounded to 32 bits; what is too large for them is infinite, as in .NET."""
        try:
            rounded = struct.unpack("f", struct.pack("f", value))[0]
        except OverflowError:
            rounded = math.copysign(math.inf, value)
        return super().__new__(cls, rounded)

    def __repr__(self) -> str:
        return f"Single({float(self)})"

    __str__ = float.__repr__


class Char(str):
    """System.Char: one UTF-16 code unit."""

    net_type = nettypes.CHAR
    __slots__ = ()

    def __new__(cls, value: str = "\0") -> Char:
        """One UTF-16 code unit; ValueError for a text of another length."""
        if len(value) != 1 or ord(value) > 0xFFFF:
            raise ValueError(messages.NOT_ONE_CHARACTER)
        return super().__new__(cls, value)

    def __repr__(self) -> str:
        return f"Char({str.__repr__(self)})"


class Uri(str):
    """System.Uri: the text it was made from, absolute or relative."""

    net_type = nettypes.URI
    __slots__ = ()

    def __repr__(self) -> str:
        return f"Uri({str.__repr__(self)})"


class Version(tuple[int, ...]):
    """System.Version: two to four numbers, compared in order."""

    net_type = nettypes.VERSION
    __slots__ = ()

    def __new__(cls, parts: str | Iterable[int]) -> Version:
        """From a text such as "1.2.3", or from its numbers."""
        numbers = parts.split(".") if isinstance(parts, str) else parts
        return super().__new__(cls, (int(part) for part in numbers))

    def __str__(self) -> str:
        return ".".join(map(str, self))

    def __repr__(self) -> str:
        return f"Version({str(self)!r})"

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (type(self), (str(self),))


class ParameterName(str):
    """A `-Name` that no parameter took, among the remaining arguments: splatted on, it is a name again."""

    __slots__ = ("name",)
    net_type = nettypes.STRING
    name: str

    def __new__(cls, text: str, name: str) -> ParameterName:
        """What was typed, dash included, and the name in it."""
        made = super().__new__(cls, text)
        made.name = name
        return made

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return (type(self), (str(self), self.name))


class _Text(str):
    """A .NET object that is its text, as far as binding goes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str.__repr__(self)})"


class IPAddress(_Text):
    """System.Net.IPAddress."""

    net_type = nettypes.IPADDRESS
    __slots__ = ()


class MailAddress(_Text):
    """System.Net.Mail.MailAddress."""

    net_type = nettypes.MAILADDRESS
    __slots__ = ()


class CultureInfo(_Text):
    """System.Globalization.CultureInfo: its name."""

    net_type = nettypes.CULTURE
    __slots__ = ()


class SemanticVersion(_Text):
    """System.Management.Automation.SemanticVersion."""

    net_type = nettypes.SEMVER
    __slots__ = ()


class RuntimeType(_Text):
    """System.Type: a type's full name."""

    net_type = NetType("RuntimeType", "System.RuntimeType")
    __slots__ = ()


class DictionaryEntry(_Text):
    """System.Collections.DictionaryEntry: `[key, value]`."""

    net_type = NetType("DictionaryEntry", "System.Collections.DictionaryEntry", is_value=True)
    __slots__ = ()


class XmlDocument(_Text):
    """System.Xml.XmlDocument: the XML itself; as text it is the type's name."""

    net_type = nettypes.XML
    __slots__ = ()

    def __str__(self) -> str:
        return "System.Xml.XmlDocument"


class BigInteger(int):
    """System.Numerics.BigInteger."""

    net_type = nettypes.BIGINTEGER
    __slots__ = ()

    def __repr__(self) -> str:
        return f"BigInteger({self})"

    def __str__(self) -> str:
        return digits_of(self)


class Point(tuple[int, int]):
    """System.Drawing.Point."""

    net_type = nettypes.POINT
    __slots__ = ()

    def __str__(self) -> str:
        return f"{{X={self[0]},Y={self[1]}}}"


class ArrayList(list[object]):
    """System.Collections.ArrayList."""

    net_type = nettypes.ARRAYLIST
    __slots__ = ()


class DateTimeOffset(datetime.datetime):
    """System.DateTimeOffset: a datetime with an offset; `rest` as a DateTime has it in `dates`."""

    net_type = nettypes.DATETIMEOFFSET
    rest = 0

    @classmethod
    def of(cls, value: datetime.datetime) -> DateTimeOffset:
        """A DateTime with its own offset, or the local one."""
        zoned = value if value.tzinfo is not None else value.astimezone()
        made = cls.combine(zoned.date(), zoned.timetz())
        made.rest = getattr(value, "rest", 0)
        return made

    def __str__(self) -> str:
        zone = self.strftime("%z")
        return f"{self:%m/%d}/{self.year:04d} {self:%H:%M:%S} {zone[:3]}:{zone[3:5]}"


class Switch:
    """A switch parameter's value: true when the switch is present. Equal to the same bool."""

    net_type = nettypes.SWITCH
    __slots__ = ("is_present",)
    is_present: bool

    def __init__(self, is_present: bool = True) -> None:
        object.__setattr__(self, "is_present", bool(is_present))

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("a Switch cannot be changed")

    def __bool__(self) -> bool:
        return self.is_present

    def __eq__(self, other: object) -> bool:
        if isinstance(other, (Switch, bool)):
            return self.is_present == bool(other)
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self.is_present)

    def __repr__(self) -> str:
        return f"Switch({self.is_present})"

    def __str__(self) -> str:
        return str(self.is_present)

    def __reduce__(self) -> tuple[object, tuple[bool]]:
        return (Switch, (self.is_present,))


class OrderedDictionary(dict[object, object]):
    """`[ordered]@{...}`: a dictionary that is not a Hashtable."""

    net_type = nettypes.ORDERED
    __slots__ = ()


class PSCustomObject:
    """`[pscustomobject]@{...}`: named properties in order, found in any case.

    >>> PSCustomObject({"Role": "user"}).role
    'user'
    """

    __slots__ = ("_names", "_properties")
    _names: dict[str, str]
    _properties: dict[str, object]

    def __init__(self, properties: Mapping[str, object] | None = None, /, **more: object) -> None:
        object.__setattr__(self, "_properties", {})
        object.__setattr__(self, "_names", {})
        for name, value in {**(properties or {}), **more}.items():
            self[name] = value

    def __ps_properties__(self) -> Mapping[str, object]:
        return self._properties

    def __getitem__(self, name: str) -> object:
        return self._properties[self._names[name.lower()]]

    def __setitem__(self, name: str, value: object) -> None:
        self._properties[self._names.setdefault(name.lower(), name)] = value

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._properties)

    def __len__(self) -> int:
        return len(self._properties)

    def __getattr__(self, name: str) -> object:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"the object has no property {name!r}") from None

    def __setattr__(self, name: str, value: object) -> None:
        self[name] = value

    def __eq__(self, other: object) -> bool:
        if isinstance(other, PSCustomObject):
            return self._properties == other._properties
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"PSCustomObject({self._properties!r})"

    def __reduce__(self) -> tuple[object, tuple[dict[str, object]]]:
        return (PSCustomObject, (self._properties,))


class SecureString:
    """Text that no repr, str, format, pickle or error shows; `reveal()` gives it to who asks for it."""

    net_type = nettypes.SECURESTRING
    __slots__ = ("__text", "read_only")

    def __init__(self, text: str = "", *, read_only: bool = True) -> None:
        self.__text = text
        self.read_only = read_only

    def reveal(self) -> str:
        """The text itself."""
        return self.__text

    def append(self, text: str) -> None:
        """Put characters at the end; ValueError when it is read-only."""
        if self.read_only:
            raise ValueError("the SecureString is read-only")
        self.__text += text

    def __len__(self) -> int:
        return len(self.__text)

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return "SecureString(...)"

    def __str__(self) -> str:
        return "System.Security.SecureString"

    def __copy__(self) -> SecureString:
        return self

    def __deepcopy__(self, memo: object) -> SecureString:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a SecureString cannot be pickled")


class ScriptBlock:
    """A script block: its text, and the callable that runs it with one argument, `$_`."""

    net_type = nettypes.SCRIPTBLOCK
    __slots__ = ("run", "text")

    def __init__(self, text: str, run: Callable[[object], object] | None = None) -> None:
        self.text = text
        self.run = run

    def __call__(self, underscore: object = None) -> object:
        """What the block gives with `underscore` as `$_`; TypeError where it holds text only."""
        if self.run is None:
            raise TypeError("this script block holds text only")
        return self.run(underscore)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"ScriptBlock({self.text!r})"


class Literal:
    """A number as a script spelt it: PowerShell keeps the text and uses it when the number becomes a string.

    >>> Literal(1.0, "1.0")   # -User 1.0 binds "1.0", while -User ([double]1) binds "1"
    """

    __slots__ = ("text", "value")

    def __init__(self, value: object, text: str) -> None:
        self.value = value
        self.text = text

    def __repr__(self) -> str:
        return f"Literal({self.value!r}, {self.text!r})"


_CORE_LIBRARY = "System.Private.CoreLib, Version=10.0.0.0, Culture=neutral, PublicKeyToken=7cec85d7bea7798e"


class ObjectList(list[object]):
    """A List of objects, not an array: what is left for a ValueFromRemainingArguments parameter."""

    net_type = NetType("List`1", f"System.Collections.Generic.List`1[[System.Object, {_CORE_LIBRARY}]]")
    __slots__ = ()

    def __str__(self) -> str:
        return "System.Collections.Generic.List`1[System.Object]"


class ScriptOutput(list[object]):
    """What a script block put out, when it is more than one object."""

    net_type = NetType(
        "Collection`1",
        "System.Collections.ObjectModel.Collection`1[[System.Management.Automation.PSObject, "
        "System.Management.Automation, Version=7.6.0.500, Culture=neutral, PublicKeyToken=31bf3856ad364e35]]",
    )
    __slots__ = ()

    def __str__(self) -> str:
        return "System.Collections.ObjectModel.Collection`1[System.Management.Automation.PSObject]"
