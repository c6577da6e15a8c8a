"""The configuration cmdlets, and the configuration as a script sees it: PowerShell's names, secrets masked.

`Get-Configuration` gives a live view: `$Configuration.AccessToken = '...'` and `configuration.AccessToken =
"..."` take effect at once, as scripts written for the reference module expect.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..client.errors import ConfigurationError
from ..client.settings.configuration import (
    DEFAULT_BASE_URL,
    Configuration,
    HttpSigning,
    current_configuration,
    set_configuration,
)

Bound = dict[str, Any]

# PowerShell's name -> the setting's, in the order the reference shows them, newer ones after.
_SETTINGS = {
    "Username": "username",
    "Cookie": "cookie",
    "AccessToken": "access_token",
    "BaseUrl": "base_url",
    "SkipCertificateCheck": "skip_certificate_check",
    "ApiKey": "api_key",
    "Proxy": "proxy",
    "DefaultHeaders": "default_headers",
    "Password": "password",
    "ApiKeyPrefix": "api_key_prefix",
    "Organization": "organization",
    "Project": "project",
    "Model": "model",
    "TimeoutSec": "timeout",
    "MaxRetryCount": "max_retries",
    "ConnectTimeoutSec": "connect_timeout",
    "IdleTimeoutSec": "idle_timeout",
    "AzureEndpoint": "azure_endpoint",
    "AzureDeployment": "azure_deployment",
    "ApiVersion": "api_version",
    "CaBundle": "ca_bundle",
    "SystemTrustStore": "system_trust_store",
    "ClientCertificate": "client_certificate",
}
_FOLDED = {name.lower(): name for name in _SETTINGS}
_FIGURES = ("TimeoutSec", "MaxRetryCount", "ConnectTimeoutSec", "IdleTimeoutSec")
_MAPS = ("ApiKey", "ApiKeyPrefix", "DefaultHeaders")


class LiveConfiguration:
    """The configuration in force, by PowerShell's names in any case, as attributes or items.

    Reading gives what a call would use now, environment included; a secret reads as an object that shows
    asterisks and gives its text only by `reveal()`. Writing is `Set-Configuration` with that parameter.
    """

    def __getattr__(self, name: str) -> Any:
        known = _FOLDED.get(name.lower())
        if known is None:
            raise AttributeError(_unknown(name))
        value = getattr(current_configuration().resolved(), _SETTINGS[known])
        return dict(value) if known in _MAPS else value

    def __setattr__(self, name: str, value: Any) -> None:
        known = _FOLDED.get(name.lower())
        if known is None:
            raise AttributeError(_unknown(name))
        set_configuration(**{_SETTINGS[known]: _cleared(known, value)})

    def __getitem__(self, name: str) -> Any:
        if name.lower() not in _FOLDED:
            raise KeyError(_unknown(name))
        return getattr(self, name)

    def __setitem__(self, name: str, value: Any) -> None:
        if name.lower() not in _FOLDED:
            raise KeyError(_unknown(name))
        setattr(self, name, value)

    def __dir__(self) -> list[str]:
        return list(_SETTINGS)

    def __iter__(self) -> Iterator[str]:
        return iter(_SETTINGS)

    def __ps_properties__(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _SETTINGS}

    def __repr__(self) -> str:
        shown = (
            f"{name}={value!r}" for name, value in self.__ps_properties__().items() if value not in (None, {})
        )
        return f"Configuration({', '.join(shown)})"


def _unknown(name: str) -> str:
    return f"The configuration has no '{name}'; it has {', '.join(_SETTINGS)}."


def _cleared(name: str, value: Any) -> Any:
    """An empty text or null takes a setting back to its default, which the reference could not do."""
    if name in _MAPS:
        return _texts(name, value)
    if name in _FIGURES:
        default = getattr(Configuration(), _SETTINGS[name])
        return default if value is None else _figure(name, value)
    if name in ("SkipCertificateCheck", "SystemTrustStore"):
        return bool(value)
    if name == "ClientCertificate" and isinstance(value, (list, tuple)):
        return value[0] if len(value) == 1 else tuple(value) or None
    if name == "BaseUrl" and value == "":
        raise ConfigurationError("Invalid URL '' cannot be used in the base URL.", parameter="BaseUrl")
    if name == "Proxy":
        return value if value is None else _proxy(value)
    return None if isinstance(value, str) and value == "" else value


def _figure(name: str, value: Any) -> float:
    """A number as a script may give it, text included; MaxRetryCount takes whole ones only."""
    try:
        figure = float(value)
        if name != "MaxRetryCount":
            return figure
        if figure.is_integer():
            return int(figure)
    except (TypeError, ValueError, OverflowError):
        pass
    kind = "a whole number, 0 or more" if name == "MaxRetryCount" else "a number of seconds above 0"
    raise ConfigurationError(f"{name} must be {kind}.", parameter=name)


def _proxy(value: Any) -> str:
    # The reference takes a System.Net.WebProxy too; its Address is the URL.
    address = getattr(value, "Address", value)
    if isinstance(value, Mapping):
        address = value.get("Address", "")
    return str(address)


def _texts(name: str, value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise ConfigurationError(f"{name} must be a table of names and values.", parameter=name)
    return {str(key): item if name == "ApiKey" else str(item) for key, item in value.items()}


def get_configuration(bound: Bound) -> LiveConfiguration:
    return LiveConfiguration()


def set_configuration_values(bound: Bound) -> LiveConfiguration | None:
    changes = {_SETTINGS[name]: _cleared(name, value) for name, value in bound.items() if name != "PassThru"}
    set_configuration(**changes)
    return LiveConfiguration() if bound.get("PassThru") else None


def set_api_key(bound: Bound) -> None:
    _put("api_key", bound, "Id", "ApiKey")


def set_api_key_prefix(bound: Bound) -> None:
    _put("api_key_prefix", bound, "Id", "ApiKeyPrefix")


def set_default_header(bound: Bound) -> None:
    _put("default_headers", bound, "Key", "Value")


def _put(setting: str, bound: Bound, key: str, value: str) -> None:
    """One entry of a table setting; an empty or missing value takes the entry out."""
    name = bound.get(key)
    if not name:
        raise ConfigurationError(f"invalid value for '{key}', '{key}' cannot be null.", parameter=key)
    table: dict[str, Any] = dict(getattr(current_configuration(), setting))
    if bound.get(value):
        table[name] = bound[value]
    else:
        table.pop(name, None)
    changes: dict[str, Any] = {setting: table}
    set_configuration(**changes)


def set_http_signing(bound: Bound) -> None:
    from pathlib import Path

    path = Path(bound["KeyFilePath"])
    if not path.is_file():
        raise ConfigurationError(f"KeyFilePath '{path}' is not a file.", parameter="KeyFilePath")
    names = {
        "KeyPassPhrase": "key_passphrase",
        "HttpSigningHeader": "headers",
        "HashAlgorithm": "hash_algorithm",
        "SigningAlgorithm": "signing_algorithm",
        "SignatureValidityPeriod": "validity_seconds",
    }
    more = {names[name]: value for name, value in bound.items() if name in names}
    set_configuration(http_signing=HttpSigning(key_id=bound["KeyId"], key_file_path=str(path), **more))


def get_http_signing(bound: Bound) -> HttpSigning | None:
    return current_configuration().http_signing


@dataclass(frozen=True)
class HostSetting:
    """A base URL that the API is served from."""

    Url: str
    Description: str

    def __ps_properties__(self) -> dict[str, Any]:
        return {"Url": self.Url, "Description": self.Description}


_HOSTS = (HostSetting(DEFAULT_BASE_URL, "The OpenAI API"),)


def get_host_setting(bound: Bound) -> list[HostSetting]:
    return list(_HOSTS)


def url_from_host_setting(bound: Bound) -> str:
    index = bound.get("Index", 0)
    if not 0 <= index < len(_HOSTS):
        raise ConfigurationError(
            f"Invalid index {index} when selecting the host. Must be less than {len(_HOSTS)}",
            parameter="Index",
        )
    if bound.get("Variables"):
        name = next(iter(bound["Variables"]))
        raise ConfigurationError(f"The host has no variable '{name}'; it has none.", parameter="Variables")
    return _HOSTS[index].Url
