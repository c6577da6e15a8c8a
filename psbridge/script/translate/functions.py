"""Functions as Python functions: plain ones where calls are plain, with PowerShell's binding else."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from .. import syntax as s
from .blocks import SINGLE
from .code import Again, Code, Refused, python_name, quoted
from .flow import Flow
from .helptext import docstring
from .nodes import gives_always, is_step, other_names, word_of
from .uses import Uses
from .writer import Known

KINDS = {"string": "str", "int": "int", "int32": "int", "bool": "bool", "double": "float", "switch": "bool"}
_OWN = ("args", "input", "psboundparameters", "pscmdlet", "myinvocation", "_", "psitem", "pscommandpath")


class Functions(Flow):
    """Writes functions and their calls."""

    def __init__(self, text: str, known: Known, tree: s.ScriptBlock, uses: Uses) -> None:
        super().__init__(text, known)
        self.tree = tree
        self.uses = uses
        self.functions = {}
        for one in tree.walk():
            if isinstance(one, s.FunctionDefinition):
                first = self.functions.get(_bare(one.name))
                if first is None or self.source_of(first) != self.source_of(one):
                    self.functions[_bare(one.name)] = one
        self.other_names = other_names(self.functions)
        self.own_types = {one.name.lower() for one in uses.nodes if isinstance(one, s.TypeDefinition)}
        self.asks_commands = any(
            _command_name(one) in ("get-command", "gcm", "get-help") for one in uses.nodes
        )
        for one in uses.nodes:
            if _command_name(one) in (
                "set-alias",
                "new-alias",
                "sal",
                "nal",
            ):  # the session runs what it names
                words = {word_of(word) for word in one.command_elements[1:]}
                known.advanced |= words & set(self.functions)
        self.called: list[str] = []
        self.written_before: set[int] = set()
        self.names = self.uses.named({python_name(one.name) for one in self.functions.values()})

    def own_parameters(self, name: str) -> dict[str, tuple[str, bool]]:
        """A function's parameters: name or alias to the name and whether it is a switch."""
        from psbridge.binding.parameters import COMMON, SHOULD_PROCESS

        known: dict[str, tuple[str, bool]] = {}
        for one in declared(self.functions[name]):
            types = [
                item.type_name.full_name.lower()
                for item in one.attributes
                if isinstance(item, s.TypeConstraint)
            ]
            entry = (one.name.variable_path, bool(types) and types[0] in ("switch", "switchparameter"))
            known[one.name.variable_path.lower()] = entry
            for attribute in one.attributes:
                if isinstance(attribute, s.Attribute) and attribute.type_name.name.lower() == "alias":
                    for alias in attribute.positional_arguments:
                        known[word_of(alias)] = entry
        if name in self.known.advanced:
            for common in (*COMMON, *SHOULD_PROCESS):
                for spelling in (common.name, *common.aliases):
                    known.setdefault(spelling.lower(), (common.name, common.type.name == "SwitchParameter"))
        return known

    def takes_any(self, node: s.Command) -> bool:
        """Whether a command is a function of the script's whose `$args` has what no parameter takes."""
        function = self.functions.get(self.name_of(node))
        if function is None:
            return False
        block = function.body.param_block
        attributes = [
            *(block.attributes if block is not None else []),
            *(one for each in declared(function) for one in each.attributes),
        ]
        names = {one.type_name.name.lower() for one in attributes if isinstance(one, s.Attribute)}
        return not names & {"cmdletbinding", "parameter"}

    def _needs_binding(self, node: s.FunctionDefinition) -> bool:
        """Whether a function can be told from a plain one by itself."""
        body = node.body
        if node.is_filter or body.begin_block or body.process_block or body.dynamic_param_block:
            return True
        if body.param_block is not None and body.param_block.attributes:
            names = [one.type_name.name.lower() for one in body.param_block.attributes]
            if any(name != "outputtype" for name in names):
                return True
        for parameter in declared(node):
            kinds = [one for one in parameter.attributes if isinstance(one, s.TypeConstraint)]
            if len(kinds) != len(parameter.attributes):
                return True
            if kinds and kinds[0].type_name.full_name.lower() not in KINDS:
                return True
            if parameter.default_value is not None and not _plain_default(parameter.default_value):
                return True
        if any(_command_name(one) == "write-error" for one in body.walk()):
            return True  # its record names the function
        switches = {path for path, (_, switch) in self.own_parameters(_bare(node.name)).items() if switch}
        for one in body.walk():
            owner = one.expression if isinstance(one, s.MemberExpression | s.InvokeMemberExpression) else None
            if isinstance(owner, s.VariableExpression) and owner.variable_path.lower() in switches:
                return True  # $Force.IsPresent is of a switch, not of a bool
        return any(
            isinstance(one, s.VariableExpression) and one.variable_path.lower() in _OWN
            for one in _outside_blocks(body)
        )

    # Definitions

    def define_first(self, blocks: Iterable[Any]) -> None:
        """The functions that stand in these blocks: they are written before the parts that call them."""
        for block in blocks:
            for node in block.statements:
                if isinstance(node, s.FunctionDefinition):
                    self.define_function(node)
                    self.written_before.add(id(node))

    def is_within_reach(self, node: s.Command, name: str) -> bool:
        """Whether a function of the script's can be called here: one inside another only in there."""
        function = self.functions[name]
        around = self.uses.parents.get(id(function))
        while around is not None and not isinstance(around, s.FunctionDefinition):
            around = self.uses.parents.get(id(around))
        return around is None or id(function) in self.uses.wide or around.start <= node.start <= around.end

    def define_function(self, node: s.FunctionDefinition) -> None:
        """A function."""
        name = _bare(node.name)
        same = self.source_of(self.functions[name]) == self.source_of(node)
        if id(node) in self.written_before or (same and self.functions[name] is not node):
            return  # the same function again
        wide = [one for one in node.body.walk() if id(one) in self.uses.wide]
        self.define_first([s.NamedBlock("End", wide)])
        if self.functions[name] is not node:
            raise Refused(node, f"the function {node.name} is defined more than once.")
        if self.frame.shares:
            raise Refused(node, "a function defined inside a statement has no Python form yet.")
        if name not in self.known.advanced and (self.asks_commands or self._needs_binding(node)):
            self.known.advanced.add(name)
        if name in self.known.advanced:
            self._advanced(node, name)
        else:
            self._plain_function(node, name)

    def _plain_function(self, node: s.FunctionDefinition, name: str) -> None:
        parameters = [self._declared(node, one) for one in declared(node)]
        own = [one.name.variable_path.lower() for one in declared(node)]
        end = node.body.end_block
        statements = list(end.statements) if end is not None else []
        traps = end.traps if end is not None else []
        if traps:
            self.known.many.add(name)
        after = node.body.param_block.end if node.body.param_block is not None else node.body.start + 1
        key = f"{self.scope}/{name}"
        for one in declared(node):
            self._widen((key, one.name.variable_path.lower()), self._kind(one))
        self.learn_types(key, declared(node))
        written = python_name(node.name)
        single = name not in self.known.many
        self.returned: list[str] = []
        state = len(self.lines)

        def body() -> None:
            start = len(self.lines)
            self._help(node)
            if single:
                self.sink = ("return",)
                self.single_body(statements, after)
            else:
                self.block(statements, after, traps)
                self.yielding(start)
                self.returned = sorted(self.frame.yields)

        kept = self.current
        self.current = []
        try:
            self.with_sink(
                ("yield",),
                lambda: self._apart(
                    lambda: self.define(
                        written,
                        parameters,
                        body,
                        key=key,
                        own=own,
                        top=True,
                        returns=self._result(name) if single else f"Iterator[{self._result(name)}]",
                    )
                ),
            )
        except Refused:
            if not single:
                raise
            del self.lines[state:]
            self.known.many.add(name)
            raise Again from None
        finally:
            self.current = kept
        kinds = set(self.returned)
        kind = kinds.pop() if len(kinds) == 1 else "none" if not kinds else "any"
        sure = gives_always(statements) and _returns(self.lines[-2] + self.lines[-1])
        if single and kind != "none" and not sure:
            kind = "out"
        old = self.known.results.get(name)
        self.known.results[name] = kind if old in (None, kind) else "out"

    def _result(self, name: str) -> str:
        """What a function that gives one value is annotated with."""
        kind = self.known.results.get(name, "any")
        return "None" if kind == "none" and name not in self.known.many else self.annotation(kind)

    def _help(self, node: s.FunctionDefinition) -> None:
        """Comment-based help inside a function, or right before it, becomes its docstring."""
        inside = re.match(r"\s*<#(.*?)#>", self.text[node.body.start + 1 : node.end], re.DOTALL)
        if inside:
            for line in docstring(inside.group(1), self.names):
                self.write(line)

    def _kind(self, node: s.Parameter) -> str:
        for one in node.attributes:
            if isinstance(one, s.TypeConstraint):
                return KINDS.get(one.type_name.full_name.lower(), "any")
        return "any"

    def _declared(self, node: s.FunctionDefinition, one: s.Parameter) -> str:
        """A parameter of a plain function."""
        kind = self._kind(one)
        value = self.expression(one.default_value) if one.default_value is not None else None
        if value is not None and kind not in ("any", value.kind):
            self.known.advanced.add(_bare(node.name))
            raise Again
        empty = {"str": '""', "int": "0", "float": "0.0", "bool": "False", "any": "None"}[kind]
        default = empty if value is None else value.text
        return f"{self.name(one.name.variable_path)}: {self.annotation(kind)} = {default}"

    # Functions that give one value

    def single_body(self, statements: list[Any], after: int) -> None:
        """Statements of which the last one gives the function's value."""
        for number, statement in enumerate(statements):
            self.comments(after, statement.start)
            if number == len(statements) - 1:
                self._last(statement)
            else:
                self.statement(statement)
            after = statement.end

    def _last(self, node: Any) -> None:
        if isinstance(node, s.IfStatement) and not _only_for_effect(node):
            tests = [self.truth(self.head(condition, self.value)) for condition, _ in node.clauses]
            blocks = [block for _, block in node.clauses]
            for number, block in enumerate(blocks):
                self.write(f"{'elif' if number else 'if'} {tests[number].text}:")
                self._tail_block(block)
            if node.else_clause is not None:
                self.write("else:")
                self._tail_block(node.else_clause)
            return
        if isinstance(node, s.Pipeline) and not self._gives_nothing(node):
            self._returns(self.stream(node))
        else:
            self.statement(node)

    def _tail_block(self, block: Any) -> None:
        self.depth += 1
        length = len(self.lines)
        with self.branch():
            self.single_body(block.statements, block.start)
        if len(self.lines) == length:
            self.write("pass")
        self.depth -= 1

    def _gives_nothing(self, node: s.Pipeline) -> bool:
        last = node.pipeline_elements[-1]
        if isinstance(last, s.Command):
            name = self.name_of(last)
            if name in (
                "write-host",
                "out-null",
                "import-module",
                "write-warning",
                "write-error",
                "write-verbose",
            ):
                return True
            return name in self.functions and self.known.results.get(name) == "none"
        node_ = last.expression
        if isinstance(node_, s.ConvertExpression) and node_.type.type_name.full_name.lower() == "void":
            return True
        return is_step(node_)

    def give(self, node: s.ReturnStatement) -> None:
        """`return value` of a function that gives one value."""
        if node.pipeline is None:
            self.returned.append("none")
            self.write("return None")
            return
        self._returns(self.stream(node.pipeline))

    def _returns(self, code: Code) -> None:
        if code.kind in ("error", "exception"):
            code = self.record_of(code)
        if code.stream or code.base not in SINGLE:
            raise Refused(s.Node(), "how many values this function gives is known only when it runs.")
        self.returned.append(code.kind)
        self.write(f"return {code.text}")

    # Functions with PowerShell's binding

    def _advanced(self, node: s.FunctionDefinition, name: str) -> None:
        parameters = declared(node)
        options: list[str] = []
        block = node.body.param_block
        for attribute in block.attributes if block is not None else []:
            folded = attribute.type_name.name.lower()
            if folded == "cmdletbinding":
                options.append("advanced=True")
                options += self._binding(attribute)
            elif folded == "alias":
                options.append(f"aliases={self.given_to(attribute)}")
            elif folded not in ("outputtype", "diagnostics.codeanalysis.suppressmessageattribute"):
                raise Refused(
                    attribute, f"the attribute [{attribute.type_name.name}] has no Python form yet."
                )
        after = block.end if block is not None else node.body.start + 1
        written = python_name(node.name)
        state = len(self.lines)
        kept = self.whole
        self.whole += 1
        try:
            plain = node.is_filter and node.body.process_block is None
            self.called.append(node.name)
            self.put_out = set()
            parts = self.parts(
                f"{written}_body", node.body, parameters, after, f"{self.scope}/{name}", filter_=plain
            )
            made = [self.parameter(one) for one in parameters]
        except Refused:
            del self.lines[state:]
            raise
        finally:
            self.called.pop()
            self.whole = kept
        if list(parts) == ["end"] and _gives_one(self.lines[state:]):
            self.known.alone.add(name)
        else:
            self.known.alone.discard(name)
        roles = [f"{role}={part}" for role, part in parts.items()]
        pieces = [quoted(node.name), *made, *roles, *options]
        self.write(f"{written} = {self.posh('function')}({', '.join(pieces)})")
        kind = self.put_out.pop() if len(self.put_out) == 1 else "any"
        old = self.known.results.get(name)
        self.known.results[name] = kind if old in (None, kind) else "any"

    def _binding(self, attribute: s.Attribute) -> list[str]:
        options = []
        for argument in attribute.named_arguments or []:
            name = argument.argument_name.lower()
            value = "True" if argument.expression_omitted else self.constant(argument.argument)
            names = {"supportsshouldprocess": "should_process", "defaultparametersetname": "default_set"}
            names |= {"positionalbinding": "positional", "confirmimpact": "confirm"}
            if name not in names:
                raise Refused(argument, f"[CmdletBinding({argument.argument_name})] has no Python form yet.")
            options.append(f"{names[name]}={value}")
        return options

    # Calls

    def function_call(self, node: s.Command, name: str, piped: Code | None) -> Code:
        """A function of the script's own."""
        written = python_name(self.functions[name].name)
        plain = None if name in self.known.advanced else self._plain_call(node, name, piped)
        if plain is None:
            self.known.advanced.add(name)
            return self._run_function(node, written, piped)
        call = f"{written}({', '.join(plain)})"
        if name in self.known.many:
            kind = self.known.results.get(name, "any")
            return Code(call, kind if kind in SINGLE else "any", stream=True)
        kind = self.known.results.get(name, "any")
        return Code(call, "void" if kind == "none" else kind)

    def _run_function(self, node: s.Command, written: str, piped: Code | None) -> Code:
        code = self._run(node, "run", "\2", piped)
        text = code.text.replace("posh.run(\2, ", f"{written}(").replace("posh.run(\2)", f"{written}()")
        kind = self.known.results.get(self.name_of(node), "any")
        known = not node.redirections and kind.partition("@")[0] in (*SINGLE, "object", "table")
        alone = self.name_of(node) in self.known.alone and piped is None and not node.redirections
        sure = known and alone and "ErrorAction=" not in text
        return Code(text, kind if known else "any", stream=True, single=sure)

    def _plain_call(self, node: s.Command, name: str, piped: Code | None) -> list[str] | None:
        """The arguments of a plain call; None if PowerShell's binding has to look at it."""
        if piped is not None or node.redirections or node.invocation_operator not in ("Unknown", "Ampersand"):
            return None
        if any(isinstance(one, s.VariableExpression) and one.splatted for one in node.command_elements):
            return None
        parameters = declared(self.functions[name])
        kinds = {one.name.variable_path.lower(): self._kind(one) for one in parameters}
        switches = {path for path, (_, switch) in self.own_parameters(name).items() if switch}
        named, values = self.arguments(node)
        places = [path for path in kinds if path not in switches and path not in named]
        if len(values) > len(places) or set(named) - set(kinds):
            return None
        pieces = []
        for path, value in [*zip(places, values, strict=False), *named.items()]:
            if value is None:
                if path not in switches:
                    return None
                text = "True"
            else:
                code = self.argument(value)
                wanted = kinds[path]
                if wanted == "str":
                    text = self.as_text(code)
                elif wanted not in ("any", code.kind) or (
                    isinstance(value, s.ConstantExpression) and value.text and value.text != str(value.value)
                ):
                    return None
                else:
                    text = code.text
            in_order = not named and not switches.intersection([*kinds][: [*kinds].index(path) + 1])
            pieces.append(text if in_order else f"{self._spelt(name, path)}={text}")
        return pieces

    def _spelt(self, name: str, path: str) -> str:
        for one in declared(self.functions[name]):
            if one.name.variable_path.lower() == path:
                return self.name(one.name.variable_path)
        return path


