"""PowerShell hosted in this process: scripts, parameters, all streams, cancelling, several runspaces.

    with PowerShellSession() as session:
        result = session.run("param($n) 1..$n", {"n": 3})
        result.output       # [1, 2, 3]

Source: PowerShell's hosting API (System.Management.Automation.PowerShell), loaded once from $PSHOME.
PSBridge's cmdlets inside a session are the business of `functions`.
"""

from __future__ import annotations

import atexit
import contextlib
import sys
import threading
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from os import PathLike
from types import TracebackType
from typing import Any

from ..client.clock import Cancellation
from ..client.errors import CallCancelledError
from ..errors import PSBridgeError
from . import edge, runtime
from .bodies import START, VARIABLE, definitions
from .convert import to_dotnet
from .failures import ConversionError, DotNetError, RuntimeNotFoundError
from .functions import Calls
from .pshome import SMA, PowerShellHome, find_pshome
from .read import read
from .shown import type_entries

_SLICE = 50  # milliseconds between two looks at a cancellation and at Ctrl+C
_LEAVING = 10.0  # seconds that closing waits for scripts it has stopped
_lock = threading.Lock()
_open: weakref.WeakSet[PowerShellSession] = weakref.WeakSet()
_home: PowerShellHome | None = None


@dataclass(frozen=True)
class Progress:
    """One line of the progress stream; `percent` is -1 where it is not known."""

    activity: str
    status: str
    percent: int


class PowerShellError(PSBridgeError):
    """One ErrorRecord of a hosted script.

    Attributes:
        error_id: the FullyQualifiedErrorId.
        category: PowerShell's ErrorCategory name.
        target: the TargetObject's value, or None.
        details: the text of ErrorDetails (the reply's body, for a failed call), or None.
        position: where in the script, as PowerShell prints it.
        result: for an error that ended the script, the streams up to it.
    """

    details: str | None = None
    position: str = ""
    result: Result | None = None


@dataclass
class Result:
    """What a script put out.

    Attributes:
        output: its objects as Python values; a .NET object that has no equal stays what it is.
        errors: its non-terminating errors. verbose, debug, warnings: lines; they come when the script's
            preference variables let them.
        information: what Write-Information and Write-Host said. progress: `Progress` records.
    """

    output: list[Any] = field(default_factory=list)
    errors: list[PowerShellError] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    verbose: list[str] = field(default_factory=list)
    debug: list[str] = field(default_factory=list)
    information: list[Any] = field(default_factory=list)
    progress: list[Progress] = field(default_factory=list)


