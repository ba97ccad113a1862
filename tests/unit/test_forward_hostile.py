"""Hostile text: never an exception, and work in proportion to the length."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casefleet_cli.core.forward import find
from tests.timing import is_linear

PIECES = [
    "From:", "Von: ", "Date: ", "Sent: 27.10.2021 09:31", "To: a@b.example, ", "Cc:", "Subject: x", "主题：", "| 发件人 | x |", "> ", ">>", "\n", "\n\n",
    "\r\n", " ", "\t", "---------- Forwarded message ---------", "-----Original Message-----", "________________", "On 3 May 2021 at 10:10 Ada wrote:",
    "<a@b.example>", "<mailto:a@b.example>", '"', "<", "[", "(", ",", ";", "*", "\ufeff", "\u202b", "\udc80", "\0", "Begin forwarded message:", "Received: x",
    "------ Forwarded Message", "Forwarded by Ada on ", "3/1/2024 3:14 PM", "From Ada <a@b.example>", "To x", "Subject y", " >>>", "&nbsp;", "Sender: b@c.example",
    "----- Forwarded Message ----- From: A <a@b.example>To: ", "Ada", "9", "'", "im Auftrag von ", "X-Foo: bar", "İ", "ß",
]  # fmt: skip
texts = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=8)), max_size=40).map("".join)
subjects = st.one_of(
    st.none(),
    st.sampled_from(["", "Fwd: x", "Re: x", "VS: x", "[x] Fwd: y", "x (fwd)", "[Fwd: x"]),
    st.text(max_size=20),
)


@settings(max_examples=300, deadline=None)
@given(subjects, texts, st.one_of(st.none(), texts))
def test_no_text_makes_it_raise(subject: str | None, text: str, html: str | None) -> None:
    chain = find.find_all(subject, text, html)
    assert find.find(subject, text, html) == (chain[0] if chain else None)
    for found in chain:
        assert found.date is None or found.date.tzinfo is not None


@pytest.mark.parametrize(
    "unit",
    [
        "From: a@b.example\n",
        "From: a@b.example\n\n",
        "Date: 1\nSubject: x\n\n",
        "From: a@b.example\nTo: x\n",
        "To: a@b.example,\n",
        "---------- Forwarded message ---------\n",
        "-----Original Message-----\nFrom: a@b.example\n\n",
        "---------- Forwarded message ---------\nFrom: a@b.example\nDate: 1\nSubject: Fwd: x\n\n",
        "On 3 May 2021 at 10:10 Ada wrote\n",
        "the forwarded one:\n",
        "---------- Forwarded by Ada on 3/1/2024\n3:14 PM ----\n",
        "---------- Forwarded by Ada on 3/1/2024 3:14 PM ----\nAda on 3/1/2024 3:14 PM\nTo\n",
        "------ Forwarded Message\nFrom Ada <a@b.example>\nTo b\nDate c\n",
        "---------- Forwarded conversation\nSubject: x\n------\n",
        "This is a forwarded message\n",
        ">>> Ada <a@b.example> 3/1/2024 3:14 PM >>>\n",
        "Received: x\n\ty\n",
        "Subject: x\n y\n",
        "Sender: a@b.example\nFrom: a@b.example\n",
        "&lt;&nbsp;&amp;nbsp;",
        "foo: bar\n",
        ">>>>\n",
        "\n",
    ],
)
def test_twice_the_text_is_twice_the_work(unit: str) -> None:
    assert is_linear(lambda text: find.find_all("Fwd: x", text, None), lambda n: unit * (n // len(unit)), 60_000)


@pytest.mark.parametrize(
    ("value", "kind", "has_sender", "recipients"),
    [
        ("<" * 50_000, "inline", False, 0),
        ('"' * 50_000, "inline", False, 0),
        ("a" * 50_000, "inline", True, 1),
        ("<mailto:" * 10_000, "inline", True, 1),
        ("x@y.example, " * 10_000, "inline", True, 10_000),
        (" " * 50_000, None, False, 0),
    ],
)
def test_long_values_are_read_in_time(value: str, kind: str | None, has_sender: bool, recipients: int) -> None:
    found = find.find("Fwd: x", f"From: {value}\nDate: {value}\nTo: {value}\nSubject: {value}\n", None)
    assert (found and found.kind) == kind
    if found is not None:
        assert found.subject == " ".join(value.split())
        assert found.date is None
        assert (found.sender is not None, len(found.to)) == (has_sender, recipients)
