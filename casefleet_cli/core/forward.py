"""Messages forwarded inside the text: who wrote what to whom, above which comment.

A mail forwards something when a line says so ("---------- Forwarded message ---------"), or when its subject does
("WG: …") and a header block follows. A header block alone is what answers quote too: it counts only where the subject
doesn't speak against it. What a mail system gives back is no forward.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from casefleet_cli.core.model import Forward

_LABELLED = re.compile(
    r"^[ \t>*|_\ufeff\xa0\u200e\u200f-]{0,40}[^\s:：>*|_-][^\n:：]{0,41}?[:：](?!//)|^[^\n]{0,12}\|[^\n|]{1,30}\|", re.M
)
_FRAMED = re.compile(r"[-‐‑–—_=]{3}")
_MARKS_OF_PREFIX = re.compile(r"[^\s:：]{1,20}[:：]|\(f", re.I)
_MOST_TEXT = 2_000_000
_FEW = 20_000


def find(subject: str | None, text: str, html: str | None) -> Forward | None:
    """The message that a mail forwards in its text, the outermost one; None when it forwards nothing.

    `text` is the mail's best plain text, `html` its HTML, if any. Never raises; the time is linear in the length.
    """
    chain = find_all(subject, text, html)
    return chain[0] if chain else None


def find_all(subject: str | None, text: str, html: str | None) -> tuple[Forward, ...]:
    """The chain of forwarded messages, the outermost first; empty when nothing is forwarded."""
    text = text[:_MOST_TEXT]
    if not _is_worth_reading(subject, text, html):
        return ()
    from casefleet_cli.core import forward_search, forward_subject  # noqa: PLC0415 - large tables; few mails need them

    told = forward_subject.read(subject)
    chain = forward_search.chain(told, text) if text.strip() else ()
    if html and told.kind == forward_subject.FORWARD and (not chain or not _is_whole(chain[0])):
        from casefleet_cli.core.html_text import to_text  # noqa: PLC0415 - its library is needed by few mails

        other = forward_search.chain(told, to_text(html[:_MOST_TEXT]))
        if other and (not chain or _is_whole(other[0])):
            return other
    return chain


def _is_worth_reading(subject: str | None, text: str, html: str | None) -> bool:
    """Whether a mail can forward anything: a cheap look before the tables are loaded."""
    if subject and _MARKS_OF_PREFIX.search(subject[:2000]):
        return True
    if not text.strip():
        return bool(html)
    labelled = _LABELLED.finditer(text)
    if "forwarded message" in text[:_FEW].lower():
        return True
    return next(labelled, None) is not None and (_FRAMED.search(text) is not None or next(labelled, None) is not None)


def _is_whole(forward: Forward) -> bool:
    """Whether everything that matters was found."""
    return bool(forward.sender and forward.sender.address and forward.subject and forward.date_raw)
