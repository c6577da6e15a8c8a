import argparse
import re
import sys

import psbridge as ps

# Reads lines from standard input; ends with the number of empty ones as its exit code.
parser = argparse.ArgumentParser()
parser.add_argument("--prefix", dest="prefix", type=str, default="")
arguments = parser.parse_args()
prefix = arguments.prefix

lines = re.split("\r?\n", sys.stdin.read())
if lines[-1:] == [""]:
    lines = lines[:-1] or lines * 2
empty = len([item for item in lines if not item.strip()])
kept = [prefix + item.strip() for item in lines if item.strip()]
for item in kept:
    print(item)
print(f"kept {len(kept)} of {len(lines)}")
body = {
    "model": "gpt-4o-mini",
    "messages": [{"role": "user", "content": "\n".join(kept)}],
}
r = ps.New_ChatCompletion(body, MaxRetryCount=0)
print(len((r.choices[0].message.content or "").split("\n")))
print(f"{empty} empty line(s)", file=sys.stderr)
sys.exit(empty)
