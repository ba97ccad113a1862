"""A Maildir: one file a message, in cur/ or new/, its flags in its name.

https://cr.yp.to/proto/maildir.html for the folder and the flags; Maildir++ (Courier, Dovecot) for `.Folder.Sub`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from casefleet_cli.sources.eml import read_file
from casefleet_cli.sources.items import LEADS_OUT, Skipped, cannot_read, leads_out, origin_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from casefleet_cli.sources.items import Item, Source

FLAGS = {"D": "draft", "F": "flagged", "P": "passed", "R": "replied", "S": "seen", "T": "trashed"}
_INFO = re.compile(r"[:;!]2,([A-Za-z]*)")  # Windows cannot write a colon: programs there use ; or !
_SHIFTED = re.compile(r"&([^-]*)-")


def is_maildir(path: Path) -> bool:
    """Whether this folder has cur/ and new/; a folder that cannot be looked into has not."""
    try:
        return (path / "cur").is_dir() and (path / "new").is_dir()
    except OSError:
        return False


def folder_name(name: str) -> str:
    """The name of a Maildir++ folder for people: `.Sent.2003` is "Sent/2003"; modified UTF-7 (RFC 3501 5.1.3) read."""
    return _SHIFTED.sub(_unshifted, name.removeprefix(".").replace(".", "/"))


def _unshifted(found: re.Match[str]) -> str:
    from binascii import Error, a2b_base64  # noqa: PLC0415  few folders need it

    if not found[1]:
        return "&"
    try:
        coded = found[1].replace(",", "/")
        return a2b_base64(coded + "=" * (-len(coded) % 4)).decode("utf-16-be")
    except (Error, UnicodeError):
        return found[0]


def flags(name: str) -> tuple[str, ...]:
    """The standard flags in a file name, in words, sorted; letters that only one program knows are left out."""
    found = _INFO.search(name)
    return tuple(sorted({FLAGS[letter] for letter in found[1] if letter in FLAGS})) if found else ()


def read(source: Source) -> Iterator[Item | Skipped]:
    """The messages of one Maildir folder, cur/ and new/ together, in the order of their names (of their arrival).

    There is no `after`: a name changes with its flags and moves from new/ to cur/, so a position in the list would not
    mean the same message the next time. What stays is the name before its `:2,`.
    """
    entries: list[tuple[str, str]] = []
    for sub in ("cur", "new"):
        folder = source.path / sub
        try:
            entries += [(entry.name, sub) for entry in folder.iterdir() if not entry.name.startswith(".")]
        except OSError as error:
            yield cannot_read(folder, error)
    entries.sort()
    for name, sub in entries:
        path = source.path / sub / name
        if leads_out(path, source.path):
            yield Skipped(origin_of(path), 0, LEADS_OUT)
        elif not path.is_dir():
            yield read_file(path, (*source.labels, *flags(name)))
