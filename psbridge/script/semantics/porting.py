"""What a ported script calls where PowerShell's meaning is not Python's own: `posh` in its text.

Operators, members, conversions and patterns are those of the modules beside this one; commands, script blocks
and functions are in `session`. Knows nothing of the parser or of how scripts are ported.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from string import Formatter
from typing import TYPE_CHECKING, Any

from psbridge.binding.errors import InvalidCast
from psbridge.binding.validation import (
    ValidateCount,
    ValidateLength,
    ValidateNotNull,
    ValidateNotNullOrEmpty,
    ValidateNotNullOrWhiteSpace,
    ValidatePattern,
    ValidateRange,
    ValidateScript,
    ValidateSet,
)
from psbridge.binding.values import ScriptBlock
from psbridge.errors import PSBridgeError

from .arithmetic import add, divide, modulo, multiply, negate, plus, subtract, value_range
from .bits import bit_and, bit_not, bit_or, bit_xor, shift_left, shift_right
from .casts import custom_object
from .checks import obeyed, validate_script
from .comparison import (
    contained,
    contains,
    equals,
    exclusive_or,
    greater,
    greater_or_equal,
    less,
    less_or_equal,
    members_of,
    not_equals,
    same,
)
from .comparison import truth as _truth
from .errors import NetFault
from .indexing import index, is_single, set_index
from .keys import spelt
from .matching import match, matches, not_match, replace, split
from .members import enumerate_value, set_member
from .members import loop_items as _loop_items
from .members import member as _member
from .named import as_operator, construct, invoke_static, is_a, net_type, set_static, static_member
from .named import cast as _cast
from .outside import caught_request, parameter_set, script_cmdlet
from .patterns import join, like, not_like, split_words
from .session import (
    appended,
    block,
    call,
    caught,
    command_block,
    errors,
    function,
    get,
    is_error,
    named,
    parameter,
    record_of,
    run,
    run_into,
    separator,
    session,
    set_variable,
    show_error,
    succeeded,
    thrown,
    variable,
)
from .shown import leave, put
from .text import format_operator
from .text import text as _text
from .values import Hashtable, NetRef, Ordered
from .watching import watched_table

if TYPE_CHECKING:
    from .argumentparser import ArgumentParser
    from .classes import class_method, class_property, constructor, script_class, script_enum


ERRORS: tuple[type[Exception], ...] = (
    PSBridgeError,
    NetFault,
    InvalidCast,
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What a catch without a type takes: the errors of commands and operators, and Python's own."""


class NotPorted(NotImplementedError):
    """A line of the script that has no Python yet; the message names the line and why."""


def member(target: Any, *steps: Any) -> Any:
    """`$target.name`, and `$target.list[0].name` for several steps; None when there is none.

    Args:
        target: the object.
        steps: a name is a member, a number or a list of one value an index, and a tuple a method with its
            arguments: `member(x, "Groups", ["n"], "Value", ("Trim",))` is `$x.Groups["n"].Value.Trim()`.
    """
    for step in steps:
        kind = type(step)
        if kind is int:
            target = index(target, step)
        elif kind is list:
            target = index(target, step[0])
        elif kind is tuple:
            target = invoke(target, *step)
        else:
            target = _member(target, step)
    return target


def cast(value: Any, type: Any, *steps: Any) -> Any:
    """`[type]value`, or of what these steps reach from it, as for `member`.

    >>> cast("12", "int") + 1
    13
    """
    return _cast(member(value, *steps) if steps else value, type)


def truth(value: Any, *steps: Any) -> bool:
    """What `if ($value)` sees, or that of what these steps reach from it, as for `member`."""
    return _truth(member(value, *steps) if steps else value)


def matches_value(left: Any, right: Any, case: bool = False) -> bool:
    """Whether `if ($left -eq $right)` runs; of a list, whether what is left of it is true."""
    return truth(equals(left, right, case))


def differs(left: Any, right: Any, case: bool = False) -> bool:
    """Whether `if ($left -ne $right)` runs; of a list, whether what is left of it is true."""
    return truth(not_equals(left, right, case))


def loop_items(value: Any, *steps: Any) -> Iterable[Any]:
    """What `foreach` goes through of a value, or of what these steps reach: nothing for null."""
    return _loop_items(member(value, *steps) if steps else value)


