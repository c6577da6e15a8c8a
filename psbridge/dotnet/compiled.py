"""Functions for .NET written as System.Linq.Expressions, which .NET compiles when they are first needed.

A call from Python into .NET costs microseconds; a loop that .NET runs itself costs one call.
Knows .NET through `edge` alone, and nothing of values; `build` and `flatten` have the functions.
"""

from __future__ import annotations

from typing import Any

from . import edge


class Code:
    """Expressions by short names. A class is one of pythonnet's; every other argument is an expression."""

    def __init__(self) -> None:
        self.system = edge.namespace("System")
        self.make = edge.net("System.Linq.Expressions.Expression")
        self._variables = self.system.Array[edge.net("System.Linq.Expressions.ParameterExpression")]
        self._expressions = self.system.Array[self.make]
        self._cases = self.system.Array[edge.net("System.Linq.Expressions.SwitchCase")]
        self._types = self.system.Array[self.system.Type]
        self.objects = self.system.Array[self.system.Object]
        self.null = self.constant(None)

    def variable(self, cls: Any) -> Any:
        """A parameter or a variable."""
        return self.make.Variable(edge.runtime_type(cls))

    def constant(self, value: Any, cls: Any = None) -> Any:
        """A .NET value that stands in the code; an Object unless `cls` says what."""
        return self.make.Constant(value, edge.runtime_type(cls or self.system.Object))

    def number(self, value: int) -> Any:
        """A constant Int32."""
        return self.constant(self.system.Int32(value), self.system.Int32)

    def char(self, value: str) -> Any:
        """A constant Char."""
        return self.constant(self.system.Char(value), self.system.Char)

    def text(self, value: str | None) -> Any:
        """A constant String, or null."""
        return self.constant(value, self.system.String)

    def invariant(self) -> Any:
        """The culture that numbers are written in, as an IFormatProvider."""
        return self.constant(edge.invariant(), edge.net("System.IFormatProvider"))

    def cast(self, value: Any, cls: Any) -> Any:
        """`value` as a `cls`; InvalidCastException where it is none."""
        return self.make.Convert(value, edge.runtime_type(cls))

    def boxed(self, value: Any) -> Any:
        """`value` as an Object."""
        return self.cast(value, self.system.Object)

    def is_a(self, value: Any, cls: Any) -> Any:
        """Whether `value` is a `cls`."""
        return self.make.TypeIs(value, edge.runtime_type(cls))

    def call(self, target: Any, name: str, *arguments: Any) -> Any:
        """A call of the method of `target`'s type that takes arguments of these types."""
        return self.make.Call(target, self._method(target.Type, name, arguments), self._list(arguments))

    def static(self, cls: Any, name: str, *arguments: Any) -> Any:
        """A call of the static method of `cls` that takes arguments of these types."""
        method = self._method(edge.runtime_type(cls), name, arguments)
        return self.make.Call(method, self._list(arguments))

    def linq(self, name: str, cls: Any, source: Any) -> Any:
        """A method of Enumerable, such as ToArray, on an IEnumerable of `cls`."""
        enumerable = edge.runtime_type(edge.net("System.Linq.Enumerable"))
        types = self._types([edge.runtime_type(cls)])
        return self.make.Call(enumerable, name, types, self._list([source]))

    def invoke(self, function: Any, *arguments: Any) -> Any:
        """A call of what `compiled` has made."""
        return self.make.Invoke(self.make.Constant(function), self._list(arguments))

    def new(self, cls: Any, *arguments: Any) -> Any:
        """A new `cls`, by the constructor that takes arguments of these types."""
        types = self._types([one.Type for one in arguments])
        return self.make.New(edge.runtime_type(cls).GetConstructor(types), self._list(arguments))

    def new_array(self, length: Any) -> Any:
        """An Object[]."""
        return self.make.NewArrayBounds(edge.runtime_type(self.system.Object), self._list([length]))

    def array(self, *items: Any) -> Any:
        """An Object[] of these."""
        return self.make.NewArrayInit(edge.runtime_type(self.system.Object), self._list(items))

    def item(self, array: Any, index: Any) -> Any:
        """A place in an array, to read or to set."""
        return self.make.ArrayAccess(array, self._list([index]))

    def switch(self, value: Any, default: Any, cases: dict[str, Any]) -> Any:
        """The expression of the case that the Char `value` is."""
        listed = [
            self.make.SwitchCase(body, self._list([self.char(letter)])) for letter, body in cases.items()
        ]
        return self.make.Switch(value, default, self._cases(listed))

    def block(self, variables: list[Any], *steps: Any) -> Any:
        """`steps` one after another, with variables of their own; its value is the last one's."""
        return self.make.Block(self._variables(variables), self._list(steps))

    def loop(self, going: Any, *steps: Any) -> Any:
        """Run `steps` while `going`."""
        end = self.make.Label()
        return self.make.Loop(self.make.IfThenElse(going, self.block([], *steps), self.make.Break(end)), end)

    def compiled(self, delegate: Any, body: Any, *parameters: Any) -> Any:
        """`body` as a delegate of these parameters, compiled."""
        return self.make.Lambda[delegate](body, self._variables(list(parameters))).Compile()

    def _list(self, arguments: Any) -> Any:
        return self._expressions(list(arguments))

    def _method(self, kind: Any, name: str, arguments: Any) -> Any:
        return kind.GetMethod(name, self._types([one.Type for one in arguments]))
