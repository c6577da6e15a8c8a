"""Secrets that do not show: the one wrapper every key, token and password is kept in, and the one rule by
which texts are shown, logged, raised and sent back to PowerShell.

Knows nothing of configuration or HTTP. Text leaves a `Secret` only through `reveal()`.
"""

from __future__ import annotations

import functools
import hmac
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NoReturn, Protocol, TypeVar, runtime_checkable
from urllib.parse import quote, quote_plus

from ...errors import PSBridgeError
from ...naming import is_sensitive_name

MASK = "**********"
SHORTEST = 4  # characters of a secret that is looked for in texts: anything shorter is part of ordinary words

_SENSITIVE_TEXT = re.compile(
    r"\b(sk|pk|rk|sess)-[A-Za-z0-9_\-]{8,}|\bBearer\s+[^\s\"',]+|://[^/\s@\"']+@", re.I
)

_QUERY = re.compile(r"([?&;][^\s=&?#\"']{1,100}=)[^\s&#\"']+")

_WORDS = re.compile(r"[\s=;,]+")


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
        return hmac.compare_digest(_bytes(self.__text), _bytes(other.__text))

    def __hash__(self) -> int:
        return hash((Secret, self.__text))

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce__(self) -> NoReturn:
        refuse_pickle()


def refuse_pickle() -> NoReturn:
    """Raise the TypeError of everything that holds a secret and is to be pickled."""
    raise TypeError(
        "A secret is not pickled; give the other process its own key, or a callable that fetches it."
    )


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


# Taking secrets in


def secret(value: object, parameter: str) -> Secret:
    """`value` as a Secret: a text, a SecureString, or a credential, whose password it is.

    SecureStrings give their text by `reveal()`, pydantic's secrets by `get_secret_value()`; credentials have
    a `password`, or .NET's `GetNetworkCredential()`.

    Raises TypeError, naming `parameter` and never the value.
    """
    text = _text_of(value)
    if text is None:
        kind = (
            "a table"
            if isinstance(value, Mapping)
            else type(value).__name__
            if value is not None
            else "nothing"
        )
        raise TypeError(f"{parameter} takes a text, a SecureString or a credential, not {kind}.")
    return value if isinstance(value, Secret) else Secret(text)


def key(value: object, parameter: str, *, blanks: bool = False) -> Secret:
    """`value` as a key that is sent in a header: as `secret`, without blanks at its ends and without the word
    `Bearer` before it, which is sent anyway.

    Args:
        blanks: it may hold blanks, as no key does that a person pastes.

    Raises:
        TypeError: it is of no kind that `secret` takes.
        ValueError: it is empty, or holds a blank or what a header cannot carry. Neither shows the value.
    """
    whole = secret(value, parameter).reveal()
    text = whole.strip()
    word, _, rest = text.partition(" ")
    if word.lower() == "bearer":  # alone, too: what a script wrote behind it was empty
        text = rest.strip()
    if not text:
        raise ValueError(f"{parameter} may not be empty.")
    spaces = {" "} if blanks else set()
    if any((c.isspace() and c not in spaces) or ord(c) > 255 or not c.isprintable() for c in text):
        raise ValueError(
            f"{parameter} may hold no blank, line break, control character or character outside ISO-8859-1."
        )
    return value if isinstance(value, Secret) and text == whole else Secret(text)


_NAMES = ("password", "Password")


def _text_of(value: object) -> str | None:
    if isinstance(value, str):
        return str(value)
    for method in ("reveal", "get_secret_value"):
        if callable(getattr(value, method, None)):
            text = getattr(value, method)()
            return text if isinstance(text, str) else None
    if isinstance(value, Mapping):
        return None
    if callable(getattr(value, "GetNetworkCredential", None)):
        value = value.GetNetworkCredential()  # type: ignore[attr-defined]
    for name in _NAMES:
        password = getattr(value, name, None)
        if password is not None and password is not value:
            return _text_of(password)
    return None


_Failure = TypeVar("_Failure", bound=PSBridgeError)


def without_frames(error: _Failure) -> _Failure:
    """`error` as if it were raised where it is raised next, without what it came of."""
    error.__traceback__ = error.__cause__ = error.__context__ = None
    return error


_Function = TypeVar("_Function", bound=Callable[..., Any])


def leaves_no_trace(function: _Function) -> _Function:
    """`function`, whose arguments are secrets, with its errors free of its frames.

    Reports that show the local variables of a traceback would show the arguments.
    """

    @functools.wraps(function)
    def call(*args: Any, **named: Any) -> Any:
        try:
            return function(*args, **named)
        except PSBridgeError as error:
            failure = without_frames(error)
        del args, named
        raise failure from None

    return call  # type: ignore[return-value]


