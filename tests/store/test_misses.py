"""Why a query finds nothing, and what is offered instead: only what the viewer would find."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casefleet_cli.access import Viewer
from casefleet_cli.core.query import parse
from casefleet_cli.errors import UsageError
from casefleet_cli.intake.receiving import receive
from casefleet_cli.store import misses, search
from casefleet_cli.store.deliveries import Arrival
from casefleet_cli.store.misses import Reason
from casefleet_cli.store.sight import EVERYTHING, Sight
from tests.firm import DAYS, Firm, mail
from tests.unit.test_query import PIECES

TEXTS = ("The hearing is on Monday.", "Hearings in the Straße.", "A police report.", "The secret of a stranger.", "Wholly rejected.")  # fmt: skip
"""1 to 3 for Ada; 4 is held, 5 rejected."""


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firm]:
    firm = Firm(tmp_path_factory.mktemp("misses"))
    for number, text in enumerate(TEXTS):
        raw = mail("a@b.example", text=text, subject="Note", msgid=str(number))
        receive(firm.db, raw, Arrival(firm.ada, "pipe"), vouched=True)
    firm.db.execute("UPDATE emails SET standing = 'held' WHERE id = 4")
    firm.db.execute("UPDATE emails SET standing = 'rejected' WHERE id = 5")
    yield firm
    firm.db.close()


def sight_of(firm: Firm, role: str, user: int) -> Sight:
    return Viewer(user, "X", role).sight


WHY = {
    "hearng": [Reason("No e-mail has hearng.", "hearng", ("hearing",))],
    "hearin": [Reason("No e-mail has hearin.", "hearin", ("hearing", "hearin*"))],
    "Strase": [Reason("No e-mail has Strase.", "strase", ("strasse",))],
    '"police reprt"': [Reason('No e-mail has "police reprt".', "reprt", ("report",))],
    "subject:notte": [Reason("No e-mail fits subject:notte.", "notte", ("note",))],
    "subject:hearng": [Reason("No e-mail fits subject:hearng.", "hearng", ())],
    "xqx polic monday": [Reason("No e-mail has xqx.", "xqx", ()), Reason("No e-mail has polic.", "polic", ("police", "polic*"))],
    "xqxx OR zzzz": [Reason("No e-mail has xqxx.", "xqxx", ()), Reason("No e-mail has zzzz.", "zzzz", ())],
    "police hearing": [Reason("Without police, 1 e-mail fits."), Reason("Without hearing, 1 e-mail fits.")],
    "police -report": [Reason("Without -report, 1 e-mail fits.")],
    "-note -xqx": [Reason("No e-mail fits -note.")],
    "-note": [Reason("No e-mail fits -note.")],
    "hearing after:2027": [Reason("No e-mail fits after:2027.")],
    "hearing is:held": [Reason("Without hearing, 1 e-mail fits."), Reason("Without is:held, 1 e-mail fits.")],
    "police hearing secret": [Reason("No e-mail fits all of its parts at once.")],
    "wholly": [Reason("No e-mail has wholly.", "wholly", ()), Reason("1 e-mail fits among rejected mail; add is:rejected.")],
    "(police OR monday) secret": [Reason("Without police OR monday, 1 e-mail fits."), Reason("Without secret, 2 e-mails fit.")],
}  # fmt: skip


@pytest.mark.parametrize("query", WHY)
def test_says_which_part_finds_nothing(firm: Firm, query: str) -> None:
    assert search.numbers(firm.db, parse(query, DAYS)) == []
    assert misses.why(firm.db, parse(query, DAYS), EVERYTHING) == WHY[query]


@pytest.mark.parametrize(
    ("role", "query", "near"),
    [
        ("admin", "secrt", ("secret",)), ("standard", "secrt", ()), ("limited", "secrt", ()), ("guest", "secrt", ()),
        ("standard", "secre", ()), ("standard", "secret", ()), ("limited", "hearng", ()), ("standard", "hearng", ("hearing",)),
        ("admin", "rejectd", ()), ("standard", "strangr", ()), ("limited", "hearin", ()),
    ],
)  # fmt: skip
def test_what_is_out_of_sight_is_never_offered(firm: Firm, role: str, query: str, near: tuple[str, ...]) -> None:
    """Carl sees what his role sees: nothing of Ada's held mail, and as a limited user none of hers."""
    seen = sight_of(firm, role, firm.carl)
    (reason,) = misses.why(firm.db, parse(query, DAYS), seen)
    assert reason == Reason(f"No e-mail has {query}.", query, near)


def test_out_of_sight_is_as_if_it_were_not_there(firm: Firm, tmp_path: Path) -> None:
    """Whatever is asked, the answer is that of a firm which has only the mail in sight."""
    other = Firm(tmp_path)
    for number, text in enumerate(TEXTS[:3]):
        raw = mail("a@b.example", text=text, subject="Note", msgid=str(number))
        receive(other.db, raw, Arrival(other.ada, "pipe"), vouched=True)
    seen = sight_of(firm, "standard", firm.carl)
    for query in (
        *WHY,
        "secret",
        "secret hearing",
        "secrt OR rejectd",
        "wholly is:rejected",
        "-hearing secret",
        "is:held police",
    ):
        asked = parse(query, DAYS)
        if not search.numbers(firm.db, asked, seen):
            assert misses.why(firm.db, asked, seen) == misses.why(other.db, asked, seen), query


def test_what_is_said_and_asked_has_an_end(firm: Firm) -> None:
    assert len(misses.why(firm.db, parse(" OR ".join(f"xq{n}" for n in range(60)), DAYS), EVERYTHING)) == 8
    asked: list[str] = []
    firm.db.set_trace_callback(asked.append)
    (reason,) = misses.why(firm.db, parse(f'"{" ".join(f"w{n}" for n in range(300))}"', DAYS), EVERYTHING)
    firm.db.set_trace_callback(None)
    assert reason.near == ()
    assert len(asked) < 20


@given(st.one_of(st.text(), st.lists(PIECES).map("".join), st.lists(PIECES).map(" ".join)))
def test_no_text_is_an_error_of_sqlite(firm: Firm, text: str) -> None:
    try:
        misses.why(firm.db, parse(text, DAYS), EVERYTHING)
    except UsageError:
        return
