"""Expressions to Python: operators, literals, variables, members, calls, script blocks."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from psbridge.script import syntax as s
from psbridge.script.semantics.values import BigInteger

from . import builder as b

if TYPE_CHECKING:
    from .compiler import Code, Unit

_ARITHMETIC = {
    "Plus": "add",
    "Minus": "subtract",
    "Multiply": "multiply",
    "Divide": "divide",
    "Rem": "modulo",
    "Band": "bit_and",
    "Bor": "bit_or",
    "Bxor": "bit_xor",
    "Shl": "shift_left",
    "Shr": "shift_right",
    "DotDot": "value_range",
    "Xor": "exclusive_or",
    "Join": "join",
}
_COMPARING = {
    "eq": "equals",
    "ne": "not_equals",
    "gt": "greater",
    "ge": "greater_or_equal",
    "lt": "less",
    "le": "less_or_equal",
    "like": "like",
    "notlike": "not_like",
    "contains": "contains",
    "notcontains": "not_contains",
    "in": "contained",
    "notin": "not_contained",
}
_NATIVE: dict[str, type[ast.cmpop]] = {
    "eq": ast.Eq,
    "ne": ast.NotEq,
    "gt": ast.Gt,
    "ge": ast.GtE,
    "lt": ast.Lt,
    "le": ast.LtE,
}
_BOOLEAN = frozenset(("contains", "notcontains", "in", "notin"))
_SIMPLE_STATIC = frozenset(("true", "false", "null"))
_FAILING = (s.IndexExpression, s.BinaryExpression, s.ConvertExpression)
_ENUMERATING = ("match", "notmatch", "replace", "split", "like", "notlike")


class Expressions:
    """One method a kind of expression; each gives a Python expression for the value."""

    if TYPE_CHECKING:
        unit: Unit
        pending: list[ast.stmt]

        def nested(self, write: Any, parameters: list[str] | None = None) -> str: ...
        def block_body(self, block: Any) -> list[ast.stmt]: ...
        def needs_guard(self, node: Any) -> bool: ...
        def new_block(self, node: s.ScriptBlock, parameters: Any = None) -> Code: ...
        def emit_statement(self, node: Any) -> list[ast.stmt]: ...
        def pipeline_value(self, node: Any) -> ast.expr: ...
        def assignment_value(self, node: s.AssignmentStatement) -> ast.expr: ...

    def expression(self, node: Any) -> ast.expr:
        """The value of an expression."""
        write = getattr(self, f"on_{node.kind}", None)
        if write is None:
            return b.call("not_supported", b.const(node.kind), b.const(node.line))
        made: ast.expr = write(node)
        made.lineno = node.line
        return made

    # Literals

    def on_ConstantExpression(self, node: s.ConstantExpression) -> ast.expr:
        value: Any = node.value
        if type(value) is int and not -(1 << 63) <= value < 1 << 63:
            value = BigInteger(value)
        return self.unit.constant(value)

    def on_StringConstantExpression(self, node: s.StringConstantExpression) -> ast.expr:
        return b.const(node.value)

    def on_ExpandableStringExpression(self, node: s.ExpandableStringExpression) -> ast.expr:
        pieces: list[ast.expr] = []
        for part in node.parts:
            if isinstance(part, str):
                pieces.append(b.const(part))
            else:
                pieces.append(self.text_of(part))
        if not pieces:
            return b.const("")
        return b.call("concat", *pieces)

    def text_of(self, node: Any) -> ast.expr:
        """An expression inside a string."""
        if isinstance(node, s.SubExpression):
            return b.call("sub_text", b.name("S"), self._sub_list(node.sub_expression))
        return b.call("joined_text", b.name("S"), self.expression(node))

    def _sub_list(self, block: Any) -> ast.expr:
        """Everything a block puts out, as a Python list."""
        single = self._only_expression(block)
        if single is not None:
            return b.call("items_of", self.expression(single))
        function = self.nested(lambda: self.block_body(block))
        return b.call("gather", b.name(function))

    def _only_expression(self, block: Any) -> Any:
        """The expression of a block that is only one, puts out what it is and does not fail; else None.

        An error in a `$(...)` or `@(...)` ends the statement in it, not the one around.
        """
        if len(block.statements) != 1 or getattr(block, "traps", None):
            return None
        single = self.simple_expression(block.statements[0])
        guarded = isinstance(single, _FAILING) and self.needs_guard(block.statements[0])
        return None if guarded else single

    def simple_expression(self, statement: Any) -> Any:
        """The expression a pipeline consists of, when it is one expression whose value is all it puts out."""
        if isinstance(statement, s.Pipeline) and len(statement.pipeline_elements) == 1:
            if getattr(statement, "background", False):
                return None
            statement = statement.pipeline_elements[0]
        if isinstance(statement, s.CommandExpression) and not statement.redirections:
            expression = statement.expression
            return None if self.is_void(expression) else expression
        return None

    def is_void(self, node: Any) -> bool:
        """Whether an expression as a statement may put out nothing: `$i++`, `$x.Add(1)`, `[void]…`."""
        if isinstance(node, s.UnaryExpression):
            return node.token_kind in ("PlusPlus", "MinusMinus", "PostfixPlusPlus", "PostfixMinusMinus")
        if isinstance(node, s.InvokeMemberExpression):
            return True
        if isinstance(node, s.ConvertExpression):
            return str(node.type.type_name.name).lower() in ("void", "system.void")
        if isinstance(node, s.VariableExpression):
            return True
        return isinstance(node, s.ParenExpression)

    def on_ArrayLiteral(self, node: s.ArrayLiteral) -> ast.expr:
        return b.listed([self.expression(item) for item in node.elements])

    def on_ArrayExpression(self, node: s.ArrayExpression) -> ast.expr:
        block = node.sub_expression
        single = self._only_expression(block)
        while isinstance(single, s.SubExpression) and single.sub_expression.statements:
            block = single.sub_expression
            single = self._only_expression(block)
        if single is not None:
            if isinstance(single, s.ArrayLiteral):
                return self.expression(single)
            if isinstance(single, s.IndexExpression) and not single.null_conditional:
                return b.call("indexed_items", self.expression(single.target), self.expression(single.index))
            return b.call("as_array", self.expression(single))
        if not block.statements:
            return b.listed([])
        function = self.nested(lambda: self.block_body(block))
        return b.call("gather", b.name(function))

    def on_SubExpression(self, node: s.SubExpression) -> ast.expr:
        block = node.sub_expression
        single = self._only_expression(block)
        if single is not None:
            return b.call("unwrapped", self.expression(single))
        if not block.statements:
            return b.const(None)
        function = self.nested(lambda: self.block_body(block))
        return b.call("collect", b.name(function))

    def on_ParenExpression(self, node: s.ParenExpression) -> ast.expr:
        return self.pipeline_value(node.pipeline)

    def on_Hashtable(self, node: s.Hashtable) -> ast.expr:
        return self.table(node, "new_hashtable")

    def table(self, node: s.Hashtable, maker: str) -> ast.expr:
        """A hash literal as whatever `maker` makes of its pairs."""
        pairs: list[ast.expr] = []
        for key, value in node.key_value_pairs:
            pairs.append(b.tupled([self.expression(key), self.pipeline_value(value)]))
        return b.call(maker, b.listed(pairs))

    def on_ScriptBlockExpression(self, node: s.ScriptBlockExpression) -> ast.expr:
        return b.call("new_block", b.name("S"), self.unit.constant(self.new_block(node.script_block)))

    def on_TypeExpression(self, node: s.TypeExpression) -> ast.expr:
        return b.call("type_named", b.name("S"), b.const(node.type_name.full_name))

    # Variables

    def on_VariableExpression(self, node: s.VariableExpression) -> ast.expr:
        path = node.variable_path
        folded = path.lower()
        if folded in _SIMPLE_STATIC:
            return b.const({"true": True, "false": False, "null": None}[folded])
        if folded == "?":
            return b.attribute(b.attribute(b.name("S"), "rt"), "ok")
        where, colon, rest = path.partition(":")
        if colon and where:
            lowered = where.lower()
            if lowered in ("global", "script", "local", "private"):
                rest = rest.lower()
            elif lowered == "variable":
                return self.plain_variable(rest.lower())
            return b.call("read_qualified", b.name("S"), b.const(lowered), b.const(rest))
        return self.plain_variable("_" if folded == "psitem" else folded)

    def plain_variable(self, folded: str) -> ast.expr:
        """A variable by its name in lower case: the scope's own, or one from outside."""
        key = b.const(folded)
        return b.either(
            b.contains(key, b.name("V")), b.item(b.name("V"), key), b.call("read", b.name("S"), key)
        )

    def on_UsingExpression(self, node: s.UsingExpression) -> ast.expr:
        return b.call("used", b.name("S"), b.const(node.sub_expression.variable_path.lower()))

    # Operators

    def on_BinaryExpression(self, node: s.BinaryExpression) -> ast.expr:
        operator = node.operator
        if operator in ("And", "Or"):
            joiner: ast.boolop = ast.And() if operator == "And" else ast.Or()
            left, right = self.condition(node.left), self.condition(node.right)
            return ast.BoolOp(joiner, [left, right])
        if operator == "QuestionQuestion":
            return self.coalesce(self.expression(node.left), lambda: self.expression(node.right))
        left = self.expression(node.left)
        if operator in ("Is", "IsNot"):
            made = b.call("is_type", b.name("S"), left, self.expression(node.right))
            return made if operator == "Is" else ast.UnaryOp(ast.Not(), made)
        if operator == "As":
            return b.call("as_type", b.name("S"), left, self.expression(node.right))
        right = self.expression(node.right)
        if operator == "Format":
            return b.call("format_operator", left, right)
        simple = _ARITHMETIC.get(operator)
        if simple is not None:
            return b.call(simple, left, right)
        if operator[1:].lower() in _ENUMERATING:
            left = self.enumerated(node.left, left)
        return self.compared(operator, left, right)

    def enumerated(self, node: Any, value: ast.expr) -> ast.expr:
        """An operand that is gone through: where a variable or pipeline holds nothing at all, it is empty."""
        if isinstance(node, s.VariableExpression) and ":" not in node.variable_path and not node.splatted:
            return b.call("operand", b.name("S"), b.const(node.variable_path.lower()), value)
        if isinstance(node, s.Pipeline) and len(node.pipeline_elements) == 1:
            element = node.pipeline_elements[0]
            if isinstance(element, s.CommandExpression) and not element.redirections:
                return self.enumerated(element.expression, value)
        if isinstance(node, s.ParenExpression):
            return self.enumerated(node.pipeline, value)
        if isinstance(node, s.Pipeline):
            return b.call("pipeline_operand", value)
        return value

    def compared(self, operator: str, left: ast.expr, right: ast.expr) -> ast.expr:
        """A comparing or pattern operator, in its case-sensitive form or not."""
        case, name = operator[:1] == "C", operator[1:].lower()
        if operator.lower() in ("join",):
            return b.call("join", left, right)
        function = _COMPARING.get(name)
        if function is not None:
            extra = [b.const(True)] if case else []
            return b.call(function, left, right, *extra)
        if name in ("match", "notmatch"):
            return b.call(f"{name}_operator", b.name("S"), left, right, b.const(case))
        if name in ("replace", "split"):
            return b.call(f"{name}_operator", left, right, b.const(case))
        return b.call("not_supported", b.const(operator), b.const(0))

    def coalesce(self, left: ast.expr, right: Any) -> ast.expr:
        """`left ?? right`."""
        temp = self.unit.unique("t")
        walrus = ast.NamedExpr(b.store(temp), left)
        return b.either(ast.Compare(walrus, [ast.IsNot()], [b.const(None)]), b.name(temp), right())

    def condition(self, node: Any) -> ast.expr:
        """An expression or pipeline as a Python condition."""
        expression = node
        if not isinstance(node, s.Expression):
            expression = self.simple_expression(node)
            if expression is None:
                return b.call("truth", self.pipeline_value(node))
        if isinstance(expression, s.BinaryExpression):
            operator = expression.operator
            if operator in ("And", "Or", "Is", "IsNot", "Xor"):
                return self.expression(expression)
            if operator[1:].lower() in _BOOLEAN:
                return self.expression(expression)
            if operator[1:].lower() in _NATIVE:
                return self.compared_numbers(expression)
            if operator[1:].lower() in _COMPARING:
                temp = self.unit.unique("t")
                walrus = ast.NamedExpr(b.store(temp), self.expression(expression))
                return ast.BoolOp(
                    ast.Or(),
                    [
                        b.is_same(walrus, b.const(True)),
                        ast.BoolOp(
                            ast.And(),
                            [
                                ast.Compare(b.name(temp), [ast.IsNot()], [b.const(False)]),
                                b.call("truth", b.name(temp)),
                            ],
                        ),
                    ],
                )
        if isinstance(expression, s.UnaryExpression) and expression.token_kind in ("Not", "Exclaim"):
            return ast.UnaryOp(ast.Not(), self.condition(expression.child))
        if isinstance(expression, s.ParenExpression):
            inner = self.simple_expression(expression.pipeline)
            if inner is not None:
                return self.condition(inner)
        return b.call("truth", self.expression(expression))

    def compared_numbers(self, node: s.BinaryExpression) -> ast.expr:
        """A comparison as a condition: two integers are compared by Python itself."""
        one, other = self.unit.unique("t"), self.unit.unique("t")
        name = node.operator[1:].lower()
        is_int = ast.BinOp(
            b.is_same(b.call("type", ast.NamedExpr(b.store(one), self.expression(node.left))), b.name("int")),
            ast.BitAnd(),
            b.is_same(
                b.call("type", ast.NamedExpr(b.store(other), self.expression(node.right))), b.name("int")
            ),
        )
        native = ast.Compare(b.name(one), [_NATIVE[name]()], [b.name(other)])
        general = b.call("truth", self.compared(node.operator, b.name(one), b.name(other)))
        return b.either(is_int, native, general)

    def on_UnaryExpression(self, node: s.UnaryExpression) -> ast.expr:
        kind = node.token_kind
        if kind in ("Not", "Exclaim"):
            return ast.UnaryOp(ast.Not(), self.condition(node.child))
        if kind in ("PlusPlus", "MinusMinus", "PostfixPlusPlus", "PostfixMinusMinus"):
            return self.stepped(node.child, 1 if "Plus" in kind else -1, kind.startswith("Postfix"))
        child = self.expression(node.child)
        if kind == "Comma":
            return b.listed([child])
        functions = {
            "Minus": "negate",
            "Plus": "plus",
            "Bnot": "bit_not",
            "Join": "join",
            "Isplit": "split_words",
            "Csplit": "split_words",
        }
        return b.call(functions[kind], child)

    def stepped(self, target: Any, step: int, after: bool) -> ast.expr:
        """`$x++` and its relatives, as a value."""
        function = self.nested(
            lambda: [
                b.let("old", self.expression(target)),
                b.let("new", b.call("increment", b.name("old"), b.const(step))),
                *self.assign_to(target, b.name("new")),
                ast.Return(b.call("number_or_zero", b.name("old")) if after else b.name("new")),
            ],
            ["out"],
        )
        return b.call(function, b.const(None))

    if TYPE_CHECKING:

        def assign_to(self, target: Any, value: ast.expr) -> list[ast.stmt]: ...

    def on_TernaryExpression(self, node: s.TernaryExpression) -> ast.expr:
        return b.either(
            self.condition(node.condition), self.expression(node.if_true), self.expression(node.if_false)
        )

    # Types

    def on_ConvertExpression(self, node: s.ConvertExpression) -> ast.expr:
        type_name = node.type.type_name.full_name
        folded = type_name.lower()
        if isinstance(node.child, s.Hashtable):
            if folded == "ordered":
                return self.table(node.child, "new_ordered")
            if folded in ("pscustomobject", "system.management.automation.pscustomobject", "psobject"):
                return self.table(node.child, "new_object")
        child = self.expression(node.child)
        if folded == "ref":
            return self._reference(node.child)
        if folded == "ordered":
            return b.call("cast_ordered", child)
        if folded in ("void", "system.void"):
            return b.call("nothing", child)
        return b.call("cast_to", b.name("S"), child, b.const(type_name))

    def _reference(self, target: Any) -> ast.expr:
        if not isinstance(target, (s.VariableExpression, s.ConvertExpression)):
            return b.call("boxed_reference", self.expression(target))
        getter = self.nested(lambda: [ast.Return(self.expression(target))], ["out"])
        setter = self.nested(lambda: self.assign_to(target, b.name("new")), ["new"])
        known = []
        if isinstance(target, s.VariableExpression) and ":" not in target.variable_path:
            known.append(b.call("existing", b.name("S"), b.const(target.variable_path.lower())))
        return b.call("new_reference", b.name(getter), b.name(setter), *known)

    def on_AttributedExpression(self, node: s.AttributedExpression) -> ast.expr:
        return self.expression(node.child)

    # Members

    def member_name(self, node: Any) -> ast.expr:
        """The name of a member, which may be an expression."""
        if isinstance(node, s.StringConstantExpression):
            return b.const(node.value)
        return self.expression(node)

    def on_MemberExpression(self, node: s.MemberExpression) -> ast.expr:
        if node.static:
            return b.call(
                "static_read", b.name("S"), self.type_of(node.expression), self.member_name(node.member)
            )
        target = self.expression(node.expression)
        if getattr(node, "null_conditional", False):
            return self.conditional(target, lambda got: b.call("member", got, self.member_name(node.member)))
        return b.call("member", target, self.member_name(node.member))

    def conditional(self, target: ast.expr, use: Any, nothing: ast.expr | None = None) -> ast.expr:
        """`${x}?.y`: nothing of it is looked at when `$x` is null."""
        temp = self.unit.unique("t")
        test = b.is_same(ast.NamedExpr(b.store(temp), target), b.const(None))
        return b.either(test, nothing or b.const(None), use(b.name(temp)))

    def invoked(
        self, node: s.InvokeMemberExpression, use: Callable[[ast.expr], ast.expr], nothing: ast.expr
    ) -> ast.expr:
        """What becomes of the result of `${x}?.y()`, and what stands for it when `$x` is null."""

        def call(target: ast.expr) -> ast.expr:
            arguments = b.listed([self.expression(item) for item in node.arguments or ()])
            return use(b.call("invoke", b.name("S"), target, self.member_name(node.member), arguments))

        return self.conditional(self.expression(node.expression), call, nothing)

    def type_of(self, node: Any) -> ast.expr:
        """What stands before `::`."""
        return self.expression(node)

    def on_InvokeMemberExpression(self, node: s.InvokeMemberExpression) -> ast.expr:
        arguments = b.listed([self.expression(item) for item in node.arguments or ()])
        name = self.member_name(node.member)
        if node.static:
            return b.call("static_call", b.name("S"), self.type_of(node.expression), name, arguments)
        base = _base_of_this(node.expression)
        if base is not None:
            this = self.expression(base.child)
            return b.call(
                "base_call", b.name("S"), b.const(base.type.type_name.full_name), this, name, arguments
            )
        target = self.expression(node.expression)
        if getattr(node, "null_conditional", False):
            return self.invoked(node, lambda got: got, b.const(None))
        return b.call("invoke", b.name("S"), target, name, arguments)

    def on_BaseCtorInvokeMemberExpression(self, node: Any) -> ast.expr:
        return b.const(None)

    def on_IndexExpression(self, node: s.IndexExpression) -> ast.expr:
        target = self.expression(node.target)
        if getattr(node, "null_conditional", False):
            return self.conditional(target, lambda got: b.call("index", got, self.expression(node.index)))
        return b.call("index", target, self.expression(node.index))


def _base_of_this(node: Any) -> Any:
    """The cast in `([Base]$this).Method()`, which calls the base class's own method; else None."""
    if not isinstance(node, s.ParenExpression):
        return None
    elements = getattr(node.pipeline, "pipeline_elements", None)
    inner = getattr(elements[0], "expression", None) if elements and len(elements) == 1 else None
    if isinstance(inner, s.ConvertExpression) and isinstance(inner.child, s.VariableExpression):
        return inner if inner.child.variable_path.lower() == "this" else None
    return None
