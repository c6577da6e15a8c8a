"""How a script uses its variables: what can be a plain list of Python's, and what serves a request alone.

Looks at the syntax tree only, before anything is written.
"""

from __future__ import annotations

import itertools
import math
import re
from typing import Any

from .. import syntax as s
from .code import python_name
from .nodes import (
    agreement,
    expression_of,
    gives_many,
    is_fresh,
    is_new_builder,
    is_new_list,
    new_object_of,
    path_of,
    word_of,
)
from .requests import RequestUses

_LEAVING = (s.ReturnStatement, s.ThrowStatement, s.ExitStatement, s.ContinueStatement, s.BreakStatement)
_LIST_METHODS = ("add", "addrange", "clear", "toarray", "insert", "removeat")


def _is_advanced(node: Any) -> bool:
    """Whether this is a script, block or function of which a `$PSCmdlet` may be."""
    block = node.param_block if isinstance(node, s.ScriptBlock) else None
    listed = list(block.parameters) if block is not None else getattr(node, "parameters", None) or []
    if not isinstance(node, s.ScriptBlock | s.FunctionDefinition):
        return False
    attributes = [
        *(block.attributes if block is not None else []),
        *(a for one in listed for a in one.attributes),
    ]
    names = {one.type_name.name.lower() for one in attributes if isinstance(one, s.Attribute)}
    return bool(names & {"cmdletbinding", "parameter"})


