"""PSOpenAI's Request-ChatCompletion, by way of New-ChatCompletion."""

from __future__ import annotations

from typing import Any

from psbridge.binding.text import to_text
from psbridge.errors import PSBridgeError
from psbridge.script.interpreter.caught import service_record
from psbridge.script.semantics.errors import ScriptError
from psbridge.script.semantics.values import Bag, Ordered, TypedArray

from .cmdlet import Cmdlet
from .own import given_value, shown

_PASSED = {
    "Temperature": "Temperature",
    "TopP": "TopP",
    "NumberOfAnswers": "N",
    "StopSequence": "Stop",
    "MaxTokens": "MaxTokens",
    "MaxCompletionTokens": "MaxCompletionTokens",
    "PresencePenalty": "PresencePenalty",
    "FrequencyPenalty": "FrequencyPenalty",
    "LogitBias": "LogitBias",
    "Seed": "Seed",
    "User": "User",
    "Tools": "Tools",
    "ToolChoice": "ToolChoice",
    "ReasoningEffort": "ReasoningEffort",
    "ServiceTier": "ServiceTier",
    "TimeoutSec": "TimeoutSec",
    "MaxRetryCount": "MaxRetryCount",
    "AdditionalBody": "AdditionalBody",
    "AdditionalHeaders": "AdditionalHeaders",
    "AdditionalQuery": "AdditionalQuery",
}


class RequestChatCompletion(Cmdlet):
    """Request-ChatCompletion: an answer with `Answer` and a `History` that goes round."""

    def record(self) -> None:
        from psbridge.cmdlets import functions

        messages: list[Any] = []
        for text in self.get("SystemMessage") or []:
            messages.append(Ordered({"role": "system", "content": to_text(text)}))
        for text in self.get("DeveloperMessage") or []:
            messages.append(Ordered({"role": "developer", "content": to_text(text)}))
        messages += list(self.get("History") or [])
        message = self.text("Message")
        if message:
            messages.append(Ordered({"role": self.text("Role") or "user", "content": message.strip()}))
        arguments: dict[str, Any] = {"Messages": [given_value(one) for one in messages], "MaxRetryCount": 0}
        arguments["Model"] = self.text("Model") or "gpt-4o-mini"
        for name, target in _PASSED.items():
            if self.has(name):
                arguments[target] = given_value(self.get(name))
        if self.has("ApiBase"):
            arguments["BaseUrl"] = to_text(self.get("ApiBase"))
        if self.has("Format"):
            arguments["ResponseFormat"] = self._format()
        try:
            if self.on("Stream"):
                for piece in functions.New_ChatCompletion(**arguments, StreamText=True):
                    self.write(piece)
                return
            reply = shown(functions.New_ChatCompletion(**arguments))
        except PSBridgeError as error:
            error.command = self.name
            raise ScriptError(service_record(error)) from None
        self.write(self._answer(reply, messages, message))

    def _format(self) -> Any:
        kind = self.get("Format")
        if isinstance(kind, str):
            return {"type": kind}
        return given_value(kind)

    def _answer(self, reply: Any, messages: list[Any], message: str) -> Any:
        choices = reply["choices"]
        answers = [choice["message"]["content"] for choice in choices]
        history = [*messages, Ordered({"role": "assistant", "content": answers[0]})]
        assert isinstance(reply, Bag)
        from psbridge.binding import nettypes

        reply["Answer"] = TypedArray(answers, nettypes.STRING)
        reply["History"] = history
        reply["Message"] = message
        return reply


CMDLETS: dict[str, Any] = {"Request-ChatCompletion": RequestChatCompletion}
