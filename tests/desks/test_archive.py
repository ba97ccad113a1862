"""Bulk import: every format, whose mail it is, the rules, what is skipped, one notification, the same again."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

import pytest

from casefleet_cli import archive
from casefleet_cli.core.query import parse
from casefleet_cli.errors import NoInputError
from casefleet_cli.store import emails, imports, search
from tests import corpus
from tests.firm import DAYS, Firm, mail

SENT = mail("anna@client.example", msgid="sent")
RECEIVED = mail("ada@firm.example", sender="Anna <anna@client.example>", msgid="received")
STRANGE = mail("x@elsewhere.example", sender="y@elsewhere.example", msgid="strange")
MAILS = (SENT, RECEIVED, STRANGE)
TABLES = (
    *("raw_messages", "emails", "email_recipients", "email_references", "email_contacts", "email_cases", "email_leads"),
    *("attachments", "deliveries", "decisions", "activities", "notifications"),
)


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    made = Firm(tmp_path)
    made.case("Nguyen Trust", made.contact("Anna"))
    return made


def write_eml(folder: Path) -> Path:
    path = folder / "one.eml"
    path.write_bytes(SENT)
    return path


def write_folder(folder: Path) -> Path:
    root = folder / "mails"
    (root / "deeper").mkdir(parents=True)
    (root / "a.eml").write_bytes(SENT)
    (root / "deeper" / "b").write_bytes(RECEIVED)
    (root / "deeper" / "c.txt").write_bytes(STRANGE)
    return root


def write_maildir(folder: Path) -> Path:
    root = folder / "Maildir"
    for name in ("cur", "new", "tmp", ".Sent/cur", ".Sent/new"):
        (root / name).mkdir(parents=True)
    (root / ".Sent/cur/1.a.host:2,S").write_bytes(SENT)
    (root / "cur/2.a.host:2,FS").write_bytes(RECEIVED)
    (root / "new/3.a.host").write_bytes(STRANGE)
    return root


def write_mbox(folder: Path) -> Path:
    path = folder / "archive.mbox"
    path.write_bytes(b"".join(b"From a@b.example Mon May  3 10:00:00 2010\n" + raw + b"\n" for raw in MAILS))
    return path


def write_tar(folder: Path) -> Path:
    path = folder / "archive.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        tar.add(write_mbox(folder), "old/archive.mbox")
    (folder / "archive.mbox").unlink()
    return path


def everything(firm: Firm) -> dict[str, list[tuple]]:
    return {table: firm.all(f"SELECT * FROM {table}") for table in TABLES}


def index_is_whole(firm: Firm) -> None:
    firm.db.execute("INSERT INTO email_search(email_search, rank) VALUES('integrity-check', 1)")
    assert firm.count("search_pauses") == 0


FORMATS = [
    pytest.param(write_eml, "eml", 1, id="eml"),
    pytest.param(write_folder, "eml", 3, id="folder"),
    pytest.param(write_maildir, "maildir", 3, id="maildir"),
    pytest.param(write_mbox, "mbox", 3, id="mbox"),
    pytest.param(write_tar, "mbox", 3, id="tar"),
]


@pytest.mark.parametrize(("write", "source", "count"), FORMATS)
@pytest.mark.parametrize("jobs", [1, 2])
def test_every_format_is_imported_and_routed_by_the_rules(
    firm: Firm, tmp_path: Path, write, source, count, jobs
) -> None:
    summary = archive.run(firm.db, [write(tmp_path)], user_id=firm.ada, jobs=jobs)
    assert summary.counts == {"filed": 1, "unassigned": count - 1, "duplicate": 0, "skipped": 0}
    assert {row[0] for row in firm.all("SELECT source FROM deliveries")} == {source}
    by_id = dict(firm.all("SELECT msgid, id FROM emails"))
    assert emails.raw_of(firm.db, by_id["sent@mail.example"]).rstrip(b"\n") == SENT.rstrip(b"\n")
    assert firm.all("SELECT email_id, case_id FROM email_cases") == [(by_id["sent@mail.example"], 1)]
    assert firm.one("SELECT count(*) FROM emails WHERE standing = 'held'") == 0
    if count > 1:  # row 23: received mail is let in, not filed
        reasons = dict(firm.all("SELECT email_id, reason FROM decisions"))
        assert reasons[by_id["received@mail.example"]] == "not-sent-by-owner"
    assert firm.all("SELECT user_id, kind FROM notifications") == [(firm.ada, "import-summary")]
    index_is_whole(firm)
    assert len(search.numbers(firm.db, parse("court", DAYS))) == count


@pytest.mark.parametrize(("write", "source", "count"), FORMATS)
def test_the_same_again_changes_nothing(firm: Firm, tmp_path: Path, write, source, count) -> None:
    path = write(tmp_path)
    archive.run(firm.db, [path], user_id=firm.ada)
    before = everything(firm)
    again = archive.run(firm.db, [path], user_id=firm.ada)
    assert again.counts == {"filed": 0, "unassigned": 0, "duplicate": count, "skipped": 0}
    assert everything(firm) == {**before, "activities": firm.all("SELECT * FROM activities")}
    assert firm.count("notifications") == 1


def test_without_a_user_the_addresses_tell_and_what_is_nobodys_is_listed(firm: Firm, tmp_path: Path) -> None:
    path = write_mbox(tmp_path)
    position = path.read_bytes().index(b"From a@b", path.read_bytes().index(b"<received@"))
    summary = archive.run(firm.db, [path])
    assert summary.counts == {"filed": 1, "unassigned": 1, "duplicate": 0, "skipped": 1}
    assert summary.skipped == [(f"{path}#3", position, archive.NOBODYS, position, path.stat().st_size)]
    assert archive.run(firm.db, [path], dry_run=True).skipped == summary.skipped
    assert list(imports.skips(firm.db, summary.import_id or 0)) == summary.skipped
    # A colleague joins: what was nobody's is imported the next time, nothing else.
    firm.user("Yve", "y@elsewhere.example", "yve-aaaaaaaaaaaaaaaaa@log.firm.example")
    again = archive.run(firm.db, [path])
    assert again.counts == {"filed": 0, "unassigned": 1, "duplicate": 2, "skipped": 0}


def test_each_user_is_told_once_of_their_own(firm: Firm, tmp_path: Path) -> None:
    path = write_folder(tmp_path)
    (path / "carl.eml").write_bytes(mail("anna@client.example", sender="carl@firm.example", msgid="carl"))
    archive.run(firm.db, [path])
    assert firm.all("SELECT user_id, kind, detail FROM notifications ORDER BY user_id") == [
        (firm.ada, "import-summary", "1 filed, 1 unassigned"),
        (firm.carl, "import-summary", "1 filed"),
    ]


def test_a_dry_run_foretells_the_import_and_writes_nothing(firm: Firm, tmp_path: Path) -> None:
    path = write_folder(tmp_path)
    (path / "twin.eml").write_bytes(SENT + b"\n")
    (path / "noise.bin").write_bytes(b"\x89PNG\r\n" + bytes(100))
    before = everything(firm)
    changes = firm.db.total_changes
    dry = archive.run(firm.db, [path], dry_run=True)
    assert (everything(firm), firm.count("imports"), firm.db.total_changes) == (before, 0, changes)
    assert dry.sample[0] == (f"{path}/a.eml", "Hearing", "filed")
    real = archive.run(firm.db, [path])
    assert (dry.counts, sorted(dry.skipped)) == (real.counts, sorted(real.skipped))
    assert real.counts == {"filed": 1, "unassigned": 1, "duplicate": 1, "skipped": 2}


def test_a_path_that_is_not_there_stops_before_anything_is_written(firm: Firm, tmp_path: Path) -> None:
    with pytest.raises(NoInputError):
        archive.run(firm.db, [write_eml(tmp_path), tmp_path / "nothing"])
    assert firm.count("imports") == firm.count("emails") == 0


def test_a_finished_mbox_is_passed_over_without_being_read(firm: Firm, tmp_path: Path) -> None:
    path = tmp_path / "many.mbox"
    size = corpus.write_mbox(path, 60)
    archive.run(firm.db, [path], user_id=firm.ada)
    status = path.stat()
    with path.open("r+b") as file:  # only the ends are looked at when size and time are the same
        file.seek(20_000)
        file.write(b"X" * (size - 40_000))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    again = archive.run(firm.db, [path], user_id=firm.ada)
    assert again.counts == {"filed": 0, "unassigned": 0, "duplicate": 60, "skipped": 0}


def test_an_mbox_that_has_grown_is_read_and_its_known_mail_is_not_parsed(firm: Firm, tmp_path: Path) -> None:
    path = write_mbox(tmp_path)
    archive.run(firm.db, [path], user_id=firm.ada)
    with path.open("ab") as file:
        file.write(b"From a@b.example Mon May  3 10:00:00 2010\n" + mail("anna@client.example", msgid="late"))
    grown = archive.run(firm.db, [path], user_id=firm.ada)
    assert grown.counts == {"filed": 1, "unassigned": 0, "duplicate": 3, "skipped": 0}


def test_flags_and_folders_are_kept_as_labels(firm: Firm, tmp_path: Path) -> None:
    archive.run(firm.db, [write_maildir(tmp_path)], user_id=firm.ada)
    assert {row[0] for row in firm.all("SELECT labels FROM deliveries")} == {
        '["Sent", "seen"]',
        '["flagged", "seen"]',
        "[]",
    }


def test_workers_and_batches_give_what_one_by_one_gives(firm: Firm, tmp_path: Path) -> None:
    path = tmp_path / "many.mbox"
    corpus.write_mbox(path, 500)
    archive.run(firm.db, [path], user_id=firm.ada, jobs=2)
    other = Firm(Path(tmp_path, "other")) if Path(tmp_path, "other").mkdir() is None else firm
    other.case("Nguyen Trust", other.contact("Anna"))
    archive.run(other.db, [path], user_id=other.ada, jobs=1)
    columns = "fingerprint, msgid, subject, from_address, text, people, filenames, forwards, defects, standing"
    for sql in (f"SELECT {columns} FROM emails", "SELECT sha256, size, content FROM raw_messages"):
        assert firm.all(sql) == other.all(sql)
    originals = list(corpus.messages(500))
    kept = [emails.raw_of(firm.db, number) for (number,) in firm.all("SELECT id FROM emails ORDER BY id")]
    assert [raw.rstrip(b"\n") for raw in kept] == [raw.rstrip(b"\n") for raw in originals]
    index_is_whole(firm)


def test_a_message_that_kills_its_parser_is_kept_unread(firm: Firm, tmp_path: Path, monkeypatch) -> None:
    sites = tmp_path / "site"
    sites.mkdir()
    (sites / "sitecustomize.py").write_text(
        "import os\nfrom casefleet_cli.core.mail import message\nparse = message.parse\n"
        "message.parse = lambda raw, *more: os._exit(9) if b'poison' in raw[-60_000:] else parse(raw, *more)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(sites))
    mails = [
        mail("anna@client.example", msgid=str(n), text=f"{'poison' if n in (420, 421) else 'wine'} {n}")
        for n in range(600)
    ]
    path = tmp_path / "many.mbox"
    path.write_bytes(b"".join(b"From a@b.example Mon May  3 10:00:00 2010\n" + raw + b"\n" for raw in mails))
    summary = archive.run(firm.db, [path], user_id=firm.ada, jobs=2)
    assert summary.counts == {"filed": 598, "unassigned": 2, "duplicate": 0, "skipped": 0}
    assert firm.one("SELECT count(*) FROM emails WHERE defects = '[\"not-understood\"]'") == 2


def test_a_growing_mbox_gives_each_mail_once_and_whole(firm: Firm, tmp_path: Path) -> None:
    line = b"From a@b.example Mon May  3 10:00:00 2010\n"
    path = tmp_path / "Inbox"
    path.write_bytes(line + SENT + b"\n" + line + RECEIVED.rstrip(b"\n"))
    first = archive.run(firm.db, [path], user_id=firm.ada)
    assert first.counts == {"filed": 1, "unassigned": 0, "duplicate": 0, "skipped": 1}
    assert "still being written" in first.skipped[0].reason
    assert firm.all("SELECT messages, logged, known, is_done FROM import_sources") == [(2, 1, 0, 1)]
    with path.open("ab") as file:
        file.write(b"\nand its end.\n\n" + line + STRANGE + b"\n")
    second = archive.run(firm.db, [path], user_id=firm.ada)
    assert second.counts == {"filed": 0, "unassigned": 2, "duplicate": 1, "skipped": 0}
    assert firm.count("emails") == 3
    assert not path.with_name("Inbox.lock").exists()
    third = archive.run(firm.db, [path], user_id=firm.ada)
    assert third.counts == {"filed": 0, "unassigned": 0, "duplicate": 3, "skipped": 0}
    assert firm.all("SELECT import_id, logged, known FROM import_sources ORDER BY import_id") == [
        (1, 1, 0), (2, 2, 1), (3, 0, 3),
    ]  # fmt: skip


def test_what_is_listed_twice_stands_as_it_was_found_last(firm: Firm) -> None:
    number = imports.start(firm.db, ["box"], firm.ada, {})
    for skip in (("box#2", 70, "It grows.", 70, 90), ("box#2", 70, "It is odd.", 72, 95)):
        imports.skip(firm.db, number, skip, "box")
    assert list(imports.skips(firm.db, number)) == [skip]
