"""How a run calls: all that it knows of the client is in this module.

One try at a time: whether and when a row is tried again is the client's rule (`exchange.retry`), which is
asked here; the ledger remembers the tries. Knows operations, and none of them by name.
"""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Mapping
from typing import Any

from ..client import AsyncClient, Configuration, RateLimits
from ..client.errors import (
    AuthenticationError,
    CallTimeoutError,
    ClientError,
    ConfigurationError,
    PermissionDeniedError,
    QuotaError,
    RateLimitError,
)
from ..client.exchange.retry import backoff, is_retryable
from ..client.message.jsontext import field
from ..client.message.payload import Payload
from ..client.message.reply import count
from ..client.operation import Operation
from ..client.settings.configuration import setting_default
from .claims import Claim, Outcome
from .limits import Withdrawn
from .recipes import Recipe
from .schema import DONE, FAILED, OPEN

TRIES = 6
"""How often a row is tried before it counts as failed, where the configuration does not say."""


class Stopped(Exception):
    """The service refuses the whole run: the key, or the quota."""

    def __init__(self, why: str, error: ClientError) -> None:
        super().__init__(why)
        self.why = why
        self.error = error


class Calling:
    """Calls the one operation of a run.

    Args:
        configuration: as it was in force when the run began.
        run: the run's name, part of every idempotency key.
        prices: tokens' prices as (prompt, answer) by model; None for none.
    """

    def __init__(
        self,
        configuration: Configuration,
        operation: Operation,
        recipe: Recipe,
        run: str,
        limits: RateLimits,
        prices: Any = None,
    ) -> None:
        self._client = AsyncClient(configuration, limits=limits)
        self._operation = operation
        self._recipe = recipe
        self._run = run
        self._limits = limits
        self._prices = prices
        retries = configuration.max_retries
        self._tries = TRIES if retries == setting_default("max_retries") else retries + 1
        self._answered = False

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def ask(self, claim: Claim) -> Outcome:
        """Send a row's request once.

        Raises:
            Stopped: the service refuses not the row but the run.
        """
        started = time.monotonic()
        payload = Payload(claim.body)
        more = 0
        if self._limits.counts_tokens:
            # The client counts what the request says; an answer without a most is taken for so much more.
            more = max(0, claim.tokens - payload.tokens)
            self._limits.charge(started, more)
        try:
            reply = await self._client.call(
                self._operation,
                body=payload,
                max_retries=0,
                idempotency_key=idempotency_key(self._run, claim),
            )
        except Withdrawn:
            return Outcome(claim, OPEN, sent=False)
        except ClientError as error:
            return self._failed(claim, error, time.monotonic() - started)
        self._answered = True
        value = reply.value
        usage = field(value, "usage")
        prompt, completion = count(usage, "prompt_tokens"), count(usage, "completion_tokens")
        if more:
            self._limits.succeeded(more, 0)
        error_text = self._recipe.answered(value)[1]
        return Outcome(
            claim,
            FAILED if error_text else DONE,
            status=reply.status,
            reply=reply.body,
            error=sentence(error_text) if error_text else None,
            kind="PSBridge.RunAnswer" if error_text else None,
            request_id=reply.request_id,
            prompt=prompt,
            completion=completion,
            cost=self._cost(value, usage),
            elapsed=time.monotonic() - started,
        )

    def _cost(self, value: Any, usage: Any) -> float:
        if self._prices is None or usage is None:
            return 0.0
        model = field(value, "model")
        cost = self._prices.cost(model if isinstance(model, str) else "", usage)
        return float(cost) if cost is not None else 0.0

    def _failed(self, claim: Claim, error: ClientError, elapsed: float) -> Outcome:
        why = refusal_of_all(error, self._answered)
        if why:
            raise Stopped(why, error)
        details: Mapping[str, Any] = {
            "status": error.status,
            "error": error.message,
            "kind": error.error_id,
            "request_id": error.request_id,
            "elapsed": elapsed,
            "sent": error.attempts > 0,
            "reply": error.body[:20_000] or None,
        }
        if isinstance(error, RateLimitError):
            wait = error.retry_after
            wait = backoff(claim.refusals + 1, random.random()) if wait is None else wait
            return Outcome(claim, OPEN, refused=True, tried=False, wait=wait, **details)
        if not error.attempts and isinstance(error, CallTimeoutError):
            return Outcome(claim, OPEN, **details)  # the limits had no place for it in all its time
        if not is_retryable(error):
            return Outcome(claim, FAILED, **details)
        if claim.attempts + 1 >= self._tries:
            return Outcome(claim, FAILED, transient=True, **details)
        wait = error.retry_after
        wait = backoff(claim.attempts + 1, random.random()) if wait is None else wait
        return Outcome(claim, OPEN, transient=True, wait=wait, **details)


def refusal_of_all(error: ClientError, answered: bool) -> str:
    """Why no row can be asked for, where an error says so; "" where it is about one row.

    A 403 is about the key as long as nothing was `answered` under it.
    """
    if isinstance(error, QuotaError):
        return "quota"
    if isinstance(error, AuthenticationError) or (isinstance(error, PermissionDeniedError) and not answered):
        return "key"
    return "configuration" if isinstance(error, ConfigurationError) else ""


def idempotency_key(run: str, claim: Claim) -> str:
    """The same for a row after any restart; another after an explicit retry."""
    text = f"{run}\0{claim.id}\0{claim.hash.hex()}\0{claim.asked}"
    return f"psbridge-run-{hashlib.sha256(text.encode()).hexdigest()[:40]}"


def sentence(text: str) -> str:
    """A clause as a sentence."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
