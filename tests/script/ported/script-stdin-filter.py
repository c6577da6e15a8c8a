import argparse
import re
import sys
from typing import Any

import psbridge as ps
from psbridge.script.semantics import porting as posh

# Reads lines from standard input; ends with the number of empty ones as its exit code.
parser = argparse.ArgumentParser()
parser.add_argument("--prefix", dest="prefix", type=str, default="")
arguments = parser.parse_args()
prefix = arguments.prefix

lines: Any = list(re.split("\r?\n", sys.stdin.read()))
if posh.truth(posh.equals(posh.index(lines, -1), "")):
    lines = posh.index(lines, posh.value_range(0, posh.subtract(posh.member(lines, "Count"), 2)))
empty = len([item for item in posh.items(lines) if not posh.truth(item, ("Trim",))])
kept = [
    posh.add(prefix, posh.invoke(item, "Trim")) for item in (
        item for item in posh.items(lines) if posh.truth(item, ("Trim",))
    )
]
for item in kept:
    print(item)
print(f"kept {len(kept)} of {posh.text(lines, 'Count')}")
body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "\n".join(kept)}]}
r = ps.New_ChatCompletion(body, MaxRetryCount=0)
print(len((r.choices[0].message.content or "").split("\n")))
print(f"{empty} empty line(s)", file=sys.stderr)
sys.exit(empty)
