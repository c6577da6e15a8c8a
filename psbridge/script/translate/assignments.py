"""Assignments as Python: variables, parts of them, several at once, and those that compute."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .. import syntax as s
from .code import SCALARS, Code, Refused, described, join_kinds, put_out, quoted
from .nodes import expression_of, is_chat_elsewhere, new_list_of, only_key, path_of, table_of
from .parts import SIGNS, Parts
from .shapes import OBJECTS

_OWN = {"Divide": "divide", "Rem": "modulo"}
_DROPPED = {"psstyle.outputrendering", "progresspreference"}


_COLLECTED = (
    *(s.ForEachStatement, s.WhileStatement, s.ForStatement, s.DoWhileStatement, s.DoUntilStatement),
    *(s.IfStatement, s.SwitchStatement, s.TryStatement),
)
"""Statements whose output an assignment collects in a list."""


class Assignments(Parts):
    """Writes assignments and steps."""

    def output(self, code: Code) -> None:
        """What a statement puts out."""
        raise NotImplementedError

    def with_discard(self, write: Any) -> None:
        """Write statements whose output goes nowhere."""
        raise NotImplementedError

    @contextmanager
    def branches(self) -> Iterator[Callable[[Callable[[], None], bool], None]]:
        """Arms of which one runs: what all of them set is set afterwards."""
        before = set(self.definite)
        ends: list[set[tuple[str, str]]] = []

        def arm(write: Callable[[], None], runs: bool) -> None:
            self.definite = set(before)
            length = len(self.lines)
            kept = self.branch
            self.branch = _open  # type: ignore[method-assign]
            try:
                write()
            finally:
                self.branch = kept  # type: ignore[method-assign]
            last = self.lines[-1].strip() if len(self.lines) > length else ""
            if not runs or not re.match(r"(raise|return|sys\.exit|break|continue)\b", last):
                ends.append(set(self.definite))

        yield arm
        self.definite = set.intersection(*ends) if ends else before

    def _AssignmentStatement_statement(self, node: s.AssignmentStatement) -> None:
        left, declared = self._left(node)
        if isinstance(left, s.ParenExpression):
            left = expression_of(left.pipeline)
        name = self.source_of(left).lstrip("$").lower()
        if name in _DROPPED:
            return
        if isinstance(left, s.ArrayLiteral):
            self.several_at_once(node, left)
        elif isinstance(left, (s.IndexExpression, s.MemberExpression)):
            self.set_part(node, left)
        elif isinstance(left, s.VariableExpression):
            self._variable(node, left, declared)
        else:
            raise Refused(node, f"an assignment to {described(left)} has no Python form yet.")

    def _left(self, node: s.AssignmentStatement) -> tuple[Any, str]:
        left, declared = node.left, ""
        attributes: list[Any] = []
        while isinstance(left, (s.ConvertExpression, s.AttributedExpression)):
            if not isinstance(left, s.ConvertExpression):
                attributes.append(left.attribute)
                left = left.child
                continue
            if declared:
                raise Refused(left, "a variable of two types has no Python form yet.")
            declared = left.type.type_name.full_name
            left = left.child
        if attributes:
            self.hold_to(left, attributes)
        return left, declared

    def hold_to(self, left: Any, attributes: list[Any]) -> None:
        """Have a variable checked by Validate attributes from now on."""
        raise NotImplementedError

    def obeying(self, left: s.VariableExpression, value: Code) -> Code:
        """A value as the Validate attributes of a variable let it through."""
        raise NotImplementedError

    def _variable(self, node: s.AssignmentStatement, left: s.VariableExpression, declared: str) -> None:
        path = left.variable_path.lower()
        if path == "null":
            self.with_discard(lambda: self.statement_value(node.right))
            return
        if path in self.uses.headers - self.known.sent and node.operator == "Equals":
            return
        if path in self.uses.splats and self.request_parts(self.uses.splats[path]) is not None:
            return
        if path.startswith("env:"):
            self._environment(node, left)
            return
        if path.endswith("preference") or path.startswith("psdefaultparameter") or path == "ofs":
            name = quoted(left.variable_path.rpartition(":")[2])
            value = self.value(node.right)
            if node.operator != "Equals":
                if node.operator not in SIGNS:
                    raise Refused(node, "this assignment to a preference has no Python form yet.")
                before = Code(f"{self.posh('variable')}({name})")
                value = self.changed(before, value, SIGNS[node.operator])
            self.write(f"{self.posh('set_variable')}({name}, {value.text})")
            return
        if path in ("true", "false", "_", "args", "input", "matches", "error", "psitem", "this"):
            raise Refused(node, f"an assignment to ${left.variable_path} has no Python form.")
        if self.read_only(left):
            return
        if node.operator == "Equals":
            self._plain(node, left, declared)
            return
        self._computed_assignment(node, left)

    def read_only(self, left: s.VariableExpression) -> bool:
        """An assignment to a variable that the script made read-only: the error of it."""
        raise NotImplementedError

    def statement_value(self, right: Any) -> None:
        """The right side of an assignment whose value is dropped."""
        code = self.stream(right)
        self.output(code)

    def _environment(self, node: s.AssignmentStatement, left: s.VariableExpression) -> None:
        value = self.value(node.right)
        self.modules.add("os")
        place = f"os.environ[{quoted(left.variable_path[4:])}]"
        if node.operator == "PlusEquals" and value.kind == "str":
            self.write(f'{place} = os.environ.get({quoted(left.variable_path[4:])}, "") + {value.text}')
        elif node.operator != "Equals":
            raise Refused(node, "this assignment to the environment has no Python form yet.")
        elif value.kind == "none":
            self.write(f"os.environ.pop({quoted(left.variable_path[4:])}, None)")
        else:
            text = self.as_text(value)
            if text in ('""', "''"):
                self.write(f'{place} = ""')
            else:
                self.write(f"{place} = {text}")

    def _plain(self, node: s.AssignmentStatement, left: s.VariableExpression, declared: str) -> None:
        name = left.variable_path.rpartition(":")[2].lower()
        key = (self.scope, name)
        if declared and declared.lower() not in ("object", "psobject"):
            self.known.typed[key] = declared
        if self._by_lines(node, left):
            return
        if path_of(left) in self.uses.lists:
            typed = new_list_of(expression_of(node.right)) == "string"
            held = self.known.kinds.get(("[]", path_of(left)), "any")
            self._new_list(left, "str" if typed else held if held.partition("@")[0] in OBJECTS else "any")
            return
        if path_of(left) in self.uses.writers and not self.moves:
            place = self.as_value(self.expression(expression_of(node.right).arguments[0]))
            if place.kind == "str":
                self.target(left, "writer")
                self.open_files[path_of(left)] = place.text
                return
        if path_of(left) in self.uses.builders:
            self.modules.add("io")
            self.write(f"{self.target(left, 'builder')} = io.StringIO()")
            return
        piped = path_of(left) in self.uses.piped and not declared
        if self._is_payload(left):
            value = self._payload(node.right)
        elif piped:
            value = self.listed(self.stream(node.right))
        else:
            named = isinstance(table_of(node.right), s.Hashtable) and not self.is_dict(left)
            with self.meanwhile(callable_table=path_of(left) in self.uses.callable, named_table=named):
                value = self.right_side(node.right)
        wanted = self.known.typed.get(key)
        if wanted and not (wanted.lower() == "hashtable" and value.base in ("hashtable", "table")):
            value = self.cast(node, value, wanted)
        value = self.obeying(left, value)
        kind = value.kind
        if kind == "void" or (kind == "dict" and path_of(left) not in self.uses.payloads):
            kind = "any"
        if path_of(left) in self.uses.tables:
            self.learn_table(path_of(left), table_of(node.right))
        target = self.target(left, kind)
        if kind == "str" and self.uses.set_once(path_of(left)) is node:
            self.texts[target] = value.text
        if kind == "http" and self.uses.set_once(path_of(left)) is node:
            self.http_names.add(target)
        if value.is_list and self.uses.set_once(path_of(left)) is node and path_of(left) in self.uses.arrays:
            self.lengths[target] = value.length
        kept = value.text.startswith("range(") and not self.uses.is_only_looped(path_of(left))
        text = f"list({value.text})" if kept else value.text
        if isinstance(node.right, s.AssignmentStatement) and re.match(r"\(\w+ := ", text):
            text = text[1:-1].replace(" := ", " = ", 1)
        self.write(f"{target}{self._hint(key, value, left)} = {text}")

    def _hint(self, key: tuple[str, str], value: Code, left: s.VariableExpression) -> str:
        """`: Any` where a variable is first set, if it holds other things later."""
        if ":" in left.variable_path and len(self.frames) > 1:
            return ""  # `global name` cannot have one
        known = self.known.kinds.get(key, "any")
        asked = value.text.startswith("ps.") and not value.text.startswith("ps.New_ChatCompletion(")
        loose = value.kind == known == "reply" and (self.counts_usage or asked)
        fresh = key not in self.annotated and not self.frame.shares
        loose = loose or value.kind == known == "http"  # a service may leave the usage out
        if fresh and (loose or value.text.startswith("ps.PSCustomObject(")) and key not in self.known.unset:
            self.annotated.add(key)
            return f": {self.annotation('any')}"
        if fresh and value.is_list and value.item.partition("@")[0] in ("model", "object", "table"):
            return self._annotated(key, "list[Any]")
        if fresh and value.text.startswith("{") and self._is_mixed(value) and key not in self.known.unset:
            return self._annotated(key, "dict[str, Any]")
        if value.kind in ("any", "none", known) and value.text not in ("[]", "None"):
            return ""
        said = key in self.known.unset | self.known.copied | self.annotated
        if said or self.frame.shares or ":" in left.variable_path:
            return ""
        self.annotated.add(key)
        if value.text == "[]":
            inside = known.removeprefix("list:") if known.startswith("list:") else ""
            return f": list[{self.annotation(inside)}]" if inside else f": {self.annotation('list[Any]')}"
        if known in ("any", "num", "object") or known.startswith(("out", "list:any")):
            return f": {self.annotation('any')}"
        return ""

    def _annotated(self, key: tuple[str, str], annotation: str) -> str:
        self.annotated.add(key)
        self.modules.add("typing")
        return f": {annotation}"

    def _is_mixed(self, value: Code) -> bool:
        """Whether a type checker would mistake the kind of the values of this dictionary."""
        if value.base != "table":
            return False
        kinds = {kind for _, kind in self.shape_of(value.kind).values()}
        plain = ("str", "int", "float", "bool", "list:str", "list:int")
        return len(kinds) != 1 or not kinds <= set(plain)

    def _new_list(self, left: s.VariableExpression, kind: str) -> None:
        """A list of Python's own."""
        if self.known.kinds.get((self.scope, path_of(left)), "").startswith("List:"):
            self.known.kinds[self.scope, path_of(left)] = f"List:{kind}"  # more is known of what it holds
        name = self.target(left, f"List:{kind}")
        inside = {"str": "str"}.get(kind, "Any")
        if inside == "Any":
            self.modules.add("typing")
        elsewhere = ":" in left.variable_path and len(self.frames) > 1
        hint = "" if self.frame.shares or elsewhere else f": list[{inside}]"
        self.write(f"{name}{hint} = []")

    def _is_payload(self, left: s.VariableExpression) -> bool:
        """Whether a table becomes nothing but the body of a request that is ported."""
        if path_of(left) not in self.uses.payloads:
            return False
        place = next(one for one in self.uses.places[path_of(left)] if one is not left)
        pipeline = self.uses.parents.get(id(self.uses.parents.get(id(place))))
        around = self.uses.above(pipeline)
        if isinstance(around, s.AssignmentStatement):
            return self.is_only_body(pipeline)
        command = self.uses.parents.get(id(self.uses.parents.get(id(pipeline))))
        if isinstance(command, s.Command) and self.name_of(command) == "invoke-restmethod":
            named, values = self.arguments(command)
            uri = named.get("uri") or (values[0] if values else None)
            headers = named.get("headers")
            if uri is None or not self.uses.asks_chat(self.source_of(uri)):
                return False
            plain = headers is None or only_key(headers, self.uses.headers)
            return plain or is_chat_elsewhere(self.source_of(uri))
        return any(
            table is around and self.request_parts(table) is not None for table in self.uses.splats.values()
        )

    def is_dict(self, variable: s.VariableExpression) -> bool:
        """Whether the table that a variable holds is a dictionary of Python's."""
        return path_of(variable) in self.uses.dicts

    def _payload(self, right: Any) -> Code:
        with self.meanwhile(plain_tables=True):
            return self.value(right)

    def right_side(self, right: Any) -> Code:
        """The value of an assignment's right side."""
        if self.is_body(right) and self.is_only_body(right):
            with self.meanwhile(plain_tables=True):
                code = self.value(right)
            if code.kind == "body":
                return code
        return self.value(right)

    def is_only_body(self, right: Any) -> bool:
        """Whether this JSON is used as nothing but the -Body of requests to the service."""
        left = self.uses.above(right)
        if not isinstance(left, s.AssignmentStatement) or not isinstance(left.left, s.VariableExpression):
            return False
        path = left.left.variable_path.lower()
        return path in self.uses.bodies and self.name(path) not in self.known.sent

    def _by_lines(self, node: s.AssignmentStatement, left: s.VariableExpression) -> bool:
        """`$x = if ...` and loops as values: branches that set the variable, or a list that is filled."""
        right = node.right
        if isinstance(right, s.IfStatement) and self._sets_directly(right):
            self._set_in_branches(right, left, node)
            return True
        returns = any(isinstance(one, (s.ReturnStatement, s.FunctionDefinition)) for one in right.walk())
        if isinstance(right, s.SwitchStatement) and self._set_in_switch(right, left):
            return True
        if isinstance(right, _COLLECTED) and not returns:
            name = self.unique(f"{self.name(left.variable_path)}_items")
            self.write(f"{name}: list[Any] = []")
            self.modules.add("typing")
            kept, self.sink = self.sink, ("append", name)
            self.whole += 1
            try:
                self.statement(right)
            finally:
                self.sink = kept
                self.whole -= 1
            if path_of(left) in self.uses.piped:
                value = Code(name, f"list:{self.filled(name)}")
                self.write(f"{self.target(left, value.kind)} = {name}")
                return True
            value = Code(f"{self.posh('unpacked')}({name})", "out")
            wanted = self.known.typed.get((self.scope, left.variable_path.lower()))
            if wanted:
                value = self.cast(node, value, wanted)
            self.write(f"{self.target(left, value.kind)} = {value.text}")
            return True
        return False

    def _set_in_switch(self, right: s.SwitchStatement, left: s.VariableExpression) -> bool:
        """`$x = switch ...` where each clause puts out one value, or throws; False for any other."""
        blocks = [block for _, block in right.clauses]
        if right.default is None or (self.scope, left.variable_path.lower()) in self.known.typed:
            return False
        if not all(
            len(one.statements) == 1 and isinstance(one.statements[0], (s.Pipeline, s.ThrowStatement))
            for one in [*blocks, right.default]
        ):
            return False
        state = (list(self.lines), self.depth, set(self.definite), list(self.current), list(self.refusals))
        kept, self.sink, self.set_by = self.sink, ("set",), left
        self.whole += 1
        try:
            self.statement(right)
            plain = not any(line.lstrip().startswith("for ") for line in self.lines[len(state[0]) :])
        except Refused:
            plain = False
        finally:
            self.sink = kept
            self.whole -= 1
        if not plain:
            self.lines, self.depth, self.definite, self.current, self.refusals = state
        return plain

    set_by: Any = None

    def _to_set(self, code: Code) -> None:
        """The value of a clause, to the variable that the switch is assigned to."""
        if code.stream or code.base not in (*SCALARS, *OBJECTS, "str?"):
            raise Refused(s.Node(), "how many values this clause gives is known only when it runs.")
        self.write(f"{self.target(self.set_by, code.kind)} = {code.text}")

    def filled(self, name: str) -> str:
        """The kind of what a list got that the statements before filled; forgets it."""
        kinds = self.appended.pop(name, set())
        kind = ""
        for one in kinds:
            kind = join_kinds(kind, one) if kind else one
        return kind or "any"

    def _sets_directly(self, node: s.IfStatement) -> bool:
        blocks = [body for _, body in node.clauses]
        if node.else_clause is not None:
            blocks.append(node.else_clause)
        return all(len(one.statements) == 1 and isinstance(one.statements[0], s.Pipeline) for one in blocks)

    def _set_in_branches(self, right: s.IfStatement, left: s.VariableExpression, node: Any) -> None:
        tests = [self.truth(self.value(condition)) for condition, _ in right.clauses]
        blocks = [body for _, body in right.clauses]
        wanted = self.known.typed.get((self.scope, left.variable_path.lower()))
        values = []
        length = len(self.lines)
        for block in [*blocks, *([right.else_clause] if right.else_clause is not None else [])]:
            value = self.value(block.statements[0])
            value = value if self.uses.is_only_looped(path_of(left)) else put_out(value)
            values.append(self.cast(node, value, wanted) if wanted else value)
        if right.else_clause is None:
            values.append(Code("None", "out"))
        if len(self.lines) != length:
            raise Refused(node, "functions in the branches of an if that is a value have no Python form yet.")
        for value in values[:-1]:
            self.target(left, value.kind)
        name = self.target(left, values[-1].kind)
        if len(tests) == 1 and len(values[0].text) + len(values[1].text) + len(tests[0].text) < 70:
            yes, no = values
            if yes.rank < 8 and tests[0].rank < 8:
                self.write(f"{name} = {yes.text} if {tests[0].text} else {no.text}")
                return
        for number, test in enumerate(tests):
            self.write(f"{'elif' if number else 'if'} {test.text}:")
            self.write(f"    {name} = {values[number].text}")
        self.write("else:")
        self.write(f"    {name} = {values[-1].text}")

    def _computed_assignment(self, node: s.AssignmentStatement, left: s.VariableExpression) -> None:
        if node.operator == "QuestionQuestionEquals":
            before = self.expression(left)
            value = self.value(node.right)
            if before.kind == "none":
                self.write(f"{self.target(left, value.kind)} = {value.text}")
                return
            name = self.target(left, value.kind)
            self.write(f"if {name} is None:")
            self.write(f"    {name} = {value.text}")
            return
        if node.operator not in SIGNS:
            raise Refused(node, f"the operator {self.source_of(node).split()[1]} has no Python form yet.")
        right = self.value(node.right)
        before = self.read(left, changed=True) or self.expression(left)
        if before.text == "None" and before.kind == "none":
            before = Code("None", "none")
        if self._appends(left, before, right, node.operator):
            return
        value = self.changed(before, right, SIGNS[node.operator])
        wanted = self.known.typed.get((self.scope, left.variable_path.lower()))
        if wanted:
            value = self.cast(node, value, wanted)
        value = self.obeying(left, value)
        name = self.target(left, value.kind)
        whole = f"{name} = {value.text}"
        found = re.match(rf"{re.escape(name)} = {re.escape(name)} ([-+*]) (.*)", whole)
        plain = found is not None and value.kind in SCALARS
        self.write(f"{name} {found.group(1)}= {found.group(2)}" if found and plain else whole)

    def _appends(self, left: s.VariableExpression, before: Code, right: Code, operator: str) -> bool:
        """`$list += item` of an array that nothing else holds: it is changed in place."""
        if operator != "PlusEquals" or not before.is_list or path_of(left) not in self.uses.arrays:
            return False
        if path_of(left) in self.frame.own or (self.scope, path_of(left)) not in self.definite:
            return False
        if right.base in (*SCALARS, *OBJECTS):
            name = self.target(left, f"list:{right.kind}")
            self.write(f"{name}.append({right.text})")
            return True
        if right.is_list:
            name = self.target(left, right.kind)
            self.write(f"{name}.extend({right.text})")
            return True
        return False

    def changed(self, before: Code, right: Code, operator: str) -> Code:
        """What `before operator= right` sets."""
        single = (*SCALARS, *OBJECTS)
        if before.is_list and operator == "Plus" and right.base in single:
            right = Code(f"[{right.text}]", f"list:{right.kind}")
        if operator in _OWN:
            return Code(f"{self.posh(_OWN[operator])}({before.text}, {right.text})")
        return self.arithmetic(operator, before, right)

    def step(self, node: s.UnaryExpression) -> None:
        """`$i++` as a statement."""
        sign = "Plus" if "Plus" in node.token_kind else "Minus"
        child = node.child
        if isinstance(child, (s.IndexExpression, s.MemberExpression)):
            one = s.ConstantExpression(1, "1")
            self.set_part(s.AssignmentStatement(child, f"{sign}Equals", s.CommandExpression(one)), child)
            return
        if not isinstance(child, s.VariableExpression):
            raise Refused(node, "++ on this has no Python form yet.")
        if self.read_only(child):
            return
        before = self.expression(child)
        if before.kind in ("int", "float") and (self.scope, path_of(child)) not in self.checks:
            name = self.target(child, before.kind)
            self.write(f"{name} {'+' if sign == 'Plus' else '-'}= 1")
            return
        value = self.arithmetic(sign, before, Code("1", "int"))
        wanted = self.known.typed.get((self.scope, path_of(child)))
        value = self.obeying(child, self.cast(node, value, wanted) if wanted else value)
        self.write(f"{self.target(child, value.kind)} = {value.text}")


@contextmanager
def _open() -> Iterator[None]:
    yield
