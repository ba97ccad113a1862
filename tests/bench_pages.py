"""What pages cost at any size: each at 10,000 e-mails and at many more, as the server answers them, rendered.

    python -m tests.bench_pages [EMAILS] [ROUNDS]

The mail is that of tests.bench_search, 2 kB each. Asked for are pages of different cases, contacts and e-mails each
time; what is compared is the 95th percentile.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from casefleet_cli import access
from casefleet_cli.core.spoofing.suspicions import key
from casefleet_cli.web import answering
from tests.bench_search import filled
from tests.firm import NOW, Firm

SMALL = 10_000
_WARM = 3
"""Answers that are not counted: the first brings modules, templates and the file into memory."""
Address = Callable[[random.Random, int], str]
PAGES: dict[str, Address] = {
    "home": lambda _, __: "/",
    "cases": lambda _, __: "/cases",
    "case": lambda chance, emails: f"/cases/{_case(chance, emails)}",
    "case, further on": lambda chance, emails: f"/cases/{_case(chance, emails)}?before=1500000000.5",
    "journal of a case": lambda chance, emails: f"/cases/{_case(chance, emails)}/journal",
    "attachments of a case": lambda chance, emails: f"/cases/{_case(chance, emails)}/attachments",
    "leads": lambda _, __: "/leads",
    "contacts": lambda _, __: "/contacts",
    "contact": lambda chance, _: f"/contacts/{chance.randint(1, 199)}",
    "e-mail": lambda chance, emails: f"/emails/{chance.randint(1, emails)}",
    "unassigned": lambda _, __: "/unassigned",
    "own unassigned": lambda _, __: "/unassigned?mine=1",
    "held": lambda _, __: "/held",
    "notifications": lambda _, __: "/notifications",
    "search, rare": lambda _, __: "/search?q=needle7",
    "search, common": lambda _, __: "/search?q=report",
    "search in a case": lambda chance, emails: f"/search?in=case:X-{_case(chance, emails)}&q=report",
}


def _case(chance: random.Random, emails: int) -> int:
    return 50 + chance.randint(0, emails // 400 - 1)


def made(folder: Path, emails: int) -> Firm:
    """The firm with a contact for each address, and something that was told and happened."""
    firm = filled(folder, emails)
    firm.db.executemany(
        "INSERT INTO contacts (id, name, look, kind, created_at) VALUES (?, ?, ?, 'person', ?)",
        ((n, f"Person {n}", key(f"Person {n}"), NOW) for n in range(1, 212)),
    )
    firm.db.executemany(
        "INSERT INTO contact_addresses (contact_id, address) VALUES (?, ?)",
        ((n, f"person{n % 211}@many.example") for n in range(1, 212)),
    )
    firm.db.execute(
        "INSERT INTO activities (at, verb, case_id, email_id, about_user_id)"
        " SELECT linked_at, 'filed', case_id, email_id, 1 FROM email_cases ORDER BY email_id"
    )
    firm.db.execute(
        "INSERT INTO notifications (user_id, kind, email_id, created_at)"
        " SELECT 1, 'unassigned', id, logged_at FROM emails WHERE standing = 'unassigned'"
    )
    return firm


def percentile(firm: Firm, emails: int, address: Address, rounds: int) -> float:
    """Milliseconds under which 95 of 100 answers of a page stay, for a standard user."""
    viewer = access.who(firm.db, firm.ada)
    chance, spent = random.Random(5), list[float]()
    for number in range(rounds + _WARM):
        path, _, query = address(chance, emails).partition("?")
        started = time.perf_counter()
        answer = answering.answer(firm.path, viewer, path, query)
        took = (time.perf_counter() - started) * 1000
        spent += [took] if number >= _WARM else []
        assert answer.status == 200, (path, answer.status)
    return statistics.quantiles(spent, n=20)[-1]


def main(argv: list[str]) -> None:
    """Fill both firms, ask, and print."""
    emails = int(argv[0]) if argv else 1_000_000
    rounds = int(argv[1]) if len(argv) > 1 else 60
    with tempfile.TemporaryDirectory() as folder:
        firms = [(size, made(Path(folder) / str(size), size)) for size in (SMALL, emails)]
        print(f"{'page':24}{SMALL:>12,}{emails:>14,}  95th percentile, ms")
        for name, address in PAGES.items():
            small, large = (percentile(firm, size, address, rounds) for size, firm in firms)
            print(f"{name:24}{small:12.1f}{large:14.1f}  {large / small:.2f}x", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
