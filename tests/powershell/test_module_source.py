"""The module's text, checked without PowerShell: it parses, and its functions are the table's.

tree-sitter reads it; what PowerShell itself makes of it is the Pester files' business.
"""

from __future__ import annotations

import json
import re
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import tree_sitter
import tree_sitter_powershell

from psbridge import __version__
from psbridge.generate.families import load_families
from psbridge.generate.powershell import powershell_files
from psbridge.generate.rows import Cmdlet
from psbridge.models.tables import CMDLETS

ROOT = Path(__file__).parents[2]
MODULE = ROOT / "powershell" / "PSBridge"
REFERENCE = ROOT / "tests" / "data" / "reference-cmdlets.json"
OWN = {
    *("Connect-PSBridge", "Disconnect-PSBridge", "Get-PSBridgeStatus"),
    *("New-OfflineFault", "New-OfflineOpenAI", "New-OfflineToolCall"),
}
# Parameters only PowerShell has, and the types that are spelled otherwise there.
POWERSHELL_ONLY = {
    "New-ChatCompletion": {"AsJob"},
    "Start-ChatCompletionRun": {"WhatIf"},
    "Invoke-ChatCompletionRun": {"WhatIf"},
}
SPELLED = {
    "Switch": "SwitchParameter",
    "Bool": "Boolean",
    "System.Object": "Object",
    "System.IO.FileInfo": "FileInfo",
}


@cache
def tree(file: str = "PSBridge.psm1") -> tree_sitter.Tree:
    # The grammar does not know that a class's base may be written in full.
    return parsed(
        (MODULE / file).read_text(encoding="ascii").replace(" : System.Management.Automation.", " : ")
    )


def parsed(script: str) -> tree_sitter.Tree:
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))
    return parser.parse(script.encode("ascii"))


def walk(node: tree_sitter.Node, kind: str) -> Iterator[tree_sitter.Node]:
    if node.type == kind:
        yield node
    for child in node.children:
        yield from walk(child, kind)


def text(node: tree_sitter.Node) -> str:
    assert node.text is not None
    return node.text.decode("ascii")


@cache
def functions() -> dict[str, list[dict[str, Any]]]:
    """The parameters of every function with a dash in its name that is exported, as the text has them."""
    found = {}
    for statement in walk(tree().root_node, "function_statement"):
        name = text(next(walk(statement, "function_name")))
        if name in CMDLETS or name in OWN:
            block = next(walk(statement, "param_block"))
            found[name] = [parameter(one) for one in walk(block, "script_parameter")]
            if "PositionalBinding = $false" not in text(block):
                count_positions(found[name])
    return found


def count_positions(parameters: list[dict[str, Any]]) -> None:
    """What PowerShell does where no parameter has a position or a set: their order."""
    if all(one["position"] is None and not one["sets"] for one in parameters):
        counted = [one for one in parameters if one["type"] != "SwitchParameter"]
        for position, one in enumerate(counted):
            one["position"] = position


def dotnet(written: str) -> str:
    """A type's name in the table, from how the module writes it."""
    nullable = re.fullmatch(r"System\.Nullable\[(\w+)\]", written)
    if nullable:
        return f"Nullable[{dotnet(nullable[1])}]"
    item = written.removesuffix("[]")
    return SPELLED.get(item, item) + written[len(item) :]


def parameter(node: tree_sitter.Node) -> dict[str, Any]:
    attributes = [text(one) for one in walk(node, "attribute")]
    types = [one[1:-1] for one in attributes if re.fullmatch(r"\[[\w.]+(\[[\w.]*\])?\]", one)]
    declared = [one for one in attributes if one.startswith("[Parameter(")]
    listed = next((one for one in attributes if one.startswith("[ValidateSet(")), "")
    positions = {int(found) for one in declared for found in re.findall(r"Position = (\d+)", one)}
    return {
        "name": [text(child) for child in walk(node, "variable")][-1].strip("${}"),
        "type": dotnet(types[-1]),
        "position": positions.pop() if positions else None,
        "values": tuple(re.findall(r"'([^']*)'", listed)),
        "mandatory": any(re.search(r"\bMandatory\b", one) for one in declared),
        "pipeline": any(re.search(r"\bValueFromPipeline\b", one) for one in declared),
        "by_name": any("ValueFromPipelineByPropertyName" in one for one in declared),
        "sets": tuple(found for one in declared for found in re.findall(r"ParameterSetName = '(\w+)'", one)),
    }


