"""What goes from one user to another: unassigned mail by hand, and all that waits when somebody leaves."""

from __future__ import annotations

from pathlib import Path

import pytest

from casefleet_cli import access
from casefleet_cli.cli.app import run
from casefleet_cli.core.rules.routing import Place
from casefleet_cli.desk import cases as case_desk
from casefleet_cli.desk import handing
from casefleet_cli.desk import links as link_desk
from casefleet_cli.desk import users as user_desk
from casefleet_cli.intake.receiving import receive
from casefleet_cli.store import cases, correspondence, givings, mailbook, notifications, references
from casefleet_cli.store.correspondence import TOP
from casefleet_cli.store.deliveries import Arrival
from tests.firm import Firm, mail


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    """1 and 2 are Ada's and unassigned, 3 is Ada's and held, 4 is Carl's and unassigned; Lim is limited."""
    firm = Firm(tmp_path)
    firm.role(firm.ada, "admin")
    for user, sender in ((firm.ada, "ada"), (firm.ada, "ada"), (firm.ada, "eve"), (firm.carl, "carl")):
        raw = mail(f"x{firm.count('emails')}@else.example", sender=f"{sender}@firm.example")
        receive(firm.db, raw, Arrival(user, "pipe"))
    lim = firm.user("Lim", "lim@firm.example", "lim-7k3mq9x2vt4hc8wnp@log.firm.example")
    firm.role(lim, "limited")
    assert [row[0] for row in firm.all("SELECT standing FROM emails ORDER BY id")] == [
        "unassigned",
        "unassigned",
        "held",
        "unassigned",
    ]
    return firm


LIM = 3


def seen(firm: Firm, user: int) -> set[int]:
    sight = access.who(firm.db, user).sight
    return {number for number in (1, 2, 3, 4) if references.is_in_sight(firm.db, sight, "email", number)}


def unread(firm: Firm, user: int) -> list[tuple]:
    return firm.all(
        "SELECT kind, email_id, detail FROM notifications WHERE user_id = ? AND read_at IS NULL ORDER BY id", user
    )


def test_who_is_given_a_mail_sees_it_is_told_and_has_it(firm: Firm) -> None:
    assert seen(firm, LIM) == set()
    assert handing.give(firm.db, [1, 2], LIM, acting=firm.ada) == [1, 2]
    assert seen(firm, LIM) == {1, 2}
    assert unread(firm, LIM) == [("given", 1, "by Ada Berg"), ("given", 2, "by Ada Berg")]
    assert [kind for kind, *_ in unread(firm, firm.ada)] == ["held"]
    assert mailbook.oldest_first(firm.db, [1, 2, 4], LIM) == [1, 2]
    assert mailbook.oldest_first(firm.db, [1, 2, 4], firm.ada) == []
    assert seen(firm, firm.ada) == {1, 2, 3, 4}
    for user, waits in ((LIM, [1, 2]), (firm.ada, []), (firm.carl, [4])):
        sight = access.who(firm.db, user).sight
        mine = correspondence.waiting(firm.db, sight, "unassigned", TOP, 9, only_own=True)
        assert sorted(spot.email_id for spot in mine) == waits
        assert sorted(spot.email_id for spot in correspondence.waiting_for(firm.db, sight, "unassigned", 9)) == waits
    assert firm.activities("user_id, about_user_id", "verb = 'given'") == [(firm.ada, LIM), (firm.ada, LIM)]
    assert handing.give(firm.db, [1], LIM, acting=firm.ada) == []
    assert handing.give(firm.db, [1], firm.ada, acting=LIM) == [1]
    assert givings.waiting_for(firm.db, firm.ada) == [1]
    assert givings.waiting_for(firm.db, LIM) == [2]


def test_a_given_mail_that_is_filed_is_out_of_sight_of_who_is_not_on_the_case(firm: Firm) -> None:
    handing.give(firm.db, [1], LIM, acting=firm.ada)
    case = firm.case("Trust", firm.contact("Anna"))
    link_desk.link(firm.db, 1, contacts=(1,), places=(Place("case", case),), acting=firm.ada)
    assert seen(firm, LIM) == set()
    assert unread(firm, LIM) == []


