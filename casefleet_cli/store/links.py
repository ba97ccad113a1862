"""Links between emails and contacts, cases and leads."""

from __future__ import annotations

import json

from casefleet_cli import clock
from casefleet_cli.core.rules.routing import Place
from casefleet_cli.light import TYPE_CHECKING
from casefleet_cli.store.correspondence import SORTS_AT

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence
    from typing import Any

    from casefleet_cli.store.sight import Sight

_TABLES = {"case": "email_cases", "lead": "email_leads"}
_IS_LINKED = {kind: f"SELECT 1 FROM {table} WHERE email_id = ? AND {kind}_id = ?" for kind, table in _TABLES.items()}


def add(
    connection: sqlite3.Connection,
    email_id: int,
    place: Place,
    *,
    decision_id: int | None = None,
    user_id: int | None = None,
) -> bool:
    """Link an email to a case or lead, by the rule of a decision or by a person; False when it was linked already."""
    cursor = connection.execute(
        f"INSERT OR IGNORE INTO {_TABLES[place.kind]} (email_id, {place.kind}_id, linked_by, decision_id, user_id,"
        f" linked_at, sorts_at) SELECT id, ?2, ?3, ?4, ?5, ?6, {SORTS_AT} FROM emails WHERE id = ?1",
        (email_id, place.id, "rule" if decision_id else "person", decision_id, user_id, clock.stamp()),
    )
    return cursor.rowcount > 0


def remove(connection: sqlite3.Connection, email_id: int, place: Place) -> bool:
    """Take an email off a case or lead; False when it was not linked."""
    cursor = connection.execute(
        f"DELETE FROM {_TABLES[place.kind]} WHERE email_id = ? AND {place.kind}_id = ?", (email_id, place.id)
    )
    return cursor.rowcount > 0


def remove_decided(connection: sqlite3.Connection, email_id: int, delivery_id: int) -> list[Place]:
    """Take an email off the cases and leads where a rule put it for one delivery; those places."""
    places: list[Place] = []
    for kind, table in _TABLES.items():
        rows = connection.execute(
            f"DELETE FROM {table} WHERE email_id = ? AND linked_by = 'rule' AND decision_id IN"
            f" (SELECT id FROM decisions WHERE delivery_id = ?) RETURNING {kind}_id",
            (email_id, delivery_id),
        ).fetchall()
        places += [Place(kind, row[0]) for row in rows]
    return places


def add_contact(connection: sqlite3.Connection, email_id: int, contact_id: int, linked_by: str) -> bool:
    """Link an email to a contact ("rule" or "person"); False when it was linked already."""
    cursor = connection.execute(
        "INSERT OR IGNORE INTO email_contacts (email_id, contact_id, linked_by, sorts_at)"
        f" SELECT id, ?2, ?3, {SORTS_AT} FROM emails WHERE id = ?1",
        (email_id, contact_id, linked_by),
    )
    return cursor.rowcount > 0


def add_places(connection: sqlite3.Connection, links: Sequence[tuple[int, Place, int]]) -> set[tuple[int, Place]]:
    """Link emails to cases or leads, each (email, place, decision) by the rule of a decision; those that are new."""
    there = {
        (email_id, place)
        for email_id, place, _ in links
        if connection.execute(_IS_LINKED[place.kind], (email_id, place.id)).fetchone()
    }
    news = {(email_id, place): decision for email_id, place, decision in links if (email_id, place) not in there}
    moment = clock.stamp()
    for kind, table in _TABLES.items():
        connection.executemany(
            f"INSERT INTO {table} (email_id, {kind}_id, linked_by, decision_id, linked_at, sorts_at)"
            f" SELECT id, ?2, 'rule', ?3, ?4, {SORTS_AT} FROM emails WHERE id = ?1",
            [
                (email_id, place.id, decision, moment)
                for (email_id, place), decision in news.items()
                if place.kind == kind
            ],
        )
    return set(news)


def add_contacts(connection: sqlite3.Connection, links: Sequence[tuple[int, int]]) -> None:
    """Link emails to contacts, each (email, contact) by a rule; those that are linked already stay as they are."""
    connection.executemany(
        "INSERT OR IGNORE INTO email_contacts (email_id, contact_id, linked_by, sorts_at)"
        f" SELECT id, ?2, 'rule', {SORTS_AT} FROM emails WHERE id = ?1",
        links,
    )


def remove_contact(connection: sqlite3.Connection, email_id: int, contact_id: int) -> bool:
    """Take a contact off an email; False when it was not linked."""
    cursor = connection.execute(
        "DELETE FROM email_contacts WHERE email_id = ? AND contact_id = ?", (email_id, contact_id)
    )
    return cursor.rowcount > 0


