"""What a call sends: URL, headers, body. Builds and checks; sends nothing.

Source: the OpenAI and Azure OpenAI REST references for paths and authentication headers.
"""

from __future__ import annotations

import base64
import functools
import platform
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias
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
from .url import Url

Body: TypeAlias = bytes | Mapping[str, Any]

_USER_AGENT = f"psbridge/{__version__} Python/{platform.python_version()}"
_OWN_HEADERS = frozenset({"host", "content-length", "transfer-encoding", "connection"})


@dataclass
class Outgoing:
    """One call's request, the same for every try but for its key.

    Attributes:
        method, url: what is asked for.
        headers: by lower-case name: the name as sent, and the value; without the Authorization of an access
            token.
        body: JSON bytes, or empty; or a form.
        model: the model named, for telemetry, or None.
        estimated_tokens: what the request counts as against a tokens-per-minute limit.
        settings: the configuration it was made under, or None.
    """

    method: str
    url: Url = field(repr=False)
    shown_url: str
    headers: dict[str, tuple[str, str]] = field(repr=False)
    body: Content = field(default=b"", repr=False)
    model: str | None = None
    estimated_tokens: int = 0
    settings: Configuration | None = field(default=None, repr=False)
    _keys: list[Secret] = field(default_factory=list, repr=False)

    def keep_secret(self, key: Secret | None) -> None:
        """Have `key`, which this request is sent with, not show either."""
        if key is not None and key not in self._keys:
            self._keys.append(key)

    @property
    def secrets(self) -> tuple[str, ...]:
        """The texts that must not show in an error or a log."""
        texts = [key.reveal() for key in self._keys]
        if self.settings is not None:
            texts += self.settings.secrets()
        for name, value in self.headers.values():
            texts += secret_texts(value, name)
        return tuple(dict.fromkeys(texts))

    def wire_headers(self, key: Secret | None) -> list[tuple[bytes, bytes]]:
        """The header lines of one try."""
        lines = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in self.headers.values()]
        if key is not None and "authorization" not in self.headers:
            lines.append((b"Authorization", b"Bearer " + key.reveal().encode("latin-1")))
        return lines


def chat_body(
    body: Body, configuration: Configuration, additional: Mapping[str, Any] | None, stream: bool | None
) -> tuple[bytes, Mapping[str, Any] | None]:
    """The JSON bytes of a request, and its members where they had to be looked at.

    Bytes go out as they are unless something has to be added. `additional` members win over the body's, the
    body's over the configuration's.

    Raises:
        RequestError: the body is no JSON object.
    """
    extra: dict[str, Any] = dict(additional or {})
    if stream is not None:
        extra["stream"] = stream
    base = configuration.additional_body
    if isinstance(body, bytes | bytearray | memoryview):
        if not extra and not base and not configuration.model and not _is_azure(configuration):
            return bytes(body), None
        try:
            members = jsontext.loads(bytes(body))
        except ValueError as error:
            raise RequestError(f"The request is not JSON: {error}.", parameter="Request") from None
    else:
        members = body
    if not isinstance(members, Mapping):
        raise RequestError("The request must be a JSON object.", parameter="Request")
    if extra or base or (configuration.model and members.get("model") is None):
        members = {**base, **members, **extra}
        if members.get("model") is None and configuration.model:
            members["model"] = configuration.model
    return json_body(members), members


def json_body(members: Mapping[str, Any]) -> bytes:
    """Compact UTF-8 JSON of `members`.

    Raises:
        RequestError: something in it is not JSON.
    """
    try:
        return jsontext.dumps(members)
    except ValueError as error:
        raise RequestError(f"The request cannot be written as JSON: {error}.", parameter="Request") from None


def outgoing(
    configuration: Configuration,
    operation: Operation,
    path: str,
    *,
    body: Content = b"",
    members: Mapping[str, Any] | None = None,
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
    model = members.get("model") if members is not None else None
    method = operation.method
    base, extra_query = _base(configuration, operation, model if isinstance(model, str) else None)
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
        put(name, value)
    if idempotency_key or not operation.idempotent:
        put("Idempotency-Key", idempotency_key or f"psbridge-{uuid.uuid4()}")
    for name, value in (headers or {}).items():
        try:
            check_header(name, value, "AdditionalHeaders")
        except ValueError as error:
            raise RequestError(str(error), parameter="AdditionalHeaders") from None
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
        body,
        model if isinstance(model, str) else None,
        settings=configuration,
    )


def members_of(content: bytes) -> Mapping[str, Any] | None:
    """The members of a JSON body that goes out as it is; None where it is no object."""
    try:
        members = jsontext.loads(content)
    except ValueError:
        return None
    return members if isinstance(members, Mapping) else None


def estimate_tokens(body: bytes, members: Mapping[str, Any] | None) -> int:
    """A rough count for a tokens-per-minute limit: a token for 4 bytes, and what the answers may use at
    most.
    """
    tokens = len(body) // 4 + 1
    if members is not None:
        most = members.get("max_completion_tokens") or members.get("max_tokens")
        count = members.get("n")
        if isinstance(most, int):
            tokens += most * (count if isinstance(count, int) else 1)
    return tokens


def _is_azure(configuration: Configuration) -> bool:
    return configuration.azure_endpoint is not None


def _base(
    configuration: Configuration, operation: Operation, model: str | None
) -> tuple[str, dict[str, str]]:
    if configuration.azure_endpoint is None or configuration.base_url is not None:
        query = {"api-version": configuration.api_version} if configuration.api_version else {}
        return configuration.base_url or "", query
    endpoint = configuration.azure_endpoint
    if configuration.api_version is None:
        # Azure's versionless API: the model's name is the deployment's.
        return f"{endpoint}/openai/v1", {}
    if not operation.of_model:
        return f"{endpoint}/openai", {"api-version": configuration.api_version}
    deployment = configuration.azure_deployment or model
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
            pairs += [(f"{name}[{key}]", _text(item)) for key, item in value.items()]
        elif isinstance(value, list | tuple):
            pairs += [(name, _text(item)) for item in value]
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
    return str(value).lower() if isinstance(value, bool) else str(value)


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
