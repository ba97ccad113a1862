"""What understanding one message may take of this machine: the kernel ends the process that takes more.

A regular expression holds the interpreter: no signal handler, thread or time-out runs before it is done. So somebody
else must be there who keeps the message bare: the parent of a delivery, the owner of a worker.
"""

from __future__ import annotations

from casefleet_cli.light import TYPE_CHECKING, NamedTuple
from casefleet_cli.store import settings

if TYPE_CHECKING:
    import sqlite3
    from types import TracebackType


class Budget(NamedTuple):
    """What understanding one message may take."""

    seconds: int = 5
    """Of processor time."""
    megabytes: int = 512
    """Of memory, beside what the program takes."""


def budget_of(connection: sqlite3.Connection) -> Budget:
    """The budget of this firm."""
    usual = Budget()
    seconds = settings.get(connection, settings.UNDERSTANDING_SECONDS)
    megabytes = settings.get(connection, settings.UNDERSTANDING_MEGABYTES)
    return Budget(int(seconds or usual.seconds), int(megabytes or usual.megabytes))


class Limits:
    """A context in which the process has no more than the budget: it is killed (SIGXCPU) when it takes more time.

    More memory is refused: MemoryError.
    """

    def __init__(self, budget: Budget) -> None:
        self._budget = budget

    def __enter__(self) -> None:
        import resource  # noqa: PLC0415 - not every process that knows of budgets is limited

        self._before = [(kind, resource.getrlimit(kind)) for kind in (resource.RLIMIT_AS, resource.RLIMIT_CPU)]
        limit_memory(self._budget)
        limit_processor(self._budget)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        import resource  # noqa: PLC0415

        for limit, before in self._before:
            resource.setrlimit(limit, before)


def limit_processor(budget: Budget) -> None:
    """Let the kernel end this process once it has used the budget from now on (to the next full second)."""
    import resource  # noqa: PLC0415

    used = resource.getrusage(resource.RUSAGE_SELF)
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + budget.seconds + 1, most))


def limit_memory(budget: Budget) -> None:
    """Let this process have so much memory beside what it has, and leave no picture of it when it is ended."""
    import resource  # noqa: PLC0415

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        with open("/proc/self/statm", "rb") as file:  # noqa: PTH123
            pages = int(file.read().split()[0])
    except OSError:
        return  # no Linux: the processor's budget has to do
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    wanted = pages * resource.getpagesize() + budget.megabytes * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (wanted if most < 0 else min(wanted, most), most))
