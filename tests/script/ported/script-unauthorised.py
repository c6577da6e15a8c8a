import os
import sys

from psbridge.script.semantics import porting as posh

# No key: the message goes to the error stream and the exit code says so.
posh.set_variable("ErrorActionPreference", "Stop")
key = os.environ.get("MY_COMPANY_KEY", "")
headers = posh.Hashtable()
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
except posh.ERRORS as error:
    record = posh.caught(error)
    json = posh.get(
        "ConvertFrom-Json",
        input=posh.items(posh.member(posh.member(record, "ErrorDetails"), "Message")),
    )
    posh.show_result(
        posh.invoke(
            posh.static_member(posh.net_type("Console"), "Error"),
            "WriteLine",
            f"failed: {posh.text(posh.member(posh.member(json, 'error'), 'type'))}",
        )
    )
    print(
        posh.format_operator(
            "Category: {0}",
            posh.member(posh.member(record, "CategoryInfo"), "Category"),
        )
    )
    print(posh.format_operator("Id: {0}", posh.member(record, "FullyQualifiedErrorId")))
    sys.exit(7)
finally:
    print("done")
