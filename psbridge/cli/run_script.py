"""`psbridge run-script`: a PowerShell script, run here, as `pwsh -File` would."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from . import WrongUsageError

SWITCHES = ("--offline", "--trace", "--no-process", "--no-network", "--read-only", "--strict")


def split(words: Sequence[str]) -> tuple[set[str], Path, list[str]]:
    """The command's own switches, the script, and the script's arguments: those after its name.

    Raises:
        WrongUsageError: there is no script, or a switch is not one of the command's.
    """
    switches: set[str] = set()
    for place, word in enumerate(words):
        if not word.startswith("--"):
            return switches, Path(word), list(words[place + 1 :])
        if word not in SWITCHES:
            raise WrongUsageError(f"run-script has no option '{word}': it knows {', '.join(SWITCHES)}.")
        switches.add(word)
    raise WrongUsageError("Which script? psbridge run-script FILE.ps1 [its arguments]")


def run(path: Path, words: Sequence[str], switches: set[str]) -> int:
    """Run the script; its exit code.

    Raises:
        WrongUsageError: there is no such file.
    """
    if not path.is_file():
        kind = "a folder" if path.is_dir() else "no such file"
        raise WrongUsageError(f"The script '{path}' cannot be run: {kind}.")
    from ..script.console import run_file
    from ..script.interpreter.engine import Options

    options = Options(
        processes="--no-process" not in switches,
        network="--no-network" not in switches,
        read_only="--read-only" in switches,
        trace="--trace" in switches,
    )
    with ExitStack() as stack:
        if "--offline" in switches:
            from ..offline import OfflineServer
            from .demo import offline_configuration

            server = stack.enter_context(OfflineServer())
            stack.enter_context(offline_configuration(server))
            os.environ["OPENAI_BASE_URL"] = server.base_url
            os.environ.setdefault("OPENAI_API_KEY", "offline")
        return run_file(path, words, options, strict="--strict" in switches)


def start(words: Sequence[str]) -> int:
    """The command from its words; the exit code."""
    switches, path, rest = split(words)
    return run(path, rest, switches)
