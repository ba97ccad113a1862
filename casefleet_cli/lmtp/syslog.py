"""The system log of a server: one line a delivery, written aside, so that a log that hangs keeps no mail waiting."""

from __future__ import annotations

import queue
import syslog
import threading

from casefleet_cli import clock
from casefleet_cli.core.logline import log_line

_MOST_WAITING = 10_000


class Syslog:
    """Lines in the order they were said; those that find too many before them are dropped."""

    def __init__(self) -> None:
        self._lines: queue.Queue[str] = queue.Queue(_MOST_WAITING)
        threading.Thread(target=self._write, daemon=True).start()

    def outcome(self, queue_id: str | None, outcome: str, email_id: int | None, started: float) -> None:
        """What became of one delivery that began at `started` (clock.ticks)."""
        self.say(log_line(queue_id, outcome, email_id, clock.ticks() - started))

    def say(self, line: str) -> None:
        """One line for the admin: no subject, no address, no secret."""
        try:
            self._lines.put_nowait(line)
        except queue.Full:
            return

    def _write(self) -> None:
        syslog.openlog("casefleet", syslog.LOG_PID, syslog.LOG_MAIL)
        while True:
            syslog.syslog(syslog.LOG_INFO, self._lines.get())
