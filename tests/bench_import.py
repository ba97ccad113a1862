"""Measure the import against its peers, on the same made-up mail, in turns; prints medians.

    python -m tests.bench_import [MESSAGES] [ROUNDS] [PATH-OF-mbox-to-sqlite]

notmuch and mu take part where they are installed; mbox-to-sqlite comes from the package index.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import venv
from pathlib import Path

from tests import corpus
from tests.firm import Firm


def _firm(folder: Path) -> Firm:
    firm = Firm(folder)
    firm.db.execute("BEGIN")
    for number, (name, address) in enumerate(corpus.CLIENTS):
        contact = firm.contact(name, address)
        if number % 3 < 2:
            firm.case(f"Case {number}", contact)
    firm.db.execute("COMMIT")
    return firm


def _memory(pid: int) -> int:
    """Kilobytes of a process and its children: the proportional set size, so that shared pages count once."""
    total = 0
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for one in (pid, *map(int, children)):
            lines = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
            total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    except (OSError, StopIteration):
        pass
    return total


def _timed(command: list[str], **options: object) -> tuple[float, int]:
    """Seconds, and peak kilobytes of the process and its children."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
    peak = 0
    over = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not over.wait(0.1):
            peak = max(peak, _memory(process.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    code = process.wait()
    seconds = time.perf_counter() - began
    over.set()
    watcher.join()
    if code:
        raise SystemExit(f"{command[0]} failed with {code}")
    return seconds, peak


def ours(mbox: Path) -> tuple[float, int, float]:
    """Seconds, peak kilobytes, and the size of the database per byte of mail."""
    with tempfile.TemporaryDirectory(dir=mbox.parent) as folder:
        path = _firm(Path(folder)).path
        words = [sys.executable, "-m", "casefleet_cli", "--db", path, "import", str(mbox), "--user", "ada@firm.example"]
        seconds, peak = _timed(words)
        return seconds, peak, Path(path).stat().st_size / mbox.stat().st_size


def mbox_to_sqlite(program: str, mbox: Path) -> float:
    with tempfile.TemporaryDirectory(dir=mbox.parent) as folder:
        return _timed([program, "mbox", f"{folder}/mail.db", str(mbox)])[0]


def notmuch(maildir: Path) -> float:
    config = maildir.parent / "notmuch-config"
    config.write_text(f"[database]\npath={maildir}\n[user]\nname=x\nprimary_email=x@y.example\n")
    seconds = _timed(["notmuch", "new", "--no-hooks", "--quiet"], env={**os.environ, "NOTMUCH_CONFIG": str(config)})[0]
    shutil.rmtree(maildir / ".notmuch")
    return seconds


_STANDARD_LIBRARY = """
import mailbox, sys
from email import policy
for message in mailbox.mbox(sys.argv[1]):
    for part in message.walk():
        if not part.is_multipart():
            part.get_payload(decode=True)
    [str(message[name]) for name in ("from", "to", "cc", "date", "subject", "message-id")]
"""
"""Reads and decodes everything, and stores nothing."""


def standard_library(mbox: Path) -> float:
    return _timed([sys.executable, "-c", _STANDARD_LIBRARY, str(mbox)])[0]


def mu(maildir: Path) -> float:
    with tempfile.TemporaryDirectory(dir=maildir.parent) as home:
        subprocess.run(["mu", "init", f"--muhome={home}", f"--maildir={maildir}"], check=True, capture_output=True)
        return _timed(["mu", "index", f"--muhome={home}", "--quiet"])[0]


def peer(folder: Path) -> str | None:
    """mbox-to-sqlite in an environment of its own; None where it cannot be had."""
    venv.create(folder / "peer", with_pip=False)
    done = subprocess.run([sys.executable, "-m", "pip", "--python", folder / "peer/bin/python", "install", "-q",
                           "--disable-pip-version-check", "mbox-to-sqlite==0.1a0"], capture_output=True)  # fmt: skip
    return None if done.returncode else str(folder / "peer/bin/mbox-to-sqlite")


def main(count: int = 20_000, rounds: int = 3, program: str | None = None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        program = program or shutil.which("mbox-to-sqlite") or peer(Path(folder))
        mbox, maildir = Path(folder, "all.mbox"), Path(folder, "Maildir")
        size = corpus.write_mbox(mbox, count)
        corpus.write_maildir(maildir, count)
        times: dict[str, list[float]] = {}
        peak, ratio = 0, 0.0
        for _ in range(rounds):
            seconds, kilobytes, ratio = ours(mbox)
            peak = max(peak, kilobytes)
            times.setdefault("casefleet import", []).append(seconds)
            if program:
                times.setdefault("mbox-to-sqlite", []).append(mbox_to_sqlite(program, mbox))
            times.setdefault("mailbox, stores none", []).append(standard_library(mbox))
            if shutil.which("mu"):
                times.setdefault("mu index", []).append(mu(maildir))
            if shutil.which("notmuch"):
                times.setdefault("notmuch new", []).append(notmuch(maildir))
    say = sys.stdout.write
    say(f"{count} messages, {size / 1e6:.0f} MB, medians of {rounds} rounds\n")
    base = statistics.median(times["casefleet import"])
    for name, found in times.items():
        middle = statistics.median(found)
        say(f"{name:<22} {middle:7.1f} s  {count / middle:7.0f} messages/s  {middle / base:5.2f} x our time\n")
    say(f"memory {peak // 1024} MB at most; database {ratio:.2f} x the bytes of the mail\n")


if __name__ == "__main__":
    words = sys.argv[1:]
    main(*(int(word) for word in words[:2]), *words[2:])
