"""psbridge: the generated OpenAI clients' PowerShell and C# interfaces, made to work.

    import psbridge as ps

    message = ps.Initialize_ChatCompletionRequestUserMessage(Content="hi", Role="user")
    request = ps.Initialize_CreateChatCompletionRequest(Messages=message, Model="gpt-4o")
    reply = ps.New_ChatCompletion(request)

Every cmdlet is a function here, its name with `_` for `-`. Names load on first use: importing psbridge loads
neither pydantic nor httpx.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

# What is not a cmdlet, and where it lives.
_HOMES = {
    "UNSET": "psbridge.cmdlets.unset",
    "invoke": "psbridge.cmdlets.functions",
    "PSBridgeWarning": "psbridge.cmdlets.warning",
    "CommandNotFoundError": "psbridge.cmdlets.table",
    "Configuration": "psbridge.client.settings.configuration",
    "use_configuration": "psbridge.client.settings.configuration",
    "ChatConnection": "psbridge.cmdlets.connections",
    "ParameterBindingError": "psbridge.binding",
    "PSCustomObject": "psbridge.binding",
    "SecureString": "psbridge.binding",
    "InvalidValueError": "psbridge.models.problems",
    "ClientError": "psbridge.client.errors",
    "PSBridgeError": "psbridge.errors",
    "OfflineServer": "psbridge.offline",
    "ChatSession": "psbridge.chat.session",
    "Tool": "psbridge.chat.tools",
    "tool": "psbridge.chat.tools",
    **dict.fromkeys(
        (
            "AnswerCutOffError",
            "AnswerError",
            "AnswerFilteredError",
            "AnswerInvalidError",
            "AnswerRefusedError",
        ),
        "psbridge.chat.errors",
    ),
    "AsyncRun": "psbridge.runs.run",
    "Run": "psbridge.runs.run",
    # the C# page's client
    **dict.fromkeys(
        ("ApiFactory", "ChatApi", "ClientUtils", "ConfigureApi", "Option", "configure_api"),
        "psbridge.cmdlets.chatapi",
    ),
    **dict.fromkeys(
        (
            "ApiException",
            "ApiResponse",
            "BearerToken",
            "CircuitOpenError",
            "RateLimitProvider",
            "TokenContainer",
            "TokenProvider",
        ),
        "psbridge.chatapi",
    ),
}


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(f"module 'psbridge' has no attribute {name!r}")
    home = _HOMES.get(name)
    if home is not None:
        value = getattr(import_module(home), name)
    else:
        try:
            value = getattr(import_module("psbridge.cmdlets.functions"), name)
        except AttributeError as error:
            raise AttributeError(f"psbridge: {error}") from None
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """What users want first: cmdlets, then everything that is no cmdlet, builders, and readers of JSON last.

    `dir()` and `help()` sort what they are given, so the names say themselves what comes before what.
    """
    from .cmdlets.names import ordered

    return ordered([*_HOMES, "__version__", *dir(import_module("psbridge.cmdlets.functions"))])
