"""Contacts and the addresses they hold; a merged contact lives on as a pointer to the one that was kept."""

from __future__ import annotations

import json

from casefleet_cli import clock
from casefleet_cli.light import TYPE_CHECKING
from casefleet_cli.store import cases, database, leads
from casefleet_cli.store.sight import EVERYTHING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from typing import Any

    from casefleet_cli.store.sight import Sight

_LIST = """SELECT c.id, c.name, c.kind, (SELECT json_group_array(address) FROM
    (SELECT address FROM contact_addresses WHERE contact_id = c.id ORDER BY id)) AS addresses, c.note, c.created_at,
    c.merged_into_id
FROM contacts AS c"""
_MERGE = (
    "INSERT OR IGNORE INTO contact_addresses (contact_id, address)"
    " SELECT :kept, address FROM contact_addresses WHERE contact_id = :gone ORDER BY id",
    "DELETE FROM contact_addresses WHERE contact_id = :gone",
    "INSERT INTO case_contacts (case_id, contact_id, role)"
    " SELECT case_id, :kept, role FROM case_contacts WHERE contact_id = :gone"
    " ON CONFLICT DO UPDATE SET role = excluded.role WHERE case_contacts.role = ''",
    "DELETE FROM case_contacts WHERE contact_id = :gone",
    "INSERT OR IGNORE INTO lead_contacts (lead_id, contact_id)"
    " SELECT lead_id, :kept FROM lead_contacts WHERE contact_id = :gone",
    "DELETE FROM lead_contacts WHERE contact_id = :gone",
    "INSERT OR IGNORE INTO email_contacts (email_id, contact_id, linked_by, sorts_at)"
    " SELECT email_id, :kept, linked_by, sorts_at FROM email_contacts WHERE contact_id = :gone",
    "DELETE FROM email_contacts WHERE contact_id = :gone",
    # Earlier merges point to the kept contact at once, so that one hop is always enough.
    "UPDATE contacts SET merged_into_id = :kept WHERE id = :gone OR merged_into_id = :gone",
    "UPDATE contacts SET note = trim(note || char(10) || (SELECT note FROM contacts WHERE id = :gone), char(10))"
    " WHERE id = :kept",
)


def add(connection: sqlite3.Connection, name: str, kind: str, note: str = "") -> int:
    """Add a contact ("person" or "organisation") without any address and give its number."""
    cursor = connection.execute(
        "INSERT INTO contacts (name, look, kind, note, created_at) VALUES (?, ?, ?, ?, ?)",
        (name, _look(name), kind, note, clock.stamp()),
    )
    return int(cursor.lastrowid or 0)


def edit(
    connection: sqlite3.Connection,
    contact_id: int,
    *,
    name: str | None = None,
    kind: str | None = None,
    note: str | None = None,
) -> None:
    """Change what is given of a contact."""
    connection.execute(
        "UPDATE contacts SET name = coalesce(?, name), look = coalesce(?, look), kind = coalesce(?, kind),"
        " note = coalesce(?, note) WHERE id = ?",
        (name, None if name is None else _look(name), kind, note, contact_id),
    )


def add_address(connection: sqlite3.Connection, contact_id: int, address: str) -> bool:
    """Let a contact hold an address (normal form); False when it held it already."""
    cursor = connection.execute(
        "INSERT OR IGNORE INTO contact_addresses (contact_id, address) VALUES (?, ?)", (contact_id, address)
    )
    return cursor.rowcount > 0


def remove_address(connection: sqlite3.Connection, contact_id: int, address: str) -> bool:
    """Take an address from a contact; False when it did not hold it."""
    cursor = connection.execute(
        "DELETE FROM contact_addresses WHERE contact_id = ? AND address = ?", (contact_id, address)
    )
    return cursor.rowcount > 0


def holders(connection: sqlite3.Connection, address: str) -> list[tuple[int, str]]:
    """Number and name of every contact that holds an address (normal form)."""
    return connection.execute(
        "SELECT c.id, c.name FROM contact_addresses AS a JOIN contacts AS c ON c.id = a.contact_id"
        " WHERE a.address = ? ORDER BY c.id",
        (address,),
    ).fetchall()


