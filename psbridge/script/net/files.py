"""System.IO: File, Directory, Path, FileInfo, readers and writers."""

from __future__ import annotations

import datetime
import io
import os
import shutil
import tempfile
import uuid
from pathlib import Path
from typing import Any

from psbridge.binding import nettypes
from psbridge.binding.nettypes import NetType
from psbridge.binding.text import net_text
from psbridge.binding.values import Int64
from psbridge.script.semantics import dateformat
from psbridge.script.semantics.errors import NetFault
from psbridge.script.semantics.text import composite
from psbridge.script.semantics.types import net_enum
from psbridge.script.semantics.values import TypedArray

from . import describe
from .conversions import as_bytes, byte_array
from .encoding import Encoding, named
from .lists import Enumerator
from .place import Place, fault_of, full, lines_of, may_write, read_text
from .text import null_argument


def _guarded(function: Any) -> Any:
    def run(path: str, *arguments: Any) -> Any:
        where = full(path)
        try:
            return function(where, *arguments)
        except OSError as error:
            raise fault_of(error, where) from None

    return run


def _writing(function: Any) -> Any:
    return _guarded(lambda path, *arguments: function(may_write(path), *arguments))


def _write(path: str, text: str, encoding: Encoding | None = None, mode: str = "wb") -> None:
    used = encoding or named("utf8NoBOM")
    with Path(path).open(mode) as file:
        mark = used.mark if mode == "wb" or file.tell() == 0 else b""
        file.write(mark + used.encode(text))


def _joined(items: Any) -> str:
    return "".join(f"{net_text(item)}\n" for item in items)


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
_ENCODED = "System.Text.Encoding encoding"
FILE.static(
    {
        "Exists(string path)": lambda path: bool(path) and Path(full(path)).is_file(),
        "ReadAllText(string path)": _guarded(read_text),
        f"ReadAllText(string path, {_ENCODED})": _guarded(read_text),
        "ReadAllLines(string path)": _guarded(
            lambda path: TypedArray(lines_of(read_text(path)), nettypes.STRING)
        ),
        f"ReadAllLines(string path, {_ENCODED})": _guarded(
            lambda path, how: TypedArray(lines_of(read_text(path, how)), nettypes.STRING)
        ),
        "ReadLines(string path)": _guarded(
            lambda path: TypedArray(lines_of(read_text(path)), nettypes.STRING)
        ),
        "ReadAllBytes(string path)": _guarded(lambda path: byte_array(Path(path).read_bytes())),
        "WriteAllText(string path, string contents)": _writing(lambda path, text: _write(path, text or "")),
        f"WriteAllText(string path, string contents, {_ENCODED})": _writing(
            lambda path, text, how: _write(path, text or "", how)
        ),
        "WriteAllLines(string path, string[] contents)": _writing(
            lambda path, items: _write(path, _joined(items))
        ),
        f"WriteAllLines(string path, string[] contents, {_ENCODED})": _writing(
            lambda path, items, how: _write(path, _joined(items), how)
        ),
        "WriteAllBytes(string path, byte[] bytes)": _writing(
            lambda path, data: Path(path).write_bytes(as_bytes(data)) and None
        ),
        "AppendAllText(string path, string contents)": _writing(
            lambda path, text: _write(path, text or "", None, "ab")
        ),
        f"AppendAllText(string path, string contents, {_ENCODED})": _writing(
            lambda path, text, how: _write(path, text or "", how, "ab")
        ),
        "AppendAllLines(string path, string[] contents)": _writing(
            lambda path, items: _write(path, _joined(items), None, "ab")
        ),
        "Copy(string sourceFileName, string destFileName)": _guarded(_copy),
        "Copy(string sourceFileName, string destFileName, bool overwrite)": _guarded(_copy),
        "Move(string sourceFileName, string destFileName)": _guarded(_move),
        "Move(string sourceFileName, string destFileName, bool overwrite)": _guarded(_move),
        "Delete(string path)": _writing(_delete),
        "OpenText(string path)": _guarded(lambda path: Reader(read_text(path))),
        "CreateText(string path)": _writing(lambda path: Writer(path)),
        "AppendText(string path)": _writing(lambda path: Writer(path, append=True)),
        "Create(string path)": _writing(lambda path: _stream(path, "w+b")),
        "OpenRead(string path)": _guarded(lambda path: _stream(path, "rb")),
        "OpenWrite(string path)": _writing(lambda path: _stream(path, "ab")),
        "Open(string path, System.IO.FileMode mode)": _guarded(lambda path, mode: _open(path, mode)),
        "GetLastWriteTime(string path)": _guarded(lambda path: _moment(Path(path).stat().st_mtime)),
        "GetCreationTime(string path)": _guarded(lambda path: _moment(Path(path).stat().st_ctime)),
        "GetAttributes(string path)": _guarded(lambda path: FileEntry(path).attributes()),
    }
)
DIRECTORY = describe("System.IO.Directory")


