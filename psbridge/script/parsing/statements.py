"""Statements, script blocks, functions, classes: one method a grammar rule."""

from __future__ import annotations

import re
from typing import Any

from .. import syntax as s
from .definitions import Definitions
from .source import ParseFailure

_LABEL = re.compile(r":([A-Za-z_]\w*)")
_BLOCKS = {
    "begin": "begin_block",
    "process": "process_block",
    "end": "end_block",
    "clean": "clean_block",
    "dynamicparam": "dynamic_param_block",
}


_NO_FOREACH_BODY = (
    "MissingForeachStatement",
    "Missing statement body in foreach loop.\nThe correct form is: foreach ($a in $b) {...}",
)
_NO_SWITCH_BLOCK = ("MissingSwitchStatementClause", "Missing statement block in switch statement clause.")


class Parser(Definitions):
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
                    f"Unexpected token '{word or self.peek()}', expected 'begin', 'process', "
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
                raise self.fail(*missing, len(self.text[:start].rstrip()))
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
            if closing == "}" and self.peek() == ")":
                raise self.unclosed(begin)
            try:
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
            return node
        return self.pipeline_statement()

    def _is_type_definition(self) -> bool:
        return (
            re.compile(r"(?:\[[^\]]*\]\s*)+(?:class|enum)\s+\w", re.I).match(self.text, self.at) is not None
        )

    def _condition(self) -> Any:
        self.lines()
        self.expect("(", "MissingOpenParenthesisInIfStatement", "Missing '(' after keyword in statement.")
        self.lines()
        node = self.pipeline_statement()
        self.lines()
        self.expect(")", "MissingEndParenthesisAfterStatement", "Missing ')' after expression in statement.")
        self.lines()
        return node

    def _if_statement(self, start: int, label: str | None) -> Any:
        clauses = [(self._condition(), self.statement_block())]
        otherwise = None
        while True:
            mark = self.at
            self.lines()
            if self.keyword("elseif"):
                clauses.append((self._condition(), self.statement_block()))
            elif self.keyword("else"):
                self.lines()
                otherwise = self.statement_block()
                break
            else:
                self.at = mark
                break
        return s.IfStatement(clauses, otherwise)

    def _while_statement(self, start: int, label: str | None) -> Any:
        return s.WhileStatement(self._condition(), self.statement_block(), label)

    def _do_statement(self, start: int, label: str | None) -> Any:
        self.lines()
        body = self.statement_block()
        self.lines()
        if self.keyword("while"):
            node: Any = s.DoWhileStatement(None, body, label)
        elif self.keyword("until"):
            node = s.DoUntilStatement(None, body, label)
        else:
            raise self.fail("MissingWhileOrUntilInDoWhile", "Missing while or until keyword in do loop.")
        self.lines()
        self.expect("(", "MissingOpenParenthesisAfterKeyword", "Missing '(' after keyword.")
        self.lines()
        node.condition = self.pipeline_statement()
        self.lines()
        self.expect(")", "MissingEndParenthesisAfterStatement", "Missing ')' after expression in statement.")
        return node

    def _for_statement(self, start: int, label: str | None) -> Any:
        self.lines()
        self.expect("(", "MissingOpenParenthesisAfterKeyword", "Missing '(' after keyword 'for'.")
        parts: list[Any] = []
        for closing in (";", ";", ")"):
            self.lines()
            parts.append(None if self.peek() in (";", ")") else self.statement())
            self.lines()
            if closing == ";" and self.peek() == ")":
                continue
            if closing == ";":
                self.take(";")
        self.lines()
        self.expect(")", "MissingEndParenthesisAfterStatement", "Missing ')' after expression in statement.")
        self.lines()
        return s.ForStatement(parts[0], parts[1], parts[2], self.statement_block(), label)

    def _foreach_statement(self, start: int, label: str | None) -> Any:
        self.lines()
        self.expect("(", "MissingOpenParenthesisAfterKeyword", "Missing '(' after keyword 'foreach'.")
        self.lines()
        variable = self.variable()
        self.lines()
        if not self.keyword("in"):
            raise self.fail("MissingInInForeach", "Missing 'in' after variable in foreach loop.")
        self.lines()
        items = self.pipeline_statement()
        self.lines()
        self.expect(
            ")", "MissingEndParenthesisAfterForeach", "Missing closing ')' after expression in foreach loop."
        )
        self.lines()
        body = self.statement_block(_NO_FOREACH_BODY)
        return s.ForEachStatement(variable, items, body, label)

    def _switch_statement(self, start: int, label: str | None) -> Any:
        flags: list[str] = []
        condition = None
        while True:
            self.lines()
            found = self.match(re.compile(r"-(regex|wildcard|exact|casesensitive|file|parallel)\b", re.I))
            short = None if found else self.match(re.compile(r"-(r|re|reg|w|wi|wild|e|ex|c|case|f)\b", re.I))
            if found is None and short is None:
                break
            name = (found or short)[1].lower()  # type: ignore[index]
            full = next(
                one
                for one in ("Regex", "Wildcard", "Exact", "CaseSensitive", "File", "Parallel")
                if one.lower().startswith(name)
            )
            flags.append(full)
            if full == "File":
                self.blank()
                condition = self._argument(first=True, invoked=True)
        self.lines()
        if condition is None:
            self.expect("(", "PipelineInSwitchStatement", "Missing condition in switch statement clause.")
            self.lines()
            condition = self.pipeline_statement()
            self.lines()
            self.expect(
                ")", "MissingEndParenthesisAfterStatement", "Missing ')' after expression in statement."
            )
            self.lines()
        self.expect("{", "MissingCurlyBraceInSwitchStatement", "Missing opening '{' in switch statement.")
        clauses: list[Any] = []
        default = None
        self.separators()
        while not self.take("}"):
            if self.at >= self.size:
                raise self.fail(
                    "MissingSwitchConditionExpression", "Missing condition in switch statement clause."
                )
            begin = self.at
            if re.compile(r"default\s*\{", re.I).match(self.text, self.at):
                self.at += 7
                self.lines()
                default = self.statement_block()
            else:
                test = (
                    self._argument(first=True, invoked=True)
                    if not self._starts_expression()
                    else self.unary()
                )
                if test is None:
                    raise self.fail(
                        "MissingSwitchConditionExpression",
                        "Missing condition in switch statement clause.",
                        begin,
                    )
                self.lines()
                clauses.append((test, self.statement_block(_NO_SWITCH_BLOCK)))
            self.separators()
        return s.SwitchStatement(condition, clauses, default, ", ".join(flags) or "None", label)

    def _try_statement(self, start: int, label: str | None) -> Any:
        end = self.at
        self.lines()
        if self.peek() != "{":
            message = "The Try statement is missing its statement block."
            raise self.fail("MissingTryStatementBlock", message, end)
        body = self.statement_block()
        catches = []
        final = None
        while True:
            mark = self.at
            self.lines()
            begin = self.at
            if self.keyword("catch"):
                types = []
                end = self.at
                self.lines()
                while self.peek() == "[":
                    types.append(self.attribute())
                    end = self.at
                    self.lines()
                    if self.take(","):
                        self.lines()
                if self.peek() != "{":
                    message = "The Catch block is missing its statement block."
                    raise self.fail("MissingCatchHandlerBlock", message, end)
                catches.append(self.done(s.CatchClause(types, self.statement_block()), begin))
            elif self.keyword("finally"):
                end = self.at
                self.lines()
                if self.peek() != "{":
                    message = "The Finally block is missing its statement block."
                    raise self.fail("MissingFinallyStatementBlock", message, end)
                final = self.statement_block()
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
        return s.TrapStatement(type_, self.statement_block())

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
    """Whether a statement ends with a brace, so that another may follow on its line."""
    return isinstance(
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
