"""PSBridge's cmdlets as PowerShell functions of a hosted session, made from the generated table.

The parameter blocks are the module's, and so are the functions that make and write an ErrorRecord; the work
is done in this process by the Python cmdlets, through delegates. Knows nothing of how a session is opened.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Protocol

from ..client.clock import Cancellation
from ..client.settings.configuration import Configuration, current_configuration, use_configuration
from ..cmdlets.connections import connection_of
from ..cmdlets.functions import cmdlet
from ..cmdlets.many import LIMITS
from ..cmdlets.session import cancellable
from ..cmdlets.table import TableEntry, entries
from ..cmdlets.warning import heard_by
from ..install_module import source
from ..models import blocks
from . import edge
from .answers import FAILURE, ITEMS, NOTHING, VALUE, answer, failure, output
from .arguments import arguments
from .blocks import BlockKey, called_by
from .pipelines import HostedPipeline

VARIABLE = "__PSBridge"

_MODULES = (
    "New-BridgeRecord",
    "ConvertTo-BridgeRecord",
    "Set-BridgeDetail",
    "Test-BridgeDetail",
    "Import-BridgeDetail",
    "ConvertTo-BridgeHeader",
    "New-BridgeException",
    "Write-BridgeError",
    "Get-BridgeUnset",
    "Add-BridgeUnsetCode",
    "Add-BridgeUnsetScript",
)
"""Functions of the module that a session uses as they are."""

_WRITE = "Write-BridgeAnswer"
_WRITES = """
    param($Cmdlet, $Answer, $Target)
    foreach ($line in $Answer[1]) { $Cmdlet.WriteWarning($line) }
    $value = $Answer[2]
    if ($Answer[0] -eq 'value') { if ($value -is [byte[]]) { , $value } else { $value } }
    elseif ($Answer[0] -eq 'failure') {
        Write-BridgeError $Cmdlet (ConvertTo-BridgeRecord $value $Target) $Cmdlet.MyInvocation.ExpectingInput
    }
    elseif ($Answer[0] -eq 'items') {
        try {
            while ($true) {
                $item = $value.Invoke($true)
                if ($item[0] -eq 'nothing') { break }
                Write-BridgeAnswer $Cmdlet $item $Target
            }
        }
        finally { $null = $value.Invoke($false) }
    }
"""

# What is PowerShell's own business (commands as tools, classes of a script, conversations that grow in place)
# is done by the module itself, with its worker in this process; it is imported when a script first needs it.
_MODULE = "Get-BridgeModule"
_GET_MODULE = """
    $module = Get-Module -Name PSBridge | Select-Object -First 1
    if ($null -eq $module) {{
        $module = Import-Module -Name '{path}' -Function '-' -Global -PassThru
        & $module {{
            Import-Bridge
            $hub = Get-BridgeHub
            $hub['InProcess'] = $true
            $hub['PythonPath'] = [System.AppDomain]::CurrentDomain.GetData('PSBridge.Python')
        }}
    }}
    $module
"""
_ONLY_THERE = ("New-OfflineOpenAI", "New-OfflineToolCall", "New-OfflineFault")
_HANDS_ON = "& (Get-BridgeModule).ExportedFunctions['{name}'] @args"
_BEGINS = """
        $command = (Get-BridgeModule).ExportedFunctions['{name}']
        $through = {{ & $command @PSBoundParameters }}.GetSteppablePipeline()
        $through.Begin($PSCmdlet)
"""
_PASSES = "if ($PSCmdlet.MyInvocation.ExpectingInput) { $through.Process($_) } else { $through.Process() }"
_THROUGH = """
    begin {{ {begins} }}
    process {{ {passes} }}
    end {{ $through.End() }}
"""
_IS_THERE = (
    "$As -is [type] -or ($null -ne $Tools -and "
    "@($Tools | Where-Object { $null -ne $_ -and $_.PSObject.TypeNames -contains 'PSBridge.ChatTool' })"
    ".Count)"
)

# One call for each item of the pipeline. PowerShell leaves an item's properties bound when the next item
# lacks them: they are taken out.
_EACH = """
    begin {{ $given = @($PSBoundParameters.Keys) }}
    process {{
        {asks}
        $answer = $global:{variable}['Call'].Invoke('{name}', $PSBoundParameters, $PSCmdlet)
        Write-BridgeAnswer $PSCmdlet $answer {target}
        {taken_out}
    }}
