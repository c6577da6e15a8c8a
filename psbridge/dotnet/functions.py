"""PSBridge's cmdlets as PowerShell functions of a hosted session, made from the generated table.

Real parameter blocks, so that PowerShell itself binds; the work is done in this process by the Python
cmdlets, through one delegate. Knows nothing of how a session is opened.
"""

from __future__ import annotations

import re
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any

from ..binding import SecureString
from ..client.clock import Cancellation
from ..cmdlets.cmdlet import COMMON
from ..cmdlets.functions import cmdlet
from ..cmdlets.session import cancellable
from ..cmdlets.table import TableEntry, entries, entry
from ..cmdlets.unset import UNSET
from ..cmdlets.warning import PSBridgeWarning
from ..errors import PSBridgeError
from ..models.base import Model
from ..models.tables import ParameterRow
from . import edge, tokens
from .convert import to_dotnet
from .read import read

VARIABLE = "__PSBridge"

# What a call answers with, as the first item of an Object[]; the functions below take it apart.
_NOTHING, _VALUE, _ITEMS = "nothing", "value", "items"

_TYPES = {"SwitchParameter": "switch", "FileInfo": "System.IO.FileInfo"}  # as PowerShell writes them

# An address, or the id of a file that the service has, is no path.
_NO_PATH = re.compile(r"(?:https?|data):|file-[A-Za-z0-9]+\Z", re.IGNORECASE)

_BODY = """
    process {{
        $answer = $global:{variable}.Invoke('{name}', $PSBoundParameters, $PSCmdlet)
        foreach ($line in $answer[1]) {{ $PSCmdlet.WriteWarning($line) }}
        if ($answer[0] -is [System.Management.Automation.ErrorRecord]) {{
            $PSCmdlet.ThrowTerminatingError($answer[0])
        }}
        if ($answer[0] -eq 'value') {{ $answer[2] }}
        if ($answer[0] -eq 'items') {{
            while ($true) {{
                $item = $answer[2].Invoke()
                if ($item.Length -eq 0) {{ break }}
                if ($item[0] -is [System.Management.Automation.ErrorRecord]) {{
                    $PSCmdlet.ThrowTerminatingError($item[0])
                }}
                $item[0]
            }}
        }}
    }}
"""


@cache
def definitions() -> dict[str, str]:
    """The body of every function, by its name."""
    return {row.name: _definition(row) for row in entries()}


def _definition(row: TableEntry) -> str:
    binding = [f"DefaultParameterSetName = '{row.default_set}'"] if row.default_set else []
    if row.should_process:
        binding.append("SupportsShouldProcess = $true")
    block = ",\n".join(_parameter(one) for one in row.parameters)
    body = _BODY.format(variable=VARIABLE, name=row.name)
    return f"[CmdletBinding({', '.join(binding)})]\nparam(\n{block}\n)\n{body}"


def _parameter(one: ParameterRow) -> str:
    says = []
    if one.position is not None:
        says.append(f"Position = {one.position}")
    for wanted, text in (
        (one.mandatory, "Mandatory"),
        (one.pipeline, "ValueFromPipeline"),
        (one.by_name, "ValueFromPipelineByPropertyName"),
    ):
        if wanted:
            says.append(f"{text} = $true")
    sets = [[f"ParameterSetName = '{name}'"] for name in one.sets] or [[]]
    lines = [f"[Parameter({', '.join([*named, *says])})]" for named in sets]
    if one.values:
        lines.append("[ValidateSet({})]".format(", ".join(f"'{value}'" for value in one.values)))
    # [string] would make "System.Security.SecureString" of a secret.
    dotnet = _TYPES.get(one.dotnet, "object" if one.secret else one.dotnet)
    lines.append(f"[{dotnet}]\n${{{one.name}}}")
    return "\n".join(lines)


class Calls:
    """The calls of one session: the delegate its functions invoke, and what cancels them."""

    def __init__(self) -> None:
        system = edge.namespace("System")
        self.delegate = system.Func[system.String, system.Object, system.Object, system.Object](self._invoke)
        self._under_way: set[Cancellation] = set()
        self._lock = threading.Lock()

    def cancel(self) -> None:
        """End what the calls under way wait for."""
        with self._lock:
            under_way = list(self._under_way)
        for cancellation in under_way:
            cancellation.cancel()

    def _invoke(self, name: str, bound: Any, caller: Any) -> Any:
        """One call, from the pipeline's thread; never raises into .NET."""
        cancellation = Cancellation()
        with self._lock:
            self._under_way.add(cancellation)
        told: list[str] = []
        try:
            with collecting_warnings(told), cancellable(cancellation):
                result = cmdlet(name)(**_arguments(name, bound, caller))
            return _answer(told, result)
        except Exception as error:
            return edge.object_array([error_record(error, name), edge.object_array(list(told)), None])
        finally:
            with self._lock:
                self._under_way.discard(cancellation)


_told: ContextVar[list[str] | None] = ContextVar("psbridge_dotnet_warnings", default=None)


