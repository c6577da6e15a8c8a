"""Our syntax tree beside PowerShell's own: kind and extent of every node, over every script within reach."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psbridge.script import parse

REPOSITORY = Path(__file__).parents[2]
DATA = REPOSITORY / "tests" / "data"
PWSH = os.environ.get("PSBRIDGE_PWSH") or shutil.which("pwsh")
NODES = r"""
param([string]$In, [string]$Out)
$writer = [IO.StreamWriter]::new($Out)
foreach ($line in [IO.File]::ReadLines($In)) {
  $text = [Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($line))
  $tokens = $null; $errors = $null
  $ast = [System.Management.Automation.Language.Parser]::ParseInput($text, [ref]$tokens, [ref]$errors)
  $nodes = foreach ($node in $ast.FindAll({ $true }, $true)) {
    "$($node.GetType().Name -replace 'Ast$') $($node.Extent.StartOffset) $($node.Extent.EndOffset)"
  }
  $ids = foreach ($one in $errors) { $one.ErrorId }
  $writer.WriteLine((ConvertTo-Json -Compress @{ errors = @($ids); nodes = @($nodes) }))
}
$writer.Close()
"""
FRAGMENTS = (
    "( ) { } [ ] $ @ ' \" ; | & , . : = + - -eq -not ` # <# #> @' if else function param try catch in "
    "foreach while switch class enum :: .. ? ?? ?. && || ! ++ -- > 2>&1 %"
).split()


def _texts() -> list[str]:
    texts = []
    for name in ("language.jsonl", "language-2.jsonl", "scripts.jsonl"):
        lines = (DATA / name).read_text(encoding="utf-8").split("\n")
        texts += [json.loads(line)["script"] for line in lines if line.strip()]
    for folder in ("powershell", "tests", "examples", "benchmarks"):
        for path in sorted((REPOSITORY / folder).rglob("*.ps*1")):
            texts.append(path.read_text(encoding="utf-8-sig"))
    return texts


TEXTS = _texts()


@pytest.mark.skipif(PWSH is None, reason="no PowerShell here: our syntax tree was not compared with its own")
def test_every_node_is_powershells_by_kind_and_extent(tmp_path: Path) -> None:
    (tmp_path / "nodes.ps1").write_text(NODES, encoding="utf-8")
    encoded = "".join(base64.b64encode(text.encode()).decode() + "\n" for text in TEXTS)
    (tmp_path / "in.txt").write_text(encoded, encoding="utf-8")
    command = [str(PWSH), "-NoProfile", "-File", "nodes.ps1", "-In", str(tmp_path / "in.txt")]
    command += ["-Out", str(tmp_path / "out.txt")]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=300)
    measured = [json.loads(line) for line in (tmp_path / "out.txt").read_text(encoding="utf-8").splitlines()]
    assert len(measured) == len(TEXTS)
    for text, reference in zip(TEXTS, measured, strict=True):
        parsed = parse(text)
        assert [error.id for error in parsed.errors] == reference["errors"], text
        nodes = [f"{node.kind} {node.start} {node.end}" for node in parsed.walk()]
        assert nodes == reference["nodes"], text


@settings(max_examples=400, deadline=None)
@given(st.sampled_from([text[:400] for text in TEXTS]), st.data())
def test_a_broken_text_is_parsed_to_its_end(text: str, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(text)))
        fragment = data.draw(st.sampled_from([*FRAGMENTS, "\n", ""]))
        text = text[:place] + fragment + text[place + data.draw(st.integers(0, 3)) :]
    parsed = parse(text)
    lines = text.count("\n") + 1
    assert all(1 <= error.line <= lines and error.column >= 1 and error.id for error in parsed.errors)
    assert all(0 <= node.start <= node.end <= len(text) for node in parsed.walk())
