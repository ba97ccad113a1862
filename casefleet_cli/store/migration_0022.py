"""The twenty-second migration: cases of which nothing may be purged."""

from __future__ import annotations

from casefleet_cli.light import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

_MOMENT = "GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z'"


def change(connection: sqlite3.Connection) -> None:
    """Add the moment since which a case is frozen; null where it is not."""
    connection.execute(f"ALTER TABLE cases ADD COLUMN frozen_at TEXT CHECK (frozen_at {_MOMENT})")
