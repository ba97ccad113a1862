"""Signing in: who gets in, as whom, and when it is over."""

from __future__ import annotations

import contextlib
import functools
import shutil
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from casefleet_cli import clock
from casefleet_cli.desk import passwords as password_desk
from casefleet_cli.store import database, passwords, visits
from casefleet_cli.web import entering, server
from casefleet_cli.web.sessions import Terms
from tests.web.conftest import ADA, BEN, HELD_MARKER, OFF, Browser

PASSWORD = "correct horse battery staple"
BY_PASSWORD = Terms(frozenset({"pages.firm.example"}), passwords=True)
BY_PROXY = Terms(frozenset({"pages.firm.example"}), proxy="10.0.0.7", header="x-remote-user")
FORM = {"name": "ada@firm.example", "password": PASSWORD}


@pytest.fixture(scope="module", autouse=True)
def _quick() -> Iterator[None]:
    """A hash takes next to no time here; what it takes is only asked by the test that `_hashes_slowly`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(password_desk, "_hasher", functools.cache(lambda: PasswordHasher(1, 8, 1)))
        password_desk._nobodys.cache_clear()
        yield
    password_desk._nobodys.cache_clear()


@pytest.fixture
def _hashes_slowly(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(password_desk, "_hasher", functools.cache(PasswordHasher))
    password_desk._nobodys.cache_clear()
    yield
    password_desk._nobodys.cache_clear()


@pytest.fixture(scope="module")
def with_passwords(firm: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A firm where Ada has a password and a login, and Olf, who is disabled, too."""
    path = tmp_path_factory.mktemp("passwords") / "casefleet.db"
    with contextlib.closing(sqlite3.connect(firm)) as connection:
        connection.execute("VACUUM INTO ?", (str(path),))
    connection = database.open_database(str(path))
    password_desk.put(connection, ADA, PASSWORD)
    password_desk.put(connection, OFF, PASSWORD)
    connection.execute("UPDATE users SET login = 'ada' WHERE id = ?", (ADA,))
    connection.execute("INSERT INTO sender_addresses (user_id, address) VALUES (?, 'off@firm.example')", (OFF,))
    database.close_whole(connection, str(path))
    return path


