"""What every test stands on: no settings of the machine, a fresh configuration, skips that are told."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from psbridge.client.settings.configuration import Configuration, set_configuration

# A busy machine is no failure: nothing here is judged by how long it takes.
settings.register_profile("psbridge", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("psbridge")

_CLEARED = ("OPENAI_", "AZURE_", "PSBRIDGE_", "SSL_CERT_", "REQUESTS_CA_", "CURL_CA_")
# These say where a program is on this machine, which the tests that run it want to know.
_KEPT = ("PSBRIDGE_PWSH", "PSBRIDGE_PYTHON", "PSBRIDGE_DOTNET_DIR")


def pytest_configure(config: pytest.Config) -> None:
    """Children hear Ctrl+C and a closed terminal, also where the tests were started with these ignored."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda number, frame: None)  # ignored here, as before; not handed on


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """`-n auto`: more workers than cores, as tests wait for other programs about half of their time."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return int(os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS") or cores + min(cores, 4))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """`-n`: a file's tests stay together, as what they share is made once, and files keep their order."""
    if config.getoption("dist") != "load":  # another one was asked for
        return None
    from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]  # it has no types

    config.option.loadscopereorder = False  # it would put files with few tests last, however long
    return LoadFileScheduling(config, log)


# Files whose tests wait for other programs: first, so that no worker is left alone with one at the end.
_LONG = ("powershell/test_pester.py", "pipelines/", "dotnet/", "runs/", "powershell/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long is begun first; the order is otherwise as it was."""

    def place(item: pytest.Item) -> int:
        name = item.nodeid.removeprefix("tests/")
        return next((number for number, one in enumerate(_LONG) if name.startswith(one)), len(_LONG))

    items.sort(key=place)


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No proxy, certificate store, key or base URL reaches a test; no configuration outlives one."""
    for name in list(os.environ):
        upper = name.upper()
        if upper not in _KEPT and (upper.startswith(_CLEARED) or upper.endswith("_PROXY")):
            monkeypatch.delenv(name)
    set_configuration(Configuration())
    yield
    set_configuration(Configuration())


@pytest.fixture
def dead_address() -> Iterator[str]:
    """`127.0.0.1:PORT` where nobody listens, and nobody else can begin to."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{bound.getsockname()[1]}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests were skipped for which reason, so that a green run tells what it did not run."""
    reasons: Counter[str] = Counter()
    for report in terminalreporter.stats.get("skipped", []):
        said = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reasons[said.removeprefix("Skipped: ")] += 1
    for reason, count in reasons.most_common():
        terminalreporter.write_line(f"skipped {count}: {reason}")
