"""From every earlier schema to this one: nothing lost, all of it proven, in slices that a kill does not lose."""

from __future__ import annotations

import contextlib
import re
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from casefleet_cli.cli.app import run
from casefleet_cli.core.spoofing.suspicions import key
from casefleet_cli.custody import rekeying, verifying
from casefleet_cli.intake.receiving import receive
from casefleet_cli.store import (
    activities,
    database,
    feed,
    migration_0003,
    migration_0008,
    migration_0012,
    migration_0017,
    migrations,
    originals,
    recomputations,
    search,
)
from casefleet_cli.store.deliveries import Arrival
from tests import schemas
from tests.firm import BCC, Firm, mail
from tests.volume import volume

CLI = (sys.executable, "-m", "casefleet_cli")


def applied(since: int) -> str:
    """What `migrate` says of a database of this schema."""
    return f"Applied {', '.join(migrations.names()[since:])}."


def migrated(path: str) -> sqlite3.Connection:
    connection = database.open_database(path, migrating=True)
    assert rekeying.migrate(connection)[-1] == migrations.names()[-1]
    return connection


def faults(connection: sqlite3.Connection, noted: activities.Head | None = None) -> list[str]:
    return [fault for checked in verifying.checks(connection, noted) for fault in checked.faults]


def test_the_version_is_the_number_of_migrations(tmp_path: Path) -> None:
    assert [name[:4] for name in migrations.names()] == [
        f"{number:04d}" for number in range(1, database.SCHEMA_VERSION + 1)
    ]
    firm = Firm(tmp_path)
    assert firm.one("PRAGMA user_version") == database.SCHEMA_VERSION
    assert (migrations.pending(firm.db), migrations.apply(firm.db)) == ([], [])
    assert firm.one("PRAGMA foreign_keys") == 1


def test_no_schema_is_left_out() -> None:
    versions = {int(form[:-1]) for form in (*schemas.FORMS, *schemas.LATER)}
    lacking = set(range(1, database.SCHEMA_VERSION)) - versions
    assert not lacking, "run python -m tests.schemas before the migration that leaves it behind is there"


