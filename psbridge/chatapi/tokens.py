"""Tokens and who hands them out: `BearerToken`, `TokenContainer`, `TokenProvider`, `RateLimitProvider`.

A provider is one of the client's key dispensers, so the one retry loop asks it before every try. Which key is
free next is `KeyRing`'s business; here each token brings its own timeout.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from ..client.clock import Cancellation, Clock
from ..client.errors import CallCancelledError, ConfigurationError
from ..client.message.headers import is_header_safe
from ..client.settings.keys import KeyRing
from ..client.settings.secret import MASK, Revealable, Secret, secret
from ..forks import new_lock

_SLICE = 0.05  # seconds between two looks at a cancellation while a token is awaited


def seconds(value: float | timedelta, parameter: str) -> float:
    """A length of time in seconds, given as seconds or as a timedelta.

    Raises:
        ConfigurationError: it is no length of time, or negative.
    """
    number = value.total_seconds() if isinstance(value, timedelta) else value
    if isinstance(number, bool) or not isinstance(number, (int, float)) or not 0 <= number < float("inf"):
        raise ConfigurationError(
            f"{parameter} must be a timedelta or a number of seconds, 0 or more.", parameter=parameter
        )
    return float(number)


class BearerToken:
    """A token sent as `Authorization: Bearer`; its text shows in no repr, error or log.

    Args:
        value: the token, as a text, a Secret or a SecureString.
        timeout: how long a `RateLimitProvider` waits between two uses of it: seconds or a timedelta; None for
            no wait.

    Raises:
        ConfigurationError: the token is empty or cannot be sent in a header, or the timeout is negative.
    """

    __slots__ = ("_secret", "_timeout")

    def __init__(self, value: str | Secret | Revealable, timeout: float | timedelta | None = None) -> None:
        try:
            kept = secret(value, "BearerToken")
        except TypeError as error:
            raise ConfigurationError(str(error), parameter="BearerToken") from None
        if not kept.reveal() or not is_header_safe(kept.reveal()):
            raise ConfigurationError(
                "BearerToken may not be empty nor hold a line break or control character.",
                parameter="BearerToken",
            )
        self._secret = kept
        self._timeout = 0.0 if timeout is None else seconds(timeout, "timeout")

    @property
    def Value(self) -> Secret:
        """The token, masked; `reveal()` gives its text."""
        return self._secret

    @property
    def Timeout(self) -> timedelta:
        """The wait between two uses; zero for none."""
        return timedelta(seconds=self._timeout)

    value = Value
    timeout = Timeout

    def __repr__(self) -> str:
        return f"BearerToken('{MASK}', timeout={self._timeout:g})"


class TokenContainer:
    """The tokens a provider hands out, in order.

    Raises:
        ConfigurationError: something in it is no BearerToken.
    """

    def __init__(self, tokens: Iterable[BearerToken] = ()) -> None:
        self._tokens = list(tokens)
        for token in self._tokens:
            if not isinstance(token, BearerToken):
                raise ConfigurationError(
                    f"tokens takes BearerToken objects, not {type(token).__name__}.", parameter="tokens"
                )

    @property
    def Tokens(self) -> tuple[BearerToken, ...]:
        """The tokens."""
        return tuple(self._tokens)

    tokens = Tokens

    def __len__(self) -> int:
        return len(self._tokens)


class TokenProvider:
    """Hands tokens out in turn, without waiting; a token that got a 429 rests while the others go on.

    To choose in another way, subclass it and override `reserve`.

    Args:
        container: the tokens; at least one.
        clock: the time; replaced in tests.
    """

    def __init__(self, container: TokenContainer, clock: Clock | None = None) -> None:
        self._clock = clock if clock is not None else Clock()
        self._tokens = container.Tokens
        if not self._tokens:
            raise ConfigurationError("AddTokens: a provider needs at least one token.", parameter="AddTokens")
        self._ring = KeyRing([token.Value for token in self._tokens])

    def reserve(self, now: float) -> tuple[Secret, float]:
        """The next token's secret, and the seconds from `now` (monotonic) until it may be used."""
        return self._ring.reserve(now)

    def penalise(self, key: Secret, until: float) -> None:
        """Hand this token out no more before `until` (monotonic seconds)."""
        self._ring.penalise(key, until)

    async def GetAsync(self, cancellation: Cancellation | None = None) -> BearerToken:
        """The next token, once it may be used.

        Raises:
            CallCancelledError: `cancellation` was cancelled before.
        """
        key, wait = self.reserve(self._clock.monotonic())
        until = self._clock.monotonic() + wait
        while True:
            if cancellation is not None and cancellation.cancelled:
                raise CallCancelledError("Waiting for a token was cancelled.")
            left = until - self._clock.monotonic()
            if left <= 0:
                return self._token(key)
            await self._clock.sleep_async(left if cancellation is None else min(left, _SLICE))

    get_async = GetAsync

    def _token(self, key: Secret) -> BearerToken:
        return next((token for token in self._tokens if token.Value == key), None) or BearerToken(key)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self._tokens)} tokens)"


class RateLimitProvider(TokenProvider):
    """Hands each token out no more often than its timeout allows; who asks first is served first."""

    def __init__(self, container: TokenContainer, clock: Clock | None = None) -> None:
        super().__init__(container, clock)
        self._lock = new_lock()
        # Two tokens of one text are one token to the server: the longer timeout holds.
        self._timeouts = {
            token.Value: max(t.Timeout.total_seconds() for t in self._tokens if t.Value == token.Value)
            for token in self._tokens
        }
        self._ring = KeyRing(self._timeouts)

    def reserve(self, now: float) -> tuple[Secret, float]:
        """The token that is free soonest, and the seconds from `now` until it may be used."""
        with self._lock:
            key, wait = super().reserve(now)
            self.penalise(key, now + wait + self._timeouts[key])
        return key, wait
