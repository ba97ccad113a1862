"""What lies beside the originals of a handover: the index as a table, a page and JSON, the journal, a privilege log."""

from __future__ import annotations

import csv
import html
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from casefleet_cli.core.spreadsheets import harmless_cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from casefleet_cli.core.moments.days import Days

_INDEX = (
    "number", "date", "from", "to", "cc", "bcc", "subject", "msgid", "attachments", "size", "sha256", "file", "labels",
    "format",
)  # fmt: skip
_PRIVILEGE = ("number", "date", "type", "author", "recipients", "copies", "subject", "basis", "description")
_JOURNAL = ("id", "at", "verb", "user", "about_user", "case_number", "lead", "contact", "email_id", "detail")
REDACTIONS = ("number", "sha256_original", "sha256_copy", "still_in", "not_looked_into")
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


def row(email: dict[str, Any], digest: str, size: int) -> dict[str, Any]:
    """The line of an email (as mailbook.one gives it) in the index; SHA-256 and size are of the copy handed over."""
    sender = [{"name": email["from_name"], "address": email["from_address"]}]
    return {
        "number": email["id"],
        "date": email["sent_at"] or "",
        "from": _people(sender),
        **{field: _people(email[field]) for field in ("to", "cc", "bcc")},
        "subject": email["subject"] or "",
        "msgid": email["msgid"] or "",
        "attachments": email["attachments"],
        "labels": list(dict.fromkeys(label for delivery in email["deliveries"] for label in delivery["labels"])),
        "format": ", ".join(dict.fromkeys(one["format"] for one in email["deliveries"] if one["format"])),
        "size": size,
        "sha256": digest,
        "file": f"messages/{email['id']:06d}.eml",
    }


def as_json(rows: Sequence[dict[str, Any]]) -> bytes:
    """The index for programs."""
    return (json.dumps(rows, ensure_ascii=False, indent=1) + "\n").encode()


def as_csv(rows: Iterable[dict[str, Any]]) -> bytes:
    """The index for spreadsheets."""
    return _csv(
        _INDEX,
        ({**row, "attachments": "\n".join(row["attachments"]), "labels": "\n".join(row["labels"])} for row in rows),
    )


def as_page(title: str, rows: Sequence[dict[str, Any]], days: Days) -> bytes:
    """The index for readers, its times on the firm's clock."""
    lines = [
        f'<tr><td><a href="{row["file"]}">{row["number"]}</a><td>{_told(row["date"], days)}'
        f"<td>{html.escape(row['from'])}<td>{html.escape(row['to'])}<td>{html.escape(row['subject'])}<td>{_links(row['attachments'])}</tr>"
        for row in rows
    ]
    count = f"{len(rows)} e-mail{'s' * (len(rows) != 1)}"
    return _PAGE.format(title=html.escape(title), count=count, rows="\n".join(lines)).encode()


def _told(stamp: str, days: Days) -> str:
    """A moment on the firm's clock, with its distance from UTC: readers elsewhere have other days."""
    if not stamp:
        return "no date"
    return f"{days.minute(stamp)} UTC{days.local(stamp).isoformat()[19:]}"


def journal(activities: Sequence[dict[str, Any]]) -> bytes:
    """What happened to a case or lead (as feed.of gives it, oldest first), as a table."""
    return _csv(_JOURNAL, activities)


def privilege_log(rows: Iterable[dict[str, Any]]) -> bytes:
    """A privilege log of the index, to be filled in."""
    return _csv(_PRIVILEGE, map(_privileged, rows))


def redactions(rows: Iterable[dict[str, Any]]) -> bytes:
    """The copies that were changed or may still hold a BCC address, by the names of REDACTIONS."""
    return _csv(REDACTIONS, rows)


def _privileged(row: dict[str, Any]) -> dict[str, Any]:
    count = len(row["attachments"])
    more = f" with {count} attachment{'s' * (count > 1)}" if count else ""
    return {**row, "type": f"E-mail{more}", "author": row["from"], "recipients": row["to"],
            "copies": "; ".join(filter(None, (row["cc"], row["bcc"]))), "basis": "", "description": ""}  # fmt: skip


def _people(people: Sequence[dict[str, str]]) -> str:
    return "; ".join(f"{one['name']} <{one['address']}>" if one["name"] else one["address"] for one in people)


def _csv(columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> bytes:
    """A table as spreadsheets read it (RFC 4180), with no cell that they would calculate."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([harmless_cell(row[column]) for column in columns] for row in rows)
    return text.getvalue().encode()


def _links(names: Sequence[str]) -> str:
    from urllib.parse import quote  # noqa: PLC0415

    return "<br>".join(f'<a href="{quote(name)}">{html.escape(Path(name).name)}</a>' for name in names)
