"""A cmdlet as a Python function: binds its arguments by PowerShell's rules and does its work.

Every cmdlet is a plain function with a signature, a docstring and two attributes: `pipe` feeds it a pipeline,
`entry` is its row of the table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, Protocol

from ..binding import Command, ParameterBindingError
from ..binding.parameters import COMMON as COMMON_PARAMETERS
from ..binding.parameters import SHOULD_PROCESS
from ..errors import PSBridgeError
from ..models.tables import ParameterRow
from .table import TableEntry, as_table
from .unset import UNSET
from .warning import warning_action

Work = Callable[[dict[str, Any], "frozenset[str]"], Any]
Bound = dict[str, Any]
# A pipeline done as a whole: what each item bound, or its error, and what does one; a result or error each.
Piped = Callable[[Iterator[Bound | PSBridgeError], Callable[[Bound], Any]], Iterator[Any]]

# What PowerShell itself adds to every cmdlet. Here -WarningAction, -ErrorAction and -WhatIf are obeyed; the
# rest have no meaning without a console and are accepted, so that a ported call keeps working.
COMMON = frozenset(parameter.name for parameter in (*COMMON_PARAMETERS, *SHOULD_PROCESS))


class Cmdlet(Protocol):
    """What calling a cmdlet of `psbridge`, such as `psbridge.Get_Configuration`, is."""

    __name__: str
    entry: TableEntry

    def __call__(self, *args: Any, **parameters: Any) -> Any:
        """Bind and run once.

        Raises:
            PSBridgeError: with PowerShell's error id, category and the parameter's name.
        """

    def pipe(self, items: Iterable[Any], *args: Any, **parameters: Any) -> Iterator[Any]:
        """Run once for each item of a pipeline, lazily and in order.

        Many calls go by the configuration that is in force where the pipeline is made.

        `ErrorAction` says what becomes of an item that fails: "Stop" (the default) raises, "Continue" yields
        the error in the item's place, "SilentlyContinue" and "Ignore" leave the item out.
        """


def make(entry: TableEntry, work: Work, piped: Piped | None = None) -> Cmdlet:
    """The function for one row of the table that does `work` with what was bound.

    `piped` does a pipeline as a whole, for a cmdlet that can work on several items at a time.
    """
    command = entry.command
    bind = command.bind_call

    tables = frozenset(
        name
        for one in entry.parameters
        if one.dotnet == "Hashtable"
        for name in (one.name, one.wire or one.name)
    )

    def veil(parameters: dict[str, Any]) -> None:
        """Make tables of the arguments for tables, whose secrets then show in no traceback's locals."""
        for name in tables.intersection(parameters):
            parameters[name] = _table(name, parameters[name])

    def cmdlet(*args: Any, **parameters: Any) -> Any:
        if tables and not tables.isdisjoint(parameters):
            veil(parameters)
        left_open = _NOTHING
        for value in (*args, *parameters.values()):
            if value is UNSET:
                args, parameters, left_open = _without_unset(entry, args, parameters)
                break
        try:
            bound = bind(args, parameters)
        except ParameterBindingError as error:
            _explain(entry, error)
            raise
        return run(bound, left_open)

    def run(bound: dict[str, Any], left_open: frozenset[str]) -> Any:
        try:
            if not _OBEYED.isdisjoint(bound):
                return _with_common(entry, work, bound, left_open)
            return work(bound, left_open)
        except PSBridgeError as error:
            if error.command is None:
                error.command = entry.name
            raise
        except RecursionError:
            failure = _too_deep(entry.name, bound)
            failure.command = entry.name
            raise failure from None

    def pipe(items: Iterable[Any], *args: Any, **parameters: Any) -> Iterator[Any]:
        veil(parameters)
        args, parameters, left_open = _without_unset(entry, args, parameters)
        action = _error_action(command, parameters)

        def one(bound: Bound) -> Any:
            try:
                return run(bound, left_open - bound.keys())
            except PSBridgeError as error:
                return error

        return passed_on((piped or _one_by_one)(command.pipe_call(args, parameters, items), one), action)

    def passed_on(results: Iterator[Any], action: str) -> Iterator[Any]:
        try:
            for result in results:
                if isinstance(result, PSBridgeError):
                    if result.command is None:
                        result.command = entry.name
                    if action == "Stop":
                        raise result
                    if action != "Continue":
                        continue
                    if isinstance(result, ParameterBindingError):
                        _explain(entry, result)
                yield result
        except ParameterBindingError as error:
            _explain(entry, error)
            raise

    kinds = {parameter.dotnet for parameter in entry.parameters}
    if entry.family == "configuration" and "ScriptBlock" not in kinds:  # its arguments are keys and passwords
        from ..client.settings.secret import leaves_no_trace

        cmdlet = leaves_no_trace(cmdlet)
    cmdlet.__name__ = cmdlet.__qualname__ = entry.python_name
    cmdlet.__module__ = "psbridge"
    cmdlet.__doc__ = describe(entry)
    cmdlet.entry = entry  # type: ignore[attr-defined]
    cmdlet.veil = veil  # type: ignore[attr-defined]
    cmdlet.pipe = pipe  # type: ignore[attr-defined]
    cmdlet.__signature__ = _signature(entry)  # type: ignore[attr-defined]
    return cmdlet  # type: ignore[return-value]


