"""Error records and .NET exceptions as scripts see them, and the Python exception that carries one.

Knows no operators and no syntax. `ScriptError` is what psbridge raises; `$_` in a catch is its `record`.
"""

from __future__ import annotations

from typing import Any

from psbridge.binding.nettypes import NetType
from psbridge.errors import PSBridgeError

from .attributes import NetAttributes
from .values import Made

_SYSTEM = {
    "Exception": "",
    "SystemException": "Exception",
    "ApplicationException": "Exception",
    "ArgumentException": "SystemException",
    "ArgumentNullException": "ArgumentException",
    "ArgumentOutOfRangeException": "ArgumentException",
    "ArithmeticException": "SystemException",
    "DivideByZeroException": "ArithmeticException",
    "OverflowException": "ArithmeticException",
    "FormatException": "SystemException",
    "IndexOutOfRangeException": "SystemException",
    "InvalidCastException": "SystemException",
    "InvalidOperationException": "SystemException",
    "ObjectDisposedException": "InvalidOperationException",
    "NotSupportedException": "SystemException",
    "PlatformNotSupportedException": "NotSupportedException",
    "NotImplementedException": "SystemException",
    "NullReferenceException": "SystemException",
    "OutOfMemoryException": "SystemException",
    "RankException": "SystemException",
    "TimeoutException": "SystemException",
    "UnauthorizedAccessException": "SystemException",
    "OperationCanceledException": "SystemException",
    "UriFormatException": "FormatException",
    "TypeInitializationException": "SystemException",
    "AggregateException": "Exception",
    "IO.IOException": "SystemException",
    "IO.FileNotFoundException": "IO.IOException",
    "IO.DirectoryNotFoundException": "IO.IOException",
    "IO.PathTooLongException": "IO.IOException",
    "IO.EndOfStreamException": "IO.IOException",
    "IO.InvalidDataException": "SystemException",
    "Collections.Generic.KeyNotFoundException": "SystemException",
    "Net.WebException": "InvalidOperationException",
    "Net.Http.HttpRequestException": "Exception",
    "Net.Sockets.SocketException": "SystemException",
    "Globalization.CultureNotFoundException": "ArgumentException",
    "Threading.Tasks.TaskCanceledException": "OperationCanceledException",
    "Security.SecurityException": "SystemException",
    "Security.Authentication.AuthenticationException": "SystemException",
    "Security.Cryptography.CryptographicException": "SystemException",
    "ComponentModel.Win32Exception": "SystemException",
    "Reflection.TargetInvocationException": "ApplicationException",
    "Text.Json.JsonException": "Exception",
    "Text.RegularExpressions.RegexParseException": "ArgumentException",
    "TimeZoneNotFoundException": "Exception",
    "Xml.XmlException": "SystemException",
    "Management.Automation.RuntimeException": "SystemException",
    "Management.Automation.PSInvalidCastException": "InvalidCastException",
    "Management.Automation.PSArgumentException": "ArgumentException",
    "Management.Automation.PSArgumentNullException": "ArgumentNullException",
    "Management.Automation.PSArgumentOutOfRangeException": "ArgumentOutOfRangeException",
    "Management.Automation.PSInvalidOperationException": "InvalidOperationException",
    "Management.Automation.PSNotSupportedException": "NotSupportedException",
    "Management.Automation.PSNotImplementedException": "NotImplementedException",
    "Management.Automation.CommandNotFoundException": "Management.Automation.RuntimeException",
    "Management.Automation.MethodException": "Management.Automation.ExtendedTypeSystemException",
    "Management.Automation.MethodInvocationException": "Management.Automation.MethodException",
    "Management.Automation.ExtendedTypeSystemException": "Management.Automation.RuntimeException",
    "Management.Automation.SetValueException": "Management.Automation.ExtendedTypeSystemException",
    "Management.Automation.SetValueInvocationException": "Management.Automation.SetValueException",
    "Management.Automation.GetValueException": "Management.Automation.ExtendedTypeSystemException",
    "Management.Automation.GetValueInvocationException": "Management.Automation.GetValueException",
    "Management.Automation.PropertyNotFoundException": "Management.Automation.ExtendedTypeSystemException",
    "Management.Automation.ParameterBindingException": "Management.Automation.RuntimeException",
    "Management.Automation.ParameterBindingValidationException": (
        "Management.Automation.ParameterBindingException"
    ),
    "Management.Automation.ParameterBindingArgumentTransformationException": (
        "Management.Automation.ParameterBindingException"
    ),
    "Management.Automation.ArgumentTransformationMetadataException": (
        "Management.Automation.MetadataException"
    ),
    "Management.Automation.ValidationMetadataException": "Management.Automation.MetadataException",
    "Management.Automation.MetadataException": "Management.Automation.RuntimeException",
    "Management.Automation.SessionStateException": "Management.Automation.RuntimeException",
    "Management.Automation.SessionStateUnauthorizedAccessException": (
        "Management.Automation.SessionStateException"
    ),
    "Management.Automation.ItemNotFoundException": "Management.Automation.SessionStateException",
    "Management.Automation.DriveNotFoundException": "Management.Automation.SessionStateException",
    "Management.Automation.ProviderNotFoundException": "Management.Automation.SessionStateException",
    "Management.Automation.ParseException": "Management.Automation.RuntimeException",
    "Management.Automation.IncompleteParseException": "Management.Automation.ParseException",
    "Management.Automation.ScriptCallDepthException": "SystemException",
    "Management.Automation.PipelineStoppedException": "Management.Automation.RuntimeException",
    "Management.Automation.ActionPreferenceStopException": "Management.Automation.RuntimeException",
    "Management.Automation.CmdletInvocationException": "Management.Automation.RuntimeException",
    "Management.Automation.CmdletProviderInvocationException": (
        "Management.Automation.CmdletInvocationException"
    ),
    "Management.Automation.ParentContainsErrorRecordException": "SystemException",
    "Management.Automation.ApplicationFailedException": "Management.Automation.RuntimeException",
    "Management.Automation.ScriptRequiresException": "Management.Automation.RuntimeException",
    "Management.Automation.NativeCommandExitException": "Management.Automation.RuntimeException",
    "Management.Automation.Host.HostException": "Management.Automation.RuntimeException",
    "Management.Automation.WildcardPatternException": "Management.Automation.RuntimeException",
}
_OTHERS = {
    "Microsoft.PowerShell.Commands.WriteErrorException": "System.SystemException",
    "Microsoft.PowerShell.Commands.HttpResponseException": "System.Net.Http.HttpRequestException",
    "Microsoft.PowerShell.Commands.ServiceCommandException": "System.SystemException",
    "Microsoft.PowerShell.Commands.ProcessCommandException": "System.SystemException",
    "Newtonsoft.Json.JsonReaderException": "System.Exception",
}
_PARENTS: dict[str, str] = {
    **{
        f"System.{name}": f"System.{parent}" if parent else "System.Object"
        for name, parent in _SYSTEM.items()
    },
    **_OTHERS,
}
_FULL_NAMES = {name.lower(): name for name in _PARENTS}
_SHORT_NAMES = {name.rpartition(".")[2].lower(): name for name in _PARENTS}
_TYPES: dict[str, NetType] = {}


