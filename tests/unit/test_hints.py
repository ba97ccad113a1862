"""What a mail tells elsewhere of a part that says too little of itself."""

from __future__ import annotations

import pytest

from casefleet_cli.core.mail.message import parse, part_bytes
from tests.unit.test_message import HEAD, PDF

WORD = "Proszę znaleźć załącznik."
RAW = WORD.encode("iso-8859-2")
ENCODED = b"Subject: =?ISO-8859-2?Q?Za=B3=B1cznik?=\n"


def _mixed(*parts: bytes, head: bytes = b"Subject: x\n", more: bytes = b"") -> bytes:
    inside = b"".join(b"--b\n" + part + b"\n" for part in parts)
    return head + b"Content-Type: multipart/mixed; boundary=b" + more + b"\n\n" + inside + b"--b--\n"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        pytest.param(ENCODED + b"\n" + RAW, WORD, id="an encoded word of the subject"),
        pytest.param(b"From: =?iso-8859-2*pl?B?TWljaGGz?= <m@x>\n\n" + RAW, WORD, id="the sender's name"),
        pytest.param(b"To: =?iso-8859-2?Q?Micha=B3?= <m@x>\n\n" + b"Gr\xfc\xdfe", "Grüße", id="a recipient's name tells nothing"),
        pytest.param(_mixed(b"\n" + RAW, more=b"; charset=ISO-8859-2"), WORD, id="the multipart"),
        pytest.param(_mixed(b"\n" + RAW, b"Content-Type: text/html; charset=iso-8859-2\n\n<p>x"), f"{WORD}\n\nx\n", id="another part"),
        pytest.param(_mixed(b"Content-Type: text/plain; charset=us-ascii\n\n" + RAW, head=ENCODED), WORD, id="called ASCII"),
        pytest.param(_mixed(b"Content-Type: text/plain; charset=x-unknown\n\n" + RAW, head=ENCODED), WORD, id="called unknown"),
        pytest.param(ENCODED + b"\n" + WORD.encode(), WORD, id="UTF-8 wins"),
        pytest.param(ENCODED + "\nProszę znaleźć ".encode() + b"Gr\xfc\xdfe", "Proszę znaleźć Grüße", id="UTF-8 with some other bytes"),
        pytest.param(b"Subject: =?utf-8?Q?x?=\n\nGr\xfc\xdfe", "Grüße", id="UTF-8 is no hint for what is none"),
        pytest.param(b"Subject: =?iso-2022-jp?B?GyRCRnxLXBsoQg==?=\n\nGr\xfc\xdfe", "Grüße", id="one that does not fit"),
        pytest.param(b"Subject: =?strange?Q?x?=\n\nGr\xfc\xdfe", "Grüße", id="one that nobody knows"),
        pytest.param(
            _mixed(b"\nGr\xfc\xdfe", b"Content-Type: message/rfc822\n\n" + ENCODED + b"\nx"), "Grüße", id="not that of an attached message"
        ),
    ],
)  # fmt: skip
def test_charset(raw: bytes, text: str) -> None:
    assert parse(raw).text.strip() == text.strip()


def test_raw_letters_of_a_header_are_in_the_charset_of_the_multipart() -> None:
    raw = _mixed(b"\nx", head=b"Subject: Za\xb3\xb1cznik\n", more=b"; charset=iso-8859-2")
    assert parse(raw).subject == "Załącznik"


def test_an_attached_message_speaks_for_itself() -> None:
    raw = _mixed(b"\nsee below", b"Content-Type: message/rfc822\n\n" + ENCODED + b"\n" + RAW)
    assert WORD in parse(raw).enclosed


LETTER = b"The letter itself stands here,\nbefore the first boundary."
FILE = b"Content-Type: text/plain\nContent-Disposition: attachment; filename=n.txt\n\nSent from a phone"


@pytest.mark.parametrize(
    ("types", "preamble", "parts", "text"),
    [
        (b"Content-Type: text/plain\n", LETTER, [FILE], LETTER.decode()),
        (b"", LETTER, [PDF], LETTER.decode()),
        (b"", LETTER, [b"\n \n", PDF], LETTER.decode()),
        (b"Content-Type: text/html\n", b"<p>The <b>letter</b>", [FILE], "The letter"),
        (b"Content-Type: text/plain; charset=iso-8859-2\n", RAW, [FILE], WORD),
        (b"Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n", b"Gr=FC=DFe =\nan alle", [FILE], "Grüße an alle"),
        (b"", b"Dear Bob: this is no header field\n\nof any part", [FILE], "Dear Bob: this is no header field\n\nof any part"),
        (b"", b"This is a multi-part message in MIME format.", [FILE], ""),
        (b"", b"Dies ist eine mehrteilige Nachricht im MIME-Format.", [PDF], ""),
        (b"", b"  \n\n", [PDF], ""),
        (b"", LETTER, [b"\nThe text."], "The text."),
        (b"", LETTER, [b"Content-Type: text/html\n\n<p>The text."], "The text."),
    ],
)  # fmt: skip
def test_letter(types: bytes, preamble: bytes, parts: list[bytes], text: str) -> None:
    raw = _mixed(*parts, head=HEAD + types).replace(b"\n\n--b\n", b"\n\n" + preamble + b"\n--b\n", 1)
    found = parse(raw)
    assert found.text.strip() == text
    files = [part for part in parts if part in (FILE, PDF)]
    assert [one.part for one in found.attachments] == [str(parts.index(part) + 1) for part in files]
    if files:
        content = part_bytes(raw, found.attachments[0].part)
        assert content is not None
        assert content[1] in (b"Sent from a phone", b"%PDF")


def test_letters_before_the_first_boundary_tell_mails_apart() -> None:
    one, other = (
        HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n" + word + b"\n--b\n" + PDF + b"\n--b--\n"
        for word in (b"yes", b"no")
    )
    assert parse(one).fingerprint != parse(other).fingerprint
