"""Linking by hand: contact first, both feeds, notifications settled, nothing overwritten."""

from __future__ import annotations

from pathlib import Path

import pytest

from casefleet_cli import access
from casefleet_cli.core.query import parse as parse_query
from casefleet_cli.core.rules.routing import Place
from casefleet_cli.desk import admission
from casefleet_cli.desk import batches as batch_desk
from casefleet_cli.desk import cases as case_desk
from casefleet_cli.desk import links as link_desk
from casefleet_cli.desk import suggestions as suggestion_desk
from casefleet_cli.errors import UsageError
from casefleet_cli.intake.receiving import receive
from casefleet_cli.store import activities, feed, mailbook, never_log, search
from casefleet_cli.store.deliveries import Arrival
from casefleet_cli.store.sight import EVERYTHING, Sight
from tests.firm import BCC, DAYS, Firm, mail


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    return Firm(tmp_path)


def log(firm: Firm, raw: bytes, *, imported: bool = False) -> int:
    source = "eml" if imported else "pipe"
    return receive(firm.db, raw, Arrival(firm.ada, source), vouched=imported).email_id


def verbs(firm: Firm, kind: str, number: int) -> list[str]:
    return [row["verb"] for row in feed.of(firm.db, kind, number)]


def test_a_contact_comes_first(firm: Firm) -> None:
    case = firm.case("Trust")
    email = log(firm, mail("stranger@else.example"))
    with pytest.raises(link_desk.NoContactError, match="no contact yet"):
        link_desk.link(firm.db, email, places=(Place("case", case),))
    assert firm.count("email_cases") == 0
    assert firm.one("SELECT standing FROM emails") == "unassigned"


def test_linking_to_a_case_and_a_lead_shows_in_both_feeds_and_settles_the_notification(firm: Firm) -> None:
    anna = firm.contact("Anna")
    case, lead = firm.case("Trust"), firm.lead("Estate")
    email = log(firm, mail("stranger@else.example"))
    assert firm.one("SELECT count(*) FROM notifications WHERE read_at IS NULL") == 1
    done = link_desk.link(
        firm.db, email, contacts=(anna,), places=(Place("case", case), Place("lead", lead)), acting=firm.carl
    )
    assert (len(done.places), done.contacts, done.not_open) == (2, (anna,), ())
    assert verbs(firm, "case", case) == verbs(firm, "lead", lead) == ["linked"]
    assert firm.all("SELECT user_id FROM activities WHERE verb = 'linked'") == [(firm.carl,)] * 3
    for table in ("email_cases", "email_leads"):
        assert firm.all(f"SELECT linked_by, user_id, decision_id FROM {table}") == [("person", firm.carl, None)]
    assert firm.all("SELECT linked_by FROM email_contacts") == [("person",)]
    assert firm.one("SELECT standing FROM emails") == "linked"
    assert firm.one("SELECT count(*) FROM notifications WHERE read_at IS NULL") == 0


def test_linking_again_says_so_and_writes_nothing(firm: Firm) -> None:
    anna, case = firm.contact("Anna"), firm.case("Trust")
    email = log(firm, mail("stranger@else.example"))
    link_desk.link(firm.db, email, contacts=(anna,), places=(Place("case", case),))
    before = firm.count("activities")
    done = link_desk.link(firm.db, email, contacts=(anna,), places=(Place("case", case),))
    assert (done.places, done.contacts) == ((), ())
    assert firm.count("activities") == before


@pytest.mark.parametrize(("kind", "status"), [("case", "closed"), ("lead", "lost")])
def test_linking_to_what_is_not_open_is_allowed_and_said(firm: Firm, kind: str, status: str) -> None:
    anna = firm.contact("Anna")
    number = firm.case("Trust", status=status) if kind == "case" else firm.lead("Trust", status=status)
    email = log(firm, mail("stranger@else.example"))
    done = link_desk.link(firm.db, email, contacts=(anna,), places=(Place(kind, number),))
    assert status in done.not_open[0]


