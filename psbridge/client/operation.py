"""One operation of the API as the client needs to know it. Knows none by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote

from .errors import RequestError


class Operation(NamedTuple):
    """What is asked for, and what comes back.

    Attributes:
        method, path: HTTP's; the path is below the base URL and has its parameters in braces.
        reply: the name of the answer's model, which the codec is told; "bytes" for a file's content.
        stream: the name of an event's model, where the answer can be streamed.
        of_model: its body names a model; Azure has such an operation below the model's deployment.
        idempotent: doing it twice is doing it once, so it needs no idempotency key.
        configured: the configured model and additional members go into its body, many of it share one pace,
            and what it uses is counted.
        traced: what OpenTelemetry's GenAI conventions call it; no span without.
    """

    method: str
    path: str
    reply: str = ""
    stream: str = ""
    of_model: bool = False
    idempotent: bool = False
    configured: bool = False
    traced: str = ""

    def at(self, places: Mapping[str, object]) -> str:
        """The path with its braces filled in, each as one segment; `{file_id}` by `file_id`.

        Raises:
            RequestError: a value is missing, empty, or would name another path.
        """

        def fill(brace: re.Match[str]) -> str:
            value = places.get(brace[1])
            if isinstance(value, int) and not isinstance(value, bool):
                return str(value)
            if not isinstance(value, str) or not value or value in (".", ".."):
                parameter = "".join(word.capitalize() for word in brace[1].split("_"))
                raise RequestError(f"{parameter} must be a text, not empty.", parameter=parameter)
            return quote(value, safe="")

        return re.sub(r"\{(\w+)\}", fill, self.path)
