"""Classes and enumerations of a script as Python: functions for the methods, and the types made known."""

from __future__ import annotations

import keyword
from typing import Any

from .. import syntax as s
from .blocks import WORDS, has_word
from .code import Refused, python_name, quoted
from .functions import Functions


class Types(Functions):
    """Writes classes and enumerations."""

    def _TypeDefinition_statement(self, node: s.TypeDefinition) -> None:
        """They are there before the first statement: `define_types` has written them."""

    def define_types(self, tree: s.ScriptBlock) -> None:
        """The types of a script, in order."""
        for node in tree.walk():
            if not isinstance(node, s.TypeDefinition):
                continue
            length, kept, depth = len(self.lines), set(self.modules), self.depth
            marks, inside, reported = len(self.marks), self.inside, len(self.refusals)
            self.whole += 1
            try:
                self._enumeration(node) if node.is_enum else self._class(node)
            except Refused as refusal:
                del self.lines[length:]
                self.modules, self.depth, self.inside = kept, depth, inside
                del self.marks[marks:], self.refusals[reported:]
                self.whole -= 1
                self.refuse(node, refusal)
                self.whole += 1
            finally:
                self.whole -= 1

    def _enumeration(self, node: s.TypeDefinition) -> None:
        flags = any(one.type_name.name.lower() in ("flags", "flagsattribute") for one in node.attributes)
        if not flags and node.attributes:
            raise Refused(node, "the attributes of this enumeration have no Python form yet.")
        following, pairs = 0, []
        for member in node.members:
            if member.initial_value is not None:
                code = self.as_value(self.expression(member.initial_value))
                if not code.text.lstrip("-").isdigit():
                    raise Refused(member, "the value of this member has no Python form yet.")
                following = int(code.text)
            pairs.append((member.name, following))
            following += 1
        base = "IntFlag" if flags else "IntEnum"
        self.modules.add("enum")
        self.write("")
        if any(keyword.iskeyword(name) for name, _ in pairs):
            values = "{" + ", ".join(f"{quoted(name)}: {value}" for name, value in pairs) + "}"
            self.write(f"{node.name} = enum.{base}({quoted(node.name)}, {values})")
        else:
            self.write(f"class {node.name}(enum.{base}):")
            for name, value in pairs:
                self.write(f"    {name} = {value}")
            self.write("")
        self.write(f"{self.posh('script_enum')}({node.name})")

    def _class(self, node: s.TypeDefinition) -> None:
        if node.is_interface or len(node.base_types) > 1 or node.attributes:
            raise Refused(node, "a class with interfaces or attributes has no Python form yet.")
        base = node.base_types[0].type_name.full_name if node.base_types else ""
        if base:
            self.net_type(node.base_types[0], base)
        pieces = [quoted(node.name)]
        for member in node.members:
            if isinstance(member, s.PropertyMember):
                pieces.append(self._property(member))
            else:
                pieces.append(self._method(node, member))
        if base:
            pieces.append(f"base={quoted(base)}")
        self.write(f"{self.posh('script_class')}({', '.join(pieces)})")

    def _property(self, node: s.PropertyMember) -> str:
        validators = self.validators(node)
        attributes = [
            one for one in node.attributes if not one.type_name.full_name.lower().startswith("validate")
        ]
        if attributes:
            raise Refused(node, "this attribute of a property has no Python form yet.")
        pieces = [quoted(node.name)]
        if node.property_type is not None:
            self.net_type(node.property_type, node.property_type.type_name.full_name)
            pieces.append(quoted(node.property_type.type_name.full_name))
        if node.initial_value is not None:
            pieces.append(f"default=lambda: {self.as_value(self.expression(node.initial_value)).text}")
        if validators:
            pieces += [f"{check}={values}" for check, values in validators.items()]
        if node.is_static:
            pieces.append("static=True")
        if node.is_hidden:
            pieces.append("hidden=True")
        return f"{self.posh('class_property')}({', '.join(pieces)})"

    def _method(self, owner: s.TypeDefinition, node: s.FunctionMember) -> str:
        name = self.unique(f"{python_name(owner.name).rstrip('_')}_{python_name(node.name).strip('_')}")
        key = f"/{owner.name.lower()}/{name}"
        paths = [one.name.variable_path.lower() for one in node.parameters]
        for one in node.parameters:
            self._widen((key, one.name.variable_path.lower()), self.kind_of(one))
        base = self._base(node, key, paths)
        self._method_function(name, node, key, paths)
        pieces = [] if node.is_constructor else [quoted(node.name)]
        pieces += [name, *(self.parameter(one) for one in node.parameters)]
        if node.is_constructor:
            return f"{self.posh('constructor')}({', '.join([*pieces, *base])})"
        returns = node.return_type.type_name.full_name if node.return_type is not None else "void"
        if returns.lower() not in ("void", "system.void"):
            self.net_type(node, returns)
            pieces.append(f"returns={quoted(returns)}")
        if node.is_static:
            pieces.append("static=True")
        return f"{self.posh('class_method')}({', '.join(pieces)})"

    def _base(self, node: s.FunctionMember, key: str, paths: list[str]) -> list[str]:
        """What a constructor hands to the base's."""
        if not node.base_arguments:
            return []
        frame = type(self.frame)(key, 0, own=set(paths))
        self.frames.append(frame)
        self.definite |= {(key, path) for path in paths}
        try:
            values = [self.as_value(self.expression(one)).text for one in node.base_arguments]
        finally:
            self.frames.pop()
        names = [
            self.name(path) for path in paths if any(has_word(value, self.name(path)) for value in values)
        ]
        head = f"lambda {', '.join(names)}" if names else "lambda"
        return [f"base={head}: [{', '.join(values)}]"]

    def _method_function(self, name: str, node: s.FunctionMember, key: str, paths: list[str]) -> None:
        kept_words, kept_current = self.words, self.current
        self.words, self.current = {"this": WORDS["this"]}, []
        end = node.body.end_block
        statements = end.statements if end is not None else []
        place = len(self.lines)

        def body() -> None:
            self.sink = ("method",)
            self.block(statements, node.body.start + 1)

        try:
            self.with_sink(
                ("method",),
                lambda: self._apart(
                    lambda: self.define(name, ["\1"], body, key=key, own=paths, top=True, returns="Any")
                ),
            )
        finally:
            self.words, self.current = kept_words, kept_current
        header = next(number for number in range(place, len(self.lines)) if "\1" in self.lines[number])
        text = "\n".join(self.lines[header + 1 :])
        names = [] if node.is_static else (["this: Any"] if has_word(text, "this") else [])
        names += [
            f"{self.name(one.name.variable_path)}: {self.annotation(self.kind_of(one))}"
            for one in node.parameters
            if has_word(text, self.name(one.name.variable_path))
        ]
        self.lines[header] = self.lines[header].replace("\1", ", ".join(names))

    def _to_method(self, code: Any) -> None:
        """What a statement of a method puts out goes nowhere."""
        self._to_discard(code)

    def give(self, node: s.ReturnStatement) -> None:
        """`return value` of a method, or of a function that gives one value."""
        if self.sink[0] != "method":
            super().give(node)
        elif node.pipeline is None:
            self.write("return None")
        else:
            self.write(f"return {self.value(node.pipeline).text}")
