"""The configuration cmdlets, and the configuration as a script sees it: PowerShell's names, secrets masked.

`Get-Configuration` gives a live view: `$Configuration.AccessToken = '...'` and `configuration.AccessToken =
"..."` take effect at once, as scripts written for the reference module expect.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ..client.errors import ConfigurationError
from ..client.settings.configuration import (
    DEFAULT_BASE_URL,
    Configuration,
    HttpSigning,
    current_configuration,
    set_configuration,
    setting_default,
    update_configuration,
)
from ..client.settings.secret import leaves_no_trace, secret, shown
from ..client.settings.table import SETTINGS, Setting, nearest

Bound = dict[str, Any]

# The model of a request that leaves its own open, where the configuration names none.
DEFAULT_MODEL = "gpt-4o-mini"


def default_model(configuration: Configuration) -> str | None:
    """The model of a request that leaves its own open: the configuration's, else `gpt-4o-mini`.

    On Azure, where a model is a customer's own deployment, that deployment; None where none is set.
    """
    resolved = configuration.resolved()
    if resolved.model:
        return resolved.model
    if resolved.azure_endpoint is not None and resolved.base_url is None:
        return resolved.azure_deployment
    return DEFAULT_MODEL


_SETTINGS = {setting.parameter: setting for setting in SETTINGS if setting.cmdlet}
_FOLDED = {name.lower(): name for name in _SETTINGS}


class LiveConfiguration:
    """The configuration in force, by PowerShell's names in any case, as attributes or items.

    Reading gives what a call would use now, environment included; a secret reads as an object that shows
    asterisks and gives its text only by `reveal()`. Writing is `Set-Configuration` with that parameter.
    """

    def __getattr__(self, name: str) -> Any:
        known = _FOLDED.get(name.lower())
        if known is None:
            raise AttributeError(_unknown(name))
        value = getattr(current_configuration().resolved(), _SETTINGS[known].name)
        return dict(value) if isinstance(value, Mapping) else value

    @leaves_no_trace
    def __setattr__(self, name: str, value: Any) -> None:
        known = _FOLDED.get(name.lower())
        if known is None:
            raise AttributeError(_unknown(name))
        setting = _SETTINGS[known]
        set_configuration(**{setting.name: given(setting, value)})

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
        """What PowerShell and `repr` show: also the model that a request gets where none is set."""
        members = {name: getattr(self, name) for name in _SETTINGS}
        return {**members, "Model": default_model(current_configuration())}

    def __repr__(self) -> str:
        members = (
            f"{name}={shown(value)!r}"
            for name, value in self.__ps_properties__().items()
            if value not in (None, {})
        )
        return f"Configuration({', '.join(members)})"


def _unknown(name: str) -> str:
    known = tuple(_SETTINGS)
    return f"The configuration has no '{name}'; it has {', '.join(known)}.{nearest(name, known)}"


def given(setting: Setting, value: Any) -> Any:
    """A setting's value as a script gives it; an empty text or null takes the setting back to its default,
    which the reference could not do.

    Raises:
        ConfigurationError: it is not a number, or not a table, where one is needed.
    """
    if setting.kind in ("keys", "headers", "table"):
        return _texts(setting, value)
    if setting.kind in ("seconds", "count"):
        return setting_default(setting.name) if value is None else _figure(setting.parameter, value)
    if setting.kind == "flag":
        return bool(value)
    if setting.kind == "certificate" and isinstance(value, (list, tuple)):
        return value[0] if len(value) == 1 else tuple(value) or None
    if setting.kind == "proxy":
        return value if value is None else _proxy(value)
    if setting.name == "base_url":
        return value
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


def _proxy(value: Any) -> str | None:
    """A proxy's URL. The reference takes a System.Net.WebProxy too: its Address, with its Credentials.

    One without an address is none at all; another that finds proxies (`GetProxy`) is the system's own.
    """
    if isinstance(value, str):
        return value
    of = value.get if isinstance(value, Mapping) else functools.partial(_member, value)
    address = of("Address")
    if address is None:
        if isinstance(value, Mapping) or hasattr(value, "BypassProxyOnLocal"):
            return ""
        return None if hasattr(value, "GetProxy") else str(value)
    url = str(_member(address, "OriginalString") or address)
    login: Any = of("Credentials")
    if callable(_member(login, "GetCredential")):
        login = login.GetCredential(address, "Basic")
    user, password = str(_member(login, "UserName") or ""), _member(login, "Password")
    if not user or "://" not in url:
        return url
    if _member(login, "Domain"):
        user = f"{login.Domain}\\{user}"
    known = secret(password or "", "Proxy").reveal()
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{quote(user, safe='')}:{quote(known, safe='')}@{rest.rpartition('@')[2]}"


def _member(value: Any, name: str) -> Any:
    return getattr(value, name, None)


def _texts(setting: Setting, value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise ConfigurationError(
            f"{setting.parameter} must be a table of names and values.", parameter=setting.parameter
        )

    def kept(item: Any) -> bool:
        headers = setting.kind == "headers"  # these take SecureStrings, and null keeps one back
        return setting.secret or (headers and (item is None or hasattr(item, "reveal")))

    return {str(key): item if kept(item) else str(item) for key, item in value.items()}


def changes_of(bound: Bound) -> dict[str, Any]:
    """The settings among bound parameters, as `set_configuration` takes them, over those of a profile."""
    changes: dict[str, Any] = {}
    if bound.get("Profile"):
        from ..client.settings.profile import profile

        changes = profile(bound["Profile"])
    for name, value in bound.items():
        if name in _SETTINGS:
            changes[_SETTINGS[name].name] = given(_SETTINGS[name], value)
    return changes


def get_configuration(bound: Bound) -> LiveConfiguration:
    """`Get-Configuration`: the configuration in force, through which it can be changed."""
    return LiveConfiguration()


def set_configuration_values(bound: Bound) -> LiveConfiguration | None:
    """`Set-Configuration`: ConfigurationError, and nothing changed, where a value cannot be used."""
    set_configuration(**changes_of(bound))
    return LiveConfiguration() if bound.get("PassThru") else None


def set_api_key(bound: Bound) -> None:
    """`Set-ConfigurationApiKey`: one key by its header's name; an empty one takes it out."""
    _put("api_key", bound, "Id", "ApiKey")


