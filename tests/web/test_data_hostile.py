"""Hostile questions under /data, in every role: no row, no word and no number of what somebody may not see."""

from __future__ import annotations

import json
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from casefleet_cli import access
from casefleet_cli.desk import settings as settings_desk
from casefleet_cli.store import database
from casefleet_cli.web import answering, server
from casefleet_cli.web.data import making
from tests.web.conftest import (
    ADA,
    BCC,
    BEN,
    ERASED_MARKER,
    FOREIGN_MARKER,
    GUEST,
    HELD_MARKER,
    LIM,
    RAW_MARKER,
    REJECTED_MARKER,
    SECRET_SETTING,
    Browser,
)  # fmt: skip

WALLED_MARKER = "walledcaseword"
FOREIGN_NUMBER = "2026-105"
"""Of a case that has a mail in common with one of Lia's and Gus's."""
BODIES = ("linked body", "unassigned body", "Hartley", "sent to the lead", "deposit")
"""The words of e-mails, which are read on their pages."""
ALWAYS = (
    BCC,
    BCC.partition("@")[0][4:],
    SECRET_SETTING,
    RAW_MARKER,
    HELD_MARKER,
    REJECTED_MARKER,
    ERASED_MARKER,
    *BODIES,
)
HIDDEN: dict[int | None, tuple[str, ...]] = {
    None: (),
    ADA: (WALLED_MARKER,),
    BEN: (),
    LIM: (FOREIGN_MARKER, FOREIGN_NUMBER, WALLED_MARKER),
    GUEST: (FOREIGN_MARKER, FOREIGN_NUMBER, WALLED_MARKER),
}
"""By who asks; Ben is on the restricted case."""
TABLES = ("mail", "filings", "cases", "leads", "contacts", "people", "contact_mail", "attachments", "arrivals", "decisions",
          "feed")  # fmt: skip
BASE = ("emails", "email_search", "email_search_data", "email_search_content", "users", "bcc_addresses", "settings", "raw_messages",
        "deliveries", "activities", "activity_texts", "sqlite_master", "sqlite_schema", "sqlite_temp_master", "sqlite_temp_schema",
        "json_each", "pragma_table_info", "dbstat", "main.emails", "temp.mail", "[emails]", '"emails"', "MAIL", "Mail", "mail ",
        "mail;emails", "mail~2Ejson", "mail%2e", "mail/1", "mail/-/x", "-/query", "cases/2", "cases/2026-105", "filings/5")  # fmt: skip


