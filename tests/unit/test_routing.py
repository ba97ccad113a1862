"""The routing rules of the design, row by row, on the pure function."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casefleet_cli.core.model import Mailbox
from casefleet_cli.core.rules import again
from casefleet_cli.core.rules.notices import notices_for
from casefleet_cli.core.rules.routing import (
    NOTHING_UNDERSTOOD,
    THE_FIRM,
    Case,
    Contact,
    Decision,
    Facts,
    Lead,
    Letterhead,
    Owner,
    Party,
    Place,
    clues_of,
    contacts_of,
    route,
    unrouted,
)

ADA = Owner(1, frozenset({"ada@firm.example"}))
BCC = "ada-7k3mq9x2vt4hc8wn@log.firm.example"
CARLS, TAGGED = "carl-oldoldoldoldoldo@log.firm.example", BCC.replace("@", "+105@")
ANNA, BERT, CORA = Contact(1, "Anna"), Contact(2, "Bert"), Contact(3, "Cora")


def case(number: int) -> Case:
    return Case(number, f"2026-{number}", f"Case {number}")


def lead(number: int) -> Lead:
    return Lead(number, f"Lead {number}")


def message(
    to: list[str] = (),
    cc: list[str] = (),
    bcc: list[str] = (),
    sender: str = "Ada@Firm.Example",
    resent: str = "",
    state: str = "",
) -> Letterhead:
    def people(addresses: list[str]) -> tuple[Mailbox, ...]:
        return tuple(Mailbox("", address) for address in addresses)

    from_ = people(sender.split(", ")) if sender else ()
    return Letterhead(from_, people(to), people(cc), people(bcc), people([resent] if resent else []), (), state)


def facts(**parties: Party) -> Facts:
    return Facts(
        {name + "@client.example": party for name, party in parties.items()},
        frozenset({"ada@firm.example", "carl@firm.example"}),
        {BCC: 1, CARLS: 2},
        "log.firm.example",
    )


A, B, C = "a@client.example", "b@client.example", "c@client.example"
ONE, TWO, L2 = Place("case", 1), Place("case", 2), Place("lead", 2)
A_ONE_CASE = Party((ANNA,), (case(1),))
WORLD = facts(
    a=A_ONE_CASE,
    b=Party((BERT,), (case(2),)),
    c=Party((CORA,), (), (lead(2),)),
    ab=Party((ANNA, BERT), (case(1), case(2))),
    leads=Party((ANNA,), (case(1),), (lead(2), lead(3), lead(4))),
    two=Party((BERT,), (case(1), case(2))),
    several=Party((BERT,), (case(1), case(2)), (lead(2), lead(3))),
    many_leads=Party((BERT,), (), (lead(2), lead(3))),
    closed=Party((CORA,)),
    half=Party((ANNA, CORA), (case(1),)),
)

# id, message, vouched, outcome, places, reasons of the recipients, reason of the whole, contacts linked
ROWS = [
    ("1", message([A]), False, "filed", [ONE], [None], None, [ANNA]),
    ("2", message(["leads@client.example"]), False, "filed", [ONE], [None], None, [ANNA]),
    ("3", message([C]), False, "filed", [L2], [None], None, [CORA]),
    ("4", message(["two@client.example"]), False, "unassigned", [], ["several-open-cases"], None, [BERT]),
    ("4-leads", message(["several@client.example"]), False, "unassigned", [], ["several-open-cases"], None, [BERT]),
    ("5", message(["many_leads@client.example"]), False, "unassigned", [], ["several-open-leads"], None, [BERT]),
    ("6", message(["closed@client.example"]), False, "unassigned", [], ["nothing-open"], None, [CORA]),
    ("7", message([A], [B]), False, "filed", [ONE, TWO], [None, None], None, [ANNA, BERT]),
    (
        "8",
        message([A], ["two@client.example"]),
        False,
        "filed",
        [ONE],
        [None, "several-open-cases"],
        None,
        [ANNA, BERT],
    ),
    ("9", message([A], [C]), False, "filed", [ONE, L2], [None, None], None, [ANNA, CORA]),
    ("10", message([A, "half@client.example"]), False, "filed", [ONE], [None, None], None, [ANNA, CORA]),
    ("11", message(["half@client.example"]), False, "filed", [ONE], [None], None, [ANNA, CORA]),
    ("12", message(["ab@client.example"]), False, "unassigned", [], ["several-open-cases"], None, [ANNA, BERT]),
    ("13", message(["stranger@else.example"]), False, "unassigned", [], ["unknown-address"], None, []),
    ("14", message(["carl@firm.example"]), False, "unassigned", [], [], "no-counted-recipient", []),
    ("15", message([BCC]), False, "unassigned", [], [], "no-counted-recipient", []),
    ("16", message([A], bcc=[BCC]), False, "filed", [ONE], [None], None, [ANNA]),
    ("17", message([A], [BCC]), False, "filed", [ONE], [None], None, [ANNA]),
    ("18", message([A], sender="eve@else.example"), False, "held", [], [], "not-sent-by-owner", []),
    ("19", message([A], sender="carl@firm.example"), False, "held", [], [], "not-sent-by-owner", []),
    ("22-empty-to", message([]), False, "unassigned", [], [], "no-counted-recipient", []),
    ("22-broken", message(["", "@", "undisclosed"]), False, "unassigned", [], ["unknown-address"] * 2, None, []),
    ("23", message([A], sender="b@client.example"), True, "unassigned", [], [], "not-sent-by-owner", [BERT, ANNA]),
    ("24-null-sender", message([BCC], sender=""), False, "held", [], [], "not-sent-by-owner", []),
    ("any-case", message(["A@CLIENT.example"]), False, "filed", [ONE], [None], None, [ANNA]),
    ("no-folding", message(["a+x@client.example"]), False, "unassigned", [], ["unknown-address"], None, []),
    (
        "past-bcc",
        message(["carl-oldoldoldoldoldo@log.firm.example"]),
        False,
        "unassigned",
        [],
        [],
        "no-counted-recipient",
        [],
    ),
    (
        "authors",
        message([A], sender="ada@firm.example, carl@firm.example"),
        False,
        "filed",
        [ONE],
        [None],
        None,
        [ANNA],
    ),
    (
        "authors-one-foreign",
        message([A], sender="ada@firm.example, eve@else.example"),
        False,
        "held",
        [],
        [],
        "not-sent-by-owner",
        [],
    ),
    (
        "18b",
        message([A], sender="b@client.example", resent="ada@firm.example"),
        False,
        "unassigned",
        [],
        [],
        "not-sent-by-owner",
        [BERT, ANNA],
    ),
    (
        "18b-by-another",
        message([A], sender="b@client.example", resent="carl@firm.example"),
        False,
        "held",
        [],
        [],
        "not-sent-by-owner",
        [],
    ),
    ("31-draft", message([A], state="draft"), True, "unassigned", [], [], "draft", [ANNA]),
    ("31-deleted", message([A], state="deleted"), True, "unassigned", [], [], "deleted", [ANNA]),
    (
        "31-junk",
        message([A], sender="b@client.example", state="junk"),
        True,
        "unassigned",
        [],
        [],
        "junk",
        [BERT, ANNA],
    ),
    (
        "31-foreign-draft",
        message([A], sender="eve@else.example", state="draft"),
        False,
        "held",
        [],
        [],
        "not-sent-by-owner",
        [],
    ),
    ("log-domain", message(["nobody@log.firm.example"]), False, "unassigned", [], [], "no-counted-recipient", []),
    ("log-domain-2", message(['"a@b"@log.firm.example']), False, "unassigned", [], [], "no-counted-recipient", []),
    ("log-domain-3", message(['"a@log.firm.example"@b']), False, "unassigned", [], ["unknown-address"], None, []),
]


NEVER = WORLD._replace(
    never_logged={
        A: frozenset({THE_FIRM}),
        B: frozenset({1}),
        C: frozenset({2}),
        "eve@else.example": frozenset({THE_FIRM}),
    }
)
"""A is on the firm's list, B on Ada's, C on somebody else's."""


