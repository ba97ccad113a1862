"""Address books brought in: what is added, joined and refused, that twice is once, and that deliveries go on meanwhile."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from casefleet_cli import clock
from casefleet_cli.access import Viewer
from casefleet_cli.core.addressbooks.entry import Entry
from casefleet_cli.desk import addressbook
from casefleet_cli.desk import contacts as contact_desk
from casefleet_cli.desk.addressbook import Report, Row
from casefleet_cli.sources import addressbooks
from casefleet_cli.store import contacts, database, sight
from tests.firm import BCC
from tests.refusals import Office, everything, moved, office


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return office(tmp_path_factory.mktemp("model"))


@pytest.fixture
def firm(model: Office, tmp_path: Path) -> Office:
    return moved(model, tmp_path)


def load(firm: Office, text: str | bytes, *, dry_run: bool = False, may_share: bool = False) -> Report:
    book = addressbooks.read(io.BytesIO(text.encode() if isinstance(text, str) else text), "book")
    return addressbook.load(firm.db, book, dry_run=dry_run, may_share=may_share, acting=2)


def counts(report: Report) -> tuple[int, int, int, int]:
    return report.added, report.completed, report.known, report.refused


BOOK = """\ufeffE-Mail;Name;Kind;Note;Phone
eve@else.example, EVE@home.example;Eve Stone;;of the court;1
;;;;
;"Firm; Sons";Organisation;"two
lines";
carl@firm.example;Carl;;;
anna@new.example anna@client.example;anna client;;ignored;
no address;Bad;;;
x@else.example;;;;
;Eve Stone;robot;;
eve@else.example;Eve Stone;;;
"""


def test_an_address_book_is_loaded_row_by_row(firm: Office) -> None:
    before = everything(firm)
    tried = load(firm, BOOK, dry_run=True)
    assert everything(firm) == before
    report = load(firm, BOOK)
    new = [row._replace(contact=None) if row.outcome == "added" else row for row in report.rows]
    new[-1] = new[-1]._replace(contact=None)  # known from a line above
    assert tried.rows == new
    assert counts(tried) == counts(report) == (2, 1, 1, 4)
    assert [(row.line, row.name, *row.refused) for row in report.rows if row.refused] == [
        (6, "Carl", "carl@firm.example is an address of user 2 Carl Diaz; contacts are people outside the firm."),
        (8, "Bad", "'no address' is not an e-mail address; write it like ben@client.example."),
        (9, "", "The name is empty; write one."),
        (10, "Eve Stone", "'robot' is no kind; choose person or organisation."),
    ]
    added = firm.all("SELECT name, kind, note FROM contacts WHERE id > 4 ORDER BY id")
    assert added == [("Eve Stone", "person", "of the court"), ("Firm; Sons", "organisation", "two\nlines")]
    assert contacts.one(firm.db, 1)["addresses"] == ["anna@client.example", "anna@new.example"]
    assert firm.activities("verb, a.user_id, contact_id, detail", "a.id > ?", 0)[-3:] == [
        ("imported", 2, 5, "eve@else.example, eve@home.example"),
        ("imported", 2, 6, ""),
        ("edited", 2, 1, "address anna@new.example added"),
    ]


def test_the_same_book_again_changes_nothing(firm: Office) -> None:
    load(firm, BOOK)
    before = everything(firm)
    again = load(firm, BOOK)
    assert counts(again) == (0, 0, 4, 4)
    assert everything(firm) == before


def test_marks_in_a_name_of_an_address_book_are_blanks(firm: Office) -> None:
    report = load(firm, "name,address\nEve\vStone,eve@else.example\nBo\x85b,bob@else.example\n")
    assert counts(report) == (2, 0, 0, 0)
    assert firm.all("SELECT name FROM contacts WHERE id > 4") == [("Eve Stone",), ("Bo b",)]


def row(line: str, *more: str) -> str:
    return "\n".join(("name,address", line, *more, ""))


OTHER = "It is called Max in the file; if that is somebody else, import it with --shared."
JOINS = {
    "the same name, another address": (
        row("Anna Client,a@new.example"), (1, 0, 0, 0),
        ["C" "ontact 1 Anna Client has this name, too; if it is the same, casefleet contact merge 1 5."], [],
    ),
    "another name": (row("Max,anna@client.example"), (0, 0, 1, 0), [OTHER], []),
    "another name, one address more": (
        row("Max,anna@client.example max@new.example"), (0, 0, 0, 1), [],
        ["Some of its addresses are held under another name: anna@client.example by contact 1 Anna Client. If that is the same,"
         " casefleet contact edit 1 --add-address max@new.example; if not, import it with --shared."],
    ),
    "addresses of two": (
        row("Max,anna@client.example bert@client.example"), (0, 0, 0, 1), [],
        ["Its addresses are held by several: anna@client.example by contact 1 Anna Client; bert@client.example by contact 2 Bert"
         " Client. Merge them, or import it with --shared if it is another."],
    ),
    "two of one file": (
        row("Eve,family@new.example", "Max,family@new.example"), (1, 0, 1, 0), [OTHER], [],
    ),
    "no address, a known name": (row("anna client,"), (0, 0, 1, 0), [], []),
    "no address, a new name": (row("Eve,"), (1, 0, 0, 0), [], []),
    "one address broken": (
        row("Eve,eve@new.example eve@", "Max,max@new.example"), (2, 0, 0, 1), [],
        ["'eve@' is not an e-mail address; write it like ben@client.example."],
    ),
    "an address for a name": (
        row("Eve,eve@new.example <eve@old.example>"), (0, 0, 0, 1), [],
        ["'eve@new.example <eve@old.example>' is not an e-mail address; write it like ben@client.example."],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", JOINS)
def test_who_is_there_already(firm: Office, name: str) -> None:
    text, counted, hints, refused = JOINS[name]
    tried = load(firm, text, dry_run=True)
    report = load(firm, text)
    assert counts(tried) == counts(report) == counted
    assert [hint for row in report.rows for hint in row.hints] == hints
    assert [reason for row in report.rows for reason in row.refused] == refused
    assert [row.refused for row in tried.rows] == [row.refused for row in report.rows]
    before = everything(firm)
    load(firm, text)
    assert everything(firm) == before


def test_people_may_share_an_address_where_one_says_so(firm: Office) -> None:
    text = row("Max,anna@client.example max@new.example", "Bo,anna@client.example")
    report = load(firm, text, may_share=True)
    assert counts(report) == (2, 0, 0, 0)
    assert [row.hints for row in report.rows] == [
        ("anna@client.example is also held by contact 1 Anna Client.",),
        ("anna@client.example is also held by contact 1 Anna Client, contact 5 Max.",),
    ]
    before = everything(firm)
    assert counts(load(firm, text, may_share=True)) == (0, 0, 2, 0)
    assert counts(load(firm, text)) == (0, 0, 2, 0)
    assert everything(firm) == before


def test_an_address_more_that_another_holds_is_told(firm: Office) -> None:
    report = load(firm, row("Anna Client,anna@client.example bert@client.example"))
    assert report.rows == [
        Row(2, "completed", "Anna Client", 1, "Anna Client", ("bert@client.example",),
            ("bert@client.example is also held by contact 2 Bert Client.",))
    ]  # fmt: skip


def test_a_merged_contact_is_not_made_again(firm: Office) -> None:
    text = row("Eve Stone,eve@new.example", "E. Stone,e@new.example", "Eve S.,")
    load(firm, text)
    contact_desk.merge(firm.db, 5, 6)
    contact_desk.merge(firm.db, 5, 7)
    contact_desk.edit(firm.db, 5, name="Eve Stone-Berg")
    before = everything(firm)
    report = load(firm, text)
    assert (counts(report), [row.contact for row in report.rows]) == ((0, 0, 3, 0), [5, 5, 5])
    assert everything(firm) == before


EXCHANGE = "/o=ExchangeLabs/ou=Exchange Administrative Group/cn=Recipients/cn=eve"


def test_an_address_inside_exchange_is_refused_and_the_others_are_taken(firm: Office) -> None:
    title = "First Name,Last Name,E-mail Address,E-mail 2 Address\n"
    report = load(firm, f"{title}Eve,Stone,{EXCHANGE},eve@new.example\nMax,Stone,{EXCHANGE},\n")
    reason = f"{EXCHANGE!r} is an address inside Exchange (X.500), not one of e-mail; look it up there."
    assert [(row.outcome, row.refused) for row in report.rows] == [("added", (reason,)), ("refused", (reason,))]
    assert counts(report) == (1, 0, 0, 2)
    assert contacts.one(firm.db, 5)["addresses"] == ["eve@new.example"]
    assert firm.count("contacts") == 5


SECRET = BCC["carl"]
SECRETS = {
    "address": f"Carl,{SECRET}",
    "tagged": f"Carl,{SECRET.replace('@', '+2026-101@')}",
    "misspelt": f"Carl,<{SECRET}",
    "beside another": f"Carl,carl@new.example {SECRET}",
    "name": f"{SECRET},carl@new.example",
    "part of a name": f"Carl {SECRET.partition('@')[0]},carl@new.example",
    "name and address": f"{SECRET},{SECRET}",
    "name of a broken row": f'"{SECRET}",carl@new.example,,x',
}


@pytest.mark.parametrize("dry_run", [True, False])
@pytest.mark.parametrize("name", SECRETS)
def test_a_bcc_address_is_no_contact_and_is_not_told(firm: Office, name: str, dry_run: bool) -> None:
    before = everything(firm)
    report = load(firm, row(SECRETS[name]), dry_run=dry_run)
    assert counts(report) == (0, 0, 0, 1)
    assert SECRET.partition("@")[0].partition("-")[2] not in repr(report.rows)
    assert everything(firm) == before


def test_a_card_with_a_secret_in_its_note_is_refused(firm: Office) -> None:
    card = f"BEGIN:VCARD\nFN:Eve\nEMAIL:eve@new.example\nNOTE:log to {SECRET}\nEND:VCARD\n"
    report = load(firm, card)
    assert report.rows == [
        Row(1, "refused", "Eve", refused=("Its name or note holds a BCC address, which is a secret; take it out.",))
    ]


def test_a_dry_run_needs_no_right_to_write(firm: Office) -> None:
    reader = database.open_reader(firm.path)
    entries = [Entry(2, "Eve", ("eve@new.example",)), Entry(3, "Eve", ("eve@new.example", "e@new.example"))]
    report = addressbook.load(reader, entries, dry_run=True)
    assert report.rows == [
        Row(2, "added", "Eve", None, "Eve", ("eve@new.example",)),
        Row(3, "completed", "Eve", None, "Eve", ("e@new.example",)),
    ]


def test_more_rows_than_are_told_are_counted(firm: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addressbook, "MOST_TOLD", 2)
    report = load(firm, row("A,a@new.example", "B,x", "C,c@new.example", "D,x"))
    assert (counts(report), len(report.rows), report.untold) == ((2, 0, 0, 2), 2, 2)


def test_a_file_with_too_many_entries_is_taken_up_to_there(firm: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addressbook, "MOST_ENTRIES", 2)
    report = load(firm, row("A,a@new.example", "B,b@new.example", "C,c@new.example", "D,d@new.example"))
    assert counts(report) == (2, 0, 0, 1)
    assert report.rows[-1].refused == ("The file has more than 2 entries; divide it, and import the rest by itself.",)
    assert len(firm.all("SELECT id FROM contacts")) == 6


def test_what_is_told_is_short(firm: Office) -> None:
    report = load(firm, row("E" * 60_000 + ",a@new.example", "Eve," + "x" * 60_000 + "@"))
    assert counts(report) == (0, 0, 0, 2)
    assert len(repr(report.rows)) < 2000


@pytest.mark.parametrize("form", ["csv", "vcard", "google", "outlook"])
def test_what_was_written_changes_nothing_when_it_is_read(firm: Office, form: str) -> None:
    load(firm, BOOK)
    contact_desk.add(firm.db, "=1+1", [f"eve{n}@many.example" for n in range(7)], note="one\n-two; \\three,")
    contact_desk.add(firm.db, "Müller & Söhne, Wien", ["post@mueller.example"], kind="organisation")
    before = everything(firm)
    text = "".join(addressbook.written(firm.db, sight.EVERYTHING, form))
    report = load(firm, text)
    assert (report.added, report.completed, report.refused) == (0, 0, 0)
    assert report.known >= 7
    assert everything(firm) == before


@pytest.mark.parametrize("form", ["csv", "vcard", "google", "outlook"])
def test_what_was_written_makes_the_same_contacts_elsewhere(
    firm: Office, form: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    load(firm, BOOK)
    contact_desk.add(firm.db, "=1+1", [f"eve{n}@many.example" for n in range(7)], note="one\n-two; \\three,")
    text = "".join(addressbook.written(firm.db, sight.EVERYTHING, form))
    other = office(tmp_path_factory.mktemp("other"))
    load(other, text)
    columns = ("name", "kind", "addresses", "note")
    listed = [[tuple(one[c] for c in columns) for one in contacts.listed(office_.db)] for office_ in (firm, other)]
    assert listed[0] == listed[1]


def test_only_what_is_in_sight_is_written(firm: Office) -> None:
    load(firm, BOOK)
    nobody = Viewer(0, "nobody", "guest").sight
    assert "".join(addressbook.written(firm.db, nobody, "csv")) == "name,address,kind,note\n"


def test_deliveries_write_between_the_slices(firm: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    other = database.open_database(firm.path, busy_seconds=0)
    monkeypatch.setattr(addressbook, "_WRITING_SECONDS", 0)
    written: list[int] = []

    def write(_: float) -> None:
        with database.transaction(other):
            written.append(other.execute("SELECT count(*) FROM contacts").fetchone()[0])

    monkeypatch.setattr(clock, "pause", write)
    addressbook.load(firm.db, (Entry(n, f"Person {n}", (f"p{n}@new.example",)) for n in range(1600)))
    other.close()
    assert firm.count("contacts") == 1604
    assert len(written) >= 3
    assert written == sorted(written)
