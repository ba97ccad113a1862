"""Eudora's table of contents, NAME.toc beside the mbox NAME.mbx: which mailbox it is, which messages were never sent.

A header of 104 bytes with the kind of the mailbox at 40; then 218 bytes a message, little-endian: where its From_ line
is in the mbox, its length, its date, its status.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_HEADER, _RECORD = 104, 218
_KIND = 40
_KINDS = {2: "junk", 3: "deleted"}
_DRAFTS = frozenset((6, 7, 9, 10))
"""Saved, queued, unsent, queued for a time; 8 is sent."""
_LARGEST = 50_000_000


class Contents(NamedTuple):
    """What a table of contents says."""

    state: str = ""
    """Of all messages, one of states.STATES or ""."""
    drafts: Mapping[int, str] = {}
    """"draft" by the position of the From_ line of each message that was never sent."""


def contents_of(mbox: Path) -> Contents:
    """What the table of contents beside this mbox says; nothing where there is none or it cannot be read."""
    if mbox.suffix.lower() != ".mbx":
        return Contents()
    for suffix in (".toc", ".TOC"):
        try:
            with mbox.with_suffix(suffix).open("rb") as file:
                return _read(file.read(_LARGEST))
        except OSError:
            continue
    return Contents()


def _read(table: bytes) -> Contents:
    if len(table) < _HEADER:
        return Contents()
    (kind,) = struct.unpack_from("<h", table, _KIND)
    whole = len(table) - (len(table) - _HEADER) % _RECORD
    records = struct.iter_unpack("<l8xh204x", table[_HEADER:whole])
    return Contents(_KINDS.get(kind, ""), {offset: "draft" for offset, status in records if status in _DRAFTS})
