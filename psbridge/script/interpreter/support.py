"""What generated code calls: output, collecting, variables, types, operators that need the session.

`names()` is the set of globals that every compiled block gets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from psbridge.binding import nettypes
from psbridge.binding.arguments import Argument
from psbridge.binding.nettypes import NetType
from psbridge.binding.objects import is_dictionary, is_list
from psbridge.binding.text import to_text
from psbridge.binding.values import ScriptBlock
from psbridge.script.semantics import arithmetic, bits, calling, comparison, indexing, members, patterns
from psbridge.script.semantics.casts import as_operator, cast
from psbridge.script.semantics.comparison import members_of, truth
from psbridge.script.semantics.errors import runtime_error
from psbridge.script.semantics.text import concat, format_operator
from psbridge.script.semantics.types import is_a, unknown_type
from psbridge.script.semantics.values import (
    Bag,
    Hashtable,
    NetList,
    NetRef,
    Ordered,
)
from psbridge.script.semantics.watching import watched

from . import flow, scope
from .output import joined_text
from .using import used


class Splat:
    """`@values` among a command's arguments."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


NO_INPUT: Any = object()


# Literals


def new_hashtable(pairs: list[tuple[Any, Any]]) -> Hashtable:
    """`@{...}`."""
    return _filled(Hashtable(), pairs)  # type: ignore[no-any-return]


def new_ordered(pairs: list[tuple[Any, Any]]) -> Ordered:
    """`[ordered]@{...}`."""
    return _filled(Ordered(), pairs)  # type: ignore[no-any-return]


def _filled(table: Any, pairs: list[tuple[Any, Any]]) -> Any:
    for key, value in pairs:
        if key is None:
            raise runtime_error("A null key is not allowed in a hash literal.", "InvalidNullKey", target=None)
        if key in table:
            raise runtime_error(
                f"Duplicate keys '{to_text(key)}' are not allowed in hash literals.",
                "DuplicateKeyInHashLiteral",
            )
        table[key] = value
    return table


def new_object(pairs: list[tuple[Any, Any]]) -> Bag:
    """`[pscustomobject]@{...}`."""
    bag = Bag()
    for key, value in pairs:
        name = key if type(key) is str else to_text(key)
        if name.lower() == "pstypename":
            bag._type_names.insert(0, to_text(value))
            continue
        bag[name] = value
    return bag


def existing(S: scope.Scope, name: str) -> None:
    """A variable that `[ref]` is applied to.

    Raises:
        ScriptError: there is none of this name.
    """
    if S.find(name) is None and name not in ("null", "true", "false"):
        raise runtime_error(
            "[ref] cannot be applied to a variable that does not exist.", "NonExistingVariableReference"
        )


def boxed_reference(value: Any) -> NetRef:
    """`[ref]` of anything but a variable: a place of its own."""
    box = [value]

    def put(new: Any) -> None:
        box[0] = new

    return NetRef(lambda: box[0], put)


def new_reference(read: Callable[[Any], Any], write: Callable[[Any], Any], _: Any = None) -> NetRef:
    """`[ref]$variable`."""
    return NetRef(lambda: read(None), lambda value: write(value))


# Types


def type_named(S: scope.Scope, name: str) -> NetType:
    """`[name]`.

    Raises:
        ScriptError: TypeNotFound.
    """
    found = S.rt.type_named(name)
    if found is None:
        raise unknown_type(name)
    return found


def cast_to(S: scope.Scope, value: Any, name: str) -> Any:
    """`[name]value`."""
    type_ = S.rt.type_named(name)
    if type_ is None:
        raise unknown_type(name)
    if type_ is nettypes.STRING:
        return value if type(value) is str else joined_text(S, value)
    return cast(value, type_)


def cast_ordered(value: Any) -> Any:
    """`[ordered]` before anything but a hash literal."""
    if is_dictionary(value):
        return Ordered(value)
    raise runtime_error(
        "The ordered attribute can be specified only on a hash literal node.",
        "OrderedAttributeOnlyOnHashLiteralNode",
    )


def nothing(value: Any) -> None:
    """`[void]value`."""


def is_type(S: scope.Scope, value: Any, type_: Any) -> bool:
    """`value -is type`."""
    return is_a(value, _type_operand(S, type_))


def as_type(S: scope.Scope, value: Any, type_: Any) -> Any:
    """`value -as type`."""
    return as_operator(value, _type_operand(S, type_))


def _type_operand(S: scope.Scope, type_: Any) -> NetType:
    if isinstance(type_, NetType):
        return type_
    name = to_text(type_)
    found = S.rt.type_named(name)
    if found is None:
        raise unknown_type(name)
    return found


