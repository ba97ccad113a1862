"""Small files of mail, and what the sources make of them."""

from __future__ import annotations

import os
from pathlib import Path

from casefleet_cli.sources import Item, Skipped, Source, find, read

DATED = b"From ada@firm.example Tue Mar  4 03:33:20 2003\n"
MAIL = b"From: Ada <ada@firm.example>\nTo: bob@client.example\nSubject: Deed\n\nSee below.\n"
LONG_AGO = 1_000_000_000


def mail(number: int, body: bytes = b"text\n", extra: bytes = b"") -> bytes:
    return b"From: a@x.example\nSubject: %d\n%s\n%s" % (number, extra, body)


def tree(root: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


def split(folder: Path, content: bytes, after: int = -1) -> list[Item | Skipped]:
    """What an mbox of this content gives, which nobody has written to for long."""
    path = folder / "box"
    path.write_bytes(content)
    os.utime(path, (LONG_AGO, LONG_AGO))
    return list(read(Source(path, "mbox"), after))


def items(things: list[Item | Skipped]) -> list[Item]:
    return [thing for thing in things if isinstance(thing, Item)]


def raws(things: list[Item | Skipped]) -> list[bytes]:
    return [thing.raw for thing in items(things)]


def listed(things: list[Item | Skipped]) -> list[Skipped]:
    """What was skipped and is no book-keeping."""
    return [thing for thing in things if isinstance(thing, Skipped) and not thing.is_bookkeeping]


def found(root: Path, kind: str | None = None) -> list[tuple[str, str]]:
    """(path below the root, kind or sentence) of all that is found and no book-keeping."""
    answer = []
    for thing in find([root], kind):
        if isinstance(thing, Skipped) and thing.is_bookkeeping:
            continue
        name = str(thing.path) if isinstance(thing, Source) else thing.origin
        said = thing.kind if isinstance(thing, Source) else thing.reason
        answer.append((os.path.relpath(name, root), said))
    return answer
