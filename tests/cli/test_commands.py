"""The other commands, and what holds for all: exit codes, plain output, a quick start."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from psbridge import OfflineServer

from .conftest import COMMAND, Run


def test_the_demo_runs_the_page_and_ends_in_the_reply(psbridge: Run) -> None:
    done = psbridge("demo")
    assert (done.returncode, done.stderr) == (0, "")
    calls = re.findall(r"^ +\d+  ([A-Z]\w+-\w+)", done.stdout, re.MULTILINE)
    assert calls[0] == "Get-Configuration" and calls[-1] == "New-ChatCompletion" and len(calls) == 22
    assert "HTTP 200" in done.stdout and '"role": "function"' in done.stdout
    assert done.stdout.count("WARNING: ") == 3
    assert "'Prediction' is not sent: 'Prediction.Content' was left unset." in done.stdout
    assert done.stdout.rstrip().splitlines()[-1].endswith("You said: Hello from psbridge")


def test_the_demo_needs_nothing_of_the_environment(
    psbridge: Run, monkeypatch: pytest.MonkeyPatch, dead_address: str
) -> None:
    """A key, a base URL and a proxy that lead nowhere are not used and not shown."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-a-real-key-000001")
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://{dead_address}/v1")
    monkeypatch.setenv("ALL_PROXY", f"http://{dead_address}")
    done = psbridge("demo")
    assert (done.returncode, done.stderr) == (0, "")
    assert "sk-a-real" not in done.stdout


def test_output_off_a_terminal_is_plain(psbridge: Run) -> None:
    for arguments in (("demo",), ("--help",), ("cmdlets", "New-ChatCompletion"), ("cmdlets", "set-")):
        text = psbridge(*arguments).stdout
        assert "\x1b" not in text and not re.search("[─│╭╰━┃]", text), arguments


def test_cmdlets_lists_every_cmdlet_one_a_line(psbridge: Run) -> None:
    lines = psbridge("cmdlets").stdout.splitlines()
    names = [line.split()[0] for line in lines]
    assert len(names) == len(set(names)) and {"New-ChatCompletion", "Initialize-FunctionObject"} <= set(names)


def test_cmdlets_filters_by_a_part_or_a_pattern(psbridge: Run) -> None:
    part = {line.split()[0] for line in psbridge("cmdlets", "configurationapikey").stdout.splitlines()}
    assert part == {"Set-ConfigurationApiKey", "Set-ConfigurationApiKeyPrefix"}
    pattern = psbridge("cmdlets", "get-c*").stdout.splitlines()
    assert pattern and all(line.startswith("Get-C") for line in pattern)


@pytest.mark.parametrize("name", ["initialize-chatcompletiontool", "Initialize_ChatCompletionTool"])
def test_cmdlets_describes_one(psbridge: Run, name: str) -> None:
    text = psbridge("cmdlets", name).stdout
    assert "Initialize-ChatCompletionTool [[-Type] <String>] [[-VarFunction] <PSCustomObject>]" in text
    assert "psbridge.Initialize_ChatCompletionTool(" in text
    assert "Allowed: function." in text and "Position: 1." in text and "Required." in text
    assert "JSON and Python: function (Python takes VarFunction too)." in text


def test_both_ways_of_calling_new_chatcompletion_are_shown(psbridge: Run) -> None:
    text = psbridge("cmdlets", "New-ChatCompletion").stdout
    first, second = [line for line in text.splitlines() if line.startswith("    New-ChatCompletion ")]
    assert "[[-CreateChatCompletionRequest] <PSCustomObject>]" in first and "-Messages" not in first
    assert "[-Messages <PSCustomObject[]>]" in second


