"""Handing a case or lead over to a court or a client: originals, attachments, an index and the journal.

The same database gives the same bytes: everything is in the order of the e-mails' numbers, and no time of the export is
in it. Nothing is written to the database.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import shutil
import sys
import tempfile
import zipfile
from datetime import UTC
from typing import IO, TYPE_CHECKING, Any, NamedTuple, Protocol

from casefleet_cli import files
from casefleet_cli.access import THIS_COMPUTER
from casefleet_cli.core.filenames import safe_name
from casefleet_cli.core.mail import message as messages
from casefleet_cli.core.secrets import copies
from casefleet_cli.custody import containers, index
from casefleet_cli.store import emails, feed, mailbook, settings, users

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from casefleet_cli.access import Viewer
    from casefleet_cli.core.moments.days import Days
    from casefleet_cli.core.secrets.spelling import Secrets

_NO_DATE = "1970-01-01T00:00:00Z"
_QUOTED = re.compile(rb"^(>*From )", re.MULTILINE)
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The first moment that a zip can name."""
_OTHERWISE = "name a folder or .zip that is not"


class Handover(NamedTuple):
    """What was written."""

    emails: int
    attachments: int
    not_redacted: tuple[str, ...] = ()
    """The emails whose copies hold a BCC address still, or could not be looked into everywhere: which, and where."""
    withheld: tuple[str, ...] = ()
    """The emails that are not among them, since they hold one that is not for whom they are written."""


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

    def __init__(self, connection: sqlite3.Connection, viewer: Viewer) -> None:
        self._secrets = users.secrets(connection)
        self._not_for_viewer = None if viewer.is_admin else users.secrets(connection, but=viewer.user_id)
        self._unchanged: set[int] = set()
        self.withheld: dict[int, str] = {}
        """The emails that the viewer may not have, by number: which, and where the address is."""
        self.done: dict[int, dict[str, Any]] = {}
        """Of each copy that was changed or may still hold an address: what the list of redactions says."""

    def copy(self, email_id: int, raw: bytes) -> bytes | None:
        """The bytes without BCC addresses that could be taken out; None where one is left that is not the viewer's."""
        if email_id in self._unchanged:
            return raw
        copy, held, unread = _redacted(raw, self._secrets)
        if held and self._not_for_viewer and _redacted(copy, self._not_for_viewer).held:
            self.withheld[email_id] = f"e-mail {email_id}: in {', '.join(held)}"
            return None
        if copy == raw:
            self._unchanged.add(email_id)
        if copy != raw or held or unread:
            sums = (hashlib.sha256(content).hexdigest() for content in (raw, copy))
            told = (email_id, *sums, "\n".join(held), "\n".join(unread))
            self.done[email_id] = dict(zip(index.REDACTIONS, told, strict=True))
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


def _redacted(raw: bytes, secrets: Secrets) -> copies.Copy:
    return copies.redact(raw, secrets, lambda found: containers.look_into(found, secrets))


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
    viewer: Viewer = THIS_COMPUTER,
) -> Handover:
    """Write these emails with all that belongs to them, and what the viewer sees of the journal, to a folder or .zip.

    `kind` and `number`: the "case" or "lead" whose journal it is. "-" is a .zip on standard output. It is there all at
    once, or not at all. For all but admins BCC addresses are masked, and an email in which one of somebody else cannot
    be masked is left out. Raises CannotCreateError when the target is there already or cannot be made, TryAgainError on
    a full disk.
    """
    if str(to) == "-":
        with tempfile.TemporaryFile() as whole:
            with zipfile.ZipFile(whole, "w") as archive:
                out = _Hashed(_Zip(archive))
                done = _write(connection, out, kind, number, title, email_ids, privilege_log, redact, viewer)
            whole.seek(0)
            shutil.copyfileobj(whole, sys.stdout.buffer)
        return done
    if to.suffix.lower() == ".zip":
        with files.new_file(to, otherwise=_OTHERWISE) as draft, zipfile.ZipFile(draft, "x") as archive:
            return _write(
                connection, _Hashed(_Zip(archive)), kind, number, title, email_ids, privilege_log, redact, viewer
            )
    with files.new_folder(to, otherwise=_OTHERWISE) as draft:
        return _write(
            connection, _Hashed(_Folder(draft)), kind, number, title, email_ids, privilege_log, redact, viewer
        )


def _write(
    connection: sqlite3.Connection,
    out: _Hashed,
    kind: str,
    number: int,
    title: str,
    email_ids: Sequence[int],
    privilege_log: bool,
    redact: bool,
    viewer: Viewer,
) -> Handover:
    redaction = Redaction(connection, viewer) if redact or not viewer.is_admin else None
    words = redaction.words if redaction else bytes

    def copy(email_id: int) -> bytes | None:
        raw = emails.raw_of(connection, email_id)
        return redaction.copy(email_id, raw) if redaction else raw

    rows = []
    attachments = 0
    for email_id in email_ids:
        raw = copy(email_id)
        if raw is None:
            continue
        row = index.row(mailbook.one(connection, email_id), hashlib.sha256(raw).hexdigest(), len(raw))
        out.write(row["file"], raw)
        names = _attachments(out, email_id, row["attachments"], raw)
        attachments += len(names)
        rows.append({**row, "attachments": names})
    days = settings.days(connection)
    in_utc = days._replace(zone=UTC)
    # Fetched once more: a zip takes one file at a time, and the mbox would need as much room again.
    out.write_all("messages.mbox", (_in_mbox(copy(row["number"]) or b"", row["date"], in_utc) for row in rows))
    out.write("index.json", words(index.as_json(rows)))
    out.write("index.csv", words(index.as_csv(rows)))
    out.write("index.html", words(index.as_page(title, rows, days)))
    # What was there by mistake is nobody's to know who gets this case.
    happened = [row for row in feed.of(connection, kind, number, sight=viewer.sight)[::-1] if not row["is_taken_off"]]
    out.write("journal.csv", words(index.journal(happened)))
    if privilege_log:
        out.write("privilege-log.csv", words(index.privilege_log(rows)))
    if redaction:
        out.write("redactions.csv", index.redactions(redaction.done.values()))
    sums = "".join(f"{digest}  {name}\n" for digest, name in sorted(out.sums, key=lambda item: item[1]))
    out.write("SHA256SUMS", sums.encode())
    if redaction is None:
        return Handover(len(rows), attachments)
    return Handover(len(rows), attachments, redaction.left, tuple(redaction.withheld.values()))


def _attachments(out: _Hashed, email_id: int, attachments: Sequence[dict[str, Any]], raw: bytes) -> list[str]:
    """Write the attachments of an email and give the names of their files."""
    names = []
    parts = messages.parts(raw) if attachments else {}
    for place, attachment in enumerate(attachments, 1):
        found = parts.get(attachment["part"])
        name = safe_name(attachment["filename"], attachment["content_type"])
        path = f"attachments/{email_id:06d}/{place:02d}-{name}"
        out.write(path, found.content()[0] if found else b"")
        names.append(path)
    return names


def _in_mbox(raw: bytes, date: str, in_utc: Days) -> bytes:
    """A message as an mboxrd keeps it: every line of `>`s and `From ` quoted once more, its date in UTC (RFC 4155).

    A mail that nothing dates has the first moment of Unix there, which no reader takes for its own.
    """
    line = f"From casefleet {in_utc.local(date or _NO_DATE).ctime()}\n".encode()
    return line + _QUOTED.sub(rb">\1", raw) + (b"\n" if raw.endswith(b"\n") else b"\n\n")
