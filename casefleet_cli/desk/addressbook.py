"""Contacts from an address book: what is new is added, what is there already stays, and all of it is told."""

from __future__ import annotations

import itertools
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from casefleet_cli import clock
from casefleet_cli.core.addressbooks.joining import Holder, joined
from casefleet_cli.core.addressbooks.written import FORMATS, Card
from casefleet_cli.core.names import folded
from casefleet_cli.desk import contacts as contact_desk
from casefleet_cli.desk import entries
from casefleet_cli.desk.entries import BadEntryError
from casefleet_cli.errors import UsageError
from casefleet_cli.store import activities, contacts, users
from casefleet_cli.store.database import transaction

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence

    from casefleet_cli.core.addressbooks.entry import Entry
    from casefleet_cli.store.sight import Sight

_AT_ONCE = 500
"""Entries read before a transaction begins: a slow file keeps nobody waiting."""
_WRITING_SECONDS = 0.3
"""How long is written without a pause; deliveries wait meanwhile."""
_PAUSE_SECONDS = 0.1
"""As often SQLite looks whether it can write."""
MOST_ENTRIES = 1_000_000
"""Of one file."""
MOST_TOLD = 100_000
"""Rows that are told one by one; more are only counted."""
_LONGEST_TOLD = 300
_MOST_NAMED = 3
"""Other contacts that are named for one entry."""
_INSIDE_EXCHANGE = ("/o=", "/ou=", "/cn=", "ex:/", "imceaex-")


class Row(NamedTuple):
    """What became of one entry."""

    line: int
    outcome: str
    """"added", "completed", "known" or "refused"."""
    name: str
    contact: int | None = None
    """The number of the contact; None for a refused one, and for one that a dry run did not add."""
    contact_name: str = ""
    addresses: tuple[str, ...] = ()
    """What was added."""
    hints: tuple[str, ...] = ()
    """What a person may want to look at."""
    refused: tuple[str, ...] = ()
    """Why it, or some addresses of it, were not taken."""


class Report:
    """What became of the entries of an address book."""

    def __init__(self) -> None:
        self.added = self.completed = self.known = 0
        """Contacts that are new; that have an address more; that have everything already."""
        self.refused = 0
        """Entries that were not taken, wholly or in part."""
        self.rows: list[Row] = []
        self.untold = 0
        """Rows that were only counted."""

    def note(self, row: Row) -> None:
        """Count one more."""
        self.added += row.outcome == "added"
        self.completed += row.outcome == "completed"
        self.known += row.outcome == "known"
        self.refused += bool(row.refused)
        if len(self.rows) < MOST_TOLD:
            self.rows.append(row)
        else:
            self.untold += 1


def load(
    connection: sqlite3.Connection,
    book: Iterable[Entry],
    *,
    may_share: bool = False,
    dry_run: bool = False,
    acting: int | None = None,
) -> Report:
    """Add the contacts of an address book, and tell what was added, completed, known already, or refused.

    core.addressbooks.joining says which contact an entry is; `may_share`: whoever has another name is somebody else.
    It is done in slices, between which others write, and goes on when it is repeated after an interruption. A dry run
    changes nothing, may have a connection that only reads, and tells the same.
    """
    report = Report()
    written = 0.0
    desk = _Tried(connection, may_share) if dry_run else _Desk(connection, may_share, acting)
    coming = itertools.islice(_numbered(book), MOST_ENTRIES + 1)
    waiting: deque[Entry] = deque()
    while True:
        waiting.extend(itertools.islice(coming, _AT_ONCE - len(waiting)))
        if not waiting:
            return report
        began = clock.ticks()
        if dry_run:
            rows = list(desk.take_until(began + _WRITING_SECONDS, waiting))
        else:
            with transaction(connection):
                rows = list(desk.take_until(began + _WRITING_SECONDS - written, waiting))
            written += clock.ticks() - began
            if written >= _WRITING_SECONDS:
                clock.pause(_PAUSE_SECONDS)
                written = 0.0
        for row in rows:
            report.note(row)


def _numbered(book: Iterable[Entry]) -> Iterator[Entry]:
    """The entries, and after as many as a file may have, why no more are taken."""
    for number, entry in enumerate(book):
        beyond = f"The file has more than {MOST_ENTRIES} entries; divide it, and import the rest by itself."
        yield entry if number < MOST_ENTRIES else entry._replace(refused=beyond)


