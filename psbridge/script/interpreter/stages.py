"""A function or script block as one command of a pipeline: arguments, scopes, begin/process/end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from psbridge.binding import messages, nettypes
from psbridge.binding.arguments import MISSING, Argument, splatted
from psbridge.binding.binder import Binder
from psbridge.binding.coercion import bind_value
from psbridge.binding.errors import (
    InvalidCast,
    ParameterBindingError,
    ParameterBindingTransformationError,
)
from psbridge.binding.metadata import Metadata
from psbridge.binding.text import to_text
from psbridge.binding.values import Literal, ObjectList
from psbridge.script.net.lists import Enumerator
from psbridge.script.semantics.casts import cast_value
from psbridge.script.semantics.values import Hashtable, TypedArray

from . import compiler
from .bound import bound_table
from .caught import record_of
from .defaults import default_arguments
from .flow import ReturnFlow
from .invocation import asks_for_invocation
from .parameters import Signature, empty_value, signature_of
from .scope import Scope
from .support import Dashes, Splat


def ready(rt: Any, code: Any) -> None:
    """Compile a block when it first runs."""
    if not code.key:
        compiler.finish(code, rt.names)


def signature(rt: Any, S: Scope, name: str, code: Any) -> Signature:
    """A block's signature, read once."""
    if code.signature is None:
        ready(rt, code)
        code.signature = signature_of(S, name, code)
    return code.signature  # type: ignore[no-any-return]


def tokens(arguments: list[Any]) -> list[Argument]:
    """A command's arguments for the binder."""
    made: list[Argument] = []
    values_only = False
    for argument in arguments:
        if type(argument) is Dashes:
            values_only = True
        elif isinstance(argument, Argument):
            if values_only and argument.name is not None:
                made.append(Argument(value=argument.text))
            else:
                made.append(argument)
        elif isinstance(argument, Splat):
            made += splatted(argument.value)
        else:
            made.append(Argument(value=argument))
    return made


_CONVERTING = frozenset(
    {nettypes.BOOLEAN, nettypes.SWITCH, nettypes.SINGLE, nettypes.DOUBLE, nettypes.DECIMAL}
)


def bound_call(
    S: Scope, command: str, metadata: Metadata, arguments: list[Any], *, pipeline: bool, defaults: bool = True
) -> Binder:
    """A call's arguments bound, with `$PSDefaultParameterValues` for parameters that it does not give itself.

    Args:
        pipeline: whether objects will come by the pipeline.
        defaults: whether the command takes that variable's values at all.
    """

    def bind(added: list[Argument]) -> Binder:
        binder = Binder(metadata, pipeline_expected=pipeline)
        binder.bind_command_line([*tokens(arguments), *added])
        return binder

    added = default_arguments(S, command, metadata) if defaults else []
    if not added:
        return bind([])
    try:
        taken = {name.lower() for name in bind([]).bound}
    except ParameterBindingError:
        taken = {to_text(one.name).lower() for one in arguments if isinstance(one, Argument) and one.name}
    return bind([one for one in added if to_text(one.name).lower() not in taken])


def claim(stage: Any, error: ParameterBindingError) -> None:
    """Say of a call that does not bind which command it is, and where it stands."""
    record = record_of(error)
    record.command, record.where = stage.info, stage.where


