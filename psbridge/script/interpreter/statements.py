"""Statements to Python: pipelines, assignments, loops, switch, try, functions, classes."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from psbridge.script import syntax as s

from . import builder as b
from .assignments import Assignments
from .pipelines import STEPS

if TYPE_CHECKING:
    from .compiler import Unit


class Statements(Assignments):
    """One method a kind of statement; each gives Python statements that put values out."""

    if TYPE_CHECKING:
        unit: Unit
        pending: list[ast.stmt]
        loops: list[str | None]
        traps: list[s.TrapStatement]
        depth: int
        protected: int
        uses_return_flow: bool

        def enumerated(self, node: Any, value: ast.expr) -> ast.expr: ...
        def nested(self, write: Callable[[], list[ast.stmt]], parameters: list[str] | None = None) -> str: ...
        def block_body(self, block: Any) -> list[ast.stmt]: ...
        def condition(self, node: Any) -> ast.expr: ...
        def simple_expression(self, statement: Any) -> Any: ...
        def new_block(self, node: s.ScriptBlock, parameters: Any = None) -> Any: ...

    def statement(self, node: Any, *, guarded: bool = True) -> list[ast.stmt]:
        """One statement, with what must be defined before it, and what becomes of its errors."""
        outer, self.pending = self.pending, []
        write = getattr(self, f"on_{node.kind}", None)
        if write is None:
            body = [b.do(b.call("not_supported", b.const(node.kind), b.const(node.line)))]
        else:
            body = write(node)
        before, self.pending = self.pending, outer
        made = [*before, *body]
        for one in made:
            one.lineno = node.line
        if guarded and self.needs_guard(node):
            made = [*before, self.guarded(body, node)]
        return made

    def needs_guard(self, node: Any) -> bool:
        """Whether an error in the statement is reported and the next one runs."""
        if isinstance(node, (s.FunctionDefinition, s.BreakStatement, s.ContinueStatement, s.TypeDefinition)):
            return False
        if self.traps:
            return True
        if self.protected:
            return False
        return not isinstance(node, (s.ThrowStatement, s.TryStatement))

    def guarded(self, body: list[ast.stmt], node: Any) -> ast.stmt:
        """The statement, its errors going to the traps, or to the error stream."""
        where = self.unit.constant((node.line, node.column))
        outer, self.pending = self.pending, []
        if self.traps:
            listed: list[ast.expr] = []
            for trap in self.traps:
                kind = b.const(trap.trap_type.type_name.full_name) if trap.trap_type else b.const(None)
                function = self.trap_function(trap)
                listed.append(b.tupled([kind, b.name(function)]))
            report = b.call("run_traps", b.name("S"), b.name("error"), b.listed(listed), b.name("out"), where)
        else:
            report = b.call("statement_error", b.name("S"), b.name("error"), where, b.name("UNIT"))
        handler = b.handler(b.name("Exception"), "error", [b.do(report)])
        before, self.pending = self.pending, outer
        made = b.guard(body, [handler])
        if before:
            made.handlers[0].body = [*before, *made.handlers[0].body]
        made.lineno = node.line
        return made

    def trap_function(self, trap: s.TrapStatement) -> str:
        """The body of a trap as a function of its error."""
        outer, self.traps = self.traps, []
        function = self.nested(lambda: self.block_body(trap.body))
        self.traps = outer
        return function

    # Branches and loops

    def on_IfStatement(self, node: s.IfStatement) -> list[ast.stmt]:
        orelse = self.block_body(node.else_clause) if node.else_clause is not None else []
        for condition, block in reversed(node.clauses):
            outer, self.pending = self.pending, []
            test = self.condition(condition)
            before, self.pending = self.pending, outer
            body = self.block_body(block)
            branch = ast.If(test, body or [ast.Pass()], orelse)
            branch.lineno = condition.line
            orelse = [*before, branch]
        return orelse

    def looped(self, label: str | None, node: Any, write: Callable[[], list[ast.stmt]]) -> list[ast.stmt]:
        """The body of a loop; break and continue that come from elsewhere are heard."""
        self.loops.append(label)
        body = write()
        self.loops.pop()
        if not _may_break(node, puts_out=self.unit.jumps):
            return body or [ast.Pass()]
        wanted = b.const(label.lower() if label else None)
        again = b.handler(
            b.name("ContinueFlow"),
            "flow",
            [ast.If(b.call("meant_for", b.name("flow"), wanted), [ast.Continue()], [ast.Raise(None, None)])],
        )
        leave = b.handler(
            b.name("BreakFlow"),
            "flow",
            [ast.If(b.call("meant_for", b.name("flow"), wanted), [ast.Break()], [ast.Raise(None, None)])],
        )
        return [b.guard(body, [again, leave])]

    def hoisted(self, write: Callable[[], Any]) -> tuple[list[ast.stmt], Any]:
        """What a part needs to be defined before it, and the part."""
        outer, self.pending = self.pending, []
        made = write()
        before, self.pending = self.pending, outer
        return before, made

    def on_ForEachStatement(self, node: s.ForEachStatement) -> list[ast.stmt]:
        items = self.pipeline_value(node.condition)
        each = self.unit.unique("e")
        body = self.looped(
            node.label,
            node.body,
            lambda: [*self.assign_to(node.variable, b.name(each)), *self.block_body(node.body)],
        )
        loop = ast.For(b.store(each), b.call("loop_items", items), body, [], None)
        made: list[ast.stmt] = [loop]
        if self.unit.reads_foreach:
            temp = self.unit.unique("i")
            loop.iter = b.name(temp)
            made = [
                b.let(temp, b.call("loop_with_enumerator", b.name("V"), items)),
                b.guard(made, final=[b.do(b.method(b.name(temp), "close"))]),
            ]
        return made

    def on_ForStatement(self, node: s.ForStatement) -> list[ast.stmt]:
        made: list[ast.stmt] = []
        if node.initializer is not None:
            made += self.quiet(node.initializer)
        before, test = self.hoisted(
            lambda: self.condition(node.condition) if node.condition else b.const(True)
        )
        steps, step_body = self.hoisted(
            lambda: self.quiet(node.iterator) if node.iterator is not None else []
        )
        body = self.looped(node.label, node.body, lambda: self.block_body(node.body))
        # A for loop whose generator does the steps, so that `continue` reaches them.
        first = self.unit.unique("g")
        loop_body: list[ast.stmt] = [
            ast.If(b.name(first), step_body or [ast.Pass()], [b.let(first, b.const(True))]),
            *before,
            ast.If(ast.UnaryOp(ast.Not(), test), [ast.Break()], []),
            *body,
        ]
        made += steps
        made.append(b.let(first, b.const(False)))
        made.append(ast.While(b.const(True), loop_body, []))
        return made

    def quiet(self, node: Any) -> list[ast.stmt]:
        """A statement whose output goes nowhere, as in the head of a for loop."""
        if isinstance(node, s.AssignmentStatement):
            return self.on_AssignmentStatement(node)
        expression = None
        if isinstance(node, s.Pipeline) and len(node.pipeline_elements) == 1:
            expression = getattr(node.pipeline_elements[0], "expression", None)
        elif isinstance(node, s.CommandExpression):
            expression = node.expression
        if expression is not None:
            return self.for_effect(expression)
        return [b.do(self.pipeline_value(node))]

    def for_effect(self, expression: Any) -> list[ast.stmt]:
        """An expression for what it does; steps of variables are written out."""
        if isinstance(expression, s.UnaryExpression) and expression.token_kind in STEPS:
            step = 1 if "Plus" in expression.token_kind else -1
            target = expression.child
            if isinstance(target, s.VariableExpression):
                return self._step_variable(target, step)
        if isinstance(expression, s.ArrayLiteral):
            return [one for element in expression.elements for one in self.for_effect(element)]
        return [b.do(self.expression(expression))]

    def on_WhileStatement(self, node: s.WhileStatement) -> list[ast.stmt]:
        before, test = self.hoisted(lambda: self.condition(node.condition))
        body = self.looped(node.label, node.body, lambda: self.block_body(node.body))
        return [*before, ast.While(test, body, [])]

    def on_DoWhileStatement(self, node: s.DoWhileStatement) -> list[ast.stmt]:
        return self._do_loop(node, until=False)

    def on_DoUntilStatement(self, node: s.DoUntilStatement) -> list[ast.stmt]:
        return self._do_loop(node, until=True)

    def _do_loop(self, node: Any, until: bool) -> list[ast.stmt]:
        before, test = self.hoisted(lambda: self.condition(node.condition))
        body = self.looped(node.label, node.body, lambda: self.block_body(node.body))
        stop: ast.expr = test if until else ast.UnaryOp(ast.Not(), test)
        first = self.unit.unique("g")
        return [
            *before,
            b.let(first, b.const(False)),
            ast.While(
                b.const(True),
                [
                    ast.If(
                        b.name(first),
                        [ast.If(stop, [ast.Break()], [])],
                        [b.let(first, b.const(True))],
                    ),
                    *body,
                ],
                [],
            ),
        ]

    def on_BreakStatement(self, node: s.BreakStatement) -> list[ast.stmt]:
        return self._jump(node, "BreakFlow", ast.Break)

    def on_ContinueStatement(self, node: s.ContinueStatement) -> list[ast.stmt]:
        return self._jump(node, "ContinueFlow", ast.Continue)

    def _jump(self, node: Any, flow: str, native: Callable[[], ast.stmt]) -> list[ast.stmt]:
        label = node.label
        if label is None:
            return [native()] if self.loops else [b.raises(flow)]
        if isinstance(label, s.StringConstantExpression):
            text = str(label.value).lower()
            if self.loops and self.loops[-1] is not None and self.loops[-1].lower() == text:
                return [native()]
            return [b.raises(flow, b.const(text))]
        return [b.raises(flow, b.call("label_text", self.expression(label)))]

    def on_SwitchStatement(self, node: s.SwitchStatement) -> list[ast.stmt]:
        flags = {
            flag.strip().lower() for flag in str(node.flags or "").replace("SwitchFlags.", "").split(",")
        }
        kind = "regex" if "regex" in flags else "wildcard" if "wildcard" in flags else "exact"
        case = "casesensitive" in flags
        condition = self.pipeline_value(node.condition)
        if "file" in flags:
            items = b.call("switch_file", b.name("S"), condition)
        else:
            items = b.call("switch_items", self.enumerated(node.condition, condition))
        each, hit = self.unit.unique("w"), self.unit.unique("c")

        def body() -> list[ast.stmt]:
            made: list[ast.stmt] = [
                b.put_item(b.name("V"), b.const("_"), b.name(each)),
                b.let(hit, b.const(False)),
            ]
            for test, block in node.clauses:
                made += self._switch_clause(test, block, kind, case, each, hit)
            if node.default is not None:
                default = self.block_body(node.default)
                made.append(ast.If(ast.UnaryOp(ast.Not(), b.name(hit)), default or [ast.Pass()], []))
            return made

        loop = ast.For(b.store(each), items, self.looped(node.label, node, body), [], None)
        saved = self.unit.unique("u")
        return [
            b.let(saved, b.call("saved_item", b.name("V"))),
            b.guard([loop], final=[b.do(b.call("restore_item", b.name("V"), b.name(saved)))]),
        ]

    def _switch_clause(
        self, test: Any, block: Any, kind: str, case: bool, each: str, hit: str
    ) -> list[ast.stmt]:
        if isinstance(test, s.ScriptBlockExpression):
            function = self.nested(lambda: self.block_body(test.script_block.end_block))
            check: ast.expr = b.call("truth", b.call("collect", b.name(function)))
            before: list[ast.stmt] = []
        else:
            before, value = self.hoisted(lambda: self.expression(test))
            check = b.call(f"switch_{kind}", b.name("S"), b.name(each), value, b.const(case))
        inner, body = self.hoisted(lambda: self.block_body(block))
        item_again = b.put_item(b.name("V"), b.const("_"), b.name(each))
        return [*before, ast.If(check, [b.let(hit, b.const(True)), item_again, *inner, *body], [])]

    # Leaving

    def on_ReturnStatement(self, node: s.ReturnStatement) -> list[ast.stmt]:
        made: list[ast.stmt] = self.on_Pipeline(node.pipeline) if node.pipeline is not None else []
        if self.depth:
            self.uses_return_flow = True
            return [*made, b.raises("ReturnFlow")]
        return [*made, ast.Return(None)]

    def on_ExitStatement(self, node: s.ExitStatement) -> list[ast.stmt]:
        value = self.pipeline_value(node.pipeline) if node.pipeline is not None else b.const(None)
        return [b.raises("exit_flow", b.name("S"), value)]

    def on_ThrowStatement(self, node: s.ThrowStatement) -> list[ast.stmt]:
        value = self.pipeline_value(node.pipeline) if node.pipeline is not None else b.name("NO_VALUE")
        return [b.raises("thrown", b.name("S"), value, b.const(node.line), b.const(node.column))]

    def on_TryStatement(self, node: s.TryStatement) -> list[ast.stmt]:
        catches = node.clauses_in_order
        outer_traps, self.traps = self.traps, [] if catches else self.traps
        if catches:
            self.protected += 1
        body = self.block_body(node.body)
        if catches:
            self.protected -= 1
        self.traps = outer_traps
        made: list[ast.stmt] = body or [ast.Pass()]
        if catches:
            rt = b.attribute(b.name("S"), "rt")
            made = [
                b.do(b.method(rt, "enter_try")),
                b.guard(
                    [b.guard(made, final=[b.do(b.method(rt, "leave_try"))])], [self._catches(catches, node)]
                ),
            ]
        if node.finally_ is not None:
            made = [b.guard(made, final=self.block_body(node.finally_) or [ast.Pass()])]
        return made

    def _catches(self, catches: list[Any], node: Any) -> ast.ExceptHandler:
        record = self.unit.unique("r")
        error = self.unit.unique("x")
        branches: list[ast.stmt] = [ast.Raise(None, None)]
        for clause in reversed(catches):
            body = self.block_body(clause.body) or [ast.Pass()]
            saved = self.unit.unique("u")
            wrapped: list[ast.stmt] = [
                b.let(saved, b.call("enter_catch", b.name("S"), b.name(record))),
                b.guard(body, final=[b.do(b.call("leave_catch", b.name("S"), b.name(saved)))]),
            ]
            if clause.is_catch_all:
                branches = wrapped
            else:
                names = b.tupled([b.const(one.type_name.full_name) for one in clause.catch_types])
                branches = [ast.If(b.call("catches", b.name("S"), b.name(record), names), wrapped, branches)]
        return b.handler(
            b.name("Exception"),
            error,
            [
                b.let(
                    record,
                    b.call(
                        *("caught", b.name("S"), b.name(error)),
                        *(self.unit.constant((node.body.line, node.body.column)), b.name("UNIT")),
                    ),
                ),
                *branches,
            ],
        )

    def on_TrapStatement(self, node: s.TrapStatement) -> list[ast.stmt]:
        return []

    # Definitions

    def on_FunctionDefinition(self, node: s.FunctionDefinition) -> list[ast.stmt]:
        code = self.new_block(node.body, node.parameters)
        where = (b.name("S"), b.const(node.name), self.unit.constant(code), b.const(node.is_filter))
        return [b.do(b.call("define_function", *where))]

    def on_TypeDefinition(self, node: s.TypeDefinition) -> list[ast.stmt]:
        return [b.do(b.call("define_type", b.name("S"), self.unit.constant(node), b.name("UNIT")))]

    def on_UsingStatement(self, node: s.UsingStatement) -> list[ast.stmt]:
        return []

    def on_BlockStatement(self, node: Any) -> list[ast.stmt]:
        return self.block_body(node.body)

    def on_DataStatement(self, node: Any) -> list[ast.stmt]:
        body = self.block_body(node.body)
        variable = getattr(node, "variable", None)
        if not variable:
            return body
        function = self.nested(lambda: body)
        return [b.put_item(b.name("V"), b.const(variable.lower()), b.call("collect", b.name(function)))]


def _may_break(node: Any, *, puts_out: bool) -> bool:
    """Whether running this may leave a loop from inside another function, or from where its output goes."""
    kinds = (s.Command, s.InvokeMemberExpression, s.ScriptBlockExpression, s.SubExpression, s.ArrayExpression)
    return any(
        isinstance(one, (*kinds, s.CommandExpression) if puts_out else kinds)
        or (isinstance(one, (s.BreakStatement, s.ContinueStatement)) and one.label is not None)
        for one in node.walk()
    )
