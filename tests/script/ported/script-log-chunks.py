import itertools
import os
import re
from pathlib import Path
from typing import Any

import psbridge as ps
from psbridge.script.semantics import porting as posh

# Sums up the end of a log, piece by piece.
parser = posh.ArgumentParser()
parser.add_argument("--path", dest="path", type=str, default="./app.log")
parser.add_argument("--tail", dest="tail", type=int, default=12)
parser.add_argument("--chunk-size", dest="chunk_size", type=int, default=180)
arguments = parser.parse_args()
path = arguments.path
tail = arguments.tail
chunk_size = arguments.chunk_size

lines = posh.run("Get-Content", Path=path, Tail=tail)
chunks: list[str] = []
current = ""
for line in lines:
    if len(current) + len(line) + 1 > chunk_size and current:
        chunks.append(current.rstrip())
        current = ""
    current += f"{line}\n"
if current:
    chunks.append(current.rstrip())
print(f"{len(lines)} lines in {len(chunks)} chunks")
summaries: list[Any] = []
n = 0
for n, chunk in enumerate(chunks, 1):
    prompt = f"Summarise part {n} of {len(chunks)} of this log:\n\n{chunk}"
    body = {
        "model": "gpt-4o-mini",
        "max_tokens": 40,
        "messages": [{"role": "user", "content": prompt}],
    }
    r = ps.New_ChatCompletion(body, MaxRetryCount=0)
    summaries.append(
        ps.PSCustomObject(
            Part=n,
            Chars=len(chunk),
            Finish=r.choices[0].finish_reason,
            Text=re.sub(r"\s+", " ", r.choices[0].message.content or ""),
        )
    )
for item in summaries:
    print(f"Part {item.Part}: {item.Chars} chars, {item.Finish}")
errors = [item for item in lines if re.search(r"\bERROR\b", item, re.IGNORECASE)]
Path("./summary.md").write_text(
    "".join(
        f"{item}{os.linesep}"
        for item in [
            "# Log summary",
            "",
            f"Errors: {len(errors)}",
            "",
            *([f"* {item.Text}" for item in summaries] or [""]),
        ]
    ),
    encoding="utf-8",
    newline="",
)
with open("./summary.md", encoding="utf-8") as file:
    for line_2 in itertools.islice(file, 4):
        print(line_2.rstrip("\n"))
