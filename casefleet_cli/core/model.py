"""The words the core speaks: plain values, no behaviour.

NamedTuples rather than dataclasses: the delivery door imports this at every mail, and they cost a fraction of the
start-up time.
"""

from __future__ import annotations

from casefleet_cli.light import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime


class Mailbox(NamedTuple):
    """A display name and an address (RFC 5322 section 3.4), as the sender wrote them, decoded; "" where absent."""

    name: str
    address: str


class Attachment(NamedTuple):
    """A part of a message that is not its text."""

    part: str
    """Where it is in the MIME tree, as IMAP numbers parts (RFC 3501 section 6.4.5): "2", "1.3"."""
    filename: str | None
    content_type: str
    """Lower-case type/subtype."""
    size: int
    """Octets, decoded."""
    content_id: str | None
    """Without angle brackets."""
    is_inline: bool
    is_inner: bool = False
    """Whether it is inside of another attachment; its part is numbered through that one."""


class Forward(NamedTuple):
    """An earlier message that this one forwards."""

    kind: str
    """"inline" or "attached"."""
    sender: Mailbox | None
    subject: str | None
    date: datetime | None
    date_raw: str | None
    """The date as the forwarding program wrote it."""
    to: tuple[Mailbox, ...] = ()
    cc: tuple[Mailbox, ...] = ()
    comment: str | None = None
    """What the forwarder wrote above the forwarded text."""
    msgid: str | None = None
    """Only attached messages still have it."""
    by: Mailbox | None = None
    """Who forwarded it, where that is not the mail's own author: in a chain, the sender of the message around it."""


class Message(NamedTuple):
    """What the parser understood of one RFC 5322 message.

    Every string is clean: no lone surrogates, no NUL, header values on one line.
    """

    msgid: str | None = None
    """Message-ID without angle brackets; a claim, never a key."""
    subject: str | None = None
    """None when there is no Subject header, "" when it is empty."""
    from_: tuple[Mailbox, ...] = ()
    sender: tuple[Mailbox, ...] = ()
    reply_to: tuple[Mailbox, ...] = ()
    to: tuple[Mailbox, ...] = ()
    cc: tuple[Mailbox, ...] = ()
    bcc: tuple[Mailbox, ...] = ()
    resent_from: tuple[Mailbox, ...] = ()
    """Who redirected it last, where anybody did (RFC 5322 section 3.6.6)."""
    date: datetime | None = None
    """Aware; the header's own offset is kept."""
    received: tuple[datetime, ...] = ()
    """Where Date tells no moment: those of its Received fields (RFC 5321 section 4.4) from 1990 on, oldest first."""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    text: str = ""
    """The best plain text; made from the HTML where there is no text part."""
    has_html: bool = False
    attachments: tuple[Attachment, ...] = ()
    forwards: tuple[Forward, ...] = ()
    """Best first; empty when nothing is forwarded."""
    enclosed: str = ""
    """The words inside attached messages, containers and invitations, for the search: not the letter's own text."""
    defects: tuple[str, ...] = ()
    """Short kebab-case names, each once, such as "date-unreadable"."""
    trace: tuple[tuple[str, str], ...] = ()
    """Its first Received and Authentication-Results fields in order, names in lower case (RFC 5321 section 4.4)."""
    state: str = ""
    """"draft" where the message itself says that it was not sent (X-Unsent), else ""."""
    fingerprint: str = ""
    """SHA-256 in hex of what makes it the same mail for a reader."""
