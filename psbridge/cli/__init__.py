"""The `psbridge` command. `main` starts it; `app` declares the commands, one module beside it does each.

Everything is imported when it is needed, so that the command starts fast. Exit codes: 0 it worked, 1 the call
failed, 2 wrong usage, 130 interrupted. A failure is one sentence on standard error, never a traceback.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import NoReturn

from ..errors import PSBridgeError

FAILED, WRONG_USAGE, INTERRUPTED = 1, 2, 130


class WrongUsageError(PSBridgeError):
    """The command line asks for what cannot be; exit code 2."""


def main() -> NoReturn:
    """Run the command line and end the process with its exit code."""
    code = _run()
    if sys.argv[1:2] == ["run"]:
        _leave(code)
    sys.exit(code)


def _leave(code: int) -> None:
    """End a process that has loaded and held much, and has nothing open, without taking all of it apart.

    Returns where a thread is left that is to be waited for.
    """
    import atexit
    import threading

    # As the interpreter does it: pools' threads end, then all others, then who asked to be told is told.
    if "concurrent.futures.thread" in sys.modules:
        sys.modules["concurrent.futures.thread"]._python_exit()
    if not all(one.daemon or one is threading.main_thread() for one in threading.enumerate()):
        return
    atexit._run_exitfuncs()
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def _run() -> int:
    from .streams import NoOutputError, ReaderLeft, finish, forget_output, set_up

    set_up()
    try:
        code = _command()
        finish()
    except (ReaderLeft, BrokenPipeError):
        # Whoever read the output has read enough; nothing more may be written on the way out.
        forget_output()
        return 0
    except NoOutputError as error:
        forget_output()
        complain(error)
        return FAILED
    return code


def _command() -> int:
    """Run the command; its exit code."""
    from .streams import NoOutputError

    try:
        if sys.argv[1:2] == ["run-script"] and not {"-h", "--help"} & set(sys.argv[2:3]):
            # A script starts at once: what the other commands need is not loaded.
            from .run_script import start

            return start(sys.argv[2:])
        from .app import app, run_rows

        if sys.argv[1:2] == ["run"]:
            from .quick import do

            if (code := do(run_rows, sys.argv[2:])) is not None:
                return code
        app()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0 if end.code is None else FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except (NoOutputError, BrokenPipeError):
        raise
    except PSBridgeError as error:
        complain(error)
        return WRONG_USAGE if isinstance(error, WrongUsageError) else FAILED
    except Exception as error:
        if os.environ.get("PSBRIDGE_TRACEBACK"):
            raise
        sentence = " ".join(str(error).split()) or "no more is known"
        say(f"psbridge: unexpected {type(error).__name__}: {sentence} (PSBRIDGE_TRACEBACK=1 shows where)")
        return FAILED
    return 0


def complain(error: PSBridgeError) -> None:
    """Write an error's sentence, and its notes if it has any, to standard error; a call's in one line."""
    from ..client.errors import ClientError

    lines = [f"psbridge: {error.message}", *_notes(error)]
    if isinstance(error, ClientError):
        lines = [" ".join(lines)]
    for line in lines:
        say(" ".join(line.split()))


def say(line: str) -> None:
    """One line on standard error; on a terminal without what could steer it, as a server's words may."""
    from .screen import harmless

    with suppress(OSError):  # nobody reads it
        sys.stderr.write((harmless(line) if sys.stderr.isatty() else line) + "\n")
        sys.stderr.flush()


def _notes(error: PSBridgeError) -> list[str]:
    notes: list[str] = getattr(error, "__notes__", [])
    return notes
