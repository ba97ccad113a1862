"""Whole messages: what the parser makes of them. Each violation in the table of core/message.py has its test here."""

from __future__ import annotations

import base64
import quopri
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casefleet_cli.core.mail import message as messages
from casefleet_cli.core.mail.message import parse

HEAD = (
    b"From: Ada <ada@firm.example>\nTo: bob@client.example\nSubject: Lease\n"
    b"Date: Fri, 21 Nov 1997 09:55:06 -0600\nMessage-ID: <1@firm.example>\n"
)


def mixed(*parts: bytes, head: bytes = HEAD) -> bytes:
    """A multipart/mixed message of parts, each with its own header block."""
    inside = b"".join(b"--b\n" + part + b"\n" for part in parts)
    return head + b"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n" + inside + b"--b--\n"


TEXT = b"Content-Type: text/plain\n\nHello"
PDF = b"Content-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\nJVBERg=="
ENCLOSED = b"Content-Type: message/rfc822\n\nFrom: Eve <eve@x>\nSubject: Old\nDate: 1 Jan 2020 10:00 +0000\n\nold text"


def test_a_plain_message() -> None:
    found = parse(HEAD + b"Cc: c@d.example\nReferences: <a@x> <b@x>\nIn-Reply-To: <b@x>\n\nHello\n")
    assert found.msgid == "1@firm.example"
    assert found.subject == "Lease"
    assert found.from_ == (("Ada", "ada@firm.example"),)
    assert [mailbox.address for mailbox in (*found.to, *found.cc)] == ["bob@client.example", "c@d.example"]
    assert found.date is not None
    assert found.date.isoformat() == "1997-11-21T09:55:06-06:00"
    assert (found.references, found.in_reply_to) == (("a@x", "b@x"), ("b@x",))
    assert (found.text, found.has_html, found.attachments, found.defects) == ("Hello\n", False, (), ())


@pytest.mark.parametrize(
    ("raw", "field", "value"),
    [
        pytest.param(b"\xef\xbb\xbf" + HEAD + b"\nx", "subject", "Lease", id="byte order mark"),
        pytest.param(b"\n\r\n" + HEAD + b"\nx", "subject", "Lease", id="leading blank lines"),
        pytest.param(b"From ada Fri Nov 21 1997\n" + HEAD + b"\nx", "subject", "Lease", id="mbox From_ line"),
        pytest.param(b">From ada Fri\n" + HEAD + b"\nx", "subject", "Lease", id="quoted mbox From_ line"),
        pytest.param(b" " + HEAD + b"\nx", "msgid", "1@firm.example", id="indented first field"),
        pytest.param(b"Subject : Lease\n\nx", "subject", "Lease", id="blank before the colon"),
        pytest.param(b"broken line\n" + HEAD + b"\nx", "subject", "Lease", id="bad first line"),
        pytest.param(b"X-A: 1\nbroken line\n" + HEAD + b"\nx", "subject", "Lease", id="bad line between"),
        pytest.param(HEAD + b"X Spam Score: 0.1\n\nx", "text", "x", id="bad last line"),
        pytest.param(HEAD + b"X-Gr\xf6\xdfe: 7\n more\nSpam Status: No\r\n\r\nx", "text", "x", id="bad last lines"),
        pytest.param(HEAD + b"Dear Bob:\n\nx", "text", "Dear Bob:\n\nx", id="no blank line, a greeting"),
        pytest.param(HEAD + b"see my note: x\n\ny", "text", "see my note: x\n\ny", id="no blank line, prose"),
        pytest.param(HEAD + b"X Spam Score: 1\n\n", "text", "X Spam Score: 1\n\n", id="bad last line, no body"),
        pytest.param(
            HEAD + b"Content-Transfer-Encoding: base64\nchecked by our filter\n\neA==",
            "text",
            "x",
            id="bad last line above base64",
        ),
        pytest.param(
            HEAD + b"Content-Transfer-Encoding: base64\neHh4\n\neA==", "text", "xxxx", id="base64 without blank line"
        ),
        pytest.param(HEAD + b"Hello without blank line\n", "text", "Hello without blank line\n", id="no blank line"),
        pytest.param(HEAD.replace(b"\n", b"\r") + b"\rHello\r", "text", "Hello\n", id="CR alone"),
        pytest.param(HEAD.replace(b"\n", b"\r\r\n") + b"\r\r\nx", "subject", "Lease", id="CR CR LF"),
        pytest.param(b"\xff\xfe" + (HEAD + b"\nx").decode().encode("utf-16-le"), "subject", "Lease", id="UTF-16 file"),
        pytest.param(b"Subject: Gr\xfc\xdfe\n\nx", "subject", "Grüße", id="raw Latin-1 header"),
        pytest.param(b"Subject:\n\nx", "subject", "", id="empty subject"),
        pytest.param(b"To: x@y\n\nx", "subject", None, id="no subject"),
        pytest.param(b"Message-ID: no-brackets@x\n\n", "msgid", "no-brackets@x", id="Message-ID without brackets"),
        pytest.param(b"Message-ID: <cut@x\n\n", "msgid", "cut@x", id="Message-ID with half its brackets"),
        pytest.param(b"Message-ID: <>\n\n", "msgid", None, id="empty Message-ID"),
        pytest.param(b"To: a@x\nTo: b@x\n\n", "to", (("", "a@x"), ("", "b@x")), id="To twice: both count"),
        pytest.param(b"Date: 11-04-2023\n\n", "date", None, id="a date that could be two"),
    ],
)
def test_header_violations(raw: bytes, field: str, value: object) -> None:
    assert getattr(parse(raw), field) == value


