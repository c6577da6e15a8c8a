"""Dates, waiting, processes, jobs, secrets."""

from __future__ import annotations

import datetime
import os
import re
import subprocess
import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psbridge.binding.dates import ticks_of, timespan_from_ticks
from psbridge.binding.objects import is_dictionary, is_list
from psbridge.binding.text import to_text
from psbridge.binding.values import SecureString
from psbridge.script.interpreter.using import Starter
from psbridge.script.net.dates import now
from psbridge.script.net.place import fault_of, full, may_write
from psbridge.script.net.programs import exit_code, find_program
from psbridge.script.semantics import dateformat
from psbridge.script.semantics.casts import cast_value
from psbridge.script.semantics.errors import NetFault
from psbridge.script.semantics.values import Bag

from .cmdlet import Cmdlet

if TYPE_CHECKING:
    from psbridge.script.interpreter.jobs import Told

_UNIX = {
    "A": "dddd",
    "a": "ddd",
    "B": "MMMM",
    "b": "MMM",
    "c": "ddd dd MMM yyyy HH:mm:ss",
    "D": "MM/dd/yy",
    "d": "dd",
    "F": "yyyy-MM-dd",
    "H": "HH",
    "h": "MMM",
    "I": "hh",
    "M": "mm",
    "m": "MM",
    "p": "tt",
    "R": "HH:mm",
    "r": "hh:mm:ss tt",
    "S": "ss",
    "T": "HH:mm:ss",
    "X": "HH:mm:ss",
    "x": "MM/dd/yy",
    "Y": "yyyy",
    "y": "yy",
    "Z": "zz",
}
_UNIX_NUMBERS: dict[str, Callable[[datetime.datetime], str]] = {
    "C": lambda value: str(value.year // 100),
    "e": lambda value: f"{value.day:2}",
    "G": lambda value: f"{value.isocalendar()[0]:04}",
    "g": lambda value: f"{value.isocalendar()[0] % 100:02}",
    "j": lambda value: f"{value.timetuple().tm_yday:03}",
    "k": lambda value: f"{value.hour:2}",
    "l": lambda value: f"{value.hour % 12 or 12:2}",
    "n": lambda value: "\n",
    "s": lambda value: str(
        (dateformat.ticks(dateformat.to_universal(value)) - dateformat.UNIX_EPOCH) // 10_000_000
    ),
    "t": lambda value: "\t",
    "U": lambda value: str(value.timetuple().tm_yday // 7),
    "u": lambda value: str(value.isoweekday()),
    "V": lambda value: f"{value.isocalendar()[1]:02}",
    "W": lambda value: str(value.timetuple().tm_yday // 7),
    "w": lambda value: str(value.isoweekday() % 7),
}
"""The letters of -UFormat: as the formats of a DateTime, and as numbers."""


class GetDate(Cmdlet):
    """Get-Date."""

    def record(self) -> None:
        if self.has("UnixTimeSeconds"):
            since = self.get("UnixTimeSeconds") * 10_000_000
            value = dateformat.local_zone(dateformat.utc_from_ticks(dateformat.UNIX_EPOCH + since))
        else:
            if self.has("Date") and self.get("Date") is None:
                raise self.fatal(
                    "ParameterBindingException",
                    "Cannot bind parameter 'Date' to the target. Exception setting \"Date\": "
                    '"Cannot convert null to type "System.DateTime"."',
                    "ParameterBindingFailed",
                    "WriteError",
                )
            value = self.get("Date") or now()
        rest = getattr(value, "rest", 0)
        changes: dict[str, int] = {}
        for name in ("Year", "Month", "Day", "Hour", "Minute", "Second"):
            if self.has(name):
                changes[name.lower()] = self.get(name)
        if self.has("Millisecond"):
            changes["microsecond"] = self.get("Millisecond") * 1000
            rest = 0
        if changes:
            try:
                value = dateformat.with_rest(
                    value.replace(**changes),  # type: ignore[arg-type]
                    rest,
                )
            except ValueError:
                raise self.fatal(
                    "ArgumentOutOfRangeException",
                    "Year, Month, and Day parameters describe an un-representable DateTime.",
                    "ArgumentOutOfRange",
                    "InvalidArgument",
                ) from None
        if self.on("AsUTC"):
            value = dateformat.to_universal(value)
        self._give(value)

    def _give(self, value: datetime.datetime) -> None:
        if self.has("UFormat"):
            self.write(_unix_text(value, self.text("UFormat").lstrip("+")))
            return
        spec = self.get("Format")
        if spec is None:
            self.write(value)
            return
        named = {
            "filedate": "yyyyMMdd",
            "filedateuniversal": "yyyyMMddZ",
            "filedatetime": "yyyyMMddTHHmmssffff",
            "filedatetimeuniversal": "yyyyMMddTHHmmssffffZ",
        }
        text = named.get(spec.lower(), spec)
        if spec.lower().endswith("universal"):
            value = dateformat.to_universal(value)
        try:
            self.write(dateformat.format_date(value, text))
        except NetFault as fault:
            raise self.fatal(
                "FormatException", str(fault), "System.FormatException", "NotSpecified"
            ) from None


def _unix_text(value: datetime.datetime, spec: str) -> str:
    """A time by a format of Unix; a letter that means nothing stands for itself."""

    def part(match: re.Match[str]) -> str:
        letter = match[1]
        number = _UNIX_NUMBERS.get(letter)
        if number is not None:
            return number(value)
        return dateformat.format_date(value, _UNIX[letter]) if letter in _UNIX else letter

    return re.sub("%(.)", part, spec, flags=re.DOTALL)


class NewTimeSpan(Cmdlet):
    """New-TimeSpan."""

    def record(self) -> None:
        units = {
            "Days": 864_000_000_000,
            "Hours": 36_000_000_000,
            "Minutes": 600_000_000,
            "Seconds": 10_000_000,
            "Milliseconds": 10_000,
        }
        if any(self.has(name) for name in units):
            self.write(timespan_from_ticks(sum(self.get(name, 0) * unit for name, unit in units.items())))
            return
        if not self.has("Start") and not self.has("End"):
            self.write(datetime.timedelta())
            return
        start, end = self.get("Start") or now(), self.get("End") or now()
        self.write(timespan_from_ticks(dateformat.ticks(end) - dateformat.ticks(start)))


class StartSleep(Cmdlet):
    """Start-Sleep."""

    def record(self) -> None:
        from psbridge.script.display.clock import sleep

        seconds = self.get("Seconds", 0)
        if self.has("Milliseconds"):
            seconds = self.get("Milliseconds") / 1000
        if self.has("Duration"):
            seconds = ticks_of(self.get("Duration")) / 10_000_000
        self.rt.host.keep_up()
        sleep(max(seconds, 0))


class NewGuid(Cmdlet):
    """New-Guid."""

    def record(self) -> None:
        if self.on("Empty"):
            self.write(uuid.UUID(int=0))
        elif self.has("InputObject"):
            from psbridge.binding import nettypes

            self.write(cast_value(self.get("InputObject"), nettypes.GUID))
        else:
            self.write(uuid.uuid4())


class GetProcess(Cmdlet):
    """Get-Process: this process and its own children."""

    def record(self) -> None:
        own = Bag(
            {
                "Id": os.getpid(),
                "ProcessName": "pwsh",
                "Name": "pwsh",
                "WorkingSet64": 100_000_000,
                "CPU": time.process_time(),
            },
            "System.Diagnostics.Process",
        )
        ids, names = self.get("Id"), self.get("Name")
        if ids and os.getpid() not in list(ids):
            for one in ids:
                self.error(
                    "ProcessCommandException",
                    f"Cannot find a process with the process identifier {one}.",
                    "NoProcessFoundForGivenId",
                    "ObjectNotFound",
                    one,
                )
            return
        if names:
            from psbridge.script.semantics.patterns import has_wildcard, wildcard

            for name in map(to_text, names):
                if wildcard(name).fullmatch("pwsh"):
                    self.write(own)
                elif not has_wildcard(name):
                    self.error(
                        "ProcessCommandException",
                        f'Cannot find a process with the name "{name}". Verify the process name '
                        f"and call the cmdlet again.",
                        "NoProcessFoundForGivenName",
                        "ObjectNotFound",
                        name,
                    )
            return
        self.write(own)


class StartProcess(Cmdlet):
    """Start-Process."""

    def record(self) -> None:
        name = self.text("FilePath")
        if not self.rt.options.processes:
            raise self.fatal(
                "InvalidOperationException",
                f"'{name}' is not started: other programs may not run here (--no-process).",
                "PSBridge.NoProcess",
                "PermissionDenied",
            )
        path = find_program(name) or (full(name) if Path(full(name)).is_file() else None)
        if path is None:
            raise self.fatal(
                "InvalidOperationException",
                "This command cannot be run due to the error: An error occurred trying to start process "
                f"'{name}' with working directory '{self.rt.location()}'. No such file or directory.",
                "InvalidOperationException",
                "InvalidOperation",
            )
        arguments = [piece for one in self.get("ArgumentList") or [] for piece in _words(to_text(one))]
        outputs: dict[str, Any] = {}
        with ExitStack() as files:
            for key, parameter in (("stdout", "RedirectStandardOutput"), ("stderr", "RedirectStandardError")):
                if self.has(parameter):
                    outputs[key] = files.enter_context(self._output(full(self.text(parameter))))
            process = subprocess.Popen(
                [path, *arguments], cwd=self.text("WorkingDirectory") or self.rt.location(), **outputs
            )
            if self.on("Wait"):
                process.wait()
        if self.on("PassThru"):
            ended = process.returncode is not None
            self.write(
                Bag(
                    {
                        "Id": process.pid,
                        "ExitCode": exit_code(process.returncode) if ended else None,
                        "HasExited": ended,
                    },
                    "System.Diagnostics.Process",
                )
            )

    def _output(self, path: str) -> Any:
        try:
            return Path(may_write(path)).open("wb")
        except (NetFault, OSError) as error:
            fault = error if isinstance(error, NetFault) else fault_of(error, path)
            raise self.fatal(
                fault.type_name, str(fault), "OutputFileOpenFailure", "OpenError", path
            ) from None


_WORD = re.compile(r'(?:\\"|[^\s"]|"(?:\\"|[^"])*"?)+')
_QUOTED = re.compile(r'\\"|"((?:\\"|[^"])*)"?')


def _words(text: str) -> list[str]:
    """The arguments in a text, as .NET takes them apart: blanks between double quotes do not part them."""

    def plain(match: re.Match[str]) -> str:
        return '"' if match[1] is None else match[1].replace('\\"', '"')

    return [_QUOTED.sub(plain, word) for word in _WORD.findall(text)]


class StopProcess(Cmdlet):
    """Stop-Process: not done here."""

    def record(self) -> None:
        raise self.fatal(
            "NotSupportedException", "Processes are not stopped from here.", "NotSupported", "NotImplemented"
        )


_DEPTH = 100  # of what goes to another process


class Job:
    """A job: it has run by the time it is there."""

    def __init__(self, number: int, name: str, told: Told, *, in_order: bool) -> None:
        self.bag = Bag(
            {
                "Id": number,
                "Name": name or f"Job{number}",
                "PSJobTypeName": "BackgroundJob",
                "State": "Failed" if told.failure else "Completed",
                "HasMoreData": True,
                "Location": "localhost",
                "Command": "",
            },
            "System.Management.Automation.PSRemotingJob",
        )
        self.records = told.records if in_order else told.by_kind()
        self.failure = told.failure


def _copy(value: Any) -> Any:
    """A value as another process has it: what is not one value by itself is a copy."""
    from .serialize import from_clixml, to_clixml

    if not (is_list(value) or is_dictionary(value) or isinstance(value, Bag)):
        return value
    return from_clixml(to_clixml([value], _DEPTH))[0]


class StartJob(Cmdlet):
    """Start-Job and Start-ThreadJob: the block runs at once, to its end."""

    def finish(self) -> None:
        from psbridge.script.interpreter.jobs import run_job

        jobs = self.rt.state.setdefault("jobs", {})
        number = 2 * len(jobs) + 1
        apart = self.name == "Start-Job"  # in a process of its own
        starter = Starter(self.scope, _copy) if apart else Starter(self.scope)
        arguments = [starter.carry(one) for one in self.get("ArgumentList") or []]
        told = run_job(self.rt, self.get("ScriptBlock"), starter, arguments)
        job = Job(number, self.text("Name"), told, in_order=apart)
        jobs[number] = job
        self.write(job.bag)


class JobCmdlet(Cmdlet):
    """Get-Job, Wait-Job, Receive-Job, Remove-Job, Stop-Job."""

    def record(self) -> None:
        from psbridge.script.interpreter.jobs import hand_on

        jobs = self.rt.state.setdefault("jobs", {})
        chosen = list(jobs.values())
        given = self.get("Job")
        if given:
            ids = {one["Id"] for one in (given if is_list(given) else [given])}
            chosen = [job for job in chosen if job.bag["Id"] in ids]
        if self.has("Id"):
            chosen = [job for job in chosen if job.bag["Id"] in list(self.get("Id"))]
        if self.has("Name"):
            names = [to_text(one).lower() for one in self.get("Name")]
            chosen = [job for job in chosen if str(job.bag["Name"]).lower() in names]
        for job in chosen:
            if self.name == "Receive-Job":
                records = job.records
                if not self.on("Keep"):
                    job.records = []
                hand_on(self, records, job.failure)
                if self.on("AutoRemoveJob"):
                    jobs.pop(job.bag["Id"], None)
            elif self.name == "Remove-Job":
                jobs.pop(job.bag["Id"], None)
            elif self.name != "Stop-Job":
                self.write(job.bag)


class Secret(Cmdlet):
    """Get-Secret and Set-Secret: kept for the session."""

    def record(self) -> None:
        store = self.rt.state.setdefault("secrets", {})
        name = self.text("Name")
        if self.name == "Set-Secret":
            store[name.lower()] = self.get("Secret")
            return
        value = store.get(name.lower()) or os.environ.get(name)
        if value is None:
            raise self.fatal(
                "ItemNotFoundException",
                f"The secret {name} was not found.",
                "GetSecretNotFound",
                "ObjectNotFound",
                name,
            )
        if self.on("AsPlainText"):
            self.write(value.reveal() if isinstance(value, SecureString) else to_text(value))
        else:
            self.write(value if isinstance(value, SecureString) else SecureString(to_text(value)))


class TimeZone(Cmdlet):
    """Get-TimeZone."""

    def record(self) -> None:
        from psbridge.script.net.moments import Zone, _zone

        for name in self.get("Id") or self.get("Name") or []:
            self.write(_zone(to_text(name)))
        if not self.has("Id") and not self.has("Name"):
            self.write(Zone(time.tzname[0], None))


class Quiet(Cmdlet):
    """Accepted, and nothing happens."""


CMDLETS: dict[str, Any] = {
    "Get-Date": GetDate,
    "Set-Date": Quiet,
    "New-TimeSpan": NewTimeSpan,
    "Start-Sleep": StartSleep,
    "New-Guid": NewGuid,
    "Get-Process": GetProcess,
    "Stop-Process": StopProcess,
    "Start-Process": StartProcess,
    "Wait-Process": Quiet,
    "Start-Job": StartJob,
    "Start-ThreadJob": StartJob,
    "Get-Job": JobCmdlet,
    "Wait-Job": JobCmdlet,
    "Receive-Job": JobCmdlet,
    "Remove-Job": JobCmdlet,
    "Stop-Job": JobCmdlet,
    "Get-Secret": Secret,
    "Set-Secret": Secret,
    "Get-TimeZone": TimeZone,
}
