"""A restore says what the replaced database has that the restored one lacks, and recover brings it in, once."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from casefleet_cli import archive
from casefleet_cli.cli.app import run
from casefleet_cli.custody import copies, recovering, rekeying, verifying
from casefleet_cli.desk import users as user_desk
from casefleet_cli.install import recipients
from casefleet_cli.intake import receiving
from casefleet_cli.intake.receiving import receive
from casefleet_cli.store import database, never_log, originals, users
from casefleet_cli.store.deliveries import Arrival
from tests import mortal, schemas
from tests.firm import BCC, Firm, mail
from tests.volume import volume

Say = Callable[..., tuple[int, str, str]]
SINCE = "2026-11-20T08:00:00Z"


@pytest.fixture
def say(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Say:
    def said(*words: str) -> tuple[int, str, str]:
        code = run(["--db", str(tmp_path / "casefleet.db"), *words])
        return (code, *capsys.readouterr())

    return said


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    """A firm that was backed up with one e-mail, and has had more since; closed."""
    firm = Firm(tmp_path)
    anna = firm.contact("Anna")
    firm.case("Trust", anna)
    firm.case("Deed", anna)
    receive(firm.db, mail("anna@client.example", text="old"), Arrival(firm.ada, "pipe", 1))
    copies.backup(firm.db, tmp_path / "backup.db")
    return firm


def grow(firm: Firm, folder: Path) -> None:
    """Mail of every kind of arrival since the backup, and a further delivery of what was there."""
    arrivals = (
        (mail("anna@client.example", text="one"), Arrival(firm.ada, "pipe", 1, "ada@firm.example", "4QX", tag="101")),
        (mail("anna@client.example", text="two"), Arrival(firm.ada, "lmtp", 1)),
        (mail("ada@firm.example", sender="eve@else.example"), Arrival(firm.ada, "pipe", 1, "eve@else.example")),
        (mail("anna@client.example", text="old"), Arrival(firm.carl, "pipe", 2)),
    )
    for raw, arrival in arrivals:
        receive(firm.db, raw, arrival)
    (folder / "in.eml").write_bytes(mail("ada@firm.example", sender="anna@client.example", text="from the archive"))
    archive.run(firm.db, [folder / "in.eml"], user_id=firm.ada, jobs=1)
    firm.db.execute("UPDATE deliveries SET received_at = ? WHERE id = 2", (SINCE,))


def restored(say: Say) -> Path:
    """The name of the database that was replaced by the backup."""
    code, out, err = say("restore", "backup.db", "--replace")
    assert (code, err) == (0, "")
    (aside,) = re.findall(r"The database that was there is (\S+) now", out)
    return Path(aside)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TZ", "UTC")


def arrived(path: str | Path) -> list[tuple]:
    """Every delivery as it came, whatever its numbers."""
    with contextlib.closing(database.open_reader(str(path))) as db:
        rows = db.execute(
            "SELECT r.sha256, b.address, d.source, d.envelope_sender, d.queue_id, d.labels, d.standing, e.standing,"
            " (SELECT group_concat(k.number) FROM email_cases AS c JOIN cases AS k ON k.id = c.case_id WHERE c.email_id = e.id)"
            " FROM deliveries AS d JOIN emails AS e ON e.id = d.email_id JOIN raw_messages AS r ON r.id = d.raw_message_id"
            " LEFT JOIN bcc_addresses AS b ON b.id = d.bcc_address_id"
        ).fetchall()
    return sorted(rows, key=repr)


def test_what_is_missing_is_told_and_brought_in(firm: Firm, tmp_path: Path, say: Say) -> None:
    grow(firm, tmp_path)
    firm.db.close()
    before = arrived(firm.path)
    code, out, err = say("restore", "backup.db", "--replace")
    assert (code, err) == (0, "")
    (aside,) = tmp_path.glob("casefleet.db.replaced-*")
    lines = out.splitlines()
    assert lines[1:4] == [
        f"The database that was there is {aside} now.",
        "It has 5 e-mails (5 deliveries) since 2026-11-20 08:00 that the restored one lacks: Ada Berg 4, Carl Diaz 1.",
        f"Bring that in: casefleet --db {firm.path} recover {aside}",
    ]
    assert len(arrived(firm.path)) == 1
    was = aside.read_bytes()
    assert say("recover", str(aside)) == (0, "5 logged, 0 known, 0 not brought in.\n", "")
    assert arrived(firm.path) == before
    assert aside.read_bytes() == was
    assert say("recover", str(aside)) == (0, "0 logged, 0 known, 0 not brought in.\n", "")
    assert arrived(firm.path) == before
    with contextlib.closing(database.open_database(firm.path)) as db:
        assert [fault for checked in verifying.checks(db) for fault in checked.faults] == []
        told = "SELECT verb, (SELECT text FROM activity_texts WHERE activity_id = id) FROM activities WHERE verb = 'recovered'"
        assert db.execute(told).fetchall() == [("recovered", f"5 deliveries of {aside.name}")]
        assert db.execute("SELECT count(*) FROM deliveries WHERE origin = ?", (aside.name,)).fetchone() == (4,)


def test_what_is_not_missing_is_told_too(firm: Firm, say: Say) -> None:
    firm.db.close()
    _, out, _ = say("restore", "backup.db", "--replace")
    assert "\nIt has no mail that the restored one lacks.\n" in out
    assert "recover" not in out
    _, out, _ = say("--db", "elsewhere.db", "restore", "backup.db")
    assert "lacks" not in out


def test_one_is_one(firm: Firm, say: Say) -> None:
    receive(firm.db, mail("anna@client.example", text="one"), Arrival(firm.ada, "pipe", 1))
    firm.db.execute("UPDATE deliveries SET received_at = ? WHERE id = 2", (SINCE,))
    firm.db.close()
    _, out, _ = say("restore", "backup.db", "--replace")
    assert "It has 1 e-mail (1 delivery) since 2026-11-20 08:00 that the restored one lacks: Ada Berg 1.\n" in out


def test_users_and_addresses_since_the_backup_come_first(firm: Firm, tmp_path: Path, say: Say) -> None:
    """Mail to what the restored database does not know would be refused."""
    user_desk.add(firm.db, "Eve Holm", ["eve@firm.example"], role="limited")
    user_desk.edit(firm.db, firm.carl, add_addresses=["c@firm.example"])
    user_desk.rotate(firm.db, firm.ada, timedelta(days=14))
    user_desk.rotate(firm.db, firm.ada, timedelta(0))
    user_desk.disable(firm.db, firm.carl)
    receive(firm.db, mail("x@else.example", sender="eve@firm.example"), Arrival(3, "pipe", 3))
    kept = firm.all("SELECT user_id, address, created_at, retired_at, expires_at FROM bcc_addresses ORDER BY id")
    firm.db.close()
    _, out, _ = say("restore", "backup.db", "--replace")
    names = "mail to them is refused: Ada Berg, Eve Holm."
    assert f"It has BCC addresses that the restored one does not know; {names}\nBring that in: " in out
    with contextlib.closing(database.open_database(firm.path)) as db:  # another has number 3 meanwhile
        user_desk.add(db, "Max", ["max@firm.example"])
    (aside,) = tmp_path.glob("casefleet.db.replaced-*")
    code, out, err = say("recover", str(aside))
    assert (code, err) == (0, "")
    assert out == (
        "Ada Berg: 2 BCC addresses.\nCarl Diaz: was disabled there; casefleet user disable 2 does it here.\n"
        "Carl Diaz: c@firm.example.\nEve Holm: the user, eve@firm.example, 1 BCC address.\n"
        "1 logged, 0 known, 0 not brought in.\n"
    )
    with contextlib.closing(database.open_database(firm.path)) as db:
        found = db.execute(
            "SELECT iif(user_id = 4, 3, user_id), address, created_at, retired_at, expires_at FROM bcc_addresses"
            " WHERE user_id <> 3"
        )
        assert sorted(found.fetchall()) == sorted(kept)
        assert users.one(db, 4)["role"] == "limited"
        assert db.execute("SELECT user_id FROM deliveries ORDER BY id DESC LIMIT 1").fetchone() == (4,)
    assert say("recover", str(aside))[1].endswith("0 logged, 0 known, 0 not brought in.\n")


def test_who_got_another_address_in_the_restored_one_keeps_it(firm: Firm, say: Say) -> None:
    there = user_desk.rotate(firm.db, firm.ada, timedelta(days=1)).bcc_address
    firm.db.close()
    aside = restored(say)
    with contextlib.closing(database.open_database(firm.path)) as db:
        here = user_desk.rotate(db, firm.ada, timedelta(days=1)).bcc_address
        assert say("recover", str(aside))[:2] == (0, "Ada Berg: 1 BCC address.\n0 logged, 0 known, 0 not brought in.\n")
        assert users.bcc_address(db, firm.ada) == here
        assert [address for address, _ in users.in_grace(db, firm.ada, "2026-01-03")] == [BCC["ada"], there]


@pytest.mark.parametrize("form", [*schemas.FORMS[::3], *schemas.LATER])
def test_what_an_earlier_release_had_is_brought_in(form: str, tmp_path: Path, say: Say) -> None:
    (tmp_path / "old").mkdir()
    made = schemas.later if form in schemas.LATER else schemas.made
    old = Path(made(tmp_path / "old", form))
    before = old.read_bytes()
    firm = Firm(tmp_path)
    count = 4 if form in schemas.LATER else 3
    assert recovering.missing(firm.db, old).deliveries == count
    assert say("recover", str(old)) == (0, f"{count} logged, 0 known, 0 not brought in.\n", "")
    assert recovering.missing(firm.db, old)[:2] == (0, 0)
    assert old.read_bytes() == before
    assert not [path.name for path in (tmp_path / "old").iterdir() if ".casefleet-" in path.name]


def test_a_database_of_an_earlier_release_is_replaced_and_told_of(tmp_path: Path, say: Say) -> None:
    old = schemas.later(tmp_path, "5a")
    (tmp_path / "new").mkdir()
    firm = Firm(tmp_path / "new")
    copies.backup(firm.db, tmp_path / "backup.db")
    code, out, _ = say("restore", "backup.db", "--replace")
    assert code == 0
    assert "It has 4 e-mails (4 deliveries) since " in out
    assert "lacks: Ada Berg 3, Carl Diaz 1.\n" in out
    assert Path(old).exists()


def test_a_damaged_database_is_kept_and_said_to_be_unknown(firm: Firm, tmp_path: Path, say: Say) -> None:
    firm.db.close()
    Path(firm.path).write_bytes(b"no database " * 1000)
    code, out, _ = say("restore", "backup.db", "--replace")
    assert code == 0
    assert "Whether it has mail that the restored one lacks cannot be told; keep it. " in out
    assert "is not a casefleet database" in out


def test_a_run_that_ends_in_the_middle_is_gone_on_with(
    firm: Firm, tmp_path: Path, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    grow(firm, tmp_path)
    firm.db.close()
    before = arrived(firm.path)
    aside = restored(say)
    real = receiving.receive
    calls: list[int] = []

    def killed(*given: object, **options: object) -> object:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(*given, **options)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(recovering, "receive", killed)
        assert say("recover", str(aside))[0] == 130
    assert len(arrived(firm.path)) == 3
    assert say("recover", str(aside))[:2] == (0, "3 logged, 0 known, 0 not brought in.\n")
    assert arrived(firm.path) == before


@pytest.mark.soak
@pytest.mark.parametrize("schema", ["this", "earlier"])
def test_killed_at_any_moment_all_or_nothing_of_each_mail_is_there(
    firm: Firm, tmp_path: Path, say: Say, schema: str
) -> None:
    """SIGKILL before many calls and statements: what is there is whole, the other database is what it was, and the
    same command again brings in the rest, whatever the dead run left."""
    if schema == "this":
        grow(firm, tmp_path)
        firm.db.close()
        other = restored(say)
    else:  # migrated in a copy of its own first
        firm.db.close()
        (tmp_path / "old").mkdir()
        other = Path(schemas.made(tmp_path / "old", "1g"))
    all_of_it = 6 if schema == "this" else 4
    was = other.read_bytes()

    def fresh(name: str) -> tuple[Path, Path]:
        folder = tmp_path / name
        folder.mkdir()
        return Path(shutil.copy(firm.path, folder)), Path(shutil.copy(other, folder / "other.db"))

    with mortal.runner(tmp_path) as run_mortal:
        path, source = fresh("whole")
        whole = run_mortal("--db", path, "recover", source, statements=True)
        assert (whole.code, whole.stderr) == (0, "")
        wanted = arrived(path)
        assert len(wanted) == all_of_it
        seen = set()
        moments = volume(6, 10)
        # Before the first mail is brought in, an earlier schema has many statements; the last third has none of these.
        late = range(whole.calls * 2 // 3, whole.calls, whole.calls // (3 * moments))
        for killed_at in sorted({*range(1, whole.calls, whole.calls // moments), *late, whole.calls - 2}):
            path, source = fresh(f"at-{killed_at}")
            assert run_mortal("--db", path, "recover", source, killed_at=killed_at, statements=True).code == -9
            assert source.read_bytes() == was
            with contextlib.closing(database.open_database(str(path))) as db:
                assert [fault for checked in verifying.checks(db) for fault in checked.faults] == [], killed_at
            there = arrived(path)
            assert not Counter(there) - Counter(wanted)
            seen.add(len(there))
            again = run_mortal("--db", path, "recover", source)
            assert (again.code, again.stderr) == (0, ""), killed_at
            assert arrived(path) == wanted
            assert source.read_bytes() == was
            assert not list(source.parent.glob(".*"))
    assert {1, all_of_it} < seen


def test_what_cannot_be_brought_in_is_named(firm: Firm, tmp_path: Path, say: Say) -> None:
    grow(firm, tmp_path)
    user_desk.edit(firm.db, firm.carl, add_addresses=["office@firm.example"])
    firm.db.execute("UPDATE raw_messages SET content = ? WHERE id = 2", (b"other bytes",))
    firm.db.close()
    aside = restored(say)
    with contextlib.closing(database.open_database(firm.path)) as db:
        user_desk.edit(db, firm.ada, add_addresses=["office@firm.example"])
        with database.transaction(db):
            never_log.add(db, "anna@client.example", None)
    code, out, err = say("recover", str(aside))
    assert (code, out) == (1, "3 logged, 0 known, 3 not brought in.\n")
    assert err == (
        "casefleet: 3 things are not brought in:\n"
        "  Carl Diaz: office@firm.example is an address of user 1 now.\n"
        f"  e-mail 2 of {aside.name}: its bytes are not those that came (SHA-256).\n"
        f"  e-mail 3 of {aside.name}: it went only to people on the never-log list.\n"
    )


def test_the_map_is_that_of_the_restored_users(firm: Firm, tmp_path: Path, say: Say) -> None:
    firm.db.close()
    table = tmp_path / "map"
    assert say("postfix", "--user", "x", "--map", str(table))[0] == 0
    assert say("user", "add", "Eve Holm", "eve@firm.example")[0] == 0
    code, out, err = say("restore", "backup.db", "--replace")  # which does not remember a map
    assert (code, err) == (0, "")
    assert f"The map {table} is that of the restored users.\n" in out
    with contextlib.closing(database.open_database(firm.path)) as db:
        assert recipients.differences(db, str(table)) == (0, 0)
        (aside,) = tmp_path.glob("casefleet.db.replaced-*")
        assert say("recover", str(aside))[1].startswith("Eve Holm: the user, eve@firm.example, 1 BCC address.\n")
        assert recipients.differences(db, str(table)) == (0, 0)


def test_a_restore_elsewhere_leaves_the_map_alone(firm: Firm, tmp_path: Path, say: Say) -> None:
    table = tmp_path / "map"
    assert say("postfix", "--user", "x", "--map", str(table))[0] == 0
    copies.backup(firm.db, tmp_path / "later.db")
    assert say("user", "add", "Eve Holm", "eve@firm.example")[0] == 0
    before = table.read_bytes()
    (tmp_path / "there").mkdir()
    code, out, err = say("--db", "there/casefleet.db", "restore", "later.db")
    assert (code, err) == (0, "")
    assert "restored users" not in out
    assert str(table) not in out  # the Postfix here uses no map, so none is demanded
    assert table.read_bytes() == before


def test_a_restore_ends_with_what_is_left_to_do(firm: Firm, tmp_path: Path, say: Say) -> None:
    firm.db.close()
    (tmp_path / "there").mkdir()
    code, out, _ = say("--db", "there/casefleet.db", "restore", "backup.db")
    assert code == 0
    first, heading, *findings = out.splitlines()
    assert (first, heading) == (
        "Restored there/casefleet.db from backup.db.", "Left to do here, as casefleet doctor says:",
    )  # fmt: skip
    _, doctor, _ = say("--db", "there/casefleet.db", "doctor", "--json")
    left = [finding for finding in json.loads(doctor) if finding["state"] != "ok"]
    assert left
    assert [line.split()[:2] for line in findings] == [[finding["state"], finding["check"]] for finding in left]
    assert all(finding["sentence"] in line for line, finding in zip(findings, left, strict=True))


def test_the_bytes_are_those_that_came(firm: Firm, tmp_path: Path, say: Say) -> None:
    raw = mail("x@else.example", text="long " * 5000)
    receive(firm.db, raw, Arrival(firm.ada, "pipe", 1))
    firm.db.close()
    aside = restored(say)
    assert say("recover", str(aside))[0] == 0
    with contextlib.closing(database.open_reader(firm.path)) as db:
        assert originals.of_email(db, 2) == raw


def test_an_unfinished_migration_is_ended_in_a_copy(tmp_path: Path, say: Say) -> None:
    (tmp_path / "old").mkdir()
    old = schemas.made(tmp_path / "old", "1g", activities=2000)

    class KilledError(Exception):
        pass

    def kill(*_: object) -> None:
        raise KilledError

    with contextlib.closing(database.open_database(old, migrating=True)) as db:
        with pytest.raises(KilledError):
            rekeying.migrate(db, kill)
        assert database.schema_version(db) > database.UNFINISHED
    Firm(tmp_path).db.close()
    assert say("recover", old) == (0, "3 logged, 0 known, 0 not brought in.\n", "")
