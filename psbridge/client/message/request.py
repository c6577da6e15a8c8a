"""What a call sends: URL, headers, body. Builds and checks; sends nothing.

Source: the OpenAI and Azure OpenAI REST references for paths and authentication headers.
"""

from __future__ import annotations

import base64
import datetime
import enum
import functools
import platform
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from psbridge import __version__

from ..errors import ConfigurationError, RequestError
from ..operation import Operation
from ..settings.configuration import Configuration
from ..settings.secret import Secret, secret_texts
from . import jsontext
from .form import Content, Form, pieces_of
from .headers import check_header
from .inflate import ACCEPTED
from .payload import Payload
from .url import Url

_USER_AGENT = f"psbridge/{__version__} Python/{platform.python_version()}"
_OWN_HEADERS = frozenset({"host", "content-length", "transfer-encoding", "connection"})


@dataclass
class Outgoing:
    """One call's request, the same for every try but for its key.

    Attributes:
        method, url: what is asked for.
        headers: by lower-case name: the name as sent, and the value; without the Authorization of an access
            token.
        payload: its body.
        settings: the configuration it was made under, or None.
        added: what the call itself adds to query and body, which may hold secrets as the configuration's do.
    """

    method: str
    url: Url = field(repr=False)
    shown_url: str
    headers: dict[str, tuple[str, str]] = field(repr=False)
    payload: Payload = field(default_factory=Payload, repr=False)
    settings: Configuration | None = field(default=None, repr=False)
    added: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    _keys: list[Secret] = field(default_factory=list, repr=False)

    def keep_secret(self, key: Secret | None) -> None:
        """Have `key`, which this request is sent with, not show either."""
        if key is not None and key not in self._keys:
            self._keys.append(key)

    @property
    def body(self) -> Content:
        """What is sent: JSON bytes, or none; or a form."""
        return self.payload.content

    @property
    def secrets(self) -> tuple[str, ...]:
        """The texts that must not show in an error or a log."""
        texts = [key.reveal() for key in self._keys]
        if self.settings is not None:
            texts += self.settings.secrets()
        for name, value in self.headers.values():
            texts += secret_texts(value, name)
        for one in self.added:
            texts += secret_texts(one)
        return tuple(dict.fromkeys(texts))

    def wire_headers(self, key: Secret | None) -> list[tuple[bytes, bytes]]:
        """The header lines of one try."""
        lines = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in self.headers.values()]
        if key is not None and "authorization" not in self.headers:
            lines.append((b"Authorization", b"Bearer " + key.reveal().encode("latin-1")))
        return lines


def _trouble(headers: Mapping[str, str]) -> str:
    """What is wrong with headers, for an error that is raised where no header stands among the locals."""
    for name, value in headers.items():
        try:
            check_header(name, value, "AdditionalHeaders")
        except ValueError as error:
            return str(error)
    return ""


def outgoing(
    configuration: Configuration,
    operation: Operation,
    path: str,
    payload: Payload,
    *,
    query: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    idempotency_key: str | None = None,
    accept: str = "application/json",
) -> Outgoing:
    """The request for an operation, at its filled-in `path`, under a resolved configuration.

    Raises:
        RequestError: a header cannot be sent.
        ConfigurationError: Azure settings are incomplete.
    """
    if headers and (trouble := _trouble(headers)):
        raise RequestError(trouble, parameter="AdditionalHeaders")
    method, body = operation.method, payload.content
    base, extra_query = _base(configuration, operation, payload)
    merged = {**extra_query, **configuration.additional_query, **(query or {})}
    url, shown = _url(base + path, tuple((k, v) for k, v in _flat(merged)))
    lines: dict[str, tuple[str, str]] = {}

    def put(name: str, value: str) -> None:
        lines[name.lower()] = (name, value)

    put("Host", url.host_line)
    put("Accept", accept)
    put("Accept-Encoding", ACCEPTED)
    put("User-Agent", _USER_AGENT)
    if configuration.organization:
        put("OpenAI-Organization", configuration.organization)
    if configuration.project:
        put("OpenAI-Project", configuration.project)
    _authenticate(configuration, put)
    for name, value in configuration.default_headers.items():
        if value is None:
            lines.pop(name.lower(), None)
        else:
            put(name, value)
    if idempotency_key or not operation.idempotent:
        put("Idempotency-Key", idempotency_key or f"psbridge-{uuid.uuid4()}")
    for name, value in (headers or {}).items():
        put(name, value)
    for own in _OWN_HEADERS & lines.keys() - {"host"}:
        del lines[own]
    if isinstance(body, Form):
        put("Content-Type", body.media_type)
        if body.length is None:
            put("Transfer-Encoding", "chunked")
        else:
            put("Content-Length", str(body.length))
    elif body or method == "POST":
        put("Content-Type", lines.get("content-type", ("", "application/json"))[1])
        put("Content-Length", str(len(body)))
    if configuration.http_signing is not None:
        from ..settings.signing import signature_headers

        sent = {name: value for name, (_, value) in lines.items()}
        target = url.target.decode("ascii")
        signed = signature_headers(
            configuration.http_signing, method, target, sent, pieces_of(body), time.time()
        )
        for name, value in signed.items():
            put(name, value)
    return Outgoing(
        method,
        url,
        shown,
        lines,
        payload,
        settings=configuration,
    )


