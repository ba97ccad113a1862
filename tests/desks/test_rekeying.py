"""What becomes of the mail of an older schema: told apart by the recipe of today, and nothing lost."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from casefleet_cli.core.rules.tags import normalised
from casefleet_cli.custody import rekeying, verifying
from casefleet_cli.intake.receiving import receive
from casefleet_cli.sources.outlook import to_message
from casefleet_cli.store import migration_0006, migration_0013, recomputations, standings
from casefleet_cli.store.deliveries import Arrival
from casefleet_cli.store.migration_0004 import REKEYING
from tests import outlook
from tests.firm import Firm, mail


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    return Firm(tmp_path)


def rekeyed(firm: Firm) -> None:
    """Bring the database up as if schema 4 had just been applied."""
    firm.db.execute("PRAGMA foreign_keys = 0")
    recomputations.begin(firm.db, REKEYING)
    assert rekeying.migrate(firm.db) == ["0004_identity"]
    assert [fault for checked in verifying.checks(firm.db) for fault in checked.faults] == []


def old_key(firm: Firm, email_id: int) -> None:
    print_ = hashlib.sha256(b"old %d" % email_id).hexdigest()
    firm.db.execute(
        "UPDATE emails SET fingerprint = ?, sent_at = NULL, moment_from = NULL WHERE id = ?", (print_, email_id)
    )


def merged(firm: Firm, *raws: bytes, arrivals: tuple[Arrival, ...]) -> None:
    """Several mails in one email, as a recipe that looked at too little made them."""
    first, *others = zip(raws, arrivals, strict=True)
    receive(firm.db, *first, vouched=True)
    for raw, arrival in others:
        email_id = receive(firm.db, raw, arrival, vouched=True).email_id
        firm.db.execute("UPDATE deliveries SET email_id = 1 WHERE email_id = ?", (email_id,))
        firm.db.execute("UPDATE decisions SET email_id = 1 WHERE email_id = ?", (email_id,))
        for table in ("email_cases", "email_contacts", "email_recipients"):
            firm.db.execute(f"UPDATE OR IGNORE {table} SET email_id = 1 WHERE email_id = ?", (email_id,))
            firm.db.execute(f"DELETE FROM {table} WHERE email_id = ?", (email_id,))
        firm.db.execute("DELETE FROM email_references WHERE email_id = ?", (email_id,))
        firm.db.execute("DELETE FROM notifications WHERE email_id = ?", (email_id,))
        firm.db.execute("PRAGMA foreign_keys = 0")
        firm.db.execute("DELETE FROM emails WHERE id = ?", (email_id,))
    old_key(firm, 1)


def test_every_mail_gets_the_key_of_a_new_one_and_its_moment(firm: Firm) -> None:
    firm.case("Nguyen Trust", firm.contact("Anna"))
    dateless = mail("x@else.example", received="from a by b; Fri, 03 May 2019 10:00:00 +0000").replace(
        b"Date: Mon, 02 Nov 2026 09:30:00 +0100\n", b""
    )
    for raw in (mail("anna@client.example"), dateless):
        receive(firm.db, raw, Arrival(firm.ada, "pipe"))
    wanted = firm.all("SELECT fingerprint, sent_at, moment_from FROM emails")
    assert [row[1:] for row in wanted] == [("2026-11-02T08:30:00Z", "date"), ("2019-05-03T10:00:00Z", "received")]
    for number in (1, 2):
        old_key(firm, number)
    rekeyed(firm)
    assert firm.all("SELECT fingerprint, sent_at, moment_from FROM emails") == wanted
    assert receive(firm.db, dateless, Arrival(firm.ada, "lmtp")).email_id == 2


def test_serial_mail_that_was_one_becomes_an_email_for_each_client(firm: Firm) -> None:
    cases = [firm.case(f"Case {name}", firm.contact(name)) for name in ("Anna", "Bert")]
    firm.add("imports", started_at="2026-01-01T00:00:00Z", paths="[]")
    raws = [mail(f"{name}@client.example", msgid="serial") for name in ("anna", "bert")]
    merged(firm, *raws, arrivals=tuple(Arrival(firm.ada, "eml", import_id=1) for _ in raws))
    assert firm.count("emails") == 1
    rekeyed(firm)
    links = firm.all(
        "SELECT e.id, l.case_id FROM emails AS e LEFT JOIN email_cases AS l ON l.email_id = e.id ORDER BY 1"
    )
    (first, one), (second, other) = links
    assert [one, other] == cases
    assert firm.all("SELECT email_id, address FROM email_recipients ORDER BY email_id") == [
        (first, "anna@client.example"),
        (second, "bert@client.example"),
    ]
    assert firm.all("SELECT email_id FROM deliveries ORDER BY id") == [(first,), (second,)]
    told = firm.all(
        "SELECT verb, email_id, case_id FROM activities WHERE email_id IS NOT NULL ORDER BY id DESC LIMIT 2"
    )
    assert told == [("filed", second, cases[1]), ("told-apart", first, cases[1])]


def test_what_a_person_decided_about_a_copy_stays(firm: Firm) -> None:
    raws = [mail(f"{name}@client.example", msgid="serial") for name in ("anna", "bert")]
    merged(firm, *raws, arrivals=(Arrival(firm.ada, "eml"), Arrival(firm.carl, "eml")))
    firm.db.execute("UPDATE deliveries SET standing = 'rejected' WHERE user_id = ?", (firm.carl,))
    rekeyed(firm)
    assert firm.all("SELECT standing FROM emails ORDER BY id") == [("unassigned",), ("rejected",)]


@pytest.mark.parametrize(("standing", "after"), [("released", "unassigned"), ("rejected", "rejected")])
def test_no_rule_files_the_copy_that_a_person_let_in_or_rejected(firm: Firm, standing: str, after: str) -> None:
    firm.case("Nguyen Trust", firm.contact("Anna"))
    raws = mail("x@else.example", msgid="1"), mail("anna@client.example", msgid="2")
    merged(firm, *raws, arrivals=(Arrival(firm.ada, "eml"), Arrival(firm.ada, "mbox")))
    firm.db.execute("DELETE FROM email_cases")
    firm.db.execute("UPDATE deliveries SET standing = ? WHERE source = 'mbox'", (standing,))
    standings.refresh(firm.db, 1)
    rekeyed(firm)
    assert firm.all("SELECT standing FROM emails ORDER BY id")[1] == (after,)
    assert firm.count("email_cases") == 0
    assert firm.all("SELECT standing FROM deliveries WHERE source = 'mbox'") == [(standing,)]


def test_two_that_become_the_same_stay_two_and_later_copies_join_the_older(firm: Firm) -> None:
    raw = mail("anna@client.example")
    receive(firm.db, raw, Arrival(firm.ada, "pipe"))
    old_key(firm, 1)
    copy = b"Received: from a by b; Mon, 02 Nov 2026 09:31:00 +0100\n" + raw
    receive(firm.db, copy, Arrival(firm.ada, "eml"), vouched=True)
    old_key(firm, 2)
    rekeyed(firm)
    defects = [json.loads(found) for (found,) in firm.all("SELECT defects FROM emails ORDER BY id")]
    assert ["twin" in found for found in defects] == [False, True]
    assert receive(firm.db, b"X-Copy: 3\n" + raw, Arrival(firm.ada, "mbox"), vouched=True).email_id == 1


def test_a_bare_mail_stays_bare(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    firm.db.execute("CREATE TRIGGER bug BEFORE INSERT ON email_recipients BEGIN SELECT RAISE(ABORT, 'a bug'); END")
    receive(firm.db, mail("anna@client.example"), Arrival(firm.ada, "pipe"))
    firm.db.execute("DROP TRIGGER bug")
    before = firm.all("SELECT fingerprint, defects, subject FROM emails")
    assert json.loads(str(before[0][1])) == ["not-understood"]
    rekeyed(firm)
    assert firm.all("SELECT fingerprint, defects, subject FROM emails") == before


def test_mail_that_was_made_of_outlook_s_joins_the_mail_that_was_sent(firm: Firm) -> None:
    pytest.importorskip("olefile", reason="needs casefleet[msg]")
    raw = to_message(outlook.msg({0x0037: "Deed", 0x1000: "Text\r\n", 0x1035: "<1@x.example>"}), "Deed.msg")
    assert isinstance(raw, bytes)
    plain = b"Subject: Deed\nMessage-ID: <1@x.example>\n\nText\n"
    firm.add("imports", started_at="2026-01-01T00:00:00Z", paths="[]")
    labelled = Arrival(firm.ada, "eml", import_id=1, labels=("seen", "converted from .msg"))
    receive(firm.db, mail("x@else.example"), Arrival(firm.ada, "eml", import_id=1, labels=("converted",)), vouched=True)
    receive(firm.db, raw, labelled, vouched=True)
    wanted = firm.one("SELECT fingerprint FROM emails WHERE id = 2")
    for number in (1, 2):
        old_key(firm, number)
    firm.db.execute("PRAGMA foreign_keys = 0")
    migration_0006.change(firm.db)
    assert rekeying.migrate(firm.db) == ["0006_converted_mail"]
    assert firm.one("SELECT fingerprint FROM emails WHERE id = 2") == wanted
    assert firm.one("SELECT fingerprint FROM emails WHERE id = 1") == hashlib.sha256(b"old 1").hexdigest()
    assert receive(firm.db, plain, Arrival(firm.ada, "mbox", import_id=1), vouched=True).email_id == 2
    firm.db.execute("UPDATE deliveries SET labels = '[]'")
    migration_0006.change(firm.db)
    assert recomputations.due(firm.db) == []


def test_a_copy_that_is_told_apart_keeps_its_case_tag(firm: Firm) -> None:
    firm.case("Nguyen Trust", firm.contact("Anna"))
    other = firm.case("Other Matter", firm.contact("Bert"))
    number = firm.one("SELECT number FROM cases WHERE id = ?", other)
    raws = [mail("anna@client.example", msgid=msgid) for msgid in ("1", "2")]
    arrivals = Arrival(firm.ada, "pipe"), Arrival(firm.ada, "eml", tag=normalised(str(number)))
    merged(firm, *raws, arrivals=arrivals)
    firm.db.execute("DELETE FROM email_cases")
    firm.db.execute("PRAGMA foreign_keys = 0")
    migration_0013.change(firm.db)
    assert rekeying.migrate(firm.db) == ["0013_reading"]
    assert firm.all("SELECT case_id FROM email_cases WHERE email_id = 2 AND user_id IS NOT NULL") == [(other,)]


def test_an_empty_database_has_nothing_to_read_again(firm: Firm) -> None:
    migration_0013.change(firm.db)
    assert recomputations.due(firm.db) == []
