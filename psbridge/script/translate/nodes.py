"""What a piece of the syntax tree is, whatever wrappers are around it. Knows one node at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from .. import syntax as s

_MANY = frozenset(
    "foreach-object where-object select-object sort-object group-object get-childitem import-csv "
    "convertfrom-csv select-string get-unique measure-object".split()
)
"""Commands that put out as many objects as there are."""


@dataclass
class Loop:
    """A loop of the Python text that is being written.

    Attributes:
        kind: `loop`, `switch` (over the values of a switch) or `each` (over what a pipeline feeds).
        label: the label that the script gives it, in lower case.
        start: the line of its head; -1 until it is known.
        step: writes what comes between a round and the next, for a `continue`.
        flags: of each way to leave it from a loop inside it, the variable that says so.
        leaving: the variables for which this loop is left, each with its way and the loop that it is for.
    """

    kind: str
    label: str = ""
    start: int = -1
    step: Callable[[], None] | None = None
    flags: dict[str, str] = field(default_factory=dict)
    leaving: dict[str, tuple[str, Loop]] = field(default_factory=dict)


def path_of(node: s.VariableExpression) -> str:
    """A variable's name, without the scope it is looked for in."""
    where, _, rest = node.variable_path.lower().rpartition(":")
    return rest if where in ("", "script", "global", "local", "private") else node.variable_path.lower()


def word_of(node: Any) -> str:
    """The text that a node is, in lower case; empty for one whose text is known only when it runs."""
    return str(getattr(node, "value", "")).lower()


def expression_of(node: Any) -> Any:
    """The expression that a statement is, if it is no more than one."""
    if isinstance(node, s.Pipeline) and len(node.pipeline_elements) == 1:
        node = node.pipeline_elements[0]
    if isinstance(node, s.CommandExpression) and not node.redirections:
        return node.expression
    return node


def agreement(condition: Any) -> bool | None:
    """The outcome of this condition that tells that `ShouldProcess(...)` was true; None if neither does."""
    node = expression_of(condition)
    if isinstance(node, s.ParenExpression):
        return agreement(node.pipeline)
    if isinstance(node, s.UnaryExpression) and node.token_kind in ("Not", "Exclaim"):
        inner = agreement(node.child)
        return None if inner is None else not inner
    if isinstance(node, s.BinaryExpression) and node.operator in ("And", "Or"):
        sides = {agreement(node.left), agreement(node.right)}
        wanted = node.operator == "And"
        return wanted if wanted in sides else None
    asks = isinstance(node, s.InvokeMemberExpression) and word_of(node.member) == "shouldprocess"
    return True if asks else None


def is_step(node: Any) -> bool:
    """Whether this is `$x++`, `--$x` or their like."""
    return isinstance(node, s.UnaryExpression) and node.token_kind.endswith(("PlusPlus", "MinusMinus"))


def set_by(node: Any) -> Any:
    """What an assignment or a step sets: a variable, or a part of something; None for anything else."""
    if isinstance(node, s.AssignmentStatement):
        return node.left
    return node.child if is_step(node) else None


def targets_of(node: Any) -> list[s.VariableExpression]:
    """The variables that an assignment or a step sets, or a loop."""
    place = node.variable if isinstance(node, s.ForEachStatement) else set_by(node)
    while isinstance(place, (s.ConvertExpression, s.AttributedExpression)):
        place = place.child
    places = place.elements if isinstance(place, s.ArrayLiteral) else [place]
    return [one for one in places if isinstance(one, s.VariableExpression)]


def table_of(node: Any) -> Any:
    """The table that a statement is, whatever it is cast to."""
    node = expression_of(node)
    while isinstance(node, s.ConvertExpression):
        node = node.child
    return node


def is_json_of(pipeline: Any, head: Any, *, first: bool = False) -> bool:
    """Whether a pipeline is `head | ConvertTo-Json`, or begins so."""
    if not isinstance(pipeline, s.Pipeline) or len(pipeline.pipeline_elements) < 2:
        return False
    if len(pipeline.pipeline_elements) > 2 and not first:
        return False
    first_element, last = pipeline.pipeline_elements[:2]
    if getattr(first_element, "expression", None) is not head or not isinstance(last, s.Command):
        return False
    return word_of(last.command_elements[0]) == "convertto-json"


def is_new_list(node: Any) -> bool:
    """Whether this is `[System.Collections.Generic.List[T]]::new()`, of a type whose items Python keeps."""
    return new_list_of(node) in ("string", "object", "hashtable", "psobject", "pscustomobject")


def new_list_of(node: Any) -> str:
    """The element type of a new generic list; empty for anything else."""
    if not isinstance(node, s.InvokeMemberExpression) or not node.static or node.arguments:
        return ""
    owner = node.expression
    if not isinstance(owner, s.TypeExpression) or word_of(node.member) != "new":
        return ""
    name = owner.type_name.full_name.lower().removeprefix("system.")
    prefix = "collections.generic.list["
    return name[len(prefix) : -1].removeprefix("system.") if name.startswith(prefix) else ""


def new_object_of(node: s.InvokeMemberExpression) -> str:
    """The type of `[type]::new(argument)` in lower case; empty for anything else."""
    name = word_of(node.member)
    if not node.static or name != "new" or len(node.arguments or []) != 1:
        return ""
    owner = getattr(getattr(node.expression, "type_name", None), "full_name", "").lower()
    return str(owner.removeprefix("system."))


