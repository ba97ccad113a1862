"""Three other parsers: where all of them agree about a mail and we do not, somebody has to look."""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses, parsedate_to_datetime
from typing import NamedTuple, cast
from unicodedata import category

import fast_mail_parser
import mailparser

from casefleet_cli.core.mail import message as messages
from casefleet_cli.core.mail import mime

logging.getLogger("mailparser").setLevel(logging.CRITICAL)


class Facts(NamedTuple):
    """What every parser of mail tells; None where it tells nothing."""

    subject: str | None
    senders: frozenset[str]
    recipients: frozenset[str]
    """In To."""
    attachments: int
    date: datetime | None
    """In UTC."""


def ours(raw: bytes) -> Facts:
    """What the core says."""
    found = messages.parse(raw)
    return Facts(
        _words(found.subject),
        _addresses([mailbox.address for mailbox in found.from_]),
        _addresses([mailbox.address for mailbox in found.to]),
        sum(not attachment.is_inner for attachment in found.attachments),
        _utc(found.date),
    )


def standard_library(raw: bytes) -> Facts:
    """What `email` says, by its newest policy."""
    found = cast("EmailMessage", message_from_bytes(raw, policy=policy.default))
    fields = {
        name: [address for _, address in getaddresses([str(value) for value in found.get_all(name, [])])]
        for name in ("from", "to")
    }
    date = found["date"]
    return Facts(
        _words(found["subject"]),
        _addresses(fields["from"]),
        _addresses(fields["to"]),
        len(list(found.iter_attachments())) if found.is_multipart() else int(found.is_attachment()),
        _utc(parsedate_to_datetime(str(date)) if date else None),
    )


def mail_parser(raw: bytes) -> Facts:
    """What mail-parser says."""
    found = mailparser.parse_from_bytes(raw)
    return Facts(
        _words(found.subject) if "subject" in found.headers or found.subject else None,
        _addresses([address for _, address in found.from_]),
        _addresses([address for _, address in found.to]),
        len(found.attachments),
        _utc(found.date.replace(tzinfo=UTC) if found.date and found.date.tzinfo is None else found.date),
    )


def fast_mail_parser_(raw: bytes) -> Facts:
    """What fast-mail-parser says."""
    found = fast_mail_parser.parse_email(raw)
    sender = [found.from_.address] if found.from_ else []
    return Facts(
        _words(found.subject),
        _addresses(sender),
        _addresses([one.address for one in found.to]),
        len(found.attachments),
        _utc(found.date_parsed),
    )


ORACLES: Sequence[Callable[[bytes], Facts]] = (standard_library, mail_parser, fast_mail_parser_)


def answers(raw: bytes) -> list[Facts]:
    """What each of them says; of one that fails, nothing."""
    found = []
    for oracle in ORACLES:
        with contextlib.suppress(Exception), contextlib.redirect_stderr(io.StringIO()):
            found.append(oracle(raw))
    return found


def differences(raw: bytes) -> list[str]:
    """Where all of them say the same, each with something to say, and we say something else and not on purpose."""
    theirs = answers(raw)
    if len(theirs) < len(ORACLES):
        return []
    told = []
    for name, own, *others in zip(Facts._fields, ours(raw), *theirs, strict=True):
        is_agreed = others[0] not in (None, frozenset()) and all(other == others[0] for other in others)
        if is_agreed and own != others[0] and not _is_on_purpose(name, raw, own, others[0]):
            told.append(f"{name}: {own!r}, all others {others[0]!r}")
    return told


def _is_on_purpose(name: str, raw: bytes, own: object, theirs: object) -> bool:
    """Every To and From counts, encoded words in addresses are read, the last Content-Type is the one that counts.

    More attachments than the others see are no fault: what they lose behind a damaged boundary is read.
    """
    fields = [field.lower() for field, _ in mime.read_headers(raw)]
    if name == "senders":
        return "=?" in str(theirs) or fields.count("from") > 1
    if name == "recipients":
        return "=?" in str(theirs) or fields.count("to") > 1
    if name == "attachments":
        nodes = mime.nodes(mime.tree(raw))
        types = [sum(field.lower() == "content-type" for field, _ in node.fields) for node in nodes]
        return max(types) > 1 or (isinstance(own, int) and isinstance(theirs, int) and own > theirs)
    return False


def _words(text: object) -> str | None:
    if text is None:
        return None
    return " ".join("".join(c for c in str(text) if c in "\t\r\n" or category(c) not in ("Cc", "Cf")).split()) or None


def _addresses(found: Sequence[str]) -> frozenset[str]:
    shown = ("".join(letter for letter in address if category(letter) != "Cf") for address in found)
    return frozenset(address.strip().lower() for address in shown if "@" in address)


def _utc(moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
