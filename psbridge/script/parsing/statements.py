"""Statements, script blocks, functions, classes: one method a grammar rule."""

from __future__ import annotations

import re
from typing import Any

from .. import syntax as s
from .loops import Loops
from .source import ParseFailure

_LABEL = re.compile(r":([A-Za-z_]\w*)")
_BLOCKS = {
    "begin": "begin_block",
    "process": "process_block",
    "end": "end_block",
    "clean": "clean_block",
    "dynamicparam": "dynamic_param_block",
}


class Parser(Loops):
    """Reads a whole script."""

    def script(self) -> s.ScriptBlock:
        """script-block: param-block? statement-list"""
        if self.text.startswith("\ufeff"):
            self.at = 1
        try:
            block: s.ScriptBlock = self.script_block_body("")
        except (ParseFailure, RecursionError) as error:
            if isinstance(error, RecursionError):
                self.fail("ScriptTooComplicated", "The script is too complicated to parse.")
            block = s.ScriptBlock(end_block=s.NamedBlock("End", [], unnamed=True))
        self.done(block, 0, self.size)
        return block

    def script_block_body(self, closing: str) -> Any:
        """What stands in a script block, up to its brace."""
        begin = self.at
        block = s.ScriptBlock()
        self.separators()
        while self.word_ahead() == "using" and not closing:
            block.using_statements.append(self._using())
            self.separators()
        block.param_block = self._param_block()
        self.separators()
        named = self.word_ahead()
        if named in _BLOCKS and re.compile(rf"{named}\s*(?:#[^\r\n]*\s*)?\{{", re.I).match(
            self.text, self.at
        ):
            self._named_blocks(block, closing, begin)
        else:
            statements, traps = self.statements_until(closing, begin - 1 if closing else None)
            unnamed = s.NamedBlock("End", statements, traps, True)
            first, last = self.extent(statements, traps)
            if block.param_block is not None:
                first, last = block.param_block.start, max(last, block.param_block.end)
            elif not last and closing and self.at - 2 >= begin:
                first, last = begin, self.at - 2
            block.end_block = self.done(unnamed, first, last)
        return self.done(block, begin)

    def _named_blocks(self, block: Any, closing: str, begin: int) -> None:
        while True:
            self.separators()
            if closing and self.take(closing):
                return
            if self.at >= self.size:
                if closing:
                    raise self.unclosed(begin - 1)
                return
            word = self.word_ahead()
            if word not in _BLOCKS:
                raise self.fail(
                    "MissingNamedBlocks",
                    f"unexpected token '{word or self.peek()}', expected 'begin', 'process', "
                    f"'end', 'clean', or 'dynamicparam'.",
                )
            start = self.at
            self.at += len(word)
            self.lines()
            body = self.statement_block()
            named = s.NamedBlock(word.title(), body.statements, body.traps)
            setattr(block, _BLOCKS[word], self.done(named, start))

    @staticmethod
    def extent(*nodes: list[Any]) -> tuple[int, int]:
        """Where statements begin and end; twice 0 where there are none, as PowerShell has it."""
        every = [node for group in nodes for node in group]
        return min((node.start for node in every), default=0), max((node.end for node in every), default=0)

    def statement_block(self, missing: tuple[str, str] | None = None) -> Any:
        """statement-block: { statement-list? }; `missing` is the error where there is none."""
        start = self.at
        if not self.take("{"):
            if missing is not None:
                raise self.fail(*missing, self.behind())
            raise self.fail("MissingStatementBlock", "Missing statement block.")
        outer, self.no_commas = self.no_commas, 0
        statements, traps = self.statements_until("}", start)
        self.no_commas = outer
        return self.done(s.StatementBlock(statements, traps), start)

    def statements_until(self, closing: str, opened: int | None = None) -> tuple[list[Any], list[Any]]:
        """Statements up to the closing bracket, which is read; "" is the end of the text."""
        begin = self.at if opened is None else opened
        statements: list[Any] = []
        traps: list[Any] = []
        while True:
            self.separators()
            if closing and self.take(closing):
                return statements, traps
            if self.at >= self.size:
                if closing == "}":
                    raise self.unclosed(begin)
                if closing:
                    message = "Missing closing ')' in subexpression."
                    raise self.fail("MissingEndParenthesisInSubexpression", message, self.size + 1)
                return statements, traps
            before = self.at
            if closing == ")" and self.peek() == "}":
                message = "Missing closing ')' in subexpression."
                raise self.fail("MissingEndParenthesisInSubexpression", message)
            if closing == "}" and (self.peek() == ")" or self.peek(2) in ("||", "&&")):
                raise self.unclosed(begin)
            try:
                if self.peek(2) in ("||", "&&"):
                    message = f"Unexpected token '{self.peek(2)}' in expression or statement."
                    raise self.fail("UnexpectedToken", message)
                node = self.statement()
            except ParseFailure:
                if closing:
                    raise
                self._recover(before)
                continue
            (traps if isinstance(node, s.TrapStatement) else statements).append(node)
            self.blank()
            if (
                self.at < self.size
                and self.peek() not in ";\r\n"
                and not (closing and self.text.startswith(closing, self.at))
            ) and not _ends_block(node):
                if closing == "}" and self.peek() == ")":
                    raise self.unclosed(begin)
                shown = _TOKEN.match(self.text, self.at)
                word = shown.group() if shown else self.peek()
                self.fail("UnexpectedToken", f"Unexpected token '{word}' in expression or statement.")
                if closing:
                    raise ParseFailure
                self._recover(self.at)

    def _recover(self, before: int) -> None:
        """Go on with the next line."""
        found = re.compile(r"[^\r\n;]*").match(self.text, max(self.at, before))
        assert found is not None
        self.at = max(found.end(), before + 1)

    def statement(self) -> Any:
        """One statement."""
        start = self.at
        label = None
        found = _LABEL.match(self.text, self.at)
        if found is not None:
            self.at = found.end()
            label = found[1]
            self.lines()
        word = self.word_ahead()
        if word == "workflow" and self._is_keyword(word):
            message = "Workflow is not supported in PowerShell 6+."
            raise self.fail("WorkflowNotSupportedInPowerShellCore", message, start)
        read = getattr(self, f"_{word}_statement", None) if word in _KEYWORDS else None
        if read is not None and self._is_keyword(word):
            self.at += len(word)
            node = read(start, label)
            alone = word in _JUMPS and not any(node.children())
            return self.done(node, start, start + len(word) if alone else None)
        if self.peek() == "[" and self._is_type_definition():
            attributes = []
            while self.peek() == "[":
                attributes.append(self.attribute())
                self.lines()
            node = self.statement()
            node.attributes = attributes
            return self.done(node, start, node.end)
        return self.pipeline_statement()

    def _is_type_definition(self) -> bool:
        return (
            re.compile(r"(?:\[[^\]]*\]\s*)+(?:class|enum)\s+\w", re.I).match(self.text, self.at) is not None
        )

    def _branch(self, keyword: str) -> tuple[Any, Any]:
        condition = self._condition(keyword)
        end = self.at
        self.lines()
        if self.peek() != "{":
            message = f"Missing statement block after {keyword} ( condition )."
            raise self.fail("MissingStatementBlock", message, end - 1)
        return condition, self.statement_block()

    def _if_statement(self, start: int, label: str | None) -> Any:
        clauses = [self._branch("if")]
        otherwise = None
        while True:
            mark = self.at
            self.lines()
            if self.keyword("elseif"):
                clauses.append(self._branch("elseif"))
            elif self.keyword("else"):
                self.lines()
                otherwise = self.statement_block(
                    ("MissingStatementBlockAfterElse", "Missing statement block after 'else' keyword.")
                )
                break
            else:
                self.at = mark
                break
        return s.IfStatement(clauses, otherwise)

    def _try_statement(self, start: int, label: str | None) -> Any:
        self.lines()
        body = self.statement_block(
            ("MissingTryStatementBlock", "The Try statement is missing its statement block.")
        )
        catches = []
        final = None
        while True:
            mark = self.at
            self.lines()
            begin = self.at
            if self.keyword("catch"):
                types = []
                self.lines()
                while self.peek() == "[":
                    types.append(self.attribute())
                    self.lines()
                    if self.take(","):
                        self.lines()
                block = self.statement_block(
                    ("MissingCatchHandlerBlock", "The Catch block is missing its statement block.")
                )
                catches.append(self.done(s.CatchClause(types, block), begin))
            elif self.keyword("finally"):
                self.lines()
                final = self.statement_block(
                    ("MissingFinallyStatementBlock", "The Finally block is missing its statement block.")
                )
            else:
                self.at = mark
                break
        if not catches and final is None:
            raise self.fail(
                "MissingCatchOrFinally", "The Try statement is missing its Catch or Finally block."
            )
        return s.TryStatement(body, catches, final)

    def _trap_statement(self, start: int, label: str | None) -> Any:
        self.lines()
        type_ = self.attribute() if self.peek() == "[" else None
        self.lines()
        missing = (
            "MissingTrapStatement",
            "The 'trap' statement was incomplete. A trap statement requires a body.",
        )
        return s.TrapStatement(type_, self.statement_block(missing))

    def _label(self) -> Any:
        self.blank()
        begin = self.at
        found = self.match(re.compile(r"[A-Za-z_]\w*"))
        if found is not None:
            return self.done(s.StringConstantExpression(found.group()), begin)
        return self.variable() if self.peek() == "$" else None

    def _break_statement(self, start: int, label: str | None) -> Any:
        return s.BreakStatement(self._label())

    def _continue_statement(self, start: int, label: str | None) -> Any:
        return s.ContinueStatement(self._label())

    def _value(self) -> Any:
        self.blank()
        if self.peek() == "|" and self.peek(2) != "||":
            raise self.fail("EmptyPipeElement", "An empty pipe element is not allowed.", self.at)
        if self.at >= self.size or self.peek() in ";|)}\r\n" or self.peek(2) == "&&":
            return None
        return self.pipeline_statement()

    def _return_statement(self, start: int, label: str | None) -> Any:
        return s.ReturnStatement(self._value())

    def _exit_statement(self, start: int, label: str | None) -> Any:
        return s.ExitStatement(self._value())

    def _throw_statement(self, start: int, label: str | None) -> Any:
        return s.ThrowStatement(self._value())


def _ends_block(node: Any) -> bool:
    """Whether a statement ends with a brace or an ampersand, so that another may follow on its line."""
    return getattr(node, "background", False) or isinstance(
        node,
        (
            *(s.IfStatement, s.ForEachStatement, s.ForStatement, s.WhileStatement, s.SwitchStatement),
            *(s.TryStatement, s.TrapStatement, s.FunctionDefinition, s.TypeDefinition, s.DataStatement),
        ),
    )


_JUMPS = ("break", "continue", "return", "exit", "throw")
_TOKEN = re.compile(r"""-[A-Za-z_]\w*|@[({]|'(?:[^']|'')*'|"(?:[^"`]|`.)*"|[^\s;|&(){}]+|.""", re.DOTALL)
_KEYWORDS = frozenset(
    "if while do for foreach switch try trap break continue return exit throw function filter data enum "
    "class".split()
)
