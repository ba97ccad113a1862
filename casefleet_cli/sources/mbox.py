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

A line that may be a From_ line and was not taken for one is listed with its offset, as is one that was, above no
header. The file is locked while it is read, and a last mail that somebody is still writing is left for the next time.
"""

from __future__ import annotations

import os
import re
from contextlib import ExitStack
from typing import TYPE_CHECKING, NamedTuple

from casefleet_cli import clock
from casefleet_cli.sources import from_line, states
from casefleet_cli.sources.eudora import contents_of
from casefleet_cli.sources.from_line import LONGEST, begins_mbox, shape
from casefleet_cli.sources.items import LARGEST, Item, Range, Skipped, cannot_read
from casefleet_cli.sources.labels import said_by
from casefleet_cli.sources.locks import Lock
from casefleet_cli.sources.looks import BOM, looks_like_message
from casefleet_cli.sources.window import CHUNK, Window

if TYPE_CHECKING:
    from collections.abc import Iterator

    from casefleet_cli.sources.items import Source

_LOOK = 3 * LONGEST
"""Bytes that are enough to see a From_ line and the header fields below it, or that they are long."""
_HEADER_SIZES = (8_192, 1 << 20)
"""How far the end of a header section is looked for."""
_MOST_DOUBTS = 10
"""How many doubtful places of one message are listed."""
_RECENT = 60
"""Seconds after which nobody is still writing the last mail of a file."""
DOUBTFUL = "A line that begins with From stands here above header fields; it was left in the mail that it stands in."
HEADLESS = "A mail was begun here for the From_ line above, though no header follows."
MANY = "There are more such lines in this mail."
UNFINISHED = "The last mail, at byte {}, is still being written: read this mbox once more to log it."
NOT_A_FROM_LINE = "The file begins with a line that looks like a From_ line; it was read as part of the first mail."
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
    following: int
    """Where the From_ line of the next message begins; the file's end for the last."""
    doubts: tuple[tuple[int, str], ...] = ()
    """Places in it, each with a sentence, where another message may begin."""


class _Splitter:
    """Finds the messages of one mbox."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.is_bare = False
        """The first From_ line is a single word, so others may be."""
        self.is_measured = False
        """The first message has a Content-Length that counts, so those of others may overrule a From_ line."""
        self._doubts: list[tuple[int, str]] = []
        self.is_cut = False
        """The last message has a Content-Length that leads beyond the end, in a file whose lengths count."""

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
        elif shape(head):
            self._doubts.append((position + self._line_length(head), NOT_A_FROM_LINE))
        is_first = True
        while position < window.size:
            end = self._next(begin)
            measured = self._measured_end(begin, end) if begin > position else None
            if is_first:
                self.is_measured = measured is not None
            if measured is not None and measured > end and not self.is_measured:
                measured = None
            doubts = self._doubts_of(begin, end, measured)
            if measured is None or measured == end:
                is_measured = measured is not None
                yield _Span(position, begin, end, is_measured, is_exact=False, following=end, doubts=doubts)
                position = end
            else:
                following = measured + len(_line_ends(window.peek(measured, 4)))
                yield _Span(
                    position, begin, measured, is_measured=True, is_exact=True, following=following, doubts=doubts
                )
                position = following
            begin = position + self._line_length(window.peek(position, _LOOK))
            is_first = False

    def _doubts_of(self, begin: int, end: int, measured: int | None) -> tuple[tuple[int, str], ...]:
        """The doubtful places of a message; those that its Content-Length leads over are none."""
        until = end if measured is None else begin
        doubts = tuple(doubt for doubt in self._doubts if doubt[0] <= until)
        self._doubts = [doubt for doubt in self._doubts if doubt[0] > (end if measured is None else measured)]
        return doubts

    @staticmethod
    def _line_length(text: bytes) -> int:
        return text.find(b"\n") + 1 or len(text)

    def _verdict(self, offset: int) -> str:
        known = min(offset, _BEFORE)
        text = self.window.peek(offset - known, known + _LOOK)
        after_blank = text[:known].endswith((b"\n\n", b"\n\r\n"))
        is_cut = len(text) == known + _LOOK
        return from_line.verdict(text[known:], after_blank=after_blank, bare=self.is_bare, is_cut=is_cut)

    def _is_separator(self, offset: int) -> bool:
        return self._verdict(offset) in (from_line.SEPARATES, from_line.HEADLESS)

    def _next(self, begin: int) -> int:
        """The offset of the next From_ line at or after `begin`, which is the start of a line; the size if none."""
        at = max(begin - 1, 0)
        doubts = 0
        while (at := self.window.find(b"\nFrom ", at)) >= 0:
            at += 1
            verdict = self._verdict(at)
            if verdict == from_line.HEADLESS:
                self._doubts.append((at + self._line_length(self.window.peek(at, _LOOK)), HEADLESS))
            if verdict in (from_line.SEPARATES, from_line.HEADLESS):
                return at
            if verdict == from_line.DOUBTFUL and doubts <= _MOST_DOUBTS:
                self._doubts.append((at, DOUBTFUL if doubts < _MOST_DOUBTS else MANY))
                doubts += 1
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
        self.is_cut = found is not None and end > self.window.size == limit and self.is_measured
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
    Skipped at the end, and reading can be tried again after its position. While it is read it is locked; a file that
    is a copy of ours (it has a name) is not, and nobody else writes it.
    """
    position = -1
    rest: Range | None = None
    try:
        with source.path.open("rb", buffering=0) as file, ExitStack() as stack:
            size = os.fstat(file.fileno()).st_size
            rest = Range(0, size)
            lock = None if source.name else stack.enter_context(Lock(source.path, file.fileno()))
            for piece in pieces(file.fileno(), source, lock, after):
                yield from piece.found
                position, rest = piece.begin, Range(piece.end, size)
    except OSError as error:
        yield cannot_read(source.called, error, position)._replace(range=rest)


