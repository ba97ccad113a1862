"""A secret planted in mail in every spelling and place, and a reader who finds it in an answer however it is spelt."""

from __future__ import annotations

import base64
import email
import email.policy
import gzip
import html
import io
import json
import quopri
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from email.headerregistry import Address
from email.message import EmailMessage
from urllib.parse import unquote

TOKEN = "4t7wn9k2mh5vc8qxr"
ADDRESS = f"olga-{TOKEN}@log.firm.example"
_HALF, _REST = TOKEN[:5], TOKEN[5:]

SPELLINGS = {
    "plain": ADDRESS,
    "the token alone": f"note {TOKEN} here",
    "upper case": ADDRESS.upper(),
    "(at)": f"olga-{TOKEN} (at) log.firm.example",
    "quoted local part": f'"olga-{TOKEN}"@log.firm.example',
    "case tag": f"olga-{TOKEN}+2026-101@log.firm.example",
    "soft hyphen": f"olga-{_HALF}\u00ad{_REST}@log.firm.example",
    "soft hyphen alone": f"note {_HALF}\u00ad{_REST} here",
    "zero-width joiner": f"{_HALF}\u200d{_REST}",
    "tag letters": f"{_HALF}\U000e0061{_REST}",
    "fullwidth": "".join(chr(ord(letter) + 0xFEE0) for letter in TOKEN),
    "tags": f"{_HALF}<b></b>{_REST}",
    "entities": f"&#{ord(TOKEN[0])};{TOKEN[1:]}",
    "percent": f"%{ord(TOKEN[0]):02x}{TOKEN[1:]}%40log.firm.example",
    "quoted-printable": f"{_HALF}=\n{_REST}",
    "international domain": f"olga-{TOKEN}@log.fïrm.example",
}