@contextmanager
def collecting_warnings(told: list[str]) -> Iterator[None]:
    """Put the warnings of the cmdlets called inside into `told`, for PowerShell's warning stream."""
    if warnings.showwarning is not _show:
        global _show_elsewhere
        _show_elsewhere = warnings.showwarning
        warnings.showwarning = _show
    # Python shows one warning a line; PowerShell shows every one, and the line here is always this module's.
    globals().pop("__warningregistry__", None)
    token = _told.set(told)
    try:
        yield
    finally:
        _told.reset(token)


_show_elsewhere: Callable[..., None] = warnings.showwarning


def _show(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
    told = _told.get()
    if told is not None and issubclass(category, PSBridgeWarning):
        told.append(str(message))
    else:
        _show_elsewhere(message, category, *where, **more)


def _arguments(name: str, bound: Any, caller: Any) -> dict[str, Any]:
    parameters = entry(name).parameters
    secure = {one.name for one in parameters if one.dotnet == "SecureString"}
    given = {key: value for key, value in read(bound).items() if key not in COMMON}
    for key, value in given.items():
        if isinstance(value, SecureString) and key not in secure:
            given[key] = value.reveal()  # a SecureString was given for a text, such as an access token
    for one in parameters:
        if one.file and given.get(one.name):
            given[one.name] = _located(given[one.name], caller)
    return given


def _located(value: Any, caller: Any) -> Any:
    """A path of the script's, relative to its location, which is not this process's.

    PowerShell makes a FileInfo of a text by the process's folder; its text still says what it was made of.
    """
    if isinstance(value, list):
        return [_located(item, caller) for item in value]
    info = type(value).__name__ == "FileInfo"
    if not info and not isinstance(value, str):
        return value
    text = str(value)
    if _NO_PATH.match(text):
        return text
    path = str(caller.GetUnresolvedProviderPathFromPSPath(text))
    if info and not Path(text).is_absolute() and not Path(path).exists():
        return str(value.FullName)
    return path


def _answer(told: list[str], result: Any) -> Any:
    lines = edge.object_array(list(told))
    if result is None:
        return edge.object_array([_NOTHING, lines, None])
    if isinstance(result, Iterator):
        system = edge.namespace("System")
        following = system.Func[system.Object](lambda: _following(result))
        return edge.object_array([_ITEMS, lines, following])
    return edge.object_array([_VALUE, lines, output(result)])


def _following(items: Iterator[Any]) -> Any:
    """The next item in an Object[] of one, or an empty one at the end; an error record in its place."""
    try:
        return edge.object_array([output(next(items))])
    except StopIteration:
        return edge.object_array([])
    except Exception as error:
        return edge.object_array([error_record(error, None)])


def output(value: Any) -> Any:
    """A cmdlet's result for PowerShell: a model with every property it may have, so that a script can set it.

    A property that is unset holds AutomationNull, which reads as $null and is left out again on the way back.
    """
    if value is UNSET:
        made = edge.power_shell_type("PSObject")()
        made.TypeNames.Insert(0, tokens.UNSET_TYPE)
        return made
    if isinstance(value, Model):
        kind = type(value)
        made, put = edge.copy_of(_template(kind))
        for name, item in value.__ps_properties__().items():
            put(name, output(item), name in kind.model_fields)
        return made
    if isinstance(value, (list, tuple)):
        return edge.object_array([output(item) for item in value])
    if hasattr(value, "__ps_properties__"):
        members = {name: output(item) for name, item in value.__ps_properties__().items()}
        return edge.note_object(f"PSBridge.{type(value).__name__}", members)
    return to_dotnet(value)


@cache
def _template(kind: type[Model]) -> Any:
    """An object with every property of a model, all unset."""
    return edge.note_object(f"PSBridge.{kind.__name__}", dict.fromkeys(kind.model_fields, edge.unset_mark()))


def error_record(error: Exception, name: str | None) -> Any:
    """The ErrorRecord of a failure, with what a ported `catch` block reads from it."""
    if not isinstance(error, PSBridgeError):
        error = PSBridgeError(
            f"{name or 'The cmdlet'} failed in a way it should not: {type(error).__name__}: {error}",
            error_id="PSBridge.InternalError",
        )
    automation = edge.power_shell_type
    exception = edge.namespace("System").Exception(error.message)
    category = getattr(automation("ErrorCategory"), error.category)
    record = automation("ErrorRecord")(exception, error.error_id, category, None)
    body = getattr(error, "ErrorDetails", "")
    if body:
        record.ErrorDetails = automation("ErrorDetails")(body)
    response = getattr(error, "Response", None)
    if response is not None:
        members = {
            "StatusCode": to_dotnet(response.StatusCode),
            "ReasonPhrase": response.ReasonPhrase,
            "Headers": to_dotnet(dict(response.Headers)),
        }
        shown = edge.note_object("PSBridge.Response", members)
        edge.add_note(exception, "Response", shown)
    return record
