"""The messages that a mail forwards as attachments, and those attached to them."""

from __future__ import annotations

from casefleet_cli.core.mail import body, enclosed
from casefleet_cli.core.mail.head import Head
from casefleet_cli.core.model import Forward
from casefleet_cli.light import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from casefleet_cli.core.mail.mime import Part
    from casefleet_cli.core.model import Mailbox

NEVER = ("multipart/report",)
"""What gives a message back rather than on (RFC 6522)."""
_SYSTEMS = frozenset(("mailer-daemon", "postmaster", "mail-daemon", "maildaemon", "mailerdaemon", "mmdf", "uucp"))
_MOST = 50


def is_from_a_system(writers: Sequence[Mailbox]) -> bool:
    """Whether a mail system wrote a mail, which gives messages back and forwards none."""
    return any(writer.address.partition("@")[0].lower() in _SYSTEMS for writer in writers)


def attached(mails: Sequence[Part], room: list[int], comment: str | None) -> tuple[Forward, ...]:
    """Attached messages in order, each followed by those that it forwards itself, at most fifty.

    `room`: letters of addresses that may still be read. `comment` is what the mail says above them.
    """
    found: list[Forward] = []
    waiting: list[tuple[Part, Forward | None]] = [(mail, None) for mail in reversed(mails)]
    while waiting and len(found) < _MOST:
        mail, around = waiting.pop()
        forward = _forward(Head(mail, room), around, comment)
        found.append(forward)
        if mail.type not in NEVER:
            inner = [deeper for part in body.choose(mail).attachments if (deeper := enclosed.mail_in(part))]
            waiting += [(deeper, forward) for deeper in reversed(inner)]
    return tuple(found)


def _forward(head: Head, around: Forward | None, comment: str | None) -> Forward:
    people = head.people("from")
    return Forward(
        kind="attached",
        sender=people[0] if people else None,
        subject=head.subject,
        date=head.date,
        date_raw=head.date_raw,
        to=head.people("to"),
        cc=head.people("cc"),
        comment=None if around else comment,
        msgid=head.msgid,
        by=around.sender if around else None,
    )
