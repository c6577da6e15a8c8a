"""Tells a host what it needs to load this Python. Imports nothing heavy: the host waits for it."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path


def facts() -> dict[str, str]:
    """What a host needs to load this Python: the paths of `library`, `home`, `program` and `runtime`
    (Python.Runtime.dll), or `trouble`, a sentence.
    """
    found = importlib.util.find_spec("pythonnet")
    if found is None or found.origin is None:
        return {
            "trouble": f"{sys.executable} has no pythonnet, which -InProcess needs; install it with: "
            f"& '{sys.executable}' -m pip install 'psbridge[dotnet]'"
        }
    from find_libpython import find_libpython

    library = find_libpython()
    if library is None:
        return {
            "trouble": f"{sys.executable} has no shared library, which -InProcess needs; "
            "use another Python, or build it with --enable-shared."
        }
    return {
        "library": library,
        "home": sys.base_prefix,
        "program": sys.executable,
        "runtime": str(Path(found.origin).parent / "runtime" / "Python.Runtime.dll"),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(facts()) + "\n")
