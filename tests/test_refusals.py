"""Everything that is refused: the whole sentence, the exit code, and nothing is changed; and none is left out."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import shlex
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import typer

import casefleet_cli
from casefleet_cli.cli.app import app, run
from casefleet_cli.cli.state import State
from casefleet_cli.desk import triage
from casefleet_cli.errors import CasefleetError, UsageError
from casefleet_cli.store import activities, database
from tests.refusals import Office, Refusal, everything, moved, office, rows

ROWS = rows()
ALL = [row for room in ROWS.values() for row in room]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return office(tmp_path_factory.mktemp("model"))


@pytest.fixture
def firm(model: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    for name in ("CASEFLEET_DB", "CASEFLEET_USER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.chdir(tmp_path)
    firm = moved(model, tmp_path)
    firm.patch = monkeypatch
    firm.other = firm.db
    yield firm
    firm.db.close()
    firm.other.close()


@pytest.mark.parametrize(
    "row", [pytest.param(row, id=f"{room}-{number}") for room, each in ROWS.items() for number, row in enumerate(each)]
)
def test_is_refused(firm: Office, row: Refusal, capsys: pytest.CaptureFixture[str]) -> None:
    row.given(firm)
    sentence = row.sentence.replace("FOLDER", str(Path(firm.path).parent))
    before = everything(firm)
    with pytest.raises(CasefleetError) as refusal:
        command(row.done) if isinstance(row.done, str) else row.done(firm)
    error = refusal.value
    assert (type(error), str(error), error.exit_code) == (row.error, sentence, row.exit_code)
    assert not firm.db.in_transaction
    assert everything(firm) == before
    if isinstance(row.done, str):
        capsys.readouterr()
        assert (run(shlex.split(row.done)), capsys.readouterr().err) == (row.exit_code, f"casefleet: {sentence}\n")
        assert everything(firm) == before


def command(line: str) -> None:
    """Run a command so that the error itself arrives, as cli.app.run sees it."""
    state = State()
    try:
        typer.main.get_command(app).main(shlex.split(line), prog_name="casefleet", standalone_mode=False, obj=state)
    except sqlite3.Error as error:
        raise database.translated(error, state.database_path) from None
    finally:
        state.close()


class Saying(NamedTuple):
    """A place in the code that makes an error for people."""

    where: str
    error: str
    sentence: re.Pattern[str]
    """What it says; what is filled in can be anything."""


def classes() -> list[type[CasefleetError]]:
    """Every error for people that there is, once all modules are imported."""
    for module in pkgutil.walk_packages(casefleet_cli.__path__, "casefleet_cli."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    return list(_below(CasefleetError))


def _below(one: type[CasefleetError]) -> Iterator[type[CasefleetError]]:
    for below in one.__subclasses__():
        yield below
        yield from _below(below)


def sayings(source: str, where: str, names: Iterable[str]) -> Iterator[Saying]:
    """The places in a source that make one of these errors."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in names:
            sentence = node.args[0] if node.args else node
            yield Saying(
                f"{where}:{node.lineno}", ast.unparse(node.func).rpartition(".")[2], re.compile(pattern(sentence), re.S)
            )


def pattern(sentence: ast.expr) -> str:
    parts = sentence.values if isinstance(sentence, ast.JoinedStr) else [sentence]
    return "".join(re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".*" for part in parts)


def unsaid(found: Iterable[Saying], tried: Iterable[Refusal]) -> list[str]:
    """The places whose sentence no row has."""
    said = [(row.error.__name__, row.sentence) for row in tried]
    return [
        f"{one.where}: {one.error} {one.sentence.pattern}"
        for one in found
        if not any(name == one.error and one.sentence.fullmatch(sentence) for name, sentence in said)
    ]


NAMES = {error.__name__ for error in classes()} | {"CasefleetError"}


def test_every_sentence_is_tried() -> None:
    root = Path(casefleet_cli.__file__).parent
    found = [
        saying
        for path in sorted(root.rglob("*.py"))
        for saying in sayings(path.read_text(), str(path.relative_to(root)), NAMES)
    ]
    assert len(found) > 140
    assert unsaid(found, ALL) == [], "each needs a row in tests/refusals, in the file of its room"


ONLY_BY_CALL = {
    activities.NothingToEraseError: "no command erases words of the journal",
    triage.GoneError: "it is told on a terminal: tests/cli/test_triage.py",
}


@pytest.mark.parametrize("error", sorted(set(classes()), key=lambda error: error.__name__))
def test_every_class_is_tried_at_the_command_line(error: type[CasefleetError]) -> None:
    tried = [row for row in ALL if row.error is error]
    assert tried, "it needs a row in tests/refusals"
    said = {(row.sentence, row.exit_code) for row in tried}
    at_a_shell = any(isinstance(row.done, str) and (row.sentence, row.exit_code) in said for row in ALL)
    assert at_a_shell != (error in ONLY_BY_CALL)


def test_the_classes_are_found() -> None:
    assert {"TakenError", "QueryError", "ThereAlreadyError", "WrongDatabaseError"} <= NAMES
    assert len({error.__name__ for error in classes()}) == len(set(classes()))


@pytest.mark.parametrize(
    ("sin", "left"),
    [
        ("raise UsageError('Nobody tries this.')", 1),
        ("raise errors.UsageError(f'Nobody {tries} this.')", 1),
        ("return UsageError(\n    f'Said by {who}, '\n    'in two lines.'\n)", 1),
        ("raise CasefleetError('Tried.')", 1),
        ("raise UsageError('Tried')", 1),
        ("raise UsageError('Tried.')", 0),
        ("raise UsageError(f'{what}.')", 0),
        ("raise ValueError('Nobody tries this.')", 0),
    ],
)
def test_an_untried_sentence_is_seen(sin: str, left: int) -> None:
    tried = [Refusal("", UsageError, "Tried.", 2)]
    assert len(unsaid(sayings(f"def f():\n    {sin}", "sin.py", NAMES), tried)) == left
