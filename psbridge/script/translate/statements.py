"""Statements as Python, and the module around them.

A statement that is refused stays visible as `raise NotPorted`.
"""

from __future__ import annotations

import re
from typing import Any

from .. import syntax as s
from .code import Code, Refused, join_kinds, python_name, quoted
from .commands import Commands
from .expressions import nullable

KINDS = {"string": "str", "int": "int", "int32": "int", "switch": "bool", "bool": "bool", "double": "float"}
_SIGNS = {
    "PlusEquals": "Plus",
    "MinusEquals": "Minus",
    "MultiplyEquals": "Multiply",
    "DivideEquals": "Divide",
}
_DOERS = (
    "sort",
    "reverse",
    "clear",
    "copy",
    "write",
    "append",
    "set",
    "delete",
    "move",
    "exit",
    "resize",
    "fill",
)
"""How the names of static methods begin that do something and give nothing."""
_SETTINGS = {"psstyle.outputrendering", "erroractionpreference", "progresspreference"}


class Statements(Commands):
    """Writes a whole script; `refusals` are the lines that stay to be done by hand."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.refusals: list[Refused] = []
        self.lines: list[str] = []
        self.depth = 0
        self.whole = 0
        self.headers: set[str] = set()
        self.returned: list[str] = []

    def source_of(self, node: Any) -> str:
        return self.text[node.start : node.end]

    def write(self, line: str) -> None:
        """A line at the present depth."""
        self.lines.append("    " * self.depth + line if line else "")

    def set_kind(self, name: str, kind: str) -> None:
        """What a variable is known to hold, over all places that set it."""
        key = (self.scope, name.lower())
        self.kinds[key] = join_kinds(self.kinds[key], kind) if key in self.kinds else kind

    def block(self, statements: list[Any], after: int) -> None:
        """Statements with the comments before each."""
        written = len(self.lines)
        for statement in statements:
            self._comments(after, statement.start)
            self.statement(statement)
            after = statement.end
        plain = [line for line in self.lines[written:] if line and not line.lstrip().startswith("#")]
        if self.depth and not plain:
            self.write("pass")

    def _comments(self, start: int, end: int) -> None:
        for line in self.text[start:end].splitlines():
            comment = re.match(r"\s*#(?!>)\s?(.*)", line)
            if comment:
                self.write(f"# {comment.group(1)}".rstrip())

    def statement(self, node: Any) -> None:
        """One statement, or the visible line that says why not."""
        length, depth, kinds = len(self.lines), self.depth, dict(self.kinds)
        helpers = {key: set(value) for key, value in self.helpers.items()}
        modules = set(self.modules)
        try:
            method = getattr(self, f"_{type(node).__name__}_statement", None)
            if method is None:
                raise Refused(node, f"{type(node).__name__} has no Python form yet.")
            method(node)
        except Refused as refusal:
            if self.whole:
                raise
            del self.lines[length:]
            self.depth, self.helpers, self.modules = depth, helpers, modules
            self.kinds = kinds | {key: "any" for key in self.kinds if key not in kinds}
            self.refusals.append(refusal)
            self.helper("porting", "NotPorted")
            self.write(f"raise NotPorted({quoted(f'line {node.line}: {refusal.reason}')})")

    def _Pipeline_statement(self, node: s.Pipeline) -> None:
        first = node.pipeline_elements[0]
        last = node.pipeline_elements[-1]
        name = self.name_of(last) if isinstance(last, s.Command) else ""
        if name == "out-null":
            self.write(self.pipeline(s.Pipeline(node.pipeline_elements[:-1])).text)
        elif name in ("foreach-object", "foreach", "%") and len(node.pipeline_elements) > 1:
            self._each(node, last)
        elif len(node.pipeline_elements) == 1 and isinstance(first, s.Command):
            self._command(node, first, name)
        elif len(node.pipeline_elements) == 1 and is_step(first):
            self._step(first.expression)
        elif isinstance(first, s.CommandExpression) and _may_be_void(first.expression, self):
            raise Refused(
                node,
                "whether this method puts something out is known only when it runs.",
                "[void] or $null = says so",
            )
        else:
            self.output(self.pipeline(node))

    def _command(self, node: s.Pipeline, command: s.Command, name: str) -> None:
        if name == "import-module":
            return
        if name == "write-host":
            named, values = self.arguments(command)
            if set(named) - {"nonewline", "foregroundcolor", "backgroundcolor"} or len(values) > 1:
                raise Refused(node, "these parameters of Write-Host have no Python form yet.")
            value = self.expression(values[0]) if values else Code('""', "str")
            text = value.text if value.kind in ("str", "int", "bool") else self.as_text(value)
            self.write(f'print({text}, end="")' if "nonewline" in named else f"print({text})")
            return
        self.output(self.pipeline(node))

    def _each(self, node: s.Pipeline, last: s.Command) -> None:
        block = last.command_elements[1] if len(last.command_elements) == 2 else None
        if not isinstance(block, s.ScriptBlockExpression):
            raise Refused(node, "this form of ForEach-Object has no Python form yet.")
        inner = block.script_block
        if inner.end_block is None or inner.param_block or inner.begin_block or inner.process_block:
            raise Refused(block, "a block with begin, process or param has no Python form yet.")
        piped = self.pipeline(s.Pipeline(node.pipeline_elements[:-1]))
        if not piped.is_list:
            raise Refused(node, "what comes down this pipeline is known only when it runs.")
        kept, self.current = self.current, Code("item", piped.item)
        self.write(f"for item in {piped.text}:")
        try:
            self._indented(inner.end_block)
        finally:
            self.current = kept

    def _indented(self, block: Any) -> None:
        self.depth += 1
        self.block(block.statements, block.start)
        self.depth -= 1

    def output(self, value: Code) -> None:
        """What a statement puts out, on standard output."""
        if self.scope and value.kind != "none":
            raise Refused(s.Node(), "what a function puts out before its end has no Python form yet.")
        value = nullable(value)
        if value.kind == "none":
            if value.text != "None":
                self.write(value.text)
            return
        if value.kind in ("str", "int", "bool"):
            self.write(f"print({value.text})")
        elif value.item in ("str", "int", "bool"):
            self.write(f"for item in {value.text}:")
            self.write("    print(item)")
        elif value.kind in ("error", "exception", "body"):
            raise Refused(s.Node(), "how this value is shown has no Python form yet.")
        else:
            self.write(f"{self.helper('porting', 'show')}({value.text})")

    def _step(self, node: s.UnaryExpression) -> None:
        value = self.expression(node.child)
        if value.kind not in ("int", "float") or not isinstance(node.child, s.VariableExpression):
            raise Refused(node, "++ on what may not be a number has no Python form yet.")
        self._local(node.child)
        self.write(f"{value.text} {'+' if 'Plus' in node.token_kind else '-'}= 1")

    def _local(self, node: s.VariableExpression) -> None:
        if self.scope and (self.scope, node.variable_path.lower()) not in self.kinds:
            raise Refused(node, "a function changes a copy of the script's variable here.")

    def _AssignmentStatement_statement(self, node: s.AssignmentStatement) -> None:
        if self.source_of(node.left).lstrip("$").lower() in _SETTINGS:
            return
        left = node.left
        declared = ""
        if isinstance(left, s.ConvertExpression):
            declared = KINDS.get(left.type.type_name.full_name.lower(), "?")
            left = left.child
        if (
            isinstance(left, (s.IndexExpression, s.MemberExpression))
            and node.operator == "Equals"
            and not declared
        ):
            self._set_part(left, self._assigned(node.right))
            return
        if not isinstance(left, s.VariableExpression) or ":" in left.variable_path:
            raise Refused(node, "an assignment to this has no Python form yet.")
        name = python_name(left.variable_path)
        if left.variable_path.lower() in self.headers:
            return
        if left.variable_path.lower() == "null":
            self.write(self.pipeline(node.right).text)
            return
        if node.operator == "Equals":
            value = self._assigned(node.right)
            if declared and declared != value.kind:
                raise Refused(node, "the conversion of this variable has no Python form yet.")
            self.set_kind(left.variable_path, value.kind)
            self.write(f"{name} = {value.text}")
            return
        if node.operator not in _SIGNS:
            raise Refused(node, f"the operator {node.operator} has no Python form yet.")
        self._local(left)
        right = self.pipeline(node.right)
        value = self._changed(left, right, _SIGNS[node.operator])
        self.set_kind(left.variable_path, value.kind)
        old = f"{name} = {name} "
        whole = f"{name} = {value.text}"
        sign = value.text[len(name) + 1 : len(name) + 2]
        simple = whole.startswith(old) and sign in "+-*"
        self.write(f"{name} {sign}= {value.text[len(name) + 3 :]}" if simple else whole)

    def _set_part(self, left: s.IndexExpression | s.MemberExpression, value: Code) -> None:
        if isinstance(left, s.IndexExpression):
            target, place = self.expression(left.target), self.expression(left.index).text
            helper = self.helper("members", "set_index")
        else:
            if left.static or not isinstance(left.member, s.StringConstantExpression):
                raise Refused(left, "an assignment to this member has no Python form yet.")
            target, place = self.expression(left.expression), quoted(left.member.value)
            helper = self.helper("members", "set_member")
        if target.kind in ("dict", "body", "reply", "list:int", "error", "exception"):
            raise Refused(left, "an assignment to a part of this has no Python form yet.")
        self.write(f"{helper}({target.text}, {place}, {value.text})")

    def _changed(self, left: s.VariableExpression, right: Code, operator: str) -> Code:
        before = self.expression(left)
        if before.is_list and operator == "Plus" and right.kind in ("str", "int", "float", "bool"):
            right = Code(f"[{right.text}]", f"list:{right.kind}")
        if operator == "Divide":
            return Code(f"{self.helper('arithmetic', 'divide')}({before.text}, {right.text})")
        return self._arithmetic(operator, before, right)

    def _assigned(self, right: Any) -> Code:
        if isinstance(right, s.Pipeline) and len(right.pipeline_elements) > 1:
            last = right.pipeline_elements[-1]
            if isinstance(last, s.Command) and self.name_of(last) == "convertto-json":
                self.plain_tables = True
                try:
                    return self.pipeline(right)
                finally:
                    self.plain_tables = False
        if isinstance(right, s.CommandExpression):
            return self.expression(right.expression)
        return self.pipeline(right)

    def _IfStatement_statement(self, node: s.IfStatement) -> None:
        for number, (condition, body) in enumerate(node.clauses):
            test = self.truth(self.pipeline(condition))
            self.write(f"{'elif' if number else 'if'} {test.text}:")
            self._indented(body)
        if node.else_clause is not None:
            self.write("else:")
            self._indented(node.else_clause)

    def _ForEachStatement_statement(self, node: s.ForEachStatement) -> None:
        items = self.pipeline(node.condition)
        if not items.is_list:
            items = Code(f"{self.helper('members', 'loop_items')}({items.text})", "list:any")
        self.set_kind(node.variable.variable_path, items.item)
        self.write(f"for {python_name(node.variable.variable_path)} in {items.text}:")
        self._indented(node.body)

    def _WhileStatement_statement(self, node: s.WhileStatement) -> None:
        self.write(f"while {self.truth(self.pipeline(node.condition)).text}:")
        self._indented(node.body)

    def _ForStatement_statement(self, node: s.ForStatement) -> None:
        if any(isinstance(inner, s.ContinueStatement) for inner in node.body.walk()):
            raise Refused(
                node, "a for loop with continue has no Python form yet.", "write it as a while loop"
            )
        if node.initializer is None or node.condition is None or node.iterator is None:
            raise Refused(node, "a for loop without all of its parts has no Python form yet.")
        self.statement(node.initializer)
        self.write(f"while {self.truth(self.pipeline(node.condition)).text}:")
        self._indented(node.body)
        self.depth += 1
        self.statement(node.iterator)
        self.depth -= 1

    def _BreakStatement_statement(self, node: s.BreakStatement) -> None:
        self._leave(node, "break")

    def _ContinueStatement_statement(self, node: s.ContinueStatement) -> None:
        self._leave(node, "continue")

    def _leave(self, node: Any, word: str) -> None:
        if node.label is not None or self.current is not None or not self.depth:
            raise Refused(node, f"{word} does not leave a loop of Python's here.")
        self.write(word)

    def _ExitStatement_statement(self, node: s.ExitStatement) -> None:
        code = self.pipeline(node.pipeline).text if node.pipeline is not None else "0"
        self.modules.add("sys")
        self.write(f"sys.exit({code})")

    def _TryStatement_statement(self, node: s.TryStatement) -> None:
        if any(clause.catch_types for clause in node.catch_clauses):
            raise Refused(node, "a catch of a named .NET type has no Python form yet.")
        self.whole += 1
        try:
            self.write("try:")
            self._indented(node.body)
            kept = self.current
            for clause in node.catch_clauses:
                self.current = Code("error", "error")
                self.write(
                    "except Exception as error:" if "$_" in self.source_of(clause) else "except Exception:"
                )
                self._indented(clause.body)
            self.current = kept
            if node.finally_ is not None:
                self.write("finally:")
                self._indented(node.finally_)
        finally:
            self.whole -= 1

    def parameters(self, block: s.ParamBlock) -> None:
        """The script's parameters: what is mandatory by position, the rest as options."""
        self.modules.add("argparse")
        self.write("parser = argparse.ArgumentParser()")
        names = []
        for parameter in block.parameters:
            types = [
                item.type_name.full_name.lower()
                for item in parameter.attributes
                if isinstance(item, s.TypeConstraint)
            ]
            kind = KINDS.get(types[0], "") if types else "str"
            name = parameter.name.variable_path
            if not kind:
                raise Refused(parameter, f"the type of -{name} has no Python form yet.")
            words, plain = python_name(name).rstrip("_"), python_name(name)
            option = f'"--{words.replace("_", "-")}"'
            if kind == "bool":
                self.write(f'parser.add_argument({option}, dest="{plain}", action="store_true")')
            elif re.search(r"\bMandatory\b", self.source_of(parameter), re.IGNORECASE):
                self.write(f'parser.add_argument("{plain}", type={kind})')
            else:
                empty = {"str": '""', "int": "0", "float": "0.0"}[kind]
                value = (
                    self.expression(parameter.default_value) if parameter.default_value is not None else None
                )
                if value is not None and value.kind != kind:
                    raise Refused(parameter, f"the default of -{name} has no Python form yet.")
                text = empty if value is None else value.text
                self.write(f'parser.add_argument({option}, dest="{plain}", type={kind}, default={text})')
            names.append(plain)
            self.set_kind(name, kind)
        self.write("arguments = parser.parse_args()")
        for plain in names:
            self.write(f"{plain} = arguments.{plain}")

    def module(self, tree: s.ScriptBlock) -> str:
        """The whole module's text."""
        self.headers = _only_headers(tree)
        after = 0
        if tree.param_block is not None:
            self._comments(0, tree.param_block.start)
            try:
                self.parameters(tree.param_block)
            except Refused as refusal:
                self.refusals.append(refusal)
                self.helper("porting", "NotPorted")
                self.write(f"raise NotPorted({quoted(f'line {refusal.node.line}: {refusal.reason}')})")
            self.write("")
            after = tree.param_block.end
        for other in (tree.begin_block, tree.process_block, tree.dynamic_param_block, tree.clean_block):
            if other is not None:
                self.refusals.append(
                    Refused(other, "begin, process and clean of a script have no Python form yet.")
                )
                self.helper("porting", "NotPorted")
                self.write(f'raise NotPorted("line {other.line}: a script of named blocks")')
        if tree.end_block is not None:
            self.block(tree.end_block.statements, after)
        return "\n".join([*self._head(), *self.lines]).rstrip() + "\n"

    def _head(self) -> list[str]:
        help_block = re.match(r"\s*<#(.*?)#>", self.text, re.DOTALL)
        head = []
        if help_block:
            words = re.sub(r"^\s*\.[A-Z]+\s*$", "", help_block.group(1), flags=re.MULTILINE)
            plain = "\n".join(line.strip() for line in words.strip().splitlines()).replace("\\", "\\\\")
            head += ['"""' + plain.replace('"""', "'''").rstrip('"') + '"""', ""]
        plain_imports = [f"import {name}" for name in sorted(self.modules - {"psbridge", "pathlib"})]
        if "pathlib" in self.modules:
            plain_imports.append("from pathlib import Path")
        own = ["import psbridge as ps"] if "psbridge" in self.modules else []
        for name in sorted(self.helpers):
            own.append(
                f"from psbridge.script.semantics.{name} import {', '.join(sorted(self.helpers[name]))}"
            )
        for group in (plain_imports, own):
            if group:
                head += [*group, ""]
        return head


