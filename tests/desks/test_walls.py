"""Restricted cases: for who is not assigned to one, also as the owner of mail, it does not exist."""

from __future__ import annotations

from pathlib import Path

import pytest

from casefleet_cli import access, archive
from casefleet_cli.core.rules.explanation import sentences
from casefleet_cli.core.rules.routing import Place
from casefleet_cli.desk import batches as batch_desk
from casefleet_cli.desk import cases as case_desk
from casefleet_cli.desk import links as link_desk
from casefleet_cli.desk import suggestions as suggestion_desk
from casefleet_cli.intake.receiving import receive
from casefleet_cli.store import deliveries, feed, links, notifications
from casefleet_cli.store.deliveries import Arrival
from casefleet_cli.store.sight import Sight
from tests.firm import DAYS, Firm, mail

OPEN, WALLED = Place("case", 1), Place("case", 2)


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    """Anna is on an ordinary and on a restricted case, Bert on the restricted one alone, which is Carl's."""
    made = Firm(tmp_path)
    anna, bert = made.contact("Anna"), made.contact("Bert")
    made.case("Trust", anna)
    made.case("Wall", anna, bert)
    made.add("case_users", case_id=WALLED.id, user_id=made.carl)
    case_desk.restrict(made.db, WALLED.id)
    return made


def deliver(firm: Firm, to: str, user: str = "ada", *, tag: str = "", **options: str) -> int:
    raw = mail(to, sender=f"{user}@firm.example", **options)
    owner = {"ada": firm.ada, "carl": firm.carl}[user]
    return receive(firm.db, raw, Arrival(owner, "pipe", tag=tag)).email_id


def places(firm: Firm, email_id: int) -> list[tuple[str, int]]:
    return [(place["kind"], place["id"]) for place in links.places_of(firm.db, email_id, access.THIS_COMPUTER.sight)]


def sight(firm: Firm, user: int) -> Sight:
    return access.who(firm.db, user).sight


def why(firm: Firm, email_id: int, user: int | None = None) -> str:
    found = deliveries.decisions(firm.db, email_id, sight=access.who(firm.db, user).sight)
    return "\n".join(" ".join(sentences(one, DAYS)) for one in found)


# Routing: (to, whose mail) -> where it goes, and what is said of the reason.
ROUTED = {
    ("anna@client.example", "ada"): ([OPEN], "exactly one open case: 2026-101 Trust"),
    ("anna@client.example", "carl"): ([], "several-open-cases"),
    ("bert@client.example", "ada"): ([], "nothing-open"),
    ("bert@client.example", "carl"): ([WALLED], "exactly one open case: 2026-102 Wall"),
    ("anna@client.example, bert@client.example", "ada"): ([OPEN], "nothing-open"),
}


@pytest.mark.parametrize(("to", "user"), ROUTED)
def test_a_rule_counts_what_the_owner_may_see(firm: Firm, to: str, user: str) -> None:
    wanted, reason = ROUTED[to, user]
    email_id = deliver(firm, to, user)
    assert places(firm, email_id) == [(place.kind, place.id) for place in wanted]
    assert reason in why(firm, email_id)
    assert user == "carl" or "Wall" not in why(firm, email_id)


def test_an_admin_s_mail_counts_all(firm: Firm) -> None:
    firm.role(firm.ada, "admin")
    assert places(firm, deliver(firm, "bert@client.example")) == [("case", WALLED.id)]


def test_of_an_archive_each_mail_counts_what_its_owner_may_see(firm: Firm, tmp_path: Path) -> None:
    for user in ("ada", "carl"):
        text = mail("bert@client.example", sender=f"{user}@firm.example", msgid=user)
        (tmp_path / f"{user}.eml").write_bytes(text)
    archive.run(firm.db, [tmp_path / "ada.eml", tmp_path / "carl.eml"])
    assert [places(firm, number) for number in (1, 2)] == [[], [("case", WALLED.id)]]


def test_a_lead_that_became_a_restricted_case_counts_no_more_as_of_then(firm: Firm, tmp_path: Path) -> None:
    cleo = firm.contact("Cleo")
    lead = firm.lead("Inquiry", cleo)
    firm.db.execute("UPDATE leads SET status = 'converted', case_id = ?, ended_at = '2026-11-20T00:00:00Z' WHERE id = ?",
                    (WALLED.id, lead))  # fmt: skip
    (tmp_path / "one.eml").write_bytes(mail("cleo@client.example"))
    archive.run(firm.db, [tmp_path / "one.eml"], terms=archive.Terms(as_of_sent=True))
    assert places(firm, 1) == []
    case_desk.unrestrict(firm.db, WALLED.id)
    (tmp_path / "two.eml").write_bytes(mail("cleo@client.example", text="another"))
    archive.run(firm.db, [tmp_path / "two.eml"], terms=archive.Terms(as_of_sent=True))
    assert places(firm, 2) == [("lead", lead)]


def test_a_tag_of_who_is_not_assigned_names_nothing(firm: Firm) -> None:
    email_id = deliver(firm, "bert@client.example", tag="102")
    assert places(firm, email_id) == []
    assert "+102 names no case or lead that Ada Berg may see" in why(firm, email_id)
    assert places(firm, deliver(firm, "bert@client.example", "carl", tag="102")) == [("case", WALLED.id)]


# What is shown.


