"""The pages for programs: what a page shows as JSON (RFC 8259), CSV (RFC 4180) or Atom, with names that stay.

`/cases.json`, `/cases/1.csv`; the activity of the home page is `/feed.json` and so on. What is in them is what the page
itself shows the same viewer: it is made of the same values. How a feed is made of them is in `atom`.
"""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from casefleet_cli.core.spreadsheets import harmless_cell
from casefleet_cli.web import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from casefleet_cli.web.asking import Page
    from casefleet_cli.web.paging import Slice

TYPES = {
    "json": "application/json; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "atom": "application/atom+xml; charset=utf-8",
}
_NAMES = {"json": "JSON", "csv": "CSV", "atom": "Atom"}
_FEED = "/feed"
"""The address of the home page's list, which has no name of its own to put a suffix to."""


class Form(NamedTuple):
    """How a page is told to programs."""

    rows: str
    """The value of the page that is its list; "" where it has none."""
    columns: tuple[str, ...]
    """Of the list; of the thing itself where there is no list."""
    about: str = ""
    """The value that is the thing itself."""
    more: tuple[str, ...] = ()
    """Other values that belong to it, in JSON."""
    news: str = ""
    """The value that is what happened with it, where it has no list: activities."""

    is_news: bool = True
    """Whether its list grows by what happens: only then it has a feed."""

    @property
    def columns_of_news(self) -> tuple[str, ...]:
        """Those of what a feed of it lists; none where there is nothing to list."""
        if not self.is_news:
            return ()
        return self.columns if self.rows else _ACTIVITY if self.news else ()


_ACTIVITY = ("id", "at", "verb", "user", "about_user", "email_id", "subject", "from_name", "from_address", "sent_at",
             "places", "contact", "detail", "attachments", "suspicious")  # fmt: skip
_MAIL = ("id", "date", "logged_at", "from_name", "from_address", "people", "subject", "standing", "places",
         "attachments", "suspicious")  # fmt: skip
_CORRESPONDENCE = ("id", "date", "logged_at", "direction", *_MAIL[3:])
_FILES = ("id", "date", "logged_at", "from_name", "from_address", "subject", "files", "attachments", "suspicious")
_SEER = ("id", "name", "role", "why")
FORMS = {
    "home": Form("feed", _ACTIVITY),
    "all_cases": Form("list", ("id", "number", "title", "status", "opened_at", "closed_at", "restricted", "emails",
                               "latest")),
    "all_leads": Form("list", ("id", "name", "status", "stage", "source", "opened_at", "ended_at", "emails", "latest")),
    "all_contacts": Form("list", ("id", "name", "kind", "addresses", "latest")),
    "case": Form("list", _CORRESPONDENCE, "case"),
    "case_journal": Form("feed", _ACTIVITY, "case"),
    "case_files": Form("list", _FILES, "case"),
    "case_viewers": Form("rows", _SEER, is_news=False),
    "lead": Form("list", _CORRESPONDENCE, "lead"),
    "lead_journal": Form("feed", _ACTIVITY, "lead"),
    "lead_files": Form("list", _FILES, "lead"),
    "contact": Form("list", _CORRESPONDENCE, "contact"),
    "email": Form("", ("id", "sent_at", "logged_at", "from_name", "from_address", "to", "cc", "bcc", "subject",
                       "standing", "size", "msgid", "text"), "email",
                  ("places", "contacts", "thread", "why", "suspicions"), "history"),
    "email_people": Form("rows", ("id", "kind", "name", "address")),
    "email_files": Form("rows", ("id", "filename", "content_type", "size", "is_inline")),
    "email_viewers": Form("rows", _SEER, is_news=False),
    "journal": Form("feed", _ACTIVITY),
    "unassigned": Form("list", (*_MAIL, "suggestion", "suggestions")),
    "profile": Form("", ("name", "role", "addresses"), "user"),
    "held": Form("list", _MAIL),
    "found": Form("list", (*_MAIL, "snippet")),
    "told": Form("list", ("id", "kind", "created_at", "read_at", "user", "email_id", "subject", "from_name",
                          "from_address", "detail", "suspicious")),
}  # fmt: skip
"""By the function that makes the page."""


