"""Imports: when, of what, for whom, how far they came, what became of it and what was left out."""

from __future__ import annotations

import json
from contextlib import contextmanager

from casefleet_cli import clock
from casefleet_cli.light import TYPE_CHECKING, NamedTuple
from casefleet_cli.store import database

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any


class Mark(NamedTuple):
    """How far an import has read one file of many messages, or a folder of files of one each."""

    fingerprint: str
    """Of the file; another one says that the file is not what it was. "" for a folder."""
    position: int
    """Of the last message that is logged, or skipped and listed."""
    messages: int
    """How many those are."""
    is_done: bool
    logged: int = 0
    """How many of them this import logged."""
    known: int = 0
    """How many of them were logged before; what is neither was skipped."""


def start(connection: sqlite3.Connection, paths: Sequence[str], user_id: int | None, options: Mapping[str, str]) -> int:
    """Note that an import begins and give its number."""
    cursor = connection.execute(
        "INSERT INTO imports (started_at, user_id, paths, options) VALUES (?, ?, ?, ?)",
        (clock.stamp(), user_id, json.dumps(paths), json.dumps(options, sort_keys=True)),
    )
    return int(cursor.lastrowid or 0)


def interrupted(
    connection: sqlite3.Connection, paths: Sequence[str], user_id: int | None, options: Mapping[str, str]
) -> int | None:
    """The newest import of the same paths in the same way that has not ended, or None."""
    row = connection.execute(
        "SELECT max(id) FROM imports WHERE ended_at IS NULL AND paths = ? AND user_id IS ? AND options = ?",
        (json.dumps(paths), user_id, json.dumps(options, sort_keys=True)),
    ).fetchone()
    return None if row[0] is None else int(row[0])


def note(connection: sqlite3.Connection, import_id: int, counts: Mapping[str, int], *, ended: bool = False) -> None:
    """Keep the counts by outcome that an import has come to, and whether it has ended."""
    connection.execute(
        "UPDATE imports SET counts = ?, ended_at = ? WHERE id = ?",
        (json.dumps(counts), clock.stamp() if ended else None, import_id),
    )


def outcomes(connection: sqlite3.Connection, import_id: int) -> dict[int, dict[str, int]]:
    """By user: how many emails the import has filed and how many it left unassigned."""
    found: dict[int, dict[str, int]] = {}
    for user_id, outcome, count in connection.execute(
        "SELECT d.user_id, n.outcome, count(*) FROM deliveries AS d JOIN decisions AS n ON n.delivery_id = d.id"
        " WHERE d.import_id = ? GROUP BY 1, 2 ORDER BY 1, 2",
        (import_id,),
    ):
        found.setdefault(user_id, {})[outcome] = count
    return found


def mark_of(connection: sqlite3.Connection, import_id: int, path: str) -> Mark | None:
    """How far this import has read a file."""
    row = connection.execute(
        "SELECT fingerprint, position, messages, is_done, logged, known FROM import_sources"
        " WHERE path = ? AND import_id = ?",
        (path, import_id),
    ).fetchone()
    if row is None:
        return None
    fingerprint, position, messages, is_done, logged, known = row
    return Mark(fingerprint, position, messages, bool(is_done), logged, known)


def read_before(connection: sqlite3.Connection, path: str, fingerprint: str, import_id: int) -> int | None:
    """How many messages a file has of which an earlier import of the same kind logged every one; None if none did."""
    row = connection.execute(
        "SELECT s.messages FROM import_sources AS s JOIN imports AS i ON i.id = s.import_id"
        " JOIN imports AS this ON this.id = ? AND i.user_id IS this.user_id AND i.options = this.options"
        " WHERE s.path = ? AND s.fingerprint = ? AND s.is_done AND i.id < this.id"
        " AND NOT EXISTS (SELECT 1 FROM import_skips AS k"
        " WHERE k.import_id = i.id AND k.path = s.path AND NOT k.is_bookkeeping)",
        (import_id, path, fingerprint),
    ).fetchone()
    return None if row is None else int(row[0])


