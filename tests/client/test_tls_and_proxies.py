"""TLS that is checked, redirects that are not followed, and proxies: nobody on the way gets the key."""

from __future__ import annotations

import asyncio
import base64
import datetime
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from psbridge.client import CertificateCheckSkippedWarning, Configuration
from psbridge.client.errors import (
    ConfigurationError,
    ConnectionFailedError,
    ConnectTimeoutError,
    ProxyFailedError,
    RedirectError,
    TlsError,
)

from .conftest import BODY, KEY, Caller
from .faulty import COMPLETION, STREAM_HEAD, Connection, FaultyServer, event_stream


async def answer(connection: Connection) -> None:
    while True:
        received = await connection.request()
        if received.body and received.json.get("stream"):
            await connection.send(STREAM_HEAD + event_stream("Hi"))
            return
        await connection.reply(COMPLETION)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(made)
    return made


@pytest.fixture
def bundle(authority: trustme.CA, tmp_path: Path) -> Path:
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture
def secure(authority: trustme.CA, faulty: Any) -> Any:
    return faulty(answer, context(authority.issue_cert("127.0.0.1", "localhost")))


def once(server: Any, **changes: Any) -> Configuration:
    return Configuration(base_url=server.base_url, access_token=KEY, max_retries=0, **changes)


def test_an_own_ca_bundle_is_trusted(caller: Caller, secure: Any, bundle: Path) -> None:
    """Whole replies and streams."""
    client = caller.client(once(secure, ca_bundle=str(bundle)))
    assert caller.create(client).value == COMPLETION
    assert caller.completion(client)["choices"][0]["message"]["content"] == "Hi"


