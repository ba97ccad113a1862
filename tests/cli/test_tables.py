"""Tables fit where they are shown, and what tells most stays whole longest."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import wcswidth

from casefleet_cli.cli.tables import Shape, cut, fitted, lines, wide

MAIL = (Shape("email"), Shape("date"), Shape("from"), Shape("to", may_go=True), Shape("subject", keeps=1),
        Shape("case", keeps=2), Shape("reason", may_go=True))  # fmt: skip
ROW = ["12345", "2026-11-24 09:00", "Minh Nguyen", "ada@firm.example", "Hearing on Monday", "2026-104", "because " * 12]
letters = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=40)
rows = st.lists(st.lists(letters, min_size=7, max_size=7), min_size=1, max_size=6)

FITS = {
    250: [5, 16, 11, 16, 17, 8, 95],
    135: [5, 16, 11, 16, 17, 8, 50],
    100: [5, 15, 11, 15, 17, 8, 15],
    80: [5, 14, 11, 14, 17, 8, 0],
    60: [5, 11, 11, 0, 17, 8, 0],
    50: [5, 6, 6, 0, 17, 8, 0],
    45: [5, 4, 4, 0, 16, 8, 0],
    32: [5, 0, 0, 0, 15, 8, 0],
    20: [5, 0, 0, 0, 0, 8, 0],
}


@pytest.mark.parametrize("total", FITS)
def test_what_tells_most_stays_whole_longest(total: int) -> None:
    natural = [max(len(cell.strip()), len(shape.title)) for cell, shape in zip(ROW, MAIL, strict=True)]
    assert fitted(MAIL, natural, [True] + [False] * 6, total) == FITS[total]


@given(rows, st.integers(20, 200))
def test_no_line_is_wider_than_the_terminal(cells: list[list[str]], total: int) -> None:
    for line in lines(MAIL, cells, total):
        assert max(wcswidth(line), 0) <= total, line


def test_wide_letters_take_two_columns_and_columns_stand_below_each_other() -> None:
    table = list(lines((Shape("a"), Shape("b")), [["漢字", "x"], ["e\u0301e", "x"], ["abc", "x"]], None))
    assert table == ["a     b", "----  -", "漢字  x", "e\u0301e    x", "abc   x"]
    assert wide("漢字") == 4
    assert cut("漢字漢字", 6) == "漢字…"
    assert cut("漢字漢字", 8) == "漢字漢字"


def test_numbers_are_never_cut_and_a_moment_loses_its_hour_first() -> None:
    table = list(lines((Shape("email"), Shape("date")), [["123456789", "2026-11-24 09:00"]], 24))
    assert table[2] == "123456789  2026-11-24"
    assert list(lines((Shape("n"),), [["1"], ["22"]], None)) == [" n", "--", " 1", "22"]


def test_however_many_rows_there_are_few_are_kept() -> None:
    def many() -> Iterator[list[str]]:
        yield from ([str(n), "x" * 100] for n in range(200_000))

    tracemalloc.start()
    count = sum(1 for _ in lines((Shape("n"), Shape("text")), many(), 80))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 200_002
    assert peak < 2_000_000
