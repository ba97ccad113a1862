"""BCC addresses never show in what is derived from mail, nor in copies, however they are spelt."""

from __future__ import annotations

import base64
import email
import email.policy
import gzip
import io
import quopri
import re
import zipfile
import zlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from casefleet_cli import clock
from casefleet_cli.core.mail.message import parse
from casefleet_cli.core.secrets import Mask
from casefleet_cli.core.secrets.copies import Copy, Findings, redact
from casefleet_cli.core.secrets.mask import domains
from casefleet_cli.core.secrets.spelling import Secrets
from casefleet_cli.custody.containers import look_into
from tests.timing import is_linear

TOKEN = "7k3mq9x2vt4hc8wnp"
SECRET = f"ada-{TOKEN}"
ADDRESS = f"{SECRET}@log.firm.example"
OTHERS = [f"u{n}-{clock.token()}@log.firm.example" for n in range(3000)]
KNOWN = Secrets((), [ADDRESS, *OTHERS])
WITH_DOMAIN = Secrets(("log.firm.example",), [ADDRESS])
MASK = Mask("log.firm.example")
MASK_THAT_KNOWS = Mask("log.firm.example", lambda: [ADDRESS])

SPELLINGS = {
    "plain": (ADDRESS, "***@log.firm.example"),
    "upper case": (ADDRESS.upper(), "***@LOG.FIRM.EXAMPLE"),
    "case tag": (f"{SECRET}+2026-104@log.firm.example", "***@log.firm.example"),
    "percent": (f"{SECRET}%40log.firm.example", "***%40log.firm.example"),
    "percent and a tag": (f"{SECRET}%2B2026%40log.firm.example", "***%40log.firm.example"),
    "percent-encoded letters": ("ada%2D%37k3mq9x2%76t4hc8wnp%40log%2Efirm%2Eexample", "***%40log%2Efirm%2Eexample"),
    "quoted": (f"{SECRET}=40log.firm.example", "***=40log.firm.example"),
    "entity": (f"{SECRET}&#64;log.firm.example", "***&#64;log.firm.example"),
    "hex entity": (f"{SECRET}&#x40;log.firm.example", "***&#x40;log.firm.example"),
    "named entity": (f"{SECRET}&commat;log.firm.example", "***&commat;log.firm.example"),
    "entities of letters": ("&#97;da-7&#x6b;3mq9x2vt4hc8wnp&#64;log&#46;firm.example", "***&#64;log&#46;firm.example"),
    "fullwidth at": (f"{SECRET}＠log.firm.example", "***＠log.firm.example"),
    "fullwidth": (f"ada-７ｋ３ｍ{TOKEN[4:]}@log.firm.example", "***@log.firm.example"),
    "trailing dot": (f"{ADDRESS}.", "***@log.firm.example."),
    "soft hyphen": (f"ada-7k3m\u00ad{TOKEN[4:]}@log.firm.example", "***\u00ad@log.firm.example"),
    "zero width": (f"ada-\u200b7k3m\u200c{TOKEN[4:]}\ufeff@log.firm.example", "***\u200b\u200c\ufeff@log.firm.example"),
}
KNOWN_ONLY = {
    "tags": (f"<b>ada-7k3m</b>{TOKEN[4:]}<i>@log.firm</i>.example", "<b>***</b><i>@log.firm</i>.example"),
    "soft break": (f"ada-7k3m=\r\n{TOKEN[4:]}@log.firm.example", "***=\r\n@log.firm.example"),
    "soft break and tag": (f"<b>ada-7k=\n3m</b>{TOKEN[4:]}=40log", "<b>***=\n</b>=40log"),
    "alone": (f"my token {TOKEN}, keep it", "my token ***, keep it"),
    "local part alone": (f"my address is {SECRET}", "my address is ***"),
    "inside of a word": (f"x{TOKEN}y", "x***y"),
    "after what looks like an escape": (f"x=a{TOKEN}&y=%a{TOKEN}", "x=a***&y=%a***"),
    "escapes of JSON": (f'"ada\\u002d\\u0037k3m\\u00AD{TOKEN[4:]}"', '"***\\u00AD"'),
    "alone and disguised": (f"{TOKEN[:5]}\u200b{TOKEN[5:9]}\u00ad{TOKEN[9:]}", "***\u200b\u00ad"),
    "alone and fullwidth": (f"７ｋ３ｍ{TOKEN[4:]}", "***"),
    "alone between tags": (f"7k<b>3m</b>{TOKEN[4:]}", "***<b></b>"),
    "alone and encoded": (f"7k%33m{TOKEN[4:]} 7k=33m{TOKEN[4:]}", "*** ***"),
    "alone in upper case": (TOKEN.upper(), "***"),
    "parameter in pieces": (f'name*0="ada-7k3m";\r\n name*1="{TOKEN[4:]}.pdf"', 'name*0="***";\r\n name*1=".pdf"'),
}


