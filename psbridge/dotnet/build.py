"""Trees for .NET: the tables, lists and objects that a text of `tokens` stands for, made by .NET in one call.

Knows .NET through `edge` and `compiled`, and nothing of Python's values. The keys and values of a table come
as one Object[], all keys first.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from . import edge, tokens
from .compiled import Code


def build(text: str, beside: list[Any]) -> Any:
    """The list or table that `text` stands for; None where two keys of a table are one key in .NET."""
    return _build(edge.has_power_shell())(text, edge.object_array(beside) if beside else None)


@cache
def _build(power_shell: bool) -> Any:
    """Func<String, Object[], Object>: one pass over the tokens, with what is made so far on a stack."""
    code = Code()
    make, system = code.make, code.system
    text, beside = code.variable(system.String), code.variable(code.objects)
    texts, stack = code.variable(system.Array[system.String]), code.variable(code.objects)
    at, top, next_beside = (code.variable(system.Int32) for _ in range(3))
    letter, rest, made = (
        code.variable(system.Char),
        code.variable(system.String),
        code.variable(system.Object),
    )
    token, chars = code.item(texts, at), system.Array[system.Char]
    bits = code.static(system.BitConverter, "Int64BitsToDouble", _whole(code, system.Int64, rest))
    kind = code.cast(
        make.Subtract(code.cast(letter, system.Int32), code.number(ord(tokens.NULL))), system.TypeCode
    )
    items = _popped(code, stack, top, rest)
    cases = {
        tokens.NULL: code.null,
        tokens.LETTERS["String"]: code.boxed(rest),
        tokens.LETTERS["Char"]: code.boxed(code.cast(_whole(code, system.Int32, rest), system.Char)),
        tokens.LETTERS["Single"]: code.boxed(code.cast(bits, system.Single)),
        tokens.LETTERS["Double"]: code.boxed(bits),
        tokens.BESIDE: code.item(beside, make.PostIncrementAssign(next_beside)),
        tokens.LIST: code.boxed(items),
        tokens.HASHTABLE: code.invoke(_new_hashtable(), items),
        tokens.ORDERED: code.invoke(_new_ordered(), items),
    }
    if power_shell:
        cases[tokens.BAG] = code.invoke(_new_bag(), items)
    simple = code.static(system.Convert, "ChangeType", code.boxed(rest), kind, code.invariant())
    failed = make.AndAlso(make.Equal(made, code.null), make.GreaterThan(letter, code.char("Z")))
    end = make.Label(edge.runtime_type(system.Object))
    body = code.block(
        [texts, stack, at, top, next_beside, letter, rest, made],
        make.Assign(texts, code.call(text, "Split", code.constant(chars([tokens.END]), chars))),
        make.Assign(stack, code.new_array(make.ArrayLength(texts))),
        code.loop(
            make.LessThan(at, make.ArrayLength(texts)),
            make.Assign(letter, code.call(token, "get_Chars", code.number(0))),
            make.Assign(rest, code.call(token, "Substring", code.number(1))),
            make.Assign(made, code.switch(letter, simple, cases)),
            make.IfThen(failed, make.Return(end, code.null)),
            make.Assign(code.item(stack, make.PostIncrementAssign(top)), made),
            make.PreIncrementAssign(at),
        ),
        make.Label(end, code.item(stack, code.number(0))),
    )
    return code.compiled(system.Func[system.String, code.objects, system.Object], body, text, beside)


def _whole(code: Code, kind: Any, text: Any) -> Any:
    return code.static(kind, "Parse", text, code.invariant())


def _popped(code: Code, stack: Any, top: Any, count: Any) -> Any:
    """As many of the stack's last values as the text `count` says, taken off it, as an Object[]."""
    make, system = code.make, code.system
    size, items = code.variable(system.Int32), code.variable(code.objects)
    return code.block(
        [size, items],
        make.Assign(size, _whole(code, system.Int32, count)),
        make.Assign(items, code.new_array(size)),
        make.SubtractAssign(top, size),
        code.static(system.Array, "Copy", stack, top, items, code.number(0), size),
        items,
    )


def _each_pair(code: Code, items: Any, step: Any) -> Any:
    """`step` for every key and value of an Object[] of all keys, then all values."""
    make = code.make
    at, half = code.variable(code.system.Int32), code.variable(code.system.Int32)
    body = step(code.item(items, at), code.item(items, make.Add(half, at)))
    return code.block(
        [at, half],
        make.Assign(half, make.Divide(make.ArrayLength(items), code.number(2))),
        code.loop(make.LessThan(at, half), body, make.PreIncrementAssign(at)),
    )


@cache
def _fill() -> Any:
    """Func<IDictionary, Object[], Object>: the table, filled; null where it has one of the keys already."""
    code = Code()
    make, system = code.make, code.system
    dictionary = edge.net("System.Collections.IDictionary")
    table, items = code.variable(dictionary), code.variable(code.objects)
    end = make.Label(edge.runtime_type(system.Object))

    def step(key: Any, value: Any) -> Any:
        known = make.IfThen(code.call(table, "Contains", key), make.Return(end, code.null))
        return code.block([], known, code.call(table, "Add", key, value))

    body = code.block([], _each_pair(code, items, step), make.Label(end, code.boxed(table)))
    return code.compiled(system.Func[dictionary, code.objects, system.Object], body, table, items)


@cache
def _new_hashtable() -> Any:
    """Func<Object[], Object>: a Hashtable that ignores the case of its keys, unless two differ in it."""
    code = Code()
    items = code.variable(code.objects)
    table, comparer = (
        edge.net("System.Collections.Hashtable"),
        edge.net("System.Collections.IEqualityComparer"),
    )
    ignoring = code.constant(edge.net("System.StringComparer").OrdinalIgnoreCase, comparer)
    ignored, exact = (
        code.invoke(_fill(), one, items) for one in (code.new(table, ignoring), code.new(table))
    )
    return code.compiled(
        code.system.Func[code.objects, code.system.Object], code.make.Coalesce(ignored, exact), items
    )


@cache
def _new_ordered() -> Any:
    """Func<Object[], Object>: an OrderedDictionary."""
    code = Code()
    items = code.variable(code.objects)
    table = code.new(edge.net("System.Collections.Specialized.OrderedDictionary"))
    body = code.invoke(_fill(), table, items)
    return code.compiled(code.system.Func[code.objects, code.system.Object], body, items)


@cache
def _new_bag() -> Any:
    """Func<Object[], Object>: a PSObject with note properties."""
    code = Code()
    make, system = code.make, code.system
    bag, note = edge.power_shell_type("PSObject"), edge.power_shell_type("PSNoteProperty")
    items, made = code.variable(code.objects), code.variable(bag)
    property_type = edge.power_shell_type("PSPropertyInfo")
    properties = make.Property(made, "Properties")

    def step(name: Any, value: Any) -> Any:
        new = code.new(note, code.cast(name, system.String), value)
        return code.call(properties, "Add", code.cast(new, property_type))

    body = code.block(
        [made], make.Assign(made, code.new(bag)), _each_pair(code, items, step), code.boxed(made)
    )
    return code.compiled(system.Func[code.objects, system.Object], body, items)
