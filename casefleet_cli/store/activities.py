"""The journal: one row for each thing that happened, appended and never changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from casefleet_cli import clock

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from casefleet_cli.core.routing import Place


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


def add_all(connection: sqlite3.Connection, done: Sequence[tuple[str, Place | None, int, int]]) -> None:
    """Append what rules did now to emails: each verb, case or lead, email, and the user it was done for."""
    moment = clock.stamp()
    connection.executemany(
        "INSERT INTO activities (at, verb, case_id, lead_id, email_id, about_user_id) VALUES (?, ?, ?, ?, ?, ?)",
        [
            (moment, verb, place and place.case_id, place and place.lead_id, email_id, user_id)
            for verb, place, email_id, user_id in done
        ],
    )
