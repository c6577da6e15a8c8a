"""`psbridge chat` without a text, on a terminal: a conversation, line by line.

A thin reader of `psbridge.chat.session`. Ctrl+C stops an answer and keeps the conversation; Ctrl+D ends it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..chat.prices import Prices
from ..chat.session import ChatSession
from ..errors import PSBridgeError
from .screen import Screen

HELP = """/system TEXT   the instructions in front of everything; without a text it shows them
/model NAME    the model from now on
/undo          take the last question and its answer back
/save FILE     write the conversation to a file
/cost          what was used, and what it cost where --price-file was given
/exit          end (so does Ctrl+D)"""


def enter_chat_session(bound: dict[str, Any]) -> ChatSession:
    """Enter-ChatSession: talk at the terminal until the end; the conversation.

    Raises:
        InvalidValueError: it is no conversation, or the prices cannot be read.
    """
    from ..chat.prices import prices
    from ..chat.sessions import session_of

    table = prices(None, bound.get("PriceFile"))
    session = session_of(bound["Session"]) if bound.get("Session") is not None else ChatSession()
    if bound.get("Model") is not None:
        session.Model = bound["Model"]
    if bound.get("System") is not None:
        session.System = bound["System"]
    Conversation(session, Screen(), table).run()
    return session


class Conversation:
    """One conversation at a terminal.

    Args:
        session: what is said in.
        screen: where answers go.
        prices: what tokens cost, or None.
        ask: gives the next line; raises EOFError at the end, KeyboardInterrupt for Ctrl+C.
    """

    def __init__(
        self,
        session: ChatSession,
        screen: Screen,
        prices: Prices | None = None,
        ask: Callable[[str], str] = input,
    ) -> None:
        self.session = session
        self.screen = screen
        self.prices = prices
        self._ask = ask
        self._commands: dict[str, Callable[[str], None]] = {
            "system": self._system,
            "model": self._model,
            "undo": self._undo,
            "save": self._save,
            "cost": self._cost,
            "help": lambda rest: screen.line(HELP),
        }

    def run(self) -> None:
        """Ask and answer until the end."""
        with contextlib.suppress(ImportError):
            import readline  # noqa: F401 - gives the prompt its line editing and history

        self.screen.line("A conversation; /help lists what else can be said, Ctrl+D ends it.")
        while True:
            try:
                line = self._ask("> ").strip()
            except (EOFError, OSError):  # nobody says anything any more
                self.screen.line()
                return
            except KeyboardInterrupt:
                self.screen.line()
                continue
            if line in ("/exit", "/quit"):
                return
            if line:
                self._take(line)

    def _take(self, line: str) -> None:
        """One line: a command, or something said. An error is a sentence, and the conversation goes on."""
        try:
            if line.startswith("/"):
                name, _, rest = line[1:].partition(" ")
                command = self._commands.get(name.lower())
                if command is None:
                    self.screen.line(
                        f"There is no /{name}. {', '.join('/' + one for one in self._commands)}, /exit."
                    )
                else:
                    command(rest.strip())
                return
            self._answer(line)
        except PSBridgeError as error:
            self.screen.line(error.message)
        except OSError as error:
            self.screen.line(f"{error.filename}: {error.strerror}")

    def _answer(self, line: str) -> None:
        stream = self.session.send(line, Stream=True)
        try:
            for piece in stream.text():
                self.screen.piece(piece)
        except KeyboardInterrupt:
            stream.close()
            self.screen.piece("\n(stopped; neither the question nor the answer is kept)")
        self.screen.piece("\n")

    def _system(self, text: str) -> None:
        if text:
            self.session.System = text
        self.screen.line(self.session.System or "There are no instructions.")

    def _model(self, name: str) -> None:
        if name:
            self.session.Model = name
        self.screen.line(self.session.Model or "The configuration's model.")

    def _undo(self, rest: str) -> None:
        taken = self.session.undo()
        self.screen.line(f"Taken back: {taken[0].content}" if taken else "There is nothing to take back.")

    def _save(self, path: str) -> None:
        if not path:
            self.screen.line("/save needs the name of a file.")
            return
        self.session.export(path)
        self.screen.line(f"Written to {Path(path).resolve()}.")

    def _cost(self, rest: str) -> None:
        used = self.session.Usage
        text = f"{used.total_tokens} tokens in {used.calls} calls"
        if self.prices is not None:
            costs = [one.cost(self.prices, model) for model, one in self.session.UsageByModel.items()]
            known = [cost for cost in costs if cost is not None]
            text += (
                f", {sum(known):f}" if len(known) == len(costs) else ", no price for a model that was used"
            )
        self.screen.line(text + ".")
