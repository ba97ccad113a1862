"""Address books: what a file of contacts is, told by looking, and its entries, in memory that does not grow with it."""

from __future__ import annotations

import codecs
import contextlib
import csv
import re
import sys
from collections import deque
from typing import TYPE_CHECKING

from casefleet_cli.core.addressbooks import ldif, vcard
from casefleet_cli.core.addressbooks.columns import OURS, columns_of, entry_in, known_columns
from casefleet_cli.core.addressbooks.entry import Entry
from casefleet_cli.core.mail import charset
from casefleet_cli.errors import NoInputError, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

    from casefleet_cli.core.addressbooks.columns import Columns

_CHUNK = 1 << 16
_MOST_OF_LINE = 1 << 20
"""Octets; a longer line is cut."""
_MOST_OF_ROW = 1 << 16
"""Letters in which a quote must be closed: a row can go over several lines."""
_MOST_READ_AGAIN = 1 << 24
"""Letters, for a whole file, behind quotes that are never closed."""
_DELIMITERS = ",;\t"
_OTHERS = (
    (b"PK\x03\x04", "a spreadsheet or a zip archive; save the spreadsheet as CSV"),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook or a file of Outlook's; save it as CSV"),
    (b"!BDN", "an Outlook data file; export the contacts from Outlook as CSV"),
    (b"SQLite format 3\x00", "a SQLite database; export the contacts as CSV or vCard"),
    (b"%PDF-", "a PDF document; export the contacts as CSV or vCard"),
)
_LDIF = re.compile(rb"(?:version:\s{0,8}\d|dn:)", re.IGNORECASE)
_SAYS_DELIMITER = re.compile(r"sep=(.)\s*", re.IGNORECASE)


class Book:
    """The entries of a file of contacts, read once, in its order."""

    def __init__(self, form: str, entries: Iterator[Entry]) -> None:
        self.form = form
        """What it is, for people."""
        self._entries = entries

    def __iter__(self) -> Iterator[Entry]:
        return self._entries


@contextlib.contextmanager
def opened(path: str) -> Iterator[Book]:
    """The contacts of a file, or of standard input ("-"): CSV, vCard or LDIF, in UTF-8, UTF-16 or Windows-1252.

    What is wrong with one of them is told by its entry. Raises NoInputError when there is no such file, and
    UnreadableError when it holds no contacts, or breaks off while it is read.
    """
    try:
        with contextlib.nullcontext(sys.stdin.buffer) if path == "-" else open(path, "rb") as file:  # noqa: PTH123
            yield read(file, path)
    except FileNotFoundError:
        raise NoInputError(f"There is no file {path}.") from None
    except OSError as error:
        raise UnreadableError(f"{path} cannot be read: {error.strerror}.") from None


def read(file: BinaryIO, name: str) -> Book:
    """As `opened`, of an open file that people know by this name."""
    chunks = iter(lambda: file.read(_CHUNK), b"")
    head = next(chunks, b"")
    for magic, what in _OTHERS:
        if head.startswith(magic):
            raise UnreadableError(f"{name} is {what}.")
    lines = _Lines(_in_utf_8(head, chunks))
    first = lines.first()
    if not first:
        raise UnreadableError(f"{name} is empty.")
    if first.strip().upper() == b"BEGIN:VCARD":
        return Book("vCard", vcard.cards(lines))
    if _LDIF.match(first):
        return Book("LDIF", ldif.records(lines))
    return _table(lines, name)


