"""Proof that nothing was changed: every kind of tampering is found and named; and copies that are sound."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
import threading
from pathlib import Path

import pytest

from casefleet_cli import archive
from casefleet_cli.core.rules.routing import Place
from casefleet_cli.custody import copies, reparsing, verifying
from casefleet_cli.desk import firm as firm_desk
from casefleet_cli.desk import links as link_desk
from casefleet_cli.errors import CannotCreateError, CasefleetError, NoInputError, TryAgainError, UnreadableError
from casefleet_cli.install import recipients
from casefleet_cli.intake.receiving import receive
from casefleet_cli.store import activities, database
from casefleet_cli.store.deliveries import Arrival
from tests import corpus
from tests.firm import Firm, mail


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    made = Firm(tmp_path)
    anna = made.contact("Anna")
    case = made.case("Nguyen Trust", anna)
    receive(made.db, mail("anna@client.example"), Arrival(made.ada, "pipe"))
    receive(made.db, mail("x@else.example", text="long " * 5000), Arrival(made.ada, "pipe"))
    receive(made.db, mail("x@else.example", sender="s@else.example"), Arrival(made.ada, "pipe"))
    link_desk.link(made.db, 2, contacts=(anna,), places=(Place("case", case),), acting=made.ada)
    with database.transaction(made.db):
        activities.add(made.db, "edited", contact_id=anna, detail="address minh@nguyen.example added")
    return made


def faults(firm: Firm, noted: activities.Head | None = None) -> dict[str, tuple[str, ...]]:
    return {checked.check: checked.faults for checked in verifying.checks(firm.db, noted) if checked.faults}


def tamper(firm: Firm, *statements: str) -> None:
    """As somebody with write access to the file would: the triggers are no obstacle."""
    firm.db.execute("PRAGMA foreign_keys = 0")
    for (name,) in firm.all("SELECT name FROM sqlite_schema WHERE type = 'trigger'"):
        firm.db.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        firm.db.execute(statement)


def test_what_is_as_it_was(firm: Firm) -> None:
    before = firm.all("SELECT * FROM activities")
    found = list(verifying.checks(firm.db))
    assert [(checked.check, checked.looked_at, checked.faults) for checked in found] == [
        ("database", 1, ()), ("originals", 3, ()), ("emails", 3, ()), ("links", 2, ()), ("index", 3, ()),
        ("journal", len(before), ()),
    ]  # fmt: skip
    assert firm.all("SELECT * FROM activities") == before


def test_what_was_looked_at_is_counted_in_words(firm: Firm) -> None:
    assert [checked.of_what for checked in verifying.checks(firm.db)] == [
        "file", "messages", "e-mails", "links", "e-mails", "activities"
    ]  # fmt: skip
    firm.db.execute("DELETE FROM email_cases WHERE email_id <> (SELECT min(email_id) FROM email_cases)")
    links = next(checked for checked in verifying.checks(firm.db) if checked.check == "links")
    assert (links.looked_at, links.of_what) == (1, "link")


@pytest.mark.parametrize(
    ("statement", "check", "words"),
    [
        ("UPDATE raw_messages SET content = x'00' WHERE id = 1", "originals", "message 1 (e-mail 1) are not those"),
        ("UPDATE raw_messages SET content = x'00' WHERE id = 2", "originals", "message 2 (e-mail 2) cannot be unpacked"),
        ("UPDATE raw_messages SET size = 1 WHERE id = 1", "originals", "message 1"),
        ("UPDATE emails SET text = 'another' WHERE id = 1", "index", "search index"),
        ("UPDATE emails SET standing = 'rejected' WHERE id = 1", "emails", "E-mail 1 is called rejected"),
        ("DELETE FROM decisions WHERE email_id = 3", "emails", "why e-mail 3 is"),
        ("DELETE FROM deliveries WHERE email_id = 3", "emails", "E-mail 3 came by no delivery"),
        ("UPDATE decisions SET verdicts = '[]' WHERE email_id = 1", "links", "E-mail 1 is on case 1 by a rule, but no"),
        ("UPDATE email_cases SET email_id = 3 WHERE email_id = 2", "links", "E-mail 3 is on case 1 by a person, but"),
        ("UPDATE email_cases SET case_id = 9 WHERE email_id = 2", "database", "email_cases names a row of cases"),
        ("UPDATE activities SET user_id = 2 WHERE id = 2", "journal", "Activity 2 is not what was written"),
        ("UPDATE activity_texts SET text = 'x'", "journal", "The words of activity 6, or the salt of their digest, are"),
        ("UPDATE activity_texts SET salt = NULL, text = NULL", "journal", "The words of activity 6 were erased, and no"),
        ("UPDATE activity_texts SET activity_id = 99", "database", "Row 99 of activity_texts names a row of activities"),
        ("UPDATE activities SET at = '2020-01-01T00:00:00Z' WHERE id = 1", "journal", "Activity 1 is not"),
        ("DELETE FROM activities WHERE id = 2", "journal", "Activity 2 is missing"),
        ("DELETE FROM activities WHERE id < 3", "journal", "Activities 1 to 2 are missing"),
    ],
)  # fmt: skip
def test_what_was_changed_is_named(firm: Firm, statement: str, check: str, words: str) -> None:
    tamper(firm, statement)
    found = faults(firm)
    assert any(words in fault for fault in found[check]), found


def test_one_change_in_the_journal_is_one_fault(firm: Firm) -> None:
    tamper(firm, "UPDATE activities SET verb = 'x' WHERE id = 2")
    assert faults(firm)["journal"] == ("Activity 2 is not what was written.",)


def test_a_noted_head_shows_that_the_end_was_cut_off_or_all_was_written_anew(firm: Firm) -> None:
    noted = activities.head(firm.db)
    receive(firm.db, mail("y@else.example"), Arrival(firm.ada, "pipe"))
    assert faults(firm, noted) == {}
    cut = (
        f"DELETE FROM {table} >= {noted.id}" for table in ("activities WHERE id", "activity_texts WHERE activity_id")
    )
    tamper(firm, *cut)
    assert "journal" not in faults(firm)
    assert "cut off" in faults(firm, noted)["journal"][0]
    with database.transaction(firm.db):
        activities.add(firm.db, "added")
        activities.add(firm.db, "added")
    assert "written anew" in faults(firm, noted)["journal"][0]


def test_erased_words_are_no_fault_and_no_head_is_lost_by_it(firm: Firm, tmp_path: Path) -> None:
    noted = activities.head(firm.db)
    with database.transaction(firm.db):
        assert activities.erase(firm.db, noted.id, user_id=firm.ada) == noted.id + 1
    assert faults(firm, noted) == {}
    copies.backup(firm.db, tmp_path / "copy.db")
    assert b"minh@nguyen" not in (tmp_path / "copy.db").read_bytes()
    tamper(firm, f"DELETE FROM activities WHERE id = {noted.id + 1}")
    assert faults(firm, noted)["journal"] == (
        f"The words of activity {noted.id} were erased, and no later activity says so.",
    )


def test_an_index_that_is_not_right_is_made_anew(firm: Firm) -> None:
    tamper(firm, "UPDATE emails SET text = 'another' WHERE id = 1")
    assert "index" in faults(firm)
    reparsing.rebuild_index(firm.db)
    assert "index" not in faults(firm)


def test_an_import_is_in_the_chain(firm: Firm, tmp_path: Path) -> None:
    path = tmp_path / "all.mbox"
    corpus.write_mbox(path, 300)
    archive.run(firm.db, [path], user_id=firm.ada, jobs=1)
    assert faults(firm) == {}
    assert firm.count("activities") > 300


# Copies.


def test_a_backup_while_mail_comes_in_is_one_moment_and_sound(firm: Firm, tmp_path: Path) -> None:
    stop = threading.Event()
    done = []

    def deliver() -> None:
        connection = database.open_database(firm.path)
        while not stop.is_set():
            raw = mail("anna@client.example", text=f"number {len(done)} " + "x" * 20_000, msgid=f"b{len(done)}")
            receive(connection, raw, Arrival(firm.ada, "pipe"))
            done.append(1)
        connection.close()

    thread = threading.Thread(target=deliver)
    thread.start()
    try:
        while len(done) < 20:
            thread.join(0.01)
        for number in range(3):
            to = tmp_path / f"copy{number}.db"
            size = copies.backup(database.open_reader(firm.path), to)
            assert to.stat().st_mode & 0o777 == 0o600
            assert to.stat().st_size == size
            copy = database.open_reader(str(to))
            assert copy.execute("SELECT count(*) FROM emails").fetchone()[0] >= 20
            assert copy.execute("SELECT count(*) FROM emails").fetchone() == copy.execute(
                "SELECT count(DISTINCT email_id) FROM deliveries").fetchone()  # fmt: skip
    finally:
        stop.set()
        thread.join()
    assert [path.name for path in tmp_path.iterdir() if "copy" in path.name and path.suffix != ".db"] == []


def test_a_backup_of_what_is_not_sound_leaves_nothing_and_says_so(firm: Firm, tmp_path: Path) -> None:
    tamper(firm, "UPDATE raw_messages SET content = x'00' WHERE id = 1")
    with pytest.raises(UnreadableError, match="message 1"):
        copies.backup(firm.db, tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()


def test_a_backup_never_overwrites(firm: Firm, tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("mine")
    with pytest.raises(CannotCreateError):
        copies.backup(firm.db, tmp_path / "notes")
    assert (tmp_path / "notes").read_text() == "mine"
    with pytest.raises(CannotCreateError):
        copies.backup(firm.db, tmp_path / "gone" / "copy")


def test_there_and_back(firm: Firm, tmp_path: Path) -> None:
    copies.backup(firm.db, tmp_path / "copy.db")
    receive(firm.db, mail("y@else.example"), Arrival(firm.ada, "pipe"))
    firm.db.close()
    to = Path(firm.path)
    with pytest.raises(CannotCreateError, match="--replace"):
        copies.restore(tmp_path / "copy.db", to, replace=False)
    aside = copies.restore(tmp_path / "copy.db", to, replace=True).replaced
    assert aside
    for path, count, journal in ((to, 3, "wal"), (aside, 4, "delete")):
        with contextlib.closing(sqlite3.connect(path)) as db:
            assert db.execute("SELECT count(*) FROM emails").fetchone() == (count,)
            assert db.execute("PRAGMA journal_mode").fetchone() == (journal,)
    assert to.stat().st_mode & 0o777 == 0o600
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} == {"copy.db", to.name, aside.name}
    to.unlink()
    assert copies.restore(tmp_path / "copy.db", to, replace=False) == ((), None, (), 0)
    again = copies.restore(aside, to, replace=True).replaced
    assert again
    assert again != aside
    with contextlib.closing(sqlite3.connect(to)) as db:
        assert db.execute("SELECT count(*) FROM emails").fetchone() == (4,)


def test_through_a_link_the_database_itself_is_replaced(firm: Firm, tmp_path: Path) -> None:
    copies.backup(firm.db, tmp_path / "copy.db")
    firm.db.close()
    link = tmp_path / "link.db"
    link.symlink_to(firm.path)
    aside = copies.restore(tmp_path / "copy.db", link, replace=True).replaced
    assert aside
    assert link.is_symlink()
    assert aside.name.startswith("casefleet.db.replaced-")
    assert database.open_reader(firm.path).execute("SELECT count(*) FROM emails").fetchone() == (3,)


def test_a_database_in_use_is_not_replaced(firm: Firm, tmp_path: Path) -> None:
    copies.backup(firm.db, tmp_path / "copy.db")
    before = Path(firm.path).stat().st_ino
    with pytest.raises(TryAgainError, match="in use by another program"):
        copies.restore(tmp_path / "copy.db", Path(firm.path), replace=True)
    assert Path(firm.path).stat().st_ino == before
    assert not list(tmp_path.glob("*.replaced-*"))
    assert firm.one("PRAGMA journal_mode") == "wal"
    receive(firm.db, mail("y@else.example"), Arrival(firm.ada, "pipe"))
    assert firm.count("emails") == 4


def test_who_opened_the_replaced_database_before_writes_nothing_into_either(firm: Firm, tmp_path: Path) -> None:
    copies.backup(firm.db, tmp_path / "copy.db")
    firm.db.close()
    with contextlib.closing(sqlite3.connect(firm.path, isolation_level=None)) as late:
        aside = copies.restore(tmp_path / "copy.db", Path(firm.path), replace=True).replaced
        assert aside
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            late.execute("INSERT INTO settings VALUES ('too', 'late')")
    for path in (firm.path, str(aside)):
        assert not database.beside(path)
        assert database.open_reader(path).execute("SELECT * FROM settings WHERE name = 'too'").fetchall() == []


def test_a_restore_that_fails_at_the_end_leaves_the_old_one_as_it_was(firm: Firm, tmp_path: Path, monkeypatch) -> None:
    copies.backup(firm.db, tmp_path / "copy.db")
    firm.db.close()
    monkeypatch.setattr(os, "replace", Refused(errno.EACCES))
    with pytest.raises(CannotCreateError, match="Permission denied"):
        copies.restore(tmp_path / "copy.db", Path(firm.path), replace=True)
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} == {"copy.db", "casefleet.db"}
    assert database.open_reader(firm.path).execute("PRAGMA journal_mode").fetchone() == ("wal",)


class Refused:
    """A call that the system refuses."""

    def __init__(self, code: int) -> None:
        self.code = code

    def __call__(self, *_: object, **__: object) -> None:
        raise OSError(self.code, os.strerror(self.code))


@pytest.mark.parametrize("suffix", ["-wal", "-shm", "-journal"])
def test_nothing_new_is_made_beside_what_is_left_of_another_database(firm: Firm, tmp_path: Path, suffix: str) -> None:
    leftover = tmp_path / f"new.db{suffix}"
    leftover.write_bytes(b"what another left")
    to = tmp_path / "new.db"
    for make in (
        lambda: copies.backup(firm.db, to),
        lambda: firm_desk.found(str(to), "log.x.example"),
        lambda: recipients.refresh(firm.db, str(to)),
    ):
        with pytest.raises(CannotCreateError, match=f"new.db{suffix} is there already, left of another database"):
            make()
        assert not to.exists()
        assert leftover.read_bytes() == b"what another left"
    copies.backup(firm.db, tmp_path / "copy.db")
    (aside,) = copies.restore(tmp_path / "copy.db", to, replace=False).leftovers
    assert aside.read_bytes() == b"what another left"
    assert database.beside(str(to)) == []
    assert faults_of(to) == {}


@pytest.mark.parametrize("journal", ["wal", "delete"])
@pytest.mark.parametrize("suffixes", [("-wal",), ("-shm",), ("-journal",), ("-wal", "-shm", "-journal")])
def test_what_says_nothing_beside_the_old_database_is_not_left_beside_the_new(
    firm: Firm, tmp_path: Path, journal: str, suffixes: tuple[str, ...]
) -> None:
    copies.backup(firm.db, tmp_path / "copy.db")
    firm.db.execute(f"PRAGMA journal_mode = {journal}")
    firm.db.close()
    for suffix in suffixes:
        Path(f"{firm.path}{suffix}").write_bytes(bytes(4096))
    aside = copies.restore(tmp_path / "copy.db", Path(firm.path), replace=True).replaced
    assert aside
    for path in (firm.path, str(aside)):
        assert database.beside(path) == []
        assert faults_of(Path(path)) == {}


def faults_of(path: Path) -> dict[str, tuple[str, ...]]:
    with contextlib.closing(database.open_database(str(path))) as db:
        return {checked.check: checked.faults for checked in verifying.checks(db) if checked.faults}


@pytest.mark.parametrize("content", [b"", b"not a database " * 100, None])
def test_what_is_no_copy_is_refused_and_changes_nothing(firm: Firm, tmp_path: Path, content: bytes | None) -> None:
    copy = tmp_path / "copy.db"
    if content is not None:
        copy.write_bytes(content)
    before = Path(firm.path).stat().st_ino
    with pytest.raises(CasefleetError) as refused:
        copies.restore(copy, Path(firm.path), replace=True)
    assert content is not None or isinstance(refused.value, NoInputError)
    assert Path(firm.path).stat().st_ino == before
    assert not list(tmp_path.glob("*.restoring*"))


def test_a_damaged_copy_is_refused(firm: Firm, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    copies.backup(firm.db, copy)
    with sqlite3.connect(copy) as db:
        db.execute("UPDATE raw_messages SET content = x'00' WHERE id = 1")
    before = Path(firm.path).stat().st_ino
    with pytest.raises(UnreadableError, match="message 1"):
        copies.restore(copy, Path(firm.path), replace=True)
    assert Path(firm.path).stat().st_ino == before
