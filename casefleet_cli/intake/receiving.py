"""One message comes in through a door: all of the way, in one transaction."""

from __future__ import annotations

from casefleet_cli.intake import recording, understanding
from casefleet_cli.intake.deciding import Memory
from casefleet_cli.light import TYPE_CHECKING
from casefleet_cli.store import database, deliveries, users

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from casefleet_cli.core.secrets import Mask
    from casefleet_cli.intake.recording import Receipt
    from casefleet_cli.intake.understanding import Packed, Understood
    from casefleet_cli.store.deliveries import Arrival


def receive(
    connection: sqlite3.Connection,
    raw: bytes,
    arrival: Arrival,
    *,
    vouched: bool = False,
    understand: Callable[[Packed, Mask], Understood] = understanding.understand,
) -> Receipt:
    """Log one message in a transaction of its own; the same delivery again changes nothing.

    `vouched`: a person brought the mail in, so mail that the user did not send is unassigned instead of held.
    `understand`: how; a door for mail of strangers gives one that keeps to a budget. Raises only sqlite3.Error for what
    the machine does (busy, full, broken); whatever else goes wrong, the bytes are kept.
    """
    message = understanding.packed(raw)
    earlier = deliveries.seen(connection, message.original.sha256, arrival.user_id, arrival.source)
    if earlier is not None and not arrival.tag:  # a tag may be another than that of the earlier delivery
        return recording.Receipt(earlier, recording.DUPLICATE)
    understood = understand(message, users.mask(connection))
    with database.transaction(connection):
        mails = (recording.Mail(understood, arrival),)
        return recording.record(connection, mails, Memory(connection), vouched=vouched)[0]
