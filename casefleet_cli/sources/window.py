"""A file that is searched and sliced by offset, in memory that does not grow with it."""

from __future__ import annotations

import errno
import os

CHUNK = 1 << 20
"""Bytes read at a time."""


class Window:
    """A file that is searched and sliced by offset, through one chunk at a time."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        status = os.fstat(descriptor)
        self.size = status.st_size
        """As it was when it was opened: mail that arrives meanwhile is for the next time."""
        self.written = status.st_mtime
        """When it was last written to, in seconds since 1970."""
        self._base = 0
        self._chunk = b""

    def peek(self, begin: int, length: int) -> bytes:
        """The bytes from `begin`, at most `length` and never past the end."""
        length = min(length, self.size - begin)
        inside = begin - self._base
        if inside >= 0 and inside + length <= len(self._chunk):
            return self._chunk[inside : inside + length]
        return self._read(begin, length)

    def find(self, needle: bytes, begin: int) -> int:
        """The offset of the next `needle` from `begin`, -1 where there is none."""
        while begin + len(needle) <= self.size:
            if not self._base <= begin <= self._base + len(self._chunk) - len(needle):
                self._base, self._chunk = begin, self._read(begin, min(CHUNK, self.size - begin))
            found = self._chunk.find(needle, begin - self._base)
            if found >= 0:
                return self._base + found
            begin = self._base + len(self._chunk) - len(needle) + 1
        return -1

    def has_grown(self) -> bool:
        """Whether the file is now larger than when it was opened."""
        return os.fstat(self._descriptor).st_size > self.size

    def is_followed_by(self, *beginnings: bytes) -> bool:
        """Whether what was written behind its old end begins with one of these."""
        return os.pread(self._descriptor, max(map(len, beginnings)), self.size).startswith(beginnings)

    def _read(self, begin: int, length: int) -> bytes:
        parts: list[bytes] = []
        while length > 0:  # one pread gives 2 GB at most
            part = os.pread(self._descriptor, length, begin)
            if not part:
                raise OSError(errno.EIO, "the file became shorter while it was read")
            parts.append(part)
            begin += len(part)
            length -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)
