"""The words of this room: where mail comes from, one message of it, and what could not be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

KINDS = ("eml", "maildir", "mbox")
"""What `--type` can name, and the words of `deliveries.source`, which the schema closes: a migration adds one."""

FORMATS = ("msg", "tnef", "emlx", "takeout")
"""The words of `deliveries.format`: Outlook's .msg, a winmail.dat, Apple Mail's .emlx, Google Takeout. The schema
leaves them open; what a reader is told of each stands in `core.rules.explanation`."""

PACKED = "packed"
"""The kind of a source that is an archive or a compressed file; its messages say what they are."""

MEMBER = 1 << 40
"""In an archive a position is that of the member times this, plus the position inside of it."""

BEHIND = MEMBER >> 1
"""The position inside of a member of what is wrong with it as a whole: behind all that is read of it."""

LARGEST = 500_000_000
"""Bytes of the largest message that is read: twice over it still fits a value of SQLite (1,000,000,000)."""

_FIRST_SECOND, _LAST_SECOND = 631_152_000, 4_102_444_800
NESTED = "This is an archive inside an archive: unpack it to import mail that is in it."
NOT_A_FILE = "This is no regular file."
BOOKKEEPING = "This is hidden, a lock, or one of the books that mail programs keep: not read."
HIDDEN_MAIL = "This file is hidden, and it begins like mail: name it to import it."
IN_TMP = "This is in tmp/, where a delivery that never ended left it: not read."
LINKED_FOLDER = "This is a link to a folder: its mail is read where the folder is."
LEADS_OUT = "This is a link that leads out of the folder that is read: name its target to import it."


class Source(NamedTuple):
    """A file or a Maildir folder that holds mail."""

    path: Path
    kind: str
    """One of KINDS, PACKED, or one of many.READERS."""
    labels: tuple[str, ...] = ()
    """What every message in it is labelled with: the name of its Maildir folder."""
    name: str = ""
    """What it is called where its file is a copy made for reading: "-", or a member of an archive."""
    state: str = ""
    """What the names of its folder and file say about all mail in it, one of states.STATES or ""."""
    moment: str = ""
    """What its name says about when its one message came: as in Item."""

    @property
    def called(self) -> str:
        """What it is called, as clean text."""
        return self.name or origin_of(self.path)


class Range(NamedTuple):
    """Bytes of a file, or of a member of an archive; in what is compressed they are counted unpacked."""

    begin: int
    end: int | None
    """The byte behind the last; None where nobody knows how far it goes."""


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
    """One of KINDS where that is not its source's, else ""."""
    state: str = ""
    """What its archive says that it is: "draft", "deleted", "junk", or "" for mail that was sent or received."""
    moment: str = ""
    """When it was sent or came, as its archive says beside the message (the From_ line, a Maildir's file name, the
    property list of an .emlx): `YYYY-MM-DDTHH:MM:SSZ`, "" where that says nothing."""
    range: Range | None = None
    """Where it lies in a file of many messages."""
    format: str = ""
    """The format in which it was kept, one of FORMATS, where its kind does not say it."""


class Skipped(NamedTuple):
    """Something that was there and was not read as mail, or a place where that is not certain."""

    origin: str
    position: int
    """As in Item, so that reading can go on after it; where reading broke off, the position of the last message that
    was read, -1 if none was."""
    reason: str
    """A sentence for a person."""
    is_bookkeeping: bool = False
    """Nobody expects mail there: a lock, one of the books that a mail program keeps, a delivery that never ended."""
    range: Range | None = None
    """The bytes that were not read as mail, where they are not the whole of a file."""


def origin_of(path: Path) -> str:
    """The path as clean text: bytes of a file name that are no UTF-8 are written as `\\xNN`."""
    return str(path).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def moment_of_seconds(seconds: int) -> str:
    """The moment so many seconds after the beginning of 1970, as in Item; "" before 1990 and after 2099."""
    if not _FIRST_SECOND <= seconds < _LAST_SECOND:
        return ""
    from datetime import UTC, datetime  # noqa: PLC0415 - few sources need it

    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def byte_of(position: int) -> int:
    """The byte at which a message begins in its file, in an archive or not; 0 for what concerns a file as a whole."""
    inside = position % MEMBER if position > 0 else 0
    return inside if inside < BEHIND else 0


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
