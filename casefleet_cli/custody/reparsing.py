"""Deriving anew, from the kept bytes, what is known of emails: after an upgrade that reads more, or a bug that is gone.

Numbers, links, deliveries, decisions and the journal stay: what is read better moves nothing by itself, it changes
what people find and what is suggested to them.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from casefleet_cli.core.mail.containers.msg import MISSING
from casefleet_cli.core.rules.routing import NOT_UNDERSTOOD
from casefleet_cli.intake.understanding import packed, understand
from casefleet_cli.store import activities, emails, rederived, search, users
from casefleet_cli.store.database import attempt, savepoint, transaction
from casefleet_cli.store.originals import of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    from casefleet_cli.core.secrets import Mask

OUTCOMES = ("mended", "changed", "unchanged", "not understood")
_BATCH_OCTETS = 4 * 1024 * 1024
"""How much mail is read in one transaction; deliveries wait meanwhile."""


class Reparsed(NamedTuple):
    """What came of deriving one email anew."""

    email_id: int
    outcome: str
    """One of OUTCOMES; "mended": it was kept bare before."""


def broken(connection: sqlite3.Connection) -> list[int]:
    """The emails of which only the bytes are kept so far, and those with a part that an extra was missing for."""
    found = {number for defect in (NOT_UNDERSTOOD, MISSING) for number in emails.numbers(connection, defect)}
    return sorted(found)


def everything(connection: sqlite3.Connection) -> list[int]:
    """All emails."""
    return emails.numbers(connection)


def reparse(
    connection: sqlite3.Connection, email_ids: Iterable[int], *, acting: int | None = None, dry_run: bool = False
) -> Iterator[Reparsed]:
    """Derive these emails anew, some in each transaction, and tell of each one once it is committed.

    Stopped at any moment it can simply be run again. A mended email is in the journal by itself, all others together.
    """
    mask = users.mask(connection)
    counts: Counter[str] = Counter()
    for batch in _batches(connection, email_ids):
        with transaction(connection), savepoint(connection) as trial:
            done = [_one(connection, email_id, mask, acting) for email_id in batch]
            if dry_run:
                trial.undo()
        counts.update(reparsed.outcome for reparsed in done)
        yield from done
    if counts["changed"] and not dry_run:
        with transaction(connection):
            activities.add(connection, "reparsed", user_id=acting, detail=in_words(counts))


def rebuild_index(connection: sqlite3.Connection) -> None:
    """Make the search index anew from the emails, in one transaction."""
    with transaction(connection):
        search.rebuild(connection)


def in_words(counts: Counter[str]) -> str:
    """How many of which outcome."""
    return ", ".join(f"{counts[outcome]} {outcome}" for outcome in OUTCOMES if counts[outcome]) or "nothing to do"


def _one(connection: sqlite3.Connection, email_id: int, mask: Mask, acting: int | None) -> Reparsed:
    was_bare = NOT_UNDERSTOOD in rederived.defects_of(connection, email_id)
    copies = rederived.copies(connection, email_id)
    found = [understand(packed(of(connection, raw_message_id)), mask) for raw_message_id in copies]
    rows = [one.rows for one in found if one.letterhead is not None]
    if found[0].letterhead is None:
        return Reparsed(email_id, "not understood")
    is_other = attempt(connection, lambda: rederived.put(connection, email_id, rows))
    if is_other is None:
        return Reparsed(email_id, "not understood")
    if not was_bare:
        return Reparsed(email_id, "changed" if is_other else "unchanged")
    activities.add(connection, "reparsed", user_id=acting, email_id=email_id)
    return Reparsed(email_id, "mended")


def _batches(connection: sqlite3.Connection, email_ids: Iterable[int]) -> Iterator[list[int]]:
    batch: list[int] = []
    octets = 0
    for email_id in email_ids:
        batch.append(email_id)
        octets += emails.size(connection, email_id) + 1024
        if octets > _BATCH_OCTETS:
            yield batch
            batch, octets = [], 0
    if batch:
        yield batch
