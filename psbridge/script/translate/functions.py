"""Functions as Python functions, where it is known that each gives one value or none."""

from __future__ import annotations

from typing import Any

from .. import syntax as s
from .code import Code, Refused, python_name
from .statements import KINDS, Statements, is_step


class Functions(Statements):
    """Writes a whole script with its functions."""

    def _FunctionDefinition_statement(self, node: s.FunctionDefinition) -> None:
        body = node.body
        block = body.param_block.parameters if body.param_block is not None else node.parameters or []
        if self.scope or body.end_block is None or body.begin_block or body.process_block or node.is_filter:
            raise Refused(node, "a function with begin or process, or in a function, has no Python form yet.")
        self.scope, kept = node.name.lower(), self.current
        self.current = None
        self.whole += 1
        self.returned = []
        self.functions.pop(node.name.lower(), None)
        try:
            names = [self._function_parameter(item) for item in block]
            self._own_names(node, [item.name.variable_path.lower() for item in block])
            self.write(f"def {python_name(node.name)}({', '.join(text for _, text in names)}):")
            self.depth += 1
            *before, last = body.end_block.statements or [s.Statement()]
            after = body.param_block.end if body.param_block is not None else body.start + 1
            self.block(before, after)
            self._tail(last)
            self.depth -= 1
        finally:
            self.scope, self.current = "", kept
            self.whole -= 1
        kinds = set(self.returned)
        if len(kinds) > 1 or kinds - {"str", "int", "float", "bool"}:
            raise Refused(node, "how many values this function gives is known only when it runs.")
        self.functions[node.name.lower()] = ([name for name, _ in names], kinds.pop() if kinds else "none")

    def _own_names(self, node: s.FunctionDefinition, parameters: list[str]) -> None:
        """Refuse a function that starts from the script's variable and changes its own copy."""
        for inner in node.body.walk():
            if isinstance(inner, s.AssignmentStatement) and isinstance(inner.left, s.VariableExpression):
                name = inner.left.variable_path.lower()
                if ("", name) in self.kinds and name not in parameters:
                    raise Refused(inner, "a function changes a copy of the script's variable here.")

    def _function_parameter(self, node: s.Parameter) -> tuple[tuple[str, str], str]:
        """Its PowerShell name and kind, and how Python declares it."""
        types = [item for item in node.attributes if isinstance(item, s.TypeConstraint)]
        kind = KINDS.get(types[0].type_name.full_name.lower(), "") if types else "any"
        if len(types) != len(node.attributes) or not kind:
            raise Refused(node, "this parameter's attributes have no Python form yet.")
        name = node.name.variable_path.lower()
        value = self.expression(node.default_value) if node.default_value is not None else None
        if value is not None and kind not in ("any", value.kind):
            raise Refused(node, "this parameter's default has no Python form yet.")
        empty = {"str": '""', "int": "0", "float": "0.0", "bool": "False", "any": "None"}[kind]
        self.set_kind(name, kind)
        return (
            name,
            kind,
        ), f"{python_name(node.name.variable_path)}={empty if value is None else value.text}"

    def _tail(self, node: Any) -> None:
        """A function's last statement: what it puts out is what the function gives."""
        if isinstance(node, s.Pipeline) and not self._puts_nothing(node):
            self._give(self.pipeline(node))
        elif isinstance(node, (s.ReturnStatement, s.Pipeline)) or not self.returned:
            self.statement(node)
        else:
            raise Refused(node, "whether this function gives a value is known only when it runs.")

    def _puts_nothing(self, node: s.Pipeline) -> bool:
        last = node.pipeline_elements[-1]
        if isinstance(last, s.Command):
            return self.name_of(last) in ("write-host", "out-null", "import-module")
        return is_step(last)

    def _ReturnStatement_statement(self, node: s.ReturnStatement) -> None:
        if not self.scope or node.pipeline is None:
            raise Refused(node, "a return without a value, or of a script, has no Python form yet.")
        self._give(self.pipeline(node.pipeline))

    def _give(self, value: Code) -> None:
        self.returned.append(value.kind)
        self.write(f"return {value.text}")
