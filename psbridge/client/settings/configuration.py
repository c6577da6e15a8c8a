"""Where and how to call: an immutable configuration, the process default, and a scoped override.

Standard library only, so that `import psbridge` stays light; knows nothing of the transport.
The names and defaults follow what `Get-Configuration` of the generated PowerShell module returns.
"""

from __future__ import annotations

import dataclasses
import os
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any, Protocol, TypeAlias, runtime_checkable
from urllib.parse import SplitResult, urlsplit

from ..errors import ConfigurationError
from ..message.headers import check_header, is_header_safe
from .secret import Revealable, Secret, mask_text, secret

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
            object.__setattr__(self, "key_passphrase", secret(self.key_passphrase, "KeyPassPhrase"))
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
        default_headers: sent with every request.
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
    default_headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
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

    def __post_init__(self) -> None:
        try:
            self._normalise()
        except (TypeError, ValueError) as error:
            raise ConfigurationError(str(error), parameter=str(error).partition(":")[0].split()[0]) from None

    def _normalise(self) -> None:
        put = object.__setattr__
        for name, parameter in (("base_url", "BaseUrl"), ("azure_endpoint", "AzureEndpoint")):
            url = getattr(self, name)
            if url is not None:
                put(self, name, check_base_url(url, parameter))
        if self.proxy:
            _check_proxy(self.proxy)
        for name, parameter in (("password", "Password"), ("cookie", "Cookie")):
            value = getattr(self, name)
            if value is not None:
                put(self, name, _header_safe(secret(value, parameter), parameter))
        token = self.access_token
        if (
            token is not None
            and not isinstance(token, KeyDispenser)
            and (isinstance(token, str | Secret | Revealable) or not callable(token))
        ):
            put(self, "access_token", _header_safe(secret(token, "AccessToken"), "AccessToken"))
        keys = {str(k): _header_safe(secret(v, "ApiKey"), "ApiKey") for k, v in self.api_key.items()}
        for name in (*keys, *self.api_key_prefix):
            check_header(name, self.api_key_prefix.get(name, ""), "ApiKey")
        put(self, "api_key", MappingProxyType(keys))
        for parameter, text in (("Organization", self.organization), ("Project", self.project)):
            if text is not None:
                check_header(parameter, text, parameter)
        for name, text in self.default_headers.items():
            check_header(name, text, "DefaultHeaders")
        for name in ("api_key_prefix", "default_headers", "additional_query", "additional_body"):
            put(self, name, MappingProxyType(dict(getattr(self, name))))
        for name, parameter in (
            ("timeout", "TimeoutSec"),
            ("connect_timeout", "ConnectTimeoutSec"),
            ("idle_timeout", "IdleTimeoutSec"),
            ("max_response_bytes", "MaxResponseBytes"),
            ("max_event_bytes", "MaxEventBytes"),
        ):
            if not getattr(self, name) > 0:
                raise ValueError(f"{parameter} must be greater than 0.")
        if not (isinstance(self.max_retries, int) and self.max_retries >= 0):
            raise ValueError("MaxRetryCount must be a whole number, 0 or more.")
        if self.client_certificate is not None:
            put(self, "client_certificate", _client_certificate(self.client_certificate))

    def replace(self, **changes: Any) -> Configuration:
        """A copy with `changes`, checked as a new one is; a name that is no setting raises
        ConfigurationError.
        """
        unknown = changes.keys() - _FIELD_NAMES
        if unknown:
            raise ConfigurationError(
                f"'{sorted(unknown)[0]}' is no setting; {', '.join(sorted(_FIELD_NAMES))} are."
            )
        return dataclasses.replace(self, **changes)

    def resolved(self, environ: Mapping[str, str] | None = None) -> Configuration:
        """What a call uses now: this configuration, with what is unset taken from the environment.

        Azure's variables count only where neither a base URL nor an OpenAI key is given.
        """
        environ = os.environ if environ is None else environ
        values = tuple(environ.get(name) or None for name in _ENVIRONMENT)
        cached: tuple[Any, Configuration] | None = self.__dict__.get("_resolved")
        if cached is not None and cached[0] == values:
            return cached[1]
        result = self.replace(**self._from_environment(dict(zip(_ENVIRONMENT, values, strict=True))))
        object.__setattr__(self, "_resolved", (values, result))
        return result

    def _from_environment(self, env: Mapping[str, str | None]) -> dict[str, Any]:
        changes: dict[str, Any] = {
            "organization": self.organization or env["OPENAI_ORG_ID"],
            "project": self.project or env["OPENAI_PROJECT_ID"],
        }
        own_key = bool(self.access_token is not None or self.api_key or self.username)
        azure = self.azure_endpoint
        if azure is None and self.base_url is None and env["OPENAI_BASE_URL"] is None:
            azure = None if env["OPENAI_API_KEY"] else env["AZURE_OPENAI_ENDPOINT"]
        if azure is not None and self.base_url is None:
            changes["azure_endpoint"] = azure
            changes["base_url"] = None
            changes["azure_deployment"] = self.azure_deployment or env["AZURE_OPENAI_DEPLOYMENT"]
            changes["api_version"] = self.api_version or env["OPENAI_API_VERSION"]
            if not own_key and env["AZURE_OPENAI_API_KEY"]:
                changes["api_key"] = {"api-key": env["AZURE_OPENAI_API_KEY"]}
            elif not own_key and env["AZURE_OPENAI_AD_TOKEN"]:
                changes["access_token"] = env["AZURE_OPENAI_AD_TOKEN"]
            return changes
        changes["azure_endpoint"] = None
        changes["base_url"] = self.base_url or env["OPENAI_BASE_URL"] or DEFAULT_BASE_URL
        if not own_key and env["OPENAI_API_KEY"]:
            changes["access_token"] = env["OPENAI_API_KEY"]
        return changes

    def __repr__(self) -> str:
        shown = []
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if value is None or value == field.default or (isinstance(value, Mapping) and not value):
                continue
            if field.name == "default_headers" or field.name in ("additional_body", "additional_query"):
                value = sorted(value)
            elif isinstance(value, str):
                value = mask_text(value)
            elif callable(value) or isinstance(value, KeyDispenser):
                value = type(value).__name__
            elif isinstance(value, Mapping):
                value = dict(value)
            shown.append(f"{field.name}={value!r}")
        return f"Configuration({', '.join(shown)})"

    def __reduce__(self) -> tuple[Any, ...]:
        kept = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        return _rebuild, ({k: dict(v) if isinstance(v, Mapping) else v for k, v in kept.items()},)


