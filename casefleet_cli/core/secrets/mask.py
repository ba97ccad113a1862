"""Keeping BCC addresses secret: whatever is derived from mail shows them masked."""

from __future__ import annotations

import re

from casefleet_cli.light import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from casefleet_cli.core.model import Attachment, Forward, Mailbox, Message
    from casefleet_cli.core.secrets.spelling import Secrets

_ODD = frozenset("%&=<")
"""With these begins what stands for another letter."""
_LOCAL_PART = re.compile(r"-[2-9a-hjkmnp-z]{16}", re.I)
"""The end of a local part as we make them; with a letter in front it is found as fast as that letter."""


_ENTITY = re.compile(r"&(?:#|commat)")
_BETWEEN = re.compile(rb"<[^<>]*>|=[ \t]*\r?\n")
_ESCAPE = re.compile(rb"[=%][0-9A-Fa-f]{2}")
_COMPATIBLE = re.compile("[\uff10-\uff5a\u2070-\u209c\u2460-\u24ff\U0001d400-\U0001d7ff\U0001f100-\U0001f1ff]")
_SHORTEST = 16
_OURS = b"23456789abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ"
_IS_OURS = bytes(120 if octet in _OURS else 32 for octet in range(256))
_RUN = b"x" * _SHORTEST
"""What so many letters of our alphabet in a row become."""


class Mask:
    """Hides the local part of every address at the logging domain, and every known secret, in texts and messages.

    `addresses` gives every BCC address there ever was; it is asked only about text that may tell one: where the domain
    is named after an "@" in any spelling, or where as many letters of ours stand in a row as a secret part has.
    """

    def __init__(self, logging_domain: str, addresses: Callable[[], Iterable[str]] = tuple) -> None:
        self.domain = logging_domain
        self._domains = domains(logging_domain)
        self.addresses = addresses
        self._secrets: Secrets | None = None

    def text(self, text: str) -> str:
        """The text with every local part at the logging domain and every secret part replaced."""
        return self._hide(text) if self._may_tell(text) else text

    def message(self, message: Message) -> Message:
        """The message with nothing in it that tells a BCC address; the fingerprint stays."""
        told = any(map(self._may_tell, _texts(message)))
        return rewritten(message, self._hide, self._hide_known) if told else message

    def _hide(self, text: str) -> str:
        return self._known().hide(text)

    def _hide_known(self, text: str) -> str:
        return self._known().hide(text, known_only=True)

    def _known(self) -> Secrets:
        if self._secrets is None:
            from casefleet_cli.core.secrets.spelling import Secrets  # noqa: PLC0415 - few mails name the domain

            self._secrets = Secrets(self._domains, self.addresses())
        return self._secrets

    def _may_tell(self, text: str) -> bool:
        """Whether it is worth a closer look; says yes too often rather than too rarely, and is fast."""
        if not self._domains or not text:
            return False
        if _LOCAL_PART.search(text) or (_has_run(text) and self._known().tells(text)):
            return True
        if self._begins_after(text, "@"):
            return True
        if "%" in text and self._begins_after(text, "%", "40"):
            return True
        if "=" in text and self._begins_after(text, "=", "40"):
            return True
        if "&" in text and _ENTITY.search(text):  # which letter, the closer look tells
            return True
        return not text.isascii() and (self._begins_after(text, "＠") or self._begins_after(text, "﹫"))

    def _begins_after(self, text: str, sign: str, rest: str = "") -> bool:
        """Whether the domain, or something odd that may become it, follows this spelling of "@"."""
        find, begins = text.find, text.startswith
        at = find(sign)
        while at >= 0:
            if begins(rest, at + 1):
                for domain in self._domains:
                    if _agrees(text, at + 1 + len(rest), domain):
                        return True
            at = find(sign, at + 1)
        return False


