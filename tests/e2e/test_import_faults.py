"""The real import command, killed at random moments and started again: nothing is lost, nothing is doubled."""

from __future__ import annotations

import contextlib
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from casefleet_cli.intake.receiving import receive
from casefleet_cli.store import database, emails
from casefleet_cli.store.deliveries import Arrival
from tests import corpus
from tests.firm import Firm, mail
from tests.volume import volume

COUNT = volume(500, 4000)


def command(firm: Firm, path: Path) -> list[str]:
    return [
        sys.executable,
        "-m",
        "casefleet_cli",
        "--db",
        firm.path,
        "import",
        str(path),
        "--user",
        "Ada Berg",
        "--jobs",
        "2",
    ]


@pytest.fixture(scope="module")
def raws() -> list[bytes]:
    """The mails of the archives, without the ends of their last lines."""
    return [raw.rstrip(b"\n") for raw in corpus.messages(COUNT)]


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("archives")
    corpus.write_mbox(folder / "all.mbox", COUNT)
    corpus.write_maildir(folder / "Maildir", COUNT)
    return {"mbox": folder / "all.mbox", "maildir": folder / "Maildir"}


ENDS = [("mbox", signal.SIGKILL), ("maildir", signal.SIGKILL), ("mbox", signal.SIGINT), ("maildir", signal.SIGINT)]


@pytest.mark.soak
@pytest.mark.parametrize(("kind", "how"), ENDS[: volume(3, 4)], ids=lambda one: getattr(one, "name", one))
def test_killed_at_any_moment_the_same_command_goes_on(
    tmp_path: Path, archives: dict[str, Path], raws: list[bytes], kind: str, how: int
) -> None:
    firm = Firm(tmp_path)
    for name, address in corpus.CLIENTS[:50]:
        firm.case(name, firm.contact(name, address))
    chance = random.Random(f"{kind} {how}")
    midway = 0
    for target in sorted(chance.sample(range(COUNT * 3 // 4), 3)):
        process = subprocess.Popen(command(firm, archives[kind]), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        while process.poll() is None and int(firm.one("SELECT coalesce(max(id), 0) FROM emails")) <= target:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(chance.uniform(0.001, COUNT / 20_000))
        process.send_signal(how)
        process.communicate()
        midway += 0 < firm.count("emails") < COUNT
    assert midway or (how == signal.SIGINT and COUNT < 4000)  # an interrupted import ends its batch first
    last = subprocess.run(command(firm, archives[kind]), capture_output=True, text=True)
    assert last.returncode == 0, last.stderr
    ids = [number for (number,) in firm.all("SELECT id FROM emails ORDER BY id")]
    kept = [emails.raw_of(firm.db, number).rstrip(b"\n") for number in ids]
    assert kept == raws
    for table in ("emails", "raw_messages", "deliveries", "decisions"):
        assert firm.count(table) == COUNT
    assert (
        firm.one(
            "SELECT count(*) FROM (SELECT email_id FROM activities WHERE verb IN ('filed', 'logged')"
            " GROUP BY email_id, case_id HAVING count(*) > 1)"
        )
        == 0
    )
    assert firm.one("SELECT count(*) FROM notifications") == 1
    told = firm.one("SELECT counts FROM imports ORDER BY id LIMIT 1")
    assert firm.one("SELECT sum(value) FROM json_each(?)", told) == COUNT
    firm.db.execute("INSERT INTO email_search(email_search, rank) VALUES('integrity-check', 1)")


@pytest.mark.soak
def test_deliveries_get_in_while_an_import_runs(tmp_path: Path, archives: dict[str, Path]) -> None:
    firm = Firm(tmp_path)
    patient = database.open_database(firm.path, busy_seconds=5)  # a delivery has 30
    process = subprocess.Popen(command(firm, archives["mbox"]), stdout=subprocess.DEVNULL)
    delivered = 0
    while process.poll() is None:
        receive(patient, mail("anna@client.example", msgid=f"d{delivered}"), Arrival(firm.ada, "pipe"))
        delivered += 1
    assert process.returncode == 0
    assert delivered > 3
    assert firm.count("emails") == COUNT + delivered
    firm.db.execute("INSERT INTO email_search(email_search, rank) VALUES('integrity-check', 1)")
