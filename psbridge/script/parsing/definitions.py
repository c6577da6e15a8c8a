"""Param blocks, functions, classes, enumerations, `using`: what a script defines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .. import syntax as s
from .commands import Commands
from .source import ParseFailure

_FUNCTION_NAME = re.compile(r"[^\s(){};|&,]+")


class Definitions(Commands):
    """Reads definitions."""

    if TYPE_CHECKING:

        def _label(self) -> Any: ...

    def _param_block(self) -> Any:
        mark = self.at
        attributes = []
        while self.peek() == "[":
            try:
                errors = len(self.errors)
                attributes.append(self.attribute())
            except ParseFailure:
                del self.errors[errors:]
                self.at = mark
                return None
            self.lines()
        if self.word_ahead() != "param" or not re.compile(r"param\s*(?:#[^\r\n]*\s*)*\(", re.I).match(
            self.text, self.at
        ):
            self.at = mark
            return None
        start = self.at
        self.at += 5
        self.lines()
        self.at += 1
        return self.done(s.ParamBlock(attributes, self._parameters()), start)

    def _parameters(self) -> list[Any]:
        """The parameters up to the closing parenthesis."""
        listed: list[Any] = []
        self.lines()
        while not self.take(")"):
            if self.at >= self.size:
                raise self.fail(
                    "MissingEndParenthesisInFunctionParameterList", "Missing ')' in function parameter list."
                )
            start = self.at
            attributes = []
            while self.peek() == "[":
                attributes.append(self.attribute())
                self.lines()
            if self.peek() != "$" and attributes:
                raise self.fail(
                    "InvalidFunctionParameter",
                    "Parameter declarations are a comma-separated list of variable names with optional "
                    "initializer expressions.",
                    self.size if self.at >= self.size else self.behind(),
                )
            if self.peek() != "$":
                raise self.fail(
                    "MissingEndParenthesisInFunctionParameterList", "Missing ')' in function parameter list."
                )
            name = self.variable()
            self.lines()
            default = None
            if self.take("="):
                after = self.at
                self.lines()
                if not self.operand_ahead():
                    raise self.fail("MissingExpressionAfterToken", "Missing expression after '='.", after)
                self.no_commas += 1
                default = self.expression()
                self.no_commas -= 1
                self.lines()
            end = default.end if default is not None else name.end
            written = name.variable_path
            if any(one.name.variable_path.lower() == written.lower() for one in listed):
                message = f"Duplicate parameter ${written} in parameter list."
                self.defer("DuplicateFormalParameter", message, start)
            listed.append(self.done(s.Parameter(name, attributes, default), start, end))
            if self.take(","):
                after = self.at
                self.lines()
                if self.at >= self.size or self.peek() not in "[$":
                    raise self.fail("MissingExpressionAfterToken", "Missing expression after ','.", after)
            elif self.peek() != ")":
                raise self.fail(
                    "MissingEndParenthesisInFunctionParameterList", "Missing ')' in function parameter list."
                )
        return listed

    def _function_statement(self, start: int, label: str | None) -> Any:
        return self._function(False)

    def _filter_statement(self, start: int, label: str | None) -> Any:
        return self._function(True)

    def _function(self, is_filter: bool) -> Any:
        self.lines()
        name = self.match(_FUNCTION_NAME) if self.peek() not in ("$", "@") else None
        if name is None:
            kind = "filter" if is_filter else "function"
            raise self.fail("MissingNameAfterKeyword", f"Missing name after {kind} keyword.")
        self.lines()
        parameters = self._parameters() if self.take("(") else None
        self.lines()
        begin = self.at
        if not self.take("{"):
            raise self.fail("MissingFunctionBody", "Missing function body in function declaration.")
        outer, self.no_commas = self.no_commas, 0
        body = self.script_block_body("}")
        self.no_commas = outer
        self.done(body, begin)
        return s.FunctionDefinition(name.group(), parameters, body, is_filter)

    def _data_statement(self, start: int, label: str | None) -> Any:
        self.blank()
        variable = self._label()
        self.lines()
        while self.take("-"):
            self.match(re.compile(r"\w+"))
            self.blank()
            self._argument()
            self.lines()
        missing = ("MissingStatementBlockForDataSection", "The Data section is missing its statement block.")
        return s.DataStatement(
            self.statement_block(missing), variable.value if variable is not None else None
        )

    def _using(self) -> Any:
        start = self.at
        self.at += 5
        self.blank()
        kind = self.match(re.compile(r"\w+"))
        self.blank()
        name = self._argument(first=True, invoked=True)
        return self.done(s.UsingStatement(kind.group().title() if kind else "", name), start)

    def _enum_statement(self, start: int, label: str | None) -> Any:
        self.lines()
        name = self.match(re.compile(r"\w+"))
        if name is None:
            raise self.fail("MissingNameAfterKeyword", "Missing name after enum keyword.")
        self.lines()
        base = []
        if self.take(":"):
            self.lines()
            begin = self.at
            base.append(self.done(s.TypeConstraint(self.type_name()), begin))
        self.lines()
        opened = self.at
        self.expect("{", "MissingTypeBody", "Missing 'enum' body in 'enum' declaration.")
        members = []
        self.separators()
        while not self.take("}"):
            begin = self.at
            member = self.match(re.compile(r"[^\W\d]\w*"))
            if member is None:
                raise self.unclosed(opened + 1)
            self.blank()
            value = None
            if self.take("="):
                after = self.at
                self.lines()
                if not self.operand_ahead():
                    message = "You must provide a value expression following the '=' operator."
                    raise self.fail("ExpectedValueExpression", message, after)
                value = self.expression()
            mark = self.at
            self.blank()
            if self.at >= self.size or self.peek() not in ";}\r\n":
                message = "Missing ';' or end-of-line in property definition."
                raise self.fail("MissingPropertyTerminator", message, self.behind())
            self.at = mark
            property_ = s.PropertyMember(member.group(), None, value, is_static=True)
            members.append(self.done(property_, begin, self._with_semicolon()))
            self.separators()
        return s.TypeDefinition(name.group() if name else "", base, members, is_enum=True)

    def _class_statement(self, start: int, label: str | None) -> Any:
        self.lines()
        name = self.match(re.compile(r"\w+"))
        if name is None:
            raise self.fail("MissingNameAfterKeyword", "Missing name after class keyword.")
        self.lines()
        bases = []
        if self.take(":"):
            while True:
                self.lines()
                begin = self.at
                bases.append(self.done(s.TypeConstraint(self.type_name()), begin))
                self.lines()
                if not self.take(","):
                    break
        opened = self.at + 1
        self.expect("{", "MissingTypeBody", "Missing 'class' body in 'class' declaration.")
        members = []
        self.separators()
        while not self.take("}"):
            if self.at >= self.size:
                raise self.unclosed(opened)
            members.append(self._member_definition(name.group()))
            if isinstance(members[-1], s.FunctionMember):
                self.lines()
                if self.peek() == ";":
                    raise self.unclosed(opened)
            self.separators()
        return s.TypeDefinition(name.group(), bases, members, is_class=True)

    def _member_definition(self, class_name: str) -> Any:
        start = self.at
        static = hidden = False
        type_ = None
        attributes = []
        while True:
            if self.keyword("static"):
                static = True
            elif self.keyword("hidden"):
                hidden = True
            elif self.peek() == "[":
                attribute = self.attribute()
                if isinstance(attribute, s.TypeConstraint):
                    type_ = attribute
                else:
                    attributes.append(attribute)
            else:
                break
            self.lines()
        if self.peek() == "$":
            variable = self.variable()
            self.blank()
            value = None
            if self.take("="):
                self.lines()
                value = self.expression()
            mark = self.at
            self.blank()
            if self.at < self.size and self.peek() not in ";}\r\n":
                message = "Missing ';' or end-of-line in property definition."
                raise self.fail("MissingPropertyTerminator", message, self.behind())
            self.at = mark
            property_ = s.PropertyMember(variable.variable_path, type_, value, static, hidden, attributes)
            return self.done(property_, start, self._with_semicolon())
        named = self.at
        name = self.match(re.compile(r"\w+"))
        if name is None and (type_ is not None or attributes):
            message = "Missing a property name or method definition."
            raise self.fail("IncompleteMemberDefinition", message)
        if name is None:
            raise self.fail(
                "UnexpectedToken", f"Unexpected token '{self.peek()}' in expression or statement."
            )
        self.lines()
        self.expect("(", "MissingMethodParameterList", "Missing '(' in class method parameter list.")
        parameters = self._parameters()
        self.lines()
        base = None
        if self.take(":"):
            self.lines()
            called = self.at
            self.keyword("base")
            self.lines()
            base = self.arguments()
            end = self.at
            self.lines()
        begin = self.at
        if not self.take("{"):
            raise self.fail("MissingFunctionBody", "Missing function body in function declaration.")
        body = self.script_block_body("}")
        self.done(body, begin)
        constructor = name.group().lower() == class_name.lower()
        if constructor and not static and body.end_block is not None:
            written = s.BaseCall(base, called, end) if base is not None else s.BaseCall([])
            body.end_block.base_call = written
        member = s.FunctionMember(name.group(), type_, parameters, body, static, hidden, constructor, base)
        member.named = named
        member.attributes = attributes  # type: ignore[attr-defined]
        return self.done(member, start)

    def _with_semicolon(self) -> int:
        """The end of a property, which has the `;` behind it."""
        end = len(self.text[: self.at].rstrip(" \t"))
        found = re.compile(r"[ \t]*;").match(self.text, end)
        return found.end() if found is not None else end
