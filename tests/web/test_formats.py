"""The pages as JSON and CSV: what a viewer sees, with names that stay, to the last page."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from casefleet_cli.web import formats, pages, paging, server
from tests.web.conftest import ADA, FOREIGN_MARKER, GUEST, HELD_MARKER, LIM, Browser

LISTS = ("/cases", "/leads", "/contacts", "/unassigned", "/held", "/notifications", "/search?q=hartley", "/cases/1",
         "/leads/1", "/contacts/1", "/", "/emails/1/recipients", "/emails/1/attachments")  # fmt: skip


def address_of(page: str, kind: str) -> str:
    base, mark, query = page.partition("?")
    return f"{'/feed' if base == '/' else base}.{kind}{mark}{query}"


def test_every_page_but_downloads_has_a_form() -> None:
    made_by = {answer.__name__ for _, answer in pages.ROUTES}
    assert made_by - formats.FORMS.keys() == {"email_html", "attachment", "vcard"}


@pytest.mark.parametrize("user", [None, ADA, LIM, GUEST])
def test_a_list_has_what_its_page_shows(firm: Path, user: int | None) -> None:
    browser = Browser(server.build(str(firm), user)).enter()
    seen = 0
    for page in LISTS:
        shown = browser.ask(page)
        answer, table = (browser.ask(address_of(page, kind)) for kind in ("json", "csv"))
        assert answer.status_code == table.status_code == shown.status_code, page
        if shown.status_code == 404:
            continue
        assert answer.headers["content-type"] == "application/json; charset=utf-8"
        assert table.headers["content-type"] == "text/csv; charset=utf-8"
        assert f'href="{address_of(page, "json")}"'.replace("&", "&amp;") in shown.text
        rows = answer.json()["rows"]
        lines = list(csv.DictReader(io.StringIO(table.text, newline="")))
        assert [str(row["id"]) for row in rows] == [line["id"] for line in lines], page
        kind = page.strip("/").partition("?")[0]
        if kind in ("cases", "leads", "contacts"):
            assert {str(row["id"]) for row in rows} == set(re.findall(rf'href="/{kind}/([0-9]+)"', shown.text)), page
        if kind in ("unassigned", "held", "search"):
            assert {str(row["id"]) for row in rows} == set(re.findall(r'href="/emails/([0-9]+)"', shown.text)), page
        seen += len(rows)
        if user in (LIM, GUEST):
            assert FOREIGN_MARKER not in answer.text + table.text, page
        if user is not None:
            assert HELD_MARKER not in answer.text + table.text, page
    assert seen > 5


def test_an_email_for_a_program(firm: Path) -> None:
    browser = Browser(server.build(str(firm))).enter()
    told = browser.ask("/emails/7.json").json()
    assert told["email"]["text"].startswith("an answer about the 50%")
    assert [place["number"] for place in told["places"]] == ["2026-104"]
    assert told["why"][0]["sentences"]
    (line,) = csv.DictReader(io.StringIO(browser.ask("/emails/7.csv").text))
    assert (line["id"], line["subject"], line["to"]) == ("7", "Re: records", "Ada")
    assert browser.ask("/emails/999.json").status_code == 404


@pytest.mark.parametrize("address", ["/cases.xml", "/cases.JSON", "/cases.json/", "/.json", "/feed", "/emails/1/html.json", "/cases.csv.json",
                                     "/emails/1/attachments/11.json", "/login.json", "/feed.rss", "/emails/1/html.atom", "/.atom", "/login.atom", "/profile.atom"])  # fmt: skip
def test_no_other_address_is_there(firm: Path, address: str) -> None:
    assert Browser(server.build(str(firm))).enter().ask(address).status_code == 404


def test_a_long_list_is_followed_to_its_end(firm: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(firm, tmp_path / "casefleet.db"))
    count = 2 * paging.PAGE_SIZE + 5
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany("INSERT INTO cases (number, title, status, opened_at) VALUES (?, ?, 'open', '2026-01-01T00:00:00Z')",
                               [(f"2027-{n:03d}", f"=cmd{n}") for n in range(count)])  # fmt: skip
        before = connection.execute("SELECT count(*) FROM cases").fetchone()[0]
    browser = Browser(server.build(str(path))).enter()
    following: Any = "/cases.json"
    found: list[int] = []
    asked = 0
    while following:
        told = browser.ask(following).json()
        found += [row["id"] for row in told["rows"]]
        following = told["next"]
        asked += 1
    assert (len(found), len(set(found)), asked) == (before, before, 3)
    lines = list(csv.reader(io.StringIO(browser.ask("/cases.csv").text)))
    assert lines[1][2].startswith("'=cmd"), "a spreadsheet would calculate it"
    assert json.loads(browser.ask("/search.json?q=hartley&before=5").text)["next"] is None
