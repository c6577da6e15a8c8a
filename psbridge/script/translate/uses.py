"""How a script uses its variables: what can be a plain list of Python's, and what serves a request alone.

Looks at the syntax tree only, before anything is written.
"""

from __future__ import annotations

from typing import Any

from .. import syntax as s
from .code import python_name

_LIST_METHODS = ("add", "addrange", "clear", "toarray", "insert", "removeat")
_MANY = frozenset(
    "foreach-object where-object select-object sort-object group-object get-childitem import-csv "
    "convertfrom-csv select-string get-unique".split()
)
"""Commands that put out as many objects as there are."""
_REQUESTS = ("invoke-restmethod", "irm")


class Uses:
    """Every place where a variable of the script stands."""

    def __init__(self, tree: s.ScriptBlock) -> None:
        self.parents: dict[int, Any] = {}
        self.places: dict[str, list[s.VariableExpression]] = {}
        self.nodes: list[Any] = []
        stack: list[Any] = [tree]
        while stack:
            node = stack.pop()
            self.nodes.append(node)
            for child in node.children():
                self.parents[id(child)] = node
                stack.append(child)
            if isinstance(node, s.VariableExpression):
                self.places.setdefault(path_of(node), []).append(node)
        self.spelling = {
            path: min(nodes, key=lambda one: one.start).variable_path.rpartition(":")[2]
            for path, nodes in self.places.items()
        }
        self.functions = {one.name.lower() for one in self.nodes if isinstance(one, s.FunctionDefinition)}
        self.lists = {path for path in self.places if self._is_list(path)}
        self.arrays = {path for path in self.places if path not in self.lists and self._is_private(path)}
        self.builders = {path for path in self.places if self._is_builder(path)}
        self.tables = {path for path in self.places if self._is_table(path)}
        self.dicts = {path for path in self.places if self._is_dict(path)}
        self.callable = {path for path in self.tables if self._holds_calls(path)}
        self.piped = {path for path in self.places if self._is_piped(path)}
        self.governed = self._matches()
        self.splats = self._request_tables()
        self.payloads = {path for path in self.places if self._is_payload(path)}
        self.headers = {path for path in self.places if self._is_headers(path)}
        self.bodies = {path for path in self.places if self._is_body(path)}

    def named(self, taken: set[str]) -> dict[str, str]:
        """A Python name for every variable, after its first spelling; none of those that are taken."""
        names: dict[str, str] = {}
        used = set(taken)
        own = [path for path in self.places if path not in ("_", "psitem", "null", "true", "false")]
        for path in sorted(own, key=lambda one: min(place.start for place in self.places[one])):
            plain = name = python_name(self.spelling[path])
            number = 1
            while name in used:
                number += 1
                name = f"{plain}_{number}"
            used.add(name)
            names[path] = name
        return names

    def in_block(self, node: Any) -> bool:
        """Whether a node is inside a script block that has a call of its own."""
        while node is not None and not isinstance(node, s.ScriptBlockExpression):
            node = self.parents.get(id(node))
        return node is not None

    def above(self, node: Any, count: int = 1) -> Any:
        """The node around this one, without the wrappers of a lone expression."""
        for _ in range(count):
            node = self.parents.get(id(node))
            while isinstance(node, s.CommandExpression) or (
                isinstance(node, s.Pipeline) and len(node.pipeline_elements) == 1
            ):
                node = self.parents.get(id(node))
        return node

    # Matches

    def _matches(self) -> dict[int, Any] | None:
        """For every `$Matches`, the test whose groups it has; None where that is not plain for one."""
        tests = [
            one
            for one in self.nodes
            if isinstance(one, s.BinaryExpression) and one.operator[1:].lower() in ("match", "notmatch")
        ]
        made: dict[int, Any] = {}
        for node in self.places.get("matches", []):
            test = self._governing(node)
            if test is None or any(test.end < other.start < node.start for other in tests):
                return None
            made[id(node)] = test
        return made

    def _governing(self, node: s.VariableExpression) -> Any:
        around = self.parents.get(id(node))
        if isinstance(around, s.MemberExpression) and around.expression is node:
            if str(getattr(around.member, "value", "keys")).lower() in ("keys", "values", "count"):
                return None
        elif not (isinstance(around, s.IndexExpression) and around.target is node) or not isinstance(
            around.index, (s.ConstantExpression, s.StringConstantExpression)
        ):
            return None
        inner: Any = node
        outer = self.parents.get(id(node))
        while outer is not None and not isinstance(outer, s.FunctionDefinition):
            if isinstance(outer, s.IfStatement):
                for condition, body in outer.clauses:
                    test = expression_of(condition)
                    plain = isinstance(test, s.BinaryExpression) and test.operator in ("Imatch", "Cmatch")
                    if body is inner and plain and isinstance(test.right, s.StringConstantExpression):
                        return test
            if isinstance(outer, s.SwitchStatement):
                if "regex" not in outer.flags.lower():
                    return None
                for label, body in outer.clauses:
                    if body is inner:
                        return label if isinstance(label, s.StringConstantExpression) else None
            inner, outer = outer, self.parents.get(id(outer))
        return None

    # Lists

    def _is_list(self, path: str) -> bool:
        """Whether a variable is a generic list that is used as Python's own lists are."""
        made = False
        for node in self.places[path]:
            around = self.above(node)
            if isinstance(around, s.AssignmentStatement) and around.left is node:
                if around.operator != "Equals" or not is_new_list(expression_of(around.right)):
                    return False
                made = True
            elif not self._reads(node, _LIST_METHODS):
                return False
        return made

    def _is_builder(self, path: str) -> bool:
        """Whether a variable is a StringBuilder that is written to, and read as a text."""
        made, others = self._set_once(path)
        if made is None or not _is_new_builder(expression_of(made.right)):
            return False
        for node in others:
            around = self.parents.get(id(node))
            if not isinstance(around, s.InvokeMemberExpression) or around.expression is not node:
                return False
            name = str(getattr(around.member, "value", "")).lower()
            if name == "tostring" and not around.arguments:
                continue
            above = self.above(around)
            void = isinstance(above, s.ConvertExpression) and above.type.type_name.full_name.lower() == "void"
            nothing = isinstance(above, s.AssignmentStatement) and path_of(above.left) == "null"
            if (
                name not in ("append", "appendline")
                or len(around.arguments or []) > 1
                or not (void or nothing)
            ):
                return False
        return True

    def _is_table(self, path: str) -> bool:
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
                name = str(getattr(around.member, "value", "")).lower()
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

    def _is_dict(self, path: str) -> bool:
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
                if str(getattr(around.member, "value", "")).lower() in ("keys", "count", "values"):
                    keys = []
            elif isinstance(around, s.InvokeMemberExpression) and around.expression is node:
                if str(getattr(around.member, "value", "")).lower() not in ("containskey", "contains"):
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
        """Whether an index is the variable of a loop over the keys of this table."""
        if not isinstance(node, s.VariableExpression):
            return False
        loops = []
        for place in self.places[path_of(node)]:
            around = self.parents.get(id(place))
            if isinstance(around, s.ForEachStatement) and around.variable is place:
                loops.append(around)
            elif isinstance(self.above(place), s.AssignmentStatement) and self.above(place).left is place:
                return False
        for loop in loops:
            keys = expression_of(loop.condition)
            plain = isinstance(keys, s.MemberExpression) and isinstance(keys.expression, s.VariableExpression)
            if not plain or str(getattr(keys.member, "value", "")).lower() != "keys":
                return False
            if path_of(keys.expression) != path:
                return False
        return bool(loops)

    def _is_handed_on(self, node: s.VariableExpression) -> bool:
        """Whether a cmdlet gets the table as an argument, or as its parameters."""
        command = self.parents.get(id(node))
        if not isinstance(command, s.Command) or command.command_elements[0] is node:
            return False
        name = str(getattr(command.command_elements[0], "value", "")).lower()
        return bool(name) and (node.splatted or name not in self.functions)

    def _holds_calls(self, path: str) -> bool:
        """Whether all that is done with the values of a table is to call them: `& $table[$name]`."""
        for node in self.places[path]:
            around = self.parents.get(id(node))
            if isinstance(around, s.IndexExpression) and around.target is node:
                command = self.parents.get(id(around))
                if not isinstance(command, s.Command) or command.command_elements[0] is not around:
                    return False
                if command.invocation_operator != "Ampersand":
                    return False
            elif isinstance(around, s.MemberExpression) and around.expression is node:
                if str(getattr(around.member, "value", "")).lower() not in ("keys", "count"):
                    return False
            elif isinstance(around, s.InvokeMemberExpression):
                return False
        return True

    def _is_piped(self, path: str) -> bool:
        """Whether a variable holds what pipelines put out, and is used as a list would be: it may be one."""
        made = False
        for node in self.places[path]:
            around = self.above(node)
            if isinstance(around, s.AssignmentStatement) and around.left is node:
                if around.operator != "Equals" or not _gives_many(around.right):
                    return False
                made = True
            elif not self._reads_all(node):
                return False
        return made

    def _reads_all(self, node: s.VariableExpression) -> bool:
        """Whether this place takes all that is in the variable, one or many alike."""
        plain = self._reads_plainly(node, ("count",))
        if plain is not None:
            return plain
        around = self.parents.get(id(node))
        if not isinstance(around, s.CommandExpression) or around.redirections:
            return False
        pipeline = self.parents.get(id(around))
        if not isinstance(pipeline, s.Pipeline) or pipeline.pipeline_elements[0] is not around:
            return False
        if len(pipeline.pipeline_elements) > 1:
            return True
        above = self.parents.get(id(pipeline))
        return (isinstance(above, s.ForEachStatement) and above.condition is pipeline) or isinstance(
            above, (s.NamedBlock, s.StatementBlock)
        )

    def _is_private(self, path: str) -> bool:
        """Whether an array is known under no other name, so that adding to it may change it in place."""
        for node in self.places[path]:
            around = self.above(node)
            if isinstance(around, s.AssignmentStatement) and around.left is node:
                if around.operator == "Equals" and not _is_fresh(expression_of(around.right)):
                    return False
            elif not self._reads(node, ()):
                return False
        return True

    def _reads(self, node: s.VariableExpression, methods: tuple[str, ...]) -> bool:
        """Whether this place goes through the list, or reads a part, and keeps no hold of the list itself."""
        plain = self._reads_plainly(node, ("count", "length"))
        if plain is not None:
            return plain
        around = self.parents.get(id(node))
        if isinstance(around, s.InvokeMemberExpression) and around.expression is node:
            return str(getattr(around.member, "value", "")).lower() in methods
        if isinstance(around, s.IndexExpression) and around.target is node:
            above = self.above(around)
            return not isinstance(above, (s.AssignmentStatement, s.UnaryExpression)) or (
                isinstance(above, s.AssignmentStatement) and above.left is not around
            )
        if isinstance(around, s.ExpandableStringExpression):
            return True
        if isinstance(around, s.CommandExpression):
            pipeline = self.parents.get(id(around))
            if not isinstance(pipeline, s.Pipeline):
                return False
            if len(pipeline.pipeline_elements) > 1:
                return pipeline.pipeline_elements[0] is around
            loop = self.parents.get(id(pipeline))
            return isinstance(loop, s.ForEachStatement) and loop.condition is pipeline
        return False

    def _reads_plainly(self, node: s.VariableExpression, sizes: tuple[str, ...]) -> bool | None:
        """Whether a place where a member, an operator or a loop stands reads the list; None elsewhere."""
        around = self.parents.get(id(node))
        if isinstance(around, s.MemberExpression) and around.expression is node:
            above = self.above(around)
            return str(getattr(around.member, "value", "")).lower() in sizes and not (
                isinstance(above, s.AssignmentStatement) and above.left is around
            )
        if isinstance(around, s.BinaryExpression) and around.left is node:
            return around.operator in ("Join", "Icontains", "Ccontains", "Inotcontains", "Cnotcontains")
        return around.condition is node if isinstance(around, s.ForEachStatement) else None

    # Requests

    def _command_of(self, node: s.VariableExpression) -> tuple[str, str]:
        """The command that this place is an argument of, and the parameter before it."""
        command = self.parents.get(id(node))
        if not isinstance(command, s.Command):
            return "", ""
        name = str(getattr(command.command_elements[0], "value", "")).lower()
        number = next(place for place, one in enumerate(command.command_elements) if one is node)
        before = command.command_elements[number - 1]
        return name, before.parameter_name.lower() if isinstance(before, s.CommandParameter) else ""

    def _set_once(self, path: str) -> tuple[Any, list[s.VariableExpression]]:
        """The one assignment of a variable, and the other places; None if it is set more than once."""
        sets, others = [], []
        for node in self.places[path]:
            around = self.above(node)
            if isinstance(around, s.AssignmentStatement) and around.left is node:
                sets.append(around)
            else:
                others.append(node)
        if len(sets) != 1 or sets[0].operator != "Equals":
            return None, others
        return sets[0], others

    def set_once(self, path: str) -> Any:
        """The one assignment of a variable; None if it is set more than once, or nowhere."""
        return self._set_once(path)[0] if path in self.places else None

    def _is_headers(self, path: str) -> bool:
        made, others = self._set_once(path)
        if made is None or not others or not only_key(made.right, set()):
            return False
        return all(self._command_of(one) in [(name, "headers") for name in _REQUESTS] for one in others)

    def _is_body(self, path: str) -> bool:
        sets = others = 0
        for node in self.places[path]:
            around = self.above(node)
            if isinstance(around, s.AssignmentStatement) and around.left is node:
                sets += 1
            elif self._command_of(node) in [(name, "body") for name in _REQUESTS] and self._asks_chat(node):
                others += 1
            else:
                return False
        return bool(sets and others)

    def _asks_chat(self, node: s.VariableExpression) -> bool:
        """Whether the command that this is an argument of asks the service for a chat completion."""
        command: Any = self.parents.get(id(node))
        return any(is_chat(str(getattr(one, "value", ""))) for one in command.command_elements[1:])

    def _request_tables(self) -> dict[str, s.Hashtable]:
        """Tables that are splatted to one request each, and used for nothing else."""
        tables = {}
        for path in self.places:
            made, others = self._set_once(path)
            table = expression_of(made.right) if made is not None else None
            if not isinstance(table, s.Hashtable) or len(others) != 1 or not others[0].splatted:
                continue
            command: Any = self.parents.get(id(others[0]))
            name = str(getattr(command.command_elements[0], "value", "")).lower()
            if name in _REQUESTS and len(command.command_elements) == 2:
                tables[path] = table
        return tables

    def _is_payload(self, path: str) -> bool:
        """Whether a table is made once, and is then nothing but the head of `| ConvertTo-Json`."""
        made, others = self._set_once(path)
        if made is None or len(others) != 1 or not isinstance(table_of(made.right), s.Hashtable):
            return False
        pipeline = self.parents.get(id(self.parents.get(id(others[0]))))
        return is_json_of(pipeline, others[0])


