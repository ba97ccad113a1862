"""The journal: each change of a desk is told once, with who did it and what it is about, and a repeated one is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from casefleet_cli.core.rules.routing import Place
from casefleet_cli.desk import admission
from casefleet_cli.desk import batches as batch_desk
from casefleet_cli.desk import cases as case_desk
from casefleet_cli.desk import contacts as contact_desk
from casefleet_cli.desk import leads as lead_desk
from casefleet_cli.desk import links as link_desk
from casefleet_cli.desk import settings as settings_desk
from casefleet_cli.desk import users as user_desk
from tests.refusals import Office, everything, moved, office

ONE, TWO, ESTATE = Place("case", 1), Place("case", 2), Place("lead", 1)
COLUMNS = ("case", "lead", "contact", "email", "about_user")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return office(tmp_path_factory.mktemp("model"))


@pytest.fixture
def firm(model: Office, tmp_path: Path) -> Office:
    return moved(model, tmp_path)


class Told(NamedTuple):
    """What an activity has, besides who did it."""

    verb: str
    detail: str = ""
    about: tuple[tuple[str, int], ...] = ()


def told(verb: str, detail: str = "", **about: int) -> Told:
    return Told(verb, detail, tuple(sorted(about.items())))


def since(firm: Office, last: int) -> list[tuple[int | None, Told]]:
    """The activities after one, with who did them."""
    names = ", ".join(f"a.{column}_id" for column in COLUMNS)
    rows = firm.activities(f"a.user_id, verb, detail, {names}", "a.id > ? ORDER BY a.id", last)
    return [
        (user, told(verb, detail, **{column: value for column, value in zip(COLUMNS, about, strict=True) if value}))
        for user, verb, detail, *about in rows
    ]


Change = Callable[[Office], Any]
CHANGES: dict[str, tuple[Change, list[Told], Change | None]] = {
    # name: what is done, what is told of it, and what is done again, of which nothing is told
    "case opened": (
        lambda firm: case_desk.open_case(firm.db, "Farm", contacts=[2, 1, 2], users=[2, 2], acting=2),
        [
            told("opened", case=3),
            told("assigned", case=3, contact=2),
            told("assigned", case=3, contact=1),
            told("assigned", case=3, about_user=2),
        ],
        None,
    ),
    "case opened as of": (
        lambda firm: case_desk.open_case(firm.db, "Farm", on="2025-03-04T12:00:00Z", acting=2),
        [told("opened", "as of 2025-03-04", case=3)],
        None,
    ),
    "case closed": (
        lambda firm: case_desk.close(firm.db, 1, acting=2),
        [told("closed", case=1)],
        lambda firm: case_desk.close(firm.db, 1, acting=2),
    ),
    "case closed as of": (
        lambda firm: case_desk.close(firm.db, 1, on="2026-03-04T12:00:00Z", acting=2),
        [told("closed", "as of 2026-03-04", case=1)],
        lambda firm: case_desk.close(firm.db, 1, acting=2),
    ),
    "case reopened": (
        lambda firm: case_desk.reopen(firm.db, 2, acting=2),
        [told("reopened", case=2)],
        lambda firm: case_desk.reopen(firm.db, 2, acting=2),
    ),
    "case assigned": (
        lambda firm: case_desk.assign(firm.db, 1, contacts=[1, 2], users=[2], role=" expert  witness ", acting=2),
        [
            told("assigned", "expert witness", case=1, contact=1),
            told("assigned", "expert witness", case=1, contact=2),
            told("assigned", "expert witness", case=1, about_user=2),
        ],
        lambda firm: case_desk.assign(firm.db, 1, contacts=[1, 2], users=[2], role="expert witness", acting=2),
    ),
    "case unassigned": (
        lambda firm: case_desk.unassign(firm.db, 1, contacts=[1, 2], users=[1], acting=2),
        [told("removed", case=1, contact=1)],
        lambda firm: case_desk.unassign(firm.db, 1, contacts=[1, 2], users=[1], acting=2),
    ),
    "user unassigned": (
        lambda firm: (
            case_desk.assign(firm.db, 1, users=[1], acting=2),
            case_desk.unassign(firm.db, 1, users=[1, 2], acting=2),
        ),
        [told("assigned", case=1, about_user=1), told("removed", case=1, about_user=1)],
        lambda firm: case_desk.unassign(firm.db, 1, users=[1, 2], acting=2),
    ),
    "lead opened": (
        lambda firm: lead_desk.open_lead(firm.db, "Farm", [2, 1, 2], stage="talks", source=" web  site", acting=2),
        [
            told("opened", "web site", lead=4),
            told("assigned", lead=4, contact=2),
            told("assigned", lead=4, contact=1),
        ],
        None,
    ),
    "lead moved": (
        lambda firm: (lead_desk.move(firm.db, 1, "talks", acting=2), lead_desk.move(firm.db, 1, " ", acting=2)),
        [told("stage-changed", "(none) → talks", lead=1), told("stage-changed", "talks → (none)", lead=1)],
        lambda firm: lead_desk.move(firm.db, 1, "", acting=2),
    ),
    "lead lost": (
        lambda firm: lead_desk.lose(firm.db, 1, reason=" too  dear", acting=2),
        [told("lost", "too dear", lead=1)],
        None,
    ),
    "lead reopened": (
        lambda firm: lead_desk.reopen(firm.db, 2, acting=2),
        [told("reopened", lead=2)],
        lambda firm: lead_desk.reopen(firm.db, 2, acting=2),
    ),
    "lead converted": (
        lambda firm: lead_desk.convert(firm.db, 1, acting=2),
        [told("opened", case=3, lead=1), told("assigned", case=3, contact=2), told("converted", case=3, lead=1)],
        None,
    ),
    "lead assigned": (
        lambda firm: lead_desk.assign(firm.db, 1, [1, 2], acting=2),
        [told("assigned", lead=1, contact=1)],
        lambda firm: lead_desk.assign(firm.db, 1, [1, 2], acting=2),
    ),
    "lead unassigned": (
        lambda firm: (lead_desk.assign(firm.db, 1, [1], acting=2), lead_desk.unassign(firm.db, 1, [2, 3], acting=2)),
        [told("assigned", lead=1, contact=1), told("removed", lead=1, contact=2)],
        lambda firm: lead_desk.unassign(firm.db, 1, [2, 3], acting=2),
    ),
    "linked": (
        lambda firm: link_desk.link(firm.db, 1, contacts=(1, 2), places=(ONE, ESTATE), acting=2),
        [
            told("linked", email=1, contact=1),
            told("linked", email=1, contact=2),
            told("linked", email=1, case=1),
            told("linked", email=1, lead=1),
        ],
        lambda firm: link_desk.link(firm.db, 1, contacts=(1, 2), places=(ONE, ESTATE), acting=2),
    ),
    "unlinked": (
        lambda firm: link_desk.unlink(firm.db, 3, contacts=(1,), places=(ONE,), acting=2),
        [told("unlinked", email=3, case=1), told("unlinked", email=3, contact=1)],
        None,
    ),
    "released": (
        lambda firm: admission.release(firm.db, 2, acting=2),
        [told("released", email=2, about_user=1)],
        None,
    ),
    "rejected": (
        lambda firm: admission.reject(firm.db, 2, acting=2),
        [told("rejected", email=2, about_user=1)],
        None,
    ),
    "linked together and taken back": (
        lambda firm: batch_desk.undo(
            firm.db,
            batch_desk.carry_out(firm.db, batch_desk.plan(firm.db, [1, 5], (1,), (TWO,)).steps, acting=2).batch_id or 0,
            acting=2,
        ),
        [
            told("linked", "batch 2", email=1, contact=1),
            told("linked", "batch 2; none of its contacts is in the mail", email=1, case=2),
            told("linked", "batch 2", email=5, contact=1),
            told("linked", "batch 2; none of its contacts is in the mail", email=5, case=2),
            told("unlinked", "batch 2 undone", email=1, case=2),
            told("unlinked", "batch 2 undone", email=5, case=2),
            told("unlinked", "batch 2 undone", email=1, contact=1),
            told("unlinked", "batch 2 undone", email=5, contact=1),
        ],
        None,
    ),
    "contact added": (lambda firm: contact_desk.add(firm.db, "Eve", acting=2), [told("added", contact=5)], None),
    "user enabled": (
        lambda firm: user_desk.enable(firm.db, 3, acting=2),
        [told("enabled", about_user=3)],
        lambda firm: user_desk.enable(firm.db, 3, acting=2),
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_told_once_with_who_did_it(firm: Office, name: str) -> None:
    change, expected, again = CHANGES[name]
    firm.role(2, "admin")
    last = firm.one("SELECT max(id) FROM activities")
    change(firm)
    rows = since(firm, last)  # type: ignore[arg-type]
    assert [row for _, row in rows] == expected
    assert {user for user, _ in rows} == {2}
    if again is not None:
        before = everything(firm)
        again(firm)
        assert everything(firm) == before


def test_a_setting_is_told_once(firm: Office) -> None:
    last = firm.one("SELECT max(id) FROM activities")
    assert settings_desk.put(firm.db, "date-order", "DMY", acting=1) == "dmy"
    ((user, row),) = since(firm, last)  # type: ignore[arg-type]
    assert (user, row.about) == (1, ())
    before = everything(firm)
    assert settings_desk.put(firm.db, "date-order", "dmy", acting=1) is None
    assert everything(firm) == before