def exception_type(name: str) -> NetType | None:
    """The exception type of this name, full or without `System.`, in any case; None if it is not known."""
    folded = name.lower()
    full = _FULL_NAMES.get(folded) or _FULL_NAMES.get(f"system.{folded}")
    if full is None:
        return None
    type_ = _TYPES.get(full)
    if type_ is None:
        parent = exception_type(_PARENTS[full])
        type_ = _TYPES[full] = NetType(full.rpartition(".")[2], full, parent=parent)
    return type_


def short_exception_type(name: str) -> NetType:
    """The exception type whose name ends so: `FormatException`."""
    full = _SHORT_NAMES.get(name.lower())
    type_ = exception_type(full or name)
    return type_ if type_ is not None else _TYPES.setdefault(name, NetType(name, name, parent=EXCEPTION))


class ExceptionObject(NetAttributes):
    """A .NET exception: its type, message, inner exception, and the properties its type adds."""

    def __init__(
        self,
        type_: NetType | str,
        message: str | None = None,
        inner: ExceptionObject | None = None,
        extra: dict[str, Any] | None = None,
    ) -> None:
        self.net_type = short_exception_type(type_) if isinstance(type_, str) else type_
        if message is None:
            message = f"Exception of type '{self.net_type.full_name}' was thrown."
        self.message = message
        self.inner = inner
        self.extra = extra or {}
        self.data: Any = None

    def __str__(self) -> str:
        inner = f"\n ---> {self.inner}\n   --- End of inner exception stack trace ---" if self.inner else ""
        return f"{self.net_type.full_name}: {self.message}{inner}"