def path_of(node: s.VariableExpression) -> str:
    """A variable's name, without the scope it is looked for in."""
    where, _, rest = node.variable_path.lower().rpartition(":")
    return rest if where in ("", "script", "global", "local", "private") else node.variable_path.lower()


def expression_of(node: Any) -> Any:
    """The expression that a statement is, if it is no more than one."""
    if isinstance(node, s.Pipeline) and len(node.pipeline_elements) == 1:
        node = node.pipeline_elements[0]
    if isinstance(node, s.CommandExpression) and not node.redirections:
        return node.expression
    return node


def table_of(node: Any) -> Any:
    """The table that a statement is, whatever it is cast to."""
    node = expression_of(node)
    while isinstance(node, s.ConvertExpression):
        node = node.child
    return node


def is_json_of(pipeline: Any, head: Any) -> bool:
    """Whether a pipeline is `head | ConvertTo-Json`."""
    if not isinstance(pipeline, s.Pipeline) or len(pipeline.pipeline_elements) != 2:
        return False
    first, last = pipeline.pipeline_elements
    if getattr(first, "expression", None) is not head or not isinstance(last, s.Command):
        return False
    return str(getattr(last.command_elements[0], "value", "")).lower() == "convertto-json"


def is_new_list(node: Any) -> bool:
    """Whether this is `[System.Collections.Generic.List[T]]::new()`, of a type whose items Python keeps."""
    return new_list_of(node) in ("string", "object", "hashtable", "psobject", "pscustomobject")


