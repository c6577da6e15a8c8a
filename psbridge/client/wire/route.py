"""How an origin is reached under a configuration: its proxy and its TLS context.

Proxies come from the configuration, else from the system (environment variables, and the registry or the
system settings on Windows and macOS) with NO_PROXY honoured, as the standard library's `urllib.request` reads
them.
"""

from __future__ import annotations

import functools
import os
import sys
from typing import Any
from urllib.request import getproxies, proxy_bypass

import httpcore

from ..errors import ConfigurationError
from ..message.request import host_line
from ..settings.checks import proxy as check_proxy
from ..settings.configuration import Configuration
from .tls import tls_context, tls_key, warn_when_unchecked
from .transport import Route

# Elsewhere the environment is all there is, and a look at six variables spares a walk through all of it.
_READS_SYSTEM = sys.platform in ("win32", "darwin")
_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


class Routes:
    """Finds routes, and keeps them: TLS settings are looked at once per configuration."""

    def __init__(self) -> None:
        self._routes: dict[tuple[Any, ...], Route] = {}

    def find(self, configuration: Configuration, url: httpcore.URL) -> Route:
        """The route to `url`'s origin.

        Raises:
            ConfigurationError: the system's proxy setting is no URL.
        """
        proxy = proxy_for(configuration, url)
        secure = url.scheme == b"https" or (proxy or "").startswith("https:")
        key = (proxy, tls_key(configuration) if secure else ())
        route = self._routes.get(key)
        if route is None:
            if secure:
                warn_when_unchecked(configuration)
            route = Route(proxy, key[1], functools.partial(tls_context, configuration))
            self._routes[key] = route
        return route


def proxy_for(configuration: Configuration, url: httpcore.URL) -> str | None:
    """The proxy's URL, or None for a direct connection."""
    if configuration.proxy is not None:
        return configuration.proxy or None
    if not _READS_SYSTEM and not any(map(os.environ.get, _VARIABLES)):
        return None
    proxies = getproxies()
    proxy = proxies.get(url.scheme.decode()) or proxies.get("all")
    if not proxy or proxy_bypass(host_line(url)):
        return None
    if "://" not in proxy:
        proxy = f"http://{proxy}"
    if proxy.startswith("socks://"):
        proxy = f"socks5://{proxy[8:]}"
    try:
        return check_proxy(proxy, "Proxy")
    except ValueError:
        raise ConfigurationError(
            "Proxy: the system's proxy setting is no http, https or socks5 URL.", parameter="Proxy"
        ) from None
