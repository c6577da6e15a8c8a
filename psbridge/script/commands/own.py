"""psbridge's own cmdlets in a script: bound by the same binder, their results as [pscustomobject]s."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from psbridge.binding import PSCustomObject
from psbridge.binding.objects import bag_of
from psbridge.errors import PSBridgeError
from psbridge.script.interpreter.caught import service_record
from psbridge.script.semantics.values import Bag, Hashtable, Wrapped

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
    """A cmdlet of psbridge."""

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
        arguments = {name: _given(value) for name, value in self.bound.items()}
        if 3 in self.actions:
            arguments["WarningAction"] = self.actions[3]
        try:
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
            from psbridge.script.semantics.errors import ScriptError

            failure = ScriptError(record)
            failure.statement_only = True
            if self.has_input or self.actions.get(2) in ("SilentlyContinue", "Ignore"):
                self.report(record)
                return
            raise failure from None

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


def _given(value: Any) -> Any:
    """A script's value as psbridge's cmdlets take it."""
    if isinstance(value, Wrapped):
        return _given(value.value)
    if isinstance(value, Built):
        return value.given()
    if isinstance(value, Bag):
        return PSCustomObject({name: _given(item) for name, item in value.__ps_properties__().items()})
    if isinstance(value, dict):
        return (
            type(value)({key: _given(item) for key, item in value.items()})
            if type(value) in (dict,)
            else _table(value)
        )
    if isinstance(value, list):
        return [_given(item) for item in value]
    return value


def _table(value: dict[Any, Any]) -> dict[Any, Any]:
    return {key: _given(item) for key, item in value.items()}


def shown(value: Any) -> Any:
    """A result as a script sees it: models are [pscustomobject]s that keep their members' names."""
    if value is None or isinstance(value, (str, int, float, Bag)):
        return value
    if isinstance(value, (list, tuple)):
        return [shown(item) for item in value]
    dump = getattr(value, "model_dump", None)
    if dump is not None:
        return Built(value)
    if isinstance(value, PSCustomObject):
        return Bag({name: shown(item) for name, item in value.__ps_properties__().items()})
    bag = bag_of(type(value))
    if bag is not None:
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return Bag({one.name: shown(getattr(value, one.name)) for one in fields(value) if one.repr})
    if isinstance(value, Mapping):
        return Hashtable({key: shown(item) for key, item in value.items()})
    return value


class Built(Bag):
    """A model as a script sees it; given back, it is that model, with what the script has set on it."""

    __slots__ = ("_source",)
    _source: Any

    def __init__(self, source: Any) -> None:
        object.__setattr__(self, "_source", source)
        super().__init__(
            {name: shown(item) for name, item in _members(source).items()},
            f"PSBridge.{type(source).__name__}",
        )

    def declared(self, folded: str) -> str | None:
        """The JSON name of a member that its model has, set or not, by its name in lower case."""
        for name, field in type(self._source).model_fields.items():
            wire: str = field.alias or name
            if wire.lower() == folded:
                return wire
        return None

    def given(self) -> Any:
        """The model: itself if nothing was set on it, a changed copy else."""
        before = _members(self._source)
        now = {name: _given(item) for name, item in self._properties.items()}
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
    if one is other:
        return True
    return type(one) is type(other) and not hasattr(one, "model_dump") and bool(one == other)