@pytest.mark.parametrize("form", [*schemas.FORMS, *schemas.LATER])
def test_every_form_becomes_the_schema_of_a_new_database(form: str, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    new = Firm(tmp_path / "new").db
    db = migrated((schemas.later if form in schemas.LATER else schemas.made)(tmp_path, form))
    assert schemas.schema(db) == schemas.schema(new)
    assert db.execute("SELECT * FROM email_search_config ORDER BY k").fetchall() == new.execute(
        "SELECT * FROM email_search_config ORDER BY k").fetchall()  # fmt: skip
    (made,) = db.execute("SELECT sql FROM sqlite_schema WHERE name = 'raw_messages'").fetchone()
    assert re.findall("packing IN .*?\\)", made) == ["packing IN ('', 'zlib', 'base64')"]


@pytest.mark.parametrize("form", schemas.FORMS)
def test_every_form_keeps_what_it_held_and_works_on(form: str, tmp_path: Path) -> None:
    path = schemas.made(tmp_path, form)
    db = migrated(path)
    told = [(row["id"], row["verb"], row["user"], row["case_number"], row["detail"]) for row in feed.of(db, "all")][
        ::-1
    ]
    assert told == [(row[0], "edited", "Ada Berg", "2026-101", row[9]) for row in schemas.journal(12)]
    assert faults(db) == []
    assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    assert db.execute("SELECT rowid FROM email_search('words')").fetchall() == [(1,), (2,), (3,)]
    if form == "1a":
        assert db.execute("SELECT * FROM import_skips").fetchall() == [(1, "a.eml", 0, "empty", "", 0, None, None)]
    raw = mail("anna@client.example", text="x" * 3000)
    receive(db, raw, Arrival(1, "pipe"))
    db.execute("INSERT INTO raw_messages (sha256, size, content, packing) VALUES (?, 1, x'00', 'base64')", ("0" * 64,))
    assert db.execute("SELECT count(*) FROM activities").fetchone() == (13,)


@pytest.mark.parametrize("form", schemas.LATER)
def test_every_later_form_keeps_what_it_held_and_works_on(form: str, tmp_path: Path) -> None:
    path = schemas.later(tmp_path, form)
    kept = (
        "SELECT id, standing, subject, logged_at FROM emails ORDER BY id",
        "SELECT id, sha256, size FROM raw_messages ORDER BY id",
        "SELECT id, email_id, user_id, source, raw_message_id, origin, standing, received_at FROM deliveries ORDER BY id",
        "SELECT id, delivery_id, email_id, outcome, reason, verdicts, decided_at FROM decisions ORDER BY id",
        "SELECT email_id, case_id, linked_by, decision_id, user_id, linked_at FROM email_cases ORDER BY email_id",
        "SELECT id, at, verb, user_id, case_id, contact_id, email_id, hash FROM activities ORDER BY id",
        "SELECT activity_id, text FROM activity_texts ORDER BY 1",
        "SELECT user_id, kind, email_id, read_at FROM notifications ORDER BY id",
    )
    with contextlib.closing(sqlite3.connect(path)) as old:
        before = [old.execute(question).fetchall() for question in kept]
        ((noted, digest),) = old.execute("SELECT id, hash FROM activities ORDER BY id DESC LIMIT 1").fetchall()
    db = migrated(path)
    assert [db.execute(question).fetchall() for question in kept] == before
    assert [len(rows) for rows in before] == [4, 4, 4, 4, 3, 8, 2, 3]
    assert faults(db, activities.Head(noted, digest)) == []
    assert db.execute("SELECT rowid FROM email_search('words')").fetchall() == [(2,)]
    assert receive(db, originals.of(db, 1), Arrival(1, "lmtp")).email_id == 1
    assert receive(db, mail("anna@client.example", text="new"), Arrival(1, "pipe")).email_id == 5


def test_the_present_schema_can_be_written_down_and_made_again(tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    with contextlib.closing(schemas._founded(tmp_path)) as db:
        for change in (
            "CREATE TABLE sins (id INTEGER PRIMARY KEY)",
            "ALTER TABLE cases ADD COLUMN sin_id INTEGER REFERENCES sins(id) ON DELETE RESTRICT",
            "INSERT INTO sins VALUES (7)",
            "UPDATE cases SET sin_id = 7",
        ):  # as a migration may: an older table refers to a newer one
            db.execute(change)
        text = schemas.written(db, "As it is.")
        version = db.execute("PRAGMA user_version").fetchone()
        schema = schemas.schema(db)
    with contextlib.closing(database.create_database(str(tmp_path / "again" / "casefleet.db"))) as again:
        again.executescript(text)
        assert again.execute("PRAGMA user_version").fetchone() == version
        assert schemas.schema(again) == schema
        assert faults(again) == []


def test_every_head_that_was_noted_is_still_recognised(tmp_path: Path) -> None:
    db = migrated(schemas.made(tmp_path, "1g"))
    for number, *_, noted in schemas.journal(12):
        assert faults(db, activities.Head(number, noted)) == []
    now = activities.head(db)
    assert faults(db, now) == []
    assert now.hash != noted
    assert "written anew" in faults(db, activities.Head(11, noted))[0]
    assert "cut off" in faults(db, activities.Head(13, noted))[0]


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE activities SET detail = 'x' WHERE id = 2", "Activity 2 was not what had been written when"),
        ("UPDATE activities SET case_id = NULL WHERE id = 5", "Activity 5 was not what had been written when"),
        ("DELETE FROM activities WHERE id = 7", "Activity 7 is missing"),
    ],
)
def test_what_was_changed_before_is_not_covered_up(statement: str, fault: str, tmp_path: Path) -> None:
    path = schemas.made(tmp_path, "1g")
    with contextlib.closing(sqlite3.connect(path)) as old, old:
        for verb in ("update", "delete"):
            old.execute(f"DROP TRIGGER activities_no_{verb}")
        old.execute(statement)
        for verb in ("update", "delete"):
            old.execute(f"CREATE TRIGGER activities_no_{verb} BEFORE {verb} ON activities BEGIN SELECT 1; END")
    (found,) = faults(migrated(path))
    assert found.startswith(fault)


