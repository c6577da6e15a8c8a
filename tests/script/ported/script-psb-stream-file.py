import io
import itertools
from typing import Any

import psbridge as ps
from psbridge.script.semantics import porting as posh

# Writes a streamed answer to a file as it comes, and counts.
path = "./answer.txt"
writer = posh.construct(
    "System.IO.StreamWriter",
    [posh.get("Join-Path", posh.variable("PWD"), "answer.txt")],
)
pieces = 0
try:
    for item in ps.New_ChatCompletion(
        Messages="Stream this to a file.",
        Model="gpt-4o-mini",
        StreamText=True,
    ):
        posh.show_result(writer, ("Write", item))
        pieces += 1
finally:
    posh.show_result(writer, ("Dispose",))
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
