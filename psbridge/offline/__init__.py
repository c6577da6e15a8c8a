"""The offline server: a real HTTP server on loopback that speaks OpenAI's API, and no model.

It knows the API's description by its own tables, not by `psbridge.models`: the two keep each other honest.
"""

from .app import fingerprint
from .batches import Pace
from .faults import Armed, Fault, Faults
from .log import RecordedRequest, RequestLog
from .message import Request
from .server import OfflineServer

__all__ = [
    "Armed",
    "Fault",
    "Faults",
    "OfflineServer",
    "Pace",
    "RecordedRequest",
    "Request",
    "RequestLog",
    "fingerprint",
]
