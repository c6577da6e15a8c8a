"""How an origin is reached under a configuration: its proxy and its TLS context.

Proxies come from the configuration, else from the system; see `proxies`.
"""

from __future__ import annotations

import functools
from typing import Any

from ..errors import ConfigurationError
from ..message.url import Url
from ..settings.checks import proxy as check_proxy
from ..settings.configuration import Configuration
from .proxies import is_loopback, system_proxy
from .tls import tls_context, tls_key, warn_when_unchecked
from .transport import Route


class Routes:
    """Finds routes, and keeps them: TLS settings are looked at once per configuration."""

    def __init__(self) -> None:
        self._routes: dict[tuple[Any, ...], Route] = {}

    def find(self, configuration: Configuration, url: Url) -> Route:
        """The route to `url`'s origin.

        Raises:
            ConfigurationError: the system's proxy setting is no URL.
        """
        proxy = proxy_for(configuration, url)
        secure = url.scheme == "https" or (proxy or "").startswith("https:")
        key = (proxy, tls_key(configuration) if secure else (), configuration.transport)
        route = self._routes.get(key)
        if route is None:
            if secure:
                warn_when_unchecked(configuration)
            tls = functools.partial(tls_context, configuration)
            route = self._routes[key] = Route(proxy, key[1], tls, configuration.transport)
        return route


def proxy_for(configuration: Configuration, url: Url) -> str | None:
    """The proxy's URL, or None for a direct connection, as to the loopback where no proxy is configured.

    Raises:
        ConfigurationError: the system's proxy setting is no URL.
    """
    if configuration.proxy is not None:
        return configuration.proxy or None
    proxy = system_proxy(url)
    if proxy is None:
        return None
    try:
        checked = check_proxy(proxy, "Proxy")
        return None if is_loopback(url.host) else checked  # a setting that cannot be used is told even so
    except ValueError:
        raise ConfigurationError(
            "Proxy: the system's proxy setting is no http, https or socks5 URL.", parameter="Proxy"
        ) from None
