"""The command at the ends of pipes: closed streams, readers that leave, encodings, silence, terminals."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from psbridge import OfflineServer
from psbridge.cli import WrongUsageError
from psbridge.cli.screen import harmless
from psbridge.cli.streams import decoded
from psbridge.offline import Fault

from .conftest import COMMAND, Run

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell, or a pseudo-terminal")
WITHOUT_OUTPUT = "import os, sys; os.close({}); os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"


def closed(descriptor: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command, started with a standard stream that is not open."""
    return subprocess.run(
        [sys.executable, "-c", WITHOUT_OUTPUT.format(descriptor), *COMMAND[1:], *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


@posix
@pytest.mark.parametrize(
    "arguments",
    [("chat", "Hi"), ("chat", "Hi", "--json"), ("cmdlets",), ("doctor",), ("demo",), ("--version",)],
)
def test_closed_standard_output_is_one_sentence(server: OfflineServer, arguments: tuple[str, ...]) -> None:
    """And nothing is asked for, and paid for, that nobody can read."""
    done = closed(1, *arguments)
    assert done.returncode == 1
    assert "tandard output" in done.stderr and done.stderr.count("\n") == 1
    assert not [one for one in server.requests if one.method == "POST"]


@posix
def test_work_is_done_though_standard_output_is_closed(tmp_path: Path) -> None:
    """What a command is for is done; that it could not be told is the exit code's."""
    done = closed(1, "install-module", "--path", str(tmp_path))
    assert done.returncode == 1 and "tandard output" in done.stderr
    assert [entry.name for entry in tmp_path.iterdir()] == ["PSBridge"]


@posix
def test_closed_standard_input_and_error_do_no_harm(server: OfflineServer) -> None:
    assert closed(0, "chat", "Hi").stdout.endswith("You said: Hi\n")
    assert closed(0, "chat").returncode == 2
    done = closed(2, "chat", "Hi")
    assert done.returncode == 0 and done.stdout.endswith("You said: Hi\n")


@posix
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a full device")  # noqa: PTH110
@pytest.mark.parametrize("arguments", [("cmdlets",), ("chat", "Hi", "--offline"), ("--help",)])
def test_a_full_disk_is_one_sentence(arguments: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([*COMMAND, *arguments], stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1
    assert b"No space left" in done.stderr and done.stderr.count(b"\n") == 1


@pytest.mark.parametrize(
    "arguments", [("cmdlets",), ("cmdlets", "New-ChatCompletion"), ("demo",), ("--help",)]
)
def test_a_reader_that_has_read_enough_is_no_failure(arguments: tuple[str, ...]) -> None:
    """`psbridge cmdlets | head -1`: whether the rest was in the pipe already, or never will be."""
    for first in (False, True):
        with subprocess.Popen(
            [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL
        ) as process:
            assert process.stdout is not None and process.stderr is not None
            if first:
                process.stdout.read(1)
            process.stdout.close()
            errors = process.stderr.read()
            assert (process.wait(timeout=60), errors) == (0, b"")


def test_piped_text_belongs_behind_the_prompt(psbridge: Run, server: OfflineServer, tmp_path: Path) -> None:
    """From a pipe and from a file; an empty one adds nothing."""
    done = psbridge("chat", "Summarise:", says="One.\nTwo.\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert server.requests[-1].json["messages"][0]["content"] == "Summarise:\n\nOne.\nTwo."
    file = tmp_path / "text.txt"
    file.write_text("Three.\n", encoding="utf-8")
    with file.open("rb") as given:
        subprocess.run([*COMMAND, "chat", "Summarise:"], stdin=given, check=True, capture_output=True)
    assert server.requests[-1].json["messages"][0]["content"] == "Summarise:\n\nThree."
    psbridge("chat", "Summarise:", says=" \n")
    assert server.requests[-1].json["messages"][0]["content"] == "Summarise:"


def test_input_can_be_left_alone(server: OfflineServer) -> None:
    """A pipe that never ends is not waited for, and what a loop reads is not taken from it."""
    with subprocess.Popen(
        [*COMMAND, "chat", "Hi", "--no-input"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        assert process.stdout.read().rstrip().endswith(b"You said: Hi")
        assert process.wait(timeout=60) == 0


def test_no_input_and_nothing_to_say_is_wrong_usage(psbridge: Run) -> None:
    for arguments in (("chat", "--no-input"), ("chat", "-", "--no-input")):
        done = psbridge(*arguments, says="text")
        assert (done.returncode, done.stdout) == (2, "") and done.stderr.count("\n") == 1


def test_a_silent_pipe_is_spoken_of(server: OfflineServer) -> None:
    """Once, on standard error; then it is waited for."""
    with subprocess.Popen(
        [*COMMAND, "chat", "Say:"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        notice = process.stderr.readline()
        assert b"standard input" in notice and b"--no-input" in notice
        process.stdin.write(b"late")
        process.stdin.close()
        assert process.stdout.read().rstrip().endswith(b"late")
        assert process.stderr.read() == b""
    assert server.requests[-1].json["messages"][0]["content"] == "Say:\n\nlate"


def test_a_pipe_that_speaks_is_not_spoken_of(server: OfflineServer) -> None:
    with subprocess.Popen(
        [*COMMAND, "chat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        process.stdin.write(b"first, ")
        process.stdin.flush()
        timer = threading.Timer(3.5, process.stdin.write, [b"then"])
        timer.start()
        timer.join()
        _, errors = process.communicate()
    assert errors == b""
    assert server.requests[-1].json["messages"][0]["content"] == "first, then"


@pytest.mark.parametrize("page", ["ascii", "cp1252", "latin-1"])
def test_text_that_is_piped_on_is_utf_8_whatever_the_code_page(
    psbridge: Run, server: OfflineServer, page: str
) -> None:
    """And JSON is escaped for a reader of that code page: nothing becomes a question mark."""
    code = (
        "import io, sys; from psbridge.cli import main;"
        f"sys.stdout = io.TextIOWrapper(sys.stdout.detach(), encoding={page!r}); main()"
    )
    for options in ((), ("--json",)):
        done = subprocess.run(
            [sys.executable, "-c", code, "chat", "-", *options],
            input="日本 ü".encode(),
            capture_output=True,
            check=True,
        )
        text = done.stdout.decode("ascii" if options else "utf-8")
        assert "日本 ü" in (json.loads(text)["choices"][0]["message"]["content"] if options else text)


def test_json_for_a_reader_of_utf_8_stays_readable(server: OfflineServer) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-m", "psbridge", "chat", "-", "--json"],
        input="日本".encode(),
        capture_output=True,
        check=True,
    )
    assert "日本" in done.stdout.decode()


@pytest.mark.parametrize("name", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_says_what_is_piped_in(name: str) -> None:
    """Windows PowerShell's files and pipes have one."""
    assert decoded("Grüße 日本 🙂".encode(name)) == "Grüße 日本 🙂"


@pytest.mark.parametrize("page", ["ascii", "cp1252"])
def test_errors_that_are_piped_on_are_utf_8_too(page: str) -> None:
    """Both streams may lead into one file."""
    code = (
        "import io, sys; from psbridge.cli import main;"
        f"sys.stderr = io.TextIOWrapper(sys.stderr.detach(), encoding={page!r}); main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "run-script", "日本-ü.ps1"], capture_output=True, check=False
    )
    assert "日本-ü.ps1" in done.stderr.decode("utf-8")


def test_an_encoding_can_be_named(psbridge: Run, server: OfflineServer) -> None:
    for name in ("cp850", "utf-16-le", "shift_jis"):
        text = "日本" if name == "shift_jis" else "Grüße"
        done = psbridge("chat", "--encoding", name, says=text.encode(name))
        assert done.returncode == 0, done.stderr
        assert server.requests[-1].json["messages"][0]["content"] == text


@pytest.mark.parametrize("name", ["utf-9", "hex", "rot13", "a\0b"])
def test_an_encoding_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(WrongUsageError, match="is not an encoding of text"):
        decoded(b"abc", name)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has a code page for it")
def test_what_is_no_text_is_said_with_the_way_out(psbridge: Run) -> None:
    done = psbridge("chat", "--offline", says=b"Gr\xfc\xdfe", env={**os.environ, "PYTHONUTF8": "1"})
    assert (done.returncode, done.stdout) == (2, "")
    assert "(byte 2)" in done.stderr and "--encoding" in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.skipif(sys.platform != "win32", reason="the code page of a Windows console")
def test_what_cmd_pipes_in_is_of_the_consoles_code_page() -> None:
    if sys.platform == "win32":
        import ctypes

        page = ctypes.windll.kernel32.GetConsoleOutputCP() or ctypes.windll.kernel32.GetOEMCP()
        assert decoded("é".encode(f"cp{page}")) == "é"


STEERING = "\x1b[31mred\x1b]0;title\x07\x9b2J\r\u202egnp.exe\u2066"


def test_what_steers_a_terminal_is_taken_out_and_nothing_else() -> None:
    text = "a\tb\nGrüße 日本 👩‍👧 \xa0é"
    assert harmless(text) == text
    assert not set(harmless(STEERING)) & set("\x1b\x07\x9b\r\u202e\u2066")


def on_terminal(*arguments: str) -> bytes:
    """What the command shows on a pseudo-terminal."""
    import pty

    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env={**os.environ, "NO_COLOR": "1", "TERM": "dumb"},
    )
    os.close(terminal)
    shown = b""
    while True:
        try:
            data = os.read(controller, 4096)
        except OSError:  # Linux says so when the last writer is gone
            break
        if not data:
            break
        shown += data
    os.close(controller)
    process.wait(timeout=60)
    return shown.replace(b"\r\n", b"\n")


@posix
@pytest.mark.parametrize("options", [(), ("--no-stream",), ("--json",)])
def test_a_reply_cannot_steer_the_terminal(server: OfflineServer, options: tuple[str, ...]) -> None:
    shown = on_terminal("chat", STEERING, *options).decode()
    assert "red" in shown and "title" in shown
    assert not set(shown) & set("\x1b\x07\x9b\r\u202e\u2066")


@posix
def test_a_servers_error_cannot_steer_the_terminal(server: OfflineServer) -> None:
    body = json.dumps({"error": {"message": f"no {STEERING}", "type": "x", "code": "y"}}).encode()
    server.faults.add(Fault(status=400, body=body))
    shown = on_terminal("chat", "Hi").decode()
    assert "no [31mred" in shown
    assert not set(shown) & set("\x1b\x07\x9b\r\u202e\u2066")
