"""How far an import is: what became of the messages, and how many of the octets were read."""

from __future__ import annotations

import os
from threading import Thread
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from casefleet_cli.archive.reading import Met


class Progress(NamedTuple):
    """A moment of an import."""

    counts: dict[str, int]
    """By outcome."""
    octets: int
    """Read so far, what earlier runs read included."""
    total: int | None
    """Of all files; None while they are still being measured."""


class Measure:
    """Counts the octets that are read, beside measuring how many there are."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self.octets = 0
        self.total: int | None = None
        self._thread = Thread(target=self._measure, args=(paths,), daemon=True)
        self._thread.start()

    def counted(self, everything: Iterator[Met]) -> Iterator[Met]:
        """The same, counted as it passes."""
        begun: set[str] = set()
        for met in everything:
            if met.item is not None:
                self.octets += len(met.item.raw)
            elif met.mark is not None and met.path not in begun:
                begun.add(met.path)
                self.octets += _size(met.path) if met.mark.is_done else max(met.mark.position, 0)
            yield met

    def at(self, counts: dict[str, int]) -> Progress:
        """The progress now."""
        return Progress(counts, self.octets, self.total)

    def _measure(self, paths: Sequence[Path]) -> None:
        self.total = sum(_size(path) if os.path.isfile(path) else sum(_sizes(path)) for path in paths)  # noqa: PTH113


def _sizes(folder: Path) -> Iterator[int]:
    for root, _, names in os.walk(folder):
        yield from (_size(os.path.join(root, name)) for name in names)  # noqa: PTH118


def _size(path: str | Path) -> int:
    try:
        return os.stat(path).st_size  # noqa: PTH116
    except OSError:
        return 0
