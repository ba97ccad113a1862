"""Whether the journal is what it was when it was written: its links, its words, and the words that were erased."""

from __future__ import annotations

from casefleet_cli.light import TYPE_CHECKING, NamedTuple
from casefleet_cli.store.activities import chained, digest

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

_ROWS = """SELECT a.hash, t.activity_id IS NOT NULL, t.salt, t.text,
(SELECT min(e.id) FROM activities AS e WHERE e.about_activity_id = a.id AND e.verb = 'erased'),
a.id, a.at, a.verb, a.user_id, a.case_id, a.lead_id, a.contact_id, a.email_id, a.about_user_id, a.about_activity_id,
a.digest, a.earlier_hash FROM activities AS a LEFT JOIN activity_texts AS t ON t.activity_id = a.id ORDER BY a.id"""


_EARLIER_COLUMNS = 9
"""So many of them, and the words after them, were the columns that the hash covered before schema 3."""


class _Words(NamedTuple):
    """The words of an activity, as they stand."""

    has_row: bool
    salt: bytes | None
    text: str | None
    erased_by: int | None
    """The first activity that says that they were erased."""


def broken_links(connection: sqlite3.Connection) -> Iterator[str]:
    """Every place where the journal is not what it was when it was written, as the beginning of a sentence.

    A changed activity is found by its own hash, a missing one by its number, changed words by their digest. What this
    cannot see is a journal of which the end was cut off, or one that was written anew as a whole: see `is_noted`.
    """
    before, earlier_before, last = "", "", 0
    for (
        found,
        *words_columns,
        number,
        at,
        verb,
        user,
        case,
        lead,
        contact,
        email,
        about,
        subject,
        bound,
        earlier,
    ) in connection.execute(_ROWS):
        words = _Words(*words_columns)
        row = (number, at, verb, user, case, lead, contact, email, about, subject, bound, earlier)
        fault = _fault_of_words(number, bound, words)
        # Before schema 3 the hash covered the words themselves: once they are erased, that link proves nothing.
        has_earlier_link = earlier is not None and fault is None and (bound is None or words.text is not None)
        if number != last + 1:
            missing = f"activity {last + 1}" if number == last + 2 else f"activities {last + 1} to {number - 1}"
            yield f"{missing} are missing" if "to" in missing else f"{missing} is missing"
        elif chained(before, row) != found:
            yield f"activity {number} is not what was written"
        elif has_earlier_link and chained(earlier_before, (*row[:_EARLIER_COLUMNS], words.text or "")) != earlier:
            yield f"activity {number} was not what had been written when the database was migrated to schema 3"
        if fault is not None:
            yield fault
        before, earlier_before, last = found, earlier or "", number


def is_noted(connection: sqlite3.Connection, number: int, noted: str) -> bool | None:
    """Whether an activity has the hash that was noted, now or before schema 3; None: there is no such activity."""
    row = connection.execute("SELECT hash, earlier_hash FROM activities WHERE id = ?", (number,)).fetchone()
    return None if row is None else noted in row


def _fault_of_words(number: int, bound: str | None, words: _Words) -> str | None:
    """What is wrong with the words of an activity, `bound` by their digest; None: nothing."""
    whose = f"the words of activity {number}"
    if bound is None:
        if words.has_row:
            return f"activity {number} has words that were not written with it"
        return None if words.erased_by is None else f"activity {words.erased_by} erases {whose}, which never had any"
    if not words.has_row:
        return f"{whose} are missing"
    if words.text is None:
        if words.erased_by is None or words.erased_by <= number:
            return f"{whose} were erased, and no later activity says so"
        return None if words.salt is None else f"{whose} were erased, but not the salt of their digest"
    if words.salt is None or digest(words.salt, words.text) != bound:
        return f"{whose}, or the salt of their digest, are not what was written"
    if words.erased_by is not None:
        return f"{whose} are still there, although activity {words.erased_by} says that they were erased"
    return None
