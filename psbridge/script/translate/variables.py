"""Commands on variables, script blocks from a known text, and closures as Python."""

from __future__ import annotations

import re
from typing import Any

from .. import syntax as s
from ..parsing import parse
from .assignments import Assignments
from .code import SUM, Code, Refused, quoted
from .nodes import expression_of, path_of, word_of
from .parts import SIGNS

_SETTERS = {"set-variable", "new-variable", "clear-variable", "remove-variable"}
_SCOPES = {"script": "script:", "global": "global:", "local": "", "0": ""}


class Variables(Assignments):
    """Writes commands that set and read the script's variables."""

    def _of_variable(self, node: s.Command) -> tuple[s.VariableExpression, dict[str, Any]] | None:
        """The variable that a command names plainly, and its other arguments; None if it is computed."""
        named, values = self.arguments(node)
        given = dict(named)
        places = [one for one in ("name", "value") if one not in given]
        for place, value in zip(places, values, strict=False):
            given[place] = value
        wanted = given.pop("name", None)
        if not isinstance(wanted, s.StringConstantExpression) or len(values) > len(places):
            return None
        if re.fullmatch(r"\w+", wanted.value) is None:
            return None
        scope = given.pop("scope", None)
        prefix = _SCOPES.get(str(getattr(scope, "value", "local")).lower())
        if prefix is None:
            return None
        variable = s.VariableExpression(prefix + wanted.value)
        variable.start, variable.end, variable.line = wanted.start, wanted.end, wanted.line
        return variable, given

    def sets_variable(self, node: s.Command, name: str, piped: s.Pipeline | None = None) -> bool:
        """`Set-Variable`, `New-Variable` and the like as an assignment; False if it is none."""
        if name not in _SETTERS or node.redirections or (piped is not None and name != "set-variable"):
            return False
        parts = self._of_variable(node)
        if parts is None:
            return False
        variable, given = parts
        if set(given) - {"value", "option", "force", "visibility", "description", "erroraction"}:
            return False
        if piped is not None and "value" in given:
            return False
        value = given.get("value") or s.VariableExpression("null")
        made = s.AssignmentStatement(variable, "Equals", piped or s.CommandExpression(value))
        made.start, made.end, made.line = node.start, node.end, node.line
        self.constants.discard((self.scope, path_of(variable)))
        self.statement_in(made)
        option = word_of(given.get("option"))
        if option in ("constant", "readonly"):
            self.constants.add((self.scope, path_of(variable)))
        return True

    def statement_in(self, node: Any) -> None:
        """A statement that is part of another: refused with it."""
        raise NotImplementedError

    def read_only(self, left: s.VariableExpression) -> bool:
        """An assignment to a variable that the script made read-only: the error of it."""
        if (self.scope, path_of(left)) not in self.constants:
            return False
        self.write(f"raise {self.posh('read_only')}({quoted(left.variable_path)})")
        return True

    def variable_command(self, node: s.Command, name: str) -> Code | None:
        """`Get-Variable` and `Test-Path variable:` of a variable of the script's; None for any other."""
        if name == "test-path":
            named, values = self.arguments(node)
            path = values[0] if len(values) == 1 and not named else None
            word = word_of(path)
            if word.startswith("variable:") and re.fullmatch(r"\w+", word[9:]):
                code = self.read(s.VariableExpression(word[9:]))
                if code is not None:
                    sure = (self.scope, word[9:]) in self.definite
                    return Code("True", "bool") if sure else Code(f"{code.text} is not None", "bool", 4)
            return None
        if name != "get-variable" or node.redirections:
            return None
        parts = self._of_variable(node)
        code = self.read(parts[0]) if parts is not None else None
        if parts is None or code is None:
            return None
        if set(parts[1]) == {"valueonly"}:
            return code
        if set(parts[1]) - {"erroraction"}:
            return None
        pairs = f'{{"Name": {quoted(parts[0].variable_path.rpartition(":")[2])}, "Value": {code.text}}}'
        return Code(f"{self.posh('custom_object')}({pairs})", "any")

    # Assignments that are values, and variables with Validate attributes

    def assignment_value(self, node: s.AssignmentStatement) -> Code:
        """An assignment between parentheses, or on the right of another."""
        left, declared = self._left(node)
        if isinstance(left, (s.MemberExpression, s.IndexExpression)) and node.operator == "Equals":
            return self._part_value(node, left)
        plain = isinstance(left, s.VariableExpression) and node.operator in ("Equals", *SIGNS)
        if not plain or declared or ":" in left.variable_path or left.variable_path.lower() in ("null", "_"):
            raise Refused(node, "this assignment as a value has no Python form yet.")
        value = self.value(node.right)
        if node.operator != "Equals":
            value = self.changed(self.expression(left), value, SIGNS[node.operator])
        value = self.obeying(left, value)
        name = self.target(left, value.kind)
        return Code(f"({name} := {value.text})", value.kind)

    def _part_value(self, node: s.AssignmentStatement, left: Any) -> Code:
        """`$a.x = $b.x = value`: the value has a name of its own, and is set in each."""
        if not isinstance(self.uses.above(node), s.AssignmentStatement):
            raise Refused(node, "this assignment as a value has no Python form yet.")
        value = self.value(node.right)
        shared = s.VariableExpression(self.unique("shared"))
        self.write(f"{self.target(shared, value.kind)} = {value.text}")
        self.statement_in(s.AssignmentStatement(left, node.operator, s.CommandExpression(shared)))
        return self.read(shared) or value

    def step_value(self, node: s.UnaryExpression) -> Code:
        """`$i++` as a value."""
        before = self.expression(node.child)
        if not isinstance(node.child, s.VariableExpression):
            raise Refused(node, "++ or -- of this as a value has no Python form yet.")
        word = "Plus" if "Plus" in node.token_kind else "Minus"
        whole = before.kind == "int"
        stepped = before if whole else self.arithmetic(word, before, Code("1", "int"))
        name = self.target(node.child, stepped.kind)
        if not name.isidentifier():
            raise Refused(node, "++ of the script's variable as a value has no Python form here.")
        sign, undo = ("+", "-") if word == "Plus" else ("-", "+")
        step = f"({name} := {name} {sign} 1)" if whole else f"({name} := {stepped.text})"
        if not node.token_kind.startswith("Postfix"):
            return Code(step, stepped.kind)
        if whole:
            return Code(f"{step} {undo} 1", "int", SUM)
        return Code(f"({before.text}, {step})[0]", before.kind)

    def hold_to(self, left: Any, attributes: list[Any]) -> None:
        """Have a variable checked by Validate attributes from now on."""
        names = [one.type_name.name.lower() for one in attributes]
        if not isinstance(left, s.VariableExpression) or not all(one.startswith("validate") for one in names):
            raise Refused(left, "an attribute of a variable has no Python form yet.")
        checks = self.validators(s.Parameter(left, attributes))
        self.checks[self.scope, path_of(left)] = [f"{check}={values}" for check, values in checks.items()]

    def obeying(self, left: s.VariableExpression, value: Code) -> Code:
        """A value as the Validate attributes of a variable let it through."""
        checks = self.checks.get((self.scope, path_of(left)))
        if checks is None:
            return value
        name = quoted(left.variable_path)
        return Code(f"{self.posh('obeyed')}({', '.join([name, value.text, *checks])})", value.kind)

    # Text that is PowerShell

    def known_text(self, node: Any) -> str | None:
        """The text that an expression always is; None if that is known only when it runs."""
        if isinstance(node, s.StringConstantExpression):
            return str(node.value)
        if isinstance(node, s.ParenExpression):
            return self.known_text(expression_of(node.pipeline))
        if isinstance(node, s.VariableExpression):
            made = self.uses.set_once(path_of(node))
            return None if made is None else self.known_text(expression_of(made.right))
        return None

    def parsed(self, node: Any) -> tuple[str, s.ScriptBlock] | None:
        """The text of PowerShell that an expression always is, and its tree."""
        text = self.known_text(node)
        if text is None:
            return None
        parsed = parse(text)
        if parsed.errors:
            raise Refused(node, f"this text is no PowerShell: {parsed.errors[0].message}")
        if any(isinstance(one, (s.FunctionDefinition, s.TypeDefinition)) for one in parsed.tree.walk()):
            raise Refused(node, "a function inside a text has no Python form.")
        return text, parsed.tree

    def block_of_text(self, node: Any) -> Code | None:
        """`[scriptblock]::Create('text')` of a known text, as the block it is."""
        made = self.parsed(node)
        if made is None:
            return None
        block = s.ScriptBlockExpression(made[1])
        block.start, block.end, block.line = 0, len(made[0]), node.line
        kept, self.text = self.text, made[0]
        try:
            return self.expression(block)
        finally:
            self.text = kept

    def evaluated(self, node: s.Command) -> bool:
        """`Invoke-Expression 'text'` of a known text: its statements; False if the text is not known."""
        named, values = self.arguments(node)
        given = [*values, *named.values()]
        if len(given) != 1 or set(named) - {"command"} or node.redirections:
            return False
        made = self.parsed(given[0])
        if made is None or made[1].end_block is None or made[1].param_block is not None:
            return False
        kept, self.text = self.text, made[0]
        for one in made[1].walk():
            one.line = node.line
        try:
            for statement in made[1].end_block.statements:
                self.statement_in(statement)
        finally:
            self.text = kept
        return True

    # Closures

    def closure(self, node: s.InvokeMemberExpression) -> Code:
        """`{ }.GetNewClosure()`: a block that keeps the variables it reads as they are now."""
        block = node.expression
        if isinstance(block, s.ParenExpression):
            block = expression_of(block.pipeline)
        if not isinstance(block, s.ScriptBlockExpression):
            raise Refused(node, "the closure of a block that stands elsewhere has no Python form.")
        inner = block.script_block
        own = {
            one.name.variable_path.lower()
            for one in (inner.param_block.parameters if inner.param_block else [])
        }
        captured: dict[str, Code] = {}
        for one in inner.walk():
            if not isinstance(one, s.VariableExpression) or path_of(one) in own:
                continue
            if one.variable_path.lower().startswith("script:") or ":" not in one.variable_path:
                plain = s.VariableExpression(path_of(one))
                if path_of(one) in ("_", "psitem", "args", "input", "this"):
                    continue
                code = self.read(plain)
                if code is not None and self._is_kept(inner, path_of(one)):
                    captured[path_of(one)] = code
            if one.variable_path.lower().startswith("script:") and path_of(one) in captured:
                raise Refused(node, "a closure that changes what it keeps has no Python form yet.")
        return self.block_value(block, captured)

    def _is_kept(self, block: s.ScriptBlock, path: str) -> bool:
        """Whether a closure uses what it keeps of a variable: `+=` sees the block's own alone."""
        places = [
            one for one in block.walk() if isinstance(one, s.VariableExpression) and path_of(one) == path
        ]
        first = min(places, key=lambda one: one.start)
        for place in places:
            around = self.uses.above(place)
            if not isinstance(around, s.AssignmentStatement) or around.left is not place:
                continue
            if around.operator != "Equals":
                if first is not place and not self._sets(first):
                    raise Refused(around, "a closure that adds to what it keeps has no Python form yet.")
                return self._sets(first)
        return True

    def _sets(self, place: s.VariableExpression) -> bool:
        """Whether a place is the left side of a plain assignment."""
        around = self.uses.above(place)
        return (
            isinstance(around, s.AssignmentStatement) and around.left is place and around.operator == "Equals"
        )


__all__ = ["Variables"]
