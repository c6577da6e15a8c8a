"""The worker's threads: one for each call under way, again and again the same."""

from __future__ import annotations

import threading
from functools import partial

import pytest

from psbridge.bridge.pool import Pool


def _wait(event: threading.Event) -> None:
    assert event.wait(60)


def test_every_job_runs_at_once_and_the_threads_serve_again() -> None:
    """Fifty that wait for each other, twice."""
    pool = Pool()
    used: set[int] = set()
    for _ in range(2):
        barrier = threading.Barrier(51)

        def job(barrier: threading.Barrier = barrier) -> None:
            used.add(threading.get_ident())
            barrier.wait(60)

        for _ in range(50):
            pool.submit(job)
        barrier.wait(60)
        pool.settle(60)
    assert len(used) == 50


def test_jobs_beyond_the_threads_wait_their_turn() -> None:
    """In the order of arrival."""
    pool = Pool(most=1)
    first, done = threading.Event(), threading.Event()
    ran: list[int] = []
    pool.submit(partial(_wait, first))
    for number in range(5):
        pool.submit(partial(ran.append, number))
    pool.submit(done.set)
    assert ran == []
    first.set()
    assert done.wait(60)
    assert ran == [0, 1, 2, 3, 4]


def test_settling_drops_what_waits_and_awaits_what_runs() -> None:
    """A worker that ends begins nothing more."""
    pool = Pool(most=1)
    running, go, late = threading.Event(), threading.Event(), threading.Event()

    def job() -> None:
        running.set()
        go.wait(60)

    pool.submit(job)
    assert running.wait(60)
    pool.submit(late.set)
    threading.Timer(0.05, go.set).start()
    pool.settle(60)
    assert go.is_set() and not late.is_set()
    pool.submit(late.set)
    assert late.wait(60)


def test_threads_without_work_end_and_others_come() -> None:
    """Nothing is kept for longer than was said."""
    pool = Pool(kept=0.01)
    threads: list[threading.Thread] = []
    ran = threading.Event()

    def job() -> None:
        threads.append(threading.current_thread())
        ran.set()

    pool.submit(job)
    assert ran.wait(60)
    threads[0].join(60)
    assert not threads[0].is_alive()
    again = threading.Event()
    pool.submit(again.set)
    assert again.wait(60)


def test_no_thread_to_be_had_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the job is not left behind for one that comes later."""
    pool = Pool()

    def start(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    late, ran = threading.Event(), threading.Event()
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", start)
        with pytest.raises(RuntimeError):
            pool.submit(late.set)
    pool.submit(ran.set)
    assert ran.wait(60)
    pool.settle(60)
    assert not late.is_set()
