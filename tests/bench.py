"""The speed of casefleet as ratios, medians of interleaved runs: `make bench`.

Absolute times drift with the machine; every figure here is a pair measured in one run.
"""

from __future__ import annotations

import os
import shutil
import smtplib
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.firm import BCC, Firm, mail

ROOT = Path(__file__).parents[1]


def installed(folder: Path) -> Path:
    """A fresh environment with the wheel of this tree, without its dependencies (a delivery needs none)."""
    subprocess.run([sys.executable, "-m", "build", "--wheel", "--outdir", folder / "dist", ROOT], check=True,
                   stdout=subprocess.DEVNULL)  # fmt: skip
    venv.create(folder / "venv", with_pip=False)
    (wheel,) = (folder / "dist").glob("*.whl")
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", folder / "venv/bin/python", "install", "-q", "--no-deps",
         "--disable-pip-version-check", wheel], check=True,
    )  # fmt: skip
    return folder / "venv/bin"


def timed(command: list[str], raw: bytes) -> tuple[float, float]:
    """Wall and processor seconds of one whole process."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdin=subprocess.PIPE)
    process.stdin.write(raw)
    process.stdin.close()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{command} ended with {process.returncode}")
    return time.perf_counter() - started, usage.ru_utime + usage.ru_stime


def interleaved(
    rounds: int, ours: Callable[[int], tuple[float, ...]], theirs: Callable[[int], tuple[float, ...]]
) -> list:
    """The medians of ours, theirs and their ratio, for each figure."""
    pairs = [(ours(2 * n), theirs(2 * n + 1)) for n in range(rounds)][2:]
    return [
        (
            statistics.median(a[figure] for a, _ in pairs),
            statistics.median(b[figure] for _, b in pairs),
            statistics.median(a[figure] / b[figure] for a, b in pairs),
        )
        for figure in range(len(pairs[0][0]))
    ]


def numbered(number: int) -> bytes:
    """A mail of its own, with an attachment."""
    text = f"Dear Anna, see you in court. {number} {time.time_ns()}\n" * 20
    return mail("anna@client.example", text=text, msgid=f"{number}.{time.time_ns()}")


def fill(firm: Firm, emails: int, contacts: int) -> None:
    """Make the database as large as that of an old firm."""
    firm.db.execute("BEGIN")
    firm.db.executemany(
        "INSERT INTO contacts (id, name, created_at) VALUES (?, ?, '2026-01-01T00:00:00Z')",
        ((1000 + n, f"Contact {n}") for n in range(contacts)),
    )
    firm.db.executemany(
        "INSERT INTO contact_addresses (contact_id, address) VALUES (?, ?)",
        ((1000 + n, f"c{n}@many.example") for n in range(contacts)),
    )
    firm.db.executemany(
        "INSERT INTO raw_messages (id, sha256, size, content) VALUES (?, ?, 5, x'6162636465')",
        ((n, f"{n:064x}") for n in range(10, 10 + emails)),
    )
    firm.db.executemany(
        "INSERT INTO emails (id, fingerprint, raw_message_id, standing, msgid, subject, logged_at, text, size)"
        " VALUES (?, ?, ?, 'linked', ?, 'Hearing', '2026-01-01T00:00:00Z', 'see you in court', 5)",
        ((n, f"{n:064x}", n, f"{n}@many.example") for n in range(10, 10 + emails)),
    )
    firm.db.execute("COMMIT")


def firm_in(folder: Path) -> Firm:
    """A firm in which mail to Anna is filed."""
    folder.mkdir()
    firm = Firm(folder)
    firm.case("Nguyen Trust", firm.contact("Anna"))
    return firm


def row(name: str, ours: str, theirs: str, ratio: float, goal: str) -> None:
    """Print one line of the table."""
    print(f"{name:<44} {ours:>12} {theirs:>12} {ratio:>8.2f}  {goal}")


def bench_deliver(folder: Path, programs: Path) -> None:
    """A delivery against the floor script: the same rows and durability by the bare standard library."""
    firm = firm_in(folder / "deliver")

    def ours(number: int) -> tuple[float, float]:
        command = [programs / "casefleet", "--db", firm.path, "deliver", "--recipient", BCC["ada"]]
        return timed(command, numbered(number))

    def floor(number: int) -> tuple[float, float]:
        command = [programs / "python", ROOT / "tests/floor.py", firm.path, str(firm.ada), BCC["ada"]]
        return timed(command, numbered(number))

    for name, (a, b, ratio) in zip(("wall", "processor"), interleaved(42, ours, floor), strict=True):
        row(f"deliver / floor script, {name}", f"{a * 1000:.1f} ms", f"{b * 1000:.1f} ms", ratio, "goal <= 1.25")


def bench_size(folder: Path, programs: Path) -> None:
    """A delivery into a database of 1,000,000 emails and 100,000 contacts against one of 1,000."""
    small, large = firm_in(folder / "small"), firm_in(folder / "large")
    fill(small, 1000, 1000)
    fill(large, 1_000_000, 100_000)

    def into(firm: Firm) -> Callable[[int], tuple[float, float]]:
        command = [programs / "casefleet", "--db", firm.path, "deliver", "--recipient", BCC["ada"]]
        return lambda number: timed(command, numbered(number))

    for name, (a, b, ratio) in zip(("wall", "processor"), interleaved(42, into(large), into(small)), strict=True):
        row(
            f"deliver at 1,000,000 / at 1,000, {name}", f"{a * 1000:.1f} ms", f"{b * 1000:.1f} ms", ratio, "goal <= 1.2"
        )


def bench_lmtp(folder: Path, programs: Path) -> None:
    """Messages a second by LMTP against a process a mail, both with 20 at once."""
    firm = firm_in(folder / "lmtp")
    socket = f"{folder}/l"
    server = subprocess.Popen(
        [sys.executable, "-m", "casefleet_cli", "--db", firm.path, "lmtp", "--listen", f"unix:{socket}"],
        stdout=subprocess.PIPE,
    )
    server.stdout.readline()
    command = [programs / "casefleet", "--db", firm.path, "deliver", "--recipient", BCC["ada"]]

    def by_lmtp(raws: list[bytes]) -> None:
        with smtplib.LMTP(socket) as client:
            for raw in raws:
                client.sendmail("a@b", [BCC["ada"]], raw.replace(b"\n", b"\r\n"))

    def rate(count: int, work: Callable[[list[bytes]], object]) -> float:
        shares = [[numbered(n) for n in range(count // 20)] for _ in range(20)]
        started = time.perf_counter()
        with ThreadPoolExecutor(20) as pool:
            list(pool.map(work, shares))
        return count / (time.perf_counter() - started)

    def by_pipe(raws: list[bytes]) -> None:
        for raw in raws:
            timed(command, raw)

    rounds = [(rate(1000, by_lmtp), rate(200, by_pipe)) for _ in range(5)]
    server.terminate()
    server.wait()
    a, b = (statistics.median(side) for side in zip(*rounds, strict=True))
    ratio = statistics.median(x / y for x, y in rounds)
    row("lmtp / pipe, 20 at once, mails a second", f"{a:.0f} /s", f"{b:.0f} /s", ratio, "goal >= 10")


def main() -> None:
    """Run the benchmarks named, or all."""
    chosen = sys.argv[1:] or ["deliver", "size", "lmtp", "postfix"]
    print(f"{'':<44} {'ours':>12} {'peer':>12} {'ratio':>8}")
    with tempfile.TemporaryDirectory() as folder:
        programs = installed(Path(folder))
        for name in chosen:
            globals()[f"bench_{name}"](Path(folder), programs)


def bench_postfix(folder: Path, programs: Path) -> None:
    """Deliveries a second through a real Postfix, where there is one."""
    # It shares the table with us.
    from tests import bench_postfix as through  # noqa: PLC0415

    if shutil.which("postfix", path="/usr/sbin") is None or os.geteuid():
        print("deliver / floor script through Postfix: left out, needs root and the package postfix")
        return
    through.main()


if __name__ == "__main__":
    main()
