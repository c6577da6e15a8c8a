"""Comment-based help of a script as what Python has for it."""

from __future__ import annotations

import re


def help_sections(text: str) -> list[tuple[str, str, str]]:
    """Comment-based help in parts: its keyword, what stands after it, and the text."""
    parts = re.split(r"^[ \t]*\.([A-Za-z]+)[ \t]*(\S*)[ \t]*$", text, flags=re.MULTILINE)
    sections = [("", "", parts[0])]
    sections += [(parts[i].lower(), parts[i + 1], parts[i + 2]) for i in range(1, len(parts) - 2, 3)]
    made = []
    for keyword_, name, body in sections:
        lines = [line.strip() for line in body.strip().splitlines()]
        if any(lines):
            made.append((keyword_, name, "\n".join(lines)))
    return made


def docstring(text: str, spelt: dict[str, str]) -> list[str]:
    """Comment-based help as the lines of a docstring; parameters are called as in Python."""
    paragraphs: list[tuple[str, str]] = []
    for keyword_, name, body in help_sections(text):
        if keyword_ == "parameter":
            line = f"{spelt.get(name.lower(), name)}: {body}"
            if paragraphs and paragraphs[-1][0] == "parameter":
                paragraphs[-1] = ("parameter", f"{paragraphs[-1][1]}\n{line}")
                continue
            body = line
        elif keyword_ not in ("", "synopsis", "description"):
            body = f"{keyword_.capitalize()}:\n{body}"
        paragraphs.append((keyword_, body))
    plain = "\n\n".join(body for _, body in paragraphs).replace("\\", "\\\\").replace('"""', "'''")
    lines = plain.rstrip('"').splitlines() or [""]
    if len(lines) == 1:
        return [f'"""{lines[0]}"""']
    return ['"""' + lines[0], *lines[1:], '"""']
