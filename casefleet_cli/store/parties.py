"""Whether somebody of a case or lead has to do with an email."""

from __future__ import annotations

import json

from casefleet_cli.light import TYPE_CHECKING
from casefleet_cli.store import suggestions

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from casefleet_cli.core.rules.routing import Place

_OF_PLACE = {
    "case": "SELECT contact_id FROM case_contacts WHERE case_id = :place",
    "lead": "SELECT contact_id FROM lead_contacts WHERE lead_id = :place",
}


def is_missing(connection: sqlite3.Connection, email_id: int, place: Place, contacts: Iterable[int] = ()) -> bool:
    """Whether a case or lead has contacts, and none of them is in an email, is linked to it, or is one of `contacts`.

    In an email is who holds an address of its people, or of those of what it forwards.
    """
    asked = {"place": place.id, "email": email_id, "named": json.dumps(list(contacts))}
    of_place = _OF_PLACE[place.kind]
    if connection.execute(of_place, asked).fetchone() is None:
        return False
    linked = connection.execute(
        "SELECT 1 FROM (SELECT value AS id FROM json_each(:named) UNION ALL"
        " SELECT contact_id FROM email_contacts WHERE email_id = :email) AS its"
        f" WHERE its.id IN ({of_place}) LIMIT 1",
        asked,
    ).fetchone()
    if linked is not None:
        return False
    people = suggestions.people_of(connection, email_id)
    held = connection.execute(
        "SELECT 1 FROM json_each(:people) AS one CROSS JOIN contact_addresses AS a ON a.address = one.value"
        f" WHERE a.contact_id IN ({of_place}) LIMIT 1",
        {**asked, "people": json.dumps(list(people))},
    ).fetchone()
    return held is None
