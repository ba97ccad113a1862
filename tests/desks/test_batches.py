"""Linking many emails at once: the plan says what will be done, what is done is one batch, one undo takes exactly it back."""

from __future__ import annotations

from pathlib import Path

import pytest

from casefleet_cli import clock
from casefleet_cli.core.rules.routing import Place
from casefleet_cli.desk import batches as batch_desk
from casefleet_cli.desk import links as link_desk
from casefleet_cli.errors import UsageError
from casefleet_cli.intake.receiving import receive
from casefleet_cli.store.deliveries import Arrival
from tests.firm import Firm, mail


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    return Firm(tmp_path)


def log(firm: Firm, *, to: str = "stranger@else.example", text: str = "", **headers: str) -> int:
    raw = mail(to, text=text or f"mail {firm.count('emails')}", **headers)
    return receive(firm.db, raw, Arrival(firm.ada, "eml"), vouched=True).email_id


def links_now(firm: Firm) -> list[tuple]:
    return firm.all(
        "SELECT email_id, 'case', case_id FROM email_cases UNION ALL SELECT email_id, 'lead', lead_id FROM email_leads"
        " UNION ALL SELECT email_id, 'contact', contact_id FROM email_contacts ORDER BY 1, 2, 3"
    )


def standings(firm: Firm) -> list[str]:
    return [row[0] for row in firm.all("SELECT standing FROM emails ORDER BY id")]


def test_a_batch_is_linked_and_taken_back_exactly(firm: Firm) -> None:
    anna = firm.contact("Anna")
    trust, other = Place("case", firm.case("Trust")), Place("case", firm.case("Other"))
    emails = [log(firm) for _ in range(4)]
    link_desk.link(firm.db, emails[0], contacts=(anna,), places=(other,))
    link_desk.link(firm.db, emails[1], contacts=(anna,), places=(trust,))
    before, entries = links_now(firm), firm.count("activities")
    done = batch_desk.carry_out(firm.db, batch_desk.plan(firm.db, emails, (anna,), (trust,)).steps, acting=firm.carl)
    assert (done.batch_id, len(done.linked), done.refused) == (1, 4, [])
    new = firm.activities("email_id, case_id, contact_id, user_id, detail", "id > ?", entries)
    assert sorted(new, key=str) == sorted(
        [(emails[0], trust.id, None, firm.carl, "batch 1")]
        + [(email, None, anna, firm.carl, "batch 1") for email in emails[2:]]
        + [(email, trust.id, None, firm.carl, "batch 1") for email in emails[2:]],
        key=str,
    )
    firm.role(firm.ada, "admin")
    assert batch_desk.undo(firm.db, 1, acting=firm.ada) == batch_desk.Undone(3, [])
    assert links_now(firm) == before
    assert standings(firm) == ["linked", "linked", "unassigned", "unassigned"]
    undone = firm.activities("DISTINCT verb, user_id, detail", "id > ?", entries + len(new))
    assert undone == [("unlinked", firm.ada, "batch 1 undone")]
    told = firm.activities("email_id, case_id, lead_id, contact_id", "id > ?", entries + len(new))
    made = firm.activities("email_id, case_id, lead_id, contact_id", "id > ? AND verb = 'linked'", entries)
    assert sorted(told, key=str) == sorted(made, key=str)
    assert firm.count("activities") == entries + 2 * len(new)


def test_what_a_person_changed_since_stays(firm: Firm) -> None:
    anna, bert = firm.contact("Anna"), firm.contact("Bert")
    trust, other = Place("case", firm.case("Trust")), Place("lead", firm.lead("Other"))
    emails = [log(firm) for _ in range(4)]
    batch_desk.carry_out(firm.db, batch_desk.plan(firm.db, emails, (anna,), (trust,)).steps)
    link_desk.unlink(firm.db, emails[0], places=(trust,))
    link_desk.unlink(firm.db, emails[1], places=(trust,))
    link_desk.link(firm.db, emails[1], places=(trust,))
    link_desk.link(firm.db, emails[2], places=(other,))
    link_desk.link(firm.db, emails[3], contacts=(bert,), places=(other,))
    undone = batch_desk.undo(firm.db, 1)
    assert undone.emails == 3
    assert undone.kept == [
        "E-mail 2 stays on case 2026-101 Trust: it was put there by hand since.",
        "E-mail 2 stays on contact Anna: it is on a case or lead and needs a contact.",
        "E-mail 3 stays on contact Anna: it is on a case or lead and needs a contact.",
    ]
    assert links_now(firm) == [
        (2, "case", trust.id), (2, "contact", anna), (3, "contact", anna), (3, "lead", other.id),
        (4, "contact", bert), (4, "lead", other.id),
    ]  # fmt: skip
    assert standings(firm) == ["unassigned", "linked", "linked", "linked"]


