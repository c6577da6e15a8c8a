"""Where a script's relative paths start, what it may write, and reading text from files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from psbridge.script.semantics.errors import NetFault


class Place:
    """Where relative paths start, and what may be written; the interpreter sets both."""

    folder: str | None = None
    read_only = False


def full(path: str | None, parameter: str = "path") -> str:
    """Path.GetFullPath, from the script's current folder."""
    if path is None:
        raise NetFault("ArgumentNullException", f"Value cannot be null. (Parameter '{parameter}')")
    if path == "":
        raise NetFault("ArgumentException", f"The value cannot be an empty string. (Parameter '{parameter}')")
    return os.path.normpath(Path(Place.folder or Path.cwd()) / path)


def may_write(path: str) -> str:
    """The path, unless nothing may be written."""
    if Place.read_only:
        raise NetFault(
            "UnauthorizedAccessException", f"Access to the path '{path}' is denied: run with --read-only."
        )
    return path


_IN_USE = (32, 33)  # ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION


def fault_of(error: OSError, path: str) -> NetFault:
    """What .NET throws for an operating system's error."""
    if isinstance(error, FileNotFoundError):
        if not Path(path).parent.is_dir():
            return NetFault("DirectoryNotFoundException", f"Could not find a part of the path '{path}'.")
        return NetFault("FileNotFoundException", f"Could not find file '{path}'.")
    if getattr(error, "winerror", None) in _IN_USE:
        message = f"The process cannot access the file '{path}' because it is being used by another process."
        return NetFault("IOException", message)
    if isinstance(error, IsADirectoryError):
        return NetFault("UnauthorizedAccessException", f"Access to the path '{path}' is denied.")
    if isinstance(error, PermissionError):
        return NetFault("UnauthorizedAccessException", f"Access to the path '{path}' is denied.")
    if isinstance(error, FileExistsError):
        return NetFault("IOException", f"The file '{path}' already exists.")
    return NetFault("IOException", f"{error.strerror or error} : '{path}'")


_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\0\0", "utf-32-le"),  # which begins with that of UTF-16
    (b"\0\0\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)


def read_text(path: str, encoding: Any = None) -> str:
    """The whole file; a byte-order mark says the encoding."""
    data = Path(path).read_bytes()
    for mark, codec in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(codec, "replace")
    return data.decode(encoding.codec if encoding else "utf-8", "replace")


def lines_of(text: str) -> list[str]:
    """The lines, without the ends of lines."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def guarded(function: Any) -> Any:
    """The function with its path in full, and the system's errors as .NET's."""

    def run(path: str, *arguments: Any) -> Any:
        where = full(path)
        try:
            return function(where, *arguments)
        except OSError as error:
            raise fault_of(error, where) from None

    return run
