"""Loads what calls need, in a thread of its own and in the order in which they need it.

Loading is work for one processor: two threads that load at once only wait for each other. So a builder waits
until what builders need is there, and what calls need is loaded after the first answer. Which models these
are, the families' rows say.
"""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Callable

from .standard import log

_PAUSE = 0.1  # seconds without a call, after which the rest is loaded anyway
_COLLECT_AFTER = 20_000  # new objects between two looks for garbage; of Python's 700 every call makes more
_TURN = 0.0005  # seconds until a thread that loads lets another go on; Python's own 5 ms are felt by a caller


class Loading:
    """The loading of one process."""

    def __init__(self) -> None:
        self._builders = threading.Event()
        self._ready = False
        self._answered = threading.Event()

    def start(self) -> None:
        """Begin with what builders need."""
        threading.Thread(target=self._run, name="loading", daemon=True).start()

    def wait_for_builders(self) -> None:
        """Wait until what a builder needs is loaded, or cannot be."""
        if not self._ready:
            self._builders.wait()
            self._ready = True

    def answered(self) -> None:
        """The first call was answered, so that the rest keeps nobody waiting."""
        if not self._answered.is_set():
            self._answered.set()

    def _run(self) -> None:
        turn = sys.getswitchinterval()
        sys.setswitchinterval(_TURN)
        gc.disable()  # what is loaded stays, so looking for garbage in it again and again finds none
        try:
            _attempt(_load_builders)
            self._builders.set()
            self._answered.wait(_PAUSE)
            _attempt(_load_calls)
        finally:
            gc.freeze()
            gc.set_threshold(_COLLECT_AFTER, *gc.get_threshold()[1:])
            gc.enable()
            sys.setswitchinterval(turn)


def _attempt(load: Callable[[], None]) -> None:
    try:
        load()
    except BaseException as error:  # the call that needs it will say so to somebody who asked
        log(f"psbridge.bridge: warming up failed: {type(error).__name__}")


def _load_builders() -> None:
    from .. import models
    from ..cmdlets.functions import cmdlet
    from ..models.tables import CMDLETS

    for family in CMDLETS.families.values():
        for name in family.warm_builders:
            cmdlet(f"Initialize-{name}")
            getattr(models, name).model_rebuild()


def _load_calls() -> None:
    from ..cmdlets.functions import cmdlet

    cmdlet("Set-Configuration")  # what scripts begin with, and what needs least
    from .. import models
    from ..binding import uris  # noqa: F401
    from ..models.tables import CMDLETS

    for family in CMDLETS.families.values():
        for name in family.warm_calls:
            getattr(models, name).model_rebuild()
        for name in family.warm_cmdlets:
            cmdlet(name)
    from ..cmdlets.session import client

    client()
