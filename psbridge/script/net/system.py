"""Environment, Console, Guid, Uri, Version, Type and other types of the system."""

from __future__ import annotations

import os
import platform
import socket
import sys
import time
import urllib.parse
import uuid
from pathlib import Path
from typing import Any

from psbridge.binding import nettypes
from psbridge.binding.errors import InvalidCast
from psbridge.binding.nettypes import NetType
from psbridge.binding.text import net_text, to_text
from psbridge.binding.uris import parse_uri
from psbridge.binding.values import Char, SecureString, Uri, Version
from psbridge.script.semantics.errors import NetFault
from psbridge.script.semantics.text import composite, format_value
from psbridge.script.semantics.types import RUNTIME_TYPE, TYPE, cast_value, is_a, resolve
from psbridge.script.semantics.values import AutomationNull, Bag, Hashtable, TypedArray

from . import describe
from .files import Reader
from .place import Place, full


def _get_variable(name: str, target: Any = None) -> str | None:
    return os.environ.get(name)


def _set_variable(name: str, value: str | None, target: Any = None) -> None:
    if value:
        os.environ[name] = value
    else:
        os.environ.pop(name, None)


def _folder(kind: Any) -> str:
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
    import re

    return re.sub(r"%([^%]+)%", lambda match: os.environ.get(match[1], match.group()), text)


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
        "NewLine": "\n",
        "MachineName": lambda: socket.gethostname().partition(".")[0],
        "UserName": lambda: os.environ.get("USER") or os.environ.get("USERNAME") or "root",
        "UserDomainName": lambda: socket.gethostname().partition(".")[0],
        "CurrentDirectory": lambda: full("."),
        "ProcessorCount": lambda: os.cpu_count() or 1,
        "ProcessId": os.getpid,
        "Is64BitOperatingSystem": True,
        "Is64BitProcess": True,
        "OSVersion": lambda: Bag(
            {"Platform": "Unix", "Version": Version((5, 0)), "VersionString": f"Unix {platform.release()}"}
        ),
        "Version": lambda: Version((10, 0, 0)),
        "TickCount": lambda: int(time.monotonic() * 1000) & 0x7FFFFFFF,
        "TickCount64": lambda: cast_value(int(time.monotonic() * 1000), nettypes.INT64),
        "ExitCode": 0,
        "SystemDirectory": "",
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


def _parse_guid(text: str) -> uuid.UUID:
    try:
        found: uuid.UUID = cast_value(text, nettypes.GUID)
        return found
    except InvalidCast as error:
        raise NetFault("FormatException", str(error).partition('. Error: "')[2].removesuffix('"')) from None


GUID = describe("System.Guid", nettypes.GUID)
GUID.static({"NewGuid()": uuid.uuid4, "Parse(string input)": _parse_guid, "CreateVersion7()": uuid.uuid4})
GUID.constant({"Empty": uuid.UUID(int=0)})
GUID.new({"(string g)": _parse_guid, "()": lambda: uuid.UUID(int=0)})
GUID.property({"Guid": str})
GUID.method(
    {
        "ToString()": str,
        "ToString(string format)": format_value,
        "ToByteArray()": lambda value: TypedArray(value.bytes_le, nettypes.BYTE),
    }
)


def _uri(text: str, kind: Any = None) -> Uri:
    from psbridge.binding.errors import NetError

    try:
        found = parse_uri(text)
    except NetError as error:
        raise NetFault("UriFormatException", str(error)) from None
    if (kind is None or int(kind) == 1) and not _absolute(found):
        raise NetFault("UriFormatException", "Invalid URI: The format of the URI could not be determined.")
    return found if isinstance(found, Uri) else Uri(found)


def _join_uri(base: Uri, relative: str) -> Uri:
    return Uri(urllib.parse.urljoin(str(base), relative))


def _split(uri: Uri) -> urllib.parse.SplitResult:
    return urllib.parse.urlsplit(str(uri))


def _absolute(uri: str) -> bool:
    import re

    return re.match(r"[A-Za-z][A-Za-z0-9+.\-]*:", str(uri)) is not None


