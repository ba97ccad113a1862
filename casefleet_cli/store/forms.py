"""The forms that schema 1 had under one number, before any release, and how each is brought to the last of them."""

from __future__ import annotations

import re

from casefleet_cli.light import TYPE_CHECKING
from casefleet_cli.store import tables

if TYPE_CHECKING:
    import sqlite3

_MOMENT = "GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z'"
_ADDED = (
    ("raw_messages", "packing", "TEXT NOT NULL DEFAULT '' CHECK (packing IN ('', 'zlib', 'base64'))"),
    ("imports", "options", "TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(options))"),
    ("deliveries", "labels", "TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(labels))"),
    ("decisions", "as_of", f"TEXT CHECK (as_of {_MOMENT})"),
    ("activities", "hash", "TEXT"),
)
"""Columns that the first forms lacked."""
_PACKINGS = ("packing IN ('', 'zlib')", "packing IN ('', 'zlib', 'base64')")
_CREATES = re.compile(r"CREATE (?:UNIQUE INDEX|INDEX|TABLE|VIRTUAL TABLE|TRIGGER) (\w+)")


def even_out(connection: sqlite3.Connection) -> bool:
    """Bring any form to the last; whether the search index was made anew, and has to be filled."""
    has_old_index = "from_name" not in _columns(connection, "email_search")
    if has_old_index:
        for name in ("insert", "delete", "update"):
            connection.execute(f"DROP TRIGGER emails_search_{name}")
        connection.execute("DROP TABLE email_search")
    add_missing_tables(connection)
    for statement in tables.SEARCH:
        if statement.startswith("INSERT"):  # how the index works
            connection.execute(statement)
    for table, column, declared in _ADDED:
        if column not in _columns(connection, table):
            connection.execute(f"ALTER TABLE {table} ADD COLUMN {column} {declared}")
    if "skipped" in _columns(connection, "imports"):
        connection.execute(
            "INSERT OR IGNORE INTO import_skips (import_id, origin, position, reason)"
            " SELECT i.id, s.value ->> 'origin', s.value ->> 'position', s.value ->> 'reason'"
            " FROM imports AS i, json_each(i.skipped) AS s"
        )
        connection.execute("ALTER TABLE imports DROP COLUMN skipped")
    _allow_base64(connection)
    return has_old_index


def add_missing_tables(connection: sqlite3.Connection) -> None:
    """Add the tables, indexes and triggers that the first forms lacked."""
    there = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema")}
    for statement in tables.ALL:
        created = _CREATES.match(statement)
        if created is not None and created[1] not in there:
            connection.execute(statement)


def _allow_base64(connection: sqlite3.Connection) -> None:
    """Widen a check without copying the bytes of all mail: the way of SQLite's ALTER TABLE page, section 7."""
    (sql,) = connection.execute("SELECT sql FROM sqlite_schema WHERE name = 'raw_messages'").fetchone()
    if _PACKINGS[0] not in sql:
        return
    (version,) = connection.execute("PRAGMA schema_version").fetchone()
    connection.execute("PRAGMA writable_schema = 1")
    connection.execute("UPDATE sqlite_schema SET sql = replace(sql, ?, ?) WHERE name = 'raw_messages'", _PACKINGS)
    connection.execute(f"PRAGMA schema_version = {version + 1}")
    connection.execute("PRAGMA writable_schema = RESET")


def _columns(connection: sqlite3.Connection, table: str) -> set[str]:
    return {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
