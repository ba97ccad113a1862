"""imports list and show: what was imported, and what was left out with its place and reason."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from casefleet_cli import archive
from casefleet_cli.cli.archives import imports_app
from casefleet_cli.cli.state import State
from tests.firm import Firm, mail


@pytest.fixture
def state(tmp_path: Path) -> State:
    firm = Firm(tmp_path)
    folder = tmp_path / "mails"
    folder.mkdir()
    (folder / "good.eml").write_bytes(mail("anna@client.example"))
    (folder / "noise.bin").write_bytes(b"\x89PNG\r\n")
    archive.run(firm.db, [folder], user_id=firm.ada)
    made = State()
    made.database_path = firm.path
    return made


def test_list_counts_by_outcome(state: State) -> None:
    found = CliRunner().invoke(imports_app, ["list", "--json"], obj=state)
    (one,) = json.loads(found.output)
    assert (one["id"], one["user"]) == (1, "Ada Berg")
    assert one["counts"] == {"filed": 0, "unassigned": 1, "duplicate": 0, "skipped": 1}
    assert "Ada Berg" in CliRunner().invoke(imports_app, ["list"], obj=state).output


def test_show_names_every_skipped_item_with_its_reason(state: State) -> None:
    shown = CliRunner().invoke(imports_app, ["show", "1"], obj=state).output
    assert "noise.bin: This is a picture." in shown
    assert "1 unassigned, 1 skipped" in shown
    (skip,) = json.loads(CliRunner().invoke(imports_app, ["show", "1", "--json"], obj=state).output)["skipped"]
    assert (skip["origin"].rpartition("/")[2], skip["position"]) == ("noise.bin", 0)


def test_an_unknown_import_is_a_usage_error(state: State) -> None:
    assert "There is no import 9" in str(CliRunner().invoke(imports_app, ["show", "9"], obj=state).exception)


def run(firm: Firm, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "casefleet_cli", "--db", firm.path, "import", *words], capture_output=True, text=True
    )


def test_import_says_nothing_but_what_went_wrong_when_quiet(tmp_path: Path) -> None:
    firm = Firm(tmp_path)
    good, bad = tmp_path / "good.eml", tmp_path / "bad.bin"
    good.write_bytes(mail("anna@client.example"))
    bad.write_bytes(b"\x89PNG\r\n")
    done = run(firm, str(good), "--user", "Ada Berg", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    done = run(firm, str(bad), "--user", "Ada Berg", "--quiet")
    assert (done.returncode, done.stdout) == (1, "")
    assert "casefleet imports show 2" in done.stderr
    assert "This is a picture." in done.stderr


def test_import_on_other_terms_is_told_by_show(state: State, tmp_path: Path) -> None:
    other = tmp_path / "other.eml"
    other.write_bytes(mail("bob@client.example"))
    firm_path = state.database_path
    words = ["--db", firm_path, "import", str(other), "--user", "Ada Berg", "--route", "none", "--as-of", "sent"]
    done = subprocess.run([sys.executable, "-m", "casefleet_cli", *words], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "Import 2: 1 unassigned.\n")
    assert "as-of sent, route none" in CliRunner().invoke(imports_app, ["show", "2"], obj=state).output


@pytest.mark.parametrize("words", [("--route", "all"), ("--as-of", "yesterday"), ("--type", "pst")])
def test_import_with_words_it_does_not_know_is_a_usage_error(tmp_path: Path, words: tuple[str, str]) -> None:
    done = run(Firm(tmp_path), str(tmp_path), *words)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
