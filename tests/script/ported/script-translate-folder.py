import argparse
import os
from pathlib import Path

import psbridge as ps
from psbridge.script.semantics import porting as posh

# Translates every text file of a folder.
parser = argparse.ArgumentParser()
parser.add_argument("--source", dest="source", type=str, default="./in")
parser.add_argument("--target", dest="target", type=str, default="./out")
parser.add_argument("--language", dest="language", type=str, default="German")
arguments = parser.parse_args()
source = arguments.source
target = arguments.target
language = arguments.language

if not os.path.exists(target):
    os.makedirs(target, exist_ok=True)
system = f"Translate the user's text to {language}. Keep line breaks."
count = 0
for file in posh.run(
    "Get-ChildItem",
    Path=source,
    Filter="*.txt",
).run("Sort-Object", "Name"):
    text = posh.get("Get-Content", Path=file.FullName, Raw=True)
    if not (text or "").strip():
        print(f"WARNING: {file.Name} is empty, skipped")
        continue
    body = {
        "model": "gpt-4o-mini",
        "messages": [
            {"role": "system", "content": system},
            {"role": "user", "content": text.strip()},
        ],
    }
    bytes_ = body
    r = ps.New_ChatCompletion(bytes_, MaxRetryCount=0)
    name = f"{file.BaseName}.{language[:2].lower()}{file.Extension}"
    Path(os.path.join(target, name)).write_text(
        (r.choices[0].message.content or "") + os.linesep,
        encoding="utf-8",
        newline="",
    )
    count += 1
    print("{} -> {} ({} lines)".format(file.Name, name, len(text.strip().split("\n"))))
print(f"{count} file(s) translated")
print(
    ", ".join(
        item.Name
        for item in posh.run("Get-ChildItem", target).run("Sort-Object", "Name")
    )
)
