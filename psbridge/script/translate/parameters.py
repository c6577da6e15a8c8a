"""Parameters of functions and blocks for the session, with their attributes."""

from __future__ import annotations

from typing import Any

from .. import syntax as s
from .code import SCALARS, Code, Refused, quoted
from .nodes import path_of
from .operators import Operators

_FLAGS = {
    "mandatory": "mandatory",
    "valuefrompipeline": "from_pipeline",
    "valuefrompipelinebypropertyname": "from_pipeline_by_property_name",
    "valuefromremainingarguments": "from_remaining_arguments",
}
_VALIDATORS = {
    "validateset": "ValidateSet",
    "validatescript": "ValidateScript",
    "validaterange": "ValidateRange",
    "validatepattern": "ValidatePattern",
    "validatelength": "ValidateLength",
    "validatecount": "ValidateCount",
    "validatenotnull": "ValidateNotNull",
    "validatenotnullorempty": "ValidateNotNullOrEmpty",
    "validatenotnullorwhitespace": "ValidateNotNullOrWhiteSpace",
}
_OPTIONS = {
    ("validatescript", "errormessage"): "message",
    ("validateset", "errormessage"): "message",
    ("validateset", "ignorecase"): "ignore_case",
    ("validatepattern", "errormessage"): "message",
}
"""What a Validate attribute's named arguments are in Python."""
_ALLOWED = {
    "allownull": "allow_null",
    "allowemptystring": "allow_empty_string",
    "allowemptycollection": "allow_empty_collection",
}


_FREE = ("object", "psobject", "switch", "scriptblock", "pscustomobject", "system.object")
"""The types that hold whatever is assigned."""

ALL_SETS = '"__AllParameterSets"'
"""The name of the set of a parameter that is in all of them."""


