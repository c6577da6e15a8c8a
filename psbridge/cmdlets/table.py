"""The generated tables as binder commands: one `Command` a cmdlet, made when it is first used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from ..binding import Command, OrderedDictionary, Parameter, SetOptions, messages
from ..binding.conversion import convert
from ..binding.errors import InvalidCast
from ..binding.nettypes import HASHTABLE, NetType
from ..binding.objects import bag_of
from ..binding.scalars import value_type_name
from ..errors import PSBridgeError
from ..models.tables import CMDLETS, CmdletRow, OperationRow, ParameterRow
from ..naming import is_sensitive_name

if TYPE_CHECKING:
    from collections.abc import Iterator


class CommandNotFoundError(PSBridgeError):
    """No cmdlet has this name."""

    default_error_id = "CommandNotFoundException"
    default_category = "ObjectNotFound"


_AS_THEY_ARE = ("FileInfo", "ScriptBlock")


def as_table(value: Any) -> Any:
    """A property bag where a table is wanted, such as a JSON schema read from JSON, as that table."""
    bag = None if isinstance(value, Mapping) else bag_of(type(value))
    return value if bag is None else OrderedDictionary(bag(value))


def _free_table(value: Any) -> Any:
    table = as_table(value)
    return table if isinstance(table, Mapping) else convert(value, HASHTABLE)


def _unquoted_table(value: Any) -> Any:
    try:
        return _free_table(value)
    except InvalidCast:
        # PowerShell says it so of what it would rather not quote.
        told = messages.INVALID_CAST_HIDDEN.format(value_type_name(value), HASHTABLE.full_name)
    raise InvalidCast(told)


def _table_type(rule: Callable[[Any], Any]) -> NetType:
    """A table of any JSON: one read from JSON is taken, and an order kept, where a hashtable has neither."""
    passes: frozenset[type] = frozenset((type(None), dict, OrderedDictionary))
    return NetType(HASHTABLE.name, HASHTABLE.full_name, rule=rule, passes=passes)


_FREE_TABLE = _table_type(_free_table)
_KEY_TABLE = _table_type(_unquoted_table)  # a key alone, given where a table of keys belongs, does not show


def is_secret(row: ParameterRow) -> bool:
    """Whether what is given for a parameter may be a key, or hold one."""
    return row.secret or is_sensitive_name(row.name) or row.name.endswith("Headers")


def for_binder(row: ParameterRow) -> Parameter:
    """A row as the binder takes it.

    A secret, a file and a block of code are of any type: what gives a text when it is needed, what is open
    already, and a function, stay as they are, where PowerShell's conversion would make a text of them.
    """
    options = SetOptions(
        mandatory=row.mandatory,
        position=row.position,
        from_pipeline=row.pipeline,
        from_pipeline_by_property_name=row.by_name,
    )
    any_type = row.dotnet in _AS_THEY_ARE or row.secret
    table = _KEY_TABLE if is_secret(row) else _FREE_TABLE
    return Parameter(
        row.name,
        table if row.free_form else "Object" if any_type else row.dotnet,
        sets=dict.fromkeys(row.sets or ("__AllParameterSets",), options),
        validate_set=row.values or None,
        aliases=row.aliases,
        wire_name=row.wire or None,
    )


class TableEntry:
    """One cmdlet of the tables: its row, and what is made of it on first use.

    `kind` is object, union or value (the builders), json (ConvertFrom-JsonTo*) or cmdlet (the rest).
    """

    def __init__(self, row: CmdletRow) -> None:
        self.row = row
        self.name = row.name
        self.family = row.family
        self.kind = row.kind
        self.output = row.output
        self.summary = row.summary
        self.default_set = row.default_set
        self.should_process = row.should_process

    def __repr__(self) -> str:
        return f"TableEntry({self.name})"

    @property
    def parameters(self) -> tuple[ParameterRow, ...]:
        """The parameters, those by position first and in their order."""
        return self.row.parameters

    @property
    def operations(self) -> tuple[OperationRow, ...]:
        """What the cmdlet asks a server for; empty for one that asks for nothing."""
        return self.row.operations

    @property
    def waits(self) -> bool:
        """It waits for a server."""
        return self.row.waits

    @cached_property
    def names(self) -> dict[str, str]:
        """Each parameter's name by that name and by its JSON name."""
        found = {one.wire: one.name for one in self.parameters if one.wire}
        found.update((one.name, one.name) for one in self.parameters)
        return found

    @cached_property
    def special(self) -> tuple[frozenset[str], frozenset[str]]:
        """The JSON names of members that wrap a lone object, and of those and the [decimal] ones."""
        wraps = frozenset(one.wire for one in self.parameters if one.wraps)
        return wraps, wraps.union(one.wire for one in self.parameters if "Decimal" in one.dotnet)

    @cached_property
    def command(self) -> Command:
        """What binds its arguments."""
        return Command(
            self.name,
            [for_binder(row) for row in self.parameters],
            default_set=self.default_set or None,
            supports_should_process=self.should_process,
        )

    def target(self, bound: Mapping[str, Any]) -> str:
        """What -WhatIf says that the call would act on, as the PowerShell module says it."""
        from ..models.blocks import told

        name = told(self.row, self.parameters)
        return str(bound.get(name, "")) if name else self.name

    @property
    def python_name(self) -> str:
        """The function's name in Python."""
        return self.name.replace("-", "_")


_by_folded_name = {name.lower(): name for name in CMDLETS}


@cache
def entry(name: str) -> TableEntry:
    """The cmdlet of that name, in any case, written with `-` or `_`.

    Raises:
        CommandNotFoundError: with the nearest names, when there is none.
    """
    known = _by_folded_name.get(name.lower()) or _by_folded_name.get(name.lower().replace("_", "-", 1))
    if known is None:
        raise CommandNotFoundError(
            f"The term '{name}' is not recognized as the name of a cmdlet of psbridge.{_nearest(name)}",
            target=name,
        )
    return TableEntry(CMDLETS[known])


def entries() -> Iterator[TableEntry]:
    """Every cmdlet, by name."""
    return (entry(name) for name in CMDLETS)


def _nearest(name: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name.lower().replace("_", "-", 1), _by_folded_name, n=3, cutoff=0.75)
    return f" Did you mean {' or '.join(_by_folded_name[one] for one in close)}?" if close else ""
