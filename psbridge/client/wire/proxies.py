"""The system's proxy for a URL: from environment variables, else from Windows' registry or macOS' settings.

Nothing here asks for names: whether a host goes direct is decided by what it is called. Automatic
configuration scripts (PAC) are not read.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..message.url import Url

if TYPE_CHECKING:
    import ipaddress

# Elsewhere the environment is all there is, and a look at six variables spares a walk through all of it.
_READS_SYSTEM = sys.platform in ("win32", "darwin")
_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
_LOCAL_NAME = "<local>"  # Windows' word for every name without a dot


def system_proxy(url: Url) -> str | None:
    """The proxy as the system states it, with a scheme; None for a direct connection."""
    stated = any(map(os.environ.get, _VARIABLES))
    if not (stated or _READS_SYSTEM):
        return None
    if stated:
        from urllib.request import getproxies_environment

        proxies = getproxies_environment()
        exceptions = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
        goes_direct = bypasses(exceptions, url.host, url.real_port)
    else:
        proxies, goes_direct = _of_system(url)
    proxy = proxies.get(url.scheme) or proxies.get("all")
    if not proxy and "socks" in proxies:
        proxy = f"socks5://{proxies['socks'].partition('://')[2] or proxies['socks']}"
    if not proxy or goes_direct:
        return None
    proxy = proxy.strip()
    if "://" not in proxy:
        proxy = f"http://{proxy}"
    scheme, _, rest = proxy.partition("://")
    return f"socks5://{rest}" if scheme.lower() == "socks" else proxy


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine: `localhost`, a name below it, 127.0.0.0/8 or ::1."""
    address = _address(host)
    if address is not None:
        return address.is_loopback
    name = host.lower().rstrip(".")
    return name == "localhost" or name.endswith(".localhost")


def bypasses(exceptions: str, host: str, port: int) -> bool:
    """Whether NO_PROXY's list holds `host`: `*`, a domain and all below it, an address, a network such as
    10.0.0.0/8, each with or without a port; set apart by commas, blanks or line ends.
    """
    entries = exceptions.replace(",", " ").replace(";", " ").split()
    return any(_is_meant(entry, host, port) for entry in entries)


def _is_meant(entry: str, host: str, port: int) -> bool:
    entry = entry.lower()
    if entry == "*":
        return True
    address = _address(host)
    name, stated = entry, None
    if _network(entry) is None or "]:" in entry:  # an IPv6 address has colons of its own
        name, stated = _apart(entry)
    if stated is not None and stated != port:
        return False
    network = _network(name)
    if network is not None:
        return address is not None and address.version == network.version and address in network
    name = _spelled(name.removeprefix("*").strip("."))
    own = _spelled(host.lower().rstrip("."))
    return bool(name) and (own == name or own.endswith(f".{name}"))


def _spelled(name: str) -> str:
    """A name as it goes over the wire: one of other letters in ASCII."""
    try:
        return name if name.isascii() else name.encode("idna").decode("ascii")
    except UnicodeError:
        return name


def _apart(entry: str) -> tuple[str, int | None]:
    """An entry's host, and its port where it states one."""
    name, colon, port = entry.rpartition(":")
    if colon and port.isdecimal() and not entry.endswith("]"):
        return name.strip("[]"), int(port)
    return entry.strip("[]"), None


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    import ipaddress  # only where there is a proxy at all

    try:
        address = ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _network(entry: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    import ipaddress

    try:
        return ipaddress.ip_network(entry.replace("[", "").replace("]", ""), strict=False)
    except ValueError:
        return None


def _of_system(url: Url) -> tuple[dict[str, str], bool]:
    """What the registry or the system settings say: proxies by scheme, and whether this host goes direct."""
    if sys.platform == "win32":
        from urllib.request import getproxies_registry

        proxies = getproxies_registry()
        return proxies, bool(proxies) and in_override(_registry_override(), url.host)
    if sys.platform == "darwin":
        from urllib.request import getproxies, proxy_bypass

        proxies = getproxies()
        return proxies, bool(proxies) and bool(proxy_bypass(url.host_line))
    return {}, False


def _registry_override() -> Iterable[str]:
    if sys.platform != "win32":
        return ()
    import winreg

    place = r"Software\Microsoft\Windows\CurrentVersion\Internet Settings"
    try:
        with winreg.OpenKey(winreg.HKEY_CURRENT_USER, place) as key:
            return str(winreg.QueryValueEx(key, "ProxyOverride")[0]).split(";")
    except OSError:
        return ()


def in_override(entries: Iterable[str], host: str) -> bool:
    """Whether Windows' list of exceptions holds `host`: patterns with `*`, and `<local>` for names without a
    dot.
    """
    from fnmatch import fnmatchcase

    name = host.lower()
    for entry in (one.strip().lower() for one in entries):
        if entry == _LOCAL_NAME:
            if "." not in name and ":" not in name:
                return True
        elif entry and fnmatchcase(name, entry.partition("://")[2] or entry):
            return True
    return False
