"""The client's own errors for what went wrong on the wire, told apart by types and by what the lease knows.

Nothing here decides by the words of a message; they are only shown. A library's adapter says which of its
classes mean what; sockets raise what `socket_failure` and `no_connection` make.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import TypeVar

import h11

from ..errors import (
    BadResponseError,
    CallCancelledError,
    ClientError,
    ConnectionFailedError,
    ProxyFailedError,
    ResponseTooLargeError,
    TlsError,
)
from ..settings.secret import mask_text
from .bounds import Lease, Phase
from .transport import WireRequest

E = TypeVar("E", bound=BaseException)

_HEAD_TOO_LARGE = 431  # h11's hint for a head of more than 100 KiB


def cancelled() -> CallCancelledError:
    """The caller cancelled."""
    return CallCancelledError("The call was cancelled.")


def no_connection(error: Exception, lease: Lease) -> ClientError:
    """No address could be connected to, or there is none."""
    if lease.bounds is not None and lease.bounds.cancelled:
        return cancelled()
    reason = _words(error)
    if lease.reaching:
        return ProxyFailedError(f"There is no connection to the proxy {lease.proxy}: {reason}.")
    return ConnectionFailedError(f"There is no connection to {lease.place}: {reason}.")


def socket_failure(error: OSError, lease: Lease) -> ClientError:
    """A connection broke, or TLS did not accept it."""
    if lease.bounds is not None and lease.bounds.cancelled:
        return cancelled()
    if isinstance(error, ssl.SSLError):
        reason = getattr(error, "verify_message", "") or error.reason or str(error)
        return TlsError(f"The TLS connection to {lease.place} was not accepted: {mask_text(str(reason))}.")
    if lease.phase is Phase.CONNECT:
        return no_connection(error, lease)
    return ConnectionFailedError(f"The connection broke: {_words(error)}.")


@dataclass(frozen=True)
class Kinds:
    """A library's classes of errors, by what they mean.

    Attributes:
        proxy: the proxy refused to connect.
        protocol: the peer broke HTTP, or ended too early.
        request: the request breaks HTTP.
        timeout: one of the library's own limits was reached.
        network: the connection broke.
    """

    proxy: type[Exception]
    protocol: type[Exception]
    request: type[Exception]
    timeout: type[Exception]
    network: type[Exception]


def translated(
    error: BaseException, kinds: Kinds, lease: Lease, proxy_status: int | None = None
) -> ClientError | None:
    """The client's error for what a library raised; None for what is not its own, such as KeyboardInterrupt.

    `proxy_status` is the status of the last reply before the request went out: a proxy's.
    """
    if not isinstance(error, Exception):
        return None
    if lease.bounds is not None and lease.bounds.cancelled:
        return cancelled()
    if isinstance(error, ClientError):
        return error
    if isinstance(error, kinds.proxy):
        return ProxyFailedError(f"The proxy refused the connection: {_words(error)}.", status=proxy_status)
    if isinstance(error, kinds.timeout):
        return lease.expired()
    if isinstance(error, kinds.request):
        return BadResponseError(f"The request breaks HTTP: {_words(error)}.")
    tls = _cause(error, ssl.SSLError)
    if tls is not None:
        return socket_failure(tls, lease)
    if isinstance(error, kinds.protocol):
        return _broken_reply(error, lease)
    if isinstance(error, kinds.network):
        inner = _cause(error, OSError)
        return socket_failure(inner if inner is not None else OSError(str(error)), lease)
    if isinstance(error, OSError):
        return socket_failure(error, lease)
    if type(error).__module__.partition(".")[0] == "socksio":
        return ProxyFailedError(f"The proxy refused the connection: {_words(error)}.")
    return None


def may_be_replaced(request: WireRequest, lease: Lease, failure: ClientError | None) -> bool:
    """Whether a connection that was idle has ended before a reply began, so that another may do its work."""
    return (
        isinstance(failure, ConnectionFailedError)
        and not lease.opened
        and not lease.received
        and request.again
    )


def _broken_reply(error: Exception, lease: Lease) -> ClientError:
    breach = _cause(error, h11.RemoteProtocolError)
    if breach is not None and breach.error_status_hint == _HEAD_TOO_LARGE:
        return ResponseTooLargeError("The reply's headers are larger than 100 KiB.")
    if lease.phase is Phase.CONNECT and lease.proxy is not None:
        return ProxyFailedError(f"The proxy {lease.proxy} closed the connection, or its reply breaks HTTP.")
    if breach is None or lease.ended:
        return ConnectionFailedError("The server closed the connection before its reply was whole.")
    return BadResponseError(f"The reply breaks HTTP: {_words(error)}.")


def _words(error: BaseException) -> str:
    return mask_text(str(error)).rstrip(".") or type(error.__cause__ or error).__name__


def _cause(error: BaseException, kind: type[E]) -> E | None:
    one: BaseException | None = error
    while one is not None:
        if isinstance(one, kind):
            return one
        one = one.__cause__ or one.__context__
    return None
