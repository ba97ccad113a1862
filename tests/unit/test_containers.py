"""What is inside attached messages, S/MIME, winmail.dat, .msg and invitations: found, listed, bounded, or told why not."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable

import pytest

from casefleet_cli.core.mail import enclosed
from casefleet_cli.core.mail import message as messages
from casefleet_cli.core.mail.containers import allowance, calendar, cms, rtf, tnef
from casefleet_cli.core.secrets.mask import Mask
from casefleet_cli.store import emails
from tests import containers, outlook
from tests.containers import letter, part
from tests.timing import is_linear

TEXT = b"Content-Type: text/plain\n\nSee attached.\n"
INNER = (
    b"From: Grace <grace@okafor.example>\nTo: ada@firm.example\nSubject: The survey\nMessage-ID: <i@x.example>\n"
    b"Date: Mon, 02 Nov 2026 08:00:00 +0000\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=in\n\n"
    b"--in\nContent-Type: text/plain\n\nThe meadow floods in spring.\n"
    b"--in\nContent-Type: application/pdf\nContent-Disposition: attachment; filename=survey.pdf\n\n%PDF-1\n--in--\n"
)
ENTITY = (
    b"Content-Type: multipart/mixed; boundary=in\n\n--in\nContent-Type: text/plain\n\nI revoke the mandate.\n"
    b"--in\nContent-Type: application/pdf\nContent-Disposition: attachment; filename=mandate.pdf\n\n%PDF-1\n--in--\n"
)
ICS = (
    b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Hearing\\, day two\r\nLOCATION;LANGUAGE=en:Room\r\n  Copernicus\r\n"
    b'ORGANIZER;CN="Berg, Ada":mailto:ada@firm.example\r\nDESCRIPTION:Bring\\nthe file\r\nUID:7\r\n'
    b"BEGIN:VALARM\r\nDESCRIPTION:Alarm\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
TNEF = containers.tnef(text=b"Hidden clause", files=(("Vertrag \u00a7 1.pdf", b"%PDF-1"), ("empty.txt", b"")))
MSG = outlook.msg(
    {0x0037: "Survey", 0x1000: "The meadow floods."}, attachments=(("survey.pdf", "application/pdf", b"%PDF"),)
)


def listed(raw: bytes) -> list[tuple[str, str | None, int, bool]]:
    return [(one.part, one.filename, one.size, one.is_inner) for one in messages.parse(raw).attachments]


FOUND = [
    pytest.param(letter(TEXT, b"Content-Type: message/rfc822\n\n" + INNER), "meadow floods",
                 [("2", None, False), ("2.2", "survey.pdf", True)], id="an attached message"),
    pytest.param(letter(TEXT, part("message/rfc822", "a.eml", INNER)), "grace@okafor.example",
                 [("2", "a.eml", False), ("2.2", "survey.pdf", True)], id="an attached message in base64"),
    pytest.param(letter(TEXT, part("application/octet-stream", "a.EML", INNER)), "The survey",
                 [("2", "a.EML", False), ("2.2", "survey.pdf", True)], id="an attached message as a file"),
    pytest.param(letter(TEXT, part("application/octet-stream", "Survey.msg", MSG)), "meadow floods",
                 [("2", "Survey.msg", False), ("2.2", "survey.pdf", True)], id="a .msg"),
    pytest.param(letter(TEXT, part("application/ms-tnef", "winmail.dat", TNEF)), "Hidden clause",
                 [("2", "winmail.dat", False), ("2.2", "Vertrag \u00a7 1.pdf", True), ("2.3", "empty.txt", True)],
                 id="a winmail.dat"),
    pytest.param(letter(TEXT, part("application/pkcs7-mime", "smime.p7m", containers.signed(ENTITY))), "revoke the mandate",
                 [("2", "smime.p7m", False), ("2.2", "mandate.pdf", True)], id="a signed entity that is attached"),
    pytest.param(letter(TEXT, part("application/pkcs7-mime", "deed.pdf.p7m", containers.signed(b"%PDF\n"))), "",
                 [("2", "deed.pdf.p7m", False), ("2.1", "deed.pdf", True)], id="a signed file"),
    pytest.param(letter(part("text/calendar", "", ICS, "inline")), "Copernicus", [("1", None, False)], id="an invitation"),
    pytest.param(letter(TEXT, part("application/octet-stream", "fake.eml", b"no mail at all")), "",
                 [("2", "fake.eml", False)], id="a file that is only called .eml"),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "words", "attachments"), FOUND)
def test_what_is_inside_is_found_and_listed(raw: bytes, words: str, attachments: list[tuple[str, str, bool]]) -> None:
    found = messages.parse(raw)
    assert [(one.part, one.filename, one.is_inner) for one in found.attachments] == attachments
    assert words in found.enclosed
    assert words == "" or words not in found.text
    rows = emails.rows_of(found)
    assert rows.text.startswith(found.text), "the letter's own text comes first"
    assert words in rows.text
    assert all(name in rows.filenames for _, name, _ in attachments if name)
    assert found.defects == ()
    for one in found.attachments:
        content = messages.part_bytes(raw, one.part)
        assert content is not None
        assert len(content[1]) == one.size
        assert messages.parts(raw)[one.part].content()[0] == content[1]


LETTERS = [
    pytest.param(containers.signed(ENTITY), id="as ever"),
    pytest.param(containers.signed(ENTITY, pieces=7), id="in pieces"),
    pytest.param(containers.signed(ENTITY, pieces=9, is_open=True), id="of indefinite length"),
    pytest.param(containers.compressed(ENTITY), id="compressed"),
    pytest.param(containers.signed(
        b"Content-Type: application/pkcs7-mime; name=smime.p7m\nContent-Transfer-Encoding: binary\n\n"
        + containers.signed(ENTITY)), id="signed twice"),
]  # fmt: skip


@pytest.mark.parametrize("octets", LETTERS)
def test_a_letter_that_was_signed_as_a_whole_is_read_as_the_letter(octets: bytes) -> None:
    raw = letter(part("application/pkcs7-mime", "smime.p7m", octets))
    found = messages.parse(raw)
    assert found.text == "I revoke the mandate."
    assert found.enclosed == ""
    assert found.defects == ()
    assert found.attachments[-1].filename == "mandate.pdf"
    assert not any(one.is_inner for one in found.attachments)
    assert messages.part_bytes(raw, found.attachments[-1].part) == ("application/pdf", b"%PDF-1")


def test_html_and_pictures_of_a_signed_letter_are_shown() -> None:
    entity = (b"Content-Type: multipart/related; boundary=r\n\n--r\nContent-Type: text/html\n\n<b>Hi</b>\n"
              b"--r\nContent-Type: image/png\nContent-ID: <p>\n\npng\n--r--\n")  # fmt: skip
    raw = letter(part("application/pkcs7-mime", "smime.p7m", containers.signed(entity)))
    assert messages.html_of(raw) == "<b>Hi</b>"
    assert messages.inline_images(raw) == {"p": ("image/png", b"png")}
    assert messages.parse(raw).has_html


def test_a_winmail_dat_that_is_the_whole_letter_is_read_as_the_letter() -> None:
    found = messages.parse(letter(part("application/ms-tnef", "winmail.dat", TNEF)))
    assert (found.text, found.enclosed) == ("Hidden clause", "")
    assert [one.filename for one in found.attachments] == ["winmail.dat", "Vertrag \u00a7 1.pdf", "empty.txt"]


def test_the_text_that_a_winmail_dat_repeats_is_not_told_twice() -> None:
    own = b"Content-Type: text/plain\n\nHidden\n  clause, as above.\n"
    assert messages.parse(letter(own, part("application/ms-tnef", "winmail.dat", TNEF))).enclosed == ""


def test_what_is_inside_does_not_count_in_the_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = letter(TEXT, part("application/ms-tnef", "winmail.dat", TNEF), part("text/calendar", "a.ics", ICS))
    opened = messages.parse(raw)
    monkeypatch.setattr(enclosed, "kind_of", lambda part: None)
    closed = messages.parse(raw)
    assert opened.fingerprint == closed.fingerprint
    assert len(opened.attachments) > len(closed.attachments)


@pytest.mark.parametrize(("name", "octets"), [("a.eml", INNER), ("a.msg", MSG), ("a.txt", INNER)])
def test_a_mail_that_is_attached_as_a_file_is_forwarded(name: str, octets: bytes) -> None:
    forwards = messages.parse(letter(TEXT, part("application/octet-stream", name, octets))).forwards
    assert [one.subject for one in forwards] == {"a.eml": ["The survey"], "a.msg": ["Survey"], "a.txt": []}[name]


@pytest.mark.parametrize(
    ("kind", "name", "octets", "count"),
    [
        ("application/rfc822", "a.eml", INNER, 1),
        ("application/vnd.ms-outlook", "A.EML", INNER, 1),
        ("application/x-message", "a.eml ", INNER, 1),
        ("application/octet-stream", "a.eml", b"no header at all\n\nx", 0),
        ("image/png", "a.eml", INNER, 0),
        ("application/pdf", "a.eml.pdf", INNER, 0),
    ],
)
def test_the_name_of_a_saved_message_tells_more_than_its_type(kind: str, name: str, octets: bytes, count: int) -> None:
    assert len(messages.parse(letter(TEXT, part(kind, name, octets))).forwards) == count


def test_secrets_inside_are_masked() -> None:
    inner = INNER.replace(b"in spring", b"ada-7k3mq9x2vt4hc8wn@log.firm.example")
    raw = letter(TEXT, part("message/rfc822", "a.eml", inner))
    assert "7k3mq9x2vt4hc8wn" in messages.parse(raw).enclosed
    assert "7k3mq9x2vt4hc8wn" not in Mask("log.firm.example").message(messages.parse(raw)).enclosed


CLOSED = [
    ("application/pkcs7-mime", "smime.p7m", containers.signed(b"x", kind=containers.ENVELOPED), ("smime-encrypted",)),
    ("application/pkcs7-mime", "smime.p7m", containers.signed(ENTITY)[:60], ("smime-damaged",)),
    ("application/pkcs7-mime", "smime.p7m", b"", ("smime-damaged",)),
    ("application/pkcs7-mime", "smime.p7m", containers.signed(None), ()),  # certificates alone
    ("application/pkcs7-mime", "smime.p7m", containers.compressed(ENTITY)[:-40], ("smime-damaged",)),
    ("application/ms-tnef", "winmail.dat", b"x\x9f>\"\1\0\7", ("tnef-damaged",)),
    ("application/ms-tnef", "winmail.dat", b"nothing of the kind", ("tnef-damaged",)),
    ("application/vnd.ms-outlook", "a.msg", MSG[:2000], ("msg-damaged",)),
    ("application/vnd.ms-outlook", "a.msg", MSG[:600], ("msg-damaged",)),
]  # fmt: skip


@pytest.mark.parametrize(("content_type", "name", "octets", "defects"), CLOSED)
def test_what_cannot_be_opened_is_told(content_type: str, name: str, octets: bytes, defects: tuple[str, ...]) -> None:
    raw = letter(TEXT, part(content_type, name, octets))
    found = messages.parse(raw)
    assert found.defects == defects
    assert found.text == "See attached.\n"
    assert listed(raw) == [("2", name, len(octets), False)]
    assert found.enclosed == ""


def test_a_damaged_winmail_dat_gives_what_comes_before_the_damage() -> None:
    found = messages.parse(letter(TEXT, part("application/ms-tnef", "winmail.dat", TNEF[:-80])))
    assert found.defects[0] == "tnef-damaged"
    assert "Hidden clause" in found.enclosed


def test_without_the_extra_the_mail_says_which_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = letter(TEXT, part("application/vnd.ms-outlook", "a.msg", MSG))
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "olefile", None)
        found = messages.parse(raw)
    assert found.defects == ("msg-needs-casefleet[msg]",)
    assert [one.filename for one in found.attachments] == ["a.msg"]
    assert messages.parse(raw).defects == ()


def nested(times: int) -> bytes:
    octets = ENTITY
    for _ in range(times):
        octets = (
            b"Content-Type: application/pkcs7-mime; name=smime.p7m\nContent-Transfer-Encoding: binary\n\n"
            + containers.signed(octets)
        )
    return letter(octets)


def test_nesting_ends() -> None:
    assert messages.parse(nested(allowance.DEEPEST)).text == "I revoke the mandate."
    deep = messages.parse(nested(allowance.DEEPEST + 1))
    assert deep.defects == ("containers-too-deep",)
    assert deep.text == ""
    assert "containers-too-deep" in messages.parse(nested(300)).defects
    inner = containers.tnef(text=b"inmost")
    for _ in range(20):
        inner = containers.tnef(inner=inner)
    assert "containers-too-deep" in messages.parse(letter(part("application/ms-tnef", "winmail.dat", inner))).defects


def test_a_bomb_is_not_blown_up() -> None:
    bomb = containers.compressed(b"Content-Type: text/html\n\n" + b"<p>a</p>" * 1_000_000)
    assert len(bomb) < 50_000
    found = messages.parse(letter(TEXT, part("application/pkcs7-mime", "smime.p7m", bomb)))
    assert found.defects == ("containers-too-large",)
    assert found.text == "See attached.\n"


def test_what_is_opened_is_bounded_by_the_size_of_the_mail() -> None:
    spent = allowance.Allowance(1000)
    spent.take(100_003_000)
    with pytest.raises(allowance.SpentError):
        spent.take(1)


def test_the_number_of_things_inside_is_bounded() -> None:
    many = containers.tnef(files=tuple((f"{number}", b"") for number in range(allowance.MOST_ITEMS + 1)))
    assert messages.parse(letter(TEXT, part("application/ms-tnef", "winmail.dat", many))).defects == (
        "containers-too-large",
    )


def test_the_words_inside_are_bounded() -> None:
    long = INNER.replace(b"in spring", b"again " * 200_000)
    found = messages.parse(letter(TEXT, part("message/rfc822", "a.eml", long)))
    assert len(found.enclosed) == enclosed.MOST_WORDS
    assert "enclosed-text-cut" in found.defects


def test_damage_never_raises_and_takes_no_time() -> None:
    chance = random.Random(7)
    kinds = (("application/pkcs7-mime", containers.signed(ENTITY, pieces=5, is_open=True)), ("application/ms-tnef", TNEF),
             ("application/vnd.ms-outlook", MSG), ("text/calendar", ICS))  # fmt: skip
    for content_type, octets in kinds:
        for _ in range(150):
            content = bytearray(octets)
            for _ in range(chance.randrange(1, 12)):
                content[chance.randrange(len(content))] = chance.randrange(256)
            raw = letter(TEXT, part(content_type, "x", bytes(content[: chance.randrange(1, len(content) + 1)])))
            for one in messages.parse(raw).attachments:
                assert messages.part_bytes(raw, one.part) is not None


@pytest.mark.parametrize(
    "hostile",
    [
        lambda n: part("application/pkcs7-mime", "", b"\x30\x80" * n),
        lambda n: part("application/pkcs7-mime", "", containers.signed(b"x" * n, pieces=1)),
        lambda n: part("application/ms-tnef", "", containers.tnef(rtf=outlook.compressed_rtf(b"{\\rtf1" + b"{" * n))),
        lambda n: part(
            "application/ms-tnef", "", containers.tnef(rtf=outlook.compressed_rtf(b"{\\rtf1" + b"\\'41" * n))
        ),
        lambda n: part("text/calendar", "", b"BEGIN:VEVENT\n" + b'SUMMARY;X="a";' * n),
        lambda n: part("text/calendar", "", b"BEGIN:VEVENT\n" + b"BEGIN:X\n" * n),
    ],
)
def test_time_is_linear(hostile: Callable[[int], bytes]) -> None:
    assert is_linear(messages.parse, lambda count: letter(TEXT, hostile(count)), 30_000)


def test_an_invitation_in_words() -> None:
    assert calendar.words(ICS.decode()).splitlines() == [
        "Hearing, day two",
        "Location: Room Copernicus",
        "Organizer: Berg, Ada <ada@firm.example>",
        "Bring",
        "the file",
    ]
    assert calendar.words("BEGIN:VCALENDAR\nX:1\nEND:VCALENDAR") == ""


@pytest.mark.parametrize(
    ("document", "text", "html"),
    [
        (rb"{\rtf1\ansi\ansicpg1252 Gr\'fc\'dfe\par {\b bold} \emdash  \u8364?5{\*\generator x}{\fonttbl{\f0 Arial;}}}",
         "Gr\u00fc\u00dfe\nbold \u2014 \u20ac5\n", ""),
        (rb"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fcharset0 A;}{\f1\fcharset204 B;}}{\f1 \'c4\'e0} \'e0}",
         "\u0414\u0430 \u00e0\n", ""),
        (rb"{\rtf1\ansi\ansicpg932 \'93\'fa\'96\'7b}", "\u65e5\u672c\n", ""),
        (rb"{\rtf1\ansi\fromhtml1 {\*\htmltag64 <p>}\htmlrtf {\htmlrtf0 a\htmlrtf\par}\htmlrtf0 {\*\htmltag72 </p>}"
         rb"{\*\mhtmltag9 no}}", "", "<p>a</p>"),
        (rb"{\rtf1 a{\pict\bin3 }}}}b\cell c\row}", "ab\tc\n", ""),
    ],
)  # fmt: skip
def test_rtf_is_read(document: bytes, text: str, html: str) -> None:
    assert rtf.body_of(outlook.compressed_rtf(document)) == (text, html)


def test_compressed_rtf_is_unpacked() -> None:
    # The example of MS-OXRTFCP section 4.1.
    packed = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a00726370673132354232 0af32068656c090020627705b06c647d0a800fa0"
    )
    assert rtf.decompressed(packed) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    assert rtf.decompressed(outlook.compressed_rtf(b"{\\rtf1 x}")) == b"{\\rtf1 x}"
    with pytest.raises(allowance.DamagedError):
        rtf.body_of(b"short")


def test_what_is_signed_alone_is_found_and_nothing_else() -> None:
    assert cms.content_of(containers.signed(b"abc"), allowance.Allowance(10)) == b"abc"
    with pytest.raises(allowance.DamagedError):
        cms.content_of(b"\x30\x84\xff\xff\xff\xff", allowance.Allowance(10))
    with pytest.raises(allowance.DamagedError):
        tnef.read(b"", allowance.Allowance(10))
