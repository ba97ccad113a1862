"""A message in MAPI's form written as one of RFC 5322, so that it is read like any other.

The transport headers stand as they came where there are any; what they lack is made of the properties. The same
message always gives the same bytes.
"""

from __future__ import annotations

import binascii
import hashlib
import re

from casefleet_cli.core.mail.containers import addresses, mapi, rtf
from casefleet_cli.core.mail.containers.allowance import DamagedError
from casefleet_cli.light import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from casefleet_cli.core.mail.containers.addresses import Person

DEFECTS_FIELD = "X-Casefleet-Defects"
"""The header field in which a message that was made tells what could not be read."""
DEFECTS = frozenset(
    "rtf-damaged attachment-not-in-container containers-too-deep tnef-damaged msg-damaged"
    " exchange-address-unresolved".split()
)
BOUNDARY = "casefleet-"
"""How the boundary of every message that was made begins; the SHA-256 of its container follows."""
_BANNER = "microsoft mail internet headers"
_FIELD_NAME = r"[!-9;-~]+[ \t]*:"
_NOT_OURS = re.compile(
    r"^(?:content-[\w-]+|mime-version|x-casefleet-[\w-]+|x-unsent)[ \t]*:.*\n(?:[ \t].*\n)*", re.I | re.M
)
_KINDS = {1: "To", 2: "Cc", 3: "Bcc"}
_TYPE = r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+"
_ENTITY = rb"(?i)\s*(?:content-[a-z-]+|mime-version)[ \t]*:"
_DAYS, _MONTHS = "Mon Tue Wed Thu Fri Sat Sun".split(), "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def write(item: mapi.Item, seed: bytes, original: tuple[str, str, bytes] | None = None) -> bytes:
    """The message; `seed` makes its boundaries, `original` (name, type, octets) is attached last."""
    return _Writer(item, hashlib.sha256(seed, usedforsecurity=False).hexdigest()[:32]).message(original)


def entity(item: mapi.Item, seed: bytes) -> bytes:
    """The same without the header of a message: for a container that is a part of one."""
    return _Writer(item, hashlib.sha256(seed, usedforsecurity=False).hexdigest()[:32]).body_and_files(
        None, is_bare=True
    )


def file_entity(
    name: str, content_type: str, content: bytes, *, content_id: str = "", is_inline: bool = False
) -> bytes:
    """A MIME part that is a file."""
    kind = content_type.strip() if re.fullmatch(_TYPE, content_type.strip()) else "application/octet-stream"
    head = f"Content-Type: {kind}\nContent-Disposition: {'inline' if is_inline else 'attachment'};\n"
    head += f" filename*=utf-8''{_percent(line(name))}\n"
    if content_id:
        head += f"Content-ID: <{line(content_id).strip('<>')}>\n"
    return f"{head}Content-Transfer-Encoding: base64\n\n".encode("utf-8", "replace") + _base64(content)


