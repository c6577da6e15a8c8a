"""Statements as Python. A statement that is refused stays visible as `raise NotPorted`."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from .. import syntax as s
from .assignments import Assignments
from .blocks import SINGLE
from .code import Code, Refused, described, quoted
from .commands import EACH
from .operators import nullable
from .uses import path_of

_APPEND = re.compile(r"^ +([a-z_]\w*)\.append\((.*)\)$")


class Statements(Assignments):
    """Writes statements; `refusals` are the lines that stay to be done by hand."""

    refusals: list[Refused]
    marks: list[tuple[int, Any, int, int]]
    """Of each statement at the top: where its comments begin, itself, its first line and the one after."""

    def block(self, statements: list[Any], after: int) -> None:
        """Statements with the comments before each."""
        outermost, self.inside = not self.inside, True
        for statement in statements:
            first = len(self.lines)
            self.comments(after, statement.start)
            self.statement(statement)
            if outermost:
                self.marks.append((after, statement, first, len(self.lines)))
            after = statement.end
        self.inside = not outermost

    inside = False

    def body(self, block: Any, before: Any = None) -> None:
        """An indented block, which may not run."""
        self.depth += 1
        length = len(self.lines)
        with self.branch():
            if before is not None:
                before()
            if getattr(block, "traps", None):
                raise Refused(block.traps[0], "a trap statement has no Python form yet.")
            self.block(block.statements, block.start)
        if not any(line and not line.lstrip().startswith("#") for line in self.lines[length:]):
            self.write("pass")
        self.depth -= 1

    def statement(self, node: Any) -> None:
        """One statement, or the visible line that says why not."""
        state = (len(self.lines), self.depth, dict(self.known.kinds), set(self.modules), self.uses_posh)
        frame = (set(self.frame.declared), set(self.definite), list(self.loops), len(self.current))
        kept_after, self.after = self.after, []
        try:
            method = getattr(self, f"_{type(node).__name__}_statement", None)
            if method is None:
                raise Refused(node, f"{described(node)} has no Python form yet.")
            method(node)
            for line in self.after:
                self.write(line)
        except Refused as refusal:
            if self.whole:
                raise
            length, self.depth, kinds, self.modules, self.uses_posh = state
            del self.lines[length:]
            self.frame.declared, self.definite, self.loops = frame[0], frame[1], frame[2]
            del self.current[frame[3] :]
            fresh = {key: "any" for key in self.known.kinds if key not in kinds}
            self.known.kinds.update(fresh)
            self.known.unset |= {key for key in fresh if key[0] == self.scope}
            self.refuse(node, refusal)
        finally:
            self.after = kept_after

    def refuse(self, node: Any, refusal: Refused) -> None:
        """The line that stays to be done."""
        if not refusal.node.end:
            refusal.node = node  # what was refused has no place of its own
        self.refusals.append(refusal)
        name = self.posh("NotPorted")
        self.write(f"raise {name}({quoted(f'line {node.line}: {refusal.reason}')})")

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
        if code.kind in ("str", "int", "bool") and not code.stream:
            self.write(f"print({code.text})")
        elif (code.stream and code.kind in ("str", "int", "bool")) or (
            not code.is_out and code.item in ("str", "int", "bool")
        ):
            source = code.text
            if code.inner and code.inner.count(" for ") == 1 and " if " not in code.inner:
                value, _, loop = code.inner.partition(" for ")
                self.write(f"for {loop}:")
                self.write(f"    print({value})")
                return
            name = self.item_name()
            self.write(f"for {name} in {source}:")
            self.write(f"    print({name})")
        elif code.stream:
            text = f"list({code.text})" if not code.text.startswith("posh.run(") else code.text
            self.write(f"{self.posh('show')}({self.listed(code).text if code.inner else text})")
        elif code.kind in ("error", "exception"):
            self.write(f"{self.posh('show')}({self.record_of(code).text})")
        else:
            self.write(f"{self.posh('show_result' if code.result else 'show')}({code.text})")

    def _to_yield(self, code: Code) -> None:
        if code.base in SINGLE and not code.stream:
            self.frame.yields.add(code.kind)
            self.write(f"yield {code.text}")
        else:
            if code.kind in ("error", "exception"):
                code = self.record_of(code)
            self.frame.yields.add(self.as_stream(code).kind)
            self.write(f"yield from {self.as_stream(code).text}")

    def _to_append(self, code: Code) -> None:
        name = self.sink[1]
        if code.base in SINGLE and not code.stream:
            self.write(f"{name}.append({code.text})")
        else:
            if code.kind in ("error", "exception"):
                code = self.record_of(code)
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
        elif (
            len(elements) == 1 and name == "write-host" and not first.redirections and self.write_host(first)
        ):
            return
        elif (
            name in ("import-module", "out-default", "out-host")
            and len(elements) == 1
            and not first.redirections
        ):
            if name == "import-module":
                self._import(first)
        elif name in EACH and len(elements) > 1 and self._loop(elements, last):
            return
        else:
            if name in ("out-default", "out-host") and len(last.command_elements) == 1:
                elements = elements[:-1]
            self.output(self.stages(elements))

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
        elif isinstance(node, s.UnaryExpression) and node.token_kind.endswith(("PlusPlus", "MinusMinus")):
            self.step(node)
        elif isinstance(node, s.ConvertExpression) and node.type.type_name.full_name.lower() in (
            "void",
            "system.void",
        ):
            self.with_discard(lambda: self.output(self.expression(node.child)))
        elif isinstance(node, s.SubExpression):
            self.block(node.sub_expression.statements, node.start)
        elif isinstance(node, s.ArrayLiteral) and all(_is_step(one) for one in node.elements):
            for one in node.elements:
                self.step(one)
        else:
            self.output(self.expression(node))

    def write_host(self, node: s.Command) -> bool:
        """Write-Host as print; False where its arguments want more."""
        if any(isinstance(one, s.VariableExpression) and one.splatted for one in node.command_elements):
            return False
        named, values = self.arguments(node)
        if set(named) - {"nonewline", "foregroundcolor", "backgroundcolor", "object"}:
            return False
        values += [named["object"]] if "object" in named else []
        if len(values) > 1:
            return False
        value = self.as_value(self.expression(values[0])) if values else Code('""', "str")
        if value.base not in ("str", "int", "bool", "reply", "float", "object"):
            return False
        text = value.text if value.kind in ("str", "int", "bool") else self.as_text(value)
        if "nonewline" in named:
            self.write(f'print({text}, end="")')
        else:
            self.write("print()" if text == '""' else f"print({text})")
        return True

    def _loop(self, elements: list[Any], last: s.Command) -> bool:
        """`... | ForEach-Object { }` as a for loop; False where a function is needed."""
        block = last.command_elements[1] if len(last.command_elements) == 2 else None
        if not isinstance(block, s.ScriptBlockExpression) or last.redirections:
            return False
        inner = block.script_block
        if inner.end_block is None or inner.param_block or inner.begin_block or inner.process_block:
            return False
        leaving = (s.ReturnStatement, s.BreakStatement, s.ContinueStatement)
        if any(isinstance(one, leaving) for one in inner.walk()):
            return False
        piped = self.as_stream(self.stages(elements[:-1]))
        name = self.item_name()
        self.current.append(Code(name, piped.kind))
        kept, self.loops = self.loops, [*self.loops, "each"]
        self.write(f"for {name} in {piped.text}:")
        try:
            self.body(inner.end_block)
        finally:
            self.current.pop()
            self.loops = kept
        return True

    def _PipelineChain_statement(self, node: s.PipelineChain) -> None:
        if node.background:
            raise Refused(node, "a command in the background has no Python form yet.")
        left = node.lhs_pipeline_chain
        self.statement_in(left)
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
        tests = [self.truth(self.value(condition)) for condition, _ in node.clauses]
        with self.branches() as arms:
            for number, (_, body) in enumerate(node.clauses):
                self.write(f"{'elif' if number else 'if'} {tests[number].text}:")
                arms(partial(self.body, body), True)
            if node.else_clause is not None:
                self.write("else:")
                arms(lambda: self.body(node.else_clause), True)
            else:
                arms(lambda: None, False)

    def _ForEachStatement_statement(self, node: s.ForEachStatement) -> None:
        self._no_label(node)
        if node.flags != "None":
            raise Refused(node, "foreach -Parallel has no Python form yet.")
        items = self.stream(node.condition)
        if items.stream or items.is_list:
            items = self.as_stream(items)
        else:
            items = Code(f"{self.posh('loop_items')}({items.text})", items.item, stream=True)
        name = self.target(node.variable, items.kind)
        changed = self._changed_while(node, items.text)
        self.write(f"for {name} in {f'list({items.text})' if changed else items.text}:")
        place = len(self.lines)
        self._looped("loop", node.body)
        self._extended(place, name, node)

    def _extended(self, place: int, name: str, node: s.ForEachStatement) -> None:
        """A loop that does nothing but append to a list extends it."""
        inside = len(self.uses.places.get(path_of(node.variable), ())) == sum(
            isinstance(one, s.VariableExpression) and path_of(one) == path_of(node.variable)
            for one in node.walk()
        )
        found = _APPEND.match(self.lines[place]) if len(self.lines) == place + 1 else None
        if found is None or not inside or f"{name} in {found.group(1)}:" in self.lines[place - 1]:
            return
        source = self.lines[place - 1].strip().removeprefix(f"for {name} in ").removesuffix(":")
        self.lines.pop()
        values = source if found.group(2) == name else f"{found.group(2)} for {name} in {source}"
        self.lines[place - 1] = "    " * self.depth + f"{found.group(1)}.extend({values})"

    def _changed_while(self, node: s.ForEachStatement, text: str) -> bool:
        """Whether the loop changes the list that it goes through."""
        return text.isidentifier() and any(
            isinstance(one, s.AssignmentStatement) and self.source_of(one.left).lower() == f"${text}"
            for one in node.body.walk()
        )

    def _looped(self, kind: str, body: Any) -> None:
        kept, self.loops = self.loops, [*self.loops, kind]
        try:
            self.body(body)
        finally:
            self.loops = kept

    def _no_label(self, node: Any) -> None:
        if node.label and any(
            isinstance(one, (s.BreakStatement, s.ContinueStatement)) and one.label is not None
            for one in node.body.walk()
        ):
            raise Refused(node, "a loop that is left by its label has no Python form yet.")

    def _WhileStatement_statement(self, node: s.WhileStatement) -> None:
        self._no_label(node)
        self.write(f"while {self.truth(self.value(node.condition)).text}:")
        self._looped("loop", node.body)

    def _DoWhileStatement_statement(self, node: Any) -> None:
        self._do(node, "not ")

    def _DoUntilStatement_statement(self, node: Any) -> None:
        self._do(node, "")

    def _do(self, node: Any, sign: str) -> None:
        self._no_label(node)
        if any(isinstance(one, s.ContinueStatement) for one in node.body.walk()):
            raise Refused(node, "a do loop with continue has no Python form yet.", "write it as a while loop")
        self.write("while True:")
        kept, self.loops = self.loops, [*self.loops, "loop"]
        self.depth += 1
        self.block(node.body.statements, node.body.start)
        test = self.truth(self.value(node.condition))
        self.write(f"if {sign}{test.within(5)}:")
        self.write("    break")
        self.depth -= 1
        self.loops = kept

    def _ForStatement_statement(self, node: s.ForStatement) -> None:
        self._no_label(node)
        if node.initializer is not None:
            self.statement_in(node.initializer)
        repeated = node.iterator is not None and _own_continue(node.body)
        test = "True" if node.condition is None else self.truth(self.value(node.condition)).text
        self.write(f"while {test}:")
        if repeated:
            self._repeated(node)
            return
        self._looped("loop", node.body)
        self._iterate(node)

    def _iterate(self, node: s.ForStatement) -> None:
        if node.iterator is not None:
            if self.lines[-1].strip() == "pass":
                self.lines.pop()
            self.depth += 1
            self.statement_in(node.iterator)
            self.depth -= 1

    def _repeated(self, node: s.ForStatement) -> None:
        """A for loop with continue: the step is in a finally's place, before each continue."""
        kept, self.loops = self.loops, [*self.loops, "loop"]
        outer, self.iterator = self.iterator, node.iterator
        try:
            self.body(node.body)
            self._iterate(node)
        finally:
            self.loops, self.iterator = kept, outer

    iterator: Any = None

    def _BreakStatement_statement(self, node: s.BreakStatement) -> None:
        self._leave(node, "break")

    def _ContinueStatement_statement(self, node: s.ContinueStatement) -> None:
        self._leave(node, "continue")

    def _leave(self, node: Any, word: str) -> None:
        if node.label is not None:
            raise Refused(node, f"{word} with a label has no Python form yet.")
        if not self.loops or self.loops[-1] == "each":
            raise Refused(node, f"{word} does not leave a loop of Python's here.")
        if word == "continue" and self.iterator is not None and self.loops[-1] == "loop":
            self.statement_in(self.iterator)
        self.write(word)

    def _SwitchStatement_statement(self, node: s.SwitchStatement) -> None:
        self.switch(node)

    def switch(self, node: s.SwitchStatement) -> None:
        """A switch."""
        raise NotImplementedError

    # Leaving

    def _ExitStatement_statement(self, node: s.ExitStatement) -> None:
        self.modules.add("sys")
        if node.pipeline is None:
            self.write("sys.exit()")
            return
        code = self.value(node.pipeline)
        if code.kind != "int":
            code = self.cast(node, code, "int")
        self.write(f"sys.exit({code.text})")

    def _ThrowStatement_statement(self, node: s.ThrowStatement) -> None:
        if node.pipeline is None:
            self.write("raise" if self.catching else f"raise {self.posh('thrown')}()")
            return
        code = self.value(node.pipeline)
        if code.kind in ("error", "exception"):
            code = self.record_of(code)
        self.write(f"raise {self.posh('thrown')}({code.text})")

    catching = 0

    def _ReturnStatement_statement(self, node: s.ReturnStatement) -> None:
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


def _is_step(node: Any) -> bool:
    return isinstance(node, s.UnaryExpression) and node.token_kind.endswith(("PlusPlus", "MinusMinus"))


def _own_continue(body: Any) -> bool:
    return any(isinstance(one, s.ContinueStatement) for one in body.walk())
