"""Comparing texts as .NET does: without case, one character to one, and in the invariant culture's order."""

from __future__ import annotations

import unicodedata


def folded(text: str) -> str:
    """A text as OrdinalIgnoreCase compares it: each character's simple upper case, so `ß` is not `SS`.

    No letter beyond ASCII becomes one of ASCII: neither the dotless i nor the long s does.
    """
    if text.isascii():
        return text.upper()
    return "".join(map(_upper, text))


def _upper(character: str) -> str:
    upper = character.upper()
    if len(upper) != 1 or (upper < "\x80") != (character < "\x80"):
        return character
    return upper


def culture_folded(text: str) -> str:
    """A text as the invariant culture compares it without case: letters and accents in whichever way they are
    put together, each character's simple small letter.
    """
    if text.isascii():
        return text.lower()
    return "".join(
        lower if len(lower := character.lower()) == 1 else character
        for character in unicodedata.normalize("NFD", text)
    )


def culture_key(text: str) -> tuple[object, ...]:
    """A key that sorts as the invariant culture does: by letters, then accents, then small before capital.

    Blanks and signs come before digits, digits before letters.
    """
    letters: list[tuple[int, str]] = []
    accents: list[str] = []
    cases: list[bool] = []
    for character in unicodedata.normalize("NFD", text):
        if unicodedata.combining(character):
            accents.append(character)
            continue
        rank = 2 if character.isalpha() else 1 if character.isdigit() else 0
        letters.append((rank, character.casefold()))
        accents.append("")
        cases.append(character.isupper())
    return tuple(letters), tuple(accents), tuple(cases)
