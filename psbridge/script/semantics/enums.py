"""The .NET enumerations that scripts name: members and values as documented. Facts only."""

from __future__ import annotations

from .errors import _CATEGORIES as ERROR_CATEGORIES

_CONSOLE_COLORS = (
    "Black DarkBlue DarkGreen DarkCyan DarkRed DarkMagenta DarkYellow Gray DarkGray Blue Green Cyan Red "
    "Magenta Yellow White"
).split()


def _count(words: str | list[str], start: int = 0) -> dict[str, int]:
    names = words.split() if isinstance(words, str) else words
    return {name: number for number, name in enumerate(names, start)}


def _bits(words: str) -> dict[str, int]:
    return {"None": 0, **{name: 1 << number for number, name in enumerate(words.split())}}


_AUTOMATION = "System.Management.Automation"
ENUMS: dict[str, dict[str, int]] = {
    "System.StringComparison": _count(
        "CurrentCulture CurrentCultureIgnoreCase InvariantCulture InvariantCultureIgnoreCase Ordinal "
        "OrdinalIgnoreCase"
    ),
    "System.StringSplitOptions": {"None": 0, "RemoveEmptyEntries": 1, "TrimEntries": 2},
    "System.ConsoleColor": _count(_CONSOLE_COLORS),
    "System.DateTimeKind": _count("Unspecified Utc Local"),
    "System.MidpointRounding": _count("ToEven AwayFromZero ToZero ToNegativeInfinity ToPositiveInfinity"),
    "System.EnvironmentVariableTarget": _count("Process User Machine"),
    "System.Environment+SpecialFolder": {
        "Desktop": 0,
        "Programs": 2,
        "MyDocuments": 5,
        "Personal": 5,
        "Favorites": 6,
        "Startup": 7,
        "ApplicationData": 26,
        "LocalApplicationData": 28,
        "CommonApplicationData": 35,
        "System": 37,
        "ProgramFiles": 38,
        "MyPictures": 39,
        "UserProfile": 40,
    },
    "System.PlatformID": {"Win32S": 0, "Win32Windows": 1, "Win32NT": 2, "WinCE": 3, "Unix": 4, "Xbox": 5},
    "System.TypeCode": {
        **_count("Empty Object DBNull Boolean Char SByte Byte Int16 UInt16 Int32 UInt32 Int64 UInt64"),
        "Single": 13,
        "Double": 14,
        "Decimal": 15,
        "DateTime": 16,
        "String": 18,
    },
    "System.UriKind": _count("RelativeOrAbsolute Absolute Relative"),
    "System.Base64FormattingOptions": {"None": 0, "InsertLineBreaks": 1},
    "System.Text.RegularExpressions.RegexOptions": {
        **_bits(
            "IgnoreCase Multiline ExplicitCapture Compiled Singleline IgnorePatternWhitespace RightToLeft"
        ),
        "ECMAScript": 256,
        "CultureInvariant": 512,
        "NonBacktracking": 1024,
    },
    "System.Globalization.NumberStyles": {
        **_bits(
            "AllowLeadingWhite AllowTrailingWhite AllowLeadingSign AllowTrailingSign AllowParentheses "
            "AllowDecimalPoint AllowThousands AllowExponent AllowCurrencySymbol AllowHexSpecifier"
        ),
        "Integer": 7,
        "HexNumber": 515,
        "Number": 111,
        "Float": 167,
        "Currency": 383,
        "Any": 511,
    },
    "System.Globalization.DateTimeStyles": {
        **_bits(
            "AllowLeadingWhite AllowTrailingWhite AllowInnerWhite NoCurrentDateDefault AdjustToUniversal "
            "AssumeLocal AssumeUniversal RoundtripKind"
        ),
        "AllowWhiteSpaces": 7,
    },
    "System.Globalization.CalendarWeekRule": _count("FirstDay FirstFullWeek FirstFourDayWeek"),
    "System.IO.FileMode": _count("CreateNew Create Open OpenOrCreate Truncate Append", 1),
    "System.IO.FileAccess": {"Read": 1, "Write": 2, "ReadWrite": 3},
    "System.IO.FileShare": {"None": 0, "Read": 1, "Write": 2, "ReadWrite": 3, "Delete": 4},
    "System.IO.SearchOption": _count("TopDirectoryOnly AllDirectories"),
    "System.IO.FileAttributes": {
        "ReadOnly": 1,
        "Hidden": 2,
        "System": 4,
        "Directory": 16,
        "Archive": 32,
        "Device": 64,
        "Normal": 128,
        "Temporary": 256,
        "ReparsePoint": 1024,
        "Compressed": 2048,
        "Offline": 4096,
    },
    "System.IO.SeekOrigin": _count("Begin Current End"),
    "System.Net.SecurityProtocolType": {
        "SystemDefault": 0,
        "Ssl3": 48,
        "Tls": 192,
        "Tls11": 768,
        "Tls12": 3072,
        "Tls13": 12288,
    },
    "System.UriHostNameType": {"Unknown": 0, "Basic": 1, "Dns": 2, "IPv4": 3, "IPv6": 4},
    "System.Net.HttpStatusCode": {
        "Continue": 100,
        "SwitchingProtocols": 101,
        "OK": 200,
        "Created": 201,
        "Accepted": 202,
        "NonAuthoritativeInformation": 203,
        "NoContent": 204,
        "ResetContent": 205,
        "PartialContent": 206,
        "MultipleChoices": 300,
        "MovedPermanently": 301,
        "Found": 302,
        "SeeOther": 303,
        "NotModified": 304,
        "TemporaryRedirect": 307,
        "PermanentRedirect": 308,
        "BadRequest": 400,
        "Unauthorized": 401,
        "PaymentRequired": 402,
        "Forbidden": 403,
        "NotFound": 404,
        "MethodNotAllowed": 405,
        "NotAcceptable": 406,
        "RequestTimeout": 408,
        "Conflict": 409,
        "Gone": 410,
        "LengthRequired": 411,
        "PreconditionFailed": 412,
        "RequestEntityTooLarge": 413,
        "UnsupportedMediaType": 415,
        "UnprocessableEntity": 422,
        "Locked": 423,
        "TooManyRequests": 429,
        "InternalServerError": 500,
        "NotImplemented": 501,
        "BadGateway": 502,
        "ServiceUnavailable": 503,
        "GatewayTimeout": 504,
    },
    "System.ComponentModel.ListSortDirection": _count("Ascending Descending"),
    "System.Diagnostics.ProcessPriorityClass": {"Normal": 32, "Idle": 64, "High": 128, "RealTime": 256},
    f"{_AUTOMATION}.ErrorCategory": _count(ERROR_CATEGORIES),
    f"{_AUTOMATION}.CommandTypes": {
        "Alias": 1,
        "Function": 2,
        "Filter": 4,
        "Cmdlet": 8,
        "ExternalScript": 16,
        "Application": 32,
        "Script": 64,
        "Configuration": 256,
        "All": 383,
    },
    f"{_AUTOMATION}.PSMemberTypes": {
        "AliasProperty": 1,
        "CodeProperty": 2,
        "Property": 4,
        "NoteProperty": 8,
        "ScriptProperty": 16,
        "Properties": 31,
        "PropertySet": 32,
        "Method": 64,
        "CodeMethod": 128,
        "ScriptMethod": 256,
        "Methods": 448,
        "ParameterizedProperty": 512,
        "MemberSet": 1024,
        "Event": 2048,
        "Dynamic": 4096,
        "All": 8191,
    },
    f"{_AUTOMATION}.ScopedItemOptions": {
        "None": 0,
        "ReadOnly": 1,
        "Constant": 2,
        "Private": 4,
        "AllScope": 8,
        "Unspecified": 16,
    },
    f"{_AUTOMATION}.SessionStateEntryVisibility": _count("Public Private"),
    f"{_AUTOMATION}.ConfirmImpact": _count("None Low Medium High"),
    "System.Net.Sockets.AddressFamily": {"InterNetwork": 2, "InterNetworkV6": 23},
    f"{_AUTOMATION}.OutputRendering": _count("Host PlainText Ansi"),
    f"{_AUTOMATION}.ProgressView": _count("Minimal Classic"),
    f"{_AUTOMATION}.ErrorView": _count("NormalView CategoryView ConciseView DetailedView"),
    f"{_AUTOMATION}.JobState": _count(
        "NotStarted Running Completed Failed Stopped Blocked Suspended Disconnected Suspending Stopping "
        "AtBreakpoint"
    ),
    f"{_AUTOMATION}.PSDataCollectionState": _count("Open Closed"),
    "Microsoft.PowerShell.Commands.WebRequestMethod": _count(
        "Default Get Head Post Put Delete Trace Options Merge Patch"
    ),
    "Microsoft.PowerShell.ExecutionPolicy": {
        **_count("Unrestricted RemoteSigned AllSigned Restricted Bypass"),
        "Undefined": 5,
    },
}
FLAGS = frozenset(
    (
        *("System.Text.RegularExpressions.RegexOptions", "System.Globalization.NumberStyles"),
        *("System.Globalization.DateTimeStyles", "System.StringSplitOptions", "System.IO.FileAttributes"),
        *("System.IO.FileAccess", "System.IO.FileShare", "System.Net.SecurityProtocolType"),
        *(f"{_AUTOMATION}.CommandTypes", f"{_AUTOMATION}.PSMemberTypes", f"{_AUTOMATION}.ScopedItemOptions"),
    )
)
