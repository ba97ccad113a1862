"""Lists of emails and everything about one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from casefleet_cli.store import database

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

_LIST = """SELECT e.id, coalesce(e.sent_at, e.logged_at) AS date, e.from_name, e.from_address, e.subject, e.standing,
(SELECT group_concat(address, ', ') FROM (SELECT DISTINCT r.address FROM email_recipients AS r
    WHERE r.email_id = e.id AND r.kind IN ('to', 'cc') ORDER BY r.id LIMIT 5)) AS recipients,
(SELECT count(*) FROM attachments AS t WHERE t.email_id = e.id) AS attachments
FROM emails AS e"""
_CONDITIONS = {
    "case": "e.id IN (SELECT email_id FROM email_cases WHERE case_id = :case)",
    "lead": "e.id IN (SELECT email_id FROM email_leads WHERE lead_id = :lead)",
    "contact": "e.id IN (SELECT email_id FROM email_contacts WHERE contact_id = :contact)",
    "user": "e.id IN (SELECT email_id FROM deliveries WHERE user_id = :user)",
    "since": "coalesce(e.sent_at, e.logged_at) >= :since",
    "until": "coalesce(e.sent_at, e.logged_at) <= :until",
    "standing": "e.standing = :standing",
}
_ONE = """SELECT id, fingerprint, standing, msgid, subject, from_name, from_address, sent_at, logged_at, text, has_html,
forwards, defects, size FROM emails WHERE id = ?"""


def listed(
    connection: sqlite3.Connection, asked: Mapping[str, object], limit: int | None = None, *, oldest_first: bool = False
) -> list[dict[str, Any]]:
    """Emails by what is asked for (case, lead, contact, user, since, until, standing), newest first."""
    wanted = {name: value for name, value in asked.items() if value is not None}
    where = " AND ".join(_CONDITIONS[name] for name in wanted) or "1"
    order = "ASC" if oldest_first else "DESC"
    cursor = connection.execute(
        f"{_LIST} WHERE {where} ORDER BY coalesce(e.sent_at, e.logged_at) {order}, e.id {order} LIMIT :limit",
        {**wanted, "limit": -1 if limit is None else limit},
    )
    return list(database.rows(cursor))


def numbered(connection: sqlite3.Connection, email_ids: list[int]) -> list[dict[str, Any]]:
    """As `listed`, the emails of these numbers."""
    cursor = connection.execute(f"{_LIST} WHERE e.id IN (SELECT value FROM json_each(?))", (json.dumps(email_ids),))
    return list(database.rows(cursor))


def one(connection: sqlite3.Connection, email_id: int) -> dict[str, Any]:
    """Everything the database knows of one email itself: fields, recipients, attachments, deliveries."""
    email = next(database.rows(connection.execute(_ONE, (email_id,))))
    email["forwards"] = json.loads(str(email["forwards"]))
    email["defects"] = json.loads(str(email["defects"]))
    email["has_html"] = bool(email["has_html"])
    recipients = connection.execute(
        "SELECT kind, name, address FROM email_recipients WHERE email_id = ? ORDER BY id", (email_id,)
    ).fetchall()
    for field in ("to", "cc", "bcc"):
        email[field] = [{"name": name, "address": address} for kind, name, address in recipients if kind == field]
    email["attachments"] = list(
        database.rows(
            connection.execute(
                "SELECT part, filename, content_type, size FROM attachments WHERE email_id = ? ORDER BY id", (email_id,)
            )
        )
    )
    email["deliveries"] = list(
        database.rows(
            connection.execute(
                "SELECT u.name AS user, d.source, d.standing, d.received_at FROM deliveries AS d"
                " JOIN users AS u ON u.id = d.user_id WHERE d.email_id = ? ORDER BY d.id",
                (email_id,),
            )
        )
    )
    return email
