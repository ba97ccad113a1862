"""Everything that the firm has of a person, for whoever must know of a conflict before a case is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from casefleet_cli.core import likeness, spelling
from casefleet_cli.core.query import Query, Term
from casefleet_cli.errors import UsageError
from casefleet_cli.store import activities, checks, search
from casefleet_cli.store.database import transaction

if TYPE_CHECKING:
    import sqlite3

    from casefleet_cli.core.likeness import Likeness
    from casefleet_cli.store.sight import Sight

_REJECTED = (Term("is", "rejected"),)


class NothingAskedError(UsageError):
    """There is no word in what is asked for."""


def report(connection: sqlite3.Connection, asked: str, sight: Sight) -> dict[str, Any]:
    """All in sight that is like a name, or has an address: contacts, cases, leads, mail, and files of such a name.

    The words of mail are found whatever the form of their letters; names also when cut short or one slip away. Mail
    that is held or rejected counts as far as it is in sight. Raises NothingAskedError.
    """
    like = likeness.of(asked)
    if not like.words:
        raise NothingAskedError("Say whom to look for: a name, or an address.")
    address = asked.strip().lower() if "@" in asked else ""
    contacts = checks.named(connection, sight, "contacts", lambda row: _is_contact(row, like, address))
    of_them = [int(row["id"]) for row in contacts]
    cases = _matters(connection, sight, "cases", like, of_them)
    leads = _matters(connection, sight, "leads", like, of_them)
    found = _mail(connection, asked, sight) | checks.of_contacts(connection, of_them, "emails")
    mails = checks.in_sight(connection, sight, found)
    files = [
        {"email": row["id"], "date": row["date"], "filename": name}
        for row in mails
        for name in row.pop("files")
        if like.fits(name)
    ]
    return {"asked": asked, "contacts": contacts, "cases": cases, "leads": leads, "emails": mails, "files": files}


def record(connection: sqlite3.Connection, asked: str, found: dict[str, Any], *, acting: int | None = None) -> int:
    """Keep a report as a conflict check of today and give its number."""
    with transaction(connection):
        number = checks.add(connection, acting, asked, found)
        activities.add(connection, "checked", user_id=acting, detail=f"conflict check {number}: {asked}")
    return number


def _is_contact(row: dict[str, Any], like: Likeness, address: str) -> bool:
    held = str(row["addresses"] or "")
    return address in held.split() if address else like.fits(f"{row['name']} {held}")


def _matters(
    connection: sqlite3.Connection, sight: Sight, kind: str, like: Likeness, contacts: list[int]
) -> list[dict[str, Any]]:
    """The cases or leads that are named so, or that one of the contacts is on."""
    on = checks.of_contacts(connection, contacts, kind)
    return checks.named(connection, sight, kind, lambda row: row["id"] in on or like.fits(str(row["name"])))


def _mail(connection: sqlite3.Connection, asked: str, sight: Sight) -> set[int]:
    """The mail that has all the words, rejected mail too."""
    words = tuple((Term("", word),) for word in spelling.parts(asked))
    numbers = set(search.numbers(connection, Query(words), sight))
    return numbers | set(search.numbers(connection, Query((*words, _REJECTED)), sight))
