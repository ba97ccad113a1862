"""Cases, and who is assigned to them."""

from __future__ import annotations

import json

from casefleet_cli import clock
from casefleet_cli.light import TYPE_CHECKING
from casefleet_cli.store import database
from casefleet_cli.store.sight import EVERYTHING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from typing import Any

    from casefleet_cli.store.sight import Sight

_LIST = """SELECT k.id, k.number, k.title, k.status, (SELECT json_group_array(name) FROM
    (SELECT c.name FROM case_contacts AS l JOIN contacts AS c ON c.id = l.contact_id WHERE l.case_id = k.id
    ORDER BY c.id)) AS contacts, k.opened_at, k.closed_at, k.restricted
FROM cases AS k"""

_FIELDS = """k.id, k.number, k.title, k.status, k.opened_at, k.closed_at, k.restricted, k.frozen_at,
(SELECT count(*) FROM email_cases AS l WHERE l.case_id = k.id) + (SELECT count(*) FROM leads AS was
    JOIN email_leads AS l ON l.lead_id = was.id WHERE was.case_id = k.id AND NOT EXISTS
    (SELECT 1 FROM email_cases AS too WHERE too.email_id = l.email_id AND too.case_id = k.id)) AS emails"""


def add(connection: sqlite3.Connection, number: str, title: str, opened_at: str | None = None) -> int:
    """Open a case under a number that is free (since then, or now) and give its row number."""
    cursor = connection.execute(
        "INSERT INTO cases (number, title, opened_at) VALUES (?, ?, ?)", (number, title, opened_at or clock.stamp())
    )
    return int(cursor.lastrowid or 0)


def next_number(connection: sqlite3.Connection, year: int) -> str:
    """The number after the highest `YYYY-NNN` of a year: "2026-001" when there is none."""
    numbers = connection.execute(
        "SELECT substr(number, 6) FROM cases WHERE number GLOB ? AND substr(number, 6) NOT GLOB '*[^0-9]*'",
        (f"{year:04d}-[0-9]*",),
    )
    # Longer runs of digits are somebody's own scheme, not a count.
    highest = max((int(digits) for (digits,) in numbers if len(digits) <= 9), default=0)
    return f"{year:04d}-{highest + 1:03d}"


def by_number(connection: sqlite3.Connection, number: str) -> int | None:
    """The case of a number, however its letters are cased, or None."""
    row = connection.execute(
        "SELECT id FROM cases WHERE number = ? COLLATE NOCASE ORDER BY number <> ? LIMIT 1", (number, number)
    ).fetchone()
    return None if row is None else int(row[0])


def number_of(connection: sqlite3.Connection, case_id: int) -> str:
    """The number of a case, as people type it."""
    (number,) = connection.execute("SELECT number FROM cases WHERE id = ?", (case_id,)).fetchone()
    return str(number)


def set_status(connection: sqlite3.Connection, case_id: int, status: str, at: str | None = None) -> None:
    """Make a case "open" or "closed", as of then or now."""
    connection.execute(
        "UPDATE cases SET status = ?, closed_at = ? WHERE id = ?",
        (status, (at or clock.stamp()) if status == "closed" else None, case_id),
    )


def set_restricted(connection: sqlite3.Connection, case_id: int, *, restricted: bool) -> bool:
    """Let a case be seen by the users assigned to it and by admins alone, or by all; False when it was so already."""
    cursor = connection.execute(
        "UPDATE cases SET restricted = :restricted WHERE id = :case AND restricted <> :restricted",
        {"case": case_id, "restricted": restricted},
    )
    return cursor.rowcount > 0


def is_assigned(connection: sqlite3.Connection, case_id: int, user_id: int) -> bool:
    """Whether a user is assigned to a case."""
    found = connection.execute("SELECT 1 FROM case_users WHERE case_id = ? AND user_id = ?", (case_id, user_id))
    return found.fetchone() is not None


def edit(connection: sqlite3.Connection, case_id: int, title: str, number: str) -> None:
    """Give a case another title and number."""
    connection.execute("UPDATE cases SET title = ?, number = ? WHERE id = ?", (title, number, case_id))


def set_frozen(connection: sqlite3.Connection, case_id: int, *, frozen: bool) -> bool:
    """Freeze a case, or thaw it; False when it was so already."""
    cursor = connection.execute(
        "UPDATE cases SET frozen_at = ? WHERE id = ? AND (frozen_at IS NULL) = ?",
        (clock.stamp() if frozen else None, case_id, frozen),
    )
    return cursor.rowcount > 0


def assign_contact(connection: sqlite3.Connection, case_id: int, contact_id: int, role: str = "") -> bool:
    """Assign a contact to a case in a role; False when nothing is new about it."""
    cursor = connection.execute(
        "INSERT INTO case_contacts (case_id, contact_id, role) VALUES (?, ?, ?)"
        " ON CONFLICT DO UPDATE SET role = excluded.role WHERE excluded.role NOT IN ('', case_contacts.role)",
        (case_id, contact_id, role),
    )
    return cursor.rowcount > 0


