"""Full-text search over subject, text, people and attachment names."""

from __future__ import annotations

import contextlib
import sqlite3
from itertools import islice

from casefleet_cli.errors import UsageError
from casefleet_cli.light import TYPE_CHECKING
from casefleet_cli.store import database, selection, snippets
from casefleet_cli.store.correspondence import Spot
from casefleet_cli.store.sight import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType
    from typing import Any

    from casefleet_cli.core.query import Query
    from casefleet_cli.store.selection import Selection
    from casefleet_cli.store.sight import Sight

_NEWEST = "coalesce(e.sent_at, e.logged_at) DESC, e.id DESC"
SORTS = ("logged", "date", "relevance")
"""The last logged first, the newest by the mail's own date, or what fits best: its words are rare, and many of few."""
_AT_ONCE = 50
"""Emails whose snippets are made together."""


class indexing_at_end:  # noqa: N801 - used as `with indexing_at_end(connection):`
    """Indexes the emails that are logged inside it, in one statement at its end: much faster than one by one.

    Only inside a transaction, which no other one can disturb; no email may be changed or deleted meanwhile.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("INSERT INTO search_pauses SELECT coalesce(max(id), 0) FROM emails")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is None:
            self._connection.execute(
                "INSERT INTO email_search (rowid, subject, text, from_name, from_address, people, filenames)"
                " SELECT id, subject, text, from_name, from_address, people, filenames FROM email_words"
                " WHERE id > (SELECT after_email_id FROM search_pauses)"
            )
            self._connection.execute("DELETE FROM search_pauses")


def rebuild(connection: sqlite3.Connection) -> None:
    """Make the index anew from the emails."""
    connection.execute("INSERT INTO email_search (email_search) VALUES ('rebuild')")


def is_sound(connection: sqlite3.Connection) -> bool:
    """Whether the index is that of the emails; changes nothing.

    Asks for a connection that may write; where that cannot be, a private copy is asked, which SQLite keeps in
    the folder for temporary files. Raises TryAgainError when that has no room.
    """
    try:
        _check(connection)
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_READONLY:
            return False
        return _is_sound_in_copy(connection)
    return True


def _check(connection: sqlite3.Connection) -> None:
    with database.transaction(connection):
        connection.execute("INSERT INTO email_search (email_search, rank) VALUES ('integrity-check', 1)")


def _is_sound_in_copy(connection: sqlite3.Connection) -> bool:
    with contextlib.closing(sqlite3.connect("", isolation_level=None)) as copy:
        try:
            connection.backup(copy)
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF not in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN):
                return False
            raise database.translated(error, "the folder for temporary files (TMPDIR)") from None
        try:
            _check(copy)
        except sqlite3.DatabaseError:
            return False
    return True


def find(
    connection: sqlite3.Connection,
    query: Query,
    *,
    limit: int | None = None,
    mark: tuple[str, str] = ("", ""),
    sight: Sight = EVERYTHING,
    sort: str = SORTS[0],
) -> Iterator[dict[str, Any]]:
    """The emails in sight that a query means, by one of SORTS: number, date, from, subject, standing, snippet.

    In the snippet each word that was found stands between the two of `mark`; it is empty for a query without words.
    Rejected mail is left out unless the query asks for it. Raises UsageError for a name that means nothing or several,
    and for relevance where there are no words.
    """
    found = selection.of(connection, query, sight)
    if sort == "relevance" and not found.words:
        raise UsageError("--sort relevance needs words to look for; --sort date does without.")
    order = {"logged": f"{found.number} DESC", "date": _NEWEST, "relevance": f"email_search.rank, {_NEWEST}"}[sort]
    cursor = connection.execute(
        "SELECT e.id, e.sent_at AS date, e.from_name, e.from_address, e.subject, e.standing"
        f" FROM {found.source} WHERE {found.where} AND {sight.emails_by(found.number)}"
        f" ORDER BY {order} LIMIT :limit",
        {
            **found.parameters,
            **sight.parameters,
            "limit": -1 if limit is None else limit,
        },
    )
    return _with_snippets(connection, database.rows(cursor), found, mark)


def numbers(connection: sqlite3.Connection, query: Query, sight: Sight = EVERYTHING) -> list[int]:
    """The numbers of the emails in sight that a query means, the first logged first; errors as `find`."""
    found = selection.of(connection, query, sight)
    cursor = connection.execute(
        f"SELECT e.id FROM {found.source} WHERE {found.where} AND {sight.emails_by(found.number)} ORDER BY 1",
        {**found.parameters, **sight.parameters},
    )
    return [int(row[0]) for row in cursor]


def hits(connection: sqlite3.Connection, found: Selection, sight: Sight, before: int, limit: int) -> list[int]:
    """The numbers of the emails of a selection that are in sight, below a number, the last logged first."""
    rows = connection.execute(
        f"SELECT e.id FROM {found.source} WHERE {found.where} AND {sight.emails_by(found.number)}"
        f" AND {found.number} < :before ORDER BY {found.number} DESC LIMIT :limit",
        {**found.parameters, "before": before, "limit": limit, **sight.parameters},
    )
    return [int(row[0]) for row in rows]


def by_moment(connection: sqlite3.Connection, found: Selection, sight: Sight) -> list[Spot]:
    """The emails of a selection that are in sight, all of them, by their moments, the newest first; for few."""
    rows = connection.execute(
        f"SELECT unixepoch(coalesce(e.sent_at, e.logged_at)), e.id FROM {found.source}"
        f" WHERE {found.where} AND {sight.emails_by(found.number)}",
        {**found.parameters, **sight.parameters},
    )
    return sorted((Spot(*row) for row in rows), reverse=True)


def snippets_of(
    connection: sqlite3.Connection, email_ids: Sequence[int], found: Selection, mark: tuple[str, str]
) -> dict[int, str]:
    """The snippets of emails of a selection: each word that was found stands between the two of `mark`.

    They are empty for a query without words.
    """
    return _snippets(connection, email_ids, found, mark, 24)


def count(connection: sqlite3.Connection, found: Selection, sight: Sight, cap: int) -> int:
    """How many emails of a selection are in sight, at most the cap."""
    seen = sight.emails_by(found.number)
    (total,) = connection.execute(
        f"SELECT count(*) FROM (SELECT 1 FROM {found.source} WHERE {found.where} AND {seen} LIMIT :cap)",
        {**found.parameters, "cap": cap, **sight.parameters},
    ).fetchone()
    return int(total)


def _with_snippets(
    connection: sqlite3.Connection, rows: Iterator[dict[str, Any]], found: Selection, mark: tuple[str, str]
) -> Iterator[dict[str, Any]]:
    while some := list(islice(rows, _AT_ONCE)):
        shown = _snippets(connection, [row["id"] for row in some], found, mark, 16)
        yield from ({**row, "snippet": shown[row["id"]]} for row in some)


def _snippets(
    connection: sqlite3.Connection, email_ids: Sequence[int], found: Selection, mark: tuple[str, str], most: int
) -> dict[Any, str]:
    if not found.words:
        return dict.fromkeys(email_ids, "")
    return snippets.of(connection, email_ids, found.words, mark, most)
