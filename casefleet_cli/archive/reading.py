"""What an import meets, in order: messages, what cannot be read, and the ends of files of many messages."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, NamedTuple

from casefleet_cli import sources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from casefleet_cli.store.imports import Mark

_BATCH_MESSAGES = 100
_BATCH_BYTES = 2 * 1024 * 1024
_ENDS = 16_384
"""How many bytes at either end of a file its fingerprint looks at."""


class Skip(NamedTuple):
    """Something that was not imported."""

    origin: str
    position: int
    reason: str
    begins_at: int | None = None
    """The first byte of it in its file, where it is not the whole of that."""
    ends_at: int | None = None
    """The byte behind it, where that is known."""


class Met(NamedTuple):
    """One thing that an import meets; of `item`, `skip` and `mark`, one is there."""

    item: sources.Item | None = None
    skip: Skip | None = None
    mark: Mark | None = None
    """A file of many messages begins here (what is before was done earlier), or has ended."""
    kind: str = ""
    is_known: bool = False
    """The same bytes were imported before: there is nothing to parse."""
    path: str = ""
    """The file of many messages that this belongs to."""
    place: str = ""
    """The same, else the folder of the file: where it is accounted for."""
    is_bookkeeping: bool = False
    """Nobody expects mail in what is skipped."""


def met(paths: Sequence[Path], kind: str | None, mark_of: Callable[[str, str], Mark]) -> Iterator[Met]:
    """Everything under these paths; `mark_of(path, fingerprint)` says how far a file was read before.

    Raises NoInputError for a path that does not exist, before anything is read.
    """
    return _met(sources.find(paths, kind), mark_of)


def _met(found: Iterator[sources.Source | sources.Skipped], mark_of: Callable[[str, str], Mark]) -> Iterator[Met]:
    for source in found:
        if isinstance(source, sources.Skipped):
            yield _skip(source, place=os.path.dirname(os.path.abspath(source.origin)))  # noqa: PTH100, PTH120
            continue
        path, after = "", -1
        place = _place(source)
        is_marked = sources.has_many(source.kind) and not source.name
        print_ = _fingerprint(source.path) if is_marked else None
        if print_ is not None:
            path = place
            mark = mark_of(path, print_)
            yield Met(mark=mark, path=path, place=place)
            if mark.is_done:
                continue
            after = mark.position
        for item in sources.read(source, after):
            if isinstance(item, sources.Skipped):
                yield _skip(item, path, place)
            else:
                yield Met(item=item, kind=item.kind or source.kind, path=path, place=place)
        if path:
            yield Met(mark=mark._replace(is_done=True), path=path, place=place)


def skip_of(left_out: sources.Item | sources.Skipped, reason: str) -> Skip:
    """What is not imported, with where it is and why."""
    begin, end = left_out.range or (None, None)
    return Skip(left_out.origin, left_out.position, reason, begin, end)


def _skip(skipped: sources.Skipped, path: str = "", place: str = "") -> Met:
    skip = skip_of(skipped, skipped.reason)
    return Met(skip=skip, path=path, place=place, is_bookkeeping=skipped.is_bookkeeping)


def _place(source: sources.Source) -> str:
    """Where the messages of a source are accounted for: its file, a Maildir, or the folder of a file of one message."""
    if source.name:
        return source.name
    path = os.path.abspath(source.path)  # noqa: PTH100 - resolving links would name another file
    return os.path.dirname(path) if source.kind == "eml" else path  # noqa: PTH120


def check(paths: Sequence[Path], kind: str | None) -> None:
    """Raise NoInputError for a path that does not exist, and UsageError for a kind that there is not."""
    sources.find(paths, kind)


def raws(batch: list[Met]) -> list[bytes]:
    """The messages of a batch that are to be parsed."""
    return [met.item.raw for met in batch if met.item and not met.is_known]


def batches(everything: Iterator[Met]) -> Iterator[list[Met]]:
    """The same in pieces of some megabytes."""
    batch: list[Met] = []
    size = 0
    for one in everything:
        batch.append(one)
        size += len(one.item.raw) if one.item else 0
        if len(batch) >= _BATCH_MESSAGES or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _fingerprint(path: Path) -> str | None:
    """What tells an unchanged file: its size, time, first and last bytes; None where it cannot be read."""
    try:
        with path.open("rb", buffering=0) as file:
            status = os.fstat(file.fileno())
            head = os.pread(file.fileno(), _ENDS, 0)
            tail = os.pread(file.fileno(), _ENDS, max(status.st_size - _ENDS, 0))
    except OSError:
        return None
    return hashlib.sha256(b"%d %d\0%b%b" % (status.st_size, status.st_mtime_ns, head, tail)).hexdigest()
