"""A form with a file, read as it arrives: a large file goes to the disk, never whole into memory."""

from __future__ import annotations

import re
import tempfile
from typing import IO, Any

from .problems import ApiError

_IN_MEMORY = 1024 * 1024  # bytes of a file kept in memory before it goes to the disk
_FIELD = 64 * 1024  # bytes of a field's value at most
LARGEST = 512 * 1024 * 1024
"""The largest file taken, in bytes, as the service has it."""


class Upload:
    """The parts of one form.

    Attributes:
        fields: the values of the parts without a file name.
        name, file, size: the file's name, its content from the beginning, and its bytes; None without a file.
    """

    def __init__(self, content_type: str) -> None:
        try:
            from python_multipart.multipart import MultipartParser, parse_options_header
        except ImportError:
            raise ApiError(
                501, "The offline server takes files with python-multipart: pip install psbridge[offline]."
            ) from None
        boundary = parse_options_header(content_type)[1].get(b"boundary", b"")
        if not boundary:
            raise ApiError(400, "The Content-Type of a form must name its boundary.")
        self._options = parse_options_header
        self.fields: dict[str, str] = {}
        self.name: str | None = None
        self.file: IO[bytes] | None = None
        self.size = 0
        self._headers: dict[bytes, bytes] = {}
        self._header = [b"", b""]
        self._value: bytearray | None = None
        self._field = ""
        self._writes = False
        self._ended = False
        self._parser: Any = MultipartParser(
            boundary,
            {
                "on_part_begin": self._part_begins,
                "on_header_field": lambda data, start, end: self._add(0, data[start:end]),
                "on_header_value": lambda data, start, end: self._add(1, data[start:end]),
                "on_header_end": self._header_ends,
                "on_headers_finished": self._headers_end,
                "on_part_data": self._data,
                "on_part_end": self._part_ends,
                "on_end": self._end,
            },
        )

    def feed(self, data: bytes) -> None:
        """The next bytes of the body.

        Raises:
            ApiError: status 400 for what is no form, 413 for a file that is too large.
        """
        from python_multipart.exceptions import FormParserError

        try:
            self._parser.write(data)
        except FormParserError:
            raise ApiError(400, "The form could not be parsed as multipart/form-data.") from None

    def finish(self) -> None:
        """The body has ended.

        Raises:
            ApiError: status 400, when the form has not.
        """
        if not self._ended:
            raise ApiError(400, "The form could not be parsed as multipart/form-data: it is cut off.")
        if self.file is not None:
            self.file.seek(0)

    def close(self) -> None:
        """Forget the file."""
        if self.file is not None:
            self.file.close()

    def _part_begins(self) -> None:
        self._headers = {}

    def _add(self, which: int, data: bytes) -> None:
        self._header[which] += data

    def _header_ends(self) -> None:
        self._headers[self._header[0].lower()] = self._header[1]
        self._header = [b"", b""]

    def _headers_end(self) -> None:
        options = self._options(self._headers.get(b"content-disposition", b""))[1]
        self._field = options.get(b"name", b"").decode("utf-8", "replace")
        name = options.get(b"filename")
        self._writes = name is not None and self._field == "file"
        self._value = None if self._writes else bytearray()
        if self._writes:
            self.close()
            self.name = re.sub(r"%22", '"', (name or b"").decode("utf-8", "replace"))
            self.file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - kept by the store
            self.size = 0

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._writes:
            assert self.file is not None
            self.size += end - start
            if self.size > LARGEST:
                raise ApiError(413, "The file is larger than 512 MB.", code="file_too_large", param="file")
            self.file.write(data[start:end])
        elif self._value is not None and len(self._value) < _FIELD:
            self._value += data[start:end]

    def _part_ends(self) -> None:
        if self._value is not None:
            self.fields[self._field] = self._value.decode("utf-8", "replace")

    def _end(self) -> None:
        self._ended = True
