"""An error as the console shows it: ConciseView, as `pwsh -File` writes it to standard error."""

from __future__ import annotations

from typing import Any

from psbridge.binding.text import to_text
from psbridge.script.semantics.errors import ErrorRecord, ExceptionObject


def error_text(record: Any) -> str:
    """An error record as text, with its end of line."""
    if not isinstance(record, ErrorRecord):
        return f"{to_text(record)}\n"
    message = record.message
    hint = getattr(record, "hint", None)
    if hint:
        message = f"{message}\n{hint}"
    if record.error_id == "NativeCommandError":
        return f"{message}\n"
    kind = record.exception.net_type.full_name if record.exception is not None else ""
    if kind.endswith("ParseException"):
        return _located("ParserError: ", record, message.rpartition("\n")[2])
    name = _origin(record)
    if record.line and record.script:
        return _located(f"{name}: ", record, message)
    return f"{name}: {message}\n"


def _origin(record: ErrorRecord) -> str:
    if getattr(record, "thrown", False):
        return "Exception"
    command = record.command
    if command is not None and getattr(command, "name", None):
        return str(command.name)
    if record.activity:
        return record.activity
    if record.error_id == "CommandNotFoundException":
        return to_text(record.target)
    if record.category != "NotSpecified":
        return record.category
    return record.reason or (
        record.exception.net_type.short_name if record.exception is not None else "Error"
    )


def _located(name: str, record: ErrorRecord, message: str) -> str:
    """The error with the line it arose in, a mark under the place."""
    number = str(record.line)
    margin = max(len("Line"), len(number))
    text = record.text
    column = max(record.column, 1)
    stripped = text.rstrip()
    marked = max(len(stripped) - column + 1, 1)
    lines = [
        f"{name}{record.script}:{record.line}" if record.script else f"{name}",
        f"{'Line'.ljust(margin)} |",
        f"{number.rjust(margin)} |  {stripped}",
        f"{' ' * margin} |  {' ' * (column - 1)}{'~' * marked}",
    ]
    first, *rest = message.split("\n")
    lines.append(f"{' ' * margin} | {first}")
    lines += [f"{' ' * margin} | {line}" for line in rest]
    return "\n".join(lines) + "\n"


def exception_lines(exception: ExceptionObject) -> list[str]:
    """An exception put out as an object."""
    rows = [
        ("Message", exception.message),
        ("Data", "{}"),
        ("InnerException", exception.inner.message if exception.inner else ""),
        ("TargetSite", ""),
        ("Source", ""),
        ("HResult", "-2146233088"),
        ("StackTrace", ""),
    ]
    widest = max(len(name) for name, _ in rows)
    return ["", *(f"{name.ljust(widest)} : {value}".rstrip() for name, value in rows), ""]
