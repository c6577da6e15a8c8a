"""A command: its parameters, and the ways to bind a call's arguments to them.

`bind` takes tokens as a script writes them, `bind_call` a Python call's arguments; `pipe` and `pipe_call`
take input objects as well. `bind_call` first tries the short path for plain keyword calls, in `quick`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from psbridge.binding.arguments import Argument, splatted
from psbridge.binding.binder import Binder
from psbridge.binding.errors import ParameterBindingError
from psbridge.binding.metadata import Metadata
from psbridge.binding.ordinal import folded
from psbridge.binding.parameters import COMMON, SHOULD_PROCESS, Parameter, give_positions
from psbridge.binding.quick import QuickBinder


class Binding:
    """What one call, or one input object of it, bound.

    Attributes:
        bound: value by parameter name, in order of binding.
        parameter_set: the name of the parameter set chosen.
        carried: values that earlier input objects of the same call left in PowerShell's `$PSBoundParameters`
            and that this object did not bind; empty without pipeline input.
    """

    __slots__ = ("bound", "carried", "parameter_set")

    def __init__(self, bound: dict[str, Any], parameter_set: str, carried: dict[str, Any]) -> None:
        self.bound = bound
        self.parameter_set = parameter_set
        self.carried = carried

    @property
    def ps_bound_parameters(self) -> dict[str, Any]:
        """What `$PSBoundParameters` holds in PowerShell: `bound` and `carried`."""
        return {**self.carried, **self.bound}

    def __repr__(self) -> str:
        return f"<Binding {self.parameter_set} {list(self.bound)}>"


class Command:
    """A cmdlet as the binder sees it.

    Args:
        name: the cmdlet's name, as errors give it.
        parameters: the declared parameters, in order.
        default_set: the name of the default parameter set.
        supports_should_process: adds -WhatIf and -Confirm.
        positional_binding: gives parameters without any declared position or set positions in order, switches
            left out, as PowerShell does for functions unless told not to.
    """

    __slots__ = (
        "_metadata",
        "_quick",
        "default_set",
        "name",
        "parameters",
        "supports_should_process",
    )

    def __init__(
        self,
        name: str,
        parameters: Iterable[Parameter],
        *,
        default_set: str | None = None,
        supports_should_process: bool = False,
        positional_binding: bool = False,
    ) -> None:
        self.name = name
        self.parameters = tuple(parameters)
        self.default_set = default_set
        self.supports_should_process = supports_should_process
        if positional_binding:
            give_positions(self.parameters)
        self._metadata: Metadata | None = None
        self._quick: QuickBinder | None = None

    def __repr__(self) -> str:
        return f"<Command {self.name}>"

    @property
    def metadata(self) -> Metadata:
        """The parameters laid out for the full algorithm; made on first use."""
        if self._metadata is None:
            common = (*COMMON, *SHOULD_PROCESS) if self.supports_should_process else COMMON
            self._metadata = Metadata(self.name, (*self.parameters, *common), self.default_set)
        return self._metadata

    def bind(self, arguments: Iterable[object] = (), *, splat: object = None) -> Binding:
        """Bind a call without pipeline input.

        Args:
            arguments: the tokens in order: `Argument` objects, any other value being positional.
            splat: a mapping or list that was splatted after them.

        Raises:
            ParameterBindingError: the call is wrong.
        """
        binder = Binder(self.metadata)
        binder.bind_command_line(_tokens(arguments, splat))
        return Binding(binder.values, self.metadata.set_name(binder.resolver.flags), {})

    def pipe(
        self, arguments: Iterable[object], objects: Iterable[object], *, splat: object = None
    ) -> Iterator[Binding | ParameterBindingError]:
        """Bind a call with pipeline input, lazily: one Binding, or that object's error, per input object.

        Args:
            arguments: as for `bind`.
            objects: the input objects; a list among them is one object.
            splat: as for `bind`.

        Raises:
            ParameterBindingError: the call itself is wrong, when the first result is asked for.
        """
        binder = Binder(self.metadata, pipeline_expected=True)
        binder.bind_command_line(_tokens(arguments, splat))
        for item in objects:
            try:
                binder.bind_input(item)
            except ParameterBindingError as error:
                yield error
                continue
            fresh = set(binder.fresh)
            yield Binding(
                {name: value for name, value in binder.values.items() if name in fresh},
                self.metadata.set_name(binder.resolver.flags),
                {name: value for name, value in binder.values.items() if name not in fresh},
            )

    def bind_call(self, args: Sequence[object], kwargs: Mapping[str, object]) -> dict[str, Any]:
        """Bind a Python call: positional values, and keywords by any spelling PowerShell takes.

        A keyword is a parameter's wire name, or its name in any case, an alias, or an unambiguous prefix. A
        switch is given as `True` or `False`; None is `$null`.

        Returns:
            Value by proper parameter name, in order of binding.

        Raises:
            ParameterBindingError: the call is wrong.
        """
        if args:
            return self.bind(self._call_arguments(args, kwargs)).bound
        quick = self._quick
        if quick is None:
            quick = self._quick = QuickBinder(self.name, self.parameters, self.default_set)
        found = quick.bind(kwargs)
        if found is None:
            found = self.bind(self._call_arguments(args, kwargs)).bound
            quick.learn(kwargs)
        return found

    def pipe_call(
        self, args: Sequence[object], kwargs: Mapping[str, object], objects: Iterable[object]
    ) -> Iterator[dict[str, Any] | ParameterBindingError]:
        """Bind a Python call for each input object, lazily.

        Yields:
            For each object what it and the call bound, or the error that keeps it from being bound; the
            objects after an error go on. A list among the objects is one object.

        Raises:
            ParameterBindingError: the call itself is wrong, when the first result is asked for.
        """
        for result in self.pipe(self._call_arguments(args, kwargs), objects):
            yield result.bound if isinstance(result, Binding) else result

    def _call_arguments(self, args: Sequence[object], kwargs: Mapping[str, object]) -> list[Argument]:
        found = [Argument(value=value) for value in args]
        metadata = self.metadata
        wires: dict[str, str] | None = None
        for key, value in kwargs.items():
            name = key
            typed = folded(key)
            if typed not in metadata.names and typed not in metadata.aliases:
                if wires is None:
                    wires = {item.wire_name: item.name for item in self.parameters if item.wire_name}
                name = wires.get(key, key)
            found.append(Argument(name, value))
        return found


def _tokens(arguments: Iterable[object], splat: object) -> list[Argument]:
    tokens = [item if isinstance(item, Argument) else Argument(value=item) for item in arguments]
    return tokens if splat is None else tokens + splatted(splat)
