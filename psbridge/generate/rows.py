"""The rows of the tables while they are made: those of `models.tables`, with what only stubs need."""

from __future__ import annotations

from dataclasses import dataclass

from ..models.tables import CmdletRow, OperationRow


@dataclass(frozen=True)
class Parameter:
    """A `ParameterRow`, and its type in Python's stubs."""

    name: str
    wire: str = ""
    dotnet: str = "String"
    values: tuple[str, ...] = ()
    position: int | None = None
    help: str = ""
    sets: tuple[str, ...] = ()
    mandatory: bool = False
    pipeline: bool = False
    by_name: bool = False
    required: bool = False
    text: bool = False
    wraps: bool = False
    free_form: bool = False
    secret: bool = False
    file: bool = False
    aliases: tuple[str, ...] = ()
    annotation: str = "Any"


@dataclass(frozen=True)
class Cmdlet:
    """A `CmdletRow`; what it gives back with a switch; the model whose builder's parameters it takes too."""

    name: str
    family: str
    kind: str
    output: str = ""
    summary: str = ""
    parameters: tuple[Parameter, ...] = ()
    operations: tuple[OperationRow, ...] = ()
    default_set: str = ""
    should_process: bool = False
    work: str = ""
    many: str = ""
    variants: tuple[tuple[str, str], ...] = ()
    own_what_if: str = ""
    gathers: bool = False
    calls_others: bool = False
    included: str = ""

    @classmethod
    def of(cls, row: CmdletRow) -> Cmdlet:
        """A row as it was generated."""
        parameters = tuple(Parameter(**one._asdict()) for one in row.parameters)
        return cls(**{**row._asdict(), "parameters": parameters})