@pytest.mark.parametrize(
    ("head", "body", "text"),
    [
        (b"Content-Type: text/plain; charset=windows-874\n", b"\xa1", "ก"),
        (b"Content-Type: text/plain; charset=cp-850\n", b"\x81", "ü"),
        (b'Content-Type: text/plain; charset="utf-8"s\n', "ü".encode(), "ü"),
        (b"Content-Type: text/plain; charset=gb2312\n", "镕".encode("gbk"), "镕"),
        (b"Content-Type: text/plain; charset=iso-2022-jp\n", b"\x1b$B-!\x1b(B", "①"),
        (b"Content-Type: text/plain; charset=us-ascii\n", "ü".encode(), "ü"),
        (b"Content-Type: text/plain; charset=utf-8\n", "ü".encode("latin-1"), "ü"),
        (b"Content-Type: text/plain; charset=utf-16\n", "über\r\n".encode("utf-16"), "über\n"),
        (b"Content-Type: multipart/mixed\n", b"no boundary at all", "no boundary at all"),
        (b"Content-Type: multipart/mixed; boundary=x\n", b"no such boundary", "no such boundary"),
        (b"Content-Type: multipart/mixed; boundary=x\n", b"--y\nContent-Type: text/plain\n\nin y\n--y--\n", "in y"),
        (b"Content-Type: text\n", b"hello", "hello"),
        (b"Content-Transfer-Encoding: base64\n", b"SGVs\nbG8", "Hello"),
        (b"Content-Transfer-Encoding: base64\n", b"SGVs!\nbG8=SGVsbG8=", "HelloHello"),
        (
            b"Content-Transfer-Encoding: base64\n",
            b"this is just a line of words\nand one more of them",
            "this is just a line of words\nand one more of them",
        ),
        (b"Content-Transfer-Encoding: quoted-printable\n", b"a=3Db=ZZ c= \nd", "a=b=ZZ cd"),
        (b"Content-Transfer-Encoding: x-uuencode\n", b"begin 644 f\n%2&5L;&\\\n`\nend\n", "Hello"),
        (b"Content-Transfer-Encoding: nonsense\n", b"hello", "hello"),
        (b"Content-Type: text/plain; format=flowed\n", b"one \ntwo\n> q1 \n> q2\n-- \nme", "one two\n> q1 q2\n-- \nme"),
        (b"Content-Type: text/plain; format=flowed; delsp=yes\n", b"on \ne", "one"),
        (b"", b"nul\0here", "nulhere"),
    ],
)
def test_bodies(head: bytes, body: bytes, text: str) -> None:
    assert parse(HEAD + head + b"\n" + body).text == text


def test_html_stands_in_for_a_missing_or_blank_text_part() -> None:
    page = b"Content-Type: text/html\n\n<p>Hello <b>Bob</b></p>"
    only = parse(HEAD + page)
    assert (only.text, only.has_html) == ("Hello Bob\n", True)
    both = mixed(b"Content-Type: text/plain\n\n \n", page).replace(b"mixed", b"alternative")
    assert parse(both).text == "Hello Bob\n"
    assert messages.html_of(both) == "<p>Hello <b>Bob</b></p>"
    assert messages.html_of(HEAD + b"\nx") is None


