"""Members of an archive that wait for others: every .partial.emlx of Apple Mail, and the attachments that it lacks.

In an archive they come in any order, so that they are put aside in a temporary file that nobody else can read, and
given after all others. Memory does not grow with what they hold.
"""

from __future__ import annotations

import tempfile
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from casefleet_cli.sources import partial
from casefleet_cli.sources.items import LARGEST
from casefleet_cli.sources.members import Member

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from casefleet_cli.sources.members import Budget

MOST = 100_000
"""How many members are put aside, and how many messages are remembered that may have attachments."""
_COPY = 1 << 20
_PLACE = "Messages"
_BESIDE = "Attachments"


class _Aside(NamedTuple):
    """A member that was put aside."""

    name: str
    key: str
    """Its folder above Messages or Attachments, and the number of the message."""
    begin: int
    end: int
    is_message: bool


class _Slice:
    """What was put aside of one member, as a stream."""

    def __init__(self, file: IO[bytes], begin: int, end: int) -> None:
        self._file, self._at, self._end = file, begin, end

    def read(self, length: int) -> bytes:
        """The next bytes."""
        self._file.seek(self._at)
        found = self._file.read(max(0, min(length, self._end - self._at)))
        self._at += len(found)
        return found


class Held:
    """What is put aside of one archive; to be used as a context, so that nothing of it stays on the disk."""

    def __init__(self, budget: Budget, broken: tuple[type[BaseException], ...]) -> None:
        self._budget = budget
        self._broken = broken
        """What is raised for a member that cannot be unpacked, though others can."""
        self._file: IO[bytes] | None = None
        self._size = 0
        self._aside: list[_Aside] = []
        self._owners: dict[str, str] = {}
        """The names of the files in Messages, by key."""

    def __enter__(self) -> Held:
        return self

    def __exit__(self, *error: object) -> None:
        if self._file is not None:
            self._file.close()

    def without(self, members: Iterable[Member]) -> Iterator[Member | None]:
        """The members that need not wait, in their order, and None for each that does.

        One that cannot be unpacked does not wait.
        """
        for member in members:
            yield None if self._puts_aside(member) else member

    def members(self, prefix: str) -> Iterator[Member | None]:
        """Those that waited: messages with what lies beside them, and then the attachments.

        `prefix`: how the path of every member begins.
        """
        files: dict[str, partial.Files] = {}
        for one in sorted(self._aside, key=lambda one: one.name):
            parts = PurePosixPath(one.name).parts
            if not one.is_message and parts[-4:-2] == (_BESIDE, one.key.rpartition("/")[2]):
                found = partial.File(parts[-1], f"{prefix}{one.name}", lambda one=one: self._content(one))  # type: ignore[misc]
                files.setdefault(one.key, {}).setdefault(parts[-2], []).append(found)
        for one in self._aside:
            if one.is_message:
                yield Member(one.name, lambda one=one: self._stream(one), beside=files.get(one.key, {}))  # type: ignore[misc]
        for one in self._aside:
            if one.is_message:
                continue
            if one.key in self._owners:
                yield Member(one.name, wrong=partial.BELONGS.format(self._owners[one.key]), is_expected=True)
            else:
                yield Member(one.name, lambda one=one: self._stream(one))  # type: ignore[misc]

    def _puts_aside(self, member: Member) -> bool:
        if member.open is None:
            return False
        parts = PurePosixPath(member.name).parts
        if not parts or parts[-1].startswith("."):
            return False
        key, is_message = _attachment_of(parts), False
        if key is None and len(parts) > 1 and (found := partial.number_of(parts[-1])):
            number, is_message = found
            key = "/".join((*parts[:-2], number))
            if parts[-2] == _PLACE and (is_message or (key not in self._owners and len(self._owners) < MOST)):
                self._owners[key] = parts[-1]
            if not is_message:
                return False
        if key is None or len(self._aside) >= MOST:
            return False
        begin = self._size
        try:
            self._copy(member.open())
        except self._broken:
            self._size = begin
            return False
        self._aside.append(_Aside(member.name, key, begin, self._size, is_message))
        return True

    def _copy(self, stream: Any) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="casefleet-")  # noqa: SIM115 - closed at the end of the context
        self._file.seek(self._size)
        while chunk := self._budget.take(stream, _COPY):
            self._file.write(chunk)
            self._size += len(chunk)

    def _stream(self, one: _Aside) -> _Slice:
        assert self._file is not None  # noqa: S101 - something was put aside
        return _Slice(self._file, one.begin, one.end)

    def _content(self, one: _Aside) -> bytes | str:
        if one.end - one.begin > LARGEST:
            return partial.TOO_LARGE
        return self._stream(one).read(LARGEST)


def _attachment_of(parts: tuple[str, ...]) -> str | None:
    """The key of the message whose folder of attachments a member is in, or None."""
    for at, part in enumerate(parts[:-2]):
        if part == _BESIDE and parts[at + 1].isdecimal():
            return "/".join((*parts[:at], parts[at + 1]))
    return None
