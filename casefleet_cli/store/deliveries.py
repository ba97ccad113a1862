"""Deliveries and the decisions taken for them."""

from __future__ import annotations

import json

from casefleet_cli import clock
from casefleet_cli.core.rules.again import Earlier
from casefleet_cli.light import TYPE_CHECKING, NamedTuple
from casefleet_cli.store import case_tags, database, glimpses
from casefleet_cli.store.sight import EVERYTHING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence
    from typing import Any

    from casefleet_cli.core.rules.routing import Decision, Verdict
    from casefleet_cli.store.sight import Sight

_ADD = """INSERT INTO deliveries (id, email_id, user_id, source, raw_message_id, bcc_address_id, import_id,
envelope_sender, queue_id, origin, labels, state, format, standing, received_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_DECIDE = """INSERT INTO decisions (id, delivery_id, email_id, as_of, outcome, reason, verdicts, decided_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""


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
    state: str = ""
    """What those say of it, as a reason of core.rules.routing: "draft", "deleted", "junk", or "" where it was sent."""
    moment: str = ""
    """When it was sent or came, as the archive says beside the message; "" where that says nothing."""
    format: str = ""
    """The format in which the archive had it, where the source does not say it: as in sources.Item."""
    tag: str = ""
    """The case tag in the address that it came to, as core.rules.tags compares it."""


def seen(connection: sqlite3.Connection, sha256: str, user_id: int, source: str) -> int | None:
    """The email that a delivery of the same bytes for the same user by the same source made, or None."""
    row = connection.execute(
        "SELECT d.email_id FROM raw_messages AS r JOIN deliveries AS d ON d.raw_message_id = r.id"
        " WHERE r.sha256 = ? AND d.user_id = ? AND d.source = ?",
        (sha256, user_id, source),
    ).fetchone()
    return None if row is None else int(row[0])


def number_of(connection: sqlite3.Connection, sha256: str, user_id: int, source: str) -> int:
    """The delivery of these bytes for a user by a source, which there is."""
    (number,) = connection.execute(
        "SELECT d.id FROM raw_messages AS r JOIN deliveries AS d ON d.raw_message_id = r.id"
        " WHERE r.sha256 = ? AND d.user_id = ? AND d.source = ?",
        (sha256, user_id, source),
    ).fetchone()
    return int(number)


def was_unsent(connection: sqlite3.Connection, sha256: str, user_id: int, source: str) -> bool:
    """Whether the delivery of these bytes for a user by a source, which there is, was a draft, deleted or junk."""
    row = connection.execute(
        "SELECT d.state <> '' FROM raw_messages AS r JOIN deliveries AS d ON d.raw_message_id = r.id"
        " WHERE r.sha256 = ? AND d.user_id = ? AND d.source = ?",
        (sha256, user_id, source),
    ).fetchone()
    return bool(row[0])


def sent_after_all(connection: sqlite3.Connection, delivery_id: int, labels: Sequence[str]) -> None:
    """Note that what an archive had as a draft, deleted or junk it also has as sent, under these labels."""
    (before,) = connection.execute("SELECT labels FROM deliveries WHERE id = ?", (delivery_id,)).fetchone()
    both = json.dumps(list(dict.fromkeys((*json.loads(before), *labels))), ensure_ascii=False)
    connection.execute("UPDATE deliveries SET state = '', labels = ? WHERE id = ?", (both, delivery_id))


def imported(connection: sqlite3.Connection, sha256: str, user_id: int | None, source: str, state: str = "") -> bool:
    """Whether the same bytes came from the same kind of source before, and not only unsent where they are sent now.

    For this user, or (None) by an import that told the user by the addresses.
    """
    row = connection.execute(
        "SELECT 1 FROM raw_messages AS r JOIN deliveries AS d ON d.raw_message_id = r.id"
        " LEFT JOIN imports AS i ON i.id = d.import_id WHERE r.sha256 = :sha256 AND d.source = :source"
        " AND (d.state = '' OR :state <> '') AND iif(:user IS NULL, i.id IS NOT NULL AND i.user_id IS NULL,"
        " d.user_id = :user)",
        {"sha256": sha256, "source": source, "state": state, "user": user_id},
    ).fetchone()
    return row is not None


def were_imported(connection: sqlite3.Connection) -> bool:
    """Whether any delivery came by an import."""
    (found,) = connection.execute("SELECT EXISTS (SELECT 1 FROM deliveries WHERE import_id > 0)").fetchone()
    return bool(found)


def add_all(connection: sqlite3.Connection, news: Sequence[tuple[Arrival, int, int, str]]) -> int:
    """Record deliveries (arrival, email, raw message, standing); the number of the first, the others follow it.

    A standing is "routed", "held" or "rejected". Nobody else may write meanwhile.
    """
    first, moment = database.next_id(connection, "deliveries"), clock.stamp()
    connection.executemany(
        _ADD,
        [
            (number, *_row(arrival, email_id, raw), standing, moment)
            for number, (arrival, email_id, raw, standing) in enumerate(news, first)
        ],
    )
    return first


def _row(arrival: Arrival, email_id: int, raw_message_id: int) -> tuple[object, ...]:
    return (
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
        arrival.state,
        arrival.format or None,
    )


def earlier(connection: sqlite3.Connection, email_id: int, user_id: int) -> list[Earlier]:
    """What was decided about an email for one user so far."""
    rows = connection.execute(
        "SELECT n.reason, n.verdicts, coalesce(n.tag ->> 'written', '')"
        " FROM deliveries AS d JOIN decisions AS n ON n.delivery_id = d.id"
        " WHERE d.email_id = ? AND d.user_id = ? AND n.outcome <> 'held'",
        (email_id, user_id),
    )
    return [
        Earlier(reason, frozenset(verdict["recipient"] for verdict in json.loads(answers)), tag)
        for reason, answers, tag in rows
    ]


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


def owners_let_in(connection: sqlite3.Connection, email_id: int) -> list[int]:
    """The users for whom an email was let in."""
    rows = connection.execute(
        "SELECT DISTINCT user_id FROM deliveries WHERE email_id = ? AND standing IN ('routed', 'released') ORDER BY 1",
        (email_id,),
    )
    return [int(row[0]) for row in rows]


def standing(connection: sqlite3.Connection, delivery_id: int) -> str:
    """How a delivery stands: "routed", "held", "released" or "rejected"."""
    (found,) = connection.execute("SELECT standing FROM deliveries WHERE id = ?", (delivery_id,)).fetchone()
    return str(found)


def of_copy(connection: sqlite3.Connection, email_id: int, raw_message_id: int) -> list[tuple[int, Arrival]]:
    """The deliveries of an email that brought these bytes, with how they came."""
    rows = connection.execute(
        "SELECT id, labels, state, user_id, source, bcc_address_id, envelope_sender, queue_id, origin, import_id"
        " FROM deliveries WHERE email_id = ? AND raw_message_id = ? ORDER BY id",
        (email_id, raw_message_id),
    )
    # The moment that its archive told is kept with the email alone.
    return [
        (number, Arrival(*how)._replace(labels=tuple(json.loads(labels)), state=state))
        for number, labels, state, *how in rows
    ]


def is_of(connection: sqlite3.Connection, email_id: int, user_id: int) -> bool:
    """Whether an email was delivered for a user."""
    found = connection.execute("SELECT 1 FROM deliveries WHERE email_id = ? AND user_id = ?", (email_id, user_id))
    return found.fetchone() is not None


def move(connection: sqlite3.Connection, delivery_id: int, email_id: int) -> None:
    """Make a delivery, with the decisions taken for it, one of another email."""
    connection.execute("UPDATE deliveries SET email_id = ? WHERE id = ?", (email_id, delivery_id))
    connection.execute("UPDATE decisions SET email_id = ? WHERE delivery_id = ?", (email_id, delivery_id))


def set_standing(connection: sqlite3.Connection, delivery_id: int, standing: str) -> None:
    """Move a held delivery on: "released" or "rejected" (or back to "held")."""
    connection.execute("UPDATE deliveries SET standing = ? WHERE id = ?", (standing, delivery_id))


def add_decisions(connection: sqlite3.Connection, decided: Sequence[tuple[int, int, Decision]]) -> int:
    """Store decisions whole (delivery, email, decision); the number of the first, the others follow it."""
    first, moment = database.next_id(connection, "decisions"), clock.stamp()
    connection.executemany(
        _DECIDE,
        [
            (number, delivery_id, email_id, *_judgement(decision), moment)
            for number, (delivery_id, email_id, decision) in enumerate(decided, first)
        ],
    )
    for number, (_, _, decision) in enumerate(decided, first):
        if decision.tag is not None:
            case_tags.keep(connection, number, decision.tag)
    return first


def _judgement(decision: Decision) -> tuple[str | None, ...]:
    verdicts = [verdict_as_json(verdict) for verdict in decision.verdicts]
    as_json = json.dumps(verdicts, ensure_ascii=False) if verdicts else "[]"
    return decision.as_of, decision.outcome, decision.reason, as_json


def decisions(
    connection: sqlite3.Connection, email_id: int, latest: int | None = None, sight: Sight = EVERYTHING
) -> list[dict[str, Any]]:
    """Every decision about an email (or so many of the latest), oldest first, with the user it was taken for.

    What it names and is not in sight is left out, and with it what was concluded from that.
    """
    rows = connection.execute(
        "SELECT n.id, u.name, d.source, n.outcome, n.reason, n.verdicts, n.decided_at, n.as_of, n.tag,"
        " d.format FROM decisions AS n"
        " JOIN deliveries AS d ON d.id = n.delivery_id JOIN users AS u ON u.id = d.user_id"
        " WHERE n.email_id = ? ORDER BY n.id DESC LIMIT ?",
        (email_id, -1 if latest is None else latest),
    )
    names = ("id", "user", "source", "outcome", "reason", "verdicts", "decided_at", "as_of", "tag", "format")
    found = [
        {**dict(zip(names, row, strict=True)), "verdicts": json.loads(row[5]), "tag": row[8] and json.loads(row[8])}
        for row in rows
    ][::-1]
    return glimpses.of_decisions(connection, sight, found)


def undecided(connection: sqlite3.Connection) -> Iterator[tuple[int, int]]:
    """Every delivery, with its email, of an email about which no decision was taken."""
    yield from connection.execute(
        "SELECT d.id, d.email_id FROM deliveries AS d JOIN emails AS e ON e.id = d.email_id"
        " WHERE NOT EXISTS (SELECT 1 FROM decisions WHERE email_id = d.email_id)"
    )


def emails_without(connection: sqlite3.Connection) -> Iterator[int]:
    """Every email that no delivery brought."""
    rows = connection.execute(
        "SELECT id FROM emails AS e WHERE NOT EXISTS (SELECT 1 FROM deliveries WHERE email_id = e.id)"
    )
    return (number for (number,) in rows)


def emails_of(connection: sqlite3.Connection, raw_message_id: int, limit: int) -> list[int]:
    """The emails that were delivered as these bytes, at most so many."""
    rows = connection.execute(
        "SELECT DISTINCT email_id FROM deliveries WHERE raw_message_id = ? LIMIT ?", (raw_message_id, limit)
    )
    return [int(row[0]) for row in rows]


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
