"""A message comes in: the rows of the routing table that need a database, idempotence, and what a bug leaves."""

from __future__ import annotations

import json
import sqlite3
from contextlib import nullcontext
from pathlib import Path

import pytest

from casefleet_cli.core.mail import message as messages
from casefleet_cli.core.rules.routing import NOT_UNDERSTOOD, Place
from casefleet_cli.core.secrets import Mask
from casefleet_cli.desk import links as link_desk
from casefleet_cli.desk import never_log as never_log_desk
from casefleet_cli.intake.deciding import Memory
from casefleet_cli.intake.receiving import receive
from casefleet_cli.intake.recording import Mail, foresee, record
from casefleet_cli.intake.understanding import packed, understand
from casefleet_cli.store import users
from casefleet_cli.store.database import transaction
from casefleet_cli.store.deliveries import Arrival
from tests.fakes import bug_in
from tests.firm import BCC, DOMAIN, Firm, mail

TABLES = (
    "raw_messages emails email_recipients email_contacts email_cases email_leads attachments deliveries decisions"
    " activities notifications"
).split()


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    return Firm(tmp_path)


def everything(firm: Firm) -> dict[str, list[tuple]]:
    return {table: firm.all(f"SELECT * FROM {table}") for table in TABLES}


def pipe(user_id: int) -> Arrival:
    return Arrival(user_id, "pipe")


def test_a_mail_to_a_client_is_filed_and_says_why(firm: Firm) -> None:
    case = firm.case("Nguyen Trust", firm.contact("Anna"))
    receipt = receive(firm.db, mail("anna@client.example"), pipe(firm.ada))
    assert receipt.outcome == "filed"
    assert firm.all("SELECT email_id, case_id, linked_by FROM email_cases") == [(receipt.email_id, case, "rule")]
    assert firm.one("SELECT standing FROM emails") == "linked"
    assert firm.all("SELECT verb, case_id, email_id FROM activities") == [("filed", case, receipt.email_id)]
    (verdict,) = json.loads(str(firm.one("SELECT verdicts FROM decisions")))
    assert verdict["rule"] == "one-open-case"
    assert verdict["contacts"] == [{"id": 1, "name": "Anna"}]
    assert firm.count("notifications") == 0


def test_the_same_delivery_again_changes_nothing(firm: Firm) -> None:
    firm.case("Nguyen Trust", firm.contact("Anna"))
    raw = mail("anna@client.example")
    first = receive(firm.db, raw, pipe(firm.ada))
    before = everything(firm)
    again = receive(firm.db, raw, pipe(firm.ada))
    assert (again.outcome, again.email_id) == ("duplicate", first.email_id)
    assert everything(firm) == before


def test_row_20_the_same_mail_for_two_users_is_one_email_with_two_deliveries(firm: Firm) -> None:
    case = firm.case("Nguyen Trust", firm.contact("Anna"))
    carls = receive(firm.db, mail("anna@client.example", received="from a by b"), pipe(firm.carl))
    adas = receive(firm.db, mail("anna@client.example", received="from c by d"), pipe(firm.ada))
    assert carls.outcome == "held"
    assert (adas.outcome, adas.email_id) == ("filed", carls.email_id)
    assert firm.count("emails") == 1
    assert firm.count("deliveries") == firm.count("raw_messages") == firm.count("decisions") == 2
    assert firm.all("SELECT case_id FROM activities WHERE case_id IS NOT NULL") == [(case,)]
    assert firm.one("SELECT standing FROM emails") == "linked"


def test_row_21_the_same_msgid_with_other_content_is_two_emails_both_marked(firm: Firm) -> None:
    for text in ("one", "two"):
        receive(firm.db, mail("x@else.example", text=text, msgid="same"), pipe(firm.ada))
    assert firm.count("emails") == 2
    assert [json.loads(d) for (d,) in firm.all("SELECT defects FROM emails")] == [["msgid-collision"]] * 2


