"""The variables that are there from the beginning, and those that are read as they are needed."""

from __future__ import annotations

import os
import platform
import sys
from functools import reduce
from pathlib import Path
from typing import Any

from psbridge.binding.nettypes import ActionPreference, NetType
from psbridge.binding.values import Version
from psbridge.script.semantics.values import Bag, Hashtable

from .defaults import DefaultParameters

NOT_ONE: Any = object()
VERSION = "7.6.5"


def initial() -> dict[str, Any]:
    """The variables of a session, but for `$Error`, which it keeps itself."""
    return {
        "erroractionpreference": ActionPreference.Continue,
        "warningpreference": ActionPreference.Continue,
        "verbosepreference": ActionPreference.SilentlyContinue,
        "debugpreference": ActionPreference.SilentlyContinue,
        "informationpreference": ActionPreference.SilentlyContinue,
        "progresspreference": ActionPreference.Continue,
        "confirmpreference": "High",
        "whatifpreference": False,
        "islinux": sys.platform.startswith("linux"),
        "iswindows": os.name == "nt",
        "ismacos": sys.platform == "darwin",
        "iscoreclr": True,
        "pid": os.getpid(),
        "lastexitcode": None,
        "args": [],
        "home": str(Path.home()),
        "shellid": "Microsoft.PowerShell",
        "maximumhistorycount": 4096,
        "formatenumerationlimit": 4,
        "psemailserver": "",
        "nestedpromptlevel": 0,
        "stacktrace": None,
        "psnativecommanduseerroractionpreference": False,
        "psdefaultparametervalues": DefaultParameters(),
    }


def late(rt: Any, scope: Any, name: str) -> Any:
    """A variable that is made when first read; NOT_ONE when the name is not one of them."""
    make: Any = _LATE.get(name)
    if make is None:
        return NOT_ONE
    value = make(rt)
    if name != "pwd":
        rt.globals.vars[name] = value
    return value


def _version_table(rt: Any) -> Hashtable:
    from psbridge.script.net.identity import SemanticVersion
    from psbridge.script.semantics.values import Ordered

    table = Ordered(
        {
            "PSVersion": SemanticVersion(VERSION),
            "PSEdition": "Core",
            "GitCommitId": VERSION,
            "OS": f"Microsoft Windows {platform.version()}" if os.name == "nt" else f"{sys.platform}",
            "Platform": "Win32NT" if os.name == "nt" else "Unix",
            "PSCompatibleVersions": [
                Version((1, 0)),
                Version((2, 0)),
                Version((5, 1)),
                Version((6, 0)),
                Version((7, 0)),
            ],
            "PSRemotingProtocolVersion": Version((2, 3)),
            "SerializationVersion": Version((1, 1, 0, 1)),
            "WSManStackVersion": Version((3, 0)),
        }
    )
    return VersionTable(table)


class VersionTable(Hashtable):
    """System.Management.Automation.PSVersionHashTable."""

    __slots__ = ()
    net_type = NetType(
        "PSVersionHashTable", "System.Management.Automation.PSVersionHashTable", parent=Hashtable.net_type
    )


def _error_view() -> Any:
    from psbridge.script.semantics.types import net_enum

    return net_enum("System.Management.Automation.ErrorView")["ConciseView"]


def _encoding() -> Any:
    from psbridge.script.net.encoding import named

    return named("utf8NoBOM")


class Location:
    """`$PWD`: a path that says what it is."""

    net_type = NetType("PathInfo", "System.Management.Automation.PathInfo")

    def __init__(self, path: str) -> None:
        self.path = path

    def __str__(self) -> str:
        return self.path

    def __fspath__(self) -> str:
        return self.path


def _read_location(location: Location, name: str) -> tuple[bool, Any]:
    if name in ("path", "providerpath"):
        return True, location.path
    if name == "drive":
        root = Path(location.path).anchor
        return True, Bag({"Name": root.partition(":")[0], "Root": root})
    if name == "provider":
        return True, Bag({"Name": "FileSystem"})
    return False, None


def _register() -> None:
    from psbridge.script.semantics.members import register_object

    register_object(Location, _read_location)


_register()


def _style() -> Bag:
    """`$PSStyle`: escape sequences, and how output is rendered."""
    codes = {
        "Reset": "0",
        "Bold": "1",
        "BoldOff": "22",
        "Dim": "2",
        "DimOff": "22",
        "Italic": "3",
        "ItalicOff": "23",
        "Underline": "4",
        "UnderlineOff": "24",
        "Blink": "5",
        "BlinkOff": "25",
        "Reverse": "7",
        "ReverseOff": "27",
        "Hidden": "8",
        "HiddenOff": "28",
        "Strikethrough": "9",
        "StrikethroughOff": "29",
    }
    style = Bag(
        {name: f"\x1b[{code}m" for name, code in codes.items()}, "System.Management.Automation.PSStyle"
    )
    style["OutputRendering"] = "Host"
    colors = "Black Red Green Yellow Blue Magenta Cyan White".split()
    style["Foreground"] = Bag(
        {
            **{color: f"\x1b[{30 + number}m" for number, color in enumerate(colors)},
            **{f"Bright{color}": f"\x1b[{90 + number}m" for number, color in enumerate(colors)},
        }
    )
    style["Background"] = Bag(
        {
            **{color: f"\x1b[{40 + number}m" for number, color in enumerate(colors)},
            **{f"Bright{color}": f"\x1b[{100 + number}m" for number, color in enumerate(colors)},
        }
    )
    style["Formatting"] = Bag(
        dict.fromkeys(
            (
                *("FormatAccent", "TableHeader", "ErrorAccent", "Error", "Warning", "Verbose", "Debug"),
                *("CustomTableHeaderLabel", "FeedbackName", "FeedbackText", "FeedbackAction"),
            ),
            "\x1b[32;1m",
        )
    )
    style["Progress"] = Bag({"View": "Minimal", "MaxWidth": 120, "Style": "", "UseOSCIndicator": False})
    style["FileInfo"] = Bag(
        {"Directory": "\x1b[44;1m", "Executable": "\x1b[32;1m", "SymbolicLink": "\x1b[36;1m"}
    )
    return style


