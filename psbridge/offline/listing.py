"""Pages in OpenAI's list shape, by cursor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .problems import ApiError


def page(
    items: Sequence[dict[str, Any]],
    query: Mapping[str, str],
    *,
    usual: int = 20,
    largest: int = 100,
    order: str = "asc",
) -> dict[str, Any]:
    """One page in OpenAI's list shape.

    Args:
        items: everything, oldest first, each with an `id`.
        query: `limit` (1 and up; more than `largest` gives that many; default `usual`), `order` (`asc`,
            `desc`; default `order`), `after` (an id).

    Raises:
        ApiError: status 400 for a bad `limit`, `order` or an unknown `after`.
    """
    order = query.get("order", order)
    if order not in ("asc", "desc"):
        raise ApiError(
            400,
            f"Invalid value: '{order[:60]}'. Supported values are: 'asc' and 'desc'.",
            code="invalid_value",
            param="order",
        )
    limit = _limit(query.get("limit"), usual, largest)
    ordered = list(items) if order == "asc" else list(reversed(items))
    after = query.get("after")
    if after:
        at = next((index for index, item in enumerate(ordered) if item["id"] == after), None)
        if at is None:
            raise ApiError(
                400,
                f"Invalid 'after': nothing listed has the id '{after}'.",
                code="invalid_value",
                param="after",
            )
        ordered = ordered[at + 1 :]
    shown = ordered[:limit]
    return {
        "object": "list",
        "data": shown,
        "first_id": shown[0]["id"] if shown else None,
        "last_id": shown[-1]["id"] if shown else None,
        "has_more": len(ordered) > limit,
    }


def _limit(text: str | None, usual: int, largest: int) -> int:
    if text is None:
        return usual
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ApiError(
            400,
            "Invalid type for 'limit': expected an integer, but got a string instead.",
            code="invalid_type",
            param="limit",
        )
    if int(text) < 1:
        raise ApiError(
            400,
            f"Invalid 'limit': integer below minimum value. Expected a value >= 1, but got {text} instead.",
            code="integer_below_min_value",
            param="limit",
        )
    return min(int(text), largest)
