"""How good suggestions are, on a simulated firm where the right place of every mail is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scenario import Simulation, scores
from tests.volume import volume


@pytest.mark.soak
@pytest.mark.parametrize("seed", [6, 7, 8][: volume(1, 3)])
def test_300_unassigned_mails(tmp_path: Path, seed: int) -> None:
    found = {score.kind: score for score in scores(Simulation(tmp_path, seed))}
    for kind in ("thread", "forward"):
        assert found[kind].mails >= 50
        assert found[kind].precision >= 0.98
    for kind in ("thread", "forward", "contact", "case-number"):
        assert found[kind].coverage >= 0.8
        assert found[kind].precision >= 0.95
    assert found["nothing"].named == 0