@pytest.mark.parametrize(("text", "shown"), SPELLINGS.values(), ids=SPELLINGS)
@pytest.mark.parametrize("around", ["{}", "to {} always", "<{}>", "mailto:{}?subject=x", 'say "{}"', "a,{};b"])
def test_every_spelling_in_every_place(text: str, shown: str, around: str) -> None:
    text, shown = around.format(text), around.format(shown)
    for hide in (MASK.text, MASK_THAT_KNOWS.text, KNOWN.hide, WITH_DOMAIN.hide):
        assert hide(text) == shown
        assert hide(shown) == shown


@pytest.mark.parametrize(("text", "shown"), KNOWN_ONLY.values(), ids=KNOWN_ONLY)
def test_what_only_those_find_who_know_the_secret(text: str, shown: str) -> None:
    for hide in (KNOWN.hide, WITH_DOMAIN.hide, MASK_THAT_KNOWS.text):
        assert hide(text) == shown
        assert hide(shown) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("someone@log.firm.example", "***@log.firm.example"),
        ("anna@client.example", "anna@client.example"),
        ("x@log.firm.example.org and x@mylog.firm.example", "x@log.firm.example.org and x@mylog.firm.example"),
        (f"{ADDRESS}.org", "***@log.firm.example.org"),
        (f"{'x' * 300}@log.firm.example", f"{'x' * 100}***@log.firm.example"),
        ("", ""),
    ],
)
def test_any_local_part_at_the_domain(text: str, shown: str) -> None:
    assert MASK.text(text) == MASK.text(shown) == WITH_DOMAIN.hide(text) == shown


def test_an_international_domain_in_both_forms() -> None:
    mask = Mask("log.xn--mller-kva.example")
    assert mask.text("ada@log.müller.example") == "***@log.müller.example"
    assert mask.text("ada@LOG.MÜLLER.example") == "***@LOG.MÜLLER.example"
    assert mask.text("ada@log.xn--mller-kva.example") == "***@log.xn--mller-kva.example"
    assert domains("xn--\x80.example") == ("xn--\x80.example",)


def test_a_whole_message() -> None:
    secret = ADDRESS
    raw = f"""From: Ada <ada@firm.example>
To: {secret}
Cc: "{secret}" <{secret}>
Reply-To: {secret}
Subject: Fwd: about {secret}
Message-ID: <{secret}>
References: <notice-1@log.firm.example> <{secret}>
Content-Type: multipart/mixed; boundary=b

--b

hello {secret}, or {TOKEN}

---------- Forwarded message ---------
From: {secret} <{secret}>
Date: Sun, Nov 22, 2026 at 6:12 PM
Subject: {secret}
To: Ada <{secret}>

{secret}
--b
Content-Type: application/pdf; name="{secret}.pdf"

x
--b--
""".encode()
    message = parse(raw)
    assert TOKEN in repr(message)
    shown = MASK_THAT_KNOWS.message(message)
    assert TOKEN not in repr(shown)
    assert shown.fingerprint == message.fingerprint
    assert shown.references[0] == "notice-1@log.firm.example"


def test_no_logging_domain_masks_nothing() -> None:
    assert Mask("").text(ADDRESS) == ADDRESS


def test_addresses_are_not_asked_for_when_nothing_is_told() -> None:
    asked = []
    mask = Mask("log.firm.example", lambda: asked.append(1) or [ADDRESS])
    mask.text("anna@client.example wrote 20%, a=b & c — https://track.example/%40x?y=%40firm ada-1234567")
    mask.text(
        "internationalisation, Donaudampfschifffahrtsgesellschaft, 0123456789abcdef0123456789abcdef, <b>bold</b> =\n"
    )
    assert not asked
    assert mask.text(f"the end of {SECRET}") == "the end of ***"
    assert asked == [1]