@pytest.mark.parametrize(
    ("mail", "vouched", "outcome", "places", "reasons", "reason", "contacts"),
    [
        (message([A]), False, "never-logged", [], [], "never-log", []),
        (message([A], [B], ["carl@firm.example", BCC]), False, "never-logged", [], [], "never-log", []),
        (message([A], state="draft"), True, "never-logged", [], [], "never-log", []),
        (message([C]), False, "filed", [L2], [None], None, [CORA]),
        (message([A, C, B]), False, "filed", [L2], ["never-log", None, "never-log"], None, [CORA]),
        (message([A, "x@else.example"]), False, "unassigned", [], ["never-log", "unknown-address"], None, []),
        (message(["carl@firm.example"]), False, "unassigned", [], [], "no-counted-recipient", []),
        (message([A], sender="eve@else.example"), False, "held", [], [], "not-sent-by-owner", []),
        (message([A, C], sender="eve@else.example"), True, "unassigned", [], [], "not-sent-by-owner", [CORA]),
        (message([C], sender=B), True, "unassigned", [], [], "not-sent-by-owner", [CORA]),
    ],
)
def test_never_log(
    mail: Letterhead, vouched: bool, outcome: str, places: list, reasons: list, reason: str | None, contacts: list
) -> None:
    decision = route(mail, ADA, NEVER, vouched=vouched)
    assert (decision.outcome, list(decision.places), decision.reason) == (outcome, places, reason)
    assert [verdict.reason for verdict in decision.verdicts] == reasons
    if reasons:
        assert [verdict.recipient for verdict in decision.verdicts] == [one.address for one in mail.to]
    assert all(verdict.party == Party() for verdict in decision.verdicts if verdict.reason == "never-log")
    assert list(decision.contacts) == contacts


