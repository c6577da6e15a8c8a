"""Two threads take turns at reading: the one that reads may work, and the other then reads what comes."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from psbridge.bridge.turns import Turns

PATIENCE = 60.0

watched = pytest.mark.skipif(sys.platform != "linux", reason="nobody keeps watch here")


class Reader:
    """Reads one byte after the other: `w` is work until a `g` is read, `s` is short work, `e` is the end."""

    def __init__(self, source: int) -> None:
        self.turns = Turns(source, self._read)
        self.read: list[tuple[str, int]] = []
        self.begun: list[bool] = []
        self._source = source
        self._go = threading.Event()

    def _read(self) -> bool:
        while True:
            kind = os.read(self._source, 1).decode()
            self.read.append((kind, threading.get_ident()))
            if kind in ("", "e"):
                return True
            if kind == "g":
                self._go.set()
            elif kind in "ws":
                self.begun.append(self.turns.begin())
                if self.begun[-1]:
                    assert kind == "s" or self._go.wait(PATIENCE)
                    self.turns.end()
                if not self.turns.mine:
                    return False


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """A pipe: what is read from, and what is written to."""
    source, sink = os.pipe()
    try:
        yield source, sink
    finally:
        os.close(source)
        os.close(sink)


@watched
def test_what_comes_while_one_works_is_read_by_the_other(pipe: tuple[int, int]) -> None:
    source, sink = pipe
    reader = Reader(source)
    os.write(sink, b"wge")
    reader.turns.run()
    reader.turns.close(PATIENCE)
    (work, first), (go, second), (end, last) = reader.read
    assert (work, go, end) == ("w", "g", "e")
    assert reader.begun == [True]
    assert first != second == last


@watched
def test_one_thread_does_all_work_where_nothing_comes_meanwhile(pipe: tuple[int, int]) -> None:
    source, sink = pipe
    reader = Reader(source)
    running = threading.Thread(target=reader.turns.run)
    running.start()
    for count in range(1, 21):
        os.write(sink, b"s")
        while len(reader.begun) < count:
            os.sched_yield()
    os.write(sink, b"e")
    running.join(PATIENCE)
    reader.turns.close(PATIENCE)
    assert reader.begun == [True] * 20


@watched
def test_both_threads_take_turns_again_and_again(pipe: tuple[int, int]) -> None:
    source, sink = pipe
    reader = Reader(source)
    os.write(sink, b"wg" + b"sg" * 200 + b"e")
    reader.turns.run()
    reader.turns.close(PATIENCE)
    assert "".join(kind for kind, _ in reader.read) == "wg" + "sg" * 200 + "e"
    assert len({thread for _, thread in reader.read}) == 2


def test_an_input_that_cannot_be_watched_is_read_all_the_same(tmp_path: Path) -> None:
    place = tmp_path / "input"
    place.write_bytes(b"sse")
    source = os.open(place, os.O_RDONLY)
    try:
        reader = Reader(source)
        reader.turns.run()
        reader.turns.close(PATIENCE)
    finally:
        os.close(source)
    assert reader.begun == [False, False]
    assert [kind for kind, _ in reader.read] == ["s", "s", "e"]


@watched
def test_the_thread_that_keeps_watch_ends_with_the_reading(pipe: tuple[int, int]) -> None:
    source, sink = pipe
    before = set(threading.enumerate())
    reader = Reader(source)
    os.write(sink, b"se")
    reader.turns.run()
    reader.turns.close(PATIENCE)
    for thread in set(threading.enumerate()) - before:
        thread.join(PATIENCE)
        assert not thread.is_alive()
    assert reader.begun == [True]
