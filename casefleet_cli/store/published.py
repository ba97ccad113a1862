"""What a viewer may see of a firm's database, as plain tables in a file of its own for any reader of SQLite.

Neither held nor rejected mail, no originals, no settings, no addresses of logging. Every name and text that people
typed goes through the mask of secrets; what is derived from mail is masked already.
"""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, NamedTuple

from casefleet_cli.store import glimpses, users
from casefleet_cli.store.activities import WITH_TEXTS, WORDS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from casefleet_cli.store.sight import Sight

_AT_ONCE = 2000
"""Decisions whose names are looked up in one go."""


class Table(NamedTuple):
    """A table that is published, and the query that fills it."""

    name: str
    columns: tuple[tuple[str, str], ...]
    """Each with its declaration in SQL."""
    query: str
    indexed: tuple[str, ...] = ()


# The chosen rows are few or all; CROSS JOIN and the unary plus keep SQLite from asking for them the other way round.
_CHOSEN = {
    "chosen_cases": "SELECT k.id FROM cases AS k WHERE {cases} AND (:case IS NULL OR k.id = :case)",
    "chosen_leads": "SELECT d.id FROM leads AS d WHERE {leads} AND (:case IS NULL OR d.case_id = :case)",
    "chosen_mail": "SELECT e.id FROM emails AS e WHERE e.standing IN ('linked', 'unassigned') AND {emails}"
    " AND (:case IS NULL OR +e.id IN (SELECT l.email_id FROM email_cases AS l WHERE l.case_id = :case UNION ALL"
    " SELECT l.email_id FROM leads AS d JOIN email_leads AS l ON l.lead_id = d.id WHERE d.case_id = :case))",
    "chosen_contacts": "SELECT c.id FROM contacts AS c WHERE c.merged_into_id IS NULL AND {contacts}"
    " AND (:case IS NULL OR c.id IN (SELECT contact_id FROM case_contacts WHERE case_id = :case)"
    " OR c.id IN (SELECT l.contact_id FROM chosen_mail AS m CROSS JOIN email_contacts AS l ON l.email_id = m.id))",
}
_WORDS = WORDS.removesuffix(" AS detail")
_DATE = "coalesce(e.sent_at, e.logged_at)"
_NUMBER = "INTEGER PRIMARY KEY"

