"""HTML read as text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casefleet_cli.core.mail.html_text import to_text
from tests.timing import is_linear


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Hello <b>bo</b>ld&nbsp;x</p><p>two<br>lines</p>", "Hello bold x\n\ntwo\nlines\n"),
        ("<html><head><title>t</title><style>p{}</style></head><body>x<script>y</script></body>", "x\n"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc\n"),
        ("<div>a</div><div>b<div>c</div></div>d", "a\nb\nc\nd\n"),
        ("<ul><li>one<li>two</ul>", "- one\n- two\n"),
        ("see <a href='http://x'>this</a>.", "see this.\n"),
        ("<blockquote>q1<br>q2<blockquote>deep</blockquote></blockquote>a", "> q1\n> q2\n> > deep\na\n"),
        ("<pre>a  b\n  c</pre>", "a  b\n  c\n"),
        ("a\n  b\t c", "a b c\n"),
        ("<p>a</p><br><br><br><p>b</p>", "a\n\nb\n"),
        ("x<div style='display: none'>secret</div>y", "xy\n"),
        ("a<!-- no -->b", "ab\n"),
        ("&#xD800;x\0y", "\ufffdxy\n"),
        ("<img alt=logo src=x>", "logo\n"),
        (
            "<p><img alt='Invoice  77' src=x><br><img alt=''><img src=y><img alt='due  1 May'></p>",
            "Invoice 77\ndue 1 May\n",
        ),
        ("<div style='display:none'><img alt=hidden></div><img alt=shown>", "shown\n"),
        ("<img alt=logo><p>text", "text\n"),
        ("text<img alt=logo>", "text\n"),
        ("<div style='mso-hide:all; display:none; display:block'>a</div>", "a\n"),
        ("<div style='display:block; display:none'>a</div>b", "b\n"),
        ("<div style='display:none !important; display:block'>a</div>b", "b\n"),
        ("<div style='display:none!important; Display: BLOCK ! important'>a</div>", "a\n"),
        ("<div style='/* display:none */ color:red'>a</div><p style='color:none;mso-display:none'>b", "a\n\nb\n"),
        ("<div style='display:none; display:'>a</div>b<div style='display:none /* never closed'>c", "b\n"),
        ("a</div>b</p>c", "ab\n\nc\n"),
        ("<p>a<p style=display:none>b<p>c", "a\n\nc\n"),
        ("<ul><li>a<ul><li>b</ul><li>c</ul>d", "- a\n\n- b\n\n- c\n\nd\n"),
        ("<table><tr><td>a</div><td><table><tr><td>b</table>c<tr><td>d</table>e", "a\nb\nc\nd\ne\n"),
        ("<blockquote>a<p>b</blockquote>c", "> a\n\n> b\n\nc\n"),
        ("<div><span style='color:red; DISPLAY:none'>a<div>b</span>c</div>d</span></div>e", "e\n"),
        ("<p title='a > b' x=\"</p>\">c", "c\n"),
        ("a<!--b-->c<!-->d<![if x]>e<!-- never closed", "acde\n"),
        ("a < b <3 &lt;c> </ d>e", "a < b <3 <c> e\n"),
        ("<pre>\n a\n  b</pre>c<br/>d<hr>e", " a\n  b\n\nc\nd\n---\ne\n"),
        ("<svg><text>a</text></svg>b<select><option>c</select>d<svg><path><p>e", "bd\n\ne\n"),
        ("<h1>a</h2>b<h1>c<h3>d", "a\n\nb\n\nc\n\nd\n"),
        ("&#" + "1" * 5000 + ";&#x1F600;&eacute", "\ufffd😀é\n"),
        ("a<p", "a\n"),
        ("", ""),
    ],
)
def test_to_text(html: str, text: str) -> None:
    assert to_text(html) == text


@given(
    st.lists(
        st.sampled_from(
            [
                "<p>",
                "</p>",
                "<b>",
                "<table>",
                "<td>",
                "x",
                " ",
                "&amp;",
                "<!--",
                "<pre>",
                "\n",
                "<svg>",
                "é",
                "<br",
                ">",
            ]
        )
    ).map("".join)
)
def test_never_raises(html: str) -> None:
    to_text(html).encode("utf-8")


HOSTILE = {
    "open elements": ("", "<div>"),
    "open inline elements": ("", "<b><p>"),
    "tables in tables": ("", "<table>"),
    "items in items": ("", "<li><dd>"),
    "items with ends that end nothing": ("", "<li><dd></x></x>"),
    "brackets": ("", "<"),
    "line breaks": ("", "a<br>"),
    "attributes of one tag": ("<a ", "a1 "),
    "attributes with values": ("<a ", "a=1 "),
    "an attribute that never ends": ("<a ", "a="),
    "quotes that never close": ("", "<a '"),
    "fonts that each paragraph opens again": ("<font size=1><i id=1>" * 500, "<p>x"),
    "attributes of many bodies": ("", "<body a=1 b=2>"),
    "ends without beginnings": ("", "a</b></p>"),
    "comments": ("", "<!--<!-- a --!>"),
    "a comment that never ends": ("<!--", "-- >"),
    "raw elements that never end": ("", "<style></styl>"),
    "references": ("", "&lt;&aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
    "numbers": ("&#", "1"),
    "cells that divisions end": ("", "<div><table><td></div>"),
    "hidden elements": ("", "<p style=display:none>"),
    "quotations": ("", "<blockquote>a"),
    "blanks": ("<p>", " "),
}


@pytest.mark.parametrize("shape", HOSTILE)
def test_twice_the_page_takes_twice_the_time(shape: str) -> None:
    before, unit = HOSTILE[shape]
    assert is_linear(to_text, lambda size: before + unit * (size // len(unit)) + "end", 60_000)


@pytest.mark.parametrize("shape", HOSTILE)
def test_no_word_is_lost_in_a_hostile_page(shape: str) -> None:
    before, unit = HOSTILE[shape]
    if shape not in ("a comment that never ends", "raw elements that never end", "hidden elements"):
        text = to_text(f"first {before}{unit * 2000}><p>last")
        assert text.startswith("first")
        assert "quotes" in shape or "never" in shape or text.rstrip().endswith("last")


def test_large_pages_are_read_to_the_end() -> None:
    assert to_text("<p>word</p>\n" * 150_000 + "<p>end").endswith("word\n\nend\n")
