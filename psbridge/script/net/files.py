"""System.IO: File, Directory, FileInfo, DirectoryInfo."""

from __future__ import annotations

import datetime
import os
import re
import shutil
import stat
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from psbridge.binding import nettypes
from psbridge.binding.nettypes import NetType
from psbridge.binding.text import net_text
from psbridge.binding.values import Int64
from psbridge.script.semantics import dateformat
from psbridge.script.semantics.attributes import NetAttributes
from psbridge.script.semantics.errors import NetFault
from psbridge.script.semantics.text import NEWLINE
from psbridge.script.semantics.types import net_enum
from psbridge.script.semantics.values import TypedArray

from . import describe
from .conversions import as_bytes, byte_array
from .encoding import Encoding, named
from .paths import SEPARATORS, extension_of, root_of, stem_of
from .place import Place, fault_of, full, guarded, lines_of, may_write, read_text
from .streams import ENCODED, Reader, Writer, file_stream, open_as


def _joined(items: Any) -> str:
    return "".join(f"{net_text(item)}{NEWLINE}" for item in items)


def _writing(function: Any) -> Any:
    return guarded(lambda path, *arguments: function(may_write(path), *arguments))


def _write(path: str, text: str, encoding: Encoding | None = None, mode: str = "wb") -> None:
    used = encoding or named("utf8NoBOM")
    with Path(path).open(mode) as file:
        mark = used.mark if mode == "wb" or file.tell() == 0 else b""
        file.write(mark + used.encode(text))


def _copy(source: str, target: str, overwrite: bool = False) -> None:
    where = may_write(full(target))
    if Path(where).exists() and not overwrite:
        raise NetFault("IOException", f"The file '{where}' already exists.")
    shutil.copy2(source, where)


def _copied(source: str, target: str, overwrite: bool) -> FileEntry:
    _copy(source, target, overwrite)
    return FileEntry(full(target))


def _move(source: str, target: str, overwrite: bool = False) -> None:
    where = may_write(full(target))
    if not Path(source).exists():
        raise FileNotFoundError
    if Path(where).exists() and not overwrite:
        raise NetFault("IOException", "Cannot create a file when that file already exists.")
    shutil.move(source, where)


def _delete(path: str) -> None:
    Path(path).unlink(missing_ok=True)


FILE = describe("System.IO.File")
FILE.static(
    {
        "Exists(string path)": lambda path: bool(path) and Path(full(path)).is_file(),
        "ReadAllText(string path)": guarded(read_text),
        f"ReadAllText(string path, {ENCODED})": guarded(read_text),
        "ReadAllLines(string path)": guarded(
            lambda path: TypedArray(lines_of(read_text(path)), nettypes.STRING)
        ),
        f"ReadAllLines(string path, {ENCODED})": guarded(
            lambda path, how: TypedArray(lines_of(read_text(path, how)), nettypes.STRING)
        ),
        "ReadLines(string path)": guarded(
            lambda path: TypedArray(lines_of(read_text(path)), nettypes.STRING)
        ),
        "ReadAllBytes(string path)": guarded(lambda path: byte_array(Path(path).read_bytes())),
        "WriteAllText(string path, string contents)": _writing(lambda path, text: _write(path, text or "")),
        f"WriteAllText(string path, string contents, {ENCODED})": _writing(
            lambda path, text, how: _write(path, text or "", how)
        ),
        "WriteAllLines(string path, string[] contents)": _writing(
            lambda path, items: _write(path, _joined(items))
        ),
        f"WriteAllLines(string path, string[] contents, {ENCODED})": _writing(
            lambda path, items, how: _write(path, _joined(items), how)
        ),
        "WriteAllBytes(string path, byte[] bytes)": _writing(
            lambda path, data: Path(path).write_bytes(as_bytes(data)) and None
        ),
        "AppendAllText(string path, string contents)": _writing(
            lambda path, text: _write(path, text or "", None, "ab")
        ),
        f"AppendAllText(string path, string contents, {ENCODED})": _writing(
            lambda path, text, how: _write(path, text or "", how, "ab")
        ),
        "AppendAllLines(string path, string[] contents)": _writing(
            lambda path, items: _write(path, _joined(items), None, "ab")
        ),
        "Copy(string sourceFileName, string destFileName)": guarded(_copy),
        "Copy(string sourceFileName, string destFileName, bool overwrite)": guarded(_copy),
        "Move(string sourceFileName, string destFileName)": guarded(_move),
        "Move(string sourceFileName, string destFileName, bool overwrite)": guarded(_move),
        "Delete(string path)": _writing(_delete),
        "OpenText(string path)": guarded(lambda path: Reader(read_text(path))),
        "CreateText(string path)": _writing(lambda path: Writer(path)),
        "AppendText(string path)": _writing(lambda path: Writer(path, append=True)),
        "Create(string path)": _writing(lambda path: file_stream(path, "w+b")),
        "OpenRead(string path)": guarded(lambda path: file_stream(path, "rb")),
        "OpenWrite(string path)": _writing(lambda path: file_stream(path, "ab")),
        "Open(string path, System.IO.FileMode mode)": guarded(lambda path, mode: open_as(path, mode)),
        "GetLastWriteTime(string path)": guarded(lambda path: _moment(Path(path).stat().st_mtime)),
        "GetCreationTime(string path)": guarded(lambda path: _moment(Path(path).stat().st_ctime)),
        "GetAttributes(string path)": guarded(lambda path: FileEntry(path).attributes()),
    }
)
DIRECTORY = describe("System.IO.Directory")


