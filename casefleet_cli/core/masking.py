"""Keeping BCC addresses secret: whatever is derived from mail shows them masked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from casefleet_cli.core.model import Attachment, Forward, Mailbox, Message

MASK = "***"


class Mask:
    """Hides the local part of every address at the logging domain, in texts and in whole messages."""

    def __init__(self, logging_domain: str) -> None:
        self._domain = logging_domain.lower()
        # The right edge keeps `log.firm.example` from matching in `log.firm.example.org`.
        domain = rf"(?={re.escape(self._domain)}(?![\w.-]*\w))"
        self._pattern = re.compile(rf"[^\s<>@,;:\"'()\[\]|/\\]{{1,64}}(?:@|%40){domain}", re.IGNORECASE)

    def text(self, text: str) -> str:
        """The text with every local part at the logging domain replaced."""
        if not self._domain or self._domain not in text.lower():
            return text
        return self._pattern.sub(f"{MASK}@", text)

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