def test_a_batch_is_undone_once_and_must_be_there(firm: Firm) -> None:
    with pytest.raises(UsageError, match="no batch 1; there is none yet"):
        batch_desk.undo(firm.db, 1)
    anna = firm.contact("Anna")
    batch_desk.carry_out(firm.db, batch_desk.plan(firm.db, [log(firm), log(firm)], (anna,), ()).steps)
    batch_desk.undo(firm.db, 1)
    entries = firm.count("activities")
    with pytest.raises(UsageError, match="Batch 1 was undone already"):
        batch_desk.undo(firm.db, 1)
    with pytest.raises(UsageError, match="no batch 2; the last is 1"):
        batch_desk.undo(firm.db, 2)
    assert firm.count("activities") == entries


def test_a_batch_is_taken_back_by_who_made_it_or_an_admin(firm: Firm) -> None:
    anna, trust = firm.contact("Anna"), Place("case", firm.case("Trust"))
    first, second = [log(firm) for _ in range(2)], [log(firm) for _ in range(3)]
    for emails, user in ((first, firm.carl), (second, firm.ada)):
        steps = batch_desk.plan(firm.db, emails, (anna,), (trust,)).steps
        batch_desk.carry_out(firm.db, steps, acting=user)
    before = links_now(firm)
    with pytest.raises(UsageError, match=r"^There is no batch 2; the last is 1\.$"):
        batch_desk.undo(firm.db, 2, acting=firm.carl)
    assert links_now(firm) == before
    assert batch_desk.undo(firm.db, 2, acting=firm.ada) == batch_desk.Undone(3, [])
    firm.role(firm.ada, "admin")
    assert batch_desk.undo(firm.db, 1, acting=firm.ada) == batch_desk.Undone(2, [])


def test_the_feed_of_a_lead_tells_that_a_batch_was_taken_back(firm: Firm) -> None:
    anna, estate = firm.contact("Anna"), Place("lead", firm.lead("Estate"))
    emails = [log(firm) for _ in range(2)]
    batch_desk.carry_out(firm.db, batch_desk.plan(firm.db, emails, (anna,), (estate,)).steps)
    batch_desk.undo(firm.db, 1)
    told = firm.activities("verb, email_id, case_id", "lead_id = ?", estate.id)
    assert told == [(verb, email, None) for verb in ("linked", "unlinked") for email in emails]


def test_one_email_and_nothing_new_are_no_batch(firm: Firm) -> None:
    anna = firm.contact("Anna")
    emails = [log(firm), log(firm)]
    assert batch_desk.carry_out(firm.db, batch_desk.plan(firm.db, emails[:1], (anna,), ()).steps).batch_id is None
    batch_desk.carry_out(firm.db, batch_desk.plan(firm.db, emails, (anna,), ()).steps)
    assert batch_desk.carry_out(firm.db, batch_desk.plan(firm.db, emails, (anna,), ()).steps).batch_id is None
    assert firm.count("batches") == 1


def test_a_plan_says_who_is_left_and_why(firm: Firm) -> None:
    anna = firm.contact("Anna")
    trust = Place("case", firm.case("Trust", anna))
    held = receive(firm.db, mail("ada@firm.example", sender="x@y.example"), Arrival(firm.ada, "pipe")).email_id
    bare = log(firm)
    planned = batch_desk.plan(firm.db, [held, bare], (), (trust,))
    assert planned.steps == []
    assert [f"E-mail {held} is held" in planned.refused[0], "no contact yet" in planned.refused[1]] == [True, True]
    assert links_now(firm) == []