def written(connection: sqlite3.Connection, sight: Sight, form: str) -> Iterator[str]:
    """The contacts in sight in one of core.addressbooks.written.FORMATS, in pieces; raises UsageError for others."""
    if form not in FORMATS:
        raise UsageError(f"{form!r} is no format of contacts; there are {', '.join(FORMATS)}.")
    listed = contacts.listed(connection, sight)
    return FORMATS[form](Card(one["name"], tuple(one["addresses"]), one["kind"], one["note"]) for one in listed)


class _RefusedError(Exception):
    """Why an entry is not taken, in sentences for people."""

    def __init__(self, *reasons: str) -> None:
        super().__init__(*reasons)
        self.reasons = reasons


class _Desk:
    """Takes entries into the database."""

    def __init__(self, connection: sqlite3.Connection, may_share: bool, acting: int | None = None) -> None:
        self._connection = connection
        self._may_share = may_share
        self._acting = acting
        self._mask = users.mask(connection)

    def take_until(self, end: float, waiting: deque[Entry]) -> Iterator[Row]:
        """Take entries, at least one, until the clock shows that."""
        while waiting:
            entry = waiting.popleft()
            try:
                yield self._take(entry)
            except _RefusedError as refusal:
                yield Row(entry.line, "refused", self._told(entry.name), refused=refusal.reasons)
            if clock.ticks() >= end:
                return

    def _take(self, entry: Entry) -> Row:
        if entry.refused:
            raise _RefusedError(self._told(entry.refused))
        try:
            kept = entry._replace(
                name=entries.name(entry.name),
                kind=entries.one_of(entry.kind, entries.KINDS, "kind"),
                note=entries.note(entry.note),
            )
        except BadEntryError as error:
            raise _RefusedError(self._told(str(error))) from None
        addresses, faults = self._addresses(entry)
        if faults and not addresses:
            raise _RefusedError(*faults)
        if self._mask.text(f"{kept.name}\n{kept.note}") != f"{kept.name}\n{kept.note}":
            raise _RefusedError("Its name or note holds a BCC address, which is a secret; take it out.")
        namesakes = self.namesakes(kept.name)
        if not addresses:
            return self._by_name(kept, namesakes)
        holders = self._holders(addresses)
        row = self._by_address(kept, addresses, holders, namesakes)
        return row._replace(refused=faults)

    def _addresses(self, entry: Entry) -> tuple[list[str], tuple[str, ...]]:
        """The addresses in normal form, and what is wrong with the others."""
        addresses: dict[str, None] = {}
        faults = []
        for text in entry.addresses:
            if text.lower().startswith(_INSIDE_EXCHANGE):
                shown = self._told(text)
                faults.append(f"{shown!r} is an address inside Exchange (X.500), not one of e-mail; look it up there.")
                continue
            try:
                addresses[contact_desk.outside_address(self._connection, text)] = None
            except BadEntryError as error:
                faults.append(self._told(str(error)))
            except UsageError as error:
                raise _RefusedError(self._told(str(error))) from None
        return list(addresses), tuple(faults)

    def _by_name(self, entry: Entry, namesakes: Sequence[tuple[int, str]]) -> Row:
        """An entry without an address: one of a name that is there already adds nothing that could be told from it."""
        if namesakes:
            number, name = namesakes[0]
            return Row(entry.line, "known", entry.name, _shown(number), name)
        return self.add(entry, [])

    def _by_address(
        self,
        entry: Entry,
        addresses: list[str],
        holders: list[Holder],
        namesakes: Sequence[tuple[int, str]],
    ) -> Row:
        found = joined(entry.name, addresses, holders, is_nameless=entry.is_nameless, may_share=self._may_share)
        if found.outcome == "refused":
            raise _RefusedError(self._undecided(addresses, holders))
        if found.outcome == "added":
            row = self.add(entry, addresses)
            alike = [_has_the_name(row, number, name) for number, name in namesakes[:_MOST_NAMED]]
            return row._replace(hints=(*_also_held(addresses, holders), *alike))
        contact = found.contact or Holder(0, "", frozenset())
        row = Row(entry.line, found.outcome, entry.name, _shown(contact.id), contact.name, found.addresses)
        if found.outcome == "completed":
            self.complete(contact, found.addresses)
            others = [holder for holder in holders if holder.id != contact.id]
            return row._replace(hints=tuple(_also_held(found.addresses, others)))
        return row._replace(hints=(_other_name(row),)) if found.is_other_name else row

    def _undecided(self, addresses: Sequence[str], holders: Sequence[Holder]) -> str:
        held = "; ".join(f"{', '.join(sorted(one.addresses))} by {_called(one.id, one.name)}" for one in holders[:3])
        if len(holders) > 1:
            return (
                f"Its addresses are held by several: {held}. Merge them, or import it with --shared if it is another."
            )
        missing = next((one for one in addresses if one not in holders[0].addresses), "")
        return (
            f"Some of its addresses are held under another name: {held}. If that is the same, casefleet contact edit"
            f" {holders[0].id} --add-address {missing}; if not, import it with --shared."
        )

    def _told(self, text: str) -> str:
        """What came with a file as it is shown: short, and without secrets."""
        text = self._mask.text(text[: 4 * _LONGEST_TOLD])
        return text if len(text) <= _LONGEST_TOLD else text[: _LONGEST_TOLD - 1] + "…"

    def _holders(self, addresses: Iterable[str]) -> list[Holder]:
        found: dict[int, tuple[str, set[str]]] = {}
        for address in addresses:
            for number, name in self.holding(address):
                found.setdefault(number, (name, set()))[1].add(address)
        return [Holder(number, name, frozenset(held)) for number, (name, held) in found.items()]

    def holding(self, address: str) -> list[tuple[int, str]]:
        """Number and name of the contacts that hold an address."""
        return contacts.holders(self._connection, address)

    def namesakes(self, name: str) -> list[tuple[int, str]]:
        """Number and name of the contacts of this name."""
        return contacts.namesakes(self._connection, name)

    def add(self, entry: Entry, addresses: list[str]) -> Row:
        """Add a contact."""
        number = contact_desk.enter(
            self._connection,
            entry.name,
            addresses,
            kind=entry.kind,
            note=entry.note,
            verb="imported",
            acting=self._acting,
        )
        return Row(entry.line, "added", entry.name, number, entry.name, tuple(addresses))

    def complete(self, contact: Holder, addresses: Iterable[str]) -> None:
        """Let a contact hold addresses more."""
        for address in addresses:
            contacts.add_address(self._connection, contact.id, address)
        detail = "; ".join(f"address {address} added" for address in addresses)
        activities.add(self._connection, "edited", user_id=self._acting, contact_id=contact.id, detail=detail)


