"""The third migration: the words of the journal move to a table of their own, where they can be erased.

Schema 1 grew under one number: whichever of its forms a database has is brought to the last one first.
"""

from __future__ import annotations

from casefleet_cli import clock
from casefleet_cli.light import TYPE_CHECKING
from casefleet_cli.store import activities, forms, recomputations

if TYPE_CHECKING:
    import sqlite3

_MOMENT = "GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z'"
_JOURNAL = (
    f"""CREATE TABLE activities (
    -- one thing that happened, in numbers, never changed: the journal, and with a case or lead the feed of that case or
    -- lead; digest: binds its words, which are in activity_texts, null where there are none; earlier_hash: its hash
    -- before schema 3; hash: SHA-256 in hex over the hash of the activity before and all other columns of this one
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL CHECK (at {_MOMENT}),
    verb TEXT NOT NULL CHECK (verb <> ''),
    user_id INTEGER REFERENCES users(id) ON DELETE RESTRICT,
    case_id INTEGER REFERENCES cases(id) ON DELETE RESTRICT,
    lead_id INTEGER REFERENCES leads(id) ON DELETE RESTRICT,
    contact_id INTEGER REFERENCES contacts(id) ON DELETE RESTRICT,
    email_id INTEGER REFERENCES emails(id) ON DELETE RESTRICT,
    about_user_id INTEGER REFERENCES users(id) ON DELETE RESTRICT,
    about_activity_id INTEGER REFERENCES activities(id) ON DELETE RESTRICT CHECK (about_activity_id < id),
    digest TEXT CHECK (length(digest) = 64),
    earlier_hash TEXT,
    hash TEXT NOT NULL DEFAULT '',
    CHECK (verb <> 'erased' OR about_activity_id IS NOT NULL)
) STRICT""",
    "CREATE INDEX activities_case ON activities(case_id, id) WHERE case_id IS NOT NULL",
    "CREATE INDEX activities_lead ON activities(lead_id, id) WHERE lead_id IS NOT NULL",
    "CREATE INDEX activities_contact ON activities(contact_id, id) WHERE contact_id IS NOT NULL",
    "CREATE INDEX activities_email ON activities(email_id, id) WHERE email_id IS NOT NULL",
    "CREATE UNIQUE INDEX activities_erased ON activities(about_activity_id) WHERE verb = 'erased'",
    """CREATE TRIGGER activities_no_update BEFORE UPDATE ON activities
    BEGIN SELECT RAISE(ABORT, 'activities are append-only'); END""",
    """CREATE TRIGGER activities_no_delete BEFORE DELETE ON activities
    BEGIN SELECT RAISE(ABORT, 'activities are append-only'); END""",
    """CREATE TABLE activity_texts (
    -- the words of an activity (names, addresses, reasons), with the random octets before them in its digest; both null
    -- once they are erased, as an activity with the verb 'erased' says
    activity_id INTEGER PRIMARY KEY REFERENCES activities(id) ON DELETE RESTRICT,
    salt BLOB CHECK (length(salt) >= 16),
    text TEXT CHECK (text <> ''),
    CHECK ((salt IS NULL) = (text IS NULL))
) STRICT""",
    """CREATE TRIGGER activity_texts_only_erased BEFORE UPDATE ON activity_texts
WHEN NOT (new.activity_id = old.activity_id AND old.text IS NOT NULL AND new.text IS NULL
    AND EXISTS (SELECT 1 FROM activities WHERE about_activity_id = old.activity_id AND verb = 'erased'))
    BEGIN SELECT RAISE(ABORT, 'texts of activities are only erased, after an activity that says so'); END""",
    """CREATE TRIGGER activity_texts_no_delete BEFORE DELETE ON activity_texts
    BEGIN SELECT RAISE(ABORT, 'texts of activities are only erased, after an activity that says so'); END""",
)
_OLD_JOURNAL = "activities_1"
_OLD_NAMES = ("activities_case", "activities_lead", "activities_contact", "activities_email")
_INDEXED = "subject, text, from_name, from_address, people, filenames"
_ROWS_AT_ONCE = 10_000
_EMAILS_AT_ONCE = 1_000


def change(connection: sqlite3.Connection) -> None:
    """Bring any form of schema 1 to its last, and put an empty journal of the new kind beside the old one."""
    connection.execute(recomputations.TABLE)
    if forms.even_out(connection) and connection.execute("SELECT 1 FROM emails LIMIT 1").fetchone():
        recomputations.begin(connection, "0003_index")
    connection.execute("DROP TRIGGER activities_no_update")
    connection.execute("DROP TRIGGER activities_no_delete")
    for name in _OLD_NAMES:
        connection.execute(f"DROP INDEX {name}")
    # What refers to activities goes on to mean the new table.
    connection.execute("PRAGMA legacy_alter_table = 1")
    connection.execute(f"ALTER TABLE activities RENAME TO {_OLD_JOURNAL}")
    connection.execute("PRAGMA legacy_alter_table = 0")
    for statement in _JOURNAL:
        connection.execute(statement)
    if connection.execute(f"SELECT 1 FROM {_OLD_JOURNAL} LIMIT 1").fetchone():
        recomputations.begin(connection, "0003_journal")
    else:
        connection.execute(f"DROP TABLE {_OLD_JOURNAL}")


def _index(connection: sqlite3.Connection, after: int) -> int | None:
    """Put the next emails into the new search index."""
    last: int | None
    (last,) = connection.execute(
        "SELECT max(id) FROM (SELECT id FROM emails WHERE id > ? ORDER BY id LIMIT ?)", (after, _EMAILS_AT_ONCE)
    ).fetchone()
    if last is not None:
        connection.execute(
            f"INSERT INTO email_search (rowid, {_INDEXED}) SELECT id, {_INDEXED} FROM emails WHERE id > ? AND id <= ?",
            (after, last),
        )
    return last


def _move(connection: sqlite3.Connection, after: int) -> int | None:
    """Move the next rows from the old journal to the new, each with its words beside it and bound to the one before.

    What is wrong with them stays wrong: the old hash goes with each row, and the new one covers it.
    """
    rows = connection.execute(
        "SELECT id, at, verb, user_id, case_id, lead_id, contact_id, email_id, about_user_id, detail, hash"
        f" FROM {_OLD_JOURNAL} WHERE id > ? ORDER BY id LIMIT ?",
        (after, _ROWS_AT_ONCE),
    ).fetchall()
    if not rows:
        connection.execute(f"DROP TABLE {_OLD_JOURNAL}")
        return None
    before = activities.head(connection).hash
    moved, texts = [], []
    for *kept, detail, earlier in rows:
        salt = clock.salt() if detail else b""
        row = (*kept, None, activities.digest(salt, detail) if detail else None, earlier)
        before = activities.chained(before, row)
        moved.append((*row, before))
        if detail:
            texts.append((kept[0], salt, detail))
    connection.executemany(
        "INSERT INTO activities (id, at, verb, user_id, case_id, lead_id, contact_id, email_id, about_user_id,"
        " about_activity_id, digest, earlier_hash, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        moved,
    )
    connection.executemany("INSERT INTO activity_texts (activity_id, salt, text) VALUES (?, ?, ?)", texts)
    last = int(rows[-1][0])
    connection.execute(f"DELETE FROM {_OLD_JOURNAL} WHERE id <= ?", (last,))
    return last


def _last(table: str) -> recomputations.Last:
    return lambda connection: int(connection.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()[0])


INDEX = recomputations.Recomputation(_last("emails"), _index)
JOURNAL = recomputations.Recomputation(_last(_OLD_JOURNAL), _move)
