"""What a mail server put aside: through the door as deliver would have it, out of the mailbox when it is logged."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from casefleet_cli.archive import redelivering, shrinking
from casefleet_cli.archive.redelivering import NO_RECIPIENT, NO_USER, SEVERAL, redeliver
from casefleet_cli.core.mail.envelope import Envelope, of_delivery
from casefleet_cli.errors import CasefleetError, NoInputError, TryAgainError, UnreadableError
from casefleet_cli.sources import locks
from tests import mortal
from tests.firm import BCC, DOMAIN, Firm, mail

RECEIVED = "Received: from mx.client.example by mx.firm.example; Mon, 02 Nov 2026 09:30:01 +0100\n"
GONE = f"gone@{DOMAIN}"
Fill = Callable[..., Path]


def delivered(
    raw: bytes, to: str = BCC["ada"], *more: str, local: str = "mail@localhost", path: str = "ada@firm.example"
) -> bytes:
    """As a mail server writes it: the fields of its delivery, its Received, the message."""
    above = [f"Return-Path: <{path}>", f"X-Original-To: {to}", f"Delivered-To: {local}", *more]
    return ("\n".join(above) + "\n" + RECEIVED).encode() + raw


HEARING = delivered(mail("anna@client.example"))
SECOND = delivered(mail("anna@client.example", subject="Second hearing"))
HELD = delivered(mail("anna@client.example", sender="mallory@elsewhere.example", subject="Held"))
UNKNOWN = delivered(mail("anna@client.example", subject="Unknown"), GONE)


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    made = Firm(tmp_path)
    made.case("Nguyen Trust", made.contact("Anna"))
    return made


def fill_maildir(folder: Path, *mails: bytes) -> Path:
    box = folder / "later"
    for sub in ("cur", "new", "tmp"):
        (box / sub).mkdir(parents=True, exist_ok=True)
    for number, raw in enumerate(mails):
        (box / ("new", "cur")[number % 2] / f"{1_795_833_400 + number}.P1.host").write_bytes(raw)
    return box


def fill_mbox(folder: Path, *mails: bytes) -> Path:
    box = folder / "later.mbox"
    box.write_bytes(b"".join(map(entry, mails)))
    os.utime(box, (1_795_000_000, 1_795_000_000))
    return box


def entry(raw: bytes) -> bytes:
    return b"From ada@firm.example Mon Nov  2 09:30:02 2026\n" + raw.replace(b"\nFrom ", b"\n>From ") + b"\n"


def waiting(box: Path) -> list[bytes]:
    """The mails that wait there now."""
    if box.is_dir():
        return [path.read_bytes() for path in sorted(box.glob("[cn]*/*"), key=lambda path: path.name)]
    return [part for part in box.read_bytes().split(b"From ada@firm.example Mon Nov  2 09:30:02 2026\n") if part]


@pytest.fixture(params=[fill_maildir, fill_mbox], ids=["maildir", "mbox"])
def fill(request: pytest.FixtureRequest) -> Fill:
    return request.param


def reasons(done: redelivering.Redelivery) -> list[str]:
    return [one.reason for one in done.stays]


def test_what_waited_is_logged_as_deliver_would_and_goes(firm: Firm, fill: Fill, tmp_path: Path) -> None:
    box = fill(tmp_path, HEARING, HELD, SECOND)
    done = redeliver(firm.db, box)
    assert (done.logged, done.known, done.stays) == (3, 0, [])
    assert waiting(box) == []
    assert sorted(firm.all("SELECT subject, standing FROM emails")) == [
        ("Hearing", "linked"), ("Held", "held"), ("Second hearing", "linked"),
    ]  # fmt: skip
    assert {bytes(content) for (content,) in firm.all("SELECT content FROM raw_messages")} == {HEARING, HELD, SECOND}
    columns = "user_id, source, bcc_address_id IS NULL, envelope_sender, import_id"
    assert set(firm.all(f"SELECT {columns} FROM deliveries")) == {(firm.ada, "pipe", 0, "ada@firm.example", None)}
    again = redeliver(firm.db, box)
    assert (again.logged, again.known, again.stays) == (0, 0, [])


def test_what_the_door_logged_already_is_known_and_goes(firm: Firm, fill: Fill, tmp_path: Path) -> None:
    redeliver(firm.db, fill(tmp_path, HEARING))
    before = list(firm.db.iterdump())
    box = fill(tmp_path, HEARING)
    done = redeliver(firm.db, box)
    assert (done.logged, done.known, done.stays, waiting(box)) == (0, 1, [], [])
    assert list(firm.db.iterdump()) == before


def test_a_case_tag_is_the_hand_of_the_user(firm: Firm, fill: Fill, tmp_path: Path) -> None:
    second = firm.case("Other matter")
    tagged = delivered(mail("anna@client.example"), BCC["ada"].replace("@", "+2026-102@"))
    assert redeliver(firm.db, fill(tmp_path, tagged)).logged == 1
    assert (second,) in firm.all("SELECT case_id FROM email_cases")
    assert firm.count("email_cases") == 2


RETIRED = "UPDATE bcc_addresses SET retired_at = '2026-01-02T00:00:00Z', expires_at = '2026-01-03T00:00:00Z'"
FORGED = mail("anna@client.example", sender="Ada Berg <ada@firm.example>")
REFUSED = {
    "unknown": (UNKNOWN, NO_USER, ""),
    "forged": (delivered(FORGED, f"ada-aaaaaaaaaaaaaaaaa@{DOMAIN}"), NO_USER, ""),
    "retired": (HEARING, NO_USER, RETIRED),
    "disabled": (HEARING, NO_USER, "UPDATE users SET disabled_at = '2026-01-02T00:00:00Z'"),
    "several": (delivered(mail("anna@client.example"), BCC["ada"], f"Delivered-To: {BCC['carl']}"), SEVERAL, ""),
    "known and unknown": (delivered(mail("anna@client.example"), BCC["ada"], f"Delivered-To: {GONE}"), SEVERAL, ""),
    "To and Cc": (delivered(mail(BCC["ada"], cc=BCC["carl"]), "mail@localhost"), NO_RECIPIENT, ""),
    "below Received": (RECEIVED.encode() + HEARING, NO_RECIPIENT, ""),
    "another domain": (delivered(mail("anna@client.example"), "ada@other.example"), NO_RECIPIENT, ""),
}


@pytest.mark.parametrize("case", list(REFUSED))
def test_what_deliver_would_refuse_stays_untouched(firm: Firm, fill: Fill, tmp_path: Path, case: str) -> None:
    raw, reason, change = REFUSED[case]
    if change:
        firm.db.execute(change)
    box = fill(tmp_path, raw)
    before = (waiting(box), list(firm.db.iterdump()))
    done = redeliver(firm.db, box)
    assert (done.logged, done.known, reasons(done)) == (0, 0, [reason])
    assert done.stays[0].origin.startswith(str(box))
    assert (waiting(box), list(firm.db.iterdump())) == before


def test_what_stays_stays_byte_for_byte_between_what_goes(firm: Firm, fill: Fill, tmp_path: Path) -> None:
    several = REFUSED["several"][0]
    quoted = delivered(mail("anna@client.example", text="Dear Anna,\nFrom here on: nothing.\n"), GONE)
    box = fill(tmp_path, HEARING, UNKNOWN, HELD, several, quoted, SECOND)
    stay = [waiting(box)[number] for number in (1, 3, 4)]
    done = redeliver(firm.db, box)
    assert (done.logged, reasons(done)) == (3, [NO_USER, SEVERAL, NO_USER])
    assert waiting(box) == stay
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []
    assert reasons(redeliver(firm.db, box)) == [NO_USER, SEVERAL, NO_USER]


ENVELOPES = {
    "both": (delivered(b"\n"), Envelope((BCC["ada"],), "ada@firm.example")),
    "null sender": (delivered(b"\n", path=""), Envelope((BCC["ada"],), "")),
    "none": (b"Subject: x\n\n", Envelope((), None)),
    "the same twice": (
        b"Delivered-To: <X@L.example>\nX-Original-To: x@l.example\n\n",
        Envelope(("x@l.example",), None),
    ),
    "in the body": (b"Subject: x\n\nDelivered-To: x@l.example\n", Envelope((), None)),
    "sender below Received": (b"Received: x\nReturn-Path: <x@y.example>\n\n", Envelope((), None)),
    "a From_ line above": (b"From x\nDelivered-To: x@l.example\n\n", Envelope(("x@l.example",), None)),
}


@pytest.mark.parametrize("case", list(ENVELOPES))
def test_the_envelope_stands_above_every_received(case: str) -> None:
    raw, wanted = ENVELOPES[case]
    assert of_delivery(raw, "l.example" if b"l.example" in raw else DOMAIN) == wanted


def test_a_mail_that_may_be_two_stays(firm: Firm, tmp_path: Path) -> None:
    doubtful = entry(HEARING).rstrip(b"\n") + b"\nFrom a friend\nSubject: Next\nDate: x\n\nText\n\n"
    box = tmp_path / "box"
    box.write_bytes(entry(SECOND) + doubtful)
    os.utime(box, (1_795_000_000, 1_795_000_000))
    done = redeliver(firm.db, box)
    assert (done.logged, len(done.stays)) == (1, 1)
    assert "may begin another" in done.stays[0].reason
    assert box.read_bytes() == doubtful


def test_in_a_maildir_a_file_is_one_mail_whatever_its_lines_say(firm: Firm, tmp_path: Path) -> None:
    inner = b"\n\nFrom carl@firm.example Mon Nov  2 09:30:02 2026\n" + delivered(
        mail("anna@client.example"), BCC["carl"]
    )
    raw = b"From ada@firm.example Mon Nov  2 09:30:02 2026\n" + HEARING + inner
    done = redeliver(firm.db, fill_maildir(tmp_path, raw))
    assert (done.logged, done.stays) == (1, [])
    assert firm.all("SELECT user_id FROM deliveries") == [(firm.ada,)]
    assert bytes(firm.one("SELECT content FROM raw_messages")) == raw


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda path: None, NoInputError),
        (lambda path: path.mkdir(), UnreadableError),
        (lambda path: path.write_bytes(HEARING), UnreadableError),
        (lambda path: path.write_bytes(b"\x89PNG\r\n"), UnreadableError),
    ],
    ids=["nothing", "a folder", "one mail", "a picture"],
)
def test_what_is_no_mailbox_is_refused(
    firm: Firm, tmp_path: Path, make: Callable[[Path], object], error: type[CasefleetError]
) -> None:
    path = tmp_path / "box"
    make(path)
    with pytest.raises(error, match="box"):
        redeliver(firm.db, path)
    assert firm.count("raw_messages") == 0


@pytest.fixture
def other(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    made = sqlite3.connect(tmp_path / "casefleet.db", isolation_level=None)
    yield made
    made.close()


def test_a_busy_database_ends_the_run_and_what_was_logged_goes(
    firm: Firm, fill: Fill, tmp_path: Path, other: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = fill(tmp_path, HEARING, SECOND)
    firm.db.execute("PRAGMA busy_timeout = 1")
    receive = redelivering.receive

    def and_then_busy(*values: object, **named: object) -> object:
        receipt = receive(*values, **named)  # type: ignore[arg-type]
        other.execute("BEGIN IMMEDIATE")
        return receipt

    monkeypatch.setattr(redelivering, "receive", and_then_busy)
    with pytest.raises(sqlite3.OperationalError):
        redeliver(firm.db, box)
    other.execute("ROLLBACK")
    assert firm.all("SELECT subject FROM emails") == [("Hearing",)]
    assert [b"Second hearing" in raw for raw in waiting(box)] == [True]


def test_a_tag_that_only_the_original_recipient_has(firm: Firm, tmp_path: Path, fill: Fill) -> None:
    kline = firm.case("Kline v. State", firm.contact("Bob"))
    tagged = BCC["ada"].replace("@", f"+{firm.one('SELECT number FROM cases WHERE id = ?', kline)}@")
    box = fill(tmp_path, delivered(mail("anna@client.example"), tagged, local=BCC["ada"]))
    done = redeliver(firm.db, box)
    assert (done.logged, done.stays, waiting(box)) == (1, [], [])
    assert firm.count("email_cases") == 2


def test_two_tags_are_two_recipients(firm: Firm, tmp_path: Path, fill: Fill) -> None:
    one, other = (BCC["ada"].replace("@", f"+2026-{n}@") for n in (1, 2))
    box = fill(tmp_path, delivered(mail("anna@client.example"), one, local=other))
    assert reasons(redeliver(firm.db, box)) == [SEVERAL]


@pytest.mark.parametrize("lock", ["dot", "fcntl"])
def test_a_locked_mbox_is_left_alone(firm: Firm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lock: str) -> None:
    box = fill_mbox(tmp_path, HEARING)
    monkeypatch.setattr(locks, "PATIENCE", 0)
    taken, release = os.pipe()
    if lock == "dot":
        Path(f"{box}.lock").write_text("")
    elif not (child := os.fork()):
        # A reader's lock already keeps us from writing.
        held = os.open(box, os.O_RDONLY)
        fcntl.lockf(held, fcntl.LOCK_SH)
        os.write(release, b"x")
        os.kill(os.getpid(), 19)
        os._exit(0)
    if lock == "fcntl":
        os.read(taken, 1)
    before = box.read_bytes()
    try:
        with pytest.raises(TryAgainError, match="locked"):
            redeliver(firm.db, box)
    finally:
        if lock == "fcntl":
            os.kill(child, 9)
            os.waitpid(child, 0)
    assert (box.read_bytes(), firm.count("raw_messages")) == (before, 0)


def test_killed_at_any_call_nothing_is_lost_or_doubled(tmp_path: Path, fill: Fill) -> None:
    mails = (HEARING, UNKNOWN, SECOND, REFUSED["several"][0], HELD)
    killed_at = 0
    with mortal.runner(tmp_path) as run:
        while True:
            killed_at += 1
            folder = tmp_path / f"{killed_at}"
            folder.mkdir()
            firm = Firm(folder)
            firm.case("Nguyen Trust", firm.contact("Anna"))
            box = fill(folder, *mails)
            stay = [waiting(box)[number] for number in (1, 3)]
            first = run("--db", firm.path, "redeliver", box, killed_at=killed_at)
            wanted = ["Hearing", "Held", "Second hearing"]
            if first.code == -9 and box.is_file():
                with box.open("ab") as file:  # the mail server goes on
                    file.write(entry(delivered(mail("anna@client.example", subject="After the kill"))))
                wanted = ["After the kill", *wanted]
            second = run("--db", firm.path, "redeliver", box)
            assert second.code == 1, (killed_at, second.stderr)
            assert waiting(box) == stay, killed_at
            assert sorted(subject for (subject,) in firm.all("SELECT subject FROM emails")) == wanted, killed_at
            assert firm.count("deliveries") == len(wanted)
            assert [path for path in folder.iterdir() if path.name.endswith("casefleet-kept")] == []
            firm.db.close()
            if first.code != -9:
                break
    assert first.code == 1
    assert killed_at > 4


def test_an_mbox_that_others_changed_after_a_kill_is_left_to_a_person(firm: Firm, tmp_path: Path) -> None:
    box = fill_mbox(tmp_path, HEARING, UNKNOWN)
    with mortal.runner(tmp_path) as run:
        killed_at = 1
        while not (tmp_path / f".{box.name}.casefleet-kept").exists():
            assert run("--db", firm.path, "redeliver", box, killed_at=killed_at).code == -9
            killed_at += 1
    box.write_bytes(entry(SECOND))
    with pytest.raises(UnreadableError, match="was changed"):
        redeliver(firm.db, box)
    assert box.read_bytes() == entry(SECOND)


def test_shrinking_leaves_what_came_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "box"
    path.write_bytes(b"aaaabbbbccccdd")
    descriptor = os.open(path, os.O_RDWR)
    shrinking.shrink(path, descriptor, [(0, 4), (8, 12)])
    os.close(descriptor)
    assert path.read_bytes() == b"bbbbdd"
