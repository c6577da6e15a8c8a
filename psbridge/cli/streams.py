"""The command's standard streams: which are open, their encodings, and a reader that leaves.

Standard output and error are UTF-8 where they are not a terminal, whatever the system's code page is.
Standard input is text of whatever encoding it shows to be. Knows no command.
"""

from __future__ import annotations

import codecs
import errno
import io
import os
import stat
import sys
import threading
from contextlib import suppress

from ..errors import PSBridgeError
from . import WrongUsageError

SILENCE_SECONDS = 3.0
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Windows says EINVAL where others say EPIPE.
_NOBODY_READS = {errno.EPIPE, errno.ESHUTDOWN, *([errno.EINVAL] if sys.platform == "win32" else [])}


class ReaderLeft(BaseException):
    """Whoever read standard output has read enough. Not an error: nothing that handles errors may stop it."""


class NoOutputError(PSBridgeError):
    """Nothing can be written to standard output."""

    default_error_id = "PSBridge.NoOutput"
    default_category = "WriteError"


class _Nowhere(io.RawIOBase):
    """Where a closed standard output leads."""

    def writable(self) -> bool:
        return True

    def write(self, data: object, /) -> int:
        raise OSError(errno.EBADF, "it is closed")


class _Output(io.TextIOWrapper):
    """Standard output, whose failures are told apart from those of everything else the command does."""

    def write(self, text: str, /) -> int:
        if os.linesep == "\r\n" and "\r\n" in text:
            text = text.replace("\r\n", "\n")  # what each line's end becomes anyway
        try:
            return super().write(text)
        except OSError as error:
            raise _meaning(error) from None

    def flush(self) -> None:
        try:
            super().flush()
        except OSError as error:
            raise _meaning(error) from None


def _meaning(error: OSError) -> BaseException:
    if error.errno in _NOBODY_READS:
        return ReaderLeft()
    return NoOutputError(f"Standard output cannot be written: {error.strerror or error}.")


_closed = False
_ascii_reader = False


def set_up() -> None:
    """Make the streams safe to use; once, before anything is written.

    Descriptors that are closed are filled, so that no file or connection is opened in their place.
    """
    global _closed, _ascii_reader
    _closed = sys.stdout is None
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            nothing = os.open(os.devnull, os.O_RDWR)
            if nothing != descriptor:
                os.dup2(nothing, descriptor)
                os.close(nothing)
    if sys.stdin is None:
        sys.stdin = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    if sys.stderr is None:
        sys.stderr = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    elif isinstance(sys.stderr, io.TextIOWrapper):
        # A character that the console's encoding lacks is shown as "?", and does not end the command.
        sys.stderr.reconfigure(encoding=_encoding_of(sys.stderr), errors="replace")
    if sys.stdout is None:
        sys.stdout = _Output(io.BufferedWriter(_Nowhere()), encoding="utf-8")
        return
    if not isinstance(sys.stdout, io.TextIOWrapper) or isinstance(sys.stdout, _Output):
        return
    old = sys.stdout
    terminal, encoding = old.isatty(), _encoding_of(old)
    _ascii_reader = encoding != old.encoding and not _is_utf8(old.encoding)
    old.flush()
    unbuffered = old.write_through
    sys.stdout = _Output(
        old.detach(), encoding=encoding, errors="replace", line_buffering=terminal, write_through=unbuffered
    )


def _encoding_of(stream: io.TextIOWrapper) -> str:
    """UTF-8 where a stream is not a terminal, unless Python was told otherwise."""
    return stream.encoding if stream.isatty() or os.environ.get("PYTHONIOENCODING") else "utf-8"


def finish() -> None:
    """Write what is still to be written.

    Raises:
        ReaderLeft: nobody reads it.
        NoOutputError: it cannot be written.
    """
    sys.stdout.flush()


def _is_utf8(encoding: str) -> bool:
    return codecs.lookup(encoding).name == "utf-8"


def check_output() -> None:
    """Before something is done only to be written.

    Raises:
        NoOutputError: standard output was closed when the command started.
    """
    if _closed:
        raise NoOutputError("There is nowhere to write to: standard output is closed.")


def wants_ascii() -> bool:
    """Whether JSON is better escaped: the reader of a pipe or file may take it for text in a code page."""
    return _ascii_reader


def forget_output() -> None:
    """Have nothing more written to standard output, which takes nothing, on the way out."""
    with suppress(OSError):
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 1)
        os.close(nothing)
    sys.stdout = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")


def input_is_given() -> bool:
    """Whether standard input is a file, a pipe or a socket: not a terminal, nor the null device."""
    try:
        mode = os.fstat(0).st_mode
    except OSError:
        return False
    return stat.S_ISREG(mode) or stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def read_input(encoding: str | None = None) -> str:
    """All of standard input as text; one silent for `SILENCE_SECONDS` is spoken of on standard error.

    Args:
        encoding: a name that Python knows; None finds out.

    Raises:
        WrongUsageError: it is not text, or not in that encoding.
    """
    notice = threading.Timer(SILENCE_SECONDS, _speak_of_silence)
    notice.daemon = True
    notice.start()
    pieces = []
    try:
        while piece := os.read(0, 1 << 16):
            notice.cancel()
            pieces.append(piece)
    except OSError as error:
        if error.errno not in _NOBODY_READS:  # what a pipe without a writer is to Windows
            raise WrongUsageError(f"Standard input cannot be read: {error.strerror or error}.") from None
    finally:
        notice.cancel()
    return decoded(b"".join(pieces), encoding)


def _speak_of_silence() -> None:
    sys.stderr.write(
        "psbridge: waiting for standard input, which says nothing; --no-input does without it.\n"
    )
    sys.stderr.flush()


def decoded(data: bytes, encoding: str | None = None) -> str:
    """`data` as text: by its byte-order mark, else as UTF-8, else as what programs of this system write.

    On Windows that is the code page of the console (cmd's, and Windows PowerShell's unless told otherwise),
    elsewhere the locale's encoding.

    Raises:
        WrongUsageError: it is not text in that encoding, or there is no such encoding.
    """
    marked = next((name for mark, name in _BOMS if data.startswith(mark)), None)
    tried = [encoding] if encoding else [marked] if marked else ["utf-8", *_of_this_system()]
    first: UnicodeDecodeError | None = None
    for name in tried:
        try:
            return data.decode(name).removeprefix("\ufeff")
        except UnicodeDecodeError as error:
            first = first or error
        except (LookupError, ValueError):
            raise WrongUsageError(
                f"'{name}' is not an encoding of text; names such as utf-8, cp850 or utf-16 are."
            ) from None
    assert first is not None
    called = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8"}.get(first.encoding, tried[0])
    raise WrongUsageError(
        f"Standard input is not {called} text (byte {first.start}); --encoding names another encoding."
    )


def _of_this_system() -> list[str]:
    from ..script.net.encoding import of_programs

    name = of_programs()
    try:
        return [] if _is_utf8(name) else [codecs.lookup(name).name]
    except LookupError:
        return []
