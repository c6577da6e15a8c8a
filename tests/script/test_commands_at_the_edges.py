"""Cmdlets where a file, a text or a folder is larger, deeper or stranger than one expects."""

from __future__ import annotations

import gc
import os
import sys
import warnings
from pathlib import Path

import pytest

from psbridge.errors import PSBridgeError
from psbridge.offline import OfflineServer
from psbridge.script import run
from psbridge.script.commands.errorbody import readable
from psbridge.script.net.responses import ContentHeaders, ResponseHeaders, message_of


@pytest.mark.parametrize(
    ("script", "shown"),
    [
        ("'a\nb' | ConvertTo-CliXml", "<S>a_x000A_b</S>"),
        ("'_x0041_é' | ConvertTo-CliXml", "<S>_x005F_x0041_é</S>"),
        ('"a$([char]1)b$([char]0x85)" | ConvertTo-CliXml', "<S>a_x0001_b_x0085_</S>"),
        ('"x`u{1F600}" | ConvertTo-CliXml', "<S>x_xD83D__xDE00_</S>"),
        ("[pscustomobject]@{'a\"b<' = 1} | ConvertTo-CliXml", 'N="a&quot;b&lt;"'),
    ],
)
def test_clixml_spells_a_text_as_powershell_does(script: str, shown: str) -> None:
    assert shown in run(script).output[0]


@pytest.mark.parametrize("text", ["a\r\n\tb", "_x0041_", "\x01\x7f", "x\U0001f600y", "_x_xx_x00"])
def test_a_text_comes_back_from_clixml_as_it_was(text: str) -> None:
    script = "$args[0] | ConvertTo-CliXml | ConvertFrom-CliXml"
    assert run(script, arguments=[text]).output == [text]
    script = "([pscustomobject]@{$args[0] = 1} | ConvertTo-CliXml | ConvertFrom-CliXml).PSObject.Properties"
    assert run(f"{script}.Name", arguments=[text]).output == [text]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2024-01-01T00:00:00+99:00", "2023-12-27T21:00:00.0000000"),
        ("0001-01-01T00:00:00+01:00", "0001-01-01T00:00:00.0000000"),
        ("9999-12-31T23:59:59-01:00", "9999-12-31T23:59:59.9999999"),
        ("/Date(1700000000000)/", "2023-11-14T22:13:20.0000000"),
        ("2024-01-01T00:00:00.1234567+01:00", "2023-12-31T23:00:00.1234567"),
    ],
)
def test_a_date_of_json_is_read_whatever_its_zone_is(text: str, shown: str) -> None:
    script = "(ConvertFrom-Json ('{\"a\":\"' + $args[0] + '\"}')).a.ToUniversalTime().ToString('o')"
    assert run(script, arguments=[text]).output[0].startswith(shown)


def test_an_integer_of_json_is_big_until_it_is_too_large_to_parse() -> None:
    assert run("(ConvertFrom-Json ('{\"a\":' + '9' * 300 + '}')).a.GetType().Name").output == ["BigInteger"]
    ran = run(
        "try { ConvertFrom-Json ('{\"a\":' + '9' * 5000 + '}') } "
        "catch { $_.FullyQualifiedErrorId; $_.Exception.Message }"
    )
    assert ran.output[0] == "System.ArgumentException,Microsoft.PowerShell.Commands.ConvertFromJsonCommand"
    assert ran.output[1].endswith("9 is too large to parse.")


def test_a_field_of_csv_may_be_long() -> None:
    assert run("(\"a`n'x'\".Replace(\"'x'\", 'x' * 200000) | ConvertFrom-Csv).a.Length").output == [200000]


def test_a_field_of_csv_may_have_any_character() -> None:
    assert run('"a,b`n`0x,y`0z" | ConvertFrom-Csv | ForEach-Object { $_.a, $_.b }').output == ["\0x", "y\0z"]


