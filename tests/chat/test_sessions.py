"""Conversations: what is remembered, forgotten, taken back, branched and kept in a file."""

from __future__ import annotations

import asyncio
import copy
import json
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from client.faulty import COMPLETION, Connection, FaultyServer

import psbridge as ps
from psbridge.testing import Fault, OfflineOpenAI, tool_call


def said(server: OfflineOpenAI, index: int = -1) -> list[tuple[str, Any]]:
    return [(one["role"], one.get("content")) for one in server.requests[index].json["messages"]]


def test_a_conversation_remembers_what_was_said(server: OfflineOpenAI) -> None:
    server.reply("one", "two")
    session = ps.New_ChatSession(System="Be brief.", Model="gpt-4o")
    assert ps.Send_ChatMessage("first?", Session=session, TextOnly=True) == "one"
    assert session.send("second?").choices[0].message.content == "two"
    assert said(server) == [
        ("system", "Be brief."), ("user", "first?"), ("assistant", "one"), ("user", "second?"),
    ]  # fmt: skip
    assert [message.role for message in session.Messages] == [
        "system",
        "user",
        "assistant",
        "user",
        "assistant",
    ]
    totals = [request.json for request in server.requests]
    assert len(totals) == 2 and session.Usage.total_tokens > 0 and session.Usage.calls == 2
    assert server.requests[-1].json["model"] == "gpt-4o"


def test_a_message_that_could_not_be_sent_leaves_the_history_as_it_was(server: OfflineOpenAI) -> None:
    server.reply("one", Fault(status=400), Fault(cut_after_chunks=2), "two")
    session = ps.ChatSession(Model="m")
    session.send("first?")
    before = list(session.Messages)
    with pytest.raises(ps.ClientError):
        session.send("second?")
    with pytest.raises(ps.ClientError):
        list(session.send("third?", StreamText=True))
    with pytest.raises(ps.InvalidValueError):
        session.send(5)
    assert session.Messages == before
    assert session.send("again?", TextOnly=True) == "two"


def test_a_streamed_answer_is_remembered_once_it_was_read(server: OfflineOpenAI) -> None:
    server.reply("a b c", "next")
    session = ps.ChatSession(Model="m")
    pieces = session.send("x", StreamText=True)
    assert "".join(pieces) == "a b c"
    session.send("y")
    assert said(server) == [("user", "x"), ("assistant", "a b c"), ("user", "y")]


def test_the_budget_drops_whole_turns_the_oldest_first_and_warns_once(
    server: OfflineOpenAI, recwarn: pytest.WarningsRecorder
) -> None:
    server.reply("ok", when=lambda body: True)
    session = ps.ChatSession(System="s" * 40, Model="m", MaxHistoryTokens=120)
    with pytest.warns(ps.PSBridgeWarning, match="MaxHistoryTokens"):
        for number in range(10):
            session.send(f"{number} " + "x" * 100)
    roles = [role for role, _ in said(server)]
    assert roles[0] == "system" and roles[1] == "user" and roles[-1] == "user"
    assert len(roles) < 10
    assert not [one for one in recwarn if "MaxHistoryTokens" in str(one.message)]


def test_the_budget_keeps_calls_with_their_answers(server: OfflineOpenAI) -> None:
    @ps.tool
    def look(n: int) -> str:
        return "y" * 200

    session = ps.ChatSession(Model="m", MaxHistoryTokens=150, Tools=[look], InvokeTools="Auto")
    server.reply(tool_call("look", n=1), "a", tool_call("look", n=2), "b", "c")
    session.send("first")
    with pytest.warns(ps.PSBridgeWarning):
        session.send("second")
        session.send("third")
    for request in server.requests:
        asked = {call["id"] for one in request.json["messages"] for call in one.get("tool_calls", ())}
        answered = {one["tool_call_id"] for one in request.json["messages"] if one["role"] == "tool"}
        assert asked == answered


