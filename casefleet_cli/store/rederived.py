"""Putting anew what was derived from the bytes of an email; its number, links, deliveries and decisions stay."""

from __future__ import annotations

import json

from casefleet_cli.light import TYPE_CHECKING
from casefleet_cli.store import correspondence, emails

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from casefleet_cli.store.emails import Rows

_COLUMNS = (
    "msgid subject from_name from_address sent_at moment_from text people filenames letters has_html forwards defects"
    " fingerprint"
).split()


def last(connection: sqlite3.Connection) -> int:
    """The number of the last email; 0 where there is none."""
    return int(connection.execute("SELECT coalesce(max(id), 0) FROM emails").fetchone()[0])


def slice_after(connection: sqlite3.Connection, email_id: int, octets: int) -> list[int]:
    """The next emails after one, so many that their mail has about so many octets."""
    return _slice(connection.execute("SELECT id, size FROM emails WHERE id > ? ORDER BY id", (email_id,)), octets)


def converted_after(connection: sqlite3.Connection, email_id: int, octets: int) -> list[int]:
    """The same of the emails of which a copy was made of another form of mail."""
    rows = connection.execute(
        "SELECT DISTINCT e.id, e.size FROM deliveries AS d JOIN emails AS e ON e.id = d.email_id"
        " WHERE d.labels <> '[]' AND d.labels LIKE '%\"converted from %' AND d.email_id > ? ORDER BY 1",
        (email_id,),
    )
    return _slice(rows, octets)


def _slice(rows: Iterable[tuple[int, int]], octets: int) -> list[int]:
    found: list[int] = []
    for number, size in rows:
        found.append(number)
        octets -= size + 4096
        if octets < 0:
            break
    return found


def copies(connection: sqlite3.Connection, email_id: int) -> list[int]:
    """The raw messages that an email was made of: the first, then those of further deliveries."""
    found = connection.execute(
        "SELECT raw_message_id FROM emails WHERE id = :email UNION ALL"
        " SELECT raw_message_id FROM deliveries WHERE email_id = :email",
        {"email": email_id},
    )
    return list(dict.fromkeys(row[0] for row in found))


def defects_of(connection: sqlite3.Connection, email_id: int) -> list[str]:
    """What was wrong with the bytes of an email when they were read last."""
    (found,) = connection.execute("SELECT defects FROM emails WHERE id = ?", (email_id,)).fetchone()
    return list(json.loads(found))


def put(connection: sqlite3.Connection, email_id: int, rows: Sequence[Rows]) -> bool:
    """Put what was derived from the copies of an email, the first copy first; whether anything was other than before.

    Another email that has the same fingerprint keeps it: this one stays as it is known in the journal, with a defect.
    """
    correspondence.forget(connection, email_id)
    first = _with_moment(connection, email_id, rows[0])
    twin = emails.by_fingerprint(connection, first.fingerprint)
    (fingerprint,) = connection.execute("SELECT fingerprint FROM emails WHERE id = ?", (email_id,)).fetchone()
    defects = list(first.defects)
    if twin is not None and twin != email_id:
        defects.append(emails.TWIN)
    else:
        fingerprint = first.fingerprint
        if first.msgid is not None and _has_other_content(connection, first.msgid, email_id):
            defects.append(emails.COLLISION)
    wanted = (*first[1:13], json.dumps(defects), fingerprint)
    columns = ", ".join(_COLUMNS)
    known = connection.execute(f"SELECT {columns} FROM emails WHERE id = ?", (email_id,)).fetchone()
    is_other = bool(known != wanted)
    if is_other:
        # Only what is other: every column of the search index that is set is indexed again.
        changed = [(name, value) for name, value, was in zip(_COLUMNS, wanted, known, strict=True) if value != was]
        connection.execute(
            f"UPDATE emails SET {', '.join(f'{name} = ?' for name, _ in changed)} WHERE id = ?",
            (*(value for _, value in changed), email_id),
        )
    recipients = dict.fromkeys(recipient for copy in rows for recipient in copy.recipients)
    is_other |= _replace(connection, "email_recipients", "kind, name, address", email_id, recipients, "id")
    references = list(enumerate(first.references))
    is_other |= _replace(connection, "email_references", "position, msgid", email_id, references, "position")
    # The first of two parts with one number is the one that was kept.
    parts = {attachment[0]: attachment for attachment in reversed(first.attachments)}
    attachments = [attachment for attachment in first.attachments if parts[attachment[0]] is attachment]
    names = "part, filename, content_type, size, content_id, is_inline"
    is_other |= _replace(connection, "attachments", names, email_id, attachments, "id")
    correspondence.note_anew(connection, email_id)
    return is_other


def _with_moment(connection: sqlite3.Connection, email_id: int, rows: Rows) -> Rows:
    """The rows with the moment that an archive told, where the message itself tells none."""
    if rows.sent_at is not None:
        return rows
    told = connection.execute("SELECT sent_at FROM emails WHERE id = ? AND moment_from = 'archive'", (email_id,))
    found = told.fetchone()
    return rows if found is None else rows._replace(sent_at=found[0], moment_from="archive")


def _replace(
    connection: sqlite3.Connection,
    table: str,
    names: str,
    email_id: int,
    wanted: Iterable[tuple[object, ...]],
    order: str,
) -> bool:
    """Make these the rows of an email in a table; whether they were others before."""
    rows = list(wanted)
    known = connection.execute(f"SELECT {names} FROM {table} WHERE email_id = ? ORDER BY {order}", (email_id,))
    if known.fetchall() == rows:
        return False
    connection.execute(f"DELETE FROM {table} WHERE email_id = ?", (email_id,))
    marks = ", ".join("?" * len(names.split(",")))
    connection.executemany(
        f"INSERT INTO {table} (email_id, {names}) VALUES (?, {marks})", [(email_id, *row) for row in rows]
    )
    return True


def _has_other_content(connection: sqlite3.Connection, msgid: str, email_id: int) -> bool:
    """Whether an email with this Message-ID is another mail."""
    found = connection.execute(
        "SELECT 1 FROM emails WHERE msgid = ? AND id <> ?"
        " AND NOT EXISTS (SELECT 1 FROM json_each(defects) WHERE value = ?) LIMIT 1",
        (msgid, email_id, emails.TWIN),
    )
    return found.fetchone() is not None