@pytest.mark.skipif(os.name == "nt", reason="making a link takes a right on Windows")
def test_get_childitem_does_not_follow_links_unless_told_to(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.txt").write_text("", encoding="utf-8")
    (tmp_path / "sub" / "back").symlink_to(tmp_path)
    ran = run(f"Get-ChildItem '{tmp_path}' -Recurse | ForEach-Object Name")
    assert ran.output == ["sub", "back", "a.txt"]


@pytest.mark.parametrize(
    ("pattern", "matching"),
    [
        ("[a-]", "a-"),
        ("[a&&b]", "ba&"),
        ("[]]", "]"),
        ("[^a]", "a^"),
        ("[!a]", "a!"),
        ("[a-c-e]", "ba-"),
        ("[-a]", "a-"),
    ],
)
def test_a_set_of_a_wildcard_holds_the_characters_that_stand_in_it(pattern: str, matching: str) -> None:
    script = "('b', 'a', '-', '&', ']', '!', '^', 'd' | Where-Object { $_ -like $args[0] }) -join ''"
    assert run(script.replace("$args[0]", f"'{pattern}'")).output == [matching]


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("*a" * 30 + "b", False),
        ("*a" * 30, True),
        ("*a*a?a*", True),
        ("**a**", True),
        ("a*a*b*a", False),
        ("A*[a-b]*??*A", True),
    ],
)
def test_many_stars_take_no_more_time_than_the_text_is_long(pattern: str, matches: bool) -> None:
    assert run(f"('a' * 20000) -like '{pattern}'").output == [matches]


def test_a_part_between_stars_is_found_wherever_it_is() -> None:
    texts = "'abcabd', 'xabyabdz', 'ABABD', 'abd'"
    assert run(f"{texts} | Where-Object {{ $_ -like '*ab*ab?*' }}").output == ["abcabd", "xabyabdz", "ABABD"]
    assert run(f"{texts} | Where-Object {{ $_ -clike '*ab*b*d' }}").output == ["abcabd"]


@pytest.mark.parametrize("script", ["+".join(["1"] * 5000), "'a'" + ".Trim()" * 2000])
def test_a_chain_that_is_too_long_to_be_compiled_is_said_to_be(script: str) -> None:
    with pytest.raises(PSBridgeError, match="too complicated"):
        run(script)


def test_a_range_of_a_wildcard_that_runs_backwards_is_not_valid() -> None:
    ran = run("try { 'b' -like '[z-a]' } catch { $_.Exception.GetType().Name }")
    assert ran.output == ["WildcardPatternException"]


def test_the_last_objects_and_places_far_apart_are_chosen() -> None:
    assert run("1..9 | Select-Object -Last 2 -Skip 1").output == [7, 8]
    assert run("1..9 | Select-Object -Last 2 -First 1").output == [1, 8, 9]
    assert run("1..9 | Select-Object -Index 8, 0").output == [1, 9]


def test_the_letters_of_a_format_of_unix() -> None:
    script = "Get-Date '2024-03-05 16:05:06' -UFormat '%e|%k|%l|%C|%G|%V|%u|%h|%j|%D|%p|%r|%U|%w|%x|%X|%%|%Q'"
    assert run(script).output == [
        " 5|16| 4|20|2024|10|2|Mar|065|03/05/24|PM|04:05:06 PM|9|2|03/05/24|16:05:06|%|Q"
    ]


@pytest.mark.skipif(os.name == "nt", reason="echo is a program of Unix")
def test_an_argument_between_quotes_is_one(tmp_path: Path) -> None:
    out = tmp_path / "out.txt"
    script = (
        f"Start-Process printf -ArgumentList '<%s>', '\"a b\" c d\\\"e' -RedirectStandardOutput '{out}' -Wait"
    )
    run(script)
    assert out.read_text(encoding="utf-8") == '<a b><c><d"e>'


@pytest.mark.parametrize(
    "script",
    [
        "New-TemporaryFile",
        f"Start-Process '{sys.executable}' -ArgumentList '--version' -RedirectStandardOutput 'made' -Wait",
    ],
)
def test_nothing_is_written_where_nothing_may_be(script: str, tmp_path: Path) -> None:
    ran = run(
        f"Set-Location '{tmp_path}'; try {{ {script} -ErrorAction Stop }} catch {{ $_.Exception.Message }}",
        read_only=True,
    )
    assert "run with --read-only" in ran.output[0]
    assert not list(tmp_path.iterdir())


