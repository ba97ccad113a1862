"""The addresses that feed readers ask: each opens one page with the eyes of one user, and is kept by its hash."""

from __future__ import annotations

from casefleet_cli import clock
from casefleet_cli.light import TYPE_CHECKING, NamedTuple
from casefleet_cli.store import database

if TYPE_CHECKING:
    import sqlite3
    from typing import Any

LETTERS = 52
"""Of a token: 257 bits."""


class Opened(NamedTuple):
    """What a token opens."""

    number: int
    user_id: int
    page: str
    """The path of a page, with its query."""


def put(connection: sqlite3.Connection, number: int, user_id: int, page: str, token: str) -> None:
    """Let a token open a page for a user; the number of the feed is that of the activity that says so."""
    connection.execute(
        "INSERT INTO feed_tokens (activity_id, user_id, page, hash, created_at) VALUES (?, ?, ?, ?, ?)",
        (number, user_id, page, _hash(token), clock.stamp()),
    )


def opened(connection: sqlite3.Connection, token: str) -> Opened | None:
    """What a token opens, or None."""
    asked = "SELECT activity_id, user_id, page FROM feed_tokens WHERE hash = ?"
    row = connection.execute(asked, (_hash(token),)).fetchone()
    return None if row is None else Opened(*row)


def listed(connection: sqlite3.Connection, user_id: int | None = None) -> list[dict[str, Any]]:
    """The feeds (of a user) by number: id, user_id, user, page, created_at."""
    cursor = connection.execute(
        "SELECT f.activity_id AS id, f.user_id, u.name AS user, f.page, f.created_at FROM feed_tokens AS f"
        " JOIN users AS u ON u.id = f.user_id WHERE :user IS NULL OR f.user_id = :user ORDER BY f.activity_id",
        {"user": user_id},
    )
    return list(database.rows(cursor))


def remove(connection: sqlite3.Connection, number: int) -> None:
    """Let the token of a feed open nothing any more."""
    connection.execute("DELETE FROM feed_tokens WHERE activity_id = ?", (number,))


def remove_all(connection: sqlite3.Connection) -> int:
    """The same for all feeds there are; gives how many that were."""
    return connection.execute("DELETE FROM feed_tokens").rowcount


def _hash(token: str) -> str:
    import hashlib  # noqa: PLC0415 - deliveries do without

    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
