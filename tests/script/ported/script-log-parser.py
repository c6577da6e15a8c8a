import argparse
import sys
from typing import Any

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
    if posh.match(item, "^\\s*$"):
        matched = True
        continue
    if posh.match(item, "^(?<time>\\S+) \\[(?<level>\\w+)\\] (?<text>.*)$"):
        matched = True
        entry = posh.custom_object(
            {
                "Time": posh.member(posh.matches(), "time"),
                "Level": posh.invoke(posh.member(posh.matches(), "level"), "ToUpper"),
                "Text": posh.member(posh.matches(), "text"),
            }
        )
        if posh.truth(posh.invoke(counts, "Contains", entry.Level)):
            posh.set_index(counts, entry.Level, posh.add(posh.index(counts, entry.Level), 1))
        else:
            unknown += 1
        if posh.truth(posh.equals(entry.Level, "ERROR")):
            errors.append(entry)
        if posh.truth(posh.match(entry.Text, "(\\d+)\\s*ms")):
            ms = posh.cast(posh.index(posh.matches(), 1), posh.net_type("int"))
            if ms > 500:
                slow.append(f"{posh.text(entry.Time)} {ms}")
        continue
    if not matched:
        unknown += 1
for k in [*counts]:
    print(posh.format_operator("{0,-5} {1}", [k, posh.index(counts, k)]))
print(f"unknown: {unknown}")
print(f"slow: {'; '.join(slow)}")
for item in posh.run(
    "Sort-Object",
    [posh.Hashtable({"e": "Count", "d": True}), "Name"],
    input=posh.run(
        "Group-Object",
        posh.block(lambda item: posh.replace(posh.member(item, "Text"), ["\\d+", "N"])),
        NoElement=True,
        input=errors,
    ),
):
    print(f"{posh.text(posh.member(item, 'Count'))} x {posh.text(posh.member(item, 'Name'))}")
span = posh.subtract(
    posh.cast(posh.member(posh.index(errors, -1), "Time"), posh.net_type("timespan")),
    posh.cast(posh.member(posh.index(errors, 0), "Time"), posh.net_type("timespan")),
)
print(f"between first and last error: {posh.text(posh.member(span, 'TotalMinutes'))} minutes")
posh.show_run(
    "Tee-Object",
    FilePath="result.json",
    input=posh.run(
        "ConvertTo-Json",
        Depth=4,
        input=[
            posh.Ordered(
                {
                    "file": posh.get("Split-Path", path, Leaf=True),
                    "counts": counts,
                    "last": posh.get("Select-Object", Last=1, input=errors),
                }
            )
        ],
    ),
)
if len(errors) >= 3:
    sys.exit(1)
