"""Completions kept with `store: true`: by id, listed by cursor, updated, deleted. In memory, and bounded."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from . import tokens
from .listing import page
from .problems import ApiError


class Store:
    """Stored completions in the order they were made; the oldest make room beyond `capacity`."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._serials = itertools.count(1)
        self._kept: dict[str, tuple[dict[str, Any], list[dict[str, Any]]]] = {}

    def next_serial(self) -> int:
        """A number no other stored completion has had."""
        return next(self._serials)

    def add(self, reply: dict[str, Any], messages: list[dict[str, Any]]) -> None:
        """Keep `reply` and the `messages` it answers."""
        self._kept[reply["id"]] = (reply, [_shown(reply["id"], *item) for item in enumerate(messages)])
        while len(self._kept) > self._capacity:
            del self._kept[next(iter(self._kept))]

    def get(self, completion_id: str) -> dict[str, Any]:
        """The completion; `ApiError` 404 when there is none."""
        return self._entry(completion_id)[0]

    def update(self, completion_id: str, metadata: dict[str, str] | None) -> dict[str, Any]:
        """Replace the metadata; returns the completion."""
        reply = self.get(completion_id)
        reply["metadata"] = metadata or {}
        return reply

    def delete(self, completion_id: str) -> dict[str, Any]:
        """Forget the completion; returns OpenAI's confirmation."""
        self._entry(completion_id)
        del self._kept[completion_id]
        return {"object": "chat.completion.deleted", "id": completion_id, "deleted": True}

    def listed(self, query: Mapping[str, str]) -> dict[str, Any]:
        """A page of completions, filtered by `model` and `metadata[name]`."""
        model = query.get("model")
        wanted = {
            name[len("metadata[") : -1]: value
            for name, value in query.items()
            if name.startswith("metadata[") and name.endswith("]")
        }
        found = [
            reply
            for reply, _ in self._kept.values()
            if (model is None or reply["model"] == model) and wanted.items() <= reply["metadata"].items()
        ]
        return page(found, query)

    def messages(self, completion_id: str, query: Mapping[str, str]) -> dict[str, Any]:
        """A page of the messages that the completion answered."""
        return page(self._entry(completion_id)[1], query)

    def _entry(self, completion_id: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        try:
            return self._kept[completion_id]
        except KeyError:
            raise ApiError(
                404,
                f"No stored chat completion has the id '{completion_id}'.",
                code="not_found",
                param="completion_id",
            ) from None


def _shown(completion_id: str, index: int, message: dict[str, Any]) -> dict[str, Any]:
    """A request message as the message list shows it."""
    content = message.get("content")
    parts = None
    if isinstance(content, list):
        parts = [part for part in content if part["type"] in ("text", "image_url")]
        content = tokens.message_text(message)
    shown = {**message, "id": f"{completion_id}-{index}", "content": content, "content_parts": parts}
    return {"refusal": None, "name": None, **shown}
