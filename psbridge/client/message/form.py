"""A form with a file in it: `multipart/form-data` (RFC 7578), piece by piece, never whole in memory.

Source: the HTML standard for how names are quoted. Performs no network I/O.
"""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, TypeAlias

from ..errors import RequestError

PIECE = 256 * 1024
"""Bytes read from a file at a time."""

Progress: TypeAlias = Callable[[int, "int | None"], None]
"""Told how many bytes have been passed on, and of how many, or None where that is not known."""

FileSource: TypeAlias = "str | os.PathLike[str] | bytes | IO[bytes]"
"""A file by its path, its content, or open for reading bytes."""


class FilePart:
    """The file of a form.

    Args:
        source: where the content comes from. One that is open is read from where it stands, and again from
            there when the form is sent again; one that cannot go back can be sent once.
        name: the file's name in the form; by default its own, `file` where it has none.

    Raises:
        RequestError: there is no such file, or it cannot be read.
    """

    def __init__(self, source: FileSource | None, name: str | None = None) -> None:
        self._path: Path | None = None
        self._open: IO[bytes] | None = None
        self._start = 0
        self._sent = False
        self.size: int | None = None
        own = ""
        if isinstance(source, bytes | bytearray | memoryview):
            source = io.BytesIO(bytes(source))
        if isinstance(source, str | os.PathLike):
            if not str(source):
                raise _no_file("an empty text")
            self._path = Path(source)
            own = self._path.name
            self.size = _size_of(self._path)
        elif source is not None and hasattr(source, "read"):
            self._open = source
            own = Path(source.name).name if isinstance(getattr(source, "name", None), str) else ""
            self._start, self.size = _rest_of(source)
        else:
            raise _no_file("null" if source is None else type(source).__name__)
        self.name = name or own or "file"
        self.again = self._open is None or self.size is not None

    def pieces(self) -> Iterator[bytes]:
        """The content from its beginning.

        Raises:
            RequestError: it cannot be read, has become shorter, or cannot be read again.
        """
        if self._sent and not self.again:
            raise RequestError("File: what was given cannot be read twice, so it cannot be sent again.")
        self._sent = True
        try:
            if self._open is not None:
                if self.size is not None:
                    self._open.seek(self._start)
                yield from self._read(self._open)
            else:
                assert self._path is not None
                with self._path.open("rb") as file:
                    yield from self._read(file)
        except (OSError, ValueError) as error:
            raise _unreadable(self.name, error) from error

    def _read(self, file: IO[bytes]) -> Iterator[bytes]:
        left = self.size
        while left is None or left > 0:
            data = file.read(PIECE if left is None else min(PIECE, left))
            if isinstance(data, str):
                raise RequestError("File: must be open for reading bytes, not text.", parameter="File")
            if not data:
                break
            if left is not None:
                left -= len(data)
            yield data
        if left:
            raise RequestError(f"File: '{self.name}' became shorter while it was sent.", parameter="File")


def _size_of(path: Path) -> int:
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise IsADirectoryError(21, "it is a folder")
        with path.open("rb"):  # that it can be read is known before anything is sent
            return found.st_size
    except (OSError, ValueError) as error:
        raise _unreadable(str(path), error) from error


def _rest_of(file: Any) -> tuple[int, int | None]:
    """Where an open file stands, and how much there is from there on; None where that cannot be known."""
    try:
        if not file.seekable():
            return 0, None
        start = file.tell()
        end = file.seek(0, os.SEEK_END)
        file.seek(start)
    except (OSError, ValueError, AttributeError):
        return 0, None
    return start, end - start


def _no_file(named: str) -> RequestError:
    wanted = "must be a path, bytes or a file open for reading bytes"
    return RequestError(f"File: {wanted}, not {named}.", parameter="File")


def _unreadable(name: str, error: Exception) -> RequestError:
    why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return RequestError(f"File: '{name}' cannot be read: {why}.", parameter="File")


class Form:
    """The body of a request: fields and files, in order.

    Attributes:
        media_type: the Content-Type, with the boundary that no part of the body can hold by chance.
        length: bytes, or None where a file's size is not known; the body is then sent chunked.
        again: it can be sent more than once.
    """

    def __init__(
        self, fields: Mapping[str, str], files: Mapping[str, FilePart], progress: Progress | None = None
    ) -> None:
        boundary = os.urandom(16).hex()
        self.media_type = f"multipart/form-data; boundary={boundary}"
        self._files = files
        self._progress = progress
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="'
        self._heads = [
            f'{head}{_quoted(name)}"\r\n\r\n{value}\r\n'.encode() for name, value in fields.items()
        ]
        self._file_heads = {
            name: (
                f'{head}{_quoted(name)}"; filename="{_quoted(file.name)}"\r\n'
                "Content-Type: application/octet-stream\r\n\r\n"
            ).encode()
            for name, file in files.items()
        }
        self._end = f"--{boundary}--\r\n".encode()
        sizes = [file.size for file in files.values()]
        fixed = sum(map(len, self._heads)) + sum(len(head) + 2 for head in self._file_heads.values())
        self.length = None if None in sizes else fixed + sum(size or 0 for size in sizes) + len(self._end)
        self.again = all(file.again for file in files.values())

    def pieces(self) -> Iterator[bytes]:
        """The body from its beginning."""
        sent = 0
        for piece in self._all():
            yield piece
            sent += len(piece)
            if self._progress is not None:
                self._progress(sent, self.length)

    def _all(self) -> Iterator[bytes]:
        yield from self._heads
        for name, file in self._files.items():
            yield self._file_heads[name]
            yield from file.pieces()
            yield b"\r\n"
        yield self._end


def _quoted(text: str) -> str:
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


Content: TypeAlias = bytes | Form
"""The body of a request."""


def pieces_of(content: Content) -> Iterator[bytes]:
    """A body from its beginning, piece by piece."""
    if isinstance(content, Form):
        yield from content.pieces()
    elif content:
        yield content
