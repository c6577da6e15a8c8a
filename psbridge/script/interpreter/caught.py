"""Errors inside the interpreter: Python's exceptions to error records, catch clauses, traps, throw."""

from __future__ import annotations

import sys
import traceback
from typing import Any

from psbridge.binding.errors import (
    InvalidCast,
    ParameterBindingError,
    ParameterBindingTransformationError,
    ParameterBindingValidationError,
)
from psbridge.binding.text import to_text
from psbridge.errors import PSBridgeError
from psbridge.script.semantics.errors import (
    ErrorRecord,
    ExceptionObject,
    NetFault,
    ScriptError,
    exception_type,
    runtime_error,
)
from psbridge.script.semantics.types import type_of

from .flow import BreakFlow, ContinueFlow, Flow
from .frames import MARK, line_of, script_frame, text_of
from .scope import Scope

GENERATED = "caught statement_error catches enter_catch leave_catch thrown run_traps".split()


def record_of(error: Exception) -> ErrorRecord:
    """The error record a Python exception stands for."""
    if isinstance(error, ScriptError):
        return error.record
    known: ErrorRecord | None = getattr(error, "script_record", None)
    if known is not None:
        return known
    record = _new_record(error)
    error.script_record = record  # type: ignore[attr-defined]
    return record


def _new_record(error: Exception) -> ErrorRecord:
    if isinstance(error, ParameterBindingError):
        return _binding_record(error)
    if isinstance(error, RecursionError):
        message = "The script failed due to call depth overflow."
        exception = ExceptionObject("ScriptCallDepthException", message)
        return ErrorRecord(exception, "CallDepthOverflow", "InvalidOperation", 1000)
    if isinstance(error, PSBridgeError):
        return service_record(error)
    if isinstance(error, NetFault):
        return ErrorRecord(error.exception(), error.type_name, "NotSpecified")
    if isinstance(error, InvalidCast):
        return ErrorRecord(
            ExceptionObject("PSInvalidCastException", str(error)),
            "ConvertToFinalInvalidCastException",
            "InvalidArgument",
        )
    message = " ".join(str(error).split()) or type(error).__name__
    return ErrorRecord(ExceptionObject("RuntimeException", message), "RuntimeException", "NotSpecified")


def _binding_record(error: ParameterBindingError) -> ErrorRecord:
    kind = "ParameterBindingException"
    if isinstance(error, ParameterBindingTransformationError):
        kind = "ParameterBindingArgumentTransformationException"
    elif isinstance(error, ParameterBindingValidationError):
        kind = "ParameterBindingValidationException"
    cause = error.__cause__
    inner = None
    if isinstance(cause, InvalidCast):
        inner = ExceptionObject("ArgumentTransformationMetadataException", str(cause))
    elif cause is not None and not isinstance(cause, Flow):
        inner = ExceptionObject("ValidationMetadataException", str(cause))
    extra = {"ParameterName": error.parameter}
    return ErrorRecord(
        ExceptionObject(kind, error.message, inner, extra),
        error.fully_qualified_error_id,
        error.category,
        error.target,
        activity=error.command or "",
    )


def service_record(error: PSBridgeError) -> ErrorRecord:
    """The record of one of psbridge's own errors: a call that failed, a value refused."""
    from psbridge.script.commands.web import status_of
    from psbridge.script.semantics.values import Bag, Hashtable

    extra: dict[str, Any] = {}
    raw = getattr(error, "ErrorDetails", None)
    headers = getattr(error, "headers", None)
    status = getattr(error, "status", None)
    if status is not None:
        table = Hashtable()
        for name, value in dict(headers or {}).items():
            table[name] = value
        extra["Response"] = Bag({"StatusCode": status_of(status), "Headers": table})
        extra["StatusCode"] = status
    for name in ("code", "param", "request_id", "partial"):
        value = getattr(error, name, None)
        if value is not None:
            extra["".join(part.title() for part in name.split("_"))] = value
    # The exceptions that the PowerShell module has for them.
    if status is not None:
        kind = "HttpResponseException"
    elif "Timeout" in error.category:
        kind = "TimeoutException"
    else:
        given = getattr(error, "parameter", None)
        kind = "ArgumentException" if given is not None else "InvalidOperationException"
    exception = ExceptionObject(kind, error.message, extra=extra)
    record = ErrorRecord(
        exception,
        error.fully_qualified_error_id,
        error.category,
        error.target,
        body=to_text(raw) if raw else None,
        activity=error.command or "",
    )
    record.summed_up = True
    record.recommended = getattr(error, "hint", None) or ""
    if error.command:
        from psbridge.script.commands.own import find_own

        record.command = find_own(error.command)
    return record