def is_step(element: Any) -> bool:
    node = getattr(element, "expression", None)
    return isinstance(node, s.UnaryExpression) and node.token_kind.lower().endswith(
        ("plusplus", "minusminus")
    )


def _only_headers(tree: s.ScriptBlock) -> set[str]:
    """The variables that are nothing but the -Headers of requests: they are the configuration's."""
    used: list[str] = []
    as_headers: list[str] = []
    for node in tree.walk():
        if isinstance(node, s.VariableExpression):
            used.append(node.variable_path.lower())
        if isinstance(node, s.AssignmentStatement) and isinstance(node.left, s.VariableExpression):
            as_headers.append(node.left.variable_path.lower())
        if isinstance(node, s.Command):
            for before, value in zip(node.command_elements, node.command_elements[1:], strict=False):
                parameter = isinstance(before, s.CommandParameter) and before.parameter_name.lower()
                if parameter == "headers" and isinstance(value, s.VariableExpression):
                    as_headers.append("+" + value.variable_path.lower())
    names = {name[1:] for name in as_headers if name.startswith("+")}
    return {
        name for name in names if used.count(name) == as_headers.count(name) + as_headers.count("+" + name)
    }


def _may_be_void(node: Any, writer: Commands) -> bool:
    """Whether a statement is a call of a method that may give nothing, which is not the same as null."""
    if not isinstance(node, s.InvokeMemberExpression):
        return False
    if node.static:
        name = str(getattr(node.member, "value", "")).lower()
        return name.startswith(_DOERS)
    return writer.expression(node).kind == "any"
