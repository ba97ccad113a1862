"""Outlook's .msg: its people, texts and attachments come out, the .msg itself is kept, and damage is a sentence."""

from __future__ import annotations

import random
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from casefleet_cli.core.mail import message as messages
from casefleet_cli.sources import Item, Skipped, Source, find, read
from casefleet_cli.sources.outlook import MISSING, NOT_A_MESSAGE, to_message
from tests import containers
from tests.outlook import attached, compound, compressed_rtf, item, msg

pytest.importorskip("olefile", reason="needs casefleet[msg]")

WITHOUT_HEADERS = msg(
    {0x0037: "Grüße aus Köln", 0x1000: "Dear Ada,\r\nsee you.\r\n", 0x0C1A: "Anna Müller", 0x5D01: "anna@client.example",
     0x1035: "<1@client.example>"},
    sent=datetime(2026, 11, 2, 8, 30, tzinfo=UTC),
    recipients=((1, "Ada Berg", "ada@firm.example"), (2, "Łukasz", "luk@x.example"), (3, "", "bcc@x.example")),
    attachments=(("Vertrag § 1.pdf", "application/pdf", b"%PDF " + b"x" * 5000), ("s.txt", "text/plain", b"small")),
)  # fmt: skip
HEADERS = ("Received: by mx\r\nFrom: Anna <anna@client.example>\r\nTo: ada@firm.example\r\nSubject: Deed\r\n"
           "Date: Mon, 02 Nov 2026 09:30:00 +0100\r\nMessage-ID: <2@client.example>\r\n"
           "Content-Type: multipart/mixed;\r\n boundary=gone\r\nMIME-Version: 1.0\r\n\r\n")  # fmt: skip
WITH_HEADERS = msg({0x007D: HEADERS, 0x0037: "Deed", 0x1000: "Text", 0x1013: "<p>HTML</p>"})


def made(content: bytes) -> bytes:
    raw = to_message(content, "Deed.msg")
    assert isinstance(raw, bytes), raw
    return raw


def test_a_message_that_has_no_headers() -> None:
    raw = made(WITHOUT_HEADERS)
    found = messages.parse(raw)
    assert (found.subject, found.msgid) == ("Grüße aus Köln", "1@client.example")
    assert found.from_ == (("Anna Müller", "anna@client.example"),)
    assert (found.to, found.cc) == ((("Ada Berg", "ada@firm.example"),), (("Łukasz", "luk@x.example"),))
    assert found.bcc == (("", "bcc@x.example"),)
    assert found.date == datetime(2026, 11, 2, 8, 30, tzinfo=UTC)
    assert found.text == "Dear Ada,\nsee you.\n"
    names = [(attachment.filename, attachment.content_type) for attachment in found.attachments]
    assert names == [
        ("Vertrag § 1.pdf", "application/pdf"),
        ("s.txt", "text/plain"),
        ("Deed.msg", "application/vnd.ms-outlook"),
    ]
    contents = [messages.part_bytes(raw, attachment.part) for attachment in found.attachments]
    assert [content[1] for content in contents if content] == [b"%PDF " + b"x" * 5000, b"small", WITHOUT_HEADERS]
    assert set(found.defects) == set()


def test_a_message_with_the_headers_it_came_with() -> None:
    raw = made(WITH_HEADERS)
    assert raw.startswith(b"Received: by mx\nFrom: Anna <anna@client.example>\n")
    found = messages.parse(raw)
    assert (found.subject, found.text, found.has_html) == ("Deed", "Text", True)
    assert messages.html_of(raw) == "<p>HTML</p>"
    assert b"boundary=gone" not in raw


def test_the_same_file_gives_the_same_bytes() -> None:
    assert made(WITHOUT_HEADERS) == made(WITHOUT_HEADERS)


def test_it_is_imported_with_a_label(tmp_path: Path) -> None:
    (tmp_path / "Deed.msg").write_bytes(WITH_HEADERS)
    (source,) = find([tmp_path / "Deed.msg"])
    assert isinstance(source, Source)
    (item,) = read(source)
    assert item == Item(str(tmp_path / "Deed.msg"), 0, made(WITH_HEADERS), ("converted from .msg",), format="msg")


@pytest.mark.parametrize("content", [compound({"WordDocument": b"x" * 5000}), WITH_HEADERS[:8] + b"\0" * 600])
def test_what_is_no_message_is_listed(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.doc").write_bytes(content)
    (skipped,) = read(Source(tmp_path / "a.doc", "eml"))
    assert isinstance(skipped, Skipped)
    assert skipped.reason == NOT_A_MESSAGE


def test_without_the_extra_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "olefile", None)
    assert to_message(WITH_HEADERS, "x.msg") == MISSING


