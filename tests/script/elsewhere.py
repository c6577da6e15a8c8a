"""A server of another's that speaks the chat API, and keeps what it is asked."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

WITHOUT = {
    "OPENAI_API_KEY": "sk-of-the-environment",
    "OPENAI_ORG_ID": "org-of-it",
    "OPENAI_PROJECT_ID": "proj",
}
"""An environment of which nothing may reach the server."""

KEPT = ("authorization", "api-key", "content-type", "x-title", "http-referer")
NEVER = ("openai-organization", "openai-project")


class Server:
    """Answers every question with its last message; refuses a key that is `wrong`."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        asked = self.requests

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: Any) -> None:
                pass

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                headers = {name: self.headers[name] for name in (*KEPT, *NEVER) if name in self.headers}
                asked.append({"path": self.path, "headers": headers, "body": body})
                refused = any("wrong" in self.headers.get(name, "") for name in ("authorization", "api-key"))
                text = json.dumps(_REFUSAL if refused else _reply(body)).encode()
                self.send_response(401 if refused else 200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Server:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


_REFUSAL = {"error": {"message": "No such key."}}


def _reply(body: dict[str, Any]) -> dict[str, Any]:
    message = {"role": "assistant", "content": f"You said {body['messages'][-1]['content']}"}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": body.get("model", "own"),
        "choices": [choice],
    }
