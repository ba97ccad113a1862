"""How lists at the command line show who sent a mail, and its subject: who may deceive is shown by the true address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from casefleet_cli.cli.output import Column
from casefleet_cli.core.spoofing.letters import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

MARK = "! "
"""Before a sender or a subject that deserves a second look; `email show` says why."""
_NOT_LET_IN = ("held", "rejected")
_LONGEST_LOCAL, _LONGEST_DOMAIN = 20, 40


def sender(row: Mapping[str, Any]) -> str:
    """The sender of a row of desk.spoofing.marked: the name; the address first where the name is not to be trusted."""
    name, address = row["from_name"] or "", row["from_address"] or ""
    mark = MARK if row["deceives"] else ""
    is_doubtful = row["deceives"] or row.get("standing") in _NOT_LET_IN
    return mark + shown(name, _shortened(address) if is_doubtful else address, is_doubtful=is_doubtful)


def shown(name: str, address: str, *, is_doubtful: bool) -> str:
    """A person in few words: the name alone, or the address first and then what it calls itself."""
    if not is_doubtful or not name or not address:
        return name or address
    return f'{address} ("{visible(name)}")'


def _shortened(address: str) -> str:
    """An address of which a narrow column keeps what says whose it is: the end of its domain."""
    local, at, domain = address.rpartition("@")
    local = local if len(local) <= _LONGEST_LOCAL else f"{local[: _LONGEST_LOCAL - 1]}…"
    return local + at + (domain if len(domain) <= _LONGEST_DOMAIN else f"…{domain[1 - _LONGEST_DOMAIN :]}")


def subject(row: Mapping[str, Any]) -> str:
    """The subject of such a row, without what nobody sees of it."""
    told = row["subject"] or ""
    return MARK + visible(told) if row["hides"] else told


SENDER = (
    Column("from", cell=sender, only="table"),
    Column("from_name", only="machine"),
    Column("from_address", only="machine"),
)
SUBJECT = (
    Column("subject", cell=subject, only="table"),
    Column("subject", only="machine"),
    Column("suspicious", only="machine"),
)
