"""What a ported script puts out, as `pwsh -File` shows it: one table goes on from one call to the next.

A table's rows wait for each other, since its columns are as wide as they need. Until they are written,
standard output is a stand-in, which writes them before anything else that is printed.
"""

from __future__ import annotations

import atexit
import sys
from dataclasses import is_dataclass
from typing import Any, NoReturn

from .members import enumerate_value

_PLAIN = (str, int, float, dict, list)
_VIEWS = frozenset(
    "convertto-json convertto-csv export-csv export-clixml format-table format-list format-wide get-member "
    "out-string out-host out-file".split()
)


def put(value: Any) -> None:
    """Show a value: each element of a list, after what was shown before."""
    stream = sys.stdout
    waiting = isinstance(stream, _Waiting)
    if type(value) is str and not waiting:
        stream.write(f"{value}\n")
        return
    known = stream if isinstance(stream, _Waiting) else _waiting_of(stream)
    known.settle()
    for item in enumerate_value(value):
        known.screen.put(viewed(item))
    if known.screen.held:
        sys.stdout = known
    elif waiting:
        known.release()


def viewed(item: Any) -> Any:
    """An object as the PowerShell module gives it: what views and listings read."""
    if isinstance(item, _PLAIN) or not (hasattr(item, "model_dump") or is_dataclass(item)):
        return item
    from psbridge.script.commands.own import shown

    return shown(item)


def is_view(command: Any) -> bool:
    """Whether a command reads objects member by member, and should see them as `viewed` gives them."""
    return isinstance(command, str) and command.lower() in _VIEWS


class _Waiting:
    """Standard output while rows wait for the next one."""

    def __init__(self, stream: Any, screen: Any) -> None:
        self.stream = stream
        self.screen = screen
        # What `print` wrote last: whether it is the host's is known when it is flushed, or when more comes.
        self.pending = ""

    def release(self) -> None:
        """Write the rows, and what came after them; from then on standard output is what it was."""
        self.settle()
        if sys.stdout is self:
            sys.stdout = self.stream
        self.screen.draw()

    def settle(self) -> None:
        """What was printed is output: it comes after the rows before it."""
        text, self.pending = self.pending, ""
        if text:
            self.screen.put(text.removesuffix("\n"))

    def write(self, text: str) -> int:
        """What `print` writes, which comes after the rows that wait."""
        if self.pending.endswith("\n"):
            self.settle()
        self.pending += text
        return len(text)

    def flush(self) -> None:
        """What was printed is the host's if the script asks, as with `flush=True`: it waits for no row."""
        try:
            asking = str(sys._getframe(1).f_globals.get("__name__"))
        except ValueError:  # Python itself, at the end of the script
            return
        if asking.startswith("psbridge."):
            self.release()
        else:
            self.at_once(self.pending)
            self.pending = ""
        self.stream.flush()

    def at_once(self, text: str) -> None:
        """A text for the host."""
        self.stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


def drop() -> None:
    """Forget the rows that wait, and what came after them, as PowerShell does where a script is left."""
    stream = sys.stdout
    if isinstance(stream, _Waiting):
        stream.pending = ""
        sys.stdout = stream.stream
    if _Streams.last is not None:
        _Streams.last.screen.flush(left=True)


def leave(code: int = 0) -> NoReturn:
    """End a script as `exit` does: rows of a table that still wait for others are not shown."""
    drop()
    sys.exit(code)


class _Streams:
    last: _Waiting | None = None  # kept: print() holds no reference of its own to the stream it writes to


def _waiting_of(stream: Any) -> _Waiting:
    """The stand-in of a stream: tables end when another one is written to."""
    from psbridge.script.display import Screen
    from psbridge.script.host import Host

    known = _Streams.last
    if known is None or known.stream is not stream:
        if known is None:
            atexit.register(_end)
        else:
            known.screen.flush()
        _Streams.last = known = _Waiting(stream, Screen(stream.write, Host().width - 1))
    return known


def _end() -> None:
    """Show what still waits, and end its table."""
    if isinstance(sys.stdout, _Waiting):
        sys.stdout.release()
    known = _Streams.last
    if known is not None and not getattr(known.stream, "closed", False):
        known.screen.flush()
