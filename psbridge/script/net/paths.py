"""System.IO.Path."""

from __future__ import annotations

import os
import tempfile
import uuid
from typing import Any

from psbridge.binding import nettypes
from psbridge.script.semantics.values import TypedArray

from . import describe
from .faults import null_argument
from .place import full


def extension_of(path: str | None) -> str | None:
    """The extension of a path with its dot; empty when it has none, None for None."""
    if path is None:
        return None
    name = path.replace("\\", "/").rpartition("/")[2] if os.sep == "\\" else path.rpartition("/")[2]
    dot = name.rfind(".")
    return name[dot:] if 0 <= dot < len(name) - 1 else ""


def _name(path: str | None) -> str | None:
    return None if path is None else path.rpartition("/")[2]


def stem_of(path: str | None) -> str | None:
    """A file name without its extension; None for None."""
    if path is None:
        return None
    name = path.rpartition("/")[2]
    return name.rpartition(".")[0] if "." in name else name


def _folder(path: str | None) -> str | None:
    if path is None or path == "" or path == "/":
        return None
    return path.rpartition("/")[0] if not path.startswith("/") or path.count("/") > 1 else "/"


def _combine(*parts: Any) -> str:
    pieces = parts[0] if len(parts) == 1 and not isinstance(parts[0], str) else parts
    result = ""
    for piece in pieces:
        if piece is None:
            raise null_argument("paths")
        if piece.startswith("/"):
            result = piece
        elif piece:
            result = f"{result}{'' if not result or result.endswith('/') else '/'}{piece}"
    return result


def _change_extension(path: str, extension: str | None) -> str:
    stem = path[: len(path) - len(extension_of(path) or "")] if extension_of(path) else path.removesuffix(".")
    if extension is None:
        return stem
    return f"{stem}{'' if extension.startswith('.') or not extension else '.'}{extension}"


def _temp_file() -> str:
    handle, path = tempfile.mkstemp(prefix="tmp", suffix=".tmp")
    os.close(handle)
    return path


PATH = describe("System.IO.Path")
PATH.constant(
    {
        "DirectorySeparatorChar": lambda: _char("/"),
        "AltDirectorySeparatorChar": lambda: _char("/"),
        "PathSeparator": lambda: _char(":"),
        "VolumeSeparatorChar": lambda: _char("/"),
    }
)


def _char(text: str) -> Any:
    from psbridge.binding.values import Char

    return Char(text)


PATH.static(
    {
        "Combine(params string[] paths)": _combine,
        "Join(params string[] paths)": lambda parts: _join(parts),
        "GetExtension(string path)": extension_of,
        "GetFileName(string path)": _name,
        "GetFileNameWithoutExtension(string path)": stem_of,
        "GetDirectoryName(string path)": _folder,
        "GetFullPath(string path)": full,
        "GetFullPath(string path, string basePath)": lambda path, base: os.path.normpath(
            _combine(base, path)
        ),
        "GetTempPath()": lambda: f"{tempfile.gettempdir().rstrip('/')}/",
        "GetTempFileName()": _temp_file,
        "GetRandomFileName()": lambda: f"{uuid.uuid4().hex[:8]}.{uuid.uuid4().hex[:3]}",
        "GetPathRoot(string path)": lambda path: "/" if (path or "").startswith("/") else "",
        "HasExtension(string path)": lambda path: bool(extension_of(path)),
        "IsPathRooted(string path)": lambda path: bool(path) and path.startswith("/"),
        "IsPathFullyQualified(string path)": lambda path: path.startswith("/"),
        "ChangeExtension(string path, string extension)": _change_extension,
        "GetInvalidFileNameChars()": lambda: TypedArray([_char("\0"), _char("/")], nettypes.CHAR),
        "GetInvalidPathChars()": lambda: TypedArray([_char("\0")], nettypes.CHAR),
        "GetRelativePath(string relativeTo, string path)": lambda base, path: os.path.relpath(
            full(path), full(base)
        ),
        "TrimEndingDirectorySeparator(string path)": lambda path: path.rstrip("/") or "/",
        "EndsInDirectorySeparator(string path)": lambda path: path.endswith("/"),
    }
)


def _join(parts: list[str]) -> str:
    result = ""
    for part in parts:
        if part:
            joint = "" if not result or result.endswith("/") or part.startswith("/") else "/"
            result = f"{result}{joint}{part}"
    return result
