"""The sixteenth migration: mail that is no case's, put out of sight, and the notifications that tell of it."""

from __future__ import annotations

from casefleet_cli.light import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

_MOMENT = "GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z'"
_COLUMNS = "id, user_id, kind, email_id, import_id, detail, created_at, read_at"
_STATEMENTS = (
    # When a person put it out of sight although it was let in; null again once it is let back in or filed.
    f"ALTER TABLE emails ADD COLUMN rejected_at TEXT CHECK (rejected_at {_MOMENT})",
    # A CHECK is changed by making the table anew; nothing refers to it.
    "DROP INDEX notifications_unread",
    "DROP INDEX notifications_email",
    "ALTER TABLE notifications RENAME TO notifications_15",
    f"""CREATE TABLE notifications (
    -- what we owe a user's attention, until it is read or the matter is settled
    id INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE RESTRICT,
    kind TEXT NOT NULL CHECK (kind IN ('unassigned', 'held', 'exposed-address', 'import-summary', 'filed-by-tag',
        'no-contact', 'unknown-case-tag', 'never-logged', 'rejected', 'given')),
    email_id INTEGER REFERENCES emails(id) ON DELETE RESTRICT,
    import_id INTEGER REFERENCES imports(id) ON DELETE RESTRICT,
    detail TEXT NOT NULL DEFAULT '',
    created_at TEXT NOT NULL CHECK (created_at {_MOMENT}),
    read_at TEXT CHECK (read_at {_MOMENT})
) STRICT""",
    f"INSERT INTO notifications ({_COLUMNS}) SELECT {_COLUMNS} FROM notifications_15",
    "DROP TABLE notifications_15",
    "CREATE INDEX notifications_unread ON notifications(user_id, id) WHERE read_at IS NULL",
    "CREATE INDEX notifications_email ON notifications(email_id) WHERE email_id IS NOT NULL",
)


def change(connection: sqlite3.Connection) -> None:
    """Add the column, and let notifications be of the new kinds."""
    for statement in _STATEMENTS:
        connection.execute(statement)