class PowerShellSession:
    """A PowerShell in this process, with PSBridge's cmdlets as functions that run in this process too.

    Args:
        pshome: the PowerShell to host; None finds it, see `find_pshome`.
        runspaces: how many scripts may run at once, from several threads. With 1, variables and functions
            last from one script to the next; with more, each script may get another runspace.
        cmdlets: offer PSBridge's cmdlets.

    Raises:
        RuntimeNotFoundError: pythonnet, .NET or PowerShell is missing; the message says what to install.
        DotNetError: the runtime in this process is too old for this PowerShell, or another one is hosted.
    """

    def __init__(
        self, pshome: str | PathLike[str] | None = None, *, runspaces: int = 1, cmdlets: bool = True
    ) -> None:
        if runspaces < 1:
            raise DotNetError("runspaces must be 1 or more.", parameter="runspaces")
        self.home = _host(pshome)
        self._calls = Calls()
        self._running: set[Any] = set()
        self._guard = threading.Condition()
        self._turn = threading.Lock() if runspaces == 1 else None
        self._pool: Any = None
        self._runspace: Any = None
        state = self._initial_state(cmdlets)
        if runspaces == 1:
            self._runspace = edge.net(f"{_RUNSPACES}.RunspaceFactory").CreateRunspace(state)
            self._runspace.Open()
        else:
            self._pool = edge.net(f"{_RUNSPACES}.RunspaceFactory").CreateRunspacePool(state)
            self._pool.SetMaxRunspaces(runspaces)
            self._pool.Open()
        self._closed = False
        _open.add(self)

    def run(
        self,
        script: str,
        parameters: Mapping[str, Any] | Sequence[Any] | None = None,
        *,
        input: Iterable[Any] | None = None,
        cancellation: Cancellation | None = None,
    ) -> Result:
        """Run a script and wait for it; Ctrl+C and `cancellation` stop it.

        Args:
            script: PowerShell.
            parameters: for its `param` block, by name or by position.
            input: what is piped into it.
            cancellation: stops it from another thread.

        Raises:
            PowerShellError: the script ended with an error (a parse error, `throw`, a terminating error).
            CallCancelledError: it was cancelled.
        """
        if self._closed:
            raise DotNetError("The session is closed.")
        with self._turn or contextlib.nullcontext():
            shell = edge.net("System.Management.Automation.PowerShell").Create()
            with self._guard:
                self._running.add(shell)
            try:
                return self._run(shell, script, parameters, input, cancellation)
            finally:
                shell.Dispose()
                with self._guard:
                    self._running.discard(shell)
                    if not self._running:
                        self._calls.cancel()  # a pipeline that a script left open has nobody to end it
                    self._guard.notify_all()

    def close(self) -> None:
        """Stop what runs and close the runspaces; may be called more than once."""
        if self._closed:
            return
        self._closed = True
        self._calls.cancel()
        with self._guard:
            running = list(self._running)
        for shell in running:
            with contextlib.suppress(Exception):  # it has ended meanwhile
                shell.Stop()
        with self._guard:  # their threads are still in .NET until they have left `run`
            self._guard.wait_for(lambda: not self._running, _LEAVING)
        for one in (self._runspace, self._pool):
            if one is not None:
                one.Dispose()

    def __enter__(self) -> PowerShellSession:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _initial_state(self, cmdlets: bool) -> Any:
        state = edge.net(f"{_RUNSPACES}.InitialSessionState").CreateDefault2()
        if cmdlets:
            function = edge.net(f"{_RUNSPACES}.SessionStateFunctionEntry")
            variable = edge.net(f"{_RUNSPACES}.SessionStateVariableEntry")
            cleans = int(self.home.framework["version"].partition(".")[0]) >= 7  # PowerShell 7.3 came with it
            for name, body in definitions(cleans).items():
                state.Commands.Add(function(name, body))
            state.StartupScripts.Add(START)
            for entry in type_entries():
                state.Types.Add(entry)
            state.Variables.Add(
                variable(VARIABLE, self._calls.delegates, "PSBridge's cmdlets in this process")
            )
        return state

    def _run(
        self, shell: Any, script: str, parameters: Any, input: Any, cancellation: Cancellation | None
    ) -> Result:
        if self._pool is None:
            shell.Runspace = self._runspace
        else:
            shell.RunspacePool = self._pool
        shell.AddScript(_text(script), False)
        if isinstance(parameters, Mapping):
            for name, value in parameters.items():
                shell.AddParameter(str(name), to_dotnet(value))
        else:
            for value in parameters or ():
                shell.AddArgument(to_dotnet(value))
        data = edge.namespace("System.Management.Automation").PSDataCollection
        output = data[edge.power_shell_type("PSObject")]()
        given = data[edge.namespace("System").Object]()
        for item in input or ():
            given.Add(to_dotnet(item))
        given.Complete()
        failure = self._finish(shell, edge.begin_invoke(shell, given, output), cancellation)
        with self._reading():
            result = _result(shell, output)
        state = str(shell.InvocationStateInfo.State)
        if state == "Stopped" or (cancellation is not None and cancellation.cancelled):
            raise CallCancelledError("The script was cancelled.")
        if failure is not None:
            error = _error(failure)
            error.result = result
            raise error
        return result

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        """Let this thread read properties that are scripts, as those of the module's objects may be."""
        with self._guard:
            if self._runspace is None:  # a pool keeps its own to itself
                empty = edge.net(f"{_RUNSPACES}.InitialSessionState").Create()
                self._runspace = edge.net(f"{_RUNSPACES}.RunspaceFactory").CreateRunspace(empty)
                self._runspace.Open()
        kind = edge.net(f"{_RUNSPACES}.Runspace")
        before = kind.DefaultRunspace
        kind.DefaultRunspace = self._runspace if before is None else before
        try:
            yield
        finally:
            kind.DefaultRunspace = before

    def _finish(self, shell: Any, begun: Any, cancellation: Cancellation | None) -> Any:
        """Wait for the end; the ErrorRecord of a terminating error, or None."""
        handle = begun.AsyncWaitHandle
        stopped = False
        try:
            while not handle.WaitOne(_SLICE):
                if cancellation is not None and cancellation.cancelled and not stopped:
                    stopped = True
                    self._calls.cancel()
                    shell.BeginStop(None, None)
        except BaseException:
            self._calls.cancel()
            shell.Stop()
            raise
        return edge.end_invoke(shell, begun)


