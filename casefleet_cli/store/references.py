"""What people type to name something: a number, or words that fit one thing only.

In this order: the number that lists show (a case's own number or an end of it, never its row number); an address or
whole name; a part of a name made of whole words. The first step that finds anything decides, and when it finds several,
people choose. What is not in sight does not exist.
"""

from __future__ import annotations

from casefleet_cli.core import names
from casefleet_cli.core.rules import tags
from casefleet_cli.errors import UsageError
from casefleet_cli.light import TYPE_CHECKING, NamedTuple
from casefleet_cli.store.sight import EVERYTHING, Sight

if TYPE_CHECKING:
    import sqlite3


_SHOWN = 8


class UnknownReferenceError(UsageError):
    """Nothing is called so."""


class AmbiguousReferenceError(UsageError):
    """Several things are called so; the sentence lists them with their numbers."""


class Named(NamedTuple):
    """Something that can be referred to."""

    id: int
    number: str
    """What lists show for it."""
    name: str
    hint: str
    """What tells it from others of the same name: an address, a status."""


class _Noun(NamedTuple):
    word: str
    plural: str
    command: str
    """What lists them."""
    table: str
    by_address: str | None
    hint: str
    """SQL for the hint of a row `n`."""
    name: str = "n.name"
    number: str = "n.id"
    where: str = "1"


_USER = _Noun(
    "user",
    "users",
    "user list",
    "users",
    "SELECT user_id FROM sender_addresses WHERE address = ?",
    "(SELECT min(address) FROM sender_addresses WHERE user_id = n.id)",
)
_CONTACT = _Noun(
    "contact",
    "contacts",
    "contact list",
    "contacts",
    "SELECT contact_id FROM contact_addresses WHERE address = ?",
    "(SELECT min(address) FROM contact_addresses WHERE contact_id = n.id)",
    where="n.merged_into_id IS NULL",
)
_CASE = _Noun("case", "cases", "case list", "cases", None, "n.status", name="n.title", number="n.number")
_LEAD = _Noun("lead", "leads", "lead list", "leads", None, "n.status")


def user(connection: sqlite3.Connection, text: str) -> int:
    """The user that a number, a sender address or a name means; raises UsageError for none or several."""
    return _numbered(connection, _USER, text, EVERYTHING) or _called(connection, _USER, text, EVERYTHING)


def contact(connection: sqlite3.Connection, text: str, sight: Sight = EVERYTHING) -> int:
    """The contact that a number, an address or a name means; a merged one means the one it was merged into.

    Raises UsageError for none or several.
    """
    found = _numbered(connection, _CONTACT, text, sight) or _called(connection, _CONTACT, text, sight)
    (kept,) = connection.execute("SELECT coalesce(merged_into_id, id) FROM contacts WHERE id = ?", (found,)).fetchone()
    return int(kept)


def case(connection: sqlite3.Connection, text: str, sight: Sight = EVERYTHING) -> int:
    """The case that its own number, an end of that, or its title means; raises UsageError for none or several.

    An end begins after a mark: 104 for 2026-104, not 04. The whole number wins over all else.
    """
    typed = tags.normalised(text) if text.strip()[:1].isalnum() else ""
    everybody = _all(connection, _CASE, sight)
    exact = [named for named in everybody if named.number == text.strip()]
    same = exact or [named for named in everybody if typed and tags.normalised(named.number) == typed]
    if same:
        return _only(_CASE, text, same)
    fits = [
        named
        for named in everybody
        if (typed and tags.normalised(named.number).endswith(f"-{typed}")) or names.are_same(named.name, text)
    ]
    return _only(_CASE, text, fits) if fits and text.strip() else _called(connection, _CASE, text, sight)


def lead(connection: sqlite3.Connection, text: str, sight: Sight = EVERYTHING) -> int:
    """The lead that a number or a name means; raises UsageError for none or several."""
    return _numbered(connection, _LEAD, text, sight) or _called(connection, _LEAD, text, sight)


