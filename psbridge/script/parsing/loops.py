"""Loops and switch, and the parentheses behind their keywords."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .. import syntax as s
from .definitions import Definitions

_NO_FOREACH_BODY = (
    "MissingForeachStatement",
    "Missing statement body in foreach loop.\nThe correct form is: foreach ($a in $b) {...}",
)
_FOREACH_FORM = "\nThe correct form is: foreach ($a in $b) {...}"


def _no_body(keyword: str) -> tuple[str, str]:
    return "MissingLoopStatement", f"Missing statement body in {keyword} loop."


_NO_SWITCH_BLOCK = ("MissingSwitchStatementClause", "Missing statement block in switch statement clause.")


class Loops(Definitions):
    """Reads loops and switches."""

    if TYPE_CHECKING:

        def statement_block(self, missing: tuple[str, str] | None = None) -> Any: ...

    def _opened(self, keyword: str) -> None:
        """The parenthesis behind a keyword."""
        end = self.at
        self.lines()
        if self.take("("):
            return
        if keyword in ("if", "elseif"):
            message = f"Missing '(' after '{keyword}' in if statement."
            raise self.fail("MissingOpenParenthesisInIfStatement", message, end)
        message = f"Missing opening '(' after keyword '{keyword}'."
        raise self.fail("MissingOpenParenthesisAfterKeyword", message, end)

    def _closed(self, keyword: str, behind: int | None = None) -> None:
        """The parenthesis behind a condition."""
        if not self.take(")"):
            beyond = keyword in ("if", "elseif") and self.at >= self.size
            end = self.size + 1 if beyond else self.behind()
            raise self.fail(
                "MissingEndParenthesisAfterStatement",
                f"Missing closing ')' after expression in '{keyword}' statement.",
                end if behind is None else behind,
            )

    def _condition(self, keyword: str) -> Any:
        self._opened(keyword)
        end = self.at
        self.lines()
        if self.at >= self.size or self.peek() in ");}":
            kind = {"if": "If", "elseif": "If"}.get(keyword, keyword.title())
            told = "if statement after 'if ('" if kind == "If" else f"{keyword} statement"
            message = f"Missing condition in {told}."
            if kind == "While":
                raise self.fail(
                    "MissingExpressionAfterKeyword", f"Missing expression after '{keyword}' in loop.", end
                )
            raise self.fail(f"{kind}StatementMissingCondition", message, end)
        node = self.pipeline_statement()
        self.lines()
        self._closed(keyword)
        return node

    def _while_statement(self, start: int, label: str | None) -> Any:
        condition = self._condition("while")
        self.lines()
        return s.WhileStatement(condition, self.statement_block(_no_body("while")), label)

    def _do_statement(self, start: int, label: str | None) -> Any:
        self.lines()
        body = self.statement_block(_no_body("do"))
        self.lines()
        word = self.word_ahead()
        if self.keyword("while"):
            node: Any = s.DoWhileStatement(None, body, label)
        elif self.keyword("until"):
            node = s.DoUntilStatement(None, body, label)
        else:
            raise self.fail("MissingWhileOrUntilInDoWhile", "Missing while or until keyword in do loop.")
        self._opened(word)
        end = self.at
        self.lines()
        if self.at >= self.size or self.peek() in ");}":
            message = f"Missing expression after '{word}' in loop."
            raise self.fail(
                "MissingExpressionAfterKeyword", message, self.size if self.at >= self.size else end
            )
        node.condition = self.pipeline_statement()
        self.lines()
        self._closed(word)
        return node

    def _for_statement(self, start: int, label: str | None) -> Any:
        self._opened("for")
        parts: list[Any] = []
        for closing in (";", ";", ")"):
            self.lines()
            if self.at >= self.size:
                self._closed("for", self.behind())
            parts.append(None if self.peek() in (";", ")") else self.statement())
            self.lines()
            if closing == ";" and self.peek() == ")":
                continue
            if closing == ";":
                self.take(";")
        self.lines()
        self._closed("for", self.behind())
        self.lines()
        return s.ForStatement(parts[0], parts[1], parts[2], self.statement_block(_no_body("for")), label)

    def _foreach_statement(self, start: int, label: str | None) -> Any:
        self._opened("foreach")
        end = self.at
        self.lines()
        if not re.compile(r"\$[\w{?^$]").match(self.text, self.at):
            message = f"Missing variable name after foreach.{_FOREACH_FORM}"
            raise self.fail("MissingVariableNameAfterForeach", message, end)
        variable = self.variable()
        self.lines()
        if not self.keyword("in"):
            raise self.fail(
                "MissingInInForeach", f"Missing 'in' after variable in foreach loop.{_FOREACH_FORM}"
            )
        end = self.at
        self.lines()
        if self.at >= self.size or self.peek() in ");}|":
            message = f"Missing expression in foreach loop.{_FOREACH_FORM}"
            raise self.fail("MissingForeachExpression", message, end)
        items = self.pipeline_statement()
        self.lines()
        self.expect(
            ")",
            "MissingEndParenthesisAfterForeach",
            f"Missing closing ')' after expression part of foreach loop.{_FOREACH_FORM}",
        )
        self.lines()
        body = self.statement_block(_NO_FOREACH_BODY)
        return s.ForEachStatement(variable, items, body, label)

    def _switch_statement(self, start: int, label: str | None) -> Any:
        flags: list[str] = []
        condition = None
        while True:
            end = self.at
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
                after = self.at
                self.blank()
                condition = self._argument(first=True, invoked=True)
                if condition is None:
                    raise self.fail(
                        "MissingFilenameOption",
                        "Cannot process the 'switch' statement because of a missing file name argument "
                        "to the -file option.",
                        after,
                    )
        self.lines()
        if condition is None:
            if not self.take("("):
                raise self.fail(
                    "PipelineValueRequired",
                    "A switch statement must have one of the following:  '-file file_name' or "
                    "'( expression )'.",
                    end,
                )
            end = self.at
            self.lines()
            if self.at >= self.size or self.peek() in ");}":
                raise self.fail(
                    "PipelineValueRequired",
                    "A switch statement must have one of the following:  '-file file_name' or "
                    "'( expression )'.",
                    end,
                )
            condition = self.pipeline_statement()
            self.lines()
            self.expect(
                ")",
                "MissingEndParenthesisInSwitchStatement",
                "Missing ')' after expression in switch statement.",
            )
            self.lines()
        self.expect("{", "MissingCurlyBraceInSwitchStatement", "Missing '{' in switch statement.")
        clauses: list[Any] = []
        default = None
        self.separators()
        while not self.take("}"):
            if self.at >= self.size:
                raise self.fail(
                    "MissingSwitchConditionExpression",
                    "Missing condition in switch statement clause.",
                    self.behind(),
                )
            begin = self.at
            if re.compile(r"default\s*\{", re.I).match(self.text, self.at):
                if default is not None:
                    message = "A switch statement can have only one default clause."
                    self.defer("MultipleSwitchDefaultClauses", message, begin)
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
                        self.behind(),
                    )
                self.lines()
                clauses.append((test, self.statement_block(_NO_SWITCH_BLOCK)))
            self.separators()
        return s.SwitchStatement(condition, clauses, default, ", ".join(flags) or "None", label)
