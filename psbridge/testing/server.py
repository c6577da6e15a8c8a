"""`OfflineOpenAI`: a service for a test, which answers as told and notices what it was not asked to allow."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import ContextDecorator, ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

from ..client.settings.configuration import Configuration, current_configuration, set_configuration
from ..client.settings.secret import secret
from ..offline import OfflineServer
from ..offline.log import RequestLog
from .answers import Script, ScriptedApp, ScriptedFaults, When, last_user_text
from .cassette import Cassette, CassetteApp, CassetteError, Send
from .differences import lacks
from .guard import Guard

KEY = "sk-offline-test"
# Setting it records what is not on a cassette; the service is the configuration in force before.
RECORD = "PSBRIDGE_RECORD"


class OfflineOpenAI(ContextDecorator):
    """The offline server with the answers that a test dictates.

    Use it with `with`, as a decorator, or from unittest with `start` and `stop`. While it is open its server
    is the configuration (and OPENAI_BASE_URL and OPENAI_API_KEY, for the official client), and a call to any
    other base URL or a socket to a host that is not this machine fails the test, even when the code under
    test swallows the error.

    Args:
        answers: what is said, in order: a text; a table or model, of which the JSON is said; `tool_call(...)`
            or a list of them; a `Fault`; a function of the request's JSON that gives one of these. Without
            any the server answers by itself.
        cassette: a file of recorded replies to answer from instead.
        record: ask the real service for what is not on the cassette, and record it; PSBRIDGE_RECORD=1 says
            the same. The service is the configuration in force when the server opens.
        allow: hosts and base URLs that the test may talk to all the same.

    Attributes:
        server: the `OfflineServer` behind it.
        service: the configuration of the real service; None for the one in force when the server opens.
    """

    def __init__(
        self,
        *answers: Any,
        cassette: str | Path | None = None,
        record: bool | None = None,
        allow: Iterable[str] = (),
    ) -> None:
        self.server = OfflineServer()
        self._script = Script()
        self._script.add(answers)
        self._cassette = cassette
        self._record = os.environ.get(RECORD, "") not in ("", "0") if record is None else record
        self._allow = tuple(allow)
        self.service: Configuration | None = None
        self._guard: Guard | None = None
        self._opened: ExitStack | None = None

    # --- what it says

    def reply(self, *answers: Any, when: When = None) -> OfflineOpenAI:
        """Say these next, in order; with `when` only to requests that match it.

        Args:
            answers: as in the constructor.
            when: a text within the last user message, a table of members that the request has, or a function
                of the request's JSON. Of several answers the last is then given again and again.

        Returns:
            The server itself.
        """
        self._script.add(answers, when)
        return self

    # --- what it was asked

    @property
    def base_url(self) -> str:
        """What a client takes as base URL."""
        return self.server.base_url

    @property
    def requests(self) -> RequestLog:
        """What came, oldest first: each with `json`, `path`, `headers` (credentials masked) and `body`."""
        return self.server.requests

    def assert_asked(self, expected: str | Mapping[str, Any], index: int = -1) -> None:
        """Fail unless a request has what is expected.

        Args:
            expected: a text within the last user message, or a table of members (others do not matter).
            index: which request; the last by default.

        Raises:
            AssertionError: saying what differs, and where.
        """
        if not len(self.requests):
            raise AssertionError("no request came")
        body = self.requests[index].json
        if isinstance(expected, str):
            text = last_user_text(body)
            if expected not in text:
                raise AssertionError(f"the last user message is {text!r} (expected {expected!r} within it)")
            return
        difference = lacks(expected, body)
        if difference is not None:
            raise AssertionError(f"request {index}: {difference}")

    @property
    def failures(self) -> list[str]:
        """What makes the test fail: calls elsewhere, sockets off this machine, requests without an answer."""
        refused = [] if self._guard is None else self._guard.violations
        return [*refused, *self._script.failures]

    def check(self) -> None:
        """Fail the test when something happened that it does not allow.

        Raises:
            AssertionError: naming all of it.
        """
        failures = self.failures
        if failures:
            self._script.failures.clear()
            if self._guard is not None:
                self._guard.violations.clear()
            raise AssertionError("; ".join(failures))

    # --- open and closed

    def start(self) -> OfflineOpenAI:
        """Listen, and be the configuration. Opened again, it says its answers from the first one on."""
        if self._opened is not None:
            raise RuntimeError("the offline server is already open")
        self._script.rewind()
        with ExitStack() as stack:
            self._dress()
            stack.enter_context(self.server)
            before = current_configuration()
            stack.callback(set_configuration, before)
            for name, value in (("OPENAI_BASE_URL", self.base_url), ("OPENAI_API_KEY", KEY)):
                stack.callback(_restore, name, os.environ.get(name))
                os.environ[name] = value
            set_configuration(Configuration(base_url=self.base_url, access_token=KEY))
            allowed = (*self._allow, *((_service(self.service or before),) if self._recording else ()))
            self._guard = stack.enter_context(Guard(self.base_url, allowed))
            self._opened = stack.pop_all()
        return self

    def stop(self) -> None:
        """Close, and put the configuration back; nothing happens when it is not open."""
        opened, self._opened = self._opened, None
        if opened is not None:
            opened.close()

    def __enter__(self) -> OfflineOpenAI:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if kind is None:
            self.check()

    Dispose = stop  # PowerShell's word

    @property
    def _recording(self) -> bool:
        return self._cassette is not None and self._record

    def _dress(self) -> None:
        """Put the script or the cassette into the server."""
        if self._cassette is None:
            faults = ScriptedFaults(self._script)
            self.server.use(ScriptedApp(faults), faults)
            return
        tape = Cassette(self._cassette)
        if not self._record and not tape.path.exists():
            raise CassetteError(
                f"The cassette '{tape.path}' is not there; {RECORD}=1 records it against the service."
            )
        send = None
        if self._record:
            settings = (self.service or current_configuration()).resolved()
            send = _sender(settings)
            tape.hidden = tuple(value.removeprefix("Bearer ") for value in _credentials(settings).values())
        self.server.use(CassetteApp(tape, send, self._script.failures))


def replies(*answers: Any, **options: Any) -> OfflineOpenAI:
    """`OfflineOpenAI(*answers)`, to be read aloud: `with replies("yes", "no"):`."""
    return OfflineOpenAI(*answers, **options)


def _restore(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value


def _credentials(settings: Configuration) -> dict[str, str]:
    """The headers that carry the service's key; none where there is no key."""
    if settings.access_token is not None:
        token: Any = settings.access_token
        return {
            "authorization": f"Bearer {secret(token() if callable(token) else token, 'AccessToken').reveal()}"
        }
    return {name: secret(value, "ApiKey").reveal() for name, value in (settings.api_key or {}).items()}


def _service(configuration: Configuration) -> str:
    return str(configuration.resolved().base_url)


def _sender(settings: Configuration) -> Send:
    """Sends to the real service, with the key that was in force before."""
    import httpx

    base = str(settings.base_url).rstrip("/")

    def send(method: str, path: str, body: bytes, media_type: str) -> tuple[int, dict[str, str], bytes]:
        headers = _credentials(settings)
        if media_type:
            headers["content-type"] = media_type
        with httpx.Client(timeout=600) as client:
            reply = client.request(method, base + path, content=body, headers=headers)
        return (
            reply.status_code,
            {name.lower(): value for name, value in reply.headers.items()},
            reply.content,
        )

    return send
