"""The rows of the tables while they are made: those of `models.tables`, with what only stubs need."""

from __future__ import annotations

from dataclasses import dataclass

from ..models.tables import CmdletRow, OperationRow, ParameterRow


class Parameter(ParameterRow):
    """A `ParameterRow`, and its type in Python's stubs."""

    annotation = "Any"

    def annotated(self, annotation: str) -> Parameter:
        """The same with another type in the stubs."""
        parameter = Parameter(*self)
        parameter.annotation = annotation
        return parameter


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
        parameters = tuple(Parameter(*one) for one in row.parameters)
        return cls(**{**row._asdict(), "parameters": parameters})