def set_api_key_prefix(bound: Bound) -> None:
    """`Set-ConfigurationApiKeyPrefix`: the word before such a key."""
    _put("api_key_prefix", bound, "Id", "ApiKeyPrefix")


def set_default_header(bound: Bound) -> None:
    """`Set-ConfigurationDefaultHeader`: a header of every request."""
    _put("default_headers", bound, "Key", "Value")


def _put(setting: str, bound: Bound, key: str, value: str) -> None:
    """One entry of a table setting; an empty or missing value takes the entry out."""
    name = bound.get(key)
    if not name:
        raise ConfigurationError(f"invalid value for '{key}', '{key}' cannot be null.", parameter=key)

    def changed(configuration: Configuration) -> dict[str, Any]:
        table: dict[str, Any] = dict(getattr(configuration, setting))
        if bound.get(value):
            table[name] = bound[value]
        else:
            table.pop(name, None)
        return {setting: table}

    update_configuration(changed)


def set_http_signing(bound: Bound) -> None:
    """`Set-ConfigurationHttpSigning`: ConfigurationError where the key cannot be read or used."""
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
    """`Get-ConfigurationHttpSigning`: what is set, or None."""
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
    """`Get-HostSetting`: the base URLs that the API is served from."""
    return list(_HOSTS)


def url_from_host_setting(bound: Bound) -> str:
    """`Get-UrlFromHostSetting`: the base URL at a place in that list, by default the first."""
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
