"""Which tools a reply calls, and with what argument.

With `auto` (the default when tools are offered) a function is called only when the last message is the user's
and shares a word with the function's name or description; words of fewer than three letters and a few fillers
do not count. `parallel_tool_calls: false` leaves the best match. `required` calls the matches, or the first
tool when none matches; a named tool is always called, and `allowed_tools` narrows the offer first. `tools`
win over the older `functions` when both are offered.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from . import samples, tokens

_WORD = re.compile(r"[^\W\d_]{3,}")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_FILLER_WORDS = """
    and are but can did does for from get give has have her him his how its may not our out she tell
    that the their them then there they this use was what when where which who why will with you
    your call function tool
"""
_FILLERS = frozenset(_FILLER_WORDS.split())


class Call(NamedTuple):
    """One call: `sort` is `function`, `custom` or `legacy`; `argument` is JSON, or text for `custom`."""

    sort: str
    name: str
    argument: str


class _Offer(NamedTuple):
    sort: str
    spec: dict[str, Any]
    path: str


def choose(body: dict[str, Any]) -> list[Call]:
    """The calls a reply to `body` makes, in the order the tools were offered; empty for a text reply.

    Raises:
        ApiError: status 400 when a function's parameters are a schema that cannot be satisfied.
    """
    if body.get("tools"):
        offers = [
            _Offer(tool["type"], tool[tool["type"]], f"tools[{index}].{tool['type']}")
            for index, tool in enumerate(body["tools"])
        ]
        choice = body.get("tool_choice", "auto")
    elif body.get("functions"):
        offers = [_Offer("legacy", spec, f"functions[{i}]") for i, spec in enumerate(body["functions"])]
        choice = body.get("function_call", "auto")
    else:
        return []
    chosen = _chosen(body, offers, choice)
    return [Call(offer.sort, offer.spec["name"], _argument(offer, body)) for offer in chosen]


def is_named(body: dict[str, Any]) -> bool:
    """True when the request names the one function to call; such a reply finishes with `stop`."""
    if body.get("tools"):
        choice = body.get("tool_choice")
        return isinstance(choice, dict) and choice["type"] != "allowed_tools"
    return isinstance(body.get("function_call"), dict)


def _chosen(body: dict[str, Any], offers: list[_Offer], choice: Any) -> list[_Offer]:
    if isinstance(choice, dict):
        sort = choice.get("type", "legacy")
        if sort != "allowed_tools":
            name = choice["name"] if sort == "legacy" else choice[sort]["name"]
            return [offer for offer in offers if (offer.sort, offer.spec["name"]) == (sort, name)][:1]
        allowed = choice["allowed_tools"]
        names = {_named(tool) for tool in allowed["tools"]}
        offers = [offer for offer in offers if (offer.sort, offer.spec["name"]) in names]
        choice = allowed["mode"]
    if choice == "none" or not offers:
        return []
    matches = _matches(body, offers)
    if choice == "required" and not matches:
        matches = offers[:1]
    one = body.get("parallel_tool_calls") is False or offers[0].sort == "legacy"
    return matches[:1] if one else [offer for offer in offers if offer in matches]


def _named(tool: dict[str, Any]) -> tuple[Any, Any]:
    """(type, name) of an entry of `allowed_tools`, in either of its two spellings."""
    sort = tool.get("type")
    inner = tool.get(sort) if isinstance(sort, str) else None
    return sort, inner.get("name") if isinstance(inner, dict) else tool.get("name")


def _matches(body: dict[str, Any], offers: list[_Offer]) -> list[_Offer]:
    """The offers that share a word with the user's last message, best first."""
    last = body["messages"][-1]
    if last["role"] != "user":
        return []
    said = _words(tokens.message_text(last))
    scored = [
        (
            len(said & _words(f"{_CAMEL.sub(' ', offer.spec['name'])} {offer.spec.get('description', '')}")),
            offer,
        )
        for offer in offers
    ]
    best = sorted((pair for pair in scored if pair[0]), key=lambda pair: -pair[0])
    return [offer for _, offer in best]


def _words(text: str) -> set[str]:
    words: Iterable[str] = (word.lower() for word in _WORD.findall(text.replace("_", " ")))
    return {word for word in words if word not in _FILLERS}


def _argument(offer: _Offer, body: dict[str, Any]) -> str:
    if offer.sort == "custom":
        grammar = offer.spec.get("format", {}).get("grammar", {})
        if grammar.get("syntax") == "regex":
            pattern = {"type": "string", "pattern": grammar["definition"]}
            return str(samples.sample(pattern, f"{offer.path}.format.grammar.definition"))
        return tokens.message_text(body["messages"][-1]) or "offline"
    parameters = offer.spec.get("parameters") or {}
    value = samples.sample({"type": "object", **parameters}, f"{offer.path}.parameters")
    return json.dumps(value, ensure_ascii=False)