def test_damage_is_a_sentence() -> None:
    chance = random.Random(5)
    for _ in range(300):
        content = bytearray(WITHOUT_HEADERS)
        for _ in range(chance.randrange(1, 20)):
            content[chance.randrange(512, len(content))] = chance.randrange(256)
        answer = to_message(bytes(content[: chance.randrange(600, len(content) + 1)]), "x.msg")
        assert isinstance(answer, bytes) or answer.endswith(".")


X500 = "/O=FIRM/OU=EXCHANGE ADMINISTRATIVE GROUP/CN=RECIPIENTS/CN=ADA"
WRAPPED = "IMCEAEX-_O=FIRM_OU=EXCHANGE+20ADMINISTRATIVE+20GROUP_CN=RECIPIENTS_CN=ADA@firm.local"
SENDERS = {
    "represented": ({0x0042: "Ada", 0x5D02: "ada@firm.example", 0x0C1A: "Office", 0x5D01: "office@firm.example"},
                    ("Ada", "ada@firm.example"), "office@firm.example"),
    "sender alone": ({0x0C1A: "Ada", 0x5D01: "ada@firm.example", 0x0C1F: X500}, ("Ada", "ada@firm.example"), None),
    "SMTP type": ({0x0042: "Ada", 0x0065: "ada@firm.example"}, ("Ada", "ada@firm.example"), None),
    "by who made it": ({0x0042: "Ada", 0x0065: X500, 0x3FF8: "Ada", 0x5D0A: "ada@firm.example"},
                       ("Ada", "ada@firm.example"), None),
    "made by another": ({0x0042: "Ada", 0x0065: X500, 0x3FF8: "Bob", 0x5D0A: "bob@firm.example"}, ("Ada", ""), None),
    "by a recipient": ({0x0042: "Ada", 0x0065: X500.lower()}, ("Ada", "ada@firm.example"), None),
    "wrapped": ({0x0042: "Ada", 0x0065: WRAPPED}, ("Ada", "ada@firm.example"), None),
    "wrapped SMTP": ({0x0042: "Ada", 0x0065: "IMCEASMTP-ada+40firm+2Eexample@x.local"}, ("Ada", "ada@firm.example"), None),
    "Exchange alone": ({0x0042: "Ada", 0x0065: X500 + "2"}, ("Ada", ""), None),
}  # fmt: skip


@pytest.mark.parametrize(("texts", "author", "sender"), SENDERS.values(), ids=SENDERS)
def test_who_it_is_from(texts: dict[int, str], author: tuple[str, str], sender: str | None) -> None:
    recipients: tuple[dict[int, str | int], ...] = ({0x0C15: 1, 0x3001: "Minh", 0x3003: "minh@nguyen.example"},)
    if texts.get(0x0065) in (X500.lower(), WRAPPED):
        recipients += ({0x0C15: 2, 0x3001: "Ada", 0x3003: X500, 0x39FE: "ada@firm.example"},)
    found = messages.parse(made(msg({**texts, 0x0037: "s", 0x1000: "t"}, recipients=recipients)))
    assert found.from_ == (author,)
    assert [one.address for one in found.sender] == ([sender] if sender else [])
    assert found.to == (("Minh", "minh@nguyen.example"),)
    assert ("exchange-address-unresolved" in found.defects) == (author[1] == "")


def test_what_the_headers_lack_the_properties_give() -> None:
    headers = "Microsoft Mail Internet Headers Version 2.0\r\nReceived: by mx\r\nFrom: anna@client.example\r\n\r\n"
    content = msg({0x007D: headers, 0x0037: "Deed", 0x1000: "Text", 0x1035: "<3@client.example>"},
                  moments={0x0E06: datetime(2026, 11, 3, 7, 0, tzinfo=UTC)},
                  recipients=((1, "Ada", "ada@firm.example"), (3, "Bob", "bob@firm.example")))  # fmt: skip
    found = messages.parse(made(content))
    assert found.from_ == (("", "anna@client.example"),)
    assert (found.subject, found.msgid) == ("Deed", "3@client.example")
    assert found.date == datetime(2026, 11, 3, 7, 0, tzinfo=UTC), "delivered, as nothing says when it was submitted"
    assert (found.to, found.bcc) == ((("Ada", "ada@firm.example"),), (("Bob", "bob@firm.example"),))
    assert found.defects == ()


