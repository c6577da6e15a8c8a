"""HTTP headers: a case-insensitive read-only mapping, and the checks on what may be sent.

Knows nothing of configuration or transport.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ..settings.secret import hidden, shown

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_FORBIDDEN_IN_VALUE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]|[^\x00-\xff]")


class Headers(Mapping[str, str]):
    """Reply headers. Names compare without case; several lines of one name are joined by a comma and a
    space.
    """

    __slots__ = ("_index", "raw")

    def __init__(self, raw: Iterable[tuple[bytes, bytes]] = ()) -> None:
        self.raw: tuple[tuple[bytes, bytes], ...] = tuple(raw)
        self._index: dict[str, tuple[str, str]] | None = None

    @property
    def request_id(self) -> str | None:
        """The server's id of the request: OpenAI's header, else Azure's, else None."""
        return self.get("x-request-id") or self.get("apim-request-id")

    def hidden(self, secrets: Sequence[str]) -> Headers:
        """The same with the given secrets masked, which a server may have sent back."""
        return Headers((name, hidden(value, secrets)) for name, value in self.raw) if secrets else self

    @property
    def frames_body(self) -> bool:
        """Whether the reply says where its body ends, so that an end in good order is the whole body."""
        return "content-length" in self or "chunked" in self.get("transfer-encoding", "").lower()

    def _by_name(self) -> dict[str, tuple[str, str]]:
        if self._index is None:
            index: dict[str, tuple[str, str]] = {}
            for raw_name, raw_value in self.raw:
                name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
                seen = index.get(name.lower())
                index[name.lower()] = (seen[0], f"{seen[1]}, {value}") if seen else (name, value)
            self._index = index
        return self._index

    def __getitem__(self, name: str) -> str:
        return self._by_name()[name.lower()][1]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._by_name()

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._by_name().values())

    def __len__(self) -> int:
        return len(self._by_name())

    def __repr__(self) -> str:
        return f"Headers({shown(dict(self))!r})"


def is_header_safe(text: str) -> bool:
    """Whether `text` can be sent in one header line."""
    return _FORBIDDEN_IN_VALUE.search(text) is None


def check_header(name: str, value: str, parameter: str) -> None:
    """Refuse a header that could not be sent as one line, naming `parameter` and the header, never the value.

    Raises ValueError.
    """
    if not isinstance(name, str) or not _TOKEN.fullmatch(name):
        raise ValueError(
            f"{parameter}: '{name!s:.80}' is no header name; letters, digits and -_.!#$%&'*+^`|~ are."
        )
    if not isinstance(value, str):
        raise ValueError(f"{parameter}: the value of the header '{name}' must be a text.")
    if not is_header_safe(value):
        raise ValueError(
            f"{parameter}: the value of the header '{name}' may hold no line break, control character "
            "or character outside ISO-8859-1."
        )
