"""Address lists."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from casefleet_cli.core.address import normal
from casefleet_cli.core.mail import mailboxes
from casefleet_cli.core.mail.mailboxes import parse_list
from tests.timing import is_linear


@pytest.mark.parametrize(
    ("value", "mailboxes"),
    [
        ("a@b.c", [("", "a@b.c")]),
        ('Foo Bar <a@b.c>, "x, y" <d@e>', [("Foo Bar", "a@b.c"), ("x, y", "d@e")]),
        ("a@b.c (Name (nested))", [("Name (nested)", "a@b.c")]),
        ("undisclosed-recipients:;", []),
        ("A Group:Ed <e@x>,f@x,John <j@x>;, z@x", [("Ed", "e@x"), ("", "f@x"), ("John", "j@x"), ("", "z@x")]),
        ("a@b.c; d@e.f", [("", "a@b.c"), ("", "d@e.f")]),
        ('"john doe"@ex.com', [("", '"john doe"@ex.com')]),
        ('"Joe" <"a b"@c.d>', [("Joe", '"a b"@c.d')]),
        ("john . doe @ example.com", [("", "john.doe@example.com")]),
        ("John Doe john@x.com", [("John Doe", "john@x.com")]),
        ("<a@b> <c@d>", [("", "a@b"), ("", "c@d")]),
        ("Name <foo@bar.com", [("Name", "foo@bar.com")]),
        ("=?utf-8?q?Foo_=3Cfoo@bar.com=3E?=", [("Foo", "foo@bar.com")]),
        ('"=?utf-8?q?J=C3=BCrgen?=" <x@y>', [("Jürgen", "x@y")]),
        ("=?utf-8?q?a=2Cb?= <x@y>", [("a,b", "x@y")]),
        ("=?utf-8?q?a=0D=0AB?= <x@y>", [("a B", "x@y")]),
        ("Müller <m@ü.de>", [("Müller", "m@ü.de")]),
        ("<@r1,@r2:a@b.c>", [("", "a@b.c")]),
        ("Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>", [("Pete", "pete@silly.test")]),
        ('J. "Q" Public <a@b>', [("J. Q Public", "a@b")]),
        ("'a@b.c'", [("", "a@b.c")]),
        ("mailto:a@b.c", [("", "a@b.c")]),
        ("root", [("root", "")]),
        ("<root>", [("", "root")]),
        ('"foo <a@b>, c <d@e>', [("foo", "a@b"), ("c", "d@e")]),
        ("", []),
        (", ,;", []),
    ],
)
def test_parse_list(value: str, mailboxes: list[tuple[str, str]]) -> None:
    assert [tuple(mailbox) for mailbox in parse_list(value)] == mailboxes


@pytest.mark.parametrize(
    "hostile",
    [
        lambda n: "(" * n,
        lambda n: '"' * (n + 1),
        lambda n: "<" * n,
        lambda n: "a " * n + "@",
        lambda n: '<"' * n,
        lambda n: "a@b " * n,
        lambda n: "(a)" * n,
    ],
)
def test_hostile_lists_take_linear_time(hostile: Callable[[int], str]) -> None:
    assert is_linear(parse_list, hostile, 50_000)


def test_hundred_thousand_recipients_are_all_read() -> None:
    value = ", ".join(f'"Doe, {number}" <user{number}@example.com>' for number in range(100_000))
    found = parse_list(value)
    assert len(found) == 100_000
    assert found[-1] == ("Doe, 99999", "user99999@example.com")


SOUP = st.lists(st.sampled_from([*list('ab@.,;:<>()"\\ \té'), "=?utf-8?q?x?=", "a@b.c", "Joe <j@x>"])).map("".join)


@given(SOUP)
def test_soup_never_raises_and_names_are_clean(value: str) -> None:
    for mailbox in parse_list(value):
        assert mailbox.name or mailbox.address
        assert "\n" not in "".join(mailbox)


@given(SOUP)
@example(">Joe <j@x>")
def test_the_short_way_and_the_long_way_agree(value: str) -> None:
    simple = mailboxes._simple_list(value)
    assert simple is None or simple == tuple(mailboxes._List(value).mailboxes())


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("Foo@Example.COM", "foo@example.com"),
        ("x@BÜCHER.example", "x@xn--bcher-kva.example"),
        ("x@xn--bcher-kva.example", "x@xn--bcher-kva.example"),
        ("a.b+c@gmail.com", "a.b+c@gmail.com"),
        ("x@example.com.", "x@example.com"),
        ("x@" + "ü" * 300, "x@" + "ü" * 300),
        ("", ""),
        ('"minh"@nguyen.example', "minh@nguyen.example"),
        (r'"mi\nh"@nguyen.example', "minh@nguyen.example"),
        ('"minh nguyen"@nguyen.example', "minh nguyen@nguyen.example"),
        ('""@nguyen.example', '""@nguyen.example'),
        ("SMTP:Minh@Nguyen.example", "minh@nguyen.example"),
        ("mailto:minh@nguyen.example", "minh@nguyen.example"),
        ("\u200bminh\u00ad@nguyen\u200d.example\ufeff", "minh@nguyen.example"),
        ("\u202aminh@nguyen.example\u202c", "minh@nguyen.example"),
        ("minh+court@gmail.com", "minh+court@gmail.com"),
        ("mi.nh@gmail.com", "mi.nh@gmail.com"),
    ],
)
def test_normal(written: str, compared: str) -> None:
    assert normal(written) == compared
    assert normal(compared) == compared


@given(st.text())
def test_normal_keeps_what_is_before_the_sign(text: str) -> None:
    assert normal(f"A@{text}").startswith("a@")
    assert normal(text) == normal(f" {text}\t")


@pytest.mark.parametrize(
    ("value", "people"),
    [
        ("Voss, Ingrid <i@x.example>", [("Voss, Ingrid", "i@x.example")]),
        ("Voss, Ingrid <i@x.example>, Kern, Leo <l@x.example>", [("Voss, Ingrid", "i@x.example"), ("Kern, Leo", "l@x.example")]),
        ("Hale, Jon (Firm) <jon@x.example>, nsb, leo@x.example", [("Hale, Jon (Firm)", "jon@x.example"), ("nsb", ""), ("", "leo@x.example")]),
        ("Smith, Jr., John <j@x.example>", [("Smith, Jr., John", "j@x.example")]),
        ("bob, Voss, Ingrid <i@x.example>", [("bob", ""), ("Voss, Ingrid", "i@x.example")]),
        ("Voss, =?utf-8?q?J=C3=B6rg?= <j@x.example>", [("Voss, J\u00f6rg", "j@x.example")]),
        ("Voss; Ingrid <i@x.example>", [("Voss", ""), ("Ingrid", "i@x.example")]),
        ('"Voss", Ingrid <i@x.example>', [("Voss", ""), ("Ingrid", "i@x.example")]),
        ("a@x.example, Ingrid <i@x.example>", [("", "a@x.example"), ("Ingrid", "i@x.example")]),
        ("Voss, <i@x.example>", [("Voss", ""), ("", "i@x.example")]),
        ("Voss, Ingrid", [("Voss", ""), ("Ingrid", "")]),
        ("Kern <Mr. Leo Kern <l@x.example>>", [("Kern", "l@x.example")]),
        ("Ida <a1b2@<i@x.example>", [("Ida", "i@x.example")]),
        ("Ida <i@x.example<nobody>>", [("Ida", "i@x.example")]),
        ("Ida <<i@x.example>>", [("Ida", "i@x.example")]),
    ],
)  # fmt: skip
def test_names_with_a_comma_and_brackets_in_brackets(value: str, people: list[tuple[str, str]]) -> None:
    assert [tuple(mailbox) for mailbox in parse_list(value)] == people
