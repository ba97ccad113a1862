"""Opening the one database file of a firm, and transactions on it."""

from __future__ import annotations

import os
import sqlite3

from casefleet_cli.errors import CannotCreateError, ConfigError, NoInputError, TryAgainError
from casefleet_cli.light import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import TracebackType
    from typing import Self, TypeVar

    from casefleet_cli.store.patience import Patience

    T = TypeVar("T")

APPLICATION_ID = 0x63_66_6C_74
""""cflt": marks the file as ours (PRAGMA application_id)."""
SCHEMA_VERSION = 22
"""The number of migrations; PRAGMA user_version is compared with it at every opening."""
UNFINISHED = 1_000_000
"""Added to user_version until a migration has ended: no release, older ones included, writes to such a database."""
BUSY_SECONDS = 30.0
BEYOND = 2**62
"""Above every row number: where a list that goes down from the newest begins."""
BESIDE = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a main file, by its name: left beside another main file, it is replayed into that one."""
_JOURNAL_LIMIT = 64 * 1024 * 1024
_FAULTS_OF_THE_MACHINE = frozenset(
    (
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOTADB,
    )
)


class WrongDatabaseError(ConfigError):
    """The file is not a casefleet database, or one of another release."""


def open_database(
    path: str,
    *,
    busy_seconds: float = BUSY_SECONDS,
    migrating: bool = False,
    called: str = "",
    patience: Patience | None = None,
) -> sqlite3.Connection:
    """Open an existing casefleet database for reading and writing, or say in one sentence why not.

    `called`: the name to be used in that sentence, where it is not the path. `patience`: instead of `busy_seconds`.

    Raises NoInputError when there is no such file, WrongDatabaseError when it is not ours or of another release,
    TryAgainError when it is locked or broken by the disk.
    """
    return _open(path, "rw", busy_seconds, migrating=migrating, called=called, patience=patience)


def open_reader(
    path: str,
    *,
    busy_seconds: float = BUSY_SECONDS,
    migrating: bool = False,
    called: str = "",
    patience: Patience | None = None,
) -> sqlite3.Connection:
    """Open an existing casefleet database for reading only; errors as open_database.

    `migrating`: of this or an earlier schema.
    """
    connection = _open(path, "ro", busy_seconds, migrating=migrating, called=called, patience=patience)
    connection.execute("PRAGMA query_only = 1")
    return connection


def create_database(path: str) -> sqlite3.Connection:
    """Make a new, empty database file that only its owner can read (mode 0600), without a schema yet.

    Raises OSError when the file exists already or its folder does not let us.
    """
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    connection = _connect(path, "rw", BUSY_SECONDS)
    connection.execute("PRAGMA journal_mode = WAL")
    return connection


def close_whole(connection: sqlite3.Connection, path: str) -> None:
    """Close the only connection to a database, with all of it in its one file, ready for many at once (WAL).

    Raises sqlite3.Error, or TryAgainError when something is left beside it.
    """
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    if beside(path):
        raise TryAgainError(f"{path} could not be written to its end; try again.")


def beside(path: str) -> list[str]:
    """The files that SQLite would take for parts of the database at a path, the main file not among them."""
    return [path + suffix for suffix in BESIDE if os.path.lexists(path + suffix)]


def refuse_leftovers(path: str) -> None:
    """Raise CannotCreateError when something lies where a new database would take it for its own."""
    for leftover in beside(path):
        raise CannotCreateError(
            f"{leftover} is there already, left of another database; move it away or name another file."
        )


def file_of(connection: sqlite3.Connection) -> str:
    """The path of the main file of a connection; of one to a private copy, that of the database it stands for."""
    stands_for: str = getattr(connection, "stands_for", "")
    if stands_for:
        return stands_for
    (_, _, path) = connection.execute("PRAGMA database_list").fetchone()
    return str(path)


class transaction:  # noqa: N801 - used as a verb: `with transaction(connection):`
    """One BEGIN IMMEDIATE … COMMIT: all of it, or on any exception nothing (deferred BEGINs fail under load)."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is None:
            self._connection.execute("COMMIT")
        elif self._connection.in_transaction:
            self._connection.execute("ROLLBACK")


