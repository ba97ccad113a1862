"""Letters are the same in whatever form they come: in what is asked, and in what the index holds."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casefleet_cli.core import letters
from tests.timing import is_linear

SAME = (
    ("Straße", "strasse"), ("STRAẞE", "strasse"), ("Ærø", "aero"), ("Œuvre", "oeuvre"), ("Łódź", "lodz"), ("Iğdır", "igdir"), ("Þór", "thor"),
    ("Nguyễn", "nguyen"), ("Nguye\u0302\u0303n", "nguyen"), ("Ἀθήνα", "αθηνα"), ("ΑΘΗΝΑΣ", "αθηνασ"), ("Ёлка", "елка"),
    ("שָׁלוֹם", "שלום"), ("שלום", "שלום"), ("מַלְאָךְ", "מלאך"), ("מַקָּף", "מקף"),
    ("مُحَمَّد", "محمد"), ("محـــمد", "محمد"), ("أحمد", "احمد"), ("إسلام", "اسلام"), ("آل", "ال"), ("ٱلله", "الله"), ("شكرًا", "شكرا"), ("على", "علي"),
    ("ﻣﺤﻤﺪ", "محمد"), ("کتاب", "كتاب"), ("ﬁnal oﬃce", "final office"), ("Ｆｉｒｍ ２７", "firm 27"), ("𝐅𝐢𝐫𝐦", "firm"), ("m²", "m2"), ("1ª", "1a"),
    ("con\u00adtract", "contract"), ("con\u2060tract", "contract"), ("\ufeffcontract", "contract"), ("葛\U000e0100", "葛"),
)  # fmt: skip
OTHERS = (
    ("Müller", "mueller"),
    ("が", "か"),
    ("한", "하"),
    ("क्या", "कया"),
    ("ة", "ه"),
    ("Acme™", "acmetm"),
    ("2½", "21"),
    ("foo\u200bbar", "foobar"),
)
KEPT = (
    "contract of 1 May",
    "Müller",
    "naïve café",
    "Кирилл",
    "O’Brien — “quoted” … 5 €",
    "日本語",
    "한국어",
    "हिन्दी",
    "☃ 🎉 ™",
    "\u200c ",
)


@pytest.mark.parametrize(("one", "other"), SAME)
def test_same(one: str, other: str) -> None:
    assert letters.words(one) == letters.words(other)


@pytest.mark.parametrize(("one", "other"), OTHERS)
def test_others(one: str, other: str) -> None:
    assert letters.words(one) != letters.words(other)


@pytest.mark.parametrize("text", KEPT)
def test_what_the_index_knows_by_itself_needs_nothing(text: str) -> None:
    assert letters.others([text]) == []


def tokens(texts: Sequence[str]) -> list[tuple[str, ...]]:
    """The words that the tokenizer of the index finds in each text."""
    db = sqlite3.connect(":memory:")
    db.execute("CREATE VIRTUAL TABLE held USING fts5(text, tokenize='unicode61 remove_diacritics 2')")
    db.execute("CREATE VIRTUAL TABLE terms USING fts5vocab('held', 'instance')")
    db.executemany("INSERT INTO held (rowid, text) VALUES (?, ?)", enumerate(texts))
    found: dict[int, list[str]] = {}
    for term, number in db.execute("SELECT term, doc FROM terms ORDER BY doc, offset"):
        found.setdefault(number, []).append(term)
    return [tuple(found.get(number, ())) for number in range(len(texts))]


def indexed(text: str) -> str:
    """A text as the view of the index makes it."""
    return letters.replaced(text, letters.others([text]))


def test_every_letter_is_found_as_it_is_asked_for() -> None:
    """What is left out are ideographs and syllables, which have one form."""
    codes = (*range(1, 0x3400), *range(0xA490, 0xAC00), *range(0xF900, 0x11000), *range(0x1D400, 0x1F200), *range(0xE0000, 0xE01F0))  # fmt: skip
    texts = [f"a{chr(code)}b" for code in codes]
    held, asked = tokens(list(map(indexed, texts))), tokens(list(map(letters.words, texts)))
    assert [text for text, one, other in zip(texts, held, asked, strict=True) if one != other] == []


@given(st.text(max_size=30))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert letters.words(letters.words(text)) == letters.words(text)
    assert letters.folded(letters.folded(text)) == letters.folded(text)
    assert indexed(indexed(text)) == indexed(text)


def test_of_very_many_letters_those_that_occur_most_are_kept() -> None:
    rare = "".join(chr(code) for code in range(0x1D400, 0x1D454)) + "".join(chr(code) for code in range(0xFE80, 0xFEF0))
    found = letters.others([rare + "ß" * 5, "straße"])
    assert len(found) == 2 * letters.MOST
    assert "ß" in found
    assert len(letters.others([rare + "é" * (1 << 20)])) == 2 * 31


@pytest.mark.parametrize(
    ("text", "found", "written"),
    [
        ("Die Straße hier", "Die <Strasse> hier", "Die <Straße> hier"),
        ("שָׁלוֹם לך", "<שלום> לך", "<שָׁלוֹם> לך"),
        ("לך שָׁלוֹם", "לך <שלום>", "לך <שָׁלוֹם>"),
        ("ein Weiß und Weiß", "und <Weiss>", "und <Weiß>"),
        ("con\u00adtract", "<contract>", "<con\u00adtract>"),
        ("nothing", "of another text", "of another text"),
    ],
)
def test_what_was_found_is_shown_as_it_was_written(text: str, found: str, written: str) -> None:
    assert letters.as_written(found, text, letters.others([text]), ("<", ">")) == written


def test_time_is_in_proportion_to_the_text() -> None:
    assert is_linear(lambda text: letters.others([text]), lambda size: "Straße und Größe שָׁלוֹם " * size, 20_000)
    assert is_linear(letters.words, lambda size: "Straße und Größe שָׁלוֹם " * size, 5_000)
    assert is_linear(
        lambda text: letters.as_written("<S>t", text, letters.others([text]), ("<", ">")),
        lambda size: "Straße " * size,
        10_000,
    )
