"""Beside a plugin of others that serves, permits and wraps all it can, nothing is served but our pages."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from casefleet_cli.cli.app import run
from tests import strangers
from tests.strangers import DIARY, LEAKED, METHODS, OURS, PLACES, Client, environment, running, spellings
from tests.web.conftest import ADA, BCC, FOREIGN_MARKER, GUEST, HELD_MARKER, RAW_MARKER, SECRET_SETTING

CANARIES = (LEAKED, DIARY, BCC, RAW_MARKER, SECRET_SETTING)


@pytest.fixture(scope="module")
def grown(firm: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A firm whose database has a table and columns that this release has never heard of."""
    path = Path(shutil.copy(firm, tmp_path_factory.mktemp("grown") / "casefleet.db"))
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript(strangers.LATER)
    return path


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return strangers.placed(tmp_path_factory.mktemp("plugin") / "leak")


def tables(path: Path) -> set[str]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return {row[0] for row in connection.execute("SELECT name FROM sqlite_schema")}


def walk(client: Client, denied: int, *, every: int = 1) -> None:
    """Ask for all that is not ours, in every spelling (or one of `every`) and by every method."""
    for place in PLACES:
        for target in spellings(place)[::every]:
            answer = client.ask(target)
            assert not answer.tells(*CANARIES), target
            assert answer.status == denied, target
        for method in METHODS[::every]:
            answer = client.ask(place, method)
            assert not answer.tells(*CANARIES), (method, place)
            assert answer.status in (401, 405, denied), (method, place)
        assert not client.ask(place, headers={"X-Leak": "1", "X-HTTP-Method-Override": "GET"}).tells(*CANARIES)


def asked(grown: Path, env: dict[str, str], user: int | None, every: int) -> dict[str, tuple[int, bytes]]:
    """Our pages as this user sees them, from a server in this environment, after all that is none of ours."""
    words = ["casefleet_cli", "--db", str(grown), *(["--as", str(user)] if user else []), "serve", "--port", "0"]
    with running(words, env, grown.parent) as (client, entrance):
        walk(client, 401, every=every * 3)
        assert client.ask(entrance).status == 303
        walk(client, 404, every=every)
        pages = {target: client.ask(target) for target in OURS}
        assert not any(page.tells(*CANARIES) for page in pages.values())
        return {target: (page.status, page.body) for target, page in pages.items()}


@pytest.mark.parametrize(
    ("user", "load", "every"),
    [(None, None, 1), (ADA, None, 7), (GUEST, None, 7), (GUEST, "leak", 7), (GUEST, "leak,casefleet", 7)],
)
def test_the_pages_are_the_same_as_without_it(
    grown: Path, plugin: Path, user: int | None, load: str | None, every: int
) -> None:
    env = environment(plugin) if load is None else {**environment(plugin), "DATASETTE_LOAD_PLUGINS": load}
    there = subprocess.run(
        [sys.executable, "-m", "datasette", "plugins"], capture_output=True, text=True, env=env, cwd=plugin
    )
    assert '"leak"' in there.stdout
    beside = asked(grown, env, user, every)
    assert beside == asked(grown, environment(), user, 100)
    assert beside["/cases/1"][0] == 200
    assert (HELD_MARKER.encode() in beside["/emails/3"][1]) == (user is None)
    assert "strangers" not in tables(grown)


def test_a_plugin_that_breaks_breaks_no_page(grown: Path, plugin: Path) -> None:
    env = {**environment(plugin), "STRANGER_BREAKS": "1"}
    with running(["casefleet_cli", "--db", str(grown), "serve", "--port", "0"], env, grown.parent) as (
        client,
        entrance,
    ):
        assert client.ask(entrance).status == 303
        assert client.ask("/cases/1").status == 200


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that is none of ours."""
    path = tmp_path_factory.mktemp("other") / "other.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript(f"CREATE TABLE t (a); INSERT INTO t VALUES ('{DIARY}')")
    return path


def plain(plugin: Path, way: str) -> tuple[list[str], dict[str, str]]:
    """Datasette without us, with the plugin."""
    if way == "an entry point":
        return [], environment(plugin)
    return [f"--plugins-dir={plugin}"], environment()


@pytest.mark.parametrize("way", ["an entry point", "a folder"])
def test_plain_datasette_serves_nothing_where_a_database_is_ours(
    grown: Path, other: Path, plugin: Path, way: str
) -> None:
    words, env = plain(plugin, way)
    with running(["datasette", str(other), str(grown), "--root", "-p", "0", *words], env, other.parent) as (
        client,
        entrance,
    ):
        walk(client, 401, every=4)
        for target in (*OURS, "/other/t.json", "/other", entrance):
            answer = client.ask(target)
            assert not answer.tells(*CANARIES), target
            assert answer.status == (200 if target in ("/style.css", "/icon.svg") else 401), target
    assert "strangers" not in tables(grown)


@pytest.mark.parametrize("way", ["an entry point", "a folder"])
def test_where_none_is_ours_the_plugin_does_what_it_can(other: Path, plugin: Path, way: str) -> None:
    words, env = plain(plugin, way)
    with running(["datasette", str(other), "--root", "-p", "0", *words], env, other.parent) as (client, _):
        for target in ("/leak", "/-/leak.json", "/wrapped", "/cases", "/emails/1"):
            answer = client.ask(target)
            assert (answer.status, answer.tells(LEAKED), answer.tells(DIARY)) == (200, True, True), target
        assert client.ask("/other/t.json").tells(DIARY)


@pytest.mark.parametrize("user", [None, ADA])
def test_another_file_in_the_place_of_ours_opens_nothing(
    firm: Path, other: Path, tmp_path: Path, user: int | None
) -> None:
    path = Path(shutil.copy(firm, tmp_path / "casefleet.db"))
    words = ["casefleet_cli", "--db", str(path), *(["--as", str(user)] if user else []), "serve", "--port", "0"]
    with running(words, environment(), tmp_path) as (client, entrance):
        assert client.ask(entrance).status == 303
        assert client.ask("/cases/1").status == 200
        shutil.copy(other, tmp_path / "new.db")
        (tmp_path / "new.db").replace(path)
        cookie = client.cookie
        for client.cookie in (cookie, ""):
            for target in (*OURS, *PLACES, "/casefleet/t.json", "/casefleet/t"):
                answer = client.ask(target)
                assert answer.status in (200, 303, 401, 404, 503), target
                assert answer.status != 200 or target in ("/style.css", "/icon.svg"), target
                assert not answer.tells(DIARY, "Traceback"), target
        for there in (True, False):
            client.cookie = cookie
            answer = client.ask("/cases/1")
            assert (answer.status, answer.tells("The database is busy or out of reach.")) == (503, True)
            client.cookie = ""
            assert client.ask("/cases/1").status == 401
            if there:
                path.unlink()


def test_a_snapshot_holds_nothing_that_was_not_decided(grown: Path, tmp_path: Path) -> None:
    for user in (None, ADA, GUEST):
        out = tmp_path / f"{user}.db"
        words = ["--as", str(user)] if user else []
        assert run(["--db", str(grown), "publish", str(out), *words, "--metadata", str(tmp_path / f"{user}.yaml")]) == 0
        told = "\n".join(sqlite3.connect(out).iterdump()) + (tmp_path / f"{user}.yaml").read_text()
        assert not any(word in told for word in (*CANARIES, HELD_MARKER))
        assert (FOREIGN_MARKER in told) == (user is not GUEST)
