"""Marks piled on one letter until they cover the lines around it."""

from __future__ import annotations

import re

_MARK = (
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u064b-\u065f\u0670\u06d6-\u06dc\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u3099\u309a\ufe20-\ufe2f]"
)
_STACK = re.compile(f"({_MARK}{{4}}){_MARK}+")
"""No language puts more than four on a letter."""


def unstacked(text: str) -> str:
    """The text with at most four combining marks on each letter."""
    return text if text.isascii() else _STACK.sub(r"\1", text)
