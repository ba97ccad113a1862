"""How the schema came to be, step by step; applied by people's commands only, never by a delivery."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlite_utils import Database, Migrations

from casefleet_cli.store import database, tables

if TYPE_CHECKING:
    import sqlite3

migrations = Migrations("casefleet")


@migrations(name="0001_first")
def first(db: Database) -> None:
    """Make the tables of the first release."""
    for statement in tables.ALL:
        db.execute(statement)


@migrations(name="0002_import_accounts")
def import_accounts(db: Database) -> None:
    """Let an import account for all that it meets: what it logged, knew and skipped, and the book-keeping it passed."""
    for statement in (
        "ALTER TABLE import_sources ADD COLUMN logged INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE import_sources ADD COLUMN known INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE import_skips ADD COLUMN"
        " is_bookkeeping INTEGER NOT NULL DEFAULT 0 CHECK (is_bookkeeping IN (0, 1))",
    ):
        db.execute(statement)


def names() -> list[str]:
    """The migrations there are, oldest first."""
    return [migration.name for migration in migrations._migrations]  # noqa: SLF001 - the library offers no other way


def pending(connection: sqlite3.Connection) -> list[str]:
    """The migrations this database still lacks, oldest first."""
    return [migration.name for migration in migrations.pending(_wrap(connection))]


def apply(connection: sqlite3.Connection) -> list[str]:
    """Bring the schema up, all of it or nothing, and name what was applied.

    One immediate transaction around everything: several processes migrating at once wait for each other.
    """
    with database.transaction(connection):
        db = _wrap(connection)
        lacking = [migration.name for migration in migrations.pending(db)]
        migrations.apply(db)
        connection.execute(f"PRAGMA application_id = {database.APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {database.SCHEMA_VERSION}")
    return lacking


def _wrap(connection: sqlite3.Connection) -> Database:
    """The connection as sqlite-utils sees it, without loading its plugins."""
    return Database(connection, execute_plugins=False, recursive_triggers=False)
