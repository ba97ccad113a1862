"""Emails: what the database holds of a message besides its bytes."""

from __future__ import annotations

import json
from collections import Counter

from casefleet_cli import clock
from casefleet_cli.core import letters
from casefleet_cli.light import TYPE_CHECKING, NamedTuple
from casefleet_cli.store import correspondence, database, originals

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from datetime import datetime

    from casefleet_cli.core.model import Forward, Mailbox, Message

COLLISION = "msgid-collision"
TWIN = "twin"
"""Defect of an email that reparse found to be the same mail as another one: both are in the journal, both stay."""
_ADD = """INSERT INTO emails (id, fingerprint, msgid, subject, from_name, from_address, sent_at, moment_from, text,
people, filenames, letters, has_html, forwards, defects, raw_message_id, standing, logged_at, size)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_ADD_RECIPIENT = "INSERT OR IGNORE INTO email_recipients (email_id, kind, name, address) VALUES (?, ?, ?, ?)"
_ADD_REFERENCE = "INSERT INTO email_references (email_id, position, msgid) VALUES (?, ?, ?)"
_ADD_ATTACHMENT = """INSERT OR IGNORE INTO attachments (email_id, part, filename, content_type, size, content_id,
is_inline) VALUES (?, ?, ?, ?, ?, ?, ?)"""


class Rows(NamedTuple):
    """What an email becomes in the database, worked out from its message without it."""

    fingerprint: str
    msgid: str | None
    subject: str | None
    from_name: str
    from_address: str
    sent_at: str | None
    moment_from: str | None
    """What says when it was sent: "date", "received", "archive"; None where nothing does."""
    text: str
    people: str
    filenames: str
    letters: str | None
    """core.letters.others of these texts, as JSON; None where there are none."""
    has_html: int
    forwards: str
    """As JSON."""
    defects: tuple[str, ...]
    recipients: tuple[tuple[str, str, str], ...]
    """Kind, name, address."""
    references: tuple[str, ...]
    attachments: tuple[tuple[object, ...], ...]


def rows_of(message: Message) -> Rows:
    """What a message becomes in the database."""
    sender = message.from_[0] if message.from_ else None
    sent_at, moment_from = _moment(message)
    from_name, from_address = (sender.name, sender.address) if sender else ("", "")
    text = "\n\n".join(filter(None, (message.text, message.enclosed))) if message.enclosed else message.text
    people = _people(message)
    filenames = "\n".join(attachment.filename for attachment in message.attachments if attachment.filename)
    others = letters.others((message.subject or "", text, from_name, from_address, people, filenames))
    return Rows(
        fingerprint=message.fingerprint,
        msgid=message.msgid,
        subject=message.subject,
        from_name=from_name,
        from_address=from_address,
        sent_at=sent_at,
        moment_from=moment_from,
        text=text,
        people=people,
        filenames=filenames,
        letters=json.dumps(others, ensure_ascii=False) if others else None,
        has_html=int(message.has_html),
        forwards=_forwards(message.forwards),
        defects=message.defects,
        recipients=tuple(
            (kind, mailbox.name, mailbox.address)
            for kind, people in (("to", message.to), ("cc", message.cc), ("bcc", message.bcc))
            for mailbox in people
        ),
        references=tuple(dict.fromkeys(message.references + message.in_reply_to)),
        attachments=tuple(
            (a.part, a.filename, a.content_type, a.size, a.content_id, int(a.is_inline)) for a in message.attachments
        ),
    )


def raw_of(connection: sqlite3.Connection, email_id: int) -> bytes:
    """The bytes of an email as they came first."""
    return originals.of_email(connection, email_id)


def standing(connection: sqlite3.Connection, email_id: int) -> str:
    """Where an email stands: "linked", "unassigned", "held" or "rejected"."""
    (found,) = connection.execute("SELECT standing FROM emails WHERE id = ?", (email_id,)).fetchone()
    return str(found)


def reject(connection: sqlite3.Connection, email_id: int) -> None:
    """Note that a person put an email that was let in out of sight; its standing follows from it."""
    connection.execute("UPDATE emails SET rejected_at = ? WHERE id = ?", (clock.stamp(), email_id))


def unreject(connection: sqlite3.Connection, email_id: int) -> bool:
    """Note that a person let it back in; False when nobody had rejected it so."""
    cursor = connection.execute(
        "UPDATE emails SET rejected_at = NULL WHERE id = ? AND rejected_at IS NOT NULL", (email_id,)
    )
    return cursor.rowcount > 0


def was_rejected(connection: sqlite3.Connection, email_id: int) -> bool:
    """Whether an email that was let in is rejected."""
    (found,) = connection.execute("SELECT rejected_at IS NOT NULL FROM emails WHERE id = ?", (email_id,)).fetchone()
    return bool(found)


def numbers(connection: sqlite3.Connection, defect: str | None = None) -> list[int]:
    """The numbers of all emails, or of those with a defect, in order."""
    has_it = "1" if defect is None else "EXISTS (SELECT 1 FROM json_each(defects) WHERE value = :defect)"
    rows = connection.execute(f"SELECT id FROM emails WHERE {has_it} ORDER BY id", {"defect": defect})
    return [int(row[0]) for row in rows]


def size(connection: sqlite3.Connection, email_id: int) -> int:
    """The size in bytes of an email as it came first."""
    (found,) = connection.execute("SELECT size FROM emails WHERE id = ?", (email_id,)).fetchone()
    return int(found)


def by_fingerprint(connection: sqlite3.Connection, fingerprint: str) -> int | None:
    """The email with this fingerprint, or None."""
    row = connection.execute("SELECT id FROM emails WHERE fingerprint = ?", (fingerprint,)).fetchone()
    return None if row is None else int(row[0])


def add_recipients(connection: sqlite3.Connection, email_id: int, rows: Rows) -> None:
    """Note the recipients of a message that the email does not have yet (copies can differ in Bcc)."""
    connection.executemany(_ADD_RECIPIENT, [(email_id, *recipient) for recipient in rows.recipients])
    correspondence.note(connection, [(email_id, _addresses(rows))])


class New(NamedTuple):
    """An email that is not logged yet."""

    rows: Rows
    raw_message_id: int
    size: int
    """Octets of the message as it came."""
    standing: str


def add_all(connection: sqlite3.Connection, news: Sequence[New]) -> int:
    """Log new emails and give the number of the first; the others follow it. Nobody else may write meanwhile.

    Emails that share a Message-ID, with each other or with one that is there, are all marked.
    """
    msgids = [new.rows.msgid for new in news if new.rows.msgid]
    there = known_msgids(connection, msgids)
    shared = there | {msgid for msgid, count in Counter(msgids).items() if count > 1}
    for msgid in there:
        for twin in _with_msgid(connection, msgid):
            _mark(connection, twin, COLLISION)
    first, moment = database.next_id(connection, "emails"), clock.stamp()
    numbered = list(enumerate(news, first))
    connection.executemany(
        _ADD,
        [
            (number, *new.rows[:13], _defects(new.rows, shared), new.raw_message_id, new.standing, moment, new.size)
            for number, new in numbered
        ],
    )
    connection.executemany(
        _ADD_RECIPIENT, [(number, *recipient) for number, new in numbered for recipient in new.rows.recipients]
    )
    correspondence.note(connection, ((number, _addresses(new.rows)) for number, new in numbered))
    connection.executemany(
        _ADD_REFERENCE,
        [(number, n, msgid) for number, new in numbered for n, msgid in enumerate(new.rows.references)],
    )
    connection.executemany(
        _ADD_ATTACHMENT, [(number, *attachment) for number, new in numbered for attachment in new.rows.attachments]
    )
    return first


def _addresses(rows: Rows) -> list[str]:
    return [rows.from_address, *(address for _, _, address in rows.recipients)]


def _defects(rows: Rows, shared: set[str]) -> str:
    defects = [*rows.defects, COLLISION] if rows.msgid in shared else rows.defects
    return json.dumps(defects) if defects else "[]"


def known_fingerprints(connection: sqlite3.Connection, fingerprints: Sequence[str]) -> set[str]:
    """Those of the fingerprints that emails have."""
    return database.among(connection, "SELECT fingerprint FROM emails WHERE fingerprint", fingerprints)


def known_msgids(connection: sqlite3.Connection, msgids: Sequence[str]) -> set[str]:
    """Those of the Message-IDs that emails have."""
    return database.among(connection, "SELECT msgid FROM emails WHERE msgid", msgids)


def _with_msgid(connection: sqlite3.Connection, msgid: str) -> list[int]:
    return [row[0] for row in connection.execute("SELECT id FROM emails WHERE msgid = ?", (msgid,))]


def _mark(connection: sqlite3.Connection, email_id: int, defect: str) -> None:
    (known,) = connection.execute("SELECT defects FROM emails WHERE id = ?", (email_id,)).fetchone()
    defects = json.loads(known)
    if defect not in defects:
        connection.execute("UPDATE emails SET defects = ? WHERE id = ?", (json.dumps([*defects, defect]), email_id))


def _people(message: Message) -> str:
    """Everybody named in the headers but the first in From, who has columns of their own, for the search index."""
    fields = (message.from_[1:], message.to, message.cc, message.bcc, message.reply_to)
    words = (f"{mailbox.name} {mailbox.address}".strip() for field in fields for mailbox in field)
    return "\n".join(dict.fromkeys(words))


def _forwards(forwards: Sequence[Forward]) -> str:
    """As JSON. The note of who forwards is the same for all of them and kept once: a thousand copies fill disks."""
    if not forwards:
        return "[]"
    first, *others = forwards
    noted = [first, *(other._replace(comment=None) if other.comment == first.comment else other for other in others)]
    return json.dumps([_forward(forward) for forward in noted], ensure_ascii=False)


def _forward(forward: Forward) -> dict[str, object]:
    return {
        "kind": forward.kind,
        "from": None if forward.sender is None else _mailbox(forward.sender),
        "subject": forward.subject,
        "date": None if forward.date is None else forward.date.isoformat(),
        "date_raw": forward.date_raw,
        "to": [_mailbox(mailbox) for mailbox in forward.to],
        "cc": [_mailbox(mailbox) for mailbox in forward.cc],
        "comment": forward.comment,
        "msgid": forward.msgid,
        "by": None if forward.by is None else _mailbox(forward.by),
    }


def _mailbox(mailbox: Mailbox) -> dict[str, str]:
    return {"name": mailbox.name, "address": mailbox.address}


def _moment(message: Message) -> tuple[str | None, str | None]:
    """When a message was sent, and what says so: Date, else the oldest of its Received fields up to now."""
    sent_at = _utc(message.date)
    if sent_at is not None:
        return sent_at, "date"
    now = clock.stamp()
    found = [stamp for moment in message.received if (stamp := _utc(moment)) is not None and stamp <= now]
    return (found[0], "received") if found else (None, None)


def _utc(moment: datetime | None) -> str | None:
    try:
        return None if moment is None else clock.stamp(moment)
    except OverflowError:  # the first or last day of the calendar, pushed over its edge by the zone
        return None
