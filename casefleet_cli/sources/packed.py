"""Archives of mail (zip, tar) and compressed files (gzip, bzip2, xz), read member by member.

Memory does not grow with the archive: a member that is a message is read whole, an mbox through a temporary copy that
nobody else can read. What is an archive inside an archive is listed, not opened; a small file that pretends to be a
huge one is left at a bound.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
import tempfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Any, NamedTuple, cast

from casefleet_cli.sources import eml, mbox
from casefleet_cli.sources.folders import is_bookkeeping
from casefleet_cli.sources.items import LARGEST, MEMBER, PACKED, Item, Skipped, Source, cannot_read
from casefleet_cli.sources.looks import SNIFF, tell
from casefleet_cli.sources.maildir import flags, folder_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_MOST_FOLD = 1_000
_ALWAYS = 1_000_000_000
"""A file may unpack to this many bytes, and to a thousand times its own size (what deflate can do at most)."""
_COPY = 1 << 20
_IN_A_MEMBER = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError)
"""What the standard library raises for a member that is damaged, locked by a password, or packed in a way it lacks."""
_BROKEN = (*_IN_A_MEMBER, tarfile.TarError, lzma.LZMAError, EOFError)
_NESTED = "This is an archive inside an archive: unpack it to import mail that is in it."


class TooMuchError(Exception):
    """A file unpacks to more than it could honestly hold."""


class _Member(NamedTuple):
    """One file in an archive."""

    name: str
    open: Callable[[], IO[bytes]]


def read(source: Source, after: int = -1) -> Iterator[Item | Skipped]:
    """The messages of an archive in its own order, those beyond position `after` only.

    A position is that of the member in the archive times MEMBER, plus the position inside of it.
    """
    position = after
    try:
        budget = _Budget(source.path.stat().st_size)
        for index, member in enumerate(_members(source)):
            begin = index * MEMBER
            if after >= begin + MEMBER or _is_bookkeeping(member.name):
                continue
            inside = after - begin if after >= begin else -1
            for found in _member(member, f"{source.called}!{_clean(member.name)}", inside, budget):
                position = begin + max(found.position, 0)
                yield found._replace(position=position)
    except OSError as error:
        yield cannot_read(source.called, error, position)
    except TooMuchError:
        yield Skipped(source.called, position, "This unpacks to far more than mail could: nothing more of it is read.")
    except _BROKEN as error:
        yield Skipped(source.called, position, f"This archive is damaged or locked: {_words(error)}.")


class _Budget:
    """How much a file may still unpack to."""

    def __init__(self, size: int) -> None:
        self._rest = _ALWAYS + size * _MOST_FOLD

    def take(self, stream: IO[bytes], length: int) -> bytes:
        """The next bytes of a stream; raises TooMuchError when the file has given too many."""
        found = stream.read(length)
        self._rest -= len(found)
        if self._rest < 0:
            raise TooMuchError
        return found


def _member(member: _Member, origin: str, after: int, budget: _Budget) -> Iterator[Item | Skipped]:
    try:
        with member.open() as stream:
            head = budget.take(stream, SNIFF)
            kind, reason = tell(head)
            if kind is None:
                if after < 0:
                    yield Skipped(origin, 0, reason)
            elif kind == PACKED:
                if after < 0:
                    yield Skipped(origin, 0, _NESTED)
            elif kind == "mbox":
                yield from _mbox(stream, head, Source(Path(), "mbox", (), origin), after, budget)
            elif after < 0:
                yield _message(stream, head, member.name, origin, budget)
    except _IN_A_MEMBER as error:
        yield Skipped(origin, 0, f"This member is damaged or locked: {_words(error)}.")


def _mbox(stream: IO[bytes], head: bytes, source: Source, after: int, budget: _Budget) -> Iterator[Item | Skipped]:
    with tempfile.NamedTemporaryFile(prefix="casefleet-") as copy:
        copy.write(head)
        while chunk := budget.take(stream, _COPY):
            copy.write(chunk)
        copy.flush()
        for found in mbox.read(source._replace(path=Path(copy.name)), after):
            yield found._replace(kind="mbox") if isinstance(found, Item) else found


def _message(stream: IO[bytes], head: bytes, name: str, origin: str, budget: _Budget) -> Item | Skipped:
    parts = [head]
    size = len(head)
    while chunk := budget.take(stream, _COPY):
        parts.append(chunk)
        size += len(chunk)
        if size > LARGEST:
            return Skipped(origin, 0, f"This message is larger than {LARGEST // 1_000_000} MB.")
    path = PurePosixPath(name)
    is_maildir = path.parent.name in ("cur", "new")
    labels: tuple[str, ...] = ()
    if is_maildir:
        folder = folder_name(path.parent.parent.name) if path.parent.parent.name.startswith(".") else ""
        labels = ((folder,) if folder else ()) + flags(path.name)
    found = eml.message(b"".join(parts), origin, labels)
    return found._replace(kind="maildir" if is_maildir else "eml") if isinstance(found, Item) else found


def _members(source: Source) -> Iterator[_Member]:
    with source.path.open("rb") as file:
        head = file.read(SNIFF)
        file.seek(0)
        if head.startswith(b"PK"):
            yield from _of_zip(file)
            return
        try:
            with tarfile.open(fileobj=file, mode="r|*") as tar:
                yield from _of_tar(tar)
                return
        except tarfile.ReadError:
            if not head.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ")):
                raise
        file.seek(0)
        opened = _decompressed(head, file)
        yield _Member(PurePosixPath(source.called).stem, lambda: opened)


def _of_zip(file: IO[bytes]) -> Iterator[_Member]:
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            if not info.is_dir():
                yield _Member(info.filename, lambda info=info: archive.open(info))  # type: ignore[misc]


def _of_tar(tar: tarfile.TarFile) -> Iterator[_Member]:
    seen = cast("Any", tar).members
    for info in tar:
        seen.clear()  # else it remembers all members
        if info.isreg() and (stream := tar.extractfile(info)) is not None:
            yield _Member(info.name, lambda stream=stream: stream)  # type: ignore[misc]


def _decompressed(head: bytes, file: IO[bytes]) -> IO[bytes]:
    if head.startswith(b"\x1f\x8b"):
        return cast("IO[bytes]", gzip.GzipFile(fileobj=file))
    return cast("IO[bytes]", bz2.BZ2File(file) if head.startswith(b"BZh") else lzma.LZMAFile(file))


def _is_bookkeeping(name: str) -> bool:
    parts = PurePosixPath(name).parts
    is_hidden = any(is_bookkeeping(part) for part in parts[-1:]) or parts[:1] == ("__MACOSX",)
    return is_hidden or (len(parts) > 1 and parts[-2] == "tmp")


def _clean(name: str) -> str:
    """A member's name as clean text; names in archives are whatever their maker wrote."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace").replace("\0", "")


def _words(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