def _listed(files: bool, folders: bool) -> Any:
    def run(path: str, pattern: str = "*", option: Any = 0) -> TypedArray:
        import fnmatch

        where = Path(full(path))
        try:
            walk = sorted(where.rglob("*") if int(option) else where.iterdir())
            if not where.is_dir():
                raise FileNotFoundError
        except FileNotFoundError:
            raise NetFault(
                "DirectoryNotFoundException", f"Could not find a part of the path '{where}'."
            ) from None
        chosen = [
            str(Path(path) / entry.relative_to(where)) if path != "." else f"./{entry.relative_to(where)}"
            for entry in walk
            if ((files and entry.is_file()) or (folders and entry.is_dir()))
            and (pattern in ("*", "*.*") or fnmatch.fnmatch(entry.name, pattern))
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
        "Move(string sourceDirName, string destDirName)": _guarded(_move),
        "GetCurrentDirectory()": lambda: full("."),
        "SetCurrentDirectory(string path)": lambda path: setattr(Place, "folder", full(path)),
        "GetParent(string path)": lambda path: FileEntry(str(Path(full(path)).parent)),
    }
)


def _extension(path: str | None) -> str | None:
    if path is None:
        return None
    name = path.replace("\\", "/").rpartition("/")[2] if os.sep == "\\" else path.rpartition("/")[2]
    dot = name.rfind(".")
    return name[dot:] if 0 <= dot < len(name) - 1 else ""


def _name(path: str | None) -> str | None:
    return None if path is None else path.rpartition("/")[2]


def _stem(path: str | None) -> str | None:
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
    stem = path[: len(path) - len(_extension(path) or "")] if _extension(path) else path.removesuffix(".")
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
        "GetExtension(string path)": _extension,
        "GetFileName(string path)": _name,
        "GetFileNameWithoutExtension(string path)": _stem,
        "GetDirectoryName(string path)": _folder,
        "GetFullPath(string path)": full,
        "GetFullPath(string path, string basePath)": lambda path, base: os.path.normpath(
            _combine(base, path)
        ),
        "GetTempPath()": lambda: f"{tempfile.gettempdir().rstrip('/')}/",
        "GetTempFileName()": _temp_file,
        "GetRandomFileName()": lambda: f"{uuid.uuid4().hex[:8]}.{uuid.uuid4().hex[:3]}",
        "GetPathRoot(string path)": lambda path: "/" if (path or "").startswith("/") else "",
        "HasExtension(string path)": lambda path: bool(_extension(path)),
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


def _moment(stamp: float) -> datetime.datetime:
    return dateformat.local_zone(datetime.datetime.fromtimestamp(stamp, datetime.timezone.utc))


class FileEntry:
    """FileInfo or DirectoryInfo: which of them depends on what is there, or was asked for."""

    def __init__(self, path: str, folder: bool | None = None) -> None:
        self.path = path.rstrip("/") or "/"
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
        value = flags(16) if self.is_folder else flags(128)
        if Path(self.path).name.startswith("."):
            value = flags(value.value | 2 if self.is_folder else 2)
        if Path(self.path).exists() and not os.access(self.path, os.W_OK):
            value = flags(value.value | 1)
        return value

    def mode(self) -> str:
        bits = self.attributes().value
        return (
            ("d" if self.is_folder else "-")
            + ("a" if bits & 32 else "-")
            + ("r" if bits & 1 else "-")
            + ("h" if bits & 2 else "-")
            + ("s" if bits & 4 else "-")
            + ("l" if Path(self.path).is_symlink() else "")
        )


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


_COMMON = {
    "Name": lambda entry: Path(entry.path).name or "/",
    "FullName": lambda entry: entry.path,
    "BaseName": lambda entry: Path(entry.path).name if entry.is_folder else _stem(entry.path),
    "Extension": lambda entry: _extension(entry.path),
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
    "UnixMode": lambda entry: __import__("stat").filemode(_stat(entry, "st_mode")),
}


