"""Commands that have a form of Python's own: files, paths, output, and psbridge's cmdlets."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from .. import syntax as s
from .code import ATOM, CONDITION, SUM, Again, Code, put_out, quoted, run_of
from .commands import Commands
from .nodes import CHAT_PATH, expression_of, is_chat_elsewhere, only_key, path_of, table_of, word_of
from .shapes import OBJECTS

_READ = frozenset("baseurl model organization project maxretrycount timeoutsec defaultheaders".split())
"""What Python's configuration gives as PowerShell's does."""


class Forms(Commands):
    """Writes commands plainly where both languages agree."""

    def plain_command(self, node: s.Command, name: str, piped: Code | None) -> Code | None:
        """A command that Python has a form of its own for; None if this is not one."""
        if any(isinstance(one, s.VariableExpression) and one.splatted for one in node.command_elements):
            return self._splatted_request(node, name) if piped is None else None
        named, values = self.arguments(node)
        if len(named) != sum(isinstance(one, s.CommandParameter) for one in node.command_elements):
            return None  # a parameter is given twice
        method = getattr(self, "_" + name.replace("-", "_"), None)
        if method is not None:
            code: Code | None = method(node, named, values, piped)
            if code is not None:
                return code
        return self._cmdlet(node, name, named, values, piped)

    def _text_argument(self, named: dict[str, Any], values: list[Any], *names: str) -> Code | None:
        """The command's one argument, if it is plainly a text, given by one of these names or by position."""
        given = [*values, *(value for key, value in named.items() if key in names)]
        if len(given) != 1 or set(named) - set(names) or given[0] is None:
            return None
        code = self.expression(given[0])
        return code if code.kind == "str" else None

    def _select_object(
        self, node: Any, named: dict[str, Any], values: list[Any], piped: Code | None
    ) -> Code | None:
        if piped is not None and not values and set(named) in ({"first"}, {"last"}):
            one = self.expression(next(iter(named.values()))).text
            if one == "1" and piped.text.isidentifier() and piped.base in OBJECTS and self.as_item:
                place = "0" if "first" in named else "-1"
                text = f"{piped.text}[{place}] if {piped.text} else None"
                return Code(text, "any", CONDITION)
        if piped is None or values or set(named) != {"first"} or not self.literal(named["first"]):
            return None
        count = self.expression(named["first"])
        if piped.stream and not run_of(piped.text) and piped.text.startswith("ps.") and count.kind == "int":
            self.modules.add("itertools")
            return Code(f"itertools.islice({piped.text}, {count.text})", piped.kind, stream=True)
        if (
            count.text == "1"
            and piped.kind == "reply"
            and piped.text.isidentifier() is False
            and "(" not in piped.text
        ):
            return Code(f"{piped.within(ATOM)}[0]", "reply") if not piped.inner else None
        return None

    as_item = False
    """Whether what is written now is the value of a table, which nothing goes through."""

    def _join_path(
        self, node: Any, named: dict[str, Any], values: list[Any], piped: Code | None
    ) -> Code | None:
        if piped is not None or len(values) != 2 or named:
            return None
        parts = [self.expression(value) for value in values]
        if all(part.kind == "str" for part in parts) and isinstance(values[1], s.StringConstantExpression):
            child = values[1].value
            if child and not set(child) & set("/\\") and not child.startswith("."):
                self.modules.add("os")
                return Code(f"os.path.join({parts[0].text}, {parts[1].text})", "str")
        return None

    def _test_path(
        self, node: Any, named: dict[str, Any], values: list[Any], piped: Code | None
    ) -> Code | None:
        path = self._text_argument(named, values, "path", "literalpath") if piped is None else None
        if path is None or set(path.text) & set("*?[:~"):
            return None
        self.modules.add("os")
        return Code(f"os.path.exists({path.text})", "bool")

    def _read_host(
        self, node: Any, named: dict[str, Any], values: list[Any], piped: Code | None
    ) -> Code | None:
        if piped is not None or "assecurestring" in named or "maskinput" in named:
            return None
        if not named and not values:
            return Code("input()", "str")
        prompt = self._text_argument(named, values, "prompt")
        if prompt is None:
            return None
        if prompt.text.startswith(('"', 'f"')) and prompt.text.endswith('"'):
            return Code(f'input({prompt.text[:-1]}: ")', "str")
        return Code(f'input({prompt.within(SUM)} + ": ")', "str")

    def _write_output(
        self, node: Any, named: dict[str, Any], values: list[Any], piped: Code | None
    ) -> Code | None:
        if piped is not None or named or len(values) != 1:
            return None
        value = self.as_value(self.expression(values[0]))
        return Code("[]", stream=True) if value.text == "[]" else put_out(value)

    def _convertto_json(
        self, node: Any, named: dict[str, Any], values: list[Any], piped: Code | None
    ) -> Code | None:
        if piped is not None and self.plain_tables and piped.kind == "dict" and piped.text.startswith("["):
            return Code(piped.text[1:-1], "body")
        return None

    def _start_sleep(
        self, node: Any, named: dict[str, Any], values: list[Any], piped: Code | None
    ) -> Code | None:
        given = values or [named[one] for one in ("seconds",) if one in named]
        if piped is not None or len(given) != 1 or set(named) - {"seconds"} or self.known.shows:
            return None  # rows that wait for others wait no longer than that
        seconds = self.as_value(self.expression(given[0]))
        if seconds.kind not in ("int", "float"):
            return None
        self.modules.add("time")
        return Code(f"time.sleep({seconds.text})", "void")

    def _get_date(
        self, node: Any, named: dict[str, Any], values: list[Any], piped: Code | None
    ) -> Code | None:
        if piped is None and not named and not values:
            return Code(f'{self.posh("static_member")}({self.net_type(node, "datetime")}, "Now")')
        return None

    # Requests

    def _invoke_restmethod(
        self, node: Any, named: dict[str, Any], values: list[Any], piped: Code | None
    ) -> Code | None:
        """A request to /chat/completions is New_ChatCompletion; keys and headers are the configuration's."""
        if piped is not None:
            return None
        known = {"uri", "method", "headers", "body", "contenttype", "timeoutsec", "connectiontimeoutseconds"}
        known |= {one for one in ("verbose", "debug") if _is_constant(named.get(one), "false")}
        known |= {"usebasicparsing"} if "usebasicparsing" in named else set()
        if word_of(named.get("erroraction")) == "stop":
            known.add("erroraction")  # Python raises
        uri = named.get("uri") or (values[0] if len(values) == 1 else None)
        code = None
        if uri is not None and not set(named) - known and len(values) < 2:
            parts = {**named, "uri": uri}
            code = self._request(parts, named.get("connectiontimeoutseconds"))
        if code is None:
            self._is_no_request(named)
        return code

    def _is_no_request(self, named: dict[str, Any]) -> None:
        """A request that stays one: what it is made of are variables like any other then."""
        for part, only in (("body", self.uses.bodies), ("headers", self.uses.headers)):
            value = named.get(part)
            if isinstance(value, s.ParenExpression) and self.is_body(value.pipeline):
                value, only = table_of(value.pipeline.pipeline_elements[0]), self.uses.payloads
            if isinstance(value, s.VariableExpression) and path_of(value) in only:
                only.discard(path_of(value))
                raise Again

    def _request(self, parts: dict[str, Any], timeout: Any) -> Code | None:
        body, headers = parts.get("body"), parts.get("headers")
        address = self.source_of(parts["uri"])
        if not self.uses.asks_chat(address) or body is None:
            return None
        elsewhere = is_chat_elsewhere(address)
        if elsewhere:
            if not self._is_plain_post(parts):
                return None
        elif headers is not None and not only_key(headers, self.uses.headers):
            return None
        written = self.request_body(body)
        if written is None:
            return None
        extra = "MaxRetryCount=0"
        if elsewhere:
            connection = self._connection(parts)
            if connection is None:
                return None
            extra = f"Connection={connection}, {extra}"
            self.known.elsewhere = True
        self.known.asks = True
        if timeout is not None:
            extra += f", TimeoutSec={self.as_value(self.expression(timeout)).text}"
        self.modules.add("psbridge")
        return Code(f"ps.New_ChatCompletion({written}, {extra})", "reply")

    def _is_plain_post(self, parts: dict[str, Any]) -> bool:
        """Whether this is what the client sends another server as well: JSON that names its model."""
        kind = word_of(expression_of(parts.get("contenttype")))
        table = self._set_table(parts.get("body"))
        if word_of(expression_of(parts.get("method"))) != "post" or not kind.startswith("application/json"):
            return False
        if table is None or "model" not in table:
            return False
        return "stream" not in table or _is_constant(expression_of(table["stream"]), "false")

    def _set_table(self, node: Any) -> dict[str, Any] | None:
        """The entries of a table, or of one as JSON, that stands here or that a variable is set to once."""
        node = table_of(node)
        if isinstance(node, s.VariableExpression):
            made = self.uses.set_once(path_of(node))
            return self._set_table(made.right) if made is not None else None
        if isinstance(node, s.ParenExpression):
            return self._set_table(node.pipeline)
        if isinstance(node, s.Pipeline) and len(node.pipeline_elements) == 2 and self.is_body(node):
            return self._set_table(node.pipeline_elements[0])
        if not isinstance(node, s.Hashtable):
            return None
        return {word_of(key): value for key, value in node.key_value_pairs}

    def _connection(self, parts: dict[str, Any]) -> str | None:
        """The connection to another server: the script's headers, and no key but the script's.

        None where it is not plain what the headers are.
        """
        base, headers = self._base_url(parts["uri"]), parts.get("headers")
        table = self._set_table(headers) if headers is not None else {}
        if base is None or table is None or not all(table):
            return None
        if any(self.value(value).kind != "str" for value in table.values()):
            return None
        more = [] if "authorization" in table else ['"Authorization": None']
        kind = expression_of(parts["contenttype"]).value
        if kind != "application/json":
            if "content-type" in table:
                return None
            more.append(f'"Content-Type": {quoted(kind)}')
        sent = ", ".join(more)
        if headers is not None:
            held = table_of(headers)
            with self.meanwhile(plain_tables=True):
                written = self.expression(headers).text
            if not isinstance(held, s.VariableExpression):
                sent = ", ".join([*more, *([written[1:-1]] if table else [])])
            elif path_of(held) not in self.uses.dicts:
                return None
            elif more:  # before the script's own, which may have set the same
                sent = f"{sent}, **{written}"
            else:
                return f"ps.New_ChatConnection(BaseUrl={base}, DefaultHeaders={written})"
        return f"ps.New_ChatConnection(BaseUrl={base}, DefaultHeaders={{{sent}}})"

    def _base_url(self, uri: Any) -> str | None:
        """What comes before the path of a chat completion; None if that is not plain."""
        address = self.expression(uri).text
        base = address[:-1].removesuffix(CHAT_PATH) + address[-1]
        if base == address:
            return None
        inside = getattr(uri, "nested_expressions", [])
        if len(inside) == 1 and isinstance(inside[0], s.VariableExpression):
            alone = self.expression(inside[0])
            if alone.kind == "str" and base.startswith('f"{') and base.endswith('}"'):
                return alone.text
        return base

    def request_body(self, node: Any) -> str | None:
        """The request of a -Body that is plainly a table as JSON; None if it is something else."""
        if isinstance(node, s.VariableExpression):
            code = self.read(node)
            return code.text if code is not None and code.kind == "body" else None
        inner = node.pipeline if isinstance(node, s.ParenExpression) else node
        if isinstance(inner, s.Pipeline) and self.is_body(inner):
            with self.meanwhile(plain_tables=True):
                code = self.value(inner)
            return code.text if code.kind == "body" else None
        return None

    def is_body(self, node: Any) -> bool:
        """Whether this is a table that goes through ConvertTo-Json."""
        if not isinstance(node, s.Pipeline) or len(node.pipeline_elements) != 2:
            return False
        first, last = node.pipeline_elements
        if not isinstance(last, s.Command) or self.name_of(last) != "convertto-json":
            return False
        table = table_of(first)
        if isinstance(table, s.VariableExpression):
            return path_of(table) in self.uses.payloads
        return isinstance(table, s.Hashtable)

    def _splatted_request(self, node: s.Command, name: str) -> Code | None:
        """`Invoke-RestMethod @request`, where the table serves this request alone."""
        if name != "invoke-restmethod" or len(node.command_elements) != 2:
            return None
        table = self.uses.splats.get(node.command_elements[1].variable_path.lower())
        parts = self.request_parts(table) if table is not None else None
        if parts is None:
            return None
        timeout = parts.get("timeoutsec")
        given = {name: part if name == "body" else expression_of(part) for name, part in parts.items()}
        code = self._request(given, expression_of(timeout) if timeout is not None else None)
        if code is None:
            del self.uses.splats[node.command_elements[1].variable_path.lower()]
            raise Again
        return code

    def request_parts(self, table: s.Hashtable) -> dict[str, Any] | None:
        """The parts of a table that is splatted to a request to the service; None for any other."""
        parts = {word_of(key): value for key, value in table.key_value_pairs}
        if set(parts) - {"uri", "method", "headers", "body", "contenttype", "timeoutsec"}:
            return None
        if "uri" not in parts or not self.uses.asks_chat(self.source_of(parts["uri"])) or "body" not in parts:
            return None
        elsewhere = is_chat_elsewhere(self.source_of(parts["uri"]))
        if "headers" in parts and not elsewhere and not only_key(parts["headers"], self.uses.headers):
            return None
        return parts if self.is_body(parts["body"]) else None

    # psbridge's cmdlets

    def _cmdlet(
        self, node: s.Command, name: str, named: dict[str, Any], values: list[Any], piped: Code | None
    ) -> Code | None:
        """A cmdlet of psbridge, by its name in Python."""
        import psbridge

        names = _cmdlets()
        if name not in names or piped is not None:
            return None
        if self.uses.may_be_tried(node) and _may_only_show(names[name]):
            return None
        if name == "get-configuration" and not self._reads_plainly(node):
            return None
        spelt = {key.lower(): key for key in _parameters(getattr(psbridge, names[name]))}
        builds = names[name].startswith("Initialize_")
        for key in [one for one in named if one not in spelt]:
            close = [one for one in spelt if one.startswith(key)]
            if len(close) == 1 and close[0] not in named:
                named[close[0]] = named.pop(key)
        if _is_constant(named.get("confirm"), "false"):
            named.pop("confirm")  # Python does not ask
        if self.in_try and getattr(named.get("erroraction"), "value", "").lower() == "stop":
            named.pop("erroraction")  # Python raises
        stream = set() if builds else {"stream", "streamtext"} & set(named)
        if set(named) - set(spelt):
            return None
        kept = self.plain_tables
        pieces: list[str] = []
        numbers = _numbers(getattr(psbridge, names[name]))
        try:
            self.plain_tables = True
            pieces += [self.as_value(self.expression(value)).text for value in values]
            for key, value in named.items():
                text = "True" if value is None else self.as_value(self.expression(value)).text
                if numbers[spelt[key]] and re.fullmatch(r'"-?\d+(\.\d+)?"', text):
                    text = text[1:-1]
                pieces.append(f"{spelt[key]}={text}")
        finally:
            self.plain_tables = kept
        self.modules.add("psbridge")
        call = f"ps.{names[name]}({', '.join(pieces)})"
        if stream:
            return Code(call, "str" if "streamtext" in named else "reply", stream=True)
        plain = names[name] == "New_ChatCompletion" and "withhttpinfo" not in named
        replies = ("Get_ChatCompletion", "Update_ChatCompletion", "Remove_ChatCompletion")
        kind = "reply" if plain or names[name].startswith(replies) else "any"
        if names[name] == "Get_ChatCompletionUsage":
            kind = "usage"
        if builds:
            kind = "model"
        if "withhttpinfo" in named and names[name] == "New_ChatCompletion":
            kind = "http"
        if names[name] == "Set_Configuration" and "passthru" not in named:
            kind = "void"
        if names[name] == "Get_Configuration":
            kind = "configuration"
        return Code(call, kind)

    def _reads_plainly(self, node: s.Command) -> bool:
        """Whether a script does with the configuration only what Python's own does as PowerShell's table."""
        pipeline = self.uses.parents.get(id(node))
        around = self.uses.parents.get(id(pipeline))
        if isinstance(around, s.ParenExpression):
            return self._reads_setting(around)
        if not isinstance(around, s.AssignmentStatement) or not isinstance(around.left, s.VariableExpression):
            return False
        return all(
            place is around.left or self._reads_setting(place) or self._is_shown(place)
            for place in self.uses.places[path_of(around.left)]
        )

    def _reads_setting(self, node: s.Node) -> bool:
        """Whether this is `$configuration` in `$configuration.BaseUrl`."""
        member = self.uses.parents.get(id(node))
        if type(member) is not s.MemberExpression or member.expression is not node:
            return False
        around = self.uses.parents.get(id(member))
        if isinstance(around, s.AssignmentStatement) and around.left is member:
            return True
        name = word_of(member.member)
        return name in _READ and (name != "model" or (self._sets_model() and not self.uses.tried))

    def _is_shown(self, node: s.Node) -> bool:
        """Whether this is `$configuration` in `$configuration | Out-String`."""
        pipeline = self.uses.parents.get(id(self.uses.parents.get(id(node))))
        elements = pipeline.pipeline_elements if isinstance(pipeline, s.Pipeline) else []
        first = elements[1] if len(elements) > 1 else None
        return isinstance(first, s.Command) and self.name_of(first) in ("out-string", "convertto-json")

    def _sets_model(self) -> bool:
        """Whether the script says which model it asks: without that, PowerShell has one of its own."""
        return any(
            isinstance(one, s.Command)
            and self.name_of(one) == "set-configuration"
            and isinstance(self.arguments(one)[0].get("model"), s.StringConstantExpression)
            for one in self.uses.nodes
        )

    def _convertto_securestring(
        self, node: Any, named: dict[str, Any], values: list[Any], piped: Code | None
    ) -> Code | None:
        if piped is not None or len(values) != 1 or set(named) - {"asplaintext", "force"} or self.in_try:
            return None
        text = self.expression(values[0])
        if text.kind != "str" or "asplaintext" not in named:
            return None
        self.modules.add("psbridge")
        return Code(f"ps.SecureString({text.text})", "model")


def _is_constant(node: Any, name: str) -> bool:
    return isinstance(node, s.VariableExpression) and node.variable_path.lower() == name


@cache
def _cmdlets() -> dict[str, str]:
    """psbridge's cmdlets by PowerShell's name in lower case: what each is called in Python."""
    import psbridge

    return {entry.lower().replace("_", "-", 1): entry for entry in dir(psbridge) if "_" in entry[1:]}


@cache
def _may_only_show(function: str) -> bool:
    """Whether a cmdlet has -WhatIf."""
    from psbridge.models.tables import CMDLETS

    row = CMDLETS.get(function.replace("_", "-", 1))
    return row is not None and row.should_process


@cache
def _numbers(function: Any) -> dict[str, bool]:
    """Of each parameter of a cmdlet, whether it is a number and never a text."""
    import inspect

    types = {name: str(one.annotation) for name, one in inspect.signature(function).parameters.items()}
    return {name: "str" not in one and ("float" in one or "int" in one) for name, one in types.items()}


@cache
def _parameters(function: Any) -> list[str]:
    import inspect

    return [name for name in inspect.signature(function).parameters if name[:1].isupper()]


__all__ = ["Forms"]
