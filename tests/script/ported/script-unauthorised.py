import os
import sys
from typing import Any

import psbridge as ps
from psbridge.script.semantics import porting as posh

# No key: the message goes to the error stream and the exit code says so.
posh.set_variable("ErrorActionPreference", "Stop")
key = os.environ.get("MY_COMPANY_KEY", "")
headers: dict[str, Any] = {}
if key:
    headers["Authorization"] = f"Bearer {key}"
try:
    posh.run(
        "Invoke-RestMethod",
        Uri=f"{os.environ.get('OPENAI_BASE_URL', '')}/chat/completions",
        Method="Post",
        Headers=headers,
        ContentType="application/json",
        Body='{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]}',
    )
    print("It worked without a key.")
except ps.PSBridgeError as error:
    record = posh.caught(error)
    json = posh.get(
        "ConvertFrom-Json",
        piped=posh.member(record.ErrorDetails, "Message"),
    )
    print(f"failed: {posh.text(json, 'error', 'type')}", file=sys.stderr)
    print(f"Category: {error.category}")
    print(f"Id: {error.fully_qualified_error_id}")
    sys.exit(7)
finally:
    print("done")
