"""HTML read as text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casefleet_cli.core.mail.html_text import to_text


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
        ("<img alt=logo src=x>", ""),
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


@pytest.mark.parametrize(
    "html", ["<div>" * 200_000, "<b><p>" * 50_000, "<table>" * 50_000, "<" * 100_000, "a<br>" * 100_000]
)
def test_hostile_pages_take_linear_time(html: str) -> None:
    to_text(html + "end")


def test_large_pages_are_read_to_the_end() -> None:
    assert to_text("<p>word</p>\n" * 150_000 + "<p>end").endswith("word\n\nend\n")
