"""The addresses of a host: looked up in a thread that can be left behind, in the order in which to try them.

A system's resolver cannot be interrupted and may take longer than any limit of ours. Knows nothing of
calls.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from itertools import zip_longest
from typing import Any, NamedTuple

STAGGER = 0.25  # seconds after which the next address is tried beside the last (RFC 8305, section 5)


class Address(NamedTuple):
    """What a socket is made of and connected to."""

    family: int
    kind: int
    protocol: int
    place: Any


def numeric(host: str, port: int) -> list[Address] | None:
    """The address that `host` is already, which needs no look-up; None for a name."""
    try:
        return _in_order(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST))
    except (OSError, UnicodeError):
        return None


def look_up(host: str, port: int, deliver: Callable[[list[Address] | Exception], None]) -> None:
    """Ask the system's resolver in a daemon thread, which calls `deliver` with what it says."""

    def ask() -> None:
        answer: list[Address] | Exception
        try:
            answer = _in_order(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            answer = error
        deliver(answer)

    threading.Thread(target=ask, name="psbridge-look-up", daemon=True).start()


def _in_order(answers: list[Any]) -> list[Address]:
    """Each address once; families take turns, the resolver's first first (RFC 8305, section 4)."""
    addresses = list(dict.fromkeys(Address(info[0], info[1], info[2], info[4]) for info in answers))
    if not addresses:
        return []
    first = [address for address in addresses if address.family == addresses[0].family]
    others = [address for address in addresses if address.family != addresses[0].family]
    return [one for pair in zip_longest(first, others) for one in pair if one is not None]
