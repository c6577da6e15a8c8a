import os

import psbridge as ps
from psbridge.script.semantics import porting as posh

# Settings: what is in force, and that no secret shows.
configuration = ps.Get_Configuration()
print(
    f"BaseUrl from the environment: {configuration.BaseUrl.casefold() == os.environ.get('OPENAI_BASE_URL', '').casefold()}"
)
ps.Set_Configuration(
    AccessToken=ps.SecureString("sk-secret-value"),
    DefaultHeaders={"X-Team": "blue"},
    TimeoutSec=20,
    Model="gpt-4o-mini",
)
now = ps.Get_Configuration()
print(
    f"Timeout {posh.text(now, 'TimeoutSec')}, model {now.Model or ''}, header {now.DefaultHeaders.get('X-Team', '')}"
)
shown = posh.get("Out-String", input=[now])
print(f"secret shows: {'sk-secret-value' in shown}")
print(
    f"as JSON: {'sk-secret-value' in posh.get('ConvertTo-Json', Depth=3, input=[now])}"
)
reply = ps.New_ChatCompletion(Messages="The model is configured.")
print(reply.model)
print(reply.choices[0].message.content)
try:
    ps.Set_Configuration(BaseUrl="not a url")
except ps.PSBridgeError as error:
    print(f"{error.fully_qualified_error_id}: {error}")
try:
    ps.Set_Configuration(TimeoutSec=-5)
except ps.PSBridgeError as error:
    print(error.fully_qualified_error_id)
