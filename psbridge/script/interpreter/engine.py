"""A session: scopes, preferences, streams, errors, commands; and running a script in it."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from psbridge.binding import nettypes
from psbridge.binding.nettypes import ActionPreference, NetType
from psbridge.binding.text import to_text
from psbridge.script import syntax as s
from psbridge.script.net.lists import Enumerator
from psbridge.script.net.place import Place, lines_of
from psbridge.script.parsing import ParseError, parse
from psbridge.script.semantics.casts import cast_value
from psbridge.script.semantics.errors import (
    ErrorRecord,
    ExceptionObject,
    ScriptError,
    Strictness,
    runtime_error,
)
from psbridge.script.semantics.members import loop_items
from psbridge.script.semantics.types import resolve
from psbridge.script.semantics.values import Bag, NetList

from . import automatic, support
from .blocks import Block, FunctionInfo
from .caught import place_at
from .compiler import Unit, compile_script, finish
from .current import state
from .flow import BreakFlow, ContinueFlow, ExitFlow, ReturnFlow, StopUpstream
from .frames import line_of, script_frame, text_of
from .invocation import invocation
from .messages import PREFERENCE_NAMES, streamed
from .parameters import aliases_of
from .scope import Scope, obeyed
from .stages import BlockStage

MOST_DEPTH = 160


class Options:
    """What a session may do."""

    def __init__(
        self, *, processes: bool = True, network: bool = True, read_only: bool = False, trace: bool = False
    ) -> None:
        self.processes = processes
        self.network = network
        self.read_only = read_only
        self.trace = trace

    @property
    def unrestricted(self) -> bool:
        """Whether nothing is refused: .NET itself asks nobody what it may do."""
        return self.processes and self.network and not self.read_only


class Runtime:
    """One session."""

    def __init__(self, host: Any, options: Options | None = None) -> None:
        self.host = host
        self.options = options or Options()
        self.ok = True
        self.tries = 0
        self.depth = 0
        self.most_depth = MOST_DEPTH
        self.left = False  # by an exit statement
        self.current_error: ErrorRecord | None = None
        self.guarded: dict[str, Any] = {}
        self.types: dict[str, NetType] = {}
        self.known_types: dict[str, NetType | None] = {}
        self.globals = Scope(self, None, "global")
        self.globals.functions = {}
        self.globals.aliases = {}
        self.scope = self.globals
        self.errors = NetList(kind="ArrayList")
        self.sinks: dict[int, Callable[[Any], Any]] = {
            2: host.error_record,
            3: host.warning,
            4: host.verbose,
            5: host.debug,
            6: host.information,
        }
        self.modules: dict[str, Any] = {}
        self.listening: list[list[tuple[int, Any]]] = []  # -ErrorVariable and the like of running functions
        self.script_file: str | None = None
        self.state: dict[str, Any] = {}
        state.runtime = self
        Place.folder = Place.folder if Place.folder and Path(Place.folder).is_dir() else str(Path.cwd())
        Place.read_only = self.options.read_only
        self.names: dict[str, Any] = {**support.names(), "GUARDED": self.guarded}
        self.globals.vars.update(automatic.initial(), error=self.errors)

    # Types and variables

    def type_named(self, name: str) -> NetType | None:
        """The type of this name."""
        known: NetType | None = self.known_types.get(name, _UNKNOWN)
        if known is _UNKNOWN:
            known = resolve(name, self.types)
            if known is None:
                for space in self.state.get("namespaces", ()):
                    known = resolve(f"{space}.{name}", self.types)
                    if known is not None:
                        break
            if known is None and self.options.unrestricted:
                from psbridge.script.net.foreign import foreign_type

                known = foreign_type(name)
            self.known_types[name] = known
        return known

    def add_type(self, name: str, type_: NetType) -> None:
        """A class or enumeration of the script."""
        self.types[name.lower()] = type_
        self.known_types.clear()

    def missing_variable(self, S: Scope, name: str) -> Any:
        """A variable that is nowhere: null, or an error under strict mode."""
        value = automatic.late(self, S, name.lower())
        if value is not automatic.NOT_ONE:
            return value
        if Strictness.level:
            name = spelt_variable(name)
            raise runtime_error(
                f"The variable '${name}' cannot be retrieved because it has not been set.",
                "VariableIsUndefined",
                target=name,
            )
        return None

    def assign_guarded(self, S: Scope, name: str, value: Any) -> Any:
        """Setting a variable that has rules somewhere, or does something."""
        hook = self.guarded.get(name)
        if hook is not None:
            return hook(S, value)
        found = S.find(name)
        if found is not None and found.rules and name in found.rules:
            rule = found.rules[name]
            if found is S or rule.constant or rule.read_only:
                return obeyed(name, rule, value, S)
        return value

    def drive_value(self, S: Scope, drive: str, name: str) -> Any:
        """`$env:NAME` and the like."""
        if drive == "env":
            return os.environ.get(name)
        if drive == "variable":
            found = S.find(name.lower())
            return found.vars[name.lower()] if found else None
        if drive == "function":
            info = self.find_function(S, name)
            return Block(info.code, self) if info is not None else None
        if drive == "alias":
            return self.find_alias(S, name)
        if drive == "using":
            found = S.find(name.lower())
            return found.vars[name.lower()] if found else None
        return None

    def set_drive_value(self, S: Scope, drive: str, name: str, value: Any) -> None:
        """Setting the same."""
        if drive == "env":
            text = to_text(value)
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = text
            return
        if drive == "function":
            block = value if isinstance(value, Block) else self.block_from_text(to_text(value))
            self.define_function(S, name, block.code, False)
            return
        raise runtime_error(
            f"Cannot find drive. A drive with the name '{drive}' does not exist.",
            "DriveNotFound",
            category="ObjectNotFound",
            target=drive,
            kind="DriveNotFoundException",
        )

    def preference(self, S: Scope, name: str) -> str:
        """A preference variable as the name of an action."""
        scope: Scope | None = S
        while scope is not None:
            value = scope.vars.get(name)
            if value is not None:
                return value.name if isinstance(value, ActionPreference) else self.action(value).name
            scope = scope.parent
        return "Continue"

    def action(self, value: Any) -> ActionPreference:
        """An action preference from whatever says it."""
        if isinstance(value, ActionPreference):
            return value
        made: ActionPreference = cast_value(value, nettypes.ACTION_PREFERENCE)
        return made

    # Errors and streams

    def enter_try(self) -> None:
        """A try block begins."""
        self.tries += 1

    def leave_try(self) -> None:
        """It ends."""
        self.tries -= 1

    def remember(self, record: ErrorRecord) -> None:
        """Put an error at the head of `$Error`."""
        if not (self.errors and self.errors[0] is record):
            self.errors.insert(0, record)

    def put_error(self, record: ErrorRecord) -> None:
        """Write an error to the error stream."""
        self.sinks[2](record)

    def report(
        self,
        S: Scope,
        record: ErrorRecord,
        action: str | None = None,
        listeners: Any = (),
        where: tuple[int, int] | None = None,
    ) -> None:
        """A non-terminating error: shown, kept, or made terminating, as the action says.

        Raises:
            ScriptError: the action is Stop.
        """
        chosen = action or self.preference(S, "erroractionpreference")
        self.ok = False
        if chosen in ("Stop", "Break"):
            record.stopped = True
            raise ScriptError(record, thrown=True)
        if chosen != "Ignore":
            self.place(S, record, where)
            self.remember(record)
        self.hear(2, record, listeners)
        if chosen not in ("SilentlyContinue", "Ignore"):
            self.put_error(record)

    def hear(self, number: int, record: Any, listeners: Any = ()) -> None:
        """Give a record to the variables that listen to its stream."""
        for group in (listeners, *self.listening):
            for stream, heard in group:
                if stream == number:
                    heard.append(record)

    def place(self, S: Scope, record: ErrorRecord, where: tuple[int, int] | None = None) -> None:
        """Say where in the script a non-terminating error arose.

        Args:
            where: line and column of the command that writes it; without it, the line that is running.
        """
        if not record.line:
            place_at(record, sys._getframe(1), where)

    def write_stream(self, number: int, value: Any) -> None:
        """Write to a stream without asking a preference."""
        self.sinks[number](streamed(number, value))

    def message(
        self,
        S: Scope,
        number: int,
        text: Any,
        action: str | None = None,
        listeners: Any = (),
    ) -> None:
        """A warning, verbose, debug or information message, as its preference says."""
        names = {
            3: "warningpreference",
            4: "verbosepreference",
            5: "debugpreference",
            6: "informationpreference",
        }
        chosen = action or self.preference(S, names[number])
        record = streamed(number, text)
        if chosen != "Ignore":
            self.hear(number, record, listeners)
        if chosen in ("SilentlyContinue", "Ignore"):
            # Redirected, an information record is written even so.
            if number == 6 and self.sinks[6] != self.host.information and chosen != "Ignore":
                self.sinks[6](record)
            return
        self.sinks[number](record)
        if chosen == "Stop":
            raise runtime_error(
                f"The running command stopped because the preference variable "
                f'"{PREFERENCE_NAMES[number]}" or common parameter is set to Stop: {to_text(text)}',
                "ActionPreferenceStop",
                category="OperationStopped",
                kind="ActionPreferenceStopException",
            )

    # Commands

    def find_function(self, S: Scope, name: str) -> FunctionInfo | None:
        """A function by name, from this scope outwards."""
        folded = name.lower()
        scope: Scope | None = S
        while scope is not None:
            if scope.functions is not None and folded in scope.functions:
                found: FunctionInfo = scope.functions[folded]
                return found
            scope = scope.parent
        return None

    def find_alias(self, S: Scope, name: str) -> str | None:
        """What an alias stands for."""
        folded = name.lower()
        scope: Scope | None = S
        while scope is not None:
            if scope.aliases is not None and folded in scope.aliases:
                return scope.aliases[folded]
            scope = scope.parent
        from psbridge.script.commands.table import ALIASES

        return ALIASES.get(folded)

    def define_function(self, S: Scope, name: str, code: Any, is_filter: bool) -> None:
        """`function name {...}`."""
        where, colon, rest = name.partition(":")
        target = S
        if colon and where.lower() in ("global", "script", "local", "private"):
            target = S.named(where)
            name = rest
        if target.functions is None:
            target.functions = {}
        target.functions[name.lower()] = FunctionInfo(name, code, self, is_filter)
        for alias in aliases_of(S, code):
            target.aliases = {**(target.aliases or {}), alias.lower(): name}

    def invocation_of(self, stage: Any) -> Bag:
        """`$MyInvocation`."""
        return invocation(self, stage)

    def location(self) -> str:
        """The current folder."""
        return Place.folder or str(Path.cwd())

    # Running text

    def compile_text(self, text: str, file: str | None = None) -> Any:
        """A script's text, compiled.

        Raises:
            ScriptError: it cannot be parsed.
        """
        parsed = parse(text)
        if parsed.errors:
            raise parse_failure(parsed.errors, text, file)
        try:
            code = compile_script(parsed.tree, text, file)
            finish(code, self.names)
        except RecursionError:  # a chain of thousands of operators or calls
            error = ParseError("ScriptTooComplicated", "The script is too complicated to parse.", 1, 1)
            raise parse_failure([error], text, file) from None
        return code

    def block_from_text(self, text: str) -> Block:
        """`[scriptblock]::Create(text)`."""
        return Block(self.compile_text(text), self)

    def constant(self, S: Scope, node: Any, unit: Unit) -> Any:
        """The value of an expression among an attribute's arguments."""
        if isinstance(node, (s.StringConstantExpression, s.ConstantExpression)):
            return node.value
        if isinstance(node, s.ArrayLiteral):
            return [self.constant(S, item, unit) for item in node.elements]
        return self.evaluate(S, node, unit)

    def evaluate(self, S: Scope, node: Any, unit: Unit) -> Any:
        """The value of an expression of a text that is compiled, in a scope."""
        return unit.function_of(node, self.names)(S)

    def run_text(
        self,
        text: str,
        out: Callable[[Any], Any],
        *,
        file: str | None = None,
        arguments: list[Any] | None = None,
        scope: Scope | None = None,
        input_: Any = None,
    ) -> int:
        """Run a script at the top of the session; its exit code.

        Raises:
            ScriptError: an error ended it.
        """
        code = self.compile_text(text, file)
        home = scope or self.globals
        self.script_file = file
        home.vars["psscriptroot"] = str(Path(file).parent) if file else ""
        home.vars["pscommandpath"] = file or ""
        hoist_types(self, home, code)
        stage = BlockStage(
            self,
            code,
            home,
            arguments or [],
            out,
            name=Path(file).name if file else "",
            local=False,
            has_input=input_ is not None,
        )
        if file:
            home.vars["myinvocation"] = self.invocation_of(stage)
        try:
            stage.begin()
            if input_ is not None:
                home.vars["input"] = Enumerator(input_)
            if code.process is not None and input_ is not None:
                for item in loop_items(input_):
                    stage.process(item)
            elif code.process is not None:
                stage.process_once()
            stage.end()
        except ExitFlow as end:
            self.left = True
            return end.code
        except (BreakFlow, ContinueFlow, ReturnFlow, StopUpstream):
            return 0
        return 0


