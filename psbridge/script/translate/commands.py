"""Commands and pipelines as Python: plain where there is a form of Python's own, run by the session else."""

from __future__ import annotations

from typing import Any

from .. import syntax as s
from .blocks import Blocks
from .code import ATOM, SCALARS, Code, Refused, python_name, quoted, run_of
from .lookups import nearest, resolved
from .nodes import command_of_alias, expression_of, path_of
from .shapes import OBJECTS, result_of

EACH = {"foreach-object", "foreach", "%"}
WHERE = {"where-object", "where", "?"}
_REFUSED = {
    "get-variable": "the variables of the Python are not PowerShell's",
    "set-variable": "the variables of the Python are not PowerShell's",
    "new-variable": "the variables of the Python are not PowerShell's",
    "remove-variable": "the variables of the Python are not PowerShell's",
    "clear-variable": "the variables of the Python are not PowerShell's",
    "invoke-expression": "text that is PowerShell would need the interpreter",
    "add-type": "C# in a script has no Python form",
    "new-module": "a module made in a script has no Python form",
    "update-typedata": "types cannot be changed from Python",
}
_HEARD = frozenset(
    "errorvariable outvariable warningvariable informationvariable statuscodevariable "
    "responseheadersvariable sessionvariable pipelinevariable".split()
)
_SILENT = frozenset(
    "set-content add-content clear-content out-file remove-item write-warning write-verbose write-debug "
    "write-information write-error write-progress write-host export-csv export-clixml start-sleep "
    "set-location copy-item move-item rename-item add-member out-null".split()
)
"""Commands that put nothing out unless -PassThru asks for it."""
_WITH_ITEMS = ("group-object", "sort-object", "measure-object", "select-object")
"""Commands whose blocks see each object of the pipeline."""
_ONE_BY_ONE = frozenset("select-object foreach-object where-object tee-object".split())
"""Commands that deal with each object as it comes, and may want no more of them."""
_STREAMS = {"Output": 1, "Error": 2, "Warning": 3, "Verbose": 4, "Debug": 5, "Information": 6, "All": 0}


