"""Who sees what: every role against every kind of row, and nothing more than these."""

from __future__ import annotations

from pathlib import Path

import pytest

from casefleet_cli import access
from casefleet_cli.access import THIS_COMPUTER, Viewer
from casefleet_cli.store import references, sight
from tests.firm import NOW, Firm

CASES = ("mine", "other", "walled")
"""Carl is assigned to "walled", which is restricted."""
LEADS = {"became mine": "mine", "became other": "other", "open": None, "became walled": "walled"}
CONTACTS = {
    "of mine": ("case", "mine"),
    "of other": ("case", "other"),
    "of what became mine": ("lead", "became mine"),
    "of what became other": ("lead", "became other"),
    "of open": ("lead", "open"),
    "of nothing": None,
}
# Whose it is, its standing, and the case or lead that it is on.
EMAILS = {
    "on mine": ("ada", "linked", ("case", "mine")),
    "on other": ("ada", "linked", ("case", "other")),
    "on what became mine": ("ada", "linked", ("lead", "became mine")),
    "on what became other": ("ada", "linked", ("lead", "became other")),
    "on open": ("ada", "linked", ("lead", "open")),
    "on walled": ("ada", "linked", ("case", "walled")),
    "on what became walled": ("ada", "linked", ("lead", "became walled")),
    "on walled and other": ("ada", "linked", ("case", "walled"), ("case", "other")),
    "on walled and open": ("ada", "linked", ("case", "walled"), ("lead", "open")),
    "waits": ("ada", "unassigned", None),
    "held": ("ada", "held", None),
    "rejected": ("ada", "rejected", None),
    "lim's on other": ("lim", "linked", ("case", "other")),
    "lim's waits": ("lim", "unassigned", None),
    "lim's held": ("lim", "held", None),
    "lim's rejected": ("lim", "rejected", None),
}
# What an activity is about.
ACTIVITIES = {
    "case mine": {"case": "mine"},
    "case other": {"case": "other"},
    "lead became mine": {"lead": "became mine"},
    "lead became other": {"lead": "became other"},
    "lead open": {"lead": "open"},
    "case walled": {"case": "walled"},
    "lead became walled": {"lead": "became walled"},
    "on walled": {"email": "on walled"},
    "on walled and other, case walled": {"email": "on walled and other", "case": "walled"},
    "on walled and other, case other": {"email": "on walled and other", "case": "other"},
    "contact": {"contact": "of mine"},
    "account": {"about_user": "carl"},
    "nothing": {},
    "on mine, case mine": {"email": "on mine", "case": "mine"},
    "on other, case mine": {"email": "on other", "case": "mine"},
    "on mine, case other": {"email": "on mine", "case": "other"},
    "on what became mine, lead": {"email": "on what became mine", "lead": "became mine"},
    "waits": {"email": "waits"},
    "held": {"email": "held"},
    "held, case mine": {"email": "held", "case": "mine"},
    "lim's waits": {"email": "lim's waits"},
    "lim's held": {"email": "lim's held"},
}
ROWS: dict[str, tuple[str, ...]] = {
    "cases": CASES,
    "leads": tuple(LEADS),
    "contacts": tuple(CONTACTS),
    "emails": tuple(EMAILS),
    "activities": tuple(ACTIVITIES),
}
FIRM = {"cases": set(CASES), "leads": set(LEADS), "contacts": set(CONTACTS)}
UNWALLED = {**FIRM, "cases": {"mine", "other"}, "leads": set(LEADS) - {"became walled"}}
ONLY_ON_WALLED = {"on walled", "on what became walled"}
OF_WALLED = {"case walled", "lead became walled", "on walled", "on walled and other, case walled"}
ASSIGNED = {"cases": {"mine"}, "leads": {"became mine"}, "contacts": {"of mine", "of what became mine"}}
OF_MINE = {"on mine", "on what became mine"}
TAKEN_OFF_MINE = {"held, case mine", "on other, case mine"}
"""That there was an email is of the case, whatever became of it."""
TOLD_OF_MINE = {"case mine", "lead became mine", "on mine, case mine", "on what became mine, lead", *TAKEN_OFF_MINE}
EVERYTHING = {table: set(names) for table, names in ROWS.items()}

