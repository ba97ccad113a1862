"""The map of usable BCC addresses that Postfix reads, so that it refuses unknown ones at SMTP time.

It holds the users' sender addresses, too, for a Postfix that sends a copy of all that they send.

A small SQLite file of its own: Postfix must not read mail, and cannot read a WAL database of another user. Changes are
made in place, in one transaction: Postfix keeps the file open for long and would not notice another one in its place.
An address in its grace carries the end of it, which the query of Postfix compares with the time. The map names the
database whose it is: a copy of that one, which remembers the same map, never writes to it.
"""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import sqlite3
from pathlib import Path
from typing import NamedTuple

from casefleet_cli import clock, files
from casefleet_cli.errors import CannotCreateError, CasefleetError, ConfigError
from casefleet_cli.store import database, settings, users
from casefleet_cli.store import recipients as stored

_SETTING = "recipient_map"
_OF = "recipient_map_of"
"""The database that remembered the map: in a copy of it, another one."""
_MODE = 0o640


class AnothersMapError(ConfigError):
    """A map that is another database's, or names none."""


class Refreshed(NamedTuple):
    """What became of the map."""

    addresses: int
    changed: bool
    readable: bool
    """Whether the user of Postfix may read it."""


def refresh(connection: sqlite3.Connection, path: str, reader: str = "postfix", *, claims: bool = False) -> Refreshed:
    """Bring the map up to date with the users, making it when it is not there; the file is left alone when it is right.

    A new file has mode 0640, the owner of the database and the group of `reader`, the user of Postfix. With `claims` a
    map that names no database, or one that is not there any more, becomes this one's. Raises AnothersMapError where it
    is not this one's then, ConfigError when something else is there, CannotCreateError when it cannot be written.
    """
    try:
        done = _update(connection, path, claims=claims) if _is_there(path) else _create(connection, path, reader)
    except sqlite3.Error as error:
        raise database.translated(error, path) from None
    except OSError as error:
        raise CannotCreateError(f"The map {path} cannot be written: {error.strerror}.") from None
    return done._replace(readable=readable_by(path, reader))


def remember(connection: sqlite3.Connection, path: str) -> None:
    """Keep the path of the map with the database, so that every change of users refreshes it."""
    for name, value in ((_SETTING, path), (_OF, _path_of(connection))):
        if settings.get(connection, name) != value:
            settings.put(connection, name, value)


def refresh_remembered(connection: sqlite3.Connection) -> Refreshed | None:
    """Bring the map that Postfix reads up to date, where there is one; None where none is remembered.

    Errors as refresh; a map that is not there is made anew only by the database for which it was made.
    """
    path = remembered(connection)
    if path is None:
        return None
    if settings.get(connection, _OF) != _path_of(connection):
        _refuse_missing(path)
    return refresh(connection, path)


def remember_as(connection: sqlite3.Connection, replaced: str) -> None:
    """Remember the map of the database that this one took the place of, where that is this one's by its path."""
    with (
        contextlib.suppress(CasefleetError),
        contextlib.closing(database.open_reader(replaced, migrating=True)) as there,
    ):
        path = remembered(there)
        if path is not None and path != remembered(connection) and _names(path, connection):
            remember(connection, path)


def is_ours(connection: sqlite3.Connection) -> bool:
    """Whether there is a map that this database remembers, and it names this database."""
    path = remembered(connection)
    return path is not None and _names(path, connection)


def _names(path: str, connection: sqlite3.Connection) -> bool:
    """Whether there is a map at a path and it names this database; raises nothing."""
    with contextlib.suppress(sqlite3.Error, ConfigError), contextlib.closing(stored.opened(path, "ro")) as there:
        return stored.owner(there) == _path_of(connection)
    return False


def remembered(connection: sqlite3.Connection) -> str | None:
    """The path of the map that Postfix reads; None when there is none."""
    return settings.get(connection, _SETTING)


def sample(connection: sqlite3.Connection) -> list[str]:
    """A few usable BCC addresses, for asking Postfix about them; secrets."""
    return [address for address, _ in users.usable_addresses(connection, clock.stamp())[:3]]


def differences(connection: sqlite3.Connection, path: str) -> tuple[int, int]:
    """How many usable addresses the map lacks (or ends too early or late), and how many it has too many.

    Raises ConfigError when the map is missing, no map or another database's.
    """
    _refuse_missing(path)
    wanted = _wanted(connection).recipients
    try:
        with contextlib.closing(stored.opened(path, "ro")) as there:
            _refuse_anothers(connection, path, stored.owner(there))
            found = stored.content(there).recipients
    except sqlite3.Error as error:
        raise database.translated(error, path) from None
    now = clock.stamp()
    wrong = sum(address not in found or found[address] != end for address, end in wanted.items())
    surplus = sum(address not in wanted and (end is None or end > now) for address, end in found.items())
    return wrong, surplus


