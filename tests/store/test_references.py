"""What people type to name something: the first step that finds anything decides, and several are never one."""

from __future__ import annotations

from pathlib import Path

import pytest

from casefleet_cli.store import references
from casefleet_cli.store.references import AmbiguousReferenceError, UnknownReferenceError
from tests.refusals import Office, moved, office


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """The office, with two of one name, a name made of digits, and an address that two hold."""
    firm = office(tmp_path_factory.mktemp("model"))
    firm.contact("Dora", "dora@a.example", "shared@a.example")
    firm.contact("DORA", "dora@b.example", "shared@a.example")
    firm.contact("7")
    firm.contact("Anna Client of Ghent")
    firm.case("2", 1)
    for number in range(9):
        firm.lead(f"Farm {number}", 1)
    firm.db.commit()
    return firm


@pytest.fixture
def firm(model: Office, tmp_path: Path) -> Office:
    return moved(model, tmp_path)


MEANT = {
    ("contact", "5"): 5,
    ("contact", "007"): 7,
    ("contact", "dora@b.example"): 6,
    ("contact", " dora@B.example "): 6,
    ("contact", "Anna Client"): 1,
    ("contact", "client of"): 8,
    ("contact", "4"): 2,
    ("user", "carl"): 2,
    ("user", " ada@FIRM.example"): 1,
    ("user", "olga@firm.example"): 3,
    ("case", "2"): 3,
    ("case", " 2026-101 "): 1,
    ("lead", "farm 3"): 7,
    ("lead", "estate"): 1,
    ("email", "3"): 3,
}

LIST = "contact list shows what there is."
UNKNOWN = {
    ("contact", "dor"): "There is no contact 'dor'; did you mean 5 Dora (dora@a.example), 6 DORA (dora@b.example)?",
    ("contact", "bart"): f"There is no contact 'bart'; casefleet {LIST}",
    ("contact", "99"): f"There is no contact '99'; casefleet {LIST}",
    ("contact", "nobody@a.example"): f"There is no contact 'nobody@a.example'; casefleet {LIST}",
    ("contact", "\ud800@a.example"): rf"There is no contact '\ud800@a.example'; casefleet {LIST}",
    ("contact", "٥"): f"There is no contact '٥'; casefleet {LIST}",
    ("contact", "1" * 18): f"There is no contact '{'1' * 18}'; casefleet {LIST}",
    ("contact", "9" * 19): f"There is no contact '{'9' * 19}'; casefleet {LIST}",
    ("contact", " \t"): f"An empty word names no contact; casefleet {LIST}",
    ("user", "x"): "There is no user 'x'; casefleet user list shows what there is.",
    ("user", "dora@a.example"): "There is no user 'dora@a.example'; casefleet user list shows what there is.",
    ("user", "ad"): "There is no user 'ad'; did you mean 1 Ada Berg (ada@firm.example)?",
    ("user", "ca"): "There is no user 'ca'; did you mean 2 Carl Diaz (carl@firm.example)?",
    ("case", "2026-999"): "There is no case '2026-999'; casefleet case list shows what there is.",
    ("case", "\ud800"): r"There is no case '\ud800'; casefleet case list shows what there is.",
    ("case", "a@b"): "There is no case 'a@b'; casefleet case list shows what there is.",
    ("lead", "99"): "There is no lead '99'; casefleet lead list shows what there is.",
    ("lead", ""): "An empty word names no lead; casefleet lead list shows what there is.",
    ("email", "99"): "There is no e-mail 99; casefleet email list shows what there is.",
    ("email", "x"): "'x' is not the number of an e-mail; casefleet email list shows the numbers.",
}

