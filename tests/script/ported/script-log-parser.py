import argparse
import datetime
import re
from typing import Any

import psbridge as ps
from psbridge.script.semantics import porting as posh

# Reads a log with switch -Regex -File, counts, and writes JSON.
parser = argparse.ArgumentParser()
parser.add_argument("--path", dest="path", type=str, default="./server.log")
arguments = parser.parse_args()
path = arguments.path

counts = posh.Ordered({"INFO": 0, "WARN": 0, "ERROR": 0})
errors: list[Any] = []
slow: list[str] = []
unknown = 0
for item in posh.file_lines(path):
    matched = False
    if re.search(r"^\s*$", item):
        matched = True
        continue
    if found := re.search(r"^(?P<time>\S+) \[(?P<level>\w+)\] (?P<text>.*)$", item):
        matched = True
        entry: Any = ps.PSCustomObject(
            Time=found["time"],
            Level=found["level"].upper(),
            Text=found["text"],
        )
        if entry.Level in counts:
            counts[entry.Level] += 1
        else:
            unknown += 1
        if entry.Level.casefold() == "error":
            errors.append(entry)
        if found_2 := re.search(r"(\d+)\s*ms", entry.Text, re.IGNORECASE):
            ms = posh.cast(found_2[1], "int")
            if ms > 500:
                slow.append(f"{entry.Time} {ms}")
        continue
    if not matched:
        unknown += 1
for k in counts:
    print(f"{k:<5} {counts[k]}")
print(f"unknown: {unknown}")
print(f"slow: {'; '.join(slow)}")
for item in posh.run(
    "Group-Object",
    lambda item: re.sub(r"\d+", "N", item.Text),
    NoElement=True,
    input=errors,
).run("Sort-Object", [{"e": "Count", "d": True}, "Name"]):
    print(f"{item.Count} x {item.Name}")
span = posh.cast(
    errors,
    "timespan",
    [-1],
    "Time",
) - posh.cast(errors, "timespan", [0], "Time")
print(
    f"between first and last error: {posh.text(span / datetime.timedelta(minutes=1))} minutes"
)
posh.run(
    "ConvertTo-Json",
    Depth=4,
    input=[
        posh.Ordered(
            {
                "file": posh.get("Split-Path", path, Leaf=True),
                "counts": counts,
                "last": errors[-1] if errors else None,
            }
        )
    ],
).show("Tee-Object", FilePath="result.json")
if len(errors) >= 3:
    posh.leave(1)
