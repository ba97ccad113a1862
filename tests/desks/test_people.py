"""Users, contacts and saved searches: what is kept, what is told, and what is done only once."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from casefleet_cli import access, clock
from casefleet_cli.access import Viewer
from casefleet_cli.core.rules.routing import Place
from casefleet_cli.desk import cases as case_desk
from casefleet_cli.desk import contacts as contact_desk
from casefleet_cli.desk import entries, searches
from casefleet_cli.desk import leads as lead_desk
from casefleet_cli.desk import settings as settings_desk
from casefleet_cli.desk import users as user_desk
from casefleet_cli.store import cases, contacts, leads, links, references, saved_searches, settings, users
from tests.firm import DOMAIN, mail
from tests.refusals import Office, everything, file, log, moved, office


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return office(tmp_path_factory.mktemp("model"))


@pytest.fixture
def firm(model: Office, tmp_path: Path) -> Office:
    return moved(model, tmp_path)


def told(firm: Office, last: int = 1) -> list[tuple]:
    """The last things that the journal has of people, in order."""
    rows = firm.activities("verb, a.user_id, about_user_id, contact_id, detail", "a.id > ?", 0)
    return rows[-last:]


def test_a_user_is_added_with_its_addresses_each_once(firm: Office) -> None:
    added = user_desk.add(
        firm.db, "  Éva  Kiss ", ["Eva@Firm.Example", "eva@firm.example", "eva@home.example"], role="Guest", acting=1
    )
    one = users.one(firm.db, added)
    assert (one["name"], one["role"], one["addresses"]) == (
        "Éva Kiss",
        "guest",
        ["eva@firm.example", "eva@home.example"],
    )
    assert re.fullmatch(rf"eva-[{clock.TOKEN_ALPHABET}]{{17}}@{re.escape(DOMAIN)}", users.bcc_address(firm.db, added))
    assert told(firm) == [("added", 1, added, None, "eva@firm.example, eva@home.example")]


def test_a_chosen_token_is_the_address(firm: Office) -> None:
    added = user_desk.add(firm.db, "Eve", ["eve@firm.example"], token="23456789abcdefghj")
    assert users.bcc_address(firm.db, added) == f"eve-23456789abcdefghj@{DOMAIN}"


EDITS = {
    "nothing": ({}, []),
    "as it is": ({"name": "Carl  Diaz", "role": "standard", "add_addresses": ["CARL@firm.example"]}, []),
    "name": ({"name": "Carlo Diaz"}, ["name Carl Diaz → Carlo Diaz"]),
    "role": ({"role": "ADMIN"}, ["role standard → admin"]),
    "another address": (
        {"add_addresses": ["c@firm.example"], "remove_addresses": ["carl@firm.example"]},
        ["address c@firm.example added", "address carl@firm.example removed"],
    ),
}


@pytest.mark.parametrize("case", EDITS)
def test_a_user_is_edited_and_what_changed_is_told(firm: Office, case: str) -> None:
    changes, said = EDITS[case]
    before = firm.count("activities")
    assert user_desk.edit(firm.db, firm.carl, acting=1, **changes) == said  # type: ignore[arg-type]
    assert firm.count("activities") == before + bool(said)
    if said:
        assert told(firm) == [("edited", 1, firm.carl, None, "; ".join(said))]
    else:
        assert users.one(firm.db, firm.carl)["addresses"] == ["carl@firm.example"]


def test_what_a_user_let_go_another_may_have(firm: Office) -> None:
    user_desk.edit(firm.db, 1, add_addresses=["a@firm.example"], remove_addresses=["ada@firm.example"])
    assert user_desk.edit(firm.db, 2, add_addresses=["ada@firm.example"]) == ["address ada@firm.example added"]
    assert users.by_sender_address(firm.db, "ada@firm.example") == 2


@pytest.mark.parametrize(("grace", "old_is_usable"), [(timedelta(days=14), True), (timedelta(0), False)])
def test_rotating_gives_a_new_address_and_the_old_its_grace(
    firm: Office, grace: timedelta, old_is_usable: bool
) -> None:
    old = users.bcc_address(firm.db, 1)
    done = user_desk.rotate(firm.db, 1, grace, acting=2)
    assert users.bcc_address(firm.db, 1) == done.bcc_address != old
    owner = users.by_bcc_address(firm.db, old, clock.stamp())
    assert owner is not None
    assert owner.usable is old_is_usable
    after = users.by_bcc_address(firm.db, old, done.old_expires_at)
    assert after is not None
    assert after.usable is False
    assert told(firm) == [("rotated", 2, 1, None, f"the old one is good until {done.old_expires_at}")]
    assert done.bcc_address not in str(told(firm))


def test_a_user_is_disabled_and_enabled_once(firm: Office) -> None:
    assert [user_desk.disable(firm.db, 2, acting=1), user_desk.disable(firm.db, 2, acting=1)] == [True, False]
    assert users.one(firm.db, 2)["disabled"] is True
    assert told(firm) == [("disabled", 1, 2, None, "")]
    assert [user_desk.enable(firm.db, 2, acting=1), user_desk.enable(firm.db, 2, acting=1)] == [True, False]
    assert users.one(firm.db, 2)["disabled"] is False
    assert told(firm) == [("enabled", 1, 2, None, "")]


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Ada Berg", "ada"),
        ("Dr. Łukasz Nowak", "lukasz"),
        ("Dr.", "dr"),
        ("Søren", "soren"),
        ("李 雷", "log"),
        ("", "log"),
        ("Maximilian-Alexander-Emanuel X", "maximilianalexandere"),
    ],
)
def test_the_front_of_a_bcc_address(name: str, slug: str) -> None:
    assert entries.slug(name) == slug


@pytest.mark.parametrize(
    ("kept", "typed"),
    [
        (entries.name("  Anna\t Nguyen\n"), "Anna Nguyen"),
        (entries.name("Ame\u0301lie"), "Amélie"),
        (entries.name("x" * 200), "x" * 200),
        (entries.label("  ", "stage"), ""),
        (entries.label(" first  talks ", "stage"), "first talks"),
        (entries.note("\n\na  \r\n\tb\n\n"), "a\n\tb"),
        (entries.address(" Ben@BÜCHER.example "), "ben@xn--bcher-kva.example"),
        (entries.address("x" * 64 + "@a.example"), "x" * 64 + "@a.example"),
        (entries.domain("Log.Firm.Example. "), "log.firm.example"),
        (entries.domain("bücher.example"), "xn--bcher-kva.example"),
        (entries.case_number(" 2026-014 "), "2026-014"),
        (entries.one_of(" Admin ", entries.ROLES, "role"), "admin"),
        (entries.token("23456789abcdefghj"), "23456789abcdefghj"),
    ],
)
def test_entries_are_kept_so(kept: str, typed: str) -> None:
    assert kept == typed


def test_a_contact_is_added_with_its_addresses_each_once(firm: Office) -> None:
    added = contact_desk.add(
        firm.db, " Eve  Stone", ["EVE@else.example", "eve@else.example"], kind="Organisation", note="x \n", acting=2
    )
    one = contacts.one(firm.db, added)
    assert (one["name"], one["kind"], one["note"], one["addresses"]) == (
        "Eve Stone", "organisation", "x", ["eve@else.example"],
    )  # fmt: skip
    assert told(firm) == [("added", 2, None, added, "eve@else.example")]


CONTACT_EDITS = {
    "nothing": ({}, []),
    "as it is": ({"name": "Anna  Client", "kind": "person", "note": "", "add_addresses": ["ANNA@client.example"]}, []),
    "all": (
        {"name": "Ann", "kind": "organisation", "note": "n", "add_addresses": ["ann@client.example"]},
        ["name Anna Client → Ann", "kind person → organisation", "the note is new", "address ann@client.example added"],
    ),
    "the last address": ({"remove_addresses": ["Anna@Client.example"]}, ["address anna@client.example removed"]),
}


@pytest.mark.parametrize("case", CONTACT_EDITS)
def test_a_contact_is_edited_and_what_changed_is_told(firm: Office, case: str) -> None:
    changes, said = CONTACT_EDITS[case]
    before = everything(firm)
    assert contact_desk.edit(firm.db, 1, acting=2, **changes) == said  # type: ignore[arg-type]
    if said:
        assert told(firm) == [("edited", 2, None, 1, "; ".join(said))]
    else:
        assert everything(firm) == before


def test_who_else_holds_an_address_is_told(firm: Office) -> None:
    added = contact_desk.add(firm.db, "Eve", ["anna@client.example", "eve@else.example"])
    assert contact_desk.also_held_by(firm.db, added) == ["anna@client.example is also held by contact 1 Anna Client."]
    assert contact_desk.also_held_by(firm.db, 2) == []


def test_merging_keeps_all_that_both_had(firm: Office) -> None:
    """Anna Other (3) becomes part of Anna Client (1): addresses, cases with roles, leads, mail and notes."""
    case_desk.assign(firm.db, 1, contacts=[1], role="")
    case_desk.assign(firm.db, 1, contacts=[3], role="witness")
    case_desk.assign(firm.db, 2, contacts=[3], role="client")
    third = firm.case("Appeal")
    case_desk.assign(firm.db, third, contacts=[1], role="plaintiff")
    case_desk.assign(firm.db, third, contacts=[3], role="guarantor")
    firm.add("lead_contacts", lead_id=1, contact_id=3)
    contact_desk.edit(firm.db, 1, note="first")
    contact_desk.edit(firm.db, 3, note="second")
    only_hers = log(firm, mail("ada@firm.example", sender="anna@other.example", msgid="8"), vouched=True)
    of_both = log(firm, mail("anna@client.example", cc="anna@other.example", msgid="9"))
    assert firm.all("SELECT contact_id FROM email_contacts WHERE email_id = ? ORDER BY 1", of_both) == [(1,), (3,)]
    file(firm, only_hers, Place("case", 2))
    mails = {number for (number,) in firm.all("SELECT email_id FROM email_contacts WHERE contact_id IN (1, 3)")}
    assert only_hers in mails
    places = firm.all("SELECT * FROM email_cases ORDER BY 1, 2")

    contact_desk.merge(firm.db, 1, 3, acting=2)

    one = contacts.one(firm.db, 1)
    assert one["addresses"] == ["anna@client.example", "anna@other.example", "office@other.example"]
    assert {(each["number"], each["role"]) for each in one["cases"]} == {
        ("2026-101", "witness"),
        ("2026-102", "client"),
        ("2026-103", "plaintiff"),
    }
    assert [each["name"] for each in one["leads"]] == ["Estate"]
    assert one["note"] == "first\nsecond"
    assert {number for (number,) in firm.all("SELECT email_id FROM email_contacts WHERE contact_id = 1")} == mails
    assert firm.all("SELECT * FROM email_cases ORDER BY 1, 2") == places
    assert links.has_contact(firm.db, only_hers)
    for table in ("contact_addresses", "case_contacts", "lead_contacts", "email_contacts"):
        assert firm.one(f"SELECT count(*) FROM {table} WHERE contact_id = 3") == 0, table
    assert firm.one("SELECT merged_into_id FROM contacts WHERE id = 3") == 1
    assert told(firm) == [("merged", 2, None, 1, "contact 3 Anna Other into this one")]
    assert references.contact(firm.db, "3") == references.contact(firm.db, "office@other.example") == 1


OF_CONTACTS = {
    "contact_addresses": "contact_id, address",
    "case_contacts": "case_id, contact_id, role",
    "lead_contacts": "lead_id, contact_id",
    "email_contacts": "email_id, contact_id, linked_by, sorts_at",
    "contacts": "id, name, kind, note, merged_into_id",
}


def of_contacts(firm: Office) -> dict[str, list[tuple]]:
    return {name: sorted(firm.all(f"SELECT {columns} FROM {name}"), key=repr) for name, columns in OF_CONTACTS.items()}


def shared(firm: Office) -> None:
    """1 and 3 share an address, a case (without a role for 1), a lead and a mail; each has one of its own of each."""
    firm.add("contact_addresses", contact_id=3, address="anna@client.example")
    for number in (1, 3):
        firm.add("case_contacts", case_id=2, contact_id=number, role="client" if number == 3 else "")
        firm.add("lead_contacts", lead_id=1, contact_id=number)
        firm.db.execute("UPDATE contacts SET note = ? WHERE id = ?", (f"note {number}", number))
    firm.add("case_contacts", case_id=firm.case("Third"), contact_id=3, role="witness")
    firm.add("lead_contacts", lead_id=2, contact_id=3)
    log(firm, mail("office@other.example", msgid="11"))
    log(firm, mail("anna@client.example", cc="office@other.example", msgid="12"))


def test_a_merge_is_taken_back_exactly(firm: Office) -> None:
    shared(firm)
    before = of_contacts(firm)
    contact_desk.merge(firm.db, 1, 3, acting=2)
    assert of_contacts(firm) != before
    assert contact_desk.unmerge(firm.db, 3, acting=2) == 1
    assert of_contacts(firm) == before
    assert firm.count("contact_merges") == 0
    assert told(firm, 2) == [
        ("unmerged", 2, None, 1, "contact 3 Anna Other from this one"),
        ("unmerged", 2, None, 3, "from contact 1"),
    ]
    contact_desk.merge(firm.db, 3, 1, acting=2)
    contact_desk.unmerge(firm.db, 1, acting=2)
    assert of_contacts(firm) == before


def test_merges_of_merges_are_taken_back_from_the_last(firm: Office) -> None:
    before = of_contacts(firm)
    contact_desk.merge(firm.db, 2, 3)
    between = of_contacts(firm)
    contact_desk.merge(firm.db, 1, 2)
    with pytest.raises(contact_desk.NotMergedError, match="take that back first: casefleet contact unmerge 2"):
        contact_desk.unmerge(firm.db, 3)
    contact_desk.unmerge(firm.db, 2)
    assert of_contacts(firm) == between
    contact_desk.unmerge(firm.db, 3)
    assert of_contacts(firm) == before


def test_what_was_changed_since_a_merge_stays_so(firm: Office) -> None:
    shared(firm)
    contact_desk.merge(firm.db, 1, 3)
    contact_desk.edit(firm.db, 1, remove_addresses=["office@other.example"], note="mine")
    case_desk.unassign(firm.db, 3, contacts=[1])
    new = log(firm, mail("anna@other.example", msgid="13"))
    contact_desk.unmerge(firm.db, 3)
    assert contacts.one(firm.db, 3)["addresses"] == ["anna@other.example", "anna@client.example"]
    assert contacts.one(firm.db, 1)["note"] == "mine"
    assert firm.all("SELECT contact_id FROM case_contacts WHERE case_id = 3") == []
    assert firm.all("SELECT contact_id FROM email_contacts WHERE email_id = ?", new) == [(1,)]


def test_a_contact_is_split_with_the_mail_of_its_addresses(firm: Office) -> None:
    firm.add("case_contacts", case_id=2, contact_id=3, role="client")
    firm.add("case_contacts", case_id=1, contact_id=3, role="")
    mails = [
        log(firm, mail("anna@other.example", msgid="21")),
        log(firm, mail("office@other.example", msgid="22")),
        log(firm, mail("office@other.example", cc="anna@other.example", msgid="23")),
        log(firm, mail("x@else.example", msgid="24")),
    ]
    file(firm, mails[3], Place("case", 2))
    firm.db.execute(
        "INSERT OR IGNORE INTO email_contacts (email_id, contact_id, linked_by, sorts_at) VALUES (?, 3, 'person', 1)",
        (mails[3],),
    )
    new = contact_desk.split(firm.db, 3, "The office", ["Office@other.example"], cases=[2], acting=2)
    assert contacts.one(firm.db, new)["addresses"] == ["office@other.example"]
    assert contacts.one(firm.db, 3)["addresses"] == ["anna@other.example"]
    held = firm.all("SELECT email_id, contact_id FROM email_contacts WHERE contact_id IN (3, ?) ORDER BY 1, 2", new)
    assert held == [(mails[0], 3), (mails[1], new), (mails[2], 3), (mails[2], new), (mails[3], 3)]
    assert firm.all(
        "SELECT case_id, contact_id, role FROM case_contacts WHERE contact_id IN (3, ?) ORDER BY 1", new
    ) == [
        (1, 3, ""),
        (2, new, "client"),
    ]
    assert told(firm, 2) == [
        ("split", 2, None, 3, f"office@other.example to contact {new}"),
        ("added", 2, None, new, "office@other.example"),
    ]


def test_titles_numbers_names_and_sources_are_put_right(firm: Office) -> None:
    assert case_desk.edit(firm.db, 1, title=" Nguyen  Family ", number="2026-500", acting=2) == [
        "title Nguyen Trust → Nguyen Family",
        "number 2026-101 → 2026-500",
    ]
    assert references.case(firm.db, "2026-500") == references.case(firm.db, "nguyen family") == 1
    assert case_desk.edit(firm.db, 1, title="Nguyen Family", number="2026-500") == []
    assert lead_desk.edit(firm.db, 2, name="Sold", source="walk-in", acting=2) == [
        "name Sale → Sold",
        "source (none) → walk-in",
    ]
    assert lead_desk.edit(firm.db, 2, name="Sold") == []
    assert [one[:2] + one[4:] for one in told(firm, 2)] == [
        ("edited", 2, "title Nguyen Trust → Nguyen Family; number 2026-101 → 2026-500"),
        ("edited", 2, "name Sale → Sold; source (none) → walk-in"),
    ]


def test_a_case_is_frozen_and_thawed_for_a_reason(firm: Office) -> None:
    assert case_desk.freeze(firm.db, 1, " a  claim ", acting=1) is True
    assert case_desk.freeze(firm.db, 1, "again", acting=1) is False
    assert cases.one(firm.db, 1)["frozen_at"] is not None
    assert case_desk.thaw(firm.db, 1, "over", acting=1) is True
    assert case_desk.thaw(firm.db, 1, "over", acting=1) is False
    assert cases.one(firm.db, 1)["frozen_at"] is None
    assert [one[:2] + one[4:] for one in told(firm, 2)] == [("frozen", 1, "a claim"), ("thawed", 1, "over")]
    with pytest.raises(entries.BadEntryError):
        case_desk.freeze(firm.db, 1, " ")


def test_stages_sources_and_reasons_are_those_of_the_firm_where_it_has_a_list(firm: Office) -> None:
    for name, words in (
        ("lead-stages", "First Call,  offer , offer"),
        ("lead-sources", "Referral"),
        ("lost-reasons", "too dear"),
    ):
        settings_desk.put(firm.db, name, words)
    assert settings.get(firm.db, "lead-stages") == "First Call, offer"
    new = lead_desk.open_lead(firm.db, "New", [1], stage="first call", source="REFERRAL")
    assert (leads.one(firm.db, new)["stage"], leads.one(firm.db, new)["source"]) == ("First Call", "Referral")
    assert lead_desk.move(firm.db, new, "Offer") is True
    assert lead_desk.move(firm.db, new, "") is True
    lead_desk.lose(firm.db, new, reason="Too Dear")
    assert leads.lost_because(firm.db, new) == "too dear"
    for change in (
        lambda: lead_desk.open_lead(firm.db, "New", [1], source="street"),
        lambda: lead_desk.edit(firm.db, 1, source="street"),
        lambda: lead_desk.move(firm.db, 1, "talks"),
        lambda: lead_desk.lose(firm.db, 1, reason="x"),
    ):
        before = firm.count("activities")
        with pytest.raises(lead_desk.NotListedError, match="of this firm; there are"):
            change()
        assert firm.count("activities") == before


def test_a_contact_that_was_merged_twice_is_found_in_one_step(firm: Office) -> None:
    contact_desk.merge(firm.db, 2, 3)
    contact_desk.merge(firm.db, 1, 2)
    assert firm.all("SELECT id, merged_into_id FROM contacts ORDER BY id") == [(1, None), (2, 1), (3, 1), (4, 1)]
    assert [references.contact(firm.db, text) for text in ("2", "3", "4", "bert@client.example")] == [1, 1, 1, 1]


def test_a_mail_of_the_merged_is_filed_by_the_kept(firm: Office) -> None:
    contact_desk.merge(firm.db, 1, 3)
    new = log(firm, mail("office@other.example", msgid="10"))
    assert firm.all("SELECT case_id FROM email_cases WHERE email_id = ?", new) == [(1,)]


def test_a_search_is_saved_replaced_found_and_forgotten(firm: Office) -> None:
    assert searches.save(firm.db, " My  Search ", "anna \ud800x", acting=2) is False
    assert told(firm) == [("saved", 2, None, None, "search My Search: anna  x")]
    before = firm.count("activities")
    assert searches.save(firm.db, "my search", "anna  x", acting=2) is False
    assert firm.count("activities") == before
    assert searches.save(firm.db, "MY SEARCH", "bert", acting=1) is True
    assert searches.saved(firm.db, "my  search") == "bert"
    assert [(row["name"], row["user"]) for row in saved_searches.listed(firm.db)] == [
        ("court", "Ada Berg"), ("MY SEARCH", "Ada Berg"),
    ]  # fmt: skip
    searches.forget(firm.db, "My Search", acting=2)
    assert told(firm) == [("forgot", 2, None, None, "search My Search: bert")]
    assert [row["name"] for row in saved_searches.listed(firm.db)] == ["court"]


@pytest.mark.parametrize(
    ("opened", "on", "closed"),
    [
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-02T00:00:00Z"),
    ],
)
def test_a_case_may_close_when_it_opened_and_later(firm: Office, opened: str, on: str, closed: str) -> None:
    assert case_desk.close(firm.db, 1, on=on) is True
    assert firm.all("SELECT opened_at, status, closed_at FROM cases WHERE id = 1") == [(opened, "closed", closed)]
    assert case_desk.close(firm.db, 1, on=on) is False


MEANT = {
    ("case", "2026-102"): 2,
    ("case", " 102 "): 2,
    ("case", "2026/102"): 2,
    ("case", "Trust, Old"): 2,
    ("case", "old trust"): 2,
    ("case", "Nguyen"): 1,
    ("contact", "anna@CLIENT.example"): 1,
    ("contact", "anna client"): 1,
    ("contact", "ANNA  Other"): 3,
    ("contact", "bert"): 2,
    ("contact", "4"): 2,
    ("contact", "office@other.example"): 3,
    ("user", "ada"): 1,
    ("user", "carl@firm.example"): 2,
    ("user", "Off"): 3,
    ("lead", "Sale"): 2,
    ("lead", "3"): 3,
    ("email", " 5 "): 5,
}


@pytest.mark.parametrize(("noun", "text"), MEANT)
def test_a_reference_means_one_thing(firm: Office, noun: str, text: str) -> None:
    assert getattr(references, noun)(firm.db, text) == MEANT[noun, text]


CASES = {
    "a row number is none": ("1", None),
    "a whole number": ("2026-104", 3),
    "a whole number, as a tag writes it": ("12-c-34-26", 4),
    "an end after a mark": ("104", 3),
    "an end within a word": ("04", None),
    "an end of two words": ("34/26", 4),
    "an end that fits two": ("26", (4, 5)),
    "a whole number wins over an end": ("7", 6),
    "a title that is a number, and an end": ("77", (7, 8)),
    "a title that is a number": ("1999", 7),
    "two of one title": ("twin", (9, 10)),
    "accents and strokes": ("lukasz strasse", 11),
    "an apostrophe": ("o'brien", 12),
    "last, first": ("minh nguyen", 13),
    "first last": ("Nguyen, Minh", 13),
    "a hash": ("#104", None),
    "a minus": ("-1", None),
    "blanks": ("  ", None),
    "marks": ("--", None),
}


@pytest.mark.parametrize(("text", "meant"), CASES.values(), ids=CASES)
def test_what_people_type_for_a_case(firm: Office, text: str, meant: int | tuple[int, ...] | None) -> None:
    rows = [
        (3, "2026-104", "Nguyen Estate"), (4, "12 C 34/26", "Land"), (5, "13 C 35/26", "Sea"), (6, "7", "Seven"),
        (7, "A-8", "1999"), (8, "B-77", "x"), (9, "C-9", "Twin"), (10, "D-2", "TWIN"), (11, "E-3", "Łukasz Straße"),
        (12, "F-4", "O\u2019Brien v. State"), (13, "G-5", "Minh Nguyen"), (14, "H-9-7", "Nine"),
    ]  # fmt: skip
    firm.db.executemany(
        "INSERT INTO cases (id, number, title, opened_at) VALUES (?, ?, ?, '2026-01-01T00:00:00Z')", rows
    )
    firm.db.execute("UPDATE cases SET title = '77' WHERE id = 7 AND ? = '77'", (text,))
    if isinstance(meant, int):
        assert references.case(firm.db, text) == meant
        return
    with pytest.raises(
        references.UnknownReferenceError if meant is None else references.AmbiguousReferenceError
    ) as told:
        references.case(firm.db, text)
    for number, _, title in (row for row in rows if isinstance(meant, tuple) and row[0] in meant):
        assert title in str(told.value) or text == "77"
        (shown,) = [row[1] for row in rows if row[0] == number]
        assert shown in str(told.value)
        assert references.case(firm.db, shown) == number


def test_what_is_not_in_sight_does_not_exist(firm: Office) -> None:
    limited = Viewer(2, "Carl", "limited").sight
    for noun, texts in {
        "case": ("2026-101", "101", "Nguyen"),
        "lead": ("1", "Estate"),
        "contact": ("1", "Anna Client", "anna@client.example"),
    }.items():
        for text in texts:
            assert getattr(references, noun)(firm.db, text)
            with pytest.raises(references.UnknownReferenceError) as told:
                getattr(references, noun)(firm.db, text, limited)
            assert str(told.value).startswith(f"There is no {noun} {text!r}; casefleet {noun} list shows")
    firm.db.execute("INSERT INTO case_users (case_id, user_id) VALUES (1, 2)")
    assert references.case(firm.db, "101", limited) == 1


def test_a_whole_name_comes_before_a_part_of_one(firm: Office) -> None:
    firm.contact("Anna")
    assert references.contact(firm.db, "anna") == 5
    assert references.contact(firm.db, "Anna Client") == 1


def test_names_are_compared_as_they_are_read(firm: Office) -> None:
    number = firm.contact("Amélie Straße")
    assert references.contact(firm.db, "AME\u0301LIE STRASSE") == number
    assert references.contact(firm.db, "amélie") == number


@pytest.mark.parametrize(("noun", "number", "seen"), [("case", 1, True), ("case", 2, False), ("user", 1, True)])
def test_in_sight_is_what_the_viewer_may_see(firm: Office, noun: str, number: int, seen: bool) -> None:
    firm.db.execute("UPDATE users SET role = 'limited' WHERE id = 2")
    firm.add("case_users", case_id=1, user_id=2)
    viewer = access.of_user(firm.db, 2)
    assert viewer is not None
    assert references.is_in_sight(firm.db, viewer.sight, noun, number) is seen