def test_the_letters_of_tokens_are_those_that_are_looked_for() -> None:
    assert all(MASK_THAT_KNOWS._may_tell(f"a-{letter * clock.TOKEN_LENGTH}") for letter in clock.TOKEN_ALPHABET)


PIECES = st.sampled_from(
    [*(text for text, _ in (*SPELLINGS.values(), *KNOWN_ONLY.values())), TOKEN, TOKEN[:9], TOKEN[9:], "ada-", "@",
     "log.firm.example", "=\r\n", "<b>", "%4", "0", "&#6", "4;", "=", "%", "&", "***", "\u00ad", "İ", " ", "+", "=?utf-8?Q?", "?="]
)  # fmt: skip


@given(st.lists(st.one_of(PIECES, st.text(max_size=5)), max_size=8).map("".join))
@example(TOKEN[:5] + TOKEN + TOKEN[5:])
def test_twice_is_once_and_nothing_is_left(text: str) -> None:
    for secrets in (KNOWN, WITH_DOMAIN):
        hidden = secrets.hide(text)
        assert secrets.hide(hidden) == hidden
        assert TOKEN not in hidden.lower()
    masked = MASK_THAT_KNOWS.text(text)
    assert MASK_THAT_KNOWS.text(masked) == masked


@given(st.one_of(st.binary(), st.text("az-@.%=&#;<>\u00ad＠ \r\n+*0469", max_size=60).map(str.encode)))
def test_what_holds_no_secret_stays(content: bytes) -> None:
    assert KNOWN.hide_octets(content) == content
    assert KNOWN.hide_octets(content, "utf-16") == content
    assert redact(content, KNOWN, lambda _: Findings()) == Copy(content, (), ())
    message = parse(content)
    assert MASK_THAT_KNOWS.message(message) == message


