"""The reply to a valid create request, computed from the request alone.

The same request gives the same reply, byte for byte. This module decides what is said; `tools` decides which
tools are called, `samples` makes JSON that satisfies a schema, `stream` cuts a finished reply into chunks. It
knows no HTTP.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from . import samples, sound, tokens, tools

WHO = "I am psbridge's offline server, not a model."
#: The clock all replies are stamped with: 2025-01-01T00:00:00Z in seconds.
CLOCK = 1_735_689_600


_SORTED = json.JSONEncoder(sort_keys=True).encode


def digest(*parts: object) -> str:
    """A hexadecimal SHA-256 over JSON values: what ids and choices are drawn from."""
    return hashlib.sha256(_SORTED(parts).encode()).hexdigest()


def build(body: dict[str, Any], model: str, serial: int | None = None) -> dict[str, Any]:
    """A whole `chat.completion` object for a checked request `body`.

    Args:
        body: what `schema.check_create` accepted.
        model: the model's name to report.
        serial: position in the store for a stored completion (its id must be unique), else None.

    Raises:
        ApiError: status 400 when a JSON schema in the request cannot be satisfied.
    """
    content = {name: value for name, value in body.items() if name not in ("stream", "stream_options")}
    key = digest(content, model) if serial is None else digest(content, model, serial)
    created = CLOCK + (serial or 0)
    amount = body.get("n") or 1
    choices = [_choice(body, key, index, amount, created) for index in range(amount)]
    tier = body.get("service_tier")
    reply = {
        "id": f"chatcmpl-{key[:29]}",
        "object": "chat.completion",
        "created": created,
        "model": model,
        "choices": [choice for choice, _ in choices],
        "usage": _usage(body, choices),
        "service_tier": "default" if tier in (None, "auto") else tier,
        "system_fingerprint": f"fp_{digest(model)[:10]}",
    }
    if body.get("moderation"):
        reply["moderation"] = _moderation(body["moderation"]["model"])
    if serial is not None:
        reply["metadata"] = body.get("metadata") or {}
    return reply


def _choice(
    body: dict[str, Any], key: str, index: int, amount: int, created: int
) -> tuple[dict[str, Any], int]:
    """Choice `index` of `amount` and how many tokens it took."""
    limit = _limit(body)
    message: dict[str, Any] = {"role": "assistant", "content": None, "refusal": None, "annotations": []}
    calls = tools.choose(body)
    if calls:
        spent, finish = _call(body, message, calls, f"{key}{index}", limit)
        logprobs: dict[str, Any] | None = {"content": None, "refusal": None}
    else:
        cut, finish = _cut(_text(body, index, amount), body, limit)
        text, spent = "".join(cut), len(cut)
        logprobs = {"content": _logprobs(cut, body), "refusal": None} if body.get("logprobs") else None
        if "audio" in (body.get("modalities") or ()):
            message["audio"] = {
                "id": f"audio_{digest(key, index)[:24]}",
                "expires_at": created + 3600,
                "data": sound.encoded(body["audio"]["format"]),
                "transcript": text,
            }
        else:
            message["content"] = text
    if not body.get("logprobs"):
        logprobs = None
    return {"index": index, "message": message, "logprobs": logprobs, "finish_reason": finish}, spent


def _logprobs(cut: list[str], body: dict[str, Any]) -> list[dict[str, Any]]:
    wanted = body.get("top_logprobs") or 0
    return [tokens.logprob(piece, position, wanted) for position, piece in enumerate(cut)]


def _limit(body: dict[str, Any]) -> int | None:
    """Most tokens of one choice, or None. Nought or less sets no limit: the description has no minimum."""
    for name in ("max_completion_tokens", "max_tokens"):
        value = body.get(name)
        if isinstance(value, int):
            return value if value > 0 else None
    return None


def _cut(text: str, body: dict[str, Any], limit: int | None) -> tuple[list[str], str]:
    """The tokens of `text` up to the first stop sequence and the limit, with the finish reason."""
    stop = body.get("stop")
    sequences = [stop] if isinstance(stop, str) else stop or []
    ends = [position for position in (text.find(item) for item in sequences if item) if position >= 0]
    if ends:
        text = text[: min(ends)]
    cut = tokens.pieces(text, None if limit is None else limit + 1)
    if limit is not None and len(cut) > limit:
        return cut[:limit], "length"
    return cut, "stop"


def _text(body: dict[str, Any], index: int, amount: int) -> str:
    """What the reply says before it is cut."""
    said = _heard(body["messages"])
    wanted = body.get("response_format") or {"type": "text"}
    if wanted["type"] == "json_object":
        return json.dumps({"server": WHO, "heard": said, "choice": index}, ensure_ascii=False)
    if wanted["type"] == "json_schema":
        schema = wanted["json_schema"].get("schema", {})
        return json.dumps(samples.sample(schema, "response_format.json_schema.schema"), ensure_ascii=False)
    ending = f" (Choice {index + 1} of {amount}.)" if amount > 1 else ""
    return f"{WHO} {said}{ending}"


def _heard(messages: list[dict[str, Any]]) -> str:
    """One sentence about the last message that has something to answer."""
    last = messages[-1]
    if last["role"] in ("tool", "function"):
        return f"The tool answered: {tokens.message_text(last)}"
    for message in reversed(messages):
        if message["role"] == "user":
            return f"You said: {tokens.message_text(message)}"
    return f"The {last['role']} message said: {tokens.message_text(last)}"


def _call(
    body: dict[str, Any], message: dict[str, Any], calls: list[tools.Call], key: str, limit: int | None
) -> tuple[int, str]:
    """Put `calls` into `message`; the tokens they took and the finish reason."""
    spent = 0
    written = []
    cut_short = False
    for position, call in enumerate(calls):
        parts = tokens.pieces(call.argument)
        if limit is not None and spent + len(parts) > limit:
            parts = parts[: max(limit - spent, 0)]
            cut_short = True
        spent += len(parts)
        argument = "".join(parts)
        if call.sort == "legacy":
            message["function_call"] = {"name": call.name, "arguments": argument}
            break
        inner = {"name": call.name, "arguments" if call.sort == "function" else "input": argument}
        written.append({"id": f"call_{digest(key, position)[:24]}", "type": call.sort, call.sort: inner})
        if cut_short:
            break
    if written:
        message["tool_calls"] = written
    if cut_short:
        return spent, "length"
    if tools.is_named(body):
        return spent, "stop"
    return spent, "tool_calls" if written else "function_call"


def _usage(body: dict[str, Any], choices: list[tuple[dict[str, Any], int]]) -> dict[str, Any]:
    prompt = tokens.prompt_tokens(body)
    completion = sum(spent for _, spent in choices)
    accepted, rejected = _prediction(body, choices)
    audio = sum(sound.TOKENS for choice, _ in choices if "audio" in choice["message"])
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion + audio,
        "total_tokens": prompt + completion + audio,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": audio,
            "accepted_prediction_tokens": accepted,
            "rejected_prediction_tokens": rejected,
        },
    }


def _prediction(body: dict[str, Any], choices: list[tuple[dict[str, Any], int]]) -> tuple[int, int]:
    """How much of a predicted output the first choice began with, and how much it did not, in tokens."""
    prediction = body.get("prediction")
    if not prediction:
        return 0, 0
    expected = tokens.pieces(tokens.message_text(prediction))
    actual = tokens.pieces(choices[0][0]["message"]["content"] or "")
    same = 0
    for wanted, found in zip(expected, actual, strict=False):
        if wanted != found:
            break
        same += 1
    return same, len(expected) - same


def _moderation(model: str) -> dict[str, Any]:
    """A verdict that flags nothing, for input and output."""
    result = {
        "type": "moderation_result",
        "model": model,
        "flagged": False,
        "categories": {"harassment": False},
        "category_scores": {"harassment": 0.0},
        "category_applied_input_types": {"harassment": ["text"]},
    }
    side = {"type": "moderation_results", "model": model, "results": [result]}
    return {"input": side, "output": side}