def test_ssl_cert_file_is_honoured(
    caller: Caller, secure: Any, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in other tools."""
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    assert caller.create(caller.client(once(secure))).status == 200


def test_an_unknown_issuer_is_refused(caller: Caller, secure: Any) -> None:
    """And not tried again: the answer would be the same."""
    with pytest.raises(TlsError, match="certificate") as caught:
        caller.create(caller.client(once(secure).replace(max_retries=2)))
    assert (caught.value.attempts, caught.value.error_id) == (1, "PSBridge.TlsFailed")


def test_a_certificate_for_another_name_is_refused(
    caller: Caller, authority: trustme.CA, faulty: Any, bundle: Path
) -> None:
    """Though its issuer is trusted."""
    server = faulty(answer, context(authority.issue_cert("elsewhere.example")))
    with pytest.raises(TlsError, match=r"127\.0\.0\.1:\d+ was not accepted: .*127\.0\.0\.1"):
        caller.create(caller.client(once(server, ca_bundle=str(bundle))))


def test_an_expired_certificate_is_refused(
    caller: Caller, authority: trustme.CA, faulty: Any, bundle: Path
) -> None:
    """Though name and issuer are right."""
    long_ago = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
    expired = authority.issue_cert("127.0.0.1", not_before=long_ago, not_after=long_ago)
    with pytest.raises(TlsError, match="expired"):
        caller.create(caller.client(once(faulty(answer, context(expired)), ca_bundle=str(bundle))))


def test_skip_certificate_check_works_and_warns(caller: Caller, secure: Any) -> None:
    """Once, however many calls follow."""
    client = caller.client(once(secure, skip_certificate_check=True))
    with pytest.warns(CertificateCheckSkippedWarning) as warned:
        caller.create(client)
        caller.create(client)
    assert len(warned) == 1


def test_the_systems_trust_store_is_asked(caller: Caller, secure: Any) -> None:
    """It does not know the test's issuer."""
    pytest.importorskip("truststore")
    with pytest.raises(TlsError):
        caller.create(caller.client(once(secure, system_trust_store=True)))


def test_a_client_certificate_is_shown(
    caller: Caller, authority: trustme.CA, faulty: Any, bundle: Path, tmp_path: Path
) -> None:
    """A server that demands one answers with it, and only with it."""
    demanding = context(authority.issue_cert("127.0.0.1"))
    demanding.verify_mode = ssl.CERT_REQUIRED
    demanding.maximum_version = ssl.TLSVersion.TLSv1_2
    authority.configure_trust(demanding)
    server = faulty(answer, demanding)
    own = tmp_path / "own.pem"
    authority.issue_cert("someone@example.org").private_key_and_cert_chain_pem.write_to_path(str(own))
    assert (
        caller.create(caller.client(once(server, ca_bundle=str(bundle), client_certificate=str(own)))).status
        == 200
    )
    with pytest.raises(ConnectionFailedError):
        caller.create(caller.client(once(server, ca_bundle=str(bundle))))


@pytest.mark.parametrize("name", ["ca_bundle", "client_certificate"])
def test_a_certificate_file_that_is_none_is_told(
    caller: Caller, secure: Any, tmp_path: Path, name: str
) -> None:
    """With the parameter's name."""
    (tmp_path / "x.pem").write_text("nothing")
    for path in (tmp_path / "x.pem", tmp_path / "missing.pem"):
        with pytest.raises(ConfigurationError, match=r"CaBundle|ClientCertificate"):
            caller.create(caller.client(once(secure, **{name: str(path)})))


def test_a_handshake_that_never_comes_is_a_connect_timeout(caller: Caller, faulty: Any) -> None:
    """The connect limit covers TLS."""

    async def silent(connection: Connection) -> None:
        await connection.reader.read()

    server = faulty(silent)
    url = server.base_url.replace("http:", "https:")
    with pytest.raises(ConnectTimeoutError, match=r"connection to 127\.0\.0\.1:\d+ within 0.2 s"):
        caller.create(caller.client(Configuration(base_url=url, max_retries=0, connect_timeout=0.2)))


# Redirects


def redirecting(status: int, location: str) -> Any:
    async def handler(connection: Connection) -> None:
        while True:
            received = await connection.request()
            if received.line.split()[1] == "/elsewhere":
                await connection.reply(COMPLETION)
            else:
                await connection.reply({}, status, location=location)

    return handler


@pytest.mark.parametrize("status", [307, 308])
def test_a_redirect_within_the_origin_is_followed(caller: Caller, faulty: Any, status: int) -> None:
    """The POST stays one."""
    assert caller.create(caller.client(once(faulty(redirecting(status, "/elsewhere"))))).value == COMPLETION


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_origin_is_not_followed(caller: Caller, faulty: Any, status: int) -> None:
    """Another port, host or scheme: the other server sees no connection, let alone a key."""
    other: FaultyServer = faulty(answer)
    targets = [
        f"{other.origin}/elsewhere",
        f"http://localhost:{other.port}/elsewhere",
        f"//localhost:{other.port}/elsewhere",
        f"https://127.0.0.1:{other.port}/elsewhere",
        "ftp://127.0.0.1/elsewhere",
        "http://[",
    ]
    for target in targets:
        with pytest.raises(RedirectError) as caught:
            caller.create(caller.client(once(faulty(redirecting(status, target)))))
        assert caught.value.status == status
        assert caught.value.category == "SecurityError"
    assert other.connections == 0


def test_a_post_does_not_become_a_get(caller: Caller, faulty: Any) -> None:
    """As 301, 302 and 303 would have it."""
    with pytest.raises(RedirectError, match="turn the POST into a GET"):
        caller.create(caller.client(once(faulty(redirecting(302, "/elsewhere")))))


def test_a_hundred_redirects_are_too_many(caller: Caller, faulty: Any) -> None:
    """Ten are enough."""
    seen = 0

    async def handler(connection: Connection) -> None:
        nonlocal seen
        while True:
            await connection.request()
            seen += 1
            await connection.reply({}, 307, location=f"/v1/{seen}")

    with pytest.raises(RedirectError, match="more than 10 times"):
        caller.create(caller.client(once(faulty(handler))))
    assert seen == 11


# Proxies


class Proxy:
    """A forward proxy: CONNECT and plain forwarding, with a password if given."""

    def __init__(self, password: str | None = None) -> None:
        self.password = password
        self.lines: list[str] = []
        self.keys: list[str | None] = []

    async def __call__(self, connection: Connection) -> None:
        received = await connection.request()
        self.lines.append(received.line)
        self.keys.append(received.headers.get("authorization"))
        if self.password is not None:
            expected = "Basic " + base64.b64encode(f"user:{self.password}".encode()).decode()
            if received.headers.get("proxy-authorization") != expected:
                await connection.reply({}, 407, proxy_authenticate="Basic")
                return
        method, target, _ = received.line.split()
        if method == "CONNECT":
            host, _, port = target.partition(":")
            upstream = await asyncio.open_connection(host, int(port))
            await connection.send(b"HTTP/1.1 200 OK\r\n\r\n")
            await tunnel(connection, *upstream)
        else:
            await connection.reply({**COMPLETION, "id": "by proxy"})


async def tunnel(connection: Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65_536):
                target.write(data)
                await target.drain()
        except ConnectionError:
            pass
        finally:
            target.close()

    try:
        await asyncio.gather(copy(connection.reader, writer), copy(reader, connection.writer))
    finally:
        writer.close()


def test_plain_http_goes_through_a_proxy(caller: Caller, faulty: Any) -> None:
    """Which is asked for the whole URL."""
    proxy = Proxy()
    through = faulty(proxy)
    configuration = Configuration(base_url="http://llm.internal/v1", proxy=through.origin, max_retries=0)
    assert caller.create(caller.client(configuration)).value["id"] == "by proxy"
    assert proxy.lines == ["POST http://llm.internal/v1/chat/completions HTTP/1.1"]


def test_https_is_tunnelled_and_the_proxy_sees_no_key(
    caller: Caller, faulty: Any, secure: Any, bundle: Path
) -> None:
    """Only host and port."""
    proxy = Proxy("p@ss")
    url = faulty(proxy).origin.replace("://", "://user:p%40ss@")
    assert caller.create(caller.client(once(secure, ca_bundle=str(bundle), proxy=url))).value == COMPLETION
    assert proxy.lines == [f"CONNECT 127.0.0.1:{secure.port} HTTP/1.1"]
    assert proxy.keys == [None]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_demands_a_password_is_told(
    caller: Caller, faulty: Any, secure: Any, bundle: Path, scheme: str
) -> None:
    """Once, without showing the wrong password."""
    url = faulty(Proxy("right")).origin.replace("://", "://user:wrong-password@")
    target = secure.base_url.replace("https", scheme)
    configuration = Configuration(base_url=target, ca_bundle=str(bundle), proxy=url)
    with pytest.raises(ProxyFailedError, match="407") as caught:
        caller.create(caller.client(configuration))
    assert caught.value.attempts == 1
    assert "wrong-password" not in f"{caught.value!r} {configuration!r}"


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_the_environments_proxy_is_used(
    caller: Caller, faulty: Any, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """But not where NO_PROXY names the host, or the configuration says none, and never for the loopback."""
    direct = faulty(answer)
    monkeypatch.setenv(variable, faulty(Proxy()).origin)
    assert caller.create(caller.client(once(direct))).value["id"] == "chatcmpl-1"
    by_name = once(direct).replace(base_url=f"http://0.0.0.0:{direct.port}/v1")  # reaches this machine, too
    assert caller.create(caller.client(by_name)).value["id"] == "by proxy"
    assert caller.create(caller.client(by_name.replace(proxy=""))).value["id"] == "chatcmpl-1"
    monkeypatch.setenv("NO_PROXY", "10.0.0.0/8\n0.0.0.0/30 ")
    assert caller.create(caller.client(by_name)).value["id"] == "chatcmpl-1"


def test_a_socks_proxy_is_used(caller: Caller, faulty: Any) -> None:
    """SOCKS 5 with user and password."""
    pytest.importorskip("socksio")
    direct = faulty(answer)
    asked: list[bytes] = []

    async def socks(connection: Connection) -> None:
        read = connection.reader.readexactly
        _, count = await read(2)
        methods = await read(count)
        assert 2 in methods
        await connection.send(b"\x05\x02")
        _, length = await read(2)
        user = await read(length)
        password = await read((await read(1))[0])
        asked.append(user + b":" + password)
        await connection.send(b"\x01\x00")
        _, _, _, kind = await read(4)
        address = await read(4) if kind == 1 else await read((await read(1))[0])
        asked.append(address)
        port = int.from_bytes(await read(2), "big")
        await connection.send(b"\x05\x00\x00\x01" + bytes(6))
        await tunnel(connection, *await asyncio.open_connection("127.0.0.1", port))

    proxy = faulty(socks).origin.replace("http://", "socks5://user:secret@")
    assert caller.create(caller.client(once(direct, proxy=proxy)), BODY).value == COMPLETION
    assert asked[0] == b"user:secret"


@pytest.fixture(autouse=True)
def no_context_is_kept() -> Iterator[None]:
    """Files of the same name differ between tests."""
    from psbridge.client.wire import tls

    yield
    tls._contexts.clear()