class savepoint:  # noqa: N801 - used as a verb: `with savepoint(connection) as part:`
    """A part of a transaction: all of it, or on any exception nothing of it; one may stand inside another."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> Self:
        self._connection.execute("SAVEPOINT part")
        return self

    def undo(self) -> None:
        """Take back what was done in it so far."""
        self._connection.execute("ROLLBACK TO part")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        # Some errors (a full disk) have taken back the transaction as a whole already.
        if self._connection.in_transaction:
            if kind is not None:
                self.undo()
            self._connection.execute("RELEASE part")


class snapshot:  # noqa: N801 - used as a verb: `with snapshot(connection):`
    """One moment of the database: all that is read inside is as it was at the first question."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("BEGIN")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")


def attempt(connection: sqlite3.Connection, work: Callable[[], T]) -> T | None:
    """The result of the work, or None with its changes undone when a bug ended it.

    To be called inside a transaction. What the machine does (see is_of_the_machine) is raised.
    """
    try:
        with savepoint(connection):
            return work()
    except Exception as error:
        if is_of_the_machine(error):
            raise
        return None


def is_of_the_machine(error: Exception) -> bool:
    """Whether an error is what a machine does (busy, full, broken), not a bug."""
    code = getattr(error, "sqlite_errorcode", None)
    return isinstance(error, MemoryError) or (code is not None and code & 0xFF in _FAULTS_OF_THE_MACHINE)


def schema_version(connection: sqlite3.Connection) -> int:
    """The number of migrations that the database has had."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def next_id(connection: sqlite3.Connection, table: str) -> int:
    """The number that the next row of a table will get; nobody else can take it within a transaction that writes."""
    (number,) = connection.execute(f"SELECT coalesce(max(id), 0) + 1 FROM {table}").fetchone()
    return int(number)


def among(connection: sqlite3.Connection, select_where: str, values: Sequence[str]) -> set[str]:
    """What a query whose condition ends with a column finds where that is one of the values."""
    import json  # noqa: PLC0415

    found = connection.execute(f"{select_where} IN (SELECT value FROM json_each(?))", (json.dumps(values),))
    return {row[0] for row in found}


def rows(cursor: sqlite3.Cursor) -> Iterator[dict[str, object]]:
    """The rows of a cursor as dicts by column name."""
    names = [column[0] for column in cursor.description]
    for row in cursor:
        yield dict(zip(names, row, strict=True))


def has_our_mark(path: str) -> bool:
    """Whether the file is a casefleet database of any release; raises sqlite3.Error when that cannot be told."""
    connection = sqlite3.connect(_uri(path, "ro"), uri=True)
    try:
        mark, _ = _marks(connection)
    except sqlite3.Error as error:
        instead = _read_instead(path, error)
        if instead is None:
            raise
        mark, _ = _marks(instead)
        instead.close()
    finally:
        connection.close()
    return mark == APPLICATION_ID


def count(connection: sqlite3.Connection, *tables: str) -> int:
    """How many rows these tables have together."""
    return sum(int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]) for table in tables)


def is_present(connection: sqlite3.Connection) -> bool:
    """Whether a database has the schema of this release, and no migration has to end."""
    return schema_version(connection) == SCHEMA_VERSION


def _open(
    path: str,
    mode: str,
    busy_seconds: float,
    *,
    migrating: bool,
    called: str = "",
    patience: Patience | None = None,
) -> sqlite3.Connection:
    called = called or path
    if not os.path.isfile(path):  # noqa: PTH113 - pathlib is too dear for the delivery door
        raise NoInputError(f"There is no database at {called}; make one with casefleet init, or name it with --db.")
    connection = None
    try:
        connection = _connect(path, mode, busy_seconds, patience)
        application, version = _marks(connection)
    except sqlite3.Error as error:
        if connection is not None:
            connection.close()
        instead = _read_instead(path, error) if mode == "ro" else None
        if instead is None:
            raise translated(error, called) from None
        connection = instead
        application, version = _marks(connection)
    if application != APPLICATION_ID:
        connection.close()
        raise WrongDatabaseError(f"{called} is not a casefleet database; check --db or $CASEFLEET_DB.")
    unfinished, version = divmod(version, UNFINISHED)
    if version > SCHEMA_VERSION:
        connection.close()
        raise WrongDatabaseError(f"{called} belongs to a newer casefleet (schema {version}); upgrade this program.")
    if version < SCHEMA_VERSION and not migrating:
        connection.close()
        raise WrongDatabaseError(f"{called} has an older schema ({version}); run casefleet migrate.")
    if unfinished and not migrating:
        connection.close()
        raise WrongDatabaseError(f"{called} is being migrated; where that was interrupted, run casefleet migrate.")
    return connection


def _marks(connection: sqlite3.Connection) -> tuple[int, int]:
    """What says whether a file is ours, and of which release."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    return int(application), schema_version(connection)