def test_unlinking_the_last_place_makes_it_unassigned_again_and_keeps_the_history(firm: Firm) -> None:
    case, lead = firm.case("Trust", firm.contact("Anna")), firm.lead("Estate")
    email = log(firm, mail("anna@client.example"))
    link_desk.link(firm.db, email, places=(Place("lead", lead),))
    assert link_desk.unlink(firm.db, email, places=(Place("case", case),)) == "linked"
    assert link_desk.unlink(firm.db, email, places=(Place("lead", lead),)) == "unassigned"
    assert verbs(firm, "case", case) == ["unlinked", "filed"]
    assert verbs(firm, "lead", lead) == ["unlinked", "linked"]


def test_unlinking_what_is_not_linked_changes_nothing(firm: Firm) -> None:
    case = firm.case("Trust", firm.contact("Anna"))
    other = firm.case("Other", firm.contact("Bert"))
    email = log(firm, mail("anna@client.example"))
    with pytest.raises(UsageError, match="not on case 2026-102 Other"):
        link_desk.unlink(firm.db, email, places=(Place("case", case), Place("case", other)))
    assert firm.count("email_cases") == 1


def test_the_last_contact_stays_while_the_email_is_filed(firm: Firm) -> None:
    anna = firm.contact("Anna")
    firm.case("Trust", anna)
    email = log(firm, mail("anna@client.example"))
    with pytest.raises(UsageError, match="needs a contact"):
        link_desk.unlink(firm.db, email, contacts=(anna,))
    assert firm.count("email_contacts") == 1
    bert = firm.contact("Bert")
    link_desk.link(firm.db, email, contacts=(bert,))
    assert link_desk.unlink(firm.db, email, contacts=(anna,)) == "linked"
    assert firm.all("SELECT contact_id FROM email_contacts") == [(bert,)]


def test_unlinking_what_is_not_linked_names_it(firm: Firm) -> None:
    case, lead = Place("case", firm.case("Trust")), Place("lead", firm.lead("Estate"))
    email = log(firm, mail("stranger@else.example"))
    for place, named in ((case, "case 2026-101 Trust"), (lead, f"lead {lead.id} Estate")):
        with pytest.raises(UsageError, match=f"^E-mail {email} is not on {named}; nothing was changed"):
            link_desk.unlink(firm.db, email, places=(place,))


def test_what_never_had_a_contact_is_taken_off_one_place_of_several(firm: Firm) -> None:
    anna = firm.contact("Anna")
    trust, estate = Place("case", firm.case("Trust")), Place("case", firm.case("Estate"))
    email = log(firm, mail("stranger@else.example"))
    link_desk.link(firm.db, email, contacts=(anna,), places=(trust, estate))
    firm.db.execute("DELETE FROM email_contacts")
    assert link_desk.unlink(firm.db, email, places=(trust,)) == "linked"
    assert firm.all("SELECT case_id FROM email_cases") == [(estate.id,)]


def test_held_mail_cannot_be_linked_until_it_is_released_as_received_mail(firm: Firm) -> None:
    anna = firm.contact("Anna")
    case = firm.case("Trust", anna)
    email = log(firm, mail("ada@firm.example", sender="anna@client.example"))
    with pytest.raises(link_desk.HeldError, match=f"casefleet release {email}"):
        link_desk.link(firm.db, email, contacts=(anna,), places=(Place("case", case),))
    assert admission.release(firm.db, email, acting=firm.ada) == "unassigned"
    assert firm.all("SELECT contact_id FROM email_contacts") == [(anna,)]
    assert firm.all("SELECT outcome, reason FROM decisions ORDER BY id") == [
        ("held", "not-sent-by-owner"),
        ("unassigned", "not-sent-by-owner"),
    ]
    unread = firm.all("SELECT user_id, kind, email_id FROM notifications WHERE read_at IS NULL")
    assert unread == [(firm.ada, "unassigned", email)]
    batch_desk.carry_out(firm.db, batch_desk.plan_suggested(firm.db, [email]).steps)
    assert firm.all("SELECT case_id FROM email_cases") == [(case,)]


def test_released_mail_is_never_filed_by_a_rule_even_if_the_sender_became_a_user(firm: Firm) -> None:
    firm.case("Trust", firm.contact("Anna"))
    email = log(firm, mail("anna@client.example", sender="ada@home.example"))
    firm.add("sender_addresses", user_id=firm.ada, address="ada@home.example")
    assert admission.release(firm.db, email) == "unassigned"
    assert firm.count("email_cases") == 0
    released = firm.all("SELECT outcome, reason, verdicts FROM decisions ORDER BY id")[-1]
    assert released == ("unassigned", "not-sent-by-owner", "[]")


