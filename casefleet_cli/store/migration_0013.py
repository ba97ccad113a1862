"""Charsets that are named wrongly and texts before the first part are read otherwise: what two mails are told apart by.

See custody.rekeying.
"""

from __future__ import annotations

from casefleet_cli.light import TYPE_CHECKING
from casefleet_cli.store import recomputations

if TYPE_CHECKING:
    import sqlite3

REKEYING = "0013_rekeying"
"""The recomputation of what is derived from the bytes of every email."""


def change(connection: sqlite3.Connection) -> None:
    """Leave all mail to be read again."""
    if connection.execute("SELECT 1 FROM emails LIMIT 1").fetchone():
        recomputations.begin(connection, REKEYING)
