"""Atom: what a feed reader sees without a cookie, until when, and what it never sees."""

from __future__ import annotations

import contextlib
import re
import shutil
import sqlite3
import subprocess
import urllib.error
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import httpx
import pytest
from datasette.app import Datasette

from casefleet_cli.cli.app import run
from casefleet_cli.core.atom import Entry, Feed, document, plain
from casefleet_cli.custody import copies
from casefleet_cli.desk import feeds as feed_desk
from casefleet_cli.desk import settings as settings_desk
from casefleet_cli.desk import users as user_desk
from casefleet_cli.store import database, feed_tokens
from casefleet_cli.web import answering, atom, formats, gate, pages, server
from casefleet_cli.web.sessions import Terms
from tests.refusals import Office
from tests.refusals import office as refusing_office
from tests.web.conftest import (
    ADA,
    BCC,
    BEN,
    ERASED_MARKER,
    FOREIGN_MARKER,
    GUEST,
    HELD_MARKER,
    LIM,
    OFF,
    RAW_MARKER,
    REJECTED_MARKER,
    SECRET_SETTING,
    Browser,
)
from tests.web.test_serve import command, opened, serving

A = "{http://www.w3.org/2005/Atom}"
EVERY = (
    "/", "/cases", "/cases/1", "/cases/2", "/cases/1/journal", "/cases/1/attachments", "/leads", "/leads/1", "/leads/1/journal",
    "/leads/1/attachments", "/contacts", "/contacts/1", "/emails/1", "/emails/7", "/emails/1/recipients", "/emails/1/attachments",
    "/unassigned", "/held", "/search?q=hartley", "/notifications?all=1",
)  # fmt: skip
PEOPLE = (
    "Minh",
    "Nguyen",
    "Ada",
    "Berg",
    "Ben",
    "Cole",
    "Grace",
    "nguyen.example",
    "firm.example/",
    "Baxter",
    "Petrov",
    "Sato",
)
WORDS = ("Hartley", "hartley", "quoted", "deposit", "linked body", "answer about", "evil", "records", "Signed retainer")
SECRETS = (BCC, BCC.partition("@")[0], SECRET_SETTING, RAW_MARKER, ERASED_MARKER)
UNHEARD = (
    "/feeds/",
    "/feeds/x.atom",
    "/feeds/x/y.atom",
    f"/feeds/{'2' * 52}.atom",
    "/feeds/%00.atom",
    f"/feeds/{'a' * 5000}.atom",
)


