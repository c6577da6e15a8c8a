"""Members of .NET that have a form of Python's own: matches, files as bytes, Base64, dates as texts."""

from __future__ import annotations

import re
from typing import Any

from .. import syntax as s
from .code import ATOM, Code
from .literals import Literals
from .nodes import word_of
from .regex import groups_of, python_pattern, raw

_DATES = {
    "yyyy": "%Y",
    "MMMM": "%B",
    "MMM": "%b",
    "MM": "%m",
    "dddd": "%A",
    "ddd": "%a",
    "dd": "%d",
    "HH": "%H",
    "mm": "%M",
    "ss": "%S",
}
_MATCH_PARTS = ("value", "index", "length")


class NetForms(Literals):
    """Writes members of .NET plainly where both languages agree."""

    def plain_static(self, node: s.InvokeMemberExpression, owner: str, name: str) -> Code | None:
        """A static method that Python has a form of its own for; None for any other."""
        nodes = list(node.arguments or [])
        if owner in ("regex", "text.regularexpressions.regex") and name == "matches" and len(nodes) == 2:
            return self._matches_of(node, nodes)
        if owner == "io.file" and name == "readallbytes" and len(nodes) == 1 and not self.in_try:
            path = self._resolved_path(nodes[0])
            if path is not None and not self.moves:
                self.modules.add("pathlib")
                return Code(f"Path({path.text}).read_bytes()", "bytes")
        if owner == "convert" and name == "tobase64string" and len(nodes) == 1:
            data = self.as_value(self.expression(nodes[0]))
            if data.kind == "bytes":
                self.modules.add("base64")
                return Code(f"base64.b64encode({data.text}).decode()", "str")
        return None

    in_try = 0

    def _resolved_path(self, node: Any) -> Code | None:
        """What Resolve-Path makes of a path that is a text."""
        inner = node.pipeline if isinstance(node, s.ParenExpression) else node
        if isinstance(inner, s.Pipeline) and len(inner.pipeline_elements) == 1:
            command = inner.pipeline_elements[0]
            if isinstance(command, s.Command) and len(command.command_elements) == 2:
                name = word_of(command.command_elements[0])
                inner = command.command_elements[1] if name in ("resolve-path", "rvpa") else inner
        if inner is node or isinstance(inner, s.Pipeline):
            return None
        if not isinstance(inner, (s.StringConstantExpression, s.VariableExpression)):
            return None
        code = self.expression(inner)
        return code if code.kind == "str" and not set(code.text) & set("*?[~") else None

    def _matches_of(self, node: s.InvokeMemberExpression, nodes: list[Any]) -> Code | None:
        """`[regex]::Matches(text, pattern)` whose matches are asked for their texts and places alone."""
        pattern = nodes[1].value if isinstance(nodes[1], s.StringConstantExpression) else None
        plain = python_pattern(pattern) if pattern is not None else None
        if plain is None or not self._asks_plainly(node):
            return None
        text = self.as_value(self.expression(nodes[0]))
        if text.kind not in ("str", "str?"):
            return None
        self.modules.add("re")
        self.groups = groups_of(plain)
        return Code(f"re.finditer({raw(plain)}, {text.text})", "rematch", stream=True)

    groups: dict[str, tuple[str, bool]] = {}  # noqa: RUF012 - replaced, never changed

    def _asks_plainly(self, node: Any) -> bool:
        """Whether a ForEach-Object after this asks each match for what Python's has too."""
        element = self.uses.parents.get(id(node))
        pipeline = self.uses.parents.get(id(element))
        if not isinstance(pipeline, s.Pipeline) or pipeline.pipeline_elements[0] is not element:
            return False
        following = pipeline.pipeline_elements[1:2]
        if not following or not isinstance(following[0], s.Command):
            return False
        name, *rest = following[0].command_elements
        if word_of(name) not in ("foreach-object", "%", "foreach"):
            return False
        if len(rest) != 1 or not isinstance(rest[0], s.ScriptBlockExpression):
            return False
        for one in rest[0].walk():
            if isinstance(one, s.ScriptBlockExpression) and one is not rest[0]:
                return False
            current = isinstance(one, s.VariableExpression) and one.variable_path.lower() in ("_", "psitem")
            if current and not self._is_plain_ask(one):
                return False
        return True

    def _is_plain_ask(self, place: Any) -> bool:
        member = self.uses.parents.get(id(place))
        if type(member) is not s.MemberExpression or member.expression is not place:
            return False
        name = word_of(member.member)
        if name in _MATCH_PARTS:
            return True
        index = self.uses.parents.get(id(member))
        if name != "groups" or not isinstance(index, s.IndexExpression) or index.target is not member:
            return False
        value = self.uses.parents.get(id(index))
        return (
            isinstance(index.index, (s.StringConstantExpression, s.ConstantExpression))
            and type(value) is s.MemberExpression
            and word_of(value.member) == "value"
        )

    def match_part(self, target: Code, name: str) -> Code | None:
        """A member of a match that is Python's, or of a group of it."""
        if target.kind == "rematch":
            if name == "index":
                return Code(f"{target.text}.start()", "int")
            texts = {"value": ("{}[0]", "str"), "length": ("len({}[0])", "int"), "groups": ("{}", "groups")}
            text, kind = texts[name]
            return Code(text.format(target.text), kind)
        if target.kind.startswith("group:") and name == "value":
            return Code(target.text, target.kind.removeprefix("group:"))
        return None

    def group_of(self, target: Code, index: Any) -> Code:
        """`$_.Groups[index]` of a match that is Python's."""
        spelt, sure = self.groups.get(str(index.value).lower(), ("", False))
        if not spelt:
            return Code('""', "group:str")
        return Code(f"{target.text}[{spelt}]", "group:str" if sure else "group:str?")

    def date_text(self, target: Code, arguments: list[Any]) -> Code | None:
        """`$date.ToString('dd MMM yyyy')` as strftime; None for a form that Python has not."""
        wanted = arguments[0] if len(arguments) == 1 else None
        if not isinstance(wanted, s.StringConstantExpression):
            return None
        pieces = re.findall(r"([A-Za-z])\1*|([ .,/:_-]+)|(.)", wanted.value)
        tokens = [found.group() for found in re.finditer(r"([A-Za-z])\1*|[ .,/:_-]+|.", wanted.value)]
        if any(other for _, _, other in pieces) or len(tokens) < 2:
            return None
        made = ""
        for token in tokens:
            if token[0].isalpha() and token not in _DATES:
                return None
            made += _DATES.get(token, token)
        return Code(f'{target.within(ATOM)}.strftime("{made}")', "str")


__all__ = ["NetForms"]
