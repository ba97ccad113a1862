"""The fourteenth migration: lists of emails by the mail's own moment, and the mail from and to every address."""

from __future__ import annotations

from casefleet_cli.light import TYPE_CHECKING
from casefleet_cli.store import correspondence, recomputations, rederived
from casefleet_cli.store.recomputations import Recomputation

if TYPE_CHECKING:
    import sqlite3

_NAME = "0014_moments"
_SLICE_OCTETS = 8 * 1024 * 1024


def change(connection: sqlite3.Connection) -> None:
    """Add the columns, the table and the indexes, and leave the mail that is there to be put in order."""
    for place in ("case", "lead", "contact"):
        table = f"email_{place}s"
        # correspondence.SORTS_AT of the email
        connection.execute(f"ALTER TABLE {table} ADD COLUMN sorts_at INTEGER NOT NULL DEFAULT 0")
        connection.execute(f"DROP INDEX {table}_{place}")
        connection.execute(f"CREATE INDEX {table}_{place} ON {table}({place}_id, sorts_at, email_id)")
    connection.execute("DROP INDEX emails_waiting")
    connection.execute(
        f"CREATE INDEX emails_waiting ON emails(standing, {correspondence.SORTS_AT}, id) WHERE standing <> 'linked'"
    )
    connection.execute(correspondence.TABLE)
    if connection.execute("SELECT 1 FROM emails LIMIT 1").fetchone():
        recomputations.begin(connection, _NAME)


def _step(connection: sqlite3.Connection, position: int) -> int | None:
    numbers = rederived.slice_after(connection, position, _SLICE_OCTETS)
    for number in numbers:
        correspondence.note_anew(connection, number)
    return numbers[-1] if numbers else None


LEFT = {_NAME: Recomputation(rederived.last, _step)}
