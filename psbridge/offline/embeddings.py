"""The embeddings of the offline server: a function of the text, of unit length, near for near texts.

A text's vector is the sum of what its words and their three-letter pieces stand for, so texts that share
words lie near each other. That is no meaning, but enough to rehearse a search with.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import math
import re
import struct
from collections import Counter
from collections.abc import Iterator
from typing import Any

from . import tokens
from .message import Reply, Request, json_reply, not_allowed, nowhere, parsed
from .problems import ApiError
from .rules import Integer, Nullable, Object, Rule, Text, missing, out_of_bounds, unknown, wrong_type

SIZES = {"text-embedding-ada-002": 1536, "text-embedding-3-small": 1536, "text-embedding-3-large": 3072}
_USUAL = 1536
_MOST_INPUTS = 2048
_MOST_TOKENS = 8192
_WORD = re.compile(r"[^\W_]+")

_RULES: dict[str, Rule] = {
    "model": Text(),
    "encoding_format": Nullable(Text(allowed=("float", "base64"))),
    "dimensions": Nullable(Integer(1)),
    "user": Text(),
}


class Embeddings:
    """`POST /embeddings`."""

    def answer(self, request: Request, parts: list[str], model: str | None) -> Reply:
        """The reply to a request; `model` stands in when the body names none."""
        if len(parts) > 1:
            raise nowhere(request)
        if request.method != "POST":
            raise not_allowed(request, "POST")
        body = parsed(request)
        if model is not None and isinstance(body, dict) and not body.get("model"):
            body = {**body, "model": model}
        return json_reply(embed(body))


def embed(body: Any) -> dict[str, Any]:
    """The answer to a request's body.

    Raises:
        ApiError: status 400, naming the first member that is wrong.
    """
    Object().check(body, "")
    if body.get("model", "") == "":
        raise ApiError(400, "you must provide a model parameter")
    for name in body:
        if name not in _RULES and name != "input":
            raise unknown(name)
    if "input" not in body:
        raise missing("input")
    for name, rule in _RULES.items():
        if name in body:
            rule.check(body[name], name)
    inputs = _inputs(body["input"])
    size = _size(body["model"], body.get("dimensions"))
    used = sum(_count(one, place) for place, one in enumerate(inputs))
    form = _packed if body.get("encoding_format") == "base64" else list
    data = [
        {"object": "embedding", "index": index, "embedding": form(vector(one, size, body["model"]))}
        for index, one in enumerate(inputs)
    ]
    usage = {"prompt_tokens": used, "total_tokens": used}
    return {"object": "list", "data": data, "model": body["model"], "usage": usage}


_Input = str | tuple[int, ...]


def _inputs(value: Any) -> list[_Input]:
    """The texts, or lists of tokens, that the request holds."""
    if isinstance(value, str):
        given: list[Any] = [value]
    elif isinstance(value, list):
        if not value:
            raise out_of_bounds(
                "input", "empty array", "empty_array", "an array with minimum length 1", "an empty array"
            )
        given = [value] if all(_is_token(one) for one in value) else value
    else:
        raise wrong_type("input", "a string or an array", value)
    if len(given) > _MOST_INPUTS:
        raise out_of_bounds(
            "input",
            "array too long",
            "array_above_max_length",
            f"an array with maximum length {_MOST_INPUTS}",
            f"an array with length {len(given)}",
        )
    return [_input(one, f"input[{index}]" if len(given) > 1 else "input") for index, one in enumerate(given)]


def _is_token(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _input(value: Any, path: str) -> _Input:
    if isinstance(value, str) and value:
        return value
    if isinstance(value, list) and value and all(_is_token(one) for one in value):
        return tuple(value)
    if value in ("", []):
        raise ApiError(400, f"Invalid '{path}': it must not be empty.", code="invalid_value", param=path)
    raise wrong_type(path, "a string or an array of integers", value)


def _count(value: _Input, place: int) -> int:
    count = max(tokens.estimate(value), 1) if isinstance(value, str) else len(value)
    if count > _MOST_TOKENS:
        raise ApiError(
            400,
            f"Invalid 'input[{place}]': maximum context length is {_MOST_TOKENS} tokens, but it has {count}.",
            code="context_length_exceeded",
            param="input",
        )
    return count


def _size(model: str, wanted: int | None) -> int:
    own = SIZES.get(model, _USUAL)
    if wanted is None:
        return own
    if model == "text-embedding-ada-002":
        raise ApiError(
            400,
            "This model does not support specifying dimensions.",
            code="invalid_value",
            param="dimensions",
        )
    if wanted > own:
        raise out_of_bounds(
            "dimensions",
            "integer above maximum value",
            "integer_above_max_value",
            f"a value <= {own}",
            str(wanted),
        )
    return wanted


@functools.lru_cache(256)
def vector(text: _Input, size: int, model: str) -> tuple[float, ...]:
    """The vector of one text, of unit length to seven digits: 4-byte floats, as the service has them."""
    sums = [0.0] * size
    for feature, weight in _features(text):
        digest = hashlib.blake2b(
            f"{model}\0{feature}".encode("utf-8", "surrogatepass"), digest_size=48
        ).digest()
        for at in range(0, 48, 6):
            place = int.from_bytes(digest[at : at + 5], "big")
            # Half of what a feature stands for is at the front: a shortened vector still says something.
            span = min(size, 32 << at // 6)
            sums[place % span] += weight if digest[at + 5] & 1 else -weight
    length = math.sqrt(sum(value * value for value in sums))
    if not length:
        sums[0] = length = 1.0
    packed = struct.pack(f"<{size}f", *(value / length for value in sums))
    return tuple(float(f"{value:.9g}") for value in struct.unpack(f"<{size}f", packed))


def _features(text: _Input) -> Iterator[tuple[str, float]]:
    if not isinstance(text, str):
        yield from ((f"t{token}", math.sqrt(count)) for token, count in Counter(text).items())
        return
    words = Counter(_WORD.findall(text.lower()))
    if not words:
        yield f"x{text}", 1.0
    for word, count in words.items():
        # A long word says more than a short one, a repeated one not much more than one.
        weight = math.sqrt(count) * (0.3 if len(word) < 4 else 1.0)
        yield f"w{word}", weight
        shown = f" {word} "
        for at in range(len(shown) - 2):
            yield f"p{shown[at : at + 3]}", weight / (len(shown) - 2)


def _packed(values: tuple[float, ...]) -> str:
    return base64.b64encode(struct.pack(f"<{len(values)}f", *values)).decode()
