"""`psbridge doctor`: what this machine has, what is missing, and whether psbridge itself works here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

import psbridge

from ..client.errors import ProxyFailedError, StatusError
from ..client.settings.configuration import Configuration, current_configuration
from ..client.settings.secret import mask_text
from ..errors import PSBridgeError
from . import shells
from .demo import offline_configuration
from .screen import Screen
from .shells import Row

_REACH_SECONDS = 5.0
_TOOL_SECONDS = 30.0


def run() -> bool:
    """Print the findings; true when a call to the offline server works.

    What is optional (a key, .NET, PowerShell, the network) is reported and does not count as a failure.
    """
    screen = Screen()
    works = _offline_call()
    rows = [
        _python(),
        ("psbridge", "ok", psbridge.__version__),
        _package("pydantic"),
        _package("httpx"),
        works,
        *_calls(),
        *shells.rows(),
        _dotnet(),
        _package("pythonnet", optional="needed by the .NET interface only"),
    ]
    screen.table(["What", "State", "Detail"], rows)
    return works[1] == "ok"


def _python() -> Row:
    bits = "64-bit" if sys.maxsize > 2**32 else "32-bit"
    return ("Python", "ok", f"{'.'.join(map(str, sys.version_info[:3]))} ({bits}, {sys.platform})")


def _package(name: str, optional: str = "") -> Row:
    try:
        return (name, "ok", version(name))
    except PackageNotFoundError:
        return (name, "not found", optional or "pip install psbridge brings it")


def _offline_call() -> Row:
    """One real call over loopback: the proof that psbridge can work here."""
    try:
        with psbridge.OfflineServer() as server, offline_configuration(server):
            info = psbridge.New_ChatCompletion(Messages="Hello", WithHttpInfo=True)
    except (PSBridgeError, OSError) as error:
        return ("Offline call", "failed", " ".join(str(error).split()))
    return ("Offline call", "ok", f"HTTP {info.StatusCode} in {info.ElapsedSec * 1000:.0f} ms")


def _calls() -> list[Row]:
    """What a call would use now: key, proxy, base URL."""
    try:
        configuration = current_configuration().resolved()
        return [_key(configuration), *_network(configuration)]
    except PSBridgeError as error:
        return [("Configuration", "wrong", error.message)]


def _key(configuration: Configuration) -> Row:
    if configuration.access_token is not None or configuration.api_key:
        return ("Key", "ok", "present (never shown)")
    return ("Key", "not found", "set OPENAI_API_KEY; the offline server needs none")


def _network(configuration: Configuration) -> list[Row]:
    """The proxy in force, and whether any HTTP reply comes back: a refused key is a reply too."""
    from ..client import Client
    from ..client.message.url import Url
    from ..client.wire.route import proxy_for

    url = configuration.base_url or configuration.azure_endpoint or ""
    proxy = proxy_for(configuration, Url.parse(url))
    through = ("Proxy", "ok", mask_text(proxy) if proxy else "none")
    state, said = "ok", "answers"
    try:
        with Client(configuration) as client:
            client.list(limit=1, timeout=_REACH_SECONDS, connect_timeout=_REACH_SECONDS, max_retries=0)
    except StatusError as error:
        said += " (the key was refused)" if error.status == 401 else f" (HTTP {error.status})"
    except ProxyFailedError as error:
        through = ("Proxy", "not reachable", error.message)
        state, said = "not reachable", "not asked, for want of the proxy"
    except PSBridgeError as error:
        state, said = "not reachable", error.message
    return [through, ("Base URL", state, f"{mask_text(url)}: {said}")]


def _dotnet() -> Row:
    root = os.environ.get("DOTNET_ROOT")
    found = (shutil.which("dotnet", path=root) if root else None) or shutil.which("dotnet")
    if found is None:
        return (".NET", "not found", "no dotnet on the path, DOTNET_ROOT is not set")
    name, state, detail = _tool(".NET", [found, "--list-runtimes"], last_line=True)
    return (name, state, detail.partition(" [")[0])


def _tool(name: str, command: Sequence[str], *, last_line: bool = False) -> Row:
    """A program's version, as it says itself."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TOOL_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return (name, "wrong", f"{command[0]} does not run: {type(error).__name__}")
    lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
    if done.returncode != 0 or not lines:
        return (name, "wrong", f"{command[0]} ended with {done.returncode}")
    return (name, "ok", f"{lines[-1 if last_line else 0]} ({command[0]})")