def locate(record: ErrorRecord, error: Exception, where: tuple[int, int], unit: Any) -> None:
    """Note where in the script an error arose: the innermost line of generated code."""
    if record.line:
        return
    line, column = where
    file = unit.file if unit is not None else None
    text = unit.text if unit is not None else ""
    frames = []
    for frame, number in traceback.walk_tb(error.__traceback__):
        name = frame.f_code.co_filename
        if name.startswith(MARK):
            frames.append((name[len(MARK) :], number, frame.f_globals.get("UNIT")))
    if frames:
        file, number, owner = frames[-1]
        if number != line or owner is not unit:
            line, column = number, 1
        text = owner.text if owner is not None else text
    record.line, record.column = line, column
    record.text = line_of(text, line)
    record.source = text
    if column == 1 and record.text:
        record.column = len(record.text) - len(record.text.lstrip()) + 1
    if record.where is not None and record.where[0] == line:
        record.column = record.where[1]
    record.script = file or ""
    place = record.script or "<No file>"
    record.stack = "\n".join(f"at <ScriptBlock>, {place}: line {number}" for _, number, _ in reversed(frames))
    if not record.stack:
        record.stack = f"at <ScriptBlock>, {place}: line {line}"


def place_at(record: ErrorRecord, frame: Any, where: tuple[int, int] | None = None) -> None:
    """Give a record its place: in the first frame, from this one outwards, that runs a script.

    Args:
        where: line and column of the command that it is about; without it, the line that is running.
    """
    frame = script_frame(frame)
    if frame is None:
        return
    record.line = where[0] if where is not None else frame.f_lineno
    record.script = frame.f_code.co_filename[len(MARK) :]
    record.source = text_of(frame)
    record.text = line_of(record.source, record.line)
    record.column = len(record.text) - len(record.text.lstrip()) + 1 if where is None else where[1]
    record.stack = f"at <ScriptBlock>, {record.script or '<No file>'}: line {record.line}"


def place_at_call(record: ErrorRecord, stage: Any) -> None:
    """Give a record the place where a function or block that is running was called."""
    frame: Any = sys._getframe(1)
    inside = False
    while frame is not None and not (inside and frame.f_locals.get("self") is not stage):
        inside = inside or frame.f_locals.get("self") is stage
        frame = frame.f_back
    place_at(record, frame, stage.where)


def caught(S: Scope, error: Exception, where: tuple[int, int], unit: Any) -> ErrorRecord:
    """An error that reached a catch clause: its record, put into `$Error`."""
    record = record_of(error)
    locate(record, error, where, unit)
    S.rt.scope = S
    S.rt.remember(record)
    _tell(S.rt, record)
    S.rt.ok = False
    return record


def _tell(rt: Any, record: ErrorRecord) -> None:
    """Give an error that a function catches or goes on after to the function's -ErrorVariable."""
    if rt.listening:
        ended = ending(record)
        for one in (record,) if ended is None else (ended, record):
            rt.hear(2, one)


def ending(record: ErrorRecord) -> ExceptionObject | None:
    """The exception with which a command ended; None for an error that came of no command."""
    if record.command is None or (record.thrown and not record.stopped):
        return None
    inner = record.exception
    if inner is None or inner.net_type.name.startswith(("ParameterBinding", "CommandNotFound")):
        return None
    extra = {"ErrorRecord": record}
    if record.stopped:
        message = (
            'The running command stopped because the preference variable "ErrorActionPreference" or common '
            f"parameter is set to Stop: {record.exception_message}"
        )
        return ExceptionObject("ActionPreferenceStopException", message, None, extra)
    return ExceptionObject("CmdletInvocationException", to_text(record), inner, extra)


def statement_error(S: Scope, error: Exception, where: tuple[int, int], unit: Any) -> None:
    """An error that no try holds: reported, and the next statement runs; or raised further."""
    rt = S.rt
    record = record_of(error)
    locate(record, error, where, unit)
    if isinstance(error, RecursionError):
        raise ScriptError(record) from None
    if rt.tries or (isinstance(error, ScriptError) and (error.thrown or _is_left(S, error.leaves))):
        raise error
    action = rt.preference(S, "erroractionpreference")
    if action in ("Stop", "Break"):
        raise error
    rt.ok = False
    rt.remember(record)
    if action != "Ignore":
        _tell(rt, record)
    if action not in ("SilentlyContinue", "Ignore"):
        rt.put_error(record)


