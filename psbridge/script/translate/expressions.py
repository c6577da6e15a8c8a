"""Literals, variables, members and casts as Python: plain where kinds are known, helpers elsewhere."""

from __future__ import annotations

import keyword
import re
from typing import Any

from .. import syntax as s
from .code import (
    ATOM,
    CONDITION,
    OR,
    SCALARS,
    UNARY,
    Code,
    Refused,
    described,
    is_call,
    join_kinds,
    python_name,
    quoted,
    run_of,
    whole_call,
)
from .shapes import ALONE, OBJECTS
from .writer import Writer

_PREFERENCES = ("preference", "psstyle", "psversiontable", "lastexitcode")


_OF_THE_CALL = "args input psboundparameters pscmdlet myinvocation this stacktrace foreach switch".split()


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

    def record_of(self, target: Code) -> Code:
        """The error record of the exception that a catch holds, or its exception."""
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
        if run_of(code.text) or (code.text.partition("(")[0] in self.bound_names() and not code.inner):
            return Code(code.text, kind)
        return Code(f"list({code.text})", kind)

    def as_stream(self, code: Code) -> Code:
        """A value as what a pipeline goes through."""
        if code.stream:
            return code
        if code.kind in ("error", "exception"):
            code = self.record_of(code)
        if code.kind == "void":
            if code.text.startswith("del "):
                raise Refused(s.Node(), "the removal of an item as a value has no Python form.")
            return Code(f"{self.posh('result_items')}({code.text})", stream=True)
        if code.kind.startswith("many:reply"):
            return code.or_nothing
        if code.is_list or code.kind.startswith("List:"):
            return Code(code.text, code.item, code.rank, stream=True)
        if code.base in (*SCALARS, *OBJECTS, "str?", "int?", "switch", "none", "dict", "body"):
            return Code(f"[{code.text}]", code.kind, stream=True)
        helper = "result_items" if code.result else "loop_items" if code.is_out else "items"
        fed = {"items": f"piped={code.text}", "loop_items": f"output={code.text}"}.get(helper, "")
        item = code.item if code.kind != "many:str" else "str?"  # a null, where the list was not given
        return Code(f"{self.posh(helper)}({code.path})", item, stream=True, fed=fed)

    def reached(self, target: Code, step: str, kind: str = "any", *, result: bool = False) -> Code:
        """What a step from an object gives: a member, `[index]`, or `(method, arguments)`."""
        owner, steps = (target.owner, (*target.steps, step)) if target.steps else (target.text, (step,))
        if len(steps) > 1:
            text = f"{self.posh('member')}({', '.join([owner, *steps])})"
        elif step[0] == "[":
            text = f"{self.posh('index')}({owner}, {step[1:-1]})"
        elif step[0] == "(":
            text = f"{self.posh('invoke')}({owner}, {step[1:-1].removesuffix(',')})"
        else:
            text = f"{self.posh('member')}({owner}, {step})"
        reach = target.reach if target.steps else target.kind
        return Code(text, kind, result=result, owner=owner, steps=steps, reach=reach)

    def as_value(self, code: Code) -> Code:
        """What a pipeline puts out, as one value; of an exception of Python's, its error record."""
        return self.record_of(code) if code.kind in ("error", "exception") else self.as_owner(code)

    def as_owner(self, code: Code) -> Code:
        """A value whose member is asked for: that may be Python's own of an exception."""
        if not code.stream:
            if code.text.startswith("del "):
                raise Refused(s.Node(), "the removal of an item as a value has no Python form.")
            return code
        if code.inner:
            return Code(f"{self.posh('unpacked')}({code.inner})", f"out:{code.kind}")
        run = run_of(code.text)
        if run is not None:
            owner, arguments = run
            sure = self.one_result(arguments.partition(",")[0].strip('"').lower(), code)
            return Code(f"{owner}.get({arguments})", sure or f"out:{code.kind}")
        called = whole_call(code.text, "call")
        if called:
            return Code(f"{self.posh('get')}({called})", f"out:{code.kind}")
        name, _, rest = code.text.partition("(")
        if name in self.bound_names() and rest.endswith(")"):
            return Code(f"{name}.get({rest}", code.kind if code.single else f"out:{code.kind}")
        return Code(f"{self.posh('unpacked')}({code.text})", f"out:{code.kind}")

    def lazily(self, code: Code, rank: int | None = None) -> str:
        """What a loop goes through: a function with PowerShell's binding runs while it does."""
        name, _, rest = code.text.partition("(")
        if code.stream and name in self.bound_names() and is_call(code.text):
            return f"{name}.stream({rest}"
        return code.text if rank is None else code.within(rank)

    def bound_names(self) -> set[str]:
        """The Python names of the functions that have PowerShell's binding."""
        return set()

    def one_result(self, name: str, code: Code) -> str:
        """The kind of the one object that a command surely gives; empty where it may be none or many."""
        if name in ALONE and "Stream=" not in code.text:
            return "str"
        if name == "get-content" and "Raw=True" in code.text and code.kind == "str":
            return "str?"
        if name == "get-item" and not set(code.text) & set("*?[") and "Error" not in code.text:
            return "file"
        if name == "measure-object" and code.kind == "measure":
            return "measure" if code.single else ""
        if name == "convertto-json" and code.single:
            return "str"
        if name == "invoke-webrequest" and 'ErrorAction="Stop"' in code.text and "OutFile" not in code.text:
            return "webresponse"
        return ""

    def truth(self, code: Code) -> Code:
        """A condition: Python's own where both languages agree."""
        if code.inner and not code.stream:
            return Code(code.inner, "bool", OR)
        if code.base in (*SCALARS, "none", "str?", "int?", "switch") or code.kind.startswith("many:reply"):
            return code
        if code.base in OBJECTS or code.kind == "hashtable?":
            return Code(f"{code.within(3)} is not None", "bool", 4)
        for helper, truth in (("not_equals", "differs"), ("equals", "matches_value")):
            compared = whole_call(code.text, helper)
            if compared:
                return Code(f"{self.posh(truth)}({compared})", "bool")
        return Code(f"{self.posh('truth')}({code.path})", "bool")

    def as_text(self, code: Code) -> str:
        """An expression whose value is the text that interpolation gives."""
        if code.kind == "str":
            return code.text
        if code.kind == "str?":
            return f"({or_empty(code)})"
        if code.kind in ("int", "long", "bool", "switch"):
            return f"str({code.text})"
        if code.kind == "exception" or (code.kind == "error" and self.web_errors):
            code = self.record_of(code)
        return f"{self.posh('text')}({code.path})"

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
        if name == "Decimal":
            self.modules.add("decimal")
            return Code(f"decimal.Decimal({quoted(str(value))})")
        return Code(f"{self.posh('cast')}({quoted(str(value))}, {self.net_type(node, kinds[name])})")

    def _StringConstantExpression(self, node: s.StringConstantExpression) -> Code:
        return Code(quoted(node.value), "str")

    def _ExpandableStringExpression(self, node: s.ExpandableStringExpression) -> Code:
        pieces = [part if isinstance(part, str) else self._inside(part) for part in node.parts]
        helped = [
            piece
            for piece in pieces
            if isinstance(piece, Code) and self.as_text(piece).startswith("posh.text(")
        ]
        if len(helped) > 1:
            return self._expanded(pieces)
        if len(pieces) == 1 and isinstance(pieces[0], Code):
            return Code(pieces[0].text if pieces[0].kind == "str" else self.as_text(pieces[0]), "str")
        arguments = []
        for piece in pieces:
            if not isinstance(piece, str):
                plain = piece.kind in ("str", "int", "long", "bool", "switch")
                arguments.append(piece.text if plain else self.as_text(piece))
        if not arguments:
            return Code(quoted("".join(piece for piece in pieces if isinstance(piece, str))), "str")
        inside = "".join(quoted_inside(piece) if isinstance(piece, str) else "\0" for piece in pieces)
        arguments = [_PLAIN_TEXT.sub(r"\1", _BARE.sub(r"\1", single_quoted(value))) for value in arguments]
        if any(set(value) & set('"\\\n{}') for value in arguments):
            return Code(f'"{inside.replace(chr(0), "{}")}".format({", ".join(arguments)})', "str")
        for value in arguments:
            inside = inside.replace("\0", "{" + value + "}", 1)
        return Code(f'f"{inside}"', "str")

    def _expanded(self, pieces: list[Any]) -> Code:
        """A string with several values whose text is PowerShell's, by one helper."""
        template = ""
        values: dict[str, str] = {}
        for piece in pieces:
            if isinstance(piece, str):
                template += piece.replace("{", "{{").replace("}", "}}")
                continue
            path = "".join(_FIELDS.sub(_field, step) for step in piece.steps)
            last = piece.owner.rpartition(".")[2]
            named = last.isidentifier() and not keyword.iskeyword(last)
            plain = named and all(_FIELDS.fullmatch(step) for step in piece.steps)
            if piece.steps and plain:
                owner = piece.owner if piece.owner == last else python_name(last)
                if values.setdefault(owner, piece.owner) != piece.owner:
                    owner = f"value_{len(values)}"
                    values[owner] = piece.owner
                template += f"{{{owner}{path}}}"
            else:
                named = piece.text.isidentifier() and not keyword.iskeyword(piece.text)
                name = piece.text if named else f"value_{len(values)}"
                values[name] = piece.text
                template += f"{{{name}}}"
        given = "".join(f", {name}={text}" for name, text in values.items())
        return Code(f"{self.posh('expand')}({quoted(template)}{given})", "str")

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
        if path == "pscmdlet" and self.uses.scripts_cmdlet(node):
            return Code(f"{self.posh('script_cmdlet')}(__file__)")
        if path in self.words and path not in self.known_names():
            own.add(self.words[path])
            return Code(self.words[path], "bound" if path == "psboundparameters" else "any")
        if path in self.uses.headers:
            self.known.sent.add(path)  # a request that is not the chat API's own cmdlet needs them
        known = self.read(node)
        if known is not None:
            return known
        return self._automatic(node, path)

    used_current = False
    web_errors = False
    """Whether the error of the innermost catch may be that of a request, which has a text of its own."""

    def known_names(self) -> set[str]:
        """The names that are variables of the scope being written."""
        return {path for key, path in self.known.kinds if key == self.scope and self.scope}

    def _automatic(self, node: s.VariableExpression, path: str) -> Code:
        if path == "matches":
            return Code(f"{self.posh('matches')}()")
        if path == "error":
            return Code(f"{self.posh('errors')}()")
        if path == "?" and self.after_value:
            return Code("True", "bool")
        if path == "?":
            return Code(f"{self.posh('succeeded')}()", "bool")
        if path in ("psscriptroot", "pscommandpath"):
            self.modules.add("os")
            return Code("os.path.dirname(__file__)" if path == "psscriptroot" else "__file__", "str")
        if path == "psboundparameters" and len(self.frames) == 1 and not self.has_parameters:
            return Code(f"{self.posh('Hashtable')}()", "hashtable")
        if path == "psboundparameters" and len(self.frames) == 1:
            return Code("bound", "hashtable")
        if path == "input" and len(self.frames) == 1 and not self.uses.in_block(node):
            self.modules.add("sys")
            return Code("sys.stdin.read().splitlines()", "list:str")
        own = len(self.frames) == 1 and not self.has_parameters and not self.uses.in_block(node)
        if path == "args" and own and id(node) in self.uses.parents:
            self.modules.add("sys")
            return Code("sys.argv[1:]", "list:str")
        if path in _OF_THE_CALL:
            raise Refused(node, f"${node.variable_path} has no Python form here.")
        name = path.removeprefix("global:").removeprefix("script:").removeprefix("variable:")
        if name == "pwd" and not self.moves and self._is_argument(node):
            self.modules.add("os")
            return Code("os.getcwd()", "str")
        if name in AUTOMATIC or name.endswith(_PREFERENCES):
            return Code(f"{self.posh('variable')}({quoted(node.variable_path.rpartition(':')[2])})")
        drives = ("function:", "alias:", "cert:", "temp:", "wsman:", "using:", "variable:")
        if path.startswith(drives):
            raise Refused(node, f"the variable ${node.variable_path} has no Python form yet.")
        if self.strict:
            return Code(f"{self.posh('variable')}({quoted(node.variable_path)})")
        return Code("None", "none")

    def _is_argument(self, node: Any) -> bool:
        """Whether a command gets this as an argument, for which a path is a text."""
        command = self.uses.parents.get(id(node))
        return isinstance(command, s.Command) and str(
            getattr(command.command_elements[0], "value", "")
        ).lower() == ("join-path")

    def _ParenExpression(self, node: s.ParenExpression) -> Code:
        return self.value(node.pipeline)

    def _SubExpression(self, node: s.SubExpression) -> Code:
        statements = node.sub_expression.statements
        if not statements:
            return Code("None", "none")
        if len(statements) == 1 and isinstance(statements[0], s.AssignmentStatement):
            return self.as_value(self.collected(statements))  # which puts nothing out
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
        kind = ""
        for one in kinds:
            kind = join_kinds(kind, one) if kind else one
        if len(kinds) > 1 and kind.partition("@")[0] not in ("object", "table"):
            kind = "any"
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
            if code.kind == "list:str" and code.text.startswith("re.split("):
                return code
            if not code.stream:
                code = self.as_stream(code)
            if code.text.startswith(ENUMERATING):
                value = code.text.partition("(")[2][:-1]
                if code.text.startswith("posh.items("):
                    return Code(f"{self.posh('as_list')}({value})", "list:any")
                return Code(f"list({code.text})", "list:any")
            return self.listed(code)
        if all(
            one is not None and not isinstance(one, (s.UnaryExpression, s.ParenExpression)) for one in simple
        ):
            codes = [self.expression(one) for one in simple]
            single = (*SCALARS, *OBJECTS, "dict")
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

    callable_table = False
    has_parameters = False
    """Whether the script has parameters of its own."""
    after_value = False
    """Whether the statement before this one was a value, which did not fail."""
    to_file = False
    """Whether what is written now are the lines of a file."""

    def bare_block(self, code: Code) -> Code:
        """A script block without parameters as the Python function that it is; any other code as it is."""
        inner = whole_call(code.text, "block") if code.kind == "block" else ""
        plain = inner.startswith(("lambda: ", "lambda item: ")) or inner.isidentifier()
        return Code(inner, "function") if plain else code

    def net_type(self, node: Any, name: str) -> str:
        """The name of a .NET type, as a literal."""
        from ..semantics.types import resolve

        bare = name.lower().removesuffix("[]")
        own = any(one in self.own_types for one in re.findall(r"[\w.]+", bare))
        if not own and not self.asks_errors and resolve(name) is None:
            raise Refused(node, f"the type [{name}] is not known here.")
        return quoted(name)

    def _TypeExpression(self, node: s.TypeExpression) -> Code:
        return Code(f"{self.posh('net_type')}({self.net_type(node, node.type_name.full_name)})")

    def reference(self, node: s.VariableExpression) -> Code:
        """`[ref]$variable`."""
        raise NotImplementedError

    def _TernaryExpression(self, node: s.TernaryExpression) -> Code:
        test = self.truth(self.as_value(self.expression(node.condition)))
        yes = self.as_value(self.expression(node.if_true))
        no = self.as_value(self.expression(node.if_false))
        text = f"{yes.within(OR)} if {test.within(OR)} else {no.within(OR)}"
        return Code(text, join_kinds(yes.kind, no.kind), CONDITION)


