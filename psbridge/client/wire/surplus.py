"""What a peer sent behind a reply: found in the HTTP/1.1 parser under httpcore, httpx and their forks.

These libraries hand such bytes to the next call as its reply. None of them tells of them, so their
objects are walked down to h11's connection, whose `trailing_data` and `send_failed` are public; where a
library has changed so that it is not found, the connection is not used again.
"""

from __future__ import annotations

from typing import Any

_INWARD = ("_h11_state", "_connection", "_stream", "_httpcore_stream", "_httpcore2_stream")
_DEEPEST = 12


def must_close(stream: Any) -> bool:
    """Whether the connection under a reply that was read to its end may not serve again.

    `stream` is the reply's stream of bytes. h11 is told that the connection has failed then, so that a
    library that keeps its own pool closes it, too.
    """
    parser = _parser(stream)
    if parser is None:
        return True
    rest, _ = parser.trailing_data
    if rest:
        parser.send_failed()
    return bool(rest)


def _parser(stream: Any) -> Any:
    one = stream
    for _ in range(_DEEPEST):
        if hasattr(one, "trailing_data"):
            return one
        one = next((inner for name in _INWARD if (inner := getattr(one, name, None)) is not None), None)
        if one is None:
            return None
    return None
