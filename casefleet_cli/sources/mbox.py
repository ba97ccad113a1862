"""An mbox: its messages one after the other, in memory that does not grow with the file.

The four families, RFC 4155 being the mildest of them: mboxo quotes a body line `From ` as `>From `; mboxrd quotes
`>From ` as `>>From ` too; mboxcl is mboxo with a Content-Length; mboxcl2 has a Content-Length and quotes nothing.
A file does not say which it is. So:

- One `>` is taken from every line of `>`s and `From `. That is exact for mboxrd and undoes mboxo and mboxcl; an mboxo
  line that was `>From ` before it was stored cannot be told from a quoted one and loses its `>`.
- A Content-Length counts only when it leads to a From_ line or to the end of the file, and leads beyond a From_ line
  only when the file's first message has one that counts too: mboxcl2 gives one to every message, and a sender who
  invents one must not swallow the next mail. If such a message holds a bare `From ` line, it was stored by mboxcl2 and
  nothing in it is unquoted.
- The blank line before a From_ line belongs to the mbox, not to the message; so does one at the end of the file.
"""

from __future__ import annotations

import errno
import os
import re
from typing import TYPE_CHECKING, NamedTuple

from casefleet_cli.sources.from_line import LONGEST, begins_mbox, separates, shape
from casefleet_cli.sources.items import LARGEST, Item, Skipped, cannot_read
from casefleet_cli.sources.labels import labels_of
from casefleet_cli.sources.looks import BOM, looks_like_message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from casefleet_cli.sources.items import Source

CHUNK = 1 << 20
"""Bytes read at a time."""
_LOOK = 2 * LONGEST
"""Bytes that are enough to see a From_ line and the name of the header below it."""
_HEADER_SIZES = (8_192, 1 << 20)
"""How far the end of a header section is looked for."""
_BEFORE = 3
"""Bytes before a line that tell whether it follows a blank one: the ends of two lines, one of them known."""

