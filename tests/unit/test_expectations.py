"""Where other parsers' expected values are wrong: the letter can be read, so it is kept.

Each row is of a kind of file in the public test suites of mail libraries, made anew; it says what is expected there.
"""

from __future__ import annotations

import pytest

from casefleet_cli.core.mail.message import parse
from casefleet_cli.core.model import Message
from tests.unit.test_message import mixed

PNG = b"Content-Type: image/png; name=a.png\nContent-Disposition: inline; filename=%s\n\nx"
OPEN = b"Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: text/plain\n\n%s"


def subject(found: Message) -> object:
    return found.subject


def sender(found: Message) -> object:
    return found.from_


def names(found: Message) -> object:
    return [one.filename for one in found.attachments]


def text(found: Message) -> object:
    return found.text.strip()


@pytest.mark.parametrize(
    ("raw", "asked", "kept", "expected_there"),
    [
        pytest.param(b"Subject: Die Fr\xf6sche\n\nx", subject, "Die Frösche", "Die Fr\ufffdsche", id="raw Latin-1 in a subject (stalwart legacy/010, 020, 022, 027, 052; flanker broken-headers; mail invalid_subject_characters)"),
        pytest.param(b"Subject: \xb4!\n\nx", subject, "´!", "\ufffd!", id="a raw sign in a subject (flanker mailformed-headers)"),
        pytest.param(b'From: "J\xfcrgen" <j@x.example>\n\nx', sender, (("Jürgen", "j@x.example"),), "J\ufffdrgen", id="raw Latin-1 in a name (stalwart legacy/010, 017, 020 …; flanker from-encoding)"),
        pytest.param("From: Юникод ".encode() + b"\xf1 <j@x.example>\n\nx", sender, (("Юникод ñ", "j@x.example"),), "Юникод \ufffd", id="UTF-8 and Latin-1 in one name (flanker mailformed-headers)"),
        pytest.param(mixed(PNG % b'"Fr\xf6sche.png"'), names, ["Frösche.png"], ["Fr\ufffdsche.png"], id="raw Latin-1 in a file name (stalwart legacy/016, 023, 026)"),
        pytest.param(mixed(PNG % rb'"C:\TEMP\nsmail.png"'), names, [r"C:\TEMP\nsmail.png"], ["C:TEMPnsmail.png"], id="a path in quotes is no list of quoted pairs (stalwart legacy/035, 039)"),
        pytest.param(b"Content-Type: text/plain; charset=us-ascii\n\nFr\xf6sche", text, "Frösche", "Fr\ufffdsche", id="Latin-1 that is called ASCII (stalwart legacy/033)"),
        pytest.param(b"\nFr\xf6sche", text, "Frösche", "Fr\ufffdsche", id="Latin-1 that is called nothing (stalwart legacy/052)"),
        pytest.param(b"Subject: x\n\none \0two\rthree", text, "one two\nthree", "one \0two\rthree", id="NUL and CR in a text (stalwart thirdparty/000)"),
        pytest.param(b"Content-Transfer-Encoding: base64\n\n" + b"plain words in a line, and no base64 at all\n" * 3, text, "plain words in a line, and no base64 at all\n" * 2 + "plain words in a line, and no base64 at all", "noise", id="prose that is called base64 (enmime mime-bad-content-transfer-encoding)"),
        pytest.param(mixed(b"\nSection one", b"I'm section without headers", b"\nSection two"), text, "Section one\n\nI'm section without headers\n\nSection two", "Section one, Section two", id="a part without header or blank line (enmime multi-malformed)"),
        pytest.param(b"Content-Type: text; charset=us-ascii\n\nI hope you can read it", text, "I hope you can read it", "an attachment", id="a type without subtype: RFC 2045 section 5.2 (cpython msg_14)"),
        pytest.param(b"Content-Type: text; charset=us-ascii\n\nI hope you can read it", names, [], [None], id="the same is no attachment (cpython msg_14)"),
        pytest.param(OPEN % b"body", text, "body", "", id="a multipart that never closes (stalwart malformed/003, 006, 008 …)"),
        pytest.param(OPEN % b"body", names, [], [None], id="its last part is no attachment (stalwart malformed/001 to 011, 016)"),
        pytest.param(b"Content-Type: multipart/mixed; boundary=a\n\nbody", text, "body", "", id="a multipart without any boundary (stalwart malformed/002)"),
        pytest.param(b"From: Someone Else\n\nx", sender, (("Someone Else", ""),), "address Someone", id="words are no address (stalwart rfc/009)"),
        pytest.param(b"From: user1\n\nx", sender, (("user1", ""),), "address user1", id="a local user has no address that mail reaches (mime4j re-fwd)"),
    ],
)  # fmt: skip
def test_what_can_be_read_is_kept(raw: bytes, asked: object, kept: object, expected_there: object) -> None:
    assert callable(asked)
    assert asked(parse(raw)) == kept != expected_there
