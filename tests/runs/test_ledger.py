"""The ledger under what machines do to files: power that goes, disks that fill, clocks that jump, others."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest

from psbridge.runs import places
from psbridge.runs.caps import Caps
from psbridge.runs.claims import DONE, OPEN, Claim, Outcome, Worker
from psbridge.runs.errors import LedgerError, LedgerMismatchError
from psbridge.runs.intake import Intake
from psbridge.runs.ledger import Identity, Ledger
from psbridge.runs.reading import rows_of
from psbridge.runs.recipes import recipe
from psbridge.runs.schema import APPLICATION_ID, VERSION
from psbridge.runs.turnstile import MOST_UNWRITTEN

from .conftest import Counting, Tickets

IDENTITY = Identity("/chat/completions", "http://here/v1", model="gpt-4o-mini")
REPLY = b'{"choices": []}'


def filled(path: Path, count: int) -> Path:
    """A ledger with so many rows."""
    with Ledger(path, create=True) as ledger:
        ledger.belong(IDENTITY)
        made = recipe({"template": "p-{Id}"})
        intake = Intake(ledger, made, "Id", digest=None)
        intake.take(rows_of({"Id": str(number)} for number in range(count)))
    return path


def done(claim: Claim) -> Outcome:
    return Outcome(claim, DONE, status=200, reply=REPLY)


def answered(path: Path) -> set[int]:
    with Ledger(path) as ledger:
        return {row[0] for row in ledger.db.execute("select seq from result")}


# --- power loss

_HEADER, _FRAME = 32, 24


def _frames(log: bytes) -> list[tuple[int, bool]]:
    """(end, whether it ends a commit) of every frame of a write-ahead log."""
    page = struct.unpack(">I", log[8:12])[0]
    salts = log[16:24]
    ends = []
    place = _HEADER
    while place + _FRAME + page <= len(log):
        head = log[place : place + _FRAME]
        if head[8:16] != salts:
            break
        place += _FRAME + page
        ends.append((place, struct.unpack(">I", head[4:8])[0] != 0))
    return ends


def test_power_that_goes_between_two_frames_leaves_the_commits_that_are_whole(tmp_path: Path) -> None:
    """The log is cut at every frame: what was committed before the cut is there, and nothing else."""
    path = filled(tmp_path / "t.db", 60)
    committed: list[
        tuple[int, set[int]]
    ] = []  # the log's length after a commit, and what is answered by then
    with Ledger(path) as ledger:
        ledger.db.execute("pragma wal_autocheckpoint = 0")
        worker = Worker(ledger, Caps())
        outcomes: list[Outcome] = []
        log = path.with_name("t.db-wal")
        seen: set[int] = set()
        for _ in range(12):
            seen |= {outcome.claim.seq for outcome in outcomes}
            held, _ = worker.turn(outcomes, 5)
            committed.append((log.stat().st_size, set(seen)))
            outcomes = [done(claim) for claim in held]
        image, written = path.read_bytes(), log.read_bytes()
    ends = _frames(written)
    assert len(ends) > 24 and sum(commit for _, commit in ends) == len(committed)
    for number, cut in enumerate([_HEADER, *(end for end, _ in ends)]):
        for torn in (0, 100):
            copy = tmp_path / f"cut-{number}-{torn}" / "t.db"
            copy.parent.mkdir()
            copy.write_bytes(image)
            copy.with_name("t.db-wal").write_bytes(written[: cut + torn])
            whole = [answers for size, answers in committed if size <= cut]
            assert answered(copy) == (whole[-1] if whole else set())
            with Ledger(copy) as ledger:
                assert ledger.db.execute("pragma integrity_check").fetchone()[0] == "ok"
                assert ledger.status().Done == len(whole[-1] if whole else ())
            shutil.rmtree(copy.parent)


def test_a_commit_is_on_the_disk_before_it_is_told(tmp_path: Path) -> None:
    with Ledger(filled(tmp_path / "t.db", 1)) as ledger:
        assert ledger.db.execute("pragma synchronous").fetchone()[0] == 2  # FULL
        assert ledger.db.execute("pragma journal_mode").fetchone()[0] == "wal"


# --- leases


def test_a_worker_that_stands_still_loses_its_rows_and_its_late_result_does_not_count(
    tmp_path: Path,
) -> None:
    path = filled(tmp_path / "t.db", 4)
    with Ledger(path) as one, Ledger(path) as two:
        first, second = Worker(one, Caps(), lease=0.2), Worker(two, Caps(), lease=0.2)
        held, _ = first.turn([], 2)
        assert [claim.id for claim in held] == ["0", "1"]
        others, _ = second.turn([], 4)
        assert [claim.id for claim in others] == ["2", "3"], "what is held is nobody else's"
        time.sleep(0.3)
        freed, view = second.turn([done(claim) for claim in others], 4)
        assert [claim.id for claim in freed] == ["0", "1"] and view.workers == 1
        late, view = first.turn([done(held[0])], 4)
        assert view.lost and late == [] and view.done == 2
        _, view = second.turn([done(claim) for claim in freed], 4)
        assert view.left == 0
    with Ledger(path) as ledger:
        assert ledger.status().Done == 4 and ledger.status().Calls == 5


def test_a_worker_whose_process_is_gone_loses_its_rows_at_once(tmp_path: Path) -> None:
    path = filled(tmp_path / "t.db", 3)
    code = (
        "import os, sys; from psbridge.runs.ledger import Ledger; from psbridge.runs.claims import *; "
        "from psbridge.runs.caps import Caps; w = Worker(Ledger(sys.argv[1]), Caps()); "
        "w.turn([], 3); os._exit(9)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(path)], check=False).returncode == 9
    with Ledger(path) as ledger:
        assert ledger.db.execute("select count(*) from item where state = 1").fetchone()[0] == 3
        held, view = Worker(ledger, Caps(), lease=1e9).turn([], 3)
        assert len(held) == 3 and view.workers == 1


def test_a_process_number_that_another_process_has_by_now_is_not_alive(tmp_path: Path) -> None:
    if not Path("/proc").is_dir():
        pytest.skip("when a process began is read from /proc")
    assert places.is_alive(os.getpid(), places.started(os.getpid()))
    assert not places.is_alive(os.getpid(), "1")


def test_a_clock_that_jumps_a_day_changes_no_lease(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = filled(tmp_path / "t.db", 4)
    with Ledger(path) as one, Ledger(path) as two:
        first, second = Worker(one, Caps()), Worker(two, Caps())
        held, _ = first.turn([], 2)
        real = time.time
        for day in (86_400, -86_400):
            monkeypatch.setattr("psbridge.runs.claims.time.time", lambda day=day: real() + day)
            others, view = second.turn([], 2)
            assert view.workers == 2
            second.turn([Outcome(claim, OPEN, sent=False) for claim in others], 0)
            _, view = first.turn([], 0)
            assert not view.lost
        _, view = first.turn([done(claim) for claim in held], 0)
        assert view.done == 2


def test_a_row_that_waits_is_claimed_when_its_time_has_come(tmp_path: Path) -> None:
    with Ledger(filled(tmp_path / "t.db", 1)) as ledger:
        worker = Worker(ledger, Caps())
        (claim,), _ = worker.turn([], 1)
        refused = Outcome(claim, OPEN, refused=True, tried=False, wait=0.1)
        held, view = worker.turn([refused], 1)
        assert held == [] and view.due is not None and 0 < view.due <= 0.1
        time.sleep(0.11)
        (again,), _ = worker.turn([], 1)
        assert (again.attempts, again.refusals, again.asked) == (0, 1, 0), "a 429 uses up no try"


@pytest.mark.skipif(sys.platform == "win32", reason="SIGSTOP is POSIX's")
def test_a_process_stopped_past_its_lease_and_continued_harms_nobody(
    tickets: Tickets, counting: Counting
) -> None:
    tickets.write(400)
    counting.reset(delay=20)
    stopped = tickets.start(*tickets.line("--throttle-limit", "8"))
    while counting.stats["answered"] < 40:
        time.sleep(0.01)
    _stop(stopped)
    _without_lock(tickets, stopped)
    # Another one with a short lease takes the rows over, and ends.
    with Ledger(tickets.ledger) as ledger:
        ledger.db.execute("""update run set settings = json_set(settings, '$.lease', 0.5)""")
    other = tickets.psbridge("runs", "resume", str(tickets.ledger))
    assert other.returncode == 0, other.stderr
    tickets.check_whole(400)
    stopped.send_signal(signal.SIGCONT)
    _, said = stopped.communicate(timeout=60)
    assert stopped.returncode == 0, said
    tickets.check_whole(400)
    assert tickets.status().Done == 400
    # Its own lease is longer: it may have sent what it held, 8 rows and 32 at most, before it learned that it
    # was taken for dead.
    assert counting.stats["calls"] <= 400 + 8 + 32


def _without_lock(tickets: Tickets, process: subprocess.Popen[bytes]) -> None:
    """See to it that the stopped process was not stopped within a transaction."""
    while True:
        connection = sqlite3.connect(tickets.ledger, timeout=0.2, isolation_level=None)
        try:
            connection.execute("begin immediate")
            connection.execute("rollback")
            return
        except sqlite3.OperationalError:
            process.send_signal(signal.SIGCONT)
            time.sleep(0.003)
            _stop(process)
        finally:
            connection.close()


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Stop a process, and wait until each of its threads stands."""
    process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, process.pid, os.WSTOPPED)