def _in_utf_8(head: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The file without its byte order mark, and as UTF-8 where it is UTF-16."""
    codec = _utf_16(head)
    if codec is None:
        yield head.removeprefix(codecs.BOM_UTF8)
        yield from chunks
        return
    decoder = codecs.getincrementaldecoder(codec)("replace")
    yield decoder.decode(head).removeprefix("\ufeff").encode("utf-8", "replace")
    for chunk in chunks:
        yield decoder.decode(chunk).encode("utf-8", "replace")
    yield decoder.decode(b"", final=True).encode("utf-8", "replace")


def _utf_16(head: bytes) -> str | None:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16-le" if head.startswith(codecs.BOM_UTF16_LE) else "utf-16-be"
    sample = head[:400]
    high, low = sample[::2].count(0), sample[1::2].count(0)
    if max(high, low) * 4 > len(sample) and min(high, low) * 8 < len(sample):
        return "utf-16-be" if high > low else "utf-16-le"
    return None


class _Lines:
    """The lines of a file with their ends, a long one cut; the first that says something is known before."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._lines = _lines(chunks)
        self._begun: deque[bytes] = deque()

    def first(self) -> bytes:
        """The first line that is not blank, which stays among the lines; b"" where there is none."""
        for line in self._lines:
            if line.strip():
                self._begun.append(line)
                return line
            # Blank lines count, but a file of nothing else need not be kept.
            self._begun.append(line[-2:])
            if len(self._begun) > _CHUNK:
                break
        return b""

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return self._begun.popleft() if self._begun else next(self._lines)


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The lines, which end in LF, CRLF or CR."""
    rest = b""
    is_cut = False
    for chunk in chunks:
        lines = (rest + chunk).splitlines(keepends=True)
        # A CR may be the first half of CRLF.
        rest = lines.pop() if lines and not lines[-1].endswith(b"\n") else b""
        for line in lines:
            if not is_cut:
                yield line[:_MOST_OF_LINE]
            is_cut = False
        if len(rest) > _MOST_OF_LINE:
            if not is_cut:
                yield rest[:_MOST_OF_LINE]
            is_cut = True
            rest = rest[-1:]
    if rest and not is_cut:
        yield rest


def _table(lines: _Lines, name: str) -> Book:
    texts = _Texts(lines)
    rows = _Rows(texts, ",")
    columns: Columns | None = None
    for title in texts:
        if not title.strip():
            continue
        said = _SAYS_DELIMITER.fullmatch(title)
        if said:  # Excel's own line, above the titles
            continue
        rows.delimiter, titles = max(
            ((mark, _cells_of(title, mark)) for mark in _DELIMITERS), key=lambda one: known_columns(one[1])
        )
        columns = columns_of(titles)
        break
    if columns is None:
        raise UnreadableError(
            f"{name} is neither vCard nor LDIF, and has no column of names; the first line of a CSV file names the"
            f" columns, as {OURS} or as Outlook, Google or Thunderbird write them."
        )
    return Book(f"{columns.program}'s CSV" if columns.program else "CSV", _entries(rows, columns))


def _cells_of(line: str, delimiter: str) -> list[str]:
    with contextlib.suppress(csv.Error):
        return next(csv.reader([line], delimiter=delimiter), [])
    return []


def _entries(rows: _Rows, columns: Columns) -> Iterator[Entry]:
    for line, cells in rows:
        if isinstance(cells, str):
            yield Entry(line, "", refused=cells)
        elif any(cell.strip() for cell in cells):
            yield entry_in(columns, line, cells)


class _Texts:
    """The lines of a table as text, counted."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.number += 1
        return charset.decode(line)


class _Rows:
    """The rows of a table, each with the number of its first line, or with the sentence why it cannot be read.

    Where a quote is never closed, only the line on which it stands is lost: those behind it are read again.
    """

    def __init__(self, texts: _Texts, delimiter: str) -> None:
        self.delimiter = delimiter
        self._texts = texts
        self._again: deque[str] = deque()
        self._taken: list[str] = []
        self._letters = 0
        self._read_again = 0

    def __iter__(self) -> Iterator[tuple[int, list[str] | str]]:
        reader = csv.reader(_Feed(self), delimiter=self.delimiter, strict=True)
        while True:
            line = self._texts.number - len(self._again) + 1
            self._taken, self._letters = [], 0
            try:
                yield line, next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                self._put_back()
                yield line, _in_words(str(error))

    def take(self) -> str:
        """The next line of the row that is being read; raises StopIteration when it is too long already."""
        if self._letters > _MOST_OF_ROW:
            raise StopIteration
        line = self._again.popleft() if self._again else next(self._texts)
        self._taken.append(line)
        self._letters += len(line)
        if len(line) > _MOST_OF_ROW:
            raise csv.Error("line too long")
        return line

    def _put_back(self) -> None:
        letters = self._letters - len(self._taken[0])
        if self._read_again + letters <= _MOST_READ_AGAIN:
            self._read_again += letters
            self._again.extendleft(reversed(self._taken[1:]))


class _Feed:
    def __init__(self, rows: _Rows) -> None:
        self._rows = rows

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        return self._rows.take()


def _in_words(error: str) -> str:
    if "unexpected end" in error:
        return "A quote in it is never closed; the row ends with its line."
    if "long" in error or "limit" in error:
        return f"It is longer than {_MOST_OF_ROW} letters."
    return "It has a quote where none may stand; a quote within a cell is written twice."