def _set_time(entry: FileEntry, value: Any) -> None:
    from psbridge.script.semantics.casts import cast

    moment = cast(value, nettypes.DATETIME)
    stamp = moment.astimezone().timestamp()
    os.utime(may_write(entry.path), (stamp, stamp))


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
        "Delete()": lambda entry: _delete(may_write(entry.path)),
        "CopyTo(string destFileName)": lambda entry, target: _copied(entry.path, target, False),
        "CopyTo(string destFileName, bool overwrite)": lambda entry, target, over: _copied(
            entry.path, target, over
        ),
        "MoveTo(string destFileName)": lambda entry, target: _move(entry.path, target),
        "OpenText()": lambda entry: Reader(read_text(entry.path)),
        "Refresh()": lambda entry: None,
        "ToString()": str,
    }
)
FOLDER_INFO = describe("System.IO.DirectoryInfo", FOLDER_TYPE)
FOLDER_INFO.new({"(string path)": lambda path: FileEntry(full(path), True)})
FOLDER_INFO.property({**_COMMON, "Parent": _parent, "Root": lambda entry: FileEntry("/", True)})
FOLDER_INFO.setter({"LastWriteTime": _set_time})
FOLDER_INFO.method(
    {
        "Create()": lambda entry: _create_folder(may_write(entry.path)) and None,
        "CreateSubdirectory(string path)": lambda entry, path: _create_folder(
            may_write(str(Path(entry.path) / path))
        ),
        "Delete()": lambda entry: _remove_folder(may_write(entry.path)),
        "Delete(bool recursive)": lambda entry, recursive: _remove_folder(may_write(entry.path), recursive),
        "GetFiles()": lambda entry: [FileEntry(path) for path in _listed(True, False)(entry.path)],
        "GetFiles(string searchPattern)": lambda entry, pattern: [
            FileEntry(path) for path in _listed(True, False)(entry.path, pattern)
        ],
        "GetDirectories()": lambda entry: [FileEntry(path) for path in _listed(False, True)(entry.path)],
        "ToString()": str,
    }
)


class Reader:
    """StreamReader and StringReader."""

    net_type = NetType("StreamReader", "System.IO.StreamReader")

    def __init__(self, text: str) -> None:
        self.buffer = io.StringIO(text)

    def line(self) -> str | None:
        line = self.buffer.readline()
        return line.rstrip("\n").removesuffix("\r") if line else None

    def peek(self) -> int:
        place = self.buffer.tell()
        character = self.buffer.read(1)
        self.buffer.seek(place)
        return ord(character) if character else -1


class Writer:
    """StreamWriter and StringWriter (without a path)."""

    net_type = NetType("StreamWriter", "System.IO.StreamWriter")

    def __init__(self, path: str | None, append: bool = False, encoding: Encoding | None = None) -> None:
        self.path = path
        self.encoding = encoding or named("utf8NoBOM")
        self.file: Any = io.BytesIO() if path is None else Path(path).open("ab" if append else "wb")  # noqa: SIM115
        if path is not None and self.file.tell() == 0:
            self.file.write(self.encoding.mark)
        self.newline = "\n"

    def write(self, text: str) -> None:
        if self.file.closed:
            raise NetFault("ObjectDisposedException", "Cannot write to a closed TextWriter.")
        self.file.write(self.encoding.encode(text))

    def close(self) -> None:
        if self.path is not None:
            self.file.close()

    def __str__(self) -> str:
        return self.file.getvalue().decode() if self.path is None else "System.IO.StreamWriter"


def _writer(path: str, append: bool = False, encoding: Encoding | None = None) -> Writer:
    where = may_write(full(path))
    try:
        return Writer(where, append, encoding)
    except OSError as error:
        raise fault_of(error, where) from None


READER = describe("System.IO.StreamReader", Reader.net_type)
READER.new(
    {
        "(string path)": _guarded(lambda path: Reader(read_text(path))),
        f"(string path, {_ENCODED})": _guarded(lambda path, how: Reader(read_text(path, how))),
        "(any stream)": lambda stream: Reader(stream.file.read().decode("utf-8", "replace")),
        f"(any stream, {_ENCODED})": lambda stream, how: Reader(
            stream.file.read().decode(how.codec, "replace")
        ),
    }
)
READER.property({"EndOfStream": lambda reader: reader.peek() < 0, "BaseStream": lambda reader: reader})
READER.method(
    {
        "ReadLine()": lambda reader: reader.line(),
        "ReadToEnd()": lambda reader: reader.buffer.read(),
        "Read()": lambda reader: ord(c) if (c := reader.buffer.read(1)) else -1,
        "Peek()": lambda reader: reader.peek(),
        "Close()": lambda reader: None,
        "Dispose()": lambda reader: None,
    }
)
STRING_READER = describe("System.IO.StringReader", None, "System.IO.StreamReader")
STRING_READER.new({"(string s)": Reader})
WRITER = describe("System.IO.StreamWriter", Writer.net_type)
WRITER.new(
    {
        "(string path)": _writer,
        "(string path, bool append)": _writer,
        f"(string path, bool append, {_ENCODED})": _writer,
        "(any stream)": lambda stream: _over(stream),
        f"(any stream, {_ENCODED})": lambda stream, how: _over(stream, how),
    }
)