def _search_pattern(pattern: str) -> Callable[[str], Any]:
    """.NET's own wildcards: `*` and `?` alone, and `*.*` is everything."""
    if pattern in ("*", "*.*"):
        return lambda name: True
    plain = "".join({"*": ".*", "?": "."}.get(item, re.escape(item)) for item in pattern)
    return re.compile(plain, re.DOTALL | (re.IGNORECASE if os.name == "nt" else 0)).fullmatch


def _listed(files: bool, folders: bool) -> Any:
    def run(path: str, pattern: str = "*", option: Any = 0) -> TypedArray:
        where = Path(full(path))
        if not where.is_dir():
            raise NetFault("DirectoryNotFoundException", f"Could not find a part of the path '{where}'.")
        try:
            walk = sorted(where.rglob("*") if int(option) else where.iterdir())
        except OSError as error:
            raise fault_of(error, str(where)) from None
        matches = _search_pattern(pattern)
        chosen = [
            os.path.join(path, entry.relative_to(where))  # noqa: PTH118 - as it was asked: `./a`, not `a`
            for entry in walk
            if ((files and entry.is_file()) or (folders and entry.is_dir())) and matches(entry.name)
        ]
        return TypedArray(chosen, nettypes.STRING)

    return run


def _create_folder(path: str) -> Any:
    Path(path).mkdir(parents=True, exist_ok=True)
    return FileEntry(path)


def _remove_folder(path: str, recursive: bool = False) -> None:
    if recursive:
        shutil.rmtree(path)
    else:
        Path(path).rmdir()


for _listing, _function in (
    ("GetFiles", _listed(True, False)),
    ("EnumerateFiles", _listed(True, False)),
    ("GetDirectories", _listed(False, True)),
    ("GetFileSystemEntries", _listed(True, True)),
):
    DIRECTORY.static(
        {
            f"{_listing}(string path)": _function,
            f"{_listing}(string path, string searchPattern)": _function,
            f"{_listing}(string path, string searchPattern, System.IO.SearchOption searchOption)": _function,
        }
    )
DIRECTORY.static(
    {
        "Exists(string path)": lambda path: bool(path) and Path(full(path)).is_dir(),
        "CreateDirectory(string path)": _writing(_create_folder),
        "Delete(string path)": _writing(_remove_folder),
        "Delete(string path, bool recursive)": _writing(_remove_folder),
        "Move(string sourceDirName, string destDirName)": guarded(_move),
        "GetCurrentDirectory()": lambda: full("."),
        "SetCurrentDirectory(string path)": lambda path: setattr(Place, "folder", full(path)),
        "GetParent(string path)": lambda path: FileEntry(str(Path(full(path)).parent)),
    }
)


def _moment(stamp: float) -> datetime.datetime:
    return dateformat.local_zone(datetime.datetime.fromtimestamp(stamp, datetime.timezone.utc))


def hidden(path: str) -> bool:
    """Whether a file is hidden: on Windows by its attribute, elsewhere by a dot in front of its name."""
    if os.name != "nt":
        return Path(path).name.startswith(".")
    bits = attribute_bits(path)
    return bits is not None and bool(bits & _HIDDEN)


