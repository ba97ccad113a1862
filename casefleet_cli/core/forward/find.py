"""Messages forwarded inside the text: who wrote what to whom, below which comment.

A mail forwards something when a line says so ("---------- Forwarded message ---------"), or when its subject does
("WG: …") and a header block follows. A header block alone is what answers quote too: it counts only where the subject
doesn't speak against it. What a mail system gives back is no forward.
"""

from __future__ import annotations

from casefleet_cli.light import TYPE_CHECKING

if TYPE_CHECKING:
    from casefleet_cli.core.model import Forward, Mailbox

_MOST_TEXT = 2_000_000
_FRAMES = ("---", "___", "===", "‐‐‐", "———", "***")
_BEGINNING = 20_000
_LONGEST_LABEL = 60
_NEAR = 4
"""Lines from one label of a header block to the next, at most."""


def find(subject: str | None, text: str, html: str | None, writers: tuple[Mailbox, ...] = ()) -> Forward | None:
    """The message that a mail forwards in its text, the outermost one; None when it forwards nothing.

    `text` is the mail's best plain text, `html` its HTML, if any; `writers` are who it is from. Never raises; the time
    is linear in the length.
    """
    chain = find_all(subject, text, html, writers)
    return chain[0] if chain else None


def find_all(
    subject: str | None, text: str, html: str | None, writers: tuple[Mailbox, ...] = ()
) -> tuple[Forward, ...]:
    """The chain of forwarded messages, the outermost first; empty when nothing is forwarded."""
    text = text[:_MOST_TEXT]
    has_prefix = subject is not None and any(sign in subject for sign in ":：(")
    has_header = _has_header(text)
    if not (has_prefix or has_header):
        return ()
    from casefleet_cli.core.forward import subjects  # noqa: PLC0415 - this and all below: few mails need them

    told = subjects.read(subject)
    is_forward = told.kind == subjects.FORWARD
    if not is_forward and not (has_header and _speaks(text, is_answer=told.kind == subjects.REPLY)):
        return ()
    from casefleet_cli.core.forward import doubts, search  # noqa: PLC0415

    mail = doubts.Mail(subject, writers)
    chain = search.chain(told, text, mail)
    if html and is_forward and not (chain and _is_whole(chain[0])):
        from casefleet_cli.core.mail.html_text import to_text  # noqa: PLC0415

        other = search.chain(told, to_text(html[:_MOST_TEXT]), mail)
        if other and (not chain or _is_whole(other[0])):
            return other
    return chain


def _has_header(text: str) -> bool:
    """Whether a text can hold a header block: two labels near each other, or a line drawn. A glance, without tables."""
    if any(frame in text for frame in _FRAMES) or "forwarded message" in text[:_BEGINNING].lower():
        return True
    last = -_LONGEST_LABEL
    for index, line in enumerate(text.split("\n")):
        head = line[:_LONGEST_LABEL]
        cut = max(head.find(":"), head.find("："), head.find("|"))
        if cut > 0 and head[cut + 1 : cut + 3] != "//":
            if index - last <= _NEAR:
                return True
            last = index
    return False


def _speaks(text: str, *, is_answer: bool) -> bool:
    """Whether a text has words of a forward, or, unless it answers, the label of a sender."""
    from casefleet_cli.core.forward import labels, words  # noqa: PLC0415

    folded = labels.fold(text)
    if any(word in folded for word in labels.fold(words.FORWARDED).split("|")):
        return True
    if is_answer:
        return False
    known = labels.LABELS
    for line in folded.split("\n"):
        head = line.lstrip("> \t*_|\xa0\ufeff\u200e\u200f\u202a\u202b")[:_LONGEST_LABEL]
        cut = min((at for at in (head.find(":"), head.find("："), head.find("|")) if at > 0), default=0)
        label = known.get(head[:cut].strip("*_ \t\xa0")) if cut else None
        if label and label[0] == labels.FROM:
            return True
    return False


def _is_whole(forward: Forward) -> bool:
    """Whether everything that matters was found."""
    return bool(forward.sender and forward.sender.address and forward.subject and forward.date_raw)
