"""The operations of chat completions, which the clients have methods for."""

from __future__ import annotations

from .operation import Operation

_COMPLETION = "CreateChatCompletionResponse"

CREATE = Operation(
    "POST",
    "/chat/completions",
    _COMPLETION,
    "CreateChatCompletionStreamResponse",
    of_model=True,
    configured=True,
    traced="chat",
)
GET = Operation("GET", "/chat/completions/{completion_id}", _COMPLETION, idempotent=True)
LIST = Operation("GET", "/chat/completions", "ChatCompletionList", idempotent=True)
MESSAGES = Operation(
    "GET", "/chat/completions/{completion_id}/messages", "ChatCompletionMessageList", idempotent=True
)
UPDATE = Operation("POST", "/chat/completions/{completion_id}", _COMPLETION, idempotent=True)
DELETE = Operation("DELETE", "/chat/completions/{completion_id}", "ChatCompletionDeleted", idempotent=True)


def stored(completion_id: object) -> dict[str, object]:
    """The place of a stored completion. Its id is a text: a number names none, and `Operation.at` says so."""
    return {"completion_id": completion_id if isinstance(completion_id, str) else None}