@pytest.mark.parametrize("codec", ["utf-8", "latin-1", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
def test_octets_of_a_text(codec: str) -> None:
    before, after = "Grüße an ", "@log.firm.example, ä"
    shown = KNOWN.hide_octets(f"{before}{SECRET}{after}".encode(codec), codec)
    assert shown == f"{before}***{after}".encode(codec)
    assert KNOWN.hide_octets(shown + b"\xd8", codec) == shown + b"\xd8"


def body(encoded: bytes, encoding: str, kind: str = "text/plain; charset=utf-8") -> bytes:
    return b"\r\n".join(
        (b"From: ada@firm.example", b"To: anna@client.example", b"Subject: x", b"MIME-Version: 1.0",
         f"Content-Type: {kind}".encode(), f"Content-Transfer-Encoding: {encoding}".encode(), b"", encoded)
    )  # fmt: skip


def head(field: str) -> bytes:
    return f"From: ada@firm.example\r\n{field}\r\nDate: Mon, 02 Nov 2026 09:30:00 +0100\r\n\r\ntext\r\n".encode()


def lines(content: bytes) -> bytes:
    return base64.encodebytes(content).replace(b"\n", b"\r\n")


def word(text: str) -> str:
    return f"=?utf-8?B?{base64.b64encode(text.encode()).decode()}?="


LETTER = f"Dear Minh, you wrote to {ADDRESS} in copy. Zoë"
MAILS = {
    "plain": body(LETTER.encode(), "8bit"),
    "base64": body(lines(LETTER.encode()), "base64"),
    "base64 on one line": body(base64.b64encode(LETTER.encode() * 40), "base64"),
    "base64, utf-16": body(lines(LETTER.encode("utf-16")), "base64", "text/plain; charset=utf-16"),
    "base64, utf-16 without a mark": body(lines(LETTER.encode("utf-16-le")), "base64", "text/plain; charset=utf-16le"),
    "base64, html": body(lines(f"<p>ada-<b>7k3m</b>{TOKEN[4:]}</p>".encode()), "base64", "text/html"),
    "base64, damaged": body(lines(LETTER.encode()) + b"=\r\nZZ", "base64"),
    "quoted-printable": body(quopri.encodestring(LETTER.encode() * 3), "quoted-printable"),
    "quoted letters": body("".join(f"={ord(one):02X}" for one in SECRET).encode() + b"=40log", "quoted-printable"),
    "quoted, utf-16": body(
        b"".join(b"=%02X" % one for one in LETTER.encode("utf-16-le")), "quoted-printable", "text/plain; charset=utf-16le"
    ),
    "soft break": body(f"<b>ada-7k3m=\r\n{TOKEN[4:]}=40log.firm.example</b>".encode(), "quoted-printable", "text/html"),
    "calendar": body(lines(f"BEGIN:VCALENDAR\nATTENDEE:mailto:{ADDRESS}\n".encode()), "base64", "text/calendar"),
    "a text as a file": body(lines(LETTER.encode()), "base64", "application/octet-stream; name=a.csv"),
    "attached message": body(b"Subject: in\r\n\r\n" + LETTER.encode(), "8bit", "message/rfc822"),
    "attached message in base64": body(
        lines(body(lines(LETTER.encode()), "base64")), "base64", "message/rfc822"
    ),
    "q word": head(f"Cc: =?utf-8?Q?Log_=3C{SECRET}=40log=2Efirm=2Eexample=3E?="),
    "q word with coded letters": head(f"Subject: =?utf-8?Q?ada-=37k3m{TOKEN[4:]}?="),
    "b word": head(f"Subject: Re: {word('Grüße an ' + ADDRESS)} and more"),
    "word cut in two": head(f"Subject: {word('ada-7k3m')}\r\n {word(TOKEN[4:])} and more"),
    "parameter": head(f"Content-Disposition: attachment; filename*=utf-8''ada%2D{TOKEN}%40log.pdf"),
    "cut parameter": head(f"Content-Type: text/plain; name*0=\"ada-7k3m\";\r\n name*1=\"{TOKEN[4:]}.txt\""),
    "a whole file in utf-16": head(f"Subject: {ADDRESS}").decode().encode("utf-16"),
    "base64 in a quoted message": body(
        b"Returned:\r\n\r\n" + body(lines(LETTER.encode() * 9), "base64"), "7bit", "text/rfc822-headers"
    ),
}  # fmt: skip


RUN = re.compile(rb"(?m)^(?:[A-Za-z0-9+/]{2,}={0,2}\r?\n){2,}")


def opened(raw: bytes) -> str:
    """What a mail program shows of a message, as two readers read it."""
    if raw.startswith(b"\xff\xfe"):
        raw = raw.decode("utf-16").encode()
    message = email.message_from_bytes(raw, policy=email.policy.default)
    seen = [repr(parse(raw)), *(f"{name}: {value}" for name, value in message.items())]
    for part in message.walk():
        seen.append(str(part.get_filename()))
        if not part.is_multipart():
            octets = part.get_payload(decode=True) or b""
            seen += [octets.decode("utf-8", "replace"), octets.replace(b"\0", b"").decode("latin-1")]
    for found in (raw, *(base64.b64decode(run) for run in RUN.findall(raw))):
        seen += [base64.b64decode(run).replace(b"\0", b"").decode("latin-1") for run in RUN.findall(found)]
    return "\n".join(seen).replace("<b>", "").replace("</b>", "")


@pytest.mark.parametrize("raw", MAILS.values(), ids=MAILS)
@pytest.mark.parametrize("newline", [b"\r\n", b"\n"], ids=["crlf", "lf"])
def test_a_copy_shows_no_secret_and_is_still_the_mail(raw: bytes, newline: bytes) -> None:
    if not raw.startswith(b"\xff\xfe"):
        raw = raw.replace(b"\r\n", newline)
    assert TOKEN in opened(raw)
    copy = redact(raw, KNOWN, lambda _: Findings())
    assert copy.held == copy.unread == ()
    assert TOKEN not in opened(copy.raw)
    assert "***" in opened(copy.raw)
    assert redact(copy.raw, KNOWN, lambda _: Findings()).raw == copy.raw
    before, after = parse(raw), parse(copy.raw)
    assert KNOWN.hide(before.text) == after.text
    assert KNOWN.hide(before.subject or "") == (after.subject or "")
    assert set(after.defects) <= set(before.defects)
    assert [part.content_type for part in after.attachments] == [part.content_type for part in before.attachments]


def zipped(content: bytes, name: str = "word/document.xml") -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return made.getvalue()


def pdf(content: bytes) -> bytes:
    return b"%PDF-1.4\n1 0 obj\nstream\n" + zlib.compress(content) + b"\nendstream\n"


LOCKED = bytearray(zipped(LETTER.encode()))
LOCKED[6] |= 1  # the flag of encryption, in both headers
LOCKED[LOCKED.index(b"PK\x01\x02") + 8] |= 1
DOCUMENT = f"<w:t>ada-7k3m</w:t><w:t>{TOKEN[4:]}</w:t>".encode()
CLOSED = {
    "binary": (b"\0\1" + ADDRESS.encode(), ("part 1 (application/octet-stream)",), ()),
    "binary in utf-16": (b"\1" + ADDRESS.encode("utf-16-le"), ("part 1 (application/octet-stream)",), ()),
    "docx": (zipped(DOCUMENT), ("part 1 (application/octet-stream): word/document.xml",), ()),
    "gzip": (gzip.compress(LETTER.encode()), ("part 1 (application/octet-stream)",), ()),
    "pdf": (pdf(LETTER.encode()), ("part 1 (application/octet-stream)",), ()),
    "zip in zip": (zipped(zipped(LETTER.encode(), "a.txt"), "b.zip"), ("part 1 (application/octet-stream): b.zip/a.txt",), ()),
    "locked": (bytes(LOCKED), (), ("part 1 (application/octet-stream): word/document.xml (damaged or locked)",)),
    "cut off": (zipped(LETTER.encode())[:60], (), ("part 1 (application/octet-stream): (damaged or locked)",)),
    "7z": (b"7z\xbc\xaf\x27\x1c" + bytes(40), (), ("part 1 (application/octet-stream): (7z)",)),
    "innocent": (zipped(b"nothing"), (), ()),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), (), ()),
}  # fmt: skip