def watched_part(table: Any, part: str) -> Iterator[Any]:
    """The `Keys` or `Values` of a table that a loop changes, which is an error at its next round.

    >>> [key for key in watched_part({"a": 1}, "Keys")]
    ['a']
    """
    return watched_table(enumerate_value(_member(table, part)), table)


def show_member(target: Any, *steps: Any) -> None:
    """Print what these steps reach from an object, as for `member`; nothing beyond a single object."""
    last = steps[-1]
    holder = member(target, *steps[:-1])
    value = member(holder, last)
    if value is not None or type(last) not in (int, list) or not is_single(holder):
        show(value)


def show(value: Any) -> None:
    """Print a value as PowerShell shows what a script puts out; what an iterator gives, as it comes.

    >>> show(0.5)
    0.5
    """
    if isinstance(value, Iterator):
        for item in value:
            put([item])
    elif value is not None:
        put(value)


def text(value: Any, *steps: Any) -> str:
    """The text that a value, or what these steps reach from it, is inside a string; `$OFS` joins a list's.

    >>> text([1, 2.5, None])
    '1 2.5 '
    """
    if steps:
        value = member(value, *steps)
    if type(value) is str:
        return value
    if isinstance(value, Exception):
        value = record_of(value)
    between = separator()
    items = members_of(value) if between is not None else None
    return _text(value) if items is None else _text(between).join(_text(item) for item in items)


def expand(template: str, **values: Any) -> str:
    """A text with values in it, each as PowerShell has it: `{name}`, `{name.member[0].other[key]}`.

    >>> expand("{n} of {list.Count}", n=1.0, list=[1, 2])
    '1 of 2'
    """
    return _Expander().vformat(template, (), values)


class _Expander(Formatter):
    """Reads fields as PowerShell reads members."""

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> Any:
        first, *rest = _FIELD.findall(field_name)
        value = kwargs[first[0]]
        for name, key in rest:
            value = member(value, name) if name else index(value, int(key) if _NUMBER.match(key) else key)
        return value, first[0]

    def format_field(self, value: Any, format_spec: str) -> str:
        return text(value)


_FIELD = re.compile(r"\.?([^.\[\]]+)|\[([^\]]+)\]")
_NUMBER = re.compile(r"-?\d+$")


def show_run(command: Any, *arguments: Any, **named: Any) -> None:
    """Run a command and print what it puts out as it comes. Takes what `run` takes."""
    run_into(lambda value: show([value]), command, *arguments, **named)


def splat(value: Any) -> Any:
    """`@value` among arguments: by name from a table, in order from a list; which one shows when it runs."""
    from psbridge.script.interpreter import support

    return support.splat(value)


def base_call(owner: str, this: Any, name: str, *arguments: Any) -> Any:
    """`([owner]$this).name(arguments)`: the base class's own method."""
    from psbridge.script.interpreter import support

    return support.base_call(session().scope, owner, this, name, list(arguments))


def read_only(name: str) -> Exception:
    """The error of an assignment to a variable that the script made read-only, for `raise`."""
    from psbridge.script.interpreter.support import read_only_variable

    try:
        read_only_variable(name, None)
    except PSBridgeError as error:
        return error
    raise AssertionError(name)


def show_result(value: Any, *steps: Any) -> None:
    """Print what a method gave; one without a result puts nothing out."""
    value = member(value, *steps)
    if value is not None:
        show(value)


def items(value: Any, *steps: Any) -> Iterable[Any]:
    """What a value is in a pipeline: a collection's elements, a single value itself.

    >>> list(items([1, 2])), list(items("ab")), list(items(None))
    ([1, 2], ['ab'], [None])
    """
    return enumerate_value(member(value, *steps))


def result_items(value: Any, *steps: Any) -> Iterable[Any]:
    """What a method's result is in a pipeline: nothing for a method without one."""
    value = member(value, *steps)
    return () if value is None else enumerate_value(value)


def as_list(value: Any, *steps: Any) -> list[Any]:
    """`@(value)`: a list as it is, anything else as the list of what it puts out."""
    value = member(value, *steps)
    return value if isinstance(value, list) else list(enumerate_value(value))


