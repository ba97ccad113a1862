"""The members of a zip archive."""

from __future__ import annotations

import stat
import struct
import zipfile
from typing import IO, TYPE_CHECKING

from casefleet_cli.sources.items import LEADS_OUT, NOT_A_FILE
from casefleet_cli.sources.members import Member, TooMuchError, plain, target_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_LARGEST_DIRECTORY = 32_000_000
"""Bytes of the list of members that are read into memory: some 300,000 names."""
_LONGEST_LINK = 4_096
_TAIL = 65_557
"""How far from the end of a file the end of a zip archive can be."""


def members(file: IO[bytes]) -> Iterator[Member]:
    """Everything in a zip archive but its folders; a link is the member that it leads to, under its own name.

    Raises what zipfile raises, and TooMuchError for a list of members too long to be read.
    """
    if _directory_size(file) > _LARGEST_DIRECTORY:
        raise TooMuchError
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            mode = info.external_attr >> 16
            if info.is_dir():
                continue
            if stat.S_ISLNK(mode):
                yield _link(archive, info)
            elif stat.S_IFMT(mode) not in (0, stat.S_IFREG):
                yield Member(info.filename, wrong=NOT_A_FILE)
            else:
                yield _member(archive, info, info.filename)


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> Member:
    return Member(name, lambda: archive.open(info))


def _link(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Member:
    if info.file_size > _LONGEST_LINK:
        return Member(info.filename, wrong=LEADS_OUT)
    with archive.open(info) as stream:
        link = stream.read(_LONGEST_LINK).decode("utf-8", "surrogateescape")
    target = target_of(info.filename, link)
    if target is None:
        return Member(info.filename, wrong=LEADS_OUT)
    for name in (target, f"./{target}"):
        found = archive.NameToInfo.get(name)
        if found is not None and not stat.S_ISLNK(found.external_attr >> 16):
            return _member(archive, found, info.filename)
    return Member(info.filename, wrong=f"This is a link to {plain(target)}, which is no file in this archive.")


def _directory_size(file: IO[bytes]) -> int:
    """Bytes of the list of members, 0 where the end of the archive is not found."""
    size = file.seek(0, 2)
    file.seek(max(size - _TAIL - 20, 0))
    tail = file.read()
    file.seek(0)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 22:
        return 0
    (found,) = struct.unpack_from("<L", tail, at + 12)
    if found == 0xFFFF_FFFF:  # zip64: the list lies between its beginning and this end
        return size
    return int(found)