def attribute_bits(path: str) -> int | None:
    """The attributes that the file system of Windows keeps; None where there is no file, or no such thing."""
    try:
        return getattr(os.lstat(path), "st_file_attributes", None)
    except OSError:
        return None


_READ_ONLY, _HIDDEN, _SYSTEM, _FOLDER, _ARCHIVE, _NORMAL = 1, 2, 4, 16, 32, 128


class FileEntry(NetAttributes):
    """FileInfo or DirectoryInfo: which of them depends on what is there, or was asked for."""

    def __init__(self, path: str, folder: bool | None = None) -> None:
        root = root_of(path)
        self.path = root + path[len(root) :].rstrip(SEPARATORS)
        self.is_folder = Path(path).is_dir() if folder is None else folder

    @property
    def net_type(self) -> NetType:
        return FOLDER_TYPE if self.is_folder else FILE_TYPE

    def __str__(self) -> str:
        return self.path

    def __fspath__(self) -> str:
        return self.path

    def attributes(self) -> Any:
        flags = net_enum("System.IO.FileAttributes")
        kept = attribute_bits(self.path)
        if kept is not None:
            return flags(kept)
        value = _FOLDER if self.is_folder else _NORMAL
        if hidden(self.path):
            value = value | _HIDDEN if self.is_folder else _HIDDEN
        if Path(self.path).exists() and not os.access(self.path, os.W_OK):
            value |= _READ_ONLY
        return flags(value)

    def mode(self) -> str:
        bits = self.attributes().value
        kind = "l" if Path(self.path).is_symlink() else "d" if self.is_folder else "-"
        letters = (("a", _ARCHIVE), ("r", _READ_ONLY), ("h", _HIDDEN), ("s", _SYSTEM))
        return kind + "".join(letter if bits & bit else "-" for letter, bit in letters)


FILE_TYPE = NetType(
    "FileInfo", "System.IO.FileInfo", parent=NetType("FileSystemInfo", "System.IO.FileSystemInfo")
)
FOLDER_TYPE = NetType("DirectoryInfo", "System.IO.DirectoryInfo", parent=FILE_TYPE.parent)
FILE_TYPE.rule = lambda value: (
    value if isinstance(value, FileEntry) else FileEntry(full(net_text(value)), False)
)
FOLDER_TYPE.rule = lambda value: (
    value if isinstance(value, FileEntry) else FileEntry(full(net_text(value)), True)
)


def _stat(entry: FileEntry, name: str) -> Any:
    try:
        return getattr(Path(entry.path).stat(), name)
    except OSError as error:
        raise fault_of(error, entry.path) from None


def _parent(entry: FileEntry) -> FileEntry:
    return FileEntry(str(Path(entry.path).parent), True)


_COMMON: dict[str, Callable[[FileEntry], Any]] = {
    "Name": lambda entry: Path(entry.path).name or Path(entry.path).anchor,
    "FullName": lambda entry: entry.path,
    "BaseName": lambda entry: Path(entry.path).name if entry.is_folder else stem_of(entry.path),
    "Extension": lambda entry: extension_of(entry.path),
    "Exists": lambda entry: Path(entry.path).is_dir() if entry.is_folder else Path(entry.path).is_file(),
    "LastWriteTime": lambda entry: _moment(_stat(entry, "st_mtime")),
    "LastWriteTimeUtc": lambda entry: dateformat.to_universal(_moment(_stat(entry, "st_mtime"))),
    "CreationTime": lambda entry: _moment(_stat(entry, "st_ctime")),
    "CreationTimeUtc": lambda entry: dateformat.to_universal(_moment(_stat(entry, "st_ctime"))),
    "LastAccessTime": lambda entry: _moment(_stat(entry, "st_atime")),
    "Attributes": lambda entry: entry.attributes(),
    "Mode": lambda entry: entry.mode(),
    "PSIsContainer": lambda entry: entry.is_folder,
    "PSPath": lambda entry: f"Microsoft.PowerShell.Core\\FileSystem::{entry.path}",
    "PSParentPath": lambda entry: f"Microsoft.PowerShell.Core\\FileSystem::{Path(entry.path).parent}",
    "PSChildName": lambda entry: Path(entry.path).name,
    "ResolvedTarget": lambda entry: str(Path(entry.path).resolve()),
    "LinkType": lambda entry: "SymbolicLink" if Path(entry.path).is_symlink() else None,
    "Target": lambda entry: str(Path(entry.path).readlink()) if Path(entry.path).is_symlink() else None,
    "ModeWithoutHardLink": lambda entry: entry.mode(),
}
if os.name != "nt":
    _COMMON |= {
        "UnixMode": lambda entry: stat.filemode(_stat(entry, "st_mode")),
        "User": lambda entry: _owner("pwd", "getpwuid", _stat(entry, "st_uid")),
        "Group": lambda entry: _owner("grp", "getgrgid", _stat(entry, "st_gid")),
        "Size": lambda entry: Int64(_stat(entry, "st_size")),
    }


