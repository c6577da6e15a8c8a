"""A reply's body straight into a file, or into memory: taken up where it broke off. Performs no network I/O.

Source: RFC 9110, 14, for ranges; a server that knows none sends the whole again, which is then what is kept.
"""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path
from typing import IO, Any

from ..errors import ConnectionFailedError, RequestError, ResponseTooLargeError
from ..message.form import Progress
from ..message.headers import Headers


class Sink:
    """Where the content of a reply goes: memory, at most `limit` bytes.

    Args:
        limit: bytes; None for as many as come.
        progress: told after each piece.
    """

    def __init__(self, limit: int | None = None, progress: Progress | None = None) -> None:
        self.offset = 0
        self.total: int | None = None
        self._limit = limit
        self._progress = progress
        self._etag = ""
        self._held = bytearray()

    # What a try asks for

    def headers(self) -> list[tuple[bytes, bytes]]:
        """The header lines that ask for what is still missing."""
        lines = [(b"Accept-Encoding", b"identity")]
        if self.offset:
            lines.append((b"Range", b"bytes=%d-" % self.offset))
            if self._etag:
                lines.append((b"If-Range", self._etag.encode("latin-1", "replace")))
        return lines

    def begin(self, status: int, headers: Headers) -> bool:
        """A reply has begun; False when nothing is missing, and its body is nothing to be kept."""
        span = re.fullmatch(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)", headers.get("content-range", "").strip())
        if status == 416:
            whole = span is not None and span[2] == str(self.offset)
            if not whole:
                self.restart()
                raise ConnectionFailedError("The server has less than was downloaded before.")
            return False
        if status == 206 and span is not None and span[1] == str(self.offset):
            self.total = None if span[2] == "*" else int(span[2])
        elif self.offset or status == 206:
            if status == 206:
                self.restart()
                raise ConnectionFailedError("The server sent another part than was asked for.")
            self.restart()
        if status == 200:
            length = headers.get("content-length", "")
            self.total = int(length) if length.isdecimal() else None
        etag = headers.get("etag", "")
        self._etag = "" if etag.startswith("W/") else etag
        return True

    # What comes

    def write(self, data: bytes) -> None:
        """The next piece.

        Raises:
            ResponseTooLargeError: there is more than the limit.
            RequestError: it cannot be written.
        """
        self._keep(data)
        self.offset += len(data)
        if self._progress is not None:
            self._progress(self.offset, self.total)

    def _keep(self, data: bytes) -> None:
        if self._limit is not None and self.offset + len(data) > self._limit:
            raise ResponseTooLargeError(f"The reply is larger than {self._limit:,} bytes.")
        self._held += data

    def restart(self) -> None:
        """Forget what has come."""
        self.offset, self._etag = 0, ""
        self._held.clear()

    def finish(self) -> Any:
        """All has come; what it is."""
        return bytes(self._held)

    def leave(self) -> None:
        """No more comes."""


class FileSink(Sink):
    """A file, which is there under its name only when it is whole.

    Until then the content is beside it, in a file that ends in `.part`: that one stays when a call fails, and
    the next one with `resume` goes on from it.

    Args:
        path: where to.
        key: what is downloaded, such as a file's id: parts of something else are never gone on from.
        resume: go on with what an earlier call left.

    Raises:
        RequestError: it cannot be written there.
    """

    def __init__(
        self, path: str | os.PathLike[str], key: str, resume: bool = False, progress: Progress | None = None
    ) -> None:
        super().__init__(progress=progress)
        self._path = Path(path)
        safe = re.sub(r"[^A-Za-z0-9_-]", "_", key)[:80]
        self._part = self._path.with_name(f"{self._path.name}.{safe}.part")
        try:
            if self._path.is_dir():
                raise IsADirectoryError(21, "it is a folder")
            self._file: IO[bytes] = self._part.open("r+b" if resume and self._part.exists() else "wb")
            self.offset = self._file.seek(0, os.SEEK_END)
        except (OSError, ValueError) as error:
            raise self._unwritable(error) from error

    def _keep(self, data: bytes) -> None:
        try:
            self._file.write(data)
        except OSError as error:
            raise self._unwritable(error) from error

    def restart(self) -> None:
        """Empty the file: the content comes from its beginning again."""
        super().restart()
        try:
            self._file.seek(0)
            self._file.truncate()
        except OSError as error:
            raise self._unwritable(error) from error

    def finish(self) -> Path:
        """All has come: the file gets its name."""
        try:
            self._file.close()
            self._part.replace(self._path)
        except OSError as error:
            raise self._unwritable(error) from error
        return self._path

    def leave(self) -> None:
        """Close the file; what has come stays for a later call to go on from, an empty one does not."""
        with contextlib.suppress(OSError):
            self._file.close()
            if self._part.exists() and not self._part.stat().st_size:
                self._part.unlink()

    def _unwritable(self, error: Exception) -> RequestError:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return RequestError(f"OutFile: '{self._path}' cannot be written: {why}.", parameter="OutFile")
