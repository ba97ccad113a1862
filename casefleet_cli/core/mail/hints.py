"""What a mail tells elsewhere of a part that says too little of itself: its charset, or that it is the letter."""

from __future__ import annotations

import re

from casefleet_cli.core.mail import body, charset, header, mime
from casefleet_cli.light import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from casefleet_cli.core.mail.mime import Part

_ENCODED = rb"=\?([A-Za-z0-9_.:-]{1,40})(?:\*[A-Za-z-]{1,20})?\?[BbQq]\?"
_WRITTEN_BY_ITS_PROGRAM = ("subject", "from")
_USUAL = r"(?i)\bmime\b|multi-?part"
_LONGEST_USUAL = 1500


def charset_of(root: Part) -> Callable[[], str | None]:
    """A question, answered once: which charset does a message name, for text that names none?

    That of a multipart or of another part, else that of encoded words which its sender's program wrote.
    """
    answers: list[str | None] = []

    def answer() -> str | None:
        if not answers:
            answers.append(next((label for label in _labels(root) if _tells(label)), None))
        return answers[0]

    return answer


def _labels(root: Part) -> list[str]:
    """Every charset named, the nearest first; attached messages speak for themselves."""
    found: list[str] = []
    waiting = [root]
    while waiting:
        part = waiting.pop()
        found.append(part.parameters.get("charset", ""))
        if part.is_multipart:
            waiting += reversed(part.children)
    for name in _WRITTEN_BY_ITS_PROGRAM:
        words = re.search(_ENCODED, root.field(name) or b"")
        found.append(words[1].decode("ascii") if words else "")
    return found


def _tells(label: str) -> bool:
    return charset.codec_of(label) not in (None, "utf-8")


def find_letter(root: Part) -> None:
    """Put the letter among the parts where a gateway left it before the first boundary.

    What stands there is no part (RFC 2046 section 5.1.1), but where no part holds text, and it is more than the usual
    sentence about MIME, it is what the sender wrote.
    """
    if not root.is_multipart or root.preamble - root.body < 2 or not root.data[root.body : root.preamble].strip():
        return
    chosen = body.choose(root)
    if any(part.content()[0].strip() for part in (*chosen.text, *chosen.html)):
        return
    letter = mime.letter_before(root)
    start = letter.content()[0][:_LONGEST_USUAL]
    if len(letter.content()[0]) < _LONGEST_USUAL and re.search(_USUAL, header.to_text(start)):
        return
    root.children.insert(0, letter)