def unpacked(values: Iterable[Any]) -> Any:
    """What a pipeline that put these out gives: nothing, the one object, or the list.

    >>> unpacked([]), unpacked([1]), unpacked([1, 2])
    (None, 1, [1, 2])
    """
    listed = values if isinstance(values, list) else list(values)
    return listed[0] if len(listed) == 1 else listed or None


def joined(separator: Any, value: Any, *steps: Any) -> str:
    """The texts of what these steps reach from a value, with a separator between them."""
    return join(member(value, *steps), separator)


def unrolled(value: Any) -> Any:
    """What is left of a value that was put out: a list of one is its element, an empty one nothing."""
    return unpacked(list(value)) if isinstance(value, list) else value


def invoke(target: Any, name: str, *arguments: Any) -> Any:
    """`target.name(arguments)`.

    Raises:
        psbridge.script.semantics.errors.ScriptError: there is no such method, or it failed.
    """
    from psbridge.script.interpreter import support

    return support.invoke(session().scope, target, name, [spelt(target, value) for value in arguments])


def is_case(value: Any, label: Any, case: bool = False) -> bool:
    """Whether a clause of a plain `switch` is for this value."""
    if value is None or label is None:
        return value is label
    return bool(same(text(value), text(label), case))


def file_lines(path: Any) -> list[str]:
    """The lines of a text file, as `switch -File` goes through them."""
    from psbridge.script.interpreter.switching import switch_file

    return switch_file(None, path)  # type: ignore[arg-type]


def shared_out(value: Any, count: int) -> list[Any]:
    """The values for `count` variables that are set at once: the last gets what is left."""
    from psbridge.script.interpreter import support

    return support.shared_out(value, count)


def ordered(value: Any) -> Ordered:
    """`[ordered]` of a table."""
    return Ordered(value)


def __getattr__(name: str) -> Any:
    """The helpers for classes and parameters, which load when a script has any."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__package__}.{_LATER[name]}"), name)


_LATER = {
    "ArgumentParser": "argumentparser",
    "class_method": "classes",
    "class_property": "classes",
    "constructor": "classes",
    "script_class": "classes",
    "script_enum": "classes",
}
"""The modules of the helpers that few scripts need."""


__all__ = [
    "ERRORS",
    "ArgumentParser",
    "Hashtable",
    "NetRef",
    "NotPorted",
    "Ordered",
    "ScriptBlock",
    "ValidateCount",
    "ValidateLength",
    "ValidateNotNull",
    "ValidateNotNullOrEmpty",
    "ValidateNotNullOrWhiteSpace",
    "ValidatePattern",
    "ValidateRange",
    "ValidateScript",
    "ValidateSet",
    "add",
    "appended",
    "as_list",
    "as_operator",
    "base_call",
    "bit_and",
    "bit_not",
    "bit_or",
    "bit_xor",
    "block",
    "call",
    "cast",
    "caught",
    "caught_request",
    "class_method",
    "class_property",
    "command_block",
    "construct",
    "constructor",
    "contained",
    "contains",
    "custom_object",
    "differs",
    "divide",
    "equals",
    "errors",
    "exclusive_or",
    "expand",
    "file_lines",
    "format_operator",
    "function",
    "get",
    "greater",
    "greater_or_equal",
    "index",
    "invoke",
    "invoke_static",
    "is_a",
    "is_case",
    "is_error",
    "items",
    "join",
    "joined",
    "leave",
    "less",
    "less_or_equal",
    "like",
    "loop_items",
    "match",
    "matches",
    "matches_value",
    "member",
    "members_of",
    "modulo",
    "multiply",
    "named",
    "negate",
    "net_type",
    "not_equals",
    "not_like",
    "not_match",
    "obeyed",
    "ordered",
    "parameter",
    "parameter_set",
    "plus",
    "read_only",
    "replace",
    "result_items",
    "run",
    "same",
    "script_class",
    "script_cmdlet",
    "script_enum",
    "session",
    "set_index",
    "set_member",
    "set_static",
    "set_variable",
    "shared_out",
    "shift_left",
    "shift_right",
    "show",
    "show_error",
    "show_member",
    "show_result",
    "show_run",
    "splat",
    "split",
    "split_words",
    "static_member",
    "subtract",
    "succeeded",
    "text",
    "thrown",
    "truth",
    "unpacked",
    "unrolled",
    "validate_script",
    "value_range",
    "variable",
    "watched_part",
]
