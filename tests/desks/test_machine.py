"""The state machine: 500 histories of a firm break no promise, and each promise is seen to be watched.

`make soak` tries 20,000 other histories. A failure prints the history as a program, as short as it could be made.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType, TracebackType
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from casefleet_cli.core.mail.folding import Run
from casefleet_cli.core.rules import routing
from casefleet_cli.core.rules.routing import Decision, Facts, Lead, Letterhead, Owner, Party, Place, Verdict
from casefleet_cli.desk import links as link_desk
from casefleet_cli.store import activities, database, deliveries, emails, facts, links, mailbook, originals
from tests.desks import promises
from tests.desks.incoming import understood
from tests.desks.machine import Machine
from tests.volume import SOAK

SHARES = 2
"""Tests that the histories are shared between, so that two processes can have them."""
USUAL = settings(
    stateful_step_count=30,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    # To find the shortest history that fails takes minutes: `make soak HISTORIES=500` does it.
    phases=list(Phase) if SOAK else [Phase.explicit, Phase.reuse, Phase.generate],
)


def run(name: str, start: int, how: settings, **members: Any) -> None:
    """Try histories that follow from a number."""
    run_state_machine_as_test(seed(start)(type(name, (Machine,), members)), settings=how)


@pytest.mark.soak
@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.timeout(0 if SOAK else 240)
def test_500_histories(share: int) -> None:
    start = random.SystemRandom().getrandbits(32) if SOAK else share
    run("History", start, settings(USUAL, max_examples=(SOAK or 500) // SHARES))


def test_histories_with_every_mail_understood_in_a_process_of_its_own() -> None:
    run("Apart", 0, settings(USUAL, max_examples=10), is_apart=True)


# One bug for each promise, as somebody may make it one day. Each has the signature of what it stands in for.


def _packs_without_the_last_line_end(raw: bytes, runs: Sequence[Run]) -> originals.Original:
    return _pack(raw.rstrip(), runs)


def _keeps_and_commits(connection: sqlite3.Connection, kept: Sequence[originals.Original]) -> list[int]:
    numbers = _keep_all(connection, kept)
    connection.execute("COMMIT")
    connection.execute("BEGIN IMMEDIATE")
    return numbers


def _knows_no_email(connection: sqlite3.Connection, fingerprint: str) -> int | None:
    return None


def _has_seen_nothing(connection: sqlite3.Connection, sha256: str, user_id: int, source: str) -> int | None:
    return None


def _removes_the_past_too(connection: sqlite3.Connection, email_id: int, place: Place) -> bool:
    connection.execute("DROP TRIGGER IF EXISTS activities_no_delete")
    connection.execute("DELETE FROM activities WHERE id = (SELECT max(id) FROM activities) AND digest IS NULL")
    return _remove(connection, email_id, place)


def _notes_no_link(
    connection: sqlite3.Connection, verb: str, acting: int | None, email_id: int, place: Place, detail: str = ""
) -> int:
    return 0 if verb == "linked" else _note(connection, verb, acting, email_id, place, detail)


def _forgets_the_place(verdict: Verdict) -> dict[str, object]:
    return {name: value for name, value in _verdict_as_json(verdict).items() if name != "place"}


def _takes_the_first(recipient: str, party: Party) -> Verdict:
    if party.open_cases:
        return Verdict(recipient, party, rule="one-open-case", place=Place("case", party.open_cases[0].id))
    return _ask(recipient, party)


def _asks_of_closed_cases(
    connection: sqlite3.Connection, contact_ids: Any, *, ended_too: bool = False
) -> tuple[dict[int, list[routing.Case]], dict[int, list[Lead]]]:
    return _open_places_of(connection, contact_ids, ended_too=True)


def _refuses_nothing(
    connection: sqlite3.Connection, email_id: int, contacts: tuple[int, ...], places: tuple[Place, ...]
) -> None:
    pass


def _remembers_nothing(connection: sqlite3.Connection, email_id: int) -> set[Place]:
    return set()


def _knows_whose_held_mail_is(message: Letterhead, owner: Owner, known: Facts, *, vouched: bool = False) -> Decision:
    contacts = _route(message, owner, known, vouched=True).contacts
    decision = _route(message, owner, known, vouched=vouched)
    return decision._replace(contacts=contacts) if decision.outcome == "held" else decision


def _lists_all(
    connection: sqlite3.Connection, asked: Any, limit: int | None = None, *, oldest_first: bool = False
) -> list[dict[str, Any]]:
    return mailbook.numbered(connection, [number for (number,) in connection.execute("SELECT id FROM emails")])


def _commits_whatever_happens(
    self: database.transaction, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
) -> None:
    self._connection.execute("COMMIT")


def _chains_to_nothing(before: str, row: tuple[object, ...]) -> str:
    return _chained("", row)


_pack, _keep_all, _remove, _note, _verdict_as_json, _ask, _open_places_of, _route, _chained = (
    originals.pack, originals.keep_all, links.remove, link_desk._note, deliveries.verdict_as_json, routing._ask, facts.open_places_of,
    routing.route, activities.chained,
)  # fmt: skip
BUGS: list[tuple[str, Any, str, Callable[..., object]]] = [
    (promises.KEPT, originals, "pack", _packs_without_the_last_line_end),
    (promises.KEPT, originals, "keep_all", _keeps_and_commits),
    (promises.ONCE, emails, "by_fingerprint", _knows_no_email),
    (promises.KEPT, deliveries, "seen", _has_seen_nothing),
    (promises.GROWS, links, "remove", _removes_the_past_too),
    (promises.REASONED, link_desk, "_note", _notes_no_link),
    (promises.REASONED, deliveries, "verdict_as_json", _forgets_the_place),
    (promises.RULED, routing, "_ask", _takes_the_first),
    (promises.RULED, facts, "open_places_of", _asks_of_closed_cases),
    (promises.RULED, link_desk, "refuse", _refuses_nothing),
    (promises.TAKEN_AWAY, activities, "taken_away", _remembers_nothing),
    (promises.HELD_APART, routing, "route", _knows_whose_held_mail_is),
    (promises.UNSEEN, mailbook, "listed", _lists_all),
    (promises.WHOLE, database.transaction, "__exit__", _commits_whatever_happens),
    (promises.SOUND, activities, "chained", _chains_to_nothing),
]


@pytest.fixture
def nothing_understood() -> Iterator[None]:
    """What was understood by other code is forgotten."""
    understood.cache_clear()
    yield
    understood.cache_clear()


@pytest.mark.usefixtures("nothing_understood")
@pytest.mark.parametrize(("promise", "where", "name", "bug"), BUGS, ids=[bug.__name__[1:] for *_, bug in BUGS])
def test_a_bug_is_found(
    monkeypatch: pytest.MonkeyPatch, promise: str, where: ModuleType, name: str, bug: Callable[..., object]
) -> None:
    monkeypatch.setattr(where, name, bug)
    how = settings(USUAL, max_examples=20, phases=[Phase.generate], verbosity=Verbosity.quiet)
    found = []
    for start in range(40):  # a bug may break several promises: which of them is seen first is chance
        try:
            run("Buggy", start, settings(how, report_multiple_bugs=False))
        except Exception as error:
            if str(error).startswith(f"{promise}: "):
                return
            found.append(f"{type(error).__name__}: {error}")
    pytest.fail(f"{promise} was never found broken, but {found}")


def test_every_promise_has_a_bug() -> None:
    assert set(promises.ALL) == {promise for promise, *_ in BUGS}
