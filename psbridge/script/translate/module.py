"""A whole script as a Python module: its parameters, imports and docstring."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from .. import syntax as s
from .code import Again, Code, Refused, python_name, quoted
from .dashes import without_dashes
from .dynamic import pass_on
from .functions import KINDS
from .helptext import docstring
from .hostprints import places, unmarked
from .layout import wrapped
from .pipelinevariables import without_pipeline_variables
from .types import Types
from .uses import Uses
from .writer import Known

_TYPES = {**KINDS, "string[]": "list:str", "int[]": "list:int", "object": "any"}
_TABLE = "Hashtable"
_LISTS = {"list:str": "str", "list:int": "int"}


@dataclass
class Piece:
    """A statement of the script, from the comments before it to its end, and the lines it became."""

    start: int
    end: int
    node: Any
    lines: list[str]
    mark: str

    @property
    def text(self) -> str:
        """The lines as they stand in a file."""
        return unmarked(laid_out(self.lines), self.mark)


@dataclass
class Written:
    """A module: its imports and docstring, what its statements became, and what is refused of them.

    Where it prints for the reader alone, its lines have `mark` for `print`.
    """

    head: list[str]
    pieces: list[Piece]
    refusals: list[Refused]
    mark: str

    @property
    def text(self) -> str:
        """The whole module."""
        return unmarked(self.marked, self.mark)

    @property
    def host(self) -> frozenset[tuple[int, int]]:
        """Where the module prints for the reader alone."""
        return frozenset(places(self.marked, self.mark))

    @property
    def marked(self) -> str:
        """The whole module as it was written."""
        body = [line for piece in self.pieces for line in piece.lines]
        while body and not body[0]:
            body.pop(0)
        return laid_out([*self.head, *body])


def laid_out(lines: list[str]) -> str:
    """The text of lines: long ones broken, and spaced as Python has them."""
    return wrapped(_spaced(lines))


class Module(Types):
    """Writes a module."""

    def __init__(self, text: str, known: Known, tree: s.ScriptBlock, uses: Uses) -> None:
        super().__init__(text, known, tree, uses)
        self.refusals: list[Refused] = []
        self.marks: list[tuple[int, Any, int, int]] = []
        self.taken = {
            python_name(one.variable_path) for one in uses.nodes if isinstance(one, s.VariableExpression)
        }
        self.defaults: dict[str, str] = {}
        self.late: list[tuple[s.Parameter, str, str]] = []
        self.has_parameters = tree.param_block is not None

    def module(self) -> Written:
        """The module."""
        tree = self.tree
        for using in tree.using_statements or []:
            if using.using_statement_kind.lower() != "namespace":
                self._visible(using, Refused(using, "a using statement has no Python form yet."))
        self.define_types(tree)
        after = 0
        if tree.param_block is not None:
            self.comments(0, tree.param_block.start)
            try:
                self.parameters(tree.param_block)
            except Refused as refusal:
                self.refuse(refusal.node, refusal)
            self.write("")
            after = tree.param_block.end
        for other in (tree.dynamic_param_block, tree.clean_block):
            if other is not None:
                self._visible(
                    other, Refused(other, "clean and dynamicparam of a script have no Python form.")
                )
        for part in (tree.begin_block, tree.process_block, tree.end_block):
            if part is None:
                continue
            if part is not tree.end_block and any(isinstance(one, s.ReturnStatement) for one in part.walk()):
                self._visible(
                    part, Refused(part, "a return in begin or process of a script has no Python form.")
                )
                continue
            if part is tree.process_block:
                self.current.append(Code("None", "none"))  # nothing comes down a pipeline to a script
            self.block(part.statements, after, part.traps)
            if part is tree.process_block:
                self.current.pop()
            after = part.end
        pieces = self._pieces(tree)
        asked = re.compile(r"posh\.(show_run|run|get|function|call|block|command_block|variable)\(")
        if not any(asked.search(line) for line in self.lines):
            for piece in pieces:
                piece.lines = [
                    line
                    for before, line in zip(["", *piece.lines], piece.lines, strict=False)
                    if "posh.set_variable(" not in line or "OFS" in line or before.endswith(":")
                ]
        self.lines = [line for piece in pieces for line in piece.lines]
        self.uses_posh = any(re.search(r"\bposh\.\w+", line) for line in self.lines)
        return Written(self._head(), pieces, self.refusals, self.host)

    def _pieces(self, tree: s.ScriptBlock) -> list[Piece]:
        """The body by the script's statements; what stands before the first is the parameters'."""
        pieces: list[Piece] = []
        done = 0
        for start, statement, first, last in self.marks:
            if first > done:
                block = tree.param_block or tree
                pieces.append(Piece(block.start, block.end, block, self.lines[done:first], self.host))
            pieces.append(Piece(start, statement.end, statement, self.lines[first:last], self.host))
            done = last
        if self.lines[done:]:
            block = tree.param_block or tree
            pieces.append(Piece(tree.start, tree.end, block, self.lines[done:], self.host))
        return pieces

    def _visible(self, node: Any, refusal: Refused) -> None:
        self.refuse(node, refusal)

    def _help_block(self) -> str:
        """The comment-based help at the script's head; empty without one."""
        found = re.match(r"\s*(?:#[^\n]*\n\s*)*<#(.*?)#>", self.text, re.DOTALL)
        if not found:
            return ""
        is_help = re.search(r"^\s*\.[A-Z]+", found.group(1), re.MULTILINE | re.IGNORECASE)
        return found.group(1) if is_help or self.tree.param_block else ""

    def _head(self) -> list[str]:
        head: list[str] = []
        found = self._help_block()
        if found:
            head += [*docstring(found, self.names), ""]
        unset = [path for where, path in sorted(self.known.unset) if where == ""]
        text = "\n".join(self.lines)
        plain = [
            f"import {name}"
            for name in sorted(self.modules - {"psbridge", "pathlib", "typing", "collections.abc"})
            if re.search(rf"\b{name}\.\w", text)
        ]
        froms = []
        if re.search(r"\bIterator\[", text):
            froms.append("from collections.abc import Iterator")
        if unset or re.search(r"\bAny\b", text):
            self.modules.add("typing")
        else:
            self.modules.discard("typing")
        if "pathlib" in self.modules:
            froms.append("from pathlib import Path")
        if "typing" in self.modules:
            froms.append("from typing import Any")
        own = ["import psbridge as ps"] if "psbridge" in self.modules else []
        if self.uses_posh:
            own.append("from psbridge.script.semantics import porting as posh")
        for group in ([*plain, *froms], own):
            if group:
                head += [*group, ""]
        if unset:
            head += [f"{self.name(path)}: Any = None" for path in unset]
        return head

    # Parameters of the script

    def parameters(self, block: s.ParamBlock) -> None:
        """The script's parameters: what is mandatory by position, the rest as options."""
        self.modules.add("argparse")
        described = "description=__doc__" if self._help_block() else ""
        self.write(f"parser = argparse.ArgumentParser({described})")
        names = []
        later: list[str] = []
        self.learn_types(self.scope, list(block.parameters))
        for parameter in block.parameters:
            self._known_attributes(parameter)
            kind = self._script_kind(parameter)
            name = parameter.name.variable_path
            words, plain = self.name(name).rstrip("_"), self.name(name)
            option = f'"--{words.replace("_", "-")}"'
            validators = [f"{check}={values}" for check, values in self.validators(parameter).items()]
            if kind in _LISTS and validators:
                later.append(f"{plain} = {self.posh('validate')}({plain}, {', '.join(validators)})")
                validators = []
            source = self.source_of(parameter)
            if kind == "bool" and _type_of(parameter) in ("switch", "switchparameter"):
                unset = ", default=argparse.SUPPRESS" if self.asks_bound else ""
                self.defaults[plain] = "False"
                self.write(f'parser.add_argument({option}, dest="{plain}", action="store_true"{unset})')
            elif _mandatory(parameter, source):
                many = ', nargs="+"' if kind in _LISTS else ""
                typed = self._typed_option(parameter, kind, validators)
                shown = f', metavar="{words}"' if words != plain else ""
                self.write(f'parser.add_argument("{plain}"{typed}{many}{shown})')
            elif kind in _LISTS and "valuefromremainingarguments" in source.lower():
                self._option(parameter, "", plain, kind, validators)
            else:
                self._option(parameter, option, plain, kind, validators)
            names.append((name, plain, kind))
        streams = self._streams(block)
        unset = ", default=argparse.SUPPRESS" if self.asks_bound else ""
        common = [*streams, *(["what-if"] if self._may_be_tried(block) else [])]
        for one in common:
            self.write(f'parser.add_argument("--{one}", action="store_true"{unset})')
        self._parsed(names, common)
        for parameter, plain, kind in self.late:
            self.write(f"if {plain} is None:")
            self.depth += 1
            value = self.as_value(self.expression(parameter.default_value))
            if value.kind != kind and kind != "any" and not (kind == "float" and value.kind == "int"):
                value = self.cast(parameter, value, _type_of(parameter))
            self.write(f"{plain} = {value.text}")
            self.depth -= 1
        for line in later:
            self.write(line)
        if self._may_be_tried(block):
            self.write('if "what_if" in given:' if self.asks_bound else "if arguments.what_if:")
            self.write(f'    {self.posh("set_variable")}("WhatIfPreference", True)')
        for stream in streams:
            told = f'"{stream}" in given' if self.asks_bound else f"arguments.{stream}"
            self.write(f"if {told}:")
            self.write(f'    {self.posh("set_variable")}("{stream.title()}Preference", "Continue")')

    def _may_be_tried(self, block: s.ParamBlock) -> bool:
        """Whether a script can be asked what it would do."""
        return any("supportsshouldprocess" in self.source_of(one).lower() for one in block.attributes)

    def _streams(self, block: s.ParamBlock) -> list[str]:
        """The streams that a script writes to, and that who runs it may ask for."""
        attributes = [*block.attributes, *(one for each in block.parameters for one in each.attributes)]
        names = [one.type_name.name.lower() for one in attributes if isinstance(one, s.Attribute)]
        if "cmdletbinding" not in names and "parameter" not in names:
            return []
        own = {"verbose", "debug"} - {one.name.variable_path.lower() for one in block.parameters}
        return sorted(one for one in own if f"write-{one}" in self.text.lower())

    def _parsed(self, names: list[tuple[str, str, str]], common: list[str]) -> None:
        for name, _, kind in names:
            self._widen(("", name.lower()), kind)
            self.definite.add(("", name.lower()))
            self.known.top.add(name.lower())
        if not self.asks_bound:
            self.write("arguments = parser.parse_args()")
            for _, plain, _ in names:
                self.write(f"{plain} = arguments.{plain}")
            return
        self.write("given = vars(parser.parse_args())")
        keys = [(name, plain) for name, plain, _ in names]
        keys += [(one.title().replace("-", ""), one.replace("-", "_")) for one in common]
        pairs = ", ".join(f"({quoted(name)}, {quoted(plain)})" for name, plain in keys)
        table = f"{{name: given[key] for name, key in ({pairs},) if key in given}}"
        spelt = self.uses.is_bound_plain({name for name, _, _ in names})
        self.write(f"bound = {table if spelt else self.posh(_TABLE) + '(' + table + ')'}")
        for _, plain, _ in names:
            self.write(f"{plain} = given.get({quoted(plain)}, {self.defaults.get(plain, 'None')})")

    @property
    def asks_bound(self) -> bool:
        """Whether the script itself asks which parameters it was given."""
        return any(
            isinstance(one, s.VariableExpression) and one.variable_path.lower() == "psboundparameters"
            for one in _outside_functions(self.tree)
        )

    def _option(
        self, parameter: s.Parameter, option: str, plain: str, kind: str, validators: list[str]
    ) -> None:
        """A parameter that need not be given: an option, or what is left without a name."""
        empties = {"str": '""', "int": "0", "float": "0.0", "bool": "False"}
        many = ', nargs="*"' if kind in _LISTS else ""
        default = "None" if _nullable(parameter) else empties.get(kind, "None")
        if parameter.default_value is not None and self._others_in(parameter):
            self.late.append((parameter, plain, kind))  # it is known when the others are
            default = "None"
        elif parameter.default_value is not None:
            value = self.as_value(self.expression(parameter.default_value))
            # What is not given goes past argparse where the script asks what was given.
            open_type = kind == "any" and not (self.asks_bound and _type_of(parameter) not in ("", "object"))
            if value.kind != kind and not open_type and not (kind == "float" and value.kind == "int"):
                value = self.cast(parameter, value, _type_of(parameter))
            default = value.text
        if self.asks_bound:
            self.defaults[plain] = default
            default = "argparse.SUPPRESS"
        typed = f"{self._typed_option(parameter, kind, validators)}{many}, default={default}"
        place = f'{option}, dest="{plain}"' if option else f'"{plain}"'
        self.write(f"parser.add_argument({place}{typed})")

    def _typed_option(self, parameter: s.Parameter, kind: str, validators: list[str]) -> str:
        typed = (
            _type_of(parameter).removeprefix("nullable[").removesuffix("]" if _nullable(parameter) else "")
        )
        if typed in ("", "object") and kind == "any":
            return ""
        name = KINDS.get(typed, _LISTS.get(kind, kind))
        if name in ("any", "datetime", "bool"):
            name = f"{self.posh('typed')}({quoted(typed)})"
        if validators:
            return f", type={self.posh('checked')}({', '.join([name, *validators])})"
        return f", type={name}"

    def _script_kind(self, parameter: s.Parameter) -> str:
        name = _type_of(parameter)
        if name.startswith("nullable["):
            return "any"
        kind = _TYPES.get(name, "" if name else "str")
        if kind:
            return kind
        if name.endswith("]") or name in ("scriptblock", "ref", "psobject", "pscustomobject"):
            raise Refused(parameter, f"the type of -{parameter.name.variable_path} has no Python form yet.")
        self.net_type(parameter, name)
        return "any" if self.kind_of(parameter) == "hashtable?" else self.kind_of(parameter)

    def _known_attributes(self, parameter: s.Parameter) -> None:
        """Refuse an attribute that argparse has nothing for."""
        plain = ("parameter", "alias", "allowemptystring", "allownull", "allowemptycollection")
        for attribute in parameter.attributes:
            if not isinstance(attribute, s.Attribute):
                continue
            name = attribute.type_name.name.lower()
            if name not in plain and not name.startswith("validate"):
                reason = f"[{attribute.type_name.name}] of a script's parameter has no Python form yet."
                raise Refused(attribute, reason)


