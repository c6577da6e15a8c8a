"""Assignments to Python: variables, members, elements, several at once, with an operator."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from psbridge.script import syntax as s

from . import builder as b
from .pipelines import Pipelines

_COMPOUND = {
    "PlusEquals": "add",
    "MinusEquals": "subtract",
    "MultiplyEquals": "multiply",
    "DivideEquals": "divide",
    "RemainderEquals": "modulo",
}


class Assignments(Pipelines):
    """Writes assignments."""

    if TYPE_CHECKING:

        def expression(self, node: Any) -> ast.expr: ...
        def coalesce(self, left: ast.expr, right: Any) -> ast.expr: ...
        def member_name(self, node: Any) -> ast.expr: ...

    def on_AssignmentStatement(self, node: s.AssignmentStatement) -> list[ast.stmt]:
        target = node.left
        operator = node.operator
        if operator == "Equals":
            return self._assign(target, node.right)
        if operator == "QuestionQuestionEquals":
            value = self.coalesce(self._present(target), lambda: self.statement_value(node.right))
            return self.assign_to(target, value)
        return self._compound(target, _COMPOUND[operator], node.right)

    def _assign(self, target: Any, right: Any) -> list[ast.stmt]:
        value = self.statement_value(right)
        plain = self.plain_target(target)
        if plain is None:
            return self.assign_to(target, value)
        made = self.assign_to(target, value)
        if not self._is_plain_value(right):
            # What puts out nothing leaves the variable in a state of its own: it gives a pipeline nothing.
            made.append(b.do(b.call("note_nothing", b.name("S"), b.const(plain), b.name("V"))))
        return made

    def _is_plain_value(self, right: Any) -> bool:
        if isinstance(right, s.AssignmentStatement):
            return True
        expression = self.simple_expression(right)
        if expression is None and isinstance(right, s.CommandExpression | s.Pipeline):
            elements = right.pipeline_elements if isinstance(right, s.Pipeline) else [right]
            first = elements[0]
            if len(elements) == 1 and isinstance(first, s.CommandExpression):
                return not isinstance(
                    first.expression, (s.VariableExpression, s.InvokeMemberExpression, s.ParenExpression)
                )
            return False
        return not isinstance(expression, (s.SubExpression, type(None)))

    def plain_target(self, target: Any) -> str | None:
        """The name of a variable of the current scope, when the target is one and has no rules."""
        if isinstance(target, s.VariableExpression) and ":" not in target.variable_path:
            return target.variable_path.lower()
        return None

    def _compound(self, target: Any, operator: str, right: Any) -> list[ast.stmt]:
        value = self.statement_value(right)
        if isinstance(target, (s.MemberExpression, s.IndexExpression)):
            holder = self.unit.unique("h")
            made = [b.let(holder, self.expression(self._holder(target)))]
            if isinstance(target, s.MemberExpression):
                if target.static:
                    name = self.member_name(target.member)
                    current = b.call("static_read", b.name("S"), b.name(holder), name)
                    changed = b.call(operator, current, value)
                    return [*made, b.do(b.call("set_static", b.name(holder), name, changed))]
                name = self.member_name(target.member)
                current = b.call("member", b.name(holder), name)
                return [
                    *made,
                    b.do(b.call("set_member", b.name(holder), name, b.call(operator, current, value))),
                ]
            place = self.unit.unique("p")
            made.append(b.let(place, self.expression(target.index)))
            element = b.call("index", b.name(holder), b.name(place))
            return [
                *made,
                b.do(b.call("set_index", b.name(holder), b.name(place), b.call(operator, element, value))),
            ]
        present = self._present(self._bare_target(target))
        return self.assign_to(target, b.call(operator, present, value))

    def _present(self, target: Any) -> ast.expr:
        """What is changed. Of a variable it is the scope's own, null where there is none: an outer one is not
        seen, as it is by `++`.
        """
        plain = self.plain_target(target)
        if plain is None:
            return self.expression(target)
        key = b.const("_" if plain == "psitem" else plain)
        return b.either(b.contains(key, b.name("V")), b.item(b.name("V"), key), b.const(None))

    def _holder(self, target: Any) -> Any:
        return target.expression if isinstance(target, s.MemberExpression) else target.target

    def _bare_target(self, target: Any) -> Any:
        while isinstance(target, (s.ConvertExpression, s.AttributedExpression)):
            target = target.child
        return target

    def assign_to(self, target: Any, value: ast.expr) -> list[ast.stmt]:
        """Python statements that set a target to a value."""
        if isinstance(target, s.VariableExpression):
            return self._set_variable(target, value)
        if isinstance(target, s.MemberExpression):
            holder = self.expression(target.expression)
            name = self.member_name(target.member)
            if target.static:
                return [b.do(b.call("set_static", holder, name, value))]
            return [b.do(b.call("set_member", holder, name, value))]
        if isinstance(target, s.IndexExpression):
            return [
                b.do(
                    b.call("set_index", self.expression(target.target), self.expression(target.index), value)
                )
            ]
        if isinstance(target, s.ArrayLiteral):
            return self._set_several(target, value)
        if isinstance(target, s.ParenExpression):
            inner = self.simple_expression(target.pipeline) or target.pipeline.pipeline_elements[0].expression
            return self.assign_to(inner, value)
        if isinstance(target, (s.ConvertExpression, s.AttributedExpression)):
            return self._set_typed(target, value)
        return [b.do(b.call("not_supported", b.const(target.kind), b.const(target.line)))]

    def _set_variable(self, target: s.VariableExpression, value: ast.expr) -> list[ast.stmt]:
        path = target.variable_path
        where, colon, rest = path.partition(":")
        if colon and where:
            lowered = where.lower()
            if lowered == "variable":
                return [b.do(b.call("assign", b.name("S"), b.const(rest.lower()), value))]
            return [b.do(b.call("assign_qualified", b.name("S"), b.const(lowered), b.const(rest), value))]
        folded = path.lower()
        if folded in ("true", "false", "null"):
            if folded == "null":
                return [b.do(value)]
            return [b.do(b.call("read_only_variable", b.const(path), value))]
        if folded in self.unit.typed:
            return [b.do(b.call("assign", b.name("S"), b.const(folded), value))]
        plain = b.put_item(b.name("V"), b.const(folded), value)
        temp = self.unit.unique("a")
        return (
            [
                ast.If(
                    b.name("GUARDED"),
                    [b.do(b.call("assign", b.name("S"), b.const(folded), value))],
                    [plain],
                )
            ]
            if _is_cheap(value)
            else [
                b.let(temp, value),
                ast.If(
                    b.name("GUARDED"),
                    [b.do(b.call("assign", b.name("S"), b.const(folded), b.name(temp)))],
                    [b.put_item(b.name("V"), b.const(folded), b.name(temp))],
                ),
            ]
        )

    def _set_several(self, target: s.ArrayLiteral, value: ast.expr) -> list[ast.stmt]:
        parts = self.unit.unique("m")
        made: list[ast.stmt] = [b.let(parts, b.call("shared_out", value, b.const(len(target.elements))))]
        for number, element in enumerate(target.elements):
            made += self.assign_to(element, b.item(b.name(parts), b.const(number)))
        return made

    def _set_typed(self, target: Any, value: ast.expr) -> list[ast.stmt]:
        attributes: list[ast.expr] = []
        child = target
        while isinstance(child, (s.ConvertExpression, s.AttributedExpression)):
            if isinstance(child, s.ConvertExpression):
                attributes.append(b.const(child.type.type_name.full_name))
            else:
                attributes.append(self.unit.constant(child.attribute))
            child = child.child
        if not isinstance(child, s.VariableExpression):
            return self.assign_to(child, b.call("cast_to", b.name("S"), value, attributes[0]))
        if ":" in child.variable_path:
            where, _, rest = child.variable_path.partition(":")
        else:
            where, rest = "local", child.variable_path
        named = (b.name("S"), b.name("UNIT"), b.const(where.lower()), b.const(rest))
        return [b.do(b.call("assign_typed", *named, b.listed(attributes), value))]

    def _step_variable(self, target: s.VariableExpression, step: int) -> list[ast.stmt]:
        """`$i++` for what it does: an integer in range is stepped by Python itself."""
        temp = self.unit.unique("n")
        limit = 2147483647 if step > 0 else -2147483648
        is_plain = ast.BoolOp(
            ast.And(),
            [
                b.is_same(b.call("type", b.name(temp)), b.name("int")),
                ast.Compare(b.name(temp), [ast.NotEq()], [b.const(limit)]),
            ],
        )
        stepped = ast.BinOp(b.name(temp), ast.Add(), b.const(step))
        general = b.call("increment", b.name(temp), b.const(step))
        return [
            b.let(temp, self.expression(target)),
            b.let(temp, b.either(is_plain, stepped, general)),
            *self.assign_to(target, b.name(temp)),
        ]


def _is_cheap(value: ast.expr) -> bool:
    return isinstance(value, (ast.Constant, ast.Name))
