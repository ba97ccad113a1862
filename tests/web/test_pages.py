from __future__ import annotations

import contextlib
import re
import shutil
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from casefleet_cli.store import database
from casefleet_cli.web import frame, paging, server
from tests.web.conftest import (
    ADA,
    BEN,
    ERASED_MARKER,
    FOREIGN_MARKER,
    GUEST,
    HELD_MARKER,
    LIM,
    REJECTED_MARKER,
    Browser,
)

PAGES = (
    "/", "/cases", "/leads", "/contacts", "/cases/1", "/cases/2", "/cases/3", "/leads/1", "/leads/2", "/contacts/1", "/contacts/2",
    "/emails/1", "/emails/1?view=html", "/emails/2", "/emails/3", "/emails/4", "/emails/5", "/emails/6", "/emails/7",
    "/unassigned", "/held", "/search?q=", "/search?q=hartley", "/notifications", "/notifications?all=1",
)  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_every_page_answers_and_escapes(admin: Any, page: str) -> None:
    response = admin.ask(page)
    assert response.status_code == 200, page
    assert "<script" not in response.text
    assert "onerror=alert" not in response.text.replace("&lt;img src=x onerror=alert", "")
    assert "<b>Baxter</b>" not in response.text
    assert "\u202e" not in response.text
    assert response.text.count("<main") == 1
    assert response.text.count("<h1") == 1
    assert '<html lang="en">' in response.text


def test_home_tells_what_waits_and_what_is_open(admin: Any) -> None:
    text = admin.ask("/").text
    assert "<b>1</b> e-mail waits" in text
    assert "O&#39;Neill v. &lt;b&gt;Baxter&lt;/b&gt;" in text
    assert "first call" in text


def test_a_case_shows_the_feed_of_the_lead_it_was(admin: Any) -> None:
    text = admin.ask("/cases/1").text
    assert "/emails/1" in text
    assert "/emails/6" in text
    assert "/emails/7" in text
    assert "/emails/5" not in text


def test_an_email_says_why_it_is_here(admin: Any) -> None:
    text = admin.ask("/emails/7").text
    assert "Ada Berg linked it to case" in text
    assert "has exactly one open case" in text


def test_erased_words_are_shown_as_erased_and_who_erased_them_to_admins(admin: Any, as_user: Any) -> None:
    text = admin.ask("/contacts/1").text
    assert ": (erased)</li>" in text
    assert "Words of activity 14 erased by Ben" in admin.ask("/").text
    assert "Words of activity" not in as_user(ADA).ask("/").text
    assert not any(ERASED_MARKER in admin.ask(page).text for page in PAGES)


def test_an_unassigned_email_offers_the_command(admin: Any) -> None:
    text = admin.ask("/emails/2").text
    assert "casefleet link 2" in text
    assert "It forwards, in the text below" in text
    assert "casefleet link 2" in admin.ask("/unassigned").text


@pytest.mark.parametrize("page", ["/emails/99", "/cases/99", "/leads/99", "/contacts/99", "/nothing", "/emails/999999999999999999",
                                  "/emails/0", "/emails/-1", "/emails/1/attachments/21", "/emails/1/", "/%2e%2e/etc"])  # fmt: skip
def test_what_is_not_there_is_404(admin: Any, page: str) -> None:
    assert admin.ask(page).status_code == 404


@pytest.mark.parametrize(
    ("user", "sees", "not_sees"),
    [
        (ADA, ["/emails/1", "/emails/2", "/emails/5", "/cases/2"], ["/emails/3", "/emails/4", "/emails/3/html", "/emails/4/attachments/41"]),
        (BEN, ["/emails/3", "/emails/4", "/emails/3/html", "/emails/3/attachments/31"], []),
        (LIM, ["/cases/1", "/emails/1", "/emails/6", "/leads/1", "/contacts/1"],
         ["/cases/2", "/cases/3", "/leads/2", "/contacts/2", "/emails/2", "/emails/3", "/emails/4", "/emails/5", "/emails/5/html",
          "/emails/5/attachments/51"]),
        (GUEST, ["/cases/1"], ["/cases/2", "/emails/5", "/emails/2"]),
    ],
)  # fmt: skip
def test_who_sees_what(as_user: Any, user: int, sees: list[str], not_sees: list[str]) -> None:
    browser = as_user(user)
    assert {page: browser.ask(page).status_code for page in sees + not_sees} == {
        **dict.fromkeys(sees, 200), **dict.fromkeys(not_sees, 404)
    }  # fmt: skip


