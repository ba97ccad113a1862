"""Search: what each part of a query finds, in what order, and that nothing a person types reaches SQLite as syntax."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casefleet_cli.core.query import parse
from casefleet_cli.errors import UsageError
from casefleet_cli.intake.receiving import receive
from casefleet_cli.store import search, selection
from casefleet_cli.store.deliveries import Arrival
from tests.firm import DAYS, Firm, mail
from tests.timing import is_linear
from tests.unit.test_query import PIECES

FORWARD = (
    "For the file.\n\n---------- Forwarded message ---------\nFrom: Lee Wong <lee@wong.example>\n"
    "Date: Sun, Nov 22, 2026 at 6:12 PM\nSubject: Lease\nTo: Ada Berg <ada@firm.example>\n\nThe lease ends."
)


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firm]:
    """Six emails: 1 and 6 on a case, 2 on a lead, 3 to 5 on nothing (4 is held, 3 a forward, 5 has a file)."""
    firm = Firm(tmp_path_factory.mktemp("search"))
    firm.case("Nguyen Trust", firm.contact("Anna", "anna.nguyen@client.example"))
    firm.lead("Estate of Müller", firm.contact("Jörg Müller", "jorg@mueller.example"))

    def log(user: int, raw: bytes, date: str | None = None) -> None:
        raw = raw.replace(b"Mon, 02 Nov 2026 09:30:00 +0100", date.encode()) if date else raw
        receive(firm.db, raw, Arrival(user, "pipe"))

    log(
        firm.ada, mail("Anna Nguyen <anna.nguyen@client.example>", subject="Hearing"), "Wed, 01 Jan 2020 12:00:00 +0000"
    )
    log(firm.ada, mail("Jörg Müller <jorg@mueller.example>", subject="Déjà vu", text="Über die Erbschaft."))
    log(firm.ada, mail("ada@firm.example", subject="Fwd: Lease", text=FORWARD))
    log(firm.ada, mail("ada@firm.example", sender="Anna Nguyen <anna.nguyen@client.example>", text="held secret"))
    files = mail("stranger@x.client.example", sender="Carl Diaz <carl@firm.example>", text="see the police report")
    boundary = b'--b\nContent-Type: text/plain\n\nsee the police report\n--b\nContent-Type: application/pdf; name="Gutachten 7.pdf"\n\nx\n--b--\n'
    head = files.split(b"\n\n")[0].replace(
        b'Content-Type: text/plain; charset="utf-8"', b"Content-Type: multipart/mixed; boundary=b"
    )
    log(firm.carl, head + b"\n\n" + boundary)
    log(firm.carl, mail("anna.nguyen@client.example", sender="carl@firm.example", text="the police have no report"))
    yield firm
    firm.db.close()


FOUND = {
    "police": [6, 5],
    "police report": [6, 5],
    '"police report"': [5],
    "polic*": [6, 5],
    "polic": [],
    "deja": [2],
    "ÜBER erbschaft": [2],
    "secret": [4],
    "from:anna": [4],
    "from:anna.nguyen@client.example": [4],
    "from:nguyen@client.example": [],
    "from:@firm.example": [6, 5, 3, 2, 1],
    "from:@FIRM.example": [6, 5, 3, 2, 1],
    "from:Carl": [6, 5],
    "-from:carl": [4, 3, 2, 1],
    "-from:carl@firm.example police": [],
    "to:anna": [6, 1],
    'to:"Anna Nguyen"': [6, 1],
    "to:@client.example": [6, 1],
    "to:client.example": [6, 5, 1],
    "to:müll*": [2],
    "subject:hearing": [6, 5, 4, 1],
    "filename:gutachten": [5],
    "filename:pdf": [5],
    "police OR secret": [6, 5, 4],
    "police OR is:forwarded": [6, 5, 3],
    "police (no OR has:attachment)": [6, 5],
    "(police no) OR secret": [6, 4],
    "police NOT no": [5],
    "NOT (police OR secret)": [3, 2, 1],
    "NOT (police report) is:linked": [2, 1],
    "(police NOT is:linked) OR (from:anna is:held)": [5, 4],
    "subject:hearing -(to:anna OR from:anna)": [5],
    "(" + " ".join(f"x{n}" for n in range(11)) + ") OR (" + " ".join(["police"] * 11) + ")": [6, 5],
    "police OR from:@client.example": [6, 5, 4],
    "-police": [4, 3, 2, 1],
    "police -no": [5],
    "-has:attachment police": [6],
    "has:attachment": [5],
    'case:"Nguyen Trust"': [6, 1],
    "case:2026-101 police": [6],
    "lead:müller": [2],
    "-lead:müller -case:2026-101": [5, 4, 3],
    "contact:anna": [6, 1],
    "contact:anna OR contact:jörg": [6, 2, 1],
    "user:carl": [6, 5],
    "before:2020-01-02": [1],
    "before:2020": [],
    "after:2020 before:2021": [1],
    "after:2026 police": [6, 5],
    "-after:2026": [1],
    "is:unassigned": [5, 3],
    "is:linked": [6, 2, 1],
    "is:held": [4],
    "is:rejected": [],
    "is:forwarded": [3],
    "-is:linked": [5, 4, 3],
    "is:held OR is:forwarded": [4, 3],
}


@pytest.mark.parametrize("few", [0, 1000])
@pytest.mark.parametrize("query", FOUND)
def test_finds(firm: Firm, query: str, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "FEW", few)
    assert [row["id"] for row in search.find(firm.db, parse(query, DAYS))] == FOUND[query]
    assert search.numbers(firm.db, parse(query, DAYS)) == sorted(FOUND[query])


def test_sorts_as_asked(tmp_path: Path) -> None:
    firm = Firm(tmp_path)
    for number, (text, year) in enumerate(
        (("one hearing " + "and more " * 50, 2024), ("hearing, hearing!", 2021), ("a hearing here", 2026)), 1
    ):
        raw = mail("a@b.example", text=text, subject="s", msgid=str(number))
        raw = raw.replace(b"Mon, 02 Nov 2026", f"01 Jan {year}".encode())
        receive(firm.db, raw, Arrival(firm.ada, "pipe"))
    query = parse("hearing", DAYS)
    found = {sort: [row["id"] for row in search.find(firm.db, query, sort=sort)] for sort in search.SORTS}
    assert found == {"logged": [3, 2, 1], "date": [3, 1, 2], "relevance": [2, 3, 1]}
    assert [row["id"] for row in search.find(firm.db, query, sort="relevance", limit=1)] == [2]
    assert [row["id"] for row in search.find(firm.db, parse("user:ada hearing", DAYS), sort="relevance")] == [2, 3, 1]
    assert [row["id"] for row in search.find(firm.db, parse("is:unassigned", DAYS), sort="date")] == [3, 1, 2]


def test_marks_what_it_found(firm: Firm) -> None:
    (row,) = search.find(firm.db, parse("deja", DAYS), mark=("<", ">"))
    assert row["snippet"] == "<Déjà> vu"
    (row,) = search.find(firm.db, parse("is:held", DAYS))
    assert row["snippet"] == ""


def test_rejected_mail_is_found_only_when_asked_for(tmp_path: Path) -> None:
    firm = Firm(tmp_path)
    receive(firm.db, mail("a@b.example", sender="x@y.example", text="secret"), Arrival(firm.ada, "pipe"))
    firm.db.execute("UPDATE emails SET standing = 'rejected'")
    assert [search.numbers(firm.db, parse(q, DAYS)) for q in ("secret", "-x", "is:rejected", "secret is:rejected")] == [
        [],
        [],
        [1],
        [1],
    ]


def test_an_unknown_name_says_so(firm: Firm) -> None:
    with pytest.raises(UsageError, match="There is no case 'Okafor'"):
        search.find(firm.db, parse("police case:Okafor", DAYS))


@given(st.one_of(st.text(), st.lists(PIECES).map("".join), st.lists(PIECES).map(" ".join)))
def test_no_text_is_an_error_of_sqlite(firm: Firm, text: str) -> None:
    try:
        list(search.find(firm.db, parse(text, DAYS), limit=3))
    except UsageError:
        return


def test_the_index_agrees_with_the_emails(firm: Firm) -> None:
    firm.db.execute("UPDATE emails SET subject = 'Later', from_name = 'Zoë' WHERE id = 3")
    firm.db.execute("INSERT INTO email_search(email_search, rank) VALUES('integrity-check', 1)")
    assert search.numbers(firm.db, parse("from:zoe", DAYS)) == [3]
    firm.db.execute("UPDATE emails SET subject = 'Fwd: Lease', from_name = 'Ada Berg' WHERE id = 3")


def test_a_word_that_occurs_very_often_costs_what_it_weighs(tmp_path: Path) -> None:
    firm = Firm(tmp_path)
    made: list[int] = []

    def logged(times: int) -> int:
        text = f"{len(made)}" + " pest" * times + "\n"
        receive(
            firm.db,
            mail("a@b.example", text=text, msgid=str(len(made)), subject=f"n{len(made)}"),
            Arrival(firm.ada, "pipe"),
        )
        made.append(times)
        return len(made) - 1

    def shown(number: int) -> None:
        (row,) = search.find(firm.db, parse(f"pest subject:n{number}", DAYS), mark=("<", ">"))
        assert "<pest>" in row["snippet"]

    assert is_linear(shown, logged, 20_000)


@pytest.mark.parametrize(
    ("text", "query", "snippet"),
    [
        ("word " * 9_000 + "the needle is here", "needle", "the <needle> is here"),
        ("word " * 9_000 + "the needle is here", "needl*", "the <needle> is here"),
        ("one word. " + "x " * 500 + "two words together", "two one", "<one> word. x x"),
        ("one " + "x " * 700 + "then one and two", "two one", "<one> and <two>"),
        ("w" * 5000, "w*", "<" + "w" * 399),
        ("nothing", "subject:hearing", "<Hearing>"),
        ("x " * 200_000 + "needle", "needle", "x x x"),
    ],
)
def test_a_snippet_shows_where_it_was_found(tmp_path: Path, text: str, query: str, snippet: str) -> None:
    firm = Firm(tmp_path)
    receive(firm.db, mail("a@b.example", text=text), Arrival(firm.ada, "pipe"))
    (row,) = search.find(firm.db, parse(query, DAYS), mark=("<", ">"))
    assert snippet in row["snippet"]
    assert len(row["snippet"]) < 410
    assert row["snippet"].count("<") in (row["snippet"].count(">"), 1)


LETTERS = {
    "strasse": "Ecke <Straße> 5", "STRAẞE": "Ecke <Straße> 5", '"straße 5"': "Ecke <Straße 5>", "stras*": "Ecke <Straße> 5",
    "שלום": "Ecke Straße 5, <שָׁלוֹם>", "שָׁלוֹם": "Ecke Straße 5, <שָׁלוֹם>", "محمد": "<مُحَمَّد>", "احمد": "<أحمد>", "contract": "<con\u00adtract>",
    "filename:grosse": "<Größe>.pdf", "subject:firma": "<Ｆirma>", "from:strasser": "Jörg <Straßer>", "-subject:firma strasse": None,
    "strase": None, "to:strasse": None,
}  # fmt: skip


@pytest.fixture(scope="module")
def lettered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firm]:
    """One email whose letters are looked for as others, and one of plain words."""
    firm = Firm(tmp_path_factory.mktemp("letters"))
    text = "Ecke Straße 5, שָׁלוֹם, مُحَمَّد und أحمد: con\u00adtract."
    raw = mail("a@b.example", text=text, subject="Ｆirma", sender="Jörg Straßer <jorg@firm.example>")
    head, _, body = raw.partition(b"\n\n")
    pdf = "--b\nContent-Type: application/pdf\nContent-Disposition: attachment; filename*=utf-8''Gr%C3%B6%C3%9Fe.pdf\n\nx\n--b--\n"
    fields = [line for line in head.split(b"\n") if line.lower().startswith(b"content-")]
    others = [line for line in head.split(b"\n") if not line.lower().startswith(b"content-")]
    head = b"\n".join([*others, b"Content-Type: multipart/mixed; boundary=b"])
    receive(
        firm.db,
        head + b"\n\n--b\n" + b"\n".join(fields) + b"\n\n" + body + b"\n" + pdf.encode(),
        Arrival(firm.ada, "pipe"),
    )
    receive(firm.db, mail("a@b.example", text="Plain words.", subject="Next"), Arrival(firm.ada, "pipe"))
    yield firm
    firm.db.close()


@pytest.mark.parametrize("query", LETTERS)
def test_letters_are_found_in_whatever_form_and_shown_as_written(lettered: Firm, query: str) -> None:
    found = list(search.find(lettered.db, parse(query, DAYS), mark=("<", ">")))
    wanted = LETTERS[query]
    assert [row["id"] for row in found] == ([] if wanted is None else [1])
    assert wanted is None or wanted in found[0]["snippet"]


def test_only_mail_that_needs_it_keeps_letters(lettered: Firm) -> None:
    (first,), (second,) = lettered.all("SELECT letters FROM emails ORDER BY id")
    assert json.loads(first)[:2] == ["\u00ad", ""]
    assert second is None
    assert search.is_sound(lettered.db)


def test_the_index_follows_the_letters_of_an_email(tmp_path: Path) -> None:
    firm = Firm(tmp_path)
    for text in ("Straße", "plain"):
        receive(firm.db, mail("a@b.example", text=text, subject=text), Arrival(firm.ada, "pipe"))
    asked = [parse(word, DAYS) for word in ("strasse", "plain", "weiss")]
    assert [search.numbers(firm.db, query) for query in asked] == [[1], [2], []]
    firm.db.execute("UPDATE emails SET text = 'weiß', subject = '', letters = '[\"ß\", \"ss\"]' WHERE id = 2")
    firm.db.execute("UPDATE emails SET text = 'plain', subject = NULL, letters = NULL WHERE id = 1")
    assert [search.numbers(firm.db, query) for query in asked] == [[], [1], [2]]
    assert search.is_sound(firm.db)
    search.rebuild(firm.db)
    assert [search.numbers(firm.db, query) for query in asked] == [[], [1], [2]]
    firm.db.execute("UPDATE emails SET letters = NULL WHERE id = 2")
    assert search.numbers(firm.db, asked[2]) == []
    assert search.is_sound(firm.db)
    firm.db.execute('UPDATE emails SET letters = \'["ß", "ss"]\' WHERE id = 2')
    assert search.numbers(firm.db, asked[2]) == [2]
    firm.db.execute("PRAGMA foreign_keys = 0")
    firm.db.execute("DELETE FROM emails WHERE id = 2")
    assert search.numbers(firm.db, asked[2]) == []
    assert search.is_sound(firm.db)


def test_what_a_very_long_email_keeps_is_found_as_it_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("casefleet_cli.core.letters.MOST", 1)
    firm = Firm(tmp_path)
    receive(firm.db, mail("a@b.example", text="ß ß ß Łódź und Straße"), Arrival(firm.ada, "pipe"))
    found = {
        word: search.numbers(firm.db, parse(word, DAYS))
        for word in ("Łódź", "łód*", "-łódź", "lodz", "strasse", "straße")
    }
    assert found == {"Łódź": [1], "łód*": [1], "-łódź": [], "lodz": [], "strasse": [1], "straße": [1]}
    (row,) = search.find(firm.db, parse("łódź", DAYS), mark=("<", ">"))
    assert "Łódź" in row["snippet"]


@pytest.mark.parametrize("letters", ["x", '["ß"]', "{"])
def test_letters_come_in_pairs(lettered: Firm, letters: str) -> None:
    with pytest.raises(sqlite3.Error):
        lettered.db.execute("UPDATE emails SET letters = ? WHERE id = 2", (letters,))
    assert search.is_sound(lettered.db)


def test_what_a_stranger_writes_is_no_mark(tmp_path: Path) -> None:
    firm = Firm(tmp_path)
    receive(firm.db, mail("a@b.example", text="a \ufdd0 needle \ufdd1 and \ufdd1 Straße"), Arrival(firm.ada, "pipe"))
    for word, marked in (("needle", "<needle>"), ("strasse", "<Straße>")):
        (row,) = search.find(firm.db, parse(word, DAYS), mark=("<", ">"))
        assert marked in row["snippet"]
        assert row["snippet"].count("<") == row["snippet"].count(">") == 1
        assert not set(row["snippet"]) & set("\ufdd0\ufdd1")
