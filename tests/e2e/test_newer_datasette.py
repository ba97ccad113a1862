"""Beside a Datasette that is newer than our locks, where another permission system and other addresses are."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e import installed
from tests.strangers import DIARY, LEAKED, OURS, environment, running
from tests.web.conftest import GUEST, firm
from tests.web.test_strangers import CANARIES, asked, grown, other, plain, plugin, tables, walk

pytestmark = pytest.mark.e2e
__all__ = ["firm", "grown", "other", "plugin"]
VERSION = "1.0a41"

ALLOWED = """
import asyncio, sys
from datasette.app import Datasette
from datasette.resources import DatabaseResource, TableResource

async def main():
    datasette = Datasette([sys.argv[1]])
    await datasette.invoke_startup()
    root = {"id": "root"}
    print(await datasette.allowed(action="view-instance", actor=root))
    for action in ("view-database", "execute-sql", "create-table"):
        print(await datasette.allowed(action=action, resource=DatabaseResource("casefleet"), actor=root))
    for action in ("view-table", "insert-row", "drop-table"):
        print(await datasette.allowed(action=action, resource=TableResource("casefleet", "emails"), actor=root))

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with that Datasette and what it needs."""
    folder = tmp_path_factory.mktemp("newer")
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--root-user-action=ignore", "--target", folder,
         f"datasette=={VERSION}"], capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        installed.missing(f"Datasette {VERSION} from the package index")
    return folder


def under(newer: Path, words: list[str], env: dict[str, str]) -> tuple[list[str], dict[str, str]]:
    return words, {**env, "PYTHONPATH": f"{newer}:{env['PYTHONPATH']}"}


@pytest.mark.parametrize("way", ["an entry point", "a folder"])
def test_nothing_is_served_where_a_database_is_ours(
    newer: Path, grown: Path, other: Path, plugin: Path, way: str
) -> None:
    words, env = under(newer, *plain(plugin, way))
    with running(["datasette", str(other), str(grown), "--root", "-p", "0", *words], env, other.parent) as (
        client,
        entrance,
    ):
        walk(client, 401, every=2)
        for target in (*OURS, "/other/t.json", "/other", entrance):
            answer = client.ask(target)
            assert not answer.tells(*CANARIES), target
            assert answer.status == (200 if target in ("/style.css", "/icon.svg") else 401), target
    assert "strangers" not in tables(grown)


@pytest.mark.parametrize("way", ["an entry point", "a folder"])
def test_where_none_is_ours_it_serves(newer: Path, other: Path, plugin: Path, way: str) -> None:
    words, env = under(newer, *plain(plugin, way))
    with running(["datasette", str(other), "-p", "0", *words], env, other.parent) as (client, _):
        assert client.ask("/leak").tells(LEAKED)
        assert client.ask("/-/versions.json").tells(VERSION)
        assert client.ask("/other/t.json").tells(DIARY)


def test_its_permissions_are_denied(newer: Path, grown: Path, other: Path, plugin: Path) -> None:
    _, env = under(newer, [], environment(plugin))
    for path, answers in ((grown, {"False"}), (shutil.copy(other, other.parent / "casefleet.db"), {"True"})):
        done = subprocess.run([sys.executable, "-c", ALLOWED, str(path)], capture_output=True, text=True, env=env)
        assert (set(done.stdout.split()), len(done.stdout.split())) == (answers, 7), done.stderr


@pytest.mark.parametrize("user", [None, GUEST])
def test_the_pages_are_the_same(newer: Path, grown: Path, plugin: Path, user: int | None) -> None:
    _, env = under(newer, [], environment(plugin))
    version = [sys.executable, "-m", "datasette", "--version"]
    assert VERSION in subprocess.run(version, capture_output=True, text=True, env=env).stdout
    then, now = asked(grown, env, user, 3), asked(grown, environment(), user, 100)
    tables_of_datasette = [address for address in now if address.startswith("/data")]
    for address in tables_of_datasette:  # made with Datasette before 1.0
        status, told = then.pop(address)
        assert status == 503
        assert b"need Datasette 0.65" in told
    assert {now.pop(address)[0] for address in tables_of_datasette} >= {200, 404}
    assert then == now
    assert "strangers" not in tables(grown)
