"""A server that answers a chat call with the key it came with: a reply says whose key its call used.

Prints its address, and ends when its standard input does. A key that begins with `sk-refused` gets a 401; a
prompt `hold` is answered after somebody asked for `/release`, and `/held` says how many wait.
"""

from __future__ import annotations

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

released = threading.Event()
held = 0
lock = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/release":
            released.set()
        self.reply(200, {"held": held})

    def do_POST(self) -> None:
        global held
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if request["messages"][-1]["content"] == "hold":
            with lock:
                held += 1
            released.wait(60)
            with lock:
                held -= 1
        said = self.headers.get("Authorization") or self.headers.get("api-key") or "no key"
        if said.startswith("Bearer sk-refused"):
            self.reply(401, {"error": {"message": "Incorrect API key provided.", "code": "invalid_api_key"}})
        elif request.get("stream"):
            self.stream(said)
        else:
            choice = {"index": 0, "message": {"role": "assistant", "content": said}, "finish_reason": "stop"}
            self.reply(200, {**self.common("chat.completion"), "choices": [choice]})

    def common(self, kind: str) -> dict[str, Any]:
        return {"id": "chatcmpl-1", "object": kind, "created": 1, "model": "m"}

    def stream(self, said: str) -> None:
        words = [*said.split(" "), None]
        chunks = [
            {
                **self.common("chat.completion.chunk"),
                "choices": [
                    {
                        "index": 0,
                        "delta": {} if word is None else {"content": word},
                        "finish_reason": "stop" if word is None else None,
                    }
                ],
            }
            for word in words
        ]
        body = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"
        self.send(200, "text/event-stream", body.encode())

    def reply(self, status: int, content: dict[str, Any]) -> None:
        self.send(status, "application/json", json.dumps(content).encode())

    def send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Nothing is logged."""


def main() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(f"http://127.0.0.1:{server.server_port}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main()
