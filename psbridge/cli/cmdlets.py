"""`psbridge cmdlets`: the list, and the help of one cmdlet, out of the tables alone."""

from __future__ import annotations

from fnmatch import fnmatchcase

from ..cmdlets.table import CommandNotFoundError, TableEntry, entries, entry
from ..models.tables import ParameterRow
from . import WrongUsageError
from .screen import Screen


def run(name: str | None) -> None:
    """List all cmdlets, those whose name contains `name` (or fits it as a pattern), or describe one.

    Raises:
        WrongUsageError: no name fits; the message names near ones.
    """
    screen = Screen()
    if name is None:
        _list(screen, list(entries()))
        return
    try:
        _describe(screen, entry(name))
    except CommandNotFoundError as unknown:
        wanted = name.lower().replace("_", "-", 1)
        pattern = wanted if any(one in wanted for one in "*?[") else f"*{wanted}*"
        found = [one for one in entries() if fnmatchcase(one.name.lower(), pattern)]
        if not found:
            raise WrongUsageError(unknown.message) from None
        if len(found) == 1:
            _describe(screen, found[0])
        else:
            _list(screen, found)


def _list(screen: Screen, found: list[TableEntry]) -> None:
    screen.table(["Cmdlet", "What it does"], [(one.name, one.summary) for one in found])


def _describe(screen: Screen, one: TableEntry) -> None:
    screen.line(one.name, "bold cyan")
    screen.line(f"    {one.summary}")
    screen.heading("Syntax")
    for group in _sets(one):
        shown = " ".join(_syntax(parameter) for parameter in one.parameters if _in(parameter, group))
        screen.line(f"    {one.name} {shown}".rstrip())
    screen.heading("Python")
    screen.line(f"    psbridge.{one.python_name}(...) -> {one.output or 'None'}")
    if one.parameters:
        screen.heading("Parameters")
    for parameter in one.parameters:
        screen.line(f"    -{parameter.name} <{parameter.dotnet}>", "bold")
        screen.line(f"        {parameter.help}")
        for fact in _facts(parameter):
            screen.line(f"        {fact}", "dim")


def _sets(one: TableEntry) -> list[str]:
    """The parameter sets by name, the default one first; one nameless set when there is only one."""
    found = dict.fromkeys([one.default_set] if one.default_set else [])
    found.update(dict.fromkeys(group for parameter in one.parameters for group in parameter.sets))
    return list(found) or [""]


def _in(parameter: ParameterRow, group: str) -> bool:
    return not parameter.sets or group in parameter.sets


def _syntax(parameter: ParameterRow) -> str:
    """A parameter as PowerShell's help writes it: `[-Name] <type>` by position, `[...]` when optional."""
    if parameter.dotnet == "SwitchParameter":
        return f"[-{parameter.name}]"
    name = f"-{parameter.name}" if parameter.position is None else f"[-{parameter.name}]"
    text = f"{name} <{parameter.dotnet}>"
    return text if parameter.mandatory else f"[{text}]"


def _facts(parameter: ParameterRow) -> list[str]:
    facts = []
    if parameter.required or parameter.mandatory:
        facts.append("Required.")
    if parameter.values:
        facts.append(f"Allowed: {', '.join(parameter.values)}.")
    if parameter.position is not None:
        facts.append(f"Position: {parameter.position}.")
    if parameter.sets:
        facts.append(f"Set: {', '.join(parameter.sets)}.")
    pipeline = ["by value"] * parameter.pipeline + ["by property name"] * parameter.by_name
    if pipeline:
        facts.append(f"Pipeline: {', '.join(pipeline)}.")
    if parameter.wire:
        facts.append(f"JSON and Python: {parameter.wire} (Python takes {parameter.name} too).")
    return facts
