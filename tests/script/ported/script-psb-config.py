import os

import psbridge as ps
from psbridge.script.semantics import porting as posh

# Settings: what is in force, and that no secret shows.
configuration = ps.Get_Configuration()
print(
    f"BaseUrl from the environment: {posh.text(posh.equals(posh.member(configuration, 'BaseUrl'), os.environ.get('OPENAI_BASE_URL', '')))}"
)
posh.show(
    ps.Set_Configuration(
        AccessToken=posh.get(
            "ConvertTo-SecureString",
            "sk-secret-value",
            AsPlainText=True,
            Force=True,
        ),
        DefaultHeaders={"X-Team": "blue"},
        TimeoutSec=20,
        Model="gpt-4o-mini",
    )
)
now = ps.Get_Configuration()
print(
    f"Timeout {posh.text(now, 'TimeoutSec')}, model {posh.text(now, 'Model')}, header {posh.text(now, 'DefaultHeaders', 'X-Team')}"
)
shown = posh.get("Out-String", piped=now)
print(f"secret shows: {'sk-secret-value' in shown}")
print(
    f"as JSON: {posh.text(posh.get('ConvertTo-Json', Depth=3, piped=now), ('Contains', 'sk-secret-value'))}"
)
reply = ps.New_ChatCompletion(Messages="The model is configured.")
print(reply.model)
print(reply.choices[0].message.content)
try:
    posh.show_run("Set-Configuration", BaseUrl="not a url")
except posh.ERRORS as error:
    record = posh.caught(error)
    print(f"{record.FullyQualifiedErrorId}: {error}")
try:
    posh.show_run("Set-Configuration", TimeoutSec="-5")
except posh.ERRORS as error:
    record_2 = posh.caught(error)
    print(record_2.FullyQualifiedErrorId)
