"""What a start of a run asks for, as plain values that the ledger keeps. Checks them; does nothing else."""

from __future__ import annotations

import dataclasses
import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from .caps import Caps
from .errors import RunUsageError

if TYPE_CHECKING:
    from ..chat.prices import Prices

_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|d|)", re.IGNORECASE)
_TIME_SPAN = re.compile(r"(?:(\d+)\.)?(\d\d):(\d\d):(\d\d(?:\.\d+)?)")  # as PowerShell writes one
_FUNCTION = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")
_WHOLE = (("width", 1), ("processes", 1), ("max_requests", 0), ("max_tokens", 0), ("batch_tokens", 1))
_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


@dataclass(frozen=True)
class Settings:
    """A run's settings.

    Attributes:
        endpoint: the operation's path, such as `/chat/completions`.
        id: the column of the ids; "" for the rows' numbers.
        template, request_column, system, model, schema, body: what makes requests; see the recipes.
        input: where rows come from: path, format, encoding, delimiter; empty for an iterable.
        out: the output file, or "".
        width: requests under way at most, over all `processes`.
        requests_per_minute, tokens_per_minute: limits of all processes together; None for none.
        max_requests, max_tokens, max_cost: caps over all starts; None for none.
        prices: a table of prices, or None.
        deadline: seconds since 1970 after which nothing more is begun, or None.
        changed: "refuse" or "rerun": what becomes of an id with another request than before.
        cluster: where Dask's scheduler is, or "local"; "" for this machine. `cluster_key` is the name of a
            function, `module:function`, that gives the key on each host; "" takes each host's environment.
        batch: by batch files; `batch_tokens` of one at most, `poll` seconds between two looks.
        lease: seconds after which a process that stands still is taken for dead.
    """

    endpoint: str = "/chat/completions"
    id: str = ""
    template: str | None = None
    request_column: str | None = None
    system: str | None = None
    model: str | None = None
    schema: Any = None
    body: dict[str, Any] = field(default_factory=dict)
    input: dict[str, str] = field(default_factory=dict)
    out: str = ""
    width: int = 64
    processes: int = 1
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    max_requests: int | None = None
    max_tokens: int | None = None
    max_cost: float | None = None
    prices: Any = None
    deadline: float | None = None
    changed: str = "refuse"
    cluster: str = ""
    cluster_key: str = ""
    batch: bool = False
    batch_tokens: int | None = None
    poll: float = 60.0
    lease: float = 30.0

    def __post_init__(self) -> None:
        for name, least in _WHOLE:
            value = getattr(self, name)
            whole = isinstance(value, int) and not isinstance(value, bool)
            if value is not None and (not whole or value < least):
                raise RunUsageError(f"{_called(name)} must be a whole number, {least} or more.")
        for name in ("requests_per_minute", "tokens_per_minute", "max_cost", "poll", "lease"):
            value = getattr(self, name)
            number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
            if value is not None and (not number or value < 0 or (name != "max_cost" and value == 0)):
                raise RunUsageError(f"{_called(name)} must be a number above 0.")
        if self.cluster and (self.batch or self.processes > 1):
            raise RunUsageError("A cluster does not go with batches, nor with 'processes': it has its own.")
        if self.cluster_key and not _FUNCTION.fullmatch(self.cluster_key):
            raise RunUsageError(f"'cluster-key' is module:function, not '{self.cluster_key}'.")
        if self.changed not in ("refuse", "rerun"):
            raise RunUsageError("'changed' must be refuse or rerun.")
        if self.max_cost is not None and self.prices is None:
            raise RunUsageError("A cap on the cost needs prices: --price-file or -Price.")
        if self.prices is not None:
            self.price_table()

    @classmethod
    def of_json(cls, members: Mapping[str, Any]) -> Settings:
        """Settings as a ledger keeps them; what this version does not know is left out."""
        known = {one.name for one in dataclasses.fields(cls)}
        return cls(**{name: value for name, value in members.items() if name in known})

    def to_json(self) -> dict[str, Any]:
        """As a ledger keeps them."""
        return dataclasses.asdict(self)

    def with_changes(self, **changes: Any) -> Settings:
        """A copy with those changes that are not None."""
        return dataclasses.replace(
            self, **{name: value for name, value in changes.items() if value is not None}
        )

    def requests(self) -> dict[str, Any]:
        """What requests are made of, besides the rows: the same gives the same requests."""
        names = ("endpoint", "id", "template", "request_column", "system", "model", "schema", "body")
        return {name: getattr(self, name) for name in names}

    def price_table(self) -> Prices | None:
        """The prices, or None."""
        if self.prices is None:
            return None
        from ..chat.prices import prices

        return prices(self.prices)

    def caps(self, model: str) -> Caps:
        """The caps; costs are estimated by the price of `model`.

        Raises:
            RunUsageError: there is a cap on the cost and no price of the model.
        """
        table = self.price_table()
        prompt = answer = 0.0
        if table is not None:
            price = table.of(model or "")
            if price is None and model and self.max_cost is not None:
                raise RunUsageError(f"There is no price of the model '{model}', which the cap needs.")
            if price is None and not model:  # each request names its own
                price = table.dearest()
            if price is not None:
                prompt, answer = float(price.input) / 1e6, float(price.output) / 1e6
        return Caps(self.max_requests, self.max_tokens, self.max_cost, prompt, answer)


def _called(name: str) -> str:
    return {"width": "'throttle-limit'", "poll": "'poll-seconds'"}.get(name, f"'{name.replace('_', '-')}'")


def moment(given: Any) -> float | None:
    """A deadline as seconds since 1970: a number of seconds from now, "90m", "2h", an ISO time, a datetime.

    Raises:
        RunUsageError: it is none of these.
    """
    if given is None or given == "":
        return None
    if isinstance(given, datetime):
        return given.timestamp()
    if hasattr(given, "total_seconds"):
        return time.time() + float(given.total_seconds())
    if isinstance(given, (int, float)) and not isinstance(given, bool) and math.isfinite(given):
        return time.time() + float(given)
    text = str(given).strip()
    span = _SPAN.fullmatch(text)
    if span:
        return time.time() + float(span[1]) * _UNITS[span[2].lower()]
    parts = _TIME_SPAN.fullmatch(text)
    if parts:
        days, hours, minutes, seconds = (float(part or 0) for part in parts.groups())
        return time.time() + 86400 * days + 3600 * hours + 60 * minutes + seconds
    try:
        iso = re.sub(r"(\.\d{6})\d+", r"\1", text)  # of .NET, with more digits than Python 3.10 reads
        when = datetime.fromisoformat(iso.replace("Z", "+00:00") if iso.endswith("Z") else iso)
    except ValueError:
        raise RunUsageError(
            f"'{text}' is not a deadline: seconds, 90m, 2h or 1d from now, or a time as 2026-01-31T18:00."
        ) from None
    return when.timestamp() if when.tzinfo is None else when.astimezone(timezone.utc).timestamp()