def test_row_23_imported_received_mail_is_unassigned_and_knows_its_contacts(firm: Firm) -> None:
    anna = firm.contact("Anna")
    firm.case("Nguyen Trust", anna)
    raw = mail("ada@firm.example", sender="anna@client.example")
    receipt = receive(firm.db, raw, Arrival(firm.ada, "mbox"), vouched=True)
    assert receipt.outcome == "unassigned"
    assert firm.all("SELECT contact_id, linked_by FROM email_contacts") == [(anna, "rule")]
    assert firm.one("SELECT reason FROM decisions") == "not-sent-by-owner"


def test_a_held_mail_links_no_contact_and_tells_its_owner(firm: Firm) -> None:
    firm.case("Nguyen Trust", firm.contact("Anna"))
    receipt = receive(firm.db, mail("anna@client.example", sender="eve@else.example"), pipe(firm.ada))
    assert receipt.outcome == firm.one("SELECT standing FROM emails") == "held"
    assert firm.count("email_contacts") == 0
    assert firm.all("SELECT user_id, kind, email_id FROM notifications") == [(firm.ada, "held", receipt.email_id)]


def test_row_17_an_exposed_address_is_told_to_its_user_and_stored_masked(firm: Firm) -> None:
    firm.case("Nguyen Trust", firm.contact("Anna"))
    raw = mail(
        "anna@client.example", cc=f"Log <{BCC['ada']}>", subject=f"to {BCC['ada']}", text=f"see {BCC['ada'].upper()} ok"
    )
    assert receive(firm.db, raw, pipe(firm.ada)).outcome == "filed"
    assert firm.all("SELECT kind FROM notifications") == [("exposed-address",)]
    secret = BCC["ada"].partition("@")[0]
    for table in TABLES[1:]:
        assert secret not in repr(firm.all(f"SELECT * FROM {table}")).lower()
    assert firm.one("SELECT count(*) FROM email_search WHERE email_search MATCH ?", f'"{secret[4:]}"') == 0
    assert firm.one("SELECT address FROM email_recipients WHERE kind = 'cc'") == "***@log.firm.example"


def test_imported_mail_is_not_notified_one_by_one(firm: Firm) -> None:
    firm.add("imports", started_at="2026-01-01T00:00:00Z", paths="[]")
    receive(firm.db, mail("x@else.example"), Arrival(firm.ada, "eml", import_id=1), vouched=True)
    assert firm.count("notifications") == 0


def test_logging_a_mail_again_by_import_does_not_undo_what_people_did(firm: Firm) -> None:
    anna = firm.contact("Anna")
    case = firm.case("Nguyen Trust", anna)
    raw = mail("anna@client.example")
    receive(firm.db, raw, pipe(firm.ada))
    firm.db.execute("DELETE FROM email_cases WHERE case_id = ?", (case,))
    receipt = receive(firm.db, raw, Arrival(firm.ada, "eml"), vouched=True)
    assert receipt.outcome == "duplicate"
    assert firm.count("email_cases") == 0
    assert firm.count("deliveries") == 2


def test_row_25_serial_mail_is_an_email_for_each_client(firm: Firm) -> None:
    first, second = (firm.case(f"Case {name}", firm.contact(name)) for name in ("Anna", "Bert"))
    for who in ("anna", "bert"):
        receive(firm.db, mail(f"{who}@client.example", msgid="serial"), pipe(firm.ada))
    assert firm.all("SELECT email_id, case_id FROM email_cases ORDER BY 1") == [(1, first), (2, second)]
    assert firm.all("SELECT email_id, address FROM email_recipients ORDER BY 1") == [
        (1, "anna@client.example"),
        (2, "bert@client.example"),
    ]
    assert [json.loads(d) for (d,) in firm.all("SELECT defects FROM emails")] == [["msgid-collision"]] * 2


def test_a_copy_that_a_server_encoded_anew_is_the_same_email(firm: Firm) -> None:
    raw = mail("anna@client.example", text="Gr\u00fc\u00dfe aus K\u00f6ln")
    again = raw.replace(b"02 Nov 2026 09:30:00 +0100", b"02 Nov 2026 08:30:00 +0000").replace(b"utf-8", b"iso-8859-1")
    again = again.replace("Gr\u00fc\u00dfe aus K\u00f6ln".encode(), "Gr\u00fc\u00dfe aus K\u00f6ln".encode("latin-1"))
    assert again != raw
    receive(firm.db, raw, pipe(firm.ada))
    assert receive(firm.db, again, Arrival(firm.ada, "eml"), vouched=True) == (1, "duplicate", ())
    assert (firm.count("emails"), firm.count("deliveries"), firm.count("raw_messages")) == (1, 2, 2)


