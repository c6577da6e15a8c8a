from typing import Any

import psbridge as ps

# System prompt, splatted parameters, usage at the end.
question = "List three uses of hashtables."
payload = {
    "model": "gpt-4o",
    "temperature": 0.2,
    "max_tokens": 120,
    "messages": [
        {"role": "system", "content": "You are a terse assistant."},
        {"role": "user", "content": question},
    ],
}
answer: Any = ps.New_ChatCompletion(payload, MaxRetryCount=0, TimeoutSec=30)
choice: Any = answer.choices[0]
print(f"Model:  {answer.model}")
print(f"Finish: {choice.finish_reason}")
print()
print(choice.message.content)
print()
print(
    f"Tokens: {answer.usage.prompt_tokens} prompt + {answer.usage.completion_tokens} completion = {answer.usage.total_tokens}"
)
