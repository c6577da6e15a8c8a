"""Expressions: operators by precedence, primary expressions and what follows them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from psbridge.binding.text import net_text

from .. import syntax as s
from .postfix import Postfix
from .source import literal_number
from .strings import _DOUBLE, _SINGLE

_DASH = "-\u2013\u2014\u2015"
_COMPARISON = (
    "eq ne gt ge lt le like notlike match notmatch contains notcontains in notin replace split"
).split()
_WORDS: dict[str, tuple[int, str]] = {
    "and": (1, "And"),
    "or": (1, "Or"),
    "xor": (1, "Xor"),
    "band": (2, "Band"),
    "bor": (2, "Bor"),
    "bxor": (2, "Bxor"),
    "shl": (3, "Shl"),
    "shr": (3, "Shr"),
    "f": (7, "Format"),
    "is": (3, "Is"),
    "isnot": (3, "IsNot"),
    "as": (3, "As"),
    "join": (3, "Join"),
}
for _name in _COMPARISON:
    for _prefix, _case in (("", "I"), ("i", "I"), ("c", "C")):
        _WORDS[f"{_prefix}{_name}"] = (3, f"{_case}{_name}")
_OPERATOR_WORD = re.compile(rf"[{_DASH}]([A-Za-z]+)(?![A-Za-z0-9_])")
_UNARY_WORDS = {
    "not": "Not",
    "bnot": "Bnot",
    "join": "Join",
    "split": "Isplit",
    "isplit": "Isplit",
    "csplit": "Csplit",
}
_NUMBER = re.compile(
    r"(?:0[xX][0-9a-fA-F]+|0[bB][01]+|(?:\d+(?:\.(?!\.)\d*)?|\.\d+)(?:[eE][+\-\u2013]?\d+)?)"
    r"(?:[uU][lsyLSY]|[usldynUSLDYN])?(?:[kmgtpKMGTP][bB])?"
)
_VALUE = re.compile(
    rf"\$[\w{{(?^$]|@[\w({{?^$:{_SINGLE}{_DOUBLE}]|\.\d|[({{\[+!,\d{_SINGLE}{_DOUBLE}{re.escape(_DASH)}]"
)
"""What an operand begins with."""


class Expressions(Postfix):
    """Reads expressions."""

    if TYPE_CHECKING:

        def statement_block(self, missing: tuple[str, str] | None = None) -> Any: ...
        def extent(self, *nodes: list[Any]) -> tuple[int, int]: ...
        def statements_until(self, closing: str) -> tuple[list[Any], list[Any]]: ...
        def pipeline_statement(self, *, statements: bool = True) -> Any: ...
        def script_block_body(self, closing: str) -> Any: ...
        def _starts_expression(self) -> bool: ...

    def expression(self) -> Any:
        """Any expression: a ternary, a coalescing one, or operators."""
        start = self.at
        self.depth += 1
        if self.depth > 180:
            self.depth = 0
            raise self.fail("ScriptTooComplicated", "The script is too complicated to parse.")
        left = self.binary(1)
        mark = self.at
        self.blank()
        if self.peek() == "?" and self.peek(2) not in ("??", "?.", "?["):
            self.at += 1
            end = self.at
            self.lines()
            if not self.operand_ahead():
                message = "You must provide a value expression following the '?' operator."
                raise self.fail("ExpectedValueExpression", message, end)
            yes = self.expression()
            self.lines()
            if not self.take(":"):
                raise self.fail(
                    "MissingColonInTernaryExpression",
                    "Missing ':' in the ternary expression.",
                    self.size + 1 if self.at >= self.size else self.behind(),
                )
            end = self.at
            self.lines()
            if not self.operand_ahead():
                message = "You must provide a value expression following the ':' operator."
                raise self.fail("ExpectedValueExpression", message, end)
            no = self.expression()
            left = self.done(s.TernaryExpression(left, yes, no), start)
        else:
            self.at = mark
        self.depth -= 1
        return left

    def binary(self, level: int) -> Any:
        """Operators of this precedence and higher, from the logical ones to the range."""
        start = self.at
        left = self.comma() if level > 8 else None
        if left is not None:
            return left
        left = self.binary(level + 1)
        while True:
            mark = self.at
            self.blank()
            operator = self._operator(level)
            if operator is None:
                self.at = mark
                return left
            end = self.at
            self.lines()
            if not self.operand_ahead():
                raise self.fail(
                    "ExpectedValueExpression",
                    f"You must provide a value expression following the "
                    f"'{self.text[mark:end].strip()}' operator.",
                    end,
                )
            right = self.binary(level + 1)
            left = self.done(s.BinaryExpression(left, operator, right), start)

    def operand_ahead(self) -> bool:
        """Whether what comes next can begin a value."""
        if self.at >= self.size or not _VALUE.match(self.text, self.at):
            return False
        if self.peek() in _DASH:
            word = _OPERATOR_WORD.match(self.text, self.at)
            return word is None or word[1].lower() in _UNARY_WORDS
        number = _NUMBER.match(self.text, self.at)
        if number is not None:
            return not self.goes_on(number.end())
        return True

    def goes_on(self, end: int) -> bool:
        """Whether what looks like a number is the beginning of a word."""
        following = self.text[end : end + 1]
        return following.isalnum() or (following != "" and following in f"_@`$\\{_SINGLE}{_DOUBLE}")

    def _wanted(self, operator: str) -> None:
        """Fail where no value comes after a unary operator."""
        end = self.at
        self.lines()
        if not self.operand_ahead():
            raise self.fail(
                "MissingExpressionAfterOperator",
                f"Missing expression after unary operator '{operator}'.",
                end,
            )

    def _operator(self, level: int) -> str | None:
        character = self.peek()
        if not character:
            return None
        if character == "?" and level == 4 and self.peek(2) == "??" and self.peek(3) != "??=":
            self.at += 2
            return "QuestionQuestion"
        if character in _DASH:
            found = _OPERATOR_WORD.match(self.text, self.at)
            if found is not None:
                known = _WORDS.get(found[1].lower())
                if known is not None:
                    if known[0] == level:
                        self.at = found.end()
                        return known[1]
                    return None
        if level == 5 and character in f"+{_DASH}":
            following = self.text[self.at + 1 : self.at + 2]
            if following == "=" or following == character:
                return None
            if character in _DASH and (following.isalpha() or following == "_"):
                return None  # a parameter, which no expression has
            self.at += 1
            return "Plus" if character == "+" else "Minus"
        if level == 6 and character in "*/%":
            if self.peek(2) == "*>":
                return None  # every stream's redirection
            if self.text[self.at + 1 : self.at + 2] == "=":
                return None
            self.at += 1
            return {"*": "Multiply", "/": "Divide", "%": "Rem"}[character]
        if level == 8 and self.peek(2) == "..":
            self.at += 2
            return "DotDot"
        return None

    def comma(self) -> Any:
        """An array literal: unary expressions joined by commas."""
        start = self.at
        first = self.unary()
        if self.no_commas:
            return first
        elements = [first]
        while True:
            mark = self.at
            self.blank()
            if self.peek() != ",":
                self.at = mark
                break
            self.at += 1
            end = self.at
            self.lines()
            if not self.operand_ahead():
                raise self.fail("MissingExpressionAfterToken", "Missing expression after ','.", end)
            elements.append(self.unary())
        return first if len(elements) == 1 else self.done(s.ArrayLiteral(elements), start)

    def unary(self) -> Any:
        """Unary operators, casts, increments."""
        start = self.at
        character = self.peek()
        if character == ",":
            self.at += 1
            self._wanted(",")
            child = self.unary()
            return self.done(s.ArrayLiteral([child]), start)
        if character == "!":
            self.at += 1
            self._wanted("!")
            return self.done(s.UnaryExpression("Exclaim", self.unary()), start)
        if self.peek(2) in ("++", "--"):
            kind = "PlusPlus" if character == "+" else "MinusMinus"
            operator = self.peek(2)
            self.at += 2
            self._wanted(operator)
            operand = self.unary()
            self.settable(operand, operator)
            return self.done(s.UnaryExpression(kind, operand), start)
        if character and character in _DASH:
            word = _OPERATOR_WORD.match(self.text, self.at)
            if word is not None and word[1].lower() in _UNARY_WORDS:
                self.at = word.end()
                self._wanted(word.group())
                return self.done(s.UnaryExpression(_UNARY_WORDS[word[1].lower()], self.unary()), start)
            number = _NUMBER.match(self.text, self.at + 1)
            if number is not None:
                self.at += 1
                return self.postfix(self._number(start, number), start)
            self.at += 1
            self._wanted("-")
            return self.done(s.UnaryExpression("Minus", self.unary()), start)
        if character == "+":
            number = _NUMBER.match(self.text, self.at + 1)
            if number is not None and not self.goes_on(number.end()):
                self.at += 1
                return self.postfix(self._number(start, number), start)
            self.at += 1
            self._wanted("+")
            return self.done(s.UnaryExpression("Plus", self.unary()), start)
        if character == "[":
            return self._bracketed(start)
        return self.postfix(self.primary(), start)

    def _bracketed(self, start: int) -> Any:
        """A type: a cast when an expression follows, else a type expression."""
        attribute = self.attribute()
        mark = self.at
        self.blank()
        if isinstance(attribute, s.TypeConstraint) and self._starts_operand():
            child = self.unary()
            made = self.done(s.ConvertExpression(attribute, child), start)
            if attribute.type_name.full_name.lower() == "ordered" and not isinstance(child, s.Hashtable):
                message = "The ordered attribute can be specified only on a hash literal node."
                self.defer("OrderedAttributeOnlyOnHashLiteralNode", message, start, self.at - start)
            return made
        if isinstance(attribute, s.Attribute):
            self.lines()
            if self.peek() not in ("$", "[") or not self.operand_ahead():
                message = f"Unexpected attribute '{attribute.type_name.full_name}'."
                raise self.fail("UnexpectedAttribute", message, start)
            child = self.unary()
            return self.done(s.AttributedExpression(attribute, child), start)
        self.at = mark
        type_expression = self.done(s.TypeExpression(attribute.type_name), start)
        return self.postfix(type_expression, start)

    def _starts_operand(self) -> bool:
        character = self.peek()
        if not character:
            return False
        if character.isdigit():
            number = _NUMBER.match(self.text, self.at)
            return number is None or not self.goes_on(number.end())
        if self.peek(2) in ("++", "--"):
            return True
        if character in "$'\"([@" or character in _SINGLE + _DOUBLE:
            return True
        if character == "{":
            return True
        if character in f"+!{_DASH}":
            word = _OPERATOR_WORD.match(self.text, self.at)
            if word is not None:
                return word[1].lower() in ("not", "bnot")
            return character in "!" or (
                self.text[self.at + 1 : self.at + 2].isdigit()
                or self.text[self.at + 1 : self.at + 2] in "$(."
            )
        return character == "." and self.text[self.at + 1 : self.at + 2].isdigit()

    def primary(self) -> Any:
        """A literal, variable, or something in brackets."""
        start = self.at
        character = self.peek()
        if character == "$":
            if self.peek(2) == "$(":
                return self.sub_expression()
            return self.done_variable(self.variable(), start)
        if character == "@":
            following = self.text[self.at + 1 : self.at + 2]
            if following == "(":
                return self._array()
            if following == "{":
                return self.hashtable()
            if following and (following in _SINGLE or following in _DOUBLE):
                return self.string()
            self.check_token()
            splatted = self.variable()
            self.defer(
                "SplattingNotPermitted",
                "The splatting operator '@' cannot be used to reference variables in an expression. "
                f"'@{splatted.variable_path}' can be used only as an argument to a command. To reference "
                f"variables in an expression use '${splatted.variable_path}'.",
                start,
            )
            return splatted
        if character and (character in _SINGLE or character in _DOUBLE):
            return self.string()
        if character == "(":
            return self._paren()
        if character == "{":
            return self.script_block_expression()
        number = _NUMBER.match(self.text, self.at)
        if number is not None:
            return self._number(start, number)
        if character == "@":
            raise self.fail("UnrecognizedToken", "Unrecognized token in source text.")
        shown = self.word_ahead() or character or "end of file"
        raise self.fail("UnexpectedToken", f"Unexpected token '{shown}' in expression or statement.")

    def _number(self, start: int, number: re.Match[str]) -> Any:
        self.at = number.end()
        text = self.text[start : self.at]
        value: Any = literal_number(text)
        if value is None:
            raise self.fail("BadNumericConstant", f"The numeric constant {text} is not valid.", start)
        return self.done(s.ConstantExpression(value, text), start)

    def sub_expression(self) -> Any:
        """`$(...)`."""
        start = self.at
        self.at += 2
        outer, self.no_commas = self.no_commas, 0
        statements, traps = self.statements_until(")")
        self.no_commas = outer
        block = self.done(s.StatementBlock(statements, traps), *self.extent(statements, traps))
        return self.done(s.SubExpression(block), start)

    def _array(self) -> Any:
        start = self.at
        self.at += 2
        outer, self.no_commas = self.no_commas, 0
        statements, traps = self.statements_until(")")
        self.no_commas = outer
        block = self.done(s.StatementBlock(statements, traps), *self.extent(statements, traps))
        return self.done(s.ArrayExpression(block), start)

    def _paren(self) -> Any:
        start = self.at
        self.at += 1
        outer, self.no_commas = self.no_commas, 0
        self.lines()
        if self.at >= self.size or self.peek() in ");}":
            raise self.fail("ExpectedExpression", "An expression was expected after '('.", start + 1)
        inner = self.pipeline_statement(statements=False)
        self.no_commas = outer
        self.lines()
        if self.at < self.size and self.peek() in ":]":
            shown = re.match(r"[^\s;|&(){}]+", self.text[self.at :])
            word = shown.group() if shown and self.peek() == ":" else self.peek()
            raise self.fail("UnexpectedToken", f"Unexpected token '{word}' in expression or statement.")
        self.expect(")", "MissingEndParenthesisInExpression", "Missing closing ')' in expression.")
        return self.done(s.ParenExpression(inner), start)

    def script_block_expression(self) -> Any:
        """`{...}` as a value."""
        start = self.at
        self.at += 1
        outer, self.no_commas = self.no_commas, 0
        block = self.script_block_body("}")
        self.no_commas = outer
        self.done(block, start)
        return self.done(s.ScriptBlockExpression(block), start)

    def hashtable(self) -> Any:
        """`@{...}`."""
        start = self.at
        self.at += 2
        outer, self.no_commas = self.no_commas, 0
        pairs: list[tuple[Any, Any]] = []
        seen: set[str] = set()
        self.separators()
        while not self.take("}"):
            if self.at >= self.size:
                raise self.unclosed(start + 2)
            if self.peek() in "=|)],&<>" or not (
                self._starts_expression() or self.peek().isalpha() or self.peek() == "_"
            ):
                raise self.unclosed(start + 2)
            key = self.key_expression()
            self.blank()
            self.expect("=", "MissingEqualsInHashLiteral", "Missing '=' operator after key in hash literal.")
            self.lines()
            if self.peek() in ("}", ";", "") or self.peek(2) in ("&&", "||"):
                raise self.fail(
                    "MissingStatementInHashLiteral", "Missing statement after '=' in hash literal."
                )
            value = self.pipeline_statement()
            if isinstance(key, (s.StringConstantExpression, s.ConstantExpression)):
                named = net_text(key.value)
                if named.lower() in seen:
                    message = f"Duplicate keys '{named}' are not allowed in hash literals."
                    self.defer("DuplicateKeyInHashLiteral", message, key.start, key.end - key.start)
                seen.add(named.lower())
            pairs.append((key, value))
            mark = self.at
            self.separators()
            if self.at == mark and self.peek() == "]":
                raise self.fail("UnexpectedToken", "Unexpected token ']' in expression or statement.")
            if self.at == mark and self.peek() != "}":
                raise self.unclosed(start + 2)
        self.no_commas = outer
        return self.done(s.Hashtable(pairs), start)

    def key_expression(self) -> Any:
        """A key of a hash literal: a bare word, or an expression."""
        start = self.at
        if self._starts_expression():
            return self.unary()
        word = re.compile(r"[^\W\d]\w*|[^\s=;}#]+").match(self.text, self.at)
        if word is None:
            raise self.fail("MissingKeyInHashLiteral", "A key is missing in the hash literal.")
        self.at = word.end()
        return self.done(s.StringConstantExpression(word.group()), start)
