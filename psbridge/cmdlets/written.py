"""The cmdlets that are not builders, by name: what each does with its bound parameters.

The client is loaded when a cmdlet that talks to a server is asked for; those of the configuration, which
scripts begin with, do without it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from . import configuration
from .cmdlet import Piped, Work

_Plain = Callable[[dict[str, Any]], Any]  # what does not ask which parameters were left open

_CONFIGURATION: dict[str, _Plain] = {
    "Get-Configuration": configuration.get_configuration,
    "Set-Configuration": configuration.set_configuration_values,
    "Set-ConfigurationApiKey": configuration.set_api_key,
    "Set-ConfigurationApiKeyPrefix": configuration.set_api_key_prefix,
    "Set-ConfigurationDefaultHeader": configuration.set_default_header,
    "Set-ConfigurationHttpSigning": configuration.set_http_signing,
    "Get-ConfigurationHttpSigning": configuration.get_http_signing,
    "Get-HostSetting": configuration.get_host_setting,
    "Get-UrlFromHostSetting": configuration.url_from_host_setting,
}


@cache
def _completion() -> dict[str, _Plain]:
    from . import completion

    return {
        "Get-ChatCompletion": completion.get_chat_completion,
        "Get-ChatCompletionMessage": completion.get_chat_completion_message,
        "Update-ChatCompletion": completion.update_chat_completion,
        "Remove-ChatCompletion": completion.remove_chat_completion,
        "Get-ChatCompletionUsage": completion.get_chat_completion_usage,
    }


def work(name: str) -> Work:
    """What the cmdlet of that name does."""
    if name == "New-ChatCompletion":
        from .completion import new_chat_completion

        return new_chat_completion
    plain = _CONFIGURATION.get(name) or _completion()[name]
    return lambda bound, left_open: plain(bound)


def piped(name: str) -> Piped | None:
    """What the cmdlet of that name does with a whole pipeline at once; None where it takes item by item."""
    if name != "New-ChatCompletion":
        return None
    from .many import new_chat_completions

    return new_chat_completions
