"""One message in a file of its own."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from casefleet_cli.sources.items import LARGEST, NOT_A_FILE, Item, Skipped, cannot_read, origin_of
from casefleet_cli.sources.looks import SNIFF, other_than_mail

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from casefleet_cli.sources.items import Source


def read(source: Source, after: int = -1) -> Iterator[Item | Skipped]:
    """The message of this file, whole; nothing when `after` says that it has been read."""
    if after < 0:
        yield read_file(source.path, source.labels)


def read_file(path: Path, labels: tuple[str, ...] = ()) -> Item | Skipped:
    """The message in a file of its own; Skipped where that cannot be read, is empty or is certainly something else."""
    origin = origin_of(path)
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return Skipped(origin, 0, NOT_A_FILE)
        if status.st_size > LARGEST:
            return Skipped(origin, 0, f"This file is larger than {LARGEST // 1_000_000} MB ({status.st_size} bytes).")
        raw = path.read_bytes()
    except OSError as error:
        return cannot_read(path, error)
    reason = other_than_mail(raw[:SNIFF])
    return Skipped(origin, 0, reason) if reason else Item(origin, 0, raw, labels)
