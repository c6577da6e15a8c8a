"""What the module's runspaces have set, and the connections they made, by the numbers they are known by.

A request says by `settings` which configuration it goes by, and one that sets something by `becomes` under
which number that is kept from then on. A number is given once: what it stands for never changes, so a call
under way keeps its configuration whatever a runspace sets meanwhile. A number that is not known here is an
error, never another configuration. Knows nothing of messages, nor of runspaces but their numbers.
"""

from __future__ import annotations

import uuid
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar, Token
from functools import cache
from typing import TYPE_CHECKING, Any

from ..errors import PSBridgeError
from .listener import current

if TYPE_CHECKING:
    from ..client.settings.configuration import Configuration

MOST_UNNUMBERED = 10_000
"""Connections kept that the module gave no number."""

_MOST_RUNSPACES = 100  # whose keys one configuration keeps


class UnknownSettingsError(PSBridgeError):
    """A configuration, or a connection, that is not known here."""

    default_error_id = "PSBridge.InvalidConnection"
    default_category = "InvalidArgument"


class AskedKey:
    """A key that the module is asked for while a call needs it: a script block's, which cannot come here.

    Args:
        block: what the module knows the script block by.
    """

    def __init__(self, block: int) -> None:
        self.block = block

    def __call__(self) -> Any:
        """What the script block gives in the runspace of the call that runs here.

        Raises:
            ConfigurationError: it failed, or no call runs here.
        """
        from ..client.errors import ConfigurationError

        ask = getattr(current.get(), "ask", None)
        if ask is None:
            told = "AccessToken: the script block that gives the key can be asked during a call only."
            raise ConfigurationError(told, parameter="AccessToken")
        return ask(self.block)


class _Kept:
    """A configuration, and what it is in each runspace whose script block gives its key."""

    __slots__ = ("_own", "configuration")

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration
        self._own: OrderedDict[int | None, Configuration] = OrderedDict()

    def seen_from(self, runspace: int | None) -> Configuration:
        """The configuration there. A key is remembered with what gave it: each runspace has its own asked."""
        source = self.configuration.access_token
        if not isinstance(source, AskedKey):
            return self.configuration
        own = self._own.get(runspace)
        if own is None:
            own = self._own[runspace] = self.configuration.replace(access_token=AskedKey(source.block))
            while len(self._own) > _MOST_RUNSPACES:
                self._own.popitem(last=False)
        return own


_kept: dict[int | str, _Kept] = {}
_names: dict[int, int | str] = {}  # of each configuration, by its identity
_unnumbered: OrderedDict[str, None] = OrderedDict()
_elsewhere: Callable[[Any], Configuration | None] = lambda name: None  # noqa: E731
_runspace: ContextVar[int | None] = ContextVar("psbridge_runspace", default=None)


def keep(name: int | str, configuration: Configuration) -> None:
    """From now on `name` stands for `configuration`."""
    _kept[name] = _Kept(configuration)
    _names[id(configuration)] = name


def forget(names: Any) -> None:
    """Nobody asks for these any more."""
    for name in names if isinstance(names, list) else ():
        kept = _kept.pop(name, None) if isinstance(name, int | str) else None
        if kept is not None:
            _names.pop(id(kept.configuration), None)


def name_of(configuration: Configuration) -> int | str:
    """What a configuration is kept under; one that has no name gets one."""
    name = _names.get(id(configuration))
    if name is None:
        name = uuid.uuid4().hex
        keep(name, configuration)
        _unnumbered[name] = None
        if len(_unnumbered) > MOST_UNNUMBERED:
            forget([_unnumbered.popitem(last=False)[0]])
    return name


def kept_under(name: Any) -> Configuration:
    """The configuration of that name, as it is in the runspace whose call this is.

    Raises:
        UnknownSettingsError: there is none here.
    """
    kept = _kept.get(name) if isinstance(name, int | str) else None
    if kept is None:
        configuration = _elsewhere(name)
        if configuration is not None:
            return configuration
        raise UnknownSettingsError(
            "The connection was made by a worker that has ended; make it again with New-ChatConnection."
        )
    return kept.seen_from(_runspace.get())


def look_also(where: Callable[[Any], Configuration | None]) -> None:
    """Have names that are not known here looked for with `where`: what this process's host keeps itself."""
    global _elsewhere
    _elsewhere = where


def in_force(params: Mapping[str, Any]) -> AbstractContextManager[None]:
    """The configuration that a request says it goes by, in force inside the `with`: the one of the process
    where it names none. What is set inside is not in force outside.

    Raises:
        UnknownSettingsError: it names one that is not known.
    """
    return _InForce(params) if "settings" in params or "becomes" in params else _AS_IT_IS


_AS_IT_IS: AbstractContextManager[None] = nullcontext()


class _InForce(AbstractContextManager[None]):
    """What a request goes by, in force inside the `with`."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self._params = params
        self._set: list[Token[Any]] = []

    def __enter__(self) -> None:
        runspace, name = self._params.get("runspace"), self._params.get("settings")
        current_configuration, put_in_force = _configurations()
        self._set.append(_runspace.set(runspace if runspace.__class__ is int else None))
        try:
            self._set.append(put_in_force(current_configuration() if name is None else kept_under(name)))
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *error: object) -> None:
        for token in reversed(self._set):
            token.var.reset(token)


@cache
def _configurations() -> tuple[Callable[[], Configuration], Callable[[Configuration], Token[Any]]]:
    """What gives the configuration in force, and what puts one in force: loaded when first wanted."""
    from ..client.settings.configuration import current_configuration, put_in_force

    return current_configuration, put_in_force


def came_of(result: Any) -> Configuration:
    """The configuration that a cmdlet made: the connection it gives, else the one that is in force now."""
    from ..client.settings.configuration import current_configuration
    from ..cmdlets.connections import ChatConnection

    return result.configuration if isinstance(result, ChatConnection) else current_configuration()