def is_new_builder(node: Any) -> bool:
    """Whether this makes an empty StringBuilder."""
    if not isinstance(node, s.InvokeMemberExpression) or not node.static or node.arguments:
        return False
    owner = getattr(getattr(node.expression, "type_name", None), "full_name", "").lower()
    name = word_of(node.member)
    return owner.removeprefix("system.") == "text.stringbuilder" and name == "new"


def other_names(functions: dict[str, s.FunctionDefinition]) -> dict[str, str]:
    """The names that an [Alias()] gives functions, and whose they are; all in lower case."""
    blocks = {name: one.body.param_block for name, one in functions.items()}
    return {
        alias.lower(): name
        for name, block in blocks.items()
        if block is not None
        for alias in aliases_of(block)
    }


def aliases_of(node: s.Parameter | s.ParamBlock) -> list[str]:
    """The names that an [Alias()] gives a parameter, or the function of a param block."""
    return [
        one.value
        for attribute in node.attributes
        if isinstance(attribute, s.Attribute) and attribute.type_name.name.lower() == "alias"
        for one in attribute.positional_arguments or []
        if isinstance(one, s.StringConstantExpression)
    ]


def gives_many(node: Any, functions: set[str] = frozenset()) -> bool:  # type: ignore[assignment]
    """Whether this is a pipeline of commands whose output is as many objects as there are."""
    if isinstance(node, (s.ForEachStatement, s.WhileStatement, s.ForStatement)):
        return True
    if not isinstance(node, s.Pipeline):
        return False
    last = node.pipeline_elements[-1]
    if not isinstance(last, s.Command) or last.redirections or last.invocation_operator != "Unknown":
        return False
    name = word_of(last.command_elements[0])
    if name in functions:
        return True
    name = command_of_alias(name)
    if name == "get-content":
        return not any(
            isinstance(one, s.CommandParameter) and one.parameter_name.lower() in ("raw", "asbytestream")
            for one in last.command_elements
        )
    return name in _MANY


def command_of_alias(name: str) -> str:
    """The command that an alias stands for, in lower case; the name itself where it is none."""
    from psbridge.script.commands.table import ALIASES

    return str(ALIASES.get(name, name)).lower()


def is_value(node: Any) -> bool:
    """Whether a statement is values alone, and no command: one that runs without an error."""
    if isinstance(node, s.PipelineChain):
        return is_value(node.lhs_pipeline_chain) and is_value(node.rhs_pipeline)
    elements = node.pipeline_elements if isinstance(node, s.Pipeline) else [node]
    if len(elements) > 1 and isinstance(elements[-1], s.Command):
        *given, last = elements
        elements = given if word_of(last.command_elements[0]) == "out-null" else elements
    return all(isinstance(one, s.CommandExpression) for one in elements) and not any(
        isinstance(part, (s.Command, s.InvokeMemberExpression)) for one in elements for part in one.walk()
    )


def succeeds(node: Any) -> bool:
    """Whether a statement is an operation or a text, after which `$?` is true whatever ran inside."""
    elements = node.pipeline_elements if isinstance(node, s.Pipeline) else [node]
    first = elements[0] if len(elements) == 1 else None
    if not isinstance(first, s.CommandExpression) or first.redirections:
        return False
    if isinstance(first.expression, (s.ParenExpression, s.SubExpression, s.ArrayExpression)):
        return False
    return not any(isinstance(part, s.InvokeMemberExpression) for part in first.walk())


def is_fresh(node: Any) -> bool:
    """Whether an expression makes a new array that nothing else holds."""
    return isinstance(node, (s.ArrayExpression, s.ArrayLiteral)) and not (
        isinstance(node, s.ArrayExpression)
        and len(node.sub_expression.statements) == 1
        and isinstance(expression_of(node.sub_expression.statements[0]), s.VariableExpression)
    )


def is_chat(address: str) -> bool:
    """Whether an address of the script is the configured service's chat completions, or the default one's."""
    folded = address.lower()
    own = "openai_base_url" in folded or "https://api.openai.com/v1/chat/completions" in folded
    return "chat/completions" in folded and own


CHAT_PATH = "/chat/completions"


def is_chat_elsewhere(address: str) -> bool:
    """Whether an address of the script is plainly the chat completions of another server."""
    address = address.strip("'\"")
    return address.endswith(CHAT_PATH) and address.startswith(("http", "$")) and not is_chat(address)


def only_key(node: Any, headers: set[str]) -> bool:
    """Whether these headers are nothing but the service's key and content types."""
    node = table_of(node)
    if isinstance(node, s.ParenExpression):
        return only_key(node.pipeline, headers)
    if isinstance(node, s.VariableExpression):
        return node.variable_path.lower() in headers
    if not isinstance(node, s.Hashtable):
        return False
    for key, value in node.key_value_pairs:
        name = word_of(key)
        if name not in ("authorization", "content-type", "accept"):
            return False
        if name == "authorization":
            names = [
                one.variable_path.lower() for one in value.walk() if isinstance(one, s.VariableExpression)
            ]
            if names != ["env:openai_api_key"]:
                return False
    return True


def gives_always(statements: Sequence[Any]) -> bool:
    """Whether whichever way statements are gone through, the last one gives something or leaves."""
    last = statements[-1] if statements else None
    match last:
        case s.IfStatement():
            blocks = [block for _, block in last.clauses]
            return last.else_clause is not None and all(
                gives_always(block.statements) for block in (*blocks, last.else_clause)
            )
        case s.SwitchStatement() | s.ForEachStatement() | s.WhileStatement() | s.ForStatement():
            return False
    return last is not None
