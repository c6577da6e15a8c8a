"""The models that the offline server says it has."""

from __future__ import annotations

from typing import Any

from .message import Reply, Request, json_reply, not_allowed, nowhere
from .problems import ApiError
from .reply import CLOCK

MODELS = (
    *("gpt-4o", "gpt-4o-mini", "gpt-4o-audio-preview", "gpt-5", "offline"),
    *("text-embedding-3-small", "text-embedding-3-large", "text-embedding-ada-002", "omni-moderation-latest"),
)
_TUNED = "ft:"  # names of fine-tuned models begin so; they alone can be deleted


class Models:
    """`/models`: those above, and every fine-tuned one that is asked for, until it is deleted."""

    def __init__(self) -> None:
        self._deleted: set[str] = set()

    def answer(self, request: Request, parts: list[str], model: str | None) -> Reply:
        """The reply to a request; `parts` are the path's, behind the base; `model` says nothing here."""
        if len(parts) > 2 or (len(parts) == 2 and not parts[1]):
            raise nowhere(request)
        if len(parts) == 1:
            if request.method != "GET":
                raise not_allowed(request, "GET")
            return json_reply({"object": "list", "data": [_shown(name) for name in MODELS]})
        if request.method == "GET":
            return json_reply(_shown(self._known(parts[1])))
        if request.method != "DELETE":
            raise not_allowed(request, "GET, DELETE")
        name = self._known(parts[1])
        if not name.startswith(_TUNED):
            raise ApiError(
                403,
                f"The model '{name[:100]}' is not yours to delete.",
                code="model_not_owned",
                param="model",
            )
        self._deleted.add(name)
        return json_reply({"id": name, "object": "model", "deleted": True})

    def _known(self, name: str) -> str:
        if name in MODELS or (name.startswith(_TUNED) and name not in self._deleted):
            return name
        raise ApiError(
            404, f"The model '{name[:100]}' does not exist.", code="model_not_found", param="model"
        )


def _shown(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": CLOCK, "owned_by": "psbridge"}
