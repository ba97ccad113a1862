"""The one writer of an import: large transactions, each with the mark of how far it has come."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import ExitStack
from typing import TYPE_CHECKING

from casefleet_cli import clock
from casefleet_cli.archive.owners import Owners, why_nobodys
from casefleet_cli.archive.reading import skip_of
from casefleet_cli.core.rules.routing import NEVER_LOGGED
from casefleet_cli.intake.recording import Mail, record
from casefleet_cli.store import activities, deliveries, imports, notifications
from casefleet_cli.store.database import transaction
from casefleet_cli.store.deliveries import Arrival
from casefleet_cli.store.imports import Mark
from casefleet_cli.store.search import indexing_at_end

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from casefleet_cli.archive.parsing import Parsed, Parsers
    from casefleet_cli.archive.reading import Met, Skip
    from casefleet_cli.archive.terms import Terms
    from casefleet_cli.intake.understanding import Understood

OUTCOMES = ("filed", "unassigned", "duplicate", "skipped")
NEVER_LOG = "All its recipients are on the never-log list."
_WRITING_SECONDS = 0.5
"""How long a transaction takes in messages; indexing them and the commit come on top. Deliveries wait meanwhile."""
_FOLDER = Mark("", -1, 0, is_done=False)
"""The account of a folder of which nothing was read yet."""
_PAUSE = 0.1
"""The part of that time which the database is left to others after each transaction."""


class Writer:
    """Writes what comes in, and goes on where an interrupted import of the same paths broke off."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        paths: Sequence[Path],
        user_id: int | None,
        options: Mapping[str, str],
        acting: int | None,
        terms: Terms,
    ) -> None:
        self._connection = connection
        self._terms = terms
        self._user_id = user_id
        self._acting = acting
        self._owners = Owners(connection, user_id)
        self._marks: dict[str, Mark] = {}
        self._changed: set[str] = set()
        self._met = 0
        self._done: Counter[str] = Counter()
        self._tally: Counter[tuple[str, str]] = Counter()
        """By place and field of its mark: what became of messages and is not noted yet."""
        names = [os.path.abspath(path) for path in paths]  # noqa: PTH100 - as it is named, links unresolved
        with transaction(connection):
            earlier = imports.interrupted(connection, names, user_id, options)
            self.import_id = earlier or imports.start(connection, names, user_id, options)
            imports.forget_skips(connection, self.import_id, "")
            imports.forget_folders(connection, self.import_id)
        if earlier:
            for outcomes in imports.outcomes(connection, self.import_id).values():
                self._done.update(outcomes)
        self._skipped = imports.count_skips(connection, self.import_id)
        self._asks = deliveries.were_imported(connection)

    def counts(self) -> dict[str, int]:
        """By outcome, for the whole import, what was done before an interruption included."""
        logged = self._done["filed"] + self._done["unassigned"]
        duplicates = max(self._met - logged - self._skipped, 0)
        return {
            "filed": self._done["filed"],
            "unassigned": self._done["unassigned"],
            "duplicate": duplicates,
            "skipped": self._skipped,
        }

    def mark_of(self, path: str, fingerprint: str) -> Mark:
        """How far a file of many messages was read before."""
        known = imports.mark_of(self._connection, self.import_id, path)
        if known is not None and known.fingerprint == fingerprint:
            return known
        messages = imports.read_before(self._connection, path, fingerprint, self.import_id)
        return Mark(fingerprint, -1, messages or 0, is_done=messages is not None)

    def knows(self, met: Met) -> bool:
        """Whether the same bytes were imported before."""
        if not self._asks or met.item is None:
            return False
        import hashlib  # noqa: PLC0415

        digest = hashlib.sha256(met.item.raw).hexdigest()
        return deliveries.imported(self._connection, digest, self._user_id, met.kind, met.item.state)

    def take_all(self, parsers: Parsers, progress: Callable[[dict[str, int]], None]) -> None:
        """Write everything that the parsers give."""
        with imports.in_bulk(self._connection):
            while (parsed := parsers.next(wait=True)) is not None:
                began = clock.ticks()
                parsers.gather_beside(self._write(parsed, parsers, began + _WRITING_SECONDS))
                ended = clock.ticks()
                parsers.gather_beside(self._checkpoint)
                parsers.gather((ended - began) * _PAUSE - (clock.ticks() - ended))
                progress(self.counts())

    def _write(self, parsed: Parsed | None, parsers: Parsers, until: float) -> Callable[[], None]:
        """Write batches until then; what is returned indexes and commits them."""
        with ExitStack() as stack:
            stack.enter_context(transaction(self._connection))
            stack.enter_context(indexing_at_end(self._connection))
            memory = self._terms.memory(self._connection)
            while parsed is not None:
                taken = [found for one in parsed.pairs() if (found := self._take(*one))]
                receipts = record(self._connection, [mail for mail, _ in taken], memory, vouched=True)
                for (_, met), receipt in zip(taken, receipts, strict=True):
                    self._account_for(met, receipt.outcome)
                parsed = None if clock.ticks() > until else parsers.next(wait=False)
            self._note()
            return stack.pop_all().close

    def _account_for(self, met: Met, outcome: str) -> None:
        if outcome == NEVER_LOGGED and met.item is not None:
            self._skip(skip_of(met.item, NEVER_LOG), met.path)
            return
        self._done[outcome] += 1
        self._tally[met.place, "known" if outcome == "duplicate" else "logged"] += 1

    def _checkpoint(self) -> None:
        imports.checkpoint(self._connection)

    def close(self) -> None:
        """Note the end and tell each user once."""
        with transaction(self._connection):
            self._end_folders()
            counts = self.counts()
            imports.note(self._connection, self.import_id, counts, ended=True)
            for owner, outcomes in imports.outcomes(self._connection, self.import_id).items():
                words = in_words(counts if self._user_id is not None else outcomes)
                notifications.add(self._connection, owner, "import-summary", import_id=self.import_id, detail=words)
                activities.add(self._connection, "imported", user_id=self._acting, about_user_id=owner, detail=words)

    def _take(self, met: Met, understood: Understood | None) -> tuple[Mail, Met] | None:
        """Note what was met; what is to be logged, and as what it was met."""
        if met.mark is not None:
            self._begin_or_end(met.path, met.mark)
            return None
        self._go_on(met)
        if met.skip is not None:
            self._skip(met.skip, met.path, is_bookkeeping=met.is_bookkeeping)
        elif met.is_known:
            self._tally[met.place, "known"] += 1
        elif met.item is not None and understood is not None:
            owner = self._owners.of(understood.letterhead)
            if owner is None:
                self._skip(skip_of(met.item, why_nobodys(understood.letterhead)), met.path)
                return None
            item = met.item
            arrival = Arrival(
                owner,
                met.kind,
                origin=item.origin,
                import_id=self.import_id,
                labels=item.labels,
                state=item.state,
                moment=item.moment,
                format=item.format,
            )
            return Mail(understood, arrival), met
        return None

    def _go_on(self, met: Met) -> None:
        """Count what was met, and note in a file of many messages how far it is read."""
        counted = 0 if met.is_bookkeeping else 1
        self._met += counted
        where = met.item or met.skip
        if met.path and where is not None:
            mark = self._marks[met.path]
            self._marks[met.path] = mark._replace(position=where.position, messages=mark.messages + counted)
            self._changed.add(met.path)
        elif met.place:
            self._tally[met.place, "messages"] += counted

    def _begin_or_end(self, path: str, mark: Mark) -> None:
        if path in self._marks and mark.is_done:
            mark = self._marks[path]._replace(is_done=True)
        else:
            self._met += mark.messages
            if mark.is_done:  # by an earlier import
                mark = mark._replace(known=mark.messages - mark.logged)
            if mark.position < 0:
                imports.forget_skips(self._connection, self.import_id, path)
        self._marks[path] = mark
        self._changed.add(path)

    def _skip(self, skip: Skip, path: str, *, is_bookkeeping: bool = False) -> None:
        imports.skip(self._connection, self.import_id, skip, path, is_bookkeeping=is_bookkeeping)
        self._skipped += 0 if is_bookkeeping else 1

    def _note(self) -> None:
        for (place, what), count in self._tally.items():
            mark = self._marks.get(place, _FOLDER)
            self._marks[place] = mark._replace(**{what: getattr(mark, what) + count})
            self._changed.add(place)
        self._tally.clear()
        for path in self._changed:
            imports.put_mark(self._connection, self.import_id, path, self._marks[path])
        self._changed.clear()
        self._skipped = imports.count_skips(self._connection, self.import_id)
        imports.note(self._connection, self.import_id, self.counts())

    def _end_folders(self) -> None:
        for place, mark in self._marks.items():
            if not mark.fingerprint:
                imports.put_mark(self._connection, self.import_id, place, mark._replace(is_done=True))


def in_words(counts: Mapping[str, int]) -> str:
    """Counts by outcome as a short phrase: "12 filed, 3 unassigned"."""
    return ", ".join(f"{counts[outcome]} {outcome}" for outcome in OUTCOMES if counts.get(outcome)) or "nothing"