def put_mark(connection: sqlite3.Connection, import_id: int, path: str, mark: Mark) -> None:
    """Note how far this import has read a file."""
    connection.execute(
        "INSERT INTO import_sources (import_id, path, fingerprint, position, messages, is_done, logged, known)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET fingerprint = excluded.fingerprint, position = excluded.position,"
        " messages = excluded.messages, is_done = excluded.is_done, logged = excluded.logged, known = excluded.known",
        (import_id, path, *mark[:3], int(mark.is_done), *mark[4:]),
    )


def forget_folders(connection: sqlite3.Connection, import_id: int) -> None:
    """Forget what was met in folders, because they are read again."""
    connection.execute("DELETE FROM import_sources WHERE import_id = ? AND fingerprint = ''", (import_id,))


def accounts(connection: sqlite3.Connection, import_id: int) -> Iterator[dict[str, Any]]:
    """Every file of many messages and every folder that an import read: how many messages, and what became of them."""
    cursor = connection.execute(
        "SELECT path, messages AS found, logged, known, messages - logged - known AS skipped, is_done, position"
        " FROM import_sources WHERE import_id = ? ORDER BY path",
        (import_id,),
    )
    for row in database.rows(cursor):
        yield {**row, "is_done": bool(row["is_done"])}


def forget_skips(connection: sqlite3.Connection, import_id: int, path: str) -> None:
    """Forget what was skipped in a file ("": outside files of many messages), because it is read again."""
    connection.execute("DELETE FROM import_skips WHERE import_id = ? AND path = ?", (import_id, path))


def skip(
    connection: sqlite3.Connection,
    import_id: int,
    skipped: tuple[str, int, str, int | None, int | None],
    path: str,
    *,
    is_bookkeeping: bool = False,
) -> None:
    """List something that is not logged: origin, position, reason, its first byte and the one behind it.

    Book-keeping is what nobody expects mail in.
    """
    connection.execute(
        "INSERT INTO import_skips (import_id, origin, position, reason, begins_at, ends_at, path, is_bookkeeping)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET reason = excluded.reason, is_bookkeeping = excluded.is_bookkeeping,"
        " begins_at = excluded.begins_at, ends_at = excluded.ends_at",
        (import_id, *skipped, path, int(is_bookkeeping)),
    )


def skips(
    connection: sqlite3.Connection, import_id: int, *, is_bookkeeping: bool = False
) -> Iterator[tuple[str, int, str, int | None, int | None]]:
    """What an import left out (or which book-keeping it passed over), as `skip` takes it."""
    return connection.execute(
        "SELECT origin, position, reason, begins_at, ends_at FROM import_skips"
        " WHERE import_id = ? AND is_bookkeeping = ? ORDER BY path, position, origin",
        (import_id, int(is_bookkeeping)),
    )


def count_skips(connection: sqlite3.Connection, import_id: int) -> int:
    """How much an import left out, book-keeping aside."""
    row = connection.execute(
        "SELECT count(*) FROM import_skips WHERE import_id = ? AND NOT is_bookkeeping", (import_id,)
    ).fetchone()
    return int(row[0])


def listed(connection: sqlite3.Connection, import_id: int | None = None) -> Iterator[dict[str, Any]]:
    """All imports, newest first, or the one: number, times, user, paths, options and counts."""
    cursor = connection.execute(
        "SELECT i.id, i.started_at, i.ended_at, u.name AS user, i.paths, i.options, i.counts FROM imports AS i"
        " LEFT JOIN users AS u ON u.id = i.user_id WHERE ?1 IS NULL OR i.id = ?1 ORDER BY i.id DESC",
        (import_id,),
    )
    for row in database.rows(cursor):
        yield {**row, **{name: json.loads(str(row[name])) for name in ("paths", "options", "counts")}}


@contextmanager
def in_bulk(connection: sqlite3.Connection) -> Iterator[None]:
    """Settings for one who writes much: pages are kept in memory, and the caller says when to `checkpoint`.

    Power loss may undo the last transactions, marks of how far the work had come included, and nothing else.
    """
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute("PRAGMA cache_size = -49152")
    connection.execute("PRAGMA synchronous = NORMAL")
    try:
        yield
    finally:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA wal_autocheckpoint = 1000")


def checkpoint(connection: sqlite3.Connection) -> None:
    """Move what the write-ahead log holds into the database, as far as nobody is in the way."""
    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
