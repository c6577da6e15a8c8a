"""What a pipeline of calls does, as cases every interface runs: items, parameters, and what comes of them.

An item is the content of a request, which tells the server of `server` what to do with it, or a value that is
no request. An outcome is the content of the reply, or the id of the error in the item's place.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

BROKEN: dict[str, Any] = {"model": "m", "messages": 5}
"""An item that is a request by its form, and cannot be one."""


@dataclass(frozen=True)
class Case:
    """One case.

    Attributes:
        name: what a user would notice.
        items: contents, or values that are no requests.
        parameters: of New-ChatCompletion.
        action: -ErrorAction.
        outcomes: in order; with `sorted_` in any order.
        first: how many outcomes are wanted; the pipeline is left then.
        warnings: how many there are.
        at_once: how many requests the server has at most at once, and has once.
    """

    name: str
    items: tuple[Any, ...]
    parameters: dict[str, Any] = field(default_factory=dict)
    action: str = "Continue"
    outcomes: tuple[str, ...] = ()
    in_order: bool = True
    at_once: int | None = None
    first: int | None = None
    warnings: int = 0


def ok(*contents: str) -> tuple[str, ...]:
    """Outcomes that are replies."""
    return contents


INVALID = "PSBridge.InvalidValue"
CASES = (
    Case("nothing piped gives nothing", (), {"ThrottleLimit": 3}),
    Case("one item", ("a",), {"ThrottleLimit": 3}, outcomes=ok("a")),
    Case(
        "answers come in the items' order",
        ("wait 0.2", "b", "c", "d"),
        {"ThrottleLimit": 4},
        outcomes=ok("wait 0.2", "b", "c", "d"),
    ),
    Case(
        "without order as they are ready",
        ("wait 0.5", "b"),
        {"ThrottleLimit": 2, "Unordered": True},
        outcomes=ok("b", "wait 0.5"),
    ),
    Case(
        "no more at once than allowed",
        tuple(f"wait 0.05 {number}" for number in range(12)),
        {"ThrottleLimit": 3},
        outcomes=ok(*(f"wait 0.05 {number}" for number in range(12))),
        at_once=3,
    ),
    Case(
        "a pace of requests",
        ("a", "b", "c"),
        {"ThrottleLimit": 3, "RequestsPerMinute": 1200},
        outcomes=ok("a", "b", "c"),
    ),
    Case(
        "a pace of tokens",
        ("a", "b", "c"),
        {"ThrottleLimit": 3, "TokensPerMinute": 60000},
        outcomes=ok("a", "b", "c"),
    ),
    Case(
        "a 429 uses up no try",
        ("429 3 times a", "b", "c"),
        {"ThrottleLimit": 2, "MaxRetryCount": 0},
        outcomes=ok("429 3 times a", "b", "c"),
    ),
    Case(
        "a 429 that asks for a day fails its row at once",
        ("429 for a day", "b", "c"),
        {"ThrottleLimit": 1, "TimeoutSec": 30},
        outcomes=("PSBridge.RateLimit", "b", "c"),
    ),
    Case(
        "an item that is no request has its place",
        ("a", BROKEN, "c"),
        {"ThrottleLimit": 2},
        outcomes=("a", INVALID, "c"),
    ),
    Case(
        "an item that is no request, alone",
        (BROKEN,),
        {"ThrottleLimit": 2},
        outcomes=(INVALID,),
    ),
    Case(
        "an item that fails has its place",
        ("a", "400 b", "c"),
        {"ThrottleLimit": 3, "MaxRetryCount": 0},
        outcomes=("a", "PSBridge.BadRequest", "c"),
    ),
    Case(
        "one at a time too",
        ("a", "400 b", BROKEN, "c"),
        {"MaxRetryCount": 0},
        outcomes=("a", "PSBridge.BadRequest", INVALID, "c"),
    ),
    Case(
        "without order an item that fails is there once",
        ("a", "400 b", BROKEN, "c"),
        {"ThrottleLimit": 2, "Unordered": True, "MaxRetryCount": 0},
        outcomes=("a", "PSBridge.BadRequest", INVALID, "c"),
        in_order=False,
    ),
    *(
        Case(
            f"-ErrorAction {action} leaves a failed item out",
            ("a", "400 b", "c"),
            {"ThrottleLimit": 2, "MaxRetryCount": 0},
            action=action,
            outcomes=ok("a", "c"),
        )
        for action in ("SilentlyContinue", "Ignore")
    ),
    Case(
        "who wants one only gets one, and nothing stays under way",
        ("a", "wait 60 b", "wait 60 c", "wait 60 d"),
        {"ThrottleLimit": 3},
        outcomes=ok("a"),
        first=1,
    ),
    Case(
        "each item's warnings are told",
        ("warn a", "b", "warn c"),
        {"ThrottleLimit": 2},
        outcomes=ok("warn a", "b", "warn c"),
        warnings=2,
    ),
    Case(
        "-ErrorAction Stop ends it at the first failure",
        ("a", "400 b", "c", "d"),
        {"ThrottleLimit": 1, "MaxRetryCount": 0},
        action="Stop",
        outcomes=("a", "PSBridge.BadRequest"),
    ),
)
