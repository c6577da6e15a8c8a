"""The session behind a ported script: its commands, script blocks, functions, errors and streams.

It is made when a ported script first needs it. Nothing of the parser is loaded for it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import FunctionType
from typing import TYPE_CHECKING, Any

from psbridge.binding.values import ParameterName, ScriptBlock
from psbridge.errors import PSBridgeError

from .errors import ErrorRecord, ScriptError
from .members import enumerate_value, loop_items
from .ported import ROLES, Code, streamed
from .shown import drop, is_view, viewed
from .values import Hashtable

if TYPE_CHECKING:
    from psbridge.binding.parameters import Parameter
    from psbridge.script.interpreter.engine import Runtime

_NO_VALUE: Any = object()


class _Current:
    runtime: Runtime | None = None
    separator: Any = None


def separator() -> Any:
    """`$OFS` where the script sets it; None else."""
    return _Current.separator


def session() -> Runtime:
    """The session, made at the first call."""
    if _Current.runtime is None:
        from psbridge.script.host import Host

        start(Host())
        if sys.excepthook is sys.__excepthook__:
            sys.excepthook = _shown_plainly
    assert _Current.runtime is not None
    return _Current.runtime


def _shown_plainly(kind: type[BaseException], error: BaseException, trace: Any) -> None:
    """Show an error that nothing caught as PowerShell does; `python -X dev` has its traceback."""
    if not isinstance(error, PSBridgeError) or sys.flags.dev_mode:
        sys.__excepthook__(kind, error, trace)
        return
    drop()
    session().host.error_record(record_of(error))


def start(host: Any) -> Runtime:
    """A new session whose text goes to this host."""
    from psbridge.script.interpreter.engine import Runtime

    _Current.runtime = runtime = Runtime(host)
    _Current.separator = None
    return runtime


@contextmanager
def apart(host: Any) -> Iterator[None]:
    """A session of its own in between, whose text goes to this host; then the one before is there again."""
    from .errors import Strictness

    kept = (_Current.runtime, _Current.separator, Strictness.level)
    start(host)
    Strictness.level = 0
    try:
        yield
    finally:
        _Current.runtime, _Current.separator, Strictness.level = kept


# Commands


class appended:
    """A file that a stream is added to, where a bare name would replace the file."""

    def __init__(self, name: Any) -> None:
        self.name = name


def run(
    command: Any,
    *arguments: Any,
    **named: Any,
) -> Output:
    """Run a command as PowerShell does: what it put out.

    Args:
        command: a name such as `"Get-ChildItem"`, or a script block.
        arguments: the arguments without a name, in order.
        input: what comes down the pipeline, one after the other; None when the command is not in one.
        piped: a value that comes down the pipeline instead: a list's elements, or the value itself.
        output: what another command put out, in the same way; None is then nothing.
        streams: where streams go, by number: a file's name, `appended(name)`, None to drop it, or the number
            of the stream it joins.
        named: the parameters, by PowerShell's names; a switch is True or False.

    Raises:
        psbridge.PSBridgeError: the command failed with a terminating error.
    """
    output = Output()
    run_into(output.append, command, *arguments, **named)
    return output


class Output(list[Any]):
    """What a command put out: a list, whose methods run the next command of the pipeline on it."""

    __slots__ = ()

    def run(self, command: Any, *arguments: Any, **named: Any) -> Output:
        """What a command makes of it: see `run`."""
        return run(command, *arguments, input=self, **named)

    def get(self, command: Any, *arguments: Any, **named: Any) -> Any:
        """What a command makes of it, as one value: nothing, the one object, or the list."""
        return get(command, *arguments, input=self, **named)

    def show(self, command: Any, *arguments: Any, **named: Any) -> None:
        """Print what a command makes of it, as it comes."""
        from psbridge.script.semantics.porting import show_run

        show_run(command, *arguments, input=self, **named)


def run_into(
    out: Callable[[Any], None],
    command: Any,
    *arguments: Any,
    input: Iterable[Any] | None = None,
    piped: Any = _NO_VALUE,
    output: Any = _NO_VALUE,
    streams: Mapping[int, Any] | None = None,
    **named: Any,
) -> None:
    """Run a command and hand over each object as it comes; the rest is as for `run`."""
    from psbridge.script.interpreter.commands_of import run_pipeline
    from psbridge.script.interpreter.support import NO_INPUT

    input = _fed(input, piped, output)
    if is_view(command):
        input = None if input is None else map(viewed, input)
        named = {name: viewed(value) for name, value in named.items()}
    redirections = [_redirection(stream, target) for stream, target in (streams or {}).items()] or None
    spec = (_as_block(command), _bound(arguments, named), 1, 1, redirections, False, False)
    run_pipeline(session().scope, out, NO_INPUT if input is None else input, [spec])


def _fed(input: Iterable[Any] | None, piped: Any, output: Any) -> Iterable[Any] | None:
    if piped is not _NO_VALUE:
        return enumerate_value(piped)
    return loop_items(output) if output is not _NO_VALUE else input


def _bound(arguments: Iterable[Any], named: Mapping[str, Any]) -> list[Any]:
    from psbridge.binding.arguments import Argument

    bound: list[Any] = [
        Argument(value.name, text=str(value)) if isinstance(value, ParameterName) else _as_block(value)
        for value in arguments
    ]
    return bound + [Argument(name, _as_block(value), text=f"-{name}") for name, value in named.items()]


def _as_block(value: Any) -> Any:
    """A Python function where PowerShell has a script block, and a dictionary where it has a table."""
    if type(value) is dict:
        return Hashtable(value)
    return block(value) if isinstance(value, FunctionType) else value


def get(command: Any, *arguments: Any, **named: Any) -> Any:
    """What a command puts out, as one value: nothing, the one object, or the list. Takes what `run` takes."""
    from psbridge.script.semantics.porting import unpacked

    return unpacked(run(command, *arguments, **named))


def _redirection(stream: int, target: Any) -> tuple[int, str, Any, bool]:
    if isinstance(target, int):
        return stream, "merge", target, False
    if isinstance(target, appended):
        return stream, "file", target.name, True
    return stream, "file", target, False


def call(block: Any, *arguments: Any, **named: Any) -> Output:
    """`& block arguments`: what it put out."""
    return run(block, *arguments, **named)


def named(name: str, *value: Any) -> Any:
    """A parameter among the arguments without a name: one that a script gives twice, or that is in `$args`.

    Without a value, the next argument may be it, as after `-Name` in PowerShell.
    """
    from psbridge.binding.arguments import Argument

    return Argument(name, *value, text=f"-{name}:" if value else f"-{name}")


def variable(name: str) -> Any:
    """A variable that PowerShell or a command sets, such as `PSVersionTable`; None if there is none."""
    scope = session().scope
    found = scope.find(name.lower())
    return found.vars[name.lower()] if found is not None else scope.rt.missing_variable(scope, name)


def set_variable(name: str, value: Any) -> None:
    """Set a variable that commands read, such as `ErrorActionPreference`."""
    session().scope.set(name.lower(), value)
    if name.lower() == "ofs":
        _Current.separator = value


def succeeded() -> bool:
    """`$?`: whether the last command did not fail."""
    return bool(session().ok)


# Errors


def errors() -> list[Any]:
    """`$Error`: the errors so far, the newest first."""
    return session().errors


def record_of(error: Exception) -> Any:
    """The error record of an exception."""
    from psbridge.script.interpreter.caught import locate
    from psbridge.script.interpreter.caught import record_of as made

    record = made(error)
    locate(record, error, (1, 1), None)
    return record


def caught(error: Exception) -> Any:
    """The error record of an exception, as `$_` in a catch block is: `$Error` has it from then on."""
    record = record_of(error)
    runtime = session()
    runtime.remember(record)
    runtime.ok = False
    return record


def is_error(record: ErrorRecord, *names: str) -> bool:
    """Whether an error is of one of these .NET types, as a typed catch asks."""
    from psbridge.script.interpreter.caught import catches

    return catches(session().scope, record, names)


def thrown(value: Any = None, *, line: int = 0) -> ScriptError:
    """The exception of `throw value`, for `raise`; `line` is the script's, where that asks for it."""
    from psbridge.script.interpreter.caught import thrown as made
    from psbridge.script.interpreter.output import NO_VALUE

    runtime = session()
    error = made(runtime.scope, NO_VALUE if value is None else value, 1, 1)
    error.record.line = error.record.line or line
    return error


