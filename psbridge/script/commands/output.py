"""Cmdlets that write: to the pipeline, the host, the other streams, files."""

from __future__ import annotations

import copy
import datetime
import getpass
import os
import platform
from pathlib import Path
from typing import Any

from psbridge.binding.objects import is_dictionary, is_list
from psbridge.binding.text import net_text, to_text
from psbridge.binding.values import Literal, SecureString
from psbridge.script.interpreter.automatic import VERSION
from psbridge.script.interpreter.caught import place_at_call
from psbridge.script.interpreter.messages import HostMessage, MessageRecord
from psbridge.script.interpreter.output import emit
from psbridge.script.net.paths import name_of
from psbridge.script.net.place import full, may_write
from psbridge.script.semantics import members
from psbridge.script.semantics.errors import ErrorRecord, ExceptionObject, ScriptError
from psbridge.script.semantics.text import NEWLINE, composite
from psbridge.script.semantics.types import net_enum

from .calculated import calculated, value_of
from .cmdlet import Cmdlet
from .formatting import FormatCustom, FormatList, FormatTable, FormatWide


class WriteOutput(Cmdlet):
    """Write-Output."""

    def record(self) -> None:
        value = self.get("InputObject")
        if self.on("NoEnumerate"):
            self.write(value)
        elif self.direct and self.has_input:
            emit(self.sink, value)
        elif is_list(value):
            for item in value:
                self.write(item.value if type(item) is Literal else item)
        else:
            emit(self.sink, value)


class WriteHost(Cmdlet):
    """Write-Host."""

    def start(self) -> None:
        given = self.binder.values.get("Object") if self.binder is not None else None
        if isinstance(given, Literal):  # a number is shown as it was spelt
            self.bound["Object"] = given.text

    def record(self) -> None:
        value = self.get("Object")
        separator = to_text(self.get("Separator", " "))
        text = host_text(value, separator)
        newline = not self.on("NoNewline")
        message = HostMessage(text, newline, self._color("ForegroundColor"), self._color("BackgroundColor"))
        record = MessageRecord(6, message, host=True, newline=newline)
        record.tags.append("PSHOST")
        action = self.actions.get(6)
        self.rt.hear(6, record, self.listeners)
        if action in ("SilentlyContinue", "Ignore"):
            return
        self.rt.sinks[6](record)

    def _color(self, name: str) -> Any:
        if not self.has(name):
            return None
        from psbridge.script.semantics.casts import cast
        from psbridge.script.semantics.types import resolve

        color = resolve("System.ConsoleColor")
        return self.get(name) if color is None else cast(self.get(name), color)


def host_text(value: Any, separator: str) -> str:
    """What Write-Host makes of an object."""
    if value is None:
        return ""
    if isinstance(value, str):
        return str(value)
    if is_list(value):
        return separator.join(host_text(item, separator) for item in value)
    if is_dictionary(value):
        return separator.join(entry_text(key, item) for key, item in value.items())
    items = members.enumerate_value(value)
    if not isinstance(items, tuple):
        return separator.join(host_text(item, separator) for item in items)
    return to_text(value)


def entry_text(key: Any, value: Any) -> str:
    """A dictionary's entry on the host."""
    return f"[{to_text(key)}, {net_text(value) if is_list(value) else to_text(value)}]"


class WriteError(Cmdlet):
    """Write-Error."""

    def record(self) -> None:
        given = self.get("ErrorRecord")
        if isinstance(given, ErrorRecord):
            again = copy.copy(given)
            again.line = 0
            self._written(again)
            return
        exception = self.get("Exception")
        message = self.get("Message")
        if exception is None:
            exception = ExceptionObject(
                "Microsoft.PowerShell.Commands.WriteErrorException", self.text("Message")
            )
        default_id = exception.net_type.full_name
        error_id = self.text("ErrorId") or default_id
        writer = self._writer()
        if writer:
            error_id = f"{error_id},{writer}"
        category = self.get("Category")
        name = getattr(category, "name", None) or (
            to_text(category) if category is not None else "NotSpecified"
        )
        record = ErrorRecord(
            exception,
            error_id,
            _category(name),
            self.get("TargetObject"),
            activity=self.text("CategoryActivity") or "Write-Error",
        )
        record.reason = self.text("CategoryReason") or None
        if message is not None and self.has("Exception"):
            record.details = to_text(message)
        if self.has("RecommendedAction"):
            record.recommended = self.text("RecommendedAction")
        self._written(record)

    def _written(self, record: ErrorRecord) -> None:
        """Report it as the function's that writes it, at the place where that was called."""
        scope = self.scope
        while scope is not None and (scope.call is None or scope.call.where is None):
            scope = scope.parent
        record.command = self.info
        record.where = None
        if scope is None:
            record.unplaced = True
        else:
            if scope.call.info is not None:
                record.command = scope.call.info
            record.where = scope.call.where
            place_at_call(record, scope.call)
        self.report(record)

    def _writer(self) -> str:
        """The function or script that writes the error, whose name its id ends with."""
        scope = self.scope
        while scope is not None:
            if scope.call is not None and scope.call.name:
                return str(scope.call.name)
            scope = scope.parent
        return name_of(self.rt.script_file or "")


