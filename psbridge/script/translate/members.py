"""Members, indexes and method calls as Python: plain where kinds are known, helpers elsewhere."""

from __future__ import annotations

import keyword
import re
from typing import Any

from .. import syntax as s
from .code import ATOM, CONDITION, NOT, OR, TERM, Code, Refused, join_kinds, quoted
from .expressions import or_empty
from .methods import Methods
from .nodes import expression_of, path_of, word_of
from .shapes import PROPERTIES, spelling

_REPLY = {
    "metadata": "texts?",
    "has_more": "bool",
    "deleted": "bool",
    "tool_calls": "many:reply",
    "function": "reply",
    "name": "str",
    "arguments": "str",
    "content": "str?",
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
_SERVICE_ONLY = frozenset("usage model id object created finish_reason role metadata".split())
"""What another server than the service may leave out of a reply."""
_TEXT_METHODS = {"substring", "padleft", "padright", "insert", "remove", "tostring", "trimstart", "trimend"}
_BAG = ("remove", "copied", "type_names_into", "net_type", "shown_as")
_PARTS = ("days", "hours", "minutes", "seconds")
_WHOLE = (*_PARTS, "milliseconds")
_TABLE_WORDS = ("count", "keys", "values", "length", "psobject", "psbase", "issynchronized", "isreadonly")


class Members(Methods):
    """Writes what is asked of an object."""

    def _IndexExpression(self, node: s.IndexExpression) -> Code:
        group = self._group(node.target, node.index)
        if group is not None:
            return group
        target = self.as_value(self.expression(node.target))
        if target.kind == "groups":
            return self.group_of(target, node.index)
        index = self.as_value(self.expression(node.index))
        if node.null_conditional:
            return self._unless_null(target, lambda name: f"{self.posh('index')}({name}, {index.text})")
        if target.kind == "list:str" and index.text == "0" and re.search(r"split\([^()]*\)$", target.text):
            return Code(f"{target.within(ATOM)}[0]", "str")
        if target.kind == "list:reply" and index.text == "0":
            return Code(f"{target.within(ATOM)}[0]", "reply")
        if target.kind == "hashtable?":
            target = target.of_kind("hashtable")  # null has no entries: an error in both
        if self._is_key(index, node.index) and self._has_keys(target, node.target, node.index):
            return self._entry(node.target, target, node.index, index)
        if index.kind == "int" and index.text.isdigit() and isinstance(node.target, s.IndexExpression):
            least = int(self._table(node.target.target).get("#", "0"))
            if int(index.text) < least and target.is_list and target.text.endswith("]"):
                return Code(f"{target.text}[{index.text}]", target.item)
        if (
            index.kind == "int"
            and index.text.isdigit()
            and int(index.text) < self.lengths.get(target.text, 0)
        ):
            return Code(f"{target.text}[{index.text}]", target.item)
        all_but_last = index.text == f"posh.value_range(0, len({target.text}) - 2)"
        if all_but_last and target.kind == "list:str" and target.text.isidentifier():
            # 0..-1 of a list of one takes it twice
            return Code(f"{target.text}[:-1] or {target.text} * 2", target.kind, OR)
        plain = index.text.lstrip("-").isdigit() and target.steps
        kind = target.kind if index.is_list and target.kind == "list:str" else "any"
        if index.kind == "int" and target.kind == "list:str":
            kind = "str?"
        return self.reached(target, index.text if plain else f"[{index.text}]", kind)

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
            owner = self._static_owner(node.expression)
            return Code(f"{self.posh('static_member')}({owner}, {member.text})")
        group = self._group(node.expression, node.member)
        if group is not None:
            return group
        if isinstance(node.expression, s.VariableExpression) and path_of(node.expression) in self.entries:
            key, value = self.entries[path_of(node.expression)]
            return Code(value if str(node.member.value).lower() == "value" else key)
        file = self._script_file(node)
        if file is not None:
            return file
        called = self._called_name(node)
        if _asks_set(node) and len(self.frames) == 1 and not self.uses.in_block(node):
            return Code(self.set_name, "str") if self.set_name else Code('"__AllParameterSets"', "str")
        if called:
            return Code(quoted(called), "str")
        category = self._category(node)
        if category is not None:
            return category
        target = self.as_owner(self.expression(node.expression))
        if node.null_conditional:
            return self._unless_null(target, lambda one: f"{self.posh('member')}({one}, {member.text})")
        if not isinstance(node.member, s.StringConstantExpression):
            name = _property_text(member, target)
            return Code(f"{self.posh('member')}({target.text}, {name})")
        words = node.member.value.lower() in _TABLE_WORDS
        if not words and self._has_keys(target, node.expression, node.member):
            return self._entry(node.expression, target, node.member, member)
        own_key = f"={node.member.value.lower()}" in self._table(node.expression)
        own_key = own_key or node.member.value.lower() in self.shape_of(target.kind)
        if (
            target.base in ("hashtable", "table")
            and node.member.value.lower() in ("keys", "count")
            and own_key
        ):
            return self.reached(target, member.text)
        if target.base in ("hashtable", "table") and node.member.value.lower() == "keys":
            kinds = self._table(node.expression)
            kind = "str" if target.text == "bound" else kinds.get("keys", "any")
            return Code(f"[*{target.text}]", f"list:{kind}")
        return self._named_member(target, node.member.value)

    def _is_column(self, name: str) -> bool:
        """Whether a table of texts may have this column: a file may, the script's own text must name it."""
        return self.reads_files or name.lower() in self.text_words

    plain_errors = False

    def _category(self, node: s.MemberExpression) -> Code | None:
        """`$_.CategoryInfo.Category` of an error of psbridge's that is caught; None for anything else."""
        inner = node.expression
        names = [word_of(one) for one in (node.member, getattr(inner, "member", None))]
        web = self.web_errors and self.known.asks
        if not self.plain_errors or web or names != ["category", "categoryinfo"] or not self.current:
            return None
        owner = inner.expression
        current = isinstance(owner, s.VariableExpression) and owner.variable_path.lower() in ("_", "psitem")
        if not current or self.current[-1].kind != "error" or not self._becomes_text(node):
            return None
        return Code(f"{self.current[-1].text}.category", "str")

    def _is_key(self, index: Code, node: Any) -> bool:
        """Whether an index is one key, and never a list of them."""
        if index.kind in ("str", "str?") or not isinstance(node, s.VariableExpression):
            return index.kind in ("str", "str?") or index.text in self.entry_names
        return self.uses.is_key(node)

    def _becomes_text(self, node: Any) -> bool:
        """Whether nothing but the text of a value is asked for: it stands in a string, or is formatted."""
        around = self.uses.parents.get(id(node))
        while isinstance(
            around,
            (
                s.CommandExpression,
                s.Pipeline,
                s.StatementBlock,
                s.SubExpression,
                s.ParenExpression,
                s.ArrayLiteral,
            ),
        ):
            around = self.uses.parents.get(id(around))
        formats = isinstance(around, s.BinaryExpression) and around.operator == "Format"
        return formats or isinstance(around, s.ExpandableStringExpression)

    def _has_keys(self, target: Code, node: Any, key: Any) -> bool:
        """Whether a table of Python's own finds this key as it is written."""
        if target.kind == "hashtable":
            return True
        if target.base != "table":
            return False
        if isinstance(node, s.VariableExpression) and path_of(node) in self.uses.dicts:
            return True
        name = str(getattr(key, "value", ""))
        spelling = self.shape_of(target.kind).get(name.lower(), ("",))[0]
        return isinstance(key, s.StringConstantExpression) and spelling == name and not self.removes

    def _table(self, node: Any) -> dict[str, str]:
        """What is known of the values of a table of the script's."""
        if not isinstance(node, s.VariableExpression) or path_of(node) not in self.uses.tables:
            return {}
        return self.known.tables.get(path_of(node), {})

    def _entry(self, node: Any, target: Code, key: Any, index: Code) -> Code:
        """A value of a table by its name."""
        kinds = self._table(node)
        shape = self.shape_of(target.kind)
        if isinstance(key, s.StringConstantExpression) and not kinds and key.value.lower() in shape:
            return Code(f"{target.within(ATOM)}[{index.text}]", shape[key.value.lower()][1])
        if isinstance(key, s.StringConstantExpression):
            name = key.value.lower()
            found = [kinds[one] for one in (f"={name}", "*") if one in kinds]
            sure = f"!{name}" in kinds
        else:
            found = [kind for one, kind in kinds.items() if one[0] in "=*"]
            sure = self.uses.is_asked_for(node, key)
        kind = found[0] if found else "any"
        for one in found[1:]:
            kind = join_kinds(kind, one)
        if sure:
            return Code(f"{target.within(ATOM)}[{index.text}]", kind)
        kind = {"str": "str?", "str?": "str?", "int": "int?", "int?": "int?"}.get(kind, "any")
        return Code(f"{target.within(ATOM)}.get({index.text})", kind)

    def _group(self, table: Any, place: Any) -> Code | None:
        """`$Matches.name` and `$Matches[1]` of a match that is Python's; None for anything else."""
        if not isinstance(table, s.VariableExpression) or table.variable_path.lower() != "matches":
            return None
        test = (self.uses.governed or {}).get(id(table))
        if id(test) not in self.found:
            return None
        name, groups = self.found[id(test)]
        spelt, sure = groups.get(word_of(place), ("", False))
        if not spelt:
            return Code("None", "none")
        return Code(f"{name}[{spelt}]", "str" if sure else "str?")

    in_scope = False
    """Whether a block that is written now runs in the scope around it, as those of `.ForEach({ })` do."""

    set_name = ""
    """The Python name of the parameter set that the script was given; empty where it has none."""
    called: list[str]
    """The functions with PowerShell's binding that are being written, the innermost last."""

    def _called_name(self, node: s.MemberExpression) -> str:
        """The name of the function that `$MyInvocation`, or `$PSCmdlet`'s, gives; empty for anything else."""
        inner = node.expression
        name = word_of(node.member)
        if name not in ("name", "invocationname") or not self.called:
            return ""
        if name == "name" and isinstance(inner, s.MemberExpression):
            if word_of(inner.member) != "mycommand":
                return ""
            inner = inner.expression
        source = self.source_of(inner).lower()  # written with spaces or quotes, it is something else
        plain = source in ("$myinvocation", "$pscmdlet.myinvocation")
        return self.called[-1] if plain else ""

    def _script_file(self, node: s.MemberExpression) -> Code | None:
        """`$MyInvocation.MyCommand.Path` of the script itself, and its name; None for anything else."""
        inner, name = node.expression, word_of(node.member)
        if name != "pscommandpath":
            if name not in ("path", "definition", "source", "name") or not isinstance(
                inner, s.MemberExpression
            ):
                return None
            if word_of(inner.member) != "mycommand":
                return None
            inner = inner.expression
        if not isinstance(inner, s.VariableExpression) or self.uses.in_block(node):
            return None
        at_top = len(self.frames) == 1 and inner.variable_path.lower() == "myinvocation"
        if not at_top and inner.variable_path.lower() != "script:myinvocation":
            return None
        if name != "name":
            return Code("__file__", "str")
        self.modules.add("pathlib")
        return Code('f"{Path(__file__).stem}.ps1"', "str")

    def _named_member(self, target: Code, name: str) -> Code:
        folded = name.lower()
        if target.kind == "rematch" or target.kind.startswith("group:"):
            part = self.match_part(target, folded)
            if part is not None:
                return part
        elsewhere = self.known.elsewhere and folded in _SERVICE_ONLY
        if target.kind == "reply" and folded in _REPLY and not elsewhere:
            return Code(f"{target.within(ATOM)}.{folded}", _REPLY[folded])
        if target.kind == "error":
            if folded == "exception":
                return Code(target.text, "exception")
            plain = self.plain_errors and not (self.web_errors and self.known.asks)
            if folded == "fullyqualifiederrorid" and plain:
                return Code(f"{target.text}.fully_qualified_error_id", "str")
            target = self.record_of(target)
        if target.kind == "exception":
            if folded == "message" and not self.web_errors:
                return Code(f"str({target.text})", "str")
            target = self.record_of(target)
        if target.kind == "headers" and folded not in _TABLE_WORDS:
            return Code(f'{target.within(ATOM)}.get({quoted(name)}, "")', "str")
        if target.kind == "texts" and name in self.uses.literal_keys:
            return Code(f'{target.within(ATOM)}.get({quoted(name)}, "")', "str")
        if target.kind == "texts?" and name in self.uses.literal_keys:
            return Code(f'({target.text} or {{}}).get({quoted(name)}, "")', "str")
        spelt = spelling(target.base, folded)
        if spelt:
            return Code(f"{target.within(ATOM)}.{spelt}", PROPERTIES[target.base][spelt])
        reflected = target.steps == ('"PSObject"', '"Properties"') and folded == "name"
        if reflected and target.owner in self.http_names:
            return Code(f"[*vars({target.owner})]", "list:str")
        if target.kind == "uri" and folded in ("scheme", "host", "query"):
            return self.reached(target, quoted(name), "str?")
        if target.kind == "timespan" and folded in _WHOLE:
            return self.reached(target, quoted(name), "int")
        if target.kind == "timespan" and folded.removeprefix("total") in _PARTS:
            self.modules.add("datetime")
            unit = folded.removeprefix("total")
            return Code(f"{target.within(TERM)} / datetime.timedelta({unit}=1)", "float", TERM)
        if target.kind in ("switch", "bool") and folded == "ispresent":
            return Code(f"bool({target.text})", "bool") if target.kind == "switch" else target
        named = name.isidentifier() and not keyword.iskeyword(name) and name not in _BAG
        if target.kind == "row" and named and self._is_column(name):
            return Code(f"{target.within(ATOM)}.{name}", "str?")
        shape = self.shape_of(target.kind)
        if folded in shape and not self.reflects and target.base == "object":
            return Code(f"{target.within(ATOM)}.{shape[folded][0]}", shape[folded][1])
        if target.kind == "hashtable" and folded not in _TABLE_WORDS:
            return Code(f"{target.within(ATOM)}.get({quoted(name)})")
        if target.base in ("hashtable", "table") and folded == "keys":
            return Code(f"[*{target.text}]", "list:str" if target.text == "bound" else "list:any")
        many = target.is_list or target.kind.startswith("List")
        sized: tuple[str, ...] = ("count", "length") if many else ()
        if target.kind == "str" and not self.has_pairs:
            sized = ("length",)
        if folded == "length" and target.kind == "str?" and not self.has_pairs:
            return Code(f"len({or_empty(target)})", "int")
        if folded in sized:
            return Code(f"len({target.text})", "int")
        kind = "int" if folded == "count" and target.base in ("hashtable", "table", "List") else "any"
        if folded == "properties" and target.text.endswith('"PSObject")'):
            kind = "out:property"
        return self.reached(target, quoted(name), kind)

    def closure(self, node: s.InvokeMemberExpression) -> Code:
        """`{ }.GetNewClosure()`."""
        raise NotImplementedError

    def block_of_text(self, node: Any) -> Code | None:
        """`[scriptblock]::Create('text')` of a known text."""
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
        if folded == "getnewclosure":
            return self.closure(node)
        if folded == "ast":
            raise Refused(node, f"the method {node.member.value} has no Python form.")
        with self.meanwhile(in_scope=folded in ("foreach", "where")):
            arguments = [self._static_argument(argument) for argument in node.arguments or []]
        owner = self._base_of_this(node.expression)
        if owner:
            values = "".join(f", {item.text}" for item in arguments)
            return Code(f"{self.posh('base_call')}({quoted(owner)}, this, {name.text}{values})")
        stream = self._console_stream(node.expression)
        if stream == "in" and folded == "readtoend" and not arguments:
            self.modules.add("sys")
            return Code("sys.stdin.read()", "str")
        if stream in ("error", "out") and folded in ("writeline", "write") and len(arguments) < 2:
            return self._console(folded, arguments, "sys.stderr" if stream == "error" else "")
        if folded == "getbytes" and len(arguments) == 1 and arguments[0].kind == "body":
            return arguments[0]
        target = self.as_value(self.expression(node.expression))
        if node.null_conditional:
            values = "".join(f", {item.text}" for item in arguments)
            return self._unless_null(target, lambda one: f"{self.posh('invoke')}({one}, {name.text}{values})")
        if target.kind in ("builder", "writer"):
            return self._builder(target, folded, arguments)
        if folded == "gettype" and target.kind == "list:str" and _is_split(target.text):
            return Code(f"{self.posh('net_type')}({quoted('string[]')})")
        plain = self._plain_method(target, folded, arguments)
        if plain is None and target.kind == "datetime" and folded == "tostring":
            plain = self.date_text(target, node.arguments or [])
        if plain is not None:
            return plain
        kind = (
            "str" if folded in ("tostring",) or (target.kind == "str" and folded in _TEXT_METHODS) else "any"
        )
        values = "".join(f", {item.text}" for item in arguments)
        step = f"({name.text}{values or ','})"
        if folded == "getenumerator" and target.base in ("hashtable", "table", "any"):
            return self.reached(target, step, "out:entry")
        return self.reached(target, step, kind, result=kind == "any")

    def _console_stream(self, node: Any) -> str:
        """Which of the console's streams this is, in lower case; empty for anything else."""
        if not isinstance(node, s.MemberExpression) or not isinstance(node.expression, s.TypeExpression):
            return ""
        name = node.expression.type_name.full_name.lower().removeprefix("system.")
        return word_of(node.member) if name == "console" else ""

    def _base_of_this(self, node: Any) -> str:
        """The class in `([Base]$this).Method()`, which calls the base class's own method; else empty."""
        inner = expression_of(node.pipeline) if isinstance(node, s.ParenExpression) else None
        if not isinstance(inner, s.ConvertExpression) or not isinstance(inner.child, s.VariableExpression):
            return ""
        name = inner.type.type_name.full_name
        return name if inner.child.variable_path.lower() == "this" and name.lower() in self.own_types else ""

    def _static(self, node: s.InvokeMemberExpression, member: Code) -> Code:
        if not isinstance(node.expression, s.TypeExpression):
            values = ", ".join(self._static_argument(one).text for one in node.arguments or [])
            helper, target = self.posh("invoke_static"), self._static_owner(node.expression)
            return Code(f"{helper}({target}, {member.text}, [{values}])", result=True)
        full = node.expression.type_name.full_name
        owner = full.lower().removeprefix("system.")
        name = node.member.value.lower() if isinstance(node.member, s.StringConstantExpression) else ""
        if owner == "scriptblock":
            code = self.block_of_text(node.arguments[0]) if name == "create" and node.arguments else None
            if code is not None:
                return code
            raise Refused(node, "a script block made from text has no Python form.")
        if owner == "console" and name in ("readkey", "beep"):
            raise Refused(node, f"[Console]::{member.text} has no Python form yet.", "use Read-Host")
        plain = self.plain_static(node, owner, name)
        if plain is not None:
            return plain
        arguments = [self._static_argument(argument) for argument in node.arguments or []]
        if owner == "console" and name in ("writeline", "write") and len(arguments) < 2:
            return self._console(name, arguments, "")
        if owner == "console" and name == "readline" and not arguments:
            return Code("input()", "str")
        if owner == "string" and len(arguments) == 1 and arguments[0].kind == "str":
            if name == "isnullorempty":
                return Code(f"not {arguments[0].within(NOT)}", "bool", NOT)
            if name == "isnullorwhitespace":
                return Code(f"not {arguments[0].within(ATOM)}.strip()", "bool", NOT)
        if owner == "string" and len(arguments) == 1 and arguments[0].kind == "str?":
            if name == "isnullorempty":
                return Code(f"not {arguments[0].within(NOT)}", "bool", NOT)
            if name == "isnullorwhitespace":
                return Code(f"not ({or_empty(arguments[0])}).strip()", "bool", NOT)
        if owner == "environment" and name == "getenvironmentvariable" and len(arguments) == 1:
            self.modules.add("os")
            return Code(
                f"os.environ.get({arguments[0].text})", "str?" if arguments[0].kind == "str" else "any"
            )
        values = "[" + ", ".join(item.text for item in arguments) + "]"
        if name == "new":
            kind = "List" if owner.startswith("collections.generic.list") and not arguments else "any"
            return Code(f"{self.posh('construct')}({self.net_type(node, full)}, {values})", kind)
        kinds = {"isnullorempty": "bool", "isnullorwhitespace": "bool", "join": "str", "format": "str"}
        kind = kinds.get(name, "any") if owner == "string" else "any"
        call = f"{self.posh('invoke_static')}({self.net_type(node, full)}, {member.text}, {values})"
        return Code(call, kind, result=kind == "any")

    def _static_owner(self, node: Any) -> str:
        """The type before `::`: its name, or what gives it when the script runs."""
        if isinstance(node, s.TypeExpression):
            return self.net_type(node, node.type_name.full_name)
        return self.as_value(self.expression(node)).text

    def _static_argument(self, node: Any) -> Code:
        return self.as_value(self.expression(node))


def _is_split(text: str) -> bool:
    """Whether a list is one that a text was split into, which .NET has as an array of texts."""
    return (
        text.startswith(("posh.split(", "posh.split_words("))
        or re.search(r"\.split\([^()]*\)$", text) is not None
    )


def _asks_set(node: s.MemberExpression) -> bool:
    """Whether this is `$PSCmdlet.ParameterSetName`."""
    owner = node.expression
    plain = isinstance(owner, s.VariableExpression) and owner.variable_path.lower() == "pscmdlet"
    return plain and word_of(node.member) == "parametersetname"


def _property_text(member: Code, target: Code) -> str:
    """A computed name: a number is a property's name, and a key of a table."""
    if member.kind != "int" or target.base in ("dict", "hashtable", "hashtable?"):
        return member.text
    return f'"{member.text}"' if member.text.isdecimal() else f"str({member.text})"
