"""The words of the rooms that read archives: a member, and how much a file may unpack to."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from casefleet_cli.sources.partial import File

MOST_FOLD = 1_000
ALWAYS = 1_000_000_000
"""A file may unpack to this many bytes, and to a thousand times its own size (what deflate can do at most)."""


class TooMuchError(Exception):
    """A file unpacks to more than it could honestly hold."""


class Member(NamedTuple):
    """One entry of an archive."""

    name: str
    open: Callable[[], Any] | None = None
    """Gives a stream of its content."""
    wrong: str = ""
    """Why it is not read, else ""."""
    is_expected: bool = False
    """Nobody expects mail in it."""
    beside: Mapping[str, Sequence[File]] = {}
    """Of a .partial.emlx: its attachments, by the number of their part."""


class Budget:
    """How much a file may still unpack to."""

    def __init__(self, size: int) -> None:
        self._rest = ALWAYS + size * MOST_FOLD

    def take(self, stream: IO[bytes] | Any, length: int) -> bytes:
        """The next bytes of a stream; raises TooMuchError when the file has given too many."""
        found: bytes = stream.read(length)
        self.spend(len(found))
        return found

    def spend(self, size: int) -> None:
        """Count bytes that were unpacked; raises TooMuchError as `take`."""
        self._rest -= size
        if self._rest < 0:
            raise TooMuchError


def target_of(name: str, link: str) -> str | None:
    """The name of the member to which a symbolic link of this name leads; None where it leads out of the archive."""
    if link.startswith("/"):
        return None
    parts = [part for part in name.split("/") if part not in ("", ".")][:-1]
    for part in link.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def plain(name: str) -> str:
    """The name of a member without what does not tell it from others: `./a//b` is `a/b`."""
    return "/".join(part for part in name.split("/") if part not in ("", "."))
