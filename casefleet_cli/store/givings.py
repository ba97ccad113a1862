"""Unassigned mail that was given to a colleague, to file it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from casefleet_cli import clock
from casefleet_cli.store.sight import mine

if TYPE_CHECKING:
    import sqlite3


def add(connection: sqlite3.Connection, email_id: int, user_id: int) -> None:
    """Note that a user has an email to file from now on."""
    connection.execute(
        "INSERT INTO email_givings (email_id, user_id, given_at) VALUES (?, ?, ?)", (email_id, user_id, clock.stamp())
    )


def has(connection: sqlite3.Connection, email_id: int, user_id: int) -> bool:
    """Whether an email is a user's to file: given last, or else logged for the user and given to nobody."""
    found = connection.execute(
        f"SELECT 1 FROM emails AS e WHERE e.id = :email AND {mine('e')}", {"email": email_id, "viewer": user_id}
    )
    return found.fetchone() is not None


def waiting_for(connection: sqlite3.Connection, user_id: int) -> list[int]:
    """The unassigned emails that are a user's to file, in the order they were logged."""
    rows = connection.execute(
        "SELECT e.id FROM emails AS e WHERE e.standing <> 'linked' AND e.standing = 'unassigned'"
        f" AND {mine('e')} ORDER BY e.id",
        {"viewer": user_id},
    )
    return [int(row[0]) for row in rows]