def new_list_of(node: Any) -> str:
    """The element type of a new generic list; empty for anything else."""
    if not isinstance(node, s.InvokeMemberExpression) or not node.static or node.arguments:
        return ""
    owner = node.expression
    if not isinstance(owner, s.TypeExpression) or str(getattr(node.member, "value", "")).lower() != "new":
        return ""
    name = owner.type_name.full_name.lower().removeprefix("system.")
    prefix = "collections.generic.list["
    return name[len(prefix) : -1].removeprefix("system.") if name.startswith(prefix) else ""


def _is_new_builder(node: Any) -> bool:
    if not isinstance(node, s.InvokeMemberExpression) or not node.static or node.arguments:
        return False
    owner = getattr(getattr(node.expression, "type_name", None), "full_name", "").lower()
    name = str(getattr(node.member, "value", "")).lower()
    return owner.removeprefix("system.") == "text.stringbuilder" and name == "new"


def _gives_many(node: Any) -> bool:
    """Whether this is a pipeline of commands whose output is as many objects as there are."""
    if isinstance(node, (s.ForEachStatement, s.WhileStatement, s.ForStatement)):
        return True
    if not isinstance(node, s.Pipeline):
        return False
    last = node.pipeline_elements[-1]
    if not isinstance(last, s.Command) or last.redirections or last.invocation_operator != "Unknown":
        return False
    name = str(getattr(last.command_elements[0], "value", "")).lower()
    name = command_of_alias(name)
    if name == "get-content":
        return not any(
            isinstance(one, s.CommandParameter) and one.parameter_name.lower() in ("raw", "asbytestream")
            for one in last.command_elements
        )
    return name in _MANY


