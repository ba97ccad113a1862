"""The fifth migration: the case tag that a delivery came with, and the notifications about it."""

from __future__ import annotations

from casefleet_cli.light import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

_MOMENT = "GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z'"
_COLUMNS = "id, user_id, kind, email_id, import_id, detail, created_at, read_at"
_STATEMENTS = (
    # The fourth had two forms before any release, the first without it.
    "CREATE INDEX IF NOT EXISTS deliveries_labelled ON deliveries(email_id) WHERE labels <> '[]'",
    "ALTER TABLE decisions ADD COLUMN tag TEXT CHECK (tag IS NULL OR json_valid(tag))",
    # A CHECK is changed by making the table anew; nothing refers to it.
    "DROP INDEX notifications_unread",
    "DROP INDEX notifications_email",
    "ALTER TABLE notifications RENAME TO notifications_4",
    f"""CREATE TABLE notifications (
    -- what we owe a user's attention, until it is read or the matter is settled
    id INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE RESTRICT,
    kind TEXT NOT NULL CHECK (kind IN ('unassigned', 'held', 'exposed-address', 'import-summary', 'filed-by-tag',
        'no-contact', 'unknown-case-tag')),
    email_id INTEGER REFERENCES emails(id) ON DELETE RESTRICT,
    import_id INTEGER REFERENCES imports(id) ON DELETE RESTRICT,
    detail TEXT NOT NULL DEFAULT '',
    created_at TEXT NOT NULL CHECK (created_at {_MOMENT}),
    read_at TEXT CHECK (read_at {_MOMENT})
) STRICT""",
    f"INSERT INTO notifications ({_COLUMNS}) SELECT {_COLUMNS} FROM notifications_4",
    "DROP TABLE notifications_4",
    "CREATE INDEX notifications_unread ON notifications(user_id, id) WHERE read_at IS NULL",
    "CREATE INDEX notifications_email ON notifications(email_id) WHERE email_id IS NOT NULL",
)


def change(connection: sqlite3.Connection) -> None:
    """Add the column of decisions, and let notifications be of the new kinds."""
    for statement in _STATEMENTS:
        connection.execute(statement)
