"""Text and HTML that stand for each other: which contradict, and which ordinary mail does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casefleet_cli.core.mail import alternatives
from casefleet_cli.core.mail.alternatives import differ
from casefleet_cli.core.mail.message import parse
from tests.timing import is_linear

LETTER = "Dear Anna,\n\nthe hearing before the regional court is moved to Tuesday, 17 November, ten o'clock.\nPlease bring the originals.\n\nAda Berg"
PAGE = (
    "<html><head><title>x</title><style>p { color: #123456 }</style></head><body><p>Dear Anna,</p><p>the <b>hearing</b> before the"
    " regional court is moved to Tuesday, 17&nbsp;November, ten o&#39;clock.<br>Please bring the originals.</p><p>Ada Berg</p></body></html>"
)
PHISH = "<p>Your invoice is overdue. Transfer 9,400 EUR to IBAN DE89 3704 0044 0532 0130 00 today.</p>"
NEWS = "Autumn sale: everything must go.\n\nShoes https://shop.example/a?id=123\nCoats https://shop.example/b?id=456\n\nUnsubscribe: https://shop.example/u/9876"
NEWS_PAGE = (
    "<!--[if mso]><style>td{width:600px}</style><![endif]--><table><tr><td>Autumn sale: everything must go.</td><td>"
    '<a href="https://shop.example/a?id=999">Shoes</a> from 29.90</td><td>Coats from 99.90</td><td>Bags are new!</td></tr>'
    "<tr><td>Unsubscribe</td><td>Imprint, Privacy, Terms, Contact, Facebook, Instagram</td></tr></table>"
)

APART = {
    "another letter": (LETTER, PHISH),
    "a short letter": ("The hearing is moved to Tuesday.", "<p>Please transfer 5,000 EUR to the new account</p>"),
    "a short letter and a long page": ("The hearing is moved to Tuesday afternoon.", f"<div>{PHISH * 20}</div>"),
    "another account": (
        "Please pay 9,400 EUR to DE89 3704 0044 0532 0130 00.",
        "<p>Please pay 9,400 EUR to DE12 5001 0517 0648 4898 90.</p>",
    ),
    "another amount": (LETTER + "\nThe fee is 1,200 EUR.", PAGE.replace("Ada Berg", "The fee is 8,200 EUR. Ada Berg")),
    "another address": (LETTER + "\nada@firm.example", PAGE + "ada@f1rm.example"),
    "another script": (
        "口座番号は変更されていません。今まで通りお支払いください。",
        "<p>緊急：新しい銀行へ至急振込をお願いします</p>",
    ),
    "the letter in a comment only": (LETTER, f"<!-- {LETTER} -->{PHISH}"),
    "the letter in a style only": (LETTER, f"<style>--> {LETTER}</style>{PHISH}"),
    "the letter in an attribute only": (LETTER, f'<img alt="> {LETTER} ">{PHISH}'),
    "the letter in a comment that holds tags": (LETTER, f"<!-- <b>{LETTER}</b> -->{PHISH}"),
}
TOGETHER = {
    "the same": (LETTER, PAGE),
    "a newsletter that says more": (NEWS, NEWS_PAGE),
    "no text": (" \n", PAGE),
    "no words in the HTML": (LETTER, '<img src="cid:1">'),
    "a pointer": ("This is an HTML message. Please use a program that can show it.", NEWS_PAGE),
    "a pointer in another language": ("Falls Sie diese Nachricht nicht lesen können, öffnen Sie sie im Browser.", NEWS_PAGE),
    "a pointer by link": ("Trouble viewing this mail? View it online: https://shop.example/x", NEWS_PAGE),
    "a link alone": ("https://shop.example/x", NEWS_PAGE),
    "two words": ("A text section", "<p>An HTML section</p>"),
    "marks of emphasis and quotation": ("> Dear *Anna*,\n> the _hearing_ is on [Tuesday][1].\n\n[1] https://x.example/17", "<blockquote>Dear <b>Anna</b>, the <i>hearing</i> is on <a>Tuesday</a>.</blockquote>"),
    "a number on one side": (LETTER, PAGE.replace("Ada Berg", "Ada Berg, phone 030 1234567")),
    "a script without blanks, wrapped": ("口座番号は変更されて\nいません。今まで通り\nお支払いください。", "<p>口座番号は変更されていません。今まで通りお支払いください。</p>"),
    "words in pieces": (LETTER, PAGE.replace("hearing", "hea<b></b>ring")),
    "a mark in an attribute": (LETTER, PAGE.replace("<p>", '<p title="a > b">')),
    "letters by number": ("Für Müller: Kündigung prüfen, Schlüssel übergeben", "F&uuml;r M&#252;ller: K&#xfc;ndigung pr&uuml;fen, Schl&uuml;ssel &uuml;bergeben"),
}  # fmt: skip


@pytest.mark.parametrize("name", APART)
def test_what_contradicts_is_told(name: str) -> None:
    assert differ(*APART[name]) is True


@pytest.mark.parametrize("name", TOGETHER)
def test_what_ordinary_mail_does_is_not_told(name: str) -> None:
    assert differ(*TOGETHER[name]) is False


def mail(text: str, page: str, kind: str = "alternative") -> bytes:
    return (
        f"From: a@b.example\nContent-Type: multipart/{kind}; boundary=b\n\n--b\nContent-Type: text/plain; charset=utf-8\n\n"
        f"{text}\n--b\nContent-Type: text/html; charset=utf-8\n\n{page}\n--b--\n"
    ).encode()


def test_a_message_says_so() -> None:
    assert "alternatives-differ" in parse(mail(LETTER, PHISH)).defects
    assert "alternatives-differ" not in parse(mail(LETTER, PAGE)).defects


def test_parts_that_are_shown_one_below_the_other_contradict_nothing() -> None:
    assert "alternatives-differ" not in parse(mail(LETTER, PHISH, "mixed")).defects


@given(st.text(), st.text(alphabet="<>-!/ab \"='&#;x19スtyleSTYLE"))
def test_any_two_texts_are_answered(text: str, page: str) -> None:
    assert differ(text, page) in (True, False)
    assert differ(page, page.replace("<", "").replace("&", "")) in (True, False)


@given(st.text(alphabet=st.characters(exclude_characters="<>&\0\r", exclude_categories=["Cs"]), max_size=300))
def test_a_text_does_not_contradict_itself(text: str) -> None:
    assert differ(text, f"<pre>{text}</pre>") is False


@pytest.mark.parametrize(
    "unit",
    [
        "<",
        "<style",
        "<!--",
        "<style></style>",
        "<!-->",
        "a<b",
        "word ",
        "a.b",
        "a@",
        "&#1",
        "口",
        "口 ",
        "www.",
        "www.a",
        "<a >",
    ],
)
def test_twice_the_letters_take_twice_the_time(unit: str) -> None:
    both = lambda text: (differ(text, text), differ(LETTER, text), differ(text, PAGE))  # noqa: E731
    assert is_linear(both, lambda n: unit * (n // len(unit)), 100_000)
    assert differ(unit * 10, PAGE) in (True, False)


def test_the_glance_leaves_the_word_to_the_reader_where_it_is_not_certain() -> None:
    assert alternatives._glance(PAGE) is not None
    for page in ('<img alt=">x">', "<b", "<style>", "a <!-- \" --> <b title='>x'>", "&#99999999999;"):
        assert alternatives._glance(page) is None, page
