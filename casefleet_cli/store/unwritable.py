"""Reading a database where nothing can be written: on a read-only mount, or a file that nobody may change.

SQLite reads a database in WAL mode with the help of a -shm beside it, which it makes; here it cannot.
Without changes in a -wal the main file is the whole database, and is read as it is (immutable=1): nobody is waited for,
and whoever wrote to it from elsewhere meanwhile would not be noticed. Where changes wait in a -wal, a private copy of
both is read.
"""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import tempfile
from typing import TYPE_CHECKING, NamedTuple

from casefleet_cli.errors import TryAgainError

if TYPE_CHECKING:
    from collections.abc import Callable


class StandIn(sqlite3.Connection):
    """A connection to a database as it is read here."""

    stands_for = ""
    """The path of the database itself."""


class Place(NamedTuple):
    """Where a database is read instead."""

    path: str
    query: str
    """What follows "mode=" in its URI."""
    folder: str = ""
    """Of a private copy: to be removed as soon as that is open, so that no kill leaves mail behind."""

    def remove(self) -> None:
        """Take the private copy's names away; who has it open reads on."""
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)


def reader(path: str, connect: Callable[..., sqlite3.Connection]) -> sqlite3.Connection | None:
    """A connection for reading a database that SQLite could not open; None where it could be, or not be read at all.

    `connect` takes a path, what follows "mode=", and `factory`. Raises sqlite3.Error, and what `place` raises.
    """
    there = place(path)
    if there is None:
        return None
    try:
        connection = connect(there.path, there.query, factory=StandIn)
        connection.stands_for = os.path.realpath(path)  # type: ignore[attr-defined] # the factory's
        connection.execute("PRAGMA user_version").fetchone()  # opens all files of it
    finally:
        there.remove()
    return connection


def place(path: str) -> Place | None:
    """Where a database can be read that SQLite could not open; None where it could be written, or not be read at all.

    Raises TryAgainError when there is no room for a private copy.
    """
    wal = f"{path}-wal"
    try:
        about = os.stat(path)  # noqa: PTH116
        is_fixed = os.statvfs(path).f_flag & os.ST_RDONLY or not about.st_mode & 0o222
        changes = os.stat(wal).st_size if os.path.exists(wal) else 0  # noqa: PTH110, PTH116
    except OSError:
        return None
    if not is_fixed or not os.access(path, os.R_OK):
        return None
    return _copy(path, wal) if changes else Place(path, "ro&immutable=1")


def _copy(path: str, wal: str) -> Place | None:
    folder = tempfile.mkdtemp(prefix="casefleet-")
    there = Place(f"{folder}/copy.db", "ro", folder)
    try:
        for source, target in ((path, there.path), (wal, f"{there.path}-wal")):
            shutil.copyfile(source, target)
    except OSError as error:
        there.remove()
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise TryAgainError(
                f"{path} can be read from a copy only, and there is no room for it in {os.path.dirname(folder)};"  # noqa: PTH120
                " set TMPDIR to a folder with more."
            ) from None
        return None
    except BaseException:
        there.remove()
        raise
    return there