@pytest.mark.parametrize("undo", ["unlink", "unlink and link by hand"])
def test_row_34_a_link_that_a_person_took_away_is_never_made_again_by_a_rule(firm: Firm, undo: str) -> None:
    anna = firm.contact("Anna")
    place = Place("case", firm.case("Nguyen Trust", anna))
    raw = mail("anna@client.example")
    receive(firm.db, raw, pipe(firm.ada))
    link_desk.unlink(firm.db, 1, places=(place,), acting=firm.ada)
    if undo != "unlink":
        link_desk.link(firm.db, 1, places=(place,), acting=firm.ada)
    links = firm.all("SELECT * FROM email_cases")
    for arrival in (Arrival(firm.ada, "eml"), Arrival(firm.carl, "eml"), Arrival(firm.ada, "mbox")):
        receive(firm.db, raw, arrival, vouched=True)
    receive(firm.db, mail("anna@client.example", bcc="x@else.example", received="a by b"), Arrival(firm.ada, "lmtp"))
    assert firm.all("SELECT * FROM email_cases") == links
    assert firm.one("SELECT standing FROM emails") == ("unassigned" if undo == "unlink" else "linked")


@pytest.mark.parametrize("state", ["draft", "deleted", "junk"])
def test_row_35_the_trash_copy_first_and_the_sent_copy_later(firm: Firm, state: str) -> None:
    case = firm.case("Nguyen Trust", firm.contact("Anna"))
    raw = mail("anna@client.example")
    trash = receive(firm.db, b"X-Folder: Trash\n" + raw, Arrival(firm.ada, "eml", state=state), vouched=True)
    assert trash.outcome == firm.one("SELECT standing FROM emails") == "unassigned"
    assert firm.all("SELECT reason FROM decisions") == [(state,)]
    assert firm.all("SELECT contact_id FROM email_contacts") == [(1,)]
    sent = receive(firm.db, raw, Arrival(firm.ada, "eml"), vouched=True)
    assert (sent.email_id, sent.outcome) == (1, "filed")
    assert firm.all("SELECT case_id FROM email_cases") == [(case,)]
    assert firm.one("SELECT standing FROM emails") == "linked"


@pytest.mark.parametrize("state", ["draft", "deleted", "junk"])
def test_row_35_when_both_copies_have_the_same_bytes_and_source(firm: Firm, state: str) -> None:
    case = firm.case("Nguyen Trust", firm.contact("Anna"))
    raw = mail("anna@client.example")
    trash = Arrival(firm.ada, "maildir", labels=("Trash",), state=state)
    receive(firm.db, raw, trash, vouched=True)
    sent = Arrival(firm.ada, "maildir", labels=("Sent",))
    understood = understand(packed(raw), users.mask(firm.db))
    foreseen = [foresee(firm.db, Mail(understood, one), Memory(firm.db), vouched=True) for one in (trash, sent)]
    assert foreseen == ["duplicate", "filed"]
    assert record_one(firm, raw, sent) == (1, "filed")
    assert firm.all("SELECT case_id FROM email_cases") == [(case,)]
    assert firm.one("SELECT standing FROM emails") == "linked"
    assert firm.all("SELECT state, labels FROM deliveries") == [("", '["Trash", "Sent"]')]
    before = everything(firm)
    assert [record_one(firm, raw, again)[1] for again in (sent, trash)] == ["duplicate"] * 2
    assert everything(firm) == before


def record_one(firm: Firm, raw: bytes, arrival: Arrival) -> tuple[int | None, str]:
    with transaction(firm.db):
        understood = understand(packed(raw), users.mask(firm.db))
        (receipt,) = record(firm.db, [Mail(understood, arrival)], Memory(firm.db), vouched=True)
    return receipt.email_id, receipt.outcome


