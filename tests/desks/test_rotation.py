"""backup --keep: the newest copies are kept, nothing else is touched, and nothing goes before the new one is there."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from pathlib import Path

import pytest

from casefleet_cli.cli.app import run
from casefleet_cli.custody import copies, rotation
from casefleet_cli.store import database, settings
from tests import schemas
from tests.firm import DOMAIN, Firm

OLDER = [f"{DOMAIN}-2026-01-0{day}T020000Z.db" for day in range(1, 6)]


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    return Firm(tmp_path)


@pytest.fixture
def folder(firm: Firm, tmp_path: Path) -> Path:
    """A folder with five older copies."""
    made = tmp_path / "copies"
    made.mkdir()
    copies.backup(firm.db, made / OLDER[0])
    for name in OLDER[1:]:
        shutil.copy(made / OLDER[0], made / name)
    return made


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(("keep", "left"), [(1, []), (3, OLDER[3:]), (6, OLDER), (14, OLDER)])
def test_the_newest_are_kept(
    firm: Firm, folder: Path, keep: int, left: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--db", firm.path, "backup", str(folder), "--keep", str(keep)]) == 0
    *rest, new = names(folder)
    assert rest == left
    assert re.fullmatch(rf"{re.escape(DOMAIN)}-\d{{4}}-\d\d-\d\dT\d{{6}}Z\.db", new)
    gone = [f"Removed {folder}/{name}." for name in OLDER[::-1] if name not in left]
    wrote = f"Wrote {folder}/{new}, {(folder / new).stat().st_size} bytes, verified."
    assert capsys.readouterr() == ("\n".join([wrote, *gone, ""]), "")
    assert (folder / new).stat().st_mode & 0o777 == 0o600
    with contextlib.closing(database.open_reader(str(folder / new))) as copy:
        assert settings.logging_domain(copy) == DOMAIN


def test_only_its_own_files_are_removed(firm: Firm, folder: Path, tmp_path: Path) -> None:
    """Whatever else is there stays, however it is named."""
    (tmp_path / "other").mkdir()
    other = Firm(tmp_path / "other")
    settings.put(other.db, "logging_domain", "log.other.example")
    copies.backup(other.db, folder / f"{DOMAIN}-2025-01-01T020000Z.db")  # another firm's under our name
    for name in (f"x{OLDER[0]}", f"{OLDER[0]}.old", "casefleet-2026-01-01.db", f"{DOMAIN}-2026-01-01.db",
                 "log-firm-example-2026-01-01T020000Z.db"):  # fmt: skip
        shutil.copy(folder / OLDER[0], folder / name)
    (folder / f"{DOMAIN}-2025-01-02T020000Z.db").write_text("notes")
    (folder / f"{DOMAIN}-2025-01-03T020000Z.db").touch()
    (folder / f"{DOMAIN}-2025-01-04T020000Z.db").mkdir()
    (folder / f"{DOMAIN}-2025-01-05T020000Z.db").symlink_to(folder / OLDER[0])
    before = set(names(folder))
    done = rotation.backup(firm.db, folder, 1)
    assert sorted(path.name for path in done.removed) == OLDER
    assert before - set(names(folder)) == set(OLDER)


def test_a_copy_of_an_earlier_schema_is_one_too(firm: Firm, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    name = f"{DOMAIN}-2025-01-01T020000Z.db"
    shutil.copy(schemas.later(tmp_path / "old", "5a"), folder / name)
    assert rotation.backup(firm.db, folder, 6).removed == (folder / name,)


def test_a_copy_from_the_future_never_pushes_the_new_one_out(firm: Firm, folder: Path) -> None:
    (folder / OLDER[4]).rename(folder / f"{DOMAIN}-2999-01-01T020000Z.db")
    done = rotation.backup(firm.db, folder, 1)
    assert names(folder) == [done.copy.name]


def test_nothing_is_removed_when_the_new_copy_is_not_sound(firm: Firm, folder: Path) -> None:
    firm.add("raw_messages", sha256="0" * 64, size=1, content=b"x")
    assert run(["--db", firm.path, "backup", str(folder), "--keep", "1"]) == 65
    assert names(folder) == OLDER


def test_what_cannot_be_removed_is_named(
    firm: Firm, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = os.unlink

    def refusing(path: Path | str, *given: object, **options: object) -> None:
        if Path(path).name in OLDER:
            raise PermissionError(13, "Permission denied", str(path))
        real(path, *given, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "unlink", refusing)
    assert run(["--db", firm.path, "backup", str(folder), "--keep", "5"]) == 1
    refused = f"casefleet: 1 of the older copies cannot be removed:\n  {folder}/{OLDER[0]}: Permission denied\n"
    assert capsys.readouterr().err == refused
    assert len(names(folder)) == 6
