"""How long a snapshot takes: casefleet publish of a whole firm, and of one case.

    python -m tests.bench_publish [EMAILS]

The mail is that of tests.bench_search, 2 kB each. The peer is VACUUM INTO of the same database: its bytes, copied.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from casefleet_cli.access import THIS_COMPUTER
from casefleet_cli.custody import publishing
from tests.bench_search import filled


def timed(work: Callable[[], object]) -> float:
    """Seconds of some work."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def main(emails: int = 200_000) -> None:
    """Print the seconds, and the size of what was written."""
    with tempfile.TemporaryDirectory() as folder:
        firm = filled(Path(folder, "firm"), emails)
        firm.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        to = Path(folder, "out.db")
        whole = timed(lambda: publishing.publish(firm.path, to, THIS_COMPUTER, title="all"))
        case = timed(lambda: publishing.publish(firm.path, to.with_name("case.db"), THIS_COMPUTER, title="one", case_id=60,
                                                described=to.with_name("case.yaml")))  # fmt: skip
        copied = timed(lambda: sqlite3.connect(firm.path).execute("VACUUM INTO ?", (str(Path(folder, "copy.db")),)))
        size = Path(firm.path).stat().st_size
        print(f"{emails} e-mails, {size / 1e6:.0f} MB: {whole:.1f} s, {to.stat().st_size / 1e6:.0f} MB;"
              f" one case {case:.2f} s; VACUUM INTO {copied:.1f} s ({whole / copied:.1f}x)")  # fmt: skip


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