class _Tried(_Desk):
    """Takes entries into its own memory only, where a contact that would be added has its line, negative, as number."""

    def __init__(self, connection: sqlite3.Connection, may_share: bool) -> None:
        super().__init__(connection, may_share)
        self._held: dict[str, list[tuple[int, str]]] = {}
        self._named: dict[str, list[tuple[int, str]]] = {}

    def holding(self, address: str) -> list[tuple[int, str]]:
        return [*super().holding(address), *self._held.get(address, ())]

    def namesakes(self, name: str) -> list[tuple[int, str]]:
        return [*super().namesakes(name), *self._named.get(_sorted_words(name), ())]

    def add(self, entry: Entry, addresses: list[str]) -> Row:
        alike = self._named.setdefault(_sorted_words(entry.name), [])
        if len(alike) < _MOST_NAMED:
            alike.append((-entry.line, entry.name))
        self.complete(Holder(-entry.line, entry.name, frozenset()), addresses)
        return Row(entry.line, "added", entry.name, None, entry.name, tuple(addresses))

    def complete(self, contact: Holder, addresses: Iterable[str]) -> None:
        for address in addresses:
            self._held.setdefault(address, []).append((contact.id, contact.name))


def _shown(number: int) -> int | None:
    return number if number > 0 else None


def _called(number: int, name: str) -> str:
    """A contact in words; one that a dry run did not add by its line."""
    return f"contact {number} {name}" if number > 0 else f"{name} of line {-number}"


def _also_held(addresses: Iterable[str], others: Sequence[Holder]) -> Iterator[str]:
    for address in addresses:
        names = [_called(one.id, one.name) for one in others if address in one.addresses][:_MOST_NAMED]
        if names:
            yield f"{address} is also held by {', '.join(names)}."


def _has_the_name(row: Row, number: int, name: str) -> str:
    """A hint, and no more: two people of one name are common."""
    also = _called(number, name)
    if number <= 0 or row.contact is None:
        return f"{also[0].upper()}{also[1:]} has this name, too, and none of its addresses."
    return f"C{also[1:]} has this name, too; if it is the same, casefleet contact merge {number} {row.contact}."


def _other_name(row: Row) -> str:
    return f"It is called {row.name} in the file; if that is somebody else, import it with --shared."


def _sorted_words(name: str) -> str:
    """What the spellings of a name have in common, "Last, First" among them."""
    return " ".join(sorted(folded(name).replace(",", " ").split()))