def test_the_text_part_wins_over_html_in_an_alternative() -> None:
    raw = mixed(b"\nplain words", b"Content-Type: text/html\n\n<p>html words").replace(b"mixed", b"alternative")
    assert (parse(raw).text, parse(raw).has_html) == ("plain words", True)


PLAIN, PAGE = b"Content-Type: text/plain; name=text1\n\nPlain", b"Content-Type: text/html; name=text2\n\n<p>HTML"
LOG = b"Content-Type: text/plain; name=log.txt\n\nlog"


@pytest.mark.parametrize(
    ("parts", "text", "files"),
    [
        ((PAGE, PLAIN), "Plain", []),
        ((PLAIN, PAGE), "Plain", []),
        ((PDF, PAGE, PLAIN), "Plain", ["a.pdf"]),
        ((PLAIN, PAGE, LOG), "Plain", ["log.txt"]),
        ((PAGE, PLAIN.replace(b"\n\n", b"\nContent-Disposition: attachment\n\n")), "HTML", ["text1"]),
        ((PAGE, PLAIN.replace(b"\n\n", b"\nContent-Disposition: inline\n\n")), "Plain", []),
    ],
)
def test_forms(parts: tuple[bytes, ...], text: str, files: list[str]) -> None:
    found = parse(mixed(*parts).replace(b"mixed", b"alternative"))
    assert (found.text.strip(), found.has_html) == (text, True)
    assert [one.filename for one in found.attachments] == files


def test_html_and_its_pictures_are_one_alternative() -> None:
    page = b"Content-Type: text/html\n\n<p>html words"
    related = b"Content-Type: multipart/related; boundary=r\n\n--r\n" + page + b"\n--r\n" + PDF + b"\n--r--"
    raw = mixed(b"\nplain words", related).replace(b"mixed", b"alternative", 1)
    assert (parse(raw).text, parse(raw).has_html, len(parse(raw).attachments)) == ("plain words", True, 1)


def test_an_alternative_with_an_empty_related_is_read() -> None:
    inner = b"Content-Type: multipart/related; boundary=r\n\n--r--\n"
    assert parse(mixed(TEXT, inner).replace(b"mixed", b"alternative")).text == "Hello"


def test_attachments_are_numbered_as_imap_does() -> None:
    nested = b"Content-Type: multipart/related; boundary=r\n\n--r\nContent-Type: text/html\n\n<img src=cid:i>\n--r\nContent-Type: image/png\nContent-ID: <i>\nContent-Transfer-Encoding: base64\n\niVBO\n--r--"
    raw = mixed(TEXT, nested, PDF, ENCLOSED, b"Content-Type: application/x-nameless\n\n")
    found = [(each.part, each.filename, each.content_type, each.size) for each in parse(raw).attachments]
    assert found == [
        ("2.2", None, "image/png", 3),
        ("3", "a.pdf", "application/pdf", 4),
        ("4", None, "message/rfc822", len(ENCLOSED.partition(b"\n\n")[2])),
        ("5", None, "application/x-nameless", 0),
    ]
    assert messages.part_bytes(raw, "3") == ("application/pdf", b"%PDF")
    assert messages.part_bytes(raw, "4.1") == ("text/plain", b"old text")
    assert messages.part_bytes(raw, "99") is None
    assert messages.inline_images(raw) == {"i": ("image/png", b"\x89PN")}
    assert parse(raw).attachments[0].content_id == "i"
    assert parse(raw).attachments[0].is_inline


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        (b"attachment; filename=my file.pdf", "my file.pdf"),
        (b"attachment; filename*0*=utf-8''%C3%BC; filename*1=.pdf", "ü.pdf"),
        (b'attachment; filename="=?utf-8?q?=C3=BC?=.pdf"', "ü.pdf"),
        ("attachment; filename=ü.pdf".encode(), "ü.pdf"),
        (b'attachment; filename="=?utf-8?q?a=0D=0Ab?="', "a b"),
        (b"attachment", None),
    ],
)
def test_file_names(disposition: bytes, name: str | None) -> None:
    raw = mixed(TEXT, b"Content-Type: application/pdf\nContent-Disposition: " + disposition + b"\n\nx")
    assert [each.filename for each in parse(raw).attachments] == [name]


