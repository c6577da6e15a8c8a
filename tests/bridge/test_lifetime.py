"""How a worker starts and ends, and what must not harm it: noise, floods, a reader that does not read."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import closing

import pytest

from psbridge.offline import Fault, OfflineServer

from .conftest import KEY, REQUEST, Start, connect
from .test_calls import Gate, chat, content
from .worker_client import PATIENCE, WorkerClient

MESSAGE = "Initialize-ChatCompletionRequestUserMessage"
posix = pytest.mark.skipif(os.name == "nt", reason="POSIX signals")


class SilentServer:
    """Takes connections and requests, and never answers; knows when a connection is closed."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.base_url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/v1"
        self.connections: list[socket.socket] = []

    def accept(self) -> socket.socket:
        """The next connection, once its request has begun to arrive."""
        self._listener.settimeout(PATIENCE)
        connection, _ = self._listener.accept()
        connection.settimeout(PATIENCE)
        assert connection.recv(1)
        self.connections.append(connection)
        return connection

    def close(self) -> None:
        for connection in self.connections:
            connection.close()
        self._listener.close()


def is_closed(connection: socket.socket) -> bool:
    """Wait until the other side closes."""
    try:
        while connection.recv(1 << 16):
            pass
    except ConnectionResetError:
        return True
    return True


def test_the_end_of_the_input_ends_a_worker_in_mid_call(start: Start) -> None:
    with closing(SilentServer()) as server:
        client = start()
        client.run("Set-Configuration", {"BaseUrl": server.base_url, "AccessToken": KEY})
        ids = [chat(client), chat(client, parameters={"Stream": True})]
        connections = [server.accept() for _ in ids]
        client.close_input()
        assert client.wait() == 0
        assert all(is_closed(connection) for connection in connections)
        client.until_ended()
        for id in ids:
            assert [one["error"]["code"] for one in client.answers(id)] == [-32800]


def test_shutdown_answers_what_is_under_way_first(start: Start, server: OfflineServer) -> None:
    client = start()
    connect(client, server)
    gate = Gate(server)
    id = chat(client)
    gate.wait_for(1)
    last = client.send("shutdown")
    assert client.wait() == 0
    client.until_ended()
    assert client.answers(id)[0]["error"]["code"] == -32800
    assert client.answers(last)[0]["result"] == {}
    assert client.messages[-1]["id"] == last


@posix
def test_a_killed_worker_is_noticed_and_a_new_one_works(start: Start, server: OfflineServer) -> None:
    client = start()
    connect(client, server)
    gate = Gate(server)
    chat(client)
    gate.wait_for(1)
    client.process.send_signal(signal.SIGKILL)
    client.until_ended()
    assert client.wait() == -signal.SIGKILL
    gate.open()
    again = start()
    connect(again, server)
    assert content(again.result(chat(again)))


@posix
def test_a_worker_ends_when_its_parent_is_killed(start: Start) -> None:
    # A parent that starts a worker, says hello and waits; what the worker says goes to this process.
    parent = (
        "import subprocess, sys, time\n"
        "worker = subprocess.Popen([sys.executable, '-m', 'psbridge.bridge'], stdin=subprocess.PIPE)\n"
        'worker.stdin.write(b\'{"jsonrpc":"2.0","id":1,"method":"hello","params":{"protocol":1}}\\n\')\n'
        "worker.stdin.flush()\n"
        "time.sleep(600)\n"
    )
    client = start(("-c", parent), greet=False)
    pid = client.result(1)["pid"]
    assert pid != client.process.pid
    client.process.kill()
    client.until_ended()  # the worker held the other end of this pipe too


@posix
def test_ctrl_c_in_the_console_does_not_end_it(start: Start) -> None:
    client = start()
    client.process.send_signal(signal.SIGINT)
    assert client.run(MESSAGE, {"Content": "hi", "Role": "user"})["set"]["content"] == "hi"


