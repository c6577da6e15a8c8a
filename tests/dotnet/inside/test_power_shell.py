"""PowerShell hosted in this process: scripts, streams, errors, cmdlets, cancelling, several runspaces."""

from __future__ import annotations

import datetime
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import psbridge as ps
from psbridge import binding
from psbridge.client import Cancellation, Configuration, set_configuration
from psbridge.client.errors import CallCancelledError
from psbridge.dotnet import (
    ConversionError,
    DotNetError,
    PowerShellError,
    PowerShellSession,
    RuntimeNotFoundError,
    find_pshome,
    from_dotnet,
    to_dotnet,
)
from psbridge.models import CreateChatCompletionRequest
from psbridge.offline import Fault, OfflineServer, fingerprint

KEY = "sk-test-0123456789abcdef"


@pytest.fixture
def server() -> Iterator[OfflineServer]:
    with OfflineServer() as running:
        set_configuration(base_url=running.base_url, access_token=KEY, max_retries=0)
        yield running
    set_configuration(Configuration())


def test_a_script_runs_with_its_modules(session: PowerShellSession) -> None:
    script = "$PSHOME; $PSVersionTable.PSVersion.Major -ge 7; @{a = 1} | ConvertTo-Json -Compress"
    assert session.run(script).output == [str(session.home.path), True, '{"a":1}']


def test_no_error_shows_a_secret_that_stands_in_a_wrong_place() -> None:
    script = Path(__file__).parents[2] / "data" / "secrets-in-wrong-places.ps1"
    with PowerShellSession() as own:
        output = own.run(script.read_text(encoding="utf-8")).output
    set_configuration(Configuration())
    assert len(output) == 1 and re.fullmatch(r"2\d\d failed", output[0])


def test_parameters_by_name_by_position_and_by_pipeline(session: PowerShellSession) -> None:
    script = "param([int] $Count, $Rest) $Count + 1; $Rest.inner[1]; @($input) -join ','"
    rest = {"inner": [1, "two"]}
    for parameters in ({"Count": 4, "Rest": rest}, [4, rest]):
        assert session.run(script, parameters, input=["a", "b"]).output == [5, "two", "a,b"]


def test_every_stream_comes_back(session: PowerShellSession) -> None:
    result = session.run(
        """
        $VerbosePreference = $DebugPreference = 'Continue'
        Write-Output 'out'; Write-Error 'err' -Category InvalidData -ErrorId Mine; Write-Warning 'warn'
        Write-Verbose 'verbose'; Write-Debug 'debug'; Write-Information 'info'; Write-Host 'host'
        Write-Progress -Activity 'work' -Status 'half' -PercentComplete 50
        $VerbosePreference = $DebugPreference = 'SilentlyContinue'
        """
    )
    assert result.output == ["out"]
    assert [(error.message, error.error_id, error.category) for error in result.errors] == [
        ("err", "Mine", "InvalidData")
    ]
    assert (result.warnings, result.verbose, result.debug) == (["warn"], ["verbose"], ["debug"])
    assert result.information == ["info", "host"]
    assert [(one.activity, one.status, one.percent) for one in result.progress] == [("work", "half", 50)]


def test_values_keep_their_types(session: PowerShellSession) -> None:
    script = (
        "[long]5; [byte]6; 7; 1.10d; [char]'x'; $null; ,@(1, [single]0.5); [pscustomobject]@{n = [long]1}"
    )
    long, byte, whole, decimal, char, null, array, bag = session.run(script).output
    assert [type(one) for one in (long, byte, whole, char)] == [
        binding.Int64,
        binding.Byte,
        int,
        binding.Char,
    ]
    assert (str(decimal), null, array) == ("1.10", None, [1, 0.5])
    assert isinstance(array[1], binding.Single)
    assert bag == binding.PSCustomObject({"n": 1})
    assert type(bag.n) is binding.Int64


