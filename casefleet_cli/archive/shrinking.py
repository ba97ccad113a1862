"""An mbox that loses some of its mail, in place: whoever waits for its lock has that very file open, and appends to it.

What is kept moves to the front over what goes. A kill in the middle of that would leave neither, so what moves is
written first to a file of its own beside the mbox (`.NAME.casefleet-kept`), whole and synced; whoever opens the mbox
next finishes the work. Where only the end goes, or everything, cutting the file is one step and needs none of it.
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING, Any

from casefleet_cli import files
from casefleet_cli.errors import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

_CHUNK = 1 << 20
_LONGEST_LINE = 1_000


def shrink(path: Path, descriptor: int, gone: Sequence[tuple[int, int]]) -> None:
    """Take these spans (begin and end, in order, apart) out of a file that is locked for writing.

    Errors: OSError, and those of files.new_file, with the file as it was; `finish` ends what a kill broke off.
    """
    if not gone:
        return
    size = os.fstat(descriptor).st_size
    ends = [*gone[1:], (size, size)]
    kept = [(end, following) for (_, end), (following, _) in zip(gone, ends, strict=True) if following > end]
    begin = gone[0][0]
    if not kept:
        _cut(descriptor, begin)
        return
    total = sum(end - start for start, end in kept)
    moved = (piece for start, end in kept for piece in _pieces(descriptor, start, end))
    _move(path, descriptor, moved, begin=begin, end=begin + total, size=size)


def finish(path: Path, descriptor: int) -> None:
    """End what a killed run began with this file, which is locked for writing; nothing where there is nothing to end.

    Raises UnreadableError where another program has changed the file since, which is for a person to decide.
    """
    journal = _journal(path)
    try:
        opened = os.open(journal, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        head, start = _head(opened)
        length = os.fstat(opened).st_size - start
        begin, old = head["begin"], head["size"]
        end, size = begin + length, os.fstat(descriptor).st_size
        if size >= old and _digest(descriptor, end, old) == head["tail"]:
            # What goes is still there behind what moves, and mail may have come since.
            moved = (
                piece for one in ((opened, start, start + length), (descriptor, old, size)) for piece in _pieces(*one)
            )
            _move(path, descriptor, moved, begin=begin, end=end + size - old, size=size)
        elif size >= end and _digest(descriptor, begin, end) == _digest(opened, start, start + length):
            journal.unlink()
        else:
            raise UnreadableError(
                f"{path} was changed after a run of redeliver was killed in it. {journal} has the mail that had to"
                " stay: compare the two, put right what is missing, and remove it."
            )
    finally:
        os.close(opened)


def _move(path: Path, descriptor: int, moved: Iterable[bytes], *, begin: int, end: int, size: int) -> None:
    """Put `moved` between `begin` and `end`, and cut the file there; `size` is its size now."""
    head = {"begin": begin, "size": size, "tail": _digest(descriptor, end, size)}
    journal = _journal(path)
    with files.new_file(journal, replace=True) as draft, draft.open("wb") as file:
        file.write(json.dumps(head).encode() + b"\n")
        file.writelines(moved)
    opened = os.open(journal, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        _, start = _head(opened)
        at = begin
        for piece in _pieces(opened, start, start + end - begin):
            _write(descriptor, piece, at)
            at += len(piece)
    finally:
        os.close(opened)
    os.fsync(descriptor)
    _cut(descriptor, end)
    journal.unlink()


def _cut(descriptor: int, size: int) -> None:
    os.ftruncate(descriptor, size)
    os.fsync(descriptor)


def _write(descriptor: int, piece: bytes, at: int) -> None:
    while piece:
        written = os.pwrite(descriptor, piece, at)
        piece, at = piece[written:], at + written


def _journal(path: Path) -> Path:
    return path.with_name(f".{path.name}.casefleet-kept")


def _head(opened: int) -> tuple[dict[str, Any], int]:
    """What the first line of a journal says, and where what follows it begins."""
    line = os.pread(opened, _LONGEST_LINE, 0).partition(b"\n")[0]
    return json.loads(line), len(line) + 1


def _digest(descriptor: int, begin: int, end: int) -> str:
    found = hashlib.sha256()
    for piece in _pieces(descriptor, begin, end):
        found.update(piece)
    return found.hexdigest()


def _pieces(descriptor: int, begin: int, end: int) -> Iterator[bytes]:
    """The bytes from `begin` to `end`, as far as there are any."""
    while begin < end and (piece := os.pread(descriptor, min(_CHUNK, end - begin), begin)):
        yield piece
        begin += len(piece)