_RUNSPACES = "System.Management.Automation.Runspaces"


def _host(pshome: str | PathLike[str] | None) -> PowerShellHome:
    """Load .NET and System.Management.Automation, once a process."""
    global _home
    with _lock:
        if _home is not None:
            wanted = _home if pshome is None else find_pshome(pshome)
            if wanted.path != _home.path:
                raise DotNetError(
                    f"This process hosts the PowerShell in {_home.path}; it cannot host another."
                )
            return _home
        home = find_pshome(pshome)
        runtime.load(home)
        needed = int(home.framework["version"].partition(".")[0])
        version = edge.namespace("System").Environment.Version
        if int(version.Major) < needed:
            raise RuntimeNotFoundError(
                f"This process runs .NET {version.ToString()}, but the PowerShell in {home.path} needs "
                f".NET {needed}. "
                "Open the session before anything else loads .NET, or set DOTNET_ROOT to a .NET that has it."
            )
        edge.load_power_shell(str(home.path), str(home.path / SMA))
        _offer_worker()
        # Runs before pythonnet's own, which was registered earlier: an open runspace would hold up the exit.
        atexit.register(_close_all)
        _home = home
        return home


def _offer_worker() -> None:
    """Have the module, where a script needs it, find its worker in this Python."""
    system = edge.namespace("System")

    def serve(shared: Any) -> None:
        import_module("psbridge.inprocess.hosted").serve(shared, guest=False)

    domain = system.AppDomain.CurrentDomain
    domain.SetData("PSBridge.Python", sys.executable)
    domain.SetData("PSBridge.Serve", system.Action[system.Object](serve))


def _close_all() -> None:
    for session in list(_open):
        with contextlib.suppress(Exception):  # the process ends either way
            session.close()


def _text(script: str) -> str:
    text: str = to_dotnet(script)
    return text


def _value(value: Any) -> Any:
    try:
        return read(value)
    except ConversionError:
        return value


def _result(shell: Any, output: Any) -> Result:
    streams = shell.Streams
    return Result(
        output=[_value(item) for item in list(output)],
        errors=[_error(record) for record in list(streams.Error)],
        warnings=[str(line.Message) for line in list(streams.Warning)],
        verbose=[str(line.Message) for line in list(streams.Verbose)],
        debug=[str(line.Message) for line in list(streams.Debug)],
        information=[_information(record) for record in list(streams.Information)],
        progress=[
            Progress(str(one.Activity), str(one.StatusDescription or ""), int(one.PercentComplete))
            for one in list(streams.Progress)
        ],
    )


def _information(record: Any) -> Any:
    data = record.MessageData
    if type(data) is edge.power_shell_type("HostInformationMessage"):
        return str(data.Message)
    return _value(data)


def _error(record: Any) -> PowerShellError:
    error = PowerShellError(
        str(record.ToString()),
        error_id=str(record.FullyQualifiedErrorId),
        category=str(record.CategoryInfo.Category),
        target=_value(record.TargetObject),
    )
    details = edge.note_of(record.Exception, "ErrorDetails") or record.ErrorDetails
    if details is not None:
        error.details = str(details.Message)
    if record.InvocationInfo is not None:
        error.position = str(record.InvocationInfo.PositionMessage or "")
    return error
