"""Deny is the default: beside plugins that serve and grant, without the hooks of this Datasette, for all that is new."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from datasette.hookspecs import hookimpl
from datasette.plugins import pm
from datasette.utils.asgi import Response

from casefleet_cli.web import answering, plugin, server
from tests.web.conftest import ADA, GUEST, LIM, Browser
from tests.web.test_locks import SECRETS, addresses

LEAK = "leaked-by-a-plugin"


class Leak:
    """A plugin that serves data of its own under all sorts of addresses, and grants everything to everybody."""

    __name__ = "leak"

    @hookimpl(tryfirst=True)
    def register_routes(self) -> list[tuple[str, Any]]:
        async def view(datasette: Any) -> Any:
            rows = []
            with contextlib.suppress(sqlite3.Error):
                rows = [tuple(row) for row in await datasette.get_database("casefleet").execute(
                    "SELECT address, user_id FROM bcc_addresses")]  # fmt: skip
            return Response.html(f"{LEAK} {rows}")

        paths = (r"/leak", r"/-/leak\.json", r"/", r"/cases", r"/emails/(?P<number>\d+)", r"/search", r"/-/.*")
        return [(rf"^{path}$", view) for path in paths]

    @hookimpl(tryfirst=True)
    def asgi_wrapper(self) -> Any:
        def wrapped(app: Any) -> Any:
            async def answer(scope: Any, receive: Any, send: Any) -> None:
                if scope["type"] == "http" and "leak" in scope["path"]:
                    await send({"type": "http.response.start", "status": 200, "headers": []})
                    await send({"type": "http.response.body", "body": LEAK.encode()})
                else:
                    await app(scope, receive, send)

            return answer

        return wrapped

    @hookimpl(tryfirst=True)
    def permission_allowed(self) -> bool:
        return True

    @hookimpl
    def actor_from_request(self) -> dict[str, str]:
        return {"id": "root"}

    @hookimpl
    def canned_queries(self) -> dict[str, str]:
        return {"secrets": "select address from bcc_addresses"}


@pytest.fixture
def leaking() -> Iterator[None]:
    leak = Leak()
    pm.register(leak, "leak")
    yield
    pm.unregister(leak)


@pytest.fixture
def without_permissions(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As on Datasette 1, which asks no `permission_allowed`; nor is any connection prepared."""

    def again() -> None:
        if pm.is_registered(plugin):
            pm.unregister(plugin)
        pm.register(plugin, "casefleet")

    with monkeypatch.context() as patch:
        patch.delattr(plugin, "permission_allowed")
        patch.delattr(plugin, "prepare_connection")
        again()
        yield
    again()


@pytest.fixture
def newer(firm: Path, tmp_path: Path) -> Path:
    """The firm with a table and a column that no page knows."""
    path = Path(shutil.copy(firm, tmp_path / "casefleet.db"))
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute(f"CREATE TABLE diaries AS SELECT '{LEAK}' AS words")
        connection.execute(f"ALTER TABLE contacts ADD COLUMN diary TEXT DEFAULT '{LEAK}'")
        connection.execute(f"ALTER TABLE emails ADD COLUMN diary TEXT DEFAULT '{LEAK}'")
        connection.execute(f"CREATE VIEW secrets AS SELECT '{LEAK}', address FROM bcc_addresses")
    return path


def walked(path: Path, user: int | None) -> None:
    """Every address is asked for: nothing but our own pages is there, and no page tells what is not its own."""
    browser = Browser(server.build(str(path), user)).enter()
    new = ["/leak", "/LEAK", "/leak/", "/%6ceak", "//leak", "/-/leak.json", "/-/leak%2ejson", "/casefleet/diaries",
           "/casefleet/diaries.json", "/casefleet/secrets", "/casefleet/secrets.json?_shape=array", "/cases/../leak",
           "/casefleet/contacts.json?_col=diary", "/casefleet/-/query?sql=select+*+from+diaries"]  # fmt: skip
    known = {"/login", "/style.css", "/icon.svg", "/logout"}
    asked = 0
    for address in [*new, *addresses(browser.site)]:
        for method in ("GET", "HEAD") if address in new else ("GET",):
            response = browser.ask(address, method)
            asked += 1
            whole = response.content + str(response.headers).encode()
            assert [word for word in (*SECRETS, LEAK) if word.encode() in whole] == [], address
            is_ours = answering.is_page(address.partition("?")[0])
            assert is_ours or response.status_code in (404, 303) or address in known, address
        assert browser.ask("/leak", "OPTIONS").status_code == 405
    assert asked > 400


@pytest.mark.parametrize("user", [None, ADA, LIM, GUEST])
def test_beside_a_plugin_that_serves_and_grants(leaking: None, newer: Path, user: int | None) -> None:
    walked(newer, user)


def test_without_the_hooks_of_this_datasette(without_permissions: None, leaking: None, newer: Path) -> None:
    walked(newer, GUEST)


def test_a_stranger_gets_nothing_of_a_plugin(leaking: None, newer: Path) -> None:
    stranger = Browser(server.build(str(newer)))
    for address in ("/leak", "/", "/cases", "/-/leak.json", "/casefleet/secrets.json"):
        response = stranger.ask(address)
        assert response.status_code == 401
        assert LEAK not in response.text


def test_plain_datasette_beside_a_plugin(newer: Path, tmp_path: Path) -> None:
    """`datasette casefleet.db` has the same gate, as the outermost."""
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "leak.py").write_text(
        "from datasette import hookimpl, Response\n"
        "@hookimpl(tryfirst=True)\n"
        "def register_routes():\n"
        f"    return [(r'^/leak$', lambda: Response.html('{LEAK}')), (r'^/cases$', lambda: Response.html('{LEAK}'))]\n"
        "@hookimpl(tryfirst=True)\n"
        "def permission_allowed():\n"
        "    return True\n"
    )
    for address in ("/leak", "/cases", "/casefleet/diaries.json", "/casefleet.json", "/-/plugins.json"):
        done = subprocess.run(
            [sys.executable, "-m", "datasette", str(newer), "--plugins-dir", str(tmp_path / "plugins"), "--get", address],
            capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode != 0, address
        assert "casefleet serve" in done.stdout, done.stderr  # the page that asks to sign in
        assert LEAK not in done.stdout + done.stderr