"""

# A cmdlet that takes a limit, a pace or no order for its pipeline: all of the pipeline is handed on.
_MANY = """
    begin {{
        $given = @($PSBoundParameters.Keys)
        $limits = @($given | Where-Object {{ $_ -in {limits} }})
        $limited = $PSCmdlet.MyInvocation.ExpectingInput -and $limits.Count
        $line = $null
        $through = $null
        if ({there}) {{ {begins} }}
    }}
    process {{
        if ($null -ne $through) {{
            {passes}
            return
        }}
        {asks}
        $clean = $false
        try {{
            if (-not $limited) {{
                $answer = $global:{variable}['Call'].Invoke('{name}', $PSBoundParameters, $PSCmdlet)
                Write-BridgeAnswer $PSCmdlet $answer {target}
            }}
            else {{
                if ($null -eq $line) {{
                    $line = $global:{variable}['Open'].Invoke('{name}', $PSBoundParameters, $PSCmdlet)
                    if ($line[0] -eq 'failure') {{
                        $PSCmdlet.ThrowTerminatingError((ConvertTo-BridgeRecord $line[2] $null))
                    }}
                    $line = $line[2]
                }}
                $line['Feed'].Invoke($PSBoundParameters, $_, $PSCmdlet)
                do {{
                    $told = $line['Take'].Invoke($false)
                    foreach ($answer in $told[1]) {{ Write-BridgeAnswer $PSCmdlet $answer $answer[3] }}
                }} while ($told[0])
            }}
            $clean = $true
        }}
        finally {{
            if (-not $clean -and $line -is [hashtable]) {{ $line['Cancel'].Invoke() }}
        }}
        {taken_out}
    }}
    end {{
        if ($null -ne $through) {{ $through.End() }}
        if ($null -eq $line) {{ return }}
        try {{
            $line['Close'].Invoke()
            do {{
                $told = $line['Take'].Invoke($true)
                foreach ($answer in $told[1]) {{ Write-BridgeAnswer $PSCmdlet $answer $answer[3] }}
            }} while ($told[0])
        }}
        finally {{ $line['Cancel'].Invoke() }}
    }}
"""

# What throws upstream ends the pipeline between two blocks; only this one still runs, since PowerShell 7.3.
_CLEAN = """
    clean { if ($line -is [hashtable]) { $line['Cancel'].Invoke() } }
"""

# A block of the script's, which sees its variables; the connection is in force for what it calls.
_USES = """
    if ($null -eq $ScriptBlock) {{
        $why = 'Use-ChatConnection needs a script block.'
        $record = New-BridgeRecord $why 'PSBridge.InvalidValue' 'InvalidArgument' $null
        $PSCmdlet.ThrowTerminatingError($record)
    }}
    $answer = $global:{variable}['Use'].Invoke($Connection)
    if ($answer[0] -eq 'failure') {{
        $PSCmdlet.ThrowTerminatingError((ConvertTo-BridgeRecord $answer[2] $null))
    }}
    try {{ . $ScriptBlock }}
    finally {{ $global:{variable}['Leave'].Invoke() }}
"""

# A cmdlet whose whole pipeline is one call.
_GATHERS = """
    begin {{ $rows = [System.Collections.ArrayList]::new() }}
    process {{
        if (-not $PSBoundParameters.ContainsKey('InputObject')) {{ return }}
        foreach ($row in @($InputObject)) {{ [void]$rows.Add($row) }}
    }}
    end {{
        [void]$PSBoundParameters.Remove('InputObject')
        if ($PSCmdlet.MyInvocation.ExpectingInput -or $rows.Count) {{
            $PSBoundParameters['InputObject'] = $rows.ToArray()
        }}
        $answer = $global:{variable}['Call'].Invoke('{name}', $PSBoundParameters, $PSCmdlet)
        Write-BridgeAnswer $PSCmdlet $answer $null
    }}
