"""Environment, Console, Type and other types of the system."""

from __future__ import annotations

import os
import platform
import re
import socket
import sys
import time
from pathlib import Path
from typing import Any

from psbridge.binding import nettypes
from psbridge.binding.nettypes import NetType
from psbridge.binding.text import net_text, to_text
from psbridge.binding.values import Version
from psbridge.script.semantics.casts import cast_value
from psbridge.script.semantics.text import NEWLINE, composite
from psbridge.script.semantics.types import RUNTIME_TYPE, TYPE, is_a, net_enum, resolve
from psbridge.script.semantics.values import Bag, Hashtable, TypedArray

from . import describe
from .culture import INVARIANT, set_current
from .place import Place, full


def _get_variable(name: str, target: Any = None) -> str | None:
    return os.environ.get(name)


def _set_variable(name: str, value: str | None, target: Any = None) -> None:
    if value is not None:
        os.environ[name] = value
    else:
        os.environ.pop(name, None)


_WINDOWS_FOLDERS = {
    "UserProfile": "%USERPROFILE%",
    "MyDocuments": r"%USERPROFILE%\Documents",
    "Personal": r"%USERPROFILE%\Documents",
    "Desktop": r"%USERPROFILE%\Desktop",
    "DesktopDirectory": r"%USERPROFILE%\Desktop",
    "MyMusic": r"%USERPROFILE%\Music",
    "MyPictures": r"%USERPROFILE%\Pictures",
    "MyVideos": r"%USERPROFILE%\Videos",
    "ApplicationData": "%APPDATA%",
    "LocalApplicationData": "%LOCALAPPDATA%",
    "CommonApplicationData": "%ProgramData%",
    "ProgramFiles": "%ProgramFiles%",
    "ProgramFilesX86": "%ProgramFiles(x86)%",
    "System": r"%SystemRoot%\system32",
    "Windows": "%SystemRoot%",
}
"""Where Windows has them unless they were moved."""


def _version() -> Version:
    """The system's version; of Windows major, minor and build."""
    numbers = re.findall(r"\d+", platform.version() if os.name == "nt" else "5.0")
    return Version(tuple(map(int, numbers[:4])))


def _folder(kind: Any) -> str:
    if os.name == "nt":
        path = _expand(_WINDOWS_FOLDERS.get(kind.name, ""))
        return "" if path.startswith("%") else path
    home = str(Path.home())
    return {
        "UserProfile": home,
        "MyDocuments": home,
        "Personal": home,
        "Desktop": f"{home}/Desktop",
        "ApplicationData": os.environ.get("XDG_CONFIG_HOME", f"{home}/.config"),
        "LocalApplicationData": os.environ.get("XDG_DATA_HOME", f"{home}/.local/share"),
    }.get(kind.name, "")


class ExitScript(SystemExit):
    """[Environment]::Exit."""


def _exit(code: int) -> None:
    raise ExitScript(code)


def _expand(text: str) -> str:
    return re.sub(r"%([^%]+)%", lambda match: os.environ.get(match[1], match.group()), text)


_SYSTEM = "Microsoft Windows NT" if os.name == "nt" else "Unix"
ENVIRONMENT = describe("System.Environment")

ENVIRONMENT.static(
    {
        "GetEnvironmentVariable(string variable)": _get_variable,
        "GetEnvironmentVariable(string variable, System.EnvironmentVariableTarget target)": _get_variable,
        "SetEnvironmentVariable(string variable, string value)": _set_variable,
        "SetEnvironmentVariable(string variable, string value, System.EnvironmentVariableTarget target)": (
            _set_variable
        ),
        "GetEnvironmentVariables()": lambda: Hashtable(os.environ),
        "GetFolderPath(System.Environment+SpecialFolder folder)": _folder,
        "GetCommandLineArgs()": lambda: TypedArray(sys.argv, nettypes.STRING),
        "ExpandEnvironmentVariables(string name)": _expand,
        "Exit(int exitCode)": _exit,
    }
)

