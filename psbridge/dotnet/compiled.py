"""Loops that .NET runs itself, compiled once from expression trees: one call where there was one an item.

A call from Python into .NET costs microseconds; filling a table or copying a collection is one call here.
Knows .NET through `edge` alone, and nothing of values.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from . import edge


class _Tree:
    """System.Linq.Expressions, with .NET arrays made of Python's lists."""

    def __init__(self) -> None:
        self.system = edge.namespace("System")
        self.make = edge.net("System.Linq.Expressions.Expression")
        self.variables = self.system.Array[edge.net("System.Linq.Expressions.ParameterExpression")]
        self.expressions = self.system.Array[self.make]

    def type(self, cls: Any) -> Any:
        return edge.runtime_type(cls)

    def parameter(self, cls: Any) -> Any:
        return self.make.Parameter(self.type(cls))

    def method(self, cls: Any, name: str, *types: Any) -> Any:
        listed = self.system.Array[self.system.Type]([self.type(one) for one in types])
        return self.type(cls).GetMethod(name, listed)

    def call(self, target: Any, method: Any, *arguments: Any) -> Any:
        return self.make.Call(target, method, self.expressions(list(arguments)))

    def block(self, variables: list[Any], *steps: Any) -> Any:
        return self.make.Block(self.variables(variables), self.expressions(list(steps)))

    def each(self, array: Any, index: Any, body: Any) -> Any:
        """Run `body` for every `index` of `array`."""
        end = self.make.Label()
        step = self.block([], body, self.make.PostIncrementAssign(index))
        inside = self.make.LessThan(index, self.make.ArrayLength(array))
        return self.make.Loop(self.make.IfThenElse(inside, step, self.make.Break(end)), end)

    def function(self, delegate: Any, body: Any, *parameters: Any) -> Any:
        return self.make.Lambda[delegate](body, self.variables(list(parameters))).Compile()


@cache
def _pairs(kind: Any, add: Any) -> Any:
    """A function (target, keys, values) that calls `add` for every pair of two Object[]."""
    tree = _Tree()
    objects = tree.system.Array[tree.system.Object]
    target, keys, values = tree.parameter(kind), tree.parameter(objects), tree.parameter(objects)
    index = tree.parameter(tree.system.Int32)
    body = add(tree, target, tree.make.ArrayIndex(keys, index), tree.make.ArrayIndex(values, index))
    delegate = tree.system.Action[kind, objects, objects]
    return tree.function(delegate, tree.block([index], tree.each(keys, index, body)), target, keys, values)


def _add_entry(tree: _Tree, table: Any, key: Any, value: Any) -> Any:
    every = tree.system.Object
    kind = edge.net("System.Collections.IDictionary")
    return tree.call(table, tree.method(kind, "Add", every, every), key, value)


def _add_note(tree: _Tree, target: Any, key: Any, value: Any) -> Any:
    system = tree.system
    note = edge.power_shell_type("PSNoteProperty")
    types = system.Array[system.Type]([tree.type(system.String), tree.type(system.Object)])
    name = tree.make.Convert(key, tree.type(system.String))
    made = tree.make.New(tree.type(note).GetConstructor(types), tree.expressions([name, value]))
    properties = tree.make.Property(target, "Properties")
    add = properties.Type.GetMethod("Add", system.Array[system.Type]([tree.type(note).BaseType]))
    return tree.call(properties, add, made)


def fill_table(table: Any, keys: list[Any], values: list[Any]) -> None:
    """Add pairs of .NET values to an IDictionary; what it says of a key that it has stands."""
    fill = _pairs(edge.net("System.Collections.IDictionary"), _add_entry)
    fill(table, edge.object_array(keys), edge.object_array(values))


def fill_notes(target: Any, names: list[str], values: list[Any]) -> None:
    """Give a PSObject note properties."""
    fill = _pairs(edge.power_shell_type("PSObject"), _add_note)
    fill(target, edge.object_array(list(names)), edge.object_array(values))


@cache
def _new_hashtable() -> Any:
    tree = _Tree()
    table = edge.net("System.Collections.Hashtable")
    comparer = edge.net("System.Collections.IEqualityComparer")
    make = tree.type(table).GetConstructor(tree.system.Array[tree.system.Type]([tree.type(comparer)]))
    ignoring = tree.make.Constant(edge.net("System.StringComparer").OrdinalIgnoreCase, tree.type(comparer))
    return tree.function(tree.system.Func[table], tree.make.New(make, tree.expressions([ignoring])))


def new_hashtable() -> Any:
    """An empty Hashtable that ignores the case of its keys, and nothing else of them."""
    return _new_hashtable()()


@cache
def _copy() -> Any:
    tree = _Tree()
    collection = edge.net("System.Collections.ICollection")
    objects = tree.system.Array[tree.system.Object]
    source, copied = tree.parameter(collection), tree.parameter(objects)
    count = tree.make.Property(source, "Count")
    array = tree.make.NewArrayBounds(tree.type(tree.system.Object), tree.expressions([count]))
    copy = tree.method(collection, "CopyTo", tree.system.Array, tree.system.Int32)
    zero = tree.make.Constant(tree.system.Int32(0))
    steps = (tree.make.Assign(copied, array), tree.call(source, copy, copied, zero), copied)
    return tree.function(tree.system.Func[collection, objects], tree.block([copied], *steps), source)


def copy_of(collection: Any) -> Any:
    """The items of a collection as an Object[]."""
    try:
        return _copy()(collection)
    except TypeError:  # it is only a generic ICollection, as an ExpandoObject's keys are
        return edge.items_of(collection)