class _Writer:
    def __init__(self, item: mapi.Item, digest: str, depth: int = 0) -> None:
        self.item = item
        self.digest = digest
        self.depth = depth
        self.defects = dict.fromkeys(item.defects)

    def message(self, original: tuple[str, str, bytes] | None) -> bytes:
        """Header, text, files."""
        head = self.head()
        rest = self.body_and_files(original)  # what it cannot read, the header tells
        if self.item.properties.integer(mapi.FLAGS) or 0:
            flags = self.item.properties.integer(mapi.FLAGS) or 0
            head += "X-Unsent: 1\n" if flags & mapi.UNSENT else ""
        if self.defects and self.depth == 0:
            head += f"{DEFECTS_FIELD}: {' '.join(self.defects)}\n"
        return f"{head}MIME-Version: 1.0\n".encode("utf-8", "replace") + rest

    def body_and_files(self, original: tuple[str, str, bytes] | None, *, is_bare: bool = False) -> bytes:
        """The MIME entity: what is read as text first, then the files."""
        text, is_signed = self.text()
        parts = [text] if text else []
        if not is_signed:
            parts += [self.file(number, file) for number, file in enumerate(self.item.files, 1)]
        if original:
            parts.append(file_entity(*original))
        if is_bare and self.defects:
            parts = parts or [_text("plain", "")]
        if not parts:
            parts = [_text("plain", "")]
        boundary = f"{BOUNDARY}{self.digest}{'-' * bool(self.depth)}{self.depth or ''}"
        told = f"{DEFECTS_FIELD}: {' '.join(self.defects)}\n" if is_bare and self.defects else ""
        return _multipart("mixed", boundary, parts, told)

    def text(self) -> tuple[bytes | None, bool]:
        """The part that is read as text, and whether it is a signed entity that holds the files as well."""
        signed = _signed(self.item)
        if signed is not None:
            return signed, True
        properties = self.item.properties
        plain, page = properties.text(mapi.BODY), properties.text(mapi.HTML)
        compressed = properties.octets(mapi.RTF)
        if compressed and not page and (not plain or rtf.holds_html(compressed)):
            try:
                body = rtf.body_of(compressed)
            except DamagedError:
                if not plain:
                    self.defects["rtf-damaged"] = None
            else:
                plain, page = plain or body.text, body.html
        parts = [_text(kind, text) for kind, text in (("plain", plain), ("html", page)) if text]
        if len(parts) < 2:
            return (parts[0] if parts else None), False
        return _multipart("alternative", f"{BOUNDARY}{self.digest}-{self.depth or ''}body", parts), False

    def file(self, number: int, file: mapi.File) -> bytes:
        """An attachment as a part; what is not there is listed with nothing in it."""
        properties = file.properties
        name = properties.text(mapi.FILE_LONG_NAME, mapi.FILE_NAME)
        if file.item is not None:
            writer = _Writer(
                file.item, hashlib.sha256(f"{self.digest} {number}".encode()).hexdigest()[:32], self.depth + 1
            )
            inner = writer.message(None)
            self.defects.update(writer.defects)
            name = name or properties.text(mapi.NAME) or file.item.properties.text(mapi.SUBJECT)
            disposition = f"attachment;\n filename*=utf-8''{_percent(_eml(name))}"
            return f"Content-Type: message/rfc822\nContent-Disposition: {disposition}\n\n".encode() + inner
        if not name:
            path = properties.text(mapi.FILE_LONG_PATH, mapi.FILE_PATH)
            name = path.replace("\\", "/").rpartition("/")[2] or properties.text(mapi.NAME)
        if file.content is None:
            self.defects["attachment-not-in-container"] = None
        content_id = properties.text(mapi.CONTENT_ID)
        is_inline = bool(properties.integer(mapi.HIDDEN)) or bool((properties.integer(mapi.FILE_FLAGS) or 0) & 4)
        kind = properties.text(mapi.FILE_TYPE)
        if kind.lower().startswith(("multipart/", "message/")):
            kind = "application/pkcs7-mime" if _is_cms(file.content or b"") else "application/octet-stream"
        return file_entity(name or "attachment", kind, file.content or b"", content_id=content_id, is_inline=is_inline)

    def head(self) -> str:
        """The header fields of the message, without those of MIME."""
        kept = _kept(self.item.properties.text(mapi.HEADERS))
        names = {found.lower() for found in re.findall(r"^([!-9;-~]+?)[ \t]*:", kept, re.M)}
        fields = self.fields(has_people=names >= {"from", "to"})
        made = "".join(f"{name}: {value}\n" for name, value in fields if value and name.lower() not in names)
        return kept + made

    def fields(self, *, has_people: bool) -> list[tuple[str, str]]:
        """The fields that the properties give; `has_people`: the headers say who it is from and to."""
        properties = self.item.properties
        people = addresses.People(self.item)
        author, sender = people.author, people.sender
        found = [("From", _mailbox(author))]
        if sender and author and sender.address.lower() != author.address.lower():
            found.append(("Sender", _mailbox(sender)))
        listed: dict[str, list[str]] = {"To": [], "Cc": [], "Bcc": []}
        for kind, person in people.recipients:
            listed[_KINDS.get(kind & 0xF, "To")].append(_mailbox(person))
        found += [(name, ",\n ".join(dict.fromkeys(filter(None, mailboxes)))) for name, mailboxes in listed.items()]
        if people.unresolved and not has_people:
            self.defects["exchange-address-unresolved"] = None
            found.append(("X-Exchange-Address", ",\n ".join(_encoded(one) for one in people.unresolved)))
        moment = properties.moment(mapi.SUBMITTED, mapi.DELIVERED)
        if mapi.SUBJECT in properties.values:
            found.append(("Subject", _encoded(properties.text(mapi.SUBJECT)) or " "))
        found += [
            ("Date", _date(moment) if moment else ""),
            ("Message-ID", line(properties.text(mapi.MSGID))),
            ("In-Reply-To", line(properties.text(mapi.IN_REPLY_TO))),
            ("References", line(properties.text(mapi.REFERENCES))),
        ]
        return found


