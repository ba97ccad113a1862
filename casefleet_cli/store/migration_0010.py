"""The tenth migration: restricted cases, the unix logins of users, and an index that some databases lack."""

from __future__ import annotations

from casefleet_cli.light import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

_STATEMENTS = (
    # 1: seen by the users assigned to it, and by admins, alone
    "ALTER TABLE cases ADD COLUMN restricted INTEGER NOT NULL DEFAULT 0 CHECK (restricted IN (0, 1))",
    "CREATE INDEX cases_restricted ON cases(id) WHERE restricted = 1",
    # the unix user who is this user when the command is used through sudo
    "ALTER TABLE users ADD COLUMN login TEXT CHECK (login <> '')",
    "CREATE UNIQUE INDEX users_login ON users(login) WHERE login IS NOT NULL",
    # Made by the fourth and the fifth; the first form of the fourth had gone past both without.
    "CREATE INDEX IF NOT EXISTS deliveries_labelled ON deliveries(email_id) WHERE labels <> '[]'",
)


def change(connection: sqlite3.Connection) -> None:
    """Add the columns, and the indexes that find by them."""
    for statement in _STATEMENTS:
        connection.execute(statement)
