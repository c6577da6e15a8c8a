"""Asks one question and prints the answer."""

import argparse
import os
import sys

import psbridge as ps

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("question", type=str)
parser.add_argument("--model", dest="model", type=str, default="gpt-4o-mini")
arguments = parser.parse_args()
question = arguments.question
model = arguments.model

if not os.environ.get("OPENAI_API_KEY", ""):
    print("Set OPENAI_API_KEY first.")
    sys.exit(2)
body = {"model": model, "messages": [{"role": "user", "content": question}]}
response = ps.New_ChatCompletion(body, MaxRetryCount=0)
print(response.choices[0].message.content)
