"""Redirects: followed within one origin only, so that no credential reaches another scheme, host or port."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin, urlsplit

from ..errors import RedirectError
from ..message.headers import Headers
from ..message.url import Url
from ..settings.secret import mask_text
from ..wire.transport import WireRequest

MOST_REDIRECTS = 10


def follow(request: WireRequest, response: Any, count: int) -> WireRequest:
    """The request that the redirect number `count` asks for.

    A POST goes on only where the status keeps it a POST (307, 308).

    Raises:
        RedirectError: it leads to another origin, nowhere, or in circles, or would turn a POST into a GET.
    """
    headers = Headers(response.headers)

    def refuse(why: str) -> RedirectError:
        return RedirectError(
            f"HTTP {response.status}: {why}",
            status=response.status,
            reason=response.reason,
            headers=headers,
            request_id=headers.request_id,
        )

    location = headers.get("location")
    if not location or response.status == 304:
        raise refuse("the server redirects without saying where to.")
    if count > MOST_REDIRECTS:
        raise refuse(f"the server redirected more than {MOST_REDIRECTS} times.")
    try:
        there = urlsplit(urljoin(str(request.url), location))
        port = there.port
    except ValueError:
        raise refuse("the server redirects to what is no URL.") from None
    origin = (request.url.scheme, request.url.host, request.url.real_port)
    default = {"http": 80, "https": 443}.get(there.scheme)
    if (there.scheme, there.hostname, port or default) != origin:
        raise refuse(
            f"the server redirects to another origin, {mask_text(f'{there.scheme}://{there.netloc}')}; "
            "that is not followed, since the request carries credentials."
        )
    if request.method != "GET" and response.status not in (307, 308):
        raise refuse(f"the server redirects in a way that would turn the {request.method} into a GET.")
    target = there.path or "/"
    if there.query:
        target += f"?{there.query}"
    url = Url(request.url.scheme, request.url.host, request.url.port, target.encode("latin-1", "replace"))
    return WireRequest(request.method, url, request.headers, request.body)
