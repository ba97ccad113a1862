from __future__ import annotations

import re

import pytest

from casefleet_cli.web import frame, words
from casefleet_cli.web.wordbreaks import LONGEST, breakable


@pytest.mark.parametrize(
    ("text", "breaks"),
    [
        ("short words\nstay " * 50, 0), ("W" * LONGEST, 1), ("W" * (LONGEST - 1), 0), ("a " + "W" * 3 * LONGEST, 3),
        ("\u00a0" * 2 * LONGEST, 2), ("<" * LONGEST + "&", 1), ("W" * (LONGEST - 1) + "\n" + "W" * (LONGEST - 1), 0),
    ],
)  # fmt: skip
def test_a_word_without_end_can_be_broken(text: str, breaks: int) -> None:
    made = str(breakable(text))
    assert made.count("<wbr>") == breaks
    plain = made.replace("<wbr>", "").replace("&lt;", "<").replace("&amp;", "&")
    assert plain == text
    assert not re.search(rf"[^ \n]{{{LONGEST + 5},}}", re.sub("&[a-z]+;", "x", made).replace("<wbr>", "\n"))


@pytest.mark.parametrize(
    "html",
    [
        "W" * 5000,
        "WW<b>W</b>" * 2000,
        "<td>" + "W" * 150 + "<i>" + "W" * 150,
        "W" * 199 + "<u></u>W" * 300,
        "a b<b>W</b>" + "W<i>w</i>" * 900,
    ],
)
def test_so_can_one_that_goes_through_elements(html: str) -> None:
    body = frame.harmless(html, {}, str).partition("<body>")[2]
    text = re.sub(r"<(?!wbr)[^>]*>", "", body).replace("<wbr>", " ").split()
    assert max(map(len, text)) <= 2 * LONGEST


def test_words_with_blanks_are_left_alone() -> None:
    assert "<wbr>" not in frame.harmless("<p>one <b>two</b> three</p>" * 500, {}, str)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("a\u202eb\u2066c\u2060d\ufeffe", "abcde"), ("Z" + "\u0335" * 300 + "x", "Z" + "\u0335" * 4 + "x"),
        ("Nguy\u1ec5n \u0e17\u0e35\u0e48 \u05d1\u05bc\u05b0", "Nguy\u1ec5n \u0e17\u0e35\u0e48 \u05d1\u05bc\u05b0"),
        ("\u0645\u200c\u06cc \U0001f468\u200d\U0001f469", "\u0645\u200c\u06cc \U0001f468\u200d\U0001f469"), (7, 7),
    ],
)  # fmt: skip
def test_no_letter_disguises_or_covers_others(given: object, shown: object) -> None:
    assert words.clean(given) == shown