@pytest.fixture
def office(with_passwords: Path, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """That firm, for this test alone and open for changes."""
    path = shutil.copy(with_passwords, tmp_path / "casefleet.db")
    connection = database.open_database(str(path))
    yield connection
    connection.close()


def path_of(connection: sqlite3.Connection) -> str:
    return str(connection.execute("PRAGMA database_list").fetchone()[2])


def browser(office: sqlite3.Connection, terms: Terms = BY_PASSWORD, book: visits.Book | None = None) -> Browser:
    return Browser(server.build(path_of(office), terms=terms, book=book))


# The address that works once.


@pytest.mark.parametrize(
    ("method", "options", "status"),
    [
        ("HEAD", {}, 401),
        ("GET", {"Sec_Purpose": "prefetch"}, 401),
        ("GET", {"Sec_Purpose": "prefetch;prerender"}, 401),
        ("GET", {"Purpose": "prefetch"}, 401),
        ("GET", {"host": "evil.example"}, 421),
        ("GET", {"host": "pages.firm.example"}, 421),
        ("POST", {}, 403),
    ],
)
def test_what_only_looks_does_not_use_the_address_up(
    stranger: Browser, method: str, options: dict[str, str], status: int
) -> None:
    assert stranger.ask(stranger.site.entrance, method, **options).status_code == status
    assert stranger.ask("/").status_code == 401
    stranger.enter()
    assert stranger.ask("/").status_code == 200


def test_an_address_is_over_in_time(stranger: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    later = clock.now().timestamp() + visits.SECONDS + 1
    monkeypatch.setattr(visits, "_now", lambda: int(later))
    assert stranger.ask(stranger.site.entrance).status_code == 401


# Passwords.


def test_a_password_lets_its_user_in(office: sqlite3.Connection) -> None:
    visitor = browser(office)
    page = visitor.ask("/cases/1?before=9")
    assert page.status_code == 401
    assert 'name="to" value="/cases/1?before=9"' in page.text
    answer = visitor.ask("/login", "POST", form={**FORM, "to": "/cases/1?before=9"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/cases/1?before=9")
    assert answer.headers["set-cookie"].endswith("HttpOnly; SameSite=Strict; Secure")
    assert "Ada Berg" in visitor.ask("/").text
    assert visitor.ask("/emails/3").status_code == 404


@pytest.mark.parametrize("name", ["ada@firm.example", " ADA@Firm.Example ", "ada"])
def test_a_name_is_an_address_or_a_login(office: sqlite3.Connection, name: str) -> None:
    assert browser(office).ask("/login", "POST", form={**FORM, "name": name}).status_code == 303


@pytest.mark.parametrize(
    "wrong",
    [
        {"password": "wrong"},
        {"password": ""},
        {"password": PASSWORD.upper()},
        {"password": PASSWORD + " "},
        {"name": "ben@firm.example"},
        {"name": "eve@else.example"},
        {"name": "off@firm.example"},
        {"name": "Ada Berg"},
        {"name": ""},
        {"name": "ada\0"},
        {"name": "*"},
    ],
)
def test_anything_else_lets_nobody_in(office: sqlite3.Connection, wrong: dict[str, str]) -> None:
    visitor = browser(office)
    answer = visitor.ask("/login", "POST", form={**FORM, **wrong})
    assert answer.status_code == 401
    assert "No user has this name and password." in answer.text
    assert "set-cookie" not in answer.headers
    assert visitor.ask("/").status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
def test_another_site_signs_nobody_in(office: sqlite3.Connection, headers: dict[str, str]) -> None:
    assert browser(office).ask("/login", "POST", form=FORM, **headers).status_code == 403


def test_a_form_is_taken_where_passwords_are_and_not_when_it_is_huge(office: sqlite3.Connection) -> None:
    assert browser(office, Terms()).ask("/login", "POST", form=FORM).status_code == 403
    assert browser(office).ask("/login", "POST", form={**FORM, "more": "x" * entering.LONGEST_FORM}).status_code == 403


@pytest.mark.parametrize(
    ("to", "goes"),
    [
        ("/search?q=a&before=3", "/search?q=a&before=3"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("\\\\evil.example", "/"),
        ("https://evil.example/", "/"),
        ("evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("/\r\nSet-Cookie: a=b", "/"),
        ("", "/"),
        ("/é", "/"),
    ],
)
def test_nobody_is_sent_to_another_server(office: sqlite3.Connection, to: str, goes: str) -> None:
    assert browser(office).ask("/login", "POST", form={**FORM, "to": to}).headers["location"] == goes


@pytest.mark.parametrize(
    ("path", "again"), [("//evil.example/x", "/"), ("/cases/1?before=3&x=%22", "/cases/1?before=3&amp;x=%22")]
)
def test_who_comes_from_another_site_is_kept_on_ours(stranger: Browser, path: str, again: str) -> None:
    page = stranger.ask(path, Sec_Fetch_Site="cross-site").text
    assert f'content="0;url={again}"' in page


@pytest.mark.usefixtures("_hashes_slowly")
def test_a_wrong_name_takes_as_long_as_a_wrong_password(office: sqlite3.Connection) -> None:
    password_desk.put(office, ADA, PASSWORD)

    def seconds(name: str) -> float:
        begun = time.process_time()
        assert password_desk.signed_in(office, name, "wrong wrong wrong") is None
        return time.process_time() - begun

    times = {name: min(seconds(name) for _ in range(4)) for name in ("ada", "nobody", "ben@firm.example")}
    assert max(times.values()) < 2 * min(times.values())


def test_each_wrong_password_beyond_the_fifth_doubles_the_wait() -> None:
    now = 0.0
    throttle = entering.Throttle(lambda: now)
    waits = []
    for _ in range(20):
        throttle.was_wrong("ada", "peer")
        waits.append(throttle.wait("ada"))
        now += waits[-1]
    assert waits[:8] == [0, 0, 0, 0, 1, 2, 4, 8]
    assert (max(waits), throttle.wait("ben"), throttle.wait("ben", "peer")) == (300, 0, 0)
    throttle.was_wrong("ada")
    assert throttle.wait("ada") == 300
    throttle.was_right("ada")
    assert throttle.wait("ada") == 0
    for number in range(20_000):
        throttle.was_wrong(str(number))
    assert len(throttle._wrong) == entering._REMEMBERED


def test_a_name_that_was_guessed_too_often_waits(office: sqlite3.Connection) -> None:
    visitor = browser(office)
    answers = [visitor.ask("/login", "POST", form={**FORM, "password": "x"}).status_code for _ in range(6)]
    assert answers == [401] * 5 + [429]
    answer = visitor.ask("/login", "POST", form=FORM)
    assert (answer.status_code, "Too many wrong passwords; try again in 1 second" in answer.text) == (429, True)


# Until when.


def signed_in(office: sqlite3.Connection, book: visits.Book | None = None) -> Browser:
    visitor = browser(office, book=book)
    assert visitor.ask("/login", "POST", form=FORM).status_code == 303
    assert visitor.ask("/").status_code == 200
    return visitor


ENDS = {
    "disabled": lambda db: db.execute("UPDATE users SET disabled_at = '2026-01-01T00:00:00Z' WHERE id = ?", (ADA,)),
    "another role": lambda db: db.execute("UPDATE users SET role = 'guest' WHERE id = ?", (ADA,)),
    "another password": lambda db: password_desk.put(db, ADA, PASSWORD + " more"),
    "the same password again": lambda db: password_desk.put(db, ADA, PASSWORD),
    "no password": lambda db: password_desk.remove(db, ADA),
}


@pytest.mark.parametrize("change", ENDS)
def test_a_visit_ends_with(office: sqlite3.Connection, change: str) -> None:
    visitor = signed_in(office)
    ENDS[change](office)
    assert visitor.ask("/").status_code == 401


def test_what_others_change_ends_no_visit(office: sqlite3.Connection) -> None:
    visitor = signed_in(office)
    office.execute("UPDATE users SET role = 'guest' WHERE id = ?", (BEN,))
    password_desk.put(office, BEN, PASSWORD)
    passwords.rehash(office, ADA, "$argon2 of something else", "$argon2id$x")
    assert visitor.ask("/").status_code == 200


def test_a_visit_survives_a_restart_and_not_its_end(office: sqlite3.Connection) -> None:
    visitor = signed_in(office, visits.beside(path_of(office)))
    cookies = dict(visitor.cookies)
    again = browser(office, book=visits.beside(path_of(office)))
    again.cookies = dict(cookies)
    assert "Ada Berg" in again.ask("/").text
    assert again.ask("/logout", "POST").status_code == 303
    for one in (visitor, browser(office, book=visits.beside(path_of(office)))):
        one.cookies = dict(cookies)
        assert one.ask("/").status_code == 401


def test_a_cookie_of_another_firm_opens_nothing(office: sqlite3.Connection, tmp_path: Path) -> None:
    cookies = signed_in(office, visits.beside(path_of(office))).cookies
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy(path_of(office), other / "casefleet.db")
    there = Browser(
        server.build(str(other / "casefleet.db"), terms=BY_PASSWORD, book=visits.beside(str(other / "casefleet.db")))
    )
    there.cookies = dict(cookies)
    assert there.ask("/").status_code == 401


def test_the_visits_are_the_owners_alone_and_hold_no_way_in(office: sqlite3.Connection) -> None:
    book = visits.beside(path_of(office))
    token = book.invite(ADA, 60)
    name = book.begin(ADA, "standard ")
    there = Path(visits.path_beside(path_of(office)))
    assert there.stat().st_mode & 0o777 == 0o600
    stored = there.read_bytes() + Path(f"{there}-wal").read_bytes()
    assert token.encode() not in stored
    assert name.encode() not in stored
    assert (book.accept(token), book.accept(token)) == ((ADA,), None)


# Behind a proxy that says who it is.


def test_the_header_of_the_proxy_names_the_user(office: sqlite3.Connection) -> None:
    visitor = browser(office, BY_PROXY)
    for name in ("ada", "ada@firm.example", "ADA@FIRM.EXAMPLE"):
        page = visitor.ask("/", host="pages.firm.example", peer="10.0.0.7", X_Remote_User=name)
        assert (page.status_code, "Ada Berg" in page.text) == (200, True)
    for name in ("eve", "off@firm.example", "Ada Berg", "1", ""):
        assert visitor.ask("/", peer="10.0.0.7", X_Remote_User=name).status_code == 401
    for peer in ("10.0.0.8", "127.0.0.1", "10.0.0.70"):
        assert visitor.ask("/", peer=peer, X_Remote_User="ada").status_code == 401
    assert visitor.ask("/login", "POST", form=FORM, peer="10.0.0.7").status_code == 403


def test_without_a_proxy_no_header_names_anybody(office: sqlite3.Connection) -> None:
    for terms in (Terms(), BY_PASSWORD):
        assert browser(office, terms).ask("/", X_Remote_User="ada").status_code == 401


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("pages.firm.example", 401),
        ("PAGES.firm.example:8443", 401),
        ("localhost:8001", 401),
        ("evil.example", 421),
        ("pages.firm.example.evil.example", 421),
        ("", 421),
    ],
)
def test_only_names_of_ours_are_answered(office: sqlite3.Connection, host: str, status: int) -> None:
    assert browser(office).ask("/", host=host).status_code == status


def test_nobody_is_wrongly_in_after_many_requests(office: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = signed_in(office)
    stranger = Browser(visitor.site)
    assert {stranger.ask("/").status_code for _ in range(200)} == {401}
    assert visitor.ask("/").status_code == 200
    later = clock.now().timestamp() + visits.SECONDS + 1
    monkeypatch.setattr(visits, "_now", lambda: int(later))
    assert {visitor.ask("/").status_code for _ in range(20)} == {401}
    assert HELD_MARKER not in visitor.ask("/").text