def spelt_variable(name: str) -> str:
    """A variable's name as the line that is running spells it."""
    frame = script_frame(sys._getframe(1))
    line = line_of(text_of(frame), frame.f_lineno) if frame is not None else ""
    spelt = re.search(rf"\$\{{?(?:\w+:)?({re.escape(name)})\b", line, re.IGNORECASE)
    return spelt.group(1) if spelt else name


def hoist_types(rt: Runtime, S: Scope, code: Any) -> None:
    """The classes and enumerations of a script exist before its first statement runs; so do `using`s."""
    from .definitions import define_type, use

    for using in code.usings:
        use(rt, S, using)
    block = code.node.end_block
    for node in block.statements if block is not None else ():
        if isinstance(node, s.TypeDefinition):
            define_type(S, node, code.unit)


def parse_failure(errors: list[ParseError], text: str, file: str | None) -> ScriptError:
    """The ParseException of a text."""
    from psbridge.script.display.positions import position_message

    lines = lines_of(text) or [""]
    shown = []
    for error in errors[:10]:
        one = ErrorRecord(ExceptionObject("ParseException", error.message), error.id, "ParserError")
        one.line, one.column, one.script = error.line, error.column, file or ""
        one.text = lines[min(error.line, len(lines)) - 1]
        one.length = error.length
        shown.append(f"{position_message(one)}\n{error.message}")
    record = ErrorRecord(ExceptionObject("ParseException", "\n\n".join(shown)), errors[0].id, "ParserError")
    record.line, record.column, record.script = errors[0].line, errors[0].column, file or ""
    record.text = lines[min(errors[0].line, len(lines)) - 1]
    record.details = None
    failure = ScriptError(record, thrown=True)
    failure.parse_errors = errors  # type: ignore[attr-defined]
    return failure


_UNKNOWN: Any = object()
__all__ = ["Options", "Runtime"]
