"""What people write on an email: labels, and notes, which are words of the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from casefleet_cli import clock
from casefleet_cli.store import database
from casefleet_cli.store.activities import WITH_TEXTS, WORDS

if TYPE_CHECKING:
    import sqlite3


def add(connection: sqlite3.Connection, email_id: int, label: str) -> bool:
    """Give an email a label; False when it has it already, in whatever letter case."""
    cursor = connection.execute(
        "INSERT OR IGNORE INTO email_labels (email_id, label, labelled_at) VALUES (?, ?, ?)",
        (email_id, label, clock.stamp()),
    )
    return cursor.rowcount > 0


def remove(connection: sqlite3.Connection, email_id: int, label: str) -> bool:
    """Take a label away; False when no person had given it."""
    cursor = connection.execute("DELETE FROM email_labels WHERE email_id = ? AND label = ?", (email_id, label))
    return cursor.rowcount > 0


def of_email(connection: sqlite3.Connection, email_id: int) -> list[str]:
    """The labels that people gave to an email, in the order of the alphabet."""
    rows = connection.execute("SELECT label FROM email_labels WHERE email_id = ? ORDER BY label", (email_id,))
    return [str(row[0]) for row in rows]


def notes(connection: sqlite3.Connection, email_id: int) -> list[dict[str, Any]]:
    """The notes on an email, the first first: at, user and detail."""
    cursor = connection.execute(
        f"SELECT a.at, u.name AS user, {WORDS} FROM activities AS a {WITH_TEXTS}"
        " LEFT JOIN users AS u ON u.id = a.user_id WHERE a.email_id = ? AND a.verb = 'noted' ORDER BY a.id",
        (email_id,),
    )
    return list(database.rows(cursor))