def test_mail_that_is_not_logged_tells_nobody_anything() -> None:
    assert route(message([A, CARLS]), ADA, NEVER) == ("never-logged", "never-log", (), (), (), (), None, None)


def test_the_contacts_of_addresses_are_neither_the_firm_nor_on_the_list() -> None:
    everybody = NEVER._replace(parties={**NEVER.parties, "carl@firm.example": Party((ANNA,))})
    assert contacts_of([A, B, C, "carl@firm.example", BCC, "x@else.example"], ADA, everybody) == (CORA,)
    assert contacts_of([B, A, B], ADA, WORLD) == (BERT, ANNA)


def test_never_log_does_not_vouch_for_a_forged_mail() -> None:
    assert route(message([A]), ADA, NEVER._replace(authserv_id="mx.firm.example")).outcome == "held"


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_routing_table(row: tuple) -> None:
    _, mail, vouched, outcome, places, reasons, reason, contacts = row
    decision = route(mail, ADA, WORLD, vouched=vouched)
    assert decision.outcome == outcome
    assert list(decision.places) == places
    assert [verdict.reason for verdict in decision.verdicts] == reasons
    assert decision.reason == reason
    assert list(decision.contacts) == contacts


def test_a_place_is_a_case_or_a_lead() -> None:
    assert [(place.case_id, place.lead_id) for place in (ONE, L2)] == [(1, None), (None, 2)]


def test_what_was_not_understood_goes_nowhere() -> None:
    assert NOTHING_UNDERSTOOD == ("unassigned", "not-understood", (), (), (), (), None, None)


def test_the_list_of_the_firm_is_no_user_s() -> None:
    first_user = facts(a=A_ONE_CASE)._replace(never_logged={A: frozenset({1})})
    assert route(message([A]), ADA, first_user).outcome == "never-logged"
    assert route(message([A]), ADA._replace(user_id=2), first_user).outcome == "filed"


def test_5000_recipients_are_each_asked() -> None:
    decision = route(message([f"p{n}@else.example" for n in range(5000)] + [A]), ADA, WORLD)
    assert len(decision.verdicts) == 5001
    assert decision.places == (ONE,)


