"""Regular expressions of a stranger's: matched in bounded time, whatever they are.

Python's `re` goes back and tries again, for some expressions as often as there are atoms in the universe, and
cannot be stopped. What may be such an expression is matched in a process of its own, which can.
"""

from __future__ import annotations

import functools
import json
import re
import subprocess
import sys
from pathlib import Path

_LIMIT = 0.5  # seconds, the start of the process included
_SHORT = 64  # characters of a text on which two or three loops side by side are no matter
_GROUP_LOOP = re.compile(r"\)(?:[*+]|\{\d*,\d*\}|\{\d{2,}\})")  # a group that is repeated
_LOOP = re.compile(r"(?<!\\)(?:[*+]|\{\d*,\d*\})")
_CODE = """
import json, re, sys
pattern, texts = json.load(sys.stdin)
expression = re.compile(pattern)
print(next((at for at, text in enumerate(texts) if expression.search(text)), -1))
"""


class TooSlow(Exception):
    """It could not be said in time whether the expression matches."""


def found(pattern: str, text: str) -> bool:
    """Whether `pattern` is found in `text`.

    Raises:
        re.error: `pattern` is no regular expression.
        TooSlow: it could not be said in time.
    """
    return first(pattern, (text,)) == 0


@functools.lru_cache(512)
def first(pattern: str, texts: tuple[str, ...]) -> int:
    """The place of the first of `texts` in which `pattern` is found; -1 where there is none.

    Raises:
        re.error, RecursionError, OverflowError: `pattern` is no regular expression.
        TooSlow: it could not be said in time.
    """
    expression = re.compile(pattern)
    if _is_tame(pattern, max(map(len, texts), default=0)):
        return next((at for at, text in enumerate(texts) if expression.search(text)), -1)
    if not Path(sys.executable or "").name.lower().startswith(("python", "pypy")):
        raise TooSlow  # another program's Python: there is nothing to start a process with
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", _CODE],
            input=json.dumps([pattern, texts]),
            capture_output=True,
            encoding="utf-8",
            timeout=_LIMIT,
            check=True,
        )
    except (subprocess.SubprocessError, OSError):
        raise TooSlow from None
    return int(done.stdout)


def _is_tame(pattern: str, length: int) -> bool:
    """Whether matching takes no longer than some power of the text's length that is bearable."""
    if _GROUP_LOOP.search(pattern):
        return False
    loops = len(_LOOP.findall(pattern))
    return loops < 2 or (loops < 4 and length <= _SHORT) or (loops == 2 and length <= _SHORT * _SHORT)
