"""One email with everything around it, search, and the only door to the bytes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from casefleet_cli import access
from casefleet_cli.core import query
from casefleet_cli.errors import UsageError
from casefleet_cli.store import database, emails, references, selection, settings, suggestions
from casefleet_cli.web import queries_feed, words
from casefleet_cli.web.queries_firm import CAP
from casefleet_cli.web.veil import Veil

if TYPE_CHECKING:
    import sqlite3

    from casefleet_cli.access import Viewer
    from casefleet_cli.store.selection import Finder
    from casefleet_cli.web.queries_feed import Slice

_THREAD = 50
_ONE = """SELECT e.id, e.standing, e.msgid, e.subject, e.from_name, e.from_address, e.sent_at, e.logged_at, e.text,
e.has_html, e.forwards, e.defects, e.size FROM emails AS e WHERE e.id = :id AND {emails}"""
_LINKED = """SELECT 'case' AS kind, k.id, k.number || ' ' || k.title AS name, k.status, l.linked_by, u.name AS user,
l.linked_at FROM email_cases AS l JOIN cases AS k ON k.id = l.case_id LEFT JOIN users AS u ON u.id = l.user_id
WHERE l.email_id = :id AND {cases}
UNION ALL SELECT 'lead', d.id, d.name, d.status, l.linked_by, u.name, l.linked_at FROM email_leads AS l
JOIN leads AS d ON d.id = l.lead_id LEFT JOIN users AS u ON u.id = l.user_id WHERE l.email_id = :id AND {leads}"""


class Original(NamedTuple):
    """The bytes of an email, and the veil for whatever is shown of them."""

    raw: bytes
    veil: Veil


def email(connection: sqlite3.Connection, viewer: Viewer, email_id: int) -> dict[str, Any] | None:
    """An email in sight with its people, parts, links and deliveries, or None."""
    asked = {"id": email_id, **access.parameters(viewer)}
    cursor = connection.execute(_ONE.format(emails=access.emails(viewer, "e")), asked)
    found = next(database.rows(cursor), None)
    if found is None:
        return None
    recipients = connection.execute(
        "SELECT kind, name, address FROM email_recipients WHERE email_id = ? ORDER BY id", (email_id,)
    ).fetchall()
    linked = _LINKED.format(cases=access.cases(viewer, "k"), leads=access.leads(viewer, "d"))
    contacts = (
        "SELECT c.id, c.name FROM email_contacts AS l JOIN contacts AS c ON c.id = l.contact_id WHERE l.email_id = :id"
        f" AND {access.contacts(viewer, 'c')} ORDER BY c.name LIMIT 100"
    )
    return {
        **found,
        "forwards": json.loads(str(found["forwards"])),
        "defects": json.loads(str(found["defects"])),
        "recipients": {
            kind: [{"name": name, "address": address} for its, name, address in recipients if its == kind]
            for kind in ("to", "cc", "bcc")
        },
        "attachments": list(database.rows(connection.execute(
            "SELECT id, part, filename, content_type, size, is_inline FROM attachments WHERE email_id = ? ORDER BY id",
            (email_id,),
        ))),
        "places": list(database.rows(connection.execute(linked, asked))),
        "contacts": list(database.rows(connection.execute(contacts, asked))),
        "deliveries": list(database.rows(connection.execute(
            "SELECT u.name AS user, d.source, d.standing, d.received_at FROM deliveries AS d"
            " JOIN users AS u ON u.id = d.user_id WHERE d.email_id = ? ORDER BY d.id LIMIT 100",
            (email_id,),
        ))),
    }  # fmt: skip


def decisions(connection: sqlite3.Connection, email_id: int) -> list[dict[str, Any]]:
    """What routing decided about an email, one for each delivery, the latest first."""
    cursor = connection.execute(
        "SELECT x.outcome, x.reason, x.verdicts, x.decided_at, u.name AS user FROM decisions AS x"
        " JOIN deliveries AS d ON d.id = x.delivery_id JOIN users AS u ON u.id = d.user_id"
        " WHERE x.email_id = ? ORDER BY x.id DESC LIMIT 20",
        (email_id,),
    )
    return [{**row, "verdicts": json.loads(str(row["verdicts"]))} for row in database.rows(cursor)]


def thread(connection: sqlite3.Connection, viewer: Viewer, email_id: int) -> list[dict[str, Any]]:
    """The other emails of the thread in sight, oldest first, at most fifty."""
    related = suggestions.related_emails(connection, email_id)[-_THREAD:]
    found = queries_feed.emails(connection, viewer, related)
    return sorted(found, key=lambda row: (row["date"], row["id"]))


def attachment(connection: sqlite3.Connection, viewer: Viewer, email_id: int, number: int) -> dict[str, Any] | None:
    """An attachment of an email in sight, or None."""
    cursor = connection.execute(
        "SELECT t.part, t.filename, t.content_type FROM attachments AS t JOIN emails AS e ON e.id = t.email_id"
        f" WHERE t.id = :number AND t.email_id = :id AND {access.emails(viewer, 'e')}",
        {"id": email_id, "number": number, **access.parameters(viewer)},
    )
    return next(database.rows(cursor), None)


def search(connection: sqlite3.Connection, viewer: Viewer, text: str, before: int) -> tuple[Slice, int, str]:
    """The emails in sight that a query means, with snippets, newest number first, and how many there are, up to CAP.

    Third comes a sentence when the query cannot be understood. Rejected ones are left out unless asked for.
    """
    nothing = queries_feed.Slice([], None)
    try:
        asked_for = selection.of(connection, query.parse(text), _finder(connection, viewer))
    except OutOfSightError:
        return nothing, 0, ""
    except UsageError as problem:
        return nothing, 0, str(problem)
    asked = {
        **asked_for.parameters,
        "before": before,
        "limit": queries_feed.PAGE_SIZE + 1,
        "cap": CAP,
        "start": words.MARK_START,
        "end": words.MARK_END,
        **access.parameters(viewer),
    }
    matching = f"FROM {asked_for.source} WHERE {asked_for.where} AND {access.emails(viewer, 'e')}"
    snippet = "snippet(email_search, -1, :start, :end, '…', 24)" if asked_for.has_words else "''"
    (total,) = connection.execute(f"SELECT count(*) FROM (SELECT 1 {matching} LIMIT :cap)", asked).fetchone()
    hits = connection.execute(
        f"SELECT e.id, {snippet} {matching} AND {asked_for.number} < :before"
        f" ORDER BY {asked_for.number} DESC LIMIT :limit",
        asked,
    ).fetchall()
    found = queries_feed.emails_slice(connection, viewer, [number for number, _ in hits])
    snippets = dict(hits)
    for row in found.rows:
        row["snippet"] = snippets[row["id"]]
    return found, int(total), ""


class OutOfSightError(Exception):
    """A name in a query that means nothing in the viewer's sight."""