def email(connection: sqlite3.Connection, text: str, sight: Sight = EVERYTHING) -> int:
    """The e-mail that a number means; raises UsageError when there is none."""
    number = _number(text)
    if number is None:
        raise UnknownReferenceError(f"{text!r} is not the number of an e-mail; casefleet email list shows the numbers.")
    if not is_in_sight(connection, sight, "email", number):
        raise UnknownReferenceError(f"There is no e-mail {number}; casefleet email list shows what there is.")
    return number


def is_in_sight(connection: sqlite3.Connection, sight: Sight, noun: str, number: int) -> bool:
    """Whether there is such a case, lead, contact or email in sight; users always are."""
    tables = {
        "case": ("cases", sight.cases),
        "lead": ("leads", sight.leads),
        "contact": ("contacts", sight.contacts),
        "email": ("emails", sight.emails),
    }
    if noun not in tables:
        return True
    table, condition = tables[noun]
    found = connection.execute(
        f"SELECT 1 FROM {table} AS x WHERE x.id = :number AND {condition('x')}", {"number": number, **sight.parameters}
    )
    return found.fetchone() is not None


def _numbered(connection: sqlite3.Connection, noun: _Noun, text: str, sight: Sight) -> int | None:
    """The row of that number, where the text is one and it is in sight."""
    number = _number(text)
    if number is None:
        return None
    there = connection.execute(f"SELECT 1 FROM {noun.table} WHERE id = ?", (number,)).fetchone()
    return number if there and is_in_sight(connection, sight, noun.word, number) else None


def _called(connection: sqlite3.Connection, noun: _Noun, text: str, sight: Sight) -> int:
    """The one thing of a noun that has an address or a name."""
    if noun.by_address and "@" in text and _is_text(text):
        from casefleet_cli.core.address import normal  # noqa: PLC0415

        holders = [int(row[0]) for row in connection.execute(noun.by_address, (normal(text.strip()),))]
        held = [named for named in _all(connection, noun, sight) if named.id in holders] if holders else []
        if held:
            return _only(noun, text, held)
    if not names.folded(text):
        raise UnknownReferenceError(
            f"An empty word names no {noun.word}; casefleet {noun.command} shows what there is."
        )
    near = [named for named in _all(connection, noun, sight) if names.has_letters(named.name, text)]
    for fits in (
        [named for named in near if names.are_same(named.name, text)],
        [named for named in near if names.has_words(named.name, text)],
    ):
        if fits:
            return _only(noun, text, fits)
    hint = f"; did you mean {_listing(near)}" if near else f"; casefleet {noun.command} shows what there is"
    raise UnknownReferenceError(f"There is no {noun.word} {text!r}{hint}{'?' if near else '.'}")


def _only(noun: _Noun, text: str, fits: list[Named]) -> int:
    if len(fits) > 1:
        raise AmbiguousReferenceError(f"Several {noun.plural} fit {text!r}: {_listing(fits)}; name one by its number.")
    return fits[0].id


def _all(connection: sqlite3.Connection, noun: _Noun, sight: Sight) -> list[Named]:
    conditions = {"case": sight.cases, "lead": sight.leads, "contact": sight.contacts}
    seen = conditions[noun.word]("n") if noun.word in conditions else "1"
    rows = connection.execute(
        f"SELECT n.id, {noun.number}, {noun.name}, coalesce({noun.hint}, '') FROM {noun.table} AS n"
        f" WHERE {noun.where} AND {seen} ORDER BY n.id",
        sight.parameters,
    )
    return [Named(number, str(shown), name, hint) for number, shown, name, hint in rows]


def _listing(fits: list[Named]) -> str:
    shown = [f"{one.number} {one.name}{f' ({one.hint})' if one.hint else ''}" for one in fits[:_SHOWN]]
    more = len(fits) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


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
