"""Lines that separate a quoted or forwarded message from what was written above it."""

from __future__ import annotations

import re

from casefleet_cli.core.forward import words
from casefleet_cli.core.forward.labels import fold
from casefleet_cli.light import NamedTuple

FRAMES = "-‐‑‒–—―_=*~\u2500\u2501"
_FRAME = re.compile(f"[{FRAMES}]{{2,}}")
_LONGEST = 160
_LONGEST_WORDS = 140
_SHORTEST_WORDS = 3
_OPEN = 4
_PLAIN_WORDS, _BARE_WORDS = 7, 3
"""The most words of a line without a frame that ends with a colon, and of one that does not."""

FORWARDED, ORIGINAL, RULE = "forwarded", "original", "rule"


class _Framed(NamedTuple):
    """A line that begins with dashes and has more of them behind some words."""

    words: str
    rest: str
    """What stands behind the second dashes."""


class Mark(NamedTuple):
    """A separating line."""

    kind: str
    rest: str
    """What stands on the same line after it."""
    is_framed: bool
    is_sure: bool = False
    """Framed, or a line that says no more than that the message below is forwarded."""
    lines: int = 1
    """How many lines it takes."""


_MOST_ALONE = 7
_stems: dict[str, list[str]] = {}


def _says(kind: str, line: str) -> bool:
    """Whether a line speaks of a forwarded, or of an original message."""
    if not _stems:
        _stems[FORWARDED] = fold(words.FORWARDED).split("|")
        _stems[ORIGINAL] = fold(words.ORIGINAL).split("|")
    folded = fold(line)
    return any(stem in folded for stem in _stems[kind])


def _is_alone(line: str) -> bool:
    """Whether a line says only that what follows is a forwarded message: "This is a forwarded message"."""
    spoken = fold(line.strip(FRAMES + " .:：")).split()
    if not 0 < len(spoken) <= _MOST_ALONE or not _says(FORWARDED, line):
        return False
    if "nouns" not in _stems:
        _stems["nouns"] = fold(words.NOUNS).split("|")
        _stems["around"] = fold(words.AROUND).split("|")
    has_noun = False
    for word in spoken:
        is_noun = any(stem in word for stem in _stems["nouns"])
        if not is_noun and word not in _stems["around"] and not any(stem in word for stem in _stems[FORWARDED]):
            return False
        has_noun = has_noun or is_noun
    return has_noun


def is_open(text: str) -> bool:
    """Whether a frame begins in a line and may end in the next one."""
    return len(text) > _OPEN and not text[:_OPEN].strip(FRAMES) and text[-1] not in FRAMES


def is_rule(text: str) -> bool:
    """Whether a line is nothing but a drawn rule."""
    return 3 <= len(text) <= 400 and text[0] in FRAMES and not text.strip(FRAMES + " ")


def is_separator(text: str) -> bool:
    """Whether a line is a rule, or words in a frame of dashes, in whatever language."""
    return is_rule(text) or (text != "" and text[0] in FRAMES and len(text) <= _LONGEST and _framed(text) is not None)


def _framed(text: str) -> _Framed | None:
    """The words between dashes, three letters of them at least (with dashes, where they are fewer); None without."""
    begin = len(text) - len(text.lstrip(FRAMES))
    start = len(text) - len(text[begin:].lstrip())
    if begin < 2:
        return None
    nearest = (start + _SHORTEST_WORDS, begin + _SHORTEST_WORDS, max(begin + 1, 2 + _SHORTEST_WORDS))
    close = next((found for at in nearest if (found := _FRAME.search(text, at))), None)
    if close is None:  # dashes enough for all three
        return _Framed("", text[begin:].strip()) if begin >= 2 + _SHORTEST_WORDS + 2 else None
    words = text[start : close.start()].rstrip().removesuffix(":").rstrip()
    return _Framed(words, text[close.end() :].strip()) if len(words) <= _LONGEST_WORDS else None


def read(text: str) -> Mark | None:
    """What a line separates; None for lines that separate nothing. One without a frame is for the caller to doubt."""
    if is_rule(text):
        return Mark(RULE, "", is_framed=True)
    if not text:
        return None
    if _is_alone(text) and not (text[0] in FRAMES and text[-1] in FRAMES):
        return Mark(FORWARDED, "", is_framed=text[0] in FRAMES, is_sure=True)
    framed = _framed(text) if text[0] in FRAMES else None
    if framed:
        is_whole = text[-1] in FRAMES and len(text) <= _LONGEST
        kind = next((kind for kind in (FORWARDED, ORIGINAL) if _says(kind, text if is_whole else framed.words)), None)
        return Mark(kind, "" if is_whole else framed.rest, is_framed=True, is_sure=True) if kind else None
    count = len(text.split())
    if count > _PLAIN_WORDS or (count > _BARE_WORDS and text.rstrip("* ")[-1:] not in (":", "：")):
        return None
    kind = next((kind for kind in (FORWARDED, ORIGINAL) if _says(kind, text)), None)
    return Mark(kind, "", is_framed=False) if kind else None