def namesakes(connection: sqlite3.Connection, name: str) -> list[tuple[int, str]]:
    """Number and name of some contacts of this name, however it is written; a merged one has the other's number."""
    from casefleet_cli.core.names import are_same  # noqa: PLC0415 - a delivery asks by address

    alike = connection.execute(
        "SELECT coalesce(merged_into_id, id), name FROM contacts WHERE look = ? LIMIT 20", (_look(name),)
    )
    return [(number, called) for number, called in alike if are_same(called, name)]


def in_sight_of(connection: sqlite3.Connection, sight: Sight, address: str) -> list[dict[str, Any]]:
    """As `holders`, those that are in sight: id and name."""
    cursor = connection.execute(
        "SELECT c.id, c.name FROM contact_addresses AS a JOIN contacts AS c ON c.id = a.contact_id"
        f" WHERE a.address = :address AND {sight.contacts('c')} ORDER BY c.id LIMIT 5",
        {"address": address, **sight.parameters},
    )
    return list(database.rows(cursor))


def name_of(connection: sqlite3.Connection, contact_id: int) -> str:
    """The name of a contact."""
    return str(connection.execute("SELECT name FROM contacts WHERE id = ?", (contact_id,)).fetchone()[0])


def count_emails(connection: sqlite3.Connection, contact_id: int, sight: Sight) -> int:
    """How many emails in sight are linked to a contact."""
    (count,) = connection.execute(
        "SELECT count(*) FROM email_contacts AS l JOIN emails AS e ON e.id = l.email_id"
        f" WHERE l.contact_id = :id AND {sight.emails('e')}",
        {"id": contact_id, **sight.parameters},
    ).fetchone()
    return int(count)


def merge(connection: sqlite3.Connection, kept_id: int, gone_id: int) -> None:
    """Move all that a contact has (addresses, cases, leads, emails, note) to another and point the empty one to it."""
    for statement in _MERGE:
        connection.execute(statement, {"kept": kept_id, "gone": gone_id})


def one(connection: sqlite3.Connection, contact_id: int, sight: Sight = EVERYTHING) -> dict[str, Any]:
    """A contact: id, name, kind, addresses, note, created_at, what it was merged into, and its cases and leads."""
    return next(_whole(connection, sight, contact_id, -1))


def seen(connection: sqlite3.Connection, sight: Sight, contact_id: int, most: int) -> dict[str, Any] | None:
    """As `one`, with at most so many cases and leads, those in sight; None when there is no such contact in sight."""
    return next(_whole(connection, sight, contact_id, most), None)


def shown(connection: sqlite3.Connection, sight: Sight, before: int, limit: int) -> list[dict[str, Any]]:
    """The contacts in sight below a number, the last added first, with some addresses; merged ones are left out."""
    cursor = connection.execute(
        "SELECT c.id, c.name, c.kind, (SELECT group_concat(address, ', ') FROM (SELECT x.address FROM contact_addresses"
        " AS x WHERE x.contact_id = c.id LIMIT 3)) AS addresses, c.created_at FROM contacts AS c"
        f" WHERE c.id < :before AND c.merged_into_id IS NULL AND {sight.contacts('c')} ORDER BY c.id DESC LIMIT :limit",
        {"before": before, "limit": limit, **sight.parameters},
    )
    return list(database.rows(cursor))


def listed(connection: sqlite3.Connection, sight: Sight = EVERYTHING) -> Iterator[dict[str, Any]]:
    """The contacts in sight by name, but merged ones: id, name, kind, addresses, note, created_at, merged_into_id."""
    found = connection.execute(
        f"{_LIST} WHERE c.merged_into_id IS NULL AND {sight.contacts('c')} ORDER BY c.name COLLATE NOCASE, c.id",
        sight.parameters,
    )
    return _told(found)


def _look(name: str) -> str:
    from casefleet_cli.core.spoofing.suspicions import key  # noqa: PLC0415 - a delivery adds no contact

    return key(name)


def _told(cursor: sqlite3.Cursor) -> Iterator[dict[str, Any]]:
    for row in database.rows(cursor):
        yield {**row, "addresses": json.loads(str(row["addresses"]))}


def _whole(connection: sqlite3.Connection, sight: Sight, contact_id: int, most: int) -> Iterator[dict[str, Any]]:
    cursor = connection.execute(
        f"{_LIST} WHERE c.id = :id AND {sight.contacts('c')}", {"id": contact_id, **sight.parameters}
    )
    for contact in _told(cursor):
        yield {
            **contact,
            "cases": cases.of_contact(connection, sight, contact_id, most),
            "leads": leads.of_contact(connection, sight, contact_id, most),
        }
