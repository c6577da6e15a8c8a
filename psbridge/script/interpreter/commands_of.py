"""Running commands: names to what they stand for, stages to a pipeline."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from psbridge.binding.text import to_text
from psbridge.errors import PSBridgeError
from psbridge.script.net.place import full
from psbridge.script.semantics.errors import ErrorRecord, ExceptionObject, ScriptError, runtime_error
from psbridge.script.semantics.values import Wrapped

from .blocks import Block, FunctionInfo
from .caught import ending, record_of
from .flow import ExitFlow, StopUpstream
from .scope import Scope
from .stages import BlockStage
from .streams import Redirected, close
from .support import NO_INPUT

GENERATED = "run_pipeline redirected_expression background".split()
Out = Callable[[Any], Any]


_MODULE = re.compile(r"[\w.-]*\w[\w.-]*")
"""What stands before `\\` and a command's name: no drive, nor a folder within another."""


class ScriptFile:
    """A script on disk, as a command."""

    kind = "ExternalScript"

    def __init__(self, path: str) -> None:
        self.path = path
        self.name = Path(path).name


class Application:
    """Another program, as a command."""

    kind = "Application"

    def __init__(self, path: str) -> None:
        self.path = path
        self.name = Path(path).name


def find_command(rt: Any, S: Scope, name: str) -> Any:
    """What a command's name stands for: alias, function, cmdlet, script or program; None when nothing."""
    for _ in range(10):
        target = rt.find_alias(S, name)
        if target is None:
            break
        name = target
    function = rt.find_function(S, name)
    if function is not None:
        return function
    module, _, rest = name.rpartition("\\")
    if _MODULE.fullmatch(module):
        return _find_file(name) or find_command(rt, S, rest)
    from psbridge.script.commands.table import find_cmdlet

    cmdlet = find_cmdlet(name)
    if cmdlet is not None:
        return cmdlet
    return _find_file(name)


def _find_file(name: str) -> Any:
    normal = name.replace("\\", "/") if "\\" in name else name
    if normal.lower().endswith(".ps1") and ("/" in normal):
        path = full(normal)
        return ScriptFile(path) if Path(path).is_file() else None
    script = Path(f"{full(normal)}.ps1") if "/" in normal else None
    if script is not None and script.is_file() and not Path(full(normal)).is_file():
        return ScriptFile(str(script))
    from psbridge.script.net.programs import find_program

    found = find_program(normal)
    return Application(found) if found else None


def unknown_command(rt: Any, S: Scope, name: str) -> ScriptError:
    """CommandNotFoundException, with the nearest names."""
    message = (
        f"The term '{name}' is not recognized as a name of a cmdlet, function, script file, or "
        f"executable program.\n"
        "Check the spelling of the name, or if a path was included, verify that the path is "
        "correct and try again."
    )
    exception = ExceptionObject("CommandNotFoundException", message, extra={"CommandName": name})
    record = ErrorRecord(exception, "CommandNotFoundException", "ObjectNotFound", name)
    record.hint = _nearest(rt, S, name)  # type: ignore[attr-defined]
    error = ScriptError(record)
    error.statement_only = True
    if record.hint:  # type: ignore[attr-defined]
        error.__notes__ = [record.hint]  # type: ignore[attr-defined]
    return error


def _nearest(rt: Any, S: Scope, name: str) -> str | None:
    from difflib import get_close_matches

    from psbridge.script.commands.table import command_names

    known = {one.lower(): one for one in command_names()}
    scope: Scope | None = S
    while scope is not None:
        for function in (scope.functions or {}).values():
            known[function.name.lower()] = function.name
        scope = scope.parent
    close = get_close_matches(name.lower(), known, n=3, cutoff=0.7)
    return f"Did you mean {' or '.join(known[one] for one in close)}?" if close else None


def make_stage(rt: Any, S: Scope, spec: tuple[Any, ...], sink: Out, has_input: bool) -> Any:
    """One command of a pipeline, ready to begin; it knows its place in the script and how it is called."""
    stage = _make_stage(rt, S, spec, sink, has_input)
    stage.where = spec[2:4]
    stage.called = "." if spec[5] else "&" if spec[6] else spec[0]
    return stage


