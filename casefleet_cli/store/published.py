"""What a viewer may see of a firm's database, as plain tables in a file of its own for any reader of SQLite."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING

from casefleet_cli.store import glimpses, users
from casefleet_cli.store.plain import CHOSEN, DECISIONS, SEARCHED, TABLES, Choice

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from casefleet_cli.store.sight import Sight

_AT_ONCE = 2000
"""Decisions whose names are looked up in one go."""
_INDEX = "mail_fts"
_OF_CASE = {
    "cases": "k.id = :case",
    "leads": "d.case_id = :case",
    "mail": "+e.id IN (SELECT l.email_id FROM email_cases AS l WHERE l.case_id = :case UNION ALL"
    " SELECT l.email_id FROM leads AS d JOIN email_leads AS l ON l.lead_id = d.id WHERE d.case_id = :case)",
    "contacts": "c.id IN (SELECT contact_id FROM case_contacts WHERE case_id = :case)"
    " OR c.id IN (SELECT l.contact_id FROM chosen_mail AS m CROSS JOIN email_contacts AS l ON l.email_id = m.id)",
}
"""What belongs to a case, by the tables of CHOSEN."""
# CROSS JOIN and the unary plus keep SQLite from asking for few chosen rows the other way round.
_CHOICE = Choice(
    mail="chosen_mail AS x CROSS JOIN emails AS e ON e.id = x.id",
    is_mail=lambda number: f"+{number} IN chosen_mail",
    is_case=lambda number: f"+{number} IN chosen_cases",
    is_lead=lambda number: f"+{number} IN chosen_leads",
    is_contact=lambda number: f"+{number} IN chosen_contacts",
    activities="0",
)


def write(source: sqlite3.Connection, path: str, sight: Sight, case_id: int | None) -> dict[str, int]:
    """Fill a new file with what is in sight (of one case); how many rows each table has.

    `source` is a connection for reading alone, which nobody else uses. It is in one transaction meanwhile. Raises
    sqlite3.Error where the file cannot be written.
    """
    out = sqlite3.connect(path, isolation_level=None)
    try:
        for setting in ("page_size = 8192", "journal_mode = OFF", "synchronous = OFF", "cache_size = -65536"):
            out.execute(f"PRAGMA {setting}")
        mask = users.mask(source)
        source.create_function("masked", 1, lambda text: text and mask.text(text), deterministic=True)
        source.execute("PRAGMA query_only = 0")  # what is chosen is temporary; the file itself is open for reading only
        source.execute("BEGIN")
        try:
            return _fill(source, out, sight, {"case": case_id, **sight.parameters})
        finally:
            source.execute("ROLLBACK")
    finally:
        out.close()


def _fill(source: sqlite3.Connection, out: sqlite3.Connection, sight: Sight, asked: dict[str, Any]) -> dict[str, int]:
    conditions = {"emails": sight.emails("e"), "cases": sight.cases("k"), "leads": sight.leads("d"),
                  "contacts": sight.contacts("c"), "activities": sight.activities("a")}  # fmt: skip
    for name, query in CHOSEN.items():
        source.execute(f"CREATE TEMP TABLE chosen_{name} (id INTEGER PRIMARY KEY)")
        of_case = f" AND (:case IS NULL OR {_OF_CASE[name]})"
        source.execute(f"INSERT INTO chosen_{name} {query.format(**conditions)}{of_case}", asked)
    choice = _CHOICE._replace(activities=conditions["activities"])
    counts = {}
    out.execute("BEGIN")
    for table in (*TABLES, DECISIONS):
        columns = ", ".join(f'"{name}" {declared}' for name, declared in table.columns)
        out.execute(f'CREATE TABLE "{table.name}" ({columns})')
        marks = ", ".join("?" * len(table.columns))
        rows: Any = source.execute(table.query(choice), asked)
        if table is DECISIONS:
            rows = _decisions(source, sight, rows)
        inserted = out.executemany(f'INSERT INTO "{table.name}" VALUES ({marks})', rows)
        counts[table.name] = max(0, inserted.rowcount)
        for column in table.indexed:
            out.execute(f'CREATE INDEX "{table.name}_{column}" ON "{table.name}"("{column}")')
    searched = ", ".join(f'"{name}"' for name in SEARCHED)
    out.execute(
        f"CREATE VIRTUAL TABLE {_INDEX} USING fts5({searched}, content='mail', content_rowid='number',"
        " tokenize='unicode61 remove_diacritics 2')"
    )
    out.execute(f"INSERT INTO {_INDEX}({_INDEX}, rank) VALUES ('hashsize', 33554432)")
    out.execute(f"INSERT INTO {_INDEX}({_INDEX}) VALUES ('rebuild')")
    out.execute("ANALYZE")
    out.execute("COMMIT")
    return counts


def _decisions(source: sqlite3.Connection, sight: Sight, rows: sqlite3.Cursor) -> Iterator[tuple[Any, ...]]:
    names = ("number", "decided", "mail", "for_user", "outcome", "reason", "arrived_by")
    while slice_ := rows.fetchmany(_AT_ONCE):
        found = [
            {
                **dict(zip(names, row, strict=False)),
                "verdicts": json.loads(row[7]),
                "tag": row[8] and json.loads(row[8]),
            }
            for row in slice_
        ]
        for one in glimpses.of_decisions(source, sight, found):
            verdicts: list[dict[str, Any]] = one["verdicts"]
            verdict = next((each for each in verdicts if each.get("rule")), verdicts[0] if verdicts else {})
            yield (*(one[name] for name in names), verdict.get("rule"), verdict.get("recipient"))


def telling(path: str, source: sqlite3.Connection) -> list[str]:
    """Where a published file still holds a BCC address, as "table.column", found by asking for it in SQL."""
    out = sqlite3.connect(path)
    try:
        secrets = users.secrets(source)
        out.create_function("tells", 1, lambda text: isinstance(text, str) and secrets.tells_plainly(text))
        found = [
            f"{table.name}.{name}"
            for table in (*TABLES, DECISIONS)
            for name, declared in table.columns
            if declared.startswith("TEXT") and not (table.name == "mail" and name in SEARCHED)
            and out.execute(f'SELECT 1 FROM "{table.name}" WHERE length("{name}") > 11 AND tells("{name}")').fetchone()
        ]  # fmt: skip
        # A secret has no blank in it, so it is a word of the index or a part of one, and these are fewer.
        out.execute(f"CREATE VIRTUAL TABLE temp.words USING fts5vocab('main', '{_INDEX}', 'col')")
        rows = out.execute("SELECT DISTINCT col FROM temp.words WHERE length(term) > 11 AND tells(term)").fetchall()
        return found + [f"mail.{column}" for (column,) in rows]
    finally:
        out.close()
