"""count: how many e-mails there are, to whom they are in sight."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from casefleet_cli.cli.app import run
from casefleet_cli.core.rules.routing import Place
from casefleet_cli.desk import settings as settings_desk
from casefleet_cli.intake.receiving import receive
from casefleet_cli.store import links, standings
from casefleet_cli.store.deliveries import Arrival
from tests.firm import NOW, Firm, mail

Count = Callable[..., list[list[object]]]
MAY_ENDS, JUNE_BEGINS = "Sun, 31 May 2026 21:30:00 +0000", "Sun, 31 May 2026 22:30:00 +0000"
"""Before and after midnight in Berlin."""


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    """E-mail 1 is on cases 1 and 2 and was filed at last, 2 on case 1 and on the lead that became it, 3 on a lead, 4 on no case and of both
    users (for Ada twice), 5 held, 6 rejected, 7 on the restricted case 3; the first two are of May. Lim is on case 2."""
    firm = Firm(tmp_path)
    settings_desk.put(firm.db, "timezone", "Europe/Berlin")
    firm.role(firm.ada, "admin")
    lim = firm.user("Lim", "lim@firm.example", "lim-aaaa9x2vt4hc8wnpq@log.firm.example")
    firm.role(lim, "limited")
    anna = firm.contact("Anna", "anna@client.example")
    for title in ("Trust", "Estate", "Walled"):
        firm.case(title, anna)
    firm.db.execute("UPDATE cases SET restricted = 1 WHERE id = 3")
    firm.add("case_users", case_id=2, user_id=lim)
    became = firm.add("leads", name="Bakery", status="converted", case_id=1, opened_at=NOW)
    lost = firm.lead("Sale", anna, status="lost")
    places: dict[int, tuple[Place, ...]] = {
        1: (Place("case", 1), Place("case", 2)),
        2: (Place("case", 1), Place("lead", became)),
        3: (Place("lead", lost),),
        7: (Place("case", 3),),
    }
    for number in range(1, 8):
        sender = "eve@else.example" if number in (5, 6) else "ada@firm.example"
        raw = mail("x@else.example", sender=sender, msgid=str(number))
        date = MAY_ENDS if number < 3 else JUNE_BEGINS
        raw = raw.replace(b"Mon, 02 Nov 2026 09:30:00 +0100", date.encode())
        for user in (firm.ada, firm.carl)[: 2 if number == 4 else 1]:
            assert receive(firm.db, raw, Arrival(user, "eml"), vouched=number == 4).email_id == number
        for place in places.get(number, ()):
            links.add(firm.db, number, place, user_id=None)
            standings.refresh(firm.db, number)
    for table, changed in (("deliveries", {"source": "pipe"}), ("decisions", {"outcome": "filed"})):
        of = 4 if table == "deliveries" else 1
        (row,) = firm.all(f"SELECT * FROM {table} WHERE email_id = ? LIMIT 1", of)
        names = [column[1] for column in firm.all(f"PRAGMA table_info({table})")]
        firm.add(table, **{**dict(zip(names[1:], row[1:], strict=True)), **changed})
    firm.db.execute("UPDATE emails SET standing = 'rejected', rejected_at = logged_at WHERE id = 6")
    firm.db.execute("UPDATE deliveries SET standing = 'rejected' WHERE email_id = 6")
    return firm


@pytest.fixture
def count(firm: Firm, capfd: pytest.CaptureFixture[str]) -> Count:
    def count(*words: str, user: str = "Ada") -> list[list[object]]:
        assert run(["--db", firm.path, "--as", user, "count", "--json", *words]) == 0
        return [list(row.values()) for row in json.loads(capfd.readouterr().out)]

    return count


OF_CASES: list[list[object]] = [
    ["2026-101", "Trust", 2],
    ["2026-102", "Estate", 1],
    ["2026-103", "Walled", 1],
    [None, None, 3],
]


@pytest.mark.parametrize(
    ("by", "query", "rows"),
    [
        ("case", "", OF_CASES),
        ("month", "", [["2026-05", 2], ["2026-06", 4]]),
        ("user", "", [["Ada Berg", 6], ["Carl Diaz", 1]]),
        ("outcome", "", [["filed", 1], ["held", 1], ["unassigned", 4]]),
        (
            "month,outcome",
            "",
            [
                ["2026-05", "filed", 1],
                ["2026-05", "unassigned", 1],
                ["2026-06", "held", 1],
                ["2026-06", "unassigned", 3],
            ],
        ),
        ("outcome, month", "is:held", [["held", "2026-06", 1]]),
        ("case,case", "case:2026-102", [["2026-101", "Trust", 1], ["2026-102", "Estate", 1]]),
        ("case,user", "is:unassigned", [[None, None, "Ada Berg", 1], [None, None, "Carl Diaz", 1]]),
        ("month", "is:rejected", [["2026-06", 1]]),
        ("month", "after:2026-06-01", [["2026-06", 4]]),
        ("month", "-is:unassigned -is:held", [["2026-05", 2], ["2026-06", 2]]),
        ("month", "dear -nothing", [["2026-05", 2], ["2026-06", 4]]),
        ("user", "qqqq", []),
    ],
)
def test_is_counted(by: str, query: str, rows: list[list[object]], count: Count) -> None:
    assert count("--by", by, *query.split()) == rows


@pytest.mark.parametrize(
    ("user", "by", "rows"),
    [
        ("Carl", "case", [["2026-101", "Trust", 2], ["2026-102", "Estate", 1], [None, None, 2]]),
        ("Carl", "outcome", [["filed", 1], ["unassigned", 3]]),
        ("Lim", "case", [["2026-102", "Estate", 1]]),
        ("Lim", "case,user", [["2026-102", "Estate", "Ada Berg", 1]]),
    ],
)
def test_of_what_is_in_sight(user: str, by: str, rows: list[list[object]], count: Count) -> None:
    assert count("--by", by, user=user) == rows


@pytest.mark.parametrize(
    ("words", "told", "said"),
    [
        ("case", ["(none)", "3"], "6 e-mails in all; one on several cases counts under each."),
        ("user,case", None, "6 e-mails in all; one logged for several users or on several cases counts under each."),
        ("month", ["2026-06", "4"], "6 e-mails in all."),
        ("month --csv", ["2026-06,4"], ""),
        ("month qqqq", ["No", "e-mail", "fits."], ""),
    ],
)
def test_people_are_told_how_many_there_are(
    words: str, told: list[str] | None, said: str, firm: Firm, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["--db", firm.path, "count", "--by", *words.split()]) == 0
    out, err = capfd.readouterr()
    assert err == (said and f"{said}\n")
    assert told is None or out.splitlines()[-1].split() == told


@pytest.mark.parametrize(
    ("zone", "months"),
    [
        ("UTC", {"2026-05": 6}),
        ("Europe/Berlin", {"2026-05": 2, "2026-06": 4}),
        ("Pacific/Kiritimati", {"2026-06": 6}),
        ("Pacific/Pago_Pago", {"2026-05": 6}),
    ],
)
def test_a_month_is_one_of_the_firm(zone: str, months: dict[str, int], firm: Firm, count: Count) -> None:
    settings_desk.put(firm.db, "timezone", zone)
    assert dict(count("--by", "month")) == months
