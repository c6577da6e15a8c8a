"""When to try again, and how long to wait first. Pure functions; the loop is in `exchange`."""

from __future__ import annotations

import math
from datetime import timezone
from email.utils import parsedate_to_datetime

from ..errors import (
    CallTimeoutError,
    ClientError,
    ConnectionFailedError,
    DeadlineError,
    ProxyFailedError,
    QuotaError,
    StatusError,
    TlsError,
)
from ..message.headers import Headers

FIRST_DELAY = 0.5
LONGEST_DELAY = 8.0
_RETRIED_STATUS = frozenset({408, 409, 429})


def is_retryable(error: ClientError) -> bool:
    """Whether trying again may help: timeouts, broken connections, 408, 409, 429 and 5xx.

    The server's `x-should-retry` decides over the status; a used-up quota is never tried again.
    """
    if isinstance(error, QuotaError | DeadlineError | TlsError):
        return False
    if isinstance(error, ProxyFailedError):
        return error.status is None or error.status >= 500
    if isinstance(error, ConnectionFailedError | CallTimeoutError):
        return True
    if not isinstance(error, StatusError) or error.status is None:
        return False
    told = error.headers.get("x-should-retry", "").strip().lower()
    if told in ("true", "false"):
        return told == "true"
    return error.status in _RETRIED_STATUS or error.status >= 500


def retry_after(headers: Headers, now: float) -> float | None:
    """Seconds the server asks to wait: `retry-after-ms`, else `Retry-After` as seconds or as a date; None if
    neither.

    A date is read against the reply's own Date header where there is one, so a wrong local clock does no
    harm; `now` (seconds since 1970) serves otherwise. A date in the past is 0; what cannot be read does not
    count.
    """
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    text = headers.get("retry-after")
    if text is None:
        return None
    seconds = _number(text)
    if seconds is not None:
        return seconds
    until = _date(text)
    if until is None:
        return None
    said_at = _date(headers.get("date", ""))
    return max(0.0, until - (now if said_at is None else said_at))


def backoff(failures: int, chance: float) -> float:
    """Seconds before the next try after `failures` (1 or more): 0.5, 1, 2, 4, 8, 8, ..., less up to a quarter
    of it.

    `chance` in [0, 1) is the jitter's random number.
    """
    delay = min(FIRST_DELAY * 2.0 ** min(failures - 1, 10), LONGEST_DELAY)
    return delay * (1 - 0.25 * chance)


def _number(text: str | None) -> float | None:
    try:
        number = float((text or "").strip())
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _date(text: str) -> float | None:
    try:
        date = parsedate_to_datetime(text)
        if date.tzinfo is None:
            date = date.replace(tzinfo=timezone.utc)
        return date.timestamp()
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