@pytest.mark.parametrize(
    ("user", "words"),
    [
        (ADA, [HELD_MARKER, REJECTED_MARKER]),
        (LIM, [HELD_MARKER, REJECTED_MARKER, FOREIGN_MARKER]),
        (GUEST, [HELD_MARKER, REJECTED_MARKER, FOREIGN_MARKER]),
    ],
)
def test_no_page_tells_a_user_what_is_not_theirs(as_user: Any, user: int, words: list[str]) -> None:
    browser = as_user(user)
    for page in (*PAGES, "/search?q=body", "/search?q=petrov"):
        text = browser.ask(page).text
        assert [word for word in words if word in text] == [], page


def test_a_user_sees_only_their_own_notifications(as_user: Any) -> None:
    text = as_user(ADA).ask("/notifications").text
    assert "could not be filed" in text
    assert "is held" not in text


@pytest.mark.parametrize(
    "query",
    ['"', '""', '"a', "a AND", "NOT", "NEAR(", "subject:", "^", "*", "a*b*", "(", ")", "a OR OR b", "-a", "{a}: b", "%", "'", "; DROP",
     "%00", "a%00b", "²", "°", "\U0001f600", "x" * 5000, '"a" ' * 500, "a* " * 200, "%ed%a0%80", "col:val AND (x OR", "++", "\\"],
)  # fmt: skip
def test_no_search_is_an_error(admin: Any, query: str) -> None:
    quoted = (
        query
        if query.startswith("%") or "%00" in query
        else query.replace("%", "%25").replace("&", "%26").replace("+", "%2B")
    )
    assert admin.ask(f"/search?q={quoted}").status_code == 200


def test_search_finds_words_phrases_and_prefixes(admin: Any) -> None:
    assert "2 e-mails for" in admin.ask("/search?q=hartley").text
    assert "<mark>Hartley</mark>" in admin.ask("/search?q=hartley").text
    assert "1 e-mail for" in admin.ask('/search?q="unassigned body"').text
    assert "2 e-mails for" in admin.ask("/search?q=hart*").text
    assert "No e-mail for" in admin.ask("/search?q=zzzz").text


def test_days_and_clocks_are_of_the_firm(admin: Any, firm: Path) -> None:
    with contextlib.closing(sqlite3.connect(firm)) as connection:
        (at,) = connection.execute("SELECT sent_at FROM emails WHERE id = 1").fetchone()
        shown = []
        for zone in ("Pacific/Kiritimati", "Pacific/Midway"):  # 25 hours apart
            connection.execute("REPLACE INTO settings VALUES ('timezone', ?)", (zone,))
            connection.commit()
            local = datetime.fromisoformat(at).astimezone(ZoneInfo(zone))
            told = f'<time datetime="{at}">{local.day} {local:%b %Y, %H:%M}</time>'
            assert told in admin.ask("/emails/1").text
            found = admin.ask(f"/search?q=after:{local:%Y-%m-%d} before:{local + timedelta(1):%Y-%m-%d}").text
            assert 'href="/emails/1"' in found
            shown.append(told)
        connection.execute("DELETE FROM settings WHERE name = 'timezone'")
        connection.commit()
    assert shown[0] != shown[1]


def test_search_refuses_a_date_that_can_be_misread(admin: Any, firm: Path) -> None:
    assert "is 5 June 2026 or 6 May 2026" in admin.ask("/search?q=after:05.06.2026").text
    with contextlib.closing(sqlite3.connect(firm)) as connection:
        connection.execute("INSERT INTO settings VALUES ('date-order', 'mdy')")
        connection.commit()
        assert "or 6 May 2026" not in admin.ask("/search?q=after:05.06.2026").text
        connection.execute("DELETE FROM settings WHERE name = 'date-order'")
        connection.commit()


def test_search_takes_the_query_language_and_says_what_is_wrong(admin: Any, as_user: Any) -> None:
    assert "1 e-mail for" in admin.ask("/search?q=is:held").text
    assert "form&#39; to search in; there are from:" in admin.ask("/search?q=form:anna").text
    assert "There is no case" in admin.ask("/search?q=case:zzzz").text
    # Who does not see the whole firm cannot tell a hidden case from none.
    limited = as_user(LIM)
    pages = [limited.ask(f"/search?q=body case:{word}").text for word in ("zzzz", "2")]
    pages = [
        re.sub('<p class="also">.*?</p>', "", text).replace(word, "")
        for text, word in zip(pages, ("zzzz", "2"), strict=True)
    ]
    assert ["There is no case" in page for page in pages] == [True, True]
    assert pages[0] == pages[1]


