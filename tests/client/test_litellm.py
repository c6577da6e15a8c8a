"""Against a LiteLLM proxy with mock replies, where LiteLLM is installed: a compatible server that is not
ours.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from psbridge.client import Configuration
from psbridge.client.errors import StatusError

from .conftest import BODY, Caller

LITELLM = os.environ.get("PSBRIDGE_TEST_LITELLM") or shutil.which("litellm")

pytestmark = pytest.mark.skipif(
    LITELLM is None, reason="no litellm on the path, nor in PSBRIDGE_TEST_LITELLM"
)

SETTINGS = """
model_list:
  - model_name: mock
    litellm_params: {model: openai/mock, api_key: none, mock_response: "Hello from the mock"}
general_settings: {master_key: sk-master-0123456789}
litellm_settings: {telemetry: false}
"""


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Configuration]:
    folder: Path = tmp_path_factory.mktemp("litellm")
    (folder / "config.yaml").write_text(SETTINGS)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(LITELLM), "--config", "config.yaml", "--host", "127.0.0.1", "--port", str(port)]
    environment = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "NO_PROXY": "127.0.0.1"}
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, env=environment)
        try:
            _wait(f"http://127.0.0.1:{port}/health/liveliness", process, folder / "log")
            yield Configuration(base_url=f"http://127.0.0.1:{port}/v1", access_token="sk-master-0123456789")
        finally:
            process.terminate()
            process.wait()


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 180
    while time.monotonic() < until:
        if process.poll() is not None:
            pytest.fail(f"litellm ended: {log.read_text()[-2000:]}")
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
        else:
            return
    pytest.fail(f"litellm did not start: {log.read_text()[-2000:]}")


BODY_FOR_IT = {**BODY, "model": "mock"}


def test_whole_replies_streams_and_many_at_once(caller: Caller, proxy: Configuration) -> None:
    """The mock's text each time."""
    client = caller.client(proxy)
    reply = caller.create(client, BODY_FOR_IT)
    assert reply.value["choices"][0]["message"]["content"] == "Hello from the mock"
    streamed = caller.completion(client, BODY_FOR_IT)
    assert streamed["choices"][0]["message"]["content"] == "Hello from the mock"
    outcomes = caller.items(client.map([BODY_FOR_IT] * 20, concurrency=4))
    assert [outcome.ok for outcome in outcomes] == [True] * 20


def test_its_errors_are_told(caller: Caller, proxy: Configuration) -> None:
    """A wrong key, and a model it does not have."""
    with pytest.raises(StatusError):
        caller.create(caller.client(proxy.replace(access_token="sk-wrong-0123456789")), BODY_FOR_IT)
    with pytest.raises(StatusError, match="nosuch"):
        caller.create(caller.client(proxy), {**BODY, "model": "nosuch"})
