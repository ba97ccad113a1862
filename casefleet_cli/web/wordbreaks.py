"""Places where a browser may break a word that would otherwise have no end: it takes minutes to lay one out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST = 200
"""Letters without a blank that are laid out as one word."""
BREAK = "<wbr>"
_WORD = re.compile(rf"[^ \t\r\n\f]{{{LONGEST}}}")
_BLANK = re.compile(r"[ \t\r\n\f]")


def breakable(text: str) -> Markup:
    """A text as HTML in which every word can be broken."""
    return Markup(broken(text, 0, lambda piece: str(escape(piece)))[0])  # noqa: S704 - escaped piece by piece


def broken(text: str, before: int, spelled: Callable[[str], str]) -> tuple[str, int]:
    """A text with breaks in its long words, each piece `spelled` as HTML; and how many letters its last word has.

    `before`: the letters of the word that it goes on with, from another element.
    """
    blank = _BLANK.search(text)
    first = blank.start() if blank else len(text)
    pieces, at = [], 0
    if before and before + first > LONGEST:
        pieces.append("")
        before = 0
    for found in _WORD.finditer(text):
        pieces.append(spelled(text[at : found.end()]))
        at = found.end()
    pieces.append(spelled(text[at:]))
    last = max(map(text.rfind, " \t\r\n\f")) + 1
    letters = len(text) - max(last, at)
    return BREAK.join(pieces), letters if last or at else before + letters
