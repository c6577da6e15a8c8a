"""OpenAI, Azure and compatible servers: paths, authentication, extra parameters, several keys, stored
completions.
"""

from __future__ import annotations

import asyncio
import base64
import inspect
import re
from pathlib import Path
from typing import Any

import pytest

from psbridge.client import AsyncClient, Client, Configuration, HttpSigning, KeyRing, Secret
from psbridge.client import errors as error_module
from psbridge.client.errors import (
    POWERSHELL,
    AuthenticationError,
    ClientError,
    ConfigurationError,
    ConnectTimeoutError,
    NotFoundError,
    RequestError,
    StatusError,
    power_shell_identity,
)
from psbridge.offline import OfflineServer

from .conftest import BODY, KEY, Caller, MovedClock
from .faulty import COMPLETION, Connection, Received


class Recorder:
    """Answers everything and keeps what it was asked."""

    def __init__(self, good: set[str] | None = None) -> None:
        self.good = good
        self.seen: list[Received] = []

    async def __call__(self, connection: Connection) -> None:
        while True:
            received = await connection.request()
            self.seen.append(received)
            if self.good is None or received.headers.get("authorization", "")[7:] in self.good:
                await connection.reply(COMPLETION)
            else:
                await connection.reply({"error": {"message": "wrong key"}}, 401)

    @property
    def last(self) -> Received:
        return self.seen[-1]


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


def test_the_request_is_the_references(caller: Caller, faulty: Any, recorder: Recorder) -> None:
    """POST to /chat/completions, Bearer, JSON both ways, organisation and project, a compact UTF-8 body."""
    configuration = Configuration(
        base_url=faulty(recorder).base_url, access_token=KEY, organization="org", project="proj"
    )
    caller.create(
        caller.client(configuration), {"model": "m", "messages": [{"content": "ü", "role": "user"}]}
    )
    sent = recorder.last
    assert sent.line == "POST /v1/chat/completions HTTP/1.1"
    assert sent.headers["authorization"] == f"Bearer {KEY}"
    assert sent.headers["accept"] == sent.headers["content-type"] == "application/json"
    assert (sent.headers["openai-organization"], sent.headers["openai-project"]) == ("org", "proj")
    assert sent.body == '{"model":"m","messages":[{"content":"ü","role":"user"}]}'.encode()


def test_bytes_go_out_as_they_are(caller: Caller, faulty: Any, recorder: Recorder) -> None:
    """Unless something has to be added."""
    client = caller.client(Configuration(base_url=faulty(recorder).base_url))
    body = b'{ "model" : "m", "unknown_member": 1.50 }'
    caller.create(client, body)
    assert recorder.last.body == body
    caller.create(client, body, additional_body={"also": None})
    assert recorder.last.json == {"model": "m", "unknown_member": 1.5, "also": None}


def test_additional_body_headers_and_query_are_sent(caller: Caller, faulty: Any, recorder: Recorder) -> None:
    """For servers that know more than OpenAI's description; those of the call win."""
    configuration = Configuration(
        base_url=faulty(recorder).base_url,
        additional_body={"num_ctx": 1, "top_k": 1},
        additional_query={"v": "1"},
        default_headers={"X-A": "1", "X-B": "1"},
    )
    caller.create(
        caller.client(configuration),
        additional_body={"top_k": 2},
        additional_headers={"x-b": "2"},
        additional_query={"w": "a b"},
    )
    sent = recorder.last
    assert (sent.json["num_ctx"], sent.json["top_k"]) == (1, 2)
    assert (sent.headers["x-a"], sent.headers["x-b"]) == ("1", "2")
    assert sent.line.split()[1] == "/v1/chat/completions?v=1&w=a+b"


