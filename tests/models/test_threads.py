"""Models that many threads use first at once."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import random, sys, threading
from psbridge import models
from psbridge.cmdlets.table import entry
kinds = [models.CreateChatCompletionResponse, models.CreateChatCompletionRequest,
         models.ChatCompletionRequestUserMessage, models.CreateChatCompletionStreamResponse,
         models.ChatCompletionRequestAssistantMessage]
reply = b'{"role": 5, "choices": [{"index": "x", "delta": {}}], "messages": 7}'
failures, together = [], threading.Barrier(16)
def use():
    try:
        together.wait()
        for kind in random.sample(kinds, len(kinds)):
            kind.from_reply(reply).model_dump_json()
            entry("Initialize-" + kind.__name__).command
    except BaseException as failure:
        failures.append(repr(failure))
sys.setswitchinterval(1e-6)
threads = [threading.Thread(target=use) for _ in range(16)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(failures)
"""


def test_threads_that_use_models_first_at_once_do_not_see_them_half_built() -> None:
    """pydantic builds them on first use. In processes of their own, for it is the first use that counts."""
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "[]"
