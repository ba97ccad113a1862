"""How the schema came to be, step by step; applied by people's commands only, never by a delivery.

A migration changes the schema in one transaction. What it has to do to every row it leaves to recomputations: slices of
a transaction each, so that memory stays flat and a kill loses little. The next migration waits until those of the store
have ended; those that need the rooms above come after the last one.
"""

from __future__ import annotations

from types import MappingProxyType

from sqlite_utils import Database, Migrations

from casefleet_cli.light import TYPE_CHECKING, NamedTuple
from casefleet_cli.store import (
    database,
    forms,
    migration_0003,
    migration_0004,
    migration_0005,
    migration_0006,
    migration_0007,
    migration_0008,
    migration_0009,
    migration_0010,
    migration_0011,
    migration_0012,
    migration_0013,
    migration_0014,
    migration_0015,
    migration_0016,
    migration_0017,
    migration_0018,
    migration_0019,
    migration_0020,
    migration_0021,
    migration_0022,
    recomputations,
    tables,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping


class Migration(NamedTuple):
    """One step; its name begins with its number."""

    name: str
    change: Callable[[sqlite3.Connection], None]
    """Changes the schema, and calls `recomputations.begin` for what is left to be done."""
    left: Mapping[str, recomputations.Recomputation] = {}
    """The recomputations by the names under which `change` may begin them."""


def _first(connection: sqlite3.Connection) -> None:
    for statement in tables.ALL:
        connection.execute(statement)


def _import_accounts(connection: sqlite3.Connection) -> None:
    """Let an import account for all that it meets: what it logged, knew and skipped, and the book-keeping it passed."""
    forms.add_missing_tables(connection)
    for statement in (
        "ALTER TABLE import_sources ADD COLUMN logged INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE import_sources ADD COLUMN known INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE import_skips ADD COLUMN"
        " is_bookkeeping INTEGER NOT NULL DEFAULT 0 CHECK (is_bookkeeping IN (0, 1))",
    ):
        connection.execute(statement)


ALL = (
    Migration("0001_first", _first),
    Migration("0002_import_accounts", _import_accounts),
    Migration(
        "0003_erasable_words",
        migration_0003.change,
        {"0003_index": migration_0003.INDEX, "0003_journal": migration_0003.JOURNAL},
    ),
    Migration("0004_identity", migration_0004.change),
    Migration("0005_case_tags", migration_0005.change),
    Migration("0006_converted_mail", migration_0006.change),
    Migration("0007_import_ranges", migration_0007.change),
    Migration("0008_formats", migration_0008.change),
    Migration("0009_never_log", migration_0009.change),
    Migration("0010_restricted_cases", migration_0010.change),
    Migration("0011_passwords", migration_0011.change),
    Migration("0012_looks", migration_0012.change, migration_0012.LEFT),
    Migration("0013_reading", migration_0013.change),
    Migration("0014_moments", migration_0014.change, migration_0014.LEFT),
    Migration("0015_feeds", migration_0015.change),
    Migration("0016_rejected", migration_0016.change),
    Migration("0017_letters", migration_0017.change, migration_0017.LEFT),
    Migration("0018_merges", migration_0018.change),
    Migration("0019_givings", migration_0019.change),
    Migration("0020_labels", migration_0020.change),
    Migration("0021_checks", migration_0021.change),
    Migration("0022_frozen", migration_0022.change),
)
"""Oldest first; never edited after release, only followed by further ones."""


def _registered() -> Migrations:
    """The migrations as sqlite-utils keeps them."""
    known = Migrations("casefleet")

    def register(migration: Migration) -> None:
        @known(name=migration.name)
        def _(db: Database) -> None:
            migration.change(db.conn)

    for migration in ALL:
        register(migration)
    return known


_migrations = _registered()


def names() -> list[str]:
    """The migrations there are, oldest first."""
    return [migration.name for migration in ALL]


def pending(connection: sqlite3.Connection) -> list[str]:
    """The migrations this database still lacks, oldest first."""
    return [migration.name for migration in _migrations.pending(_wrap(connection))]


def apply(
    connection: sqlite3.Connection,
    tell: recomputations.Tell = lambda *_: None,
    above: Mapping[str, recomputations.Recomputation] = MappingProxyType({}),
) -> list[str]:
    """Bring the database up, and name the migrations that were applied, or ended when an earlier run was killed.

    `above`: the recomputations that are not the store's, by name; a new database needs none. They know the present
    schema only, and come when it is there.

    Each migration is one immediate transaction, and each slice of its recomputations another: several processes
    migrating at once wait for each other. Foreign keys are not watched meanwhile.
    """
    done: list[str] = []
    # A table that others refer to can only be replaced while nobody watches; what refers to what is not changed.
    connection.execute("PRAGMA foreign_keys = 0")
    try:
        while True:
            done += _of(recomputations.finish(connection, _left(), tell))
            applied = _apply_next(connection)
            if applied is None:
                break
            done += applied
        done += _of(recomputations.finish(connection, {**_left(), **above}, tell))
        with database.transaction(connection):
            recomputations.mark(connection, len(ALL))
        return list(dict.fromkeys(done))
    finally:
        connection.execute("PRAGMA foreign_keys = 1")


def _apply_next(connection: sqlite3.Connection) -> list[str] | None:
    """Apply the oldest migration that is lacking, all of it or nothing; None when the database is up to date.

    Nothing is applied while another process has left recomputations since.
    """
    with database.transaction(connection):
        if not _left().keys().isdisjoint(recomputations.due(connection)):
            return []
        db = _wrap(connection)
        lacking = [migration.name for migration in _migrations.pending(db)]
        _migrations.apply(db, stop_before=lacking[1:])
        connection.execute(f"PRAGMA application_id = {database.APPLICATION_ID}")
        recomputations.mark(connection, len(ALL) - len(lacking[1:]))
    return lacking[:1] or None


def left(connection: sqlite3.Connection) -> list[str]:
    """The migrations that are lacking or have begun and not ended, oldest first; changes nothing."""
    begun = _of(recomputations.due(connection))
    return list(dict.fromkeys((*begun, *pending(connection))))


def _of(names: list[str]) -> list[str]:
    """The migrations that left recomputations of these names."""
    return [migration.name for name in names for migration in ALL if migration.name[:4] == name[:4]]


def _left() -> dict[str, recomputations.Recomputation]:
    return {name: work for migration in ALL for name, work in migration.left.items()}


def _wrap(connection: sqlite3.Connection) -> Database:
    """The connection as sqlite-utils sees it, without loading its plugins."""
    return Database(connection, execute_plugins=False, recursive_triggers=False)
