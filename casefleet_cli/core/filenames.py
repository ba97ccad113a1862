"""File names that senders chose, made harmless."""

from __future__ import annotations

import re
import unicodedata

_NAME_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def safe_name(filename: str | None, content_type: str) -> str:
    """The sender's file name without folders, control and direction letters, and no longer than file systems take."""
    letters = (filename or "").replace("\\", "/").rpartition("/")[2]
    letters = "".join("_" if each in '<>:"|?*' else each for each in letters)
    name = "".join(each for each in letters if unicodedata.category(each) not in _NAME_UNSEEN).strip(" .")
    if not name:
        return f"attachment.{re.sub(r'[^a-z0-9]', '', content_type.rpartition('/')[2].lower())[:8] or 'bin'}"
    stem, dot, tail = name.rpartition(".")
    if dot and len(tail) <= 10:
        return _within(stem, 180) + dot + tail
    return _within(name, 180)


def _within(text: str, octets: int) -> str:
    return text.encode("utf-8")[:octets].decode("utf-8", "ignore")