@pytest.mark.parametrize("file", sorted(file.name for file in MODULE.glob("*.ps*1")))
def test_it_parses(file: str) -> None:
    """No part of the module is text the grammar cannot read."""
    errors = list(walk(tree(file).root_node, "ERROR"))
    assert not errors, [(node.start_point, text(node)[:80]) for node in errors]


def test_no_type_is_searched_for_at_import() -> None:
    """Only PowerShell's own short names and full ones; for others it goes through all loaded assemblies."""
    short = {
        "bool",
        "decimal",
        "double",
        "hashtable",
        "int32",
        "object",
        "pscredential",
        "pscustomobject",
        "psobject",
    }
    short |= {"scriptblock", "securestring", "string", "switch"}
    short |= {"alias", "byte", "cmdletbinding", "outputtype", "parameter", "validateset"}
    short |= {"validatenotnullorempty"}
    written = {text(one).lower().removesuffix("[]") for one in walk(tree().root_node, "type_spec")}
    named = {one for one in written if not one.startswith("system.")}
    assert {"string", "pscustomobject"} <= named <= short


def test_every_cmdlet_of_the_table_is_there() -> None:
    """And no other function with such a name."""
    assert set(functions()) == set(CMDLETS) | OWN


SOURCES = sorted((MODULE.parent / "src").glob("*/*.ps1"))


def test_no_line_of_the_written_part_is_long() -> None:
    """140 characters, as a window shows them."""
    long = [
        f"{path.name}:{number}"
        for path in SOURCES
        for number, line in enumerate(path.read_text(encoding="ascii").splitlines(), 1)
        if len(line) > 140
    ]
    assert long == []


# Inner functions without [CmdletBinding()], which makes a call 7 microseconds longer. Those of `start` and
# `builders` have none either: they are on the way to the first answer, which it would bring 7 ms later.
WITHOUT_BINDING = {
    "every call": """Open-BridgeCall Sync-BridgeLive Copy-BridgeLive Send-BridgeCall
        Select-BridgeArgument Set-BridgeQuestion Format-BridgeCall Receive-BridgeCall
        Write-BridgeFinished""",
    "every item of a pipeline": "Send-BridgeNotice Receive-BridgeItem",
    "every value": """Test-BridgeUnset Test-BridgeUnsetMember Get-BridgeOpen Get-BridgeMember
        New-BridgeData Read-BridgeNode ConvertTo-BridgeTable""",
}


def inner_functions() -> Iterator[tuple[Path, str, list[str]]]:
    """Each function of the written part that is no cmdlet: its file, its name and its lines."""
    for path in SOURCES:
        lines = path.read_text(encoding="ascii").splitlines()
        for number, line in enumerate(lines):
            name = re.match(r"function (\w+-Bridge\w*) \{", line)
            if name:
                yield path, name[1], lines[number - 1 : lines.index("}", number)]


def test_what_the_cmdlets_call_is_there_from_the_start() -> None:
    """Itself, or what loads it: a completion, for one, may come before any call."""
    called = set(re.findall(r"\w+-Bridge\w*", (MODULE / "PSBridge.psm1").read_text(encoding="ascii")))
    first = "".join(
        (MODULE / file).read_text(encoding="ascii")
        for file in ("PSBridge.psm1", "PSBridge.Start.ps1", "PSBridge.Builders.ps1")
    )
    assert "Get-BridgeSuggestion" in called
    assert called <= set(re.findall(r"(?m)^function (?:script:)?([\w-]+)", first))


def test_every_inner_function_says_what_it_is_for() -> None:
    """In a comment at its beginning, or above it."""
    silent = [
        name
        for path, name, lines in inner_functions()
        if path.parent.name != "module"
        and not any(one.lstrip().startswith("#") for one in (lines[0], lines[2]))
    ]
    assert silent == []


def test_every_inner_function_has_typed_parameters() -> None:
    """A value of the wrong kind is said where it is handed over; the ways in of `module` take what comes."""
    untyped = [
        f"{name} {text(one)}"
        for path, name, lines in inner_functions()
        if path.parent.name != "module"
        for block in walk(parsed("\n".join(lines[1:]) + "\n}").root_node, "function_statement")
        for one in walk(next(walk(block, "param_block"), block), "script_parameter")
        if not any(re.match(r"\[(?!Parameter)", text(each)) for each in walk(one, "attribute"))
    ]
    assert untyped == []


def test_inner_functions_bind_as_cmdlets_do() -> None:
    """An argument too many is an error then; but for those where that would be felt."""
    hot = {name for names in WITHOUT_BINDING.values() for name in names.split()}
    binding = {
        name: "    [CmdletBinding()]" in lines
        for path, name, lines in inner_functions()
        if path.parent.name not in ("module", "start", "builders")
    }
    assert {name for name, binds in binding.items() if not binds} == hot