def test_words_of_the_old_journal_can_be_erased_and_are_nowhere_in_the_file(tmp_path: Path) -> None:
    path = schemas.made(tmp_path, "1g", activities=20_000)
    assert "“wants”".encode() in Path(path).read_bytes()
    db = migrated(path)
    with database.transaction(db):
        for number in [row[0] for row in db.execute("SELECT activity_id FROM activity_texts").fetchall()]:
            activities.erase(db, number)
    assert faults(db, activities.Head(*[(row[0], row[-1]) for row in schemas.journal(17)][-1])) == []
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert "“wants”".encode() not in Path(path).read_bytes()


# In slices.


def test_a_slice_is_kept_and_the_next_begins_after_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migration_0003, "_ROWS_AT_ONCE", 5)
    monkeypatch.setattr(migration_0003, "_EMAILS_AT_ONCE", 2)
    path = schemas.made(tmp_path, "1a")
    db = database.open_database(path, migrating=True)
    told: list[tuple[str, int, int]] = []

    class KilledError(Exception):
        pass

    def tell(*reached: object) -> None:
        told.append(reached)
        if len(told) in (1, 3):
            raise KilledError

    for due in (["0003_index", "0003_journal"], ["0003_journal"]):
        with pytest.raises(KilledError):
            migrations.apply(db, tell)
        assert recomputations.due(db) == due
        assert migrations._apply_next(db) == []  # as another process would: it waits for what is due
        assert db.execute("PRAGMA user_version").fetchone() == (database.UNFINISHED + 3,)
    assert db.execute("SELECT count(*) FROM activities UNION ALL SELECT count(*) FROM activities_1").fetchall() == [
        (5,), (7,)
    ]  # fmt: skip
    assert rekeying.migrate(db, tell) == migrations.names()[2:]
    assert told == [
        ("0003_index", 2, 3), ("0003_index", 3, 3), ("0003_journal", 5, 12), ("0003_journal", 10, 12),
        ("0003_journal", 12, 12), ("0014_moments", 3, 3), ("0017_letters", 3, 3),
        ("0004_rekeying", 3, 3),
    ]  # fmt: skip
    assert faults(db) == []
    assert recomputations._slice(db, "0003_journal", migration_0003.JOURNAL) is None  # another process has ended it
    assert db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'activities_1'").fetchone() is None


def test_nobody_but_migrate_opens_a_database_that_is_being_migrated(tmp_path: Path) -> None:
    firm = Firm(tmp_path)
    for version, words in (
        (database.UNFINISHED + database.SCHEMA_VERSION, "is being migrated; where that was interrupted, run casefleet mig"),
        (database.UNFINISHED + database.SCHEMA_VERSION + 1, f"newer casefleet .schema {database.SCHEMA_VERSION + 1}"),
    ):  # fmt: skip
        firm.db.execute(f"PRAGMA user_version = {version}")
        for opens in (database.open_database, database.open_reader):
            with pytest.raises(database.WrongDatabaseError, match=words):
                opens(firm.path)
    with pytest.raises(database.WrongDatabaseError, match="newer casefleet"):
        database.open_database(firm.path, migrating=True)


