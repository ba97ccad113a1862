"""The members of a tar archive, in one pass; a second one for the links in it."""

from __future__ import annotations

import tarfile
from typing import TYPE_CHECKING, Any, cast

from casefleet_cli.sources.items import LEADS_OUT, NOT_A_FILE
from casefleet_cli.sources.members import Budget, Member, TooMuchError, plain, target_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_MOST_LINKS = 20_000
_DEEPEST = 40
"""How many links may lead to each other."""
_LARGEST_HEADER = 1_000_000
"""Bytes of an extended header: a long name, and the like."""
_EXTENDED = (
    *(tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE),
    *(tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
)
_DRAIN = 1 << 20
_BLOCK = 512
_PROPER_END = cast("Any", tarfile).EOFHeaderError
"""What a header is that is the end mark of an archive."""


def begins_tar(head: bytes) -> bool:
    """Whether these first bytes of a file are those of a tar archive, of any age."""
    try:
        tarfile.TarInfo.frombuf(head[:_BLOCK], "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


class _Counted:
    """A stream of which every byte is counted."""

    def __init__(self, stream: Any, budget: Budget) -> None:
        self._stream, self._budget = stream, budget

    def read(self, length: int) -> bytes:
        """The next bytes; raises TooMuchError."""
        return self._budget.take(self._stream, length)


class _Reading:
    """One pass over an archive."""

    def __init__(self, stream: Any, budget: Budget) -> None:
        self._stream = _Counted(stream, budget)
        self.end: type[BaseException] | None = None
        """How the last header was wrong: _PROPER_END where the archive ends as it should."""

    def __iter__(self) -> Iterator[tuple[tarfile.TarFile, tarfile.TarInfo]]:
        """Every member, with the archive that it can be read from until the next is asked for."""
        reading = self

        class Info(tarfile.TarInfo):
            @classmethod
            def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Info:
                try:
                    found = super().frombuf(buf, encoding, errors)
                except tarfile.HeaderError as error:
                    reading.end = type(error)
                    raise
                if found.type in _EXTENDED and found.size > _LARGEST_HEADER:
                    raise TooMuchError
                return found

        with tarfile.open(fileobj=cast("Any", self._stream), mode="r|", tarinfo=Info) as tar:
            seen = cast("Any", tar).members
            for info in tar:
                seen.clear()  # else it remembers all members
                yield tar, info
            self.is_followed = self.end is _PROPER_END and self._drain(tar)

    def _drain(self, tar: tarfile.TarFile) -> bool:
        """Whether something other than zeros follows the end; all of it is read, so that damage there is met."""
        is_followed = False
        stream = cast("Any", tar).fileobj
        while found := stream.read(_DRAIN):
            is_followed = is_followed or bool(found.strip(b"\0"))
        return is_followed


def members(stream: Any, again: Callable[[], Any], budget: Budget) -> Iterator[Member]:
    """Everything in a tar archive but its folders, and last the links in it: each is the file that it leads to, under
    the link's own name. `again` opens the archive once more. Raises what tarfile raises, and TooMuchError.
    """
    links: dict[str, str | None] = {}
    folders: set[str] = set()
    reading = _Reading(stream, budget)
    for tar, info in reading:
        if info.issym() or info.islnk():
            if len(links) >= _MOST_LINKS:
                yield Member(info.name, wrong="There are too many links in this archive: unpack it to import it.")
            else:
                hard = plain(info.linkname)
                links[info.name] = hard if info.islnk() else target_of(info.name, info.linkname)
        elif info.isdir():
            if len(folders) < _MOST_LINKS:
                folders.add(plain(info.name))
        elif info.isreg():
            yield Member(info.name, lambda tar=tar, info=info: tar.extractfile(info))  # type: ignore[misc]
        else:
            yield Member(info.name, wrong=NOT_A_FILE)
    if reading.end is not _PROPER_END:
        yield Member("", wrong="This archive is damaged or was cut: it ends before its end mark.")
    elif reading.is_followed:
        yield Member("", wrong="Something follows the end of this archive: it is not read.")
    yield from _linked(links, folders, again, budget)


def _linked(
    links: dict[str, str | None], folders: set[str], again: Callable[[], Any], budget: Budget
) -> Iterator[Member]:
    wanted: dict[str, list[str]] = {}
    by_name = {plain(name): target for name, target in links.items()}
    for name, link in links.items():
        target = _end_of(link, by_name)
        if target is None:
            yield Member(name, wrong=LEADS_OUT)
        elif target in folders:
            yield Member(
                name, wrong="This is a link to a folder: its mail is read where the folder is.", is_expected=True
            )
        else:
            wanted.setdefault(target, []).append(name)
    if not wanted:
        return
    for tar, info in _Reading(again(), budget):
        names = wanted.pop(plain(info.name), []) if info.isreg() else []
        for name in names[:1]:
            yield Member(name, lambda tar=tar, info=info: tar.extractfile(info))  # type: ignore[misc]
        for name in names[1:]:
            yield Member(name, wrong=f"This is one more link to {info.name}, which is read.", is_expected=True)
    for target, names in wanted.items():
        for name in names:
            yield Member(name, wrong=f"This is a link to {target}, which is no file in this archive.")


def _end_of(link: str | None, by_name: dict[str, str | None]) -> str | None:
    """Where a chain of links ends; None where that is outside, or it never ends."""
    for _ in range(_DEEPEST):
        if link is None or link not in by_name:
            return link
        link = by_name[link]
    return None
