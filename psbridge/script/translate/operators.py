"""Operators as Python's own where kinds are known, as helpers of the semantics elsewhere."""

from __future__ import annotations

import ast
import re
from typing import Any

from .. import syntax as s
from .code import (
    AND,
    ATOM,
    COMPARE,
    CONDITION,
    NOT,
    OR,
    SCALARS,
    SUM,
    TERM,
    UNARY,
    Code,
    Refused,
    join_kinds,
    quoted,
    whole_call,
)
from .expressions import or_empty, quoted_inside, single_quoted
from .members import Members
from .nodes import expression_of
from .numbers import leaves_32_bits
from .regex import groups_of, minds_case, python_pattern, python_replacement, raw
from .shapes import OBJECTS, PROPERTIES, spelling

_NUMBERS = ("int", "float")
_ITEM = re.compile(r"\{(\d+)(?:,(-?\d+))?(?::([^{}]*))?\}")
_COMPARISONS = {
    "gt": (">", "greater"),
    "ge": (">=", "greater_or_equal"),
    "lt": ("<", "less"),
    "le": ("<=", "less_or_equal"),
}
_ARITHMETIC = {"Plus": ("+", "add"), "Minus": ("-", "subtract"), "Multiply": ("*", "multiply")}
_HELPED = {
    "Divide": "divide",
    "Rem": "modulo",
    "Band": "bit_and",
    "Bor": "bit_or",
    "Bxor": "bit_xor",
    "Shl": "shift_left",
    "Shr": "shift_right",
}
_SETS = {"contains": "contains", "notcontains": "contains", "in": "contained", "notin": "contained"}
_PATTERNS = {
    "like": "like",
    "notlike": "not_like",
    "match": "match",
    "notmatch": "not_match",
}


