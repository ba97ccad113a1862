"""The activity feed of a case, a lead, a contact, or everything, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from casefleet_cli.store import database

if TYPE_CHECKING:
    import sqlite3

_COLUMNS = """a.id, a.at, a.verb, u.name AS user, about.name AS about_user,
k.number AS case_number, k.title AS case_title, d.name AS lead, c.name AS contact,
a.email_id, e.subject, e.from_name, e.from_address, e.standing, a.detail,
a.case_id, a.lead_id, a.contact_id"""
_FROM = """LEFT JOIN users AS u ON u.id = a.user_id LEFT JOIN users AS about ON about.id = a.about_user_id
LEFT JOIN cases AS k ON k.id = a.case_id LEFT JOIN leads AS d ON d.id = a.lead_id
LEFT JOIN contacts AS c ON c.id = a.contact_id LEFT JOIN emails AS e ON e.id = a.email_id"""
# A converted lead carries its feed into its case; an activity about both is one entry.
_OF_CASE = """SELECT id FROM activities WHERE case_id = :id
UNION SELECT a.id FROM leads AS d JOIN activities AS a ON a.lead_id = d.id WHERE d.case_id = :id"""
_OF_CONTACT = """SELECT id FROM activities WHERE contact_id = :id
UNION SELECT a.id FROM email_contacts AS l JOIN activities AS a ON a.email_id = l.email_id WHERE l.contact_id = :id"""
_SELECTIONS = {
    "case": _OF_CASE,
    "lead": "SELECT id FROM activities WHERE lead_id = :id",
    "contact": _OF_CONTACT,
    "all": "SELECT id FROM activities",
}


def of(connection: sqlite3.Connection, kind: str, number: int = 0, limit: int | None = None) -> list[dict[str, Any]]:
    """The activities of a "case", "lead" or "contact" by number, or of "all", newest first."""
    cursor = connection.execute(
        f"SELECT {_COLUMNS} FROM (SELECT id FROM ({_SELECTIONS[kind]}) ORDER BY id DESC LIMIT :limit) AS chosen"
        f" JOIN activities AS a ON a.id = chosen.id {_FROM} ORDER BY a.id DESC",
        {"id": number, "limit": -1 if limit is None else limit},
    )
    return list(database.rows(cursor))
