"""The house: its contracts bite, the delivery door stays light, names of the schema stand."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import shutil
import sqlite3
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

import pytest

from casefleet_cli import __version__
from tests.firm import BCC, Firm, mail

ROOT = Path(__file__).parents[1]
HEAVY = (
    "typer click rich sqlite_utils tabulate dateutil datasette mailbox email email.parser dataclasses inspect logging typing"
    " asyncio nh3 subprocess tempfile pathlib idna"
).split()


def test_a_delivery_imports_nothing_heavy(tmp_path: Path) -> None:
    firm = Firm(tmp_path)
    program = f"""import sys, os
leave = os._exit
def tell(code):
    sys.stderr.write(" ".join(sys.modules)); leave(code)
os._exit = tell
sys.argv = ["casefleet", "--db", {firm.path!r}, "deliver", "--recipient", {BCC["ada"]!r}]
from casefleet_cli.__main__ import main
main()"""
    # -S: what the environment's own .pth files import is not ours.
    paths = [str(ROOT), *(path for path in sys.path if "site-packages" in path)]
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:0] = {paths!r}\n{program}"],
        input=mail("anna@client.example"),
        capture_output=True,
    )
    assert done.returncode == 0
    modules = done.stderr.decode().split()
    assert "casefleet_cli.intake.recording" in modules
    assert [name for name in HEAVY if name in modules] == []
    assert {name for name in modules if ".core.moments." in name} == {"casefleet_cli.core.moments.field"}


SINS = {
    "floors": ("casefleet_cli/store/settings.py", "import casefleet_cli.desk.links"),
    "pure core": ("casefleet_cli/core/rules/notices.py", "import sqlite3"),
    "clock in the core": ("casefleet_cli/core/rules/notices.py", "import casefleet_cli.clock"),
    "light delivery": ("casefleet_cli/store/settings.py", "import sqlite_utils"),
    "typed dates at the door": ("casefleet_cli/lda.py", "import casefleet_cli.core.moments.typed"),
    "a second reader of typed dates": ("casefleet_cli/cli/feeds.py", "import dateutil"),
    "circles": ("casefleet_cli/core/address.py", "import casefleet_cli.core.rules.routing"),
    "a library away from home": ("casefleet_cli/desk/links.py", "import nh3"),
    "a room without a floor": ("casefleet_cli/helpers.py", "HELP = True"),
}


@pytest.mark.parametrize("sin", [None, *SINS])
def test_import_linter_sees(sin: str | None, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "casefleet_cli", tmp_path / "casefleet_cli", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    if sin is not None:
        path, line = SINS[sin]
        with (tmp_path / path).open("a") as file:
            file.write(f"\n{line}\n")
    program = "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports; sys.exit(lint_imports())"
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True)
    assert (done.returncode == 0) == (sin is None), done.stdout.decode()


@pytest.mark.parametrize(
    ("tool", "line"),
    [
        (["ruff", "check"], "import os"),
        (["ruff", "check"], "from datetime import datetime\n\nNOW = datetime.now()"),
        (["ruff", "check"], "import secrets\n\nTOKEN = secrets.token_hex()"),
        (["ruff", "format", "--check"], "x = [ 1,2 ]"),
        (["mypy", "--strict"], "def f(x): return x"),
    ],
    ids=["unused", "clock", "chance", "format", "types"],
)
def test_a_gate_sees(tool: list[str], line: str, tmp_path: Path) -> None:
    settings = (ROOT / "pyproject.toml").read_text()
    (tmp_path / "pyproject.toml").write_text(settings.replace('strict = true\npackages = ["casefleet_cli"]', ""))
    (tmp_path / "sin.py").write_text(f'"""A sin."""\n\n{line}\n')
    done = subprocess.run([sys.executable, "-m", *tool, "sin.py"], cwd=tmp_path, capture_output=True)
    assert done.returncode == 1, done.stdout.decode()


TABLES = {
    "emails": "id subject msgid sent_at",
    "cases": "id number title status",
    "email_cases": "email_id case_id",
    "email_leads": "email_id lead_id",
    "email_contacts": "email_id contact_id",
    "deliveries": "email_id user_id source",
    "notifications": "user_id kind email_id read_at",
    "activities": "id at verb case_id lead_id email_id",
    **dict.fromkeys(
        "users sender_addresses bcc_addresses contacts contact_addresses case_contacts case_users leads lead_contacts"
        " email_recipients attachments raw_messages decisions imports".split(),
        "",
    ),
}


def test_the_names_of_the_schema_stand(tmp_path: Path) -> None:
    firm = Firm(tmp_path)
    for table, columns in TABLES.items():
        found = {row[1] for row in firm.all(f"PRAGMA table_info({table})")}
        assert found >= set(columns.split()), table
        assert found, table


_NOT_OURS = re.compile("sqlite_|_sqlite_|email_search")


def untidy(db: sqlite3.Connection) -> list[str]:
    """What the tables lack of what the house asks of each."""
    lacking = []
    for name, sql in db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'table'").fetchall():
        if _NOT_OURS.match(name):
            continue
        lacking += [f"{name}: STRICT"] if "STRICT" not in sql else []
        lacking += [f"{name}: a comment that says what a row is"] if "\n    -- " not in sql else []
        for _, _, _, column, _, _, deleted, _ in db.execute(f"PRAGMA foreign_key_list({name})").fetchall():
            lacking += [f"{name}.{column}: ON DELETE"] if deleted == "NO ACTION" else []
            lacking += [f"{name}.{column}: a name that ends in _id"] if not column.endswith("_id") else []
    return lacking


def test_every_table_is_as_the_house_wants_it(tmp_path: Path) -> None:
    firm = Firm(tmp_path)
    assert untidy(firm.db) == []
    firm.db.execute("CREATE TABLE sins (id INTEGER PRIMARY KEY, owner INTEGER REFERENCES users(id))")
    assert untidy(firm.db) == [
        "sins: STRICT",
        "sins: a comment that says what a row is",
        "sins.owner: ON DELETE",
        "sins.owner: a name that ends in _id",
    ]


@pytest.mark.parametrize("statement", ["UPDATE activities SET verb = 'x'", "DELETE FROM activities"])
def test_the_journal_is_append_only(statement: str, tmp_path: Path) -> None:
    firm = Firm(tmp_path)
    firm.add("activities", at="2026-01-01T00:00:00Z", verb="logged")
    with pytest.raises(Exception, match="append-only"):
        firm.db.execute(statement)


@pytest.mark.parametrize("path", sorted((ROOT / "casefleet_cli").rglob("*.py")), ids=lambda path: path.name)
def test_a_file_is_one_room(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 400


def test_the_version_stands_in_one_file() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert "version" not in settings["project"]
    assert settings["tool"]["hatch"]["version"]["path"] == "casefleet_cli/__init__.py"
    assert importlib.metadata.version("casefleet") == __version__


_RUNS_SQL = {"execute", "executemany", "executescript", "cursor"}
_STATEMENT = re.compile(
    r"""\s*(?:SELECT|INSERT\s+(?:OR|INTO)|REPLACE\s+INTO|UPDATE|DELETE\s+FROM|WITH\s+(?:RECURSIVE\s+)?\w+\s+AS|VALUES
    |(?:CREATE|DROP|ALTER)\s+(?:TEMP|UNIQUE|VIRTUAL|TABLE|INDEX|TRIGGER|VIEW)|PRAGMA|BEGIN|COMMIT|END|ROLLBACK|SAVEPOINT
    |RELEASE|ATTACH|DETACH|VACUUM|ANALYZE|REINDEX|EXPLAIN)(?=[\s;(]|\Z)""",
    re.VERBOSE,
)


def sql_in(source: str) -> list[int]:
    """The lines on which Python opens a database, runs SQL, or holds a text that begins as a statement does."""
    lines = set()
    for node in ast.walk(ast.parse(source)):
        opens = isinstance(node, ast.Attribute) and ast.unparse(node) == "sqlite3.connect"
        runs = opens or (isinstance(node, ast.Attribute) and node.attr in _RUNS_SQL)
        says = isinstance(node, ast.Constant) and isinstance(node.value, str) and _STATEMENT.match(node.value)
        if runs or says:
            lines.add(node.lineno)
    return sorted(lines)


def test_sql_stands_in_the_store_only() -> None:
    package = ROOT / "casefleet_cli"
    found = {str(path.relative_to(package)): sql_in(path.read_text()) for path in package.rglob("*.py")}
    outside = {path: lines for path, lines in found.items() if lines and not path.startswith("store/")}
    assert outside == {}
    assert len([path for path in found if path.startswith("store/") and found[path]]) > 10


@pytest.mark.parametrize(
    "sin",
    [
        "connection.execute(query)",
        "run = connection.executemany",
        "connection.executescript(text)",
        "cursor = self._connection.cursor()",
        "sqlite3.connect(path)",
        "QUERY = 'SELECT 1'",
        'QUERY = """\n    INSERT INTO emails (id) VALUES (?)"""',
        "QUERY = f'DELETE FROM {table}'",
        "connection . execute('COMMIT')",
        "helper('PRAGMA user_version')",
        "PARTS = ('a', 'UPDATE emails SET id = 1')",
        "QUERY = 'WITH a AS (SELECT 1) SELECT 2'",
    ],
)
def test_sql_outside_the_store_is_seen(sin: str) -> None:
    assert sql_in(f"import os\n\n{sin}\n") == [3]


@pytest.mark.parametrize("line", ["x = 'Select one of them.'", "executed = 1", "x = 'UPDATED'", "x = 'BEGIN:VCARD'"])
def test_words_are_no_sql(line: str) -> None:
    assert sql_in(line) == []


def names_of_modules(source: str) -> set[tuple[str, str]]:
    """Each module of ours that a source imports as a whole, with the name it is called by there."""
    return {
        (f"{node.module}.{alias.name}", alias.asname or alias.name)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "casefleet_cli"
        for alias in node.names
        if (ROOT / f"{node.module}.{alias.name}".replace(".", "/")).with_suffix(".py").exists()
    }


def several_names(sources: Iterable[str]) -> dict[str, set[str]]:
    """The modules that are called by more than one name."""
    called: dict[str, set[str]] = {}
    for source in sources:
        for module, name in names_of_modules(source):
            called.setdefault(module, set()).add(name)
    return {module: names for module, names in called.items() if len(names) > 1}


def test_a_module_is_called_by_one_name() -> None:
    sources = [path.read_text() for room in ("casefleet_cli", "tests") for path in (ROOT / room).rglob("*.py")]
    assert several_names(sources) == {}
    sin = "from casefleet_cli.store import links as store"
    assert several_names([*sources, sin]) == {"casefleet_cli.store.links": {"links", "store"}}
