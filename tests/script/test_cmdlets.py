"""The cmdlets' parameters are those that Get-Command lists, where there is a PowerShell."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from psbridge.binding.metadata import Metadata
from psbridge.binding.parameters import ALL_SETS, COMMON, SHOULD_PROCESS
from psbridge.script.commands.parameters import PARAMETERS
from psbridge.script.commands.table import CmdletInfo, command_names, find_cmdlet

WINDOWS = {"ComObject", "Stream", "ShowWindow"}  # parameters PowerShell has on Windows only
SCRIPT = """
foreach ($name in [Console]::In.ReadToEnd().Split("`n")) {
  $command = Get-Command $name -CommandType Cmdlet -ErrorAction Ignore
  if (-not $command) { continue }
  $listed = [ordered]@{}
  foreach ($parameter in $command.Parameters.Values) {
    $sets = [ordered]@{}
    foreach ($attribute in $parameter.Attributes) {
      if ($attribute -isnot [System.Management.Automation.ParameterAttribute]) { continue }
      $sets[$attribute.ParameterSetName] = @(
        $attribute.Position, $attribute.Mandatory, $attribute.ValueFromPipeline,
        $attribute.ValueFromPipelineByPropertyName, $attribute.ValueFromRemainingArguments)
    }
    $listed[$parameter.Name] = @{ aliases = @($parameter.Aliases); sets = $sets }
  }
  [Console]::WriteLine((@{ name = $name; default = $command.DefaultParameterSet; parameters = $listed } |
    ConvertTo-Json -Compress -Depth 6))
}
"""


def test_every_cmdlet_of_the_table_has_a_class_and_parameters_that_can_be_read() -> None:
    for name in PARAMETERS:
        assert isinstance(find_cmdlet(name).metadata, Metadata)
    for name in command_names():
        assert find_cmdlet(name) is not None


def _described(info: CmdletInfo) -> dict[str, Any]:
    assert info.metadata is not None
    listed = {}
    for one in info.parameters:
        sets = {}
        for name, options in one.sets.items():
            position = -(2**31) if options.position is None else options.position
            sets["__AllParameterSets" if name == ALL_SETS else name] = [
                position,
                options.mandatory,
                options.from_pipeline,
                options.from_pipeline_by_property_name,
                options.from_remaining_arguments,
            ]
        listed[one.name] = {"aliases": list(one.aliases), "sets": sets}
    return listed


def test_the_parameters_are_those_of_get_command(tmp_path: Path) -> None:
    shell = os.environ.get("PSBRIDGE_PWSH") or shutil.which("pwsh")
    if not shell:
        pytest.skip("no PowerShell: set PSBRIDGE_PWSH")
    script = tmp_path / "list.ps1"
    script.write_text(SCRIPT, encoding="utf-8")
    done = subprocess.run(
        [shell, "-NoProfile", "-File", str(script)],
        input="\n".join(PARAMETERS),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    facts = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert len(facts) > 100
    for fact in facts:
        info = find_cmdlet(fact["name"])
        own = _described(info)
        common = {one.name for one in (*COMMON, *SHOULD_PROCESS)} - set(own)
        measured = {name: value for name, value in fact["parameters"].items() if name not in common}
        kept = {name: value for name, value in own.items() if name not in WINDOWS}
        assert kept == {name: measured[name] for name in measured if name not in WINDOWS}, fact["name"]
