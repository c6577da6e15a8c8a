"""What every cmdlet is built on: binding, output, errors, preferences.

A cmdlet is a class with `start` (once), `record` (for each input object, or once without input) and `finish`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, ClassVar

from psbridge.binding.binder import Binder
from psbridge.binding.errors import ParameterBindingError
from psbridge.binding.text import to_text
from psbridge.binding.values import Literal
from psbridge.errors import PSBridgeError
from psbridge.script.interpreter.caught import record_of
from psbridge.script.interpreter.flow import StopUpstream
from psbridge.script.interpreter.listeners import attach
from psbridge.script.interpreter.output import emit
from psbridge.script.interpreter.stages import bound_call, claim
from psbridge.script.interpreter.streams import drop
from psbridge.script.semantics.errors import ErrorRecord, ExceptionObject, ScriptError
from psbridge.script.semantics.values import Wrapped

_ACTIONS = {"ErrorAction": 2, "WarningAction": 3, "InformationAction": 6}
_SWITCHES = {"Verbose": 4, "Debug": 5}
_VARIABLES = ("OutVariable", "ErrorVariable", "WarningVariable", "InformationVariable", "PipelineVariable")


class Cmdlet:
    """One call of a cmdlet, as a stage of a pipeline."""

    code = None
    failed = False
    where: tuple[int, int] | None = None  # line and column in its script
    binds_input: ClassVar[bool] = True
    leaves_what_came: ClassVar[bool] = False
    """Whether what came is written also where the pipeline ends early, as into a file that stands open."""
    is_open = False

    def __init__(
        self,
        info: Any,
        rt: Any,
        S: Any,
        arguments: list[Any],
        sink: Callable[[Any], Any],
        has_input: bool,
    ) -> None:
        self.info = info
        self.name: str = info.name
        self.rt = rt
        self.scope = S
        self.caller = S
        self.arguments = arguments
        self.sink = sink
        self.has_input = has_input
        self.bound: dict[str, Any] = {}
        self.actions: dict[int, str] = {}
        self.listeners: list[tuple[int, Any]] = []
        self.binder: Binder | None = None
        self.direct = False
        self.parameter_set = ""

    # The cmdlet's own work

    def start(self) -> None:
        """Before the first input object."""

    def record(self) -> None:
        """One input object, bound; or the call itself."""

    def finish(self) -> None:
        """After the last input object."""

    # The stage

    def begin(self) -> None:
        try:
            binder = self.binder = bound_call(
                self.scope, self.name, self.info.metadata, self.arguments, pipeline=self.has_input
            )
        except ParameterBindingError as error:
            claim(self, error)
            raise
        values = dict(binder.values)
        if len(values) != 0:
            self._common(values)
        self.bound = {name: _plain(value) for name, value in values.items()}
        self.parameter_set = binder.metadata.set_name(binder.resolver.flags)
        target = self.info.direct_input
        self.direct = target is not None and target not in binder.bound
        self.start()
        self.is_open = True

    def _common(self, values: dict[str, Any]) -> None:
        for name, stream in _ACTIONS.items():
            if name in values:
                self.actions[stream] = self.rt.action(values.pop(name)).name
        for name, stream in _SWITCHES.items():
            if name in values:
                self.actions[stream] = "Continue" if values.pop(name) else "SilentlyContinue"
        for name in _VARIABLES:
            if name in values:
                attach(self, name, str(values.pop(name)))
        values.pop("OutBuffer", None)
        values.pop("ProgressAction", None)

    def process(self, item: Any) -> None:
        if type(item) is Literal:
            item = item.value
        if self.direct and item is not None:
            self.bound[self.info.direct_input] = item
            self.record()
            return
        binder = self.binder
        assert binder is not None
        try:
            binder.bind_input(item.value if type(item) is Wrapped else item)
        except ParameterBindingError as error:
            record = record_of(error)
            record.command, record.where, record.of_input = self.info, self.where, True
            self.report(record)
            return
        fresh = set(binder.fresh)
        self.bound = {name: _plain(value) for name, value in binder.values.items() if name in fresh}
        self._guarded_record()

    def process_once(self) -> None:
        self._guarded_record()

    def _guarded_record(self) -> None:
        self.record()

    def end(self) -> None:
        self.is_open = False
        self.finish()

    def close(self) -> None:
        """End early: an error ended the pipeline, or a command after this one wants no more."""
        if self.leaves_what_came and self.is_open:
            self.is_open = False
            self.sink = drop
            with suppress(PSBridgeError):
                self.finish()

    # What cmdlets use

    def get(self, name: str, default: Any = None) -> Any:
        """A parameter's value, or the default when it was not given."""
        return self.bound.get(name, default)

    def has(self, name: str) -> bool:
        """Whether a parameter was given."""
        return name in self.bound

    def on(self, name: str) -> bool:
        """Whether a switch is set."""
        return bool(self.bound.get(name))

    def write(self, value: Any) -> None:
        """Put an object out."""
        self.sink(value)

    def write_all(self, values: Iterable[Any]) -> None:
        """Put objects out, one by one."""
        for value in values:
            self.sink(value)

    def emit(self, value: Any) -> None:
        """Put a value out, a collection's elements one by one."""
        emit(self.sink, value)

    def stop_upstream(self) -> None:
        """Want no more input."""
        raise StopUpstream(self)

    def warn(self, text: str) -> None:
        """Write-Warning."""
        self.rt.message(self.scope, 3, text, self.actions.get(3), self.listeners)

    def verbose(self, text: str) -> None:
        """Write-Verbose."""
        self.rt.message(self.scope, 4, text, self.actions.get(4), self.listeners)

    def error_record(
        self,
        kind: str,
        message: str,
        error_id: str,
        category: str = "NotSpecified",
        target: Any = None,
        *,
        inner: ExceptionObject | None = None,
        extra: dict[str, Any] | None = None,
    ) -> ErrorRecord:
        """An error record with this cmdlet's name in its id."""
        exception = ExceptionObject(kind, message, inner, extra)
        record = ErrorRecord(
            exception, f"{error_id},{self.info.class_name}", category, target, activity=self.name
        )
        record.command = self.info
        record.where = self.where
        return record

    def error(
        self, kind: str, message: str, error_id: str, category: str = "NotSpecified", target: Any = None
    ) -> None:
        """A non-terminating error."""
        self.report(self.error_record(kind, message, error_id, category, target))

    def report(self, record: ErrorRecord) -> None:
        """Write an error record."""
        self.failed = True
        self.rt.report(self.scope, record, self.actions.get(2), self.listeners, self.where)

    def fatal(
        self, kind: str, message: str, error_id: str, category: str = "NotSpecified", target: Any = None
    ) -> ScriptError:
        """A terminating error, for `raise`."""
        error = ScriptError(self.error_record(kind, message, error_id, category, target))
        error.statement_only = True
        return error

    @property
    def only_shows(self) -> bool:
        """Whether -WhatIf is in force: given, or by a function around it, or by the preference."""
        asked = self.bound.get("WhatIf")
        if asked is None:
            holder = self.scope.find("whatifpreference")
            asked = holder is not None and holder.vars["whatifpreference"]
        return bool(asked)

    def confirms(self, target: str, action: str | None = None) -> bool:
        """ShouldProcess: false under -WhatIf, which is said."""
        said = f'Performing the operation "{action or self.name}" on target "{target}".'
        if self.only_shows:
            self.rt.host.line(f"What if: {said}")
            return False
        if self.actions.get(4) == "Continue":
            self.verbose(said)
        return True

    def text(self, name: str, default: str = "") -> str:
        """A parameter as text."""
        value = self.bound.get(name)
        return default if value is None else to_text(value)

    def run_block(self, block: Any, item: Any, out: Callable[[Any], Any] | None = None) -> None:
        """Run a script block in the caller's scope, with `$_`."""
        from psbridge.script.interpreter.blocks import run_block

        saved = self.rt.scope
        self.rt.scope = self.scope
        try:
            run_block(
                self.rt,
                block.code,
                block.closure or self.scope,
                [],
                out or self.sink,
                item=item,
                has_item=True,
                local=block.code.param is not None,
            )
        finally:
            self.rt.scope = saved

    def block_value(self, block: Any, item: Any) -> Any:
        """What a script block puts out for an item, as one value."""
        from psbridge.script.interpreter.output import unpacked

        items: list[Any] = []
        self.run_block(block, item, items.append)
        return unpacked(items)


def _plain(value: Any) -> Any:
    return value.value if type(value) is Literal else value
