"""Logging many messages at once is the same as logging them one by one, row by row."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from casefleet_cli import clock, intake
from casefleet_cli.archive import bulk
from casefleet_cli.core.secrets import Mask
from casefleet_cli.store import activities
from casefleet_cli.store.database import transaction
from casefleet_cli.store.deliveries import Arrival
from casefleet_cli.store.search import indexing_at_end
from tests import corpus
from tests.desks.test_archive import TABLES
from tests.firm import BCC, DOMAIN, NOW, Firm, mail

ANNA, LEE, WU = "anna@client.example", "lee@client.example", "wu@client.example"
MAILS = (
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
    *corpus.messages(40),
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


def prepared(firm: Firm) -> list[tuple[intake.Prepared, Arrival]]:
    mask = Mask(DOMAIN)
    return [
        (intake.prepare(raw, mask), Arrival(firm.ada, "mbox", origin=f"a#{n}", import_id=1, labels=("Sent",)))
        for n, raw in enumerate(MAILS)
    ]


def together(firm: Firm) -> list[str]:
    with transaction(firm.db), indexing_at_end(firm.db):
        return bulk.record_all(firm.db, prepared(firm), intake.Memory(firm.db))


def one_by_one(firm: Firm) -> list[str]:
    with transaction(firm.db), indexing_at_end(firm.db):
        memory = intake.Memory(firm.db)
        return [intake.record_prepared(firm.db, *one, memory, vouched=True).outcome for one in prepared(firm)]


def contents(firm: Firm) -> dict[str, list[tuple]]:
    return {table: firm.all(f"SELECT * FROM {table} ORDER BY 1, 2") for table in TABLES}


def test_together_is_the_same_as_one_by_one(tmp_path: Path) -> None:
    first, second = made(tmp_path / "first"), made(tmp_path / "second")
    outcomes = together(first)
    assert outcomes == one_by_one(second)
    assert {"filed", "unassigned", "duplicate"} == set(outcomes)
    assert contents(first) == contents(second)
    assert together(first) == ["duplicate"] * len(MAILS)
    assert contents(first) == contents(second)


def test_a_bug_in_what_is_done_together_sends_all_the_usual_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = made(tmp_path / "first"), made(tmp_path / "second")
    expected = one_by_one(second)

    def fail(*_: object) -> None:
        raise ValueError("a bug")

    monkeypatch.setattr(activities, "add_all", fail)
    assert together(first) == expected
    assert contents(first) == contents(second)


def test_a_fault_of_the_machine_is_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    firm = made(tmp_path / "firm")

    def full(*_: object) -> None:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    monkeypatch.setattr(activities, "add_all", full)
    with pytest.raises(sqlite3.OperationalError, match="full"):
        together(firm)
    assert firm.count("emails") == 0
