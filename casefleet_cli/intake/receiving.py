"""One message comes in through a door: all of the way, in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from casefleet_cli.intake import recording
from casefleet_cli.intake.deciding import Memory
from casefleet_cli.intake.understanding import packed
from casefleet_cli.intake.workers import budget_of, understand_apart
from casefleet_cli.store import database, deliveries, users

if TYPE_CHECKING:
    import sqlite3

    from casefleet_cli.intake.recording import Receipt
    from casefleet_cli.store.deliveries import Arrival


def receive(connection: sqlite3.Connection, raw: bytes, arrival: Arrival, *, vouched: bool = False) -> Receipt:
    """Log one message in a transaction of its own; the same delivery again changes nothing.

    `vouched`: a person brought the mail in, so mail that the user did not send is unassigned instead of held. Raises
    only sqlite3.Error for what the machine does (busy, full, broken); whatever else goes wrong, the bytes are kept.
    """
    message = packed(raw)
    earlier = deliveries.seen(connection, message.original.sha256, arrival.user_id, arrival.source)
    if earlier is not None and not arrival.tag:  # a tag may be another than that of the earlier delivery
        return recording.Receipt(earlier, recording.DUPLICATE)
    understood = understand_apart(message, users.mask(connection), budget_of(connection))
    with database.transaction(connection):
        mails = (recording.Mail(understood, arrival),)
        return recording.record(connection, mails, Memory(connection), vouched=vouched)[0]
