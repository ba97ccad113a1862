"""Archives of mail (zip, tar) and compressed files (gzip, bzip2, xz, zstd), read member by member.

Memory does not grow with the archive: a member that is a message is read whole, an mbox through a temporary copy that
nobody else can read. What is an archive inside an archive is listed, not opened, but a member may be compressed; a
small file that pretends to be a huge one is left at a bound. Of a damaged file what comes before the damage is read.
"""

from __future__ import annotations

import lzma
import tarfile
import tempfile
import zipfile
import zlib
from contextlib import closing
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Any

from casefleet_cli.sources import eml, states, tars, zips
from casefleet_cli.sources.compression import Unpacking, compression_of
from casefleet_cli.sources.folders import is_bookkeeping, is_of_program
from casefleet_cli.sources.held import Held
from casefleet_cli.sources.items import (
    BEHIND,
    BOOKKEEPING,
    HIDDEN_MAIL,
    IN_TMP,
    LARGEST,
    MEMBER,
    NESTED,
    PACKED,
    Item,
    Range,
    Skipped,
    Source,
    cannot_read,
)
from casefleet_cli.sources.looks import SNIFF, tell
from casefleet_cli.sources.maildir import HOLDERS, file_of, folder_name, is_name
from casefleet_cli.sources.many import READERS
from casefleet_cli.sources.members import Budget, Member, TooMuchError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

_COPY = 1 << 20
_IN_A_MEMBER = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError)
"""What the standard library raises for a member that is damaged, locked by a password, or packed in a way it lacks."""
_BROKEN = (*_IN_A_MEMBER, tarfile.TarError, lzma.LZMAError, EOFError)
_TOO_MUCH = "This unpacks to far more than mail could: nothing more of it is read."


def read(source: Source, after: int = -1) -> Iterator[Item | Skipped]:
    """The messages of an archive in its own order, those beyond position `after` only.

    A position is that of the member in the archive times MEMBER, plus the position inside of it.
    """
    reading = _Reading(source, after)
    try:
        budget = Budget(source.path.stat().st_size)
    except OSError as error:
        yield cannot_read(source.called, error, after)
        return
    with Held(budget, _IN_A_MEMBER) as held, closing(_members(source, budget)) as members:
        yield from reading.of(held.without(members), budget)
        if not reading.is_spent:  # what waited is whole, though the archive may have broken off behind it
            yield from reading.of(held.members(f"{source.called}!"), budget)
    if reading.wrong:
        yield reading.wrong._replace(position=reading.position)


class _Reading:
    """The members of an archive, each with its number in it, beyond a position."""

    def __init__(self, source: Source, after: int) -> None:
        self._source, self._after = source, after
        self._index = 0
        self.position = after
        """Of what was given last."""
        self.wrong: Skipped | None = None
        """Why not all of the archive could be read."""
        self.is_spent = False

    def of(self, members: Iterator[Member | None], budget: Budget) -> Iterator[Item | Skipped]:
        """What these members hold (None: one that comes later); where reading breaks off, `wrong` says why."""
        called = self._source.called
        try:
            for member in members:
                begin = self._index * MEMBER
                self._index += 1
                if member is None or self._after >= begin + MEMBER:
                    continue
                for found in _member(member, self._source, budget):
                    position = begin + max(found.position, 0)
                    if position > self._after:
                        self.position = position
                        yield found._replace(position=position)
        except OSError as error:
            self.wrong = cannot_read(called, error)
        except TooMuchError:
            self.wrong, self.is_spent = Skipped(called, 0, _TOO_MUCH), True
        except _BROKEN as error:
            self.wrong = Skipped(called, 0, f"This archive is damaged or locked: {_words(error)}.")


def _members(source: Source, budget: Budget) -> Generator[Member]:
    with source.path.open("rb") as file:
        head = file.read(SNIFF)
        file.seek(0)
        if head.startswith(b"PK"):
            yield from zips.members(file)
            return
        name = compression_of(head)
        stream = Unpacking(file, name) if name else None
        if stream:
            head = stream.read(SNIFF)
            file.seek(0)
            stream = Unpacking(file, name or "")
        if tars.begins_tar(head):

            def again() -> Any:
                file.seek(0)
                return Unpacking(file, name) if name else file

            yield from tars.members(stream or file, again, budget)
        elif stream:
            inner = PurePosixPath(source.called.rpartition("!")[2]).stem
            yield Member(inner, lambda: stream)
            return
        else:
            yield Member("", wrong="This archive is damaged: its first header cannot be read.")
        if stream and stream.damage:
            yield Member("", wrong=stream.damage)


