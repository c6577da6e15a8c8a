"""Children of a fork start afresh: answers go to who asked, nothing hangs, the parent's connections go on."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from typing import Any

import pytest

from .faulty import Connection, FaultyServer

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")

_BEGIN = """
import asyncio, json, multiprocessing, os, socket, sys, threading, warnings
warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons warn of forking with threads
from psbridge.client import AsyncClient, Client, Configuration
configuration = Configuration(base_url=sys.argv[1], access_token="k" * 8, proxy="", max_retries=0, timeout=20)
client = Client(configuration)

def body(text):
    return {"model": "m", "messages": [{"role": "user", "content": text}]}

def ask(text):
    answer = client.create(body(text)).value["choices"][0]["message"]["content"]
    return answer == f"answer to {text}"

def child(work):
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        code = 0 if work() else 2
    finally:
        os._exit(code)

def ends_well(pid):
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0

assert ask("first")
"""


async def echo(connection: Connection) -> None:
    """Answers each request with what it was asked."""
    while True:
        await connection.reply(_answer((await connection.request()).json))


def in_process(server: FaultyServer, program: str) -> None:
    """Run `program` behind the beginning above; it must end by itself, well and silently."""
    whole = _BEGIN + textwrap.dedent(program)
    ended = subprocess.run(
        [sys.executable, "-c", whole, server.base_url],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


@pytest.mark.parametrize(
    "program",
    [
        # Parent and children at once, over what was one idle connection.
        """
        pids = [child(lambda i=i: all(ask(f"{i} {n}") for n in range(20))) for i in range(4)]
        assert all(ask(f"parent {n}") for n in range(20))
        assert all(map(ends_well, pids))
        assert ask("afterwards")
        """,
        # A family's rows are being read by another thread while the process forks.
        """
        from psbridge.models.tables import CMDLETS, Tables, _packaged
        reading, go_on = threading.Event(), threading.Event()
        def read(path):
            if os.getpid() == parent and path.endswith("table.json"):
                reading.set()
                go_on.wait(20)
            return _packaged(path)
        parent, tables = os.getpid(), Tables(read)
        threading.Thread(target=lambda: tables["New-Embedding"]).start()
        reading.wait(20)
        pid = child(lambda: tables["New-Embedding"].family == "embeddings")
        assert ends_well(pid)
        go_on.set()
        assert tables["New-Embedding"] == CMDLETS["New-Embedding"]
        """,
        # Children of children.
        """
        def grandchild():
            return ask("child") and ends_well(child(lambda: ask("grandchild"))) and ask("child again")
        assert ends_well(child(grandchild)) and ask("parent")
        """,
        # From a thread, while others are in calls.
        """
        stop = threading.Event()
        def work(n):
            while not stop.is_set():
                assert ask(f"thread {n}")
        threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        pids = []
        def fork():
            pids.extend(child(lambda i=i: all(ask(f"child {i} {n}") for n in range(5))) for i in range(6))
        forking = threading.Thread(target=fork)
        forking.start()
        forking.join()
        assert all(map(ends_well, pids))
        stop.set()
        for thread in threads:
            thread.join()
        """,
        # A pool of workers, as multiprocessing makes them.
        """
        with multiprocessing.get_context("fork").Pool(3) as pool:
            assert all(pool.map(ask, [str(n) for n in range(30)], chunksize=1))
        assert ask("afterwards")
        """,
        # The thread behind `map` is the parent's: a child gets its own.
        """
        def texts(prefix):
            return [o.value["choices"][0]["message"]["content"] for o in client.map(
                body(f"{prefix} {n}") for n in range(8))]
        expected = [f"answer to parent {n}" for n in range(8)]
        assert texts("parent") == expected
        assert ends_well(child(lambda: texts("child") == [f"answer to child {n}" for n in range(8)]))
        assert texts("parent") == expected
        """,
        # A `map` that is under way stays the parent's.
        """
        results = client.map(body(str(n)) for n in range(50))
        next(results)
        def refused():
            try:
                next(results)
            except Exception as error:
                return type(error).__name__ == "CallCancelledError" and ask("child")
        assert ends_well(child(refused))
        assert len(list(results)) == 49
        """,
        # A child that does nothing, or closes the client, ends by the interpreter's own way.
        """
        list(client.map([body("1")]))
        import atexit
        atexit.register(client.close)
        for _ in range(2):
            pid = os.fork()
            if not pid:
                sys.exit(0)
            assert ends_well(pid)
        assert ask("parent")
        """,
        # Within a running loop.
        """
        async def main():
            own = AsyncClient(configuration)
            text = lambda reply: reply.value["choices"][0]["message"]["content"]
            assert text(await own.create(body("1"))) == "answer to 1"
            def in_child():
                async def again():
                    return text(await own.create(body("child"))) == "answer to child"
                asyncio.events._set_running_loop(None)
                return asyncio.new_event_loop().run_until_complete(again())
            assert ends_well(child(in_child))
            assert text(await own.create(body("2"))) == "answer to 2"
            await own.close()
        asyncio.run(main())
        """,
        # And a program that takes the child's place.
        """
        pid = os.fork()
        if not pid:
            os.execv(sys.executable, [sys.executable, "-c", "pass"])
        assert ends_well(pid) and ask("parent")
        """,
    ],
    ids=["at once", "tables", "nested", "thread", "pool", "map", "map under way", "exit", "asyncio", "exec"],
)
def test_children_of_a_fork_start_afresh(faulty: Any, program: str) -> None:
    """Whoever forks, from wherever: each question gets its own answer."""
    in_process(faulty(echo), program)


def test_a_child_leaves_the_parents_connections_alone(faulty: Any) -> None:
    """It goes on over the one that it had, and the server sees the end when the parent closes it."""
    ended = []

    async def counting(connection: Connection) -> None:
        try:
            await echo(connection)
        finally:
            ended.append(connection.number)

    server = faulty(counting)
    in_process(
        server,
        """
        ready, release = os.pipe(), os.pipe()
        def waits():
            os.write(ready[1], b"x")
            os.read(release[0], 1)
            return True
        pid = child(waits)
        os.read(ready[0], 1)
        assert ask("parent")
        client.close()
        # A new connection, made while the child lives.
        assert ask("again")
        os.write(release[1], b"x")
        assert ends_well(pid)
        """,
    )
    assert server.connections == 2
    assert 1 in ended


def test_the_bytes_of_a_reply_reach_their_own_process(faulty: Any) -> None:
    """A stream that was open at the fork goes on in the parent only."""

    async def slow(connection: Connection) -> None:
        request = await connection.request()
        if not request.json.get("stream"):
            await connection.reply(_answer(request.json))
            await slow(connection)
            return
        chunk = (
            b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,'
            b'"delta":{"content":"x"},"finish_reason":null}]}\n\n'
        )
        head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
        await connection.send(head + chunk)
        for _ in range(20):
            await connection.send(chunk)
        await connection.send(chunk.replace(b"null", b'"stop"') + b"data: [DONE]\n\n")

    in_process(
        faulty(slow),
        """
        stream = client.stream(body("s"))
        next(stream)
        def reads():
            try:
                list(stream)
            except Exception:
                return True
            return True
        assert ends_well(child(reads))
        assert len(list(stream)) >= 20
        """,
    )


def _answer(asked: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": f"answer to {asked['messages'][0]['content']}"}
    return {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
