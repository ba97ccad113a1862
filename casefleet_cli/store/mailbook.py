"""Lists of emails and everything about one."""

from __future__ import annotations

import json

from casefleet_cli.light import TYPE_CHECKING
from casefleet_cli.store import database, mailparts, originals, settings, users
from casefleet_cli.store.sight import EVERYTHING, mine

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from casefleet_cli.core.secrets.spelling import Secrets
    from casefleet_cli.store.sight import Sight

_LIST = """SELECT e.id, e.sent_at AS date, e.from_name, e.from_address, e.subject, e.standing,
(SELECT group_concat(address, ', ') FROM (SELECT DISTINCT r.address FROM email_recipients AS r
    WHERE r.email_id = e.id AND r.kind IN ('to', 'cc') ORDER BY r.id LIMIT 5)) AS recipients,
(SELECT count(*) FROM attachments AS t WHERE t.email_id = e.id) AS attachments
FROM emails AS e"""
_CONDITIONS = {
    "case": "e.id IN (SELECT email_id FROM email_cases WHERE case_id = :case UNION ALL SELECT l.email_id"
    " FROM leads AS was JOIN email_leads AS l ON l.lead_id = was.id WHERE was.case_id = :case)",
    "lead": "e.id IN (SELECT email_id FROM email_leads WHERE lead_id = :lead)",
    "contact": "e.id IN (SELECT email_id FROM email_contacts WHERE contact_id = :contact)",
    "user": "e.id IN (SELECT email_id FROM deliveries WHERE user_id = :user)",
    "since": "coalesce(e.sent_at, e.logged_at) >= :since",
    "until": "coalesce(e.sent_at, e.logged_at) <= :until",
    "logged_since": "e.logged_at >= :logged_since",
    "standing": "e.standing = :standing",
}
_ENTRY = f"""SELECT e.id, e.sent_at AS date, e.logged_at, e.from_name, e.from_address, e.subject,
e.standing, substr(e.text, 1, 600) AS text, {mailparts.RECEIVERS} AS people,
(SELECT count(*) FROM attachments AS t WHERE t.email_id = e.id) AS attachments
FROM json_each(:chosen) AS chosen CROSS JOIN emails AS e ON e.id = chosen.value WHERE {{emails}}"""
_PLACES = """SELECT l.email_id, 'case' AS kind, k.id, k.number || ' ' || k.title AS name, k.number
FROM json_each(:chosen) AS chosen CROSS JOIN email_cases AS l ON l.email_id = chosen.value
JOIN cases AS k ON k.id = l.case_id WHERE {cases}
UNION ALL SELECT l.email_id, 'lead', d.id, d.name, NULL
FROM json_each(:chosen) AS chosen CROSS JOIN email_leads AS l ON l.email_id = chosen.value
JOIN leads AS d ON d.id = l.lead_id WHERE {leads}"""
_ONE = """SELECT e.id, e.fingerprint, e.standing, e.msgid, e.subject, e.from_name, e.from_address, e.sent_at,
e.moment_from, e.logged_at, e.text, e.has_html, e.forwards, e.defects, e.size
FROM emails AS e WHERE e.id = :id AND {emails}"""

_OF_PLACE = {
    "lead": "SELECT email_id FROM email_leads WHERE lead_id = ?1 ORDER BY 1",
    "case": """SELECT email_id FROM email_cases WHERE case_id = ?1 UNION SELECT l.email_id FROM leads AS d
JOIN email_leads AS l ON l.lead_id = d.id WHERE d.case_id = ?1 ORDER BY 1""",
}


def listed(
    connection: sqlite3.Connection,
    asked: Mapping[str, object],
    limit: int | None = None,
    *,
    oldest_first: bool = False,
    sight: Sight = EVERYTHING,
) -> list[dict[str, Any]]:
    """Emails in sight by what is asked (_CONDITIONS), newest first.

    Rejected mail is left out unless that standing is asked for.
    """
    wanted = {name: value for name, value in asked.items() if value is not None}
    where = " AND ".join([*(_CONDITIONS[name] for name in wanted), sight.emails("e")])
    if "standing" not in wanted:
        where += " AND e.standing <> 'rejected'"
    order = "ASC" if oldest_first else "DESC"
    cursor = connection.execute(
        f"{_LIST} WHERE {where} ORDER BY coalesce(e.sent_at, e.logged_at) {order}, e.id {order} LIMIT :limit",
        {**wanted, "limit": -1 if limit is None else limit, **sight.parameters},
    )
    return list(database.rows(cursor))


def oldest_first(connection: sqlite3.Connection, email_ids: Iterable[int], user_id: int | None = None) -> list[int]:
    """Some emails by their moment, or of these those that are a user's to file."""
    rows = connection.execute(
        "SELECT e.id FROM json_each(:asked) AS asked CROSS JOIN emails AS e ON e.id = asked.value"
        f" WHERE :viewer IS NULL OR {mine('e')} ORDER BY coalesce(e.sent_at, e.logged_at), e.id",
        {"asked": json.dumps(list(email_ids)), "viewer": user_id},
    )
    return [int(row[0]) for row in rows]


def numbered(connection: sqlite3.Connection, email_ids: list[int]) -> list[dict[str, Any]]:
    """As `listed`, the emails of these numbers."""
    cursor = connection.execute(f"{_LIST} WHERE e.id IN (SELECT value FROM json_each(?))", (json.dumps(email_ids),))
    return list(database.rows(cursor))


