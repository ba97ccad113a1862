"""Suggestions: what speaks for a place, each place once for its best reason, and no choice where several are open."""

from __future__ import annotations

import pytest

from casefleet_cli.core.rules.routing import Case, Contact, Lead, Party, Place
from casefleet_cli.core.rules.suggestions import Choice, Clue, Suggestion, ThreadLink, number_candidates, suggest

ANNA, BERT = Contact(1, "Anna"), Contact(2, "Bert")
TRUST, WILL = Case(1, "2026-1", "Trust"), Case(2, "2026-2", "Will")
ESTATE, FARM = Lead(1, "Estate"), Lead(2, "Farm")
ONE, L1 = Place("case", 1), Place("lead", 1)


def clue(party: Party, trust: str = "contact") -> Clue:
    return Clue(trust, "sender", "a@x", party)


@pytest.mark.parametrize(
    ("party", "found"),
    [
        (Party((), (TRUST,)), []),
        (
            Party((ANNA,), (TRUST,), (ESTATE,)),
            [Suggestion("contact", "Anna (a@x), sender, has one open case", ONE, "2026-1 Trust", ANNA)],
        ),
        (
            Party((ANNA, BERT), (TRUST,)),
            [Suggestion("contact", "Anna and Bert (a@x), sender, together have one open case", ONE, "2026-1 Trust", ANNA)],
        ),
        (
            Party((ANNA,), (), (ESTATE,)),
            [Suggestion("contact", "Anna (a@x), sender, has one open lead", L1, "Estate", ANNA)],
        ),
        (
            Party((ANNA, BERT), (TRUST, WILL), (ESTATE,)),
            [
                Suggestion("contact", "Anna and Bert (a@x), sender, together have 2 open cases: 2026-1, 2026-2",
                           contact=contact, choices=choices)
                for contact, choices in ((ANNA, (Choice(ONE, "2026-1 Trust"), Choice(Place("case", 2), "2026-2 Will"))),
                                         (BERT, ()))
            ],
        ),
        (
            Party((ANNA,), (), (ESTATE, FARM)),
            [Suggestion("contact", "Anna (a@x), sender, has 2 open leads: Estate, Farm", contact=ANNA,
                        choices=(Choice(L1, "Estate"), Choice(Place("lead", 2), "Farm")))],
        ),
        (Party((ANNA,)), [Suggestion("contact", "Anna (a@x), sender, has nothing open", contact=ANNA)]),
    ],
    ids=["nobody", "one case", "two holders", "one lead", "several cases", "several leads", "nothing"],
)  # fmt: skip
def test_an_address_suggests(party: Party, found: list[Suggestion]) -> None:
    assert suggest([], [clue(party)], []) == tuple(found)


def test_what_else_suggests() -> None:
    assert suggest([], [], [(ONE, "2026-1 Trust", "2026-1")]) == (
        Suggestion("case-number", "The subject names case 2026-1", ONE, "2026-1 Trust"),
    )
    assert suggest([], [], [], [(L1, "Estate", "lead-1")]) == (
        Suggestion("case-tag", "The case tag +lead-1 of the BCC address names it", L1, "Estate"),
    )
    assert suggest([ThreadLink(7, ONE, "2026-1 Trust")], [], []) == (
        Suggestion("thread", "E-mail 7 of the same thread is there", ONE, "2026-1 Trust"),
    )


def test_the_most_trusted_comes_first_and_each_place_once() -> None:
    places = [Place("case", number) for number in range(1, 6)]

    def case_of(number: int) -> Party:
        return Party((ANNA,), (Case(number, f"2026-{number}", "T"),))

    found = suggest(
        [ThreadLink(7, place, "T") for place in places[1:]],
        [clue(case_of(number)) for number in (4, 5, 8)] + [clue(case_of(number), "forward") for number in range(3, 8)],
        [(Place("case", 9), "T", "2026-9"), (places[0], "T", "2026-1")],
        [(places[0], "T", "1")],
    )
    assert [(one.trust, one.place and one.place.id, one.contact) for one in found] == [
        ("case-tag", 1, None),
        ("thread", 2, None),
        ("thread", 3, ANNA),
        ("thread", 4, ANNA),
        ("thread", 5, ANNA),
        ("forward", 6, ANNA),
        ("forward", 7, ANNA),
        ("contact", 8, ANNA),
        ("case-number", 9, None),
    ]


def test_a_place_keeps_the_contact_that_the_best_reason_named() -> None:
    clues = [clue(Party((BERT,), (TRUST,))), clue(Party((ANNA,), (TRUST,)), "forward")]
    assert [(one.trust, one.contact) for one in suggest([], clues, [])] == [("forward", ANNA)]


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("Re: 12-C-34/26 and 2026-104.", ("12-C-34/26", "2026-104")),
        ("Hearing on Tuesday", ()),
        ("1 22 333 4444", ("333", "4444")),
        ("2026-104 again 2026-104", ("2026-104",)),
        ("(2026-104_)", ("2026-104",)),
        ("Änderung-7 Ä12", ("Änderung-7", "Ä12")),
        ("case x104 XA1X", ("x104", "XA1X")),
        ("re 26.104.C, urgent", ("26.104.C",)),
        ("7/A-b and 7th", ("7/A-b", "7th")),
        (" ".join(str(number) for number in range(100, 130)), tuple(str(number) for number in range(100, 130))),
        ("x" * 996 + " 1234 5678", ("123",)),
        ("", ()),
    ],
)
def test_words_that_could_be_a_number(subject: str, words: tuple[str, ...]) -> None:
    assert tuple(word for word in number_candidates(subject) if " " not in word) == words


def test_words_in_a_row_that_could_be_a_number() -> None:
    assert number_candidates("Re: 12 C  (34/26) x y z") == (
        "34/26", "Re 12", "Re 12 C", "Re 12 C 34/26", "12 C", "12 C 34/26", "12 C 34/26 x", "C 34/26", "C 34/26 x",
        "C 34/26 x y", "34/26 x", "34/26 x y", "34/26 x y z",
    )  # fmt: skip
    assert len(number_candidates(" ".join(str(number) for number in range(250)))) == 200
