"""Header text: raw bytes, encoded words, parameters."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casefleet_cli.core.mail import charset, header
from tests.timing import is_linear


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param(b"plain", "plain", id="ascii"),
        pytest.param("Müller".encode(), "Müller", id="raw UTF-8 (RFC 6532)"),
        pytest.param("Müller".encode("latin-1"), "Müller", id="raw Latin-1 is read, not replaced"),
        pytest.param("Zoë – ".encode() + b"\x96 x", "Zoë – – x", id="UTF-8 and Windows-1252 in one line"),
        pytest.param(b"=?utf-8?B?w7w=?= =?utf-8?Q?=C3=BC?=", "üü", id="blanks between encoded words don't count"),
        pytest.param(b"=?utf-8?q?=C3?= =?utf-8?q?=BC?=", "ü", id="a character split between words"),
        pytest.param(b"=?utf-8?B?w7zDv?= =?utf-8?B?MO8?=", "üüü", id="base64 split between words"),
        pytest.param(b"=?utf-8?B?w7w?=", "ü", id="base64 without padding"),
        pytest.param(b"=?utf-8?B?w7w$!=?=", "ü", id="base64 with foreign letters"),
        pytest.param(b"=?utf-8?Q?a b?=", "a b", id="a blank inside a word"),
        pytest.param(b"=?utf-8?Q?Is it??=", "Is it?", id="a question mark inside a word"),
        pytest.param(b"x=?utf-8?Q?=C3=BC?=y", "xüy", id="no blanks around a word"),
        pytest.param(b"=?utf-8*de?Q?=C3=BC?=", "ü", id="language (RFC 2231 section 5)"),
        pytest.param(b"=?utf-8?Q?=C3=BC", "ü", id="a word that never ends"),
        pytest.param(b"=?utf-8?B?w7zDvM", "üü", id="base64 that never ends"),
        pytest.param(b"Re: =?gb2312?B?1uzp, 23 Nov", "Re: =?gb2312?B?1uzp, 23 Nov", id="base64 that turns into text"),
        pytest.param(b"=?windows-874?Q?=A1?=", "ก", id="windows-874"),
        pytest.param(b"=?cp-850?Q?=81?=", "ü", id="cp-850"),
        pytest.param(b"=?gb2312?B?6UY=?=", "镕", id="gb2312 that is GBK"),
        pytest.param(b"=?iso-2022-jp?B?GyRCLSEbKEI=?=", "①", id="iso-2022-jp with a NEC row"),
        pytest.param(b"=?no-such?Q?=C3=BC?=", "ü", id="unknown charset"),
        pytest.param(b"=?utf-8?Q?a=0D=0AB:_c?=", "a B: c", id="line breaks inside a word stay on one line"),
        pytest.param(b"=?utf-8?Q?a=00b?=", "ab", id="NUL"),
    ],
)
def test_decode(value: bytes, text: str) -> None:
    assert header.decode(value) == text


def test_raw_bytes_follow_the_hint() -> None:
    assert header.decode("Привет".encode("koi8-r"), "koi8-r") == "Привет"


@pytest.mark.parametrize(
    ("value", "kind", "parameters"),
    [
        ("text/plain; charset=utf-8", "text/plain", {"charset": "utf-8"}),
        ('a/b; name="x;y.txt"; z=1', "a/b", {"name": "x;y.txt", "z": "1"}),
        ('a/b; name="x \\"y\\".txt"', "a/b", {"name": 'x "y".txt'}),
        ("a/b; filename=my long file.pdf; z=1", "a/b", {"filename": "my long file.pdf", "z": "1"}),
        ("a/b; name=foo bar.pdf size=3", "a/b", {"name": "foo bar.pdf", "size": "3"}),
        ('a/b; name="never closed.pdf', "a/b", {"name": "never closed.pdf"}),
        ("a/b;; charset=x;", "a/b", {"charset": "x"}),
        ("text/plain charset=us-ascii", "text/plain", {"charset": "us-ascii"}),
        ('multipart/mixed\tboundary="b"', "multipart/mixed", {"boundary": "b"}),
        ("a/b; name=one; name=two", "a/b", {"name": "one"}),
        ('a/b; name="=?utf-8?q?=C3=BC?=.txt"', "a/b", {"name": "ü.txt"}),
        ("a/b; name*0*=utf-8''%e2%82; name*1*=%ac; name*2=x.txt", "a/b", {"name": "€x.txt"}),
        ('a/b; name*1="b.txt"; name*0="a"', "a/b", {"name": "ab.txt"}),
        ("a/b; name=plain.txt; name*=utf-8'de'%C3%BC.txt", "a/b", {"name": "ü.txt"}),
        ("attachment; filename=C:\\a\\b.txt", "attachment", {"filename": "C:\\a\\b.txt"}),
        ("attachment; filename=über.txt", "attachment", {"filename": "über.txt"}),
    ],
)
def test_parameters(value: str, kind: str, parameters: dict[str, str]) -> None:
    assert header.parameters(value) == (kind, parameters)


@given(st.lists(st.sampled_from(["a", '"', ";", "=", " ", "\\", "é", "*0", "x.pdf", "=?", "\t", "'"])).map("".join))
def test_whatever_the_parameters_are_the_kind_is_told(value: str) -> None:
    kind, parameters = header.parameters(f"a/b; {value}")
    assert kind == "a/b"
    assert all(name == name.strip().lower() for name in parameters)
    assert header.parameters(value)[0] == header.parameters(f"{value};")[0]


@pytest.mark.parametrize(
    "hostile",
    [
        lambda n: "=?a?q?" * n,
        lambda n: "; a=b" * n,
        lambda n: '; a="' * n,
        lambda n: '; a="' + "\\" * 4 * n,
        lambda n: "; a=" + "x " * 2 * n,
        lambda n: ";" * 4 * n,
    ],
)
@pytest.mark.parametrize("work", [header.decode_words, header.parameters])
def test_hostile_headers_take_linear_time(work: Callable[[str], object], hostile: Callable[[int], str]) -> None:
    assert is_linear(work, hostile, 50_000)


@given(
    st.binary(),
    st.sampled_from(["utf-8", "utf-16", "utf-7", "gb2312", "iso-2022-jp", "big5", "nonsense", "idna", "hz", "cp-850"]),
)
def test_charset_never_raises_and_never_leaves_surrogates(data: bytes, label: str) -> None:
    charset.decode(data, label).encode("utf-8")


@pytest.mark.parametrize(
    ("data", "label", "text", "defect"),
    [
        ("é".encode(), "us-ascii", "é", None),
        ("é".encode("latin-1"), "utf-8", "é", "charset-wrong"),
        ("é".encode("latin-1"), None, "é", "charset-missing"),
        (b"\x93x\x94", "iso-8859-1", "“x”", None),
        ("é".encode(), '"utf-8"s', "é", "charset-unknown"),
        ("镕".encode("gbk"), "gb2312", "镕", None),
        ("ab".encode("utf-16-le"), "utf-16", "ab", None),
        (b"ascii really", "utf-16", "ascii really", None),
        ("Kündigung".encode(), "iso-8859-1", "Kündigung", "charset-wrong"),
        ("Договор".encode(), "windows-1251", "Договор", "charset-wrong"),
        ("Kündigung".encode("latin-1"), "iso-8859-1", "Kündigung", None),
        ("Verzug – Grüße".encode("cp1252"), "iso-8859-1", "Verzug – Grüße", None),
        ("Договор".encode("koi8-r"), "koi8-r", "Договор", None),
        ("Σύμβαση".encode("iso8859-7"), "iso-8859-7", "Σύμβαση", None),
    ],
)
def test_charset(data: bytes, label: str | None, text: str, defect: str | None) -> None:
    assert charset.read(data, label) == (text, defect)
