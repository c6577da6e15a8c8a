"""`%%powershell` in IPython and Jupyter: after `%load_ext psbridge.script`, cells share one session.

Knows the interpreter and IPython's interface for extensions; imports nothing of IPython.
"""

from __future__ import annotations

import argparse
import shlex
from typing import Any

from psbridge.errors import PSBridgeError

from .display import Screen
from .display.errors import error_text
from .host import Host
from .interpreter.caught import locate, record_of
from .interpreter.engine import Options, Runtime
from .interpreter.flow import Flow


class CellError(PSBridgeError):
    """An error that ended a cell: PowerShell's own text, shown without a traceback."""

    def _render_traceback_(self) -> list[str]:
        return self.message.rstrip("\n").splitlines()


class _Arguments(argparse.ArgumentParser):
    def error(self, message: str) -> Any:
        raise CellError(f"%%powershell: {message}. {self.format_usage().strip()}")


class Notebook:
    """The PowerShell session of an IPython shell."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.host = Host()
        self.session = Runtime(self.host, Options())
        parser = _Arguments("%%powershell", add_help=False)
        parser.add_argument("-i", "--input", action="append", default=[], metavar="NAME")
        parser.add_argument("-o", "--output", metavar="NAME")
        self.parser = parser

    def cell(self, line: str, text: str) -> None:
        """Run a cell: what it puts out is shown, or kept in the Python variable that `-o` names.

        Args:
            line: `-i NAME`, as often as wanted, gives a Python variable to the script under its name;
                `-o NAME` takes the output, as a list.
            text: PowerShell. Variables and functions stay for the next cell.

        Raises:
            CellError: an error ended the script, or an option is wrong.
        """
        options = self.parser.parse_args(shlex.split(line))
        for name in options.input:
            if name not in self.shell.user_ns:
                raise CellError(f"%%powershell: there is no Python variable '{name}'.")
            self.session.globals.vars[name.lower()] = self.shell.user_ns[name]
        output: list[Any] = []
        screen = Screen(self.host.write)
        put = output.append if options.output else screen.put
        try:
            code = self.session.run_text(text, put)
        except Flow:
            code = 0
        except (KeyboardInterrupt, SystemExit):
            raise
        except Exception as error:
            record = record_of(error)
            locate(record, error, (0, 1), None)
            raise CellError(error_text(record)) from None
        finally:
            screen.flush()
            self.host.flush()
        if options.output:
            self.shell.user_ns[options.output] = output
        if code:
            raise CellError(f"The script ended with exit code {code}.")


def load_ipython_extension(shell: Any) -> None:
    """What `%load_ext psbridge.script` calls: adds `%%powershell`."""
    notebook: Notebook | None = None

    def powershell(line: str, cell: str) -> None:
        """PowerShell, run here: `%%powershell [-i NAME]... [-o NAME]`."""
        nonlocal notebook
        if notebook is None:
            notebook = Notebook(shell)
        notebook.cell(line, cell)

    shell.register_magic_function(powershell, "cell", "powershell")


__all__ = ["CellError", "Notebook", "load_ipython_extension"]
