"""Pipelines to Python: commands with their arguments and redirections, and what a pipeline's value is."""

from __future__ import annotations

import ast
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from psbridge.binding.text import to_text
from psbridge.binding.values import Literal
from psbridge.script import syntax as s

from . import builder as b

if TYPE_CHECKING:
    from .compiler import Unit

_STREAMS = {"Output": 1, "Error": 2, "Warning": 3, "Verbose": 4, "Debug": 5, "Information": 6, "All": 0}


# Methods of .NET that give null where they find nothing.
_NULLABLE = frozenset(
    ("find", "findlast", "getdirectoryname", "getenvironmentvariable", "getvalue", "readline")
)
STEPS = ("PlusPlus", "MinusMinus", "PostfixPlusPlus", "PostfixMinusMinus")


class Pipelines:
    """Pipelines, chains of them, and commands."""

    if TYPE_CHECKING:
        unit: Unit
        pending: list[ast.stmt]

        def nested(self, write: Callable[[], list[ast.stmt]], parameters: list[str] | None = None) -> str: ...
        def expression(self, node: Any) -> ast.expr: ...
        def invoked(
            self, node: s.InvokeMemberExpression, use: Callable[[ast.expr], ast.expr], nothing: ast.expr
        ) -> ast.expr: ...
        def simple_expression(self, statement: Any) -> Any: ...
        def is_void(self, node: Any) -> bool: ...
        def plain_variable(self, folded: str) -> ast.expr: ...
        def block_body(self, block: Any) -> list[ast.stmt]: ...
        def statement(self, node: Any, *, guarded: bool = True) -> list[ast.stmt]: ...
        def assign_to(self, target: Any, value: ast.expr) -> list[ast.stmt]: ...
        def for_effect(self, expression: Any) -> list[ast.stmt]: ...
        def on_AssignmentStatement(self, node: s.AssignmentStatement) -> list[ast.stmt]: ...
        def new_block(self, node: s.ScriptBlock, parameters: Any = None) -> Any: ...

    def on_Pipeline(self, node: Any) -> list[ast.stmt]:
        """A pipeline as a statement: its output goes out."""
        if isinstance(node, s.PipelineChain):
            return self.on_PipelineChain(node)
        if not isinstance(node, (s.Pipeline, s.CommandExpression, s.Command)):
            return self.statement(node, guarded=False)
        elements = node.pipeline_elements if isinstance(node, s.Pipeline) else [node]
        if getattr(node, "background", False):
            return [b.do(b.call("background", b.name("S"), b.name("out"), self.unit.constant(node)))]
        first = elements[0]
        if len(elements) == 1 and isinstance(first, s.CommandExpression) and not first.redirections:
            return self._expression_statement(first.expression)
        return [b.do(self._run_pipeline(elements, b.name("out")))]

    on_CommandExpression = on_Pipeline
    on_Command = on_Pipeline

    def _expression_statement(self, node: Any) -> list[ast.stmt]:
        made = self._put_out(node)
        if self.unit.watches_success and not _runs_commands(node):
            ok = ast.Assign([ast.Attribute(b.attribute(b.name("S"), "rt"), "ok", ast.Store())], b.const(True))
            made.append(ok)
        return made

    def _put_out(self, node: Any) -> list[ast.stmt]:
        out = b.name("out")
        if isinstance(node, s.UnaryExpression) and node.token_kind in STEPS:
            return self.for_effect(node)
        if isinstance(node, s.InvokeMemberExpression) and not self.gives_null(node):
            if getattr(node, "null_conditional", False):
                nothing = b.call("out", b.const(None))
                return [b.do(self.invoked(node, lambda got: b.call("emit_result", out, got), nothing))]
            return [b.do(b.call("emit_result", out, self.expression(node)))]
        if isinstance(node, s.IndexExpression):
            parts = self.expression(node.target), self.expression(node.index)
            if not node.null_conditional:
                return [b.do(b.call("emit_indexed", out, *parts))]
        if isinstance(node, s.ConvertExpression) and self.is_void(node):
            return [b.do(self.expression(node.child))]
        if isinstance(node, s.VariableExpression) and ":" not in node.variable_path:
            name = node.variable_path.lower()
            if name == "null":
                return [b.do(b.call("out", b.const(None)))]
            key = b.const(name)
            return [b.do(b.call("emit_variable", b.name("S"), out, key, self.expression(node)))]
        if isinstance(node, (s.StringConstantExpression, s.ExpandableStringExpression)):
            return [b.do(b.call("out", self.expression(node)))]
        if isinstance(node, s.ParenExpression):
            inner = node.pipeline
            if self._is_step(inner):
                return [b.do(b.call("emit", out, self.expression(node)))]
            if self.simple_expression(inner) is None and not isinstance(inner, s.AssignmentStatement):
                return (
                    self.on_Pipeline(inner) if _is_pipeline(inner) else self.statement(inner, guarded=False)
                )
        if isinstance(node, s.SubExpression):
            # What a subexpression puts out goes straight on.
            function = self.nested(lambda: self.block_body(node.sub_expression))
            return [b.do(b.call(function, out))]
        return [b.do(b.call("emit", out, self.expression(node)))]

    def gives_null(self, node: s.InvokeMemberExpression) -> bool:
        """Whether a method that gives null gives a value: one that has a result, unlike `$list.Clear()`."""
        name = node.member.value if isinstance(node.member, s.StringConstantExpression) else None
        return isinstance(name, str) and (name.lower() in _NULLABLE or name.lower() in self.unit.returning)

    @staticmethod
    def _is_step(node: Any) -> bool:
        """Whether this is `$i++`, which between parentheses is a value."""
        while isinstance(node, s.Pipeline) and len(node.pipeline_elements) == 1:
            node = node.pipeline_elements[0]
        if not isinstance(node, s.CommandExpression) or node.redirections:
            return False
        expression = node.expression
        return isinstance(expression, s.UnaryExpression) and expression.token_kind in STEPS

    def on_PipelineChain(self, node: s.PipelineChain) -> list[ast.stmt]:
        ok = b.attribute(b.attribute(b.name("S"), "rt"), "ok")
        left = node.lhs_pipeline_chain
        before = self.on_PipelineChain(left) if isinstance(left, s.PipelineChain) else self._chained(left)
        test: ast.expr = ok if node.operator == "AndAnd" else ast.UnaryOp(ast.Not(), ok)
        return [*before, ast.If(test, self._chained(node.rhs_pipeline), [])]

    def _chained(self, node: Any) -> list[ast.stmt]:
        """A part of a chain, which sets `$?` whatever it is."""
        succeeded = ast.Assign(
            [ast.Attribute(b.attribute(b.name("S"), "rt"), "ok", ast.Store())], b.const(True)
        )
        return [succeeded, *self.statement(node)]

    # Values

    def statement_value(self, node: Any) -> ast.expr:
        """The value of a statement on the right of an assignment."""
        return self.pipeline_value(node)

    def pipeline_value(self, node: Any) -> ast.expr:
        """What a pipeline or another statement puts out, as one value: nothing, an object, or an array."""
        if isinstance(node, s.Expression):
            return self.expression(node)
        if isinstance(node, s.AssignmentStatement):
            return self.assignment_value(node)
        if isinstance(node, (s.Pipeline, s.CommandExpression)):
            elements = node.pipeline_elements if isinstance(node, s.Pipeline) else [node]
            first = elements[0]
            alone = len(elements) == 1 and not getattr(node, "background", False)
            if alone and isinstance(first, s.CommandExpression) and not first.redirections:
                return self.expression(first.expression)
        function = self.nested(lambda: self.statement(node, guarded=False))
        return b.call("collect", b.name(function))

    def assignment_value(self, node: s.AssignmentStatement) -> ast.expr:
        """`$a = $b = 1` and `($x = 5)`: the assigned value."""

        def write() -> list[ast.stmt]:
            made = self.on_AssignmentStatement(node)
            target = node.left
            while isinstance(target, (s.ConvertExpression, s.AttributedExpression)):
                target = target.child
            return [*made, ast.Return(self.expression(target))]

        return b.call(self.nested(write), b.const(None))

    # Commands

    def _run_pipeline(self, elements: list[Any], out: ast.expr) -> ast.expr:
        first = elements[0]
        commands = elements
        source: ast.expr = b.name("NO_INPUT")
        if isinstance(first, s.CommandExpression):
            source = self._source(first)
            commands = elements[1:]
            if not commands:
                redirections = self._redirections(first.redirections)
                return b.call("redirected_expression", b.name("S"), out, source, redirections)
        listed: list[ast.expr] = [self._command(command) for command in commands]
        return b.call("run_pipeline", b.name("S"), out, source, b.listed(listed))

    def _source(self, element: s.CommandExpression) -> ast.expr:
        """The expression a pipeline starts with, as something that gives its objects."""
        node = element.expression
        if isinstance(node, s.VariableExpression) and ":" not in node.variable_path:
            key = b.const(node.variable_path.lower())
            return b.call("variable_items", b.name("S"), key, self.expression(node))
        if isinstance(node, s.InvokeMemberExpression) and not self.gives_null(node):
            if getattr(node, "null_conditional", False):
                return self.invoked(node, lambda got: b.call("result_items", got), b.listed([b.const(None)]))
            return b.call("result_items", self.expression(node))
        if isinstance(node, s.IndexExpression) and not node.null_conditional:
            return b.call("indexed_items", self.expression(node.target), self.expression(node.index))
        if isinstance(node, (s.SubExpression, s.ParenExpression)):
            inner = node.sub_expression if isinstance(node, s.SubExpression) else node.pipeline
            single = None if isinstance(node, s.SubExpression) else self.simple_expression(inner)
            if single is None:

                def write() -> list[ast.stmt]:
                    if isinstance(node, s.SubExpression):
                        return self.block_body(node.sub_expression)
                    if isinstance(inner, s.AssignmentStatement):
                        return [b.do(b.call("emit", b.name("out"), self.assignment_value(inner)))]
                    return self.statement(inner, guarded=False)

                return b.call("gather", b.name(self.nested(write)))
        return b.call("items_of", self.expression(node))

    def _command(self, node: s.Command) -> ast.expr:
        elements = list(node.command_elements)
        head = elements[0]
        operator = node.invocation_operator or "Unknown"
        if isinstance(head, s.StringConstantExpression):
            name: ast.expr = b.const(head.value)
        else:
            name = self.expression(head)
        arguments = [self._argument(element) for element in elements[1:]]
        parts: list[ast.expr] = [name, b.listed(arguments), b.const(node.line), b.const(node.column)]
        redirections = self._redirections(node.redirections)
        dotted = operator == "Dot"
        parts += [redirections, b.const(dotted), b.const(operator == "Ampersand")]
        return b.tupled(parts)

    def _argument(self, node: Any) -> ast.expr:
        if isinstance(node, s.StringConstantExpression) and (node.value, node.string_constant_type) == (
            "--",
            "BareWord",
        ):
            return b.call("dashes")
        if isinstance(node, s.CommandParameter):
            typed = f"-{node.parameter_name}"
            if node.argument is None:
                return b.call("named", b.const(node.parameter_name), b.const(typed))
            return b.call(
                "named_value",
                b.const(node.parameter_name),
                self._argument_value(node.argument),
                b.const(f"{typed}:"),
            )
        if isinstance(node, s.VariableExpression) and node.splatted:
            return b.call("splat", self._unsplatted(node))
        return self._argument_value(node)

    def _unsplatted(self, node: s.VariableExpression) -> ast.expr:
        if ":" in node.variable_path:
            where, _, rest = node.variable_path.partition(":")
            return b.call("read_qualified", b.name("S"), b.const(where.lower()), b.const(rest.lower()))
        return self.plain_variable(node.variable_path.lower())

    def _argument_value(self, node: Any) -> ast.expr:
        """An argument; a number keeps the spelling it has in the script."""
        if isinstance(node, s.ConstantExpression) and isinstance(node.value, (int, float, Decimal)):
            text = getattr(node, "text", None)
            if text and text != to_text(node.value):
                return self.unit.constant(Literal(node.value, text))
        return self.expression(node)

    def _redirections(self, nodes: Any) -> ast.expr:
        if not nodes:
            return b.const(None)
        listed: list[ast.expr] = []
        for node in nodes:
            source = _stream(node.from_stream)
            if isinstance(node, s.MergingRedirection):
                listed.append(
                    b.tupled(
                        [b.const(source), b.const("merge"), b.const(_stream(node.to_stream)), b.const(False)]
                    )
                )
            else:
                target = self.expression(node.location)
                listed.append(
                    b.tupled([b.const(source), b.const("file"), target, b.const(bool(node.append))])
                )
        return b.listed(listed)


def _stream(value: Any) -> int:
    if isinstance(value, int):
        return value
    return _STREAMS[str(getattr(value, "name", value))]


def _runs_commands(node: Any) -> bool:
    """Whether an expression is nothing but commands in brackets, whose success counts."""
    if isinstance(node, s.ParenExpression):
        return any(isinstance(one, s.Command) for one in getattr(node.pipeline, "pipeline_elements", ()))
    if isinstance(node, (s.ArrayExpression, s.SubExpression)):
        return any(isinstance(one, s.Command) for one in node.sub_expression.walk())
    return False


def _is_pipeline(node: Any) -> bool:
    return isinstance(node, (s.Pipeline, s.PipelineChain, s.CommandExpression, s.Command))
