"""What was used and what it cost: of this process, of one conversation, of one reply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ..cmdlets import session
from .errors import refusal
from .prices import Prices, prices
from .session import SessionUsage
from .sessions import session_of


@dataclass(frozen=True)
class UsageCost:
    """Tokens and their cost.

    Attributes:
        model: the model that was counted; empty where there were several.
        prompt_tokens, completion_tokens, total_tokens: as the replies reported them; cached_tokens are a part
            of the prompts', reasoning_tokens of the answers'.
        Cost: in the currency of the prices; None where no price is known for a model that was used.
        ByModel: one entry for each model, where there were several.
    """

    model: str
    requests: int
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    cached_tokens: int
    reasoning_tokens: int
    Cost: Decimal | None
    ByModel: tuple[UsageCost, ...] = ()

    def __ps_properties__(self) -> dict[str, Any]:
        return dict(vars(self))


def usage_of(bound: Mapping[str, Any]) -> Any:
    """What -Reply, -Session or the process used, priced.

    Raises:
        InvalidValueError: prices that are none, or what has no usage.
    """
    table = prices(bound.get("Price"), bound.get("PriceFile"))
    reply, conversation = bound.get("Reply"), bound.get("Session")
    if reply is not None:
        used = SessionUsage()
        used.add(_usage(reply))
        return _priced(_model(reply), used, table)
    if conversation is not None:
        return _summed(session_of(conversation).UsageByModel, table)
    totals = session.client().usage.by_model()
    return _summed({model: _of_totals(one) for model, one in totals.items()}, table)


def _of_totals(totals: Any) -> SessionUsage:
    names = ("prompt_tokens", "completion_tokens", "total_tokens", "cached_tokens", "reasoning_tokens")
    return SessionUsage(calls=totals.requests, **{name: getattr(totals, name) for name in names})


def _summed(by_model: Mapping[str, SessionUsage], table: Prices | None) -> UsageCost:
    parts = tuple(_priced(model, used, table) for model, used in by_model.items())
    if len(parts) == 1:
        return parts[0]
    costs = [part.Cost for part in parts]
    known = [cost for cost in costs if cost is not None]
    whole = sum(known, Decimal(0)) if table is not None and len(known) == len(costs) else None
    return UsageCost(
        "",
        sum(part.requests for part in parts),
        sum(part.prompt_tokens for part in parts),
        sum(part.completion_tokens for part in parts),
        sum(part.total_tokens for part in parts),
        sum(part.cached_tokens for part in parts),
        sum(part.reasoning_tokens for part in parts),
        whole,
        parts,
    )


def _priced(model: str, used: SessionUsage, table: Prices | None) -> UsageCost:
    return UsageCost(
        model,
        used.calls,
        used.prompt_tokens,
        used.completion_tokens,
        used.total_tokens,
        used.cached_tokens,
        used.reasoning_tokens,
        None if table is None else used.cost(table, model),
    )


def _usage(reply: Any) -> Any:
    usage = reply.get("usage") if isinstance(reply, Mapping) else getattr(reply, "usage", None)
    if usage is None:
        raise refusal("Reply", "must be a reply that reports its usage")
    return usage


def _model(reply: Any) -> str:
    model = reply.get("model") if isinstance(reply, Mapping) else getattr(reply, "model", None)
    return model if isinstance(model, str) else ""
