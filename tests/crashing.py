"""A connection that dies between two statements, as by SIGKILL, and what of its files is found afterwards."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from casefleet_cli.store import database

Rows = dict[str, list[tuple[Any, ...]]]


class Killed(BaseException):
    """The process has ended here: no handler of errors runs, so it is none of them."""


class Mortal(sqlite3.Connection):
    """A connection with a number of statements to live. It never syncs: no power fails in these tests."""

    statements_left: int | None = None
    """None: it lives on."""
    commits = 0

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        self._live()
        if sql.startswith("PRAGMA synchronous"):
            sql = "PRAGMA synchronous = OFF"
        cursor = super().execute(sql, parameters)
        self.commits += sql == "COMMIT"
        return cursor

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> sqlite3.Cursor:
        self._live()
        return super().executemany(sql, parameters)

    def _live(self) -> None:
        if self.statements_left is None:
            return
        if self.statements_left <= 0:
            raise Killed
        self.statements_left -= 1


def connect(path: Path) -> Mortal:
    """A mortal connection to the database at a path, otherwise as the program's own."""
    connection = sqlite3.connect(path, factory=Mortal, isolation_level=None, check_same_thread=False)
    for pragma in ("foreign_keys = 1", "synchronous = OFF", "recursive_triggers = 1"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def reopen(connection: Mortal, path: Path) -> tuple[Mortal, Path]:
    """What another process finds after the one with this connection was killed; a new connection and where it is.

    The files are copied while the connection lives: closing it in order would tidy them.
    """
    number = int(path.stem) + 1
    new = path.with_name(f"{number}{path.suffix}")
    for suffix in ("", "-wal"):
        old = Path(f"{path}{suffix}")
        if old.exists():
            shutil.copyfile(old, f"{new}{suffix}")
    connection.close()
    for suffix in ("", *database.BESIDE):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    database.open_database(str(new)).close()  # as a door would; what is not sound, it refuses
    return connect(new), new


def everything(connection: sqlite3.Connection) -> Rows:
    """Every row of every table, the search index left out: triggers keep it, and its pages are laid out by chance."""
    names = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'email_search%' ORDER BY name"
    ).fetchall()
    return {name: connection.execute(f"SELECT * FROM {name}").fetchall() for (name,) in names}
