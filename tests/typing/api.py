"""How type checkers and editors see the cmdlets; checked by mypy, never run.

`assert_type` states what a call gives. Each `type: ignore` is a mistake that must be found: were it not, mypy
would report the ignore as unused.
"""

from __future__ import annotations

from collections.abc import Iterator

from typing_extensions import assert_type

import psbridge as ps
from psbridge.client import ChatStream
from psbridge.cmdlets.configuration import LiveConfiguration
from psbridge.cmdlets.session import HttpInfo
from psbridge.models import (
    ChatCompletionRequestUserMessage,
    CreateChatCompletionRequest,
    CreateChatCompletionResponse,
    CreateEmbeddingResponse,
    OpenAIFile,
)

message = ps.Initialize_ChatCompletionRequestUserMessage(Content="hi", Role="user")
assert_type(message, ChatCompletionRequestUserMessage)
assert_type(ps.Initialize_ChatCompletionRequestUserMessage("hi", "user"), ChatCompletionRequestUserMessage)

model = ps.Initialize_CreateChatCompletionRequestModel()
request = ps.Initialize_CreateChatCompletionRequest(Messages=message, Model=model, Stop=ps.UNSET)
assert_type(request, CreateChatCompletionRequest)
ps.Initialize_CreateChatCompletionRequest(messages=[message, {"role": "user"}], model="m", max_tokens=5)

assert_type(ps.New_ChatCompletion(request), CreateChatCompletionResponse)
assert_type(ps.New_ChatCompletion(Messages="hi", Model="gpt-4o"), CreateChatCompletionResponse)
assert_type(ps.New_ChatCompletion(Messages=[message, "hi"], WithHttpInfo=True), HttpInfo)
assert_type(ps.New_ChatCompletion(request, Stream=True), ChatStream)
assert_type(ps.New_ChatCompletion(request, StreamText=True), Iterator[str])
assert_type(ps.New_ChatCompletion(request).choices[0].message.content, str | None)
assert_type(ps.New_Embedding(VarInput=["a"], Model="m"), CreateEmbeddingResponse)
assert_type(ps.New_File(File="a.jsonl", Purpose="batch"), OpenAIFile)
assert_type(ps.Invoke_DownloadFile(FileId="file-1"), bytes)
assert_type(ps.Invoke_ListFiles(All=True), Iterator[OpenAIFile])
assert_type(ps.Invoke_RetrieveModel("gpt-4o", WithHttpInfo=True), HttpInfo)
assert_type(ps.Get_Configuration(), LiveConfiguration)
assert_type(ps.Get_UrlFromHostSetting(0), str)

ps.Initialize_ChatCompletionRequestUserMessage(Kontent="hi")  # type: ignore[call-overload]
ps.Initialize_ChatCompletionRequestUserMessage("hi", "user", "Ann", "more")  # type: ignore[call-overload]
ps.Initialize_CreateChatCompletionRequest(Messages=message, Model="m", N="many")  # type: ignore[call-overload]
ps.Initialize_FunctionObject(Name=5)  # type: ignore[call-overload]
ps.New_ChatCompletion(request, WithHttpInf=True)  # type: ignore[call-overload]
ps.Set_Configuration(BaseUrl=5)  # type: ignore[arg-type]
ps.Initialize_Nothing()  # type: ignore[attr-defined]