SEEN = {
    "admin": EVERYTHING,
    "ada": {
        **UNWALLED,
        "emails": set(EMAILS) - {"lim's held", "lim's rejected"} - ONLY_ON_WALLED,
        "activities": set(ACTIVITIES) - {"account", "nothing", "lim's held"} - OF_WALLED,
    },
    "carl": {
        **FIRM,
        "emails": set(EMAILS) - {"held", "rejected", "lim's held", "lim's rejected"},
        "activities": set(ACTIVITIES) - {"account", "nothing", "held", "lim's held"},
    },
    "lim": {
        **ASSIGNED,
        "emails": OF_MINE | {"lim's waits", "lim's held", "lim's rejected"},
        "activities": TOLD_OF_MINE,
    },
    "gus": {**ASSIGNED, "emails": OF_MINE, "activities": TOLD_OF_MINE},
    "eve": {"cases": set(), "leads": set(), "contacts": set(), "emails": set(), "activities": set()},
}
ROLES = {"ada": "standard", "carl": "standard", "admin": "admin", "lim": "limited", "gus": "guest", "eve": "guest"}


class People(Firm):
    """A firm with one of each role, two of the standard one; `eve` is a guest on no case."""

    users: dict[str, int]


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> People:
    made = People(tmp_path_factory.mktemp("sight"))
    ids: dict[tuple[str, str | None], int] = {("user", "ada"): made.ada, ("user", "carl"): made.carl}
    for name, role in ROLES.items():
        if ("user", name) not in ids:
            ids["user", name] = made.user(name, f"{name}@firm.example", f"{name}-k3mq9x2vt4hc8wnp7@log.firm.example")
        made.db.execute("UPDATE users SET role = ? WHERE id = ?", (role, ids["user", name]))
    made.users = {name: ids["user", name] for name in ROLES}
    ids |= {("case", name): made.case(name) for name in CASES}
    for name, became in LEADS.items():
        ids["lead", name] = made.lead(name)
        if became:
            made.db.execute(
                "UPDATE leads SET status = 'converted', case_id = ? WHERE id = ?",
                (ids["case", became], ids["lead", name]),
            )
    for name, at in CONTACTS.items():
        ids["contact", name] = made.contact(name)
        if at:
            made.add(f"{at[0]}_contacts", **{f"{at[0]}_id": ids[at], "contact_id": ids["contact", name]})
    for user in ("lim", "gus"):
        made.add("case_users", case_id=ids["case", "mine"], user_id=made.users[user])
    made.add("case_users", case_id=ids["case", "other"], user_id=made.carl)
    made.db.execute("UPDATE cases SET restricted = 1 WHERE id = ?", (ids["case", "walled"],))
    made.add("case_users", case_id=ids["case", "walled"], user_id=made.carl)
    for name, (user, standing, *places) in EMAILS.items():
        digest = f"{len(ids):064}"
        raw = made.add("raw_messages", sha256=digest, size=1, content=b"x")
        one = made.add("emails", fingerprint=digest, raw_message_id=raw, standing=standing, size=1, logged_at=NOW)
        ids["email", name] = one
        made.add("deliveries", email_id=one, user_id=made.users[user], source="pipe", raw_message_id=raw,
                 standing="held" if standing == "held" else "routed", received_at=NOW)  # fmt: skip
        for at in filter(None, places):
            made.add(f"email_{at[0]}s", email_id=one, linked_by="person", linked_at=NOW, **{f"{at[0]}_id": ids[at]})
    for name, about in ACTIVITIES.items():
        columns = {f"{noun}_id": ids[noun.removeprefix("about_"), one] for noun, one in about.items()}
        ids["activity", name] = made.add("activities", at=NOW, verb="did", **columns)
    made.db.commit()
    return made


def viewer(firm: People, name: str) -> Viewer:
    found = access.of_user(firm.db, firm.users[name])
    assert found is not None
    return found