class Parameters(Operators):
    """Writes parameters."""

    block_kind = "any"

    def may_repeat(self, splat: s.VariableExpression, kind: str, named: set[str]) -> bool:
        """Whether a table that is splatted may have a parameter that the command is given by name too."""
        for place in self.uses.places.get(path_of(splat), ()):
            around = self.uses.above(place)
            sets = isinstance(around, s.AssignmentStatement) and around.left is place
            if not place.splatted and not sets:
                return True  # which may put something into it
        keys = {str(one).lower() for one in self.shape_of(kind)} if "@" in kind else set()
        return not keys or bool(keys & named)

    def hoisted(self, stem: str, statements: list[Any], after: int, parameters: list[str]) -> str:
        """A generator function before this statement that puts out what these statements do."""
        raise NotImplementedError

    def kind_of(self, node: s.Parameter) -> str:
        """What is known of a parameter's value."""
        kinds = {
            "switch": "switch",
            "switchparameter": "switch",
            "string": "str",
            "int": "int",
            "int32": "int",
            "bool": "bool",
            "double": "float",
            "hashtable": "hashtable?",
            "datetime": "datetime",
            "string[]": "many:str",
            "object[]": "many:any",
        }
        for attribute in node.attributes:
            if isinstance(attribute, s.TypeConstraint):
                return kinds.get(attribute.type_name.full_name.lower(), "any")
        return "any"

    def learn_types(self, key: str, parameters: list[s.Parameter]) -> None:
        """What is assigned to a parameter later has the parameter's type too."""
        for one in parameters:
            types = [
                each.type_name.full_name for each in one.attributes if isinstance(each, s.TypeConstraint)
            ]
            if types and types[0].lower() not in _FREE:
                self.known.typed[(key, one.name.variable_path.lower())] = types[0]

    def parameter(self, node: s.Parameter) -> str:
        """A parameter as a function of the session takes it: its name, type and options."""
        pieces = [quoted(node.name.variable_path)]
        aliases: list[str] = []
        options: dict[str, str] = {}
        sets: dict[str, dict[str, str]] = {}
        for attribute in node.attributes:
            name = attribute.type_name.full_name
            if isinstance(attribute, s.TypeConstraint):
                self.net_type(attribute, name)
                pieces.append(quoted(name))
                continue
            folded = name.lower().removesuffix("attribute").rpartition(".")[2]
            if folded == "parameter":
                options["explicit"] = "True"
                own: dict[str, str] = {}
                sets[self._options(attribute, own)] = own
            elif folded == "alias":
                aliases.append(self.given_to(attribute)[1:-1])
            elif folded in _ALLOWED:
                options[_ALLOWED[folded]] = "True"
            elif folded not in _VALIDATORS and folded not in (
                "supportswildcards",
                "credential",
                "system.management.automation.credential",
            ):
                raise Refused(attribute, f"the attribute [{name}] of a parameter has no Python form yet.")
        if set(sets) - {ALL_SETS}:
            inside = ", ".join(
                f"{name}: {{{', '.join(f'{quoted(key)}: {value}' for key, value in own.items())}}}"
                for name, own in reversed(sets.items())
            )
            options["sets"] = f"{{{inside}}}"
        else:
            options |= sets.get(ALL_SETS, {})
        if aliases:
            options["aliases"] = f"[{', '.join(aliases)}]"
        options |= self.validators(node)
        if node.default_value is not None:
            options["default"] = self._default(node)
        if len(pieces) == 1 and not options:
            return pieces[0]
        if len(pieces) == 1:
            pieces.append('"object"')
        if options:
            inside = ", ".join(f'"{key}": {value}' for key, value in options.items())
            pieces.append(f"{{{inside}}}")
        return f"({', '.join(pieces)})"

    def validators(self, node: s.Parameter | s.PropertyMember) -> dict[str, str]:
        """The Validate attributes of a parameter as keyword arguments, in the order of their checks."""
        made: dict[str, str] = {}
        scripts: list[str] = []
        for attribute in reversed(node.attributes):
            folded = attribute.type_name.full_name.lower().removesuffix("attribute").rpartition(".")[2]
            if not isinstance(attribute, s.Attribute) or folded not in _VALIDATORS:
                continue
            options = {}
            for argument in attribute.named_arguments or []:
                option = _OPTIONS.get((folded, argument.argument_name.lower()))
                if option is None:
                    raise Refused(
                        attribute, f"this form of [{attribute.type_name.name}] has no Python form yet."
                    )
                options[option] = "True" if argument.expression_omitted else self.constant(argument.argument)
            kind = self.kind_of(node) if isinstance(node, s.Parameter) else "any"
            with self.meanwhile(block_kind=kind if kind in SCALARS else "any"):
                values = [self.constant(one) for one in attribute.positional_arguments or []]
            if folded == "validatescript":
                values = [self.bare_block(Code(values[0], "block")).text]
                values.append(quoted(self.source_of(attribute.positional_arguments[0])[1:-1]))
                values += [f"{name}={value}" for name, value in options.items()]
                scripts.append(f"{self.posh('validate_script')}({', '.join(values)})")
            elif _VALIDATORS[folded] in made:
                raise Refused(attribute, f"a second [{attribute.type_name.name}] has no Python form yet.")
            else:
                if options:
                    inside = ", ".join(f'"{name}": {value}' for name, value in options.items())
                    values.append(f"{{{inside}}}")
                comma = "," if len(values) == 1 else ""
                made[_VALIDATORS[folded]] = f"({', '.join(values)}{comma})"
        if scripts:
            made["validate"] = f"[{', '.join(scripts)}]"
        return made

    def _default(self, node: s.Parameter) -> str:
        value = node.default_value
        throws = isinstance(value, s.SubExpression) and any(
            isinstance(one, s.ThrowStatement) for one in value.walk()
        )
        if throws:
            name = self.hoisted("default", value.sub_expression.statements, value.start, [])
            return f"lambda: {self.posh('unpacked')}({name}())"
        names = self._others_in(node)
        words, asked = self.words, set(self.frame.words)
        self.words = {**words, **names}
        try:
            text = self.as_value(self.expression(value)).text
        finally:
            self.words, self.frame.words = words, asked
        head = f"lambda {', '.join(names.values())}" if names else "lambda"
        return {"{}": "dict", "[]": "list"}.get(text, f"{head}: {text}")

    def _others_in(self, node: s.Parameter) -> dict[str, str]:
        """The other parameters that a default asks for, by their names, and what they are in Python."""
        around = self.uses.parents.get(id(node))
        others = [one for one in around.children() if isinstance(one, s.Parameter)] if around else []
        paths = {one.name.variable_path.lower() for one in others if one is not node}
        asked = [
            one.variable_path.lower()
            for one in node.default_value.walk()
            if isinstance(one, s.VariableExpression)
        ]
        return {path: self.name(path) for path in asked if path in paths}

    def given_to(self, attribute: s.Attribute) -> str:
        """The positional arguments of an attribute, as a list of Python's."""
        return f"[{', '.join(self.constant(one) for one in attribute.positional_arguments or [])}]"

    def constant(self, node: Any) -> str:
        """An argument of an attribute."""
        return self.as_value(self.expression(node)).text

    def _options(self, attribute: s.Attribute, options: dict[str, str]) -> str:
        """What a [Parameter()] says; gives the name of its parameter set, as Python has it."""
        chosen = ALL_SETS
        for argument in attribute.named_arguments or []:
            name = argument.argument_name.lower()
            value = "True" if argument.expression_omitted else self.constant(argument.argument)
            if name in _FLAGS:
                options[_FLAGS[name]] = value
            elif name == "position":
                options["position"] = value
            elif name == "parametersetname":
                chosen = value
            elif name not in ("helpmessage", "dontshow"):
                raise Refused(argument, f"[Parameter({argument.argument_name})] has no Python form yet.")
        return chosen

    def literal(self, node: Any) -> bool:
        """Whether an expression is a constant of the script."""
        return isinstance(node, (s.StringConstantExpression, s.ConstantExpression))
