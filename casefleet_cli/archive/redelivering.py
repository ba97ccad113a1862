"""What a mail server put aside, while we could not take it, goes through the door as `deliver` would have taken it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from casefleet_cli import clock
from casefleet_cli.archive import fallback
from casefleet_cli.core.mail import envelope
from casefleet_cli.core.rules.routing import NEVER_LOGGED
from casefleet_cli.intake.budget import budget_of
from casefleet_cli.intake.receiving import receive
from casefleet_cli.intake.recording import DUPLICATE
from casefleet_cli.intake.workers import Worker
from casefleet_cli.store import settings, users
from casefleet_cli.store.deliveries import Arrival

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from casefleet_cli.archive.fallback import Waiting

NO_RECIPIENT = "No X-Original-To or Delivered-To at the logging domain stands above its first Received."
SEVERAL = "Its X-Original-To and Delivered-To name several addresses at the logging domain."
NOT_IN_HEADER = "Its header {} does not tell one address at the logging domain."
NO_USER = "Its recipient is no BCC address, or no more."
NOT_REMOVED = "It is logged, and cannot be taken out of the mailbox: {}."


class Stays(NamedTuple):
    """A mail that stays in the mailbox."""

    origin: str
    reason: str
    """A sentence, without any address."""


class Field(NamedTuple):
    """The header field that tells the recipient, where it is not X-Original-To or Delivered-To."""

    name: str
    prefix: str = ""
    """What stands before the address, in small letters."""


class Redelivery(NamedTuple):
    """What became of the mails in a mailbox."""

    outcomes: Counter[str]
    """How many are logged now, by outcome; "duplicate" for those that were known."""
    stays: list[Stays]

    @property
    def known(self) -> int:
        """How many were logged before."""
        return self.outcomes[DUPLICATE]

    @property
    def never_logged(self) -> int:
        """How many went to nobody but the never-log list; nothing of them is kept."""
        return self.outcomes[NEVER_LOGGED]

    @property
    def logged(self) -> int:
        """How many were logged now."""
        return self.outcomes.total() - self.known - self.never_logged


def redeliver(connection: sqlite3.Connection, path: Path, field: Field | None = None) -> Redelivery:
    """Log every mail of a Maildir or an mbox for the user whose BCC address it was delivered to, and take it out.

    With a field, that alone tells the address, as for `deliver`. A mail goes after its commit: whenever this ends, the
    same call goes on, and a mail that it meets again is known.
    Errors: as fallback.opened, and sqlite3.Error for what the machine does; what was logged by then is taken out.
    """
    found = Redelivery(Counter(), [])
    domain = settings.logging_domain(connection)
    worker = Worker(domain, users.bcc_addresses(connection), budget_of(connection))
    try:
        with fallback.opened(path) as mailbox:
            for waiting in mailbox:
                recipient, reason = ("", waiting.reason) if waiting.reason else _recipient(waiting.raw, domain, field)
                reason = reason or _deliver(connection, waiting, recipient, worker, found)
                if reason:
                    found.stays.append(Stays(waiting.origin, reason))
    finally:
        worker.end()
    return found


def _recipient(raw: bytes, domain: str, field: Field | None) -> tuple[str, str]:
    """The address that a mail was delivered to, and why it cannot be told; one of both is ""."""
    if field is not None:
        named = envelope.recipients_in(raw, field.name, domain, field.prefix) or ()
        return (named[0], "") if len(named) == 1 else ("", NOT_IN_HEADER.format(field.name))
    recipients = envelope.of_delivery(raw, domain).recipients
    if len(recipients) != 1:
        return "", SEVERAL if recipients else NO_RECIPIENT
    return recipients[0], ""


def _deliver(
    connection: sqlite3.Connection, waiting: Waiting, recipient: str, worker: Worker, found: Redelivery
) -> str:
    """Log one mail and take it out; the reason why it stays, or ""."""
    owner = users.by_bcc_address(connection, recipient, clock.stamp())
    if owner is None or not owner.usable:
        return NO_USER
    sender = envelope.of_delivery(waiting.raw, "").sender
    arrival = Arrival(owner.user_id, "pipe", owner.bcc_address_id, sender, tag=owner.tag)
    receipt = receive(connection, waiting.raw, arrival, understand=lambda message, _: worker.understand(message.raw))
    found.outcomes[receipt.outcome] += 1
    try:
        waiting.remove()
    except FileNotFoundError:
        pass  # another program has moved it: the next run finds it known
    except OSError as error:
        return NOT_REMOVED.format(error.strerror or error)
    return ""
