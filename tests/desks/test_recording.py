"""Logging many messages at once is the same as logging them one by one, row by row."""

from __future__ import annotations

import functools
import json
import sqlite3
from pathlib import Path

import pytest

from casefleet_cli import clock
from casefleet_cli.core.secrets import Mask
from casefleet_cli.intake.deciding import Memory
from casefleet_cli.intake.recording import Mail, record
from casefleet_cli.intake.understanding import packed, understand
from casefleet_cli.store import activities
from casefleet_cli.store.database import transaction
from casefleet_cli.store.deliveries import Arrival
from casefleet_cli.store.search import indexing_at_end
from tests import corpus
from tests.desks.test_archive import TABLES
from tests.fakes import bug_in
from tests.firm import BCC, DOMAIN, NOW, Firm, mail

ANNA, LEE, WU = "anna@client.example", "lee@client.example", "wu@client.example"


@functools.cache
def originals() -> tuple[bytes, ...]:
    """Mail that is several times the same, and other mail."""
    return (*SPECIAL, *corpus.messages(40))


SPECIAL = (
    mail(ANNA, msgid="1"),
    mail(LEE, msgid="2", cc=f"{ANNA}, {WU}"),
    mail(ANNA, msgid="1"),  # the same bytes
    mail(ANNA, msgid="1", received="from mx.example by mail.example"),  # the same mail
    mail(ANNA, msgid="1", text="Another mail with its Message-ID."),
    mail(ANNA, msgid="1", text="And a third."),
    mail(
        "ada@firm.example", sender="Lee <lee@client.example>", msgid="3", references="<1@mail.example> <2@mail.example>"
    ),
    mail("x@elsewhere.example", msgid="4", bcc=BCC["ada"]),
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 not a mail",
    mail(WU, msgid="5"),
)


@pytest.fixture(autouse=True)
def _same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "stamp", lambda *_: NOW)


def made(folder: Path) -> Firm:
    folder.mkdir()
    firm = Firm(folder)
    firm.case("Nguyen Trust", firm.contact("Anna"))
    firm.lead("Lee", firm.contact("Lee"))
    firm.case("One", wu := firm.contact("Wu"))
    firm.case("Two", wu)
    firm.case("Corpus", firm.contact("Client", *(address for _, address in corpus.CLIENTS)))
    firm.add("imports", started_at=NOW, paths="[]")
    return firm


def mails(firm: Firm) -> list[Mail]:
    mask = Mask(DOMAIN)
    return [
        Mail(understand(packed(raw), mask), Arrival(firm.ada, "mbox", origin=f"a#{n}", import_id=1, labels=("Sent",)))
        for n, raw in enumerate(originals())
    ]


def together(firm: Firm) -> list[str]:
    with transaction(firm.db), indexing_at_end(firm.db):
        return [receipt.outcome for receipt in record(firm.db, mails(firm), Memory(firm.db), vouched=True)]


def one_by_one(firm: Firm) -> list[str]:
    with transaction(firm.db), indexing_at_end(firm.db):
        memory = Memory(firm.db)
        return [record(firm.db, [one], memory, vouched=True)[0].outcome for one in mails(firm)]


def contents(firm: Firm) -> dict[str, list[tuple]]:
    return {table: firm.all(f"SELECT * FROM {table} ORDER BY 1, 2") for table in TABLES}


def test_together_is_the_same_as_one_by_one(tmp_path: Path) -> None:
    first, second = made(tmp_path / "first"), made(tmp_path / "second")
    outcomes = together(first)
    assert outcomes == one_by_one(second)
    assert {"filed", "unassigned", "duplicate"} == set(outcomes)
    assert contents(first) == contents(second)
    assert together(first) == ["duplicate"] * len(originals())
    assert contents(first) == contents(second)


def test_a_bug_in_what_is_done_together_sends_all_the_usual_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = made(tmp_path / "first"), made(tmp_path / "second")
    expected = one_by_one(second)

    add_all = activities.add_all

    def fail(connection: sqlite3.Connection, done: list) -> None:
        if len(done) > 2:
            raise ValueError("a bug")
        add_all(connection, done)

    monkeypatch.setattr(activities, "add_all", fail)
    assert together(first) == expected
    assert contents(first) == contents(second)


def test_a_bug_with_one_of_many_leaves_that_one_bare_and_the_others_whole(tmp_path: Path) -> None:
    firm = made(tmp_path / "firm")
    firm.db.execute(
        "CREATE TRIGGER bug BEFORE INSERT ON email_recipients WHEN new.address = 'wu@client.example'"
        " BEGIN SELECT RAISE(ABORT, 'a bug'); END"
    )
    assert together(firm)[9] == "unassigned"
    bare = firm.all("SELECT e.id FROM emails AS e, json_each(e.defects) AS d WHERE d.value = 'not-understood'")
    raws = firm.all(
        "SELECT d.origin FROM deliveries AS d JOIN json_each(?) AS b ON b.value = d.email_id",
        json.dumps([number for (number,) in bare]),
    )
    assert raws == [("a#1",), ("a#9",)]
    assert firm.count("raw_messages") == len(set(originals()))
    assert [reason for (reason,) in firm.all("SELECT reason FROM decisions WHERE reason IS NOT NULL")].count(
        "not-understood"
    ) == 2


def test_a_fault_of_the_machine_is_raised(tmp_path: Path) -> None:
    firm = made(tmp_path / "firm")

    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL
    with bug_in(activities, "add_all", full), pytest.raises(sqlite3.OperationalError, match="full"):
        together(firm)
    assert firm.count("emails") == 0
