"""Where and how to call: an immutable configuration, the process default, and a scoped override.

Standard library only, so that `import psbridge` stays light; knows nothing of the transport.
The names and defaults follow what `Get-Configuration` of the generated PowerShell module returns.
"""

from __future__ import annotations

import base64
import dataclasses
import os
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar, Token
from typing import Any, Protocol, TypeAlias, runtime_checkable
from urllib.parse import unquote

from ...forks import new_reentrant_lock
from ..errors import ConfigurationError
from ..message.headers import check_header
from .checks import CHECKS
from .secret import (
    MASK,
    Revealable,
    Secret,
    key,
    leaves_no_trace,
    secret,
    secret_texts,
    shown,
    without_frames,
)
from .table import BY_NAME, SECRET_VARIABLES, SETTING_OF, SETTINGS, VARIABLES, Setting, nearest

DEFAULT_BASE_URL = "https://api.openai.com/v1"

SecretLike: TypeAlias = str | Secret | Revealable
KeySource: TypeAlias = Callable[[], SecretLike | Awaitable[SecretLike]]


@runtime_checkable
class KeyDispenser(Protocol):
    """Several keys behind one name; `psbridge.client.KeyRing` is one."""

    def reserve(self, now: float) -> tuple[Secret, float]:
        """The next key, and the seconds to wait from `now` (monotonic seconds) before it may be used."""

    def penalise(self, key: Secret, until: float) -> None:
        """Hand `key` out no more before `until` (monotonic seconds)."""


