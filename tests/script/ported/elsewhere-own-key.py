"""Asks several questions of a server with a key of its own."""

from typing import Any

import psbridge as ps
from psbridge.script.semantics import porting as posh

parser = posh.ArgumentParser(description=__doc__)
parser.add_argument(
    "--question",
    dest="question",
    type=str,
    nargs="*",
    default=["one", "two"],
)
parser.add_argument(
    "--base-url",
    dest="base_url",
    type=str,
    default="http://chat.test/v1",
)
parser.add_argument("--api-key", dest="api_key", type=str, default="")
arguments = parser.parse_args()
question = arguments.question
base_url = arguments.base_url
api_key = arguments.api_key


def get_answer(text: str = "", model: str = "llama3.2") -> Any:
    headers = {"X-Title": "lamps"}
    if api_key:
        headers["Authorization"] = f"Bearer {api_key}"
    body = {
        "model": model,
        "messages": [{"role": "user", "content": text}],
        "max_tokens": 20,
    }
    reply = ps.New_ChatCompletion(
        body,
        Connection=ps.New_ChatConnection(
            BaseUrl=base_url,
            DefaultHeaders={"Authorization": None, **headers},
        ),
        MaxRetryCount=0,
    )
    return reply.choices[0].message.content


for one in question:
    print(f"{one}: {(get_answer(text=one) or '')}")
