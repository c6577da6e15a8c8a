"""Tables, objects and casts as Python: dictionaries where a script's keys are known, helpers elsewhere."""

from __future__ import annotations

import keyword
import re
from typing import Any

from .. import syntax as s
from .code import Code, Refused, join_kinds
from .expressions import Expressions
from .nodes import expression_of, word_of

_DATE = re.compile(
    r'"([12]\d{3})-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])(?:T([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?)?"'
)
"""A date as ISO 8601 has it, without a zone."""


class Literals(Expressions):
    """Writes tables, objects and casts."""

    as_item = False
    named_table = False
    """Whether the table that is written next is held by a variable that has to find its keys in any case."""

    def _pairs(self, node: s.Hashtable) -> str:
        pairs, keys = [], set()
        for key, value in node.key_value_pairs:
            written = self.expression(key)
            if written.text.lower() in keys:
                raise Refused(node, f"the key {self.source_of(key)} is there twice.")
            keys.add(written.text.lower())
            with self.meanwhile(as_item=True):
                code = self.as_value(self.value(value))
            if self.callable_table:
                code = self.bare_block(code)
            self.pair_kinds[id(value)], self.pair_texts[id(value)] = code.kind, code.text
            pairs.append(f"{written.text}: {code.text}")
        return "{" + ", ".join(pairs) + "}"

    def _Hashtable(self, node: s.Hashtable) -> Code:
        named, self.named_table = self.named_table, False
        table = self._pairs(node)
        if self.plain_tables:
            return Code(table, "dict")
        filled = table == "{}" and self.as_item
        if not named and not filled and self._is_plain(node):
            return Code(table, self._shape(node, node, "table"))
        return Code(f"{self.posh('Hashtable')}({'' if table == '{}' else table})", "hashtable")

    def _is_plain(self, node: s.Hashtable) -> bool:
        """Whether a table can be a dictionary of Python's: its keys are texts of the script."""
        names = [key for key, _ in node.key_value_pairs]
        return all(isinstance(one, s.StringConstantExpression) for one in names)

    def _ConvertExpression(self, node: s.ConvertExpression) -> Code:
        full = node.type.type_name.full_name
        name = full.lower().removeprefix("system.")
        if isinstance(node.child, s.Hashtable) and name in ("ordered", "pscustomobject", "psobject"):
            named, self.named_table = self.named_table, False
            if name != "ordered" and (typed := self._type_name(node.child)):
                return typed
            table = self._pairs(node.child)
            if name == "ordered":
                if self.plain_tables:
                    return Code(table, "dict")
                asked = named or self.asks_types or self.uses.asks_places or self.uses.is_cut_off(node)
                if not asked and self._is_plain(node.child):
                    return Code(table, self._shape(node, node.child, "table"))
                return Code(f"{self.posh('Ordered')}({'' if table == '{}' else table})", "hashtable")
            if self.plain_tables and name == "pscustomobject":
                return Code(table, "dict")
            return Code(self._object(node.child, table), self._shape(node, node.child, "object"))
        if name == "ref" and isinstance(node.child, s.VariableExpression):
            if node.child.variable_path.lower() == "null":
                return Code(f"{self.posh('NetRef')}(lambda: None, lambda value: None)")
            return self.reference(node.child)
        if name == "ref" and isinstance(node.child, (s.ParenExpression, s.ConstantExpression)):
            held = self.unique("held")
            value = self.as_value(self.expression(node.child))
            self.write(f"{held} = {value.text}")
            return Code(f"{self.posh('NetRef')}(lambda: {held}, lambda value: None)")
        child = self.as_value(self.expression(node.child))
        return self.cast(node, child, full)

    def _type_name(self, node: s.Hashtable) -> Code | None:
        """An object that says its type by `PSTypeName`; None where the literal does not."""
        given = [value for key, value in node.key_value_pairs if word_of(key) == "pstypename"]
        if not given:
            return None
        kept = [pair for pair in node.key_value_pairs if pair[1] is not given[0]]
        table = self._pairs(s.Hashtable(kept))
        name = self.as_text(self.as_value(self.value(given[0])))
        return Code(f"{self.posh('custom_object')}({table}, {name})")

    def _object(self, node: s.Hashtable, table: str) -> str:
        """A [pscustomobject] literal: psbridge's own class; the helper's where members are added to it."""
        names = [
            str(key.value) for key, _ in node.key_value_pairs if isinstance(key, s.StringConstantExpression)
        ]
        if self.reflects or self.asks_types or self.asks_objects or len(names) != len(node.key_value_pairs):
            return f"{self.posh('custom_object')}({table})"
        self.modules.add("psbridge")
        if not all(one.isidentifier() and not keyword.iskeyword(one) for one in names):
            return f"ps.PSCustomObject({table})"
        values = [self.pair_texts[id(value)] for _, value in node.key_value_pairs]
        pairs = [f"{name}={value}" for name, value in zip(names, values, strict=True)]
        return f"ps.PSCustomObject({', '.join(pairs)})"

    def _shape(self, node: Any, table: s.Hashtable, base: str) -> str:
        """The kind of the objects that this literal makes: which properties they have, of which kinds."""
        shape = self.known.shapes.setdefault(f"{base}@{node.start}", {})
        for key, value in table.key_value_pairs:
            name = str(getattr(key, "value", ""))
            attribute = name.isidentifier() and not keyword.iskeyword(name) and not name.startswith("_")
            if base == "object" and not attribute:
                continue
            kind = self.pair_kinds.get(id(value), "any")
            kind = "any" if kind.startswith("out") else kind
            old = shape.get(name.lower())
            kind = kind if old is None else join_kinds(old[1], kind)
            ways = {name.lower(), *({f"[{name.lower()}", "[*"} if base == "table" else ())}
            shape[name.lower()] = (name, "any" if ways & self.known.loose else kind)
        return f"{base}@{node.start}"

    def cast(self, node: Any, child: Code, full: str) -> Code:
        """A value as one of a .NET type."""
        name = full.lower().removeprefix("system.")
        if name == "string":
            return Code(self.as_text(child), "str")
        if name in ("object", "psobject"):
            return child
        if name == "array" and child.is_list:
            return child
        if (name, child.base) in (
            *(("ordered", "dict"), ("int", "int"), ("int32", "int"), ("double", "float")),
            *(
                ("hashtable", "hashtable"),
                ("hashtable", "table"),
                ("bool", "bool"),
                ("switch", "bool"),
                ("pscustomobject", "object"),
            ),
        ):
            return child
        if name in ("bool", "boolean"):
            code = self.truth(child)
            return code if code.kind == "bool" else Code(f"bool({code.text})", "bool")
        if name == "double" and child.kind == "int":
            return Code(f"float({child.text})", "float")
        if name == "ordered":
            return Code(f"{self.posh('ordered')}({child.text})", "hashtable")
        if name == "pscustomobject":
            return Code(f"{self.posh('custom_object')}({child.text})", "any")
        if name == "void":
            raise Refused(node, "[void] as a value has no Python form.")
        if name in self.own_types and child.text == "this":
            raise Refused(node, "a call of a base class's method has no Python form yet.")
        given = expression_of(
            node.child if isinstance(node, s.ConvertExpression) else getattr(node, "right", None)
        )
        if name == "scriptblock" and isinstance(given, s.ScriptBlockExpression):
            return child
        if name in ("scriptblock", "ref", "type") and not (name == "type" and child.kind == "str"):
            raise Refused(node, f"the conversion to [{full}] has no Python form yet.")
        kinds = {"int": "int", "int32": "int", "double": "float", "string[]": "list:str", "int[]": "list:int"}
        kinds |= {"decimal": "num", "uri": "uri"}
        kinds |= {"datetime": "datetime", "timespan": "timespan"}
        kind = kinds.get(name, "any")
        date = _DATE.fullmatch(child.text) if name == "datetime" else None
        if date is not None:
            self.modules.add("datetime")
            numbers = ", ".join(str(int(one)) for one in date.groups() if one is not None)
            return Code(f"datetime.datetime({numbers})", "datetime")
        owner, *steps = [child.owner, *child.steps] if child.steps else [child.text]
        return Code(f"{self.posh('cast')}({', '.join([owner, self.net_type(node, full), *steps])})", kind)