@dataclasses.dataclass(frozen=True)
class HttpSigning:
    """How to sign requests: the settings of `Set-ConfigurationHttpSigning`.

    Attributes:
        key_id: the name the server knows the key by.
        key_file_path: a PEM private key (RSA or EC).
        key_passphrase: the key file's passphrase, if it has one.
        headers: what is signed, in order: header names, `(request-target)`, `(created)`, `(expires)`.
        hash_algorithm: `sha256` or `sha512`.
        signing_algorithm: `RSASSA-PKCS1-v1_5` or `RSASSA-PSS`; an EC key always signs with ECDSA.
        validity_seconds: how long a signature is valid; used by `(expires)`.
    """

    key_id: str
    key_file_path: str
    key_passphrase: Secret | None = None
    headers: tuple[str, ...] = ("(created)",)
    hash_algorithm: str = "sha256"
    signing_algorithm: str = "RSASSA-PKCS1-v1_5"
    validity_seconds: int | None = None

    def __post_init__(self) -> None:
        if self.key_passphrase is not None:
            kept = _complain_of("KeyPassPhrase", secret, self.key_passphrase, "KeyPassPhrase")
            object.__setattr__(self, "key_passphrase", kept)
        if (
            not self.key_id.isprintable()
            or not self.key_id.isascii()
            or '"' in self.key_id
            or "\\" in self.key_id
        ):
            raise ConfigurationError(
                "KeyId may hold printable ASCII characters, but no quote and no backslash.", parameter="KeyId"
            )
        _one_of("HashAlgorithm", self.hash_algorithm, ("sha256", "sha512"))
        _one_of("SigningAlgorithm", self.signing_algorithm, ("RSASSA-PKCS1-v1_5", "RSASSA-PSS"))
        object.__setattr__(self, "headers", tuple(self.headers))


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Configuration:
    """All settings of a call. Immutable: `replace(**changes)` returns a changed copy.

    What is None falls back to the environment, read when a call is made (see `resolved`), then to the
    default.

    Attributes:
        base_url: where the API lives; default `OPENAI_BASE_URL`, else https://api.openai.com/v1.
        username, password: HTTP basic authentication.
        cookie: sent as the Cookie header.
        access_token: sent as `Authorization: Bearer`; a text, a SecureString, a callable returning either (or
            an awaitable of it), asked again after a 401, or a `KeyRing`. Default `OPENAI_API_KEY`.
        api_key, api_key_prefix: by header name; sent as `{prefix} {key}`. `Authorization` without a prefix
            is sent as Bearer.
        default_headers: sent with every request; None keeps a header back. With `Authorization`
            among them, no other key is sent, and no organization or project of the environment.
        skip_certificate_check: accept any certificate; every new connection pool warns.
        proxy: http://, https:// or socks5:// URL; None uses the system's settings and NO_PROXY; "" uses none.
        organization, project: the OpenAI-Organization and OpenAI-Project headers
            (`OPENAI_ORG_ID`, `OPENAI_PROJECT_ID`).
        model: used when a request names none.
        timeout: seconds for a whole call, retries and streaming included. Default 600.
        connect_timeout: seconds for one connection, proxy and TLS included. Default 10.
        idle_timeout: seconds without a chunk of a stream, or without a byte of a body. Default 120.
        max_retries: tries after the first. Default 2.
        azure_endpoint, azure_deployment, api_version: Azure OpenAI (`AZURE_OPENAI_ENDPOINT`,
            `AZURE_OPENAI_DEPLOYMENT`, `OPENAI_API_VERSION`; key `AZURE_OPENAI_API_KEY`, Entra token
            `AZURE_OPENAI_AD_TOKEN` or `access_token`). Without a deployment the request's model names it.
        ca_bundle: a PEM file or folder of trusted issuers, instead of certifi's.
        system_trust_store: trust what the operating system trusts (needs the extra `truststore`).
        client_certificate: a PEM file, or (certificate, key), or (certificate, key, passphrase).
        http_signing: sign every request (needs the extra `signing`).
        additional_query, additional_body: merged into every request's query and body.
        max_response_bytes: largest decoded body, and largest whole stream. Default 256 MiB.
        max_event_bytes: largest single server-sent event. Default 16 MiB.
        transport: the library under the client: `httpcore`, `httpx`, or `httpx2` (needs the extra `httpx2`).
            Default httpcore: the client itself, and through proxies that.
        log_bodies: also log bodies, masked, at DEBUG; of a streamed reply only that there was one.

    Raises:
        ConfigurationError: a value cannot be used; the message names the parameter and what is allowed.
    """

    base_url: str | None = None
    username: str | None = None
    password: SecretLike | None = None
    cookie: SecretLike | None = None
    access_token: SecretLike | KeySource | KeyDispenser | None = None
    api_key: Mapping[str, SecretLike] = dataclasses.field(default_factory=dict)
    api_key_prefix: Mapping[str, str] = dataclasses.field(default_factory=dict)
    default_headers: Mapping[str, str | None] = dataclasses.field(default_factory=dict)
    skip_certificate_check: bool = False
    proxy: str | None = None
    organization: str | None = None
    project: str | None = None
    model: str | None = None
    timeout: float = 600.0
    connect_timeout: float = 10.0
    idle_timeout: float = 120.0
    max_retries: int = 2
    azure_endpoint: str | None = None
    azure_deployment: str | None = None
    api_version: str | None = None
    ca_bundle: str | None = None
    system_trust_store: bool = False
    client_certificate: str | Sequence[str | SecretLike] | None = None
    http_signing: HttpSigning | None = None
    additional_query: Mapping[str, str] = dataclasses.field(default_factory=dict)
    additional_body: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    max_response_bytes: int = 256 * 1024 * 1024
    max_event_bytes: int = 16 * 1024 * 1024
    log_bodies: bool = False
    transport: str = "httpcore"

    def __post_init__(self) -> None:
        for setting in SETTINGS:
            value = getattr(self, setting.name)
            if value is not setting_default(setting.name):
                object.__setattr__(self, setting.name, checked(setting, value))
        for name, word in self.api_key_prefix.items():
            _complain_of("ApiKey", check_header, name, word, "ApiKey")

    @leaves_no_trace
    def replace(self, **changes: Any) -> Configuration:
        """A copy with `changes`, checked as a new one is; a name that is not a setting raises
        ConfigurationError.
        """
        unknown = sorted(changes.keys() - BY_NAME.keys())
        if unknown:
            names = tuple(sorted(BY_NAME))
            raise ConfigurationError(
                f"'{unknown[0]}' is not a setting.{nearest(unknown[0], names)} Settings: {', '.join(names)}."
            )
        return dataclasses.replace(self, **changes)

    def resolved(self, environ: Mapping[str, str] | None = None) -> Configuration:
        """What a call uses now: this configuration, with what is unset taken from the environment.

        Azure's variables count only where neither a base URL nor an OpenAI key is given. What was resolved
        stays as it is, whatever becomes of the environment.

        Raises:
            ConfigurationError: a variable holds what cannot be used; the message names it.
        """
        now = environ is None
        if now and "_settled" in self.__dict__:
            return self
        environ = os.environ if environ is None else environ
        values = {
            name: Secret(value) if name in SECRET_VARIABLES else value
            for name in VARIABLES
            if (value := environ.get(name))
        }
        cached: tuple[Any, Configuration] | None = self.__dict__.get("_resolved")
        if cached is not None and cached[0] == values:
            return cached[1]
        result = self.replace(**self._from_environment(values))
        object.__setattr__(self, "_resolved", (values, result))
        if now:
            object.__setattr__(result, "_settled", True)
        return result

    def _from_environment(self, values: Mapping[str, str | Secret]) -> dict[str, Any]:
        def variable(name: str) -> Any:
            return checked(SETTING_OF[name], values[name], name) if name in values else None

        authorized = any(name.lower() == "authorization" for name in self.default_headers)
        changes: dict[str, Any] = {}
        if authorized:
            changes["access_token"] = None
        else:
            changes["organization"] = self.organization or variable("OPENAI_ORG_ID")
            changes["project"] = self.project or variable("OPENAI_PROJECT_ID")
        own_key = authorized or bool(self.access_token is not None or self.api_key or self.username)
        azure = self.azure_endpoint
        if azure is None and self.base_url is None and "OPENAI_BASE_URL" not in values:
            azure = None if "OPENAI_API_KEY" in values else variable("AZURE_OPENAI_ENDPOINT")
        if azure is not None and self.base_url is None:
            changes["azure_endpoint"] = azure
            changes["base_url"] = None
            changes["azure_deployment"] = self.azure_deployment or variable("AZURE_OPENAI_DEPLOYMENT")
            changes["api_version"] = self.api_version or variable("OPENAI_API_VERSION")
            if not own_key and "AZURE_OPENAI_API_KEY" in values:
                changes["api_key"] = {"api-key": variable("AZURE_OPENAI_API_KEY")}
            elif not own_key:
                changes["access_token"] = variable("AZURE_OPENAI_AD_TOKEN")
            return changes
        changes["azure_endpoint"] = None
        changes["base_url"] = self.base_url or variable("OPENAI_BASE_URL") or DEFAULT_BASE_URL
        if not own_key:
            changes["access_token"] = variable("OPENAI_API_KEY")
        return changes

    def secrets(self, environ: Mapping[str, str] | None = None) -> tuple[str, ...]:
        """The texts that may show nowhere while this configuration is in force, the environment's included.

        Never raises: it serves those who report errors.
        """
        environ = os.environ if environ is None else environ
        texts = [environ[name].strip() for name in SECRET_VARIABLES if environ.get(name)]
        for setting in SETTINGS:
            value = getattr(self, setting.name)
            if not callable(value):
                texts += secret_texts(value, setting.name if setting.secret else "")
        if self.http_signing is not None:
            texts += secret_texts(self.http_signing.key_passphrase)
        for proxy in (self.proxy, *(environ.get(name) for name in _PROXY_VARIABLES)):
            user, at, _ = (proxy or "").rpartition("@")
            name, _, password = user.rpartition("//")[2].partition(":") if at else ("", "", "")
            texts += [password, unquote(password)]
            if password:  # as the proxy is told it
                pair = f"{unquote(name)}:{unquote(password)}"
                texts.append(base64.b64encode(pair.encode("utf-8", "replace")).decode("ascii"))
        return tuple(dict.fromkeys(text for text in texts if text))

    def shown(self) -> dict[str, Any]:
        """The settings as they may be shown, those that are not the defaults: secrets are masked."""
        return {
            setting.name: MASK if setting.kind == "secret" else shown(value)
            for setting in SETTINGS
            if (value := getattr(self, setting.name)) != setting_default(setting.name)
            and not (isinstance(value, Mapping) and not value)
        }

    def __repr__(self) -> str:
        return f"Configuration({', '.join(f'{name}={value!r}' for name, value in self.shown().items())})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, ({setting.name: getattr(self, setting.name) for setting in SETTINGS},)


