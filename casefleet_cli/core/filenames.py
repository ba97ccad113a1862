"""File names that senders chose, made harmless: the one name under which a file is shown, downloaded and saved."""

from __future__ import annotations

import re
import unicodedata

from casefleet_cli.core.stacks import unstacked

_LONGEST = 180
"""Octets of a name without its ending; file systems take 255 in all."""
_LONGEST_ENDING = 10
_LOOKED_AT = 20_000
"""Letters of a name, from its end; nothing but a folder can be before them."""
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_BLANKS = re.compile("[\\s\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0]+")
"""Letters of some scripts that look like blanks are among them."""
_HARMLESS = str.maketrans(dict.fromkeys('<>:"|?*\u2044\u2215\u2216\u29f5\u29f8\u29f9\ufe68\uff0f\uff3c', "_"))
"""What Windows forbids, and what looks like a slash or becomes one where compatibility forms are made plain."""
_DEVICE = re.compile(r"(?:CON|PRN|AUX|NUL|CLOCK\$|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9\u00b9\u00b2\u00b3])(?=\.|\Z)", re.I)
"""What Windows takes for a device, whatever its ending."""
_TILDES = re.compile(r"\A~|~\Z")
"""Browsers save no file whose name begins or ends so."""


def safe_name(filename: str | None, content_type: str) -> str:
    """The sender's file name without folders, control and direction letters, and no longer than file systems take.

    No blanks push its ending out of sight, and it is no device of Windows.
    """
    letters = (filename or "")[-_LOOKED_AT:].replace("\\", "/").rpartition("/")[2]
    name = unicodedata.normalize("NFC", unstacked(_seen(letters))).translate(_HARMLESS)
    name = _BLANKS.sub(" ", name).strip(" .")
    if not name:
        return f"attachment.{re.sub(r'[^a-z0-9]', '', content_type.rpartition('/')[2].lower())[:8] or 'bin'}"
    stem, dot, ending = name.rpartition(".")
    has_ending = dot and len(ending) <= _LONGEST_ENDING
    name = f"{_within(stem)}.{ending.strip()}" if has_ending else _within(name)
    return f"_{name}" if _DEVICE.match(name) else _TILDES.sub("_", name)


def numbered(name: str, count: int) -> str:
    """A name that `safe_name` gave, or for a second and further file of that name: "report (2).pdf"."""
    if count == 1:
        return name
    stem, dot, ending = name.rpartition(".")
    return f"{stem} ({count}).{ending}" if dot and len(ending) <= _LONGEST_ENDING else f"{name} ({count})"


def _seen(letters: str) -> str:
    """The letters that somebody sees."""
    if letters.isascii() and letters.isprintable():
        return letters
    return "".join(letter for letter in letters if unicodedata.category(letter) not in _UNSEEN)


def _within(text: str) -> str:
    """As much of a text as there is room for."""
    return text.encode("utf-8")[:_LONGEST].decode("utf-8", "ignore").strip(" .")
