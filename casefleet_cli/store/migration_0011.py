"""The eleventh migration: passwords, for the pages."""

from __future__ import annotations

from casefleet_cli.light import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

_MOMENT = "GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z'"
_STATEMENT = f"""CREATE TABLE passwords (
    -- what a user's password for the pages is checked against: Argon2id (RFC 9106), never the password itself
    user_id INTEGER PRIMARY KEY REFERENCES users(id) ON DELETE RESTRICT,
    hash TEXT NOT NULL CHECK (hash LIKE '$argon2%'),
    changed_at TEXT NOT NULL CHECK (changed_at {_MOMENT})
) STRICT"""


def change(connection: sqlite3.Connection) -> None:
    """Add the table."""
    connection.execute(_STATEMENT)
