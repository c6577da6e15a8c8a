"""Statements as Python. A statement that is refused stays visible as `raise NotPorted`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from .. import syntax as s
from .blocks import SINGLE
from .code import Code, Refused, described, is_call, python_name, run_of, whole_call
from .commands import EACH
from .hostwriting import HostWriting
from .nodes import expression_of, is_step, is_value, path_of, succeeds, word_of
from .operators import nullable
from .shapes import OBJECTS

_SAYS = frozenset(
    "write-host write-verbose write-warning write-information write-debug write-progress".split()
)


class Statements(HostWriting):
    """Writes statements."""

    marks: list[tuple[int, Any, int, int]]
    """Of each statement at the top: where its comments begin, itself, its first line and the one after."""

    def block(self, statements: list[Any], after: int, traps: Sequence[Any] = ()) -> None:
        """Statements with the comments before each; an error in one goes to the traps."""
        outermost, self.inside = not self.inside, True
        kept, self.after_value = self.after_value, False
        for statement in statements:
            last = outermost and statement is statements[-1]
            first = len(self.lines)
            self.comments(after, statement.start)
            trapped = traps and not isinstance(statement, (s.FunctionDefinition, s.TypeDefinition))
            self.statement(
                self.trapped(statement, traps) if trapped else statement if last else self.going_on(statement)
            )
            if outermost:
                self.marks.append((after, statement, first, len(self.lines)))
            after = statement.end
            if isinstance(statement, s.AssignmentStatement):  # of a value it leaves `$?` as it is
                self.after_value = self.after_value and is_value(statement.right)
            else:
                self.after_value = is_value(statement) or succeeds(statement)
            self.after_value = self.after_value and "show_error(" not in "".join(self.lines[first:])
        self.after_value = kept
        self.inside = not outermost

    inside = False

    def trapped(self, statement: Any, traps: Sequence[Any]) -> Any:
        """A statement with the traps that its errors go to."""
        raise NotImplementedError

    def going_on(self, statement: Any) -> Any:
        """A statement that can do nothing but fail, with its error reported; any other as it is."""
        raise NotImplementedError

    def body(self, block: Any, before: Any = None) -> None:
        """An indented block, which may not run."""
        self.depth += 1
        length = len(self.lines)
        with self.branch():
            if before is not None:
                before()
            self.block(block.statements, block.start, getattr(block, "traps", ()))
        if not any(line and not line.lstrip().startswith("#") for line in self.lines[length:]):
            self.write("pass")
        self.depth -= 1

    def statement(self, node: Any) -> None:
        """One statement, or the visible line that says why not."""
        state = (len(self.lines), self.depth, dict(self.known.kinds), set(self.modules), self.uses_posh)
        frame = (set(self.frame.declared), set(self.definite), list(self.loops), len(self.current))
        kept_after, self.after = self.after, []
        reported = len(self.refusals)
        try:
            method = getattr(self, f"_{type(node).__name__}_statement", None)
            if method is None:
                raise Refused(node, f"{described(node)} has no Python form yet.")
            method(node)
            for line in self.after:
                self.write(line)
        except Refused as refusal:
            if self.whole and not refusal.is_placed:
                raise
            length, self.depth, kinds, self.modules, self.uses_posh = state
            del self.lines[length:]
            self.frame.declared, self.definite, self.loops = frame[0], frame[1], frame[2]
            del self.current[frame[3] :]
            fresh = {key: "any" for key in self.known.kinds if key not in kinds}
            self.known.kinds.update(fresh)
            self.known.unset |= {key for key in fresh if key[0] == self.scope}
            del self.refusals[reported:]
            self.set_by_hand(node)
            self.refuse(node, refusal)
        finally:
            self.after = kept_after

    # Output

    def output(self, code: Code) -> None:
        """What a statement puts out, to where the statements around it put out."""
        code = nullable(code) if not code.stream else code
        if code.kind == "void":
            self.write(code.text)
            return
        if code.text == "None" or code.text in ("[]", "[None]"):
            if self.sink[0] == "yield" and code.text == "None":
                self.frame.yields.add("any")
                self.write("yield None")
            elif self.sink[0] == "append" and code.text == "None":
                self.write(f"{self.sink[1]}.append(None)")
            return
        getattr(self, f"_to_{self.sink[0]}")(code)

    def _to_print(self, code: Code) -> None:
        if (
            code.kind == "str?"
            and not code.stream
            and _is_path(code.text)
            and not code.text.endswith(".content")
        ):
            self.write(f"if {code.text} is not None:")
            self.write(f"    {self.printer}({code.text})")
            return
        plain = code.kind in ("str", "int", "long", "bool") or (
            code.kind == "str?" and code.text.endswith(".content")
        )
        if plain and not code.stream:
            self.write(f"{self.printer}({code.text})")
            return
        if (code.stream and code.kind in ("str", "int", "bool")) or (
            not code.is_out and code.item in ("str", "int", "bool")
        ):
            source = code.text
            if self._says(source):
                name, _, rest = source.partition("(")
                self.write(f"{name}.show({rest}")
                return
            if code.inner and code.inner.count(" for ") == 1 and " if " not in code.inner:
                value, _, loop = code.inner.partition(" for ")
                self.write(f"for {loop}:")
                self.write(f"    {self.printer}({value})")
                return
            name = self.item_name()
            self.write(f"for {name} in {self.lazily(code)}:")
            self.write(f"    {self.printer}({name})")
            return
        self.known.shows |= code.stream or code.is_list or code.is_out or code.base in OBJECTS
        if code.stream and (run := run_of(code.text)) and run[0] != "posh":
            self.write(f"{run[0]}.show({run[1]})")
        elif code.stream and (run_of(code.text) or whole_call(code.text, "call")):
            self.write(f"{self.posh('show_run')}({code.text.partition('(')[2]}")
        elif code.stream and code.text.partition("(")[0] in self.bound_names():
            name, _, rest = code.text.partition("(")
            self.write(f"{name}.show({rest}")
        elif code.stream and code.text.partition("(")[0] in self.generator_names() and is_call(code.text):
            self.write(f"{self.posh('show')}({code.text})")
        elif code.stream and code.inner and ".stream(" in code.inner:
            self.write(f"{self.posh('show')}({code.inner})")
        elif code.stream:
            self.write(f"{self.posh('show')}({self.listed(code).text})")
        elif code.kind in ("error", "exception"):
            self.write(f"{self.posh('show')}({self.record_of(code).text})")
        else:
            helper = "show_result" if code.result or code.is_out else "show_member" if code.steps else "show"
            self.write(f"{self.posh(helper)}({code.path})")

    def _says(self, source: str) -> bool:
        """Whether this calls a function that writes to other streams too: its output stays between these."""
        name = source.partition("(")[0]
        if name not in self.bound_names() or not is_call(source):
            return False
        own = next(one for one in self.functions.values() if python_name(one.name) == name)
        return any(
            isinstance(one, s.Command) and word_of(one.command_elements[0]) in _SAYS for one in own.walk()
        )

    def generator_names(self) -> set[str]:
        """The Python names of the plain functions that put out one value after the other."""
        return {python_name(self.functions[name].name) for name in self.known.many}

    def bound_names(self) -> set[str]:
        """The Python names of the functions that have PowerShell's binding."""
        return {python_name(self.functions[name].name) for name in self.known.advanced}

    def _to_yield(self, code: Code) -> None:
        if code.base in SINGLE and not code.stream:
            self.frame.yields.add(code.kind)
            self.write(f"yield {code.text}")
        else:
            code = self.as_stream(code)
            self.frame.yields.add(code.kind)
            self.write(f"yield from {self.lazily(code)}")

    def _to_append(self, code: Code) -> None:
        name = self.sink[1]
        self.appended.setdefault(name, set()).add(code.kind if not code.stream else self.as_stream(code).kind)
        if code.base in SINGLE and not code.stream:
            self.write(f"{name}.append({code.text})")
        else:
            self.write(f"{name}.extend({self.as_stream(code).text})")

    def _to_discard(self, code: Code) -> None:
        if code.inner:
            self.write(f"list({code.text})")
        elif "(" in code.text:
            self.write(code.text)

    def _to_return(self, code: Code) -> None:
        raise Refused(s.Node(), "a value before the end")

    # Pipelines

    def _Pipeline_statement(self, node: s.Pipeline) -> None:
        elements = node.pipeline_elements
        first, last = elements[0], elements[-1]
        name = self.name_of(last) if isinstance(last, s.Command) else ""
        if name == "out-null" and len(elements) > 1:
            self.with_discard(lambda: self.statement_of(s.Pipeline(elements[:-1])))
        elif len(elements) == 1 and isinstance(first, s.CommandExpression):
            self._expression_statement(first)
        elif not self._command_statement(elements, name):
            if name in ("out-default", "out-host") and len(last.command_elements) == 1:
                with self.for_host():
                    self.output(self.stages(elements[:-1]))
                return
            self.output(self.stages(elements))

    @property
    def printer(self) -> str:
        """What prints here: `print`, or its mark where no other than the reader gets what is printed."""
        return self.host if self.hosted else "print"

    hosted = False

    @contextmanager
    def for_host(self) -> Iterator[None]:
        """Where output is for the reader, and not what the script puts out."""
        kept, self.sink, self.hosted = self.sink, ("print",), True
        try:
            yield
        finally:
            self.sink, self.hosted = kept, False

    def _command_statement(self, elements: list[Any], name: str) -> bool:
        """Commands that are a statement of their own in Python; False where they are a call."""
        node = elements[-1]
        if name in EACH and len(elements) > 1:
            return self.each_loop(elements, node)
        if len(elements) > 1:
            return self.sets_variable(node, name, s.Pipeline(elements[:-1]))
        if node.redirections:
            return False
        if name == "write-host":
            return self.write_host(node)
        if name == "get-content":
            return self.read_back(node)
        if name == "invoke-expression":
            return self.evaluated(node)
        if name == "import-module":
            self._import(node)
        return name in (
            "import-module",
            "export-modulemember",
            "out-default",
            "out-host",
        ) or self.sets_variable(node, name)

    def statement_of(self, node: Any) -> None:
        """Translate a statement."""
        self._Pipeline_statement(node)

    def _import(self, node: s.Command) -> None:
        """A module: psbridge's own is there; others are not ported."""
        _, values = self.arguments(node)
        named, _ = self.arguments(node)
        names = [
            getattr(one, "value", "")
            for one in [*values, *(one for one in named.values() if one is not None)]
        ]
        if not all(
            str(one).lower() in ("psbridge", "psopenaitools", "psopenai")
            for one in names
            if isinstance(one, str)
        ):
            self.output(self.generic(node, "import-module", None))

    def with_discard(self, write: Any) -> None:
        """Write statements whose output goes nowhere."""
        kept, self.sink = self.sink, ("discard",)
        try:
            write()
        finally:
            self.sink = kept

    def _expression_statement(self, first: s.CommandExpression) -> None:
        node = first.expression
        if first.redirections:
            self.output(self.stages([first]))
        elif is_step(node):
            self.step(node)
        elif isinstance(node, s.ConvertExpression) and node.type.type_name.full_name.lower() in (
            "void",
            "system.void",
        ):
            self.with_discard(lambda: self.output(self.expression(node.child)))
        elif isinstance(node, s.SubExpression):
            self.block(node.sub_expression.statements, node.start)
        elif isinstance(node, s.ArrayLiteral) and all(is_step(one) for one in node.elements):
            for one in node.elements:
                self.step(one)
        else:
            self.output(self.expression(node))

    def _PipelineChain_statement(self, node: s.PipelineChain) -> None:
        if node.background:
            raise Refused(node, "a command in the background has no Python form yet.")
        left = node.lhs_pipeline_chain
        self.statement_in(left)
        if is_value(left):  # which does not fail
            if node.operator == "AndAnd":
                self.statement_in(node.rhs_pipeline)
            return
        sign = "" if node.operator == "AndAnd" else "not "
        self.write(f"if {sign}{self.posh('succeeded')}():")
        self.depth += 1
        with self.branch():
            self.statement_in(node.rhs_pipeline)
        self.depth -= 1

    def statement_in(self, node: Any) -> None:
        """A statement that is part of another: refused with it."""
        self.whole += 1
        try:
            self.statement(node)
        finally:
            self.whole -= 1

    # Conditions and loops

    def _IfStatement_statement(self, node: s.IfStatement) -> None:
        tests = [self.truth(self.head(condition, self.value)) for condition, _ in node.clauses]
        with self.branches() as arms:
            for number, (condition, body) in enumerate(node.clauses):
                self.write(f"{'elif' if number else 'if'} {tests[number].text}:")
                with self.knowing(condition, body):
                    arms(partial(self.body, body), True)
            if node.else_clause is not None:
                self.write("else:")
                arms(lambda: self.body(node.else_clause), True)
            else:
                arms(lambda: None, False)

    @contextmanager
    def knowing(self, condition: Any, body: Any) -> Iterator[None]:
        """In a branch that runs if a variable is there: it is not null, where the branch does not set it."""
        test = expression_of(condition)
        kept = dict(self.narrowed)
        if isinstance(test, s.VariableExpression) and not any(
            isinstance(one, s.AssignmentStatement) and self.source_of(one.left) == self.source_of(test)
            for one in body.walk()
        ):
            code = self.read(test)
            if code is not None and code.kind == "hashtable?":
                self.narrowed[self._owner(path_of(test)), path_of(test)] = "hashtable"
        yield
        self.narrowed = kept

    def _SwitchStatement_statement(self, node: s.SwitchStatement) -> None:
        self.switch(node)

    def switch(self, node: s.SwitchStatement) -> None:
        """A switch."""
        raise NotImplementedError

    # Leaving

    def _ExitStatement_statement(self, node: s.ExitStatement) -> None:
        asks = re.compile(r"\bps\.(New|Get|Update|Remove)_Chat")
        if self.known.shows and not any(asks.search(line) for line in self.lines):
            leave = self.posh("leave")  # rows may wait, which a request would have shown
        else:
            self.modules.add("sys")
            leave = "sys.exit"
        if node.pipeline is None:
            self.write(f"{leave}()")
            return
        code = self.value(node.pipeline)
        if code.kind != "int":
            code = self.cast(node, code, "int")
        self.write(f"{leave}({code.text})")

    def _ThrowStatement_statement(self, node: s.ThrowStatement) -> None:
        if node.pipeline is None:
            self.write("raise" if self.catching else f"raise {self.posh('thrown')}()")
            return
        code = self.value(node.pipeline)
        place = f", line={node.line}" if self.asks_lines else ""
        self.write(f"raise {self.posh('thrown')}({code.text}{place})")

    catching = 0

    def _ReturnStatement_statement(self, node: s.ReturnStatement) -> None:
        rounds = [loop for loop in self.loops if loop.kind == "each"]
        if rounds:
            if node.pipeline is not None:
                self.statement_in(node.pipeline)
            self.leave_loop(rounds[-1], "continue")
            return
        if len(self.frames) == 1:
            if node.pipeline is not None:
                self.statement_in(node.pipeline)
            self.modules.add("sys")
            self.write("sys.exit()")
            return
        if self.sink[0] in ("return", "method"):
            self.give(node)
            return
        if node.pipeline is not None:
            self.statement_in(node.pipeline)
        self.write("return")

    def give(self, node: s.ReturnStatement) -> None:
        """`return value` of a function that gives one value."""
        raise NotImplementedError

    def _FunctionDefinition_statement(self, node: s.FunctionDefinition) -> None:
        self.define_function(node)

    def define_function(self, node: s.FunctionDefinition) -> None:
        """A function."""
        raise NotImplementedError


def _is_path(text: str) -> bool:
    """Whether an expression is a name, or attributes of one."""
    return all(part.isidentifier() for part in text.split("."))
