"""Enumerations of .NET that parameters seldom have, as text: made into Python classes when one is asked for.

A name without a number is one more than the name before; `|` before the list marks [Flags]. Knows nothing
of the rest of the package.
"""

from __future__ import annotations

import enum
import re
from functools import cache
from typing import Any, Final

_TABLE: Final = """
System.IO.FileAttributes |None=0 ReadOnly=1 Hidden=2 System=4 Directory=16 Archive=32 Device=64 Normal=128
    Temporary=256 SparseFile=512 ReparsePoint=1024 Compressed=2048 Offline=4096 NotContentIndexed=8192
    Encrypted=16384 IntegrityStream=32768 NoScrubData=131072
System.IO.FileMode CreateNew=1 Create Open OpenOrCreate Truncate Append
System.IO.FileAccess |Read=1 Write ReadWrite
System.IO.FileShare |None=0 Read Write ReadWrite Delete Inheritable=16
System.IO.SearchOption TopDirectoryOnly=0 AllDirectories
System.Text.RegularExpressions.RegexOptions |None=0 IgnoreCase=1 Multiline=2 ExplicitCapture=4 Compiled=8
    Singleline=16 IgnorePatternWhitespace=32 RightToLeft=64 ECMAScript=256 CultureInvariant=512
    NonBacktracking=1024
System.ConsoleColor Black=0 DarkBlue DarkGreen DarkCyan DarkRed DarkMagenta DarkYellow Gray DarkGray Blue
    Green Cyan Red Magenta Yellow White
System.Net.HttpStatusCode Continue=100 SwitchingProtocols Processing EarlyHints OK=200 Created Accepted
    NonAuthoritativeInformation NoContent ResetContent PartialContent MultiStatus AlreadyReported
    IMUsed=226 MultipleChoices=300 Ambiguous=300 MovedPermanently=301 Moved=301 Found=302 Redirect=302
    SeeOther=303 RedirectMethod=303 NotModified UseProxy Unused TemporaryRedirect=307 RedirectKeepVerb=307
    PermanentRedirect=308 BadRequest=400 Unauthorized PaymentRequired Forbidden NotFound MethodNotAllowed
    NotAcceptable ProxyAuthenticationRequired RequestTimeout Conflict Gone LengthRequired
    PreconditionFailed RequestEntityTooLarge RequestUriTooLong UnsupportedMediaType
    RequestedRangeNotSatisfiable ExpectationFailed MisdirectedRequest=421 UnprocessableEntity=422
    UnprocessableContent=422 Locked=423 FailedDependency UpgradeRequired=426 PreconditionRequired=428
    TooManyRequests RequestHeaderFieldsTooLarge=431 UnavailableForLegalReasons=451 InternalServerError=500
    NotImplemented BadGateway ServiceUnavailable GatewayTimeout HttpVersionNotSupported
    VariantAlsoNegotiates InsufficientStorage LoopDetected NotExtended=510 NetworkAuthenticationRequired
System.StringComparison CurrentCulture=0 CurrentCultureIgnoreCase InvariantCulture
    InvariantCultureIgnoreCase Ordinal OrdinalIgnoreCase
System.StringSplitOptions |None=0 RemoveEmptyEntries TrimEntries
System.DateTimeKind Unspecified=0 Utc Local
System.MidpointRounding ToEven=0 AwayFromZero ToZero ToNegativeInfinity ToPositiveInfinity
System.UriKind RelativeOrAbsolute=0 Absolute Relative
System.EnvironmentVariableTarget Process=0 User Machine
System.Globalization.NumberStyles |None=0 AllowLeadingWhite=1 AllowTrailingWhite=2 AllowLeadingSign=4
    Integer=7 AllowTrailingSign=8 AllowParentheses=16 AllowDecimalPoint=32 AllowThousands=64 Number=111
    AllowExponent=128 Float=167 AllowCurrencySymbol=256 Currency=383 Any=511 AllowHexSpecifier=512
    HexNumber=515 AllowBinarySpecifier=1024 BinaryNumber=1027
System.Security.Authentication.SslProtocols |None=0 Ssl2=12 Ssl3=48 Tls=192 Default=240 Tls11=768
    Tls12=3072 Tls13=12288
System.Net.SecurityProtocolType |SystemDefault=0 Ssl3=48 Tls=192 Tls11=768 Tls12=3072 Tls13=12288
System.ConsoleKey None=0 Backspace=8 Tab=9 Clear=12 Enter=13 Escape=27 Spacebar=32
System.ConsoleModifiers |None=0 Alt=1 Shift=2 Control=4
System.AttributeTargets |Assembly=1 Module=2 Class=4 Struct=8 Enum=16 Constructor=32 Method=64
    Property=128 Field=256 Event=512 Interface=1024 Parameter=2048 Delegate=4096 ReturnValue=8192
    GenericParameter=16384 All=32767
System.TypeCode Empty=0 Object DBNull Boolean Char SByte Byte Int16 UInt16 Int32 UInt32 Int64 UInt64
    Single Double Decimal DateTime String=18
System.PlatformID Win32S=0 Win32Windows Win32NT WinCE Unix Xbox MacOSX Other
System.Base64FormattingOptions |None=0 InsertLineBreaks
System.Text.NormalizationForm FormC=1 FormD=2 FormKC=5 FormKD=6
System.Threading.ThreadPriority Lowest=0 BelowNormal Normal AboveNormal Highest
System.Diagnostics.ProcessPriorityClass Normal=32 Idle=64 High=128 RealTime=256 BelowNormal=16384
    AboveNormal=32768
System.Management.Automation.ErrorCategory NotSpecified=0 OpenError CloseError DeviceError
    DeadlockDetected InvalidArgument InvalidData InvalidOperation InvalidResult InvalidType MetadataError
    NotImplemented NotInstalled ObjectNotFound OperationStopped OperationTimeout SyntaxError ParserError
    PermissionDenied ResourceBusy ResourceExists ResourceUnavailable ReadError WriteError FromStdErr
    SecurityError ProtocolError ConnectionError AuthenticationError LimitsExceeded QuotaExceeded
    NotEnabled
System.Management.Automation.ConfirmImpact None=0 Low Medium High
System.Management.Automation.CommandTypes |Alias=1 Function=2 Filter=4 Cmdlet=8 ExternalScript=16
    Application=32 Script=64 Configuration=256 All=383
"""