def test_a_reader_that_has_gone_ends_it(start: Start, server: OfflineServer) -> None:
    worker = subprocess.Popen(
        [sys.executable, "-m", "psbridge.bridge"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert worker.stdin and worker.stdout
    worker.stdout.close()
    worker.stdin.write(b'{"jsonrpc":"2.0","id":1,"method":"hello","params":{"protocol":1}}\n')
    worker.stdin.flush()
    assert worker.wait(PATIENCE) == 0
    worker.stdin.close()


@posix
def test_without_standard_streams_it_ends_with_a_sentence() -> None:
    ended = subprocess.run(
        ["sh", "-c", f"exec {sys.executable} -m psbridge.bridge <&- >&-"],
        stderr=subprocess.PIPE,
        timeout=PATIENCE,
    )
    assert ended.returncode == 2
    assert b"must be open" in ended.stderr


NOISE = """
import os, sys, ctypes, subprocess, threading
import psbridge.cmdlets.functions as functions
from psbridge.bridge.worker import main

made = functions.cmdlet

def noisy(name):
    def call(*args, **parameters):
        print("printed", flush=True)
        sys.stdout.write('{"jsonrpc":"2.0","id":1,"result":"forged"}\\n')
        sys.__stdout__.write("kept from the beginning\\n")
        sys.__stdout__.flush()
        os.write(1, b"written to descriptor 1\\n")
        ctypes.CDLL(None).puts(b"put by C")
        ctypes.CDLL(None).fflush(None)
        subprocess.run(["echo", "said by a child"])
        assert sys.stdin.read() == "" and os.read(0, 1) == b""
        return made(name)(*args, **parameters)
    return call

functions.cmdlet = noisy
main()
"""


@posix
def test_nothing_written_to_standard_output_by_others_reaches_the_protocol(start: Start) -> None:
    client = start(("-c", NOISE))
    ids = [client.invoke(MESSAGE, {"Content": str(n), "Role": "user"}) for n in range(5)]
    for n, id in enumerate(ids):
        assert client.result(id)["value"]["set"]["content"] == str(n)
    assert len(client.messages) == 6
    client.close_input()
    assert client.wait() == 0
    for told in (b"printed", b"forged", b"beginning", b"descriptor 1", b"put by C", b"a child"):
        assert told in client.errors


UNPREPARED = """
from psbridge.bridge import loading
from psbridge.bridge.worker import main

def broken():
    raise ImportError("nothing can be loaded ahead")

loading._load_builders = loading._load_calls = broken
main()
"""


def test_what_could_not_be_loaded_ahead_is_loaded_by_the_call_that_needs_it(start: Start) -> None:
    client = start(("-c", UNPREPARED))
    assert client.run(MESSAGE, {"Content": "hi", "Role": "user"})["set"]["content"] == "hi"
    client.close_input()
    assert client.wait() == 0
    assert b"ImportError" in client.errors


FLOOD = """
import os, sys, threading
import psbridge.cmdlets.functions as functions
from psbridge.bridge.worker import main

def broken(name):
    def call(*args, **parameters):
        raise RuntimeError("x" * 100_000)
    return call

functions.cmdlet = broken
main()
"""


def test_a_standard_error_nobody_reads_stops_nothing() -> None:
    # Every call fails with a long traceback, far more than a pipe holds.
    worker = subprocess.Popen(
        [sys.executable, "-c", FLOOD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert worker.stdin and worker.stdout and worker.stderr
    worker.stdin.write(b'{"jsonrpc":"2.0","id":0,"method":"hello","params":{"protocol":1}}\n')
    for id in range(1, 201):
        params = b'{"name":"Get-HostSetting"}'
        worker.stdin.write(b'{"jsonrpc":"2.0","id":%d,"method":"invoke","params":%b}\n' % (id, params))
    worker.stdin.flush()
    answers = [worker.stdout.readline() for _ in range(201)]
    assert all(b'"code":-32603' in answer and b"Traceback" not in answer for answer in answers[1:])
    worker.stdin.close()
    assert worker.wait(PATIENCE) == 0
    assert b"RuntimeError" in worker.stderr.read()
    worker.stdout.close()
    worker.stderr.close()


CHATTER = """
import logging, sys, warnings
import psbridge.cmdlets.functions as functions
from psbridge.bridge.worker import main

made = functions.cmdlet

def chatty(name):
    def call(*args, **parameters):
        print("p" * 50_000)
        print("e" * 50_000, file=sys.stderr)
        logging.getLogger("a.library").warning("w" * 50_000)
        return made(name)(*args, **parameters)
    return call

functions.cmdlet = chatty
main()
"""


def test_chatter_nobody_reads_stops_nothing() -> None:
    """Whoever prints in the worker, a key function or a library, waits for no reader of standard error."""
    worker = subprocess.Popen(
        [sys.executable, "-c", CHATTER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert worker.stdin and worker.stdout and worker.stderr
    worker.stdin.write(b'{"jsonrpc":"2.0","id":0,"method":"hello","params":{"protocol":1}}\n')
    for id in range(1, 51):
        params = b'{"name":"Get-HostSetting"}'
        worker.stdin.write(b'{"jsonrpc":"2.0","id":%d,"method":"invoke","params":%b}\n' % (id, params))
    worker.stdin.flush()
    answers = [worker.stdout.readline() for _ in range(51)]
    assert all(b'"result"' in answer for answer in answers)
    worker.stdin.close()
    assert worker.wait(PATIENCE) == 0
    assert b"ppp" in worker.stderr.read()
    worker.stdout.close()
    worker.stderr.close()


def test_a_reader_that_pauses_loses_nothing(connected: WorkerClient, server: OfflineServer) -> None:
    server.faults.clear()
    connected.pause()
    said = "word " * 20_000
    builders = [connected.invoke(MESSAGE, {"Content": f"{n} {said}", "Role": "user"}) for n in range(60)]
    calls = [chat(connected, f"number {n}.") for n in range(60)]
    streams = [chat(connected, "w " * 300, {"StreamText": True}) for _ in range(5)]
    cancelled = chat(connected)
    connected.cancel(cancelled)
    connected.resume()
    for n, id in enumerate(builders):
        assert connected.result(id)["value"]["set"]["content"] == f"{n} {said}"
    for n, id in enumerate(calls):
        assert f"number {n}." in content(connected.result(id))
    for id in streams:
        connected.result(id)
        assert "w " * 300 in "".join(connected.items(id))
    connected.answer(cancelled)


def test_a_stream_nobody_reads_is_held_back_and_can_still_be_cancelled(start: Start) -> None:
    with closing(SilentServer()) as server:
        client = start()
        client.run("Set-Configuration", {"BaseUrl": server.base_url, "AccessToken": KEY})
        client.pause()
        id = chat(client, parameters={"Stream": True})
        connection = server.accept()
        chunk = (
            b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m",'
            b'"choices":[{"index":0,"delta":{"content":"%b"},"finish_reason":null}]}\n\n' % (b"x" * 60_000)
        )
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n")
        sent = 0
        stopped = threading.Event()

        def flood() -> None:
            nonlocal sent
            try:
                while sent < 400_000_000:
                    connection.sendall(chunk)
                    sent += len(chunk)
            except OSError:
                stopped.set()  # the worker let go of the connection

        thread = threading.Thread(target=flood)
        thread.start()
        # The worker takes a bounded amount and then no more, so the flood stands still by itself ...
        previous = -1
        while previous != sent:
            previous = sent
            stopped.wait(0.3)
        assert 0 < sent < 100_000_000
        # ... until the call is cancelled, which nobody has to read for.
        client.cancel(id)
        assert stopped.wait(PATIENCE)
        thread.join(PATIENCE)
        client.resume()
        assert client.error(id)["code"] == -32800
        assert client.run(MESSAGE, {"Content": "hi", "Role": "user"})["set"]["content"] == "hi"


def test_many_threads_do_not_stay(connected: WorkerClient, server: OfflineServer) -> None:
    server.faults.add(Fault(delay=0.05))
    for id in [chat(connected) for _ in range(100)]:
        connected.result(id)
    memory = connected.ask("status")["memory"]
    for _ in range(3000):
        connected.invoke(MESSAGE, {"Content": "hi", "Role": "user"})
    connected.run("New-ChatCompletion", {"CreateChatCompletionRequest": REQUEST})
    assert connected.ask("status")["memory"] < memory + 20_000_000
