"""A copy of the database elsewhere, and the way back."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from typing import TYPE_CHECKING

from casefleet_cli import clock
from casefleet_cli.custody import verifying
from casefleet_cli.errors import CannotCreateError, NoInputError, UnreadableError
from casefleet_cli.store import database

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_PAGES = 2_000
"""Copied at a time; deliveries go on in between."""
_BESIDE = ("", "-wal", "-shm")


def backup(connection: sqlite3.Connection, to: Path, progress: Callable[[int, int], object] | None = None) -> int:
    """Copy the database, as it is at one moment, to a new file that only its owner can read, and give its size.

    The copy is read again from the disk and verified whole. Raises CannotCreateError for a file that is there already
    or cannot be made, UnreadableError when the copy is not sound; then no file is left.
    """
    _create(to)
    try:
        with contextlib.closing(sqlite3.connect(to)) as copy:
            # One transaction holds the moment: without it every delivery would begin the copy anew.
            connection.execute("BEGIN")
            try:
                connection.execute("SELECT 1 FROM settings").fetchone()
                connection.backup(copy, pages=_PAGES, progress=_told(progress))
            finally:
                connection.execute("ROLLBACK")
            copy.execute("PRAGMA journal_mode = delete")
        _sync(to)
        _check(to)
    except sqlite3.Error as error:
        _remove(to)
        raise database.translated(error, str(to)) from None
    except BaseException:
        _remove(to)
        raise
    return to.stat().st_size


def restore(copy: Path, to: Path, *, replace: bool) -> Path | None:
    """Put a verified copy in the place of the database, and give where the replaced one is kept, if there was one.

    Raises NoInputError when there is no copy, UnreadableError when it is not sound, and CannotCreateError when there is
    a database already and it is not to be replaced.
    """
    if not copy.is_file():
        raise NoInputError(f"There is no file {copy}.")
    if to.exists() and not replace:
        raise CannotCreateError(f"{to} is there already; --replace puts it aside and restores.")
    beside = to.with_name(f"{to.name}.restoring")
    _create(beside)
    try:
        with contextlib.closing(sqlite3.connect(f"{copy.absolute().as_uri()}?mode=ro", uri=True)) as source, \
             contextlib.closing(sqlite3.connect(beside)) as target:  # fmt: skip
            source.backup(target)
        _check(beside)
        with contextlib.closing(sqlite3.connect(beside)) as target:
            target.execute("PRAGMA journal_mode = wal")
        _like(beside, to)
        _sync(beside)
    except sqlite3.Error as error:
        _remove(beside)
        raise database.translated(error, str(copy)) from None
    except BaseException:
        _remove(beside)
        raise
    aside = _put_aside(to) if to.exists() else None
    beside.rename(to)
    _sync(to.parent)
    return aside


def _check(path: Path) -> None:
    """Raise UnreadableError unless everything in a copy is as it was."""
    faults: list[str] = []
    with contextlib.closing(database.open_database(str(path))) as connection:
        is_sound = verifying.sound(connection, faults.append)
    if not is_sound:
        raise UnreadableError(f"{path} is not sound: {faults[0]}")


def _put_aside(path: Path) -> Path:
    """Rename a database with the files beside it, which belong to its name."""
    with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(path)) as old:
        old.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    aside = path.with_name(f"{path.name}.replaced-{clock.stamp().replace(':', '')}")
    for suffix in _BESIDE:
        with contextlib.suppress(FileNotFoundError):
            os.rename(f"{path}{suffix}", f"{aside}{suffix}")  # noqa: PTH104 - a suffix of the whole name
    return aside


def _create(path: Path) -> None:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        raise CannotCreateError(f"{path} is there already; name another file.") from None
    except OSError as error:
        raise CannotCreateError(f"{path} cannot be created: {error.strerror}.") from None


def _like(path: Path, model: Path) -> None:
    """Give a file the owner of the one it replaces, or of the folder it goes to, where we may."""
    about = (model if model.exists() else model.parent).stat()
    with contextlib.suppress(PermissionError):
        os.chown(path, about.st_uid, about.st_gid)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if path.is_file():
        _sync(path.parent)


def _remove(path: Path) -> None:
    for suffix in (*_BESIDE, "-journal"):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f"{path}{suffix}")  # noqa: PTH108 - a suffix of the whole name


def _told(progress: Callable[[int, int], object] | None) -> Callable[[int, int, int], object] | None:
    return None if progress is None else lambda _, remaining, total: progress(total - remaining, total)
