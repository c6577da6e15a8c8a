"""Script blocks as Python: lambdas and functions, and the parts of a pipeline that are blocks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from .. import syntax as s
from .code import ATOM, OR, SCALARS, Code, Refused
from .nodes import Loop, is_step, set_by
from .parameters import Parameters
from .shapes import OBJECTS

WORDS = {
    "args": "arguments",
    "input": "pipeline_input",
    "psboundparameters": "bound",
    "pscmdlet": "cmdlet",
    "this": "this",
}
"""What the variables that PowerShell sets for a function are called as its parameters."""


class Blocks(Parameters):
    """Writes script blocks."""

    def statement(self, node: Any) -> None:
        """One statement."""
        raise NotImplementedError

    def block(self, statements: list[Any], after: int, traps: Sequence[Any] = ()) -> None:
        """Statements with the comments before each; an error in one goes to the traps."""
        raise NotImplementedError

    def name_of(self, command: s.Command) -> str:
        """The name of the command in lower case; empty where it is computed."""
        raise NotImplementedError

    def looped(self, loop: Loop, write: Callable[[], None]) -> None:
        """The lines of a loop whose head is the last line."""
        raise NotImplementedError

    def define_first(self, blocks: Iterable[Any]) -> None:
        """The functions that stand in these blocks: they are written before the parts that call them."""
        raise NotImplementedError

    functions: dict[str, s.FunctionDefinition]
    refusals: list[Refused]
    """What stays to be done by hand."""
    sink: tuple[str, ...] = ("print",)
    put_out: set[str] = set()  # noqa: RUF012 - replaced
    """The kinds of what the function with PowerShell's binding puts out that is being written."""
    block_kind = "any"
    """The kind of what the blocks that are written now see as `$_`."""
    captured: dict[str, Code] = {}  # noqa: RUF012 - replaced, never changed

    def item_name(self) -> str:
        """What `$_` is called here: one name for each block inside another."""
        name = "item"
        used = {code.text for code in self.current}
        number = 1
        while name in used or (name in self.taken):
            number += 1
            name = f"item_{number}"
        return name

    def with_sink(self, sink: tuple[str, ...], write: Callable[[], None]) -> None:
        """Write statements whose output goes elsewhere."""
        kept, self.sink = self.sink, sink
        self.whole += 1
        try:
            write()
        finally:
            self.sink = kept
            self.whole -= 1

    def hoisted(self, stem: str, statements: list[Any], after: int, parameters: list[str]) -> str:
        """A generator function before this statement that puts out what these statements do."""
        name = self.unique(stem)

        def body() -> None:
            start = len(self.lines)
            self.block(statements, after)
            self.yielding(start)

        self.with_sink(
            ("yield",),
            lambda: self._apart(lambda: self.define(name, [f"{one}: Any" for one in parameters], body)),
        )
        return name

    def yielding(self, start: int) -> None:
        """Make sure that what was written is a generator function."""
        if not any("yield" in line for line in self.lines[start:]):
            self.write("yield from ()")

    def _apart(self, write: Callable[[], None]) -> None:
        """Write a function: no loop of the text around it is left from inside."""
        kept, self.loops = self.loops, []
        after, self.after = self.after, []
        try:
            write()
        finally:
            self.loops = kept
            self.after = after

    def collected(self, statements: list[Any]) -> Code:
        """What several statements put out, as an iterable."""
        item = [code.text for code in self.current[-1:] if code.text.isidentifier()]
        after = statements[0].start if statements else 0
        name = self.hoisted("values", statements, after, item)
        return Code(f"{name}({', '.join(item)})", stream=True)

    # Blocks in a pipeline

    def single(self, block: s.ScriptBlockExpression) -> Any:
        """The one statement of a block without parameters; None if it is more."""
        inner = block.script_block
        body = inner.end_block
        if inner.param_block or inner.begin_block or inner.process_block or body is None or body.traps:
            return None
        if len(body.statements) != 1 or not isinstance(body.statements[0], (s.Pipeline, s.CommandExpression)):
            return None
        return body.statements[0]

    def each(self, node: s.Command, piped: Code, block: s.ScriptBlockExpression) -> Code:
        """`| ForEach-Object { }`."""
        inner = block.script_block
        if inner.param_block or inner.begin_block or inner.dynamic_param_block or inner.clean_block:
            raise Refused(block, "a block with begin or param in ForEach-Object has no Python form yet.")
        name = self.item_name()
        self.current.append(Code(name, piped.kind))
        try:
            only = self.single(block)
            if only is not None and not self._does_something(only):
                value = self.stream(only)
                if value.kind == "void" or ":=" in value.text:
                    return self._each_for_effect(piped, block, name)
                value = value if value.stream or value.base in SINGLE else self.as_stream(value)
                same = f"{name} for {name} in "
                bare = piped.inner.startswith(same) and " for " not in piped.inner[len(same) :]
                source = piped.inner[len(name) + 1 :] if bare else f"for {name} in {self.lazily(piped, OR)}"
                if not value.stream:
                    return self.generator(f"{value.text} {source}", value.kind)
                if value.text.startswith("[") and value.text.endswith("]") and value.base in SINGLE:
                    return self.generator(f"{value.text[1:-1]} {source}", value.kind)
                return self.generator(f"value {source} for value in {value.within(OR)}", value.kind)
            return self._each_for_effect(piped, block, name)
        finally:
            self.current.pop()

    def _each_for_effect(self, piped: Code, block: s.ScriptBlockExpression, name: str) -> Code:
        """A block of several statements, as a function for each item."""
        body = block.script_block.process_block or block.script_block.end_block
        statements = body.statements if body is not None else []
        function = self.hoisted("each", statements, block.start + 1, [name])
        return self.generator(
            f"value for {name} in {self.lazily(piped, OR)} for value in {function}({name})", "any"
        )

    def generator(self, inner: str, kind: str) -> Code:
        """A generator expression."""
        return Code(f"({inner})", kind, stream=True, inner=inner)

    def _does_something(self, node: Any) -> bool:
        """Whether a statement is more than a value: a step, or a command for what it does."""
        element = node.pipeline_elements[0] if isinstance(node, s.Pipeline) else node
        expression = getattr(element, "expression", None)
        if is_step(expression):
            return True
        if isinstance(expression, s.ConvertExpression):
            return expression.type.type_name.full_name.lower() in ("void", "system.void")
        return False

    def where(self, piped: Code, block: s.ScriptBlockExpression) -> Code:
        """`| Where-Object { }`."""
        name = self.item_name()
        self.current.append(Code(name, piped.kind))
        try:
            only = self.single(block)
            if only is not None:
                test = self.truth(self.value(only))
            else:
                body = block.script_block.end_block
                if body is None or block.script_block.param_block:
                    raise Refused(block, "this block of Where-Object has no Python form yet.")
                function = self.hoisted("tests", body.statements, block.start + 1, [name])
                test = self.truth(Code(f"{self.posh('unpacked')}({function}({name}))"))
        finally:
            self.current.pop()
        source = self.lazily(piped, OR)
        return self.generator(f"{name} for {name} in {source} if {test.within(OR)}", piped.kind)

    def phases(self, piped: Code, begin: Any, process: list[Any], end: Any) -> Code:
        """`| ForEach-Object -Begin { } -Process { } -End { }`: one function over what comes."""
        name, function = self.item_name(), self.unique("each")

        def rounds() -> None:
            self.depth += 1
            length = len(self.lines)
            for block in process:
                self.block(self.statements_of(block), block.start + 1)
            if len(self.lines) == length:
                self.write("continue")
            self.depth -= 1

        def body() -> None:
            start = len(self.lines)
            if begin is not None:
                self.block(self.statements_of(begin), begin.start + 1)
            self.write(f"for {name} in items:")
            self.current.append(Code(name, piped.kind))
            self.looped(Loop("each"), rounds)
            self.current.pop()
            if end is not None:
                self.block(self.statements_of(end), end.start + 1)
            self.yielding(start)

        for block in (begin, *(process if len(process) > 1 else ()), end):
            if block is not None and any(isinstance(one, s.ReturnStatement) for one in block.walk()):
                raise Refused(block, "a return in one of several blocks has no Python form yet.")
        self.with_sink(("yield",), lambda: self._apart(lambda: self.define(function, ["items: Any"], body)))
        return Code(f"{function}({piped.text})", stream=True)

    def statements_of(self, block: Any) -> list[Any]:
        """The statements of a block without parameters."""
        inner = block.script_block if isinstance(block, s.ScriptBlockExpression) else None
        if inner is None or inner.param_block or inner.begin_block or inner.process_block:
            raise Refused(block, "this block has no Python form here yet.")
        return list(inner.end_block.statements) if inner.end_block is not None else []

    def reference(self, node: s.VariableExpression) -> Code:
        """`[ref]$variable`."""
        variable = self.name(node.variable_path)
        setter = self.unique(f"set_{variable}")
        given = "new" if variable == "value" else "value"

        def body() -> None:
            name = self.target(node, "any")
            self.write(f"{name} = {given}")

        self._apart(lambda: self.define(setter, [f"{given}: Any"], body, returns="None"))
        name = self.target(node, "any")
        return Code(f"{self.posh('NetRef')}(lambda: {name}, {setter})")

    # Blocks as values

    def _ScriptBlockExpression(self, node: s.ScriptBlockExpression) -> Code:
        if self.starts_job:
            self._reaches_nothing(node)
        with self.meanwhile(job=self.scope if self.starts_job else self.job, starts_job=False):
            simple = self._as_lambda(node)
            return simple if simple is not None else self.block_value(node, {})

    def _UsingExpression(self, node: s.UsingExpression) -> Code:
        with self.meanwhile(by_using=True):
            return self.expression(node.sub_expression)

    same_item = False
    """Whether a block that is written now runs here at once: its `$_` is the one that is here."""

    starts_job = False
    """Whether a block that is an argument now runs apart from the script."""

    def is_job(self, node: s.Command, name: str) -> bool:
        """Whether the blocks that a command is given see no variables but those that `$using:` names."""
        named = (one for one in node.command_elements if isinstance(one, s.CommandParameter))
        return name in ("Start-Job", "Start-ThreadJob") or (
            name == "ForEach-Object"
            and any("parallel".startswith(one.parameter_name.lower()) for one in named)
        )

    def _reaches_nothing(self, block: s.ScriptBlockExpression) -> None:
        """Refuse a job that calls a function of the script's: it does not have it."""
        for one in block.walk():
            if isinstance(one, s.Command) and (name := self.name_of(one)) in self.functions:
                own = self.functions[name]
                if not block.start <= own.start < block.end:
                    raise Refused(one, f"the function {own.name} is not known inside a job.")

    def block_value(self, node: s.ScriptBlockExpression, captured: dict[str, Code]) -> Code:
        """A block as functions before this statement, with the variables that it keeps as they are now."""
        inner = node.script_block
        parameters = list(inner.param_block.parameters) if inner.param_block is not None else []
        stem = self.unique("block")
        kept, self.captured = self.captured, captured
        in_scope, self.in_scope = self.in_scope, False
        try:
            if in_scope and not parameters and not (inner.begin_block or inner.process_block):
                block = inner.end_block or s.NamedBlock("End", [])
                self._part(stem, block, [], node.start + 1, self.scope, shares=True)
                parts = {"end": stem}
            else:
                parts = self.parts(stem, inner, parameters, node.start + 1)
        finally:
            self.captured, self.in_scope = kept, in_scope
        declared = [self.parameter(one) for one in parameters]
        if list(parts) == ["end"]:
            return Code(f"{self.posh('block')}({', '.join([parts['end'], *declared])})", "block")
        options = [f"{role}={name}" for role, name in parts.items()]
        if declared:
            options.append(f"parameters=[{', '.join(declared)}]")
        return Code(f"{self.posh('command_block')}({', '.join(options)})", "block")

    def _as_lambda(self, node: s.ScriptBlockExpression) -> Code | None:
        only = self.single(node)
        if only is None or self._does_something(only):
            return None
        if any(set_by(one) is not None for one in only.walk()):
            return None
        kept, length, after = self.words, len(self.lines), self.after
        reported = len(self.refusals)
        self.words = {}
        self.after = []
        name = "" if self.same_item else self.item_name()
        in_block = [*self.current, *([Code(name, self.block_kind)] if name else [])]
        try:
            with self.meanwhile(current=in_block, same_item=False):
                code = self.stream(only)
            if code.stream:
                code = self.listed(code)
            if self.after or len(self.lines) != length:
                raise Refused(node, "this block")
        except Refused:
            del self.lines[length:], self.refusals[reported:]
            return None
        finally:
            self.words, self.after = kept, after
        if not name or not has_word(code.text, name):
            return Code(f"{self.posh('block')}(lambda: {code.text})", "block")
        return Code(
            f"{self.posh('block')}(lambda {name}: {code.text})".replace(f"lambda {name}:", "lambda item:")
            if name == "item"
            else f"{self.posh('block')}(lambda item: (lambda {name}: {code.text})(item))",
            "block",
        )

    def parts(
        self,
        stem: str,
        inner: s.ScriptBlock,
        parameters: list[Any],
        after: int,
        key: str | None = None,
        *,
        filter_: bool = False,
    ) -> dict[str, str]:
        """The Python functions of a block's begin, process and end, by role; of several, the one around."""
        if inner.dynamic_param_block or inner.clean_block:
            raise Refused(inner, "a block with dynamicparam or clean has no Python form yet.")
        blocks = {"begin": inner.begin_block, "process": inner.process_block, "end": inner.end_block}
        if filter_:
            blocks = {"process": inner.end_block}
        present = {
            role: block
            for role, block in blocks.items()
            if block is not None and (block.statements or role == "process")
        }
        present = present or {"end": s.NamedBlock("End", [])}
        key = key or f"{self.scope}/{stem}"
        for one in parameters:
            self._widen((key, one.name.variable_path.lower()), self.kind_of(one))
        self.learn_types(key, parameters)
        for path, code in self.captured.items():
            self._widen((key, path), code.kind)
        if self.captured and len(present) > 1:
            raise Refused(inner, "a closure with begin, process and end has no Python form yet.")
        if len(present) == 1:
            ((role, block),) = present.items()
            self._part(stem, block, parameters, after, key, top=self.depth == 0)
            return {role: stem}
        self._several(stem, present, parameters, key)
        return {"parts": stem}

    def _several(self, stem: str, blocks: dict[str, Any], parameters: list[Any], key: str) -> None:
        """begin, process and end as functions in one that holds the variables they share."""
        paths = [one.name.variable_path.lower() for one in parameters]
        for block in blocks.values():
            for node in block.walk():
                left = node.left if isinstance(node, s.AssignmentStatement) else None
                if isinstance(left, s.VariableExpression) and left.variable_path.lower() in paths:
                    raise Refused(
                        node, "a parameter that is set in one of several blocks has no Python form yet."
                    )

        def body() -> None:
            self.define_first(blocks.values())
            for role, block in blocks.items():
                self._part(role, block, parameters, block.start, key, shares=True)
                if role == "begin" and not any(isinstance(one, s.ReturnStatement) for one in block.walk()):
                    self.definite |= {one for one in self.ended if one[0] == key}
                self.write("")
            self.write("return {" + ", ".join(f'"{role}": {role}' for role in blocks) + "}")

        self.with_sink(
            ("yield",),
            lambda: self._apart(
                lambda: self.define(stem, [], body, key=key, top=self.depth == 0, returns="dict[str, Any]")
            ),
        )

    def _part(
        self,
        name: str,
        block: Any,
        parameters: list[Any],
        after: int,
        key: str,
        *,
        top: bool = False,
        shares: bool = False,
    ) -> None:
        """One part of a block; its parameters are those of the script's that it uses."""
        captured, self.captured = self.captured, {}
        paths = [*(one.name.variable_path.lower() for one in parameters), *captured]
        kept_words, kept_current = self.words, self.current
        self.words = dict(WORDS)
        item = "" if self.same_item else "item" if "item" not in self.taken else "current_item"
        if item:
            self.current = [Code(item)]
        used: set[str] = set()
        place = len(self.lines)

        def body() -> None:
            start = len(self.lines)
            first = block.statements[0].start if block.statements else block.start
            self.block(block.statements, min(after, first), block.traps)
            self.yielding(start)
            used.update(self.frame.words)
            self.put_out |= self.frame.yields
            if item and has_word("\n".join(self.lines[start:]), item):
                used.add(item)

        try:
            with self.meanwhile(same_item=False):
                self.with_sink(
                    ("yield",),
                    lambda: self._apart(
                        lambda: self.define(
                            name, ["\1"], body, key=None if shares else key, own=paths, top=top
                        )
                    ),
                )
        finally:
            self.words, self.current = kept_words, kept_current
        header = next(number for number in range(place, len(self.lines)) if "\1" in self.lines[number])
        text = "\n".join(self.lines[header + 1 :])
        chosen = [
            f"{self.name(one.name.variable_path)}: {self.annotation(self.kind_of(one))}"
            for one in parameters
            if has_word(text, self.name(one.name.variable_path))
        ]
        chosen += [f"{one}: Any" for one in (item, *WORDS.values()) if one in used]
        chosen += [
            f"{self.name(path)}: {self.annotation(code.kind)} = {code.text}"
            for path, code in captured.items()
            if has_word(text, self.name(path))
        ]
        if any("Any" in one for one in chosen):
            self.modules.add("typing")
        self.lines[header] = self.lines[header].replace("\1", ", ".join(chosen))


SINGLE = (*SCALARS, *OBJECTS, "str?", "int?", "switch", "dict", "body")


def has_word(text: str, name: str) -> bool:
    """Whether a Python text has this name."""
    return re.search(rf"(?<![\w.\"]){re.escape(name)}(?![\w\"])", text) is not None


__all__ = ["ATOM", "Blocks"]
