"""The pages under /data as people use them: tables, facets, filters, searches, questions, links, SQL where it is on."""

from __future__ import annotations

import csv
import io
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from casefleet_cli.cli.app import run
from casefleet_cli.desk import settings as settings_desk
from casefleet_cli.store import database, saved_searches
from casefleet_cli.store.plain import DECISIONS, TABLES
from casefleet_cli.web import server
from tests.web.conftest import ADA, BCC, FOREIGN_MARKER, GUEST, LIM, Browser

NAMES = [table.name for table in (*TABLES, DECISIONS)]


def rows(browser: Browser, target: str) -> list[dict[str, Any]]:
    path, _, query = target.partition("?")
    answer = browser.ask(f"{path}.json?_shape=objects&{query}")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["rows"])


@pytest.fixture
def asking(firm: Path, tmp_path: Path) -> Browser:
    """Somebody at this computer, where admins may ask in SQL."""
    path = shutil.copy(firm, tmp_path / "casefleet.db")
    connection = database.open_database(str(path))
    settings_desk.put(connection, "sql", "on")
    connection.close()
    return Browser(server.build(str(path))).enter()


def test_the_tables_are_listed_and_each_page_opens(admin: Browser) -> None:
    listed = admin.ask("/data")
    assert re.findall(r'<dt><a href="/data/(\w+)">', listed.text) == [
        "mail",
        *(name for name in NAMES if name != "mail"),
    ]
    assert 'href="/data" aria-current="page"' in listed.text
    for name in NAMES:
        page = admin.ask(f"/data/{name}")
        assert page.status_code == 200
        assert "<title>" in page.text
        assert "<tbody>" in page.text, name
        assert not re.search(r"<script|<style|style=|onclick|http-equiv|https?://", page.text), name


def test_a_page_filters_sorts_counts_and_goes_on(admin: Browser) -> None:
    assert [row["number"] for row in rows(admin, "/data/mail")] == [7, 6, 5, 2, 1]
    assert [row["number"] for row in rows(admin, "/data/mail?_sort=number")] == [1, 2, 5, 6, 7]
    assert [row["number"] for row in rows(admin, "/data/mail?standing=unassigned")] == [2]
    assert [row["number"] for row in rows(admin, "/data/mail?number__gt=5")] == [7, 6]
    assert [row["number"] for row in rows(admin, "/data/mail?_size=2&_next=2")] == [5, 2]
    assert rows(admin, "/data/cases?number=2026-104")[0]["mails"] == 2
    page = admin.ask("/data/mail?_size=2")
    assert '<a href="/data/mail?_size=2&amp;_next=2" rel="next">More</a>' in page.text
    assert "5 rows" in page.text
    facets = admin.ask("/data/mail.json?_facet=from_address").json()["facet_results"]
    assert {one["value"]: one["count"] for one in facets["standing"]["results"]} == {"linked": 4, "unassigned": 1}
    assert facets["from_address"]["results"][0]["count"] == 5
    once = admin.ask("/data/mail.json?_facet=standing&_facet=standing").json()["facet_results"]
    assert ([one["count"] for one in once["standing"]["results"]], sorted(once)) == ([4, 1], ["standing", "year"])
    asked = admin.ask("/data/mail?_filter_column=standing&_filter_op=exact&_filter_value=linked")
    assert (asked.status_code, asked.headers["location"]) == (302, "/data/mail?standing__exact=linked")


def test_words_are_searched_for_and_not_shown(admin: Browser) -> None:
    assert [row["number"] for row in rows(admin, "/data/mail?_search=Hartley")] == [2, 1]
    assert "Hartley" not in admin.ask("/data/mail.json?_search=unassigned").text
    for query in ("_col=text", "text__contains=x", "_facet=text", "_sort=text"):
        assert admin.ask(f"/data/mail.json?{query}").status_code == 400
    assert admin.ask('/data/mail?_search="').status_code == 400
    for column in ("text", "people", "rowid", "_x", "number__x", "nothing"):
        assert admin.ask(f"/data/mail?{column}__contains=x").status_code == 400


