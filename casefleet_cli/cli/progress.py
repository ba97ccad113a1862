"""How far an import or a migration is, for people: a bar on a terminal, a line every few seconds elsewhere."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Protocol

from casefleet_cli import archive, clock

if TYPE_CHECKING:
    from collections.abc import Callable

    from casefleet_cli.archive import Progress

_EVERY_SECONDS = 5.0
"""How often a line is written where there is no terminal."""


class Display(Protocol):
    """Shows progress until it is ended."""

    def show(self, progress: Progress) -> None:
        """Show how far it is."""

    def end(self) -> None:
        """Leave the screen as it was; may be called twice."""


def progress_on_stderr(*, quiet: bool) -> Display:
    """The display that fits where stderr goes."""
    if quiet:
        return _Silence()
    return _Bar() if sys.stderr.isatty() else _Lines()


def slices_on_stderr() -> Callable[[str, int, int], None]:
    """Something to tell of each slice of a migration: a line every few seconds."""
    told = clock.ticks()

    def tell(name: str, done: int, last: int) -> None:
        nonlocal told
        if clock.ticks() - told >= _EVERY_SECONDS:
            told = clock.ticks()
            sys.stderr.write(f"casefleet: {name}: {done} of {last}\n")
            sys.stderr.flush()

    return tell


class _Silence:
    def show(self, progress: Progress) -> None:
        """Show nothing."""

    def end(self) -> None:
        """There is nothing to end."""


class _Lines:
    def __init__(self) -> None:
        self._began = self._last = clock.ticks()

    def show(self, progress: Progress) -> None:
        """Write a line when the last one is some seconds old."""
        now = clock.ticks()
        if now - self._last >= _EVERY_SECONDS:
            self._last = now
            sys.stderr.write(f"casefleet: {in_words(progress, now - self._began)}\n")
            sys.stderr.flush()

    def end(self) -> None:
        """Every line stands for itself."""


class _Bar:
    """rich's bar, with what became of the messages beside it."""

    def __init__(self) -> None:
        from rich.console import Console  # noqa: PLC0415
        from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn  # noqa: PLC0415
        from rich.progress import Progress as Bar  # noqa: PLC0415

        columns = (BarColumn(), TaskProgressColumn(), TimeRemainingColumn(), TextColumn("{task.description}"))
        self._bar = Bar(*columns, console=Console(stderr=True), transient=True)
        self._task = self._bar.add_task("", total=None)
        self._bar.start()
        self._began = clock.ticks()

    def show(self, progress: Progress) -> None:
        """Move the bar."""
        words = in_words(progress, clock.ticks() - self._began)
        done = min(progress.octets, progress.total) if progress.total else progress.octets
        self._bar.update(self._task, completed=done, total=progress.total, description=words)

    def end(self) -> None:
        """Take the bar away."""
        self._bar.stop()


def in_words(progress: Progress, seconds: float) -> str:
    """What became of the messages, how many a second, and about how long the rest takes."""
    mails = sum(progress.counts.values())
    words = [archive.in_words(progress.counts), f"{mails / max(seconds, 0.001):.0f} a second"]
    if progress.total and 0 < progress.octets <= progress.total and seconds > 1:
        rest = seconds * (progress.total - progress.octets) / progress.octets
        words.append(f"{progress.octets * 100 // progress.total} %, about {_span(rest)} left")
    return "; ".join(words)


def _span(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d} h" if hours else f"{minutes}:{rest:02d} min"
