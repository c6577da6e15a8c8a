"""Trees from .NET: any .NET value as a text of `tokens` and what goes beside it, taken apart in one call.

Knows .NET through `edge` and `compiled`, and nothing of Python's values.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from . import edge, tokens
from .compiled import Code


def flatten(value: Any, depth: int) -> tuple[str, list[Any]]:
    """The text of a .NET value that lies `depth` deep, and the objects that go beside it.

    Every list and table in it is in the text. What has a token of its own is told by its type, never by what
    pythonnet would make of it: that turns a boxed Int64, Byte or Char into a plain int or str.
    """
    found = _flatten(edge.has_power_shell())(value, depth)
    if found.__class__ is str:
        return found, []
    text, *beside = found
    return text, beside


@cache
def _flatten(power_shell: bool) -> Any:
    """Func<Object, Int32, Object>: the text, or an Object[] of it and what goes beside it.

    One pass, with the enumerators of the lists and tables above the item on a stack.
    """
    code = Code()
    make, system = code.make, code.system
    builder, array_list = edge.net("System.Text.StringBuilder"), edge.net("System.Collections.ArrayList")
    enumerator, stack = edge.net("System.Collections.IEnumerator"), edge.net("System.Collections.Stack")
    collection = edge.net("System.Collections.ICollection")
    root, depth = code.variable(system.Object), code.variable(system.Int32)
    text, beside = code.variable(builder), code.variable(array_list)
    above, level = code.variable(stack), code.variable(enumerator)
    item, token, held = (code.variable(cls) for cls in (system.Object, system.String, collection))
    deep = make.Add(depth, make.Property(above, "Count"))
    end = make.Label(edge.runtime_type(system.Object))

    def write(letter: Any, number: Any) -> Any:
        return code.call(code.call(text, "Append", letter), "Append", number)

    def down(into: Any) -> Any:
        items = code.cast(into, edge.net("System.Collections.IEnumerable"))
        return make.Assign(level, code.call(items, "GetEnumerator"))

    nothing = code.constant(None, enumerator)
    up = make.IfThenElse(
        make.Equal(make.Property(above, "Count"), code.number(0)),
        make.Assign(level, nothing),
        make.Assign(level, code.cast(code.call(above, "Pop"), enumerator)),
    )
    too_deep = make.GreaterThanOrEqual(deep, code.number(tokens.MAX_DEPTH))
    enter = code.block(
        [],
        make.IfThen(too_deep, make.Return(end, code.boxed(code.text(tokens.TOO_DEEP)))),
        write(code.invoke(_letter(power_shell), item, held), make.Property(held, "Count")),
        code.call(above, "Push", code.boxed(level)),
        down(held),
    )
    pass_by = code.block([], write(code.text(tokens.BESIDE), deep), code.call(beside, "Add", item))
    current = make.Property(level, "Current")
    one = code.block(
        [],
        make.Assign(item, code.invoke(_opened(), current) if power_shell else current),
        make.Assign(token, code.invoke(_simple(), item)),
        make.IfThenElse(
            make.NotEqual(token, code.text(None)),
            code.call(text, "Append", token),
            code.block(
                [],
                make.Assign(held, code.invoke(_held(power_shell), item)),
                make.IfThenElse(make.NotEqual(held, code.constant(None, collection)), enter, pass_by),
            ),
        ),
        code.call(text, "Append", code.char(tokens.END)),
    )
    whole = code.call(text, "ToString")
    together = code.block(
        [],
        code.call(beside, "Insert", code.number(0), code.boxed(whole)),
        code.boxed(code.call(beside, "ToArray")),
    )
    simple = make.Equal(make.Property(beside, "Count"), code.number(0))
    body = code.block(
        [text, beside, above, level, item, token, held],
        make.Assign(text, code.new(builder)),
        make.Assign(beside, code.new(array_list)),
        make.Assign(above, code.new(stack)),
        down(code.array(root)),
        code.loop(make.NotEqual(level, nothing), make.IfThenElse(code.call(level, "MoveNext"), one, up)),
        make.Label(end, make.Condition(simple, code.boxed(whole), together)),
    )
    return code.compiled(system.Func[system.Object, system.Int32, system.Object], body, root, depth)


@cache
def _simple() -> Any:
    """Func<Object, String>: the token of a simple value; null where the object is none."""
    code = Code()
    make, system = code.make, code.system
    item = code.variable(system.Object)
    kind, letter, text = (code.variable(cls) for cls in (system.Int32, system.String, system.String))
    by_code = {number: tokens.LETTERS[name] for name, number in tokens.CODES.items()}
    listed = system.Array[system.String]([by_code.get(number) for number in range(max(by_code) + 1)])
    letters = code.constant(listed, system.Array[system.String])
    type_code = code.static(system.Type, "GetTypeCode", code.call(item, "GetType"))

    def is_code(name: str) -> Any:
        return make.Equal(kind, code.number(tokens.CODES[name]))

    number = code.boxed(code.static(system.Convert, "ToInt32", item))
    bits = code.static(
        system.BitConverter, "DoubleToInt64Bits", code.static(system.Convert, "ToDouble", item)
    )
    floating = make.OrElse(is_code("Single"), is_code("Double"))
    shown = make.Condition(is_code("Char"), number, make.Condition(floating, code.boxed(bits), item))
    long = make.GreaterThan(make.Property(text, "Length"), code.number(tokens.LONG))
    with_end = make.GreaterThanOrEqual(code.call(text, "IndexOf", code.char(tokens.END)), code.number(0))
    none = code.text(None)
    token = code.block(
        [],
        make.Assign(text, code.static(system.Convert, "ToString", shown, code.invariant())),
        make.Condition(make.OrElse(long, with_end), none, code.static(system.String, "Concat", letter, text)),
    )
    of_kind = code.block(
        [kind, letter, text],
        make.Assign(kind, code.cast(type_code, system.Int32)),
        make.Assign(letter, code.item(letters, kind)),
        make.Condition(make.Equal(letter, none), none, token),
    )
    something = make.Condition(code.is_a(item, system.Enum), none, of_kind)
    body = make.Condition(make.Equal(item, code.null), code.text(tokens.NULL), something)
    return code.compiled(system.Func[system.Object, system.String], body, item)


@cache
def _held(power_shell: bool) -> Any:
    """Func<Object, ICollection>: a list's items, or a table's keys and then its values; else null."""
    code = Code()
    make, system = code.make, code.system
    collection, dictionary = (
        edge.net(f"System.Collections.{name}") for name in ("ICollection", "IDictionary")
    )
    item, table = code.variable(system.Object), code.variable(dictionary)
    pairs, count = code.variable(code.objects), code.variable(system.Int32)

    def copy(member: str, start: Any) -> Any:
        array = code.cast(pairs, system.Array)
        return code.call(make.Property(table, member), "CopyTo", array, start)

    of_table = code.block(
        [table, pairs, count],
        make.Assign(table, code.cast(item, dictionary)),
        make.Assign(count, make.Property(code.cast(table, collection), "Count")),
        make.Assign(pairs, code.new_array(make.Add(count, count))),
        copy("Keys", code.number(0)),
        copy("Values", count),
        code.cast(pairs, collection),
    )
    of_list = make.Condition(
        _is_list(code, item), code.cast(item, collection), code.constant(None, collection)
    )
    body = make.Condition(code.is_a(item, dictionary), of_table, of_list)
    if power_shell:
        bag = edge.power_shell_type("PSObject")
        of_bag = code.cast(code.invoke(_members(), code.cast(item, bag)), collection)
        body = make.Condition(code.is_a(item, bag), of_bag, body)
    return code.compiled(system.Func[system.Object, collection], body, item)


def _is_list(code: Code, item: Any) -> Any:
    """Any IList but an array that is no Object[]: what Python makes of that depends on its type."""
    make, system = code.make, code.system
    no_array = make.Not(code.is_a(item, system.Array))
    objects = make.TypeEqual(item, edge.runtime_type(code.objects))
    return make.AndAlso(code.is_a(item, edge.net("System.Collections.IList")), make.OrElse(no_array, objects))


@cache
def _letter(power_shell: bool) -> Any:
    """Func<Object, ICollection, String>: the letter of an object in which `_held` has found something."""
    code = Code()
    make, system = code.make, code.system
    collection = edge.net("System.Collections.ICollection")
    item, held = code.variable(system.Object), code.variable(collection)
    ordered = edge.net("System.Collections.Specialized.OrderedDictionary")
    table = code.is_a(item, edge.net("System.Collections.IDictionary"))
    body = make.Condition(table, code.text(tokens.HASHTABLE), code.text(tokens.LIST))
    is_ordered = make.TypeEqual(item, edge.runtime_type(ordered))
    body = make.Condition(is_ordered, code.text(tokens.ORDERED), body)
    if power_shell:
        bag = edge.power_shell_type("PSObject")
        empty = make.Equal(make.Property(held, "Count"), code.number(0))
        unset = make.AndAlso(empty, _is_unset(code, code.cast(item, bag)))
        odd = make.Equal(make.Modulo(make.Property(held, "Count"), code.number(2)), code.number(1))
        typed = make.Condition(odd, code.text(tokens.MODEL), code.text(tokens.BAG))
        of_bag = make.Condition(unset, code.text(tokens.UNSET_MARK), typed)
        body = make.Condition(code.is_a(item, bag), of_bag, body)
    return code.compiled(system.Func[system.Object, collection, system.String], body, item, held)


def _is_unset(code: Code, bag: Any) -> Any:
    """Whether a PSObject is what an unset property holds (AutomationNull), or one made to say so."""
    make = code.make
    mark = make.ReferenceEqual(bag, code.constant(edge.unset_mark()))
    return make.OrElse(mark, make.Equal(_type_name(code, bag), code.text(tokens.UNSET_TYPE)))


def _type_name(code: Code, bag: Any) -> Any:
    """The first of a PSObject's type names; null for one without."""
    return code.linq("FirstOrDefault", code.system.String, code.make.Property(bag, "TypeNames"))