@pytest.mark.parametrize("became_a_user", [False, True])
@pytest.mark.parametrize("imported", [False, True])
@pytest.mark.parametrize("received", ["", "from here by there"])
def test_another_copy_of_released_mail_changes_nothing(
    firm: Firm, became_a_user: bool, imported: bool, received: str
) -> None:
    firm.case("Trust", firm.contact("Anna"))
    email = log(firm, mail("anna@client.example", sender="ada@home.example"))
    admission.release(firm.db, email, acting=firm.ada)
    if became_a_user:
        firm.add("sender_addresses", user_id=firm.ada, address="ada@home.example")
    told = firm.count("notifications")
    again = mail("anna@client.example", sender="ada@home.example", received=received)
    assert log(firm, again, imported=imported) == email
    assert firm.all("SELECT standing FROM emails") == [("unassigned",)]
    assert "held" not in {standing for (standing,) in firm.all("SELECT standing FROM deliveries")}
    assert (firm.count("email_cases"), firm.count("notifications")) == (0, told)


@pytest.mark.parametrize(("whose", "linked"), [("ada", 0), ("carl", 1)])
def test_released_mail_heeds_the_never_log_list_of_its_owner(firm: Firm, whose: str, linked: int) -> None:
    firm.contact("Anna")
    email = log(firm, mail("ada@firm.example", sender="anna@client.example"))
    never_log.add(firm.db, "anna@client.example", getattr(firm, whose))
    admission.release(firm.db, email)
    assert firm.count("email_contacts") == linked


def test_rejected_mail_is_kept_out_of_sight_and_can_come_back(firm: Firm) -> None:
    email = log(firm, mail("x@else.example", sender="eve@else.example"))
    assert admission.reject(firm.db, email) == "rejected"
    assert firm.count("raw_messages") == 1
    assert mailbook.listed(firm.db, {"user": firm.ada}) == []
    assert [row["id"] for row in mailbook.listed(firm.db, {"standing": "rejected"})] == [email]
    assert firm.all("SELECT user_id, kind FROM notifications WHERE read_at IS NULL") == [(firm.ada, "rejected")]
    with pytest.raises(admission.NotHeldError, match="rejected already"):
        admission.reject(firm.db, email)
    with pytest.raises(link_desk.HeldError, match=f"E-mail {email} is rejected; .* casefleet release {email} first"):
        link_desk.link(firm.db, email, contacts=(firm.contact("Eve"),))
    assert firm.count("email_contacts") == 0
    assert admission.release(firm.db, email) == "unassigned"


def test_of_mail_held_for_two_each_rejects_the_own(firm: Firm) -> None:
    raw = mail("x@else.example", sender="eve@else.example")
    email = log(firm, raw)
    for decide, refusal in ((admission.reject, "is held already"), (admission.release, "neither held nor rejected")):
        with pytest.raises(admission.NotHeldError, match=refusal):
            decide(firm.db, email, acting=firm.carl)
    assert receive(firm.db, raw, Arrival(firm.carl, "pipe")).email_id == email
    assert admission.reject(firm.db, email, acting=firm.carl) == "held"
    held = firm.all("SELECT user_id, standing FROM deliveries ORDER BY id")
    assert held == [(firm.ada, "held"), (firm.carl, "rejected")]
    assert firm.activities("user_id, about_user_id", "verb = 'rejected'") == [(firm.carl, firm.carl)]


def sight_of(firm: Firm, user: int) -> Sight:
    return access.who(firm.db, user).sight


