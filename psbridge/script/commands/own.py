"""psbridge's own cmdlets in a script: bound by the same binder, their results as [pscustomobject]s."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from psbridge.binding import PSCustomObject
from psbridge.binding.objects import bag_of
from psbridge.binding.values import Int64
from psbridge.client.settings.secret import Secret
from psbridge.cmdlets.configuration import LiveConfiguration
from psbridge.errors import PSBridgeError
from psbridge.script.display.clock import ask
from psbridge.script.interpreter.caught import service_record
from psbridge.script.semantics.errors import ScriptError
from psbridge.script.semantics.values import Bag, Hashtable, Ordered, Wrapped

from . import replies
from .cmdlet import Cmdlet
from .table import CmdletInfo


def own_names() -> Iterator[str]:
    """The names of psbridge's cmdlets."""
    from psbridge.models.tables import CMDLETS as TABLE

    yield from TABLE


def find_own(name: str) -> Any:
    """psbridge's cmdlet of this name; None when it has none."""
    from psbridge.cmdlets.table import CommandNotFoundError, entry

    try:
        found = entry(name)
    except CommandNotFoundError:
        return None
    known = _KNOWN.get(found.name)
    if known is None:
        known = _KNOWN[found.name] = OwnInfo(found)
    return known


class OwnInfo(CmdletInfo):
    """A cmdlet of psbridge, which the module has as a function."""

    kind = "Function"

    def __init__(self, found: Any) -> None:
        super().__init__(found.name, "own")
        self.entry = found
        self.class_name = found.name
        self._implementation = OwnCmdlet

    @property
    def metadata(self) -> Any:
        return self.entry.command.metadata

    @property
    def direct_input(self) -> str | None:
        return None


_KNOWN: dict[str, OwnInfo] = {}


class OwnCmdlet(Cmdlet):
    """Calls psbridge's cmdlet with what was bound."""

    def start(self) -> None:
        if not self.rt.options.network and self.info.entry.kind == "cmdlet" and _talks(self.name):
            raise self.fatal(
                "InvalidOperationException",
                f"{self.name} is not called: the network may not be used here (--no-network).",
                "PSBridge.NoNetwork",
                "PermissionDenied",
            )

    def record(self) -> None:
        from psbridge.cmdlets import functions

        cmdlet = getattr(functions, self.name.replace("-", "_"))
        try:
            arguments = {name: given_value(value) for name, value in self.bound.items()}
            if not self._agreed(arguments):
                return
            if _talks(self.name):
                ask("service")
            if 3 in self.actions:
                arguments["WarningAction"] = self.actions[3]
            result = cmdlet(**arguments)
            if _is_stream(result):
                self._stream(result)
            else:
                self._give(result)
        except PSBridgeError as error:
            if error.command is None:
                error.command = self.name
            record = service_record(error)
            record.command = self.info
            failure = ScriptError(record)
            failure.statement_only = True
            if self.has_input or self.actions.get(2) in ("SilentlyContinue", "Ignore"):
                self.report(record)
                return
            raise failure from None

    def _agreed(self, arguments: dict[str, Any]) -> bool:
        """Whether it is to be done: not under -WhatIf, nor where a function around it is called with that.

        A cmdlet that shows by itself what it would do is told so instead.
        """
        entry = self.info.entry
        if not entry.should_process:
            return True
        if arguments.get(entry.row.own_what_if) in (None, "None"):
            arguments.pop("WhatIf", None)
            return self.confirms(entry.target(arguments))
        if self.only_shows:
            arguments["WhatIf"] = True
        return True

    def _stream(self, result: Any) -> None:
        try:
            for piece in result:
                self.write(shown(piece))
        finally:
            close = getattr(result, "close", None)
            if close is not None:
                close()

    def _give(self, result: Any) -> None:
        if result is None:
            return
        made = shown(result)
        if isinstance(made, list):
            self.write_all(made)
        else:
            self.write(made)


def _talks(name: str) -> bool:
    return name.partition("-")[0] in ("New", "Get", "Update", "Remove", "Invoke") and "Completion" in name


def _is_stream(result: Any) -> bool:
    return hasattr(result, "__next__") or (hasattr(result, "__iter__") and hasattr(result, "close"))


def given_value(value: Any) -> Any:
    """A script's value as psbridge's cmdlets take it."""
    if isinstance(value, Wrapped):
        return given_value(value.value)
    if isinstance(value, (Built, Opened)):
        return value.given()
    if type(value) is Int64:
        return int(value)
    if isinstance(value, Bag):
        return PSCustomObject({name: given_value(item) for name, item in value.__ps_properties__().items()})
    if isinstance(value, dict):
        return {key: given_value(item) for key, item in value.items()}
    if isinstance(value, list):
        return [given_value(item) for item in value]
    return value


