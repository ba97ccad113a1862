"""The case tag: how it is read, what it fits, and what it adds to a decision; pure."""

from __future__ import annotations

import pytest

from casefleet_cli.core.address import untagged
from casefleet_cli.core.rules import again, tags
from casefleet_cli.core.rules.notices import Notice, notices_of_tag
from casefleet_cli.core.rules.routing import (
    NO_COUNTED_RECIPIENT,
    NOT_SENT_BY_OWNER,
    Contact,
    Decision,
    Party,
    Place,
    Tag,
    Verdict,
)
from casefleet_cli.core.rules.tags import Candidate

ANNA = Contact(1, "Anna")
ONE, FIVE = Place("case", 1), Place("case", 5)
BY_RULE = Decision("filed", None, (Verdict("a@x", Party((ANNA,)), "one-open-case", ONE),), (ONE,), (ANNA,), ())
NOBODY = Decision("unassigned", NO_COUNTED_RECIPIENT, (), (), (), ())


def case(number: str, id_: int = 5, status: str = "open") -> Candidate:
    return Candidate(Place("case", id_), number, f"{number} Trust", number, status)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-104", "2026-104"),
        ("12 C 34/26", "12-c-34-26"),
        ("--12..C__34/26-", "12-c-34-26"),
        ("ÄRZTE/7", "ärzte-7"),
        ("A\u0308rzte 7", "ärzte-7"),
        ("Straße", "strasse"),
        ("LEAD-7", "lead-7"),
        ("+", ""),
        ("", ""),
        ("x" * 5000, "x" * 200),
    ],
)
def test_anything_but_letters_and_digits_is_one_hyphen(text: str, read: str) -> None:
    assert tags.normalised(text) == read


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("ada@log.example", ("ada@log.example", "")),
        ("ada+@log.example", ("ada@log.example", "")),
        ("ada+2026-104@log.example", ("ada@log.example", "2026-104")),
        ("ada+a+b@log.example", ("ada@log.example", "a+b")),
        ("ada+a@b@log.example", ("ada@log.example", "a@b")),
        ("ada+a", ("ada+a", "")),
    ],
)
def test_a_tag_is_what_follows_the_first_plus_of_the_local_part(address: str, parts: tuple[str, str]) -> None:
    assert untagged(address) == parts


@pytest.mark.parametrize(
    ("tag", "numbers", "found"),
    [
        ("2026-104", ["2026-104", "2026-105"], ["2026-104"]),
        ("104", ["2026-104"], ["2026-104"]),
        ("04", ["2026-104"], []),
        ("2026", ["2026-104"], []),
        ("104", ["2025-104", "2026-104"], ["2025-104", "2026-104"]),
        ("104", ["2026-104", "104"], ["104"]),
        ("34-26", ["12 C 34/26"], ["12 C 34/26"]),
        ("12-c-34-26", ["12 C 34/26"], ["12 C 34/26"]),
        ("12-c-34-26", ["12 C 34/26", "12-C-34-26"], ["12 C 34/26", "12-C-34-26"]),
        ("4", [f"20{n}-4" for n in range(50)], [f"20{n}-4" for n in range(5)]),
    ],
)
def test_what_a_tag_fits(tag: str, numbers: list[str], found: list[str]) -> None:
    assert [one.number for one in tags.fitting(tag, map(case, numbers))] == found


def test_a_lead_is_named_whole() -> None:
    lead = Candidate(Place("lead", 7), "lead-7", "Estate", "7", "open")
    assert tags.fitting("lead-7", [lead]) == (lead,)
    assert tags.fitting("7", [lead]) == ()
    assert [tags.lead_id(tag) for tag in ("lead-7", "lead-", "lead-x", "7", "lead-7-8", "lead-²", f"lead-{10**18}", f"lead-{10**17}")] == [
        7, None, None, None, None, None, None, 10**17,
    ]  # fmt: skip


def test_every_end_of_a_number_is_a_tag_that_fits_it() -> None:
    assert tags.ends("12 C 34/26") == ("12-c-34-26", "c-34-26", "34-26", "26")
    assert tags.ends("§") == ()
    assert all(tags.fitting(end, [case("12 C 34/26")]) for end in tags.ends("12 C 34/26"))


