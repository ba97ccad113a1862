"""Feeds and lists of emails, one page at a time, newest first; every step is an indexed look-up."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from casefleet_cli import access
from casefleet_cli.store import database

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from casefleet_cli.access import Viewer

PAGE_SIZE = 40
START = 2**62
"""Where the first page begins: above every row number."""
_AT_ONCE = 200


class Slice(NamedTuple):
    """One page of a list, and where the next one begins (None: this was the last)."""

    rows: list[dict[str, Any]]
    next: int | None


_ENTRY = """SELECT a.id, a.at, a.verb, a.detail, a.case_id, a.lead_id, a.contact_id, a.email_id, a.about_user_id,
u.name AS user, about.name AS about_user, k.number AS case_number, k.title AS case_title, d.name AS lead,
c.name AS contact, e.subject, e.from_name, e.from_address, e.sent_at, e.standing, substr(e.text, 1, 600) AS text,
(SELECT count(*) FROM attachments AS t WHERE t.email_id = e.id) AS attachments
FROM json_each(:chosen) AS chosen CROSS JOIN activities AS a ON a.id = chosen.value
LEFT JOIN users AS u ON u.id = a.user_id LEFT JOIN users AS about ON about.id = a.about_user_id
LEFT JOIN cases AS k ON k.id = a.case_id AND {cases} LEFT JOIN leads AS d ON d.id = a.lead_id AND {leads}
LEFT JOIN contacts AS c ON c.id = a.contact_id AND {contacts} LEFT JOIN emails AS e ON e.id = a.email_id
ORDER BY a.id DESC"""
_EMAIL = """SELECT e.id, coalesce(e.sent_at, e.logged_at) AS date, e.logged_at, e.from_name, e.from_address, e.subject,
e.standing, substr(e.text, 1, 600) AS text,
(SELECT group_concat(who, ', ') FROM (SELECT DISTINCT coalesce(nullif(r.name, ''), r.address) AS who
    FROM email_recipients AS r WHERE r.email_id = e.id AND r.kind IN ('to', 'cc') ORDER BY r.id LIMIT 4)) AS recipients,
