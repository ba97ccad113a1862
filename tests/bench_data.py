"""How long a page of /data takes a processor, as each role, on a machine that has the database in memory.

    python -m tests.bench_data [EMAILS] [ROUNDS]

The mail is that of tests.bench_search, 2 kB each; the roles are those of tests.bench_sight. The process that answers
is this one, and the time is that of its processor: what one waits where nothing else runs, but for 1 to 3 ms of the way
to it and back.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

from casefleet_cli import access
from casefleet_cli.store import database
from casefleet_cli.web.data import asking, making
from tests.bench_sight import prepared

PAGES = (
    "/data", "/data/mail", "/data/mail?_sort=subject", "/data/mail?standing=unassigned", "/data/mail?from_address=nobody",
    "/data/mail?year=2011", "/data/mail?_search=needle7", "/data/mail?_next=150000", "/data/mail.json?_size=1000", "/data/mail.csv?_size=1000",
    "/data/filings", "/data/filings?case=X-60", "/data/people", "/data/people?address=person7@many.example", "/data/contact_mail", "/data/attachments",
    "/data/cases", "/data/cases?_sort=mails", "/data/feed", "/data/leads", "/data/contacts",
)  # fmt: skip
QUESTIONS = (
    "/data/mail?_facet=from_address", "/data/filings?_facet=case", "/data/people?_facet=role", "/data/people?_facet=address", "/data/feed?_facet=case",
    "/data/mail_per_month_and_case", "/data/silent_cases", "/data/busiest_contacts", "/data/unassigned_by_user",
)  # fmt: skip
"""What somebody asks for that has to be counted over all the mail."""


def timed(path: str, viewer: access.Viewer, target: str) -> float:
    """Milliseconds of a processor for one answer."""
    address, _, query = target.partition("?")
    begun = time.process_time()
    answer = making.told(making.made(path, viewer, asking.asked(address, query, may_sql=False), False))
    assert answer.status in (200, 404), answer.content
    return (time.process_time() - begun) * 1000


def main(emails: int = 200_000, rounds: int = 5) -> None:
    """Print the medians."""
    making.begin()
    with tempfile.TemporaryDirectory() as folder:
        sights = prepared(Path(folder, "firm"), emails)
        path = str(Path(folder, "firm", "casefleet.db"))
        connection = database.open_reader(path)
        viewers = {role: access.who(connection, sight.user_id) for role, sight in sights.items() if role != "guest"}
        for name, targets in (("page", PAGES), ("counted over all", QUESTIONS)):
            print(f"{name + ', ms':45}" + "".join(f"{role:>12}" for role in viewers))
            slowest = 0.0
            for target in targets:
                taken = {
                    role: statistics.median([timed(path, viewer, target) for _ in range(rounds + 1)][1:])
                    for role, viewer in viewers.items()
                }
                slowest = max(slowest, *taken.values())
                print(f"{target:45}" + "".join(f"{each:12.0f}" for each in taken.values()))
            print(f"{'the slowest':45}{slowest:12.0f}\n")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
