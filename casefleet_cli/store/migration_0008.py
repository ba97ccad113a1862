"""The eighth migration: the format in which an archive had the mail of a delivery."""

from __future__ import annotations

from casefleet_cli.light import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3


def change(connection: sqlite3.Connection) -> None:
    """Add the column; null where the source says all, as for the mail that came before but for what was converted."""
    connection.execute("ALTER TABLE deliveries ADD COLUMN format TEXT CHECK (format <> '')")
    for label, name in (("converted from .msg", "msg"), ("converted from winmail.dat", "tnef")):
        connection.execute(
            "UPDATE deliveries SET format = ? WHERE labels <> '[]' AND labels LIKE ?", (name, f'%"{label}"%')
        )
