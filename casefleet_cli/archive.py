"""Bulk import: many messages from files, routed by the same two rules, with one notification for all."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from casefleet_cli import intake, sources
from casefleet_cli.core.address import normal
from casefleet_cli.store import activities, deliveries, emails, imports, notifications, users
from casefleet_cli.store.database import transaction
from casefleet_cli.store.deliveries import Arrival

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import ProcessPoolExecutor
    from pathlib import Path

    from casefleet_cli.core.model import Message

_BATCH_MESSAGES = 100
_BATCH_BYTES = 8 * 1024 * 1024
OUTCOMES = ("filed", "unassigned", "duplicate", "skipped")


class Found(NamedTuple):
    """One message of an archive, with the kind of source it lies in."""

    item: sources.Item
    kind: str


class Skip(NamedTuple):
    """Something that was not imported."""

    origin: str
    position: int
    reason: str


class Summary(NamedTuple):
    """What an import did."""

    import_id: int | None
    """None after a dry run."""
    counts: dict[str, int]
    """By outcome: filed, unassigned, duplicate, skipped."""
    skipped: list[Skip]
    sample: list[tuple[str, str, str]]
    """After a dry run: origin, subject and outcome of some messages."""


def run(
    connection: sqlite3.Connection,
    paths: Sequence[Path],
    *,
    user_id: int | None = None,
    kind: str | None = None,
    dry_run: bool = False,
    jobs: int = 1,
    acting: int | None = None,
    progress: Callable[[dict[str, int]], None] | None = None,
) -> Summary:
    """Import every message under the paths; what is in the database already changes nothing.

    Without a user the owner is found by From, then To and Cc, among the users' sender addresses. Raises NoInputError
    for a path that does not exist, before anything is written. Interrupted at any moment, the same call goes on.
    """
    found = list(sources.find(paths, kind))
    counts: Counter[str] = Counter(dict.fromkeys(OUTCOMES, 0))
    skipped: list[Skip] = []
    work = _Dry(connection, user_id) if dry_run else _Import(connection, paths, user_id, acting)
    with _parsers(jobs) as parse:
        for batch in _batches(_items(found, skipped)):
            raws = [entry.item.raw for entry in batch if not work.knows(entry)]
            parsed = iter(parse(raws))
            work.take([(entry, None if work.knows(entry) else next(parsed)) for entry in batch], counts, skipped)
            counts["skipped"] = len(skipped)
            if progress is not None:
                progress(dict(counts))
    counts["skipped"] = len(skipped)
    work.close(dict(counts), skipped)
    return Summary(work.import_id, dict(counts), skipped, work.sample)


class _Import:
    """Writes what comes in, a batch a transaction, so that deliveries never wait long."""

    def __init__(
        self, connection: sqlite3.Connection, paths: Sequence[Path], user_id: int | None, acting: int | None
    ) -> None:
        self._connection = connection
        self._user_id = user_id
        self._acting = acting
        self._owners: Counter[int] = Counter()
        self._outcomes: dict[int, Counter[str]] = {}
        self.sample: list[tuple[str, str, str]] = []
        with transaction(connection):
            self.import_id: int | None = imports.start(connection, [str(path) for path in paths], user_id)

    def knows(self, entry: Found) -> bool:
        """Whether the same bytes came for the same user before; only asked when the user is given."""
        return self._user_id is not None and _seen(self._connection, entry, self._user_id) is not None

    def take(self, batch: list[tuple[Found, Message | None]], counts: Counter[str], skipped: list[Skip]) -> None:
        """Record one batch in one transaction."""
        with transaction(self._connection):
            for entry, message in batch:
                owner = self._user_id or _owner(self._connection, message)
                if owner is None:
                    skipped.append(Skip(entry.item.origin, entry.item.position, NOBODYS))
                    continue
                arrival = Arrival(owner, entry.kind, origin=entry.item.origin, import_id=self.import_id)
                receipt = intake.record(self._connection, entry.item.raw, message, arrival, vouched=True)
                counts[receipt.outcome] += 1
                self._outcomes.setdefault(owner, Counter())[receipt.outcome] += 1
            imports.note(self._connection, self.import_id or 0, counts, skipped)

    def close(self, counts: dict[str, int], skipped: list[Skip]) -> None:
        """Note the end and tell each user once."""
        with transaction(self._connection):
            imports.note(self._connection, self.import_id or 0, counts, skipped, ended=True)
            for owner, outcomes in self._outcomes.items():
                if not outcomes["filed"] + outcomes["unassigned"]:
                    continue
                words = in_words(outcomes)
                notifications.add(self._connection, owner, "import-summary", import_id=self.import_id, detail=words)
                activities.add(self._connection, "imported", user_id=self._acting, about_user_id=owner, detail=words)


class _Dry:
    """Finds out what an import would do, and writes nothing."""

    def __init__(self, connection: sqlite3.Connection, user_id: int | None) -> None:
        self._connection = connection
        self._user_id = user_id
        self._fingerprints: set[str] = set()
        self.import_id: int | None = None
        self.sample: list[tuple[str, str, str]] = []

    def knows(self, entry: Found) -> bool:  # noqa: ARG002 - a dry run reads every message
        """Nothing: a dry run reads every message."""
        return False

    def take(self, batch: list[tuple[Found, Message | None]], counts: Counter[str], skipped: list[Skip]) -> None:
        """Count what each message would become."""
        for entry, message in batch:
            owner = self._user_id or _owner(self._connection, message)
            if owner is None:
                skipped.append(Skip(entry.item.origin, entry.item.position, NOBODYS))
                continue
            outcome = self._outcome(entry, message, owner)
            counts[outcome] += 1
            if len(self.sample) < 10:
                self.sample.append((entry.item.origin, (message.subject if message else None) or "", outcome))

    def _outcome(self, entry: Found, message: Message | None, owner: int) -> str:
        if message is None:
            return "unassigned"
        known = message.fingerprint in self._fingerprints or _seen(self._connection, entry, owner) is not None
        self._fingerprints.add(message.fingerprint)
        email_id = emails.by_fingerprint(self._connection, message.fingerprint)
        if known or (email_id and deliveries.standings(self._connection, email_id, owner) & {"routed", "released"}):
            return "duplicate"
        return intake.decide(self._connection, message, owner, vouched=True).outcome

    def close(self, counts: dict[str, int], skipped: list[Skip]) -> None:
        """Nothing to close."""


NOBODYS = "It was neither sent nor received by a user of the firm; name one with --user."


def in_words(counts: Counter[str] | dict[str, int]) -> str:
    """Counts by outcome as a short phrase: "12 filed, 3 unassigned"."""
    return ", ".join(f"{counts[outcome]} {outcome}" for outcome in OUTCOMES if counts.get(outcome)) or "nothing"


def _seen(connection: sqlite3.Connection, entry: Found, user_id: int) -> int | None:
    return deliveries.seen(connection, hashlib.sha256(entry.item.raw).hexdigest(), user_id, entry.kind)


def _owner(connection: sqlite3.Connection, message: Message | None) -> int | None:
    """The user a message belongs to: who sent it, or else the first of the firm who received it."""
    if message is None:
        return None
    for mailbox in (*message.from_, *message.to, *message.cc, *message.bcc):
        user_id = users.by_sender_address(connection, normal(mailbox.address))
        if user_id is not None:
            return user_id
    return None


def _items(found: Iterable[sources.Source | sources.Skipped], skipped: list[Skip]) -> Iterator[Found]:
    for source in found:
        if isinstance(source, sources.Skipped):
            skipped.append(Skip(*source))
            continue
        for item in sources.read(source):
            if isinstance(item, sources.Skipped):
                skipped.append(Skip(*item))
            else:
                yield Found(item, source.kind)


def _batches(items: Iterator[Found]) -> Iterator[list[Found]]:
    batch: list[Found] = []
    size = 0
    for entry in items:
        batch.append(entry)
        size += len(entry.item.raw)
        if len(batch) >= _BATCH_MESSAGES or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


class _parsers:  # noqa: N801 - used as `with _parsers(jobs) as parse:`
    """Parses messages in order: here, or in worker processes when there are to be several."""

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Callable[[list[bytes]], Iterable[Message | None]]:
        if self._jobs <= 1:
            return lambda raws: map(intake.understand, raws)
        from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415

        pool = self._pool = ProcessPoolExecutor(self._jobs)
        return lambda raws: pool.map(intake.understand, raws, chunksize=8)

    def __exit__(self, *error: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
