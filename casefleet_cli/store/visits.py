"""Who is signed in to the pages, and who read what: a database of its own beside the firm's, which pages never change.

Times are seconds since 1970. A user of 0 is the person who runs this machine.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from typing import TYPE_CHECKING, Any, NamedTuple

from casefleet_cli import clock
from casefleet_cli.errors import CannotCreateError, TryAgainError
from casefleet_cli.store import database

if TYPE_CHECKING:
    from collections.abc import Iterator

_APPLICATION_ID = 0x63667673
_TABLES = """
CREATE TABLE IF NOT EXISTS keys (
    -- what cookies are signed with
    id INTEGER PRIMARY KEY CHECK (id = 1),
    secret TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS servers (
    -- a server that runs, or was killed while it did
    process INTEGER PRIMARY KEY,
    address TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS invitations (
    -- an address that lets one person in once, by the hash of its token
    hash TEXT PRIMARY KEY,
    user_id INTEGER NOT NULL,
    ends_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sessions (
    -- a visit, by the hash of its name; `standing` is the user's when it began
    hash TEXT PRIMARY KEY,
    user_id INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    standing TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS reads (
    -- a user who opened an email, its HTML or an attachment, where the firm wants that noted
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    user_id INTEGER NOT NULL,
    email_id INTEGER NOT NULL,
    what TEXT NOT NULL
) STRICT;
"""
SECONDS = 12 * 60 * 60
"""A session lasts twelve hours."""
INVITED_SECONDS = 10 * 60
"""An address that `casefleet signin` prints waits for ten minutes."""


class Session(NamedTuple):
    """One person's visit."""

    user_id: int | None
    """None: the person who runs this machine."""
    standing: str
    """The user's when it began."""


class Book:
    """The database of visits; every method may be called from any thread."""

    def __init__(self, path: str) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, timeout=10, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.execute("PRAGMA secure_delete = 1")
        self._connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        self._connection.executescript(_TABLES)

    def close(self) -> None:
        """Close it."""
        self._connection.close()

    def key(self) -> str:
        """The secret that cookies are signed with, the same at every start."""
        self._connection.execute("INSERT OR IGNORE INTO keys VALUES (1, ?)", (clock.token(52),))
        return str(self._connection.execute("SELECT secret FROM keys").fetchone()[0])

    def invite(self, user_id: int | None, seconds: int) -> str:
        """A token that lets one person in once, as this user, within so many seconds."""
        token = clock.token(32)
        self._connection.execute("DELETE FROM invitations WHERE ends_at <= ?", (_now(),))
        self._connection.execute(
            "INSERT INTO invitations VALUES (?, ?, ?)", (_hash(token), user_id or 0, _now() + seconds)
        )
        return token

    def accept(self, token: str) -> tuple[int | None] | None:
        """The user whom a token lets in, the first time; None ever after and for any other text."""
        rows = self._connection.execute(
            "DELETE FROM invitations WHERE hash = ? AND ends_at > ? RETURNING user_id", (_hash(token), _now())
        ).fetchall()
        return (rows[0][0] or None,) if rows else None

    def begin(self, user_id: int | None, standing: str) -> str:
        """The name of a new session."""
        name = clock.token(32)
        self._connection.execute("DELETE FROM sessions WHERE ends_at <= ?", (_now(),))
        self._connection.execute(
            "INSERT INTO sessions VALUES (?, ?, ?, ?)", (_hash(name), user_id or 0, _now() + SECONDS, standing)
        )
        return name

    def session(self, name: str) -> Session | None:
        """The session of a name, or None when it is over or there never was one."""
        row = self._connection.execute(
            "SELECT user_id, standing FROM sessions WHERE hash = ? AND ends_at > ?", (_hash(name), _now())
        ).fetchone()
        return None if row is None else Session(row[0] or None, row[1])

    def end(self, name: str) -> None:
        """End a session at once, whoever still holds its cookie."""
        self._connection.execute("DELETE FROM sessions WHERE hash = ?", (_hash(name),))

    @contextlib.contextmanager
    def serving(self, address: str) -> Iterator[None]:
        """Let `casefleet signin` find this process meanwhile."""
        process = os.getpid()
        self._connection.execute("INSERT OR REPLACE INTO servers VALUES (?, ?)", (process, address))
        try:
            yield
        finally:
            self._connection.execute("DELETE FROM servers WHERE process = ?", (process,))

    def servers(self) -> list[str]:
        """The addresses of the servers that run, the last started first."""
        found = []
        rows = self._connection.execute("SELECT process, address FROM servers ORDER BY rowid DESC").fetchall()
        for process, address in rows:
            if _runs(process):
                found.append(str(address))
            else:
                self._connection.execute("DELETE FROM servers WHERE process = ?", (process,))
        return found

    def note_read(self, user_id: int | None, email_id: int, what: str) -> None:
        """Note that a user opened an email."""
        row = (clock.stamp(), user_id or 0, email_id, what)
        self._connection.execute("INSERT INTO reads (at, user_id, email_id, what) VALUES (?, ?, ?, ?)", row)

    def reads(self, user_id: int | None, email_id: int | None, limit: int | None) -> list[dict[str, Any]]:
        """Who opened what (of a user, of an email), newest first: at, user_id (0: who runs this machine), email_id."""
        cursor = self._connection.execute(
            "SELECT at, user_id, email_id, what FROM reads WHERE (:user IS NULL OR user_id = :user)"
            " AND (:email IS NULL OR email_id = :email) ORDER BY id DESC LIMIT :limit",
            {"user": user_id, "email": email_id, "limit": -1 if limit is None else limit},
        )
        return list(database.rows(cursor))


def beside(path: str) -> Book:
    """The visits of the firm's database at a path, made (mode 0600, for the same owner) where they are not there yet.

    Raises CannotCreateError where there can be none, TryAgainError while they are locked or the disk is full.
    """
    with _told(path):
        _make(path_beside(path), path)
        return Book(path_beside(path))


@contextlib.contextmanager
def opened(path: str) -> Iterator[Book]:
    """As `beside`, closed at the end; what goes wrong meanwhile raises the same errors."""
    with _told(path), contextlib.closing(beside(path)) as book:
        yield book


@contextlib.contextmanager
def _told(path: str) -> Iterator[None]:
    there = path_beside(path)
    try:
        yield
    except OSError as error:
        raise CannotCreateError(f"{there} cannot be made: {error.strerror}.") from None
    except sqlite3.OperationalError as error:
        raise TryAgainError(f"{there} cannot be used now: {error}.") from None
    except sqlite3.DatabaseError as error:
        raise CannotCreateError(f"{there} is broken ({error}); move it away, and everybody signs in anew.") from None


def in_memory() -> Book:
    """Visits that end with this process."""
    return Book(":memory:")


def are_there(path: str) -> bool:
    """Whether anybody has visited the database at a path, or been invited to."""
    return os.path.exists(path_beside(path))  # noqa: PTH110


def path_beside(path: str) -> str:
    """Where the visits of a database are kept."""
    return f"{os.path.realpath(path)}.visits"


def _make(there: str, path: str) -> None:
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(there, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        try:
            owner = os.stat(path)  # noqa: PTH116
            if os.geteuid() == 0:
                os.fchown(descriptor, owner.st_uid, owner.st_gid)
        finally:
            os.close(descriptor)


def _hash(token: str) -> str:
    import hashlib  # noqa: PLC0415

    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _now() -> int:
    return int(clock.now().timestamp())


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
