"""Runs measured whole scripts: `psbridge run-script` in a folder, a recording proxy before its server."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from psbridge.offline import OfflineServer
from psbridge.script.comparing import command_line

Line = dict[str, Any]
_HOP = ("host", "connection", "content-length", "transfer-encoding", "accept-encoding")


class Recorder:
    """A proxy before a server: keeps what is asked, and adds the fault of each request."""

    def __init__(self, target: str, faults: list[str | None]) -> None:
        self.requests: list[Line] = []
        recorder = self
        origin = urlsplit(target)

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: Any) -> None:
                pass

            def _pass_on(self) -> None:
                size = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(size) if size else b""
                number = len(recorder.requests)
                recorder.requests.append(_asked(self.command, self.path, body, dict(self.headers)))
                headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
                if number < len(faults) and faults[number]:
                    headers["x-offline-fault"] = str(faults[number])
                url = f"{origin.scheme}://{origin.netloc}{self.path}"
                request = Request(url, data=body or None, headers=headers, method=self.command)
                try:
                    with urlopen(request) as reply:
                        self._answer(reply.status, reply.headers.items(), reply.read())
                except HTTPError as error:
                    self._answer(error.code, error.headers.items(), error.read())
                except OSError:
                    self.close_connection = True

            def _answer(self, status: int, headers: Any, body: bytes) -> None:
                self.send_response_only(status)
                for name, value in headers:
                    if name.lower() not in _HOP:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_DELETE = do_PUT = do_PATCH = do_HEAD = _pass_on

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}{origin.path}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self) -> None:
        """Stop listening."""
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def _asked(method: str, path: str, body: bytes, headers: dict[str, str]) -> Line:
    made: Line = {"method": method, "path": path}
    try:
        made["body"] = json.loads(body) if body else None
    except ValueError:
        made["body"] = body.decode("utf-8", "replace")
    made["headers"] = {name.lower(): value for name, value in headers.items()}
    return made


def _write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(_bytes(text))


def _bytes(text: str) -> bytes:
    return base64.b64decode(text[7:]) if text.startswith("base64:") else text.encode()


def _read(path: Path) -> str:
    data = path.read_bytes()
    try:
        return _lines(data.decode("utf-8"))
    except UnicodeDecodeError:
        return f"base64:{base64.b64encode(data).decode()}"


def _lines(text: str) -> str:
    """A text with the ends of lines of the system where the scripts were measured."""
    return text.replace(os.linesep, "\n")


def run_script(line: Line, how: str = "run") -> Line:
    """What a whole script, or its Python, prints, writes, sends, and ends with."""
    with tempfile.TemporaryDirectory() as name, OfflineServer() as server:
        folder = Path(name)
        _write(folder, line["files"])
        (folder / "script.ps1").write_text(line["script"], encoding="utf-8", newline="")
        command = ["-m", "psbridge", "run-script", "script.ps1", *line["args"]]
        if how == "port":
            python = _ported(folder, line["script"])
            command = ["script.py", *command_line(line["args"], python, line["script"])]
        ours = {folder / "script.ps1", *folder.glob("*.py")} - {folder / name for name in line["files"]}
        recorder = Recorder(server.base_url, line["faults"])
        kept = {
            key: value for key, value in os.environ.items() if not key.upper().startswith(("OPENAI", "HTTP"))
        }
        environment = {
            **kept,
            "OPENAI_API_KEY": "sk-test",
            "OPENAI_BASE_URL": recorder.url,
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(Path(__file__).parents[2]),
            **line["env"],
        }
        try:
            ran = subprocess.run(
                [sys.executable, *command],
                cwd=folder,
                env=environment,
                input=line["stdin"].encode(),
                capture_output=True,
                timeout=120,
            )
        finally:
            recorder.close()
        written = {
            path.relative_to(folder).as_posix(): _read(path)
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path not in ours and path.parent.name != "__pycache__"
        }
        given = {key: _bytes(text) for key, text in line["files"].items()}
        written = {key: text for key, text in written.items() if given.get(key) != _bytes(text)}
        return {
            "stdout": _lines(ran.stdout.decode("utf-8", "replace")),
            "stderr": _lines(ran.stderr.decode("utf-8", "replace")),
            "exit": ran.returncode,
            "written": written,
            "requests": _compared(recorder.requests, line["requests"]),
        }


def _compared(asked: list[Line], measured: list[Line]) -> list[Line]:
    """The requests with the headers that the measured ones give."""
    made = []
    for number, request in enumerate(asked):
        wanted = measured[number] if number < len(measured) else {}
        one = {key: value for key, value in request.items() if key != "headers"}
        if "headers" in wanted:
            one["headers"] = {name: request["headers"].get(name) for name in wanted["headers"]}
        if "body" not in wanted and one.get("body") is None:
            one.pop("body")
        made.append(one)
    return made


def _ported(folder: Path, text: str) -> str:
    """Write a script's Python, and the modules of the files that it dot-sources, into its folder."""
    from psbridge.script import port

    ported = port(text, path=folder / "script.ps1", module="script")
    for name, module in {"script.py": ported.text, **ported.modules}.items():
        (folder / name).write_text(module, encoding="utf-8")
    return ported.text
