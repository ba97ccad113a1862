"""What every fingerprint becomes by a new recipe, and what that tells apart; a recomputation that a migration leaves.

Emails that become the same stay two, since their numbers are known to people: the newer is marked as a twin. A copy
that turns out to be another mail becomes an email of its own and is routed now, as if it had just come.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from casefleet_cli.core.rules.routing import NOT_UNDERSTOOD
from casefleet_cli.intake.budget import budget_of
from casefleet_cli.intake.deciding import Memory
from casefleet_cli.intake.recording import Mail, Recorder
from casefleet_cli.intake.workers import Worker
from casefleet_cli.store import (
    activities,
    case_tags,
    deliveries,
    links,
    originals,
    rederived,
    settings,
    standings,
    users,
)
from casefleet_cli.store.recomputations import Recomputation

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from casefleet_cli.intake.understanding import Understood
    from casefleet_cli.store.recomputations import Tell

    Slicer = Callable[[sqlite3.Connection, int, int], list[int]]

_SLICE_OCTETS = 8 * 1024 * 1024


def migrate(connection: sqlite3.Connection, tell: Tell = lambda *_: None) -> list[str]:
    """Bring a database up to this release, and name the migrations that were applied or ended; as migrations.apply."""
    from casefleet_cli.store import migrations  # noqa: PLC0415 - sqlite_utils is dear
    from casefleet_cli.store.migration_0004 import REKEYING as ALL  # noqa: PLC0415
    from casefleet_cli.store.migration_0006 import REKEYING as CONVERTED  # noqa: PLC0415
    from casefleet_cli.store.migration_0013 import REKEYING as ALL_AGAIN  # noqa: PLC0415

    rekeying = _Rekeying(connection)
    try:
        return migrations.apply(
            connection,
            tell,
            {
                ALL: Recomputation(rederived.last, rekeying.all),
                CONVERTED: Recomputation(rederived.last, rekeying.converted),
                ALL_AGAIN: Recomputation(rederived.last, rekeying.all),
            },
        )
    finally:
        rekeying.end()


def left(connection: sqlite3.Connection) -> list[str]:
    """The migrations that `migrate` would apply or end, oldest first; changes nothing."""
    from casefleet_cli.store import migrations  # noqa: PLC0415 - as above

    return migrations.left(connection)


class _Rekeying:
    """Recomputes the emails of a database, some at a time, with a process that understands them."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._worker: Worker | None = None
        self._began_at_first = False
        self._is_done = False
        """Whether all mail has been read anew, so that what other migrations left is done with it."""

    def _started(self) -> Worker:
        if self._worker is None:
            connection = self._connection
            addresses, budget = users.bcc_addresses(connection), budget_of(connection)
            self._worker = Worker(settings.logging_domain(connection), addresses, budget)
        return self._worker

    def end(self) -> None:
        """End the process, if it was needed."""
        if self._worker is not None:
            self._worker.end()

    def all(self, connection: sqlite3.Connection, after: int) -> int | None:
        """Recompute the next emails; None when there are none."""
        self._began_at_first |= after == 0
        reached = self._step(connection, after, rederived.slice_after)
        self._is_done |= reached is None and self._began_at_first
        return reached

    def converted(self, connection: sqlite3.Connection, after: int) -> int | None:
        """The same of the emails of which a copy was made of another form of mail."""
        return self._step(connection, after, rederived.converted_after)

    def _step(self, connection: sqlite3.Connection, after: int, slice_after: Slicer) -> int | None:
        email_ids = [] if self._is_done else slice_after(connection, after, _SLICE_OCTETS)
        if not email_ids:
            return None
        copies = {email_id: rederived.copies(connection, email_id) for email_id in email_ids}
        needed = list(dict.fromkeys(raw for raws in copies.values() for raw in raws))
        worker = self._started()
        worker.give([originals.of(connection, raw) for raw in needed])
        understood = dict(zip(needed, worker.take(), strict=True))
        for email_id, raws in copies.items():
            _rekey(connection, email_id, {raw: understood[raw] for raw in raws})
        return email_ids[-1]


def _rekey(connection: sqlite3.Connection, email_id: int, copies: dict[int, Understood]) -> None:
    first = next(iter(copies.values()))
    if first.letterhead is None or NOT_UNDERSTOOD in rederived.defects_of(connection, email_id):
        return  # bare: its fingerprint is that of its bytes
    same = [one.rows for one in copies.values() if one.rows.fingerprint == first.rows.fingerprint]
    others = {raw: one for raw, one in copies.items() if one.rows.fingerprint != first.rows.fingerprint}
    rederived.put(connection, email_id, same)
    for raw, one in others.items():
        for delivery_id, came in deliveries.of_copy(connection, email_id, raw):
            arrival = came._replace(tag=case_tags.of_delivery(connection, delivery_id))
            for place in links.remove_decided(connection, email_id, delivery_id):
                activities.add(
                    connection, "told-apart", email_id=email_id, case_id=place.case_id, lead_id=place.lead_id
                )
            recorder = Recorder(connection, Memory(connection), vouched=arrival.import_id is not None)
            recorder.take_over(Mail(one, arrival), delivery_id, raw)
    if others:
        standings.refresh(connection, email_id)