@pytest.mark.parametrize(
    ("settings", "header", "value"),
    [
        ({"api_key": {"Authorization": "k1"}}, "authorization", "Bearer k1"),
        (
            {"api_key": {"Authorization": "k1"}, "api_key_prefix": {"Authorization": "Token"}},
            "authorization",
            "Token k1",
        ),
        ({"api_key": {"X-Api-Key": "k1"}}, "x-api-key", "k1"),
        (
            {"username": "me", "password": "pw"},
            "authorization",
            "Basic " + base64.b64encode(b"me:pw").decode(),
        ),
        ({"cookie": "a=b"}, "cookie", "a=b"),
        ({"access_token": Secret("k2")}, "authorization", "Bearer k2"),
        ({"access_token": lambda: "k3"}, "authorization", "Bearer k3"),
    ],
)
def test_each_way_to_authenticate(
    caller: Caller, faulty: Any, recorder: Recorder, settings: dict[str, Any], header: str, value: str
) -> None:
    """One at a time."""
    caller.create(caller.client(Configuration(base_url=faulty(recorder).base_url, **settings)))
    assert recorder.last.headers[header] == value


@pytest.mark.parametrize(
    ("settings", "path", "header"),
    [
        ({}, "/openai/v1/chat/completions", ("api-key", "az")),
        (
            {"api_version": "2024-10-21"},
            "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21",
            ("api-key", "az"),
        ),
        (
            {
                "api_version": "2024-10-21",
                "azure_deployment": "my dep",
                "access_token": lambda: "entra",
                "api_key": {},
            },
            "/openai/deployments/my%20dep/chat/completions?api-version=2024-10-21",
            ("authorization", "Bearer entra"),
        ),
    ],
    ids=["versionless", "deployment by model", "entra"],
)
def test_azure_paths_and_keys(
    caller: Caller,
    faulty: Any,
    recorder: Recorder,
    settings: dict[str, Any],
    path: str,
    header: tuple[str, str],
) -> None:
    """The key goes into `api-key`, an Entra token into Authorization."""
    configuration = Configuration(
        azure_endpoint=faulty(recorder).origin, **{"api_key": {"api-key": "az"}, **settings}
    )
    caller.create(caller.client(configuration))
    assert recorder.last.line.split()[1] == path
    assert recorder.last.headers[header[0]] == header[1]
    assert ("authorization" in recorder.last.headers) == (header[0] == "authorization")


def test_azure_without_deployment_or_model_is_told(caller: Caller) -> None:
    """Before anything is sent."""
    configuration = Configuration(azure_endpoint="https://a.example", api_version="1", access_token="x")
    with pytest.raises(ConfigurationError, match="AzureDeployment"):
        caller.create(caller.client(configuration), {"messages": []})


def test_a_key_callable_is_asked_again_after_a_401(caller: Caller, faulty: Any) -> None:
    """Once per call; what it gave is kept until a server refuses it."""
    recorder = Recorder({"second", "third"})
    keys = iter(["first", "second", "never"])
    client = caller.client(Configuration(base_url=faulty(recorder).base_url, access_token=lambda: next(keys)))
    assert caller.create(client, max_retries=0).attempts == 2
    assert caller.create(client).attempts == 1
    recorder.good = {"third"}
    with pytest.raises(AuthenticationError) as caught:
        caller.create(client)
    assert caught.value.attempts == 2
    assert [received.headers["authorization"][7:] for received in recorder.seen] == [
        "first",
        "second",
        "second",
        "second",
        "never",
    ]


def test_a_coroutine_gives_keys_to_asynchronous_calls(faulty: Any, recorder: Recorder) -> None:
    """A hundred calls at once ask it once."""
    asked = 0

    async def fetch() -> str:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0.01)
        return "from afar"

    configuration = Configuration(base_url=faulty(recorder).base_url, access_token=fetch)

    async def main() -> None:
        async with AsyncClient(configuration) as client:
            await asyncio.gather(*(client.create(BODY) for _ in range(100)))

    asyncio.run(main())
    assert asked == 1
    assert {received.headers["authorization"] for received in recorder.seen} == {"Bearer from afar"}
    with Client(configuration) as client, pytest.raises(ConfigurationError, match="asynchronous calls"):
        client.create(BODY)


@pytest.mark.parametrize("wrong", [lambda: "", lambda: 7, lambda: "a\nb", lambda: 1 / 0])
def test_a_callable_that_gives_no_key_is_told(
    caller: Caller, faulty: Any, recorder: Recorder, wrong: Any
) -> None:
    """And nothing is sent."""
    client = caller.client(Configuration(base_url=faulty(recorder).base_url, access_token=wrong))
    with pytest.raises(ConfigurationError, match=r"^AccessToken"):
        caller.create(client)
    assert recorder.seen == []


