"""Keeping BCC addresses secret: whatever is derived from mail shows them masked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from casefleet_cli.core.model import Attachment, Forward, Mailbox, Message

MASK = "***"
_LONGEST = 200
_LOCAL_PART = re.compile(r"[^\s<>@,;:\"'()\[\]|/\\]+\Z")
_TOKEN = re.compile(r"-[2-9a-hjkmnp-z]{16,}\Z", re.I)


class Mask:
    """Hides the local part of every address at the logging domain, in texts and in whole messages."""

    def __init__(self, logging_domain: str) -> None:
        self._domain = logging_domain.lower()
        self._at_domain = re.compile(rf"(?:@|%40)(?={re.escape(self._domain)}(?P<more>[\w.-]*\w)?)", re.I)

    def text(self, text: str) -> str:
        """The text with every local part at the logging domain replaced."""
        if not self._domain or self._domain not in text.lower():
            return text
        pieces: list[str] = []
        done = 0
        for match in self._at_domain.finditer(text):
            # Looking back from each "@" keeps this linear, whatever the text is.
            local = _LOCAL_PART.search(text, max(done, match.start() - _LONGEST), match.start())
            # `log.firm.example.org` is another domain, unless the local part looks like that of a BCC address.
            if local is None or (match["more"] and not _TOKEN.search(local[0])):
                continue
            pieces += (text[done : local.start()], MASK, "@")
            done = match.end()
        return "".join([*pieces, text[done:]])

    def message(self, message: Message) -> Message:
        """The message with nothing in it that tells a BCC address; the fingerprint stays."""
        return message._replace(
            msgid=self._maybe(message.msgid),
            subject=self._maybe(message.subject),
            from_=self._people(message.from_),
            sender=self._people(message.sender),
            reply_to=self._people(message.reply_to),
            to=self._people(message.to),
            cc=self._people(message.cc),
            bcc=self._people(message.bcc),
            text=self.text(message.text),
            attachments=tuple(self._attachment(attachment) for attachment in message.attachments),
            forwards=tuple(self._forward(forward) for forward in message.forwards),
        )

    def _maybe(self, text: str | None) -> str | None:
        return None if text is None else self.text(text)

    def _people(self, people: tuple[Mailbox, ...]) -> tuple[Mailbox, ...]:
        return tuple(
            mailbox._replace(name=self.text(mailbox.name), address=self.text(mailbox.address)) for mailbox in people
        )

    def _attachment(self, attachment: Attachment) -> Attachment:
        return attachment._replace(filename=self._maybe(attachment.filename))

    def _forward(self, forward: Forward) -> Forward:
        return forward._replace(
            sender=None if forward.sender is None else self._people((forward.sender,))[0],
            subject=self._maybe(forward.subject),
            to=self._people(forward.to),
            cc=self._people(forward.cc),
            comment=self._maybe(forward.comment),
        )