@pytest.mark.parametrize(
    ("mail", "kinds"),
    [
        (message([A]), []),
        (message(["stranger@else.example"]), [(1, "unassigned")]),
        (message([A], sender="eve@else.example"), [(1, "held")]),
        (message([A], [BCC]), [(1, "exposed-address")]),
        (message([BCC, "carl@firm.example"]), [(1, "unassigned"), (1, "exposed-address")]),
        (message([BCC]), [(1, "unassigned")]),
        (message([BCC], bcc=["ada@firm.example"]), [(1, "unassigned")]),
        (message([A], bcc=[BCC]), []),
        (message([A, CARLS]), [(2, "exposed-address")]),
        (message([BCC], [A]), [(1, "exposed-address")]),
        (message([BCC], bcc=["x@else.example"]), [(1, "unassigned"), (1, "exposed-address")]),
        (message([A, TAGGED]), [(1, "exposed-address")]),
        (message([TAGGED]), [(1, "unassigned")]),
        (message([BCC], ["ada+lists@firm.example"]), [(1, "unassigned"), (1, "exposed-address")]),
        (message([A, TAGGED, BCC]), [(1, "exposed-address")]),
    ],
    ids=[
        "filed", "unassigned", "held", "exposed-beside-client", "exposed-beside-colleague", "straight", "with-self",
        "in-bcc", "address-of-a-colleague", "beside-a-copy", "beside-a-blind-copy", "tagged", "tagged-straight",
        "beside-what-is-no-own-address", "twice",
    ],
)  # fmt: skip
def test_notices(mail: Letterhead, kinds: list[tuple[int, str]]) -> None:
    assert [(notice.user_id, notice.kind) for notice in notices_for(route(mail, ADA, WORLD), 1)] == kinds


@pytest.mark.parametrize(
    ("mail", "vouched", "reason"),
    [
        (message([A, CARLS]), False, None),
        (message([CARLS]), False, "no-counted-recipient"),
        (message([A, CARLS], sender="eve@else.example"), False, "not-sent-by-owner"),
        (message([A, CARLS], sender="eve@else.example"), True, "not-sent-by-owner"),
        (message([A, CARLS], state="draft"), False, "draft"),
    ],
)
def test_an_address_that_others_saw_is_told_whatever_becomes_of_the_mail(
    mail: Letterhead, vouched: bool, reason: str | None
) -> None:
    decision = route(mail, ADA, WORLD, vouched=vouched)
    assert (decision.reason, decision.exposed) == (reason, (2,))
    unverified = route(message([A, CARLS]), ADA, WORLD._replace(authserv_id="mx.firm.example"))
    assert unverified == ("held", "sender-not-verified", (), (), (), (2,), None, None)


PARTIES = st.builds(
    Party,
    st.lists(st.sampled_from([ANNA, BERT, CORA]), unique=True, max_size=3).map(tuple),
    st.lists(st.integers(1, 4).map(case), unique=True, max_size=3).map(tuple),
    st.lists(st.integers(1, 4).map(lead), unique=True, max_size=3).map(tuple),
)
WORLDS = st.builds(lambda a, b, c: facts(a=a, b=b, c=c), PARTIES, PARTIES, PARTIES)
SOME = st.lists(st.sampled_from([A, B, C, BCC, "carl@firm.example", "x@else.example", "", "(", "a@b@c"]), max_size=6)
MAILS = st.builds(message, SOME, SOME, SOME, st.sampled_from(["ada@firm.example", "eve@else.example", ""]))


@given(MAILS, WORLDS, st.booleans())
def test_what_route_decides_is_whole(mail: Letterhead, world: Facts, vouched: bool) -> None:
    decision = route(mail, ADA, world, vouched=vouched)
    is_adas = [mailbox.address for mailbox in mail.from_] == ["ada@firm.example"]
    assert (decision.outcome == "held") == (not vouched and not is_adas)
    assert (decision.outcome == "filed") == bool(decision.places)
    assert len(set(decision.places)) == len(decision.places)
    assert all(
        (verdict.place is None) == (verdict.rule is None) == (verdict.reason is not None)
        for verdict in decision.verdicts
    )
    assert set(clues_of(mail)) >= {verdict.recipient for verdict in decision.verdicts}