def test_parts_after_a_reused_boundary_are_not_lost() -> None:
    raw = mixed(TEXT) + b"\n--b\n" + PDF + b"\n--b--\n"
    assert [each.filename for each in parse(raw).attachments] == ["a.pdf"]
    assert "boundary-reused" in parse(raw).defects


def test_an_attached_message_is_a_forward_with_the_text_as_comment() -> None:
    (found,) = parse(mixed(TEXT, ENCLOSED)).forwards
    assert (found.kind, found.subject, found.comment) == ("attached", "Old", "Hello")
    assert found.sender == ("Eve", "eve@x")
    assert found.date is not None


def test_every_attached_message_is_a_forward_and_each_tells_who_forwarded_it() -> None:
    deeper = b"From: Leo <leo@x>\nSubject: Fwd: Old\n" + mixed(b"\nsee below", ENCLOSED, head=b"").replace(
        b"--b", b"--c"
    )
    deeper = b"Content-Type: message/rfc822\n\n" + deeper.replace(b"boundary=b", b"boundary=c")
    other = ENCLOSED.replace(b"Old", b"Other").replace(b"Eve <eve@x>", b"Ida <ida@x>")
    found = parse(mixed(TEXT, deeper, other)).forwards
    assert [
        (one.subject, one.sender and one.sender.address, one.by and one.by.address, one.comment) for one in found
    ] == [
        ("Fwd: Old", "leo@x", None, "Hello"),
        ("Old", "eve@x", "leo@x", None),
        ("Other", "ida@x", None, "Hello"),
    ]


@pytest.mark.parametrize(
    "sender", [b"MAILER-DAEMON@mx.example", b"Mail Delivery System <Mailer-Daemon@mx.example>", b"postmaster"]
)
def test_what_a_mail_system_gives_back_is_no_forward(sender: bytes) -> None:
    raw = mixed(TEXT, ENCLOSED, head=b"From: " + sender + b"\nSubject: Mail\n")
    assert len(parse(raw.replace(sender, b"Ada <ada@firm.example>")).forwards) == 1
    assert parse(raw.replace(sender, sender if b"@" in sender else sender + b"@mx.example")).forwards == ()


def test_a_comment_alone_is_no_author() -> None:
    assert parse(b"From: (mailbox in ASCII)\n\nx").from_ == ()
    assert parse(b"From: (ada@firm.example)\n\nx").from_ == (("", "ada@firm.example"),)


def test_an_attached_message_in_base64_is_opened() -> None:
    head, _, inside = ENCLOSED.partition(b"\n\n")
    part = head + b"\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes(inside)
    assert parse(mixed(TEXT, part)).forwards[0].subject == "Old"


def test_a_bounce_is_no_forward_and_its_report_is_text() -> None:
    status = b"Content-Type: message/delivery-status\n\nAction: failed\n"
    found = parse(
        mixed(TEXT, status, ENCLOSED).replace(b"multipart/mixed", b"multipart/report; report-type=delivery-status")
    )
    assert found.forwards == ()
    assert "Action: failed" in found.text


@pytest.mark.parametrize(
    ("raw", "defect"),
    [
        (b"", "empty-message"),
        (b" \r\n\n", "empty-message"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "not-a-message"),
        (bytes(range(256)) * 10, "not-a-message"),
    ],
)
def test_what_is_no_message_is_told_apart_and_not_read(raw: bytes, defect: str) -> None:
    found = parse(raw)
    assert (found.defects, found.text, found.attachments) == ((defect,), "", ())
    assert found.fingerprint != parse(raw + b"\x01").fingerprint
    assert messages.part_bytes(raw, "1") is None
    assert messages.html_of(raw) is None


