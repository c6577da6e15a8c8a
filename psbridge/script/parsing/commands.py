"""Pipelines and commands: arguments and parameters."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from psbridge.binding.numbers import scan

from .. import syntax as s
from .expressions import _DASH, _NUMBER, _OPERATOR_WORD, _UNARY_WORDS, _VALUE
from .redirections import Redirections, in_order
from .source import literal_number
from .strings import _DOUBLE, _SINGLE

_PARAMETER = re.compile(
    rf"[{_DASH}]([A-Za-z_?][^\s:;|&(){{}}\[\],'\"`$.=>]*(?:\.(?=\D)[^\s:;|&(){{}}\[\],'\"`$=>]*)?)(:)?"
)
_ENDS = frozenset(" \t\r\n;|&(){},\f\v\xa0")
_ASSIGNMENT = re.compile(r"\?\?=|[-+*/%]=|=|\u2013=")
_OPERATORS = {
    "=": "Equals",
    "+=": "PlusEquals",
    "-=": "MinusEquals",
    "*=": "MultiplyEquals",
    "/=": "DivideEquals",
    "%=": "RemainderEquals",
    "??=": "QuestionQuestionEquals",
}


class Commands(Redirections):
    """Reads pipelines."""

    in_name = False  # whether a command's name is being read

    if TYPE_CHECKING:

        def statement(self) -> Any: ...

    def pipeline_statement(self, *, statements: bool = True) -> Any:
        """A pipeline, a chain of them or an assignment; where one may stand, a statement that is a value."""
        start = self.at
        word = self.word_ahead()
        if statements and word in _VALUE_STATEMENTS and self._is_keyword(word):
            return self.statement()
        left = self._pipeline()
        while True:
            mark = self.at
            self.blank()
            operator = self.peek(2)
            if operator not in ("&&", "||") or isinstance(left, s.AssignmentStatement):
                self.at = mark
                return left
            self.at += 2
            self.lines()
            if self.at >= self.size or self.peek() in "|)};&":
                message = "A pipeline chain operator must be followed by a pipeline."
                raise self.fail(
                    "EmptyPipelineChainElement", message, self.at if self.at >= self.size else mark
                )
            right = self._pipeline()
            kind = "AndAnd" if operator == "&&" else "OrOr"
            left = self.done(s.PipelineChain(left, right, kind), start)

    def _is_keyword(self, word: str) -> bool:
        after = self.text[self.at + len(word) : self.at + len(word) + 1]
        return after == "" or after.isspace() or after in "&(),;{|}"

    def _pipeline(self) -> Any:
        start = self.at
        elements: list[Any] = []
        background = False
        while True:
            element = self._element(first=not elements)
            if isinstance(element, s.AssignmentStatement):
                return element
            elements.append(element)
            mark = self.at
            self.blank()
            if self.peek() == "|" and self.peek(2) != "||":
                self.at += 1
                self.lines()
                if self.at >= self.size or self.peek() in "|)};" or self.peek(2) == "&&":
                    raise self.fail("EmptyPipeElement", "An empty pipe element is not allowed.")
                continue
            if self.peek() == "&" and self.peek(2) != "&&":
                self.at += 1
                background = True
                mark = self.at
            # A line that begins with a bar goes on with the pipeline before it.
            self.at = mark
            if not background and self._bar_on_next_line():
                continue
            break
        end = elements[-1].end if background else self.at
        return self.done(s.Pipeline(elements, background), start, end)

    def _bar_on_next_line(self) -> bool:
        mark = self.at
        if self.lines() and self.peek() == "|" and self.peek(2) != "||":
            self.at += 1
            self.lines()
            return True
        self.at = mark
        return False

    def _element(self, *, first: bool) -> Any:
        start = self.at
        if self._starts_expression():
            node = self.expression()
            mark = self.at
            self.blank()
            operator = _ASSIGNMENT.match(self.text, self.at) if first else None
            if operator is not None and _can_be_set(node):
                self._pass_assignment(operator)
                right = self.statement()
                kind = _OPERATORS[operator.group().replace("\u2013", "-")]
                return self.done(s.AssignmentStatement(node, kind, right), start)
            if operator is not None and not self.no_commas:
                self._pass_assignment(operator)
                self.defer(
                    "InvalidLeftHandSide",
                    "The assignment expression is not valid. The input to an assignment operator must be an "
                    "object that is able to accept assignments, such as a variable or a property.",
                    _refused_target(node).start,
                )
                self.statement()
                return self.done(s.CommandExpression(node, []), start)
            self.at = mark
            redirections = self._redirections()
            end = self.at
            if first or re.compile(rf"[ \t]*[{_DASH}][A-Za-z]").match(self.text, self.at):
                self._check_end()
            if not first:
                raise self.fail(
                    "ExpressionsMustBeFirstInPipeline",
                    "Expressions are only allowed as the first element of a pipeline.",
                    start,
                )
            return self.done(s.CommandExpression(node, redirections), start, end)
        return self._command(start)

    def _pass_assignment(self, operator: re.Match[str]) -> None:
        """Go to the value behind an assignment's operator."""
        self.at = operator.end()
        self.lines()
        if self.at >= self.size or self.peek() in ")}];|":
            raise self.fail(
                "ExpectedValueExpression",
                f"You must provide a value expression following the '{operator.group()}' operator.",
            )

    def _check_end(self) -> None:
        """An expression is followed by the end of the statement, or a pipe."""
        mark = self.at
        self.blank()
        character = self.peek()
        if character and character not in ";|&)}]\r\n,:?=":
            shown = self.text[self.at :].split(None, 1)[0]
            shown = re.match(r"[^\s;|&(){}]+|.", shown).group()  # type: ignore[union-attr]
            raise self.fail("UnexpectedToken", f"Unexpected token '{shown}' in expression or statement.")
        self.at = mark

    def _starts_expression(self) -> bool:
        character = self.peek()
        if not character:
            return False
        if character in "$@":
            return _VALUE.match(self.text, self.at) is not None
        if character in "'\"([{!,+" or character in _SINGLE or character in _DOUBLE:
            return True
        if character in _DASH:
            word = _OPERATOR_WORD.match(self.text, self.at)
            if word is None:
                return not self.text[self.at + 1 : self.at + 2].isalpha()
            return word[1].lower() in _UNARY_WORDS
        if self.peek(2) == "..":
            return False
        number = _NUMBER.match(self.text, self.at)
        if number is not None:
            following = self.text[number.end() : number.end() + 1]
            if following and (following.isalnum() or following in "_$'\"?"):
                return False
            # 7z.exe and 1.ps1 are commands; 1..3 and 1.5.ToString() are not.
            return scan(number.group()) is not None
        return False

    def _command(self, start: int) -> Any:
        operator = "Unknown"
        if self.peek() == "&":
            operator = "Ampersand"
            self.at += 1
            self.blank()
        elif self.peek() == "." and self.text[self.at + 1 : self.at + 2] in (
            " ",
            "\t",
            "$",
            "'",
            '"',
            "(",
            "{",
        ):
            operator = "Dot"
            self.at += 1
            self.blank()
        elements: list[Any] = []
        redirections: list[Any] = []
        if self.peek() in ("]", ">"):
            # What redirects or closes is a name where a command begins.
            word = ">>" if self.peek(2) == ">>" else self.peek()
            self.at += len(word)
            elements.append(self.done(s.StringConstantExpression(word), start))
            return self._arguments(elements, redirections, operator, start)
        self.in_name = operator == "Unknown"
        name = self._argument(first=True, invoked=operator != "Unknown")
        self.in_name = False
        if name is None:
            shown = self.peek() or "end of input"
            if shown == "|" and operator == "Unknown":
                raise self.fail("EmptyPipeElement", "An empty pipe element is not allowed.", start)
            if operator != "Unknown":
                sign = "&" if operator == "Ampersand" else "."
                message = f"Missing expression after '{sign}' in pipeline element."
                raise self.fail("MissingExpression", message, start)
            raise self.fail(
                "UnexpectedToken" if self.peek() else "MissingExpression",
                f"Unexpected token '{shown}' in expression or statement.",
            )
        elements.append(name)
        if self.peek() == ",":
            raise self.fail("MissingArgument", "Missing argument in parameter list.", self.at)
        return self._arguments(elements, redirections, operator, start)

    def _arguments(self, elements: list[Any], redirections: list[Any], operator: str, start: int) -> Any:
        """What follows a command's name."""
        stop_parsing = False
        while True:
            end = self.at
            spaced = self.blank()
            redirection = self._redirection()
            if redirection is not None:
                redirections.append(redirection)
                continue
            if self.text.startswith("--%", self.at) and spaced:
                elements += self._verbatim()
                stop_parsing = True
                break
            argument = self._argument()
            if argument is None:
                self.at = end
                break
            elements.append(argument)
        if self.text[end : end + 2].lstrip(" \t")[:1] == "," and not stop_parsing:
            self.at = end
            self.blank()
            raise self.fail("MissingArgument", "Missing argument in parameter list.", self.at)
        return self.done(s.Command(elements, in_order(redirections), operator), start, self.at)

    def _verbatim(self) -> list[Any]:
        start = self.at
        self.at += 3
        found = re.compile(r"[^|&\r\n]*").match(self.text, self.at)
        assert found is not None
        self.at = found.end()
        words = found.group().split()
        return [self.done(s.StringConstantExpression(word), start) for word in words]

    def _argument(self, *, first: bool = False, invoked: bool = False) -> Any:
        """One argument with its commas; None at the end of the command."""
        start = self.at
        character = self.peek()
        if not character or character in ";|)}\r\n" or self.peek(2) == "&&":
            return None
        if character == "@":
            self.check_token()
        if character == "&":
            return None
        if character in _DASH and not first:
            parameter = self._parameter(start)
            if parameter is not None:
                return parameter
        value = self._single_argument(first=first, invoked=invoked)
        if first or value is None:
            return value
        items = [value]
        while True:
            mark = self.at
            self.blank()
            if self.peek() != ",":
                self.at = mark
                break
            self.at += 1
            self.lines()
            item = self._single_argument()
            if item is None:
                message = "Missing expression after ',' in pipeline element."
                raise self.fail("MissingExpression", message, self.behind())
            items.append(item)
        return value if len(items) == 1 else self.done(s.ArrayLiteral(items), start)

    def _parameter(self, start: int) -> Any:
        found = _PARAMETER.match(self.text, self.at)
        if found is None:
            return None
        if found[1].endswith("="):
            return None
        self.at = found.end()
        if not found[2]:
            return self.done(s.CommandParameter(found[1]), start)
        self.blank()
        value = (
            self._argument(first=False)
            if self.peek() not in _DASH or not self.peek()
            else self._single_argument()
        )
        if value is None:
            raise self.fail("ParameterRequiresArgument", f"Parameter '-{found[1]}' requires an argument.")
        return self.done(s.CommandParameter(found[1], value), start)

    def _single_argument(self, *, first: bool = False, invoked: bool = False) -> Any:
        start = self.at
        character = self.peek()
        if not character or character in ";|)}\r\n,":
            return None
        quoted = character in _SINGLE or character in _DOUBLE
        if quoted or character == "(" or character == "{":
            node = self.string() if quoted else self.primary()
            if character == "{":
                return self.argument_postfix(node, start) if self.peek() == "." else node
            if first and not invoked and not quoted:
                return node
            return self._continued(self.argument_postfix(node, start), start)
        if character == "@" and self.text[self.at + 1 : self.at + 2] in ("(", "{", "'", '"'):
            return self.argument_postfix(self.primary(), start)
        if character == "@" and re.compile(r"@[A-Za-z_]").match(self.text, self.at):
            variable = self.variable()
            variable.splatted = True
            return variable
        if character == "$" and re.compile(r"\$(?:[A-Za-z_0-9?^$]|\{|\()").match(self.text, self.at):
            node = self.argument_postfix(self.primary(), start)
            return self._continued(node, start)
        # A number with a sign is a text to a command, as PowerShell has it.
        number = _NUMBER.match(self.text, self.at)
        if number is not None and not first:
            after = self.text[number.end() : number.end() + 1]
            if not after or after in _ENDS:
                text = self.text[self.at : number.end()]
                value = literal_number(text)
                if value is not None:
                    self.at = number.end()
                    return self.done(s.ConstantExpression(value, text), start)
        return self._bare_word(start)

    def _continued(self, node: Any, start: int) -> Any:
        """`$dir/file.txt`: text right after an expression makes one expandable argument."""
        following = self.peek()
        extends = isinstance(node, (s.VariableExpression, s.SubExpression))
        if not extends or not following or following in _ENDS or following == "[":
            return node
        return self._bare_word(start, [node])

    def argument_postfix(self, node: Any, start: int) -> Any:
        """Members and indexes right after an argument."""
        while True:
            character = self.peek()
            if character == "." and re.compile(r"\.[A-Za-z_$'\"(]").match(self.text, self.at):
                self.at += 1
                node = self._member(node, start, static=False, conditional=False)
            elif self.peek(2) == "::":
                self.at += 2
                node = self._member(node, start, static=True, conditional=False)
            elif character == "[":
                node = self._index(node, start, False)
            elif self.peek(2) == "?." and isinstance(node, s.VariableExpression):
                self.at += 2
                node = self._member(node, start, static=False, conditional=True)
            else:
                return node

    def _bare_word(self, start: int, parts: list[Any] | None = None) -> Any:
        """An unquoted argument, expanded like a string; a command's name is not."""
        named, self.in_name = self.in_name, False
        pieces: list[Any] = parts or []
        text = ""
        while self.at < self.size:
            character = self.text[self.at]
            if character in _ENDS:
                break
            if character == "`":
                if self.text[self.at + 1 : self.at + 2] in "\r\n":
                    break
                self.at += 1
                text += self.escape()
                continue
            if character in _SINGLE or character in _DOUBLE:
                node = self.string()
                if named:
                    text += self.node_text(node)[1:-1]
                elif isinstance(node, s.StringConstantExpression):
                    text += node.value
                else:
                    pieces += [text, *node.parts] if text else node.parts
                    text = ""
                continue
            if character == "$" and not named:
                node = self._expansion()
                if node is not None:
                    if text:
                        pieces.append(text)
                        text = ""
                    pieces.append(node)
                    continue
            text += character
            self.at += 1
        if self.at == start:
            return None
        if text:
            pieces.append(text)
        return (
            self._finished(pieces, start, "BareWord")
            if pieces
            else self.done(s.StringConstantExpression(""), start)
        )


def _refused_target(node: Any) -> Any:
    """The part of an assignment's left side that cannot be set."""
    if isinstance(node, s.ArrayLiteral):
        return next((one for one in node.elements if not _can_be_set(one)), node)
    return node


def _can_be_set(node: Any) -> bool:
    if isinstance(node, s.ArrayLiteral):
        return all(_can_be_set(one) for one in node.elements)
    if isinstance(node, (s.ConvertExpression, s.AttributedExpression)):
        return _can_be_set(node.child)
    if isinstance(node, s.ParenExpression):
        return True
    return isinstance(node, (s.VariableExpression, s.MemberExpression, s.IndexExpression))


_VALUE_STATEMENTS = frozenset(
    "if switch foreach for while do try data trap function filter class enum return throw exit break "
    "continue".split()
)
