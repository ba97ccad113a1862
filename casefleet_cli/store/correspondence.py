"""Emails in the order of their own moment: of a case, of a lead, from and to a contact, and those that wait.

An email without a moment stands where it was logged. Each list is read from an index that is in this order, so that a
page of it costs the same at any length.
"""

from __future__ import annotations

from casefleet_cli.core.address import normal
from casefleet_cli.light import TYPE_CHECKING, NamedTuple
from casefleet_cli.store.sight import mine

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from casefleet_cli.store.sight import Sight

    Source = tuple[str, str, int | str]
    """A table that is in this order for each value of a column, the column and the value."""

SORTS_AT = "unixepoch(coalesce(sent_at, logged_at))"
"""Where an email stands in these lists, in seconds since 1970, as the links and addresses of an email have it."""
TABLE = """CREATE TABLE email_addresses (
    -- an address (normal form) in From, To, Cc or Bcc of an email, and what the email sorts at: the mail of a contact
    address TEXT NOT NULL CHECK (address <> ''),
    sorts_at INTEGER NOT NULL,
    email_id INTEGER NOT NULL,
    PRIMARY KEY (address, sorts_at, email_id)
) STRICT, WITHOUT ROWID"""
_NOTE = f"""INSERT OR IGNORE INTO email_addresses (address, sorts_at, email_id)
SELECT ?, {SORTS_AT}, id FROM emails WHERE id = ?"""
_LINKS = {"case": "email_cases", "lead": "email_leads", "contact": "email_contacts"}
_OF_E = "unixepoch(coalesce(e.sent_at, e.logged_at))"
_WITH_FILES = " AND EXISTS (SELECT 1 FROM attachments AS t WHERE t.email_id = e.id AND NOT t.is_inline)"
_LOOKED_AT = 5000
_WEEK = 7 * 24 * 3600
_MONDAY = 4 * 24 * 3600
"""The first Monday after the beginning of 1970."""


class Spot(NamedTuple):
    """A place in such a list; what comes after it is older."""

    at: int
    email_id: int


TOP = Spot(1 << 60, 0)
"""Before all emails."""


def note(connection: sqlite3.Connection, people: Iterable[tuple[int, Iterable[str]]]) -> None:
    """Note from and to which addresses emails are, each by its number."""
    connection.executemany(_NOTE, [(address, number) for number, addresses in people for address in _normal(addresses)])


def forget(connection: sqlite3.Connection, email_id: int) -> None:
    """Forget whom an email is from and to, and when, before any of it is changed; `note_anew` afterwards."""
    connection.executemany(
        f"DELETE FROM email_addresses WHERE address = ?1 AND email_id = ?2 AND sorts_at = (SELECT {SORTS_AT}"
        " FROM emails WHERE id = ?2)",
        [(address, email_id) for address in _stored(connection, email_id)],
    )


def note_anew(connection: sqlite3.Connection, email_id: int) -> None:
    """Note of an email, as it is in the database now, whom it is from and to, and when; and on its links, when."""
    connection.executemany(_NOTE, [(address, email_id) for address in _stored(connection, email_id)])
    for table in _LINKS.values():
        connection.execute(
            f"UPDATE {table} SET sorts_at = (SELECT {SORTS_AT} FROM emails WHERE id = ?1) WHERE email_id = ?1",
            (email_id,),
        )


def case_sources(connection: sqlite3.Connection, case_id: int) -> list[Source]:
    """Where the emails of a case are listed, those of the leads that became it among them."""
    leads = connection.execute("SELECT id FROM leads WHERE case_id = ?", (case_id,)).fetchall()
    return [("email_cases", "case_id", case_id), *(source for (lead_id,) in leads for source in lead_sources(lead_id))]


def lead_sources(lead_id: int) -> list[Source]:
    """Where the emails of a lead are listed."""
    return [("email_leads", "lead_id", lead_id)]


def contact_sources(connection: sqlite3.Connection, contact_id: int) -> list[Source]:
    """Where the emails that are linked to a contact are listed, and those from or to any address that it holds."""
    held = connection.execute("SELECT address FROM contact_addresses WHERE contact_id = ?", (contact_id,)).fetchall()
    of_addresses: list[Source] = [("email_addresses", "address", address) for (address,) in held]
    return [("email_contacts", "contact_id", contact_id), *of_addresses]