_PORTS = {"http": 80, "https": 443, "ftp": 21, "ws": 80, "wss": 443}


def _absolute_uri(uri: Uri) -> str | None:
    if not _absolute(uri):
        return None
    parts = _split(uri)
    path = urllib.parse.quote(parts.path, safe="/%:@!$&'()*+,;=~-._") or ("/" if parts.netloc else "")
    port = parts.port
    host = (parts.hostname or "") + (f":{port}" if port and port != _PORTS.get(parts.scheme) else "")
    user = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
    query = f"?{urllib.parse.quote(parts.query, safe='/%:@!$&()*+,;=~-._?')}" if parts.query else ""
    fragment = f"#{parts.fragment}" if parts.fragment else ""
    slashes = "//" if parts.netloc or parts.scheme in _PORTS or parts.scheme == "file" else ""
    return f"{parts.scheme}:{slashes}{user}{host}{path}{query}{fragment}"


URI = describe("System.Uri", nettypes.URI)
URI.new(
    {
        "(string uriString)": _uri,
        "(string uriString, System.UriKind uriKind)": _uri,
        "(uri baseUri, string relativeUri)": _join_uri,
    }
)
URI.property(
    {
        "OriginalString": str,
        "AbsoluteUri": _absolute_uri,
        "AbsolutePath": lambda uri: urllib.parse.quote(_split(uri).path, safe="/%:@!$&'()*+,;=~-._") or "/",
        "LocalPath": lambda uri: urllib.parse.unquote(_split(uri).path) or "/",
        "PathAndQuery": lambda uri: (
            (_split(uri).path or "/") + (f"?{_split(uri).query}" if _split(uri).query else "")
        ),
        "Scheme": lambda uri: _split(uri).scheme,
        "Host": lambda uri: _split(uri).hostname or "",
        "DnsSafeHost": lambda uri: _split(uri).hostname or "",
        "IdnHost": lambda uri: _split(uri).hostname or "",
        "Port": lambda uri: _split(uri).port or _PORTS.get(_split(uri).scheme, -1),
        "Authority": lambda uri: _split(uri).netloc.rpartition("@")[2],
        "Query": lambda uri: f"?{_split(uri).query}" if _split(uri).query else "",
        "Fragment": lambda uri: f"#{_split(uri).fragment}" if _split(uri).fragment else "",
        "UserInfo": lambda uri: _split(uri).netloc.rpartition("@")[0],
        "IsAbsoluteUri": _absolute,
        "IsDefaultPort": lambda uri: _split(uri).port in (None, _PORTS.get(_split(uri).scheme)),
        "IsFile": lambda uri: _split(uri).scheme == "file",
        "IsLoopback": lambda uri: (_split(uri).hostname or "") in ("localhost", "127.0.0.1", "::1"),
        "Segments": lambda uri: TypedArray(_segments(_split(uri).path), nettypes.STRING),
    }
)


def _segments(path: str) -> list[str]:
    parts = path.split("/")
    return ["/", *(f"{part}/" for part in parts[1:-1]), *([parts[-1]] if parts[-1] else [])]


def _escape(text: str) -> str:
    return urllib.parse.quote(text, safe="-._~")


URI.static(
    {
        "EscapeDataString(string stringToEscape)": _escape,
        "UnescapeDataString(string stringToUnescape)": urllib.parse.unquote,
        "EscapeUriString(string stringToEscape)": lambda text: urllib.parse.quote(
            text, safe="-._~:/?#[]@!$&'()*+,;="
        ),
        "IsWellFormedUriString(string uriString, System.UriKind uriKind)": lambda text, kind: (
            " " not in text and (int(kind) != 1 or _absolute(text))
        ),
        "TryCreate(string uriString, System.UriKind uriKind, ref result)": lambda text, kind, ref: _try_uri(
            text, kind, ref
        ),
    }
)


def _try_uri(text: str, kind: Any, reference: Any) -> bool:
    try:
        reference.write(_uri(text, kind))
    except NetFault:
        reference.write(None)
        return False
    return True


