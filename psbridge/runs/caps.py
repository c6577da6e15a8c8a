"""What a run may spend in all, and what a request may cost. Arithmetic only.

A claim reserves what it may cost at most, its result settles it: so the caps hold however many are under way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

UNKNOWN_ANSWER = 1000
"""Tokens that an answer is taken to have where its request sets no most."""


class Spent(NamedTuple):
    """Requests, tokens of prompts and answers, and money."""

    calls: int = 0
    tokens: int = 0
    cost: float = 0.0

    def plus(self, calls: int, tokens: int, cost: float) -> Spent:
        """With so much more."""
        return Spent(self.calls + calls, self.tokens + tokens, self.cost + cost)


@dataclass(frozen=True)
class Caps:
    """The most that a run may use, over all its starts; None for no cap.

    Attributes:
        requests, tokens, cost: calls; tokens of prompts and answers; money, in the currency of the prices.
        prompt_price, answer_price: of a token.
    """

    requests: int | None = None
    tokens: int | None = None
    cost: float | None = None
    prompt_price: float = 0.0
    answer_price: float = 0.0

    def __bool__(self) -> bool:
        return self.requests is not None or self.tokens is not None or self.cost is not None

    def estimate(self, prompt: int, answer: int) -> tuple[int, float]:
        """What a request may use: tokens, and their cost; `answer` 0 where the request sets no most."""
        most = answer or UNKNOWN_ANSWER
        return prompt + most, prompt * self.prompt_price + most * self.answer_price

    def exceeded(self, spent: Spent, reserved: Spent, tokens: int, cost: float) -> str:
        """The cap that a further request would break, by its option's name; "" when there is room."""
        if self.requests is not None and spent.calls + reserved.calls + 1 > self.requests:
            return "max-requests"
        if self.tokens is not None and spent.tokens + reserved.tokens + tokens > self.tokens:
            return "max-tokens"
        if self.cost is not None and spent.cost + reserved.cost + cost > self.cost:
            return "max-cost"
        return ""
