"""Cassettes: what a real service answered, recorded once and replayed for ever.

A cassette is a JSON file of requests and replies; no header that could hold a key is in it. A request that is
not on it fails, and says which recorded one is nearest and how the two differ.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..chat.files import write_whole
from ..client.settings.secret import mask_text
from ..offline.app import App
from ..offline.message import Reply, Request
from ..offline.problems import ApiError
from .answers import CODE
from .differences import differs, distance

KIND = "psbridge cassette"
VERSION = 1
# What a replayed reply keeps of its headers.
_KEPT_HEADERS = ("content-type", "x-request-id", "retry-after", "openai-processing-ms")

# Sends one request to the service: method, path below the base URL with its query, body and content type.
# Gives status, headers by lower-case name, and body.
Send = Callable[[str, str, bytes, str], "tuple[int, dict[str, str], bytes]"]


class CassetteError(ValueError):
    """A cassette that cannot be read or written."""


class Cassette:
    """A file of recorded calls.

    Args:
        path: the file; it is made when something is recorded.

    Raises:
        CassetteError: when the file cannot be read, is none, or is of another version.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.entries: list[dict[str, Any]] = _read(self.path) if self.path.exists() else []
        self.hidden: tuple[str, ...] = ()  # keys that are masked wherever they stand
        self._used: dict[int, int] = {}
        self._lock = threading.Lock()

    def find(self, method: str, path: str, body: Any) -> dict[str, Any]:
        """The recorded entry for a request; of several equal ones each in its turn, the last again and again.

        Raises:
            LookupError: saying which entry is nearest, and how it differs.
        """
        asked = {"method": method, "path": path, "body": body}
        with self._lock:
            same = [number for number, entry in enumerate(self.entries) if entry["request"] == asked]
            if same:
                chosen = min(same, key=lambda number: (self._used.get(number, 0), number))
                if self._used.get(chosen):
                    chosen = same[-1]
                self._used[chosen] = self._used.get(chosen, 0) + 1
                return self.entries[chosen]
        raise LookupError(self._nearest(asked))

    def _nearest(self, asked: dict[str, Any]) -> str:
        if not self.entries:
            return f"the cassette '{self.path.name}' is empty"
        number, entry = min(enumerate(self.entries), key=lambda one: distance(one[1]["request"], asked))
        difference = differs(entry["request"], asked) or "they differ"
        return (
            f"it is not on the cassette '{self.path.name}'; the nearest is entry {number + 1}, "
            f"where {difference}"
        )

    def add(self, request: dict[str, Any], response: dict[str, Any]) -> None:
        """Append an entry and write the file."""
        with self._lock:
            self.entries.append({"request": request, "response": response})
            document = {"kind": KIND, "version": VERSION, "entries": self.entries}
            self.path.parent.mkdir(parents=True, exist_ok=True)
            text = mask_text(json.dumps(document, ensure_ascii=False, indent=1), *self.hidden)
            write_whole(self.path, text.encode() + b"\n")


def _read(path: Path) -> list[dict[str, Any]]:
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise CassetteError(f"The cassette '{path}' cannot be read: {error.strerror}.") from None
    except (ValueError, RecursionError) as error:
        raise CassetteError(f"'{path}' is not a whole cassette: {error}.") from None
    if not isinstance(document, dict) or document.get("kind") != KIND:
        raise CassetteError(f"'{path}' is not a cassette of psbridge.")
    version = document.get("version")
    if version != VERSION:
        raise CassetteError(
            f"The cassette '{path}' has version {version!r}; this psbridge reads version {VERSION}. "
            "Record it anew."
        )
    entries = document.get("entries")
    whole = isinstance(entries, list) and all(
        isinstance(one, dict)
        and isinstance(one.get("request"), dict)
        and isinstance(one.get("response"), dict)
        for one in entries
    )
    if not whole:
        raise CassetteError(f"The cassette '{path}' has an entry without request and response.")
    return list(entries or ())


class CassetteApp(App):
    """Answers from a cassette; with `send`, asks the service for what is not on it and records that."""

    def __init__(self, cassette: Cassette, send: Send | None, failures: list[str]) -> None:
        super().__init__(None)
        self._cassette = cassette
        self._send = send
        self._failures = failures

    def answer(self, request: Request) -> Reply:
        """The recorded answer, or while recording the service's own."""
        path = request.path.removeprefix("/v1")
        asked_path = path + _query(request.query)
        body = _body(request.body)
        try:
            entry = self._cassette.find(request.method, asked_path, body)
        except LookupError as error:
            if self._send is None:
                self._failures.append(f"{request.method} {path}: {error}")
                return _refusal(f"In this test {error}.")
            sent = self._send(
                request.method, asked_path, request.body, request.headers.get("content-type", "")
            )
            entry = _entry({"method": request.method, "path": asked_path, "body": body}, *sent)
            self._cassette.add(entry["request"], entry["response"])
        response = entry["response"]
        headers = dict(response.get("headers") or {})
        media_type = headers.pop("content-type", "application/json")
        return Reply(
            int(response["status"]), _bytes(response.get("body")), None, list(headers.items()), media_type
        )


def _entry(request: dict[str, Any], status: int, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    kept = {name: headers[name] for name in _KEPT_HEADERS if name in headers}
    return {"request": request, "response": {"status": status, "headers": kept, "body": _body(body)}}


def _refusal(message: str) -> Reply:
    error = ApiError(400, message, code=CODE)
    from ..offline.message import error_reply

    return error_reply(error)


def _query(query: Mapping[str, str]) -> str:
    from urllib.parse import urlencode

    return f"?{urlencode(sorted(query.items()))}" if query else ""


def _body(body: bytes) -> Any:
    """A body as it stands in the file: JSON where it is, else text, else base64."""
    if not body:
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        pass
    try:
        return {"text": body.decode("utf-8")}
    except UnicodeDecodeError:
        import base64

        return {"base64": base64.b64encode(body).decode("ascii")}


def _bytes(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, dict) and len(body) == 1:
        if isinstance(body.get("text"), str):
            return str(body["text"]).encode()
        if isinstance(body.get("base64"), str):
            import base64

            return base64.b64decode(body["base64"])
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
