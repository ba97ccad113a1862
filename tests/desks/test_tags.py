"""Rows 26 to 30 of the routing table: the case tag of a BCC address, from the door to the feed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from casefleet_cli.core.address import normal
from casefleet_cli.core.rules.explanation import sentences
from casefleet_cli.core.rules.routing import Place
from casefleet_cli.custody import verifying
from casefleet_cli.desk import admission
from casefleet_cli.desk import links as link_desk
from casefleet_cli.desk import suggestions as suggestion_desk
from casefleet_cli.desk import users as user_desk
from casefleet_cli.intake.deciding import Memory
from casefleet_cli.intake.receiving import receive
from casefleet_cli.intake.recording import Mail, Receipt, record
from casefleet_cli.intake.understanding import packed, understand
from casefleet_cli.store import database, deliveries, feed, settings, users
from casefleet_cli.store.deliveries import Arrival
from tests.firm import BCC, DAYS, NOW, Firm, mail

FORWARDED = """See below.

---------- Forwarded message ---------
From: Anna <anna@client.example>
Date: Mon, 2 Nov 2026 at 09:30
Subject: My papers
To: Ada Berg <ada@firm.example>

Here they are.
"""


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    return Firm(tmp_path)


def tagged(tag: str, owner: str = "ada") -> str:
    local, _, domain = BCC[owner].partition("@")
    return f"{local}+{tag}@{domain}"


def log(firm: Firm, raw: bytes, address: str, source: str = "pipe") -> Receipt:
    """As a door does it."""
    owner = users.by_bcc_address(firm.db, normal(address), NOW)
    assert owner is not None
    assert owner.usable
    return receive(firm.db, raw, Arrival(owner.user_id, source, owner.bcc_address_id, tag=owner.tag))


def links(firm: Firm) -> list[tuple]:
    cases = firm.all("SELECT 'case', case_id, linked_by, user_id FROM email_cases")
    return sorted(cases + firm.all("SELECT 'lead', lead_id, linked_by, user_id FROM email_leads"))


def told(firm: Firm) -> dict[str, str]:
    return dict(firm.all("SELECT kind, detail FROM notifications WHERE read_at IS NULL ORDER BY id"))


def words(firm: Firm, email_id: int) -> str:
    return "\n".join(" ".join(sentences(one, DAYS)) for one in deliveries.decisions(firm.db, email_id))


def is_sound(firm: Firm) -> bool:
    return not [fault for checked in verifying.checks(firm.db) for fault in checked.faults]


def test_row_26_own_mail_goes_where_the_tag_says_and_where_the_rule_says(firm: Firm) -> None:
    one, other = firm.case("Trust", firm.contact("Anna")), firm.case("Estate")
    email = log(firm, mail("anna@client.example"), tagged("2026-102")).email_id
    assert links(firm) == [("case", one, "rule", None), ("case", other, "person", firm.ada)]
    assert firm.one("SELECT standing FROM emails") == "linked"
    assert firm.all("SELECT outcome, reason FROM decisions") == [("filed", None)]
    assert "2026-102 Estate" in words(firm, email)
    assert "2026-101 Trust. Filed there (rule one-open-case)" in words(firm, email)
    assert told(firm) == {
        "filed-by-tag": "+2026-102 put it on case 2026-102 Estate; "
        f"casefleet unlink {email} --case 2026-102 takes it back"
    }
    (entry,) = feed.of(firm.db, "case", other)
    assert (entry["verb"], entry["user"], entry["detail"]) == ("linked", "Ada Berg", "case tag +2026-102")
    assert [row["verb"] for row in feed.of(firm.db, "case", one)] == ["filed"]
    assert is_sound(firm)


@pytest.mark.parametrize("tag", ["102", "2026_102", "2026.102", "LEAD-1"])
def test_a_tag_may_be_an_end_or_a_lead_however_it_is_written(firm: Firm, tag: str) -> None:
    firm.contact("Anna")
    firm.case("Trust")
    place = ("lead", firm.lead("Inquiry")) if tag == "LEAD-1" else ("case", firm.case("Estate"))
    log(firm, mail("anna@client.example"), tagged(tag).upper())
    assert links(firm) == [(*place, "person", firm.ada)]


def test_a_tag_in_quotes_may_have_blanks(firm: Firm) -> None:
    firm.contact("Anna")
    case = firm.case("Estate")
    firm.db.execute("UPDATE cases SET number = '12 C 34/26'")
    log(firm, mail("anna@client.example"), f'"{tagged("12 C 34/26").partition("@")[0]}"@log.firm.example')
    assert links(firm) == [("case", case, "person", firm.ada)]


@pytest.mark.parametrize(
    ("number", "tag"),
    [("ÄRZTE-7/STRASSE", "ärzte-7-straße"), ("7-Straße", "7-STRASSE"), ("A-\u212a", "a-k"), ("1-ABC.", "abc")],
)
def test_letters_of_a_tag_are_compared_however_they_are_cased(firm: Firm, number: str, tag: str) -> None:
    firm.contact("Anna")
    case = firm.case("Estate")
    firm.db.execute("UPDATE cases SET number = ?", (number,))
    log(firm, mail("anna@client.example"), tagged(tag))
    assert links(firm) == [("case", case, "person", firm.ada)]


def test_the_place_of_tag_and_rule_alike_is_linked_once_by_hand(firm: Firm) -> None:
    case = firm.case("Trust", firm.contact("Anna"))
    log(firm, mail("anna@client.example"), tagged("101"))
    assert links(firm) == [("case", case, "person", firm.ada)]
    assert [row["verb"] for row in feed.of(firm.db, "case", case)] == ["linked"]
    assert is_sound(firm)


def test_row_27_a_forwarded_mail_goes_where_the_tag_says_with_the_contact_of_its_original(firm: Firm) -> None:
    anna, case = firm.contact("Anna"), firm.case("Estate")
    email = log(firm, mail(tagged("2026-101"), text=FORWARDED), tagged("2026-101")).email_id
    assert links(firm) == [("case", case, "person", firm.ada)]
    assert firm.all("SELECT contact_id FROM email_contacts") == [(anna,)]
    assert firm.one("SELECT standing FROM emails") == "linked"
    assert set(told(firm)) == {"filed-by-tag"}
    assert words(firm, email).startswith("Logged for Ada Berg and filed by Ada Berg's case tag.")
    assert "2026-101" not in str(firm.all("SELECT address FROM email_recipients"))
    assert is_sound(firm)


def test_row_27_without_its_tag_it_would_wait(firm: Firm) -> None:
    firm.contact("Anna")
    firm.case("Estate")
    log(firm, mail(BCC["ada"], text=FORWARDED), tagged(""))
    assert (links(firm), set(told(firm))) == ([], {"unassigned"})
    assert firm.all("SELECT tag FROM decisions") == [(None,)]


def test_row_28_without_a_contact_it_waits_and_the_tag_is_the_first_suggestion(firm: Firm) -> None:
    firm.case("Estate")
    email = log(firm, mail("stranger@else.example"), tagged("101")).email_id
    assert links(firm) == []
    assert firm.all("SELECT outcome, reason FROM decisions") == [("unassigned", "no-contact")]
    assert told(firm)["no-contact"] == (
        "+101 names case 2026-101 Estate, but no contact was found in the mail: "
        f"casefleet link {email} --contact C --case 2026-101"
    )
    best = suggestion_desk.for_email(firm.db, email)[0]
    assert (best.trust, best.summary) == ("case-tag", "case 2026-101 Estate")
    assert "no-contact" in words(firm, email)
    assert "stranger@else.example belongs to no contact" in words(firm, email)
    link_desk.link(firm.db, email, contacts=(firm.contact("Eva"),), places=(Place("case", 1),), acting=firm.ada)
    assert told(firm) == {}


@pytest.mark.parametrize(("tag", "said"), [("2026-999", "names no case"), ("01", "names no"), ("7", "fits several")])
@pytest.mark.parametrize("to", ["anna@client.example", BCC["ada"]])
def test_row_29_what_names_nothing_or_several_is_as_without_it(firm: Firm, tag: str, said: str, to: str) -> None:
    case = firm.case("Trust", firm.contact("Anna"))
    for year in (2024, 2025):
        firm.add("cases", number=f"{year}-7", title="Old", status="open", opened_at=NOW)
    email = log(firm, mail(to), tagged(tag)).email_id
    is_filed = to != BCC["ada"]
    assert links(firm) == ([("case", case, "rule", None)] if is_filed else [])
    assert firm.all("SELECT outcome, reason FROM decisions") == [
        ("filed" if is_filed else "unassigned", "unknown-case-tag")
    ]
    assert set(told(firm)) - {"exposed-address"} == {"unknown-case-tag", *([] if is_filed else ["unassigned"])}
    assert said in told(firm)["unknown-case-tag"]
    assert "unknown-case-tag" in words(firm, email)
    assert ("nobody outside the firm" in words(firm, email)) != is_filed


def test_row_29_a_closed_case_is_linked_as_by_hand_and_says_so(firm: Firm) -> None:
    firm.contact("Anna")
    case = firm.case("Estate", status="closed")
    email = log(firm, mail("anna@client.example"), tagged("2026-101")).email_id
    assert links(firm) == [("case", case, "person", firm.ada)]
    assert "case 2026-101 Estate, which is closed;" in told(firm)["filed-by-tag"]
    assert "which is closed" in words(firm, email)


def test_row_29_a_case_that_the_user_may_not_see_does_not_exist(firm: Firm) -> None:
    firm.contact("Anna")
    case = firm.case("Estate")
    firm.db.execute("UPDATE users SET role = 'limited' WHERE id = ?", (firm.ada,))
    log(firm, mail("anna@client.example"), tagged("2026-101"))
    assert links(firm) == []
    assert "Estate" not in str(firm.all("SELECT detail FROM notifications"))
    assert "Estate" not in str(firm.all("SELECT tag FROM decisions"))
    firm.add("case_users", case_id=case, user_id=firm.ada)
    log(firm, mail("anna@client.example", text="more"), tagged("2026-101"))
    assert links(firm) == [("case", case, "person", firm.ada)]


def test_row_30_foreign_mail_with_a_tag_is_held_and_only_a_person_files_it(firm: Firm) -> None:
    firm.case("Trust", firm.contact("Anna"))
    firm.case("Estate")
    email = log(firm, mail("ada@firm.example", sender="anna@client.example"), tagged("102")).email_id
    assert (links(firm), set(told(firm))) == ([], {"held"})
    assert firm.all("SELECT outcome, reason FROM decisions") == [("held", "not-sent-by-owner")]
    assert admission.release(firm.db, email, acting=firm.ada) == "unassigned"
    assert links(firm) == []
    first, second = suggestion_desk.for_email(firm.db, email)[:2]
    assert (first.trust, first.summary) == ("case-tag", "case 2026-102 Estate")
    assert second.summary == "case 2026-101 Trust"
    assert "+102, which counts in Ada Berg's own mail only" in words(firm, email)


def test_redirected_mail_is_not_own_mail(firm: Firm) -> None:
    firm.contact("Anna")
    firm.case("Estate")
    raw = mail("x@else.example", sender="anna@client.example", Resent_From="ada@firm.example")
    email = log(firm, raw, tagged("101")).email_id
    assert links(firm) == []
    assert firm.all("SELECT outcome, reason FROM decisions") == [("unassigned", "not-sent-by-owner")]
    assert suggestion_desk.for_email(firm.db, email)[0].trust == "case-tag"


def test_the_same_once_more_changes_nothing_even_after_it_was_taken_back(firm: Firm) -> None:
    firm.contact("Anna")
    case = firm.case("Estate")
    raw = mail("anna@client.example")
    email = log(firm, raw, tagged("101")).email_id
    before = [firm.count(table) for table in ("deliveries", "decisions", "activities", "notifications")]
    assert log(firm, raw, tagged("2026-101".replace("-", "/")[5:])).outcome == "duplicate"
    assert [firm.count(table) for table in ("deliveries", "decisions", "activities", "notifications")] == before
    assert link_desk.unlink(firm.db, email, places=(Place("case", case),), acting=firm.ada) == "unassigned"
    assert log(firm, raw, tagged("101")).outcome == "duplicate"
    assert log(firm, b"X-Copy: 1\n" + raw, tagged("101"), "lmtp").outcome == "duplicate"
    log(firm, raw, tagged("2026-101"))
    assert links(firm) == []
    assert [s for s in suggestion_desk.for_email(firm.db, email) if s.trust == "case-tag"] == []


def test_the_same_bytes_with_another_tag_go_there_too(firm: Firm) -> None:
    one = firm.case("Trust", firm.contact("Anna"))
    other, third = firm.case("Estate"), firm.case("Lease")
    raw = mail("anna@client.example")
    log(firm, raw, BCC["ada"])
    assert log(firm, raw, tagged("102")).outcome == "filed"
    log(firm, raw, tagged("103"))
    assert links(firm) == [
        ("case", one, "rule", None), ("case", other, "person", firm.ada), ("case", third, "person", firm.ada),
    ]  # fmt: skip
    assert [firm.count(table) for table in ("emails", "deliveries", "decisions")] == [1, 1, 3]
    assert firm.one("SELECT count(*) FROM notifications WHERE kind = 'filed-by-tag'") == 2
    assert is_sound(firm)


def test_a_tag_that_comes_later_settles_what_waited(firm: Firm) -> None:
    firm.contact("Anna")
    firm.case("Estate")
    raw = mail("anna@client.example")
    log(firm, raw, BCC["ada"])
    assert set(told(firm)) == {"unassigned"}
    log(firm, raw, tagged("101"))
    assert (firm.one("SELECT standing FROM emails"), set(told(firm))) == ("linked", {"filed-by-tag"})


def test_each_user_has_a_tag_of_the_own(firm: Firm) -> None:
    firm.contact("Anna")
    one, other = firm.case("Trust"), firm.case("Estate")
    raw = mail("anna@client.example", sender="ada@firm.example, carl@firm.example")
    understood = understand(packed(raw), users.mask(firm.db))
    with database.transaction(firm.db):
        mails = [
            Mail(understood, Arrival(user, "lmtp", tag=tag)) for user, tag in ((firm.ada, "101"), (firm.carl, "102"))
        ]
        record(firm.db, mails, Memory(firm.db))
    assert links(firm) == [("case", one, "person", firm.ada), ("case", other, "person", firm.carl)]
    assert is_sound(firm)


def test_many_at_once_each_with_its_tag(firm: Firm) -> None:
    firm.contact("Anna")
    one, other = firm.case("Trust"), firm.case("Estate")
    mask = users.mask(firm.db)
    with database.transaction(firm.db):
        mails = [
            Mail(understand(packed(mail("anna@client.example", text=tag)), mask), Arrival(firm.ada, "lmtp", tag=tag))
            for tag in ("101", "102", "x", "")
        ]
        receipts = record(firm.db, mails, Memory(firm.db))
    assert [receipt.outcome for receipt in receipts] == ["filed", "filed", "unassigned", "unassigned"]
    assert firm.all("SELECT email_id, case_id FROM email_cases") == [(1, one), (2, other)]
    assert [tag and json.loads(tag)["written"] for (tag,) in firm.all("SELECT tag FROM decisions")] == [
        "101", "102", "x", None,
    ]  # fmt: skip


def test_a_tagged_address_in_to_is_exposed_and_masked(firm: Firm) -> None:
    firm.case("Trust", firm.contact("Anna"))
    log(firm, mail("anna@client.example", cc=tagged("101"), text=f"Log to {tagged('101')}"), tagged("101"))
    assert "exposed-address" in told(firm)
    kept = str(firm.all("SELECT * FROM emails") + firm.all("SELECT * FROM email_recipients"))
    assert "7k3mq9x2vt4hc8wnp" not in kept
    assert "+101" not in kept


def test_what_could_not_be_read_waits_with_its_tag(firm: Firm) -> None:
    firm.case("Estate")
    bare = understand(packed(mail("anna@client.example")), users.mask(firm.db)).bare()
    with database.transaction(firm.db):
        (receipt,) = record(firm.db, [Mail(bare, Arrival(firm.ada, "pipe", tag="101"))], Memory(firm.db))
    assert receipt.outcome == "unassigned"
    assert suggestion_desk.for_email(firm.db, receipt.email_id)[0].trust == "case-tag"


def test_a_contact_for_the_address_book_has_the_tag_of_a_case(firm: Firm) -> None:
    firm.contact("Anna")
    case = firm.case("Nguyen; Trust, \\new")
    local, _, domain = BCC["ada"].partition("@")
    assert user_desk.vcard(firm.db, firm.ada, case).split("\r\n")[2:5] == [
        "FN:BCC 2026-101 Nguyen\\; Trust\\, \\\\new",
        "N:2026-101 Nguyen\\; Trust\\, \\\\new;BCC;;;",
        f"EMAIL;TYPE=INTERNET:{local}+2026-101@{domain}",
    ]
    assert user_desk.vcard(firm.db, firm.ada).split("\r\n")[2:5] == [
        "FN:CaseFleet BCC", "N:BCC;CaseFleet;;;", f"EMAIL;TYPE=INTERNET:{BCC['ada']}",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("number", "tag"),
    [("12 C 34/26", "12-c-34-26"), (f"{'x' * 60} 34/26", "34-26"), ("2026-7", None), ("x" * 60, None), ("§§", None)],
)
def test_the_tag_of_the_address_names_that_case_alone_and_fits_an_address(
    firm: Firm, number: str, tag: str | None
) -> None:
    firm.contact("Anna")
    case = firm.case("Estate")
    firm.db.execute("UPDATE cases SET number = ?", (number,))
    firm.add("cases", number="2026/7", title="Twin", status="open", opened_at=NOW)
    if tag is None:
        with pytest.raises(user_desk.NoTagError, match="No tag names case"):
            user_desk.vcard(firm.db, firm.ada, case)
        return
    (line,) = [line for line in user_desk.vcard(firm.db, firm.ada, case).split("\r\n") if line.startswith("EMAIL")]
    address = line.removeprefix("EMAIL;TYPE=INTERNET:")
    assert address == tagged(tag)
    log(firm, mail("anna@client.example"), address)
    assert links(firm) == [("case", case, "person", firm.ada)]


def test_a_case_that_a_user_may_not_see_has_no_tag_for_that_user(firm: Firm) -> None:
    case = firm.case("Estate")
    firm.db.execute("UPDATE users SET role = 'limited' WHERE id = ?", (firm.ada,))
    with pytest.raises(user_desk.NoTagError):
        user_desk.vcard(firm.db, firm.ada, case)


def test_a_tag_on_mail_that_the_mail_server_does_not_vouch_for_files_nothing(firm: Firm) -> None:
    firm.contact("Anna")
    firm.case("Estate")
    settings.put(firm.db, settings.AUTHSERV_ID, "mx.firm.example")
    email = log(firm, mail("anna@client.example", text=FORWARDED), tagged("101")).email_id
    assert links(firm) == []
    assert firm.all("SELECT outcome, reason FROM decisions") == [("held", "sender-not-verified")]
    admission.release(firm.db, email, acting=firm.ada)
    assert (links(firm), suggestion_desk.for_email(firm.db, email)[0].trust) == ([], "case-tag")


def test_held_mail_is_not_let_in_by_a_copy_with_a_tag(firm: Firm) -> None:
    firm.case("Trust", firm.contact("Anna"))
    raw = mail("anna@client.example", sender="eva@else.example")
    log(firm, raw, BCC["ada"])
    firm.add("sender_addresses", user_id=firm.ada, address="eva@else.example")
    assert log(firm, raw, tagged("101")).outcome == "duplicate"
    assert (links(firm), firm.one("SELECT standing FROM emails")) == ([], "held")


def test_the_firm_itself_is_no_contact_of_a_forwarded_mail(firm: Firm) -> None:
    firm.contact("Ada at home", "ada@firm.example")
    firm.case("Estate")
    log(firm, mail(BCC["ada"], text=FORWARDED), tagged("101"))
    assert links(firm) == []
    assert firm.all("SELECT reason FROM decisions") == [("no-contact",)]