ENVIRONMENT.constant(
    {
        "NewLine": NEWLINE,
        "MachineName": lambda: socket.gethostname().partition(".")[0],
        "UserName": lambda: os.environ.get("USERNAME" if os.name == "nt" else "USER") or "root",
        "UserDomainName": lambda: socket.gethostname().partition(".")[0],
        "CurrentDirectory": lambda: full("."),
        "ProcessorCount": lambda: os.cpu_count() or 1,
        "ProcessId": os.getpid,
        "Is64BitOperatingSystem": True,
        "Is64BitProcess": True,
        "OSVersion": lambda: Bag(
            {
                "Platform": net_enum("System.PlatformID")["Win32NT" if os.name == "nt" else "Unix"],
                "Version": _version(),
                "VersionString": f"{_SYSTEM} {_version() if os.name == 'nt' else platform.release()}",
            }
        ),
        "Version": lambda: Version((10, 0, 0)),
        "TickCount": lambda: int(time.monotonic() * 1000) & 0x7FFFFFFF,
        "TickCount64": lambda: cast_value(int(time.monotonic() * 1000), nettypes.INT64),
        "ExitCode": 0,
        "SystemDirectory": lambda: _folder(net_enum("System.Environment+SpecialFolder")["System"]),
        "UserInteractive": True,
        "CommandLine": lambda: " ".join(sys.argv),
        "StackTrace": "",
    }
)

ENVIRONMENT.setter({"::CurrentDirectory": lambda value: setattr(Place, "folder", full(to_text(value)))})


class Console:
    """Where [Console] writes and reads; the interpreter sets the functions."""

    out: Any = staticmethod(lambda text: sys.stdout.write(text))
    error: Any = staticmethod(lambda text: sys.stderr.write(text))
    read: Any = staticmethod(lambda: sys.stdin.read())
    line: Any = staticmethod(lambda: sys.stdin.readline())


class ConsoleStream:
    """[Console]::Out, Error and In."""

    def __init__(self, name: str) -> None:
        self.name = name
        kind = "SyncTextReader" if name == "In" else "SyncTextWriter"
        self.net_type = NetType(kind, f"System.IO.{'TextReader' if name == 'In' else 'TextWriter'}+{kind}")

    def write(self, text: str) -> None:
        (Console.error if self.name == "Error" else Console.out)(text)


_CONSOLE_WRITES: dict[str, Any] = {
    "Write(string value)": lambda stream, text: stream.write(text or ""),
    "Write(object value)": lambda stream, value: stream.write("" if value is None else net_text(value)),
    "Write(string format, params object[] arg)": lambda stream, text, args: stream.write(
        composite(text, args)
    ),
    "WriteLine()": lambda stream: stream.write("\n"),
    "WriteLine(string value)": lambda stream, text: stream.write(f"{text or ''}\n"),
    "WriteLine(object value)": lambda stream, value: stream.write(
        ("" if value is None else net_text(value)) + "\n"
    ),
    "WriteLine(string format, params object[] arg)": lambda stream, text, args: stream.write(
        composite(text, args) + "\n"
    ),
}

TEXT_WRITER = describe("System.IO.TextWriter+SyncTextWriter")

TEXT_WRITER.method({**_CONSOLE_WRITES, "Flush()": lambda stream: None, "Close()": lambda stream: None})

TEXT_READER = describe("System.IO.TextReader+SyncTextReader")


def _read_line() -> str | None:
    line = Console.line()
    return line.rstrip("\n").removesuffix("\r") if line else None


TEXT_READER.method(
    {
        "ReadToEnd()": lambda stream: Console.read(),
        "ReadLine()": lambda stream: _read_line(),
        "Read()": lambda stream: -1,
        "Peek()": lambda stream: -1,
    }
)

_OUT = ConsoleStream("Out")

CONSOLE = describe("System.Console")

