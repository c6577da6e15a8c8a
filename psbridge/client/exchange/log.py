"""What the client writes to standard `logging`: method, URL without its query, status, request id, time,
attempt.

Bodies only where a configuration asks for them, and then masked; headers never.
"""

from __future__ import annotations

import logging
import weakref
from contextvars import ContextVar
from typing import TYPE_CHECKING

from ..errors import ClientError
from ..settings.secret import mask_text

if TYPE_CHECKING:
    from ..message.request import Outgoing

logger = logging.getLogger("psbridge.client")
logging.getLogger("psbridge").addHandler(logging.NullHandler())  # silent unless the application wants logs

# What is being asked for here, so that what libraries log of it shows no secret either.
asking: ContextVar[weakref.ref[Outgoing] | None] = ContextVar("psbridge_asking", default=None)


class _WithoutSecrets(logging.Filter):
    """Masks what httpx, httpcore and their forks log of a request made here: its URL with the query,
    headers, and a SOCKS proxy's password.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        reference = asking.get()
        outgoing = None if reference is None else reference()
        if outgoing is not None:
            record.msg, record.args = mask_text(record.getMessage(), *outgoing.secrets), ()
        return True


# A filter holds for its own logger only, not for those under it.
for _name in ("httpx", "httpx2"):
    logging.getLogger(_name).addFilter(_WithoutSecrets())
for _library in ("httpcore", "httpcore2"):
    for _name in ("connection", "http11", "http2", "proxy", "socks"):
        logging.getLogger(f"{_library}.{_name}").addFilter(_WithoutSecrets())

_LONGEST_BODY = 10_000


def attempt(
    outgoing: Outgoing,
    status: int | None,
    request_id: str | None,
    seconds: float,
    number: int,
    error: ClientError | None,
) -> None:
    """One try has ended: INFO when it succeeded, WARNING when it failed."""
    level = logging.INFO if error is None else logging.WARNING
    if logger.isEnabledFor(level):
        logger.log(
            level,
            "%s %s -> %s, request id %s, %.3f s, attempt %d",
            outgoing.method,
            outgoing.shown_url,
            status if status is not None else type(error).__name__,
            mask_text(request_id, *outgoing.secrets) if request_id else "-",
            seconds,
            number,
        )


def retrying(retry: object) -> None:
    """A request will be sent again; `retry` says in its text why and when."""
    logger.info("%s", retry)


def bodies(outgoing: Outgoing, reply: bytes) -> None:
    """The bodies of one exchange, masked."""
    if logger.isEnabledFor(logging.DEBUG):
        sent = outgoing.body if isinstance(outgoing.body, bytes) else b"(a form with a file)"
        for name, body in (("request", sent), ("reply", reply)):
            text = body[:_LONGEST_BODY].decode("utf-8", "replace")
            logger.debug("%s body: %s", name, mask_text(text, *outgoing.secrets))
