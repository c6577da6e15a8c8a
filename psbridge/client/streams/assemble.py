"""Chunks folded into the completion they are pieces of, as the server would have sent it whole.

Works on the wire's JSON, so it needs no codec and keeps members it does not know.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..message import jsontext
from .toolcalls import ToolCalls, number_of

DONE = b"[DONE]"


def check_chunk(chunk: object) -> None:
    """Refuse what cannot be read as a chunk, so that nothing of an answer is passed over in silence.

    Raises ValueError, naming the member.
    """
    if chunk.__class__ is not dict:
        raise ValueError("it is JSON, but no object")
    for choice in _items(chunk, "choices"):
        if choice.get("index").__class__ is not int:
            number_of(choice.get("index"))
        delta = choice.get("delta")
        if delta is None:
            continue
        if delta.__class__ is not dict:
            raise ValueError("a choice's 'delta' is no object")
        if delta.get("tool_calls") is None:
            continue
        for call in _items(delta, "tool_calls"):
            number_of(call.get("index"))
            for kind in ("function", "custom"):
                if call.get(kind) is not None and not isinstance(call[kind], dict):
                    raise ValueError(f"a tool call's '{kind}' is no object")


def _items(owner: Any, name: str) -> list[dict[str, Any]]:
    items: Any = owner.get(name)
    if items is None:
        return []
    if items.__class__ is not list:
        raise ValueError(f"'{name}' is no array")
    for item in items:
        if item.__class__ is not dict:
            raise ValueError(f"an item of '{name}' is no object")
    return items


def choice_number(choice: Mapping[str, Any], position: int) -> int:
    """Which choice a piece belongs to: its index, else its place in the chunk.

    Raises ValueError for an index that cannot be read.
    """
    index = choice.get("index")
    number = index if index.__class__ is int else number_of(index)
    return position if number is None else number


class Assembler:
    """Feed it chunks as dicts; `completion()` gives what they add up to so far."""

    def __init__(self) -> None:
        self._top: dict[str, Any] = {}
        self._choices: dict[int, _Choice] = {}

    def add(self, chunk: Mapping[str, Any]) -> None:
        """Take in one chunk; what `check_chunk` would refuse adds nothing."""
        for name, value in chunk.items():
            if name == "choices":
                self._top.setdefault("choices", [])
                for position, choice in enumerate(value if value.__class__ is list else ()):
                    if choice.__class__ is dict:
                        self._add_choice(choice, position)
            elif name == "object":
                self._top["object"] = "chat.completion"
            elif name == "obfuscation":
                continue  # padding against traffic analysis, no part of the completion
            else:
                _put(self._top, name, value)

    def _add_choice(self, piece: Mapping[str, Any], position: int) -> None:
        try:
            index = choice_number(piece, position)
        except ValueError:
            return
        choice = self._choices.get(index)
        if choice is None:
            choice = self._choices[index] = _Choice(index)
        choice.add(piece)

    @property
    def begun(self) -> bool:
        """Whether a choice has begun."""
        return bool(self._choices)

    def finished(self, done: bool) -> bool:
        """Whether the answer is whole: every choice has its finish reason.

        Behind a `[DONE]` an empty reason counts, and so does a stream without choices; without one there must
        be a choice, and each must say why it ended.
        """
        reasons = [choice.members["finish_reason"] for choice in self._choices.values()]
        return None not in reasons if done else bool(reasons) and all(reasons)

    def completion(self) -> dict[str, Any]:
        """The completion so far; a new dict that later chunks do not change."""
        choices = [_finished(choice.members) for _, choice in sorted(self._choices.items())]
        return {"object": "chat.completion", **self._top, "choices": choices}


class _Choice:
    """One choice as far as it has come."""

    def __init__(self, index: int) -> None:
        self._calls = ToolCalls()
        self.members: dict[str, Any] = {
            "index": index,
            "message": {"role": "assistant", "content": None, "refusal": None},
            "logprobs": None,
            "finish_reason": None,
        }

    def add(self, piece: Mapping[str, Any]) -> None:
        for name, value in piece.items():
            if name == "delta" or name == "message":
                if value.__class__ is dict:
                    self._add_delta(value)
            elif name == "logprobs":
                if isinstance(value, Mapping):
                    self.members["logprobs"] = self.members["logprobs"] or {}
                    _merge(self.members["logprobs"], value)
            elif name != "index":
                _put(self.members, name, value)

    def _add_delta(self, delta: Mapping[str, Any]) -> None:
        message = self.members["message"]
        calls = delta.get("tool_calls")
        if not isinstance(calls, list):
            _merge(message, delta)
            return
        _merge(message, {name: value for name, value in delta.items() if name != "tool_calls"})
        numbered = message.get("tool_calls")
        if not isinstance(numbered, _Numbered):
            numbered = message["tool_calls"] = _Numbered()
        for piece in calls:
            if not isinstance(piece, Mapping):
                continue
            try:
                number = self._calls.number(piece)
            except ValueError:
                continue
            call = numbered.setdefault(number, {})
            kept = ("index", "id") if call.get("id") else ("index",)  # a call keeps the id it began with
            _merge(call, {name: value for name, value in piece.items() if name not in kept})


class _Text(list[str]):
    """A text still being put together: its pieces, joined once at the end instead of at every chunk."""


class _Numbered(dict[int, dict[str, Any]]):
    """A list whose items come in pieces that carry an `index`, such as tool calls."""


# Texts that come bit by bit. Any other text names something, and a later one replaces the earlier.
_FRAGMENTS = frozenset(
    {
        "arguments",
        "content",
        "data",  # of audio
        "input",
        "reasoning",
        "reasoning_content",
        "reasoning_text",
        "refusal",
        "summary",
        "text",
        "thinking",
        "transcript",
    }
)


def _put(owner: dict[str, Any], name: str, value: Any) -> None:
    """Replace a member, but never a value by one that says nothing: null, an empty text or list, 0."""
    if value or value is False or owner.get(name) is None:
        owner[name] = value


def _merge(whole: dict[str, Any], delta: Mapping[str, Any]) -> None:
    for name, value in delta.items():
        old = whole.get(name)
        if value.__class__ is str:
            if name not in _FRAGMENTS:
                _put(whole, name, value)
            elif isinstance(old, _Text):
                old.append(value)
            elif isinstance(old, list):  # a text behind parts
                if value:
                    old.append({"type": "text", "text": value})
            elif value or old is None:
                whole[name] = _Text([value])
        elif value.__class__ is list:
            _merge_list(whole, name, value)
        elif isinstance(value, Mapping):
            if name in ("arguments", "input"):  # some servers send a call's arguments as an object
                whole[name] = _Text([*(old if isinstance(old, _Text) else ()), json_text(value)])
                continue
            entry = old if isinstance(old, dict) and not isinstance(old, _Numbered) else {}
            whole[name] = entry
            _merge(entry, value)
        else:
            _put(whole, name, value)


def _merge_list(whole: dict[str, Any], name: str, items: list[Any]) -> None:
    old = whole.get(name)
    if not items:
        if old is None:
            whole[name] = []
        return
    numbers = [_index(item) for item in items]
    if None not in numbers and (not old or isinstance(old, _Numbered)):
        numbered = old if isinstance(old, _Numbered) else _Numbered()
        whole[name] = numbered
        for number, item in zip(numbers, items, strict=True):
            _merge(numbered.setdefault(number or 0, {}), item)
        return
    if isinstance(old, _Text):  # parts behind a text
        text = "".join(old)
        old = [{"type": "text", "text": text}] if text else []
    elif isinstance(old, _Numbered):
        old = [_finished(item) for _, item in sorted(old.items())]
    whole[name] = [*old, *items] if isinstance(old, list) else list(items)


def _index(item: object) -> int | None:
    try:
        return number_of(item.get("index")) if isinstance(item, Mapping) else None
    except ValueError:
        return None


def json_text(value: object) -> str:
    """The arguments of a call that came as an object, as the text they should have been."""
    return jsontext.written(value).decode()


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