def test_rejected_mail_is_out_of_sight_but_not_gone(admin: Any) -> None:
    assert REJECTED_MARKER not in admin.ask(f"/search?q={REJECTED_MARKER}").text.replace(f"“<bdi>{REJECTED_MARKER}", "").replace(
        f'value="{REJECTED_MARKER}', "").replace(f"<title>{REJECTED_MARKER}", "").replace(f"?q={REJECTED_MARKER}", "").replace(
            f"No e-mail has {REJECTED_MARKER}.", "")  # fmt: skip
    assert REJECTED_MARKER not in admin.ask("/contacts/1").text
    assert REJECTED_MARKER in admin.ask("/emails/4").text


def test_a_huge_text_comes_in_parts(admin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame, "MAX_TEXT", 15)
    first, second, beyond = (admin.ask(f"/emails/7?part={number}").text for number in ("x", "2", "99"))
    assert ">an answer about<" in first
    assert "Part 1 of 3" in first
    assert 'href="/emails/7?part=2">Part 2 ' in first
    assert "> the 50% " in second
    assert 'href="/emails/7?part=1">← Part 1' in second
    assert "Part 3 of 3" in beyond
    assert "part=4" not in beyond


def test_forged_marks_in_a_mail_do_not_become_markup(admin: Any) -> None:
    text = admin.ask("/search?q=deposit").text
    assert "<mark>deposit</mark>" in text
    assert "\ue000" not in text
    assert text.count("<mark>") == text.count("</mark>")


def test_long_lists_come_in_pages_without_repeating(admin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "PAGE_SIZE", 3)
    seen: list[str] = []
    page = "/"
    for _ in range(20):
        text = admin.ask(page).text.partition('class="feed"')[2].partition("<aside")[0]
        for entry in re.findall(r'<li class="entry.*?(?=<li class="entry|\Z)', text, re.DOTALL):
            seen += re.findall("<li>.*?</li>", entry, re.DOTALL) or [entry]  # several changes are folded into one entry
        following = re.search(r'rel="next" href="([^"]+)"', text)
        if not following:
            break
        page = following[1]
    assert len(seen) == len(set(seen)) == 15


def test_a_decision_by_what_was_open_then_says_so(admin: Any) -> None:
    sentence = "What counted is what was open on 2026-11-09, the day of the mail."
    assert sentence in admin.ask("/emails/6").text
    assert sentence not in admin.ask("/emails/5").text


def test_people_stand_in_the_order_of_their_names(firm: Path, tmp_path: Path) -> None:
    path = tmp_path / "casefleet.db"
    shutil.copy(firm, path)
    connection = database.open_database(str(path))
    for number, name in ((11, "zoe"), (12, "Yves"), (13, "Anna")):
        connection.execute(
            "INSERT INTO contacts (id, name, created_at) VALUES (?, ?, '2026-01-01T00:00:00Z')", (number, name)
        )
        connection.execute("INSERT INTO case_contacts (case_id, contact_id) VALUES (3, ?)", (number,))
    connection.close()
    text = Browser(server.build(str(path))).enter().ask("/cases/3").text
    assert re.findall(r"/contacts/(1\d)", text) == ["13", "12", "11"]


def test_an_email_shows_its_labels_and_a_dateless_one_no_day(firm: Path) -> None:
    with contextlib.closing(sqlite3.connect(firm)) as connection:
        connection.execute("""UPDATE deliveries SET labels = '["Trash", "<b>Lease"]' WHERE email_id = 7""")
        forwards = '[{"kind": "inline", "from": null, "to": [], "cc": [], "date_raw": "last May", "subject": null, "comment": null}]'
        connection.execute("UPDATE emails SET sent_at = NULL, forwards = ? WHERE id = 7", (forwards,))
        connection.commit()
    admin = Browser(server.build(str(firm))).enter()
    text = admin.ask("/emails/7").text
    assert "<dt>Labels</dt><dd><bdi>Trash</bdi>, <bdi>&lt;b&gt;Lease</bdi>" in text
    assert text.count("<dt>Labels</dt>") == 1  # they are not those of what it forwards
    assert "<dt>Date</dt><dd>last May</dd>" in text
    assert "Not given; logged" in text
    assert all(admin.ask(page).status_code == 200 for page in PAGES)


def test_an_email_says_in_which_format_it_came(firm: Path) -> None:
    with contextlib.closing(sqlite3.connect(firm)) as connection:
        connection.execute("UPDATE deliveries SET source = 'eml', format = 'msg' WHERE email_id = 7")
        connection.commit()
    text = Browser(server.build(str(firm))).enter().ask("/emails/7").text
    assert "(eml, msg)" in text
    assert "It came as an Outlook .msg, of which the e-mail was made." in text
