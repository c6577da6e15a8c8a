"""The servers of tests that are written in another language: opened, filled and asked over the worker.

A request is a table with `does`; of an open server also its number, `server`. Answers are tables with `kind`:
`text`, `data` (its JSON is said), `calls` (of tools), `fault`. Knows no messages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..client.settings.configuration import Configuration
from ..models.problems import InvalidValueError
from ..offline.faults import Fault
from .answers import tool_call
from .server import KEY, OfflineOpenAI

_open: dict[int, OfflineOpenAI] = {}
_numbers = iter(range(1, 1 << 62))


def answer(params: Mapping[str, Any], service: Configuration) -> Any:
    """Do what `params` asks for, and say what came of it.

    Args:
        service: the configuration of whoever asks, for what is recorded.

    Raises:
        InvalidValueError: an answer or a fault that is none, or a server that is not open.
        PSBridgeError: a cassette cannot be used.
    """
    does = params.get("does")
    if does == "open":
        return _begin(params, service)
    work = _WORKS.get(str(does))
    if work is None:
        raise _refused("does", f"must be one of open, {', '.join(_WORKS)}")
    return work(params)


def _begin(params: Mapping[str, Any], service: Configuration) -> dict[str, Any]:
    server = OfflineOpenAI(
        *_answers(params),
        cassette=params.get("cassette"),
        record=params.get("record"),
        allow=params.get("allow") or (),
    )
    server.service = service
    server.start()
    number = next(_numbers)
    _open[number] = server
    return {"server": number, "base_url": server.base_url, "key": KEY}


def _reply(params: Mapping[str, Any]) -> None:
    _server(params).reply(*_answers(params), when=params.get("when"))


def _requests(params: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "Method": one.method,
            "Path": one.path,
            "Headers": dict(one.headers),
            "Json": one.json,
            "Body": one.body.decode("utf-8", "replace"),
        }
        for one in _server(params).requests
    ]


def _failures(params: Mapping[str, Any]) -> list[str]:
    return _server(params).failures


def _asked(params: Mapping[str, Any]) -> str | None:
    """What differs between a request and what is expected of it; nothing where nothing does."""
    try:
        _server(params).assert_asked(params.get("expected") or {}, int(params.get("index", -1)))
    except AssertionError as difference:
        return str(difference)
    except IndexError:
        return f"there is no request {params.get('index')}: {len(_server(params).requests)} came"
    return None


def _end(params: Mapping[str, Any]) -> list[str]:
    """Close a server; what its test must fail for."""
    server = _server(params)
    failures = server.failures
    del _open[int(params["server"])]
    server.stop()
    return failures


_WORKS: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "reply": _reply,
    "requests": _requests,
    "failures": _failures,
    "asked": _asked,
    "close": _end,
}


def _server(params: Mapping[str, Any]) -> OfflineOpenAI:
    server = _open.get(params.get("server", 0))
    if server is None:
        raise _refused("Server", "the offline server is not open any more")
    return server


def _answers(params: Mapping[str, Any]) -> list[Any]:
    return [_said(one) for one in params.get("answers") or ()]


def _said(told: Mapping[str, Any]) -> Any:
    kind, value = told.get("kind"), told.get("value")
    if kind == "calls":
        return [tool_call(str(one["name"]), **dict(one.get("arguments") or {})) for one in value or ()]
    if kind == "fault":
        try:
            return Fault(**dict(value or {}))
        except (TypeError, ValueError) as error:
            raise _refused("Fault", str(error)) from None
    return value


def _refused(parameter: str, sentence: str) -> InvalidValueError:
    return InvalidValueError(
        f"invalid value for '{parameter}', {sentence}.", parameter=parameter, path=parameter
    )
