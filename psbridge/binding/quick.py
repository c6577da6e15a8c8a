"""The short path for a call by plain keywords: what the full algorithm gives, without going through it.

Which parameter set a call means depends on the names alone, so names that the full algorithm has bound once
need only their values looked at. What is not certain here is left to the full algorithm; a property test
holds the two to one result. Knows nothing of positions and of input objects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from psbridge.binding import nettypes
from psbridge.binding.coercion import bind_value
from psbridge.binding.errors import ParameterBindingError
from psbridge.binding.objects import INT32_MAX, INT32_MIN, adapted, bag_of, is_script_block
from psbridge.binding.parameters import ALL_SETS, Parameter
from psbridge.binding.values import OrderedDictionary, PSCustomObject


class _NotQuick(Exception):
    """This call needs the full algorithm."""


# What one keyword needs: the proper name, the classes that pass as they are, what to do with others.
_Quick = tuple[str, frozenset[type], Callable[[Any], Any]]

_MOST_NAMINGS = 64  # remembered for a command; a script uses few
_ANYTHING = frozenset((type(None), str, dict, list, bool, int, float, PSCustomObject, OrderedDictionary))
_PLAIN: dict[nettypes.NetType, frozenset[type]] = {
    nettypes.STRING: frozenset((str,)),
    nettypes.BOOLEAN: frozenset((bool,)),
    nettypes.net_type("Nullable[Boolean]"): frozenset((type(None), bool)),
    nettypes.DOUBLE: frozenset((float,)),
    nettypes.HASHTABLE: frozenset((type(None), dict)),
    nettypes.PSOBJECT: _ANYTHING,
    nettypes.OBJECT: _ANYTHING,
}
_INT32 = (nettypes.INT32, nettypes.net_type("Nullable[Int32]"))
_OBJECTS = frozenset((nettypes.PSOBJECT, nettypes.OBJECT))
_OBJECT_ARRAYS = frozenset((nettypes.net_type("PSCustomObject[]"), nettypes.net_type("Object[]")))


class QuickBinder:
    """The short path of one command.

    Args:
        command: its name, as errors give it.
        parameters: its own parameters.
        default_set: its default parameter set, if it has one.
    """

    def __init__(self, command: str, parameters: Iterable[Parameter], default_set: str | None) -> None:
        self._command = command
        self._namings: set[tuple[str, ...]] = set()
        # With one parameter set, the names that no call may leave out; None where there are more sets.
        self._needed: frozenset[str] | None = None
        listed = tuple(parameters)
        self._ways: dict[str, _Quick] = {item.wire_name: self._way(item) for item in listed if item.wire_name}
        self._ways.update((item.name, self._way(item)) for item in listed)
        if not default_set and all(list(item.sets) == [ALL_SETS] for item in listed):
            self._needed = frozenset(item.name for item in listed if item.mandatory)

    def bind(self, kwargs: Mapping[str, object]) -> dict[str, Any] | None:
        """Value by proper parameter name; None where the full algorithm has to look, or has to refuse it."""
        needed = self._needed
        if needed is None and tuple(kwargs) not in self._namings:
            return None
        bound: dict[str, Any] = {}
        try:
            for key, value in kwargs.items():
                name, plain, accept = self._ways[key]
                bound[name] = value if type(value) in plain else accept(value)
        except (KeyError, _NotQuick, ParameterBindingError):
            return None
        # Two spellings of one parameter are an error, which the full algorithm words.
        if len(bound) == len(kwargs) and (needed is None or needed <= bound.keys()):
            return bound
        return None

    def learn(self, kwargs: Mapping[str, object]) -> None:
        """The full algorithm has bound these names: from now on they are known."""
        if self._needed is None and len(self._namings) < _MOST_NAMINGS:
            self._namings.add(tuple(kwargs))

    def _way(self, parameter: Parameter) -> _Quick:
        plain = _PLAIN.get(parameter.type, parameter.type.passes)
        checked = parameter.validators or parameter.mandatory
        fast = (
            parameter.validators[0].fast
            if len(parameter.validators) == 1 and not parameter.mandatory
            else None
        )
        delays = parameter.takes_pipeline_input
        is_int32 = not checked and parameter.type in _INT32
        takes_bags = not checked and parameter.type in _OBJECTS
        takes_bag_arrays = not checked and parameter.type in _OBJECT_ARRAYS

        def accept(value: Any) -> Any:
            if (takes_bags or takes_bag_arrays) and bag_of(type(value)) and adapted(value) is value:
                return value if takes_bags else [value]
            if is_int32 and type(value) is int and INT32_MIN <= value <= INT32_MAX:
                return value
            if fast is not None and type(value) in plain and fast(value):
                return value
            if delays and is_script_block(value):
                raise _NotQuick
            return bind_value(parameter, value, self._command)

        return (parameter.name, frozenset() if checked else plain, accept)
