"""`psbridge demo`: the page's example on the offline server, each step shown as it happens."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import psbridge
from psbridge import OfflineServer
from psbridge.models import CreateChatCompletionRequest

from . import page
from .screen import Screen


def run() -> None:
    """Build, send and receive; print each of them, and the reply last.

    Raises:
        PSBridgeError: a step failed.
    """
    screen = Screen()
    screen.line(f"psbridge {psbridge.__version__}: the example of the PowerShell ChatApi page, in Python")
    with OfflineServer() as server, offline_configuration(server):
        screen.line(f"Offline server at {server.base_url}: real HTTP, no key, no network, no model")
        screen.heading("Built")
        reply = page.run(_Shown(screen, server))
        screen.heading("Reply")
        for call in reply.choices[0].message.tool_calls or ():
            screen.line(f"The page insists on a tool, so the reply calls it: {call.function.name}")
        screen.line('The same in words, by New-ChatCompletion -Messages "Hello from psbridge":')
        answer = psbridge.New_ChatCompletion(Messages="Hello from psbridge")
        screen.line(str(answer.choices[0].message.content), "bold green")


def offline_configuration(server: OfflineServer) -> Any:
    """A context in which cmdlets call `server`, whatever the environment says."""
    return psbridge.use_configuration(
        psbridge.Configuration(base_url=server.base_url, access_token="offline", proxy="")
    )


class _Shown:
    """The cmdlets, each call shown: what was called, what psbridge warned of, what came out."""

    def __init__(self, screen: Screen, server: OfflineServer) -> None:
        self._screen = screen
        self._server = server
        self._calls = 0

    def __getattr__(self, name: str) -> Callable[..., Any]:
        cmdlet = getattr(psbridge, name)
        whole_call = cmdlet.entry.name == "New-ChatCompletion"

        def call(**parameters: Any) -> Any:
            if whole_call:
                self._screen.heading("Sent")
            self._calls += 1
            given = "".join(f" -{parameter}" for parameter in parameters)
            self._screen.line(f"{self._calls:>3}  {cmdlet.entry.name}{given}", "bold")
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always", psbridge.PSBridgeWarning)
                result = cmdlet(**parameters, WithHttpInfo=True) if whole_call else cmdlet(**parameters)
            for warning in caught:
                self._screen.line(f"     WARNING: {warning.message}", "yellow")
            if whole_call:
                self._exchanged(result)
                return result.Response
            self._screen.line(f"     {_in_short(result)}", "dim")
            return result

        return call

    def _exchanged(self, info: Any) -> None:
        sent = self._server.requests[-1]
        self._screen.line(f"     {sent.method} {sent.path} with {len(sent.body):,} bytes of JSON")
        self._screen.json(sent.json)
        self._screen.heading("Received")
        self._screen.line(
            f"HTTP {info.StatusCode}, request id {info.RequestId}, {info.ElapsedSec * 1000:.0f} ms"
        )
        self._screen.json(info.Response.model_dump_json())


def _in_short(result: Any) -> str:
    if result is psbridge.UNSET:
        return "(given nothing: its parameter stays open)"
    if isinstance(result, CreateChatCompletionRequest):
        return "(the request; below as it is sent)"
    dump = getattr(result, "model_dump_json", None)
    return str(dump() if dump else result)