def test_undo_takes_back_the_last_question_and_all_behind_it(server: OfflineOpenAI) -> None:
    server.reply("one", "two", "three")
    session = ps.ChatSession(System="s", Model="m")
    session.send("first")
    session.send("secnd")
    taken = ps.Undo_ChatMessage(Session=session)
    assert [one.role for one in taken] == ["user", "assistant"]
    session.send("second")
    assert [text for _, text in said(server)] == ["s", "first", "one", "second"]
    assert [len(session.undo()) for _ in range(3)] == [2, 2, 0] and session.System == "s"


def test_a_branch_goes_on_by_itself(server: OfflineOpenAI) -> None:
    server.reply("one", "left", "right")
    session = ps.ChatSession(Model="m")
    session.send("root")
    branch = ps.Copy_ChatSession(Session=session)
    for copied in (copy.copy(session), copy.deepcopy(session)):
        assert copied.Messages == session.Messages and copied.Id != session.Id
    session.send("l")
    branch.send("r")
    assert [text for _, text in said(server)] == ["root", "one", "r"]
    assert len(session.Messages) == len(branch.Messages) == 4


def test_a_session_survives_in_a_file_without_a_key(server: OfflineOpenAI, tmp_path: Path) -> None:
    server.reply("one", "two")
    path = tmp_path / "s.json"
    session = ps.ChatSession(
        System="Grüße", Model="m", MaxHistoryTokens=1000, AdditionalHeaders={"X-Key": "sk-hidden-1"}
    )
    session.send("first")
    ps.Export_ChatSession(Session=session, Path=str(path))
    assert "sk-hidden-1" not in path.read_text(encoding="utf-8")
    again = ps.Import_ChatSession(Path=str(path))
    assert again.Messages == session.Messages and again.Usage.total_tokens == session.Usage.total_tokens
    assert (again.Model, again.MaxHistoryTokens, again.System) == ("m", 1000, "Grüße")
    again.send("second")
    assert [text for _, text in said(server)] == ["Grüße", "first", "one", "second"]


def test_members_of_a_newer_version_are_no_hindrance_but_a_newer_version_is(tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    document = {"kind": "psbridge chat session", "version": 1, "messages": [], "colour": "blue"}
    path.write_text(json.dumps(document))
    assert ps.Import_ChatSession(Path=str(path)).Messages == []
    path.write_text(json.dumps({**document, "version": 2}))
    with pytest.raises(ps.InvalidValueError, match="has version 2; this psbridge reads versions up to 1"):
        ps.Import_ChatSession(Path=str(path))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"kind": "psbridge chat session", "mess', "not a whole session file"),
        ("[]", "not a session file"),
        ('{"kind": "psbridge chat session", "version": 1}', "no list of messages"),
        ('{"kind": "psbridge chat session", "version": 1, "messages": [{"role": "user"}]}', r"messages\[0\]"),
        (None, "cannot be read"),
    ],
)
def test_a_file_that_is_no_session_is_refused(tmp_path: Path, text: str | None, says: str) -> None:
    path = tmp_path / "s.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ps.InvalidValueError, match=says):
        ps.Import_ChatSession(Path=str(path))


def test_it_works_on_asyncio(server: OfflineOpenAI) -> None:
    server.reply("one", {"label": "spam"})

    async def main() -> None:
        session = ps.ChatSession(Model="m")
        assert await session.asend("first", TextOnly=True) == "one"
        assert await session.asend("second", As=dict, ParsedOnly=True) == {"label": "spam"}
        assert len(session.Messages) == 4

    asyncio.run(main())


def test_two_questions_at_once_do_not_tear_the_history_apart(server: OfflineOpenAI) -> None:
    session = ps.ChatSession(Model="m")

    async def main() -> list[Any]:
        both = (session.asend("a"), session.asend("b"))
        return list(await asyncio.gather(*both, return_exceptions=True))

    results = asyncio.run(main())
    errors = [one for one in results if isinstance(one, ps.PSBridgeError)]
    assert [one.error_id for one in errors] == ["PSBridge.SessionBusy"] and len(session.Messages) == 2