_CONTENT_LENGTH = re.compile(rb"^content-length[ \t]*:[ \t]*(\d{1,15})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_LINE_ENDS = re.compile(rb"(?:\r?\n){0,2}")
_QUOTED = re.compile(rb"\n>(>*From )")
_FIRST_QUOTED = re.compile(rb">+From ")
_FOLDER_DATA = re.compile(
    rb"^subject: don't delete this message -- folder internal data\r?$", re.IGNORECASE | re.MULTILINE
)


class _Span(NamedTuple):
    """Where one message lies in the file."""

    position: int
    """Of its From_ line, or of its first byte where it has none."""
    begin: int
    end: int
    """Where the next From_ line begins, or where Content-Length says; the file's end for the last."""
    is_measured: bool
    """Content-Length agrees that it ends here."""
    is_exact: bool
    """It ends where Content-Length says, so that no blank line of the mbox is in it."""


class _Window:
    """A file that is searched and sliced by offset, through one chunk at a time."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.size = os.fstat(descriptor).st_size
        """As it was when it was opened: mail that arrives meanwhile is for the next time."""
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


class _Splitter:
    """Finds the messages of one mbox."""

    def __init__(self, window: _Window) -> None:
        self.window = window
        self.is_bare = False
        """The first From_ line is a single word, so others may be."""
        self.is_measured = False
        """The first message has a Content-Length that counts, so those of others may overrule a From_ line."""

    def spans(self) -> Iterator[_Span]:
        """Every message in turn; what stands before the first From_ line is one too."""
        window = self.window
        position = len(BOM) if window.peek(0, len(BOM)) == BOM else 0
        head = window.peek(position, CHUNK)
        position += len(head) - len(head.lstrip(b"\r\n"))
        head = window.peek(position, _LOOK)
        begin = position
        if begins_mbox(head):
            self.is_bare = shape(head) == "bare"
            begin += self._line_length(head)
        is_first = True
        while position < window.size:
            end = self._next(begin)
            measured = self._measured_end(begin, end) if begin > position else None
            if is_first:
                self.is_measured = measured is not None
            if measured is not None and measured > end and not self.is_measured:
                measured = None
            if measured is None or measured == end:
                yield _Span(position, begin, end, is_measured=measured is not None, is_exact=False)
                position = end
            else:
                yield _Span(position, begin, measured, is_measured=True, is_exact=True)
                position = measured + len(_line_ends(window.peek(measured, 4)))
            begin = position + self._line_length(window.peek(position, _LOOK))
            is_first = False

    @staticmethod
    def _line_length(text: bytes) -> int:
        return text.find(b"\n") + 1 or len(text)

    def _is_separator(self, offset: int) -> bool:
        known = min(offset, _BEFORE)
        text = self.window.peek(offset - known, known + _LOOK)
        after_blank = text[:known].endswith((b"\n\n", b"\n\r\n"))
        return separates(text[known:], after_blank=after_blank, bare=self.is_bare)

    def _next(self, begin: int) -> int:
        """The offset of the next From_ line at or after `begin`, which is the start of a line; the size if none."""
        at = max(begin - 1, 0)
        while (at := self.window.find(b"\nFrom ", at)) >= 0:
            at += 1
            if self._is_separator(at):
                return at
        return self.window.size

    def _measured_end(self, begin: int, limit: int) -> int | None:
        """Where a Content-Length ends the message whose header begins here and ends before `limit`; None without one
        that can be trusted.
        """
        for length in _HEADER_SIZES:
            head = self.window.peek(begin, min(length, limit - begin))
            ends = [at + len(gap) for gap in (b"\n\n", b"\n\r\n") if (at := head.find(gap)) >= 0]
            if ends or len(head) < length:
                break
        header = head[: min(ends, default=0)]
        if b"content-length" not in header.lower() or header.startswith((b"\n", b"\r\n")):
            return None
        found = _CONTENT_LENGTH.search(header)
        end = begin + len(header) + int(found[1]) if found else self.window.size + 1
        return end if end <= self.window.size and self._lands(end) else None

    def _lands(self, end: int) -> bool:
        """Whether a message can end here: at the file's end or before a From_ line, give or take the blank line."""
        text = self.window.peek(end - 1, 1 + 4)
        gap = _line_ends(text[1:])
        offset = end + len(gap)
        return offset == self.window.size or ((text[:1] + gap).endswith(b"\n") and self._is_separator(offset))


def _line_ends(text: bytes) -> bytes:
    """The line ends, two at most, that `text` begins with."""
    found = _LINE_ENDS.match(text)
    return found[0] if found else b""


def read(source: Source, after: int = -1) -> Iterator[Item | Skipped]:
    """The messages of an mbox that begin beyond byte `after`, in order; N of `path#N` counts from the file's start.

    Up to `after` the file is searched, not read into messages. A file that cannot be read (any further) yields a
    Skipped at the end, and reading can be tried again after its position.
    """
    origin = source.called
    position = -1
    try:
        with source.path.open("rb", buffering=0) as file:
            splitter = _Splitter(_Window(file.fileno()))
            for number, span in enumerate(splitter.spans(), 1):
                if span.position > after:
                    yield _message(splitter.window, span, f"{origin}#{number}", source.labels)
                position = span.position
    except OSError as error:
        yield cannot_read(origin, error, position)


def _message(window: _Window, span: _Span, origin: str, labels: tuple[str, ...]) -> Item | Skipped:
    """The message that lies there, without what the mbox added to it."""
    size = span.end - span.begin
    if size > LARGEST:
        return Skipped(origin, span.position, f"This message is larger than {LARGEST // 1_000_000} MB ({size} bytes).")
    raw = window.peek(span.begin, size)
    if not span.is_exact:
        raw = _without_blank_line(raw)
    if not raw:
        return Skipped(origin, span.position, "There is nothing between this From_ line and the next.")
    if span.begin == span.position and not looks_like_message(raw):
        where = "before the first From_ line" if span.end < window.size else "without a From_ line"
        return Skipped(origin, span.position, f"These {size} bytes {where} do not begin like a mail.")
    if b"FOLDER INTERNAL DATA" in raw[:_LOOK] and _FOLDER_DATA.search(raw[:_LOOK]):
        return Skipped(
            origin, span.position, "This is a note that a mail program keeps for itself in its mbox, no mail."
        )
    if not (span.is_measured and b"\nFrom " in raw):
        raw = _unquoted(raw)
    return Item(origin, span.position, raw, labels + labels_of(raw))


def _without_blank_line(raw: bytes) -> bytes:
    """The bytes without a last line that is blank."""
    if raw.endswith(b"\n\r\n") or raw == b"\r\n":
        return raw[:-2]
    if raw.endswith(b"\n\n") or raw == b"\n":
        return raw[:-1]
    return raw


def _unquoted(raw: bytes) -> bytes:
    """The bytes with one `>` less on every line that is `>`s and `From `."""
    if b">From " not in raw:
        return raw
    if _FIRST_QUOTED.match(raw):
        raw = raw[1:]
    return _QUOTED.sub(rb"\n\1", raw)