ENUMERATING = ("posh.items(", "posh.loop_items(", "posh.result_items(")
"""Helpers that give a value's elements."""

AUTOMATIC = frozenset(
    "psversiontable pid home pwd islinux iswindows ismacos iscoreclr lastexitcode host psculture psuiculture "
    "shellid error executioncontext psedition ofs outputencoding psstyle enabledexperimentalfeatures "
    "psnativecommanduseerroractionpreference psdefaultparametervalues formatenumerationlimit "
    "maximumhistorycount errorview profile pshome nestedpromptlevel foreach switch".split()
)


_FIELDS = re.compile(r'"([A-Za-z_][\w-]*)"|(-?\d+)|\["([\w-]*[A-Za-z_-][\w-]*)"\]')
"""Steps from an object that can stand in a template: a member, a number, a text as index."""
_BARE = re.compile(r"^\(([^()]* or '')\)$")
_PLAIN_TEXT = re.compile(r"^str\(([A-Za-z_]\w*)\)$")


def _field(step: re.Match[str]) -> str:
    return f".{step.group(1)}" if step.group(1) else f"[{step.group(2) or step.group(3)}]"


def or_empty(code: Code) -> str:
    """The text of a value that may be null."""
    return f'{code.within(OR)} or ""'


def single_quoted(value: str) -> str:
    """An expression with its texts in single quotes, where that changes nothing else."""
    return value if "'" in value or "\\" in value else value.replace('"', "'")


def quoted_inside(piece: str) -> str:
    """A piece of text as it stands between the double quotes of an f-string."""
    written = "".join(letter if letter == "'" else repr(letter)[1:-1] for letter in piece)
    return written.replace('"', '\\"').replace("{", "{{").replace("}", "}}")