CONSOLE.constant(
    {
        "Out": _OUT,
        "Error": ConsoleStream("Error"),
        "In": ConsoleStream("In"),
        "OutputEncoding": lambda: _utf8(),
        "InputEncoding": lambda: _utf8(),
        "IsInputRedirected": lambda: not sys.stdin.isatty(),
        "IsOutputRedirected": lambda: not sys.stdout.isatty(),
        "IsErrorRedirected": lambda: not sys.stderr.isatty(),
        "WindowWidth": 120,
        "BufferWidth": 120,
        "WindowHeight": 50,
        "KeyAvailable": False,
        "Title": "",
        "ForegroundColor": "Gray",
        "BackgroundColor": "Black",
        "CursorVisible": True,
    }
)


def _utf8() -> Any:
    from .encoding import named

    return named("utf-8")


CONSOLE.setter(
    {
        f"::{name}": lambda value: None
        for name in (
            *("outputencoding", "inputencoding", "foregroundcolor", "backgroundcolor", "title"),
            *("cursorvisible", "treatcontrolcasinput"),
        )
    }
)

CONSOLE.static(
    {
        **{
            name: lambda *args, function=function: function(_OUT, *args)
            for name, function in _CONSOLE_WRITES.items()
        },
        "ReadLine()": _read_line,
        "ResetColor()": lambda: None,
        "Clear()": lambda: None,
        "Beep()": lambda: None,
    }
)

TYPE_CLASS = describe("System.Type", TYPE)

TYPE_CLASS.static({"GetType(string typeName)": resolve})

RUNTIME = describe("System.RuntimeType", RUNTIME_TYPE, "System.Type")

RUNTIME.property(
    {
        "Name": lambda type_: (
            type_.full_name.rpartition(".")[2]
            if type_.is_array or type_ is nettypes.PSOBJECT
            else type_.short_name
        ),
        "FullName": lambda type_: type_.full_name,
        "Namespace": lambda type_: type_.full_name.partition("`")[0].rpartition(".")[0] or None,
        "BaseType": lambda type_: _base(type_),
        "IsArray": lambda type_: type_.is_array,
        "IsEnum": lambda type_: type_.enum is not None,
        "IsValueType": lambda type_: type_.is_value,
        "IsClass": lambda type_: not type_.is_value,
        "IsGenericType": lambda type_: "`" in type_.full_name,
        "IsPublic": lambda type_: True,
        "IsPrimitive": lambda type_: (
            type_ in nettypes.NUMERIC - {nettypes.DECIMAL} or type_ in (nettypes.BOOLEAN, nettypes.CHAR)
        ),
        "AssemblyQualifiedName": lambda type_: type_.full_name,
        "UnderlyingSystemType": lambda type_: type_,
    }
)


def _base(type_: NetType) -> NetType | None:
    if type_ is nettypes.OBJECT:
        return None
    if type_.parent is not None:
        return type_.parent
    if type_.is_array:
        return resolve("array")
    if type_.enum is not None:
        return resolve("System.Enum")
    return resolve("System.ValueType") if type_.is_value else nettypes.OBJECT


RUNTIME.method(
    {
        "ToString()": lambda type_: type_.full_name,
        "GetElementType()": lambda type_: type_.element if type_.is_array else None,
        "IsAssignableFrom(type c)": lambda type_, other: type_.accepts(other) or type_ is nettypes.OBJECT,
        "IsSubclassOf(type c)": lambda type_, other: type_ is not other and other.accepts(type_),
        "IsInstanceOfType(object o)": lambda type_, value: is_a(value, type_),
        "GetEnumNames()": lambda type_: TypedArray(list(type_.enum.__members__), nettypes.STRING),
        "GetEnumValues()": lambda type_: TypedArray(list(type_.enum), type_),
        "GetGenericArguments()": lambda type_: _generic_arguments(type_),
        "Equals(object o)": lambda type_, other: type_ is other,
        "GetType()": lambda type_: RUNTIME_TYPE,
    }
)


def _generic_arguments(type_: NetType) -> list[Any]:
    from psbridge.script.semantics.types import generic_parts

    parts = generic_parts(type_)
    return list(parts[1]) if parts else []


GC = describe("System.GC")

GC.static(
    {
        "Collect()": lambda: None,
        "GetTotalMemory(bool force)": lambda force: cast_value(10_000_000, nettypes.INT64),
    }
)

