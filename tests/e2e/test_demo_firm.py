"""The demo firm: every mail of fixtures/firm goes where its table says, as `make demo` shows it."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from casefleet_cli.cli.app import run
from tests import warm

ROOT = Path(__file__).parents[2]
FIRM = ROOT / "fixtures/firm"
PLACES = """SELECT k.number FROM email_cases AS l JOIN cases AS k ON k.id = l.case_id WHERE l.email_id = :id
UNION SELECT d.name FROM email_leads AS l JOIN leads AS d ON d.id = l.lead_id WHERE l.email_id = :id"""


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment in which `casefleet` is this tree and the database is the demo firm's."""
    folder = tmp_path_factory.mktemp("firm")
    environment = {
        **os.environ,
        "PATH": f"{folder}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "CASEFLEET_DB": str(folder / "casefleet.db"),
    }
    with warm.program(folder / "casefleet"):
        fill(environment)
        yield environment


def fill(environment: dict[str, str]) -> None:
    """Set the firm up, deliver its mail and import its archives."""
    subprocess.run(["sh", FIRM / "setup.sh"], env=environment, check=True, stdout=subprocess.DEVNULL)
    with (FIRM / "pipe/envelopes.tsv").open() as table:
        for row in csv.DictReader(table, delimiter="\t"):
            subprocess.run(
                ["casefleet", "deliver", "--recipient", row["recipient"], "--sender", row["sender"]],
                env=environment, input=(FIRM / "pipe" / row["file"]).read_bytes(), check=True,
            )  # fmt: skip
    for words in (["sent.mbox", "--user", "Ada Berg"], ["Maildir", "--user", "Ada Berg"], ["eml"]):
        subprocess.run(
            ["casefleet", "import", *words], env=environment, check=True, cwd=FIRM, stdout=subprocess.DEVNULL
        )


@pytest.fixture
def db(shell: dict[str, str]) -> sqlite3.Connection:
    return sqlite3.connect(shell["CASEFLEET_DB"])


def decided(db: sqlite3.Connection, delivery: str, *values: str) -> dict[str, object]:
    """Outcome, places and reasons of the decision about the one delivery that a condition names."""
    ((email, outcome, reason, verdicts),) = db.execute(
        "SELECT n.email_id, n.outcome, n.reason, n.verdicts FROM decisions AS n JOIN deliveries AS d"
        f" ON d.id = n.delivery_id JOIN raw_messages AS r ON r.id = d.raw_message_id WHERE {delivery}",
        values,
    ).fetchall()
    reasons = [reason] if reason else [verdict["reason"] for verdict in json.loads(verdicts) if "reason" in verdict]
    places = sorted(place for (place,) in db.execute(PLACES, {"id": email}))
    return {"outcome": outcome, "places": places, "reasons": reasons}


def listed(text: str) -> list[str]:
    return [] if text == "-" else sorted(text.split(";"))


def test_every_delivered_mail_is_where_its_table_says(db: sqlite3.Connection) -> None:
    with (FIRM / "pipe/envelopes.tsv").open() as table:
        rows = list(csv.DictReader(table, delimiter="\t"))
    assert {row for line in rows for row in line["row"].split()} >= {str(n) for n in range(1, 25)} - {"23"}
    for row in rows:
        expected = {key: listed(row[key]) for key in ("places", "reasons")} | {"outcome": row["outcome"]}
        raw = (FIRM / "pipe" / row["file"]).read_bytes()
        assert decided(db, "r.sha256 = ?", hashlib.sha256(raw).hexdigest()) == expected, row["file"]


def test_every_imported_mail_is_where_its_table_says(db: sqlite3.Connection) -> None:
    for line in (FIRM / "expected.jsonl").read_text().splitlines():
        row = json.loads(line)
        expected = {"outcome": row["outcome"], "places": sorted(row["places"]), "reasons": row["reasons"]}
        assert decided(db, "d.origin = ? AND d.import_id IS NOT NULL", row["origin"]) == expected, row["origin"]


def test_the_firm_is_as_large_as_promised(db: sqlite3.Connection) -> None:
    counts = {
        table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        for table in ("users", "contacts", "cases", "leads", "imports")
    }
    assert counts == {"users": 4, "contacts": 12, "cases": 6, "leads": 4, "imports": 3}
    assert db.execute("SELECT count(*) FROM cases WHERE status = 'closed'").fetchone() == (2,)
    assert db.execute("SELECT count(*) FROM emails").fetchone()[0] >= 40
    kinds = {kind for (kind,) in db.execute("SELECT DISTINCT kind FROM notifications")}
    assert kinds == {"unassigned", "held", "exposed-address", "import-summary"}


def test_importing_again_changes_nothing(shell: dict[str, str], db: sqlite3.Connection) -> None:
    before = [
        db.execute(f"SELECT count(*) FROM {table}").fetchone() for table in ("emails", "deliveries", "activities")
    ]
    done = subprocess.run(
        ["casefleet", "import", "sent.mbox", "Maildir", "--user", "Ada Berg", "--json"],
        env=shell, cwd=FIRM, capture_output=True, check=True,
    )  # fmt: skip
    counts = json.loads(done.stdout)["counts"]
    assert counts["filed"] == counts["unassigned"] == counts["skipped"] == 0
    after = [db.execute(f"SELECT count(*) FROM {table}").fetchone() for table in ("emails", "deliveries", "activities")]
    assert after == before


@pytest.mark.parametrize(
    "words",
    [
        ["email", "list"], ["unassigned"], ["feed", "--all"], ["notifications", "--all"], ["search", "Dear"],
        ["contact", "list"], ["user", "list"], ["case", "list"], ["lead", "list"], ["email", "show", "1"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_no_list_shows_a_secret_or_a_control_character(
    shell: dict[str, str], words: list[str], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    forms = [["--json"]] if words[1:2] == ["show"] else [["--json"], ["--nl"], ["--csv"], [], ["--fmt", "html"]]
    for form in forms:
        assert run(["--db", shell["CASEFLEET_DB"], *words, *form]) == 0
        text = capfdbinary.readouterr().out.decode()
        assert text
        assert not [letter for letter in text if ord(letter) < 32 and letter not in "\n\t"]
        for token in ("7k3mq9x2vt4hc8wnp", "m2x8vq4tk7wn3hc9j", "q5z9rt3wk8hn4vx7c"):
            assert token not in text
