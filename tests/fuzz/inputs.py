"""Octets and texts: from nothing, and from a small corpus by cutting, doubling, mixing and writing in between."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.headerregistry import Address
from email.message import EmailMessage
from typing import TypeVar

from hypothesis import strategies as st

from tests import containers, golden, outlook
from tests.firm import BCC

T = TypeVar("T")
TOKENS = (
    b"\0", b"\r", b"\n", b"\r\n", b"\n\n", b"\n ", b"\t", b" ", b'"', b"\\", b"<", b">", b"(", b")", b",", b";", b":", b"@",
    b"=", b"==", b"=?", b"?=", b"=?utf-8?q?=C3=A9?=", b"=?utf-8?b?w6k=?=", b"=?gb2312?b?", b"'", b"%", b"*0*=utf-8''%C3",
    b"--", b"--outer\n", b"--outer--\n", b"From ", b">From ", b"From: ", b"To: undisclosed-recipients:;\n", b"Cc: ",
    b"Content-Type: multipart/mixed; boundary=outer\n", b"Content-Type: message/rfc822\n\n", b"Content-Type: text/html\n",
    b"Content-Type: application/ms-tnef; name=winmail.dat\n", b"Content-Transfer-Encoding: base64\n", b"; charset=utf-7",
    b"Content-Transfer-Encoding: quoted-printable\n", b"Content-Disposition: attachment; filename*=utf-8''%E2%82%AC\n",
    b"; format=flowed; delsp=yes", b"Received: from a by b; Mon, 2 Nov 2026 09:30:00 +0100\n", b"X-Unsent: 1\n",
    b"begin 644 a.txt\n", b"\xff", b"\xff\xfe", b"\xef\xbb\xbf", b"\x1b$B", b"\xed\xa0\x80", b"<!--", b"<table><td>", b"</p>",
    b"&#x110000;", b"&nbsp;", b"<a href='", b"---------- Forwarded message ---------\n", b"-----Original Message-----\n",
    b"> ", b"On 3 May 2024, at 10:01, Anna <a@b.example> wrote:\n", b"Am 03.05.2024 um 10:01 schrieb Anna:\n", b"Sent: ",
    b"Von: ", b"Mon, 02 Nov 2026 09:30:00 +0100", b"31/12/99 25:61", b"-9999", b"\xe2\x80\xae", b"\xc4\xb0", b"\xc3\x9f",
    b"\xe2\x80\x8b", b"xn--", b"SMTP:", b"mailto:", b"2026-104", b"lead-1", b"OR ", b"is:held ", b"before:2026-05 ", b"14d",
    b"yesterday", b"\xd9\xa3", b"\xef\xbc\x9a", *(address.encode() for address in BCC.values()), b"+2026-104",
)  # fmt: skip


@functools.cache
def mails() -> Sequence[bytes]:
    """Whole messages: the golden ones, and some that hold containers."""
    inner = b"From: Anna <anna@client.example>\nTo: ada@firm.example\nSubject: Inside\n\nHello inside.\n"
    held = (
        ("application/ms-tnef", "winmail.dat", tnefs()[0]),
        ("application/pkcs7-mime", "smime.p7m", cmses()[0]),
        ("application/vnd.ms-outlook", "letter.msg", msgs()[0]),
        ("application/octet-stream", "letter.eml", inner),
    )
    wrapped = [containers.letter(containers.part(*one)) for one in held]
    return (*(path.read_bytes() for path in golden.PAIRS), *wrapped)


@functools.cache
def tnefs() -> Sequence[bytes]:
    """Some winmail.dat."""
    inner = containers.tnef(text=b"In the inner one.")
    return (
        containers.tnef(text=b"Hello", files=(("a.pdf", b"%PDF"), ("b", None)), inner=inner),
        containers.tnef(rtf=outlook.compressed_rtf(RTF)),
    )


@functools.cache
def cmses() -> Sequence[bytes]:
    """Some signed and compressed letters."""
    plain = b"Content-Type: text/plain\n\nSigned.\n"
    return containers.signed(plain), containers.signed(plain, pieces=7, is_open=True), containers.compressed(plain)


@functools.cache
def msgs() -> Sequence[bytes]:
    """Some .msg."""
    return (outlook.msg({0x0037: "Hearing", 0x1000: "Dear Anna", 0x0C1A: "Ada"}),)


RTF = rb"{\rtf1\ansi\ansicpg1252\fromhtml1 {\*\htmltag64 <p>}Hello \'e9\u8364?\par{\*\htmltag72 </p>}}"
CALENDAR = (
    b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY;LANGUAGE=en:Hearing\\, at\n  ten\nDTSTART:20261102T093000Z\nEND:VEVENT\n"
)

_mark = st.integers(0, 1 << 16)
_change = st.tuples(st.integers(0, 5), _mark, st.integers(1, 48), _mark, st.sampled_from(TOKENS))


def changed(octets: bytes, changes: Sequence[tuple[int, int, int, int, bytes]], other: bytes) -> bytes:
    """Octets after some changes: cut out, doubled, flipped, written in, moved, taken from others."""
    for kind, at, length, where, token in changes:
        start = at % (len(octets) + 1)
        piece = octets[start : start + length]
        place = where % (len(octets) + 1)
        if kind == 0:
            octets = octets[:start] + octets[start + length :]
        elif kind == 1:
            octets = octets[:place] + piece * (1 + length % 5) + octets[place:]
        elif kind == 2:
            octets = octets[:start] + bytes(each ^ (1 << where % 8) for each in piece[:2]) + octets[start + 2 :]
        elif kind == 3:
            octets = octets[:start] + token * (1 if where % 7 else length) + octets[start:]
        elif kind == 4:
            octets = octets[:start] + token + octets[start + length :]
        else:
            begin = where % (len(other) + 1)
            octets = octets[:start] + other[begin : begin + 4 * length] + octets[start:]
    return octets


def some_of(many: Sequence[T]) -> st.SearchStrategy[T]:
    """One of many, which hypothesis need not write down."""
    return st.integers(0, len(many) - 1).map(many.__getitem__)


def mutated(corpus: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """What a corpus becomes by a few changes."""
    some = some_of(corpus)
    return st.builds(changed, some, st.lists(_change, max_size=6), some)


mail = mutated(mails())
_pieces = st.lists(st.one_of(st.sampled_from(TOKENS), st.binary(max_size=6)), max_size=12).map(b"".join)
_fragment = st.builds(
    lambda octets, at, size: octets[at % (len(octets) + 1) :][:size], mail, _mark, st.integers(0, 400)
)
octets = st.one_of(_pieces, _fragment, mail, st.binary(max_size=200))
text = st.one_of(
    st.builds(lambda octets: octets.decode("utf-8", "replace"), st.one_of(_pieces, _fragment, mail)),
    st.text(max_size=60),
)
typed = st.one_of(text, _pieces.map(lambda octets: octets.decode("utf-8", "surrogateescape")))
"""With surrogates: that is how octets that are no UTF-8 come from a command line."""
html = mutated([path.read_bytes() for path in golden.PAIRS if b"<html" in path.read_bytes().lower()]).map(
    lambda octets: octets.decode("utf-8", "replace")
)

# Mail as a careful program writes it: other parsers, too, should understand all of it.

_words = st.text(st.characters(categories=("L", "N", "P", "S", "Zs"), exclude_characters="=?"), max_size=40)
_address = st.sampled_from(
    ("anna@client.example", "o'neil@client.example", "ben+x@client.example", "c.d@sub.client.example")
)
_person = st.tuples(_words, _address)
_file = st.tuples(st.sampled_from(("pdf", "plain", "png", "rfc822")), _words, st.binary(max_size=60))


def _write(
    subject: str,
    sender: tuple[str, str],
    to: list[tuple[str, str]],
    at: datetime,
    text: str,
    files: list[tuple[str, str, bytes]],
) -> bytes:
    message = EmailMessage(policy=policy.SMTP)
    message["Subject"] = subject
    message["From"] = Address(sender[0], addr_spec=sender[1])
    message["To"] = [Address(name, addr_spec=address) for name, address in to]
    message["Date"] = at.replace(microsecond=0)
    message["Message-ID"] = "<written@mail.example>"
    message.set_content(text)
    for kind, name, content in files:
        filename = f"{name}.{kind}"
        if kind == "plain":
            message.add_attachment(content.decode("latin-1"), filename=filename)
        elif kind == "rfc822":
            message.add_attachment(message_from_bytes(b"Subject: Inner\n\nInner.\n", policy=policy.SMTP))
        else:
            types = {"pdf": ("application", "pdf"), "png": ("image", "png")}[kind]
            message.add_attachment(content, maintype=types[0], subtype=types[1], filename=filename)
    if message.is_multipart():
        message.set_boundary("=_written")
    return message.as_bytes()


written = st.builds(
    _write,
    _words,
    _person,
    st.lists(_person, min_size=1, max_size=3),
    st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)),
    _words,
    st.lists(_file, max_size=2),
)
