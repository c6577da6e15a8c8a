"""Pieces of Python being written: an expression with its kind, the names of variables, and refusals.

A kind is what is known of a value: `str`, `str?` (which may be null), `int`, `float`, `num` (a number of any
type), `bool`, `none`, `dict`, `body` (JSON of a dict), `reply` (an answer of the chat API or a part of one),
`hashtable`, `object` (`object@N` is one that a known literal makes, `object@N|M` one of several), a kind of
object that `shapes` knows,
`error`, `List` (a generic list; `List:KIND` is one that became Python's own), `list:KIND`, `out` and
`out:KIND` (what a pipeline put out: nothing, a value, or a list), or `any`. Knows nothing of statements and
commands.
"""

from __future__ import annotations

import ast
import builtins
import keyword
import re
import sys
from collections.abc import Container
from dataclasses import dataclass, replace

from .. import syntax as s

ATOM, UNARY, TERM, SUM, COMPARE, NOT, AND, OR, CONDITION = range(9)
"""How tightly an expression binds, tightest first."""
SCALARS = ("str", "int", "float", "bool", "num")


@dataclass(frozen=True)
class Code:
    """A Python expression: its text, what kind of value it has, and how tightly it binds.

    `stream` says that it is an iterable of what a pipeline puts out, each of `kind`; `inner` is then what is
    inside a generator expression, if it is one. `result` says that a method gave it, whose None is nothing;
    `single` that a command puts out one object. `owner` and `steps` are of what helpers reach from an object,
    of the kind `reach`: its members, indexes and methods, one after the other. `fed` is how a command takes
    it from a pipeline.
    """

    text: str
    kind: str = "any"
    rank: int = ATOM
    stream: bool = False
    inner: str = ""
    result: bool = False
    single: bool = False
    owner: str = ""
    steps: tuple[str, ...] = ()
    fed: str = ""
    reach: str = ""

    @property
    def path(self) -> str:
        """The arguments of a helper that reaches for the value itself: the object and the steps from it."""
        return ", ".join([self.owner, *self.steps]) if self.steps else self.text

    def within(self, rank: int) -> str:
        """The text, in parentheses where an operand of `rank` needs them."""
        return self.text if self.rank <= rank else f"({self.text})"

    def of_kind(self, kind: str) -> Code:
        """The same text, with more known of its value."""
        return replace(self, kind=kind)

    @property
    def or_nothing(self) -> Code:
        """What a foreach goes through where the list may not be there."""
        return Code(f"{self.within(OR)} or []", self.kind.removeprefix("many:"), OR, stream=True)

    @property
    def length(self) -> int:
        """How many items the text is a list of; 0 where it is none, or that is not known."""
        try:
            node = ast.parse(self.text, mode="eval").body
        except SyntaxError:
            return 0
        starred = isinstance(node, ast.List) and any(isinstance(one, ast.Starred) for one in node.elts)
        return len(node.elts) if isinstance(node, ast.List) and not starred else 0

    @property
    def item(self) -> str:
        """The kind of a list's items."""
        for prefix in ("list:", "out:", "List:"):
            if self.kind.startswith(prefix):
                return self.kind.removeprefix(prefix) or "any"
        return "any"

    @property
    def base(self) -> str:
        """The kind, without which literal an object is of."""
        return self.kind.partition("@")[0]

    @property
    def is_out(self) -> bool:
        """Whether a pipeline put it out: nothing, one value, or a list of them."""
        return self.kind == "out" or self.kind.startswith("out:")

    @property
    def is_list(self) -> bool:
        """Whether it gives a list."""
        return self.kind.startswith("list:")


class Again(Exception):
    """Something was learned without which this pass cannot go on: it starts again."""


class Refused(Exception):
    """A node that is not ported, why, and what a reader can do about it."""

    def __init__(self, node: s.Node, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.node, self.reason, self.hint = node, reason, hint

    @property
    def is_placed(self) -> bool:
        """Whether this is about a part of the script, and not about how those around it are written."""
        return bool(self.node.end)


def whole_call(text: str, helper: str) -> str:
    """What stands between the brackets of an expression that is one call of this helper; empty else."""
    head = f"posh.{helper}("
    if not text.startswith(head):
        return ""
    try:
        node = ast.parse(text, mode="eval").body
    except SyntaxError:
        return ""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return ""
    plain = node.func.attr == helper and isinstance(node.func.value, ast.Name) and not node.keywords
    return text[len(head) : -1] if plain else ""


def is_call(text: str) -> bool:
    """Whether an expression is one call of a function by its name."""
    try:
        node = ast.parse(text, mode="eval").body
    except SyntaxError:
        return False
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name)


