"""Lines that separate a quoted or forwarded message from what was written above it."""

from __future__ import annotations

import re
from typing import NamedTuple

from casefleet_cli.core.forward import words
from casefleet_cli.core.forward.labels import fold

FRAMES = "-‐‑‒–—―_=*~\u2500\u2501"
_FRAME = f"[{FRAMES}]"
_FRAMED = re.compile(
    rf"(?P<open>{_FRAME}{{2,}})\s*(?P<words>[^\n]{{3,140}}?)\s*:?\s*(?P<close>{_FRAME}{{2,}})\s*(?P<rest>[^\n]*)$"
)
_LONGEST = 160
_PLAIN_WORDS, _BARE_WORDS = 7, 3
"""The most words of a line without a frame that ends with a colon, and of one that does not."""

FORWARDED, ORIGINAL, RULE = "forwarded", "original", "rule"


class Mark(NamedTuple):
    """A separating line."""

    kind: str
    rest: str
    """What stands on the same line after it."""
    is_framed: bool


_stems: dict[str, list[str]] = {}


def _says(kind: str, line: str) -> bool:
    """Whether a line speaks of a forwarded, or of an original message."""
    if not _stems:
        _stems[FORWARDED] = fold(words.FORWARDED).split("|")
        _stems[ORIGINAL] = fold(words.ORIGINAL).split("|")
    folded = fold(line)
    return any(stem in folded for stem in _stems[kind])


def is_rule(text: str) -> bool:
    """Whether a line is nothing but a drawn rule."""
    return 3 <= len(text) <= 400 and text[0] in FRAMES and not text.strip(FRAMES + " ")


def is_separator(text: str) -> bool:
    """Whether a line is a rule, or words in a frame of dashes, in whatever language."""
    return is_rule(text) or (text[0] in FRAMES and len(text) <= _LONGEST and bool(_FRAMED.match(text)))


def read(text: str) -> Mark | None:
    """What a line separates; None for lines that separate nothing. One without a frame is for the caller to doubt."""
    if is_rule(text):
        return Mark(RULE, "", is_framed=True)
    framed = _FRAMED.match(text) if text[0] in FRAMES else None
    if framed:
        is_whole = text[-1] in FRAMES and len(text) <= _LONGEST
        kind = next(
            (kind for kind in (FORWARDED, ORIGINAL) if _says(kind, text if is_whole else framed["words"])), None
        )
        return Mark(kind, "" if is_whole else framed["rest"].strip(), is_framed=True) if kind else None
    count = len(text.split())
    if count > _PLAIN_WORDS or (count > _BARE_WORDS and text.rstrip("* ")[-1:] not in (":", "：")):
        return None
    kind = next((kind for kind in (FORWARDED, ORIGINAL) if _says(kind, text)), None)
    return Mark(kind, "", is_framed=False) if kind else None
