"""The twentieth migration: labels that people give to mail."""

from __future__ import annotations

from casefleet_cli.light import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

_MOMENT = "GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z'"
_STATEMENTS = (
    f"""CREATE TABLE email_labels (
    -- a label that a person gave to an email; those of archives stand with the deliveries
    email_id INTEGER NOT NULL REFERENCES emails(id) ON DELETE RESTRICT,
    label TEXT NOT NULL COLLATE NOCASE CHECK (label <> ''),
    labelled_at TEXT NOT NULL CHECK (labelled_at {_MOMENT}),
    PRIMARY KEY (email_id, label)
) STRICT, WITHOUT ROWID""",
    "CREATE INDEX email_labels_label ON email_labels(label, email_id)",
)


def change(connection: sqlite3.Connection) -> None:
    """Add the table."""
    for statement in _STATEMENTS:
        connection.execute(statement)
