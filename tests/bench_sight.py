"""What it costs that not everybody sees everything: lists and searches as each role, against the same as an admin.

    python -m tests.bench_sight [EMAILS] [ROUNDS]

The mail is that of tests.bench_search, 2 kB each; one case in twenty is restricted, to users who ask nothing here.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from casefleet_cli import access
from casefleet_cli.core.query import parse
from casefleet_cli.store import cases, contacts, correspondence, database, feed, leads, mailbook, search, selection
from casefleet_cli.store.correspondence import TOP
from casefleet_cli.store.sight import Sight
from tests.bench_search import Made, filled
from tests.firm import DAYS, Firm

PAGE = 51
CAP = 1000
Asking = Callable[[Firm, Sight], object]
LISTS: dict[str, Asking] = {
    "email list": lambda firm, sight: mailbook.listed(firm.db, {}, 50, sight=sight),
    "email list --case": lambda firm, sight: mailbook.listed(firm.db, {"case": 60}, 50, sight=sight),
    "email list --user": lambda firm, sight: mailbook.listed(firm.db, {"user": firm.ada}, 50, sight=sight),
    "unassigned": lambda firm, sight: mailbook.listed(firm.db, {"standing": "unassigned"}, 50, sight=sight),
    "case list": lambda firm, sight: list(cases.listed(firm.db, sight=sight)),
    "feed --all": lambda firm, sight: feed.of(firm.db, "all", limit=50, sight=sight),
    "feed --case": lambda firm, sight: feed.of(firm.db, "case", 60, limit=50, sight=sight),
    "page of cases": lambda firm, sight: cases.shown(firm.db, sight, database.BEYOND, PAGE),
    "page of leads": lambda firm, sight: leads.shown(firm.db, sight, database.BEYOND, PAGE),
    "page of contacts": lambda firm, sight: contacts.shown(firm.db, sight, database.BEYOND, PAGE),
    "page of unassigned": lambda firm, sight: mailbook.entries(
        firm.db, sight, [spot.email_id for spot in correspondence.waiting(firm.db, sight, "unassigned", TOP, PAGE)]
    ),
    "page of a case": lambda firm, sight: correspondence.newest(
        firm.db, sight, correspondence.case_sources(firm.db, 60), TOP, PAGE
    ),
    "page of a contact": lambda firm, sight: correspondence.newest(
        firm.db, sight, correspondence.contact_sources(firm.db, 60), TOP, PAGE
    ),
    "badge of unassigned": lambda firm, sight: correspondence.count_waiting(firm.db, sight, "unassigned", CAP),
    "page of an e-mail": lambda firm, sight: mailbook.seen(firm.db, sight, 5000, 100),
}


def sought(question: str) -> Asking:
    """A search as the pages do it: the count, and a page of hits with snippets."""

    def ask(firm: Firm, sight: Sight) -> object:
        found = selection.of(firm.db, parse(question, DAYS), sight)
        count = search.count(firm.db, found, sight, CAP)
        if count < CAP:
            numbers = [spot.email_id for spot in search.by_moment(firm.db, found, sight)[:PAGE]]
        else:
            numbers = search.hits(firm.db, found, sight, database.BEYOND, PAGE)
        return count, search.snippets_of(firm.db, numbers, found, ("[", "]"))

    return ask


def prepared(folder: Path, emails: int) -> dict[str, Sight]:
    """The sights of one of each role. Nobody who asks is assigned to a restricted case; Lim and Gus are on forty."""
    firm = filled(folder, emails)
    ids = [row[0] for row in firm.all("SELECT id FROM cases ORDER BY id")]
    firm.db.executemany("UPDATE cases SET restricted = 1 WHERE id = ?", ((number,) for number in ids[::20]))
    olga = firm.user("Olga", "olga@firm.example", "olga-q9x2vt4hc8wnp3k7m@log.firm.example")
    people = {"admin": firm.ada, "standard": firm.carl}
    for role in ("limited", "guest"):
        people[role] = firm.user(role, f"{role}@firm.example", f"{role}-q9x2vt4hc8wnp3k7m@log.firm.example")
    for role, number in people.items():
        firm.role(number, role)
    on = [(case_id, olga) for case_id in ids[::20]]
    theirs = {50, 60, *(number for number in ids[55::7][:40] if number not in ids[::20])}
    on += [(case_id, people[role]) for role in ("limited", "guest") for case_id in theirs]
    firm.db.executemany("INSERT INTO case_users (case_id, user_id) VALUES (?, ?)", on)
    firm.db.executemany(
        "INSERT INTO activities (at, verb, user_id, case_id, email_id) SELECT l.linked_at, 'filed', NULL, l.case_id,"
        " l.email_id FROM email_cases AS l WHERE l.email_id % ? = 0", [(max(1, emails // 100_000),)],
    )  # fmt: skip
    firm.db.execute("PRAGMA optimize")
    firm.db.close()
    return {role: access.who(database.open_reader(firm.path), number).sight for role, number in people.items()}


def timed(ask: Asking, firm: Firm, sight: Sight) -> float:
    """Milliseconds of one question."""
    begun = time.perf_counter()
    ask(firm, sight)
    return (time.perf_counter() - begun) * 1000


def main(emails: int = 1_000_000, rounds: int = 5) -> None:
    """Print the medians, and the ratios to the admin's."""
    questions = {**LISTS, **{question: sought(question) for question in Made().questions()}}
    with tempfile.TemporaryDirectory() as folder:
        sights = prepared(Path(folder, "firm"), emails)
        firm = Firm.__new__(Firm)
        firm.path = str(Path(folder, "firm", "casefleet.db"))
        firm.db = database.open_reader(firm.path)
        firm.ada = sights["admin"].user_id
        times = {(name, role): [] for name in questions for role in sights}  # type: dict[tuple[str, str], list[float]]
        for _ in range(rounds + 1):  # the first is for the cache
            for name, ask in questions.items():
                for role, sight in sights.items():
                    times[name, role].append(timed(ask, firm, sight))
        medians = {key: statistics.median(taken[1:]) for key, taken in times.items()}
        print(f"{'milliseconds, medians':45}" + "".join(f"{role:>12}" for role in sights))
        for name in questions:
            print(f"{name:45}" + "".join(f"{medians[name, role]:12.2f}" for role in sights))
        slow = {role: sorted(medians[name, role] for name in questions) for role in sights}
        at = int(len(questions) * 0.95)
        print("95th percentile, and against the admin's: " + ", ".join(
            f"{role} {taken[at]:.1f} ms = {taken[at] / slow['admin'][at]:.2f}x" for role, taken in slow.items()
        ))  # fmt: skip


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
