"""Writes the ported scripts beside this file anew, for a person to read."""

import json
from pathlib import Path

from psbridge.script import port

FOLDER = Path(__file__).parent
LINES = (FOLDER.parents[1] / "data" / "scripts.jsonl").read_text(encoding="utf-8").splitlines()
SCRIPTS = {line["id"]: line["script"] for line in map(json.loads, LINES)}
for path in FOLDER.glob("script-*.py"):
    path.write_text(port(SCRIPTS[path.stem]).text, encoding="utf-8", newline="\n")