def test_a_stream_holds_the_session_until_it_was_read(server: OfflineOpenAI) -> None:
    server.reply("one", when="first")
    server.reply("two", when="second")
    session = ps.ChatSession(Model="m")
    stream = session.send("first", Stream=True)
    next(stream)
    with pytest.raises(ps.PSBridgeError, match="read a stream to its end"):
        session.send("second")
    assert "".join(stream.text()) == "one"
    session.send("second")
    unread = session.send("first", Stream=True)
    closed = session.send("first", Stream=True)
    next(closed)
    closed.close()
    for _ in session.send("first", StreamText=True):
        break
    assert [one.content for one in session.Messages] == ["first", "one", "second", "two"]
    assert session.send("second", TextOnly=True) == "two"
    unread.completion()
    assert [one.content for one in session.Messages][-4:] == ["second", "two", "first", "one"]


def test_messages_on_asyncio_share_a_connection_and_are_counted() -> None:
    async def answers(connection: Connection) -> None:
        while True:
            await connection.request()
            await connection.reply(COMPLETION)

    async def main() -> None:
        session = ps.ChatSession(Model="m", Connection=there)
        await session.asend("a")
        await session.asend("b")
        await session.copy().asend("c")

    listener = FaultyServer(answers)
    there = ps.New_ChatConnection(BaseUrl=listener.base_url, AccessToken="sk-x")
    before = ps.Get_ChatCompletionUsage().requests
    try:
        for turn in (1, 2):
            asyncio.run(main())
            assert listener.connections == turn
            assert ps.Get_ChatCompletionUsage().requests - before == 3 * turn
    finally:
        listener.stop()


def test_parameters_go_by_any_spelling_and_unknown_ones_are_said(server: OfflineOpenAI) -> None:
    many: Any = "many"
    session = ps.ChatSession(Model="m", temperature=0)
    session.send("x", topp="0.5", textonly=True)
    assert (server.requests[-1].json["temperature"], server.requests[-1].json["top_p"]) == (0, 0.5)
    for wrong, says in (
        ({"Temprature": 1}, "matches parameter name 'Temprature'"),
        ({"Temperature": 9}, "smaller than or equal to 2"),
        ({"System": "s"}, "'System', must not be given to a conversation"),
        ({"Messages": "m"}, "'Messages', must not be given to a conversation"),
        ({"WithHttpInfo": True}, "'WithHttpInfo', must not be given"),
    ):
        with pytest.raises(ps.PSBridgeError, match=says):
            session.send("x", **wrong)
        with pytest.raises(ps.PSBridgeError, match=says):
            asyncio.run(session.asend("x", **wrong))
    with pytest.raises(ps.PSBridgeError, match="'Modell'"):
        ps.ChatSession(Modell="m")
    with pytest.raises(ps.InvalidValueError, match="MaxHistoryTokens', must be a whole number"):
        ps.ChatSession(MaxHistoryTokens=many)
    assert len(server.requests) == 1 and len(session.Messages) == 2


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(ps.InvalidValueError, match=r"'Path', '.*s\.json' cannot be written: No such file"):
        ps.Export_ChatSession(Session=ps.ChatSession(), Path=str(tmp_path / "nowhere" / "s.json"))