def _member(member: Member, source: Source, budget: Budget) -> Iterator[Item | Skipped]:
    """What one member holds, at positions inside of it."""
    origin = f"{source.called}!{_clean(member.name)}" if member.name else source.called
    if member.wrong or member.open is None:
        yield Skipped(origin, 0, member.wrong, member.is_expected)
        return
    parts = _parts(member)
    if "__MACOSX" in parts or (len(parts) > 1 and parts[-2] == "tmp"):
        yield Skipped(origin, 0, BOOKKEEPING if "__MACOSX" in parts else IN_TMP, is_bookkeeping=True)
        return
    stream: Any = None
    try:
        stream = member.open()
        yield from _content(stream, member, source._replace(name=origin), budget)
    except _IN_A_MEMBER as error:
        yield Skipped(origin, BEHIND, f"This member is damaged or locked: {_words(error)}.")
    if isinstance(stream, Unpacking) and stream.damage:
        yield Skipped(origin, BEHIND, stream.damage, range=Range(stream.taken, None))


def _content(
    stream: Any, member: Member, source: Source, budget: Budget, *, is_inner: bool = False
) -> Iterator[Item | Skipped]:
    origin, parts = source.called, _parts(member)
    head = budget.take(stream, SNIFF)
    in_maildir = len(parts) > 1 and parts[-2] in HOLDERS and is_name(parts[-1])
    kind, reason = tell(head, in_maildir=in_maildir)
    if is_bookkeeping(parts[-1] if parts else ""):
        is_mail = kind not in (None, PACKED) and not is_of_program(parts[-1])
        yield Skipped(origin, 0, HIDDEN_MAIL if is_mail else BOOKKEEPING, is_bookkeeping=not is_mail)
    elif kind is None:
        if head or not getattr(stream, "damage", ""):
            yield Skipped(origin, 0, reason)
    elif kind == PACKED:
        name = compression_of(head)
        if is_inner or not name or isinstance(stream, Unpacking):
            yield Skipped(origin, 0, NESTED)
            return
        inner = Unpacking(_Rest(head, stream), name)
        unpacked = member._replace(name="/".join((*parts[:-1], PurePosixPath(member.name).stem)))
        yield from _content(inner, unpacked, source, budget, is_inner=True)
        if inner.damage:
            yield Skipped(origin, BEHIND, inner.damage, range=Range(inner.taken, None))
    elif kind in READERS:
        labels, state = states.of_place(parts)
        yield from _many(stream, head, source._replace(kind=kind, labels=labels, state=state), budget)
    else:
        yield from _messages(stream, head, member, source, budget, in_maildir=in_maildir)


class _Rest:
    """A stream of which the beginning has been read."""

    def __init__(self, head: bytes, stream: IO[bytes]) -> None:
        self._head, self._stream = head, stream

    def read(self, length: int) -> bytes:
        """The next bytes."""
        found, self._head = self._head, b""
        return found or self._stream.read(length)


def _many(stream: IO[bytes], head: bytes, source: Source, budget: Budget) -> Iterator[Item | Skipped]:
    with tempfile.NamedTemporaryFile(prefix="casefleet-") as copy:
        copy.write(head)
        while chunk := budget.take(stream, _COPY):
            copy.write(chunk)
        copy.flush()
        for found in READERS[source.kind](source._replace(path=Path(copy.name)), -1):
            yield found._replace(kind=found.kind or source.kind) if isinstance(found, Item) else found


def _messages(
    stream: IO[bytes], head: bytes, member: Member, source: Source, budget: Budget, *, in_maildir: bool
) -> Iterator[Item | Skipped]:
    parts = _parts(member)
    pieces = [head]
    size = len(head)
    while chunk := budget.take(stream, _COPY):
        pieces.append(chunk)
        size += len(chunk)
        if size > LARGEST:
            yield Skipped(source.called, 0, f"This message is larger than {LARGEST // 1_000_000} MB.")
            return
    if in_maildir:
        names = [folder_name(part) if part.startswith(".") else part for part in parts[:-2]]
        folder = names[-1] if names and parts[-3].startswith(".") else ""
        state = states.first(map(states.of_name, names))
        labels = (folder,) if folder else states.of_place(names)[0]
        source = file_of(source._replace(labels=labels, state=state), parts[-1])
    else:
        labels, state = states.of_place(parts[:-1])
        source = source._replace(labels=labels, state=state)
    for found in eml.messages(b"".join(pieces), source, member.beside):
        yield found._replace(kind="maildir" if in_maildir else "eml") if isinstance(found, Item) else found


def _parts(member: Member) -> tuple[str, ...]:
    return PurePosixPath(member.name).parts


def _clean(name: str) -> str:
    """A member's name as clean text; names in archives are whatever their maker wrote."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace").replace("\0", "")


def _words(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
