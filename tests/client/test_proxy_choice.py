"""Which proxy the system's settings mean for a URL: nothing is asked for but what the host is called."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from psbridge.client import Client, Configuration
from psbridge.client.errors import ConfigurationError, ProxyFailedError
from psbridge.client.message.url import Url
from psbridge.client.wire.proxies import bypasses, in_override, is_loopback, system_proxy
from psbridge.client.wire.route import proxy_for

from .conftest import BODY


@pytest.fixture(autouse=True)
def no_look_ups(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every name is looked at as it is written."""

    def refused(*args: Any, **more: Any) -> Any:
        raise AssertionError("a name was looked up")

    for name in ("gethostbyname", "getfqdn", "gethostbyaddr"):
        monkeypatch.setattr(socket, name, refused)


@pytest.mark.parametrize(
    ("exceptions", "host", "port", "direct"),
    [
        ("::1", "::1", 443, True),
        ("[::1]", "::1", 443, True),
        ("[::1]:8080", "::1", 8080, True),
        ("[::1]:8080", "::1", 443, False),
        ("fd00::/8", "fd12::1", 443, True),
        ("[fd00::]/8", "fd12::1", 443, True),
        ("fd00::/8", "10.0.0.1", 443, False),
        ("b\u00fccher.example", "xn--bcher-kva.example", 443, True),
        ("xn--bcher-kva.example", "www.b\u00fccher.example", 443, True),
        ("10.0.0.0/8", "10.1.2.3", 443, True),
        ("10.0.0.0/8", "11.1.2.3", 443, False),
        ("10.0.0.0/8", "10.example", 443, False),
        ("192.168.1.7/24", "192.168.1.200", 80, True),
        ("10.0.0.0/8", "::ffff:10.0.0.1", 80, True),
        ("a.example\nb.example", "b.example", 443, True),
        ("a.example\r\n b.example \t c.example", "c.example", 443, True),
        ("a.example,,b.example,", "b.example", 443, True),
        ("a.example;b.example", "b.example", 443, True),
        (".example.com", "api.example.com", 443, True),
        (".example.com", "example.com", 443, True),
        ("*.example.com", "api.example.com", 443, True),
        ("example.com", "api.example.com", 443, True),
        ("example.com", "notexample.com", 443, False),
        ("EXAMPLE.com", "api.Example.COM.", 443, True),
        ("example.com:8443", "example.com", 8443, True),
        ("example.com:8443", "example.com", 443, False),
        ("*", "anything.example", 443, True),
        ("", "anything.example", 443, False),
        (" , ", "anything.example", 443, False),
        ("10.0.0.0/99", "10.0.0.1", 443, False),
    ],
)
def test_no_proxy_is_read_as_other_tools_read_it(exceptions: str, host: str, port: int, direct: bool) -> None:
    """Domains, addresses, networks, ports; however they are set apart."""
    assert bypasses(exceptions, host, port) is direct


@pytest.mark.parametrize("host", ["localhost", "LocalHost", "api.localhost", "127.0.0.1", "127.9.9.9", "::1"])
def test_the_loopback_never_goes_through_the_systems_proxy(
    monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    """But through one that the configuration names."""
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("ALL_PROXY", "http://proxy.example:3128")
    url = Url("http", host, 8080)
    assert is_loopback(host)
    assert proxy_for(Configuration(), url) is None
    assert proxy_for(Configuration(proxy="http://own.example"), url) == "http://own.example"
    assert not is_loopback("localhost.example.com")


@pytest.mark.parametrize(
    ("stated", "meant"),
    [
        ("proxy.example:3128", "http://proxy.example:3128"),
        ("HTTP://proxy.example:3128", "http://proxy.example:3128"),
        (" http://proxy.example ", "http://proxy.example"),
        ("socks://proxy.example:1080", "socks5://proxy.example:1080"),
        ("SOCKS5H://proxy.example:1080", "socks5h://proxy.example:1080"),
        ("", None),
    ],
)
def test_a_stated_proxy_is_understood(
    monkeypatch: pytest.MonkeyPatch, stated: str, meant: str | None
) -> None:
    """In any case, with a scheme or without."""
    monkeypatch.setenv("HTTPS_PROXY", stated)
    assert proxy_for(Configuration(), Url("https", "api.example", None)) == meant


@pytest.mark.parametrize(
    "stated", ["http://proxy.example:port", "http://proxy.example:99999", "ftp://x", "://"]
)
def test_a_proxy_that_is_no_url_is_one_sentence(monkeypatch: pytest.MonkeyPatch, stated: str) -> None:
    """With the parameter that can replace it."""
    monkeypatch.setenv("http_proxy", stated)
    with (
        Client(Configuration(base_url="http://api.example/v1", max_retries=0)) as client,
        pytest.raises(ConfigurationError, match=r"^Proxy: [^\n]*\.$"),
    ):
        client.create(BODY)


@pytest.mark.parametrize(
    ("entries", "host", "direct"),
    [
        (["<local>"], "intranet", True),
        (["<local>"], "api.example", False),
        (["<local>"], "fd00::1", False),
        (["*.corp.example", "10.*"], "api.corp.example", True),
        (["*.corp.example", " 10.* "], "10.1.2.3", True),
        (["http://*.corp.example"], "api.corp.example", True),
        (["*.corp.example", ""], "api.example", False),
    ],
)
def test_windows_list_of_exceptions_is_read_without_look_ups(
    entries: list[str], host: str, direct: bool
) -> None:
    """Patterns, and names without a dot."""
    assert in_override(entries, host) is direct


def test_a_systems_proxy_that_cannot_be_reached_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under its own error id, with the proxy's place and without its password."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:pass-word-1@127.0.0.1:{port}")
    with (
        Client(Configuration(base_url="https://api.example/v1", max_retries=0)) as client,
        pytest.raises(ProxyFailedError, match=rf"the proxy 127\.0\.0\.1:{port}") as caught,
    ):
        client.create(BODY)
    assert caught.value.error_id == "PSBridge.ProxyFailed"
    assert "pass-word-1" not in f"{caught.value!r}"


def test_without_settings_there_is_no_proxy() -> None:
    """And nothing is searched for."""
    assert system_proxy(Url("https", "api.example", None)) is None


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_an_empty_certificate_variable_is_unset(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    """Calls go on with the usual issuers."""
    from psbridge.client.wire.tls import tls_context

    monkeypatch.setenv(variable, "")
    assert tls_context(Configuration()).get_ca_certs()
