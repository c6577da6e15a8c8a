"""The text being read: position, white space and comments, and errors."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import Any

from psbridge.binding.numbers import scan
from psbridge.binding.values import BigInteger

from .. import syntax as s


def literal_number(text: str) -> Any:
    """The value of a number literal; with the suffix `n` a BigInteger. None when it is not one."""
    value = scan(text)
    return BigInteger(value) if isinstance(value, int) and text[-1:] in "nN" else value


@dataclass
class ParseError:
    """One thing wrong, as PowerShell's parser says it."""

    id: str
    message: str
    line: int
    column: int
    length: int = 1
    """How many characters of its line are marked."""


class ParseFailure(Exception):
    """Reading a statement stopped; it is noted and reading goes on after it."""


_BEHIND = frozenset(
    "EmptyPipeElement ExpectedValueExpression MissingEqualsInHashLiteral MissingExpressionAfterToken "
    "MissingFunctionBody MissingNameAfterKeyword MissingStatementInHashLiteral "
    "MissingEndParenthesisInExpression MissingEndParenthesisInMethodCall MissingEndSquareBracket "
    "MissingEndParenthesisInFunctionParameterList MissingEndParenthesisInSwitchStatement "
    "MissingCurlyBraceInSwitchStatement MissingInInForeach "
    "MissingMethodParameterList IncompleteMemberDefinition MissingTypeBody".split()
)
"""What is missing is reported behind the last thing that is there, not where the next one begins."""
_LEXICAL = frozenset(
    "TerminatorExpectedAtEndOfString UnexpectedCharactersAfterHereStringHeader UnrecognizedToken "
    "IncompleteDollarVariableReference InvalidVariableReferenceWithDrive MissingEndCurlyBrace "
    "MissingArrayIndexExpression MissingExpressionAfterToken IncompleteDollarSubexpressionReference "
    "MissingTerminatorMultiLineComment ScriptTooComplicated".split()
)
_BLANK = re.compile(r"(?:[ \t\f\v\xa0\u2000-\u200b]|`\r?\n|`\r|`[ \t])+")
_COMMENT = re.compile(r"<#.*?#>|#[^\r\n]*", re.DOTALL)
_NEWLINE = re.compile(r"\r\n|\n|\r")


class Source:
    """Where reading is, and how to get on."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.size = len(text)
        self.errors: list[ParseError] = []
        self.deferred: list[ParseError] = []  # what is asked of a text only when its grammar is right
        self.gap = (0, 0)  # the white space and comments that were skipped last
        self.starts = [0, *(match.end() for match in _NEWLINE.finditer(text))]
        self.depth = 0

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset."""
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1

    def done(self, node: Any, start: int, end: int | None = None) -> Any:
        """Give a node its extent."""
        node.start, node.end = start, self.at if end is None else end
        node.line, node.column = self.place(start)
        node.end_line, node.end_column = self.place(node.end)
        return node

    def fail(self, error_id: str, message: str, offset: int | None = None) -> ParseFailure:
        """Note an error; for `raise`."""
        if offset is None:
            offset = self.at
            if error_id in _BEHIND:
                offset = self.behind()
        if error_id not in _LEXICAL:
            try:
                self.check_token(words=error_id in ("UnexpectedToken", "ExpectedValueExpression"))
            except ParseFailure as failure:
                return failure
        line, column = self.place(offset)
        self.errors.append(ParseError(error_id, message, line, column))
        return ParseFailure(error_id)

    def check_token(self, *, words: bool = True) -> None:
        """Fail where the token that comes next is none: its own error is the first that a reader meets."""

    def behind(self) -> int:
        """The end of the last thing that was read."""
        return self.gap[0] if self.at == self.gap[1] else len(self.text[: self.at].rstrip())

    def defer(self, error_id: str, message: str, offset: int, length: int = 1) -> None:
        """Note what is wrong with a text whose grammar is right."""
        line, column = self.place(offset)
        self.deferred.append(ParseError(error_id, message, line, column, length))

    def unclosed(self, start: int) -> ParseFailure:
        """Note that a block, class or table begun at `start` has no end; for `raise`."""
        told = "Missing closing '}' in statement block or type definition."
        return self.fail("MissingEndCurlyBrace", told, start)

    def peek(self, count: int = 1) -> str:
        """The next characters."""
        return self.text[self.at : self.at + count]

    def blank(self) -> bool:
        """Skip white space and comments on this line; whether there was any."""
        begin = self.at
        while True:
            match = _BLANK.match(self.text, self.at)
            if match:
                self.at = match.end()
            if self.text.startswith("<#", self.at):
                comment = _COMMENT.match(self.text, self.at)
                if comment is None or not comment.group().startswith("<#"):
                    raise self.fail(
                        "MissingTerminatorMultiLineComment",
                        "The terminator '#>' is missing from the multiline comment.",
                    )
                self.at = comment.end()
                continue
            if self.peek() == "#":
                comment = _COMMENT.match(self.text, self.at)
                assert comment is not None
                self.at = comment.end()
                continue
            if not match:
                if self.at > begin:
                    self.gap = (self.gap[0] if self.gap[1] == begin else begin, self.at)
                return self.at > begin

    def lines(self) -> bool:
        """Skip white space, comments and ends of lines; whether an end of line was among them."""
        ended = False
        while True:
            self.blank()
            match = _NEWLINE.match(self.text, self.at)
            if match is None:
                return ended
            self.gap = (self.gap[0] if self.gap[1] == self.at else self.at, match.end())
            self.at = match.end()
            ended = True

    def separators(self) -> None:
        """Skip what may stand between statements."""
        while True:
            self.lines()
            if self.peek() != ";":
                return
            self.at += 1

    def take(self, text: str) -> bool:
        """Read this if it comes next."""
        if self.text.startswith(text, self.at):
            self.at += len(text)
            return True
        return False

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Read what matches here."""
        found = pattern.match(self.text, self.at)
        if found is not None:
            self.at = found.end()
        return found

    def word_ahead(self) -> str:
        """The keyword-like word that comes next, in lower case."""
        found = _WORD.match(self.text, self.at)
        return found.group().lower() if found else ""

    def keyword(self, word: str) -> bool:
        """Read this keyword if it comes next."""
        after = self.text[self.at + len(word) : self.at + len(word) + 1]
        if self.word_ahead() == word and (after == "" or after not in "?$'\"`:.=\\/@"):
            self.at += len(word)
            return True
        return False

    def expect(self, text: str, error_id: str, message: str) -> None:
        """Read this, or fail."""
        if not self.take(text):
            raise self.fail(error_id, message)

    def node_text(self, node: s.Node) -> str:
        """A node's text."""
        return self.text[node.start : node.end]


_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