def test_depth_and_number_of_parts_are_bounded() -> None:
    deep = HEAD + b"".join(b"Content-Type: multipart/mixed; boundary=x%d\n\n--x%d\n" % (n, n) for n in range(5000))
    assert "too-deep" in parse(deep + b"\nend").defects
    assert "too-deep" in parse(HEAD + b"Content-Type: message/rfc822\n\n" * 5000).defects
    wide = parse(HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\nContent-Type: a/b\n\n" * 30_000)
    assert "too-many-parts" in wide.defects
    assert "too-many-fields" in parse(b"X: y\n" * 50_000 + b"\nx").defects


# The fingerprint


def same(one: bytes, other: bytes) -> bool:
    return parse(one, (), "log.example").fingerprint == parse(other, (), "log.example").fingerprint


MAIL = mixed(TEXT, PDF)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(MAIL.replace(b"\n", b"\r\n"), id="CRLF"),
        pytest.param(b"Received: by mx; now\nDKIM-Signature: v=1\nX-Spam: no\nDelivered-To: x@y\n" + MAIL, id="trace"),
        pytest.param(MAIL.replace(b"To: bob", b"Bcc: secret@log.example\nTo: bob"), id="Bcc"),
        pytest.param(MAIL.replace(b"Subject: Lease", b"Subject: =?utf-8?q?Lease?="), id="encoded subject"),
        pytest.param(MAIL.replace(b"Hello", b"Hello  "), id="trailing blanks"),
        pytest.param(
            MAIL.replace(b"/plain\n\nHello", b"/plain\nContent-Transfer-Encoding: base64\n\nSGVsbG8="), id="base64"
        ),
        pytest.param(
            MAIL.replace(b"/plain\n\nHello", b"/plain\nContent-Transfer-Encoding: quoted-printable\n\n=48ello"), id="qp"
        ),
        pytest.param(MAIL.replace(b"boundary=b", b"boundary=c").replace(b"--b", b"--c"), id="boundary"),
        pytest.param(MAIL.replace(b"JVBERg==", b"JVBE\nRg=="), id="base64 lines"),
        pytest.param(b"From ada Fri\n" + MAIL, id="From_ line"),
        pytest.param(MAIL.replace(b"09:55:06 -0600", b"15:55:06 +0000"), id="zone"),
        pytest.param(MAIL.replace(b"Fri, 21 Nov 1997 09:55:06 -0600", b"21 Nov 97 10:55:06 EST"), id="form of Date"),
        pytest.param(
            MAIL.replace(b"To: bob", b"To: Bob <BOB").replace(b"client.example\n", b"client.example>\n"), id="names"
        ),
        pytest.param(
            MAIL.replace(b"To: bob@client.example", b"Cc: bob@client.example, bob@client.example"), id="To or Cc"
        ),
        pytest.param(MAIL.replace(b"To: bob", b"To: ada-x@log.example, bob"), id="an address at the logging domain"),
        pytest.param(MAIL.replace(b"name=a.pdf", b"name=b.pdf"), id="file name"),
        pytest.param(MAIL.replace(b"application/pdf", b"application/x-pdf"), id="type of an attachment"),
        pytest.param(
            mixed(b"Content-Type: multipart/related; boundary=c\n\n--c\n" + TEXT + b"\n--c--", PDF), id="part numbers"
        ),
    ],
)
def test_the_same_mail_has_the_same_fingerprint(other: bytes) -> None:
    assert other != MAIL
    assert same(MAIL, other)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(MAIL.replace(b"<1@firm", b"<2@firm"), id="Message-ID"),
        pytest.param(MAIL.replace(b"ada@", b"adb@"), id="From"),
        pytest.param(MAIL.replace(b"09:55", b"09:56"), id="Date"),
        pytest.param(MAIL.replace(b"Lease", b"Lfase"), id="Subject"),
        pytest.param(MAIL.replace(b"Subject: Lease\n", b""), id="no Subject"),
        pytest.param(MAIL.replace(b"Hello", b"Hallo"), id="text"),
        pytest.param(MAIL.replace(b"JVBERg==", b"JVBERw=="), id="attachment"),
        pytest.param(MAIL.replace(b"text/plain", b"text/html"), id="type"),
        pytest.param(MAIL.replace(b"bob@", b"bea@"), id="To"),
        pytest.param(MAIL.replace(b"To: bob", b"To: bea@client.example, bob"), id="one more in To"),
        pytest.param(MAIL.replace(b"Fri, 21 Nov 1997 09:55:06 -0600", b"soon"), id="unreadable Date"),
        pytest.param(mixed(PDF, TEXT), id="order"),
        pytest.param(mixed(TEXT, PDF, PDF), id="number"),
        pytest.param(mixed(TEXT, PDF, ENCLOSED), id="enclosed"),
    ],
)
def test_another_mail_has_another_fingerprint(other: bytes) -> None:
    assert not same(MAIL, other)


def test_no_two_lists_of_fields_look_alike() -> None:
    assert not same(b"Date: ab\nSubject: c\n\n", b"Date: a\nSubject: bc\n\n")
    assert not same(b"From: a@x, b@x\n\n", b"From: a@x\nSubject: b@x\n\n")


