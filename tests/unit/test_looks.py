"""What a file is, told by its first bytes."""

from __future__ import annotations

import pytest

from casefleet_cli.sources.looks import tell
from tests.mailfiles import DATED, MAIL


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (MAIL, "eml"),
        (MAIL.replace(b"\n", b"\r\n"), "eml"),
        (b"\xef\xbb\xbf" + MAIL, "eml"),
        (b"\r\n\n" + MAIL, "eml"),
        (b"Subject : old syntax\n\nx", "eml"),
        (b"From  : John Doe <j@x.example>\nTo    : Mary\n\nx", "eml"),
        (b"X-Mailer: only this\n", "eml"),
        (b"a line that is broken\nReceived: from a by b\nSubject: x\n\n", "eml"),
        (b"Subject: " + b"x" * 20_000, "eml"),
        (DATED + MAIL, "mbox"),
        (DATED, "mbox"),
        (b"\xef\xbb\xbf" + DATED + MAIL, "mbox"),
        (b"\n\r\n" + DATED + MAIL, "mbox"),
        (b"From -\n" + MAIL, "mbox"),
        (b"From mike@nowhere.example\r\n" + MAIL, "mbox"),
        (b"1234      \n" + MAIL, "eml"),
        (b"PK\x03\x04....", "packed"),
        (b"\x1f\x8b\x08", "packed"),
        (b"BZh9", "packed"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "eml"),
        (b"\xfd7zXZ\x00", "packed"),
        (b"mail/".ljust(257, b"\x00") + b"ustar\x0000", "packed"),
        (b"From Russia with love\nYear: 1963\n", None),
        (b"From Russia\nwe write\n", None),
        (b"Dear Ada,\nplease note: the deed\n\nSubject: nothing\n", None),
        (b"Note: buy milk\nPlace: shop\n", None),
        (b"<html><body>From: me</body></html>", None),
        (b"Agenda of the board\nall are present\nSubject: money\nand more\n\n", None),
        (b"", None),
        (b"\r\n\n  \n", None),
        (b"\x00" * 100, None),
        (b"Subject: \x00\x00\n\n", None),
    ],
)
def test_a_file_is_told_by_its_content(head: bytes, kind: str | None) -> None:
    told, reason = tell(head)
    assert told == kind
    assert bool(reason) == (kind is None)


@pytest.mark.parametrize(
    ("head", "word"),
    [
        (b"!BDN....", ".pst"),
        (b"PK\x03\x04...[Content_Types].xml", "document"),
        (b"%PDF-1.4", "PDF"),
        (b"\x30\x82\x01\x5a\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03\xa0", "S/MIME"),
        (b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0", "S/MIME"),
        ("Subject: x\n\n".encode("utf-16"), "UTF-16"),
        (b"*mbx*\r\n", "mbx"),
        (DATED.replace(b"\n", b"\r") + MAIL.replace(b"\n", b"\r"), "Macintosh"),
    ],
)
def test_what_is_no_mail_is_named(head: bytes, word: str) -> None:
    told, reason = tell(head)
    assert told is None
    assert word in reason
    assert reason.endswith(".")
