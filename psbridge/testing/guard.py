"""Nothing leaves this machine while a test's server is open, and psbridge calls no other server.

Python's audit events see every socket that connects and every name that is looked up, whoever asks. What is
not allowed fails at once, and is remembered: a test fails also when the code under test swallows the error.
"""

from __future__ import annotations

import ipaddress
import sys
import threading
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

CALL = "psbridge.call"  # the client's own event: one argument, the URL that is called


class NetworkRefusedError(ConnectionRefusedError):
    """A connection that a test does not allow."""


class Guard:
    """What one open server allows.

    Args:
        base_url: the server's own base URL.
        allow: further hosts (`host` or `host:port`) and base URLs.

    Attributes:
        violations: one line for each thing that was refused.
    """

    def __init__(self, base_url: str, allow: Iterable[str] = ()) -> None:
        self.violations: list[str] = []
        self._base = base_url.rstrip("/")
        self._urls: list[str] = []
        self._hosts: set[str] = set()
        for entry in allow:
            if "://" in entry:
                self._urls.append(entry.rstrip("/"))
                self._hosts.add((urlsplit(entry).hostname or "").lower())
            else:
                host = (
                    entry.rpartition(":")[0] if entry.rpartition(":")[2].isdigit() and ":" in entry else entry
                )
                self._hosts.add(host.strip("[]").lower())

    def __enter__(self) -> Guard:
        _install()
        with _lock:
            _active.append(self)
        return self

    def __exit__(self, *ignored: object) -> None:
        with _lock:
            _active.remove(self)

    def allows(self, url: str) -> bool:
        """Whether psbridge's client may call this."""
        target = url.partition("?")[0]
        allowed = (self._base, *self._urls)
        if any(target == base or target.startswith(base + "/") for base in allowed):
            return True
        return (urlsplit(url).hostname or "").lower() in self._hosts

    def refuse_url(self, url: str) -> None:
        """A call of psbridge's client that is not allowed.

        Raises:
            ConnectionFailedError: always.
        """
        shown = urlsplit(url)
        called = f"a call to {shown.scheme}://{shown.netloc.rpartition('@')[2]}{shown.path}"
        self.violations.append(called)
        from ..client.errors import ConnectionFailedError

        raise ConnectionFailedError(f"{called} is not allowed in this test: it may call {self._base} only")

    def check_host(self, host: str, what: str) -> None:
        """A socket that connects, or a name that is looked up.

        Raises:
            NetworkRefusedError: the host is not loopback and not allowed.
        """
        if host.strip("[]").lower() in self._hosts or is_loopback(host):
            return
        self.violations.append(f"{what} {host}")
        raise NetworkRefusedError(
            f"{what} {host} is not allowed in this test: it may talk to this machine only"
        )


_lock = threading.Lock()
_active: list[Guard] = []
_installed = False


def _install() -> None:
    """Listen to audit events, once a process: a hook cannot be taken out again."""
    global _installed
    with _lock:
        if not _installed:
            _installed = True
            sys.addaudithook(_heard)


def _heard(event: str, args: tuple[Any, ...]) -> None:
    if not _active or event not in _EVENTS:
        return
    guard = _active[-1]
    if event == CALL:
        # A service that another runspace's test opened is one to call, too.
        if not any(one.allows(str(args[0])) for one in tuple(_active)):
            guard.refuse_url(str(args[0]))
    elif event == "socket.connect":
        address = args[1]
        # A path or bytes is a socket of this machine.
        if isinstance(address, tuple) and address:
            guard.check_host(str(address[0]), "a connection to")
    elif args and isinstance(args[0], (str, bytes)):
        host = args[0].decode("ascii", "replace") if isinstance(args[0], bytes) else args[0]
        # An address in numbers is not looked up anywhere; its connection tells.
        if host and not _is_address(host):
            guard.check_host(host, "looking up")


_EVENTS = frozenset((CALL, "socket.connect", "socket.getaddrinfo", "socket.gethostbyname"))


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Whether a host, by name or address, is this machine."""
    name = host.strip("[]").partition("%")[0].lower().rstrip(".")
    if name in ("localhost", "ip6-localhost") or name.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback or address.is_unspecified
