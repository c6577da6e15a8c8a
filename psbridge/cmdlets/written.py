"""The cmdlets that are not builders, by name: what each does with its bound parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import completion, configuration, many
from .cmdlet import Piped, Work


def _plain(work: Callable[[dict[str, Any]], Any]) -> Work:
    return lambda bound, left_open: work(bound)


WORK: dict[str, Work] = {
    "Get-Configuration": _plain(configuration.get_configuration),
    "Set-Configuration": _plain(configuration.set_configuration_values),
    "Set-ConfigurationApiKey": _plain(configuration.set_api_key),
    "Set-ConfigurationApiKeyPrefix": _plain(configuration.set_api_key_prefix),
    "Set-ConfigurationDefaultHeader": _plain(configuration.set_default_header),
    "Set-ConfigurationHttpSigning": _plain(configuration.set_http_signing),
    "Get-ConfigurationHttpSigning": _plain(configuration.get_http_signing),
    "Get-HostSetting": _plain(configuration.get_host_setting),
    "Get-UrlFromHostSetting": _plain(configuration.url_from_host_setting),
    "New-ChatCompletion": completion.new_chat_completion,
    "Get-ChatCompletion": _plain(completion.get_chat_completion),
    "Get-ChatCompletionMessage": _plain(completion.get_chat_completion_message),
    "Update-ChatCompletion": _plain(completion.update_chat_completion),
    "Remove-ChatCompletion": _plain(completion.remove_chat_completion),
    "Get-ChatCompletionUsage": _plain(completion.get_chat_completion_usage),
}

# The cmdlets that do a whole pipeline at once.
PIPED: dict[str, Piped] = {"New-ChatCompletion": many.new_chat_completions}