def show_error(error: Exception) -> None:
    """Report an error that ends only its statement: the script goes on."""
    session().put_error(caught(error))


# Script blocks and functions


def parameter(
    name: str,
    type: str = "object",
    *,
    default: Callable[[], Any] | None = None,
    explicit: bool = False,
    **options: Any,
) -> tuple[Parameter, bool, Any]:
    """A parameter of a ported function: its name, .NET type, and what the script says of it.

    Args:
        name: the script's name for it.
        type: as between brackets: `string`, `int[]`, `switch`.
        default: gives the value when it is not passed; None for the type's own.
        explicit: it has a [Parameter()], which makes the function an advanced one.
        options: as `psbridge.binding.Parameter` takes them: `mandatory`, `position`, `aliases`, `validate`;
            `sets`, of one that is in some parameter sets only, has these by the names of the sets; a Validate
            attribute also by its own name, with its arguments: `ValidateRange=(1, 10)`.
    """
    from psbridge.binding import nettypes
    from psbridge.binding.parameters import Parameter, SetOptions

    from .types import resolve, unknown_type

    known = resolve(type, session().types)
    if known is None:
        raise unknown_type(type)
    checks = {key: options.pop(key) for key in list(options) if key.startswith("Validate")}
    if checks:
        options["validate"] = [*options.get("validate", ()), *validators_of(checks)]
    if known.full_name == "System.Management.Automation.PSCustomObject":
        known = nettypes.PSOBJECT
    if "sets" in options:
        options["sets"] = {key: SetOptions(**given) for key, given in options["sets"].items()}
    return Parameter(name, known, **options), explicit, default


