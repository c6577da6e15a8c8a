"""What of a script serves its requests: headers, bodies, the tables they are made of, and their errors."""

from __future__ import annotations

from typing import Any

from .. import syntax as s
from .nodes import (
    expression_of,
    is_chat,
    is_chat_elsewhere,
    is_json_of,
    is_step,
    only_key,
    path_of,
    table_of,
    word_of,
)
from .tables import TableUses

_REQUESTS = ("invoke-restmethod", "irm")
_WEB = {*_REQUESTS, "invoke-webrequest", "iwr"}
_COMPUTED = ("scriptproperty", "scriptmethod", "aliasproperty", "codeproperty", "codemethod")
_FAULTS = ("exception", "innerexception", "errordetails", "error")


class RequestUses(TableUses):
    """Every place where a request of the script, or a part of one, stands."""

    nodes: list[Any]
    requesting: set[str]
    goes_on: bool

    def asks_chat(self, address: str) -> bool:
        """Whether a request to this address can be the chat API's own cmdlet.

        It cannot where a reply's message goes on as it came: the cmdlet sends less of it. Nor where
        Add-Member gives objects of the script members that are computed: the cmdlet's reply takes none.
        """
        return not self.goes_on and (is_chat(address) or is_chat_elsewhere(address))

    def _requesting(self) -> set[str]:
        """The commands whose errors may be a web cmdlet's: these, and the functions that call them.

        There are none where the script calls a cmdlet of psbridge: its errors are that cmdlet's.
        """
        from psbridge.models.tables import CMDLETS

        names = {word_of(one.command_elements[0]) for one in self.nodes if isinstance(one, s.Command)}
        found = names & _WEB
        if not found or names & {one.lower() for one in CMDLETS}:
            return set()
        functions = {one.name.lower(): one for one in self.nodes if isinstance(one, s.FunctionDefinition)}
        while True:
            more = {name for name, one in functions.items() if self._calls(one, found)} - found
            if not more:
                return found
            found |= more

    def may_request(self, body: Any) -> bool:
        """Whether an error of these statements may be that of a request."""
        return bool(self.requesting) and self._calls(body, self.requesting)

    def _calls(self, body: Any, names: set[str]) -> bool:
        """Whether one of these commands is called in there, or something that is known only when it runs."""
        for one in body.walk():
            if isinstance(one, s.Command):
                first = one.command_elements[0]
                if word_of(first) in names or not isinstance(first, s.StringConstantExpression):
                    return True
        return False

    def _goes_on(self, node: Any) -> bool:
        """Whether this is a reply's message that becomes part of something: `$all += $choice.message`.

        Or an Add-Member that adds more than a value, which may add it to a reply.
        """
        if isinstance(node, s.Command):
            return word_of(node.command_elements[0]) == "add-member" and any(
                word_of(one) in _COMPUTED
                or (isinstance(one, s.CommandParameter) and one.parameter_name.lower().startswith("t"))
                for one in node.command_elements[1:]
            )
        if type(node) is not s.MemberExpression or node.static or word_of(node.member) != "message":
            return False
        if word_of(getattr(node.expression, "member", None)) in _FAULTS:
            return False
        around = self.above(node)
        if not isinstance(around, s.AssignmentStatement):
            return self._becomes_part(node)
        left = around.left
        if around.operator != "Equals" or not isinstance(left, s.VariableExpression):
            return True
        return any(self._becomes_part(one) for one in self.places[path_of(left)] if one is not left)

    def _becomes_part(self, node: Any) -> bool:
        around = self.above(node)
        if isinstance(around, s.InvokeMemberExpression):
            return node is not around.expression and word_of(around.member) in ("add", "insert")
        if isinstance(around, s.AssignmentStatement):
            return around.operator == "PlusEquals" and around.left is not node
        if isinstance(around, s.BinaryExpression):
            return around.operator == "Plus"
        if isinstance(around, s.StatementBlock):
            around = self.parents.get(id(around))
        return isinstance(around, (s.ArrayLiteral, s.ArrayExpression, s.Hashtable))

    def _command_of(self, node: s.VariableExpression) -> tuple[str, str]:
        """The command that this place is an argument of, and the parameter before it."""
        command = self.parents.get(id(node))
        if not isinstance(command, s.Command):
            return "", ""
        name = word_of(command.command_elements[0])
        number = next(place for place, one in enumerate(command.command_elements) if one is node)
        before = command.command_elements[number - 1]
        return name, before.parameter_name.lower() if isinstance(before, s.CommandParameter) else ""

    def _set_once(self, path: str) -> tuple[Any, list[s.VariableExpression]]:
        """The one assignment of a variable, and the other places; None if it is set more than once."""
        sets, others = [], []
        for node in self.places[path]:
            around = self.above(node)
            if isinstance(around, s.AssignmentStatement) and around.left is node:
                sets.append(around)
            else:
                others.append(node)
        if len(sets) != 1 or sets[0].operator != "Equals":
            return None, others
        return sets[0], others

    def set_once(self, path: str) -> Any:
        """The one assignment of a variable; None if it is set more than once, or nowhere."""
        return self._set_once(path)[0] if path in self.places else None

    def constants_before(self, statement: Any) -> dict[str, Any]:
        """The variables that hold the same literal from a statement at the top before this one on."""
        made: dict[str, Any] = {}
        for path in {path_of(one) for one in statement.walk() if isinstance(one, s.VariableExpression)}:
            assignment, others = self._set_once(path) if path in self.places else (None, [])
            if assignment is None or assignment.end > statement.start or not _is_scalar(assignment.right):
                continue
            at_top = isinstance(self.parents.get(id(assignment)), s.NamedBlock)
            if at_top and not self.in_function(assignment) and all(map(self._only_reads, others)):
                made[path] = assignment.right
        return made

    def in_function(self, node: Any) -> bool:
        """Whether a node is inside a function or a script block."""
        while node is not None and not isinstance(node, (s.FunctionDefinition, s.ScriptBlockExpression)):
            node = self.parents.get(id(node))
        return node is not None

    def _only_reads(self, node: s.VariableExpression) -> bool:
        around = self.parents.get(id(node))
        if isinstance(around, s.UnaryExpression):
            return not is_step(around)
        if isinstance(around, s.ForEachStatement):
            return around.variable is not node
        if isinstance(around, s.ConvertExpression):
            return not isinstance(self.parents.get(id(around)), s.AssignmentStatement) and (
                around.type.type_name.full_name.lower() != "ref"
            )
        if isinstance(around, s.ArrayLiteral):
            above = self.parents.get(id(around))
            return not (isinstance(above, s.AssignmentStatement) and above.left is around)
        return not isinstance(around, (s.Parameter, s.AttributedExpression)) and not node.splatted

    def _is_headers(self, path: str) -> bool:
        made, others = self._set_once(path)
        if made is None or not others or not only_key(made.right, set()):
            return False
        return all(self._command_of(one) in [(name, "headers") for name in _WEB] for one in others)

    def _is_body(self, path: str) -> bool:
        sets = others = 0
        for node in self.places[path]:
            around = self.above(node)
            if isinstance(around, s.AssignmentStatement) and around.left is node:
                sets += 1
            elif self._is_request_body(node) or self._becomes_bytes(node):
                others += 1
            else:
                return False
        return bool(sets and others)

    def _is_request_body(self, node: s.VariableExpression) -> bool:
        """Whether this is the -Body of a request for a chat completion."""
        return self._command_of(node) in [(name, "body") for name in _REQUESTS] and self._asks_chat(node)

    def _becomes_bytes(self, node: s.VariableExpression) -> bool:
        """Whether this is the text of the bytes that another variable holds, which is a body alone."""
        call = self.parents.get(id(node))
        if not isinstance(call, s.InvokeMemberExpression) or call.expression is node or call.static:
            return False
        around = self.above(call)
        name = word_of(call.member)
        if name != "getbytes" or not isinstance(around, s.AssignmentStatement):
            return False
        left = around.left
        return (
            isinstance(left, s.VariableExpression)
            and path_of(left) in self.places
            and self._is_body(path_of(left))
        )

    def _asks_chat(self, node: s.VariableExpression) -> bool:
        """Whether the command that this is an argument of asks the service for a chat completion."""
        command: Any = self.parents.get(id(node))
        return any(self.asks_chat(str(getattr(one, "value", ""))) for one in command.command_elements[1:])

    def _request_tables(self) -> dict[str, s.Hashtable]:
        """Tables that are splatted to one request each, and used for nothing else."""
        tables = {}
        for path in self.places:
            made, others = self._set_once(path)
            table = expression_of(made.right) if made is not None else None
            if not isinstance(table, s.Hashtable) or len(others) != 1 or not others[0].splatted:
                continue
            command: Any = self.parents.get(id(others[0]))
            name = word_of(command.command_elements[0])
            if name in _REQUESTS and len(command.command_elements) == 2:
                tables[path] = table
        return tables

    def _is_payload(self, path: str) -> bool:
        """Whether a table is made once, and is then nothing but the head of `| ConvertTo-Json`."""
        made, others = self._set_once(path)
        if made is None or len(others) != 1 or not isinstance(table_of(made.right), s.Hashtable):
            return False
        pipeline = self.parents.get(id(self.parents.get(id(others[0]))))
        return is_json_of(pipeline, others[0])


def _is_scalar(node: Any) -> bool:
    value = expression_of(node)
    if isinstance(value, s.VariableExpression):
        return path_of(value) in ("null", "true", "false")
    return isinstance(value, (s.ConstantExpression, s.StringConstantExpression))
