"""A server that is asked for long: its memory stays what it was, and nobody is wrongly in."""

from __future__ import annotations

import contextlib
import itertools
import re
import shutil
import sqlite3
from pathlib import Path

import httpx
import pytest

from tests.volume import volume
from tests.web.conftest import HELD_MARKER
from tests.web.test_serve import serving

REQUESTS = volume(300, 10_000)
PAGES = ("/", "/cases", "/cases/1", "/emails/1", "/emails/1?view=html", "/emails/1/html", "/emails/1/attachments/11",
         "/emails/3", "/search?q=hartley", "/unassigned", "/held", "/contacts/1", "/notifications", "/nothing", "/style.css")  # fmt: skip
STRANGE = (
    {},
    {"casefleet_session": "x"},
    {"casefleet_session": "a.b.c"},
    {"ds_actor": "x"},
    {"casefleet_session": "x" * 4000},
)
MOST_GROWTH = 6_000_000
"""Octets: what a few pages of SQLite's and Python's own caches take. One page kept would be 30,000 a request."""


def resident(process: int) -> int:
    """Octets of memory that a process has."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    assert found
    return int(found[1]) * 1024


@pytest.mark.timeout(1800)
def test_the_memory_stays_and_nobody_is_wrongly_in(firm: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(firm, tmp_path / "casefleet.db"))
    with serving(path, "serve") as (address, process):
        base, _, entrance = address.partition("/login")
        inside, outside = httpx.Client(base_url=base, timeout=30), httpx.Client(base_url=base, timeout=30)
        assert inside.get(f"/login{entrance}").status_code == 303
        asked = itertools.cycle(PAGES)
        strange = itertools.cycle(STRANGE)

        def ask(count: int) -> None:
            for _ in range(count // 3):
                page = next(asked)
                answer = inside.get(page)
                assert answer.status_code == (404 if page == "/nothing" else 200), page
                outside.cookies = httpx.Cookies(next(strange))
                for stranger in (outside.get(page), outside.get("/login?token=" + "x" * 32)):
                    assert stranger.status_code == 401 or page == "/style.css"
                    assert HELD_MARKER not in stranger.text
                    assert "casefleet_session=" not in stranger.headers.get("set-cookie", "")

        ask(REQUESTS // 3)
        before = resident(process.pid)
        ask(REQUESTS)
        grown = resident(process.pid) - before
        assert grown < MOST_GROWTH, f"{grown} octets more after {REQUESTS} requests"
        kept = dict(inside.cookies)
        with contextlib.closing(sqlite3.connect(f"{path}.visits")) as visits, visits:
            visits.execute("UPDATE sessions SET ends_at = 1")
        assert inside.get("/emails/3").status_code == 401
        inside.cookies = httpx.Cookies(kept)
        assert inside.get("/cases").status_code == 401