def test_numbers_lead_to_our_pages(admin: Browser) -> None:
    mail, filings, feed = (admin.ask(f"/data/{name}").text for name in ("mail", "filings", "feed"))
    assert '<a href="/emails/2">2</a>' in mail
    assert '<a href="/emails/7">7</a>' in filings
    assert '<a href="/emails/7">Re: records</a>' in admin.ask("/data/people").text
    assert '<span class="at">2026-11-12 09:30</span>' in mail
    assert '<a href="/cases/1">2026-104</a>, <a href="/cases/2">2026-105</a>' in mail
    assert '<a href="/cases/1">O&#39;Neill v. &lt;b&gt;Baxter&lt;/b&gt;</a>' in filings
    assert '<a href="/leads/1">K. Sato, wrongful dismissal</a>' in filings
    assert '<a href="/contacts/1">Minh Nguyen</a>' in feed
    assert '<a href="/cases/3">2025-001</a>' in admin.ask("/data/cases").text


def test_csv_calculates_nothing(firm: Path, tmp_path: Path) -> None:
    path = shutil.copy(firm, tmp_path / "casefleet.db")
    connection = database.open_database(str(path))
    connection.execute("UPDATE emails SET subject = '=cmd|calc' WHERE id = 2")
    connection.execute("UPDATE emails SET subject = 'https://evil.example/' WHERE id = 1")
    connection.close()
    browser = Browser(server.build(str(path))).enter()
    answer = browser.ask("/data/mail.csv?_sort=number&_dl=1")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="mail.csv"'
    assert [row["subject"] for row in csv.DictReader(io.StringIO(answer.text))][1] == "'=cmd|calc"
    assert ">https://evil.example/</td>" in browser.ask("/data/mail").text


def test_the_ready_questions_answer(admin: Browser, as_user: Any) -> None:
    names = re.findall(r'<li><a href="/data/(\w+)">', admin.ask("/data").text)
    assert names == ["mail_per_month_and_case", "unassigned_by_user", "busiest_contacts", "silent_cases"]
    for name in names:
        page = admin.ask(f"/data/{name}")
        assert (page.status_code, "<tbody>" in page.text, "message-error" in page.text) == (200, True, False), name
        assert rows(admin, f"/data/{name}")
    assert rows(admin, "/data/busiest_contacts")[0]["mails"] == 5
    ada, lim = as_user(ADA), as_user(LIM)
    assert rows(admin, "/data/unassigned_by_user") == rows(ada, "/data/unassigned_by_user")
    assert {row["case"] for row in rows(lim, "/data/mail_per_month_and_case")} == {"2026-104"}


def test_searches_that_the_firm_saved_are_there(firm: Path, tmp_path: Path) -> None:
    path = str(shutil.copy(firm, tmp_path / "casefleet.db"))
    connection = database.open_database(path)
    saved_searches.put(connection, "<b>late</b>", "is:unassigned & x", ADA)
    saved_searches.put(connection, "secret", BCC, ADA)
    connection.close()
    page = Browser(server.build(path, GUEST)).enter().ask("/data").text
    assert '<a href="/search?q=is%3Aunassigned%20%26%20x">&lt;b&gt;late&lt;/b&gt;</a>' in page
    assert BCC.partition("@")[0] not in page


def test_each_role_sees_its_own(admin: Browser, as_user: Any) -> None:
    ada, lim, guest = as_user(ADA), as_user(LIM), as_user(GUEST)
    assert [row["number"] for row in rows(ada, "/data/mail")] == [7, 6, 5, 2, 1]
    for browser in (lim, guest):
        assert sorted(row["number"] for row in rows(browser, "/data/mail")) == [1, 6, 7]  # 6 and 7 are of one second
        assert [row["number"] for row in rows(browser, "/data/cases")] == ["2026-104"]
        assert rows(browser, "/data/mail?number=1")[0]["cases"] == "2026-104"
        assert FOREIGN_MARKER not in "".join(browser.ask(f"/data/{name}").text for name in NAMES)
    for browser in (ada, lim, guest):
        assert browser.ask("/data/decisions").status_code == 404
        assert "decisions" not in browser.ask("/data").text


