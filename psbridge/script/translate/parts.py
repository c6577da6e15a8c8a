"""Assignments to parts of things, members and elements, as Python; and what tables get by them."""

from __future__ import annotations

from typing import Any

from .. import syntax as s
from .code import SUM, Code, Refused, join_kinds
from .fileforms import FileForms
from .nodes import expression_of, path_of

SIGNS = {
    "PlusEquals": "Plus",
    "MinusEquals": "Minus",
    "MultiplyEquals": "Multiply",
    "DivideEquals": "Divide",
    "RemainderEquals": "Rem",
}


class Known(s.Expression):
    """A value that a variable of the Python text holds."""

    def __init__(self, name: str) -> None:
        self.name = name


class Parts(FileForms):
    """Writes assignments to members and elements."""

    def changed(self, before: Code, right: Code, operator: str) -> Code:
        """What `before operator= right` sets."""
        raise NotImplementedError

    def right_side(self, right: Any) -> Code:
        """The value of an assignment's right side."""
        raise NotImplementedError

    def _AssignmentStatement_statement(self, node: s.AssignmentStatement) -> None:
        raise NotImplementedError

    def learn_table(self, path: str, table: s.Hashtable) -> None:
        """What the keys and values of a table are that a literal makes."""
        for key, value in table.key_value_pairs:
            self.learn(path, key, self.pair_kinds.get(id(value), "any"), first=True)
        lengths = [Code(self.pair_texts.get(id(value), "")).length for _, value in table.key_value_pairs]
        self.known.tables.setdefault(path, {}).setdefault("#", str(min(lengths, default=0)))

    def learn(self, path: str, key: Any, kind: str, *, first: bool = False) -> None:
        """What a table gets: under a known name, which is there from the start if `first`, or another."""
        known = self.known.tables.setdefault(path, {})
        kind = "table" if kind.startswith("table@") else kind
        kind = "any" if kind in ("void", "dict", "error", "exception") or kind.startswith("out") else kind
        plain = isinstance(key, s.StringConstantExpression)
        name = f"={key.value.lower()}" if plain else "*"
        known[name] = join_kinds(known[name], kind) if name in known else kind
        if not first:
            known["#"] = "0"
        if first and plain:
            known[f"!{key.value.lower()}"] = "there"
        text = "str" if plain else self.as_value(self.expression(key)).kind
        known["keys"] = join_kinds(known["keys"], text) if "keys" in known else text

    def set_part(self, node: s.AssignmentStatement, left: Any) -> None:
        """An assignment to a member or an element."""
        if isinstance(left, s.MemberExpression) and left.static:
            if node.operator not in ("Equals", *SIGNS) or not isinstance(left.expression, s.TypeExpression):
                raise Refused(node, "this assignment to a static member has no Python form yet.")
            if left.member.value.lower() == "outputencoding":
                return
            owner = self.net_type(left, left.expression.type_name.full_name)
            member = self._member_name(left.member).text
            value = self.value(node.right)
            if node.operator != "Equals":
                before = Code(f"{self.posh('static_member')}({owner}, {member})")
                value = self.changed(before, value, SIGNS[node.operator])
            self.write(f"{self.posh('set_static')}({owner}, {member}, {value.text})")
            return
        value = self.right_side(node.right) if not isinstance(node.right, Known) else Code(node.right.name)
        if isinstance(left, s.IndexExpression):
            target, place = self.expression(left.target), self.as_value(self.expression(left.index)).text
            setter, getter = "set_index", "index"
        else:
            target, place = self.expression(left.expression), self._member_name(left.member).text
            setter, getter = "set_member", "member"
        target = self.as_value(target)
        if target.kind == "hashtable?" and isinstance(left, s.IndexExpression):
            target = target.of_kind("hashtable")
        if target.kind in ("dict", "body", "reply", "error", "exception") or not left:
            raise Refused(left, "an assignment to a part of this has no Python form yet.")
        if any(isinstance(one, s.UnaryExpression) and "PlusPlus" in one.token_kind for one in left.walk()):
            raise Refused(left, "a step inside an assignment's left side has no Python form.")
        if node.operator != "Equals":
            before = Code(f"{self.posh(getter)}({target.text}, {place})")
            if isinstance(left, s.IndexExpression) and target.kind == "hashtable" and self._is_text(left):
                before = self._entry(left.target, target, left.index, Code(place, "str"))
            if node.operator == "QuestionQuestionEquals":
                self.write(f"if {before.text} is None:")
                self.write(f"    {self.posh(setter)}({target.text}, {place}, {value.text})")
                return
            if node.operator not in SIGNS:
                raise Refused(node, "this operator has no Python form yet.")
            value = self.changed(before, value, SIGNS[node.operator])
        if isinstance(left, s.MemberExpression) and isinstance(left.member, s.StringConstantExpression):
            self.known.loose.add(left.member.value.lower())
            for shape in self.known.shapes.values():
                if left.member.value.lower() in shape:
                    shape[left.member.value.lower()] = (shape[left.member.value.lower()][0], "any")
        elif isinstance(left, s.IndexExpression) and target.kind != "hashtable" and not target.is_list:
            self.known.loose.add(f"[{str(getattr(left.index, 'value', '*')).lower()}")
        owner = left.target if isinstance(left, s.IndexExpression) else left.expression
        if isinstance(owner, s.VariableExpression) and path_of(owner) in self.uses.tables:
            key = left.index if isinstance(left, s.IndexExpression) else left.member
            self.learn(path_of(owner), key, value.kind)
        known = isinstance(owner, s.VariableExpression) and path_of(owner) in self.uses.dicts
        plain = target.kind == "hashtable" or (target.base == "table" and known)
        step = f"{target.text}[{place}] + "
        if plain and value.kind in ("int", "float") and value.text.startswith(step) and value.rank == SUM:
            self.write(f"{target.text}[{place}] += {value.text.removeprefix(step)}")
            return
        if plain and (known or (place.startswith('"') and place.endswith('"')) or self._is_text(left)):
            self.write(f"{target.text}[{place}] = {value.text}")
            return
        self.write(f"{self.posh(setter)}({target.text}, {place}, {value.text})")

    def _is_text(self, left: Any) -> bool:
        """Whether an index is a text."""
        if not isinstance(left, s.IndexExpression):
            return False
        index = self.expression(left.index)
        if index.kind == "str?":  # ContainsKey would have failed for null
            return self.uses.is_missing(left.target, left.index)
        return self._is_key(index, left.index)

    def several_at_once(self, node: s.AssignmentStatement, left: s.ArrayLiteral) -> None:
        """`$a, $b = values`."""
        if node.operator != "Equals":
            raise Refused(node, "this assignment to several has no Python form yet.")
        value = self.value(node.right)
        if not all(isinstance(one, s.VariableExpression) for one in left.elements):
            self._several_parts(node, left, value)
            return
        right = node.right
        expression = self._one(right) if isinstance(right, s.Pipeline) else getattr(right, "expression", None)
        if isinstance(expression, s.ArrayLiteral) and len(expression.elements) == len(left.elements):
            kinds = [self.as_value(self.expression(one)) for one in expression.elements]
            names = [self.target(one, code.kind) for one, code in zip(left.elements, kinds, strict=True)]
            self.write(f"{', '.join(names)} = {', '.join(code.text for code in kinds)}")
            return
        if len(left.elements) == 2 and value.kind == "list:str" and "maxsplit=1)" in value.text:
            first, second = (
                self.target(one, kind) for one, kind in zip(left.elements, ("str", "str?"), strict=True)
            )
            rest = self.unique("rest")
            self.write(f"{first}, *{rest} = {value.text}")
            self.write(f"{second} = {rest}[0] if {rest} else None")
            return
        names = [self.target(one, "any") for one in left.elements]
        self.write(f"{', '.join(names)} = {self.posh('shared_out')}({value.text}, {len(names)})")

    def _several_parts(self, node: s.AssignmentStatement, left: s.ArrayLiteral, value: Code) -> None:
        """`$a[0], $a[1] = $a[1], $a[0]`: all values are there before the first is set."""
        names = [self.unique("part") for _ in left.elements]
        self.write(f"{', '.join(names)} = {self.posh('shared_out')}({value.text}, {len(names)})")
        for name, part in zip(names, left.elements, strict=True):
            right: Any = Known(name)
            if not isinstance(part, (s.MemberExpression, s.IndexExpression)):
                right = s.CommandExpression(right)
            while isinstance(part, s.ParenExpression):
                part = expression_of(part.pipeline)
            made = s.AssignmentStatement(part, "Equals", right)
            made.start, made.end, made.line = node.start, node.end, node.line
            self._AssignmentStatement_statement(made)

    def _Known(self, node: Known) -> Code:
        return Code(node.name)
