"""What follows a primary expression: members, calls, indexes, increments."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .. import syntax as s
from .strings import _DOUBLE, _SINGLE
from .typenames import MEMBER, TypeNames

_DIGITS = re.compile(r"\d+(?![\w.])")


class Postfix(TypeNames):
    """Reads them."""

    if TYPE_CHECKING:

        def operand_ahead(self) -> bool: ...
        def sub_expression(self) -> Any: ...
        def script_block_expression(self) -> Any: ...
        def _paren(self) -> Any: ...

    def postfix(self, node: Any, start: int) -> Any:
        """Members, indexes and increments after an expression."""
        while True:
            character = self.peek()
            if character == "." and self.peek(2) != "..":
                following = self.text[self.at + 1 : self.at + 2]
                numbered = following.isdigit()
                named = following.isalpha() or (following in "_$'\"({ \t\r\n#" and following != "")
                if not named and not (numbered and _DIGITS.match(self.text, self.at + 1)):
                    if isinstance(node, s.ConstantExpression) and not isinstance(
                        node, s.StringConstantExpression
                    ):
                        return node
                    raise self.fail(
                        "MissingPropertyName", "Missing property name after reference operator.", self.at + 1
                    )
                if following.isspace() and not isinstance(
                    node,
                    s.VariableExpression
                    | s.ParenExpression
                    | s.InvokeMemberExpression
                    | s.MemberExpression
                    | s.IndexExpression
                    | s.StringConstantExpression
                    | s.ExpandableStringExpression,
                ):
                    return node
                self.at += 1
                self.lines()
                node = self._member(node, start, static=False, conditional=False)
            elif self.peek(2) == "::":
                self.at += 2
                self.lines()
                node = self._member(node, start, static=True, conditional=False)
            elif character == "[":
                node = self._index(node, start, False)
            elif character == "?" and self.peek(2) == "?." and not self.peek(3).endswith(".."):
                self.at += 2
                node = self._member(node, start, static=False, conditional=True)
            elif character == "?" and self.peek(2) == "?[":
                self.at += 1
                node = self._index(node, start, True)
            elif self.peek(2) in ("++", "--"):
                kind = "PostfixPlusPlus" if character == "+" else "PostfixMinusMinus"
                self.at += 2
                self.settable(node, "++" if character == "+" else "--")
                return self.done(s.UnaryExpression(kind, node), start)
            elif not self._step_after_blanks() and not self._member_on_next_line():
                return node

    def settable(self, node: Any, operator: str) -> None:
        """Note an operand of `++` or `--` that cannot be set."""
        inner = node
        while isinstance(inner, (s.ConvertExpression, s.AttributedExpression)):
            inner = inner.child
        if not isinstance(
            inner, (s.VariableExpression, s.MemberExpression, s.IndexExpression, s.ParenExpression)
        ):
            self.defer(
                "OperatorRequiresVariableOrProperty",
                f"The '{operator}' operator works only on variables or on properties.",
                node.start,
            )

    def _step_after_blanks(self) -> bool:
        """`$i ++`: the operator may stand apart."""
        mark = self.at
        if self.blank() and self.peek(2) in ("++", "--") and not self.no_commas:
            return True
        self.at = mark
        return False

    def _member_on_next_line(self) -> bool:
        """A line that begins with `.Name` goes on with the expression before it."""
        mark = self.at
        if self.lines() and re.compile(r"\.[A-Za-z_]").match(self.text, self.at):
            return True
        self.at = mark
        return False

    def _member(self, target: Any, start: int, *, static: bool, conditional: bool) -> Any:
        begin = self.at
        found = self.match(MEMBER)
        digits = None if found is not None else self.match(_DIGITS)
        if digits is not None:
            number = s.ConstantExpression(int(digits.group()), digits.group())
            return self.done(s.MemberExpression(target, self.done(number, begin), static, conditional), start)
        if found is not None:
            name: Any = self.done(s.StringConstantExpression(found.group()), begin)
        elif self.peek() == "$":
            name = self.sub_expression() if self.peek(2) == "$(" else self.variable()
        elif self.peek() and (self.peek() in _SINGLE or self.peek() in _DOUBLE):
            name = self.string()
        elif self.peek() == "(":
            name = self._paren()
        elif self.peek() == "{":
            name = self.script_block_expression()
        elif self.peek() == "[":
            raise self.fail("MissingTypename", "Missing type name after '['.", self.at + 1)
        else:
            dot = len(self.text[: self.at].rstrip())
            raise self.fail("MissingPropertyName", "Missing property name after reference operator.", dot)
        if self.peek() == "[" and re.compile(r"\[[\w.\[\], ]+\]\(").match(self.text, self.at):
            close = self.text.index("(", self.at)
            self.at = close
        if self.peek() == "(":
            arguments = self.arguments()
            return self.done(s.InvokeMemberExpression(target, name, arguments, static, conditional), start)
        if self.peek() == "{" and not static:
            block = self.script_block_expression()
            return self.done(s.InvokeMemberExpression(target, name, [block], static, conditional), start)
        return self.done(s.MemberExpression(target, name, static, conditional), start)

    def arguments(self) -> list[Any]:
        """The arguments of a method."""
        self.at += 1
        end = self.at
        listed: list[Any] = []
        self.lines()
        while not self.take(")"):
            if self.at >= self.size and not listed:
                raise self.fail("MissingEndParenthesisInMethodCall", "Missing ')' in method call.")
            if not self.operand_ahead():
                if listed:
                    raise self.fail("MissingExpressionAfterToken", "Missing expression after ','.", end)
                raise self.fail("MissingEndParenthesisInMethodCall", "Missing ')' in method call.")
            self.no_commas += 1
            listed.append(self.expression())
            self.no_commas -= 1
            self.lines()
            if self.take(","):
                end = self.at
                self.lines()
                if self.peek() in (",", ")"):
                    raise self.fail("MissingExpressionAfterToken", "Missing expression after ','.", end)
            elif self.peek() != ")":
                raise self.fail("MissingEndParenthesisInMethodCall", "Missing ')' in method call.")
        return listed

    def _index(self, target: Any, start: int, conditional: bool) -> Any:
        self.at += 1
        outer, self.no_commas = self.no_commas, 0
        self.lines()
        if not self.operand_ahead():
            raise self.fail("MissingArrayIndexExpression", "Array index expression is missing or not valid.")
        index = self.expression()
        self.lines()
        self.expect("]", "MissingEndSquareBracket", "Missing ']' after array index expression.")
        self.no_commas = outer
        return self.done(s.IndexExpression(target, index, conditional), start)
