import argparse
import os

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
    posh.run("New-Item", ItemType="Directory", Path=target)
system = f"Translate the user's text to {language}. Keep line breaks."
count = 0
for file in posh.run("Get-ChildItem", Path=source, Filter="*.txt").run("Sort-Object", "Name"):
    text = posh.get("Get-Content", Path=file.FullName, Raw=True)
    if posh.invoke_static("string", "IsNullOrWhiteSpace", [text]):
        posh.run("Write-Warning", f"{file.Name} is empty, skipped")
        continue
    body = posh.get(
        "ConvertTo-Json",
        Depth=5,
        input=[
            {
                "model": "gpt-4o-mini",
                "messages": [
                    {"role": "system", "content": system},
                    {"role": "user", "content": text.strip()},
                ],
            }
        ],
    )
    bytes_ = posh.invoke(posh.static_member("System.Text.Encoding", "UTF8"), "GetBytes", body)
    r = posh.get(
        "Invoke-RestMethod",
        Uri=f"{os.environ.get('OPENAI_BASE_URL', '')}/chat/completions",
        Method="Post",
        Headers={"Authorization": f"Bearer {os.environ.get('OPENAI_API_KEY', '')}"},
        ContentType="application/json",
        Body=bytes_,
    )
    name = f"{file.BaseName}.{language[:2].lower()}{file.Extension}"
    posh.run(
        "Set-Content",
        Path=posh.get("Join-Path", target, name),
        piped=posh.member(r, "choices", 0, "message", "content"),
    )
    count += 1
    print("{} -> {} ({} lines)".format(file.Name, name, len(text.strip().split("\n"))))
print(f"{count} file(s) translated")
print(
    posh.join(
        posh.member(posh.run("Get-ChildItem", target).get("Sort-Object", "Name"), "Name"),
        ", ",
    )
)