# id, decision by the rules, what the tag fits, contacts; outcome, reason, reason of the tag, reason it stands for
ROWS = [
    ("26", BY_RULE, [case("2026-105")], (ANNA,), "filed", None, None, None),
    ("27", NOBODY, [case("2026-105")], (ANNA,), "filed", NO_COUNTED_RECIPIENT, None, None),
    ("28", NOBODY, [case("2026-105")], (), "unassigned", "no-contact", "no-contact", NO_COUNTED_RECIPIENT),
    ("29", NOBODY, [], (ANNA,), "unassigned", "unknown-case-tag", "unknown-case-tag", NO_COUNTED_RECIPIENT),
    ("29 filed", BY_RULE, [], (ANNA,), "filed", "unknown-case-tag", "unknown-case-tag", None),
    ("29 several", NOBODY, [case("1-5"), case("2-5")], (ANNA,), "unassigned", "unknown-case-tag", "unknown-case-tag",
     NO_COUNTED_RECIPIENT),
    ("29 closed", NOBODY, [case("2026-105", status="closed")], (ANNA,), "filed", NO_COUNTED_RECIPIENT, None, None),
    ("draft", NOBODY._replace(reason="draft"), [], (ANNA,), "unassigned", "draft", "unknown-case-tag", None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("decision", "found", "contacts", "outcome", "reason", "of_tag", "instead_of"),
    [row[1:] for row in ROWS],
    ids=[row[0] for row in ROWS],
)
def test_what_a_tag_adds(
    decision: Decision,
    found: list[Candidate],
    contacts: tuple[Contact, ...],
    outcome: str,
    reason: str | None,
    of_tag: str | None,
    instead_of: str | None,
) -> None:
    made = tags.heeded(decision, "105", tuple(found), contacts)
    assert made.tag is not None
    assert (made.outcome, made.reason, made.tag.reason, made.tag.instead_of) == (outcome, reason, of_tag, instead_of)
    assert (made.verdicts, made.places) == (decision.verdicts, decision.places)
    assert made.tag.is_filed == (of_tag is None)
    assert made.tag.several == (tuple(one.name for one in found) if len(found) > 1 else ())
    assert tags.dropped(made)._replace(contacts=()) == decision._replace(contacts=())


def test_a_tag_on_mail_that_is_not_own_mail_is_kept_and_files_nothing() -> None:
    held = Decision("held", NOT_SENT_BY_OWNER, (), (), (), ())
    made = tags.unheeded(held, "105")
    assert made == held._replace(tag=Tag("105"))
    assert not Tag("105").is_filed
    assert tags.outcome_of(made._replace(outcome="unassigned")).outcome == "unassigned"
    assert tags.dropped(made) == held
    assert again.addition(made, [again.Earlier(None, frozenset({"a@x"}))]) is None
    assert notices_of_tag(made.tag, 1, 7) == ()


def test_the_same_tag_again_adds_nothing_and_another_does() -> None:
    first = tags.heeded(NOBODY, "105", (case("2026-105"),), (ANNA,))
    before = [again.Earlier(first.reason, frozenset(), "105")]
    assert again.addition(first, before) is None
    other = tags.heeded(NOBODY, "106", (case("2026-106", 6),), (ANNA,))
    added = again.addition(other, before)
    assert added is not None
    assert (added.outcome, added.places, added.contacts, added.tag) == ("filed", (), (ANNA,), other.tag)


def test_a_tag_beside_recipients_that_were_asked_before_adds_itself_alone() -> None:
    made = tags.heeded(BY_RULE, "105", (case("2026-105"),), (ANNA,))
    added = again.addition(made, [again.Earlier(None, frozenset({"a@x"}))])
    assert added is not None
    assert (added.outcome, added.verdicts, added.places, added.tag) == ("filed", (), (), made.tag)


@pytest.mark.parametrize(("decision", "outcome"), [(BY_RULE, "filed"), (NOBODY, "unassigned")])
def test_a_place_that_a_person_took_away_is_not_made_again_by_a_tag(decision: Decision, outcome: str) -> None:
    made = again.without(tags.heeded(decision, "105", (case("2026-105"),), (ANNA,)), {FIVE})
    assert made.tag is not None
    assert (made.outcome, made.tag.reason, made.tag.is_filed) == (outcome, "taken-away", False)


PUT = "+105 put it on case"


@pytest.mark.parametrize(
    ("found", "contacts", "kind", "detail"),
    [
        ([case("2026-105")], (ANNA,), "filed-by-tag",
         f"{PUT} 2026-105 Trust; casefleet unlink 7 --case 2026-105 takes it back"),
        ([case("A_1./:-105")], (ANNA,), "filed-by-tag",
         f"{PUT} A_1./:-105 Trust; casefleet unlink 7 --case A_1./:-105 takes it back"),
        ([case("12 C 34/26")], (ANNA,), "filed-by-tag",
         f"{PUT} 12 C 34/26 Trust; casefleet unlink 7 --case '12 C 34/26' takes it back"),
        ([case("it's 105")], (ANNA,), "filed-by-tag",
         f"{PUT} it's 105 Trust; casefleet unlink 7 --case 'it'\\''s 105' takes it back"),
        ([Candidate(Place("case", 5), "", "Trust", "", "open")], (ANNA,), "filed-by-tag",
         f"{PUT} Trust; casefleet unlink 7 --case '' takes it back"),
        ([case("2026-105", status="closed")], (ANNA,), "filed-by-tag",
         f"{PUT} 2026-105 Trust, which is closed; casefleet unlink 7 --case 2026-105 takes it back"),
        ([Candidate(Place("lead", 3), "lead-3", "Estate", "3", "open")], (ANNA,), "filed-by-tag",
         "+105 put it on lead Estate; casefleet unlink 7 --lead 3 takes it back"),
        ([case("2026-105")], (), "no-contact",
         "+105 names case 2026-105 Trust, but no contact was found in the mail: casefleet link 7 --contact C --case 2026-105"),
        ([], (ANNA,), "unknown-case-tag", "+105 names no case or lead that you may see; it was logged as without it"),
        ([case("1-105"), case("2-105")], (ANNA,), "unknown-case-tag",
         "+105 fits several, write more of the number: 1-105 Trust, 2-105 Trust"),
    ],
)  # fmt: skip
def test_the_user_is_told(found: list[Candidate], contacts: tuple[Contact, ...], kind: str, detail: str) -> None:
    made = tags.heeded(NOBODY, "105", tuple(found), contacts)
    assert notices_of_tag(made.tag, 1, 7) == (Notice(1, kind, detail),)


def test_nobody_is_told_of_no_tag_nor_of_what_a_person_took_away() -> None:
    assert notices_of_tag(None, 1, 7) == ()
    made = again.without(tags.heeded(BY_RULE, "105", (case("2026-105"),), (ANNA,)), {FIVE})
    assert notices_of_tag(made.tag, 1, 7) == ()
