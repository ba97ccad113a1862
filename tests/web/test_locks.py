from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import sqlite3
from datetime import timedelta
from importlib import resources
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
from datasette import handle_exception
from datasette.app import Datasette
from datasette.hookspecs import hookimpl
from datasette.plugins import pm
from datasette.utils.asgi import Request

from casefleet_cli import clock
from casefleet_cli.errors import CasefleetError, ConfigError, NoInputError
from casefleet_cli.web import answering, email_pages, locks, server
from tests.fakes import bug_in
from tests.volume import volume
from tests.web.conftest import ADA, BCC, GUEST, LIM, OFF, RAW_MARKER, SECRET_SETTING, Browser

SECRETS = (BCC, BCC.partition("@")[0], SECRET_SETTING, RAW_MARKER, "7k3mq9x2vt4hc8wn")
TABLES = (
    "bcc_addresses",
    "raw_messages",
    "settings",
    "emails",
    "email_search",
    "email_search_data",
    "users",
    "sqlite_master",
)


def addresses(site: server.Site) -> list[str]:
    """Every address Datasette has registered, made concrete, in every spelling that has opened something before."""
    made: list[str] = []
    for pattern, _ in site.datasette._routes():
        address = pattern.pattern.lstrip("^").removesuffix("$").removesuffix(r"\Z")
        address = address.replace("([1-9][0-9]{0,17})", "1")
        for piece, value in (
            (r"(\.(?P<format>jsono?))?", ""), (r"(\.(?P<format>json))?", ""), (r"(\.(?P<format>\w+))?", ""),
            (r"(?P<path>.*)", "app.css"), (r"(?P<rest>.*)", ""), (r"(?P<database>[^\/\.]+)", "casefleet"),
            (r"(?P<table>[^\/\.]+)", "bcc_addresses"), (r"(?P<table>[^/]+?)", "raw_messages"), (r"(?P<pks>[^/]+?)", "1"),
            ("\\", ""),
        ):  # fmt: skip
            address = address.replace(piece, value)
        made.append(address)
    for table in TABLES:
        made += [f"/casefleet/{table}", f"/casefleet/{table}/1", f"/CaseFleet/{table.upper()}", f"/_internal/{table}"]
    made += [
        "/casefleet", "/casefleet.db", "/casefleet.json?sql=select+*+from+bcc_addresses", "/_memory", "/_internal",
        "/casefleet?sql=select+address+from+bcc_addresses", "/casefleet/-/query?sql=select+1", "/-/databases.json",
        "/casefleet/raw_messages/1.blob?_blob_column=content", "/-/actor.json", "/-/auth-token?token=x", "/-/permissions",
        "//evil.example/", "/%5cevil.example/", "/casefleet/emails.csv?_stream=on",
        "/-/static/app.css", "/-/static-plugins/casefleet/style.css", "/:memory:", "/CASES", "/Emails/1",
        "/emails/1/HTML", "/emails/1/raw", "/emails/1.eml", "/casefleet~2Edb", "/casefleet%2edb", "/emails/1%2fhtml",
    ]  # fmt: skip
    variants = [
        spelling
        for address in dict.fromkeys(made)
        for base, mark, query in [address.partition("?")]
        for spelling in (
            address,
            *(f"{base}{ending}{mark}{query}" for ending in (".json", ".csv", ".blob", ".jsono", "/")),
            address.upper(),
        )
    ]
    return list(dict.fromkeys(variants))


@pytest.mark.soak
@pytest.mark.parametrize("user", [None, "admin", GUEST, ADA, LIM][: volume(3, 5)])
def test_no_address_tells_a_secret(firm: Path, user: Any) -> None:
    browser = Browser(server.build(str(firm), None if user in (None, "admin") else user))
    if user is not None:
        browser.enter()
    known = {"/login", "/style.css", "/icon.svg"}
    walked = 0
    for address in addresses(browser.site):
        response = browser.ask(address)
        whole = response.content + str(response.headers).encode()
        assert [secret for secret in SECRETS if secret.encode() in whole] == [], address
        walked += 1
        if user is None and address not in known:
            assert response.status_code == 401, address
            assert b"casefleet serve" in response.content
            assert not re.search(rb"Neill|Petrov|Minh|2026-104", response.content), address
        elif not answering.is_page(address.partition("?")[0]):
            assert response.status_code in (404, 303) or address in known, address
        location = response.headers.get("location", "")
        assert location in ("", "/", "/login"), address
    assert walked > 400


