"""Databases as every earlier schema made them, with a firm, mail and a journal in each.

`python -m tests.schemas` writes the present one down, for the migration that leaves it behind.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from casefleet_cli import archive
from casefleet_cli.core.rules.routing import Place
from casefleet_cli.desk import links as link_desk
from casefleet_cli.intake.receiving import receive
from casefleet_cli.store import activities, database, migrations
from casefleet_cli.store.deliveries import Arrival
from tests.firm import BCC, DOMAIN, NOW, Firm, mail

FOLDER = Path(__file__).parent.parent / "fixtures" / "schemas"
FORMS = sorted(path.stem for path in FOLDER.glob("1[a-z].sql"))
"""Schema 1 had seven, a to g."""
FORMS += [f"2{form[1]}" for form in FORMS[1:]]
"""Schema 2 could be made of all but the first."""
LATER = [path.stem for path in sorted(FOLDER.glob("*.sql")) if 2 < int(path.stem[:-1]) < database.SCHEMA_VERSION]
"""Of the schemas since, each as it landed; their rows are in the files, as the code of that day wrote them."""
IMPORT_ACCOUNTS = """
ALTER TABLE import_sources ADD COLUMN logged INTEGER NOT NULL DEFAULT 0;
ALTER TABLE import_sources ADD COLUMN known INTEGER NOT NULL DEFAULT 0;
ALTER TABLE import_skips ADD COLUMN is_bookkeeping INTEGER NOT NULL DEFAULT 0 CHECK (is_bookkeeping IN (0, 1));
"""
DETAILS = ("", "ada@firm.example", "Müller “wants” it\n", "", "x\0y")


def made(folder: Path, form: str, activities: int = 12, mails: int = 3) -> str:
    """The path of a database of one form of schema 1 or 2."""
    path = str(folder / "casefleet.db")
    db = database.create_database(path)
    db.executescript((FOLDER / f"1{form[1]}.sql").read_text() + (IMPORT_ACCOUNTS if form[0] == "2" else ""))
    db.execute("BEGIN")
    wrapped = migrations._wrap(db)
    migrations._migrations.ensure_migrations_table(wrapped)
    for name in migrations.names()[: int(form[0])]:
        migrations._migrations._record_applied(wrapped, name)
    db.execute(f"PRAGMA application_id = {database.APPLICATION_ID}")
    db.execute(f"PRAGMA user_version = {form[0]}")
    _fill(db, form, mails)
    has_hash = "hash" in columns(db, "activities")
    db.executemany(
        "INSERT INTO activities (id, at, verb, user_id, case_id, lead_id, contact_id, email_id, about_user_id, detail"
        f"{', hash' if has_hash else ''}) VALUES (?,?,?,?,?,?,?,?,?,?{',?' if has_hash else ''})",
        (row if has_hash else row[:-1] for row in journal(activities)),
    )
    if "batches" in {row[0] for row in db.execute("SELECT name FROM sqlite_schema")}:
        db.execute("INSERT INTO batches (at) VALUES (?)", (NOW,))
        db.execute("INSERT INTO batch_activities VALUES (1, 3)")
    db.execute("COMMIT")
    db.close()
    return path


def later(folder: Path, form: str) -> str:
    """The path of a database of one form of a later schema.

    E-mail 1 is filed, 2 linked by hand, 3 held, 4 imported and filed; activity 8 is the last.
    """
    path = str(folder / "casefleet.db")
    with contextlib.closing(database.create_database(path)) as db:
        db.executescript((FOLDER / f"{form}.sql").read_text())
    return path


def written(db: sqlite3.Connection, title: str) -> str:
    """A database as SQL: its schema and its rows; the search index is made anew from them."""
    schema = db.execute("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid").fetchall()
    (index,) = (name for _, name, sql in schema if sql.startswith("CREATE VIRTUAL"))
    tables = [(name, sql) for kind, name, sql in schema if kind == "table" and not name.startswith(f"{index}_")]
    # A later migration may let an older table refer to a newer one: all of them are there before any row.
    lines = [f"-- {title}", "PRAGMA foreign_keys = 0;"]
    lines += [line for _, sql in tables for line in ("", f"{sql};")]
    for name, _ in tables:
        rows = list(_rows_of(db, f"{index}_config" if name == index else name))
        lines += ["", *rows] if rows else []
    lines += [line for kind, _, sql in schema if kind != "table" for line in ("", f"{sql};")]
    lines += ["", f"INSERT INTO {index} ({index}) VALUES ('rebuild');", "", "PRAGMA foreign_keys = 1;"]
    for mark in ("application_id", "user_version"):
        lines.append(f"PRAGMA {mark} = {db.execute(f'PRAGMA {mark}').fetchone()[0]};")
    return "\n".join(lines) + "\n"


def _rows_of(db: sqlite3.Connection, table: str) -> Iterator[str]:
    names = list(columns(db, table))
    quoted = ", ".join(f"quote({name})" for name in names)
    for row in db.execute(f"SELECT {quoted} FROM {table}"):
        yield f"INSERT OR REPLACE INTO {table} ({', '.join(names)}) VALUES ({', '.join(row)});"


def journal(count: int) -> Iterator[tuple]:
    """Rows as schema 1 wrote them: hash over the hash before, a line end, and the columns as a JSON array."""
    before = ""
    for number in range(1, count + 1):
        row = (number, NOW, "edited", 1, 1, None, None, None, None, DETAILS[number % len(DETAILS)])
        before = hashlib.sha256(f"{before}\n{json.dumps(row, ensure_ascii=False)}".encode()).hexdigest()
        yield (*row, before)


def _fill(db: sqlite3.Connection, form: str, mails: int) -> None:
    db.execute("INSERT INTO settings VALUES ('logging_domain', ?)", (DOMAIN,))
    db.execute("INSERT INTO users (name, created_at) VALUES ('Ada Berg', ?)", (NOW,))
    db.execute("INSERT INTO sender_addresses (user_id, address) VALUES (1, 'ada@firm.example')")
    db.execute("INSERT INTO bcc_addresses (user_id, address, created_at) VALUES (1, ?, ?)", (BCC["ada"], NOW))
    db.execute("INSERT INTO cases (number, title, opened_at) VALUES ('2026-101', 'Trust', ?)", (NOW,))
    has_packing = "packing" in columns(db, "raw_messages")
    for number in range(1, mails + 1):
        raw = f"Subject: mail {number}\n\nwords\n".encode()
        content = (zlib.compress(raw), "zlib") if has_packing else (raw,)
        db.execute(
            f"INSERT INTO raw_messages (sha256, size, content{', packing' if has_packing else ''})"
            f" VALUES (?, ?, ?{', ?' if has_packing else ''})",
            (hashlib.sha256(raw).hexdigest(), len(raw), *content),
        )
        db.execute(
            "INSERT INTO emails (fingerprint, raw_message_id, standing, subject, from_address, logged_at, text, size)"
            " VALUES (?, ?, 'unassigned', ?, 'eva@else.example', ?, 'words', ?)",
            (f"{number:064x}", number, f"mail {number}", NOW, len(raw)),
        )
        db.execute(
            "INSERT INTO deliveries (email_id, user_id, source, raw_message_id, standing, received_at)"
            " VALUES (?, 1, 'pipe', ?, 'routed', ?)",
            (number, number, NOW),
        )
        db.execute(
            "INSERT INTO decisions (delivery_id, email_id, outcome, verdicts, decided_at)"
            " VALUES (?, ?, 'unassigned', '[]', ?)",
            (number, number, NOW),
        )
    if "skipped" in columns(db, "imports"):
        skipped = json.dumps([{"origin": "a.eml", "position": 0, "reason": "empty"}])
        db.execute("INSERT INTO imports (started_at, paths, skipped) VALUES (?, '[]', ?)", (NOW, skipped))


def columns(db: sqlite3.Connection, table: str) -> dict[str, tuple]:
    """The columns of a table by name: type, not null, default, place in the key."""
    return {row[1]: row[2:] for row in db.execute(f"PRAGMA table_info({table})")}


def schema(db: sqlite3.Connection) -> dict[str, object]:
    """Everything in the schema by name; a table as its columns, in any order."""
    rows = db.execute("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL").fetchall()
    return {name: columns(db, name) if kind == "table" else sql for kind, name, sql in rows}


def _founded(folder: Path) -> sqlite3.Connection:
    """What `later` tells of, as the present code makes it."""
    firm = Firm(folder)
    anna = firm.contact("Anna")
    case = firm.case("Trust", anna)
    receive(firm.db, mail("anna@client.example"), Arrival(firm.ada, "pipe"))
    receive(firm.db, mail("x@else.example", subject="Words", text="Old words."), Arrival(firm.ada, "pipe"))
    receive(firm.db, mail("ada@firm.example", sender="eve@else.example", subject="Held"), Arrival(firm.carl, "lmtp"))
    link_desk.link(firm.db, 2, contacts=(anna,), places=(Place("case", case),), acting=firm.ada)
    (folder / "old.eml").write_bytes(mail("anna@client.example", subject="Older", text="From the archive."))
    archive.run(firm.db, [folder / "old.eml"], user_id=firm.ada, jobs=1)
    with database.transaction(firm.db):
        activities.add(firm.db, "edited", contact_id=anna, detail="address minh@nguyen.example added")
    return firm.db


def main() -> None:
    """Write the present schema down."""
    with tempfile.TemporaryDirectory() as folder:
        text = written(
            _founded(Path(folder)), f"Schema {database.SCHEMA_VERSION} as it landed, with a firm and its mail."
        )
        (FOLDER / f"{database.SCHEMA_VERSION}a.sql").write_text(text.replace(folder, "/srv/mail"))


if __name__ == "__main__":
    main()