TABLES = (
    Table(
        "contacts",
        (("number", _NUMBER), ("name", "TEXT"), ("kind", "TEXT"), ("addresses", "TEXT"), ("note", "TEXT")),
        "SELECT c.id, masked(c.name), c.kind, (SELECT group_concat(address, ', ') FROM (SELECT address FROM"
        " contact_addresses WHERE contact_id = c.id ORDER BY id)), masked(c.note)"
        " FROM chosen_contacts AS x CROSS JOIN contacts AS c ON c.id = x.id",
        ("name", "kind"),
    ),
    Table(
        "cases",
        (("number", "TEXT PRIMARY KEY"), ("title", "TEXT"), ("status", "TEXT"), ("opened", "TEXT"), ("closed", "TEXT"),
         ("mails", "INTEGER"), ("contacts", "TEXT"), ("team", "TEXT")),
        "SELECT k.number, masked(k.title), k.status, k.opened_at, k.closed_at,"
        " (SELECT count(*) FROM email_cases AS l CROSS JOIN chosen_mail AS m ON m.id = l.email_id"
        " WHERE l.case_id = k.id),"
        " (SELECT group_concat(who, ', ') FROM (SELECT masked(c.name) || CASE l.role WHEN '' THEN '' ELSE"
        " ' (' || masked(l.role) || ')' END AS who FROM case_contacts AS l JOIN contacts AS c ON c.id = l.contact_id"
        " WHERE l.case_id = k.id AND +c.id IN chosen_contacts ORDER BY c.id)),"
        " (SELECT group_concat(name, ', ') FROM (SELECT masked(u.name) AS name FROM case_users AS l JOIN users AS u"
        " ON u.id = l.user_id WHERE l.case_id = k.id ORDER BY u.id))"
        " FROM chosen_cases AS x CROSS JOIN cases AS k ON k.id = x.id",
        ("title", "status", "opened"),
    ),
    Table(
        "leads",
        (("number", _NUMBER), ("name", "TEXT"), ("status", "TEXT"), ("stage", "TEXT"), ("source", "TEXT"),
         ("opened", "TEXT"), ("ended", "TEXT"), ("case", "TEXT REFERENCES cases(number)"), ("mails", "INTEGER")),
        "SELECT d.id, masked(d.name), d.status, masked(d.stage), masked(d.source), d.opened_at, d.ended_at,"
        " (SELECT k.number FROM cases AS k WHERE k.id = d.case_id AND +k.id IN chosen_cases),"
        " (SELECT count(*) FROM email_leads AS l CROSS JOIN chosen_mail AS m ON m.id = l.email_id"
        " WHERE l.lead_id = d.id)"
        " FROM chosen_leads AS x CROSS JOIN leads AS d ON d.id = x.id",
        ("opened", "status", "stage", "source", "case"),
    ),
    Table(
        "mail",
        (("number", _NUMBER), ("date", "TEXT"), ("from", "TEXT"), ("from_address", "TEXT"), ("to", "TEXT"),
         ("subject", "TEXT"), ("standing", "TEXT"), ("cases", "TEXT"), ("leads", "TEXT"), ("attachments", "INTEGER"),
         ("size", "INTEGER"), ("logged", "TEXT"), ("year", "TEXT"), ("month", "TEXT"), ("text", "TEXT")),
        f"SELECT e.id, {_DATE}, e.from_name, e.from_address,"
        " (SELECT group_concat(address, ', ') FROM (SELECT DISTINCT r.address FROM email_recipients AS r"
        " WHERE r.email_id = e.id AND r.kind IN ('to', 'cc') ORDER BY r.id LIMIT 50)),"
        " e.subject, e.standing,"
        " (SELECT group_concat(k.number, ', ') FROM email_cases AS l CROSS JOIN cases AS k ON k.id = l.case_id"
        " WHERE l.email_id = e.id AND +k.id IN chosen_cases),"
        " (SELECT group_concat(masked(d.name), ', ') FROM email_leads AS l JOIN leads AS d ON d.id = l.lead_id"
        " WHERE l.email_id = e.id AND +d.id IN chosen_leads),"
        " (SELECT count(*) FROM attachments AS t WHERE t.email_id = e.id), e.size, e.logged_at,"
        f" substr({_DATE}, 1, 4), substr({_DATE}, 1, 7), e.text"
        " FROM chosen_mail AS x CROSS JOIN emails AS e ON e.id = x.id",
        ("date", "from_address", "standing", "year", "month", "attachments", "logged"),
    ),
    Table(
        "filings",
        (("number", _NUMBER), ("mail", "INTEGER REFERENCES mail(number)"), ("case", "TEXT REFERENCES cases(number)"),
         ("lead", "INTEGER REFERENCES leads(number)"), ("date", "TEXT"), ("from_address", "TEXT"), ("subject", "TEXT"),
         ("filed_by", "TEXT"), ("person", "TEXT"), ("filed", "TEXT")),
        f"SELECT NULL, e.id, k.number, NULL, {_DATE}, e.from_address, e.subject, l.linked_by, masked(u.name),"
        " l.linked_at FROM chosen_mail AS x CROSS JOIN emails AS e ON e.id = x.id"
        " CROSS JOIN email_cases AS l ON l.email_id = e.id JOIN cases AS k ON k.id = l.case_id"
        " LEFT JOIN users AS u ON u.id = l.user_id WHERE +k.id IN chosen_cases"
        f" UNION ALL SELECT NULL, e.id, NULL, d.id, {_DATE}, e.from_address, e.subject, l.linked_by, masked(u.name),"
        " l.linked_at FROM chosen_mail AS x CROSS JOIN emails AS e ON e.id = x.id"
        " CROSS JOIN email_leads AS l ON l.email_id = e.id JOIN leads AS d ON d.id = l.lead_id"
        " LEFT JOIN users AS u ON u.id = l.user_id WHERE +d.id IN chosen_leads",
        ("mail", "case", "lead", "date", "from_address", "filed_by", "person", "filed"),
    ),
    Table(
        "people",
        (("number", _NUMBER), ("mail", "INTEGER REFERENCES mail(number)"), ("role", "TEXT"), ("name", "TEXT"),
         ("address", "TEXT"), ("date", "TEXT")),
        f"SELECT NULL, e.id, 'from', e.from_name, e.from_address, {_DATE} FROM chosen_mail AS x"
        " CROSS JOIN emails AS e ON e.id = x.id"
        f" UNION ALL SELECT NULL, e.id, r.kind, r.name, r.address, {_DATE} FROM chosen_mail AS x"
        " CROSS JOIN emails AS e ON e.id = x.id CROSS JOIN email_recipients AS r ON r.email_id = e.id",
        ("mail", "role", "address", "date"),
    ),
    Table(
        "contact_mail",
        (("number", _NUMBER), ("mail", "INTEGER REFERENCES mail(number)"),
         ("contact", "INTEGER REFERENCES contacts(number)"), ("linked_by", "TEXT"), ("date", "TEXT")),
        f"SELECT NULL, e.id, l.contact_id, l.linked_by, {_DATE} FROM chosen_mail AS x CROSS JOIN emails AS e"
        " ON e.id = x.id CROSS JOIN email_contacts AS l ON l.email_id = e.id WHERE +l.contact_id IN chosen_contacts",
        ("mail", "contact", "linked_by", "date"),
    ),
    Table(
        "attachments",
        (("number", _NUMBER), ("mail", "INTEGER REFERENCES mail(number)"), ("name", "TEXT"), ("type", "TEXT"),
         ("size", "INTEGER"), ("in_the_text", "INTEGER"), ("date", "TEXT")),
        f"SELECT t.id, e.id, t.filename, t.content_type, t.size, t.is_inline, {_DATE} FROM chosen_mail AS x"
        " CROSS JOIN emails AS e ON e.id = x.id CROSS JOIN attachments AS t ON t.email_id = e.id",
        ("mail", "type", "size", "date"),
    ),
    Table(
        "feed",
        (("number", _NUMBER), ("at", "TEXT"), ("who", "TEXT"), ("what", "TEXT"),
         ("case", "TEXT REFERENCES cases(number)"), ("lead", "INTEGER REFERENCES leads(number)"),
         ("contact", "INTEGER REFERENCES contacts(number)"),
         ("mail", "INTEGER REFERENCES mail(number)"), ("about", "TEXT"), ("words", "TEXT")),
        "SELECT a.id, a.at, masked(u.name), a.verb, k.number, d.id, c.id, a.email_id, masked(b.name),"
        f" masked({_WORDS}) FROM activities AS a {WITH_TEXTS}"
        " LEFT JOIN users AS u ON u.id = a.user_id LEFT JOIN users AS b ON b.id = a.about_user_id"
        " LEFT JOIN cases AS k ON k.id = a.case_id AND +k.id IN chosen_cases"
        " LEFT JOIN leads AS d ON d.id = a.lead_id AND +d.id IN chosen_leads"
        " LEFT JOIN contacts AS c ON c.id = a.contact_id AND +c.id IN chosen_contacts"
        " WHERE {activities} AND (k.id IS NOT NULL OR d.id IS NOT NULL OR c.id IS NOT NULL OR a.email_id IS NOT NULL)"
        " AND (a.email_id IS NULL OR +a.email_id IN chosen_mail)"
        " AND (:case IS NULL OR k.id IS NOT NULL OR d.id IS NOT NULL"
        " OR (a.case_id IS NULL AND a.lead_id IS NULL AND a.email_id IS NOT NULL))",
        ("at", "who", "what", "case", "lead", "contact", "mail"),
    ),
)  # fmt: skip
DECISIONS = Table(
    "decisions",
    (("number", _NUMBER), ("decided", "TEXT"), ("mail", "INTEGER REFERENCES mail(number)"), ("for_user", "TEXT"),
     ("outcome", "TEXT"), ("reason", "TEXT"), ("arrived_by", "TEXT"), ("rule", "TEXT"), ("recipient", "TEXT")),
    "SELECT n.id, n.decided_at, n.email_id, masked(u.name), n.outcome, n.reason, d.source, n.verdicts, n.tag"
    " FROM chosen_mail AS x CROSS JOIN decisions AS n ON n.email_id = x.id JOIN deliveries AS d ON d.id = n.delivery_id"
    " JOIN users AS u ON u.id = d.user_id",
    ("decided", "mail", "for_user", "outcome", "reason", "arrived_by", "rule"),
)  # fmt: skip
"""What routing decided; what is out of sight in it is left out, so its rows are made here and not by SQLite."""
SEARCHED = ("subject", "text", "from", "from_address", "to")
"""The columns of mail that are searched by words."""
_INDEX = "mail_fts"


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
    for name, query in _CHOSEN.items():
        source.execute(f"CREATE TEMP TABLE {name} (id INTEGER PRIMARY KEY)")
        source.execute(f"INSERT INTO {name} {query.format(**conditions)}", asked)
    counts = {}
    out.execute("BEGIN")
    for table in (*TABLES, DECISIONS):
        columns = ", ".join(f'"{name}" {declared}' for name, declared in table.columns)
        out.execute(f'CREATE TABLE "{table.name}" ({columns})')
        marks = ", ".join("?" * len(table.columns))
        rows: Any = source.execute(table.query.format(**conditions), asked)
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
