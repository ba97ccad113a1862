"""`casefleet search`: in what order, what programs get, and what is said when nothing fits."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from casefleet_cli.cli.app import run
from casefleet_cli.intake.receiving import receive
from casefleet_cli.store.deliveries import Arrival
from tests.firm import Firm, mail

Ask = Callable[..., tuple[str, str]]


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    """Three emails with a hearing, each better than the one before it and older."""
    made = Firm(tmp_path)
    for number in (1, 2, 3):
        text = "hearing " * number + "Straße " + "and more " * (20 - 5 * number)
        raw = mail("a@b.example", text=text, subject=f"No {number}", msgid=str(number))
        raw = raw.replace(b"Mon, 02 Nov 2026", f"0{9 - number} Nov 2026".encode())
        receive(made.db, raw, Arrival(made.ada, "pipe"))
    return made


@pytest.fixture
def ask(firm: Firm, capsys: pytest.CaptureFixture[str]) -> Ask:
    def asked(*words: str) -> tuple[str, str]:
        assert run(["--db", firm.path, "search", *words]) == 0
        told = capsys.readouterr()
        return told.out, told.err

    return asked


@pytest.mark.parametrize(
    ("sort", "numbers"), [((), [3, 2, 1]), (("--sort", "logged"), [3, 2, 1]), (("--sort", "date"), [1, 2, 3]), (("--sort", "relevance"), [3, 2, 1])]
)  # fmt: skip
def test_sorts(ask: Ask, sort: tuple[str, ...], numbers: list[int]) -> None:
    assert [row["id"] for row in json.loads(ask("hearing", *sort, "--json")[0])] == numbers


@pytest.mark.parametrize("form", ["--json", "--nl", "--csv", "--fmt=github", "--fmt=tsv", "--fmt=simple", ""])
def test_programs_get_no_marks(ask: Ask, form: str) -> None:
    out, _ = ask("strasse", *filter(None, [form]))
    assert "Straße" in out
    assert not set(out) & set("\ufdd0\ufdd1\ue000\ue001")


def test_programs_get_the_words_as_they_were_written(ask: Ask) -> None:
    (row,) = csv.DictReader(io.StringIO(ask("strasse", "subject:2", "--csv")[0]))
    assert row["snippet"].startswith("hearing hearing Straße and more")


def test_says_why_nothing_fits(ask: Ask) -> None:
    assert ask("hearng") == ("No e-mail fits.\nNo e-mail has hearng. Near it: hearing.\n", "")
    assert ask("hearing", "is:held") == ("No e-mail fits.\nNo e-mail fits is:held.\n", "")
    assert ask("hearng", "--limit", "3") == ("No e-mail fits.\nNo e-mail has hearng. Near it: hearing.\n", "")
    assert ask("hearng", "--json") == ("[]\n", "")
    assert ask("hearng", "--nl") == ("", "")


def test_many_are_cut_with_the_order_named(firm: Firm, ask: Ask) -> None:
    for number in range(50):
        raw = mail("a@b.example", text="hearing", subject="s", msgid=f"m{number}")
        receive(firm.db, raw, Arrival(firm.ada, "pipe"))
    for sort, first in (("logged", "last 50 logged"), ("date", "50 newest"), ("relevance", "50 that fit best")):
        out, err = ask("hearing", "--sort", sort)
        assert err == f"These are the {first}; --limit N shows N, and a longer query finds fewer.\n"
        assert out.count("\n") == 52
    assert ask("hearing", "--limit", "51")[1] == ""