def _read_instead(path: str, error: sqlite3.Error) -> sqlite3.Connection | None:
    """A connection to what can be read in place of a database that cannot be written; None where that is not so."""
    if getattr(error, "sqlite_errorcode", 0) & 0xFF not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
        return None
    from casefleet_cli.store import unwritable  # noqa: PLC0415 - no delivery reads there

    try:
        return unwritable.reader(path, _connect)
    except sqlite3.Error as fault:
        raise translated(fault, path) from None


def translated(error: sqlite3.Error, path: str = "the database") -> ConfigError | TryAgainError | NoInputError:
    """The error of SQLite as one of ours, in one sentence, by its result code."""
    code = getattr(error, "sqlite_errorcode", None)
    primary = None if code is None else code & 0xFF
    if primary == sqlite3.SQLITE_NOTADB:
        return WrongDatabaseError(f"{path} is not a casefleet database; check --db or $CASEFLEET_DB.")
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return TryAgainError(f"{path} is locked by another program; try again.")
    # What processes share beside the main file (-shm) is made larger only where there is room.
    if primary == sqlite3.SQLITE_FULL or code == sqlite3.SQLITE_IOERR_SHMSIZE:
        return TryAgainError(f"No room is left on the disk of {path}; free some and try again.")
    if primary in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN) and is_on_read_only_mount(path):
        return ConfigError(f"{path} is on a read-only mount; to change it, mount that anew.")
    if primary == sqlite3.SQLITE_READONLY:
        return ConfigError(f"{path} is read-only for this user; check the owner of the file and its folder.")
    if primary in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH):
        return ConfigError(f"{path} cannot be opened by this user; check the owner of the file and its folder.")
    if primary == sqlite3.SQLITE_IOERR:
        return TryAgainError(f"The disk of {path} reports an error; check it, then try again.")
    if primary == sqlite3.SQLITE_CORRUPT:
        return ConfigError(f"{path} is damaged; restore it from a backup.")
    return TryAgainError(f"{path}: {error}.")


def is_on_read_only_mount(path: str) -> bool:
    """Whether nobody can write to a file where it is; False where that cannot be told."""
    try:
        return bool(os.statvfs(path).f_flag & os.ST_RDONLY)
    except OSError:
        return False


def _connect(
    path: str,
    mode: str,
    busy_seconds: float = BUSY_SECONDS,
    patience: Patience | None = None,
    factory: type[sqlite3.Connection] = sqlite3.Connection,
) -> sqlite3.Connection:
    if patience is not None:
        from casefleet_cli.store.patience import PatientConnection  # noqa: PLC0415 - a delivery tells nobody

        factory, busy_seconds = PatientConnection, patience.told_after
    connection = sqlite3.connect(
        _uri(path, mode),
        uri=True,
        timeout=busy_seconds,
        isolation_level=None,
        check_same_thread=False,
        factory=factory,
    )
    if patience is not None:
        connection.patience = patience  # type: ignore[attr-defined] # the factory's
    connection.execute("PRAGMA foreign_keys = 1")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA recursive_triggers = 1")
    # What is erased must not stand on in the free room of a page; not every build of SQLite sees to it.
    connection.execute("PRAGMA secure_delete = 1")
    connection.execute(f"PRAGMA journal_size_limit = {_JOURNAL_LIMIT}")
    return connection


def _uri(path: str, mode: str) -> str:
    # "?" and "#" would end the path of a file: URI, "%" would start an escape.
    escaped = os.path.abspath(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")  # noqa: PTH100
    return f"file:{escaped}?mode={mode}"
