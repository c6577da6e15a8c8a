"""Files as prompts are read and answers are written: text with a limit, and whole files or none."""

from __future__ import annotations

import codecs
import locale
import os
import tempfile
from pathlib import Path

from ..models.problems import InvalidValueError

MEBIBYTE = 1024 * 1024
# The most that a file may have that is sent as a prompt: about a million tokens.
MAX_TEXT_BYTES = 4 * MEBIBYTE

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def text_of_file(path: Path, parameter: str) -> str:
    """A file's text: by its byte-order mark, else UTF-8, else the system's encoding.

    Raises:
        InvalidValueError: when it cannot be read, is larger than 4 MiB, or is no text.
    """

    def problem(sentence: str) -> InvalidValueError:
        message = f"invalid value for '{parameter}', the file '{path}' {sentence}."
        return InvalidValueError(message, parameter=parameter, path=parameter)

    try:
        size = path.stat().st_size
        if size > MAX_TEXT_BYTES:
            limit = MAX_TEXT_BYTES // MEBIBYTE
            raise problem(f"has {size / MEBIBYTE:.1f} MiB; at most {limit} MiB go into a prompt")
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        raise problem(f"cannot be read: {getattr(error, 'strerror', None) or error}") from None
    marked = next((encoding for mark, encoding in _MARKS if content.startswith(mark)), None)
    for encoding in (marked,) if marked else ("utf-8", locale.getpreferredencoding(False)):
        try:
            text = content.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
        if "\0" not in text:
            return text
    raise problem("is not text")


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that is whole or not there: beside it, synced, then renamed.

    Raises:
        OSError: when it cannot be written; what was there before stays.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
