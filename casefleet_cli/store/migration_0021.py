"""The twenty-first migration: conflict checks that are kept."""

from __future__ import annotations

from casefleet_cli.light import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

_MOMENT = "GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z'"
_TABLE = f"""CREATE TABLE conflict_checks (
    -- what the firm had of a person on a day, as it was found: the report as JSON
    id INTEGER PRIMARY KEY,
    checked_at TEXT NOT NULL CHECK (checked_at {_MOMENT}),
    user_id INTEGER REFERENCES users(id) ON DELETE RESTRICT,
    asked TEXT NOT NULL CHECK (asked <> ''),
    report TEXT NOT NULL CHECK (json_valid(report))
) STRICT"""


def change(connection: sqlite3.Connection) -> None:
    """Add the table."""
    connection.execute(_TABLE)