class BlockStage:
    """A function or script block as one command of a pipeline."""

    failed = False
    where: tuple[int, int] | None = None  # line and column in its script, when it stands there as a command
    called: Any = ""
    holds: Callable[[Any], Any] | None = None
    """Gets the parts of the function as they are due, where something else runs them."""

    def __init__(
        self,
        rt: Any,
        code: Any,
        parent: Scope,
        arguments: list[Any],
        sink: Callable[[Any], Any],
        *,
        name: str = "",
        local: bool = True,
        has_input: bool = False,
        info: Any = None,
        is_filter: bool = False,
    ) -> None:
        ready(rt, code)
        self.rt = rt
        self.code = code
        self.name = name
        self.sink = sink
        self.has_input = has_input
        self.info = info
        self.item: tuple[Any] | None = None
        self.is_filter = is_filter
        self.caller = parent
        self.local = local
        self.scope = Scope(rt, parent) if local else parent
        self.arguments = arguments
        self.binder: Binder | None = None
        self.signature = signature(rt, parent, name, code)
        self.inputs: list[Any] = []
        self.listeners: list[tuple[int, Any]] = []
        self.cmdlet: Any = None

    # Binding

    def _bind(self) -> None:
        chosen = self.signature
        variables = self.scope.vars
        if chosen.simple_positions is not None and self._bind_simply(chosen.simple_positions):
            return
        assert chosen.metadata is not None
        binder = self.binder = bound_call(
            self.caller,
            self.name,
            chosen.metadata,
            self.arguments,
            pipeline=self.has_input and chosen.pipeline,
            defaults=chosen.advanced,
        )
        values = binder.values
        if not chosen.advanced:
            rest = values.pop("\0args", None)
            binder.bound.pop("\0args", None)
            variables["args"] = [] if rest is None else _argument_list(rest)
        common = {}
        if chosen.advanced:
            given = dict(values)
            self._common(values)
            common = {key: value for key, value in given.items() if key not in values}
        self._take(values)
        bound = bound_table(self.code.text)
        for key, value in values.items():
            bound[key] = variables.get(key.lower(), value)
        for key, value in common.items():
            bound[key] = value
        variables["psboundparameters"] = bound
        self._defaults(set(values))

    def _bind_simply(self, parameters: list[Any]) -> bool:
        """Arguments by position only, to a function that is not advanced."""
        arguments = self.arguments
        if any(isinstance(one, (Argument, Splat)) for one in arguments):
            return False
        slots = [one for one in parameters if one.type is not nettypes.SWITCH]
        variables = self.scope.vars
        bound = bound_table(self.code.text)
        for parameter, value in zip(slots, arguments, strict=False):
            plain = value.value if type(value) is Literal and parameter.type is not nettypes.STRING else value
            if parameter.type is not nettypes.OBJECT or parameter.validators:
                plain = typed(bind_value(parameter, plain, self.name), parameter.type)
            variables[parameter.name.lower()] = plain
            bound[parameter.name] = plain
        variables["args"] = [one.value if type(one) is Literal else one for one in arguments[len(slots) :]]
        variables["psboundparameters"] = bound
        if self.signature.rules:
            self.scope.rules = dict(self.signature.rules)
        self._defaults(set(bound))
        return True

    def _take(self, values: dict[str, Any]) -> None:
        variables = self.scope.vars
        types = {parameter.name: parameter.type for parameter in self.signature.parameters}
        for name, value in values.items():
            variables[name.lower()] = typed(value, types.get(name, nettypes.OBJECT))
        if self.signature.rules:
            if self.scope.rules is None:
                self.scope.rules = {}
            self.scope.rules.update(self.signature.rules)

    def _defaults(self, bound: set[str]) -> None:
        """The parameters that were not given: their defaults, evaluated in order."""
        variables = self.scope.vars
        given = {name.lower() for name in bound}
        for parameter in self.signature.parameters:
            folded = parameter.name.lower()
            if folded in given:
                continue
            self._default(parameter, folded, variables)

    def _default(
        self, parameter: Any, folded: str, variables: dict[str, Any], *, again: bool = False
    ) -> None:
        """A parameter that has no value: its default, `again` where an earlier pipeline object gave one."""
        default = self.signature.defaults.get(folded)
        if default is None:
            variables[folded] = empty_value(parameter.type)
            return
        value = default(self.scope)
        if parameter.type is not nettypes.OBJECT and not (again and _comes_back_as_it_is(parameter)):
            try:
                value = cast_value(value, parameter.type)
            except InvalidCast as error:
                raise ParameterBindingTransformationError(
                    messages.TRANSFORMATION.format(parameter.name, error),
                    parameter=parameter.name,
                    command=self.name,
                ) from error
        variables[folded] = value

    def _common(self, values: dict[str, Any]) -> None:
        """What the common parameters do inside an advanced function."""
        variables = self.scope.vars
        rt = self.rt
        for name, preference in _PREFERENCES.items():
            if name in values:
                variables[preference] = rt.action(values.pop(name))
        for name, preference in _SWITCHES.items():
            if name in values:
                asked = bool(values.pop(name))
                variables[preference] = rt.action("Continue" if asked else "SilentlyContinue")
        if "WhatIf" in values:
            variables["whatifpreference"] = bool(values["WhatIf"])
        if "Confirm" in values:
            variables["confirmpreference"] = "Low" if bool(values["Confirm"]) else "None"
        self._listeners(values)

    def _listeners(self, values: dict[str, Any]) -> None:
        """-OutVariable, -ErrorVariable and the like."""
        from .listeners import attach

        for name in (
            "OutVariable",
            "ErrorVariable",
            "WarningVariable",
            "InformationVariable",
            "PipelineVariable",
        ):
            if name in values:
                attach(self, name, str(values.pop(name)))
        values.pop("OutBuffer", None)
        values.pop("ProgressAction", None)

    # Running

    def begin(self) -> None:
        """Bind the parameters and run the begin block."""
        rt = self.rt
        rt.depth += 1
        saved = rt.scope
        rt.scope = self.scope
        try:
            if rt.depth > rt.most_depth:
                raise RecursionError
            try:
                self._bind()
            except ParameterBindingError as error:
                claim(self, error)
                raise
            self._automatic()
            if self.code.begin is not None:
                self._run(self.code.begin)
        finally:
            rt.scope = saved
            rt.depth -= 1

    def _automatic(self) -> None:
        variables = self.scope.vars
        if self.item is not None:
            variables["_"] = self.item[0]
        if self.signature.advanced:
            from .cmdlet import FunctionCmdlet

            self.cmdlet = FunctionCmdlet(self)
            variables["pscmdlet"] = self.cmdlet
        if not self.local:
            return
        if asks_for_invocation(self.code.text):
            variables["myinvocation"] = self.rt.invocation_of(self)
        self.scope.call = self

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Run something of the function's as the function itself."""
        rt = self.rt
        saved = rt.scope
        rt.scope = self.scope
        rt.depth += 1
        if self.listeners:
            rt.listening.append(self.listeners)
        try:
            yield
        finally:
            if self.listeners:
                rt.listening.pop()
            rt.scope = saved
            rt.depth -= 1

    def _run(self, function: Any) -> None:
        if self.holds is not None:
            self.holds(function)
            return
        heard = self.rt.listening
        if self.listeners:
            heard.append(self.listeners)
        try:
            function(self.scope, self.sink)
        except ReturnFlow:
            pass
        finally:
            if self.listeners:
                heard.pop()

    def process(self, item: Any) -> None:
        """One input object."""
        rt = self.rt
        code = self.code
        if code.process is None and not self.is_filter:
            if self.binder is not None and self.signature.pipeline:
                self._bind_input(item)
            elif self.signature.advanced:
                self._refuse(item)
                return
            self.inputs.append(item)
            return
        variables = self.scope.vars
        if self.signature.pipeline and self.binder is not None:
            if not self._bind_input(item):
                return
        elif self.signature.advanced and self.has_input:
            self._refuse(item)
            return
        saved = rt.scope
        previous = variables.get("_", MISSING)
        variables["_"] = item
        rt.scope = self.scope
        rt.depth += 1
        if "input" in code.names_used:
            variables["input"] = Enumerator([item])
        try:
            self._run(code.process if code.process is not None else code.end)
        finally:
            rt.scope = saved
            rt.depth -= 1
            if not self.local:  # a scope of its own keeps the last object, for the end block
                if previous is MISSING:
                    variables.pop("_", None)
                else:
                    variables["_"] = previous

    def _refuse(self, item: Any) -> None:
        error = ParameterBindingError(
            messages.INPUT_NOT_BOUND, error_id="InputObjectNotBound", command=self.name, target=item
        )
        self.rt.report(self.scope, record_of(error))

    def _bind_input(self, item: Any) -> bool:
        binder = self.binder
        assert binder is not None
        try:
            binder.bind_input(item)
        except ParameterBindingError as error:
            self.rt.report(self.scope, record_of(error))
            return False
        fresh = set(binder.fresh)
        variables = self.scope.vars
        bound = variables["psboundparameters"]
        types = {parameter.name: parameter for parameter in self.signature.parameters}
        for name, value in binder.values.items():
            parameter = types.get(name)
            if parameter is None:
                continue
            if name in fresh:
                value = typed(value, parameter.type)
                variables[name.lower()] = value
                bound[name] = value
            else:
                self._default(parameter, name.lower(), variables, again=True)
        return True

    def process_once(self) -> None:
        """The process block of a call without pipeline input."""
        rt = self.rt
        saved = rt.scope
        rt.scope = self.scope
        rt.depth += 1
        try:
            self._run(self.code.process)
        finally:
            rt.scope = saved
            rt.depth -= 1

    def end(self) -> None:
        """Run the end block."""
        code = self.code
        rt = self.rt
        if code.end is None or (self.is_filter and code.process is None and self.has_input):
            return
        saved = rt.scope
        rt.scope = self.scope
        rt.depth += 1
        variables = self.scope.vars
        if self.local:
            variables["input"] = Enumerator(self.inputs)
            if self.inputs and self.signature.pipeline:
                variables["_"] = self.inputs[-1]
        try:
            self._run(code.end)
        finally:
            rt.scope = saved
            rt.depth -= 1