@cache
def _class_of(full_name: str, text: str) -> type[enum.Enum]:
    members: list[tuple[str, int]] = []
    value = -1
    for word in text.removeprefix("|").split():
        member, _, number = word.partition("=")
        value = int(number) if number else value + 1
        members.append((member, value))
    make: Any = enum.IntFlag if text.startswith("|") else enum.IntEnum
    made: type[enum.Enum] = make(full_name.rpartition(".")[2], members)
    return made


@cache
def _enumerations() -> dict[str, tuple[str, str]]:
    """Full name and members, by the name in small letters."""
    rows = (row.partition(" ") for row in re.sub(r"\n +", " ", _TABLE).strip().split("\n"))
    return {name.lower(): (name, members) for name, _, members in rows}


# Which name wins where a beginning fits several, as PowerShell lists them.
PREFERRED: Final = {"System.IO.FileAttributes": ("Directory", "ReadOnly", "System")}


def enumeration(name: str) -> tuple[type[enum.Enum], str] | None:
    """The class of an enumeration by its full name in any case, `System.` left out or not, and that name."""
    table = _enumerations()
    entry = table.get(name.lower()) or table.get(f"system.{name.lower()}")
    return None if entry is None else (_class_of(*entry), entry[0])


def is_flags(cls: type[enum.Enum]) -> bool:
    """Whether an enumeration's values combine."""
    return issubclass(cls, enum.Flag)


def known(value: int, cls: type[enum.Enum]) -> bool:
    """Whether a number is a value of the enumeration, or a combination of its flags."""
    values = {int(member.value) for member in cls.__members__.values()}
    if value in values or not is_flags(cls):
        return value in values
    everything = 0
    for one in values:
        everything |= one
    return value >= 0 and value & ~everything == 0 and (value != 0 or 0 in values)


def member(value: int, cls: type[enum.Enum]) -> enum.Enum:
    """The value with this number, which .NET has even where no name stands for it."""
    try:
        return cls(value)
    except ValueError:
        make: Any = int.__new__
        nameless: enum.Enum = make(cls, value)
        nameless._name_, nameless._value_ = str(value), value
        return nameless


# The name that .NET gives back of two for one number, where it is not the first.
_SHOWN: Final = {("HttpStatusCode", 307): "RedirectKeepVerb"}


def text_of(member: enum.Enum) -> str:
    """A value as .NET writes it: its name, the names it is combined of, or its number."""
    cls = type(member)
    names: dict[int, str] = {}
    for name, one in cls.__members__.items():
        names.setdefault(int(one.value), name)
    value = int(member.value)
    if value in names:
        return _SHOWN.get((cls.__name__, value), names[value])
    parts: list[str] = []
    rest = value
    for number in sorted(names, reverse=True):
        if number and rest & number == number:
            parts.append(names[number])
            rest &= ~number
    return str(value) if rest or not parts or not is_flags(cls) else ", ".join(reversed(parts))