@pytest.mark.parametrize(("content", "held", "unread"), CLOSED.values(), ids=CLOSED)
def test_what_cannot_be_changed_is_told_of(content: bytes, held: tuple[str, ...], unread: tuple[str, ...]) -> None:
    raw = body(lines(content), "base64", "application/octet-stream")
    assert redact(raw, KNOWN, lambda found: look_into(found, KNOWN)) == Copy(raw, held, unread)


@pytest.mark.parametrize(
    ("encoding", "kind"), [("base64", "image/png"), ("base64", "text/plain"), ("x-uuencode", "text/plain")]
)
def test_a_secret_among_encoded_letters_is_told_of(encoding: str, kind: str) -> None:
    picture = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) if kind == "image/png" else b"Dear Anna"
    encoded = lines(picture) if encoding == "base64" else b"begin 644 a\n)1&5A<B!!;FYA\n`\nend\n"
    raw = body(b"!!" + ADDRESS.encode() + b"!!\n" + encoded, encoding, kind)
    assert redact(raw, KNOWN, lambda _: Findings()) == Copy(raw, ("part 1 (among its encoded letters)",), ())


HOSTILE = {
    "ats": "@", "domains": " @log.firm.example", "percents": "%40", "entities": "&#64;", "tags": "<", "runs": "7k3mq9x2vt4",
    "cuts": "; a*1=", "words": "=?a?Q?b?= ", "dashes": "-" + "a" * 16, "open words": "=?a?Q?", "soft": "= ",
    "streams": "stream\n", "soft hyphens": "\u00ad", "pluses": TOKEN + "+",
}  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE)
def test_twice_the_text_takes_about_twice_the_time(piece: str) -> None:
    def looked_through(text: str) -> None:
        raw = text.encode()
        for work in (WITH_DOMAIN.hide, KNOWN.hide, MASK_THAT_KNOWS.text):
            work(text)
        redact(raw, KNOWN, lambda found: look_into(found, KNOWN))
        look_into(b"%PDF" + raw, KNOWN)

    size = 10_000 if piece == HOSTILE["soft hyphens"] else 60_000  # one of them takes as long as ten others
    assert is_linear(looked_through, lambda n: piece * (n // len(piece)), size)
