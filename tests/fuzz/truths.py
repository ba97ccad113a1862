"""What must be true of the answers, whatever was asked."""

from __future__ import annotations

import binascii
import quopri
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from xml.etree import ElementTree

from casefleet_cli.core import filenames
from casefleet_cli.core.address import normal
from casefleet_cli.core.addressbooks import vcard
from casefleet_cli.core.addressbooks.entry import MOST_ADDRESSES, Entry
from casefleet_cli.core.addressbooks.joining import Holder, Joined
from casefleet_cli.core.atom import Feed, plain
from casefleet_cli.core.mail import folding, mime, transfer
from casefleet_cli.core.mail import message as messages
from casefleet_cli.core.model import Mailbox, Message
from casefleet_cli.core.rules.routing import Decision, Facts, Letterhead, Owner
from casefleet_cli.core.secrets.copies import Copy, Findings
from casefleet_cli.core.secrets.mask import Mask
from casefleet_cli.core.secrets.spelling import Secrets
from casefleet_cli.core.spreadsheets import typed_cell
from tests.firm import BCC

_TOKENS = tuple(address.partition("@")[0] for address in BCC.values())
_FIELDS = ("from_", "sender", "reply_to", "to", "cc", "bcc")


def _is_clean(text: str) -> None:
    text.encode()  # raises for a lone surrogate
    assert "\0" not in text


def _is_one_line(text: str, *_: Any) -> None:
    _is_clean(text)
    assert len(text.splitlines()) <= 1, text


def _is_aware(moment: datetime | None, *_: Any, **__: Any) -> None:
    assert moment is None or moment.utcoffset() is not None


def _normal(found: str, address: str) -> None:
    if '"' not in address and address.lower().count("smtp:") + address.lower().count("mailto:") < 2:
        assert normal(found) == found


def _untagged(found: tuple[str, str], address: str) -> None:
    local, at, domain = found[0].rpartition("@")
    assert address in {f"{local}{at}{domain}", f"{local}+{found[1]}{at}{domain}"}
    assert "+" not in local


def _safe_name(name: str, *_: Any) -> None:
    assert name not in {"", ".", ".."}
    assert not set(name) & set('/\\\0\n\r<>:"|?*'), name
    assert len(name.encode()) <= 255
    assert filenames.safe_name(name, "") == name


def _people(found: tuple[Mailbox, ...], *_: Any) -> None:
    for mailbox in found:
        _is_one_line(mailbox.name)
        _is_one_line(mailbox.address)
        assert mailbox.name or mailbox.address


def _folded(content: bytes, raw: bytes, _: Any) -> None:
    assert folding.unfold(content) == raw


def _parsed(found: Message, raw: bytes, *_: Any) -> None:
    _is_clean(found.text)
    _is_clean(found.enclosed)
    _is_one_line(found.subject or "")
    _is_one_line(found.msgid or "")
    _is_aware(found.date)
    for field in _FIELDS:
        _people(getattr(found, field))
    assert len(found.fingerprint) == 64
    assert len(set(found.defects)) == len(found.defects)
    parts = messages.parts(raw)
    for attachment in found.attachments:
        assert attachment.part in parts, attachment
        content_type, content = messages.part_bytes(raw, attachment.part) or ("", b"")
        assert (content_type, len(content)) == (attachment.content_type, attachment.size), attachment
    for forward in found.forwards:
        _is_clean(forward.comment or "")
        _is_aware(forward.date)
        _people((*filter(None, [forward.sender, forward.by]), *forward.to, *forward.cc))


def _tree(root: mime.Part, raw: bytes) -> None:
    nodes = mime.nodes(root)
    assert len(nodes) <= mime.MOST_PARTS + 1
    assert len({node.number for node in nodes if not node.is_multipart}) == sum(not node.is_multipart for node in nodes)


def _base64(found: bytes, data: bytes) -> None:
    assert transfer.base64(binascii.b2a_base64(data)) == data
    assert len(found) <= len(data)


def _quoted_printable(found: bytes, data: bytes) -> None:
    plain = data.replace(b"\r", b"").strip()
    assert transfer.quoted_printable(quopri.encodestring(plain)) == plain
    assert len(found) <= len(data)