class Piece(NamedTuple):
    """Some bytes of an mbox, from one From_ line to the next, and what they are."""

    begin: int
    end: int
    found: tuple[Item | Skipped, ...]
    """The message, or why it is none, and then the doubtful places in it."""


def pieces(descriptor: int, source: Source, lock: Lock | None, after: int = -1) -> Iterator[Piece]:
    """The messages of an open mbox as `read` gives them, each with where it lies; raises OSError.

    Without the lock the last of them is taken for whole.
    """
    splitter = _Splitter(Window(descriptor))
    eudora = contents_of(source.path)
    source = _with(source, eudora.state)
    position = -1
    for number, span in enumerate(splitter.spans(), 1):
        called = f"{source.called}#{number}"
        found: list[Item | Skipped] = []
        if lock:
            lock.renew()
        if lock and _is_unfinished(splitter, span):
            unread = Range(span.position, span.following)
            found.append(Skipped(called, position, UNFINISHED.format(span.position), range=unread))
        else:
            if span.position > after:
                one = _message(splitter.window, span, called, _with(source, eudora.drafts.get(span.position)))
                found.append(one._replace(range=Range(span.position, span.following)))
            found += (Skipped(called, *doubt) for doubt in span.doubts if doubt[0] > after)
        yield Piece(span.position, span.following, tuple(found))
        position = span.position


def _with(source: Source, state: str | None) -> Source:
    """The source of a message of which a table of contents says its state."""
    if not state:
        return source
    return source._replace(labels=(*source.labels, state), state=states.stronger(source.state, state))


def _is_unfinished(splitter: _Splitter, span: _Span) -> bool:
    """Whether this is the last message and somebody is still writing it.

    So it is where the file goes on in the middle of the message, or was written to a moment ago and ends without a line
    end, or before the Content-Length of its last message in a file whose lengths count.
    """
    window = splitter.window
    if span.end < window.size or span.begin == span.position == 0:
        return False
    if window.has_grown():
        return not window.is_followed_by(b"From ", b"\nFrom ", b"\r\nFrom ")
    is_open = splitter.is_cut or (window.peek(window.size - 1, 1) != b"\n" and not span.is_measured)
    return is_open and clock.now().timestamp() - window.written < _RECENT


def _message(window: Window, span: _Span, origin: str, source: Source) -> Item | Skipped:
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
    said = said_by(raw)
    moment = from_line.moment_of(
        from_line.line_of(window.peek(span.position, min(span.begin - span.position, LONGEST)))
    )
    state = states.stronger(said.state, source.state)
    return Item(origin, span.position, raw, source.labels + said.labels, "", state, moment, format=said.format)


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