def test_several_keys_take_turns(caller: Caller, faulty: Any, recorder: Recorder, clock: MovedClock) -> None:
    """Each no more often than its interval allows."""
    ring = KeyRing(["a", "b"], interval=10)
    client = caller.client(Configuration(base_url=faulty(recorder).base_url, access_token=ring), clock=clock)
    for _ in range(4):
        caller.create(client)
    assert [r.headers["authorization"][7:] for r in recorder.seen] == ["a", "b", "a", "b"]
    assert 9 < sum(clock.slept) <= 20


def test_a_limited_key_rests_while_the_others_go_on(caller: Caller, faulty: Any, clock: MovedClock) -> None:
    """A 429 of one key does not stop a call that another can make."""

    async def handler(connection: Connection) -> None:
        while True:
            received = await connection.request()
            if received.headers["authorization"] == "Bearer a":
                await connection.reply({}, 429, retry_after="60")
            else:
                await connection.reply(COMPLETION)

    ring = KeyRing(["a", "b"])
    client = caller.client(Configuration(base_url=faulty(handler).base_url, access_token=ring), clock=clock)
    assert [caller.create(client).attempts for _ in range(4)] == [2, 1, 1, 1]
    assert sum(clock.slept) < 1


class Refusing:
    """Answers those whose key it knows."""

    def __init__(self, *known: str) -> None:
        self.known = set(known)
        self.asked: list[str] = []

    async def __call__(self, connection: Connection) -> None:
        while True:
            key = (await connection.request()).headers["authorization"][7:]
            self.asked.append(key)
            if key in self.known:
                await connection.reply(COMPLETION)
            else:
                await connection.reply({"error": {"message": "Incorrect API key"}}, 401)


def test_a_refused_key_is_left_aside_while_another_is_taken(
    caller: Caller, faulty: Any, clock: MovedClock
) -> None:
    """For five minutes; it costs no try."""
    server = Refusing("b")
    ring = KeyRing(["a", "b", "c"])
    configuration = Configuration(base_url=faulty(server).base_url, access_token=ring, max_retries=0)
    client = caller.client(configuration, clock=clock)
    assert [caller.create(client).attempts for _ in range(6)] == [2, 2, 1, 1, 1, 1]
    assert server.asked == ["a", "b", "c", "b", "b", "b", "b", "b"]
    server.known.add("a")
    clock.sleep(301)
    for _ in range(4):
        assert caller.create(client).value
    assert {"a", "b"} <= set(server.asked[8:])


def test_a_ring_whose_keys_are_all_refused_says_so_at_once(
    caller: Caller, faulty: Any, clock: MovedClock
) -> None:
    """Each call anew; and the first key that the server takes again is used."""
    server = Refusing()
    ring = KeyRing(["a", "b"])
    configuration = Configuration(base_url=faulty(server).base_url, access_token=ring, max_retries=2)
    client = caller.client(configuration, clock=clock)
    for _ in range(3):
        with pytest.raises(AuthenticationError, match="Incorrect API key"):
            caller.create(client)
    assert len(server.asked) == 4 and clock.slept == []
    server.known.update("ab")
    assert caller.create(client).attempts == 1


def test_many_requests_lose_nothing_by_a_refused_key(faulty: Any) -> None:
    server = Refusing("b")
    configuration = Configuration(
        base_url=faulty(server).base_url, access_token=KeyRing(["a", "b", "c"]), max_retries=0
    )
    with Client(configuration) as client:
        assert all(outcome.ok for outcome in client.map([BODY] * 40, concurrency=8))