@pytest.mark.parametrize(
    "raw", [b"/./", b"/../", b"//", b"//evil.example", b"/\\evil.example/", b"/x/../", b"/cases/..", b"/;/", b"/ ", b"/\x00", b"/%00", b"/\n",
            b"/emails/1\n", b"/emails/1%0a", b"\xff", b"", b"*"],
)  # fmt: skip
def test_odd_paths_as_they_come_off_the_wire_lead_nowhere(admin: Browser, raw: bytes) -> None:
    sent: list[dict[str, Any]] = []

    async def ask() -> None:
        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b""}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        cookie = f"casefleet_session={admin.cookies['casefleet_session']}".encode()
        scope = {"type": "http", "method": "GET", "path": raw.decode("latin-1"), "raw_path": raw, "query_string": b"",
                 "headers": [(b"host", b"localhost"), (b"cookie", cookie)], "scheme": "http", "http_version": "1.1"}  # fmt: skip
        await admin.site.app(scope, receive, send)

    asyncio.run(ask())
    assert sent[0]["status"] == 404
    assert not [value for name, value in sent[0]["headers"] if name == b"location"]


@pytest.mark.parametrize(
    "path", ["/", "/login", "/style.css", "/nothing", "/emails/1", "/emails/1/html", "/emails/1/attachments/11"]
)
def test_every_answer_has_the_headers(stranger: Browser, admin: Browser, path: str) -> None:
    for browser in (stranger, admin):
        headers = browser.ask(path).headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "frame-ancestors" in headers["content-security-policy"]
        assert "script-src" not in headers["content-security-policy"]
        if "sandbox" not in headers["content-security-policy"]:
            assert "unsafe" not in headers["content-security-policy"]
            assert headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize(
    ("host", "status"),
    [("127.0.0.1:8001", 200), ("localhost", 200), ("LOCALHOST:1", 200), ("127.8.9.1:80", 200), ("127.0.0.1.", 421), ("127.1.evil", 421), ("[::1]:8001", 200), ("evil.example", 421),
     ("127.0.0.1.evil.example", 421), ("localhost.evil.example:80", 421), ("evil.example:127.0.0.1", 421), ("", 421),
     ("127.0.0.1@evil.example", 421), ("localhost\t", 421)],
)  # fmt: skip
def test_only_names_of_this_computer_are_answered(admin: Browser, host: str, status: int) -> None:
    assert admin.ask("/", host=host).status_code == status


def test_the_one_time_address_works_once(firm: Path) -> None:
    site = server.build(str(firm))
    first, second = Browser(site), Browser(site)
    assert first.ask("/").status_code == 401
    assert first.ask(site.entrance, "HEAD").status_code == 401
    entered = first.ask(site.entrance)
    assert entered.status_code == 303
    cookie = entered.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert re.search("Max-Age=[1-9]", cookie)
    assert first.ask("/").status_code == 200
    assert second.ask(site.entrance).status_code == 401
    assert second.ask("/").status_code == 401


def test_forged_and_foreign_cookies_open_nothing(firm: Path, stranger: Browser) -> None:
    other = Browser(server.build(str(firm))).enter()
    for value in (*other.cookies.values(), "x", "a.b.c", "é".encode().decode("latin-1")):
        assert stranger.ask("/", cookie=f"casefleet_session={value}").status_code == 401
    assert (
        stranger.ask("/", cookie=f"ds_actor={stranger.site.datasette.sign({'a': {'id': 'root'}}, 'actor')}").status_code
        == 401
    )


