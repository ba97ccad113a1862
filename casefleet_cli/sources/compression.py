"""Compressed files, unpacked as they are read; what comes before damage is given, and the damage is told."""

from __future__ import annotations

import bz2
import importlib
import lzma
import zlib
from typing import IO, TYPE_CHECKING, Any

from casefleet_cli.sources.items import LARGEST

if TYPE_CHECKING:
    from collections.abc import Callable

_PIECE = 1 << 16
_SLICE = 16
_MAGIC = ((b"\x1f\x8b", "gzip"), (b"BZh", "bzip2"), (b"\xfd7zXZ\x00", "xz"), (b"(\xb5/\xfd", "zstd"))
_ZLIB_LEVELS = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
DAMAGED = "This compressed file is damaged ({}): what could be unpacked of it is read, and some of that may be wrong."
CUT = "This compressed file was cut, and ends too early: what is left of it is read, and its last mail may be cut too."
FOLLOWED = "{} bytes behind the end of what is compressed are something else: they are not read."
ZSTD_MISSING = (
    "This is compressed with zstd: install the Python package backports.zstd, or unpack it, to import its mail."
)


def compression_of(head: bytes) -> str | None:
    """How a file that begins with these bytes is compressed: "gzip", "bzip2", "xz", "zstd" or None."""
    return next((name for magic, name in _MAGIC if head.startswith(magic)), None)


def is_zlib(head: bytes) -> bool:
    """Whether a file begins as Dovecot writes mail compressed with zlib's own wrapping (RFC 1950)."""
    return head.startswith(_ZLIB_LEVELS)


def can_unpack(name: str) -> bool:
    """Whether a library for this compression is here."""
    return name != "zstd" or _zstd() is not None


class Unpacking:
    """A compressed stream, read unpacked; several compressed pieces one behind the other are one.

    `damage` is "" or a sentence that says why nothing further can be read; nothing is raised for it.
    """

    def __init__(self, stream: IO[bytes] | Any, name: str) -> None:
        self._stream = stream
        self._new = _decompressors()[name]
        self._decompressor: Any = None
        self._rest = b""
        """Read, and not unpacked yet."""
        self._saved = b""
        """Unpacked from before the damage, and not given yet."""
        self._is_ended = self._is_dry = False
        self.taken = 0
        """How many bytes were given."""
        self.damage = ""

    def read(self, length: int) -> bytes:
        """The next `length` bytes, fewer only at the end."""
        parts: list[bytes] = []
        while length > 0 and (part := self._some(length)):
            parts.append(part)
            length -= len(part)
            self.taken += len(part)
        return b"".join(parts)

    def _some(self, length: int) -> bytes:
        """Some of the next bytes, none at the end."""
        if self._saved:
            found, self._saved = self._saved[:length], self._saved[length:]
            return found
        while not self._is_ended and (self._decompressor or self._begin()):
            given = self._input()
            before = self._decompressor.copy() if hasattr(self._decompressor, "copy") else None
            try:
                found = self._decompressor.decompress(given, length)
            except (zlib.error, OSError, EOFError, lzma.LZMAError, ValueError, _zstd_error()) as error:
                self._end(DAMAGED.format(" ".join(str(error).split()).rstrip(".") or type(error).__name__))
                self._saved = _before_damage(before, given) if before else b""
                return self._some(length) if self._saved else b""
            if self._decompressor.eof:
                self._rest = self._decompressor.unused_data + self._rest
                self._decompressor = None
            elif not found and not given and self._is_dry:
                self._end(CUT)
            if found:
                return bytes(found)
        return b""

    def _input(self) -> bytes:
        """What the decompressor is to be given: something, or nothing while it still holds input back."""
        held = getattr(self._decompressor, "unconsumed_tail", b"")
        if held or not getattr(self._decompressor, "needs_input", True):
            return bytes(held)
        given, self._rest = self._rest or self._stream.read(_PIECE), b""
        self._is_dry = not given
        return bytes(given)

    def _begin(self) -> bool:
        """Begin the first or a further compressed piece; False where there is none."""
        while len(self._rest) < 6 and (more := self._stream.read(_PIECE)):
            self._rest += more
        if self.taken and not self._rest.startswith(tuple(magic for magic, _ in _MAGIC)):
            self._pass_over_padding()
            return False
        if not self._rest:
            self._is_ended = True
            return False
        self._decompressor = self._new()
        return True

    def _pass_over_padding(self) -> None:
        """The end; bytes other than zeros behind it are told, as they are nothing that could be unpacked."""
        size = 0
        while self._rest:
            size += len(self._rest.strip(b"\0"))
            self._rest = self._stream.read(_PIECE)
        self._end(FOLLOWED.format(size) if size else "")

    def _end(self, damage: str) -> None:
        self._is_ended, self.damage, self._rest = True, damage, b""


def _before_damage(decompressor: Any, given: bytes) -> bytes:
    """What can still be unpacked of a piece of input in which the damage is."""
    found: list[bytes] = []
    for at in range(0, len(given), _SLICE):
        try:
            found.append(decompressor.decompress(given[at : at + _SLICE]))
        except zlib.error:
            break
    return b"".join(found)


def unpacked(content: bytes, name: str) -> tuple[bytes, str]:
    """The content of a file that is compressed so, at most LARGEST bytes and one, and what is wrong with it or ""."""
    import io  # noqa: PLC0415

    stream = Unpacking(io.BytesIO(content), name)
    return stream.read(LARGEST + 1), stream.damage


def _decompressors() -> dict[str, Callable[[], Any]]:
    zstd = _zstd()
    return {
        "gzip": lambda: zlib.decompressobj(wbits=31),
        "zlib": zlib.decompressobj,
        "bzip2": bz2.BZ2Decompressor,
        "xz": lzma.LZMADecompressor,
        **({"zstd": zstd.ZstdDecompressor} if zstd else {}),
    }


def _zstd() -> Any:
    """A module with the interface of compression.zstd (Python 3.14), None where there is none."""
    for name in ("compression.zstd", "backports.zstd", "pyzstd"):
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    return None


def _zstd_error() -> type[BaseException]:
    zstd = _zstd()
    found: type[BaseException] = zstd.ZstdError if zstd else zlib.error
    return found
