"""An error as the console shows it: ConciseView, as `pwsh -File` writes it to standard error."""

from __future__ import annotations

import re
from typing import Any

from psbridge.binding.text import to_text
from psbridge.script.semantics.errors import ErrorRecord, ExceptionObject, exception_type

from .positions import marked

_RED, _CYAN, _RESET = "\x1b[31;1m", "\x1b[36;1m", "\x1b[0m"
_RUNTIME = exception_type("System.Management.Automation.RuntimeException")
_CODE = re.compile(r"\x1b\[[0-9;]*m")


def error_text(record: Any, width: int = 80, *, colored: bool = False) -> str:
    """An error record as text, with its end of line; its message in lines of this width.

    Args:
        colored: with the escape sequences that PowerShell writes also where its error stream is no terminal.
    """
    text = _text(record, width)
    if isinstance(record, ErrorRecord) and record.recommended:
        below = "\n" if _is_placed(record) else ""
        text += f"{below}{_RESET}{_RED}  Recommendation: {record.recommended}\n"
    return _carried(text) if colored else _CODE.sub("", text)


def _carried(text: str) -> str:
    """A text in colours, each line beginning with all the codes before it, as PowerShell's host writes it."""
    before = ""
    lines = []
    for line in text.removesuffix("\n").split("\n"):
        whole = before + line
        lines.append(
            whole if (not before and not _CODE.search(line)) or whole.endswith(_RESET) else whole + _RESET
        )
        before += "".join(_CODE.findall(line))
    return "\n".join(lines) + "\n"


def _text(record: Any, width: int) -> str:
    if not isinstance(record, ErrorRecord):
        return f"{to_text(record)}\n"
    message = record.message if record.summed_up else record.detail or record.message
    hint = getattr(record, "hint", None)
    if hint:
        message = f"{message}\n{hint}"
    if record.error_id == "NativeCommandError":
        return f"{message}\n"
    kind = record.exception.net_type.full_name if record.exception is not None else ""
    if kind.endswith("ParseException"):
        return _located("ParserError: ", record, message.rpartition("\n")[2], width)
    name = _origin(record)
    if _is_placed(record):
        return _located(f"{name}: ", record, message, width)
    return f"{_RED}{name}: {_RED}{message}\n"


def _is_placed(record: ErrorRecord) -> bool:
    return bool(record.line and record.script and not record.unplaced)


def _origin(record: ErrorRecord) -> str:
    if getattr(record, "thrown", False):
        # Only PowerShell's own exceptions know that a throw statement threw them.
        plain = record.exception is None or (
            _RUNTIME is not None and _RUNTIME.accepts(record.exception.net_type)
        )
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
    length = mark.count("~")
    lead = len(mark) - length
    edge = f"{_CYAN}{' ' * margin} | {_RED}"
    lines = [
        f"{_RED}{name}{_RESET}{record.script}:{record.line}" if record.script else f"{_RED}{name}",
        f"{_CYAN}{'Line'.ljust(margin)} |",
        f"{_CYAN}{number.rjust(margin)} | {_RESET} {shown[:lead]}{_CYAN}{shown[lead : lead + length]}{_RESET}"
        f"{shown[lead + length :]}",
        f"{edge} {mark}",
    ]
    pieces = _wrapped(" ".join(message.split("\n")), width - margin - 3)
    lines += [f"{'' if place else _RED}{edge}{piece}" for place, piece in enumerate(pieces)]
    return "\n".join(lines) + "\n"


def _wrapped(text: str, width: int) -> list[str]:
    """A text in lines that are no longer than the width where words allow it."""
    lines = []
    while len(text) > width:
        end = text.rfind(" ", 0, width)
        if end <= 0:
            break
        lines.append(text[:end])
        text = text[end:].strip()
    return [*lines, text]


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