@pytest.fixture
def office(firm: Path, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """The firm, for this test alone and open for changes."""
    path = shutil.copy(firm, tmp_path / "casefleet.db")
    connection = database.open_database(str(path))
    yield connection
    connection.close()


def path_of(connection: sqlite3.Connection) -> str:
    return database.file_of(connection)


def reader(office: sqlite3.Connection, terms: Terms | None = None) -> Browser:
    """A feed reader: it has no cookie, and keeps none."""
    return Browser(server.build(path_of(office), terms=terms))


def address(office: sqlite3.Connection, page: str, user: int = ADA) -> str:
    """Where the feed of a page is for a user."""
    return atom.address_of(feed_desk.add(office, page, user, acting=user).token)


def parsed(answer: httpx.Response) -> ElementTree.Element:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    return ElementTree.fromstring(answer.content)


def titles(answer: httpx.Response) -> list[str | None]:
    return [entry.findtext(f"{A}title") for entry in parsed(answer).iter(f"{A}entry")]


def links(answer: httpx.Response) -> set[str]:
    return {link.get("href", "") for entry in parsed(answer).iter(f"{A}entry") for link in entry.iter(f"{A}link")}


def same(answer: httpx.Response) -> tuple[int, bytes, list[tuple[str, str]]]:
    return answer.status_code, answer.content, sorted(answer.headers.items())


# What is in a feed.


def test_what_atom_asks_for_is_there(office: sqlite3.Connection) -> None:
    """RFC 4287 sections 4.1.1, 4.1.2 and 3.3: every element that must be there, once; RFC 4151: the shape of a tag."""
    seen = 0
    for page in EVERY:
        feed = parsed(reader(office).ask(address(office, page)))
        for element in (feed, *feed.iter(f"{A}entry")):
            for name in ("id", "title", "updated"):
                assert len(element.findall(f"{A}{name}")) == 1, page
            assert re.fullmatch(
                r"tag:log\.firm\.example,2[0-9]{3}-[0-9]{2}-[0-9]{2}:[a-z]+/[0-9]+", element.findtext(f"{A}id") or ""
            )
            moments = [*element.findall(f"{A}updated"), *element.findall(f"{A}published")]
            assert all(re.fullmatch(r"[0-9-]{10}T[0-9:]{8}Z", one.text or "") for one in moments)
            (link,) = element.findall(f"{A}link")
            assert (link.get("rel"), str(link.get("href")).startswith("http://127.0.0.1:8001/")) == ("alternate", True)
            seen += 1
        assert feed.findtext(f"{A}author/{A}name")
        numbers = [entry.findtext(f"{A}id") for entry in feed.iter(f"{A}entry")]
        assert len(numbers) == len(set(numbers)), page
        assert feed.findtext(f"{A}updated") == max(
            (e.findtext(f"{A}updated") or "" for e in feed.iter(f"{A}entry")), default=feed.findtext(f"{A}updated")
        )
    assert seen > 50


def test_every_list_has_a_feed() -> None:
    """A page whose rows no entry is made of would be a bug on the day somebody asks for it."""
    known = {column for column, _ in atom._BY_COLUMN}
    for name, form in formats.FORMS.items():
        assert not form.rows or formats.has(name, "atom") or name.endswith("_viewers"), name
        assert not formats.has(name, "atom") or known & set(form.columns_of_news), name


def test_each_page_has_the_feed_of_its_list_beside_it(firm: Path) -> None:
    for user in (None, ADA, LIM, GUEST):
        browser = Browser(server.build(str(firm), user)).enter()
        for page in EVERY:
            base, mark, query = page.partition("?")
            feed = f"{'/feed' if base == '/' else base}.atom{mark}{query}"
            shown, told, answer = browser.ask(page), browser.ask(feed.replace(".atom", ".json")), browser.ask(feed)
            assert answer.status_code == told.status_code == shown.status_code, page
            if shown.status_code == 200:
                assert f'<a href="{feed}" type="application/atom+xml">Atom</a>' in shown.text, page
                itself = [each.get("href") for each in parsed(answer).findall(f"{A}link") if each.get("rel") == "self"]
                assert itself == [f"http://127.0.0.1:8001{feed}"]
                if "rows" in told.json():
                    ids = [
                        (entry.findtext(f"{A}id") or "").rpartition("/")[2]
                        for entry in parsed(answer).iter(f"{A}entry")
                    ]
                    assert ids == [str(row["id"]) for row in told.json()["rows"]], page


def test_entries_link_to_what_they_are_about(office: sqlite3.Connection) -> None:
    base = "http://127.0.0.1:8001"
    assert links(reader(office).ask(address(office, "/unassigned"))) == {f"{base}/emails/2"}
    assert links(reader(office).ask(address(office, "/cases"))) == {f"{base}/cases/{number}" for number in (1, 2, 3)}
    about = links(reader(office).ask(address(office, "/")))
    assert {f"{base}/emails/1", f"{base}/cases/2", f"{base}/leads/2"} <= about
    browser = Browser(server.build(path_of(office), ADA)).enter()
    for page in EVERY:
        for link in links(reader(office).ask(address(office, page))):
            assert browser.ask(link.removeprefix(base)).status_code == 200, link


def test_a_feed_names_nobody_and_says_nothing(office: sqlite3.Connection) -> None:
    for user in (ADA, BEN, LIM, GUEST):
        for page in EVERY:
            answer = reader(office).ask(address(office, page, user))
            if answer.status_code == 200:
                for word in (*PEOPLE, *WORDS, *SECRETS, HELD_MARKER, REJECTED_MARKER, FOREIGN_MARKER):
                    assert word not in answer.text, (page, word)
    assert titles(reader(office).ask(address(office, "/unassigned"))) == ["E-mail 2"]
    assert titles(reader(office).ask(address(office, "/cases"))) == ["Case 2025-001", "Case 2026-105", "Case 2026-104"]
    assert titles(reader(office).ask(address(office, "/search?q=hartley"))) == ["E-mail 2", "E-mail 1"]


def test_subjects_are_there_where_the_firm_wants_them_and_nothing_else(office: sqlite3.Connection) -> None:
    feed = address(office, "/search?q=hartley")
    settings_desk.put(office, "atom-subjects", "on")
    assert titles(reader(office).ask(feed)) == ["Signed retainer", '<script>alert("subject")</script> records gpj.exe']
    for user in (ADA, BEN, LIM, GUEST):
        for page in EVERY:
            answer = reader(office).ask(address(office, page, user))
            unseen = (*PEOPLE, "linked body", "answer about", "deposit", *SECRETS)
            unseen += (FOREIGN_MARKER,) if user in (LIM, GUEST) else ()
            unseen += (HELD_MARKER, REJECTED_MARKER) if user != BEN else ()  # whose mail that is
            assert not [word for word in unseen if word in answer.text], page
    settings_desk.forget(office, "atom-subjects")
    assert titles(reader(office).ask(feed)) == ["E-mail 2", "E-mail 1"]


HOSTILE = {
    "]]></title><entry>": "]]></title><entry>",
    "\x00\x01\x08\x0b\x1f\x7f\x85": None,
    "\ufffe\uffff": None,
    "\u202egpj.exe": "gpj.exe",
    "a\tb\r\nc\u2028d": "a b cd",
    "&amp;&#0;&lt;!ENTITY": "&amp;&#0;&lt;!ENTITY",
    "<!DOCTYPE x [<!ENTITY y 'z'>]>&y;": "<!DOCTYPE x [<!ENTITY y 'z'>]>&y;",
    "'\"": "'\"",
    "Z" + "\u0301" * 5000: "Z\u0301\u0301\u0301\u0301",
    "y" * 5000: "y" * 300 + "…",
    "\U0001f4a9 \U0010ffff": "\U0001f4a9 \U0010ffff",
}


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_no_subject_breaks_a_feed(office: sqlite3.Connection, number: int) -> None:
    subject, shown = list(HOSTILE.items())[number]
    settings_desk.put(office, "atom-subjects", "on")
    office.execute("UPDATE emails SET subject = ? WHERE id = 2", (subject,))
    (title,) = titles(reader(office).ask(address(office, "/unassigned")))
    assert (title or "").startswith(shown or "E-mail 2")
    assert len(title or "") <= 301


def test_a_document_is_well_formed_whatever_is_in_it() -> None:
    """Lone surrogates too, which no text in SQLite has."""
    strange = "".join(
        map(chr, (*range(0x300), 0x2028, 0xD7FF, 0xD800, 0xDFFF, 0xE000, 0xFFFD, 0xFFFE, 0xFFFF, 0x10FFFF))
    )
    entry = Entry(strange, strange, strange, strange, strange)
    feed = Feed(strange, strange, strange, strange, strange, strange, (entry, entry))
    found = ElementTree.fromstring(document(feed))
    assert {element.text for element in found.iter(f"{A}title")} == {plain(strange)}
    assert {link.get("href") for link in found.iter(f"{A}link")} == {plain(strange)}


def test_the_same_feed_is_the_same_bytes(office: sqlite3.Connection) -> None:
    for page in EVERY:
        feed = address(office, page)
        first, second = reader(office).ask(feed), reader(office).ask(feed)
        assert (first.content, first.headers["etag"]) == (second.content, second.headers["etag"]), page
        etag = first.headers["etag"]
        for known in (etag, f"W/{etag}", f'"x", {etag}'):
            again = reader(office).ask(feed, If_None_Match=known)
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
            assert (again.headers["cache-control"], "content-length" in again.headers) == ("no-store", False)
        assert reader(office).ask(feed, If_None_Match='"x"').content == first.content
        head = reader(office).ask(feed, "HEAD")
        assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", etag)
    before = reader(office).ask(address(office, "/unassigned")).headers["etag"]
    office.execute("UPDATE emails SET standing = 'unassigned' WHERE id = 6")
    assert reader(office).ask(address(office, "/unassigned")).headers["etag"] != before


def test_links_are_under_the_name_that_people_come_by(office: sqlite3.Connection) -> None:
    feed = address(office, "/unassigned")
    terms = Terms(frozenset({"pages.firm.example", "www.firm.example"}), passwords=True)
    for host in ("pages.firm.example", "www.firm.example:8443", "127.0.0.1:8001"):
        assert links(reader(office, terms).ask(feed, host=host)) == {"https://pages.firm.example/emails/2"}
    assert links(reader(office).ask(feed, host="localhost:9")) == {"http://localhost:9/emails/2"}
    for host in ("evil.example", "127.0.0.1:8001/x", ""):
        assert reader(office).ask(feed, host=host).status_code == 421


def test_a_feed_tells_neither_its_address_nor_what_it_searches(office: sqlite3.Connection) -> None:
    feed = address(office, "/search?q=hartley")
    answer = reader(office).ask(feed)
    assert titles(answer)
    for told in (answer.text, str(answer.headers)):
        assert not [secret for secret in (feed, feed[7:20], "hartley", 'rel="self"') if secret in told]


# Whose eyes it has, and until when.


def test_a_token_opens_one_page_with_the_eyes_of_one_user(office: sqlite3.Connection) -> None:
    of_ada, of_lim, of_ben = (address(office, "/cases", user) for user in (ADA, LIM, BEN))
    assert len(titles(reader(office).ask(of_ada))) == len(titles(reader(office).ask(of_ben))) == 3
    assert titles(reader(office).ask(of_lim)) == ["Case 2026-104"]
    ids = {parsed(reader(office).ask(each)).findtext(f"{A}id") for each in (of_ada, of_lim, of_ben)}
    assert len(ids) == 3
    held, not_held = address(office, "/held", BEN), address(office, "/held", ADA)
    assert (titles(reader(office).ask(held)), titles(reader(office).ask(not_held))) == (["E-mail 3"], [])
    for more in ("?before=2", "?q=x", "?token=x", "?_where=1"):
        assert reader(office).ask(of_lim + more).content == reader(office).ask(of_lim).content
    for other in (
        of_lim.replace(".atom", ".json"),
        of_lim.replace(".atom", ""),
        of_lim + "/",
        of_lim.upper(),
        f"/{of_lim}",
    ):
        assert reader(office).ask(other).status_code in (401, 404)


def test_a_token_signs_nobody_in_and_no_cookie_widens_it(office: sqlite3.Connection) -> None:
    feed = address(office, "/cases", LIM)
    visitor = reader(office)
    alone = visitor.ask(feed)
    assert ("set-cookie" in alone.headers, visitor.cookies) == (False, {})
    assert visitor.ask("/cases.atom").status_code == visitor.ask("/").status_code == 401
    admin = reader(office).enter()
    assert same(admin.ask(feed)) == same(alone)
    for method in ("POST", "PUT", "DELETE"):
        assert {visitor.ask(each, method).status_code for each in (feed, *UNHEARD[2:4])} == {405}


ENDS = {
    "it is revoked": lambda db, number: feed_desk.revoke(db, [number], acting=ADA),
    "an admin revokes it": lambda db, number: feed_desk.revoke(db, [number]),
    "its user is disabled": lambda db, _: db.execute("UPDATE users SET disabled_at = created_at WHERE id = ?", (ADA,)),
    "its case is another's alone": lambda db, _: db.executescript("UPDATE cases SET restricted = 1 WHERE id = 1; DELETE FROM case_users WHERE user_id = 1;"),
    "its user is limited to other cases": lambda db, _: db.executescript("UPDATE users SET role = 'limited' WHERE id = 1; DELETE FROM case_users WHERE user_id = 1;"),
}  # fmt: skip


@pytest.mark.parametrize("end", ENDS)
def test_a_feed_ends_when(office: sqlite3.Connection, end: str) -> None:
    """An address that shows nothing any more is as one that never was: the whole answer, but its address."""
    added = feed_desk.add(office, "/cases/1", ADA, acting=ADA)
    other = address(office, "/cases/1", LIM)
    feed, visitor = atom.address_of(added.token), reader(office)
    assert titles(visitor.ask(feed))
    ENDS[end](office, added.number)
    for method in ("GET", "HEAD"):
        unheard = {str(same(visitor.ask(each, method))) for each in UNHEARD}
        assert unheard == {str(same(visitor.ask(feed, method)))}
        assert visitor.ask(feed, method).status_code == 404
    assert titles(visitor.ask(other))


def test_a_feed_shrinks_with_what_its_user_sees(office: sqlite3.Connection) -> None:
    feed, visitor = address(office, "/cases"), reader(office)
    assert len(titles(visitor.ask(feed))) == 3
    office.execute("UPDATE cases SET restricted = 1 WHERE id = 2")
    assert titles(visitor.ask(feed)) == ["Case 2025-001", "Case 2026-104"]
    office.execute("UPDATE users SET role = 'guest' WHERE id = ?", (ADA,))
    assert titles(visitor.ask(feed)) == ["Case 2026-104"]
    office.execute("UPDATE users SET role = 'admin' WHERE id = ?", (ADA,))
    assert len(titles(visitor.ask(feed))) == 3


def test_who_is_disabled_has_no_feed_when_enabled_again(office: sqlite3.Connection) -> None:
    office.execute("INSERT INTO users (id, name, role, created_at) VALUES (9, 'Boss', 'admin', '2026-01-01T00:00:00Z')")
    feed, of_lim = address(office, "/"), address(office, "/", LIM)
    user_desk.disable(office, ADA, acting=9)
    assert reader(office).ask(feed).status_code == 404
    user_desk.enable(office, ADA, acting=9)
    assert (reader(office).ask(feed).status_code, reader(office).ask(of_lim).status_code) == (404, 200)


def test_a_database_that_cannot_be_read_says_nothing_about_a_token(office: sqlite3.Connection) -> None:
    feed, visitor = address(office, "/"), reader(office)
    Path(path_of(office)).rename(f"{path_of(office)}.away")
    answers = {str(same(visitor.ask(each))) for each in (feed, *UNHEARD[2:4])}
    assert (len(answers), visitor.ask(feed).status_code) == (1, 503)


def test_a_bug_on_a_page_says_nothing_about_a_token(
    office: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    feed, visitor = address(office, "/"), reader(office)
    monkeypatch.setattr(atom, "told", lambda *_: 1 / 0)
    assert same(visitor.ask(feed)) == same(visitor.ask(UNHEARD[3]))
    assert feed[7:20] not in "".join(capfd.readouterr())


def test_where_only_datasette_runs_there_is_no_feed(office: sqlite3.Connection) -> None:
    feed = address(office, "/")
    plain = Datasette(files=[path_of(office)])  # type: ignore[no-untyped-call]
    site = reader(office).site._replace(app=gate.Gate(plain.app(), plain))
    assert Browser(site).ask(feed).status_code == 404


def test_a_reader_that_looks_is_not_noted_as_somebody_who_reads(office: sqlite3.Connection) -> None:
    settings_desk.put(office, "read-log", "on")
    assert titles(reader(office).ask(address(office, "/emails/7")))
    assert not Path(f"{path_of(office)}.visits").exists()


# What is kept of it.


def test_of_a_token_its_hash_is_kept_and_nothing_else(office: sqlite3.Connection) -> None:
    added = feed_desk.add(office, "/cases/1", ADA, acting=ADA)
    assert re.fullmatch("[2-9a-z]{52}", added.token)
    folder = Path(path_of(office)).parent
    assert not [file for file in folder.iterdir() if added.token.encode() in file.read_bytes()]
    assert feed_tokens.opened(office, added.token) == (added.number, ADA, "/cases/1")
    for other in (
        "",
        added.token[:-1],
        added.token + "2",
        office.execute("SELECT hash FROM feed_tokens").fetchone()[0],
    ):
        assert feed_tokens.opened(office, other) is None


def test_the_journal_tells_who_added_and_revoked_what_for_whom(office: sqlite3.Connection) -> None:
    token, number = feed_desk.add(office, "/cases/1", LIM, acting=LIM)[::-1]
    feed_desk.revoke(office, [number])
    told = office.execute(
        "SELECT a.id, a.verb, a.user_id, a.about_user_id, t.text FROM activities AS a JOIN activity_texts AS t"
        " ON t.activity_id = a.id ORDER BY a.id DESC LIMIT 2"
    ).fetchall()
    assert told == [
        (number + 1, "edited", None, LIM, f"feed {number} of /cases/1 revoked"),
        (number, "edited", LIM, LIM, "feed of /cases/1 added"),
    ]
    assert token not in str(told)
    for user in (ADA, LIM):
        assert "feed of /cases" not in Browser(server.build(path_of(office), user)).enter().ask("/feed.json").text


@pytest.fixture
def sound(tmp_path: Path) -> Office:
    """A firm whose mail is as it came, so that it can be copied and handed over."""
    return refusing_office(tmp_path)


def test_a_backup_keeps_the_hashes_and_a_restore_ends_the_feeds(
    sound: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A copy is what was there. Who revoked a feed since then must not find that it works again."""
    added = feed_desk.add(sound.db, "/", sound.ada, acting=sound.ada)
    feed_desk.add(sound.db, "/cases", sound.carl, acting=sound.carl)
    assert Browser(server.build(sound.path)).ask(atom.address_of(added.token)).status_code == 200
    copies.backup(sound.db, tmp_path / "copy.db")
    feed_desk.revoke(sound.db, [added.number])
    sound.db.close()
    content = (tmp_path / "copy.db").read_bytes()
    assert added.token.encode() not in content
    with contextlib.closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        kept = copy.execute("SELECT activity_id, user_id, page FROM feed_tokens ORDER BY 1").fetchone()
        assert kept == (added.number, sound.ada, "/")
    assert run(["--db", sound.path, "restore", str(tmp_path / "copy.db"), "--replace"]) == 0
    ended = "The 2 feeds of the copy ended: whoever wants one adds it anew by casefleet atom add.\n"
    assert ended in capsys.readouterr().out
    assert (tmp_path / "copy.db").read_bytes() == content
    assert Browser(server.build(sound.path)).ask(atom.address_of(added.token)).status_code == 404
    assert run(["--db", sound.path, "verify"]) == 0


def test_no_snapshot_and_no_export_holds_a_token(sound: Office, tmp_path: Path) -> None:
    added = feed_desk.add(sound.db, "/cases/1", sound.ada, acting=sound.ada)
    (hashed,) = sound.db.execute("SELECT hash FROM feed_tokens").fetchone()
    out = tmp_path / "out"
    out.mkdir()
    assert run(["--db", sound.path, "publish", str(out / "snapshot.db")]) == 0
    assert run(["--db", sound.path, "export", "--case", "2026-101", "--to", str(out / "case")]) == 0
    files = [file for file in out.rglob("*") if file.is_file()]
    assert len(files) > 4
    for secret in (added.token, hashed, "/cases/1 added"):
        assert not [file for file in files if secret.encode() in file.read_bytes()]


# The command.


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = run(list(words))
    return (code, *capsys.readouterr())


@pytest.mark.parametrize(
    ("typed", "page"),
    [
        ("/", "/"), ("", "/"), ("/cases", "/cases"), ("/cases/1.json", "/cases/1"), ("/feed.atom", "/"),
        ("https://pages.firm.example/cases/3?before=7#top", "/cases/3"), ("http://127.0.0.1:8001", "/"),
        ("/search?q=a+b&before=4", "/search?q=a+b"), ("/search?q=%C3%A4", "/search?q=%C3%A4"), ("/search?q=\udc80", "/search?q=%3F"),
        ("/notifications?all=1&x=2", "/notifications?all=1"), ("cases", ""), ("/cäses", ""), ("http://[", ""), ("/a\x00b", ""),
    ],
)  # fmt: skip
def test_a_page_is_named_as_in_a_browser(typed: str, page: str) -> None:
    assert atom.page_of(typed) == page


def test_a_feed_from_its_address_to_its_end_by_processes_of_their_own(office: sqlite3.Connection) -> None:
    path = Path(path_of(office))

    def casefleet(*words: str) -> tuple[int, str]:
        done = subprocess.run(command(path, *words), capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    with serving(path, "serve") as (entrance, process):
        base = entrance.partition("/login")[0]
        (code, of_ada), (_, of_lim) = (casefleet("--as", str(user), "atom", "add", "/cases") for user in (ADA, LIM))
        assert (code, re.fullmatch(rf"{re.escape(base)}/feeds/[2-9a-z]{{52}}\.atom\n", of_ada) is not None) == (0, True)
        for feed, cases in ((of_ada, 3), (of_lim, 1)):
            with opened().open(feed.strip()) as answer:
                found = ElementTree.fromstring(answer.read())
                assert len(found.findall(f"{A}entry")) == cases
                assert {each.get("href") for each in found.findall(f"{A}entry/{A}link")} <= {
                    f"{base}/cases/{n}" for n in (1, 2, 3)
                }
        number = feed_tokens.listed(office, ADA)[0]["id"]
        assert casefleet("--as", str(LIM), "atom", "revoke", str(number))[0] == 2
        assert casefleet("--as", str(ADA), "atom", "revoke", str(number)) == (
            0,
            f"Feed {number} shows nothing any more.\n",
        )
        with pytest.raises(urllib.error.HTTPError, match="404"):
            opened().open(of_ada.strip())
        with opened().open(of_lim.strip()) as answer:
            assert answer.status == 200
        listed = casefleet("--as", str(LIM), "atom", "list", "--json")[1]
        assert ('"page": "/cases"' in listed, of_lim[-57:-6] in listed) == (True, False)
        process.terminate()
        out, err = process.communicate(timeout=20)
        assert not [token for token in (of_ada[-57:-6], of_lim[-57:-6]) if token in out + err]


def test_everybody_lists_the_own_feeds_and_admins_all(
    office: sqlite3.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    path = path_of(office)
    numbers = {user: feed_desk.add(office, "/cases/1", user, acting=user).number for user in (ADA, LIM, GUEST)}
    assert said(capsys, "--db", path, "--as", str(BEN), "atom", "list")[1] == "No feed yet: casefleet atom add PAGE\n"
    for user, number in numbers.items():
        code, out, _ = said(capsys, "--db", path, "--as", str(user), "atom", "list", "--nl")
        assert (code, out.count("\n"), f'"id": {number},' in out) == (0, 1, True)
    assert said(capsys, "--db", path, "atom", "list", "--nl")[1].count("\n") == 3
    before = feed_tokens.listed(office)
    code, _, error = said(
        capsys, "--db", path, "--as", str(LIM), "atom", "revoke", str(numbers[LIM]), str(numbers[ADA])
    )
    assert (code, feed_tokens.listed(office)) == (2, before), "all or none"
    unheard = said(capsys, "--db", path, "--as", str(LIM), "atom", "revoke", "999")[2]
    assert error.replace(str(numbers[ADA]), "N") == unheard.replace("999", "N")
    assert said(capsys, "--db", path, "atom", "revoke", *map(str, numbers.values()))[0] == 0
    assert feed_tokens.listed(office) == []


def test_a_page_out_of_sight_has_no_feed_as_one_that_is_nowhere(
    office: sqlite3.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    path = path_of(office)
    answers = set()
    for page in ("/cases/2", "/cases/99", "/emails/5", "/nowhere", "/emails/1/html", "/emails/7/attachments/11"):
        code, out, error = said(capsys, "--db", path, "--as", str(LIM), "atom", "add", page)
        answers.add((code, out, error.replace(page, "PAGE")))
    assert answers == {
        (2, "", "casefleet: There is no feed of 'PAGE'; name a page as /, /cases/3 or '/search?q=hearing'.\n")
    }
    assert said(capsys, "--db", path, "--as", str(OFF), "atom", "add", "/")[0] == 2
    assert feed_tokens.listed(office) == []


def test_every_page_that_is_told_to_programs_is_one_of_ours() -> None:
    made_by = {answer.__name__ for _, answer in pages.ROUTES}
    assert made_by >= formats.FORMS.keys()
    assert (
        answering.is_page("/cases.atom")
        and answering.is_page("/feed.atom")
        and not answering.is_page("/emails/1/html.atom")
    )
