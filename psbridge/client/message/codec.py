"""What turns reply bytes into values. The default gives plain dicts; the cmdlets plug in their models."""

from __future__ import annotations

from typing import Any, Literal, Protocol

from . import jsontext

PageKind = Literal["completion", "message"]


class Codec(Protocol):
    """Decodes replies. Each method gets the reply's UTF-8 JSON and raises ValueError when it does not fit."""

    def completion(self, data: bytes) -> Any:
        """A whole `CreateChatCompletionResponse`."""

    def chunk(self, data: bytes) -> Any:
        """One `CreateChatCompletionStreamResponse`."""

    def page(self, data: bytes, kind: PageKind) -> Any:
        """A page of stored completions or of their messages: `data`, `has_more`, `last_id`."""

    def deleted(self, data: bytes) -> Any:
        """The answer to a deletion."""


class JsonCodec:
    """Plain dicts and lists, as the JSON has them."""

    def completion(self, data: bytes) -> Any:
        """A whole completion, as a dict."""
        return _object(data)

    def chunk(self, data: bytes) -> Any:
        """One chunk, as a dict."""
        return _object(data)

    def page(self, data: bytes, kind: PageKind) -> Any:
        """A page, as a dict."""
        return _object(data)

    def deleted(self, data: bytes) -> Any:
        """The answer to a deletion, as a dict."""
        return _object(data)


def _object(data: bytes) -> dict[str, Any]:
    value = jsontext.read(data)
    if not isinstance(value, dict):
        raise ValueError("the reply is JSON, but no object")
    return value
