"""Batches: many emails linked at once, remembered so that exactly those links can be taken back at once."""

from __future__ import annotations

import json

from casefleet_cli import clock
from casefleet_cli.core.rules.routing import Place
from casefleet_cli.light import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable


class BatchLink(NamedTuple):
    """A link that a batch made: of an email to a case, a lead or a contact."""

    email_id: int
    place: Place | None
    contact_id: int | None
    was_changed: bool
    """Whether it was linked or unlinked again since."""


def add(connection: sqlite3.Connection, user_id: int | None) -> int:
    """Begin a batch and give its number."""
    cursor = connection.execute("INSERT INTO batches (at, user_id) VALUES (?, ?)", (clock.stamp(), user_id))
    return int(cursor.lastrowid or 0)


def add_activities(connection: sqlite3.Connection, batch_id: int, activity_ids: Iterable[int]) -> None:
    """Note the links that a batch made, by the activities that tell of them."""
    connection.executemany(
        "INSERT INTO batch_activities (batch_id, activity_id) VALUES (?, ?)",
        [(batch_id, activity_id) for activity_id in activity_ids],
    )


def remove(connection: sqlite3.Connection, batch_id: int) -> None:
    """Drop a batch that made no links."""
    connection.execute("DELETE FROM batches WHERE id = ?", (batch_id,))


def last(connection: sqlite3.Connection, user_id: int | None = None) -> int:
    """The number of the latest batch (of a user, when one is given); 0 when there is none."""
    (number,) = connection.execute(
        "SELECT coalesce(max(id), 0) FROM batches WHERE :user IS NULL OR user_id = :user", {"user": user_id}
    ).fetchone()
    return int(number)


def undone_at(connection: sqlite3.Connection, batch_id: int, user_id: int | None = None) -> str | None:
    """When a batch (of a user, when one is given) was undone, "" when it was not; None when there is no such batch."""
    row = connection.execute(
        "SELECT coalesce(undone_at, '') FROM batches WHERE id = :batch AND (:user IS NULL OR user_id = :user)",
        {"batch": batch_id, "user": user_id},
    ).fetchone()
    return None if row is None else str(row[0])


def mark_undone(connection: sqlite3.Connection, batch_id: int) -> None:
    """Note that a batch is undone now."""
    connection.execute("UPDATE batches SET undone_at = ? WHERE id = ?", (clock.stamp(), batch_id))


def activities_of(connection: sqlite3.Connection, batch_id: int) -> list[int]:
    """The activities that tell what a batch did, those of places before those of contacts."""
    rows = connection.execute(
        "SELECT a.id FROM batch_activities AS b JOIN activities AS a ON a.id = b.activity_id WHERE b.batch_id = ?"
        " ORDER BY a.contact_id IS NOT NULL, a.id",
        (batch_id,),
    )
    return [int(row[0]) for row in rows]


def links_of(connection: sqlite3.Connection, batch_id: int, among: Iterable[int]) -> list[BatchLink]:
    """The links that a batch made, those that some activities tell of, places before contacts."""
    rows = connection.execute(
        """SELECT a.email_id, a.case_id, a.lead_id, a.contact_id, EXISTS (
    SELECT 1 FROM activities AS later WHERE later.email_id = a.email_id AND later.id > a.id
    AND later.verb IN ('linked', 'unlinked') AND later.case_id IS a.case_id AND later.lead_id IS a.lead_id
    AND later.contact_id IS a.contact_id)
FROM batch_activities AS b JOIN activities AS a ON a.id = b.activity_id
WHERE b.batch_id = :batch AND a.verb = 'linked' AND a.id IN (SELECT value FROM json_each(:among))
ORDER BY a.contact_id IS NOT NULL, a.id""",
        _asked(batch_id, among),
    )
    return [
        BatchLink(email_id, _place(case_id, lead_id), contact_id, bool(was_changed))
        for email_id, case_id, lead_id, contact_id, was_changed in rows.fetchall()
    ]


def rejected_by(connection: sqlite3.Connection, batch_id: int, among: Iterable[int]) -> list[int]:
    """The emails that a batch rejected, as some activities tell, and that nobody released or rejected since."""
    rows = connection.execute(
        """SELECT a.email_id FROM batch_activities AS b JOIN activities AS a ON a.id = b.activity_id
WHERE b.batch_id = :batch AND a.verb = 'rejected' AND a.id IN (SELECT value FROM json_each(:among))
AND NOT EXISTS (SELECT 1 FROM activities AS later WHERE later.email_id = a.email_id AND later.id > a.id
    AND later.verb IN ('released', 'rejected')) ORDER BY a.id""",
        _asked(batch_id, among),
    )
    return [int(row[0]) for row in rows]


def _asked(batch_id: int, among: Iterable[int]) -> dict[str, object]:
    return {"batch": batch_id, "among": json.dumps(list(among))}


def _place(case_id: int | None, lead_id: int | None) -> Place | None:
    if case_id is not None:
        return Place("case", case_id)
    return None if lead_id is None else Place("lead", lead_id)
