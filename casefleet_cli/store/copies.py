"""Copies of a whole database, and taking an old one out of its place."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path

from casefleet_cli import clock, files
from casefleet_cli.errors import TryAgainError
from casefleet_cli.light import TYPE_CHECKING
from casefleet_cli.store import activities, database, soundness

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PAGES = 2_000
"""Copied at a time; deliveries go on in between."""
_IN_USE_SECONDS = 5.0
_DAMAGED = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_IOERR)


def write(connection: sqlite3.Connection, to: Path, progress: Callable[[int, int], object] | None = None) -> None:
    """Copy a database, as it is at one moment, to a file, all of it in that one; tells pages done and in all.

    Raises sqlite3.Error.
    """
    with contextlib.closing(sqlite3.connect(to)) as copy:
        # One transaction holds the moment: without it every delivery would begin the copy anew.
        with database.snapshot(connection):
            connection.execute("SELECT 1 FROM settings").fetchone()
            connection.backup(copy, pages=_PAGES, progress=_told(progress))
        copy.execute("PRAGMA journal_mode = delete")


def read(copy: Path, to: Path) -> None:
    """Copy a copy, which is only read, to a file; raises sqlite3.Error."""
    with contextlib.closing(sqlite3.connect(f"{copy.absolute().as_uri()}?mode=ro", uri=True)) as source, \
         contextlib.closing(sqlite3.connect(to)) as target:  # fmt: skip
        source.backup(target)


def make_ready(path: Path) -> None:
    """Let a copy be used by many at once (WAL); errors as database.close_whole."""
    with contextlib.closing(sqlite3.connect(path)) as copy:
        database.close_whole(copy, str(path))


@contextlib.contextmanager
def put_aside(path: Path) -> Iterator[Path]:
    """Keep the database at a path under another name, which is given, for a block that replaces it.

    All of it is in one file then, and nobody has it open: who asks for it while the block runs writes nothing into it
    afterwards. What is too damaged for that is renamed with what lies beside it. When the block fails, a sound database
    is where it was. Raises TryAgainError when somebody has it open, and what database.translated makes of other errors.
    """
    _forget_second_names(path)
    aside = _free(path)
    was = path.stat()
    with contextlib.closing(_opened(path)) as old:
        journal = _alone(old, path)
        if journal is None:
            old.close()
            path.rename(aside)
            put_leftovers_aside(path, aside)
            yield aside
            return
        try:
            files.second_name(path, aside)
            yield aside
        except BaseException:
            if not path.exists():
                aside.rename(path)
            _forget_second_names(path)
            old.execute("ROLLBACK")
            if os.path.samestat(path.stat(), was):
                _journal(old, journal)
            raise


def put_leftovers_aside(path: Path, aside: Path | None = None) -> list[Path]:
    """Rename what lies beside the place of a database that is not there, and give the new names."""
    aside = aside or _free(path)
    moved = []
    for leftover in database.beside(str(path)):
        to = Path(f"{aside}{leftover.removeprefix(str(path))}")
        Path(leftover).rename(to)
        moved.append(to)
    return moved


def _opened(path: Path) -> sqlite3.Connection:
    where = f"{path.absolute().as_uri()}?mode=rw"
    return sqlite3.connect(where, uri=True, timeout=_IN_USE_SECONDS, isolation_level=None)


def _alone(old: sqlite3.Connection, path: Path) -> str | None:
    """Take a database for ourselves, all of it in its main file, and give its journal mode; None for a damaged one.

    Without a WAL, SQLite looks whether the file still has its name before it writes: so a delivery that opened it
    before, and waits for us, is refused and tried again.
    """
    journal = "wal"
    try:
        journal = soundness.journal_mode(old)
        _journal(old, "delete")
        old.execute("BEGIN EXCLUSIVE")
    except sqlite3.Error as error:
        primary = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if primary in _DAMAGED:
            return None
        with contextlib.suppress(sqlite3.Error):
            _journal(old, journal)
        if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise TryAgainError(
                f"{path} is in use by another program (casefleet lmtp, casefleet serve); stop it and try again."
            ) from None
        raise database.translated(error, str(path)) from None
    # Nobody has the database open: what a killed process left beside it, and SQLite did not take up, says nothing.
    for leftover in database.beside(str(path)):
        Path(leftover).unlink()
    return journal


def _journal(old: sqlite3.Connection, mode: str) -> None:
    old.execute(f"PRAGMA journal_mode = {mode}")


def _free(path: Path) -> Path:
    """A name for what is put aside, which nothing has yet."""
    first = path.with_name(f"{path.name}.replaced-{clock.stamp().replace(':', '')}")
    found, count = first, 1
    while os.path.lexists(found) or database.beside(str(found)):
        count += 1
        found = first.with_name(f"{first.name}-{count}")
    return found


def _forget_second_names(path: Path) -> None:
    """Remove the names that a killed run gave to the database and did not come to use."""
    prefix = f"{path.name}.replaced-"
    for other in path.parent.iterdir():
        if other.name.startswith(prefix) and path.exists() and other.is_file() and other.samefile(path):
            other.unlink()


def _told(progress: Callable[[int, int], object] | None) -> Callable[[int, int, int], object] | None:
    return None if progress is None else lambda _, remaining, total: progress(total - remaining, total)


def head_of(copy: Path) -> activities.Head | None:
    """The head of the journal of a finished copy, which nothing is left beside; None where it is none of ours."""
    try:
        with contextlib.closing(sqlite3.connect(f"{copy.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as there:
            (mark,) = there.execute("PRAGMA application_id").fetchone()
            return activities.head(there) if mark == database.APPLICATION_ID else None
    except sqlite3.Error:
        return None
