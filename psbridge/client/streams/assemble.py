"""Chunks folded into the completion they are pieces of, as the server would have sent it whole.

Works on the wire's JSON, so it needs no codec and keeps members it does not know.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..message import jsontext
from .sse import ServerSentEvent

DONE = b"[DONE]"


class Assembler:
    """Feed it chunks as dicts; `completion()` gives what they add up to so far."""

    def __init__(self) -> None:
        self._top: dict[str, Any] = {}
        self._choices: dict[int, dict[str, Any]] = {}

    def add(self, chunk: Mapping[str, Any]) -> None:
        """Take in one chunk; what is no chunk of a completion adds nothing."""
        for name, value in chunk.items():
            if name == "choices":
                self._top.setdefault("choices", [])
                for choice in value if isinstance(value, list) else ():
                    if isinstance(choice, Mapping):
                        self._add_choice(choice)
            elif name == "object":
                self._top["object"] = "chat.completion"
            elif name == "obfuscation":
                continue  # padding against traffic analysis, no part of the completion
            elif value is not None or name not in self._top:
                self._top[name] = value

    def _add_choice(self, choice: Mapping[str, Any]) -> None:
        index = choice.get("index", 0)
        index = index if isinstance(index, int) else 0
        whole = self._choices.get(index)
        if whole is None:
            whole = self._choices[index] = {
                "index": index,
                "message": {"role": "assistant", "content": None, "refusal": None},
                "logprobs": None,
                "finish_reason": None,
            }
        for name, value in choice.items():
            if name == "delta":
                if isinstance(value, Mapping):
                    _merge(whole["message"], value)
            elif name == "logprobs":
                if isinstance(value, Mapping):
                    whole["logprobs"] = whole["logprobs"] or {}
                    _merge(whole["logprobs"], value)
            elif name != "index" and (value is not None or name not in whole):
                whole[name] = value

    def unfinished(self) -> bool:
        """Whether a choice has begun and has no finish_reason yet."""
        return any(choice["finish_reason"] is None for choice in self._choices.values())

    def completion(self) -> dict[str, Any]:
        """The completion so far; a new dict that later chunks do not change."""
        choices = []
        for _, choice in sorted(self._choices.items()):
            choices.append(_finished(choice))
        return {"object": "chat.completion", **self._top, "choices": choices}


class _Text(list[str]):
    """A text still being put together: its pieces, joined once at the end instead of at every chunk."""


class _Numbered(dict[int, dict[str, Any]]):
    """A list whose items come in pieces that carry an `index`, such as tool calls."""


# Members whose later values replace the earlier: they name things instead of carrying text bit by bit.
_REPLACED = frozenset({"role", "id", "type", "name", "expires_at"})


def _merge(whole: dict[str, Any], delta: Mapping[str, Any]) -> None:
    for name, value in delta.items():
        old = whole.get(name)
        if value is None:
            whole.setdefault(name, None)
        elif name in _REPLACED:
            if value or old is None:  # some servers repeat an id as an empty text
                whole[name] = value
        elif isinstance(value, str):
            if isinstance(old, _Text):
                old.append(value)
            else:
                whole[name] = _Text([value])
        elif (
            isinstance(value, list) and value and all(isinstance(i, Mapping) and "index" in i for i in value)
        ):
            numbered = old if isinstance(old, _Numbered) else _Numbered()
            whole[name] = numbered
            for item in value:
                entry = numbered.setdefault(item["index"], {})
                _merge(entry, {key: member for key, member in item.items() if key != "index"})
        elif isinstance(value, list):
            whole[name] = (
                [*old, *value] if isinstance(old, list) and not isinstance(old, _Text) else list(value)
            )
        elif isinstance(value, Mapping):
            entry = old if isinstance(old, dict) else {}
            whole[name] = entry
            _merge(entry, value)
        else:
            whole[name] = value


def _finished(value: Any) -> Any:
    if isinstance(value, _Text):
        return "".join(value)
    if isinstance(value, _Numbered):
        return [_finished(item) for _, item in sorted(value.items())]
    if isinstance(value, dict):
        return {name: _finished(member) for name, member in value.items()}
    if isinstance(value, list):
        return list(value)
    return value


def completion_of_events(events: Iterable[ServerSentEvent]) -> dict[str, Any]:
    """The completion that a whole stream of events adds up to.

    Raises ValueError where an event is no JSON object.
    """
    assembler = Assembler()
    for event in events:
        if event.data.strip() == DONE:
            break
        chunk = jsontext.loads(event.data)
        if not isinstance(chunk, dict):
            raise ValueError("an event is no JSON object")
        assembler.add(chunk)
    return assembler.completion()