def _owner(module: str, function: str, number: int) -> str:
    """The name of a user or group, from a module that only Unix has; the number where it has none."""
    try:
        return str(getattr(import_module(module), function)(number)[0])
    except KeyError:
        return str(number)


def _set_time(entry: FileEntry, value: Any) -> None:
    from psbridge.script.semantics.casts import cast

    moment = cast(value, nettypes.DATETIME)
    stamp = moment.astimezone().timestamp()
    os.utime(may_write(entry.path), (stamp, stamp))


def _of_entry(function: Callable[..., Any]) -> Callable[..., Any]:
    """A method of a file or folder, with the system's errors as .NET's."""

    def run(entry: FileEntry, *arguments: Any) -> Any:
        try:
            return function(entry, *arguments)
        except OSError as error:
            raise fault_of(error, entry.path) from None

    return run


FILE_INFO = describe("System.IO.FileInfo", FILE_TYPE)
FILE_INFO.new({"(string fileName)": lambda path: FileEntry(full(path), False)})
FILE_INFO.property(
    {
        **_COMMON,
        "Length": lambda entry: Int64(_stat(entry, "st_size")),
        "Directory": _parent,
        "DirectoryName": lambda entry: str(Path(entry.path).parent),
        "IsReadOnly": lambda entry: not os.access(entry.path, os.W_OK),
        "VersionInfo": lambda entry: None,
    }
)
FILE_INFO.setter({"LastWriteTime": _set_time})
FILE_INFO.method(
    {
        "Delete()": _of_entry(lambda entry: _delete(may_write(entry.path))),
        "CopyTo(string destFileName)": _of_entry(lambda entry, target: _copied(entry.path, target, False)),
        "CopyTo(string destFileName, bool overwrite)": _of_entry(
            lambda entry, target, over: _copied(entry.path, target, over)
        ),
        "MoveTo(string destFileName)": _of_entry(lambda entry, target: _move(entry.path, target)),
        "OpenText()": _of_entry(lambda entry: Reader(read_text(entry.path))),
        "Refresh()": lambda entry: None,
        "ToString()": str,
    }
)
FOLDER_INFO = describe("System.IO.DirectoryInfo", FOLDER_TYPE)
FOLDER_INFO.new({"(string path)": lambda path: FileEntry(full(path), True)})
FOLDER_INFO.property(
    {**_COMMON, "Parent": _parent, "Root": lambda entry: FileEntry(Path(entry.path).anchor, True)}
)
FOLDER_INFO.setter({"LastWriteTime": _set_time})
FOLDER_INFO.method(
    {
        "Create()": _of_entry(lambda entry: _create_folder(may_write(entry.path)) and None),
        "CreateSubdirectory(string path)": _of_entry(
            lambda entry, path: _create_folder(may_write(str(Path(entry.path) / path)))
        ),
        "Delete()": _of_entry(lambda entry: _remove_folder(may_write(entry.path))),
        "Delete(bool recursive)": _of_entry(
            lambda entry, recursive: _remove_folder(may_write(entry.path), recursive)
        ),
        "GetFiles()": lambda entry: [FileEntry(path) for path in _listed(True, False)(entry.path)],
        "GetFiles(string searchPattern)": lambda entry, pattern: [
            FileEntry(path) for path in _listed(True, False)(entry.path, pattern)
        ],
        "GetDirectories()": lambda entry: [FileEntry(path) for path in _listed(False, True)(entry.path)],
        "ToString()": str,
    }
)
