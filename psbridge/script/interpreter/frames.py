"""Which line of a script is running: generated code has the script's own line numbers."""

from __future__ import annotations

from typing import Any

from psbridge.script.net.place import lines_of

MARK = "<ps>"  # before the script's path, as the file of generated code


def script_frame(frame: Any) -> Any:
    """The first frame, from this one outwards, that runs a script; None when there is none."""
    while frame is not None and not frame.f_code.co_filename.startswith(MARK):
        frame = frame.f_back
    return frame


def text_of(frame: Any) -> str:
    """The text of the script that a frame runs."""
    unit = frame.f_globals.get("UNIT")
    return unit.text if unit is not None else ""


def line_of(text: str, number: int) -> str:
    """One line of a text, counted from 1; empty where there is none."""
    lines = lines_of(text)
    return lines[number - 1] if 0 < number <= len(lines) else ""