def test_suggestions_know_nothing_of_it(firm: Firm) -> None:
    filed = deliver(firm, "bert@client.example", "carl", msgid="first")
    reply = mail(
        "ada@firm.example", sender="bert@client.example", subject="2026-102", References="<first@mail.example>"
    )
    waiting = receive(firm.db, reply, Arrival(firm.ada, "eml"), vouched=True).email_id
    assert {s.place for s in suggestion_desk.for_email(firm.db, waiting, sight(firm, firm.carl))} == {WALLED}
    assert suggestion_desk.for_email(firm.db, waiting, sight(firm, firm.ada)) == []
    link_desk.unlink(firm.db, waiting, contacts=(2,))
    shown = suggestion_desk.for_email(firm.db, waiting, sight(firm, firm.ada))
    assert [(s.summary, s.reason.partition(" has ")[2]) for s in shown] == [("contact Bert", "nothing open")]
    assert str(filed) not in "".join(s.reason for s in shown)


def test_of_mail_on_two_cases_only_the_other_is_shown(firm: Firm) -> None:
    email_id = deliver(firm, "anna@client.example, bert@client.example")
    link_desk.link(firm.db, email_id, places=(WALLED,), acting=firm.carl)
    seen = sight(firm, firm.ada)
    assert [place["name"] for place in links.places_of(firm.db, email_id, seen)] == ["Trust"]
    told = [
        (row["verb"], row["case_title"]) for row in feed.of(firm.db, "all", sight=seen) if row["email_id"] == email_id
    ]
    assert told == [("filed", "Trust")]


def test_what_a_decision_named_is_left_out(firm: Firm) -> None:
    case_desk.unrestrict(firm.db, WALLED.id)
    several = deliver(firm, "anna@client.example", cc="x@else.example", msgid="1")
    one = deliver(firm, "bert@client.example", msgid="2")
    tagged = deliver(firm, "x@else.example, anna@client.example", tag="102", msgid="3")
    assert [len(places(firm, email)) for email in (several, one, tagged)] == [0, 1, 1]
    assert "2026-102 Wall" in why(firm, several)
    case_desk.restrict(firm.db, WALLED.id)
    assert why(firm, several, firm.ada) == (
        "Logged for Ada Berg and left unassigned. x@else.example belongs to no contact (unknown-address)."
    )
    assert (why(firm, one, firm.ada), why(firm, tagged, firm.ada)) == ("", "")
    for email in (several, one, tagged):
        assert "2026-102 Wall" in why(firm, email, firm.carl)


def test_a_tag_that_fits_several_names_those_in_sight_only(firm: Firm) -> None:
    firm.db.execute("UPDATE cases SET number = '2025-102' WHERE id = 1")
    case_desk.unrestrict(firm.db, WALLED.id)
    email_id = deliver(firm, "x@else.example", tag="102")
    assert "fits several" in why(firm, email_id, firm.ada)
    case_desk.restrict(firm.db, WALLED.id)
    assert "fits several" in why(firm, email_id, firm.carl)
    assert why(firm, email_id, firm.ada) == (
        "Logged for Ada Berg and left unassigned. x@else.example belongs to no contact (unknown-address)."
    )


@pytest.mark.parametrize(("to", "kind"), [("x@else.example", "no-contact"), ("bert@client.example", "filed-by-tag")])
def test_a_notification_does_not_name_it_any_more(firm: Firm, to: str, kind: str) -> None:
    case_desk.unrestrict(firm.db, WALLED.id)
    deliver(firm, to, tag="102")

    def details(user: int | None) -> list[str]:
        rows = notifications.listed(firm.db, access.who(firm.db, user).sight, firm.ada, read_too=True)
        return [row["detail"] for row in rows if row["kind"] == kind]

    (told,) = details(firm.ada)
    assert "2026-102 Wall" in told
    case_desk.restrict(firm.db, WALLED.id)
    assert (details(firm.ada), details(None)) == ([""], [told])


def test_a_batch_is_taken_back_as_far_as_it_is_in_sight(firm: Firm) -> None:
    case_desk.unrestrict(firm.db, WALLED.id)
    emails = [deliver(firm, "x@else.example", msgid=str(number)) for number in range(2)]
    steps = batch_desk.plan(firm.db, emails, (1,), (OPEN, WALLED)).steps
    batch = batch_desk.carry_out(firm.db, steps, acting=firm.ada).batch_id
    case_desk.restrict(firm.db, WALLED.id)
    undone = batch_desk.undo(firm.db, batch or 0, acting=firm.ada)
    assert (undone.emails, "Wall" in "".join(undone.kept)) == (2, False)
    assert [places(firm, email) for email in emails] == [[("case", WALLED.id)]] * 2


# Who may build and take down a wall.


def test_who_may_restrict(firm: Firm) -> None:
    entries = firm.count("activities")
    assert case_desk.restrict(firm.db, WALLED.id, acting=firm.carl) is False
    assert case_desk.unrestrict(firm.db, WALLED.id, acting=firm.carl) is True
    assert case_desk.restrict(firm.db, WALLED.id, acting=firm.carl) is True
    with pytest.raises(case_desk.NotAssignedError):
        case_desk.unrestrict(firm.db, WALLED.id, acting=firm.ada)
    with pytest.raises(case_desk.NotAssignedError):
        case_desk.restrict(firm.db, OPEN.id, acting=firm.carl)
    firm.role(firm.ada, "admin")
    assert case_desk.unrestrict(firm.db, WALLED.id, acting=firm.ada) is True
    told = firm.activities("verb, user_id, case_id", "id > ?", entries)
    assert told == [
        ("unrestricted", firm.carl, WALLED.id),
        ("restricted", firm.carl, WALLED.id),
        ("unrestricted", firm.ada, WALLED.id),
    ]


def test_a_number_that_is_taken_out_of_sight_is_only_not_free(firm: Firm) -> None:
    with pytest.raises(case_desk.NumberTakenError, match="is not free"):
        case_desk.open_case(firm.db, "Mine", number="2026-102", acting=firm.ada)
    with pytest.raises(case_desk.NumberTakenError, match="Wall"):
        case_desk.open_case(firm.db, "Mine", number="2026-102", acting=firm.carl)
