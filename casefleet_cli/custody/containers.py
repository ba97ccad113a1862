"""Looking for secrets inside what is compressed: zip (with office documents), gzip, bzip2, xz, and streams of PDF.

Nothing is changed there. What is locked, damaged, too deep or too large is told of, never passed over.
"""

from __future__ import annotations

import bz2
import io
import lzma
import re
import zipfile
import zlib
from typing import TYPE_CHECKING, Any, cast

from casefleet_cli.core.secrets.copies import Findings, redact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from casefleet_cli.core.secrets.spelling import Secrets

MOST = 100_000_000
"""Octets that one attachment may unpack to before the rest of it is left unread."""
_MOST_ENTRIES = 5000
_DEEPEST = 3
_CHUNK = 1 << 20
_STREAM = re.compile(rb"stream\r?\n")
_UNKNOWN = {b"Rar!": "rar", b"7z\xbc\xaf\x27\x1c": "7z", b"\x28\xb5\x2f\xfd": "zstd", b"\x1f\x9d": "compress"}
_KNOWN = (b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"%PDF", *_UNKNOWN)
_UNREADABLE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, NotImplementedError, RuntimeError, OSError, EOFError,
               ValueError)  # fmt: skip
"""What the standard library raises for what is damaged, locked by a password, or packed in a way it lacks."""


class _TooMuchError(Exception):
    """It unpacks to more than is read."""


class _Look:
    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self._rest = MOST
        self._is_whole = True
        self.held: list[str] = []
        self.unread: list[str] = []

    def all_of(self, content: bytes) -> None:
        """Everything inside, and inside of that; not recursive, since nesting is the sender's."""
        waiting = [("", content, 0)]
        while waiting:
            name, octets, depth = waiting.pop()
            for format_, begins in ((word, magic) for magic, word in _UNKNOWN.items()):
                if octets.startswith(begins):
                    self.unread.append(f"{name} ({format_})".strip())
            try:
                for inner, unpacked in self._members(name, octets):
                    if not self._is_whole:
                        self.unread.append(f"{inner} (not to its end)".strip())
                        self._is_whole = True
                    if depth >= _DEEPEST:
                        self.unread.append(f"{inner} (too deep)".strip())
                        break
                    if self._tells(unpacked):
                        self.held.append(inner)
                    elif unpacked.startswith(_KNOWN):
                        waiting.append((inner, unpacked, depth + 1))
            except _TooMuchError:
                self.unread.append(f"{name} (too large)".strip())
                return
            except _UNREADABLE:
                self.unread.append(f"{name} (damaged or locked)".strip())

    def _tells(self, octets: bytes) -> bool:
        """Whether a file inside holds a secret, as text in any encoding, as a message or among other octets."""
        copy = redact(octets, self._secrets, lambda _: Findings())
        return copy.raw != octets or bool(copy.held)

    def _members(self, name: str, octets: bytes) -> Iterator[tuple[str, bytes]]:
        if octets.startswith(b"PK\x03\x04"):
            yield from self._zip(name, octets)
        elif octets.startswith(b"\x1f\x8b"):
            yield name, self._inflated(octets, 31)
        elif octets.startswith(b"BZh"):
            yield name, self._unpacked(bz2.BZ2Decompressor(), octets)
        elif octets.startswith(b"\xfd7zXZ"):
            yield name, self._unpacked(lzma.LZMADecompressor(memlimit=1 << 28), octets)
        elif octets.startswith(b"%PDF"):
            for found in _STREAM.finditer(octets):
                end = octets.find(b"endstream", found.end())
                if end < 0:
                    return
                try:
                    yield name, self._inflated(octets[found.end() : end], 15)
                except zlib.error:  # a picture, or a font
                    continue

    def _zip(self, name: str, octets: bytes) -> Iterator[tuple[str, bytes]]:
        with zipfile.ZipFile(io.BytesIO(octets)) as archive:
            for count, info in enumerate(archive.infolist()):
                if count >= _MOST_ENTRIES:
                    raise _TooMuchError
                inner = "/".join(filter(None, (name, info.filename)))
                try:
                    with archive.open(info) as file:
                        unpacked = file.read(self._rest + 1)
                except _UNREADABLE:
                    self.unread.append(f"{inner} (damaged or locked)")
                    continue
                self._take(len(unpacked))
                yield inner, unpacked

    def _inflated(self, octets: bytes, window: int) -> bytes:
        return self._unpacked(zlib.decompressobj(window), octets)

    def _unpacked(self, unpacker: Any, octets: bytes) -> bytes:
        found = cast("bytes", unpacker.decompress(octets, self._rest + 1))
        self._take(len(found))
        if not unpacker.eof or unpacker.unused_data.strip(b"\0\r\n"):
            self._is_whole = False
        return found

    def _take(self, count: int) -> None:
        self._rest -= count
        if self._rest < 0:
            raise _TooMuchError


def look_into(content: bytes, secrets: Secrets) -> Findings:
    """The names of what holds a secret inside of a container, and of what could not be read; "" is the container."""
    look = _Look(secrets)
    look.all_of(content)
    return Findings(tuple(dict.fromkeys(look.held)), tuple(dict.fromkeys(look.unread)))
