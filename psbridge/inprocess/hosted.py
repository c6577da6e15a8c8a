"""The worker as a thread of its host, and the builders' way without pipe and JSON text."""

from __future__ import annotations

import os
import sys
import threading
from typing import Any

from ..bridge import listener, settings, worker
from ..bridge.values import listed
from ..client import Configuration, set_configuration
from ..cmdlets.functions import cmdlet
from ..dotnet import edge, load
from ..dotnet.answers import connection_with
from ..dotnet.read import read
from ..models.base import Model


def serve(shared: Any, guest: bool = True) -> None:
    """Start a worker for the host.

    Args:
        guest: Python was loaded into PowerShell's process, and takes its environment and a new configuration;
            else this Python hosts PowerShell, and goes on as it is.
        shared: a .NET table. It gets `Input` and `Output`, system handles that belong to the host from then
            on: what it writes to the first the worker reads, what the worker answers comes out of the second.
            `Builder` is a Func[string, object, object] that takes a builder's name and its bound
            parameters, all of them texts, and tells what it made of them: see `_build`. It gives null for a
            call that must take the usual way.
    """
    if guest:
        load()
        _take_environment()
        set_configuration(Configuration())
    else:
        settings.look_also(_configuration_with)
    source, theirs_in = os.pipe()
    theirs_out, sink = os.pipe()
    thread = threading.Thread(target=_work, args=(source, sink), name="worker", daemon=True)
    thread.start()
    shared["Input"] = _handed_over(theirs_in)
    shared["Output"] = _handed_over(theirs_out)
    system = edge.namespace("System")
    shared["Builder"] = system.Func[system.String, system.Object, system.Object](_build)


def _work(source: int, sink: int) -> None:
    try:
        worker.Worker(source, sink, broken=lambda: None).run()
    finally:
        os.close(source)
        os.close(sink)


def _configuration_with(name: Any) -> Configuration | None:
    """Of a connection that a session hosted by this Python made."""
    connection = connection_with(name)
    return None if connection is None else connection.configuration


class _Listener:
    """Stands for a call, and notes that something was said."""

    said = False

    def say(self, stream: str, text: str) -> None:
        self.said = self.said or stream == "warning"


def _build(name: str, bound: Any) -> Any:
    """What a builder makes of texts, as an Object[]: the model's name, then each member's name and text."""
    heard = _Listener()
    token = listener.current.set(heard)
    try:
        made = cmdlet(name)(**read(bound))
    except Exception:  # the usual way finds it again, and tells it as it should be told
        return None
    finally:
        listener.current.reset(token)
    if heard.said or not isinstance(made, Model):
        return None
    members = made.__ps_properties__()
    if any(value.__class__ is not str for value in members.values()):
        return None
    return edge.object_array(listed(type(made).__name__, members))


def _take_environment() -> None:
    """.NET keeps environment variables that a script sets to itself; a child process would get them."""
    variables = edge.namespace("System").Environment.GetEnvironmentVariables()
    given = {str(one.Key): str(one.Value) for one in variables}
    os.environ.update(given)
    kept = {name.upper() for name in given} if sys.platform == "win32" else given.keys()
    for name in os.environ.keys() - kept:
        del os.environ[name]


def _handed_over(descriptor: int) -> int:
    """The system's handle of a descriptor, no longer this Python's to close."""
    if sys.platform != "win32":
        return descriptor
    import _winapi
    import msvcrt

    process = _winapi.GetCurrentProcess()
    handle = _winapi.DuplicateHandle(
        process, msvcrt.get_osfhandle(descriptor), process, 0, False, _winapi.DUPLICATE_SAME_ACCESS
    )
    os.close(descriptor)
    return handle
