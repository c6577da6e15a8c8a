"""The offline server in the foreground: `python -m psbridge.offline`, and the command line's entry to it.

The first line on standard output is the base URL; nothing else is printed. The process ends with exit code 0
on SIGINT, on SIGTERM and, if asked, when standard input ends.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any

from .server import OfflineServer


def serve(
    *, until_stdin_ends: bool = False, announce: Callable[[str], None] | None = None, **options: Any
) -> None:
    """Serve until a signal comes.

    Args:
        until_stdin_ends: end as well when standard input does; for a parent process that may die.
        announce: called once with the base URL when the server listens; default: print it as a line.
        options: `OfflineServer`'s arguments.

    Raises:
        OSError: the address cannot be had.
    """
    asyncio.run(_serve(OfflineServer(**options), until_stdin_ends, announce or _print_line))


def _print_line(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


async def _serve(server: OfflineServer, until_stdin_ends: bool, announce: Callable[[str], None]) -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    before = {}
    for number in (signal.SIGINT, signal.SIGTERM):
        before[number] = signal.signal(number, lambda *_: loop.call_soon_threadsafe(ended.set))
    try:
        async with server:
            if until_stdin_ends:
                threading.Thread(target=_watch_stdin, args=(loop, ended), daemon=True).start()
            announce(server.base_url)
            await ended.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _watch_stdin(loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> None:
    """Read standard input to its end. By descriptor: a thread inside `sys.stdin` would hold up the exit."""
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(ended.set)


def _milliseconds(text: str) -> float:
    value = float(text)
    if not 0 <= value < float("inf"):
        raise ValueError(text)
    return value / 1000


def _port(text: str) -> int:
    value = int(text)
    if not 0 <= value <= 65535:
        raise ValueError(text)
    return value


_port.__name__, _milliseconds.__name__ = "port (0..65535)", "number of milliseconds"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code: 0, or 1 when the address cannot be had."""
    parser = argparse.ArgumentParser(
        prog="python -m psbridge.offline", description="A loopback server, not a model."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=_port, default=0, help="TCP port; 0 takes a free one (the default)")
    parser.add_argument("--delay", type=_milliseconds, default=0.0, help="milliseconds before every reply")
    parser.add_argument(
        "--chunk-delay", type=_milliseconds, default=0.0, help="milliseconds before every event of a stream"
    )
    parser.add_argument(
        "--model", default=None, help="model for requests that name none (default: refuse them)"
    )
    parser.add_argument("--until-stdin-ends", action="store_true", help="end when standard input does")
    given = parser.parse_args(arguments)
    try:
        serve(
            until_stdin_ends=given.until_stdin_ends,
            host=given.host,
            port=given.port,
            delay=given.delay,
            chunk_delay=given.chunk_delay,
            default_model=given.model,
        )
    except OSError as error:
        sys.stderr.write(f"cannot listen on {given.host} port {given.port}: {error.strerror or error}\n")
        return 1
    return 0