def domains(logging_domain: str) -> tuple[str, ...]:
    """The spellings of a domain in normal form: its A-labels, and its U-labels where they differ (RFC 5890)."""
    ascii_form = logging_domain.lower().rstrip(".")
    if not ascii_form:
        return ()
    if "xn--" not in ascii_form:
        return (ascii_form,)
    try:
        labels = [
            label[4:].encode("ascii").decode("punycode") if label.startswith("xn--") else label
            for label in ascii_form.split(".")
        ]
    except UnicodeError:
        return (ascii_form,)
    return (ascii_form, ".".join(labels))


def rewritten(message: Message, change: Callable[[str], str], change_id: Callable[[str], str]) -> Message:
    """The message with every text in it changed, and every identifier of another message or part; not the fingerprint.

    Identifiers are compared: our own notices have theirs at the logging domain, and must not all become one.
    """

    def maybe_id(text: str | None) -> str | None:
        return None if text is None else change_id(text)

    def maybe(text: str | None) -> str | None:
        return None if text is None else change(text)

    def people(found: tuple[Mailbox, ...]) -> tuple[Mailbox, ...]:
        return tuple(one._replace(name=change(one.name), address=change(one.address)) for one in found)

    def attachment(found: Attachment) -> Attachment:
        return found._replace(filename=maybe(found.filename), content_id=maybe_id(found.content_id))

    def forward(found: Forward) -> Forward:
        return found._replace(
            sender=None if found.sender is None else people((found.sender,))[0],
            subject=maybe(found.subject),
            date_raw=maybe(found.date_raw),
            to=people(found.to),
            cc=people(found.cc),
            comment=maybe(found.comment),
            msgid=maybe_id(found.msgid),
            by=None if found.by is None else people((found.by,))[0],
        )

    return message._replace(
        msgid=maybe(message.msgid),
        subject=maybe(message.subject),
        from_=people(message.from_),
        sender=people(message.sender),
        reply_to=people(message.reply_to),
        to=people(message.to),
        cc=people(message.cc),
        bcc=people(message.bcc),
        resent_from=people(message.resent_from),
        in_reply_to=tuple(map(change_id, message.in_reply_to)),
        references=tuple(map(change_id, message.references)),
        text=change(message.text),
        enclosed=change(message.enclosed),
        attachments=tuple(map(attachment, message.attachments)),
        forwards=tuple(map(forward, message.forwards)),
    )


def _texts(message: Message) -> Iterable[str]:
    """Everything that `rewritten` changes, in few pieces."""
    yield message.text
    yield message.enclosed
    short: list[str | None] = [message.msgid, message.subject, *message.in_reply_to, *message.references]
    groups = (message.from_, message.sender, message.reply_to, message.to, message.cc, message.bcc, message.resent_from)
    for people in groups:
        for one in people:
            short += one
    for attachment in message.attachments:
        short += (attachment.filename, attachment.content_id)
    for forward in message.forwards:
        short += (forward.subject, forward.date_raw, forward.msgid)
        for one in (*filter(None, (forward.sender, forward.by)), *forward.to, *forward.cc):
            short += one
        if forward.comment:
            yield forward.comment
    yield "\n".join(filter(None, short))


def _has_run(text: str) -> bool:
    """Whether a secret part may stand alone in a text, in whole or in disguise; fast, since every mail is asked."""
    if (not text.isascii() and _COMPATIBLE.search(text)) or "\\u" in text or ("*0" in text and "*1" in text):
        return True
    octets = text.encode("ascii", "ignore")  # what nobody sees is no letter either
    if b"<" in octets or b"=" in octets:
        octets = _BETWEEN.sub(b"", octets)
    if b"%" in octets or b"=" in octets:
        octets = _ESCAPE.sub(b"x", octets)
    return _RUN in octets.translate(_IS_OURS)


def _agrees(text: str, at: int, domain: str) -> bool:
    """Whether the text there is the domain up to something odd."""
    for place, letter in enumerate(domain, at):
        found = text[place : place + 1]
        if found != letter and found.lower() != letter:
            return found in _ODD or not found.isascii()
    return True
