"""What a migration leaves to be done afterwards, in slices: kept count of in the database, and resumed after a kill."""

from __future__ import annotations

from casefleet_cli.light import TYPE_CHECKING, NamedTuple
from casefleet_cli.store import database

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping

    Last = Callable[[sqlite3.Connection], int]
    Tell = Callable[[str, int, int], None]
    """Told after each slice: which recomputation, the last row done, and the last row there is."""

TABLE = """CREATE TABLE recomputations (
    -- work that a migration left; there is a row only until it has ended; position: up to which row it is done
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    position INTEGER NOT NULL DEFAULT 0
) STRICT"""


class Recomputation(NamedTuple):
    """Work on many rows, one slice a transaction."""

    last: Last
    """The number of the last row there is to do; it only serves to tell how far the work is."""
    step: Callable[[sqlite3.Connection, int], int | None]
    """Do the next slice after a row, inside a transaction, and give the last row done; None: all is done and tidied."""


def begin(connection: sqlite3.Connection, name: str) -> None:
    """Leave a recomputation to be done once the transaction of the migration has ended."""
    connection.execute("INSERT INTO recomputations (name) VALUES (?)", (name,))


def due(connection: sqlite3.Connection) -> list[str]:
    """The recomputations that have not ended, in the order in which they were begun."""
    if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'recomputations'").fetchone():
        return []
    return [row[0] for row in connection.execute("SELECT name FROM recomputations ORDER BY id")]


def finish(connection: sqlite3.Connection, known: Mapping[str, Recomputation], tell: Tell) -> list[str]:
    """Do what is due of what is known, and name it.

    Several processes at once share the work; a killed one loses its last slice.
    """
    names = [name for name in due(connection) if name in known]
    for name in names:
        while (reached := _slice(connection, name, known[name])) is not None:
            tell(name, *reached)
    return names


def mark(connection: sqlite3.Connection, version: int) -> None:
    """Write the schema's version where every opening looks: beyond all versions as long as anything is due."""
    shown = version + database.UNFINISHED if due(connection) else version
    connection.execute(f"PRAGMA user_version = {shown}")


def _slice(connection: sqlite3.Connection, name: str, work: Recomputation) -> tuple[int, int] | None:
    """Do one slice, and give the last row done and the last there is; None when there is nothing left."""
    with database.transaction(connection):
        row = connection.execute("SELECT position FROM recomputations WHERE name = ?", (name,)).fetchone()
        if row is None:  # another process has ended it
            return None
        last = work.last(connection)
        position = work.step(connection, row[0])
        if position is not None:
            connection.execute("UPDATE recomputations SET position = ? WHERE name = ?", (position, name))
            return position, last
        connection.execute("DELETE FROM recomputations WHERE name = ?", (name,))
    return None
