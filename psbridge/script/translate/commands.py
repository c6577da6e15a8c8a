"""Commands as the Python that does the same: the chat API's cmdlets, files, pipelines as comprehensions."""

from __future__ import annotations

from typing import Any

from .. import syntax as s
from .code import ATOM, OR, Code, Refused, python_name
from .expressions import Expressions

_EACH = {"foreach-object", "foreach", "%"}
_WHERE = {"where-object", "where", "?"}
_SELECT = {"select-object", "select"}


class Commands(Expressions):
    """Writes commands and pipelines that have a value."""

    def pipeline(self, node: Any) -> Code:
        """A pipeline as an expression."""
        if not isinstance(node, s.Pipeline) or node.background:
            raise Refused(node, f"{type(node).__name__} as a value has no Python form yet.")
        value: Code | None = None
        for element in node.pipeline_elements:
            if element.redirections:
                raise Refused(element, "this redirection has no Python form yet.")
            if isinstance(element, s.CommandExpression):
                value = self.expression(element.expression)
            else:
                value = self.command(element, value)
        if value is None:
            raise Refused(node, "an empty pipeline has no Python form.")
        return value

    def name_of(self, command: s.Command) -> str:
        """The name of the command in lower case; empty where it is computed."""
        first = command.command_elements[0]
        if command.invocation_operator == "Dot" or not isinstance(first, s.StringConstantExpression):
            return ""
        return first.value.lower()

    def command(self, node: s.Command, piped: Code | None) -> Code:
        """One command, with what comes down the pipeline."""
        name = self.name_of(node)
        if name in _EACH | _WHERE and piped is not None:
            return self._comprehension(node, piped, name in _WHERE)
        if name in self.functions and piped is None:
            return self._call(node, name)
        named, values = self.arguments(node)
        first_of_list = piped is not None and piped.is_list and set(named) == {"first"} and not values
        if name in _SELECT and piped is not None and first_of_list:
            return Code(f"{piped.within(ATOM)}[: {self.expression(named['first']).text}]", piped.kind)
        if name == "join-path" and piped is None and len(values) == 2 and not named:
            self.modules.add("os")
            parts = [self.expression(value) for value in values]
            if all(part.kind == "str" for part in parts):
                return Code(f"os.path.join({', '.join(part.text for part in parts)})", "str")
        if name == "test-path" and piped is None:
            path = self._only(node, named, values, "path")
            self.modules.add("os")
            return Code(f"os.path.exists({path.text})", "bool")
        if name == "get-content" and piped is None and "raw" in named:
            named.pop("raw")
            path = self._only(node, named, values, "path")
            return Code(f'Path({path.text}).read_text(encoding="utf-8")', self._with_path("str"))
        if name == "read-host" and piped is None:
            return Code(f'input({self._only(node, named, values, "prompt").within(ATOM)} + ": ")', "str")
        if name in ("write-output", "echo") and piped is None and len(values) == 1 and not named:
            return self.expression(values[0])
        if name == "convertto-json" and piped is not None and piped.kind == "dict":
            return Code(piped.text, "body")
        if name in ("invoke-restmethod", "irm") and piped is None:
            return self._invoke_rest_method(node, named, values)
        return self._cmdlet(node, name, named, values, piped)

    def _call(self, node: s.Command, name: str) -> Code:
        """A function of the script's own."""
        declared, kind = self.functions[name]
        named, values = self.arguments(node)
        kinds = dict(declared)
        if len(values) > len(declared) or set(named) - set(kinds) or (named and values):
            raise Refused(node, "this way to call the function has no Python form yet.")
        given = [("", kinds[key], value) for (key, _), value in zip(declared, values, strict=False)]
        given += [(f"{python_name(key)}=", kinds[key], value) for key, value in named.items()]
        pieces = []
        for prefix, wanted, argument in given:
            if argument is None:
                raise Refused(node, "a switch of a function has no Python form yet.")
            code = self.expression(argument)
            text = self.as_text(code) if wanted == "str" else code.text
            if wanted not in ("str", "any", code.kind):
                raise Refused(node, f"the conversion of this argument to {wanted} has no Python form yet.")
            pieces.append(prefix + text)
        first = node.command_elements[0].value
        return Code(f"{python_name(first)}({', '.join(pieces)})", kind)

    def _with_path(self, kind: str) -> str:
        self.modules.add("pathlib")
        return kind

    def arguments(self, node: s.Command) -> tuple[dict[str, Any], list[Any]]:
        """Parameters by lower-case name (a switch is None) and the values without a name."""
        named: dict[str, Any] = {}
        values: list[Any] = []
        switches = {
            "raw",
            "compress",
            "nonewline",
            "force",
            "passthru",
            "stream",
            "streamtext",
            "asplaintext",
        }
        waiting = ""
        for element in node.command_elements[1:]:
            if isinstance(element, s.CommandParameter):
                name = element.parameter_name.lower()
                named[name] = element.argument
                waiting = "" if element.argument is not None or name in switches else name
            elif isinstance(element, s.VariableExpression) and element.splatted:
                raise Refused(element, "splatting has no Python form yet.", "write the parameters out")
            elif waiting:
                named[waiting], waiting = element, ""
            else:
                values.append(element)
        return named, values

    def _only(self, node: s.Command, named: dict[str, Any], values: list[Any], name: str) -> Code:
        """The command's one argument, given by name or not."""
        given = [*values, *(value for key, value in named.items() if key == name)]
        if len(given) != 1 or set(named) - {name} or given[0] is None:
            raise Refused(node, "these parameters have no Python form yet.")
        code = self.expression(given[0])
        if code.kind != "str":
            raise Refused(
                node, f"whether -{name} is one text is known only when it runs.", "declare it [string]"
            )
        return code

    def _comprehension(self, node: s.Command, piped: Code, where: bool) -> Code:
        block = node.command_elements[1] if len(node.command_elements) == 2 else None
        if not isinstance(block, s.ScriptBlockExpression) or not piped.is_list:
            raise Refused(node, "what comes down this pipeline is known only when it runs.")
        body = self.simple_body(block)
        kept, self.current = self.current, Code("item", piped.item)
        try:
            value = self.pipeline(body)
        finally:
            self.current = kept
        if where:
            return Code(
                f"[item for item in {piped.within(OR)} if {self.truth(value).within(OR)}]", piped.kind
            )
        if value.is_list or value.kind in ("any", "none", "reply"):
            raise Refused(node, "how many items this block puts out is known only when it runs.")
        return Code(f"[{value.text} for item in {piped.within(OR)}]", f"list:{value.kind}")

    def simple_body(self, block: s.ScriptBlockExpression) -> Any:
        """The one statement of a block without parameters."""
        inner = block.script_block
        statements = inner.end_block.statements if inner.end_block is not None else []
        if len(statements) != 1 or inner.param_block or inner.begin_block or inner.process_block:
            raise Refused(block, "a block of several statements as a value has no Python form yet.")
        return statements[0]

    def _invoke_rest_method(self, node: s.Command, named: dict[str, Any], values: list[Any]) -> Code:
        """A request to /chat/completions is New_ChatCompletion; keys and headers are the configuration's."""
        known = {"uri", "method", "headers", "body", "contenttype", "timeoutsec"}
        uri = named.get("uri") or (values[0] if len(values) == 1 else None)
        address = self.source_of(uri) if uri is not None else ""
        if set(named) - known or "chat/completions" not in address or "body" not in named:
            raise Refused(node, "only a request to /chat/completions with a -Body has a Python form yet.")
        body = self.expression(named["body"])
        if body.kind != "body":
            raise Refused(node, "the -Body is not plainly a hash table through ConvertTo-Json.")
        retries = "MaxRetryCount=0"
        if "timeoutsec" in named:
            retries += f", TimeoutSec={self.expression(named['timeoutsec']).text}"
        self.modules.add("psbridge")
        return Code(f"ps.New_ChatCompletion({body.text}, {retries})", "reply")

    def source_of(self, node: Any) -> str:
        """The script's text of a node."""
        raise NotImplementedError

    def _cmdlet(
        self, node: s.Command, name: str, named: dict[str, Any], values: list[Any], piped: Code | None
    ) -> Code:
        """A cmdlet of psbridge, by its name in Python."""
        import psbridge

        names = {entry.lower().replace("_", "-", 1): entry for entry in dir(psbridge) if "_" in entry[1:]}
        if name not in names or piped is not None:
            first = self.source_of(node.command_elements[0]) if node.command_elements else name
            raise Refused(node, f"the command {first} has no Python form yet.", "write this line by hand")
        spelt = {item.lower(): item for item in _parameters(getattr(psbridge, names[name]))}
        pieces, kept = [], self.plain_tables
        self.plain_tables = True
        try:
            pieces += [self.expression(value).text for value in values]
            for key, value in named.items():
                full = [spelt[item] for item in spelt if item == key] or [
                    spelt[item] for item in spelt if item.startswith(key)
                ]
                if len(full) != 1:
                    raise Refused(node, f"-{key} is not one parameter of {names[name].replace('_', '-')}.")
                pieces.append(f"{full[0]}={'True' if value is None else self.expression(value).text}")
        finally:
            self.plain_tables = kept
        self.modules.add("psbridge")
        stream = {"stream", "streamtext"} & set(named)
        kind = "reply" if names[name] == "New_ChatCompletion" and not stream else "any"
        return Code(f"ps.{names[name]}({', '.join(pieces)})", kind)


def _parameters(function: Any) -> list[str]:
    import inspect

    return [name for name in inspect.signature(function).parameters if name[:1].isupper()]
