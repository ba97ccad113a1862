"""What a connection under /data reads: the views of one viewer, and what they are made of by way of them alone."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from casefleet_cli.web.locks import SHOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_LONGEST = 20_000_000
"""Octets of one value: one call of a function is not ended in time, so it must not have much to do."""
FUNCTIONS = frozenset(
    """abs avg ceil ceiling char coalesce count cume_dist date datetime dense_rank escape_fts first_value floor glob
    group_concat hex ifnull iif instr json json_array json_array_length json_each json_extract json_group_array
    json_group_object json_object json_type json_valid julianday lag last_value lead length like likely lower ltrim
    match max min nth_value ntile nullif percent_rank rank replace round row_number rtrim sign strftime string_agg
    substr substring sum time timediff total trim typeof unicode unixepoch unlikely upper -> ->>""".split()
)
"""What questions call. Functions that make much of little (printf, zeroblob) or tell of the machine are not there."""
_SEARCH = frozenset({"email_search", "email_search_config", "email_search_data", "email_search_docsize",
                     "email_search_idx"})  # fmt: skip
_MATCHED = frozenset({"", "rowid", "email_search", "rank"})
"""What is read of the index itself: which e-mails, never their words."""
_FREE = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE, sqlite3.SQLITE_TRANSACTION})


def lock(connection: sqlite3.Connection, secret: str, views: Iterable[str], *, is_search: bool) -> None:
    """Let a connection read these views and nothing else.

    `secret` begins the names of the views that read the tables (see store.viewed); SQLite says in whose name a column
    is read. With `is_search` the index is asked, too; then no question may be in the words of who asks.
    """
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.set_authorizer(_authorizer(secret, frozenset(views), is_search=is_search))


def _authorizer(secret: str, views: frozenset[str], *, is_search: bool) -> Callable[..., int]:
    def allowed(
        action: int, first: str | None, second: str | None, database: str | None = None, inside: str | None = None
    ) -> int:
        named, column = (first or "").lower(), (second or "").lower()
        by_view = (inside or "").startswith(secret)
        if action == sqlite3.SQLITE_READ:
            # Some tables are called as views are; those are temporary, and the tables are not.
            is_view = (named in views or named.startswith(secret)) and (database == "temp" or not column)
            is_read = is_view or _is_read(named, column, by_view=by_view)
            if is_search and not inside:
                is_read = is_read or (named in _SEARCH and (named != "email_search" or column in _MATCHED))
        elif action == sqlite3.SQLITE_FUNCTION:
            is_read = column in FUNCTIONS or (column == "masked" and by_view)
        elif action == sqlite3.SQLITE_PRAGMA:  # FTS5 asks so whether the index has changed
            is_read = is_search and not inside and named == "data_version" and second is None
        else:
            is_read = action in _FREE
        return sqlite3.SQLITE_OK if is_read else sqlite3.SQLITE_DENY

    return allowed


def _is_read(table: str, column: str, *, by_view: bool) -> bool:
    """Whether a column of a table is read: of rows as the views want them, and how many rows there are by anybody.

    Where the rows of a view are counted and no column of them is wanted, SQLite asks in nobody's name.
    """
    if table == "json_each":
        return True
    return table in SHOWN and (column == "" or (by_view and (column in SHOWN[table] or column == "rowid")))
