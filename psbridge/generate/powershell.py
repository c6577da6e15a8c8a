"""The PowerShell module: functions, manifest and help, out of the table and the hand-written bridge.

The files of each folder of `powershell/src` are joined in the order of their names: `module` in front of one
function for each row of the table, `start` and `builders` into the two files that the first call loads,
`calls` into the one that is loaded by whatever is no plain builder call, and each other folder into one that
is loaded when a function of it is first called. Knows PowerShell's syntax for parameters and nothing of what
a cmdlet does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import yaml

from .. import __version__
from ..models import blocks
from .families import Family
from .render import Output, environment
from .rows import Cmdlet, Parameter
from .words import Shown

SOURCES = Path(__file__).parents[2] / "powershell" / "src"
_SELDOM = ("connections", "console", "offline", "pipelines", "tools")
"""The folders whose files are loaded when a function of theirs is first called."""


class Typed(Parameter):
    """A parameter with what only PowerShell knows of it."""

    suggests: tuple[str, ...] = ()

    @classmethod
    def suggesting(cls, row: Parameter, suggests: tuple[str, ...]) -> Typed:
        """A row with the texts that it completes to."""
        parameter = cls(*row)
        parameter.suggests = suggests
        return parameter


# What a cmdlet gives, as `[OutputType(...)]` names it, where it is no kind of object of psbridge's.
_OUTPUTS = {
    "bytes": "[System.IO.FileInfo], [byte[]]",
    "str": "[String]",
    "": "[System.Void]",
    "Any": "[PSCustomObject]",
    "union": "[PSCustomObject]",
    "value": "[System.Object]",
    "AbstractContextManager[Configuration]": "[System.Object]",
    "LiveConfiguration": "[Hashtable]",
    "HttpSigning | None": "'PSBridge.HttpSigning'",
}


@dataclass(frozen=True)
class Function:
    """One exported function and its help."""

    cmdlet: Cmdlet
    parameters: tuple[Typed, ...]
    examples: tuple[Shown, ...]
    module: str = ""  # the module's own function that does it
    gives: str = ""  # the kind of its objects, where PowerShell has another name for it than Python

    @property
    def binding(self) -> str:
        """What stands in [CmdletBinding(...)]."""
        return blocks.binding(self.cmdlet, self.parameters)

    @property
    def asks(self) -> str:
        """The condition under which the function does its work, for one that supports ShouldProcess."""
        return blocks.asks(self.cmdlet, self.parameters)

    @property
    def block(self) -> str:
        """What stands in param(...)."""
        return blocks.block(self.parameters, self._completer)

    def _completer(self, parameter: blocks.Parameter) -> list[str]:
        if not isinstance(parameter, Typed) or not parameter.suggests:
            return []
        asked = f"Import-Bridge; Get-BridgeSuggestion @args }} '{self.cmdlet.name}' @args"
        return [f"[System.Management.Automation.ArgumentCompleter({{ & (Get-Module PSBridge) {{ {asked} }})]"]

    @property
    def piped(self) -> bool:
        """Whether it takes anything from the pipeline."""
        return blocks.piped(self.parameters)

    @property
    def replies(self) -> str:
        """The kinds of objects that it gives, as `[OutputType(...)]` names them."""
        kinds = [kind for one in self.cmdlet.operations for kind in (one.reply, one.stream) if kind]
        if self.cmdlet.kind in ("value", "union"):
            kinds = [self.cmdlet.kind]
        given = self.gives or re.sub(r"^(Iterator|list)\[(.+)\]$", r"\2", self.cmdlet.output)
        found = kinds or [given]
        return ", ".join(_OUTPUTS.get(kind, f"'PSBridge.{kind}'") for kind in dict.fromkeys(found))

    @property
    def sets(self) -> list[tuple[Typed, ...]]:
        """The parameters of each parameter set, for the syntax part of the help."""
        names = list(dict.fromkeys(name for one in self.parameters for name in one.sets)) or [""]
        return [tuple(one for one in self.parameters if not one.sets or name in one.sets) for name in names]


def powershell_files(
    table: list[Cmdlet], families: list[Family], examples: Mapping[str, tuple[Shown, ...]], root: Path
) -> list[Output]:
    """`PSBridge.psm1`, the files it loads, `PSBridge.psd1` and `en-US/PSBridge-Help.xml`."""
    suggested = {name: family.suggests for family in families for name in family.cmdlets if family.suggests}
    more = {
        name: about["powershell"]
        for family in families
        for name, about in family.cmdlets.items()
        if "powershell" in about
    }
    abouts = {name: about for family in families for name, about in family.cmdlets.items()}
    functions = [
        _function(
            cmdlet,
            more.get(cmdlet.name, {}),
            examples,
            suggested.get(cmdlet.name, {}),
            abouts.get(cmdlet.name, {}),
        )
        for cmdlet in table
    ]
    everything = sorted([*functions, *own_functions()], key=lambda one: one.cmdlet.name)
    models = [(one.output, [p.wire for p in one.parameters]) for one in table if one.kind == "object"]
    templates = environment()
    templates.filters["xml"] = escape
    module = root / "powershell" / "PSBridge"
    names = [one.cmdlet.name for one in everything]
    loaded = templates.get_template("PSBridge.Loaded.ps1.j2")
    root_module = templates.get_template("PSBridge.psm1.j2").render(
        parts=_parts("module"), functions=functions
    )
    return [
        Output(module / "PSBridge.psm1", root_module),
        Output(module / "PSBridge.Start.ps1", loaded.render(parts=_parts("start"), data=())),
        Output(
            module / "PSBridge.Builders.ps1",
            loaded.render(
                parts=_parts("builders"),
                later=_later(root_module, ("calls", *_SELDOM), everywhere="calls"),
                models=models,
                data=_viewed(),
            ),
        ),
        Output(
            module / "PSBridge.Calls.ps1",
            loaded.render(parts=_parts("calls"), later=_later(root_module, _SELDOM), data=_tables(table)),
        ),
        *(
            Output(
                module / f"PSBridge.{folder.title()}.ps1",
                loaded.render(
                    parts=_parts(folder), data=[_suggested(functions)] if folder == "console" else ()
                ),
            )
            for folder in _SELDOM
        ),
        Output(
            module / "PSBridge.psd1",
            templates.get_template("PSBridge.psd1.j2").render(names=names, version=__version__),
        ),
        Output(
            module / "en-US" / "PSBridge-Help.xml",
            templates.get_template("PSBridge-help.xml.j2").render(functions=everything),
        ),
    ]


Data = list[tuple[str, list[tuple[str, str]]]]
"""Hashtables of the module: the variable, and its keys with their values as PowerShell writes them."""


def _viewed() -> Data:
    """The kinds of objects that have a view; the first of them has the views loaded."""
    views = (SOURCES.parent / "PSBridge" / "PSBridge.Format.ps1xml").read_text(encoding="ascii")
    return [("Viewed", [(name, "1") for name in re.findall(r"<TypeName>PSBridge\.(\w+)</TypeName>", views)])]


def _tables(table: list[Cmdlet]) -> Data:
    """What calling a cmdlet takes to know: the parameter that holds its request, and those that are paths."""
    requests = [(one.name, one.operations[0].request) for one in table if one.operations]
    files = [(one.name, [_text(each.name) for each in one.parameters if each.file]) for one in table]
    return [
        ("Requests", [(name, _text(parameter)) for name, parameter in requests if parameter]),
        ("Files", [(name, ", ".join(named)) for name, named in files if named]),
    ]


def _suggested(functions: list[Function]) -> tuple[str, list[tuple[str, str]]]:
    """What each parameter completes to, by "cmdlet parameter"."""
    return "Suggested", [
        (f"{one.cmdlet.name} {each.name}", ", ".join(map(_text, each.suggests)))
        for one in functions
        for each in one.parameters
        if each.suggests
    ]


def _text(name: str) -> str:
    return "'" + name.replace("'", "''") + "'"


def own_functions() -> list[Function]:
    """The hand-written cmdlets of the module, as `powershell.yaml` describes them."""
    text = (Path(__file__).parent / "powershell.yaml").read_text(encoding="utf-8")
    return [_written(name, entry) for name, entry in yaml.safe_load(text)["cmdlets"].items()]


def _parts(folder: str) -> list[str]:
    return [path.read_text(encoding="ascii") for path in sorted((SOURCES / folder).glob("*.ps1"))]


def _later(module: str, folders: Sequence[str], everywhere: str = "") -> dict[str, list[str]]:
    """The functions of folders that another one names, by the file that calling one of them loads.

    Args:
        module: what `PSBridge.psm1` says.
        folders: those that come later.
        everywhere: the one that is loaded for all of them, and loads the others itself.
    """
    later: dict[str, list[str]] = {}
    for folder in folders:
        without = {everywhere, *folders} if everywhere else {folder}
        rooms = [one for one in ("start", "builders", "calls", *_SELDOM) if one not in without]
        others = module + "".join(part for room in rooms for part in _parts(room))
        defined = re.findall(r"(?m)^function ([\w-]+)", "".join(_parts(folder)))
        named = set(re.findall(r"[A-Z]\w+-\w+", others)).intersection(defined)
        later.setdefault((everywhere or folder).title(), []).extend(named)
    return {file: sorted(names) for file, names in later.items()}


def _function(
    cmdlet: Cmdlet,
    more: dict[str, Any],
    examples: Mapping[str, tuple[Shown, ...]],
    suggested: Mapping[str, list[str]],
    family: Mapping[str, Any],
) -> Function:
    suggests = suggested if cmdlet.kind == "cmdlet" else {}
    parameters = [
        Typed.suggesting(one, () if one.values else tuple(suggests.get(one.name, ())))
        for one in cmdlet.parameters
    ]
    places = {one.name: place for place, one in enumerate(parameters)}
    for name, about in more.items():
        typed = Typed(
            name,
            dotnet=about["type"],
            help=about["help"],
            sets=tuple(about.get("sets", ())),
            pipeline=about.get("pipeline", False),
        )
        if name in places:  # a parameter that the module binds in its own way
            parameters[places[name]] = typed
        else:
            parameters.append(typed)
    return Function(
        cmdlet,
        tuple(parameters),
        examples.get(cmdlet.name, ()),
        family.get("module", ""),
        family.get("gives", ""),
    )


def _written(name: str, entry: dict[str, Any]) -> Function:
    parameters = tuple(
        Typed(parameter, dotnet=about["type"], position=about.get("position"), help=about["help"])
        for parameter, about in entry["parameters"].items()
    )
    row = Cmdlet(name, "", "cmdlet", entry["output"], entry["summary"], parameters)
    return Function(row, parameters, tuple(Shown(**one) for one in entry["examples"]))
