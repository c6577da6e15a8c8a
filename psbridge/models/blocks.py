"""A row of the tables in PowerShell's words: its `[CmdletBinding()]`, its parameters, its question.

The generated module is made of these, and a hosted session takes its functions' parameters from there.
Knows PowerShell's syntax for parameters, and nothing of what a cmdlet does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

# A type that has a short name in PowerShell is written with it, any other in full: for the rest PowerShell
# searches all types of all assemblies while it reads the file, which is a fifth of an import's time.
_TYPES = {
    "SwitchParameter": "Switch",
    "Boolean": "Bool",
    "Object": "System.Object",
    "FileInfo": "System.IO.FileInfo",
}
_WIDTH = 100


class Parameter(Protocol):
    """What is read of a `ParameterRow`, or of a row that is still being made."""

    @property
    def name(self) -> str:
        """As PowerShell has it."""

    @property
    def dotnet(self) -> str:
        """The .NET type."""

    @property
    def values(self) -> tuple[str, ...]:
        """The texts it is limited to."""

    @property
    def position(self) -> int | None:
        """Its place among the arguments without a name."""

    @property
    def free_form(self) -> bool:
        """Whether it is a table of any JSON values."""

    @property
    def sets(self) -> tuple[str, ...]:
        """The parameter sets it belongs to; none for all."""

    @property
    def mandatory(self) -> bool:
        """PowerShell demands it."""

    @property
    def pipeline(self) -> bool:
        """It takes a pipeline's items."""

    @property
    def by_name(self) -> bool:
        """It takes the property of its name of a pipeline's items."""

    @property
    def aliases(self) -> tuple[str, ...]:
        """Other names that it is called by."""

    @property
    def secret(self) -> bool:
        """A text that a SecureString may stand for."""


class Row(Protocol):
    """What is read of a `CmdletRow`, or of a row that is still being made."""

    @property
    def name(self) -> str:
        """The cmdlet's name."""

    @property
    def default_set(self) -> str:
        """The parameter set where the arguments do not tell."""

    @property
    def should_process(self) -> bool:
        """It supports -WhatIf and -Confirm."""

    @property
    def own_what_if(self) -> str:
        """The parameter with which it shows by itself what -WhatIf asks for."""


def binding(row: Row, parameters: Sequence[Parameter]) -> str:
    """What stands in `[CmdletBinding(...)]`."""
    parts = []
    if row.default_set:
        parts.append(f"DefaultParameterSetName = '{row.default_set}'")
    if row.should_process:
        parts.append("SupportsShouldProcess = $true, ConfirmImpact = 'Low'")
    if parameters and all(one.position is None for one in parameters):
        parts.append("PositionalBinding = $false")
    return ", ".join(parts)


def told(row: Row, parameters: Sequence[Parameter]) -> str:
    """The parameter whose value names what the cmdlet acts on; "" where its own name has to do.

    A value that may be long, or stand beside a secret, is not shown.
    """
    first = parameters[0]
    return first.name if first.dotnet == "String" and not any(one.secret for one in parameters) else ""


def asks(row: Row, parameters: Sequence[Parameter]) -> str:
    """The condition under which a function that supports ShouldProcess does its work; "" for another."""
    if not row.should_process:
        return ""
    name = told(row, parameters)
    target = f"${name}" if name else f"'{row.name}'"
    asked = f"$PSCmdlet.ShouldProcess({target})"
    own = f"${row.own_what_if}"
    return f"({own} -and {own} -ne 'None') -or {asked}" if row.own_what_if else asked


def piped(parameters: Sequence[Parameter]) -> bool:
    """Whether anything is taken from the pipeline."""
    return any(one.pipeline or one.by_name for one in parameters)


def block(
    parameters: Sequence[Parameter], more: Callable[[Parameter], Sequence[str]] = lambda parameter: ()
) -> str:
    """What stands in `param(...)`, one parameter after the other, eight spaces deep.

    A parameter stands on one line where that is not long: PowerShell reads all of this at every import.

    Args:
        parameters: in their order.
        more: further attributes of a parameter.
    """
    positions = [one.position for one in parameters if one.dotnet != "SwitchParameter"]
    # Where PowerShell has counted the positions by itself they are not written.
    counted = positions == list(range(len(positions))) and not any(one.sets for one in parameters)
    lines: list[str] = []
    for one in parameters:
        attributes = [f"[Parameter({attribute})]" for attribute in _attributes(one, counted)]
        if one.aliases:
            attributes.append("[Alias({})]".format(", ".join(f"'{alias}'" for alias in one.aliases)))
        if one.values:
            attributes.append("[ValidateSet({})]".format(", ".join(f"'{value}'" for value in one.values)))
        attributes += more(one)
        last = f"[{_type(one)}]${one.name}" + ("" if one is parameters[-1] else ",")
        whole = "".join(attributes) + last
        lines += [whole] if len(whole) <= _WIDTH else [*attributes, last]
    return "\n".join(f"        {line}" for line in lines)


def _attributes(one: Parameter, counted: bool) -> list[str]:
    """The contents of its [Parameter(...)] attributes, one for each set it belongs to."""
    common = []
    if one.position is not None and not counted:
        common.append(f"Position = {one.position}")
    if one.mandatory:
        common.append("Mandatory")
    if one.pipeline:
        common.append("ValueFromPipeline")
    if one.by_name:
        common.append("ValueFromPipelineByPropertyName")
    named = [", ".join([f"ParameterSetName = '{name}'", *common]) for name in one.sets]
    return named or ([", ".join(common)] if common else [])


def _type(one: Parameter) -> str:
    """The type as it is written between brackets.

    A secret may come as a text, a SecureString, a credential or what gives one. A table of any JSON may be
    read from it or be [ordered], which PowerShell would refuse or put out of order. No type of PowerShell is
    all of them: the call checks it.
    """
    if one.secret or one.free_form:
        return _TYPES["Object"]
    if one.dotnet.startswith("Nullable["):
        inner = one.dotnet.removeprefix("Nullable[").removesuffix("]")
        return f"System.Nullable[{_TYPES.get(inner, inner)}]"
    item = one.dotnet.removesuffix("[]")
    return _TYPES.get(item, item) + one.dotnet[len(item) :]
