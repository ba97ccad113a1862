"""A dry run: finds out what an import would do, and writes nothing."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from casefleet_cli.archive.owners import Owners, why_nobodys
from casefleet_cli.archive.reading import skip_of
from casefleet_cli.archive.writing import NEVER_LOG
from casefleet_cli.core.rules.routing import NEVER_LOGGED
from casefleet_cli.intake.recording import DUPLICATE, Mail, foresee
from casefleet_cli.store.deliveries import Arrival
from casefleet_cli.store.imports import Mark

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from casefleet_cli.archive.parsing import Parsers
    from casefleet_cli.archive.reading import Met, Skip
    from casefleet_cli.archive.terms import Terms
    from casefleet_cli.intake.understanding import Understood

_SAMPLE = 10


class Rehearsal:
    """Counts what each message would become."""

    import_id = None

    def __init__(self, connection: sqlite3.Connection, user_id: int | None, terms: Terms) -> None:
        self._connection = connection
        self._memory = terms.memory(connection)
        self._owners = Owners(connection, user_id)
        self._met: set[bytes] = set()
        self._counts: Counter[str] = Counter()
        self.skips: list[Skip] = []
        self.sample: list[tuple[str, str, str]] = []

    def counts(self) -> dict[str, int]:
        """By outcome."""
        return {
            **{name: self._counts[name] for name in ("filed", "unassigned", "duplicate")},
            "skipped": len(self.skips),
        }

    def mark_of(self, path: str, fingerprint: str) -> Mark:  # noqa: ARG002 - a dry run reads everything
        """The beginning of every file."""
        return Mark(fingerprint, -1, 0, is_done=False)

    def knows(self, met: Met) -> bool:  # noqa: ARG002 - as above
        """Nothing."""
        return False

    def take_all(self, parsers: Parsers, progress: Callable[[dict[str, int]], None]) -> None:
        """Judge everything that the parsers give."""
        while (parsed := parsers.next(wait=True)) is not None:
            for met, understood in parsed.pairs():
                self._take(met, understood)
            progress(self.counts())

    def close(self) -> None:
        """Nothing to close."""

    def _take(self, met: Met, understood: Understood | None) -> None:
        if met.skip is not None and not met.is_bookkeeping:
            self.skips.append(met.skip)
        if met.item is None or understood is None:
            return
        owner = self._owners.of(understood.letterhead)
        if owner is None:
            self.skips.append(skip_of(met.item, why_nobodys(understood.letterhead)))
            return
        outcome = self._outcome(understood, Arrival(owner, met.kind, state=met.item.state, moment=met.item.moment))
        if outcome == NEVER_LOGGED:
            self.skips.append(skip_of(met.item, NEVER_LOG))
            return
        self._counts[outcome] += 1
        if len(self.sample) < _SAMPLE:
            self.sample.append((met.item.origin, understood.rows.subject or "", outcome))

    def _outcome(self, understood: Understood, arrival: Arrival) -> str:
        # Half of the fingerprint is enough to tell millions of messages apart, for half the memory.
        short = bytes.fromhex(understood.rows.fingerprint[:32]) + arrival.user_id.to_bytes(4)
        if short in self._met:
            return DUPLICATE
        self._met.add(short)
        return foresee(self._connection, Mail(understood, arrival), self._memory, vouched=True)
