"""A request's body as a value, made once: what is sent, and what everybody else asks about it.

Knows JSON and forms; no operation, no header, no configuration.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import RequestError
from . import jsontext
from .form import Content


class Payload:
    """What one request sends.

    Args:
        content: JSON bytes, a form, or nothing.
        members: of the JSON, where they are known; else they are read when somebody asks.
        streamed: an event stream is asked for.
    """

    __slots__ = ("_members", "content", "streamed")

    def __init__(
        self, content: Content = b"", members: Mapping[str, Any] | None = None, streamed: bool = False
    ) -> None:
        self.content = content
        self.streamed = streamed
        self._members = members

    @classmethod
    def of(
        cls,
        given: Payload | bytes | Mapping[str, Any],
        *,
        model: str | None = None,
        base: Mapping[str, Any] | None = None,
        additional: Mapping[str, Any] | None = None,
        streamed: bool = False,
    ) -> Payload:
        """The payload for a request given as JSON bytes, as its members, or as a payload.

        Bytes go out as they are unless something has to be added: `additional` members win over those given,
        which win over those of `base`; `model` is named where none of them names one.

        Raises:
            RequestError: it is no JSON object, or something in it is not JSON.
        """
        extra: dict[str, Any] = dict(additional or {})
        if streamed:
            extra["stream"] = True
        if isinstance(given, bytes | bytearray | memoryview):
            given = cls(bytes(given))
        members: Any = given
        if isinstance(given, Payload):
            if not extra and not base and not model:
                return given
            try:
                members = given.members()
            except ValueError as error:
                raise RequestError(f"The request is not JSON: {error}.", parameter="Request") from None
        if not isinstance(members, Mapping):
            raise RequestError("The request must be a JSON object.", parameter="Request")
        if extra or base or (model and members.get("model") is None):
            members = {**(base or {}), **members, **extra}
            if members.get("model") is None and model:
                members["model"] = model
        try:
            content = jsontext.dumps(members)
        except ValueError as error:
            raise RequestError(
                f"The request cannot be written as JSON: {error}.", parameter="Request"
            ) from None
        return cls(content, members, streamed)

    def members(self) -> Any:
        """What its JSON says: members, where it is an object. None for a form.

        Raises:
            ValueError: it is not JSON.
        """
        if self._members is None and isinstance(self.content, bytes):
            members = jsontext.loads(self.content)
            if not isinstance(members, Mapping):
                return members
            self._members = members
        return self._members

    def _member(self, name: str) -> Any:
        try:
            members = self.members()
        except ValueError:  # it goes out as it came; the server says what is wrong with it
            return None
        return members.get(name) if isinstance(members, Mapping) else None

    @property
    def model(self) -> str | None:
        """The model it names, or None."""
        model = self._member("model")
        return model if isinstance(model, str) else None

    @property
    def prompt_tokens(self) -> int:
        """A rough count of the tokens that go out: one for 4 bytes of JSON, at least 1; else 0."""
        return len(self.content) // 4 + 1 if isinstance(self.content, bytes) and self.content else 0

    @property
    def answer_tokens(self) -> int:
        """The tokens that its answers may use at most, 0 where it sets no limit."""
        most = self._member("max_completion_tokens") or self._member("max_tokens")
        count = self._member("n")
        if not isinstance(most, int):
            return 0
        return most * (count if isinstance(count, int) else 1)

    @property
    def tokens(self) -> int:
        """What it counts as against a limit of tokens a minute, until its usage is known."""
        return self.prompt_tokens + self.answer_tokens
