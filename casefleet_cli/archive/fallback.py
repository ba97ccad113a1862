"""A fall-back mailbox: the mails that a mail server put aside, each of which can be taken out when it is logged."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from casefleet_cli.archive import shrinking
from casefleet_cli.errors import CannotCreateError, NoInputError, TryAgainError, UnreadableError
from casefleet_cli.sources import Source, maildir, mbox
from casefleet_cli.sources.compression import compression_of, is_zlib, unpacked
from casefleet_cli.sources.from_line import begins_mbox
from casefleet_cli.sources.items import LARGEST, NOT_A_FILE, Skipped, origin_of
from casefleet_cli.sources.locks import Lock, LockedError
from casefleet_cli.sources.looks import SNIFF

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

UNCERTAIN = "It is not certain that this is one mail: a line in it may begin another."


class Waiting(NamedTuple):
    """One mail that waits in a mailbox."""

    origin: str
    """The path of its file; in an mbox `path#N`."""
    raw: bytes
    """As a mail server would hand it to `deliver`; b"" where it cannot be read."""
    reason: str
    """Why it cannot be read, "" where it was."""
    remove: Callable[[], None]
    """Take it out of the mailbox; raises OSError. From an mbox it goes when the mailbox is closed."""


@contextmanager
def opened(path: Path) -> Iterator[Iterator[Waiting]]:
    """The mails of a Maildir (without its subfolders) or an mbox, which nobody else can change until it is closed.

    Errors: NoInputError, UnreadableError for anything else, TryAgainError where another program has locked it, OSError.
    """
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NoInputError(f"There is no file or folder {origin_of(path)}.") from error
    if maildir.is_maildir(path):
        yield _of_maildir(path)
    elif stat.S_ISREG(status.st_mode):
        with _open_mbox(path) as waiting:
            yield waiting
    else:
        raise UnreadableError(f"{origin_of(path)} is neither a Maildir nor an mbox.")


def _of_maildir(folder: Path) -> Iterator[Waiting]:
    for found in maildir.files(folder):
        if not isinstance(found, Skipped):
            yield _of_file(found)
        elif not found.is_bookkeeping:
            yield Waiting(found.origin, b"", found.reason, _nothing)


def _of_file(path: Path) -> Waiting:
    """The mail in a file of its own: its bytes as they are, but for the compression that Dovecot may have added."""
    raw, reason = b"", ""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            reason = NOT_A_FILE
        elif status.st_size > LARGEST:
            reason = f"This mail is larger than {LARGEST // 1_000_000} MB ({status.st_size} bytes)."
        else:
            raw = path.read_bytes()
    except OSError as error:
        reason = f"Cannot be read: {error.strerror or error}."
    if name := compression_of(raw) or ("zlib" if is_zlib(raw) else None):
        raw, reason = unpacked(raw, name)
    if not raw and not reason:
        reason = "This file is empty."
    return Waiting(origin_of(path), raw, reason, path.unlink)


@contextmanager
def _open_mbox(path: Path) -> Iterator[Iterator[Waiting]]:
    # One descriptor for reading and writing: closing a second one would give the lock up.
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        with Lock(path, descriptor, is_writing=True) as lock:
            shrinking.finish(path, descriptor)
            head = os.pread(descriptor, SNIFF, 0)
            if head.strip() and not begins_mbox(head.lstrip(b"\r\n")):
                raise UnreadableError(f"{origin_of(path)} is neither a Maildir nor an mbox.")
            gone: list[tuple[int, int]] = []
            try:
                yield _of_mbox(path, descriptor, lock, gone)
            finally:
                _shrink(path, descriptor, gone)
    except LockedError as error:
        raise TryAgainError(
            f"Another program has locked {origin_of(path)}; run this again when that has ended."
        ) from error
    finally:
        os.close(descriptor)


def _shrink(path: Path, descriptor: int, gone: list[tuple[int, int]]) -> None:
    try:
        shrinking.shrink(path, descriptor, _joined(gone))
    except CannotCreateError as error:
        raise CannotCreateError(
            f"What is logged cannot be taken out of {origin_of(path)}, and the next run finds it known. {error}"
        ) from error


def _of_mbox(path: Path, descriptor: int, lock: Lock, gone: list[tuple[int, int]]) -> Iterator[Waiting]:
    for piece in mbox.pieces(descriptor, Source(path, "mbox"), lock):
        first, *doubts = piece.found
        if isinstance(first, Skipped):
            yield Waiting(first.origin, b"", first.reason, _nothing)
        elif doubts:
            yield Waiting(first.origin, b"", UNCERTAIN, _nothing)
        else:
            span = (piece.begin, piece.end)
            yield Waiting(first.origin, first.raw, "", lambda span=span: gone.append(span))  # type: ignore[misc]


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans, those that touch made one."""
    joined: list[tuple[int, int]] = []
    for begin, end in spans:
        if joined and joined[-1][1] == begin:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((begin, end))
    return joined


def _nothing() -> None:
    pass
