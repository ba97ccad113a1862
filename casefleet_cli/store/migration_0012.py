"""The twelfth migration: by what a contact's name can be mistaken for another."""

from __future__ import annotations

from casefleet_cli.core.spoofing.suspicions import key
from casefleet_cli.light import TYPE_CHECKING
from casefleet_cli.store import recomputations
from casefleet_cli.store.recomputations import Recomputation

if TYPE_CHECKING:
    import sqlite3

_NAME = "0012_looks"
_ROWS_AT_ONCE = 5_000


def change(connection: sqlite3.Connection) -> None:
    """Add the column with its index, and leave the names that are there to be looked at."""
    # core.spoofing.suspicions.key of the name: what names that look alike have in common
    connection.execute("ALTER TABLE contacts ADD COLUMN look TEXT NOT NULL DEFAULT ''")
    connection.execute("CREATE INDEX contacts_look ON contacts(look)")
    if connection.execute("SELECT 1 FROM contacts LIMIT 1").fetchone():
        recomputations.begin(connection, _NAME)


def _last(connection: sqlite3.Connection) -> int:
    (last,) = connection.execute("SELECT coalesce(max(id), 0) FROM contacts").fetchone()
    return int(last)


def _step(connection: sqlite3.Connection, position: int) -> int | None:
    rows = connection.execute(
        "SELECT id, name FROM contacts WHERE id > ? ORDER BY id LIMIT ?", (position, _ROWS_AT_ONCE)
    ).fetchall()
    connection.executemany("UPDATE contacts SET look = ? WHERE id = ?", [(key(name), number) for number, name in rows])
    return rows[-1][0] if rows else None


LEFT = {_NAME: Recomputation(_last, _step)}