def declared(node: s.FunctionDefinition) -> list[s.Parameter]:
    """A function's parameters, from either form."""
    if node.body.param_block is not None:
        return list(node.body.param_block.parameters)
    return list(node.parameters or [])


def _command_name(node: Any) -> str:
    return word_of(node.command_elements[0]) if isinstance(node, s.Command) else ""


def _bare(name: str) -> str:
    return name.rpartition(":")[2].lower()


def _plain_default(node: Any) -> bool:
    return isinstance(node, (s.StringConstantExpression, s.ConstantExpression)) or (
        isinstance(node, s.VariableExpression) and node.variable_path.lower() in ("true", "false", "null")
    )


def _outside_blocks(node: Any) -> Any:
    """The nodes of a function's body that are not in a block that sets `$_` itself."""
    yield node
    for child in node.children():
        if isinstance(
            child, (s.ScriptBlockExpression, s.FunctionDefinition, s.CatchClause, s.SwitchStatement)
        ):
            for one in child.walk():
                if isinstance(one, s.VariableExpression) and one.variable_path.lower() in ("args", "input"):
                    continue
                if isinstance(one, s.VariableExpression) and one.variable_path.lower() in ("_", "psitem"):
                    continue
                yield one
        else:
            yield from _outside_blocks(child)


def _only_for_effect(node: s.IfStatement) -> bool:
    blocks = [block for _, block in node.clauses] + (
        [node.else_clause] if node.else_clause is not None else []
    )
    return all(
        isinstance(one, (s.AssignmentStatement, s.ThrowStatement, s.ExitStatement))
        for block in blocks
        for one in block.statements
    )


def _returns(text: str) -> bool:
    return "return " in text or "raise " in text


def _gives_one(lines: list[str]) -> bool:
    """Whether the last line of a generator function is the one where it gives something."""
    gives = [line for line in lines if re.match(r"\s*(yield|return)\b", line)]
    last = [line for line in lines if line.strip()][-1:]
    return gives == last and bool(gives) and re.match(r" {4}yield (?!from )", gives[0]) is not None
