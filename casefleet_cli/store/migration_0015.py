"""The fifteenth migration: addresses for feed readers."""

from __future__ import annotations

from casefleet_cli.light import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

_MOMENT = "GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z'"
_STATEMENTS = (
    f"""CREATE TABLE feed_tokens (
    -- an address that a feed reader asks for one page with the eyes of one user, by the hash of its token: SHA-256 in
    -- hex, never the token itself; its number is that of the activity that added it, so that no other gets it again
    activity_id INTEGER PRIMARY KEY REFERENCES activities(id) ON DELETE RESTRICT,
    user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE RESTRICT,
    page TEXT NOT NULL CHECK (page LIKE '/%'),
    hash TEXT NOT NULL UNIQUE CHECK (length(hash) = 64),
    created_at TEXT NOT NULL CHECK (created_at {_MOMENT})
) STRICT""",
    "CREATE INDEX feed_tokens_user ON feed_tokens(user_id)",
)


def change(connection: sqlite3.Connection) -> None:
    """Add the table."""
    for statement in _STATEMENTS:
        connection.execute(statement)
