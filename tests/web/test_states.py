"""What is looked at with eyes and by axe: every page there is."""

from __future__ import annotations

from collections import Counter

import pytest

from casefleet_cli.web import pages
from tests import states


def test_every_route_has_a_state_that_is_looked_at() -> None:
    assert states.routes_without_a_state() == []


def test_a_route_without_a_state_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "ROUTES", (*pages.ROUTES, (r"/nowhere", pages.journal)))
    assert states.routes_without_a_state() == ["/nowhere"]


def test_every_state_has_a_name_of_its_own_and_somebody_who_sees_it() -> None:
    assert [name for name, count in Counter(state.name for state in states.STATES).items() if count > 1] == []
    assert {state.who for state in states.STATES} == set(states.SIGHTS)
