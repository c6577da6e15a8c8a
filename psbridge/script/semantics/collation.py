"""How strings compare as people sort them: punctuation, digits, letters; accents, then case, break ties.

An approximation of the Unicode root collation that .NET uses for its invariant culture.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_PUNCTUATION = "_-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$"
_ORDER = {character: index for index, character in enumerate(_PUNCTUATION)}
_LONG_S = "\u017f\u1e9b\ufb05"
Key = tuple[tuple[tuple[int, int], ...], tuple[int, ...], tuple[int, ...]]


@lru_cache(maxsize=4096)
def sort_key(text: str) -> Key:
    """Compares as the text sorts; its last part is the case, lower before upper."""
    primary: list[tuple[int, int]] = []
    accents: list[int] = []
    cases: list[int] = []
    for character in text if text.isascii() else unicodedata.normalize("NFD", text):
        if unicodedata.combining(character):
            if accents:
                accents[-1] = accents[-1] * 256 + ord(character) % 256 + 1
            continue
        accents.append(0)
        cases.append(int(character.isupper()))
        if character.isspace():
            primary.append((0, ord(character)))
        elif character.isdigit():
            primary.append((3, unicodedata.digit(character, ord(character))))
        elif character.isalpha():
            primary.append((4, ord(character.lower()[0])))
        elif unicodedata.category(character) in ("Cc", "Cf"):
            accents.pop()
            cases.pop()
        else:
            primary.append((1, _ORDER.get(character, 100 + ord(character))))
    return tuple(primary), tuple(accents), tuple(cases)


@lru_cache(maxsize=1024)
def _shape(text: str, ignore_case: bool) -> str:
    kept = [
        character
        for character in text
        if unicodedata.category(character) not in ("Cc", "Cf") or character in "\t\n\v\f\r\x85"
    ]
    if not ignore_case:
        return unicodedata.normalize("NFC", "".join(kept))
    shape = unicodedata.normalize("NFC", "".join(map(_compatible, kept)))
    return shape.lower().replace("\u03c2", "\u03c3")


def _compatible(character: str) -> str:
    """What a character stands for; those of another width and the long s stand for themselves."""
    if character.isascii() or character in _LONG_S:
        return character
    kind = unicodedata.decomposition(character).partition(" ")[0]
    return character if kind in ("<wide>", "<narrow>") else unicodedata.normalize("NFKC", character)


def same(left: str, right: str, *, ignore_case: bool = True) -> bool:
    """Whether two texts are equal to a culture: composed or not, and whatever controls stand between."""
    return _shape(left, ignore_case) == _shape(right, ignore_case)


def compare(left: str, right: str, *, ignore_case: bool = True) -> int:
    """-1, 0 or 1."""
    if left == right:
        return 0
    one, other = sort_key(left), sort_key(right)
    if ignore_case:
        one, other = (*one[:2], ()), (*other[:2], ())
    if one == other:
        return 0
    return -1 if one < other else 1
