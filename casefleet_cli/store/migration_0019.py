"""The nineteenth migration: unassigned mail that is given to a colleague, and the roles of users in cases."""

from __future__ import annotations

from casefleet_cli.light import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

_MOMENT = "GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z'"
_STATEMENTS = (
    "ALTER TABLE case_users ADD COLUMN role TEXT NOT NULL DEFAULT ''",
    f"""CREATE TABLE email_givings (
    -- a user to whom an unassigned email was given, to file it; the last one has it now
    id INTEGER PRIMARY KEY,
    email_id INTEGER NOT NULL REFERENCES emails(id) ON DELETE RESTRICT,
    user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE RESTRICT,
    given_at TEXT NOT NULL CHECK (given_at {_MOMENT})
) STRICT""",
    "CREATE INDEX email_givings_email ON email_givings(email_id, id, user_id)",
    "CREATE INDEX email_givings_user ON email_givings(user_id, email_id)",
)


def change(connection: sqlite3.Connection) -> None:
    """Add the column and the table."""
    for statement in _STATEMENTS:
        connection.execute(statement)