def _rebuild(values: dict[str, Any]) -> Configuration:
    return Configuration(**values)


_FIELD_NAMES = frozenset(field.name for field in dataclasses.fields(Configuration))

_ENVIRONMENT = (
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "OPENAI_ORG_ID",
    "OPENAI_PROJECT_ID",
    "OPENAI_API_VERSION",
    "AZURE_OPENAI_ENDPOINT",
    "AZURE_OPENAI_DEPLOYMENT",
    "AZURE_OPENAI_API_KEY",
    "AZURE_OPENAI_AD_TOKEN",
)


def check_base_url(url: str, parameter: str = "BaseUrl") -> str:
    """`url` without trailing slashes, or ConfigurationError with the generated module's wording.

    Allowed are absolute http and https URLs with a host, without user, password, query or fragment.
    """
    try:
        parts: SplitResult | None = urlsplit(url)
        usable = (
            parts is not None
            and parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and parts.username is None
            and parts.password is None
            and not parts.query
            and not parts.fragment
            and (parts.port is None or parts.port > 0)
            and url.isprintable()
            and not any(c.isspace() for c in url)
            and not any(c in (parts.hostname or "") for c in '\\<>"{}|^`%')
        )
    except (ValueError, AttributeError, TypeError):
        usable = False
    if not usable:
        raise ConfigurationError(
            f"Invalid URL '{mask_text(str(url))}' cannot be used in the base URL.", parameter=parameter
        )
    return url.rstrip("/")


def _check_proxy(proxy: str) -> None:
    try:
        parts = urlsplit(proxy)
        usable = parts.scheme in ("http", "https", "socks5", "socks5h") and bool(parts.hostname)
        usable = usable and (parts.port is None or parts.port > 0)
    except (ValueError, AttributeError, TypeError):
        usable = False
    if not usable:
        raise ValueError("Proxy must be an http://, https://, socks5:// or socks5h:// URL with a host.")


def _header_safe(value: Secret, parameter: str) -> Secret:
    if not is_header_safe(value.reveal()):
        raise ValueError(
            f"{parameter} may hold no line break, control character or character outside ISO-8859-1."
        )
    return value


def _client_certificate(value: str | Sequence[str | SecretLike]) -> str | tuple[str | Secret, ...]:
    if isinstance(value, str):
        return value
    parts = tuple(value)
    if not 1 <= len(parts) <= 3:
        raise ValueError(
            "ClientCertificate takes a file, or (certificate, key), or (certificate, key, passphrase)."
        )
    files = tuple(str(part) for part in parts[:2])
    return files if len(parts) < 3 else (*files, secret(parts[2], "ClientCertificate"))


def _one_of(parameter: str, value: str, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise ConfigurationError(f"{parameter} must be one of {', '.join(allowed)}.", parameter=parameter)


_lock = threading.Lock()
_process_default = Configuration()
_override: ContextVar[Configuration | None] = ContextVar("psbridge_configuration", default=None)


def current_configuration() -> Configuration:
    """The configuration in force here: the innermost `use_configuration` of this thread or task, else the
    default.
    """
    return _override.get() or _process_default


def set_configuration(configuration: Configuration | None = None, **changes: Any) -> Configuration:
    """Make `configuration`, or the one in force with `changes`, the one in force from here on; returns it.

    Inside `use_configuration` that is the scoped one (it ends with the scope), elsewhere the process default.
    Nothing changes when a value is refused.

    Raises:
        ConfigurationError: a value cannot be used.
    """
    global _process_default
    with _lock:
        scoped = _override.get()
        base = configuration if configuration is not None else (scoped or _process_default)
        result = base.replace(**changes) if changes else base
        if scoped is None:
            _process_default = result
        else:
            _override.set(result)
    return result


@contextmanager
def use_configuration(configuration: Configuration | None = None, **changes: Any) -> Iterator[Configuration]:
    """Use another configuration inside a `with`: the given one, or the one in force with `changes`.

    Held in a context variable: other threads and asyncio tasks keep theirs.
    """
    base = current_configuration() if configuration is None else configuration
    token = _override.set(base.replace(**changes) if changes else base)
    try:
        yield current_configuration()
    finally:
        _override.reset(token)