def shown(value: Any) -> Any:
    """A result as the PowerShell module gives it: models are [pscustomobject]s, integers are Int64."""
    if type(value) is int:
        return Int64(value) if -(1 << 63) <= value < 1 << 63 else value
    if value is None or isinstance(value, (str, int, float, Bag)):
        return value
    if isinstance(value, Secret):
        return str(value)
    if isinstance(value, (list, tuple)):
        return [shown(item) for item in value]
    if isinstance(value, LiveConfiguration):
        return LiveTable(value)
    dump = getattr(value, "model_dump", None)
    if dump is not None:
        return Built(value)
    if isinstance(value, PSCustomObject):
        return Bag({name: shown(item) for name, item in value.__ps_properties__().items()})
    if is_dataclass(value) and not isinstance(value, type):
        members = {one.name: shown(getattr(value, one.name)) for one in fields(value) if one.repr}
        return Bag(_headed(members), f"PSBridge.{type(value).__name__}")
    bag = bag_of(type(value))
    if bag is not None:
        return value
    if isinstance(value, Mapping):
        return Opened(value)
    return value


def _headed(members: dict[str, Any]) -> dict[str, Any]:
    """The members of a reply with its status: its headers are an ordered dictionary."""
    headers = members.get("Headers")
    if isinstance(headers, Bag):
        members["Headers"] = Ordered(headers.__ps_properties__())
    return members


class Opened(Bag):
    """A table of a model as a script sees it; given back, it is that table, with what was set on it."""

    __slots__ = ("_source",)
    _source: Mapping[Any, Any]

    def __init__(self, source: Mapping[Any, Any]) -> None:
        object.__setattr__(self, "_source", source)
        super().__init__({str(key): shown(item) for key, item in source.items()})

    def given(self) -> Mapping[Any, Any]:
        """The table: itself if nothing was set on it, a new one else."""
        now = {name: given_value(item) for name, item in self._properties.items()}
        return self._source if _same(now, dict(self._source)) else now


class LiveTable(Hashtable):
    """The configuration as the module gives it: a hashtable, and what is put into it is in force at once."""

    __slots__ = ("_live",)
    _live: LiveConfiguration | None

    def __init__(self, live: LiveConfiguration) -> None:
        self._live = None
        super().__init__()
        for name, value in live.__ps_properties__().items():
            self[name] = _tabled(name, value)
        self._live = live

    def __setitem__(self, key: Any, value: Any) -> None:
        if self._live is not None:
            self._live[str(key)] = given_value(value)
        super().__setitem__(key, value)


def _tabled(name: str, value: Any) -> Any:
    if isinstance(value, Mapping) or name in ("ApiKey", "ApiKeyPrefix", "DefaultHeaders"):
        return Hashtable({key: shown(item) for key, item in (value or {}).items()})
    return shown(value)


class Built(Bag):
    """A model as a script sees it: with all members it may have, those that are not set being null.

    Given back, it is that model, with what the script has set on it.
    """

    __slots__ = ("_source", "_unset")
    _source: Any
    _unset: set[str]

    def __init__(self, source: Any) -> None:
        object.__setattr__(self, "_source", source)
        object.__setattr__(self, "_unset", set())
        members = _members(source)
        every = {field.alias or name: None for name, field in type(source).model_fields.items()}
        super().__init__(
            {name: shown(item) for name, item in {**every, **members}.items()},
            f"PSBridge.{type(source).__name__}",
        )
        self._unset.update(name for name in every if name not in members)

    def __setitem__(self, name: str, value: object) -> None:
        self._unset.discard(self._names.get(name.lower(), name))
        super().__setitem__(name, value)

    def kind_of(self, name: str) -> str:
        """A member that is not set is no note yet."""
        return "CodeProperty" if self._names.get(name.lower(), name) in self._unset else "NoteProperty"

    def hidden(self, folded: str) -> tuple[bool, Any]:
        """A member that no listing shows, by its name in lower case."""
        read = replies.HIDDEN.get(type(self._source).__name__, {}).get(folded)
        return (True, read(self)) if read is not None else (False, None)

    def given(self) -> Any:
        """The model: itself if nothing was set on it, a changed copy else."""
        before = _members(self._source)
        now = {name: given_value(item) for name, item in self._properties.items() if name not in self._unset}
        changed = {name: item for name, item in now.items() if not _same(item, before.get(name, self))}
        gone = [name for name in before if name not in now]
        if not changed and not gone:
            return self._source
        copy = self._source.model_copy()
        for name in gone:
            delattr(copy, name)
        for name, item in changed.items():
            setattr(copy, name, item)
        return copy


def _members(model: Any) -> Mapping[str, Any]:
    bag = bag_of(type(model))
    members: Mapping[str, Any] = bag(model) if bag is not None else model.model_dump()
    return members


def _same(one: Any, other: Any) -> bool:
    """Whether a value came back as it was given: the same model, or the same plain value."""
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(_same(one[name], other[name]) for name in one)
    if one is other:
        return True
    return type(one) is type(other) and not hasattr(one, "model_dump") and bool(one == other)