class Commands(Blocks):
    """Writes commands and pipelines that have a value."""

    functions: dict[str, s.FunctionDefinition]
    other_names: dict[str, str]

    def value(self, node: Any) -> Code:
        """What a statement puts out, as one value."""
        if isinstance(node, s.AssignmentStatement):
            return self.assignment_value(node)
        return self.as_value(self.stream(node))

    def assignment_value(self, node: s.AssignmentStatement) -> Code:
        """An assignment between parentheses."""
        raise NotImplementedError

    def stream(self, node: Any) -> Code:
        """What a statement puts out: an iterable, or a value that stands for what it puts out."""
        if isinstance(node, (s.CommandExpression, s.Command)):
            node = s.Pipeline([node])
        if not isinstance(node, s.Pipeline):
            return self.collected([node])
        if node.background:
            raise Refused(node, "a command in the background has no Python form yet.")
        return self.stages(node.pipeline_elements)

    def stages(self, elements: list[Any]) -> Code:
        """The commands of a pipeline, one feeding the next."""
        code: Code | None = None
        for element in elements:
            if isinstance(element, s.CommandExpression):
                last = elements[-1]
                to_file = isinstance(last, s.Command) and self.name_of(last) == "set-content"
                with self.meanwhile(to_file=to_file):
                    code = self.expression(element.expression)
                code = self._redirected(element, code)
            else:
                code = self.command(element, None if code is None else self.as_stream(code))
        assert code is not None
        return code

    def _redirected(self, element: s.CommandExpression, code: Code) -> Code:
        for redirection in element.redirections:
            if isinstance(redirection, s.FileRedirection) and _stream(redirection.from_stream) in (0, 1):
                return self._to_file(redirection, self.as_stream(code))
        return code

    def _to_file(self, redirection: s.FileRedirection, code: Code) -> Code:
        target = self.as_value(self.expression(redirection.location))
        if target.kind == "none":
            if "(" not in code.text:
                return Code("[]", stream=True)
            return Code(self._call_of("run", ['"Out-Null"'], code), "void", stream=True)
        pieces = ['"Out-File"', target.text, *(["Append=True"] if redirection.append else [])]
        return Code(self._call_of("run", pieces, code), "void", stream=True)

    def _call_of(self, helper: str, pieces: list[str], piped: Code | None) -> str:
        """The call that runs a command, on the pipeline before it where that is a call itself."""
        if piped is not None and pieces[0] != "\2" and not piped.inner:
            before = run_of(piped.text)
            name, _, rest = piped.text.partition("(")
            own = name in self.bound_names() and rest.endswith(")")
            if before or (own and pieces[0].strip('"').lower() not in _ONE_BY_ONE):
                return f"{piped.text}.run({', '.join(pieces)})"
        fed = [] if piped is None else [piped.fed or f"input={self.lazily(piped)}"]
        return f"{self.posh(helper)}({', '.join([*pieces, *fed])})"

    def name_of(self, command: s.Command) -> str:
        """The name of the command in lower case; empty where it is computed."""
        first = command.command_elements[0]
        if command.invocation_operator == "Dot" or not isinstance(first, s.StringConstantExpression):
            return ""
        name = self.other_names.get(first.value.lower(), first.value.lower())
        known = command_of_alias(name)  # goes before a function of that name
        return name if (name in self.functions and known == name) or name in EACH | WHERE else known

    def command(self, node: s.Command, piped: Code | None) -> Code:
        """One command, with what comes down the pipeline."""
        first = node.command_elements[0]
        if isinstance(first, s.ScriptBlockExpression):
            return self._block_call(node, first, piped)
        name = self.name_of(node)
        if not name:
            return self._computed(node, first, piped)
        if name in self.functions and self.is_within_reach(node, name):
            return self.function_call(node, name, piped)
        if name in EACH | WHERE and piped is not None and not node.redirections:
            code = self._with_block(node, name, piped)
            if code is not None:
                return code
        own = self.variable_command(node, name) if piped is None else None
        if own is not None:
            return own
        if name in _REFUSED and (name != "get-variable" or not self._is_foreign(node)):
            raise Refused(node, f"{self.source_of(first)}: {_REFUSED[name]}.")
        if not node.redirections:
            plain = self.plain_command(node, name, piped)
            if plain is not None:
                return plain
        return self.generic(node, name, piped)

    def variable_command(self, node: s.Command, name: str) -> Code | None:
        """A command on a variable of the script's; None for any other."""
        raise NotImplementedError

    def _is_foreign(self, node: s.Command) -> bool:
        """Whether a command names a variable that is none of the script's."""
        named, values = self.arguments(node)
        word = str(getattr((values or [named.get("name")])[0], "value", "*"))
        return "*" not in word and word.lower() not in {path for _, path in self.known.kinds}

    def plain_command(self, node: s.Command, name: str, piped: Code | None) -> Code | None:
        """A command that Python has a form of its own for; None if this is not one."""
        raise NotImplementedError

    def function_call(self, node: s.Command, name: str, piped: Code | None) -> Code:
        """A function of the script's own."""
        raise NotImplementedError

    def is_within_reach(self, node: s.Command, name: str) -> bool:
        """Whether a function of the script's can be called here."""
        raise NotImplementedError

    def _with_block(self, node: s.Command, name: str, piped: Code) -> Code | None:
        elements = node.command_elements[1:]
        blocks = [one for one in elements if isinstance(one, s.ScriptBlockExpression)]
        if len(elements) == 1 and blocks:
            return self.where(piped, blocks[0]) if name in WHERE else self.each(node, piped, blocks[0])
        if name in WHERE:
            parameter = elements[0] if len(elements) == 2 and blocks else None
            spelt = parameter.parameter_name.lower() if isinstance(parameter, s.CommandParameter) else "?"
            if "filterscript".startswith(spelt):
                return self.where(piped, blocks[0])
            return self._where_property(piped, elements)
        named, values = self.arguments(node)
        roles = {"begin", "process", "end"}
        if (
            named
            and set(named) <= roles
            and not values
            and all(isinstance(one, s.ScriptBlockExpression) for one in named.values())
        ):
            if set(named) == {"process"}:
                return self.each(node, piped, named["process"])
            return self.phases(
                piped, named.get("begin"), [named["process"]] if "process" in named else [], named.get("end")
            )
        if not named and len(values) in (2, 3) and len(blocks) == len(values):
            return self.phases(piped, values[0], [values[1]], values[2] if len(values) == 3 else None)
        if set(named) == {"begin"} and len(values) == 1 and len(blocks) == 2:
            return self.phases(piped, named["begin"], [values[0]], None)
        if len(elements) == 1 and isinstance(elements[0], s.StringConstantExpression):
            return None
        return None

    def _where_property(self, piped: Code, elements: list[Any]) -> Code | None:
        """`Where-Object Name -eq value` of objects whose properties are known, as the block it stands for."""
        if len(elements) not in (1, 3) or not isinstance(elements[0], s.StringConstantExpression):
            return None
        if piped.base not in OBJECTS or piped.base in ("model", "hashtable", "table"):
            return None
        member = s.MemberExpression(s.VariableExpression("_"), elements[0])
        expression: Any = member
        if len(elements) == 3:
            sign = getattr(elements[1], "parameter_name", "").lower()
            names = ("eq", "ne", "gt", "ge", "lt", "le", "like", "notlike", "match", "notmatch")
            if sign not in names or isinstance(elements[2], s.CommandParameter):
                return None
            expression = s.BinaryExpression(member, f"I{sign}", elements[2])
        statement = s.CommandExpression(expression)
        block = s.ScriptBlockExpression(s.ScriptBlock(end_block=s.NamedBlock("End", [statement])))
        return self.where(piped, block)

    def _block_call(self, node: s.Command, block: s.ScriptBlockExpression, piped: Code | None) -> Code:
        """`& { }` and `. { }`."""
        inner = block.script_block
        plain = not (inner.param_block or inner.begin_block or inner.process_block or inner.clean_block)
        alone = len(node.command_elements) == 1 and piped is None and not node.redirections
        uses_input = any(
            isinstance(one, s.VariableExpression) and one.variable_path.lower() in ("input", "args")
            for one in block.walk()
        )
        statements = inner.end_block.statements if inner.end_block is not None else []
        if plain and alone and node.invocation_operator == "Dot" and not uses_input:
            return self.collected(statements)
        sets = any(isinstance(one, (s.AssignmentStatement, s.UnaryExpression)) for one in block.walk())
        if node.invocation_operator == "Dot" and sets:
            raise Refused(node, "a block run in the scope around it has no Python form here.")
        with self.meanwhile(same_item=piped is None and bool(self.current)):
            code = self.expression(block)
        return self._run(node, "call", code.text, piped)

    def _computed(self, node: s.Command, first: Any, piped: Code | None) -> Code:
        """`& $command`, `. ./file.ps1`."""
        if node.invocation_operator == "Dot" and not self._only_reads(first):
            raise Refused(node, "a dot-sourced file has no Python form here.", "port the file as well")
        target = self.as_value(self.expression(first))
        if target.kind == "str" or (target.kind == "any" and not isinstance(first, s.VariableExpression)):
            return self._run(node, "run", target.text, piped)
        return self._run(node, "call", target.text, piped)

    def _only_reads(self, first: Any) -> bool:
        """Whether a block that is dot-sourced by its variable sets nothing in the scope around it."""
        made = self.uses.set_once(path_of(first)) if isinstance(first, s.VariableExpression) else None
        block = expression_of(made.right) if made is not None else None
        return isinstance(block, s.ScriptBlockExpression) and not any(
            isinstance(one, (s.AssignmentStatement, s.UnaryExpression)) for one in block.walk()
        )

    # Arguments

    def arguments(self, node: s.Command) -> tuple[dict[str, Any], list[Any]]:
        """Parameters by lower-case full name (a bare switch is None) and the values without a name."""
        named: dict[str, Any] = {}
        values: list[Any] = []
        parameters = self._known_parameters(node)
        waiting = ""
        for element in node.command_elements[1:]:
            if isinstance(element, s.CommandParameter):
                name, switch = resolved(element.parameter_name.lower(), parameters)
                named[name] = element.argument
                waiting = "" if element.argument is not None or switch else name
            elif waiting:
                named[waiting], waiting = element, ""
            else:
                values.append(element)
        return named, values

    def _known_parameters(self, node: s.Command) -> dict[str, tuple[str, bool]]:
        """The command's parameters: lower-case name or alias to its name and whether it is a switch."""
        from psbridge.binding.parameters import COMMON, SHOULD_PROCESS
        from psbridge.script.commands.table import find_cmdlet

        name = self.name_of(node)
        if name in self.functions:
            return self.own_parameters(name)
        info = find_cmdlet(
            {
                "%": "foreach-object",
                "foreach": "foreach-object",
                "?": "where-object",
                "where": "where-object",
            }.get(name, name)
        )
        listed = [*COMMON, *SHOULD_PROCESS]
        if info is not None:
            listed = [entry.parameter for entry in info.metadata.entries] + listed
        known: dict[str, tuple[str, bool]] = {}
        for one in listed:
            switch = one.type.name == "SwitchParameter"
            for spelling in (one.name, *one.aliases):
                known.setdefault(spelling.lower(), (one.name, switch))
        return known

    def takes_any(self, node: s.Command) -> bool:
        """Whether a command is a function of the script's whose `$args` has what no parameter takes."""
        raise NotImplementedError

    def own_parameters(self, name: str) -> dict[str, tuple[str, bool]]:
        """The parameters of a function of the script, as `arguments` wants them."""
        raise NotImplementedError

    def written_arguments(self, node: s.Command) -> list[str]:
        """The arguments as those of a Python call, by PowerShell's names."""
        parameters = self._known_parameters(node)
        pieces: list[str] = []
        keywords: list[str] = []
        seen: set[str] = set()
        waiting = ""
        without: list[str] = []
        unsure: list[str] = []

        def alone() -> None:
            """A parameter that got no value: an error, unless nothing is known of it."""
            if waiting not in ("", "\0"):
                known = waiting.lower() in parameters
                text = f"{self.posh('named')}({quoted(waiting)})" if known else f"{waiting}=True"
                without.append(text)

        for element in node.command_elements[1:]:
            if isinstance(element, s.CommandParameter):
                alone()
                waiting = ""
                full, switch = resolved(element.parameter_name.lower(), parameters, element.parameter_name)
                if self.takes_any(node) and full.lower() not in parameters:
                    given = [self.argument(element.argument).text] if element.argument is not None else []
                    pieces.append(f"{self.posh('named')}({', '.join([quoted(full), *given])})")
                    continue
                if full.lower() in seen:
                    value = (
                        element.argument or node.command_elements[node.command_elements.index(element) + 1]
                    )
                    waiting = "" if element.argument is not None else "\0"
                    text = self.argument(value).text
                    pieces.append(f"{self.posh('named')}({quoted(element.parameter_name)}, {text})")
                    continue
                seen.add(full.lower())
                if element.argument is not None:
                    keywords.append(f"{full}={self.argument(element.argument).text}")
                elif switch:
                    keywords.append(f"{full}=True")
                else:
                    waiting = full
                if full.lower() in _HEARD:
                    self._heard(node, element, full)
            elif isinstance(element, s.VariableExpression) and element.splatted:
                name = element.variable_path.lower()
                if name in self.words:
                    self.frame.words.add(self.words[name])
                    text, kind = self.words[name], "list:any" if name == "args" else "hashtable"
                else:
                    known = self.read(element)
                    if known is None:
                        raise Refused(element, f"@{element.variable_path} is nowhere set in this script.")
                    text, kind = known.text, known.kind
                if kind.partition("@")[0] in ("hashtable", "dict", "table"):
                    keywords.append(f"**{text}")
                    if self.may_repeat(element, kind, set(self.arguments(node)[0])):
                        unsure.append(text)
                elif kind.startswith("list:"):
                    pieces.append(f"*{text}")
                else:
                    pieces.append(f"{self.posh('splat')}({text})")
            elif waiting:
                if waiting != "\0":
                    keywords.append(f"{waiting}={self.argument(element).text}")
                waiting = ""
            elif isinstance(element, s.ErrorExpression):
                raise Refused(element, f"the argument {self.source_of(element)} has no Python form here.")
            else:
                pieces.append(self.argument(element).text)
        alone()
        for text in unsure if len(keywords) > 1 else []:  # the same parameter may be in two of them
            pieces.append(f"{self.posh('splat')}({text})")
            keywords.remove(f"**{text}")
        return [*pieces, *sorted(without, key=lambda one: one.endswith("=True")), *keywords]

    def argument(self, node: Any) -> Code:
        """An argument of a command; a script block may be a Python function there."""
        code = self.as_value(self.expression(node))
        if code.kind == "body":
            self.known.sent.add(code.text)  # to a request that is not the chat API's own cmdlet, as JSON
        return self.bare_block(code)

    def _heard(self, node: s.Command, element: s.CommandParameter, full: str) -> None:
        """A variable that a command sets: it is read from the session afterwards."""
        place = node.command_elements.index(element) + 1
        value = element.argument or (
            node.command_elements[place] if place < len(node.command_elements) else None
        )
        if not isinstance(value, s.StringConstantExpression) or full.lower() == "pipelinevariable":
            raise Refused(element, f"-{full} has no Python form here.")
        self.hear(
            element,
            value.value.removeprefix("+"),
            "list:record" if full.lower() == "errorvariable" else "any",
        )

    def hear(self, node: s.Node, name: str, kind: str = "any") -> None:
        """After this statement, take a variable over from the session."""
        if self.sink[0] == "lambda":
            raise Refused(node, "a variable that a command sets has no Python form here.")
        variable = s.VariableExpression(name)
        target = self.target(variable, kind)
        self.after.append(f"{target} = {self.posh('variable')}({quoted(name)})")

    def _run(self, node: s.Command, helper: str, first: str, piped: Code | None) -> Code:
        pieces = [first, *self.written_arguments(node)]
        streams: dict[int, str] = {}
        out: Code | None = None
        target: s.FileRedirection | None = None
        for redirection in node.redirections:
            number = _stream(redirection.from_stream)
            if isinstance(redirection, s.MergingRedirection):
                streams[number] = str(_stream(redirection.to_stream))
            elif number == 1:
                target = redirection
            else:
                location = self.as_value(self.expression(redirection.location))
                text = location.text
                streams[number] = f"{self.posh('appended')}({text})" if redirection.append else text
        if streams:
            pieces.append("streams={" + ", ".join(f"{key}: {text}" for key, text in streams.items()) + "}")
            helper = "run"
        out = Code(self._call_of(helper, pieces, piped), stream=True)
        return self._to_file(target, out) if target is not None else out

    def generic(self, node: s.Command, name: str, piped: Code | None) -> Code:
        """A command that the session runs."""
        from psbridge.script.commands.table import find_cmdlet

        first = node.command_elements[0]
        full = {
            "%": "ForEach-Object",
            "foreach": "ForEach-Object",
            "?": "Where-Object",
            "where": "Where-Object",
        }.get(name)
        info = find_cmdlet(full or name)
        if info is None:
            word = first.value
            named = "-" in word and "/" not in word and not word.lower().endswith((".exe", ".ps1"))
            if named and not self.asks_errors:
                raise Refused(node, f"the command {word} is not known here.", nearest(word))
            if word.lower().endswith(".ps1"):
                raise Refused(node, f"the script {word} is not part of this one.", "port it as well")
            spelt = word
        else:
            spelt = info.name
        if name == "tee-object":
            self._tee(node)
        kind = piped.kind if piped is not None and spelt.lower() in _WITH_ITEMS else "any"
        with self.meanwhile(block_kind=kind, starts_job=self.is_job(node, spelt)):
            code = self._run(node, "run", quoted(spelt), piped)
        run = run_of(code.text)
        if run is not None and run[1].startswith(quoted(spelt)) and not node.redirections:
            code = self._known_result(node, spelt.lower(), code, piped)
        if spelt.lower() in _SILENT and "PassThru" not in code.text and "streams=" not in code.text:
            return Code(code.text, "void", stream=True)
        return code

    def _known_result(self, node: s.Command, name: str, code: Code, piped: Code | None) -> Code:
        """A call of a command with what is known of its output."""
        named, values = self.arguments(node)
        given = set(named)
        if any(isinstance(one, s.VariableExpression) and one.splatted for one in node.command_elements):
            return code
        kind = result_of(name, given, piped.kind if piped is not None else "any")
        kind = "any" if name == "select-object" and values else kind
        properties = [*values, *([named["property"]] if "property" in named else [])]
        one = name == "measure-object" and not properties  # which gives nothing where there is nothing
        if any(isinstance(part, s.ArrayLiteral) for part in properties):
            one = False
        if name == "convertto-json":
            one = piped is not None and piped.text.startswith("[") and piped.kind in (*SCALARS, *OBJECTS)
            one = one or "inputobject" in given
        return Code(code.text, kind, stream=True, single=one)

    def _tee(self, node: s.Command) -> None:
        named, _ = self.arguments(node)
        wanted = named.get("Variable") or named.get("variable")
        if wanted is not None:
            if not isinstance(wanted, s.StringConstantExpression):
                raise Refused(node, "the variable of Tee-Object is known only when it runs.")
            self.hear(node, wanted.value)


def _stream(value: Any) -> int:
    if isinstance(value, int):
        return value
    return _STREAMS[str(getattr(value, "name", value))]


__all__ = ["ATOM", "Commands", "python_name"]
