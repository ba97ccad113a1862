"""Copies by date in a folder, of which the newest are kept."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from typing import TYPE_CHECKING, NamedTuple

from casefleet_cli import clock
from casefleet_cli.custody import copies
from casefleet_cli.errors import CannotCreateError, CasefleetError
from casefleet_cli.store import database, settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_MOMENT = r"\d{4}-\d\d-\d\dT\d{6}Z"


class Rotated(NamedTuple):
    """A new copy, and what became of the older ones."""

    copy: Path
    size: int
    removed: tuple[Path, ...]
    stay: tuple[str, ...]
    """The older ones that could not be removed, and why."""


def backup(
    connection: sqlite3.Connection, folder: Path, keep: int, progress: Callable[[int, int], object] | None = None
) -> Rotated:
    """Copy the database to a new file in a folder, named by the logging domain and the moment, and keep so many.

    Only once the new copy is verified and in its place, older ones are removed: files that are named so and are copies
    of a database of this domain, nothing else. Errors as copies.backup, and CannotCreateError when there is no folder.
    """
    if not folder.is_dir():
        raise CannotCreateError(f"{folder} is no folder; with --keep, name the one that the copies are kept in.")
    domain = settings.logging_domain(connection)
    to = folder / f"{domain}-{clock.stamp().replace(':', '')}.db"
    size = copies.backup(connection, to, progress)
    removed: list[Path] = []
    stay: list[str] = []
    for old in _older(to, domain)[keep - 1 :]:
        try:
            old.unlink()
        except OSError as error:
            stay.append(f"{old}: {error.strerror or error}")
        else:
            removed.append(old)
    return Rotated(to, size, tuple(removed), tuple(stay))


def _older(new: Path, domain: str) -> list[Path]:
    """The copies beside a new one that are of the same domain, the newest first."""
    named = re.compile(rf"{re.escape(domain)}-{_MOMENT}\.db")
    found = [path for path in new.parent.iterdir() if named.fullmatch(path.name) and path != new]
    return sorted((path for path in found if _is_copy(path, domain)), key=lambda path: path.name, reverse=True)


def _is_copy(path: Path, domain: str) -> bool:
    if path.is_symlink() or not path.is_file():
        return False
    try:
        with contextlib.closing(database.open_reader(str(path), migrating=True)) as copy:
            return settings.logging_domain(copy) == domain
    except (CasefleetError, sqlite3.Error):
        return False
