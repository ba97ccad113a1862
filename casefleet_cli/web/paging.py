"""Lists one page at a time, newest first: a page is a slice below a number, so that no list has to be counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from casefleet_cli.core.address import normal
from casefleet_cli.store import mailbook, users

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from casefleet_cli.store.correspondence import Spot
    from casefleet_cli.store.sight import Sight

PAGE_SIZE = 40
CAP = 1000
"""Numbers on badges and of hits are counted up to here, so that they cost the same at any size."""


class Slice(NamedTuple):
    """One page of a list, and where the next one begins (None: this was the last)."""

    rows: list[dict[str, Any]]
    next: int | str | None


class Part(NamedTuple):
    """One part of a text that is too long for a page, counted from 1."""

    text: str
    number: int
    total: int


def part_of(text: str, number: int, letters: int) -> Part:
    """That part of the text, each of so many letters; the last one where there is none of this number."""
    total = max(1, -(-len(text) // letters))
    number = min(max(1, number), total)
    return Part(text[(number - 1) * letters : number * letters], number, total)


def asked() -> int:
    """How many rows to ask for: one more than a page, which tells whether there is another."""
    return PAGE_SIZE + 1


def of(rows: Sequence[dict[str, Any]]) -> Slice:
    """The rows, each with its `id`, as a page."""
    shown = list(rows[:PAGE_SIZE])
    return Slice(shown, shown[-1]["id"] if len(rows) > PAGE_SIZE else None)


def of_feed(connection: sqlite3.Connection, sight: Sight, rows: Sequence[dict[str, Any]]) -> Slice:
    """Activities as a page."""
    page = of(rows)
    return Slice(together(marked(connection, sight, page.rows)), page.next)


def of_spots(connection: sqlite3.Connection, sight: Sight, spots: Sequence[Spot]) -> Slice:
    """Emails in the order of their moments as a page."""
    shown = spots[:PAGE_SIZE]
    rows = marked(connection, sight, mailbook.entries(connection, sight, [spot.email_id for spot in shown]))
    return Slice(rows, f"{shown[-1].at}.{shown[-1].email_id}" if len(spots) > PAGE_SIZE else None)


def directed(connection: sqlite3.Connection, rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The emails, each with its `direction`: "out" where it says to be from an address of the firm, else "in"."""
    told = list(rows)
    senders = users.senders_among(connection, {normal(row["from_address"]) for row in told})
    return [{**row, "direction": "out" if normal(row["from_address"]) in senders else "in"} for row in told]


def of_emails(connection: sqlite3.Connection, sight: Sight, numbers: Sequence[int]) -> Slice:
    """Emails as a page."""
    shown = numbers[:PAGE_SIZE]
    rows = marked(connection, sight, mailbook.entries(connection, sight, shown))
    return Slice(rows, shown[-1] if len(numbers) > PAGE_SIZE else None)


def marked(connection: sqlite3.Connection, sight: Sight, rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows, each with what deceives about its sender and its subject."""
    from casefleet_cli.desk import spoofing  # noqa: PLC0415 - kept in one place

    return list(spoofing.marked(connection, sight, rows))


_SAME = ("email_id", "is_taken_off", "verb", "at", "user")


def together(activities: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The activities with their places; one email that was filed to several places at once is one entry."""
    entries: list[dict[str, Any]] = []
    for row in activities:
        places = [
            {"kind": kind, "id": row[f"{kind}_id"], "name": name}
            for kind, name in (
                ("case", row["case_title"] and f"{row['case_number']} {row['case_title']}"),
                ("lead", row["lead"]),
            )
            if name
        ]
        last = entries[-1] if entries else None
        if last and row["email_id"] and all(row[key] == last[key] for key in _SAME):
            last["places"] += places
        else:
            entries.append({**row, "places": places})
    return entries
