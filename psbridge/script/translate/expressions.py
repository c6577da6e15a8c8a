"""Expressions as Python: plain operators where kinds are known, helpers of the semantics elsewhere."""

from __future__ import annotations

from typing import Any

from .. import syntax as s
from .code import (
    AND,
    ATOM,
    COMPARE,
    CONDITION,
    NOT,
    OR,
    SUM,
    TERM,
    UNARY,
    Code,
    Refused,
    join_kinds,
    python_name,
    quoted,
)

_NUMBERS = ("int", "float")
_COMPARISONS = {
    "gt": (">", "greater"),
    "ge": (">=", "greater_or_equal"),
    "lt": ("<", "less"),
    "le": ("<=", "less_or_equal"),
}
_ARITHMETIC = {"Plus": ("+", "add"), "Minus": ("-", "subtract"), "Multiply": ("*", "multiply")}
_REPLY = {
    "content": "str",
    "model": "str",
    "role": "str",
    "finish_reason": "str",
    "id": "str",
    "object": "str",
    "created": "int",
    "total_tokens": "int",
    "prompt_tokens": "int",
    "completion_tokens": "int",
    "choices": "list:reply",
    "data": "list:reply",
    "message": "reply",
    "usage": "reply",
    "delta": "reply",
}
_METHODS = {
    "trim": ("strip", "str"),
    "trimstart": ("lstrip", "str"),
    "trimend": ("rstrip", "str"),
    "toupper": ("upper", "str"),
    "tolower": ("lower", "str"),
    "startswith": ("startswith", "bool"),
    "endswith": ("endswith", "bool"),
    "replace": ("replace", "str"),
}


_OWN_CASTS = {"ordered", "void", "xml", "scriptblock", "ref", "pscustomobject", "psobject"}