def test_unassigned_mail_that_is_no_cases_is_put_out_of_sight_with_a_reason_and_comes_back(firm: Firm) -> None:
    email = log(firm, mail("anna@client.example", subject="Lottery"))
    assert admission.reject(firm.db, email, "spam", acting=firm.carl) == "rejected"
    assert firm.activities("user_id, email_id", "verb = 'rejected'") == [(firm.carl, email)]
    told = "SELECT user_id, kind, detail FROM notifications WHERE read_at IS NULL"
    assert firm.all(told) == [(firm.ada, "rejected", "spam")]
    assert (firm.count("raw_messages"), firm.all("SELECT standing FROM deliveries")) == (1, [("routed",)])
    for user in (firm.ada, firm.carl):
        sight = sight_of(firm, user)
        assert mailbook.listed(firm.db, {}, sight=sight) == []
        assert search.numbers(firm.db, parse_query("lottery", DAYS), sight) == []
        assert search.numbers(firm.db, parse_query("is:rejected", DAYS), sight) == [email]
    with pytest.raises(link_desk.HeldError, match=f"is rejected; .* casefleet release {email} first"):
        link_desk.link(firm.db, email, contacts=(firm.contact("Eve"),))
    assert admission.release(firm.db, email, acting=firm.carl) == "unassigned"
    assert firm.all(told) == [(firm.ada, "unassigned", "")]
    assert [row["id"] for row in mailbook.listed(firm.db, {"standing": "unassigned"})] == [email]
    assert firm.all("SELECT outcome FROM decisions") == [("unassigned",)]


def test_who_rejects_the_own_mail_is_told_nothing_and_the_reason_is_not_empty(firm: Firm) -> None:
    email = log(firm, mail("x@else.example"))
    admission.reject(firm.db, email, acting=firm.ada)
    assert firm.all("SELECT kind FROM notifications WHERE read_at IS NULL") == []
    rejected = activities.rejection(firm.db, email)
    assert rejected is not None
    assert (rejected["user"], rejected["detail"]) == ("Ada Berg", admission.NOT_CASE_MAIL)


def test_a_later_copy_brings_rejected_mail_back_when_a_rule_files_it_and_else_tells_why_not(firm: Firm) -> None:
    case = firm.case("Trust", firm.contact("Anna"))
    email = log(firm, mail("x@else.example"))
    admission.reject(firm.db, email, "spam", acting=firm.ada)
    told = "SELECT kind, detail FROM notifications WHERE read_at IS NULL"
    assert log(firm, mail("x@else.example", bcc="y@else.example")) == email
    assert firm.all("SELECT standing FROM emails") == [("rejected",)]
    assert firm.all(told) == [("rejected", "spam")]
    assert log(firm, mail("x@else.example", bcc="anna@client.example")) == email
    assert firm.all("SELECT standing, rejected_at FROM emails") == [("linked", None)]
    assert firm.all("SELECT case_id, linked_by FROM email_cases") == [(case, "rule")]
    assert firm.all(told) == []
    link_desk.unlink(firm.db, email, places=(Place("case", case),))
    assert firm.one("SELECT standing FROM emails") == "unassigned"


def test_a_further_owner_of_rejected_mail_is_told_who_put_it_there(firm: Firm) -> None:
    raw = mail("x@else.example", sender="ada@firm.example")
    email = log(firm, raw)
    admission.reject(firm.db, email, "spam", acting=firm.carl)
    firm.add("sender_addresses", user_id=firm.carl, address="carl@home.example")
    assert receive(firm.db, raw, Arrival(firm.carl, "pipe"), vouched=True).email_id == email
    assert firm.one("SELECT standing FROM emails") == "rejected"
    told = firm.all("SELECT kind, detail FROM notifications WHERE read_at IS NULL AND user_id = ?", firm.carl)
    assert told == [("rejected", "spam")]


def test_the_same_rejected_mail_again_stays_rejected(firm: Firm) -> None:
    email = log(firm, mail("x@else.example", sender="eve@else.example"))
    admission.reject(firm.db, email)
    log(firm, mail("x@else.example", sender="eve@else.example", received="from here by there"))
    assert firm.one("SELECT standing FROM emails") == "rejected"
    assert firm.all("SELECT standing FROM deliveries") == [("rejected",)] * 2


FORWARD = """For the file.

---------- Forwarded message ---------
From: Anna Client <anna@client.example>
Date: Sun, Nov 22, 2026 at 6:12 PM
Subject: Police report
To: Ada Berg <ada@firm.example>

The number is 26-1183.
"""