def entries(connection: sqlite3.Connection, sight: Sight, email_ids: Sequence[int]) -> list[dict[str, Any]]:
    """Those of the emails that are in sight, as asked for: each with its places and the beginning of its text."""
    asked = {"chosen": json.dumps(list(email_ids)), **sight.parameters}
    found: dict[object, dict[str, Any]] = {}
    for row in database.rows(connection.execute(_ENTRY.format(emails=sight.emails("e")), asked)):
        found[row["id"]] = {**row, "people": json.loads(str(row["people"])), "places": []}
    places = _PLACES.format(cases=sight.cases("k"), leads=sight.leads("d"))
    for place in database.rows(connection.execute(places, asked)):
        at = found.get(place["email_id"])
        if at is not None:
            at["places"].append(place)
    return [found[number] for number in email_ids if number in found]


def with_places(connection: sqlite3.Connection, sight: Sight, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of `listed` with the numbers of the `cases` and the names of the `leads` in sight that each is on."""
    found = {row["id"]: {**row, "cases": [], "leads": []} for row in rows}
    places = _PLACES.format(cases=sight.cases("k"), leads=sight.leads("d"))
    asked = {"chosen": json.dumps(list(found)), **sight.parameters}
    for place in database.rows(connection.execute(places, asked)):
        at = found[place["email_id"]]
        at[f"{place['kind']}s"].append(place["number"] or place["name"])
    return list(found.values())


def one(connection: sqlite3.Connection, email_id: int) -> dict[str, Any]:
    """Everything the database knows of one email itself: fields, recipients, attachments, deliveries."""
    return next(_whole(connection, EVERYTHING, email_id, -1))


def seen(connection: sqlite3.Connection, sight: Sight, email_id: int, most: int) -> dict[str, Any] | None:
    """As `one`, with at most so many deliveries, attachments and recipients of a kind, and in `totals` how many of
    these there are; None when there is no such email in sight.
    """
    found = next(_whole(connection, sight, email_id, most), None)
    return found and {**found, "totals": mailparts.totals(connection, email_id)}


def attachment(connection: sqlite3.Connection, sight: Sight, email_id: int, number: int) -> dict[str, Any] | None:
    """An attachment of an email in sight, or None: part, filename and content_type."""
    cursor = connection.execute(
        "SELECT t.part, t.filename, t.content_type FROM attachments AS t JOIN emails AS e ON e.id = t.email_id"
        f" WHERE t.id = :number AND t.email_id = :id AND {sight.emails('e')}",
        {"id": email_id, "number": number, **sight.parameters},
    )
    return next(database.rows(cursor), None)


def headers(connection: sqlite3.Connection, email_id: int) -> list[tuple[str, str]]:
    """Every header of an email in order, decoded from its bytes, with BCC addresses masked."""
    from casefleet_cli.core.mail import header, mime  # noqa: PLC0415 - lists do without

    secrets = users.secrets(connection, settings.logging_domain(connection))
    raw = originals.of_email(connection, email_id)
    return [(name, secrets.hide(header.decode(value))) for name, value in mime.read_headers(raw)]


def html(connection: sqlite3.Connection, email_id: int) -> str | None:
    """The HTML of an email as its sender wrote it, hostile as it may be, with BCC addresses masked; or None."""
    from casefleet_cli.core.mail import message as messages  # noqa: PLC0415 - lists do without

    found = messages.html_of(originals.of_email(connection, email_id))
    if found is None:
        return None
    return users.secrets(connection, settings.logging_domain(connection)).hide(found)


def original(connection: sqlite3.Connection, email_id: int) -> tuple[bytes, Secrets]:
    """The bytes of an email, and the secrets to hide in whatever is shown of them."""
    secrets = users.secrets(connection, settings.logging_domain(connection))
    return originals.of_email(connection, email_id), secrets


def _whole(connection: sqlite3.Connection, sight: Sight, email_id: int, most: int) -> Iterator[dict[str, Any]]:
    asked = {"id": email_id, "most": most, **sight.parameters}
    for email in database.rows(connection.execute(_ONE.format(emails=sight.emails("e")), asked)):
        attachments = connection.execute(
            "SELECT id, part, filename, content_type, size, is_inline FROM attachments WHERE email_id = :id ORDER BY id"
            " LIMIT :most",
            asked,
        )
        deliveries = connection.execute(
            "SELECT u.name AS user, d.source, d.standing, d.received_at, d.labels, d.format FROM deliveries AS d"
            " JOIN users AS u ON u.id = d.user_id WHERE d.email_id = :id ORDER BY d.id LIMIT :most",
            asked,
        )
        yield {
            **email,
            "has_html": bool(email["has_html"]),
            "forwards": json.loads(str(email["forwards"])),
            "defects": json.loads(str(email["defects"])),
            **{field: mailparts.people(connection, email_id, field, most) for field in mailparts.KINDS},
            "attachments": list(database.rows(attachments)),
            "deliveries": [{**row, "labels": json.loads(str(row["labels"]))} for row in database.rows(deliveries)],
        }


def of_place(connection: sqlite3.Connection, kind: str, number: int) -> list[int]:
    """The numbers of the emails on a case (with those on the leads it came from) or on a lead, in order."""
    return [row[0] for row in connection.execute(_OF_PLACE[kind], (number,))]