@pytest.fixture(scope="module")
def walled(firm: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The firm with a restricted case of Ben's, its mail, its lead and its contact's words."""
    path = str(shutil.copy(firm, tmp_path_factory.mktemp("walled") / "casefleet.db"))
    connection = database.open_database(path)
    at = "2026-11-18T08:00:00Z"
    with database.transaction(connection):
        connection.execute("INSERT INTO cases (id, number, title, opened_at, restricted) VALUES (9, ?, ?, ?, 1)",
                           (f"2026-900 {WALLED_MARKER}", f"Wall {WALLED_MARKER}", at))  # fmt: skip
        connection.execute("INSERT INTO case_users (case_id, user_id) VALUES (9, ?)", (BEN,))
        connection.execute(
            "INSERT INTO leads (id, name, status, opened_at, ended_at, case_id) VALUES (9, ?, 'converted', ?, ?, 9)",
            (f"Lead {WALLED_MARKER}", at, at),
        )
        connection.execute(
            "INSERT INTO email_leads (email_id, lead_id, linked_by, linked_at) VALUES (7, 2, 'person', ?)", (at,)
        )
        for number, to in ((20, "case"), (21, "lead")):
            connection.execute(
                "INSERT INTO emails (id, fingerprint, raw_message_id, standing, subject, from_name, from_address, sent_at, logged_at,"
                " text, people, filenames, size) VALUES (?, ?, ?, 'linked', ?, ?, ?, ?, ?, ?, ?, ?, 5)",
                (number, f"{number:064x}", 1, f"S {WALLED_MARKER}", f"F {WALLED_MARKER}", f"{WALLED_MARKER}@x.example", at, at,
                 f"Hartley {WALLED_MARKER}", WALLED_MARKER, WALLED_MARKER),
            )  # fmt: skip
            connection.execute(
                f"INSERT INTO email_{to}s (email_id, {to}_id, linked_by, linked_at) VALUES (?, 9, 'rule', ?)",
                (number, at),
            )
            connection.execute("INSERT INTO email_recipients (email_id, kind, name, address) VALUES (?, 'to', ?, ?)",
                               (number, WALLED_MARKER, f"{WALLED_MARKER}@y.example"))  # fmt: skip
            connection.execute("INSERT INTO attachments (email_id, part, filename, content_type, size) VALUES (?, '2', ?, 'a/b', 1)",
                               (number, f"{WALLED_MARKER}.pdf"))  # fmt: skip
            connection.execute(
                "INSERT INTO email_contacts (email_id, contact_id, linked_by) VALUES (?, 1, 'rule')", (number,)
            )
            connection.execute(
                "INSERT INTO activities (at, verb, case_id, lead_id, email_id) VALUES (?, 'filed', ?, ?, ?)",
                (at, *((9, None) if to == "case" else (None, 9)), number),
            )
    connection.close()
    return path


@pytest.fixture(scope="module")
def open_to_sql(walled: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = str(shutil.copy(walled, tmp_path_factory.mktemp("sql") / "casefleet.db"))
    connection = database.open_database(path)
    settings_desk.put(connection, "sql", "on")
    connection.close()
    return path


def through(table: str, column: str, value: str) -> str:
    return "_through=" + quote_plus(json.dumps({"table": table, "column": column, "value": value}))


ARGUMENTS = [
    "", "_labels=on", "_label=mail&_label=case&_label=lead&_label=contact", "_shape=objects", "_shape=array", "_shape=arrayfirst",
    "_shape=object", "_shape=array&_nl=on", "_size=max", "_size=0", "_next=1&_size=1", "_next=4&_size=2", "_sort=number", "_sort=mail",
    "_sort_desc=number", "_sort=rowid", "_sort=text", "_col=text", "_col=number&_col=subject", "_nocol=number", "_nocol=subject",
    "_facet=subject&_facet_size=max", "_facet=case", "_facet=mail", "_facet=lead", "_facet=contact", "_facet=who", "_facet=person",
    "_facet=address", "_facet=text", "_facet=rowid", "_facet_array=subject", "_facet_date=date", '_facet={"simple":"subject"}',
    '_facet={"column":"(select+text+from+emails)"}', "_facet_x=subject", "_facet_size=max&_facet=cases", "_nofacet=1", "_nocount=1",
    "number=3", "number=20", "mail=3", "mail=20", "mail__in=3,4,5,20,21", "number__in=[3,4,5,20,21]", "case__notnull=1", "number__notin=1",
    "subject__contains=secret", "subject__like=%25", "subject__glob=*", "number__arraycontains=3", "standing=held", "standing=rejected",
    "case=2026-105", "case__like=2026-9%25", 'subject"__exact=x', "subject'--__exact=x", "x)+or+1=1+--=1", "_filter_column=subject&_filter_op=like&_filter_value=%25",
    "_filter_column=text&_filter_op=like&_filter_value=%25", through("filings", "case", "2026-105"), through("feed", "mail", "3"),
    through("people", "address", "ada@firm.example"), through("emails", "standing", "held"), through("bcc_addresses", "user_id", "1"),
    through("filings", "case] = 1 or 1 in (select 1 from emails) --", "x"), through("contact_mail", "contact", "2"),
    "_search=secret*", "_search_text=Hartley", "_search=Hartley&_searchmode=raw", "_search=a*+OR+b*", "_search=%22%22", "_search=text:x",
    "_search=x&_fts_table=email_search_data", "_fts_table=emails&_search=x", "_fts_pk=number&_search=x", "_fts_table=bcc_addresses&_search=x",
    "_where=1=1", "_where=number+in+(select+id+from+emails)", "sql=select+*+from+emails", "sql=select+*+from+mail", "_trace=1", "_timelimit=9", "_ttl=1",
    "_json=subject", "_context=1", "_extra=x", "_stream=on", "_dl=on", "_header=off", "_facet=number&_facet_size=1000", "_x=1", "__proto__=1", "_=1",
]  # fmt: skip
FORMATS = ("", ".json", ".csv")
SPELLINGS = ("/DATA", "/data/", "//data", "/%64ata", "/data%2fmail", "/data//mail", "/data/../data/mail", "/data.json", "/data.csv", "/data.db", "/data.blob",
             "/data.jsono", "/data.html", "/data/mail.jsono", "/data/mail.blob?_blob_column=text", "/data/mail.atom", "/data/mail/1.json", "/data/-/static/app.css",
             "/data/mail.json/", "/data/mail%00", "/data/mail%0a", "/data\\mail", "/data;x/mail", "/data/mail.JSON", "/Data/mail", "/casefleet/mail",
             "/_internal/tables", "/_memory", "/-/static/app.css", "/-/databases.json", "/-/metadata.json", "/data/search?words=secret",
             "/data/silent_cases.json", "/data/busiest_contacts.csv", "/data/mail_per_month_and_case.json?_shape=array", "/data/unassigned_by_user.json")  # fmt: skip


def targets() -> list[str]:
    made = [f"/data/{quote(name, safe='/%;')}{kind}" for name in (*TABLES, *BASE) for kind in FORMATS]
    made += list(SPELLINGS)
    for position, argument in enumerate(ARGUMENTS):
        for name in (TABLES[position % len(TABLES)], "mail", "filings", "feed"):
            made.append(f"/data/{name}{FORMATS[(position + len(name)) % 3]}?{argument}")
    return list(dict.fromkeys(made))


def tells(browser: Browser, target: str, words: tuple[str, ...]) -> None:
    answer = browser.ask(target)
    whole = answer.text + str(answer.headers)
    asked = target.partition("?")[2]
    assert [word for word in words if word in whole and word not in asked] == [], target
    assert answer.status_code in (200, 302, 303, 400, 403, 404), target
    assert "Traceback" not in whole
    assert "script-src" not in answer.headers["content-security-policy"]
    assert "<script" not in whole or "text/html" not in answer.headers["content-type"], target


@pytest.mark.parametrize("user", HIDDEN)
def test_no_question_tells_what_is_out_of_sight(walled: str, user: int | None) -> None:
    browser = Browser(server.build(walled, user)).enter()
    every = targets()
    assert len(every) > 400
    for target in every:
        tells(browser, target, (*ALWAYS, *HIDDEN[user]))
    shown = "".join(browser.ask(f"/data/{name}.json?_labels=on").text for name in TABLES)
    assert (WALLED_MARKER in shown) == (WALLED_MARKER not in HIDDEN[user])
    assert (FOREIGN_MARKER in shown) == (FOREIGN_MARKER not in HIDDEN[user])


def shown(answer: Any) -> Any:
    """What somebody learns of an answer: rows and counts, of the table and of its facets."""
    told = answer.json()
    facets = {
        name: [(one["value"], one["label"], one["count"]) for one in facet["results"]]
        for name, facet in told.get("facet_results", {}).items()
    }
    return [
        told.get(name) for name in ("rows", "filtered_table_rows_count", "next", "expanded_columns", "truncated")
    ], facets


@pytest.mark.parametrize("user", HIDDEN)
def test_what_is_out_of_sight_answers_as_what_there_is_not(walled: str, user: int | None) -> None:
    """An oracle would tell the two apart: by rows, by counts, by labels, by errors."""
    browser = Browser(server.build(walled, user)).enter()
    pairs = [
        (word, f"{word[:3]}zz{word[5:]}") for word in (HELD_MARKER, REJECTED_MARKER, RAW_MARKER, BCC, *HIDDEN[user])
    ]
    numbers = [(3, 993), (4, 994), *([(20, 920), (21, 921)] if WALLED_MARKER in HIDDEN[user] else [])]
    pairs += [(str(one), str(other)) for one, other in [*numbers, *([(5, 995)] if user in (LIM, GUEST) else [])]]
    ways = (
        "mail.json?_search={}", "mail.json?_search={}*", "mail.json?number={}", "mail.json?subject__contains={}", "mail.json?from_address__startswith={}",
        "filings.json?mail={}", "filings.json?case__contains={}&_facet=case", "feed.json?mail={}", "decisions.json?mail={}", "people.json?mail={}", "people.json?address__contains={}",
        "attachments.json?mail={}&_labels=on", "contact_mail.json?mail={}", "cases.json?title__contains={}", "leads.json?name__contains={}", "contacts.json?name__contains={}",
        "mail.json?number__in=1,{}&_facet=number", "cases.json?_through=" + quote_plus('{"table":"filings","column":"mail","value":"') + "{}" + quote_plus('"}'),
    )  # fmt: skip
    assert shown(browser.ask("/data/filings.json?lead=2"))[0][1] == (0 if user in (LIM, GUEST) else 1)
    for one, other in pairs:
        for way in (way for way in ways if not (one.isdigit() and re.search("contains|startswith|search", way))):
            found, nothing = (browser.ask("/data/" + way.replace("{}", word)) for word in (one, other))
            assert found.status_code == nothing.status_code, way
            assert shown(found) == shown(nothing), (way, one)


QUESTIONS = [
    "select title from main.cases", "select note from main.contacts", "select verdicts from main.decisions", "select count(title) from main.cases",
    "select filename from main.attachments", "select name from main.leads", "with cases as (select title from main.cases) select * from cases",
    "select (select name from main.leads) from mail", "select c.note from main.contacts as c join contacts on contacts.number = c.id",
    "select * from emails", "select * from main.emails", "select count(*) from bcc_addresses", "select count(address) from bcc_addresses",
    "select * from bcc_addresses", "select value from settings", "select content from raw_messages", "select text from emails where id = 3",
    "with mail as (select subject from main.emails) select * from mail", "with mail(number) as (select text from emails) select * from mail",
    "select (select text from emails where id = mail.number) from mail", "select * from mail where number in (select id from emails where text like '%secret%')",
    "select * from mail join emails on emails.id = mail.number", "select * from sqlite_master", "select * from sqlite_temp_master", "select sql from sqlite_schema",
    "select * from pragma_table_info('emails')", "select * from pragma_database_list()", "select * from email_search", "select * from email_search where email_search match 'secret*'",
    "select text from email_search", "select block from email_search_data", "select * from email_search_idx", "select * from activity_texts",
    "select * from deliveries", "select envelope_sender from deliveries", "select * from users", "select * from password_hashes",
    "select load_extension('x')", "select printf('%.*c', 900000000, 'x')", "select format('%.*c', 900000000, 'x')", "select zeroblob(900000000)", "select hex(randomblob(100))",
    "select masked('x')", "select * from temp.sqlite_master", "select * from sqlite_stmt", "select * from dbstat", "select * from json_tree('{}')", "select sqlite_version()",
    "select * from generate_series(1, 9)", "select fts5(?1)", "select readfile('/etc/passwd')", "select * from (select * from emails) as mail", "select last_insert_rowid()",
    "select 1 union all select text from emails", "select * from mail as emails join main.emails as mail", "explain select * from emails", "explain query plan select * from bcc_addresses",
    "/* x */ select * from emails", "SELECT * FROM \"main\".\"emails\"", "select * from [emails]", "select * from emails indexed by emails_sent", "values ((select text from emails))",
    "with recursive mail(x) as (select text from emails union all select x from mail) select x from mail", "select exists (select 1 from bcc_addresses where address like 'ada%')",
    "select case when (select count(id) from bcc_addresses) > 0 then 1 end", "select group_concat(text) from emails", "select rowid from emails", "select oid from raw_messages",
]  # fmt: skip


def test_sql_of_an_admin_reads_the_views_and_nothing_else(open_to_sql: str) -> None:
    browser = Browser(server.build(open_to_sql)).enter()
    for question in QUESTIONS:
        answer = browser.ask(f"/data.csv?sql={quote_plus(question)}")
        assert answer.content == b"\r\n" or answer.status_code == 400, question
        for target in (f"/data.json?sql={quote_plus(question)}", f"/data?sql={quote_plus(question)}"):
            answer = browser.ask(target)
            assert answer.status_code == 400, (question, answer.text)
            assert not [word for word in ALWAYS if word in answer.text and word not in question], question
        where = browser.ask(f"/data/mail.json?_where={quote_plus(f'number in ({question})')}")
        assert where.status_code == 400, question
    plan = browser.ask("/data.json?sql=" + quote_plus("explain query plan select * from mail")).text
    assert "_all_hidden" in plan  # names of one request, which no other one has
    names = [word for word in plan.replace('"', " ").split() if word.endswith("_all_hidden")]
    assert browser.ask(f"/data.json?sql=select+*+from+{names[0]}").status_code == 400


def test_whoever_takes_turns_sees_the_own(walled: str) -> None:
    """Many at once, over the same processes: each answer is that of who asked."""
    connection = database.open_reader(walled)
    viewers = {user: access.who(connection, user) for user in HIDDEN}
    connection.close()
    paths = [(f"/data/{name}", kind) for name in ("mail", "filings", "cases", "feed", "people") for kind in FORMATS]
    expected: dict[tuple[Any, str], str] = {}

    def asked(turn: int) -> tuple[int | None, str, str]:
        user = list(viewers)[turn % len(viewers)]
        path, kind = paths[turn // len(viewers) % len(paths)]
        made = answering.answer(walled, viewers[user], path + kind, "_labels=on&_shape=array")
        assert made.status == 200
        return user, path + kind, made.content.decode()

    with ThreadPoolExecutor(4) as pool:
        for user, target, text in pool.map(asked, range(2 * len(paths) * len(viewers))):
            assert not [word for word in (*ALWAYS, *HIDDEN[user]) if word in text], (user, target)
            assert expected.setdefault((user, target), text) == text
    assert len(expected) == len(paths) * len(viewers)


def test_a_crash_of_the_process_is_one_sentence(walled: str, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = Browser(server.build(walled)).enter()
    with monkeypatch.context() as patch:
        patch.setattr(making, "MAKE", making.MAKE._replace(processor=0.001, pool="crash"))
        answer = browser.ask("/data/mail")
    assert (answer.status_code, "Ask for less of it." in answer.text) == (503, True)
    assert browser.ask("/data/mail").status_code == 200
