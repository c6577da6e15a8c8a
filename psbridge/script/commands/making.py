"""New-Object, Get-Random and Measure-Command."""

from __future__ import annotations

import random
import time
from typing import Any

from psbridge.binding import nettypes
from psbridge.binding.dates import timespan_from_ticks
from psbridge.binding.objects import is_dictionary
from psbridge.binding.text import to_text
from psbridge.script.interpreter.streams import drop
from psbridge.script.semantics import calling, members
from psbridge.script.semantics.errors import ScriptError
from psbridge.script.semantics.values import Bag

from .cmdlet import Cmdlet


class NewObject(Cmdlet):
    """New-Object."""

    def record(self) -> None:
        if self.has("ComObject"):
            raise self.fatal(
                "PlatformNotSupportedException",
                "COM is not supported here.",
                "ComObjectPlatformIsNotSupported",
                "InvalidOperation",
            )
        name = self.text("TypeName").strip()
        type_ = self.rt.type_named(name)
        if type_ is None:
            raise self.fatal(
                "PSArgumentException",
                f"Cannot find type [{name}]: verify that the assembly containing this type is loaded.",
                "TypeNotFound",
                "InvalidType",
            )
        arguments = list(self.get("ArgumentList") or [])
        if type_ is nettypes.PSOBJECT or type_.full_name.endswith("PSCustomObject"):
            made: Any = Bag() if not arguments else arguments[0]
        else:
            try:
                made = calling.construct(type_, arguments)
            except ScriptError as error:
                inner = error.record.exception
                message = inner.message
                if error.error_id == "MethodCountCouldNotFindBest":
                    message = (
                        "A constructor was not found. Cannot find an appropriate constructor for type "
                        f"{type_.full_name}."
                    )
                    raise self.fatal(
                        "PSArgumentException", message, "CannotFindAppropriateCtor", "ObjectNotFound"
                    ) from None
                raise self.fatal(
                    "MethodInvocationException",
                    message,
                    "ConstructorInvokedThrowException",
                    "InvalidOperation",
                ) from None
        self._set_properties(made)
        self.write(made)

    def _set_properties(self, made: Any) -> None:
        properties = self.get("Property")
        if properties is None:
            return
        pairs = properties.items() if is_dictionary(properties) else []
        for key, value in pairs:
            if isinstance(made, Bag):
                made[to_text(key)] = value
            else:
                members.set_member(made, to_text(key), value)


class GetRandom(Cmdlet):
    """Get-Random."""

    def start(self) -> None:
        self.items: list[Any] = []
        self.source: random.Random = self.rt.state.setdefault("random", random.Random())
        if self.has("SetSeed"):
            self.source.seed(self.get("SetSeed"))

    def record(self) -> None:
        if self.has("InputObject"):
            self.items += list(self.get("InputObject"))

    def finish(self) -> None:
        if self.items or self.has_input:
            count = len(self.items) if self.on("Shuffle") else self.get("Count", 1)
            self.write_all(self.source.sample(self.items, min(count, len(self.items))))
            return
        low, high = self.get("Minimum", 0), self.get("Maximum", 2147483647)
        low, high = cast_number(low), cast_number(high)
        if low >= high:
            raise self.fatal(
                "ArgumentException",
                f"The Minimum value ({to_text(low)}) cannot be greater than or equal to the "
                f"Maximum value ({to_text(high)}).",
                "MinGreaterThanOrEqualMax",
                "InvalidArgument",
            )
        for _ in range(self.get("Count", 1)):
            if isinstance(low, float) or isinstance(high, float):
                self.write(self.source.uniform(low, high))
            else:
                self.write(self.source.randrange(low, high))


def cast_number(value: Any) -> Any:
    """A number from a number or its text."""
    from psbridge.script.semantics.arithmetic import as_number

    return as_number(value)


class MeasureCommand(Cmdlet):
    """Measure-Command."""

    def start(self) -> None:
        self.begun = time.perf_counter_ns()

    def record(self) -> None:
        self.run_block(self.get("Expression"), self.get("InputObject"), drop)

    def finish(self) -> None:
        self.write(timespan_from_ticks((time.perf_counter_ns() - self.begun) // 100))


CMDLETS: dict[str, Any] = {
    "New-Object": NewObject,
    "Get-Random": GetRandom,
    "Get-SecureRandom": GetRandom,
    "Measure-Command": MeasureCommand,
}