class Expressions:
    """Writes expressions. What it imports and which kinds variables have, it keeps for the whole module."""

    def __init__(self) -> None:
        self.helpers: dict[str, set[str]] = {}
        self.modules: set[str] = set()
        self.kinds: dict[tuple[str, str], str] = {}
        self.scope = ""
        self.current: Code | None = None
        self.plain_tables = False
        self.functions: dict[str, tuple[list[tuple[str, str]], str]] = {}

    def helper(self, module: str, name: str) -> str:
        """The name of a helper of the semantics, which is imported then."""
        self.helpers.setdefault(module, set()).add(name)
        return name

    def expression(self, node: Any) -> Code:
        """Any expression."""
        method = getattr(self, f"_{type(node).__name__}", None)
        if method is None:
            raise Refused(node, f"{type(node).__name__} has no Python form yet.")
        code: Code = method(node)
        return code

    def pipeline(self, node: Any) -> Code:
        """A pipeline as an expression; the statements' part knows commands."""
        if isinstance(node, s.Pipeline) and len(node.pipeline_elements) == 1:
            element = node.pipeline_elements[0]
            if isinstance(element, s.CommandExpression) and not element.redirections:
                return self.expression(element.expression)
        raise Refused(node, "this pipeline has no Python form yet.")

    def truth(self, code: Code) -> Code:
        """A condition: Python's own where both languages agree."""
        if code.kind in ("bool", "str", "int", "float", "none"):
            return code
        return Code(f"{self.helper('comparison', 'truth')}({code.text})", "bool")

    def as_text(self, code: Code) -> str:
        """An expression whose value is the text that interpolation gives."""
        if code.kind == "str":
            return code.text
        if code.kind in ("int", "bool"):
            return f"str({code.text})"
        return f"{self.helper('text', 'text')}({code.text})"

    def _ConstantExpression(self, node: s.ConstantExpression) -> Code:
        value = node.value
        if type(value) is float or (type(value) is int and abs(value) < 1 << 30):
            return Code(repr(value), type(value).__name__, UNARY if value < 0 else ATOM)
        raise Refused(
            node, f"the number {node.text or value} has a type or size that Python does not tell apart."
        )

    def _StringConstantExpression(self, node: s.StringConstantExpression) -> Code:
        return Code(quoted(node.value), "str")

    def _ExpandableStringExpression(self, node: s.ExpandableStringExpression) -> Code:
        pieces = [part if isinstance(part, str) else self.expression(part) for part in node.parts]
        plain = True
        inside, arguments = "", []
        for piece in pieces:
            if isinstance(piece, str):
                inside += (
                    quoted("'" + piece)[2:-1].replace("{", "{{").replace("}", "}}")
                    if '"' not in piece
                    else (
                        repr("\"'" + piece)[4:-1]
                        .replace("\\'", "'")
                        .replace('"', '\\"')
                        .replace("{", "{{")
                        .replace("}", "}}")
                    )
                )
                continue
            value = piece.text if piece.kind in ("str", "int", "bool") else self.as_text(piece)
            plain = plain and not set(value) & set('"\\\n{}')
            arguments.append(value)
            inside += "\0"
        if not arguments:
            return Code(quoted("".join(piece for piece in pieces if isinstance(piece, str))), "str")
        if not plain:
            return Code(f'"{inside.replace(chr(0), "{}")}".format({", ".join(arguments)})', "str")
        for value in arguments:
            inside = inside.replace("\0", "{" + value + "}", 1)
        return Code(f'f"{inside}"', "str")

    def _VariableExpression(self, node: s.VariableExpression) -> Code:
        path = node.variable_path.lower()
        if path in ("true", "false"):
            return Code(path.title(), "bool")
        if path == "null":
            return Code("None", "none")
        if path in ("_", "psitem"):
            if self.current is None:
                raise Refused(node, "$_ is used where nothing sets it.")
            return self.current
        if path.startswith("env:"):
            self.modules.add("os")
            return Code(f'os.environ.get({quoted(node.variable_path[4:])}, "")', "str")
        if ":" in path or node.splatted:
            raise Refused(node, f"the variable ${node.variable_path} has no Python form yet.")
        for scope in dict.fromkeys((self.scope, "")):
            if (scope, path) in self.kinds:
                return Code(python_name(node.variable_path), self.kinds[scope, path])
        raise Refused(
            node, f"${node.variable_path} is nowhere set in this script.", "set it before it is used"
        )

    def _ParenExpression(self, node: s.ParenExpression) -> Code:
        return self.pipeline(node.pipeline)

    def _SubExpression(self, node: s.SubExpression) -> Code:
        statements = node.sub_expression.statements
        if len(statements) != 1:
            raise Refused(node, "a $( ) of several statements has no Python form yet.")
        return self.pipeline(statements[0])

    def _ArrayLiteral(self, node: s.ArrayLiteral) -> Code:
        return self._list([self.expression(element) for element in node.elements])

    def _list(self, items: list[Code]) -> Code:
        kinds = {item.kind for item in items}
        kind = kinds.pop() if len(kinds) == 1 else "any"
        return Code(f"[{', '.join(item.text for item in items)}]", f"list:{kind}")

    def _ArrayExpression(self, node: s.ArrayExpression) -> Code:
        values = [self.pipeline(statement) for statement in node.sub_expression.statements]
        if len(values) == 1 and values[0].is_list:
            return values[0]
        if any(value.is_list or value.kind in ("any", "none", "reply") for value in values):
            raise Refused(node, "how many items this @( ) has is known only when it runs.")
        return self._list(values)

    def _Hashtable(self, node: s.Hashtable) -> Code:
        pairs = []
        for key, value in node.key_value_pairs:
            pairs.append(f"{self.expression(key).text}: {self.pipeline(value).text}")
        table = "{" + ", ".join(pairs) + "}"
        if self.plain_tables:
            return Code(table, "dict")
        return Code(f"{self.helper('values', 'Hashtable')}({table})", "hashtable")

    def _ConvertExpression(self, node: s.ConvertExpression) -> Code:
        name, child = node.type.type_name.full_name.lower(), self.expression(node.child)
        if name == "string":
            return Code(self.as_text(child), "str")
        if (name, child.kind) in (("ordered", "dict"), ("int", "int")):
            return child
        if name == "bool":
            code = self.truth(child)
            return code if code.kind == "bool" else Code(f"bool({code.text})", "bool")
        full = node.type.type_name.full_name
        if name in ("pscustomobject", "psobject") and isinstance(node.child, s.Hashtable):
            table = child.text if child.kind == "dict" else child.text.removeprefix("Hashtable")
            return Code(f"{self.helper('types', 'custom_object')}{_bracketed(table)}", "object")
        if name in _OWN_CASTS or child.kind in ("error", "exception"):
            raise Refused(node, f"the conversion to [{full}] has no Python form here yet.")
        return Code(f"{self.helper('types', 'cast')}({child.text}, {self.type_of_name(node, full)})")

    def type_of_name(self, node: Any, name: str) -> str:
        """A .NET type, by its name."""
        from ..semantics.types import resolve

        if resolve(name) is None:
            raise Refused(node, f"the type [{name}] is not known here.")
        return f"{self.helper('porting', 'net_type')}({quoted(name)})"

    def _TypeExpression(self, node: s.TypeExpression) -> Code:
        return Code(self.type_of_name(node, node.type_name.full_name))

    def _UnaryExpression(self, node: s.UnaryExpression) -> Code:
        child = self.expression(node.child)
        if node.token_kind in ("Not", "Exclaim"):
            return Code(f"not {self.truth(child).within(NOT)}", "bool", NOT)
        if node.token_kind == "Minus" and child.kind in _NUMBERS:
            return Code(f"-{child.within(UNARY)}", child.kind, UNARY)
        if node.token_kind == "Join" and child.kind == "list:str":
            return Code(f'"".join({child.text})', "str")
        raise Refused(node, f"the operator {node.token_kind} has no Python form here yet.")

    def _TernaryExpression(self, node: s.TernaryExpression) -> Code:
        test, yes, no = (
            self.truth(self.expression(node.condition)),
            self.expression(node.if_true),
            self.expression(node.if_false),
        )
        text = f"{yes.within(OR)} if {test.within(OR)} else {no.within(OR)}"
        return Code(text, join_kinds(yes.kind, no.kind), CONDITION)

    def _BinaryExpression(self, node: s.BinaryExpression) -> Code:
        left, right, name = self.expression(node.left), self.expression(node.right), node.operator
        if name in ("And", "Or"):
            rank = AND if name == "And" else OR
            one, other = self.truth(left), self.truth(right)
            text = f"{one.within(rank)} {name.lower()} {other.within(rank)}"
            if one.kind != "bool" or other.kind != "bool":
                return Code(f"bool({text})", "bool")
            return Code(text, "bool", rank)
        if name in _ARITHMETIC:
            return self._arithmetic(name, left, right)
        if name == "Divide":
            return Code(f"{self.helper('arithmetic', 'divide')}({left.text}, {right.text})")
        if name == "Rem":
            return Code(f"{self.helper('arithmetic', 'modulo')}({left.text}, {right.text})")
        if name == "DotDot" and left.kind == right.kind == "int":
            if isinstance(node.left, s.ConstantExpression) and isinstance(node.right, s.ConstantExpression):
                low, high = node.left.value, node.right.value
                step = "" if low <= high else ", -1"
                return Code(f"range({low}, {high + (1 if low <= high else -1)}{step})", "list:int")
            return Code(f"{self.helper('arithmetic', 'value_range')}({left.text}, {right.text})", "list:int")
        if name == "Join":
            return self._join(node, left, right)
        if name == "Format":
            return Code(f"{self.helper('text', 'format_operator')}({left.text}, {right.text})", "str")
        if name in ("Is", "IsNot", "As") and isinstance(node.right, s.TypeExpression):
            helper = "as_operator" if name == "As" else "is_a"
            test = f"{self.helper('types', helper)}({left.text}, {right.text})"
            if name == "IsNot":
                return Code(f"not {test}", "bool", NOT)
            return Code(test, "any" if name == "As" else "bool")
        if name[:1] in "IC":
            code = self._comparison(name[1:].lower(), left, right, name[0] == "C")
            if code is not None:
                return code
        raise Refused(node, f"the operator {name} has no Python form yet.")

    def _arithmetic(self, name: str, left: Code, right: Code) -> Code:
        sign, helper = _ARITHMETIC[name]
        rank = TERM if name == "Multiply" else SUM
        kind = ""
        if left.kind in _NUMBERS and right.kind in _NUMBERS:
            kind = "float" if "float" in (left.kind, right.kind) else "int"
        elif name == "Plus" and left.kind == "str" and right.kind in ("str", "int", "bool"):
            return Code(f"{left.within(SUM)} + {self.as_text(right)}", "str", SUM)
        elif name == "Plus" and left.is_list and right.is_list:
            kind = left.kind if left.kind == right.kind else "list:any"
        elif name == "Multiply" and left.kind == "str" and right.kind == "int":
            kind = "str"
        if kind:
            return Code(f"{left.within(rank)} {sign} {right.within(rank - 1)}", kind, rank)
        return Code(f"{self.helper('arithmetic', helper)}({left.text}, {right.text})")

    def _join(self, node: s.Node, left: Code, right: Code) -> Code:
        if right.kind == "str" and left.kind == "list:str":
            return Code(f"{right.within(ATOM)}.join({left.text})", "str")
        return Code(f"{self.helper('patterns', 'join')}({left.text}, {right.text})", "str")

    def _comparison(self, name: str, left: Code, right: Code, case: bool) -> Code | None:
        numbers = left.kind in _NUMBERS and right.kind in _NUMBERS
        cased = ", True" if case else ""
        if name in ("eq", "ne"):
            if right.kind == "none":
                left = nullable(left)
            sign = "==" if name == "eq" else "!="
            if numbers or (left.kind == right.kind == "str" and case):
                return Code(f"{left.within(SUM)} {sign} {right.within(SUM)}", "bool", COMPARE)
            if left.kind == right.kind == "str":
                return Code(
                    f"{left.within(ATOM)}.casefold() {sign} {right.within(ATOM)}.casefold()", "bool", COMPARE
                )
            if left.kind == "none":
                right = nullable(right)
                sign = "is" if name == "eq" else "is not"
                return Code(f"{right.within(SUM)} {sign} None", "bool", COMPARE)
            if left.is_list or left.kind == "any":
                helper = "equals" if name == "eq" else "not_equals"
                return Code(f"{self.helper('comparison', helper)}({left.text}, {right.text}{cased})")
            test = f"{self.helper('comparison', 'same')}({left.text}, {right.text}{cased})"
            return Code(test, "bool") if name == "eq" else Code(f"not {test}", "bool", NOT)
        if name in _COMPARISONS:
            sign, helper = _COMPARISONS[name]
            if numbers:
                return Code(f"{left.within(SUM)} {sign} {right.within(SUM)}", "bool", COMPARE)
            kind = "any" if left.is_list or left.kind == "any" else "bool"
            return Code(f"{self.helper('comparison', helper)}({left.text}, {right.text}{cased})", kind)
        if name in ("contains", "in"):
            helper = "contains" if name == "contains" else "contained"
            return Code(f"{self.helper('comparison', helper)}({left.text}, {right.text}{cased})", "bool")
        if name in ("like", "notlike"):
            helper = "like" if name == "like" else "not_like"
            kind = "bool" if left.kind == "str" else "any"
            return Code(f"{self.helper('patterns', helper)}({left.text}, {right.text}{cased})", kind)
        if name == "replace":
            kind = "str" if left.kind == "str" else "any"
            return Code(f"{self.helper('patterns', 'replace')}({left.text}, {right.text}{cased})", kind)
        return None

    def _IndexExpression(self, node: s.IndexExpression) -> Code:
        if node.null_conditional:
            raise Refused(node, "?[ has no Python form yet.")
        target, index = self.expression(node.target), self.expression(node.index)
        if target.kind == "list:reply" and index.text == "0":
            return Code(f"{target.text}[0]", "reply")
        kind = target.item if target.is_list and index.kind == "int" else "any"
        text = f"{self.helper('members', 'index')}({target.text}, {index.text})"
        return Code(text, "any" if kind in ("str", "int") else kind)

    def _MemberExpression(self, node: s.MemberExpression) -> Code:
        named = isinstance(node.member, s.StringConstantExpression)
        if node.static and named and isinstance(node.expression, s.TypeExpression):
            owner = self.type_of_name(node, node.expression.type_name.full_name)
            helper = self.helper("members", "static_member")
            return Code(f"{helper}({owner}, {quoted(node.member.value)})")
        if node.static or node.null_conditional or not isinstance(node.member, s.StringConstantExpression):
            raise Refused(node, "this member has no Python form yet.")
        target, name = self.expression(node.expression), node.member.value
        if target.kind == "reply" and name.lower() in _REPLY:
            return Code(f"{target.within(ATOM)}.{name.lower()}", _REPLY[name.lower()])
        if target.kind == "error" and name.lower() == "exception":
            return Code(target.text, "exception")
        if target.kind == "exception" and name.lower() == "message":
            return Code(f"str({target.text})", "str")
        sized = ("count", "length") if target.is_list else ("length",) if target.kind == "str" else ()
        if name.lower() in sized:
            return Code(f"len({target.text})", "int")
        if target.kind in ("error", "exception"):
            raise Refused(node, f"the member {name} of an error has no Python form yet.")
        return Code(f"{self.helper('members', 'member')}({target.text}, {quoted(name)})")

    def _InvokeMemberExpression(self, node: s.InvokeMemberExpression) -> Code:
        if node.null_conditional or not isinstance(node.member, s.StringConstantExpression):
            raise Refused(node, "a method that is called by ?. or a computed name has no Python form yet.")
        name, arguments = node.member.value, [self.expression(argument) for argument in node.arguments or []]
        if node.static:
            return self._static(node, name.lower(), arguments)
        target = self.expression(node.expression)
        if (
            target.kind == "str"
            and name.lower() in _METHODS
            and all(item.kind == "str" for item in arguments)
        ):
            method, kind = _METHODS[name.lower()]
            return Code(f"{target.within(ATOM)}.{method}({', '.join(item.text for item in arguments)})", kind)
        if target.kind in ("error", "exception") or name.lower() in ("foreach", "where"):
            raise Refused(node, f"the method {name} has no Python form here yet.")
        values = ", ".join(item.text for item in arguments)
        return Code(f"{self.helper('members', 'invoke')}({target.text}, {quoted(name)}, [{values}])")

    def _static(self, node: s.InvokeMemberExpression, name: str, arguments: list[Code]) -> Code:
        type_name = (
            node.expression.type_name.full_name.lower()
            if isinstance(node.expression, s.TypeExpression)
            else ""
        )
        if type_name in ("string", "system.string") and len(arguments) == 1 and arguments[0].kind == "str":
            if name == "isnullorempty":
                return Code(f"not {arguments[0].within(NOT)}", "bool", NOT)
            if name == "isnullorwhitespace":
                return Code(f"not {arguments[0].within(ATOM)}.strip()", "bool", NOT)
        if not isinstance(node.expression, s.TypeExpression):
            raise Refused(node, "a static method of a computed type has no Python form yet.")
        full, member = node.expression.type_name.full_name, node.member.value
        values = "[" + ", ".join(item.text for item in arguments) + "]"
        if name == "new":
            return Code(f"{self.helper('members', 'construct')}({self.type_of_name(node, full)}, {values})")
        helper = self.helper("members", "invoke_static")
        return Code(f"{helper}({self.type_of_name(node, full)}, {quoted(member)}, {values})")


def nullable(code: Code) -> Code:
    """A variable of the environment as a value that may be None; any other expression as it is."""
    if code.text.startswith("os.environ.get(") and code.text.endswith(', "")') and code.text.count("(") == 1:
        return Code(code.text[: -len(', "")')] + ")")
    return code


def _bracketed(text: str) -> str:
    return text if text.startswith("(") else f"({text})"