def _comes_back_as_it_is(parameter: Any) -> bool:
    """Whether PowerShell puts this parameter's default back unconverted.

    It keeps numbers and what is no value type in variables that convert; but none that has a validator.
    """
    kind = parameter.type
    number = kind.bounds is not None or kind in _CONVERTING
    return bool(parameter.validators) or (kind.is_value and not number)


def typed(value: Any, type_: Any) -> Any:
    """A bound value as a script sees it: an array knows its element type, a dictionary its kind."""
    if type(value) is Literal:
        value = value.value
    if type_ is nettypes.OBJECT or value is None:
        return value
    if type_.is_array and type(value) is list and type_.element is not nettypes.OBJECT:
        return TypedArray(value, type_.element)
    if type_ is nettypes.HASHTABLE and type(value) is dict:
        return Hashtable(value)
    if type(value) is list and type_.rule is not None:
        return cast_value(value, type_)
    return value


def _argument_list(rest: Any) -> list[Any]:
    items = rest if isinstance(rest, ObjectList) else [rest]
    return [one.value if type(one) is Literal else one for one in items]


_PREFERENCES = {
    "ErrorAction": "erroractionpreference",
    "WarningAction": "warningpreference",
    "InformationAction": "informationpreference",
}
_SWITCHES = {"Verbose": "verbosepreference", "Debug": "debugpreference"}
