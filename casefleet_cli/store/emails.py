"""Emails and the bytes they were made from."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from casefleet_cli import clock

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime

    from casefleet_cli.core.model import Forward, Mailbox, Message

COLLISION = "msgid-collision"


def keep_raw(connection: sqlite3.Connection, raw: bytes) -> int:
    """Keep the exact bytes, once each, and give their number."""
    digest = hashlib.sha256(raw).hexdigest()
    row = connection.execute("SELECT id FROM raw_messages WHERE sha256 = ?", (digest,)).fetchone()
    if row:
        return int(row[0])
    cursor = connection.execute(
        "INSERT INTO raw_messages (sha256, size, content) VALUES (?, ?, ?)", (digest, len(raw), raw)
    )
    return int(cursor.lastrowid or 0)


def raw_of(connection: sqlite3.Connection, email_id: int) -> bytes:
    """The bytes of an email as they came first."""
    row = connection.execute(
        "SELECT r.content FROM emails AS e JOIN raw_messages AS r ON r.id = e.raw_message_id WHERE e.id = ?",
        (email_id,),
    ).fetchone()
    return bytes(row[0])


def standing(connection: sqlite3.Connection, email_id: int) -> str:
    """Where an email stands: "linked", "unassigned", "held" or "rejected"."""
    (found,) = connection.execute("SELECT standing FROM emails WHERE id = ?", (email_id,)).fetchone()
    return str(found)


def by_fingerprint(connection: sqlite3.Connection, fingerprint: str) -> int | None:
    """The email with this fingerprint, or None."""
    row = connection.execute("SELECT id FROM emails WHERE fingerprint = ?", (fingerprint,)).fetchone()
    return None if row is None else int(row[0])


def add(connection: sqlite3.Connection, message: Message, raw_message_id: int, size: int) -> int:
    """Log a message as a new email, with its recipients, references and attachments, and give its number."""
    sender = message.from_[0] if message.from_ else None
    defects = list(message.defects)
    twins = [] if message.msgid is None else _with_msgid(connection, message.msgid)
    if twins:
        defects.append(COLLISION)
    cursor = connection.execute(
        "INSERT INTO emails (fingerprint, raw_message_id, standing, msgid, subject, from_name, from_address, sent_at,"
        " logged_at, text, people, filenames, has_html, forwards, defects, size)"
        " VALUES (?, ?, 'unassigned', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            message.fingerprint,
            raw_message_id,
            message.msgid,
            message.subject,
            sender.name if sender else "",
            sender.address if sender else "",
            _utc(message.date),
            clock.stamp(),
            message.text,
            _people(message),
            "\n".join(attachment.filename for attachment in message.attachments if attachment.filename),
            int(message.has_html),
            json.dumps([_forward(forward) for forward in message.forwards], ensure_ascii=False),
            json.dumps(defects),
            size,
        ),
    )
    email_id = int(cursor.lastrowid or 0)
    add_recipients(connection, email_id, message)
    connection.executemany(
        "INSERT INTO email_references (email_id, position, msgid) VALUES (?, ?, ?)",
        [(email_id, n, msgid) for n, msgid in enumerate(dict.fromkeys(message.references + message.in_reply_to))],
    )
    connection.executemany(
        "INSERT OR IGNORE INTO attachments (email_id, part, filename, content_type, size, content_id, is_inline)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (email_id, a.part, a.filename, a.content_type, a.size, a.content_id, a.is_inline)
            for a in message.attachments
        ],
    )
    for twin in twins:
        _mark(connection, twin, COLLISION)
    return email_id


def add_recipients(connection: sqlite3.Connection, email_id: int, message: Message) -> None:
    """Note the recipients of a message that the email does not have yet (copies can differ in Bcc)."""
    connection.executemany(
        "INSERT OR IGNORE INTO email_recipients (email_id, kind, name, address) VALUES (?, ?, ?, ?)",
        [
            (email_id, kind, mailbox.name, mailbox.address)
            for kind, people in (("to", message.to), ("cc", message.cc), ("bcc", message.bcc))
            for mailbox in people
        ],
    )


def _with_msgid(connection: sqlite3.Connection, msgid: str) -> list[int]:
    return [row[0] for row in connection.execute("SELECT id FROM emails WHERE msgid = ?", (msgid,))]


def _mark(connection: sqlite3.Connection, email_id: int, defect: str) -> None:
    (known,) = connection.execute("SELECT defects FROM emails WHERE id = ?", (email_id,)).fetchone()
    defects = json.loads(known)
    if defect not in defects:
        connection.execute("UPDATE emails SET defects = ? WHERE id = ?", (json.dumps([*defects, defect]), email_id))


def _people(message: Message) -> str:
    """Everybody named in the headers, for the search index."""
    fields = (message.from_, message.to, message.cc, message.bcc, message.reply_to)
    words = (f"{mailbox.name} {mailbox.address}".strip() for field in fields for mailbox in field)
    return "\n".join(dict.fromkeys(words))


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
    }


def _mailbox(mailbox: Mailbox) -> dict[str, str]:
    return {"name": mailbox.name, "address": mailbox.address}


def _utc(moment: datetime | None) -> str | None:
    try:
        return None if moment is None else clock.stamp(moment)
    except OverflowError:  # the first or last day of the calendar, pushed over its edge by the zone
        return None