def command_of_alias(name: str) -> str:
    """The command that an alias stands for, in lower case; the name itself where it is none."""
    from psbridge.script.commands.table import ALIASES

    return str(ALIASES.get(name, name)).lower()


def _is_fresh(node: Any) -> bool:
    """Whether an expression makes a new array that nothing else holds."""
    return isinstance(node, (s.ArrayExpression, s.ArrayLiteral)) and not (
        isinstance(node, s.ArrayExpression)
        and len(node.sub_expression.statements) == 1
        and isinstance(expression_of(node.sub_expression.statements[0]), s.VariableExpression)
    )


def is_chat(address: str) -> bool:
    """Whether an address of the script is the configured service's chat completions, or the default one's."""
    folded = address.lower()
    own = "openai_base_url" in folded or "https://api.openai.com/v1/chat/completions" in folded
    return "chat/completions" in folded and own


def only_key(node: Any, headers: set[str]) -> bool:
    """Whether these headers are nothing but the service's key and content types."""
    node = table_of(node)
    if isinstance(node, s.ParenExpression):
        return only_key(node.pipeline, headers)
    if isinstance(node, s.VariableExpression):
        return node.variable_path.lower() in headers
    if not isinstance(node, s.Hashtable):
        return False
    for key, value in node.key_value_pairs:
        name = str(getattr(key, "value", "")).lower()
        if name not in ("authorization", "content-type", "accept"):
            return False
        if name == "authorization":
            names = [
                one.variable_path.lower() for one in value.walk() if isinstance(one, s.VariableExpression)
            ]
            if names != ["env:openai_api_key"]:
                return False
    return True
