"""How many helpers the ported scripts need: `python -m tests.script.helpers` prints it, script by script."""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path

DATA = Path(__file__).parents[1] / "data"


def helpers_of(text: str) -> int:
    """How often a Python text uses a name of `psbridge.script`."""
    tree = ast.parse(text)
    names = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("psbridge.script")
        for alias in node.names
    }
    return sum(isinstance(node, ast.Name) and node.id in names for node in ast.walk(tree))


def lines_of(text: str) -> int:
    """The lines of a text that are not empty."""
    return sum(bool(line.strip()) for line in text.splitlines())


def main() -> None:
    """Print helpers and lines of every measured script, and the share of all of them."""
    from psbridge.script import port

    helpers = lines = 0
    for line in map(json.loads, (DATA / "scripts.jsonl").read_text(encoding="utf-8").splitlines()):
        text = port(line["script"]).text
        sys.stdout.write(f"{line['id']:34}{helpers_of(text):4}{lines_of(text):5}\n")
        helpers, lines = helpers + helpers_of(text), lines + lines_of(text)
    sys.stdout.write(f"{'all':34}{helpers:4}{lines:5}  {helpers / lines:.3f} a line\n")


if __name__ == "__main__":
    main()