def deliver(path: str) -> tuple[int, str]:
    done = subprocess.run(
        [*CLI, "--db", path, "deliver", "--recipient", BCC["ada"]], input=mail("x@client.example"),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    return done.returncode, done.stdout.decode()


@pytest.mark.soak
def test_a_kill_in_the_middle_loses_nothing_and_mail_waits(tmp_path: Path) -> None:
    count = volume(30_000, 100_000)
    path = schemas.made(tmp_path, "1g", activities=count)
    code, said = deliver(path)
    assert (code, said[:6]) == (75, "4.3.0 ")
    process = subprocess.Popen([*CLI, "--db", path, "migrate"], stdout=subprocess.DEVNULL)
    with contextlib.closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as watching:
        watched = "SELECT position FROM recomputations"
        while process.poll() is None:
            with contextlib.suppress(sqlite3.OperationalError):  # not begun yet
                if watching.execute(watched).fetchone()[0]:
                    break
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        (position,) = watching.execute(watched).fetchone()
    assert 0 < position < count
    code, said = deliver(path)
    assert code == 75
    assert said.startswith("4.3.0 ")
    assert "run casefleet migrate" in said
    done = subprocess.run([*CLI, "--db", path, "migrate"], stdout=subprocess.PIPE)
    assert (done.returncode, done.stdout.decode()) == (0, f"{applied(2)}\n")
    assert deliver(path) == (0, "")
    db = database.open_database(path)
    assert faults(db, activities.Head(*[(row[0], row[-1]) for row in schemas.journal(count)][-1])) == []
    assert db.execute("SELECT count(*) FROM activities").fetchone() == (count + 1,)


def test_several_at_once_share_the_work(tmp_path: Path) -> None:
    path = schemas.made(tmp_path, "1a", activities=30_000)
    many = [subprocess.Popen([*CLI, "--db", path, "migrate"], stdout=subprocess.PIPE) for _ in range(3)]
    said = {process.communicate()[0].decode() for process in many}
    assert [process.returncode for process in many] == [0, 0, 0]
    ends = r"(Kept it as it was: \S+\n)?(Applied (\d{4}_\w+(, )?)+\.\n|The database is up to date.*\n)"
    assert all(re.fullmatch(ends, one) for one in said)
    assert copies_beside(path)
    assert faults(database.open_database(path)) == []


def test_migrate_says_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = schemas.made(tmp_path, "1c")
    assert run(["--db", path, "feed", "--all"]) == 78
    assert "run casefleet migrate" in capsys.readouterr().err
    lacking = ", ".join(migrations.names()[1:])
    before = Path(path).read_bytes()
    assert run(["--db", path, "migrate", "--dry-run"]) == 0
    assert capsys.readouterr() == (f"Dry run: would apply {lacking}.\n", "")
    assert Path(path).read_bytes() == before
    assert copies_beside(path) == []
    assert run(["--db", path, "migrate"]) == 0
    (kept,) = copies_beside(path)
    assert capsys.readouterr() == (f"Kept it as it was: {kept}\n{applied(1)}\n", "")
    for words in ([], ["--dry-run"], ["--no-backup"]):
        assert run(["--db", path, "migrate", *words]) == 0
        assert capsys.readouterr() == ("The database is up to date; nothing to do.\n", "")
    assert copies_beside(path) == [kept]


def copies_beside(path: str) -> list[Path]:
    return sorted(Path(path).parent.glob("casefleet.db.schema-*"))


@pytest.mark.parametrize("form", ["1a", "2g", *schemas.LATER])
def test_migrate_keeps_the_database_as_it_was(form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = (schemas.later if form in schemas.LATER else schemas.made)(tmp_path, form)
    with contextlib.closing(sqlite3.connect(path)) as old:
        before = list(old.iterdump()) if form in schemas.LATER else None
        count = old.execute("SELECT count(*), min(fingerprint) FROM emails").fetchone()
    assert run(["--db", path, "migrate"]) == 0
    (kept,) = copies_beside(path)
    assert re.fullmatch(rf"casefleet\.db\.schema-{form[:-1]}-\d{{4}}-\d\d-\d\dT\d{{6}}Z", kept.name)
    assert kept.stat().st_mode & 0o777 == 0o600
    with contextlib.closing(sqlite3.connect(kept)) as copy:
        assert copy.execute("PRAGMA user_version").fetchone() == (int(form[:-1]),)
        assert copy.execute("SELECT count(*), min(fingerprint) FROM emails").fetchone() == count
        assert before is None or list(copy.iterdump()) == before
    capsys.readouterr()
    assert run(["--db", str(tmp_path / "back.db"), "restore", str(kept)]) == 0
    assert faults(database.open_database(str(tmp_path / "back.db"))) == []


def test_without_room_for_a_copy_it_is_migrated_on_demand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = schemas.later(tmp_path, "8a")
    assert run(["--db", path, "migrate", "--no-backup"]) == 0
    assert capsys.readouterr().out == f"{applied(8)}\n"
    assert copies_beside(path) == []


def test_what_is_not_sound_is_not_migrated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = schemas.later(tmp_path, "8a")
    with contextlib.closing(sqlite3.connect(path)) as old, old:
        old.execute("PRAGMA writable_schema = 1")
        old.execute(
            "UPDATE sqlite_schema SET sql = replace(sql, '(user_id)', '(address)') WHERE name = 'sender_addresses_user'"
        )
    assert run(["--db", path, "migrate"]) == 65
    assert capsys.readouterr().err.startswith(f"casefleet: {path} is not sound: SQLite says: ")
    assert copies_beside(path) == []
    with contextlib.closing(sqlite3.connect(path)) as old:
        assert old.execute("PRAGMA user_version").fetchone() == (8,)


def test_a_backup_of_an_earlier_schema_is_restored_and_migrated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "new").mkdir()
    copy = Path(schemas.made(tmp_path, "1g"))
    before = copy.read_bytes()
    assert run(["--db", str(tmp_path / "new" / "casefleet.db"), "restore", str(copy)]) == 0
    told = (
        "The copy was of an earlier release; it was brought up to this one: 0002_import_accounts, 0003_erasable_words,"
    )
    assert told in capsys.readouterr().out
    db = database.open_database(str(tmp_path / "new" / "casefleet.db"))
    assert db.execute("SELECT count(*) FROM activities").fetchone() == (12,)
    assert copy.read_bytes() == before
    assert not [path for path in (tmp_path / "new").iterdir() if "restoring" in path.name]


def test_the_names_that_are_there_are_looked_at_in_slices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migration_0012, "_ROWS_AT_ONCE", 2)
    path = schemas.later(tmp_path, "11a")
    names = ["Anna", "Müller, Eva", "Иван Петров", "Dr. Åsa Berg", "?"]
    with contextlib.closing(sqlite3.connect(path)) as old, old:
        old.executemany(
            "INSERT INTO contacts (name, created_at) VALUES (?, '2026-01-01T00:00:00Z')", [(n,) for n in names[1:]]
        )
    db = migrated(path)
    assert db.execute("SELECT name, look FROM contacts ORDER BY id").fetchall() == [(name, key(name)) for name in names]
    assert key("Müller, Eva") == key("Eva Muller")