@cache
def _opened() -> Any:
    """Func<Object, Object>: what a PSObject wraps; itself where that is nothing but its properties."""
    code = Code()
    make, system = code.make, code.system
    bag, custom = edge.power_shell_type("PSObject"), edge.power_shell_type("PSCustomObject")
    item = code.variable(system.Object)
    base = make.Property(code.cast(item, bag), "BaseObject")
    inside = make.Condition(code.is_a(base, custom), item, base)
    body = make.Condition(code.is_a(item, bag), inside, item)
    return code.compiled(system.Func[system.Object, system.Object], body, item)


@cache
def _members() -> Any:
    """Func<PSObject, Object[]>: the names of its properties, then their values, last a model's type name.

    With the name, as a list of two, the members that no object can have beside the others.
    """
    code = Code()
    make, system = code.make, code.system
    kind = edge.power_shell_type("PSPropertyInfo")
    bag, found = code.variable(edge.power_shell_type("PSObject")), code.variable(system.Array[kind])
    members, count, at = code.variable(code.objects), code.variable(system.Int32), code.variable(system.Int32)
    name, more = code.variable(system.String), code.variable(system.Int32)
    one = code.item(found, at)
    comparison = edge.net("System.StringComparison")
    ordinal = code.constant(comparison.Ordinal, comparison)

    def begins(text: str) -> Any:
        return code.call(name, "StartsWith", code.text(text), ordinal)

    kept = begins(tokens.KEPT + tokens.MODEL_TYPES)
    live = make.AndAlso(begins(tokens.MODEL_TYPES), make.NotEqual(name, code.text(tokens.UNSET_TYPE)))
    model = make.AndAlso(make.NotEqual(name, code.text(None)), make.OrElse(live, kept))
    said = code.static(system.Convert, "ToString", code.invoke(_said(), bag, code.text("Set")))
    with_set = code.static(system.String, "Concat", name, code.text(" "), said)
    kind_told = code.boxed(make.Condition(kept, with_set, name))
    beside = code.invoke(_said(), bag, code.text("More"))
    with_more = code.boxed(code.array(kind_told, beside))
    told = make.Condition(make.Equal(beside, code.null), kind_told, with_more)
    # A member that is unset, or that a type has for all its objects, is none of the object's own.
    unset = code.is_a(one, edge.power_shell_type("PSCodeProperty"))
    foreign = make.OrElse(unset, make.Not(make.Property(one, "IsInstance")))
    value = make.Condition(foreign, code.constant(edge.unset_mark()), make.Property(one, "Value"))
    doubled = make.Add(count, count)
    body = code.block(
        [found, members, count, at, name, more],
        make.Assign(name, _type_name(code, bag)),
        make.Assign(more, make.Condition(model, code.number(1), code.number(0))),
        make.Assign(found, code.linq("ToArray", kind, make.Property(bag, "Properties"))),
        make.Assign(count, make.ArrayLength(found)),
        make.Assign(members, code.new_array(make.Add(doubled, more))),
        make.IfThen(make.Equal(more, code.number(1)), make.Assign(code.item(members, doubled), told)),
        code.loop(
            make.LessThan(at, count),
            make.Assign(code.item(members, at), code.boxed(make.Property(one, "Name"))),
            make.Assign(code.item(members, make.Add(count, at)), value),
            make.PreIncrementAssign(at),
        ),
        members,
    )
    return code.compiled(system.Func[edge.power_shell_type("PSObject"), code.objects], body, bag)


@cache
def _said() -> Any:
    """Func<PSObject, String, Object>: what a member of an object's PSBridge holds; null without."""
    code = Code()
    make, system = code.make, code.system
    bag, name = code.variable(edge.power_shell_type("PSObject")), code.variable(system.String)
    kind, property_type = edge.power_shell_type("PSMemberSet"), edge.power_shell_type("PSPropertyInfo")
    found, one = code.variable(kind), code.variable(property_type)
    member = code.call(make.Property(bag, "Members"), "get_Item", code.text("PSBridge"))
    body = code.block(
        [found, one],
        make.Assign(found, make.TypeAs(member, edge.runtime_type(kind))),
        make.IfThen(
            make.NotEqual(found, code.constant(None, kind)),
            make.Assign(one, code.call(make.Property(found, "Properties"), "get_Item", name)),
        ),
        make.Condition(
            make.Equal(one, code.constant(None, property_type)), code.null, make.Property(one, "Value")
        ),
    )
    said = system.Func[edge.power_shell_type("PSObject"), system.String, system.Object]
    return code.compiled(said, body, bag, name)