class Operators(Members):
    """Writes unary and binary operators."""

    def _UnaryExpression(self, node: s.UnaryExpression) -> Code:
        kind = node.token_kind
        if kind in ("PlusPlus", "MinusMinus", "PostfixPlusPlus", "PostfixMinusMinus"):
            return self.step_value(node)
        child = self.as_value(self.expression(node.child))
        if kind in ("Not", "Exclaim"):
            outside = _not_in(self.truth(child))
            if outside:
                return Code(outside, "bool", COMPARE)
            return Code(f"not {self.truth(child).within(NOT)}", "bool", NOT)
        if kind == "Minus" and child.kind in _NUMBERS:
            return Code(f"-{child.within(UNARY)}", child.kind, UNARY)
        if kind == "Comma":
            return Code(f"[{child.text}]", f"list:{child.kind}")
        if kind in ("Join", "Ijoin"):
            return self._join(child, Code('""', "str"))
        if kind in ("Isplit", "Csplit"):
            return Code(f"{self.posh('split_words')}({child.text})", "list:str")
        helpers = {"Minus": "negate", "Plus": "plus", "Bnot": "bit_not"}
        if kind in helpers:
            return Code(f"{self.posh(helpers[kind])}({child.text})")
        raise Refused(
            node, f"the operator {self.source_of(node)[:6].split()[0]} has no Python form here yet."
        )

    def step_value(self, node: s.UnaryExpression) -> Code:
        """`$i++` as a value."""
        raise NotImplementedError

    def _BinaryExpression(self, node: s.BinaryExpression) -> Code:
        name = node.operator
        left = self.as_value(self.expression(node.left))
        if name in ("And", "Or"):
            return self._logical(left, name, self.as_value(self.expression(node.right)))
        if name == "QuestionQuestion":
            return self._coalesce(left, self.as_value(self.expression(node.right)))
        right = self.as_value(self.expression(node.right))
        if name == "Xor":
            return Code(f"{self.posh('exclusive_or')}({left.text}, {right.text})", "bool")
        if name in _ARITHMETIC:
            return self.arithmetic(name, left, right)
        if name in _HELPED:
            kind = "num" if left.kind in (*_NUMBERS, "num") else "any"
            return Code(f"{self.posh(_HELPED[name])}({left.text}, {right.text})", kind)
        if name == "DotDot":
            return self._range(node, left, right)
        if name == "Join":
            return self._join(left, right)
        if name == "Format":
            plain = self._format(node)
            if plain is not None:
                return plain
            return Code(f"{self.posh('format_operator')}({left.text}, {right.text})", "str")
        if name in ("Is", "IsNot", "As"):
            return self._typed(node, name, left, right)
        if name[:1] in "IC":
            self.testing = node
            code = self._comparison(name[1:].lower(), left, right, name[0] == "C")
            if code is not None:
                return code
        raise Refused(node, f"the operator {name} has no Python form yet.")

    def _logical(self, left: Code, name: str, right: Code) -> Code:
        rank = AND if name == "And" else OR
        one, other = self.truth(left), self.truth(right)
        text = f"{one.within(rank)} {name.lower()} {other.within(rank)}"
        if one.kind != "bool" or other.kind != "bool":
            return Code(f"bool({text})", "bool", inner=text)
        return Code(text, "bool", rank)

    def _coalesce(self, left: Code, right: Code) -> Code:
        left = nullable(left)
        if left.kind == "none":
            return right
        kind = join_kinds(left.kind, right.kind)
        if left.text.isidentifier():
            return Code(f"{left.text} if {left.text} is not None else {right.within(OR)}", kind, CONDITION)
        name = self.unique("value")
        return Code(f"{name} if ({name} := {left.text}) is not None else {right.within(OR)}", kind, CONDITION)

    def _typed(self, node: s.BinaryExpression, name: str, left: Code, right: Code) -> Code:
        if not isinstance(node.right, s.TypeExpression):
            if right.kind != "str":
                raise Refused(node, f"the type after -{name.lower()} is known only when it runs.")
            right = Code(f"{self.posh('net_type')}({right.text})")
        helper = "as_operator" if name == "As" else "is_a"
        test = f"{self.posh(helper)}({left.text}, {whole_call(right.text, 'net_type') or right.text})"
        if name == "IsNot":
            return Code(f"not {test}", "bool", NOT)
        return Code(test, "any" if name == "As" else "bool")

    def _range(self, node: s.BinaryExpression, left: Code, right: Code) -> Code:
        if isinstance(node.left, s.ConstantExpression) and isinstance(node.right, s.ConstantExpression):
            low, high = node.left.value, node.right.value
            if type(low) is int and type(high) is int:
                step = "" if low <= high else ", -1"
                start = f"{low}, " if low or step else ""
                return Code(f"range({start}{high + (1 if low <= high else -1)}{step})", "list:int")
        kind = "list:int" if left.kind == right.kind == "int" else "list:any"
        return Code(f"{self.posh('value_range')}({left.text}, {right.text})", kind)

    def arithmetic(self, name: str, left: Code, right: Code) -> Code:
        """+, - and *."""
        sign, helper = _ARITHMETIC[name]
        rank = TERM if name == "Multiply" else SUM
        kind = ""
        if left.kind in _NUMBERS and right.kind in _NUMBERS:
            kind = "float" if "float" in (left.kind, right.kind) else "int"
            if kind == "int" and leaves_32_bits(name, left.text, right.text):
                kind = ""  # which makes it a double
        elif name == "Plus" and left.kind == "str" and right.kind in ("str", "str?", "int", "bool"):
            return Code(f"{left.within(SUM)} + {self.as_text(right)}", "str", SUM)
        elif name == "Plus" and left.kind == "str?" and right.kind == "str":
            return Code(f"({or_empty(left)}) + {right.within(SUM)}", "str", SUM)
        elif name == "Plus" and left.kind == "int?" and right.kind == "int":
            return Code(f"({left.within(OR)} or 0) + {right.within(SUM)}", "int", SUM)
        elif name == "Plus" and left.is_list and right.is_list and "range" not in left.text + right.text:
            kind = join_kinds(left.kind, right.kind)
        elif name == "Multiply" and left.kind == "str" and right.kind == "int":
            kind = "str"
        inner = whole_call(right.text, "unpacked") if name == "Plus" and left.is_list else ""
        if self.to_file and " for " in inner and left.kind == "list:str" and right.kind == "out:str":
            return Code(f'{left.text[:-1]}, *([{inner}] or [""])]', "list:str")  # null is an empty line
        if kind:
            return Code(f"{left.within(rank)} {sign} {right.within(rank - 1)}", kind, rank)
        kinds = {("str", "Plus"): "str"}
        result = kinds.get((left.kind, name), "any")
        if name == "Minus" and left.kind == right.kind == "timespan":
            return Code(f"{left.within(SUM)} - {right.within(TERM)}", "timespan", SUM)
        if name == "Minus" and left.kind == right.kind == "datetime":
            result = "timespan"
        if left.is_list and name == "Plus":
            result = "list:any"
        elif left.kind in (*_NUMBERS, "num"):
            result = "num"
        return Code(f"{self.posh(helper)}({left.text}, {right.text})", result)

    def _format(self, node: s.BinaryExpression) -> Code | None:
        """`template -f values` as an f-string, where all that is formatted is plain."""
        if not isinstance(node.left, s.StringConstantExpression):
            return None
        right = expression_of(
            node.right.pipeline if isinstance(node.right, s.ParenExpression) else node.right
        )
        nodes = right.elements if isinstance(right, s.ArrayLiteral) else [node.right]
        values = [self.as_value(self.expression(one)) for one in nodes]
        bare = all(found.group(2) is found.group(3) is None for found in _ITEM.finditer(node.left.value))
        known = ("str", "int")
        if bare and "{{" not in node.left.value and all(one.kind in known for one in values):
            awkward = any(set(one.text) & set('"\\\n{}') - {'"'} for one in values)
            if awkward or sum("posh." in one.text for one in values) > 1:
                return self._as_template(node.left.value, values)
        pieces: list[str] = []
        place = 0
        for found in _ITEM.finditer(node.left.value):
            pieces.append(quoted_inside(node.left.value[place : found.start()]))
            place = found.end()
            piece = self._formatted(found, values)
            if piece is None:
                return None
            pieces.append(piece)
        rest = node.left.value[place:]
        if any(set(one) & set("{}") for one in (_ITEM.sub("", node.left.value),)):
            return None
        return Code('f"' + "".join(pieces) + quoted_inside(rest) + '"', "str")

    def _as_template(self, template: str, values: list[Code]) -> Code | None:
        """`template -f values` without widths, as a string that is expanded."""
        parts: list[Any] = []
        place = 0
        for found in _ITEM.finditer(template):
            number = int(found.group(1))
            if number >= len(values):
                return None
            parts += [template[place : found.start()], values[number]]
            place = found.end()
        parts.append(template[place:])
        if any(isinstance(one, str) and set(one) & set("{}") for one in parts):
            return None
        if sum(bool(one.steps) for one in values) > 1:
            return self._expanded(parts)
        texts = "".join(one if isinstance(one, str) else "{}" for one in parts)
        given = [one.text for one in parts if isinstance(one, Code)]
        return Code(f"{quoted(texts)}.format({', '.join(given)})", "str")

    def _formatted(self, found: re.Match[str], values: list[Code]) -> str | None:
        number, width, spec = int(found.group(1)), found.group(2), found.group(3)
        if number >= len(values):
            return None
        value = values[number]
        text = single_quoted(value.text)
        if set(text) & set('"\\\n{}') or value.kind not in ("str", "int"):
            return None
        if spec and not (spec.upper() == "N0" and value.kind == "int"):
            return None
        aligned = ""
        if width:
            size = int(width)
            aligned = f"{'<' if size < 0 else '>'}{abs(size)}"
        return "{" + text + (f":{aligned}{',' if spec else ''}" if aligned or spec else "") + "}"

    def _join(self, left: Code, right: Code) -> Code:
        inner = whole_call(left.text, "unpacked")
        if inner and " for " in inner:
            left = Code(f"[{inner}]", f"list:{left.item}") if left.item != "str" else Code(inner, "list:str")
        named = self._names_of(left)
        if named is not None:
            left = named
        if left.kind == "out:str" and ".get(" in left.text:
            made = _as_run(left.text)
            left = Code(made, "list:str") if made else left
        if right.kind == "str" and left.kind in ("list:str", "List:str"):
            return Code(f"{right.within(ATOM)}.join({left.text})", "str")
        if left.steps:
            return Code(f"{self.posh('joined')}({right.text}, {left.path})", "str")
        return Code(f"{self.posh('join')}({left.text}, {right.text})", "str")

    def _names_of(self, left: Code) -> Code | None:
        """`(command).Name` of objects whose texts are known, as a list of them."""
        made = _as_run(left.owner) if len(left.steps) == 1 and ".get(" in left.owner else ""
        base = left.reach.removeprefix("out:")
        spelt = spelling(base, left.steps[0].strip('"')) if made else ""
        if not spelt or PROPERTIES[base][spelt] != "str":
            return None
        name = self.item_name()
        return Code(f"{name}.{spelt} for {name} in {made}", "list:str")

    def item_name(self) -> str:
        """What `$_` is called here."""
        raise NotImplementedError

    def _comparison(self, name: str, left: Code, right: Code, case: bool) -> Code | None:
        cased = ", True" if case else ""
        if name in ("eq", "ne"):
            return self._equality(name, left, right, case)
        if name in _COMPARISONS:
            sign, helper = _COMPARISONS[name]
            if left.kind in _NUMBERS and right.kind in _NUMBERS:
                return Code(f"{left.within(SUM)} {sign} {right.within(SUM)}", "bool", COMPARE)
            kind = "any" if left.is_list or left.kind == "any" or left.is_out else "bool"
            return Code(f"{self.posh(helper)}({left.text}, {right.text}{cased})", kind)
        if name in _SETS:
            words = _words(right) if name in ("in", "notin") and left.kind in ("str", "str?") else None
            if words is not None and (left.kind == "str" or "" not in words):
                if left.kind == "str?":
                    left = Code(f"({or_empty(left)})", "str")
                listed = "[" + ", ".join(quoted(one if case else one.lower()) for one in words) + "]"
                one = left.within(ATOM) + ("" if case else ".casefold()")
                return Code(f"{one} {'not in' if name == 'notin' else 'in'} {listed}", "bool", COMPARE)
            test = f"{self.posh(_SETS[name])}({left.text}, {right.text}{cased})"
            return Code(f"not {test}", "bool", NOT) if name.startswith("not") else Code(test, "bool")
        plain = self._pattern(name, left, right, case)
        if plain is not None:
            return plain
        if name in _PATTERNS:
            kind = "bool" if left.kind in SCALARS else "any"
            return Code(f"{self.posh(_PATTERNS[name])}({left.text}, {right.text}{cased})", kind)
        if name == "replace":
            kind = "str" if left.kind == "str" else "any"
            return Code(f"{self.posh('replace')}({left.text}, {right.text}{cased})", kind)
        if name == "split":
            return Code(f"{self.posh('split')}({left.text}, {right.text}{cased})", "list:str")
        return None

    def _pattern(self, name: str, left: Code, right: Code, case: bool) -> Code | None:
        """-match, -replace and -split by a known pattern, as Python's `re` does it."""
        if left.kind not in ("str", "str?") or name not in ("match", "notmatch", "replace", "split"):
            return None
        parts = _texts(right)
        if parts is None or len(parts) > (1 if "match" in name else 2):
            return None
        pattern = python_pattern(str(parts[0]))
        if pattern is None:
            return None
        text = left.text if left.kind == "str" else or_empty(left)
        flags = "" if case or not minds_case(str(parts[0])) else ", re.IGNORECASE"
        if "match" in name:
            if not self.plain_matches:
                return None
            self.modules.add("re")
            call = f"re.search({raw(pattern)}, {text}{flags})"
            if name == "notmatch":
                return Code(f"not {call}", "bool", NOT)
            held = self.holding(self.testing, pattern)
            if held:
                return Code(f"bool({held} := {call})", "bool", inner=f"{held} := {call}")
            return Code(f"{call} is not None", "bool", COMPARE, inner=call)
        if name == "replace":
            return self._replaced(pattern, parts, text, flags, left)
        return self._split(pattern, parts, text, flags, left)

    testing: Any = None

    @property
    def plain_matches(self) -> bool:
        """Whether all that the script asks of `$Matches` can be asked of a match of Python's."""
        return self.uses.governed is not None

    def holding(self, node: Any, pattern: str) -> str:
        """The name for the match of a test whose groups the script asks for; empty if it asks for none."""
        if not any(test is node for test in (self.uses.governed or {}).values()):
            return ""
        if id(node) not in self.found:
            self.found[id(node)] = (self.unique("found"), groups_of(pattern))
        return self.found[id(node)][0]

    def _replaced(self, pattern: str, parts: list[Any], text: str, flags: str, left: Code) -> Code | None:
        new = parts[1] if len(parts) > 1 else ""
        made = python_replacement(new, pattern) if isinstance(new, str) else None
        if made is None:
            return None
        if not flags and re.escape(pattern) == pattern and "\\" not in made:
            owner = left.within(ATOM) if left.kind == "str" else f"({text})"
            return Code(f"{owner}.replace({quoted(pattern)}, {quoted(made)})", "str")
        self.modules.add("re")
        flagged = f", flags={flags[2:]}" if flags else ""
        return Code(f"re.sub({raw(pattern)}, {raw(made)}, {text}{flagged})", "str")

    def _split(self, pattern: str, parts: list[Any], text: str, flags: str, left: Code) -> Code | None:
        limit = parts[1] if len(parts) > 1 else 0
        if not isinstance(limit, int) or limit < 0 or re.compile(pattern).groups:
            return None
        if not flags and re.escape(pattern) == pattern and pattern:
            most = f", {limit - 1}" if limit else ""
            owner = left.within(ATOM) if left.kind == "str" else f"({text})"
            return Code(f"{owner}.split({quoted(pattern)}{most})", "list:str")
        if limit == 1:
            return Code(f"[{text}]", "list:str")
        self.modules.add("re")
        most = f", maxsplit={limit - 1}" if limit else ""
        flagged = f", flags={flags[2:]}" if flags else ""
        return Code(f"re.split({raw(pattern)}, {text}{most}{flagged})", "list:str")

    def _equality(self, name: str, left: Code, right: Code, case: bool) -> Code:
        edge = {"[0]": "[:1]", "[-1]": "[-1:]"}.get(left.steps[0] if len(left.steps) == 1 else "")
        if edge and left.reach == "list:str" and right.text == '""' and left.owner.isidentifier():
            return Code(f'{left.owner}{edge} {"==" if name == "eq" else "!="} [""]', "bool", COMPARE)
        cased = ", True" if case else ""
        sign = "==" if name == "eq" else "!="
        if left.kind == "str?" and right.kind == "str" and right.text[:1] == '"' and right.text != '""':
            left = Code(f'({left.text} or "")', "str")  # null is equal to no text
        if left.kind == "str?" and right.text == '""':
            return Code(f'{left.within(SUM)} {sign} ""', "bool", COMPARE)
        if right.kind == "none":
            left = nullable(left)
        if (left.kind in _NUMBERS and right.kind in _NUMBERS) or (left.kind == right.kind == "str" and case):
            return Code(f"{left.within(SUM)} {sign} {right.within(SUM)}", "bool", COMPARE)
        if left.kind == right.kind == "str" and not self.folds_apart:
            one, other = _folded(left), _folded(right)
            return Code(f"{one} {sign} {other}", "bool", COMPARE)
        if left.kind == "none":
            right = nullable(right)
            if right.kind in SCALARS and not right.text.isidentifier():
                return Code(str(name == "ne"), "bool")
            sign = "is" if name == "eq" else "is not"
            return Code(f"{right.within(SUM)} {sign} None", "bool", COMPARE)
        if right.kind == "none" and left.base in OBJECTS:
            return Code(f"{left.within(SUM)} {'is' if name == 'eq' else 'is not'} None", "bool", COMPARE)
        if left.is_list or left.kind == "any" or left.kind.startswith("List") or left.is_out:
            helper = "equals" if name == "eq" else "not_equals"
            return Code(f"{self.posh(helper)}({left.text}, {right.text}{cased})")
        test = f"{self.posh('same')}({left.text}, {right.text}{cased})"
        return Code(test, "bool") if name == "eq" else Code(f"not {test}", "bool", NOT)


