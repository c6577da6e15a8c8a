"""String literals, here-strings, and what is expanded inside them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .. import syntax as s
from .source import Source

_ESCAPES = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "0": "\0",
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "v": "\v",
    "e": "\x1b",
}
_SINGLE = "'\u2018\u2019\u201a\u201b"
_DOUBLE = '"\u201c\u201d\u201e'
_HERE_SINGLE = re.compile(rf"@[{_SINGLE}][ \t]*(\r\n|\n|\r)")
_HERE_DOUBLE = re.compile(rf"@[{_DOUBLE}][ \t]*(\r\n|\n|\r)")
_WORD_BEFORE_QUOTE = re.compile(rf"[^\s;|&(){{}},{_SINGLE}{_DOUBLE}]*(?=[{_SINGLE}{_DOUBLE}])")
_PARENTHESES = re.compile(r"`.|[()]", re.DOTALL)
VARIABLE = re.compile(r"\$(?:(?:(\w+):)?(?!:)(\w+)|([?^$]))")
_SIMPLE_NAME = re.compile(r"(?:[A-Za-z_]\w*:(?!:))?\w+(?:\?(?!\?))*|[?^$]")


class Strings(Source):
    """Reads string literals."""

    if TYPE_CHECKING:

        def sub_expression(self) -> Any: ...

    def string(self) -> Any:
        """A string literal of any kind."""
        start = self.at
        if self.peek() == "@":
            return self._here(start)
        if self.peek() in _SINGLE:
            return self._single(start)
        return self._double(start)

    def _single(self, start: int) -> Any:
        self.at += 1
        value = ""
        while True:
            if self.at >= self.size:
                raise self.fail(
                    "TerminatorExpectedAtEndOfString", "The string is missing the terminator: '.", start
                )
            character = self.text[self.at]
            self.at += 1
            if character in _SINGLE:
                if self.peek() and self.peek() in _SINGLE:
                    value += "'"
                    self.at += 1
                    continue
                return self.done(s.StringConstantExpression(value, "SingleQuoted"), start)
            value += character

    def _double(self, start: int) -> Any:
        self.at += 1
        parts = self.expandable_parts(lambda: self.peek() in _DOUBLE and self.peek() != "", start)
        return self._finished(parts, start, "DoubleQuoted")

    def _finished(self, parts: list[Any], start: int, kind: str) -> Any:
        nested = [part for part in parts if not isinstance(part, str)]
        if not nested:
            return self.done(s.StringConstantExpression("".join(parts), kind), start)
        value = "".join(part if isinstance(part, str) else self.node_text(part) for part in parts)
        return self.done(s.ExpandableStringExpression(value, nested, kind, parts), start)

    def expandable_parts(self, closes: Any, start: int, *, here: bool = False) -> list[Any]:
        """Texts and expressions up to the closing quote, which is read too."""
        parts: list[Any] = []
        text = ""
        while True:
            if self.at >= self.size:
                raise self.fail(
                    "TerminatorExpectedAtEndOfString", 'The string is missing the terminator: ".', start
                )
            if not here and closes():
                self.at += 1
                if self.peek() and self.peek() in _DOUBLE:
                    text += '"'
                    self.at += 1
                    continue
                break
            if here and closes():
                break
            character = self.text[self.at]
            if character == "`":
                self.at += 1
                text += self.escape()
                continue
            if character == "$":
                node = self._expansion()
                if node is not None:
                    if text:
                        parts.append(text)
                        text = ""
                    parts.append(node)
                    continue
            text += character
            self.at += 1
        if text:
            parts.append(text)
        return parts

    def escape(self) -> str:
        """What stands after a back-tick."""
        character = self.peek()
        if not character:
            return ""
        if character == "u" and self.peek(2) == "u{":
            end = self.text.find("}", self.at)
            code = self.text[self.at + 2 : end]
            if end > 0 and re.fullmatch("[0-9a-fA-F]{1,6}", code):
                self.at = end + 1
                return chr(int(code, 16))
        self.at += 1
        if character == "\r" and self.peek() == "\n":
            self.at += 1
            return "\n"
        return _ESCAPES.get(character, character)

    def _expansion(self) -> Any:
        """`$name`, `${name}` or `$(...)` inside a string; None for a lone dollar."""
        start = self.at
        if self.text.startswith("$(", self.at):
            self._check_closed(start)
            return self.sub_expression()
        if self.text.startswith("${", self.at):
            return self.done_variable(self.variable(), start)
        found = re.compile(r"\$(?:(?:[A-Za-z_]\w*:(?!:))?\w[\w?]*|[?^$])").match(self.text, self.at)
        if found is None:
            return None
        name = found.group()[1:]
        self.at = found.end()
        self._check_drive(start)
        return self.done_variable(s.VariableExpression(name), start)

    def done_variable(self, variable: Any, start: int) -> Any:
        """A variable's node, `$using:name` in one of its own."""
        self.done(variable, start)
        if not variable.variable_path.lower().startswith("using:"):
            return variable
        variable.variable_path = variable.variable_path[6:]
        return self.done(s.UsingExpression(variable), start)

    def _check_closed(self, start: int) -> None:
        """Fail where the text has fewer parentheses that close than open, from a `$(` in a string on."""
        depth = 0
        for found in _PARENTHESES.finditer(self.text, start + 1):
            if len(found.group()) == 1:
                depth += 1 if found.group() == "(" else -1
                if depth == 0:
                    return
        message = "$(subexpression) is missing the closing ')'."
        raise self.fail("IncompleteDollarSubexpressionReference", message, start)

    def variable(self) -> Any:
        """`$name`, `${any name}`, `@name`."""
        start = self.at
        splatted = self.peek() == "@"
        self.at += 1
        if self.take("{"):
            name = ""
            while True:
                character = self.peek()
                if not character:
                    message = "${{variable}} reference starting is missing the closing '}}'."
                    raise self.fail("IncompleteDollarVariableReference", message, start + 1)
                self.at += 1
                if character == "}":
                    break
                if character == "`":
                    character = self.escape()
                name += character
            if not name:
                message = "An empty ${} variable reference was found. A name is required inside the braces."
                self.fail("EmptyVariableReference", message, start)
            elif name.endswith(":") and name.count(":") == 1:
                message = "Variable reference is not valid. The variable name is missing."
                self.fail("InvalidBracedVariableReference", message, start)
            return self.done(s.VariableExpression(name, splatted), start)
        found = _SIMPLE_NAME.match(self.text, self.at)
        if found is None:
            self.at = start
            raise self.fail(
                "UnexpectedToken", f"Unexpected token '{self.peek()}' in expression or statement."
            )
        name = found.group()
        stripped = name.rstrip("?")
        if (
            stripped
            and stripped != name
            and self.text[self.at + len(stripped) + 1 : self.at + len(stripped) + 2] in (".", "[")
        ):
            # `$x?.y` is the variable `x?`; only `${x}?.y` asks whether it is null.
            pass
        self.at = found.end()
        self._check_drive(start)
        return self.done(s.VariableExpression(name, splatted), start)

    def _check_drive(self, start: int) -> None:
        """`$name:` with nothing behind the colon that could be a name."""
        if self.peek() == ":" and self.peek(2) != "::" and self.text[start + 1] not in "?^$":
            raise self.fail(
                "InvalidVariableReferenceWithDrive",
                "Variable reference is not valid. ':' was not followed by a valid variable name character. "
                "Consider using ${} to delimit the name.",
                start,
            )

    def check_token(self, *, words: bool = True) -> None:
        """Fail where the token that comes next has an error of its own.

        Args:
            words: whether a name or number goes on with the quote behind it.
        """
        mark = self.at
        character = self.peek()
        if character == "@" and not re.compile(rf"@[({{\w?^$:{_SINGLE}{_DOUBLE}]").match(self.text, self.at):
            raise self.fail("UnrecognizedToken", "Unrecognized token in source text.")
        quoted = character and (character in _SINGLE or character in _DOUBLE)
        here = character == "@" and self.peek(2)[1:] and self.peek(2)[1:] in _SINGLE + _DOUBLE
        if quoted or here:
            self.string()
        elif character and character not in "$@":
            while (word := _WORD_BEFORE_QUOTE.match(self.text, self.at)) is not None:
                if not words and re.fullmatch(r"\w+", word.group()):
                    break
                self.at = word.end()
                self.string()
        self.at = mark

    def _here(self, start: int) -> Any:
        single = _HERE_SINGLE.match(self.text, self.at)
        double = None if single else _HERE_DOUBLE.match(self.text, self.at)
        opening = single or double
        if opening is None:
            header = len(self.text) - len(self.text[self.at + 2 :].lstrip(" \t"))
            if header >= self.size:
                raise self.fail(
                    "TerminatorExpectedAtEndOfString",
                    f"The string is missing the terminator: {self.text[self.at + 1]}@.",
                    start,
                )
            raise self.fail(
                "UnexpectedCharactersAfterHereStringHeader",
                "No characters are allowed after a here-string header but before the end of the line.",
                header,
            )
        self.at = opening.end()
        quotes = _SINGLE if single else _DOUBLE
        terminator = re.compile(rf"(?:\r\n|\n|\r)[{quotes}]@")
        empty = re.compile(rf"[{quotes}]@")
        if empty.match(self.text, self.at):
            self.at += 2
            kind = "SingleQuotedHereString" if single else "DoubleQuotedHereString"
            return self.done(s.StringConstantExpression("", kind), start)
        if single:
            end = terminator.search(self.text, self.at)
            if end is None:
                raise self.fail(
                    "TerminatorExpectedAtEndOfString", "The string is missing the terminator: '@.", start
                )
            value = self.text[self.at : end.start()]
            self.at = end.end()
            return self.done(s.StringConstantExpression(value, "SingleQuotedHereString"), start)
        parts = self.expandable_parts(
            lambda: terminator.match(self.text, self.at) is not None, start, here=True
        )
        end = terminator.match(self.text, self.at)
        assert end is not None
        self.at = end.end()
        return self._finished(parts, start, "DoubleQuotedHereString")
