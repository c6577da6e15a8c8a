"""The generated table as binder commands: one `Command` a cmdlet, made when it is first used."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

from ..binding import Command, Parameter, SetOptions
from ..errors import PSBridgeError
from ..models.tables import CMDLETS, ParameterRow

if TYPE_CHECKING:
    from collections.abc import Iterator


class CommandNotFoundError(PSBridgeError):
    """No cmdlet has this name."""

    default_error_id = "CommandNotFoundException"
    default_category = "ObjectNotFound"


# Strings to PowerShell that keep a SecureString, or whatever else gives the text when it is needed, as it is:
# PowerShell's own conversion would turn one into the name of its type.
_SECRETS = {
    ("Set-Configuration", "AccessToken"),
    ("Set-Configuration", "Cookie"),
    ("Set-Configuration", "Password"),
    ("Set-ConfigurationApiKey", "ApiKey"),
}


@dataclass(frozen=True)
class TableParameter:
    """One row of the table, by name; see `psbridge.models.tables` for what each column means."""

    name: str
    wire: str
    dotnet: str
    values: tuple[str, ...]
    position: int | None
    flags: str
    help: str
    sets: tuple[str, ...]

    @property
    def required(self) -> bool:
        """The API requires the member, or PowerShell the parameter."""
        return "r" in self.flags or "m" in self.flags

    def for_binder(self, secret: bool) -> Parameter:
        options = SetOptions(
            mandatory="m" in self.flags,
            position=self.position,
            from_pipeline="v" in self.flags,
            from_pipeline_by_property_name="p" in self.flags,
        )
        return Parameter(
            self.name,
            "Object" if secret else self.dotnet,
            sets=dict.fromkeys(self.sets or ("__AllParameterSets",), options),
            validate_set=self.values or None,
            wire_name=self.wire or None,
        )


@dataclass(frozen=True)
class TableEntry:
    """One cmdlet of the table.

    `kind` is object, union or value (the builders), json (ConvertFrom-JsonTo*) or cmdlet (the rest).
    """

    name: str
    kind: str
    output: str
    summary: str
    default_set: str
    should_process: bool
    rows: tuple[ParameterRow, ...]

    @cached_property
    def parameters(self) -> tuple[TableParameter, ...]:
        return tuple(TableParameter(*row) for row in self.rows)

    @cached_property
    def names(self) -> dict[str, str]:
        """Each parameter's name by that name and by its JSON name."""
        found = {one.wire: one.name for one in self.parameters if one.wire}
        found.update((one.name, one.name) for one in self.parameters)
        return found

    @cached_property
    def command(self) -> Command:
        return Command(
            self.name,
            [parameter.for_binder((self.name, parameter.name) in _SECRETS) for parameter in self.parameters],
            default_set=self.default_set or None,
            supports_should_process=self.should_process,
        )

    @property
    def python_name(self) -> str:
        return self.name.replace("-", "_")


_by_folded_name = {name.lower(): name for name in CMDLETS}


@cache
def entry(name: str) -> TableEntry:
    """The cmdlet of that name, in any case, written with `-` or `_`.

    Raises:
        CommandNotFoundError: with the nearest names, when there is none.
    """
    found = _by_folded_name.get(name.lower()) or _by_folded_name.get(name.lower().replace("_", "-", 1))
    if found is None:
        raise CommandNotFoundError(
            f"The term '{name}' is not recognized as the name of a cmdlet of psbridge.{_nearest(name)}",
            target=name,
        )
    return TableEntry(found, *CMDLETS[found])


def entries() -> Iterator[TableEntry]:
    """Every cmdlet, by name."""
    return (entry(name) for name in CMDLETS)


def _nearest(name: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name.lower().replace("_", "-", 1), _by_folded_name, n=3, cutoff=0.75)
    return f" Did you mean {' or '.join(_by_folded_name[one] for one in close)}?" if close else ""
