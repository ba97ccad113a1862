"""Handing a case or lead over to a court or a client: originals, attachments, an index and the journal.

The same database gives the same bytes: everything is in the order of the e-mails' numbers, and no time of the export is
in it. Nothing is written to the database.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import html
import io
import json
import re
import zipfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple, Protocol, cast

from casefleet_cli.core.filenames import safe_name
from casefleet_cli.core.mail import message as messages
from casefleet_cli.core.secrets import copies
from casefleet_cli.custody import containers
from casefleet_cli.errors import CannotCreateError
from casefleet_cli.store import emails, feed, mailbook, users

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

_INDEX = ("number", "date", "from", "to", "cc", "bcc", "subject", "msgid", "attachments", "size", "sha256", "file")
_PRIVILEGE = ("number", "date", "type", "author", "recipients", "copies", "subject", "basis", "description")
_JOURNAL = ("id", "at", "verb", "user", "about_user", "case_number", "lead", "contact", "email_id", "detail")
_REDACTIONS = ("number", "sha256_original", "sha256_copy", "still_in", "not_looked_into")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet calculate a cell."""
_QUOTED = re.compile(rb"^(>*From )", re.MULTILINE)
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The first moment that a zip can name."""
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>body {{ font: 16px/1.4 system-ui, sans-serif; margin: 2rem; }} table {{ border-collapse: collapse; }}
th, td {{ text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #bbb; }}</style>
</head><body><h1>{title}</h1><p>{count}</p>
<table><thead><tr><th>Number<th>Date<th>From<th>To<th>Subject<th>Attachments</tr></thead>
<tbody>
{rows}
</tbody></table></body></html>
"""


class Handover(NamedTuple):
    """What was written."""

    emails: int
    attachments: int
    not_redacted: tuple[str, ...] = ()
    """The emails whose copies hold a BCC address still, or could not be looked into everywhere: which, and where."""


class _Sink(Protocol):
    def open(self, name: str) -> contextlib.AbstractContextManager[IO[bytes]]:
        """A new file below the target, to be written and closed before the next one."""


class _Folder:
    def __init__(self, to: Path) -> None:
        self._to = to

    @contextlib.contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        path = self._to / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with path.open("xb") as file:
            yield file


class _Zip:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    @contextlib.contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        info = zipfile.ZipInfo(name, _EPOCH)
        info.external_attr = 0o600 << 16
        info.compress_type = zipfile.ZIP_DEFLATED
        with self._archive.open(info, "w", force_zip64=True) as file:
            yield file


class _Hashed:
    """Writes files and remembers the SHA-256 of each."""

    def __init__(self, sink: _Sink) -> None:
        self._sink = sink
        self.sums: list[tuple[str, str]] = []

    def write(self, name: str, content: bytes) -> None:
        self.write_all(name, iter([content]))

    def write_all(self, name: str, pieces: Iterator[bytes]) -> None:
        digest = hashlib.sha256()
        with self._sink.open(name) as file:
            for piece in pieces:
                digest.update(piece)
                file.write(piece)
        self.sums.append((digest.hexdigest(), name))