URI.method(
    {
        "ToString()": str,
        "GetLeftPart(any part)": lambda uri, part: f"{_split(uri).scheme}://{_split(uri).netloc}",
    }
)


class UriBuilder:
    """System.UriBuilder."""

    net_type = NetType("UriBuilder", "System.UriBuilder")

    def __init__(self, text: str = "http://localhost/") -> None:
        parts = urllib.parse.urlsplit(text if "://" in text else f"http://{text}")
        self.values: dict[str, Any] = {
            "scheme": parts.scheme,
            "host": parts.hostname or "",
            "port": parts.port or _PORTS.get(parts.scheme, -1),
            "path": parts.path or "/",
            "query": f"?{parts.query}" if parts.query else "",
            "fragment": f"#{parts.fragment}" if parts.fragment else "",
        }

    def __str__(self) -> str:
        v = self.values
        port = "" if v["port"] in (-1,) else f":{v['port']}"
        return f"{v['scheme']}://{v['host']}{port}{v['path']}{v['query']}{v['fragment']}"


def _set_part(name: str) -> Any:
    def write(builder: UriBuilder, value: Any) -> None:
        text = to_text(value)
        mark = {"query": "?", "fragment": "#"}.get(name, "")
        if mark and text and not text.startswith(mark):
            text = mark + text
        if name == "path" and not text.startswith("/"):
            text = f"/{text}"
        builder.values[name] = cast_value(value, nettypes.INT32) if name == "port" else text

    return write


BUILDER = describe("System.UriBuilder", UriBuilder.net_type)
BUILDER.new({"()": UriBuilder, "(string uri)": UriBuilder})
for _part in ("Scheme", "Host", "Port", "Path", "Query", "Fragment"):
    BUILDER.property({_part: lambda builder, part=_part: builder.values[part.lower()]})
    BUILDER.setter({_part: _set_part(_part.lower())})
BUILDER.property({"Uri": lambda builder: Uri(_absolute_uri(Uri(str(builder))) or "")})
BUILDER.method({"ToString()": str})

VERSION = describe("System.Version", nettypes.VERSION)
VERSION.new(
    {
        "(string version)": lambda text: cast_value(text, nettypes.VERSION),
        "(int major, int minor)": lambda *parts: Version(parts),
        "(int major, int minor, int build)": lambda *parts: Version(parts),
        "(int major, int minor, int build, int revision)": lambda *parts: Version(parts),
        "()": lambda: Version((0, 0)),
    }
)
VERSION.property(
    {
        name: lambda version, place=place: version[place] if place < len(version) else -1
        for place, name in enumerate(("Major", "Minor", "Build", "Revision"))
    }
)
VERSION.static({"Parse(string input)": lambda text: cast_value(text, nettypes.VERSION)})
VERSION.method(
    {
        "ToString()": str,
        "ToString(int fieldCount)": lambda version, count: ".".join(map(str, version[:count])),
    }
)


class SemanticVersion:
    """System.Management.Automation.SemanticVersion."""

    net_type = NetType("SemanticVersion", "System.Management.Automation.SemanticVersion")

    def __init__(self, text: str) -> None:
        core, _, build = text.partition("+")
        core, _, label = core.partition("-")
        numbers = [int(part) for part in core.split(".")]
        self.major, self.minor, self.patch = ([*numbers, 0, 0])[:3]
        self.label, self.build = label or None, build or None

    def __str__(self) -> str:
        label = f"-{self.label}" if self.label else ""
        return f"{self.major}.{self.minor}.{self.patch}{label}{f'+{self.build}' if self.build else ''}"

    def key(self) -> tuple[Any, ...]:
        return (self.major, self.minor, self.patch, self.label is None, self.label or "")

    def __net_compare__(self, other: Any) -> int:
        theirs = other if isinstance(other, SemanticVersion) else SemanticVersion(to_text(other))
        return (self.key() > theirs.key()) - (self.key() < theirs.key())

    def __net_equals__(self, other: Any) -> bool:
        return self.__net_compare__(other) == 0


