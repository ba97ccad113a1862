"""What the firm has of a person: names that are like it, files, and the conflict checks that were kept."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from casefleet_cli import clock
from casefleet_cli.store import database

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable

    from casefleet_cli.store.sight import Sight

_NAMED = {
    "contacts": "SELECT c.id, c.name,"
    " (SELECT group_concat(address, ' ') FROM contact_addresses WHERE contact_id = c.id) AS addresses, c.note"
    " FROM contacts AS c WHERE c.merged_into_id IS NULL AND {contacts} ORDER BY c.id",
    "cases": "SELECT k.id, k.number, k.title AS name, k.status FROM cases AS k WHERE {cases} ORDER BY k.id",
    "leads": "SELECT d.id, d.name, d.status FROM leads AS d WHERE {leads} ORDER BY d.id",
}
_OF_CONTACTS = {
    "cases": "SELECT DISTINCT l.case_id FROM json_each(:asked) AS asked JOIN case_contacts AS l"
    " ON l.contact_id = asked.value",
    "leads": "SELECT DISTINCT l.lead_id FROM json_each(:asked) AS asked JOIN lead_contacts AS l"
    " ON l.contact_id = asked.value",
    "emails": "SELECT DISTINCT l.email_id FROM json_each(:asked) AS asked JOIN email_contacts AS l"
    " ON l.contact_id = asked.value UNION SELECT x.email_id FROM json_each(:asked) AS asked JOIN contact_addresses AS a"
    " ON a.contact_id = asked.value JOIN email_addresses AS x ON x.address = a.address",
}


def named(
    connection: sqlite3.Connection, sight: Sight, kind: str, is_it: Callable[[dict[str, Any]], bool]
) -> list[dict[str, Any]]:
    """The "contacts", "cases" or "leads" in sight that are meant."""
    query = _NAMED[kind].format(contacts=sight.contacts("c"), cases=sight.cases("k"), leads=sight.leads("d"))
    return [row for row in database.rows(connection.execute(query, sight.parameters)) if is_it(row)]


def of_contacts(connection: sqlite3.Connection, contact_ids: Iterable[int], kind: str) -> set[int]:
    """The "cases", "leads" or "emails" that some contacts are on or in, whoever sees them."""
    rows = connection.execute(_OF_CONTACTS[kind], {"asked": json.dumps(list(contact_ids))})
    return {int(row[0]) for row in rows}


def in_sight(connection: sqlite3.Connection, sight: Sight, email_ids: Iterable[int]) -> list[dict[str, Any]]:
    """Those of some emails that are in sight, the newest first: number, date, people and subject, standing, files."""
    cursor = connection.execute(
        "SELECT e.id, coalesce(e.sent_at, e.logged_at) AS date, e.from_name, e.from_address, e.subject, e.standing,"
        " (SELECT json_group_array(t.filename) FROM attachments AS t"
        " WHERE t.email_id = e.id AND t.filename <> '') AS files"
        " FROM json_each(:asked) AS asked CROSS JOIN emails AS e ON e.id = asked.value"
        f" WHERE {sight.emails('e')} ORDER BY 2 DESC, e.id DESC",
        {"asked": json.dumps(list(email_ids)), **sight.parameters},
    )
    return [{**row, "files": json.loads(str(row["files"]))} for row in database.rows(cursor)]


def add(connection: sqlite3.Connection, user_id: int | None, asked: str, report: dict[str, Any]) -> int:
    """Keep a conflict check and give its number."""
    cursor = connection.execute(
        "INSERT INTO conflict_checks (checked_at, user_id, asked, report) VALUES (?, ?, ?, ?)",
        (clock.stamp(), user_id, asked, json.dumps(report, ensure_ascii=False)),
    )
    return int(cursor.lastrowid or 0)


def kept(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    """The conflict checks that were kept, the newest first: number, when, by whom, what was asked, and the report."""
    cursor = connection.execute(
        "SELECT c.id, c.checked_at, u.name AS user, c.asked, c.report FROM conflict_checks AS c"
        " LEFT JOIN users AS u ON u.id = c.user_id ORDER BY c.id DESC"
    )
    return [{**row, "report": json.loads(str(row["report"]))} for row in database.rows(cursor)]