"""

_TAKEN_OUT = """foreach ($key in @($PSBoundParameters.Keys)) {
            if ($given -notcontains $key) { [void]$PSBoundParameters.Remove($key) }
        }"""


@cache
def definitions(cleans: bool) -> dict[str, str]:
    """The body of every function, by its name.

    Args:
        cleans: this PowerShell has `clean` blocks.

    Raises:
        InstallError: this installation came without the PowerShell module.
    """
    return {
        **{row.name: _definition(row, cleans) for row in entries()},
        **_functions_of_the_module(),
        **{name: _HANDS_ON.format(name=name) for name in _ONLY_THERE},
        _MODULE: _GET_MODULE.format(path=str(source()).replace("'", "''")),
        _WRITE: _WRITES,
    }


def _functions_of_the_module() -> dict[str, str]:
    files = ("PSBridge.Builders.ps1", "PSBridge.Calls.ps1")  # the first has stand-ins for the second
    text = "\n".join((source() / file).read_text(encoding="ascii") for file in files)
    found = {
        name: body
        for name, body in re.findall(r"(?ms)^function (?:script:)?([\w-]+) \{\n(.*?)^\}$", text)
        if name in _MODULES
    }
    return {name: found[name] for name in _MODULES}


def _definition(entry: TableEntry, cleans: bool) -> str:
    row, parameters = entry.row, entry.parameters
    target = "$null"
    if row.operations and row.operations[0].request:
        target = f"$PSBoundParameters['{row.operations[0].request}']"
    piped = blocks.piped(parameters)
    if piped:
        target = f"$(if ($PSCmdlet.MyInvocation.ExpectingInput) {{ $_ }} else {{ {target} }})"
    asked = blocks.asks(row, parameters)
    words = {
        "variable": VARIABLE,
        "name": row.name,
        "asks": f"if (-not ({asked})) {{ return }}" if asked else "",
        "target": target,
        "taken_out": _TAKEN_OUT if piped else "",
        "limits": ", ".join(f"'{name}'" for name in (*LIMITS, "Unordered")),
        "begins": _BEGINS.format(name=row.name),
        "passes": _PASSES,
        "there": _IS_THERE if {"As", "Tools"} <= entry.names.keys() else "$false",
    }
    if row.name == "Use-ChatConnection":
        body = _USES.format(**words)
    elif entry.family == "conversation":
        body = _THROUGH.format(**words)
    elif row.gathers:
        body = _GATHERS.format(**words)
    elif "ThrottleLimit" in entry.names and piped:
        body = _MANY.format(**words) + (_CLEAN if cleans else "")
    else:
        body = _EACH.format(**words)
    block = blocks.block(parameters)
    return f"[CmdletBinding({blocks.binding(row, parameters)})]\nparam(\n{block}\n)\n{body}"


class _Ends(Protocol):
    def cancel(self) -> None:
        """End what is waited for."""


class Calls:
    """The calls of one session: the delegates its functions invoke, and what cancels them.

    Attributes:
        delegates: a .NET table: `Call` does a cmdlet with what was bound, `Open` begins a pipeline of it,
            `Use` and `Leave` begin and end the use of a connection by the thread that calls them.
    """

    def __init__(self) -> None:
        system = edge.namespace("System")
        invoked = system.Func[system.String, system.Object, system.Object, system.Object]
        self.delegates = edge.net("System.Collections.Hashtable")()
        self.delegates["Call"] = invoked(self._call)
        self.delegates["Open"] = invoked(self._open)
        self.delegates["Use"] = system.Func[system.Object, system.Object](self._use)
        self.delegates["Leave"] = system.Action(self._unuse)
        self._used: dict[int, list[Configuration]] = {}
        self._under_way: set[_Ends] = set()
        self._lock = threading.Lock()

    def cancel(self) -> None:
        """End what the calls under way wait for."""
        with self._lock:
            under_way, self._under_way = self._under_way, set()
        for one in under_way:
            one.cancel()

    def _use(self, connection: Any) -> Any:
        """Have the calls of this thread use a connection; never raises into .NET."""
        try:
            given = arguments("Use-ChatConnection", {"Connection": connection}, None)["Connection"]
            chosen = connection_of(given).configuration
        except Exception as error:
            return answer(FAILURE, [], failure(error, "Use-ChatConnection"))
        self._used.setdefault(threading.get_ident(), []).append(chosen)
        return answer(NOTHING, [])

    def _unuse(self) -> None:
        thread = threading.get_ident()
        used = self._used[thread]
        used.pop()
        if not used:
            del self._used[thread]

    @contextmanager
    def _in_force(self) -> Iterator[None]:
        """The connection that this thread uses, inside the `with`; what is set there stays for its next call.

        A thread of .NET's has no context of Python's own between two calls.
        """
        used = self._used.get(threading.get_ident())
        if not used:
            yield
            return
        with use_configuration(used[-1]):
            try:
                yield
            finally:
                used[-1] = current_configuration()

    def _leave(self, one: _Ends) -> None:
        with self._lock:
            self._under_way.discard(one)

    def _call(self, name: str, bound: Any, caller: Any) -> Any:
        """One call, from the pipeline's thread; never raises into .NET."""
        cancellation = Cancellation()
        with self._lock:
            self._under_way.add(cancellation)
        warnings: list[str] = []
        given: dict[str, Any] = {}
        streams = False
        try:
            with (
                self._in_force(),
                called_by(caller),
                heard_by(warnings.append),
                cancellable(cancellation),
            ):
                given = arguments(name, bound, caller)
                result = cmdlet(name)(**given)
                if isinstance(result, Iterator):
                    streams = True
                    return answer(ITEMS, warnings, self._following(result, name, caller, cancellation))
            return answer(NOTHING, warnings) if result is None else answer(VALUE, warnings, output(result))
        except Exception as error:
            return answer(FAILURE, warnings, failure(error, name, given))
        finally:
            if not streams:
                self._leave(cancellation)

    def _following(self, items: Iterator[Any], name: str, caller: Any, cancellation: Cancellation) -> Any:
        """A delegate that answers with the next item, or nothing at the end; with false it closes them."""

        def next_one(more: bool) -> Any:
            if not more:
                self._leave(cancellation)
                close = getattr(items, "close", None)
                if close is not None:
                    close()
                return None
            try:
                with called_by(caller):  # a stream is sent when it is read
                    value = next(items)
                if isinstance(value, Exception):  # an error in an item's place
                    return answer(FAILURE, [], failure(value, name))
                return answer(VALUE, [], output(value))
            except StopIteration:
                return answer(NOTHING, [])
            except Exception as error:
                return answer(FAILURE, [], failure(error, name))

        system = edge.namespace("System")
        return system.Func[system.Boolean, system.Object](next_one)

    def _open(self, name: str, bound: Any, caller: Any) -> Any:
        """A pipeline, as a table of delegates: Feed, Take, Close and Cancel; never raises into .NET."""
        try:
            with self._in_force(), called_by(caller):
                given = arguments(name, bound, caller)
                _ask_for_key(given)
                line = HostedPipeline(name, given, self._leave)
        except Exception as error:
            return answer(FAILURE, [], failure(error, name))
        with self._lock:
            self._under_way.add(line)

        def feed(bound: Any, item: Any, caller: Any) -> None:
            try:
                with self._in_force():
                    line.feed(arguments(name, bound, caller), item)
            except Exception as error:
                line.refuse(error, item)

        system = edge.namespace("System")
        table = edge.net("System.Collections.Hashtable")()
        table["Feed"] = system.Action[system.Object, system.Object, system.Object](feed)
        table["Take"] = system.Func[system.Boolean, system.Object](line.take)
        table["Close"] = system.Action(line.close)
        table["Cancel"] = system.Action(line.cancel)
        return answer(VALUE, [], table)


def _ask_for_key(given: dict[str, Any]) -> None:
    """Have a script block give its key now, in the script's own thread: those of a pipeline cannot ask it."""
    connection = given.get("Connection")
    configuration = current_configuration() if connection is None else connection_of(connection).configuration
    if isinstance(configuration.access_token, BlockKey):
        configuration.access_token()