def _make_stage(rt: Any, S: Scope, spec: tuple[Any, ...], sink: Out, has_input: bool) -> Any:
    name, arguments, line, column, redirections, dotted, ampersand = spec
    if redirections is not None:
        redirected = Redirected(rt, redirections, sink)
        redirected.stage = make_stage(
            rt, S, (name, arguments, line, column, None, dotted, ampersand), redirected.sink, has_input
        )
        return redirected
    if type(name) is str:
        info = find_command(rt, S, name)
        if info is None:
            raise unknown_command(rt, S, name)
    else:
        info = name.value if isinstance(name, Wrapped) else name
    if isinstance(info, FunctionInfo):
        return BlockStage(
            rt,
            info.code,
            info.scope or S,
            arguments,
            sink,
            name=info.name,
            has_input=has_input,
            info=info,
            is_filter=info.is_filter,
            local=not dotted,
        )
    if isinstance(info, Block):
        parent = info.closure or S
        return BlockStage(rt, info.code, parent, arguments, sink, has_input=has_input, local=not dotted)
    start = getattr(info, "start", None)
    if start is not None:
        return start(rt, S, arguments, sink, has_input)
    if isinstance(info, ScriptFile):
        return ScriptStage(rt, info, S, arguments, sink, has_input, dotted)
    if isinstance(info, Application):
        from .native import NativeStage

        return NativeStage(rt, info, S, arguments, sink, has_input)
    if info is None:
        raise runtime_error(
            "The expression after '&' in a pipeline element produced an object that was not "
            "valid. It must result in a "
            "command name, a script block, or a CommandInfo object.",
            "BadExpression",
        )
    text = to_text(info)
    known = find_command(rt, S, text)
    if known is None:
        raise unknown_command(rt, S, text)
    return make_stage(rt, S, (text, *spec[1:]), sink, has_input)


class ScriptStage(BlockStage):
    """A script file as a command: a script scope of its own, unless it is dotted."""

    def __init__(
        self,
        rt: Any,
        info: ScriptFile,
        S: Scope,
        arguments: list[Any],
        sink: Out,
        has_input: bool,
        dotted: bool,
    ) -> None:
        from .engine import hoist_types

        text = read_script(info.path)
        code = rt.compile_text(text, info.path)
        super().__init__(
            rt, code, S, arguments, sink, name=info.name, has_input=has_input, local=not dotted, info=None
        )
        if not dotted:
            self.scope.kind = "script"
        variables = self.scope.vars
        self.saved = {key: variables.get(key) for key in ("psscriptroot", "pscommandpath")}
        self.dotted = dotted
        variables["psscriptroot"] = str(Path(info.path).parent)
        variables["pscommandpath"] = info.path
        hoist_types(rt, self.scope, code)

    def end(self) -> None:
        try:
            super().end()
        finally:
            if self.dotted:
                self.scope.vars.update(self.saved)

    def _run(self, function: Any) -> None:
        try:
            super()._run(function)
        except ExitFlow as end:
            if self.dotted:
                raise
            self.rt.globals.vars["lastexitcode"] = end.code
            self.rt.ok = end.code == 0


def read_script(path: str) -> str:
    """A script's text: UTF-8, or what its byte-order mark says."""
    from psbridge.script.net.place import read_text

    return read_text(path)


def run_pipeline(S: Scope, out: Out, source: Any, specs: list[tuple[Any, ...]]) -> None:
    """Run a pipeline: commands fed by an expression, or by the first of them."""
    rt = S.rt
    rt.scope = S
    rt.ok = True
    if rt.options.trace:
        for spec in specs:
            rt.host.write_error(f"{rt.script_file or 'line'}:{spec[2]}: {to_text(spec[0])}\n")
    piped = source is not NO_INPUT
    if not piped and len(specs) == 1:
        stage = make_stage(rt, S, specs[0], out, False)
        _run_one(stage)
        rt.scope = S
        rt.ok = not stage.failed and _after(stage, rt)
        return
    stages: list[Any] = []
    sink = out
    last = len(specs) - 1
    for number in range(last, -1, -1):
        stage = make_stage(rt, S, specs[number], sink, piped or number > 0)
        stages.append(stage)
        sink = stage.process
    stages.reverse()
    try:
        _run_stages(stages, source, piped)
    except BaseException as error:
        if isinstance(error, PSBridgeError):
            record = record_of(error)
            for stage in stages:
                if record.command is not None and getattr(stage, "info", None) is record.command:
                    hear(stage, record)
        for stage in stages:
            close(stage)
        raise
    rt.scope = S
    rt.ok = not any(stage.failed for stage in stages)