def _explain(entry: TableEntry, error: ParameterBindingError) -> None:
    """Give an error about a parameter's value that parameter's line of help as its hint.

    What is meant instead of an unknown name is in `str(error)`, too: a log has no notes. `message` stays
    PowerShell's. Of a pipeline's errors some may be of the cmdlet before it.
    """
    if error.command != entry.name:
        return
    row = next((one for one in entry.parameters if one.name == error.parameter), None)
    if row is not None and row.help and not error.hint:
        error.hint = f"-{row.name}: {row.help}"
        error.__notes__ = [error.hint]
    meant = (error.hint or "").partition("? ")[0]
    if meant.startswith("Did you mean "):
        error.args = (f"{error.message} {meant}?",)


def _table(name: str, value: Any) -> Any:
    """An argument for a table, as that; headers may be secret, and show in no traceback's locals."""
    table = value if value.__class__ is dict or value is UNSET else as_table(value)
    if not name.lower().endswith("headers") or not isinstance(table, Mapping):
        return table
    from ..client.settings.secret import Masked

    return Masked(table)


def _too_deep(command: str, bound: Bound) -> PSBridgeError:
    """What is wrong with arguments that go deeper than Python does: most likely one holds itself."""
    from ..models.plain import MAX_DEPTH, free_form
    from ..models.problems import invalid

    for name, value in bound.items():
        try:
            free_form(value)
        except ValueError as error:
            return invalid(name, str(error), model=command)
    return invalid(next(iter(bound), ""), f"must not be nested deeper than {MAX_DEPTH}", model=command)


_NOTHING: frozenset[str] = frozenset()
_OBEYED = COMMON | {"Connection"}


def _one_by_one(source: Iterator[Bound | PSBridgeError], one: Callable[[Bound], Any]) -> Iterator[Any]:
    return (bound if isinstance(bound, PSBridgeError) else one(bound) for bound in source)


def _without_unset(
    entry: TableEntry, args: tuple[Any, ...], parameters: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any], frozenset[str]]:
    """The arguments that say something, and the parameters that were passed UNSET: open on purpose."""

    def known(name: str) -> str | None:
        if name in entry.names:
            return entry.names[name]
        matched = entry.command.metadata.match(name)
        return None if matched is None else matched.parameter.name

    given: dict[str, Any] = {}
    left_open: set[str] = set()
    for name, value in parameters.items():
        own = known(name) if value is UNSET else None
        # An unknown name stays in, so that the binder says what is wrong with it.
        if own is None:
            given[name] = value
        else:
            left_open.add(own)
    if any(value is UNSET for value in args):
        named = {known(name) for name in parameters}
        free = [one for one in entry.parameters if one.position is not None and one.name not in named]
        free.sort(key=lambda one: one.position or 0)
        for parameter, value in zip(free, args, strict=False):
            if value is UNSET:
                left_open.add(parameter.name)
            else:
                given[parameter.name] = value
        args = args[len(free) :]
    return args, given, frozenset(left_open)


