"""Deliveries a second through a real Postfix: ours, the floor script behind the same guard, and LMTP."""

from __future__ import annotations

import contextlib
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from casefleet_cli.install import mailserver
from tests import bench
from tests.e2e import installed
from tests.e2e.conftest import Office
from tests.e2e.lmtp import Lmtp
from tests.e2e.postfix import Postfix, submit
from tests.firm import BCC

MAILS, CLIENTS, ROUNDS = 200, 10, 5


def office_in(folder: Path, program: Path) -> Office:
    office = Office(folder, program, installed.unprivileged_user())
    office.case("Nguyen Trust", office.contact("Anna"))
    return office


@contextlib.contextmanager
def floor(place: Path, program: Path) -> Iterator[tuple[Office, Postfix]]:
    """A Postfix whose deliveries are the floor script, with everything else as casefleet has it."""
    office = office_in(place / "floor", program)
    script = shutil.copy(bench.ROOT / "tests/floor.py", place)
    main, _ = office.lines()
    guard = mailserver.GUARD.replace("$", "$$")
    master = f"""\
casefleet unix - n n - 20 pipe
  flags=Rq user={office.unix.pw_name} null_sender=
  argv=/bin/sh -c {{ {guard} }} floor
  {program.parent}/python {script} {office.path} {office.ada} ${{recipient}}
"""
    with running(place / "floor-postfix", main, master) as postfix:
        yield office, postfix


@contextlib.contextmanager
def running(folder: Path, main: str, master: str) -> Iterator[Postfix]:
    postfix = Postfix(folder, main, master).start()
    try:
        yield postfix
    finally:
        postfix.stop("abort")


def rate(office: Office, postfix: Postfix) -> float:
    """Mails a second, from the first that is handed in to the last that has left the queue."""
    before = office.count("deliveries")

    def share(count: int) -> list[str]:
        with postfix.client() as client:
            return [submit(client, bench.numbered(n), BCC["ada"], sender="ada@firm.example") for n in range(count)]

    started = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        ids = {queue_id for ids in pool.map(share, [MAILS // CLIENTS] * CLIENTS) for queue_id in ids}
    postfix.wait(lambda lines: sum(line.endswith(": removed") for line in lines[-MAILS * 12 :]) >= len(ids)
                 and ids.isdisjoint(path.name for path in postfix.queue()), 240)  # fmt: skip
    seconds = time.perf_counter() - started
    if office.count("deliveries") - before != MAILS:
        sys.exit(f"{office.path}: not every mail was delivered")
    return MAILS / seconds


def main() -> None:
    """Run all three interleaved and print two ratios."""
    place = Path(tempfile.mkdtemp(prefix="casefleet-bench-"))
    place.chmod(0o755)
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, place)
        program = stack.enter_context(installed.install(place / "program"))
        pipe, lmtp = office_in(place / "pipe", program), office_in(place / "lmtp", program)
        server = Lmtp(lmtp, place / "run").start()
        stack.callback(server.kill)
        ways = [
            (pipe, stack.enter_context(running(place / "pipe-postfix", *pipe.lines()))),
            stack.enter_context(floor(place, program)),
            (lmtp, stack.enter_context(running(place / "lmtp-postfix", *lmtp.lines("--lmtp", server.where)))),
        ]
        rounds = [[rate(*way) for way in ways] for _ in range(ROUNDS + 1)][1:]
        by_pipe, by_floor, by_lmtp = (statistics.median(rates) for rates in zip(*rounds, strict=True))
        bench.row("deliver / floor script through Postfix", f"{by_pipe:.0f} /s", f"{by_floor:.0f} /s",
                  statistics.median(ours / theirs for ours, theirs, _ in rounds), "goal >= 0.85")  # fmt: skip
        bench.row("lmtp / deliver through Postfix", f"{by_lmtp:.0f} /s", f"{by_pipe:.0f} /s",
                  statistics.median(fast / slow for slow, _, fast in rounds), "")  # fmt: skip


if __name__ == "__main__":
    main()