def _as_run(text: str) -> str:
    """A call that gives what a command puts out as one value, as the call that gives a list of it."""
    try:
        node = ast.parse(text, mode="eval").body
    except SyntaxError:
        return ""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr != "get":
        return ""
    owner = ast.get_source_segment(text, node.func.value) or ""
    return f"{owner}.run{text[len(owner) + len('.get') :]}"


def _texts(right: Code) -> list[Any] | None:
    """The constants that an operand is: one, or those of a list."""
    try:
        value = ast.literal_eval(right.text)
    except (ValueError, SyntaxError):
        return None
    values = value if isinstance(value, list) else [value]
    return values if values and isinstance(values[0], str) else None


def _words(right: Code) -> list[str] | None:
    """The texts of a list of constants; None for anything else."""
    parts = _texts(right)
    plain = (
        parts is not None and right.is_list and all(isinstance(one, str) and one.isascii() for one in parts)
    )
    return parts if plain else None


def _not_in(code: Code) -> str:
    """`x not in y` of `x in y`; empty for anything else."""
    if " in " not in code.text or " for " in code.text:
        return ""
    node = ast.parse(code.text, mode="eval").body
    if not isinstance(node, ast.Compare) or len(node.ops) != 1 or not isinstance(node.ops[0], ast.In):
        return ""
    left, right = (
        ast.get_source_segment(code.text, node.left),
        ast.get_source_segment(code.text, node.comparators[0]),
    )
    return f"{left} not in {right}"


def _folded(code: Code) -> str:
    """A text as it is compared without case."""
    literal = code.text
    if literal.startswith('"') and literal.isascii():
        return literal.lower() if "\\" not in literal else f"{literal}.casefold()"
    return f"{code.within(ATOM)}.casefold()"


def nullable(code: Code) -> Code:
    """A variable of the environment as a value that may be None; any other expression as it is."""
    if code.text.startswith("os.environ.get(") and code.text.endswith(', "")') and code.text.count("(") == 1:
        return Code(code.text[: -len(', "")')] + ")")
    return code


__all__ = ["Any", "Operators", "nullable"]
