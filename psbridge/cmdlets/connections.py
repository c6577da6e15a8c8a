"""Named connections: settings that a call is given instead of those in force.

`New-ChatConnection` makes one, `-Connection` takes it, `Use-ChatConnection` has a block use it. Nothing of
the configuration in force goes into one, and nothing that is set later changes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from ..client.settings.configuration import Configuration, use_configuration
from ..client.settings.profile import profile
from ..client.settings.secret import shown
from ..client.settings.table import SETTINGS
from ..errors import PSBridgeError
from .configuration import changes_of

Bound = dict[str, Any]


class InvalidConnectionError(PSBridgeError):
    """What was given for a connection is none."""

    default_error_id = "PSBridge.InvalidConnection"
    default_category = "InvalidArgument"


class ChatConnection:
    """Where and how to call, independent of the configuration in force.

    Attributes:
        configuration: all settings; what is unset comes from the environment when a call is made.
    """

    __slots__ = ("configuration",)

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration

    def __ps_properties__(self) -> dict[str, Any]:
        settings = self.configuration.shown()
        return {one.parameter: settings[one.name] for one in SETTINGS if one.name in settings}

    def __repr__(self) -> str:
        members = (f"{name}={shown(value)!r}" for name, value in self.__ps_properties__().items())
        return f"ChatConnection({', '.join(members)})"


def new_chat_connection(bound: Bound) -> ChatConnection:
    """A connection of a profile's settings, where one is named, and of those given."""
    return ChatConnection(Configuration().replace(**changes_of(bound)))


def connection_of(value: Any) -> ChatConnection:
    """What a `-Connection` parameter was given: a connection, or the name of a profile.

    Raises:
        InvalidConnectionError: it is neither.
        ConfigurationError: there is no such profile, or it cannot be used.
    """
    if isinstance(value, ChatConnection):
        return value
    if isinstance(value, Configuration):
        return ChatConnection(value)
    if isinstance(value, str):
        return ChatConnection(Configuration().replace(**profile(value)))
    kind = "a table" if isinstance(value, Mapping) else type(value).__name__
    raise InvalidConnectionError(
        "invalid value for 'Connection', must be what New-ChatConnection gives or the name of a profile, "
        f"not {kind}.",
        parameter="Connection",
    )


def in_use(bound: Mapping[str, Any]) -> AbstractContextManager[Any]:
    """The connection that a call was given, in force inside the `with`."""
    return use_configuration(connection_of(bound["Connection"]).configuration)


def use_chat_connection(bound: Bound) -> Any:
    """Have the connection be the configuration in force: inside the `with` that takes what this gives, or
    while `ScriptBlock`, a function, runs, whose result this then is.
    """
    block: Callable[[], Any] | None = bound.get("ScriptBlock")
    if block is None:
        return in_use(bound)
    with in_use(bound):
        return block()