def test_what_cannot_be_given_stays_all_of_it(firm: Firm) -> None:
    before = firm.count("activities")
    with pytest.raises(handing.NotGivenError, match="E-mail 3 is held"):
        handing.give(firm.db, [1, 3], firm.carl, acting=firm.ada)
    assert (firm.count("activities"), firm.count("email_givings")) == (before, 0)


def test_who_leaves_leaves_all_that_waits_to_a_colleague(firm: Firm) -> None:
    first, second, old = (firm.case(title) for title in ("One", "Two", "Old"))
    case_desk.assign(firm.db, first, users=[firm.carl], role="lead counsel")
    case_desk.assign(firm.db, second, users=[firm.carl, firm.ada], role="")
    case_desk.assign(firm.db, old, users=[firm.carl])
    case_desk.close(firm.db, old)
    handing.give(firm.db, [1], firm.carl, acting=firm.ada)
    notifications.add(firm.db, firm.carl, "exposed-address", email_id=4)
    changed, handed = user_desk.replace(firm.db, firm.carl, LIM, acting=firm.ada)
    assert (changed, handed) == (True, handing.HandedOver(2, 2, 1))
    assert cases.of_user(firm.db, LIM) == [(first, "lead counsel"), (second, "")]
    assert givings.waiting_for(firm.db, LIM) == [1, 4]
    assert seen(firm, LIM) == {1, 4}
    assert [kind for kind, *_ in unread(firm, LIM)] == ["given", "given", "exposed-address"] or sorted(
        kind for kind, *_ in unread(firm, LIM)
    ) == ["exposed-address", "given", "given"]
    assert unread(firm, firm.carl) == []
    assert firm.one("SELECT disabled_at IS NOT NULL FROM users WHERE id = ?", firm.carl) == 1
    assert user_desk.replace(firm.db, firm.carl, LIM, acting=firm.ada) == (False, handing.HandedOver(0, 0, 0))


def test_a_refusal_leaves_the_user_as_he_was(firm: Firm) -> None:
    user_desk.disable(firm.db, LIM)
    with pytest.raises(handing.NotGivenError, match="is disabled"):
        user_desk.replace(firm.db, firm.carl, LIM)
    with pytest.raises(user_desk.LastAdminError):
        user_desk.replace(firm.db, firm.ada, firm.carl)
    assert firm.one("SELECT count(*) FROM users WHERE disabled_at IS NOT NULL") == 1
    assert (firm.count("email_givings"), givings.waiting_for(firm.db, firm.ada)) == (0, [1, 2])


def test_at_the_command_line(firm: Firm, capsys: pytest.CaptureFixture[str]) -> None:
    def casefleet(line: str) -> str:
        assert run(["--db", firm.path, "--as", "ada@firm.example", *line.split()]) == 0
        return capsys.readouterr().out

    assert casefleet("email give 1 2 --to Lim") == "E-mail 1 is now Lim's to file.\nE-mail 2 is now Lim's to file.\n"
    assert casefleet("email give 1 --to Lim") == "E-mail 1 is already Lim's to file.\n"
    firm.case("Trust")
    assert casefleet("case assign 2026-101 --user Lim --role paralegal") == "Case 2026-101 Trust: 1 assigned.\n"
    assert "Users:  3 Lim, paralegal\n" in casefleet("case show 2026-101")
    told = casefleet("user disable lim@firm.example --hand-over-to carl@firm.example")
    assert "Carl Diaz has now 1 more of its cases, 2 e-mails to file and 0 notices." in told


def test_who_closes_a_case_gives_the_mail_that_waits_to_somebody(
    firm: Firm, capsys: pytest.CaptureFixture[str]
) -> None:
    anna = firm.contact("Anna")
    firm.case("Trust", anna)
    link_desk.link(firm.db, 1, contacts=(anna,))
    assert run(["--db", firm.path, "case", "close", "2026-101", "--hand-over-to", "Lim"]) == 0
    assert "1 of the unassigned e-mails of its contacts are given to Lim." in capsys.readouterr().out
    assert givings.waiting_for(firm.db, LIM) == [1]
