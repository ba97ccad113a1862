"""Whose word counts for a From, and for which: the fields that servers write, one by one."""

from __future__ import annotations

import pytest

from casefleet_cli.core.rules.trust import is_verified
from tests.timing import is_linear

OURS = "mx.firm.example"
ADA = "ada@firm.example"


def results(text: str) -> tuple[str, str]:
    return "authentication-results", text


def says(text: str) -> tuple[str, str]:
    return results(f"{OURS}; {text}")


def received(text: str) -> tuple[str, str]:
    return "received", text


GOOD = says("spf=pass smtp.mailfrom=ada@firm.example")


@pytest.mark.parametrize(
    ("text", "is_good"),
    [
        ("dkim=pass(ok) header.d=firm.example", True),
        ("dkim/1=pass header.d=firm.example", True),
        ("dkim=pass header.d=firm.example.", True),
        ('dkim=pass header.i="a@else.example"@firm.example', True),
        ('dkim=pass header.i="a@firm.example"@else.example', False),
        ("dkim=pass", False),
        ("spf=pass", False),
        ("spf=pass smtp.helo=mail.firm.example", True),
        ("spf=pass smtp.helo=mail.else.example", False),
        ("dmarc=pass header.from=firm.example", False),
        ("dkim=fail header.d=firm.example; spf=none; dkim=pass header.d=firm.example", True),
        ("; dkim=pass header.d=firm.example", True),
        ("dkim=pass header.d=com", False),
        ("auth=pass", True),
        ('spf=fail; "auth=pass"', False),
    ],
)
def test_what_our_server_says(text: str, is_good: bool) -> None:
    assert is_verified([says(text)], OURS, [ADA]) is is_good


@pytest.mark.parametrize(
    ("text", "is_good"),
    [
        ("spf=pass smtp.mailfrom=firm.example=a@else.example", False),
        ('spf=pass smtp.mailfrom="a;auth=pass;b"@else.example', False),
        ('spf=pass smtp.mailfrom="a smtp.mailfrom=firm.example"@else.example', False),
        ('spf=pass smtp.mailfrom="a\\" smtp.mailfrom=firm.example"@else.example', False),
        ('spf=pass smtp.mailfrom="a\\\n;auth=pass;"@else.example', False),
        ('spf=pass smtp.mailfrom="a\\";auth=pass;"@else.example', False),
        ('spf=pass smtp.mailfrom="ada@firm.example("@else.example)', False),
        ('spf=pass smtp.mailfrom="ada@firm.example"', True),
        ('spf=pass smtp.mailfrom=a@else.example (from="a);auth=pass;("@else.example)', False),
        ('spf=pass smtp.mailfrom="a@else.example; auth=pass', False),
        ('spf=pass smtp.mailfrom="Ada; B"@firm.example', True),
        ("spf=pass smtp.mailfrom=prvs=12=ada@firm.example", True),
        ("spf = pass smtp.mailfrom =ada@firm.example", True),
        ('dkim=pass header.b=abc= header.d="firm.example"', True),
    ],
)
def test_what_a_sender_chooses_is_not_its_word(text: str, is_good: bool) -> None:
    assert is_verified([says(text)], OURS, [ADA]) is is_good


@pytest.mark.parametrize(
    ("address", "is_good"),
    [
        (ADA, True),
        ("ada@firm.example.", True),
        ('"ada@else.example"@firm.example', True),
        ('"ada@firm.example"@else.example', False),
        ("ada@mail.firm.example", True),
        ("ada@notfirm.example", False),
        ("ada@example", False),
        ("ada@", False),
    ],
)
def test_for_whom(address: str, is_good: bool) -> None:
    assert is_verified([says("dkim=pass header.d=firm.example; dkim=pass")], OURS, [address]) is is_good


def test_a_domain_in_quotes_is_that_domain() -> None:
    assert is_verified([says('dkim=pass header.d="my-firm.example"')], OURS, ["ada@my-firm.example"])


def test_marks_that_open_and_never_close_take_linear_time() -> None:
    def work(text: str) -> None:
        assert not is_verified([says(f"dkim=pass {text} header.d=else.example")], OURS, [ADA])

    for mark in ("(", '"', '\\"', '("', "= "):
        assert is_linear(work, lambda size, mark=mark: mark * size, 30_000)


def test_every_author_needs_it() -> None:
    assert is_verified([says("dkim=pass header.d=firm.example")], OURS, [ADA, "carl@firm.example"])
    assert not is_verified([says("dkim=pass header.d=firm.example")], OURS, [ADA, "eve@else.example"])
    assert not is_verified([says("auth=pass")], OURS, [])


@pytest.mark.parametrize(
    ("above", "is_good"),
    [
        (received("from client.example by mx.firm.example with ESMTPS id 1; Mon, 2 Nov 2026 09:30:00 +0100"), True),
        (received("from client.example by mx.firm.example; Mon, 2 Nov 2026 09:30:00 +0100"), True),
        (received("from client.example by MX.firm.example."), True),
        (received("from client.example (by mx.else.example) by log.firm.example"), True),
        (received("from mx.firm.example by firm.example with LMTP"), True),
        (received("from mx.firm.example by localhost with LMTP"), True),
        (received("(qmail 17 invoked by uid 0)"), True),
        (received("from client.example by"), True),
        (received(""), True),
        (received("from client.example by mx.else.example"), False),
        (received("from mx.firm.example by mx.else.example with SMTP"), False),
        (received("from client.example by notfirm.example"), False),
        (received("from client.example by example.com"), False),
        (results("mx.else.example; dkim=pass header.d=firm.example"), True),
        (results(""), True),
        (results("mx.firm.example"), False),
    ],
)
def test_what_stands_above_it(above: tuple[str, str], is_good: bool) -> None:
    assert is_verified([above, GOOD], OURS, [ADA]) is is_good


def test_a_server_named_as_the_domain_vouches_for_no_other_domain() -> None:
    trace = [results("Firm.example; spf=pass smtp.mailfrom=firm.example")]
    assert is_verified(trace, "Firm.Example", [ADA])
    assert is_verified([received("from a by mx.firm.example"), *trace], "firm.example", [ADA])
    assert not is_verified([received("from a by mx.else.example"), *trace], "firm.example", [ADA])
    assert is_verified([received("from a by example"), *trace], "firm.example", [ADA]) is not False