def test_signed_requests_can_be_checked(
    faulty: Any, recorder: Recorder, tmp_path: Path, dead_address: str
) -> None:
    """With the public key, over exactly what the header says was signed."""
    pytest.importorskip("cryptography")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    key = rsa.generate_private_key(65537, 2048)
    path = tmp_path / "key.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"phrase"),
        )
    )
    signing = HttpSigning(
        "my-key", str(path), Secret("phrase"), ("(request-target)", "(created)", "host", "digest")
    )
    with Client(Configuration(base_url=faulty(recorder).base_url, http_signing=signing)) as client:
        client.create(BODY)
        sent = recorder.last
        found = dict(
            re.findall(r'(\w+)="?([^",]+)"?', sent.headers["authorization"].removeprefix("Signature "))
        )
        text = "\n".join(
            (
                "(request-target): post /v1/chat/completions",
                f"(created): {found['created']}",
                f"host: {sent.headers['host']}",
                f"digest: {sent.headers['digest']}",
            )
        )
        signature = base64.b64decode(found["signature"] + "==")
        key.public_key().verify(signature, text.encode(), padding.PKCS1v15(), hashes.SHA256())
    wrong = HttpSigning("my-key", str(path), Secret("not it"))
    with (
        Client(Configuration(base_url=f"http://{dead_address}", http_signing=wrong)) as client,
        pytest.raises(ConfigurationError, match=r"^KeyFilePath"),
    ):
        client.create(BODY)


def test_stored_completions(caller: Caller, configuration: Configuration) -> None:
    """Get, list by pages, messages, update, delete."""
    client = caller.client(configuration)
    made = [
        caller.create(client, {**BODY, "store": True, "metadata": {"n": str(n % 2)}}).value["id"]
        for n in range(5)
    ]
    assert caller.run(client.get(made[0])).value["id"] == made[0]
    page = caller.run(client.list(limit=2, order="asc")).value
    assert ([item["id"] for item in page["data"]], page["has_more"]) == (made[:2], True)
    assert [item["id"] for item in caller.items(client.list_all(limit=2, order="asc"))] == made
    only = caller.items(client.list_all(metadata={"n": "1"}, order="asc"))
    assert [item["id"] for item in only] == [made[1], made[3]]
    assert [m["content"] for m in caller.items(client.messages_all(made[0]))] == ["Hello there"]
    assert caller.run(client.messages(made[0], limit=1)).value["data"]
    assert caller.run(client.update(made[0], {"done": "yes"})).value["metadata"] == {"done": "yes"}
    assert caller.run(client.delete(made[0])).value["deleted"] is True
    with pytest.raises(NotFoundError):
        caller.run(client.get(made[0]))


@pytest.mark.parametrize("wrong", ["", ".", "..", None, 7])
def test_an_id_that_is_none_is_refused(caller: Caller, configuration: Configuration, wrong: Any) -> None:
    """It would name another path."""
    with pytest.raises(RequestError, match="CompletionId"):
        caller.run(caller.client(configuration).get(wrong))


def test_an_id_cannot_leave_its_path(caller: Caller, faulty: Any, recorder: Recorder) -> None:
    """A slash or a question mark in it is escaped."""
    caller.run(caller.client(Configuration(base_url=faulty(recorder).base_url)).get("../x?y#z"))
    assert recorder.last.line.split()[1] == "/v1/chat/completions/..%2Fx%3Fy%23z"


def test_a_wrong_key_is_told(caller: Caller) -> None:
    """With the id a script can test for."""
    with OfflineServer(api_key="right") as server:
        client = caller.client(Configuration(base_url=server.base_url, access_token="sk-wrong-key-0123"))
        with pytest.raises(AuthenticationError) as caught:
            caller.create(client)
    assert (caught.value.status, caught.value.error_id) == (401, "PSBridge.Authentication")
    assert caught.value.category == "AuthenticationError"


def test_an_unknown_option_is_refused(caller: Caller, configuration: Configuration) -> None:
    """With those there are."""
    with pytest.raises(TypeError, match=r"'timout' is not an option of a call. Options: .*timeout"):
        caller.create(caller.client(configuration), timout=3)


def test_an_asynchronous_client_serves_one_loop_after_another(configuration: Configuration) -> None:
    """Closed in each, it opens new connections in the next; even the closing may come in another."""
    client = AsyncClient(configuration)

    async def call() -> int:
        status: int = (await client.create(BODY)).status
        await client.close()
        return status

    assert [asyncio.run(call()) for _ in range(2)] == [200, 200]
    asyncio.run(client.close())


