"""How a script uses its tables: which of them a dictionary of Python's can be. Looks at the tree only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .. import syntax as s
from .nodes import expression_of, is_json_of, path_of, table_of, word_of


class TableUses:
    """Every place where a table of the script stands."""

    parents: dict[int, Any]
    places: dict[str, list[s.VariableExpression]]
    functions: set[str]

    def above(self, node: Any, count: int = 1) -> Any:
        """The node around this one, without the wrappers of a lone expression."""
        raise NotImplementedError

    def is_table(self, path: str) -> bool:
        """Whether a variable is a table that is known under no other name, so that all it gets is seen."""
        made = False
        for node in self.places[path]:
            around = self.parents.get(id(node))
            above = self.above(node)
            if isinstance(above, s.AssignmentStatement) and above.left is node:
                if above.operator != "Equals" or not isinstance(table_of(above.right), s.Hashtable):
                    return False
                made = True
            elif isinstance(around, s.MemberExpression) and around.expression is node:
                if not isinstance(around.member, s.StringConstantExpression):
                    return False
            elif isinstance(around, s.InvokeMemberExpression) and around.expression is node:
                name = word_of(around.member)
                if name not in ("containskey", "contains", "containsvalue", "getenumerator"):
                    return False
            elif not (isinstance(around, s.IndexExpression) and around.target is node) and not (
                self._is_handed_on(node)
            ):
                first = self.parents.get(id(around))
                elements = getattr(first, "pipeline_elements", [None, None])
                if len(elements) < 2 or elements[0] is not around or not is_json_of(first, node):
                    return False
        return made

    def is_dict(self, path: str) -> bool:
        """Whether a table's keys are all known, each in one spelling: a dictionary of Python's holds them."""
        spellings: dict[str, set[str]] = {}
        made = False
        for node in self.places[path]:
            around = self.parents.get(id(node))
            above = self.above(node)
            key: Any = None
            if isinstance(above, s.AssignmentStatement) and above.left is node:
                table = table_of(above.right)
                if above.operator != "Equals" or not isinstance(table, s.Hashtable):
                    return False
                keys = [one for one, _ in table.key_value_pairs]
                made = True
            elif isinstance(around, s.MemberExpression) and around.expression is node:
                keys = [around.member]
                if word_of(around.member) in ("keys", "count", "values"):
                    keys = []
            elif isinstance(around, s.InvokeMemberExpression) and around.expression is node:
                if word_of(around.member) not in ("containskey", "contains"):
                    return False
                keys = list(around.arguments or [])
            elif isinstance(around, s.IndexExpression) and around.target is node:
                keys = [] if self._is_own_key(around.index, path) else [around.index]
            elif not self._is_handed_on(node):
                return False
            else:
                keys = []
            for key in keys:
                if not isinstance(key, s.StringConstantExpression):
                    return False
                spellings.setdefault(key.value.lower(), set()).add(key.value)
        return made and all(len(one) == 1 for one in spellings.values())

    def _is_own_key(self, node: Any, path: str) -> bool:
        """Whether an index is the variable of a loop over the keys of this table, or of texts among them."""
        if not isinstance(node, s.VariableExpression):
            return False
        own = self._literal_keys(path)
        keys = self._looped(node)
        if isinstance(keys, s.ArrayLiteral):
            return bool(own) and {getattr(one, "value", None) for one in keys.elements} <= own
        if not isinstance(keys, s.MemberExpression) or not isinstance(keys.expression, s.VariableExpression):
            return False
        if word_of(keys.member) != "keys":
            return False
        other = path_of(keys.expression)
        return other == path or bool(own and self._literal_keys(other) and self._literal_keys(other) <= own)

    def _looped(self, node: s.VariableExpression) -> Any:
        """What the loop goes through whose variable this is; None where something else sets it as well."""
        for place in self.places[path_of(node)]:
            above = self.above(place)
            if isinstance(above, s.AssignmentStatement) and above.left is place:
                return None
        around = self.parents.get(id(node))
        while around is not None and not isinstance(around, s.FunctionDefinition):
            if isinstance(around, s.ForEachStatement) and path_of(around.variable) == path_of(node):
                keys = expression_of(around.condition)
                if isinstance(keys, s.ArrayExpression) and len(keys.sub_expression.statements) == 1:
                    keys = expression_of(keys.sub_expression.statements[0])
                return keys
            around = self.parents.get(id(around))
        return None

    def _literal_keys(self, path: str) -> set[str]:
        """The keys of a table that its literal makes, where nothing else makes any; else empty."""
        keys: set[str] = set()
        for node in self.places.get(path, []):
            around, above = self.parents.get(id(node)), self.above(node)
            if isinstance(above, s.AssignmentStatement) and above.left is node:
                table = table_of(above.right)
                if keys or not isinstance(table, s.Hashtable):
                    return set()
                keys = {str(getattr(key, "value", "")) for key, _ in table.key_value_pairs}
            elif isinstance(around, (s.MemberExpression, s.IndexExpression)):
                outer = self.above(around)
                if isinstance(outer, (s.AssignmentStatement, s.UnaryExpression)) and (
                    getattr(outer, "left", around) is around
                ):
                    return set()
            else:
                return set()
        return keys

    def is_bound_plain(self, names: set[str]) -> bool:
        """Whether `$PSBoundParameters` is asked only for keys that are spelt as its parameters."""
        for node in self.places.get("psboundparameters", []):
            around = self.parents.get(id(node))
            keys: list[Any] = []
            if isinstance(around, s.IndexExpression) and around.target is node:
                keys = [around.index]
            elif isinstance(around, s.InvokeMemberExpression) and around.expression is node:
                if word_of(around.member) != "containskey":
                    return False
                keys = list(around.arguments or [])
            elif not isinstance(around, s.MemberExpression) or around.expression is not node:
                return False
            elif word_of(around.member) not in ("keys", "count"):
                keys = [around.member]
            for key in keys:
                if isinstance(key, s.VariableExpression):
                    if not self._goes_through(key, names):
                        return False
                elif str(getattr(key, "value", "")) not in names:
                    return False
        return True

    def _goes_through(self, node: s.VariableExpression, names: set[str]) -> bool:
        """Whether a variable goes through texts that are all among these."""
        listed = self._looped(node)
        if not isinstance(listed, s.ArrayLiteral):
            return False
        return {getattr(one, "value", None) for one in listed.elements} <= names

    def is_asked_for(self, table: Any, key: Any) -> bool:
        """Whether this runs only if the table has the key: inside `if ($table.ContainsKey($key))`."""
        if not isinstance(table, s.VariableExpression) or not _is_path(key):
            return False
        if self._is_own_key(key, path_of(table)):
            return True
        for test in self._tests_around(key):
            if isinstance(test, s.InvokeMemberExpression):
                asked = [test.expression, *(test.arguments or [])]
                if word_of(test.member) in ("containskey", "contains") and len(asked) == 2:
                    return _same_path(asked[0], table) and _same_path(asked[1], key)
        return False

    def is_missing(self, table: Any, key: Any) -> bool:
        """Whether this runs only if the key is missing: inside `if (-not $table.ContainsKey($key))`."""
        for test in self._tests_around(key):
            call = test.child if isinstance(test, s.UnaryExpression) else None
            if isinstance(call, s.InvokeMemberExpression) and test.token_kind in ("Not", "Exclaim"):
                asked = [call.expression, *(call.arguments or [])]
                if word_of(call.member) == "containskey" and len(asked) == 2:
                    return _same_path(asked[0], table) and _same_path(asked[1], key)
        return False

    def _tests_around(self, node: Any) -> Iterator[Any]:
        """The conditions of the ifs around a place, from the inside, in its function."""
        inner, outer = node, self.parents.get(id(node))
        while outer is not None and not isinstance(outer, (s.FunctionDefinition, s.ScriptBlockExpression)):
            if isinstance(outer, s.IfStatement):
                yield from (expression_of(condition) for condition, body in outer.clauses if body is inner)
            inner, outer = outer, self.parents.get(id(outer))

    def is_key(self, node: s.VariableExpression) -> bool:
        """Whether a variable holds nothing but keys of tables, one after the other."""
        loops = 0
        for place in self.places[path_of(node)]:
            around = self.parents.get(id(place))
            if isinstance(around, s.ForEachStatement) and around.variable is place:
                keys = expression_of(around.condition)
                if word_of(getattr(keys, "member", None)) != "keys":
                    return False
                loops += 1
            elif isinstance(self.above(place), s.AssignmentStatement) and self.above(place).left is place:
                return False
        return loops > 0

    def _is_handed_on(self, node: s.VariableExpression) -> bool:
        """Whether a cmdlet gets the table as an argument, or as its parameters."""
        command = self.parents.get(id(node))
        outer = self.above(node)
        if isinstance(outer, s.Hashtable):
            while isinstance(outer, (s.Hashtable, s.ConvertExpression)):
                inner, outer = outer, self.parents.get(id(outer))
            pipeline = self.parents.get(id(outer))
            return isinstance(outer, s.CommandExpression) and is_json_of(pipeline, inner, first=True)
        if not isinstance(command, s.Command) or command.command_elements[0] is node:
            return False
        name = word_of(command.command_elements[0])
        return bool(name) and (node.splatted or name not in self.functions)

    def holds_calls(self, path: str) -> bool:
        """Whether all that is done with the values of a table is to call them: `& $table[$name]`."""
        calls = 0
        for node in self.places[path]:
            around = self.parents.get(id(node))
            if isinstance(around, s.IndexExpression) and around.target is node:
                command = self.parents.get(id(around))
                if not isinstance(command, s.Command) or command.command_elements[0] is not around:
                    return False
                if command.invocation_operator != "Ampersand":
                    return False
                calls += 1
            elif isinstance(around, s.MemberExpression) and around.expression is node:
                if word_of(around.member) not in ("keys", "count"):
                    return False
            elif isinstance(around, s.InvokeMemberExpression):
                return False
        return calls > 0


def _is_path(node: Any) -> bool:
    """Whether this is a variable, or a member of one by its name."""
    if type(node) is s.MemberExpression and not node.static:
        return isinstance(node.member, s.StringConstantExpression) and _is_path(node.expression)
    return isinstance(node, s.VariableExpression)


def _same_path(one: Any, other: Any) -> bool:
    if type(one) is not type(other) or not _is_path(one) or not _is_path(other):
        return False
    if isinstance(one, s.VariableExpression):
        return path_of(one) == path_of(other)
    return one.member.value.lower() == other.member.value.lower() and _same_path(
        one.expression, other.expression
    )
