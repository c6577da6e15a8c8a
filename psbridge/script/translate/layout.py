"""Long lines of the Python text, broken at their brackets as formatters do. Knows nothing of PowerShell."""

from __future__ import annotations

import io
import tokenize

WIDTH = 88
_OPEN, _CLOSE = "([{", ")]}"
_BEGINS, _ENDS = (getattr(tokenize, name, None) for name in ("FSTRING_START", "FSTRING_END"))


def wrapped(text: str) -> str:
    r"""The text with its long lines broken inside brackets.

    >>> print(wrapped("x = f(" + ", ".join(["a" * 30] * 4) + ")\\n"), end="")
    x = f(
        aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,
        aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,
        aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,
        aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,
    )
    """
    lines: list[str] = []
    inside = False
    for line in text.split("\n"):
        quotes = line.count('"""')
        if inside or quotes or len(line) <= WIDTH or line.lstrip().startswith("#"):
            lines.append(line)
        else:
            lines += _broken(line)
        inside = inside != (quotes % 2 == 1)
    return "\n".join(lines)


def _broken(line: str) -> list[str]:
    """One long line as several; as it is where it has no bracket to break at."""
    if len(line) <= WIDTH:
        return [line]
    indent = " " * (len(line) - len(line.lstrip()))
    for start, end in _brackets(line):
        inner = line[start + 1 : end]
        parts, comprehends = _parts(inner)
        if not parts:
            continue
        head, tail = line[: start + 1], line[end:]
        plain = comprehends or (len(parts) == 1 and not inner.rstrip().endswith(","))
        comma = "" if plain else ","
        made = [head]
        if comprehends and len(indent) + 4 + len(inner.strip()) <= WIDTH:
            parts = [inner.strip()]
        for part in parts:
            made += _broken(f"{indent}    {part}{comma}")
        made += _broken(indent + tail)
        return made
    return [line]


def _tokens(text: str) -> list[tokenize.TokenInfo] | None:
    """The tokens of a text but for its formatted strings, which nothing may break before Python 3.12.

    From there on they are several tokens each.
    """
    made: list[tokenize.TokenInfo] = []
    within = 0
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            within += token.type == _BEGINS
            if not within:
                made.append(token)
            within -= token.type == _ENDS
    except (tokenize.TokenError, IndentationError, SyntaxError):
        return None
    return made


def _brackets(line: str) -> list[tuple[int, int]]:
    """The places of the outermost brackets of a line, the longest content first."""
    offset = len(line) - len(line.lstrip())
    tokens = _tokens(line[offset:] + ("\n    pass\n" if line.rstrip().endswith(":") else "\n"))
    found: list[tuple[int, int]] = []
    stack: list[int] = []
    for token in tokens or []:
        if token.start[0] != 1 or token.type != tokenize.OP:
            continue
        if token.string in _OPEN:
            stack.append(token.start[1] + offset)
        elif token.string in _CLOSE and stack:
            start = stack.pop()
            if not stack:
                found.append((start, token.start[1] + offset))
    return sorted(found, key=lambda place: place[0] - place[1])


def _parts(inner: str) -> tuple[list[str], bool]:
    """What commas separate at the top of a bracket's inside, or the clauses of what is a comprehension."""
    parts: list[str] = []
    depth, start, in_lambda, comprehends = 0, 0, False, False
    for token in _tokens(f"({inner})\n") or []:
        if token.start[0] != 1 or token.type in (tokenize.NEWLINE, tokenize.NL):
            continue
        if token.type == tokenize.OP and token.string in _OPEN:
            depth += 1
        elif token.type == tokenize.OP and token.string in _CLOSE:
            depth -= 1
        elif depth == 1 and (token.string == "for" or (comprehends and token.string == "if")):
            parts = (
                [*parts, inner[start : token.start[1] - 1].strip()]
                if comprehends
                else ([inner[: token.start[1] - 1].strip()])
            )
            start, comprehends = token.start[1] - 1, True
        elif comprehends:
            continue
        elif depth == 1 and token.string in ("lambda", ":"):
            in_lambda = token.string == "lambda"
        elif depth == 1 and token.string == "," and not in_lambda:
            parts.append(inner[start : token.start[1] - 1].strip())
            start = token.start[1]
    last = inner[start:].strip()
    return ([*parts, last] if last else parts), comprehends