def of_emails(connection: sqlite3.Connection, email_ids: Sequence[int]) -> dict[int, tuple[set[Place], set[int]]]:
    """The cases and leads, and the contacts, that each of some emails is linked to."""
    found: dict[int, tuple[set[Place], set[int]]] = {email_id: (set(), set()) for email_id in email_ids}
    asked = "FROM json_each(:asked) AS asked CROSS JOIN {} AS l ON l.email_id = asked.value"
    rows = connection.execute(
        f"SELECT l.email_id, 'case', l.case_id {asked.format('email_cases')}"
        f" UNION ALL SELECT l.email_id, 'lead', l.lead_id {asked.format('email_leads')}"
        f" UNION ALL SELECT l.email_id, 'contact', l.contact_id {asked.format('email_contacts')}",
        {"asked": json.dumps(list(email_ids))},
    )
    for email_id, kind, number in rows:
        places, contacts = found[email_id]
        if kind == "contact":
            contacts.add(number)
        else:
            places.add(Place(kind, number))
    return found


def has_contact(connection: sqlite3.Connection, email_id: int) -> bool:
    """Whether the email is linked to any contact."""
    found = connection.execute("SELECT 1 FROM email_contacts WHERE email_id = ? LIMIT 1", (email_id,)).fetchone()
    return found is not None


def places_of(connection: sqlite3.Connection, email_id: int, sight: Sight) -> list[dict[str, Any]]:
    """The cases and leads of an email that are in sight: kind, id, number, name, status, and who linked it and when."""
    names = ("kind", "id", "number", "name", "status", "linked_by", "user", "linked_at")
    found = connection.execute(
        "SELECT 'case', k.id, k.number, k.title, k.status, l.linked_by, u.name, l.linked_at FROM email_cases AS l"
        " JOIN cases AS k ON k.id = l.case_id LEFT JOIN users AS u ON u.id = l.user_id"
        f" WHERE l.email_id = :email AND {sight.cases('k')}"
        " UNION ALL"
        " SELECT 'lead', d.id, NULL, d.name, d.status, l.linked_by, u.name, l.linked_at FROM email_leads AS l"
        " JOIN leads AS d ON d.id = l.lead_id LEFT JOIN users AS u ON u.id = l.user_id"
        f" WHERE l.email_id = :email AND {sight.leads('d')}",
        {"email": email_id, **sight.parameters},
    )
    return [dict(zip(names, row, strict=True)) for row in found]


def name_and_status(connection: sqlite3.Connection, place: Place) -> tuple[str, str]:
    """A case or lead as people say it, and its status."""
    name, table = ("number || ' ' || title", "cases") if place.kind == "case" else ("name", "leads")
    row = connection.execute(f"SELECT {name}, status FROM {table} WHERE id = ?", (place.id,)).fetchone()
    return str(row[0]), str(row[1])


def contact_name(connection: sqlite3.Connection, contact_id: int) -> str:
    """The name of a contact."""
    (name,) = connection.execute("SELECT name FROM contacts WHERE id = ?", (contact_id,)).fetchone()
    return str(name)


def contacts_of(
    connection: sqlite3.Connection, email_id: int, sight: Sight, limit: int | None = None
) -> list[dict[str, Any]]:
    """The contacts of an email that are in sight, by name: id, name and who linked them."""
    found = connection.execute(
        "SELECT c.id, c.name, l.linked_by FROM email_contacts AS l JOIN contacts AS c ON c.id = l.contact_id"
        f" WHERE l.email_id = :email AND {sight.contacts('c')} ORDER BY c.name LIMIT :limit",
        {"email": email_id, "limit": -1 if limit is None else limit, **sight.parameters},
    )
    return [dict(zip(("id", "name", "linked_by"), row, strict=True)) for row in found]


def every(connection: sqlite3.Connection, kind: str) -> Iterator[tuple[int, int, str, int | None, int | None, str]]:
    """Every link to a "case" or "lead": email, place, who linked it, and the decision with its email and verdicts."""
    yield from connection.execute(
        f"SELECT l.email_id, l.{kind}_id, l.linked_by, l.decision_id, n.email_id, n.verdicts"
        f" FROM {_TABLES[kind]} AS l LEFT JOIN decisions AS n ON n.id = l.decision_id"
    )


def waiting_for(connection: sqlite3.Connection, case_id: int, sight: Sight) -> list[int]:
    """The unassigned emails in sight that are linked to a contact of this case, the first logged first."""
    rows = connection.execute(
        "SELECT DISTINCT e.id FROM case_contacts AS c JOIN email_contacts AS l ON l.contact_id = c.contact_id"
        " JOIN emails AS e ON e.id = l.email_id WHERE c.case_id = :case AND e.standing = 'unassigned'"
        f" AND {sight.emails('e')} ORDER BY e.id",
        {"case": case_id, **sight.parameters},
    )
    return [row[0] for row in rows]
