"""Types and attributes in brackets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .. import syntax as s
from .strings import Strings

MEMBER = re.compile(r"[A-Za-z_]\w*")
_TYPE_CHARACTERS = re.compile(r"[\w.+`]+")

_TYPE_START = re.compile(r"[^\W\d]|\[")


class TypeNames(Strings):
    """Reads `[type]` and `[Attribute(...)]`."""

    no_commas = 0

    if TYPE_CHECKING:

        def expression(self) -> Any: ...
        def operand_ahead(self) -> bool: ...

    def attribute(self) -> Any:
        """`[type]` or `[Attribute(...)]`."""
        start = self.at
        self.at += 1
        self.lines()
        if not _TYPE_START.match(self.text, self.at):
            raise self.fail("MissingTypename", "Missing type name after '['.", start + 1)
        name = self.type_name()
        self.lines()
        if self.take("("):
            positional, named = self._attribute_arguments()
            self.lines()
            if not self.take("]"):
                message = "Missing ] at end of attribute or type literal."
                raise self.fail("EndSquareBracketExpectedAtEndOfAttribute", message, self.behind())
            return self.done(s.Attribute(name, positional, named), start)
        if not self.take("]"):
            message = "Missing ] at end of attribute or type literal."
            end = self.at if self.at >= self.size else self.at - 1
            raise self.fail("EndSquareBracketExpectedAtEndOfAttribute", message, end)
        return self.done(s.TypeConstraint(name), start)

    def type_name(self) -> Any:
        """A type's name with generic arguments and array brackets."""
        start = self.at
        found = self.match(_TYPE_CHARACTERS)
        if found is None:
            raise self.fail("MissingTypename", "Missing type name after '['.")
        name = found.group()
        full = name
        while True:
            mark = self.at
            self.blank()
            if self.peek() != "[":
                self.at = mark
                break
            self.at += 1
            self.blank()
            if self.peek() in ("]", ","):
                commas = ""
                while self.peek() == ",":
                    self.at += 1
                    commas += ","
                self.expect("]", "EndSquareBracketExpectedAtEndOfType", "Missing ] at end of type.")
                full += f"[{commas}]"
                continue
            arguments = [self._type_argument()]
            self.blank()
            while self.take(","):
                self.lines()
                arguments.append(self._type_argument())
                self.blank()
            if self.at >= self.size:
                message = "Missing ] at end of attribute or type literal."
                raise self.fail("EndSquareBracketExpectedAtEndOfAttribute", message)
            self.expect("]", "EndSquareBracketExpectedAtEndOfType", "Missing ] at end of type.")
            full += f"[{','.join(arguments)}]"
        return self.done(s.TypeName(full, name), start)

    def _type_argument(self) -> str:
        self.blank()
        if self.take("["):
            inner = self.type_name().full_name
            end = self.text.find("]", self.at)
            self.at = end + 1 if end >= 0 else self.size
            return str(inner)
        return str(self.type_name().full_name)

    def _attribute_arguments(self) -> tuple[list[Any], list[Any]]:
        positional: list[Any] = []
        named: list[Any] = []
        self.lines()
        while not self.take(")"):
            if self.at >= self.size:
                raise self.fail("MissingEndParenthesisInExpression", "Missing closing ')' in expression.")
            start = self.at
            word = MEMBER.match(self.text, self.at)
            if word is not None:
                self.at = word.end()
                self.lines()
                if self.take("="):
                    after = self.at
                    self.lines()
                    if not self.operand_ahead():
                        message = "Missing statement after '=' in named argument."
                        raise self.fail("MissingExpressionInNamedArgument", message, after)
                    self.no_commas += 1
                    value = self.expression()
                    self.no_commas -= 1
                    named.append(self.done(s.NamedAttributeArgument(word.group(), value), start))
                else:
                    value = self.done(s.ConstantExpression(True), start, word.end())
                    named.append(self.done(s.NamedAttributeArgument(word.group(), value, True), start))
            else:
                self.no_commas += 1
                positional.append(self.expression())
                self.no_commas -= 1
            self.lines()
            if self.at < self.size and self.peek() not in ",)":
                message = "Missing closing ')' in expression."
                raise self.fail("MissingEndParenthesisInExpression", message)
            if self.take(","):
                after = self.at
                self.lines()
                if self.at >= self.size or self.peek() in ",)|&;":
                    raise self.fail("MissingExpressionAfterToken", "Missing expression after ','.", after)
        return positional, named
