"""What a decision owes to whose attention."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from casefleet_cli.core.rules.routing import Decision


class Notice(NamedTuple):
    """One user to tell one thing."""

    user_id: int
    kind: str
    """"unassigned", "held" or "exposed-address"."""


def notices_for(decision: Decision, owner_id: int) -> tuple[Notice, ...]:
    """The notices of one decision: the owner hears of mail that waits, every user of an address that others saw."""
    waiting = () if decision.outcome == "filed" else (Notice(owner_id, decision.outcome),)
    return waiting + tuple(Notice(user_id, "exposed-address") for user_id in decision.exposed)
