"""A script's text from its bytes, and the scripts of a page. Knows nothing of Python's side."""

from __future__ import annotations

import codecs
import re

_FENCE = re.compile(r"\s*```\s*(\w*)")


def decoded(data: bytes) -> str:
    """A file's text: UTF-16 by its mark, UTF-8 else, without the mark."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    return data.decode("utf-8-sig", "replace")


def blocks_of_page(page: str) -> str:
    r"""The page's PowerShell blocks, each line in its place: the other lines are empty.

    >>> blocks_of_page("Hi\n```powershell\n1 + 1\n```\n")
    '\n\n1 + 1\n'
    """
    lines, inside = [], False
    for line in page.splitlines():
        fence = _FENCE.match(line)
        if fence:
            inside = not inside and fence.group(1).lower() in ("powershell", "ps1", "pwsh")
            lines.append("")
        else:
            lines.append(line if inside else "")
    return "\n".join(lines)
