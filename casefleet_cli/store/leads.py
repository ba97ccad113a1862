"""Leads, their contacts, and the case they became."""

from __future__ import annotations

import json

from casefleet_cli import clock
from casefleet_cli.light import TYPE_CHECKING
from casefleet_cli.store import database
from casefleet_cli.store.activities import WITH_TEXTS, WORDS
from casefleet_cli.store.sight import EVERYTHING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from typing import Any

    from casefleet_cli.store.sight import Sight

_LIST = """SELECT d.id, d.name, d.status, d.stage, d.source, (SELECT json_group_array(name) FROM
    (SELECT c.name FROM lead_contacts AS l JOIN contacts AS c ON c.id = l.contact_id WHERE l.lead_id = d.id
    ORDER BY c.id)) AS contacts, k.number AS case_number, d.opened_at, d.ended_at
FROM leads AS d LEFT JOIN cases AS k ON k.id = d.case_id"""

_SHOWN = """SELECT d.id, d.name, d.status, d.stage, d.source, d.opened_at, d.ended_at, d.case_id,
(SELECT count(*) FROM email_leads AS l WHERE l.lead_id = d.id) AS emails FROM leads AS d"""


def add(connection: sqlite3.Connection, name: str, stage: str, source: str) -> int:
    """Open a lead without any contact and give its number."""
    cursor = connection.execute(
        "INSERT INTO leads (name, stage, source, opened_at) VALUES (?, ?, ?, ?)", (name, stage, source, clock.stamp())
    )
    return int(cursor.lastrowid or 0)


def set_stage(connection: sqlite3.Connection, lead_id: int, stage: str) -> None:
    """Move a lead to a stage."""
    connection.execute("UPDATE leads SET stage = ? WHERE id = ?", (stage, lead_id))


def set_status(connection: sqlite3.Connection, lead_id: int, status: str) -> None:
    """Make a lead "open" or "lost", as of now."""
    connection.execute(
        "UPDATE leads SET status = ?, ended_at = ? WHERE id = ?",
        (status, None if status == "open" else clock.stamp(), lead_id),
    )


def set_converted(connection: sqlite3.Connection, lead_id: int, case_id: int) -> None:
    """Say which case a lead became, as of now."""
    connection.execute(
        "UPDATE leads SET status = 'converted', case_id = ?, ended_at = ? WHERE id = ?",
        (case_id, clock.stamp(), lead_id),
    )


def add_contact(connection: sqlite3.Connection, lead_id: int, contact_id: int) -> bool:
    """Add a contact to a lead; False when it was there already."""
    cursor = connection.execute(
        "INSERT OR IGNORE INTO lead_contacts (lead_id, contact_id) VALUES (?, ?)", (lead_id, contact_id)
    )
    return cursor.rowcount > 0


def remove_contact(connection: sqlite3.Connection, lead_id: int, contact_id: int) -> bool:
    """Take a contact off a lead; False when it was not on it."""
    cursor = connection.execute("DELETE FROM lead_contacts WHERE lead_id = ? AND contact_id = ?", (lead_id, contact_id))
    return cursor.rowcount > 0


def lost_because(connection: sqlite3.Connection, lead_id: int) -> str:
    """The reason why a lead was lost last; "" where none was given."""
    row = connection.execute(
        f"SELECT {WORDS} FROM activities AS a {WITH_TEXTS} WHERE a.lead_id = ? AND a.verb = 'lost'"
        " ORDER BY a.id DESC LIMIT 1",
        (lead_id,),
    ).fetchone()
    return "" if row is None else str(row[0])


def edit(connection: sqlite3.Connection, lead_id: int, name: str, source: str) -> None:
    """Give a lead another name and source."""
    connection.execute("UPDATE leads SET name = ?, source = ? WHERE id = ?", (name, source, lead_id))


def contact_ids(connection: sqlite3.Connection, lead_id: int) -> list[int]:
    """The contacts of a lead."""
    rows = connection.execute("SELECT contact_id FROM lead_contacts WHERE lead_id = ? ORDER BY 1", (lead_id,))
    return [int(row[0]) for row in rows]


def one(connection: sqlite3.Connection, lead_id: int, sight: Sight = EVERYTHING) -> dict[str, Any]:
    """A lead: its fields, how many emails are on it, its contacts, and its case when it became one."""
    return next(_whole(connection, sight, lead_id, -1))


def seen(connection: sqlite3.Connection, sight: Sight, lead_id: int, most: int) -> dict[str, Any] | None:
    """As `one`, with at most so many contacts; None when there is no such lead in sight."""
    return next(_whole(connection, sight, lead_id, most), None)


def shown(
    connection: sqlite3.Connection, sight: Sight, before: int, limit: int, *, only: str = ""
) -> list[dict[str, Any]]:
    """The leads in sight (or the "open" or "ended" ones) below a number, the last opened first: fields and emails."""
    is_open = {"": "", "open": "d.status = 'open' AND ", "ended": "d.status <> 'open' AND "}[only]
    cursor = connection.execute(
        f"{_SHOWN} WHERE {is_open}d.id < :before AND {sight.leads('d')} ORDER BY d.id DESC LIMIT :limit",
        {"before": before, "limit": limit, **sight.parameters},
    )
    return list(database.rows(cursor))


def of_contact(connection: sqlite3.Connection, sight: Sight, contact_id: int, limit: int) -> list[dict[str, Any]]:
    """The leads of a contact that are in sight, the open ones first, as `shown`."""
    cursor = connection.execute(
        f"{_SHOWN} JOIN lead_contacts AS l ON l.lead_id = d.id WHERE l.contact_id = :id AND {sight.leads('d')}"
        " ORDER BY d.status DESC, d.id DESC LIMIT :limit",
        {"id": contact_id, "limit": limit, **sight.parameters},
    )
    return list(database.rows(cursor))


def listed(
    connection: sqlite3.Connection, status: str | None = None, sight: Sight = EVERYTHING
) -> Iterator[dict[str, Any]]:
    """Leads in sight of a status or all, the open ones first, newest first."""
    cursor = connection.execute(
        f"{_LIST} WHERE (:status IS NULL OR d.status = :status) AND {sight.leads('d')}"
        " ORDER BY d.status = 'open' DESC, d.id DESC",
        {"status": status, **sight.parameters},
    )
    for row in database.rows(cursor):
        yield {**row, "contacts": json.loads(str(row["contacts"]))}


def _whole(connection: sqlite3.Connection, sight: Sight, lead_id: int, most: int) -> Iterator[dict[str, Any]]:
    asked = {"id": lead_id, "most": most, **sight.parameters}
    for lead in database.rows(connection.execute(f"{_SHOWN} WHERE d.id = :id AND {sight.leads('d')}", asked)):
        became = connection.execute(
            f"SELECT k.id, k.number, k.title, k.status FROM cases AS k WHERE k.id = :case AND {sight.cases('k')}",
            {"case": lead.pop("case_id"), **sight.parameters},
        )
        contacts = connection.execute(
            "SELECT c.id, c.name, (SELECT x.address FROM contact_addresses AS x WHERE x.contact_id = c.id"
            " ORDER BY x.id LIMIT 1) AS address FROM lead_contacts AS l JOIN contacts AS c ON c.id = l.contact_id"
            " WHERE l.lead_id = :id ORDER BY c.id LIMIT :most",
            asked,
        )
        yield {**lead, "contacts": list(database.rows(contacts)), "case": next(database.rows(became), None)}