SEVERAL = {
    ("contact", "dora"): "Several contacts fit 'dora': 5 Dora (dora@a.example), 6 DORA (dora@b.example)",
    ("contact", "Shared@a.example"): (
        "Several contacts fit 'Shared@a.example': 5 Dora (dora@a.example), 6 DORA (dora@b.example)"
    ),
    ("contact", "anna"): (
        "Several contacts fit 'anna': 1 Anna Client (anna@client.example), 3 Anna Other (anna@other.example),"
        " 8 Anna Client of Ghent (anna client of ghent@client.example)"
    ),
    ("case", "trust"): "Several cases fit 'trust': 2026-101 Nguyen Trust (open), 2026-102 Old Trust (closed)",
    ("lead", "farm"): (
        "Several leads fit 'farm': 4 Farm 0 (open), 5 Farm 1 (open), 6 Farm 2 (open), 7 Farm 3 (open), 8 Farm 4 (open),"
        " 9 Farm 5 (open), 10 Farm 6 (open), 11 Farm 7 (open) and 1 more"
    ),
}


@pytest.mark.parametrize(("noun", "text"), MEANT)
def test_one_thing_is_meant(firm: Office, noun: str, text: str) -> None:
    assert getattr(references, noun)(firm.db, text) == MEANT[noun, text]


@pytest.mark.parametrize(("noun", "text"), UNKNOWN)
def test_nothing_is_meant(firm: Office, noun: str, text: str) -> None:
    with pytest.raises(UnknownReferenceError) as refused:
        getattr(references, noun)(firm.db, text)
    assert str(refused.value) == UNKNOWN[noun, text]


@pytest.mark.parametrize(("noun", "text"), SEVERAL)
def test_several_are_never_one(firm: Office, noun: str, text: str) -> None:
    with pytest.raises(AmbiguousReferenceError) as refused:
        getattr(references, noun)(firm.db, text)
    assert str(refused.value) == f"{SEVERAL[noun, text]}; name one by its number."


def test_eight_are_listed_and_no_more_said(firm: Office) -> None:
    firm.db.execute("DELETE FROM lead_contacts WHERE lead_id = 12")
    firm.db.execute("DELETE FROM leads WHERE id = 12")
    with pytest.raises(AmbiguousReferenceError, match=r"11 Farm 7 \(open\); name one by its number\.$"):
        references.lead(firm.db, "farm")


CASE_NUMBERS = ("4-C 12/26", "104/26", "2026-104", "2026-1104", "104.26")
CASES_MEANT = {
    "4/c 12-26": 0,  # whole, in other marks
    "12/26": 0,  # an end after a mark
    "c 12 26": 0,
    "104/26": 1,
    "104.26": 4,  # of two that differ in their marks only, the one typed
    "104": 2,
    "2026 1104": 3,
}


@pytest.mark.parametrize("text", CASES_MEANT)
def test_a_case_is_named_by_its_number_in_any_marks_or_an_end_of_it(firm: Office, text: str) -> None:
    made = [firm.case(f"Matter {number}") for number in CASE_NUMBERS]
    for case, number in zip(made, CASE_NUMBERS, strict=True):
        firm.db.execute("UPDATE cases SET number = ? WHERE id = ?", (number, case))
    assert references.case(firm.db, text) == made[CASES_MEANT[text]]
    with pytest.raises(AmbiguousReferenceError) as refused:
        references.case(firm.db, "104-26")
    several = "104/26 Matter 104/26 (open), 104.26 Matter 104.26 (open)"
    assert str(refused.value) == f"Several cases fit '104-26': {several}; name one by its number."


@pytest.mark.parametrize("text", ["-104", "/104", "04", "(104)", "_2026-104"])
def test_what_begins_within_a_number_or_with_a_mark_names_no_case(firm: Office, text: str) -> None:
    firm.db.execute("UPDATE cases SET number = '2026-104' WHERE id = ?", (firm.case("Matter"),))
    with pytest.raises(UnknownReferenceError):
        references.case(firm.db, text)


def test_one_without_an_address_is_listed_by_its_name(firm: Office) -> None:
    firm.db.execute("DELETE FROM contact_addresses WHERE contact_id = 5")
    with pytest.raises(AmbiguousReferenceError, match=r": 5 Dora, 6 DORA \(dora@b\.example\);"):
        references.contact(firm.db, "dora")