class Uses(RequestUses):
    """Every place where a variable of the script stands."""

    def __init__(self, tree: s.ScriptBlock) -> None:
        self.parents: dict[int, Any] = {}
        self.places: dict[str, list[s.VariableExpression]] = {}
        self.nodes: list[Any] = []
        stack: list[Any] = [tree]
        while stack:
            node = stack.pop()
            self.nodes.append(node)
            for child in node.children():
                self.parents[id(child)] = node
                stack.append(child)
            if isinstance(node, s.VariableExpression):
                self.places.setdefault(path_of(node), []).append(node)
        self.spelling = {
            path: min(nodes, key=lambda one: one.start).variable_path.rpartition(":")[2]
            for path, nodes in self.places.items()
        }
        self.wide: set[int] = set()
        """The functions that are the script's wherever they stand: `function script:Name`."""
        for one in self.nodes:
            if isinstance(one, s.FunctionDefinition) and re.match(
                r"(script|global):", one.name, re.IGNORECASE
            ):
                self.wide.add(id(one))
                one.name = one.name.partition(":")[2]
        self.functions = {one.name.lower() for one in self.nodes if isinstance(one, s.FunctionDefinition)}
        self.literal_keys = {
            key.value
            for one in self.nodes
            if isinstance(one, s.Hashtable)
            for key, _ in one.key_value_pairs
            if isinstance(key, s.StringConstantExpression)
        }
        self.bound = {
            one.name.lower()
            for one in self.nodes
            if isinstance(one, s.FunctionDefinition) and one.body.param_block is not None
            if any(part.type_name.name.lower() == "cmdletbinding" for part in one.body.param_block.attributes)
        }
        self.failing: dict[int, bool] = {}
        self.json_depth = self._json_depth()
        self.lists = {path for path in self.places if self._is_list(path)}
        self.arrays = {path for path in self.places if path not in self.lists and self._is_private(path)}
        self.writers = {path for path in self.places if self._is_writer(path)}
        self.builders = {path for path in self.places if self._is_builder(path)}
        self.tables = {path for path in self.places if self.is_table(path)}
        self.dicts = {path for path in self.places if self.is_dict(path)}
        self.callable = {path for path in self.tables if self.holds_calls(path)}
        self.piped = {path for path in self.places if self._is_piped(path)}
        self.tried = self._is_tried()
        self.agreed = self._agreed()
        self.governed = self._matches()
        self.asks_places = any(self._asks_place(one) for one in self.nodes)
        self.requesting = self._requesting()
        self.goes_on = any(self._goes_on(one) for one in self.nodes)
        self.splats = self._request_tables()
        self.payloads = {path for path in self.places if self._is_payload(path)}
        self.headers = {path for path in self.places if self._is_headers(path)}
        self.bodies = {path for path in self.places if self._is_body(path)}

    def named(self, taken: set[str]) -> dict[str, str]:
        """A Python name for every variable, after its first spelling; none of those that are taken."""
        names: dict[str, str] = {}
        used = set(taken)
        own = [path for path in self.places if path not in ("_", "psitem", "null", "true", "false")]
        for path in sorted(own, key=lambda one: min(place.start for place in self.places[one])):
            plain = name = python_name(self.spelling[path])
            number = 1
            while name in used:
                number += 1
                name = f"{plain}_{number}"
            used.add(name)
            names[path] = name
        return names

    def in_block(self, node: Any) -> bool:
        """Whether a node is inside a script block that has a call of its own."""
        while node is not None and not isinstance(node, s.ScriptBlockExpression):
            node = self.parents.get(id(node))
        return node is not None

    def scripts_cmdlet(self, node: Any) -> bool:
        """Whether this `$PSCmdlet`, which is asked, is the script's: plain functions have none."""
        called = self.parents.get(id(node))
        if not isinstance(called, s.InvokeMemberExpression) or word_of(called.member) != "shouldprocess":
            return False
        while node is not None and not _is_advanced(node):
            node = self.parents.get(id(node))
        return node is self.nodes[0]

    def above(self, node: Any, count: int = 1) -> Any:
        """The node around this one, without the wrappers of a lone expression."""
        for _ in range(count):
            node = self.parents.get(id(node))
            while isinstance(node, s.CommandExpression) or (
                isinstance(node, s.Pipeline) and len(node.pipeline_elements) == 1
            ):
                node = self.parents.get(id(node))
        return node

    # What it would do

    def may_be_tried(self, node: Any) -> bool:
        """Whether a command may run under a function's -WhatIf, or the script's, and is to be shown only.

        Not one that runs only where `$PSCmdlet.ShouldProcess(...)` was asked and was true.
        """
        while self.tried and node is not None:
            if id(node) in self.agreed:
                return False
            node = self.parents.get(id(node))
        return self.tried

    def _agreed(self) -> set[int]:
        """The statements that run only where `$PSCmdlet.ShouldProcess(...)` was true.

        The body of an `if` that asks, and what is behind an `if (-not ...)` that leaves.
        """
        made: set[int] = set()
        for one in self.nodes:
            if not isinstance(one, s.IfStatement):
                continue
            condition, body = one.clauses[0]
            answer = agreement(condition)
            if answer:
                made.add(id(body))
            elif answer is False and len(one.clauses) == 1:
                made.update(id(part) for part in (one.else_clause,) if part is not None)
                statements = getattr(self.parents.get(id(one)), "statements", [])
                if one in statements and body.statements and isinstance(body.statements[-1], _LEAVING):
                    made.update(map(id, statements[statements.index(one) + 1 :]))
        return made

    def _is_tried(self) -> bool:
        supported = (
            argument.argument_name.lower() == "supportsshouldprocess"
            for one in self.nodes
            if isinstance(one, s.Attribute)
            for argument in one.named_arguments or ()
        )
        return "whatifpreference" in self.places or any(supported)

    # Matches

    def _matches(self) -> dict[int, Any] | None:
        """For every `$Matches`, the test whose groups it has; None where that is not plain for one."""
        tests = [
            one
            for one in self.nodes
            if isinstance(one, s.BinaryExpression) and one.operator[1:].lower() in ("match", "notmatch")
        ]
        made: dict[int, Any] = {}
        for node in self.places.get("matches", []):
            test = self._governing(node)
            if test is None or any(test.end < other.start < node.start for other in tests):
                return None
            made[id(node)] = test
        return made

    def _governing(self, node: s.VariableExpression) -> Any:
        around = self.parents.get(id(node))
        if isinstance(around, s.MemberExpression) and around.expression is node:
            if str(getattr(around.member, "value", "keys")).lower() in ("keys", "values", "count"):
                return None
        elif not (isinstance(around, s.IndexExpression) and around.target is node) or not isinstance(
            around.index, (s.ConstantExpression, s.StringConstantExpression)
        ):
            return None
        inner: Any = node
        outer = self.parents.get(id(node))
        while outer is not None and not isinstance(outer, s.FunctionDefinition):
            if isinstance(outer, s.IfStatement):
                for condition, body in outer.clauses:
                    test = expression_of(condition)
                    plain = isinstance(test, s.BinaryExpression) and test.operator in ("Imatch", "Cmatch")
                    if body is inner and plain and isinstance(test.right, s.StringConstantExpression):
                        return test
            if isinstance(outer, s.SwitchStatement):
                if "regex" not in outer.flags.lower():
                    return None
                for label, body in outer.clauses:
                    if body is inner:
                        return label if isinstance(label, s.StringConstantExpression) else None
            inner, outer = outer, self.parents.get(id(outer))
        return None

    # Lists

    def _is_list(self, path: str) -> bool:
        """Whether a variable is a generic list that is used as Python's own lists are."""
        made = False
        for node in self.places[path]:
            around = self.above(node)
            if isinstance(around, s.AssignmentStatement) and around.left is node:
                if around.operator != "Equals" or not is_new_list(expression_of(around.right)):
                    return False
                made = True
            elif not self._reads(node, _LIST_METHODS):
                return False
        return made

    def _is_writer(self, path: str) -> bool:
        """Whether a variable is a StreamWriter that one try writes to, and its finally closes."""
        made, others = self._set_once(path)
        call = expression_of(made.right) if made is not None else None
        if not isinstance(call, s.InvokeMemberExpression) or new_object_of(call) != "io.streamwriter":
            return False
        closed: list[Any] = []
        written: list[Any] = []
        for node in others:
            call = self.parents.get(id(node))
            if not isinstance(call, s.InvokeMemberExpression) or call.expression is not node:
                return False
            name = word_of(call.member)
            if name in ("dispose", "close") and not call.arguments:
                closed.append(call)
            elif name in ("write", "writeline") and len(call.arguments or []) < 2:
                written.append(call)
            else:
                return False
        if len(closed) != 1:
            return False
        block: Any = self.above(closed[0])
        around: Any = self.parents.get(id(block))
        closing = getattr(around, "finally_", None)
        if closing is None or closing is not block or len(closing.statements) != 1 or around.catch_clauses:
            return False
        return all(around.body.start < one.start < around.body.end for one in written)

    def _is_builder(self, path: str) -> bool:
        """Whether a variable is a StringBuilder that is written to, and read as a text."""
        made, others = self._set_once(path)
        if made is None or not is_new_builder(expression_of(made.right)):
            return False
        for node in others:
            around = self.parents.get(id(node))
            if not isinstance(around, s.InvokeMemberExpression) or around.expression is not node:
                return False
            name = word_of(around.member)
            if name == "tostring" and not around.arguments:
                continue
            above = self.above(around)
            void = isinstance(above, s.ConvertExpression) and above.type.type_name.full_name.lower() == "void"
            nothing = isinstance(above, s.AssignmentStatement) and path_of(above.left) == "null"
            if (
                name not in ("append", "appendline")
                or len(around.arguments or []) > 1
                or not (void or nothing)
            ):
                return False
        return True

    def _is_piped(self, path: str) -> bool:
        """Whether a variable holds what pipelines put out, and is used as a list would be: it may be one."""
        made = False
        for node in self.places[path]:
            around = self.above(node)
            if isinstance(around, s.AssignmentStatement) and around.left is node:
                if around.operator != "Equals" or not gives_many(around.right, self.bound):
                    return False
                made = True
            elif not self._reads_all(node):
                return False
        return made

    def _reads_all(self, node: s.VariableExpression) -> bool:
        """Whether this place takes all that is in the variable, one or many alike."""
        plain = self._reads_plainly(node, ("count",))
        if plain is not None:
            return plain
        around = self.parents.get(id(node))
        if not isinstance(around, s.CommandExpression) or around.redirections:
            return False
        pipeline = self.parents.get(id(around))
        if not isinstance(pipeline, s.Pipeline) or pipeline.pipeline_elements[0] is not around:
            return False
        if len(pipeline.pipeline_elements) > 1:
            return True
        above = self.parents.get(id(pipeline))
        return (isinstance(above, s.ForEachStatement) and above.condition is pipeline) or isinstance(
            above, (s.NamedBlock, s.StatementBlock)
        )

    def _is_private(self, path: str) -> bool:
        """Whether an array is known under no other name, so that adding to it may change it in place."""
        for node in self.places[path]:
            around = self.above(node)
            if isinstance(around, s.AssignmentStatement) and around.left is node:
                if around.operator == "Equals" and not is_fresh(expression_of(around.right)):
                    return False
            elif not self._reads(node, ()):
                return False
        return True

    def _reads(self, node: s.VariableExpression, methods: tuple[str, ...]) -> bool:
        """Whether this place goes through the list, or reads a part, and keeps no hold of the list itself."""
        plain = self._reads_plainly(node, ("count", "length"))
        if plain is not None:
            return plain
        around = self.parents.get(id(node))
        if isinstance(around, s.InvokeMemberExpression) and around.expression is node:
            return word_of(around.member) in methods
        if isinstance(around, s.IndexExpression) and around.target is node:
            above = self.above(around)
            return not isinstance(above, (s.AssignmentStatement, s.UnaryExpression)) or (
                isinstance(above, s.AssignmentStatement) and above.left is not around
            )
        if isinstance(around, s.ExpandableStringExpression):
            return True
        if isinstance(around, s.CommandExpression):
            pipeline = self.parents.get(id(around))
            if not isinstance(pipeline, s.Pipeline):
                return False
            if len(pipeline.pipeline_elements) > 1:
                return pipeline.pipeline_elements[0] is around
            loop = self.parents.get(id(pipeline))
            return isinstance(loop, s.ForEachStatement) and loop.condition is pipeline
        return False

    def _reads_plainly(self, node: s.VariableExpression, sizes: tuple[str, ...]) -> bool | None:
        """Whether a place where a member, an operator or a loop stands reads the list; None elsewhere."""
        around = self.parents.get(id(node))
        if isinstance(around, s.MemberExpression) and around.expression is node:
            above = self.above(around)
            return word_of(around.member) in sizes and not (
                isinstance(above, s.AssignmentStatement) and above.left is around
            )
        if isinstance(around, s.BinaryExpression) and around.left is node:
            return around.operator in ("Join", "Icontains", "Ccontains", "Inotcontains", "Cnotcontains")
        if isinstance(around, s.UnaryExpression):
            return around.token_kind in ("Join", "Ijoin")
        return around.condition is node if isinstance(around, s.ForEachStatement) else None

    def _asks_place(self, node: Any) -> bool:
        """Whether this may index an ordered table by a number."""
        if not isinstance(node, s.IndexExpression) or not isinstance(node.index, s.ConstantExpression):
            return False
        if isinstance(node.index, s.StringConstantExpression):
            return False
        target = node.target
        if isinstance(target, s.VariableExpression):
            return path_of(target) not in self.lists | self.arrays | self.piped
        return isinstance(target, s.IndexExpression) and isinstance(target.index, s.ConstantExpression)

    def is_only_looped(self, path: str) -> bool:
        """Whether a variable is read by nothing but foreach loops."""
        for node in self.places.get(path, []):
            around = self.above(node)
            sets = isinstance(around, s.AssignmentStatement) and around.left is node
            if not sets and not (isinstance(around, s.ForEachStatement) and around.variable is not node):
                return False
        return True

    def is_cut_off(self, node: Any) -> bool:
        """Whether a table is so deep in others that ConvertTo-Json may write the name of its type."""
        around, deep = self.parents.get(id(node)), 0
        while around is not None:
            deep += isinstance(around, s.Hashtable)
            around = self.parents.get(id(around))
        return deep > self.json_depth

    def _json_depth(self) -> float:
        """The least -Depth of the script's ConvertTo-Json; infinite if it has none."""
        depths: list[float] = []
        for node in self.nodes:
            if not isinstance(node, s.Command) or word_of(node.command_elements[0]) != "convertto-json":
                continue
            depth = 2
            for part, after in itertools.pairwise([*node.command_elements, None]):
                if isinstance(part, s.CommandParameter) and "depth".startswith(part.parameter_name.lower()):
                    given = getattr(part.argument or after, "value", 0)
                    depth = int(given) if str(given).isdecimal() else 0
            depths.append(depth)
        return min(depths, default=math.inf)
