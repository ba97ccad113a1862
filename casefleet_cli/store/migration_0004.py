"""What makes two mails the same, when a mail was sent, and what its archive says of it; see custody.rekeying."""

from __future__ import annotations

from casefleet_cli.light import TYPE_CHECKING
from casefleet_cli.store import recomputations

if TYPE_CHECKING:
    import sqlite3

REKEYING = "0004_rekeying"
"""The recomputation of every fingerprint; it parses and routes, and so is not the store's."""


def change(connection: sqlite3.Connection) -> None:
    """Add the columns, and leave the mail that is there to be told apart anew."""
    for statement in (
        "ALTER TABLE emails ADD COLUMN moment_from TEXT CHECK (moment_from IN ('date', 'received', 'archive'))",
        "ALTER TABLE deliveries ADD COLUMN"
        " state TEXT NOT NULL DEFAULT '' CHECK (state IN ('', 'draft', 'deleted', 'junk'))",
        "CREATE INDEX deliveries_labelled ON deliveries(email_id) WHERE labels <> '[]'",
    ):
        connection.execute(statement)
    if connection.execute("SELECT 1 FROM emails LIMIT 1").fetchone():
        recomputations.begin(connection, REKEYING)
