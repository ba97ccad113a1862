"""link by choosing mail instead of numbers: what is chosen, the preview, and nothing without a yes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from casefleet_cli.cli.app import run
from casefleet_cli.intake.receiving import receive
from casefleet_cli.store.deliveries import Arrival
from tests.firm import Firm, mail

LIMIT = 20


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    """Mail 1 to 5 is unassigned; 6 is filed; 7 is held."""
    firm = Firm(tmp_path)
    anna = firm.contact("Anna", "anna@client.example", "anna@home.example")
    firm.contact("Bert", "bert@client.example")

    def log(raw: bytes, *, vouched: bool = True, date: str = "Mon, 02 Nov 2026 09:30:00 +0100") -> None:
        raw = raw.replace(b"Mon, 02 Nov 2026 09:30:00 +0100", date.encode())
        receive(firm.db, raw, Arrival(firm.ada, "eml" if vouched else "pipe"), vouched=vouched)

    log(mail("ada@firm.example", sender="anna@client.example", text="one"), date="Sun, 31 Dec 2023 23:00:00 +0000")
    log(mail("ada@firm.example", sender="bert@client.example", text="two"), date="Mon, 01 Jan 2024 12:00:00 +0000")
    log(mail("ada@firm.example", sender="anna@home.example", text="three"))
    log(mail("anna@client.example", text="four"))
    log(mail("ada@firm.example", sender="who@sub.client.example", text="five"))
    case = firm.case("Trust", anna)
    log(mail("anna@client.example", text="six"))
    log(mail("ada@firm.example", sender="anna@client.example", text="seven"), vouched=False)
    assert firm.all("SELECT email_id, case_id FROM email_cases") == [(6, case)]
    return firm


Casefleet = Callable[..., tuple[int, str, str]]


@pytest.fixture
def casefleet(firm: Firm, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Casefleet:
    monkeypatch.setenv("COLUMNS", "200")

    def call(*argv: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run(["--db", firm.path, "--as", "Ada Berg", *argv])
        return code, *capsys.readouterr()

    return call


CHOSEN = {
    "--from anna@client.example": [1],
    "--from client.example": [1, 2],
    "--from @home.example": [3],
    "--from client.example --since 2024-01-01": [2],
    "--from client.example --until 2023-12-31": [1],
    "--until 2024": [1, 2],
    "--query one": [1],
    "--query is:linked": [6],
    "--query is:held": [],
    "--query anna": [1, 3, 4],
    "--query from:client.example --since 2025": [5],
    "": [1, 3, 4],
}


@pytest.mark.parametrize("options", CHOSEN)
def test_chooses(firm: Firm, casefleet: Casefleet, options: str) -> None:
    firm.db.execute("INSERT INTO cases (id, number, title, opened_at) VALUES (50, 'X', 'X', '2026-01-01T00:00:00Z')")
    code, said, _ = casefleet("link", *options.split(), "--contact", "Anna", "--case", "X", "--yes")
    assert code == 0
    assert [row[0] for row in firm.all("SELECT email_id FROM email_cases WHERE case_id = 50 ORDER BY 1")] == CHOSEN[
        options
    ]
    assert ("takes it back" in said) == bool(CHOSEN[options])


def test_off_a_terminal_nothing_happens_without_yes(firm: Firm, casefleet: Casefleet) -> None:
    before = firm.count("activities")
    code, said, complained = casefleet("link", "--from", "client.example", "--contact", "Anna", "--case", "Trust")
    assert (code, firm.count("activities"), firm.count("batches")) == (2, before, 0)
    assert "case 2026-101 Trust, contact Anna" in said
    assert "2 e-mails to link." in said
    assert complained == "casefleet: Nothing was linked; run it again with --yes to link these.\n"


def test_a_preview_is_short_and_counts(firm: Firm, casefleet: Casefleet) -> None:
    for number in range(LIMIT + 5):
        receive(firm.db, mail("x@many.example", text=f"{number}"), Arrival(firm.ada, "pipe"))
    code, said, _ = casefleet("link", "--query", "to:@many.example", "--contact", "Anna", "--case", "Trust", "--yes")
    assert code == 0
    assert (
        "… and 5 more\n25 e-mails to link.\n25 e-mails linked: batch 1; casefleet unlink --batch 1 takes it back."
        in said
    )


def test_suggested_shows_reasons_and_what_is_left(firm: Firm, casefleet: Casefleet) -> None:
    code, said, complained = casefleet("link", "--suggested", "--min-trust", "contact", "--yes")
    assert code == 0
    assert "Anna (anna@client.example), sender, has one open case" in said
    assert "3 e-mails linked: batch 1" in said
    assert "Nothing is suggested for e-mail 2" in complained
    assert "2 e-mails left as they are." in complained


def test_a_batch_is_taken_back(firm: Firm, casefleet: Casefleet) -> None:
    _, said, _ = casefleet("link", "1", "2", "--contact", "Anna", "--case", "Trust")
    assert said.endswith("That was batch 1; casefleet unlink --batch 1 takes it back.\n")
    assert casefleet("unlink", "--batch", "1") == (0, "Batch 1 is taken back: 2 e-mails unlinked.\n", "")
    assert firm.all("SELECT email_id FROM email_cases") == [(6,)]
    casefleet("link", "1", "2", "--contact", "Anna", "--case", "Trust")
    casefleet("unlink", "1", "--case", "Trust")
    casefleet("link", "1", "--case", "Trust")
    code, said, complained = casefleet("unlink", "--batch", "2")
    assert (code, said) == (1, "Batch 2 is taken back: 1 e-mail unlinked.\n")
    assert "E-mail 1 stays on case 2026-101 Trust: it was put there by hand since." in complained


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        ("link --case Trust", "Say which e-mails"),
        ("link 1 --from x@y.example --case Trust", "Name e-mails by their numbers, or choose them"),
        ("link --from x@y.example", "Say where to"),
        ("link --query form:x --case Trust", "There is no field 'form'"),
        ("link --suggested --min-trust most", "'most' is no kind of suggestion; there are case-tag, thread, forward"),
        ("link 1 --case Trust --min-trust thread", "--min-trust goes with --suggested"),
        ("link --since soon --case Trust", "'soon' is not a date"),
        ("unlink", "Say which e-mails, by their numbers, or --batch N"),
        ("unlink 1 --batch 2", "give it alone"),
        ("unlink --batch 2", "There is no batch 2"),
    ],
)
def test_says_what_is_wrong(firm: Firm, casefleet: Casefleet, argv: str, sentence: str) -> None:
    before = firm.count("activities")
    code, said, complained = casefleet(*argv.split())
    assert (code, said, firm.count("activities")) == (2, "", before)
    assert sentence in complained


STRANGERS = {
    "8 --new-contact --case 2026-101 --yes": ("Zoe Zed", "zoe@else.example"),
    "8 --new-contact Zoë --case 2026-101 --yes": ("Zoë", "zoe@else.example"),
    "9 --new-contact --address Max@else.example --case 2026-101 --yes": ("max@else.example", "max@else.example"),
}


@pytest.fixture
def strangers(firm: Firm) -> Firm:
    """8 is to somebody unknown, 9 to two of them."""
    for to in ("Zoe Zed <zoe@else.example>", "max@else.example, Eve <eve@else.example>"):
        receive(firm.db, mail(to), Arrival(firm.ada, "pipe"))
    return firm


@pytest.mark.parametrize("line", STRANGERS)
def test_a_contact_is_made_of_somebody_in_the_mail(strangers: Firm, casefleet: Casefleet, line: str) -> None:
    name, address = STRANGERS[line]
    assert casefleet("link", *line.split())[0] == 0
    made = strangers.all("SELECT c.name, a.address FROM contacts AS c JOIN contact_addresses AS a ON a.contact_id = c.id"
                         " WHERE c.id = 3")  # fmt: skip
    assert made == [(name, address)]
    number = int(line[0])
    assert strangers.all("SELECT contact_id FROM email_contacts WHERE email_id = ?", number) == [(3,)]
    assert strangers.all("SELECT case_id FROM email_cases WHERE email_id = ?", number) == [(1,)]


NO_STRANGERS = {
    "4 --new-contact": "In e-mail 4 there is nobody without a contact; name one with --contact.",
    "9 --new-contact": "E-mail 9 has several people without a contact; choose with --address: max@else.example, eve@else.example.",
    "8 --new-contact --address max@else.example": "In e-mail 8 max@else.example is nobody without a contact",
    "8 9 --new-contact": "--new-contact takes the number of one e-mail, without --suggested and --thread.",
    "8 --new-contact --thread": "--new-contact takes the number of one e-mail, without --suggested and --thread.",
    "8 --address max@else.example": "--address goes with --new-contact.",
    "8 --new-contact --case 2026-999": "2026-999",
    "7 --new-contact": "In e-mail 7 there is nobody without a contact",
}  # fmt: skip


@pytest.mark.parametrize("line", NO_STRANGERS)
def test_no_contact_is_made_on_a_guess(strangers: Firm, casefleet: Casefleet, line: str) -> None:
    before = strangers.all("SELECT count(*) FROM activities UNION ALL SELECT count(*) FROM contacts")
    code, _, told = casefleet("link", *line.split())
    assert (code, NO_STRANGERS[line] in told) == (2, True), told
    assert strangers.all("SELECT count(*) FROM activities UNION ALL SELECT count(*) FROM contacts") == before
