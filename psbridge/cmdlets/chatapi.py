"""ChatApi with models: the C# page's client, typed. The calls themselves are `psbridge.chatapi`'s.

api = psbridge.ChatApi()                      # follows the configuration, like the cmdlets
reply = api.CreateChatCompletion(request)     # a CreateChatCompletionResponse, or an ApiException

host = psbridge.configure_api(lambda options: options.AddTokens(psbridge.BearerToken(token)))
api = host.Create(psbridge.ChatApi)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any, Generic, TypeAlias, TypeVar, cast, overload

from ..chatapi import ChatApiBase, HostConfiguration
from ..client import Client
from ..client.clock import Clock
from ..client.message.codec import Codec
from ..client.settings.configuration import DEFAULT_BASE_URL, current_configuration
from ..models import CreateChatCompletionRequest, CreateChatCompletionResponse
from ..models.base import Model
from ..models.problems import InvalidValueError
from .codec import ModelCodec
from .complete import completed
from .completion import as_request
from .configuration import default_model
from .session import client
from .unset import UNSET

T = TypeVar("T")
ApiT = TypeVar("ApiT", bound="ChatApi")
ModelT = TypeVar("ModelT", bound=Model)

Request: TypeAlias = CreateChatCompletionRequest | Mapping[str, Any] | str


class Option(Generic[T]):
    """A member that may be unset, where None is null: `Option()` is unset, `Option(None)` is null.

    In a request given as a table, an unset Option is left out and a set one stands for its value; so does
    UNSET, which it is made from and turns into.
    """

    __slots__ = ("_value",)

    def __init__(self, value: T | Any = UNSET) -> None:
        self._value = value

    @property
    def IsSet(self) -> bool:
        """Whether there is a value, null included."""
        return self._value is not UNSET

    @property
    def Value(self) -> T | None:
        """The value; None when unset, too."""
        return None if self._value is UNSET else cast("T | None", self._value)

    def OrUnset(self) -> Any:
        """The value, or UNSET: what a cmdlet's parameter takes."""
        return self._value

    is_set = IsSet
    value = Value
    or_unset = OrUnset

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Option) and (self._value is other._value or self._value == other._value)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Option({self._value!r})" if self.IsSet else "Option()"


class ChatApi(ChatApiBase[Request, CreateChatCompletionResponse]):
    """The C# client's ChatApi: requests are models, tables or JSON text; completions are models.

    Without options it shares the cmdlets' connections, usage totals and configuration.
    """

    def _codec(self) -> Codec:
        return ModelCodec()

    def _client(self) -> Client:
        alone = self._configuration is not None or self._breaker is not None or type(self._clock) is not Clock
        return super()._client() if alone else client()

    def _body(self, request: Any) -> bytes:
        if not isinstance(request, Model):
            request = self._options.json.converted(opened(request))
        configuration = self._configuration or current_configuration()
        model = completed(as_request(request), model=lambda: default_model(configuration))
        if model.stream:
            raise InvalidValueError(
                "invalid value for 'Stream', must not be true here; New-ChatCompletion -Stream returns one.",
                parameter="Stream",
                path="Stream",
                model="CreateChatCompletionRequest",
            )
        return model.model_dump_json().encode()


class ApiFactory:
    """Makes APIs that share one set of options."""

    def __init__(self, options: HostConfiguration | None = None, clock: Clock | None = None) -> None:
        self._options = options
        self._clock = clock

    @overload
    def Create(self) -> ChatApi: ...
    @overload
    def Create(self, api: type[ApiT]) -> ApiT: ...
    def Create(self, api: type[ChatApi] = ChatApi) -> ChatApi:
        """An API of this class. Settings that the options leave open are the configuration's at this moment.

        Raises:
            ConfigurationError: an option cannot be used.
        """
        return api(self._options, self._clock)

    create = Create


def configure_api(configure: Callable[[HostConfiguration], object] | None = None) -> ApiFactory:
    """Fill in options with `configure(options)` and return the factory that makes APIs with them.

    Raises:
        ConfigurationError: an option cannot be used.
    """
    options = HostConfiguration()
    if configure is not None:
        configure(options)
    return ApiFactory(options)


ConfigureApi = configure_api
AddApi = configure_api
add_api = configure_api


def opened(value: Any) -> Any:
    """A table or list with its Options opened: unset ones left out, set ones as their values."""
    if isinstance(value, Option):
        return opened(value.OrUnset())
    if isinstance(value, Mapping):
        items = ((name, opened(item)) for name, item in value.items())
        return {name: item for name, item in items if item is not UNSET}
    if isinstance(value, (list, tuple)):
        return [item for item in map(opened, value) if item is not UNSET]
    return value


class ClientUtils:
    """Helpers of the generated client."""

    BASE_ADDRESS = DEFAULT_BASE_URL

    @staticmethod
    def ParameterToString(value: object, format: str | None = None) -> str | None:
        """A value as it stands in a path or query: dates in ISO 8601 (or by strftime's `format`), booleans as
        `true` and `false`, lists joined by commas, an enum member's value; None for None.
        """
        if isinstance(value, Option):
            value = value.Value
        if value is None:
            return None
        if isinstance(value, Enum):
            return ClientUtils.ParameterToString(value.value, format)
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, (datetime, date)):
            return value.strftime(format) if format else value.isoformat()
        if isinstance(value, Iterable) and not isinstance(value, (str, bytes, Mapping, Model)):
            return ",".join(ClientUtils.ParameterToString(item, format) or "" for item in value)
        return str(value)

    @staticmethod
    def TryDeserialize(
        json: str | bytes,
        model: type[ModelT] = CreateChatCompletionResponse,  # type: ignore[assignment]
    ) -> tuple[bool, ModelT | None]:
        """Whether `json` is a `model`, and the model or None."""
        try:
            return True, model.model_validate_json(json)
        except InvalidValueError:
            return False, None

    base_address = BASE_ADDRESS
    parameter_to_string = ParameterToString
    try_deserialize = TryDeserialize