@pytest.mark.parametrize(
    ("properties", "text", "html"),
    [
        ({"octets": {0x1009: compressed_rtf(rb"{\rtf1 we offer\par 40000}")}}, "we offer\n40000\n", None),
        ({"octets": {0x1009: compressed_rtf(rb"{\rtf1\fromhtml1 {\*\htmltag64 <b>}40000{\*\htmltag72 </b>}}")}},
         "40000\n", "<b>40000</b>"),
        ({"octets": {0x1013: "<p>Grüße</p>".encode("cp1252")}, "numbers": {0x3FDE: 1252}}, "Grüße\n", "<p>Grüße</p>"),
        ({"octets": {0x1013: "<p>Grüße</p>".encode()}, "numbers": {0x3FDE: 1252}}, "Grüße\n", "<p>Grüße</p>"),
        ({"narrow": {0x1000: "日本語".encode("cp932")}, "numbers": {0x3FFD: 932}}, "日本語", None),
        ({"narrow": {0x1000: "模".encode("cp936")}, "numbers": {0x3FFD: 936}}, "模", None),  # UTF-8 as well, by chance
        ({"narrow": {0x1000: "契約書".encode("cp950")}, "numbers": {0x3FFD: 950}}, "契約書", None),
        ({"narrow": {0x1000: "Договор".encode("cp1251")}, "numbers": {0x3FF1: 0x0419}}, "Договор", None),
        ({"narrow": {0x1000: "Grüße".encode()}, "numbers": {0x3FFD: 1252}}, "Grüße", None),
        ({"narrow": {0x1000: "Grüße".encode("cp1252")}, "numbers": {0x3FFD: 65001}}, "Grüße", None),
    ],
)  # fmt: skip
def test_its_text_whatever_holds_it(properties: dict[str, dict[int, object]], text: str, html: str | None) -> None:
    raw = made(msg({0x0037: "s"}, **properties))
    found = messages.parse(raw)
    assert found.text.strip() == text.strip()
    assert messages.html_of(raw) == html
    assert not {"rtf-damaged", "msg-damaged"} & set(found.defects)


def test_rtf_that_cannot_be_read_is_told() -> None:
    found = messages.parse(made(msg({0x0037: "s"}, octets={0x1009: b"\1\2\3"})))
    assert "rtf-damaged" in found.defects
    assert found.text == ""


def test_messages_in_a_message() -> None:
    inmost = item({0x0037: "Inmost", 0x1000: "The well is dry."}, is_embedded=True,
                  attachments=(("well.pdf", "application/pdf", b"%PDF"),))  # fmt: skip
    inner = item({0x0037: "Inner", 0x1000: "See below."}, attachments=(attached("Inmost", inmost),), is_embedded=True)
    raw = made(msg({0x0037: "Outer", 0x1000: "FYI"}, attachments=(attached("Inner", inner),)))
    found = messages.parse(raw)
    assert found.text == "FYI"
    assert [(one.part, one.filename, one.is_inner) for one in found.attachments] == [
        ("2", "Inner.eml", False),
        ("2.2", "Inmost.eml", True),
        ("2.2.2", "well.pdf", True),
        ("3", "Deed.msg", False),
    ]
    assert "The well is dry." in found.enclosed
    assert messages.part_bytes(raw, "2.2.2") == ("application/pdf", b"%PDF")


def test_messages_in_messages_end() -> None:
    inner = item({0x0037: "Inmost", 0x1000: "The well is dry."}, is_embedded=True)
    for _ in range(12):
        inner = item({0x0037: "x"}, attachments=(attached("x", inner),), is_embedded=True)
    found = messages.parse(made(msg({0x0037: "Outer", 0x1000: "FYI"}, attachments=(attached("x", inner),))))
    assert "containers-too-deep" in found.defects
    assert "The well" not in found.enclosed


def test_what_it_only_refers_to_is_listed_and_told() -> None:
    found = messages.parse(made(msg({0x0037: "s", 0x1000: "t"}, attachments=(attached("plan.dwg", method=2),))))
    assert (found.attachments[0].filename, found.attachments[0].size) == ("plan.dwg", 0)
    assert "attachment-not-in-container" in found.defects


ENTITY = (b"Content-Type: multipart/signed; boundary=s\r\n\r\n--s\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n"
          b"--m\r\nContent-Type: text/plain\r\n\r\nIt was notarised.\r\n--m\r\nContent-Type: application/pdf; name=power.pdf\r\n"
          b"\r\n%PDF\r\n--m--\r\n--s\r\nContent-Type: application/pkcs7-signature; name=smime.p7s\r\n\r\nx\r\n--s--\r\n")  # fmt: skip


@pytest.mark.parametrize("content", [ENTITY, containers.signed(ENTITY)], ids=["clear", "opaque"])
def test_a_signed_message(content: bytes) -> None:
    signed = msg({0x0037: "s", 0x001A: "IPM.Note.SMIME.MultipartSigned"},
                 attachments=(("smime.p7m", "multipart/signed", content),))  # fmt: skip
    found = messages.parse(made(signed))
    assert found.text.strip() == "It was notarised."
    assert "power.pdf" in [one.filename for one in found.attachments]


