"""What calls cost, by a table of prices that the caller brings: no list here can go stale.

Prices are per million tokens: `{"gpt-4o-mini": {"input": 0.15, "cached_input": 0.075, "output": 0.6}}`.
Tokens are counted as the reply says: cached ones are a part of the prompt's, reasoning ones of the answer's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from ..models.problems import InvalidValueError
from .errors import refusal
from .schema import plain

_MILLION = Decimal(1_000_000)
_KINDS = ("input", "cached_input", "output")
# The service answers with a dated name: gpt-4o-mini-2024-07-18 is gpt-4o-mini.
_DATED = re.compile(r"-(\d{4}-\d{2}-\d{2}|\d{8}|\d{4})$")


@dataclass(frozen=True)
class Price:
    """What a million tokens of a model cost."""

    input: Decimal
    cached_input: Decimal
    output: Decimal

    def cost(self, prompt: int, completion: int, cached: int = 0) -> Decimal:
        """What a call cost, in the currency of the prices."""
        cached = min(cached, prompt)
        whole = (prompt - cached) * self.input + cached * self.cached_input + completion * self.output
        return whole / _MILLION


class Prices:
    """A table of prices by model.

    Raises:
        InvalidValueError: naming the model and the member that is no price.
    """

    def __init__(self, table: Any, parameter: str = "Price") -> None:
        members = plain(table)
        if not isinstance(members, Mapping):
            raise _problem(parameter, "", "must be a table of models and their prices")
        if members and all(name in _KINDS for name in members):
            members = {"*": members}
        self._by_model = {name.lower(): _price(parameter, name, one) for name, one in members.items()}

    @classmethod
    def of_file(cls, path: str | Path) -> Prices:
        """The prices of a JSON file.

        Raises:
            InvalidValueError: when it cannot be read, or is no table of prices.
        """
        try:
            table = json.loads(Path(path).read_text(encoding="utf-8-sig"), parse_float=Decimal)
        except OSError as error:
            raise _problem("PriceFile", "", f"'{path}' cannot be read: {error.strerror}") from None
        except ValueError as error:
            raise _problem("PriceFile", "", f"'{path}' is not JSON: {error}") from None
        return cls(table, "PriceFile")

    def of(self, model: str) -> Price | None:
        """A model's price: by its name, by its name without a date, or the one for all (`*`); else None."""
        name = model.lower()
        for known in (name, _DATED.sub("", name), "*"):
            if known in self._by_model:
                return self._by_model[known]
        return None

    def dearest(self) -> Price | None:
        """The price of which nothing costs more: for what may be any of the models."""
        known = self._by_model.values()
        if not known:
            return None
        return Price(*(max(getattr(one, name) for one in known) for name in _KINDS))

    def cost(self, model: str, usage: Any) -> Decimal | None:
        """What a call cost by its usage; None where the table has no such model or the reply no usage."""
        price = self.of(model or "")
        if price is None or usage is None:
            return None
        details = _member(usage, "prompt_tokens_details")
        return price.cost(
            _count(usage, "prompt_tokens"),
            _count(usage, "completion_tokens"),
            0 if details is None else _count(details, "cached_tokens"),
        )


def prices(table: Any = None, file: str | Path | None = None) -> Prices | None:
    """What -Price or -PriceFile gives; None where neither was given."""
    if table is not None and file is not None:
        raise _problem("PriceFile", "", "must not be given together with 'Price'")
    return Prices.of_file(file) if file is not None else None if table is None else Prices(table)


def _price(parameter: str, model: str, given: Any) -> Price:
    if not isinstance(given, Mapping):
        raise _problem(parameter, model, "must be a table with 'input' and 'output', per million tokens")
    by_name = {str(name).lower(): value for name, value in given.items()}
    unknown = next((name for name in by_name if name not in _KINDS), None)
    if unknown is not None:
        raise _problem(parameter, f"{model}.{unknown}", f"is not a price. Prices: {', '.join(_KINDS)}")
    missing = next((name for name in ("input", "output") if name not in by_name), None)
    if missing is not None:
        raise _problem(parameter, model, f"must have '{missing}', per million tokens")
    numbers = {name: _number(parameter, f"{model}.{name}", value) for name, value in by_name.items()}
    return Price(numbers["input"], numbers.get("cached_input", numbers["input"]), numbers["output"])


def _number(parameter: str, place: str, value: Any) -> Decimal:
    try:
        number = Decimal(str(value)) if not isinstance(value, bool) else Decimal("NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or number < 0:
        raise _problem(parameter, place, "must be a number, 0 or more")
    return number


def _member(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)


def _count(value: Any, name: str) -> int:
    number = _member(value, name)
    return number if isinstance(number, int) and not isinstance(number, bool) and number > 0 else 0


def _problem(parameter: str, place: str, sentence: str) -> InvalidValueError:
    return refusal(f"{parameter}.{place}" if place else parameter, sentence)
