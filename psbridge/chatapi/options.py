"""What `configure_api(lambda options: ...)` fills in: tokens, provider, address, policies, converters.

It only writes things down. `ChatApiBase` turns them into settings of the one client: retries and time limits
are the client's own, and no second loop stands round it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from ..client.clock import Clock
from ..client.errors import ConfigurationError
from ..client.settings.configuration import Configuration
from .breaker import Breaker
from .tokens import BearerToken, RateLimitProvider, TokenContainer, TokenProvider, seconds


@dataclass
class HttpClientSettings:
    """What AddApiHttpClients' first function sets; None leaves the configuration's value.

    Attributes:
        BaseAddress: where the API lives.
        Timeout: for a whole call, retries included: seconds or a timedelta.
        DefaultRequestHeaders: sent with every request.
    """

    BaseAddress: str | None = None
    Timeout: float | timedelta | None = None
    DefaultRequestHeaders: dict[str, str] = field(default_factory=dict)


class ClientBuilder:
    """What AddApiHttpClients' second function gets; its methods return it, so calls can be chained."""

    def __init__(self) -> None:
        self.retries: int | None = None
        self.limit: float | None = None
        self.circuit: tuple[int, float] | None = None

    def AddRetryPolicy(self, retries: int) -> ClientBuilder:
        """Try again up to `retries` times: the client's own retries, with its waits."""
        if isinstance(retries, bool) or not isinstance(retries, int) or retries < 0:
            raise ConfigurationError(
                "AddRetryPolicy: retries must be a whole number, 0 or more.", parameter="retries"
            )
        self.retries = retries
        return self

    def AddTimeoutPolicy(self, timeout: float | timedelta) -> ClientBuilder:
        """End a call, its retries and waits included, after `timeout`: seconds or a timedelta."""
        self.limit = _positive(timeout, "AddTimeoutPolicy")
        return self

    def AddCircuitBreakerPolicy(self, failures: int, duration: float | timedelta) -> ClientBuilder:
        """Refuse calls for `duration` (seconds or a timedelta) after `failures` failures in a row."""
        length = seconds(duration, "duration")
        Breaker(failures, length, Clock())  # checks both
        self.circuit = (failures, length)
        return self

    add_retry_policy = AddRetryPolicy
    add_timeout_policy = AddTimeoutPolicy
    add_circuit_breaker_policy = AddCircuitBreakerPolicy


@dataclass(frozen=True)
class JsonConverter:
    """How values of one type go out: `write(value)` returns a JSON value."""

    type: type
    write: Callable[[Any], Any]


@dataclass
class JsonOptions:
    """What ConfigureJsonOptions' function sets.

    Attributes:
        Converters: applied to the values of requests given as tables, the first that fits a value.
    """

    Converters: list[JsonConverter] = field(default_factory=list)

    def converted(self, value: Any) -> Any:
        """`value` with every converter applied."""
        for converter in self.Converters:
            if isinstance(value, converter.type):
                return converter.write(value)
        if isinstance(value, Mapping):
            return {name: self.converted(item) for name, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.converted(item) for item in value]
        return value


class HostConfiguration:
    """The options of `configure_api`; each method returns the options, so calls can be chained."""

    def __init__(self) -> None:
        self._tokens: list[BearerToken] = []
        self._provider: type[TokenProvider] | TokenProvider = RateLimitProvider
        self._http = HttpClientSettings()
        self._builder = ClientBuilder()
        self.json = JsonOptions()

    def AddTokens(
        self, tokens: BearerToken | TokenContainer | Iterable[BearerToken], *more: BearerToken
    ) -> HostConfiguration:
        """Add tokens: one, several, or a container of them."""
        first: Iterable[BearerToken]
        if isinstance(tokens, TokenContainer):
            first = tokens.Tokens
        elif isinstance(tokens, BearerToken):
            first = (tokens,)
        elif isinstance(tokens, Iterable) and not isinstance(tokens, (str, bytes)):
            first = tokens
        else:
            raise ConfigurationError(
                f"AddTokens takes BearerToken objects, not {type(tokens).__name__}.", parameter="tokens"
            )
        self._tokens += TokenContainer((*first, *more)).Tokens
        return self

    def UseProvider(self, provider: type[TokenProvider] | TokenProvider) -> HostConfiguration:
        """Hand tokens out through this kind of provider (made over the added tokens), or this very one."""
        kind = provider if isinstance(provider, type) else type(provider)
        if not issubclass(kind, TokenProvider):
            raise ConfigurationError(
                f"UseProvider takes a TokenProvider, not {kind.__name__}.", parameter="provider"
            )
        self._provider = provider
        return self

    def AddApiHttpClients(
        self,
        client: Callable[[HttpClientSettings], object] | None = None,
        builder: Callable[[ClientBuilder], object] | None = None,
    ) -> HostConfiguration:
        """Set the address, headers and time limit with `client`, and policies with `builder`."""
        if client is not None:
            client(self._http)
        if builder is not None:
            builder(self._builder)
        return self

    def ConfigureJsonOptions(self, configure: Callable[[JsonOptions], object]) -> HostConfiguration:
        """Set how values become JSON."""
        configure(self.json)
        return self

    add_tokens = AddTokens
    use_provider = UseProvider
    add_api_http_clients = AddApiHttpClients
    configure_json_options = ConfigureJsonOptions

    def _changes(self, clock: Clock, headers: Mapping[str, str | None]) -> dict[str, Any]:
        """What the options say, as settings of a Configuration whose default headers are `headers` so far."""
        found: dict[str, Any] = {}
        if isinstance(self._provider, TokenProvider):
            found["access_token"] = self._provider
        elif self._tokens:
            found["access_token"] = self._provider(TokenContainer(self._tokens), clock)
        if self._http.BaseAddress is not None:
            found["base_url"] = self._http.BaseAddress
        if self._http.DefaultRequestHeaders:
            found["default_headers"] = {**headers, **self._http.DefaultRequestHeaders}
        if self._http.Timeout is not None:
            found["timeout"] = _positive(self._http.Timeout, "Timeout")
        if self._builder.limit is not None:
            found["timeout"] = self._builder.limit
        if self._builder.retries is not None:
            found["max_retries"] = self._builder.retries
        return found

    def configuration(self, base: Configuration, clock: Clock) -> Configuration | None:
        """`base` with what the options say; None when they say nothing."""
        changes = self._changes(clock, base.default_headers)
        return base.replace(**changes) if changes else None

    def breaker(self, clock: Clock) -> Breaker | None:
        """The circuit breaker asked for, or None."""
        return None if self._builder.circuit is None else Breaker(*self._builder.circuit, clock)


def _positive(value: float | timedelta, parameter: str) -> float:
    number = seconds(value, parameter)
    if not number > 0:
        raise ConfigurationError(f"{parameter} must be greater than 0.", parameter=parameter)
    return number