def _base(configuration: Configuration, operation: Operation, payload: Payload) -> tuple[str, dict[str, str]]:
    if configuration.azure_endpoint is None or configuration.base_url is not None:
        query = {"api-version": configuration.api_version} if configuration.api_version else {}
        return configuration.base_url or "", query
    endpoint = configuration.azure_endpoint
    if configuration.api_version is None:
        # Azure's versionless API: the model's name is the deployment's.
        return f"{endpoint}/openai/v1", {}
    if not operation.of_model:
        return f"{endpoint}/openai", {"api-version": configuration.api_version}
    deployment = configuration.azure_deployment or payload.model
    if deployment is None:
        raise ConfigurationError(
            "AzureDeployment: Azure needs a deployment, or a request that names a model.",
            parameter="AzureDeployment",
        )
    return f"{endpoint}/openai/deployments/{quote(deployment, safe='')}", {
        "api-version": configuration.api_version
    }


def _authenticate(configuration: Configuration, put: Any) -> None:
    """Put the authentication headers that do not come from an access token."""
    for name, key in configuration.api_key.items():
        text = key.reveal() if isinstance(key, Secret) else str(key)
        prefix = configuration.api_key_prefix.get(name)
        if prefix is None and name.lower() == "authorization" and " " not in text:
            prefix = "Bearer"
        put(name, f"{prefix} {text}" if prefix else text)
    if configuration.username is not None and "Authorization" not in configuration.api_key:
        password = configuration.password
        text = password.reveal() if isinstance(password, Secret) else ""
        pair = base64.b64encode(f"{configuration.username}:{text}".encode()).decode("ascii")
        if configuration.access_token is None:
            put("Authorization", f"Basic {pair}")
    if isinstance(configuration.cookie, Secret):
        put("Cookie", configuration.cookie.reveal())


def _flat(query: Mapping[str, Any]) -> list[tuple[str, str]]:
    pairs = []
    for name, value in query.items():
        if value is None:
            continue
        if isinstance(value, Mapping):
            pairs += [(f"{name}[{key}]", _text(item)) for key, item in value.items() if item is not None]
        elif isinstance(value, list | tuple | set | frozenset):
            pairs += [(name, _text(item)) for item in value if item is not None]
        else:
            pairs.append((name, _text(value)))
    for name, text in pairs:
        if not jsontext.is_utf8(name + text):
            raise RequestError(
                f"AdditionalQuery: {name!a} holds half of a surrogate pair.",
                parameter="AdditionalQuery",
            )
    return pairs


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return str(value.value if isinstance(value, enum.Enum) else value)


@functools.lru_cache(maxsize=256)
def _url(url: str, query: tuple[tuple[str, str], ...]) -> tuple[Url, str]:
    """The URL, and the text of it that may be logged: no query, which may carry a key."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if not host.isascii():
        host = host.encode("idna").decode("ascii")
    path = quote(parts.path, safe="/%:@!$&'()*+,;=~-._") or "/"
    full_query = "&".join(text for text in (parts.query, urlencode(query)) if text)
    target = f"{path}?{full_query}" if full_query else path
    address = Url(parts.scheme, host, parts.port, target.encode("ascii"))
    return address, f"{parts.scheme}://{address.host_line}{path}"
