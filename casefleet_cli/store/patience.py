"""A connection that says so when it has to wait for another program."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class Patience(NamedTuple):
    """How long somebody waits for a locked database, and what is told of it meanwhile."""

    seconds: float
    """In all; then the error of SQLite is raised."""
    told_after: float
    """Seconds."""
    tell: Callable[[], object]


class PatientConnection(sqlite3.Connection):
    """Made with the time-out `told_after`: what is locked then is told, and tried for the rest of the time."""

    patience: Patience | None = None

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        """As the base class; it tells once."""
        try:
            return super().execute(sql, parameters)
        except sqlite3.OperationalError as error:
            # A snapshot that is too old (SQLITE_BUSY_SNAPSHOT) does not become younger by waiting.
            if self.patience is None or error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
        patience, self.patience = self.patience, None
        patience.tell()
        super().execute(f"PRAGMA busy_timeout = {round(1000 * (patience.seconds - patience.told_after))}")
        return super().execute(sql, parameters)
