"""Facts about this installation that the database carries with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3


def get(connection: sqlite3.Connection, name: str) -> str | None:
    """The value of a setting, or None when it was never set."""
    row = connection.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
    return None if row is None else str(row[0])


def put(connection: sqlite3.Connection, name: str, value: str) -> None:
    """Set a setting, replacing an earlier value."""
    connection.execute(
        "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (name, value),
    )


def logging_domain(connection: sqlite3.Connection) -> str:
    """The domain of this firm's BCC addresses, in normal form."""
    return get(connection, "logging_domain") or ""
