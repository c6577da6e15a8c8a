"""Literals, variables, members and casts as Python: plain where kinds are known, helpers elsewhere."""

from __future__ import annotations

import keyword
import re
from typing import Any

from .. import syntax as s
from .code import ATOM, CONDITION, NOT, OR, SCALARS, UNARY, Code, Refused, described, join_kinds, quoted
from .writer import Writer

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
    "trim": ("strip", "str", 0),
    "toupper": ("upper", "str", 0),
    "tolower": ("lower", "str", 0),
    "startswith": ("startswith", "bool", 1),
    "endswith": ("endswith", "bool", 1),
    "replace": ("replace", "str", 2),
}
_TRIMS = {"trimstart": "lstrip", "trimend": "rstrip", "trim": "strip"}
_LIST_METHODS = {"add": "append", "addrange": "extend", "clear": "clear"}
_TEXT_METHODS = {"substring", "padleft", "padright", "insert", "remove", "tostring", "trimstart", "trimend"}
_PREFERENCES = ("preference", "psstyle", "psversiontable", "lastexitcode")
_TABLE_WORDS = ("count", "keys", "values", "length", "psobject", "psbase", "issynchronized", "isreadonly")


class Expressions(Writer):
    """Writes expressions. Commands, operators and blocks are in the classes that build on it."""

    def expression(self, node: Any) -> Code:
        """Any expression."""
        method = getattr(self, f"_{type(node).__name__}", None)
        if method is None:
            raise Refused(node, f"{described(node)} as a value has no Python form yet.")
        code: Code = method(node)
        return code

    # What the other classes give

    def value(self, node: Any) -> Code:
        """What a statement puts out, as one value."""
        raise NotImplementedError

    def stream(self, node: Any) -> Code:
        """What a statement puts out, as an iterable."""
        raise NotImplementedError

    def collected(self, statements: list[Any]) -> Code:
        """What several statements put out, as an iterable."""
        raise NotImplementedError

    def listed(self, code: Code) -> Code:
        """What a pipeline puts out, as a list."""
        if not code.stream:
            code = self.as_stream(code)
        kind = f"list:{code.kind}"
        if code.inner:
            return Code(f"[{code.inner}]", kind)
        if code.text.startswith("["):
            return Code(code.text, kind)
        if code.text.startswith("posh.run("):
            return Code(code.text, kind)
        return Code(f"list({code.text})", kind)

    def as_stream(self, code: Code) -> Code:
        """A value as what a pipeline goes through."""
        if code.stream:
            return code
        if code.kind == "void":
            if code.text.startswith("del "):
                raise Refused(s.Node(), "the removal of an item as a value has no Python form.")
            return Code(f"{self.posh('result_items')}({code.text})", stream=True)
        if code.is_list or code.kind.startswith("List:"):
            return Code(code.text, code.item, code.rank, stream=True)
        if code.base in (*SCALARS, "none", "reply", "hashtable", "object", "dict", "record", "body"):
            return Code(f"[{code.text}]", code.kind, stream=True)
        helper = "result_items" if code.result else "loop_items" if code.is_out else "items"
        return Code(f"{self.posh(helper)}({code.text})", code.item, stream=True)

    def as_value(self, code: Code) -> Code:
        """What a pipeline puts out, as one value."""
        if not code.stream:
            if code.text.startswith("del "):
                raise Refused(s.Node(), "the removal of an item as a value has no Python form.")
            return code
        if code.inner:
            return Code(f"{self.posh('unpacked')}({code.inner})", f"out:{code.kind}")
        if code.text.startswith("posh.run("):
            name = code.text[len("posh.run(") :].partition(",")[0].strip('")').lower()
            kind = ONE_TEXT.get(name, "") if "Stream=" not in code.text else ""
            return Code(f"posh.get({code.text[len('posh.run(') :]}", kind or f"out:{code.kind}")
        return Code(f"{self.posh('unpacked')}({code.text})", f"out:{code.kind}")

    def truth(self, code: Code) -> Code:
        """A condition: Python's own where both languages agree."""
        if code.inner and not code.stream:
            return Code(code.inner, "bool", OR)
        if code.base in (*SCALARS, "none"):
            return code
        if code.base in ("hashtable", "object", "reply"):
            return Code(f"{code.within(3)} is not None", "bool", 4)
        return Code(f"{self.posh('truth')}({code.text})", "bool")

    def as_text(self, code: Code) -> str:
        """An expression whose value is the text that interpolation gives."""
        if code.kind == "str":
            return code.text
        if code.kind in ("int", "bool"):
            return f"str({code.text})"
        if code.kind in ("error", "exception"):
            code = self.record_of(code)
        return f"{self.posh('text')}({code.text})"

    # Literals

    def _ConstantExpression(self, node: s.ConstantExpression) -> Code:
        value = node.value
        if type(value) is float or (type(value) is int and abs(value) < 1 << 31):
            text = repr(value)
            if "inf" in text or "nan" in text:
                raise Refused(node, f"the number {node.text or value} has no Python literal.")
            return Code(text, type(value).__name__, UNARY if value < 0 else ATOM)
        if type(value) is int:
            return Code(repr(value), "any")
        name = type(value).__name__
        kinds = {"Decimal": "decimal", "Int64": "long", "BigInteger": "bigint", "Byte": "byte"}
        kinds |= {"SByte": "sbyte", "Int16": "int16", "UInt16": "uint16", "UInt32": "uint32"}
        kinds |= {"UInt64": "uint64", "Single": "single"}
        if name not in kinds:
            raise Refused(
                node, f"the number {node.text or value} has a type that Python does not tell apart."
            )
        return Code(f"{self.posh('cast')}({quoted(str(value))}, {self.net_type(node, kinds[name])})")

    def _StringConstantExpression(self, node: s.StringConstantExpression) -> Code:
        return Code(quoted(node.value), "str")

    def _ExpandableStringExpression(self, node: s.ExpandableStringExpression) -> Code:
        pieces = [part if isinstance(part, str) else self._inside(part) for part in node.parts]
        arguments = []
        for piece in pieces:
            if not isinstance(piece, str):
                plain = piece.kind in ("str", "int", "bool")
                arguments.append(piece.text if plain else self.as_text(piece))
        if not arguments:
            return Code(quoted("".join(piece for piece in pieces if isinstance(piece, str))), "str")
        inside = "".join(quoted_inside(piece) if isinstance(piece, str) else "\0" for piece in pieces)
        arguments = [_PLAIN_TEXT.sub(r"\1", single_quoted(value)) for value in arguments]
        if any(set(value) & set('"\\\n{}') for value in arguments):
            return Code(f'"{inside.replace(chr(0), "{}")}".format({", ".join(arguments)})', "str")
        for value in arguments:
            inside = inside.replace("\0", "{" + value + "}", 1)
        return Code(f'f"{inside}"', "str")

    def _inside(self, node: Any) -> Code:
        code = self.expression(node)
        return self.as_value(code) if code.stream else code

    def _VariableExpression(self, node: s.VariableExpression) -> Code:
        path = node.variable_path.lower()
        if path in ("true", "false"):
            return Code(path.title(), "bool")
        if path == "null":
            return Code("None", "none")
        if path in ("_", "psitem"):
            if not self.current:
                raise Refused(node, "$_ is used where nothing sets it.")
            code = self.current[-1]
            self.used_current = True
            return code
        if path.startswith("env:"):
            self.modules.add("os")
            return Code(f'os.environ.get({quoted(node.variable_path[4:])}, "")', "str")
        if node.splatted:
            raise Refused(node, "splatting has no Python form here.")
        own = self.frame.words
        if path in self.words and path not in self.known_names():
            own.add(self.words[path])
            return Code(self.words[path])
        known = self.read(node)
        if known is not None:
            return known
        return self._automatic(node, path)

    used_current = False

    def known_names(self) -> set[str]:
        """The names that are variables of the scope being written."""
        return {path for key, path in self.known.kinds if key == self.scope and self.scope}

    def _automatic(self, node: s.VariableExpression, path: str) -> Code:
        if path == "matches":
            return Code(f"{self.posh('matches')}()")
        if path == "error":
            return Code(f"{self.posh('errors')}()")
        if path == "?":
            return Code(f"{self.posh('succeeded')}()", "bool")
        if path in ("psscriptroot", "pscommandpath"):
            self.modules.add("os")
            return Code("os.path.dirname(__file__)" if path == "psscriptroot" else "__file__", "str")
        if path == "psboundparameters" and len(self.frames) == 1:
            return Code("bound", "hashtable")
        if path in ("args", "input", "psboundparameters", "pscmdlet", "myinvocation", "this", "stacktrace"):
            raise Refused(node, f"${node.variable_path} has no Python form here.")
        name = path.removeprefix("global:").removeprefix("script:").removeprefix("variable:")
        if name in AUTOMATIC or name.endswith(_PREFERENCES):
            return Code(f"{self.posh('variable')}({quoted(node.variable_path.rpartition(':')[2])})")
        if ":" in path and not path.startswith(("script:", "global:", "local:", "private:")):
            raise Refused(node, f"the variable ${node.variable_path} has no Python form yet.")
        return Code("None", "none")

    def _ParenExpression(self, node: s.ParenExpression) -> Code:
        return self.value(node.pipeline)

    def _SubExpression(self, node: s.SubExpression) -> Code:
        statements = node.sub_expression.statements
        if not statements:
            return Code("None", "none")
        if len(statements) == 1:
            return self._single(self.value(statements[0]))
        return self.as_value(self.collected(statements))

    def _single(self, code: Code) -> Code:
        """A list in $( ): one of a single element is that element."""
        if code.is_list and code.text.startswith("[") and code.text.count(",") == 0 and code.text != "[]":
            return Code(f"{self.posh('unrolled')}({code.text})")
        return code

    def _ArrayLiteral(self, node: s.ArrayLiteral) -> Code:
        return self._list([self.as_value(self.expression(element)) for element in node.elements])

    def _list(self, items: list[Code]) -> Code:
        kinds = {item.kind for item in items}
        kind = kinds.pop() if len(kinds) == 1 else "" if not kinds else "any"
        if kind.startswith("out"):
            kind = "any"
        return Code(f"[{', '.join(item.text for item in items)}]", f"list:{kind}")

    def _ArrayExpression(self, node: s.ArrayExpression) -> Code:
        statements = node.sub_expression.statements
        if not statements:
            return Code("[]", "list:")
        simple = [self._one(statement) for statement in statements]
        if len(statements) == 1:
            if isinstance(simple[0], s.ArrayLiteral):
                return self.expression(simple[0])
            code = self.stream(statements[0])
            if not code.stream:
                code = self.as_stream(code)
            if code.text.startswith(("posh.items(", "posh.loop_items(", "posh.result_items(")):
                value = code.text.partition("(")[2][:-1]
                if code.text.startswith("posh.items("):
                    return Code(f"{self.posh('as_list')}({value})", "list:any")
                return Code(f"list({code.text})", "list:any")
            return self.listed(code)
        if all(
            one is not None and not isinstance(one, (s.UnaryExpression, s.ParenExpression)) for one in simple
        ):
            codes = [self.expression(one) for one in simple]
            single = (*SCALARS, "hashtable", "dict", "object", "reply")
            if all(code.base in single for code in codes):
                return self._list(codes)
        return self.listed(self.collected(statements))

    def _one(self, statement: Any) -> Any:
        """The expression that a statement is, if it is no more than one."""
        if isinstance(statement, s.Pipeline) and len(statement.pipeline_elements) == 1:
            element = statement.pipeline_elements[0]
            if isinstance(element, s.CommandExpression) and not element.redirections:
                return element.expression
        return None

    def _pairs(self, node: s.Hashtable) -> str:
        pairs, keys = [], set()
        for key, value in node.key_value_pairs:
            written = self.expression(key)
            if written.text.lower() in keys:
                raise Refused(node, f"the key {self.source_of(key)} is there twice.")
            keys.add(written.text.lower())
            code = self.as_value(self.value(value))
            self.pair_kinds[id(value)] = code.kind
            pairs.append(f"{written.text}: {code.text}")
        return "{" + ", ".join(pairs) + "}"

    def _Hashtable(self, node: s.Hashtable) -> Code:
        table = self._pairs(node)
        if self.plain_tables:
            return Code(table, "dict")
        return Code(f"{self.posh('Hashtable')}({'' if table == '{}' else table})", "hashtable")

    def net_type(self, node: Any, name: str) -> str:
        """A .NET type, by its name."""
        from ..semantics.types import resolve

        bare = name.lower().removesuffix("[]")
        if bare not in self.own_types and resolve(name) is None:
            raise Refused(node, f"the type [{name}] is not known here.")
        return f"{self.posh('net_type')}({quoted(name)})"

    def _TypeExpression(self, node: s.TypeExpression) -> Code:
        return Code(self.net_type(node, node.type_name.full_name))

    def _ConvertExpression(self, node: s.ConvertExpression) -> Code:
        full = node.type.type_name.full_name
        name = full.lower().removeprefix("system.")
        if isinstance(node.child, s.Hashtable) and name in ("ordered", "pscustomobject", "psobject"):
            table = self._pairs(node.child)
            if name == "ordered":
                if self.plain_tables:
                    return Code(table, "dict")
                return Code(f"{self.posh('Ordered')}({'' if table == '{}' else table})", "hashtable")
            if self.plain_tables and name == "pscustomobject":
                return Code(table, "dict")
            if "PSTypeName" in table:
                raise Refused(node, "an object with a PSTypeName has no Python form yet.")
            return Code(f"{self.posh('custom_object')}({table})", self._shape(node))
        if name == "ref" and isinstance(node.child, s.VariableExpression):
            return self.reference(node.child)
        child = self.as_value(self.expression(node.child))
        return self.cast(node, child, full)

    def reference(self, node: s.VariableExpression) -> Code:
        """`[ref]$variable`."""
        raise NotImplementedError

    def _shape(self, node: s.ConvertExpression) -> str:
        """The kind of the objects that this literal makes: which properties they have, of which kinds."""
        shape = self.known.shapes.setdefault(f"object@{node.start}", {})
        for key, value in node.child.key_value_pairs:
            name = str(getattr(key, "value", ""))
            if not name.isidentifier() or keyword.iskeyword(name) or name.startswith("_"):
                continue
            kind = self.pair_kinds.pop(id(value), "any")
            old = shape.get(name.lower())
            kind = kind if old is None else join_kinds(old[1], kind)
            shape[name.lower()] = (name, "any" if name.lower() in self.known.loose else kind)
        return f"object@{node.start}"

    def cast(self, node: Any, child: Code, full: str) -> Code:
        """A value as one of a .NET type."""
        name = full.lower().removeprefix("system.")
        if name == "string":
            return Code(self.as_text(child), "str")
        if name in ("object", "psobject"):
            return child
        if name == "array" and child.is_list:
            return child
        if (name, child.kind) in (
            *(("ordered", "dict"), ("int", "int"), ("int32", "int"), ("double", "float")),
            *(("hashtable", "hashtable"), ("bool", "bool"), ("switch", "bool"), ("pscustomobject", "object")),
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
        if name in ("xml", "scriptblock", "ref", "type") and not (name == "type" and child.kind == "str"):
            raise Refused(node, f"the conversion to [{full}] has no Python form yet.")
        kinds = {"int": "int", "int32": "int", "double": "float", "string[]": "list:str", "int[]": "list:int"}
        kind = kinds.get(name, "any")
        return Code(f"{self.posh('cast')}({child.text}, {self.net_type(node, full)})", kind)

    def _TernaryExpression(self, node: s.TernaryExpression) -> Code:
        test = self.truth(self.as_value(self.expression(node.condition)))
        yes = self.as_value(self.expression(node.if_true))
        no = self.as_value(self.expression(node.if_false))
        text = f"{yes.within(OR)} if {test.within(OR)} else {no.within(OR)}"
        return Code(text, join_kinds(yes.kind, no.kind), CONDITION)

    # Members

    def _IndexExpression(self, node: s.IndexExpression) -> Code:
        target = self.as_value(self.expression(node.target))
        index = self.as_value(self.expression(node.index))
        if node.null_conditional:
            return self._unless_null(target, lambda name: f"{self.posh('index')}({name}, {index.text})")
        if target.kind == "list:reply" and index.text == "0":
            return Code(f"{target.within(ATOM)}[0]", "reply")
        if target.kind == "hashtable" and index.kind == "str":
            return Code(f"{target.within(ATOM)}.get({index.text})")
        return Code(f"{self.posh('index')}({target.text}, {index.text})")

    def _unless_null(self, target: Code, write: Any) -> Code:
        """`target?.member`, with the target read once."""
        if target.text.isidentifier():
            return Code(f"None if {target.text} is None else {write(target.text)}", "any", CONDITION)
        name = self.unique("target")
        text = f"None if ({name} := {target.text}) is None else {write(name)}"
        return Code(text, "any", CONDITION)

    def _MemberExpression(self, node: s.MemberExpression) -> Code:
        member = self._member_name(node.member)
        if node.static:
            if not isinstance(node.expression, s.TypeExpression):
                raise Refused(node, "a static member of a computed type has no Python form yet.")
            owner = self.net_type(node, node.expression.type_name.full_name)
            return Code(f"{self.posh('static_member')}({owner}, {member.text})")
        target = self.as_value(self.expression(node.expression))
        if node.null_conditional:
            return self._unless_null(target, lambda one: f"{self.posh('member')}({one}, {member.text})")
        if not isinstance(node.member, s.StringConstantExpression):
            return Code(f"{self.posh('member')}({target.text}, {member.text})")
        return self._named_member(target, node.member.value)

    def _named_member(self, target: Code, name: str) -> Code:
        folded = name.lower()
        if target.kind == "reply" and folded in _REPLY:
            return Code(f"{target.within(ATOM)}.{folded}", _REPLY[folded])
        if target.kind == "error":
            if folded == "exception":
                return Code(target.text, "exception")
            target = self.record_of(target)
        if target.kind == "exception":
            if folded == "message":
                return Code(f"str({target.text})", "str")
            target = self.record_of(target)
        shape = self.known.shapes.get(target.kind, {})
        if folded in shape and not self.reflects:
            return Code(f"{target.within(ATOM)}.{shape[folded][0]}", shape[folded][1])
        if target.kind == "hashtable" and folded not in _TABLE_WORDS:
            return Code(f"{target.within(ATOM)}.get({quoted(name)})")
        if target.kind == "hashtable" and folded == "keys":
            return Code(f"[*{target.text}]", "list:any")
        many = target.is_list or target.kind.startswith("List")
        sized: tuple[str, ...] = ("count", "length") if many else ()
        if target.kind == "str":
            sized = ("length",)
        if folded in sized:
            return Code(f"len({target.text})", "int")
        kind = "int" if folded == "count" and target.kind in ("hashtable", "List") else "any"
        return Code(f"{self.posh('member')}({target.text}, {quoted(name)})", kind)

    def record_of(self, target: Code) -> Code:
        """The error record of the exception that a catch holds, or its exception."""
        raise NotImplementedError

    def _member_name(self, member: Any) -> Code:
        if isinstance(member, s.StringConstantExpression):
            return Code(quoted(member.value), "str")
        return self.as_value(self.expression(member))

    def _InvokeMemberExpression(self, node: s.InvokeMemberExpression) -> Code:
        name = self._member_name(node.member)
        if node.static:
            return self._static(node, name)
        folded = node.member.value.lower() if isinstance(node.member, s.StringConstantExpression) else ""
        if folded in ("getnewclosure", "ast"):
            raise Refused(node, f"the method {node.member.value} has no Python form.")
        target = self.as_value(self.expression(node.expression))
        arguments = [self.as_value(self.expression(argument)) for argument in node.arguments or []]
        if target.kind in ("error", "exception"):
            target = self.record_of(target)
        if node.null_conditional:
            values = "".join(f", {item.text}" for item in arguments)
            return self._unless_null(target, lambda one: f"{self.posh('invoke')}({one}, {name.text}{values})")
        plain = self._plain_method(target, folded, arguments)
        if plain is not None:
            return plain
        kind = (
            "str" if folded in ("tostring",) or (target.kind == "str" and folded in _TEXT_METHODS) else "any"
        )
        values = "".join(f", {item.text}" for item in arguments)
        text = f"{self.posh('invoke')}({target.text}, {name.text}{values})"
        return Code(text, kind, result=kind == "any")

    def _plain_method(self, target: Code, name: str, arguments: list[Code]) -> Code | None:
        texts = [item.text for item in arguments]
        if target.kind == "str" and all(item.kind == "str" for item in arguments):
            if name in _METHODS and len(arguments) == _METHODS[name][2]:
                method, kind, _ = _METHODS[name]
                if name == "replace" and texts[0] == '""':
                    return None
                return Code(f"{target.within(ATOM)}.{method}({', '.join(texts)})", kind)
            if name in _TRIMS and len(arguments) < 2:
                return Code(f"{target.within(ATOM)}.{_TRIMS[name]}({', '.join(texts)})", "str")
            if name == "contains" and len(arguments) == 1:
                return Code(f"{arguments[0].within(3)} in {target.within(3)}", "bool", 4)
        in_table = target.kind == "hashtable" and name in ("containskey", "contains") and len(texts) == 1
        if in_table and arguments[0].kind == "str":
            return Code(f"{arguments[0].within(3)} in {target.within(3)}", "bool", 4)
        if target.kind == "str" and name == "tostring" and not arguments:
            return target
        if target.kind == "List" and name == "add" and len(arguments) == 1:
            return Code(f'{self.posh("invoke")}({target.text}, "Add", {texts[0]})', "void")
        if target.kind.startswith("List:"):
            return self._list_method(target, name, arguments)
        return None

    def _list_method(self, target: Code, name: str, arguments: list[Code]) -> Code:
        """A method of a list that is Python's own."""
        texts = [self.as_text(item) if target.item == "str" else item.text for item in arguments]
        if name == "add" and len(texts) == 1:
            return Code(f"{target.text}.append({texts[0]})", "void")
        if name == "addrange" and len(texts) == 1:
            items = self.as_stream(arguments[0])
            if target.item == "str" and items.kind != "str":
                return Code(f"{target.text}.extend({self.posh('text')}(one) for one in {items.text})", "void")
            return Code(f"{target.text}.extend({items.text})", "void")
        if name == "clear" and not texts:
            return Code(f"{target.text}.clear()", "void")
        if name == "toarray" and not texts:
            return Code(f"list({target.text})", f"list:{target.item}")
        if name == "removeat" and arguments[0].kind == "int":
            return Code(f"del {target.text}[{arguments[0].text}]", "void")
        if name == "insert" and len(texts) == 2 and arguments[0].kind == "int":
            return Code(f"{target.text}.insert({arguments[0].text}, {texts[1]})", "void")
        raise Refused(s.Node(), f"the method {name} of a list has no Python form here yet.")

    def _static(self, node: s.InvokeMemberExpression, member: Code) -> Code:
        if not isinstance(node.expression, s.TypeExpression):
            raise Refused(node, "a static method of a computed type has no Python form yet.")
        full = node.expression.type_name.full_name
        owner = full.lower().removeprefix("system.")
        name = node.member.value.lower() if isinstance(node.member, s.StringConstantExpression) else ""
        if owner == "scriptblock":
            raise Refused(node, "a script block made from text has no Python form.")
        if owner == "console" and name in ("readline", "readkey", "beep"):
            raise Refused(node, f"[Console]::{member.text} has no Python form yet.", "use Read-Host")
        arguments = [self._static_argument(argument) for argument in node.arguments or []]
        if owner == "string" and len(arguments) == 1 and arguments[0].kind == "str":
            if name == "isnullorempty":
                return Code(f"not {arguments[0].within(NOT)}", "bool", NOT)
            if name == "isnullorwhitespace":
                return Code(f"not {arguments[0].within(ATOM)}.strip()", "bool", NOT)
        if owner == "environment" and name == "getenvironmentvariable" and len(arguments) == 1:
            self.modules.add("os")
            return Code(f"os.environ.get({arguments[0].text})")
        values = "[" + ", ".join(item.text for item in arguments) + "]"
        if name == "new":
            kind = "List" if owner.startswith("collections.generic.list") and not arguments else "any"
            return Code(f"{self.posh('construct')}({self.net_type(node, full)}, {values})", kind)
        kinds = {"isnullorempty": "bool", "isnullorwhitespace": "bool", "join": "str", "format": "str"}
        kind = kinds.get(name, "any") if owner == "string" else "any"
        call = f"{self.posh('invoke_static')}({self.net_type(node, full)}, {member.text}, {values})"
        return Code(call, kind, result=kind == "any")

    def _static_argument(self, node: Any) -> Code:
        return self.as_value(self.expression(node))


ONE_TEXT = dict.fromkeys(("out-string", "join-string"), "str")
"""Commands that give one text whatever they get."""

AUTOMATIC = frozenset(
    "psversiontable pid home pwd islinux iswindows ismacos iscoreclr lastexitcode host psculture psuiculture "
    "shellid error executioncontext psedition ofs outputencoding psstyle enabledexperimentalfeatures "
    "psnativecommanduseerroractionpreference psdefaultparametervalues formatenumerationlimit "
    "maximumhistorycount errorview profile pshome nestedpromptlevel foreach switch".split()
)


_PLAIN_TEXT = re.compile(r"^str\(([A-Za-z_]\w*)\)$")


def single_quoted(value: str) -> str:
    """An expression with its texts in single quotes, where that changes nothing else."""
    return value if "'" in value or "\\" in value else value.replace('"', "'")


def quoted_inside(piece: str) -> str:
    """A piece of text as it stands between the double quotes of an f-string."""
    written = "".join(letter if letter == "'" else repr(letter)[1:-1] for letter in piece)
    return written.replace('"', '\\"').replace("{", "{{").replace("}", "}}")
