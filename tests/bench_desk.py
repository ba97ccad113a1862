"""A day at the desk: how long a paralegal waits, and how long mail waits for a paralegal.

    python -m tests.bench_desk [WAITING]

So many e-mails wait; people have two open cases each. Commands are whole processes, medians of some runs; the peer is
`python -c "import typer, sqlite3, tabulate"`. A delivery beside one command that links all is one of every tenth of a
second.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from casefleet_cli.desk import triage
from casefleet_cli.store.sight import EVERYTHING
from tests.firm import BCC, Firm, mail

PEER = [sys.executable, "-c", "import typer, sqlite3, tabulate"]
COMMANDS = (
    "settings", "user list", "case list --limit 20", "contact show 4", "email show 5", "explain 5", "email list --limit 20", "feed --all --limit 20",
    "search word --limit 20", "notifications --limit 20", "unassigned --limit 20",
)  # fmt: skip
ROUNDS = 9


def prepared(folder: Path, waiting: int) -> Firm:
    """A firm with so much unassigned mail of 2 kB."""
    folder.mkdir()
    firm = Firm(folder)
    people = [firm.contact(f"P{n}", f"p{n}@client.example") for n in range(1001)]
    for n in range(1000):
        firm.case(f"Matter {n}", people[n], people[n + 1])
    archive = folder / "past.mbox"
    with archive.open("wb") as out:
        for n in range(waiting):
            raw = mail(f"p{n % 999 + 1}@client.example", subject=f"Matter {n}", text="word " * 400, msgid=str(n))
            out.write(b"From x@y Mon Nov  2 09:30:00 2026\n" + raw + b"\n")
    called(firm, "import", str(archive), "--user", "ada@firm.example")
    archive.unlink()
    return firm


def called(firm: Firm, *words: str) -> float:
    """Seconds that a command takes."""
    begun = time.perf_counter()
    argv = [sys.executable, "-m", "casefleet_cli", "--db", firm.path, *words]
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def commands(firm: Firm) -> None:
    """Each command as a ratio of the peer."""
    peer: list[float] = []
    taken: dict[str, list[float]] = {line: [] for line in COMMANDS}
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        subprocess.run(PEER, check=True)
        peer.append(time.perf_counter() - begun)
        for line, times in taken.items():
            times.append(called(firm, *line.split()))
    base = statistics.median(peer)
    print(f"{'the peer':40}{base * 1000:8.0f} ms")
    for line, times in taken.items():
        print(f"{line:40}{statistics.median(times) * 1000:8.0f} ms{statistics.median(times) / base:7.2f}x")


def shown(firm: Firm) -> None:
    """The list, and the next mail of a triage."""
    print(f"{'unassigned, the first 50':40}{called(firm, 'unassigned', '--limit', '50') * 1000:8.0f} ms")
    numbers = [row[0] for row in firm.all("SELECT id FROM emails WHERE standing = 'unassigned' ORDER BY id LIMIT 200")]
    times = []
    for number in numbers:
        begun = time.perf_counter()
        triage.look_at(firm.db, number, EVERYTHING)
        times.append((time.perf_counter() - begun) * 1000)
    print(f"{'triage, the next mail':40}{statistics.median(times):8.1f} ms, at most {max(times):.1f} ms")


def beside(firm: Firm, waiting: int) -> None:
    """How long a delivery takes while one command links everything."""
    ended = threading.Event()
    waits: list[float] = []

    def deliver() -> None:
        n = 0
        while not ended.wait(0.1):
            raw = mail("p5@client.example", subject=f"beside {n}", msgid=f"beside-{n}")
            begun = time.perf_counter()
            argv = [sys.executable, "-m", "casefleet_cli", "--db", firm.path, "deliver", "--recipient", BCC["ada"]]
            subprocess.run(argv, input=raw, check=True)
            waits.append(time.perf_counter() - begun)
            n += 1

    thread = threading.Thread(target=deliver)
    thread.start()
    seconds = called(firm, "link", "--query", "word", "--case", "2026-150", "--yes")
    ended.set()
    thread.join()
    print(f"{f'link of {waiting} by one query':40}{seconds:8.1f} s")
    print(f"{'deliveries meanwhile':40}{len(waits):8}, at most {max(waits):.2f} s each")


def main(waiting: int = 10_000) -> None:
    """Print it all."""
    os.environ["COLUMNS"] = "80"
    with tempfile.TemporaryDirectory() as folder:
        firm = prepared(Path(folder, "firm"), waiting)
        commands(firm)
        shown(firm)
        beside(firm, waiting)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