def test_row_15_a_forward_to_the_bcc_address_suggests_its_sender_and_case(firm: Firm) -> None:
    anna = firm.contact("Anna")
    case = firm.case("Trust", anna)
    email = log(firm, mail(BCC["ada"], subject="Fwd: Police report", text=FORWARD))
    assert firm.one("SELECT standing FROM emails") == "unassigned"
    best = suggestion_desk.for_email(firm.db, email)[0]
    assert (best.trust, best.place, best.contact.id) == ("forward", Place("case", case), anna)
    assert best.reason == "Anna (anna@client.example), original sender of the forwarded message, has one open case"
    assert (
        best.command
        == f"casefleet link {email} --contact {anna} --case {firm.one('SELECT number FROM cases WHERE id = ?', case)}"
    )
    batch_desk.carry_out(firm.db, batch_desk.plan_suggested(firm.db, [email]).steps)
    assert firm.all("SELECT case_id FROM email_cases") == [(case,)]


def test_the_thread_is_the_most_trusted_reason(firm: Firm) -> None:
    anna, bert = firm.contact("Anna"), firm.contact("Bert")
    case = firm.case("Trust", anna)
    firm.case("Other", bert)
    first = log(firm, mail("anna@client.example", msgid="first"))
    reply = log(
        firm,
        mail("ada@firm.example", sender="bert@client.example", References="<first@mail.example>", msgid="r"),
        imported=True,
    )
    found = suggestion_desk.for_email(firm.db, reply)
    assert [s.trust for s in found] == ["thread", "contact"]
    assert found[0].place == Place("case", case)
    assert f"E-mail {first}" in found[0].reason


def test_the_thread_of_a_converted_lead_points_to_its_case(firm: Firm) -> None:
    anna = firm.contact("Anna")
    lead = firm.lead("Estate", anna)
    log(firm, mail("anna@client.example", msgid="first"))
    case = firm.case("Estate", anna)
    firm.db.execute("UPDATE leads SET status = 'converted', case_id = ? WHERE id = ?", (case, lead))
    reply = log(
        firm, mail("ada@firm.example", sender="anna@client.example", In_Reply_To="<first@mail.example>"), imported=True
    )
    best = suggestion_desk.for_email(firm.db, reply)[0]
    assert (best.trust, best.place) == ("thread", Place("case", case))


def test_a_case_number_in_the_subject_is_suggested_but_the_same_subject_is_not(firm: Firm) -> None:
    anna = firm.contact("Anna")
    case = firm.case("Trust", anna)
    log(firm, mail("anna@client.example", subject="Hello"))
    same = log(firm, mail("x@else.example", subject="Hello", text="other"))
    numbered = log(firm, mail("x@else.example", subject="Re: [2026-101] papers"))
    assert suggestion_desk.for_email(firm.db, same) == []
    assert [(s.trust, s.place) for s in suggestion_desk.for_email(firm.db, numbered)] == [
        ("case-number", Place("case", case))
    ]


@pytest.mark.parametrize("subject", ["Re: 12 C 34/26 papers", "[12 C  34/26]", "Hearing in 12 C 34/26, room 4"])
def test_a_case_number_of_several_words_in_the_subject_is_suggested(firm: Firm, subject: str) -> None:
    case = case_desk.open_case(firm.db, "Land", number=" 12  C 34/26", contacts=[firm.contact("Anna")])
    numbered = log(firm, mail("x@else.example", subject=subject))
    (only,) = suggestion_desk.for_email(firm.db, numbered)
    assert (only.trust, only.place, only.reason) == (
        "case-number", Place("case", case["id"]), "The subject names case 12 C 34/26",
    )  # fmt: skip
    assert only.command == f"casefleet link {numbered} --case '12 C 34/26'"


def test_several_open_cases_suggest_the_contact_and_name_the_cases(firm: Firm) -> None:
    anna = firm.contact("Anna")
    firm.case("One", anna)
    firm.case("Two", anna)
    email = log(firm, mail("anna@client.example"))
    (only,) = suggestion_desk.for_email(firm.db, email)
    assert (only.place, only.contact.id) == (None, anna)
    assert "2026-101, 2026-102" in only.reason
    assert [(one.name, one.command) for one in only.choices] == [
        ("2026-101 One", "casefleet link 1 --case 2026-101"),
        ("2026-102 Two", "casefleet link 1 --case 2026-102"),
    ]
    with pytest.raises(UsageError, match="several likely places: case 2026-101 One; case 2026-102 Two"):
        batch_desk.suggested(firm.db, email)


