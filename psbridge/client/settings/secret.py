"""Secrets that do not show: the one wrapper every key, token and password is kept in.

Knows nothing of configuration or HTTP. Text leaves a `Secret` only through `reveal()`.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn, Protocol, TypeVar, runtime_checkable

MASK = "**********"

_SENSITIVE_NAME = re.compile(
    r"auth|key|token(?!s)|secret|password|passphrase|cookie|signature|credential", re.I
)
_SENSITIVE_TEXT = re.compile(
    r"\b(sk|pk|rk|sess)-[A-Za-z0-9_\-]{8,}|\bBearer\s+[^\s\"',]+|://[^/\s@\"']+@", re.I
)


@runtime_checkable
class Revealable(Protocol):
    """Anything SecureString-like: it gives its text when asked, and only then."""

    def reveal(self) -> str:
        """The text itself."""


class Secret:
    """A text that repr, str, format, logging, `vars` and pickle do not show.

    Two secrets are equal when their texts are; the comparison takes the same time whatever differs.
    """

    __slots__ = ("__text",)

    def __init__(self, text: str) -> None:
        self.__text = text

    def reveal(self) -> str:
        """The text itself."""
        return self.__text

    def __repr__(self) -> str:
        return f"Secret('{MASK}')"

    def __str__(self) -> str:
        return MASK

    def __format__(self, specification: str) -> str:
        return format(MASK, specification)

    def __bool__(self) -> bool:
        return bool(self.__text)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self.__text.encode(), other.__text.encode())

    def __hash__(self) -> int:
        return hash((Secret, self.__text))

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "A secret is not pickled; give the other process its own key, or a callable that fetches it."
        )


def secret(value: object, parameter: str) -> Secret:
    """`value` as a Secret: a text, a Secret, or anything with a `reveal` method that returns a text.

    Raises TypeError, naming `parameter` and never the value.
    """
    if isinstance(value, Secret):
        return value
    if isinstance(value, str):
        return Secret(value)
    if isinstance(value, Revealable):
        text = value.reveal()
        if isinstance(text, str):
            return Secret(text)
    raise TypeError(f"{parameter} takes a text or a SecureString, not {type(value).__name__}.")


def is_sensitive_name(name: str) -> bool:
    """Whether a header or field of this name is likely to carry a credential."""
    return _SENSITIVE_NAME.search(name) is not None


def mask_text(text: str, *secrets: str) -> str:
    """`text` with the given secrets, anything shaped like a key, and a URL's user part masked."""
    for known in secrets:
        if known:
            text = text.replace(known, MASK)
    return _SENSITIVE_TEXT.sub(lambda match: "://" + MASK + "@" if match[0].startswith("://") else MASK, text)


_Hidden = TypeVar("_Hidden")


def hidden(value: _Hidden, secrets: Sequence[str]) -> _Hidden:
    """A JSON-like value, or bytes, with the given secrets masked wherever a text or a name holds one."""
    if not secrets:
        return value
    result: Any = value
    if isinstance(value, str):
        for known in secrets:
            result = result.replace(known, MASK)
    elif isinstance(value, bytes):
        for known in secrets:
            result = result.replace(known.encode("utf-8", "surrogatepass"), MASK.encode())
    elif isinstance(value, Mapping):
        result = {hidden(name, secrets): hidden(item, secrets) for name, item in value.items()}
    elif isinstance(value, list | tuple):
        result = type(value)(hidden(item, secrets) for item in value)
    return result  # type: ignore[no-any-return]