@pytest.mark.parametrize(("min_trust", "count"), [("thread", 1), ("contact", 2), ("case-number", 2)])
def test_suggestions_are_accepted_down_to_a_trust(firm: Firm, min_trust: str, count: int) -> None:
    anna = firm.contact("Anna")
    case = firm.case("Trust", anna)
    first = log(firm, to="anna@client.example", msgid="first")
    replies = [
        log(firm, to="ada@firm.example", sender="Anna <anna@client.example>", In_Reply_To="<first@mail.example>"),
        log(firm, to="ada@firm.example", sender="Anna <anna@client.example>"),
        log(firm, to="ada@firm.example", sender="Who <who@else.example>"),
    ]
    assert links_now(firm)[0] == (first, "case", case)
    planned = batch_desk.plan_suggested(firm.db, replies, min_trust)
    assert [step.email_id for step in planned.steps] == replies[:count]
    assert len(planned.refused) == 3 - count
    done = batch_desk.carry_out(firm.db, planned.steps)
    assert firm.one("SELECT count(*) FROM email_cases") == 1 + count
    assert done.batch_id == (1 if count > 1 else None)


def test_mail_that_moved_since_the_plan_is_left(firm: Firm) -> None:
    anna = firm.contact("Anna")
    trust, other = Place("case", firm.case("Trust")), Place("case", firm.case("Other"))
    emails = [log(firm), log(firm)]
    planned = batch_desk.plan(firm.db, emails, (anna,), (trust,))
    link_desk.link(firm.db, emails[0], contacts=(anna,), places=(other,))
    done = batch_desk.carry_out(firm.db, planned.steps)
    assert done.refused == [f"E-mail {emails[0]} is linked meanwhile and was left so."]
    assert firm.all("SELECT email_id, case_id FROM email_cases ORDER BY 1") == [
        (emails[0], other.id),
        (emails[1], trust.id),
    ]


def test_a_failure_in_the_middle_links_nothing(firm: Firm) -> None:
    anna = firm.contact("Anna")
    trust = Place("case", firm.case("Trust"))
    emails = [log(firm), log(firm)]
    planned = batch_desk.plan(firm.db, emails, (anna,), (trust,))
    broken = [planned.steps[0], planned.steps[1]._replace(places=(Place("case", 99),))]
    before = firm.count("activities")
    with pytest.raises(Exception, match="FOREIGN KEY"):
        batch_desk.carry_out(firm.db, broken)
    assert (links_now(firm), firm.count("activities"), firm.count("batches")) == ([], before, 0)


def test_of_very_many_what_was_done_when_it_was_ended_is_kept_and_can_be_taken_back(
    firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_desk, "_AT_ONCE", 2)
    pauses: list[float] = []
    monkeypatch.setattr(clock, "pause", pauses.append)
    place = (Place("case", firm.case("Trust")),)
    anna = firm.contact("Anna")
    numbers = [log(firm, to=f"p{n}@else.example") for n in range(5)]
    planned = batch_desk.plan(firm.db, numbers, (anna,), place)

    def ended(_: float) -> None:
        assert not firm.db.in_transaction, "who delivers mail gets in here"
        raise KeyboardInterrupt

    monkeypatch.setattr(clock, "pause", ended)
    with pytest.raises(KeyboardInterrupt):
        batch_desk.carry_out(firm.db, planned.steps, acting=firm.ada)
    assert firm.count("email_cases") == 2
    with pytest.raises(KeyboardInterrupt):
        batch_desk.undo(firm.db, 1, acting=firm.ada)
    assert firm.count("email_cases") == 0
    monkeypatch.setattr(clock, "pause", pauses.append)
    assert batch_desk.undo(firm.db, 1, acting=firm.ada) == batch_desk.Undone(2, [])
    assert (firm.count("email_cases"), firm.count("email_contacts")) == (0, 0)
    done = batch_desk.carry_out(firm.db, planned.steps, acting=firm.ada)
    assert (done.batch_id, len(done.linked), len(pauses)) == (2, 5, 3)
    assert firm.count("email_cases") == 5
