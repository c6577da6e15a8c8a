"""Capitals and small letters, as the invariant culture and others make them of each other."""

from __future__ import annotations

import re
from typing import Any

from psbridge.script.semantics.cultures import formats_of, is_turkic


def title(text: str, culture: Any = None) -> str:
    """`ToTitleCase`."""

    def one(match: re.Match[str]) -> str:
        word = match.group()
        return (
            word if len(word) > 1 and word.isupper() else upper(word[:1], culture) + lower(word[1:], culture)
        )

    return re.sub(r"[^\W\d_][\w']*", one, text)


def upper(text: str, culture: Any = None) -> str:
    """In capitals, character by character: one whose capital is several stays as it is."""
    if culture is not None and is_turkic(formats_of(culture)):
        text = text.replace("i", "İ")
    if text.isascii():
        return text.upper()
    return "".join(big if len(big := one.upper()) == 1 else one for one in text)


def lower(text: str, culture: Any = None) -> str:
    """In small letters, character by character."""
    if culture is not None and is_turkic(formats_of(culture)):
        text = text.replace("I", "\u0131").replace("İ", "i")
    if text.isascii():
        return text.lower()
    return "".join(small if len(small := one.lower()) == 1 else one for one in text)


__all__ = ["lower", "title", "upper"]
