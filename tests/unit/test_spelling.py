"""The words that somebody may have meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casefleet_cli.core import letters, spelling

NEAR = (("hearng", "hearing"), ("haering", "hearing"), ("heering", "hearing"), ("hearring", "hearing"), ("strase", "strasse"), ("2025", "2026"),
        ("שלם", "שלום"), ("محد", "محمد"), ("догавор", "договор"), ("αθηα", "αθηνα"))  # fmt: skip
FAR = (
    ("hearing", "hearing"),
    ("hrng", "hearing"),
    ("court", "cour2"),
    ("2026", "202a"),
    ("7k3mq9x2vt4hc8wn", "7k3mq9x2vt4hc8wnp"),
    ("ab", "abc"),
    ("x" * 25, "x" * 26),
)


@pytest.mark.parametrize(("word", "other"), NEAR)
def test_near(word: str, other: str) -> None:
    assert other in spelling.neighbours(word)


@pytest.mark.parametrize(("word", "other"), FAR)
def test_far(word: str, other: str) -> None:
    assert other not in spelling.neighbours(word)


@given(st.text(max_size=30))
def test_there_are_not_many_and_each_once(text: str) -> None:
    for word in spelling.parts(text):
        found = spelling.neighbours(word)
        assert len(found) == len(set(found)) <= 200 * len(word)


def test_the_parts_are_those_of_the_index() -> None:
    assert spelling.parts("Große Straße, O’Brien 2026-104 große") == ["grosse", "strasse", "o", "brien", "2026", "104"]
    assert letters.words("Große") == "grosse"
