"""A hosted PowerShell session sends what the Python cmdlets send, and fails as they fail."""

from __future__ import annotations

import json
from typing import Any

import pytest
from chatapi.parity import CASES, Case, by_cmdlets, check

from psbridge.dotnet import PowerShellError, PowerShellSession
from psbridge.offline import OfflineServer

SCRIPT = """
param($p)
$ErrorActionPreference = 'Stop'
New-ChatCompletion (Initialize-CreateChatCompletionRequest @p)
"""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_hosted_session_sends_the_same_and_fails_the_same(
    case: Case, server: OfflineServer, session: PowerShellSession
) -> None:
    def by_session(parameters: dict[str, Any]) -> str | None:
        try:
            session.run(SCRIPT, [parameters])
        except PowerShellError as error:
            return error.error_id.partition(",")[0]
        return None

    check(case, server, by_session, check(case, server, by_cmdlets, None))


ASK = "New-ChatCompletion -Messages hi -Model gpt-4o"


def _sent(server: OfflineServer) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(server.requests[-1].body)
    return body


def test_what_a_view_shows_can_be_read_and_is_not_sent(
    server: OfflineServer, session: PowerShellSession
) -> None:
    script = f"$r = {ASK}; $r.Role, $r.Text, $r.FinishReason, $r.Tokens; $null = {ASK.replace('hi', '$r')}"
    role, text, reason, tokens = session.run(script).output
    assert (role, reason) == ("assistant", "stop") and text and " in, " in tokens
    assert "Tokens" not in json.dumps(_sent(server))
    assert session.run(f"({ASK} | ConvertTo-Json -Depth 9) -cmatch 'Tokens'").output == [False]


def test_a_connection_is_for_a_call_and_for_a_block(
    server: OfflineServer, session: PowerShellSession
) -> None:
    """Also one that a credential gives the key of, and for a pipeline."""
    with OfflineServer() as other:
        made = session.run(
            f"""
            $login = [pscredential]::new('me', (ConvertTo-SecureString sk-other -AsPlainText -Force))
            $c = New-ChatConnection -BaseUrl {other.base_url} -AccessToken $login
            $null = {ASK} -Connection $c
            Use-ChatConnection $c {{
                $null = 'a', 'b' | New-ChatCompletion -Model gpt-4o -ThrottleLimit 2
                $null = {ASK}
            }}
            "$($c | ConvertTo-Json)"
            """
        ).output
        keys = {request.headers["authorization"] for request in other.requests}
        assert len(other.requests) == 4 and len(keys) == 1
        assert "sk-other" not in made[0] and not server.requests
    session.run(f"$null = {ASK}")
    assert len(server.requests) == 1 and server.requests[0].headers["authorization"] not in keys


def test_a_stream_goes_by_what_is_in_force_where_it_is_made(
    server: OfflineServer, session: PowerShellSession
) -> None:
    """Its request is sent when the first item is asked for, to the same service with the same key."""
    with OfflineServer() as other:
        for how in ("-StreamText", "-Stream"):
            session.run(
                f"""
                $c = New-ChatConnection -BaseUrl {other.base_url} -AccessToken {{ 'sk-other' }}
                Use-ChatConnection $c {{ $null = {ASK} {how} }}
                $d = New-ChatConnection -BaseUrl {other.base_url} -AccessToken {{ 'sk-other' }}
                $null = {ASK} {how} -Connection $d
                """
            )
        assert len(other.requests) == 4 and not server.requests
        assert len({request.headers["authorization"] for request in other.requests}) == 1


def test_tables_keep_their_order_and_a_scripts_own_objects_are_their_properties(
    server: OfflineServer, session: PowerShellSession
) -> None:
    script = f"""
    class Own {{ [string] $type = 'object'; $zz = [DBNull]::Value; $aa = [NullString]::Value }}
    foreach ($one in [ordered]@{{ zz = [ordered]@{{ y = 1; b = 2 }}; aa = 1, $null }}, [Own]::new()) {{
        $f = Initialize-FunctionObject -Name f -Parameters $one
        $null = {ASK} -Tools @{{ type = 'function'; function = $f }}
    }}
    """
    session.run(script)
    first, second = (json.loads(one.body)["tools"][0]["function"]["parameters"] for one in server.requests)
    assert json.dumps(first) == '{"zz": {"y": 1, "b": 2}, "aa": [1, null]}'
    assert json.dumps(second) == '{"type": "object", "zz": null, "aa": null}'


@pytest.mark.parametrize(
    ("parameters", "place"),
    [
        ("-Messages $half", "Messages[0]"),
        ("-Messages x, @{role='user'; content=@(@{type='text'; text=$half})}", "Messages[1].content[0].text"),
        ("-Messages x -AdditionalBody ([pscustomobject]@{a=@{b=$half}})", "AdditionalBody.a.b"),
    ],
)
def test_half_a_surrogate_is_named_with_its_place(
    session: PowerShellSession, parameters: str, place: str
) -> None:
    with pytest.raises(PowerShellError, match="half a surrogate pair") as caught:
        session.run(f"$half = [string][char]0xD83D; New-ChatCompletion {parameters} -ErrorAction Stop")
    assert f"'{place}'" in str(caught.value)
    assert caught.value.error_id == "PSBridge.InvalidValue,New-ChatCompletion"


def test_a_switch_in_a_query_is_true_or_false(server: OfflineServer, session: PowerShellSession) -> None:
    session.run(f"$null = {ASK} -AdditionalQuery @{{ a = [switch]$true }}")
    assert server.requests[-1].query == {"a": "true"}


def test_a_script_block_gives_the_key_where_the_call_is_made(
    server: OfflineServer, session: PowerShellSession
) -> None:
    """Of one call, a stream, a pipeline of several at once; and shows as what it is nowhere."""
    made = session.run(
        f"""
        $vault = 'sk-vault'; $global:Asked = 0
        function Get-Vault {{ $global:Asked++; $vault }}
        $c = New-ChatConnection -BaseUrl {server.base_url} -AccessToken {{ Get-Vault }}
        $null = {ASK} -Connection $c
        $null = {ASK} -StreamText -Connection $c
        $null = 'a', 'b' | New-ChatCompletion -Model gpt-4o -ThrottleLimit 2 -Connection $c
        $vault = 'sk-other'
        $d = New-ChatConnection -BaseUrl {server.base_url} -AccessToken ${{function:Get-Vault}}
        Use-ChatConnection $d {{ $null = 'a', 'b' | New-ChatCompletion -Model gpt-4o -ThrottleLimit 2 }}
        "$($c | ConvertTo-Json)"
        """
    ).output
    keys = [request.headers["authorization"] for request in server.requests]
    assert len(keys) == 6 and len(set(keys)) == 2 and len(set(keys[:4])) == 1
    assert "vault" not in made[0].lower()
    for block, says in (("{ throw 'sk-hidden' }", "RuntimeException"), ("{ }", "not nothing")):
        with pytest.raises(PowerShellError, match=says) as caught:
            session.run(f"{ASK} -Connection (New-ChatConnection -AccessToken {block}) -ErrorAction Stop")
        assert "sk-hidden" not in str(caught.value)
