"""What another database of the firm holds: one that a restored copy took the place of, of this schema or an earlier."""

from __future__ import annotations

import json

from casefleet_cli.light import TYPE_CHECKING, NamedTuple
from casefleet_cli.store.deliveries import Arrival

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator


class BccAddress(NamedTuple):
    """A BCC address as it was kept; a secret."""

    address: str
    created_at: str
    retired_at: str | None
    expires_at: str | None


class Account(NamedTuple):
    """A user with all addresses there ever were."""

    user_id: int
    name: str
    role: str
    created_at: str
    disabled_at: str | None
    senders: tuple[str, ...]
    bcc: tuple[BccAddress, ...]


class Arrived(NamedTuple):
    """One delivery as every schema has it."""

    delivery_id: int
    email_id: int
    user_id: int
    source: str
    sha256: str
    received_at: str


def accounts(other: sqlite3.Connection) -> list[Account]:
    """The users, by number."""
    senders: dict[int, list[str]] = {}
    for user_id, address in other.execute("SELECT user_id, address FROM sender_addresses ORDER BY id"):
        senders.setdefault(user_id, []).append(address)
    bcc: dict[int, list[BccAddress]] = {}
    for user_id, *kept in other.execute(
        "SELECT user_id, address, created_at, retired_at, expires_at FROM bcc_addresses ORDER BY id"
    ):
        bcc.setdefault(user_id, []).append(BccAddress(*kept))
    return [
        Account(number, name, role, created_at, disabled_at, tuple(senders.get(number, ())), tuple(bcc.get(number, ())))
        for number, name, role, created_at, disabled_at in other.execute(
            "SELECT id, name, role, created_at, disabled_at FROM users ORDER BY id"
        )
    ]


def arrived(other: sqlite3.Connection) -> Iterator[Arrived]:
    """Every delivery, in the order in which they came."""
    rows = other.execute(
        "SELECT d.id, d.email_id, d.user_id, d.source, r.sha256, d.received_at FROM deliveries AS d"
        " JOIN raw_messages AS r ON r.id = d.raw_message_id ORDER BY d.id"
    )
    return (Arrived(*row) for row in rows)


def arrival(other: sqlite3.Connection, delivery_id: int) -> tuple[int, Arrival, str | None]:
    """How a delivery came: its raw message, its arrival (users and BCC addresses by the numbers there), its address.

    Only of a database of this schema.
    """
    raw, sent_at, moment_from, labels, tag, address, *how = other.execute(
        "SELECT d.raw_message_id, e.sent_at, e.moment_from, d.labels, (SELECT n.tag ->> 'written' FROM decisions AS n"
        " WHERE n.delivery_id = d.id AND n.tag IS NOT NULL ORDER BY n.id DESC LIMIT 1), b.address, d.user_id, d.source,"
        " d.bcc_address_id, d.envelope_sender, d.queue_id, d.origin, d.state, d.format"
        " FROM deliveries AS d JOIN emails AS e ON e.id = d.email_id"
        " LEFT JOIN bcc_addresses AS b ON b.id = d.bcc_address_id WHERE d.id = ?",
        (delivery_id,),
    ).fetchone()
    *envelope, state, format_ = how
    came = Arrival(*envelope)._replace(
        labels=tuple(json.loads(labels)),
        state=state,
        moment=sent_at if moment_from == "archive" else "",
        format=format_ or "",
        tag=tag or "",
    )
    return raw, came, address