@pytest.mark.parametrize("name", sorted(CMDLETS))
def test_parameters_are_the_tables(name: str) -> None:
    """Names, order, types, positions, listed values, sets and pipeline flags."""
    rows = CMDLETS[name].parameters
    wanted = [
        {
            "name": row.name,
            "type": "Object" if row.secret or row.free_form else row.dotnet,
            "position": row.position,
            "values": row.values,
            "mandatory": row.mandatory,
            "pipeline": row.pipeline,
            "by_name": row.by_name,
            "sets": row.sets,
        }
        for row in rows
    ]
    extra = POWERSHELL_ONLY.get(name, set())
    there = [one["name"] for one in functions()[name]]
    assert len(there) == len(set(there))
    assert [one for one in functions()[name] if one["name"] not in extra] == [
        one for one in wanted if one["name"] not in extra
    ]
    assert set(there) - {row.name for row in rows} <= extra <= set(there)


def reference() -> list[dict[str, Any]]:
    if not REFERENCE.exists():
        return []
    found: list[dict[str, Any]] = json.loads(REFERENCE.read_text(encoding="utf-8"))["cmdlets"]
    return found


@pytest.mark.parametrize("cmdlet", reference(), ids=lambda cmdlet: str(cmdlet["name"]))
def test_what_the_reference_has_is_kept(cmdlet: dict[str, Any]) -> None:
    """Every parameter of the reference module: type, position, listed values, pipeline binding."""
    ours = {one["name"].lower(): one for one in functions()[cmdlet["name"]]}
    for wanted in cmdlet["parameters"]:
        found = ours[wanted["name"].lower()]
        row = next(one for one in CMDLETS[cmdlet["name"]].parameters if one.name == wanted["name"])
        # A secret may be no text; a table of any JSON values may be read from JSON, or have an order.
        assert found["type"] == ("Object" if row.secret or row.free_form else wanted["type"])
        assert found["position"] == wanted["position"]
        assert set(wanted.get("validateSet", ())) <= set(found["values"])
        assert found["pipeline"] == wanted.get("fromPipeline", False)
        assert found["by_name"] == wanted.get("fromPipelineByPropertyName", False)
        assert found["mandatory"] == wanted.get("mandatory", False)


def test_the_files_are_what_the_generator_writes() -> None:
    """From the tables of this checkout the generator gives these files, byte for byte."""
    table = [Cmdlet.of(row) for row in CMDLETS.values()]
    with tempfile.TemporaryDirectory() as folder:
        for output in powershell_files(table, load_families(), {}, Path(folder)):
            if output.path.suffix == ".xml":
                continue  # its examples are made of the API's description
            there = ROOT / output.path.relative_to(folder)
            assert there.read_text(encoding="utf-8") == output.text, f"{there.name} is not up to date"


def test_the_manifest_names_every_function_and_the_version() -> None:
    """What is exported is listed; a wildcard would make every import slower."""
    manifest = (MODULE / "PSBridge.psd1").read_text(encoding="ascii")
    listed = re.search(r"FunctionsToExport\s*= @\((.*?)\)", manifest, re.S)
    assert listed is not None
    assert set(re.findall(r"'([^']+)'", listed[1])) == set(functions())
    assert f"ModuleVersion        = '{__version__}'" in manifest
    assert f"$script:Version = '{__version__}'" in (MODULE / "PSBridge.psm1").read_text(encoding="ascii")


def test_everything_is_ascii() -> None:
    """Windows PowerShell reads a file without a byte-order mark as ANSI."""
    for file in (ROOT / "powershell").rglob("*"):
        if file.is_file():
            assert file.read_bytes().isascii(), file.name


def test_help_is_well_formed_and_whole() -> None:
    """A help item for each function, a text for each parameter."""
    root = ET.parse(MODULE / "en-US" / "PSBridge-Help.xml").getroot()
    command = "{http://schemas.microsoft.com/maml/dev/command/2004/10}"
    maml = "{http://schemas.microsoft.com/maml/2004/10}"
    described = {}
    for item in root:
        name = item.findtext(f"{command}details/{command}name")
        described[name] = {
            one.findtext(f"{maml}name"): one.findtext(f"{maml}description/{maml}para")
            for one in item.findall(f"{command}parameters/{command}parameter")
        }
    assert set(described) == set(functions())
    for name, parameters in functions().items():
        assert set(described[name]) == {one["name"] for one in parameters}
        assert all(described[name].values())
