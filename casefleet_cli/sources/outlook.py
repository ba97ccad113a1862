"""Outlook's .msg (MS-OXMSG, in an OLE2 file) as a message; needs the extra `casefleet[msg]`.

A .msg is no RFC 5322 message, so one is made of it: the transport headers where Outlook kept them, else fields from its
properties; text, HTML and attachments; and, as the last attachment, the .msg itself, so that nothing of it is lost. The
same .msg always gives the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import re
from email.header import Header
from email.utils import format_datetime, formataddr
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PROPERTIES = "__properties_version1.0".encode("utf-16-le")
"""The name of a stream that every .msg has, and no document."""
_NOT_OURS = re.compile(r"^(?:content-[\w-]+|mime-version)[ \t]*:.*\n(?:[ \t].*\n)*", re.IGNORECASE | re.MULTILINE)
_KINDS = {1: "To", 2: "Cc", 3: "Bcc"}
_RECIPIENT_TYPE = 0x0C15
_UNSENT = 0x0008
"""In the flags of a message: it was never sent (MS-OXCMSG section 2.2.1.6, mfUnsent)."""
NOT_A_MESSAGE = "This is an OLE2 file, as Office documents are, and no Outlook message."
MISSING = "This is an Outlook message (.msg): install casefleet[msg] to import it, or save it as .eml."


def to_message(content: bytes, name: str) -> bytes | str:
    """The message made of an Outlook .msg, or the sentence that says why there is none."""
    if _PROPERTIES not in content:
        return NOT_A_MESSAGE
    try:
        from oxmsg import Message  # noqa: PLC0415 - an optional extra
    except ImportError:
        return MISSING
    try:
        return _made(Message.load(content), content, name)
    except Exception:  # noqa: BLE001 - the library raises whatever a damaged file makes it stumble over
        return "This Outlook message (.msg) is damaged: try to open it in Outlook and save it as .eml."


def _made(message: Any, content: bytes, name: str) -> bytes:
    boundary = f"casefleet-{hashlib.sha256(content).hexdigest()[:32]}"
    parts = [_body(message, f"{boundary}-body")]
    for attachment in message.attachments:
        data = attachment.file_bytes
        if data is not None:
            parts.append(_file(attachment.file_name or "attachment", attachment.mime_type, data))
    parts.append(_file(name, "application/vnd.ms-outlook", content))
    opening = f'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="{boundary}"\n\n'
    pieces = [f"--{boundary}\n".encode() + part + b"\n" for part in parts]
    return b"".join([_head(message).encode(), opening.encode(), *pieces, f"--{boundary}--\n".encode()])


def _head(message: Any) -> str:
    kept = message.properties.str_prop_value(0x007D) or ""  # PidTagTransportMessageHeaders
    kept = kept.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    if re.match(r"[!-9;-~]+[ \t]*:", kept):
        return _NOT_OURS.sub("", kept.partition("\n\n")[0] + "\n")
    return "".join(f"{field}: {value}\n" for field, value in _fields(message) if value)


def _fields(message: Any) -> Iterator[tuple[str, str]]:
    properties = message.properties
    name = properties.str_prop_value(0x0C1A) or ""  # PidTagSenderName
    address = properties.str_prop_value(0x5D01) or properties.str_prop_value(0x0C1F) or ""  # SMTP address, else another
    yield "From", _mailbox(name, address)
    people: dict[str, list[str]] = {"To": [], "Cc": [], "Bcc": []}
    for recipient in message.recipients:
        kind = _KINDS.get(recipient.properties.int_prop_value(_RECIPIENT_TYPE) or 1, "To")
        people[kind].append(_mailbox(recipient.name, recipient.email_address))
    for kind, mailboxes in people.items():
        yield kind, ",\n ".join(filter(None, mailboxes))
    yield "Subject", _encoded(message.subject)
    sent = message.sent_date
    yield "Date", format_datetime(sent) if sent else ""
    yield "Message-ID", _line(properties.str_prop_value(0x1035) or "")  # PidTagInternetMessageId
    flags = properties.int_prop_value(0x0E07) or 0  # PidTagMessageFlags
    yield "X-Unsent", "1" if flags & _UNSENT else ""


def _mailbox(name: str, address: str) -> str:
    name, address = _line(name), _line(address)
    if address.isascii() and "@" in address:
        return formataddr((name, address))
    return _encoded(name or address)


def _encoded(text: str) -> str:
    line = _line(text)
    return line if line.isascii() else Header(line, "utf-8", maxlinelen=76).encode(linesep="\n")


def _line(text: str) -> str:
    return " ".join(text.replace("\0", "").split())


def _body(message: Any, boundary: str) -> bytes:
    texts = [("plain", message.body), ("html", message.html_body)]
    parts = [_text(kind, text) for kind, text in texts if text] or [_text("plain", "")]
    if len(parts) == 1:
        return parts[0]
    opening = f'Content-Type: multipart/alternative; boundary="{boundary}"\n\n'.encode()
    return b"".join(
        [opening, *(f"--{boundary}\n".encode() + part + b"\n" for part in parts), f"--{boundary}--".encode()]
    )


def _text(kind: str, text: str) -> bytes:
    encoded = base64.encodebytes(text.replace("\r\n", "\n").encode("utf-8", "replace"))
    return f"Content-Type: text/{kind}; charset=utf-8\nContent-Transfer-Encoding: base64\n\n".encode() + encoded


def _file(name: str, content_type: str, data: bytes) -> bytes:
    from urllib.parse import quote  # noqa: PLC0415

    kind = content_type if re.fullmatch(r"[\w.+-]+/[\w.+-]+", content_type) else "application/octet-stream"
    head = (f"Content-Type: {kind}\nContent-Disposition: attachment;\n filename*=utf-8''{quote(_line(name), safe='')}\n"
            "Content-Transfer-Encoding: base64\n\n")  # fmt: skip
    return head.encode() + base64.encodebytes(data)
