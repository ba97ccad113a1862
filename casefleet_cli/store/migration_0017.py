"""The seventeenth migration: words are found whatever form their letters have."""

from __future__ import annotations

import json

from casefleet_cli.core import letters
from casefleet_cli.light import TYPE_CHECKING
from casefleet_cli.store import recomputations, rederived
from casefleet_cli.store.recomputations import Recomputation

if TYPE_CHECKING:
    import sqlite3

_NAME = "0017_letters"
_SLICE_OCTETS = 8 * 1024 * 1024
_COLUMNS = ("subject", "text", "from_name", "from_address", "people", "filenames")
_INDEXED = ", ".join(_COLUMNS)
# What is ASCII has as many letters as octets, and none to replace.
_FOLDED = """CASE WHEN e.letters IS NULL OR length(e.{0}) = length(CAST(e.{0} AS BLOB)) THEN e.{0} ELSE (
        WITH RECURSIVE step(n, words) AS (SELECT 0, e.{0} UNION ALL
            SELECT n + 2, replace(words, e.letters ->> n, e.letters ->> (n + 1)) FROM step
            WHERE n < json_array_length(e.letters))
        SELECT words FROM step WHERE n = json_array_length(e.letters)) END AS {0}"""
_INDEX = f"INSERT INTO email_search(rowid, {_INDEXED}) SELECT id, {_INDEXED} FROM email_words"
_UNINDEX = (
    f"INSERT INTO email_search(email_search, rowid, {_INDEXED}) SELECT 'delete', id, {_INDEXED} FROM email_words"
    " WHERE id = old.id"
)
_STATEMENTS = (
    *(f"DROP TRIGGER emails_search_{event}" for event in ("insert", "delete", "update")),
    "DROP TABLE email_search",
    # core.letters.others of the indexed words: a letter, what it is looked for as, the next letter; null for none
    "ALTER TABLE emails ADD COLUMN letters TEXT"
    " CHECK (letters IS NULL OR (json_valid(letters) AND json_array_length(letters) % 2 = 0))",
    "CREATE VIEW email_words AS\n    -- the words of emails as the search index holds them\n    SELECT e.id,\n    "
    + ",\n    ".join(map(_FOLDED.format, _COLUMNS))
    + "\n    FROM emails AS e",
    f"""CREATE VIRTUAL TABLE email_search USING fts5(
    {_INDEXED},
    content='email_words', content_rowid='id', tokenize='unicode61 remove_diacritics 2'
)""",
    # For large transactions: 32 MB of words are gathered before they are written (1 MB otherwise), and merged later.
    "INSERT INTO email_search(email_search, rank) VALUES ('hashsize', 33554432)",
    "INSERT INTO email_search(email_search, rank) VALUES ('automerge', 8)",
    f"""CREATE TRIGGER emails_search_insert AFTER INSERT ON emails WHEN NOT EXISTS (SELECT 1 FROM search_pauses) BEGIN
    {_INDEX} WHERE id = new.id;
END""",
    # Before: the index forgets only what it is told again.
    f"""CREATE TRIGGER emails_search_delete BEFORE DELETE ON emails BEGIN
    {_UNINDEX};
END""",
    f"""CREATE TRIGGER emails_search_forget BEFORE UPDATE OF {_INDEXED}, letters ON emails BEGIN
    {_UNINDEX};
END""",
    f"""CREATE TRIGGER emails_search_update AFTER UPDATE OF {_INDEXED}, letters ON emails BEGIN
    {_INDEX} WHERE id = new.id;
END""",
)


def change(connection: sqlite3.Connection) -> None:
    """Add the column and make the index anew, and leave the mail that is there to be put into it."""
    for statement in _STATEMENTS:
        connection.execute(statement)
    if connection.execute("SELECT 1 FROM emails LIMIT 1").fetchone():
        # The emails that wait are in no index yet, and none may be taken out of it.
        connection.execute("DROP TRIGGER emails_search_forget")
        connection.execute("DROP TRIGGER emails_search_update")
        recomputations.begin(connection, _NAME)


def _step(connection: sqlite3.Connection, position: int) -> int | None:
    numbers = rederived.slice_after(connection, position, _SLICE_OCTETS)
    if not numbers:
        for statement in _STATEMENTS[-2:]:
            connection.execute(statement)
        return None
    first, last = numbers[0], numbers[-1]
    rows = connection.execute(f"SELECT id, {_INDEXED} FROM emails WHERE id BETWEEN ? AND ?", (first, last))
    found = [(json.dumps(others, ensure_ascii=False), number) for number, *texts in rows
             if (others := letters.others(text or "" for text in texts))]  # fmt: skip
    connection.executemany("UPDATE emails SET letters = ? WHERE id = ?", found)
    connection.execute(f"{_INDEX} WHERE id BETWEEN ? AND ?", (first, last))
    return last


LEFT = {_NAME: Recomputation(rederived.last, _step)}