def _category(name: str) -> str:
    known = net_enum("System.Management.Automation.ErrorCategory").__members__
    return next((one for one in known if one.lower() == name.lower()), "NotSpecified")


class _Message(Cmdlet):
    stream = 3

    def record(self) -> None:
        self.rt.message(
            self.scope, self.stream, self.text("Message"), self.actions.get(self.stream), self.listeners
        )


class WriteWarning(_Message):
    """Write-Warning."""

    def record(self) -> None:
        try:
            super().record()
        except ScriptError as error:
            if error.record.error_id == "ActionPreferenceStop":
                error.record.error_id += f",{self.info.class_name}"
            raise


class WriteVerbose(_Message):
    """Write-Verbose."""

    stream = 4


class WriteDebug(_Message):
    """Write-Debug."""

    stream = 5


class WriteInformation(Cmdlet):
    """Write-Information."""

    def record(self) -> None:
        record = MessageRecord(6, self.get("MessageData"))
        record.tags += [to_text(tag) for tag in self.get("Tags") or []]
        self.rt.message(self.scope, 6, record, self.actions.get(6), self.listeners)


class WriteProgress(Cmdlet):
    """Write-Progress: nothing is shown."""


class OutDefault(Cmdlet):
    """Out-Default and Out-Host."""

    leaves_what_came = True

    def start(self) -> None:
        self.items: list[Any] = []

    def record(self) -> None:
        if self.has_input or self.has("InputObject"):
            self.items.append(self.get("InputObject"))

    def finish(self) -> None:
        from psbridge.script.display import lines_of

        for line in lines_of(self.items, self.rt):
            self.rt.host.line(line)


class OutString(Cmdlet):
    """Out-String."""

    def start(self) -> None:
        self.items: list[Any] = []

    def record(self) -> None:
        if self.has_input or self.has("InputObject"):
            self.items.append(self.get("InputObject"))

    def finish(self) -> None:
        from psbridge.script.display import lines_of

        lines = lines_of(self.items, self.rt, self.get("Width"))
        if self.on("Stream"):
            self.write_all(lines)
        elif self.on("NoNewline"):
            self.write("".join(lines))
        else:
            self.write("".join(f"{line}{NEWLINE}" for line in lines))


class OutFile(Cmdlet):
    """Out-File."""

    leaves_what_came = True

    def start(self) -> None:
        self.items: list[Any] = []

    def record(self) -> None:
        if self.has_input or self.has("InputObject"):
            self.items.append(self.get("InputObject"))

    def finish(self) -> None:
        from psbridge.script.display import lines_of
        from psbridge.script.interpreter.outfile import write_lines
        from psbridge.script.net.encoding import named

        path = self.text("FilePath") or self.text("LiteralPath")
        if not self.confirms(full(path), "Output to File"):
            return
        if self.on("NoClobber") and Path(full(path)).exists():
            raise self.fatal(
                "IOException",
                f"The file '{full(path)}' already exists.",
                "NoClobber",
                "ResourceExists",
                full(path),
            )
        encoding = named(self.get("Encoding")) if self.has("Encoding") else None
        lines = lines_of(self.items, self.rt, self.get("Width"))
        write_lines(
            self.rt,
            path,
            lines,
            append=self.on("Append"),
            encoding=encoding,
            newline=not self.on("NoNewline"),
        )


