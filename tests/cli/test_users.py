"""The secrets of users: who is shown which, and how they end."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from casefleet_cli.cli.app import run
from casefleet_cli.desk import users as user_desk
from casefleet_cli.install import recipients
from casefleet_cli.store import settings
from tests.firm import BCC, Firm

PAST = "2026-01-02T00:00:00Z"


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    """Ada had four BCC addresses: of one the grace is over, two are in theirs. Carl is an admin, Olga is not."""
    firm = Firm(tmp_path)
    firm.db.execute("UPDATE users SET role = 'admin' WHERE id = ?", (firm.carl,))
    firm.user("Olga Off", "olga@firm.example", BCC["olga"])
    settings.put(firm.db, "timezone", "UTC")
    for days in (9, 20, 14):
        user_desk.rotate(firm.db, firm.ada, timedelta(days=days))
    firm.db.execute("UPDATE bcc_addresses SET expires_at = ? WHERE address = ?", (PAST, BCC["ada"]))
    return firm


def of_ada(firm: Firm) -> dict[str, str | None]:
    """Every BCC address that takes mail now, and until when."""
    return dict(
        firm.all(
            "SELECT address, expires_at FROM bcc_addresses WHERE user_id = 1 AND coalesce(expires_at, 'x') > ? ORDER BY id",
            "2026-01-03",
        )
    )


def said(capsys: pytest.CaptureFixture[str], firm: Firm, *words: str) -> str:
    assert run(["--db", firm.path, *words]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


@pytest.mark.parametrize("viewer", [(), ("--as", "Ada Berg"), ("--as", "Carl Diaz")], ids=["machine", "owner", "admin"])
def test_the_owner_and_admins_see_every_address_in_grace(
    firm: Firm, viewer: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    *graces, (current, _) = of_ada(firm).items()
    graces.sort(key=lambda pair: pair[1] or "")
    card = said(capsys, firm, *viewer, "user", "show", "Ada Berg")
    assert re.findall(r"\S+@log\.firm\.example", card) == [current, *(address for address, _ in graces)]
    for address, until in graces:
        assert f"{address} until {str(until)[:16].replace('T', ' ')}" in card
    whole = json.loads(said(capsys, firm, *viewer, "user", "show", "Ada Berg", "--json"))
    assert (whole["bcc_address"], len(graces)) == (current, 2)
    assert whole["in_grace"] == [{"address": address, "until": until} for address, until in graces]


def test_others_see_none(firm: Firm, capsys: pytest.CaptureFixture[str]) -> None:
    card = said(capsys, firm, "--as", "Olga Off", "user", "show", "Ada Berg")
    assert "ada@firm.example" in card
    assert "@log.firm.example" not in card
    assert "(only for this user and admins)" in card
    whole = json.loads(said(capsys, firm, "--as", "Olga Off", "user", "show", "Ada Berg", "--json"))
    assert (whole["bcc_address"], whole["in_grace"]) == (None, None)
    assert BCC["olga"] in said(capsys, firm, "--as", "Olga Off", "user", "show", "Olga Off")


@pytest.mark.parametrize(("grace", "left"), [("0d", 1), ("0h", 1), ("1h", 4)])
def test_no_grace_ends_the_older_graces_too(
    firm: Firm, grace: str, left: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipients.refresh(firm.db, str(tmp_path / "map"))
    recipients.remember(firm.db, str(tmp_path / "map"))
    others = firm.all("SELECT * FROM bcc_addresses WHERE user_id > 1 OR address = ?", BCC["ada"])
    out = said(capsys, firm, "user", "rotate", "Ada Berg", "--grace", grace)
    shown = json.loads(said(capsys, firm, "user", "show", "Ada Berg", "--json"))
    assert 1 + len(shown["in_grace"]) == left
    assert ("takes no mail any more. Neither do 2 older ones." in out) == (left == 1)
    assert recipients.differences(firm.db, str(tmp_path / "map")) == (0, 0)
    assert firm.all("SELECT * FROM bcc_addresses WHERE user_id > 1 OR address = ?", BCC["ada"]) == others
    told = firm.activities("detail", "a.verb = 'rotated'")[-1][0]
    assert told.endswith(", and 2 older") == (left == 1)


def test_without_older_ones_nothing_is_said_of_them(firm: Firm, capsys: pytest.CaptureFixture[str]) -> None:
    assert "The old one takes no mail any more.\n" in said(capsys, firm, "user", "rotate", "Carl Diaz", "--grace", "0d")
    user_desk.rotate(firm.db, firm.carl, timedelta(days=1))
    assert "Neither does 1 older one.\n" in said(capsys, firm, "user", "rotate", "Carl Diaz", "--grace", "0d")
