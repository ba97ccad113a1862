"""Deliveries and the decisions taken for them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from casefleet_cli import clock

if TYPE_CHECKING:
    import sqlite3

    from casefleet_cli.core.routing import Decision, Verdict


class Arrival(NamedTuple):
    """How a message came to us and for whom: the envelope, or the place in an archive."""

    user_id: int
    source: str
    """"pipe", "lmtp", "eml", "maildir" or "mbox"."""
    bcc_address_id: int | None = None
    envelope_sender: str | None = None
    queue_id: str | None = None
    origin: str | None = None
    import_id: int | None = None
    labels: tuple[str, ...] = ()
    """Folders and flags that the archive had for it."""


def seen(connection: sqlite3.Connection, sha256: str, user_id: int, source: str) -> int | None:
    """The email that a delivery of the same bytes for the same user by the same source made, or None."""
    row = connection.execute(
        "SELECT d.email_id FROM raw_messages AS r JOIN deliveries AS d ON d.raw_message_id = r.id"
        " WHERE r.sha256 = ? AND d.user_id = ? AND d.source = ?",
        (sha256, user_id, source),
    ).fetchone()
    return None if row is None else int(row[0])


def imported(connection: sqlite3.Connection, sha256: str, user_id: int | None, source: str) -> bool:
    """Whether the same bytes came from the same kind of source before.

    For this user, or (None) by an import that told the user by the addresses.
    """
    if user_id is not None:
        return seen(connection, sha256, user_id, source) is not None
    row = connection.execute(
        "SELECT 1 FROM raw_messages AS r JOIN deliveries AS d ON d.raw_message_id = r.id"
        " JOIN imports AS i ON i.id = d.import_id WHERE r.sha256 = ? AND d.source = ? AND i.user_id IS NULL",
        (sha256, source),
    ).fetchone()
    return row is not None


def add(connection: sqlite3.Connection, arrival: Arrival, email_id: int, raw_message_id: int, standing: str) -> int:
    """Record one delivery and give its number; `standing` is "routed" or "held"."""
    cursor = connection.execute(
        "INSERT INTO deliveries (email_id, user_id, source, raw_message_id, bcc_address_id, import_id,"
        " envelope_sender, queue_id, origin, labels,"
        " standing, received_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            email_id,
            arrival.user_id,
            arrival.source,
            raw_message_id,
            arrival.bcc_address_id,
            arrival.import_id,
            arrival.envelope_sender,
            arrival.queue_id,
            arrival.origin,
            json.dumps(arrival.labels, ensure_ascii=False) if arrival.labels else "[]",
            standing,
            clock.stamp(),
        ),
    )
    return int(cursor.lastrowid or 0)


def standings(connection: sqlite3.Connection, email_id: int, user_id: int) -> set[str]:
    """The standings of the deliveries of an email for one user."""
    rows = connection.execute("SELECT standing FROM deliveries WHERE email_id = ? AND user_id = ?", (email_id, user_id))
    return {row[0] for row in rows}


def with_standing(connection: sqlite3.Connection, email_id: int, standings: tuple[str, ...]) -> list[tuple[int, int]]:
    """The deliveries of an email that stand so, with their users."""
    return connection.execute(
        "SELECT id, user_id FROM deliveries WHERE email_id = ? AND standing IN (SELECT value FROM json_each(?))"
        " ORDER BY id",
        (email_id, json.dumps(standings)),
    ).fetchall()


def set_standing(connection: sqlite3.Connection, delivery_id: int, standing: str) -> None:
    """Move a held delivery on: "released" or "rejected" (or back to "held")."""
    connection.execute("UPDATE deliveries SET standing = ? WHERE id = ?", (standing, delivery_id))


def add_decision(connection: sqlite3.Connection, delivery_id: int, email_id: int, decision: Decision) -> int:
    """Store a decision whole and give its number."""
    cursor = connection.execute(
        "INSERT INTO decisions (delivery_id, email_id, outcome, reason, verdicts, decided_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            delivery_id,
            email_id,
            decision.outcome,
            decision.reason,
            json.dumps([verdict_as_json(verdict) for verdict in decision.verdicts], ensure_ascii=False),
            clock.stamp(),
        ),
    )
    return int(cursor.lastrowid or 0)


def decisions(connection: sqlite3.Connection, email_id: int) -> list[dict[str, object]]:
    """Every decision about an email, oldest first, with the user it was taken for."""
    rows = connection.execute(
        "SELECT n.id, u.name, d.source, n.outcome, n.reason, n.verdicts, n.decided_at FROM decisions AS n"
        " JOIN deliveries AS d ON d.id = n.delivery_id JOIN users AS u ON u.id = d.user_id"
        " WHERE n.email_id = ? ORDER BY n.id",
        (email_id,),
    )
    names = ("id", "user", "source", "outcome", "reason", "verdicts", "decided_at")
    return [{**dict(zip(names, row, strict=True)), "verdicts": json.loads(row[5])} for row in rows]


def verdict_as_json(verdict: Verdict) -> dict[str, object]:
    """A verdict as decisions store it; empty lists and absent answers are left out."""
    party = verdict.party
    whole = {
        "recipient": verdict.recipient,
        "contacts": [contact._asdict() for contact in party.contacts],
        "open_cases": [case._asdict() for case in party.open_cases],
        "open_leads": [lead._asdict() for lead in party.open_leads],
        "rule": verdict.rule,
        "reason": verdict.reason,
        "place": None if verdict.place is None else verdict.place._asdict(),
    }
    return {name: value for name, value in whole.items() if value}
