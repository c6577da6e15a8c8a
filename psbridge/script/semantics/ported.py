"""A ported function or block in the form in which the interpreter runs its own.

What runs it is in `session`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from inspect import signature
from types import FunctionType
from typing import Any

from psbridge.errors import PSBridgeError

ROLES = ("begin", "process", "end")
_PARTS = "\0parts"
_EXTRA = {
    "item": "_",
    "current_item": "_",
    "arguments": "args",
    "bound": "psboundparameters",
    "cmdlet": "pscmdlet",
    "pipeline_input": "input",
    "this": "this",
}
"""What the parameters of a ported function are called that are not parameters of the script's."""


class Code:
    """A ported block, in the form in which the interpreter runs its own."""

    key = "ported"
    text = ""
    file = None
    line = 1
    dynamic = None
    clean = None
    unit = None

    def __init__(
        self,
        name: str,
        parameters: Iterable[Any],
        roles: Mapping[str, Callable[..., Any] | None],
        options: dict[str, Any],
    ) -> None:
        from psbridge.script.interpreter.parameters import laid_out

        from .session import parameters_of

        listed = parameters_of(parameters)
        self.names = {_plain(one.name): one.name.lower() for one, _, _ in listed}
        self.param = listed or None
        self.names_used = {"input"}
        parts = roles.get("parts")
        if parts is None:
            self.begin, self.process, self.end = (self._run(roles.get(role)) for role in ROLES)
        else:
            self.begin, self.process, self.end = (
                self._of_call(parts, role) if role in parts() else None for role in ROLES
            )
        self.has_blocks = self.begin is not None or self.process is not None
        self.defaults = {
            one.name.lower(): _default(default, self.names)
            for one, _, default in listed
            if default is not None
        }
        explicit = any(is_explicit for _, is_explicit, _ in listed)
        advanced = options.pop("advanced", False) or explicit
        self.signature = laid_out(
            name, [one for one, _, _ in listed], self.defaults, advanced=advanced, **options
        )

    def _of_call(self, parts: Callable[[], dict[str, Any]], role: str) -> Any:
        """One of the parts of a call: the first that runs makes them, for all of that call."""

        def values(scope: Any) -> Iterable[Any]:
            made = scope.vars.get(_PARTS)
            if made is None:
                made = scope.vars[_PARTS] = {key: self._run(part) for key, part in parts().items()}
            found: Iterable[Any] = made[role].values(scope)
            return found

        return Part(values)

    def _run(self, function: Callable[..., Any] | None) -> Any:
        if function is None:
            return None
        wanted = [one.name for one in signature(function).parameters.values() if one.default is one.empty]
        numbered = {one: re.sub(r"_\d+$", "", one) for one in wanted}  # `value_2` where `value` is another's
        sources = {
            one: self.names.get(_plain(one)) or self.names.get(_plain(numbered[one])) or _EXTRA.get(one, one)
            for one in wanted
        }

        def values(scope: Any) -> Iterable[Any]:
            from psbridge.script.interpreter.output import emit

            produced = function(**{one: _read(scope, name) for one, name in sources.items()})
            if isinstance(produced, Iterator):
                return produced
            found: list[Any] = []
            if produced is not None:
                emit(found.append, produced)
            return found

        return Part(values)


class Part:
    """A part of a ported function: what it puts out, as it comes."""

    __slots__ = ("values",)

    def __init__(self, values: Callable[[Any], Iterable[Any]]) -> None:
        self.values = values

    def __call__(self, scope: Any, out: Callable[[Any], Any]) -> None:
        for value in self.values(scope):
            out(value)


def streamed(runtime: Any, name: str, bound: list[Any], given: Iterable[Any] | None) -> Iterator[Any]:
    """What a ported function puts out, each object as soon as it comes.

    Args:
        runtime: the session.
        name: the function's.
        bound: its arguments.
        given: what comes down the pipeline; None when the function is not in one.
    """
    from psbridge.script.interpreter.caught import record_of
    from psbridge.script.interpreter.commands_of import hear, make_stage

    runtime.ok = True
    output: list[Any] = []
    spec = (name, bound, 1, 1, None, False, False)
    stage = make_stage(runtime, runtime.scope, spec, output.append, given is not None)
    waiting: list[Any] = []
    stage.holds = waiting.append

    def values() -> Iterator[Any]:
        for part in waiting:
            produced = iter(part.values(stage.scope))
            value = None
            while value is not _END:
                with stage.inside():
                    value = next(produced, _END)
                    if value is not _END:
                        stage.sink(value)
                yield from output
                output.clear()
        waiting.clear()

    try:
        stage.begin()
        yield from values()
        if given is not None:
            for item in given:
                stage.process(item)
                yield from values()
        elif stage.code.process is not None:
            stage.process_once()
            yield from values()
        stage.end()
        yield from values()
    except PSBridgeError as error:
        hear(stage, record_of(error))
        raise
    runtime.ok = not stage.failed


_END: Any = object()


def _default(default: Callable[..., Any], names: Mapping[str, str]) -> Callable[[Any], Any]:
    """A default as the binder asks for it: its parameters are those of the function that it wants to know."""
    if not isinstance(default, FunctionType):
        return lambda scope: default()
    sources = {one: names.get(_plain(one), one) for one in signature(default).parameters}
    return lambda scope: default(**{one: _read(scope, name) for one, name in sources.items()})


def _read(scope: Any, name: str) -> Any:
    found = scope.find(name)
    return found.vars[name] if found is not None else None


def _plain(name: str) -> str:
    """What a parameter's name and its Python name have in common."""
    return "".join(letter for letter in name.lower() if letter.isalnum())


__all__ = ["ROLES", "Code", "streamed"]