def _finder(connection: sqlite3.Connection, viewer: Viewer) -> Finder:
    """What a name in a query means; who does not see the whole firm is not told what else there is."""
    tables = {"case": ("cases", access.cases), "lead": ("leads", access.leads),
              "contact": ("contacts", access.contacts)}  # fmt: skip

    def find(noun: str, text: str) -> int:
        try:
            number = int(getattr(references, noun)(connection, text))
        except UsageError:
            if viewer.sees_firm:
                raise
            raise OutOfSightError from None
        if noun in tables:
            table, condition = tables[noun]
            asked = {"number": number, **access.parameters(viewer)}
            sql = f"SELECT 1 FROM {table} AS x WHERE x.id = :number AND {condition(viewer, 'x')}"
            if connection.execute(sql, asked).fetchone() is None:
                raise OutOfSightError
        return number

    return find


def original(path: str, email_id: int) -> Original:
    """The bytes of an email, over a connection of its own without the authorizer; the caller checked who asks."""
    connection = database.open_reader(path, busy_seconds=5)
    try:
        addresses = [str(address) for (address,) in connection.execute("SELECT address FROM bcc_addresses")]
        veil = Veil(settings.logging_domain(connection), addresses)
        return Original(emails.raw_of(connection, email_id), veil)
    finally:
        connection.close()
