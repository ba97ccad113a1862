"""A snapshot in plain Datasette, without anything of ours: every table, every question, every search."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from casefleet_cli.cli.app import run
from casefleet_cli.custody import metadata
from tests.refusals import office

Opened = Callable[[str], Any]
ASKED = """import json, sys
from click.testing import CliRunner
from datasette.cli import cli
for address in sys.stdin:
    done = CliRunner().invoke(cli, ["serve", *sys.argv[1:], "--get", address.rstrip("\\n")])
    print(json.dumps([done.exit_code, done.output]), flush=True)
"""
"""Answers as `datasette FILE --get ADDRESS` does, to one address after the other."""


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a snapshot."""
    firm = office(tmp_path_factory.mktemp("firm"))
    to = tmp_path_factory.mktemp("published") / "firm mail.db"
    assert run(["--db", firm.path, "publish", str(to)]) == 0
    assert firm.activities("detail", "verb = 'published'") == [(str(to),)]
    assert firm.one("SELECT count(*) FROM emails WHERE standing IN ('held', 'rejected')")
    return to.parent


@pytest.fixture(scope="module")
def opened(snapshot: Path) -> Iterator[Opened]:
    """What Datasette answers to an address, by a process of its own that has no plugin."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("CASEFLEET", "PYTHONPATH"))}

    argv = [sys.executable, "-c", ASKED, "firm mail.db", "-m", "metadata.yaml", "--setting", "suggest_facets", "off"]
    with subprocess.Popen(argv, cwd=snapshot, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                          env={**clean, "DATASETTE_LOAD_PLUGINS": ""}) as process:  # fmt: skip

        def ask(address: str) -> Any:
            assert process.stdin
            assert process.stdout
            process.stdin.write(f"{address}\n")
            process.stdin.flush()
            code, told = json.loads(process.stdout.readline())
            assert code == 0, (address, told[:500])
            return json.loads(told) if ".json" in address else told

        yield ask


def test_all_is_there_with_its_meaning_and_nothing_else(snapshot: Path, opened: Opened) -> None:
    assert sorted(path.name for path in snapshot.iterdir()) == ["firm mail.db", "metadata.yaml"]
    assert {path.stat().st_mode & 0o777 for path in snapshot.iterdir()} == {0o600}
    page = opened("/firm~20mail.json?_nocol=x")
    shown = [table["name"] for table in page["tables"] if not table["hidden"]]
    assert sorted(shown) == sorted([
        "mail", "filings", "cases", "leads", "contacts", "people", "contact_mail", "attachments", "arrivals", "decisions",
        "feed",
    ])  # fmt: skip
    assert len(page["queries"]) >= 5
    mail = opened("/firm~20mail/mail.json?_shape=objects&_search=court&_facet=standing")
    assert mail["rows"] and all("text" in row for row in mail["rows"])
    assert mail["facet_results"]["standing"]["results"]


def test_every_column_that_is_explained_is_there_and_every_facet_has_an_index(snapshot: Path) -> None:
    yaml = pytest.importorskip("yaml")
    told = yaml.safe_load((snapshot / "metadata.yaml").read_text())["databases"]["firm mail"]
    with contextlib.closing(sqlite3.connect(snapshot / "firm mail.db")) as out:
        for name, about in told["tables"].items():
            columns = [row[1] for row in out.execute(f"PRAGMA table_info({name})")]
            assert set(about["columns"]) <= set(columns), name
            indexed = {out.execute(f"PRAGMA index_info('{row[1]}')").fetchone()[2]
                       for row in out.execute(f"PRAGMA index_list({name})")} | {columns[0]}  # fmt: skip
            asked = {*about["facets"], about.get("sort", columns[0]), about.get("sort_desc", columns[0])}
            assert asked <= indexed, name
            foreign = {row[3] for row in out.execute(f"PRAGMA foreign_key_list({name})")}
            assert foreign <= indexed, name
        for query in told["queries"].values():
            out.execute(query["sql"], {"words": "court"}).fetchall()


@pytest.mark.parametrize(
    "address",
    ["/", "/firm~20mail", "/firm~20mail/mail?_search=court", "/firm~20mail/mail/1", "/firm~20mail/cases/2026-101",
     "/firm~20mail/filings?_facet=case", "/firm~20mail/search?words=court", "/firm~20mail/mail_per_month_and_case"],
)  # fmt: skip
def test_pages_open(opened: Opened, address: str) -> None:
    page = opened(address)
    assert "<h1" in page
    assert "message-error" not in page


def test_a_foreign_key_is_shown_by_its_label(opened: Opened) -> None:
    page = opened("/firm~20mail/filings")
    assert ">Nguyen Trust</a>" in page


def test_metadata_of_an_earlier_snapshot_of_that_name_is_replaced(snapshot: Path, tmp_path: Path) -> None:
    (tmp_path / "firm").mkdir()
    firm = office(tmp_path / "firm")
    to = tmp_path / "a.db"
    (tmp_path / "metadata.yaml").write_text(metadata.first_line("a") + "outdated: 1\n")
    assert run(["--db", firm.path, "publish", str(to)]) == 0
    assert "outdated" not in (tmp_path / "metadata.yaml").read_text()
    shutil.copy(to, tmp_path / "b.db")
    assert run(["--db", firm.path, "publish", str(tmp_path / "c.db")]) == 73
    assert run(["--db", firm.path, "publish", str(tmp_path / "c.db"), "--metadata", str(tmp_path / "c.yaml")]) == 0
