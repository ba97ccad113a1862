"""The seventh migration: which bytes of its file lie in what an import left out."""

from __future__ import annotations

from casefleet_cli.light import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3


def change(connection: sqlite3.Connection) -> None:
    """Add the two columns; what was listed before keeps no range."""
    for name in ("begins_at", "ends_at"):
        connection.execute(f"ALTER TABLE import_skips ADD COLUMN {name} INTEGER CHECK ({name} >= 0)")