def test_an_unsent_one_is_a_draft() -> None:
    assert b"\nX-Unsent: 1\n" in made(msg({0x0037: "s"}, numbers={0x0E07: 0x8 | 0x1}))
    assert b"X-Unsent" not in made(msg({0x0037: "s"}, numbers={0x0E07: 0x1}))
    headers = HEADERS.replace("Received: by mx", "X-Unsent: 1")
    assert b"X-Unsent" not in made(msg({0x007D: headers}))


@pytest.mark.parametrize(
    ("message_class", "thing"),
    [("IPM.Appointment", "an appointment"), ("IPM.Contact", "a contact"), ("IPM.Task", "a task"),
     ("IPM.StickyNote", "a note"), ("ipm.contact.custom", "a contact"), ("IPM.Note", ""), ("IPM.TaskRequest", ""),
     ("IPM.Schedule.Meeting.Request", ""), ("REPORT.IPM.Note.NDR", ""), ("", "")],
)  # fmt: skip
def test_what_is_no_mail_is_listed(message_class: str, thing: str, tmp_path: Path) -> None:
    (tmp_path / "x.msg").write_bytes(msg({0x001A: message_class, 0x0037: "s"}))
    (found,) = read(Source(tmp_path / "x.msg", "eml"))
    if thing:
        assert isinstance(found, Skipped)
        assert found.reason == f"This is {thing} of Outlook's and no mail."
    else:
        assert isinstance(found, Item)


def test_a_winmail_dat_alone_is_read(tmp_path: Path) -> None:
    content = containers.tnef(text=b"Hidden clause", files=(("deed.pdf", b"%PDF"),))
    (tmp_path / "winmail.dat").write_bytes(content)
    (source,) = find([tmp_path / "winmail.dat"])
    assert isinstance(source, Source)
    (found,) = read(source)
    assert isinstance(found, Item)
    assert found.labels == ("converted from winmail.dat",)
    parsed = messages.parse(found.raw)
    assert parsed.text.strip() == "Hidden clause"
    assert [one.filename for one in parsed.attachments] == ["deed.pdf", "winmail.dat"]
    (tmp_path / "winmail.dat").write_bytes(content[:4] + b"\1\0\7")
    (found,) = read(source)
    assert isinstance(found, Skipped)
    assert found.reason.startswith("This winmail.dat (TNEF) is damaged")


def test_the_file_it_was_made_of_is_not_opened_again() -> None:
    found = messages.parse(made(WITHOUT_HEADERS))
    assert not any(one.is_inner for one in found.attachments)
    assert found.enclosed == ""


PLAIN = (b"From: Ada <ada@firm.example>\nTo: Anna <anna@client.example>\nSubject: Deed\nDate: Mon, 02 Nov 2026 09:30:00 +0100\n"
         b"Message-ID: <3@firm.example>\nContent-Type: text/plain; charset=utf-8\n\nGr\xc3\xbc\xc3\x9fe.\n")  # fmt: skip


def sent(text: str = "Grüße.\r\n", **more: object) -> bytes:
    """The same mail as PLAIN as Outlook keeps it."""
    return msg(
        {0x0037: "Deed", 0x1000: text, 0x0C1A: "Ada", 0x5D01: "ada@firm.example", 0x1035: "<3@firm.example>"},
        sent=datetime(2026, 11, 2, 8, 30, tzinfo=UTC),
        recipients=((1, "Anna", "anna@client.example"),),
        **more,
    )


def test_what_was_made_of_a_msg_is_the_same_mail_as_the_message_that_was_sent() -> None:
    print_ = messages.parse(PLAIN).fingerprint
    assert messages.parse(made(sent())).fingerprint == print_
    # Another copy in Outlook: read, so that other bytes are attached.
    assert messages.parse(made(sent(numbers={0x0E07: 1}))).fingerprint == print_
    others = [sent("Grüsse.\r\n"), sent(attachments=(("a.txt", "text/plain", b"a"),))]
    assert print_ not in {messages.parse(made(other)).fingerprint for other in others}


def test_only_the_file_of_which_a_mail_was_made_does_not_count() -> None:
    raw = made(sent())
    print_ = messages.parse(raw).fingerprint
    (attachment,) = messages.parse(raw).attachments
    assert attachment.filename == "Deed.msg"
    boundary = raw.partition(b'boundary="')[2].partition(b'"')[0]
    foreign = raw.replace(boundary, b"casefleet-" + b"0" * 32)
    assert messages.parse(foreign).fingerprint != print_
    # The same octets as no container, or not at the end, are a file that somebody attached.
    assert messages.parse(raw.replace(b"application/vnd.ms-outlook", b"image/png").replace(b"Deed.msg", b"Deed.png")
                          ).fingerprint != print_  # fmt: skip
    more = b"--%b\nContent-Type: text/plain\nContent-Disposition: attachment\n\nmore\n--%b--" % (boundary, boundary)
    assert messages.parse(raw.replace(b"--%b--" % boundary, more)).fingerprint != print_