def test_a_later_copy_decides_about_the_recipients_that_earlier_ones_did_not_name(firm: Firm) -> None:
    cases = [firm.case(f"Case {name}", firm.contact(name)) for name in ("Anna", "Bert")]
    receive(firm.db, mail("anna@client.example", received="a by b", msgid="1"), pipe(firm.ada))
    kept = mail("anna@client.example", bcc="bert@client.example", msgid="1")
    assert receive(firm.db, kept, Arrival(firm.ada, "eml"), vouched=True).places == (Place("case", cases[1]),)
    assert firm.all("SELECT case_id FROM email_cases ORDER BY 1") == [(case,) for case in cases]
    verdicts = [json.loads(v) for (v,) in firm.all("SELECT verdicts FROM decisions ORDER BY id")]
    assert [[one["recipient"] for one in asked] for asked in verdicts] == [
        ["anna@client.example"],
        ["bert@client.example"],
    ]


@pytest.mark.parametrize(
    ("dated", "archived", "kept"),
    [
        (True, "2020-05-17T10:00:00Z", ("2026-11-02T08:30:00Z", "date")),
        (False, "2020-05-17T10:00:00Z", ("2020-05-17T10:00:00Z", "archive")),
        (False, "", (None, None)),
    ],
)
def test_the_archive_says_when_a_mail_was_sent_where_the_mail_does_not(
    firm: Firm, dated: bool, archived: str, kept: tuple[str | None, str | None]
) -> None:
    raw = mail("anna@client.example") if dated else mail("anna@client.example").replace(b"Date:", b"X-Date:")
    receive(firm.db, raw, Arrival(firm.ada, "mbox", moment=archived), vouched=True)
    assert firm.all("SELECT sent_at, moment_from FROM emails") == [kept]


@pytest.mark.parametrize(
    ("sender", "vouched", "is_listed", "outcome", "reason"),
    [
        ("ada@firm.example", False, False, "unassigned", "not-routed"),
        ("eve@else.example", False, False, "held", "not-sent-by-owner"),
        ("ada@firm.example", True, True, "never-logged", "never-log"),
    ],
)
def test_mail_to_be_kept_only_is_held_or_not_logged_as_any_other(
    firm: Firm, sender: str, vouched: bool, is_listed: bool, outcome: str, reason: str
) -> None:
    firm.case("Trust", firm.contact("Anna"))
    if is_listed:
        never_log_desk.add(firm.db, "anna@client.example", user_id=None)
    letterhead = understand(packed(mail("anna@client.example", sender=sender)), Mask(DOMAIN)).letterhead
    decision = Memory(firm.db, is_routed=False).decide(letterhead, firm.ada, vouched=vouched)
    assert (decision.outcome, decision.reason, decision.places) == (outcome, reason, ())


def test_row_18b_a_redirected_mail_is_received_mail(firm: Firm) -> None:
    firm.case("Nguyen Trust", firm.contact("Anna"))
    raw = mail(
        "ada@firm.example", sender="anna@client.example", Resent_From="Ada <ada@firm.example>", Resent_To=BCC["ada"]
    )
    assert receive(firm.db, raw, pipe(firm.ada)).outcome == "unassigned"
    assert firm.one("SELECT reason FROM decisions") == "not-sent-by-owner"
    assert firm.all("SELECT contact_id FROM email_contacts") == [(1,)]


def test_an_unsent_draft_is_not_filed(firm: Firm) -> None:
    firm.case("Nguyen Trust", firm.contact("Anna"))
    assert receive(firm.db, mail("anna@client.example", X_Unsent="1"), pipe(firm.ada)).outcome == "unassigned"
    assert firm.one("SELECT reason FROM decisions") == "draft"


def test_a_sender_without_from_counts_as_from(firm: Firm) -> None:
    firm.case("Nguyen Trust", firm.contact("Anna"))
    raw = mail("anna@client.example").replace(b"From: Ada", b"Sender: Ada")
    assert receive(firm.db, raw, pipe(firm.ada)).outcome == "filed"