def _host(rt: Any) -> Bag:
    return Bag(
        {
            "Name": "ConsoleHost",
            "Version": Version((7, 6, 5)),
            "InstanceId": "00000000-0000-0000-0000-000000000000",
            "UI": HostUi(rt),
            "CurrentCulture": "",
            "CurrentUICulture": "",
            "PrivateData": Bag({}),
        },
        "System.Management.Automation.Internal.Host.InternalHost",
    )


class HostUi:
    """`$Host.UI`."""

    def __init__(self, rt: Any) -> None:
        self.rt = rt

    def __ps_call__(self, name: str, arguments: list[Any]) -> tuple[bool, Any]:
        from psbridge.binding.text import to_text

        text = to_text(arguments[-1]) if arguments else ""
        if name in ("write", "writeline"):
            self.rt.host.write(text + ("\n" if name == "writeline" else ""))
            return True, None
        if name == "writeerrorline":
            self.rt.host.write_error(f"{text}\n")
            return True, None
        if name == "writewarningline":
            self.rt.message(self.rt.scope, 3, text)
            return True, None
        if name == "readline":
            return True, self.rt.host.read_line()
        return False, None


def _read_ui(ui: HostUi, name: str) -> tuple[bool, Any]:
    if name == "rawui":
        width = ui.rt.host.width
        return True, Bag(
            {
                "WindowTitle": "",
                "ForegroundColor": "Gray",
                "WindowSize": Bag({"Width": width, "Height": 50}),
                "BufferSize": Bag({"Width": width, "Height": 50}),
            }
        )
    return (True, False) if name == "supportsvirtualterminal" else (False, None)


def _register_ui() -> None:
    from psbridge.script.semantics.members import register_object

    register_object(HostUi, _read_ui, None, lambda ui, name, arguments: ui.__ps_call__(name, arguments))


_register_ui()


def _context(rt: Any) -> Any:
    """`$ExecutionContext`."""
    return Bag(
        {
            "InvokeCommand": InvokeCommand(rt),
            "SessionState": Bag({"Path": PathTools(rt), "LanguageMode": "FullLanguage"}),
            "Host": None,
        }
    )


class InvokeCommand:
    """`$ExecutionContext.InvokeCommand`."""

    def __init__(self, rt: Any) -> None:
        self.rt = rt

    def call(self, name: str, arguments: list[Any]) -> tuple[bool, Any]:
        from psbridge.binding.text import to_text

        if name == "expandstring":
            escaped = to_text(arguments[0]).replace("`", "``").replace('"', '`"')
            return True, self.rt.block_from_text(f'"{escaped}"').invoke([])
        if name == "newscriptblock":
            return True, self.rt.block_from_text(to_text(arguments[0]))
        if name == "invokescript":
            return True, self.rt.block_from_text(to_text(arguments[0])).invoke_collected([])
        if name == "getcommand":
            from .commands_of import find_command

            return True, find_command(self.rt, self.rt.scope, to_text(arguments[0]))
        return False, None


class PathTools:
    """`$ExecutionContext.SessionState.Path`."""

    def __init__(self, rt: Any) -> None:
        self.rt = rt

    def call(self, name: str, arguments: list[Any]) -> tuple[bool, Any]:
        from psbridge.binding.text import to_text
        from psbridge.script.commands.paths import joined
        from psbridge.script.net.place import full

        if name == "getunresolvedproviderpathfrompspath":
            return True, full(to_text(arguments[0]))
        if name == "combine":
            return True, reduce(joined, map(to_text, arguments))
        return False, None


def _register_tools() -> None:
    from psbridge.script.semantics.members import register_object

    register_object(
        InvokeCommand, lambda one, name: (False, None), None, lambda one, name, given: one.call(name, given)
    )
    register_object(
        PathTools,
        lambda one, name: (True, Location(one.rt.location())) if name == "currentlocation" else (False, None),
        None,
        lambda one, name, arguments: one.call(name, arguments),
    )


_register_tools()
_LATE = {
    "psedition": lambda rt: "Core",
    "errorview": lambda rt: _error_view(),
    "outputencoding": lambda rt: _encoding(),
    "psversiontable": _version_table,
    "pwd": lambda rt: Location(rt.location()),
    "host": _host,
    "psstyle": lambda rt: _style(),
    "executioncontext": _context,
    "pshome": lambda rt: str(Path(sys.executable).parent),
    "profile": lambda rt: str(
        Path.home()
        / ("Documents/PowerShell" if os.name == "nt" else ".config/powershell")
        / "Microsoft.PowerShell_profile.ps1"
    ),
    "psculture": lambda rt: "",
    "psuiculture": lambda rt: "",
    "true": lambda rt: True,
    "false": lambda rt: False,
    "null": lambda rt: None,
}
