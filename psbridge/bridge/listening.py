"""Warnings and log lines, brought to the call they arise in.

Python's `warnings.warn` and `logging` run what is set here in the thread and context of who warns, so that a
context variable tells whose line it is. Knows nothing of messages.
"""

from __future__ import annotations

import logging
import warnings
from functools import cache

from ..cmdlets.loglines import LogLines, Says
from ..cmdlets.warning import hear_for_host
from .listener import current
from .standard import log


@cache
def listen() -> None:
    """Have warnings, and psbridge's log lines once one call asked for them, go to the call they arise in.

    For the whole process, and for good.
    """
    warnings.simplefilter("always", UserWarning)
    warnings.showwarning = _warned
    hear_for_host(lambda message: _said(message, "PSBridgeWarning"))
    logging.getLogger("psbridge").addHandler(LogLines(_says))


def listen_closely() -> None:
    """From now on log lines are made; until a call wants them, making them only to drop them costs time."""
    logging.getLogger("psbridge").setLevel(logging.DEBUG)


def _warned(message: Warning | str, category: type[Warning], *place: object, **more: object) -> None:
    _said(str(message), category.__name__)


def _said(message: str, category: str) -> None:
    call = current.get()
    if call is None:
        log(f"{category}: {message}")
    else:
        call.say("warning", message)


def _says() -> Says | None:
    call = current.get()
    return None if call is None else call.say
