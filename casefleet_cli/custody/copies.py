"""A copy of the database elsewhere, and the way back."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from casefleet_cli import clock, files
from casefleet_cli.custody import verifying
from casefleet_cli.errors import NoInputError, UnreadableError
from casefleet_cli.store import copies, database, feed_tokens, soundness

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def backup(connection: sqlite3.Connection, to: Path, progress: Callable[[int, int], object] | None = None) -> int:
    """Copy the database, as it is at one moment, to a new file that only its owner can read, and give its size.

    The copy is read again from the disk and verified whole. Raises CannotCreateError for a file that is there already
    or cannot be made, TryAgainError on a full disk, UnreadableError when the copy is not sound; then no file is left.
    """
    with files.new_file(to) as draft, _in_words("the database", to):
        database.refuse_leftovers(str(to))
        copies.write(connection, draft, progress)
        _check(draft, to)
    return to.stat().st_size


def keep_as_it_is(connection: sqlite3.Connection) -> Path | None:
    """Copy a database of an earlier schema to a new file beside it, before a migration, and give that file.

    None for one of this schema, and for one of which a migration has begun: that of an earlier run kept it. SQLite's
    own check of the copy finds nothing. Errors as `backup`.
    """
    version = database.schema_version(connection)
    if version >= min(database.SCHEMA_VERSION, database.UNFINISHED):
        return None
    path = Path(database.file_of(connection))
    to = path.with_name(f"{path.name}.schema-{version}-{clock.stamp().replace(':', '')}")
    try:
        with files.new_file(to, owner=_owner(path)) as draft, _in_words(path, to):
            copies.write(connection, draft)
            _check_structure(draft, path)
    except files.ThereAlreadyError:
        pass  # another process kept it in this very second
    return to


class Restored(NamedTuple):
    """What a restore did."""

    migrated: tuple[str, ...]
    """The migrations that the copy, of an earlier schema, had to have."""
    replaced: Path | None
    """The name that the database has now which was there."""
    leftovers: tuple[Path, ...] = ()
    """The names that what was left beside the place of no database has now."""
    feeds: int = 0
    """How many feeds the copy had, whose addresses show nothing any more."""


def restore(copy: Path, to: Path, *, replace: bool) -> Restored:
    """Put a verified copy in the place of the database; what was there is put aside.

    Raises NoInputError when there is no copy, UnreadableError when it is not sound, CannotCreateError when there is a
    database already and it is not to be replaced, and TryAgainError when that one is in use or the disk is full. A copy
    of an earlier schema is migrated on the way; the file of the copy itself stays as it is. The feeds of the copy end:
    who revoked one since then must not find that it works again.
    """
    if not copy.is_file():
        raise NoInputError(f"There is no file {copy}.")
    if to.is_symlink():
        to = to.resolve()
    # What is replaced is let go only when the new one has its place.
    with contextlib.ExitStack() as until_then, files.new_file(
        to, otherwise="--replace puts it aside and restores", owner=_owner(to), replace=replace
    ) as draft, _in_words(copy, to):  # fmt: skip
        migrated = read_migrated(copy, draft)
        ended = _end_feeds(draft)
        _check(draft, copy)
        copies.make_ready(draft)
        files.sync(draft)
        if to.exists():
            return Restored(tuple(migrated), until_then.enter_context(copies.put_aside(to)), feeds=ended)
        return Restored(tuple(migrated), None, tuple(copies.put_leftovers_aside(to)), ended)


@contextlib.contextmanager
def _in_words(source: object, target: object) -> Iterator[None]:
    """Errors of SQLite as ours: the disk that is full is the target's, all else is about the source."""
    try:
        yield
    except sqlite3.Error as error:
        is_full = getattr(error, "sqlite_errorcode", 0) in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE)
        raise database.translated(error, str(target if is_full else source)) from None


def read_migrated(copy: Path, to: Path) -> list[str]:
    """Copy a copy, which is only read, to a file, and migrate that; names the migrations.

    Raises sqlite3.Error, and what database.open_database raises.
    """
    copies.read(copy, to)
    with contextlib.closing(database.open_database(str(to), migrating=True, called=str(copy))) as connection:
        if database.is_present(connection):
            return []
        from casefleet_cli.custody import rekeying  # noqa: PLC0415 - sqlite_utils is dear, and few copies are older

        return rekeying.migrate(connection)


def _end_feeds(path: Path) -> int:
    """Let no address of a feed open anything any more; gives how many did."""
    with contextlib.closing(database.open_database(str(path))) as connection, database.transaction(connection):
        return feed_tokens.remove_all(connection)


def _check(path: Path, called: Path) -> None:
    """Raise UnreadableError unless everything in a copy is as it was."""
    faults: list[str] = []
    with contextlib.closing(database.open_database(str(path), called=str(called))) as connection:
        is_sound = verifying.sound(connection, faults.append)
    if not is_sound:
        raise UnreadableError(f"{called} is not sound: {faults[0]}")


def _check_structure(path: Path, called: Path) -> None:
    """Raise UnreadableError unless a copy of any schema is whole."""
    with contextlib.closing(database.open_reader(str(path), migrating=True, called=str(called))) as connection:
        for fault in soundness.structure_faults(connection):
            raise UnreadableError(f"{called} is not sound: SQLite says: {fault}.")


def _owner(to: Path) -> files.Owner | None:
    """The owner of what is replaced, or of the folder that the database goes to."""
    with contextlib.suppress(FileNotFoundError):
        about = (to if to.exists() else to.parent).stat()
        return files.Owner(about.st_uid, about.st_gid)
    return None
