"""A small client of the worker: a real process over real pipes, with nothing of psbridge in it.

Every message that comes is kept in order, so that a test can say how often something was answered and when.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

PATIENCE = 60.0  # seconds after which a test gives up; nothing is expected to take that long


class WorkerClient:
    """Starts a worker and talks to it; use it in a `with`.

    Args:
        program: what Python runs, by default the worker as users start it.
        environment: variables set besides this process's.
        greet: say hello at once.
    """

    def __init__(
        self,
        program: Sequence[str] = ("-m", "psbridge.bridge"),
        environment: Mapping[str, str] | None = None,
        *,
        greet: bool = True,
    ) -> None:
        self.messages: list[dict[str, Any]] = []
        self.raw: list[bytes] = []
        self.errors = bytearray()
        self.ended = False
        self._next = 0
        self._changed = threading.Condition()
        self._may_read = threading.Event()
        self._may_read.set()
        self._writing = threading.Lock()
        self.process = subprocess.Popen(
            [sys.executable, *program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**_clean_environment(), **(environment or {})},
        )
        assert self.process.stdin and self.process.stdout and self.process.stderr
        self._stdin, self._stdout, self._stderr = (
            self.process.stdin,
            self.process.stdout,
            self.process.stderr,
        )
        self._threads = [threading.Thread(target=target) for target in (self._read, self._read_errors)]
        for thread in self._threads:
            thread.start()
        if greet:
            try:
                self.ask("hello", protocol=1)
            except BaseException:
                self.__exit__()
                raise

    # Writing

    def write(self, data: bytes) -> None:
        """Bytes as they are."""
        with self._writing:
            self._stdin.write(data)
            self._stdin.flush()

    def line(self, message: object) -> bytes:
        """A message as a line."""
        return json.dumps(message).encode() + b"\n"

    def new_id(self) -> int:
        """An id nobody used yet."""
        with self._changed:
            self._next += 1
            return self._next

    def send(self, method: str, params: Mapping[str, Any] | None = None, id: Any = None) -> Any:
        """A request; returns its id."""
        id = self.new_id() if id is None else id
        self.write(self.line({"jsonrpc": "2.0", "id": id, "method": method, "params": params or {}}))
        return id

    def invoke(self, name: str, parameters: Mapping[str, Any] | None = None, **more: Any) -> Any:
        """Start a cmdlet; returns the request's id."""
        return self.send("invoke", {"name": name, "parameters": parameters or {}, **more})

    def cancel(self, id: Any) -> None:
        """Ask for a call to be cancelled."""
        self.write(self.line({"jsonrpc": "2.0", "method": "cancel", "params": {"id": id}}))

    def close_input(self) -> None:
        """Close the worker's standard input."""
        with self._writing:
            self._stdin.close()

    # Reading

    def pause(self) -> None:
        """Stop reading the worker's standard output."""
        self._may_read.clear()

    def resume(self) -> None:
        """Read on."""
        self._may_read.set()

    def _read(self) -> None:
        for line in self._stdout:
            with self._changed:
                self.raw.append(line)
                self.messages.append(opened(json.loads(line)))
                self._changed.notify_all()
            self._may_read.wait()
        with self._changed:
            self.ended = True
            self._changed.notify_all()

    def _read_errors(self) -> None:
        while data := os.read(self._stderr.fileno(), 1 << 16):
            self.errors += data

    def until(self, condition: Callable[[], Any]) -> Any:
        """Wait until `condition()` is true, looked at after every message; what it gave."""
        with self._changed:
            limit = time.monotonic() + PATIENCE
            while not (found := condition()):
                if self.ended:
                    raise EOFError(f"the worker has ended; it said {bytes(self.errors).decode()!r}")
                if not self._changed.wait(limit - time.monotonic()):
                    raise TimeoutError(f"nothing came; the worker said {bytes(self.errors).decode()!r}")
            return found

    def answers(self, id: Any) -> list[dict[str, Any]]:
        """All answers to one request so far; there should be one."""
        return [one for one in list(self.messages) if "method" not in one and same(one["id"], id)]

    def answer(self, id: Any) -> dict[str, Any]:
        """Wait for the answer to a request."""
        seen = 0
        found: list[dict[str, Any]] = []

        def look() -> list[dict[str, Any]]:
            nonlocal seen
            while seen < len(self.messages):
                one = self.messages[seen]
                seen += 1
                if "method" not in one and same(one["id"], id):
                    found.append(one)
            return found

        self.until(look)
        return found[0]

    def result(self, id: Any) -> Any:
        """Wait for the result of a request."""
        answer = self.answer(id)
        assert "result" in answer, answer
        return answer["result"]

    def error(self, id: Any) -> Any:
        """Wait for the error of a request."""
        answer = self.answer(id)
        assert "error" in answer, answer
        return answer["error"]

    def error_without_id(self) -> Any:
        """Wait for the first error that names no request."""
        answer = self.until(lambda: [one for one in self.messages if one.get("id", 0) is None])
        return answer[0]["error"]

    def ask(self, method: str, **params: Any) -> Any:
        """A request, and its result."""
        return self.result(self.send(method, params))

    def run(self, name: str, parameters: Mapping[str, Any] | None = None, **more: Any) -> Any:
        """A cmdlet, and the value it gives."""
        return self.result(self.invoke(name, parameters, **more))["value"]

    def fails(self, name: str, parameters: Mapping[str, Any] | None = None, **more: Any) -> Any:
        """A cmdlet, and the error it ends in."""
        return self.error(self.invoke(name, parameters, **more))

    def notifications(self, method: str, id: Any) -> list[dict[str, Any]]:
        """The params of what was told about a call, in order."""
        found = [one["params"] for one in list(self.messages) if one.get("method") == method]
        return [one for one in found if same(one["id"], id)]

    def items(self, id: Any) -> list[Any]:
        """The items of a stream so far."""
        return [one["value"] for one in self.notifications("item", id)]

    def said(self, id: Any, stream: str) -> list[str]:
        """What was noted about a call on one stream so far."""
        return [one["text"] for one in self.notifications("note", id) if one["stream"] == stream]

    # Ending

    def wait(self) -> int:
        """Wait for the worker's end; its exit code."""
        return self.process.wait(PATIENCE)

    def until_ended(self) -> None:
        """Wait until everything the worker wrote is read."""
        self._threads[0].join(PATIENCE)
        assert self.ended

    def __enter__(self) -> WorkerClient:
        return self

    def __exit__(self, *exception: object) -> None:
        self.resume()
        with contextlib.suppress(OSError):  # it may have ended already
            self.close_input()
        try:
            self.process.wait(PATIENCE)
        finally:
            if self.process.poll() is None:
                self.process.kill()
            for thread in self._threads:
                thread.join()
            self._stdout.close()
            self._stderr.close()


