"""The page of search: why nothing is found, and what is offered to whom; its formats for programs."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote_plus

import pytest

from casefleet_cli.web import server
from tests.web.conftest import ADA, BEN, FOREIGN_MARKER, GUEST, HELD_MARKER, LIM, REJECTED_MARKER, Browser

NEAR = re.compile(r"Near it: (.*?)</p>", re.DOTALL)


def offered(page: str) -> dict[str, str]:
    """The near words of a page, each with the query that it leads to."""
    links = re.findall(r'<a href="/search\?q=([^"]*)"><bdi>(.*?)</bdi></a>', "".join(NEAR.findall(page)))
    return {word: unquote_plus(query) for query, word in links}


def test_near_words_lead_to_what_is_found(firm: Path) -> None:
    browser = Browser(server.build(str(firm))).enter()
    wrong = f"{FOREIGN_MARKER[:-1]}t"
    page = browser.ask(f"/search?q={wrong}+-draft").text
    assert f"No e-mail has {wrong}." in page
    assert offered(page) == {FOREIGN_MARKER: f"{FOREIGN_MARKER} -draft"}
    assert 'href="/emails/' in browser.ask(f"/search?q={FOREIGN_MARKER}+-draft").text


@pytest.mark.parametrize("user", [ADA, BEN, LIM, GUEST])
@pytest.mark.parametrize("word", [FOREIGN_MARKER, HELD_MARKER, REJECTED_MARKER])
def test_no_word_is_offered_that_the_viewer_does_not_find(firm: Path, user: int, word: str) -> None:
    browser = Browser(server.build(str(firm), user)).enter()
    finds = 'href="/emails/' in browser.ask(f"/search?q={word}").text
    for wrong in (word[:-1], word[1:], f"{word}s", word[:3] + "q" + word[4:], word[:6]):
        told = browser.ask(f"/search?q={wrong}")
        if 'href="/emails/' not in told.text:
            assert bool(offered(told.text)) == finds, wrong
            assert finds or word not in told.text.replace(wrong, "")


def test_says_which_part_leaves_all_out(firm: Path) -> None:
    page = Browser(server.build(str(firm))).enter().ask(f"/search?q={FOREIGN_MARKER}+after:2099").text
    assert "No e-mail fits after:2099." in page


def test_what_was_asked_is_text_in_the_answer(firm: Path) -> None:
    page = Browser(server.build(str(firm))).enter().ask("/search?q=%22%3Cb%3Ehartlez%22").text
    assert "&lt;b&gt;hartlez" in page
    assert "<b>hart" not in page


@pytest.mark.parametrize("kind", ["json", "csv", "atom"])
def test_programs_get_no_marks(firm: Path, kind: str) -> None:
    told = Browser(server.build(str(firm))).enter().ask(f"/search.{kind}?q={FOREIGN_MARKER}").text
    assert kind == "atom" or FOREIGN_MARKER in told
    assert not set(told) & set("\ufdd0\ufdd1\ue000\ue001")
