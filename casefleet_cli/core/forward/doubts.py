"""What speaks against a forward: the mail's own header, a sheet or a memo, a mail system, a chain that only pads."""

from __future__ import annotations

import re

from casefleet_cli.core import address
from casefleet_cli.core.forward import people
from casefleet_cli.core.forward.labels import CC, DATE, FROM, SUBJECT, TO, fold
from casefleet_cli.core.forward.words import BOUNCES
from casefleet_cli.core.moments import written
from casefleet_cli.light import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from casefleet_cli.core.model import Mailbox

_CLOCK = re.compile(r"\d\s?[:.hH時时]\s?[0-5]\d(?!\d|\.\d)")
_BLANKS_OF_PADDING, _LETTERS_OF_A_COMMENT = 8, 600


class Mail(NamedTuple):
    """The mail that is searched."""

    subject: str | None
    writers: tuple[Mailbox, ...] = ()
    """Who it is from."""

    def is_from(self, one: str) -> bool:
        """Whether an address is a writer's."""
        return bool(one) and address.normal(one) in {address.normal(writer.address) for writer in self.writers}

    def is_own(self, values: dict[str, str]) -> bool:
        """Whether a header is the mail's own, repeated in its text, as protected headers are."""
        if self.subject is None or values.get(SUBJECT) is None or _plain(values[SUBJECT]) != _plain(self.subject):
            return False
        sender = people.one(values.get(FROM, ""))
        return sender is not None and self.is_from(sender.address)

    def is_letter(self, values: dict[str, str], languages: str, strange: int) -> bool:
        """Whether labels that nothing announces are those of a memo, a sheet or a chat, for all that can be told.

        The header of a message has another's address, a subject, a time of day, and no label beside.
        """
        sender = people.one(values.get(FROM, ""))
        if strange or sender is None or "@" not in sender.address or self.is_from(sender.address):
            return True
        return SUBJECT not in values or not _has_time(values.get(DATE, ""), languages)

    def is_padding(self, above: list[str], values: dict[str, str]) -> bool:
        """Whether a quoted message stands so far below a letter of its own that it only makes that look like an answer.

        One that was sent to the writer, or that has the mail's subject, is what the letter is about.
        """
        text = "\n".join(above)
        tail = len(text) - len(text.rstrip())
        if tail < _BLANKS_OF_PADDING and len(text) < _LETTERS_OF_A_COMMENT:
            return False
        if self.subject and _plain(values.get(SUBJECT, "")).endswith(_plain(self.subject)):
            return False
        return not any(self.is_from(one.address) for field in (TO, CC) for one in people.many(values.get(field, "")))


def _plain(subject: str) -> str:
    return " ".join(fold(subject).split())


def _has_time(raw: str, languages: str) -> bool:
    """Whether a date has a time of day."""
    moment = written.parse(raw, languages) if raw else None
    return _CLOCK.search(raw) is not None if moment is None else bool(moment.hour or moment.minute or ":" in raw)


_bounces: list[str] = []


def is_bounce_talk(text: str) -> bool:
    """Whether a text speaks as mail systems do when they give a message back."""
    if not _bounces:
        _bounces.extend(fold(BOUNCES).split("|"))
    folded = fold(text)
    return any(phrase in folded for phrase in _bounces)