# Operators that need the session


def match_operator(S: scope.Scope, left: Any, right: Any, case: bool) -> Any:
    """-match, which sets `$Matches`."""
    result, table = patterns.match(left, right, case)
    if table is not None:
        S.vars["matches"] = table
    return result


def notmatch_operator(S: scope.Scope, left: Any, right: Any, case: bool) -> Any:
    """-notmatch."""
    result, table = patterns.not_match(left, right, case)
    if table is not None:
        S.vars["matches"] = table
    return result


def replace_operator(left: Any, right: Any, case: bool) -> Any:
    """-replace; the new text may be a script block."""
    new = right[1] if is_list(right) and len(right) > 1 else None
    if isinstance(new, ScriptBlock):
        from psbridge.script.net.regex import Match

        def run(block: Any, found: Any) -> str:
            return to_text(block.value(Match(found, found.re, found.string)))

        return patterns.replace(left, right, case, run)
    return patterns.replace(left, right, case)


def split_operator(left: Any, right: Any, case: bool) -> Any:
    """-split; the separator may be a script block."""
    first = right[0] if is_list(right) and right else right
    if isinstance(first, ScriptBlock):
        return patterns.split(left, right, case, lambda block, character: truth(block.value(character)))
    return patterns.split(left, right, case)


def not_contains(left: Any, right: Any, case: bool = False) -> bool:
    """-notcontains."""
    return not comparison.contains(left, right, case)


def not_contained(left: Any, right: Any, case: bool = False) -> bool:
    """-notin."""
    return not comparison.contained(left, right, case)


def increment(value: Any, step: int) -> Any:
    """What `++` and `--` put in place."""
    if type(value) is int and -2147483648 < value < 2147483647:
        return value + step
    return arithmetic.increment(value, step)


def number_or_zero(value: Any) -> Any:
    """What `$x++` gives: the old value, 0 for null."""
    return 0 if value is None else value


def static_read(S: scope.Scope, target: Any, name: Any) -> Any:
    """`[type]::name`."""
    if not isinstance(target, NetType):
        target = _static_target(S, target)
    return calling.static_member(target, to_text(name))


def _static_target(S: scope.Scope, target: Any) -> NetType:
    if isinstance(target, str):
        return type_named(S, target)
    from psbridge.script.semantics.types import type_of

    return type_of(target)


def static_call(S: scope.Scope, target: Any, name: Any, arguments: list[Any]) -> Any:
    """`[type]::name(arguments)`."""
    if not isinstance(target, NetType):
        target = _static_target(S, target)
    S.rt.scope = S
    return calling.invoke_static(target, name, arguments)


def invoke(S: scope.Scope, target: Any, name: Any, arguments: list[Any]) -> Any:
    """`target.name(arguments)`."""
    S.rt.scope = S
    folded = name.lower() if type(name) is str else to_text(name).lower()
    if folded == "foreach" or folded == "where":
        from .magic import each, where

        if folded == "where" or not _has_for_each(target):
            chosen = each if folded == "foreach" else where
            return chosen(S, target, arguments)
    return calling.invoke(target, name, arguments)


def _has_for_each(target: Any) -> bool:
    """Whether the type has a ForEach of its own: of the lists, only List`1 does."""
    from psbridge.script.semantics.types import type_of

    return isinstance(target, NetList) and type_of(target).full_name.startswith(
        "System.Collections.Generic.List`1"
    )


def base_call(S: scope.Scope, name: str, this: Any, method: Any, arguments: list[Any]) -> Any:
    """`([Base]$this).Method(arguments)`."""
    own = getattr(type_named(S, name), "script_class", None)
    overloads = own.find_method(to_text(method).lower()) if own is not None else []
    if not overloads:
        return invoke(S, this, method, arguments)
    from .classes import best

    return best(overloads, arguments, overloads[0].name).run(this, arguments)


def shared_out(value: Any, count: int) -> list[Any]:
    """The values that several targets get: the last one what is left."""
    items = members_of(value)
    if items is None:
        items = [value]
    if len(items) <= count:
        return [*items, *[None] * (count - len(items))]
    return [*items[: count - 1], list(items[count - 1 :])]


