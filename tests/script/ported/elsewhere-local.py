import argparse

import psbridge as ps

# Asks a server on this machine, which wants no key.
parser = argparse.ArgumentParser()
parser.add_argument("--question", dest="question", type=str, default="Name a colour.")
arguments = parser.parse_args()
question = arguments.question

body = {
    "model": "llama3.2",
    "stream": False,
    "messages": [{"role": "user", "content": question}],
}
reply = ps.New_ChatCompletion(
    body,
    Connection=ps.New_ChatConnection(
        BaseUrl="http://chat.test/v1",
        DefaultHeaders={"Authorization": None},
    ),
    MaxRetryCount=0,
)
print(reply.choices[0].message.content)
