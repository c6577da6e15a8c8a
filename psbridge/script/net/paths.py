"""System.IO.Path."""

from __future__ import annotations

import os
import tempfile
import uuid
from pathlib import Path
from typing import Any

from psbridge.binding import nettypes
from psbridge.script.semantics.values import TypedArray

from . import describe
from .faults import null_argument
from .place import full, may_write

SEPARATORS = os.sep + (os.altsep or "")
"""What stands between the parts of a path here: on Windows either slash, elsewhere only the one."""


def last_separator(path: str) -> int:
    """Where the last separator of a path is; -1 when it has none."""
    return max(path.rfind(separator) for separator in SEPARATORS)


def name_of(path: str) -> str:
    """What is behind the last separator, and on Windows behind a drive."""
    return path[max(last_separator(path) + 1, len(os.path.splitdrive(path)[0])) :]


def root_of(path: str) -> str:
    """The drive and the separator that a path begins with; empty for a relative path."""
    drive, rest = os.path.splitdrive(path)
    return path[: len(drive) + (rest[:1] in tuple(SEPARATORS))]


def _normal(path: str) -> str:
    """With the system's own separator, each of them once."""
    drive, rest = os.path.splitdrive(path)
    drive, rest = (text.replace(os.altsep or os.sep, os.sep) for text in (drive, rest))
    while os.sep * 2 in rest:
        rest = rest.replace(os.sep * 2, os.sep)
    return drive + rest


def _ends_in_separator(path: str) -> bool:
    return path.endswith(tuple(SEPARATORS))


def _is_rooted(path: str | None) -> bool:
    return bool(path) and root_of(path or "") != ""


def extension_of(path: str | None) -> str | None:
    """The extension of a path with its dot; empty when it has none, None for None."""
    if path is None:
        return None
    name = name_of(path)
    dot = name.rfind(".")
    return name[dot:] if 0 <= dot < len(name) - 1 else ""


def _name(path: str | None) -> str | None:
    return None if path is None else name_of(path)


def stem_of(path: str | None) -> str | None:
    """A file name without its extension; None for None."""
    if path is None:
        return None
    name = name_of(path)
    return name.rpartition(".")[0] if "." in name else name


def _folder(path: str | None) -> str | None:
    if not path or len(root_of(path)) == len(path):
        return None
    root = len(root_of(path))
    end = max(last_separator(path), root)
    return _normal(path[:root] + path[root:end].rstrip(SEPARATORS))


def _combine(*parts: Any) -> str:
    pieces = parts[0] if len(parts) == 1 and not isinstance(parts[0], str) else parts
    result = ""
    for piece in pieces:
        if piece is None:
            raise null_argument("paths")
        if _is_rooted(piece):
            result = piece
        elif piece:
            result = f"{result}{_joint(result)}{piece}"
    return result


def _joint(path: str) -> str:
    """What goes between a path and the next part: nothing behind a separator or a drive's colon."""
    return "" if not path or _ends_in_separator(path) or path == os.path.splitdrive(path)[0] else os.sep


def relative(path: str, base: str) -> str:
    """A path from a folder; in full where no relative one leads there, as between drives."""
    where, start = full(path), full(base)
    same = os.path.normcase(root_of(where)) == os.path.normcase(root_of(start))
    return os.path.relpath(where, start) if same else where


def _change_extension(path: str, extension: str | None) -> str:
    stem = path[: len(path) - len(extension_of(path) or "")] if extension_of(path) else path.removesuffix(".")
    if extension is None:
        return stem
    return f"{stem}{'' if extension.startswith('.') or not extension else '.'}{extension}"


def new_temporary_file() -> str:
    """The path of an empty file, made for this."""
    may_write(tempfile.gettempdir())
    handle, path = tempfile.mkstemp(prefix="tmp", suffix=".tmp")
    os.close(handle)
    return path


_CONTROLS = "".join(map(chr, range(1, 32)))
_NOT_IN_NAMES = f'"<>|\0{_CONTROLS}:*?\\/' if os.altsep else "\0/"
_NOT_IN_PATHS = f"|\0{_CONTROLS}" if os.altsep else "\0"
PATH = describe("System.IO.Path")
PATH.constant(
    {
        "DirectorySeparatorChar": lambda: _char(os.sep),
        "AltDirectorySeparatorChar": lambda: _char("/"),
        "PathSeparator": lambda: _char(os.pathsep),
        "VolumeSeparatorChar": lambda: _char(":" if os.altsep else "/"),
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
        "GetTempPath()": lambda: f"{tempfile.gettempdir().rstrip(SEPARATORS)}{os.sep}",
        "GetTempFileName()": new_temporary_file,
        "GetRandomFileName()": lambda: f"{uuid.uuid4().hex[:8]}.{uuid.uuid4().hex[:3]}",
        "GetPathRoot(string path)": lambda path: _normal(root_of(path or "")),
        "HasExtension(string path)": lambda path: bool(extension_of(path)),
        "IsPathRooted(string path)": _is_rooted,
        "IsPathFullyQualified(string path)": lambda path: bool(path) and Path(path).is_absolute(),
        "ChangeExtension(string path, string extension)": _change_extension,
        "GetInvalidFileNameChars()": lambda: TypedArray([*map(_char, _NOT_IN_NAMES)], nettypes.CHAR),
        "GetInvalidPathChars()": lambda: TypedArray([*map(_char, _NOT_IN_PATHS)], nettypes.CHAR),
        "GetRelativePath(string relativeTo, string path)": lambda base, path: relative(path, base),
        "TrimEndingDirectorySeparator(string path)": lambda path: (
            path[: len(root_of(path))] + path[len(root_of(path)) :].rstrip(SEPARATORS)
        ),
        "EndsInDirectorySeparator(string path)": _ends_in_separator,
    }
)


def _join(parts: list[str]) -> str:
    result = ""
    for part in parts:
        if part:
            joint = "" if not result or _ends_in_separator(result) or part[0] in SEPARATORS else os.sep
            result = f"{result}{joint}{part}"
    return result
