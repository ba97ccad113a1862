"""Where in an email a query found its words.

FTS5's own snippet() takes time in the square of the words that fit, and nothing ends it: one mail with 100,000 times
the same word would hold a search for hours. So it is asked about a few lines at a time, in an index of its own.
"""

from __future__ import annotations

import json
import sqlite3

from casefleet_cli.core import letters
from casefleet_cli.light import TYPE_CHECKING
from casefleet_cli.store import database

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_FIELDS = ("text", "subject", "filenames", "people", "from_name", "from_address")
"""That which tells most first; the subject stands beside it anyhow."""
_LINES = 600
"""Letters that are looked at together."""
_NEAR, _FAR = 20_000, 300_000
"""Letters of a field that are looked at in every email, and in those where nothing was found so far."""
_ROOM = 2_000_000
"""Letters that are looked at so closely for one page of hits."""
_START, _END = _MARKS = "\ufdd0", "\ufdd1"
"""Around what was found, until it is said what stands there: noncharacters, which are taken out of the texts."""
_LONGEST = 400
"""Letters of a snippet."""
_INDEX = f"""CREATE VIRTUAL TABLE lines USING fts5({", ".join(_FIELDS)}, email_id UNINDEXED, begins UNINDEXED,
ends UNINDEXED, tokenize='unicode61 remove_diacritics 2')"""
_BEST = "SELECT email_id, rowid FROM lines WHERE lines MATCH ? ORDER BY rowid"
_SHOWN = """SELECT rowid, email_id, begins, ends, snippet(lines, -1, ?, ?, '…', ?) FROM lines WHERE lines MATCH ?
AND rowid IN (SELECT value FROM json_each(?))"""


def of(
    connection: sqlite3.Connection, email_ids: Sequence[int], words: Sequence[str], mark: tuple[str, str], most: int
) -> dict[int, str]:
    """By email: a few lines with what fits `words` (expressions of FTS5) between the two of `mark`.

    Lines with all of them are preferred to those with any.
    `most`: words of a snippet. What is beyond the first 300,000 letters of an email is not looked at.
    """
    found = dict.fromkeys(email_ids, "")
    room = _ROOM
    for reach in (_NEAR, _FAR):
        wanted = [number for number in email_ids if not found[number]]
        fields = _fields(connection, wanted, reach)
        if reach == _FAR:
            for number, beginnings in list(fields.items()):
                room -= sum(map(len, beginnings.values()))
                if room < 0 or max(map(len, beginnings.values())) <= _NEAR:
                    del fields[number]
        found.update(_marked(fields, words, mark, most))
    missing = _fields(connection, [number for number in email_ids if not found[number]], _LONGEST)
    found.update((number, fields["text"].strip()) for number, fields in missing.items())
    return {number: _short(snippet, mark) for number, snippet in found.items()}


def _fields(connection: sqlite3.Connection, email_ids: Sequence[int], reach: int) -> dict[int, dict[str, str]]:
    """The beginnings of the fields of emails."""
    columns = ", ".join(f"substr(coalesce(e.{field}, ''), 1, {reach}) AS {field}" for field in _FIELDS)
    cursor = connection.execute(
        f"SELECT e.id, {columns} FROM json_each(?) AS asked CROSS JOIN emails AS e ON e.id = asked.value",
        (json.dumps(email_ids),),
    )
    return {row.pop("id"): row for row in database.rows(cursor)}  # type: ignore[misc]


def _marked(
    fields: Mapping[int, Mapping[str, str]], words: Sequence[str], mark: tuple[str, str], most: int
) -> Iterator[tuple[int, str]]:
    """The emails in which something was found, with it."""
    index = sqlite3.connect(":memory:", isolation_level=None)
    try:
        index.execute(_INDEX)
        index.execute("BEGIN")
        written: dict[int, tuple[str, list[str]]] = {}
        row = 0
        for field in _FIELDS:
            rows = []
            for number, beginnings in fields.items():
                beginning = beginnings[field].replace(_START, " ").replace(_END, " ")
                others = letters.others((beginning,))
                for piece, begins, ends in _pieces(beginning):
                    row += 1
                    plain = letters.replaced(piece, others)
                    if plain != piece:
                        written[row] = piece, others
                    rows.append((row, plain, number, begins, ends))
            index.executemany(
                f"INSERT INTO lines (rowid, {field}, email_id, begins, ends) VALUES (?, ?, ?, ?, ?)", rows
            )
        best: dict[int, int] = {}
        for together in (" AND ", " OR "):
            for number, row in index.execute(_BEST, (together.join(words),)):
                best.setdefault(number, row)
        for row, number, begins, ends, found in index.execute(
            _SHOWN, (*_MARKS, most, " OR ".join(words), json.dumps(list(best.values())))
        ):
            snippet = _as_written(found, *written[row]) if row in written else found
            before = "" if begins or snippet.startswith("…") else "…"
            after = "" if ends or snippet.endswith("…") else "…"
            yield number, f"{before}{snippet}{after}".replace(_START, mark[0]).replace(_END, mark[1])
    finally:
        index.close()


def _as_written(snippet: str, piece: str, others: Sequence[str]) -> str:
    """A snippet of folded words in the letters of the piece that it is of."""
    before, after = ("…" if snippet.startswith("…") else ""), ("…" if snippet.endswith("…") else "")
    found = snippet.removeprefix("…").removesuffix("…")
    return f"{before}{letters.as_written(found, piece, others, _MARKS)}{after}"


def _pieces(text: str) -> Iterator[tuple[str, bool, bool]]:
    """A text in pieces of whole words, with whether each is the first and the last."""
    at = 0
    while at < len(text):
        end = at + _LINES
        if end < len(text):
            blank = max(text.rfind(" ", at, end), text.rfind("\n", at, end))
            end = blank + 1 if blank > at else end
        yield text[at:end], at == 0, end >= len(text)
        at = end


def _short(snippet: str, mark: tuple[str, str]) -> str:
    """A snippet that is no longer than people read; a word has no end where a stranger wrote it."""
    if len(snippet) <= _LONGEST:
        return snippet
    cut = snippet[:_LONGEST]
    start, end = mark
    is_open = start and end and cut.rfind(start) > cut.rfind(end)
    return f"{cut}{end if is_open else ''}…"
