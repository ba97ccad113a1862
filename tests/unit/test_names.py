"""Names are compared as people read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casefleet_cli.core import names

SAME = (
    ("Müller", "muller"), ("MÜLLER", "mu\u0308ller"), ("Straße", "strasse"), ("STRASSE", "Straße"), ("O’Brien", "O'Brien"),
    ("O`Brien", "Oʼbrien"), ("Nguyen, Minh", "minh  nguyen"), ("Minh Nguyen", "NGUYỄN, Minh"), ("Łódź", "Lodz"),
    ("Søren Æbelø", "soren aebelo"), ("İstanbul", "istanbul"), ("ﬁrm", "firm"), ("Ａnna", "anna"), ("Anna\u00a0Berg", "anna berg"),
    ("Saint‐Denis", "saint-denis"), ("Αθήνα", "αθηνα"),
)  # fmt: skip
OTHERS = (
    ("Muller", "Mueller"),
    ("Anna", "Ann"),
    ("Berg, Ada", "Berg Ada"),
    ("a, b, c", "c a b"),
    (",", ""),
    ("Kline v. State", "State v. Kline"),
)


@pytest.mark.parametrize(("one", "other"), SAME)
def test_same(one: str, other: str) -> None:
    assert names.are_same(one, other)
    assert names.are_same(other, one)


@pytest.mark.parametrize(("one", "other"), OTHERS)
def test_others(one: str, other: str) -> None:
    assert not names.are_same(one, other)


@pytest.mark.parametrize(
    ("name", "typed", "as_words", "as_letters"),
    [
        ("Nguyen Family Trust", "family trust", True, True), ("Nguyen Family Trust", "fam", False, True),
        ("Nguyen Family Trust", "trust family", False, False), ("Miller, Smith & Co", "miller, smith", True, True),
        ("Minh Nguyen (GmbH)", "nguyen (gmbh)", True, True), ("Kline", "", False, True), ("A.B", "a.b", True, True), ("AxB", "a.b", False, False),
    ],
)  # fmt: skip
def test_parts(name: str, typed: str, as_words: bool, as_letters: bool) -> None:
    assert names.has_words(name, typed) is as_words
    assert names.has_letters(name, typed) is as_letters


@given(st.text(max_size=30))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert names.folded(names.folded(text)) == names.folded(text)
    assert names.are_same(text, text)
    assert names.folded(text) == names.folded(text.swapcase().swapcase()) or not text.isascii()