def _is_left(S: Scope, left: Scope | None) -> bool:
    """Whether a scope is that of a function which an error ends, or inside it."""
    step: Scope | None = S if left is not None else None
    while step is not None:
        if step is left:
            return True
        step = step.parent
    return False


def catches(S: Scope, record: ErrorRecord, names: tuple[str, ...]) -> bool:
    """Whether a catch clause of these types is for this error."""
    if record.exception is None:
        return False
    for name in names:
        type_ = S.rt.type_named(name)
        if type_ is None:
            raise runtime_error(f"Unable to find type [{name}].", "TypeNotFound", target=name)
        if (record.stopped or record.wrapped) and _STOP is not None and type_.accepts(_STOP):
            if record.wrapped:
                record.error_id, record.command = record.wrapped
            return True
        if record.stopped:
            _unwrap(record)
        if type_.accepts(type_of(record.exception)):
            return True
        inner = record.exception.inner
        if inner is not None and type_.accepts(type_of(inner)):
            record.caught_as, record.exception = record.exception, inner
            return True
        if _RUNTIME is not None and type_.accepts(_RUNTIME):
            return True  # PowerShell's own exception, which every other one is wrapped in
    return False


_STOP = exception_type("System.Management.Automation.ActionPreferenceStopException")
_RUNTIME = exception_type("System.Management.Automation.RuntimeException")


def _unwrap(record: ErrorRecord) -> None:
    """The record that an exception of PowerShell's own has itself: it does not know the cmdlet.

    -ErrorAction Stop wraps it, and a catch clause with a type looks inside.
    """
    record.stopped, record.wrapped = False, (record.error_id, record.command)
    if _RUNTIME is not None and _RUNTIME.accepts(type_of(record.exception)):
        record.error_id = record.error_id.partition(",")[0]
        record.command = None


def enter_catch(S: Scope, record: ErrorRecord) -> tuple[bool, Any, Any]:
    """`$_` becomes the error."""
    variables = S.vars
    saved = ("_" in variables, variables.get("_"), S.rt.current_error)
    variables["_"] = record
    S.rt.current_error = record
    return saved


def leave_catch(S: Scope, saved: tuple[bool, Any, Any]) -> None:
    """`$_` is what it was."""
    if saved[0]:
        S.vars["_"] = saved[1]
    else:
        S.vars.pop("_", None)
    S.rt.current_error = saved[2]


def thrown(S: Scope, value: Any, line: int, column: int) -> ScriptError:
    """`throw value`."""
    from .output import NO_VALUE

    if value is None and S.rt.current_error is None:
        value = NO_VALUE
    if value is NO_VALUE:
        current = S.rt.current_error
        if current is not None:
            if current.caught_as is not None:
                current.exception, current.caught_as = current.caught_as, None
            return ScriptError(current, thrown=True)
        return _throwing(
            ErrorRecord(
                ExceptionObject("RuntimeException", "ScriptHalted"), "ScriptHalted", "OperationStopped"
            )
        )
    if isinstance(value, ErrorRecord):
        value.again = bool(value.line)
        return _throwing(value)
    if isinstance(value, ExceptionObject) or hasattr(value, "exception_message"):
        message = value.message
        return _throwing(ErrorRecord(value, message, "OperationStopped"))
    text = to_text(value)
    record = ErrorRecord(ExceptionObject("RuntimeException", text), text, "OperationStopped", value)
    return _throwing(record)


def _throwing(record: ErrorRecord) -> ScriptError:
    record.thrown = True
    return ScriptError(record, thrown=True)


def run_traps(S: Scope, error: Exception, traps: list[tuple[str | None, Any]], out: Any, where: Any) -> None:
    """Give an error to the first trap that is for it.

    Raises:
        Exception: no trap is, or the trap breaks.
    """
    record = record_of(error)
    locate(record, error, where, None)
    for name, body in traps:
        if name is not None and not catches(S, record, (name,)):
            continue
        S.rt.remember(record)
        saved = enter_catch(S, record)
        try:
            body(out)
        except ContinueFlow:
            return
        except BreakFlow:
            raise error from None
        finally:
            leave_catch(S, saved)
        if S.rt.tries:
            raise error
        S.rt.put_error(record)
        return
    statement_error(S, error, where, None)