def _over(stream: Stream, encoding: Encoding | None = None) -> Writer:
    writer = Writer(None, encoding=encoding)
    writer.file = stream.file
    writer.path = ""
    return writer


WRITER.property(
    {
        "NewLine": lambda writer: writer.newline,
        "AutoFlush": lambda writer: False,
        "BaseStream": lambda writer: writer,
    }
)
WRITER.setter(
    {
        "AutoFlush": lambda writer, value: None,
        "NewLine": lambda writer, value: setattr(writer, "newline", value),
    }
)
WRITER.method(
    {
        "Write(string value)": lambda writer, text: writer.write(text or ""),
        "Write(object value)": lambda writer, value: writer.write("" if value is None else net_text(value)),
        "Write(string format, params object[] arg)": lambda writer, text, args: writer.write(
            composite(text, args)
        ),
        "WriteLine()": lambda writer: writer.write(writer.newline),
        "WriteLine(string value)": lambda writer, text: writer.write((text or "") + writer.newline),
        "WriteLine(object value)": lambda writer, value: writer.write(
            ("" if value is None else net_text(value)) + writer.newline
        ),
        "WriteLine(string format, params object[] arg)": lambda writer, text, args: writer.write(
            composite(text, args) + writer.newline
        ),
        "Flush()": lambda writer: writer.file.flush(),
        "Close()": lambda writer: writer.close(),
        "Dispose()": lambda writer: writer.close(),
        "ToString()": str,
    }
)
STRING_WRITER = describe("System.IO.StringWriter", None, "System.IO.StreamWriter")
STRING_WRITER.new({"()": lambda: Writer(None)})


def _stream(path: str, mode: str) -> Stream:
    return Stream(Path(path).open(mode))


class Stream:
    """FileStream and MemoryStream."""

    net_type = NetType("FileStream", "System.IO.FileStream")

    def __init__(self, file: Any) -> None:
        self.file = file


def _open(path: str, mode: Any) -> Stream:
    modes = {1: "x+b", 2: "w+b", 3: "r+b", 4: "a+b", 5: "w+b", 6: "ab"}
    if int(mode) != 3:
        may_write(path)
    return Stream(Path(path).open("rb" if int(mode) == 3 and Place.read_only else modes[int(mode)]))


def _read_into(stream: Stream, buffer: Any, start: int, count: int) -> int:
    data = stream.file.read(count)
    for offset, item in enumerate(byte_array(data)):
        buffer[start + offset] = item
    return len(data)


def _length(stream: Stream) -> Int64:
    place = stream.file.tell()
    size = stream.file.seek(0, 2)
    stream.file.seek(place)
    return Int64(size)


def _all_bytes(stream: Stream) -> TypedArray:
    place = stream.file.tell()
    stream.file.seek(0)
    data = stream.file.read()
    stream.file.seek(place)
    return byte_array(data)


FILE_STREAM = describe("System.IO.FileStream", Stream.net_type)
FILE_STREAM.new({"(string path, System.IO.FileMode mode)": _guarded(_open)})
FILE_STREAM.property({"Length": _length, "Position": lambda stream: Int64(stream.file.tell())})
FILE_STREAM.setter({"Position": lambda stream, place: stream.file.seek(int(place))})
FILE_STREAM.method(
    {
        "Read(any buffer, int offset, int count)": _read_into,
        "Write(byte[] buffer, int offset, int count)": lambda stream, data, start, count: (
            stream.file.write(as_bytes(data)[start : start + count]) and None
        ),
        "ReadByte()": lambda stream: data[0] if (data := stream.file.read(1)) else -1,
        "WriteByte(byte value)": lambda stream, value: stream.file.write(bytes([value])) and None,
        "Seek(long offset, System.IO.SeekOrigin origin)": lambda stream, offset, origin: Int64(
            stream.file.seek(offset, int(origin))
        ),
        "ToArray()": _all_bytes,
        "Flush()": lambda stream: stream.file.flush(),
        "Close()": lambda stream: stream.file.close() if not isinstance(stream.file, io.BytesIO) else None,
        "Dispose()": lambda stream: stream.file.close() if not isinstance(stream.file, io.BytesIO) else None,
        "CopyTo(any destination)": lambda stream, target: target.file.write(stream.file.read()) and None,
    }
)
MEMORY = describe("System.IO.MemoryStream", None, "System.IO.FileStream")
MEMORY.new(
    {"()": lambda: Stream(io.BytesIO()), "(byte[] buffer)": lambda data: Stream(io.BytesIO(as_bytes(data)))}
)
__all__ = ["Enumerator", "FileEntry", "Place", "fault_of", "full", "lines_of", "may_write", "read_text"]