@given(MAILS, WORLDS, st.integers(1, 4))
def test_a_closed_case_never_attracts_mail(mail: Letterhead, world: Facts, closed: int) -> None:
    after = world._replace(
        parties={
            address: party._replace(open_cases=tuple(k for k in party.open_cases if k.id != closed))
            for address, party in world.parties.items()
        }
    )
    assert Place("case", closed) not in route(mail, ADA, after).places


# Again: a further delivery of the same email for the same owner.


def asked(decision: Decision) -> again.Earlier:
    return again.Earlier(decision.reason, frozenset(verdict.recipient for verdict in decision.verdicts))


@pytest.mark.parametrize(
    ("earlier", "later", "places"),
    [
        (message([A]), message([A]), None),
        (message([A]), message([A], bcc=[B]), [TWO]),
        (message([A]), message([A], bcc=["x@else.example"]), []),
        (message([A], bcc=[B]), message([A]), None),
        (message([]), message([], bcc=[A]), [ONE]),
        (message([A], state="deleted"), message([A]), [ONE]),
        (message([A], state="draft"), message([A]), [ONE]),
        (message([A]), message([A], state="deleted"), None),
        (message([A], state="deleted"), message([A], state="draft"), None),
        (message([A], sender="b@client.example"), message([A], sender="b@client.example"), None),
        (message([A], sender="b@client.example"), message([A]), None),
    ],
    ids=[
        "same", "one-more", "one-more-stranger", "one-less", "bcc-kept", "35-trash-then-sent", "draft-then-sent",
        "sent-then-trash", "trash-then-draft", "received", "received-then-own",
    ],
)  # fmt: skip
def test_a_further_delivery_decides_what_no_earlier_one_decided(
    earlier: Letterhead, later: Letterhead, places: list[Place] | None
) -> None:
    before = asked(route(earlier, ADA, WORLD, vouched=True))
    added = again.addition(route(later, ADA, WORLD, vouched=True), [before])
    assert (None if added is None else list(added.places)) == places


@pytest.mark.parametrize("reason", ["draft", "deleted", "junk", "not-routed", "not-understood", "no-date"])
def test_what_asked_nobody_before_leaves_the_whole_answer_to_a_further_delivery(reason: str) -> None:
    answer, unasked = route(message([]), ADA, WORLD), unrouted(route(message([A]), ADA, WORLD), reason)
    assert answer.reason == "no-counted-recipient"
    assert again.addition(answer, [asked(unasked)]) == answer
    assert again.addition(answer, [asked(unasked), asked(answer)]) is None
    assert again.addition(unasked, [asked(answer)]) is None
    assert again.addition(unasked, [asked(unasked)]) is None


def test_a_further_delivery_links_the_contacts_of_those_asked_anew() -> None:
    added = again.addition(route(message([A], bcc=[B]), ADA, WORLD), [asked(route(message([A]), ADA, WORLD))])
    assert added is not None
    assert (added.outcome, added.contacts, [verdict.recipient for verdict in added.verdicts]) == ("filed", (BERT,), [B])


def test_mail_to_be_kept_only_goes_nowhere() -> None:
    decision = route(message([A]), ADA, WORLD)
    kept = unrouted(decision)
    assert kept == decision._replace(outcome="unassigned", reason="not-routed", verdicts=(), places=())
    assert unrouted(decision, "no-date").reason == "no-date"


@given(MAILS, WORLDS)
def test_the_same_delivery_adds_nothing_and_adding_is_once(mail: Letterhead, world: Facts) -> None:
    decision = route(mail, ADA, world, vouched=True)
    assert again.addition(decision, [asked(decision)]) is None
    assert again.addition(decision, []) == decision


def test_a_place_that_a_person_took_away_is_not_filed_to_again() -> None:
    decision = again.without(route(message([A], [B]), ADA, WORLD), {ONE})
    assert (decision.outcome, decision.places) == ("filed", (TWO,))
    assert [(verdict.rule, verdict.place, verdict.reason) for verdict in decision.verdicts] == [
        (None, None, again.TAKEN_AWAY),
        ("one-open-case", TWO, None),
    ]
    assert again.without(decision, {ONE}) == decision
    assert again.without(decision, {TWO}).outcome == "unassigned"


