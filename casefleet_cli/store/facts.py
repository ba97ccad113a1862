"""What the firm knows about the addresses of one message: all look-ups at once, each by an index."""

from __future__ import annotations

import json

from casefleet_cli.core.rules.routing import Case, Contact, Facts, Lead, Party
from casefleet_cli.light import TYPE_CHECKING
from casefleet_cli.store import never_log, settings
from casefleet_cli.store.sight import EVERYTHING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from casefleet_cli.store.sight import Sight

# CROSS JOIN fixes the order of the loops: the few addresses asked about outside, an index inside.
_CONTACTS = """SELECT a.address, c.id, c.name FROM json_each(:asked) AS asked
CROSS JOIN contact_addresses AS a ON a.address = asked.value JOIN contacts AS c ON c.id = a.contact_id
WHERE {contacts} ORDER BY asked.id, c.id"""
_CASES = """SELECT l.contact_id, k.id, k.number, k.title FROM json_each(:asked) AS asked
CROSS JOIN case_contacts AS l ON l.contact_id = asked.value JOIN cases AS k ON k.id = l.case_id
WHERE (k.status = 'open' OR :ended_too) AND {cases} ORDER BY k.id"""
_LEADS = """SELECT l.contact_id, d.id, d.name FROM json_each(:asked) AS asked
CROSS JOIN lead_contacts AS l ON l.contact_id = asked.value JOIN leads AS d ON d.id = l.lead_id
WHERE (d.status = 'open' OR :ended_too) AND {leads} ORDER BY d.id"""
_WALLED = """SELECT k.id FROM cases AS k WHERE k.restricted = 1
AND NOT EXISTS (SELECT 1 FROM case_users AS mine WHERE mine.case_id = k.id AND mine.user_id = ?)
AND NOT EXISTS (SELECT 1 FROM users AS u WHERE u.id = ? AND u.role = 'admin')"""
_SENDERS = """SELECT s.address FROM json_each(?) AS asked
CROSS JOIN sender_addresses AS s ON s.address = asked.value"""
_BCC = """SELECT b.address, b.user_id FROM json_each(?) AS asked
CROSS JOIN bcc_addresses AS b ON b.address = asked.value"""


def facts_for(
    connection: sqlite3.Connection, clues: Sequence[str], sight: Sight = EVERYTHING, *, ended_too: bool = False
) -> Facts:
    """The facts in sight about the addresses (in normal form) that routing asks about, as they are now.

    `ended_too`: with the cases and leads that are not open any more, for who knows what was open when.
    """
    asked = json.dumps(clues)
    return Facts(
        parties=parties_of(connection, clues, sight, ended_too=ended_too),
        firm_addresses=frozenset(row[0] for row in connection.execute(_SENDERS, (asked,))),
        bcc_owners=dict(connection.execute(_BCC, (asked,)).fetchall()),
        logging_domain=settings.logging_domain(connection),
        authserv_id=settings.get(connection, settings.AUTHSERV_ID) or "",
        never_logged=never_log.fitting(connection, clues),
    )


def walled_off(connection: sqlite3.Connection, user_id: int) -> tuple[frozenset[int], frozenset[int]]:
    """The restricted cases that a user may not see, and the leads that became one: no facts for the user's mail."""
    cases = frozenset(row[0] for row in connection.execute(_WALLED, (user_id, user_id)))
    if not cases:
        return cases, cases
    asked = json.dumps(sorted(cases))
    became = connection.execute("SELECT id FROM leads WHERE case_id IN (SELECT value FROM json_each(?))", (asked,))
    return cases, frozenset(row[0] for row in became)


def parties_of(
    connection: sqlite3.Connection, addresses: Sequence[str], sight: Sight = EVERYTHING, *, ended_too: bool = False
) -> dict[str, Party]:
    """By address: its party; addresses nobody holds are absent."""
    holders: dict[str, list[Contact]] = {}
    asked = {"asked": json.dumps(addresses), **sight.parameters}
    for address, contact_id, name in connection.execute(_CONTACTS.format(contacts=sight.contacts("c")), asked):
        holders.setdefault(address, []).append(Contact(contact_id, name))
    if not holders:
        return {}
    held_by = {contact.id for held in holders.values() for contact in held}
    cases, leads = open_places_of(connection, held_by, sight, ended_too=ended_too)
    return {
        address: Party(
            tuple(contacts),
            tuple(dict.fromkeys(case for contact in contacts for case in cases.get(contact.id, ()))),
            tuple(dict.fromkeys(lead for contact in contacts for lead in leads.get(contact.id, ()))),
        )
        for address, contacts in holders.items()
    }


def open_places_of(
    connection: sqlite3.Connection, contact_ids: Iterable[int], sight: Sight = EVERYTHING, *, ended_too: bool = False
) -> tuple[dict[int, list[Case]], dict[int, list[Lead]]]:
    """By contact: the open cases and the open leads in sight that it is assigned to."""
    asked = {"asked": json.dumps(sorted(contact_ids)), "ended_too": ended_too, **sight.parameters}
    cases: dict[int, list[Case]] = {}
    for contact_id, *case in connection.execute(_CASES.format(cases=sight.cases("k")), asked):
        cases.setdefault(contact_id, []).append(Case(*case))
    leads: dict[int, list[Lead]] = {}
    for contact_id, *lead in connection.execute(_LEADS.format(leads=sight.leads("d")), asked):
        leads.setdefault(contact_id, []).append(Lead(*lead))
    return cases, leads
