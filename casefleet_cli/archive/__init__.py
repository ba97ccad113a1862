"""Bulk import: many messages from files, routed by the same two rules, with one notification for all.

`reading` says what is met, `parsing` understands it ahead, `writing` logs it; `rehearsal` only says what would happen.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from casefleet_cli.archive import reading
from casefleet_cli.archive.owners import NOBODYS
from casefleet_cli.archive.parsing import Parsers
from casefleet_cli.archive.progress import Measure, Progress
from casefleet_cli.archive.reading import Skip
from casefleet_cli.archive.rehearsal import Rehearsal
from casefleet_cli.archive.terms import Terms
from casefleet_cli.archive.writing import OUTCOMES, Writer, in_words
from casefleet_cli.intake.budget import budget_of
from casefleet_cli.store import imports, settings, users

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

__all__ = ["NOBODYS", "OUTCOMES", "Progress", "Skip", "Summary", "Terms", "in_words", "run"]


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
    jobs: int | None = None,
    acting: int | None = None,
    terms: Terms | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Summary:
    """Import every message under the paths; what is in the database already changes nothing.

    Without a user the owner is found by From, then To and Cc, among the users' sender addresses. `jobs`: how many
    processes parse (default: as many as there are cores). `terms`: by the rules, as things are now, unless said.
    Raises NoInputError for a path that does not exist, before anything is written. Interrupted at any moment, the same
    call goes on where it was.
    """
    reading.check(paths, kind)
    terms = terms or Terms()
    options = {**({"type": kind} if kind else {}), **terms.options}
    work = (
        Rehearsal(connection, user_id, terms) if dry_run else Writer(connection, paths, user_id, options, acting, terms)
    )
    measure = Measure(paths)
    everything = _without_known(measure.counted(reading.met(paths, kind, work.mark_of)), work)
    terms_of_work = (settings.logging_domain(connection), users.bcc_addresses(connection), budget_of(connection))
    with Parsers(reading.batches(everything), *terms_of_work, jobs=jobs or os.cpu_count() or 1) as parsers:
        work.take_all(parsers, lambda counts: progress(measure.at(counts)) if progress else None)
    work.close()
    if isinstance(work, Rehearsal):
        return Summary(None, work.counts(), work.skips, work.sample)
    skipped = [Skip(*found) for found in imports.skips(connection, work.import_id)]
    return Summary(work.import_id, work.counts(), skipped, [])


def _without_known(everything: Iterator[reading.Met], work: Writer | Rehearsal) -> Iterator[reading.Met]:
    """The same, with messages that were imported before marked as such, so that nobody parses them."""
    for met in everything:
        yield met._replace(is_known=True) if work.knows(met) else met