# Showing


def forms(text: str) -> list[str]:
    """A secret as it may appear in a text, the longest first: itself, or escaped by Python, JSON or a URL."""
    spellings = {text, repr(text)[1:-1], quote(text, safe=""), quote_plus(text)}
    spellings.update(json.dumps(text, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False))
    for encoding in ("utf-8", "latin-1"):
        spellings.add(repr(text.encode(encoding, "replace"))[2:-1])
    return sorted((one for one in spellings if len(one) >= SHORTEST), key=len, reverse=True)


def mask_text(text: str, *secrets: str) -> str:
    """`text` with the given secrets, anything shaped like a key, and a URL's user part and keys masked."""
    masked = _SENSITIVE_TEXT.sub(
        lambda match: "://" + MASK + "@" if match[0].startswith("://") else MASK, hidden(text, secrets)
    )
    return _QUERY.sub(_query_masked, masked) if "://" in masked and "=" in masked else masked


def _query_masked(member: re.Match[str]) -> str:
    return member[1] + MASK if is_sensitive_name(member[1]) else member[0]


_Hidden = TypeVar("_Hidden")


def hidden(value: _Hidden, secrets: Sequence[str]) -> _Hidden:
    """A JSON-like value, or bytes, with the given secrets masked wherever a text or a name holds one."""
    spellings = [form for known in secrets if len(known) >= SHORTEST for form in forms(known)]
    return _without(value, spellings) if spellings else value


def _without(value: Any, spellings: list[str]) -> Any:
    if isinstance(value, str):
        for form in spellings:
            value = value.replace(form, MASK)
        return value
    if isinstance(value, bytes):
        for form in spellings:
            for spelled in (_bytes(form), form.encode("latin-1", "replace")):
                value = value.replace(spelled, MASK.encode())
        return value
    if isinstance(value, Mapping):
        return {_without(name, spellings): _without(item, spellings) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_without(item, spellings) for item in value)
    return value


def shown(value: Any, name: str = "", mask: Any = MASK) -> Any:
    """A value as it may be shown: `mask` for what is secret by its kind or by the `name` it stands under."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Secret | Revealable) or callable(value) or hasattr(value, "reserve"):
        return mask
    if isinstance(value, Mapping):
        return {key: shown(item, str(key), mask) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [shown(item, name, mask) for item in value]
    if isinstance(value, str):
        return mask if value and is_sensitive_name(name) else mask_text(value)
    return value


def is_hidden(value: object, name: str = "") -> bool:
    """Whether something in `value` is not shown by `shown`."""
    return bool(shown(value, name) != (dict(value) if isinstance(value, Mapping) else value))


def secret_texts(value: object, name: str = "") -> Iterator[str]:
    """The texts in a setting that may show nowhere: of secrets, and of what stands under a sensitive name."""
    if isinstance(value, Secret | Revealable):
        value, name = value.reveal(), "secret"
    if isinstance(value, str):
        if is_sensitive_name(name):
            yield value
            # A header's value may hold the secret behind a word or a name, and a server echo it alone.
            yield from (word for word in _WORDS.split(value) if len(word) >= 2 * SHORTEST and word != value)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from secret_texts(item, str(key))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from secret_texts(item, name)


class Masked(Mapping[str, Any]):
    """A read-only table whose repr shows no secret."""

    __slots__ = ("_members",)

    def __init__(self, members: Mapping[str, Any] | Iterable[tuple[str, Any]]) -> None:
        self._members: dict[str, Any] = dict(members)

    def __getitem__(self, name: str) -> Any:
        return self._members[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def __repr__(self) -> str:
        return repr(shown(self._members))

    def __reduce__(self) -> tuple[Any, ...]:
        if is_hidden(self._members):
            refuse_pickle()
        return Masked, (self._members,)


class MaskedUrl(str):
    """A URL that shows no password; as a text it is whole."""

    def __repr__(self) -> str:
        return repr(mask_text(str.__str__(self)))

    def __str__(self) -> str:
        return mask_text(str.__str__(self))

    def __format__(self, specification: str) -> str:
        return format(str(self), specification)

    def __reduce__(self) -> tuple[Any, ...]:
        if mask_text("".join(self)) != "".join(self):
            refuse_pickle()
        return MaskedUrl, ("".join(self),)
