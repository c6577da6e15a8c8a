"""`psbridge chat`: one question, one reply."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psbridge

from ..client.errors import CallTimeoutError, ConnectionFailedError
from ..client.settings.configuration import DEFAULT_BASE_URL, current_configuration
from ..client.settings.secret import mask_text
from ..client.streams.events import text_in
from ..errors import PSBridgeError
from . import WrongUsageError, say
from .demo import offline_configuration
from .screen import Screen
from .streams import input_is_given, read_input


def run(
    text: str | None,
    *,
    model: str | None,
    system: str | None,
    offline: bool,
    stream: bool | None,
    as_json: bool,
    encoding: str | None = None,
    no_input: bool = False,
    price_file: Path | None = None,
) -> None:
    """Ask and print; without a text on a terminal, a conversation.

    Args:
        text: what to say; what is piped in goes behind it, or is it when there is none.
        encoding: of what is piped in; None finds out.
        no_input: leave standard input alone.
        price_file: what tokens cost, for a conversation's /cost.

    Raises:
        WrongUsageError: there is nothing to say.
        PSBridgeError: the call failed.
    """
    screen = Screen()
    if text is None and not no_input and os.isatty(0) and not screen.plain and not as_json:
        _converse(screen, model, system, offline, price_file)
        return
    said = _said(text, encoding, no_input)
    messages: list[Any] = [said]
    if system:
        messages.insert(0, {"role": "system", "content": system})
    parameters: dict[str, Any] = {"Messages": messages}
    if model:
        parameters["Model"] = model
    with _service(offline):
        streamed = not screen.plain if stream is None else stream
        try:
            if streamed and not as_json:
                _show_stream(screen, psbridge.New_ChatCompletion(**parameters, Stream=True))
            else:
                _show(screen, psbridge.New_ChatCompletion(**parameters), as_json)
        except (ConnectionFailedError, CallTimeoutError) as error:
            _say_where(error)
            raise


def _converse(
    screen: Screen, model: str | None, system: str | None, offline: bool, price_file: Path | None
) -> None:
    from ..chat.prices import Prices
    from ..chat.session import ChatSession
    from .conversation import Conversation

    prices = None if price_file is None else Prices.of_file(price_file)
    with _service(offline):
        Conversation(ChatSession(System=system, Model=model), screen, prices).run()


def _said(text: str | None, encoding: str | None, no_input: bool) -> str:
    if text == "-":
        if no_input:
            raise WrongUsageError("'-' reads standard input, and --no-input leaves it: one of them.")
        text = read_input(encoding).rstrip("\r\n")
    elif not no_input and (input_is_given() or (text is None and not os.isatty(0))):
        piped = read_input(encoding).rstrip("\r\n")
        text = piped if text is None else f"{text}\n\n{piped}" if piped.strip() else text
    elif text is None:
        raise WrongUsageError('Nothing was said: psbridge chat "text", or pipe a text in.')
    if not text.strip():
        raise WrongUsageError("Nothing was said: the text is empty.")
    return text


@contextmanager
def _service(offline: bool) -> Iterator[None]:
    """The offline server in force, or the configured service, for which there must be a key."""
    if not offline:
        _check_key()
        yield
        return
    with psbridge.OfflineServer() as server, offline_configuration(server):
        yield


def _check_key() -> None:
    configuration = current_configuration().resolved()
    has_key = configuration.access_token is not None or configuration.api_key or configuration.username
    if not has_key and configuration.base_url == DEFAULT_BASE_URL:
        raise PSBridgeError(
            "There is no key: set the environment variable OPENAI_API_KEY, or try --offline.",
            error_id="PSBridge.NoKey",
            category="AuthenticationError",
        )


def _say_where(error: PSBridgeError) -> None:
    """Add the note that helps most when there was no reply: where the call went."""
    configuration = current_configuration().resolved()
    url = mask_text(configuration.base_url or configuration.azure_endpoint or "")
    notes = error.__dict__.setdefault("__notes__", [])
    notes.append(f"The base URL in force is {url}; 'psbridge doctor' checks it.")


def _show_stream(screen: Screen, stream: Any) -> None:
    reason = None
    with stream:
        for chunk in stream:
            for choice in chunk.choices or ():
                screen.piece(_words_of(getattr(choice, "delta", None)))
                reason = getattr(choice, "finish_reason", None) or reason
    screen.piece("\n")
    _note(reason)


def _show(screen: Screen, reply: Any, as_json: bool) -> None:
    if as_json:
        screen.json(reply.model_dump_json())
        return
    for choice in reply.choices or ():
        screen.piece(_words_of(getattr(choice, "message", None)) + "\n")
        _note(getattr(choice, "finish_reason", None))


def _words_of(message: Any) -> str:
    """The words of a message, or of a piece of one: its content, else its refusal."""
    content, refusal = getattr(message, "content", None), getattr(message, "refusal", None)
    return text_in(content) or text_in(refusal)


def _note(reason: str | None) -> None:
    if reason not in (None, "stop"):
        say(f"psbridge: the reply ended with '{reason}'.")
