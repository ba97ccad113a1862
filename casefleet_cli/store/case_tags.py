"""Case tags: what they may name, and those that the deliveries of an email came with."""

from __future__ import annotations

import json

from casefleet_cli.core.rules import tags
from casefleet_cli.core.rules.routing import Place
from casefleet_cli.light import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from casefleet_cli.core.rules.routing import Tag
    from casefleet_cli.core.rules.tags import Candidate
    from casefleet_cli.store.sight import Sight


def fitting(connection: sqlite3.Connection, tag: str, sight: Sight) -> tuple[Candidate, ...]:
    """The cases and leads in sight that a tag (normalised) fits, open or not; a few at most.

    Looks through all case numbers (100,000 in 30 ms), so that it is asked only about a delivery that has a tag.
    """
    return tags.fitting(tag, [*_leads(connection, tag, sight), *_cases(connection, tag, sight)])


def _cases(connection: sqlite3.Connection, tag: str, sight: Sight) -> Iterator[Candidate]:
    # A number that is not ASCII may be written otherwise than its tag, and is left to the comparison.
    rows = connection.execute(
        "SELECT k.id, k.number, k.title, k.status FROM cases AS k"
        f" WHERE (k.number LIKE :like OR k.number GLOB '*[^ -~]*') AND {sight.cases('k')} ORDER BY k.id",
        {"like": f"%{tag.rpartition('-')[2]}%", **sight.parameters},
    )
    for case_id, number, title, status in rows:
        yield tags.Candidate(Place("case", case_id), number, f"{number} {title}", number, status)


def _leads(connection: sqlite3.Connection, tag: str, sight: Sight) -> Iterator[Candidate]:
    rows = connection.execute(
        f"SELECT d.id, d.name, d.status FROM leads AS d WHERE d.id = :lead AND {sight.leads('d')}",
        {"lead": tags.lead_id(tag), **sight.parameters},
    )
    for lead_id, name, status in rows:
        yield tags.Candidate(Place("lead", lead_id), tag, name, str(lead_id), status)


def keep(connection: sqlite3.Connection, decision_id: int, tag: Tag) -> None:
    """Store a tag with the decision about it, as JSON; what is empty is left out."""
    whole = {name: value for name, value in tag._asdict().items() if value}
    if tag.place is not None:
        whole["place"] = tag.place._asdict()
    connection.execute(
        "UPDATE decisions SET tag = ? WHERE id = ?", (json.dumps(whole, ensure_ascii=False), decision_id)
    )


def of_email(connection: sqlite3.Connection, email_id: int) -> list[tuple[int, str]]:
    """The tags that an email came with, each with the user whose hand it is, in the order they came."""
    return connection.execute(
        "SELECT d.user_id, n.tag ->> 'written' FROM decisions AS n JOIN deliveries AS d ON d.id = n.delivery_id"
        " WHERE n.email_id = ? AND n.tag IS NOT NULL GROUP BY 1, 2 ORDER BY min(n.id)",
        (email_id,),
    ).fetchall()


def of_delivery(connection: sqlite3.Connection, delivery_id: int) -> str:
    """The tag that a delivery came with; "" when with none."""
    found = connection.execute(
        "SELECT tag ->> 'written' FROM decisions WHERE delivery_id = ? AND tag IS NOT NULL LIMIT 1", (delivery_id,)
    ).fetchone()
    return "" if found is None else str(found[0])