def _letter(**headers: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Olga <olga@firm.example>", "anna@client.example", "canary"
    for name, value in headers.items():
        del message[name]
        message[name] = value
    message.set_content("Dear Anna")
    return message


def _line(words: str) -> str:
    """The same where a line cannot end: another escape of quoted-printable."""
    return words.replace(f"{_HALF}=\n", f"={ord(_HALF[0]):02X}{_HALF[1:]}")


def _in_text(encoding: str) -> Callable[[str], EmailMessage]:
    def made(words: str) -> EmailMessage:
        message = _letter()
        message.set_content(words, cte=encoding)
        return message

    return made


def _in_html(words: str) -> EmailMessage:
    message = _letter()
    message.add_alternative(f"<p>{words}</p>", subtype="html", cte="base64")
    return message


def _attached(kind: str, name: str, made: Callable[[str], bytes]) -> Callable[[str], EmailMessage]:
    def message_of(words: str) -> EmailMessage:
        message = _letter()
        maintype, _, subtype = kind.partition("/")
        message.add_attachment(made(words), maintype=maintype, subtype=subtype, filename=name)
        return message

    return message_of


def _in_subject(words: str) -> EmailMessage:
    return _letter(Subject=f"about {_line(words)}")


def _in_name(words: str) -> EmailMessage:
    person = Address(display_name=_line(words).replace('"', ""), addr_spec="anna@client.example")
    message = _letter()
    del message["To"]
    message["To"] = person
    return message


def _in_filename(words: str) -> EmailMessage:
    message = _letter()
    message.add_attachment(b"x", maintype="application", subtype="octet-stream", filename=f"{_line(words)}.bin")
    return message


def _in_header(words: str) -> EmailMessage:
    return _letter(**{"X-Forwarded-For": _line(words)})


def _forward_in_message(words: str) -> EmailMessage:
    inner = _in_text("base64")(words)
    message = _letter()
    message.add_attachment(inner)
    return message


def _eml(words: str) -> bytes:
    return _in_text("base64")(words).as_bytes()


def _mbox(words: str) -> bytes:
    return b"".join(b"From x Thu Jan  1 00:00:00 1970\n" + make(words).as_bytes() + b"\n" for make in
                    (_in_text("base64"), _in_text("quoted-printable")))  # fmt: skip


def _pdf(words: str) -> bytes:
    stream = zlib.compress(f"BT ({words}) Tj ET".encode("utf-8", "replace"))
    return b"%PDF-1.7\n1 0 obj\n<</Filter/FlateDecode>>stream\n" + stream + b"\nendstream\nendobj\n%%EOF"


def _docx(words: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", f"<w:document><w:t>{words}</w:t></w:document>")
    return made.getvalue()


PLACES: dict[str, Callable[[str], EmailMessage]] = {
    "subject": _in_subject,
    "a name": _in_name,
    "a header": _in_header,
    "text": _in_text("8bit"),
    "text in base64": _in_text("base64"),
    "text in quoted-printable": _in_text("quoted-printable"),
    "html": _in_html,
    "file name": _in_filename,
    "attached text": _attached("text/plain", "a.txt", lambda words: words.encode()),
    "attached text of no type": _attached("application/octet-stream", "a.dat", lambda words: words.encode()),
    "attached page": _attached("text/html", "a.html", lambda words: f"<p>{words}</p>".encode()),
    "attached json": _attached("application/json", "a.json", lambda words: json.dumps({"a": _line(words)}).encode()),
    "attached utf-16": _attached("text/plain", "b.txt", lambda words: words.encode("utf-16")),
    "attached message": _forward_in_message,
    "attached .eml": _attached("application/octet-stream", "a.eml", _eml),
    "attached mbox": _attached("application/mbox", "a.mbox", _mbox),
    "attached pdf": _attached("application/pdf", "a.pdf", _pdf),
    "attached docx": _attached("application/zip", "a.docx", _docx),
    "attached gzip": _attached("application/gzip", "a.gz", lambda words: gzip.compress(words.encode(), mtime=0)),
}
CLOSED = ("attached pdf", "attached docx", "attached gzip")
"""What cannot be changed without breaking it."""


def planted(spelling: str, place: str, number: int) -> bytes:
    """The mail that holds the secret in this spelling at this place."""
    message = PLACES[place](SPELLINGS[spelling])
    message["Date"] = "Mon, 02 Nov 2026 09:30:00 +0100"
    message["Message-ID"] = f"<{number}@mail.example>"
    return message.as_bytes(policy=email.policy.SMTP if number % 2 else email.policy.default)


def shows(answer: bytes) -> bool:
    """Whether somebody who tries hard finds the secret in an answer: unpacked, decoded and without what is not seen."""
    return any(_is_read(piece) for piece in _unpacked(answer, 0))


def _unpacked(octets: bytes, depth: int) -> Iterator[bytes]:
    yield octets
    if depth > 4:
        return
    if octets.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(octets)) as archive:
            for name in archive.namelist():
                yield name.encode()
                yield from _unpacked(archive.read(name), depth + 1)
    elif octets.startswith(b"\x1f\x8b"):
        yield from _unpacked(gzip.decompress(octets), depth + 1)
    elif octets.startswith(b"%PDF"):
        for found in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", octets, re.DOTALL):
            yield zlib.decompress(found[1])
    elif b"-Transfer-Encoding:" in octets or b"Subject:" in octets:
        for piece in re.split(rb"(?m)^From .*\r?\n", octets):
            for part in email.message_from_bytes(piece).walk():
                for name, value in part.items():
                    yield f"{name}: {email.header.make_header(email.header.decode_header(value))}".encode()
                yield (part.get_filename() or "").encode("utf-8", "replace")
                if not part.is_multipart():
                    yield from _unpacked(part.get_payload(decode=True) or b"", depth + 1)
    for run in re.findall(rb"(?:[A-Za-z0-9+/]{60,76}\r?\n)*[A-Za-z0-9+/]{24,}={0,2}", octets):
        try:
            yield base64.b64decode(run)
        except ValueError:
            continue


def _is_read(octets: bytes) -> bool:
    texts = [octets.decode("utf-8", "replace")]
    if b"\0" in octets or octets.startswith((b"\xff\xfe", b"\xfe\xff")):
        texts += [octets.decode(codec, "replace") for codec in ("utf-16", "utf-16-be")]
    for text in texts:
        soft = quopri.decodestring(text.encode("utf-8", "replace")).decode("utf-8", "replace") if "=" in text else text
        forms = {text, soft, _without_escapes(text)}
        readings = forms | {re.sub(r"<[^<>]*>", "", form) for form in forms}
        if any(TOKEN in _seen(each) for each in readings | {unquote(html.unescape(reading)) for reading in readings}):
            return True
    return False


def _without_escapes(text: str) -> str:
    """A text with the escapes of JSON undone."""
    return re.sub(
        r"(?:\\u[0-9a-fA-F]{4})+",
        lambda found: bytes.fromhex(found[0].replace("\\u", "")).decode("utf-16-be", "replace"),
        text,
    )


def _seen(text: str) -> str:
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        for letter in {each for each in set(text) if unicodedata.category(each) == "Cf"}:
            text = text.replace(letter, "")
    return text.lower()
