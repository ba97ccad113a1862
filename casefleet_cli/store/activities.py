"""The journal: one row for each thing that happened, appended and never changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from casefleet_cli import clock

if TYPE_CHECKING:
    import sqlite3


def add(
    connection: sqlite3.Connection,
    verb: str,
    *,
    user_id: int | None = None,
    case_id: int | None = None,
    lead_id: int | None = None,
    contact_id: int | None = None,
    email_id: int | None = None,
    about_user_id: int | None = None,
    detail: str = "",
) -> int:
    """Append one activity, done now by `user_id` (None: a rule or an unnamed person), and give its number."""
    cursor = connection.execute(
        "INSERT INTO activities (at, verb, user_id, case_id, lead_id, contact_id, email_id, about_user_id, detail)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (clock.stamp(), verb, user_id, case_id, lead_id, contact_id, email_id, about_user_id, detail),
    )
    return int(cursor.lastrowid or 0)
