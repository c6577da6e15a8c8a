"""A command's parameters laid out for the binder: set flags, names and aliases in order, prefix matching."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from psbridge.binding import messages, nettypes
from psbridge.binding.errors import ParameterBindingError
from psbridge.binding.nettypes import NetType
from psbridge.binding.ordinal import folded
from psbridge.binding.parameters import ALL_SETS, Parameter, SetOptions

EVERY_SET: Final = 0xFFFFFFFF


class SetData:
    """What a parameter is in one parameter set; `flag` is 0 for all sets."""

    __slots__ = ("flag", "options")

    def __init__(self, flag: int, options: SetOptions) -> None:
        self.flag = flag
        self.options = options

    @property
    def in_all(self) -> bool:
        """Whether it says what the parameter is in every set."""
        return self.flag == 0


class Entry:
    """A parameter and its place in the sets."""

    __slots__ = ("data", "flags", "in_all", "mandatory", "parameter", "pipelines", "positional")

    def __init__(self, parameter: Parameter, data: list[SetData]) -> None:
        self.parameter = parameter
        self.data = data
        self.in_all = any(item.in_all for item in data)
        self.flags = 0
        for item in data:
            self.flags |= item.flag
        self.mandatory = parameter.mandatory
        self.pipelines = parameter.takes_pipeline_input
        self.positional = any(
            item.options.position is not None and not item.options.from_remaining_arguments for item in data
        )

    def in_sets(self, sets: int) -> bool:
        """Whether it belongs to one of these sets."""
        return self.in_all or bool(self.flags & sets)

    def matching(self, sets: int) -> Iterator[SetData]:
        """Its data for these sets."""
        return (item for item in self.data if item.in_all or item.flag & sets)

    def data_for(self, sets: int) -> SetData | None:
        """Its data for one of these sets, a named set's before that for all sets."""
        found = None
        for item in self.data:
            if item.in_all:
                found = item
            elif item.flag & sets:
                return item
        return found

    def takes_pipeline_input(self, sets: int) -> bool:
        """Whether a pipeline's items, or their properties, go to it in these sets."""
        return self.pipelines and any(
            item.options.from_pipeline or item.options.from_pipeline_by_property_name
            for item in self.matching(sets)
        )

    def keeps_script_block(self) -> bool:
        """Whether a script block can be this parameter's value, so that it is not run per input object."""
        type_: NetType = self.parameter.type
        kept = (nettypes.OBJECT, nettypes.SCRIPTBLOCK)
        return type_ in kept or (type_.is_array and type_.element in kept)


class Metadata:
    """All entries of a command, declared parameters before common ones."""

    __slots__ = ("aliases", "command", "default_flag", "default_set", "entries", "names", "set_names")

    def __init__(self, command: str, parameters: Iterable[Parameter], default_set: str | None) -> None:
        self.command = command
        self.default_set = default_set
        self.set_names: list[str] = [default_set] if default_set else []
        self.default_flag = 1 if default_set else 0
        self.entries = [self._entry(parameter) for parameter in parameters]
        self.names = {folded(entry.parameter.name): entry for entry in self.entries}
        self.aliases = {folded(alias): entry for entry in self.entries for alias in entry.parameter.aliases}

    def _entry(self, parameter: Parameter) -> Entry:
        data = []
        for name, options in parameter.sets.items():
            if name.lower() == ALL_SETS.lower():
                data.append(SetData(0, options))
                continue
            known = [known.lower() for known in self.set_names]
            if name.lower() not in known:
                self.set_names.append(name)
                known.append(name.lower())
            data.append(SetData(1 << known.index(name.lower()), options))
        return Entry(parameter, data)

    @property
    def set_flags(self) -> int:
        """The flags of all named sets."""
        return (1 << len(self.set_names)) - 1

    def set_name(self, flags: int) -> str:
        """The name of the one set these flags stand for; empty when they stand for several."""
        if flags in (0, EVERY_SET):
            return self.default_set or ALL_SETS
        if flags & (flags - 1):
            return ""
        index = flags.bit_length() - 1
        return self.set_names[index] if index < len(self.set_names) else ""

    def match(self, name: str) -> Entry | None:
        """The parameter a typed name stands for: exact, alias, or the only one it begins.

        Raises:
            ParameterBindingError: AmbiguousParameter.
        """
        name = name[1:] if name[:1] in ("-", "\u2013", "\u2014", "\u2015") else name
        typed = folded(name)
        exact = self.names.get(typed) or self.aliases.get(typed)
        if exact is not None:
            return exact
        found: list[Entry] = []
        for table in (self.names, self.aliases):
            for known, entry in table.items():
                if known.startswith(typed) and entry not in found:
                    found.append(entry)
        if len(found) > 1:
            declared = [entry for entry in found if not entry.parameter.common]
            if len(declared) != 1:
                matches = "".join(f" -{entry.parameter.name}" for entry in found)
                raise ParameterBindingError(
                    messages.AMBIGUOUS_NAME.format(name, matches),
                    error_id="AmbiguousParameter",
                    parameter=name,
                    command=self.command,
                )
            found = declared
        return found[0] if found else None
