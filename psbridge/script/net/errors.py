"""Exceptions and error records: what scripts read of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from psbridge.binding.nettypes import NetType
from psbridge.binding.text import to_text
from psbridge.script.display.positions import column_of, position_message
from psbridge.script.semantics.errors import (
    EXCEPTION,
    ErrorRecord,
    ExceptionObject,
    category_info,
)
from psbridge.script.semantics.members import register_object
from psbridge.script.semantics.values import Bag, Hashtable, Made, Member

from . import describe


def _data(one: ExceptionObject) -> Hashtable:
    if one.data is None:
        one.data = Hashtable()
    table: Hashtable = one.data
    return table


def _base(one: Any) -> Any:
    while one.inner is not None:
        one = one.inner
    return one


_SYSTEM_RESULT = -2146233087
_RESULTS = {
    "Exception": -2146233088,
    "ApplicationException": -2146232832,
    "ArgumentException": -2147024809,
    "ArgumentNullException": -2147467261,
    "ArgumentOutOfRangeException": -2146233086,
    "ArithmeticException": -2147024362,
    "DirectoryNotFoundException": -2147024893,
    "DivideByZeroException": -2147352558,
    "FileNotFoundException": -2147024894,
    "FormatException": -2146233033,
    "HttpRequestException": -2146233088,
    "IOException": -2146232800,
    "IndexOutOfRangeException": -2146233080,
    "InvalidCastException": -2147467262,
    "InvalidOperationException": -2146233079,
    "KeyNotFoundException": -2146232969,
    "NotImplementedException": -2147467263,
    "NotSupportedException": -2146233067,
    "NullReferenceException": -2147467261,
    "OperationCanceledException": -2146233029,
    "OverflowException": -2146233066,
    "TimeoutException": -2146233083,
    "UnauthorizedAccessException": -2147024891,
    "UriFormatException": -2146233033,
}
EXCEPTION_CLASS = describe("System.Exception", EXCEPTION)
EXCEPTION_CLASS.property(
    {
        "Message": lambda one: one.message,
        "InnerException": lambda one: one.inner,
        "Data": _data,
        "HResult": lambda one: _RESULTS.get(one.net_type.name, _SYSTEM_RESULT),
        "Source": lambda one: one.extra.get("Source"),
        "StackTrace": lambda one: one.extra.get("StackTrace"),
        "TargetSite": lambda one: None,
        "HelpLink": lambda one: one.extra.get("HelpLink"),
    }
)
EXCEPTION_CLASS.setter(
    {
        "Source": lambda one, value: one.extra.__setitem__("Source", to_text(value)),
        "HelpLink": lambda one, value: one.extra.__setitem__("HelpLink", to_text(value)),
        "HResult": lambda one, value: None,
    }
)
EXCEPTION_CLASS.method({"ToString()": str, "GetBaseException()": _base})


def _read_extra(one: ExceptionObject, folded: str) -> tuple[bool, Any]:
    for name, value in one.extra.items():
        if name.lower() == folded:
            return True, value
    return False, None


register_object(ExceptionObject, _read_extra)


class ErrorDetails:
    """`$_.ErrorDetails`."""

    net_type = NetType("ErrorDetails", "System.Management.Automation.ErrorDetails")

    def __init__(self, record: ErrorRecord) -> None:
        self.record = record

    def __str__(self) -> str:
        return self.record.detail or ""


DETAILS = describe("System.Management.Automation.ErrorDetails", ErrorDetails.net_type)
DETAILS.property(
    {
        "Message": lambda details: details.record.detail,
        "RecommendedAction": lambda details: details.record.recommended,
    }
)
DETAILS.setter(
    {"RecommendedAction": lambda details, value: setattr(details.record, "recommended", to_text(value))}
)
DETAILS.method({"ToString()": str})
DETAILS.new({"(string message)": lambda message: _details(message)})


def _details(message: str) -> ErrorDetails:
    record = ErrorRecord(ExceptionObject("Exception", message), "", details=message)
    return ErrorDetails(record)


def _set_details(record: ErrorRecord, value: Any) -> None:
    record.details = to_text(value) if value is not None else None


_INVOCATION: dict[str, Callable[[ErrorRecord], Any]] = {
    "MyCommand": lambda record: record.command,
    "ScriptName": lambda record: record.script,
    "ScriptLineNumber": lambda record: record.line,
    "OffsetInLine": column_of,
    "Line": lambda record: record.text,
    "PositionMessage": position_message,
    "InvocationName": lambda record: getattr(record.command, "name", ""),
    "PSScriptRoot": lambda record: str(Path(record.script).parent) if record.script else "",
    "PSCommandPath": lambda record: record.script,
    "PipelineLength": lambda record: 0,
    "PipelinePosition": lambda record: 0,
}


def invocation(record: ErrorRecord) -> Bag:
    """`$_.InvocationInfo`: each property is made when it is read, since the position takes a parse."""
    if record.command is not None:
        # What gives a command its members.
        import psbridge.script.commands.discovery  # noqa: F401
    made = Made(None, "System.Management.Automation.InvocationInfo")
    for name in _INVOCATION:
        made._members[name.lower()] = _of_invocation(name, record)
    return made


def _of_invocation(name: str, record: ErrorRecord) -> Member:
    return Member(name, "Property", None, lambda _: _INVOCATION[name](record))


def _new_record(exception: Any, error_id: str, category: Any, target: Any) -> ErrorRecord:
    name = getattr(category, "name", to_text(category))
    return ErrorRecord(exception, error_id, name, target)


RECORD = describe("System.Management.Automation.ErrorRecord", ErrorRecord.net_type)
RECORD.new(
    {
        "(any exception, string errorId, System.Management.Automation.ErrorCategory errorCategory, "
        "object targetObject)": _new_record,
    }
)
RECORD.property(
    {
        "Exception": lambda record: record.exception,
        "FullyQualifiedErrorId": lambda record: record.error_id,
        "CategoryInfo": category_info,
        "TargetObject": lambda record: record.target,
        "ErrorDetails": lambda record: (
            ErrorDetails(record) if record.detail is not None or record.recommended else None
        ),
        "InvocationInfo": invocation,
        "ScriptStackTrace": lambda record: record.stack,
        "PipelineIterationInfo": lambda record: [],
        "PSMessageDetails": lambda record: None,
    }
)
RECORD.setter({"ErrorDetails": _set_details})
RECORD.method({"ToString()": str})