def split(address: str) -> tuple[str, str]:
    """The address of a page, and the format that is asked for, one of TYPES, or "" for the page itself."""
    base, dot, kind = address.rpartition(".")
    if dot and kind in TYPES and base != "/":
        return ("/" if base == _FEED else base), kind
    return address, ""


def has(name: str, kind: str) -> bool:
    """Whether a page, by the name of the function that makes it, is there in a format."""
    form = FORMS.get(name)
    return form is not None and (kind != "atom" or bool(form.columns_of_news))


def address_as(address: str, kind: str) -> str:
    """Where a page is in a format."""
    return f"{_FEED if address == '/' else address}.{kind}"


def links(name: str, address: str, query: str) -> dict[str, tuple[str, str]]:
    """Where the same page is in each of its formats, and of what type: by the name of the format."""
    end = f"?{query}" if query else ""
    return {
        _NAMES[kind]: (f"{address_as(address, kind)}{end}", of_type.partition(";")[0])
        for kind, of_type in TYPES.items()
        if has(name, kind)
    }


def told(name: str, page: Page, kind: str, address: str) -> bytes:
    """A page in a format, by the name of the function that made it; `address` is that of the page."""
    form = FORMS[name]
    values = page.values
    rows, following = _listed(form, values)
    if "snippet" in form.columns:
        rows = [{**row, "snippet": words.unmarked(row["snippet"])} for row in rows]
    if kind == "csv":
        return _csv(form.columns, rows if form.rows else [values[form.about]])
    whole: dict[str, Any] = {}
    if form.about:
        whole[form.about] = {key: _plain(value) for key, value in values[form.about].items()}
    whole |= {key: _plain(values[key]) for key in form.more}
    if form.rows:
        whole["rows"] = [{column: _plain(row.get(column)) for column in form.columns} for row in rows]
        whole["next"] = _next(name, address, values, following)
    return json.dumps(whole, ensure_ascii=False, indent=1).encode("utf-8", "replace") + b"\n"


def _listed(form: Form, values: Mapping[str, Any]) -> tuple[list[dict[str, Any]], int | str | None]:
    if not form.rows:
        return [], None
    found: Slice | list[dict[str, Any]] = values[form.rows]
    return (found, values["following"]) if isinstance(found, list) else (found.rows, found.next)


def _next(name: str, address: str, values: Mapping[str, Any], following: int | str | None) -> str | None:
    """The address of the rest of the list, in the same format."""
    if following is None:
        return None
    from urllib.parse import urlencode  # noqa: PLC0415 - few lists go on

    asked = {"after" if name in ("email_people", "email_files") else "before": str(following)}
    if name == "found":
        asked["q"] = str(values["query"])
    if name == "told" and values["read_too"]:
        asked["all"] = "1"
    if name == "told" and values["kind"]:
        asked["kind"] = str(values["kind"])
    if values.get("mine"):
        asked["mine"] = "1"
    return f"{address_as(address, 'json')}?{urlencode(asked)}"


def _plain(value: Any) -> Any:
    """A value of a page as JSON has it: tuples with names are objects."""
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if hasattr(value, "_asdict"):
        return _plain(value._asdict())
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(inner) for inner in value]
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def _csv(columns: tuple[str, ...], rows: Iterable[Mapping[str, Any]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([harmless_cell(_cell(row.get(column))) for column in columns] for row in rows)
    return text.getvalue().encode("utf-8", "replace")


def _cell(value: Any) -> Any:
    """A value in one cell: of several things their names or addresses."""
    value = _plain(value)
    if isinstance(value, dict):
        return (
            value.get("name")
            or value.get("address")
            or value.get("summary")
            or value.get("filename")
            or value.get("subject")
            or ""
        )
    if isinstance(value, list):
        return ", ".join(str(_cell(inner)) for inner in value)
    return value