def _routed(found: Decision, mail: Letterhead, owner: Owner, facts: Facts, *, vouched: bool = False) -> None:
    assert (found.outcome == "filed") == bool(found.places)
    assert found.outcome != "held" or not (vouched or found.contacts or found.verdicts)
    for verdict in found.verdicts:
        cases, leads = verdict.party.open_cases, verdict.party.open_leads
        only = (
            ("case", cases[0].id)
            if len(cases) == 1
            else ("lead", leads[0].id)
            if not cases and len(leads) == 1
            else None
        )
        assert verdict.place == only
        assert (verdict.rule is None) == (only is None) != (verdict.reason is None)
    assert set(found.places) == {verdict.place for verdict in found.verdicts if verdict.place}


def _hidden(found: str, mask: Mask, *_: Any) -> None:
    assert not any(token in found.lower() for token in _TOKENS), found


def _hidden_by(found: str, secrets: Secrets, *_: Any, **__: Any) -> None:
    assert not any(token in found.lower() for token in _TOKENS), found


def _hidden_in(found: bytes, secrets: Secrets, *_: Any) -> None:
    assert not secrets.is_in(found), found


def _redacted(found: Copy, raw: bytes, secrets: Secrets, look_into: Callable[[bytes], Findings]) -> None:
    if not found.held and not found.unread:
        assert not any(token.encode() in found.raw.lower() for token in _TOKENS)
        shown = messages.parse(found.raw)
        assert not any(token in f"{shown.subject} {shown.text} {shown.from_} {shown.to}".lower() for token in _TOKENS)


def _document(found: bytes, feed: Feed) -> None:
    """Well-formed, with the words that can be written and in as many entries."""
    name = "{http://www.w3.org/2005/Atom}"
    read = ElementTree.fromstring(found)
    said = [each.text or "" for each in read.iter(f"{name}title")]
    assert said == [plain(each.title) for each in (feed, *feed.entries)]
    assert len(read.findall(f"{name}entry")) == len(feed.entries)


def _entries(found: list[Entry], *_: Any) -> None:
    """Each where it begins, in the order of the file."""
    assert [one.line for one in found] == sorted(one.line for one in found)
    assert all(one.line > 0 and len(one.addresses) <= MOST_ADDRESSES for one in found)


def _addresses_in(found: list[str], text: str) -> None:
    assert all("@" in one for one in found) or found == [text.strip()]


def _joined(found: Joined, name: str, addresses: Sequence[str], holders: Sequence[Holder], **_: Any) -> None:
    """Only to a contact that holds one of the addresses, and nothing to one of another name."""
    if found.contact is not None:
        assert found.contact in holders
    assert not (found.addresses and found.is_other_name)
    assert (found.outcome == "completed") == bool(found.addresses)


def _card(found: str, *_: Any) -> None:
    lines = found.encode("utf-8", "surrogatepass").split(b"\r\n")
    assert all(len(line) <= 75 for line in lines)
    assert len(list(vcard.cards(line + b"\r\n" for line in lines))) == 1


def _escaped(found: str, text: str) -> None:
    assert vcard.unescaped(found) == text.replace("\r\n", "\n").replace("\r", "\n")


def _harmless(found: object, value: object) -> None:
    if isinstance(value, str):
        assert not str(found).startswith(("=", "+", "-", "@"))
        assert typed_cell(str(found)) == value


TRUTHS: dict[str, Callable[..., None]] = {
    "addressbooks.entry.addresses_in": _addresses_in,
    "addressbooks.joining.joined": _joined,
    "addressbooks.ldif.records": _entries,
    "addressbooks.vcard.card": _card,
    "addressbooks.vcard.cards": _entries,
    "addressbooks.vcard.escaped": _escaped,
    "address.normal": _normal,
    "atom.document": _document,
    "atom.plain": _is_one_line,
    "address.untagged": _untagged,
    "filenames.safe_name": _safe_name,
    "logline.log_line": _is_one_line,
    "mail.containers.letter.line": _is_one_line,
    "mail.folding.fold": _folded,
    "mail.header.clean": _is_one_line,
    "mail.header.decode": _is_one_line,
    "mail.mailboxes.parse_list": _people,
    "mail.message.parse": _parsed,
    "mail.mime.tree": _tree,
    "mail.transfer.base64": _base64,
    "mail.transfer.quoted_printable": _quoted_printable,
    "moments.field.parse": _is_aware,
    "moments.typed.moment": _is_aware,
    "moments.written.parse": _is_aware,
    "rules.routing.route": _routed,
    "secrets.copies.redact": _redacted,
    "spreadsheets.harmless_cell": _harmless,
    "secrets.mask.Mask.text": _hidden,
    "secrets.spelling.Secrets.hide": _hidden_by,
    "secrets.spelling.Secrets.hide_octets": _hidden_in,
}
"""By the name of a target: what holds its answer against its arguments, raising AssertionError."""
