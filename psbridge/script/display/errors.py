"""An error as the console shows it: ConciseView, as `pwsh -File` writes it to standard error."""

from __future__ import annotations

from typing import Any

from psbridge.binding.text import to_text
from psbridge.script.semantics.errors import ErrorRecord, ExceptionObject

from .positions import marked


def error_text(record: Any, width: int = 80) -> str:
    """An error record as text, with its end of line; its message in lines of this width."""
    if not isinstance(record, ErrorRecord):
        return f"{to_text(record)}\n"
    message = record.detail or record.message
    hint = getattr(record, "hint", None)
    if hint:
        message = f"{message}\n{hint}"
    if record.error_id == "NativeCommandError":
        return f"{message}\n"
    kind = record.exception.net_type.full_name if record.exception is not None else ""
    if kind.endswith("ParseException"):
        return _located("ParserError: ", record, message.rpartition("\n")[2], width)
    name = _origin(record)
    top_level = name == "Write-Error" and record.stack.count("\n") == 0
    if record.line and record.script and not top_level:
        return _located(f"{name}: ", record, message, width)
    return f"{name}: {message}\n"


def _origin(record: ErrorRecord) -> str:
    if getattr(record, "thrown", False):
        plain = record.exception is None or record.exception.net_type.short_name == "RuntimeException"
        return "Exception" if plain else record.category
    command = record.command
    if command is not None and getattr(command, "name", None):
        return str(command.name)
    if record.activity:
        return _cmdlet_name(record.activity)
    if record.error_id == "CommandNotFoundException":
        return to_text(record.target)
    if record.category != "NotSpecified":
        return record.category
    return record.reason or (
        record.exception.net_type.short_name if record.exception is not None else "Error"
    )


def _cmdlet_name(activity: str) -> str:
    """`Get-ChildItem` of `Microsoft.PowerShell.Commands.GetChildItemCommand`."""
    if not activity.startswith("Microsoft.PowerShell.Commands."):
        return activity
    from psbridge.script.commands.table import class_names

    return class_names().get(activity, activity)


def _located(name: str, record: ErrorRecord, message: str, width: int) -> str:
    """The error with the line it arose in, a mark under the place."""
    number = str(record.line)
    margin = max(len("Line"), len(number))
    _, shown, mark = marked(record)
    lines = [
        f"{name}{record.script}:{record.line}" if record.script else f"{name}",
        f"{'Line'.ljust(margin)} |",
        f"{number.rjust(margin)} |  {shown}",
        f"{' ' * margin} |  {mark}",
        *_wrapped(" ".join(message.split("\n")), f"{' ' * margin} | ", width),
    ]
    return "\n".join(lines) + "\n"


def _wrapped(text: str, prefix: str, width: int) -> list[str]:
    """A text in lines that begin with the prefix and are no longer than the width where words allow it."""
    lines = []
    while len(prefix) + len(text) > width:
        end = text.rfind(" ", 0, width - len(prefix))
        if end <= 0:
            break
        lines.append(prefix + text[:end])
        text = text[end:].strip()
    return [*lines, prefix + text]


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
