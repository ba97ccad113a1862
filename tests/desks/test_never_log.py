"""The never-log list: what is on it is not logged, through any door, and counted without addresses."""

from __future__ import annotations

from pathlib import Path

import pytest

from casefleet_cli import archive
from casefleet_cli.archive.redelivering import redeliver
from casefleet_cli.archive.writing import NEVER_LOG
from casefleet_cli.desk import never_log as never_log_desk
from casefleet_cli.desk import suggestions as suggestion_desk
from casefleet_cli.intake.receiving import receive
from casefleet_cli.store.deliveries import Arrival
from tests.firm import BCC, Firm, mail

MAIL_TABLES = ("raw_messages", "emails", "email_recipients", "deliveries", "decisions", "email_contacts", "email_cases")
DOCTOR = mail("doctor@clinic.example", subject="My back", text="It hurts.")


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    made = Firm(tmp_path)
    made.case("Clinic v. State", made.contact("Clinic", "office@clinic.example", "doctor@clinic.example"))
    return made


def pipe(firm: Firm, raw: bytes = DOCTOR, user_id: int = 0, tag: str = "") -> str:
    return receive(firm.db, raw, Arrival(user_id or firm.ada, "pipe", tag=tag)).outcome


@pytest.mark.parametrize("entry", ["Doctor@Clinic.Example", "clinic.example", "@clinic.example"])
def test_nothing_is_kept_and_the_user_is_told_once(firm: Firm, entry: str) -> None:
    assert never_log_desk.add(firm.db, entry, firm.ada)
    assert [pipe(firm), pipe(firm), pipe(firm, tag="2026-1")] == ["never-logged"] * 3
    assert [firm.count(table) for table in MAIL_TABLES] == [0] * len(MAIL_TABLES)
    assert firm.all("SELECT user_id, kind, email_id, detail FROM notifications") == [
        (firm.ada, "never-logged", None, "")
    ]
    told = firm.all("SELECT user_id, about_user_id, email_id, digest FROM activities WHERE verb = 'never-logged'")
    assert told == [(None, firm.ada, None, None)] * 3


def test_told_once_even_when_that_was_read(firm: Firm) -> None:
    never_log_desk.add(firm.db, "clinic.example", None)
    pipe(firm)
    firm.db.execute("UPDATE notifications SET read_at = created_at")
    pipe(firm)
    assert firm.count("notifications") == 1


def test_one_users_list_is_not_anothers(firm: Firm) -> None:
    never_log_desk.add(firm.db, "clinic.example", firm.carl)
    assert pipe(firm) == "filed"
    assert pipe(firm, mail("doctor@clinic.example", sender="carl@firm.example"), firm.carl) == "never-logged"


def test_what_another_user_logged_gets_no_further_delivery(firm: Firm) -> None:
    never_log_desk.add(firm.db, "clinic.example", firm.carl)
    both = mail("doctor@clinic.example", sender="Ada <ada@firm.example>, Carl <carl@firm.example>")
    assert pipe(firm, both) == "filed"
    assert pipe(firm, both, firm.carl) == "never-logged"
    assert firm.all("SELECT user_id FROM deliveries") == [(firm.ada,)]


def test_held_mail_is_held(firm: Firm) -> None:
    never_log_desk.add(firm.db, "clinic.example", None)
    assert pipe(firm, mail("doctor@clinic.example", sender="eve@else.example")) == "held"


def test_an_import_lists_what_it_left_out(firm: Firm, tmp_path: Path) -> None:
    never_log_desk.add(firm.db, "clinic.example", firm.ada)
    box = tmp_path / "sent.mbox"
    mails = [mail("x@else.example", msgid="1"), DOCTOR, mail("y@else.example", msgid="2")]
    box.write_bytes(b"".join(b"From a@b.example Mon May  3 10:00:00 2010\n" + raw + b"\n" for raw in mails))
    for dry_run in (True, False):
        summary = archive.run(firm.db, [box], user_id=firm.ada, dry_run=dry_run)
        assert summary.counts == {"filed": 0, "unassigned": 2, "duplicate": 0, "skipped": 1}
    assert [reason for (reason,) in firm.all("SELECT reason FROM import_skips")] == [NEVER_LOG]
    assert firm.count("raw_messages") == 2
    assert firm.all("SELECT messages, logged, known FROM import_sources") == [(3, 2, 0)]


def test_a_fall_back_mailbox_is_emptied_of_it(firm: Firm, tmp_path: Path) -> None:
    never_log_desk.add(firm.db, "clinic.example", firm.ada)
    box = tmp_path / "later"
    for sub in ("cur", "new", "tmp"):
        (box / sub).mkdir(parents=True)
    (box / "new" / "1").write_bytes(f"X-Original-To: {BCC['ada']}\n".encode() + DOCTOR)
    done = redeliver(firm.db, box)
    assert (done.logged, done.known, done.never_logged, done.stays) == (0, 0, 1, [])
    assert list((box / "new").iterdir()) == []
    assert firm.count("raw_messages") == 0


def test_it_is_not_suggested(firm: Firm) -> None:
    received = mail("ada@firm.example", sender="office@clinic.example")
    email_id = receive(firm.db, received, Arrival(firm.ada, "eml"), vouched=True).email_id
    assert [found.place_name for found in suggestion_desk.for_email(firm.db, email_id)] == ["2026-101 Clinic v. State"]
    never_log_desk.add(firm.db, "office@clinic.example", firm.carl)
    assert suggestion_desk.for_email(firm.db, email_id)
    never_log_desk.add(firm.db, "office@clinic.example", firm.ada)
    assert suggestion_desk.for_email(firm.db, email_id) == []


def test_the_list(firm: Firm) -> None:
    firm.db.execute("UPDATE users SET role = 'admin' WHERE id = ?", (firm.ada,))
    assert never_log_desk.add(firm.db, "Clinic.Example", None, acting=firm.ada)
    assert not never_log_desk.add(firm.db, "@clinic.example", None)
    assert never_log_desk.add(firm.db, "clinic.example", firm.ada, acting=firm.ada)
    assert never_log_desk.add(firm.db, "Ann@Bank.Example", firm.carl, acting=firm.carl)
    whole = [("ann@bank.example", firm.carl), ("@clinic.example", None), ("@clinic.example", firm.ada)]
    assert [(row["entry"], row["user_id"]) for row in never_log_desk.listed(firm.db, None)] == whole
    carls = [(row["entry"], row["user_id"]) for row in never_log_desk.listed(firm.db, firm.ada, acting=firm.carl)]
    assert carls == whole[:2]
    never_log_desk.remove(firm.db, "ANN@bank.example", firm.carl, acting=firm.carl)
    never_log_desk.remove(firm.db, "clinic.example", None)
    assert [row["entry"] for row in never_log_desk.listed(firm.db, None)] == ["@clinic.example"]
    assert pipe(firm) == "never-logged"
    never_log_desk.remove(firm.db, "clinic.example", firm.ada)
    assert pipe(firm) == "filed"
