"""What the database knows that speaks for a place: threads, forwards, people, case numbers."""

from __future__ import annotations

import json
from itertools import islice

from casefleet_cli.core.address import normal
from casefleet_cli.core.rules.routing import THE_FIRM, Place
from casefleet_cli.core.rules.suggestions import Clue, ThreadLink, number_candidates
from casefleet_cli.light import TYPE_CHECKING
from casefleet_cli.store.sight import EVERYTHING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from casefleet_cli.core.rules.routing import Facts
    from casefleet_cli.store.sight import Sight

_RELATED = """SELECT e.id FROM email_references AS r JOIN emails AS e ON e.msgid = r.msgid WHERE r.email_id = :email
UNION SELECT r.email_id FROM emails AS e JOIN email_references AS r ON r.msgid = e.msgid WHERE e.id = :email
UNION SELECT other.email_id FROM email_references AS mine JOIN email_references AS other ON other.msgid = mine.msgid
    WHERE mine.email_id = :email"""
_PLACES = """SELECT l.email_id, 'case', k.id, k.number || ' ' || k.title FROM json_each(:emails) AS asked
CROSS JOIN email_cases AS l ON l.email_id = asked.value JOIN cases AS k ON k.id = l.case_id WHERE {cases}
UNION ALL SELECT l.email_id, iif(k.id IS NULL, 'lead', 'case'), coalesce(k.id, d.id),
    coalesce(k.number || ' ' || k.title, d.name) FROM json_each(:emails) AS asked
CROSS JOIN email_leads AS l ON l.email_id = asked.value JOIN leads AS d ON d.id = l.lead_id
LEFT JOIN cases AS k ON k.id = d.case_id WHERE {leads} ORDER BY 1 DESC"""

_MOST_PEOPLE = 500
"""People of an email about whom it is asked; a page lists many emails."""


def related_emails(connection: sqlite3.Connection, email_id: int, sight: Sight = EVERYTHING) -> list[int]:
    """The other emails in sight of the thread, by References and In-Reply-To in either direction."""
    rows = connection.execute(
        f"SELECT e.id FROM ({_RELATED}) AS found CROSS JOIN emails AS e ON e.id = found.id"
        f" WHERE e.id <> :email AND {sight.emails('e')} ORDER BY 1",
        {"email": email_id, **sight.parameters},
    )
    return [int(row[0]) for row in rows]


def thread_links(connection: sqlite3.Connection, email_id: int, sight: Sight) -> list[ThreadLink]:
    """The places in sight of the other emails of the thread, newest email first; of a converted lead, its case."""
    related = related_emails(connection, email_id, sight)
    places = _PLACES.format(cases=sight.cases("k"), leads=sight.leads("d"))
    rows = connection.execute(places, {"emails": json.dumps(related), **sight.parameters})
    return [ThreadLink(number, Place(kind, place_id), name) for number, kind, place_id, name in rows]


def forwarded_people(forwards: str) -> tuple[list[str], list[str]]:
    """The original senders and the original recipients of what an email forwards, as its row has it; normal form."""
    found = json.loads(forwards)
    senders = [normal(forward["from"]["address"]) for forward in found if forward["from"]]
    recipients = [normal(mailbox["address"]) for forward in found for mailbox in forward["to"] + forward["cc"]]
    return senders, recipients


def people_of(connection: sqlite3.Connection, email_id: int) -> dict[str, tuple[str, str]]:
    """The addresses of an email (normal form), of what it forwards first: the trust and what they are to the mail.

    Of very many the first are named.
    """
    forwards, sender = connection.execute(
        "SELECT forwards, from_address FROM emails WHERE id = ?", (email_id,)
    ).fetchone()
    asked: dict[str, tuple[str, str]] = {}
    for words, addresses in zip(("sender", "recipient"), forwarded_people(forwards), strict=True):
        for address in addresses:
            asked.setdefault(address, ("forward", f"original {words} of the forwarded message"))
    asked.setdefault(normal(sender), ("contact", "sender"))
    recipients = connection.execute(
        "SELECT address FROM email_recipients WHERE email_id = ? ORDER BY id LIMIT ?", (email_id, _MOST_PEOPLE)
    )
    for (address,) in recipients:
        asked.setdefault(normal(address), ("contact", "recipient"))
    return dict(islice(asked.items(), _MOST_PEOPLE))


def names_of(connection: sqlite3.Connection, email_id: int) -> dict[str, str]:
    """What an email calls the people of `people_of`, by address, where it gives them a name."""
    forwards, sender, name = connection.execute(
        "SELECT forwards, from_address, from_name FROM emails WHERE id = ?", (email_id,)
    ).fetchone()
    forwarded = json.loads(forwards)
    boxes = [one["from"] for one in forwarded if one["from"]]
    boxes += [mailbox for one in forwarded for mailbox in one["to"] + one["cc"]]
    named = [(box["address"], box["name"]) for box in boxes] + [(sender, name)]
    named += connection.execute(
        "SELECT address, name FROM email_recipients WHERE email_id = ? ORDER BY id LIMIT ?", (email_id, _MOST_PEOPLE)
    )
    found: dict[str, str] = {}
    for address, called in named:
        if address and called:
            found.setdefault(normal(address), called)
    return found


def clues(
    connection: sqlite3.Connection, email_id: int, people: Mapping[str, tuple[str, str]], known: Facts
) -> list[Clue]:
    """What is known of the people of an email outside the firm: of what it forwards, then its own."""
    owners = {row[0] for row in connection.execute("SELECT user_id FROM deliveries WHERE email_id = ?", (email_id,))}
    return [
        Clue(trust, words, address, known.parties[address])
        for address, (trust, words) in people.items()
        if address in known.parties
        and known.never_logged.get(address, frozenset()).isdisjoint({THE_FIRM, *owners})
        and not is_firm(address, known)
    ]


def numbers(connection: sqlite3.Connection, email_id: int, sight: Sight) -> list[tuple[Place, str, str]]:
    """The cases in sight whose number stands in the subject."""
    (subject,) = connection.execute("SELECT subject FROM emails WHERE id = ?", (email_id,)).fetchone()
    asked = json.dumps(number_candidates(subject or ""))
    rows = connection.execute(
        "SELECT k.id, k.number, k.title FROM json_each(:asked) AS asked CROSS JOIN cases AS k ON k.number = asked.value"
        f" WHERE {sight.cases('k')}",
        {"asked": asked, **sight.parameters},
    )
    return [(Place("case", case_id), f"{number} {title}", number) for case_id, number, title in rows]


def is_firm(address: str, known: Facts) -> bool:
    """Whether an address is one of the firm's own, as its facts have it."""
    of_firm = address in known.firm_addresses or address in known.bcc_owners
    return of_firm or address.endswith(f"@{known.logging_domain}")