def wrong_senders(connection: sqlite3.Connection, path: str) -> int:
    """How many sender addresses the map that `differences` looked at lacks, has wrong or has too many.

    0 where it was made by a release that put none there.
    """
    wanted = _wanted(connection).senders
    try:
        with contextlib.closing(stored.opened(path, "ro")) as there:
            found = stored.content(there).senders if stored.has_senders(there) else wanted
    except sqlite3.Error as error:
        raise database.translated(error, path) from None
    return len(dict(wanted.items() ^ found.items()))


def _update(connection: sqlite3.Connection, path: str, *, claims: bool = False) -> Refreshed:
    files.remove_dead(Path(path).parent)
    # The users are read while the map is ours alone: of two refreshes at once, the later one has seen more.
    with contextlib.closing(stored.opened(path, "rw")) as there, database.transaction(there):
        owner = stored.owner(there)
        if claims and (owner is None or not _may_be_there(owner)):
            stored.put_owner(there, _path_of(connection))
        else:
            _refuse_anothers(connection, path, owner)
        wanted = _wanted(connection)
        changed = stored.content(there) != wanted or not stored.has_senders(there)
        if changed:
            stored.put(there, wanted)
    return Refreshed(len(wanted.recipients), changed, readable=False)


def _is_there(path: str) -> bool:
    """Whether there is a file with something in it: Postfix itself makes an empty one where it finds none."""
    return os.path.exists(path) and os.path.getsize(path) > 0  # noqa: PTH110, PTH202 - text, as the settings keep it


def _refuse_missing(path: str) -> None:
    if not _is_there(path):
        raise ConfigError(f"There is no map at {path}; make it with casefleet postfix --map {path}.")


def _refuse_anothers(connection: sqlite3.Connection, path: str, owner: str | None) -> None:
    ours = _path_of(connection)
    if owner == ours:
        return
    claim = f"casefleet --db {ours} postfix --map {path} makes it that of {ours}"
    if owner is None:
        raise AnothersMapError(f"The map {path} does not say whose it is; {claim}.")
    if _may_be_there(owner):
        raise AnothersMapError(
            f"The map {path} is that of {owner}; {ours} needs another: casefleet postfix --map FILE."
        )
    raise AnothersMapError(f"The map {path} is that of {owner}, which is not there; {claim}.")


def _path_of(connection: sqlite3.Connection) -> str:
    return os.path.realpath(database.file_of(connection))


def _may_be_there(path: str) -> bool:
    """Whether there is a file, as far as we may look."""
    try:
        os.stat(path)  # noqa: PTH116
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def _create(connection: sqlite3.Connection, path: str, reader: str) -> Refreshed:
    """Make the map and put it in its place whole, over the empty file of Postfix where that is."""
    owner = files.Owner(os.stat(database.file_of(connection)).st_uid, _group(reader))  # noqa: PTH116
    wanted = _wanted(connection)
    try:
        is_empty = os.path.exists(path)  # noqa: PTH110
        with files.new_file(Path(path), mode=_MODE, owner=owner, replace=is_empty) as draft:
            database.refuse_leftovers(path)
            stored.make(str(draft), wanted, _path_of(connection))
    except files.ThereAlreadyError:
        return _update(connection, path, claims=False)
    return Refreshed(len(wanted.recipients), changed=True, readable=False)


def _group(reader: str) -> int:
    """The group of the user of Postfix; only root may give it: for others the folder's may be right (setgid)."""
    try:
        return pwd.getpwnam(reader).pw_gid
    except KeyError:
        return -1


def _wanted(connection: sqlite3.Connection) -> stored.Content:
    return stored.Content(
        dict(users.usable_addresses(connection, clock.stamp())), dict(users.copied_senders(connection))
    )


def readable_by(path: str, reader: str) -> bool:
    """Whether a user may read a file by its mode; the folders above are not asked."""
    about = os.stat(path)  # noqa: PTH116
    try:
        account = pwd.getpwnam(reader)
    except KeyError:
        return bool(about.st_mode & 0o004)
    if about.st_uid == account.pw_uid:
        return bool(about.st_mode & 0o400)
    groups = {account.pw_gid, *(group.gr_gid for group in grp.getgrall() if reader in group.gr_mem)}
    return bool(about.st_mode & (0o040 if about.st_gid in groups else 0o004))