Configuration.__init__ = leaves_no_trace(Configuration.__init__)  # type: ignore[method-assign]


_PROXY_VARIABLES = tuple(
    name for one in ("http_proxy", "https_proxy", "all_proxy") for name in (one, one.upper())
)


def _rebuild(values: dict[str, Any]) -> Configuration:
    return Configuration(**values)


_DEFAULTS = {
    field.name: field.default if field.default is not dataclasses.MISSING else None
    for field in dataclasses.fields(Configuration)
}


def setting_default(name: str) -> Any:
    """What a setting is where nobody set it; None for a table, which is then empty."""
    return _DEFAULTS[name]


def checked(setting: Setting, value: Any, called: str = "") -> Any:
    """A value as the setting keeps it.

    Args:
        called: what the value came from, where that is not the setting's parameter.

    Raises:
        ConfigurationError: it cannot be used; the message names what it came from and what is allowed.
    """
    if called and setting.kind in ("key", "keys"):
        return _complain_of(setting.parameter, key, value, called)
    if called and setting.kind != "url":  # a URL is quoted, and tells by itself what is wrong
        return _complain_of(setting.parameter, _named, called, CHECKS[setting.kind], value, setting.parameter)
    return _complain_of(setting.parameter, CHECKS[setting.kind], value, setting.parameter)


