"""The standing of an email: what follows from its links and deliveries, said once."""

from __future__ import annotations

from casefleet_cli.light import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator


def _is_linked(alias: str) -> str:
    return (
        f"EXISTS (SELECT 1 FROM email_cases WHERE email_id = {alias}.id)"
        f" OR EXISTS (SELECT 1 FROM email_leads WHERE email_id = {alias}.id)"
    )


def _follows(alias: str) -> str:
    return f"""CASE
    WHEN {_is_linked(alias)} THEN 'linked'
    WHEN {alias}.rejected_at IS NOT NULL THEN 'rejected'
    WHEN EXISTS (SELECT 1 FROM deliveries WHERE email_id = {alias}.id AND standing IN ('routed', 'released'))
      THEN 'unassigned'
    WHEN EXISTS (SELECT 1 FROM deliveries WHERE email_id = {alias}.id AND standing = 'held') THEN 'held'
    ELSE 'rejected' END"""


def refresh(connection: sqlite3.Connection, email_id: int) -> str:
    """Work out the standing of an email anew from its links and deliveries, keep it, and give it.

    Linked to any case or lead: "linked", and that it was rejected is over; else rejected by a person: "rejected"; else
    let in by any delivery: "unassigned"; else "held" or "rejected" as its deliveries are.
    """
    cursor = connection.execute(
        f"UPDATE emails SET standing = {_follows('emails')},"
        f" rejected_at = CASE WHEN {_is_linked('emails')} THEN NULL ELSE rejected_at END"
        " WHERE id = ? RETURNING standing",
        (email_id,),
    )
    (standing,) = cursor.fetchone()
    cursor.close()
    return str(standing)


def wrong(connection: sqlite3.Connection) -> Iterator[tuple[int, str, str]]:
    """Every email whose standing is not what follows from its links and deliveries: its number, and both."""
    yield from connection.execute(
        f"SELECT e.id, e.standing, {_follows('e')} AS wanted FROM emails AS e WHERE e.standing <> wanted"
    )