def test_what_was_converted_before_has_its_format_from_its_label(tmp_path: Path) -> None:
    firm = Firm(tmp_path)
    labels = (("converted from .msg",), ("seen", "converted from winmail.dat"), ("converted from .msg files",), ())
    for number, given in enumerate(labels):
        receive(firm.db, mail(f"{number}@else.example"), Arrival(firm.ada, "eml", labels=given), vouched=True)
    firm.db.execute("ALTER TABLE deliveries DROP COLUMN format")
    migration_0008.change(firm.db)
    assert firm.all("SELECT format FROM deliveries ORDER BY id") == [("msg",), ("tnef",), (None,), (None,)]


def test_mail_that_is_there_is_found_by_whatever_form_of_letters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migration_0017, "_SLICE_OCTETS", 1)
    path = schemas.later(tmp_path, "16a")
    with contextlib.closing(sqlite3.connect(path)) as old, old:
        old.execute("UPDATE emails SET text = 'In der Straße', subject = NULL WHERE id = 3")
    db = migrated(path)
    assert db.execute("SELECT id, letters FROM emails WHERE letters IS NOT NULL").fetchall() == [(3, '["ß", "ss"]')]
    assert db.execute("SELECT rowid FROM email_search('strasse')").fetchall() == [(3,)]
    assert search.is_sound(db)
    db.execute("UPDATE emails SET text = 'weg', letters = NULL WHERE id = 3")
    assert db.execute("SELECT rowid FROM email_search('strasse')").fetchall() == []
    assert search.is_sound(db)