(SELECT count(*) FROM attachments AS t WHERE t.email_id = e.id) AS attachments
FROM json_each(:chosen) AS chosen CROSS JOIN emails AS e ON e.id = chosen.value WHERE {emails}"""
_PLACES = """SELECT l.email_id, 'case' AS kind, k.id, k.number || ' ' || k.title AS name
FROM json_each(:chosen) AS chosen CROSS JOIN email_cases AS l ON l.email_id = chosen.value
JOIN cases AS k ON k.id = l.case_id WHERE {cases}
UNION ALL SELECT l.email_id, 'lead', d.id, d.name
FROM json_each(:chosen) AS chosen CROSS JOIN email_leads AS l ON l.email_id = chosen.value
JOIN leads AS d ON d.id = l.lead_id WHERE {leads}"""


def everything(connection: sqlite3.Connection, viewer: Viewer, before: int) -> Slice:
    """What happened in the firm, or on the cases of a limited user."""
    if viewer.sees_firm:
        return _entries(connection, viewer, [("1", 0)], before)
    mine = connection.execute("SELECT case_id FROM case_users WHERE user_id = ?", (viewer.user_id,)).fetchall()
    sources = [source for (case_id,) in mine for source in _of_case(connection, case_id)]
    return _entries(connection, viewer, sources, before)


def of_case(connection: sqlite3.Connection, viewer: Viewer, case_id: int, before: int) -> Slice:
    """What happened on a case and on the leads that became it."""
    return _entries(connection, viewer, _of_case(connection, case_id), before)


def of_lead(connection: sqlite3.Connection, viewer: Viewer, lead_id: int, before: int) -> Slice:
    """What happened on a lead."""
    return _entries(connection, viewer, [("a.lead_id = {}", lead_id)], before)


def of_email(connection: sqlite3.Connection, viewer: Viewer, email_id: int) -> list[dict[str, Any]]:
    """What happened to an email, oldest first."""
    return _entries(connection, viewer, [("a.email_id = {}", email_id)], START).rows[::-1]


def changes_of_contact(connection: sqlite3.Connection, viewer: Viewer, contact_id: int) -> list[dict[str, Any]]:
    """What was changed about a contact by hand, the newest first."""
    return _entries(connection, viewer, [("a.contact_id = {} AND a.email_id IS NULL", contact_id)], START).rows


def emails_of_contact(connection: sqlite3.Connection, viewer: Viewer, contact_id: int, before: int) -> Slice:
    """The emails linked to a contact, but for rejected ones."""
    chosen = connection.execute(
        "SELECT l.email_id FROM email_contacts AS l JOIN emails AS e ON e.id = l.email_id"
        f" WHERE l.contact_id = :contact AND l.email_id < :before AND e.standing <> 'rejected'"
        f" AND {access.emails(viewer, 'e')}"
        " ORDER BY l.email_id DESC LIMIT :limit",
        {"contact": contact_id, "before": before, "limit": PAGE_SIZE + 1, **access.parameters(viewer)},
    )
    return emails_slice(connection, viewer, [row[0] for row in chosen])


def waiting(connection: sqlite3.Connection, viewer: Viewer, standing: str, before: int) -> Slice:
    """The emails of one standing ("unassigned", "held") in sight."""
    chosen = connection.execute(
        "SELECT e.id FROM emails AS e WHERE e.standing = :standing AND e.standing <> 'linked' AND e.id < :before"
        f" AND {access.emails(viewer, 'e')} ORDER BY e.id DESC LIMIT :limit",
        {"standing": standing, "before": before, "limit": PAGE_SIZE + 1, **access.parameters(viewer)},
    )
    return emails_slice(connection, viewer, [row[0] for row in chosen])


def emails_slice(connection: sqlite3.Connection, viewer: Viewer, chosen: Sequence[int]) -> Slice:
    """The chosen emails (one more than a page when there is another) as list rows."""
    shown = chosen[:PAGE_SIZE]
    return Slice(emails(connection, viewer, shown), shown[-1] if len(chosen) > PAGE_SIZE else None)


def emails(connection: sqlite3.Connection, viewer: Viewer, chosen: Sequence[int]) -> list[dict[str, Any]]:
    """List rows of the emails in sight, in the order asked for, each with its places in sight."""
    asked = {"chosen": json.dumps(list(chosen)), **access.parameters(viewer)}
    cursor = connection.execute(_EMAIL.format(emails=access.emails(viewer, "e")), asked)
    found: dict[int, dict[str, Any]] = {}
    for row in database.rows(cursor):
        found[row["id"]] = {**row, "places": []}  # type: ignore[index]
    places = _PLACES.format(cases=access.cases(viewer, "k"), leads=access.leads(viewer, "d"))
    for place in database.rows(connection.execute(places, asked)):
        at = found.get(place["email_id"])  # type: ignore[call-overload]
        if at is not None:
            at["places"].append(place)
    return [found[number] for number in chosen if number in found]


def _of_case(connection: sqlite3.Connection, case_id: int) -> list[tuple[str, int]]:
    leads = connection.execute("SELECT id FROM leads WHERE case_id = ?", (case_id,)).fetchall()
    return [("a.case_id = {}", case_id), *(("a.lead_id = {}", lead_id) for (lead_id,) in leads)]


def _entries(connection: sqlite3.Connection, viewer: Viewer, sources: Sequence[tuple[str, int]], before: int) -> Slice:
    """The newest activities of all sources together; each source gives at most one page by its own index."""
    chosen: set[int] = set()
    asked = {"before": before, "limit": PAGE_SIZE + 1, **access.parameters(viewer)}
    seen = access.activities(viewer, "a")
    for at in range(0, len(sources), _AT_ONCE):
        parts = [
            f"SELECT * FROM (SELECT a.id FROM activities AS a WHERE {condition.format(int(number))}"
            f" AND a.id < :before AND {seen} ORDER BY a.id DESC LIMIT :limit)"
            for condition, number in sources[at : at + _AT_ONCE]
        ]
        chosen.update(row[0] for row in connection.execute(" UNION ALL ".join(parts), asked))
    newest = sorted(chosen, reverse=True)
    shown = newest[:PAGE_SIZE]
    query = _ENTRY.format(
        cases=access.cases(viewer, "k"),
        leads=access.leads(viewer, "d"),
        contacts=access.contacts(viewer, "c"),
    )
    cursor = connection.execute(query, {"chosen": json.dumps(shown), **access.parameters(viewer)})
    return Slice(_together(database.rows(cursor)), shown[-1] if len(newest) > PAGE_SIZE else None)


def _together(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The entries with their places; one email that was filed to several places at once is one entry."""
    entries: list[dict[str, Any]] = []
    for row in rows:
        places = [
            {"kind": kind, "id": row[f"{kind}_id"], "name": name}
            for kind, name in (("case", row["case_title"]), ("lead", row["lead"]))
            if name
        ]
        last = entries[-1] if entries else None
        if last and row["email_id"] and all(row[key] == last[key] for key in ("email_id", "verb", "at", "user")):
            last["places"] += places
        else:
            entries.append({**row, "places": places})
    return entries