def _kept(headers: str) -> str:
    """The transport headers as Outlook kept them; "" where they are none."""
    headers = headers.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    if headers[: len(_BANNER)].lower() == _BANNER:
        headers = headers.partition("\n")[2].lstrip("\n")
    if not re.match(_FIELD_NAME, headers):
        return ""
    return _NOT_OURS.sub("", headers.partition("\n\n")[0] + "\n")


def _signed(item: mapi.Item) -> bytes | None:
    """The whole MIME entity of a signed message, which Outlook keeps as its one attachment (MS-OXOSMIME section 2)."""
    if "smime" not in item.properties.text(mapi.CLASS).lower() or len(item.files) != 1:
        return None
    content = item.files[0].content or b""
    if is_entity(content):
        return content.lstrip()
    if _is_cms(content):
        name = item.files[0].properties.text(mapi.FILE_LONG_NAME, mapi.FILE_NAME) or "smime.p7m"
        return file_entity(name, "application/pkcs7-mime", content)
    return None


def is_entity(content: bytes) -> bool:
    """Whether octets begin with the header of a MIME entity."""
    return re.match(_ENTITY, content[:1000]) is not None


def _is_cms(content: bytes) -> bool:
    return content[:1] == b"\x30" and b"\x2a\x86\x48\x86\xf7\x0d\x01" in content[:40]


def _multipart(kind: str, boundary: str, parts: list[bytes], more: str = "") -> bytes:
    opening = f'Content-Type: multipart/{kind}; boundary="{boundary}"\n{more}\n'.encode()
    return b"".join(
        [opening, *(b"--%b\n%b\n" % (boundary.encode(), part) for part in parts), f"--{boundary}--\n".encode()]
    )


def _text(kind: str, text: str) -> bytes:
    encoded = _base64(text.replace("\r\n", "\n").encode("utf-8", "replace"))
    return f"Content-Type: text/{kind}; charset=utf-8\nContent-Transfer-Encoding: base64\n\n".encode() + encoded


def _base64(octets: bytes) -> bytes:
    """Base64 in lines of 76 letters (RFC 2045 section 6.8)."""
    return b"".join(binascii.b2a_base64(piece) for piece in (octets[at : at + 57] for at in range(0, len(octets), 57)))


def _mailbox(person: Person | None) -> str:
    if person is None:
        return ""
    name, address = line(person.name), line(person.address)
    if not address:
        return _encoded(name)
    if not name or name.lower() == address.lower():
        return f"<{address}>" if name else address
    if name.isascii():
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}" <{address}>'
    return f"{_encoded(name)} <{address}>"


def _encoded(text: str) -> str:
    """The text in encoded words where it is not ASCII (RFC 2047 section 2)."""
    text = line(text)
    if text.isascii() and "=?" not in text:
        return text
    words, octets = [], b""
    for letter in text:
        coded = letter.encode("utf-8", "replace")
        if len(octets) + len(coded) > 45:
            words.append(octets)
            octets = b""
        octets += coded
    return "\n ".join(f"=?utf-8?b?{binascii.b2a_base64(word, newline=False).decode()}?=" for word in [*words, octets])


def line(text: str) -> str:
    """The text on one line."""
    return " ".join(text.replace("\0", "").split())


def _eml(name: str) -> str:
    name = line(name) or "message"
    return name if name.lower().endswith((".msg", ".eml")) else f"{name}.eml"


def _percent(text: str) -> str:
    """The text as RFC 5987 wants it."""
    return "".join(
        chr(octet) if chr(octet).isascii() and (chr(octet).isalnum() or octet in b"-._~") else f"%{octet:02X}"
        for octet in text.encode("utf-8", "replace")
    )


def _date(moment: datetime) -> str:
    return (
        f"{_DAYS[moment.weekday()]}, {moment.day:02} {_MONTHS[moment.month - 1]} {moment.year}"
        f" {moment.hour:02}:{moment.minute:02}:{moment.second:02} +0000"
    )