def test_what_is_done_is_suggested_no_more(firm: Firm) -> None:
    anna, bert = firm.contact("Anna"), firm.contact("Bert")
    one, two = firm.case("One", anna), firm.case("Two", anna)
    firm.case("Three", bert)
    email = log(firm, mail("anna@client.example", cc="bert@client.example"))
    assert [s.summary for s in suggestion_desk.for_email(firm.db, email)] == ["contact Anna"]
    link_desk.link(firm.db, email, places=(Place("case", one),))
    (rest,) = suggestion_desk.for_email(firm.db, email)
    assert [choice.place for choice in rest.choices] == [Place("case", two)]
    link_desk.link(firm.db, email, places=(Place("case", two),))
    assert suggestion_desk.for_email(firm.db, email) == []
    with pytest.raises(UsageError, match="Nothing is suggested"):
        batch_desk.suggested(firm.db, email)


def test_candidates_are_each_place_once_by_trust_with_whom_it_needs(firm: Firm) -> None:
    anna = firm.contact("Anna")
    one, two = firm.case("One", anna), firm.case("Two", anna)
    shared = firm.contact("Office", "anna@client.example")
    firm.add("case_contacts", case_id=two, contact_id=shared)
    first = log(firm, mail("x@else.example", msgid="first"))
    link_desk.link(firm.db, first, contacts=(anna,), places=(Place("case", two),))
    reply = mail("x@else.example", subject="Re: 2026-101", References="<first@mail.example>", cc="anna@client.example")
    email = log(firm, reply)
    link_desk.unlink(firm.db, email, contacts=(anna,))
    found = suggestion_desk.candidates(suggestion_desk.for_email(firm.db, email))
    assert [(c.place.id, c.trust, c.contact.id if c.contact else None) for c in found] == [
        (two, "thread", anna),
        (one, "contact", anna),
    ]


def test_equally_likely_places_are_left_to_a_person(firm: Firm) -> None:
    firm.case("One", firm.contact("Anna"))
    firm.case("Two", firm.contact("Bert"))
    email = log(firm, mail("anna@client.example", sender="bert@client.example"), imported=True)
    with pytest.raises(UsageError, match="several likely places"):
        batch_desk.suggested(firm.db, email)
    assert firm.count("email_cases") == 0


def test_a_thread_is_followed_through_mails_that_are_related_to_each_other(firm: Firm) -> None:
    numbers = [
        log(firm, mail("x@else.example", text=str(n), msgid=f"t{n}", References=f"<t{n - 1}@mail.example>"))
        for n in range(4)
    ]
    assert sorted(link_desk.with_their_threads(firm.db, [numbers[1]], EVERYTHING)) == numbers


def test_a_thread_takes_no_mail_along_that_is_filed_held_or_rejected(firm: Firm) -> None:
    anna = firm.contact("Anna", "anna@client.example")
    firm.case("Trust", anna)
    to = ["x@else.example", "anna@client.example", "ada@firm.example", "ada@firm.example"]
    from_ = ["ada@firm.example", "ada@firm.example", "eve@else.example", "eve@else.example"]
    first, filed, held, rejected = (
        log(firm, mail(to[n], sender=from_[n], text=str(n), msgid=f"t{n}", References="<t0@mail.example>" if n else ""))
        for n in range(4)
    )
    admission.reject(firm.db, rejected)
    assert firm.all("SELECT id, standing FROM emails") == [
        (first, "unassigned"), (filed, "linked"), (held, "held"), (rejected, "rejected"),
    ]  # fmt: skip
    assert link_desk.with_their_threads(firm.db, [first], EVERYTHING) == [first]


def test_a_thread_takes_along_what_is_in_sight_only(firm: Firm) -> None:
    firm.role(firm.carl, "limited")
    first = receive(
        firm.db, mail("x@else.example", sender="carl@firm.example", text="0", msgid="t0"), Arrival(firm.carl, "pipe")
    ).email_id
    other = log(firm, mail("x@else.example", text="1", msgid="t1", References="<t0@mail.example>"))
    carl = access.who(firm.db, firm.carl)
    assert link_desk.with_their_threads(firm.db, [first], carl.sight) == [first]
    assert link_desk.with_their_threads(firm.db, [first], EVERYTHING) == [first, other]