def validators_of(checks: Mapping[str, tuple[Any, ...]]) -> list[Any]:
    """Validate attributes by their names, each with its arguments; a dictionary at their end names some."""
    from psbridge.binding import validation

    made: list[Any] = list(checks.get("validate", ()))
    for name, arguments in checks.items():
        named = arguments[-1] if arguments and isinstance(arguments[-1], dict) else {}
        if name != "validate":
            made.append(getattr(validation, name)(*(arguments[:-1] if named else arguments), **named))
    return made


def block(function: Callable[..., Any], *parameters: Any) -> ScriptBlock:
    """A script block that runs a Python function; a parameter `item` of it gets `$_`."""
    return command_block(end=function, parameters=parameters)


def command_block(
    *,
    parameters: Iterable[Any] = (),
    **roles: Callable[..., Any],
) -> ScriptBlock:
    """A script block of up to three parts: `begin`, `process` for each object of a pipeline, and `end`.

    `parts` stands for all of them: a function that is called once a call and gives a dictionary of them.
    """
    from psbridge.script.interpreter.blocks import Block

    return Block(Code("", parameters, roles, {}), session())


class Function:
    """A function of the script with PowerShell's binding: call it as a command is called."""

    def __init__(self, name: str, code: Code) -> None:
        self.name = name
        self.code = code

    def __call__(self, *arguments: Any, **named: Any) -> Output:
        """What the command gives: see `run`."""
        return run(self.name, *arguments, **named)

    def stream(
        self,
        *arguments: Any,
        input: Iterable[Any] | None = None,
        piped: Any = _NO_VALUE,
        output: Any = _NO_VALUE,
        streams: Mapping[int, Any] | None = None,
        **named: Any,
    ) -> Iterator[Any]:
        """What the command gives, each object as soon as it comes: it runs while they are gone through."""
        given = _fed(input, piped, output)
        if streams:
            return iter(run(self.name, *arguments, input=given, streams=streams, **named))
        return streamed(session(), self.name, _bound(arguments, named), given)

    def get(self, *arguments: Any, **named: Any) -> Any:
        """What the command gives, as one value: nothing, the one object, or the list."""
        return get(self.name, *arguments, **named)

    def show(self, *arguments: Any, **named: Any) -> None:
        """Print what the command gives, as it comes."""
        from psbridge.script.semantics.porting import show_run

        show_run(self.name, *arguments, **named)


def parameters_of(given: Iterable[Any]) -> list[tuple[Parameter, bool, Any]]:
    """Parameters, each made by `parameter` or given as its arguments: a name, a type, and the options."""
    made: list[tuple[Parameter, bool, Any]] = []
    for one in given:
        if isinstance(one, str):
            made.append(parameter(one))
        elif isinstance(one[0], str):
            name, type, *rest = one
            made.append(parameter(name, type, **(rest[0] if rest else {})))
        else:
            made.append(one)
    return made


def function(name: str, *parameters: Any, **options: Any) -> Function:
    """Define a function with PowerShell's parameter binding.

    Args:
        name: the script's name for it.
        parameters: in order: a name, or name and .NET type, or those and options as `parameter` takes them.
        options: the parts of the function, `begin`, `process` (for each object of the pipeline), `end`, or
            `parts` as for `command_block`; and what [CmdletBinding()] says: `advanced`, `should_process`,
            `default_set`, `positional`, `confirm`; `aliases`: the other names that [Alias()] gives it.
    """
    from psbridge.script.interpreter.blocks import FunctionInfo

    runtime = session()
    roles = {role: options.pop(role) for role in (*ROLES, "parts") if role in options}
    aliases = options.pop("aliases", ())
    code = Code(name, parameters, roles, options)
    scope = runtime.scope
    if scope.functions is None:
        scope.functions = {}
    scope.functions[name.lower()] = FunctionInfo(name, code, runtime)
    scope.aliases = {**(scope.aliases or {}), **{one.lower(): name for one in aliases}}
    return Function(name, code)
