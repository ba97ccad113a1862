"""The query language: what parses into what, and one clear sentence for what does not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casefleet_cli.core.query import FIELDS, QueryError, Term, as_typed, instead, parse
from tests.firm import DAYS

READ = {
    "police report": [[Term("", "police")], [Term("", "report")]],
    '"police report"': [[Term("", "police report")]],
    "rep* \"police rep\"*": [[Term("", "rep", True)], [Term("", "police rep", True)]],
    "a OR b c": [[Term("", "a"), Term("", "b")], [Term("", "c")]],
    "a AND b": [[Term("", "a")], [Term("", "b")]],
    "a or b": [[Term("", "a")], [Term("", "or")], [Term("", "b")]],
    '-draft -"not this" -from:anna': [
        [Term("", "draft", negated=True)], [Term("", "not this", negated=True)], [Term("from", "anna", negated=True)],
    ],
    'FROM:"Anna Nguyen" to:lee*': [[Term("from", "Anna Nguyen")], [Term("to", "lee", True)]],
    "before:2026-05 after:14d is:HELD has:attachment": [
        [Term("before", "2026-05", at=datetime(2026, 5, 1, tzinfo=UTC))],
        [Term("after", "14d", at=datetime(2026, 11, 10, 9, tzinfo=UTC))], [Term("is", "held")], [Term("has", "attachment")],
    ],
    'before:"1 May 2026" -after:today': [
        [Term("before", "1 may 2026", at=datetime(2026, 5, 1, tzinfo=UTC))],
        [Term("after", "today", negated=True, at=datetime(2026, 11, 24, tzinfo=UTC))],
    ],
    "http://a.example 12:30 foo-bar NEAR(x": [
        [Term("", "http://a.example")], [Term("", "12:30")], [Term("", "foo-bar")], [Term("", "NEAR(x")],
    ],
    "a (b OR c) d": [[Term("", "a")], [Term("", "b"), Term("", "c")], [Term("", "d")]],
    "(a b) OR c": [[Term("", "a"), Term("", "c")], [Term("", "b"), Term("", "c")]],
    "a NOT b AND NOT c": [[Term("", "a")], [Term("", "b", negated=True)], [Term("", "c", negated=True)]],
    "NOT NOT a NOT -b": [[Term("", "a")], [Term("", "b")]],
    "NOT(a OR from:b*) -(c d)": [
        [Term("", "a", negated=True)], [Term("from", "b", True, True)], [Term("", "c", negated=True), Term("", "d", negated=True)],
    ],
    '("a b"* OR subject:"c") (!) ()': [[Term("", "a b", True), Term("subject", "c")]],
    "(f(x) OR from:anna)": [[Term("", "f(x)"), Term("from", "anna")]],
    "Minh (GmbH) 1) f(x) :( :)": [[Term("", "Minh")], [Term("", "GmbH")], [Term("", "1)")], [Term("", "f(x)")]],
    "NOTE ORDER ANDY not": [[Term("", "NOTE")], [Term("", "ORDER")], [Term("", "ANDY")], [Term("", "not")]],
    "-(" * 400 + "a" + ")" * 400: [[Term("", "a")]],
    "(" * 901 + "-a" + ")" * 901: [[Term("", "a", negated=True)]],
    "Re: hearing & - !": [[Term("", "Re:")], [Term("", "hearing")]],
    "a\0b c\ud800d": [[Term("", "a")], [Term("", "b")], [Term("", "c")], [Term("", "d")]],
}  # fmt: skip


@pytest.mark.parametrize("text", READ)
def test_reads(text: str) -> None:
    assert [list(group) for group in parse(text, DAYS).groups] == READ[text]


PIECES = st.sampled_from(
    ['"', "*", "-", ":", "(", ")", " ", "OR", "AND", "NOT", "NEAR/2", "{", "}", "^", "+", "\\", "'", ";", "\0", "\ud800", "é", "a"]
    + [f"{field}:" for field in FIELDS]
)  # fmt: skip


@given(st.one_of(st.text(), st.lists(PIECES).map("".join)))
def test_any_text_parses_or_is_refused(text: str) -> None:
    try:
        query = parse(text, DAYS)
    except QueryError:
        return
    assert all(term.text for group in query.groups for term in group)


TREES = st.recursive(
    st.sampled_from("abcd"),
    lambda inner: st.one_of(
        st.tuples(st.just("NOT"), inner), st.tuples(st.just("OR"), inner, inner), st.tuples(st.just(""), inner, inner)
    ),
    max_leaves=7,
)


def written(tree: str | tuple) -> str:
    if isinstance(tree, str):
        return tree
    return f"(NOT {written(tree[1])})" if tree[0] == "NOT" else f"({written(tree[1])} {tree[0]} {written(tree[2])})"


def holds(tree: str | tuple, there: set[str]) -> bool:
    if isinstance(tree, str):
        return tree in there
    if tree[0] == "NOT":
        return not holds(tree[1], there)
    one, other = holds(tree[1], there), holds(tree[2], there)
    return one or other if tree[0] == "OR" else one and other


@given(TREES)
def test_parentheses_mean_what_they_say(tree: str | tuple) -> None:
    try:
        groups = parse(written(tree), DAYS).groups
    except QueryError as error:
        assert "put fewer words between them" in str(error)
        return
    for number in range(16):
        there = {letter for place, letter in enumerate("abcd") if number >> place & 1}
        assert all(any((term.text in there) != term.negated for term in group) for group in groups) == holds(
            tree, there
        )


@given(st.one_of(st.text(), st.lists(PIECES).map("".join), st.lists(PIECES).map(" a ".join)))
def test_a_term_is_told_as_it_can_be_typed(text: str) -> None:
    try:
        query = parse(text, DAYS)
    except QueryError:
        return
    for term in {term for group in query.groups for term in group}:
        assert parse(as_typed(term), DAYS).groups == ((term,),)


@pytest.mark.parametrize(
    ("text", "word", "other", "asked"),
    [
        ("hearng is:held", "hearng", "hearing", "hearing is:held"), ("from:Anny x", "anny", "anna", "from:anna x"),
        ("reports report* x", "report", "court", "reports court x"), ('"police reprt"', "reprt", "report", '"police report"'),
        ("Straße", "strase", "strasse", "strasse"), ("eine Strase.", "strase", "strasse", "eine strasse."), ("STRAßE x", "strasse", "gasse", "gasse x"),
        ("(hearng) x", "hearng", "hearing", "(hearing) x"), ("-hearng* pre-trail", "trail", "trial", "-hearng* pre-trial"),
    ],
)  # fmt: skip
def test_one_word_in_place_of_another(text: str, word: str, other: str, asked: str) -> None:
    assert instead(text, word, other) == asked