def test_two_starts_of_one_line_at_once_share_the_rows(tickets: Tickets, counting: Counting) -> None:
    tickets.write(400)
    counting.reset(delay=30)
    both = [tickets.start(*tickets.line("--throttle-limit", "8")) for _ in range(2)]
    said = [process.communicate(timeout=120)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    tickets.check_whole(400)
    assert counting.stats["calls"] == 400


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX's")
def test_killing_one_of_several_harms_no_other(tickets: Tickets, counting: Counting) -> None:
    tickets.write(600)
    counting.reset(delay=30)
    first = tickets.start(*tickets.line("--throttle-limit", "8"))
    while counting.stats["answered"] < 20:
        time.sleep(0.01)
    second = tickets.start(*tickets.line("--throttle-limit", "8"))
    while tickets.status().Workers < 2:
        time.sleep(0.01)
    first.kill()
    first.communicate()
    _, said = second.communicate(timeout=120)
    assert second.returncode == 0, said
    tickets.check_whole(600)
    assert counting.stats["calls"] <= 600 + 8 + MOST_UNWRITTEN


# --- no room


def _limited(tickets: Tickets, size: int, *more: str) -> subprocess.CompletedProcess[str]:
    """Run the line where no file may grow beyond `size` bytes."""

    def limit() -> None:
        import resource  # not there on Windows

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    finished = subprocess.run(
        [sys.executable, "-m", "psbridge", *tickets.line(*more)],
        env=tickets.environment,
        preexec_fn=limit,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in finished.stderr
    return finished


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process are POSIX's")
def test_a_disk_that_is_full_while_rows_are_taken_in_leaves_nothing(
    tickets: Tickets, counting: Counting
) -> None:
    tickets.write(20_000)
    full = _limited(tickets, 500_000)
    assert full.returncode == 1 and "no room" in full.stderr
    assert counting.stats["calls"] == 0
    assert [path.name for path in tickets.folder.iterdir()] == ["t.csv"]


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process are POSIX's")
def test_a_disk_that_fills_up_on_the_way_loses_nothing(tickets: Tickets, counting: Counting) -> None:
    tickets.write(3000, text="x" * 100)
    assert tickets.run("--max-requests", "1").returncode == 3
    size = tickets.ledger.stat().st_size
    full = _limited(tickets, size + 40_000, "--max-requests", "100000")
    assert full.returncode == 1 and "no room" in full.stderr, full.stderr
    status = tickets.status()
    stats = counting.stats
    assert 0 < status.Done < 3000
    assert stats["answered"] - status.Done <= 64 + MOST_UNWRITTEN, "what was acknowledged is there"
    assert tickets.run("--max-requests", "100000").returncode == 0
    tickets.check_whole(3000)


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process are POSIX's")
def test_a_disk_that_is_full_when_the_output_is_written_keeps_the_older_one(
    tickets: Tickets, counting: Counting
) -> None:
    tickets.write(3000, text="x" * 100)
    assert tickets.run().returncode == 0
    tickets.out.write_text("yesterday's", encoding="utf-8")
    full = _limited(tickets, 100_000)
    assert full.returncode == 1 and "o.csv" in full.stderr
    assert tickets.out.read_text(encoding="utf-8") == "yesterday's"
    assert tickets.run().returncode == 0
    tickets.check_whole(3000)
    assert counting.stats["calls"] == 3000
    assert not list(tickets.folder.glob(".*"))


# --- files that are not ours


def test_a_ledger_of_a_newer_version_is_refused_untouched(tickets: Tickets) -> None:
    tickets.write(2)
    tickets.run()
    connection = sqlite3.connect(tickets.ledger)
    connection.execute(f"pragma user_version = {VERSION + 1}")
    connection.close()
    before = hashlib.sha256(tickets.ledger.read_bytes()).digest()
    refused = tickets.run()
    assert refused.returncode == 2 and "newer psbridge" in refused.stderr
    assert hashlib.sha256(tickets.ledger.read_bytes()).digest() == before


@pytest.mark.parametrize("content", [b"not a database at all " * 100, b"PK\3\4" * 300])
def test_a_file_that_is_no_ledger_is_refused_untouched(tickets: Tickets, content: bytes) -> None:
    tickets.write(2)
    tickets.ledger.write_bytes(content)
    refused = tickets.run()
    assert refused.returncode == 2 and "not a ledger" in refused.stderr
    assert tickets.ledger.read_bytes() == content


def test_another_program_s_database_is_refused_untouched(tickets: Tickets) -> None:
    tickets.write(2)
    connection = sqlite3.connect(tickets.ledger)
    connection.execute("create table theirs(x)")
    connection.close()
    refused = tickets.run()
    assert refused.returncode == 2 and "another program" in refused.stderr


def test_a_ledger_says_what_it_is(tmp_path: Path) -> None:
    filled(tmp_path / "t.db", 1)
    assert struct.unpack(">I", (tmp_path / "t.db").read_bytes()[68:72])[0] == APPLICATION_ID


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    if os.name == "nt" or os.geteuid() == 0:
        pytest.skip("everything can be written by root and by Windows' owner")
    tmp_path.chmod(0o500)
    with pytest.raises(LedgerError, match="cannot be made"):
        Ledger(tmp_path / "t.db", create=True)


def test_a_read_only_file_system_is_refused_with_a_sentence() -> None:
    for folder in map(Path, ("/sys", "/proc")):
        if folder.is_dir():
            with pytest.raises(LedgerError, match=r"cannot be made|another machine"):
                Ledger(folder / "t.db", create=True)


def test_a_folder_on_another_machine_is_refused(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "22 1 254:0 / / rw - ext4 /dev/root rw\n"
        f"30 22 0:40 / {tmp_path}/my\\040share rw - nfs4 server:/x rw\n",
        encoding="utf-8",
    )
    share = tmp_path / "my share" / "deep"
    share.mkdir(parents=True)
    assert places.network_kind(share, str(mounts)) == "nfs4"
    assert places.network_kind(tmp_path, str(mounts)) == ""


# --- input that changed


def test_an_id_with_another_request_is_refused_by_its_row(tickets: Tickets, counting: Counting) -> None:
    tickets.write(5)
    tickets.run()
    tickets.source.write_text(tickets.source.read_text().replace("floor 3", "floor 33"), encoding="utf-8")
    refused = tickets.run()
    assert refused.returncode == 2 and "Row 4, id '3'" in refused.stderr
    assert counting.stats["calls"] == 5
    assert tickets.run("--changed", "rerun").returncode == 0
    assert counting.stats["calls"] == 6
    tickets.check_whole(5)


def test_rows_may_come_and_go_and_change_places(tickets: Tickets, counting: Counting) -> None:
    tickets.write(4)
    tickets.run()
    tickets.source.write_text("Id,Text,New\n7,z,n\n2,the printer on floor 2 is jammed,\n", encoding="utf-8")
    finished = tickets.run()
    assert finished.returncode == 0, finished.stderr
    rows = tickets.rows()
    assert [row["Id"] for row in rows] == ["7", "2"] and rows[0]["New"] == "n"
    assert [row["Answer"] for row in rows] == ["answer to p-7", "answer to p-2"]
    assert counting.stats["calls"] == 5


def test_a_duplicate_is_one_row_and_a_contradiction_is_refused(tickets: Tickets, counting: Counting) -> None:
    tickets.source.write_text("Id,Text\n0,a\n1,b\n0,a\n", encoding="utf-8")
    assert tickets.run().returncode == 0
    tickets.check_whole(2)
    assert counting.stats["calls"] == 2
    other = Tickets(tickets.folder / "other", counting.base_url)
    other.folder.mkdir()
    other.source.write_text("Id,Text\n0,a\n1,b\n0,c\n", encoding="utf-8")
    refused = other.run()
    assert refused.returncode == 2 and "Row 3, id '0'" in refused.stderr
    assert [path.name for path in other.folder.iterdir()] == ["t.csv"]


def test_a_mismatch_is_an_error_of_its_own(tmp_path: Path) -> None:
    with Ledger(filled(tmp_path / "t.db", 1)) as ledger, pytest.raises(LedgerMismatchError, match="project"):
        ledger.belong(Identity("/chat/completions", "http://here/v1", project="p", model="gpt-4o-mini"))


# --- damage


def test_a_damaged_page_is_one_sentence_wherever_it_is_read(tmp_path: Path) -> None:
    """Each page in turn; what does not need it still reads."""
    whole = filled(tmp_path / "whole.db", 200)
    with Ledger(whole) as ledger:
        ledger.checkpoint()
        size = ledger.db.execute("pragma page_size").fetchone()[0]
    data = whole.read_bytes()
    sentences = []
    for place in range(size, len(data), size):
        hurt = tmp_path / "hurt.db"
        for name in ("hurt.db", "hurt.db-wal", "hurt.db-shm"):
            (tmp_path / name).unlink(missing_ok=True)
        hurt.write_bytes(data[:place] + bytes(size) + data[place + size :])
        try:
            with Ledger(hurt) as ledger:
                ledger.status()
                ledger.db.execute("select * from item order by seq").fetchall()
                with ledger.writing() as db:
                    db.execute("update item set state = state")
        except LedgerError as error:
            sentences.append(error.message)
    assert sentences and all("hurt.db' is damaged" in sentence for sentence in sentences)
