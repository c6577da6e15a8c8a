"""The generated C# client's surface over the one client: tokens, events, responses, policies.

Names are the C# page's, each with its snake_case twin. Knows no models: `psbridge.cmdlets.chatapi` joins it
with them and is what users import.
"""

from __future__ import annotations

from .api import ChatApiBase
from .breaker import CircuitOpenError
from .events import ApiResponseEventArgs, ChatApiEvents, Event, ExceptionEventArgs
from .options import ClientBuilder, HostConfiguration, HttpClientSettings, JsonConverter, JsonOptions
from .response import ApiException, ApiResponse
from .tokens import BearerToken, RateLimitProvider, TokenContainer, TokenProvider

__all__ = [
    "ApiException",
    "ApiResponse",
    "ApiResponseEventArgs",
    "BearerToken",
    "ChatApiBase",
    "ChatApiEvents",
    "CircuitOpenError",
    "ClientBuilder",
    "Event",
    "ExceptionEventArgs",
    "HostConfiguration",
    "HttpClientSettings",
    "JsonConverter",
    "JsonOptions",
    "RateLimitProvider",
    "TokenContainer",
    "TokenProvider",
]
