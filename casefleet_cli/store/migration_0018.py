"""The eighteenth migration: what a merge of contacts joined, so that it can be undone."""

from __future__ import annotations

from casefleet_cli.light import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

_STATEMENTS = (
    """CREATE TABLE contact_merges (
    -- what one contact brought into another: its own, as JSON, and what of it was new there
    activity_id INTEGER PRIMARY KEY REFERENCES activities(id) ON DELETE RESTRICT,
    kept_id INTEGER NOT NULL REFERENCES contacts(id) ON DELETE RESTRICT,
    gone_id INTEGER NOT NULL REFERENCES contacts(id) ON DELETE RESTRICT,
    brought TEXT NOT NULL CHECK (json_valid(brought))
) STRICT""",
    "CREATE INDEX contact_merges_gone ON contact_merges(gone_id)",
    "CREATE INDEX contact_merges_kept ON contact_merges(kept_id)",
)


def change(connection: sqlite3.Connection) -> None:
    """Add the table."""
    for statement in _STATEMENTS:
        connection.execute(statement)
