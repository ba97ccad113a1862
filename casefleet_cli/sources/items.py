"""The words of this room: where mail comes from, one message of it, and what could not be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

KINDS = ("eml", "maildir", "mbox")
"""What a source can be; the words of `deliveries.source`."""

PACKED = "packed"
"""The kind of a source that is an archive or a compressed file; its messages say what they are."""

MEMBER = 1 << 40
"""In an archive a position is that of the member times this, plus the position inside of it."""

LARGEST = 500_000_000
"""Bytes of the largest message that is read: twice over it still fits a value of SQLite (1,000,000,000)."""

NOT_A_FILE = "This is no regular file."
LEADS_OUT = "This is a link that leads out of the folder that is read: name its target to import it."


class Source(NamedTuple):
    """A file or a Maildir folder that holds mail."""

    path: Path
    kind: str
    """One of KINDS, or PACKED."""
    labels: tuple[str, ...] = ()
    """What every message in it is labelled with: the name of its Maildir folder."""
    name: str = ""
    """What it is called where its file is a copy made for reading: "-", or a member of an archive."""

    @property
    def called(self) -> str:
        """What it is called, as clean text."""
        return self.name or origin_of(self.path)


class Item(NamedTuple):
    """One message as its source keeps it."""

    origin: str
    """The path of its file; in an mbox `path#N`, N counted from 1."""
    position: int
    """The byte at which it begins in its file (its From_ line in an mbox); 0 in a file of its own."""
    raw: bytes
    """The message alone, line ends as stored."""
    labels: tuple[str, ...] = ()
    kind: str = ""
    """One of KINDS where its source is PACKED, else ""."""


class Skipped(NamedTuple):
    """Something that was there and was not read as mail."""

    origin: str
    position: int
    """As in Item, so that reading can go on after it; where reading broke off, the position of the last message that
    was read, -1 if none was."""
    reason: str
    """A sentence for a person."""


def origin_of(path: Path) -> str:
    """The path as clean text: bytes of a file name that are no UTF-8 are written as `\\xNN`."""
    return str(path).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def byte_of(position: int) -> int:
    """The byte at which a message begins in its file, be that in an archive or not."""
    return position % MEMBER if position > 0 else 0


def cannot_read(path: Path | str, error: OSError, position: int = -1) -> Skipped:
    """What the operating system refused, after the message at `position`; a text is what the file is called."""
    called = path if isinstance(path, str) else origin_of(path)
    return Skipped(called, position, f"Cannot be read: {error.strerror or error}.")


def leads_out(path: Path, root: Path) -> bool:
    """Whether `path` is a symbolic link to something outside the folder `root`.

    Such links are listed and not followed: `up -> ..` in one person's archive must not bring in another's mail.
    """
    try:
        return path.is_symlink() and not path.resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError):  # a link to itself; reading it says so
        return False
