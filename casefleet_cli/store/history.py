"""Which cases and leads were open when: from their dates, and from the journal where they were closed and reopened."""

from __future__ import annotations

from casefleet_cli.light import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

    from casefleet_cli.core.rules.routing import Party

_ENDED = {"closed", "lost", "converted"}
_CASES = "SELECT id, opened_at, closed_at FROM cases"
_LEADS = "SELECT id, opened_at, ended_at FROM leads"
_TURNS = """SELECT case_id, lead_id, verb, at FROM activities
WHERE verb IN ('closed', 'lost', 'converted', 'reopened') ORDER BY id"""


class History:
    """The times in which each case and lead was open, read once."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        turns: dict[tuple[str, int], list[tuple[str, str]]] = {}
        for case_id, lead_id, verb, at in connection.execute(_TURNS):
            if case_id is not None and verb in ("closed", "reopened"):
                turns.setdefault(("case", case_id), []).append((verb, at))
            elif lead_id is not None:
                turns.setdefault(("lead", lead_id), []).append((verb, at))
        self._times: dict[tuple[str, int], list[tuple[str, str | None]]] = {}
        for kind, query in (("case", _CASES), ("lead", _LEADS)):
            for number, opened, ended in connection.execute(query):
                self._times[kind, number] = _times(opened, ended, turns.get((kind, number), []))

    def was_open(self, kind: str, number: int, moment: str) -> bool:
        """Whether a "case" or "lead" was open at a moment, as the database writes it."""
        times = self._times.get((kind, number), ())
        return any(opened <= moment and (ended is None or moment < ended) for opened, ended in times)

    def party_at(self, party: Party, moment: str) -> Party:
        """A party with all its cases and leads, down to those that were open at a moment."""
        return party._replace(
            open_cases=tuple(case for case in party.open_cases if self.was_open("case", case.id, moment)),
            open_leads=tuple(lead for lead in party.open_leads if self.was_open("lead", lead.id, moment)),
        )


def _times(opened: str, ended: str | None, turns: list[tuple[str, str]]) -> list[tuple[str, str | None]]:
    """The times in which one was open; `ended` is the last end, which a person may have dated back."""
    times: list[tuple[str, str | None]] = []
    begin: str | None = opened
    for verb, at in turns:
        if verb in _ENDED and begin is not None:
            times.append((begin, at))
            begin = None
        elif verb == "reopened" and begin is None:
            begin = at
    if begin is not None:
        times.append((begin, ended))
    elif ended is not None:
        times[-1] = (times[-1][0], ended)
    return times