def test_enclosed_messages_count_with_their_headers_alone() -> None:
    assert not same(mixed(ENCLOSED), mixed(ENCLOSED.replace(b"eve@x", b"eva@x")))
    assert same(mixed(ENCLOSED), mixed(ENCLOSED.replace(b"old text", b"old text, encoded anew")))


GREETING = "Grüße aus Köln"


@pytest.mark.parametrize("kind", ["text/plain", "text/html"])
def test_charset_and_encoding_do_not_count(kind: str) -> None:
    decomposed = unicodedata.normalize("NFD", GREETING)
    forms = [
        (GREETING.encode(), "utf-8", "8bit"),
        (GREETING.encode("latin-1"), "iso-8859-1", "8bit"),
        (quopri.encodestring(GREETING.encode("cp1252")), "windows-1252", "quoted-printable"),
        (base64.b64encode(GREETING.encode("utf-16")), "utf-16", "base64"),
        (decomposed.encode(), "utf-8", "8bit"),
    ]
    prints = {
        parse(
            HEAD
            + f"Content-Type: {kind}; charset={charset}\nContent-Transfer-Encoding: {encoding}\n\n".encode()
            + content
        ).fingerprint
        for content, charset, encoding in forms
    }
    assert len(prints) == 1


def test_an_attachment_is_the_same_in_any_encoding() -> None:
    content = b"%PDF\x00\x01\r\n\xff text \r\n"
    encoded = {
        "base64": base64.b64encode(content),
        "quoted-printable": quopri.encodestring(content).replace(b"\r\n", b"=0D=0A"),
        "binary": content,
    }
    prints = {
        parse(
            mixed(
                TEXT, b"Content-Type: application/pdf\nContent-Transfer-Encoding: " + name.encode() + b"\n\n" + octets
            )
        ).fingerprint
        for name, octets in encoded.items()
    }
    assert len(prints) == 1


# Any bytes

PIECES = st.sampled_from(
    [
        b"From: ", b"To: ", b"Subject: ", b"Date: ", b"Content-Type: ", b"multipart/mixed; boundary=b", b"text/html", b"text/plain; charset=",
        b"message/rfc822", b"multipart/alternative; boundary=a", b"utf-16", b"iso-2022-jp", b"idna", b"\n", b"\n", b"\r\n", b"\n\n", b"--b\n", b"--b--\n",
        b"--a\n", b"Content-Transfer-Encoding: base64\n", b"Content-Transfer-Encoding: quoted-printable\n", b"Content-Transfer-Encoding: x-uuencode\n",
        b"begin 644 a\n", b"=?utf-8?q?=C3?=", b"=?x?b?w?=", b"<a@b>", b"(", b'"', b",", b";", b"\x00", b"\xff", b"\xc3\xbc", b"=\n", b"=3D", b"QQ==", b" ", b"\t",
        b"name*0*=utf-8''%41", b"Fri, 21 Nov 1997 09:55:06 -0600", b"9999", b"<p>x", b"<!--", b"&#xD800;", b"format=flowed", b"\x1b$B", b"+2AA-", b"utf-7",
    ]
)  # fmt: skip


def check(raw: bytes) -> None:
    found = parse(raw)
    texts = [found.text, found.subject or "", found.msgid or "", *found.references]
    for mailbox in (*found.from_, *found.to, *found.cc):
        texts += mailbox
    for each in found.attachments:
        texts += [each.filename or "", each.content_type, each.content_id or ""]
        content = messages.part_bytes(raw, each.part)
        assert content is not None
        assert (content[0], len(content[1])) == (each.content_type, each.size)
    for text in texts:
        text.encode("utf-8")
        assert "\0" not in text
    messages.html_of(raw)
    messages.inline_images(raw)


@given(st.binary())
def test_parse_never_raises_on_any_bytes(raw: bytes) -> None:
    check(raw)


@given(st.lists(PIECES, max_size=40).map(b"".join))
def test_parse_never_raises_on_header_soup(raw: bytes) -> None:
    check(raw)


@given(st.lists(PIECES, max_size=40).map(b"".join))
def test_line_ends_do_not_change_the_fingerprint(raw: bytes) -> None:
    lines = HEAD + raw.replace(b"\r\n", b"\n")
    assert same(lines, lines.replace(b"\n", b"\r\n"))
