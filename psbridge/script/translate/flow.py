"""switch and try as Python."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from .. import syntax as s
from .code import SCALARS, Code, Refused, quoted
from .commands import EACH
from .failing import Literals, fails
from .nodes import Loop, expression_of, path_of, targets_of
from .statements import Statements

_ASKS = re.compile(
    r"FullyQualifiedErrorId|CategoryInfo|CommandName|CommandNotFound|TypeNotFound|GetType\(\)", re.IGNORECASE
)
"""What a catch asks that wants to know which error it was."""
_RAISING = [f"posh.{name}" for name in ("run", "get", "show_run", "call", "show", "member", "text", "join")]
"""Helpers that raise the errors of psbridge alone."""
_TEXTS = re.compile(r'"(?:[^"\\]|\\.)*"')
_LEAVES = (s.BreakStatement, s.ContinueStatement)


class Reported(s.Statement):
    """The end of a trap that says neither break nor continue."""


class Flow(Statements):
    """Writes switch and try."""

    def switch(self, node: s.SwitchStatement) -> None:
        """A switch: if and elif where one clause runs at most, a loop over the values else."""
        flags = {flag.strip().lower() for flag in node.flags.split(",")} - {"none", "exact"}
        if flags - {"regex", "wildcard", "casesensitive", "file"}:
            raise Refused(node, f"switch -{flags.pop()} has no Python form yet.")
        if "file" in flags:
            path = self._condition(node.condition)
            items = Code(f"{self.posh('file_lines')}({path.text})", "str", stream=True)
        else:
            items = self.head(node.condition, self.stream)
        if not items.stream and self._is_chain(node, items, flags):
            self._chain(node, items, flags)
            return
        self._switch_loop(node, self.as_stream(items), flags)

    def _condition(self, node: Any) -> Code:
        return self.as_value(self.expression(node)) if isinstance(node, s.Expression) else self.value(node)

    def _is_chain(self, node: s.SwitchStatement, value: Code, flags: set[str]) -> bool:
        """Whether at most one clause runs, and nothing leaves it early."""
        if value.kind not in SCALARS or flags - {"casesensitive"}:
            return False
        if node.label and any(isinstance(one, _LEAVES) and one.label is not None for one in node.walk()):
            return False
        labels = [label for label, _ in node.clauses]
        if not all(isinstance(one, (s.StringConstantExpression, s.ConstantExpression)) for one in labels):
            return False
        texts = [str(one.value).lower() for one in labels]
        if len(set(texts)) != len(texts):
            return False
        blocks = [block for _, block in node.clauses] + ([node.default] if node.default is not None else [])
        for block in blocks:
            rest = block.statements[:-1] if _ends_in_break(block) else block.statements
            if any(isinstance(one, _LEAVES) and one.label is None for part in rest for one in _here(part)):
                return False
        return True

    def _chain(self, node: s.SwitchStatement, value: Code, flags: set[str]) -> None:
        if not value.text.isidentifier():
            name = self.unique("value")
            self.write(f"{name} = {value.text}")
            value = Code(name, value.kind)
        tests = []
        for label, _ in node.clauses:
            code = self.expression(label)
            case = "casesensitive" in flags
            if value.kind == code.kind == "int":
                tests.append(f"{value.text} == {code.text}")
            elif value.kind == "str" and code.kind == "str":
                tests.append(self._equality("eq", value, code, case).text)
            else:
                cased = ", True" if case else ""
                tests.append(f"{self.posh('is_case')}({value.text}, {code.text}{cased})")
        self.current.append(value)
        try:
            with self.branches() as arm:
                for number, (_, block) in enumerate(node.clauses):
                    self.write(f"{'elif' if number else 'if'} {tests[number]}:")
                    arm(partial(self.body, _without_break(block)), True)
                if node.default is not None:
                    default = node.default
                    if node.clauses:
                        self.write("else:")
                        arm(lambda: self.body(_without_break(default)), True)
                    else:
                        self.block(default.statements, default.start)
                else:
                    arm(lambda: None, False)
        finally:
            self.current.pop()

    def _switch_loop(self, node: s.SwitchStatement, items: Code, flags: set[str]) -> None:
        name = self.item_name()
        matched = self.unique("matched") if node.default is not None and node.clauses else ""
        self.current.append(Code(name, items.kind))
        self.write(f"for {name} in {items.text}:")

        def write() -> None:
            self.depth += 1
            with self.branch():
                if matched:
                    self.write(f"{matched} = False")
                for label, block in node.clauses:
                    self.write(f"if {self._case(name, items.kind, label, flags)}:")
                    if matched:
                        self.write(f"    {matched} = True")
                    self._clause(block, bool(matched))
                if node.default is not None:
                    if matched:
                        self.write(f"if not {matched}:")
                        self.body(node.default)
                    else:
                        self.block(node.default.statements, node.default.start)
            self.depth -= 1

        depth = self.depth
        try:
            self.looped(Loop("switch", (node.label or "").lower().lstrip(":")), write)
        finally:
            self.depth = depth
            self.current.pop()

    def _clause(self, block: Any, started: bool) -> None:
        length = len(self.lines)
        self.body(block)
        if started and self.lines[length:] and self.lines[length].strip() == "pass":
            del self.lines[length]

    def _case(self, name: str, kind: str, label: Any, flags: set[str]) -> str:
        cased = ", True" if "casesensitive" in flags else ""
        if isinstance(label, s.ScriptBlockExpression):
            only = self.single(label)
            if only is None:
                raise Refused(label, "this clause of the switch has no Python form yet.")
            return self.truth(self.value(only)).text
        code = self.as_value(self.expression(label))
        if "regex" in flags and kind == "str" and isinstance(label, s.StringConstantExpression):
            self.testing = label
            plain = self._pattern("match", Code(name, "str"), code, bool(cased))
            if plain is not None:
                return plain.inner
        text = name if kind == "str" else f"{self.posh('text')}({name})"
        if "regex" in flags:
            return f"{self.posh('match')}({text}, {code.text}{cased})"
        if "wildcard" in flags:
            return f"{self.posh('like')}({text}, {code.text}{cased})"
        return f"{self.posh('is_case')}({name}, {code.text}{cased})"

    # try

    def _TryStatement_statement(self, node: s.TryStatement) -> None:
        closed = self._closed_by(node)
        if closed is not None:
            self.modules.add("pathlib")
            name = self.name(path_of(closed))
            place = self.open_files[path_of(closed)]
            self.write(f'with Path({place}).open("w", encoding="utf-8", newline="") as {name}:')
            self.body(node.body)
            return
        self.whole += 1
        self.in_try += 1
        asked = any(_ASKS.search(self.source_of(one)) for one in node.catch_clauses)
        kept, self.asks_errors = self.asks_errors, self.asks_errors or asked
        try:
            self.write("try:")
            start = len(self.lines)
            self.body(node.body)
            self.asks_errors = kept
            if node.catch_clauses:
                self._catches(node, self._errors_of(self.lines[start:]))
            if node.finally_ is not None:
                self.write("finally:")
                self.body(node.finally_)
        finally:
            self.whole -= 1
            self.in_try -= 1
            self.asks_errors = kept

    def _closed_by(self, node: s.TryStatement) -> s.VariableExpression | None:
        """The file that a finally closes, and that nothing else closes; None where it does anything else."""
        if node.catch_clauses or node.finally_ is None or len(node.finally_.statements) != 1:
            return None
        call = expression_of(node.finally_.statements[0])
        owner = call.expression if isinstance(call, s.InvokeMemberExpression) else None
        if not isinstance(owner, s.VariableExpression) or path_of(owner) not in self.open_files:
            return None
        return owner

    def trapped(self, statement: Any, traps: Sequence[Any]) -> Any:
        """A statement with the traps of its block as what catches its errors."""
        clauses = []
        for trap in sorted(traps, key=lambda one: one.trap_type is None):
            kept = list(trap.body.statements)
            last = kept[-1] if kept else None
            if isinstance(last, s.BreakStatement):
                kept[-1] = s.ThrowStatement(None)
            elif isinstance(last, s.ContinueStatement):
                kept.pop()
            else:
                kept.append(Reported())
            body = s.StatementBlock(kept)
            body.start, body.end, body.line = trap.body.start, trap.body.end, trap.body.line
            for one in body.statements:
                if not one.end:
                    one.start, one.end, one.line = body.end, body.end, body.line
            types = [trap.trap_type] if trap.trap_type is not None else []
            clauses.append(s.CatchClause(types, body))
        inner = s.StatementBlock([statement])
        inner.start, inner.end, inner.line = statement.start, statement.end, statement.line
        made = s.TryStatement(inner, clauses, None)
        made.start, made.end, made.line = statement.start, statement.end, statement.line
        return made

    def going_on(self, statement: Any) -> Any:
        """A statement that can do nothing but fail, with its error reported; any other as it is."""
        if self.in_try or self.whole or self.catching or len(self.frames) > 1 or self.sets_errors:
            return statement
        value, typed = statement, ""
        if isinstance(statement, s.AssignmentStatement):
            left = statement.left
            if isinstance(left, s.ConvertExpression):
                left, typed = left.child, left.type.type_name.full_name
            plain = isinstance(left, s.VariableExpression) and statement.operator == "Equals"
            value = statement.right if plain else None
            if plain and not typed:
                typed = self.known.typed.get((self.scope, path_of(left)), "")
            if self._sets_read_only(left):
                return self._reporting(statement)
        plainly = (s.ConstantExpression, s.StringConstantExpression, s.VariableExpression)
        constants = self.uses.constants_before(statement)
        rounds = [{**constants, **one} for one in self._rounds(statement)] or [constants]
        if value is None or not Literals(rounds[0])(value):
            return statement
        if isinstance(expression_of(value), plainly) and not typed:
            return statement
        if id(value) not in self.uses.failing:
            self.uses.failing[id(value)] = any(self._fails(value, one, typed) for one in rounds)
        return self._reporting(statement) if self.uses.failing[id(value)] else statement

    def _rounds(self, statement: Any) -> list[dict[str, Any]]:
        """What the variable of the loop around a statement holds, if the loop goes through literals."""
        around = self.uses.above(statement)
        while isinstance(around, (s.StatementBlock, s.NamedBlock, s.ScriptBlock)):
            around = self.uses.parents.get(id(around))
        path, source = "", None
        if isinstance(around, s.ForEachStatement):
            path, source = path_of(around.variable), around.condition
        elif isinstance(around, s.ScriptBlockExpression):
            command = self.uses.parents.get(id(around))
            pipeline = self.uses.parents.get(id(command))
            if isinstance(command, s.Command) and isinstance(pipeline, s.Pipeline):
                path, source = "_", pipeline.pipeline_elements[0]
                if self.name_of(command) not in EACH or pipeline.pipeline_elements[1:] != [command]:
                    source = None
        values = expression_of(source) if source is not None else None
        if isinstance(values, s.BinaryExpression) and values.operator == "DotDot":
            ends: list[Any] = [getattr(one, "value", None) for one in (values.left, values.right)]
            if all(type(one) is int and one in range(100) for one in ends):
                step = 1 if ends[0] <= ends[1] else -1
                items = range(ends[0], ends[1] + step, step)
                values = s.ArrayLiteral([s.ConstantExpression(one, str(one)) for one in items])
        if not isinstance(values, s.ArrayLiteral):
            return []
        if path != "_" and any(
            path_of(place) == path for one in around.body.walk() for place in targets_of(one)
        ):
            return []
        plain = all(
            isinstance(one, (s.ConstantExpression, s.StringConstantExpression)) for one in values.elements
        )
        return [{path: s.CommandExpression(one)} for one in values.elements] if plain else []

    def _sets_read_only(self, left: Any) -> bool:
        """Whether an assignment is to a property of a text or number: all of them are read-only.

        Of null there is none, and no element.
        """
        if isinstance(left, s.IndexExpression):
            known = self.read(left.target) if isinstance(left.target, s.VariableExpression) else None
            return known is not None and known.kind == "none"
        if not isinstance(left, s.MemberExpression) or left.static:
            return False
        owner = left.expression
        known = self.read(owner) if isinstance(owner, s.VariableExpression) else None
        return known is not None and known.kind in ("str", "int", "float", "bool", "none")

    def _reporting(self, statement: Any) -> Any:
        """A statement whose error is reported, and the next one runs."""
        body = s.StatementBlock([])
        body.start, body.end, body.line = statement.end, statement.end, statement.line
        return self.trapped(statement, [s.TrapStatement(None, body)])

    def _fails(self, value: Any, constants: Mapping[str, Any], typed: str) -> bool:
        """Whether the Python of a literal raises an error, also as a value of the type of a variable."""
        state = (len(self.lines), set(self.modules), self.uses_posh)
        try:
            item = self.current[-1].text if self.current else ""
            held = {
                item if path == "_" else self.name(path): self.value(literal).text
                for path, literal in constants.items()
            }
            code = self.value(value)
            return fails((self.cast(value, code, typed) if typed else code).text, held)
        except Refused:
            return False
        finally:
            length, self.modules, self.uses_posh = state
            del self.lines[length:]

    def _Reported_statement(self, node: Any) -> None:
        """An error that a trap has seen is reported, and the next statement runs."""
        self.write(f"{self.posh('show_error')}({self.held[-1]})")

    def _errors_of(self, lines: list[str]) -> str:
        """What the lines of a try may raise: the errors of psbridge where all that they do is call it."""
        names = ["print", self.host, "ps", *_RAISING, *self.bound_names()]
        bare = [_TEXTS.sub('""', line) for line in lines]
        calls = [call for line in bare for call in re.findall(r"(posh\.\w+|\w+)[\w.]*\(", line)]
        if calls and all(call in names for call in calls) and not any(" del " in line for line in bare):
            self.modules.add("psbridge")
            return "ps.PSBridgeError"
        return self.posh("ERRORS")

    def _catches(self, node: s.TryStatement, errors: str) -> None:
        name = "error"
        while name in self.held:
            name = self.unique("error")
        record = self.unique("record")
        number = self.counters["record"]
        typed = any(clause.catch_types for clause in node.catch_clauses)
        self.write(f"except {errors} as {name}:")
        place, depth = len(self.lines), self.depth
        kept, kept_used = self.record_name, self.record_used
        self.record_name, self.record_used = record, False
        self.held.append(name)
        self.catching += 1
        self.current.append(Code(name, "error"))
        plain, self.plain_errors = self.plain_errors, errors == "ps.PSBridgeError"
        kept_web, self.web_errors = self.web_errors, self.uses.may_request(node.body)
        used = False
        try:
            if typed:
                used = True
                self.depth += 1
                self._typed_catches(node, record)
                self.depth -= 1
            else:
                self.body(node.catch_clauses[0].body)
            used = used or self.record_used or self.counts_errors
        finally:
            self.current.pop()
            self.held.pop()
            self.catching -= 1
            self.record_name, self.record_used = kept, kept_used
            self.plain_errors = plain
            asked, self.web_errors = self.web_errors and self.known.asks, kept_web
        if used:
            known = "caught_request" if asked else "caught"
            call = f"{self.posh(known)}({name})"
            is_read = any(_names(line, record) for line in self.lines[place:])
            self.lines.insert(place, "    " * (depth + 1) + (f"{record} = {call}" if is_read else call))
            if self.lines[-1].strip() == "pass":
                self.lines.pop()
        elif self.counters["record"] == number:
            self.counters["record"] -= 1  # the name is free for the next one
        if not used and not any(_names(line, name) for line in self.lines[place:]):
            self.lines[place - 1] = "    " * depth + f"except {errors}:"

    def _typed_catches(self, node: s.TryStatement, record: str) -> None:
        number = 0
        general = None
        for clause in node.clauses_in_order:
            if not clause.catch_types:
                general = clause
                continue
            names = [quoted(one.type_name.full_name) for one in clause.catch_types]
            for one in clause.catch_types:
                self.net_type(one, one.type_name.full_name)
            self.write(f"{'elif' if number else 'if'} {self.posh('is_error')}({record}, {', '.join(names)}):")
            self.body(clause.body)
            number += 1
        self.write("else:")
        if general is None:
            self.write("    raise")
        else:
            self.body(general.body)

    record_name = ""
    plain_errors = False
    """Whether the error of the innermost catch is surely one of psbridge's."""
    record_used = False

    def record_of(self, target: Code) -> Code:
        """The error record of the exception that a catch holds."""
        self.record_used = True
        if target.kind == "exception":
            return Code(f"{self.record_name}.Exception")
        return Code(self.record_name, "record")


def _names(line: str, name: str) -> bool:
    return re.search(rf"\b{name}\b", line) is not None


def _ends_in_break(block: Any) -> bool:
    last = block.statements[-1] if block.statements else None
    return isinstance(last, s.BreakStatement) and last.label is None


def _without_break(block: Any) -> Any:
    if not _ends_in_break(block):
        return block
    made = s.StatementBlock(block.statements[:-1], block.traps)
    made.start, made.end, made.line = block.start, block.end, block.line
    return made


def _here(node: Any) -> Any:
    """The nodes of a statement that are not inside a loop or switch of its own."""
    yield node
    for child in node.children():
        inner = (s.ForEachStatement, s.ForStatement, s.WhileStatement, s.DoWhileStatement, s.DoUntilStatement)
        if not isinstance(child, (*inner, s.SwitchStatement, s.ScriptBlockExpression)):
            yield from _here(child)