def _after(stage: Any, rt: Any) -> bool:
    """`$?` after a single command that did not fail itself."""
    code = getattr(stage, "code", None)
    return True if code is not None else bool(rt.ok)


def _run_one(stage: Any) -> None:
    try:
        stage.begin()
        if getattr(stage, "code", None) is None or stage.code.process is not None:
            stage.process_once()
        stage.end()
    except StopUpstream as stop:
        if stop.command is not stage:
            raise
        stage.end()
    except BaseException as error:
        if isinstance(error, PSBridgeError) and stage.name:
            hear(stage, record_of(error))
        close(stage)
        raise


def hear(stage: Any, record: ErrorRecord) -> None:
    """Give the record that ends a command to its -ErrorVariable."""
    for stream, heard in getattr(getattr(stage, "stage", stage), "listeners", ()):
        if stream == 2 and not any(one is record for one in heard):
            heard.append(ending(record) or record)


def _run_stages(stages: list[Any], source: Any, piped: bool) -> None:
    first = 0
    try:
        _begin(stages)
        if piped:
            feed = stages[0].process
            for item in source:
                feed(item)
        else:
            head = stages[0]
            if getattr(head, "code", None) is None or head.code.process is not None:
                head.process_once()
    except StopUpstream as stop:
        owner = next((place for place, stage in enumerate(stages) if _is_stage(stage, stop.command)), None)
        if owner is None:
            raise
        for stage in stages[:owner]:
            close(stage)
        first = owner
    while True:
        try:
            for stage in stages[first:]:
                first += 1
                stage.end()
            return
        except StopUpstream as stop:
            owner = next(
                (place for place, stage in enumerate(stages) if _is_stage(stage, stop.command)), None
            )
            if owner is None:
                raise
            first = owner


def _begin(stages: list[Any]) -> None:
    """Begin the commands in order; what one puts out meanwhile has the next begin first."""
    if len(stages) == 1:
        stages[0].begin()
        return
    starts = [_Start(stage) for stage in stages]
    for stage, following in zip(stages, starts[1:], strict=False):
        setattr(stage, _SINKS.get(type(stage), "sink"), following)
    for start in starts:
        start.begin()
    for stage, following in zip(stages, starts[1:], strict=False):
        name = _SINKS.get(type(stage), "sink")
        if getattr(stage, name) is following:  # it is heard by nobody else
            setattr(stage, name, following.stage.process)


_SINKS: dict[type, str] = {Redirected: "below"}
"""Where a stage has what its output goes to, where that is not its `sink`."""


class _Start:
    """A command that begins before it gets its first object."""

    __slots__ = ("begun", "stage")

    def __init__(self, stage: Any) -> None:
        self.stage = stage
        self.begun = False

    def begin(self) -> None:
        """Begin, unless that was done."""
        if not self.begun:
            self.begun = True
            self.stage.begin()

    def __call__(self, item: Any) -> None:
        self.begin()
        self.stage.process(item)


def _is_stage(stage: Any, command: Any) -> bool:
    return stage is command or getattr(stage, "stage", None) is command


class ExpressionStage:
    """An expression with redirections."""

    failed = False
    code = None
    name = ""

    def __init__(self, values: Any, sink: Out) -> None:
        self.values = values
        self.sink = sink

    def begin(self) -> None:
        pass

    def process(self, item: Any) -> None:
        pass

    def process_once(self) -> None:
        for value in self.values:
            self.sink(value)

    def end(self) -> None:
        pass


def redirected_expression(S: Scope, out: Out, source: Any, redirections: Any) -> None:
    """`'x' > file`."""
    rt = S.rt
    stage = Redirected(rt, redirections, out)
    stage.stage = ExpressionStage(source, stage.sink)
    _run_one(stage)
    rt.ok = True


def background(S: Scope, out: Out, node: Any) -> None:
    """`command &`."""
    raise runtime_error("Background jobs are not run here.", "NotSupported", category="NotImplemented")
