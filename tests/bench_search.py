"""Search in an archive of 1,000,000 emails against one of 10,000: the 95th percentile of the same questions, in turns.

    python -m tests.bench_search [EMAILS] [ROUNDS] [FTS5-OPTIONS]

The mail is made: sentences of words that occur as often as words do, from a fixed seed.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

from casefleet_cli.core.query import parse
from casefleet_cli.store import search
from tests.firm import DAYS, Firm

SMALL = 10_000
_SYLLABLES = [a + b for a in "bcdfghjklmnprstvw" for b in "aeiou"]
_CASE_SIZE = 400
QUESTIONS = (
    "{common}",
    "{common} {common2}",
    "{common} {middling}",
    "{rare}",
    "{rare} {common}",
    '"{common} {common2}"',
    "{common} OR {rare}",
    "{middling} -{common}",
    "-{common}",
    "{prefix}*",
    "{short}*",
    "from:person17",
    "from:person17@many.example {common}",
    "to:person23 {middling}",
    "subject:{middling}",
    "case:50 {common}",
    "case:50",
    "user:1 {common}",
    "{common} has:attachment",
    "filename:report",
    "is:unassigned {common}",
    "after:2024-06 before:2024-07",
    "{common} after:2024-06 before:2024-07",
    "{missing}",
)


class Made:
    """The mail, the same for every size."""

    def __init__(self) -> None:
        chance = random.Random(7)
        words = ["".join(chance.choices(_SYLLABLES, k=chance.randint(1, 4))) for _ in range(60_000)]
        self.words = list(dict.fromkeys(words))
        weights = [1 / (rank + 10) for rank in range(len(self.words))]
        self.sentences = [" ".join(chance.choices(self.words, weights, k=20)) for _ in range(20_000)]
        self.subjects = [" ".join(chance.choices(self.words, weights, k=5)) for _ in range(20_000)]
        self.chance = chance

    def text(self) -> str:
        return "\n".join(self.chance.choices(self.sentences, k=4))

    def questions(self) -> list[str]:
        names = {
            "common": self.words[3],
            "common2": self.words[5],
            "middling": self.words[2000],
            "rare": "needle7",
            "prefix": self.words[2000][:5],
            "short": self.words[2000][:3],
            "missing": "nowhere",
        }
        return [question.format(**names) for question in QUESTIONS]


def filled(folder: Path, emails: int, options: str = "") -> Firm:
    """A firm with so many emails; of 400 each a case, 100 unassigned, every seventh with a report."""
    folder.mkdir()
    firm, made = Firm(folder), Made()
    if options:
        (sql,) = firm.all("SELECT sql FROM sqlite_master WHERE name = 'email_search'")[0]
        firm.db.execute("DROP TABLE email_search")
        firm.db.execute(sql.replace("\n)", f", {options}\n)"))
    firm.db.execute("PRAGMA synchronous = OFF")
    firm.db.execute("PRAGMA foreign_keys = OFF")
    firm.db.executemany(
        "INSERT INTO cases (id, number, title, opened_at) VALUES (?, ?, ?, '2026-01-01T00:00:00Z')",
        ((n, f"X-{n}", f"Matter {n}") for n in range(1, emails // _CASE_SIZE + 50)),
    )
    for start in range(0, emails, 50_000):
        numbers = range(start + 1, min(start + 50_000, emails) + 1)
        firm.db.execute("BEGIN")
        with search.indexing_at_end(firm.db):
            firm.db.executemany(_EMAIL, (_row(made, n, emails) for n in numbers))
            firm.db.executemany(
                "INSERT INTO email_recipients (email_id, kind, name, address) VALUES (?, 'to', ?, ?)",
                ((n, f"Person{n % 211}", f"person{n % 211}@many.example") for n in numbers),
            )
            firm.db.executemany(
                "INSERT INTO attachments (email_id, part, filename, content_type, size) VALUES (?, '2', 'report.pdf', 'a/b', 1)",
                ((n,) for n in numbers if n % 7 == 0),
            )
            firm.db.executemany(
                "INSERT INTO email_cases (email_id, case_id, linked_by, linked_at) VALUES (?, ?, 'rule', '2026-01-01T00:00:00Z')",
                ((n, 50 + n // _CASE_SIZE if n >= _CASE_SIZE else 50) for n in numbers),
            )
            firm.db.executemany(
                "INSERT INTO deliveries (email_id, user_id, source, raw_message_id, standing, received_at)"
                " VALUES (?, ?, 'pipe', ?, 'routed', '2026-01-01T00:00:00Z')",
                ((n, 1 + n % 2, n) for n in numbers),
            )
        for statement in _IN_ORDER:
            firm.db.execute(statement, (numbers[0], numbers[-1]))
        firm.db.execute("COMMIT")
    return firm


_IN_ORDER = (
    "UPDATE email_cases SET sorts_at = (SELECT unixepoch(sent_at) FROM emails WHERE id = email_id)"
    " WHERE email_id BETWEEN ? AND ?",
    "INSERT OR IGNORE INTO email_addresses SELECT from_address, unixepoch(sent_at), id FROM emails WHERE id BETWEEN ? AND ?",
    "INSERT OR IGNORE INTO email_addresses SELECT r.address, unixepoch(e.sent_at), e.id FROM emails AS e"
    " JOIN email_recipients AS r ON r.email_id = e.id WHERE e.id BETWEEN ? AND ?",
)
_EMAIL = (
    "INSERT INTO emails (id, fingerprint, raw_message_id, standing, subject, from_name, from_address, sent_at, logged_at,"
    " text, people, filenames, size) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 5)"
)


def _row(made: Made, number: int, emails: int) -> tuple[object, ...]:
    month = number * 240 // (emails + 1)
    sent = f"{2006 + month // 12}-{month % 12 + 1:02d}-{number % 28 + 1:02d}T09:00:00Z"
    standing = "unassigned" if number % (emails // 100) == 0 else "linked"
    text = made.text() + (" needle7" if number % (emails // 5) == 1 else "")
    subject = made.chance.choice(made.subjects)
    sender, to = f"person{number % 199}", f"person{number % 211}"
    return (
        number, f"{number:064x}", number, standing, subject, sender.title(), f"{sender}@many.example", sent, sent, text,
        f"{to.title()} {to}@many.example", "report.pdf" if number % 7 == 0 else "",
    )  # fmt: skip


def asked(firm: Firm, question: str) -> float:
    """Milliseconds of one search as the terminal does it: fifty rows with snippets."""
    started = time.perf_counter()
    list(search.find(firm.db, parse(question, DAYS), limit=50, mark=("[", "]")))
    return (time.perf_counter() - started) * 1000


def main(argv: list[str]) -> None:
    """Fill both archives, ask, and print."""
    emails = int(argv[0]) if argv else 1_000_000
    rounds = int(argv[1]) if len(argv) > 1 else 20
    options = argv[2] if len(argv) > 2 else ""
    with tempfile.TemporaryDirectory() as folder:
        firms = []
        for size in (SMALL, emails):
            started = time.perf_counter()
            firms.append(filled(Path(folder) / str(size), size, options))
            seconds = time.perf_counter() - started
            index = firms[-1].one("SELECT sum(pgsize) FROM dbstat WHERE name GLOB 'email_search*'")
            print(f"{size:,} emails made in {seconds:.0f} s, index of {int(str(index)) / 1e6:.0f} MB")
        questions = Made().questions()
        times: dict[str, list[list[float]]] = {question: [[], []] for question in questions}
        for _ in range(rounds):
            for question in questions:
                for side, firm in zip(times[question], firms, strict=True):
                    side.append(asked(firm, question))
        print(f"{'':<44} {f'{emails:,}':>12} {f'{SMALL:,}':>12} {'ratio':>8}")
        for question, (small, large) in times.items():
            a, b = statistics.median(large), statistics.median(small)
            print(f"{question:<44} {a:>9.2f} ms {b:>9.2f} ms {a / b:>8.2f}")
        small, large = (sorted(time for sides in times.values() for time in sides[side]) for side in (0, 1))
        a, b = large[int(len(large) * 0.95)], small[int(len(small) * 0.95)]
        print(f"{'search, 95th percentile of all':<44} {a:>9.2f} ms {b:>9.2f} ms {a / b:>8.2f}  goal <= 1.5")


if __name__ == "__main__":
    main(sys.argv[1:])
