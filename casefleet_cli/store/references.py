"""What people type to name something: a number, or words that fit one thing only.

In this order: a case's own number; the row number; an address or whole name; a part of a name made of whole words. The
first step that finds anything decides, and when it finds several, people choose.
"""

from __future__ import annotations

import re
import unicodedata

from casefleet_cli.errors import UsageError
from casefleet_cli.light import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from casefleet_cli.store.sight import Sight

_SHOWN = 8


class UnknownReferenceError(UsageError):
    """Nothing is called so."""


class AmbiguousReferenceError(UsageError):
    """Several things are called so; the sentence lists them with their numbers."""


class Named(NamedTuple):
    """Something that can be referred to."""

    id: int
    name: str
    hint: str
    """What tells it from others of the same name: an address, a number, a status."""


class _Noun(NamedTuple):
    word: str
    plural: str
    command: str
    """What lists them."""
    by_address: str | None
    names: str
    hint: str
    """SQL for the hint of a row `n`."""
    where: str = "1"


_USER = _Noun(
    "user",
    "users",
    "user list",
    "SELECT user_id FROM sender_addresses WHERE address = ?",
    "users",
    "(SELECT min(address) FROM sender_addresses WHERE user_id = n.id)",
)
_CONTACT = _Noun(
    "contact",
    "contacts",
    "contact list",
    "SELECT contact_id FROM contact_addresses WHERE address = ?",
    "contacts",
    "(SELECT min(address) FROM contact_addresses WHERE contact_id = n.id)",
    "n.merged_into_id IS NULL",
)
_CASE = _Noun(
    "case",
    "cases",
    "case list",
    None,
    "(SELECT id, title AS name, number, status FROM cases)",
    "n.number || ', ' || n.status",
)
_LEAD = _Noun("lead", "leads", "lead list", None, "leads", "n.status")


def user(connection: sqlite3.Connection, text: str) -> int:
    """The user that a number, a sender address or a name means; raises UsageError for none or several."""
    return _found(connection, _USER, text)


def contact(connection: sqlite3.Connection, text: str) -> int:
    """The contact that a number, an address or a name means; a merged one means the one it was merged into.

    Raises UsageError for none or several.
    """
    found = _found(connection, _CONTACT, text)
    (kept,) = connection.execute("SELECT coalesce(merged_into_id, id) FROM contacts WHERE id = ?", (found,)).fetchone()
    return int(kept)


def case(connection: sqlite3.Connection, text: str) -> int:
    """The case that its own number, its row number or its title means; raises UsageError for none or several."""
    from casefleet_cli.store import cases  # noqa: PLC0415

    number = cases.by_number(connection, text.strip()) if _is_text(text) else None
    return number or _found(connection, _CASE, text)


def lead(connection: sqlite3.Connection, text: str) -> int:
    """The lead that a number or a name means; raises UsageError for none or several."""
    return _found(connection, _LEAD, text)


def email(connection: sqlite3.Connection, text: str) -> int:
    """The e-mail that a number means; raises UsageError when there is none."""
    number = _number(text)
    if number is None:
        raise UnknownReferenceError(f"{text!r} is not the number of an e-mail; casefleet email list shows the numbers.")
    if connection.execute("SELECT 1 FROM emails WHERE id = ?", (number,)).fetchone() is None:
        raise UnknownReferenceError(f"There is no e-mail {number}; casefleet email list shows what there is.")
    return number


def is_in_sight(connection: sqlite3.Connection, sight: Sight, noun: str, number: int) -> bool:
    """Whether a case, lead or contact is in sight; users always are."""
    tables = {"case": ("cases", sight.cases), "lead": ("leads", sight.leads), "contact": ("contacts", sight.contacts)}
    if noun not in tables:
        return True
    table, condition = tables[noun]
    found = connection.execute(
        f"SELECT 1 FROM {table} AS x WHERE x.id = :number AND {condition('x')}", {"number": number, **sight.parameters}
    )
    return found.fetchone() is not None


def _found(connection: sqlite3.Connection, noun: _Noun, text: str) -> int:
    """The one thing of a noun that the text means."""
    number = _number(text)
    if number is not None:
        table = "cases" if noun is _CASE else noun.names
        if connection.execute(f"SELECT 1 FROM {table} WHERE id = ?", (number,)).fetchone() is not None:
            return number
    if noun.by_address and "@" in text and _is_text(text):
        from casefleet_cli.core.address import normal  # noqa: PLC0415

        holders = [int(row[0]) for row in connection.execute(noun.by_address, (normal(text.strip()),))]
        if holders:
            return _only(noun, text, _named(connection, noun, holders))
    wanted = _folded(text)
    if not wanted:
        raise UnknownReferenceError(
            f"An empty word names no {noun.word}; casefleet {noun.command} shows what there is."
        )
    near = [named for named in _all(connection, noun) if wanted in _folded(named.name)]
    for fits in (
        [named for named in near if _folded(named.name) == wanted],
        [named for named in near if _whole_words(wanted, _folded(named.name))],
    ):
        if fits:
            return _only(noun, text, fits)
    hint = f"; did you mean {_listing(near)}" if near else f"; casefleet {noun.command} shows what there is"
    raise UnknownReferenceError(f"There is no {noun.word} {text!r}{hint}{'?' if near else '.'}")


def _only(noun: _Noun, text: str, fits: list[Named]) -> int:
    if len(fits) > 1:
        raise AmbiguousReferenceError(f"Several {noun.plural} fit {text!r}: {_listing(fits)}; name one by its number.")
    return fits[0].id


def _named(connection: sqlite3.Connection, noun: _Noun, ids: Iterable[int]) -> list[Named]:
    wanted = frozenset(ids)
    return [named for named in _all(connection, noun) if named.id in wanted]


def _all(connection: sqlite3.Connection, noun: _Noun) -> list[Named]:
    rows = connection.execute(
        f"SELECT n.id, n.name, coalesce({noun.hint}, '') FROM {noun.names} AS n WHERE {noun.where} ORDER BY n.id"
    )
    return [Named(*row) for row in rows]


def _listing(fits: list[Named]) -> str:
    shown = [f"{named.id} {named.name}{f' ({named.hint})' if named.hint else ''}" for named in fits[:_SHOWN]]
    more = len(fits) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def _whole_words(wanted: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", name) is not None


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def _is_text(text: str) -> bool:
    """Whether SQLite takes it: bytes of a command line that are not UTF-8 arrive as lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _number(text: str) -> int | None:
    """The row number that the text is, or None; more digits than SQLite can count are no number."""
    stripped = text.strip()
    return int(stripped) if stripped.isascii() and stripped.isdigit() and len(stripped) < 19 else None