def test_a_session_ends_in_time(admin: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    assert admin.ask("/").status_code == 200
    later = clock.now() + timedelta(hours=12, seconds=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert admin.ask("/").status_code == 401


def test_logging_out_ends_the_session_for_every_copy_of_the_cookie(admin: Browser) -> None:
    kept = dict(admin.cookies)
    assert admin.ask("/logout").status_code == 404
    assert admin.ask("/logout", "POST", Sec_Fetch_Site="cross-site").status_code == 403
    assert admin.ask("/logout", "POST", Origin="https://evil.example").status_code == 403
    assert admin.ask("/logout", "POST", Origin="null").status_code == 403
    admin.cookies = dict(kept)
    assert admin.ask("/").status_code == 200
    assert admin.ask("/logout", "POST").status_code == 303
    admin.cookies = kept
    assert admin.ask("/").status_code == 401


def test_a_visitor_from_another_site_is_asked_to_come_again_from_ours(stranger: Browser) -> None:
    coming = stranger.ask("/cases/1", Sec_Fetch_Site="cross-site")
    assert coming.status_code == 401
    assert '<meta http-equiv="refresh" content="0;url=/cases/1">' in coming.text
    assert "refresh" not in stranger.ask("/cases/1", Sec_Fetch_Site="same-origin").text
    assert "refresh" not in stranger.ask("/cases/1").text


def test_datasette_prints_no_local_variables(firm: Path, capfd: pytest.CaptureFixture[str]) -> None:
    vars(handle_exception)["rich"] = pytest.importorskip("rich")  # as it is before the first pages are built
    site = server.build(str(firm))
    Browser(site).ask(site.entrance)

    async def fail() -> None:
        told = RAW_MARKER
        try:
            raise KeyError(len(told))
        except KeyError as error:
            await handle_exception.handle_exception(site.datasette, Request.fake("/x.json"), error)()

    asyncio.run(fail())
    said = capfd.readouterr()
    assert "KeyError" in said.err
    assert RAW_MARKER not in said.out + said.err


def test_a_bug_on_a_page_is_told_without_what_it_looked_at(admin: Browser, capfd: pytest.CaptureFixture[str]) -> None:
    with bug_in(email_pages, "_why", KeyError(RAW_MARKER)):
        response = admin.ask("/emails/1")
    assert response.status_code == 500
    assert RAW_MARKER not in response.text
    assert "Nothing was changed or lost" in response.text
    err = capfd.readouterr().err
    assert err.count("\n") == 1
    assert RAW_MARKER not in err


def test_a_question_that_takes_too_long_is_given_up(admin: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "PATIENCE", -1.0)
    endless = "WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x) SELECT sum(n) FROM x"
    monkeypatch.setattr(email_pages, "_why", lambda ask, number: ask.connection.execute(endless).fetchall())
    assert admin.ask("/emails/1").status_code == 503


def test_a_disabled_user_is_nobody(firm: Path) -> None:
    browser = Browser(server.build(str(firm), OFF))
    assert browser.ask(browser.site.entrance).status_code == 401
    assert browser.ask("/").status_code == 401


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_pages_are_for_reading(admin: Browser, method: str) -> None:
    assert admin.ask("/emails/1", method).status_code == 405


class Generous:
    """A plugin that permits all, and says so last."""

    @hookimpl(trylast=True)
    def permission_allowed(self) -> bool:
        return True


@pytest.mark.parametrize(
    "action", ["view-instance", "view-database", "view-table", "execute-sql", "view-database-download", "debug-menu"]
)
def test_datasette_permits_nothing(firm: Path, action: str, request: pytest.FixtureRequest) -> None:
    site = server.build(str(firm))
    generous = Generous()
    pm.register(generous)
    request.addfinalizer(lambda: pm.unregister(generous))

    async def permitted(actor: Any) -> bool:
        await site.datasette.invoke_startup()
        resource = {"view-table": ("casefleet", "emails")}.get(action, "casefleet")
        return await site.datasette.permission_allowed(actor, action, resource=resource, default=True)

    assert [asyncio.run(permitted(actor)) for actor in (None, {"id": "root"}, {"id": "casefleet"})] == [False] * 3


def test_plain_datasette_is_locked_and_others_are_left_alone(firm: Path, tmp_path: Path) -> None:
    plain = Datasette([str(firm)])
    for path in (
        "/",
        "/casefleet",
        "/casefleet/emails.json",
        "/-/plugins.json",
        "/-/auth-token?token=" + plain._root_token,
    ):
        assert asyncio.run(plain.client.get(path)).status_code == 401, path
    other_path = tmp_path / "other.db"
    sqlite3.connect(other_path).executescript("CREATE TABLE t (a); INSERT INTO t VALUES (1)")
    other = Datasette([str(other_path)])
    assert asyncio.run(other.client.get("/other/t.json")).json()["rows"] == [[1, 1]]
    both = Datasette([str(other_path), str(firm)])
    assert asyncio.run(both.client.get("/other/t.json")).status_code == 401


def test_no_template_of_ours_takes_the_place_of_one_of_datasette() -> None:
    ours = resources.files("casefleet_cli.web") / "templates"
    assert [entry.name for entry in ours.iterdir()] == ["casefleet"]


def test_datasette_finds_the_plugin_by_itself() -> None:
    assert {"casefleet_cli.web.plugin"} <= {entry.value for entry in entry_points(group="datasette")}


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "firm.example", "", "127.0.0.1.evil.example"])
def test_other_hosts_are_refused(firm: Path, host: str) -> None:
    with pytest.raises(ConfigError) as refused:
        server.run(str(firm), host=host, port=0, ready=lambda _: pytest.fail("served"))
    assert refused.value.exit_code == 78


def test_no_answer_waits_for_a_browser_to_acknowledge_its_beginning() -> None:
    with contextlib.closing(server._listen("127.0.0.1", 0)) as listening:
        assert listening.proto == socket.IPPROTO_TCP  # asyncio sets TCP_NODELAY on what it accepts from such a socket


def test_a_taken_port_is_one_sentence(firm: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(CasefleetError, match=r"is taken; choose another with --port\.$"):
            server.run(str(firm), port=taken.getsockname()[1], ready=lambda _: pytest.fail("served"))


def test_a_missing_database_is_told(tmp_path: Path) -> None:
    with pytest.raises(NoInputError):
        server.build(str(tmp_path / "none.db"))
