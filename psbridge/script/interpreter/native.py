"""Other programs: `git`, `curl`, with their exit code in `$LASTEXITCODE`."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from psbridge.binding.arguments import MISSING, Argument
from psbridge.binding.objects import is_list
from psbridge.binding.text import to_text
from psbridge.binding.values import Literal
from psbridge.script.net.programs import exit_code, text_of
from psbridge.script.semantics.errors import ErrorRecord, ExceptionObject, runtime_error
from psbridge.script.semantics.text import NEWLINE

from .support import Splat

_HOMES = ("~/", "~\\") if os.name == "nt" else ("~/",)


def native_arguments(arguments: list[Any]) -> list[str]:
    """A command's arguments as a program gets them."""
    listed: list[str] = []
    for argument in arguments:
        if isinstance(argument, Splat):
            value = argument.value
            listed += native_arguments(list(value) if is_list(value) else [value])
        elif isinstance(argument, Argument):
            text = argument.text
            if argument.value is MISSING:
                listed.append(text)
            else:
                listed.append(f"{text}{to_text(argument.value)}")
        elif is_list(argument):
            listed += [to_text(item) for item in argument]
        elif argument is not None:
            text = argument.text if isinstance(argument, Literal) else to_text(argument)
            if text == "~" or text.startswith(_HOMES):
                text = str(Path(text).expanduser())
            listed.append(text)
    return listed


class NativeStage:
    """A program in a pipeline."""

    code = None

    def __init__(self, rt: Any, info: Any, S: Any, arguments: list[Any], sink: Any, has_input: bool) -> None:
        if not rt.options.processes:
            raise runtime_error(
                f"'{info.name}' is not started: other programs may not run here (--no-process).",
                "PSBridge.NoProcess",
                category="PermissionDenied",
            )
        self.rt = rt
        self.info = info
        self.name = info.name
        self.scope = S
        self.arguments = native_arguments(arguments)
        self.sink = sink
        self.has_input = has_input
        self.lines: list[str] = []
        self.failed = False

    def begin(self) -> None:
        pass

    def process(self, item: Any) -> None:
        self.lines.append(f"{to_text(item)}{NEWLINE}")

    def process_once(self) -> None:
        pass

    def end(self) -> None:
        command = [self.info.path, *self.arguments]
        redirected = self.rt.sinks[2] != self.rt.host.error_record
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE if self.has_input else None,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE if redirected else None,
                cwd=self.rt.location(),
            )
        except OSError as error:
            raise runtime_error(
                f"Program '{self.name}' failed to run: {error.strerror}.",
                "NativeCommandFailed",
                category="ResourceUnavailable",
                kind="ApplicationFailedException",
            ) from None
        self.rt.host.flush()
        self._talk(process, redirected)

    def _talk(self, process: subprocess.Popen[bytes], redirected: bool) -> None:
        errors: list[bytes] = []
        threads = []
        if self.has_input and process.stdin is not None:
            stdin = process.stdin

            def feed() -> None:
                try:
                    stdin.write("".join(self.lines).encode())
                    stdin.close()
                except OSError:
                    pass

            threads.append(threading.Thread(target=feed, daemon=True))
        if redirected and process.stderr is not None:
            stderr = process.stderr
            threads.append(threading.Thread(target=lambda: errors.extend(stderr), daemon=True))
        for thread in threads:
            thread.start()
        assert process.stdout is not None
        try:
            for line in process.stdout:
                self.sink(text_of(line).rstrip("\n").removesuffix("\r"))
        finally:
            process.stdout.close()
            code = process.wait()
            for thread in threads:
                thread.join()
            if process.stderr is not None:
                process.stderr.close()
        for line in errors:
            text = text_of(line).rstrip("\n").removesuffix("\r")
            record = ErrorRecord(
                ExceptionObject("RuntimeException", text),
                "NativeCommandError",
                "NotSpecified",
                text,
            )
            self.rt.sinks[2](record)
        code = exit_code(code)
        self.rt.globals.vars["lastexitcode"] = code
        self.failed = code != 0
        sys.stdout.flush()