def test_both_clients_have_the_same_methods_and_parameters() -> None:
    """Whoever knows one knows the other."""

    def public(kind: type) -> dict[str, list[str]]:
        own = {n: m for n, m in vars(kind).items() if not n.startswith("_") and inspect.isfunction(m)}
        return {name: [str(p) for p in inspect.signature(m).parameters.values()] for name, m in own.items()}

    blocking, asynchronous = public(Client), public(AsyncClient)
    asynchronous.pop("create_reserved")
    blocking.pop("line")  # hands requests to the loop from other threads; on the loop, `map` takes them
    blocking.pop("on_asyncio")  # leads from the one to the other
    blocking["map"][1] = asynchronous["map"][1]
    assert blocking == asynchronous


def test_every_public_name_exists() -> None:
    """And is listed once, in order."""
    import psbridge.client as package

    assert list(package.__all__) == sorted(set(package.__all__), key=lambda name: (name[0].islower(), name))
    for name in package.__all__:
        assert getattr(package, name) is not None


def test_the_drawing_of_the_error_tree_is_the_tree() -> None:
    """Each class below the one it is drawn under, all drawn, all in the table of PowerShell ids."""
    drawn: dict[str, str] = {}
    above: list[str] = []
    for line in inspect.cleandoc(error_module.__doc__ or "").splitlines():
        if match := re.match(r"^((?:│   |    |├── |└── )*)(\w+Error)\b", line):
            depth = len(match[1]) // 4
            above[depth:] = [match[2]]
            if depth:
                drawn[match[2]] = above[depth - 1]
    classes = {
        name: kind
        for name, kind in vars(error_module).items()
        if isinstance(kind, type) and issubclass(kind, ClientError)
    }
    assert drawn == {n: k.__bases__[0].__name__ for n, k in classes.items() if k is not ClientError}
    assert set(POWERSHELL) == set(classes.values())
    ids = [error_id for error_id, _ in POWERSHELL.values()]
    assert len(set(ids)) == len(ids) and all(error_id.startswith("PSBridge.") for error_id in ids)


def test_a_class_of_ones_own_takes_its_parents_identity() -> None:
    """So that the table stays whole."""

    class Mine(ConnectTimeoutError):
        pass

    assert power_shell_identity(Mine) == POWERSHELL[ConnectTimeoutError]
    assert Mine("x").category == "OperationTimeout"


def test_an_error_survives_pickling() -> None:
    """Results of other processes keep their errors."""
    import pickle

    error = StatusError("HTTP 500 X", status=500, code="c", body=b"{}", attempts=2)
    copy = pickle.loads(pickle.dumps(error))
    assert (copy.status, copy.code, copy.body, copy.attempts, str(copy)) == (500, "c", b"{}", 2, "HTTP 500 X")


def test_spans_follow_the_genai_conventions(caller: Caller, configuration: Configuration) -> None:
    """Model, tokens and error type; never a message."""
    pytest.importorskip("opentelemetry.sdk")
    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter = InMemorySpanExporter()
    provider = trace.get_tracer_provider()
    if not isinstance(provider, TracerProvider):
        provider = TracerProvider()
        trace.set_tracer_provider(provider)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    client = caller.client(configuration)
    caller.create(client)
    caller.chunks(client)
    with pytest.raises(ClientError):
        caller.create(client, {"model": "gpt-4o"})
    good, streamed, bad = exporter.get_finished_spans()
    assert good.name == "chat gpt-4o" and good.attributes is not None
    assert good.attributes["gen_ai.operation.name"] == "chat"
    assert good.attributes["gen_ai.request.model"] == "gpt-4o"
    assert good.attributes["gen_ai.usage.input_tokens"]
    assert good.attributes["gen_ai.response.finish_reasons"] == ("stop",)
    assert streamed.end_time
    assert bad.attributes is not None and bad.attributes["error.type"] == "400"
    assert "Hello there" not in str([span.to_json() for span in (good, streamed, bad)])


def test_usage_is_totalled(caller: Caller, configuration: Configuration) -> None:
    """Over all calls of a client, until it is reset."""
    client = caller.client(configuration)
    used = sum(caller.create(client).value["usage"]["total_tokens"] for _ in range(3))
    totals = client.usage.totals()
    assert (totals.requests, totals.attempts, totals.total_tokens) == (3, 3, used)
    assert totals.prompt_tokens + totals.completion_tokens == used
    client.usage.reset()
    assert client.usage.totals().requests == 0
