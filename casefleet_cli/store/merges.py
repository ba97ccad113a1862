"""Merges of contacts: what one brought into the other, noted so that exactly this can be taken back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3

_OWN = {
    "addresses": "SELECT address FROM contact_addresses WHERE contact_id = ?1 ORDER BY id",
    "cases": "SELECT case_id, role FROM case_contacts WHERE contact_id = ?1 ORDER BY 1",
    "leads": "SELECT lead_id FROM lead_contacts WHERE contact_id = ?1 ORDER BY 1",
    "emails": "SELECT email_id, linked_by FROM email_contacts WHERE contact_id = ?1 ORDER BY 1",
    "merged": "SELECT id FROM contacts WHERE merged_into_id = ?1 ORDER BY 1",
}
_TABLES = {
    "addresses": ("contact_addresses", "address"),
    "cases": ("case_contacts", "case_id"),
    "leads": ("lead_contacts", "lead_id"),
    "emails": ("email_contacts", "email_id"),
}
"""The table of each kind of thing that a contact has, and the column that names the thing."""
# What is on the kept contact no more was changed by somebody since, and stays as it is.
_GIVE = {
    "addresses": "INSERT INTO contact_addresses (contact_id, address) SELECT :gone, address FROM contact_addresses"
    " WHERE contact_id = :kept AND address = :thing",
    "cases": "INSERT INTO case_contacts (case_id, contact_id, role) SELECT case_id, :gone, :more FROM case_contacts"
    " WHERE contact_id = :kept AND case_id = :thing",
    "leads": "INSERT INTO lead_contacts (lead_id, contact_id) SELECT lead_id, :gone FROM lead_contacts"
    " WHERE contact_id = :kept AND lead_id = :thing",
    "emails": "INSERT INTO email_contacts (email_id, contact_id, linked_by, sorts_at) SELECT email_id, :gone, :more,"
    " sorts_at FROM email_contacts WHERE contact_id = :kept AND email_id = :thing",
}


def brought(connection: sqlite3.Connection, kept_id: int, gone_id: int) -> dict[str, Any]:
    """What the second contact has, and what the first has of it already: to be noted before they are merged."""
    found: dict[str, Any] = {kind: connection.execute(query, (gone_id,)).fetchall() for kind, query in _OWN.items()}
    for kind, (table, column) in _TABLES.items():
        there = connection.execute(
            f"SELECT {column} FROM {table} WHERE contact_id = ?1 AND {column} IN"
            f" (SELECT {column} FROM {table} WHERE contact_id = ?2)",
            (kept_id, gone_id),
        )
        found[f"{kind} there"] = [row[0] for row in there]
    roles = connection.execute(
        "SELECT case_id, role FROM case_contacts WHERE contact_id = ?1"
        " AND case_id IN (SELECT case_id FROM case_contacts WHERE contact_id = ?2)",
        (kept_id, gone_id),
    )
    found["roles"] = roles.fetchall()
    (found["note"],) = connection.execute("SELECT note FROM contacts WHERE id = ?", (kept_id,)).fetchone()
    return found


def add(connection: sqlite3.Connection, activity_id: int, kept_id: int, gone_id: int, what: dict[str, Any]) -> None:
    """Note what a merge joined, by the activity that tells of it."""
    (what["note after"],) = connection.execute("SELECT note FROM contacts WHERE id = ?", (kept_id,)).fetchone()
    connection.execute(
        "INSERT INTO contact_merges (activity_id, kept_id, gone_id, brought) VALUES (?, ?, ?, ?)",
        (activity_id, kept_id, gone_id, json.dumps(what)),
    )


def of_gone(connection: sqlite3.Connection, gone_id: int) -> tuple[int, dict[str, Any]] | None:
    """Into which contact another was merged, and what it brought; None when it was not, or that was not noted."""
    row = connection.execute(
        "SELECT m.kept_id, m.brought FROM contact_merges AS m JOIN contacts AS c ON c.id = m.gone_id"
        " WHERE m.gone_id = ? AND c.merged_into_id IS NOT NULL",
        (gone_id,),
    ).fetchone()
    return None if row is None else (int(row[0]), dict(json.loads(row[1])))


def merged_into(connection: sqlite3.Connection, contact_id: int) -> int | None:
    """The contact that a contact is part of now, or None."""
    row = connection.execute("SELECT merged_into_id FROM contacts WHERE id = ?", (contact_id,)).fetchone()
    return None if row is None or row[0] is None else int(row[0])


def take_back(connection: sqlite3.Connection, kept_id: int, gone_id: int, what: dict[str, Any]) -> None:
    """Give a contact back what it brought, as far as it is still there, and take from the kept what was new to it."""
    for kind, statement in _GIVE.items():
        table, column = _TABLES[kind]
        were_there = set(what[f"{kind} there"])
        for thing, *more in what[kind]:
            named = {"kept": kept_id, "gone": gone_id, "thing": thing, "more": more[0] if more else None}
            given = connection.execute(statement, named).rowcount
            if given and thing not in were_there:
                connection.execute(f"DELETE FROM {table} WHERE contact_id = :kept AND {column} = :thing", named)
    for case_id, role in what["roles"]:
        connection.execute(
            "UPDATE case_contacts SET role = ? WHERE contact_id = ? AND case_id = ?", (role, kept_id, case_id)
        )
    connection.execute("UPDATE contacts SET merged_into_id = NULL WHERE id = ?", (gone_id,))
    connection.executemany(
        "UPDATE contacts SET merged_into_id = ? WHERE id = ? AND merged_into_id = ?",
        [(gone_id, number, kept_id) for (number,) in what["merged"]],
    )
    connection.execute(
        "UPDATE contacts SET note = ? WHERE id = ? AND note = ?", (what["note"], kept_id, what["note after"])
    )
    connection.execute("DELETE FROM contact_merges WHERE gone_id = ?", (gone_id,))


def split(connection: sqlite3.Connection, contact_id: int, new_id: int, address: str) -> None:
    """Move an address from a contact to another, with the links of the emails that are from or to it.

    The first keeps an email that is from or to another of its addresses, too, or that a person linked to it.
    """
    asked = {"old": contact_id, "new": new_id, "address": address}
    connection.execute(
        "UPDATE contact_addresses SET contact_id = :new WHERE contact_id = :old AND address = :address", asked
    )
    connection.execute(
        "INSERT OR IGNORE INTO email_contacts (email_id, contact_id, linked_by, sorts_at)"
        " SELECT l.email_id, :new, l.linked_by, l.sorts_at FROM email_addresses AS x CROSS JOIN email_contacts AS l"
        " ON l.email_id = x.email_id AND l.contact_id = :old WHERE x.address = :address",
        asked,
    )
    connection.execute(
        "DELETE FROM email_contacts WHERE contact_id = :old AND linked_by = 'rule'"
        " AND email_id IN (SELECT email_id FROM email_addresses WHERE address = :address)"
        " AND NOT EXISTS (SELECT 1 FROM contact_addresses AS a JOIN email_addresses AS x ON x.address = a.address"
        " WHERE a.contact_id = :old AND x.email_id = email_contacts.email_id)",
        asked,
    )


def move_assignment(connection: sqlite3.Connection, contact_id: int, new_id: int, kind: str, number: int) -> bool:
    """Put another contact in the place of one on a "case" or "lead"; False when it was not on it."""
    cursor = connection.execute(
        f"UPDATE {kind}_contacts SET contact_id = ? WHERE contact_id = ? AND {kind}_id = ?",
        (new_id, contact_id, number),
    )
    return cursor.rowcount > 0