def newest(
    connection: sqlite3.Connection,
    sight: Sight,
    sources: Sequence[Source],
    before: Spot,
    limit: int,
    *,
    with_files: bool = False,
) -> list[Spot]:
    """The newest emails in sight of all sources together, but rejected ones; or of these those that bring files.

    Each source gives at most `limit`, by its own index.
    """
    found: set[Spot] = set()
    for table, column, value in sources:
        rows = connection.execute(
            f"SELECT l.sorts_at, l.email_id FROM {table} AS l CROSS JOIN emails AS e ON e.id = l.email_id"
            f" WHERE l.{column} = :value AND (l.sorts_at, l.email_id) < (:at, :email)"
            f" AND e.standing <> 'rejected' AND {sight.emails('e')}{_WITH_FILES if with_files else ''}"
            " ORDER BY l.sorts_at DESC, l.email_id DESC LIMIT :limit",
            {"value": value, "at": before.at, "email": before.email_id, "limit": limit, **sight.parameters},
        )
        found.update(Spot(*row) for row in rows)
    return sorted(found, reverse=True)[:limit]


def waiting(
    connection: sqlite3.Connection, sight: Sight, standing: str, before: Spot, limit: int, *, only_own: bool = False
) -> list[Spot]:
    """As `newest`, those that are "unassigned", "held" or "rejected"; or those that are the viewer's to file."""
    own = f" AND {mine('e')}" if only_own else ""
    rows = connection.execute(
        f"SELECT {_OF_E}, e.id FROM emails AS e WHERE e.standing = :standing AND e.standing <> 'linked'"
        # The first comparison is for the index, which SQLite does not take for a pair with an expression.
        f" AND {_OF_E} <= :at AND ({_OF_E}, e.id) < (:at, :email) AND {sight.emails('e')}{own}"
        f" ORDER BY {_OF_E} DESC, e.id DESC LIMIT :limit",
        {
            "standing": standing,
            "at": before.at,
            "email": before.email_id,
            "limit": limit,
            **sight.parameters,
        },
    )
    return [Spot(*row) for row in rows]


def waiting_for(connection: sqlite3.Connection, sight: Sight, standing: str, limit: int) -> list[Spot]:
    """As `waiting`, the newest that are the viewer's to file; of many that wait, the newest some are looked at."""
    rows = connection.execute(
        f"SELECT late.sorts_at, e.id FROM (SELECT id, {SORTS_AT} AS sorts_at FROM emails"
        f" WHERE standing = '{standing}' AND standing <> 'linked' ORDER BY {SORTS_AT} DESC LIMIT {_LOOKED_AT}) AS late"
        f" CROSS JOIN emails AS e ON e.id = late.id WHERE {mine('e')} AND {sight.emails('e')}"
        " ORDER BY late.sorts_at DESC, e.id DESC LIMIT :limit",
        {"limit": limit, **sight.parameters},
    )
    return [Spot(*row) for row in rows]


def count_waiting(connection: sqlite3.Connection, sight: Sight, standing: str, cap: int) -> int:
    """How many of the newest 2 × cap emails that are "unassigned" or "held" are in sight, at most the cap.

    The cost is the same at any size.
    """
    (found,) = connection.execute(
        "SELECT count(*) FROM (SELECT 1 FROM (SELECT id, standing, rejected_at FROM emails"
        f" WHERE standing = '{standing}' AND standing <> 'linked' ORDER BY {SORTS_AT} DESC LIMIT {2 * cap}) AS e"
        f" WHERE {sight.emails('e')} LIMIT :cap)",
        {"cap": cap, **sight.parameters},
    ).fetchone()
    return int(found)


def weeks(
    connection: sqlite3.Connection, sight: Sight, sources: Sequence[Source], until: int, most: int, east: int = 0
) -> list[tuple[int, int]]:
    """How many emails in sight of some sources came in each week: its Monday, in seconds since 1970, and the count.

    In order, the empty weeks left out; of the weeks up to a moment the last so many. `east`: seconds by which clocks
    are ahead of UTC.
    """
    counted: dict[int, int] = {}
    for table, column, value in sources:
        rows = connection.execute(
            f"SELECT (l.sorts_at + :east - {_MONDAY}) / {_WEEK} AS week, count(*) FROM {table} AS l"
            f"{' CROSS JOIN emails AS e ON e.id = l.email_id' if not sight.is_whole else ''} WHERE l.{column} = :value"
            " AND l.sorts_at BETWEEN :until + 1 - :back AND :until"
            f"{' AND ' + sight.emails('e') if not sight.is_whole else ''} GROUP BY week",
            {"east": east, "value": value, "until": until, "back": most * _WEEK, **sight.parameters},
        )
        for week, count in rows:
            counted[week] = counted.get(week, 0) + count
    return [(week * _WEEK + _MONDAY, counted[week]) for week in sorted(counted)]


def _stored(connection: sqlite3.Connection, email_id: int) -> list[str]:
    rows = connection.execute(
        "SELECT from_address FROM emails WHERE id = ?1 UNION SELECT address FROM email_recipients WHERE email_id = ?1",
        (email_id,),
    )
    return _normal(address for (address,) in rows)


def _normal(addresses: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(normal(address) for address in addresses if address))
