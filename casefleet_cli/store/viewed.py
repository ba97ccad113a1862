"""The plain tables as one viewer may see them now: views on a connection, for questions that people put together.

Each is a view of a view. The inner ones read the tables, under names that nobody can guess; whoever locks the
connection can so tell them from all that is written in a question.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from casefleet_cli.store import sight, users
from casefleet_cli.store.plain import CHOSEN, DECISIONS, TABLES, Choice, Table

if TYPE_CHECKING:
    import sqlite3

    from casefleet_cli.store.sight import Sight

_WITHOUT = frozenset({("mail", "text")})
"""What is read on the page of an e-mail alone, where it can be noted who did."""
_RULED = "(SELECT v.value FROM json_each(n.verdicts) AS v ORDER BY v.value ->> 'rule' IS NULL, v.key LIMIT 1)"


def tables(seen: Sight) -> tuple[Table, ...]:
    """The tables that there are for this sight. What decisions name is not looked through where not all is in sight."""
    return (*TABLES, DECISIONS) if seen.is_whole else TABLES


def columns(table: Table) -> list[str]:
    """The columns of a table as it is viewed."""
    names = [name for name, _ in table.columns if (table.name, name) not in _WITHOUT]
    return names[1:] if table.is_counted else names


def make(connection: sqlite3.Connection, behind: sqlite3.Connection, seen: Sight, secret: str) -> None:
    """Give a connection a view of each table, made of what this sight holds at this moment.

    The connection is for reading, used by nobody else, and of no use afterwards. `secret`: letters that begin the name
    of all that reads the tables themselves. `behind`: another connection, for what is secret. Both are in a transaction
    from now on.
    """
    for one in (connection, behind):
        one.execute("PRAGMA cache_size = -65536")
        one.execute("BEGIN")
    # The index connects now: it asks for much then, which a lock would refuse.
    connection.execute("SELECT rowid FROM email_search WHERE email_search MATCH 'x' LIMIT 0").fetchall()
    mask = users.mask(behind)
    hidden = lru_cache(4096)(mask.text)
    connection.create_function("masked", 1, lambda text: text and hidden(text), deterministic=True)
    connection.execute("PRAGMA query_only = 0")  # what is chosen is temporary; the file itself is open for reading only
    connection.execute("PRAGMA temp_store = MEMORY")
    choice = _chosen(connection, seen, secret)
    outer = {table.name: columns(table) for table in tables(seen)}
    is_ours = re.compile(rf"\b(FROM|JOIN) ({'|'.join(outer)})\b")  # unqualified, that would be the view of that name
    for table in tables(seen):
        names = [name for name, _ in table.columns]
        query = table.query(choice).replace(":case", "NULL").replace(":viewer", str(int(seen.user_id)))
        if table is DECISIONS:
            names = [*names[:-2], "verdicts", "tag"]
        inner = f"{secret}_{table.name}"
        body = is_ours.sub(r"\1 main.\2", query)
        connection.execute(f"CREATE TEMP VIEW {inner} ({', '.join(map(_quoted, names))}) AS {body}")
        if table is DECISIONS:
            ruled = ", ".join(f"{_RULED} ->> '{name}' AS {name}" for name in ("rule", "recipient"))
            kept = ", ".join(map(_quoted, names[:-2]))
            connection.execute(f"CREATE TEMP VIEW {inner}_told AS SELECT {kept}, {ruled} FROM {inner} AS n")
            inner += "_told"
        shown = ", ".join(map(_quoted, outer[table.name]))
        connection.execute(f"CREATE TEMP VIEW {_quoted(table.name)} AS SELECT {shown} FROM {inner}")
    connection.execute("PRAGMA query_only = 1")


def number_of_case(behind: sqlite3.Connection, seen: Sight, number: str) -> int | None:
    """The number that the page of a case in sight has, by that which people call it by."""
    row = behind.execute(
        f"SELECT k.id FROM cases AS k WHERE k.number = :number AND {seen.cases('k')}",
        {"number": number, **seen.parameters},
    ).fetchone()
    return None if row is None else int(row[0])


def _chosen(connection: sqlite3.Connection, seen: Sight, secret: str) -> Choice:
    """Keep the numbers of the rows that are shown, or of the few that are not."""
    asked = {"case": None, **seen.parameters}
    conditions = {"emails": seen.emails("e"), "cases": seen.cases("k"), "leads": seen.leads("d"),
                  "contacts": seen.contacts("c")}  # fmt: skip
    queries = {name: CHOSEN[name].format(**conditions) for name in ("cases", "leads", "contacts")}
    queries["waiting"] = "SELECT id FROM emails WHERE standing <> 'linked' AND standing = 'unassigned'"
    is_hidden = seen.emails is sight.everything or bool(seen.hidden_numbers)
    if is_hidden:
        queries["hidden"] = " UNION ".join(filter(None, (sight.NOT_LET_IN, seen.hidden_numbers)))
    elif seen.email_numbers:
        queries["mail"] = (
            f"SELECT DISTINCT e.id FROM ({seen.email_numbers}) AS mine CROSS JOIN emails AS e ON e.id = mine.email_id"
            f" WHERE {sight.current('e')}"
        )
    else:
        queries["mail"] = CHOSEN["mail"].format(**conditions)
    for name, query in queries.items():
        connection.execute(f"CREATE TEMP TABLE {secret}_all_{name} (id INTEGER PRIMARY KEY)")
        connection.execute(f"INSERT INTO {secret}_all_{name} {query}", asked)

    def among(name: str) -> str:
        return f"IN {secret}_all_{name}"

    return Choice(
        mail="emails AS e",
        is_mail=lambda number: f"{number} NOT {among('hidden')}" if is_hidden else f"{number} {among('mail')}",
        is_case=lambda number: f"+{number} {among('cases')}",
        is_lead=lambda number: f"+{number} {among('leads')}",
        is_contact=lambda number: f"+{number} {among('contacts')}",
        activities=seen.about("a"),  # whether an email is shown is asked of each of them anyway
        standing=f"CASE WHEN e.id {among('waiting')} THEN 'unassigned' ELSE 'linked' END",
    )


def _quoted(name: str) -> str:
    return f'"{name}"'