class JoinString(Cmdlet):
    """Join-String."""

    def start(self) -> None:
        self.texts: list[str] = []
        self.column = calculated(self.get("Property"), self) if self.has("Property") else None

    def record(self) -> None:
        for item in self.get("InputObject") or []:
            value = value_of(item, self.column, self) if self.column is not None else item
            if value is None:
                continue
            text = to_text(value)
            if self.on("SingleQuote"):
                text = f"'{text}'"
            elif self.on("DoubleQuote"):
                text = f'"{text}"'
            elif self.has("FormatString"):
                text = composite(self.text("FormatString"), [value])
            self.texts.append(text)

    def finish(self) -> None:
        separator = self.get("Separator")
        if separator is None:
            found = self.scope.find("ofs")
            separator = to_text(found.vars["ofs"]) if found else ("," if self.on("UseCulture") else "")
        self.write(
            self.text("OutputPrefix") + to_text(separator).join(self.texts) + self.text("OutputSuffix")
        )


class Transcript(Cmdlet):
    """Start-Transcript and Stop-Transcript: what the console shows is written to a file as well."""

    def record(self) -> None:
        host = self.rt.host
        if self.name == "Start-Transcript":
            name = self.text("Path") or self.text("LiteralPath") or _transcript_name()
            path = Path(may_write(full(name)))
            opening = "**********************\nPowerShell transcript start\n"
            opening += f"Start time: {datetime.datetime.now():%Y%m%d%H%M%S}\n"
            if not self.on("UseMinimalHeader"):
                opening += f"Username: {getpass.getuser()}\nMachine: {platform.node()}\n"
                opening += f"Process ID: {os.getpid()}\nPSVersion: {VERSION}\n"
            with path.open("a" if self.on("Append") else "w", encoding="utf-8") as file:
                file.write(f"{opening}**********************\n")
            host.transcripts.append(path)
            self.write(f"Transcript started, output file is {name}")
            return
        if not host.transcripts:
            message = (
                "An error occurred stopping transcription: The console host is not currently transcribing."
            )
            raise self.fatal("PSInvalidOperationException", message, "InvalidOperation", "InvalidOperation")
        path = host.transcripts.pop()
        closing = "**********************\nPowerShell transcript end\n"
        closing += f"End time: {datetime.datetime.now():%Y%m%d%H%M%S}\n**********************\n"
        with path.open("a", encoding="utf-8") as file:
            file.write(closing)
        self.write(f"Transcript stopped, output file is {path}")


def _transcript_name() -> str:
    stamp = f"{datetime.datetime.now():%Y%m%d%H%M%S}"
    return str(Path.home() / f"PowerShell_transcript.{platform.node()}.{os.getpid()}.{stamp}.txt")


class ReadHost(Cmdlet):
    """Read-Host: a line of standard input."""

    def record(self) -> None:
        prompt = self.get("Prompt")
        if prompt is not None:
            self.rt.host.write(f"{host_text(prompt, ' ')}: ")
        line = self.rt.host.read_line()
        self.write(SecureString(line) if self.on("AsSecureString") else line)


class Pause(Cmdlet):
    """Pause: waits for a line of standard input."""

    def record(self) -> None:
        self.rt.host.write("Press Enter to continue...: ")
        self.rt.host.read_line()


class ClearHost(Cmdlet):
    """Clear-Host."""


CMDLETS: dict[str, Any] = {
    "Pause": Pause,
    "Write-Output": WriteOutput,
    "Write-Host": WriteHost,
    "Write-Error": WriteError,
    "Write-Warning": WriteWarning,
    "Write-Verbose": WriteVerbose,
    "Write-Debug": WriteDebug,
    "Write-Information": WriteInformation,
    "Write-Progress": WriteProgress,
    "Out-Default": OutDefault,
    "Out-Host": OutDefault,
    "Out-String": OutString,
    "Out-File": OutFile,
    "Join-String": JoinString,
    "Format-Table": FormatTable,
    "Format-List": FormatList,
    "Format-Wide": FormatWide,
    "Format-Custom": FormatCustom,
    "Start-Transcript": Transcript,
    "Stop-Transcript": Transcript,
    "Read-Host": ReadHost,
    "Clear-Host": ClearHost,
}
