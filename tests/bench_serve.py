"""What a real server makes people wait: the first page, and fifty readers beside an import at full speed.

    python -m tests.bench_serve [EMAILS] [SECONDS]

The mail is that of tests.bench_search, 2 kB each. Each reader asks for a page every ten seconds; meanwhile mail is imported from an mbox. The first page is compared with `python -c 'import datasette.app'`.
"""

from __future__ import annotations

import http.client
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench_pages import PAGES, made
from tests.firm import mail

READERS = 50
EVERY = 10.0
ROUNDS = 5


@contextmanager
def serving(path: str) -> Iterator[tuple[int, str, float]]:
    """The port of a server, an address to enter by, and the seconds from its start to the answer to a first page."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "casefleet_cli", "--db", path, "serve", "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        entrance = next(line.strip() for line in server.stdout or () if "/login" in line)
        port = int(entrance.partition("//")[2].partition("/")[0].rpartition(":")[2])
        cookie = entered(port, entrance)
        ask(http.client.HTTPConnection("127.0.0.1", port), "/", cookie)
        yield port, cookie, time.perf_counter() - began
        server.send_signal(signal.SIGINT)
        server.communicate(timeout=20)
    finally:
        server.kill()
        server.communicate()


def entered(port: int, entrance: str) -> str:
    """The cookie that an address that works once gives."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/" + entrance.partition("//")[2].partition("/")[2])
    answer = connection.getresponse()
    answer.read()
    return str(answer.headers["set-cookie"]).partition(";")[0]


def ask(connection: http.client.HTTPConnection, target: str, cookie: str) -> None:
    """One page, whole."""
    connection.request("GET", target, headers={"Cookie": cookie})
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 200, (target, answer.status)


def read(port: int, cookie: str, number: int, emails: int, until: float, spent: list[float]) -> None:
    """One reader: a page every ten seconds, each at its own moment."""
    chance = random.Random(number)
    at = time.perf_counter() + EVERY * number / READERS
    while at < until:
        time.sleep(max(0.0, at - time.perf_counter()))
        target = chance.choice([*PAGES.values()])(chance, emails)
        began = time.perf_counter()
        # A server ends what is idle for five seconds, and browsers connect anew.
        ask(http.client.HTTPConnection("127.0.0.1", port, timeout=60), target, cookie)
        spent.append(time.perf_counter() - began)
        at += EVERY


def box(path: Path, mails: int) -> Path:
    """An mbox of mails that are none of the firm's yet."""
    with path.open("wb") as file:
        for number in range(mails):
            raw = mail(f"person{number % 211}@many.example", subject=f"New {number}", text="As agreed, report. " * 80)
            file.write(b"From x@y.example Mon Nov  2 09:30:00 2026\n" + raw + b"\n")
    return path


def first_page(path: str) -> None:
    """Print how long the first page takes, against what Datasette takes to be imported."""
    ours, imports = [], []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import datasette.app"], check=True)
        imports.append(time.perf_counter() - began)
        with serving(path) as (_, _, took):
            ours.append(took)
    one, other = statistics.median(ours), statistics.median(imports)
    print(f"first page {one * 1000:.0f} ms, import datasette.app {other * 1000:.0f} ms: {one / other:.2f}x", flush=True)


def beside_an_import(path: str, folder: Path, emails: int, seconds: float) -> None:
    """Print how long readers wait while mail comes in as fast as it can, and how large the WAL becomes."""
    source = box(folder / "new.mbox", int(4000 * seconds))
    spent: list[float] = []
    largest = 0
    with serving(path) as (port, cookie, _):
        until = time.perf_counter() + seconds
        readers = [
            threading.Thread(target=read, args=(port, cookie, number, emails, until, spent))
            for number in range(READERS)
        ]
        command = [sys.executable, "-m", "casefleet_cli", "--db", path, "import", str(source), "--user", "1"]
        importing = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for reader in readers:
            reader.start()
        beside = 0
        while time.perf_counter() < until:
            time.sleep(0.2)
            beside += importing.poll() is None
            wal = Path(path + "-wal")
            largest = max(largest, wal.stat().st_size if wal.exists() else 0)
        for reader in readers:
            reader.join()
        importing.terminate()
        importing.wait()
    p95 = statistics.quantiles(spent, n=20)[-1]
    print(
        f"{len(spent)} pages for {READERS} readers, {beside * 0.2:.0f} of {seconds:.0f} s beside an import: 95th percentile"
        f" {p95 * 1000:.0f} ms, slowest {max(spent) * 1000:.0f} ms; WAL up to {largest / 1e6:.0f} MB",
        flush=True,
    )


def main(argv: list[str]) -> None:
    """Fill a firm, measure, and print."""
    emails = int(argv[0]) if argv else 100_000
    seconds = float(argv[1]) if len(argv) > 1 else 40.0
    with tempfile.TemporaryDirectory() as folder:
        firm = made(Path(folder) / "firm", emails)
        firm.db.close()
        first_page(firm.path)
        beside_an_import(firm.path, Path(folder), emails, seconds)


if __name__ == "__main__":
    main(sys.argv[1:])
