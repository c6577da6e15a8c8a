"""The module keeps to what Windows PowerShell 5.1 has: types, static members, cmdlets and their parameters.

`tests/data/windows-powershell-5.1.json` holds names only: the members of types, as .NET Standard 2.0 (which
.NET Framework has) and the class library of PowerShell 5.1 declare them, and the parameters of cmdlets.
What is not in it is looked up in the documentation of 5.1 first, and then added.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import tree_sitter
from test_module_source import MODULE, text, tree, walk

FACTS = Path(__file__).parents[1] / "data" / "windows-powershell-5.1.json"
# Guarded where they are used: 7 has them, or pythonnet does.
GUARDED = {
    "newtonsoft.json.jsonconvert",
    "system.collections.generic.equalitycomparer",
}
OURS = ("psbridge", "python.runtime.")
COMMON = {
    *("verbose", "debug", "erroraction", "warningaction", "informationaction", "errorvariable"),
    *("warningvariable", "informationvariable", "outvariable", "outbuffer", "pipelinevariable"),
}
# Parameters that 5.1 lacks, each where the version was asked first.
NEWER = {("ConvertFrom-Json", "DateKind"), ("ConvertFrom-Json", "Depth"), ("ConvertFrom-Json", "AsHashtable")}


def type_name(literal: str) -> str:
    """`[System.Collections.Generic.List[object][]]` is System.Collections.Generic.List."""
    return re.split(r"[\[\]]", literal.strip().removeprefix("["))[0].strip()


def uses() -> set[tuple[str, str]]:
    """Types, and what is read from them or called on them behind `::`; "" for the type alone."""
    pairs: set[tuple[str, str]] = set()
    for file in MODULE.glob("*.ps*1"):
        root = tree(file.name).root_node
        pairs |= {(type_name(text(one)), "") for one in walk(root, "type_literal")}
        for kind in ("member_access", "invokation_expression"):
            for one in walk(root, kind):
                static = re.match(r"(\[[^:]*?\])::(\w+)", text(one))
                if static and not static[1].endswith("[]]"):  # an array is made by PowerShell itself
                    pairs.add((type_name(static[1]), static[2]))
    return {pair for pair in pairs if not pair[0].lower().startswith(OURS)}


def commands() -> set[tuple[str, str]]:
    """Cmdlets that are called and not the module's own, and their parameters; "" for the cmdlet alone."""
    own: set[str] = set()
    pairs: set[tuple[str, str]] = set()
    for file in MODULE.glob("*.ps*1"):
        root = tree(file.name).root_node
        own |= set(re.findall(r"(?m)^ *function (?:script:)?([\w-]+)", file.read_text(encoding="ascii")))
        for one in walk(root, "command"):
            words = [text(child) for child in one.children if child.type == "command_name"]
            if words and re.fullmatch(r"[A-Z]\w+-\w+", words[0]):
                pairs.add((words[0], ""))
                for parameter in parameters_of(one):
                    pairs.add((words[0], parameter))
    return {(name, parameter) for name, parameter in pairs if name not in own}


def parameters_of(command: tree_sitter.Node) -> list[str]:
    """The parameters of a command itself, not of commands inside its arguments."""
    elements = [child for child in command.children if child.type == "command_elements"]
    parameters = [one for element in elements for one in element.children if one.type == "command_parameter"]
    return [text(one).lstrip("-").partition(":")[0] for one in parameters]


@cache
def facts() -> dict[str, dict[str, set[str]]]:
    """The table, in lower case."""
    table = json.loads(FACTS.read_text(encoding="ascii"))
    return {
        kind: {name.lower(): {one.lower() for one in names} for name, names in entries.items()}
        for kind, entries in table.items()
    }


def test_the_search_finds_what_the_module_uses() -> None:
    assert {
        ("System.IO.Path", "Combine"),
        ("System.Threading.Monitor", "TryEnter"),
        ("regex", "new"),
    } <= uses()
    assert {
        ("Add-Member", "MemberType"),
        ("Sort-Object", ""),
        ("ConvertFrom-Json", "InputObject"),
    } <= commands()


def test_every_type_and_static_member_is_in_windows_powershell() -> None:
    known = facts()["types"]
    newer = {
        f"[{name}]::{member}"
        for name, member in uses()
        if name.lower() not in GUARDED
        and (name.lower() not in known or (member and member.lower() not in known[name.lower()]))
    }
    assert not newer, "look them up in the documentation of 5.1 and add them to the table, or do without"


def test_every_cmdlet_and_parameter_is_in_windows_powershell() -> None:
    known = facts()["cmdlets"]
    newer = {
        f"{name} -{parameter}"
        for name, parameter in commands() - NEWER
        if name.lower() not in known or (parameter and parameter.lower() not in known[name.lower()] | COMMON)
    }
    assert not newer, "look them up in the documentation of 5.1 and add them to the table, or do without"


def test_a_newer_member_would_be_noticed() -> None:
    """The table is of 5.1, not of whatever the module happens to use."""
    known = facts()
    assert "waitany" in known["types"]["system.threading.tasks.task"]
    assert "escapehandling" not in known["cmdlets"].get("convertto-json", set())
    assert "ashashtable" not in known["cmdlets"]["convertfrom-json"]
    assert "join" not in known["types"]["system.io.path"] and "combine" in known["types"]["system.io.path"]
