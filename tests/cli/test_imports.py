"""imports list and show: what was imported, and what was left out with its place and reason."""

from __future__ import annotations

import json
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
