"""What a page may read of the database, and what Datasette itself: nothing that nobody decided on."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sqlite3
from pathlib import Path

import pytest

from casefleet_cli.store import database
from casefleet_cli.web import locks, server

QUESTIONS = (
    "SELECT address, id FROM bcc_addresses", "SELECT content FROM raw_messages", "SELECT value FROM settings", "SELECT subject FROM emails",
    "SELECT b.ADDRESS FROM Bcc_Addresses AS b", "SELECT max(content) FROM raw_messages", "SELECT hex(content) FROM raw_messages",
    "WITH x AS (SELECT * FROM bcc_addresses) SELECT address FROM x", "SELECT (SELECT group_concat(value) FROM settings)",
    "SELECT count(*) FROM emails", "SELECT 1 FROM passwords", "SELECT rowid FROM users", "SELECT * FROM email_search('held')",
    "SELECT * FROM email_search_data", "SELECT * FROM sqlite_stmt", "SELECT * FROM pragma_table_info('emails'), emails", "PRAGMA user_version",
    "SELECT name FROM contacts", "SELECT envelope_sender FROM deliveries", "SELECT printf('%.*c', 9, 'x')", "DELETE FROM contacts", "CREATE TEMP TABLE x (a)",
    "SELECT load_extension('x')", "INSERT INTO settings VALUES ('a', 'b')", "CREATE TABLE x (a)", "CREATE TEMP VIEW emails AS SELECT 1", "DROP TABLE emails",
    "ATTACH 'x' AS other", "VACUUM INTO 'x.db'",
)  # fmt: skip


@pytest.mark.parametrize("question", QUESTIONS)
def test_datasettes_own_connections_read_no_row(firm: Path, question: str) -> None:
    site = server.build(str(firm))
    held = site.datasette.get_database("casefleet")
    for write in (False, True):
        connection = held.connect(write=write)
        site.datasette._prepare_connection(connection, "casefleet")
        with pytest.raises(sqlite3.DatabaseError):
            connection.execute(question).fetchall()


def test_datasettes_own_connections_see_how_tables_are_made(firm: Path) -> None:
    site = server.build(str(firm))
    assert "emails" in asyncio.run(site.datasette.get_database("casefleet").table_names())
    assert "subject" in asyncio.run(site.datasette.get_database("casefleet").table_columns("emails"))
    connection = site.datasette.get_database("_internal").connect()
    site.datasette._prepare_connection(connection, "_internal")
    with pytest.raises(sqlite3.DatabaseError):
        connection.execute("ATTACH ? AS other", (str(firm),))


SECRET = {
    "bcc_addresses", "passwords", "feed_tokens", "raw_messages", "settings.value", "users.login", "activities.hash", "activities.earlier_hash",
    "activity_texts.salt", "emails.raw_message_id", "deliveries.raw_message_id", "deliveries.bcc_address_id", "deliveries.envelope_sender",
    "deliveries.queue_id", "deliveries.origin", "saved_searches", "imports", "import_sources", "import_skips", "batches", "batch_activities", "contact_merges", "conflict_checks",
    "recomputations", "search_pauses", "_sqlite_migrations", "never_log.added_at", "sqlite_sequence", "email_search_config",
    "email_words", "emails.letters", "email_search.subject", "email_search.text", "email_search.from_name", "email_search.from_address",
    "email_search.people", "email_search.filenames",
}  # fmt: skip
"""What no page reads, as a table or a column. A new one has to be put here, or among what is shown, by a person."""


def columns(path: Path) -> dict[str, list[str]]:
    connection = database.open_reader(str(path))
    tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')")]
    return {table: [row[1] for row in connection.execute(f"PRAGMA table_info({table})")] for table in tables}


def test_whatever_a_table_holds_is_shown_or_not_by_decision(firm: Path) -> None:
    there = {f"{table}.{column}" for table, held in columns(firm).items() for column in held if table not in SECRET}
    shown = {f"{table}.{column}" for table, held in locks.SHOWN.items() for column in held}
    assert there - SECRET == {each for each in shown if each.partition(".")[0] in columns(firm)} - {
        "email_search.email_search",
        "email_search.rank",
    }
    assert shown.isdisjoint(SECRET)
    assert SECRET.isdisjoint(locks.SHOWN)


def test_pages_read_what_is_shown_and_nothing_else(firm: Path, tmp_path: Path) -> None:
    place = Path(shutil.copy(firm, tmp_path / "casefleet.db"))
    later = (
        "CREATE TABLE diary (words); ALTER TABLE emails ADD opinion TEXT; CREATE VIEW all_mail AS SELECT * FROM emails"
    )
    with contextlib.closing(sqlite3.connect(place)) as connection:
        connection.executescript(later)
    connection = database.open_reader(str(place))
    locks.confine(connection)
    for table, held in columns(place).items():
        for column in held:
            shown = column in locks.SHOWN.get(table, ())
            question = f'SELECT "{column}" FROM "{table}"'
            if (table, column) in locks._NULL:
                assert {row[0] for row in connection.execute(question)} <= {None}, question
            elif shown or table == "email_search_config":
                connection.execute(question).fetchall()
            else:
                with pytest.raises(sqlite3.DatabaseError):
                    connection.execute(question)
        if table not in locks.SHOWN and table != "email_search_config":
            with pytest.raises(sqlite3.DatabaseError):
                connection.execute(f'SELECT count(*) FROM "{table}"')
    for question in (
        "SELECT * FROM emails",
        "SELECT * FROM diary",
        "SELECT count(*) FROM all_mail",
        "ATTACH 'x' AS other",
        "SELECT load_extension('x')",
    ):
        with pytest.raises(sqlite3.DatabaseError):
            connection.execute(question)
