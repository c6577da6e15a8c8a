"""Writes the ported scripts beside this file anew, for a person to read."""

import json
from pathlib import Path

from psbridge.script import port

FOLDER = Path(__file__).parent
DATA = FOLDER.parents[1] / "data"
LINES = [
    line
    for name in ("scripts.jsonl", "scripts-elsewhere.jsonl")
    for line in (DATA / name).read_text(encoding="utf-8").splitlines()
]
SCRIPTS = {line["id"]: line["script"] for line in map(json.loads, LINES)}
for path in (one for one in FOLDER.glob("*-*.py") if one.stem in SCRIPTS):
    path.write_text(port(SCRIPTS[path.stem]).text, encoding="utf-8", newline="\n")
