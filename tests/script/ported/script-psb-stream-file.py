import io
import itertools
import os
from pathlib import Path
from typing import Any

import psbridge as ps
from psbridge.script.semantics import porting as posh

# Writes a streamed answer to a file as it comes, and counts.
path = "./answer.txt"
pieces = 0
with Path(
    os.path.join(os.getcwd(), "answer.txt")
).open("w", encoding="utf-8", newline="") as writer:
    for item in ps.New_ChatCompletion(
        Messages="Stream this to a file.",
        Model="gpt-4o-mini",
        StreamText=True,
    ):
        writer.write(item)
        pieces += 1
print(f"{pieces} pieces, {posh.get('Get-Item', path).Length} bytes")
for item in posh.run("Get-Content", path, Raw=True):
    print(item)
usage: Any = None
text = io.StringIO()
for item in ps.New_ChatCompletion(
    Messages="With usage.",
    Model="gpt-4o-mini",
    Stream=True,
    StreamOptions=ps.Initialize_ChatCompletionStreamOptions(IncludeUsage=True),
):
    if item.usage is not None:
        usage = item.usage
    for c in item.choices:
        text.write(c.delta.content or "")
print(text.getvalue())
print(f"usage: {posh.text(usage, 'total_tokens')}")
first = list(
    itertools.islice(
        ps.New_ChatCompletion(
            Messages="Only the first two words.",
            Model="gpt-4o-mini",
            StreamText=True,
        ),
        2,
    )
)
print(f"[{''.join(first)}]")