def _outside_functions(node: Any) -> Any:
    yield node
    for child in node.children():
        if not isinstance(child, (s.FunctionDefinition, s.ScriptBlockExpression)):
            yield from _outside_functions(child)


def _type_of(parameter: s.Parameter) -> str:
    types = [
        one.type_name.full_name.lower() for one in parameter.attributes if isinstance(one, s.TypeConstraint)
    ]
    return types[0] if types else ""


def _nullable(parameter: s.Parameter) -> bool:
    return _type_of(parameter).startswith("nullable[")


def _mandatory(parameter: s.Parameter, source: str) -> bool:
    return re.search(r"\bMandatory\b(?!\s*=\s*\$false)", source, re.IGNORECASE) is not None


def _spaced(lines: list[str]) -> str:
    """The lines with two empty ones around functions, as Python has them, and none at the end."""
    made: list[str] = []
    for line in lines:
        if not line:
            if made and made[-1]:
                made.append("")
            continue
        starts = line.startswith(("def ", "class "))
        ended = not line.startswith((" ", "#", ")", "]", "}")) and _in_function(made)
        if (starts or ended) and made:
            comments = []
            while starts and made and made[-1].startswith("#"):
                comments.append(made.pop())
            while made and not made[-1]:
                made.pop()
            made += ["", ""] if made else []
            made += reversed(comments)
        made.append(line)
    return "\n".join(made).rstrip() + "\n"


def _in_function(made: list[str]) -> bool:
    for line in reversed(made):
        if line and not line.startswith(" "):
            return line.startswith(("def ", "class "))
    return False


def written(text: str, tree: s.ScriptBlock) -> Written:
    """The module of a script."""
    without_dashes(tree)
    without_pipeline_variables(tree)
    pass_on(tree)
    known, uses = Known(), Uses(tree)
    passes = 0
    while passes < 60:
        before = known.state()
        try:
            made = Module(text, known, tree, uses).module()
        except Again:
            continue  # each time a function more is told from a plain one: that ends by itself
        passes += 1
        if known.state() == before:
            break
    return made


__all__ = ["Code", "Piece", "Written", "laid_out", "quoted", "written"]
