"""A Maildir: one file a message, in cur/ or new/, its flags in its name.

https://cr.yp.to/proto/maildir.html for the folder and the flags; Maildir++ (Courier, Dovecot) for `.Folder.Sub`.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from casefleet_cli.sources import eml, states
from casefleet_cli.sources.items import (
    BOOKKEEPING,
    IN_TMP,
    LEADS_OUT,
    Skipped,
    Source,
    cannot_read,
    leads_out,
    moment_of_seconds,
    origin_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from casefleet_cli.sources.items import Item

FLAGS = {"D": "draft", "F": "flagged", "P": "passed", "R": "replied", "S": "seen", "T": "trashed"}
HOLDERS = ("cur", "new")
"""The folders in a Maildir that hold mail."""
_INFO = re.compile(r"[:;!]2,([A-Za-z]*)")  # Windows cannot write a colon: programs there use ; or !
_NAME = re.compile(r"\d+\.[^.].*")
_SECONDS = re.compile(r"(\d{9,10})\.")
_SHIFTED = re.compile(r"&([^&-]*)-")
_SAMPLE = 100
"""How many names tell whether a lone cur/ or new/ is that of a Maildir."""
_A_FOLDER = "This is a folder inside of cur/ or new/: name it to import what is in it."


def is_maildir(path: Path) -> bool:
    """Whether this folder has cur/ and new/, or one of them beside tmp/ or with files named as a Maildir's are.

    Empty folders get lost: in git, zip and object storage, by `rsync -m`. A folder that cannot be looked into is none.
    """
    try:
        found = [path / name for name in HOLDERS if (path / name).is_dir()]
        if len(found) == 1 and not (path / "tmp").is_dir():
            names = (entry.name for entry in islice(found[0].iterdir(), _SAMPLE))
            return any(map(is_name, names))
        return bool(found)
    except OSError:
        return False


def is_name(name: str) -> bool:
    """Whether a file is named as those of a Maildir are: with flags, or as `SECONDS.UNIQUE.HOST`."""
    return bool(_INFO.search(name) or _NAME.fullmatch(name))


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


def file_of(source: Source, name: str) -> Source:
    """The source with what the name of a file in it says: flags, and the second in which it was delivered."""
    words, seconds = flags(name), _SECONDS.match(name)
    return source._replace(
        labels=source.labels + words,
        state=states.stronger(source.state, states.of_flags(words)),
        moment=moment_of_seconds(int(seconds[1])) if seconds else "",
    )


def read(source: Source) -> Iterator[Item | Skipped]:
    """The messages of one Maildir folder, cur/ and new/ together, in the order of their names (of their arrival).

    There is no `after`: a name changes with its flags and moves from new/ to cur/, so a position in the list would not
    mean the same message the next time. What stays is the name before its `:2,`.
    """
    for found in files(source.path):
        if isinstance(found, Skipped):
            yield found
        else:
            yield from eml.read_file(file_of(source._replace(path=found), found.name))
    yield from _undelivered(source.path / "tmp")


def files(folder: Path) -> Iterator[Path | Skipped]:
    """The files of cur/ and new/ that hold a message each, in the order of their names; and what is there besides."""
    entries: list[tuple[str, str]] = []
    missing: list[Skipped] = []
    for sub in HOLDERS:
        holder = folder / sub
        try:
            entries += [(entry.name, sub) for entry in holder.iterdir()]
        except FileNotFoundError as error:
            missing.append(cannot_read(holder, error))
        except OSError as error:
            yield cannot_read(holder, error)
    if len(missing) == len(HOLDERS):
        yield from missing
    entries.sort()
    for name, sub in entries:
        path = folder / sub / name
        if name.startswith("."):
            yield Skipped(origin_of(path), 0, BOOKKEEPING, is_bookkeeping=True)
        elif leads_out(path, folder):
            yield Skipped(origin_of(path), 0, LEADS_OUT)
        elif path.is_dir():
            yield Skipped(origin_of(path), 0, _A_FOLDER)
        else:
            yield path


def _undelivered(folder: Path) -> Iterator[Skipped]:
    try:
        names = sorted(entry.name for entry in folder.iterdir())
    except FileNotFoundError:
        return
    except OSError as error:
        yield cannot_read(folder, error)
        return
    for name in names:
        yield Skipped(origin_of(folder / name), 0, IN_TMP, is_bookkeeping=True)
