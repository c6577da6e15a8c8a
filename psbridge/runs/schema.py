"""The ledger's tables, and how a database file becomes one: pragmas, version, migrations. Knows no rows.

A row of the input is three rows here: `item` is small and changes often, `source` is large and never changes,
`result` is written once. So a group of commits touches few pages.
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path

from .errors import LedgerError, LedgerMismatchError
from .places import check_folder

# "PSbr", which `file` and others read at byte 68 of the database.
APPLICATION_ID = 0x50536272

# States of an item.
OPEN, HELD, DONE, FAILED, IN_BATCH, GONE = range(6)  # gone: it is not in the input any more

# Each brings a ledger from one version to the next; the first one makes it.
MIGRATIONS = (
    """
create table run(
  only integer primary key check(only = 1),
  name text not null,            -- made up; part of every idempotency key
  created real not null,
  endpoint text not null, account text not null, organization text, project text, model text,
  key_mark text,                 -- tells a changed key; says nothing about it
  settings text not null,        -- JSON: what the last start asked for
  columns text not null default '[]',   -- JSON: the input's columns in order
  extra text not null default '[]',     -- JSON: columns made from replies
  digest blob,                   -- of the input and what makes requests of it, once read whole
  state text not null default 'new', why text not null default '', stop integer not null default 0,
  total integer not null default 0, done integer not null default 0, failed integer not null default 0,
  calls integer not null default 0, refusals integer not null default 0,
  prompt_tokens integer not null default 0, completion_tokens integer not null default 0,
  cost real not null default 0, started real, ended real);
create table item(
  seq integer primary key, id text not null unique, state integer not null default 0,
  attempts integer not null default 0, refusals integer not null default 0,
  asked integer not null default 0,     -- explicit retries
  not_before real,                      -- monotonic seconds of this boot
  worker integer, fence integer not null default 0,
  prompt integer not null default 0, answer integer not null default 0,  -- tokens it may use; 0 unknown
  part integer);
create index item_open on item(seq) where state = 0 and not_before is null;
create index item_late on item(not_before) where state = 0 and not_before is not null;
create index item_held on item(worker) where state = 1;
create index item_failed on item(seq) where state = 3;
create index item_part on item(part) where part is not null;
create table source(seq integer primary key, hash blob, body blob, row blob not null);
create table place(place integer primary key, seq integer not null unique);
create table result(
  seq integer primary key, at real not null, elapsed real, status integer, reply blob, error text, kind text,
  request_id text, prompt_tokens integer, completion_tokens integer, cost real);
create table worker(
  id integer primary key autoincrement, host text not null, pid integer not null, started text not null,
  beat integer not null default 0, alive integer not null default 1, since real not null,
  calls integer not null default 0, tokens integer not null default 0, cost real not null default 0);
create table part(
  id integer primary key, model text not null, state text not null, name text not null,
  file_id text, batch_id text, output_file_id text, error_file_id text,
  requests integer not null, bytes integer not null, tokens integer not null, changed real not null,
  why text not null default '');
create table tick(
  at integer primary key,        -- whole seconds since 1970
  done integer not null default 0, failed integer not null default 0, refused integer not null default 0);
""",
)
VERSION = len(MIGRATIONS)


def connect(path: Path, create: bool) -> sqlite3.Connection:
    """A connection to a ledger, brought to this version.

    Raises:
        LedgerError: it is not there, cannot be opened or made, or lies in a network folder.
        LedgerMismatchError: it is no ledger, or one of a newer psbridge.
    """
    if not path.exists():
        if not create:
            raise LedgerError(f"There is no ledger '{path}'.", category="ObjectNotFound")
        if not path.parent.is_dir():
            raise LedgerError(f"There is no folder '{path.parent}' for the ledger.")
        check_folder(path.parent)
        try:
            path.touch(mode=0o600, exist_ok=True)
        except OSError as error:
            raise LedgerError(f"The ledger '{path}' cannot be made: {error.strerror}.") from None
    else:
        check_folder(path.parent)
    try:
        connection = sqlite3.connect(path, isolation_level=None, timeout=5, check_same_thread=False)
    except sqlite3.Error as error:
        raise refused(path, error) from None
    try:
        _prepare(connection, path)
    except BaseException as error:
        connection.close()
        if isinstance(error, sqlite3.Error):
            raise refused(path, error) from None
        raise
    return connection


def refused(path: Path | str, error: sqlite3.Error) -> LedgerError:
    """The sentence for what SQLite said about a ledger."""
    text = str(error)
    if "not a database" in text:
        return LedgerMismatchError(f"'{path}' is not a ledger of psbridge: {text}.")
    if "malformed" in text:
        return LedgerMismatchError(f"'{path}' is damaged, or not a ledger of psbridge: {text}.")
    if "readonly" in text or "unable to open" in text:
        return LedgerError(f"The ledger '{path}' cannot be written, nor can files beside it: {text}.")
    if "full" in text or "disk I/O error" in text:
        return LedgerError(f"There is no room for the ledger '{path}': {text}; nothing it held is lost.")
    return LedgerError(f"The ledger '{path}' cannot be used: {text}.")


def is_busy(error: sqlite3.Error) -> bool:
    """Whether another process is writing, and waiting will help."""
    return isinstance(error, sqlite3.OperationalError) and "locked" in str(error)


def begin(connection: sqlite3.Connection) -> None:
    """Begin to write; wait for as long as others do.

    A process that was stopped while it wrote holds the lock until it goes on or ends, and then so do we.
    """
    while True:
        try:
            connection.execute("begin immediate")
            return
        except sqlite3.OperationalError as error:
            if not is_busy(error):
                raise


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    identity = connection.execute("pragma application_id").fetchone()[0]
    version = connection.execute("pragma user_version").fetchone()[0]
    empty = not connection.execute("select count(*) from sqlite_master").fetchone()[0]
    if identity != APPLICATION_ID and not empty:
        raise LedgerMismatchError(f"'{path}' is not a ledger of psbridge: it is another program's database.")
    if version > VERSION:
        raise LedgerMismatchError(
            f"The ledger '{path}' was written by a newer psbridge (version {version}, this one reads up to "
            f"{VERSION})."
        )
    connection.execute("pragma cache_size = -8000")
    connection.execute("pragma temp_store = file")
    _write_ahead(connection)
    connection.execute("pragma synchronous = full")
    if version < VERSION:
        _migrate(connection)


def _write_ahead(connection: sqlite3.Connection) -> None:
    while True:
        with suppress(sqlite3.OperationalError):
            if connection.execute("pragma journal_mode").fetchone()[0] == "wal":
                return
        try:
            mode = connection.execute("pragma journal_mode = wal").fetchone()[0]
        except sqlite3.OperationalError as error:
            if is_busy(error):
                continue
            raise
        if mode != "wal":
            raise LedgerError(f"The ledger needs a write-ahead log, and this folder gives it '{mode}'.")
        return


def _migrate(connection: sqlite3.Connection) -> None:
    begin(connection)
    try:
        version = connection.execute("pragma user_version").fetchone()[0]
        for script in MIGRATIONS[version:]:
            for statement in filter(str.strip, _statements(script)):
                connection.execute(statement)
        connection.execute(f"pragma application_id = {APPLICATION_ID}")
        connection.execute(f"pragma user_version = {VERSION}")
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise


def _statements(script: str) -> list[str]:
    """A script's statements; `executescript` would commit before it begins."""
    lines = [line.partition("--")[0] for line in script.splitlines()]
    return "\n".join(lines).split(";")