def _named(called: str, check: Any, value: Any, parameter: str) -> Any:
    try:
        return check(value, parameter)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{called}: {error}") from None


def _complain_of(parameter: str, check: Any, *arguments: Any) -> Any:
    """What `check` gives; what it refuses is a ConfigurationError without a trace of the values."""
    try:
        return check(*arguments)
    except (TypeError, ValueError, AttributeError, UnicodeError) as error:
        told = str(error)
    raise ConfigurationError(told, parameter=parameter)


def _one_of(parameter: str, value: str, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise ConfigurationError(f"{parameter} must be one of {', '.join(allowed)}.", parameter=parameter)


_lock = new_reentrant_lock()
_process_default = Configuration()
_Scopes: TypeAlias = tuple[tuple[object, Configuration], ...]
# Each `use_configuration` that is open here and what it put in force, the innermost last. A scope is ended by
# what it is: a generator may leave its own after the one around it, or in another context.
_scopes: ContextVar[_Scopes] = ContextVar("psbridge_configuration", default=())


def current_configuration() -> Configuration:
    """The configuration in force here: the innermost `use_configuration` of this thread or task, else the
    default.
    """
    scopes = _scopes.get()
    return scopes[-1][1] if scopes else _process_default


@leaves_no_trace
def set_configuration(configuration: Configuration | None = None, **changes: Any) -> Configuration:
    """Make `configuration`, or the one in force with `changes`, the one in force from here on; returns it.

    Inside `use_configuration` that is the scoped one (it ends with the scope), elsewhere the process default.
    Nothing changes when a value is refused.

    Raises:
        ConfigurationError: a value cannot be used.
    """
    global _process_default
    with _lock:
        scopes = _scopes.get()
        base = configuration if configuration is not None else current_configuration()
        result = base.replace(**changes) if changes else base
        if scopes:
            _scopes.set((*scopes[:-1], (scopes[-1][0], result)))
        else:
            _process_default = result
    return result


def update_configuration(change: Callable[[Configuration], Mapping[str, Any]]) -> Configuration:
    """`set_configuration` with what `change` makes of the configuration in force; none between them is lost,
    whatever other threads set meanwhile.
    """
    with _lock:
        return set_configuration(**change(current_configuration()))


def _changed(base: Configuration, changes: Mapping[str, Any]) -> Configuration | ConfigurationError:
    try:
        return base.replace(**changes)
    except ConfigurationError as error:
        return without_frames(error)


@leaves_no_trace
@contextmanager
def use_configuration(configuration: Configuration | None = None, **changes: Any) -> Iterator[Configuration]:
    """Use another configuration inside a `with`: the given one, or the one in force with `changes`.

    Held in a context variable: other threads and asyncio tasks keep theirs. A generator that waits inside the
    `with` shares the context of its reader, who goes by it until the generator goes on or is closed.
    """
    base = current_configuration() if configuration is None else configuration
    chosen = _changed(base, changes) if changes else base
    changes.clear()  # this frame goes on, and a traceback may show its variables
    if isinstance(chosen, ConfigurationError):
        raise chosen
    scope = object()
    _scopes.set((*_scopes.get(), (scope, chosen)))
    try:
        yield current_configuration()
    finally:
        _scopes.set(tuple(one for one in _scopes.get() if one[0] is not scope))


def put_in_force(configuration: Configuration) -> Token[_Scopes]:
    """The same, for the rest of the context that runs here, or until what this gives is reset."""
    return _scopes.set((*_scopes.get(), (object(), configuration)))
