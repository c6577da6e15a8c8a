"""The moderations of the offline server: a few plain words stand for each kind of harm."""

from __future__ import annotations

import re
import zlib
from typing import Any

from .message import Reply, Request, json_reply, not_allowed, nowhere, parsed
from .problems import ApiError
from .reply import digest
from .rules import Array, Object, OneOf, Tagged, Text, missing, unknown

_WORDS: dict[str, tuple[str, ...]] = {
    "harassment": ("idiot", "stupid"),
    "harassment/threatening": ("regret",),
    "hate": ("hate",),
    "hate/threatening": (),
    "illicit": ("forge", "launder"),
    "illicit/violent": ("bomb",),
    "self-harm": ("suicide",),
    "self-harm/intent": (),
    "self-harm/instructions": (),
    "sexual": ("nude",),
    "sexual/minors": (),
    "violence": ("kill", "murder", "stab", "shoot"),
    "violence/graphic": ("blood",),
}
_SEEN = frozenset(name for name in _WORDS if name.startswith(("self-harm", "sexual", "violence"))) - {
    "sexual/minors"
}
_WORD = re.compile(r"[^\W\d_]+")
_PART = Tagged(
    "type",
    {
        "text": Object({"type": Text(), "text": Text()}, ("type", "text")),
        "image_url": Object(
            {"type": Text(), "image_url": Object({"url": Text()}, ("url",))}, ("type", "image_url")
        ),
    },
)


class Moderations:
    """`POST /moderations`."""

    def answer(self, request: Request, parts: list[str], model: str | None) -> Reply:
        """The reply to a request; a model has a name of its own here, so `model` says nothing."""
        if len(parts) > 1:
            raise nowhere(request)
        if request.method != "POST":
            raise not_allowed(request, "POST")
        return json_reply(moderate(parsed(request)))


def moderate(body: Any) -> dict[str, Any]:
    """The answer to a request's body.

    Raises:
        ApiError: status 400, naming the first member that is wrong.
    """
    Object().check(body, "")
    for name in body:
        if name not in ("input", "model"):
            raise unknown(name)
    if "input" not in body:
        raise missing("input")
    Text().check(body.get("model", ""), "model")
    model = body.get("model") or "omni-moderation-latest"
    value = body["input"]
    OneOf(Text(), Array(OneOf(Text(), _PART), fewest=1)).check(value, "input")
    items = value if isinstance(value, list) else [value]
    texts = [one for one in items if isinstance(one, str)]
    omni = model.startswith("omni")
    if not texts and not omni:
        raise ApiError(
            400, f"The model '{model[:100]}' takes texts only.", code="invalid_value", param="input"
        )
    if texts and len(texts) < len(items):
        raise ApiError(
            400, "Invalid 'input': texts and parts do not mix.", code="invalid_type", param="input"
        )
    results = [_result(one, [], omni) for one in texts] if texts else [_of_parts(items, omni)]
    name = "omni-moderation-2024-09-26" if model == "omni-moderation-latest" else model
    return {"id": f"modr-{digest(body)[:24]}", "model": name, "results": results}


def _of_parts(parts: list[dict[str, Any]], omni: bool) -> dict[str, Any]:
    text = " ".join(part["text"] for part in parts if part["type"] == "text")
    return _result(text, [part for part in parts if part["type"] == "image_url"], omni)


def _result(text: str, images: list[dict[str, Any]], omni: bool) -> dict[str, Any]:
    words = set(_WORD.findall(text.lower()))
    kinds = [name for name in _WORDS if omni or not name.startswith("illicit")]
    flags = {name: not words.isdisjoint(_WORDS[name]) for name in kinds}
    scores = {name: _score(text, name, flags[name]) for name in kinds}
    result: dict[str, Any] = {"flagged": any(flags.values()), "categories": flags, "category_scores": scores}
    if omni:
        result["category_applied_input_types"] = {
            name: ["text"] * bool(text or not images) + ["image"] * (bool(images) and name in _SEEN)
            for name in kinds
        }
    return result


def _score(text: str, kind: str, flagged: bool) -> float:
    noise = zlib.crc32(f"{kind}\0{text}".encode("utf-8", "surrogatepass")) % 1000 / 1e6
    return round(0.95 + noise if flagged else noise, 6)
