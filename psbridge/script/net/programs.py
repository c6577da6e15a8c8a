"""Other programs: where they are, what they write, and the codes with which they end."""

from __future__ import annotations

import codecs
import os
import shutil
from pathlib import Path

from .encoding import of_programs
from .place import full


def find_program(name: str) -> str | None:
    """Where a program is: a path's own file, or one on the search path.

    On Windows with the extensions of `PATHEXT`, and never in the current folder unless the path says so.

    >>> find_program("no such program") is None
    True
    """
    if not name:
        return None
    if os.path.dirname(name):  # noqa: PTH120 - `./a` has a folder
        path = full(name)
        return path if Path(path).is_file() else shutil.which(path) if os.name == "nt" else None
    if os.name != "nt":
        return shutil.which(name)
    places = (shutil.which(str(Path(folder) / name)) for folder in os.get_exec_path() if folder)
    return next((place for place in places if place), None)


def text_of(line: bytes) -> str:
    """What a program has written: UTF-8, else in the encoding that this system's programs write.

    >>> text_of("é".encode())
    'é'
    """
    try:
        return line.decode()
    except UnicodeDecodeError:
        name = of_programs()
        try:
            return line.decode("utf-8" if codecs.lookup(name).name == "ascii" else name, "replace")
        except LookupError:
            return line.decode("utf-8", "replace")


def exit_code(code: int) -> int:
    """A process's code as `$LASTEXITCODE` has it.

    On Windows a 32-bit number with a sign; elsewhere 128 and the number of the signal that ended it.

    >>> exit_code(0xC0000005), exit_code(-9), exit_code(300)
    (-1073741819, 137, 300)
    """
    if code < 0:
        return 128 - code
    return code - (1 << 32) if code >= 1 << 31 else code
