"""The files that the offline server keeps: taken and given out in pieces or in ranges, listed, deleted."""

from __future__ import annotations

import contextlib
import itertools
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any
from urllib.parse import quote

from .listing import page
from .message import Reply, Request, json_reply, not_allowed, nowhere
from .problems import ApiError
from .reply import CLOCK, digest
from .rules import missing, out_of_bounds, unsupported

_PIECE = 256 * 1024
_PURPOSES = ("assistants", "batch", "fine-tune", "vision", "user_data", "evals")
_LARGEST_BATCH = 200 * 1024 * 1024
_LEAST_LIFE, _MOST_LIFE = 3600, 2_592_000


@dataclass
class Kept:
    """One file: what is said of it, and its content."""

    about: dict[str, Any]
    content: IO[bytes]

    def lines(self) -> Iterator[bytes]:
        """Its lines, from the beginning; a line that is nothing but white space is none."""
        at = 0
        while True:
            self.content.seek(at)
            line = self.content.readline()
            at = self.content.tell()
            if not line:
                return
            if line.strip():
                yield line

    def pieces(self, start: int, length: int) -> Iterator[bytes]:
        """`length` bytes from `start` on; the file may be read by others in between."""
        while length > 0:
            self.content.seek(start)
            data = self.content.read(min(_PIECE, length))
            if not data:
                return
            start += len(data)
            length -= len(data)
            yield data


class Files:
    """`/files`. Files are read and written on the server's own loop only, but for `content`."""

    def __init__(self) -> None:
        self._kept: dict[str, Kept] = {}
        self._serials = itertools.count(1)
        self._lock = threading.Lock()

    def answer(self, request: Request, parts: list[str], model: str | None) -> Reply:
        """The reply to a request; `model` says nothing here."""
        method = request.method
        match parts:
            case [_]:
                if method == "POST":
                    return json_reply(self._upload(request))
                if method == "GET":
                    return json_reply(self._listed(request.query))
                raise not_allowed(request, "GET, POST")
            case [_, name] if name:
                if method == "GET":
                    return json_reply(self.get(name).about)
                if method == "DELETE":
                    return json_reply(self._delete(name))
                raise not_allowed(request, "GET, DELETE")
            case [_, name, "content"] if name:
                if method != "GET":
                    raise not_allowed(request, "GET")
                return self._content(request, name)
        raise nowhere(request)

    def get(self, name: str) -> Kept:
        """The file of an id; `ApiError` 404 when there is none."""
        kept = self._kept.get(name)
        if kept is None:
            raise ApiError(404, f"No such File object: {name[:100]}", param="id")
        return kept

    def add(self, name: str, purpose: str, content: IO[bytes], size: int, life: int | None = None) -> str:
        """Keep a file; returns its id."""
        with self._lock:
            serial = next(self._serials)
        created = CLOCK + serial
        key = f"file-{digest(name, purpose, size, serial)[:24]}"
        about: dict[str, Any] = {
            "id": key,
            "object": "file",
            "bytes": size,
            "created_at": created,
            "filename": name,
            "purpose": purpose,
            "status": "processed",
            "status_details": None,
            "expires_at": None if life is None else created + life,
        }
        self._kept[key] = Kept(about, content)
        return key

    def close(self) -> None:
        """Forget all files."""
        while self._kept:
            self._kept.popitem()[1].content.close()

    def _upload(self, request: Request) -> dict[str, Any]:
        form = request.upload
        if form is None:
            sent = request.headers.get("content-type", "")
            named = f"'{sent[:100]}'" if sent else "none"
            raise ApiError(
                400,
                "Unsupported content type: expected 'multipart/form-data', "
                f"but the Content-Type header is {named}.",
            )
        if form.file is None or form.name is None:
            raise missing("file")
        purpose = form.fields.get("purpose")
        if purpose is None:
            raise missing("purpose")
        if purpose not in _PURPOSES:
            raise unsupported("purpose", purpose, _PURPOSES)
        if purpose == "batch":
            if not form.name.endswith(".jsonl"):
                raise ApiError(
                    400,
                    f"Invalid file format for Batch API: {form.name[:100]}. Supported format: .jsonl.",
                    param="file",
                )
            if form.size > _LARGEST_BATCH:
                raise ApiError(
                    413, "A file for batches may have 200 MB.", code="file_too_large", param="file"
                )
        if not form.size and purpose in ("batch", "fine-tune"):
            raise ApiError(400, "File is empty.", code="empty_file", param="file")
        life = _life(form.fields)
        content, form.file = form.file, None  # ours from now on
        return self.get(self.add(form.name, purpose, content, form.size, life)).about

    def _listed(self, query: dict[str, str]) -> dict[str, Any]:
        purpose = query.get("purpose")
        found = [one.about for one in self._kept.values() if purpose in (None, one.about["purpose"])]
        return page(found, query, usual=10_000, largest=10_000, order="desc")

    def _delete(self, name: str) -> dict[str, Any]:
        self.get(name).content.close()
        del self._kept[name]
        return {"id": name, "object": "file", "deleted": True}

    def _content(self, request: Request, name: str) -> Reply:
        kept = self.get(name)
        about = kept.about
        if about["purpose"] == "assistants":
            raise ApiError(400, "Not allowed to download files of purpose: assistants")
        size, etag = about["bytes"], f'"{digest(about)[:16]}"'
        headers = [
            ("etag", etag),
            ("accept-ranges", "bytes"),
            ("content-disposition", f"attachment; filename*=UTF-8''{quote(about['filename'], safe='')}"),
        ]
        span = _span(request.headers, size, etag)
        if span is None:
            return Reply(200, headers=headers, media_type=_BINARY, parts=kept.pieces(0, size), length=size)
        start, end = span
        if start >= size:
            return Reply(416, headers=[*headers, ("content-range", f"bytes */{size}")], media_type=_BINARY)
        headers.append(("content-range", f"bytes {start}-{end}/{size}"))
        length = end - start + 1
        parts = kept.pieces(start, length)
        return Reply(206, headers=headers, media_type=_BINARY, parts=parts, length=length)


_BINARY = "application/octet-stream"


def _span(headers: dict[str, str], size: int, etag: str) -> tuple[int, int] | None:
    """(first, last) byte that a range asks for; None where the whole is wanted."""
    found = re.fullmatch(r"bytes=(\d{1,15})-(\d{0,15})", headers.get("range", "").strip())
    if found is None or headers.get("if-range", etag) != etag:
        return None
    start, last = int(found[1]), int(found[2] or size - 1)
    return None if last < start and found[2] else (start, min(last, size - 1))


def _life(fields: dict[str, str]) -> int | None:
    """Seconds a file lives, when the form says so."""
    anchor, seconds = fields.get("expires_after[anchor]"), fields.get("expires_after[seconds]")
    if anchor is None and seconds is None:
        return None
    if anchor is None or seconds is None:
        raise missing(f"expires_after.{'anchor' if anchor is None else 'seconds'}")
    if anchor != "created_at":
        raise unsupported("expires_after.anchor", anchor, ("created_at",))
    count = -1
    with contextlib.suppress(ValueError):
        count = int(seconds)
    if not _LEAST_LIFE <= count <= _MOST_LIFE:
        raise out_of_bounds(
            "expires_after.seconds",
            "integer out of range",
            "integer_out_of_range",
            f"a value from {_LEAST_LIFE} to {_MOST_LIFE}",
            seconds[:40],
        )
    return count
