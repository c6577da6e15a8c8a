"""Chat completions over many rows: a row to a request, a reply to columns. Sends nothing, knows no ledger."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from ..client import current_configuration
from ..client.message import jsontext
from ..client.streams.events import text_in
from ..cmdlets.configuration import default_model
from ..models.problems import InvalidValueError
from .schema import plain
from .template import Template
from .typed import AnswerType, answer_type

_QUESTION = "\0the row's question\0"


class ChatRows:
    """The recipe of chat completions; see `psbridge.runs.recipes.Recipe`.

    Settings:
        template: the user message, with columns in braces; or
        request_column: where whole requests are.
        system, model: as they are; `body` has further members of every request.
        schema: what answers are held to, as JSON schema; its members become columns.
    """

    def __init__(self, settings: Mapping[str, Any], target: Any = None) -> None:
        text, self._column = settings.get("template"), str(settings.get("request_column") or "")
        if bool(text) == bool(self._column):
            raise _usage("Template", "a run needs a template or a request column, and not both")
        self._template = Template(str(text)) if text else None
        self.names = self._template.names if self._template else ()
        schema = settings.get("schema")
        self._answer: AnswerType | None = None
        if target is not None or schema is not None:
            self._answer = answer_type(target, None if target is not None else schema)
        model = str(settings.get("model") or default_model(current_configuration()) or "")
        self._base: dict[str, Any] = {**(settings.get("body") or {}), **({"model": model} if model else {})}
        if self._answer is not None:
            self._base["response_format"] = self._answer.response_format
        self.model = "" if self._column else model
        system = settings.get("system")
        self._before = [{"role": "system", "content": str(system)}] if system else []
        self._around: tuple[str, str] | None = None
        if self._template is not None:
            # The same for all rows but for the question.
            with suppress(ValueError):  # what is not JSON in it is each row's error
                self._around = jsontext.around(self._members(_QUESTION), _QUESTION)
        self.extra = tuple(_members(self._answer))

    @property
    def schema(self) -> Any:
        """The JSON schema that answers are held to, or None."""
        return None if self._answer is None else self._answer.schema

    def request(self, row: Mapping[str, Any]) -> bytes:
        """See `Recipe`."""
        if self._template is None:
            return jsontext.dumps(self._whole(row))
        question = self._template.fill(row)
        if self._around is None:
            return jsontext.dumps(self._members(question))
        before, behind = self._around
        try:
            return (before + jsontext.escaped(question) + behind).encode()
        except UnicodeEncodeError:
            return jsontext.dumps(self._members(question))  # which says what is wrong with it

    def _members(self, question: str) -> dict[str, Any]:
        return {**self._base, "messages": [*self._before, {"role": "user", "content": question}]}

    def check_columns(self, columns: list[str]) -> None:
        """See `Recipe`."""
        if self._template is not None:
            self._template.check_names(columns)
        elif self._column.lower() not in (name.lower() for name in columns):
            raise _usage("RequestColumn", f"there is no column '{self._column}'")

    def _whole(self, row: Mapping[str, Any]) -> dict[str, Any]:
        name = next((one for one in row if one.lower() == self._column.lower()), self._column)
        given = row.get(name)
        if isinstance(given, str):
            try:
                given = jsontext.loads(given)
            except ValueError as error:
                raise ValueError(f"its request in '{name}' is not JSON: {error}") from None
        members = plain(given)
        if not isinstance(members, Mapping) or not isinstance(members.get("messages"), list):
            raise ValueError(f"its request in '{name}' is no JSON object with messages")
        if members.get("stream"):
            raise ValueError(f"its request in '{name}' asks for a stream, which a run does not take")
        return {**self._base, **members, "messages": [*self._before, *members["messages"]]}

    def answered(self, reply: Any) -> tuple[str, str, Mapping[str, Any]]:
        """See `Recipe`: (answer, error, columns)."""
        choices = reply.get("choices") if isinstance(reply, dict) else None
        choice = choices[0] if isinstance(choices, list) and choices else None
        message = choice.get("message") if isinstance(choice, dict) else None
        if not isinstance(choice, dict) or not isinstance(message, dict):
            return "", "the reply has no choices", {}
        text = text_in(message.get("content"))
        refusal, reason = text_in(message.get("refusal")), choice.get("finish_reason")
        if refusal:
            return text, f"the model refused to answer: {refusal}", {}
        if reason == "content_filter":
            return text, "a content filter took the answer", {}
        if not text and message.get("tool_calls"):
            return text, "the model asks for tools, which a run does not call", {}
        if self._answer is None:
            return text, "", {}
        if reason == "length":
            return text, "the answer was cut off at the token limit", {}
        try:
            self._answer.value_of(text)
        except ValueError as error:
            return text, f"the answer is not what '{self._answer.name}' asks for: {error}", {}
        return text, "", json.loads(text)


def _members(answer: AnswerType | None) -> list[str]:
    """The columns that an answer's members become."""
    if answer is None or answer.schema is None:
        return []
    members = answer.schema.get("properties")
    return list(members) if isinstance(members, Mapping) else []


def _usage(parameter: str, sentence: str) -> InvalidValueError:
    return InvalidValueError(
        f"invalid value for '{parameter}', {sentence}.", parameter=parameter, path=parameter
    )
