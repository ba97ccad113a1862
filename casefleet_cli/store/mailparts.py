"""The people and the files of one email, so many at a time: there may be a hundred thousand."""

from __future__ import annotations

from casefleet_cli.light import TYPE_CHECKING
from casefleet_cli.store import database

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from typing import Any

    from casefleet_cli.store.sight import Sight

RECEIVERS = """(SELECT json_group_array(json_object('name', name, 'address', address))
    FROM (SELECT DISTINCT name, address FROM
    (SELECT r.name, r.address FROM email_recipients AS r WHERE r.email_id = e.id AND r.kind IN ('to', 'cc')
    ORDER BY r.id LIMIT 40) LIMIT 4))"""
"""The first people in To and Cc of `emails AS e`, as JSON."""
KINDS = ("to", "cc", "bcc")
_COLUMNS = {
    "email_recipients": "x.id, x.kind, x.name, x.address",
    "attachments": "x.id, x.filename, x.content_type, x.size, x.is_inline",
}


def people(connection: sqlite3.Connection, email_id: int, kind: str, most: int) -> list[dict[str, Any]]:
    """Name and address of the first recipients in a field ("to", "cc", "bcc"); with -1 of all."""
    cursor = connection.execute(
        "SELECT name, address FROM email_recipients WHERE email_id = ? AND kind = ? ORDER BY id LIMIT ?",
        (email_id, kind, most),
    )
    return list(database.rows(cursor))


def totals(connection: sqlite3.Connection, email_id: int) -> dict[str, int]:
    """How many recipients an email has in each field, and how many `attachments`."""
    counted = "SELECT kind, count(*) FROM email_recipients WHERE email_id = ?1 GROUP BY kind"
    files = "SELECT 'attachments', count(*) FROM attachments WHERE email_id = ?1"
    found = connection.execute(f"{counted} UNION ALL {files}", (email_id,)).fetchall()
    return {**dict.fromkeys(KINDS, 0), **dict(found)}


def recipients(
    connection: sqlite3.Connection, sight: Sight, email_id: int, after: int, limit: int
) -> list[dict[str, Any]]:
    """Recipients of an email in sight behind a number, as they were read: id, kind, name, address."""
    return _some(connection, "email_recipients", sight, email_id, after, limit)


def attachments(
    connection: sqlite3.Connection, sight: Sight, email_id: int, after: int, limit: int
) -> list[dict[str, Any]]:
    """Attachments of an email in sight behind a number: id, filename, content_type, size, is_inline."""
    return _some(connection, "attachments", sight, email_id, after, limit)


def of_emails(connection: sqlite3.Connection, email_ids: Sequence[int], most: int) -> dict[int, list[dict[str, Any]]]:
    """The first files of each of some emails, as `attachments`; those in the text are left out."""
    found: dict[int, list[dict[str, Any]]] = {}
    for number in email_ids:
        cursor = connection.execute(
            f"SELECT {_COLUMNS['attachments']} FROM attachments AS x WHERE x.email_id = ? AND NOT x.is_inline"
            " ORDER BY x.id LIMIT ?",
            (number, most),
        )
        found[number] = list(database.rows(cursor))
    return found


def _some(
    connection: sqlite3.Connection, table: str, sight: Sight, email_id: int, after: int, limit: int
) -> list[dict[str, Any]]:
    cursor = connection.execute(
        f"SELECT {_COLUMNS[table]} FROM {table} AS x JOIN emails AS e ON e.id = x.email_id"
        f" WHERE x.email_id = :id AND x.id > :after AND {sight.emails('e')} ORDER BY x.id LIMIT :limit",
        {"id": email_id, "after": after, "limit": limit, **sight.parameters},
    )
    return list(database.rows(cursor))
