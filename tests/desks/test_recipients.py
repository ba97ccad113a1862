"""The map that Postfix reads: every change of users reaches it, and no database touches another's."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from pathlib import Path

import pytest

from casefleet_cli.cli.app import run
from casefleet_cli.custody import copies
from casefleet_cli.install import recipients
from casefleet_cli.store import database
from tests.firm import BCC, Firm


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    made = Firm(tmp_path)
    assert run(["--db", made.path, "postfix", "--user", "x", "--map", str(tmp_path / "map")]) == 0
    return made


@pytest.fixture
def copy(firm: Firm, tmp_path: Path) -> str:
    """A restored copy, which remembers the same map."""
    (tmp_path / "copy").mkdir()
    copies.backup(firm.db, tmp_path / "backup.db")
    to = tmp_path / "copy" / "casefleet.db"
    copies.restore(tmp_path / "backup.db", to, replace=False)
    return str(to)


def mapped(path: Path) -> tuple[list[str], list[str]]:
    with contextlib.closing(sqlite3.connect(path)) as table:
        addresses = [row[0] for row in table.execute("SELECT address FROM recipients ORDER BY 1")]
        return addresses, [row[0] for row in table.execute("SELECT path FROM owner")]


def add(path: str) -> int:
    return run(["--db", path, "user", "add", "Eve Holm", "eve@firm.example"])


def test_a_map_names_its_database_and_follows_it(
    firm: Firm, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert mapped(tmp_path / "map") == ([BCC["ada"], BCC["carl"]], [firm.path])
    assert add(firm.path) == 0
    assert len(mapped(tmp_path / "map")[0]) == 3
    (tmp_path / "map").unlink()
    assert run(["--db", firm.path, "user", "disable", "Eve Holm"]) == 0
    assert mapped(tmp_path / "map") == ([BCC["ada"], BCC["carl"]], [firm.path])
    (tmp_path / "link.db").symlink_to(firm.path)
    assert run(["--db", str(tmp_path / "link.db"), "user", "enable", "Eve Holm"]) == 0
    assert len(mapped(tmp_path / "map")[0]) == 3
    assert capsys.readouterr().err == ""


def test_a_copy_never_writes_to_the_map(
    firm: Firm, copy: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (tmp_path / "map").read_bytes()
    assert add(copy) == 0
    refused = f"The map {tmp_path}/map is that of {firm.path}; {copy} needs another: casefleet postfix --map FILE."
    assert capsys.readouterr().err == f"casefleet: Postfix does not know of this yet: {refused}\n"
    assert run(["--db", copy, "postfix", "--user", "x", "--map", str(tmp_path / "map")]) == 78
    assert capsys.readouterr() == ("", f"casefleet: {refused}\n")
    with contextlib.closing(database.open_reader(copy)) as db, pytest.raises(recipients.AnothersMapError):
        recipients.differences(db, str(tmp_path / "map"))
    assert (tmp_path / "map").read_bytes() == before


def senders(path: Path) -> dict[str, str]:
    with contextlib.closing(sqlite3.connect(path)) as table:
        return dict(table.execute("SELECT address, bcc_address FROM senders").fetchall())


def test_a_map_tells_who_sends_from_which_address(firm: Firm, tmp_path: Path) -> None:
    def user(*words: str) -> dict[str, str]:
        assert run(["--db", firm.path, "user", *words]) == 0
        assert recipients.wrong_senders(firm.db, str(tmp_path / "map")) == 0
        return senders(tmp_path / "map")

    both = {"ada@firm.example": BCC["ada"], "carl@firm.example": BCC["carl"]}
    assert senders(tmp_path / "map") == both
    assert user("edit", "Ada Berg", "--add-address", "A.Berg@firm.example") == both | {
        "a.berg@firm.example": BCC["ada"]
    }
    assert user("edit", "Ada Berg", "--remove-address", "a.berg@firm.example") == both
    assert user("disable", "Carl Diaz") == {"ada@firm.example": BCC["ada"]}
    assert user("enable", "Carl Diaz") == both
    rotated = user("rotate", "Carl Diaz")
    assert rotated["carl@firm.example"] not in (BCC["carl"], BCC["ada"])
    assert rotated["ada@firm.example"] == BCC["ada"]


def test_a_map_of_a_release_that_put_no_senders_there_gets_them(firm: Firm, tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / "map")) as table:
        table.execute("DROP TABLE senders")
    assert recipients.differences(firm.db, str(tmp_path / "map")) == (0, 0)
    assert recipients.wrong_senders(firm.db, str(tmp_path / "map")) == 0
    assert recipients.refresh_remembered(firm.db)[:2] == (2, True)  # type: ignore[index]
    assert len(senders(tmp_path / "map")) == 2
    assert recipients.refresh_remembered(firm.db)[:2] == (2, False)  # type: ignore[index]


def test_the_lines_for_all_that_users_send_name_the_map_that_is_there(
    firm: Firm, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert run(["--db", firm.path, "postfix", "--user", "x", "--sender-bcc", "--transport", "second"]) == 0
    out = capsys.readouterr().out
    assert "mua_sender_bcc_maps = sqlite:/etc/postfix/second-senders.cf\n" in out
    assert out.count(f"dbpath = {tmp_path}/map\n") == 2
    assert "relay_domains" not in out
    firm.db.execute("INSERT INTO sender_addresses (user_id, address) VALUES (1, 'b@firm.example')")
    firm.db.execute("UPDATE sender_addresses SET address = 'c@firm.example' WHERE user_id = 2")
    assert recipients.wrong_senders(firm.db, str(tmp_path / "map")) == 3


@pytest.mark.parametrize("is_empty", [False, True], ids=["missing", "empty"])
def test_a_copy_never_makes_the_map_that_is_missing(
    copy: str, tmp_path: Path, is_empty: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "map").unlink()
    if is_empty:
        (tmp_path / "map").touch()
    assert add(copy) == 0
    assert f"There is no map at {tmp_path}/map; make it with casefleet postfix --map" in capsys.readouterr().err
    assert not (tmp_path / "map").exists() or (tmp_path / "map").stat().st_size == 0
    assert run(["--db", copy, "postfix", "--user", "x", "--map", str(tmp_path / "map")]) == 0
    assert mapped(tmp_path / "map")[1] == [copy]


def test_the_map_of_a_database_that_is_gone_is_claimed_by_name_only(
    firm: Firm, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    firm.db.close()
    moved = tmp_path / "moved.db"
    shutil.move(firm.path, moved)
    before = (tmp_path / "map").read_bytes()
    assert add(str(moved)) == 0
    claim = f"casefleet --db {moved} postfix --map {tmp_path}/map makes it that of {moved}.\n"
    said = f"The map {tmp_path}/map is that of {firm.path}, which is not there; {claim}"
    assert capsys.readouterr().err.endswith(said)
    assert (tmp_path / "map").read_bytes() == before
    assert run(["--db", str(moved), "postfix", "--user", "x", "--map", str(tmp_path / "map")]) == 0
    addresses, owner = mapped(tmp_path / "map")
    assert (len(addresses), owner) == (3, [str(moved)])
    assert run(["--db", str(moved), "user", "disable", "Eve Holm"]) == 0
    assert len(mapped(tmp_path / "map")[0]) == 2


def test_a_map_from_before_says_nobody_s_until_it_is_claimed(
    firm: Firm, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / "map")) as table:
        table.execute("DROP TABLE owner")
    assert add(firm.path) == 0
    assert "does not say whose it is; casefleet --db" in capsys.readouterr().err
    assert run(["--db", firm.path, "postfix", "--user", "x", "--map", str(tmp_path / "map")]) == 0
    addresses, owner = mapped(tmp_path / "map")
    assert (len(addresses), owner) == (3, [firm.path])