def _semantic(value: Any) -> SemanticVersion:
    if isinstance(value, SemanticVersion):
        return value
    try:
        return SemanticVersion(to_text(value))
    except ValueError:
        raise NetFault(
            "FormatException", f"Input string '{to_text(value)}' was not in a correct format."
        ) from None


SemanticVersion.net_type.rule = _semantic
SEMANTIC = describe("System.Management.Automation.SemanticVersion", SemanticVersion.net_type)
SEMANTIC.new({"(string version)": _semantic})
SEMANTIC.static({"Parse(string version)": _semantic})
SEMANTIC.property(
    {
        "Major": lambda version: version.major,
        "Minor": lambda version: version.minor,
        "Patch": lambda version: version.patch,
        "PreReleaseLabel": lambda version: version.label,
        "BuildLabel": lambda version: version.build,
    }
)
SEMANTIC.method({"ToString()": str})

TYPE_CLASS = describe("System.Type", TYPE)
TYPE_CLASS.static({"GetType(string typeName)": resolve})
RUNTIME = describe("System.RuntimeType", RUNTIME_TYPE, "System.Type")
RUNTIME.property(
    {
        "Name": lambda type_: type_.short_name if not type_.is_array else type_.full_name.rpartition(".")[2],
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
THREAD.constant({"CurrentThread": lambda: Bag({"ManagedThreadId": 1, "Name": None, "CurrentCulture": ""})})
ACTIVATOR = describe("System.Activator")


def _create(type_: NetType, arguments: list[Any] | None = None) -> Any:
    from psbridge.script.semantics.members import construct

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
    {"IsOSPlatform(any osPlatform)": lambda name: sys.platform.startswith(to_text(name).lower()[:5])}
)
POINTS = ServicePoint = describe("System.Net.ServicePointManager")
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


class SecurePointer:
    """What SecureStringToBSTR gives: something only PtrToStringAuto reads."""

    net_type = NetType("IntPtr", "System.IntPtr", is_value=True)

    def __init__(self, secret: SecureString) -> None:
        self.secret = secret


MARSHAL = describe("System.Runtime.InteropServices.Marshal")
for _name in ("BSTR", "GlobalAllocUnicode", "CoTaskMemUnicode"):
    MARSHAL.static({f"SecureStringTo{_name}(securestring s)": SecurePointer})
for _name in ("PtrToStringAuto", "PtrToStringBSTR", "PtrToStringUni"):
    MARSHAL.static({f"{_name}(any ptr)": lambda pointer: pointer.secret.reveal()})
for _name in ("ZeroFreeBSTR", "FreeBSTR", "ZeroFreeGlobalAllocUnicode", "ZeroFreeCoTaskMemUnicode"):
    MARSHAL.static({f"{_name}(any ptr)": lambda pointer: None})


class Credential:
    """PSCredential and NetworkCredential."""

    def __init__(self, name: str, password: Any, plain: bool = False) -> None:
        self.name = name
        self.password = password if isinstance(password, SecureString) else SecureString(to_text(password))
        self.net_type = NETWORK_CREDENTIAL if plain else PS_CREDENTIAL

    def __str__(self) -> str:
        return self.net_type.full_name


PS_CREDENTIAL = NetType("PSCredential", "System.Management.Automation.PSCredential")
NETWORK_CREDENTIAL = NetType("NetworkCredential", "System.Net.NetworkCredential")
CREDENTIAL = describe("System.Management.Automation.PSCredential", PS_CREDENTIAL)
CREDENTIAL.new({"(string userName, securestring password)": Credential})
CREDENTIAL.property({"UserName": lambda one: one.name, "Password": lambda one: one.password})
CREDENTIAL.method(
    {"GetNetworkCredential()": lambda one: Credential(one.name.rpartition("\\")[2], one.password, True)}
)
NETWORK = describe("System.Net.NetworkCredential", NETWORK_CREDENTIAL)
NETWORK.new(
    {
        "(string userName, string password)": lambda name, password: Credential(name, password, True),
        "(string userName, securestring password)": lambda name, password: Credential(name, password, True),
    }
)
NETWORK.property(
    {
        "UserName": lambda one: one.name,
        "Password": lambda one: one.password.reveal(),
        "SecurePassword": lambda one: one.password,
        "Domain": lambda one: "",
    }
)


def _append(secret: Any, character: str) -> None:
    text = secret.reveal() + character
    secret.__init__(text)


SECURE = describe("System.Security.SecureString", nettypes.SECURESTRING)
SECURE.new({"()": SecureString})
SECURE.property({"Length": len})
SECURE.method(
    {
        "AppendChar(char c)": _append,
        "MakeReadOnly()": lambda secret: None,
        "Dispose()": lambda secret: None,
        "Copy()": lambda secret: SecureString(secret.reveal()),
        "ToString()": str,
    }
)
WILDCARD = describe("System.Management.Automation.WildcardPattern")
WILDCARD.static(
    {
        "Escape(string pattern)": lambda text: "".join(f"`{c}" if c in "*?[]`" else c for c in text),
        "Unescape(string pattern)": lambda text: text.replace("`", ""),
        "ContainsWildcardCharacters(string pattern)": lambda text: any(c in text for c in "*?["),
    }
)
CODE = describe("System.Management.Automation.Language.CodeGeneration")
CODE.static({"EscapeSingleQuotedStringContent(string value)": lambda text: text.replace("'", "''")})
MAIL = describe("System.Net.Mail.MailAddress")


class MailAddress:
    """System.Net.Mail.MailAddress."""

    net_type = MAIL.type

    def __init__(self, text: str) -> None:
        from email.utils import parseaddr

        self.display, self.address = parseaddr(text)
        if "@" not in self.address:
            raise NetFault(
                "FormatException", "The specified string is not in the form required for an e-mail address."
            )

    def __str__(self) -> str:
        return f'"{self.display}" <{self.address}>' if self.display else self.address


def _mail(value: Any) -> MailAddress:
    from psbridge.binding.errors import with_inner

    try:
        return value if isinstance(value, MailAddress) else MailAddress(to_text(value))
    except NetFault as fault:
        raise with_inner(net_text(value), MAIL.type.full_name, str(fault)) from None


MAIL.type.rule = _mail
MAIL.new({"(string address)": MailAddress})
MAIL.property(
    {
        "Address": lambda mail: mail.address,
        "User": lambda mail: mail.address.partition("@")[0],
        "Host": lambda mail: mail.address.partition("@")[2],
        "DisplayName": lambda mail: mail.display,
    }
)


class Address:
    """System.Net.IPAddress."""

    net_type = NetType("IPAddress", "System.Net.IPAddress")

    def __init__(self, text: str) -> None:
        import ipaddress

        try:
            self.value = ipaddress.ip_address(text)
        except ValueError:
            raise NetFault("FormatException", "An invalid IP address was specified.") from None

    def __str__(self) -> str:
        return str(self.value)

    def __net_equals__(self, other: Any) -> bool:
        return str(self) == to_text(other)


def _address(value: Any) -> Address:
    from psbridge.binding.errors import with_inner

    try:
        return value if isinstance(value, Address) else Address(to_text(value))
    except NetFault as fault:
        raise with_inner(net_text(value), Address.net_type.full_name, str(fault)) from None


def _try_address(text: str, reference: Any) -> bool:
    try:
        reference.write(Address(text))
    except NetFault:
        reference.write(None)
        return False
    return True


Address.net_type.rule = _address
IP = describe("System.Net.IPAddress", Address.net_type)
IP.static({"Parse(string ipString)": Address, "TryParse(string ipString, ref address)": _try_address})
IP.constant({"Loopback": lambda: Address("127.0.0.1"), "Any": lambda: Address("0.0.0.0")})
IP.property(
    {
        "AddressFamily": lambda one: "InterNetwork" if one.value.version == 4 else "InterNetworkV6",
        "IPAddressToString": str,
    }
)
__all__ = ["AutomationNull", "Char", "Reader"]