def test_a_mistyped_cmdlet_gets_a_suggestion(psbridge: Run) -> None:
    done = psbridge("cmdlets", "New-ChatCompletin")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Did you mean New-ChatCompletion" in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "arguments", [("nope",), ("chat", "--modle", "x"), ("offline-server", "--port", "99999"), ("demo", "x")]
)
def test_wrong_usage_ends_with_2(psbridge: Run, arguments: tuple[str, ...]) -> None:
    done = psbridge(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr and done.stderr


def test_version_and_help(psbridge: Run) -> None:
    assert psbridge("--version").stdout == f"psbridge {version('psbridge')}\n"
    for arguments in ((), ("--help",), ("-h",)):
        done = psbridge(*arguments)
        assert done.returncode == 0 and "offline-server" in done.stdout


def test_the_reader_of_a_pipe_may_leave(psbridge: Run) -> None:
    with subprocess.Popen([*COMMAND, "cmdlets"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        process.wait(timeout=60)
        assert process.stderr.read() == b""


@pytest.mark.skipif(sys.platform == "win32", reason="signals cannot be sent to a Windows process")
def test_the_offline_server_prints_its_base_url_first_and_ends_on_ctrl_c(
    psbridge: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = subprocess.Popen(
        [*COMMAND, "offline-server", "--delay", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        monkeypatch.setenv("OPENAI_BASE_URL", process.stdout.readline().strip())
        monkeypatch.setenv("OPENAI_API_KEY", "sk-any")
        assert "You said: Hi" in psbridge("chat", "Hi").stdout
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=60) == ("", "")
        assert process.returncode == 0
    finally:
        process.kill()
        process.communicate()


def test_a_taken_port_is_one_sentence(psbridge: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = psbridge("offline-server", "--port", port)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"127.0.0.1 port {port}" in done.stderr and done.stderr.count("\n") == 1


def _findings(text: str) -> dict[str, tuple[str, str]]:
    rows = [re.split(r" {2,}", line, maxsplit=2) for line in text.splitlines()]
    return {row[0]: (row[1], row[2]) for row in rows}


def test_doctor_reports_what_there_is(
    psbridge: Run, server: OfflineServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PSBRIDGE_PWSH", "no-such-powershell")
    done = psbridge("doctor")
    found = _findings(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert found["Python"][1].startswith(".".join(map(str, sys.version_info[:3])))
    assert found["pydantic"] == ("ok", version("pydantic"))
    assert found["Offline call"][0] == "ok"
    assert found["Key"] == ("ok", "present (never shown)") and "right-key" not in done.stdout
    assert found["Base URL"] == ("ok", f"{server.base_url}: answers")
    assert found["Proxy"] == ("ok", "none")
    assert found["PowerShell"] == ("not found", "PSBRIDGE_PWSH names no program")


def test_doctor_is_content_without_key_network_or_good_settings(
    psbridge: Run, monkeypatch: pytest.MonkeyPatch, dead_address: str
) -> None:
    """What is optional is reported; psbridge itself works, so the exit code is 0."""
    monkeypatch.setenv("PSBRIDGE_PWSH", os.devnull)
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://{dead_address}/v1")
    done = psbridge("doctor")
    found = _findings(done.stdout)
    assert done.returncode == 0
    assert found["Key"][0] == "not found" and found["Base URL"][0] == "not reachable"
    monkeypatch.setenv("OPENAI_BASE_URL", "nonsense")
    done = psbridge("doctor")
    assert done.returncode == 0
    assert _findings(done.stdout)["Configuration"][0] == "wrong"


def test_doctor_takes_a_host_outside_ascii_and_names_a_wrong_port(
    psbridge: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PSBRIDGE_PWSH", os.devnull)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://b\u00fccher.invalid:81/v1")
    done = psbridge("doctor", env={**os.environ, "PYTHONUTF8": "1"})
    assert (done.returncode, done.stderr) == (0, "")
    state, detail = _findings(done.stdout)["Base URL"]
    assert state == "not reachable" and "b\u00fccher.invalid" in detail
    for port in ("99999", "abc", "-1"):
        monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{port}/v1")
        done = psbridge("doctor")
        assert (done.returncode, done.stderr) == (0, "")
        assert f":{port}/v1" in _findings(done.stdout)["Configuration"][1]


def test_doctor_names_a_wrong_proxy(psbridge: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PSBRIDGE_PWSH", os.devnull)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:99999")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://psbridge.invalid/v1")
    done = psbridge("doctor")
    assert (done.returncode, done.stderr) == (0, "")
    assert _findings(done.stdout)["Configuration"][0] == "wrong"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("nonsense",), 2),
        (("chat", "--nonsense"), 2),
        (("cmdlets", "nothing-like-this"), 2),
        (("install-module", "--scope", "galaxy"), 2),
        (("install-module", "--path", os.devnull), 1),
        (("run-script", "no-such-file.ps1"), 2),
        (("offline-server", "--port", "70000"), 2),
        (("chat", "Hi"), 1),
        (("--version",), 0),
        (("cmdlets", "set-"), 0),
    ],
)
def test_exit_codes_are_the_readmes(psbridge: Run, arguments: tuple[str, ...], code: int) -> None:
    done = psbridge(*arguments)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr


def test_doctor_shows_the_proxy_without_its_password(
    psbridge: Run, server: OfflineServer, monkeypatch: pytest.MonkeyPatch, dead_address: str
) -> None:
    """A proxy that cannot be reached is to blame itself; one that answers is all right."""
    monkeypatch.setenv("PSBRIDGE_PWSH", os.devnull)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://psbridge.invalid/v1")
    monkeypatch.setenv("HTTP_PROXY", f"http://user:pa55word@{dead_address}")
    found = _findings((done := psbridge("doctor")).stdout)
    assert found["Proxy"][0] == "not reachable" and dead_address in found["Proxy"][1]
    assert found["Base URL"][0] == "not reachable" and "proxy" in found["Base URL"][1]
    assert "pa55word" not in done.stdout
    there = server.base_url.removeprefix("http://").removesuffix("/v1")
    monkeypatch.setenv("HTTP_PROXY", f"http://user:pa55word@{there}")
    found = _findings((done := psbridge("doctor")).stdout)
    assert found["Proxy"][0] == "ok" and found["Proxy"][1].endswith(f"@{there}")
    assert "pa55word" not in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="the PowerShell of this test is a shell script")
@pytest.mark.parametrize(
    ("answers", "rows"),
    [
        (("7.6.5", "Unrestricted", "FullLanguage"), {"PowerShell": "ok", "PowerShell policy": "ok"}),
        (
            ("5.1.22621.1", "Restricted", "FullLanguage", "533320"),
            {"Windows PowerShell": "ok", "Windows PowerShell policy": "wrong"},
        ),
        (
            ("5.1.17763.1", "AllSigned", "ConstrainedLanguage", "394802"),
            {
                "Windows PowerShell policy": "wrong",
                "Windows PowerShell language": "wrong",
                ".NET Framework": "too old",
            },
        ),
        (
            ("7.4.0", "RemoteSigned", "ConstrainedLanguage"),
            {"PowerShell policy": "ok", "PowerShell language": "wrong"},
        ),
    ],
)
def test_doctor_names_the_policies_in_the_way(
    psbridge: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    answers: tuple[str, ...],
    rows: dict[str, str],
    dead_address: str,
) -> None:
    shell = tmp_path / "pwsh"
    shell.write_text("#!/bin/sh\n" + "".join(f"echo {answer}\n" for answer in answers))
    shell.chmod(0o755)
    monkeypatch.setenv("PSBRIDGE_PWSH", str(shell))
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://{dead_address}/v1")
    done = psbridge("doctor")
    found = {name: row[0] for name, row in _findings(done.stdout).items()}
    assert done.returncode == 0 and rows.items() <= found.items()
    assert (".NET Framework" in found) == (".NET Framework" in rows)
    if "wrong" in rows.values() and "AllSigned" in answers:
        assert "about_PSBridge" in done.stdout


def test_a_quick_command_loads_no_heavy_package() -> None:
    """What only talks about the commands needs neither the models nor an HTTP client."""
    script = (
        "import sys; sys.argv = ['psbridge', *{!r}]; sys.stdout = open({!r}, 'w')\n"
        "from psbridge.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "loaded = [one for one in ('psbridge.models', 'httpx', 'httpcore', 'h11') if one in sys.modules]\n"
        "sys.exit(', '.join(loaded) or None)"
    )
    for arguments in (["--version"], ["--help"], ["chat", "--help"]):
        done = subprocess.run(
            [sys.executable, "-c", script.format(arguments, os.devnull)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, ""), arguments