def _error_action(command: Command, parameters: dict[str, Any]) -> str:
    """-ErrorAction as it was given, in any spelling the binder takes; "Stop" when it was not."""
    for name, value in parameters.items():
        matched = command.metadata.match(name)
        if matched is not None and matched.parameter.name == "ErrorAction":
            # Bound by itself: what else the cmdlet demands is not to be asked for here.
            alone = Command(command.name, ())
            return _preference(alone.bind_call((), {"ErrorAction": value})["ErrorAction"], "Stop")
    return "Stop"


def _with_common(entry: TableEntry, work: Work, bound: dict[str, Any], left_open: frozenset[str]) -> Any:
    if bound.get("WhatIf") and bound.get(entry.row.own_what_if) in (None, "None"):
        import logging

        target = entry.target(bound)
        said = 'What if: Performing the operation "%s" on target "%s".'
        logging.getLogger("psbridge.cmdlets").info(said, entry.name, target)
        return None
    own = {name: value for name, value in bound.items() if name not in COMMON}
    if bound.get("WhatIf"):
        own["WhatIf"] = True
    with obeying(bound):
        return work(own, left_open)


@contextmanager
def obeying(bound: Bound) -> Iterator[None]:
    """The preferences among the bound parameters, and the connection, in force inside the `with`.

    What they do not say is as it is outside.
    """
    with ExitStack() as stack:
        if bound.get("WarningAction") is not None:
            stack.enter_context(warning_action(_preference(bound["WarningAction"], "Continue")))
        if bound.get("Connection") is not None:
            from .connections import in_use

            stack.enter_context(in_use(bound))
        yield


def _preference(value: Any, default: str) -> str:
    return default if value is None else str(getattr(value, "name", value))


def describe(entry: TableEntry) -> str:
    """A docstring: the summary, then each parameter with its .NET type, allowed values and help."""
    lines = [entry.summary]
    if entry.parameters:
        lines += ["", "Parameters:"]
        for parameter in entry.parameters:
            allowed = f" {{{', '.join(parameter.values)}}}" if parameter.values else ""
            required = " (required)" if parameter.required or parameter.mandatory else ""
            kinds = f"{python_words(parameter)}; {parameter.dotnet}"
            lines.append(f"    {parameter.name} [{kinds}]{allowed}{required}: {parameter.help}")
    if entry.output:
        lines += ["", f"Returns: {entry.output}."]
    return "\n".join(lines)


_WORDS = {
    "String": "str",
    "SwitchParameter": "bool",
    "Boolean": "bool",
    "Int32": "int",
    "Decimal": "float",
    "Double": "float",
    "Hashtable": "dict",
    "PSCustomObject": "model | dict",
    "SecureString": "str | SecureString",
    "FileInfo": "str | Path | bytes | file",
}


def python_words(row: ParameterRow) -> str:
    """What a parameter takes, in Python's words: `str | model | dict | list of these`."""
    item = row.dotnet.removeprefix("Nullable[").removesuffix("]").removesuffix("[")
    while item.endswith("[]"):
        item = item.removesuffix("[]")
    words = _WORDS.get(item, "object")
    if row.secret and item == "String":
        words = "str | SecureString"
    if row.text:
        words = f"str | {words}"
    return f"{words} | list of these" if row.dotnet.endswith("[]") else words


def _signature(entry: TableEntry) -> Any:
    from inspect import Parameter, Signature

    ordered = sorted(entry.parameters, key=lambda one: (one.position is None, one.position or 0))
    kinds = {True: Parameter.POSITIONAL_OR_KEYWORD, False: Parameter.KEYWORD_ONLY}
    return Signature(
        [
            Parameter(one.name, kinds[one.position is not None], default=UNSET, annotation=python_words(one))
            for one in ordered
        ]
    )
