"""What SQLite itself says of the file of a database."""

from __future__ import annotations

from casefleet_cli.light import TYPE_CHECKING
from casefleet_cli.store import database

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator


def journal_mode(connection: sqlite3.Connection) -> str:
    """How the file keeps transactions: "wal" as it should be, or another of SQLite's words."""
    (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    with open(database.file_of(connection), "rb") as file:  # noqa: PTH123 - pathlib is too dear for the delivery door
        # Bytes 18 and 19 of the header: a file that is read as it is (immutable) is not told of as what it is.
        return "wal" if file.read(20)[18:] == b"\2\2" else str(mode)


def structure_faults(connection: sqlite3.Connection) -> Iterator[str]:
    """What SQLite finds wrong with the file, at most 20 sentences of its own; nothing where all is well."""
    return (str(told) for (told,) in connection.execute("PRAGMA integrity_check(20)") if told != "ok")


def orphans(connection: sqlite3.Connection) -> Iterator[tuple[str, int, str]]:
    """Every row that names one which is not there: its table and number, and the other's table."""
    return ((table, row, parent) for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check"))
