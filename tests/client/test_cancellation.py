"""A cancellation tells whoever has asked to be told, once."""

from __future__ import annotations

import threading

from psbridge.client import Cancellation


def test_each_is_told_once_however_often_and_from_wherever_it_is_cancelled() -> None:
    """Also those who ask at that very moment, and after it; not those who no longer want to be told."""
    for _ in range(200):
        cancellation = Cancellation()
        owners = [object() for _ in range(8)]
        told: list[int] = []
        start = threading.Barrier(4)

        def cancel(cancellation: Cancellation = cancellation, start: threading.Barrier = start) -> None:
            start.wait()
            cancellation.cancel()

        threads = [threading.Thread(target=cancel) for _ in range(3)]
        for thread in threads:
            thread.start()
        cancellation.register(owners[7], lambda told=told: told.append(7))  # type: ignore[misc]
        cancellation.register(owners[7], None)
        start.wait()
        for number in range(7):
            cancellation.register(owners[number], lambda told=told, number=number: told.append(number))  # type: ignore[misc]
        for thread in threads:
            thread.join()
        assert sorted(told) == list(range(7))
        assert cancellation.wait(0)
