"""System.IO: readers, writers and streams."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from psbridge.binding.nettypes import NetType
from psbridge.binding.text import net_text
from psbridge.binding.values import Int64
from psbridge.script.semantics.errors import NetFault
from psbridge.script.semantics.text import NEWLINE, composite
from psbridge.script.semantics.values import TypedArray

from . import describe
from .conversions import as_bytes, byte_array
from .encoding import Encoding, named
from .place import Place, fault_of, full, guarded, may_write, read_text

ENCODED = "System.Text.Encoding encoding"


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
        self.newline = NEWLINE
        self.closed = False

    @classmethod
    def over(cls, stream: Stream, encoding: Encoding | None = None) -> Writer:
        """A StreamWriter that writes to a stream."""
        writer = cls(None, encoding=encoding)
        writer.path, writer.file = "", stream.file
        if stream.file.tell() == 0:
            stream.file.write(writer.encoding.mark)
        return writer

    def write(self, text: str) -> None:
        if self.closed:
            kind = "StringWriter" if self.path is None else "StreamWriter"
            raise NetFault(
                "ObjectDisposedException", f"Cannot write to a closed TextWriter.\nObject name: '{kind}'."
            )
        self.file.write(self.encoding.encode(text))

    def close(self) -> None:
        self.closed = True
        close_file(self.file)

    def __str__(self) -> str:
        return self.file.getvalue().decode() if self.path is None else "System.IO.StreamWriter"


def close_file(file: Any) -> None:
    """Close a stream's file; what is in memory can be read all the same, by `ToArray()`."""
    if not isinstance(file, io.BytesIO):
        file.close()


def _writer(path: str, append: bool = False, encoding: Encoding | None = None) -> Writer:
    where = may_write(full(path))
    try:
        return Writer(where, append, encoding)
    except OSError as error:
        raise fault_of(error, where) from None


READER = describe("System.IO.StreamReader", Reader.net_type)
READER.new(
    {
        "(string path)": guarded(lambda path: Reader(read_text(path))),
        f"(string path, {ENCODED})": guarded(lambda path, how: Reader(read_text(path, how))),
        "(any stream)": lambda stream: Reader(stream.file.read().decode("utf-8", "replace")),
        f"(any stream, {ENCODED})": lambda stream, how: Reader(
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
        f"(string path, bool append, {ENCODED})": _writer,
        "(any stream)": Writer.over,
        f"(any stream, {ENCODED})": Writer.over,
    }
)

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


def file_stream(path: str, mode: str) -> Stream:
    """A FileStream on a file, opened with a mode of Python."""
    return Stream(Path(path).open(mode))


class Stream:
    """FileStream and MemoryStream."""

    net_type = NetType("FileStream", "System.IO.FileStream")

    def __init__(self, file: Any) -> None:
        self.file = file


def open_as(path: str, mode: Any) -> Stream:
    """A FileStream on a file, opened with a System.IO.FileMode."""
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
FILE_STREAM.new({"(string path, System.IO.FileMode mode)": guarded(open_as)})
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
        "Close()": lambda stream: close_file(stream.file),
        "Dispose()": lambda stream: close_file(stream.file),
        "CopyTo(any destination)": lambda stream, target: target.file.write(stream.file.read()) and None,
    }
)
MEMORY = describe("System.IO.MemoryStream", None, "System.IO.FileStream")
MEMORY.new(
    {"()": lambda: Stream(io.BytesIO()), "(byte[] buffer)": lambda data: Stream(io.BytesIO(as_bytes(data)))}
)