class ErrorRecord(NetAttributes):
    """What `$_` is in a catch block, and what `$Error` holds."""

    net_type = NetType("ErrorRecord", "System.Management.Automation.ErrorRecord")

    def __init__(
        self,
        exception: Any,
        error_id: str,
        category: str = "NotSpecified",
        target: Any = None,
        *,
        details: str | None = None,
        body: str | None = None,
        activity: str = "",
        reason: str | None = None,
    ) -> None:
        self.exception = exception
        self.error_id = error_id
        self.category = category
        self.target = target
        self.details = details
        self.body = body  # the reply's, which ErrorDetails holds unless a script sets them
        self.recommended = ""
        self.activity = activity
        self.reason = reason
        self.line = 0
        self.column = 0
        self.caught_as: Any = None  # the exception around the one that a catch clause is for
        self.length = 0  # how much of its line a parse error marks
        self.text = ""
        self.source = ""  # the script that `line` is a line of
        self.script = ""
        self.command: Any = None
        self.where: tuple[int, int] | None = None  # line and column of the command that failed, if one did
        self.stack = ""
        self.thrown = False  # by a throw statement
        self.again = False  # by one that was given this record, which keeps its place
        self.wrapped: tuple[str, Any] | None = None  # its id and command before a catch clause looked inside
        self.stopped = False  # made terminating by -ErrorAction Stop or the preference
        self.unplaced = False  # shown without its place
        self.of_input = False  # about what came through the pipeline, so that no argument is to blame
        self.summed_up = False  # shown by its message, which says what its details do
        self.members: dict[str, Any] = {}

    @property
    def message(self) -> str:
        """What it says as text: its details, else its exception's message."""
        return self.details if self.details is not None else str(self.exception_message)

    @property
    def detail(self) -> str | None:
        """The text of its ErrorDetails; None where it has none."""
        return self.details if self.details is not None else self.body

    @property
    def exception_message(self) -> str:
        """Its exception's message, empty where it has no exception."""
        return str(self.exception.message) if self.exception is not None else ""

    def __str__(self) -> str:
        return self.message


class ScriptError(PSBridgeError):
    """A script's terminating error; `record` is the ErrorRecord that a catch block gets as `$_`."""

    def __init__(self, record: ErrorRecord, *, thrown: bool = False) -> None:
        super().__init__(
            record.message, error_id=record.error_id, category=record.category, target=record.target
        )
        self.record = record
        self.thrown = thrown  # by a throw statement
        self.statement_only = False  # ends the statement, and the script goes on after it
        self.leaves: Any = None  # the scope of a function that it ends with all its statements

    @property
    def fully_qualified_error_id(self) -> str:
        """The record's."""
        return str(self.record.error_id)


class NetFault(Exception):
    """A .NET call failed: the type of its exception and the message."""

    def __init__(self, type_name: str, message: str, extra: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.type_name = type_name
        self.extra = extra

    def exception(self) -> ExceptionObject:
        """The .NET exception that a script's `catch` sees."""
        return ExceptionObject(self.type_name, str(self), extra=self.extra)


EXCEPTION = exception_type("System.Exception") or NetType("Exception", "System.Exception")


def runtime_error(
    message: str,
    error_id: str = "RuntimeException",
    *,
    category: str = "InvalidOperation",
    target: Any = None,
    kind: str = "RuntimeException",
    inner: ExceptionObject | None = None,
    extra: dict[str, Any] | None = None,
) -> ScriptError:
    """An error of the language itself: statement-terminating, as PowerShell's are."""
    error = ScriptError(ErrorRecord(ExceptionObject(kind, message, inner, extra), error_id, category, target))
    error.statement_only = True
    return error


class CategoryInfo(Made):
    """`$_.CategoryInfo`, which has a text of its own."""

    __slots__ = ()

    def __ps_text__(self) -> str:
        part = self._properties
        target = f"({part['TargetName']}:{part['TargetType']})"
        return f"{part['Category'].name}: {target} [{part['Activity']}], {part['Reason']}"  # type: ignore[attr-defined]


def category_info(record: ErrorRecord) -> CategoryInfo:
    """`$_.CategoryInfo`."""
    reason = record.reason
    if reason is None:
        reason = record.exception.net_type.short_name if record.exception is not None else ""
    target = record.target
    name = kind = ""
    if target is not None:
        from psbridge.binding.text import to_text

        from .types import type_of

        name, kind = to_text(target), type_of(target).short_name
        if len(name) > 40:
            name = f"{name[:19]}…{name[-19:]}" if len(name) > 60 else name
    return CategoryInfo(
        {
            "Category": error_category(record.category),
            "Activity": record.activity,
            "Reason": reason,
            "TargetName": name,
            "TargetType": kind,
        },
        "System.Management.Automation.ErrorCategoryInfo",
    )


_CATEGORIES = (
    "NotSpecified OpenError CloseError DeviceError DeadlockDetected InvalidArgument InvalidData "
    "InvalidOperation InvalidResult InvalidType MetadataError NotImplemented NotInstalled ObjectNotFound "
    "OperationStopped OperationTimeout SyntaxError ParserError PermissionDenied ResourceBusy ResourceExists "
    "ResourceUnavailable ReadError WriteError FromStdErr SecurityError ProtocolError ConnectionError "
    "AuthenticationError LimitsExceeded QuotaExceeded NotEnabled"
).split()


def error_category(name: str) -> Any:
    """An ErrorCategory by its name."""
    from .types import net_enum

    cls = net_enum("System.Management.Automation.ErrorCategory")
    return cls.__members__.get(name, cls(0))


class Strictness:
    """What `Set-StrictMode` asked for; 0 is off."""

    level = 0
