"""A script's own parameters as argparse's, and the parameter sets they are in."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any

from psbridge.naming import in_capitals

from .. import syntax as s
from .code import Refused, python_name, quoted
from .functions import KINDS
from .nodes import aliases_of
from .parameters import ALL_SETS
from .types import Types

_TYPES = {**KINDS, "string[]": "list:str", "int[]": "list:int", "object": "any"}
_TABLE = "Hashtable"
_LISTS = {"list:str": "str", "list:int": "int"}


class ScriptParameters(Types):
    """Writes the parameters of a script."""

    defaults: dict[str, str]
    late: list[tuple[s.Parameter, str, str]]
    checking = False
    """Whether a parameter is more than a text or a switch: PowerShell converts and checks it."""

    def help_block(self) -> str:
        """The comment-based help at the script's head; empty without one."""
        found = re.match(r"\s*(?:#[^\n]*\n\s*)*<#(.*?)#>", self.text, re.DOTALL)
        if not found:
            return ""
        is_help = re.search(r"^\s*\.[A-Z]+", found.group(1), re.MULTILINE | re.IGNORECASE)
        return found.group(1) if is_help or self.tree.param_block else ""

    def parameters(self, block: s.ParamBlock) -> None:
        """The script's parameters: what is mandatory by position, the rest as options."""
        self.modules.add("argparse")
        described = "description=__doc__" if self.help_block() else ""
        self.checking = not all(_is_text(one) for one in block.parameters)
        owner = self.posh("ArgumentParser") if self.checking else "argparse.ArgumentParser"
        unset = ", default=argparse.SUPPRESS" if self.asks_bound else ""
        self.write(f"parser = {owner}({described})")
        names = []
        self.learn_types(self.scope, list(block.parameters))
        for parameter in block.parameters:
            self._known_attributes(parameter)
            kind = self._script_kind(parameter)
            name = parameter.name.variable_path
            words, plain = self.name(name).rstrip("_"), self.name(name)
            option = ", ".join(f'"--{one}"' for one in [words.replace("_", "-"), *_aliases(parameter)])
            validators = [f"{check}={values}" for check, values in self.validators(parameter).items()]
            source = self.source_of(parameter)
            if kind == "bool" and _type_of(parameter) in ("switch", "switchparameter"):
                self.defaults[plain] = "False"
                self.write(f'parser.add_argument({option}, dest="{plain}", action="store_true"{unset})')
            elif _mandatory(parameter, source) and not self._in_a_set(parameter):
                many = ', nargs="+"' if kind in _LISTS else ""
                typed = self._typed_option(parameter, kind, validators)
                shown = f', metavar="{words}"' if words != plain else ""
                self.write(f'parser.add_argument("{plain}"{typed}{many}{shown})')
            elif kind in _LISTS and "valuefromremainingarguments" in source.lower():
                self._option(parameter, "", plain, kind, validators)
            elif kind not in _LISTS and self._in_a_set(parameter) and re.search(r"(?i)\bposition\b", source):
                self._option(parameter, "", plain, kind, validators, many=', nargs="?"')
            else:
                self._option(parameter, option, plain, kind, validators)
            may_lack = parameter.default_value is None and not _mandatory(parameter, source)
            known = f"many:{_LISTS[kind]}" if kind in _LISTS and may_lack else kind
            names.append((name, plain, known))
        streams = self._streams(block)
        common = [*streams, *(["what-if"] if self._may_be_tried(block) else [])]
        for one in common:
            self.write(f'parser.add_argument("--{one}", action="store_true"{unset})')
        self._parsed(names, common)
        self._chosen(block)
        for parameter, plain, kind in self.late:
            self.write(f"if {plain} is None:")
            self.depth += 1
            self.write(f"{plain} = {self._default_text(parameter, kind, cast=kind != 'any')}")
            self.depth -= 1
        if self._may_be_tried(block):
            self.write(f"if {self._asked('what_if')}:")
            self.write(f'    {self.posh("set_variable")}("WhatIfPreference", True)')
        for stream in streams:
            self.write(f"if {self._asked(stream)}:")
            self.write(f'    {self.posh("set_variable")}("{stream.title()}Preference", "Continue")')

    def _asked(self, plain: str) -> str:
        """The test for a switch that was given."""
        return f"{quoted(plain)} in given" if self.asks_bound else f"arguments.{plain}"

    def _may_be_tried(self, block: s.ParamBlock) -> bool:
        """Whether a script can be asked what it would do."""
        return any("supportsshouldprocess" in self.source_of(one).lower() for one in block.attributes)

    def _streams(self, block: s.ParamBlock) -> list[str]:
        """The streams that a script or its web cmdlets write to, and that who runs it may ask for."""
        attributes = [*block.attributes, *(one for each in block.parameters for one in each.attributes)]
        names = [one.type_name.name.lower() for one in attributes if isinstance(one, s.Attribute)]
        if "cmdletbinding" not in names and "parameter" not in names:
            return []
        own = {"verbose", "debug"} - {one.name.variable_path.lower() for one in block.parameters}
        said = [one for one in own if f"write-{one}" in self.text.lower()]
        return sorted({*said, *(["verbose"] if self.known.web and "verbose" in own else [])})

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
        if self.reads_bound:
            spelt = self.uses.is_bound_plain({name for name, _, _ in names})
            self.write(f"bound = {table if spelt else self.posh(_TABLE) + '(' + table + ')'}")
        for _, plain, _ in names:
            self.write(f"{plain} = given.get({quoted(plain)}, {self.defaults.get(plain, 'None')})")

    def _chosen(self, block: s.ParamBlock) -> None:
        """Which parameter set was given: PowerShell's error where that is none, or several."""
        if not self.sets:
            return
        sets = []
        for name, members in self.sets.items():
            inside = (f"{quoted(plain)}: {quoted(needed)}" for plain, needed in members.items())
            sets.append(f"{name}: {{{', '.join(inside)}}}")
        value = f"{self.posh('parameter_set')}(given, {{{', '.join(sets)}}}, {self._default_set(block)})"
        self.set_name = self.unique("parameter_set")
        self.write(f"{self.set_name} = {value}")

    def _default_set(self, block: s.ParamBlock) -> str:
        for attribute in block.attributes:
            for argument in attribute.named_arguments or []:
                if argument.argument_name.lower() == "defaultparametersetname":
                    return self.constant(argument.argument)
        return '""'

    @cached_property
    def sets(self) -> dict[str, dict[str, str]]:
        """The script's parameter sets: of each its own parameters, with the names of the mandatory ones."""
        block = self.tree.param_block
        made: dict[str, dict[str, str]] = {}
        for parameter in block.parameters if block is not None else []:
            for name, options in self._places(parameter).items():
                needed = parameter.name.variable_path if "mandatory" in options else ""
                made.setdefault(name, {})[self.name(parameter.name.variable_path)] = needed
        made.pop(ALL_SETS, None)
        return made

    def _places(self, parameter: s.Parameter) -> dict[str, dict[str, str]]:
        """The parameter sets that a parameter is in, and what it is in each."""
        made: dict[str, dict[str, str]] = {}
        for attribute in parameter.attributes:
            if isinstance(attribute, s.Attribute) and attribute.type_name.name.lower() == "parameter":
                own: dict[str, str] = {}
                made[self._options(attribute, own)] = own
        return made

    def _in_a_set(self, parameter: s.Parameter) -> bool:
        """Whether a parameter is in some of the script's parameter sets alone."""
        return bool(self.sets) and ALL_SETS not in self._places(parameter)

    @property
    def asks_bound(self) -> bool:
        """Whether the script asks which parameters it was given: itself, or by its parameter sets."""
        return self.reads_bound or bool(self.sets)

    @cached_property
    def reads_bound(self) -> bool:
        """Whether the script itself reads `$PSBoundParameters`."""
        return any(
            isinstance(one, s.VariableExpression) and one.variable_path.lower() == "psboundparameters"
            for one in _outside_functions(self.tree)
        )

    def _option(
        self,
        parameter: s.Parameter,
        option: str,
        plain: str,
        kind: str,
        validators: list[str],
        *,
        many: str = "",
    ) -> None:
        """A parameter that need not be given: an option, or what is left without a name."""
        empties = {"str": '""', "int": "0", "float": "0.0", "bool": "False"}
        many = ', nargs="*"' if kind in _LISTS else many
        default = "None" if _nullable(parameter) else empties.get(kind, "None")
        if parameter.default_value is not None and self._others_in(parameter):
            self.late.append((parameter, plain, kind))  # it is known when the others are
            default = "None"
        elif parameter.default_value is not None:
            # What is not given goes past argparse where the script asks what was given.
            past = self.asks_bound and _type_of(parameter) not in ("", "object")
            default = self._default_text(parameter, kind, cast=kind != "any" or past)
        if self.asks_bound:
            self.defaults[plain] = default
            default = "argparse.SUPPRESS"
        typed = f"{self._typed_option(parameter, kind, validators)}{many}, default={default}"
        place = f'{option}, dest="{plain}"' if option else f'"{plain}"'
        self.write(f"parser.add_argument({place}{typed})")

    def _default_text(self, parameter: s.Parameter, kind: str, *, cast: bool) -> str:
        """A parameter's default, of the parameter's type."""
        value = self.as_value(self.expression(parameter.default_value))
        fits = value.kind == kind or (kind == "float" and value.kind == "int")
        return (self.cast(parameter, value, _type_of(parameter)) if cast and not fits else value).text

    def _typed_option(self, parameter: s.Parameter, kind: str, validators: list[str]) -> str:
        typed = (
            _type_of(parameter).removeprefix("nullable[").removesuffix("]" if _nullable(parameter) else "")
        )
        pieces = ""
        if typed not in ("", "object") or kind != "any":
            name = KINDS.get(typed, _LISTS.get(kind, kind.removesuffix("?")))
            if name in ("any", "datetime", "bool"):
                name = quoted(typed)
            pieces = f", type={name}"
        if not self.checking:
            return pieces
        spelt, plain = parameter.name.variable_path, self.name(parameter.name.variable_path)
        if in_capitals(plain) != spelt:
            pieces += f", name={quoted(spelt)}"
        return "".join([pieces, *(f", {one}" for one in validators)])

    def _script_kind(self, parameter: s.Parameter) -> str:
        name = _type_of(parameter)
        if name.startswith("nullable["):
            return "any"
        if not name and parameter.default_value is None and not self._always_given(parameter):
            return "str?"
        kind = _TYPES.get(name, "" if name else "str")
        if kind:
            return kind
        if name.endswith("]") or name in ("scriptblock", "ref", "psobject", "pscustomobject"):
            raise Refused(parameter, f"the type of -{parameter.name.variable_path} has no Python form yet.")
        self.net_type(parameter, name)
        return "any" if self.kind_of(parameter) == "hashtable?" else self.kind_of(parameter)

    def _always_given(self, parameter: s.Parameter) -> bool:
        return _mandatory(parameter, self.source_of(parameter)) and not self._in_a_set(parameter)

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


def _is_text(parameter: s.Parameter) -> bool:
    """Whether a parameter is a text or a switch that no attribute checks, as argparse has them."""
    checks = [one for one in parameter.attributes if isinstance(one, s.Attribute)]
    plain = ("", "object", "string", "switch", "switchparameter")
    return _type_of(parameter) in plain and not any(
        one.type_name.name.lower().startswith("validate") for one in checks
    )


def _aliases(parameter: s.Parameter) -> list[str]:
    """The other names of a parameter, as options are spelt."""
    return [python_name(one).strip("_").replace("_", "-") for one in aliases_of(parameter)]


def _nullable(parameter: s.Parameter) -> bool:
    return _type_of(parameter).startswith("nullable[")


def _mandatory(parameter: s.Parameter, source: str) -> bool:
    return re.search(r"\bMandatory\b(?!\s*=\s*\$false)", source, re.IGNORECASE) is not None