def test_arrivals_tell_for_whom_each_mail_came_and_nothing_of_what_is_held(admin: Browser, as_user: Any) -> None:
    for browser in (admin, as_user(ADA)):
        told = rows(browser, "/data/arrivals?_col=mail&_col=for_user&_col=arrived_by")
        assert {row["mail"] for row in told} == {1, 2, 5, 6, 7}
        assert {row["for_user"] for row in told} == {"Ada Berg"}
        assert rows(browser, "/data/unassigned_by_user")[0]["for_user"] == "Ada Berg"
    assert {row["mail"] for row in rows(as_user(LIM), "/data/arrivals")} == {1, 6, 7}


def test_what_is_refused_is_one_sentence(admin: Browser) -> None:
    for query, words in {
        "_fts_table=email_search_data": "There is no argument _fts_table here.",
        "_fts_pk=number": "There is no argument _fts_pk here.",
        "_timelimit=60000": "There is no argument _timelimit here.",
        "_next=x": "_next does not take this value.",
        "_size=1000000": "_size does not take this value.",
        "_through=[": "_through does not take this value.",
        "_where=1%3D1": "casefleet settings sql on",
        "x=" + "a" * 5000: "An argument is too long.",
        "&".join(f"a{n}=1" for n in range(101)): "These are more than 100 arguments.",
        "_search=%00": "An argument holds a letter that is none.",
    }.items():
        answer = admin.ask(f"/data/mail?{query}")
        assert (answer.status_code, words in answer.text) == (400, True), query


def test_sql_is_for_admins_and_off_until_the_firm_says_so(admin: Browser, as_user: Any, asking: Browser) -> None:
    for browser in (admin, as_user(ADA), as_user(LIM), as_user(GUEST)):
        for target in ("/data?sql=select+1", "/data.json?sql=select+1", "/data/mail?_where=1"):
            assert browser.ask(target).status_code == 400
        assert "textarea" not in browser.ask("/data").text
    assert "textarea" in asking.ask("/data").text
    asked = asking.ask("/data?sql=select+standing,count(*)+as+n+from+mail+group+by+1")
    assert "<td>unassigned</td><td>1</td>" in asked.text
    assert rows(asking, "/data?sql=select+max(number)+as+most+from+mail") == [{"most": 7}]
    assert [row["number"] for row in rows(asking, "/data/mail?_where=number+in+(2,3)")] == [2]
    assert asking.ask("/data/mail?_where=1&_search=x").status_code == 400
    ada = Browser(server.build(asking.site.datasette.files[0], ADA)).enter()
    assert ada.ask("/data?sql=select+1").status_code == 400


def test_sql_that_takes_too_long_is_ended(asking: Browser) -> None:
    endless = "with recursive x(n) as (select 1 union all select n + 1 from x) select sum(n) from x"
    answer = asking.ask(f"/data?sql={endless.replace(' ', '+').replace('+ 1', '%2B1').replace('n+++1', 'n%2B1')}")
    assert (answer.status_code, "takes too long" in answer.text) == (400, True)
    assert asking.ask("/data?sql=select+1").status_code == 200


def test_the_setting_is_a_command(firm: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(shutil.copy(firm, tmp_path / "casefleet.db"))
    assert run(["--db", path, "settings", "sql", "on"]) == 0
    assert capsys.readouterr().out == "sql is now on.\n"


def test_a_disabled_or_missing_right_is_as_if_there_were_nothing(as_user: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = as_user(GUEST)
    monkeypatch.delitem(__import__("casefleet_cli.access", fromlist=["RIGHTS"]).RIGHTS, "page data")
    lost = browser.ask("/nothing")
    for target in ("/data", "/data/mail", "/data/mail.json", "/data/nothing"):
        answer = browser.ask(target)
        assert (answer.status_code, answer.text) == (404, lost.text)
    assert "/data" not in browser.ask("/cases").text
