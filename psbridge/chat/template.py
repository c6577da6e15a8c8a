"""Templates of prompts: `Classify: {Text}` with an item's properties by name; `{{` and `}}` stand for braces.

Names only: no format, no dots, no indexes. Names are taken in any case, as PowerShell takes them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..models.problems import InvalidValueError

_PIECE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+")
_NO_NAME = re.compile(r"[.\[\]:!]|^\s*$")


class TemplateError(InvalidValueError):
    """A template that cannot be read, or an item that lacks what it names; nothing was sent."""


class Template:
    """A template, read once.

    Attributes:
        names: the properties that it names, each once, in their order.

    Raises:
        TemplateError: for a brace without its twin, or what is no name between braces.
    """

    def __init__(self, text: str, parameter: str = "Template") -> None:
        self.text = text
        self._parameter = parameter
        pieces: list[tuple[str, bool]] = []
        for match in _PIECE.finditer(text):
            piece = match.group()
            if piece in ("{{", "}}"):
                pieces.append((piece[0], False))
            elif match.group(1) is not None:
                pieces.append((self._name(match.group(1), match.start()), True))
            elif piece in ("{", "}"):
                raise self._problem(
                    f"has a '{piece}' without its twin at character {match.start() + 1}; "
                    f"'{piece * 2}' stands for the brace itself"
                )
            else:
                pieces.append((piece, False))
        self._pieces = tuple(pieces)
        self.names = tuple(dict.fromkeys(text for text, is_name in pieces if is_name))

    def _name(self, between: str, start: int) -> str:
        if _NO_NAME.search(between):
            raise self._problem(
                f"has '{{{between}}}' at character {start + 1}, which is no name: between braces stands a "
                "property's name and nothing else ('{{' stands for a brace)"
            )
        return between.strip()

    def fill(self, item: Any) -> str:
        """The text for one item: a mapping, a property bag, an object, or the text of a JSON object.

        Raises:
            TemplateError: naming the first property that the item does not have.
        """
        if type(item) is dict:  # mostly all is there, by just these names, and text
            quick: list[Any] = [item.get(text) if is_name else text for text, is_name in self._pieces]
            try:
                return "".join(quick)
            except TypeError:
                pass
        members = properties_of(item)
        by_name: Mapping[str, Any] | None = None
        texts = []
        for text, is_name in self._pieces:
            if not is_name:
                texts.append(text)
            elif text in members:
                texts.append(as_text(members[text]))
            else:
                if by_name is None:
                    by_name = {name.lower(): value for name, value in members.items()}
                if text.lower() not in by_name:
                    raise self.missing(text, members)
                texts.append(as_text(by_name[text.lower()]))
        return "".join(texts)

    def check_names(self, names: Iterable[str]) -> None:
        """Refuse the template where no item can have what it names.

        Raises:
            TemplateError: naming the first property that is not among `names`.
        """
        known = list(names)
        lower = {name.lower() for name in known}
        for name in self.names:
            if name.lower() not in lower:
                raise self.missing(name, known)

    def missing(self, name: str, known: Iterable[str]) -> TemplateError:
        """The error for a property that is not there."""
        listed = list(known)
        shown = ", ".join(listed[:20]) + (", …" if len(listed) > 20 else "")
        has = f"it has {shown}" if listed else "it has no properties"
        return self._problem(f"names '{name}', which the item does not have; {has}")

    def _problem(self, sentence: str) -> TemplateError:
        return TemplateError(
            f"invalid value for '{self._parameter}', it {sentence}.",
            parameter=self._parameter,
            path=self._parameter,
        )


def properties_of(item: Any) -> Mapping[str, Any]:
    """What a template can name of an item, by name; nothing for a plain text."""
    bag = getattr(item, "__ps_properties__", None)
    if bag is not None:
        item = bag()
    if isinstance(item, Mapping):
        return {str(name): value for name, value in item.items()}
    if isinstance(item, str):
        return _json_object(item)
    if isinstance(item, tuple) and hasattr(item, "_asdict"):
        return dict(item._asdict())
    if item is None or isinstance(item, (int, float, bytes, list, tuple)):
        return {}
    return _Attributes(item)


def _json_object(text: str) -> Mapping[str, Any]:
    if not text.lstrip().startswith("{"):
        return {}
    try:
        members = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return members if isinstance(members, dict) else {}


class _Attributes(Mapping[str, Any]):
    """An object's public attributes, read when they are asked for."""

    def __init__(self, item: Any) -> None:
        self._item = item
        self._names = {name.lower(): name for name in reversed(dir(item)) if not name.startswith("_")}

    def __getitem__(self, name: str) -> Any:
        own = self._names[name.lower()]
        value = getattr(self._item, own)
        if callable(value):
            raise KeyError(name)
        return value

    def __contains__(self, name: object) -> bool:
        try:
            return isinstance(name, str) and self[name] is not NotImplemented
        except (KeyError, AttributeError):
            return False

    def __iter__(self) -> Any:
        return (name for name in self._names.values() if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def as_text(value: Any) -> str:
    """A property as it stands in a prompt: nothing for null, JSON for tables and lists."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, (Mapping, list, tuple)) or hasattr(value, "__ps_properties__"):
        from .schema import plain

        return json.dumps(plain(value), ensure_ascii=False, default=str)
    return str(value)
