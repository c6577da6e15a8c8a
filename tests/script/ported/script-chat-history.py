from collections.abc import Iterator
from typing import Any

import psbridge as ps
from psbridge.script.semantics import porting as posh

# A conversation that keeps its history, with a limit on how much is sent.
history: list[Any] = []
max_messages = 5


def send_chat_message_body(text: str, model: str) -> Iterator[Any]:
    history.append({"role": "user", "content": text})
    while len(history) > max_messages:
        del history[0]
    messages: list[Any] = [
        {"role": "system", "content": "Answer briefly."}
    ] + list(history)
    body = {"model": model, "messages": messages}
    result = ps.New_ChatCompletion(body, MaxRetryCount=0)
    reply = result.choices[0].message
    history.append({"role": reply.role, "content": reply.content})
    yield ps.PSCustomObject(Asked=text, Answer=reply.content, Sent=len(messages))


send_chat_message = posh.function(
    "Send-ChatMessage",
    ("Text", "string", {"explicit": True, "mandatory": True, "from_pipeline": True}),
    ("Model", "string", {"default": lambda: "gpt-4o-mini"}),
    process=send_chat_message_body,
)
turns = [
    "Hello, who are you?",
    "What did I just ask?",
    "Say it in German.",
    "Thanks, bye.",
]
for item in send_chat_message.stream(input=turns):
    print(f"> {item.Asked}")
    if item.Answer is not None:
        print(item.Answer)
    print(f"  ({item.Sent} messages sent)")
print(f"History now: {', '.join(item['role'] for item in history)}")