def run_of(text: str) -> tuple[str, str] | None:
    """What a command is run on, `posh` or a pipeline before it, and its arguments; None for other texts."""
    if not text.endswith(")") or ".run(" not in text:
        return None
    try:
        node = ast.parse(text, mode="eval").body
    except SyntaxError:
        return None
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr != "run":
        return None
    owner = ast.get_source_segment(text, node.func.value) or ""
    return owner, text[len(owner) + len(".run(") : -1]


def join_kinds(one: str, other: str) -> str:
    """The kind of a value that is of one kind or the other."""
    if one == other:
        return one
    if {one, other} <= {"str", "str?", "none"}:
        return "str?"
    if "out" in (one[:3], other[:3]) and "none" not in (one, other):
        return "out"
    if one.startswith("list:") and other.startswith("list:"):
        if one == "list:" or other == "list:":
            return max(one, other)
        return f"list:{join_kinds(one[5:], other[5:])}"
    for base in ("object", "table"):
        if one.partition("@")[0] == base == other.partition("@")[0]:
            places = {*one[len(base) + 1 :].split("|"), *other[len(base) + 1 :].split("|")}
            return base if "" in places or len(places) > 8 else f"{base}@{'|'.join(sorted(places))}"
    if {one, other} <= {"int", "float", "num"}:
        return "num"
    return "any"


def python_name(name: str) -> str:
    """A variable's or function's name in Python's manner: `$maxTokens` is `max_tokens`.

    >>> python_name("maxTokens"), python_name("Get-Label"), python_name("class")
    ('max_tokens', 'get_label', 'class_')
    """
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", re.sub(r"\W+", "_", name))
    plain = words.lower().strip("_") or "value"
    if plain[0].isdigit():
        plain = f"value_{plain}"
    taken = {
        "ps",
        "posh",
        "argparse",
        "os",
        "sys",
        "time",
        "enum",
        "re",
        "io",
        "found",
        "l",
        "base64",
        "datetime",
        "decimal",
        "itertools",
        "parser",
        "arguments",
        "error",
        "record",
    }
    taken |= {"bound", "cmdlet", "pipeline_input", "given"}
    reserved = keyword.iskeyword(plain) or hasattr(builtins, plain) or plain in taken
    return f"{plain}_" if reserved else plain


def module_name(stem: str, taken: Container[str] = ()) -> str:
    """What a script's module is called: no name of Python's own modules, which it would hide.

    >>> module_name("Get-Report"), module_name("csv")
    ('get_report', 'csv_')
    """
    name = python_name(stem)
    while name in sys.stdlib_module_names or name in taken:
        name += "_"
    return name


def ended(text: str) -> str:
    """The Python of a text with the system's end of a line behind it; it needs `os`."""
    inside = text.startswith('f"') and text[-1] == '"' and text.count('"') == 2
    return f'{text[:-1]}{{os.linesep}}"' if inside else f"{text} + os.linesep"


def quoted(text: str) -> str:
    """A Python literal in double quotes where it may be."""
    literal = repr(text)
    if literal.startswith("'") and '"' not in text:
        return '"' + literal[1:-1].replace("\\'", "'") + '"'
    return literal


NAMES = {
    "ArrayExpression": "@( )",
    "AttributedExpression": "an attribute here",
    "BaseCtorInvokeMemberExpression": "a call of a base class's constructor",
    "DataStatement": "a data section",
    "DoUntilStatement": "a do loop",
    "DoWhileStatement": "a do loop",
    "ErrorExpression": "what cannot be parsed here",
    "ErrorStatement": "what cannot be parsed here",
    "FunctionDefinition": "a function",
    "PipelineChain": "&& or ||",
    "ScriptBlockExpression": "a script block as a value",
    "SwitchStatement": "a switch statement",
    "ThrowStatement": "a throw statement",
    "TrapStatement": "a trap statement",
    "TypeDefinition": "a class",
    "UsingExpression": "$using:",
    "UsingStatement": "a using statement",
}


def described(node: object) -> str:
    """What a kind of syntax is called in a reason."""
    kind = type(node).__name__
    words = re.sub(r"(?<=[a-z])([A-Z])", lambda found: " " + found.group().lower(), kind)
    return NAMES.get(kind) or f"a {words.lower().removesuffix(' expression')}"


def put_out(value: Code) -> Code:
    """What a variable holds that a literal list is put out to: of one element that one, of none null."""
    if value.stream or not (value.text.startswith("[") and value.text.endswith("]")):
        return value
    made = ast.parse(value.text, mode="eval").body
    parts = made.elts if isinstance(made, ast.List) else ()
    if value.text == "[]":
        return Code("None", "none")
    if len(parts) != 1 or isinstance(parts[0], ast.Starred):
        return value
    return Code(value.text[1:-1].rstrip(", "), value.item if value.is_list else "any")
