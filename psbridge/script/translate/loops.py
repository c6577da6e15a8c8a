"""Loops as Python, and what leaves them: break, continue, labels, and a return inside ForEach-Object."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from .. import syntax as s
from .code import Code, Refused, quoted
from .nodes import Loop, expression_of, path_of, set_by, word_of
from .refusals import Refusals
from .shapes import OBJECTS

_APPEND = re.compile(r"^ +([a-z_]\w*)\.append\((.*)\)$")

_KEYS = re.compile(r"\[\*([a-z_]\w*)\]")
_READING = frozenset(
    "tostring contains containskey tolower toupper trim padleft padright substring replace split "
    "startswith endswith indexof gettype join format isnullorempty round".split()
)
"""Methods that change nothing, on whatever they are called."""


class Loops(Refusals):
    """Writes loops."""

    def body(self, block: Any, before: Any = None) -> None:
        """An indented block, which may not run."""
        raise NotImplementedError

    def looped(self, loop: Loop, write: Callable[[], None]) -> None:
        """The lines of a loop whose head is the last line, and those that its ways out need around it."""
        loop.start = len(self.lines) - 1
        kept, self.loops = self.loops, [*self.loops, loop]
        try:
            write()
        finally:
            self.loops = kept
        indent = "    " * self.depth
        if "continue" in loop.flags:
            self.lines.insert(loop.start + 1, f"{indent}    {loop.flags['continue']} = False")
        if "break" in loop.flags:
            self.lines.insert(loop.start, f"{indent}{loop.flags['break']} = False")
        for flag, (way, target) in loop.leaving.items():
            self.write(f"if {flag}:")
            self.depth += 1
            if not self.loops or self.loops[-1] is not target:
                self.write("break")
            else:
                self._end_round(target, way)
            self.depth -= 1

    def _end_round(self, loop: Loop, way: str) -> None:
        if way == "continue" and loop.step is not None:
            loop.step()
        self.write(way)

    def leave_loop(self, target: Loop, way: str) -> None:
        """`break` or `continue` of a loop, from wherever inside it this is."""
        if self.loops[-1] is target:
            self._end_round(target, way)
            return
        if way not in target.flags:
            target.flags[way] = self.unique(
                f"{'leave' if way == 'break' else 'next'}_{target.label or 'loop'}"
            )
        flag = target.flags[way]
        for loop in self.loops[self.loops.index(target) + 1 :]:
            loop.leaving[flag] = (way, target)
        self.write(f"{flag} = True")
        self.write("break")

    def _BreakStatement_statement(self, node: s.BreakStatement) -> None:
        self._leave(node, "break")

    def _ContinueStatement_statement(self, node: s.ContinueStatement) -> None:
        self._leave(node, "continue")

    def _leave(self, node: Any, way: str) -> None:
        wanted = str(getattr(node.label, "value", "\0")).lower() if node.label is not None else ""
        for loop in reversed(self.loops):
            if loop.kind != "each" and (not wanted or loop.label == wanted):
                self.leave_loop(loop, way)
                return
        if len(self.frames) > 1:
            raise Refused(node, f"{way} does not leave a loop of this function.")
        self.modules.add("sys")
        self.write("sys.exit()")

    # Loops over values

    def each_loop(self, elements: list[Any], last: s.Command) -> bool:
        """`... | ForEach-Object { }` as a for loop; False where a function is needed."""
        block = last.command_elements[1] if len(last.command_elements) == 2 else None
        if not isinstance(block, s.ScriptBlockExpression) or last.redirections:
            return False
        inner = block.script_block
        if inner.end_block is None or inner.param_block or inner.begin_block or inner.process_block:
            return False
        if inner.end_block.traps or self.sink[0] == "method":
            return False
        source = s.Pipeline(elements[:-1])
        source.start, source.end, source.line = elements[0].start, elements[-2].end, elements[0].line
        piped = self.as_stream(self.head(source, self.stream))
        name = self.item_name()
        self.current.append(Code(name, piped.kind))
        leaves = (s.ReturnStatement, s.BreakStatement, s.ContinueStatement)
        if (
            piped.text.startswith("[ps.")
            and piped.kind in OBJECTS
            and not any(isinstance(one, leaves) for one in inner.walk())
        ):
            name = self.unique("result")
            self.current[-1] = Code(name, piped.kind)
            self.write(f"{name} = {piped.text[1:-1]}")
            self.block(inner.end_block.statements, inner.start + 1)
            self.current.pop()
            return True
        self.write(f"for {name} in {self.lazily(self._as_it_is(piped, block))}:")
        try:
            self.looped(Loop("each"), lambda: self.body(inner.end_block))
        finally:
            self.current.pop()
        return True

    def _ForEachStatement_statement(self, node: s.ForEachStatement) -> None:
        if node.flags != "None":
            raise Refused(node, "foreach -Parallel has no Python form yet.")
        if self._entries(node):
            return
        items = self._changed_part(node) or self.head(node.condition, self.stream)
        if items.kind.startswith("many:") and not items.stream:
            items = items.or_nothing
        elif items.stream or items.is_list or items.kind.startswith("List:"):
            items = self.as_stream(items)
        else:
            items = Code(f"{self.posh('loop_items')}({items.path})", items.item, stream=True)
        name = self.target(node.variable, items.kind)
        items = self._as_it_is(items, node.body)
        changed = self._changed_while(node, items.text)
        self.write(f"for {name} in {f'list({items.text})' if changed else items.text}:")
        place = len(self.lines)
        self.looped(_loop(node), lambda: self.body(node.body))
        self._extended(place, name, node)

    def _entries(self, node: s.ForEachStatement) -> bool:
        """`foreach ($entry in $table.GetEnumerator())` by keys and values; False where it asks for more."""
        call = expression_of(node.condition)
        if not isinstance(call, s.InvokeMemberExpression) or call.static or call.arguments:
            return False
        if word_of(call.member) != "getenumerator":
            return False
        path = path_of(node.variable)
        for place in self.uses.places[path]:
            around: Any = self.uses.parents.get(id(place))
            plain = type(around) is s.MemberExpression and around.expression is place
            if place is not node.variable and not (
                plain and word_of(around.member) in ("key", "name", "value")
            ):
                return False
        table = self.as_value(self.expression(call.expression))
        if table.base not in ("hashtable", "table"):
            return False
        key, value = self.unique("key"), self.unique("value")
        kept, self.entries = self.entries, {**self.entries, path: (key, value)}
        self.entry_names.add(key)
        self.write(f"for {key}, {value} in {table.within(0)}.items():")
        try:
            self.looped(_loop(node), lambda: self.body(node.body))
        finally:
            self.entries = kept
        return True

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

    def _changed_part(self, node: s.ForEachStatement) -> Code | None:
        """The keys or values of a table that the loop changes: going on after that is an error."""
        part = expression_of(node.condition)
        if type(part) is not s.MemberExpression or not isinstance(part.expression, s.VariableExpression):
            return None
        name, path = word_of(part.member), path_of(part.expression)
        if name not in ("keys", "values") or not any(_changes(one, path) for one in node.body.walk()):
            return None
        table = self.as_value(self.expression(part.expression))
        if table.base not in ("hashtable", "table"):
            return None
        return Code(f"{self.posh('watched_part')}({table.text}, {quoted(name.title())})", "any", stream=True)

    def _as_it_is(self, items: Code, body: Any) -> Code:
        """The keys of a table that nothing in a loop can change: the table itself gives them."""
        found = _KEYS.fullmatch(items.text)
        if found is None or self.sink[0] == "yield" or any(map(self._may_change, body.walk())):
            return items  # who gets what is yielded may change the table meanwhile
        return Code(found.group(1), items.kind, stream=True)

    def _may_change(self, node: Any) -> bool:
        """Whether a part of a loop may set an entry of some table, or run what may."""
        place = set_by(node)
        if place is not None:
            return not isinstance(place, s.VariableExpression)
        if isinstance(node, s.Command):
            name = self.name_of(node)
            return not name.startswith(("write-", "out-", "format-")) or name in self.functions
        return isinstance(node, s.InvokeMemberExpression) and word_of(node.member) not in _READING

    def _changed_while(self, node: s.ForEachStatement, text: str) -> bool:
        """Whether the loop changes the list that it goes through."""
        return text.isidentifier() and any(
            isinstance(one, s.AssignmentStatement) and self.source_of(one.left).lower() == f"${text}"
            for one in node.body.walk()
        )

    # Loops on a condition

    def _WhileStatement_statement(self, node: s.WhileStatement) -> None:
        test = self.truth(self.head(node.condition, self.value))
        self.write(f"while {test.text}:")
        self.looped(_loop(node), lambda: self.body(node.body))

    def _DoWhileStatement_statement(self, node: Any) -> None:
        self._do(node, "not ")

    def _DoUntilStatement_statement(self, node: Any) -> None:
        self._do(node, "")

    def _do(self, node: Any, sign: str) -> None:
        """A loop whose test comes last: a `continue` goes to the test."""
        self.write("while True:")

        def test() -> None:
            test = self.truth(self.head(node.condition, self.value))
            self.write(f"if {sign}{test.within(5)}:")
            self.write("    break")

        def write() -> None:
            self.depth += 1
            self.block(node.body.statements, node.body.start)
            test()
            self.depth -= 1

        loop = _loop(node)
        loop.step = test
        self.looped(loop, write)

    def _ForStatement_statement(self, node: s.ForStatement) -> None:
        if node.initializer is not None:
            self.statement_in(node.initializer)
        test = "True" if node.condition is None else self.truth(self.head(node.condition, self.value)).text
        self.write(f"while {test}:")
        loop = _loop(node)

        def step() -> None:
            self.statement_in(node.iterator)

        def write() -> None:
            self.body(node.body)
            if node.iterator is not None:
                if self.lines[-1].strip() == "pass":
                    self.lines.pop()
                self.depth += 1
                step()
                self.depth -= 1

        loop.step = step if node.iterator is not None else None
        self.looped(loop, write)


def _loop(node: Any) -> Loop:
    return Loop("loop", (node.label or "").lower().lstrip(":"))


def _changes(node: Any, path: str) -> bool:
    """Whether a node sets an entry of this variable's table, or takes one out or puts one in."""
    place = set_by(node)
    if type(node) is s.InvokeMemberExpression and word_of(node.member) in ("add", "remove", "clear"):
        place = node
    holder = place.target if isinstance(place, s.IndexExpression) else getattr(place, "expression", None)
    return isinstance(holder, s.VariableExpression) and path_of(holder) == path


__all__ = ["Loop", "Loops"]
