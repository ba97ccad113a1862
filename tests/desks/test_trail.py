"""What is noted beside a database of its last copy and proof: about this database, or it counts for nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from casefleet_cli.cli.app import run
from casefleet_cli.custody import copies, trail
from casefleet_cli.desk import users as user_desk
from casefleet_cli.store import activities, database
from tests.firm import Firm


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    firm = Firm(tmp_path)
    user_desk.add(firm.db, "Eva Roth", ["eva@firm.example"])
    return firm


def last(firm: Firm, kind: str) -> trail.Note | None:
    return trail.last(firm.db, Path(firm.path), kind)


def test_what_was_done_last_is_known(firm: Firm, tmp_path: Path) -> None:
    assert last(firm, trail.BACKUP) is last(firm, trail.VERIFY) is None
    assert run(["--db", firm.path, "backup", str(tmp_path / "copy.db")]) == 0
    assert run(["--db", firm.path, "verify"]) == 0
    head = trail.head_in_words(activities.head(firm.db))
    copied, proved = last(firm, trail.BACKUP), last(firm, trail.VERIFY)
    assert copied is not None
    assert proved is not None
    size = (tmp_path / "copy.db").stat().st_size
    assert copied == (copied.at, head, str(tmp_path / "copy.db"), size, 0)
    assert proved == (proved.at, head, "", 0, 0)
    for kind in (trail.BACKUP, trail.VERIFY):
        assert trail.path_of(Path(firm.path), kind).stat().st_mode & 0o777 == 0o600
    firm.add("raw_messages", sha256="0" * 64, size=1, content=b"x")
    assert run(["--db", firm.path, "verify"]) == 1
    assert last(firm, trail.VERIFY)[2:] == ("", 0, 1)  # type: ignore[index]


def test_a_note_of_another_database_counts_for_nothing(
    firm: Firm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a restore: the file that took the place has another journal from the copy on."""
    copies.backup(firm.db, tmp_path / "copy.db")
    user_desk.add(firm.db, "Olga Off", ["olga@firm.example"])
    assert run(["--db", firm.path, "verify"]) == 0
    firm.db.close()
    monkeypatch.chdir(tmp_path)
    assert run(["--db", firm.path, "restore", "copy.db", "--replace"]) == 0
    firm.db = database.open_database(firm.path)
    assert last(firm, trail.VERIFY) is None
    restored = last(firm, trail.BACKUP)
    assert restored is not None
    assert restored.copy == str(tmp_path / "copy.db")


@pytest.mark.parametrize(
    "text",
    ["", "no JSON", "[]", "1", "{}", '{"at": 1}', "[" * 100_000, json.dumps({**trail.Note("now", "1:x")._asdict()}),
     json.dumps({**trail.Note("2026-01-01T00:00:00Z", "x")._asdict()}),
     json.dumps({**trail.Note("2026-01-01T00:00:00Z", f"{'9' * 30}:x")._asdict()}),
     json.dumps({**trail.Note("2026-01-01T00:00:00Z", "1:x")._asdict()})],
)  # fmt: skip
def test_a_note_that_is_none_is_no_note(firm: Firm, text: str) -> None:
    trail.path_of(Path(firm.path), trail.VERIFY).write_text(text)
    assert last(firm, trail.VERIFY) is None


def test_a_note_that_cannot_be_kept_is_told_and_undoes_nothing(
    firm: Firm, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trail.path_of(Path(firm.path), trail.BACKUP).mkdir()
    assert run(["--db", firm.path, "backup", str(tmp_path / "copy.db")]) == 0
    told = capsys.readouterr()
    assert told.out.startswith("Wrote ")
    assert told.err == (
        f"casefleet: The doctor will not know of this: {firm.path}.last-backup cannot be created: Is a directory.\n"
    )
