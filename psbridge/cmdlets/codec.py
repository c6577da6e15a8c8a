"""Replies as models: the codec the cmdlets give the client."""

from __future__ import annotations

from ..client.message.codec import PageKind
from ..models import (
    ChatCompletionDeleted,
    ChatCompletionList,
    ChatCompletionMessageList,
    CreateChatCompletionResponse,
    CreateChatCompletionStreamResponse,
)


class ModelCodec:
    """Decodes leniently: what a server leaves out stays unset, what the models do not know is kept."""

    def completion(self, data: bytes) -> CreateChatCompletionResponse:
        return CreateChatCompletionResponse.from_reply(data)

    def chunk(self, data: bytes) -> CreateChatCompletionStreamResponse:
        return CreateChatCompletionStreamResponse.from_reply(data)

    def page(self, data: bytes, kind: PageKind) -> ChatCompletionList | ChatCompletionMessageList:
        return (ChatCompletionList if kind == "completion" else ChatCompletionMessageList).from_reply(data)

    def deleted(self, data: bytes) -> ChatCompletionDeleted:
        return ChatCompletionDeleted.from_reply(data)