# The firm's own server vouches for the From.

OURS = "mx.firm.example"
HOP = ("received", "from client.example by mx.firm.example with ESMTPS id 1; Mon, 2 Nov 2026 09:30:00 +0100")
INNER = (
    "received",
    "from mx.firm.example by log.firm.example (Postfix) with ESMTP id 2; Mon, 2 Nov 2026 09:30:01 +0100",
)
FOREIGN = ("received", "from evil by mx.else.example with ESMTP; Mon, 2 Nov 2026 09:29:00 +0100")


def says(results: str, server: str = OURS) -> tuple[str, str]:
    return "authentication-results", f"{server}; {results}"


GOOD = says("spf=pass smtp.mailfrom=ada@firm.example")


@pytest.mark.parametrize(
    ("trace", "is_good"),
    [
        ([GOOD], True),
        ([HOP, GOOD], True),
        ([INNER, HOP, GOOD, FOREIGN], True),
        ([FOREIGN, GOOD], False),
        ([HOP, FOREIGN, GOOD], False),
        ([], False),
        ([HOP], False),
        ([says("spf=pass smtp.mailfrom=ada@firm.example", "mx.else.example")], False),
        ([says("spf=pass smtp.mailfrom=ada@firm.example", "mx.else.example"), GOOD], True),
        ([says("spf=fail smtp.mailfrom=ada@firm.example"), GOOD], False),
        ([says("none"), GOOD], False),
        ([says("dkim=pass header.d=firm.example header.s=a")], True),
        ([says("dkim=pass (2048-bit key; unprotected) header.d=mail.firm.example")], True),
        ([says("dkim=pass header.i=@firm.example")], True),
        ([says("dkim=pass header.d=else.example")], False),
        ([says("dkim=pass header.d=example")], False),
        ([says("dkim=fail header.d=firm.example; spf=pass smtp.mailfrom=bounce@lists.else.example")], False),
        ([says("dkim=neutral header.d=firm.example; spf=pass smtp.mailfrom=firm.example")], True),
        ([says("spf=pass smtp.mailfrom=notfirm.example")], False),
        ([says("spf=pass smtp.mailfrom=<> smtp.helo=mail.firm.example")], False),
        ([says("auth=pass smtp.auth=ada")], True),
        ([says("auth=fail smtp.auth=ada")], False),
        ([("authentication-results", "MX.Firm.Example 1; DKIM=PASS header.d=FIRM.example")], True),
        ([("authentication-results", "(spf=pass smtp.mailfrom=firm.example) mx.firm.example; spf=none")], False),
    ],
)
def test_own_mail_needs_the_word_of_our_server_where_it_is_set(trace: list[tuple[str, str]], is_good: bool) -> None:
    mail = message([A])._replace(trace=tuple(trace))
    decision = route(mail, ADA, WORLD._replace(authserv_id=OURS))
    assert (decision.outcome, decision.reason) == (("filed", None) if is_good else ("held", "sender-not-verified"))
    assert route(mail, ADA, WORLD).outcome == "filed"
    assert route(mail, ADA, WORLD._replace(authserv_id=OURS), vouched=True).outcome == "filed"


@pytest.mark.parametrize(("trace", "outcome"), [([GOOD], "unassigned"), ([], "held")])
def test_a_redirected_mail_needs_it_for_the_resender(trace: list[tuple[str, str]], outcome: str) -> None:
    mail = message([A], sender="b@client.example", resent="ada@firm.example")._replace(trace=tuple(trace))
    assert route(mail, ADA, WORLD._replace(authserv_id=OURS)).outcome == outcome


def test_a_stranger_is_held_as_ever() -> None:
    mail = message([A], sender="eve@else.example")._replace(trace=(says("dkim=pass header.d=else.example"),))
    assert route(mail, ADA, WORLD._replace(authserv_id=OURS)).reason == "not-sent-by-owner"
