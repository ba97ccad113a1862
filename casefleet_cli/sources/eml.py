"""One message in a file of its own."""

from __future__ import annotations

import stat
from pathlib import PurePath
from typing import TYPE_CHECKING

from casefleet_cli.sources import emlx, outlook
from casefleet_cli.sources.items import LARGEST, NOT_A_FILE, Item, Skipped, cannot_read, origin_of
from casefleet_cli.sources.labels import labels_of
from casefleet_cli.sources.looks import SNIFF, other_than_mail

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from casefleet_cli.sources.items import Source


CONVERTED = "converted from .msg"
"""The label of a message that was made of another format."""


def read(source: Source, after: int = -1) -> Iterator[Item | Skipped]:
    """The message of this file, whole; nothing when `after` says that it has been read."""
    if after < 0:
        yield read_file(source.path, source.labels, source.called)


def read_file(path: Path, labels: tuple[str, ...] = (), called: str = "") -> Item | Skipped:
    """The message in a file of its own; Skipped where that cannot be read, is empty or is certainly something else."""
    origin = called or origin_of(path)
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return Skipped(origin, 0, NOT_A_FILE)
        if status.st_size > LARGEST:
            return Skipped(origin, 0, too_large(status.st_size))
        content = path.read_bytes()
    except OSError as error:
        return cannot_read(origin, error)
    return message(content, origin, labels)


def message(content: bytes, origin: str, labels: tuple[str, ...] = (), position: int = 0) -> Item | Skipped:
    """The message that is the whole content of a file, Apple Mail's wrapping taken off."""
    if content.startswith(outlook.MAGIC):
        made = outlook.to_message(content, PurePath(origin.rpartition("!")[2]).name)
        if isinstance(made, str):
            return Skipped(origin, position, made)
        return Item(origin, position, made, (*labels, CONVERTED))
    reason = other_than_mail(content[:SNIFF])
    if reason:
        return Skipped(origin, position, reason)
    wrapped = emlx.unwrap(content)
    if wrapped:
        content, more = wrapped
        labels += more
    return Item(origin, position, content, labels + labels_of(content))


def too_large(size: int) -> str:
    """The sentence for a file that no database could hold."""
    return f"This file is larger than {LARGEST // 1_000_000} MB ({size} bytes)."