DBNULL = describe("System.DBNull", resolve("dbnull"))


class DBNull:
    """System.DBNull."""

    net_type = DBNULL.type

    def __str__(self) -> str:
        return ""


DBNULL.constant({"Value": DBNull()})

NOTHING = describe("System.Management.Automation.Internal.AutomationNull")

NOTHING.constant({"Value": lambda: None})

NULL_STRING = describe("System.Management.Automation.Language.NullString")

NULL_STRING.constant({"Value": lambda: None})

THREAD = describe("System.Threading.Thread")

THREAD.static({"Sleep(int millisecondsTimeout)": lambda count: time.sleep(count / 1000)})


class Thread:
    """System.Threading.Thread: the one that the session runs in."""

    net_type = THREAD.type


THREAD.constant({"CurrentThread": Thread()})
THREAD.property(
    {
        "ManagedThreadId": lambda thread: 1,
        "Name": lambda thread: None,
        "CurrentCulture": lambda thread: INVARIANT,
        "CurrentUICulture": lambda thread: INVARIANT,
    }
)
THREAD.setter(
    {name: lambda thread, value: set_current(value) for name in ("CurrentCulture", "CurrentUICulture")}
)

ACTIVATOR = describe("System.Activator")


def _create(type_: NetType, arguments: list[Any] | None = None) -> Any:
    from psbridge.script.semantics.calling import construct

    return construct(type_, arguments or [])


ACTIVATOR.static(
    {"CreateInstance(type type)": _create, "CreateInstance(type type, params object[] args)": _create}
)

PROCESS = describe("System.Diagnostics.Process")

PROCESS.static(
    {
        "GetCurrentProcess()": lambda: Bag(
            {"Id": os.getpid(), "ProcessName": "pwsh", "WorkingSet64": 100_000_000}
        )
    }
)

DOMAIN = describe("System.AppDomain")

DOMAIN.constant({"CurrentDomain": lambda: Bag({"BaseDirectory": full("."), "FriendlyName": "psbridge"})})

_PLATFORMS = {"windows": "win32", "linux": "linux", "osx": "darwin"}
RUNTIME_INFO = describe("System.Runtime.InteropServices.RuntimeInformation")

RUNTIME_INFO.constant(
    {
        "OSDescription": platform.platform,
        "FrameworkDescription": ".NET 10.0.0",
        "OSArchitecture": lambda: "X64" if platform.machine() in ("x86_64", "AMD64") else "Arm64",
        "ProcessArchitecture": lambda: "X64" if platform.machine() in ("x86_64", "AMD64") else "Arm64",
    }
)

RUNTIME_INFO.static(
    {"IsOSPlatform(any osPlatform)": lambda name: _PLATFORMS.get(to_text(name).lower()) == sys.platform}
)

POINTS = describe("System.Net.ServicePointManager")

POINTS.constant({"SecurityProtocol": "SystemDefault", "Expect100Continue": True, "DefaultConnectionLimit": 2})

POINTS.setter(
    {
        "::SecurityProtocol": lambda value: None,
        "::Expect100Continue": lambda value: None,
        "::DefaultConnectionLimit": lambda value: None,
        "::ServerCertificateValidationCallback": lambda value: None,
    }
)

DNS = describe("System.Net.Dns")

DNS.static({"GetHostName()": socket.gethostname})

WILDCARD = describe("System.Management.Automation.WildcardPattern")

WILDCARD.static(
    {
        "Escape(string pattern)": lambda text: "".join(f"`{c}" if c in "*?[]`" else c for c in text),
        "Unescape(string pattern)": lambda text: re.sub(r"`([*?\[\]`])", r"\1", text),
        "ContainsWildcardCharacters(string pattern)": lambda text: any(c in text for c in "*?["),
    }
)

CODE = describe("System.Management.Automation.Language.CodeGeneration")

CODE.static(
    {
        "EscapeSingleQuotedStringContent(string value)": lambda text: re.sub(
            "(['\u2018-\u201b])", r"\1\1", text
        )
    }
)
