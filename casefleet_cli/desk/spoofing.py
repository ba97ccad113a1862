"""What deceives about the people of mails, for whoever lists them or shows one: pages and commands ask here."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from casefleet_cli.core.spoofing import suspicions
from casefleet_cli.store import acquaintances

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping

    from casefleet_cli.core.spoofing.suspicions import Suspicion
    from casefleet_cli.store.sight import Sight

_AT_ONCE = 200
_MOST = 200
"""Of the people of one mail, at most so many in each field are looked at."""


def marked(connection: sqlite3.Connection, sight: Sight, rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Rows of a list, each with `suspicious` (reasons to look twice), `deceives` (its sender), `hides` (its subject).

    Rows have from_name, from_address and subject, which are null where there is no e-mail; `people`, those it was sent
    to, where the list has them: each of them gets `deceives` as well. It is done some hundred at once.
    """
    rows = iter(rows)
    while some := list(itertools.islice(rows, _AT_ONCE)):
        people = [(row["from_name"] or "", row["from_address"] or "") for row in some]
        people += [(one["name"], one["address"]) for row in some for one in row.get("people", ())]
        known = acquaintances.of(connection, people, sight)
        for row in some:
            sender = suspicions.of_person(row["from_name"] or "", row["from_address"] or "", known)
            subject = suspicions.of_subject(row["subject"])
            marks = {
                "suspicious": list(dict.fromkeys(one.reason for one in (*sender, *subject))),
                "deceives": bool(sender),
                "hides": bool(subject),
            }
            if "people" in row:
                marks["people"] = [
                    {**one, "deceives": bool(suspicions.of_person(one["name"], one["address"], known, "to"))}
                    for one in row["people"]
                ]
            yield {**row, **marks}


def of_email(connection: sqlite3.Connection, sight: Sight, email: Mapping[str, Any]) -> list[Suspicion]:
    """All that deceives in one e-mail (as mailbook.one gives it): its From first, then subject, text and others."""
    people = [("from", email["from_name"] or "", email["from_address"] or "")]
    people += [
        ("forward", one["from"]["name"] or "", one["from"]["address"] or "")
        for one in email["forwards"][:_MOST]
        if one["from"]
    ]
    people += [(kind, one["name"], one["address"]) for kind in ("to", "cc", "bcc") for one in email[kind][:_MOST]]
    known = acquaintances.of(connection, [(name, address) for _, name, address in people], sight)
    found = [list(suspicions.of_person(name, address, known, kind)) for kind, name, address in people]
    of_mail = [*suspicions.of_subject(email["subject"]), *suspicions.of_defects(email["defects"])]
    return list(dict.fromkeys([*found[0], *of_mail, *itertools.chain.from_iterable(found[1:])]))
