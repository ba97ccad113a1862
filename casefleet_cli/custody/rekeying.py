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

_SLICE_OCTETS = 8 * 1024 * 1024


def migrate(connection: sqlite3.Connection, tell: Tell = lambda *_: None) -> list[str]:
    """Bring a database up to this release, and name the migrations that were applied or ended; as migrations.apply."""
    from casefleet_cli.store import migrations  # noqa: PLC0415 - sqlite_utils is dear
    from casefleet_cli.store.migration_0004 import REKEYING as ALL  # noqa: PLC0415
    from casefleet_cli.store.migration_0006 import REKEYING as CONVERTED  # noqa: PLC0415
    from casefleet_cli.store.migration_0013 import REKEYING as ALL_AGAIN  # noqa: PLC0415

    whole, converted = _Rekeying(connection, rederived.slice_after), _Rekeying(connection, rederived.converted_after)
    again = _Rekeying(connection, rederived.slice_after, heeds_tags=True)
    try:
        return migrations.apply(
            connection,
            tell,
            {
                ALL: Recomputation(rederived.last, whole.step),
                CONVERTED: Recomputation(rederived.last, converted.step),
                ALL_AGAIN: Recomputation(rederived.last, again.step),
            },
        )
    finally:
        whole.end()
        converted.end()
        again.end()


def left(connection: sqlite3.Connection) -> list[str]:
    """The migrations that `migrate` would apply or end, oldest first; changes nothing."""
    from casefleet_cli.store import migrations  # noqa: PLC0415 - as above

    return migrations.left(connection)


class _Rekeying:
    """Recomputes the emails of a database, some at a time, with a process that understands them."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        slice_after: Callable[[sqlite3.Connection, int, int], list[int]],
        *,
        heeds_tags: bool = False,
    ) -> None:
        """`heeds_tags`: whether the schema is one that case tags are heeded in; an early one lacks what they ask."""
        self._connection = connection
        self._heeds_tags = heeds_tags
        self._slice_after = slice_after
        self._worker: Worker | None = None

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

    def step(self, connection: sqlite3.Connection, after: int) -> int | None:
        """Recompute the next emails; None when there are none."""
        email_ids = self._slice_after(connection, after, _SLICE_OCTETS)
        if not email_ids:
            return None
        copies = {email_id: rederived.copies(connection, email_id) for email_id in email_ids}
        needed = list(dict.fromkeys(raw for raws in copies.values() for raw in raws))
        worker = self._started()
        worker.give([originals.of(connection, raw) for raw in needed])
        understood = dict(zip(needed, worker.take(), strict=True))
        for email_id, raws in copies.items():
            _rekey(connection, email_id, {raw: understood[raw] for raw in raws}, heeds_tags=self._heeds_tags)
        return email_ids[-1]


def _rekey(connection: sqlite3.Connection, email_id: int, copies: dict[int, Understood], *, heeds_tags: bool) -> None:
    first = next(iter(copies.values()))
    if first.letterhead is None or NOT_UNDERSTOOD in rederived.defects_of(connection, email_id):
        return  # bare: its fingerprint is that of its bytes
    same = [one.rows for one in copies.values() if one.rows.fingerprint == first.rows.fingerprint]
    others = {raw: one for raw, one in copies.items() if one.rows.fingerprint != first.rows.fingerprint}
    rederived.put(connection, email_id, same)
    for raw, one in others.items():
        for delivery_id, came in deliveries.of_copy(connection, email_id, raw):
            arrival = came._replace(tag=case_tags.of_delivery(connection, delivery_id)) if heeds_tags else came
            for place in links.remove_decided(connection, email_id, delivery_id):
                activities.add(
                    connection, "told-apart", email_id=email_id, case_id=place.case_id, lead_id=place.lead_id
                )
            recorder = Recorder(connection, Memory(connection), vouched=arrival.import_id is not None)
            recorder.take_over(Mail(one, arrival), delivery_id, raw)
    if others:
        standings.refresh(connection, email_id)