def test_a_held_mail_that_its_owner_imports_is_let_in(firm: Firm) -> None:
    raw = mail("x@else.example", sender="eve@else.example")
    receive(firm.db, raw, pipe(firm.ada))
    assert receive(firm.db, raw, Arrival(firm.ada, "eml"), vouched=True).outcome == "unassigned"
    assert firm.one("SELECT standing FROM emails") == "unassigned"


@pytest.mark.parametrize("where", ["parser", "email_recipients", "email_cases"])
def test_a_bug_keeps_the_bytes_and_a_bare_visible_email(firm: Firm, where: str) -> None:
    firm.case("Nguyen Trust", firm.contact("Anna"))
    if where != "parser":
        firm.db.execute(f"CREATE TRIGGER bug BEFORE INSERT ON {where} BEGIN SELECT RAISE(ABORT, 'a bug'); END")
    raw = mail("anna@client.example")
    with bug_in(messages, "parse") if where == "parser" else nullcontext():
        receipt = receive(firm.db, raw, pipe(firm.ada))
    assert receipt.outcome == "unassigned"
    assert firm.all("SELECT content FROM raw_messages") == [(raw,)]
    assert json.loads(str(firm.one("SELECT defects FROM emails"))) == [NOT_UNDERSTOOD]
    assert firm.one("SELECT reason FROM decisions") == NOT_UNDERSTOOD
    assert firm.all("SELECT kind FROM notifications") == [("unassigned",)]
    assert firm.count("emails") == firm.count("deliveries") == 1
    assert receive(firm.db, raw, pipe(firm.ada)).outcome == "duplicate"


def test_what_the_machine_does_is_raised_and_leaves_nothing(firm: Firm) -> None:
    firm.db.execute(f"PRAGMA max_page_count = {firm.one('PRAGMA page_count')}")
    with pytest.raises(sqlite3.OperationalError):
        receive(firm.db, mail("anna@client.example", text="word " * 200_000), pipe(firm.ada))
    assert not firm.db.in_transaction
    assert everything(firm) == {table: [] for table in TABLES}


@pytest.mark.parametrize(
    "raw",
    [b"", b"\0" * 1000, bytes(range(256)) * 10, b"Subject: \xed\xa0\x80\xff\n\nx\0y", b"From: \n\n", b"\n\n\n"],
    ids=["empty", "nuls", "binary", "surrogates", "empty-from", "blank-lines"],
)
def test_whatever_comes_is_kept_and_visible(firm: Firm, raw: bytes) -> None:
    receipt = receive(firm.db, raw, pipe(firm.ada))
    assert receipt.outcome == "held"
    assert firm.one("SELECT content FROM raw_messages") == raw
    assert receive(firm.db, raw, pipe(firm.ada)).outcome == "duplicate"


def test_no_spelling_of_a_bcc_address_is_stored_with_what_is_derived(firm: Firm) -> None:
    case = firm.case("Nguyen Trust", firm.contact("Anna"))
    front, token = "carl", BCC["carl"].partition("@")[0].partition("-")[2]
    spellings = (
        f"{front}-{token}@log.firm.example", f"{front}-{token}+2026-104%40log.firm.example", f"{front}-{token} alone",
        f"{front}-{token[:5]}\u00ad{token[5:]}&#64;log.firm.example", f"{token.upper()} only", f"{front}-{token}＠log.firm.example",
    )  # fmt: skip
    receipt = receive(firm.db, mail("anna@client.example", text="\n".join(spellings)), pipe(firm.ada))
    alone = receive(firm.db, mail("anna@client.example", msgid="2", text=f"{front}-{token}"), pipe(firm.ada))
    assert firm.all("SELECT case_id FROM email_cases") == [(case,), (case,)]
    assert firm.all("SELECT text FROM emails WHERE id = ?", alone.email_id) == [("***\n",)]
    (text,) = firm.all("SELECT text FROM emails WHERE id = ?", receipt.email_id)[0]
    assert text.count("***") == len(spellings)
    for table in TABLES[1:]:
        assert token not in repr(firm.all(f"SELECT * FROM {table}")).lower().replace("\\xad", ""), table