def _clean_environment() -> dict[str, str]:
    """This process's variables without proxy, TLS and OpenAI settings of the machine."""
    prefixes = ("OPENAI_", "AZURE_", "PSBRIDGE_", "SSL_CERT_", "PYTHONWARNINGS")
    return {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(prefixes) and not name.upper().endswith("_PROXY")
    }


def same(one: object, other: object) -> bool:
    """Equal ids: 1 and 1.0 or True are not."""
    return type(one) is type(other) and one == other


def opened(value: Any) -> Any:
    """What the worker sent, with `{"$type": name, "set": members}` for each object of a named kind."""
    if isinstance(value, dict):
        told = value.get("$psbridge")
        if told == "number":
            return float(value["value"])
        if isinstance(told, list):
            if not told[0]:
                return dict(zip(told[1::2], [opened(item) for item in told[2::2]], strict=True))
            members = zip(told[1::2], told[2::2], strict=True)
            return {"$type": told[0], "set": {name: opened(item) for name, item in members}}
        return {name: opened(item) for name, item in value.items()}
    return [opened(item) for item in value] if isinstance(value, list) else value


def plain(value: Any) -> Any:
    """An encoded value as ordinary JSON: models as objects of what is set."""
    if isinstance(value, dict):
        if "$type" in value:
            value = value["set"]
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value