def assign_user(connection: sqlite3.Connection, case_id: int, user_id: int, role: str = "") -> bool:
    """Assign a user to a case in a role; False when nothing is new about it."""
    cursor = connection.execute(
        "INSERT INTO case_users (case_id, user_id, role) VALUES (?, ?, ?)"
        " ON CONFLICT DO UPDATE SET role = excluded.role WHERE excluded.role NOT IN ('', case_users.role)",
        (case_id, user_id, role),
    )
    return cursor.rowcount > 0


def of_user(connection: sqlite3.Connection, user_id: int) -> list[tuple[int, str]]:
    """The open cases that a user is assigned to, with the role."""
    rows = connection.execute(
        "SELECT l.case_id, l.role FROM case_users AS l JOIN cases AS k ON k.id = l.case_id"
        " WHERE l.user_id = ? AND k.status = 'open' ORDER BY 1",
        (user_id,),
    )
    return [(int(case_id), str(role)) for case_id, role in rows]


def remove_contact(connection: sqlite3.Connection, case_id: int, contact_id: int) -> bool:
    """Take a contact off a case; False when it was not on it."""
    cursor = connection.execute("DELETE FROM case_contacts WHERE case_id = ? AND contact_id = ?", (case_id, contact_id))
    return cursor.rowcount > 0


def remove_user(connection: sqlite3.Connection, case_id: int, user_id: int) -> bool:
    """Take a user off a case; False when the user was not on it."""
    cursor = connection.execute("DELETE FROM case_users WHERE case_id = ? AND user_id = ?", (case_id, user_id))
    return cursor.rowcount > 0


def one(connection: sqlite3.Connection, case_id: int) -> dict[str, Any]:
    """A case: its fields, how many emails are on it, its contacts with roles, its users, and the leads it came from."""
    return next(_whole(connection, EVERYTHING, case_id, -1))


def seen(connection: sqlite3.Connection, sight: Sight, case_id: int, most: int) -> dict[str, Any] | None:
    """As `one`, with at most so many contacts; None when there is no such case in sight."""
    return next(_whole(connection, sight, case_id, most), None)


def shown(
    connection: sqlite3.Connection, sight: Sight, before: int, limit: int, *, only_open: bool = False
) -> list[dict[str, Any]]:
    """The cases in sight (or the open ones among them), the last opened first: their fields and how many emails.

    `before`: the row number below which they lie.
    """
    is_open = "k.status = 'open' AND " if only_open else ""
    cursor = connection.execute(
        f"SELECT {_FIELDS} FROM cases AS k WHERE {is_open}k.id < :before AND {sight.cases('k')}"
        " ORDER BY k.id DESC LIMIT :limit",
        {"before": before, "limit": limit, **sight.parameters},
    )
    return list(database.rows(cursor))


def of_contact(connection: sqlite3.Connection, sight: Sight, contact_id: int, limit: int) -> list[dict[str, Any]]:
    """The cases in sight that a contact is assigned to, the open ones first, as `shown`, with the contact's role."""
    cursor = connection.execute(
        f"SELECT {_FIELDS}, l.role FROM cases AS k JOIN case_contacts AS l ON l.case_id = k.id"
        f" WHERE l.contact_id = :id AND {sight.cases('k')} ORDER BY k.status DESC, k.id DESC LIMIT :limit",
        {"id": contact_id, "limit": limit, **sight.parameters},
    )
    return list(database.rows(cursor))


def listed(
    connection: sqlite3.Connection, status: str | None = None, sight: Sight = EVERYTHING
) -> Iterator[dict[str, Any]]:
    """Cases in sight of a status or all, the open first, newest first: fields, contacts, times."""
    cursor = connection.execute(
        f"{_LIST} WHERE (:status IS NULL OR k.status = :status) AND {sight.cases('k')}"
        " ORDER BY k.status = 'open' DESC, k.id DESC",
        {"status": status, **sight.parameters},
    )
    for row in database.rows(cursor):
        yield {**row, "contacts": json.loads(str(row["contacts"])), "restricted": bool(row["restricted"])}


def _whole(connection: sqlite3.Connection, sight: Sight, case_id: int, most: int) -> Iterator[dict[str, Any]]:
    asked = {"id": case_id, "most": most, **sight.parameters}
    for case in database.rows(
        connection.execute(f"SELECT {_FIELDS} FROM cases AS k WHERE k.id = :id AND {sight.cases('k')}", asked)
    ):
        contacts = connection.execute(
            "SELECT c.id, c.name, l.role, (SELECT x.address FROM contact_addresses AS x WHERE x.contact_id = c.id"
            " ORDER BY x.id LIMIT 1) AS address FROM case_contacts AS l JOIN contacts AS c ON c.id = l.contact_id"
            " WHERE l.case_id = :id ORDER BY c.id LIMIT :most",
            asked,
        )
        users = connection.execute(
            "SELECT u.id, u.name, u.role, u.disabled_at, l.role AS on_case FROM case_users AS l"
            " JOIN users AS u ON u.id = l.user_id WHERE l.case_id = :id ORDER BY u.id",
            asked,
        )
        leads = connection.execute("SELECT id, name FROM leads WHERE case_id = :id ORDER BY id", asked)
        yield {
            **case,
            "restricted": bool(case["restricted"]),
            "contacts": list(database.rows(contacts)),
            "users": list(database.rows(users)),
            "leads": list(database.rows(leads)),
        }
