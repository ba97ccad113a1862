"""Making text that came from outside safe to print on a terminal."""

from __future__ import annotations

import re

# ECMA-48 control sequences in their 7-bit and 8-bit forms. Strings (OSC, DCS and kin) go whole only when they end, so
# that nobody hides the rest of a line behind one that never does.
_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]{0,64}[ -/]{0,16}[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]{0,16}[0-~]"
)
_BLANKS = re.compile(r"[\s\x85\u2028\u2029]+")
_NEWLINES = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# Controls, bidi marks, embeddings, overrides and isolates (UAX #9), tags, interlinear marks and the BOM.
_UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_UNSEEN_BUT_LAYOUT = re.compile(_UNSEEN.pattern.replace(r"\x00-\x1f", r"\x00-\x08\x0b-\x1f"))
_SURROGATE = re.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    """The text on one line, without control characters, terminal escapes, bidi controls and lone surrogates."""
    text = _BLANKS.sub(" ", _SEQUENCE.sub("", text))
    return _SURROGATE.sub("\ufffd", _UNSEEN.sub("", text)).strip()


def clean_block(text: str) -> str:
    """As `clean`, but lines and tabs stay; every line ends in LF."""
    text = _NEWLINES.sub("\n", _SEQUENCE.sub("", text))
    return _SURROGATE.sub("\ufffd", _UNSEEN_BUT_LAYOUT.sub("", text))
