"""Leads, their contacts, and the case they became."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from casefleet_cli import clock
from casefleet_cli.store import database

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

_LIST = """SELECT d.id, d.name, d.status, d.stage, d.source, (SELECT json_group_array(name) FROM
    (SELECT c.name FROM lead_contacts AS l JOIN contacts AS c ON c.id = l.contact_id WHERE l.lead_id = d.id
    ORDER BY c.id)) AS contacts, k.number AS case_number, d.opened_at, d.ended_at
FROM leads AS d LEFT JOIN cases AS k ON k.id = d.case_id"""


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


def contact_ids(connection: sqlite3.Connection, lead_id: int) -> list[int]:
    """The contacts of a lead."""
    rows = connection.execute("SELECT contact_id FROM lead_contacts WHERE lead_id = ? ORDER BY 1", (lead_id,))
    return [int(row[0]) for row in rows]


def one(connection: sqlite3.Connection, lead_id: int) -> dict[str, Any]:
    """A lead: id, name, status, stage, source, contacts, opened_at, ended_at, and its case when it became one."""
    lead = next(
        database.rows(
            connection.execute(
                "SELECT id, name, status, stage, source, opened_at, ended_at, case_id FROM leads WHERE id = ?",
                (lead_id,),
            )
        )
    )
    case_id = lead.pop("case_id")
    lead["contacts"] = list(
        database.rows(
            connection.execute(
                "SELECT c.id, c.name FROM lead_contacts AS l JOIN contacts AS c ON c.id = l.contact_id"
                " WHERE l.lead_id = ? ORDER BY c.id",
                (lead_id,),
            )
        )
    )
    case = database.rows(connection.execute("SELECT id, number, title, status FROM cases WHERE id = ?", (case_id,)))
    lead["case"] = next(case, None)
    return lead


def listed(connection: sqlite3.Connection, status: str | None = None) -> Iterator[dict[str, Any]]:
    """Leads of a status or all, the open ones first, newest first."""
    cursor = connection.execute(
        f"{_LIST} WHERE ? IS NULL OR d.status = ? ORDER BY d.status = 'open' DESC, d.id DESC", (status, status)
    )
    for row in database.rows(cursor):
        yield {**row, "contacts": json.loads(str(row["contacts"]))}
