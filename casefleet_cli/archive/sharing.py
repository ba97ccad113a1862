"""Memory that the writer and its parsing processes see alike, so that messages need not be sent back and forth."""

from __future__ import annotations

import mmap
import os
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

SLOT = 4 * 1024 * 1024
"""Bytes of a slot: the messages of one batch, then what became of them."""
COUNT = 16


def new_file() -> int:
    """The descriptor of a file without a name, as large as all slots."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("casefleet-import", os.MFD_CLOEXEC)
    else:
        import tempfile  # noqa: PLC0415

        descriptor, name = tempfile.mkstemp()
        os.unlink(name)  # noqa: PTH108 - it is a name, not a path
    os.ftruncate(descriptor, SLOT * COUNT)
    return descriptor


class Slots:
    """The shared memory, as one process sees it; each slot is written by one process at a time."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._map = mmap.mmap(descriptor, SLOT * COUNT)
        self._free = list(range(COUNT - 1, -1, -1))

    def take(self) -> int | None:
        """The number of a slot that nobody uses; None where all are in use."""
        return self._free.pop() if self._free else None

    def give_back(self, slot: int) -> None:
        """Say that a slot is no longer used."""
        self._free.append(slot)

    def put(self, slot: int, pieces: Sequence[bytes]) -> bool:
        """Write the pieces one behind the other; False where they have no room."""
        if sum(map(len, pieces)) > SLOT:
            return False
        position = slot * SLOT
        for piece in pieces:
            self._map[position : position + len(piece)] = piece
            position += len(piece)
        return True

    def get(self, slot: int, lengths: Sequence[int]) -> list[bytes]:
        """Copies of the pieces of these lengths that stand there."""
        ends = list(accumulate(lengths, initial=slot * SLOT))
        return [self._map[begin:end] for begin, end in pairwise(ends)]

    def close(self) -> None:
        """Let go of the memory."""
        self._map.close()
        os.close(self.descriptor)