class Redaction:
    """Takes the BCC addresses of users, past and present, out of copies."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._secrets = users.secrets(connection)
        self._unchanged: set[int] = set()
        self.done: dict[int, dict[str, Any]] = {}
        """Of each copy that was changed or may still hold an address: what the list of redactions says."""

    def copy(self, email_id: int, raw: bytes) -> bytes:
        """The bytes without any BCC address that could be taken out of them."""
        if email_id in self._unchanged:
            return raw
        copy, held, unread = copies.redact(raw, self._secrets, lambda found: containers.look_into(found, self._secrets))
        if copy == raw:
            self._unchanged.add(email_id)
        if copy != raw or held or unread:
            sums = (hashlib.sha256(content).hexdigest() for content in (raw, copy))
            told = (email_id, *sums, "\n".join(held), "\n".join(unread))
            self.done[email_id] = dict(zip(_REDACTIONS, told, strict=True))
        return copy

    @property
    def left(self) -> tuple[str, ...]:
        """The emails whose copies hold an address, or may: which, and where."""
        return tuple(
            f"e-mail {row['number']}: {what} {', '.join(row[column].splitlines())}"
            for row in self.done.values()
            for column, what in (("still_in", "still in"), ("not_looked_into", "not looked into:"))
            if row[column]
        )

    def words(self, content: bytes) -> bytes:
        """An index or a journal without any BCC address."""
        return self._secrets.hide_octets(content)


def hand_over(
    connection: sqlite3.Connection,
    to: Path,
    kind: str,
    number: int,
    title: str,
    *,
    email_ids: Sequence[int],
    privilege_log: bool = False,
    redact: bool = False,
) -> Handover:
    """Write these emails with all that belongs to them, and the journal of a "case" or "lead", to a folder or .zip.

    Raises CannotCreateError when the target is there already or cannot be made.
    """
    try:
        if to.suffix.lower() == ".zip":
            with to.open("xb") as file, zipfile.ZipFile(file, "w") as archive:
                to.chmod(0o600)
                return _write(connection, _Hashed(_Zip(archive)), kind, number, title, email_ids, privilege_log, redact)
        to.mkdir(mode=0o700)
        return _write(connection, _Hashed(_Folder(to)), kind, number, title, email_ids, privilege_log, redact)
    except FileExistsError:
        raise CannotCreateError(f"{to} is there already; name a folder or .zip that is not.") from None
    except OSError as error:
        raise CannotCreateError(f"{to} cannot be written: {error.strerror or error}.") from None


def _write(
    connection: sqlite3.Connection,
    out: _Hashed,
    kind: str,
    number: int,
    title: str,
    email_ids: Sequence[int],
    privilege_log: bool,
    redact: bool,
) -> Handover:
    redaction = Redaction(connection) if redact else None
    words = redaction.words if redaction else bytes

    def copy(email_id: int) -> bytes:
        raw = emails.raw_of(connection, email_id)
        return redaction.copy(email_id, raw) if redaction else raw

    index = []
    attachments = 0
    for email_id in email_ids:
        raw = copy(email_id)
        row = _row(mailbook.one(connection, email_id), hashlib.sha256(raw).hexdigest(), len(raw))
        out.write(row["file"], raw)
        names = _attachments(out, email_id, row["attachments"], raw)
        attachments += len(names)
        index.append({**row, "attachments": names})
    out.write_all("messages.mbox", (_in_mbox(copy(row["number"]), row["date"]) for row in index))
    out.write("index.json", words((json.dumps(index, ensure_ascii=False, indent=1) + "\n").encode()))
    out.write(
        "index.csv", words(_csv(_INDEX, ({**row, "attachments": "\n".join(row["attachments"])} for row in index)))
    )
    out.write("index.html", words(_page(title, index)))
    journal = feed.of(connection, kind, number)[::-1]
    out.write("journal.csv", words(_csv(_JOURNAL, journal)))
    if privilege_log:
        out.write("privilege-log.csv", words(_csv(_PRIVILEGE, map(_privileged, index))))
    if redaction:
        out.write("redactions.csv", _csv(_REDACTIONS, list(redaction.done.values())))
    sums = "".join(f"{digest}  {name}\n" for digest, name in sorted(out.sums, key=lambda item: item[1]))
    out.write("SHA256SUMS", sums.encode())
    return Handover(len(index), attachments, redaction.left if redaction else ())


def _row(email: dict[str, Any], digest: str, size: int) -> dict[str, Any]:
    sender = [{"name": email["from_name"], "address": email["from_address"]}]
    return {
        "number": email["id"],
        "date": email["sent_at"] or email["logged_at"],
        "from": _people(sender),
        **{field: _people(email[field]) for field in ("to", "cc", "bcc")},
        "subject": email["subject"] or "",
        "msgid": email["msgid"] or "",
        "attachments": email["attachments"],
        "size": size,
        "sha256": digest,
        "file": f"messages/{email['id']:06d}.eml",
    }


def _people(people: Sequence[dict[str, str]]) -> str:
    return "; ".join(f"{one['name']} <{one['address']}>" if one["name"] else one["address"] for one in people)


def _attachments(out: _Hashed, email_id: int, attachments: Sequence[dict[str, Any]], raw: bytes) -> list[str]:
    """Write the attachments of an email and give the names of their files."""
    names = []
    for place, attachment in enumerate(attachments, 1):
        found = messages.part_bytes(raw, attachment["part"])
        name = safe_name(attachment["filename"], attachment["content_type"])
        path = f"attachments/{email_id:06d}/{place:02d}-{name}"
        out.write(path, found[1] if found else b"")
        names.append(path)
    return names


def _in_mbox(raw: bytes, date: str) -> bytes:
    """A message as an mboxrd keeps it: every line of `>`s and `From ` quoted once more."""
    from datetime import datetime  # noqa: PLC0415

    line = f"From casefleet {datetime.fromisoformat(date).ctime()}\n".encode()
    return line + _QUOTED.sub(rb">\1", raw) + (b"\n" if raw.endswith(b"\n") else b"\n\n")


def _privileged(row: dict[str, Any]) -> dict[str, Any]:
    count = len(row["attachments"])
    more = f" with {count} attachment{'s' * (count > 1)}" if count else ""
    return {**row, "type": f"E-mail{more}", "author": row["from"], "recipients": row["to"],
            "copies": "; ".join(filter(None, (row["cc"], row["bcc"]))), "basis": "", "description": ""}  # fmt: skip


def _csv(columns: Sequence[str], rows: Iterator[dict[str, Any]] | Sequence[dict[str, Any]]) -> bytes:
    """A table as spreadsheets read it (RFC 4180), with no cell that they would calculate."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_cell(row[column]) for column in columns] for row in rows)
    return text.getvalue().encode()


def _cell(value: object) -> object:
    if value is None:
        return ""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _page(title: str, index: Sequence[dict[str, Any]]) -> bytes:
    rows = [
        f'<tr><td><a href="{row["file"]}">{row["number"]}</a><td>{row["date"][:10]}<td>{html.escape(row["from"])}'
        f"<td>{html.escape(row['to'])}<td>{html.escape(row['subject'])}<td>{_links(row['attachments'])}</tr>"
        for row in index
    ]
    count = f"{len(index)} e-mail{'s' * (len(index) != 1)}"
    return _PAGE.format(title=html.escape(title), count=count, rows="\n".join(rows)).encode()


def _links(names: Sequence[str]) -> str:
    from urllib.parse import quote  # noqa: PLC0415

    return "<br>".join(f'<a href="{quote(name)}">{html.escape(Path(name).name)}</a>' for name in names)


def of_place(connection: sqlite3.Connection, kind: str, number: int) -> list[int]:
    """The numbers of the emails on a case (with those on the leads it came from) or on a lead, in order."""
    if kind == "lead":
        query = "SELECT email_id FROM email_leads WHERE lead_id = ? ORDER BY 1"
    else:
        query = """SELECT email_id FROM email_cases WHERE case_id = ?1 UNION SELECT l.email_id FROM leads AS d
JOIN email_leads AS l ON l.lead_id = d.id WHERE d.case_id = ?1 ORDER BY 1"""
    return [row[0] for row in cast("list[tuple[int]]", connection.execute(query, (number,)).fetchall())]