def test_models_and_objects_go_in_as_objects(session: PowerShellSession) -> None:
    request = ps.Initialize_CreateChatCompletionRequest(
        Messages=[{"role": "user", "content": "hi"}], Model="m"
    )
    script = (
        "param($r, $o, $switch, $block)$r.messages[0].content; $o.GetType().Name; $switch.IsPresent; & $block"
    )
    given = [request, binding.PSCustomObject({"a": 1}), binding.Switch(True), binding.ScriptBlock("6 * 7")]
    assert session.run(script, given).output == ["hi", "PSCustomObject", True, 42]
    assert from_dotnet(to_dotnet(request), CreateChatCompletionRequest) == request
    kept = session.run("param($s, $b) $s; $b", [binding.Switch(False), binding.ScriptBlock("1")]).output
    assert kept[0] == binding.Switch(False)
    assert kept[1].text == "1"


def bags(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    names = st.text("abc\u00e9", min_size=1, max_size=3).map(str.lower)
    return st.dictionaries(names, inner, max_size=4).map(binding.PSCustomObject)


@settings(max_examples=150, deadline=None, database=None)
@given(
    st.recursive(
        st.one_of(
            st.none(), st.booleans(), st.integers(), st.text(), st.binary(), st.decimals(0, 9, places=2)
        ),
        lambda inner: st.one_of(bags(inner), st.lists(inner, max_size=4), st.dictionaries(st.text(), inner)),
        max_leaves=10,
    )
)
def test_objects_come_back_as_they_went(session: PowerShellSession, value: object) -> None:
    assert from_dotnet(to_dotnet(value)) == value


def test_a_property_whose_name_is_half_a_character_is_refused(session: PowerShellSession) -> None:
    with pytest.raises(ConversionError, match="half a character"):
        to_dotnet(binding.PSCustomObject({"half \ud800": 1}))


def test_what_a_script_wraps_is_read_through_at_any_depth(session: PowerShellSession) -> None:
    script = """
        $inner = [pscustomobject]@{ long = [long]1; nothing = (& {}); date = [datetime]'2024-01-02' }
        , @{ list = [System.Collections.Generic.List[object]]@($inner, [byte]2); empty = [pscustomobject]@{} }
    """
    found = session.run(script).output[0]
    assert found["empty"] == binding.PSCustomObject()
    inner, byte = found["list"]
    assert dict(inner.__ps_properties__()) == {"long": 1, "date": datetime.datetime(2024, 1, 2)}
    assert (type(inner.long), type(byte)) == (binding.Int64, binding.Byte)


def test_state_lasts_from_one_script_to_the_next(session: PowerShellSession) -> None:
    session.run("$kept = 5; function Get-Kept { $kept }")
    assert session.run("Get-Kept").output == [5]


@pytest.mark.parametrize(
    ("script", "error_id", "category"),
    [
        ("'before'; throw 'ended'", "ended", "OperationStopped"),
        ("1 +", "ExpectedValueExpression", "ParserError"),
        (
            "Get-Item /no/such/place -ErrorAction Stop",
            "PathNotFound,Microsoft.PowerShell.Commands.GetItemCommand",
            "ObjectNotFound",
        ),
    ],
)
def test_a_script_that_ends_with_an_error_raises_it(
    session: PowerShellSession, script: str, error_id: str, category: str
) -> None:
    with pytest.raises(PowerShellError) as caught:
        session.run(script)
    assert (caught.value.error_id, caught.value.category) == (error_id, category)
    assert caught.value.result is not None
    assert caught.value.result.output == (["before"] if "before" in script else [])


DOCUMENTED = """
$message = Initialize-ChatCompletionRequestUserMessage -Content 'Hello there' -Role 'user'
$request = Initialize-CreateChatCompletionRequest -Messages $message -Model 'gpt-4o' -MaxTokens 5
$request.temperature = 0.5
"""


def test_the_original_script_and_the_python_port_send_the_same(
    session: PowerShellSession, server: OfflineServer
) -> None:
    reply = session.run(DOCUMENTED + "(New-ChatCompletion $request).choices[0].message.content").output
    request = ps.Initialize_CreateChatCompletionRequest(
        Messages=ps.Initialize_ChatCompletionRequestUserMessage(Content="Hello there", Role="user"),
        Model="gpt-4o",
        MaxTokens=5,
    )
    request.temperature = 0.5
    ported = ps.New_ChatCompletion(request)
    assert reply == [ported.choices[0].message.content]
    assert server.requests[-1].json == server.requests[-2].json
    assert server.requests[-1].json["temperature"] == 0.5


def test_an_object_has_every_property_and_what_is_unset_is_not_sent(
    session: PowerShellSession, server: OfflineServer
) -> None:
    strict = (
        "Set-StrictMode -Version Latest\n" + DOCUMENTED + "$null -eq $request.top_p; $request.stop = $null"
    )
    try:
        assert session.run(strict + "; $null = New-ChatCompletion $request").output == [True]
    finally:
        session.run("Set-StrictMode -Off")
    sent = server.requests[-1].json
    assert sorted(sent) == ["max_tokens", "messages", "model", "stop", "temperature"]
    assert sent["stop"] is None


KEPT = """
Set-StrictMode -Version Latest
$m = Initialize-ChatCompletionRequestAssistantMessage -Content hi
$m.refusal = $null
$text = [System.Management.Automation.PSSerializer]::Serialize($m)
$kept = [System.Management.Automation.PSSerializer]::Deserialize($text)
$there = Start-Job { Set-StrictMode -Version Latest; "[$($args[0].audio)]"; $args[0] } -ArgumentList $m |
    Receive-Job -Wait -AutoRemoveJob
$there[0]
$null -eq $kept.Audio
$plain = $m | ConvertTo-Json -Depth 9 | ConvertFrom-Json
foreach ($one in $m, $kept, $there[1], $plain) { $null = New-ChatCompletion -Messages $one -Model gpt-4o }
"""


def test_an_object_is_what_it_was_after_clixml_a_job_and_json(
    session: PowerShellSession, server: OfflineServer
) -> None:
    try:
        assert session.run(KEPT).output == ["[]", True]
    finally:
        session.run("Set-StrictMode -Off")
    sent = [one.json["messages"][0] for one in server.requests[-4:]]
    assert sent[:3] == [{"role": "assistant", "content": "hi", "refusal": None}] * 3
    assert sent[3] == {"role": "assistant", "content": "hi"}  # JSON has two states


def test_members_that_no_object_can_have_are_kept_beside(
    session: PowerShellSession, server: OfflineServer
) -> None:
    text = '{"name":"x","NAME":"Y","":"E","PSObject":"P","PSBridge":{"Set":"S"}}'
    script = f"""
$f = ConvertFrom-JsonToFunctionObject '{text}'
$f.name; @($f.PSBridge.More.Keys) -join ','
$tool = Initialize-ChatCompletionTool -Type function -VarFunction $f
$null = New-ChatCompletion -Messages hi -Model gpt-4o -Tools $tool
"""
    assert session.run(script).output == ["x", "NAME,,PSObject,PSBridge"]
    assert server.requests[-1].json["tools"][0]["function"] == json.loads(text)


def test_streams_and_pipelines_of_cmdlets(session: PowerShellSession, server: OfflineServer) -> None:
    text = session.run(DOCUMENTED + "$request | New-ChatCompletion -StreamText").output
    assert len(text) > 1
    first = session.run("New-ChatCompletion $request -Stream | Select-Object -First 1").output
    assert first[0].object == "chat.completion.chunk"
    bags = "[pscustomobject]@{Role = 'user'; Content = 'a'}, [pscustomobject]@{Role = 'user'; Content = 'b'}"
    made = session.run(f"{bags} | Initialize-ChatCompletionRequestUserMessage").output
    assert [one.content for one in made] == ["a", "b"]


def test_a_failed_call_reads_as_the_documented_catch_block_reads_it(
    session: PowerShellSession, server: OfflineServer
) -> None:
    server.faults.add(Fault(status=429, retry_after=7, times=1))
    script = DOCUMENTED + (
        "try { New-ChatCompletion $request } catch {"
        " ($_.ErrorDetails | ConvertFrom-Json).error.type; $_.Exception.Response.Headers['retry-after'];"
        " $_.Exception.Response.StatusCode; $_.FullyQualifiedErrorId; $_.CategoryInfo.Category.ToString() }"
    )
    kind, *rest = session.run(script).output
    assert kind
    assert rest == ["7", 429, "PSBridge.RateLimit,New-ChatCompletion", "LimitsExceeded"]


def test_a_failed_call_is_a_sentence_as_text(session: PowerShellSession, server: OfflineServer) -> None:
    server.faults.add(Fault(status=400))
    said = session.run(DOCUMENTED + 'try { New-ChatCompletion $request } catch { "$_" }').output
    assert said == ["HTTP 400 Bad Request: Bad request (injected fault)."]
    (failed,) = session.run(DOCUMENTED + "$request | New-ChatCompletion").errors
    assert failed.message == said[0]
    assert json.loads(failed.details or "")["error"]["message"] == "Bad request (injected fault)."


def test_an_error_record_is_the_modules(session: PowerShellSession, server: OfflineServer) -> None:
    """Its exception is the one of the web cmdlets; in a pipeline it ends one item only."""
    server.faults.add(Fault(status=400))
    script = DOCUMENTED + (
        "try { New-ChatCompletion $request } catch [Microsoft.PowerShell.Commands.HttpResponseException] "
        "{ [int]$_.Exception.StatusCode; $_.Exception.RequestId -ne $null; $_.TargetObject -eq $request }"
    )
    assert session.run(script).output == [400, True, True]
    failed = session.run(DOCUMENTED + "$request, $request | New-ChatCompletion; 'after'")
    assert failed.output == ["after"]
    assert [one.error_id for one in failed.errors] == ["PSBridge.BadRequest,New-ChatCompletion"] * 2
    quiet = session.run(DOCUMENTED + "New-ChatCompletion $request -ErrorAction SilentlyContinue; 'after'")
    assert (quiet.output, len(server.requests)) == (["after"], 4)


def test_what_if_sends_nothing(session: PowerShellSession, server: OfflineServer) -> None:
    assert session.run(DOCUMENTED + "New-ChatCompletion $request -WhatIf; 'after'").output == ["after"]
    assert len(server.requests) == 0


def test_a_run_gets_its_whole_pipeline(
    session: PowerShellSession, server: OfflineServer, tmp_path: Path
) -> None:
    script = (
        "param($ledger) $rows = [pscustomobject]@{Id = 'a'; T = 'x'}, [pscustomobject]@{Id = 'b'; T = 'y'}; "
        "$rows | Invoke-ChatCompletionRun -Ledger $ledger -Id Id -Template '{T}' -Model m | ForEach-Object Id"
    )
    assert session.run(script, [str(tmp_path / "rows.db")]).output == ["a", "b"]


def test_powershell_binds_the_parameters_itself(session: PowerShellSession) -> None:
    result = session.run("Initialize-ChatCompletionRequestUserMessage hi robot")
    assert "ValidateSet" in result.errors[0].message
    assert (
        result.errors[0].error_id
        == "ParameterArgumentValidationError,Initialize-ChatCompletionRequestUserMessage"
    )
    refused = session.run(
        "Initialize-CreateChatCompletionRequest -Messages @{role='user';content='x'} -Model m -TopLogprobs 99"
    )
    assert refused.errors[0].error_id == "PSBridge.InvalidValue,Initialize-CreateChatCompletionRequest"


def test_warnings_reach_the_warning_stream_every_time(session: PowerShellSession) -> None:
    script = "$null = Initialize-ChatCompletionToolChoiceOption -Value auto; 1"
    assert session.run(script).warnings == []
    warned = "$t = Initialize-ChatCompletionRequestMessage -Role user -Content hi -ToolCallId x"
    assert [len(session.run(warned).warnings) for _ in range(3)] == [1, 1, 1]


def test_a_secure_string_serves_as_a_token_and_never_shows(
    session: PowerShellSession, server: OfflineServer
) -> None:
    script = (
        "param($token) Set-Configuration -ApiKey @{}; "
        "Set-Configuration -AccessToken $token; "
        "(Get-Configuration).AccessToken.GetType().Name; (New-ChatCompletion $request).object"
    )
    session.run(DOCUMENTED)
    result = session.run(script, {"token": binding.SecureString(KEY)})
    assert result.output == ["SecureString", "chat.completion"]
    assert fingerprint(KEY) in server.requests[-1].headers["authorization"]
    assert KEY not in repr(result)


def test_a_cancelled_script_stops_also_inside_a_call(
    session: PowerShellSession, server: OfflineServer
) -> None:
    """Also one that waits for the next piece of a stream."""
    server.faults.add(Fault(stall=True))
    ask = DOCUMENTED + "New-ChatCompletion $request"
    for script in ("Start-Sleep 60", ask, f"{ask} -StreamText"):
        cancellation = Cancellation()
        threading.Timer(0.3, cancellation.cancel).start()
        with pytest.raises(CallCancelledError):
            session.run(script, cancellation=cancellation)
    assert session.run("'still there'").output == ["still there"]


def test_several_runspaces_run_side_by_side() -> None:
    # Each script waits until all have come: with fewer runspaces than scripts none would ever end.
    from psbridge.dotnet import edge

    gate = edge.net("System.Threading.CountdownEvent")(3)
    found: list[Any] = []
    with PowerShellSession(runspaces=3) as session:

        def one() -> None:
            script = (
                "param($gate) $null = $gate.Signal(); $gate.Wait(60000); " + DOCUMENTED + "$request.model"
            )
            found.extend(session.run(script, [gate]).output)

        threads = [threading.Thread(target=one) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found.count("gpt-4o") == 3
    assert found.count(True) == 3


def test_a_closed_session_and_a_foreign_home_are_refused(tmp_path: Any) -> None:
    session = PowerShellSession(cmdlets=False)
    assert session.run("Get-Command New-ChatCompletion -ErrorAction Ignore").output == []
    session.close()
    session.close()
    with pytest.raises(DotNetError, match="closed"):
        session.run("1")
    with pytest.raises(RuntimeNotFoundError, match="the folder given"):
        PowerShellSession(tmp_path)
    assert find_pshome(session.home.path).path == session.home.path


def test_the_readmes_example_runs() -> None:
    """As it stands there."""
    readme = Path(__file__).parents[3].joinpath("README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(from psbridge.dotnet .*?)```", readme, re.DOTALL)
    made = example.replace("    session.run(", "    made = session.run(")
    scope: dict[str, Any] = {}
    exec(compile(made, "README.md", "exec"), scope)
    (message,) = scope["made"]
    assert (message.content, message.role) == ("hi", "user")


def test_a_file_is_sent_by_its_name_by_its_fileinfo_and_by_pipe(
    session: PowerShellSession, server: OfflineServer, tmp_path: Path
) -> None:
    """As `Get-Item` and `Get-ChildItem` give it; its content arrives byte for byte, under its own name."""
    content = bytes(range(256)) * 3
    (tmp_path / "ä b.bin").write_bytes(content)
    script = """
        param($folder)
        Set-Location -LiteralPath $folder
        $item = Get-Item -LiteralPath (Join-Path $folder 'ä b.bin')
        $made = @(
            New-File -File $item -Purpose user_data
            New-File 'ä b.bin' user_data
            New-File -File ([System.IO.FileInfo]'ä b.bin') -Purpose user_data
            New-File $item.FullName user_data
            $item | New-File -Purpose user_data
            Get-ChildItem -LiteralPath $folder | New-File -Purpose user_data -FileName 'other.bin'
        )
        Invoke-DownloadFile -FileId $made[0].id -OutFile 'back.bin'
        if ((Get-FileHash 'back.bin').Hash -ne (Get-FileHash $item).Hash) { 'another content' }
        foreach ($one in $made) { $one.filename; $one.bytes; , (Invoke-DownloadFile -FileId $one.id) }
    """
    result = session.run(script, {"folder": str(tmp_path)})
    assert not result.errors
    output = result.output
    assert output[0::3] == [*["ä b.bin"] * 5, "other.bin"]
    assert output[1::3] == [len(content)] * 6
    assert [bytes(one) for one in output[2::3]] == [content] * 6


def test_a_file_that_is_not_there_is_named(session: PowerShellSession, server: OfflineServer) -> None:
    """Nothing is sent."""
    script = "New-File -File ([System.IO.FileInfo]'/no/such/none.bin') -Purpose user_data"
    assert ["none.bin" in error.message for error in session.run(script).errors] == [True]
    assert not server.requests
