"""Queries of search under a name, for everybody in the firm."""

from __future__ import annotations

from casefleet_cli import clock
from casefleet_cli.light import TYPE_CHECKING
from casefleet_cli.store import database

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from typing import Any


def put(connection: sqlite3.Connection, name: str, query: str, user_id: int | None) -> str | None:
    """Keep a query under a name, however that is cased, and give the query that had the name before, or None."""
    before = get(connection, name)
    connection.execute(
        "INSERT OR REPLACE INTO saved_searches (name, query, user_id, saved_at) VALUES (?, ?, ?, ?)",
        (name, query, user_id, clock.stamp()),
    )
    return before


def get(connection: sqlite3.Connection, name: str) -> str | None:
    """The query of a name, or None."""
    row = connection.execute("SELECT query FROM saved_searches WHERE name = ?", (name,)).fetchone()
    return None if row is None else str(row[0])


def remove(connection: sqlite3.Connection, name: str) -> bool:
    """Forget a name; False when there was none."""
    return connection.execute("DELETE FROM saved_searches WHERE name = ?", (name,)).rowcount > 0


def listed(connection: sqlite3.Connection) -> Iterator[dict[str, Any]]:
    """The saved searches by name: name, query, who saved it and when."""
    cursor = connection.execute(
        "SELECT s.name, s.query, u.name AS user, s.saved_at FROM saved_searches AS s"
        " LEFT JOIN users AS u ON u.id = s.user_id ORDER BY s.name"
    )
    return database.rows(cursor)