def test_a_module_that_fails_leaves_the_next_one_its_exports(tmp_path: Path) -> None:
    (tmp_path / "bad.psm1").write_text("throw 'no'", encoding="utf-8")
    (tmp_path / "good.psm1").write_text(
        "function A { 'a' }; function B { 'b' }; Export-ModuleMember A", encoding="utf-8"
    )
    script = (
        "try { Import-Module ./bad.psm1 } catch {}; Import-Module ./good.psm1; A; Get-Command B -EA Ignore"
    )
    assert run(f"Set-Location '{tmp_path}'; {script}").output == ["a"]


def test_headers_of_a_service_that_are_no_numbers_are_none() -> None:
    headers = ResponseHeaders([("Retry-After", "\u00b2"), ("Content-Length", "\u00b2")])
    message = message_of(
        429, "", [("Retry-After", "9" * 30), ("Content-Length", "9" * 30)], "http://h/", "GET"
    )
    assert headers.text("retry-after") == "\u00b2"
    run("$args[0].Headers.RetryAfter.Delta; $args[0].Content.Headers.ContentLength", arguments=[message])
    content = ContentHeaders([("Content-Length", "\u00b2")])
    assert run("$args[0].RetryAfter.Delta; $args[1].ContentLength", arguments=[headers, content]).output == [
        None,
        None,
    ]


def test_the_body_of_an_error_may_be_nested_too_deep_to_be_laid_out() -> None:
    body = "[" * 100_000
    assert readable(body, "application/json") == body
    body += "]" * 100_000
    assert readable(body, "application/json") == body


def test_a_script_that_has_ended_leaves_no_connection_open() -> None:
    gc.collect()
    with OfflineServer() as server, warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always", ResourceWarning)
        run("$null = Invoke-RestMethod $args[0] -SkipHttpErrorCheck", arguments=[server.base_url])
        run("'another session'")
        gc.collect()
    assert [str(one.message) for one in warned] == []


def test_web_cmdlets_say_what_they_send_and_get_under_verbose(tmp_path: Path) -> None:
    with OfflineServer() as server:
        ran = run(
            "$VerbosePreference = 'Continue'; $url = $args[0]\n"
            "$headers = @{ Authorization = 'Bearer sk-test' }\n"
            '$null = Invoke-RestMethod "$url/nothing?key=secret" -SkipHttpErrorCheck -Headers $headers\n'
            "$null = irm $url/nothing -Method Post -Body 'abc' -SkipHttpErrorCheck -Headers $headers\n"
            "$null = iwr $url/nothing -Method Put -Body @{ a = 1 } -SkipHttpErrorCheck -Headers $headers\n"
            "$null = irm $url/nothing -Method Delete -ContentType 'a/b; c=d' -SkipHttpErrorCheck "
            "-OutFile $args[1]\n"
            "try { irm $url/nothing -MaximumRetryCount 1 -RetryIntervalSec 1 -Headers $headers } catch { }",
            arguments=[server.base_url, str(tmp_path / "x")],
        )
    told = [
        line.removeprefix("VERBOSE: ").replace(server.base_url, "URL") for line in ran.messages.splitlines()
    ]
    assert [one for one in told if not one.startswith("WebResponse: ")] == [
        "WebRequest: v1.1 GET URL/nothing with query length 10",
        "WebRequest: v1.1 POST URL/nothing with application/x-www-form-urlencoded payload "
        "with body size 3 B (3 bytes)",
        "WebRequest: v1.1 PUT URL/nothing with body size 3 B (3 bytes)",
        f"WebRequest: v1.1 DELETE URL/nothing with a/b payload with body size 0 b (0 bytes) "
        f"output to {tmp_path / 'x'}",
        "File Name: x",
        "WebRequest: v1.1 GET URL/nothing",
        "Retrying after interval of 1 seconds. Status code for previous attempt: NotFound",
        "WebRequest: v1.1 GET URL/nothing",
    ]
    assert "WebResponse: 404 Not Found with application/json payload with body size 109 B (109 bytes)" in told