def assign_typed(S: scope.Scope, unit: Any, where: str, name: str, attributes: list[Any], value: Any) -> None:
    """`[int]$x = value`: the variable keeps its type."""
    from .parameters import rule_of

    chosen = S.named(where) if where in ("global", "script", "local", "private") else S
    folded = name.lower()
    rule = rule_of(S, attributes, unit)
    value = scope.obeyed(name, rule, value, chosen, fresh=True)
    chosen.add_rule(folded, rule)
    chosen.vars[folded] = value
    if chosen.kind in ("global", "script"):
        S.rt.guarded.setdefault(folded, None)


def read_only_variable(path: str, value: Any) -> None:
    """`$true = 1`."""
    raise runtime_error(
        f"Cannot overwrite variable {path} because it is read-only or constant.",
        "VariableNotWritable",
        category="WriteError",
        target=path,
        kind="SessionStateUnauthorizedAccessException",
    )


def not_supported(kind: str, line: int) -> Any:
    """A kind of syntax that is not run here."""
    raise runtime_error(
        f"line {line}: {kind} is not supported here.", "NotSupported", category="NotImplemented"
    )


# Loops


def meant_for(jump: flow.BreakFlow | flow.ContinueFlow, label: str | None) -> bool:
    """Whether a break or continue from elsewhere is for the loop of this label."""
    return jump.label is None or jump.label == label


def label_text(value: Any) -> str:
    """A label that is an expression."""
    return to_text(value).lower()


def loop_items(value: Any) -> Iterable[Any]:
    """What foreach goes through: a list or a dictionary must stay as it is meanwhile."""
    if value is None:
        return ()
    watching = watched(value)
    return members.enumerate_value(value) if watching is None else watching


def loop_with_enumerator(variables: dict[str, Any], value: Any) -> Iterator[Any]:
    """What foreach goes through, with `$foreach` set."""
    from psbridge.script.net.lists import Enumerator

    outer = variables.get("foreach")
    enumerator = variables["foreach"] = Enumerator(list(members.loop_items(value)))
    try:
        while enumerator.move():
            yield enumerator.current
    finally:
        if outer is None:
            variables.pop("foreach", None)
        else:
            variables["foreach"] = outer


def exit_flow(S: scope.Scope, value: Any) -> flow.ExitFlow:
    """`exit value`."""
    return flow.ExitFlow(exit_code(value))


def exit_code(value: Any) -> int:
    """What an exit's value means as an exit code."""
    if value is None:
        return 0
    converted = as_operator(value, nettypes.INT32)
    return converted if isinstance(converted, int) else 0


# Command arguments


def named(name: str, text: str) -> Argument:
    """`-Name`."""
    return Argument(name, text=text)


def named_value(name: str, value: Any, text: str) -> Argument:
    """`-Name:value`."""
    return Argument(name, value, text=text)


class Dashes(Argument):
    """`--`: what follows it are values, also where it looks like a parameter's name."""

    __slots__ = ()


def dashes() -> Argument:
    """`--`."""
    return Dashes(None, text="--")


def splat(value: Any) -> Splat:
    """`@values`."""
    return Splat(value)


def names() -> dict[str, Any]:
    """The globals of generated code."""
    from . import caught, commands_of, definitions, output, switching

    own = {**vars(output), **globals()}
    return {
        **{key: value for key, value in own.items() if not key.startswith("_")},
        **{name: getattr(arithmetic, name) for name in _ARITHMETIC},
        **{name: getattr(bits, name) for name in _BITS},
        **{name: getattr(comparison, name) for name in _COMPARISON},
        "join": patterns.join,
        "split_words": patterns.split_words,
        "like": patterns.like,
        "not_like": patterns.not_like,
        "member": members.member,
        "set_member": members.set_member,
        "index": indexing.index,
        "set_index": indexing.set_index,
        "set_static": calling.set_static,
        "concat": concat,
        "format_operator": format_operator,
        "read": scope.read,
        "assign": scope.assign,
        "read_qualified": scope.read_qualified,
        "assign_qualified": scope.assign_qualified,
        "used": used,
        "BreakFlow": flow.BreakFlow,
        "ContinueFlow": flow.ContinueFlow,
        "ReturnFlow": flow.ReturnFlow,
        **{name: getattr(caught, name) for name in caught.GENERATED},
        **{name: getattr(commands_of, name) for name in commands_of.GENERATED},
        **{name: getattr(definitions, name) for name in definitions.GENERATED},
        **{name: getattr(switching, name) for name in switching.GENERATED},
    }


_ARITHMETIC = ("add subtract multiply divide modulo value_range negate plus").split()
_BITS = "bit_and bit_or bit_xor bit_not shift_left shift_right".split()
_COMPARISON = (
    "truth equals not_equals greater greater_or_equal less less_or_equal contains contained exclusive_or"
).split()
