"""Where a session's text goes and comes from: standard streams, or strings."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Any

from psbridge.binding.text import to_text


class Host:
    """The console as `pwsh -File` has it: messages to standard output, errors to standard error."""

    def __init__(self) -> None:
        self.at_line_start = True
        self.runtime: Any = None
        self.transcripts: list[Path] = []
        self.screen: Any = None

    @property
    def width(self) -> int:
        """How many characters a line has: the terminal's, or 80 where there is none, as with PowerShell."""
        if sys.stdout is not None and sys.stdout.isatty():
            return shutil.get_terminal_size((80, 24)).columns
        return 80

    def write(self, text: str) -> None:
        """Text to standard output."""
        if text:
            getattr(sys.stdout, "at_once", sys.stdout.write)(text)  # the host waits for no table
            self.transcribe(text)
            self.at_line_start = text.endswith("\n")

    def write_error(self, text: str) -> None:
        """Text to standard error."""
        sys.stdout.flush()
        sys.stderr.write(text)
        sys.stderr.flush()
        self.transcribe(text)

    def transcribe(self, text: str) -> None:
        """Write what is shown to the transcripts as well."""
        for path in self.transcripts:
            with path.open("a", encoding="utf-8") as file:
                file.write(text)

    def flush(self) -> None:
        """Write out what is buffered."""
        sys.stdout.flush()

    def keep_up(self) -> None:
        """Write out what is buffered; rows that wait for others go on waiting."""
        getattr(sys.stdout, "stream", sys.stdout).flush()

    def line(self, text: str) -> None:
        """A line to standard output."""
        self.write(f"{text}\n")

    def read_line(self) -> str:
        """A line of standard input, without its end; empty at the end."""
        return sys.stdin.readline().rstrip("\n").removesuffix("\r")

    def error_record(self, record: Any) -> None:
        """An error record on the error stream."""
        if self.screen is not None:
            self.screen.hurry()
        from psbridge.script.display.errors import error_text

        self.write_error(error_text(record, colored=self._is_colored()))

    def _is_colored(self) -> bool:
        """Whether errors come in colours: as PowerShell has it, also where they do not go to a terminal."""
        if self.runtime is None or "NO_COLOR" in os.environ:
            return False
        style = self.runtime.globals.vars.get("psstyle")
        return style is None or to_text(style["OutputRendering"]) != "PlainText"

    def warning(self, record: Any) -> None:
        """A warning."""
        self.line(f"WARNING: {record}")

    def verbose(self, record: Any) -> None:
        """A verbose message."""
        self.line(f"VERBOSE: {record}")

    def debug(self, record: Any) -> None:
        """A debug message."""
        self.line(f"DEBUG: {record}")

    def information(self, record: Any) -> None:
        """An information record: what Write-Host writes."""
        newline = getattr(record, "newline", True)
        self.write(to_text(record) + ("\n" if newline else ""))


class StringHost(Host):
    """Keeps what would be shown: `out` and `err`."""

    def __init__(self, stdin: str = "") -> None:
        super().__init__()
        self.parts: list[str] = []
        self.errors: list[str] = []
        self.input = stdin.splitlines()

    @property
    def width(self) -> int:
        """As PowerShell's own host without a console has it."""
        return 120

    def write(self, text: str) -> None:
        """Keep what goes to standard output."""
        self.parts.append(text)
        self.transcribe(text)

    def write_error(self, text: str) -> None:
        """Keep what goes to standard error."""
        self.errors.append(text)

    def flush(self) -> None:
        """Do nothing: it is kept already."""

    def keep_up(self) -> None:
        """Do nothing: it is kept already."""

    def read_line(self) -> str:
        """The next line of input, empty at the end."""
        return self.input.pop(0) if self.input else ""

    @property
    def out(self) -> str:
        """What went to standard output."""
        return "".join(self.parts)

    @property
    def err(self) -> str:
        """What went to standard error."""
        return "".join(self.errors)