def test_costs_of_a_reply_a_conversation_and_the_process(server: OfflineOpenAI, tmp_path: Path) -> None:
    reply = {
        "id": "x", "object": "chat.completion", "created": 1, "model": "gpt-4o-mini-2024-07-18",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "a"},
                     "finish_reason": "stop", "logprobs": None}],
        "usage": {"prompt_tokens": 1000, "completion_tokens": 500, "total_tokens": 1500,
                  "prompt_tokens_details": {"cached_tokens": 400},
                  "completion_tokens_details": {"reasoning_tokens": 200}},
    }  # fmt: skip
    server.reply(reply, reply)
    prices = tmp_path / "prices.json"
    prices.write_text('{"gpt-4o-mini": {"input": 0.15, "cached_input": 0.075, "output": 0.6}}')
    session = ps.ChatSession(Model="m")
    answer = session.send("x")
    session.send("y")
    usage: Any = ps.Get_ChatCompletionUsage
    one = usage(Reply=answer, PriceFile=str(prices))
    assert float(one.Cost) == pytest.approx((600 * 0.15 + 400 * 0.075 + 500 * 0.6) / 1e6)
    assert (one.cached_tokens, one.reasoning_tokens) == (400, 200)
    whole = usage(Session=session, Price={"gpt-4o-mini": {"input": 1, "output": 2}})
    assert float(whole.Cost) == pytest.approx(2 * (1000 * 1 + 500 * 2) / 1e6) and whole.requests == 2
    assert usage(Session=session, Price={"other": {"input": 1, "output": 1}}).Cost is None


@pytest.mark.parametrize(
    ("price", "says"),
    [
        ({"m": {"input": -1, "output": 1}}, r"'Price\.m\.input', must be a number, 0 or more"),
        ({"m": {"input": 1}}, "must have 'output'"),
        ({"m": {"input": 1, "output": 1, "inptu": 1}}, "is not a price"),
        ({"m": 5}, "must be a table"),
    ],
)
def test_prices_that_are_none_are_refused(server: OfflineOpenAI, price: Any, says: str) -> None:
    with pytest.raises(ps.InvalidValueError, match=says):
        ps.Get_ChatCompletionUsage(Price=price)


def calls_of(work: Callable[[], object]) -> int:
    """How many functions are called while `work` is done, builtins included: work that no clock measures."""
    count = 0

    def counted(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(counted)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def long_session(count: int, **more: Any) -> ps.ChatSession:
    history = [
        {"role": ("user", "assistant")[number % 2], "content": f"message {number} " + "x" * 40}
        for number in range(count)
    ]
    return ps.ChatSession(System="Be brief.", Model="m", Messages=history, **more)


@pytest.mark.filterwarnings("ignore::psbridge.PSBridgeWarning")
@pytest.mark.parametrize("budget", [None, 500, 100_000], ids=["no budget", "small budget", "large budget"])
def test_a_session_of_ten_thousand_messages_stays_linear(
    server: OfflineOpenAI, tmp_path: Path, budget: int | None
) -> None:
    server.reply("ok", when=lambda body: True)
    costs = {}
    for count in (2_000, 10_000):
        session = long_session(count, MaxHistoryTokens=budget)
        file = tmp_path / f"{count}.json"
        costs[count] = (
            calls_of(lambda session=session: session.send("once")),  # type: ignore[misc]
            calls_of(lambda session=session: session.send("twice")),  # type: ignore[misc]
            calls_of(lambda session=session, file=file: session.export(file)),  # type: ignore[misc]
            calls_of(lambda file=file: ps.ChatSession.load(file)),  # type: ignore[misc]
            calls_of(session.undo),
        )
        assert said(server)[-1] == ("user", "twice") and said(server)[0] == ("system", "Be brief.")
        if budget is None:
            assert len(said(server)) == 1 + count + 3
    for less, more in zip(costs[2_000], costs[10_000], strict=True):
        assert more <= 6 * less + 1_000


@pytest.mark.parametrize("more", [{}, {"Stream": True}], ids=["whole", "streamed"])
def test_the_caller_s_warning_action_holds_within_a_session(
    server: OfflineOpenAI, more: dict[str, Any]
) -> None:
    """Also where the session has parameters of its own to obey."""
    send: Any = ps.Send_ChatMessage
    session = ps.New_ChatSession(Model="m", MaxHistoryTokens=30)
    connection = ps.New_ChatConnection(BaseUrl=server.base_url, AccessToken="sk-test")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(3):
            said = send(
                "many words " * 9,
                Session=session,
                Connection=connection,
                WarningAction="SilentlyContinue",
                **more,
            )
            for _ in said if more else ():
                continue