def seen(firm: People, table: str, one: sight.Sight) -> set[str]:
    condition = getattr(one, table)("x")
    rows = firm.db.execute(f"SELECT x.id FROM {table} AS x WHERE {condition} ORDER BY x.id", one.parameters)
    first = firm.one(f"SELECT min(id) FROM {table}")
    return {ROWS[table][number - first] for (number,) in rows}


@pytest.mark.parametrize("table", ROWS)
@pytest.mark.parametrize("name", SEEN)
def test_a_user_sees(firm: People, name: str, table: str) -> None:
    assert seen(firm, table, viewer(firm, name).sight) == SEEN[name][table]


@pytest.mark.parametrize("table", ROWS)
def test_this_computer_sees_everything(firm: People, table: str) -> None:
    assert seen(firm, table, THIS_COMPUTER.sight) == EVERYTHING[table]
    assert seen(firm, table, sight.EVERYTHING) == EVERYTHING[table]


def test_nobody_owns_nothing_and_is_on_no_case(firm: People) -> None:
    for role in ("limited", "guest"):
        nobody = Viewer(None, "nobody", role).sight
        assert {table: seen(firm, table, nobody) for table in ROWS} == SEEN["eve"]
    emails = set(EMAILS) - {"held", "rejected", "lim's held", "lim's rejected"} - ONLY_ON_WALLED
    assert seen(firm, "emails", Viewer(None, "nobody", "standard").sight) == emails


@pytest.mark.parametrize("name", ROLES)
def test_a_viewer_is_the_user(firm: People, name: str) -> None:
    one = viewer(firm, name)
    assert (one.user_id, one.role) == (firm.users[name], ROLES[name])
    assert one.name == firm.one("SELECT name FROM users WHERE id = ?", one.user_id)
    assert (one.is_admin, one.sees_firm) == (name == "admin", name in ("admin", "ada", "carl"))
    assert one.sight.parameters == {"viewer": one.user_id}


def test_this_computer_is_no_user() -> None:
    assert THIS_COMPUTER == (None, "this computer", "admin")
    assert (THIS_COMPUTER.is_admin, THIS_COMPUTER.sees_firm, THIS_COMPUTER.sight.user_id) == (True, True, 0)


def test_who_is_disabled_or_unknown_is_no_viewer(tmp_path: Path) -> None:
    firm = Firm(tmp_path)
    firm.db.execute("UPDATE users SET disabled_at = ? WHERE id = ?", (NOW, firm.carl))
    assert access.of_user(firm.db, firm.carl) is None
    assert access.of_user(firm.db, 99) is None
    assert access.of_user(firm.db, firm.ada) == (firm.ada, "Ada Berg", "standard")
    assert [access.who(firm.db, user) for user in (firm.carl, 99)] == [(0, "nobody", "nobody")] * 2
    assert access.who(firm.db, firm.ada) == access.of_user(firm.db, firm.ada)
    assert access.who(firm.db, None) == THIS_COMPUTER


def test_the_sight_of_everything_is_nobody_s_own() -> None:
    assert sight.EVERYTHING.parameters == {"viewer": 0}


@pytest.mark.parametrize("field", ["cases", "leads", "contacts", "emails", "about"])
def test_a_sight_that_leaves_anything_out_is_not_whole(field: str) -> None:
    assert sight.EVERYTHING.is_whole
    assert not sight.EVERYTHING._replace(**{field: sight.owned}).is_whole


@pytest.mark.parametrize("noun", ["case", "lead", "contact"])
@pytest.mark.parametrize("name", SEEN)
def test_what_is_named_is_in_sight_where_its_row_is(firm: People, name: str, noun: str) -> None:
    one, table = viewer(firm, name).sight, f"{noun}s"
    found = {
        row for number, row in enumerate(ROWS[table], 1) if references.is_in_sight(firm.db, one, noun, number)
    }  # fmt: skip
    assert found == SEEN[name][table]
    assert not references.is_in_sight(firm.db, one, noun, 99)
    assert references.is_in_sight(firm.db, one, "user", 99)
